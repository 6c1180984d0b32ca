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
            "swarm": format!("{:x}", self.swarm.unwrap_or(NO_SWARM)),
            "storage_server_version": self.version,
        });
        if let (Some(height), Some(entry)) = (self.unlock_height, entry.as_object_mut()) {
            entry.insert("requested_unlock_height".to_owned(), height.into());
        }
        entry
    }

    /// Reads the records of `active_nodes_bin`; none when the blob is not a whole number of records.
    ///
    /// Records without an address or without a port are skipped. Layout: session-foundation/session-storage-server
    /// `oxenss/snode/network.cpp`.
    pub fn from_active_nodes_bin(blob: &[u8]) -> Option<Vec<Self>> {
        if !blob.len().is_multiple_of(RECORD_BYTES) || blob.len() / RECORD_BYTES > MAX_LISTED_NODES {
            return None;
        }
        Some(distinct(blob.chunks_exact(RECORD_BYTES).filter_map(Self::from_record)))
    }

    fn from_record(record: &[u8]) -> Option<Self> {
        let (key, rest) = record.split_first_chunk::<32>()?;
        let (swarm, rest) = rest.split_first_chunk::<8>()?;
        let (ip, rest) = rest.split_first_chunk::<4>()?;
        let (https_port, rest) = rest.split_first_chunk::<2>()?;
        let (omq_port, rest) = rest.split_first_chunk::<2>()?;
        let [major, minor, patch] = *rest.first_chunk::<3>()?;
        let omq_port = Some(u16::from_be_bytes(*omq_port)).filter(|port| *port != 0)?;
        let https_port = Some(u16::from_be_bytes(*https_port)).filter(|port| *port != 0)?;
        let node = Self::checked(NodeKey(*key), Ipv4Addr::from(*ip), https_port)?;
        Some(Self {
            omq_port,
            swarm: Some(u64::from_be_bytes(*swarm)).filter(|swarm| *swarm != NO_SWARM),
            version: [major.into(), minor.into(), patch.into()],
            ..node
        })
    }

    fn checked(key: NodeKey, ip: Ipv4Addr, https_port: u16) -> Option<Self> {
        if ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast() {
            return None;
        }
        let x25519 = curve25519_dalek::edwards::CompressedEdwardsY(key.0).decompress()?.to_montgomery().to_bytes();
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
        if states.len() > MAX_LISTED_NODES {
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
    number.or_else(|| entry.get("swarm_id").and_then(Value::as_u64)).filter(|swarm| *swarm != NO_SWARM)
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

/// The number that means "in no swarm".
const NO_SWARM: u64 = u64::MAX;

/// Bytes of one record of `active_nodes_bin`.
const RECORD_BYTES: usize = 51;

/// The longest list that is read. The network has about 2,000 nodes; ten times that only costs memory, more would be
/// an attack on it.
const MAX_LISTED_NODES: usize = 20_000;
