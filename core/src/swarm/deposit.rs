//! Depositing one message.

use std::time::Duration;

use super::auth::Auth;
use super::batch::{Form, Outcome};
use super::error::SwarmError;
use super::quorum::Quorum;
use super::request::{Call, MAX_DATA_BYTES, Store};
use super::response::BadAnswer;
use super::swarms::Swarms;
use crate::address::{Address, Namespace, SwarmHash};
use crate::clock::Timestamp;
use crate::onion::{NodeKey, Way};

/// A deposit that at least one member proved. Whether that is enough, says [`Stored::is_enough`].
#[derive(Clone, Debug)]
pub struct Stored {
    /// The message's name in the swarm, computed here.
    pub hash: SwarmHash,
    /// Members that signed for it, of those that our list names.
    pub accepted: Vec<NodeKey>,
    /// Members that our list names and that did not; the swarm itself tries again to reach them.
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

impl Stored {
    /// Whether enough members of the swarm keep it for it to be called sent.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        let accepted = self.accepted.len();
        Quorum { accepted, named: accepted + self.failed.len() }.is_met()
    }
}

impl Swarms {
    /// Deposits `data` for `to`: at one member after the other until enough have proved that they keep it, or three were
    /// asked. What too few keep is no error; it may be deposited again, which gives the same hash.
    ///
    /// `auth` is needed, and used, only where the namespace demands a signature.
    ///
    /// # Errors
    /// [`SwarmError::TooLarge`] and [`SwarmError::WrongLifetime`] before anything is sent; otherwise what the last of
    /// three members said, when none proved it.
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
        let calls = [Call::Store(Store { namespace, data: data.to_vec(), ttl, timestamp: None })];
        let auth = auth.filter(|_| namespace.store_needs_signature());
        let gathered = self.gather(of, auth, &calls, Form::Single).await?;
        let Some(Ok(Outcome::Stored(members))) = gathered.results.into_iter().next() else {
            return Err(BadAnswer::NotUnderstood.into());
        };
        // Ends are not signed. A repeated deposit only lengthens, and nothing is kept longer than the namespace allows.
        let told = members.accepted.iter().filter_map(|(_, stored)| stored.expires).max();
        let (shortest, longest) = (gathered.signed_at + ttl, gathered.signed_at + namespace.max_ttl());
        Ok(Stored {
            hash: SwarmHash::of(&of, namespace, data),
            already: members.accepted.iter().all(|(_, stored)| stored.already),
            accepted: members.accepted.into_iter().map(|(node, _)| node).collect(),
            failed: members.failed,
            expires: told.unwrap_or(shortest).clamp(shortest, longest),
            stored_at: gathered.answered_at,
            way: gathered.way,
        })
    }
}
