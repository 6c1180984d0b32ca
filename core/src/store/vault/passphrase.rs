//! The key under a passphrase: Argon2id with its costs stored beside the result.
//!
//! The passphrase itself is kept only until the records of the device are open ([`KeyVault::settle`]). From then on the keys
//! that follow from it are kept: they open these records, and new ones that are wrapped with them, and nobody who reads the
//! memory learns what else a person protects with the same words.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use super::{KeyVault, SEALED_BYTES, VaultFuture, VaultKind, open_record, payload, sealed_record};
use crate::crypto::random_bytes;
use crate::crypto::vault::{Cost, passphrase_key};
use crate::error::{Error, ErrorKind, Hint, Result};
use crate::store::DatabaseKey;
use crate::store::layout::FolderName;

/// Wraps keys under a passphrase. The facts in its records: memory (KiB), passes, lanes, each 4 bytes little-endian, and
/// 16 bytes of salt.
#[derive(Clone)]
pub struct PassphraseVault {
    secrets: Arc<Mutex<Secrets>>,
    cost: Cost,
}

struct Secrets {
    // None once settled.
    passphrase: Option<Zeroizing<String>>,
    // What follows from it, for the salts and costs that records were met with.
    wrapping: Vec<(Facts, Zeroizing<[u8; 32]>)>,
}

impl PassphraseVault {
    /// With this passphrase, taken as typed: white space counts.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for an empty one, [`ErrorKind::TooLarge`] beyond 1024 bytes.
    pub fn new(passphrase: &str) -> Result<Self> {
        if passphrase.is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, "passphrase is empty").with_hint(Hint::Field("passphrase")));
        }
        if passphrase.len() > MAX_PASSPHRASE_BYTES {
            return Err(Error::new(ErrorKind::TooLarge, "passphrase is too long")
                .with_hint(Hint::Length { found: passphrase.len(), expected: MAX_PASSPHRASE_BYTES }));
        }
        let passphrase = Some(Zeroizing::new(passphrase.to_owned()));
        let secrets = Arc::new(Mutex::new(Secrets { passphrase, wrapping: Vec::new() }));
        Ok(Self { secrets, cost: Cost::DEFAULT })
    }

    /// With other costs for what is wrapped from now on; what was wrapped before keeps its own.
    #[must_use]
    pub fn with_cost(mut self, cost: Cost) -> Self {
        self.cost = cost;
        self
    }

    /// The wrapping key, computed on a blocking thread: it takes a moment and a lot of memory by intention.
    async fn wrapping(&self, facts: Facts) -> Result<Zeroizing<[u8; 32]>> {
        let passphrase = {
            let secrets = self.secrets();
            if let Some((_, known)) = secrets.wrapping.iter().find(|(known, _)| *known == facts) {
                return Ok(known.clone());
            }
            let gone = || Error::new(ErrorKind::WrongKey, "passphrase is not kept; unlocking again asks for it");
            secrets.passphrase.clone().ok_or_else(gone)?
        };
        tokio::task::spawn_blocking(move || Ok(passphrase_key(passphrase.as_bytes(), &facts.salt, facts.cost)?))
            .await
            .unwrap_or_else(|_| Err(Error::bug("a blocking thread of the vault ended")))
    }

    /// What to wrap with: the salt of a record that is open, or a new one. One key for several records is as good as several:
    /// the passphrase is all there is to guess, and each record is sealed with a nonce of its own.
    async fn for_wrapping(&self) -> Result<(Facts, Zeroizing<[u8; 32]>)> {
        let known = self.secrets().wrapping.iter().find(|(facts, _)| facts.cost == self.cost).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let facts = Facts { cost: self.cost, salt: random_bytes() };
        let wrapping = self.wrapping(facts).await?;
        self.remember(facts, &wrapping);
        Ok((facts, wrapping))
    }

    fn remember(&self, facts: Facts, wrapping: &Zeroizing<[u8; 32]>) {
        let mut secrets = self.secrets();
        if !secrets.wrapping.iter().any(|(known, _)| *known == facts) {
            secrets.wrapping.push((facts, wrapping.clone()));
        }
    }

    fn secrets(&self) -> MutexGuard<'_, Secrets> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyVault for PassphraseVault {
    fn kind(&self) -> VaultKind {
        VaultKind::Passphrase
    }

    fn wrap<'a>(&'a self, folder: &'a FolderName, key: &'a DatabaseKey) -> VaultFuture<'a, Vec<u8>> {
        Box::pin(async move {
            let (facts, wrapping) = self.for_wrapping().await?;
            Ok(sealed_record(VaultKind::Passphrase, &facts.to_bytes(), &wrapping, folder, key))
        })
    }

    fn unwrap<'a>(&'a self, folder: &'a FolderName, record: &'a [u8]) -> VaultFuture<'a, DatabaseKey> {
        Box::pin(async move {
            let rest = payload(VaultKind::Passphrase, record)?;
            let (facts, sealed) = Facts::split(rest).ok_or_else(|| {
                Error::new(ErrorKind::DatabaseDamaged, "record of the wrapped key has a wrong length")
            })?;
            let wrapping = self.wrapping(facts).await?;
            let key = open_record(VaultKind::Passphrase, &facts.to_bytes(), &wrapping, folder, sealed)?;
            self.remember(facts, &wrapping);
            Ok(key)
        })
    }

    fn settle(&self) -> VaultFuture<'_, ()> {
        Box::pin(async move {
            // New accounts are wrapped with it.
            self.for_wrapping().await?;
            self.secrets().passphrase = None;
            Ok(())
        })
    }
}

