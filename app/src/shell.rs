//! What outlives a screen: the accounts and their lock, the preferences, and where a person was.
//!
//! One [`Shell`] for a process. A launcher makes it and hands it to the interface; a page that reloads or an activity that
//! dies takes nothing with it: what changes accounts runs to its end in a task of its own, whoever still waits for it. It
//! builds no runtime and knows no renderer.

mod choice;
mod clipboard;
mod rescue;
mod stage;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use onionskin_core::vault::{FileVault, KeyVault, PassphraseVault, TestVault, VaultKind};
use onionskin_core::{
    AccountId, Accounts, Client, Config, ConversationId, Error, ErrorKind, MessageId, Network, Result, Setting,
    SharedClock, SystemClock,
};
use tokio::sync::{Mutex as Turn, watch};
use zeroize::Zeroizing;

use crate::notices::{Looked, Notices};
use crate::options::Options;
use crate::platform::{Platform, system_vault};
use crate::preferences::Preferences;
use crate::route::Screen;
use crate::text::Texts;

pub use choice::NetworkOrigin;
pub use rescue::{Outcome, Rescue};
pub use stage::{Open, Stage};

/// Where a reader was in a conversation: the row at the top of the screen and how far below the edge it stood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The row.
    pub message: MessageId,
    /// Pixels below the upper edge; negative when it is cut.
    pub offset: f64,
}

/// What protects a first account when the system has no key store.
pub enum Protection {
    /// A passphrase that is asked for at every start.
    Passphrase(Zeroizing<String>),
    /// The permissions of the files and nothing else.
    FilePermissions,
}

/// Cheap to clone; all clones are the same program.
#[derive(Clone)]
pub struct Shell {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    network: Network,
    network_origin: NetworkOrigin,
    platform: Platform,
    clock: SharedClock,
    /// Given by whoever started the program.
    given_vault: Option<Arc<dyn KeyVault>>,
    stage: watch::Sender<Stage>,
    preferences: watch::Sender<Preferences>,
    remembered: Mutex<Remembered>,
    /// Listens to every open account and shows notifications.
    notices: Notices,
    /// When the clipboard is emptied, on the clock's monotonic reading.
    copied: watch::Sender<Option<std::time::Duration>>,
    /// The rescue of an account that runs or has ended.
    rescue: watch::Sender<Option<Rescue>>,
    /// One opening, locking, switching at a time.
    turn: Turn<()>,
    /// When an account was last shown: [`LAST_USED`] of the newest.
    newest_use: AtomicU64,
}

#[derive(Default)]
struct Remembered {
    stack: Vec<Screen>,
    places: HashMap<ConversationId, Place>,
}

impl PartialEq for Shell {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Shell {
    /// Reads the preferences and the network's description; opens nothing yet ([`Self::open`]).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a network description or a key that is none.
    pub fn new(options: Options, platform: Platform) -> Result<Self> {
        Self::with_clock(options, platform, SystemClock::shared())
    }

