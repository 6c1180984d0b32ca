//! A node list as JSON, read without building a tree of it: a seed's answer, a node's, or a file.
//!
//! All three hold `service_node_states` with one object for each node, bare or inside one or two objects called
//! `result`. Field rules: session-foundation/oxen-core `src/rpc/core_rpc_server_commands_defs.h` (`GET_SERVICE_NODES`).
//! A bad entry is left out by itself; a list is refused as a whole only when it is no list, or longer than the network
//! could ever be.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess};

use crate::wire::active_nodes;
use crate::wire::limits::MAX_NODES;

use super::foreign::{AnyKind, Fields, Items, Listed, Loose, Scalar, Taker, object, skip};
use super::node::{NodeKey, NodeList, ServiceNode};

/// What a file says beside its list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ListFile {
    pub(super) list: NodeList,
    /// When the list was fetched, in milliseconds since the epoch.
    pub(super) fetched_at: Option<u64>,
    /// Whether nodes alone vouch for it.
    pub(super) without_seeds: bool,
}

impl ListFile {
    /// Reads a seed's answer, a node's, or a file; none when there is no list, or one of over 20,000 entries.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let outer: Level<Level<Level<Innermost>>> = object(text)?;
        let (fetched_at, without_seeds) = (outer.own.fetched_at, outer.own.without_seeds);
        let own = match outer.result {
            None => outer.own,
            Some(Loose(middle)) => {
                let middle = middle?;
                match middle.result {
                    None => middle.own,
                    Some(Loose(inner)) => inner?.own,
                }
            }
        };
        let Listed(states) = own.states;
        let nodes = states?.list()?;
        let list = NodeList { height: own.height.filter(|height| *height != 0), nodes };
        Some(Self { list, fetched_at, without_seeds })
    }
}

impl NodeList {
    /// Reads a seed's answer (`{"result":{"service_node_states":[..],"height":..}}`), the same without the wrapper, or
    /// the answer of `oxend_request` on a node, where the same stands inside `result` once more.
    ///
    /// None when there is no list, or one longer than the network could ever be (20,000 entries).
    pub fn parse(text: &[u8]) -> Option<Self> {
        ListFile::parse(std::str::from_utf8(text).ok()?).map(|file| file.list)
    }
}

impl ServiceNode {
    /// Reads one entry of `service_node_states`; none when a needed part is absent or wrong.
    pub fn from_json(entry: &serde_json::Value) -> Option<Self> {
        Loose::<Entry<'_>>::deserialize(entry).ok()?.0?.node()
    }
}

/// An object that holds a list, or another such object as `result`.
#[derive(Default)]
struct Level<Inner> {
    result: Option<Loose<Inner>>,
    own: Own,
}

/// What stands beside a `result`.
#[derive(Default)]
struct Own {
    states: Listed<States>,
    height: Option<u64>,
    fetched_at: Option<u64>,
    without_seeds: bool,
}

/// Where no `result` is looked for any more.
#[derive(Default)]
struct Innermost;

impl<'de> Fields<'de> for Innermost {
    fn take<A: MapAccess<'de>>(&mut self, _: &str, map: &mut A) -> Result<(), A::Error> {
        skip(map)
    }
}

impl<'de, Inner: Fields<'de>> Fields<'de> for Level<Inner> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "result" => self.result = Some(map.next_value()?),
            "service_node_states" => self.own.states = map.next_value()?,
            "height" => self.own.height = map.next_value::<Scalar<'de>>()?.whole(),
            "fetched_at" => self.own.fetched_at = map.next_value::<Scalar<'de>>()?.whole(),
            VOUCHED_BY => self.own.without_seeds = map.next_value::<Scalar<'de>>()?.text() == Some(NODES_ALONE),
            _ => skip(map)?,
        }
        Ok(())
    }
}

/// The believable entries, each key once, in the order given.
#[derive(Debug, Default)]
struct States {
    entries: usize,
    seen: BTreeSet<NodeKey>,
    nodes: Vec<ServiceNode>,
}

impl States {
    fn list(self) -> Option<Vec<ServiceNode>> {
        (self.entries <= MAX_NODES).then_some(self.nodes)
    }
}

impl<'de> Items<'de> for States {
    type Item = Loose<Entry<'de>>;

