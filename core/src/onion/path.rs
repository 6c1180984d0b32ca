//! Paths of three nodes: which stand, which one carries the next request, when one is repaired or dropped.
//!
//! Pure state behind one lock, changed by [`build`](super::build), [`lease`](super::lease) and [`blame`](super::blame). A
//! path that is rotated out or dropped stays until the requests that run over it have finished, so nobody loses an
//! answer to housekeeping.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::sync::watch;

use super::choice::{Draw, uniform};
use super::directory::Pool;
use super::limit::RoundTrips;
use super::live::LivePath;
use super::node::{NodeKey, ServiceNode};

/// Names a path of one account.
pub(super) type PathId = u64;

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Storage requests.
    Messages,
    /// Requests to servers, apart from polling so that the guard cannot relate the two.
    Files,
    /// To destinations that are on all other paths of a small network.
    Detour,
    /// Tested and at rest, to take the place of one for messages that is left.
    Spare,
}

/// Guard, middle, exit.
pub(super) type Hops = [ServiceNode; 3];

/// The keys of a path's nodes.
pub(super) fn keys(hops: &Hops) -> [NodeKey; 3] {
    let [guard, middle, exit] = hops;
    [guard.key, middle.key, exit.key]
}

/// One node of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hop {
    /// Identity.
    pub key: NodeKey,
    /// Address.
    pub ip: Ipv4Addr,
}

impl From<&ServiceNode> for Hop {
    fn from(node: &ServiceNode) -> Self {
        Self { key: node.key, ip: node.ip }
    }
}

/// A standing path, for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathState {
    /// Guard first.
    pub hops: Vec<Hop>,
    /// Whether it carries files rather than messages.
    pub for_files: bool,
    /// Requests running over it now.
    pub running: usize,
    /// Failures counted against it; it is dropped at three.
    pub strikes: u32,
    /// How old it is.
    pub age: Duration,
    /// Round trip of its test or its last request.
    pub latency: Option<Duration>,
}

/// How many paths a network of a certain size carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Standing paths for messages.
    pub messages: usize,
    /// Whether files get a path of their own.
    pub files: bool,
    /// Whether a spare path stands ready.
    pub spare: bool,
}

impl Plan {
    /// The rule for small networks: under 12 usable nodes one path and one for files, under 8 a single one. A single path
    /// has a spare beside it from 10 nodes on; several are each other's spares until there are nodes for all of them.
    pub(super) fn of(usable: usize, path_count: usize) -> Self {
        match usable {
            0..8 => Self { messages: 1, files: false, spare: false },
            8..12 => Self { messages: 1, files: true, spare: usable >= 10 },
            // Three nodes for each path and the one for files, and a destination that is on none of them.
            _ => {
                let messages = path_count.clamp(1, (usable.saturating_sub(4) / 3).max(1));
                // The same with the spare, and three more to choose from.
                Self { messages, files: true, spare: messages == 1 || usable >= 3 * (messages + 2) + 4 }
            }
        }
    }
}

struct Path {
    id: PathId,
    hops: Hops,
    purpose: Purpose,
    built_at: Duration,
    strikes: u32,
    // Requests in a row whose duplicate over another path was answered first.
    overtaken: u32,
    running: usize,
    retired: bool,
    latency: Option<Duration>,
    // Of its test and its requests.
    trips: RoundTrips,
    // When something was last answered over it.
    heard_at: Duration,
    // Its guard asked for fewer requests: so often in a row, and until when it carries none.
    busy: u32,
    resting_until: Duration,
    // Known to the other accounts of the process as nodes not to meet on.
    _live: LivePath,
}

/// The paths of one account.
#[derive(Default)]
pub(super) struct Paths {
    last_id: PathId,
    paths: Vec<Path>,
    changes: watch::Sender<u64>,
}

/// What a strike did to a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Struck {
    /// It stays.
    Stays,
    /// It is dropped; these were its nodes.
    Dropped([NodeKey; 3]),
}

