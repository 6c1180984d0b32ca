//! When to ask our swarm again: a pure function of what is known.
//!
//! Three seconds after the last poll while somebody looks, one second while something arrived in the last minute in
//! the conversation on screen (people who are talking wait for each other), once a minute when hidden. After failures
//! the wait doubles up to half a minute, or up to five seconds while somebody looks. Intervals are counted from the end of
//! the last poll, on the monotonic clock, so that a slow network is never asked twice at once and a jump of the wall clock
//! changes nothing. Each is drawn anew within a fifth ([`Chance`]), and an account that nobody looks at begins at a moment
//! of its own, so that the accounts of one person do not tick together.

use std::collections::HashMap;
use std::time::Duration;

use super::chance::Chance;
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
    /// Not before this moment (monotonic) unless somebody looks: an account begins, and wakes, at a moment of its own.
    pub begins: Duration,
    /// Drawn anew for each interval.
    pub chance: Chance,
}

impl Pace {
    /// The monotonic moment of the next poll, seen from `now`. The first poll is due at once while somebody looks.
    pub fn next_poll(&self, now: Duration) -> Duration {
        let due = self.last_poll.map_or(now, |last| last.saturating_add(self.interval(now)));
        if self.visible { due } else { due.max(self.begins) }
    }

    /// Whether a poll that was due at `due` comes so late at `now` that the device must have slept meanwhile. Then all
    /// accounts wake at once, and those that nobody looks at begin again at moments of their own ([`Self::begin`]).
    pub fn overslept(&self, due: Duration, now: Duration) -> bool {
        !self.visible && self.last_poll.is_some() && now.saturating_sub(due) > OVERSLEPT
    }

    /// Begins, or wakes, at `now`: `chance` says when within the first moments.
    pub fn begin(&mut self, now: Duration, chance: Chance) {
        self.begins = now.saturating_add(chance.within(STAGGER));
    }

    /// A poll ended at `now`; `chance` is for the interval that follows.
    pub fn polled(&mut self, now: Duration, succeeded: bool, chance: Chance) {
        self.last_poll = Some(now);
        self.chance = chance;
        self.failures = if succeeded { 0 } else { self.failures.saturating_add(1) };
    }

    /// How long to wait between two polls, seen from `now`.
    pub fn interval(&self, now: Duration) -> Duration {
        let base = match (self.visible, self.last_arrival_on_screen) {
            (false, _) => HIDDEN,
            (true, Some(arrival)) if now.saturating_sub(arrival) < TALK_LASTS => TALKING,
            (true, _) => VISIBLE,
        };
        let longest = if self.visible { WAITED_FOR_BACKOFF } else { LONGEST_BACKOFF };
        let wait = if self.failures == 0 { base } else { base.max(backoff_up_to(longest, self.failures)) };
        self.chance.spread(wait)
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
    backoff_up_to(LONGEST_BACKOFF, failures)
}

/// The same, doubled up to `longest`.
pub fn backoff_up_to(longest: Duration, failures: u32) -> Duration {
    let doublings = failures.min(8);
    VISIBLE.saturating_mul(1 << doublings).min(longest)
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
/// The same while a person waits: whoever looks at a network that heals sees it within seconds.
pub const WAITED_FOR_BACKOFF: Duration = Duration::from_secs(5);
/// Accounts that nobody looks at begin within this time. Longer would show what came meanwhile late.
pub const STAGGER: Duration = Duration::from_secs(20);
/// A poll that is later than this was not held up by a slow network: the device slept.
const OVERSLEPT: Duration = Duration::from_secs(90);

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn the_first_poll_is_due_at_once_while_somebody_looks_and_else_at_a_moment_of_its_own() {
        let mut pace = Pace::default();
        pace.begin(S(70), Chance::MOST);
        assert!(pace.next_poll(S(77)) > S(89) && pace.next_poll(S(77)) <= S(90));
        assert_eq!(Pace { visible: true, ..pace }.next_poll(S(77)), S(77));
        pace.begin(S(70), Chance::LEAST);
        assert_eq!(pace.next_poll(S(77)), S(77));
    }

    #[test]
    fn two_accounts_that_began_together_are_not_in_step() {
        let mut accounts = [Chance::LEAST, Chance::MOST].map(|chance| {
            let mut pace = Pace::default();
            pace.begin(S(0), chance);
            (pace, chance)
        });
        for round in 0..5 {
            let [one, two] = accounts.each_mut().map(|(pace, chance)| {
                let due = pace.next_poll(S(0).max(pace.last_poll.unwrap_or_default()));
                pace.polled(due, true, *chance);
                due
            });
            assert!(two > one + S(15), "round {round}: {one:?} and {two:?}");
        }
    }

    #[test]
    fn a_device_that_slept_wakes_its_accounts_one_by_one() {
        let hidden = Pace { last_poll: Some(S(100)), ..Pace::default() };
        assert!(hidden.overslept(S(160), S(3_600)) && !hidden.overslept(S(160), S(200)));
        assert!(!Pace { visible: true, ..hidden }.overslept(S(103), S(3_600)), "whoever looks does not wait");
        let mut woken = hidden;
        woken.begin(S(3_600), Chance::default());
        assert_eq!(woken.next_poll(S(3_600)), S(3_610));
    }

    #[test]
    fn the_table_of_intervals() {
        let pace = |visible, arrival: Option<u64>, failures| Pace {
            visible,
            last_arrival_on_screen: arrival.map(S),
            failures,
            last_poll: Some(S(100)),
            ..Pace::default()
        };
        for (pace, now, next, why) in [
            (pace(true, None, 0), 100, 103, "somebody looks"),
            (pace(true, Some(99), 0), 100, 101, "a talk"),
            (pace(true, Some(41), 0), 100, 101, "a talk 59 s old"),
            (pace(true, Some(40), 0), 100, 103, "a talk that ended"),
            (pace(false, Some(99), 0), 100, 160, "hidden"),
            (pace(true, Some(99), 1), 100, 105, "one failure"),
            (pace(true, None, 4), 100, 105, "four failures"),
            (pace(true, None, u32::MAX), 100, 105, "never more than five seconds while somebody looks"),
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
