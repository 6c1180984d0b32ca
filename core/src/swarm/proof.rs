//! What members of a swarm sign about their work, byte for byte.
//!
//! The texts bind the owner, what was asked and what was done, so that a proof of one request cannot stand for another.
//! The signature of a deposit binds only the hash, which is made of owner, namespace and data. Source:
//! session-foundation/session-storage-server `oxenss/rpc/client_rpc_endpoints.h`.

use super::auth::joined;
use crate::address::Address;
use crate::address::SwarmHash;
use crate::clock::Timestamp;

/// Of `store`.
pub fn stored_text(hash: &SwarmHash) -> String {
    hash.to_string()
}

/// Of `delete`: owner, asked hashes in their order, deleted hashes as returned (sorted).
pub fn deleted_text(of: &Address, asked: &[SwarmHash], deleted: &[SwarmHash]) -> String {
    format!("{of}{}{}", joined(asked), joined(deleted))
}

/// Of `delete_all`, `delete_before` and `expire_all`: owner, the signed or named time, and all hashes sorted together.
pub fn swept_text(of: &Address, at: Timestamp, sorted: &[SwarmHash]) -> String {
    format!("{of}{at}{}", joined(sorted))
}

/// Of `expire`: owner, ends as returned, asked hashes, changed hashes, and unchanged hashes with their ends, sorted.
pub fn expired_text(
    of: &Address,
    ends: &[Timestamp],
    asked: &[SwarmHash],
    updated: &[SwarmHash],
    unchanged: &[(SwarmHash, Timestamp)],
) -> String {
    let kept: String = unchanged.iter().map(|(hash, end)| format!("{hash}{end}")).collect();
    format!("{of}{}{}{}{kept}", joined(ends), joined(asked), joined(updated))
}

/// Of `revoke_subaccount` and `unrevoke_subaccount`: owner, time and raw tokens.
pub fn revoked_bytes(of: &Address, at: Timestamp, tokens: &[[u8; 36]]) -> Vec<u8> {
    let mut bytes = format!("{of}{at}").into_bytes();
    tokens.iter().for_each(|token| bytes.extend_from_slice(token));
    bytes
}