impl Paths {
    /// Adds a path that has passed its test at `now` (monotonic).
    pub(super) fn add(
        &mut self,
        hops: Hops,
        purpose: Purpose,
        now: Duration,
        latency: Duration,
        live: LivePath,
    ) -> PathId {
        self.last_id += 1;
        let path = Path {
            id: self.last_id,
            hops,
            purpose,
            built_at: now,
            strikes: 0,
            overtaken: 0,
            running: 0,
            retired: false,
            latency: Some(latency),
            trips: RoundTrips::from(latency),
            heard_at: now,
            busy: 0,
            resting_until: Duration::ZERO,
            _live: live,
        };
        self.paths.push(path);
        self.changed();
        self.last_id
    }

    /// Whether a path for this purpose stands.
    pub(super) fn has(&self, purpose: Purpose) -> bool {
        self.standing(purpose).next().is_some()
    }

    /// How many paths for this purpose stand.
    pub(super) fn count(&self, purpose: Purpose) -> usize {
        self.standing(purpose).count()
    }

    /// The path with the fewest running requests, at random among equals, that is none of `tried` and does not contain
    /// `destination`, and whose guard did not ask for rest beyond `now`; the request counts as running until
    /// [`Paths::finish`].
    pub(super) fn begin(
        &mut self,
        purpose: Purpose,
        destination: Option<&NodeKey>,
        tried: &[PathId],
        now: Duration,
        draw: Draw<'_>,
    ) -> Option<(PathId, Hops)> {
        let suits = |path: &&Path| {
            !tried.contains(&path.id)
                && path.resting_until <= now
                && destination.is_none_or(|node| !keys(&path.hops).contains(node))
        };
        let candidates: Vec<&Path> = self.standing(purpose).filter(suits).collect();
        let least = candidates.iter().map(|path| path.running).min()?;
        let equals: Vec<PathId> = candidates.iter().filter(|path| path.running == least).map(|path| path.id).collect();
        let id = *equals.get(uniform(equals.len(), draw)?)?;
        let path = self.get_mut(id)?;
        path.running += 1;
        Some((id, path.hops.clone()))
    }

    /// A request over the path has ended, however.
    pub(super) fn finish(&mut self, id: PathId) {
        if let Some(path) = self.get_mut(id) {
            path.running = path.running.saturating_sub(1);
        }
        self.sweep();
    }

    /// A request over the path was answered in this time. Of a `prompt` one that was the path's own time.
    pub(super) fn measured(&mut self, id: PathId, rtt: Duration, prompt: bool) {
        if let Some(path) = self.get_mut(id) {
            path.latency = Some(rtt);
            path.overtaken = 0;
            path.busy = 0;
            if prompt {
                path.trips.measured(rtt);
            }
            self.changed();
        }
    }

    /// Something was answered over the path at `now`: all its nodes are there.
    pub(super) fn heard(&mut self, id: PathId, now: Duration) {
        if let Some(path) = self.get_mut(id) {
            path.heard_at = path.heard_at.max(now);
        }
    }

    /// Whether something was answered over the path since then.
    pub(super) fn is_heard_since(&self, id: PathId, moment: Duration) -> bool {
        self.paths.iter().any(|path| path.id == id && path.heard_at > moment)
    }

    /// What takes longer over this path is unusual.
    pub(super) fn limit(&self, id: PathId) -> Duration {
        let path = self.paths.iter().find(|path| path.id == id);
        path.map_or_else(|| RoundTrips::default().limit(), |path| path.trips.limit())
    }

    /// The guard asked for fewer requests at `now`: this path rests, for longer each time in a row. Whether that was the
    /// last time: then it is left, as if the guard were silent.
    pub(super) fn busy(&mut self, id: PathId, now: Duration) -> bool {
        let Some(path) = self.get_mut(id).filter(|path| !path.retired) else { return false };
        path.busy += 1;
        path.resting_until = now.saturating_add(REST * path.busy);
        let over = path.busy >= MOST_BUSY;
        if over {
            self.leave(id);
        }
        over
    }

