//! Which nodes keep an account's messages.
//!
//! Normally nobody is asked: the node list names each node's swarm, and the account's place on the ring names the nearest
//! one. What nodes say instead (a `get_swarm`, or a 421 that points elsewhere) is a voice ([`Directory::hear`]); two that
//! agree are believed, come first, and hold until the next node list. A swarm with fewer than three members in the node
//! list is asked for, once for each list.
//!
//! A member that says itself that it is none, or that it does not work, is not asked until the next list. It stays one of
//! those that the list names: what counts as half of a swarm is not for its members to say.
//!
//! Members are tried in random order, those that failed in the last minutes last.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::redirect::agreement;
use super::ring::{nearest_swarm, position};
use crate::address::Address;
use crate::clock::Timestamp;
use crate::crypto::random_bytes;
use crate::onion::{NodeKey, Pool};

/// What nodes agreed on about swarms, to be kept between two runs.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwarmSnapshot {
    swarms: Vec<KeptSwarm>,
}

/// Whose swarms they are is not for logs.
impl std::fmt::Debug for SwarmSnapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SwarmSnapshot({} swarms)", self.swarms.len())
    }
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptSwarm {
    address: String,
    members: Vec<NodeKey>,
    learned_at: u64,
    // Two nodes said so. What an earlier version kept was one node's word.
    #[serde(default)]
    agreed: bool,
}

/// What is known about swarms beyond the node list.
#[derive(Debug, Default)]
pub(super) struct Directory {
    told: BTreeMap<Address, Told>,
    voices: BTreeMap<Address, Vec<Voice>>,
    dropped: BTreeMap<Address, Dropped>,
    struck: BTreeMap<NodeKey, Duration>,
}

/// What one node said about a swarm, at a monotonic time.
#[derive(Debug)]
struct Voice {
    node: NodeKey,
    members: Vec<NodeKey>,
    at: Duration,
}

/// Members that are not asked while one node list holds.
#[derive(Debug)]
struct Dropped {
    generation: u64,
    nodes: Vec<NodeKey>,
}

#[derive(Debug)]
struct Told {
    members: Vec<NodeKey>,
    learned_at: Timestamp,
    // The node list at that time; none when it was another run's, and then only the dates are left to compare.
    generation: Option<u64>,
}

impl Told {
    fn holds(&self, pool: &Pool) -> bool {
        match self.generation {
            Some(generation) => generation == pool.generation(),
            None => self.learned_at >= pool.fetched_at(),
        }
    }
}

impl Directory {
    /// The members of `of`'s swarm that are in the node list; `None` when too few are known and nodes must be asked.
    pub(super) fn members(&self, of: &Address, pool: &Pool) -> Option<Vec<NodeKey>> {
        let known = self.known(of, pool);
        let asked = self.told.get(of).is_some_and(|told| told.holds(pool));
        (known.len() >= MIN_MEMBERS || (asked && !known.is_empty())).then_some(known)
    }

    /// The same, however few there are. Half of these is half of the swarm.
    pub(super) fn known(&self, of: &Address, pool: &Pool) -> Vec<NodeKey> {
        let computed = computed(of, pool);
        match self.told.get(of) {
            Some(told) if computed.is_empty() || told.holds(pool) => {
                told.members.iter().copied().filter(|key| pool.get(key).is_some()).collect()
            }
            _ => computed,
        }
    }

    /// Whoever may keep `of`'s messages: what the node list says and what nodes said.
    pub(super) fn possible(&self, of: &Address, pool: &Pool) -> Vec<NodeKey> {
        let told = self.told.get(of).map(|told| told.members.clone()).unwrap_or_default();
        [computed(of, pool), told].concat()
    }

    /// `members` without those of `of`'s swarm that were dropped; all when nobody would be left.
    pub(super) fn usable(&self, of: &Address, members: &[NodeKey], pool: &Pool) -> Vec<NodeKey> {
        let dropped = self.dropped.get(of).filter(|dropped| dropped.generation == pool.generation());
        let is_dropped = |node: &NodeKey| dropped.is_some_and(|dropped| dropped.nodes.contains(node));
        let usable: Vec<_> = members.iter().copied().filter(|node| !is_dropped(node)).collect();
        if usable.is_empty() { members.to_vec() } else { usable }
    }

