//! The network's time: our clock plus an offset.
//!
//! Nodes refuse signatures that are a minute off, and people set their phones wrong by hours. Every answer of a node
//! carries its time `t`. A first one that agrees with our own clock is believed; one that does not is used for the moment
//! and raises a doubt, as later ones do when they disagree, because a single node may lie: a doubt, or a refusal for the
//! clock, is settled by asking three nodes, of which two must agree (`settle.rs`). Restored offsets count as believed.
//!
//! Believed is not certain: the date of the device may have been set while the program was closed, or just now. What people
//! write bears its time for ever, so it leaves with a *certain* one only: a node of this run spoke for the offset, and since
//! then our clock has moved as the monotonic reading did ([`NetworkTime::is_certain`]).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::clock::{SharedClock, Timestamp};

/// The time that signed requests and sent messages carry. Cheap to clone; clones share the offset.
#[derive(Clone)]
pub struct NetworkTime {
    clock: SharedClock,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    offset_millis: AtomicI64,
    known: AtomicBool,
    doubtful: AtomicBool,
    /// A node of this run spoke for the offset.
    certain: AtomicBool,
    /// Our clock minus the monotonic reading when it did, in milliseconds.
    stood_at: AtomicI64,
}

impl NetworkTime {
    /// Our own clock, until a node says otherwise.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, shared: Arc::default() }
    }

    /// The network's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now().shifted(self.offset_millis())
    }

    /// Network time minus our clock, in milliseconds.
    pub fn offset_millis(&self) -> i64 {
        self.shared.offset_millis.load(Ordering::Relaxed)
    }

    /// Takes an offset kept from an earlier run.
    pub fn restore(&self, offset_millis: i64) {
        self.believe(offset_millis);
        self.shared.certain.store(false, Ordering::Relaxed);
    }

    /// Whether an offset was ever settled or restored. One node's word alone does not settle it.
    pub fn is_known(&self) -> bool {
        self.shared.known.load(Ordering::Relaxed)
    }

    /// Whether a node of this run spoke for the offset, and our clock was not set since: what is stamped now needs no other
    /// date later.
    pub fn is_certain(&self) -> bool {
        let moved = self.against_monotonic().abs_diff(self.shared.stood_at.load(Ordering::Relaxed));
        self.shared.certain.load(Ordering::Relaxed) && moved <= DOUBT_MILLIS
    }

    /// Whether a node's time disagreed since the offset was last settled.
    pub(super) fn is_doubtful(&self) -> bool {
        self.shared.doubtful.load(Ordering::Relaxed)
    }

    /// Hears the time `t` of an answer that arrived at `received_at` (our clock) after `rtt`.
    pub(super) fn hear(&self, t: Timestamp, received_at: Timestamp, rtt: Duration) {
        let Some(offset) = estimate(t, received_at, rtt) else { return };
        if !self.is_known() && offset.unsigned_abs() <= DOUBT_MILLIS {
            // Two witnesses: the node and our own clock.
            self.settle(offset);
        } else if !self.is_known() {
            // Only for the moment: the next request asks others first.
            if !self.shared.doubtful.swap(true, Ordering::Relaxed) {
                self.shared.offset_millis.store(offset, Ordering::Relaxed);
            }
        } else if offset.abs_diff(self.offset_millis()) > DOUBT_MILLIS {
            self.shared.doubtful.store(true, Ordering::Relaxed);
        } else if !self.is_doubtful() {
            self.be_certain();
        }
    }

    /// Takes an offset as settled.
    pub(super) fn settle(&self, offset_millis: i64) {
        self.believe(offset_millis);
        self.be_certain();
    }

    fn believe(&self, offset_millis: i64) {
        self.shared.offset_millis.store(offset_millis, Ordering::Relaxed);
        self.shared.known.store(true, Ordering::Relaxed);
        self.shared.doubtful.store(false, Ordering::Relaxed);
    }

    fn be_certain(&self) {
        self.shared.stood_at.store(self.against_monotonic(), Ordering::Relaxed);
        self.shared.certain.store(true, Ordering::Relaxed);
    }

    /// Our clock minus the monotonic reading, in milliseconds: changes when the date is set, or the device slept.
    fn against_monotonic(&self) -> i64 {
        let monotonic = i64::try_from(self.clock.monotonic().as_millis()).unwrap_or(i64::MAX);
        self.clock.now().to_sql().saturating_sub(monotonic)
    }
}