    fn push(&mut self, Loose(entry): Self::Item) {
        self.entries += 1;
        if self.entries <= MAX_NODES
            && let Some(node) = entry.and_then(|entry| entry.node())
            && self.seen.insert(node.key)
        {
            self.nodes.push(node);
        }
    }
}

/// One entry as it stands there.
#[derive(Default)]
struct Entry<'a> {
    ip: Scalar<'a>,
    https_port: Scalar<'a>,
    omq_port: Scalar<'a>,
    ed25519: Scalar<'a>,
    x25519: Scalar<'a>,
    swarm: Scalar<'a>,
    swarm_id: Scalar<'a>,
    version: Version,
    unlock_height: Scalar<'a>,
}

impl<'de> Fields<'de> for Entry<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "public_ip" => self.ip = map.next_value()?,
            "storage_port" => self.https_port = map.next_value()?,
            "storage_lmq_port" => self.omq_port = map.next_value()?,
            "pubkey_ed25519" => self.ed25519 = map.next_value()?,
            "pubkey_x25519" => self.x25519 = map.next_value()?,
            "swarm" => self.swarm = map.next_value()?,
            "swarm_id" => self.swarm_id = map.next_value()?,
            "storage_server_version" => self.version = map.next_value()?,
            "requested_unlock_height" => self.unlock_height = map.next_value()?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl Entry<'_> {
    fn node(&self) -> Option<ServiceNode> {
        let port = |number: &Scalar<'_>| number.whole().and_then(|port| u16::try_from(port).ok());
        let ip: Ipv4Addr = self.ip.text()?.parse().ok()?;
        let https_port = port(&self.https_port).filter(|port| *port != 0)?;
        let key = NodeKey::parse(self.ed25519.text()?)?;
        let claimed = NodeKey::parse(self.x25519.text()?)?.0;
        let node = ServiceNode::checked(key, ip, https_port)?;
        (node.x25519 == claimed).then(|| ServiceNode {
            omq_port: port(&self.omq_port).unwrap_or(0),
            swarm: self.swarm(),
            version: self.version.0,
            unlock_height: self.unlock_height.whole().filter(|height| *height != 0),
            ..node
        })
    }

    fn swarm(&self) -> Option<u64> {
        let text = self.swarm.text().filter(|text| text.len() <= 16);
        let number = text.and_then(|text| u64::from_str_radix(text, 16).ok());
        number.or(self.swarm_id.whole()).filter(|swarm| *swarm != active_nodes::NO_SWARM)
    }
}

/// `[2, 8, 0]`, or `"2.8.0"` as some caches write it; parts that are no such number are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Version([u16; 3]);

impl Version {
    fn of(parts: impl Iterator<Item = Option<u16>>) -> Self {
        let mut version = Self::default();
        for (slot, part) in version.0.iter_mut().zip(parts) {
            *slot = part.unwrap_or(0);
        }
        version
    }
}

impl<'de> Taker<'de> for Version {
    type Taken = Self;

    fn text(self, text: Cow<'de, str>) -> Self {
        Self::of(text.split('.').map(|part| part.parse().ok()))
    }
    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        let mut version = Self::default();
        for slot in &mut version.0 {
            let Some(part) = list.next_element::<Scalar<'de>>()? else { return Ok(version) };
            *slot = part.whole().and_then(|part| u16::try_from(part).ok()).unwrap_or(0);
        }
        while list.next_element::<Scalar<'de>>()?.is_some() {}
        Ok(version)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyKind(Self::default()))
    }
}

/// The field of a file that says who vouches for its list, where it is not a seed.
pub(super) const VOUCHED_BY: &str = "vouched_by";

