//! The node list: what it holds, and its file format. Whom to believe about it says [`agreement`](super::agreement).
//!
//! The file of the cache folder, the shipped `assets/nodes.json` and what people export are one format: a seed's
//! answer without its wrapper (`height`, `service_node_states`), with `fetched_at` (ms since the epoch) and `date` for
//! people. A seed's raw answer is read as well. A list with a date and a height leaves out the nodes that must have
//! left since: one block takes about two minutes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::clock::Timestamp;

use super::list_json::ListFile;
use super::node::{NodeKey, NodeList, ServiceNode};

/// The node list at one moment; a new one replaces it whole.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    nodes: Vec<ServiceNode>,
    places: BTreeMap<NodeKey, usize>,
    origin: Origin,
    fetched_at: Timestamp,
    height: Option<u64>,
    generation: u64,
    swarms: BTreeMap<u64, Vec<NodeKey>>,
}

/// Where a node list came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// There is none yet.
    #[default]
    Nothing,
    /// Shipped with the program.
    Shipped,
    /// A file that somebody gave.
    Imported,
    /// The cache of an earlier run.
    Cached,
    /// A seed.
    Seed,
    /// Several nodes that agree.
    Nodes,
    /// Five nodes that agree, because no seed had given its word for a day; and what nodes made of that list since.
    WithoutSeeds,
}

impl Pool {
    /// A list with its origin and date.
    pub fn new(list: NodeList, origin: Origin, fetched_at: Timestamp) -> Self {
        let places = list.nodes.iter().enumerate().map(|(place, node)| (node.key, place)).collect();
        let mut swarms: BTreeMap<u64, Vec<NodeKey>> = BTreeMap::new();
        for node in &list.nodes {
            if let Some(swarm) = node.swarm {
                swarms.entry(swarm).or_default().push(node.key);
            }
        }
        Self { nodes: list.nodes, places, origin, fetched_at, height: list.height, generation: 0, swarms }
    }

    /// The same list as the `generation`th of this process.
    #[must_use]
    pub(crate) fn with_generation(mut self, generation: u64) -> Self {
        self.generation = generation;
        self
    }

    /// The list without nodes at addresses that nobody on the internet can have: whoever names those wants us to knock
    /// on doors of our own house.
    #[must_use]
    pub(super) fn public_only(self) -> Self {
        let Self { nodes, origin, fetched_at, height, generation, .. } = self;
        let inside = |node: &ServiceNode| node.ip.is_loopback() || node.ip.is_private() || node.ip.is_link_local();
        let nodes = nodes.into_iter().filter(|node| !inside(node)).collect();
        Self::new(NodeList { height, nodes }, origin, fetched_at).with_generation(generation)
    }

    /// Reads a file: the format above, or a seed's answer. None when it is no list or holds too few nodes for one path
    /// and a destination. A file of the cache may say that nodes alone vouch for its list.
    pub(super) fn from_file(text: &str, origin: Origin, now: Timestamp) -> Option<Self> {
        let ListFile { list, fetched_at, without_seeds } = ListFile::parse(text)?;
        let fetched_at = fetched_at.map_or(Timestamp::ZERO, Timestamp::from_millis);
        let list = match list.height {
            Some(height) => {
                let age = if fetched_at == Timestamp::ZERO { 0 } else { now.since(fetched_at).as_secs() };
                list.without_departed(height.saturating_add(age / SECONDS_PER_BLOCK))
            }
            None => list,
        };
        let origin = if origin == Origin::Cached && without_seeds { Origin::WithoutSeeds } else { origin };
        (list.nodes.len() >= LEAST_USEFUL).then(|| Self::new(list, origin, fetched_at))
    }

    /// Writes the file.
    pub(super) fn to_file(&self, network: &str) -> Map<String, Value> {
        let mut file = Map::new();
        file.insert("network".to_owned(), network.into());
        if self.fetched_at != Timestamp::ZERO {
            file.insert("date".to_owned(), date(self.fetched_at).into());
            file.insert("fetched_at".to_owned(), self.fetched_at.as_millis().into());
        }
        if let Some(height) = self.height {
            file.insert("height".to_owned(), height.into());
        }
        file.insert("service_node_states".to_owned(), self.nodes.iter().map(ServiceNode::to_json).collect());
        file
    }

    /// The list without one node.
    pub(super) fn without(&self, key: &NodeKey) -> Self {
        let nodes = self.nodes.iter().filter(|node| node.key != *key).cloned().collect();
        let pool = Self::new(NodeList { height: self.height, nodes }, self.origin, self.fetched_at);
        pool.with_generation(self.generation)
    }

    /// Which list of this process it is: grows with every new list, and with nothing else.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// The numbers of all swarms.
    pub(crate) fn swarm_ids(&self) -> impl Iterator<Item = u64> {
        self.swarms.keys().copied()
    }

