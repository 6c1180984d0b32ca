//! The key store of the system.

use std::sync::Arc;

use onionskin_core::vault::KeyVault;

/// The desktop's key store, when it is there.
pub async fn system_vault() -> Option<Arc<dyn KeyVault>> {
    #[cfg(target_os = "linux")]
    {
        let vault = onionskin_core::vault::SecretServiceVault::new();
        if vault.is_available().await {
            return Some(Arc::new(vault));
        }
    }
    None
}
