//! The key store of the system.

use std::sync::Arc;

use onionskin_core::store::vault::KeyVault;

/// The desktop's key store, when it is there.
pub async fn system_vault() -> Option<Arc<dyn KeyVault>> {
    #[cfg(target_os = "linux")]
    {
        let vault = onionskin_core::store::vault::SecretServiceVault::new();
        if vault.is_available().await {
            return Some(Arc::new(vault));
        }
    }
    None
}
