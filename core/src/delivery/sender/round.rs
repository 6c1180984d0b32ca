//! Which errands a round of the sender starts, and when it is over. Pure: (what waits, what ended) → (what starts).
//!
//! Errands are under way together, also those of one recipient: whoever reads puts letters in the order of their moments.
//! Only behind an errand that leads its lane (the answer to a request) the later ones wait. Nobody is held up by somebody
//! else's swarm, however many of those hang:
//!
//! | an errand starts | while |
//! |---|---|
//! | to a swarm to which nothing is under way | fewer than 32 attempts are quick, and fewer than 64 are under way in all |
//! | to any other swarm | fewer than 20 are quick, fewer than 48 are under way in all, and fewer than 20 to that swarm |
//! | to a swarm that failed last | the same, and none to that swarm is quick: the others wait for a sign of life |
//! | for nobody who looks (a copy, a deletion) | the same, and fewer than 8 of these are under way |
//!
//! While there is no network one errand alone is tried, for all of them.
//!
//! An attempt is quick until it has taken three seconds: one that hangs takes nobody's place. Once an attempt found no network
//! nothing is started until one is found: the other rows would not find one either, and none of them loses an attempt by it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::address::Address;
use crate::clock::Timestamp;
use crate::delivery::outbox::{self, Next};
use crate::store::{ErrandId, Lane, ReadyErrand, Urgency};

use super::{Due, SendReport};

/// One round.
#[derive(Debug)]
pub(super) struct Round {
    due: Due,
    /// Not again in this round: all that was tried when everything is due, else only what was gone.
    tried: HashSet<ErrandId>,
    way: Arc<Mutex<UnderWay>>,
    report: SendReport,
}

/// What all rounds have under way: no errand twice, and the places are for all together.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    running: HashMap<ErrandId, Running>,
    /// Swarms of which the last attempt failed.
    in_trouble: HashSet<Address>,
}

/// An attempt under way.
#[derive(Clone, Copy, Debug)]
struct Running {
    to: Address,
    urgency: Urgency,
    /// When it began (monotonic).
    since: Duration,
}

/// A moment on both clocks of a device, and what is known of its network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// What retries are dated by.
    pub(super) device: Timestamp,
    /// What attempts are measured by.
    pub(super) monotonic: Duration,
    /// The last request of the account found no network: one attempt finds out for all.
    pub(super) offline: bool,
}

/// What a look at the outbox leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Started {
    /// These are tried now.
    pub(super) errands: Vec<ErrandId>,
    /// Time alone makes another look worthwhile, so much later: a moment comes, or a place is free.
    pub(super) look_again: Option<Duration>,
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
    /// A round over what is `due`, beside others that have something on the same `way`.
    pub(super) fn new(due: Due, way: Arc<Mutex<UnderWay>>) -> Self {
        Self { due, tried: HashSet::new(), way, report: SendReport::default() }
    }

    /// Whether anything more may start: then the outbox is worth a look, now and when something is written.
    pub(super) fn takes_more(&self) -> bool {
        !self.report.offline
    }

    /// A network was found after all.
    pub(super) fn found_network(&mut self) {
        self.report.offline = false;
    }

    /// What starts now, of all that waits for nothing but time and the leader of its lane, in its order.
    pub(super) fn start(&mut self, ready: &[ReadyErrand], now: Now) -> Started {
        let mut started = Started::default();
        if !self.takes_more() {
            return started;
        }
        let (way, mut crowded) = (Arc::clone(&self.way), false);
        let mut way = locked(&way);
        for errand in unled(ready) {
            if way.running.contains_key(&errand.id) || self.tried.contains(&errand.id) {
                continue;
            }
            if self.due == Due::Now && !outbox::is_due(errand.kind, errand.retry_at, now.device) {
                earlier(&mut started.look_again, errand.retry_at.since(now.device));
            } else if way.may_start(errand, now) {
                if self.due == Due::Everything {
                    self.tried.insert(errand.id);
                }
                way.begin(errand, now.monotonic);
                started.errands.push(errand.id);
            } else {
                crowded = true;
            }
        }
        if let Some(free) = way.next_free(now.monotonic).filter(|_| crowded) {
            earlier(&mut started.look_again, free);
        }
        started
    }

    /// An attempt ended; then its place is given back ([`UnderWay::forget`]).
    pub(super) fn ended(&mut self, ended: Ended) {
        locked(&self.way).note(ended);
        match ended.next {
            Some(Next::Done) => {
                self.report.accepted += 1;
                self.found_network();
            }
            Some(Next::Retry { .. }) => self.report.retrying += 1,
            Some(Next::Failed(_)) => self.report.failed += 1,
            None => {
                self.tried.insert(ended.errand);
            }
        }
        self.report.offline |= ended.no_network;
    }

    /// What it did.
    pub(super) fn report(self) -> SendReport {
        self.report
    }
}

