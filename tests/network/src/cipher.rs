//! Keys and ciphers of nodes and servers, made with OpenSSL (and libsodium for what OpenSSL lacks).
//!
//! Both onion ciphers are here, seen from the side that receives: the shared secret is made with the recipient's
//! X25519 secret and the sender's fresh public key; the same key encrypts the reply.
//! Source: session-foundation/session-storage-server `oxenss/crypto/channel_encryption.cpp`.

use openssl::derive::Deriver;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::Signer;
use openssl::symm;

use crate::sodium;

/// How one onion layer is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cipher {
    /// AES-256-GCM; what a request without `enc_type` means.
    AesGcm,
    /// XChaCha20-Poly1305.
    XChaCha20,
}

impl Cipher {
    /// Reads `enc_type`; the error text is the one nodes answer with.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        match name {
            "aes-gcm" | "gcm" => Ok(Self::AesGcm),
            "xchacha20" | "xchacha20-poly1305" => Ok(Self::XChaCha20),
            other => Err(format!("Invalid encryption type {other}")),
        }
    }
}

/// An identity: Ed25519 for signing, its X25519 form for onion layers.
#[derive(Clone)]
pub(crate) struct Keys {
    signing: PKey<Private>,
    exchange: PKey<Private>,
    pub(crate) ed25519: [u8; 32],
    pub(crate) x25519: [u8; 32],
}

impl Keys {
    /// The identity that belongs to a 32-byte Ed25519 seed.
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Result<Self, ErrorStack> {
        let signing = PKey::private_key_from_raw_bytes(seed, Id::ED25519)?;
        let ed25519 = fixed(&signing.raw_public_key()?);
        let (exchange, x25519) = exchange_key(&sodium::x25519_of_seed(seed))?;
        debug_assert_eq!(sodium::x25519_of_public(&ed25519), Some(x25519), "both ways to the X25519 key agree");
        Ok(Self { signing, exchange, ed25519, x25519 })
    }

    /// A server that has only an X25519 secret (the vectors know such a one); it cannot sign.
    #[cfg(test)]
    pub(crate) fn from_exchange_secret(secret: &[u8; 32]) -> Self {
        let (exchange, x25519) = exchange_key(secret).expect("32 bytes");
        Self { exchange, x25519, ..Self::from_seed(&[0; 32]).expect("32 bytes") }
    }

    /// Ed25519 public key as 64 hex digits.
    pub(crate) fn hex(&self) -> String {
        hex::encode(self.ed25519)
    }

    /// Ed25519 signature of `message`.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        Signer::new_without_digest(&self.signing)
            .and_then(|mut signer| signer.sign_oneshot_to_vec(message))
            .map(|signature| fixed(&signature))
            .expect("an Ed25519 key signs any text")
    }

    /// The key of a layer that `client` (its fresh public key) made for this identity. Nothing when the point is bad.
    pub(crate) fn layer(&self, cipher: Cipher, client: &[u8; 32]) -> Option<Layer> {
        let peer = PKey::public_key_from_raw_bytes(client, Id::X25519).ok()?;
        let mut deriver = Deriver::new(&self.exchange).ok()?;
        deriver.set_peer(&peer).ok()?;
        // OpenSSL refuses an all-zero secret, so points of small order end here.
        let shared = deriver.derive_to_vec().ok()?;
        let key = match cipher {
            Cipher::AesGcm => {
                let label = PKey::hmac(b"LOKI").ok()?;
                let mut signer = Signer::new(MessageDigest::sha256(), &label).ok()?;
                fixed(&signer.sign_oneshot_to_vec(&shared).ok()?)
            }
            Cipher::XChaCha20 => sodium::blake2b(&[&shared, client, &self.x25519]),
        };
        Some(Layer { cipher, key })
    }
}

/// The key of one onion layer, for the way in and the way back.
pub(crate) struct Layer {
    cipher: Cipher,
    pub(crate) key: [u8; 32],
}

impl Layer {
    /// `sealed` is nonce, ciphertext, tag. Nothing when it was not made for this key.
    pub(crate) fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        match self.cipher {
            Cipher::AesGcm => {
                let (nonce, rest) = sealed.split_first_chunk::<12>()?;
                let (text, tag) = rest.split_last_chunk::<16>()?;
                symm::decrypt_aead(symm::Cipher::aes_256_gcm(), &self.key, Some(nonce), &[], text, tag).ok()
            }
            Cipher::XChaCha20 => {
                let (nonce, rest) = sealed.split_first_chunk::<24>()?;
                sodium::xchacha_open(&self.key, nonce, rest)
            }
        }
    }

    /// Nonce, ciphertext, tag, with a random nonce.
    pub(crate) fn seal(&self, plain: &[u8]) -> Vec<u8> {
        self.seal_with(&random::<24>(), plain)
    }

    /// As [`Self::seal`] with the first 12 or 24 bytes of `nonce`; separate so that vectors can be checked.
    pub(crate) fn seal_with(&self, nonce: &[u8; 24], plain: &[u8]) -> Vec<u8> {
        match self.cipher {
            Cipher::AesGcm => {
                let nonce = nonce.first_chunk::<12>().expect("24 is more than 12");
                let mut tag = [0; 16];
                let text =
                    symm::encrypt_aead(symm::Cipher::aes_256_gcm(), &self.key, Some(nonce), &[], plain, &mut tag)
                        .expect("AES-GCM encrypts any text");
                [&nonce[..], &text, &tag].concat()
            }
            Cipher::XChaCha20 => [&nonce[..], &sodium::xchacha_seal(&self.key, nonce, plain)].concat(),
        }
    }
}

/// Random bytes from OpenSSL's generator.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    openssl::rand::rand_bytes(&mut bytes).expect("the generator of the system works");
    bytes
}

/// As many random bytes as `len` says.
pub(crate) fn random_vec(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    openssl::rand::rand_bytes(&mut bytes).expect("the generator of the system works");
    bytes
}

fn exchange_key(secret: &[u8; 32]) -> Result<(PKey<Private>, [u8; 32]), ErrorStack> {
    let key = PKey::private_key_from_raw_bytes(secret, Id::X25519)?;
    let public = fixed(&key.raw_public_key()?);
    Ok((key, public))
}

fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("OpenSSL returns keys and signatures of their fixed length")
}
