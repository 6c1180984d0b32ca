//! All accounts of one person on one device.
//!
//! ```no_run
//! # async fn example(key_vault: std::sync::Arc<dyn onionskin_core::vault::KeyVault>) -> onionskin_core::Result<()> {
//! use onionskin_core::{Accounts, Config, Network, SystemClock};
//!
//! let config = Config {
//!     data_dir: "data".into(),
//!     cache_dir: "cache".into(),
//!     key_vault,
//!     network: Network::mainnet(),
//!     clock: SystemClock::shared(),
//! };
//! let accounts = Accounts::open(config).await?;
//! let client = accounts.create("Ana").await?;
//! client.start();
//! # Ok(()) }
//! ```
//!
//! Each account is a folder with a random name, a database of its own and a key of its own ([`crate::store::layout`]).
//! Which account lies in which folder stands nowhere in plain sight: [`Accounts::list`] opens each database with the
//! vault and asks. Accounts share the public node list ([`Roads`]) and nothing else: no path, no guard, no request, no
//! swarm cache, so that nobody on the network can tell that they belong together.

mod protection;
mod renewal;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use crate::client::Client;
use crate::clock::SharedClock;
use crate::crypto::{AccountId, AccountKeys, AccountSeed, display_name, parse_phrase};
use crate::delivery::Founding;
use crate::error::{Error, ErrorKind, Hint, Result};
use crate::network::Network;
use crate::onion::Roads;
use crate::store::layout::{AccountFolder, FolderLock, Folders};
use crate::store::vault::KeyVault;
use crate::store::{DatabaseKey, ProfileRow, Store};

/// Where accounts live and how they reach the network.
#[derive(Clone)]
pub struct Config {
    /// Encrypted account folders. Worth a backup.
    pub data_dir: PathBuf,
    /// The public node list. May be deleted at any time.
    pub cache_dir: PathBuf,
    /// Wraps the keys of the databases.
    pub key_vault: Arc<dyn KeyVault>,
    /// Which network.
    pub network: Network,
    /// The time.
    pub clock: SharedClock,
}

/// An account on this device.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Who it is.
    pub account: AccountId,
    /// Its display name.
    pub display_name: String,
    /// Whether it is open here.
    pub open: bool,
}

/// All accounts of one device. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    inner: Arc<Inner>,
}

struct Inner {
    folders: Folders,
    vault: Mutex<Arc<dyn KeyVault>>,
    roads: Roads,
    clock: SharedClock,
    /// One creating, opening, listing or removing at a time.
    turn: Semaphore,
    known: Mutex<Known>,
}

/// What was learned by opening; only ever in memory.
#[derive(Default)]
struct Known {
    folders: BTreeMap<AccountId, AccountFolder>,
    clients: BTreeMap<AccountId, Client>,
}

/// What the folders of this device hold.
#[derive(Default)]
struct Learned {
    /// Accounts that opened.
    rows: Vec<AccountRow>,
    /// Why others did not.
    failed: Vec<Error>,
}

