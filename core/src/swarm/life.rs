//! Signs of life: how requests that hang learn that a swarm is back.
//!
//! A request to a member that is away hangs until its time is over, and what asks again after that waits once more. So what
//! hangs listens meanwhile: to whatever any request of the account hears of a member of the same swarm, and to knocks, small
//! `info` requests that bear no account, of which there is one for each swarm every two seconds, after ten minutes every
//! sixteen, however many requests hang. Once a member is heard, the request goes to it as well.
//!
//! | the member that was heard | is asked |
//! |---|---|
//! | was not asked by this request | once that is three seconds old |
//! | was asked by it | six seconds after that: longer than a member waits for another one of its swarm |
//!
//! No member is asked again twice by one request: who answers knocks and nothing else gains nothing by it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;

use super::swarms::Swarms;
use crate::address::Address;
use crate::onion::{Ask, NodeKey};

/// What was heard of members lately, shared by all requests of an account. Moments are monotonic.
#[derive(Debug, Default)]
pub(super) struct Life {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    heard: BTreeMap<NodeKey, Duration>,
    /// The last knock at each swarm, and whose turn is next.
    knocked: BTreeMap<Address, (Duration, usize)>,
}

/// Whom one request has asked, and when. Moments are monotonic.
#[derive(Debug, Default)]
pub(super) struct Askings {
    begun: Option<Duration>,
    asked: Vec<(NodeKey, Duration)>,
    again: Vec<NodeKey>,
}

impl Life {
    /// `node` has answered.
    pub(super) fn hear(&self, node: NodeKey, now: Duration) {
        let mut state = self.locked();
        state.heard.retain(|_, at| now.saturating_sub(*at) < REMEMBERED);
        state.heard.insert(node, now);
    }

    /// Who of `members` is worth a knock now; none while there was one a moment ago.
    fn next_knock(&self, of: Address, members: &[NodeKey], now: Duration) -> Option<NodeKey> {
        let mut state = self.locked();
        state.knocked.retain(|_, (at, _)| now.saturating_sub(*at) < REMEMBERED);
        let (last, turn) = state.knocked.get(&of).copied().unzip();
        let turn = turn.unwrap_or_default();
        let every = if turn < KNOCKS_AT_FIRST { KNOCK_EVERY } else { KNOCK_RARELY };
        if last.is_some_and(|last| now.saturating_sub(last) < every) {
            return None;
        }
        let member = members.get(turn.checked_rem(members.len())?).copied();
        state.knocked.insert(of, (now, turn.wrapping_add(1)));
        member
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Askings {
    /// `node` is asked.
    pub(super) fn note(&mut self, node: NodeKey, now: Duration) {
        self.begun.get_or_insert(now);
        if self.asked_at(&node).is_some() {
            self.again.push(node);
            self.asked.retain(|(asked, _)| *asked != node);
        }
        self.asked.push((node, now));
    }

    /// When the request counts as hanging.
    pub(super) fn hangs_at(&self) -> Option<Duration> {
        self.begun.map(|begun| begun.saturating_add(HANGS_AFTER))
    }

    /// When the last member was asked.
    pub(super) fn last(&self) -> Option<Duration> {
        self.asked.iter().map(|(_, at)| *at).max()
    }

    /// Who of `members` was heard since, and is asked now.
    fn back(&self, members: &[NodeKey], life: &Life) -> Option<NodeKey> {
        let hangs_at = self.hangs_at()?;
        let state = life.locked();
        let is_back = |node: &&NodeKey| {
            let Some(heard) = state.heard.get(*node) else { return false };
            match self.asked_at(node) {
                Some(at) => *heard >= at + SLOW_WORK && !self.again.contains(node),
                None => *heard >= hangs_at,
            }
        };
        members.iter().find(is_back).copied()
    }

    /// Whom a knock may wake: those that were not asked, for they are asked first; all when there is no other.
    fn to_knock_at(&self, members: Vec<NodeKey>) -> Vec<NodeKey> {
        let fresh: Vec<_> = members.iter().filter(|node| self.asked_at(node).is_none()).copied().collect();
        if fresh.is_empty() { members } else { fresh }
    }

    fn asked_at(&self, node: &NodeKey) -> Option<Duration> {
        self.asked.iter().find(|(asked, _)| asked == node).map(|(_, at)| *at)
    }
}

impl Swarms {
    /// A member of `of`'s swarm to which a request that hangs goes as well.
    pub(super) fn back_again(&self, of: &Address, askings: &Askings) -> Option<NodeKey> {
        askings.back(&self.named(of), &self.inner.life)
    }

    /// Knocks at a member of `of`'s swarm, in turn, unless there was a knock a moment ago.
    pub(super) fn knock(&self, of: Address, askings: &Askings) -> impl Future<Output = ()> + use<'_> {
        let members = askings.to_knock_at(self.named(&of));
        let node = self.inner.life.next_knock(of, &members, self.inner.clock.monotonic());
        async move {
            if let Some(node) = node {
                self.ask_for_life(node).await;
            }
        }
    }

    async fn ask_for_life(&self, node: NodeKey) {
        let ask = Ask { attempts: 1, hedge: false, ..Ask::poll() };
        if self.inner.onion.ask(&node, "info", json!({}), ask).await.is_ok() {
            self.inner.life.hear(node, self.inner.clock.monotonic());
        }
    }
}

/// From then on a request hangs: most stores take less.
const HANGS_AFTER: Duration = Duration::from_secs(3);

/// A member that lives may take so long for its work: five seconds for another one that is away.
const SLOW_WORK: Duration = Duration::from_secs(6);

/// How often a swarm is knocked at. Rarer and what waits for it leaves late; more often would show.
const KNOCK_EVERY: Duration = Duration::from_secs(2);

/// So often at first, for ten minutes: a swarm that stays away is knocked at more rarely.
const KNOCKS_AT_FIRST: usize = 300;
const KNOCK_RARELY: Duration = Duration::from_secs(16);

/// How often a request that hangs looks whether anything was heard.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What was heard or done before that says nothing any more.
const REMEMBERED: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::AccountId;

