//! Who is in the network: the list of service nodes, their swarms, and which swarm keeps an account.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::cipher::{Keys, random};
use crate::fault::Lie;
use crate::rpc::identity::Owner;

/// A service node as lists describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) ed25519: [u8; 32],
    pub(crate) x25519: [u8; 32],
    pub(crate) port: u16,
    pub(crate) swarm: u64,
}

/// "In no swarm": decommissioned nodes stay routable with it.
pub(crate) const NO_SWARM: u64 = u64::MAX;

/// The list, and accounts that were moved by hand.
pub(crate) struct Roster {
    entries: Vec<Entry>,
    moved: HashMap<Owner, u64>,
    version: [u8; 3],
}

impl Roster {
    pub(crate) fn new(entries: Vec<Entry>, version: [u8; 3]) -> Self {
        Self { entries, moved: HashMap::new(), version }
    }

    pub(crate) fn find(&self, ed25519: &[u8; 32]) -> Option<usize> {
        self.entries.iter().position(|entry| entry.ed25519 == *ed25519)
    }

    pub(crate) fn swarm(&self, node: usize) -> u64 {
        self.entries.get(node).map_or(NO_SWARM, |entry| entry.swarm)
    }

    pub(crate) fn set_swarm(&mut self, node: usize, swarm: u64) {
        if let Some(entry) = self.entries.get_mut(node) {
            entry.swarm = swarm;
        }
    }

    /// Swarm ids in use, ascending.
    pub(crate) fn swarms(&self) -> BTreeSet<u64> {
        self.entries.iter().map(|entry| entry.swarm).filter(|swarm| *swarm != NO_SWARM).collect()
    }

    /// Numbers of the nodes of a swarm.
    pub(crate) fn members(&self, swarm: u64) -> Vec<usize> {
        let of_swarm = self.entries.iter().enumerate().filter(|(_, entry)| entry.swarm == swarm);
        of_swarm.map(|(node, _)| node).collect()
    }

    /// From now on `owner` is kept by `swarm`, whatever the mapping says.
    pub(crate) fn move_account(&mut self, owner: &Owner, swarm: u64) {
        self.moved.insert(*owner, swarm);
    }

    /// The swarm that keeps an account.
    pub(crate) fn swarm_of(&self, owner: &Owner) -> Option<u64> {
        let nearest = || nearest_swarm(&self.swarms(), position(&owner.key));
        self.moved.get(owner).copied().or_else(nearest)
    }

    /// Whether this node keeps this account.
    pub(crate) fn keeps(&self, node: usize, owner: &Owner) -> bool {
        self.swarm_of(owner).is_some_and(|swarm| self.swarm(node) == swarm)
    }

    /// The object that `get_swarm` and status 421 carry.
    pub(crate) fn swarm_object(&self, owner: &Owner) -> Map<String, Value> {
        self.object_of(self.swarm_of(owner).unwrap_or(NO_SWARM))
    }

    /// The same object for a swarm.
    pub(crate) fn object_of(&self, swarm: u64) -> Map<String, Value> {
        let members = self.entries.iter().filter(|entry| entry.swarm == swarm && swarm != NO_SWARM);
        let snodes: Vec<Value> = members
            .map(|entry| {
                json!({
                    "ip": "127.0.0.1",
                    "port": entry.port.to_string(),
                    "port_https": entry.port,
                    "port_omq": entry.port,
                    "port_quic": entry.port,
                    "pubkey_ed25519": hex::encode(entry.ed25519),
                    "pubkey_x25519": hex::encode(entry.x25519),
                    "pubkey_legacy": hex::encode(entry.ed25519),
                    "address": format!("{}.snode", base32z(&entry.ed25519)),
                })
            })
            .collect();
        let mut object = Map::new();
        object.insert("snodes".to_owned(), snodes.into());
        object.insert("swarm".to_owned(), format!("{swarm:x}").into());
        object
    }

    /// The list as somebody tells it who tells this lie.
    fn told(&self, lie: Option<&Lie>) -> Vec<Entry> {
        let swarm = self.swarms().first().copied().unwrap_or(NO_SWARM);
        let invent = |count: usize| {
            (0..count).map(move |_| {
                let keys = Keys::from_seed(&random()).expect("any seed is a key");
                // Nobody listens on port 1.
                Entry { ed25519: keys.ed25519, x25519: keys.x25519, port: 1, swarm }
            })
        };
        match lie {
            None => self.entries.clone(),
            Some(Lie::Extra(count)) => self.entries.iter().cloned().chain(invent(*count)).collect(),
            Some(Lie::Fewer(count)) => self.entries.iter().skip(*count).cloned().collect(),
            Some(Lie::Invented(count)) => invent(*count).collect(),
        }
    }

