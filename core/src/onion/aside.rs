//! Nodes that are silent: set aside for a while that grows, and back as soon as they answer. Pure.
//!
//! Silence is no lie. A node that restarts, or a network that went away for a minute, must not cost two days as three
//! strikes do; so whoever was found silent is left out for 15 seconds, and twice as long each time it is found silent
//! again, up to five minutes. Shared by all accounts of the process, kept in memory only: whether a node answers is not
//! worth a file.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::node::NodeKey;

/// Who was found silent, and until when each is left out (monotonic).
#[derive(Debug, Default)]
pub(super) struct Asides {
    by_node: BTreeMap<NodeKey, Aside>,
}

#[derive(Clone, Copy, Debug)]
struct Aside {
    until: Duration,
    wait: Duration,
}

impl Asides {
    /// `node` was found silent at `now`. Found again while it is aside, nothing changes: that is the same silence.
    pub(super) fn set(&mut self, node: NodeKey, now: Duration) {
        self.by_node.retain(|_, aside| now.saturating_sub(aside.until) < FORGOTTEN);
        let wait = match self.by_node.get(&node) {
            Some(known) if known.until > now => return,
            Some(known) => (known.wait * 2).min(LONGEST),
            None => FIRST,
        };
        self.by_node.insert(node, Aside { until: now.saturating_add(wait), wait });
    }

    /// `node` answers; whether it had been silent.
    pub(super) fn back(&mut self, node: &NodeKey) -> bool {
        self.by_node.remove(node).is_some()
    }

    /// All that are left out at `now`.
    pub(super) fn all(&self, now: Duration) -> BTreeSet<NodeKey> {
        self.by_node.iter().filter(|(_, aside)| aside.until > now).map(|(node, _)| *node).collect()
    }

    /// Whether `node` is left out at `now`.
    pub(super) fn is_aside(&self, node: &NodeKey, now: Duration) -> bool {
        self.by_node.get(node).is_some_and(|aside| aside.until > now)
    }
}

/// How long a node is left out at first: long enough for the request that found it, and a restart.
const FIRST: Duration = Duration::from_secs(15);

/// The longest a node is left out. Longer and a network that healed stays small for us.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// So long after its time aside a node was silent for the first time again.
const FORGOTTEN: Duration = Duration::from_secs(10 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeKey = NodeKey([7; 32]);

    /// How long the node is left out when it is found silent at each of these seconds, the last one asked.
    fn left_out(found: &[u64]) -> u64 {
        let mut asides = Asides::default();
        found.iter().for_each(|second| asides.set(NODE, Duration::from_secs(*second)));
        let last = found.last().copied().unwrap_or_default();
        (0..1_000).find(|wait| !asides.is_aside(&NODE, Duration::from_secs(last + wait))).unwrap()
    }

    #[test]
    fn silence_is_left_out_for_longer_each_time_it_is_found_again() {
        for (found, seconds) in [
            (vec![0], 15),
            (vec![0, 5], 10),
            (vec![0, 15], 30),
            (vec![0, 15, 45], 60),
            (vec![0, 15, 45, 105, 225], 240),
            (vec![0, 15, 45, 105, 225, 465], 300),
            (vec![0, 15, 45, 105, 225, 465, 765], 300),
            (vec![0, 15, 645], 15),
        ] {
            assert_eq!(left_out(&found), seconds, "{found:?}");
        }
    }

    #[test]
    fn a_node_that_answers_is_back_at_once_and_begins_anew() {
        let mut asides = Asides::default();
        asides.set(NODE, Duration::ZERO);
        asides.set(NODE, Duration::from_secs(20));
        assert_eq!(asides.all(Duration::from_secs(21)), BTreeSet::from([NODE]));
        assert!(asides.back(&NODE) && !asides.back(&NODE));
        assert!(asides.all(Duration::from_secs(21)).is_empty());
        asides.set(NODE, Duration::from_secs(22));
        assert!(!asides.is_aside(&NODE, Duration::from_secs(37)));
    }
}