    /// As [`Self::new`], with another clock: tests move it.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_clock(options: Options, platform: Platform, clock: SharedClock) -> Result<Self> {
        let unreadable =
            |what| move |error: std::io::Error| Error::new(ErrorKind::InvalidInput, what).with_source(error);
        let (network, network_origin) = choice::read(&options)?;
        let key = options.read_key().map_err(unreadable("key descriptor does not hold 32 bytes"))?;
        let given_vault = key.map(|key| Arc::new(TestVault::new(*key)) as Arc<dyn KeyVault>);
        let preferences = Preferences::read(&options.data_dir);
        let inner = Inner {
            options,
            network,
            network_origin,
            platform,
            clock,
            given_vault,
            stage: watch::Sender::new(Stage::Opening),
            preferences: watch::Sender::new(preferences),
            remembered: Mutex::default(),
            notices: Notices::default(),
            copied: watch::Sender::new(None),
            rescue: watch::Sender::new(None),
            turn: Turn::new(()),
            newest_use: AtomicU64::new(0),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether the accounts can be used, now and from now on.
    pub fn stage(&self) -> watch::Receiver<Stage> {
        self.inner.stage.subscribe()
    }

    /// The account on the screen, when there is one.
    pub fn client(&self) -> Option<Client> {
        match &*self.inner.stage.borrow() {
            Stage::Open(open) => open.client.clone(),
            _ => None,
        }
    }

    /// The accounts, when they are open.
    pub fn accounts(&self) -> Option<Accounts> {
        match &*self.inner.stage.borrow() {
            Stage::Open(open) => Some(open.accounts.clone()),
            _ => None,
        }
    }

    /// What the system can do for us.
    pub fn platform(&self) -> &Platform {
        &self.inner.platform
    }

    /// What the command line said.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// The network that is used.
    pub fn network(&self) -> &Network {
        &self.inner.network
    }

    /// Opens what is there, or finds out what is needed for it. Once, by the launcher.
    pub async fn open(&self) {
        let shell = self.clone();
        let opened = to_the_end(async move {
            shell.open_now().await;
            Ok(())
        });
        if let Err(error) = opened.await {
            self.set(Err(error));
        }
    }

    async fn open_now(&self) {
        let _turn = self.inner.turn.lock().await;
        let stage = match self.find_vault().await {
            Ok(Found::Vault(vault)) => self.open_with(vault).await,
            Ok(Found::Passphrase) => Ok(Stage::Locked),
            Ok(Found::Nothing) => Ok(Stage::Unprotected),
            Err(error) => Err(error),
        };
        self.set(stage);
    }

    /// Opens locked accounts.
    ///
    /// # Errors
    /// [`ErrorKind::WrongKey`] for another passphrase; everything stays locked.
    pub async fn unlock(&self, passphrase: &str) -> Result<()> {
        let (shell, vault) = (self.clone(), passphrase_vault(passphrase)?);
        to_the_end(async move {
            let _turn = shell.inner.turn.lock().await;
            if matches!(&*shell.inner.stage.borrow(), Stage::Open(_)) {
                return Ok(());
            }
            let stage = shell.open_with(vault).await?;
            shell.set(Ok(stage));
            Ok(())
        })
        .await
    }

    /// Chooses what protects the first account.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for an empty passphrase.
    pub async fn protect(&self, protection: Protection) -> Result<()> {
        let vault: Arc<dyn KeyVault> = match protection {
            Protection::Passphrase(passphrase) => passphrase_vault(&passphrase)?,
            Protection::FilePermissions => Arc::new(FileVault::accepting_file_permissions_only()),
        };
        let shell = self.clone();
        to_the_end(async move {
            let _turn = shell.inner.turn.lock().await;
            // Another page was faster: what is open stays as it is.
            if matches!(&*shell.inner.stage.borrow(), Stage::Open(_)) {
                return Err(Error::new(ErrorKind::NotAllowed, "accounts are protected already"));
            }
            let stage = shell.open_with(vault).await?;
            shell.set(Ok(stage));
            Ok(())
        })
        .await
    }

    /// Sets, changes or removes the passphrase of open accounts. No database is rewritten. Without a passphrase the key
    /// store of the system protects them where there is one, else the permissions of the files.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] when they are not open, [`ErrorKind::InUse`] when one is open elsewhere; those of the vaults.
    pub async fn set_passphrase(&self, passphrase: Option<&str>) -> Result<()> {
        let new = passphrase.map(passphrase_vault).transpose()?;
        let shell = self.clone();
        to_the_end(async move {
            let _turn = shell.inner.turn.lock().await;
            let Stage::Open(open) = shell.inner.stage.borrow().clone() else { return Err(not_open()) };
            let vault = match (new, &shell.inner.given_vault) {
                (Some(vault), _) => vault,
                (None, Some(given)) => given.clone(),
                (None, None) => match system_vault().await {
                    Some(vault) => vault,
                    None => Arc::new(FileVault::accepting_file_permissions_only()),
                },
            };
            let protection = vault.kind();
            open.accounts.set_vault(vault).await?;
            shell.set(Ok(Stage::Open(Open { protection, ..open })));
            Ok(())
        })
        .await
    }

    /// Encrypts everything on this device anew, under new keys, and opens the accounts again.
    ///
    /// # Errors
    /// Those of [`Accounts::renew_keys`]; the accounts are open again all the same, under the keys they had.
    pub async fn renew_keys(&self) -> Result<()> {
        let shell = self.clone();
        to_the_end(async move {
            let _turn = shell.inner.turn.lock().await;
            let Stage::Open(open) = shell.inner.stage.borrow().clone() else { return Err(not_open()) };
            shell.set(Ok(Stage::Opening));
            let renewed = open.accounts.renew_keys().await;
            let stage = shell.stage_of(open).await;
            shell.set(stage);
            renewed
        })
        .await
    }

    /// Closes all accounts and forgets their keys; only the passphrase opens them again.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] when no passphrase protects them: whoever asks could open them at once.
    pub async fn lock(&self) -> Result<()> {
        let shell = self.clone();
        to_the_end(async move {
            let _turn = shell.inner.turn.lock().await;
            let Stage::Open(open) = shell.inner.stage.borrow().clone() else { return Err(not_open()) };
            // Without an account there is nothing that a passphrase could open again.
            if open.protection != VaultKind::Passphrase || open.client.is_none() {
                return Err(Error::new(ErrorKind::NotAllowed, "accounts are not protected by a passphrase"));
            }
            shell.forget_places();
            // Screens let go of their handles first; the keys leave memory with the last one.
            shell.set(Ok(Stage::Locked));
            open.accounts.close().await
        })
        .await
    }

    /// Makes a new account and shows it.
    ///
    /// # Errors
    /// Those of [`Accounts::create`].
    pub async fn create(&self, name: &str) -> Result<()> {
        let (shell, name) = (self.clone(), name.to_owned());
        to_the_end(async move {
            let _turn = shell.inner.turn.lock().await;
            let accounts = shell.accounts().ok_or_else(not_open)?;
            let client = accounts.create(&name).await?;
            shell.show(accounts, client).await
        })
        .await
    }

    /// Brings an account back from its recovery password and shows it.
    ///
    /// # Errors
    /// Those of [`Accounts::restore`].
    pub async fn restore(&self, phrase: &str, name: &str) -> Result<()> {
        let (shell, phrase, name) = (self.clone(), Zeroizing::new(phrase.to_owned()), name.to_owned());
        to_the_end(async move {
            let _turn = shell.inner.turn.lock().await;
            let accounts = shell.accounts().ok_or_else(not_open)?;
            let client = accounts.restore(&phrase, &name).await?;
            shell.show(accounts, client).await
        })
        .await
    }

    /// Shows another account of this device.
    ///
    /// # Errors
    /// Those of [`Accounts::open_account`].
    pub async fn switch(&self, account: &AccountId) -> Result<()> {
        let (shell, account) = (self.clone(), *account);
        to_the_end(async move {
            let _turn = shell.inner.turn.lock().await;
            let accounts = shell.accounts().ok_or_else(not_open)?;
            let client = accounts.open_account(&account).await?;
            shell.show(accounts, client).await
        })
        .await
    }

    /// Closes the account on the screen and opens it again, as a start does.
    ///
    /// # Errors
    /// Those of [`Accounts::open_account`].
    pub async fn reopen(&self) -> Result<()> {
        let shell = self.clone();
        to_the_end(async move {
            let _turn = shell.inner.turn.lock().await;
            let Stage::Open(open) = shell.inner.stage.borrow().clone() else { return Err(not_open()) };
            let Open { accounts, client: Some(client), protection, .. } = open else { return Err(not_open()) };
            shell.forget_places();
            shell.set(Ok(Stage::Opening));
            let _ = client.close().await;
            let opened = accounts.open_account(&client.account_id()).await;
            if let Ok(client) = &opened {
                client.start();
                shell.inner.notices.listen(&shell, client);
            }
            let opened = opened.map(|client| Open { accounts, client: Some(client), protection, troubled: false });
            shell.set(opened.map(Stage::Open));
            Ok(())
        })
        .await
    }

    /// Removes an account from this device and shows another one, if there is one.
    ///
    /// # Errors
    /// Those of [`Accounts::remove`].
    pub async fn remove(&self, account: &AccountId) -> Result<()> {
        let (shell, account) = (self.clone(), *account);
        to_the_end(async move {
            let _turn = shell.inner.turn.lock().await;
            let Stage::Open(open) = shell.inner.stage.borrow().clone() else { return Err(not_open()) };
            let shown = open.account() == Some(account);
            if !shown {
                return open.accounts.remove(&account).await;
            }
            shell.forget_places();
            let open = Open { client: None, ..open };
            shell.set(Ok(Stage::Opening));
            let removed = open.accounts.remove(&account).await;
            // Whatever became of it: what is left is shown, and a person is never left before an empty page.
            let stage = shell.stage_of(open).await;
            shell.set(stage);
            removed
        })
        .await
    }

    /// The preferences, now and from now on.
    pub fn preferences(&self) -> watch::Receiver<Preferences> {
        self.inner.preferences.subscribe()
    }

    /// Changes the preferences and writes them down.
    ///
    /// # Errors
    /// [`ErrorKind::StorageFull`] when they cannot be written; they hold until the program ends all the same.
    pub fn change_preferences(&self, change: impl FnOnce(&mut Preferences)) -> Result<()> {
        self.inner.preferences.send_modify(change);
        let preferences = self.inner.preferences.borrow().clone();
        preferences
            .write(&self.inner.options.data_dir)
            .map_err(|error| Error::new(ErrorKind::StorageFull, "preferences could not be written").with_source(error))
    }

    /// The language: the command line's, else the chosen one, else the system's.
    pub fn texts(&self) -> Texts {
        Texts::chosen(self.inner.options.language.as_deref(), &self.inner.preferences.borrow())
    }

    /// Tells what a person looks at now, `None` when nobody does: no notification is shown for what is in sight.
    pub fn watch(&self, looked: Option<Looked>) {
        self.inner.notices.look(looked);
    }

    #[cfg(test)]
    pub(crate) fn notices(&self) -> &Notices {
        &self.inner.notices
    }

    /// The clock of the program.
    pub fn clock(&self) -> &SharedClock {
        &self.inner.clock
    }

    /// Where a person was; empty at the first start.
    pub fn remembered_stack(&self) -> Vec<Screen> {
        self.remembered().stack.clone()
    }

    /// Keeps where a person is, in memory only.
    pub fn remember_stack(&self, stack: Vec<Screen>) {
        self.remembered().stack = stack;
    }

    /// Where the reader was in this conversation; `None` at its end.
    pub fn place(&self, conversation: &ConversationId) -> Option<Place> {
        self.remembered().places.get(conversation).copied()
    }

    /// Keeps where the reader is, in memory only.
    pub fn remember_place(&self, conversation: &ConversationId, place: Option<Place>) {
        let mut remembered = self.remembered();
        match place {
            Some(place) => remembered.places.insert(conversation.clone(), place),
            None => remembered.places.remove(conversation),
        };
    }

    fn forget_places(&self) {
        *self.remembered() = Remembered::default();
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.inner.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, stage: Result<Stage>) {
        let stage = stage.unwrap_or_else(|error| {
            tracing::error!(?error, "accounts do not open");
            Stage::Failed(Arc::new(error))
        });
        self.inner.stage.send_replace(stage);
    }

    async fn find_vault(&self) -> Result<Found> {
        if let Some(vault) = &self.inner.given_vault
            && !vault_kinds(&self.inner.options.data_dir).await?.contains(&VaultKind::Passphrase)
        {
            return Ok(Found::Vault(vault.clone()));
        }
        let kinds = vault_kinds(&self.inner.options.data_dir).await?;
        Ok(if kinds.contains(&VaultKind::Passphrase) {
            Found::Passphrase
        } else if kinds.contains(&VaultKind::File) {
            Found::Vault(Arc::new(FileVault::accepting_file_permissions_only()))
        } else {
            match system_vault().await {
                Some(vault) => Found::Vault(vault),
                None if kinds.is_empty() => Found::Nothing,
                None => {
                    return Err(Error::new(ErrorKind::NotAllowed, "the system's key store is not there or is locked"));
                }
            }
        })
    }

    async fn open_with(&self, vault: Arc<dyn KeyVault>) -> Result<Stage> {
        let protection = vault.kind();
        let accounts = Accounts::open(Config {
            data_dir: self.inner.options.data_dir.clone(),
            cache_dir: self.inner.options.cache_dir.clone(),
            key_vault: vault,
            network: self.inner.network.clone(),
            clock: self.inner.clock.clone(),
        })
        .await?;
        let stage =
            self.stage_of(Open { accounts: accounts.clone(), client: None, protection, troubled: false }).await?;
        // What stays is enough; that a passphrase is kept longer than needed is no reason to stay locked.
        if let Err(error) = accounts.settle_vault().await {
            tracing::warn!(?error, "the vault keeps what it was unlocked with");
        }
        Ok(stage)
    }

    /// Opens and starts every account, so that letters for all of them arrive; gives the one that was used last. When
    /// there are some and none opens, that is an error: another program may have them open.
    async fn open_all(&self, accounts: &Accounts) -> Result<Option<Client>> {
        let mut newest: Option<(u64, Client)> = None;
        let mut refused = None;
        for row in accounts.list().await? {
            let client = match accounts.open_account(&row.account).await {
                Ok(client) => client,
                Err(error) => {
                    tracing::warn!(?error, "an account did not open");
                    refused = Some(error);
                    continue;
                }
            };
            client.start();
            self.inner.notices.listen(self, &client);
            let used = client.setting(&LAST_USED).await.unwrap_or_default();
            self.inner.newest_use.fetch_max(used, Ordering::SeqCst);
            if newest.as_ref().is_none_or(|(newest, _)| used > *newest) {
                newest = Some((used, client));
            }
        }
        match (newest, refused) {
            (None, Some(error)) => Err(error),
            (newest, _) => Ok(newest.map(|(_, client)| client)),
        }
    }

    async fn show(&self, accounts: Accounts, client: Client) -> Result<()> {
        // Later than every other account was shown, whatever the clock says.
        let before = self.inner.newest_use.load(Ordering::SeqCst);
        let now = self.inner.clock.now().as_millis().max(before.saturating_add(1));
        self.inner.newest_use.store(now, Ordering::SeqCst);
        client.set_setting(&LAST_USED, now).await?;
        if let Some(before) = self.client() {
            before.set_screen(false, None);
        }
        client.start();
        self.inner.notices.listen(self, &client);
        self.forget_places();
        let Stage::Open(open) = self.inner.stage.borrow().clone() else { return Err(not_open()) };
        self.set(Ok(Stage::Open(Open { accounts, client: Some(client), troubled: false, ..open })));
        Ok(())
    }
}

enum Found {
    Vault(Arc<dyn KeyVault>),
    Passphrase,
    Nothing,
}

fn not_open() -> Error {
    Error::new(ErrorKind::NotAllowed, "accounts are not open")
}

/// Which vaults wrapped the keys of the accounts in this folder.
async fn vault_kinds(data_dir: &Path) -> Result<BTreeSet<VaultKind>> {
    let data_dir = data_dir.to_owned();
    let read = tokio::task::spawn_blocking(move || Accounts::vault_kinds(&data_dir));
    read.await.unwrap_or_else(|_| Err(Error::bug("reading the records of keys ended")))
}

/// Runs `work` to its end, also when the screen that waits for it goes away: locking and removing take every screen away.
async fn to_the_end<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    tokio::spawn(work).await.unwrap_or_else(|_| Err(Error::bug("a task of the shell ended early")))
}

/// Derives nothing yet: the vault does that on a blocking thread when it wraps or opens a key.
fn passphrase_vault(passphrase: &str) -> Result<Arc<dyn KeyVault>> {
    Ok(Arc::new(PassphraseVault::new(passphrase)?))
}

/// When an account was last on the screen, in milliseconds; the newest one is shown at the next start.
const LAST_USED: Setting<u64> = Setting { key: "app.last_used", default: 0 };