impl UnderWay {
    /// How long until an attempt that is quick is slow, and its place free.
    fn next_free(&self, now: Duration) -> Option<Duration> {
        let left = self.running.values().map(|running| (running.since + SLOW_AFTER).saturating_sub(now));
        left.filter(|wait| !wait.is_zero()).min()
    }

    fn begin(&mut self, errand: &ReadyErrand, since: Duration) {
        self.running.insert(errand.id, Running { to: errand.address, urgency: errand.urgency, since });
    }

    /// The table at the head of this file.
    fn may_start(&self, errand: &ReadyErrand, now: Now) -> bool {
        let count = |which: &dyn Fn(&Running) -> bool| self.running.values().filter(|running| which(running)).count();
        let is_quick = |running: &Running| now.monotonic.saturating_sub(running.since) < SLOW_AFTER;
        let (all, quick) = (self.running.len(), count(&is_quick));
        if now.offline {
            return quick == 0 && all < MOST_WITH_NEW;
        }
        let there = count(&|running| running.to == errand.address);
        if errand.urgency == Urgency::Background {
            let background = count(&|running| running.urgency == Urgency::Background);
            if background >= MOST_BACKGROUND {
                return false;
            }
        }
        if there == 0 {
            return quick < MOST_QUICK_WITH_NEW && all < MOST_WITH_NEW;
        }
        let waits_for_life = self.in_trouble.contains(&errand.address)
            && count(&|running| running.to == errand.address && is_quick(running)) > 0;
        !waits_for_life && quick < MOST_QUICK && all < MOST && there < MOST_THERE
    }

    /// What the end of an attempt says about its swarm.
    fn note(&mut self, ended: Ended) {
        let Some(Running { to, .. }) = self.running.get(&ended.errand).copied() else { return };
        match ended.next {
            Some(Next::Done) => {
                self.in_trouble.remove(&to);
            }
            // Without a network nothing is said about the swarm.
            Some(Next::Retry { .. }) if !ended.no_network => {
                self.in_trouble.insert(to);
            }
            Some(Next::Retry { .. } | Next::Failed(_)) | None => (),
        }
    }

    /// It is not under way any more, however it ended; its place is free.
    pub(super) fn forget(&mut self, errand: ErrandId) {
        self.running.remove(&errand);
    }
}

/// Never held across an await.
pub(super) fn locked(way: &Mutex<UnderWay>) -> MutexGuard<'_, UnderWay> {
    way.lock().unwrap_or_else(PoisonError::into_inner)
}

/// When the next of `ready` is due (device); `None` while nothing waits for time.
pub(super) fn next_due(ready: &[ReadyErrand]) -> Option<Timestamp> {
    unled(ready).map(|errand| errand.retry_at).min()
}

/// All but those behind an errand that leads their lane.
fn unled(ready: &[ReadyErrand]) -> impl Iterator<Item = &ReadyErrand> {
    let mut led: HashSet<&Lane> = HashSet::new();
    ready.iter().filter(move |errand| {
        let Some(lane) = &errand.lane else { return true };
        let free = !led.contains(lane);
        if errand.leads {
            led.insert(lane);
        }
        free
    })
}

fn earlier(known: &mut Option<Duration>, wait: Duration) {
    *known = Some(known.map_or(wait, |known| known.min(wait)));
}

/// From then on an attempt takes nobody's place. Most stores take less; one to a swarm with a member that is away takes five
/// seconds, and the next ones need not wait for that.
const SLOW_AFTER: Duration = Duration::from_secs(3);

