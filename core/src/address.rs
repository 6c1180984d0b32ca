//! What names a place in the network: whose storage ([`Address`]), which compartment of it ([`Namespace`]; both
//! together a [`Place`]), and which message there ([`SwarmHash`]).
//!
//! A leaf: every room but the cellar's locks may import it, so that the ledger, the documents and the roads speak of places
//! with the same three words. Which swarm keeps an address, and what a node demands for a namespace, is `swarm`'s affair.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::crypto::{self, AccountId};

/// An id that has a swarm: one prefix byte and 32 key bytes. Accounts (05) and groups (03) both have one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; 33]);

impl Address {
    /// From prefix byte and key bytes. Any prefix is taken: a node that does not like it says so.
    pub const fn from_bytes(bytes: [u8; 33]) -> Self {
        Self(bytes)
    }

    /// From 66 hexadecimal digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 33];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// Prefix byte and key bytes.
    pub const fn as_bytes(&self) -> &[u8; 33] {
        &self.0
    }

    /// The kind of id: 0x05 for accounts, 0x03 for groups.
    pub const fn prefix(&self) -> u8 {
        self.0[0]
    }
}

impl From<&AccountId> for Address {
    fn from(id: &AccountId) -> Self {
        Self(*id.as_bytes())
    }
}

impl From<AccountId> for Address {
    fn from(id: AccountId) -> Self {
        Self::from(&id)
    }
}

impl From<&Address> for Address {
    fn from(address: &Address) -> Self {
        *address
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Only the kind and the first digits, so that a log never holds a whole id.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}{:02x}..", self.0[0], self.0[1])
    }
}

/// One compartment of an account's or group's storage, a 16-bit number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(pub i16);

impl Namespace {
    /// Direct messages: anyone may deposit, the owner reads.
    pub const DIRECT: Self = Self(0);
    /// Config: name, picture and settings of the account.
    pub const USER_PROFILE: Self = Self(2);
    /// Config: contacts, approvals and blocks.
    pub const CONTACTS: Self = Self(3);
    /// Config: what was read up to where.
    pub const CONVO_INFO: Self = Self(4);
    /// Config: groups and communities of the account.
    pub const USER_GROUPS: Self = Self(5);

    /// The number.
    pub const fn number(self) -> i16 {
        self.0
    }

    /// The namespace as signed texts and hashes spell it: decimal, but nothing at all for the default namespace.
    pub fn signed_text(self) -> String {
        if self == Self::DIRECT { String::new() } else { self.0.to_string() }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One compartment of somebody's storage: where a message lay, or where one goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Whose storage.
    pub owner: Address,
    /// Which compartment of it.
    pub namespace: Namespace,
}

/// The longest that any namespace keeps anything: 30 days, for configs. What a node claims beyond that is not believed.
pub const LONGEST_TTL: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Place {
    /// The name that `data` gets here.
    pub fn name(&self, data: &[u8]) -> SwarmHash {
        SwarmHash::of(&self.owner, self.namespace, data)
    }
}

/// Name of a stored message: 43 characters of unpadded standard base64.
///
/// Every node computes it from owner, namespace and data, and so do we: before a store, to know what the nodes must answer,
/// and after a retrieve, to know that the node did not swap the data. BLAKE2b-256 over prefix byte, key bytes, namespace in
/// decimal (nothing for the default one) and data. Source: session-foundation/session-storage-server
/// `oxenss/rpc/request_handler.cpp` (`computeMessageHash`).
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
    fn an_address_is_66_hex_digits_and_nothing_else() {
        assert!(Address::parse("").is_none());
        assert!(Address::parse(&"0".repeat(65)).is_none());
        assert!(Address::parse(&"g".repeat(66)).is_none());
        assert_eq!(Address::parse(&"0A".repeat(33)).unwrap().to_string(), "0a".repeat(33));
        assert_eq!(format!("{:?}", Address::parse(&"05".repeat(33)).unwrap()), "0505..");
        let both = [Address::from_bytes([5; 33]).prefix(), Address::from_bytes([3; 33]).prefix()];
        assert_eq!(both, [5, 3]);
    }

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
