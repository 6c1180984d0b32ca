//! Strikes against nodes: three within 48 hours and a node is not used.
//!
//! For what a node says and does wrong. Who is merely silent is set aside for a while instead (`aside`).
//!
//! Shared by all accounts of the process. Times are wall times because they outlive the process; a strike from the far
//! future (the clock was wrong) is forgotten like an old one.
//!
//! The file of the node list keeps of them what the next start needs, and no more: which nodes are out, to the hour.
//! Whoever fails as the destination of a request is one of our swarm, or of a friend's, so those strikes are not written
//! down at all: in plain sight they would tell whose swarm it is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::de::MapAccess;
use serde_json::{Value, json};

use crate::clock::Timestamp;

use super::foreign::{Fields, Items, Listed, Loose, Scalar, skip};
use super::node::NodeKey;

/// Which node failed when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Strikes {
    by_node: BTreeMap<NodeKey, Vec<Strike>>,
}

/// One failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Strike {
    at: Timestamp,
    /// Failed as the destination of a request: never written down.
    as_destination: bool,
}

impl Strikes {
    /// One failure of `node` on a path.
    pub(super) fn strike(&mut self, node: NodeKey, now: Timestamp) {
        self.add(node, Strike { at: now, as_destination: false });
    }

    /// One failure of `node` as the destination of a request.
    pub(super) fn strike_destination(&mut self, node: NodeKey, now: Timestamp) {
        self.add(node, Strike { at: now, as_destination: true });
    }

    fn add(&mut self, node: NodeKey, strike: Strike) {
        self.prune(strike.at);
        let strikes = self.by_node.entry(node).or_default();
        if strikes.len() >= LIMIT {
            strikes.remove(0);
        }
        strikes.push(strike);
    }

    /// As many failures as it takes.
    #[cfg(test)]
    pub(super) fn strike_out(&mut self, node: NodeKey, now: Timestamp) {
        self.prune(now);
        self.by_node.insert(node, vec![Strike { at: now, as_destination: false }; LIMIT]);
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
        self.by_node.get(node).map_or(0, |strikes| strikes.iter().filter(|strike| counts(strike.at, now)).count())
    }

    fn prune(&mut self, now: Timestamp) {
        self.by_node.retain(|_, strikes| {
            strikes.retain(|strike| counts(strike.at, now));
            !strikes.is_empty()
        });
    }

    /// For the file of the node list: the nodes that are out by what happened on paths.
    pub(super) fn to_json(&self) -> Value {
        let entries = self.by_node.iter().filter_map(|(node, strikes)| {
            let kept = strikes.iter().filter(|strike| !strike.as_destination);
            let hours: Vec<u64> = kept.map(|strike| strike.at.as_millis() / HOUR_MS * HOUR_MS).collect();
            (hours.len() >= LIMIT).then(|| json!({ "pubkey_ed25519": node.to_string(), "at": hours }))
        });
        Value::Array(entries.collect())
    }
}

/// [`Strikes`] as the file has them; what is not understood is left out.
#[derive(Debug, Default)]
pub(super) struct StrikesFile {
    entries: usize,
    strikes: Strikes,
}

impl From<StrikesFile> for Strikes {
    fn from(file: StrikesFile) -> Self {
        file.strikes
    }
}

impl<'de> Items<'de> for StrikesFile {
    type Item = Loose<Entry<'de>>;

    fn push(&mut self, Loose(entry): Self::Item) {
        self.entries += 1;
        let Some(entry) = entry.filter(|_| self.entries <= MAX_KEPT) else { return };
        let node = entry.node.text().and_then(NodeKey::parse);
        let Listed(times) = entry.at;
        if let Some((node, Times(strikes))) = node.zip(times)
            && !strikes.is_empty()
        {
            self.strikes.by_node.insert(node, strikes);
        }
    }
}

/// A node and its failures, as they stand there.
#[derive(Default)]
pub(super) struct Entry<'a> {
    node: Scalar<'a>,
    at: Listed<Times>,
}

impl<'de> Fields<'de> for Entry<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "pubkey_ed25519" => self.node = map.next_value()?,
            "at" => self.at = map.next_value()?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

/// The first few times of a list.
#[derive(Default)]
struct Times(Vec<Strike>);

impl<'de> Items<'de> for Times {
    type Item = Scalar<'de>;

    fn push(&mut self, time: Scalar<'de>) {
        if self.0.len() < LIMIT {
            self.0.extend(time.whole().map(|time| Strike { at: Timestamp::from_millis(time), as_destination: false }));
        }
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

/// An hour, in milliseconds.
const HOUR_MS: u64 = 60 * 60 * 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeKey = NodeKey([7; 32]);

    /// What comes back from a file.
    fn kept(json: &Value) -> Strikes {
        let text = json.to_string();
        serde_json::from_str::<Listed<StrikesFile>>(&text).unwrap().0.map(Strikes::from).unwrap_or_default()
    }

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
        assert_eq!(kept(&strikes.to_json()), strikes);
        assert_eq!(kept(&json!([{"pubkey_ed25519": "zz"}, 4, {"at": [1]}])), Strikes::default());
        assert_eq!(kept(&json!(7)), Strikes::default());
    }

    #[test]
    fn a_file_names_neither_the_minute_nor_a_node_of_a_swarm() {
        let mut strikes = Strikes::default();
        let (swarm_member, once, hop) = (NodeKey([1; 32]), NodeKey([2; 32]), NodeKey([3; 32]));
        let moment = hours(7) + Duration::from_secs(17 * 60 + 3);
        for _ in 0..LIMIT {
            strikes.strike_destination(swarm_member, moment);
        }
        strikes.strike(once, moment);
        strikes.strike_out(hop, moment);
        assert!(strikes.is_out(&swarm_member, moment), "it counts while the program runs");
        let at = hours(7).as_millis();
        assert_eq!(strikes.to_json(), json!([{ "pubkey_ed25519": hop.to_string(), "at": [at, at, at] }]));
        assert!(kept(&strikes.to_json()).is_out(&hop, moment));
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
