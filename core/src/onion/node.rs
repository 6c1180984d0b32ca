//! Service nodes: what a node list says about one of them, and which entries are believed.
//!
//! A node is identified by its Ed25519 key. Its X25519 key is always the birational conversion of that key; an entry
//! that claims another one is bad data and is dropped, for whoever controls the X25519 key reads our layer. Entries
//! without an address (no uptime proof yet) or without a port are dropped one by one; a list is refused as a whole only when it is not a list.

use std::collections::BTreeSet;
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use crate::crypto;
use crate::wire::active_nodes::{self, ActiveNode};
use crate::wire::limits::MAX_NODES;

/// The Ed25519 identity key of a service node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeKey(pub [u8; 32]);

impl NodeKey {
    /// Reads 64 hex digits of either case.
    pub fn parse(text: &str) -> Option<Self> {
        let mut key = [0; 32];
        hex::decode_to_slice(text, &mut key).ok()?;
        Some(Self(key))
    }

    /// The 32 key bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "NodeKey({}..)", hex::encode([a, b, c, d]))
    }
}

impl FromStr for NodeKey {
    type Err = NotANodeKey;
    fn from_str(text: &str) -> Result<Self, NotANodeKey> {
        Self::parse(text).ok_or(NotANodeKey)
    }
}

/// A text is not 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a node key of 64 hex digits")]
pub struct NotANodeKey;

impl Serialize for NodeKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NodeKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(NotANodeKey))
    }
}

/// One service node as a node list describes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServiceNode {
    /// Identity.
    pub key: NodeKey,
    /// Encryption key; the conversion of `key`.
    pub x25519: [u8; 32],
    /// Public address.
    pub ip: Ipv4Addr,
    /// Where `POST /onion_req/v2` is answered.
    pub https_port: u16,
    /// OMQ (TCP) and QUIC (UDP) port; 0 where a list does not say.
    pub omq_port: u16,
    /// Swarm number; none while the node is in no swarm, or where a list does not say.
    pub swarm: Option<u64>,
    /// Version of the storage server; 0.0.0 where a list does not say.
    pub version: [u16; 3],
    /// Chain height at which the node leaves, if it asked to.
    pub unlock_height: Option<u64>,
}

impl ServiceNode {
    /// The node's /24 network: nodes of one path come from different ones.
    pub fn subnet(&self) -> [u8; 3] {
        let [a, b, c, _] = self.ip.octets();
        [a, b, c]
    }

    /// `https://ip:port`, where the node answers as a guard.
    pub fn https_url(&self) -> String {
        format!("https://{}:{}", self.ip, self.https_port)
    }

    /// Reads one entry of `service_node_states`; none when a needed part is absent or wrong.
    ///
    /// Field rules: session-foundation/oxen-core `src/rpc/core_rpc_server_commands_defs.h` (`GET_SERVICE_NODES`).
    pub fn from_json(entry: &Value) -> Option<Self> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let port = |name: &str| entry.get(name).and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
        let ip: Ipv4Addr = text("public_ip")?.parse().ok()?;
        let https_port = port("storage_port").filter(|port| *port != 0)?;
        let key = NodeKey::parse(text("pubkey_ed25519")?)?;
        let claimed = NodeKey::parse(text("pubkey_x25519")?)?.0;
        let node = Self::checked(key, ip, https_port)?;
        (node.x25519 == claimed).then(|| Self {
            omq_port: port("storage_lmq_port").unwrap_or(0),
            swarm: swarm_of(entry),
            version: version_of(entry.get("storage_server_version")),
            unlock_height: entry.get("requested_unlock_height").and_then(Value::as_u64).filter(|height| *height != 0),
            ..node
        })
    }

    /// The entry as a list would carry it.
    pub fn to_json(&self) -> Value {
        let mut entry = serde_json::json!({
            "public_ip": self.ip.to_string(),
            "storage_port": self.https_port,
            "storage_lmq_port": self.omq_port,
            "pubkey_ed25519": self.key.to_string(),
            "pubkey_x25519": hex::encode(self.x25519),
            "swarm": format!("{:x}", self.swarm.unwrap_or(active_nodes::NO_SWARM)),
            "storage_server_version": self.version,
        });
        if let (Some(height), Some(entry)) = (self.unlock_height, entry.as_object_mut()) {
            entry.insert("requested_unlock_height".to_owned(), height.into());
        }
        entry
    }

    /// Reads the records of `active_nodes_bin`; none when the blob is not a whole number of records.
    ///
    /// Records without an address or without a port are skipped.
    pub fn from_active_nodes_bin(blob: &[u8]) -> Option<Vec<Self>> {
        let records = active_nodes::decode_active_nodes(blob).ok()?;
        Some(distinct(records.iter().filter(|record| record.is_usable()).filter_map(Self::from_record)))
    }

    fn from_record(record: &ActiveNode) -> Option<Self> {
        let https_port = Some(record.https_port).filter(|port| *port != 0)?;
        let node = Self::checked(NodeKey(record.ed25519), record.ip, https_port)?;
        Some(Self {
            omq_port: record.omq_port,
            swarm: Some(record.swarm_id).filter(|swarm| *swarm != active_nodes::NO_SWARM),
            version: record.version.map(u16::from),
            ..node
        })
    }

    fn checked(key: NodeKey, ip: Ipv4Addr, https_port: u16) -> Option<Self> {
        if ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast() {
            return None;
        }
        let x25519 = crypto::ed25519_to_x25519(&key.0)?;
        Some(Self { key, x25519, ip, https_port, omq_port: 0, swarm: None, version: [0; 3], unlock_height: None })
    }
}

