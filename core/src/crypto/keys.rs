//! What an account owns: 16 random bytes (32 in some that were made elsewhere), from which everything else follows.
//!
//! `seed || sixteen zeros` is the Ed25519 seed, 32 bytes are it as they are; the X25519 pair is its Montgomery form; the X25519 public key with `05`
//! in front is the [`AccountId`]. Verification is strict (no non-canonical encodings, no keys or commitments of small
//! order), because two clients that disagree about a signature disagree about history. A foreign Ed25519 key is
//! converted only when it lies in the prime-order group.
//!
//! Source: session-foundation/libsession-util `src/core.cpp`, session-desktop `ts/util/accountManager.ts`.

use std::fmt;
use std::sync::Arc;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand_core::{OsRng, RngCore};
use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize as _, Zeroizing};

use super::id::AccountId;

/// The secret bytes of an account; what the recovery password spells. We make 16; an account that was made elsewhere may
/// have 32.
///
/// Held as the Ed25519 seed that they stand for, so that an account whose second half is zero is the same however it was
/// spelled. They lie in a place of their own, so that moving the seed moves no secret: what is moved leaves its bytes behind.
#[derive(Clone)]
pub struct AccountSeed(Box<[u8; 32]>);

impl AccountSeed {
    /// A fresh seed of 16 bytes from the operating system's randomness.
    pub fn random() -> Self {
        Self::from_bytes(random_bytes())
    }

    /// A seed that is known already. Wipes what it is given.
    pub fn from_bytes(mut bytes: [u8; 16]) -> Self {
        let seed = Self::of_half(&bytes);
        bytes.zeroize();
        seed
    }

    /// A seed that stands somewhere else too; whoever owns that wipes it. None unless there are 16 bytes, or 32.
    pub fn copy_of(bytes: &[u8]) -> Option<Self> {
        match (bytes.try_into(), bytes.try_into()) {
            (Ok(half), _) => Some(Self::of_half(half)),
            (_, Ok(full)) => Some(Self::of_full(full)),
            _ => None,
        }
    }

    fn of_half(bytes: &[u8; 16]) -> Self {
        let mut seed = Box::new([0; 32]);
        if let Some(half) = seed.first_chunk_mut() {
            *half = *bytes;
        }
        Self(seed)
    }

    fn of_full(bytes: &[u8; 32]) -> Self {
        let mut seed = Box::new([0; 32]);
        seed.copy_from_slice(bytes);
        Self(seed)
    }

    /// The secret bytes: 16, or 32 where the second half is not zero. Do not log or store them in the open.
    pub fn as_bytes(&self) -> &[u8] {
        match self.half() {
            Some(half) => half,
            None => &*self.0,
        }
    }

    /// The 16 secret bytes of an account that has no more.
    pub fn half(&self) -> Option<&[u8; 16]> {
        let (half, rest) = self.0.split_first_chunk()?;
        bool::from(rest.ct_eq(&[0; 16])).then_some(half)
    }
}

impl fmt::Debug for AccountSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountSeed(…)")
    }
}

impl Drop for AccountSeed {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl PartialEq for AccountSeed {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for AccountSeed {}

/// The keys of one account. Holds secrets; clones share them, dropping the last one wipes them.
#[derive(Clone)]
pub struct AccountKeys {
    secrets: Arc<Secrets>,
    account_id: AccountId,
}

/// What all clones share, in one place, so that handing keys on copies nothing.
struct Secrets {
    seed: AccountSeed,
    signing: Box<SigningKey>,
    x25519: Box<Zeroizing<[u8; 32]>>,
}

impl AccountKeys {
    /// All keys of the account with this seed.
    pub fn from_seed(seed: &AccountSeed) -> Self {
        Self::from_ed25519_seed(&seed.0)
    }

    /// Keys from a full 32-byte Ed25519 seed, an account's or a group's.
    pub fn from_ed25519_seed(full: &[u8; 32]) -> Self {
        let keys = Self::derive(full);
        // Deriving leaves intermediate values in the frames that it used.
        wipe_stack();
        keys
    }