/// Attempts that are quick, in all. A burst of this many letters leaves at once; more would show the guard more than that.
const MOST_QUICK: usize = 20;
/// Attempts to one swarm.
const MOST_THERE: usize = 20;
/// Attempts in all, slow ones too.
const MOST: usize = 48;
/// Places beyond these for swarms to which nothing is under way.
const MOST_QUICK_WITH_NEW: usize = 32;
/// The end, against floods.
const MOST_WITH_NEW: usize = 64;
/// Attempts that nobody waits for.
const MOST_BACKGROUND: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::AccountId;
    use crate::store::{ErrandKind, Failure};

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn to(key: u8) -> Address {
        AccountId::from_x25519([key; 32]).into()
    }

    fn ready(id: i64, key: u8, wait: u64) -> ReadyErrand {
        ReadyErrand {
            id: ErrandId::from_i64(id),
            kind: ErrandKind::Store,
            lane: Some(Lane::to(to(key))),
            address: to(key),
            urgency: Urgency::Person,
            leads: false,
            retry_at: NOW + Duration::from_secs(wait),
        }
    }

    fn copy(id: i64) -> ReadyErrand {
        ReadyErrand { lane: None, urgency: Urgency::Background, ..ready(id, 1, 0) }
    }

    fn answer(id: i64, key: u8, wait: u64) -> ReadyErrand {
        ReadyErrand { leads: true, ..ready(id, key, wait) }
    }

    fn at(seconds: u64) -> Now {
        let passed = Duration::from_secs(seconds);
        Now { device: NOW + passed, monotonic: passed, offline: false }
    }

    fn alone(due: Due) -> Round {
        Round::new(due, Arc::default())
    }

    fn started(round: &mut Round, ready: &[ReadyErrand], seconds: u64) -> Vec<i64> {
        round.start(ready, at(seconds)).errands.into_iter().map(ErrandId::as_i64).collect()
    }

    fn ends(round: &mut Round, errand: i64, next: Next, no_network: bool) {
        let errand = ErrandId::from_i64(errand);
        round.ended(Ended { errand, next: Some(next), no_network });
        locked(&round.way).forget(errand);
    }

    const RETRY: Next = Next::Retry { at: NOW, rejections: 0 };
    const NONE: [i64; 0] = [];

    #[test]
    fn the_table_of_what_starts() {
        let burst = |key: u8, ids: std::ops::RangeInclusive<i64>| ids.map(|id| ready(id, key, 0)).collect::<Vec<_>>();
        for (why, due, waiting, expected) in [
            ("all of a lane", Due::Now, burst(2, 1..=3), (1..=3).collect::<Vec<_>>()),
            ("twenty of a lane", Due::Now, burst(2, 1..=30), (1..=20).collect()),
            ("and the first of every other", Due::Now, [burst(2, 1..=30), burst(3, 31..=60)].concat(), {
                (1..=20).chain([31]).collect()
            }),
            ("eight that nobody waits for", Due::Now, (1..=12).map(copy).collect(), (1..=8).collect()),
            ("what is not due waits, and holds up nobody", Due::Now, vec![ready(1, 2, 20), ready(2, 2, 0)], vec![2]),
            ("a person asked", Due::Everything, vec![ready(1, 2, 20), ready(2, 3, 0)], vec![1, 2]),
            ("a moment far ahead is that of a wrong clock", Due::Now, vec![ready(1, 2, 3_600)], vec![1]),
            ("an answer leads", Due::Now, vec![answer(1, 2, 0), ready(2, 2, 0), ready(3, 3, 0)], vec![1, 3]),
            ("also while it waits", Due::Now, vec![answer(1, 2, 20), ready(2, 2, 0), ready(3, 3, 0)], vec![3]),
            (
                "and not what came before it",
                Due::Now,
                vec![ready(1, 2, 0), answer(2, 2, 0), ready(3, 2, 0)],
                vec![1, 2],
            ),
            (
                "hundreds that are not due hide nothing behind them",
                Due::Now,
                (1..=600).map(|id| ready(id, 2, 20)).chain([ready(601, 3, 0)]).collect(),
                vec![601],
            ),
        ] {
            assert_eq!(started(&mut alone(due), &waiting, 0), expected, "{why}");
        }
    }

    #[test]
    fn four_swarms_that_hang_hold_up_nobody() {
        let mut round = alone(Due::Now);
        let hanging: Vec<_> = (0..400).map(|id| ready(id, u8::try_from(2 + id % 4).unwrap(), 0)).collect();
        assert_eq!(started(&mut round, &hanging, 0).len(), 20);
        let with_fifth = [hanging.clone(), vec![ready(900, 9, 0)]].concat();
        assert_eq!(started(&mut round, &with_fifth, 1), [900], "at once, although all places are taken");
        for seconds in (3..300).step_by(3) {
            started(&mut round, &hanging, seconds);
        }
        let fresh: Vec<_> = (0..30).map(|id| ready(1_000 + id, u8::try_from(20 + id).unwrap(), 0)).collect();
        assert_eq!(started(&mut round, &fresh[..10], 300).len(), 10, "minutes later too");
        let all = locked(&round.way).running.len();
        assert!(all <= MOST_WITH_NEW, "{all} are under way");
        started(&mut round, &fresh, 310);
        assert_eq!(locked(&round.way).running.len(), MOST_WITH_NEW, "a flood has an end");
    }

    #[test]
    fn a_place_is_free_once_an_attempt_is_slow_and_that_is_looked_for() {
        let mut round = alone(Due::Now);
        let burst: Vec<_> = (0..40).map(|id| ready(id, u8::try_from(2 + id % 2).unwrap(), 0)).collect();
        let first = round.start(&burst, at(0));
        assert_eq!((first.errands.len(), first.look_again), (20, Some(SLOW_AFTER)));
        assert_eq!(started(&mut round, &burst, 2), NONE);
        assert_eq!(started(&mut round, &burst, 3).len(), 20);
    }

    #[test]
    fn a_swarm_that_failed_gets_one_at_a_time_until_one_arrives() {
        let mut round = alone(Due::Now);
        let burst: Vec<_> = (1..=30).map(|id| ready(id, 2, 0)).collect();
        assert_eq!(started(&mut round, &burst[..2], 0), [1, 2]);
        ends(&mut round, 1, RETRY, false);
        assert_eq!(started(&mut round, &burst[1..], 1), NONE, "the other may still tell");
        assert_eq!(started(&mut round, &burst[1..], 3), [3], "it hangs, so another one is tried");
        ends(&mut round, 3, Next::Done, false);
        assert_eq!(started(&mut round, &burst[3..], 4).len(), 19, "it lives: all that have a place");
    }

    #[test]
    fn what_waits_for_its_moment_is_tried_in_the_same_round() {
        let mut round = alone(Due::Now);
        assert_eq!(started(&mut round, &[ready(1, 2, 0), ready(2, 3, 0)], 0), [1, 2]);
        ends(&mut round, 1, RETRY, false);
        let waiting = [ready(1, 2, 3), ready(2, 3, 0)];
        assert_eq!(round.start(&waiting, at(1)).look_again, Some(Duration::from_secs(2)));
        assert_eq!(started(&mut round, &waiting, 3), [1], "while another attempt hangs");
    }

    #[test]
    fn when_everything_is_due_each_is_tried_once() {
        let mut round = alone(Due::Everything);
        assert_eq!(started(&mut round, &[ready(1, 2, 0)], 0), [1]);
        assert_eq!(started(&mut round, &[ready(1, 2, 0)], 0), NONE, "it is under way");
        ends(&mut round, 1, RETRY, false);
        assert_eq!(started(&mut round, &[ready(1, 2, 0)], 9), NONE, "it was tried");
        assert_eq!(started(&mut round, &[ready(2, 2, 0)], 9), [2]);
        ends(&mut round, 2, Next::Failed(Failure::Rejected), false);
        round.ended(Ended { errand: ErrandId::from_i64(3), next: None, no_network: false });
        assert_eq!(round.report(), SendReport { retrying: 1, failed: 1, ..SendReport::default() });
    }

    #[test]
    fn two_rounds_share_the_places_and_nothing_is_under_way_twice() {
        let way = Arc::default();
        let (mut one, mut two) = (Round::new(Due::Now, Arc::clone(&way)), Round::new(Due::Everything, way));
        let waiting = [ready(1, 2, 0), ready(2, 3, 20)];
        assert_eq!(started(&mut one, &waiting, 0), [1]);
        assert_eq!(started(&mut two, &waiting, 0), [2], "a person asked, whatever hangs");
        ends(&mut one, 1, RETRY, false);
        assert_eq!(started(&mut two, &waiting, 0), [1]);
    }

    #[test]
    fn without_a_network_nothing_more_starts_until_one_is_found() {
        let mut round = alone(Due::Now);
        assert_eq!(started(&mut round, &[ready(1, 2, 0), ready(2, 3, 0)], 0), [1, 2]);
        ends(&mut round, 1, RETRY, true);
        assert!(!round.takes_more());
        assert_eq!(started(&mut round, &[ready(3, 4, 0)], 0), NONE);
        ends(&mut round, 2, Next::Done, false);
        assert_eq!(started(&mut round, &[ready(3, 4, 0)], 0), [3], "what was under way arrived");
        ends(&mut round, 3, RETRY, true);
        assert_eq!(round.report(), SendReport { accepted: 1, retrying: 2, offline: true, failed: 0 });
    }

    #[test]
    fn while_there_is_no_network_one_errand_is_tried_for_all() {
        let mut round = alone(Due::Now);
        let waiting = [ready(1, 2, 0), ready(2, 3, 0)];
        let offline = Now { offline: true, ..at(0) };
        assert_eq!(round.start(&waiting, offline).errands.len(), 1);
        assert_eq!(round.start(&waiting, offline).errands.len(), 0);
        assert_eq!(started(&mut round, &waiting, 1), [2], "it is back");
    }

    #[test]
    fn what_stands_behind_an_answer_is_not_due() {
        assert_eq!(next_due(&[answer(1, 2, 20), ready(2, 2, 0)]), Some(NOW + Duration::from_secs(20)));
        assert_eq!(next_due(&[]), None);
    }
}
