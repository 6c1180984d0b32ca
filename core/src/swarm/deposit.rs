//! Depositing one message.

use std::time::Duration;

use super::auth::Auth;
use super::batch::Form;
use super::carry::{Good, Trip};
use super::error::SwarmError;
use super::request::{Call, MAX_DATA_BYTES, Store};
use super::response::{self, Members, StoredBy};
use super::retry::Effort;
use super::swarms::Swarms;
use crate::address::{Address, Namespace, SwarmHash};
use crate::clock::Timestamp;
use crate::onion::{NodeKey, Way};

/// A deposit that at least one member proved.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The message's name in the swarm, computed here.
    pub hash: SwarmHash,
    /// Members that signed for it.
    pub accepted: Vec<NodeKey>,
    /// Members that did not; the swarm itself tries again to reach them.
    pub failed: Vec<NodeKey>,
    /// When the swarm forgets it.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests alone"))]
    pub expires: Timestamp,
    /// Whether it was there before.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests alone"))]
    pub already: bool,
    /// Network time of the deposit.
    pub stored_at: Timestamp,
    /// The way it took.
    pub way: Way,
}

/// What members proved about a deposit, and when it was signed.
struct Proven {
    members: Members<StoredBy>,
    signed_at: Timestamp,
}

impl Swarms {
    /// Deposits `data` for `to`. One member that proves it is enough; the swarm copies it to the others.
    ///
    /// `auth` is needed, and used, only where the namespace demands a signature.
    ///
    /// # Errors
    /// [`SwarmError::TooLarge`] and [`SwarmError::WrongLifetime`] before anything is sent; otherwise what the last of
    /// three attempts found.
    pub async fn store(
        &self,
        to: impl Into<Address>,
        namespace: Namespace,
        data: &[u8],
        ttl: Duration,
        auth: Option<&dyn Auth>,
    ) -> Result<Stored, SwarmError> {
        if data.len() > MAX_DATA_BYTES {
            return Err(SwarmError::TooLarge { found: data.len(), limit: MAX_DATA_BYTES });
        }
        let of = to.into();
        let hash = SwarmHash::of(&of, namespace, data);
        let calls = [Call::Store(Store { namespace, data: data.to_vec(), ttl, timestamp: None })];
        let auth = auth.filter(|_| namespace.store_needs_signature());
        let trip = Trip { of, auth, calls: &calls, form: Form::Single, node: None, effort: Effort::Send };
        let carried = self.carry(trip, |good| self.read_deposit(&good, &hash)).await?;
        let Proven { members, signed_at } = carried.value;
        // Ends are not signed. A repeated deposit only lengthens, and nothing is kept longer than the namespace allows.
        let told = members.accepted.iter().filter_map(|(_, stored)| stored.expires).max();
        let (shortest, longest) = (signed_at + ttl, signed_at + namespace.max_ttl());
        Ok(Stored {
            hash: hash.clone(),
            already: members.accepted.iter().all(|(_, stored)| stored.already),
            accepted: members.accepted.into_iter().map(|(node, _)| node).collect(),
            failed: members.failed,
            expires: told.unwrap_or(shortest).clamp(shortest, longest),
            stored_at: carried.answered_at,
            way: carried.way,
        })
    }

    /// What members proved about the deposit of `hash`; one proof is enough.
    fn read_deposit(&self, good: &Good<'_>, hash: &SwarmHash) -> Result<Proven, SwarmError> {
        let body = good.parts.first().map_or("", |part| part.body);
        let members = response::stored(body, hash, |key| self.knows(key))?;
        if members.accepted.is_empty() {
            return Err(SwarmError::NobodyAccepted { failed: members.failed.len() });
        }
        Ok(Proven { members, signed_at: good.signed_at })
    }
}
