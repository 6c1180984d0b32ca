//! Who signs a storage request, and exactly which bytes are signed.
//!
//! The texts have no separators; numbers are plain decimal, the default namespace is empty. Source of every text:
//! session-foundation/session-storage-server `oxenss/rpc/client_rpc_endpoints.h`; examples are in the vectors
//! (`requests`).

use super::namespace::Namespaces;
use crate::address::Address;
use crate::address::Namespace;
use crate::address::SwarmHash;
use crate::clock::Timestamp;
use crate::crypto::AccountKeys;

/// Somebody who may act on an address's storage: the owner of an account or of a group, or a member of a group.
pub trait Auth: Send + Sync {
    /// Whose storage.
    fn address(&self) -> Address;

    /// The Ed25519 key behind the address, sent as `pubkey_ed25519`. Accounts (05) must name it, because their id holds
    /// only the X25519 form; for all others it must be absent.
    fn ed25519_public(&self) -> Option<[u8; 32]>;

    /// Signs a request's text.
    fn sign(&self, text: &[u8]) -> [u8; 64];

    /// For members of a group: the token they sign with and the owner's signature over it.
    fn subaccount(&self) -> Option<Subaccount> {
        None
    }
}

impl Auth for AccountKeys {
    fn address(&self) -> Address {
        Address::from(&self.account_id())
    }

    fn ed25519_public(&self) -> Option<[u8; 32]> {
        Some(AccountKeys::ed25519_public(self))
    }

    fn sign(&self, text: &[u8]) -> [u8; 64] {
        AccountKeys::sign(self, text)
    }
}

/// Right of a group member to act on the group's storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subaccount {
    /// Network prefix, flags, two zero bytes and the member's signing key.
    pub token: [u8; 36],
    /// The group owner's signature over the token.
    pub signature: [u8; 64],
}

/// How an `expire` may change lifetimes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExpireMode {
    /// Set, whether that is earlier or later.
    Set,
    /// Only where it becomes earlier.
    Shorten,
    /// Only where it becomes later.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for disappearing messages"))]
    Extend,
}

impl ExpireMode {
    /// The word in the signed text, which is also the name of the request's flag; empty for [`ExpireMode::Set`].
    pub const fn word(self) -> &'static str {
        match self {
            Self::Set => "",
            Self::Shorten => "shorten",
            Self::Extend => "extend",
        }
    }
}

/// Text of `store`.
pub fn store_text(namespace: Namespace, at: Timestamp) -> String {
    format!("store{}{at}", namespace.signed_text())
}

/// Text of `retrieve`.
pub fn retrieve_text(namespace: Namespace, at: Timestamp) -> String {
    format!("retrieve{}{at}", namespace.signed_text())
}

/// Text of `delete`: the hashes in the order of the request, and no time.
pub fn delete_text(hashes: &[SwarmHash]) -> String {
    format!("delete{}", joined(hashes))
}

/// Text of `delete_all`.
pub fn delete_all_text(namespaces: Namespaces, at: Timestamp) -> String {
    format!("delete_all{}{at}", namespaces.signed_text())
}

/// Text of `delete_before`.
pub fn delete_before_text(namespaces: Namespaces, before: Timestamp) -> String {
    format!("delete_before{}{before}", namespaces.signed_text())
}

/// Text of `expire`: all expiry values one after the other, then all hashes.
pub fn expire_text(mode: ExpireMode, expiries: &[Timestamp], hashes: &[SwarmHash]) -> String {
    format!("expire{}{}{}", mode.word(), joined(expiries), joined(hashes))
}

/// Text of `expire_all`.
pub fn expire_all_text(namespaces: Namespaces, expiry: Timestamp) -> String {
    format!("expire_all{}{expiry}", namespaces.signed_text())
}

/// Text of `get_expiries`.
pub fn get_expiries_text(at: Timestamp, hashes: &[SwarmHash]) -> String {
    format!("get_expiries{at}{}", joined(hashes))
}

/// Bytes of `revoke_subaccount` and `unrevoke_subaccount`: the only ones that are not text, for the tokens are raw.
pub fn revocation_bytes(method: &str, at: Timestamp, tokens: &[[u8; 36]]) -> Vec<u8> {
    let mut bytes = format!("{method}{at}").into_bytes();
    tokens.iter().for_each(|token| bytes.extend_from_slice(token));
    bytes
}

/// All items' texts one after the other.
pub(super) fn joined(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect()
}
