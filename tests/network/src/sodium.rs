//! The only file that talks to a C library by hand: safe wrappers around libsodium.
//!
//! Core computes the same things with Rust crates. Here they come from libsodium (and, in [`crate::cipher`], from
//! OpenSSL), so that a mistake in one place cannot cancel out in the other.
#![allow(unsafe_code)] // libsodium has a C interface; every call below passes lengths taken from the slices it points to

use std::sync::Once;

use libsodium_sys as ffi;

/// Bytes that XChaCha20-Poly1305 adds to a plaintext.
const TAG_BYTES: usize = 16;

/// libsodium must be initialised once before its first use; after that all functions here are thread safe.
fn ready() {
    static ONCE: Once = Once::new();
    // SAFETY: takes no arguments; `Once` keeps it from running twice at the same time.
    ONCE.call_once(|| assert!(unsafe { ffi::sodium_init() } >= 0, "libsodium did not start"));
}

/// XChaCha20-Poly1305-IETF without associated data: ciphertext and tag, the nonce is not included.
pub(crate) fn xchacha_seal(key: &[u8; 32], nonce: &[u8; 24], plain: &[u8]) -> Vec<u8> {
    ready();
    let mut sealed = vec![0; plain.len() + TAG_BYTES];
    let mut written = 0;
    // SAFETY: `sealed` has room for the plaintext and the tag; key and nonce have the lengths the function reads.
    let code = unsafe {
        ffi::crypto_aead_xchacha20poly1305_ietf_encrypt(
            sealed.as_mut_ptr(),
            &mut written,
            plain.as_ptr(),
            plain.len() as u64,
            std::ptr::null(),
            0,
            std::ptr::null(),
            nonce.as_ptr(),
            key.as_ptr(),
        )
    };
    assert!(code == 0 && written == sealed.len() as u64, "libsodium always encrypts what fits in memory");
    sealed
}

/// The inverse of [`xchacha_seal`]; nothing when the tag is wrong or missing.
pub(crate) fn xchacha_open(key: &[u8; 32], nonce: &[u8; 24], sealed: &[u8]) -> Option<Vec<u8>> {
    ready();
    let mut plain = vec![0; sealed.len().checked_sub(TAG_BYTES)?];
    let mut written = 0;
    // SAFETY: `plain` is exactly as long as the ciphertext without its tag.
    let code = unsafe {
        ffi::crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain.as_mut_ptr(),
            &mut written,
            std::ptr::null_mut(),
            sealed.as_ptr(),
            sealed.len() as u64,
            std::ptr::null(),
            0,
            nonce.as_ptr(),
            key.as_ptr(),
        )
    };
    (code == 0).then_some(plain)
}

/// BLAKE2b with an output of `N` bytes (the length is part of the hash) and no key.
pub(crate) fn blake2b<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    ready();
    let text = parts.concat();
    let mut out = [0; N];
    // SAFETY: `out` and `text` are as long as said; a null key of length 0 means no key.
    let code = unsafe {
        ffi::crypto_generichash_blake2b(out.as_mut_ptr(), N, text.as_ptr(), text.len() as u64, std::ptr::null(), 0)
    };
    assert!(code == 0, "16 to 64 bytes of output are allowed");
    out
}

/// BLAKE2b-264 with a salt, as file servers make their ids.
///
/// Source: session-foundation/session-file-server `fileserver/routes.py`.
pub(crate) fn blake2b_salted(salt: &[u8; 16], data: &[u8]) -> [u8; 33] {
    ready();
    let mut out = [0; 33];
    let personal = [0_u8; 16];
    // SAFETY: salt and personal are 16 bytes each, which is what the function reads.
    let code = unsafe {
        ffi::crypto_generichash_blake2b_salt_personal(
            out.as_mut_ptr(),
            out.len(),
            data.as_ptr(),
            data.len() as u64,
            std::ptr::null(),
            0,
            salt.as_ptr(),
            personal.as_ptr(),
        )
    };
    assert!(code == 0, "33 bytes of output are allowed");
    out
}

/// The X25519 form of an Ed25519 public key; nothing for bytes that are no good point.
pub(crate) fn x25519_of_public(ed25519: &[u8; 32]) -> Option<[u8; 32]> {
    ready();
    let mut x25519 = [0; 32];
    // SAFETY: both sides are 32 bytes.
    let code = unsafe { ffi::crypto_sign_ed25519_pk_to_curve25519(x25519.as_mut_ptr(), ed25519.as_ptr()) };
    (code == 0).then_some(x25519)
}

/// The X25519 secret of an Ed25519 seed.
pub(crate) fn x25519_of_seed(seed: &[u8; 32]) -> [u8; 32] {
    ready();
    let mut secret = [0; 64];
    secret[..32].copy_from_slice(seed);
    let mut x25519 = [0; 32];
    // SAFETY: the function reads at most the 64 bytes of an Ed25519 secret key, of which only the seed matters here.
    let code = unsafe { ffi::crypto_sign_ed25519_sk_to_curve25519(x25519.as_mut_ptr(), secret.as_ptr()) };
    assert!(code == 0, "every seed has an X25519 form");
    x25519
}

/// Whether `signature` is a strict Ed25519 signature of `message` under `public`.
pub(crate) fn verify(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    ready();
    // SAFETY: signature and key have the lengths that the function reads.
    let code = unsafe {
        ffi::crypto_sign_ed25519_verify_detached(
            signature.as_ptr(),
            message.as_ptr(),
            message.len() as u64,
            public.as_ptr(),
        )
    };
    code == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_ciphertext_does_not_open() {
        let (key, nonce) = ([7; 32], [9; 24]);
        let mut sealed = xchacha_seal(&key, &nonce, b"letter");
        assert_eq!(xchacha_open(&key, &nonce, &sealed).as_deref(), Some(&b"letter"[..]));
        sealed[0] ^= 1;
        assert_eq!(xchacha_open(&key, &nonce, &sealed), None);
        assert_eq!(xchacha_open(&key, &nonce, b"short"), None);
    }

    #[test]
    fn a_point_of_small_order_has_no_x25519_form() {
        assert_eq!(x25519_of_public(&[0; 32]), None);
    }
}
