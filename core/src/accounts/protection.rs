//! How the accounts of a device are protected: read before anything is opened, and changed for all of them at once.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use zeroize::Zeroizing;

use super::Accounts;
use crate::error::{Error, Result};
use crate::store::layout::{AccountFolder, Folders};
use crate::store::vault::{KeyVault, VaultKind};

impl Accounts {
    /// Which kinds of vault wrapped the keys of the accounts in `data_dir`, so that a start knows whether to ask for a
    /// passphrase. Opens, makes and changes nothing; empty when there are no accounts. Folders cut short are left out.
    ///
    /// # Errors
    /// [`ErrorKind::DatabaseDamaged`](crate::ErrorKind::DatabaseDamaged) or
    /// [`ErrorKind::NewerVersionNeeded`](crate::ErrorKind::NewerVersionNeeded) for a record that is not understood; when
    /// the folder cannot be read.
    pub fn vault_kinds(data_dir: &Path) -> Result<BTreeSet<VaultKind>> {
        match Folders::peek(data_dir) {
            Some(folders) => Ok(folders.vault_kinds()?.into_iter().collect()),
            None => Ok(BTreeSet::new()),
        }
    }

    /// The kind of vault that protects the accounts now.
    pub fn vault_kind(&self) -> VaultKind {
        self.vault().kind()
    }

    /// Wraps the keys of all accounts with `vault` from now on: setting, changing and removing a passphrase. Databases are
    /// not touched, and clients that are open stay open. All accounts change or none does, also after a crash
    /// ([`crate::store::layout`]). What the vault before kept outside is forgotten, when it was of another kind; two of
    /// one kind share it.
    ///
    /// Runs to its end in a task of its own, whether or not somebody waits for it.
    ///
    /// # Errors
    /// Before anything is changed: [`ErrorKind::InUse`](crate::ErrorKind::InUse) when another process has an
    /// account open, and those of the present vault for an account that it does not open; those of the new vault;
    /// [`ErrorKind::StorageFull`](crate::ErrorKind::StorageFull).
    pub async fn set_vault(&self, vault: Arc<dyn KeyVault>) -> Result<()> {
        let accounts = self.clone();
        let task = tokio::spawn(async move { accounts.change_vault(vault).await });
        task.await.unwrap_or_else(|_| Err(Error::bug("the task that changes the vault ended early")))
    }

    async fn change_vault(&self, vault: Arc<dyn KeyVault>) -> Result<()> {
        let _turn = self.turn().await?;
        let folders = &self.inner.folders;
        let _change = folders.lock_for_change()?;
        let old = self.vault();
        let (mut locks, mut keys) = (Vec::new(), Vec::new());
        for folder in folders.list()?.into_iter().filter(AccountFolder::has_key) {
            if !self.is_open_here(&folder) {
                locks.push(folder.lock()?);
            }
            match folder.unwrap_key(&*old).await {
                Ok(key) => keys.push((folder, key)),
                // A key that the present vault does not open, beside no database or one that was set aside: nobody loses
                // anything by leaving it.
                Err(_) if !folder.is_complete() || folder.is_set_aside() => (),
                Err(error) => return Err(error),
            }
        }
        let staged = async {
            for (folder, key) in &keys {
                let record = Zeroizing::new(vault.wrap(folder.name(), key).await?);
                folder.stage_key(&record)?;
            }
            folders.decide()
        };
        if let Err(error) = staged.await {
            // Nothing was decided, so the old records count; what is left of the new ones goes.
            folders.settle_locked()?;
            if vault.kind() != old.kind() {
                forget(&*vault, keys.iter().map(|(folder, _)| folder)).await;
            }
            return Err(error);
        }
        *self.inner.vault.lock().unwrap_or_else(PoisonError::into_inner) = vault.clone();
        folders.settle_locked()?;
        // Its keys are computed already.
        vault.settle().await?;
        if vault.kind() != old.kind() {
            forget(&*old, keys.iter().map(|(folder, _)| folder)).await;
        }
        Ok(())
    }

    /// Lets the vault forget what it was unlocked with: from now on it keeps only what opens the accounts of this device. Called
    /// once they were opened after a start.
    ///
    /// # Errors
    /// When the data folder cannot be read, or the vault finds no memory for its key. A record that does not open is left as
    /// it is.
    pub async fn settle_vault(&self) -> Result<()> {
        let _turn = self.turn().await?;
        let vault = self.vault();
        for folder in self.inner.folders.list()?.into_iter().filter(AccountFolder::has_key) {
            if folder.unwrap_key(&*vault).await.is_err() {
                tracing::debug!("a record of a wrapped key does not open");
            }
        }
        vault.settle().await
    }

