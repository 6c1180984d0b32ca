//! The roads of one process: the public node list, the strikes, and their file, shared by all accounts.
//!
//! What is here is public or about nodes only. Paths, guards, latencies and connections belong to each account's
//! [`Onion`](super::Onion). The single thing the accounts let each other know is which nodes *some* live path uses, so
//! that a new path of one never consists of the same nodes as a path of another, and a new guard is not another
//! account's guard while there is a choice. Who uses them is a number that means nothing outside this process, and
//! nothing of it is stored. A watching node then never sees two accounts of one person side by side on one path.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Semaphore;

use crate::clock::{SharedClock, Timestamp};
use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::network::Network;
use crate::pasted::cleaned;

use super::aside::Asides;
use super::cache::{self, CacheFile, MAX_FILE_BYTES};
use super::directory::{LEAST_USEFUL, Origin, Pool, shipped};
use super::live::LivePaths;
use super::lock::locked;
use super::node::{NodeKey, NodeList};
use super::own::OwnSwarms;
use super::seed;
use super::seed_word::SeedWord;
use super::strikes::Strikes;

/// What all accounts of a process share: the public node list and which nodes failed. Cheap to clone.
#[derive(Clone)]
pub struct Roads {
    inner: Arc<Shared>,
}

struct Shared {
    network: Network,
    clock: SharedClock,
    file: Option<PathBuf>,
    state: Mutex<State>,
    live: LivePaths,
    own: OwnSwarms,
    writing: Mutex<()>,
    // A writing that will see the present state is under way.
    to_be_written: AtomicBool,
    refreshing: Semaphore,
}

struct State {
    pool: Arc<Pool>,
    strikes: Strikes,
    asides: Asides,
    seeds: SeedWord,
    last_try: Option<Duration>,
    // When nodes last agreed on nothing that could be believed, with no seed to ask.
    refused: Option<Duration>,
    tries: u64,
    // Nodes that a path called missing, with the nodes of the first path that did.
    accused: BTreeMap<NodeKey, [NodeKey; 3]>,
}

impl Roads {
    /// The node list of `network`: from its file in `cache_dir`, else the shipped one, else empty.
    ///
    /// # Errors
    /// When the cache folder cannot be made. A damaged file is not an error: it is as good as none.
    pub fn open(network: &Network, cache_dir: Option<&Path>, clock: SharedClock) -> Result<Self> {
        let file = cache_dir.map(|dir| cache::path(dir, network)).transpose()?;
        let now = clock.now();
        let cached = file.as_deref().map(|file| CacheFile::read(file, now)).unwrap_or_default();
        let CacheFile { pool, strikes, seeds } = cached;
        let pool = Arc::new(first_pool(network, pool, now));
        let asides = Asides::default();
        let state =
            State { pool, strikes, asides, seeds, last_try: None, refused: None, tries: 0, accused: BTreeMap::new() };
        Ok(Self {
            inner: Arc::new(Shared {
                network: network.clone(),
                clock,
                file,
                state: Mutex::new(state),
                live: LivePaths::default(),
                own: OwnSwarms::default(),
                writing: Mutex::new(()),
                to_be_written: AtomicBool::new(false),
                refreshing: Semaphore::new(1),
            }),
        })
    }

    /// The node list of `network` as its seeds give it now, with height and departures, and no cache: for the list that
    /// is shipped.
    ///
    /// # Errors
    /// When no seed gave a usable list.
    pub async fn from_seeds(network: &Network, clock: SharedClock) -> Result<Self> {
        let list = seed::fetch(&network.seeds, network.min_pool, seed::ATTEMPTS, &clock).await?;
        let roads = Self::open(network, None, clock)?;
        roads.seed_spoke();
        roads.adopt(list, Origin::Seed).await;
        Ok(roads)
    }

    /// The network these roads belong to.
    pub fn network(&self) -> &Network {
        &self.inner.network
    }

    /// The clock that all waiting follows.
    pub fn clock(&self) -> &SharedClock {
        &self.inner.clock
    }

    /// The node list now.
    pub fn pool(&self) -> Arc<Pool> {
        locked(&self.inner.state).pool.clone()
    }

