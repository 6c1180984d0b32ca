//! Chance: which node is drawn.
//!
//! Middle and exit nodes are drawn by measured latency, within limits: a node's chance lies between a quarter of and
//! four times the uniform chance, so that a fast node (or one that only answers measurements fast) never sees most of
//! our traffic, and a slow one is still measured again. Guards are drawn uniformly, whatever their latency: the choice
//! of a guard lasts for days, and an attacker can buy speed.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::crypto;

use super::limit::RoundTrips;
use super::node::NodeKey;

/// A source of random 64-bit numbers; the operating system's outside tests.
pub(super) type Draw<'a> = &'a mut dyn FnMut() -> u64;

/// Random numbers from the operating system.
pub(super) fn system() -> u64 {
    u64::from_le_bytes(crypto::random_bytes::<8>())
}

/// A place below `count`, uniformly; none when there is none.
pub(super) fn uniform(count: usize, draw: Draw<'_>) -> Option<usize> {
    let count = u64::try_from(count).ok().filter(|count| *count > 0)?;
    // Rejecting the last, incomplete round keeps all places equally likely.
    let rounds = u64::MAX - u64::MAX % count;
    let number = loop {
        let number = draw();
        if number < rounds {
            break number;
        }
    };
    usize::try_from(number % count).ok()
}

/// A place among `chances` (as [`chances`] makes them), each with its chance.
pub(super) fn weighted(chances: &[f64], draw: Draw<'_>) -> Option<usize> {
    let total: f64 = chances.iter().sum();
    // 53 bits fill the precision of f64.
    let mut point = (draw() >> 11) as f64 / (1_u64 << 53) as f64 * total;
    for (place, chance) in chances.iter().enumerate() {
        point -= chance;
        if point < 0.0 {
            return Some(place);
        }
    }
    chances.len().checked_sub(1)
}

/// Chances relative to uniform (their mean is 1), each in `[1/4, 4]`, from measured latencies; unmeasured nodes count
/// as meeting the target.
pub(super) fn chances(latencies: &[Option<Duration>]) -> Vec<f64> {
    let wishes: Vec<f64> = latencies
        .iter()
        .map(|latency| latency.map_or(1.0, |latency| HOP_TARGET.as_secs_f64() / latency.as_secs_f64().max(0.001)))
        .collect();
    let limited = |scale: f64| wishes.iter().map(move |wish| (wish * scale).clamp(LEAST, MOST));
    // The scale at which the limited chances add up to one each on average: their sum grows with it, so halve.
    let goal = wishes.len() as f64;
    let (mut low, mut high) = (1e-6_f64, 1e6_f64);
    for _ in 0..64 {
        let middle = (low * high).sqrt();
        if limited(middle).sum::<f64>() < goal { low = middle } else { high = middle }
    }
    limited(high).collect()
}

/// Latencies per hop that one account measured. Never shared between accounts, never stored.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    by_node: BTreeMap<NodeKey, Duration>,
}

impl Latencies {
    /// A round trip over `nodes` (without the guard) took `rtt` in `legs` legs: each of them gets its part.
    pub(super) fn measured<'a>(&mut self, nodes: impl IntoIterator<Item = &'a NodeKey>, rtt: Duration, legs: u32) {
        let part = rtt / legs.max(1);
        for node in nodes {
            if self.by_node.len() >= MAX_MEASURED && !self.by_node.contains_key(node) {
                continue;
            }
            let known = self.by_node.entry(*node).or_insert(part);
            *known = (*known * 3 + part) / 4;
        }
    }

    /// What is known of a node.
    pub(super) fn of(&self, node: &NodeKey) -> Option<Duration> {
        self.by_node.get(node).copied()
    }
}

/// How long the requests of each kind took lately, to know when one is unusually slow.
#[derive(Debug, Default)]
pub(super) struct Durations {
    by_kind: BTreeMap<String, RoundTrips>,
}

impl Durations {
    /// A request of `kind` took `rtt`.
    pub(super) fn measured(&mut self, kind: &str, rtt: Duration) {
        if self.by_kind.len() >= MAX_KINDS && !self.by_kind.contains_key(kind) {
            return;
        }
        self.by_kind.entry(kind.to_owned()).or_default().measured(rtt);
    }

    /// What takes longer than this is unusual for `kind`; none before one was measured.
    pub(super) fn limit(&self, kind: &str) -> Option<Duration> {
        self.by_kind.get(kind).map(RoundTrips::limit)
    }
}