    #[inline(never)]
    fn derive(full: &[u8; 32]) -> Self {
        let signing = Box::new(SigningKey::from_bytes(full));
        let mut expanded = Zeroizing::new([0; 64]);
        expanded.copy_from_slice(&Sha512::digest(full));
        let mut x25519 = Box::new(Zeroizing::new([0; 32]));
        x25519.copy_from_slice(expanded.first_chunk::<32>().expect("64 bytes begin with 32"));
        let [first, .., last] = &mut **x25519;
        *first &= 0xf8;
        *last = (*last & 0x7f) | 0x40;
        let account_id = AccountId::from_x25519(signing.verifying_key().to_montgomery().to_bytes());
        let seed = AccountSeed::of_full(full);
        Self { secrets: Arc::new(Secrets { seed, signing, x25519 }), account_id }
    }

    /// The public name of this account.
    pub fn account_id(&self) -> AccountId {
        self.account_id
    }

    /// The public signing key.
    pub fn ed25519_public(&self) -> [u8; 32] {
        self.secrets.signing.verifying_key().to_bytes()
    }

    /// The public encryption key: the Account ID without its prefix.
    pub fn x25519_public(&self) -> &[u8; 32] {
        self.account_id.x25519()
    }

    /// The secret encryption key (clamped). Secret.
    pub fn x25519_secret(&self) -> &[u8; 32] {
        &self.secrets.x25519
    }

    /// Signs with Ed25519 (RFC 8032, deterministic).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.secrets.signing.sign(message).to_bytes()
    }

    /// The full Ed25519 seed. Secret.
    pub(super) fn ed25519_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.secrets.signing.to_bytes())
    }

    /// The seed, for showing the recovery password.
    pub fn seed(&self) -> &AccountSeed {
        &self.secrets.seed
    }
}

impl fmt::Debug for AccountKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccountKeys").field(&self.account_id).finish()
    }
}

/// The Ed25519 public key of a full 32-byte seed: says whether a seed belongs to a group.
pub fn ed25519_public_of(seed: &[u8; 32]) -> [u8; 32] {
    let public = SigningKey::from_bytes(seed).verifying_key().to_bytes();
    wipe_stack();
    public
}