    /// The result of `get_service_nodes` and its aliases.
    ///
    /// Source: oxen-core `src/rpc/core_rpc_server_commands_defs.h`, GET_SERVICE_NODES.
    pub(crate) fn service_nodes(&self, params: &Value, height: u64, lie: Option<&Lie>) -> Value {
        let block_hash = format!("{height:064x}");
        if params.get("poll_block_hash").and_then(Value::as_str) == Some(&block_hash) {
            return json!({"unchanged": true, "block_hash": block_hash, "height": height, "status": "OK"});
        }
        let wanted = Fields::parse(params.get("fields"));
        let limit = params.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
        let states: Vec<Value> = self
            .told(lie)
            .iter()
            .take(limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX))
            .map(|entry| wanted.pick(self.state(entry)))
            .collect();
        let mut result = wanted.pick(json!({
            "height": height,
            "block_hash": block_hash,
            "target_height": height,
            "hardfork": HARDFORK[0],
            "snode_revision": HARDFORK[1],
        }));
        if let Some(result) = result.as_object_mut() {
            result.insert("service_node_states".to_owned(), states.into());
            result.insert("status".to_owned(), "OK".into());
        }
        result
    }

    fn state(&self, entry: &Entry) -> Value {
        json!({
            "service_node_pubkey": hex::encode(entry.ed25519),
            "pubkey_ed25519": hex::encode(entry.ed25519),
            "pubkey_x25519": hex::encode(entry.x25519),
            "public_ip": "127.0.0.1",
            "storage_port": entry.port,
            "storage_lmq_port": entry.port,
            "swarm": format!("{:x}", entry.swarm),
            "swarm_id": entry.swarm,
            "storage_server_version": self.version,
            "service_node_version": [11, 0, 0],
            "requested_unlock_height": 0,
            "active": entry.swarm != NO_SWARM,
            "funded": true,
        })
    }

    /// The binary list, 51 bytes for each node: transport section 1.5.
    pub(crate) fn binary(&self, lie: Option<&Lie>) -> Vec<u8> {
        let mut blob = Vec::new();
        for entry in self.told(lie) {
            blob.extend(entry.ed25519);
            blob.extend(entry.swarm.to_be_bytes());
            blob.extend([127, 0, 0, 1]);
            blob.extend(entry.port.to_be_bytes());
            blob.extend(entry.port.to_be_bytes());
            blob.extend(self.version);
        }
        blob
    }
}

/// `fields` of a list request: an object of names with `true`, or a list of names; everything when absent or empty.
struct Fields(Option<BTreeSet<String>>);

impl Fields {
    fn parse(fields: Option<&Value>) -> Self {
        let names: BTreeSet<String> = match fields {
            Some(Value::Object(names)) => {
                let on = names.iter().filter(|(_, on)| on.as_bool() == Some(true));
                on.map(|(name, _)| name.clone()).collect()
            }
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => BTreeSet::new(),
        };
        Self((!names.is_empty() && !names.contains("all")).then_some(names))
    }

    fn pick(&self, object: Value) -> Value {
        match (&self.0, object) {
            (Some(names), Value::Object(all)) => {
                let picked: BTreeMap<_, _> = all.into_iter().filter(|(name, _)| names.contains(name)).collect();
                Value::Object(picked.into_iter().collect())
            }
            (_, object) => object,
        }
    }
}

/// Position of an account on the ring: its four big-endian words, combined by exclusive or.
///
/// Source: session-foundation/session-storage-server `oxenss/snode/swarm.cpp`.
pub(crate) fn position(key: &[u8; 32]) -> u64 {
    let (words, _) = key.as_chunks::<8>();
    words.iter().fold(0, |position, word| position ^ u64::from_be_bytes(*word))
}

/// The swarm whose id is nearest on the ring; the left one when two are equally near.
pub(crate) fn nearest_swarm(swarms: &BTreeSet<u64>, position: u64) -> Option<u64> {
    let (first, last) = (*swarms.first()?, *swarms.last()?);
    let right = swarms.range(position..).next().copied().unwrap_or(first);
    let left = swarms.range(..position).next_back().copied().unwrap_or(last);
    // Distances wrap around zero.
    let nearer = right.wrapping_sub(position) < position.wrapping_sub(left);
    Some(if nearer { right } else { left })
}

/// The alphabet of `.snode` addresses.
fn base32z(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| usize::from(byte >> bit & 1)));
    let bits: Vec<usize> = bits.collect();
    let letters = bits.chunks(5).map(|chunk| {
        let value = chunk.iter().fold(0, |value, bit| value << 1 | bit) << (5 - chunk.len());
        ALPHABET.get(value).copied().map_or('y', char::from)
    });
    letters.collect()
}

/// Hard fork and revision that every answer names.
pub(crate) const HARDFORK: [u32; 2] = [21, 0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snode_addresses_have_52_letters() {
        let address = base32z(&[0xff; 32]);
        assert_eq!(address.len(), 52);
        assert!(address.starts_with("999"));
        // A known pair of this alphabet: one byte 0xf0 is "6y".
        assert_eq!(base32z(&[0xf0]), "6y");
    }

    #[test]
    fn the_list_shows_only_the_wanted_fields() {
        let entry = Entry { ed25519: [1; 32], x25519: [2; 32], port: 7, swarm: 5 };
        let roster = Roster::new(vec![entry], [2, 11, 0]);
        let list =
            roster.service_nodes(&json!({"fields": {"public_ip": true, "swarm": true, "height": true}}), 9, None);
        assert_eq!(list["service_node_states"][0], json!({"public_ip": "127.0.0.1", "swarm": "5"}));
        assert_eq!(list["height"], 9);
        let list = roster.service_nodes(&json!({"fields": ["storage_port"]}), 9, None);
        assert_eq!(list["service_node_states"][0], json!({"storage_port": 7}));
        assert_eq!(list.get("height"), None);
        assert_eq!(roster.service_nodes(&json!({}), 9, Some(&Lie::Fewer(1)))["service_node_states"], json!([]));
    }
}
