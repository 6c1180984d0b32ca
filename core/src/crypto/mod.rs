//! Keys and primitives, pure; the only room that names cipher crates.
//!
//! | question | file |
//! |---|---|
//! | who is who | [`id`]: Account IDs |
//! | what we own | [`keys`]: seed, Ed25519 and X25519 keys, strict verification |
//! | how a person carries an account | [`mnemonic`]: recovery password and BIP-39 phrase |
//! | what a name may be | [`name`] |
//! | how a letter is closed and opened | [`mod@seal`]: sealed box with the sender's signature inside |
//! | how a config message is closed and opened | [`config_seal`]: keys and nonces that follow from the text |
//! | how an onion layer is closed and opened | [`channel`]: XChaCha20-Poly1305 and AES-256-GCM |
//! | digests | [`hash`] |
//! | how a database key is wrapped | [`vault`]: Argon2id and XChaCha20-Poly1305 |
//!
//! Nothing here is async, knows a socket, a database or a clock. Secrets are zeroized when dropped and never printed.

pub mod channel;
pub mod config_seal;
pub mod hash;
pub mod id;
pub mod keys;
pub mod mnemonic;
pub mod name;
pub mod seal;
pub mod vault;

pub use channel::{Cipher, Ephemeral, LayerKey};
pub use config_seal::{CONFIG_OVERHEAD, ConfigBase, seal_to_self};
pub use hash::{blake2b_256, blake2b_keyed_128, sha256};
pub use id::{AccountId, IdError};
pub use keys::{AccountKeys, AccountSeed, decoy_signature, ed25519_public_of, ed25519_to_x25519, random_bytes, verify};
pub use mnemonic::{PhraseError, bip39_phrase, parse_phrase, recovery_password, recovery_words};
pub use name::{clean_name, cut_display_name, display_name};
pub use seal::{SealError, open, seal};

// What only vectors, fuzz, benchmarks and the tests of single rooms name.
#[cfg(feature = "vectors-fuzz-benches")]
pub use channel::ChannelError;
#[cfg(feature = "vectors-fuzz-benches")]
pub use hash::blake2b_keyed_256;
#[cfg(feature = "vectors-fuzz-benches")]
pub use name::NameError;
#[cfg(feature = "vectors-fuzz-benches")]
pub use seal::{Opened, seal_with_ephemeral};
