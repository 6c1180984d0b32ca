//! The two ciphers of an onion layer.
//!
//! The client makes a fresh X25519 pair for every layer; the node has a standing one. From their shared secret comes
//! one symmetric key that closes the request layer and, at the destination, the reply:
//!
//! | `enc_type` | key | on the wire |
//! |---|---|---|
//! | `xchacha20` | BLAKE2b-256(secret, client key, node key) | nonce 24, ciphertext, tag 16 |
//! | `aes-gcm` | HMAC-SHA256(key `LOKI`, secret) | nonce 12, ciphertext, tag 16 |
//!
//! No associated data. Source: session-foundation/session-storage-server `oxenss/crypto/channel_encryption.cpp`,
//! libsession-util `src/onionreq/hop_encryption.cpp`.

use std::fmt;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::generic_array::GenericArray;
use aes_gcm::aead::{Aead, KeyInit};
use chacha20poly1305::XChaCha20Poly1305;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::hash::blake2b_256;
use super::keys::random_bytes;

/// Which cipher closes a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// XChaCha20-Poly1305, `xchacha20` on the wire: what we send.
    XChaCha20,
    /// AES-256-GCM, `aes-gcm` on the wire: what old servers answer errors in, and the meaning of an absent `enc_type`.
    AesGcm,
}

impl Cipher {
    /// The value of `enc_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::XChaCha20 => "xchacha20",
            Self::AesGcm => "aes-gcm",
        }
    }

    /// The cipher with this `enc_type`, aliases included.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by vectors and fuzz alone"))]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "xchacha20" | "xchacha20-poly1305" => Some(Self::XChaCha20),
            "aes-gcm" | "gcm" => Some(Self::AesGcm),
            _ => None,
        }
    }

    /// Length of the nonce in front of the ciphertext, in bytes.
    pub const fn nonce_len(self) -> usize {
        match self {
            Self::XChaCha20 => 24,
            Self::AesGcm => 12,
        }
    }
}

/// What went wrong with a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// The other side's key gives everybody the same secret.
    #[error("onion layer key is of small order")]
    BadKey,
    /// Shorter than nonce and tag.
    #[error("onion layer is too short")]
    TooShort,
    /// Not closed with this key and cipher, or changed on the way.
    #[error("onion layer does not open with this key")]
    NotOurs,
    /// A nonce of the wrong length was given.
    #[error("onion layer nonce has the wrong length")]
    NonceLength,
}

/// The client's pair for one layer. Use it for one layer only.
pub struct Ephemeral {
    secret: StaticSecret,
    public: [u8; 32],
}

impl Ephemeral {
    /// A fresh pair.
    pub fn random() -> Self {
        Self::from_secret(random_bytes())
    }

    /// The pair of a known secret: test vectors.
    pub fn from_secret(secret: [u8; 32]) -> Self {
        let secret = StaticSecret::from(secret);
        let public = PublicKey::from(&secret).to_bytes();
        Self { secret, public }
    }

    /// The public half, `ephemeral_key` on the wire.
    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    /// The raw X25519 secret shared with `other`.
    ///
    /// # Errors
    /// [`ChannelError::BadKey`] when `other` is of small order.
    pub fn shared_secret(&self, other: &[u8; 32]) -> Result<Zeroizing<[u8; 32]>, ChannelError> {
        let shared = self.secret.diffie_hellman(&PublicKey::from(*other));
        if shared.was_contributory() { Ok(Zeroizing::new(shared.to_bytes())) } else { Err(ChannelError::BadKey) }
    }
}

impl fmt::Debug for Ephemeral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ephemeral(…)")
    }
}

/// The symmetric key of one layer; closes the request and opens the reply.
#[derive(Clone)]
pub struct LayerKey {
    cipher: Cipher,
    key: Zeroizing<[u8; 32]>,
}