impl fmt::Debug for NetworkTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NetworkTime(offset {} ms)", self.offset_millis())
    }
}

/// Lets one correction of the clock run at a time.
pub(super) struct ClockGate {
    pub(super) turn: Semaphore,
    /// How often the time was corrected.
    pub(super) generation: AtomicU64,
    /// Monotonic milliseconds of the last correction, plus one; zero before the first.
    pub(super) last: AtomicU64,
}

impl ClockGate {
    pub(super) fn new() -> Self {
        Self { turn: Semaphore::new(1), generation: AtomicU64::new(0), last: AtomicU64::new(0) }
    }
}

/// The offset that one answer speaks for, in milliseconds: both directions of the way are taken as equally long. `None`
/// for a time that no honest node can have.
pub(super) fn estimate(t: Timestamp, received_at: Timestamp, rtt: Duration) -> Option<i64> {
    if t < EARLIEST || t > LATEST {
        return None;
    }
    let at_arrival = t + rtt / 2;
    i64::try_from(i128::from(at_arrival.as_millis()) - i128::from(received_at.as_millis())).ok()
}

/// The median of the largest group of offsets that agree with one of them; none when the group is smaller than `needed`.
pub(super) fn agreed(offsets: &[i64], needed: usize) -> Option<i64> {
    let group = |of: &i64| -> Vec<i64> {
        offsets.iter().copied().filter(|other| other.abs_diff(*of) <= DOUBT_MILLIS).collect()
    };
    let largest = offsets.iter().map(group).max_by_key(Vec::len)?;
    if largest.len() < needed { None } else { median(largest) }
}

/// The middle of several offsets; with an even number the mean of the two middle ones.
fn median(mut offsets: Vec<i64>) -> Option<i64> {
    offsets.sort_unstable();
    let upper = *offsets.get(offsets.len() / 2)?;
    let lower = *offsets.get((offsets.len() - 1) / 2)?;
    Some(lower + (upper - lower) / 2)
}

/// 2021-01-01: no node of today's network lives before it. The same bound as session-desktop
/// `ts/session/apis/snode_api/SNodeAPI.ts`.
const EARLIEST: Timestamp = Timestamp::from_millis(1_609_459_200_000);

/// 2100-01-01: keeps arithmetic with a liar's time far from its edges.
const LATEST: Timestamp = Timestamp::from_millis(4_102_444_800_000);