/// Whether `signature` over `message` was made by `public`, strictly.
///
/// Refuses a non-canonical `S`, a key or commitment of small order, and a non-canonical key, as libsodium does.
pub fn verify(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    is_canonical(public)
        && VerifyingKey::from_bytes(public)
            .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// The X25519 form of somebody else's Ed25519 key.
///
/// None for bytes that are no point, not canonical, of small order or outside the prime-order subgroup: with such a
/// key a conversation could be read by others (libsodium refuses the same).
pub fn ed25519_to_x25519(public: &[u8; 32]) -> Option<[u8; 32]> {
    if !is_canonical(public) {
        return None;
    }
    let point: EdwardsPoint = CompressedEdwardsY(*public).decompress()?;
    // Canonical `y` and yet not its own encoding: only x = 0 with the sign bit set, which is of small order anyway.
    (!point.is_small_order() && point.is_torsion_free()).then(|| point.to_montgomery().to_bytes())
}

/// Overwrites the part of the stack that calls before this one used, as far as [`WIPED_STACK`] reaches.
#[inline(never)]
pub(crate) fn wipe_stack() {
    let mut used = [0_u8; WIPED_STACK];
    used.zeroize();
    std::hint::black_box(&mut used);
}

/// More than deriving keys uses (about 4 KiB with optimization, 20 without), less than any stack has.
const WIPED_STACK: usize = 32 * 1024;

/// Random bytes from the operating system.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

/// 64 bytes that look like an Ed25519 signature and verify against nothing: a random point, a random scalar.
///
/// Attached to every message, so that use of Session Pro is not visible from outside (messages.md 3.1 step 5).
pub fn decoy_signature() -> [u8; 64] {
    let scalar = || Scalar::from_bytes_mod_order_wide(&random_bytes());
    let point = EdwardsPoint::mul_base(&scalar()).compress();
    let mut signature = [0; 64];
    let bytes = point.as_bytes().iter().chain(scalar().as_bytes().iter()).copied().collect::<Vec<_>>();
    signature.copy_from_slice(&bytes);
    signature
}

/// Whether X25519 with this key gives the same (all-zero) secret to everybody.
///
/// The encodings libsodium refuses, its unused top bit ignored (jedisct1/libsodium
/// `src/libsodium/crypto_scalarmult/curve25519/ref10/x25519_ref10.c`).
pub fn is_low_order_x25519(key: &[u8; 32]) -> bool {
    let mut key = *key;
    if let Some(last) = key.last_mut() {
        *last &= 0x7f;
    }
    LOW_ORDER_X25519.contains(&key)
}

/// The `y` of a compressed point is below the field prime 2^255 - 19.
fn is_canonical(point: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = point;
    !(*first >= 0xed && middle.iter().all(|byte| *byte == 0xff) && last & 0x7f == 0x7f)
}

/// u = 0, 1, the two of order eight, p-1, p, p+1.
const LOW_ORDER_X25519: [[u8; 32]; 7] = {
    const fn near_prime(low: u8) -> [u8; 32] {
        let mut u = [0xff; 32];
        u.split_at_mut(1).0.copy_from_slice(&[low]);
        u.split_at_mut(31).1.copy_from_slice(&[0x7f]);
        u
    }
    [
        [0; 32],
        [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [
            0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09,
            0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
        ],
        [
            0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44,
            0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
        ],
        near_prime(0xec),
        near_prime(0xed),
        near_prime(0xee),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::EIGHT_TORSION;
    use curve25519_dalek::montgomery::MontgomeryPoint;
    use proptest::prelude::*;

    #[test]
    fn the_secret_and_public_encryption_keys_belong_together() {
        let keys = AccountKeys::from_seed(&AccountSeed::random());
        let public = MontgomeryPoint::mul_base_clamped(*keys.x25519_secret());
        assert_eq!(&public.to_bytes(), keys.x25519_public());
        assert_eq!(ed25519_to_x25519(&keys.ed25519_public()), Some(*keys.x25519_public()));
    }

    #[test]
    fn a_full_seed_has_the_public_key_of_its_account() {
        let keys = AccountKeys::from_ed25519_seed(&[0xab; 32]);
        assert_eq!(ed25519_public_of(&[0xab; 32]), keys.ed25519_public());
    }

    #[test]
    fn every_seed_is_another_account() {
        let one = AccountKeys::from_seed(&AccountSeed::random());
        let other = AccountKeys::from_seed(&AccountSeed::random());
        assert_ne!(one.account_id(), other.account_id());
        assert_eq!(AccountKeys::from_seed(one.seed()).account_id(), one.account_id());
    }

    #[test]
    fn the_seed_of_an_account_has_16_bytes_or_32() {
        let mut bytes = [7; 32];
        let long = AccountSeed::copy_of(&bytes).unwrap();
        assert_eq!((long.as_bytes(), long.half()), (&[7; 32][..], None));
        assert_eq!(AccountKeys::from_seed(&long).account_id(), AccountKeys::from_ed25519_seed(&bytes).account_id());
        assert_eq!(AccountKeys::from_seed(&long).seed(), &long);
        bytes[16..].fill(0);
        let short = AccountSeed::copy_of(&bytes).unwrap();
        assert_eq!((short.as_bytes(), short.half()), (&[7; 16][..], Some(&[7; 16])));
        assert_eq!(Some(&short), AccountSeed::copy_of(&[7; 16]).as_ref());
        for length in [0, 15, 17, 31, 33] {
            assert_eq!(AccountSeed::copy_of(&vec![7; length]), None, "{length}");
        }
    }

    #[test]
    fn a_signature_holds_for_its_message_and_key_only() {
        let [ana, bo] = [(); 2].map(|()| AccountKeys::from_seed(&AccountSeed::random()));
        let signature = ana.sign(b"letter");
        assert!(verify(&ana.ed25519_public(), b"letter", &signature));
        assert!(!verify(&ana.ed25519_public(), b"Letter", &signature));
        assert!(!verify(&bo.ed25519_public(), b"letter", &signature));
        assert!(!verify(&ana.ed25519_public(), b"letter", &decoy_signature()));
    }

    /// S + L is the same number to a lenient verifier, and another message hash to everybody else.
    #[test]
    fn a_signature_with_a_non_canonical_scalar_is_refused() {
        const L: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let keys = AccountKeys::from_seed(&AccountSeed::random());
        let mut signature = keys.sign(b"letter");
        let mut carry = 0_u16;
        for (byte, l) in signature[32..].iter_mut().zip(L) {
            carry += u16::from(*byte) + u16::from(l);
            *byte = carry as u8;
            carry >>= 8;
        }
        assert!(!verify(&keys.ed25519_public(), b"letter", &signature));
    }

    #[test]
    fn keys_of_small_order_verify_nothing_and_convert_to_nothing() {
        for point in EIGHT_TORSION {
            let public = point.compress().to_bytes();
            assert_eq!(ed25519_to_x25519(&public), None);
            // R = identity, S = 0 satisfies the lenient equation for such a key.
            let mut signature = [0; 64];
            signature[0] = 1;
            assert!(!verify(&public, b"anything", &signature));
        }
    }

    #[test]
    fn a_key_outside_the_prime_order_group_is_not_converted() {
        let honest = AccountKeys::from_seed(&AccountSeed::random()).ed25519_public();
        let point = CompressedEdwardsY(honest).decompress().unwrap();
        for torsion in EIGHT_TORSION.into_iter().skip(1) {
            assert_eq!(ed25519_to_x25519(&(point + torsion).compress().to_bytes()), None);
        }
    }

    #[test]
    fn encodings_above_the_field_prime_are_refused() {
        for low in 0xed..=0xff_u8 {
            for high in [0x7f, 0xff] {
                let mut public = [0xff; 32];
                (public[0], public[31]) = (low, high);
                assert!(!is_canonical(&public));
                assert_eq!(ed25519_to_x25519(&public), None);
            }
        }
        let mut largest = [0xff; 32];
        (largest[0], largest[31]) = (0xec, 0x7f);
        assert!(is_canonical(&largest));
    }

    #[test]
    fn the_low_order_list_is_what_gives_everybody_the_zero_secret() {
        for key in LOW_ORDER_X25519 {
            let mut other = key;
            other[31] |= 0x80;
            for key in [key, other] {
                assert!(is_low_order_x25519(&key));
                assert_eq!(MontgomeryPoint(key).mul_clamped(random_bytes()).to_bytes(), [0; 32]);
            }
        }
        for point in EIGHT_TORSION {
            assert!(is_low_order_x25519(&point.to_montgomery().to_bytes()));
        }
        assert!(!is_low_order_x25519(&[9; 32]));
    }

    #[test]
    fn a_decoy_signature_has_the_shape_of_a_real_one() {
        let decoy = decoy_signature();
        let signature = Signature::from_bytes(&decoy);
        assert!(CompressedEdwardsY(*signature.r_bytes()).decompress().unwrap().is_torsion_free());
        assert!(bool::from(Scalar::from_canonical_bytes(*signature.s_bytes()).is_some()));
        assert_ne!(decoy, decoy_signature());
    }

    #[test]
    fn secrets_are_not_printed() {
        let keys = AccountKeys::from_ed25519_seed(&[0xab; 32]);
        for text in [format!("{keys:?}"), format!("{:?}", keys.seed())] {
            assert!(!text.contains("abab") && !text.contains("171"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_key_functions_panic(key in any::<[u8; 32]>(), message in any::<Vec<u8>>(), half in any::<[u8; 32]>()) {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&key);
            signature[32..].copy_from_slice(&half);
            prop_assert!(!verify(&key, &message, &signature));
            let _ = ed25519_to_x25519(&key);
        }
    }
}