    /// The vault in use.
    pub(super) fn vault(&self) -> Arc<dyn KeyVault> {
        self.inner.vault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether this process has the account of a folder open.
    pub(super) fn is_open_here(&self, folder: &AccountFolder) -> bool {
        self.open_account_of(folder).is_some()
    }
}

/// A key store that cannot be asked keeps an entry that opens nothing any more.
async fn forget(vault: &dyn KeyVault, folders: impl Iterator<Item = &AccountFolder>) {
    for folder in folders {
        if vault.forget(folder.name()).await.is_err() {
            tracing::warn!("vault could not forget what it keeps outside; it opens nothing any more");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::accounts::Config;
    use crate::clock::SystemClock;
    use crate::crypto::vault::Cost;
    use crate::store::DatabaseKey;
    use crate::store::layout::FolderName;
    use crate::store::vault::{FileVault, PassphraseVault, TestVault, VaultFuture};
    use crate::{ErrorKind, Network};

    async fn open(folder: &Path, vault: Arc<dyn KeyVault>) -> Accounts {
        let config = Config {
            data_dir: folder.join("data"),
            cache_dir: folder.join("cache"),
            key_vault: vault,
            network: Network::testnet(),
            clock: SystemClock::shared(),
        };
        Accounts::open(config).await.unwrap()
    }

    fn passphrase(text: &str) -> Arc<PassphraseVault> {
        let cheap = Cost { memory_kib: 64, passes: 1, lanes: 1 };
        Arc::new(PassphraseVault::new(text).unwrap().with_cost(cheap))
    }

    fn file() -> Arc<FileVault> {
        Arc::new(FileVault::accepting_file_permissions_only())
    }

    /// A vault of another kind that says how often it was asked to forget, and fails from the `fails`th wrapping on.
    #[derive(Debug)]
    struct Outside {
        inner: TestVault,
        forgotten: Mutex<usize>,
        wraps: Mutex<usize>,
    }

    impl Outside {
        fn new(wraps: usize) -> Arc<Self> {
            Arc::new(Self { inner: TestVault::new([9; 32]), forgotten: Mutex::default(), wraps: Mutex::new(wraps) })
        }

        fn forgotten(&self) -> usize {
            *self.forgotten.lock().unwrap()
        }
    }

    impl KeyVault for Outside {
        fn kind(&self) -> VaultKind {
            VaultKind::Test
        }
        fn wrap<'a>(&'a self, folder: &'a FolderName, key: &'a DatabaseKey) -> VaultFuture<'a, Vec<u8>> {
            let left = {
                let mut wraps = self.wraps.lock().unwrap();
                let left = *wraps;
                *wraps = wraps.saturating_sub(1);
                left
            };
            if left == 0 {
                return Box::pin(async { Err(Error::new(ErrorKind::NotAllowed, "the person refused")) });
            }
            self.inner.wrap(folder, key)
        }
        fn unwrap<'a>(&'a self, folder: &'a FolderName, record: &'a [u8]) -> VaultFuture<'a, DatabaseKey> {
            self.inner.unwrap(folder, record)
        }
        fn forget<'a>(&'a self, _: &'a FolderName) -> VaultFuture<'a, ()> {
            *self.forgotten.lock().unwrap() += 1;
            Box::pin(async { Ok(()) })
        }
    }

    #[tokio::test]
    async fn the_kinds_of_vault_are_known_before_anything_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        assert_eq!(Accounts::vault_kinds(&data).unwrap(), BTreeSet::new());
        assert!(!data.exists(), "looking makes nothing");
        let accounts = open(folder.path(), file()).await;
        assert_eq!(Accounts::vault_kinds(&data).unwrap(), BTreeSet::new());
        let ana = accounts.create("Ana").await.unwrap();
        std::fs::create_dir(data.join("accounts").join("0".repeat(32))).unwrap();
        assert_eq!(Accounts::vault_kinds(&data).unwrap(), BTreeSet::from([VaultKind::File]));
        accounts.set_vault(passphrase("correct horse")).await.unwrap();
        assert_eq!(Accounts::vault_kinds(&data).unwrap(), BTreeSet::from([VaultKind::Passphrase]));
        assert_eq!(accounts.vault_kind(), VaultKind::Passphrase);
        accounts.remove(&ana.account_id()).await.unwrap();
        assert_eq!(Accounts::vault_kinds(&data).unwrap(), BTreeSet::new());
    }

    #[tokio::test]
    async fn a_passphrase_is_set_changed_and_removed_for_all_accounts_while_one_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = open(folder.path(), file()).await;
        let (ana, ben) = (accounts.create("Ana").await.unwrap(), accounts.create("Ben").await.unwrap());
        ben.close().await.unwrap();
        let walk: [Arc<dyn KeyVault>; 3] = [passphrase("first"), passphrase("second"), file()];
        for vault in walk {
            accounts.set_vault(vault.clone()).await.unwrap();
            assert_eq!(ana.display_name().await.unwrap(), "Ana", "an open account stays open");
            let ben = accounts.open_account(&ben.account_id()).await.unwrap();
            ben.close().await.unwrap();
            accounts.create("Somebody").await.unwrap().close().await.unwrap();
        }
        accounts.close().await.unwrap();
        assert_eq!(open(folder.path(), file()).await.list().await.unwrap().len(), 5);
        let old = open(folder.path(), passphrase("second")).await;
        assert_eq!(old.list().await.unwrap_err().kind(), ErrorKind::NotAllowed);
    }

    #[tokio::test]
    async fn an_account_that_is_open_elsewhere_or_does_not_open_stops_the_change_before_it_begins() {
        let folder = tempfile::tempdir().unwrap();
        let here = open(folder.path(), file()).await;
        let (ana, ben) = (here.create("Ana").await.unwrap(), here.create("Ben").await.unwrap());
        ana.close().await.unwrap();
        let elsewhere = open(folder.path(), file()).await;
        let refused = elsewhere.set_vault(passphrase("new")).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InUse, "Ben is open in what could be another process");
        ben.close().await.unwrap();

        let wrong = open(folder.path(), passphrase("wrong")).await;
        assert_eq!(wrong.set_vault(passphrase("new")).await.unwrap_err().kind(), ErrorKind::NotAllowed);
        assert_eq!(wrong.vault_kind(), VaultKind::Passphrase);
        assert_eq!(here.list().await.unwrap().len(), 2, "both open as before");
    }

    #[tokio::test]
    async fn a_new_vault_that_fails_half_way_changes_nothing_and_forgets_what_it_began() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = open(folder.path(), file()).await;
        for name in ["Ana", "Ben"] {
            accounts.create(name).await.unwrap().close().await.unwrap();
        }
        let fails = Outside::new(1);
        assert_eq!(accounts.set_vault(fails.clone()).await.unwrap_err().kind(), ErrorKind::NotAllowed);
        assert_eq!(fails.forgotten(), 2);
        assert_eq!(accounts.list().await.unwrap().len(), 2);
        assert_eq!(accounts.vault_kind(), VaultKind::File);
        let data = folder.path().join("data");
        assert_eq!(Accounts::vault_kinds(&data).unwrap(), BTreeSet::from([VaultKind::File]));
    }

    #[tokio::test]
    async fn a_key_whose_database_is_away_changes_with_the_others_and_opens_it_when_it_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = open(folder.path(), file()).await;
        let ana = accounts.create("Ana").await.unwrap().account_id();
        accounts.close().await.unwrap();
        let place = accounts.inner.folders.list().unwrap().remove(0);
        let away = folder.path().join("away");
        std::fs::rename(place.database_path(), &away).unwrap();
        let vault = passphrase("new");
        accounts.set_vault(vault.clone()).await.unwrap();
        let data = folder.path().join("data");
        assert_eq!(
            Accounts::vault_kinds(&data).unwrap(),
            BTreeSet::from([VaultKind::Passphrase]),
            "a start asks for it"
        );
        std::fs::rename(&away, place.database_path()).unwrap();
        assert!(open(folder.path(), vault).await.open_account(&ana).await.is_ok());
    }

    #[tokio::test]
    async fn the_vault_before_forgets_unless_the_new_one_shares_what_it_keeps() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (Outside::new(9), Outside::new(9));
        let accounts = open(folder.path(), first.clone()).await;
        accounts.create("Ana").await.unwrap();
        accounts.set_vault(second.clone()).await.unwrap();
        assert_eq!(first.forgotten(), 0, "the same kind keeps its entries under the same names");
        accounts.set_vault(file()).await.unwrap();
        assert_eq!(second.forgotten(), 1);
    }

    #[tokio::test]
    async fn a_change_that_was_decided_and_cut_short_is_finished_by_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = open(folder.path(), file()).await;
        for name in ["Ana", "Ben"] {
            accounts.create(name).await.unwrap().close().await.unwrap();
        }
        let new = passphrase("new");
        let folders = &accounts.inner.folders;
        for account in folders.list().unwrap() {
            let key = account.unwrap_key(&*file()).await.unwrap();
            account.stage_key(&new.wrap(account.name(), &key).await.unwrap()).unwrap();
        }
        folders.decide().unwrap();
        let data = folder.path().join("data");
        assert_eq!(Accounts::vault_kinds(&data).unwrap(), BTreeSet::from([VaultKind::Passphrase]));
        assert_eq!(open(folder.path(), new).await.list().await.unwrap().len(), 2);
        assert!(open(folder.path(), file()).await.list().await.is_err());
    }
}
