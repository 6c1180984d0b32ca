//! Several calls in one request, and what each of them became.
//!
//! `batch` runs its calls in any order and answers all of them; `sequence` runs them strictly in order and stops after the
//! first that fails. When every part failed in the same way, the whole request did (so that a 421 or 406 for one account
//! is treated once, not per part): libsession-util `src/network/session_network.cpp`.

use std::time::Duration;

use super::error::SwarmError;
use super::request::{Call, Expiry, MAX_BATCH_CALLS, MAX_DATA_BYTES};
use super::response::{self, ExpiredBy, Members, Messages, Part, StoredBy, is_success};
use crate::address::Address;
use crate::address::SwarmHash;
use crate::clock::Timestamp;
use crate::onion::{NodeKey, Way};

/// What one call became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Of `store`.
    Stored(Members<StoredBy>),
    /// Of `retrieve`.
    Retrieved(Messages),
    /// Of `delete`, `delete_all` and `delete_before`: what each member deleted.
    Deleted(Members<Vec<SwarmHash>>),
    /// Of `expire`.
    Expired(Members<ExpiredBy>),
    /// Of `expire_all`: what each member shortened.
    Shortened(Members<Vec<SwarmHash>>),
    /// Of `get_expiries`: ends of lifetimes as the asked node has them.
    Expiries(Vec<(SwarmHash, Timestamp)>),
    /// Of `revoke_subaccount` and `unrevoke_subaccount`.
    Rights(Members<()>),
}

/// What a `batch` or `sequence` became.
#[derive(Clone, Debug)]
pub struct Batched {
    /// One for each call, in their order; a sequence that stopped has fewer. A change is here only when enough members
    /// proved it ([`Quorum`](super::Quorum)).
    pub results: Vec<Result<Outcome, SwarmError>>,
    /// The member that answered.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests alone"))]
    pub node: NodeKey,
    /// The way of the request.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests alone"))]
    pub way: Way,
}

/// How several calls travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One call by itself.
    Single,
    /// In any order, all answered.
    Batch,
    /// In order, until one fails.
    Sequence,
}

impl Form {
    /// How long one attempt at these calls may take.
    ///
    /// The node that is asked answers a write only when all members of the swarm did, or after five seconds each that
    /// they are away: session-foundation/session-storage-server `oxenss/rpc/request_handler.cpp` (`distribute_command`).
    /// The calls of a sequence wait for that one after the other. Relays let go of a request after 30 s, so waiting longer is vain.
    pub(super) fn patience(self, calls: &[Call], one: Duration) -> Duration {
        let writes = calls.iter().filter(|call| call.is_write()).count();
        let in_turn = if self == Self::Sequence { writes } else { writes.min(1) };
        let more = u32::try_from(in_turn.saturating_sub(1)).unwrap_or(u32::MAX);
        (one + MEMBER_WAIT.saturating_mul(more)).min(RELAY_LIMIT.max(one))
    }
}

/// How long a storage server waits for another one of the swarm.
const MEMBER_WAIT: Duration = Duration::from_secs(5);

/// A little less than relays wait.
const RELAY_LIMIT: Duration = Duration::from_secs(29);

/// Refuses before sending what nodes would refuse anyway.
pub(super) fn check(calls: &[Call], signs: bool) -> Result<(), SwarmError> {
    if calls.is_empty() || calls.len() > MAX_BATCH_CALLS {
        return Err(SwarmError::WrongBatch);
    }
    for call in calls {
        if call.needs_signature() && !signs {
            return Err(SwarmError::NeedsSignature);
        }
        match call {
            Call::Store(store) => {
                if store.data.len() > MAX_DATA_BYTES {
                    return Err(SwarmError::TooLarge { found: store.data.len(), limit: MAX_DATA_BYTES });
                }
                if store.ttl < super::namespace::MIN_TTL || store.ttl > store.namespace.max_ttl() {
                    return Err(SwarmError::WrongLifetime);
                }
            }
            Call::Expire { hashes, expiry: Expiry::Each(ends), .. } if ends.len() != hashes.len() => {
                return Err(SwarmError::WrongBatch);
            }
            _ => {}
        }
    }
    Ok(())
}

/// The status that counts for a whole batch, and the body that belongs to it: the parts' own where all failed alike.
pub(super) fn common_status<'a>(parts: &[Part<'a>]) -> Option<(u16, &'a str)> {
    let first = parts.first()?;
    let alike = parts.iter().all(|part| part.status == first.status);
    (alike && !is_success(first.status)).then_some((first.status, first.body))
}

