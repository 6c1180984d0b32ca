//! Rescuing an account: what can be read of it goes into a folder of its own, and takes its place when it is whole.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Accounts, Learned, blocking};
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Result};
use crate::kill;
use crate::store::layout::{AccountFolder, FolderLock, FolderName};
use crate::store::{DatabaseKey, Imprint, Rescue, SalvageWatch, Salvaged, Store, salvage};

/// An account that was rescued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescued {
    /// Whose it is; [`Accounts::open_account`] opens it.
    pub account: AccountId,
    /// What was read, and what is lost.
    pub found: Salvaged,
}

/// A rescue that has begun.
struct Begun {
    old: AccountFolder,
    key: DatabaseKey,
    imprint: Option<Imprint>,
    new: AccountFolder,
    new_key: DatabaseKey,
    _locks: [FolderLock; 2],
}

impl Accounts {
    /// Reads what can be read of a damaged account into a new ledger, which takes its place; the damaged files are not changed,
    /// and are set aside. Needs twice as much room again meanwhile. Other accounts can be used while it runs. Stopped or cut
    /// short, nothing of it stays.
    ///
    /// An account that opens may be damaged inside ([`Self::examine`]); it is rescued too while it is closed.
    ///
    /// Runs to its end in a task of its own, whether or not somebody waits for it; [`SalvageWatch::stop`] ends it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such folder; [`ErrorKind::NotAllowed`] when its account is open here, lies in
    /// another folder too, or the rescue was stopped; [`ErrorKind::InUse`]; those of the vault; [`ErrorKind::NothingReadable`] when its
    /// salt is lost or no page opens; [`ErrorKind::SeedUnreadable`] when only the recovery password can bring it back;
    /// [`ErrorKind::StorageFull`].
    pub async fn salvage(&self, name: &FolderName, watch: Arc<SalvageWatch>) -> Result<Rescued> {
        let (accounts, name) = (self.clone(), *name);
        let task = tokio::spawn(async move { accounts.rescue(&name, &watch).await });
        task.await.unwrap_or_else(|_| Err(Error::bug("the task that rescues an account ended early")))
    }

    async fn rescue(&self, name: &FolderName, watch: &Arc<SalvageWatch>) -> Result<Rescued> {
        let begun = self.begin_rescue(name).await?;
        let new = begun.new.clone();
        let rescued = self.read_and_settle(begun, watch).await;
        self.known().rescued.remove(name);
        if rescued.is_err() && new.is_rescue_under_way() {
            self.take_back(new).await;
        }
        rescued
    }

    async fn begin_rescue(&self, name: &FolderName) -> Result<Begun> {
        let _turn = self.turn().await?;
        let Learned { failed, .. } = self.learn_folders().await?;
        let kind = failed.iter().find(|(folder, _)| folder.name() == name).map(|(_, error)| error.kind());
        let mut folders = self.inner.folders.list()?.into_iter();
        let old = folders.find(|folder| folder.name() == name && !folder.is_set_aside());
        let old = old.ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such folder to rescue"))?;
        if self.is_open_here(&old) {
            return Err(Error::new(ErrorKind::NotAllowed, "account is open and cannot be rescued"));
        }
        if self.known().rescued.insert(*name, kind.unwrap_or(ErrorKind::DatabaseDamaged)).is_some() {
            return Err(Error::new(ErrorKind::InUse, "account is being rescued already"));
        }
        let begun = self.begin_in_turn(old).await;
        if begun.is_err() {
            self.known().rescued.remove(name);
        }
        begun
    }

    async fn begin_in_turn(&self, old: AccountFolder) -> Result<Begun> {
        if let Some((account, _)) = self.who(&old).await
            && self.learn_folders().await?.rows.iter().any(|row| row.account == account)
        {
            return Err(twice());
        }
        let lock = old.lock()?;
        let key = old.unwrap_key(&*self.vault()).await?;
        let imprint = old.imprint();
        let (new, new_key) = (self.inner.folders.create()?, DatabaseKey::random());
        let new_lock = new.lock()?;
        new.begin_rescue(old.name())?;
        if let Err(error) = new.wrap_key(&*self.vault(), &new_key).await {
            drop(new_lock);
            self.take_back(new).await;
            return Err(error);
        }
        Ok(Begun { old, key, imprint, new, new_key, _locks: [lock, new_lock] })
    }

    async fn read_and_settle(&self, begun: Begun, watch: &Arc<SalvageWatch>) -> Result<Rescued> {
        let paths: (PathBuf, PathBuf) = (begun.old.database_path(), begun.new.database_path());
        let (keys, imprint) = ((begun.key.clone(), begun.new_key.clone()), begun.imprint.clone());
        let watching = Arc::clone(watch);
        let found = blocking(move || {
            let (from, to) = (&*paths.0, &*paths.1);
            let rescue = Rescue { from, key: &keys.0, imprint: imprint.as_ref(), to, new_key: &keys.1 };
            salvage(&rescue, &watching)
        })
        .await?;
        let _turn = self.turn().await?;
        watch.go_on()?;
        let store = Store::open(&begun.new.database_path(), &begun.new_key).await?;
        let profile = store.read(|tx| tx.own_account()).await;
        self.keep_imprint(&begun.new, &store, &begun.new_key).await;
        store.close().await?;
        let account = profile?;
        if self.learn_folders().await?.rows.iter().any(|row| row.account == account) {
            return Err(twice());
        }
        kill::point("before a rescued account counts");
        begun.new.is_rescued(begun.old.name())?;
        kill::point("after a rescued account counts");
        self.take_place(&begun.new, begun.old.name())?;
        self.known().folders.insert(account, begun.new.clone());
        Ok(Rescued { account, found })
    }
}

fn twice() -> Error {
    Error::new(ErrorKind::NotAllowed, "account is on this device already")
}
