//! A secret on the clipboard goes away again by itself, whatever screen is in front then.

use std::time::Duration;

use tokio::sync::watch;
use zeroize::Zeroizing;

use super::Shell;

impl Shell {
    /// Copies a secret, and empties the clipboard after [`SECRET_STAYS`] if it still holds it. `false` when there is no
    /// clipboard or it refused.
    pub fn copy_secret(&self, secret: &Zeroizing<String>) -> bool {
        let Some(clipboard) = self.platform().clipboard.clone() else { return false };
        if !clipboard.copy(secret) {
            return false;
        }
        let until = self.clock().monotonic() + SECRET_STAYS;
        self.inner.copied.send_replace(Some(until));
        let (shell, secret) = (self.clone(), secret.clone());
        tokio::spawn(async move {
            shell.clock().sleep_until(until).await;
            // Copied again meanwhile: that time has its own end.
            let last = shell.inner.copied.send_if_modified(|now| {
                let last = *now == Some(until);
                if last {
                    *now = None;
                }
                last
            });
            if last {
                // The system's clipboard may wait for another program.
                let _ = tokio::task::spawn_blocking(move || clipboard.clear_if(&secret)).await;
            }
        });
        true
    }

    /// When the clipboard is emptied, on the monotonic reading of [`Self::clock`]; `None` when it holds no secret of
    /// ours.
    pub fn secret_copied(&self) -> watch::Receiver<Option<Duration>> {
        self.inner.copied.subscribe()
    }
}

/// Long enough to change to another program and paste; shorter hurries people, longer leaves it to whoever comes next.
pub const SECRET_STAYS: Duration = Duration::from_secs(60);
