//! Keys, onion ciphers, server requests and node records against `transport.json`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

#[path = "vectors/harness.rs"]
mod harness;

use std::net::Ipv4Addr;

use harness::{Block, Check, File, HexLeaf, Json, Key, Leaf, Prose, ensure, ensure_eq};
use onionskin_core::crypto::{AccountId, AccountKeys, Cipher, Ephemeral, LayerKey, ed25519_to_x25519};
use onionskin_core::wire::active_nodes::{ActiveNode, RECORD_LEN};
use onionskin_core::wire::decode_active_nodes;
use onionskin_core::wire::onion_v4::{
    V4Request, V4Response, decode_request, decode_response, encode_request, encode_response,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    account: Account,
    group: Group,
    nodes: Vec<Node>,
    #[serde(rename = "comment")]
    _comment: Option<Prose>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    ed25519_seed: Key,
    ed25519_pubkey: Key,
    x25519_pubkey: Key,
    x25519_secret: Key,
    account_id: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    ed25519_seed: Key,
    ed25519_pubkey: Key,
    group_id: HexLeaf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Node {
    #[serde(rename = "name")]
    _name: Option<Prose>,
    ed25519_seed: Key,
    ed25519_pubkey: Key,
    x25519_pubkey: Key,
    x25519_secret: Key,
}

fn keys(block: &Keys, _file: &File) -> Check {
    let account = AccountKeys::from_ed25519_seed(&block.account.ed25519_seed);
    ensure_eq("account_id", &account.account_id().to_string(), &*block.account.account_id)?;
    ensure_eq("parsed account_id", AccountId::parse(&block.account.account_id), Ok(account.account_id()))?;
    let pairs = |seed: &Key, ed: &Key, x: &Key, secret: &Key| -> Check {
        let keys = AccountKeys::from_ed25519_seed(seed);
        ensure_eq("ed25519_pubkey", keys.ed25519_public(), ***ed)?;
        ensure_eq("x25519_pubkey", *keys.x25519_public(), ***x)?;
        ensure_eq("x25519_pubkey from ed25519_pubkey", ed25519_to_x25519(ed), Some(***x))?;
        ensure_eq("x25519_secret", *keys.x25519_secret(), ***secret)
    };
    let Account { ed25519_seed, ed25519_pubkey, x25519_pubkey, x25519_secret, .. } = &block.account;
    pairs(ed25519_seed, ed25519_pubkey, x25519_pubkey, x25519_secret)?;
    for node in &block.nodes {
        pairs(&node.ed25519_seed, &node.ed25519_pubkey, &node.x25519_pubkey, &node.x25519_secret)?;
    }
    let group = AccountKeys::from_ed25519_seed(&block.group.ed25519_seed).ed25519_public();
    ensure_eq("group ed25519_pubkey", group, **block.group.ed25519_pubkey)?;
    ensure_eq("group_id", &[&[0x03][..], &group].concat()[..], &**block.group.group_id)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnionHop {
    #[serde(rename = "known_from")]
    _known_from: Option<Prose>,
    items: Vec<Hop>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hop {
    cipher: Leaf<String>,
    client_secret: Key,
    client_public: Key,
    node_secret: Key,
    node_public: Key,
    shared_secret: Key,
    key: Key,
    ciphertext: HexLeaf,
    plaintext: Leaf<String>,
}

fn onion_hop(block: &OnionHop, _file: &File) -> Check {
    for hop in &block.items {
        let cipher = Cipher::from_name(&hop.cipher).ok_or("unknown cipher")?;
        let (client, node) = (Ephemeral::from_secret(**hop.client_secret), Ephemeral::from_secret(**hop.node_secret));
        ensure_eq("client_public", client.public(), **hop.client_public)?;
        ensure_eq("node_public", node.public(), **hop.node_public)?;
        let shared = client.shared_secret(&hop.node_public).map_err(|error| error.to_string())?;
        ensure_eq("shared_secret", *shared, **hop.shared_secret)?;
        let ours = LayerKey::client(cipher, &client, &node.public()).map_err(|error| error.to_string())?;
        let theirs = LayerKey::node(cipher, &node, &client.public()).map_err(|error| error.to_string())?;
        ensure_eq("key", *ours.as_bytes(), **hop.key)?;
        ensure_eq("key of the node", *theirs.as_bytes(), **hop.key)?;
        let nonce = hop.ciphertext.get(..cipher.nonce_len()).ok_or("ciphertext without a nonce")?;
        let closed = ours.encrypt_with_nonce(nonce, hop.plaintext.as_bytes()).map_err(|error| error.to_string())?;
        ensure_eq("ciphertext", &closed[..], &**hop.ciphertext)?;
        let opened = theirs.decrypt(&hop.ciphertext).map_err(|error| error.to_string())?;
        ensure_eq("plaintext", opened, hop.plaintext.as_bytes())?;
    }
    ensure("no hops", !block.items.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct V4Codec {
    #[serde(rename = "known_from")]
    _known_from: Option<Prose>,
    items: Vec<V4Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct V4Item {
    kind: Leaf<String>,
    method: Option<Leaf<String>>,
    endpoint: Option<Leaf<String>>,
    code: Option<Leaf<u16>>,
    headers: Headers,
    body: Option<Leaf<String>>,
    encoded: Leaf<String>,
}

/// An object of texts in the order of the file.
struct Headers(Vec<(String, Leaf<String>)>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let Json::Object(pairs) = Json::deserialize(deserializer)? else { return Err(D::Error::custom("no object")) };
        let read = |(name, value): (String, Json)| value.to().map(|leaf| (name, leaf)).map_err(D::Error::custom);
        pairs.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

fn v4_codec(block: &V4Codec, _file: &File) -> Check {
    for item in &block.items {
        let headers: Vec<_> = item.headers.0.iter().map(|(name, value)| (name.clone(), (**value).clone())).collect();
        let body = item.body.as_ref().map(|body| body.as_bytes());
        let encoded = item.encoded.as_bytes();
        match (item.kind.as_str(), &item.method, &item.endpoint, &item.code) {
            ("request", Some(method), Some(endpoint), None) => {
                ensure_eq("encoded", &encode_request(method, endpoint, &headers, body)[..], encoded)?;
                let (method, endpoint, body) = ((**method).clone(), (**endpoint).clone(), body.map(<[u8]>::to_vec));
                ensure_eq("decoded", decode_request(encoded), Ok(V4Request { method, endpoint, headers, body }))?;
            }
            ("response", None, None, Some(code)) => {
                let response = V4Response { code: **code, headers, body: body.unwrap_or_default().to_vec() };
                ensure_eq("encoded", &encode_response(&response)[..], encoded)?;
                ensure_eq("decoded", decode_response(encoded), Ok(response))?;
            }
            _ => return Err("an item that is neither a request nor a response".to_owned()),
        }
    }
    ensure("no items", !block.items.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActiveNodesBin {
    record_size: Leaf<usize>,
    blob_hex: HexLeaf,
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    ed25519: Key,
    x25519: Key,
    swarm_id: Leaf<String>,
    ip: Leaf<Ipv4Addr>,
    https_port: Leaf<u16>,
    quic_omq_port: Leaf<u16>,
    version: [Leaf<u8>; 3],
    usable: Leaf<bool>,
}

fn active_nodes_bin(block: &ActiveNodesBin, _file: &File) -> Check {
    ensure_eq("record_size", RECORD_LEN, *block.record_size)?;
    let nodes = decode_active_nodes(&block.blob_hex).map_err(|error| error.to_string())?;
    ensure_eq("number of records", nodes.len(), block.records.len())?;
    for (node, record) in nodes.iter().zip(&block.records) {
        let expected = ActiveNode {
            ed25519: **record.ed25519,
            swarm_id: record.swarm_id.parse().map_err(|_| "swarm_id is no number")?,
            ip: *record.ip,
            https_port: *record.https_port,
            omq_port: *record.quic_omq_port,
            version: [*record.version[0], *record.version[1], *record.version[2]],
        };
        ensure_eq("record", node, &expected)?;
        ensure_eq("x25519", node.x25519(), Some(**record.x25519))?;
        ensure_eq("usable", node.is_usable(), *record.usable)?;
    }
    let written: Vec<u8> = nodes.iter().flat_map(ActiveNode::encode).collect();
    ensure_eq("blob_hex", &written[..], &**block.blob_hex)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileServer {
    #[serde(rename = "url")]
    _url: Prose,
    ed25519: Key,
    x25519: Key,
}

fn file_server(block: &FileServer, _file: &File) -> Check {
    ensure_eq("x25519", ed25519_to_x25519(&block.ed25519), Some(**block.x25519))
}

fn blocks() -> Vec<Block> {
    vec![
        Block::new("keys", keys).prose(&["comment", "name"]),
        Block::new("onion_hop", onion_hop).prose(&["known_from"]),
        Block::new("v4_codec", v4_codec).prose(&["known_from"]),
        Block::new("active_nodes_bin", active_nodes_bin),
        Block::new("file_server.default", file_server).prose(&["url"]),
    ]
}

harness::vector_tests!("vectors_transport_keys", "transport.json", blocks());
