//! The states of an errand: what happens to a row of the outbox after each attempt.
//!
//! ```text
//!             waits for other rows ──(all of them are done)────┐
//!                                                              v
//! written ───────────────────────────────────────────────> queued ──done──> gone (a message says: sent)
//!                                                          ^    │
//!            no network, broken path: not an attempt ──────┤    ├── refused, not too often: retry at …
//!                                                          └────┤
//!                                             resend ── failed <┴── refused too often, impossible, or past its deadline
//! ```
//!
//! Pure: (how the attempt ended, what the row has been through, now) → what comes next. Being offline never counts as
//! an attempt, so a train ride through tunnels does not fail a message. A failed row keeps its sealed bytes: sending it
//! again stores the same bytes, which a swarm that already has them answers with the same hash.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::{Error, ErrorKind, Hint};
use crate::store::{ErrandKind, Failure};

use super::chance::{self, Chance};
use super::schedule;
use crate::swarm::SwarmError;

/// After this many refusals by a swarm, storing something has failed. Official clients stop at three too (messages.md 3.3).
pub const MAX_REJECTIONS: u32 = 3;

/// How one attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Enough of the swarm has it.
    Accepted,
    /// There is no network: nothing else would reach its swarm now either. Says nothing about the message.
    NoNetwork,
    /// The request did not reach this swarm, or too little of it, or no answer came back. Says nothing about the message,
    /// nor about others.
    PathBroken,
    /// The swarm answered and refused.
    Refused(Failure),
    /// No swarm will ever take this (too large, no such recipient).
    Impossible(Failure),
}

impl Attempt {
    /// What an error of `swarm` says about the message that was being sent.
    pub fn from_error(error: &Error) -> Self {
        match error.kind() {
            kind if is_network(kind) => Self::NoNetwork,
            ErrorKind::PathBroken => Self::PathBroken,
            // Our own finding, with both lengths, holds for every swarm; one node's word is a refusal like another.
            ErrorKind::TooLarge if matches!(error.hint(), Some(Hint::Length { .. })) => {
                Self::Impossible(Failure::TooLarge)
            }
            ErrorKind::TooLarge => Self::Refused(Failure::TooLarge),
            ErrorKind::InvalidInput => Self::Impossible(Failure::Other),
            ErrorKind::ClockWrong => Self::Refused(Failure::ClockWrong),
            // Too many members are away for now: nobody has refused anything.
            ErrorKind::SwarmRejected if proved_by_too_few(error) => Self::PathBroken,
            ErrorKind::SwarmRejected => Self::Refused(Failure::Rejected),
            _ => Self::Refused(Failure::Other),
        }
    }
}

/// What an errand has been through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// What is done.
    pub kind: ErrandKind,
    /// Until when it is worth trying.
    pub deadline: Timestamp,
    /// Refusals so far.
    pub rejections: u32,
    /// Attempts in a row, of any row, that found no network.
    pub network_failures: u32,
    /// Attempts of this row in a row whose path broke.
    pub path_failures: u32,
    /// A person waits for it: they look at the account, or wrote it a short while ago.
    pub waited_for: bool,
    /// Drawn for this attempt: retries of two accounts do not go out together.
    pub chance: Chance,
}

/// What comes next for an errand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Done: the row can go.
    Done,
    /// Try again at `at`, with this many refusals on the account.
    Retry {
        /// Not before this moment (local clock).
        at: Timestamp,
        /// Refusals so far.
        rejections: u32,
    },
    /// Over, until a person asks to send it again.
    Failed(Failure),
}

/// The transition.
pub fn next(attempt: Attempt, history: History, now: Timestamp) -> Next {
    let rejections = match attempt {
        Attempt::Accepted => return Next::Done,
        Attempt::Impossible(failure) => return Next::Failed(failure),
        Attempt::NoNetwork | Attempt::PathBroken => history.rejections,
        Attempt::Refused(failure) => {
            let rejections = history.rejections.saturating_add(1);
            if most_rejections(history.kind).is_some_and(|most| rejections >= most) {
                return Next::Failed(failure);
            }
            rejections
        }
    };
    if now >= history.deadline {
        return Next::Failed(Failure::Expired);
    }
    let wait = match attempt {
        Attempt::Refused(_) => after_rejection(history.kind, rejections),
        Attempt::PathBroken if history.waited_for => patience(history.path_failures, true),
        Attempt::PathBroken => schedule::backoff_up_to(longest_wait(history.kind), history.path_failures),
        Attempt::NoNetwork | Attempt::Accepted | Attempt::Impossible(_) => {
            patience(history.network_failures, history.waited_for)
        }
    };
    Next::Retry { at: now + history.chance.spread(wait), rejections }
}

/// How long to wait after this many failures on the way. What a person waits for leaves within seconds of the network's
/// healing, so that wait stays short.
pub(super) fn patience(failures: u32, waited_for: bool) -> Duration {
    let longest = if waited_for { WAITED_FOR } else { schedule::LONGEST_BACKOFF };
    schedule::backoff_up_to(longest, failures)
}