/// A node that differs by more than this raises a doubt. Nodes refuse at 60 s; a slow way explains at most half of a
/// 10 s round trip. Smaller would ask three nodes after every slow answer, larger would leave too little of the minute.
const DOUBT_MILLIS: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, Sleep};

    /// A clock that stands still at a given time.
    struct Standing(Timestamp);

    impl Clock for Standing {
        fn now(&self) -> Timestamp {
            self.0
        }
        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }
        fn sleep_until(&self, _: Duration) -> Sleep {
            Box::pin(std::future::pending())
        }
    }

    const NOON: Timestamp = Timestamp::from_millis(1_774_000_000_000);
    const HOUR: i64 = 3_600_000;

    fn time() -> NetworkTime {
        NetworkTime::new(Arc::new(Standing(NOON)))
    }

    #[test]
    fn half_of_the_way_counts_as_the_way_back() {
        assert_eq!(estimate(NOON, NOON, Duration::from_millis(400)), Some(200));
        assert_eq!(estimate(NOON.shifted(-HOUR), NOON, Duration::ZERO), Some(-HOUR));
    }

    #[test]
    fn times_before_2021_and_absurd_ones_are_ignored() {
        for absurd in [0, 1_609_459_199_999, 1_774_000_000, u64::MAX] {
            let time = time();
            time.hear(Timestamp::from_millis(absurd), NOON, Duration::ZERO);
            assert!(!time.is_known(), "{absurd}");
            assert_eq!(time.now(), NOON);
        }
    }

    #[test]
    fn a_first_answer_that_moves_our_clock_is_only_for_the_moment() {
        let time = time();
        time.hear(NOON.shifted(HOUR), NOON, Duration::ZERO);
        assert_eq!(time.now(), NOON.shifted(HOUR));
        assert!(!time.is_known() && time.is_doubtful());
        time.hear(NOON.shifted(900 * HOUR), NOON, Duration::ZERO);
        assert_eq!(time.offset_millis(), HOUR, "and the next liar does not move it further");
        time.settle(0);
        assert!(time.is_known() && !time.is_doubtful());
    }

    #[test]
    fn a_first_answer_that_agrees_with_our_clock_is_believed() {
        let time = time();
        time.hear(NOON.shifted(2_000), NOON, Duration::ZERO);
        assert_eq!(time.offset_millis(), 2_000);
        assert!(time.is_known() && !time.is_doubtful());
    }

    #[test]
    fn a_later_liar_only_raises_a_doubt() {
        let time = time();
        time.settle(HOUR);
        time.hear(NOON.shifted(HOUR + 3_000), NOON, Duration::ZERO);
        assert!(!time.is_doubtful(), "a slow way is no reason to doubt");
        time.hear(NOON.shifted(900 * HOUR), NOON, Duration::ZERO);
        assert_eq!(time.offset_millis(), HOUR, "one node cannot move our time");
        assert!(time.is_doubtful());
        time.settle(HOUR);
        assert!(!time.is_doubtful());
    }

    #[test]
    fn a_restored_offset_counts_as_known() {
        let time = time();
        time.restore(-HOUR);
        time.hear(NOON, NOON, Duration::ZERO);
        assert_eq!(time.offset_millis(), -HOUR);
        assert!(time.is_doubtful());
    }

    /// A clock whose date a person sets.
    #[derive(Default)]
    struct Set(AtomicI64);

    impl Clock for Set {
        fn now(&self) -> Timestamp {
            NOON.shifted(self.0.load(Ordering::Relaxed))
        }
        fn monotonic(&self) -> Duration {
            Duration::from_secs(1)
        }
        fn sleep_until(&self, _: Duration) -> Sleep {
            Box::pin(std::future::pending())
        }
    }

    #[test]
    fn a_time_is_certain_when_a_node_of_this_run_agreed_and_until_the_date_is_set() {
        let clock = Arc::new(Set::default());
        let time = NetworkTime::new(clock.clone());
        assert!(!time.is_certain());
        time.restore(HOUR);
        assert!(time.is_known() && !time.is_certain(), "the date may have been set while the program was closed");
        time.hear(NOON, NOON, Duration::ZERO);
        assert!(!time.is_certain(), "a node that disagrees proves nothing");
        time.restore(HOUR);
        time.hear(NOON.shifted(HOUR + 3_000), NOON, Duration::ZERO);
        assert!(time.is_certain());
        clock.0.store(20_000, Ordering::Relaxed);
        assert!(!time.is_certain(), "somebody set the date");
        time.settle(HOUR - 20_000);
        assert!(time.is_certain());
        time.hear(NOON.shifted(900 * HOUR), NOON, Duration::ZERO);
        assert!(time.is_certain(), "one liar makes nobody wait");
    }

    #[test]
    fn two_must_agree_before_the_clock_follows() {
        assert_eq!(agreed(&[], 2), None);
        assert_eq!(agreed(&[HOUR], 2), None, "a single answer is not enough");
        assert_eq!(agreed(&[HOUR], 1), Some(HOUR), "unless there is only one node");
        assert_eq!(agreed(&[0, HOUR], 2), None);
        assert_eq!(agreed(&[0, HOUR, 9 * HOUR], 2), None, "nor are three that all differ");
        assert_eq!(agreed(&[HOUR, 40, 60], 2), Some(50));
    }

    #[test]
    fn one_liar_among_three_does_not_move_the_median() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![7]), Some(7));
        assert_eq!(median(vec![1_000, 2_000]), Some(1_500));
        assert_eq!(median(vec![10, i64::MAX, 20]), Some(20));
        assert_eq!(median(vec![i64::MIN / 4, 10, 20]), Some(10));
    }
}
