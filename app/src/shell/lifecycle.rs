//! The lifecycle of the accounts: opened, shown, locked, removed, one step at a time.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use onionskin_core::vault::{KeyVault, VaultKind};
use onionskin_core::{AccountId, Accounts, Client, Config, Error, ErrorKind, Result, Setting};
use tokio::sync::{Mutex as Turn, watch};
use zeroize::Zeroizing;

use super::vaults::{Found, by_files, by_passphrase};
use super::{Open, Protection, Shell, Stage};
use crate::route::Screen;

/// Where the accounts stand.
pub(super) struct Lifecycle {
    /// Whether they can be used.
    pub(super) stage: watch::Sender<Stage>,
    /// One opening, locking, switching at a time.
    pub(super) turn: Turn<()>,
    /// When an account was last shown: [`LAST_USED`] of the newest.
    newest_use: AtomicU64,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self { stage: watch::Sender::new(Stage::Opening), turn: Turn::new(()), newest_use: AtomicU64::new(0) }
    }
}

impl Shell {
    /// Whether the accounts can be used, now and from now on.
    pub fn stage(&self) -> watch::Receiver<Stage> {
        self.inner.lifecycle.stage.subscribe()
    }

    /// The account on the screen, when there is one.
    pub fn client(&self) -> Option<Client> {
        self.inner.lifecycle.stage.borrow().open()?.client.clone()
    }

