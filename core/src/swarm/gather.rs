//! Changing a swarm: asking members until enough of them have proved each change.
//!
//! A member that is asked copies a change to the others and hands in their signatures beside its own. That may be few: its
//! swarm may be away, or it gives no copies and says so or not. So the same calls go to another member, the proofs of all
//! answers are put together, and a change counts when [`Quorum`] says so. Doing a change twice is harmless: a deposit has
//! the same name, and what is deleted is deleted.
//!
//! Only members that our own list names count, and the member that answers must have proved its own work: else it gets a
//! strike, whatever others proved.

use futures_util::future::BoxFuture;

use super::auth::Auth;
use super::batch::{self, Form, Outcome};
use super::carry::{Carried, Good, Reading, Trip};
use super::error::SwarmError;
use super::quorum::Quorum;
use super::request::Call;
use super::response::{Members, Part, is_success};
use super::retry::Effort;
use super::swarms::Swarms;
use crate::address::Address;
use crate::clock::Timestamp;
use crate::onion::{NodeKey, Way};

/// What became of calls, over all answers.
pub(super) struct Gathered {
    /// One for each call that was answered. What too few proved is here as well: see [`Outcome::quorum`].
    pub(super) results: Vec<Result<Outcome, SwarmError>>,
    /// The last answer: who gave it, over which way, when (network time), and when its calls were signed.
    pub(super) node: NodeKey,
    pub(super) way: Way,
    pub(super) answered_at: Timestamp,
    pub(super) signed_at: Timestamp,
}

/// Proofs in the making.
struct Pile<'a> {
    of: Address,
    calls: &'a [Call],
    gathered: Option<Gathered>,
}

/// What one answer added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Added {
    /// Anything was proved by anybody, or there was nothing to prove.
    proved: bool,
    /// The member that answered proved its own part of everything.
    own: bool,
    /// The call with the fewest proofs that are not enough.
    short: Option<Quorum>,
}

impl Swarms {
    /// Asks members to do `calls` until enough have proved it or three were asked. Not enough is no error here.
    ///
    /// # Errors
    /// When nobody proved anything.
    pub(super) async fn gather(
        &self,
        of: Address,
        auth: Option<&dyn Auth>,
        calls: &[Call],
        form: Form,
    ) -> Result<Gathered, SwarmError> {
        let mut pile = Pile { of, calls, gathered: None };
        let hedged = form == Form::Single && matches!(calls, [Call::Store(_)]);
        let trip = Trip { of, auth, calls, form, node: None, effort: Effort::Send, hedged };
        // In a box: whoever writes need not carry the whole way along in their own future.
        let carried: BoxFuture<'_, Result<Carried<()>, SwarmError>> =
            Box::pin(self.carry(trip, |good| self.add(&mut pile, good)));
        let carried = carried.await;
        match (carried, pile.gathered) {
            (Ok(_) | Err(SwarmError::TooFew { .. }), Some(gathered)) => Ok(gathered),
            (Err(error), _) => Err(error),
            (Ok(_), None) => Err(SwarmError::NoMembers),
        }
    }

    fn add(&self, pile: &mut Pile<'_>, good: Good<'_>) -> Result<Reading<()>, SwarmError> {
        let (node, named) = (good.node, self.named(&pile.of));
        let added = pile.add(good, &named)?;
        if !added.proved {
            return Err(SwarmError::NobodyAccepted { failed: named.len() });
        }
        if !added.own {
            self.strike(&node);
        }
        Ok(match added.short {
            None => Reading::Done(()),
            Some(Quorum { accepted, named }) => Reading::Short(SwarmError::TooFew { accepted, named }),
        })
    }
}