    /// Takes over a node list from a file: a seed's answer, or what [`Roads::export`] wrote. Returns how many nodes.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] over 16 MB; [`ErrorKind::InvalidInput`] when the text is no node list, or holds fewer
    /// nodes than one path and a destination need. The present list stays then.
    pub fn import(&self, json: &str) -> Result<usize> {
        if json.len() > MAX_FILE_BYTES {
            return Err(Error::new(ErrorKind::TooLarge, "node list is too long"));
        }
        let wrong = || Error::new(ErrorKind::InvalidInput, "node list is not understood");
        let now = self.inner.clock.now();
        let pool = Pool::from_file(&cleaned(json), Origin::Imported, now).ok_or_else(wrong)?;
        let pool = admitted(&self.inner.network, pool).ok_or_else(wrong)?;
        let count = pool.len();
        self.replace_pool(pool);
        locked(&self.inner.state).seeds.settled(now);
        self.save_now();
        Ok(count)
    }

    /// The node list as JSON that [`Roads::import`] reads, with its date.
    pub fn export(&self) -> String {
        let file = Value::Object(self.pool().to_file(&self.inner.network.name));
        serde_json::to_string_pretty(&file).unwrap_or_default()
    }

    /// Takes over a list that was just fetched; it is in the file when this returns. What nodes make of a list for which
    /// nodes alone vouch stays such a list.
    pub(super) async fn adopt(&self, list: NodeList, origin: Origin) {
        let origin = match origin {
            Origin::Nodes => {
                let mut state = locked(&self.inner.state);
                state.seeds.renewed();
                if state.pool.origin() == Origin::WithoutSeeds { Origin::WithoutSeeds } else { Origin::Nodes }
            }
            other => other,
        };
        let pool = Pool::new(list, origin, self.inner.clock.now());
        tracing::info!(nodes = pool.len(), ?origin, "node list is fresh");
        let pool = if self.inner.network.subnet_rule { pool.public_only() } else { pool };
        self.replace_pool(pool);
        let now = self.inner.clock.now();
        {
            let mut state = locked(&self.inner.state);
            let out = state.pool.nodes().iter().filter(|node| state.strikes.is_out(&node.key, now)).count();
            if out * MOST_OUT > state.pool.len() {
                tracing::warn!(out, "too many nodes are struck out: it was our own network, strikes are forgotten");
                state.strikes = Strikes::default();
            }
        }
        let roads = self.clone();
        if roads.inner.file.is_none() {
            return;
        }
        // Fails only when the runtime is going away, and then the list is fetched again next time.
        let _ = tokio::task::spawn_blocking(move || roads.save_now()).await;
    }

    fn replace_pool(&self, pool: Pool) {
        let mut state = locked(&self.inner.state);
        let generation = state.pool.generation() + 1;
        state.pool = Arc::new(pool.with_generation(generation));
        state.accused.clear();
    }

    /// Takes a node out of the list until a refresh brings it back.
    pub(super) fn drop_node(&self, key: &NodeKey) {
        let mut state = locked(&self.inner.state);
        if state.pool.get(key).is_some() {
            state.pool = Arc::new(state.pool.without(key));
        }
    }

    /// A path says in clear text that `node` is missing. The first to say so costs the node one strike; only a second
    /// path that shares no node with the first takes it out of the list, for one liar must not empty a swarm.
    pub(super) fn accuse(&self, node: NodeKey, path: [NodeKey; 3]) {
        let mut state = locked(&self.inner.state);
        let first = state.accused.get(&node).copied();
        match first {
            None => {
                if state.accused.len() >= MAX_ACCUSED {
                    state.accused.pop_first();
                }
                state.accused.insert(node, path);
                drop(state);
                self.strike_destination(node);
            }
            Some(first) if first.iter().any(|hop| path.contains(hop)) => {}
            Some(_) => {
                state.accused.remove(&node);
                drop(state);
                self.drop_node(&node);
            }
        }
    }

    /// A seed has just given its word.
    pub(super) fn seed_spoke(&self) {
        locked(&self.inner.state).seeds.heard(self.inner.clock.now());
    }

    /// A seed has just answered something that cannot be believed: it is there.
    pub(super) fn seed_answered(&self) {
        locked(&self.inner.state).seeds.answered();
    }

    /// No seed gave its word just now, although nodes answer.
    pub(super) fn seeds_were_silent(&self) {
        let clock = &self.inner.clock;
        let worth_writing = locked(&self.inner.state).seeds.silent(clock.now(), clock.monotonic());
        if worth_writing {
            self.save();
        }
    }

