//! When to ask our swarm again: a pure function of what is known.
//!
//! Three seconds after the last poll while somebody looks, one second while something arrived in the last minute in
//! the conversation on screen (people who are talking wait for each other), once a minute when hidden. After failures
//! the wait doubles up to half a minute. Intervals are counted from the end of the last poll, on the monotonic clock,
//! so that a slow network is never asked twice at once and a jump of the wall clock changes nothing.

use std::collections::HashMap;
use std::time::Duration;

use crate::store::ConversationId;

/// Everything the next poll depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Whether a person can see this account's window.
    pub visible: bool,
    /// When (monotonic) something last arrived in the conversation that is on screen.
    pub last_arrival_on_screen: Option<Duration>,
    /// Polls that failed since the last one that did not.
    pub failures: u32,
    /// When (monotonic) the last poll ended; `None` before the first one.
    pub last_poll: Option<Duration>,
}

impl Pace {
    /// The monotonic moment of the next poll, seen from `now`. The first poll is due at once.
    pub fn next_poll(&self, now: Duration) -> Duration {
        match self.last_poll {
            None => now,
            Some(last) => last.saturating_add(self.interval(now)),
        }
    }

    /// How long to wait between two polls, seen from `now`.
    pub fn interval(&self, now: Duration) -> Duration {
        let base = match (self.visible, self.last_arrival_on_screen) {
            (false, _) => HIDDEN,
            (true, Some(arrival)) if now.saturating_sub(arrival) < TALK_LASTS => TALKING,
            (true, _) => VISIBLE,
        };
        if self.failures == 0 { base } else { base.max(backoff(self.failures)) }
    }
}

/// When something last arrived in each conversation, as long as that makes a talk.
#[derive(Debug, Default)]
pub struct Arrivals {
    last: HashMap<ConversationId, Duration>,
}

impl Arrivals {
    /// Something arrived in `conversations` at `now` (monotonic).
    pub fn note(&mut self, conversations: &[ConversationId], now: Duration) {
        self.last.retain(|_, at| now.saturating_sub(*at) < TALK_LASTS);
        self.last.extend(conversations.iter().map(|conversation| (conversation.clone(), now)));
    }

    /// When (monotonic) something last arrived in `conversation`; `None` when that was long ago.
    pub fn last(&self, conversation: &ConversationId) -> Option<Duration> {
        self.last.get(conversation).copied()
    }
}

/// How long to wait after this many failures in a row: three seconds, doubled up to half a minute.
pub fn backoff(failures: u32) -> Duration {
    let doublings = failures.min(8);
    VISIBLE.saturating_mul(1 << doublings).min(LONGEST_BACKOFF)
}

/// Somebody looks at the account. Official clients use 2 to 5 s (transport.md 5.1).
pub const VISIBLE: Duration = Duration::from_secs(3);
/// Two people are talking: shorter than reading a sentence takes, longer than a request over three hops.
pub const TALKING: Duration = Duration::from_secs(1);
/// How long after an arrival a conversation counts as being talked in.
pub const TALK_LASTS: Duration = Duration::from_secs(60);
/// Nobody looks. Less would drain batteries for messages that nobody reads now.
pub const HIDDEN: Duration = Duration::from_secs(60);
/// The most a failing network slows polling down; more would be felt when the network is back.
pub const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn the_first_poll_is_due_at_once() {
        assert_eq!(Pace::default().next_poll(S(77)), S(77));
    }

    #[test]
    fn the_table_of_intervals() {
        let pace = |visible, arrival: Option<u64>, failures| Pace {
            visible,
            last_arrival_on_screen: arrival.map(S),
            failures,
            last_poll: Some(S(100)),
        };
        for (pace, now, next, why) in [
            (pace(true, None, 0), 100, 103, "somebody looks"),
            (pace(true, Some(99), 0), 100, 101, "a talk"),
            (pace(true, Some(41), 0), 100, 101, "a talk 59 s old"),
            (pace(true, Some(40), 0), 100, 103, "a talk that ended"),
            (pace(false, Some(99), 0), 100, 160, "hidden"),
            (pace(true, Some(99), 1), 100, 106, "one failure"),
            (pace(true, None, 2), 100, 112, "two failures"),
            (pace(true, None, 3), 100, 124, "three failures"),
            (pace(true, None, 4), 100, 130, "four failures"),
            (pace(true, None, u32::MAX), 100, 130, "never more than half a minute"),
            (pace(false, None, 1), 100, 160, "hidden is slower than any back-off"),
        ] {
            assert_eq!(pace.next_poll(S(now)), S(next), "{why}");
        }
    }

    #[test]
    fn a_conversation_that_comes_back_to_the_screen_is_still_being_talked_in() {
        let [bob, carol] = [2, 3].map(|key| ConversationId::from(crate::crypto::AccountId::from_x25519([key; 32])));
        let mut arrivals = Arrivals::default();
        arrivals.note(&[bob.clone(), carol.clone()], S(10));
        arrivals.note(std::slice::from_ref(&carol), S(20));
        assert_eq!((arrivals.last(&bob), arrivals.last(&carol)), (Some(S(10)), Some(S(20))));
        arrivals.note(&[], S(70));
        assert_eq!((arrivals.last(&bob), arrivals.last(&carol)), (None, Some(S(20))), "a minute passed");
    }

    #[test]
    fn a_poll_that_took_long_is_followed_by_a_full_wait() {
        let pace = Pace { visible: true, last_poll: Some(S(500)), ..Pace::default() };
        assert_eq!(pace.next_poll(S(500)), S(503));
        assert_eq!(pace.next_poll(S(900)), S(503), "overdue is in the past, so it is due now");
    }
}
