//! Where accounts lie on the disk: `accounts/<32 random hex digits>/`, one folder for each.
//!
//! | file | what |
//! |---|---|
//! | `onionskin.db` (and `-wal`, `-shm`) | the encrypted database |
//! | `key` | its wrapped key ([`super::vault`]) |
//! | `lock` | held by the process that has the account open |
//! | `founding` | stands while the account is being made, rescued or removed, and no longer ([`notes`]) |
//! | `imprint` | salt and shape of the database, and sealed whose it is, in case that it does not open ([`super::Imprint`]) |
//! | `aside` | the account was set aside: another folder took its place |
//! | `key.new`, `key.next` | a record that is being written, or waits to take the place of `key` ([`change`]) |
//! | `onionskin.db.next` | the database under another key, which waits for the same |
//!
//! The name of a folder is random: nothing in plain sight says which account it is, or that two belong to one person. A
//! new account is `founding` first, then `key`, then the database, then the profile in the database's first write; then
//! `founding` goes. Only what still has that file was never finished, and may be taken back. What lacks something without it
//! is an account whose file is away, perhaps for a moment (a backup that is being copied back, a file system that hiccups):
//! it is left as it is, and told ([`Contents`]).

pub mod change;
mod notes;

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::DatabaseKey;
use super::database::path_is_too_long;
use super::vault::KeyVault;
use crate::crypto::random_bytes;
use crate::disk::{kind_of, make_or_tighten_folder, make_private_folder, private, tighten_all};
use crate::error::{Error, ErrorKind, Result};
pub use notes::Making;

/// The random name of an account's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderName([u8; 16]);

/// All account folders of one data folder.
#[derive(Clone, Debug)]
pub struct Folders {
    root: PathBuf,
}

/// One account's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFolder {
    name: FolderName,
    path: PathBuf,
}

/// What of an account lies in its folder.
#[derive(Debug)]
pub enum Contents {
    /// A key and a database. Whether they fit, and whether there is a profile inside, shows when it is opened.
    Whole,
    /// Neither: an empty folder, or one in which nothing was made yet.
    Nothing,
    /// A key without a database that says anything.
    Keyed(Error),
    /// A database without a key: it opens when somebody finds the key.
    Keyless(Error),
    /// The disk does not say.
    Unknown(Error),
}

/// Held while an account is open; another process gets [`ErrorKind::InUse`]. Dropping it frees the account.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderName {
    /// A name nobody had before.
    pub fn random() -> Self {
        Self(random_bytes())
    }

    /// Its bytes, to bind records to it.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 16] = hex::decode(text).ok()?.try_into().ok()?;
        // Upper case would be a second name for the same folder.
        (hex::encode(bytes) == text).then_some(Self(bytes))
    }
}

impl fmt::Display for FolderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Folders {
    /// The folders in `data_dir`, which is made when it is missing, readable by its owner only.
    ///
    /// # Errors
    /// When the folder cannot be made; [`ErrorKind::PathTooLong`] when no database could be opened in it.
    pub fn new(data_dir: &Path) -> Result<Self> {
        let root = data_dir.join(ACCOUNTS);
        if path_is_too_long(&root.join(FolderName([0; 16]).to_string()).join(DATABASE)) {
            return Err(Error::new(ErrorKind::PathTooLong, "path of the accounts is too long"));
        }
        make_or_tighten_folder(data_dir).map_err(disk)?;
        make_private_folder(&root).map_err(disk)?;
        let folders = Self { root };
        folders.tighten();
        Ok(folders)
    }

    /// Takes from others what an earlier version, or a copy of the folder, may have left open.
    fn tighten(&self) {
        tighten_all(&self.root);
        for folder in self.list().into_iter().flatten() {
            tighten_all(&folder.path);
        }
    }

    /// Every account folder, finished or not, whole or not, by name. Other things in the data folder are left alone.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<AccountFolder>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(&self.root).map_err(disk)? {
            let entry = entry.map_err(disk)?;
            let name = entry.file_name().to_str().and_then(FolderName::parse);
            if let Some(name) = name.filter(|_| entry.path().is_dir()) {
                folders.push(AccountFolder { name, path: entry.path() });
            }
        }
        folders.sort_by_key(|folder| folder.name);
        Ok(folders)
    }

    /// Makes an empty folder with a random name.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn create(&self) -> Result<AccountFolder> {
        let name = FolderName::random();
        let path = self.root.join(name.to_string());
        make_private_folder(&path).map_err(disk)?;
        Ok(AccountFolder { name, path })
    }
}

