//! The key of one database.

use std::fmt;

use zeroize::{Zeroize as _, Zeroizing};

use crate::crypto::random_bytes;

/// The random 32-byte key that a database is encrypted with. Leaves memory when dropped; never printed.
///
/// It is made once with the account and never changes: vaults only wrap it (see [`super::vault`]).
///
/// Lies in a place of its own, so that moving it moves no secret: what is moved leaves its bytes behind.
#[derive(Clone)]
pub struct DatabaseKey(Box<[u8; 32]>);

impl DatabaseKey {
    /// A fresh key from the operating system's randomness.
    pub fn random() -> Self {
        Self::from_bytes(random_bytes())
    }

    /// A given key. Wipes what it is given.
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        let key = Self::copy_of(&bytes);
        bytes.zeroize();
        key
    }

    /// A key that stands somewhere else too; whoever owns that wipes it.
    pub fn copy_of(bytes: &[u8; 32]) -> Self {
        let mut key = Box::new([0; 32]);
        key.copy_from_slice(bytes);
        Self(key)
    }

    /// The key itself.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The statement that opens a database with this key, without key derivation. SQLite takes it as it stands, so no
    /// second copy of the text is made on the way.
    pub(super) fn pragma(&self) -> Zeroizing<String> {
        self.statement("PRAGMA key = \"x'", &[])
    }

    /// The statement that writes an open database anew under this key.
    pub(super) fn rekey_pragma(&self) -> Zeroizing<String> {
        self.statement("PRAGMA rekey = \"x'", &[])
    }

    /// As [`Self::pragma`], for a database whose salt is not in its first bytes.
    pub(super) fn pragma_with(&self, salt: &[u8; 16]) -> Zeroizing<String> {
        self.statement("PRAGMA key = \"x'", salt)
    }

    fn statement(&self, begins: &str, salt: &[u8]) -> Zeroizing<String> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = Zeroizing::new(String::with_capacity(128));
        text.push_str(begins);
        for byte in self.0.iter().chain(salt) {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0')));
            }
        }
        text.push_str("'\"");
        text
    }
}

impl Drop for DatabaseKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_printed_and_becomes_a_raw_key_statement() {
        let key = DatabaseKey::from_bytes([0xa5; 32]);
        assert_eq!(format!("{key:?}"), "DatabaseKey(..)");
        assert_eq!(key.pragma().as_str(), format!("PRAGMA key = \"x'{}'\"", "a5".repeat(32)));
        assert_eq!(key.pragma_with(&[1; 16]).len(), key.pragma().len() + 32);
        assert!(key.pragma_with(&[1; 16]).len() <= 128, "the text never grows, so no copy of it is left behind");
        assert_ne!(DatabaseKey::random().as_bytes(), DatabaseKey::random().as_bytes());
    }
}
