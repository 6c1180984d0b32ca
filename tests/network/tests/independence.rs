//! The network shares nothing with core: neither the crate nor its cipher crates.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::process::Command;

/// Packages of the whole dependency tree, with build and test dependencies.
fn tree(package: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--prefix", "none", "--edges", "normal,build,dev"])
        .args(["--format", "{p}", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// Cipher crates of the Rust world; core uses most of them.
const RUST_CIPHERS: [&str; 24] = [
    "aead",
    "aes",
    "aes-gcm",
    "argon2",
    "blake2",
    "blake2b_simd",
    "chacha20",
    "chacha20poly1305",
    "crypto_box",
    "crypto_secretbox",
    "curve25519-dalek",
    "digest",
    "ed25519",
    "ed25519-dalek",
    "ghash",
    "hkdf",
    "hmac",
    "poly1305",
    "ring",
    "rustls",
    "salsa20",
    "sha2",
    "x25519-dalek",
    "xeddsa",
];

#[test]
fn the_dependency_tree_has_neither_core_nor_its_cipher_crates() {
    let packages = tree("onionskin-network");
    assert!(!packages.iter().any(|package| package == "onionskin-core"));
    for cipher in RUST_CIPHERS {
        assert!(!packages.iter().any(|package| package == cipher), "{cipher} is in the tree");
    }
    for library in ["openssl", "libsodium-sys-stable"] {
        assert!(packages.iter().any(|package| package == library), "{library} makes the cryptography");
    }
}

#[test]
fn the_search_would_find_what_core_uses() {
    let packages = tree("onionskin-core");
    let found = RUST_CIPHERS.iter().filter(|cipher| packages.iter().any(|package| package == *cipher)).count();
    assert!(found >= 8, "only {found} of the names occur in core; the list above is out of date");
}
