//! Guards: the first nodes of our paths, kept for days.
//!
//! The guard sees our address. Whoever runs some nodes of the network and waits will be our guard one day; the more
//! often we change guards, the sooner. So a guard is kept for ten days, over restarts and path rotations, and is given
//! up earlier only when it is struck out or leaves the node list.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

use super::node::NodeKey;

/// What an account remembers of its paths: the guards. Belongs to one account and is never shared with another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathSnapshot {
    /// Guards in the order they were chosen.
    #[serde(default)]
    pub guards: Vec<KeptGuard>,
}

/// A guard and since when it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptGuard {
    /// The node.
    pub key: NodeKey,
    /// First use, in milliseconds since the Unix epoch by the local clock.
    pub since_millis: u64,
}

impl KeptGuard {
    /// First use.
    pub fn since(&self) -> Timestamp {
        Timestamp::from_millis(self.since_millis)
    }

    /// Whether it is time for another one. A guard from the future was kept by a wrong clock and counts as old once it
    /// is further ahead than it may be kept.
    pub(super) fn is_old(&self, now: Timestamp) -> bool {
        now.since(self.since()) >= KEPT || self.since().since(now) >= KEPT
    }
}

impl PathSnapshot {
    /// The guards that may still be used, oldest first.
    pub(super) fn usable(&self, now: Timestamp, is_usable: impl Fn(&NodeKey) -> bool) -> Vec<NodeKey> {
        self.guards.iter().filter(|guard| !guard.is_old(now) && is_usable(&guard.key)).map(|guard| guard.key).collect()
    }

    /// Keeps `key`, which a working path begins with, and forgets what is too old.
    pub(super) fn keep(&mut self, key: NodeKey, now: Timestamp) {
        self.guards.retain(|guard| !guard.is_old(now));
        if !self.guards.iter().any(|guard| guard.key == key) {
            self.guards.push(KeptGuard { key, since_millis: now.as_millis() });
        }
    }

    /// Forgets what is too many: the newest that begins no standing path, so that nobody gets rid of our old guards by
    /// offering us new ones.
    pub(super) fn trim(&mut self, stands: impl Fn(&NodeKey) -> bool) {
        while self.guards.len() > MOST_KEPT {
            let newest = self.guards.iter().rposition(|guard| !stands(&guard.key));
            self.guards.remove(newest.unwrap_or(0));
        }
    }

    /// Gives up a guard.
    pub(super) fn forget(&mut self, key: &NodeKey) {
        self.guards.retain(|guard| guard.key != *key);
    }
}

/// How long a guard is kept. Shorter and a patient attacker becomes our guard sooner; longer and a bad guard stays.
/// Source: session-foundation/libsession-util `src/network/routing/onion_request_router.cpp`.
const KEPT: Duration = Duration::from_secs(10 * 24 * 60 * 60);

/// Two message paths, one for files, and as many that were away for a moment.
const MOST_KEPT: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> NodeKey {
        NodeKey([byte; 32])
    }

    fn day(day: u64) -> Timestamp {
        Timestamp::from_millis((20_000 + day) * 86_400_000)
    }

    #[test]
    fn a_guard_is_kept_for_ten_days_and_using_it_does_not_prolong_that() {
        let mut kept = PathSnapshot::default();
        kept.keep(key(1), day(0));
        kept.keep(key(1), day(9));
        assert_eq!(kept.usable(day(9), |_| true), [key(1)]);
        assert!(kept.usable(day(10), |_| true).is_empty());
        kept.keep(key(2), day(10));
        assert_eq!(kept.guards.len(), 1, "the old one is forgotten");
    }

    #[test]
    fn a_guard_that_is_struck_out_or_gone_is_not_used() {
        let mut kept = PathSnapshot::default();
        kept.keep(key(1), day(0));
        kept.keep(key(2), day(0));
        assert_eq!(kept.usable(day(1), |guard| *guard != key(1)), [key(2)]);
        kept.forget(&key(2));
        assert_eq!(kept.guards.len(), 1);
    }

    #[test]
    fn guards_survive_json_and_a_clock_that_was_ahead() {
        let mut kept = PathSnapshot::default();
        kept.keep(key(3), day(400));
        let json = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<PathSnapshot>(&json).unwrap(), kept);
        assert!(kept.usable(day(0), |_| true).is_empty());
    }

    #[test]
    fn of_too_many_guards_the_newest_without_a_path_goes() {
        let mut kept = PathSnapshot::default();
        for other in 10..30 {
            kept.keep(key(other), day(0));
            kept.trim(|guard| *guard == key(other));
        }
        let left = kept.usable(day(0), |_| true);
        assert_eq!(left, [10, 11, 12, 13, 14, 29].map(key), "the old ones, and the one in use");
    }
}
