//! New keys for the databases themselves. Setting a passphrase wraps the present key; whoever copied key and database before
//! opens that copy for ever, and what is added to it later too, until the key is another one.

use zeroize::Zeroizing;

use super::{Accounts, blocking};
use crate::error::{Error, Result};
use crate::store::layout::AccountFolder;
use crate::store::{DatabaseKey, copy_under_new_key};

impl Accounts {
    /// Writes the databases of all accounts anew, each under a new random key, wrapped by the present vault. Accounts that are
    /// open here are closed first and stay closed. All accounts change or none does, also after a crash
    /// ([`crate::store::layout::change`]). Takes as long as writing all of it, and as much room again meanwhile.
    ///
    /// Runs to its end in a task of its own, whether or not somebody waits for it.
    ///
    /// # Errors
    /// Before anything is changed: [`ErrorKind::InUse`](crate::ErrorKind::InUse) when another process has an account
    /// open; those of the vault; [`ErrorKind::DatabaseDamaged`](crate::ErrorKind::DatabaseDamaged) for a database that is not
    /// whole; [`ErrorKind::StorageFull`](crate::ErrorKind::StorageFull).
    pub async fn renew_keys(&self) -> Result<()> {
        let accounts = self.clone();
        let task = tokio::spawn(async move { accounts.renew().await });
        task.await.unwrap_or_else(|_| Err(Error::bug("the task that renews keys ended early")))
    }

    async fn renew(&self) -> Result<()> {
        self.close().await?;
        let _turn = self.turn().await?;
        let folders = &self.inner.folders;
        let _change = folders.lock_for_change()?;
        // What was set aside does not open, and keeps the key that it has.
        let counts = |folder: &AccountFolder| folder.is_complete() && !folder.is_set_aside();
        let complete: Vec<AccountFolder> = folders.list()?.into_iter().filter(counts).collect();
        let locks = complete.iter().map(AccountFolder::lock).collect::<Result<Vec<_>>>()?;
        let staged = async {
            for folder in &complete {
                self.stage_new_key(folder).await?;
            }
            folders.decide()
        };
        let staged = staged.await;
        // Finishes what was decided, and takes back what was not.
        folders.settle_locked()?;
        drop(locks);
        staged
    }

    async fn stage_new_key(&self, folder: &AccountFolder) -> Result<()> {
        let vault = self.vault();
        let (old, new) = (folder.unwrap_key(&*vault).await?, DatabaseKey::random());
        let record = Zeroizing::new(vault.wrap(folder.name(), &new).await?);
        let (path, copy) = (folder.database_path(), folder.next_database_path());
        blocking(move || copy_under_new_key(&path, &copy, &old, &new)).await?;
        folder.stage_key(&record)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::accounts::Config;
    use crate::clock::SystemClock;
    use crate::store::Store;
    use crate::store::vault::FileVault;
    use crate::{ErrorKind, Network};

    async fn open(folder: &Path) -> Accounts {
        let config = Config {
            data_dir: folder.join("data"),
            cache_dir: folder.join("cache"),
            key_vault: Arc::new(FileVault::accepting_file_permissions_only()),
            network: Network::testnet(),
            clock: SystemClock::shared(),
        };
        Accounts::open(config).await.unwrap()
    }

    #[tokio::test]
    async fn after_a_renewal_a_copied_key_opens_nothing_new_and_all_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = open(folder.path()).await;
        let (ana, ben) = (accounts.create("Ana").await.unwrap(), accounts.create("Ben").await.unwrap());
        let vault = accounts.vault();
        let mut copied = Vec::new();
        for place in accounts.inner.folders.list().unwrap() {
            copied.push((place.database_path(), place.unwrap_key(&*vault).await.unwrap()));
        }
        accounts.renew_keys().await.unwrap();
        assert!(ana.is_closed() && ben.is_closed());
        for (database, key) in copied {
            assert_eq!(Store::open(&database, &key).await.unwrap_err().kind(), ErrorKind::WrongKey);
        }
        let again = open(folder.path()).await;
        let mut names: Vec<_> = again.list().await.unwrap().into_iter().map(|row| row.display_name).collect();
        names.sort();
        assert_eq!(names, ["Ana", "Ben"]);
        assert_eq!(again.open_account(&ana.account_id()).await.unwrap().account_id(), ana.account_id());
    }

    #[tokio::test]
    async fn a_database_that_is_not_whole_stops_the_renewal_of_all() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = open(folder.path()).await;
        accounts.create("Ana").await.unwrap();
        accounts.create("Ben").await.unwrap();
        accounts.close().await.unwrap();
        let places = accounts.inner.folders.list().unwrap();
        let damaged = places[1].database_path();
        let mut bytes = fs::read(&damaged).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&damaged, bytes).unwrap();
        let before = fs::read(places[0].database_path()).unwrap();
        assert!(accounts.renew_keys().await.is_err());
        assert!(!places[0].next_database_path().exists());
        let key = places[0].unwrap_key(&*accounts.vault()).await.unwrap();
        assert!(Store::open(&places[0].database_path(), &key).await.is_ok());
        assert_eq!(before.len(), fs::read(places[0].database_path()).unwrap().len());
    }
}
