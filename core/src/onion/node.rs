//! Service nodes: what a node list says about one of them, and which entries are believed. How a list is read as JSON
//! stands in [`list_json`](super::list_json).
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

    /// A node of these keys at this address; none when they are no key and no address.
    pub(super) fn checked(key: NodeKey, ip: Ipv4Addr, https_port: u16) -> Option<Self> {
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

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
