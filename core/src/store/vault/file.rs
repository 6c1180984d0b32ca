//! The key as it is, in a file that only its owner may read: chosen by a person who was told so, never by default.

use super::{KeyVault, VaultFuture, VaultKind, header, payload};
use crate::crypto::sha256;
use crate::error::{Error, ErrorKind, Result};
use crate::store::DatabaseKey;
use crate::store::layout::FolderName;

/// "Protected by file permissions only". The record holds the key itself and a checksum that also names the folder.
#[derive(Clone, Debug)]
pub struct FileVault {
    _explicit: (),
}

impl FileVault {
    /// The long name is the agreement: whoever reads the account's folder reads the account.
    pub fn accepting_file_permissions_only() -> Self {
        Self { _explicit: () }
    }
}

impl KeyVault for FileVault {
    fn kind(&self) -> VaultKind {
        VaultKind::File
    }

    fn wrap<'a>(&'a self, folder: &'a FolderName, key: &'a DatabaseKey) -> VaultFuture<'a, Vec<u8>> {
        Box::pin(async move {
            // Never grows, so that no copy of the key is left behind; whoever keeps the record wipes it.
            let mut record = Vec::with_capacity(RECORD_BYTES);
            record.extend(header(VaultKind::File));
            record.extend(key.as_bytes());
            record.extend(checksum(folder, key.as_bytes()));
            Ok(record)
        })
    }

    fn unwrap<'a>(&'a self, folder: &'a FolderName, record: &'a [u8]) -> VaultFuture<'a, DatabaseKey> {
        Box::pin(async move { read(folder, payload(VaultKind::File, record)?) })
    }
}

fn read(folder: &FolderName, payload: &[u8]) -> Result<DatabaseKey> {
    let damaged = || Error::new(ErrorKind::DatabaseDamaged, "key file is damaged");
    let (key, check) = payload.split_first_chunk::<32>().ok_or_else(damaged)?;
    if check != checksum(folder, key) {
        return Err(damaged());
    }
    Ok(DatabaseKey::copy_of(key))
}

/// More than a record has.
const RECORD_BYTES: usize = 64;

fn checksum(folder: &FolderName, key: &[u8; 32]) -> [u8; 8] {
    let digest = sha256(&[b"onionskin key file", folder.as_bytes(), key]);
    let mut check = [0; 8];
    check.copy_from_slice(digest.first_chunk::<8>().expect("a digest is longer"));
    check
}