impl AccountFolder {
    /// Its random name.
    pub fn name(&self) -> &FolderName {
        &self.name
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where its database is.
    pub fn database_path(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// What lies in it. Nothing follows from a failure to look: that is a case of its own.
    pub fn contents(&self) -> Contents {
        let key = self.path.join(KEY).try_exists().map_err(disk);
        let bytes = match fs::metadata(self.database_path()) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(disk(error)),
        };
        match (key, bytes) {
            (Err(error), _) | (_, Err(error)) => Contents::Unknown(error),
            (Ok(true), Ok(Some(1..))) => Contents::Whole,
            (Ok(true), Ok(Some(0))) => {
                Contents::Keyed(Error::new(ErrorKind::DatabaseEmpty, "database of an account is empty"))
            }
            (Ok(true), Ok(None)) => {
                Contents::Keyed(Error::new(ErrorKind::DatabaseMissing, "database of an account is not in its place"))
            }
            (Ok(false), Ok(Some(_))) => {
                Contents::Keyless(Error::new(ErrorKind::KeyMissing, "key of an account is not in its place"))
            }
            (Ok(false), Ok(None)) => Contents::Nothing,
        }
    }

    /// Whether it has both a key and a database. The profile inside may still be missing.
    pub fn is_complete(&self) -> bool {
        matches!(self.contents(), Contents::Whole)
    }

    /// Whether its database is in its place, also an empty one.
    pub fn has_database(&self) -> bool {
        self.database_path().is_file()
    }

    /// Whether it has a key that may open an account: whatever is done to the keys of all accounts is done to this one too,
    /// also while its database is away. One that was never finished has none.
    pub fn has_key(&self) -> bool {
        match self.contents() {
            Contents::Whole => true,
            Contents::Keyed(_) => !self.is_unfinished(),
            Contents::Nothing | Contents::Keyless(_) | Contents::Unknown(_) => false,
        }
    }

    /// Notes on the disk that an account is being made here. Before anything of it is.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn begin(&self) -> Result<()> {
        let file = private().write(true).create(true).truncate(true).open(self.path.join(FOUNDING)).map_err(disk)?;
        file.sync_all().map_err(disk)?;
        sync_folder(&self.path);
        Ok(())
    }

    /// The account is made: from now on nothing takes its folder back.
    ///
    /// # Errors
    /// When the note cannot be taken away.
    pub fn finish(&self) -> Result<()> {
        match fs::remove_file(self.path.join(FOUNDING)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk(error)),
            _ => {
                // A note that came back after a power failure would call a finished account unfinished.
                sync_folder(&self.path);
                Ok(())
            }
        }
    }

    /// Whether a note says that the account was being made here. A disk that does not say calls nothing unfinished.
    pub fn is_unfinished(&self) -> bool {
        self.path.join(FOUNDING).try_exists().unwrap_or(false)
    }

    /// Takes the account for this process.
    ///
    /// # Errors
    /// [`ErrorKind::InUse`] when another process has it open; [`ErrorKind::ReadOnly`] when the folder cannot be written.
    pub fn lock(&self) -> Result<FolderLock> {
        lock_file(&self.path.join(LOCK), "account is open in another process")
    }

    /// The record of the wrapped key.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none.
    pub fn key_record(&self) -> Result<Zeroizing<Vec<u8>>> {
        change::read_record(&self.path.join(KEY))
    }

    /// The database's key, unwrapped.
    ///
    /// # Errors
    /// Those of [`KeyVault::unwrap`]; [`ErrorKind::NotFound`] when there is no record.
    pub async fn unwrap_key(&self, vault: &dyn KeyVault) -> Result<DatabaseKey> {
        let record = self.key_record()?;
        vault.unwrap(&self.name, &record).await
    }

    /// Wraps the key with `vault` and keeps the record, in place of one that was there: making an account, and setting,
    /// changing or removing a passphrase. The old record counts until the new one is on the disk; then it is overwritten.
    ///
    /// # Errors
    /// Those of [`KeyVault::wrap`]; [`ErrorKind::StorageFull`].
    pub async fn wrap_key(&self, vault: &dyn KeyVault, key: &DatabaseKey) -> Result<()> {
        let record = Zeroizing::new(vault.wrap(&self.name, key).await?);
        let (path, fresh) = (self.path.join(KEY), self.path.join(NEW_KEY));
        let old = OpenOptions::new().write(true).open(&path).ok();
        let mut file = private().write(true).create(true).truncate(true).open(&fresh).map_err(disk)?;
        file.write_all(&record).map_err(disk)?;
        file.sync_all().map_err(disk)?;
        fs::rename(&fresh, &path).map_err(disk)?;
        sync_folder(&self.path);
        // The new record is safe; a file system that copies on write may keep the old one's bytes whatever we do.
        if let Some(old) = old {
            let _ = overwrite(old);
        }
        Ok(())
    }

    /// Removes the account from this device: what the vault keeps elsewhere, the wrapped key (overwritten), then every file.
    /// Once the key is gone the rest is noise, so a crash in between leaves nothing that opens; the note of [`Self::begin`]
    /// says that the rest may be taken back.
    ///
    /// # Errors
    /// When files cannot be removed. A vault that cannot be asked does not stop the removal.
    pub async fn remove(self, vault: &dyn KeyVault) -> Result<()> {
        if vault.forget(&self.name).await.is_err() {
            tracing::warn!("vault could not forget a wrapping key; the wrapped key is removed anyway");
        }
        if let Err(error) = self.begin() {
            // A full disk must not stop somebody who makes room.
            tracing::debug!(?error, "removal of an account could not be noted");
        }
        for name in [KEY, NEW_KEY, change::NEXT_KEY] {
            let path = self.path.join(name);
            if let Ok(file) = OpenOptions::new().write(true).open(&path) {
                overwrite(file).map_err(disk)?;
                fs::remove_file(&path).map_err(disk)?;
            }
        }
        // Before the note, which says what they are without a key.
        for rest in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(self.path.join(format!("{DATABASE}{rest}")));
        }
        fs::remove_dir_all(&self.path).map_err(disk)
    }
}