impl Pile<'_> {
    fn add(&mut self, good: Good<'_>, named: &[NodeKey]) -> Result<Added, SwarmError> {
        let Good { parts, node, way, signed_at, answered_at } = good;
        let before = self.gathered.take().map(|gathered| gathered.results).unwrap_or_default();
        let now = self.calls.iter().zip(&parts).map(|(call, part)| read(call, &self.of, signed_at, part, named));
        let now: Vec<_> = now.collect();
        let refused = if let [Err(error)] = now.as_slice() { Some(error.clone()) } else { None };
        // What single parts of a batch were refused for stands in the results.
        let nothing_to_prove = now.iter().all(Result::is_err);
        let proofs: Vec<_> = now.iter().flatten().map(Outcome::proved).collect();
        let results = joined_all(before, now);
        let added = Added {
            proved: nothing_to_prove || proofs.iter().any(|proof| proof.as_ref().is_none_or(|by| !by.is_empty())),
            own: proofs.iter().flatten().all(|by| by.contains(&node)),
            short: fewest(&results),
        };
        self.gathered = Some(Gathered { results, node, way: way.clone(), answered_at, signed_at });
        refused.map_or(Ok(added), Err)
    }
}

/// The call with the fewest proofs that are not enough.
fn fewest(results: &[Result<Outcome, SwarmError>]) -> Option<Quorum> {
    let quorums = results.iter().flatten().filter_map(Outcome::quorum);
    quorums.filter(|quorum| !quorum.is_met()).min_by_key(|quorum| quorum.accepted)
}

/// What both answers say of each call; a sequence may have stopped earlier in one of them.
fn joined_all(
    before: Vec<Result<Outcome, SwarmError>>,
    now: Vec<Result<Outcome, SwarmError>>,
) -> Vec<Result<Outcome, SwarmError>> {
    let (mut before, mut now) = (before.into_iter(), now.into_iter());
    let next = || match (before.next(), now.next()) {
        (Some(Ok(before)), Some(Ok(now))) => Some(Ok(before.and(now))),
        (Some(Ok(before)), _) => Some(Ok(before)),
        (before, now) => now.or(before),
    };
    std::iter::from_fn(next).collect()
}

fn read(
    call: &Call,
    of: &Address,
    signed_at: Timestamp,
    part: &Part<'_>,
    named: &[NodeKey],
) -> Result<Outcome, SwarmError> {
    if !is_success(part.status) {
        return Err(SwarmError::Refused { status: part.status });
    }
    Ok(batch::outcome(call, of, signed_at, part.body, |key| named.contains(key))?.within(named))
}

impl Outcome {
    /// The members that proved a change; `None` for what is only read.
    fn proved(&self) -> Option<Vec<NodeKey>> {
        match self {
            Self::Stored(members) => Some(members.keys()),
            Self::Deleted(members) | Self::Shortened(members) => Some(members.keys()),
            Self::Expired(members) => Some(members.keys()),
            Self::Rights(members) => Some(members.keys()),
            Self::Retrieved(_) | Self::Expiries(_) => None,
        }
    }

    /// How many members proved a change; `None` for what is only read.
    pub(super) fn quorum(&self) -> Option<Quorum> {
        match self {
            Self::Stored(members) => Some(members.quorum()),
            Self::Deleted(members) | Self::Shortened(members) => Some(members.quorum()),
            Self::Expired(members) => Some(members.quorum()),
            Self::Rights(members) => Some(members.quorum()),
            Self::Retrieved(_) | Self::Expiries(_) => None,
        }
    }

    /// The same, with what a later answer proved.
    fn and(self, later: Self) -> Self {
        match (self, later) {
            (Self::Stored(before), Self::Stored(later)) => Self::Stored(before.and(later)),
            (Self::Deleted(before), Self::Deleted(later)) => Self::Deleted(before.and(later)),
            (Self::Shortened(before), Self::Shortened(later)) => Self::Shortened(before.and(later)),
            (Self::Expired(before), Self::Expired(later)) => Self::Expired(before.and(later)),
            (Self::Rights(before), Self::Rights(later)) => Self::Rights(before.and(later)),
            (_, later) => later,
        }
    }

    /// The same, told of those that our list names.
    fn within(self, named: &[NodeKey]) -> Self {
        match self {
            Self::Stored(members) => Self::Stored(members.within(named)),
            Self::Deleted(members) => Self::Deleted(members.within(named)),
            Self::Shortened(members) => Self::Shortened(members.within(named)),
            Self::Expired(members) => Self::Expired(members.within(named)),
            Self::Rights(members) => Self::Rights(members.within(named)),
            read @ (Self::Retrieved(_) | Self::Expiries(_)) => read,
        }
    }
}