/// Reads the answer to `call`, which was signed at `signed_at` for `of`'s storage. That nobody proved it is no error here.
pub(super) fn outcome(
    call: &Call,
    of: &Address,
    signed_at: Timestamp,
    body: &str,
    known: impl Fn(&NodeKey) -> bool,
) -> Result<Outcome, SwarmError> {
    Ok(match call {
        Call::Store(store) => {
            let hash = SwarmHash::of(of, store.namespace, &store.data);
            Outcome::Stored(response::stored(body, &hash, known)?)
        }
        Call::Retrieve(retrieve) => Outcome::Retrieved(response::retrieved(body, of, retrieve.namespace)?),
        Call::Delete { hashes, .. } => Outcome::Deleted(response::deleted(body, of, hashes, known)?),
        Call::DeleteAll(namespaces) => {
            Outcome::Deleted(response::deleted_all(body, of, *namespaces, signed_at, known)?)
        }
        Call::DeleteBefore { namespaces, before } => {
            Outcome::Deleted(response::deleted_all(body, of, *namespaces, *before, known)?)
        }
        Call::Expire { hashes, expiry, .. } => Outcome::Expired(response::expired(body, of, hashes, expiry, known)?),
        Call::ExpireAll { namespaces, expiry } => {
            Outcome::Shortened(response::expired_all(body, of, *namespaces, *expiry, known)?)
        }
        Call::GetExpiries(hashes) => Outcome::Expiries(response::expiries(body, hashes)?),
        Call::RevokeSubaccounts(tokens) | Call::UnrevokeSubaccounts(tokens) => {
            Outcome::Rights(response::revoked(body, of, signed_at, tokens, known)?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Namespace;
    use crate::swarm::namespace::Namespaces;
    use crate::swarm::request::Store;
    fn store(bytes: usize, seconds: u64) -> Call {
        let ttl = Duration::from_secs(seconds);
        Call::Store(Store { namespace: Namespace::DIRECT, data: vec![0; bytes], ttl, timestamp: None })
    }

    #[test]
    fn a_sequence_has_time_for_a_member_that_is_away_at_each_of_its_writes() {
        let seconds = |form: Form, writes: usize| {
            let calls = vec![store(10, 60); writes];
            form.patience(&calls, Duration::from_secs(10)).as_secs()
        };
        assert_eq!((seconds(Form::Single, 1), seconds(Form::Sequence, 1)), (10, 10));
        assert_eq!((seconds(Form::Sequence, 2), seconds(Form::Sequence, 4)), (15, 25));
        assert_eq!(seconds(Form::Sequence, 20), 29, "relays wait no longer");
        assert_eq!(seconds(Form::Batch, 20), 10, "all at once");
        let reads = [Call::GetExpiries(Vec::new()), Call::GetExpiries(Vec::new())];
        assert_eq!(Form::Sequence.patience(&reads, Duration::from_secs(10)).as_secs(), 10);
    }

    #[test]
    fn what_nodes_would_refuse_is_refused_before_it_is_sent() {
        let fortnight = 14 * 24 * 60 * 60;
        assert_eq!(check(&[store(76_800, fortnight)], false), Ok(()));
        assert_eq!(check(&[store(76_801, 60)], false), Err(SwarmError::TooLarge { found: 76_801, limit: 76_800 }));
        assert_eq!(check(&[store(1, 9)], false), Err(SwarmError::WrongLifetime));
        assert_eq!(check(&[store(1, fortnight + 1)], false), Err(SwarmError::WrongLifetime));
        assert_eq!(check(&[], true), Err(SwarmError::WrongBatch));
        assert_eq!(check(&vec![store(1, 60); 21], true), Err(SwarmError::WrongBatch));
        assert_eq!(check(&[Call::DeleteAll(Namespaces::All)], false), Err(SwarmError::NeedsSignature));
    }

    #[test]
    fn parts_that_all_failed_alike_are_one_failure() {
        let part = |status| Part { status, body: "x" };
        assert_eq!(common_status(&[part(421), part(421)]), Some((421, "x")));
        assert_eq!(common_status(&[part(421), part(406)]), None);
        assert_eq!(common_status(&[part(200), part(200)]), None);
        assert_eq!(common_status(&[part(200), part(421)]), None);
        assert_eq!(common_status(&[]), None);
    }
}