impl LayerKey {
    /// The client's side: our fresh pair, the node's public key.
    ///
    /// # Errors
    /// [`ChannelError::BadKey`] when the node's key is of small order.
    pub fn client(cipher: Cipher, client: &Ephemeral, node_x25519: &[u8; 32]) -> Result<Self, ChannelError> {
        let secret = client.shared_secret(node_x25519)?;
        Ok(Self::from_shared_secret(cipher, &secret, &client.public(), node_x25519))
    }

    /// The node's side: its standing pair, the client's public key. For tests and benchmarks.
    ///
    /// # Errors
    /// [`ChannelError::BadKey`] when the client's key is of small order.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by vectors and fuzz alone"))]
    pub fn node(cipher: Cipher, node: &Ephemeral, client_x25519: &[u8; 32]) -> Result<Self, ChannelError> {
        let secret = node.shared_secret(client_x25519)?;
        Ok(Self::from_shared_secret(cipher, &secret, client_x25519, &node.public()))
    }

    /// From the raw shared secret; the client's key always comes first.
    pub fn from_shared_secret(cipher: Cipher, secret: &[u8; 32], client: &[u8; 32], node: &[u8; 32]) -> Self {
        let key = match cipher {
            Cipher::XChaCha20 => blake2b_256(&[secret, client, node]),
            Cipher::AesGcm => {
                let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(b"LOKI").expect("HMAC takes keys of any length");
                mac.update(secret);
                mac.finalize().into_bytes().into()
            }
        };
        Self { cipher, key: Zeroizing::new(key) }
    }

    /// Which cipher this key is for.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by vectors and fuzz alone"))]
    pub fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// The 32 key bytes. Secret.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by vectors and fuzz alone"))]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.key
    }

    /// Closes a layer: fresh nonce, ciphertext, tag.
    pub fn encrypt(&self, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; 24] = random_bytes();
        let nonce = nonce.get(..self.cipher.nonce_len()).expect("no cipher has a nonce over 24 bytes");
        self.encrypt_with_nonce(nonce, plain).expect("the nonce was cut to its cipher's length")
    }

    /// Closes a layer with a given nonce: test vectors. Never use a nonce twice with one key.
    ///
    /// # Errors
    /// [`ChannelError::NonceLength`] unless the nonce has [`Cipher::nonce_len`] bytes.
    pub fn encrypt_with_nonce(&self, nonce: &[u8], plain: &[u8]) -> Result<Vec<u8>, ChannelError> {
        if nonce.len() != self.cipher.nonce_len() {
            return Err(ChannelError::NonceLength);
        }
        let key = GenericArray::from_slice(&*self.key);
        let closed = match self.cipher {
            Cipher::XChaCha20 => XChaCha20Poly1305::new(key).encrypt(GenericArray::from_slice(nonce), plain),
            Cipher::AesGcm => Aes256Gcm::new(key).encrypt(GenericArray::from_slice(nonce), plain),
        };
        let closed = closed.expect("nothing in memory reaches the 64 GiB limit of the ciphers");
        Ok([nonce, &closed].concat())
    }

    /// Opens a layer or a reply.
    ///
    /// # Errors
    /// [`ChannelError::TooShort`] or [`ChannelError::NotOurs`].
    pub fn decrypt(&self, closed: &[u8]) -> Result<Vec<u8>, ChannelError> {
        let (nonce, closed) = closed.split_at_checked(self.cipher.nonce_len()).ok_or(ChannelError::TooShort)?;
        if closed.len() < TAG_LEN {
            return Err(ChannelError::TooShort);
        }
        let key = GenericArray::from_slice(&*self.key);
        let plain = match self.cipher {
            Cipher::XChaCha20 => XChaCha20Poly1305::new(key).decrypt(GenericArray::from_slice(nonce), closed),
            Cipher::AesGcm => Aes256Gcm::new(key).decrypt(GenericArray::from_slice(nonce), closed),
        };
        plain.map_err(|_| ChannelError::NotOurs)
    }
}

