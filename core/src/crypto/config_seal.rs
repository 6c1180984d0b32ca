//! How a config message is closed: XChaCha20-Poly1305 under a key and a nonce that follow from the text itself.
//!
//! `key = BLAKE2b-32(base || length || domain)`, the length of the text as eight bytes big-endian;
//! `nonce = BLAKE2b-24(text, key = "libsessionutil-config-encrypted-" || domain)`; output: ciphertext, tag, nonce at the
//! **end**. So the same text gives the same bytes on every device of an account, and the swarm keeps one copy. The text
//! is padded before (see `config`), its length is not hidden here.
//!
//! Source: session-foundation/libsession-util `src/config/encrypt.cpp`, `src/config/protos.cpp`.

use std::fmt;

use chacha20poly1305::aead::AeadInPlace;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize as _, Zeroizing};

use super::hash::{blake2b_256, blake2b_keyed_192};
use super::keys::AccountKeys;
use super::seal::{box_secret_of_seed, deterministic_ephemeral_seed, seal_with_ephemeral};

/// Bytes that closing adds: tag and nonce.
pub const CONFIG_OVERHEAD: usize = 16 + NONCE_LEN;

/// The longest domain, in bytes: with its prefix it must fit into BLAKE2b's key.
pub const MAX_DOMAIN_LEN: usize = 24;

const NONCE_LEN: usize = 24;

/// What keys of config messages are derived from: an account's seed, or a group's current key. Secret.
#[derive(Clone)]
pub struct ConfigBase(Box<[u8; 32]>);

impl ConfigBase {
    /// The base of the account's own documents: its full Ed25519 seed.
    pub fn account(keys: &AccountKeys) -> Self {
        Self::from_bytes(*keys.ed25519_seed())
    }

    /// A base that is known. Wipes what it is given.
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        let mut base = Box::new([0; 32]);
        base.copy_from_slice(&bytes);
        bytes.zeroize();
        Self(base)
    }

    /// The key for a text of `len` bytes. Secret.
    pub fn derived_key(&self, len: usize, domain: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(blake2b_256(&[&*self.0, &(len as u64).to_be_bytes(), domain.as_bytes()]))
    }

    /// Closes `text` in place.
    ///
    /// # Panics
    /// For a domain that is empty or longer than [`MAX_DOMAIN_LEN`]: domains are constants.
    pub fn seal(&self, domain: &str, mut text: Vec<u8>) -> Vec<u8> {
        let nonce = nonce(domain, &text).expect("a domain of 1 to 24 bytes");
        let cipher = XChaCha20Poly1305::new((&*self.derived_key(text.len(), domain)).into());
        text.reserve_exact(CONFIG_OVERHEAD);
        cipher.encrypt_in_place((&nonce).into(), b"", &mut text).expect("far below the cipher's limit");
        text.extend_from_slice(&nonce);
        text
    }

    /// Opens what [`Self::seal`] closed; None when it was not closed with this base and domain, or was changed.
    pub fn open(&self, domain: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (closed, nonce) = sealed.split_last_chunk::<NONCE_LEN>()?;
        let len = sealed.len().checked_sub(CONFIG_OVERHEAD)?;
        let cipher = XChaCha20Poly1305::new((&*self.derived_key(len, domain)).into());
        let mut text = closed.to_vec();
        cipher.decrypt_in_place(nonce.into(), b"", &mut text).ok()?;
        Some(text)
    }
}

impl PartialEq for ConfigBase {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for ConfigBase {}

impl Drop for ConfigBase {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for ConfigBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfigBase(…)")
    }
}

/// The nonce that belongs to `text`; None for a domain that is empty or longer than [`MAX_DOMAIN_LEN`].
pub fn nonce(domain: &str, text: &[u8]) -> Option<[u8; NONCE_LEN]> {
    if domain.is_empty() || domain.len() > MAX_DOMAIN_LEN {
        return None;
    }
    blake2b_keyed_192(&[NONCE_PREFIX, domain.as_bytes()].concat(), &[text])
}

const NONCE_PREFIX: &[u8] = b"libsessionutil-config-encrypted-";

/// Signs and closes `content` for ourselves, the same bytes each time; opened with [`super::seal::open`].
pub fn seal_to_self(keys: &AccountKeys, content: &[u8]) -> Vec<u8> {
    let ours = keys.account_id();
    let secret = box_secret_of_seed(&deterministic_ephemeral_seed(keys, &ours, content));
    seal_with_ephemeral(keys, &ours, content, &secret)
}

#[cfg(test)]
mod tests {
    use super::super::keys::AccountSeed;
    use super::super::seal;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_text_gives_the_same_bytes_and_another_text_another_nonce() {
        let base = ConfigBase::from_bytes([7; 32]);
        let [one, again, other] = [b"one", b"one", b"two"].map(|text| base.seal("Contacts", text.to_vec()));
        assert_eq!(one, again);
        assert_ne!(one.last_chunk::<24>(), other.last_chunk::<24>());
        assert_eq!(one.len(), 3 + CONFIG_OVERHEAD);
    }

    #[test]
    fn a_domain_has_one_to_twenty_four_bytes() {
        assert_eq!(nonce("", b"x"), None);
        assert_eq!(nonce(&"d".repeat(25), b"x"), None);
        assert!(nonce(&"d".repeat(24), b"x").is_some());
    }

    #[test]
    fn another_base_another_domain_and_a_changed_byte_do_not_open() {
        let base = ConfigBase::from_bytes([7; 32]);
        let sealed = base.seal("Contacts", b"text".to_vec());
        assert_eq!(base.open("Contacts", &sealed), Some(b"text".to_vec()));
        assert_eq!(base.open("UserGroups", &sealed), None);
        assert_eq!(ConfigBase::from_bytes([8; 32]).open("Contacts", &sealed), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(base.open("Contacts", &changed), None, "{at}");
            assert_eq!(base.open("Contacts", &sealed[..at]), None, "{at}");
        }
    }

    #[test]
    fn what_is_sealed_to_oneself_is_the_same_each_time_and_opens() {
        let keys = AccountKeys::from_seed(&AccountSeed::random());
        let sealed = seal_to_self(&keys, b"content");
        assert_eq!(sealed, seal_to_self(&keys, b"content"));
        assert_ne!(sealed, seal_to_self(&keys, b"Content"));
        let opened = seal::open(&keys, &sealed).unwrap();
        assert_eq!((opened.sender_ed25519, &opened.padded[..]), (keys.ed25519_public(), &b"content"[..]));
    }

    #[test]
    fn the_base_is_not_printed() {
        assert!(!format!("{:?}", ConfigBase::from_bytes([0xab; 32])).contains("171"));
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_no_bytes_panic(text in any::<Vec<u8>>(), domain in "[a-zA-Z:]{1,24}") {
            let base = ConfigBase::from_bytes([3; 32]);
            prop_assert_eq!(base.open(&domain, &base.seal(&domain, text.clone())), Some(text.clone()));
            prop_assert_eq!(base.open(&domain, &text), None);
        }
    }
}
