//! The node's side of `tests/vectors/transport.json`: layers peeled with the listed keys, request signatures verified,
//! response signatures made.
#![allow(clippy::too_many_lines)] // a test goes through a whole block of vectors

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::cipher::{Cipher, Keys};
use crate::onion::{self, Inside};
use crate::roster::{Entry, Roster, nearest_swarm, position};
use crate::rpc::identity::{Owner, Token, namespace};
use crate::rpc::request::{self, Request, Write};
use crate::rpc::write::{Member, message_hash, stored};
use crate::storage::{Storage, StoredMessage};
use crate::v4::{self, ServerRequest};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../vectors/transport.json")).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    hex::decode(text(value)).unwrap().try_into().unwrap()
}

/// Numbers stand as text where they pass 2^53.
fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| text(value).parse().unwrap())
}

fn node(name: &str) -> Keys {
    let vectors = vectors();
    let node = list(&vectors["keys"]["nodes"]).iter().find(|node| node["name"] == name).unwrap();
    let keys = Keys::from_seed(&bytes(&node["ed25519_seed"])).unwrap();
    assert_eq!(keys.hex(), text(&node["ed25519_pubkey"]));
    assert_eq!(hex::encode(keys.x25519), text(&node["x25519_pubkey"]));
    keys
}

#[test]
fn accounts_have_their_positions_and_swarms() {
    let vectors = vectors();
    for item in list(&vectors["swarm"]["position"]) {
        assert_eq!(position(&Owner::parse(text(&item["pubkey"])).unwrap().key), number(&item["position"]));
    }
    for item in list(&vectors["swarm"]["nearest"]) {
        let swarms = list(&item["swarm_ids"]).iter().map(number).collect();
        assert_eq!(nearest_swarm(&swarms, number(&item["position"])), Some(number(&item["selected"])));
    }
}

#[test]
fn message_hashes_equal_the_vectors() {
    for item in list(&vectors()["message_hash"]) {
        let owner = Owner::parse(text(&item["pubkey"])).unwrap();
        let space = i16::try_from(item["namespace"].as_i64().unwrap()).unwrap();
        let data = STANDARD.decode(text(&item["data_b64"])).unwrap();
        assert_eq!(message_hash(&owner, space, &data), text(&item["hash"]));
    }
}

#[test]
fn single_layers_open_with_both_ciphers() {
    for item in list(&vectors()["onion_hop"]["items"]) {
        let keys = Keys::from_exchange_secret(&bytes(&item["node_secret"]));
        assert_eq!(hex::encode(keys.x25519), text(&item["node_public"]));
        let cipher = Cipher::parse(text(&item["cipher"])).unwrap();
        let layer = keys.layer(cipher, &bytes(&item["client_public"])).unwrap();
        assert_eq!(hex::encode(layer.key), text(&item["key"]));
        let ciphertext = hex::decode(text(&item["ciphertext"])).unwrap();
        assert_eq!(layer.open(&ciphertext).unwrap(), text(&item["plaintext"]).as_bytes());
    }
}

#[test]
fn whole_requests_are_peeled_hop_by_hop() {
    for item in list(&vectors()["onion_requests"]["items"]) {
        let mut sealed = onion::parse_request(&hex::decode(text(&item["http_body"])).unwrap()).unwrap();
        let layers = list(&item["layers"]);
        let mut nodes = list(&item["path"]).iter().map(|name| node(text(name))).collect::<Vec<_>>();
        nodes.extend(item.get("destination").map(|name| node(text(name))));
        // The vectors list layers as they were made: innermost first.
        for (keys, layer) in nodes.iter().zip(layers.iter().rev()) {
            assert_eq!(hex::encode(&sealed.ciphertext), text(&layer["ciphertext"]));
            assert_eq!(hex::encode(sealed.ephemeral), text(&layer["ephemeral_public"]));
            let Ok((inside, key)) = onion::open(keys, &sealed) else { panic!("{} opens", layer["layer"]) };
            assert_eq!(hex::encode(key.key), text(&layer["key"]));
            match inside {
                Inside::Node { key, sealed: next } => {
                    let next_node = &nodes[nodes.iter().position(|node| node.ed25519 == keys.ed25519).unwrap() + 1];
                    assert_eq!(key, next_node.ed25519);
                    sealed = next;
                }
                Inside::Final { body, embed_json, base64 } => {
                    assert_eq!(body, text(&item["inner_request"]).as_bytes());
                    assert_eq!((embed_json, base64), (false, true));
                    let answer = seal_as(&key, &item["response"], text(&item["response"]["decrypted"]).as_bytes());
                    assert_eq!(STANDARD.encode(answer), text(&item["response"]["http_body_text"]));
                }
                Inside::Server { payload, host, port, protocol, target } => {
                    assert_eq!(hex::encode(&payload), text(&item["forwarded_to_server"]));
                    assert!(onion::target_allowed(&protocol, &target));
                    assert_eq!((host.as_str(), port, protocol.as_str()), ("files.example.org", 80, "http"));
                    server_answers(item, &payload);
                }
            }
        }
    }
}

