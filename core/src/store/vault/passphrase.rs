//! The key under a passphrase: Argon2id with its costs stored beside the result.

use std::fmt;

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
    passphrase: Zeroizing<String>,
    cost: Cost,
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
        Ok(Self { passphrase: Zeroizing::new(passphrase.to_owned()), cost: Cost::DEFAULT })
    }

    /// With other costs for what is wrapped from now on; what was wrapped before keeps its own.
    #[must_use]
    pub fn with_cost(mut self, cost: Cost) -> Self {
        self.cost = cost;
        self
    }

    /// The wrapping key, computed on a blocking thread: it takes a moment and a lot of memory by intention.
    async fn wrapping(&self, facts: Facts) -> Result<Zeroizing<[u8; 32]>> {
        let passphrase = self.passphrase.clone();
        tokio::task::spawn_blocking(move || Ok(passphrase_key(passphrase.as_bytes(), &facts.salt, facts.cost)?))
            .await
            .unwrap_or_else(|_| Err(Error::bug("a blocking thread of the vault ended")))
    }
}

impl KeyVault for PassphraseVault {
    fn kind(&self) -> VaultKind {
        VaultKind::Passphrase
    }

    fn wrap<'a>(&'a self, folder: &'a FolderName, key: &'a DatabaseKey) -> VaultFuture<'a, Vec<u8>> {
        Box::pin(async move {
            let facts = Facts { cost: self.cost, salt: random_bytes() };
            let wrapping = self.wrapping(facts).await?;
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
            open_record(VaultKind::Passphrase, &facts.to_bytes(), &wrapping, folder, sealed)
        })
    }
}

impl fmt::Debug for PassphraseVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PassphraseVault(..)")
    }
}

#[derive(Clone, Copy)]
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
