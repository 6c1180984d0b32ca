//! Drawing the nodes of a path: which three, which others behind the same guard, and which one in the place of a
//! missing one.
//!
//! All rules are honoured while there are enough nodes; then, as far as the order allows, first those that are shunned
//! are taken, then nodes of our other paths, then those that were silent, last those that are struck out. What must be
//! avoided never is.
//!
//! | of all guards, the first of these | because |
//! |---|---|
//! | the one that was asked for | a path follows another behind the same guard |
//! | one we have, no other account's | guards are kept |
//! | a new one, while there were fewer than six in ten days | |
//! | one we have, though it is another account's too | the same whole path stays impossible |
//! | the same three, of a swarm that keeps an account of ours | on a tiny network: better a guard than none |
//! | any of the last ten days, silent or given up | all are silent: we go on asking these |

use std::collections::BTreeSet;

use super::choice::{self, Draw, Latencies};
use super::directory::Pool;
use super::node::{NodeKey, ServiceNode};
use super::path::{Hops, Purpose};

/// What path is wanted.
#[derive(Clone)]
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
    /// Nodes that were silent a moment ago.
    pub aside: &'a BTreeSet<NodeKey>,
    /// Nodes of our other paths.
    pub in_use: &'a [ServiceNode],
    /// Our kept guards, oldest first.
    pub kept: &'a [NodeKey],
    /// All guards of the last ten days, those that were given up last.
    pub of_ten_days: &'a [NodeKey],
    /// How many different guards there may be in ten days.
    pub most_guards: usize,
    /// Nodes that keep an account of this device.
    pub own_swarms: &'a BTreeSet<NodeKey>,
    /// Guards of other accounts.
    pub guards_elsewhere: &'a BTreeSet<NodeKey>,
    pub latencies: &'a Latencies,
}

/// Which rules are honoured.
#[derive(Clone, Copy)]
struct Rules {
    strikes: bool,
    silence: bool,
    shun: bool,
    disjoint: bool,
}

/// All rules, and the same with fewer.
const ALL: Rules = Rules { strikes: true, silence: true, shun: true, disjoint: true };
const SHUNNED: Rules = Rules { shun: false, ..ALL };
const SHARED: Rules = Rules { disjoint: false, ..SHUNNED };
const SILENT: Rules = Rules { silence: false, disjoint: true, ..SHUNNED };
const SILENT_SHARED: Rules = Rules { silence: false, ..SHARED };
const STRUCK: Rules = Rules { strikes: false, ..SILENT_SHARED };