/// The longest wait while a person waits: with the attempt itself it leaves within five seconds of a swarm's healing.
const WAITED_FOR: Duration = Duration::from_secs(3);

/// Whether the swarm was reached and too few of its members proved what was asked.
fn proved_by_too_few(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<SwarmError>());
    matches!(source, Some(SwarmError::NobodyAccepted { .. } | SwarmError::TooFew { .. }))
}

/// Whether an error says that no network can be reached at all.
pub(super) fn is_network(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Offline | ErrorKind::GuardUnreachable)
}

/// Whether an errand's moment has come. A moment further ahead than any wait comes from a clock that was moved back.
pub fn is_due(kind: ErrandKind, retry_at: Timestamp, now: Timestamp) -> bool {
    retry_at <= now || retry_at > now + chance::longest(longest_wait(kind))
}

/// How many refusals are an end. Nobody would ask again for a deletion, or for something that shows nothing of its own: only
/// the deadline ends these.
fn most_rejections(kind: ErrandKind) -> Option<u32> {
    match kind {
        ErrandKind::Store => Some(MAX_REJECTIONS),
        ErrandKind::Notice | ErrandKind::Delete | ErrandKind::Expire => None,
    }
}

/// Five seconds after the first refusal, half a minute after the second: a swarm that is in trouble gets time. What is
/// tidied up has more of it.
fn after_rejection(kind: ErrandKind, rejections: u32) -> Duration {
    match (kind, rejections) {
        (_, ..=1) => Duration::from_secs(5),
        (_, 2) => schedule::LONGEST_BACKOFF,
        (kind, _) => longest_wait(kind),
    }
}