    /// A path that fails carries no new request; where it was for messages, the spare one takes its place at once.
    pub(super) fn leave(&mut self, id: PathId) {
        let carried = self.standing(Purpose::Messages).any(|path| path.id == id);
        self.retire(id);
        let spare = self.paths.iter_mut().find(|path| path.purpose == Purpose::Spare && !path.retired);
        if let (true, Some(spare)) = (carried, spare) {
            spare.purpose = Purpose::Messages;
            self.changed();
        }
    }

    /// Leaves all paths that begin with `guard`.
    pub(super) fn leave_behind(&mut self, guard: &NodeKey) {
        let behind = |path: &&Path| !path.retired && path.hops.first().is_some_and(|first| first.key == *guard);
        let mut left: Vec<&Path> = self.paths.iter().filter(behind).collect();
        // A spare behind the same guard takes nobody's place.
        left.sort_by_key(|path| path.purpose != Purpose::Spare);
        let left: Vec<PathId> = left.into_iter().map(|path| path.id).collect();
        left.into_iter().for_each(|id| self.leave(id));
    }

    /// A duplicate over another path was faster, or a destination was silent although all nodes of the path answer. Three
    /// times in a row and the path is left, without blame: its exit may drop what it should pass on, and duplicates would
    /// hide that for ever.
    pub(super) fn overtaken(&mut self, id: PathId) {
        let Some(path) = self.get_mut(id) else { return };
        path.overtaken += 1;
        if path.overtaken >= OVERTAKEN {
            self.leave(id);
        }
    }

    /// One failure of the path; at three it is dropped.
    pub(super) fn strike(&mut self, id: PathId) -> Struck {
        let Some(path) = self.get_mut(id).filter(|path| !path.retired) else { return Struck::Stays };
        path.strikes += 1;
        if path.strikes < STRIKES {
            self.changed();
            return Struck::Stays;
        }
        let nodes = keys(&path.hops);
        self.leave(id);
        Struck::Dropped(nodes)
    }

    /// No new request over this path.
    pub(super) fn retire(&mut self, id: PathId) {
        if let Some(path) = self.get_mut(id) {
            path.retired = true;
        }
        self.changed();
        self.sweep();
    }

    /// No new request over any path.
    pub(super) fn retire_all(&mut self) {
        self.paths.iter_mut().for_each(|path| path.retired = true);
        self.changed();
        self.sweep();
    }

    /// No new request over a path with a node that is no longer in the list.
    pub(super) fn retire_missing(&mut self, pool: &Pool) {
        for path in &mut self.paths {
            path.retired |= path.hops.iter().any(|hop| pool.get(&hop.key).is_none());
        }
        self.changed();
        self.sweep();
    }

    /// Puts `new` in the place of a middle or exit node; the running requests keep the hops they began with.
    pub(super) fn replace(&mut self, id: PathId, missing: &NodeKey, new: ServiceNode, live: LivePath) {
        if let Some(path) = self.get_mut(id) {
            let [_, middle, exit] = &mut path.hops;
            for hop in [middle, exit] {
                if hop.key == *missing {
                    *hop = new.clone();
                }
            }
            path._live = live;
            self.changed();
        }
    }

    /// Something that people look at is different.
    pub(super) fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Hears of every change.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The hops of a standing path.
    pub(super) fn hops(&self, id: PathId) -> Option<Hops> {
        self.paths.iter().find(|path| path.id == id && !path.retired).map(|path| path.hops.clone())
    }