    /// The nodes of a swarm, in the order of the list.
    pub(crate) fn swarm(&self, id: u64) -> &[NodeKey] {
        self.swarms.get(&id).map_or(&[], Vec::as_slice)
    }

    /// All nodes, in the order of the list.
    pub fn nodes(&self) -> &[ServiceNode] {
        &self.nodes
    }

    /// The node of that key.
    pub fn get(&self, key: &NodeKey) -> Option<&ServiceNode> {
        self.nodes.get(*self.places.get(key)?)
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node at all.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Where the list came from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// When the list was made, by the clock of who made it; the epoch when it does not say.
    pub fn fetched_at(&self) -> Timestamp {
        self.fetched_at
    }

    /// Chain height when the list was made, if it says so.
    pub fn height(&self) -> Option<u64> {
        self.height
    }
}

/// The list that is shipped with the program, for the network of that name.
///
/// Mainnet's is enough for one path that fetches the full list; `make refresh-nodes` replaces it by a full one.
pub(super) fn shipped(network: &str) -> Option<&'static str> {
    match network {
        "mainnet" => Some(include_str!("../../../assets/nodes.json")),
        _ => None,
    }
}

/// `2026-11-21`, in universal time.
fn date(moment: Timestamp) -> String {
    // Days to civil date, counting years from March so that the leap day comes last.
    let days = moment.as_millis() / 86_400_000 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Three hops and a destination.
pub(super) const LEAST_USEFUL: usize = 4;

/// Target time of a block. Source: session-foundation/oxen-core `src/cryptonote_config.h`.
const SECONDS_PER_BLOCK: u64 = 120;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onion::node::tests::node;
    use serde_json::json;
    use std::collections::BTreeSet;
    use std::time::Duration;

    #[test]
    fn a_file_survives_and_leaves_out_nodes_that_have_left_since() {
        let made = Timestamp::from_millis(1_763_700_000_000);
        let mut nodes: Vec<_> = (1..=8).map(node).collect();
        nodes[0].unlock_height = Some(1_000);
        nodes[1].unlock_height = Some(1_030);
        let pool = Pool::new(NodeList { height: Some(1_000), nodes }, Origin::Seed, made);
        let file = Value::Object(pool.to_file("test"));
        assert_eq!(file["date"], "2025-11-21");
        let text = file.to_string();
        let soon = Pool::from_file(&text, Origin::Cached, made).unwrap();
        assert_eq!((soon.len(), soon.fetched_at(), soon.origin()), (7, made, Origin::Cached));
        let an_hour_later = Pool::from_file(&text, Origin::Cached, made + Duration::from_secs(3_600)).unwrap();
        assert_eq!(an_hour_later.len(), 6, "30 blocks later the second one has left too");
        let undated = json!({ "result": { "height": 1_000, "service_node_states": file["service_node_states"] } });
        assert_eq!(
            Pool::from_file(&undated.to_string(), Origin::Imported, made).unwrap().fetched_at(),
            Timestamp::ZERO
        );
    }

    #[test]
    fn the_shipped_list_is_enough_for_a_path_and_nodes_that_agree() {
        let file = shipped("mainnet").unwrap();
        let pool = Pool::from_file(file, Origin::Shipped, Timestamp::from_millis(1_800_000_000_000)).unwrap();
        assert!(pool.len() >= 5);
        let subnets: BTreeSet<_> = pool.nodes().iter().map(ServiceNode::subnet).collect();
        assert!(subnets.len() >= 5, "the /24 rule must leave a whole path");
        assert!(shipped("elsewhere").is_none());
    }

    #[test]
    fn addresses_inside_of_our_own_house_are_left_out() {
        let at = |number: u8, ip: [u8; 4]| ServiceNode { ip: ip.into(), ..node(number) };
        let nodes = vec![
            at(1, [127, 0, 0, 1]),
            at(2, [192, 168, 1, 1]),
            at(3, [10, 0, 0, 1]),
            at(4, [172, 16, 0, 1]),
            at(5, [169, 254, 1, 1]),
            at(6, [144, 76, 1, 1]),
        ];
        let pool = Pool::new(NodeList { height: Some(3), nodes }, Origin::Seed, Timestamp::ZERO).public_only();
        let left: Vec<_> = pool.nodes().iter().map(|node| node.key).collect();
        assert_eq!((left, pool.height()), (vec![node(6).key], Some(3)));
    }

    #[test]
    fn dates_are_civil_dates() {
        for (days, text) in [(0, "1970-01-01"), (11_016, "2000-02-29"), (19_782, "2024-02-29"), (20_778, "2026-11-21")]
        {
            assert_eq!(date(Timestamp::from_millis(days * 86_400_000)), text);
        }
    }
}
