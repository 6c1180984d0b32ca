//! Keys at rest: a vault wraps the random key of a database; it never becomes that key.
//!
//! The wrapped key is a small record beside the database ([`super::layout`]). Setting, changing and removing a passphrase
//! writes that record anew and nothing else. Records are bound to their folder: one that was moved to another account's
//! folder does not open.
//!
//! | vault | protects against | costs |
//! |---|---|---|
//! | [`PassphraseVault`] | who has the files and not the passphrase | typing it at every start |
//! | `SecretServiceVault` (Linux desktops) | who has the files and not the desktop's key store | nothing while logged in |
//! | [`FileVault`] | other users of the machine, by file permissions, and nobody else | nothing; only by explicit choice |
//! | [`TestVault`] | - | a key given by whoever starts the program: tests and the demo |
//!
//! **After an account is closed** and its handles are gone, the seed, the keys that follow from it, the recovery password and
//! the database's key are wiped from memory (`tests/memory.rs` looks for them). Out of our hands is memory that SQLite
//! gave back: single decrypted pages of the database, the one with the seed among them, stay in the heap until something
//! else takes their place or the process ends. Ending the process is the only lock against somebody who reads its memory.

mod file;
mod passphrase;
#[cfg(target_os = "linux")]
mod secret_service;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub use file::FileVault;
pub use passphrase::PassphraseVault;
#[cfg(target_os = "linux")]
pub use secret_service::SecretServiceVault;

use super::DatabaseKey;
use super::layout::FolderName;
use crate::crypto::vault::{VaultError, unwrap_key, wrap_key};
use crate::error::{Error, ErrorKind, Hint, Result};

/// What a vault's methods return.
pub type VaultFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Wraps and unwraps the keys of databases.
pub trait KeyVault: fmt::Debug + Send + Sync + 'static {
    /// Which vault it is; stands in the records it makes.
    fn kind(&self) -> VaultKind;

    /// Wraps `key` for the account in `folder` and gives the record to be kept there.
    fn wrap<'a>(&'a self, folder: &'a FolderName, key: &'a DatabaseKey) -> VaultFuture<'a, Vec<u8>>;

    /// Unwraps a record of [`KeyVault::wrap`].
    ///
    /// Fails with [`ErrorKind::WrongKey`] when the passphrase or key is another one, [`ErrorKind::NotAllowed`] when another
    /// kind of vault made the record or the person refused, [`ErrorKind::DatabaseDamaged`] when the record is no record,
    /// [`ErrorKind::NewerVersionNeeded`] when a newer version wrote it.
    fn unwrap<'a>(&'a self, folder: &'a FolderName, record: &'a [u8]) -> VaultFuture<'a, DatabaseKey>;

    /// The records of the device are open: what is not needed to wrap and to open these again is wiped from memory.
    fn settle(&self) -> VaultFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Forgets what the vault keeps outside of the folder. Nothing to forget is no failure.
    fn forget<'a>(&'a self, folder: &'a FolderName) -> VaultFuture<'a, ()> {
        let _ = folder;
        Box::pin(async { Ok(()) })
    }
}

/// The kinds of vault; the byte is what stands in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum VaultKind {
    /// [`FileVault`].
    File = 1,
    /// [`PassphraseVault`].
    Passphrase = 2,
    /// `SecretServiceVault`.
    SecretService = 3,
    /// [`TestVault`].
    Test = 4,
}

/// Which vault made a record, so that the screen knows whether to ask for a passphrase.
///
/// # Errors
/// [`ErrorKind::DatabaseDamaged`] when it is no record; [`ErrorKind::NewerVersionNeeded`] when it is of a newer version.
pub fn vault_kind(record: &[u8]) -> Result<VaultKind> {
    let damaged = || Error::new(ErrorKind::DatabaseDamaged, "record of the wrapped key is damaged");
    let [version, kind] = record.strip_prefix(MAGIC).and_then(|rest| rest.first_chunk::<2>()).ok_or_else(damaged)?;
    if *version != RECORD_VERSION {
        return Err(Error::new(ErrorKind::NewerVersionNeeded, "record of the wrapped key is of a newer version"));
    }
    [VaultKind::File, VaultKind::Passphrase, VaultKind::SecretService, VaultKind::Test]
        .into_iter()
        .find(|known| *known as u8 == *kind)
        .ok_or_else(|| Error::new(ErrorKind::NewerVersionNeeded, "record of the wrapped key is of an unknown vault"))
}

/// A vault whose wrapping key is given by whoever starts the program (tests; the demo, by a file descriptor).
#[derive(Clone)]
pub struct TestVault {
    key: DatabaseKey,
}

impl TestVault {
    /// With this wrapping key.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key: DatabaseKey::from_bytes(key) }
    }
}

impl fmt::Debug for TestVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestVault(..)")
    }
}

impl KeyVault for TestVault {
    fn kind(&self) -> VaultKind {
        VaultKind::Test
    }

    fn wrap<'a>(&'a self, folder: &'a FolderName, key: &'a DatabaseKey) -> VaultFuture<'a, Vec<u8>> {
        Box::pin(async move { Ok(sealed_record(VaultKind::Test, &[], self.key.as_bytes(), folder, key)) })
    }

    fn unwrap<'a>(&'a self, folder: &'a FolderName, record: &'a [u8]) -> VaultFuture<'a, DatabaseKey> {
        Box::pin(async move {
            let sealed = payload(VaultKind::Test, record)?;
            open_record(VaultKind::Test, &[], self.key.as_bytes(), folder, sealed)
        })
    }
}

