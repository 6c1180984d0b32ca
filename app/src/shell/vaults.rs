//! Which vault wraps the keys of the accounts: one that was given at the start, a passphrase, the system's key store,
//! or the permissions of the files.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use onionskin_core::vault::{FileVault, KeyVault, PassphraseVault, TestVault, VaultKind};
use onionskin_core::{Accounts, Error, ErrorKind, Result};
use zeroize::Zeroizing;

use crate::options::Options;
use crate::platform::{KeyStore, Platform};

/// What protects a first account when the system has no key store.
pub enum Protection {
    /// A passphrase that is asked for at every start.
    Passphrase(Zeroizing<String>),
    /// The permissions of the files and nothing else.
    FilePermissions,
}

/// The vaults to choose from.
pub(super) struct Vaults {
    data_dir: PathBuf,
    /// Given by whoever started the program.
    given: Option<Arc<dyn KeyVault>>,
    key_store: Option<Arc<dyn KeyStore>>,
}

/// What opens the accounts of this device.
pub(super) enum Found {
    /// This.
    Vault(Arc<dyn KeyVault>),
    /// A passphrase that a person has to type.
    Passphrase,
    /// There is no account yet, and nothing that would protect it without being asked for.
    Nothing,
}

impl Vaults {
    /// Those of these options, on this system. Reads the key that was handed over.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a key that is none.
    pub(super) fn of(options: &Options, platform: &Platform) -> Result<Self> {
        let key = options.read_key().map_err(|error| {
            Error::new(ErrorKind::InvalidInput, "key descriptor does not hold 32 bytes").with_source(error)
        })?;
        let given = key.map(|key| Arc::new(TestVault::new(*key)) as Arc<dyn KeyVault>);
        Ok(Self { data_dir: options.data_dir.clone(), given, key_store: platform.key_store.clone() })
    }

    /// What opens the accounts that are there, or would protect the first one.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] when the key store that has the keys is away or locked; when the folder cannot be
    /// read.
    pub(super) async fn find(&self) -> Result<Found> {
        let kinds = self.kinds().await?;
        if kinds.contains(&VaultKind::Passphrase) {
            return Ok(Found::Passphrase);
        }
        if let Some(given) = &self.given {
            return Ok(Found::Vault(given.clone()));
        }
        if kinds.contains(&VaultKind::File) {
            return Ok(Found::Vault(by_files()));
        }
        match self.stored().await {
            Some(vault) => Ok(Found::Vault(vault)),
            None if kinds.is_empty() => Ok(Found::Nothing),
            None => Err(Error::new(ErrorKind::NotAllowed, "the system's key store is not there or is locked")),
        }
    }

    /// What protects accounts without being asked for: the best that there is.
    pub(super) async fn without_passphrase(&self) -> Arc<dyn KeyVault> {
        match &self.given {
            Some(given) => given.clone(),
            None => self.stored().await.unwrap_or_else(by_files),
        }
    }

    async fn stored(&self) -> Option<Arc<dyn KeyVault>> {
        self.key_store.as_ref()?.vault().await
    }

    /// Which vaults wrapped the keys of the accounts in the folder.
    async fn kinds(&self) -> Result<BTreeSet<VaultKind>> {
        let data_dir = self.data_dir.clone();
        let read = tokio::task::spawn_blocking(move || Accounts::vault_kinds(&data_dir));
        read.await.unwrap_or_else(|_| Err(Error::bug("reading the records of keys ended")))
    }
}

/// Whoever opens the files has the keys.
pub(super) fn by_files() -> Arc<dyn KeyVault> {
    Arc::new(FileVault::accepting_file_permissions_only())
}

/// Derives nothing yet: the vault does that on a blocking thread when it wraps or opens a key.
pub(super) fn by_passphrase(passphrase: &str) -> Result<Arc<dyn KeyVault>> {
    Ok(Arc::new(PassphraseVault::new(passphrase)?))
}
