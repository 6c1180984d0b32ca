//! Which errands a round of the sender starts, and when it is over. Pure: (what waits, what ended) → (what starts).
//!
//! Each errand is tried once in a round, one of a lane at a time, a few at the same time. Once an attempt found no network
//! nothing more is started: the other rows would not find one either, and none of them loses an attempt by it.

use std::collections::{HashMap, HashSet};

use crate::clock::Timestamp;
use crate::delivery::outbox::{self, Next};
use crate::store::{ErrandId, Lane, ReadyErrand};

use super::{Due, SendReport};

/// One round.
#[derive(Debug)]
pub(super) struct Round {
    due: Due,
    tried: HashSet<ErrandId>,
    running: HashMap<ErrandId, Option<Lane>>,
    report: SendReport,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// Of which errand.
    pub(super) errand: ErrandId,
    /// What comes next for it; `None` when it was taken away before it was tried.
    pub(super) next: Option<Next>,
    /// No network was found.
    pub(super) no_network: bool,
}

impl Round {
    /// A round over what is `due`.
    pub(super) fn new(due: Due) -> Self {
        Self { due, tried: HashSet::new(), running: HashMap::new(), report: SendReport::default() }
    }

    /// Whether anything more may start: then the outbox is worth a look, now and when something is written.
    pub(super) fn takes_more(&self) -> bool {
        !self.report.offline
    }

    /// What starts now, of all that waits for nothing but time, in its order.
    pub(super) fn start(&mut self, ready: &[ReadyErrand], now: Timestamp) -> Vec<ErrandId> {
        let mut started = Vec::new();
        for errand in ready {
            if self.running.len() >= AT_ONCE || !self.takes_more() {
                break;
            }
            let due = self.due == Due::Everything || outbox::is_due(errand.kind, errand.retry_at, now);
            if due && self.is_lane_free(errand) && self.tried.insert(errand.id) {
                self.running.insert(errand.id, errand.lane.clone());
                started.push(errand.id);
            }
        }
        started
    }

    /// An attempt ended; its lane is free.
    pub(super) fn ended(&mut self, ended: Ended) {
        self.running.remove(&ended.errand);
        match ended.next {
            Some(Next::Done) => self.report.accepted += 1,
            Some(Next::Retry { .. }) => self.report.retrying += 1,
            Some(Next::Failed(_)) => self.report.failed += 1,
            None => (),
        }
        self.report.offline |= ended.no_network;
    }

    /// What it did.
    pub(super) fn report(self) -> SendReport {
        self.report
    }

    fn is_lane_free(&self, errand: &ReadyErrand) -> bool {
        errand.lane.is_none() || !self.running.values().any(|lane| *lane == errand.lane)
    }
}

/// Errands at the same time. More would not be faster over two paths and would show the guard a burst.
const AT_ONCE: usize = 4;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::crypto::AccountId;
    use crate::store::{ErrandKind, Failure};

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn ready(id: i64, lane: Option<u8>, wait: u64) -> ReadyErrand {
        ReadyErrand {
            id: ErrandId::from_i64(id),
            kind: ErrandKind::Store,
            lane: lane.map(|key| Lane::to(AccountId::from_x25519([key; 32]))),
            retry_at: NOW + Duration::from_secs(wait),
        }
    }

    fn started(round: &mut Round, ready: &[ReadyErrand]) -> Vec<i64> {
        round.start(ready, NOW).into_iter().map(ErrandId::as_i64).collect()
    }

    fn ends(round: &mut Round, errand: i64, next: Next, no_network: bool) {
        round.ended(Ended { errand: ErrandId::from_i64(errand), next: Some(next), no_network });
    }

    const RETRY: Next = Next::Retry { at: NOW, rejections: 0 };

    #[test]
    fn the_table_of_what_starts() {
        let (bob, carol) = (Some(2), Some(3));
        for (why, due, waiting, expected) in [
            ("one of each lane", Due::Now, vec![ready(1, bob, 0), ready(2, bob, 0), ready(3, carol, 0)], vec![1, 3]),
            ("all without a lane", Due::Now, vec![ready(1, None, 0), ready(2, None, 0)], vec![1, 2]),
            ("four at once", Due::Now, (1..=6).map(|id| ready(id, None, 0)).collect(), vec![1, 2, 3, 4]),
            ("what is not due waits", Due::Now, vec![ready(1, bob, 20), ready(2, carol, 0)], vec![2]),
            ("a person asked", Due::Everything, vec![ready(1, bob, 20), ready(2, carol, 0)], vec![1, 2]),
            ("a moment far ahead is that of a wrong clock", Due::Now, vec![ready(1, bob, 3_600)], vec![1]),
            (
                "hundreds that are not due hide nothing behind them",
                Due::Now,
                (1..=600).map(|id| ready(id, None, 20)).chain([ready(601, bob, 0)]).collect(),
                vec![601],
            ),
        ] {
            assert_eq!(started(&mut Round::new(due), &waiting), expected, "{why}");
        }
    }

    #[test]
    fn each_is_tried_once_and_the_next_of_a_lane_starts_when_the_one_before_ended() {
        let bob = Some(2);
        let mut round = Round::new(Due::Everything);
        assert_eq!(started(&mut round, &[ready(1, bob, 0)]), [1]);
        assert_eq!(started(&mut round, &[ready(1, bob, 0)]), [0_i64; 0], "it is under way");
        ends(&mut round, 1, RETRY, false);
        assert_eq!(started(&mut round, &[ready(1, bob, 0)]), [0_i64; 0], "it was tried");
        assert_eq!(started(&mut round, &[ready(2, bob, 0)]), [2]);
        ends(&mut round, 2, Next::Failed(Failure::Rejected), false);
        round.ended(Ended { errand: ErrandId::from_i64(3), next: None, no_network: false });
        assert_eq!(round.report(), SendReport { retrying: 1, failed: 1, ..SendReport::default() });
    }

    #[test]
    fn without_a_network_nothing_more_starts_and_what_is_under_way_ends() {
        let mut round = Round::new(Due::Now);
        assert_eq!(started(&mut round, &[ready(1, None, 0), ready(2, None, 0)]), [1, 2]);
        ends(&mut round, 1, RETRY, true);
        assert!(!round.takes_more());
        assert_eq!(started(&mut round, &[ready(3, None, 0)]), [0_i64; 0]);
        ends(&mut round, 2, Next::Done, false);
        assert_eq!(round.report(), SendReport { accepted: 1, retrying: 1, offline: true, failed: 0 });
    }
}