/// A node list as one source gave it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeList {
    /// Chain height when the list was made, if it says so.
    pub height: Option<u64>,
    /// The believable entries, each key once, in the order given.
    pub nodes: Vec<ServiceNode>,
}

impl NodeList {
    /// Reads a seed's answer (`{"result":{"service_node_states":[..],"height":..}}`), the same without the wrapper, or
    /// the answer of `oxend_request` on a node, where the same stands inside `result` once more.
    ///
    /// None when there is no list, or one longer than the network could ever be (20,000 entries).
    pub fn from_json(json: &Value) -> Option<Self> {
        let result = json.get("result").unwrap_or(json);
        let result = result.get("result").unwrap_or(result);
        let states = result.get("service_node_states")?.as_array()?;
        if states.len() > MAX_NODES {
            return None;
        }
        let height = result.get("height").and_then(Value::as_u64).filter(|height| *height != 0);
        Some(Self { height, nodes: distinct(states.iter().filter_map(ServiceNode::from_json)) })
    }

    /// Leaves out nodes that have left by `height`.
    #[must_use]
    pub fn without_departed(mut self, height: u64) -> Self {
        self.nodes.retain(|node| node.unlock_height.is_none_or(|unlock| unlock > height));
        self
    }
}

/// Keeps the first entry of every key.
fn distinct(nodes: impl Iterator<Item = ServiceNode>) -> Vec<ServiceNode> {
    let mut seen = BTreeSet::new();
    nodes.filter(|node| seen.insert(node.key)).collect()
}

fn swarm_of(entry: &Value) -> Option<u64> {
    let number = match entry.get("swarm") {
        Some(Value::String(text)) if text.len() <= 16 => u64::from_str_radix(text, 16).ok(),
        _ => None,
    };
    number.or_else(|| entry.get("swarm_id").and_then(Value::as_u64)).filter(|swarm| *swarm != active_nodes::NO_SWARM)
}

