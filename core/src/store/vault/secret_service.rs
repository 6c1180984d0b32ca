//! The key in the desktop's key store (GNOME Keyring, KWallet, KeePassXC) over the Secret Service on D-Bus.
//!
//! The key store keeps a random wrapping key for each account folder; the record in the folder keeps the database key
//! under it. So neither alone opens anything, and removing the record is enough to lose the account for good. The entry
//! is found by the random folder name: the key store never learns an Account ID.

use std::collections::HashMap;
use std::fmt;

use ::secret_service::{EncryptionType, Error as BusError, SecretService};
use zeroize::Zeroizing;

use super::{KeyVault, VaultFuture, VaultKind, open_record, payload, sealed_record};
use crate::crypto::random_bytes;
use crate::error::{Error, ErrorKind, Result};
use crate::store::DatabaseKey;
use crate::store::layout::FolderName;

/// Wraps keys under entries of the desktop's key store on the session bus. May make the desktop ask for its password.
#[derive(Clone, Copy, Debug, Default)]
pub struct SecretServiceVault {
    _private: (),
}

impl SecretServiceVault {
    /// The key store of this session; nothing is asked until a key is wrapped or unwrapped.
    pub fn new() -> Self {
        Self { _private: () }
    }

    /// Whether this session has a key store with a place to keep things, so that the first run can offer it.
    pub async fn is_available(&self) -> bool {
        match connect().await {
            Ok(service) => service.get_any_collection().await.is_ok(),
            Err(_) => false,
        }
    }
}

impl KeyVault for SecretServiceVault {
    fn kind(&self) -> VaultKind {
        VaultKind::SecretService
    }

    fn wrap<'a>(&'a self, folder: &'a FolderName, key: &'a DatabaseKey) -> VaultFuture<'a, Vec<u8>> {
        Box::pin(async move {
            let name = folder.to_string();
            let service = connect().await?;
            // An entry that is there is used again: the record it belongs to must open until the new one is on the disk.
            let wrapping = match entry(&service, &name).await? {
                Some(wrapping) => wrapping,
                None => {
                    let wrapping = Zeroizing::new(random_bytes::<32>());
                    let collection = service.get_any_collection().await.map_err(bus)?;
                    collection.ensure_unlocked().await.map_err(bus)?;
                    let (attributes, secret) = (attributes(&name), wrapping.as_slice());
                    collection.create_item(LABEL, attributes, secret, true, CONTENT_TYPE).await.map_err(bus)?;
                    wrapping
                }
            };
            Ok(sealed_record(VaultKind::SecretService, &[], &wrapping, folder, key))
        })
    }

    fn unwrap<'a>(&'a self, folder: &'a FolderName, record: &'a [u8]) -> VaultFuture<'a, DatabaseKey> {
        Box::pin(async move {
            let sealed = payload(VaultKind::SecretService, record)?;
            let name = folder.to_string();
            let service = connect().await?;
            let wrapping = entry(&service, &name)
                .await?
                .ok_or_else(|| Error::new(ErrorKind::NotFound, "key store has no entry for this account"))?;
            open_record(VaultKind::SecretService, &[], &wrapping, folder, sealed)
        })
    }

    fn forget<'a>(&'a self, folder: &'a FolderName) -> VaultFuture<'a, ()> {
        Box::pin(async move {
            let name = folder.to_string();
            let service = connect().await?;
            let found = service.search_items(attributes(&name)).await.map_err(bus)?;
            for item in found.unlocked.iter().chain(&found.locked) {
                item.ensure_unlocked().await.map_err(bus)?;
                item.delete().await.map_err(bus)?;
            }
            Ok(())
        })
    }
}

async fn connect() -> Result<SecretService<'static>> {
    // Diffie-Hellman on the bus: other listeners of the session bus see no key.
    SecretService::connect(EncryptionType::Dh).await.map_err(bus)
}

/// The wrapping key that the key store keeps for a folder. An entry of another length is none of ours.
async fn entry(service: &SecretService<'_>, folder: &str) -> Result<Option<Zeroizing<[u8; 32]>>> {
    let found = service.search_items(attributes(folder)).await.map_err(bus)?;
    let Some(item) = found.unlocked.first().or(found.locked.first()) else { return Ok(None) };
    item.ensure_unlocked().await.map_err(bus)?;
    let secret = Zeroizing::new(item.get_secret().await.map_err(bus)?);
    Ok(<[u8; 32]>::try_from(secret.as_slice()).ok().map(Zeroizing::new))
}

fn attributes(folder: &str) -> HashMap<&str, &str> {
    HashMap::from([("application", "onionskin"), ("folder", folder)])
}

/// What the key store said, without its words: they may name entries.
fn bus(error: BusError) -> Error {
    let (kind, context) = match error {
        BusError::Prompt => (ErrorKind::NotAllowed, "the person refused to unlock the key store"),
        BusError::Locked => (ErrorKind::NotAllowed, "key store is locked"),
        BusError::NoResult => (ErrorKind::NotFound, "key store has no place for keys"),
        BusError::Unavailable => (ErrorKind::NotFound, "this session has no key store"),
        _ => (ErrorKind::NotFound, "key store cannot be reached"),
    };
    Error::new(kind, context).with_source(KeyStoreFault(error_name(&error)))
}

fn error_name(error: &BusError) -> &'static str {
    match error {
        BusError::Crypto(_) => "crypto",
        BusError::Zbus(_) => "bus",
        BusError::ZbusFdo(_) => "bus interface",
        BusError::Zvariant(_) => "bus types",
        BusError::Locked => "locked",
        BusError::NoResult => "no result",
        BusError::Prompt => "prompt dismissed",
        BusError::Unavailable => "unavailable",
        _ => "other",
    }
}

#[derive(Debug)]
struct KeyStoreFault(&'static str);

impl fmt::Display for KeyStoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret service: {}", self.0)
    }
}

impl std::error::Error for KeyStoreFault {}

/// What a person sees in the desktop's key store.
const LABEL: &str = "Onionskin database key";
const CONTENT_TYPE: &str = "application/octet-stream";
