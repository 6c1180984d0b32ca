//! Whom to believe about the node list: several nodes, seeds, or neither alone.
//!
//! | who says it | what is taken |
//! |---|---|
//! | two of three nodes | a list that shares enough with the present one |
//! | a pinned seed | any list, when the nodes' word was not enough |
//! | five nodes of the present list, all of them | any list, when no seed has given its word for a day |
//! | three of five nodes | any list, while the present one is too short to be one |
//! | seeds, when the nodes' list is compared with theirs | see [`compare`] |
//!
//! Whoever holds a good part of the network answers as two of three witnesses now and then. A list that is mostly new is
//! therefore no ordinary renewal: it would put us into a network of somebody's own for good.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::directory::Pool;
use super::node::{NodeKey, NodeList, ServiceNode};

/// The nodes that at least two of the lists contain, by Ed25519 key; none when they are fewer than `min_nodes`, or when
/// the present list has that many nodes and the new one shares too little with it ([`shares_enough`]).
///
/// Where the lists differ about a node's address or swarm, the most frequent statement counts; among equals the one
/// that the present list makes, then the first.
pub fn agree(lists: &[NodeList], min_nodes: usize, present: &Pool) -> Option<NodeList> {
    let list = named_by(lists, TWO, min_nodes, present)?;
    (present.len() < min_nodes || shares_enough(present.nodes(), &list.nodes)).then_some(list)
}

/// The nodes that at least `voices` of the lists contain; none when they are fewer than `min_nodes`. Statements about one
/// node are weighed as [`agree`] does.
fn named_by(lists: &[NodeList], voices: usize, min_nodes: usize, present: &Pool) -> Option<NodeList> {
    let mut statements: BTreeMap<NodeKey, Vec<(&ServiceNode, usize)>> = BTreeMap::new();
    for list in lists {
        let mut seen = BTreeSet::new();
        for node in list.nodes.iter().filter(|node| seen.insert(node.key)) {
            let made = statements.entry(node.key).or_default();
            match made.iter_mut().find(|(statement, _)| same_statement(statement, node)) {
                Some((_, count)) => *count += 1,
                None => made.push((node, 1)),
            }
        }
    }
    let named = statements.into_iter().filter_map(|(key, made)| {
        let witnesses: usize = made.iter().map(|(_, count)| count).sum();
        (witnesses >= voices).then(|| best_statement(&made, present.get(&key))).flatten().cloned()
    });
    let nodes: Vec<_> = named.collect();
    // A height only dates the list, and no single list is to be believed: take the middle one.
    let mut heights: Vec<u64> = lists.iter().filter_map(|list| list.height).collect();
    heights.sort_unstable();
    let height = heights.get(heights.len() / 2).copied();
    (nodes.len() >= min_nodes).then_some(NodeList { height, nodes })
}

/// [`named_by`], when as many of the lists share enough with what comes of it: whoever leaves others out would otherwise
/// decide alone what all name.
pub(super) fn vote(lists: &[NodeList], voices: usize, min_nodes: usize, present: &Pool) -> Option<NodeList> {
    let list = named_by(lists, voices, min_nodes, present)?;
    let alike = lists.iter().filter(|one| shares_enough(&one.nodes, &list.nodes)).count();
    (alike >= voices).then_some(list)
}

fn best_statement<'a>(made: &[(&'a ServiceNode, usize)], known: Option<&ServiceNode>) -> Option<&'a ServiceNode> {
    let most = made.iter().map(|(_, count)| *count).max()?;
    let mut best = made.iter().filter(|(_, count)| *count == most).map(|(node, _)| *node);
    let first = best.clone().next()?;
    Some(best.find(|node| known.is_some_and(|known| same_statement(known, node))).unwrap_or(first))
}

/// Versions and unlock heights come only with some kinds of list, so they do not make two statements differ.
fn same_statement(one: &ServiceNode, other: &ServiceNode) -> bool {
    (one.ip, one.https_port, one.swarm) == (other.ip, other.https_port, other.swarm)
}

/// Whether a new list is a renewal of a known one: at least two thirds of the known nodes are in it, and at most a third of
/// it is unknown. A node at another address than before counts as unknown, for whoever named it may be there instead.
pub(super) fn shares_enough(known: &[ServiceNode], list: &[ServiceNode]) -> bool {
    let at = |node: &ServiceNode| -> (Ipv4Addr, u16) { (node.ip, node.https_port) };
    let places: BTreeMap<NodeKey, _> = known.iter().map(|node| (node.key, at(node))).collect();
    let common = list.iter().filter(|node| places.get(&node.key) == Some(&at(node))).count();
    let (missing, unknown) = (places.len().saturating_sub(common), list.len().saturating_sub(common));
    missing * SHARE <= known.len() && unknown * SHARE <= list.len()
}

/// What comes of comparing the nodes' list with those of the seeds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// A seed says much the same: the nodes that it names and somebody else too, if those are a list.
    Confirmed(NodeList),
    /// The seeds say something else, and no seed says it alone.
    Refuted(NodeList),
    /// Seeds say something else, each for itself: nobody is believed alone, so the nodes' list holds for now.
    Disputed,
}