    /// Nodes of all paths, also of those that are running out: a new path avoids them. The guard of one that is running
    /// out is free to begin the next.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &ServiceNode> {
        self.paths.iter().flat_map(|path| path.hops.iter().skip(usize::from(path.retired)))
    }

    /// Guards of the standing paths: connections to them are proven.
    pub(super) fn guards(&self) -> impl Iterator<Item = &ServiceNode> {
        self.paths.iter().filter(|path| !path.retired).filter_map(|path| path.hops.first())
    }

    /// A path that has stood long enough and is to be rotated, guard kept.
    pub(super) fn due(&self, now: Duration) -> Option<(PathId, Purpose, NodeKey)> {
        let old = |path: &&Path| !path.retired && now.saturating_sub(path.built_at) >= ROTATION;
        self.paths.iter().find(old).map(|path| {
            let [guard, ..] = &path.hops;
            (path.id, path.purpose, guard.key)
        })
    }

    /// Retires paths for `purpose` while there are more than `limit`: those that failed most, then the oldest.
    pub(super) fn trim(&mut self, purpose: Purpose, limit: usize) {
        while self.count(purpose) > limit {
            let worst = self.standing(purpose).min_by_key(|path| (std::cmp::Reverse(path.strikes), path.built_at));
            let Some(worst) = worst.map(|path| path.id) else { return };
            self.retire(worst);
        }
    }

    /// For people to look at: the standing paths that carry something.
    pub(super) fn states(&self, now: Duration) -> Vec<PathState> {
        let carrying = self.paths.iter().filter(|path| !path.retired && path.purpose != Purpose::Spare);
        carrying
            .map(|path| PathState {
                hops: path.hops.iter().map(Hop::from).collect(),
                for_files: path.purpose == Purpose::Files,
                running: path.running,
                strikes: path.strikes,
                age: now.saturating_sub(path.built_at),
                latency: path.latency,
            })
            .collect()
    }

    fn standing(&self, purpose: Purpose) -> impl Iterator<Item = &Path> {
        self.paths.iter().filter(move |path| path.purpose == purpose && !path.retired)
    }

    fn get_mut(&mut self, id: PathId) -> Option<&mut Path> {
        self.paths.iter_mut().find(|path| path.id == id)
    }

    fn sweep(&mut self) {
        self.paths.retain(|path| !path.retired || path.running > 0);
    }
}

/// Nodes of a path.
pub(super) const HOPS: u32 = 3;

/// Requests in a row that a duplicate may overtake. Fewer would leave a path for one slow destination; more would let
/// each poll wait for its duplicate for minutes.
const OVERTAKEN: u32 = 3;

/// Times in a row that a guard may ask for fewer requests before it is left.
const MOST_BUSY: u32 = 3;

/// How long a path rests when its guard first asks for that; so much longer each time in a row.
const REST: Duration = Duration::from_secs(2);

/// Failures before a path is dropped. Source: session-foundation/libsession-util
/// `src/network/routing/onion_request_router.cpp`; the desktop client has the same number.
const STRIKES: u32 = 3;

