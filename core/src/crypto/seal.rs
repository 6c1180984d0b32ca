//! How a one-to-one letter is closed: the sender's signature inside a sealed box to the recipient.
//!
//! Inside: padded text `M`, the sender's Ed25519 key `A`, and `A`'s signature over `M || A || Y`, where `Y` is the
//! recipient's X25519 key. `Y` is not sent; it binds the signature to one recipient, so that nobody can pass a letter
//! on as if it had been written to somebody else. Around it a libsodium sealed box: a fresh pair `(e, P)`, nonce
//! BLAKE2b-24(`P || Y`), then `P || tag || ciphertext`. Overhead 48 + 96 bytes.
//!
//! The only sender one may believe is [`Opened::sender`]. Source: session-foundation/libsession-util
//! `docs/messages-v1.md`, `src/session_encrypt.cpp`.

use crypto_box::aead::Aead;
use crypto_box::{PublicKey, SalsaBox, SecretKey};
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};

use super::hash::{blake2b_192, blake2b_keyed_256};
use super::id::AccountId;
use super::keys::{AccountKeys, ed25519_to_x25519, is_low_order_x25519, random_bytes, verify};

/// Bytes a sealed box adds: the fresh public key and the tag.
pub const BOX_OVERHEAD: usize = 32 + 16;

/// Bytes of sender key and signature inside the box.
pub const SIGNATURE_OVERHEAD: usize = 32 + 64;

/// A letter that opened and whose signature holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// Who wrote it: derived from the key that signed.
    pub sender: AccountId,
    /// The key that signed.
    pub sender_ed25519: [u8; 32],
    /// The text, still padded.
    pub padded: Vec<u8>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("sender", &self.sender).finish_non_exhaustive()
    }
}

/// Why a sealed letter is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Too short to hold a key, a tag, a sender and a signature.
    #[error("sealed message is too short")]
    TooShort,
    /// The box is not for this recipient, or was changed on the way.
    #[error("sealed message does not open for this account")]
    NotForUs,
    /// The sender's key is no usable Ed25519 key.
    #[error("sealed message has an unusable sender key")]
    BadSender,
    /// The signature does not hold for this text, sender and recipient.
    #[error("sealed message has a wrong signature")]
    BadSignature,
}

impl From<SealError> for Error {
    fn from(error: SealError) -> Self {
        Self::new(ErrorKind::UnreadableMessage, "sealed message is not believed").with_source(error)
    }
}

/// Signs and closes `padded` for `recipient` with a fresh ephemeral pair.
pub fn seal(sender: &AccountKeys, recipient: &AccountId, padded: &[u8]) -> Vec<u8> {
    seal_with_ephemeral(sender, recipient, padded, &random_bytes())
}

/// [`seal`] with a given secret for the sealed box's pair: test vectors. A secret used twice links two letters.
pub fn seal_with_ephemeral(
    sender: &AccountKeys,
    recipient: &AccountId,
    padded: &[u8],
    ephemeral_secret: &[u8; 32],
) -> Vec<u8> {
    let (public, ours) = (sender.ed25519_public(), recipient.x25519());
    let mut plain = Zeroizing::new(Vec::with_capacity(padded.len() + SIGNATURE_OVERHEAD));
    plain.extend_from_slice(padded);
    plain.extend_from_slice(&public);
    // Signed with the recipient's key at the end, sent with the signature in its place.
    plain.extend_from_slice(ours);
    let signature = sender.sign(&plain);
    plain.truncate(padded.len() + public.len());
    plain.extend_from_slice(&signature);
    seal_box(&plain, ours, ephemeral_secret)
}

/// The seed of the library's deterministic variant, in which the same letter always gives the same bytes.
///
/// Config messages go out with it (see [`super::config_seal::seal_to_self`]): the swarm shall keep one copy of what all
/// devices write. Letters never do, a repeated text would show.
pub fn deterministic_ephemeral_seed(sender: &AccountKeys, recipient: &AccountId, padded: &[u8]) -> Zeroizing<[u8; 32]> {
    let parts: [&[u8]; 3] = [&*sender.ed25519_seed(), recipient.x25519(), padded];
    Zeroizing::new(blake2b_keyed_256(b"SessionBoxEphemeralHashKey", &parts))
}

/// The secret of libsodium's `crypto_box_seed_keypair`: the first half of SHA-512 of the seed.
pub fn box_secret_of_seed(seed: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let digest = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(seed)));
    Zeroizing::new(*digest.first_chunk().expect("64 bytes begin with 32"))
}

/// Opens a letter to `recipient` and checks who wrote it.
///
/// # Errors
/// [`SealError`], by the first rule that is broken.
pub fn open(recipient: &AccountKeys, sealed: &[u8]) -> Result<Opened, SealError> {
    if sealed.len() < BOX_OVERHEAD + SIGNATURE_OVERHEAD {
        return Err(SealError::TooShort);
    }
    let ours = recipient.x25519_public();
    let mut plain = open_box(sealed, ours, recipient.x25519_secret())?;
    let text_len = plain.len().checked_sub(SIGNATURE_OVERHEAD).ok_or(SealError::TooShort)?;
    let (_, tail) = plain.split_at_checked(text_len).ok_or(SealError::TooShort)?;
    let (sender_ed25519, signature) = tail.split_first_chunk::<32>().ok_or(SealError::TooShort)?;
    let sender_ed25519 = *sender_ed25519;
    let signature: [u8; 64] = signature.try_into().map_err(|_| SealError::TooShort)?;
    let sender = AccountId::from_x25519(ed25519_to_x25519(&sender_ed25519).ok_or(SealError::BadSender)?);
    plain.truncate(text_len + sender_ed25519.len());
    plain.extend_from_slice(ours);
    if !verify(&sender_ed25519, &plain, &signature) {
        return Err(SealError::BadSignature);
    }
    plain.truncate(text_len);
    Ok(Opened { sender, sender_ed25519, padded: plain })
}

