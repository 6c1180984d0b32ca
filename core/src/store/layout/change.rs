//! Wrapping the keys of all accounts anew, so that after a crash either every account has its old record or every account
//! has its new one. Where the key itself is renewed, the database under it waits and moves with the record.
//!
//! | step | on the disk afterwards | after a crash here |
//! |---|---|---|
//! | [`AccountFolder::stage_key`] for each | `key` old, `key.next` new | old: every `key.next` goes |
//! | [`Folders::decide`] | and the file `accounts/next` | new: every `key.next` takes the place of `key` |
//! | [`Folders::settle`] | `key` new | new |
//!
//! The one file `accounts/next` decides for all folders at once, so neither the vault in hand nor the order of the
//! folders matters, and finishing needs no key. It is made when every new record is safe on the disk, and goes when every
//! one is in its place. The file `accounts/lock` is held meanwhile: another process does not take a change that is under
//! way for one that was cut short.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{
    AccountFolder, DATABASE, FolderLock, Folders, KEY, LOCK, MAX_RECORD_BYTES, disk, lock_file, overwrite, private,
    sync_folder,
};
use crate::error::{Error, ErrorKind, Result};
use crate::kill;
use crate::store::vault::{VaultKind, vault_kind};

impl Folders {
    /// The folders in `data_dir` when there is one; makes nothing.
    pub fn peek(data_dir: &Path) -> Option<Self> {
        let root = data_dir.join(super::ACCOUNTS);
        root.is_dir().then_some(Self { root })
    }

    /// Which vaults wrapped the keys of the accounts here, also of one whose database is away. Folders without a record, and
    /// those of accounts that were never finished, are left out.
    ///
    /// # Errors
    /// When the record beside a database cannot be read, is none, or is of a newer version.
    pub fn vault_kinds(&self) -> Result<Vec<VaultKind>> {
        let decided = self.is_decided()?;
        let mut kinds = Vec::new();
        for folder in self.list()?.into_iter().filter(AccountFolder::has_key) {
            let next = folder.path.join(NEXT_KEY);
            let path = if decided && next.is_file() { next } else { folder.path.join(KEY) };
            match read_record(&path).and_then(|record| vault_kind(&record)) {
                Ok(kind) => kinds.push(kind),
                // Nothing opens with it now, so it decides nothing.
                Err(_) if !folder.is_complete() => (),
                Err(error) => return Err(error),
            }
        }
        Ok(kinds)
    }

    /// Takes the right to change records from other processes.
    ///
    /// # Errors
    /// [`ErrorKind::InUse`] when another process has it.
    pub fn lock_for_change(&self) -> Result<FolderLock> {
        lock_file(&self.root.join(LOCK), "another process changes how accounts are protected")
    }

