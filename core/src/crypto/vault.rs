//! Wrapping a database key: Argon2id from a passphrase, XChaCha20-Poly1305 around the key.
//!
//! What is wrapped is random and 32 bytes long, so the only thing to guess is the passphrase; the costs of guessing are
//! stored beside the result and may grow with the years. Records from a file are foreign bytes: costs beyond
//! [`Cost::LIMIT`] are refused before any memory is taken.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::random_bytes;

/// What one guess of a passphrase costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Lanes; computed one after the other here, so they only matter for an attacker.
    pub lanes: u32,
}

/// Why a key could not be derived, wrapped or unwrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The costs are outside of what Argon2id or this program takes.
    #[error("argon2id costs are out of range")]
    Cost,
    /// The wrapping key (so, the passphrase) is another one, or the record was changed.
    #[error("wrapped key does not open")]
    DoesNotOpen,
}

impl Cost {
    /// RFC 9106's choice for devices without 2 GiB to spare: 64 MiB, three passes, four lanes. About a third of a second
    /// on a desktop, a second on a phone: bearable once for each start, dear for who guesses.
    pub const DEFAULT: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };

    /// The most that is read from a record. More would let a changed file hang or starve the program.
    pub const LIMIT: Self = Self { memory_kib: 1024 * 1024, passes: 64, lanes: 16 };

    fn params(self) -> Result<Params, VaultError> {
        let limit = Self::LIMIT;
        if self.memory_kib > limit.memory_kib || self.passes > limit.passes || self.lanes > limit.lanes {
            return Err(VaultError::Cost);
        }
        Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).map_err(|_| VaultError::Cost)
    }
}

/// The wrapping key of a passphrase. Takes the time and memory that `cost` says.
///
/// # Errors
/// [`VaultError::Cost`].
pub fn passphrase_key(passphrase: &[u8], salt: &[u8; 16], cost: Cost) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.params()?);
    let mut key = Zeroizing::new([0; 32]);
    argon2.hash_password_into(passphrase, salt, key.as_mut_slice()).map_err(|_| VaultError::Cost)?;
    Ok(key)
}

/// `secret` under `key`: 24 bytes of nonce, 32 of ciphertext, 16 of tag. `bound` must be given again to unwrap.
pub fn wrap_key(key: &[u8; 32], secret: &[u8; 32], bound: &[u8]) -> Vec<u8> {
    wrap_bytes(key, secret, bound)
}

/// Some bytes under `key`, a few kilobytes at most: 40 more than they are. `bound` must be given again to unwrap.
pub fn wrap_bytes(key: &[u8; 32], secret: &[u8], bound: &[u8]) -> Vec<u8> {
    let nonce: [u8; 24] = random_bytes();
    let mut record = nonce.to_vec();
    let payload = Payload { msg: secret, aad: bound };
    record.extend(
        XChaCha20Poly1305::new(key.into())
            .encrypt(XNonce::from_slice(&nonce), payload)
            .expect("a few kilobytes are far below the cipher's limit"),
    );
    record
}

/// What [`wrap_key`] wrapped.
///
/// # Errors
/// [`VaultError::DoesNotOpen`] for another key, other bound bytes, or a changed record.
pub fn unwrap_key(key: &[u8; 32], record: &[u8], bound: &[u8]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let plain = unwrap_bytes(key, record, bound)?;
    let mut secret = Zeroizing::new([0; 32]);
    if plain.len() != secret.len() {
        return Err(VaultError::DoesNotOpen);
    }
    secret.copy_from_slice(&plain);
    Ok(secret)
}

/// What [`wrap_bytes`] wrapped.
///
/// # Errors
/// [`VaultError::DoesNotOpen`] for another key, other bound bytes, or a changed record.
pub fn unwrap_bytes(key: &[u8; 32], record: &[u8], bound: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (nonce, sealed) = record.split_first_chunk::<24>().ok_or(VaultError::DoesNotOpen)?;
    let payload = Payload { msg: sealed, aad: bound };
    XChaCha20Poly1305::new(key.into())
        .decrypt(XNonce::from_slice(nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| VaultError::DoesNotOpen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_opens_with_its_key_and_bound_bytes_only() {
        let (key, secret) = ([1; 32], [2; 32]);
        let record = wrap_key(&key, &secret, b"folder");
        assert_eq!(record.len(), 72);
        assert_eq!(*unwrap_key(&key, &record, b"folder").unwrap(), secret);
        assert_eq!(unwrap_key(&[3; 32], &record, b"folder").unwrap_err(), VaultError::DoesNotOpen);
        assert_eq!(unwrap_key(&key, &record, b"other").unwrap_err(), VaultError::DoesNotOpen);
        for length in 0..record.len() {
            assert!(unwrap_key(&key, &record[..length], b"folder").is_err());
        }
        assert_ne!(wrap_key(&key, &secret, b""), wrap_key(&key, &secret, b""), "a nonce is never used twice");
    }

    #[test]
    fn argon2id_gives_what_other_implementations_give() {
        // argon2 reference implementation (phc-winner-argon2): `echo -n password | argon2 somesaltsomesalt -id -t 2 -k 256 -p 1 -l 32 -r`.
        let cost = Cost { memory_kib: 256, passes: 2, lanes: 1 };
        let key = passphrase_key(b"password", b"somesaltsomesalt", cost).unwrap();
        assert_eq!(hex::encode(key.as_slice()), REFERENCE);
    }

    #[test]
    fn costs_that_would_starve_the_program_are_refused() {
        for cost in [
            Cost { memory_kib: u32::MAX, ..Cost::DEFAULT },
            Cost { passes: u32::MAX, ..Cost::DEFAULT },
            Cost { lanes: u32::MAX, ..Cost::DEFAULT },
            Cost { memory_kib: 0, passes: 0, lanes: 0 },
        ] {
            assert_eq!(passphrase_key(b"x", &[0; 16], cost).unwrap_err(), VaultError::Cost);
        }
    }

    const REFERENCE: &str = "cab746b4621993fdc91ec50787980b414a90a692f0bc68dfe19f9c25b3cba9ec";
}