/// libsodium's `crypto_box_seal` with a given ephemeral secret.
fn seal_box(plain: &[u8], recipient: &[u8; 32], ephemeral_secret: &[u8; 32]) -> Vec<u8> {
    let secret = SecretKey::from(*ephemeral_secret);
    let public = secret.public_key().to_bytes();
    let nonce = blake2b_192(&[&public, recipient]);
    let closed = SalsaBox::new(&PublicKey::from(*recipient), &secret)
        .encrypt((&nonce).into(), plain)
        .expect("a sealed box has no limit that memory reaches");
    [&public[..], &closed].concat()
}

/// libsodium's `crypto_box_seal_open`.
fn open_box(sealed: &[u8], our_public: &[u8; 32], our_secret: &[u8; 32]) -> Result<Vec<u8>, SealError> {
    let (ephemeral, closed) = sealed.split_first_chunk::<32>().ok_or(SealError::TooShort)?;
    if is_low_order_x25519(ephemeral) {
        return Err(SealError::NotForUs);
    }
    let nonce = blake2b_192(&[ephemeral, our_public]);
    SalsaBox::new(&PublicKey::from(*ephemeral), &SecretKey::from(*our_secret))
        .decrypt((&nonce).into(), closed)
        .map_err(|_| SealError::NotForUs)
}

#[cfg(test)]
mod tests {
    use super::super::keys::AccountSeed;
    use super::*;
    use proptest::prelude::*;

    fn people<const N: usize>() -> [AccountKeys; N] {
        [(); N].map(|()| AccountKeys::from_seed(&AccountSeed::random()))
    }

    #[test]
    fn bo_reads_what_ana_wrote_and_knows_that_it_was_ana() {
        let [ana, bo] = people();
        let sealed = seal(&ana, &bo.account_id(), b"meet at six");
        let opened = open(&bo, &sealed).unwrap();
        assert_eq!((opened.sender, opened.sender_ed25519), (ana.account_id(), ana.ed25519_public()));
        assert_eq!(opened.padded, b"meet at six");
        assert_eq!(sealed.len(), 11 + BOX_OVERHEAD + SIGNATURE_OVERHEAD);
        assert_ne!(sealed, seal(&ana, &bo.account_id(), b"meet at six"), "every letter looks different");
    }

    #[test]
    fn nobody_else_can_open_it() {
        let [ana, bo, eve] = people();
        let sealed = seal(&ana, &bo.account_id(), b"meet at six");
        assert_eq!(open(&eve, &sealed), Err(SealError::NotForUs));
        assert_eq!(open(&ana, &sealed), Err(SealError::NotForUs));
    }

    /// Bo opens Ana's letter and boxes the signed text again for Eve: Eve must not believe that Ana wrote to her.
    #[test]
    fn a_letter_passed_on_is_not_believed() {
        let [ana, bo, eve] = people();
        let sealed = seal(&ana, &bo.account_id(), b"I quit");
        let plain = open_box(&sealed, bo.x25519_public(), bo.x25519_secret()).unwrap();
        let passed_on = seal_box(&plain, eve.x25519_public(), &random_bytes());
        assert_eq!(open(&eve, &passed_on), Err(SealError::BadSignature));
    }

    #[test]
    fn a_letter_changed_anywhere_does_not_open() {
        let [ana, bo] = people();
        let sealed = seal(&ana, &bo.account_id(), b"x");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&bo, &changed).is_err(), "byte {at}");
        }
        for len in 0..sealed.len() {
            assert!(open(&bo, &sealed[..len]).is_err());
        }
    }

    #[test]
    fn a_sender_with_a_key_of_small_order_is_refused() {
        let [bo] = people();
        // The identity point, for which R = identity and S = 0 satisfies a lenient verifier.
        let mut plain = b"hello".to_vec();
        plain.extend_from_slice(&[[1].as_slice(), &[0; 31], &[1], &[0; 63]].concat());
        let sealed = seal_box(&plain, bo.x25519_public(), &random_bytes());
        assert_eq!(open(&bo, &sealed), Err(SealError::BadSender));
    }

    #[test]
    fn an_ephemeral_key_of_small_order_is_refused() {
        let [bo] = people();
        assert_eq!(open(&bo, &[0; 200]), Err(SealError::NotForUs));
    }

    #[test]
    fn an_opened_letter_is_not_printed() {
        let [ana, bo] = people();
        let opened = open(&bo, &seal(&ana, &bo.account_id(), b"secret words")).unwrap();
        let shown = format!("{opened:?}");
        assert!(!shown.contains("padded") && !shown.contains("115"), "{shown}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_comes_back(text in proptest::collection::vec(any::<u8>(), 0..500), seeds in any::<[[u8; 16]; 2]>()) {
            let [ana, bo] = seeds.map(|seed| AccountKeys::from_seed(&AccountSeed::from_bytes(seed)));
            let opened = open(&bo, &seal(&ana, &bo.account_id(), &text)).unwrap();
            prop_assert_eq!(opened.padded, text);
            prop_assert_eq!(opened.sender, ana.account_id());
        }

        #[test]
        fn foreign_bytes_never_panic_and_never_open(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let bo = AccountKeys::from_seed(&AccountSeed::from_bytes([7; 16]));
            prop_assert!(open(&bo, &bytes).is_err());
        }
    }
}