    /// Finishes or takes back a change that was cut short. While another process has the right to change, leaves it alone.
    ///
    /// # Errors
    /// When a change that was decided cannot be finished.
    pub fn settle(&self) -> Result<()> {
        match self.lock_for_change() {
            Ok(_lock) => self.settle_locked(),
            Err(error) if error.kind() == ErrorKind::InUse => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// [`Self::settle`] for who has the right already.
    ///
    /// # Errors
    /// As [`Self::settle`].
    pub fn settle_locked(&self) -> Result<()> {
        let decided = self.is_decided()?;
        for folder in self.list()? {
            if decided {
                folder.adopt_next_database()?;
                folder.adopt_next_key()?;
            } else {
                folder.drop_next_database();
                folder.drop_next_key();
            }
        }
        if decided {
            kill::point("every record is in its place");
            fs::remove_file(self.root.join(DECISION)).map_err(disk)?;
            sync_folder(&self.root);
        }
        Ok(())
    }

    /// From here on the new records count. Every one of them must be on the disk.
    ///
    /// # Errors
    /// When the file cannot be made: then the old ones count.
    pub fn decide(&self) -> Result<()> {
        kill::point("every new record is written");
        let path = self.root.join(DECISION);
        let made = private().write(true).create(true).truncate(true).open(&path).and_then(|file| file.sync_all());
        if let Err(error) = made {
            let _ = fs::remove_file(&path);
            return Err(disk(error));
        }
        sync_folder(&self.root);
        kill::point("the new records count");
        Ok(())
    }

    fn is_decided(&self) -> Result<bool> {
        self.root.join(DECISION).try_exists().map_err(disk)
    }
}

impl AccountFolder {
    /// Puts a new record beside the one that counts, safely on the disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn stage_key(&self, record: &[u8]) -> Result<()> {
        let mut file =
            private().write(true).create(true).truncate(true).open(self.path.join(NEXT_KEY)).map_err(disk)?;
        file.write_all(record).map_err(disk)?;
        file.sync_all().map_err(disk)?;
        sync_folder(&self.path);
        kill::point("a new record is written");
        Ok(())
    }

    /// Where a database under another key waits for the decision.
    pub fn next_database_path(&self) -> PathBuf {
        self.path.join(NEXT_DATABASE)
    }

    fn adopt_next_database(&self) -> Result<()> {
        let next = self.next_database_path();
        if !next.try_exists().map_err(disk)? {
            return Ok(());
        }
        // A log belongs to the database that goes.
        for log in ["-wal", "-shm"] {
            match fs::remove_file(self.path.join(format!("{DATABASE}{log}"))) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(disk(error)),
                _ => {}
            }
        }
        fs::rename(&next, self.database_path()).map_err(disk)?;
        sync_folder(&self.path);
        kill::point("a new database is in its place");
        Ok(())
    }

    fn drop_next_database(&self) {
        for rest in ["", "-journal", "-wal", "-shm"] {
            let _ = fs::remove_file(self.path.join(format!("{NEXT_DATABASE}{rest}")));
        }
    }

    fn adopt_next_key(&self) -> Result<()> {
        let (next, path) = (self.path.join(NEXT_KEY), self.path.join(KEY));
        if !next.try_exists().map_err(disk)? {
            return Ok(());
        }
        let old = OpenOptions::new().write(true).open(&path).ok();
        fs::rename(&next, &path).map_err(disk)?;
        sync_folder(&self.path);
        if let Some(old) = old {
            let _ = overwrite(old);
        }
        kill::point("a new record is in its place");
        Ok(())
    }

    fn drop_next_key(&self) {
        let next = self.path.join(NEXT_KEY);
        if let Ok(file) = OpenOptions::new().write(true).open(&next) {
            let _ = overwrite(file);
            let _ = fs::remove_file(&next);
        }
    }
}

/// Reads a record; a file that is too large is none.
pub(super) fn read_record(path: &PathBuf) -> Result<Zeroizing<Vec<u8>>> {
    if fs::metadata(path).map_err(disk)?.len() > MAX_RECORD_BYTES {
        return Err(Error::new(ErrorKind::DatabaseDamaged, "record of the wrapped key is too large"));
    }
    Ok(Zeroizing::new(fs::read(path).map_err(disk)?))
}