    /// Whether five nodes may be asked in the place of the seeds now; if so, not again for an hour.
    pub(super) fn nodes_may_vote(&self) -> bool {
        locked(&self.inner.state).seeds.may_vote(self.inner.clock.monotonic())
    }

    /// Whether the list is to be compared with the seeds' at this renewal.
    pub(super) fn comparison_is_due(&self) -> bool {
        locked(&self.inner.state).seeds.is_due(self.inner.clock.now())
    }

    /// One failure of a node as the destination of a request.
    pub(super) fn strike_destination(&self, key: NodeKey) {
        // Not in the file, so nothing is written.
        locked(&self.inner.state).strikes.strike_destination(key, self.inner.clock.now());
    }

    /// One failure of a node on a path.
    pub(super) fn strike(&self, key: NodeKey) {
        locked(&self.inner.state).strikes.strike(key, self.inner.clock.now());
        self.save();
    }

    /// As many failures as it takes.
    #[cfg(test)]
    pub(super) fn strike_out(&self, key: NodeKey) {
        locked(&self.inner.state).strikes.strike_out(key, self.inner.clock.now());
        self.save();
    }

    /// These nodes have just worked: failures that were laid on them do not count, unless they were too many.
    pub(super) fn vindicate(&self, keys: &[NodeKey]) {
        let now = self.inner.clock.now();
        let mut state = locked(&self.inner.state);
        let cleared = keys.iter().filter(|key| state.strikes.vindicate(key, now)).count();
        keys.iter().for_each(|key| _ = state.asides.back(key));
        drop(state);
        if cleared > 0 {
            self.save();
        }
    }

    /// Whether a node has failed too often lately.
    pub(super) fn is_out(&self, key: &NodeKey) -> bool {
        locked(&self.inner.state).strikes.is_out(key, self.inner.clock.now())
    }

    /// All nodes that have failed too often lately.
    pub(super) fn out(&self) -> BTreeSet<NodeKey> {
        locked(&self.inner.state).strikes.out(self.inner.clock.now())
    }

    /// A node was found silent: it is left out for a while that grows, without blame.
    pub(super) fn set_aside(&self, key: NodeKey) {
        tracing::debug!(node = ?key, "node is silent and set aside");
        locked(&self.inner.state).asides.set(key, self.inner.clock.monotonic());
    }

    /// A node answers: it is no longer aside.
    pub(super) fn answers(&self, key: &NodeKey) {
        locked(&self.inner.state).asides.back(key);
    }

    /// All nodes that were silent a moment ago.
    pub(super) fn aside(&self) -> BTreeSet<NodeKey> {
        locked(&self.inner.state).asides.all(self.inner.clock.monotonic())
    }

    /// Whether a node was silent a moment ago and is left out for now.
    pub fn is_aside(&self, key: &NodeKey) -> bool {
        locked(&self.inner.state).asides.is_aside(key, self.inner.clock.monotonic())
    }

    /// How many failures of a node count now; three and it is not used.
    pub fn strikes(&self, key: &NodeKey) -> usize {
        locked(&self.inner.state).strikes.count(key, self.inner.clock.now())
    }

    /// Nodes that may be on a path: not struck out, and of different /24 networks where that is the rule.
    pub(super) fn usable(&self) -> usize {
        let (pool, out) = (self.pool(), self.out());
        let good = pool.nodes().iter().filter(|node| !out.contains(&node.key));
        if self.inner.network.subnet_rule {
            good.map(super::node::ServiceNode::subnet).collect::<BTreeSet<_>>().len()
        } else {
            good.count()
        }
    }

    /// Whether the list is so short that it must be fetched before anything is sent.
    pub(super) fn is_short(&self) -> bool {
        self.pool().len() < self.inner.network.min_pool
    }

    /// Whether it is time for a new list, by age, and the last try is not too fresh.
    pub(super) fn is_old(&self) -> bool {
        let now = self.inner.clock.now();
        let fetched_at = self.pool().fetched_at();
        // A date ahead of us comes from a clock that was wrong then or is wrong now.
        (now.since(fetched_at) >= REFRESH_AGE || fetched_at.since(now) >= REFRESH_AGE)
            && !self.tried_within(REFRESH_SPACING)
            && !self.refused_within(REFUSED_SPACING)
    }

