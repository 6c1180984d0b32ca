//! What the storage requests of one account share: roads, time, and what was learned about swarms.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::directory::{Directory, SwarmSnapshot};
use super::life::Life;
use super::time::{ClockGate, NetworkTime};
use crate::address::Address;
use crate::clock::SharedClock;
use crate::onion::{NodeKey, Onion};

/// Storage requests of one account. Cheap to clone; clones share what they learn.
#[derive(Clone)]
pub struct Swarms {
    pub(super) inner: Arc<Inner>,
}

/// What clones share.
pub(super) struct Inner {
    pub(super) onion: Onion,
    pub(super) clock: SharedClock,
    pub(super) time: NetworkTime,
    directory: Mutex<Directory>,
    hard_fork: Mutex<[u64; 2]>,
    pub(super) gate: ClockGate,
    pub(super) life: Life,
}

impl Swarms {
    /// Storage requests over `onion`.
    pub fn new(onion: Onion, clock: SharedClock) -> Self {
        let inner = Inner {
            time: NetworkTime::new(clock.clone()),
            onion,
            clock,
            directory: Mutex::default(),
            hard_fork: Mutex::default(),
            gate: ClockGate::new(),
            life: Life::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The network's time, for signatures and sent times.
    pub fn time(&self) -> &NetworkTime {
        &self.inner.time
    }

    /// How long reading from a member usually takes at most: when it takes longer another one is worth asking as well.
    pub fn patience(&self) -> Duration {
        self.inner.onion.patience("batch")
    }

    /// The newest hard fork and revision that a node named; zeros before the first answer. Compare with `>=` only.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests alone"))]
    pub fn hard_fork(&self) -> [u64; 2] {
        *self.inner.hard_fork.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What nodes said about swarms, for the next start.
    pub fn snapshot(&self) -> SwarmSnapshot {
        self.locked(|directory, _| directory.snapshot())
    }

    /// Takes what an earlier run knew; anything newer that is known stays.
    pub fn restore(&self, snapshot: SwarmSnapshot) {
        self.locked(|directory, _| directory.restore(snapshot));
    }

    /// The account is ours: no account of this device takes a node of its swarm as a guard. Such a node would see our
    /// address and our Account ID.
    pub fn is_ours(&self, account: impl Into<Address>) {
        let account = account.into();
        // The roads outlive us.
        let inner = Arc::downgrade(&self.inner);
        self.inner.onion.not_as_guards(move |pool| {
            let members = |inner: Arc<Inner>| {
                inner.directory.lock().unwrap_or_else(PoisonError::into_inner).possible(&account, pool)
            };
            inner.upgrade().map(members).unwrap_or_default()
        });
    }

    /// Runs `work` on the directory with the monotonic time. Never across an await.
    pub(super) fn locked<T>(&self, work: impl FnOnce(&mut Directory, Duration) -> T) -> T {
        let now = self.inner.clock.monotonic();
        work(&mut self.inner.directory.lock().unwrap_or_else(PoisonError::into_inner), now)
    }

    /// Whether a key belongs to a node of our list: anybody could sign with a key of their own.
    pub(super) fn knows(&self, key: &NodeKey) -> bool {
        self.inner.onion.roads().pool().get(key).is_some()
    }

    /// Takes a hard fork that a node named.
    pub(super) fn raise_hard_fork(&self, heard: [u64; 2]) {
        let mut known = self.inner.hard_fork.lock().unwrap_or_else(PoisonError::into_inner);
        *known = heard.max(*known);
    }
}

impl fmt::Debug for Swarms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Swarms")
    }
}
