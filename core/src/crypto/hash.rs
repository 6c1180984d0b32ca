//! Digests: BLAKE2b in the length-parameterised form (the output length is part of the hash) and SHA-256.
//!
//! Inputs are given in parts and hashed as if joined, so that nobody builds a buffer only to hash it.

use blake2::digest::consts::{U16, U24, U32};
use blake2::digest::{Digest, FixedOutput, KeyInit, Mac};
use blake2::{Blake2b, Blake2bMac};
use sha2::Sha256;

/// BLAKE2b with 32 bytes of output over the joined `parts`.
pub fn blake2b_256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Blake2b::<U32>::new();
    for part in parts {
        Digest::update(&mut hasher, part);
    }
    hasher.finalize().into()
}

/// BLAKE2b with 24 bytes of output over the joined `parts`: the nonce of a sealed box.
pub fn blake2b_192(parts: &[&[u8]]) -> [u8; 24] {
    let mut hasher = Blake2b::<U24>::new();
    for part in parts {
        Digest::update(&mut hasher, part);
    }
    hasher.finalize().into()
}

/// BLAKE2b with 32 bytes of output and BLAKE2b's own key parameter (not HMAC).
///
/// A key longer than 64 bytes does not exist in BLAKE2b; it is hashed first. An empty key is the unkeyed hash.
pub fn blake2b_keyed_256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    if key.is_empty() {
        // The crate's MAC with an empty key still feeds a key block: a different, wrong, hash.
        return blake2b_256(parts);
    }
    let Ok(mut mac) = <Blake2bMac<U32> as KeyInit>::new_from_slice(key) else {
        return blake2b_keyed_256(&blake2b_256(&[key]), parts);
    };
    for part in parts {
        Mac::update(&mut mac, part);
    }
    mac.finalize_fixed().into()
}

/// BLAKE2b with 24 bytes of output and BLAKE2b's own key parameter: the nonce of a config message.
///
/// None for an empty key or one of more than 64 bytes.
pub fn blake2b_keyed_192(key: &[u8], parts: &[&[u8]]) -> Option<[u8; 24]> {
    let mut mac = <Blake2bMac<U24> as KeyInit>::new_from_slice(key).ok().filter(|_| !key.is_empty())?;
    for part in parts {
        Mac::update(&mut mac, part);
    }
    Some(mac.finalize_fixed().into())
}

/// BLAKE2b with 16 bytes of output and BLAKE2b's own key parameter: a name that only who has the key can recompute.
///
/// None for an empty key or one of more than 64 bytes.
pub fn blake2b_keyed_128(key: &[u8], parts: &[&[u8]]) -> Option<[u8; 16]> {
    let mut mac = <Blake2bMac<U16> as KeyInit>::new_from_slice(key).ok().filter(|_| !key.is_empty())?;
    for part in parts {
        Mac::update(&mut mac, part);
    }
    Some(mac.finalize_fixed().into())
}

/// SHA-256 over the joined `parts`.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        Digest::update(&mut hasher, part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_match_what_b2sum_and_sha256sum_print() {
        // printf abc | b2sum -l 256; printf abc | sha256sum
        assert_eq!(
            hex::encode(blake2b_256(&[b"abc"])),
            "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"
        );
        assert_eq!(hex::encode(sha256(&[b"abc"])), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_keyed_digest_of_sixteen_bytes_is_blake2bs_own() {
        // python3: hashlib.blake2b(b"abc", key=bytes([7] * 32), digest_size=16).hexdigest()
        let digest = blake2b_keyed_128(&[7; 32], &[b"a", b"bc"]).map(hex::encode);
        assert_eq!(digest.as_deref(), Some("c27f58883b0633941eaf605b4cd7ccf4"));
        assert_eq!((blake2b_keyed_128(&[], &[b"abc"]), blake2b_keyed_128(&[7; 65], &[b"abc"])), (None, None));
    }

    #[test]
    fn parts_hash_like_their_join() {
        assert_eq!(blake2b_256(&[b"a", b"", b"bc"]), blake2b_256(&[b"abc"]));
        assert_eq!(blake2b_192(&[b"a", b"bc"]), blake2b_192(&[b"abc"]));
        assert_eq!(sha256(&[b"ab", b"c"]), sha256(&[b"abc"]));
        assert_eq!(blake2b_keyed_256(b"k", &[b"a", b"bc"]), blake2b_keyed_256(b"k", &[b"abc"]));
    }

    #[test]
    fn a_key_changes_the_hash_and_no_key_does_not() {
        assert_ne!(blake2b_keyed_256(b"k", &[b"abc"]), blake2b_256(&[b"abc"]));
        assert_eq!(blake2b_keyed_256(b"", &[b"abc"]), blake2b_256(&[b"abc"]));
        assert_ne!(blake2b_keyed_256(&[7; 65], &[b"abc"]), blake2b_keyed_256(&[7; 64], &[b"abc"]));
    }

    #[test]
    fn the_output_length_is_part_of_the_hash() {
        assert_ne!(blake2b_192(&[b"abc"])[..], blake2b_256(&[b"abc"])[..24]);
    }
}
