//! Which path carries a request: a standing one that suits, or one that is built for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::clock;

use super::choice;
use super::draw::Order;
use super::error::OnionError;
use super::lock::locked;
use super::node::NodeKey;
use super::path::{Hops, PathId, Purpose, keys};
use super::request::Job;
use super::traffic::Traffic;

/// A path that a request has failed on. Its nodes are kept, for the path may be gone when the next one is built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tried {
    pub id: PathId,
    pub nodes: [NodeKey; 3],
}

/// A path that carries a request; it counts as busy until this is dropped.
pub(super) struct Lease {
    traffic: Arc<Traffic>,
    pub id: PathId,
    pub hops: Box<Hops>,
}

impl Lease {
    /// What is kept of the path once the request has failed on it.
    pub(super) fn tried(&self) -> Tried {
        Tried { id: self.id, nodes: keys(&self.hops) }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        locked(&self.traffic.state).paths.finish(self.id);
    }
}

impl Traffic {
    /// A path for the request, built if there is none.
    pub(super) async fn path_for(self: &Arc<Self>, job: &Job<'_>, tried: &[Tried]) -> Result<Lease, OnionError> {
        if let Some(lease) = self.free_path(job, tried) {
            return Ok(lease);
        }
        let failures_before = locked(&self.state).failed_builds;
        // Whoever builds may be building something else for a long time.
        let turn = clock::with_timeout(&**self.roads.clock(), TURN, self.building.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(OnionError::PathBroken) };
        if let Some(lease) = self.free_path(job, tried) {
            return Ok(lease);
        }
        if let Some(error) = self.failed_since(failures_before) {
            return Err(error);
        }
        self.build_for(job, tried).await
    }

    /// Why a path could not be built, when that was tried after so many failures.
    fn failed_since(&self, failures_before: u64) -> Option<OnionError> {
        let state = locked(&self.state);
        if state.failed_builds == failures_before { None } else { state.last_failure.clone() }
    }

    async fn build_for(self: &Arc<Self>, job: &Job<'_>, tried: &[Tried]) -> Result<Lease, OnionError> {
        let order = self.order_for(job, tried);
        let may_share = order.overlap;
        let mut built = self.build(order).await;
        // No room for a path of its own: files go with the messages then, and messages over nodes of another path.
        if job.purpose == Purpose::Files && built == Err(OnionError::NoNodes) {
            built = match self.message_path(job, tried) {
                Some(lease) => return Ok(lease),
                None => self.build(self.order(Purpose::Messages, job.node(), tried)).await,
            };
        }
        if !may_share && built == Err(OnionError::NoNodes) {
            built = self.build(self.order(Purpose::Detour, job.node(), tried)).await;
        }
        built.inspect_err(|error| {
            let mut state = locked(&self.state);
            state.failed_builds += 1;
            state.last_failure = Some(error.clone());
        })?;
        self.free_path(job, tried).or_else(|| self.message_path(job, tried)).ok_or(OnionError::PathBroken)
    }

    /// Waits until a path for messages stands.
    pub(super) async fn stand(self: &Arc<Self>) -> Result<(), OnionError> {
        if locked(&self.state).paths.has(Purpose::Messages) {
            return Ok(());
        }
        let _turn = self.building.acquire().await.map_err(|_| OnionError::PathBroken)?;
        if !locked(&self.state).paths.has(Purpose::Messages) {
            self.build(self.order(Purpose::Messages, None, &[])).await?;
        }
        Ok(())
    }

    /// A standing path for the request that is none of `tried`.
    pub(super) fn free_path(self: &Arc<Self>, job: &Job<'_>, tried: &[Tried]) -> Option<Lease> {
        match job.purpose {
            Purpose::Files if self.plan().files => self.free_path_of(&[Purpose::Files, Purpose::Detour], job, tried),
            _ => self.message_path(job, tried),
        }
    }

    fn message_path(self: &Arc<Self>, job: &Job<'_>, tried: &[Tried]) -> Option<Lease> {
        self.free_path_of(&[Purpose::Messages, Purpose::Spare, Purpose::Detour], job, tried)
    }

    fn free_path_of(self: &Arc<Self>, purposes: &[Purpose], job: &Job<'_>, tried: &[Tried]) -> Option<Lease> {
        let destination = job.node();
        let tried: Vec<PathId> = tried.iter().map(|tried| tried.id).collect();
        let now = self.roads.clock().monotonic();
        let mut state = locked(&self.state);
        let mut begin =
            |purpose: &Purpose| state.paths.begin(*purpose, destination.as_ref(), &tried, now, &mut choice::system);
        let (id, hops) = purposes.iter().find_map(&mut begin)?;
        drop(state);
        Some(Lease { traffic: self.clone(), id, hops: Box::new(hops) })
    }

    fn order_for(&self, job: &Job<'_>, tried: &[Tried]) -> Order {
        let plan = self.plan();
        let purpose = if job.purpose == Purpose::Files && plan.files { Purpose::Files } else { Purpose::Messages };
        let wanted = if purpose == Purpose::Files { 1 } else { plan.messages };
        let standing = locked(&self.state).paths.count(purpose);
        // Enough paths stand and none suits: the destination is on all of them, or all were tried.
        self.order(if standing < wanted { purpose } else { Purpose::Detour }, job.node(), tried)
    }

    /// What path is wanted for `purpose` after those of `tried` failed.
    pub(super) fn order(&self, purpose: Purpose, destination: Option<NodeKey>, tried: &[Tried]) -> Order {
        let state = locked(&self.state);
        let standing = tried.iter().filter_map(|tried| state.paths.hops(tried.id)).flatten().map(|node| node.key);
        let gone = tried.iter().flat_map(|tried| tried.nodes);
        let shun: BTreeSet<NodeKey> = standing.chain(gone).chain(state.suspects.iter().copied()).collect();
        let guard = (purpose == Purpose::Detour)
            .then(|| {
                state.paths.guards().map(|guard| guard.key).find(|key| !shun.contains(key) && Some(*key) != destination)
            })
            .flatten();
        let overlap = match purpose {
            Purpose::Detour => true,
            Purpose::Messages => !state.paths.has(Purpose::Messages),
            Purpose::Files | Purpose::Spare => false,
        };
        Order { purpose, avoid: destination.into_iter().collect(), shun, guard, overlap }
    }
}

/// How long a request waits for its turn to build a path, on the [`Clock`](crate::clock::Clock).
const TURN: Duration = Duration::from_secs(30);
