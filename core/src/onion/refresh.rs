//! Keeping the node list and the paths fresh.
//!
//! A list that is too short is fetched before anything is sent: from a seed, else from the nodes that we know. One that
//! is merely two hours old is renewed in passing, from three nodes in different /24 networks over our own paths, and
//! what at least two of them say is believed when it shares enough with the present list; otherwise the seeds are asked,
//! and when they have been silent for a day five nodes in their place. Every tenth renewal, and once a day, what nodes say
//! is compared with what seeds say ([`agreement`](super::agreement), [`seed_word`](super::seed_word)). Where the seeds are
//! all we have they are asked four times; otherwise once. In passing, too, missing paths are built and old ones rotated.
//! The work runs beside the requests, never in front of them, and ends with the last handle of the account.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::{Value, json};

use super::agreement::{Compared, agree, compare, vote};
use super::choice;
use super::directory::{LEAST_USEFUL, Origin, Pool};
use super::draw::Order;
use super::error::OnionError;
use super::exchange::Opened;
use super::layer::{Destination, NodeReply, rpc_payload};
use super::lock::locked;
use super::node::{NodeKey, NodeList, ServiceNode};
use super::path::Purpose;
use super::request::{Ask, Job};
use super::seed::{self, MAX_LIST_BYTES, list_params, off_the_async_threads};
use super::traffic::Traffic;

impl Traffic {
    /// Makes sure that there is a list to draw paths from.
    pub(super) async fn check_pool(self: &Arc<Self>) -> Result<(), OnionError> {
        // Without a list no path can be built, which is all that people see of it.
        self.have_pool().await.inspect_err(|error| self.note_building(Some(error.clone())))
    }

    async fn have_pool(self: &Arc<Self>) -> Result<(), OnionError> {
        if !self.roads.is_short() {
            return Ok(());
        }
        let useful = || self.roads.pool().len() >= LEAST_USEFUL;
        if useful() && self.roads.tried_within(SHORT_LIST_SPACING) {
            return Ok(());
        }
        let tries_before = self.roads.tries();
        let _turn = self.roads.refreshing().acquire().await.map_err(|_| OnionError::NoNodes)?;
        // Whoever had the turn before may have fetched it, or failed a moment ago.
        if self.roads.is_short()
            && self.roads.tries() == tries_before
            && let Err(error) = self.refresh_now().await
        {
            return if useful() { Ok(()) } else { Err(error) };
        }
        if useful() { Ok(()) } else { Err(OnionError::NoNodes) }
    }

    /// Fetches a list, whatever the present one is like.
    pub(super) async fn refresh(self: &Arc<Self>) -> Result<(), OnionError> {
        let _turn = self.roads.refreshing().acquire().await.map_err(|_| OnionError::NoNodes)?;
        self.refresh_now().await
    }

    async fn refresh_now(self: &Arc<Self>) -> Result<(), OnionError> {
        let roads = &self.roads;
        roads.note_try();
        let present = roads.pool();
        if present.len() < roads.network().min_pool {
            return self.lengthen(&present).await;
        }
        let lists = self.lists_of(WITNESSES).await;
        match agree(&lists, roads.network().min_pool, &present) {
            Some(list) if roads.comparison_is_due() => self.compare_with_seeds(list, &lists, &present).await,
            Some(list) => roads.adopt(list, Origin::Nodes).await,
            // They do not agree, or on something that is mostly new.
            None => return self.renew_by_seeds(!lists.is_empty(), &present).await,
        }
        Ok(())
    }

    /// Fetches a list in the place of one that is too short to be one: from a seed, else from the nodes in it.
    async fn lengthen(self: &Arc<Self>, present: &Pool) -> Result<(), OnionError> {
        let useful = present.len() >= LEAST_USEFUL;
        let attempts = if useful { 1 } else { seed::ATTEMPTS };
        let min_nodes = self.roads.network().min_pool;
        let error = match self.fetch_from_seeds(attempts).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if !useful {
            return Err(error);
        }
        let lists = self.lists_of(FIVE).await;
        if !lists.is_empty() {
            self.roads.seeds_were_silent();
        }
        let list = vote(&lists, MOST_OF_FIVE, min_nodes, present).ok_or(error)?;
        self.roads.adopt(list, Origin::Nodes).await;
        Ok(())
    }

    /// Takes any seed's word; when none has been given for a day, that of five nodes of the present list, all of them.
    async fn renew_by_seeds(self: &Arc<Self>, nodes_answer: bool, present: &Pool) -> Result<(), OnionError> {
        let error = match self.fetch_from_seeds(1).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if !nodes_answer {
            return Err(error);
        }
        self.roads.seeds_were_silent();
        self.roads.note_refusal();
        if !self.roads.nodes_may_vote() {
            return Err(error);
        }
        let lists = self.lists_of(FIVE).await;
        let list = vote(&lists, FIVE, self.roads.network().min_pool, present).ok_or(error)?;
        tracing::warn!(nodes = list.nodes.len(), "no seed answered for a day: five nodes vouch for a new list");
        self.roads.adopt(list, Origin::WithoutSeeds).await;
        Ok(())
    }