/// Compares `of_nodes`, on which the nodes that gave `lists` agree, with what seeds said; `seeds` is how many the network
/// has.
///
/// Of a seed that says much the same what a second voice names counts, be it a node's or another seed's: so goes what nodes
/// alone have brought in since the last time, and comes back what they left out. When all seeds that answered say
/// something else, then two of them must name the same nodes, or the only one that there is.
pub(super) fn compare(
    of_nodes: &NodeList,
    lists: &[NodeList],
    of_seeds: &[NodeList],
    seeds: usize,
    min_nodes: usize,
    present: &Pool,
) -> Compared {
    if let Some(like) = of_seeds.iter().find(|list| shares_enough(&of_nodes.nodes, &list.nodes)) {
        let by_seed: BTreeSet<NodeKey> = like.nodes.iter().map(|node| node.key).collect();
        let voices: Vec<NodeList> = of_seeds.iter().chain(lists).cloned().collect();
        let mut both = named_by(&voices, TWO, min_nodes, present).unwrap_or_default();
        both.nodes.retain(|node| by_seed.contains(&node.key));
        return Compared::Confirmed(if both.nodes.len() < min_nodes { of_nodes.clone() } else { both });
    }
    match vote(of_seeds, TWO.min(seeds), min_nodes, present) {
        Some(list) if !of_seeds.is_empty() => Compared::Refuted(list),
        _ => Compared::Disputed,
    }
}

/// How many lists must contain a node of an ordinary renewal.
/// Source: session-foundation/libsession-util `src/network/snode_pool.cpp`.
const TWO: usize = 2;