fn seal_as(layer: &crate::cipher::Layer, response: &Value, plain: &[u8]) -> Vec<u8> {
    let mut nonce = hex::decode(text(&response["nonce"])).unwrap();
    nonce.resize(24, 0);
    layer.seal_with(&nonce.try_into().unwrap(), plain)
}

fn server_answers(item: &Value, payload: &[u8]) {
    let keys = Keys::from_exchange_secret(&bytes(&item["server_x25519_secret"]));
    assert_eq!(hex::encode(keys.x25519), text(&item["server_x25519_pubkey"]));
    let (ciphertext, control) = onion::split(payload).unwrap();
    let (ephemeral, cipher) = onion::next_key(&control).unwrap();
    let layer = keys.layer(cipher, &ephemeral).unwrap();
    let plain = layer.open(ciphertext).unwrap();
    assert_eq!(hex::encode(&plain), text(&item["v4_payload"]));
    let request = ServerRequest::parse(&plain).unwrap();
    assert_eq!((request.method.as_str(), request.path()), ("POST", "/file"));
    assert_eq!(request.header("content-type").as_deref(), Some("application/octet-stream"));
    let body = hex::decode(text(&item["response"]["body_hex"])).unwrap();
    let answer = v4::answer(200, &[("content-type", "application/json".to_owned())], &body);
    assert_eq!(hex::encode(&answer), text(&item["response"]["decrypted_hex"]));
    let sealed = seal_as(&layer, &item["response"], &answer);
    assert_eq!(hex::encode(sealed), text(&item["response"]["http_body_hex"]));
}

#[test]
fn v4_payloads_are_read_and_written() {
    for item in list(&vectors()["v4_codec"]["items"]) {
        let encoded = text(&item["encoded"]).as_bytes();
        if item["kind"] == "request" {
            let request = ServerRequest::parse(encoded).unwrap();
            assert_eq!(request.method, text(&item["method"]));
            assert_eq!(request.endpoint, text(&item["endpoint"]));
            assert_eq!(request.header("some-header"), item["headers"]["Some-Header"].as_str().map(str::to_owned));
            assert_eq!(request.body, item["body"].as_str().unwrap_or_default().as_bytes());
        } else {
            let headers: Vec<_> = item["headers"].as_object().unwrap().iter().collect();
            let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), text(value).to_owned())).collect();
            let code = u16::try_from(number(&item["code"])).unwrap();
            assert_eq!(v4::answer(code, &headers, text(&item["body"]).as_bytes()), encoded);
        }
    }
}

#[test]
fn every_request_signature_is_accepted_and_no_other() {
    let vectors = vectors();
    let now = number(&vectors["requests"]["timestamp_ms"]);
    for item in list(&vectors["requests"]["items"]) {
        let params = item["params"].as_object().unwrap();
        let method = text(&item["method"]);
        assert_eq!(outcome(method, params, now), Ok(()), "{method} {params:?}");
        // A changed digit of the signature, and a text signed for another moment, are refused.
        let mut forged = params.clone();
        let signature = text(&params["signature"]);
        let other = if signature.starts_with('A') { "B" } else { "A" };
        forged.insert("signature".to_owned(), format!("{other}{}", &signature[1..]).into());
        assert_eq!(outcome(method, &forged, now), Err(401), "{method}");
    }
}

