//! Looking after one's own storage: deleting, changing lifetimes, and several calls at once.
//!
//! Each call goes to one member, which copies it to the others, and to another one while too few have signed that they did
//! it ([`Quorum`](super::Quorum)). What each member proved is told one by one ([`Members`]).

use super::auth::{Auth, ExpireMode};
use super::batch::{Batched, Form, Outcome};
use super::error::SwarmError;
use super::namespace::Namespaces;
use super::quorum::Quorum;
use super::request::{Call, Expiry};
use super::response::{BadAnswer, ExpiredBy, Members};
use super::swarms::Swarms;
use crate::address::SwarmHash;
use crate::clock::Timestamp;
use crate::onion::{NodeKey, Way};

/// A change that members proved.
#[derive(Clone, Debug)]
pub struct Upkept<T> {
    /// What each member proved, and who proved nothing.
    pub members: Members<T>,
    /// The way of the request.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for disappearing messages"))]
    pub way: Way,
}

/// Ends of lifetimes as one node has them.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for disappearing messages"))]
pub struct Expiries {
    /// Messages that the node has, with their ends.
    pub ends: Vec<(SwarmHash, Timestamp)>,
    /// The node.
    pub node: NodeKey,
}

impl Swarms {
    /// Deletes messages of `keys`' own storage by hash. Deleting what is not there is no error.
    ///
    /// # Errors
    /// When no member proved it, of three that were asked, or too few did ([`SwarmError::TooFew`]).
    pub async fn delete(&self, keys: &dyn Auth, hashes: &[SwarmHash]) -> Result<Upkept<Vec<SwarmHash>>, SwarmError> {
        self.deletion(keys, Call::Delete { hashes: hashes.to_vec(), required: false }).await
    }

    /// Deletes everything in `namespaces` of `keys`' own storage, and tells of each member whether it proved it. That too
    /// few did is no error: a person who erases what they had reads who still has it.
    ///
    /// # Errors
    /// When no member proved it, of three that were asked.
    pub async fn delete_all(
        &self,
        keys: &dyn Auth,
        namespaces: impl Into<Namespaces>,
    ) -> Result<Upkept<Vec<SwarmHash>>, SwarmError> {
        let (outcome, _, way) = self.by_anybody(keys, Call::DeleteAll(namespaces.into())).await?;
        let Outcome::Deleted(members) = outcome else { return Err(BadAnswer::NotUnderstood.into()) };
        Ok(Upkept { members, way })
    }

    /// Deletes what was stored at or before `before` (network time, at most 60 s in the future).
    ///
    /// # Errors
    /// As [`Swarms::delete`].
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for disappearing messages"))]
    pub async fn delete_before(
        &self,
        keys: &dyn Auth,
        namespaces: impl Into<Namespaces>,
        before: Timestamp,
    ) -> Result<Upkept<Vec<SwarmHash>>, SwarmError> {
        self.deletion(keys, Call::DeleteBefore { namespaces: namespaces.into(), before }).await
    }

    /// Changes the ends of messages' lifetimes. Nodes cap them to 30 days from now.
    ///
    /// # Errors
    /// As [`Swarms::delete`].
    pub async fn expire(
        &self,
        keys: &dyn Auth,
        hashes: &[SwarmHash],
        expiry: Expiry,
        mode: ExpireMode,
    ) -> Result<Upkept<ExpiredBy>, SwarmError> {
        let (outcome, _, way) = self.single(keys, Call::Expire { hashes: hashes.to_vec(), expiry, mode }).await?;
        let Outcome::Expired(members) = outcome else { return Err(BadAnswer::NotUnderstood.into()) };
        Ok(Upkept { members, way })
    }

    /// Shortens all lifetimes in `namespaces` to end at `expiry` at the latest.
    ///
    /// # Errors
    /// As [`Swarms::delete`].
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for disappearing messages"))]
    pub async fn expire_all(
        &self,
        keys: &dyn Auth,
        namespaces: impl Into<Namespaces>,
        expiry: Timestamp,
    ) -> Result<Upkept<Vec<SwarmHash>>, SwarmError> {
        let (outcome, _, way) = self.single(keys, Call::ExpireAll { namespaces: namespaces.into(), expiry }).await?;
        let Outcome::Shortened(members) = outcome else { return Err(BadAnswer::NotUnderstood.into()) };
        Ok(Upkept { members, way })
    }

    /// Asks one member when messages end. Not signed by the member: one node's word.
    ///
    /// # Errors
    /// When no member answered, in three attempts.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for disappearing messages"))]
    pub async fn get_expiries(&self, keys: &dyn Auth, hashes: &[SwarmHash]) -> Result<Expiries, SwarmError> {
        let (outcome, node, _) = self.single(keys, Call::GetExpiries(hashes.to_vec())).await?;
        let Outcome::Expiries(ends) = outcome else { return Err(BadAnswer::NotUnderstood.into()) };
        Ok(Expiries { ends, node })
    }

    /// Runs up to twenty calls on `keys`' own storage in one request, in any order.
    ///
    /// # Errors
    /// When there is no answer, or all calls were refused alike.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for disappearing messages"))]
    pub async fn batch(&self, keys: &dyn Auth, calls: &[Call]) -> Result<Batched, SwarmError> {
        self.several(keys, calls, Form::Batch).await
    }

    /// Runs up to twenty calls on `keys`' own storage in one request, in order, until one fails.
    ///
    /// # Errors
    /// When there is no answer, or the first call was refused.
    pub async fn sequence(&self, keys: &dyn Auth, calls: &[Call]) -> Result<Batched, SwarmError> {
        self.several(keys, calls, Form::Sequence).await
    }

    async fn several(&self, keys: &dyn Auth, calls: &[Call], form: Form) -> Result<Batched, SwarmError> {
        let gathered = self.gather(keys.address(), Some(keys), calls, form).await?;
        let results = gathered.results.into_iter().map(|result| result.and_then(enough)).collect();
        Ok(Batched { results, node: gathered.node, way: gathered.way })
    }

    async fn deletion(&self, keys: &dyn Auth, call: Call) -> Result<Upkept<Vec<SwarmHash>>, SwarmError> {
        let (outcome, _, way) = self.single(keys, call).await?;
        let Outcome::Deleted(members) = outcome else { return Err(BadAnswer::NotUnderstood.into()) };
        Ok(Upkept { members, way })
    }

    /// One call that enough members proved.
    async fn single(&self, keys: &dyn Auth, call: Call) -> Result<(Outcome, NodeKey, Way), SwarmError> {
        let (outcome, node, way) = self.by_anybody(keys, call).await?;
        Ok((enough(outcome)?, node, way))
    }

    /// One call that at least one member proved.
    async fn by_anybody(&self, keys: &dyn Auth, call: Call) -> Result<(Outcome, NodeKey, Way), SwarmError> {
        let gathered = self.gather(keys.address(), Some(keys), &[call], Form::Single).await?;
        let outcome = gathered.results.into_iter().next().unwrap_or(Err(BadAnswer::WrongCount.into()))?;
        Ok((outcome, gathered.node, gathered.way))
    }
}

/// # Errors
/// [`SwarmError::TooFew`] for a change that too few members proved.
fn enough(outcome: Outcome) -> Result<Outcome, SwarmError> {
    match outcome.quorum().filter(|quorum| !quorum.is_met()) {
        None => Ok(outcome),
        Some(Quorum { accepted, named }) => Err(SwarmError::TooFew { accepted, named }),
    }
}
