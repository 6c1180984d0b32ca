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
mod rescue;
mod trouble;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use crate::client::Client;
use crate::clock::SharedClock;
use crate::crypto::{AccountId, AccountKeys, AccountSeed, display_name, parse_phrase};
use crate::delivery::Founding;
use crate::error::{Error, ErrorKind, Result};
use crate::network::Network;
use crate::onion::Roads;
use crate::store::layout::{AccountFolder, Contents, FolderLock, FolderName, Folders, Making};
use crate::store::vault::KeyVault;
use crate::store::{DatabaseKey, ProfileRow, Store};
pub use rescue::Rescued;
pub use trouble::TroubledFolder;

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
    /// Folders that are being rescued, and why they did not open.
    rescued: BTreeMap<FolderName, ErrorKind>,
}

/// What the folders of this device hold.
#[derive(Default)]
struct Learned {
    /// Accounts that opened.
    rows: Vec<AccountRow>,
    /// Why others did not.
    failed: Vec<(AccountFolder, Error)>,
    /// What opens in no case: a database whose key is lost, an account for the second time.
    lost: Vec<(AccountFolder, Error)>,
    /// What was set aside.
    aside: Vec<AccountFolder>,
}

impl Accounts {
    /// Makes the folders if they are missing, and reads the cached node list. Opens no account.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`], [`ErrorKind::PathTooLong`] or [`ErrorKind::StorageFull`] when a folder cannot be made or
    /// written; [`ErrorKind::InvalidInput`]
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

    /// Restores an account from its recovery password (13 or 25 words) or BIP-39 phrase (12 words) and opens it. What its swarm
    /// still keeps comes with the first polls: its name, contacts and settings before its messages ([`Client::sync_state`]).
    ///
    /// `name` may be empty: then the account has none until its own is found, or the person gives one. A name that is
    /// given here counts as older than any that the account has elsewhere.
    ///
    /// # Errors
    /// [`ErrorKind::WrongRecoveryPassword`] with a hint in which way; [`ErrorKind::NotAllowed`] when the account is on this
    /// device already, or its key store is locked; [`ErrorKind::InUse`] and [`ErrorKind::ReadOnly`] when it may be here: a folder
    /// that another process has open, or that cannot be written, can hold it.
    /// Otherwise as [`Self::create`].
    ///
    /// A folder that does not open for another reason (damaged, its key lost, another passphrase) is no obstacle, and may
    /// well be why somebody restores. When it is known to hold this account it is set aside.
    pub async fn restore(&self, phrase: &str, name: &str) -> Result<Client> {
        let seed = parse_phrase(phrase)?;
        let name = if name.trim().is_empty() { String::new() } else { display_name(name)? };
        let _turn = self.turn().await?;
        let learned = self.learn_folders().await?;
        let account = AccountKeys::from_seed(&seed).account_id();
        if learned.rows.iter().any(|row| row.account == account) {
            return Err(Error::new(ErrorKind::NotAllowed, "account is on this device already"));
        }
        let (held, damaged): (Vec<_>, Vec<_>) =
            learned.failed.into_iter().partition(|(_, error)| trouble::may_open_elsewhere(error));
        if let Some((_, taken)) = held.into_iter().next() {
            return Err(taken);
        }
        let client = self.make(seed, name, true).await?;
        for (folder, _) in damaged {
            // Its imprint says that it is the same account.
            if self.who(&folder).await.is_some_and(|(found, _)| found == account)
                && let Err(error) = folder.set_aside()
            {
                tracing::warn!(?error, "accounts could not set a damaged folder aside");
            }
        }
        Ok(client)
    }

