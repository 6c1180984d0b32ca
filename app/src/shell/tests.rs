//! The shell over a folder of its own, with a key that the test gives.

use std::os::fd::AsRawFd as _;
use std::time::Duration;

use onionskin_core::vault::{KeyVault, TestVault, VaultKind};
use onionskin_core::{AccountId, Client, Clock, Sleep, Timestamp};
use zeroize::Zeroizing;

use super::*;
use crate::platform::{Clipboard as _, FakeClipboard, FakeKeyStore};

/// A folder, and a program over it.
pub(crate) struct Home {
    pub(crate) shell: Shell,
    folder: tempfile::TempDir,
    _key: std::fs::File,
}

impl Home {
    /// A fresh one, opened.
    pub(crate) async fn with(platform: Platform) -> Self {
        Self::over(tempfile::tempdir().unwrap(), platform, SystemClock::shared(), |_| ()).await
    }

    async fn over(
        folder: tempfile::TempDir,
        platform: Platform,
        clock: SharedClock,
        change: impl FnOnce(&mut Options),
    ) -> Self {
        let path = folder.path().join("key");
        std::fs::write(&path, [7; 32]).unwrap();
        let key = std::fs::File::open(&path).unwrap();
        // A network that nobody answers on.
        let network = folder.path().join("nowhere.json");
        std::fs::write(&network, NOWHERE).unwrap();
        let mut options = Options {
            key_fd: Some(key.as_raw_fd()),
            network: Some(network),
            language: Some("en".to_owned()),
            ..Options::in_folder(folder.path().join("data"))
        };
        change(&mut options);
        let shell = Shell::with_clock(options, platform, clock).unwrap();
        shell.open().await;
        Self { shell, folder, _key: key }
    }

    /// Ends the program and starts it again.
    async fn restarted(self) -> Self {
        if let Some(accounts) = self.shell.accounts() {
            accounts.close().await.unwrap();
        }
        Self::over(self.folder, Platform::default(), SystemClock::shared(), |_| ()).await
    }

    /// Makes an account and shows it.
    pub(crate) async fn account(&self, name: &str) -> Client {
        self.shell.create(name).await.unwrap();
        self.shell.client().unwrap()
    }

    fn stage(&self) -> Stage {
        self.shell.stage().borrow().clone()
    }

    async fn names(&self) -> Vec<String> {
        let rows = self.shell.accounts().unwrap().list().await.unwrap();
        let mut names: Vec<_> = rows.into_iter().map(|row| row.display_name).collect();
        names.sort();
        names
    }
}

/// Waits until it is so.
pub(crate) async fn eventually(what: &str, is: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while !is() {
        assert!(std::time::Instant::now() < deadline, "{what}");
        tokio::task::yield_now().await;
    }
}

