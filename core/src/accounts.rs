//! All accounts of one person on one device.
//!
//! ```no_run
//! # async fn example(key_vault: std::sync::Arc<dyn onionskin_core::store::vault::KeyVault>) -> onionskin_core::Result<()> {
//! use onionskin_core::clock::SystemClock;
//! use onionskin_core::{Accounts, Config, Network};
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

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use crate::client::Client;
use crate::clock::SharedClock;
use crate::crypto::{AccountId, AccountKeys, AccountSeed, display_name, parse_phrase};
use crate::delivery::poller::SECOND_MEMBER_DUE;
use crate::error::{Error, ErrorKind, Result};
use crate::network::Network;
use crate::onion::Roads;
use crate::store::layout::{AccountFolder, FolderLock, Folders};
use crate::store::vault::KeyVault;
use crate::store::{DatabaseKey, NewProfile, ProfileRow, Store};

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
    vault: Arc<dyn KeyVault>,
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
            Ok((folders, Roads::open(&network, Some(&cache_dir), roads_clock)?))
        })
        .await?;
        let inner = Inner { folders, vault: key_vault, roads, clock, turn: Semaphore::new(1), known: Mutex::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Makes a new account and opens it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for an empty name, [`ErrorKind::TooLarge`] over 100 bytes; those of the vault and of
    /// the ledger.
    pub async fn create(&self, name: &str) -> Result<Client> {
        let name = display_name(name)?.to_owned();
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
    /// still keeps comes with the first polls.
    ///
    /// # Errors
    /// [`ErrorKind::WrongRecoveryPassword`] with a hint in which way; [`ErrorKind::NotAllowed`] when the account is on this
    /// device already; otherwise as [`Self::create`].
    pub async fn restore(&self, phrase: &str, name: &str) -> Result<Client> {
        let seed = parse_phrase(phrase)?;
        let name = display_name(name)?.to_owned();
        let _turn = self.turn().await?;
        self.learn_folders().await?;
        if self.known().folders.contains_key(&AccountKeys::from_seed(&seed).account_id()) {
            return Err(Error::new(ErrorKind::NotAllowed, "account is on this device already"));
        }
        self.make(seed, name, true).await
    }

    /// Opens an account of this device; one that is open already is given again.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it is not on this device; [`ErrorKind::NotAllowed`] when another process has it open;
    /// [`ErrorKind::WrongKey`]; those of the vault and of the ledger.
    pub async fn open_account(&self, account: &AccountId) -> Result<Client> {
        let _turn = self.turn().await?;
        if let Some(client) = self.open_client(account) {
            return Ok(client);
        }
        let folder = self.folder_of(account).await?;
        let lock = folder.lock()?;
        let key = folder.unwrap_key(&*self.inner.vault).await?;
        let store = Store::open(&folder.database_path(), &key).await?;
        self.open_client_over(store, lock).await
    }

    /// The accounts on this device. An account that another process has open is listed once it was opened here.
    ///
    /// # Errors
    /// [`ErrorKind::WrongKey`] and other errors of the vault when no account can be opened at all. A single damaged one
    /// does not hide the others.
    pub async fn list(&self) -> Result<Vec<AccountRow>> {
        let _turn = self.turn().await?;
        let mut rows = self.learn_folders().await?;
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
            client.close().await?;
        }
        let lock = folder.lock()?;
        folder.remove(&*self.inner.vault).await?;
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
            folder.wrap_key(&*self.inner.vault, &key).await?;
            let store = Store::create(&folder.database_path(), &key).await?;
            let (account, now) = (AccountKeys::from_seed(&seed).account_id(), self.inner.clock.now());
            store
                .write("account made", move |tx| {
                    tx.create_profile(&NewProfile { account, seed: &seed, display_name: &name, now })?;
                    tx.set_setting(&SECOND_MEMBER_DUE, &restored)
                })
                .await?;
            self.known().folders.insert(account, folder.clone());
            self.open_client_over(store, lock).await
        };
        let made = made.await;
        if made.is_err() {
            // Nothing of it was ever shown to anybody.
            self.known().folders.retain(|_, known| *known != folder);
            if let Err(error) = folder.remove(&*self.inner.vault).await {
                tracing::warn!(?error, "accounts could not take back a folder that was not finished");
            }
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

    async fn folder_of(&self, account: &AccountId) -> Result<AccountFolder> {
        let known = self.known().folders.get(account).cloned();
        if let Some(folder) = known.filter(AccountFolder::is_complete) {
            return Ok(folder);
        }
        self.learn_folders().await?;
        let known = self.known().folders.get(account).cloned();
        known.ok_or_else(|| Error::new(ErrorKind::NotFound, "account is not on this device"))
    }

    /// Asks every folder that is not open here whose account it holds.
    async fn learn_folders(&self) -> Result<Vec<AccountRow>> {
        let mut rows = Vec::new();
        let mut failed = None;
        for folder in self.inner.folders.list()? {
            if !folder.is_complete() {
                continue;
            }
            let open = {
                let known = self.known();
                let account = known.folders.iter().find(|(_, known)| **known == folder).map(|(account, _)| *account);
                account.filter(|account| known.clients.get(account).is_some_and(|client| !client.is_closed()))
            };
            if let Some(account) = open {
                rows.push(AccountRow { account, display_name: String::new(), open: true });
                continue;
            }
            match self.ask(&folder).await {
                Ok(Some(profile)) => {
                    self.known().folders.insert(profile.account, folder);
                    rows.push(AccountRow {
                        account: profile.account,
                        display_name: profile.display_name.clone(),
                        open: false,
                    });
                }
                Ok(None) => (),
                Err(error) => {
                    tracing::warn!(?error, "accounts could not open a folder");
                    failed.get_or_insert(error);
                }
            }
        }
        match failed {
            Some(error) if rows.is_empty() => Err(error),
            _ => Ok(rows),
        }
    }

    async fn ask(&self, folder: &AccountFolder) -> Result<Option<ProfileRow>> {
        let _lock = folder.lock()?;
        let key = folder.unwrap_key(&*self.inner.vault).await?;
        let store = Store::open(&folder.database_path(), &key).await?;
        let profile = store.read(|tx| tx.profile()).await;
        store.close().await?;
        profile
    }

    async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>> {
        self.inner.turn.acquire().await.map_err(|_| Error::bug("accounts' turn was closed"))
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