    /// Opens an account of this device; one that is open already is given again.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it is not on this device; [`ErrorKind::InUse`] when another process has it open;
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
        let store =
            Store::open(&folder.database_path(), &key).await.map_err(|error| trouble::named(&folder, &key, error))?;
        self.keep_imprint(&folder, &store, &key).await;
        self.open_client_over(store, lock).await
    }

    /// The accounts on this device. An account that another process has open is listed once it was opened here.
    ///
    /// # Errors
    /// [`ErrorKind::WrongKey`] and other errors of the vault, [`ErrorKind::InUse`] or [`ErrorKind::DatabaseDamaged`] and its kin
    /// when there are accounts and none opens. As long as one does, those that do not are left out ([`Self::troubled`]).
    pub async fn list(&self) -> Result<Vec<AccountRow>> {
        let _turn = self.turn().await?;
        let Learned { mut rows, failed, .. } = self.learn_folders().await?;
        if let (true, Some((_, error))) = (rows.is_empty(), failed.into_iter().next()) {
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
    /// [`ErrorKind::NotFound`] when it is not on this device; [`ErrorKind::InUse`] when another process has it open;
    /// [`ErrorKind::ReadOnly`] when files cannot be removed.
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
            folder.begin()?;
            let key = DatabaseKey::random();
            folder.wrap_key(&*self.vault(), &key).await?;
            let store = Store::create(&folder.database_path(), &key).await?;
            let account = AccountKeys::from_seed(&seed).account_id();
            Founding { seed, name, restored }.write(&store, self.inner.clock.now()).await?;
            finish(&folder);
            self.keep_imprint(&folder, &store, &key).await;
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
        let reason = learned.failed.into_iter().next().map(|(_, error)| error);
        Err(reason.unwrap_or_else(|| Error::new(ErrorKind::NotFound, "account is not on this device")))
    }

    /// Asks every folder that is not open here whose account it holds. One that does not open stops nothing, and nothing that
    /// was ever finished is changed.
    async fn learn_folders(&self) -> Result<Learned> {
        let mut learned = Learned::default();
        let mut folders = self.inner.folders.list()?;
        // One that takes the place of another says so before that one is looked at.
        folders.sort_by_key(|folder| folder.making() == Making::Done);
        for folder in folders {
            if folder.is_set_aside() {
                learned.aside.push(folder);
                continue;
            }
            let open = self.open_account_of(&folder);
            if let Some(account) = open {
                learned.rows.retain(|row| row.account != account);
                learned.rows.push(AccountRow { account, display_name: String::new(), open: true });
                continue;
            }
            match self.look_into(&folder).await {
                Ok(Some(profile)) => self.learn(&mut learned, folder, profile),
                Ok(None) => (),
                Err(error) => {
                    tracing::warn!(?error, "accounts could not open a folder");
                    let lost = matches!(folder.contents(), Contents::Keyless(_));
                    let told = if lost { &mut learned.lost } else { &mut learned.failed };
                    told.push((folder, error));
                }
            }
        }
        Ok(learned)
    }

    fn learn(&self, learned: &mut Learned, folder: AccountFolder, profile: ProfileRow) {
        let ProfileRow { account, display_name, .. } = profile;
        if learned.rows.iter().any(|row| row.account == account) {
            // It was restored while this folder did not open.
            let error =
                Error::new(ErrorKind::NotAllowed, "account lies in another folder too").with_hint(trouble::TWICE);
            learned.lost.push((folder, error));
            return;
        }
        self.known().folders.insert(account, folder);
        learned.rows.push(AccountRow { account, display_name, open: false });
    }

    /// Whose account a folder holds; `None` when it holds none. A folder whose making was cut short is taken back: only a note
    /// in it says so, never what is missing.
    async fn look_into(&self, folder: &AccountFolder) -> Result<Option<ProfileRow>> {
        let rescued = self.known().rescued.get(folder.name()).copied();
        if let Some(kind) = rescued {
            return Err(Error::new(kind, "account is being rescued"));
        }
        let unfinished = match folder.making() {
            Making::Done => false,
            Making::UnderWay if self.is_held(folder) => return Ok(None),
            Making::UnderWay => true,
            Making::InPlaceOf(old) => {
                self.take_place(folder, &old)?;
                false
            }
        };
        match folder.contents() {
            Contents::Whole if folder.is_rescue_under_way() => (),
            Contents::Whole => match self.ask(folder).await? {
                Some(profile) => {
                    if unfinished {
                        finish(folder);
                    }
                    return Ok(Some(profile));
                }
                None if unfinished => (),
                None => return Err(Error::new(ErrorKind::DatabaseDamaged, "account in a folder was never finished")),
            },
            Contents::Keyed(error) | Contents::Keyless(error) if !unfinished => return Err(error),
            Contents::Unknown(error) => return Err(error),
            Contents::Nothing if !unfinished => return Ok(None),
            Contents::Nothing | Contents::Keyed(_) | Contents::Keyless(_) => (),
        }
        self.take_back(folder.clone()).await;
        Ok(None)
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
        let store =
            Store::open(&folder.database_path(), &key).await.map_err(|error| trouble::named(folder, &key, error))?;
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

/// The account is in its ledger: from now on nothing takes the folder back. A note that stays is taken away when the folder is
/// looked into the next time.
fn finish(folder: &AccountFolder) {
    if let Err(error) = folder.finish() {
        tracing::warn!(?error, "accounts could not note that an account is made");
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Error::bug("a blocking thread of accounts ended")))
}

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod tests;