/// Its value when nodes alone do, because no seed answered.
pub(super) const NODES_ALONE: &str = "nodes";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onion::foreign::tests::texts;
    use crate::onion::node::tests::node;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn parse(json: &Value) -> Option<NodeList> {
        NodeList::parse(json.to_string().as_bytes())
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
            assert_eq!(parse(&list).unwrap().nodes, [node(1)], "{entry}");
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
        assert_eq!(parse(&plain), Some(expected.clone()));
        assert_eq!(parse(&json!({ "result": plain })), Some(expected.clone()));
        assert_eq!(parse(&json!({ "result": { "result": plain }, "t": 1 })), Some(expected));
        let endless: Vec<_> = (0..=MAX_NODES).map(|_| json!(0)).collect();
        assert_eq!(parse(&json!({ "service_node_states": endless })), None);
        assert_eq!(parse(&json!("text")), None);
    }

    /// How lists were read before: as a tree of values. Kept to compare with.
    mod tree {
        use super::*;

        pub(super) fn list(text: &str) -> Option<(NodeList, Option<u64>)> {
            let json: Value = serde_json::from_str(text).ok()?;
            let result = json.get("result").unwrap_or(&json);
            let result = result.get("result").unwrap_or(result);
            let states = result.get("service_node_states")?.as_array()?;
            let height = result.get("height").and_then(Value::as_u64).filter(|height| *height != 0);
            let mut nodes: Vec<ServiceNode> = Vec::new();
            for node in states.iter().filter_map(entry) {
                if nodes.iter().all(|before| before.key != node.key) {
                    nodes.push(node);
                }
            }
            let fetched_at = json.get("fetched_at").and_then(Value::as_u64);
            (states.len() <= MAX_NODES).then_some((NodeList { height, nodes }, fetched_at))
        }

        fn entry(entry: &Value) -> Option<ServiceNode> {
            let text = |name: &str| entry.get(name).and_then(Value::as_str);
            let port = |name: &str| entry.get(name).and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
            let ip: Ipv4Addr = text("public_ip")?.parse().ok()?;
            let https_port = port("storage_port").filter(|port| *port != 0)?;
            let key = NodeKey::parse(text("pubkey_ed25519")?)?;
            let claimed = NodeKey::parse(text("pubkey_x25519")?)?.0;
            let node = ServiceNode::checked(key, ip, https_port)?;
            let swarm = match entry.get("swarm") {
                Some(Value::String(text)) if text.len() <= 16 => u64::from_str_radix(text, 16).ok(),
                _ => None,
            };
            let unlock_height = entry.get("requested_unlock_height").and_then(Value::as_u64);
            (node.x25519 == claimed).then(|| ServiceNode {
                omq_port: port("storage_lmq_port").unwrap_or(0),
                swarm: swarm
                    .or_else(|| entry.get("swarm_id").and_then(Value::as_u64))
                    .filter(|swarm| *swarm != active_nodes::NO_SWARM),
                version: version(entry.get("storage_server_version")),
                unlock_height: unlock_height.filter(|height| *height != 0),
                ..node
            })
        }

        fn version(value: Option<&Value>) -> [u16; 3] {
            let mut version = [0; 3];
            let parts: Vec<u16> = match value {
                Some(Value::Array(parts)) => parts
                    .iter()
                    .map(|part| part.as_u64().and_then(|part| u16::try_from(part).ok()).unwrap_or(0))
                    .collect(),
                Some(Value::String(text)) => text.split('.').map(|part| part.parse().unwrap_or(0)).collect(),
                _ => Vec::new(),
            };
            for (slot, part) in version.iter_mut().zip(parts) {
                *slot = part;
            }
            version
        }
    }

    const NAMES: &[&str] = &["result", "service_node_states", "height", "fetched_at", "x"];

    const FIELDS: &[&str] = &[
        "public_ip",
        "storage_port",
        "storage_lmq_port",
        "pubkey_ed25519",
        "pubkey_x25519",
        "swarm",
        "swarm_id",
        "storage_server_version",
        "requested_unlock_height",
        "x",
    ];

    proptest! {
        #[test]
        fn lists_of_every_shape_are_read_as_a_tree_of_values_reads_them(text in texts(NAMES)) {
            let read = ListFile::parse(&text).map(|file| (file.list, file.fetched_at));
            prop_assert_eq!(read, tree::list(&text));
        }

        /// A good entry with fields written over it: the last of two counts.
        #[test]
        fn entries_of_every_shape_are_read_as_a_tree_of_values_reads_them(
            odd in prop::collection::vec((prop::sample::select(FIELDS.to_vec()), texts(&["a"])), 0..4),
            entry in texts(FIELDS),
        ) {
            let mut good = node(1).to_json().to_string();
            good.pop();
            let changed = odd.iter().fold(good, |text, (name, value)| format!("{text},\"{name}\":{value}")) + "}";
            let text = format!("{{\"service_node_states\":[{changed},{entry},{}]}}", node(2).to_json());
            let read = ListFile::parse(&text).map(|file| (file.list, file.fetched_at));
            prop_assert_eq!(read, tree::list(&text));
        }
    }
}
