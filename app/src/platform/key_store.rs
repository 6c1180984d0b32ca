//! The key store of the system.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use onionskin_core::vault::KeyVault;

/// Keeps the keys of databases where the system keeps passwords.
pub trait KeyStore: Send + Sync {
    /// What wraps keys with it; `None` while it is not there or is locked.
    fn vault(&self) -> Looking<'_>;
}

/// Asking the system takes a moment.
pub type Looking<'a> = Pin<Box<dyn Future<Output = Option<Arc<dyn KeyVault>>> + Send + 'a>>;

/// A key store that holds this vault, for tests; without one it is locked.
#[derive(Clone, Default)]
pub struct FakeKeyStore {
    vault: Option<Arc<dyn KeyVault>>,
}

impl FakeKeyStore {
    /// One that is unlocked.
    pub fn with(vault: Arc<dyn KeyVault>) -> Self {
        Self { vault: Some(vault) }
    }
}

impl KeyStore for FakeKeyStore {
    fn vault(&self) -> Looking<'_> {
        Box::pin(std::future::ready(self.vault.clone()))
    }
}

/// The desktop's key store, over D-Bus.
#[cfg(target_os = "linux")]
pub struct SecretService;

#[cfg(target_os = "linux")]
impl KeyStore for SecretService {
    fn vault(&self) -> Looking<'_> {
        Box::pin(async {
            let vault = onionskin_core::vault::SecretServiceVault::new();
            if !vault.is_available().await {
                return None;
            }
            Some(Arc::new(vault) as Arc<dyn KeyVault>)
        })
    }
}

/// The key store of this system, where it has one.
pub fn of_the_system() -> Option<Arc<dyn KeyStore>> {
    #[cfg(target_os = "linux")]
    return Some(Arc::new(SecretService));
    #[cfg(not(target_os = "linux"))]
    None
}