/// The longest wait [`next()`] ever asks for, before chance makes it longer or shorter.
fn longest_wait(kind: ErrandKind) -> Duration {
    match kind {
        ErrandKind::Store => schedule::LONGEST_BACKOFF,
        ErrandKind::Notice | ErrandKind::Delete | ErrandKind::Expire => Duration::from_secs(5 * 60),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    const KEEP_TRYING: Duration = Duration::from_secs(14 * 24 * 60 * 60);

    fn history(rejections: u32, network_failures: u32) -> History {
        let kind = ErrandKind::Store;
        History {
            kind,
            deadline: NOW + KEEP_TRYING,
            rejections,
            network_failures,
            path_failures: 0,
            waited_for: false,
            chance: Chance::default(),
        }
    }

    #[test]
    fn a_deletion_that_is_refused_is_tried_until_its_deadline_at_growing_intervals() {
        let refused = Attempt::Refused(Failure::Rejected);
        let deletion = |rejections| History { kind: ErrandKind::Delete, ..history(rejections, 0) };
        let waits: Vec<_> = (0..5)
            .map(|rejections| match next(refused, deletion(rejections), NOW) {
                Next::Retry { at, .. } => at.since(NOW).as_secs(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(waits, [5, 30, 300, 300, 300]);
        let late = NOW + KEEP_TRYING;
        assert_eq!(next(refused, deletion(9), late), Next::Failed(Failure::Expired));
        let alone = History { path_failures: 20, ..deletion(0) };
        let Next::Retry { at, .. } = next(Attempt::PathBroken, alone, NOW) else { panic!("it is tried again") };
        assert_eq!(at.since(NOW).as_secs(), 300, "too few members are there, and nobody waits");
    }

    #[test]
    fn each_errand_has_a_deadline_of_its_own() {
        let notice = History { deadline: NOW + Duration::from_secs(20), ..history(0, 0) };
        assert!(matches!(next(Attempt::NoNetwork, notice, NOW), Next::Retry { .. }));
        let late = NOW + Duration::from_secs(20);
        assert_eq!(next(Attempt::NoNetwork, notice, late), Next::Failed(Failure::Expired));
        assert!(matches!(next(Attempt::NoNetwork, history(0, 0), late), Next::Retry { .. }));
    }

    #[test]
    fn three_refusals_are_a_failure_with_the_reason_of_the_last() {
        let refused = Attempt::Refused(Failure::Rejected);
        assert_eq!(next(refused, history(0, 0), NOW), Next::Retry { at: NOW + Duration::from_secs(5), rejections: 1 });
        assert_eq!(next(refused, history(1, 0), NOW), Next::Retry { at: NOW + Duration::from_secs(30), rejections: 2 });
        let late = Attempt::Refused(Failure::ClockWrong);
        assert_eq!(next(late, history(2, 0), NOW), Next::Failed(Failure::ClockWrong));
    }

    #[test]
    fn what_can_never_be_sent_fails_at_once() {
        let error = Error::new(ErrorKind::TooLarge, "message is over the wire limit");
        let ours = error.with_hint(Hint::Length { found: 80_000, expected: 76_800 });
        assert_eq!(next(Attempt::from_error(&ours), history(0, 0), NOW), Next::Failed(Failure::TooLarge));
    }

    #[test]
    fn one_node_that_calls_a_message_too_large_is_not_believed_at_once() {
        let said = Error::new(ErrorKind::TooLarge, "node refused");
        assert_eq!(Attempt::from_error(&said), Attempt::Refused(Failure::TooLarge));
    }

    #[test]
    fn a_broken_path_is_no_refusal_and_has_a_back_off_of_its_own() {
        let broken = Attempt::from_error(&Error::new(ErrorKind::PathBroken, "path broke"));
        let waits: Vec<_> = (0..5)
            .map(|path_failures| match next(broken, History { path_failures, ..history(2, 9) }, NOW) {
                Next::Retry { at, rejections: 2 } => at.since(NOW).as_secs(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(waits, [3, 6, 12, 24, 30]);
        let offline = Error::new(ErrorKind::GuardUnreachable, "no guard answers");
        assert_eq!(Attempt::from_error(&offline), Attempt::NoNetwork);
    }

    #[test]
    fn what_a_person_waits_for_is_tried_every_three_seconds() {
        let waits = |attempt, history: History| match next(attempt, history, NOW) {
            Next::Retry { at, .. } => at.since(NOW).as_secs(),
            other => panic!("{other:?}"),
        };
        for failures in [0, 1, 5, u32::MAX] {
            let history = History { waited_for: true, path_failures: failures, ..history(0, failures) };
            assert_eq!((waits(Attempt::PathBroken, history), waits(Attempt::NoNetwork, history)), (3, 3));
        }
        let late = History { chance: Chance::MOST, ..history(0, 9) };
        let Next::Retry { at, .. } = next(Attempt::NoNetwork, late, NOW) else { panic!("it is tried again") };
        assert!(!is_due(ErrandKind::Store, at, NOW), "a wait that chance made longer is no moved clock");
    }

    #[test]
    fn a_swarm_of_which_too_few_members_proved_it_has_not_refused() {
        for away in [SwarmError::NobodyAccepted { failed: 3 }, SwarmError::TooFew { accepted: 1, named: 4 }] {
            assert_eq!(Attempt::from_error(&Error::from(away)), Attempt::PathBroken);
        }
        assert_eq!(
            Attempt::from_error(&Error::from(SwarmError::Refused { status: 400 })),
            Attempt::Refused(Failure::Rejected)
        );
    }

    #[test]
    fn a_message_that_found_no_network_for_two_weeks_has_failed() {
        let almost = NOW + KEEP_TRYING - Duration::from_millis(1);
        assert!(matches!(next(Attempt::NoNetwork, history(0, 9), almost), Next::Retry { .. }));
        assert_eq!(next(Attempt::NoNetwork, history(0, 9), NOW + KEEP_TRYING), Next::Failed(Failure::Expired));
    }

    #[test]
    fn an_accepted_message_is_sent_however_late() {
        assert_eq!(next(Attempt::Accepted, history(2, 5), NOW + KEEP_TRYING * 2), Next::Done);
    }

    #[test]
    fn a_retry_moment_far_ahead_comes_from_a_clock_that_was_moved() {
        assert!(is_due(ErrandKind::Store, Timestamp::ZERO, NOW));
        assert!(is_due(ErrandKind::Store, NOW, NOW));
        assert!(!is_due(ErrandKind::Store, NOW + Duration::from_secs(30), NOW));
        assert!(is_due(ErrandKind::Store, NOW + Duration::from_secs(3_600), NOW));
    }

    proptest! {
        #[test]
        fn being_offline_never_counts_as_an_attempt(rejections in 0_u32..3, failures in any::<u32>(), age in 0_u64..1_000_000) {
            let now = NOW + Duration::from_millis(age);
            match next(Attempt::NoNetwork, history(rejections, failures), now) {
                Next::Retry { at, rejections: after } => {
                    prop_assert_eq!(after, rejections);
                    prop_assert!(at > now && at.since(now) <= longest_wait(ErrandKind::Store));
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }

        #[test]
        fn whatever_happens_a_row_ends(outcomes in prop::collection::vec(0_u8..2, 0..2_000)) {
            let (mut state, mut now, mut ended) = (history(0, 0), NOW, false);
            for outcome in outcomes {
                let attempt = if outcome == 0 { Attempt::NoNetwork } else { Attempt::Refused(Failure::Rejected) };
                match next(attempt, state, now) {
                    Next::Retry { at, rejections } => { state.rejections = rejections; now = at + Duration::from_secs(900); }
                    Next::Failed(_) => { ended = true; break; }
                    Next::Done => prop_assert!(false, "nothing was accepted"),
                }
            }
            prop_assert!(ended || state.rejections < MAX_REJECTIONS && now.since(NOW) < KEEP_TRYING + Duration::from_secs(960));
        }
    }
}