    async fn fetch_from_seeds(&self, attempts: u32) -> Result<(), OnionError> {
        let roads = &self.roads;
        let list = seed::fetch(&roads.network().seeds, roads.network().min_pool, attempts, roads.clock()).await?;
        roads.seed_spoke();
        roads.adopt(list, Origin::Seed).await;
        Ok(())
    }

    /// Takes over a list on which nodes agree, after seeds were asked about it.
    async fn compare_with_seeds(&self, list: NodeList, lists: &[NodeList], present: &Pool) {
        let roads = &self.roads;
        let (seeds, min_nodes) = (&roads.network().seeds, roads.network().min_pool);
        let said = seed::ask_each(seeds, min_nodes, roads.clock()).await;
        if said.is_empty() {
            roads.seeds_were_silent();
            return roads.adopt(list, Origin::Nodes).await;
        }
        match compare(&list, lists, &said, seeds.len(), min_nodes, present) {
            Compared::Confirmed(list) => {
                roads.seed_spoke();
                roads.adopt(list, Origin::Seed).await;
            }
            Compared::Refuted(theirs) => {
                tracing::warn!(ours = list.nodes.len(), theirs = theirs.nodes.len(), "seeds refute the node list");
                roads.seed_spoke();
                roads.adopt(theirs, Origin::Seed).await;
            }
            // Asked again at the next renewal.
            Compared::Disputed => {
                tracing::warn!("a seed disputes the node list, and none says so with it");
                roads.seed_answered();
                roads.adopt(list, Origin::Nodes).await;
            }
        }
    }

    /// The lists of so many nodes. Those that do not answer are replaced, up to as many again.
    async fn lists_of(self: &Arc<Self>, count: usize) -> Vec<NodeList> {
        let mut candidates = self.witnesses(2 * count).into_iter();
        let mut running: FuturesUnordered<_> = candidates.by_ref().take(count).map(|node| self.list_of(node)).collect();
        let mut lists = Vec::new();
        while let Some(list) = running.next().await {
            match list {
                Some(list) => lists.push(list),
                None => running.extend(candidates.next().map(|node| self.list_of(node))),
            }
        }
        lists
    }

    /// Random nodes in different /24 networks where that is the rule, those on our paths last.
    fn witnesses(&self, most: usize) -> Vec<ServiceNode> {
        let on_paths: Vec<NodeKey> = locked(&self.state).paths.nodes().map(|node| node.key).collect();
        let (pool, out) = (self.roads.pool(), self.roads.out());
        let mut left: Vec<&ServiceNode> = pool.nodes().iter().filter(|node| !out.contains(&node.key)).collect();
        let mut chosen: Vec<ServiceNode> = Vec::new();
        for wanted_on_paths in [false, true] {
            while chosen.len() < most {
                let fits = |node: &&&ServiceNode| {
                    on_paths.contains(&node.key) == wanted_on_paths
                        && !(self.roads.network().subnet_rule
                            && chosen.iter().any(|other| other.subnet() == node.subnet()))
                };
                let fitting: Vec<NodeKey> = left.iter().filter(fits).map(|node| node.key).collect();
                let drawn =
                    choice::uniform(fitting.len(), &mut choice::system).and_then(|place| fitting.get(place).copied());
                let Some(key) = drawn else { break };
                chosen.extend(left.iter().find(|node| node.key == key).map(|node| (*node).clone()));
                left.retain(|node| node.key != key);
            }
        }
        chosen
    }

    /// The list of one node: the short form, or the long one from nodes that do not know it.
    async fn list_of(self: &Arc<Self>, node: ServiceNode) -> Option<NodeList> {
        let short = self.ask_plain(&node, "active_nodes_bin", json!({})).await?;
        if short.status == 200 {
            return off_the_async_threads(move || {
                let blob = base64::engine::general_purpose::STANDARD.decode(short.body.trim()).ok()?;
                Some(NodeList { height: None, nodes: ServiceNode::from_active_nodes_bin(&blob)? })
            })
            .await;
        }
        let params = json!({ "endpoint": "get_service_nodes", "params": list_params() });
        let long = self.ask_plain(&node, "oxend_request", params).await?;
        if long.status != 200 || long.body.len() > MAX_LIST_BYTES {
            return None;
        }
        off_the_async_threads(move || NodeList::parse(long.body.as_bytes())).await
    }

    /// A request that does not look at the list first.
    async fn ask_plain(self: &Arc<Self>, node: &ServiceNode, method: &str, params: Value) -> Option<NodeReply> {
        let job = Job {
            purpose: Purpose::Messages,
            kind: method,
            destination: Destination::from(node),
            plain: rpc_payload(method, &params),
            ask: Ask { attempts: 2, ..Ask::poll() },
        };
        match self.run(&job).await {
            Ok(fetched) => match fetched.received.opened {
                Opened::Node(reply) => Some(reply),
                Opened::Server(_) => None,
            },
            Err(_) => None,
        }
    }

