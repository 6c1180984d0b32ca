//! One window for a folder: whoever starts the program a second time gets the window that is there, wherever it is
//! hidden.
//!
//! The first one listens at a socket in its data folder, which nobody else may enter. A second one asks there for the
//! window and ends. A socket that nobody listens at was left by a crash and is taken over.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::Notify;

/// Asks for the window: a second start, the icon in the panel. `Clone`; all clones are the same bell.
#[derive(Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Asks for the window.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits until somebody asks; what was asked before counts.
    pub async fn rung(&self) {
        self.0.notified().await;
    }
}

impl PartialEq for Bell {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Claims the folder. `false` when another one has it and shows its window now: there is nothing left to do.
#[cfg(unix)]
pub fn claim(data_dir: &Path, bell: &Bell) -> bool {
    let path = data_dir.join(SOCKET);
    if unix::asked(&path) {
        return false;
    }
    // Without it a second window says that the accounts are open elsewhere.
    if let Err(error) = unix::listen(data_dir, &path, bell.clone()) {
        tracing::warn!(%error, "a second start cannot ask for this window");
    }
    true
}

/// Claims the folder. Only Unix has sockets in folders.
#[cfg(not(unix))]
pub fn claim(_data_dir: &Path, _bell: &Bell) -> bool {
    true
}

#[cfg(unix)]
mod unix {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::Path;
    use std::time::Duration;

    use super::Bell;

    /// Whether somebody listens there and shows the window.
    pub(super) fn asked(path: &Path) -> bool {
        let ask = || -> std::io::Result<bool> {
            let mut other = UnixStream::connect(path)?;
            other.set_read_timeout(Some(LONGEST_ANSWER))?;
            let mut answer = [0];
            other.read_exact(&mut answer)?;
            Ok(answer == SHOWN)
        };
        ask().unwrap_or(false)
    }

    /// Listens in a thread of its own, for as long as the program runs.
    pub(super) fn listen(data_dir: &Path, path: &Path, bell: Bell) -> std::io::Result<()> {
        onionskin_core::make_private_folder(data_dir)?;
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => (),
        }
        let listener = UnixListener::bind(path)?;
        std::thread::Builder::new().name("second start".to_owned()).spawn(move || {
            for mut caller in listener.incoming().flatten() {
                bell.ring();
                let _ = caller.write_all(&SHOWN);
            }
        })?;
        Ok(())
    }

    /// What is answered.
    const SHOWN: [u8; 1] = [b'1'];
    /// A program that hangs does not keep another one from saying so.
    const LONGEST_ANSWER: Duration = Duration::from_secs(2);
}

/// The name of the socket.
const SOCKET: &str = "window";

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_start_asks_for_the_first_window_and_a_crash_leaves_nothing_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        drop(std::os::unix::net::UnixListener::bind(folder.path().join(SOCKET)).unwrap());
        let (first, second) = (Bell::default(), Bell::default());
        assert!(claim(folder.path(), &first), "what a crash left is taken over");
        assert!(!claim(folder.path(), &second));
        first.rung().await;
    }

    #[test]
    fn a_folder_with_a_path_that_no_socket_can_have_is_used_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("d".repeat(120));
        assert!(claim(&deep, &Bell::default()) && claim(&deep, &Bell::default()));
    }
}
