//! Building paths: drawing three nodes, testing the guard, testing the path.
//!
//! A guard is tested by connecting to it (TCP and TLS), then the path by asking some node for `info` through it, which
//! names nobody. When guard after guard cannot be connected to, it is probably we who are offline: nobody gets a strike
//! until something has been reached. Another guard is tried at once, being another node; after a failure beyond the
//! guard there is a wait of 200 ms, doubling up to 5 s. After ten attempts, or six guards that are away, building gives
//! up until the next request. A path that works clears its nodes of earlier suspicions.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::clock;

use super::choice::{self, Draw, Latencies};
use super::directory::Pool;
use super::error::OnionError;
use super::failure::{Blame, Next, Route, decide};
use super::layer::{Destination, rpc_payload};
use super::locked;
use super::node::{NodeKey, ServiceNode};
use super::path::{Hops, PathId, Purpose, keys};
use super::roads::LivePath;
use super::{Inner, State, request};

/// What path is wanted.
pub(super) struct Order {
    pub purpose: Purpose,
    /// Nodes that must not be on it: the destination, and what just failed.
    pub avoid: BTreeSet<NodeKey>,
    /// Nodes that had better not be on it while there are others.
    pub shun: BTreeSet<NodeKey>,
    /// The guard to begin with if it is there.
    pub guard: Option<NodeKey>,
    /// Whether it may share nodes with our other paths when there are too few.
    pub overlap: bool,
}

/// What there is to draw from.
pub(super) struct Market<'a> {
    pub pool: &'a Pool,
    pub subnet_rule: bool,
    pub is_out: &'a dyn Fn(&NodeKey) -> bool,
    /// Nodes of our other paths.
    pub in_use: &'a [ServiceNode],
    /// Our kept guards, oldest first.
    pub kept: &'a [NodeKey],
    /// Guards of other accounts.
    pub guards_elsewhere: &'a BTreeSet<NodeKey>,
    pub latencies: &'a Latencies,
}

impl Market<'_> {
    /// Draws guard, middle and exit, with all rules first and then with fewer, as far as the order allows.
    pub(super) fn draw(&self, order: &Order, draw: Draw<'_>) -> Option<Hops> {
        let mut choices = vec![(true, true, true), (true, false, true)];
        if order.overlap {
            choices.extend([(true, false, false), (false, false, false)]);
        }
        choices.into_iter().find_map(|(honour_strikes, honour_shun, disjoint)| {
            let candidates: Vec<&ServiceNode> = self
                .pool
                .nodes()
                .iter()
                .filter(|node| !order.avoid.contains(&node.key))
                .filter(|node| !honour_strikes || !(self.is_out)(&node.key))
                .filter(|node| !honour_shun || !order.shun.contains(&node.key))
                .filter(|node| !disjoint || !self.meets_ours(node))
                .collect();
            let guard = self.draw_guard(order, &candidates, draw)?;
            // What is or was a guard of ours had better not see our exits too, and is kept free for its own path.
            let later: Vec<&ServiceNode> =
                candidates.into_iter().filter(|node| !honour_shun || !self.kept.contains(&node.key)).collect();
            let middle = self.draw_hop(&later, &[guard], draw)?;
            let exit = self.draw_hop(&later, &[guard, middle], draw)?;
            Some([guard.clone(), middle.clone(), exit.clone()])
        })
    }

    /// Draws an unused node in the place of a missing one.
    pub(super) fn draw_replacement(
        &self,
        order: &Order,
        others: &[&ServiceNode],
        draw: Draw<'_>,
    ) -> Option<ServiceNode> {
        let fits = |node: &&ServiceNode| {
            !order.avoid.contains(&node.key) && !(self.is_out)(&node.key) && !self.meets_ours(node)
        };
        let candidates: Vec<&ServiceNode> = self.pool.nodes().iter().filter(fits).collect();
        let no_guards: Vec<_> = candidates.iter().filter(|node| !self.kept.contains(&node.key)).copied().collect();
        self.draw_hop(&no_guards, others, draw).or_else(|| self.draw_hop(&candidates, others, draw)).cloned()
    }

    /// Uniformly, whatever the latency: the guard that was asked for, one that we keep, else a new one.
    fn draw_guard<'a>(
        &'a self,
        order: &Order,
        candidates: &[&'a ServiceNode],
        draw: Draw<'_>,
    ) -> Option<&'a ServiceNode> {
        if let Some(guard) = order.guard.and_then(|key| self.pool.get(&key))
            && !order.avoid.contains(&guard.key)
            && !(self.is_out)(&guard.key)
        {
            return Some(guard);
        }
        let kept: Vec<_> = self.kept.iter().filter_map(|key| candidates.iter().find(|node| node.key == *key)).collect();
        if let Some(guard) = kept.iter().find(|guard| !self.guards_elsewhere.contains(&guard.key)) {
            return Some(guard);
        }
        let free: Vec<_> = candidates.iter().filter(|node| !self.guards_elsewhere.contains(&node.key)).collect();
        if let Some(guard) = free.get(choice::uniform(free.len(), draw).unwrap_or(0)) {
            return Some(guard);
        }
        // Every candidate is another account's guard: a small network. The same whole path stays impossible.
        kept.first().copied().or_else(|| candidates.get(choice::uniform(candidates.len(), draw)?)).copied()
    }

    /// By latency, within limits, from another /24 than the others where that is the rule.
    fn draw_hop<'a>(
        &self,
        candidates: &[&'a ServiceNode],
        others: &[&ServiceNode],
        draw: Draw<'_>,
    ) -> Option<&'a ServiceNode> {
        let fits = |node: &&&'a ServiceNode| {
            others.iter().all(|other| other.key != node.key && !(self.subnet_rule && other.subnet() == node.subnet()))
        };
        let fitting: Vec<&'a ServiceNode> = candidates.iter().filter(fits).copied().collect();
        let latencies: Vec<_> = fitting.iter().map(|node| self.latencies.of(&node.key)).collect();
        fitting.get(choice::weighted(&choice::chances(&latencies), draw)?).copied()
    }

    fn meets_ours(&self, node: &ServiceNode) -> bool {
        self.in_use.iter().any(|used| used.key == node.key || (self.subnet_rule && used.subnet() == node.subnet()))
    }
}