impl Market<'_> {
    /// Draws guard, middle and exit, with all rules first and then with fewer, as far as the order allows.
    pub(super) fn draw(&self, order: &Order, draw: Draw<'_>) -> Option<Hops> {
        let allowed: &[Rules] =
            if order.overlap { &[ALL, SHUNNED, SHARED, SILENT, SILENT_SHARED, STRUCK] } else { &[ALL, SHUNNED] };
        allowed.iter().find_map(|rules| self.draw_by(*rules, order, draw))
    }

    fn draw_by(&self, rules: Rules, order: &Order, draw: Draw<'_>) -> Option<Hops> {
        let candidates: Vec<&ServiceNode> = self
            .pool
            .nodes()
            .iter()
            .filter(|node| !order.avoid.contains(&node.key))
            .filter(|node| !rules.strikes || !(self.is_out)(&node.key))
            .filter(|node| !rules.silence || !self.aside.contains(&node.key))
            .filter(|node| !rules.shun || !order.shun.contains(&node.key))
            .filter(|node| !rules.disjoint || !self.meets_ours(node))
            .collect();
        let guard = self.draw_guard(rules, order, &candidates, draw)?;
        // What is or was a guard of ours had better not see our exits too, and is kept free for its own path.
        let later: Vec<&ServiceNode> =
            candidates.into_iter().filter(|node| !rules.shun || !self.of_ten_days.contains(&node.key)).collect();
        let middle = self.draw_hop(&later, &[guard], draw)?;
        let exit = self.draw_hop(&later, &[guard, middle], draw)?;
        Some([guard.clone(), middle.clone(), exit.clone()])
    }

    /// Draws an unused node in the place of a missing one.
    pub(super) fn draw_replacement(
        &self,
        order: &Order,
        others: &[&ServiceNode],
        draw: Draw<'_>,
    ) -> Option<ServiceNode> {
        let fits = |node: &&ServiceNode| {
            !order.avoid.contains(&node.key)
                && !(self.is_out)(&node.key)
                && !self.aside.contains(&node.key)
                && !self.meets_ours(node)
        };
        let candidates: Vec<&ServiceNode> = self.pool.nodes().iter().filter(fits).collect();
        let no_guards: Vec<_> =
            candidates.iter().filter(|node| !self.of_ten_days.contains(&node.key)).copied().collect();
        self.draw_hop(&no_guards, others, draw).or_else(|| self.draw_hop(&candidates, others, draw)).cloned()
    }

    /// Uniformly, whatever the latency: the guard that was asked for, one that we keep, else a new one.
    fn draw_guard<'a>(
        &'a self,
        rules: Rules,
        order: &Order,
        candidates: &[&'a ServiceNode],
        draw: Draw<'_>,
    ) -> Option<&'a ServiceNode> {
        if let Some(guard) = order.guard.and_then(|key| self.pool.get(&key))
            && !order.avoid.contains(&guard.key)
            && !self.own_swarms.contains(&guard.key)
            && !(rules.strikes && (self.is_out)(&guard.key))
            && !(rules.silence && self.aside.contains(&guard.key))
        {
            return Some(guard);
        }
        let is_kept = |node: &&&ServiceNode| self.kept.contains(&node.key);
        // The oldest first.
        let kept = || self.kept.iter().filter_map(|key| candidates.iter().find(|node| node.key == *key));
        // Who was given up is not new.
        let new = || candidates.iter().filter(|node| self.may_be_new() && !self.of_ten_days.contains(&node.key));
        let own = |node: &&&ServiceNode| self.own_swarms.contains(&node.key);
        let elsewhere = |node: &&&ServiceNode| self.guards_elsewhere.contains(&node.key);
        for (may_be_own, may_be_elsewhere) in [(false, false), (false, true), (true, false), (true, true)] {
            let fits = |node: &&&ServiceNode| (may_be_own || !own(node)) && (may_be_elsewhere || !elsewhere(node));
            if let Some(guard) = kept().find(fits) {
                return Some(guard);
            }
            let new: Vec<_> = new().filter(fits).collect();
            if let Some(guard) = choice::uniform(new.len(), draw).and_then(|place| new.get(place)) {
                return Some(guard);
            }
        }
        let last_resort = |key: &NodeKey| candidates.iter().find(|node| node.key == *key && !is_kept(node));
        if rules.silence { None } else { self.of_ten_days.iter().find_map(last_resort).copied() }
    }

    /// Whether there were fewer guards in ten days than there may be.
    fn may_be_new(&self) -> bool {
        self.of_ten_days.len() < self.most_guards
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::onion::directory::Origin;
    use crate::onion::node::NodeList;
    use crate::onion::node::tests::node;
    use crate::onion::path::keys;
    use std::time::Duration;

    fn pool(numbers: std::ops::RangeInclusive<u8>) -> Pool {
        Pool::new(NodeList { height: None, nodes: numbers.map(node).collect() }, Origin::Seed, Timestamp::ZERO)
    }

    struct Stand {
        pool: Pool,
        subnet_rule: bool,
        out: BTreeSet<NodeKey>,
        aside: BTreeSet<NodeKey>,
        in_use: Vec<ServiceNode>,
        kept: Vec<NodeKey>,
        given_up: Vec<NodeKey>,
        own_swarms: BTreeSet<NodeKey>,
        guards_elsewhere: BTreeSet<NodeKey>,
        latencies: Latencies,
    }

    fn stand(nodes: u8) -> Stand {
        Stand {
            pool: pool(1..=nodes),
            subnet_rule: true,
            out: BTreeSet::new(),
            aside: BTreeSet::new(),
            in_use: Vec::new(),
            kept: Vec::new(),
            given_up: Vec::new(),
            own_swarms: BTreeSet::new(),
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
                aside: &self.aside,
                in_use: &self.in_use,
                kept: &self.kept,
                of_ten_days: &[self.kept.as_slice(), self.given_up.as_slice()].concat(),
                most_guards: 6,
                own_swarms: &self.own_swarms,
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
    fn a_node_of_our_own_swarm_is_no_guard_while_there_is_another() {
        let mut stand = stand(6);
        stand.kept = vec![node(1).key];
        stand.own_swarms = (1..=4).map(|number| node(number).key).collect();
        for _ in 0..50 {
            let drawn = stand.draw(&order()).unwrap();
            assert!([node(5).key, node(6).key].contains(&drawn[0]), "not even the one we have");
        }
        let follows = Order { guard: Some(node(1).key), ..order() };
        assert_ne!(stand.draw(&follows).unwrap()[0], node(1).key, "nor in the place of an old path");
        stand.guards_elsewhere = [node(5).key, node(6).key].into();
        assert!(!stand.own_swarms.contains(&stand.draw(&order()).unwrap()[0]), "rather another account's");
        stand.out = [node(5).key, node(6).key].into();
        assert_eq!(stand.draw(&order()).unwrap()[0], node(1).key, "on a tiny network better one than none");
    }

    #[test]
    fn there_is_no_seventh_guard_in_ten_days_and_the_six_are_asked_again_when_all_are_silent() {
        let mut stand = stand(20);
        stand.kept = (1..=4).map(|number| node(number).key).collect();
        stand.given_up = vec![node(5).key];
        let urgent = Order { overlap: true, ..order() };
        stand.aside = stand.kept.iter().copied().collect();
        let sixth = stand.draw(&urgent).unwrap()[0];
        assert!((1..=5).all(|number| node(number).key != sixth));
        stand.given_up.push(node(6).key);
        assert_eq!(stand.draw(&order()), None, "a spare or files can wait");
        assert_eq!(stand.draw(&urgent).unwrap()[0], node(1).key, "silent as it is");
        let tried = Order { avoid: stand.kept.iter().copied().collect(), ..urgent.clone() };
        assert_eq!(stand.draw(&tried).unwrap()[0], node(5).key, "given up, and better than none");
        let all = Order { avoid: (1..=6).map(|number| node(number).key).collect(), ..urgent };
        assert_eq!(stand.draw(&all), None, "and never a seventh");
    }

    #[test]
    fn who_was_silent_is_drawn_only_when_an_order_leaves_no_other_choice() {
        let mut stand = stand(8);
        stand.kept = vec![node(1).key];
        stand.aside = [node(1).key, node(2).key, node(3).key].into();
        for _ in 0..50 {
            assert!(
                stand.draw(&order()).unwrap().iter().all(|key| !stand.aside.contains(key)),
                "another guard as well"
            );
        }
        stand.aside = (1..=8).map(|number| node(number).key).collect();
        assert_eq!(stand.draw(&order()), None);
        assert!(stand.draw(&Order { overlap: true, ..order() }).is_some(), "all silent is as good as none");
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