impl Accounts {
    /// Makes the folders if they are missing, and reads the cached node list. Opens no account.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] or [`ErrorKind::StorageFull`] when a folder cannot be made; [`ErrorKind::InvalidInput`]
    /// when the network's description is wrong.
    pub async fn open(config: Config) -> Result<Self> {
        let Config { data_dir, cache_dir, key_vault, network, clock } = config;
        let roads_clock = clock.clone();
        let (folders, roads) = blocking(move || {
            let folders = Folders::new(&data_dir)?;
            folders.settle()?;
            Ok((folders, Roads::open(&network, Some(&cache_dir), roads_clock)?))
        })
        .await?;
        let inner = Inner {
            folders,
            vault: Mutex::new(key_vault),
            roads,
            clock,
            turn: Semaphore::new(1),
            known: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Makes a new account and opens it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for an empty name, [`ErrorKind::TooLarge`] over 100 bytes; those of the vault and of
    /// the ledger.
    pub async fn create(&self, name: &str) -> Result<Client> {
        let name = display_name(name)?;
        let _turn = self.turn().await?;
        self.make(AccountSeed::random(), name, false).await
    }

    /// The Account ID that a recovery password leads to: shown to the person before anything is opened.
    ///
    /// # Errors
    /// [`ErrorKind::WrongRecoveryPassword`] with a hint in which way.
    pub fn preview(&self, phrase: &str) -> Result<AccountId> {
        Ok(AccountKeys::from_seed(&parse_phrase(phrase)?).account_id())
    }

    /// Restores an account from its recovery password (13 words) or BIP-39 phrase (12 words) and opens it. What its swarm
    /// still keeps comes with the first polls: its name, contacts and settings before its messages ([`Client::sync_state`]).
    ///
    /// `name` may be empty: then the account has none until its own is found, or the person gives one. A name that is
    /// given here counts as older than any that the account has elsewhere.
    ///
    /// # Errors
    /// [`ErrorKind::WrongRecoveryPassword`] with a hint in which way; [`ErrorKind::NotAllowed`] when the account is on this
    /// device already, or may be: a folder that another process has open, or whose key store is locked, can hold it.
    /// Otherwise as [`Self::create`].
    ///
    /// A folder that does not open for another reason (damaged, its key lost, another passphrase) is no obstacle, and may
    /// well be why somebody restores.
    pub async fn restore(&self, phrase: &str, name: &str) -> Result<Client> {
        let seed = parse_phrase(phrase)?;
        let name = if name.trim().is_empty() { String::new() } else { display_name(name)? };
        let _turn = self.turn().await?;
        let learned = self.learn_folders().await?;
        let account = AccountKeys::from_seed(&seed).account_id();
        if learned.rows.iter().any(|row| row.account == account) {
            return Err(Error::new(ErrorKind::NotAllowed, "account is on this device already"));
        }
        // Open elsewhere, or its key store is locked. One of another kind of vault opens here in no case.
        let may_hold_it =
            |error: &Error| error.kind() == ErrorKind::NotAllowed && error.hint() != Some(&Hint::Field("vault"));
        if let Some(taken) = learned.failed.into_iter().find(may_hold_it) {
            return Err(taken);
        }
        self.make(seed, name, true).await
    }

    /// Opens an account of this device; one that is open already is given again.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it is not on this device; [`ErrorKind::NotAllowed`] when another process has it open;
    /// [`ErrorKind::WrongKey`]; those of the vault and of the ledger, also of another folder that may hold it and does not
    /// open.
    pub async fn open_account(&self, account: &AccountId) -> Result<Client> {
        let _turn = self.turn().await?;
        if let Some(client) = self.open_client(account) {
            return Ok(client);
        }
        let folder = self.folder_of(account).await?;
        let lock = folder.lock()?;
        let key = folder.unwrap_key(&*self.vault()).await?;
        let store = Store::open(&folder.database_path(), &key).await?;
        self.open_client_over(store, lock).await
    }

    /// The accounts on this device. An account that another process has open is listed once it was opened here.
    ///
    /// # Errors
    /// [`ErrorKind::WrongKey`] and other errors of the vault, [`ErrorKind::NotAllowed`] or [`ErrorKind::DatabaseDamaged`]
    /// when there are accounts and none opens. As long as one does, those that do not are left out.
    pub async fn list(&self) -> Result<Vec<AccountRow>> {
        let _turn = self.turn().await?;
        let Learned { mut rows, failed } = self.learn_folders().await?;
        if let (true, Some(error)) = (rows.is_empty(), failed.into_iter().next()) {
            return Err(error);
        }
        for row in &mut rows {
            if let Some(client) = self.open_client(&row.account) {
                row.display_name = client.display_name().await?;
                row.open = true;
            }
        }
        Ok(rows)
    }

    /// Removes an account from this device: its key first, then its files. Its swarm keeps what it keeps; whoever has the
    /// recovery password can restore it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it is not on this device; [`ErrorKind::NotAllowed`] when another process has it open
    /// or files cannot be removed.
    pub async fn remove(&self, account: &AccountId) -> Result<()> {
        let _turn = self.turn().await?;
        let folder = self.folder_of(account).await?;
        let client = self.known().clients.remove(account);
        if let Some(client) = client {
            // Closed all the same; a full disk must not stop somebody who makes room.
            if let Err(error) = client.close().await {
                tracing::warn!(?error, "accounts could not close an account cleanly before removing it");
            }
        }
        let lock = folder.lock()?;
        folder.remove(&*self.vault()).await?;
        drop(lock);
        self.known().folders.remove(account);
        Ok(())
    }

    /// Closes every account that is open.
    ///
    /// # Errors
    /// The first error of closing one; all are closed all the same.
    pub async fn close(&self) -> Result<()> {
        let _turn = self.turn().await?;
        let clients = std::mem::take(&mut self.known().clients);
        let mut result = Ok(());
        for client in clients.into_values() {
            result = result.and(client.close().await);
        }
        result
    }

    /// The public node list, shared by all accounts.
    pub fn roads(&self) -> &Roads {
        &self.inner.roads
    }

    /// A folder with a key, a database and a profile, in this order; opened.
    async fn make(&self, seed: AccountSeed, name: String, restored: bool) -> Result<Client> {
        let folder = self.inner.folders.create()?;
        let made = async {
            let lock = folder.lock()?;
            let key = DatabaseKey::random();
            folder.wrap_key(&*self.vault(), &key).await?;
            let store = Store::create(&folder.database_path(), &key).await?;
            let account = AccountKeys::from_seed(&seed).account_id();
            Founding { seed, name, restored }.write(&store, self.inner.clock.now()).await?;
            self.known().folders.insert(account, folder.clone());
            self.open_client_over(store, lock).await
        };
        let made = made.await;
        if made.is_err() {
            // Nothing of it was ever shown to anybody.
            self.known().folders.retain(|_, known| *known != folder);
            self.take_back(folder).await;
        }
        made
    }

    async fn open_client_over(&self, store: Store, lock: FolderLock) -> Result<Client> {
        let client = Client::open(store, self.inner.roads.clone(), self.inner.clock.clone(), lock).await?;
        self.known().clients.insert(client.account_id(), client.clone());
        Ok(client)
    }

    fn open_client(&self, account: &AccountId) -> Option<Client> {
        let mut known = self.known();
        known.clients.retain(|_, client| !client.is_closed());
        known.clients.get(account).cloned()
    }

    /// The account of a folder, when this process has it open.
    fn open_account_of(&self, folder: &AccountFolder) -> Option<AccountId> {
        let known = self.known();
        let account = known.folders.iter().find(|(_, known)| *known == folder).map(|(account, _)| *account);
        account.filter(|account| known.clients.get(account).is_some_and(|client| !client.is_closed()))
    }

    async fn folder_of(&self, account: &AccountId) -> Result<AccountFolder> {
        let known = self.known().folders.get(account).cloned();
        if let Some(folder) = known.filter(AccountFolder::is_complete) {
            return Ok(folder);
        }
        let learned = self.learn_folders().await?;
        if learned.rows.iter().any(|row| row.account == *account)
            && let Some(folder) = self.known().folders.get(account).cloned()
        {
            return Ok(folder);
        }
        // It may lie in a folder that did not open; that says more than "not found".
        let reason = learned.failed.into_iter().next();
        Err(reason.unwrap_or_else(|| Error::new(ErrorKind::NotFound, "account is not on this device")))
    }

    /// Asks every folder that is not open here whose account it holds. One that does not open stops nothing.
    async fn learn_folders(&self) -> Result<Learned> {
        let mut learned = Learned::default();
        for folder in self.inner.folders.list()? {
            if !folder.is_complete() {
                self.tidy(folder).await;
                continue;
            }
            let open = self.open_account_of(&folder);
            if let Some(account) = open {
                learned.rows.push(AccountRow { account, display_name: String::new(), open: true });
                continue;
            }
            match self.ask(&folder).await {
                Ok(Some(profile)) => {
                    self.known().folders.insert(profile.account, folder);
                    learned.rows.push(AccountRow {
                        account: profile.account,
                        display_name: profile.display_name.clone(),
                        open: false,
                    });
                }
                Ok(None) => self.take_back(folder).await,
                Err(error) => {
                    tracing::warn!(?error, "accounts could not open a folder");
                    learned.failed.push(error);
                }
            }
        }
        Ok(learned)
    }

    /// Removes a folder whose making was cut short, unless another process is making it now. A folder with a database and
    /// without a key is left alone: somebody may still find the key.
    async fn tidy(&self, folder: AccountFolder) {
        let empty = std::fs::metadata(folder.database_path()).map_or(true, |metadata| metadata.len() == 0);
        if empty {
            self.take_back(folder).await;
        }
    }

    async fn take_back(&self, folder: AccountFolder) {
        let Ok(_lock) = folder.lock() else { return };
        if let Err(error) = folder.remove(&*self.vault()).await {
            tracing::warn!(?error, "accounts could not take back a folder that was not finished");
        }
    }

    async fn ask(&self, folder: &AccountFolder) -> Result<Option<ProfileRow>> {
        let _lock = folder.lock()?;
        let key = folder.unwrap_key(&*self.vault()).await?;
        let store = Store::open(&folder.database_path(), &key).await?;
        let profile = store.read(|tx| tx.profile()).await;
        store.close().await?;
        profile
    }

    /// Waits for its turn. A change of the vault that a full disk cut short is finished first.
    async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>> {
        let turn = self.inner.turn.acquire().await.map_err(|_| Error::bug("accounts' turn was closed"))?;
        self.inner.folders.settle()?;
        Ok(turn)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.inner.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Accounts(..)")
    }
}

impl std::fmt::Debug for AccountRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountRow").field("account", &self.account).field("open", &self.open).finish_non_exhaustive()
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Error::bug("a blocking thread of accounts ended")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::store::vault::TestVault;

    const BLANK: &str = "abbey abbey abbey abbey abbey abbey abbey abbey abbey abbey abbey abbey abbey";

    async fn accounts(folder: &std::path::Path, key: u8) -> Accounts {
        let config = Config {
            data_dir: folder.join("data"),
            cache_dir: folder.join("cache"),
            key_vault: Arc::new(TestVault::new([key; 32])),
            network: Network::testnet(),
            clock: SystemClock::shared(),
        };
        Accounts::open(config).await.unwrap()
    }

    async fn names(accounts: &Accounts) -> Vec<(String, bool)> {
        let mut names: Vec<_> =
            accounts.list().await.unwrap().into_iter().map(|row| (row.display_name, row.open)).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn accounts_are_made_listed_closed_opened_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = accounts(folder.path(), 7).await;
        let (ana, ben) = (accounts.create("  Ana ").await.unwrap(), accounts.create("Ben").await.unwrap());
        assert_eq!(names(&accounts).await, [("Ana".to_owned(), true), ("Ben".to_owned(), true)]);
        ana.close().await.unwrap();
        assert_eq!(ana.display_name().await.unwrap_err().kind(), ErrorKind::NotAllowed);
        assert_eq!(names(&accounts).await, [("Ana".to_owned(), false), ("Ben".to_owned(), true)]);
        let again = accounts.open_account(&ana.account_id()).await.unwrap();
        again.set_display_name("Anna").await.unwrap();
        assert_eq!(again.account_id(), ana.account_id());
        accounts.remove(&ben.account_id()).await.unwrap();
        assert!(ben.is_closed());
        assert_eq!(names(&accounts).await, [("Anna".to_owned(), true)]);
        let gone = accounts.open_account(&ben.account_id()).await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::NotFound);
        accounts.close().await.unwrap();
    }

