//! Building paths: having three nodes drawn, testing the guard, testing the path.
//!
//! A guard is tested by connecting to it (TCP and TLS), then the path by asking some node for `info` through it, which
//! names nobody. When guard after guard cannot be connected to, it is probably we who are offline: nobody gets a strike
//! until something has been reached. How long it goes on, and when it gives up until the next request, says
//! [`trial`](super::trial). A path that works clears its nodes of earlier suspicions.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::clock;

use super::choice::{self, Draw};
use super::draw::{Market, Order};
use super::error::OnionError;
use super::exchange::Exchanged;
use super::failure::{Blame, Next, Route, decide};
use super::layer::{Destination, rpc_payload};
use super::live::LivePath;
use super::lock::locked;
use super::node::{NodeKey, ServiceNode};
use super::path::{HOPS, Hops, PathId, Purpose, keys};
use super::traffic::{State, Traffic};
use super::trial::{self, Found, Trial};

/// What became of one draw.
enum Drawn {
    Works(PathId),
    Fails(Found),
}

/// What the test of a path found.
enum Tested {
    /// With this round trip.
    Works(Duration),
    /// With whom it blames.
    Broken(Blame),
}

impl Traffic {
    /// Builds and tests a path until one works.
    ///
    /// # Errors
    /// [`OnionError::NoNodes`] when there are too few nodes to draw from, [`OnionError::Offline`] when no guard could be
    /// connected to, [`OnionError::PathBroken`] when guards could and no path worked.
    pub(super) async fn build(self: &Arc<Self>, order: Order) -> Result<PathId, OnionError> {
        // Files and detours have the paths for messages to fall back on.
        let for_messages = order.purpose == Purpose::Messages;
        if for_messages {
            self.note_building(None);
        }
        let built = self.build_one(order).await;
        if let (true, Err(error)) = (for_messages, &built) {
            self.note_building(Some(error.clone()));
        }
        built
    }

    async fn build_one(self: &Arc<Self>, mut order: Order) -> Result<PathId, OnionError> {
        let mut trial = Trial::default();
        loop {
            let found = match self.draw_and_test(&mut order).await? {
                Drawn::Works(path) => return Ok(path),
                Drawn::Fails(found) => found,
            };
            let step = trial.step(found);
            if let Some(guard) = step.leave {
                self.roads.strike(guard);
                order.avoid.insert(guard);
            }
            if !step.wait.is_zero() {
                clock::sleep(&**self.roads.clock(), step.wait).await;
            }
            match step.next {
                trial::Next::Draw => {}
                trial::Next::GiveUp(OnionError::Offline) => return Err(self.offline()),
                trial::Next::GiveUp(error) => return Err(error),
            }
        }
    }

    /// Draws one path and keeps it if it works; what does not work is avoided by the next draw.
    async fn draw_and_test(&self, order: &mut Order) -> Result<Drawn, OnionError> {
        let Some((hops, live)) = self.draw(order) else { return Ok(Drawn::Fails(Found::NothingToDraw)) };
        let [guard, ..] = &hops;
        if !self.reach(guard).await? {
            locked(&self.state).away.push(guard.key);
            order.avoid.insert(guard.key);
            return Ok(Drawn::Fails(Found::GuardAway));
        }
        self.reached(&guard.key);
        Ok(match self.test(&hops, order).await? {
            Tested::Works(rtt) => Drawn::Works(self.keep(hops, order.purpose, rtt, live)),
            Tested::Broken(blame) => {
                self.punish_untested(&hops, blame, order);
                Drawn::Fails(Found::Broken { guard: guard.key })
            }
        })
    }

    /// Puts an unused node in the place of a missing one; drops the path when there is none.
    pub(super) fn repair(&self, id: PathId, missing: NodeKey) {
        let Some(hops) = locked(&self.state).paths.hops(id) else { return };
        let others: Vec<&ServiceNode> = hops.iter().filter(|hop| hop.key != missing).collect();
        let order = Order {
            purpose: Purpose::Messages,
            avoid: BTreeSet::from([missing]),
            shun: BTreeSet::new(),
            guard: None,
            overlap: false,
        };
        for _ in 0..REDRAWS {
            let new = self.with_market(|market, draw| market.draw_replacement(&order, &others, draw));
            let Some(new) = new else { break };
            let keys = hops.each_ref().map(|hop| if hop.key == missing { new.key } else { hop.key });
            if let Some(live) = self.roads.live().reserve(self.owner, keys) {
                locked(&self.state).paths.replace(id, &missing, new, live);
                return;
            }
        }
        locked(&self.state).paths.retire(id);
    }

    /// Draws a path that no other account has, and holds it.
    fn draw(&self, order: &Order) -> Option<(Hops, LivePath)> {
        for _ in 0..REDRAWS {
            let hops = self.with_market(|market, draw| market.draw(order, draw))?;
            if let Some(live) = self.roads.live().reserve(self.owner, keys(&hops)) {
                return Some((hops, live));
            }
        }
        None
    }