/// Holds a file of that path for this process.
fn lock_file(path: &Path, taken: &'static str) -> Result<FolderLock> {
    let file = private().write(true).create(true).truncate(false).open(path).map_err(disk)?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock { _file: file }),
        Err(fs::TryLockError::WouldBlock) => Err(Error::new(ErrorKind::InUse, taken)),
        Err(fs::TryLockError::Error(error)) => Err(disk(error)),
    }
}

fn overwrite(mut file: File) -> io::Result<()> {
    let length = usize::try_from(file.metadata()?.len().min(MAX_RECORD_BYTES)).unwrap_or(0);
    file.write_all(&vec![0; length])?;
    file.sync_all()
}

/// A rename is safe once the folder is on the disk; systems where a folder cannot be opened do that by themselves.
fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(path) {
        let _ = folder.sync_all();
    }
}

fn disk(error: io::Error) -> Error {
    Error::new(kind_of(&error), "account folder cannot be used").with_source(error)
}

const ACCOUNTS: &str = "accounts";
const DATABASE: &str = "onionskin.db";
const KEY: &str = "key";
const NEW_KEY: &str = "key.new";
const LOCK: &str = "lock";
const FOUNDING: &str = "founding";

/// Records are about 120 bytes; whatever is larger is no record.
const MAX_RECORD_BYTES: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::super::vault::{FileVault, PassphraseVault, TestVault};
    use super::*;
    use crate::crypto::vault::Cost;
    use crate::store::Store;

    fn passphrase(text: &str) -> PassphraseVault {
        PassphraseVault::new(text).unwrap().with_cost(Cost { memory_kib: 64, passes: 1, lanes: 1 })
    }

    #[tokio::test]
    async fn a_passphrase_is_set_changed_and_removed_without_touching_the_database() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folders::new(data.path()).unwrap().create().unwrap();
        assert!(!folder.is_complete());
        let key = DatabaseKey::random();
        let file = FileVault::accepting_file_permissions_only();
        folder.wrap_key(&file, &key).await.unwrap();
        let store = Store::create(&folder.database_path(), &key).await.unwrap();
        store.close().await.unwrap();
        assert!(folder.is_complete());
        let database = fs::read(folder.database_path()).unwrap();

        let (first, second) = (passphrase("first"), passphrase("second"));
        folder.wrap_key(&first, &folder.unwrap_key(&file).await.unwrap()).await.unwrap();
        assert_eq!(folder.unwrap_key(&file).await.unwrap_err().kind(), ErrorKind::NotAllowed);
        folder.wrap_key(&second, &folder.unwrap_key(&first).await.unwrap()).await.unwrap();
        assert_eq!(folder.unwrap_key(&first).await.unwrap_err().kind(), ErrorKind::WrongKey);
        folder.wrap_key(&file, &folder.unwrap_key(&second).await.unwrap()).await.unwrap();
        let opened = folder.unwrap_key(&file).await.unwrap();
        assert_eq!(opened.as_bytes(), key.as_bytes());
        assert_eq!(fs::read(folder.database_path()).unwrap(), database);
        Store::open(&folder.database_path(), &opened).await.unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn folders_and_files_that_were_left_open_are_their_owners_alone_when_they_are_next_used() {
        use crate::disk::tests::{mode, open_up};
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        let folder = Folders::new(&data).unwrap().create().unwrap();
        folder.wrap_key(&FileVault::accepting_file_permissions_only(), &DatabaseKey::random()).await.unwrap();
        drop(folder.lock().unwrap());
        let all =
            [data.clone(), data.join(ACCOUNTS), folder.path.clone(), folder.path.join(KEY), folder.path.join(LOCK)];
        let modes = || all.iter().map(|path| mode(path)).collect::<Vec<_>>();
        let tight = [0o700, 0o700, 0o700, 0o600, 0o600];
        assert_eq!(modes(), tight);
        all.iter().for_each(|path| open_up(path));
        Folders::new(&data).unwrap();
        assert_eq!(modes(), tight);
    }

    #[tokio::test]
    async fn what_is_missing_is_told_apart_from_what_was_never_finished() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folders::new(data.path()).unwrap().create().unwrap();
        assert!(matches!(folder.contents(), Contents::Nothing) && !folder.is_unfinished());
        folder.begin().unwrap();
        folder.wrap_key(&TestVault::new([5; 32]), &DatabaseKey::random()).await.unwrap();
        assert!(matches!(folder.contents(), Contents::Keyed(_)) && folder.is_unfinished() && !folder.has_key());
        folder.finish().unwrap();
        folder.finish().unwrap();
        assert!(folder.has_key() && !folder.is_unfinished(), "its database is away");
        fs::write(folder.database_path(), b"").unwrap();
        assert!(matches!(folder.contents(), Contents::Keyed(_)));
        fs::write(folder.database_path(), b"something").unwrap();
        assert!(folder.is_complete());
        fs::remove_file(folder.path().join(KEY)).unwrap();
        assert!(matches!(folder.contents(), Contents::Keyless(_)) && !folder.has_key());
    }

    #[tokio::test]
    async fn an_account_is_open_in_one_place_at_a_time() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folders::new(data.path()).unwrap().create().unwrap();
        let lock = folder.lock().unwrap();
        assert_eq!(folder.lock().unwrap_err().kind(), ErrorKind::InUse);
        drop(lock);
        folder.lock().unwrap();
    }

    #[tokio::test]
    async fn a_removed_account_leaves_no_file_and_its_key_was_overwritten_first() {
        let data = tempfile::tempdir().unwrap();
        let folders = Folders::new(data.path()).unwrap();
        let (kept, gone) = (folders.create().unwrap(), folders.create().unwrap());
        let vault = TestVault::new([5; 32]);
        gone.wrap_key(&vault, &DatabaseKey::random()).await.unwrap();
        // A second name for the same file shows what became of its bytes.
        let witness = data.path().join("witness");
        fs::hard_link(gone.path().join(KEY), &witness).unwrap();
        let path = gone.path().to_owned();
        gone.remove(&vault).await.unwrap();
        assert!(!path.exists());
        assert!(fs::read(&witness).unwrap().iter().all(|byte| *byte == 0));
        assert_eq!(folders.list().unwrap(), [kept]);
    }

    #[test]
    fn what_is_no_account_folder_is_left_alone() {
        let data = tempfile::tempdir().unwrap();
        let folders = Folders::new(data.path()).unwrap();
        for name in ["notes", "ABCDEFABCDEFABCDEFABCDEFABCDEFAB", "00"] {
            fs::create_dir(data.path().join("accounts").join(name)).unwrap();
        }
        fs::write(data.path().join("accounts").join("0".repeat(32)), b"a file").unwrap();
        assert_eq!(folders.list().unwrap(), []);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn folders_and_key_files_belong_to_their_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let data = tempfile::tempdir().unwrap();
        let folder = Folders::new(&data.path().join("new")).unwrap().create().unwrap();
        folder.wrap_key(&TestVault::new([5; 32]), &DatabaseKey::random()).await.unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path()), 0o700);
        assert_eq!(mode(&folder.path().join(KEY)), 0o600);
    }
}
