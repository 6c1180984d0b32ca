//! Accounts that do not open: named, with their reason, and what can be done with their files.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use super::{Accounts, Learned, finish};
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Hint, Result};
use crate::store::layout::{AccountFolder, FolderName};
use crate::store::{DatabaseKey, Store, opens_with_salt};

/// A folder in which an account may lie that does not open here. Nothing of it was changed.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TroubledFolder {
    /// Its random name.
    pub name: FolderName,
    /// Where it is, for whoever wants to save its files.
    pub path: PathBuf,
    /// Why it does not open: [`ErrorKind::DatabaseDamaged`] also when its account was never finished, [`ErrorKind::NotAllowed`]
    /// when its key store is locked, its account lies in another folder too, or the disk does not answer.
    pub kind: ErrorKind,
    /// Its account lies in another folder too, which is used.
    pub twice: bool,
    /// Whose it is, as far as its key opens and that was kept beside it.
    pub account: Option<AccountId>,
    /// The name that it had when it was last opened; empty when nobody knows.
    pub display_name: String,
    /// How much room its files take, in bytes.
    pub bytes: u64,
    /// It was set aside: another account took its place, or a person put it away.
    pub set_aside: bool,
    /// What can be read of it may be rescued ([`Accounts::salvage`]).
    pub rescuable: bool,
}

impl std::fmt::Debug for TroubledFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, kind, set_aside, rescuable, .. } = self;
        f.debug_struct("TroubledFolder")
            .field("name", name)
            .field("kind", kind)
            .field("set_aside", set_aside)
            .field("rescuable", rescuable)
            .finish_non_exhaustive()
    }
}

impl Accounts {
    /// Folders of this device in which an account may lie that does not open, each with its reason: damaged, its database away
    /// or empty, its key lost, open elsewhere; and those that were set aside. They are left as they are.
    ///
    /// # Errors
    /// When the data folder cannot be read.
    pub async fn troubled(&self) -> Result<Vec<TroubledFolder>> {
        let _turn = self.turn().await?;
        let Learned { failed, lost, aside, .. } = self.learn_folders().await?;
        let mut troubled = Vec::new();
        for (folder, error) in failed.into_iter().chain(lost) {
            let told = self.told(folder, error.kind(), false).await;
            troubled.push(TroubledFolder { twice: error.hint() == Some(&TWICE), ..told });
        }
        for folder in aside {
            troubled.push(self.told(folder, ErrorKind::DatabaseDamaged, true).await);
        }
        Ok(troubled)
    }

    /// Looks at every page of an account that is open: what opens may be damaged inside, and says so only when the page is
    /// needed. `None` when all of them open. Takes as long as reading all of it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it is not open here; when its file cannot be read.
    pub async fn examine(&self, account: &AccountId) -> Result<Option<TroubledFolder>> {
        let not_open = || Error::new(ErrorKind::NotFound, "account is not open here");
        let (client, folder) = {
            let _turn = self.turn().await?;
            let folder = self.known().folders.get(account).cloned().ok_or_else(not_open)?;
            (self.open_client(account).ok_or_else(not_open)?, folder)
        };
        if client.damaged_pages().await? == 0 {
            return Ok(None);
        }
        Ok(Some(self.told(folder, ErrorKind::DatabaseDamaged, false).await))
    }

    async fn told(&self, folder: AccountFolder, kind: ErrorKind, set_aside: bool) -> TroubledFolder {
        let key = folder.unwrap_key(&*self.vault()).await;
        let who = key.as_ref().ok().and_then(|key| folder.imprint()?.who(key));
        // A database that SQLite finds odd in a way that nobody thought of is damaged too.
        let damaged = matches!(kind, ErrorKind::DatabaseDamaged | ErrorKind::Bug)
            // Of a young account everything may stand in the log alone.
            || kind == ErrorKind::DatabaseEmpty && who.is_some() && folder.has_log();
        TroubledFolder {
            name: *folder.name(),
            path: folder.path().to_owned(),
            kind,
            twice: false,
            account: who.as_ref().map(|(account, _)| *account),
            display_name: who.map(|(_, name)| name).unwrap_or_default(),
            bytes: folder.bytes(),
            set_aside,
            rescuable: !set_aside && damaged && key.is_ok() && folder.has_database(),
        }
    }

    /// Sets a folder that does not open aside: its files stay as they are, and it is no longer said to be in trouble.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such folder; [`ErrorKind::NotAllowed`] when its account opens;
    /// [`ErrorKind::InUse`] when another process has it open.
    pub async fn set_aside(&self, name: &FolderName) -> Result<()> {
        let _turn = self.turn().await?;
        let folder = self.closed_folder(name).await?;
        let _lock = folder.lock()?;
        folder.set_aside()
    }