impl fmt::Debug for PassphraseVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PassphraseVault(..)")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Facts {
    cost: Cost,
    salt: [u8; 16],
}

impl Facts {
    fn to_bytes(self) -> Vec<u8> {
        let Cost { memory_kib, passes, lanes } = self.cost;
        let mut bytes: Vec<u8> = [memory_kib, passes, lanes].into_iter().flat_map(u32::to_le_bytes).collect();
        bytes.extend(self.salt);
        bytes
    }

    fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (memory_kib, rest) = bytes.split_first_chunk::<4>()?;
        let (passes, rest) = rest.split_first_chunk::<4>()?;
        let (lanes, rest) = rest.split_first_chunk::<4>()?;
        let (salt, sealed) = rest.split_first_chunk::<16>()?;
        let number = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes);
        let cost = Cost { memory_kib: number(memory_kib), passes: number(passes), lanes: number(lanes) };
        // Before any guess is computed: a cut record must not cost a second.
        (sealed.len() == SEALED_BYTES).then_some((Self { cost, salt: *salt }, sealed))
    }
}

/// More than anybody types, less than what would be a mistake (a whole file pasted).
const MAX_PASSPHRASE_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

    #[tokio::test]
    async fn a_wrong_passphrase_is_said_and_the_right_one_still_opens() {
        let (folder, key) = (FolderName::random(), DatabaseKey::random());
        let right = PassphraseVault::new("correct horse").unwrap().with_cost(CHEAP);
        let record = right.wrap(&folder, &key).await.unwrap();
        let wrong = PassphraseVault::new("correct horse ").unwrap();
        assert_eq!(wrong.unwrap(&folder, &record).await.unwrap_err().kind(), ErrorKind::WrongKey);
        assert_eq!(right.unwrap(&folder, &record).await.unwrap().as_bytes(), key.as_bytes());
    }

    #[tokio::test]
    async fn costs_are_read_from_the_record_and_impossible_ones_are_refused() {
        let (folder, key) = (FolderName::random(), DatabaseKey::random());
        let cheap = PassphraseVault::new("correct horse").unwrap().with_cost(CHEAP);
        let mut record = cheap.wrap(&folder, &key).await.unwrap();
        let dear = PassphraseVault::new("correct horse").unwrap();
        assert_eq!(dear.unwrap(&folder, &record).await.unwrap().as_bytes(), key.as_bytes());
        record[9..13].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(dear.unwrap(&folder, &record).await.unwrap_err().kind(), ErrorKind::DatabaseDamaged);
    }

    #[tokio::test]
    async fn once_settled_the_keys_are_kept_and_the_passphrase_is_not() {
        let (folder, other, key) = (FolderName::random(), FolderName::random(), DatabaseKey::random());
        let before = PassphraseVault::new("correct horse").unwrap().with_cost(CHEAP).wrap(&folder, &key).await.unwrap();
        let foreign =
            PassphraseVault::new("correct horse").unwrap().with_cost(CHEAP).wrap(&folder, &key).await.unwrap();
        let vault = PassphraseVault::new("correct horse").unwrap().with_cost(CHEAP);
        vault.unwrap(&folder, &before).await.unwrap();
        vault.settle().await.unwrap();
        assert!(vault.secrets().passphrase.is_none());
        assert_eq!(vault.unwrap(&folder, &before).await.unwrap().as_bytes(), key.as_bytes());
        let new = vault.wrap(&other, &key).await.unwrap();
        let next = PassphraseVault::new("correct horse").unwrap();
        assert_eq!(next.unwrap(&other, &new).await.unwrap().as_bytes(), key.as_bytes(), "the passphrase opens it");
        assert_eq!(vault.unwrap(&folder, &foreign).await.unwrap_err().kind(), ErrorKind::WrongKey, "a salt never met");
        let empty = PassphraseVault::new("correct horse").unwrap().with_cost(CHEAP);
        empty.settle().await.unwrap();
        assert!(empty.wrap(&other, &key).await.is_ok(), "without an account yet, too");
    }

    #[tokio::test]
    async fn the_default_cost_works_here() {
        let (folder, key) = (FolderName::random(), DatabaseKey::random());
        let vault = PassphraseVault::new("correct horse").unwrap();
        let record = vault.wrap(&folder, &key).await.unwrap();
        assert_eq!(vault.unwrap(&folder, &record).await.unwrap().as_bytes(), key.as_bytes());
    }

    #[test]
    fn an_empty_or_endless_passphrase_is_refused() {
        assert_eq!(PassphraseVault::new("").unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(PassphraseVault::new(&"x".repeat(1025)).unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