impl fmt::Debug for LayerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayerKey").field("cipher", &self.cipher).finish_non_exhaustive()
    }
}

/// Both ciphers end in a tag of 16 bytes.
const TAG_LEN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOTH: [Cipher; 2] = [Cipher::XChaCha20, Cipher::AesGcm];

    #[test]
    fn what_the_client_closes_the_node_opens_and_the_other_way_round() {
        for cipher in BOTH {
            let (client, node) = (Ephemeral::random(), Ephemeral::random());
            let ours = LayerKey::client(cipher, &client, &node.public()).unwrap();
            let theirs = LayerKey::node(cipher, &node, &client.public()).unwrap();
            assert_eq!(theirs.decrypt(&ours.encrypt(b"request")).unwrap(), b"request");
            assert_eq!(ours.decrypt(&theirs.encrypt(b"")).unwrap(), b"");
            assert_eq!(ours.encrypt(b"abc").len(), cipher.nonce_len() + 3 + 16);
        }
    }

    #[test]
    fn a_layer_changed_anywhere_does_not_open() {
        for cipher in BOTH {
            let key = LayerKey::client(cipher, &Ephemeral::random(), &Ephemeral::random().public()).unwrap();
            let closed = key.encrypt(b"request");
            for at in 0..closed.len() {
                let mut changed = closed.clone();
                changed[at] ^= 1;
                assert_eq!(key.decrypt(&changed), Err(ChannelError::NotOurs));
            }
            assert_eq!(key.decrypt(&closed[..cipher.nonce_len() + 15]), Err(ChannelError::TooShort));
            assert_eq!(key.decrypt(&[]), Err(ChannelError::TooShort));
        }
    }

    #[test]
    fn a_node_with_a_key_of_small_order_gets_no_layer() {
        for cipher in BOTH {
            assert_eq!(LayerKey::client(cipher, &Ephemeral::random(), &[0; 32]).unwrap_err(), ChannelError::BadKey);
        }
    }

    #[test]
    fn a_nonce_of_the_wrong_length_is_refused() {
        let key = LayerKey::client(Cipher::AesGcm, &Ephemeral::random(), &Ephemeral::random().public()).unwrap();
        assert_eq!(key.encrypt_with_nonce(&[0; 24], b"x"), Err(ChannelError::NonceLength));
    }

    #[test]
    fn names_on_the_wire_lead_back_to_their_cipher() {
        for cipher in BOTH {
            assert_eq!(Cipher::from_name(cipher.name()), Some(cipher));
        }
        assert_eq!(Cipher::from_name("gcm"), Some(Cipher::AesGcm));
        assert_eq!(Cipher::from_name("xchacha20-poly1305"), Some(Cipher::XChaCha20));
        assert_eq!(Cipher::from_name("aes-cbc"), None);
    }

    #[test]
    fn keys_are_not_printed() {
        let key = LayerKey::from_shared_secret(Cipher::AesGcm, &[7; 32], &[8; 32], &[9; 32]);
        assert_eq!(format!("{key:?}"), "LayerKey { cipher: AesGcm, .. }");
        assert_eq!(format!("{:?}", Ephemeral::random()), "Ephemeral(…)");
    }

    proptest! {
        #[test]
        fn foreign_bytes_never_panic_and_never_open(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for cipher in BOTH {
                prop_assert!(LayerKey::from_shared_secret(cipher, &[1; 32], &[2; 32], &[3; 32]).decrypt(&bytes).is_err());
            }
        }

        #[test]
        fn any_text_comes_back(text in any::<Vec<u8>>(), secret in any::<[u8; 32]>()) {
            for cipher in BOTH {
                let key = LayerKey::from_shared_secret(cipher, &secret, &[2; 32], &[3; 32]);
                prop_assert_eq!(key.decrypt(&key.encrypt(&text)).unwrap(), text.clone());
            }
        }
    }
}