    /// Takes [`Self::set_aside`] back: the account is opened again where that is possible.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such folder; [`ErrorKind::ReadOnly`].
    pub async fn put_back(&self, name: &FolderName) -> Result<()> {
        let _turn = self.turn().await?;
        self.closed_folder(name).await?.put_back()
    }

    /// Removes a folder that does not open, or was set aside, for good: its key first, then its files.
    ///
    /// # Errors
    /// As [`Self::set_aside`]; [`ErrorKind::ReadOnly`] when files cannot be removed.
    pub async fn remove_troubled(&self, name: &FolderName) -> Result<()> {
        let _turn = self.turn().await?;
        let folder = self.closed_folder(name).await?;
        let lock = folder.lock()?;
        folder.remove(&*self.vault()).await?;
        drop(lock);
        Ok(())
    }

    /// The folder of that name, of which no account opens.
    pub(super) async fn closed_folder(&self, name: &FolderName) -> Result<AccountFolder> {
        let Learned { failed, lost, aside, rows, .. } = self.learn_folders().await?;
        let closed = failed.into_iter().chain(lost).map(|(folder, _)| folder).chain(aside);
        if let Some(folder) = closed.into_iter().find(|folder| folder.name() == name) {
            return Ok(folder);
        }
        let opens = rows.iter().any(|row| self.known().folders.get(&row.account).is_some_and(|it| it.name() == name));
        let (kind, what) = if opens {
            (ErrorKind::NotAllowed, "account in this folder opens")
        } else {
            (ErrorKind::NotFound, "there is no such folder")
        };
        Err(Error::new(kind, what))
    }

    /// Whose account lies in a folder, as far as that was kept beside its key.
    pub(super) async fn who(&self, folder: &AccountFolder) -> Option<(AccountId, String)> {
        let key = folder.unwrap_key(&*self.vault()).await.ok()?;
        folder.imprint()?.who(&key)
    }

    /// Keeps what a database that is open says of itself. That it cannot be kept is no reason not to open it.
    pub(super) async fn keep_imprint(&self, folder: &AccountFolder, store: &Store, key: &DatabaseKey) {
        let kept = match store.imprint().await {
            Ok(imprint) => folder.keep_imprint(&imprint, key),
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::warn!(?error, "accounts could not keep the imprint of a database");
        }
    }

    /// Whether somebody works in a folder that is being made: another process, or a rescue.
    pub(super) fn is_held(&self, folder: &AccountFolder) -> bool {
        matches!(folder.lock(), Err(error) if error.kind() == ErrorKind::InUse)
    }

    /// The account in `folder` was read from the one in `old`, which is set aside now.
    pub(super) fn take_place(&self, folder: &AccountFolder, old: &FolderName) -> Result<()> {
        if let Some(old) = self.inner.folders.list()?.into_iter().find(|found| found.name() == old) {
            old.set_aside()?;
        }
        finish(folder);
        Ok(())
    }
}

/// Marks the error of a folder whose account lies in another one too.
pub(super) const TWICE: Hint = Hint::Field("folder");

/// Whether the account of a folder may open for somebody else, or later: open elsewhere, its key store locked, its folder
/// closed. One of another kind of vault opens here in no case.
pub(super) fn may_open_elsewhere(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::InUse | ErrorKind::ReadOnly => true,
        ErrorKind::NotAllowed => error.hint() != Some(&Hint::Field("vault")),
        _ => false,
    }
}

/// A database that does not open although its key is right: the vault gave it. What stands in its place is another's, or its
/// own with its first bytes gone.
pub(super) fn named(folder: &AccountFolder, key: &DatabaseKey, error: Error) -> Error {
    if !matches!(error.kind(), ErrorKind::WrongKey | ErrorKind::DatabaseDamaged) {
        return error;
    }
    let path = folder.database_path();
    let mut first = [0; 16];
    let read = File::open(&path).and_then(|mut file| file.read_exact(&mut first));
    let plain = read.is_ok() && &first == b"SQLite format 3\0";
    let damaged = error.kind() == ErrorKind::DatabaseDamaged;
    // Where a log lies there too, what stands in it may be the account's.
    let imprint = folder.imprint().filter(|_| !damaged && !folder.has_log());
    let foreign = plain || imprint.is_some_and(|kept| !opens_with_salt(&path, key, kept.salt()));
    if damaged && !foreign {
        return error;
    }
    let (kind, what) = if foreign {
        (ErrorKind::DatabaseForeign, "another database lies in the place of the account's")
    } else {
        (ErrorKind::DatabaseDamaged, "no page of the database opens, or its salt is gone")
    };
    Error::new(kind, what).with_source(error)
}
