//! How long a round trip may take before it is unusual: from the round trips before it. Pure.
//!
//! As TCP does for its retransmissions, the limit is what is usual and four times how much that varies. Median and
//! median deviation stand in for mean and mean deviation: up to half of the answers may be slow for a reason of their
//! own (a node that waits five seconds for a dead member of its swarm) without making everybody else patient.
//!
//! | measured | limit |
//! |---|---|
//! | nothing | a guess: 2.5 s |
//! | few round trips | three times their median |
//! | at least four | median and four median deviations, at least twice the median |
//! | in any case | between 1 s and 10 s |

use std::collections::VecDeque;
use std::time::Duration;

/// The last round trips of something: a path, a kind of request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RoundTrips {
    latest: VecDeque<Duration>,
}

impl RoundTrips {
    /// One round trip took `rtt`.
    pub(super) fn measured(&mut self, rtt: Duration) {
        if self.latest.len() >= WINDOW {
            self.latest.pop_front();
        }
        self.latest.push_back(rtt);
    }

    /// Whether anything was measured.
    pub(super) fn is_measured(&self) -> bool {
        !self.latest.is_empty()
    }

    /// What takes longer than this is unusual.
    pub(super) fn limit(&self) -> Duration {
        let Some(median) = median(self.latest.iter().copied()) else { return FIRST_GUESS };
        let deviation = median_deviation(&self.latest, median);
        // Few round trips say little about how much they vary.
        let least = if self.latest.len() < ENOUGH { median / 2 } else { median / 4 };
        (median + deviation.max(least) * 4).clamp(LEAST, MOST)
    }
}

impl From<Duration> for RoundTrips {
    fn from(rtt: Duration) -> Self {
        Self { latest: VecDeque::from([rtt]) }
    }
}

fn median(values: impl Iterator<Item = Duration>) -> Option<Duration> {
    let mut sorted: Vec<Duration> = values.collect();
    sorted.sort_unstable();
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

fn median_deviation(values: &VecDeque<Duration>, median_of_them: Duration) -> Duration {
    median(values.iter().map(|value| value.abs_diff(median_of_them))).unwrap_or_default()
}

/// The limit before anything was measured. Shorter and a slow network is never measured; longer and a first message
/// waits for each silent node.
pub(super) const FIRST_GUESS: Duration = Duration::from_millis(2_500);

/// The least limit. Shorter and a moment's hiccup of a phone counts as silence. TCP has the same (RFC 6298).
const LEAST: Duration = Duration::from_secs(1);

/// The greatest limit: the time limit of an attempt.
pub(super) const MOST: Duration = Duration::from_secs(10);

/// Round trips that are remembered: a few minutes of polling, so that a network that became slow is learned soon.
const WINDOW: usize = 16;

/// From so many on, their deviation means something.
const ENOUGH: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(millis: &[u64]) -> u64 {
        let mut trips = RoundTrips::default();
        millis.iter().for_each(|millis| trips.measured(Duration::from_millis(*millis)));
        u64::try_from(trips.limit().as_millis()).unwrap()
    }

    #[test]
    fn every_row_of_the_table() {
        for (measured, expected) in [
            (vec![], 2_500),
            (vec![600], 1_800),
            (vec![600, 800], 1_800),
            (vec![50], 1_000),
            (vec![600, 600, 600, 600], 1_200),
            (vec![500, 600, 700, 900, 1_000], 1_500),
            (vec![9_000], 10_000),
            (vec![60_000; 20], 10_000),
        ] {
            assert_eq!(limit(&measured), expected, "{measured:?}");
        }
    }

    #[test]
    fn some_slow_answers_do_not_make_us_patient_and_a_slow_network_does() {
        let mixed: Vec<u64> = (0..16).map(|place| if place % 3 == 0 { 5_000 } else { 100 }).collect();
        assert_eq!(limit(&mixed), 1_000, "a third waits for dead members");
        let slower: Vec<u64> = [vec![100; 16], vec![3_000; 9]].concat();
        assert!(limit(&slower) >= 3_000, "more than half: {}", limit(&slower));
    }

    #[test]
    fn only_the_last_sixteen_count() {
        assert_eq!(limit(&[vec![8_000; 30], vec![100; 16]].concat()), 1_000);
    }
}
