//! The interface of one person, served in this process.

use std::time::Instant;

use onionskin::launch::browser::{Served, serve};
use onionskin::options::Options;
use onionskin::platform::{FakeClipboard, FakeFiles, FakeHaptics, FakeLinks, FakeNotify, Platform};
use onionskin::shell::Shell;
use onionskin_core::Client;
use tempfile::TempDir;

use super::{LONGEST, POLL};
use crate::people::World;

/// One device of a person: a folder, the program, its page.
pub struct App {
    folder: TempDir,
    shell: Shell,
    served: Served,
    /// What was copied.
    pub clipboard: FakeClipboard,
    /// What was saved.
    pub files: FakeFiles,
    /// What was opened.
    pub links: FakeLinks,
    /// What was notified.
    pub notify: FakeNotify,
    /// What the hand felt.
    pub haptics: FakeHaptics,
}

impl App {
    /// A new device in this world whose interface speaks `language`; a given key protects it.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(world: &World, language: &str) -> Self {
        Self::start_with(world, language, true).await
    }

    /// As [`Self::start`]; without a key a person is asked what protects the accounts (where the system has no key store).
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_with(world: &World, language: &str, key: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let network = folder.path().join("network.json");
        std::fs::write(&network, world.network().description_json()).expect("a file");
        std::fs::write(folder.path().join("key"), [7; 32]).expect("a file");
        let key = key.then(|| std::fs::File::open(folder.path().join("key")).expect("a file"));
        let options = Options {
            network: Some(network),
            key_fd: key.as_ref().map(std::os::fd::AsRawFd::as_raw_fd),
            language: Some(language.to_owned()),
            ..Options::in_folder(folder.path().join("data"))
        };
        let (clipboard, files) = (FakeClipboard::default(), FakeFiles::default());
        let (links, notify, haptics) = (FakeLinks::default(), FakeNotify::default(), FakeHaptics::default());
        let platform = Platform {
            clipboard: Some(std::sync::Arc::new(clipboard.clone())),
            files: Some(std::sync::Arc::new(files.clone())),
            links: Some(std::sync::Arc::new(links.clone())),
            haptics: Some(std::sync::Arc::new(haptics.clone())),
            notify: Some(std::sync::Arc::new(notify.clone())),
            ..Platform::default()
        };
        let shell = Shell::with_clock(options, platform, world.clock.core().shared()).expect("options that hold");
        shell.open().await;
        let served = serve(shell.clone(), 0).await.expect("a port");
        Self { folder, shell, served, clipboard, files, links, notify, haptics }
    }

    /// The address of its page, with the secret.
    pub fn url(&self) -> String {
        self.served.url()
    }

    /// The running server.
    pub fn served(&self) -> &Served {
        &self.served
    }

    /// What outlives the page.
    pub fn shell(&self) -> &Shell {
        &self.shell
    }

    /// Where its files lie.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The account on the screen.
    ///
    /// # Panics
    /// When there is none.
    pub fn client(&self) -> Client {
        self.shell.client().expect("an account is open")
    }

    /// The Account ID as text.
    pub fn id(&self) -> String {
        self.client().account_id().to_string()
    }

    /// Sends what waits and fetches what came, at once instead of in its own time.
    pub async fn posts(&self) {
        let client = self.client();
        let _ = client.send_now().await;
        let _ = client.poll_now().await;
    }

    /// Waits until this is true of the program.
    ///
    /// # Panics
    /// When it never is.
    pub async fn until<T>(&self, what: &str, mut is: impl AsyncFnMut(&Self) -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = is(self).await {
                return found;
            }
            assert!(start.elapsed() < LONGEST, "never: {what}");
            tokio::time::sleep(POLL).await;
        }
    }
}