    /// Takes down that `node` names these as `of`'s swarm. Once another one has said nearly the same within the last hour,
    /// what both named is believed: then it is returned, to be learned.
    pub(super) fn hear(
        &mut self,
        of: Address,
        node: NodeKey,
        members: Vec<NodeKey>,
        now: Duration,
    ) -> Option<Vec<NodeKey>> {
        self.voices.retain(|_, voices| {
            voices.retain(|voice| now.saturating_sub(voice.at) < VOICE_LASTS);
            !voices.is_empty()
        });
        if self.voices.len() >= MAX_KEPT_SWARMS {
            self.voices.clear();
        }
        let voices = self.voices.entry(of).or_default();
        voices.retain(|voice| voice.node != node);
        let agreed = voices.iter().find_map(|voice| agreement(&voice.members, &members));
        if agreed.is_some() {
            self.voices.remove(&of);
        } else {
            voices.push(Voice { node, members, at: now });
            let many = voices.len().saturating_sub(MAX_VOICES);
            voices.drain(..many);
        }
        agreed
    }

    /// Takes what nodes agreed on for the members of `of`'s swarm.
    pub(super) fn learn(&mut self, of: Address, members: Vec<NodeKey>, now: Timestamp, pool: &Pool) {
        self.dropped.remove(&of);
        self.tell(of, Told { members, learned_at: now, generation: Some(pool.generation()) });
    }

    fn tell(&mut self, of: Address, told: Told) {
        self.told.insert(of, told);
        while self.told.len() > MAX_KEPT_SWARMS {
            let oldest = self.told.iter().min_by_key(|(_, told)| told.learned_at).map(|(address, _)| *address);
            oldest.and_then(|address| self.told.remove(&address));
        }
    }

    /// One node of `of`'s swarm is not asked until the next list.
    pub(super) fn drop_member(&mut self, of: Address, node: NodeKey, pool: &Pool) {
        let generation = pool.generation();
        self.dropped.retain(|_, dropped| dropped.generation == generation);
        let dropped = self.dropped.entry(of).or_insert_with(|| Dropped { generation, nodes: Vec::new() });
        if !dropped.nodes.contains(&node) {
            dropped.nodes.push(node);
        }
    }

    /// Remembers a failure at a monotonic time; the node comes last for a while.
    pub(super) fn strike(&mut self, node: NodeKey, now: Duration) {
        self.struck.retain(|_, at| now.saturating_sub(*at) < STRUCK_FOR);
        self.struck.insert(node, now);
    }

    /// `members` in random order, those that failed lately last.
    pub(super) fn shuffled(&self, members: &[NodeKey], now: Duration) -> Vec<NodeKey> {
        let lately = |node: &NodeKey| self.struck.get(node).is_some_and(|at| now.saturating_sub(*at) < STRUCK_FOR);
        let mut order: Vec<_> = members.iter().map(|node| (lately(node), random_bytes::<8>(), *node)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, _, node)| node).collect()
    }

    pub(super) fn snapshot(&self) -> SwarmSnapshot {
        let kept = |(address, told): (&Address, &Told)| KeptSwarm {
            address: address.to_string(),
            members: told.members.clone(),
            learned_at: told.learned_at.as_millis(),
            agreed: true,
        };
        SwarmSnapshot { swarms: self.told.iter().map(kept).collect() }
    }

    /// Takes what is newer than what is known, and was agreed on.
    pub(super) fn restore(&mut self, snapshot: SwarmSnapshot) {
        for kept in snapshot.swarms.into_iter().filter(|kept| kept.agreed).take(MAX_KEPT_SWARMS) {
            let Some(address) = Address::parse(&kept.address) else { continue };
            let learned_at = Timestamp::from_millis(kept.learned_at);
            if self.told.get(&address).is_none_or(|told| told.learned_at < learned_at) {
                self.tell(address, Told { members: kept.members, learned_at, generation: None });
            }
        }
    }
}

/// The members that the node list alone gives.
fn computed(of: &Address, pool: &Pool) -> Vec<NodeKey> {
    nearest_swarm(position(of), pool.swarm_ids()).map(|swarm| pool.swarm(swarm).to_vec()).unwrap_or_default()
}

/// Fewer known members than this and a node is asked. session-desktop `ts/session/apis/snode_api/snodePool.ts`
/// (`minSwarmSnodeCount`): with fewer, one dead node is too much.
const MIN_MEMBERS: usize = 3;

/// How long a failure puts a member last. Long enough for a restart of the node; it stays usable all the while.
const STRUCK_FOR: Duration = Duration::from_secs(5 * 60);

/// How long what one node said waits for another one to say it too.
const VOICE_LASTS: Duration = Duration::from_secs(60 * 60);

