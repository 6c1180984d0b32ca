//! Whole onion requests, layer by layer, and the pins of seeds against `transport.json`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

#[path = "vectors/harness.rs"]
mod harness;

use std::net::Ipv4Addr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use harness::{Block, Check, File, Hex, HexArray, HexLeaf, Key, Leaf, Prose, ensure, ensure_eq};
use onionskin_core::Network;
use onionskin_core::crypto::{Cipher, Ephemeral, LayerKey};
use onionskin_core::onion::layer::{
    Destination, LayerSecrets, NodeReply, ReplyKey, ServerRoute, build_with, rpc_payload,
};
use onionskin_core::onion::{NodeKey, ServiceNode};
use onionskin_core::wire::combined;
use onionskin_core::wire::onion_v4::{V4Response, decode_request, decode_response, encode_response};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnionRequests {
    #[serde(rename = "comment")]
    _comment: Option<Prose>,
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    #[serde(rename = "name")]
    _name: Prose,
    path: Vec<Leaf<String>>,
    destination: Option<Leaf<String>>,
    inner_request: Option<Leaf<String>>,
    server_x25519_pubkey: Option<Key>,
    server_x25519_secret: Option<Key>,
    v4_payload: Option<HexLeaf>,
    layers: Vec<Layer>,
    http_body: HexLeaf,
    forwarded_to_server: Option<HexLeaf>,
    response: Response,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Layer {
    #[serde(rename = "layer")]
    _layer: Prose,
    recipient_x25519: Key,
    ephemeral_secret: Key,
    ephemeral_public: Key,
    key: Key,
    nonce: HexLeaf,
    routing_json: Option<Leaf<String>>,
    plaintext: HexLeaf,
    ciphertext: HexLeaf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Response {
    nonce: HexLeaf,
    http_status: Leaf<u16>,
    http_body_text: Option<Leaf<String>>,
    http_body_hex: Option<HexLeaf>,
    decrypted: Option<Leaf<String>>,
    decrypted_hex: Option<HexLeaf>,
    metadata: Option<Leaf<String>>,
    body_hex: Option<HexLeaf>,
    #[serde(rename = "note")]
    _note: Option<Prose>,
}

#[derive(Deserialize)]
struct Node {
    name: String,
    ed25519_pubkey: HexArray<32>,
    x25519_pubkey: HexArray<32>,
}

fn node(nodes: &[Node], name: &str) -> Result<ServiceNode, String> {
    let node = nodes.iter().find(|node| node.name == name).ok_or_else(|| format!("no node {name}"))?;
    Ok(ServiceNode {
        key: NodeKey(node.ed25519_pubkey.0),
        x25519: node.x25519_pubkey.0,
        ip: Ipv4Addr::LOCALHOST,
        https_port: 1,
        omq_port: 1,
        swarm: None,
        version: [0; 3],
        unlock_height: None,
    })
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// The cipher that a request names and the server's place, where the exit node's route says it.
fn route_of(item: &Item) -> Result<(Cipher, Value), String> {
    let exit = item.layers.get(1).and_then(|layer| layer.routing_json.as_ref()).ok_or("no exit layer")?;
    let route = json(exit)?;
    let cipher = route["enc_type"].as_str().and_then(Cipher::from_name).ok_or("unknown enc_type")?;
    Ok((cipher, route))
}

fn onion_requests(block: &OnionRequests, file: &File) -> Check {
    let nodes: Vec<Node> = file.other("keys.nodes");
    block.items.iter().try_for_each(|item| onion_request(item, &nodes))
}

fn onion_request(item: &Item, nodes: &[Node]) -> Check {
    let (cipher, route) = route_of(item)?;
    let hops: Vec<ServiceNode> = item.path.iter().map(|name| node(nodes, name)).collect::<Result<_, _>>()?;
    let (destination, plain) = match (&item.destination, &item.inner_request, &item.server_x25519_pubkey) {
        (Some(name), Some(call), None) => {
            let call = json(call)?;
            let method = call["method"].as_str().ok_or("no method")?;
            (Destination::from(&node(nodes, name)?), rpc_payload(method, &call["params"]))
        }
        (None, None, Some(key)) => {
            let server = ServerRoute {
                host: route["host"].as_str().ok_or("no host")?.to_owned(),
                https: route["protocol"] == "https",
                port: route["port"].as_u64().and_then(|port| u16::try_from(port).ok()).ok_or("no port")?,
                x25519: key.0,
            };
            let secret = item.server_x25519_secret.as_ref().ok_or("no secret of the server")?;
            ensure_eq("server_x25519_pubkey", Ephemeral::from_secret(secret.0).public(), key.0)?;
            let payload = item.v4_payload.as_ref().ok_or("no v4_payload")?;
            let request = decode_request(payload).map_err(|error| error.to_string())?;
            ensure_eq("v4_payload", &request.encode()[..], &***payload)?;
            (Destination::Server(server), request.encode())
        }
        _ => return Err("neither a node nor a server".to_owned()),
    };
    let mut given = item.layers.iter().map(|layer| LayerSecrets {
        ephemeral: Ephemeral::from_secret(layer.ephemeral_secret.0),
        nonce: Some(layer.nonce.to_vec()),
    });
    let mut secrets = || given.next().unwrap_or_else(LayerSecrets::random);
    let sealed = build_with(cipher, &hops, &destination, &plain, &mut secrets).map_err(|error| error.to_string())?;
    ensure_eq("http_body", &sealed.body[..], &**item.http_body)?;
    layers(item, cipher, &hops, &destination, &sealed.body)?;
    response(item, cipher)
}

/// Opens what was built, guard first, and holds every layer to the file.
fn layers(item: &Item, cipher: Cipher, hops: &[ServiceNode], destination: &Destination, body: &[u8]) -> Check {
    ensure_eq("number of layers", item.layers.len(), hops.len() + 1)?;
    let (mut blob, _) = combined::decode(body).map_err(|error| error.to_string())?;
    let mut opened: Vec<u8>;
    for (place, layer) in item.layers.iter().enumerate().rev() {
        let recipient = match place.checked_sub(1) {
            Some(_) => hops[hops.len() - place].x25519,
            None => match destination {
                Destination::Node { x25519, .. } => *x25519,
                Destination::Server(server) => server.x25519,
            },
        };
        let ephemeral = Ephemeral::from_secret(layer.ephemeral_secret.0);
        ensure_eq("recipient_x25519", recipient, layer.recipient_x25519.0)?;
        ensure_eq("ephemeral_public", ephemeral.public(), layer.ephemeral_public.0)?;
        let key = LayerKey::client(cipher, &ephemeral, &recipient).map_err(|error| error.to_string())?;
        ensure_eq("key", *key.as_bytes(), layer.key.0)?;
        ensure_eq("ciphertext", blob, &**layer.ciphertext)?;
        ensure_eq("nonce", &blob[..cipher.nonce_len()], &**layer.nonce)?;
        opened = key.decrypt(blob).map_err(|error| error.to_string())?;
        ensure_eq("plaintext", &opened[..], &**layer.plaintext)?;
        let Some(routing) = &layer.routing_json else { break };
        let (inside, control) = combined::decode(&opened).map_err(|error| error.to_string())?;
        ensure_eq("routing_json", control, routing.as_str())?;
        if place == 1
            && let Some(forwarded) = &item.forwarded_to_server
        {
            ensure_eq("forwarded_to_server", &opened[..], &***forwarded)?;
        }
        let inside = inside.len();
        blob = &layer.plaintext[4..4 + inside];
    }
    Ok(())
}

fn response(item: &Item, cipher: Cipher) -> Check {
    let response = &item.response;
    let layer = item.layers.first().ok_or("no layers")?;
    let ephemeral = Ephemeral::from_secret(layer.ephemeral_secret.0);
    let error = |error: &dyn std::fmt::Display| error.to_string();
    let key = LayerKey::client(cipher, &ephemeral, &layer.recipient_x25519).map_err(|e| error(&e))?;
    let reply = ReplyKey::new(cipher, &ephemeral, &layer.recipient_x25519).map_err(|e| error(&e))?;
    // Only a 200 is an answer of the destination; anything else would be the path's own text.
    ensure_eq("http_status", 200, *response.http_status)?;
    if let Some(text) = &response.http_body_text {
        let decrypted = response.decrypted.as_ref().ok_or("no decrypted")?;
        let closed = key.encrypt_with_nonce(&response.nonce, decrypted.as_bytes()).map_err(|e| error(&e))?;
        ensure_eq("http_body_text", STANDARD.encode(closed), text.as_str().to_owned())?;
        let opened = reply.open_node(text.as_bytes()).map_err(|e| error(&e))?;
        ensure_eq("decrypted", Some(opened), NodeReply::parse(decrypted.as_bytes()))
    } else {
        let closed = response.http_body_hex.as_ref().ok_or("no body")?;
        let (decrypted, body) =
            response.decrypted_hex.as_ref().zip(response.body_hex.as_ref()).ok_or("no decrypted_hex")?;
        let metadata = json(response.metadata.as_ref().ok_or("no metadata")?)?;
        let expected = V4Response {
            code: metadata["code"].as_u64().and_then(|code| u16::try_from(code).ok()).ok_or("no code")?,
            headers: metadata["headers"]
                .as_object()
                .ok_or("no headers")?
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
                .collect(),
            body: body.to_vec(),
        };
        let opened = reply.open_raw(closed).map_err(|e| error(&e))?;
        ensure_eq("decrypted_hex", &opened[..], &***decrypted)?;
        ensure("metadata and body_hex", decode_response(&opened).map_err(|e| error(&e))? == expected)?;
        ensure_eq("encoded response", &encode_response(&expected)[..], &***decrypted)?;
        let again = key.encrypt_with_nonce(&response.nonce, decrypted).map_err(|e| error(&e))?;
        ensure_eq("http_body_hex", Hex(again), (**closed).clone())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedPin {
    host: Leaf<String>,
    port: Leaf<u16>,
    #[serde(rename = "cert_sha256")]
    _cert_sha256: Prose,
    spki_sha256_b64: Leaf<String>,
    #[serde(rename = "not_after")]
    _not_after: Prose,
}

fn seed_tls_pins(pins: &Vec<SeedPin>, _file: &File) -> Check {
    let seeds = Network::mainnet().seeds;
    ensure_eq("number of seeds", seeds.len(), pins.len())?;
    for pin in pins {
        let url = format!("https://{}:{}", *pin.host, *pin.port);
        let seed = seeds.iter().find(|seed| seed.url == url).ok_or_else(|| format!("no seed {url}"))?;
        ensure_eq("spki_sha256_b64", seed.pin.as_deref(), Some(pin.spki_sha256_b64.as_str()))?;
    }
    Ok(())
}

fn blocks() -> Vec<Block> {
    vec![
        Block::new("onion_requests", onion_requests).prose(&["comment", "name", "layer", "note"]),
        // The rule reads neither: the key's pin decides, whole certificates and dates do not.
        Block::new("seed_tls_pins", seed_tls_pins).prose(&["cert_sha256", "not_after"]),
    ]
}

harness::vector_tests!("vectors_transport_onion", "transport.json", blocks());