impl<T> Members<T> {
    /// How many of those that our list names proved it.
    #[must_use]
    pub fn quorum(&self) -> Quorum {
        Quorum { accepted: self.accepted.len(), named: self.accepted.len() + self.failed.len() }
    }

    fn keys(&self) -> Vec<NodeKey> {
        self.accepted.iter().map(|(node, _)| *node).collect()
    }

    /// What both answers prove: each member once, with its first proof, for the first deletion is the one that found
    /// something. The list of the later answer counts.
    fn and(self, later: Self) -> Self {
        let named: Vec<NodeKey> = later.keys().into_iter().chain(later.failed.iter().copied()).collect();
        let known = self.keys();
        let new = later.accepted.into_iter().filter(|(node, _)| !known.contains(node));
        let accepted = self.accepted.into_iter().chain(new).collect();
        Self { accepted, failed: self.failed }.within(&named)
    }

    /// Accepted are those that our list names; those of the list that are not have failed.
    fn within(mut self, named: &[NodeKey]) -> Self {
        self.accepted.retain(|(node, _)| named.contains(node));
        let proved = self.keys();
        self.failed = named.iter().copied().filter(|node| !proved.contains(node)).collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::SwarmHash;
    use crate::swarm::response::StoredBy;

    fn node(number: u8) -> NodeKey {
        NodeKey([number; 32])
    }

    fn named() -> Vec<NodeKey> {
        (1..=4).map(node).collect()
    }

    fn stored(by: &[u8]) -> Outcome {
        let proof = StoredBy { expires: None, already: false };
        let accepted = by.iter().map(|number| (node(*number), proof)).collect();
        Outcome::Stored(Members { accepted, failed: Vec::new() }.within(&named()))
    }

    fn quorum(outcome: &Outcome) -> (usize, usize) {
        outcome.quorum().map(|quorum| (quorum.accepted, quorum.named)).unwrap()
    }

    #[test]
    fn proofs_of_several_answers_are_put_together_and_each_member_counts_once() {
        let both = stored(&[1]).and(stored(&[1, 2]));
        assert_eq!(quorum(&both), (2, 4));
        assert_eq!(fewest(&[Ok(both)]), None);
        assert_eq!(fewest(&[Ok(stored(&[1])), Ok(stored(&[1, 2]))]), Some(Quorum { accepted: 1, named: 4 }));
        let Outcome::Stored(members) = stored(&[2]).and(stored(&[3])) else { panic!("it was stored") };
        assert_eq!(members.failed, [node(1), node(4)]);
    }

    #[test]
    fn who_is_not_in_our_list_counts_for_nothing() {
        assert_eq!(quorum(&stored(&[1, 77, 78])), (1, 4));
    }

    #[test]
    fn the_first_deletion_of_a_member_is_the_one_that_found_something() {
        let hash = SwarmHash::of(&Address::from_bytes([5; 33]), crate::address::Namespace::DIRECT, b"x");
        let deleted = |hashes: &[SwarmHash]| {
            Outcome::Deleted(
                Members { accepted: vec![(node(1), hashes.to_vec())], failed: Vec::new() }.within(&named()),
            )
        };
        let found = std::slice::from_ref(&hash);
        let Outcome::Deleted(members) = deleted(found).and(deleted(&[])) else { panic!("it was deleted") };
        assert_eq!(members.accepted, [(node(1), found.to_vec())]);
    }

    #[test]
    fn a_call_that_one_answer_left_out_keeps_what_the_other_says() {
        let refused = || Err(SwarmError::Refused { status: 500 });
        let all = joined_all(vec![Ok(stored(&[1])), refused()], vec![refused(), Ok(stored(&[2])), Ok(stored(&[3]))]);
        assert_eq!(all, [Ok(stored(&[1])), Ok(stored(&[2])), Ok(stored(&[3]))]);
        assert_eq!(joined_all(vec![Ok(stored(&[1])), refused()], vec![refused()]), [Ok(stored(&[1])), refused()]);
    }
}
