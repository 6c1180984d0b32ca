//! Guards: the first nodes of our paths, kept for days.
//!
//! The guard sees our address. Whoever runs some nodes of the network and waits will be our guard one day; the more
//! often we change guards, the sooner. So a guard is kept for ten days, over restarts and path rotations, and **no more
//! than six different ones are tried in ten days**, those that never answered included: whoever can block our
//! connections could otherwise drive us on until we come to a guard of theirs.
//!
//! | a guard | is |
//! |---|---|
//! | is silent | set aside for seconds to minutes (`aside`), and used again when that has passed |
//! | had three hops blamed behind it within an hour, or was struck out | given up: it comes back only when nothing else is left |
//! | keeps an account of this device | not begun with while there is another one (`draw`) |
//! | is ten days old | forgotten |
//!
//! When all six are silent we are offline, and go on asking these six.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

use super::node::NodeKey;

/// What an account remembers of its paths: the guards. Belongs to one account and is never shared with another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathSnapshot {
    /// Guards in the order they were chosen, also those that never answered and those that were given up.
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
    /// Whether it was given up: it counts among the six, and is used only when nothing else is left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given_up: bool,
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
        let fits = |guard: &&KeptGuard| !guard.given_up && !guard.is_old(now) && is_usable(&guard.key);
        self.guards.iter().filter(fits).map(|guard| guard.key).collect()
    }

    /// All guards of the last ten days, those that were given up last.
    pub(super) fn of_ten_days(&self, now: Timestamp) -> Vec<NodeKey> {
        let young = || self.guards.iter().filter(|guard| !guard.is_old(now));
        let kept = young().filter(|guard| !guard.given_up);
        kept.chain(young().filter(|guard| guard.given_up)).map(|guard| guard.key).collect()
    }

    /// Keeps `key`, which is about to be connected to, and forgets what is too old.
    pub(super) fn keep(&mut self, key: NodeKey, now: Timestamp) {
        self.guards.retain(|guard| !guard.is_old(now));
        // More than six come only from a file that was changed by somebody else.
        self.guards.truncate(MOST_GUARDS);
        if !self.guards.iter().any(|guard| guard.key == key) {
            self.guards.push(KeptGuard { key, since_millis: now.as_millis(), given_up: false });
        }
    }

    /// Gives up a guard: another one is taken while there is any.
    pub(super) fn give_up(&mut self, key: &NodeKey) {
        self.guards.iter_mut().filter(|guard| guard.key == *key).for_each(|guard| guard.given_up = true);
    }
}

/// Hops that were blamed behind each guard, by the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Accusations {
    by_guard: BTreeMap<NodeKey, Vec<Duration>>,
}

impl Accusations {
    /// Another hop behind `guard` was found silent; whether that is one too many: a guard that drops what it does not
    /// like would choose our nodes that way.
    pub(super) fn accuse(&mut self, guard: NodeKey, now: Duration) -> bool {
        self.by_guard.retain(|_, times| {
            times.retain(|time| now.saturating_sub(*time) < HOUR);
            !times.is_empty()
        });
        let times = self.by_guard.entry(guard).or_default();
        times.push(now);
        times.len() >= MOST_ACCUSATIONS
    }
}

/// How long a guard is kept. Shorter and a patient attacker becomes our guard sooner; longer and a bad guard stays.
/// Source: session-foundation/libsession-util `src/network/routing/onion_request_router.cpp`.
const KEPT: Duration = Duration::from_secs(10 * 24 * 60 * 60);

/// Different guards in ten days: two paths for messages, one for files, and as many that are away. Fewer and a network
/// in which half of the nodes are dead leaves us without one (one time in 64 with six); more and an attacker becomes
/// our guard sooner.
pub(super) const MOST_GUARDS: usize = 6;

/// Hops blamed behind one guard within an hour before it is given up.
const MOST_ACCUSATIONS: usize = 3;

const HOUR: Duration = Duration::from_secs(60 * 60);

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
    fn a_guard_that_is_given_up_or_gone_is_not_used_and_still_counts() {
        let mut kept = PathSnapshot::default();
        kept.keep(key(1), day(0));
        kept.keep(key(2), day(0));
        assert_eq!(kept.usable(day(1), |guard| *guard != key(1)), [key(2)]);
        kept.give_up(&key(1));
        assert_eq!(kept.usable(day(1), |_| true), [key(2)]);
        assert_eq!(kept.of_ten_days(day(1)), [key(2), key(1)], "last of all");
        assert!(kept.of_ten_days(day(10)).is_empty());
    }

    #[test]
    fn guards_survive_json_and_a_clock_that_was_ahead() {
        let mut kept = PathSnapshot::default();
        kept.keep(key(3), day(400));
        kept.keep(key(4), day(400));
        kept.give_up(&key(4));
        let json = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<PathSnapshot>(&json).unwrap(), kept);
        assert!(kept.usable(day(0), |_| true).is_empty());
        let before = format!("{{\"guards\":[{{\"key\":\"{}\",\"since_millis\":5}}]}}", key(5));
        assert!(!serde_json::from_str::<PathSnapshot>(&before).unwrap().guards[0].given_up, "as it was written before");
    }

    #[test]
    fn three_hops_blamed_within_an_hour_are_one_too_many_for_their_guard() {
        let minute = |minute: u64| Duration::from_secs(minute * 60);
        for (at, given_up) in [
            (vec![0], false),
            (vec![0, 1], false),
            (vec![0, 1, 2], true),
            (vec![0, 30, 59], true),
            (vec![0, 30, 60], false),
            (vec![0, 30, 60, 61], true),
        ] {
            let mut accusations = Accusations::default();
            let told = at.iter().map(|at| accusations.accuse(key(1), minute(*at))).last();
            assert_eq!(told, Some(given_up), "{at:?}");
            assert!(!accusations.accuse(key(2), minute(61)), "another guard's matter");
        }
    }
}