    /// The accounts, when they are open.
    pub fn accounts(&self) -> Option<Accounts> {
        Some(self.inner.lifecycle.stage.borrow().open()?.accounts.clone())
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
        let _turn = self.inner.lifecycle.turn.lock().await;
        let stage = match self.inner.vaults.find().await {
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
        let (shell, vault) = (self.clone(), by_passphrase(passphrase)?);
        to_the_end(async move {
            let _turn = shell.inner.lifecycle.turn.lock().await;
            if matches!(&*shell.inner.lifecycle.stage.borrow(), Stage::Open(_)) {
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
            Protection::Passphrase(passphrase) => by_passphrase(&passphrase)?,
            Protection::FilePermissions => by_files(),
        };
        let shell = self.clone();
        to_the_end(async move {
            let _turn = shell.inner.lifecycle.turn.lock().await;
            // Another page was faster: what is open stays as it is.
            if matches!(&*shell.inner.lifecycle.stage.borrow(), Stage::Open(_)) {
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
    /// [`ErrorKind::NotAllowed`] when they are not open, [`ErrorKind::InUse`] when one is open elsewhere; those of the
    /// vaults.
    pub async fn set_passphrase(&self, passphrase: Option<&str>) -> Result<()> {
        let new = passphrase.map(by_passphrase).transpose()?;
        let shell = self.clone();
        to_the_end(async move {
            let _turn = shell.inner.lifecycle.turn.lock().await;
            let Stage::Open(open) = shell.inner.lifecycle.stage.borrow().clone() else { return Err(not_open()) };
            let vault = match new {
                Some(vault) => vault,
                None => shell.inner.vaults.without_passphrase().await,
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
            let _turn = shell.inner.lifecycle.turn.lock().await;
            let Stage::Open(open) = shell.inner.lifecycle.stage.borrow().clone() else { return Err(not_open()) };
            shell.set(Ok(Stage::Opening));
            shell.inner.papers.put_away().await;
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
            let _turn = shell.inner.lifecycle.turn.lock().await;
            let Stage::Open(open) = shell.inner.lifecycle.stage.borrow().clone() else { return Err(not_open()) };
            // Without an account there is nothing that a passphrase could open again.
            if open.protection != VaultKind::Passphrase || open.client.is_none() {
                return Err(Error::new(ErrorKind::NotAllowed, "accounts are not protected by a passphrase"));
            }
            shell.inner.whereabouts.forget(None);
            // Screens let go of their handles first; the keys leave memory with the last one.
            shell.set(Ok(Stage::Locked));
            shell.inner.papers.put_away().await;
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
            let _turn = shell.inner.lifecycle.turn.lock().await;
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
            let _turn = shell.inner.lifecycle.turn.lock().await;
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
        self.switch_to(account, None).await
    }

    /// As [`Self::switch`]; the account comes with these screens, the bottom one first.
    ///
    /// # Errors
    /// Those of [`Self::switch`].
    pub async fn switch_to(&self, account: &AccountId, front: Option<Vec<Screen>>) -> Result<()> {
        let (shell, account) = (self.clone(), *account);
        to_the_end(async move {
            let _turn = shell.inner.lifecycle.turn.lock().await;
            let accounts = shell.accounts().ok_or_else(not_open)?;
            let client = accounts.open_account(&account).await?;
            shell.show_at(accounts, client, front).await
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
            let _turn = shell.inner.lifecycle.turn.lock().await;
            let Stage::Open(open) = shell.inner.lifecycle.stage.borrow().clone() else { return Err(not_open()) };
            let Open { accounts, client: Some(client), protection, .. } = open else { return Err(not_open()) };
            shell.inner.whereabouts.forget(None);
            shell.set(Ok(Stage::Opening));
            shell.inner.papers.put_away().await;
            let _ = client.close().await;
            let opened = accounts.open_account(&client.account_id()).await;
            if let Ok(client) = &opened {
                client.start();
                shell.inner.notices.listen(client);
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
            let _turn = shell.inner.lifecycle.turn.lock().await;
            let Stage::Open(open) = shell.inner.lifecycle.stage.borrow().clone() else { return Err(not_open()) };
            let shown = open.account() == Some(account);
            if !shown {
                return open.accounts.remove(&account).await;
            }
            shell.inner.whereabouts.forget(None);
            let open = Open { client: None, ..open };
            shell.set(Ok(Stage::Opening));
            shell.inner.papers.put_away().await;
            let removed = open.accounts.remove(&account).await;
            // Whatever became of it: what is left is shown, and a person is never left before an empty page.
            let stage = shell.stage_of(open).await;
            shell.set(stage);
            removed
        })
        .await
    }

    pub(super) fn set(&self, stage: Result<Stage>) {
        let stage = stage.unwrap_or_else(|error| {
            tracing::error!(?error, "accounts do not open");
            Stage::Failed(Arc::new(error))
        });
        self.inner.lifecycle.stage.send_replace(stage);
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
    /// there are some and none opens, that is an error: another program may have them open. One may be left out.
    pub(super) async fn open_all(&self, accounts: &Accounts, but: Option<&AccountId>) -> Result<Option<Client>> {
        let mut newest: Option<(u64, Client)> = None;
        let mut refused = None;
        for row in accounts.list().await?.into_iter().filter(|row| Some(&row.account) != but) {
            let client = match accounts.open_account(&row.account).await {
                Ok(client) => client,
                Err(error) => {
                    tracing::warn!(?error, "an account did not open");
                    refused = Some(error);
                    continue;
                }
            };
            self.inner.papers.take_up(&client).await;
            client.start();
            self.inner.notices.listen(&client);
            let used = client.setting(&LAST_USED).await.unwrap_or_default();
            self.inner.lifecycle.newest_use.fetch_max(used, Ordering::SeqCst);
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
        self.show_at(accounts, client, None).await
    }

    async fn show_at(&self, accounts: Accounts, client: Client, front: Option<Vec<Screen>>) -> Result<()> {
        // Later than every other account was shown, whatever the clock says.
        let before = self.inner.lifecycle.newest_use.load(Ordering::SeqCst);
        let now = self.inner.clock.now().as_millis().max(before.saturating_add(1));
        self.inner.lifecycle.newest_use.store(now, Ordering::SeqCst);
        client.set_setting(&LAST_USED, now).await?;
        if let Some(before) = self.client() {
            before.set_screen(false, None);
        }
        client.start();
        self.inner.notices.listen(&client);
        self.inner.whereabouts.forget(front);
        let Stage::Open(open) = self.inner.lifecycle.stage.borrow().clone() else { return Err(not_open()) };
        self.set(Ok(Stage::Open(Open { accounts, client: Some(client), troubled: false, ..open })));
        Ok(())
    }
}

pub(super) fn not_open() -> Error {
    Error::new(ErrorKind::NotAllowed, "accounts are not open")
}

/// Runs `work` to its end, also when the screen that waits for it goes away: locking and removing take every screen
/// away.
pub(super) async fn to_the_end<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    tokio::spawn(work).await.unwrap_or_else(|_| Err(Error::bug("a task of the shell ended early")))
}

/// When an account was last on the screen, in milliseconds; the newest one is shown at the next start.
const LAST_USED: Setting<u64> = Setting { key: "app.last_used", default: 0 };