/// What a node with an empty database says to a request.
fn outcome(method: &str, params: &Map<String, Value>, now: u64) -> Result<(), u16> {
    let named = request::parse(method, params).unwrap();
    let mut storage = Storage::default();
    let keys = node("node1");
    match named.request {
        Request::Write(write) => {
            let mut member = Member { keys: &keys, storage: &mut storage, now, forwarded: false };
            member.write(&write).map(drop).map_err(|(status, _)| status)
        }
        Request::Retrieve(retrieve) => {
            let text = ["retrieve", &namespace::signed(retrieve.namespace), &retrieve.signed_at.unwrap().to_string()];
            retrieve.auth.verify(1, &[], text.concat().as_bytes()).then_some(()).ok_or(401)
        }
        Request::GetExpiries { auth, messages, signed_at } => {
            let text = ["get_expiries", &signed_at.to_string(), &messages.concat()].concat();
            auth.verify(1, &[], text.as_bytes()).then_some(()).ok_or(401)
        }
        other => panic!("{other:?} is not in the vectors"),
    }
}

#[test]
fn subaccounts_sign_for_their_group_until_they_are_revoked() {
    let vectors = vectors();
    let item = list(&vectors["requests"]["items"]).iter().find(|item| item["params"].get("subaccount").is_some());
    let params = item.unwrap()["params"].as_object().unwrap();
    let Request::Retrieve(retrieve) = request::parse("retrieve", params).unwrap().request else { panic!("a retrieve") };
    let signed =
        ["retrieve", &namespace::signed(retrieve.namespace), &retrieve.signed_at.unwrap().to_string()].concat();
    let token = retrieve.auth.subaccount.unwrap().0;
    assert_eq!(hex::encode(token.0), text(&vectors["subaccount"]["token_read_write"]));
    assert!(retrieve.auth.verify(3, &[], signed.as_bytes()));
    assert!(!retrieve.auth.verify(4, &[], signed.as_bytes()), "no right to delete");
    assert!(!retrieve.auth.verify(1, &[token], signed.as_bytes()), "revoked");
    assert!(retrieve.auth.verify(1, &[Token([9; 36])], signed.as_bytes()));
}

