//! The name a swarm gives to a stored message.
//!
//! Every node computes it from owner, namespace and data, and so do we: before a store, to know what the nodes must
//! answer, and after a retrieve, to know that the node did not swap the data.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::address::Address;
use super::namespace::Namespace;
use crate::crypto;

/// Name of a stored message: 43 characters of unpadded standard base64.
///
/// BLAKE2b-256 over prefix byte, key bytes, namespace in decimal (nothing for the default one) and data. Source:
/// session-foundation/session-storage-server `oxenss/rpc/request_handler.cpp` (`computeMessageHash`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SwarmHash(String);

impl SwarmHash {
    /// Characters of every hash.
    pub const LENGTH: usize = 43;

    /// Takes 43 characters of the standard base64 alphabet; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let of_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
        (text.len() == Self::LENGTH && text.bytes().all(of_alphabet)).then(|| Self(text.to_owned()))
    }

    /// The name that `data` gets in `namespace` of `owner`.
    pub fn of(owner: &Address, namespace: Namespace, data: &[u8]) -> Self {
        let text = namespace.signed_text();
        Self(STANDARD_NO_PAD.encode(crypto::blake2b_256(&[owner.as_bytes(), text.as_bytes(), data])))
    }

    /// The 43 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SwarmHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Only the first characters: whoever holds a whole hash and the network's data can tell whose message it was.
impl fmt::Debug for SwarmHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..", self.0.get(..6).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_43_characters_of_base64_and_nothing_else() {
        let hash = SwarmHash::of(&Address::from_bytes([5; 33]), Namespace::DIRECT, b"hello");
        assert_eq!(hash.as_str().len(), SwarmHash::LENGTH);
        assert_eq!(SwarmHash::parse(hash.as_str()), Some(hash));
        for wrong in ["", &"a".repeat(42), &"a".repeat(44), &"-".repeat(43), &"\u{e9}".repeat(21), &"= ".repeat(22)] {
            assert_eq!(SwarmHash::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn owner_namespace_and_data_all_change_the_hash() {
        let owner = Address::from_bytes([5; 33]);
        let hash = SwarmHash::of(&owner, Namespace::DIRECT, b"hello");
        assert_ne!(hash, SwarmHash::of(&Address::from_bytes([3; 33]), Namespace::DIRECT, b"hello"));
        assert_ne!(hash, SwarmHash::of(&owner, Namespace::CONTACTS, b"hello"));
        assert_ne!(hash, SwarmHash::of(&owner, Namespace::DIRECT, b"hallo"));
        assert_eq!(format!("{hash:?}").len(), 8, "logs get the beginning only");
    }
}