    #[tokio::test]
    async fn both_phrases_restore_the_same_account_on_another_device() {
        let (phone, laptop) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let ana = accounts(phone.path(), 7).await.create("Ana").await.unwrap();
        let laptop = accounts(laptop.path(), 8).await;
        for phrase in [ana.recovery_password(), ana.bip39_phrase()] {
            assert_eq!(laptop.preview(&phrase).unwrap(), ana.account_id());
            let restored = laptop.restore(&phrase, "Ana").await.unwrap();
            assert_eq!(restored.account_id(), ana.account_id());
            let twice = laptop.restore(&phrase, "Ana").await.unwrap_err();
            assert_eq!(twice.kind(), ErrorKind::NotAllowed, "it is there already");
            laptop.remove(&ana.account_id()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_wrong_phrase_or_name_makes_no_account() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = accounts(folder.path(), 7).await;
        let unknown = accounts.restore("one two three", "Ana").await.unwrap_err();
        assert_eq!(unknown.kind(), ErrorKind::WrongRecoveryPassword);
        assert!(matches!(unknown.hint(), Some(Hint::Length { found: 3, .. })));
        assert_eq!(accounts.create(" ").await.unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(accounts.restore(BLANK, &"x".repeat(101)).await.unwrap_err().kind(), ErrorKind::TooLarge);
        assert_eq!(accounts.list().await.unwrap(), []);
    }

    #[tokio::test]
    async fn another_process_finds_the_account_taken_and_a_wrong_vault_opens_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let first = accounts(folder.path(), 7).await;
        let ana = first.create("Ana").await.unwrap();
        let second = accounts(folder.path(), 7).await;
        assert_eq!(second.list().await.unwrap_err().kind(), ErrorKind::NotAllowed);
        ana.close().await.unwrap();
        assert_eq!(second.list().await.unwrap().len(), 1);
        let wrong = accounts(folder.path(), 9).await;
        assert_eq!(wrong.list().await.unwrap_err().kind(), ErrorKind::WrongKey);
    }

    #[tokio::test]
    async fn a_damaged_folder_or_a_lost_key_stops_nobody_from_listing_or_restoring() {
        let folder = tempfile::tempdir().unwrap();
        let here = accounts(folder.path(), 7).await;
        let ana = here.create("Ana").await.unwrap();
        let phrase = ana.recovery_password();
        here.close().await.unwrap();
        let damaged = here.inner.folders.list().unwrap().remove(0);
        std::fs::write(damaged.database_path(), [0x55; 8_192]).unwrap();
        let here = accounts(folder.path(), 7).await;
        assert!(here.list().await.is_err(), "none opens");
        assert!(here.open_account(&ana.account_id()).await.unwrap_err().kind() != ErrorKind::NotFound);
        let restored = here.restore(&phrase, "Ana").await.unwrap();
        assert_eq!(names(&here).await, [("Ana".to_owned(), true)], "and it is listed beside the damaged one");

        let other = accounts(folder.path(), 7).await;
        let taken = other.restore(BLANK, "Ben").await.unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::NotAllowed, "it may be the one that is open elsewhere");
        restored.close().await.unwrap();
        other.remove(&ana.account_id()).await.unwrap();
        assert!(damaged.path().exists(), "what does not open is left alone");
    }

    #[tokio::test]
    async fn a_folder_whose_making_was_cut_short_goes_and_one_with_a_database_stays() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = accounts(folder.path(), 7).await;
        let (unfinished, keyless) =
            (accounts.inner.folders.create().unwrap(), accounts.inner.folders.create().unwrap());
        std::fs::write(keyless.database_path(), b"something").unwrap();
        assert_eq!(accounts.list().await.unwrap(), []);
        assert!(!unfinished.path().exists());
        assert!(keyless.path().exists());
    }

    #[tokio::test]
    async fn nothing_in_plain_sight_links_or_names_accounts() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = accounts(folder.path(), 7).await;
        let ids: Vec<_> =
            [accounts.create("Annabelle One").await.unwrap(), accounts.create("Annabelle Two").await.unwrap()]
                .iter()
                .map(|client| client.account_id().to_string())
                .collect();
        accounts.close().await.unwrap();
        let mut waiting = vec![folder.path().to_owned()];
        while let Some(path) = waiting.pop() {
            for id in &ids {
                assert!(!path.to_string_lossy().contains(&id[2..]));
            }
            if path.is_dir() {
                waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            for needle in ids.iter().map(|id| id.as_bytes()).chain([b"Annabelle".as_slice()]) {
                assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{path:?}");
            }
        }
    }
}