/// The most nodes whose word about one swarm is remembered; the oldest go first.
const MAX_VOICES: usize = 8;

/// The most swarms whose told members are kept; the oldest go first. Far more than people write to in one list's life.
const MAX_KEPT_SWARMS: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onion::{NodeList, Origin, ServiceNode};
    use std::net::Ipv4Addr;

    const NOW: Timestamp = Timestamp::from_millis(1_774_000_000_000);
    const LATER: Timestamp = Timestamp::from_millis(1_774_000_060_000);

    fn node(number: u8, swarm: Option<u64>) -> ServiceNode {
        ServiceNode {
            key: NodeKey([number; 32]),
            x25519: [number; 32],
            ip: Ipv4Addr::new(10, 0, number, 1),
            https_port: 1,
            omq_port: 1,
            swarm,
            version: [2, 11, 0],
            unlock_height: None,
        }
    }

    fn keys(numbers: &[u8]) -> Vec<NodeKey> {
        numbers.iter().map(|number| NodeKey([*number; 32])).collect()
    }

    /// Nodes 1-4 in swarm 100, 5-7 in swarm 2^63, 8 in none.
    fn pool(fetched_at: Timestamp) -> Pool {
        let far = Some(1 << 63);
        let swarms = [Some(100), Some(100), Some(100), Some(100), far, far, far, None];
        let nodes = (1..).zip(swarms).map(|(number, swarm)| node(number, swarm)).collect();
        Pool::new(NodeList { height: None, nodes }, Origin::Seed, fetched_at)
    }

    /// An address whose place on the ring is `position`.
    fn at(position: u64) -> Address {
        let mut bytes = [0; 33];
        bytes[0] = 5;
        bytes[25..].copy_from_slice(&position.to_be_bytes());
        Address::from_bytes(bytes)
    }

    #[test]
    fn the_node_list_alone_tells_who_keeps_an_account() {
        let directory = Directory::default();
        assert_eq!(directory.members(&at(7), &pool(NOW)), Some(keys(&[1, 2, 3, 4])));
        assert_eq!(directory.members(&at((1 << 63) + 9), &pool(NOW)), Some(keys(&[5, 6, 7])));
    }

    #[test]
    fn a_list_without_swarms_makes_us_ask() {
        let nodes = (1..6).map(|number| node(number, None)).collect();
        let list = Pool::new(NodeList { height: None, nodes }, Origin::Imported, NOW);
        let mut directory = Directory::default();
        assert_eq!(directory.members(&at(7), &list), None);
        directory.learn(at(7), keys(&[1, 2, 3, 99]), NOW - Duration::from_secs(99), &pool(NOW));
        assert_eq!(directory.members(&at(7), &list), Some(keys(&[1, 2, 3])), "99 is not in the list");
        let old = pool(NOW).with_generation(9);
        directory.learn(at(7), keys(&[1, 2, 98, 99]), NOW, &old);
        assert_eq!(directory.members(&at(7), &list), None, "two are too few");
        assert_eq!(directory.known(&at(7), &list), keys(&[1, 2]));
        directory.learn(at(7), keys(&[1, 2]), NOW, &list);
        assert_eq!(directory.members(&at(7), &list), Some(keys(&[1, 2])), "nodes were asked under this list");
    }

    #[test]
    fn what_nodes_agreed_on_holds_until_the_next_node_list() {
        let mut directory = Directory::default();
        directory.learn(at(7), keys(&[5, 6, 7]), NOW, &pool(NOW));
        assert_eq!(directory.members(&at(7), &pool(NOW)), Some(keys(&[5, 6, 7])));
        assert_eq!(directory.members(&at(8), &pool(NOW)), Some(keys(&[1, 2, 3, 4])), "it was about one account");
        assert_eq!(directory.members(&at(7), &pool(LATER)), Some(keys(&[5, 6, 7])), "whatever a clock says");
        let next = pool(NOW - Duration::from_secs(9)).with_generation(1);
        assert_eq!(directory.members(&at(7), &next), Some(keys(&[1, 2, 3, 4])));
    }

    #[test]
    fn one_node_moves_nobody_and_two_that_agree_do() {
        let (mut directory, hour) = (Directory::default(), VOICE_LASTS);
        let mut says = |voice: u8, members: &[u8], at: Duration| {
            directory.hear(self::at(7), NodeKey([voice; 32]), keys(members), at)
        };
        assert_eq!(says(1, &[5, 6, 7], hour), None);
        assert_eq!(says(1, &[5, 6, 7], hour), None, "the same node again is no second voice");
        assert_eq!(says(2, &[8], hour), None, "another story");
        assert_eq!(says(3, &[5, 6, 7], 2 * hour), None, "what was said long ago is forgotten");
        assert_eq!(says(4, &[5, 6, 8], 2 * hour), Some(keys(&[5, 6])));
        assert_eq!(says(4, &[5, 6, 8], 2 * hour), None, "and then it begins anew");
    }

    #[test]
    fn voices_are_remembered_within_limits() {
        let mut directory = Directory::default();
        for place in 0..MAX_KEPT_SWARMS as u64 + 5 {
            directory.hear(at(place), NodeKey([1; 32]), keys(&[5]), Duration::ZERO);
        }
        assert!(directory.voices.len() <= MAX_KEPT_SWARMS);
        for voice in 0..100 {
            directory.hear(at(7), NodeKey([voice; 32]), keys(&[voice]), Duration::ZERO);
        }
        assert_eq!(directory.voices.get(&at(7)).unwrap().len(), MAX_VOICES);
    }

    #[test]
    fn a_dropped_member_is_not_asked_and_still_counts_among_those_of_the_list() {
        let (mut directory, list, all) = (Directory::default(), pool(NOW), keys(&[1, 2, 3, 4]));
        directory.drop_member(at(7), NodeKey([2; 32]), &list);
        assert_eq!(directory.members(&at(7), &list), Some(all.clone()), "half of four is half of four");
        assert_eq!(directory.usable(&at(7), &all, &list), keys(&[1, 3, 4]));
        assert_eq!(directory.usable(&at(8), &all, &list), all, "it was about one account");
        assert_eq!(directory.usable(&at(7), &all, &pool(NOW).with_generation(1)), all, "until the next list");
        for node in [1, 3, 4] {
            directory.drop_member(at(7), NodeKey([node; 32]), &list);
        }
        assert_eq!(directory.usable(&at(7), &all, &list), all, "better any than none");
    }

    #[test]
    fn a_snapshot_brings_back_what_is_newer_and_nothing_else() {
        let mut before = Directory::default();
        before.learn(at(7), keys(&[5, 6, 7]), NOW, &pool(NOW));
        let json = serde_json::to_string(&before.snapshot()).unwrap();
        let snapshot: SwarmSnapshot = serde_json::from_str(&json).unwrap();
        let one_nodes_word = json.replace("true", "false");
        let mut believer = Directory::default();
        believer.restore(serde_json::from_str(&one_nodes_word).unwrap());
        believer.restore(serde_json::from_str(&json.replace(",\"agreed\":true", "")).unwrap());
        assert_eq!(believer.members(&at(7), &pool(NOW)), Some(keys(&[1, 2, 3, 4])), "nobody else said so");
        let mut after = Directory::default();
        after.restore(snapshot.clone());
        assert!(!format!("{snapshot:?}").contains("0500"), "logs do not tell whose");
        assert_eq!(after.members(&at(7), &pool(NOW)), Some(keys(&[5, 6, 7])));
        assert_eq!(after.members(&at(7), &pool(LATER)), Some(keys(&[1, 2, 3, 4])), "older than the list");
        after.learn(at(7), keys(&[1, 2, 3]), LATER, &pool(NOW));
        after.restore(snapshot);
        assert_eq!(after.members(&at(7), &pool(NOW)), Some(keys(&[1, 2, 3])));
    }

    #[test]
    fn members_that_failed_lately_come_last_and_are_forgiven_after_a_while() {
        let mut directory = Directory::default();
        let minute = Duration::from_secs(60);
        directory.strike(NodeKey([1; 32]), minute);
        for _ in 0..20 {
            let order = directory.shuffled(&keys(&[1, 2, 3]), 2 * minute);
            assert_eq!(order.last(), Some(&NodeKey([1; 32])));
        }
        let first_after_a_while = |_| directory.shuffled(&keys(&[1, 2, 3]), 7 * minute)[0] == NodeKey([1; 32]);
        assert!((0..200).any(first_after_a_while));
    }

    #[test]
    fn only_so_many_swarms_are_kept() {
        let mut directory = Directory::default();
        for place in 0..MAX_KEPT_SWARMS as u64 + 5 {
            directory.learn(at(place), keys(&[5, 6, 7]), NOW.shifted(place as i64), &pool(NOW));
        }
        assert_eq!(directory.told.len(), MAX_KEPT_SWARMS);
        assert!(!directory.told.contains_key(&at(0)), "the oldest went first");
    }
}