    /// Remembers that nodes answered and were not to be believed, and no seed was there.
    pub(super) fn note_refusal(&self) {
        let now = self.inner.clock.monotonic();
        locked(&self.inner.state).refused = Some(now);
    }

    fn refused_within(&self, spacing: Duration) -> bool {
        let now = self.inner.clock.monotonic();
        locked(&self.inner.state).refused.is_some_and(|last| now.saturating_sub(last) < spacing)
    }

    /// Whether a refresh was tried at most this long ago.
    pub(crate) fn tried_within(&self, spacing: Duration) -> bool {
        let now = self.inner.clock.monotonic();
        locked(&self.inner.state).last_try.is_some_and(|last| now.saturating_sub(last) < spacing)
    }

    /// How many refreshes were tried.
    pub(super) fn tries(&self) -> u64 {
        locked(&self.inner.state).tries
    }

    /// Remembers that a refresh is tried now.
    pub(super) fn note_try(&self) {
        let now = self.inner.clock.monotonic();
        let mut state = locked(&self.inner.state);
        state.last_try = Some(now);
        state.tries += 1;
    }

    /// One refresh at a time: whoever holds this refreshes, the others find its result.
    pub(super) fn refreshing(&self) -> &Semaphore {
        &self.inner.refreshing
    }

    /// Which nodes the live paths of all accounts use.
    pub(super) fn live(&self) -> &LivePaths {
        &self.inner.live
    }

    /// Which nodes keep an account of this device.
    pub(super) fn own_swarms(&self) -> &OwnSwarms {
        &self.inner.own
    }

    /// Writes list and strikes to the file, away from the async threads.
    fn save(&self) {
        if self.inner.file.is_none() {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return self.save_now() };
        if self.inner.to_be_written.swap(true, Ordering::AcqRel) {
            return;
        }
        let waiting = ToBeWritten(self.clone());
        drop(runtime.spawn_blocking(move || {
            let roads = waiting.0.clone();
            // From here on what changes needs a writing of its own.
            drop(waiting);
            roads.save_now();
        }));
    }

    fn save_now(&self) {
        let Some(file) = &self.inner.file else { return };
        // The state is read inside the lock, so the last writer writes the latest.
        let _one_at_a_time = locked(&self.inner.writing);
        let text = {
            let state = locked(&self.inner.state);
            let (pool, strikes, seeds) = (state.pool.clone(), state.strikes.clone(), state.seeds.clone());
            drop(state);
            cache::to_text(&pool, &self.inner.network.name, &strikes, &seeds)
        };
        if let Err(error) = disk::write_private_file(file, text.as_bytes()) {
            tracing::warn!(kind = ?error.kind(), "node list cannot be written to the cache folder");
        }
    }
}

/// A writing that was asked for and has not begun; also when it never begins.
struct ToBeWritten(Roads);

impl Drop for ToBeWritten {
    fn drop(&mut self) {
        self.0.inner.to_be_written.store(false, Ordering::Release);
    }
}

/// The list to begin with: the cached one, else the shipped one, else an empty one.
fn first_pool(network: &Network, cached: Option<Pool>, now: Timestamp) -> Pool {
    cached
        .or_else(|| Pool::from_file(shipped_for(network)?, Origin::Shipped, now))
        .and_then(|pool| admitted(network, pool))
        .unwrap_or_default()
}

/// The shipped list, where the network is the one it was made for and not another of that name.
fn shipped_for(network: &Network) -> Option<&'static str> {
    if network.seeds == Network::mainnet().seeds { shipped(&network.name) } else { None }
}

/// A list from a file as this network takes it; none when too few nodes are left.
fn admitted(network: &Network, pool: Pool) -> Option<Pool> {
    let pool = if network.subnet_rule { pool.public_only() } else { pool };
    (pool.len() >= LEAST_USEFUL).then_some(pool)
}

/// How old a list may be. Shorter asks nodes more often; longer meets more nodes that have left.
/// Source: session-foundation/libsession-util `src/network/snode_pool.cpp`.
const REFRESH_AGE: Duration = Duration::from_secs(2 * 60 * 60);

/// Between two tries. Shorter and a network without seeds is asked all the time.
const REFRESH_SPACING: Duration = Duration::from_secs(20);

/// Between two tries while nodes cannot be believed and no seed answers. Every try takes a long list from each of three
/// nodes, and what ends the waiting is a day or a seed.
const REFUSED_SPACING: Duration = Duration::from_secs(10 * 60);