/// A record that waits for the decision.
pub(super) const NEXT_KEY: &str = "key.next";
/// A database that waits with it.
const NEXT_DATABASE: &str = "onionskin.db.next";
/// Stands while the new records count and are not all in their places.
const DECISION: &str = "next";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::DatabaseKey;
    use crate::store::vault::{KeyVault as _, TestVault};

    /// The steps of a change over two accounts, one by one, as a crash could cut them short.
    #[tokio::test]
    async fn a_change_cut_short_at_any_step_leaves_all_accounts_old_or_all_new() {
        let (old, new) = (TestVault::new([1; 32]), TestVault::new([2; 32]));
        for steps in 0..=6 {
            let data = tempfile::tempdir().unwrap();
            let folders = Folders::new(data.path()).unwrap();
            let both = [folders.create().unwrap(), folders.create().unwrap()];
            let keys = [DatabaseKey::random(), DatabaseKey::random()];
            let mut records = Vec::new();
            for (folder, key) in both.iter().zip(&keys) {
                folder.wrap_key(&old, key).await.unwrap();
                records.push(new.wrap(folder.name(), key).await.unwrap());
            }
            let walk: [&dyn Fn(); 6] = [
                &|| both[0].stage_key(&records[0]).unwrap(),
                &|| both[1].stage_key(&records[1]).unwrap(),
                &|| folders.decide().unwrap(),
                &|| both[1].adopt_next_key().unwrap(),
                &|| both[0].adopt_next_key().unwrap(),
                &|| folders.settle().unwrap(),
            ];
            walk.iter().take(steps).for_each(|step| step());
            // Here it crashed. The next start:
            Folders::peek(data.path()).unwrap().settle().unwrap();
            let counts = if steps < 3 { &old } else { &new };
            let other = if steps < 3 { &new } else { &old };
            for (folder, key) in both.iter().zip(&keys) {
                assert_eq!(folder.unwrap_key(counts).await.unwrap().as_bytes(), key.as_bytes(), "{steps} steps");
                assert_eq!(folder.unwrap_key(other).await.unwrap_err().kind(), ErrorKind::WrongKey);
                assert!(!folder.path().join(NEXT_KEY).exists());
            }
            assert!(!folders.is_decided().unwrap());
        }
    }

    #[tokio::test]
    async fn a_new_database_takes_its_place_with_its_record_or_not_at_all() {
        for steps in 0..=4 {
            let data = tempfile::tempdir().unwrap();
            let folders = Folders::new(data.path()).unwrap();
            let (folder, vault) = (folders.create().unwrap(), TestVault::new([1; 32]));
            let (old, new) = (DatabaseKey::random(), DatabaseKey::random());
            folder.wrap_key(&vault, &old).await.unwrap();
            let record = vault.wrap(folder.name(), &new).await.unwrap();
            fs::write(folder.database_path(), b"old").unwrap();
            fs::write(folder.path().join("onionskin.db-wal"), b"log").unwrap();
            let walk: [&dyn Fn(); 4] = [
                &|| fs::write(folder.next_database_path(), b"new").unwrap(),
                &|| folder.stage_key(&record).unwrap(),
                &|| folders.decide().unwrap(),
                &|| folder.adopt_next_database().unwrap(),
            ];
            walk.iter().take(steps).for_each(|step| step());
            folders.settle().unwrap();
            let (holds, key) = if steps < 3 { (b"old", &old) } else { (b"new", &new) };
            assert_eq!(fs::read(folder.database_path()).unwrap(), holds, "{steps} steps");
            assert_eq!(folder.unwrap_key(&vault).await.unwrap().as_bytes(), key.as_bytes(), "{steps} steps");
            assert_eq!(folder.path().join("onionskin.db-wal").exists(), steps < 3, "a log stays with its database");
            assert!(!folder.next_database_path().exists());
        }
    }

    #[tokio::test]
    async fn a_half_written_record_never_counts() {
        let data = tempfile::tempdir().unwrap();
        let folders = Folders::new(data.path()).unwrap();
        let (folder, vault) = (folders.create().unwrap(), TestVault::new([1; 32]));
        folder.wrap_key(&vault, &DatabaseKey::random()).await.unwrap();
        fs::write(folder.path().join(NEXT_KEY), b"ONSK").unwrap();
        folders.settle().unwrap();
        folder.unwrap_key(&vault).await.unwrap();
        assert!(!folder.path().join(NEXT_KEY).exists());
    }

    #[tokio::test]
    async fn a_change_under_way_in_another_process_is_left_alone() {
        let data = tempfile::tempdir().unwrap();
        let folders = Folders::new(data.path()).unwrap();
        let folder = folders.create().unwrap();
        let lock = folders.lock_for_change().unwrap();
        folder.stage_key(b"new").unwrap();
        folders.settle().unwrap();
        assert!(folder.path().join(NEXT_KEY).exists());
        assert_eq!(folders.lock_for_change().unwrap_err().kind(), ErrorKind::InUse);
        drop(lock);
        folders.settle().unwrap();
        assert!(!folder.path().join(NEXT_KEY).exists());
    }
}
