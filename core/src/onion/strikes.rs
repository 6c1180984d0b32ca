//! Strikes against nodes: three within 48 hours and a node is not used.
//!
//! For what a node says and does wrong. Who is merely silent is set aside for a while instead (`aside`).
//!
//! Shared by all accounts of the process and kept in the file of the node list. Times are wall times because they
//! outlive the process; a strike from the far future (the clock was wrong) is forgotten like an old one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use crate::clock::Timestamp;

use super::node::NodeKey;

/// Which node failed when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Strikes {
    by_node: BTreeMap<NodeKey, Vec<Timestamp>>,
}

impl Strikes {
    /// One failure of `node`.
    pub(super) fn strike(&mut self, node: NodeKey, now: Timestamp) {
        self.prune(now);
        let times = self.by_node.entry(node).or_default();
        if times.len() >= LIMIT {
            times.remove(0);
        }
        times.push(now);
    }

    /// As many failures as it takes.
    #[cfg(test)]
    pub(super) fn strike_out(&mut self, node: NodeKey, now: Timestamp) {
        self.prune(now);
        self.by_node.insert(node, vec![now; LIMIT]);
    }

    /// Forgets the failures of a node that works, unless it is out; whether there were any.
    pub(super) fn vindicate(&mut self, node: &NodeKey, now: Timestamp) -> bool {
        !self.is_out(node, now) && self.by_node.remove(node).is_some()
    }

    /// Whether `node` is not to be used.
    pub(super) fn is_out(&self, node: &NodeKey, now: Timestamp) -> bool {
        self.count(node, now) >= LIMIT
    }

    /// All nodes that are not to be used.
    pub(super) fn out(&self, now: Timestamp) -> BTreeSet<NodeKey> {
        self.by_node.keys().filter(|node| self.is_out(node, now)).copied().collect()
    }

    /// How many failures of `node` count.
    pub(super) fn count(&self, node: &NodeKey, now: Timestamp) -> usize {
        self.by_node.get(node).map_or(0, |times| times.iter().filter(|time| counts(**time, now)).count())
    }

    fn prune(&mut self, now: Timestamp) {
        self.by_node.retain(|_, times| {
            times.retain(|time| counts(*time, now));
            !times.is_empty()
        });
    }

    /// For the file of the node list.
    pub(super) fn to_json(&self) -> Value {
        let entries = self.by_node.iter().map(|(node, times)| {
            let times: Vec<u64> = times.iter().map(|time| time.as_millis()).collect();
            json!({ "pubkey_ed25519": node.to_string(), "at": times })
        });
        Value::Array(entries.collect())
    }

    /// From the file; what is not understood is left out.
    pub(super) fn from_json(json: &Value) -> Self {
        let mut strikes = Self::default();
        for entry in json.as_array().into_iter().flatten().take(MAX_KEPT) {
            let Some(node) = entry.get("pubkey_ed25519").and_then(Value::as_str).and_then(NodeKey::parse) else {
                continue;
            };
            let times = entry.get("at").and_then(Value::as_array).into_iter().flatten();
            let times: Vec<_> = times.filter_map(Value::as_u64).take(LIMIT).map(Timestamp::from_millis).collect();
            if !times.is_empty() {
                strikes.by_node.insert(node, times);
            }
        }
        strikes
    }
}

fn counts(time: Timestamp, now: Timestamp) -> bool {
    now.since(time) < EXPIRY && time.since(now) < EXPIRY
}

/// Failures before a node is left out. Fewer would lose good nodes to one bad evening; more keeps broken ones.
/// Source: session-foundation/libsession-util `src/network/session_network.cpp`.
pub(super) const LIMIT: usize = 3;

/// How long a failure counts; after that a node gets another chance. Same source.
const EXPIRY: Duration = Duration::from_secs(48 * 60 * 60);

/// More nodes than this are not read back from a file.
const MAX_KEPT: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeKey = NodeKey([7; 32]);

    fn hours(hours: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 * 3_600_000 + hours * 3_600_000)
    }

    #[test]
    fn three_strikes_put_a_node_out_for_48_hours() {
        let mut strikes = Strikes::default();
        strikes.strike(NODE, hours(0));
        strikes.strike(NODE, hours(1));
        assert!(!strikes.is_out(&NODE, hours(1)));
        strikes.strike(NODE, hours(2));
        assert!(strikes.is_out(&NODE, hours(2)));
        assert!(strikes.is_out(&NODE, hours(47)));
        assert!(!strikes.is_out(&NODE, hours(48)), "the first one is forgotten");
        assert_eq!(strikes.count(&NODE, hours(50)), 0);
    }

    #[test]
    fn a_strike_out_counts_at_once_and_survives_the_file() {
        let mut strikes = Strikes::default();
        strikes.strike_out(NODE, hours(5));
        assert!(strikes.is_out(&NODE, hours(5)));
        let read = Strikes::from_json(&strikes.to_json());
        assert_eq!(read, strikes);
        assert_eq!(Strikes::from_json(&json!([{"pubkey_ed25519": "zz"}, 4, {"at": [1]}])), Strikes::default());
    }

    #[test]
    fn a_node_that_works_is_cleared_unless_it_is_out() {
        let mut strikes = Strikes::default();
        strikes.strike(NODE, hours(0));
        strikes.strike(NODE, hours(0));
        assert!(strikes.vindicate(&NODE, hours(1)));
        assert_eq!(strikes.count(&NODE, hours(1)), 0);
        assert!(!strikes.vindicate(&NODE, hours(1)));
        strikes.strike_out(NODE, hours(1));
        assert!(!strikes.vindicate(&NODE, hours(1)));
        assert!(strikes.is_out(&NODE, hours(1)));
    }

    #[test]
    fn a_strike_from_a_clock_that_was_years_ahead_does_not_last_for_years() {
        let mut strikes = Strikes::default();
        strikes.strike_out(NODE, hours(100_000));
        assert!(!strikes.is_out(&NODE, hours(0)));
        strikes.strike(NodeKey([8; 32]), hours(0));
        assert_eq!(strikes.count(&NODE, hours(100_000)), 0, "pruned");
    }
}