/// `[2, 8, 0]`, or `"2.8.0"` as some caches write it.
fn version_of(value: Option<&Value>) -> [u16; 3] {
    let mut version = [0; 3];
    let parts: Vec<u16> = match value {
        Some(Value::Array(parts)) => {
            parts.iter().map(|part| part.as_u64().and_then(|part| u16::try_from(part).ok()).unwrap_or(0)).collect()
        }
        Some(Value::String(text)) => text.split('.').map(|part| part.parse().unwrap_or(0)).collect(),
        _ => Vec::new(),
    };
    for (slot, part) in version.iter_mut().zip(parts) {
        *slot = part;
    }
    version
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// A node whose keys belong together, at an address of its own; the same for the same number.
    pub(in super::super) fn node(number: u8) -> ServiceNode {
        let key = crypto::AccountKeys::from_ed25519_seed(&[number; 32]).ed25519_public();
        let mut node = ServiceNode::checked(NodeKey(key), Ipv4Addr::new(10, 0, number, 1), 22_021).unwrap();
        node.omq_port = 22_020;
        node.swarm = Some(u64::from(number) << 32);
        node
    }

    /// The X25519 secret of [`node`].
    pub(in super::super) fn node_secret(number: u8) -> [u8; 32] {
        *crypto::AccountKeys::from_ed25519_seed(&[number; 32]).x25519_secret()
    }

    #[test]
    fn an_entry_survives_being_written_and_read() {
        let node = ServiceNode { version: [2, 11, 0], unlock_height: Some(7), ..node(1) };
        assert_eq!(ServiceNode::from_json(&node.to_json()), Some(node));
    }

    #[test]
    fn a_bad_entry_is_dropped_and_the_others_stay() {
        let good = node(1).to_json();
        let with = |name: &str, value: Value| {
            let mut entry = node(2).to_json();
            entry[name] = value;
            entry
        };
        let bad = [
            with("public_ip", json!("0.0.0.0")),
            with("public_ip", json!("")),
            with("public_ip", json!("::1")),
            with("public_ip", Value::Null),
            with("storage_port", json!(0)),
            with("storage_port", json!(65_536)),
            with("storage_port", json!("22021")),
            with("pubkey_ed25519", json!("ab")),
            with("pubkey_ed25519", json!("0".repeat(64))),
            with("pubkey_ed25519", Value::Null),
            with("pubkey_x25519", json!(hex::encode(node(3).x25519))),
            with("pubkey_x25519", Value::Null),
            json!(7),
            json!([]),
        ];
        for entry in bad {
            let list = json!({ "result": { "service_node_states": [entry, good] } });
            assert_eq!(NodeList::from_json(&list).unwrap().nodes, [node(1)], "{entry}");
        }
    }

    #[test]
    fn optional_parts_may_be_absent_or_odd() {
        let with = |name: &str, value: Value| {
            let mut entry = node(2).to_json();
            entry[name] = value;
            ServiceNode::from_json(&entry).unwrap()
        };
        assert_eq!(with("swarm", json!("ffffffffffffffff")).swarm, None);
        assert_eq!(with("swarm", json!("f")).swarm, Some(15));
        assert_eq!(with("swarm", json!("not hex")).swarm, None);
        assert_eq!(with("swarm", Value::Null).swarm, None);
        assert_eq!(with("storage_server_version", json!("2.8.1")).version, [2, 8, 1]);
        assert_eq!(with("storage_server_version", json!([2, -1, 9, 9])).version, [2, 0, 9]);
        assert_eq!(with("storage_server_version", Value::Null).version, [0; 3]);
        assert_eq!(with("requested_unlock_height", json!(0)).unlock_height, None);
        assert_eq!(with("requested_unlock_height", json!(-1)).unlock_height, None);
        let mut by_number = node(2).to_json();
        by_number.as_object_mut().unwrap().remove("swarm");
        by_number["swarm_id"] = json!(u64::MAX - 1);
        assert_eq!(ServiceNode::from_json(&by_number).unwrap().swarm, Some(u64::MAX - 1), "not through f64");
    }

    #[test]
    fn a_list_is_read_in_each_wrapper_and_has_each_node_once() {
        let states = json!([node(1).to_json(), node(2).to_json(), node(1).to_json()]);
        let plain = json!({ "height": 5, "service_node_states": states });
        let expected = NodeList { height: Some(5), nodes: vec![node(1), node(2)] };
        assert_eq!(NodeList::from_json(&plain), Some(expected.clone()));
        assert_eq!(NodeList::from_json(&json!({ "result": plain })), Some(expected.clone()));
        assert_eq!(NodeList::from_json(&json!({ "result": { "result": plain }, "t": 1 })), Some(expected));
        let endless: Vec<_> = (0..=MAX_NODES).map(|_| json!(0)).collect();
        assert_eq!(NodeList::from_json(&json!({ "service_node_states": endless })), None);
        assert_eq!(NodeList::from_json(&json!("text")), None);
    }

    #[test]
    fn binary_records_become_the_same_nodes() {
        let record = |node: &ServiceNode, omq_port: u16| {
            ActiveNode {
                ed25519: node.key.0,
                swarm_id: node.swarm.unwrap(),
                ip: node.ip,
                https_port: node.https_port,
                omq_port,
                version: [0; 3],
            }
            .encode()
        };
        let blob = [record(&node(1), 22_020), record(&node(2), 0), record(&node(1), 22_020)].concat();
        assert_eq!(ServiceNode::from_active_nodes_bin(&blob), Some(vec![node(1)]));
        assert_eq!(ServiceNode::from_active_nodes_bin(&blob[1..]), None);
    }

    #[test]
    fn a_key_is_64_hex_digits_and_shows_only_its_beginning() {
        let key = node(1).key;
        assert_eq!(key.to_string().to_uppercase().parse(), Ok(key));
        assert_eq!(serde_json::from_str::<NodeKey>(&serde_json::to_string(&key).unwrap()).unwrap(), key);
        for bad in ["", "ab", &"g".repeat(64), &"a".repeat(66)] {
            assert_eq!(bad.parse::<NodeKey>(), Err(NotANodeKey));
        }
        assert_eq!(format!("{key:?}").len(), "NodeKey(01234567..)".len());
    }
}