/// `magic, version, kind`: what every record begins with.
fn header(kind: VaultKind) -> Vec<u8> {
    let mut record = MAGIC.to_vec();
    record.extend([RECORD_VERSION, kind as u8]);
    record
}

/// What follows the header, when `kind` made the record.
fn payload(kind: VaultKind, record: &[u8]) -> Result<&[u8]> {
    if vault_kind(record)? != kind {
        return Err(
            Error::new(ErrorKind::NotAllowed, "another kind of vault wrapped this key").with_hint(Hint::Field("vault"))
        );
    }
    Ok(record.get(HEADER_BYTES..).unwrap_or_default())
}

/// Header, the vault's own facts, and the key under `wrapping`, bound to all that and to the folder.
fn sealed_record(
    kind: VaultKind,
    facts: &[u8],
    wrapping: &[u8; 32],
    folder: &FolderName,
    key: &DatabaseKey,
) -> Vec<u8> {
    let mut record = header(kind);
    record.extend(facts);
    let sealed = wrap_key(wrapping, key.as_bytes(), &bound(&record, folder));
    record.extend(sealed);
    record
}

fn open_record(
    kind: VaultKind,
    facts: &[u8],
    wrapping: &[u8; 32],
    folder: &FolderName,
    sealed: &[u8],
) -> Result<DatabaseKey> {
    if sealed.len() != SEALED_BYTES {
        return Err(Error::new(ErrorKind::DatabaseDamaged, "record of the wrapped key has a wrong length"));
    }
    let mut front = header(kind);
    front.extend(facts);
    let key = unwrap_key(wrapping, sealed, &bound(&front, folder))?;
    Ok(DatabaseKey::copy_of(&key))
}

fn bound(front: &[u8], folder: &FolderName) -> Vec<u8> {
    [front, folder.as_bytes()].concat()
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Cost => {
                Self::new(ErrorKind::DatabaseDamaged, "record of the wrapped key asks for impossible costs")
            }
            VaultError::DoesNotOpen => Self::new(ErrorKind::WrongKey, "wrapped key does not open"),
        }
        .with_source(error)
    }
}

/// Says that a file is a record of a wrapped key.
const MAGIC: &[u8] = b"ONSKKEY";
const RECORD_VERSION: u8 = 1;
const HEADER_BYTES: usize = MAGIC.len() + 2;
/// Nonce, key, tag.
const SEALED_BYTES: usize = 24 + 32 + 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::vault::Cost;

    fn vaults() -> Vec<Box<dyn KeyVault>> {
        let cheap = Cost { memory_kib: 64, passes: 1, lanes: 1 };
        vec![
            Box::new(PassphraseVault::new("correct horse").unwrap().with_cost(cheap)),
            Box::new(FileVault::accepting_file_permissions_only()),
            Box::new(TestVault::new([5; 32])),
        ]
    }

    #[tokio::test]
    async fn every_vault_gives_back_the_key_it_wrapped_and_refuses_records_of_others() {
        let (folder, key) = (FolderName::random(), DatabaseKey::random());
        for vault in vaults() {
            let record = vault.wrap(&folder, &key).await.unwrap();
            assert_eq!(vault_kind(&record).unwrap(), vault.kind());
            assert_eq!(vault.unwrap(&folder, &record).await.unwrap().as_bytes(), key.as_bytes());
            for other in vaults().into_iter().filter(|other| other.kind() != vault.kind()) {
                assert_eq!(other.unwrap(&folder, &record).await.unwrap_err().kind(), ErrorKind::NotAllowed);
            }
            vault.forget(&folder).await.unwrap();
            assert!(!format!("{vault:?}").contains("horse"));
        }
    }

    #[tokio::test]
    async fn a_record_in_another_folder_or_with_a_changed_byte_does_not_open() {
        let (folder, key) = (FolderName::random(), DatabaseKey::random());
        for vault in vaults() {
            let record = vault.wrap(&folder, &key).await.unwrap();
            assert!(vault.unwrap(&FolderName::random(), &record).await.is_err(), "{vault:?}");
            for place in 0..record.len() {
                let mut changed = record.clone();
                changed[place] ^= 1;
                assert!(vault.unwrap(&folder, &changed).await.is_err(), "{vault:?} byte {place}");
                assert!(vault.unwrap(&folder, &record[..place]).await.is_err(), "{vault:?} cut at {place}");
            }
        }
    }

    #[tokio::test]
    async fn a_record_of_a_newer_version_is_told_from_a_damaged_one() {
        let mut record = TestVault::new([5; 32]).wrap(&FolderName::random(), &DatabaseKey::random()).await.unwrap();
        record[MAGIC.len()] = 2;
        assert_eq!(vault_kind(&record).unwrap_err().kind(), ErrorKind::NewerVersionNeeded);
        record[0] = b'X';
        assert_eq!(vault_kind(&record).unwrap_err().kind(), ErrorKind::DatabaseDamaged);
        assert_eq!(vault_kind(b"").unwrap_err().kind(), ErrorKind::DatabaseDamaged);
    }
}