/// More than one in so many struck out, with a fresh list at hand, and it was our own network that failed.
const MOST_OUT: usize = 3;

/// Nodes whose first accuser is remembered.
const MAX_ACCUSED: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::onion::node::tests::node;
    use serde_json::json;

    fn network() -> Network {
        let mut network = Network::mainnet();
        network.name = "roads-test".to_owned();
        network.subnet_rule = false;
        network
    }

    fn open(dir: Option<&Path>) -> Roads {
        Roads::open(&network(), dir, SystemClock::shared()).unwrap()
    }

    fn list_text(count: u8) -> String {
        let states: Vec<_> = (1..=count).map(|number| node(number).to_json()).collect();
        json!({ "result": { "height": 9, "service_node_states": states } }).to_string()
    }

    #[test]
    fn an_imported_list_and_strikes_are_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let roads = open(Some(dir.path()));
        assert!(roads.pool().is_empty());
        assert_eq!(roads.import(&list_text(14)).unwrap(), 14);
        roads.strike_out(node(3).key);
        let again = open(Some(dir.path()));
        assert_eq!((again.pool().len(), again.pool().origin()), (14, Origin::Cached));
        assert!(again.is_out(&node(3).key));
        assert_eq!(again.usable(), 13);
        let names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["nodes-roads-test.json"], "and nothing else lies around");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_and_its_folder_are_their_owners_alone_from_the_start_and_after_an_earlier_version() {
        use crate::disk::tests::{mode, open_up};
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("cache");
        let file = dir.join("nodes-roads-test.json");
        open(Some(&dir)).import(&list_text(14)).unwrap();
        assert_eq!((mode(&dir), mode(&file)), (0o700, 0o600));
        open_up(&dir);
        open_up(&file);
        let again = open(Some(&dir));
        assert_eq!((mode(&dir), mode(&file)), (0o700, 0o600), "tightened before anything is written");
        again.strike_out(node(3).key);
        assert_eq!(mode(&file), 0o600);
    }

    #[tokio::test]
    async fn a_list_without_seeds_stays_one_until_a_seed_or_a_person_says_otherwise() {
        let dir = tempfile::tempdir().unwrap();
        let roads = open(Some(dir.path()));
        let list = || NodeList { height: None, nodes: (1..=14).map(node).collect() };
        let origin = |roads: &Roads| roads.nodes().origin;
        roads.adopt(list(), Origin::WithoutSeeds).await;
        assert_eq!(origin(&open(Some(dir.path()))), Origin::WithoutSeeds, "after a restart too");
        roads.adopt(list(), Origin::Nodes).await;
        assert_eq!(origin(&roads), Origin::WithoutSeeds);
        roads.adopt(list(), Origin::Seed).await;
        roads.adopt(list(), Origin::Nodes).await;
        assert_eq!(origin(&roads), Origin::Nodes);
        roads.adopt(list(), Origin::WithoutSeeds).await;
        roads.import(&list_text(14)).unwrap();
        assert_eq!(origin(&roads), Origin::Imported);
    }

    #[test]
    fn a_list_that_was_refused_is_not_asked_for_all_the_time() {
        let roads = open(None);
        roads.import(&list_text(14)).unwrap();
        assert!(roads.is_old(), "it has no date");
        roads.note_refusal();
        assert!(!roads.is_old());
    }

    #[tokio::test]
    async fn a_comparison_with_seeds_is_due_after_ten_renewals_by_nodes() {
        let roads = open(None);
        roads.import(&list_text(14)).unwrap();
        assert!(!roads.comparison_is_due(), "what a person gave is not questioned at once");
        for _ in 0..10 {
            roads.adopt(NodeList { height: None, nodes: (1..=14).map(node).collect() }, Origin::Nodes).await;
        }
        assert!(roads.comparison_is_due());
        roads.seed_spoke();
        assert!(!roads.comparison_is_due());
    }

    #[test]
    fn a_silence_of_the_seeds_is_remembered_over_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let roads = open(Some(dir.path()));
        roads.import(&list_text(14)).unwrap();
        roads.seeds_were_silent();
        assert!(!roads.nodes_may_vote());
        let kept = std::fs::read_to_string(dir.path().join("nodes-roads-test.json")).unwrap();
        assert!(kept.contains("\"silent_for\":0"), "it began");
        roads.seed_spoke();
        roads.strike_out(node(1).key);
        let kept = std::fs::read_to_string(dir.path().join("nodes-roads-test.json")).unwrap();
        assert!(!kept.contains("silent_for"), "and ended");
    }

    #[test]
    fn what_is_exported_can_be_imported_elsewhere() {
        let roads = open(None);
        roads.import(&list_text(14)).unwrap();
        let other = open(None);
        assert_eq!(other.import(&roads.export()).unwrap(), 14);
        assert_eq!(other.pool().nodes(), roads.pool().nodes());
    }

    #[test]
    fn a_bad_list_is_refused_and_the_present_one_stays() {
        let roads = open(None);
        roads.import(&list_text(14)).unwrap();
        for bad in ["", "{}", "[]", "{\"service_node_states\":[]}", &list_text(3)] {
            assert_eq!(roads.import(bad).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        assert_eq!(roads.import(&" ".repeat(MAX_FILE_BYTES + 1)).unwrap_err().kind(), ErrorKind::TooLarge);
        assert_eq!(roads.pool().len(), 14);
    }

    #[test]
    fn a_damaged_cache_file_is_as_good_as_none() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("nodes-roads-test.json"), b"{\"service_node_st").unwrap();
        assert!(open(Some(dir.path())).pool().is_empty());
        let mainnet = Roads::open(&Network::mainnet(), None, SystemClock::shared()).unwrap();
        assert_eq!(mainnet.pool().origin(), Origin::Shipped);
    }

    #[tokio::test]
    async fn when_a_third_of_the_network_is_struck_out_a_fresh_list_clears_it() {
        let roads = open(None);
        let list = || NodeList { height: None, nodes: (1..=12).map(node).collect() };
        (1..=4).for_each(|number| roads.strike_out(node(number).key));
        roads.adopt(list(), Origin::Seed).await;
        assert_eq!(roads.usable(), 8, "a third may well be broken");
        roads.strike_out(node(5).key);
        roads.adopt(list(), Origin::Seed).await;
        assert_eq!(roads.usable(), 12);
    }

    #[test]
    fn the_shipped_list_is_for_the_network_with_those_seeds_only() {
        let mut network = Network::mainnet();
        network.seeds.pop();
        assert!(Roads::open(&network, None, SystemClock::shared()).unwrap().pool().is_empty());
    }

    #[test]
    fn a_list_of_private_addresses_is_refused_on_a_public_network() {
        let mut public = network();
        public.subnet_rule = true;
        let roads = Roads::open(&public, None, SystemClock::shared()).unwrap();
        assert_eq!(roads.import(&list_text(14)).unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[tokio::test]
    async fn only_a_new_list_is_a_new_generation() {
        let roads = open(None);
        roads.import(&list_text(14)).unwrap();
        let before = roads.pool().generation();
        roads.drop_node(&node(2).key);
        assert_eq!(roads.pool().generation(), before);
        roads.adopt(NodeList { height: None, nodes: (1..=14).map(node).collect() }, Origin::Seed).await;
        assert_eq!(roads.pool().generation(), before + 1);
    }

    #[test]
    fn one_path_cannot_take_a_node_out_of_the_list_and_two_of_other_nodes_can() {
        let roads = open(None);
        roads.import(&list_text(14)).unwrap();
        let path = |numbers: [u8; 3]| numbers.map(|number| node(number).key);
        for _ in 0..5 {
            roads.accuse(node(9).key, path([1, 2, 3]));
            roads.accuse(node(9).key, path([1, 5, 6]));
        }
        assert!(roads.pool().get(&node(9).key).is_some());
        assert_eq!(roads.strikes(&node(9).key), 1, "nor strike it out");
        roads.accuse(node(9).key, path([4, 5, 6]));
        assert!(roads.pool().get(&node(9).key).is_none());
    }

    #[tokio::test]
    async fn a_dropped_node_is_gone_until_the_next_list() {
        let roads = open(None);
        roads.import(&list_text(14)).unwrap();
        roads.drop_node(&node(2).key);
        assert_eq!((roads.pool().len(), roads.pool().get(&node(2).key)), (13, None));
        roads.adopt(NodeList { height: None, nodes: (1..=14).map(node).collect() }, Origin::Seed).await;
        assert!(roads.pool().get(&node(2).key).is_some());
        assert!(!roads.is_short() && !roads.is_old());
    }
}