impl Inner {
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

    /// Notes that a path for messages is being built, or why none could be.
    pub(super) fn note_building(&self, trouble: Option<OnionError>) {
        let mut state = locked(&self.state);
        state.trouble = trouble.filter(|_| !state.paths.has(Purpose::Messages));
        state.paths.changed();
    }

    async fn build_one(self: &Arc<Self>, mut order: Order) -> Result<PathId, OnionError> {
        let mut reached = false;
        let mut away = 0;
        let mut failures_of_guard: (Option<NodeKey>, u32) = (None, 0);
        let mut wait = FIRST_WAIT;
        for attempt in 0..ATTEMPTS {
            let Some((hops, live)) = self.draw(&order) else {
                return Err(match (attempt, reached) {
                    (0, _) => OnionError::NoNodes,
                    (_, true) => OnionError::PathBroken,
                    (_, false) => self.offline(),
                });
            };
            let [guard, ..] = &hops;
            if !self.reach(guard).await? {
                locked(&self.state).away.push(guard.key);
                order.avoid.insert(guard.key);
                away += 1;
                if away >= GUARDS_TRIED {
                    break;
                }
                continue;
            }
            reached = true;
            self.reached(&guard.key);
            match self.test(&hops, &order).await? {
                Ok(rtt) => return Ok(self.keep(hops, order.purpose, rtt, live)),
                Err(blame) => {
                    let lies = if failures_of_guard.0 == Some(guard.key) { failures_of_guard.1 + 1 } else { 1 };
                    failures_of_guard = (Some(guard.key), lies);
                    self.punish_untested(&hops, blame, &mut order);
                    if lies >= FAILURES_PER_GUARD {
                        // Nothing works behind this guard: it may be the one that lies about the others.
                        self.roads.strike(guard.key);
                        order.avoid.insert(guard.key);
                    }
                }
            }
            drop(live);
            clock::sleep(&**self.roads.clock(), wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        Err(if reached { OnionError::PathBroken } else { self.offline() })
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
            if let Some(live) = self.roads.reserve(self.owner, keys) {
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
            if let Some(live) = self.roads.reserve(self.owner, keys(&hops)) {
                return Some((hops, live));
            }
        }
        None
    }

    fn with_market<T>(&self, run: impl FnOnce(&Market<'_>, Draw<'_>) -> T) -> T {
        let pool = self.roads.pool();
        let guards_elsewhere = self.roads.guards_elsewhere(self.owner);
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

    /// Asks a node for `info` through all three. Inside the result: the round trip, or whom to blame.
    ///
    /// A path that names the destination as the culprit gets another one, but not for ever: its exit may lie.
    async fn test(&self, hops: &Hops, order: &Order) -> Result<Result<Duration, Blame>, OnionError> {
        let plain = rpc_payload("info", &serde_json::json!({}));
        let mut asked = BTreeSet::new();
        for _ in 0..TEST_DESTINATIONS {
            let Some(destination) = self.test_destination(hops, order, &asked) else { break };
            asked.insert(destination.key);
            let received = self.exchange(hops, &Destination::from(&destination), &plain, TEST_TIMEOUT).await?;
            let broken = match received {
                // Any answer of the destination proves the way there.
                Ok(received) => return Ok(Ok(received.rtt)),
                Err(broken) => broken,
            };
            let route = Route { hops: keys(hops), destination: Some(destination.key) };
            let decision = decide(&broken.as_failure(), &route);
            match decision.next {
                Next::AskAnother => {}
                Next::BackOff => return Ok(Err(Blame::Nobody)),
                _ => return Ok(Err(decision.blame)),
            }
        }
        Ok(Err(Blame::Path))
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
        state.latencies.measured([&middle.key, &exit.key], rtt, request::HOPS + 1);
        let id = state.paths.add(hops, purpose, now, rtt, live);
        state.paths.trim(Purpose::Detour, 1);
        let State { kept, paths, .. } = &mut *state;
        kept.trim(|guard| paths.guards().any(|standing| standing.key == *guard));
        id
    }

    /// Something was reached, so we are not offline: who was away before has earned a strike.
    pub(super) fn reached(&self, node: &NodeKey) {
        let (away, suspects) = {
            let mut state = locked(&self.state);
            (std::mem::take(&mut state.away), std::mem::take(&mut state.suspects))
        };
        let earned = away.into_iter().filter(|away| away != node).chain(suspects);
        for node in earned.collect::<BTreeSet<_>>() {
            self.roads.strike(node);
        }
    }

    /// Nothing was reached: nobody is to blame.
    fn offline(&self) -> OnionError {
        let mut state = locked(&self.state);
        state.away.clear();
        state.suspects.clear();
        OnionError::Offline
    }
}

/// Attempts before building gives up. Source: session-foundation/libsession-util
/// `src/network/routing/onion_request_router.cpp`.
const ATTEMPTS: u32 = 10;

/// Guards that are away before we call ourselves offline. With three of ten nodes dead the chance that this is wrong is
/// below one in a thousand, and then the next request tries again.
const GUARDS_TRIED: u32 = 6;

/// Failures behind one guard, with other nodes each time, before another is taken. One is not enough: a middle node
/// could drive us from guard to guard until it likes the one we have.
const FAILURES_PER_GUARD: u32 = 2;

/// Draws until one is found that no other account has; only a network of a handful of nodes needs more than one.
const REDRAWS: u32 = 50;

/// How long connecting to a guard may take.
const REACH_TIMEOUT: Duration = Duration::from_secs(5);

/// Destinations for the test of one path.
const TEST_DESTINATIONS: u32 = 3;

/// How long the test of a path may take, as in libsession.
const TEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Wait after the first failure beyond the guard; doubles. Same source.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// The longest wait between two attempts. Same source.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::onion::directory::Origin;
    use crate::onion::node::NodeList;
    use crate::onion::node::tests::node;

    fn pool(numbers: std::ops::RangeInclusive<u8>) -> Pool {
        Pool::new(NodeList { height: None, nodes: numbers.map(node).collect() }, Origin::Seed, Timestamp::ZERO)
    }

    struct Stand {
        pool: Pool,
        subnet_rule: bool,
        out: BTreeSet<NodeKey>,
        in_use: Vec<ServiceNode>,
        kept: Vec<NodeKey>,
        guards_elsewhere: BTreeSet<NodeKey>,
        latencies: Latencies,
    }

    fn stand(nodes: u8) -> Stand {
        Stand {
            pool: pool(1..=nodes),
            subnet_rule: true,
            out: BTreeSet::new(),
            in_use: Vec::new(),
            kept: Vec::new(),
            guards_elsewhere: BTreeSet::new(),
            latencies: Latencies::default(),
        }
    }

    impl Stand {
        fn draw(&self, order: &Order) -> Option<[NodeKey; 3]> {
            let market = Market {
                pool: &self.pool,
                subnet_rule: self.subnet_rule,
                is_out: &|key| self.out.contains(key),
                in_use: &self.in_use,
                kept: &self.kept,
                guards_elsewhere: &self.guards_elsewhere,
                latencies: &self.latencies,
            };
            market.draw(order, &mut choice::system).map(|hops| keys(&hops))
        }
    }

    fn order() -> Order {
        Order { purpose: Purpose::Messages, avoid: BTreeSet::new(), shun: BTreeSet::new(), guard: None, overlap: false }
    }

    #[test]
    fn a_path_has_three_nodes_that_differ_and_avoids_whom_it_must() {
        let mut stand = stand(10);
        stand.out = [node(1).key, node(2).key].into();
        stand.in_use = vec![node(3), node(4)];
        let order = Order { avoid: [node(5).key].into(), shun: [node(6).key].into(), ..order() };
        for _ in 0..200 {
            let drawn: BTreeSet<_> = stand.draw(&order).unwrap().into();
            let allowed: BTreeSet<_> = (7..=10).map(|number| node(number).key).collect();
            assert_eq!(drawn.len(), 3);
            assert!(drawn.is_subset(&allowed));
        }
    }

    #[test]
    fn nodes_of_one_24_network_are_never_on_one_path_nor_on_two() {
        let mut stand = stand(8);
        let nodes = (1..=8)
            .map(|number| ServiceNode { ip: std::net::Ipv4Addr::new(10, 0, number / 2, number), ..node(number) });
        stand.pool = Pool::new(NodeList { height: None, nodes: nodes.collect() }, Origin::Seed, Timestamp::ZERO);
        for _ in 0..200 {
            let hops = stand.draw(&order()).unwrap();
            let subnets: BTreeSet<_> = hops.iter().map(|key| stand.pool.get(key).unwrap().subnet()).collect();
            assert_eq!(subnets.len(), 3);
        }
        stand.in_use =
            vec![stand.pool.nodes()[0].clone(), stand.pool.nodes()[1].clone(), stand.pool.nodes()[3].clone()];
        assert!(stand.draw(&order()).is_none(), "only two networks are left");
        stand.subnet_rule = false;
        assert!(stand.draw(&order()).is_some());
    }

    #[test]
    fn a_kept_guard_begins_the_path_and_another_accounts_guard_does_not() {
        let mut stand = stand(12);
        stand.kept = vec![node(4).key, node(5).key];
        assert_eq!(stand.draw(&order()).unwrap()[0], node(4).key);
        stand.in_use = vec![node(4)];
        assert_eq!(stand.draw(&order()).unwrap()[0], node(5).key);
        stand.guards_elsewhere = (1..=11).map(|number| node(number).key).collect();
        assert_eq!(stand.draw(&order()).unwrap()[0], node(12).key);
        stand.guards_elsewhere.insert(node(12).key);
        assert_eq!(stand.draw(&order()).unwrap()[0], node(5).key, "where everybody is a guard, ours is kept");
    }

    #[test]
    fn a_kept_guard_is_no_middle_and_no_exit_while_there_are_others() {
        let mut stand = stand(5);
        stand.kept = vec![node(1).key, node(2).key];
        for _ in 0..50 {
            let drawn = stand.draw(&order()).unwrap();
            assert!(drawn[0] == node(1).key && !drawn.contains(&node(2).key));
        }
        stand.out = [node(4).key, node(5).key].into();
        assert!(stand.draw(&order()).unwrap().contains(&node(2).key));
    }

    #[test]
    fn rotation_keeps_the_guard_although_it_is_in_use() {
        let mut stand = stand(12);
        stand.in_use = vec![node(1), node(2), node(3)];
        let drawn = stand.draw(&Order { guard: Some(node(1).key), ..order() }).unwrap();
        assert_eq!(drawn[0], node(1).key);
        assert!(!drawn.contains(&node(2).key) && !drawn.contains(&node(3).key));
    }

    #[test]
    fn a_small_network_shares_nodes_only_where_the_order_allows_it() {
        let mut stand = stand(4);
        stand.in_use = vec![node(1), node(2), node(3)];
        assert!(stand.draw(&order()).is_none());
        let detour = Order { overlap: true, avoid: [node(3).key].into(), ..order() };
        assert!(!stand.draw(&detour).unwrap().contains(&node(3).key));
        stand.out = (1..=4).map(|number| node(number).key).collect();
        assert!(stand.draw(&detour).is_some(), "all struck out is as good as none");
        assert!(stand.draw(&Order { avoid: [node(1).key, node(2).key].into(), ..detour }).is_none());
    }

    #[test]
    fn guards_are_drawn_uniformly_whatever_their_latency() {
        let mut stand = stand(12);
        for number in 1..=11 {
            stand.latencies.measured([&node(number).key], Duration::from_secs(60), 1);
        }
        stand.latencies.measured([&node(12).key], Duration::from_millis(1), 1);
        let mut guards = 0;
        let mut later = 0;
        for _ in 0..10_000 {
            let hops = stand.draw(&order()).unwrap();
            guards += u32::from(hops[0] == node(12).key);
            later += u32::from(hops[1] == node(12).key || hops[2] == node(12).key);
        }
        assert!((700..970).contains(&guards), "a twelfth: {guards}");
        assert!(later > 2 * 1_667, "while as middle or exit it is preferred: {later}");
    }
}