/// A node's answers, from a database that holds what the vectors suppose.
#[test]
fn response_signatures_equal_the_vectors() {
    let vectors = vectors();
    let given = &vectors["node_response_signatures"];
    let keys = node("node1");
    assert_eq!(keys.hex(), text(&given["node_ed25519_pubkey"]));
    let now = number(&vectors["requests"]["timestamp_ms"]);
    let pubkey = text(&given["pubkey"]);
    let owner = Owner::parse(pubkey).unwrap();

    let hash = text(&given["store"]["hash"]);
    assert_eq!(stored(&keys, hash, now, true)["signature"], given["store"]["signature_b64"]);

    let requests = list(&vectors["requests"]["items"]);
    let params = |method: &str, fits: &dyn Fn(&Value) -> bool| {
        let found = requests.iter().find(|item| item["method"] == method && fits(&item["params"]));
        found.unwrap_or_else(|| panic!("{method} is in the vectors"))["params"].as_object().unwrap().clone()
    };
    let run = |messages: &[(&str, i16, u64)], method: &str, params: &Map<String, Value>, tweak: &dyn Fn(&mut Write)| {
        let mut storage = Storage::default();
        for (hash, space, expiry) in messages {
            let message = StoredMessage {
                hash: (*hash).to_owned(),
                namespace: *space,
                timestamp: 1,
                expiry: *expiry,
                data: vec![],
            };
            storage.store(&owner, message, false, now);
        }
        let Request::Write(mut write) = request::parse(method, params).unwrap().request else { panic!("a write") };
        tweak(&mut write);
        let mut member = Member { keys: &keys, storage: &mut storage, now, forwarded: false };
        member.write(&write).unwrap()
    };
    let (a, b) = (text(&given["delete"]["requested"][0]), text(&given["delete"]["requested"][1]));
    let far = now + 90 * 60_000;

    let asked = params("delete", &|_| true);
    let result = run(&[(b, 0, far)], "delete", &asked, &|_| {});
    assert_eq!(result["signature"], given["delete"]["signature_b64"]);
    assert_eq!(result["deleted"], given["delete"]["deleted"]);

    let asked = params("delete_all", &|params| params.get("namespace").is_none());
    let result = run(&[(a, 0, far), (b, 0, far)], "delete_all", &asked, &|_| {});
    assert_eq!(result["signature"], given["delete_all_one_namespace"]["signature_b64"]);
    assert_eq!(result["deleted"], given["delete_all_one_namespace"]["deleted"]);

    let asked = params("delete_all", &|params| params.get("namespace") == Some(&json!("all")));
    let wanted = &given["delete_all_all"]["deleted"];
    let everything: Vec<(&str, i16, u64)> = wanted
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(space, hashes)| list(hashes).iter().map(move |hash| (text(hash), space.parse().unwrap(), far)))
        .collect();
    let result = run(&everything, "delete_all", &asked, &|_| {});
    assert_eq!(result["signature"], given["delete_all_all"]["signature_b64"]);
    assert_eq!(&result["deleted"], wanted);

    let asked = params("delete_before", &|_| true);
    let result = run(&[(a, 0, far), (b, 0, far)], "delete_before", &asked, &|_| {});
    assert_eq!(result["signature"], given["delete_before"]["signature_b64"]);

    // Extending both to one moment: one lives longer already.
    let asked = params("expire", &|params| params.get("extend").is_some());
    let unchanged = number(&given["expire_single"]["unchanged"][a]);
    let result = run(&[(a, 0, unchanged), (b, 0, far)], "expire", &asked, &|_| {});
    assert_eq!(result["signature"], given["expire_single"]["signature_b64"]);
    assert_eq!(result["updated"], given["expire_single"]["updated"]);
    assert_eq!(number(&result["expiry"]), number(&given["expire_single"]["expiry"]));
    assert_eq!(number(&result["unchanged"][a]), unchanged);

    let asked = params("revoke_subaccount", &|_| true);
    let result = run(&[], "revoke_subaccount", &asked, &|_| {});
    assert_eq!(result["signature"], given["revoke_subaccount"]["signature_b64"]);
}

/// The two answers for whose requests the vectors have no signature: the node's text is checked without one.
#[test]
fn response_signatures_over_several_expiries_equal_the_vectors() {
    let vectors = vectors();
    let given = &vectors["node_response_signatures"];
    let keys = node("node1");
    let id = text(&given["pubkey"]).to_owned();
    let joined = |values: &Value| {
        list(values).iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect::<String>()
    };
    let multi = &given["expire_multi"];
    let signed =
        [id.clone(), joined(&multi["expiry"]), joined(&multi["requested"]), joined(&multi["updated"])].concat();
    assert_eq!(STANDARD.encode(keys.sign(signed.as_bytes())), text(&multi["signature_b64"]));
    let all = &given["expire_all_one_namespace"];
    let signed = [id, number(&all["expiry"]).to_string(), joined(&all["updated"])].concat();
    assert_eq!(STANDARD.encode(keys.sign(signed.as_bytes())), text(&all["signature_b64"]));
}

#[test]
fn the_binary_list_has_the_layout_of_the_vectors() {
    let given = &vectors()["active_nodes_bin"];
    let blob = hex::decode(text(&given["blob_hex"])).unwrap();
    let size = usize::try_from(number(&given["record_size"])).unwrap();
    let first = &given["records"][0];
    let port = u16::try_from(number(&first["https_port"])).unwrap();
    let keys = node("node1");
    let entry = Entry { ed25519: keys.ed25519, x25519: keys.x25519, port, swarm: number(&first["swarm_id"]) };
    let made = Roster::new(vec![entry], [2, 11, 0]).binary(None);
    assert_eq!(made.len(), size);
    assert_eq!(made[..40], blob[..40], "key and swarm");
    assert_eq!(made[40..44], [127, 0, 0, 1]);
    assert_eq!(made[44..46], blob[44..46], "port");
    assert_eq!(made[48..], blob[48..51], "version");
}