/// How long a path carries new requests. Longer lets its nodes watch longer; shorter costs a test more often.
/// Same source.
const ROTATION: Duration = Duration::from_secs(10 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onion::node::tests::node;

    fn hops(first: u8) -> Hops {
        [node(first), node(first + 1), node(first + 2)]
    }

    fn add(paths: &mut Paths, first: u8, purpose: Purpose, now: u64) -> PathId {
        paths.add(hops(first), purpose, Duration::from_secs(now), Duration::from_millis(300), LivePath::unseen())
    }

    fn system() -> impl FnMut() -> u64 {
        crate::onion::choice::system
    }

    #[test]
    fn small_networks_keep_fewer_paths() {
        for (usable, path_count, messages, files, spare) in [
            (0, 2, 1, false, false),
            (7, 2, 1, false, false),
            (8, 2, 1, true, false),
            (10, 2, 1, true, true),
            (11, 2, 1, true, true),
            (12, 2, 2, true, false),
            (15, 2, 2, true, false),
            (16, 2, 2, true, true),
            (12, 1, 1, true, true),
            (12, 8, 2, true, false),
            (2_000, 3, 3, true, true),
        ] {
            assert_eq!(Plan::of(usable, path_count), Plan { messages, files, spare }, "{usable} nodes");
        }
    }

    #[test]
    fn the_least_busy_path_carries_the_next_request_and_never_to_its_own_node() {
        let mut paths = Paths::default();
        let first = add(&mut paths, 1, Purpose::Messages, 0);
        let second = add(&mut paths, 11, Purpose::Messages, 0);
        let mut draw = system();
        let (one, _) = paths.begin(Purpose::Messages, None, &[], Duration::ZERO, &mut draw).unwrap();
        let (two, _) = paths.begin(Purpose::Messages, None, &[], Duration::ZERO, &mut draw).unwrap();
        assert_ne!(one, two);
        paths.finish(second);
        assert_eq!(paths.begin(Purpose::Messages, None, &[], Duration::ZERO, &mut draw).unwrap().0, second);
        for _ in 0..20 {
            let (id, hops) =
                paths.begin(Purpose::Messages, Some(&node(12).key), &[], Duration::ZERO, &mut draw).unwrap();
            assert_eq!(id, first);
            assert!(!keys(&hops).contains(&node(12).key));
        }
        assert!(paths.begin(Purpose::Messages, Some(&node(12).key), &[first], Duration::ZERO, &mut draw).is_none());
        assert!(paths.begin(Purpose::Files, None, &[], Duration::ZERO, &mut draw).is_none());
    }

    #[test]
    fn among_equally_busy_paths_the_choice_is_random() {
        let mut paths = Paths::default();
        let first = add(&mut paths, 1, Purpose::Messages, 0);
        add(&mut paths, 11, Purpose::Messages, 0);
        let mut firsts = 0;
        for _ in 0..1_000 {
            let (id, _) = paths.begin(Purpose::Messages, None, &[], Duration::ZERO, &mut system()).unwrap();
            firsts += u32::from(id == first);
            paths.finish(id);
        }
        assert!((400..600).contains(&firsts), "{firsts}");
    }

    #[test]
    fn a_rotated_path_stays_until_its_requests_have_finished() {
        let mut paths = Paths::default();
        let old = add(&mut paths, 1, Purpose::Messages, 0);
        assert_eq!(paths.due(Duration::from_secs(599)), None);
        assert_eq!(paths.due(Duration::from_secs(600)), Some((old, Purpose::Messages, node(1).key)));
        paths.begin(Purpose::Messages, None, &[], Duration::ZERO, &mut system()).unwrap();
        paths.retire(old);
        assert!(!paths.has(Purpose::Messages), "nothing new over it");
        assert_eq!(paths.nodes().count(), 2, "and still there; its guard is free to begin the next");
        paths.finish(old);
        assert_eq!(paths.nodes().count(), 0);
    }

    #[test]
    fn three_strikes_drop_a_path_and_name_its_nodes() {
        let mut paths = Paths::default();
        let id = add(&mut paths, 1, Purpose::Messages, 0);
        assert_eq!(paths.strike(id), Struck::Stays);
        assert_eq!(paths.strike(id), Struck::Stays);
        assert_eq!(paths.strike(id), Struck::Dropped(keys(&hops(1))));
        assert_eq!(paths.strike(id), Struck::Stays, "only once");
        assert!(!paths.has(Purpose::Messages));
    }

    #[test]
    fn whoever_looks_at_paths_hears_of_every_change_of_them() {
        let mut paths = Paths::default();
        let mut changes = paths.changes();
        let mut told = || {
            let told = changes.has_changed().unwrap();
            changes.borrow_and_update();
            told
        };
        let id = add(&mut paths, 1, Purpose::Messages, 0);
        assert!(told(), "built");
        paths.measured(id, Duration::from_millis(1), true);
        assert!(told(), "measured");
        paths.begin(Purpose::Messages, None, &[], Duration::ZERO, &mut system()).unwrap();
        assert!(!told(), "busy is not worth an event");
        paths.replace(id, &node(2).key, node(30), LivePath::unseen());
        assert!(told(), "repaired");
        paths.strike(id);
        assert!(told(), "struck");
        paths.retire(id);
        assert!(told(), "left");
    }

    #[test]
    fn a_missing_hop_is_replaced_in_place() {
        let mut paths = Paths::default();
        let id = add(&mut paths, 1, Purpose::Messages, 0);
        paths.replace(id, &node(2).key, node(30), LivePath::unseen());
        assert_eq!(keys(&paths.hops(id).unwrap()), [node(1).key, node(30).key, node(3).key]);
        paths.replace(id, &node(1).key, node(31), LivePath::unseen());
        assert_eq!(paths.hops(id).unwrap().first().map(|guard| guard.key), Some(node(1).key), "never the guard");
    }

    #[test]
    fn a_path_that_duplicates_overtake_three_times_in_a_row_is_left() {
        let mut paths = Paths::default();
        let hangs = add(&mut paths, 1, Purpose::Messages, 0);
        for _ in 0..2 {
            paths.overtaken(hangs);
            paths.overtaken(hangs);
            paths.measured(hangs, Duration::from_millis(1), true);
        }
        assert!(paths.has(Purpose::Messages), "an answer in between counts");
        (0..3).for_each(|_| paths.overtaken(hangs));
        assert!(!paths.has(Purpose::Messages));
    }

    #[test]
    fn a_path_whose_guard_asks_for_rest_carries_nothing_meanwhile_and_is_left_at_the_third_time() {
        let seconds = Duration::from_secs;
        let mut paths = Paths::default();
        let id = add(&mut paths, 1, Purpose::Messages, 0);
        let carries = |paths: &mut Paths, now| {
            let begun = paths.begin(Purpose::Messages, None, &[], seconds(now), &mut system());
            begun.inspect(|(id, _)| paths.finish(*id)).is_some()
        };
        assert!(!paths.busy(id, seconds(10)));
        assert_eq!((carries(&mut paths, 11), carries(&mut paths, 12)), (false, true));
        assert!(!paths.busy(id, seconds(12)));
        assert_eq!((carries(&mut paths, 15), carries(&mut paths, 16)), (false, true));
        paths.measured(id, Duration::from_millis(300), true);
        assert!(!paths.busy(id, seconds(20)) && !paths.busy(id, seconds(30)), "an answer in between counts");
        assert!(paths.busy(id, seconds(40)));
        assert!(!paths.has(Purpose::Messages));
    }

    #[test]
    fn a_spare_path_is_not_shown_and_takes_the_place_of_one_that_was_left() {
        let mut paths = Paths::default();
        let first = add(&mut paths, 1, Purpose::Messages, 0);
        let spare = add(&mut paths, 11, Purpose::Spare, 0);
        assert_eq!(paths.states(Duration::ZERO).len(), 1);
        paths.leave(first);
        let begun = paths.begin(Purpose::Messages, None, &[], Duration::ZERO, &mut system()).unwrap();
        assert_eq!(begun.0, spare);
        paths.leave_behind(&node(11).key);
        assert!(!paths.has(Purpose::Messages));
    }

    #[test]
    fn a_path_has_a_limit_of_its_own() {
        let mut paths = Paths::default();
        let id = add(&mut paths, 1, Purpose::Messages, 0);
        assert_eq!(paths.limit(id), Duration::from_secs(1), "three times its test, and no less than a second");
        (0..16).for_each(|_| paths.measured(id, Duration::from_secs(2), true));
        assert_eq!(paths.limit(id), Duration::from_secs(4));
        (0..16).for_each(|_| paths.measured(id, Duration::from_secs(9), false));
        assert_eq!(paths.limit(id), Duration::from_secs(4), "a node that waits for others says nothing about the path");
        paths.heard(id, Duration::from_secs(7));
        assert!(paths.is_heard_since(id, Duration::from_secs(6)) && !paths.is_heard_since(id, Duration::from_secs(7)));
    }

    #[test]
    fn surplus_paths_are_retired_worst_and_oldest_first() {
        let mut paths = Paths::default();
        add(&mut paths, 1, Purpose::Messages, 5);
        let young = add(&mut paths, 11, Purpose::Messages, 9);
        paths.trim(Purpose::Messages, 1);
        assert_eq!(paths.begin(Purpose::Messages, None, &[], Duration::ZERO, &mut system()).unwrap().0, young);
        let states = paths.states(Duration::from_secs(20));
        assert_eq!((states.len(), states[0].running, states[0].age), (1, 1, Duration::from_secs(11)));
        add(&mut paths, 21, Purpose::Messages, 10);
        paths.strike(young);
        paths.trim(Purpose::Messages, 1);
        assert_eq!(paths.guards().next().map(|guard| guard.key), Some(node(21).key));
        paths.retire_all();
        paths.finish(young);
        assert!(paths.states(Duration::ZERO).is_empty());
    }
}