/// What one hop may take: three hops, the destination and back in about two seconds is what people wait gladly.
pub(super) const HOP_TARGET: Duration = Duration::from_millis(500);

/// The least chance relative to uniform. Smaller and slow nodes would never be measured again.
const LEAST: f64 = 0.25;

/// The greatest chance relative to uniform. Larger and a fast attacker would be on most paths.
const MOST: f64 = 4.0;

/// Nodes whose latency is remembered; the network has about 2,000.
const MAX_MEASURED: usize = 4_096;

/// Request kinds that are measured; storage RPC has about 20 methods.
const MAX_KINDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// A repeatable source (xorshift64*).
    pub(in super::super) fn repeatable(seed: u64) -> impl FnMut() -> u64 {
        let mut state = seed | 1;
        move || {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            state.wrapping_mul(0x2545_f491_4f6c_dd1d)
        }
    }

    fn frequencies(latencies: &[Option<Duration>], seed: u64) -> Vec<f64> {
        let chances = chances(latencies);
        let mut draw = repeatable(seed);
        let mut hits = vec![0.0; latencies.len()];
        for _ in 0..10_000 {
            hits[weighted(&chances, &mut draw).unwrap()] += 1.0;
        }
        let uniform = 10_000.0 / latencies.len() as f64;
        hits.iter().map(|hits| hits / uniform).collect()
    }

    #[test]
    fn over_ten_thousand_draws_every_node_stays_between_a_quarter_and_four_times_uniform() {
        let millis = |millis| Some(Duration::from_millis(millis));
        let mut extreme = vec![millis(1)];
        extreme.extend(vec![millis(60_000); 19]);
        let mut one_slow = vec![millis(5_000)];
        one_slow.extend(vec![millis(200); 19]);
        let mixed: Vec<_> = (0..20).map(|place| millis(50 + place * place * 20)).collect();
        for (seed, latencies) in [extreme, one_slow, mixed].iter().enumerate() {
            let chances = chances(latencies);
            assert!(chances.iter().all(|chance| (0.25..=4.0).contains(chance)), "{chances:?}");
            for (drawn, chance) in frequencies(latencies, seed as u64 + 1).iter().zip(&chances) {
                // Three standard deviations of a count around 500 are about 13 %; of one around 125, 27 %.
                assert!((drawn - chance).abs() < 0.14 * chance.max(1.0) + 0.07, "drawn {drawn}, chance {chance}");
            }
        }
    }

    #[test]
    fn a_fast_node_is_drawn_more_often_than_a_slow_one() {
        let latencies: Vec<_> =
            [100, 100, 500, 500, 2_000, 2_000].map(|millis| Some(Duration::from_millis(millis))).to_vec();
        let drawn = frequencies(&latencies, 9);
        assert!(drawn[0] > 2.0 * drawn[2] && drawn[2] > 1.5 * drawn[4], "{drawn:?}");
    }

    #[test]
    fn without_measurements_the_draw_is_uniform() {
        for drawn in frequencies(&[None; 20], 3) {
            assert!((drawn - 1.0).abs() < 0.2, "{drawn}");
        }
        let mut draw = repeatable(11);
        let mut hits = [0_u32; 7];
        for _ in 0..10_000 {
            hits[uniform(7, &mut draw).unwrap()] += 1;
        }
        assert!(hits.iter().all(|hits| hits.abs_diff(1_428) < 150), "{hits:?}");
        assert_eq!(uniform(0, &mut draw), None);
        assert_eq!(weighted(&[], &mut draw), None);
    }

    #[test]
    fn each_kind_of_request_has_a_limit_of_its_own() {
        let mut durations = Durations::default();
        assert_eq!(durations.limit("retrieve"), None, "nothing is known");
        for _ in 0..8 {
            durations.measured("retrieve", Duration::from_millis(800));
        }
        assert_eq!(durations.limit("retrieve"), Some(Duration::from_millis(1_600)));
        assert_eq!(durations.limit("store"), None, "kinds are apart");
    }

    #[test]
    fn latency_is_shared_out_over_the_legs_and_smoothed() {
        let mut latencies = Latencies::default();
        let node = NodeKey([1; 32]);
        latencies.measured([&node], Duration::from_millis(800), 4);
        assert_eq!(latencies.of(&node), Some(Duration::from_millis(200)));
        latencies.measured([&node], Duration::from_millis(2_400), 4);
        assert_eq!(latencies.of(&node), Some(Duration::from_millis(300)));
    }
}