    const ANNA: NodeKey = NodeKey([1; 32]);
    const BERT: NodeKey = NodeKey([2; 32]);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_request_that_hangs_goes_to_whoever_is_heard_and_to_nobody_twice() {
        for (heard, second, expected) in [
            (BERT, 2, None),
            (BERT, 3, Some(BERT)),
            (ANNA, 5, None),
            (ANNA, 6, Some(ANNA)),
            (NodeKey([9; 32]), 6, None),
        ] {
            let (life, mut askings) = (Life::default(), Askings::default());
            askings.note(ANNA, at(0));
            life.hear(heard, at(second));
            assert_eq!(askings.back(&[ANNA, BERT], &life), expected, "{heard:?} heard at {second}");
        }
        let (life, mut askings) = (Life::default(), Askings::default());
        askings.note(ANNA, at(0));
        askings.note(ANNA, at(10));
        life.hear(ANNA, at(30));
        assert_eq!(askings.back(&[ANNA], &life), None, "it answers knocks and nothing else");
        assert_eq!(askings.hangs_at(), Some(at(3)));
        assert_eq!(askings.to_knock_at(vec![ANNA, BERT]), [BERT]);
        assert_eq!(askings.to_knock_at(vec![ANNA]), [ANNA]);
    }

    #[test]
    fn a_swarm_is_knocked_at_every_two_seconds_member_by_member_however_many_requests_hang() {
        let (life, of) = (Life::default(), Address::from(AccountId::from_x25519([7; 32])));
        let other = Address::from(AccountId::from_x25519([8; 32]));
        let knock = |of, second| life.next_knock(of, &[ANNA, BERT], at(second));
        assert_eq!(knock(of, 10), Some(ANNA));
        assert_eq!(knock(of, 11), None);
        assert_eq!(knock(other, 11), Some(ANNA));
        assert_eq!(knock(of, 12), Some(BERT));
        assert_eq!(knock(of, 14), Some(ANNA));
        assert_eq!(life.next_knock(of, &[], at(30)), None);
        let knocks = (100..1_700).filter(|second| life.next_knock(of, &[ANNA, BERT], at(*second)).is_some()).count();
        assert_eq!(knocks, 300 + 62, "a swarm that stays away");
    }
}