/// One part in so many of either list may differ. Real lists change by a few nodes in a hundred over a day; a smaller part
/// would ask seeds after a quiet week, a larger one lets somebody in twice as fast.
const SHARE: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::crypto::AccountKeys;
    use crate::onion::directory::Origin;
    use std::ops::Range;

    /// A node of a large network, at an address of its own.
    fn node(number: u16) -> ServiceNode {
        let mut seed = [7; 32];
        seed[..2].copy_from_slice(&number.to_le_bytes());
        let key = NodeKey(AccountKeys::from_ed25519_seed(&seed).ed25519_public());
        let [high, low] = number.to_be_bytes();
        let node = ServiceNode::checked(key, Ipv4Addr::new(5, high, low, 9), 22_021).unwrap();
        ServiceNode { swarm: Some(u64::from(number) + 1), ..node }
    }

    /// Those nodes, in the order in which agreement names them.
    fn list(numbers: Range<u16>) -> NodeList {
        let mut nodes: Vec<_> = numbers.map(node).collect();
        nodes.sort_by_key(|node| node.key);
        NodeList { height: None, nodes }
    }

    fn known(numbers: Range<u16>) -> Pool {
        Pool::new(list(numbers), Origin::Seed, Timestamp::from_millis(1))
    }

    fn keys(list: &NodeList) -> BTreeSet<NodeKey> {
        list.nodes.iter().map(|node| node.key).collect()
    }

    #[test]
    fn two_of_three_decide_and_one_liar_adds_nobody() {
        let honest = list(1..15);
        let liar = list(30..61);
        let agreed = agree(&[honest.clone(), liar, honest.clone()], 12, &Pool::default()).unwrap();
        assert_eq!(keys(&agreed), keys(&honest));
        let omits = list(1..4);
        let agreed = agree(&[omits, honest.clone(), honest.clone()], 12, &Pool::default()).unwrap();
        assert_eq!(keys(&agreed), keys(&honest), "nor does one that omits take anybody away");
    }

    #[test]
    fn too_few_common_nodes_or_a_single_list_is_no_agreement() {
        assert!(agree(&[list(1..21)], 12, &Pool::default()).is_none());
        assert!(agree(&[list(1..21), list(10..31)], 12, &Pool::default()).is_none());
        assert!(agree(&[], 1, &Pool::default()).is_none());
        let twice = NodeList { height: None, nodes: vec![node(1), node(1)] };
        assert!(agree(&[twice, list(2..4)], 1, &Pool::default()).is_none(), "one list is one witness");
    }

    #[test]
    fn the_most_frequent_address_counts_and_a_tie_goes_to_what_we_know() {
        let moved = |list: &NodeList, port: u16| {
            let mut list = list.clone();
            list.nodes.iter_mut().for_each(|node| node.https_port = port);
            list
        };
        let (here, there) = (moved(&list(1..5), 1_000), moved(&list(1..5), 2_000));
        let port = |lists: &[NodeList], present: &Pool| agree(lists, 4, present).unwrap().nodes[0].https_port;
        assert_eq!(port(&[there.clone(), here.clone(), here.clone()], &Pool::default()), 1_000);
        let present = Pool::new(here.clone(), Origin::Seed, Timestamp::ZERO);
        assert_eq!(port(&[there.clone(), here.clone()], &present), 1_000);
        assert_eq!(port(&[there.clone(), here], &Pool::default()), 2_000);
        assert!(agree(&[there.clone(), there], 4, &present).is_none(), "two do not move everybody elsewhere");
    }

    /// The given case: keys made up a moment ago, that no chain knows, by two of three.
    #[test]
    fn two_liars_of_three_witnesses_do_not_replace_a_network_of_hundreds_by_their_own_dozen() {
        let (honest, theirs) = (list(0..400), list(50_000..50_012));
        assert_eq!(agree(&[honest.clone(), theirs.clone(), theirs.clone()], 12, &known(0..400)), None);
        let mixed = NodeList { height: None, nodes: [honest.nodes.clone(), list(50_000..50_400).nodes].concat() };
        assert_eq!(agree(&[honest.clone(), mixed.clone(), mixed], 12, &known(0..400)), None, "nor drown it");
        assert_eq!(agree(&[honest, list(0..100), list(0..100)], 12, &known(0..400)), None, "nor take most of it away");
        assert_eq!(
            agree(&[theirs.clone(), theirs.clone()], 12, &known(0..5)),
            Some(theirs),
            "a short one is no list yet"
        );
    }

    #[test]
    fn a_list_shares_enough_when_two_thirds_stay_and_at_most_a_third_is_new() {
        for (known, new, enough) in [
            (0..30, 0..30, true),
            (0..30, 0..20, true),
            (0..30, 0..19, false),
            (0..30, 0..45, true),
            (0..30, 0..46, false),
            (0..30, 10..30, true),
            (0..30, 10..40, true),
            (0..30, 11..41, false),
            (0..30, 30..60, false),
            (0..30, 0..0, false),
            (0..0, 0..30, false),
        ] {
            let shares = shares_enough(&list(known.clone()).nodes, &list(new.clone()).nodes);
            assert_eq!(shares, enough, "{known:?} {new:?}");
        }
        let mut moved = list(0..30);
        moved.nodes.iter_mut().take(11).for_each(|node| node.ip = Ipv4Addr::new(6, 6, 6, 6));
        assert!(!shares_enough(&list(0..30).nodes, &moved.nodes), "keys at other addresses are not the same nodes");
    }

    #[test]
    fn five_of_five_is_all_of_them() {
        let (honest, liar, omits) = (list(0..40), list(40..80), list(0..20));
        let mut lists = [(); 5].map(|()| honest.clone());
        assert_eq!(vote(&lists, 5, 12, &known(100..200)), Some(honest.clone()));
        lists[3] = liar;
        assert_eq!(vote(&lists, 5, 12, &known(100..200)), None);
        assert_eq!(vote(&lists, 3, 12, &known(100..200)), Some(honest), "where three are enough, three are");
        lists[3] = omits;
        assert_eq!(vote(&lists, 5, 12, &known(100..200)), None, "what all name is not what all say");
    }

    #[test]
    fn a_comparison_believes_neither_nodes_nor_a_seed_alone() {
        let nodes = list(0..40);
        let lists = [(); 3].map(|()| nodes.clone());
        for (what, of_seeds, seeds, expected) in [
            ("the same", vec![list(0..40)], 3, Compared::Confirmed(list(0..40))),
            ("what nodes brought in goes", vec![list(0..30)], 3, Compared::Confirmed(list(0..30))),
            ("what one seed brings in stays away", vec![list(0..60)], 3, Compared::Confirmed(list(0..40))),
            ("one of two confirms", vec![list(60..90), list(0..40)], 3, Compared::Confirmed(list(0..40))),
            ("one of three says otherwise", vec![list(60..90)], 3, Compared::Disputed),
            ("two say different things", vec![list(60..90), list(90..120)], 3, Compared::Disputed),
            ("two say the same", vec![list(60..90), list(60..91)], 3, Compared::Refuted(list(60..90))),
            ("two have something in common", vec![list(60..90), list(75..105)], 3, Compared::Disputed),
            ("the only one says otherwise", vec![list(60..90)], 1, Compared::Refuted(list(60..90))),
            ("nobody says anything", vec![], 3, Compared::Disputed),
            ("there is nobody to say anything", vec![], 0, Compared::Disputed),
        ] {
            assert_eq!(compare(&nodes, &lists, &of_seeds, seeds, 12, &known(0..40)), expected, "{what}");
        }
        let (drifted, honest) = (list(10..50), list(0..40));
        let drift =
            |lists: &[NodeList], of_seeds: &[NodeList]| compare(&drifted, lists, of_seeds, 3, 12, &known(10..50));
        let (liar, seed) = (drifted.clone(), honest.clone());
        assert_eq!(
            drift(&[liar.clone(), liar.clone(), liar.clone()], std::slice::from_ref(&seed)),
            Compared::Confirmed(list(10..40)),
            "what they brought in goes"
        );
        assert_eq!(
            drift(&[liar.clone(), liar.clone(), honest.clone()], std::slice::from_ref(&seed)),
            Compared::Confirmed(honest.clone()),
            "what they left out comes back by one honest node"
        );
        assert_eq!(
            drift(&[liar.clone(), liar.clone(), liar], &[seed.clone(), seed]),
            Compared::Confirmed(honest),
            "or by a second seed"
        );
    }
}