const NOWHERE: &str = r#"{"version":1,"name":"nowhere","seeds":[],"min_pool":4,"subnet_rule":false,
    "file_server":{"url":"http://127.0.0.1:9","ed25519":"0000000000000000000000000000000000000000000000000000000000000000"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn removing_the_account_on_the_screen_shows_another_one_and_then_the_first_run() {
    let home = Home::with(Platform::default()).await;
    let (ana, ben) = (home.account("Ana").await, home.account("Ben").await);
    home.shell.remember_stack(vec![Screen::Home, Screen::Accounts]);
    home.shell.remove(&ben.account_id()).await.unwrap();
    assert!(ben.is_closed());
    assert_eq!(home.shell.client().unwrap().account_id(), ana.account_id());
    assert_eq!(home.shell.remembered_stack(), []);
    home.shell.remove(&ana.account_id()).await.unwrap();
    assert!(matches!(home.stage(), Stage::Open(Open { client: None, .. })));
    assert_eq!(home.names().await, [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_another_account_leaves_the_one_on_the_screen_alone() {
    let home = Home::with(Platform::default()).await;
    let (ana, ben) = (home.account("Ana").await, home.account("Ben").await);
    home.shell.remember_stack(vec![Screen::Home, Screen::Accounts]);
    home.shell.remove(&ana.account_id()).await.unwrap();
    assert_eq!(home.shell.client().unwrap().account_id(), ben.account_id());
    assert!(!ben.is_closed());
    assert_eq!(home.shell.remembered_stack().len(), 2);
}

/// A screen that asks for removal goes away with the account, and its question with it. Without a task of its own the
/// program stayed on an empty page.
#[tokio::test(flavor = "multi_thread")]
async fn removing_and_locking_end_although_the_screen_that_asked_goes_away() {
    let home = Home::with(Platform::default()).await;
    let ana = home.account("Ana").await.account_id();
    {
        let asked = home.shell.remove(&ana);
        tokio::pin!(asked);
        tokio::select! {
            biased;
            _ = &mut asked => (),
            () = std::future::ready(()) => (),
        }
    }
    eventually("the first run is shown", || matches!(home.stage(), Stage::Open(Open { client: None, .. }))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_is_kept_for_the_next_start() {
    let home = Home::with(Platform::default()).await;
    let (ana, ben) = (home.account("Ana").await.account_id(), home.account("Ben").await.account_id());
    home.shell.switch(&ana).await.unwrap();
    let home = home.restarted().await;
    assert_eq!(home.shell.client().unwrap().account_id(), ana);
    home.shell.switch(&ben).await.unwrap();
    assert_eq!(home.shell.client().unwrap().account_id(), ben);
    let stranger = AccountId::from_x25519([9; 32]);
    assert_eq!(home.shell.switch(&stranger).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(home.shell.client().unwrap().account_id(), ben, "nothing changes");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_accounts_are_locked_and_only_the_passphrase_opens_them() {
    let home = Home::with(Platform::default()).await;
    let (ana, ben) = (home.account("Ana").await, home.account("Ben").await);
    assert_eq!(home.shell.lock().await.unwrap_err().kind(), ErrorKind::NotAllowed, "no passphrase yet");
    home.shell.set_passphrase(Some("correct horse")).await.unwrap();
    assert!(matches!(home.stage(), Stage::Open(Open { protection: VaultKind::Passphrase, .. })));
    home.shell.remember_stack(vec![Screen::Home, Screen::RecoveryPassword]);
    home.shell.lock().await.unwrap();
    assert!(ana.is_closed() && ben.is_closed());
    assert!(home.stage() == Stage::Locked && home.shell.client().is_none());
    assert_eq!(home.shell.remembered_stack(), []);
    assert_eq!(home.shell.unlock("wrong horse").await.unwrap_err().kind(), ErrorKind::WrongKey);
    assert!(home.stage() == Stage::Locked);
    home.shell.unlock("correct horse").await.unwrap();
    assert_eq!(home.shell.client().unwrap().account_id(), ben.account_id());
    assert_eq!(home.names().await, ["Ana", "Ben"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_is_asked_for_at_the_next_start_until_it_is_removed() {
    let home = Home::with(Platform::default()).await;
    home.account("Ana").await;
    home.shell.set_passphrase(Some("correct horse")).await.unwrap();
    let home = home.restarted().await;
    assert!(home.stage() == Stage::Locked);
    assert_eq!(home.shell.set_passphrase(None).await.unwrap_err().kind(), ErrorKind::NotAllowed, "locked");
    home.shell.unlock("correct horse").await.unwrap();
    home.shell.set_passphrase(None).await.unwrap();
    let home = home.restarted().await;
    assert!(matches!(home.stage(), Stage::Open(Open { protection: VaultKind::Test, .. })));
    assert_eq!(home.shell.set_passphrase(Some("")).await.unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_everything_is_encrypted_anew_all_accounts_are_open_again() {
    let home = Home::with(Platform::default()).await;
    let (ana, ben) = (home.account("Ana").await, home.account("Ben").await);
    home.shell.set_passphrase(Some("four quiet lamps")).await.unwrap();
    home.shell.renew_keys().await.unwrap();
    assert!(ana.is_closed() && ben.is_closed());
    assert_eq!(home.names().await, ["Ana", "Ben"]);
    assert_eq!(home.shell.client().map(|client| client.account_id()), Some(ben.account_id()), "the one that was shown");
    home.shell.lock().await.unwrap();
    home.shell.unlock("four quiet lamps").await.unwrap();
    assert_eq!(home.names().await, ["Ana", "Ben"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_was_chosen_holds_from_the_next_start_until_it_is_forgotten() {
    let home = Home::with(Platform::default()).await;
    let origin = home.shell.network_origin();
    assert_eq!((origin, home.shell.network().name.as_str()), (NetworkOrigin::CommandLine, "nowhere"));
    let not_one = home.shell.choose_network(Some("{}")).unwrap_err();
    assert_eq!(not_one.kind(), ErrorKind::InvalidInput);
    assert_eq!(home.shell.chosen_network(), None);
    let chosen = home.shell.choose_network(Some(&NOWHERE.replace("nowhere", "elsewhere"))).unwrap();
    assert_eq!(chosen.unwrap().name, "elsewhere");
    assert_eq!(home.shell.network().name, "nowhere", "not before the next start");

    let without = |options: &mut Options| options.network = None;
    let home = Home::over(home.folder, Platform::default(), SystemClock::shared(), without).await;
    let origin = home.shell.network_origin();
    assert_eq!((origin, home.shell.network().name.as_str()), (NetworkOrigin::Chosen, "elsewhere"));
    home.shell.choose_network(None).unwrap();
    home.shell.choose_network(None).unwrap();
    assert_eq!(home.shell.chosen_network(), None);
    let home = Home::over(home.folder, Platform::default(), SystemClock::shared(), without).await;
    assert_eq!(home.shell.network_origin(), NetworkOrigin::BuiltIn);
}

/// Time that tests move.
#[derive(Default)]
struct HandClock {
    now: watch::Sender<Duration>,
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000) + *self.now.borrow()
    }

    fn monotonic(&self) -> Duration {
        *self.now.borrow()
    }

    fn sleep_until(&self, deadline: Duration) -> Sleep {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            let _ = now.wait_for(|now| *now >= deadline).await;
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_secret_leaves_the_clipboard_unless_something_else_was_copied() {
    let (clipboard, clock) = (FakeClipboard::default(), Arc::new(HandClock::default()));
    let platform = Platform { clipboard: Some(Arc::new(clipboard.clone())), ..Platform::default() };
    let home = Home::over(tempfile::tempdir().unwrap(), platform, clock.clone(), |_| ()).await;
    let secret = Zeroizing::new("abbey abbey".to_owned());
    let copied = home.shell.secret_copied();
    let at = |seconds| clock.now.send_replace(Duration::from_secs(seconds));

    assert!(home.shell.copy_secret(&secret));
    at(40);
    assert!(home.shell.copy_secret(&secret), "again, with a minute of its own");
    at(70);
    eventually("still there", || copied.borrow().is_some()).await;
    assert_eq!(clipboard.text(), "abbey abbey");
    at(100);
    eventually("cleared", || clipboard.text().is_empty() && copied.borrow().is_none()).await;

    assert!(home.shell.copy_secret(&secret));
    clipboard.copy("a shopping list");
    at(200);
    eventually("over", || copied.borrow().is_none()).await;
    assert_eq!(clipboard.text(), "a shopping list");
    assert!(!Home::with(Platform::default()).await.shell.copy_secret(&secret), "no clipboard");
}

/// What a start with this key store shows.
async fn stage_with(folder: &std::path::Path, key_store: Option<FakeKeyStore>) -> Stage {
    let key_store = key_store.map(|store| Arc::new(store) as Arc<dyn crate::platform::KeyStore>);
    let shell = Shell::new(Options::in_folder(folder), Platform { key_store, ..Platform::default() }).unwrap();
    shell.open().await;
    let stage = shell.stage().borrow().clone();
    if let Some(open) = stage.open()
        && open.client.is_none()
    {
        shell.create("Ana").await.unwrap();
    }
    if let Some(open) = stage.open() {
        open.accounts.close().await.unwrap();
    }
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_store_of_the_system_protects_accounts_where_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    assert!(stage_with(&data, None).await == Stage::Unprotected, "a person is asked");
    assert!(stage_with(&data, Some(FakeKeyStore::default())).await == Stage::Unprotected, "it is locked");
    let vault: Arc<dyn KeyVault> = Arc::new(TestVault::new([3; 32]));
    let store = FakeKeyStore::with(vault);
    assert!(stage_with(&data, Some(store.clone())).await.open().is_some_and(|open| open.client.is_none()));
    assert!(stage_with(&data, Some(store)).await.open().is_some_and(|open| open.client.is_some()), "the next start");
    let Stage::Failed(error) = stage_with(&data, Some(FakeKeyStore::default())).await else { panic!("it is locked") };
    assert_eq!(error.kind(), ErrorKind::NotAllowed);
}
