//! The traffic of one account over the shared roads: its paths, guards, measurements and connections.
//!
//! Shared with no other account. What the network teaches in passing is kept here: how long round trips take, who was
//! blamed, and whether the device slept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::Timestamp;

use super::choice::{self, Durations, Latencies};
use super::error::OnionError;
use super::guard::{Accusations, PathSnapshot};
use super::limit::{self, RoundTrips};
use super::lock::locked;
use super::node::NodeKey;
use super::own::OwnSwarm;
use super::path::{PathId, Paths, Plan, Purpose};
use super::probe::Finding;
use super::roads::Roads;
use super::transport::{OnionHttps, Transport};

/// What one account has on the roads.
pub(super) struct Traffic {
    pub(super) roads: Roads,
    // Tells our paths from other accounts' in `Roads`; means nothing outside this process.
    pub(super) owner: u64,
    transport: Result<Box<dyn Transport>, OnionError>,
    pub(super) state: Mutex<State>,
    // One path is built at a time; the others who need one find it.
    pub(super) building: Semaphore,
    pub(super) tending: AtomicBool,
    pub(super) stop: CancellationToken,
}

/// What changes of it, behind one lock, never across an await.
#[derive(Default)]
pub(super) struct State {
    pub(super) paths: Paths,
    pub(super) kept: PathSnapshot,
    pub(super) latencies: Latencies,
    pub(super) durations: Durations,
    // Of all answers of nodes over all paths: how patient a test is.
    pub(super) trips: RoundTrips,
    // Hops that were blamed behind each guard.
    pub(super) accusations: Accusations,
    // Paths whose silent hop is being looked for, and what will have been found.
    pub(super) probes: BTreeMap<PathId, watch::Receiver<Option<Finding>>>,
    // Nodes that answered lately, the last one last.
    pub(super) answering: Vec<NodeKey>,
    // Our swarm, so that no account of this device takes its nodes as guards.
    pub(super) own_swarm: Option<OwnSwarm>,
    // Nodes of dropped paths: struck once anything is reached.
    pub(super) suspects: Vec<NodeKey>,
    pub(super) failed_builds: u64,
    pub(super) last_failure: Option<OnionError>,
    // Why the last building of a path for messages gave up; none once one stands, and while one is being built.
    pub(super) trouble: Option<OnionError>,
    pub(super) tended: Option<Duration>,
    // Monotonic and wall time of the last request.
    last_request: Option<(Duration, Timestamp)>,
}

impl State {
    /// What takes longer than this is slow for a request of `kind`; before there was one, what is slow for our paths. A node
    /// that asks others first (a store waits five seconds for a dead member of the swarm) makes nobody wait longer for
    /// another one than our paths do.
    pub(super) fn patience(&self, kind: &str) -> Duration {
        let usual = self.durations.limit(kind).unwrap_or_else(|| self.trips.limit());
        usual.min(self.trips.limit().max(limit::FIRST_GUESS))
    }

    /// `node` has just answered a request.
    pub(super) fn note_answering(&mut self, node: NodeKey) {
        self.answering.retain(|known| *known != node);
        self.answering.push(node);
        let surplus = self.answering.len().saturating_sub(MOST_ANSWERING);
        self.answering.drain(..surplus);
    }
}

impl Traffic {
    /// Over the shared `roads`, with the guards that are remembered.
    pub(super) fn new(roads: Roads, restored: Option<PathSnapshot>, stop: CancellationToken) -> Self {
        let transport = OnionHttps::new(roads.network().node_tls).map(|https| Box::new(https) as Box<dyn Transport>);
        Self {
            roads,
            owner: choice::system(),
            transport,
            state: Mutex::new(State { kept: restored.unwrap_or_default(), ..State::default() }),
            building: Semaphore::new(1),
            tending: AtomicBool::new(false),
            stop,
        }
    }

    /// What carries blobs to nodes.
    pub(super) fn transport(&self) -> Result<&dyn Transport, OnionError> {
        self.transport.as_deref().map_err(Clone::clone)
    }

    /// Notes that a path for messages is being built, or why none could be.
    pub(super) fn note_building(&self, trouble: Option<OnionError>) {
        let mut state = locked(&self.state);
        state.trouble = trouble.filter(|_| !state.paths.has(Purpose::Messages));
        state.paths.changed();
    }

    /// Leaves all paths when the device slept since the last request: the connections of its guards are gone.
    pub(super) fn notice_sleep(&self) {
        let clock = self.roads.clock();
        let now = (clock.monotonic(), clock.now());
        let mut state = locked(&self.state);
        if state.last_request.replace(now).is_some_and(|before| has_slept(before, now)) {
            tracing::debug!("the device slept or its clock was set: paths are left");
            state.paths.retire_all();
        }
    }

    /// How many paths the network carries.
    pub(super) fn plan(&self) -> Plan {
        Plan::of(self.roads.usable(), self.roads.network().path_count)
    }

    /// Something was reached, so we are not offline: nodes of dropped paths have earned a strike.
    pub(super) fn reached(&self, node: &NodeKey) {
        self.roads.answers(node);
        let suspects = std::mem::take(&mut locked(&self.state).suspects);
        for suspect in suspects.into_iter().collect::<BTreeSet<_>>() {
            self.roads.strike(suspect);
        }
    }

    /// Nothing was reached: nobody is to blame.
    pub(super) fn offline(&self) -> OnionError {
        locked(&self.state).suspects.clear();
        OnionError::Offline
    }
}

/// Whether the wall clock has moved otherwise than the monotonic one, which stands still while a device sleeps.
fn has_slept(before: (Duration, Timestamp), now: (Duration, Timestamp)) -> bool {
    let passed = i128::try_from(now.0.saturating_sub(before.0).as_millis()).unwrap_or(i128::MAX);
    let shown = i128::from(now.1.as_millis()) - i128::from(before.1.as_millis());
    shown.abs_diff(passed) > SLEPT.as_millis()
}

/// Nodes that answered lately and are remembered: enough that one is on no given path.
const MOST_ANSWERING: usize = 4;

/// How far wall clock and monotonic clock may drift apart between two requests before it is a sleep.
const SLEPT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swarm_with_a_dead_member_makes_us_no_more_patient_and_a_slow_network_does() {
        let seconds = Duration::from_secs;
        let mut state = State::default();
        assert_eq!(state.patience("store"), Duration::from_millis(2_500), "a guess");
        (0..8).for_each(|_| state.durations.measured("store", seconds(5)));
        assert_eq!(state.patience("store"), Duration::from_millis(2_500));
        (0..8).for_each(|_| state.trips.measured(seconds(2)));
        assert_eq!(state.patience("store"), seconds(4));
        assert_eq!(state.patience("info"), seconds(4), "never asked before: as our paths");
        (0..8).for_each(|_| state.durations.measured("retrieve", Duration::from_millis(100)));
        assert_eq!(state.patience("retrieve"), seconds(1));
    }

    #[test]
    fn a_device_has_slept_when_its_clocks_drift_apart() {
        let at = |monotonic: u64, wall: u64| {
            (Duration::from_secs(monotonic), Timestamp::from_millis(1_774_000_000_000 + wall * 1_000))
        };
        assert!(!has_slept(at(0, 0), at(600, 600)), "both moved together");
        assert!(!has_slept(at(0, 0), at(600, 620)), "a clock is adjusted a little");
        assert!(has_slept(at(0, 0), at(5, 3_600)), "an hour of sleep");
        assert!(has_slept(at(0, 3_600), at(5, 0)), "or a clock that was set back");
    }
}