    /// Looks whether something is to be done in passing, and does it beside the requests.
    pub(super) fn tend(self: &Arc<Self>) {
        if self.stop.is_cancelled() || !self.needs_tending() || self.tending.swap(true, Ordering::AcqRel) {
            return;
        }
        let turn = Tending(self.clone());
        tokio::spawn(async move {
            tokio::select! {
                biased;
                () = turn.0.stop.cancelled() => {}
                () = turn.0.maintain() => {}
            }
        });
    }

    fn needs_tending(&self) -> bool {
        let now = self.roads.clock().monotonic();
        let (standing, spare, due) = {
            let state = locked(&self.state);
            if state.tended.is_some_and(|last| now.saturating_sub(last) < TEND_SPACING) {
                return false;
            }
            let (standing, spare) = (state.paths.count(Purpose::Messages), state.paths.has(Purpose::Spare));
            (standing, spare, state.paths.due(now).is_some())
        };
        // The plan looks at every node; no network carries more paths than its description wants.
        let missing = || {
            (standing < self.roads.network().path_count || !spare) && {
                let plan = self.plan();
                standing < plan.messages || (plan.spare && !spare)
            }
        };
        due || self.roads.is_old() || missing()
    }

    /// Renews the list, builds missing paths, rotates old ones.
    pub(super) async fn maintain(self: &Arc<Self>) {
        if self.roads.is_old() {
            let refreshed = self.refresh().await;
            tracing::debug!(ok = refreshed.is_ok(), "node list was renewed in passing");
        }
        let tended = self.tend_paths().await;
        if tended.is_err() {
            // What cannot be done now is not tried again at once.
            locked(&self.state).tended = Some(self.roads.clock().monotonic());
        }
    }

    async fn tend_paths(self: &Arc<Self>) -> Result<(), OnionError> {
        let pool = self.roads.pool();
        locked(&self.state).paths.retire_missing(&pool);
        let plan = self.plan();
        let built = self.build_missing(Purpose::Messages, plan.messages).await;
        let rotated = self.rotate_old().await;
        {
            let mut state = locked(&self.state);
            state.paths.trim(Purpose::Messages, plan.messages);
            state.paths.trim(Purpose::Spare, usize::from(plan.spare));
        }
        built.and(rotated)?;
        self.build_missing(Purpose::Spare, usize::from(plan.spare)).await
    }

    /// Builds paths for a purpose until `wanted` stand.
    async fn build_missing(self: &Arc<Self>, purpose: Purpose, wanted: usize) -> Result<(), OnionError> {
        let missing = || locked(&self.state).paths.count(purpose) < wanted;
        // One turn for each path: a request that waits for one does not wait for all.
        while missing() {
            let _turn = self.building.acquire().await.map_err(|_| OnionError::PathBroken)?;
            if !missing() {
                break;
            }
            self.build(self.order(purpose, None, &[])).await?;
        }
        Ok(())
    }

    /// Builds another path for each that has stood long enough, and leaves the old one.
    async fn rotate_old(self: &Arc<Self>) -> Result<(), OnionError> {
        loop {
            let now = self.roads.clock().monotonic();
            let Some((id, purpose, guard)) = locked(&self.state).paths.due(now) else { return Ok(()) };
            if purpose != Purpose::Detour {
                let _turn = self.building.acquire().await.map_err(|_| OnionError::PathBroken)?;
                if locked(&self.state).paths.hops(id).is_none() {
                    continue;
                }
                self.build(self.order_after(purpose, guard)).await?;
            }
            locked(&self.state).paths.retire(id);
        }
    }

    /// What path follows an old one: with the same guard while that is kept.
    fn order_after(&self, purpose: Purpose, guard: NodeKey) -> Order {
        let wall = self.roads.clock().now();
        let keeps = locked(&self.state).kept.usable(wall, |key| *key == guard).contains(&guard);
        Order { guard: keeps.then_some(guard), overlap: true, ..self.order(purpose, None, &[]) }
    }
}

/// The turn to work in passing; it ends with this value, however the work ends.
struct Tending(Arc<Traffic>);

impl Drop for Tending {
    fn drop(&mut self) {
        self.0.tending.store(false, Ordering::Release);
    }
}

/// Nodes that are asked for their list; two of them must agree on each entry.
/// Source: session-foundation/libsession-util `src/network/snode_pool.cpp`.
const WITNESSES: usize = 3;

/// Nodes that are asked where more than a renewal is at stake, in different /24 networks where that is the rule. Somebody
/// with a fifth of the network is all of them once in three thousand times.
const FIVE: usize = 5;

/// How many of five must name a node before it lengthens a list that is too short.
const MOST_OF_FIVE: usize = 3;

/// Between two tries to lengthen a list that is short and still of use.
const SHORT_LIST_SPACING: Duration = Duration::from_secs(20);

/// Between two tries to build what could not be built.
const TEND_SPACING: Duration = Duration::from_secs(5);
