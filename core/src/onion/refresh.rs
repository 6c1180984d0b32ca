//! Keeping the node list and the paths fresh.
//!
//! A list that is too short is fetched before anything is sent: from a seed, else from the nodes that we know. One that
//! is merely two hours old is renewed in passing, from three nodes in different /24 networks over our own paths, and
//! what at least two of them say is believed; only when they do not agree are the seeds asked. Where the seeds are all
//! we have they are asked four times; otherwise once. In passing, too, missing paths are built and old ones rotated. The
//! work runs beside the requests, never in front of them, and ends with the last handle of the account.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::{Value, json};

use super::choice;
use super::directory::{LEAST_USEFUL, Origin, agree};
use super::draw::Order;
use super::error::OnionError;
use super::exchange::Opened;
use super::layer::{Destination, NodeReply, rpc_payload};
use super::lock::locked;
use super::node::{NodeKey, NodeList, ServiceNode};
use super::path::Purpose;
use super::request::{Ask, Job};
use super::seed::{self, list_params, off_the_async_threads};
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
        let min_nodes = roads.network().min_pool;
        let present = roads.pool();
        let useful = present.len() >= LEAST_USEFUL;
        let enough = present.len() >= min_nodes;
        if enough && let Some(list) = self.list_from_nodes(min_nodes).await {
            roads.adopt(list, Origin::Nodes).await;
            return Ok(());
        }
        let attempts = if useful { 1 } else { seed::ATTEMPTS };
        match seed::fetch(&roads.network().seeds, min_nodes, attempts, roads.clock()).await {
            Ok(list) => roads.adopt(list, Origin::Seed).await,
            Err(error) => {
                if enough || !useful {
                    return Err(error);
                }
                let list = self.list_from_nodes(min_nodes).await.ok_or(error)?;
                roads.adopt(list, Origin::Nodes).await;
            }
        }
        Ok(())
    }

    /// What at least two of three nodes say. Nodes that do not answer are replaced, up to twice as many.
    async fn list_from_nodes(self: &Arc<Self>, min_nodes: usize) -> Option<NodeList> {
        let mut candidates = self.witnesses().into_iter();
        let mut running: FuturesUnordered<_> =
            candidates.by_ref().take(WITNESSES).map(|node| self.list_of(node)).collect();
        let mut lists = Vec::new();
        while let Some(list) = running.next().await {
            match list {
                Some(list) => lists.push(list),
                None => running.extend(candidates.next().map(|node| self.list_of(node))),
            }
        }
        agree(&lists, min_nodes, &self.roads.pool())
    }

    /// Random nodes in different /24 networks where that is the rule, those on our paths last.
    fn witnesses(&self) -> Vec<ServiceNode> {
        let on_paths: Vec<NodeKey> = locked(&self.state).paths.nodes().map(|node| node.key).collect();
        let (pool, out) = (self.roads.pool(), self.roads.out());
        let mut left: Vec<&ServiceNode> = pool.nodes().iter().filter(|node| !out.contains(&node.key)).collect();
        let mut chosen: Vec<ServiceNode> = Vec::new();
        for wanted_on_paths in [false, true] {
            while chosen.len() < 2 * WITNESSES {
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
        if long.status != 200 {
            return None;
        }
        off_the_async_threads(move || NodeList::from_json(&serde_json::from_str(&long.body).ok()?)).await
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

/// Between two tries to lengthen a list that is short and still of use.
const SHORT_LIST_SPACING: Duration = Duration::from_secs(20);

/// Between two tries to build what could not be built.
const TEND_SPACING: Duration = Duration::from_secs(5);