    fn with_market<T>(&self, run: impl FnOnce(&Market<'_>, Draw<'_>) -> T) -> T {
        let pool = self.roads.pool();
        let guards_elsewhere = self.roads.live().guards_elsewhere(self.owner);
        let out = self.roads.out();
        let now = self.roads.clock().now();
        let state = locked(&self.state);
        let in_use: Vec<ServiceNode> = state.paths.nodes().cloned().collect();
        let kept = state.kept.usable(now, |key| pool.get(key).is_some());
        let market = Market {
            pool: &pool,
            subnet_rule: self.roads.network().subnet_rule,
            is_out: &|key| out.contains(key),
            in_use: &in_use,
            kept: &kept,
            guards_elsewhere: &guards_elsewhere,
            latencies: &state.latencies,
        };
        run(&market, &mut choice::system)
    }

    /// Whether a guard can be connected to; proven already when it is the guard of a standing path.
    async fn reach(&self, guard: &ServiceNode) -> Result<bool, OnionError> {
        if locked(&self.state).paths.guards().any(|proven| proven.key == guard.key) {
            return Ok(true);
        }
        let connect = self.transport()?.reach(guard);
        Ok(matches!(clock::with_timeout(&**self.roads.clock(), REACH_TIMEOUT, connect).await, Ok(Ok(()))))
    }

    /// Asks a node for `info` through all three.
    ///
    /// A path that names the destination as the culprit gets another one, but not for ever: its exit may lie.
    async fn test(&self, hops: &Hops, order: &Order) -> Result<Tested, OnionError> {
        let plain = rpc_payload("info", &serde_json::json!({}));
        let mut asked = BTreeSet::new();
        for _ in 0..TEST_DESTINATIONS {
            let Some(destination) = self.test_destination(hops, order, &asked) else { break };
            asked.insert(destination.key);
            let broken = match self.exchange(hops, &Destination::from(&destination), &plain, TEST_TIMEOUT).await? {
                // Any answer of the destination proves the way there.
                Exchanged::Answered(received) => return Ok(Tested::Works(received.rtt)),
                Exchanged::Broken(broken) => broken,
            };
            let route = Route { hops: keys(hops), destination: Some(destination.key) };
            let decision = decide(&broken.as_failure(), &route);
            match decision.next {
                Next::AskAnother => {}
                Next::BackOff => return Ok(Tested::Broken(Blame::Nobody)),
                _ => return Ok(Tested::Broken(decision.blame)),
            }
        }
        Ok(Tested::Broken(Blame::Path))
    }

    /// A random node that is not on the path; one that is said to work while there is one.
    fn test_destination(&self, hops: &Hops, order: &Order, asked: &BTreeSet<NodeKey>) -> Option<ServiceNode> {
        let pool = self.roads.pool();
        let elsewhere =
            pool.nodes().iter().filter(|node| !keys(hops).contains(&node.key) && !asked.contains(&node.key));
        let all: Vec<&ServiceNode> = elsewhere.collect();
        let out = self.roads.out();
        let suspect = |node: &ServiceNode| {
            out.contains(&node.key) || order.avoid.contains(&node.key) || order.shun.contains(&node.key)
        };
        let good: Vec<&ServiceNode> = all.iter().filter(|node| !suspect(node)).copied().collect();
        let candidates = if good.is_empty() { all } else { good };
        candidates.get(choice::uniform(candidates.len(), &mut choice::system)?).map(|node| (*node).clone())
    }

    fn punish_untested(&self, hops: &Hops, blame: Blame, order: &mut Order) {
        let [guard, middle, exit] = hops;
        match blame {
            // Nodes are not judged by what an untested path says of them as destinations.
            Blame::Nobody | Blame::Destination | Blame::DestinationGone | Blame::DestinationAccused => {}
            // Struck out only when a path that has worked says so: here a guard that lies would name one after another.
            Blame::Hop(node) | Blame::HopNotReady(node) => {
                self.roads.strike(node);
                order.avoid.insert(node);
            }
            Blame::Guard | Blame::GuardAway => {
                self.roads.strike(guard.key);
                order.avoid.insert(guard.key);
            }
            Blame::Path | Blame::PathUnlessOthersAgree => {
                for node in [middle, exit] {
                    self.roads.strike(node.key);
                    order.shun.insert(node.key);
                }
            }
        }
    }

    fn keep(&self, hops: Hops, purpose: Purpose, rtt: Duration, live: LivePath) -> PathId {
        let clock = self.roads.clock();
        let (now, wall) = (clock.monotonic(), clock.now());
        let [guard, middle, exit] = &hops;
        self.roads.vindicate(&keys(&hops));
        let mut state = locked(&self.state);
        state.kept.keep(guard.key, wall);
        state.latencies.measured([&middle.key, &exit.key], rtt, HOPS + 1);
        let id = state.paths.add(hops, purpose, now, rtt, live);
        state.paths.trim(Purpose::Detour, 1);
        let State { kept, paths, .. } = &mut *state;
        kept.trim(|guard| paths.guards().any(|standing| standing.key == *guard));
        id
    }
}

/// Draws until one is found that no other account has; only a network of a handful of nodes needs more than one.
const REDRAWS: u32 = 50;

/// How long connecting to a guard may take.
const REACH_TIMEOUT: Duration = Duration::from_secs(5);

/// Destinations for the test of one path.
const TEST_DESTINATIONS: u32 = 3;

/// How long the test of a path may take, as in libsession.
const TEST_TIMEOUT: Duration = Duration::from_secs(10);
