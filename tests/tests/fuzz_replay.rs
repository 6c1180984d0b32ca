//! The corpora of the fuzz targets, replayed: every committed input, what is left of it when it is cut short, and what
//! becomes of it when one byte changes.
//!
//! The corpora in `tests/fuzz/corpus/<target>/` come from the test vectors and from core's own writers ([`seeds`]).
//! `WRITE_CORPUS=1 cargo test -p onionskin-tests --test fuzz_replay` writes what is missing. Inputs that a fuzzer found
//! are put beside them by hand, under a name that says what they broke; nothing is ever removed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onionskin_core::config::message::Revision;
use onionskin_core::config::{self, ConfigKeys, Document, Incoming};
use onionskin_core::crypto::{Cipher, Ephemeral, LayerKey};
use onionskin_core::network::Network;
use onionskin_core::wire;
use onionskin_tests::fuzz::{BOB, CONFIG, HASH, NOON, OWNER, ROUTE, TARGETS};
use serde_json::{Value, json};

type Seeds = BTreeMap<&'static str, Vec<(String, Vec<u8>)>>;

#[test]
fn every_committed_input_passes_cut_short_and_changed_too() {
    for (target, run) in TARGETS {
        let inputs = corpus(target);
        assert!(!inputs.is_empty(), "{target} has no corpus");
        for (_, input) in inputs {
            run(&input);
            for place in places(input.len()) {
                run(&input[..place]);
                for flipped in [0x01, 0x80, 0xff] {
                    let mut changed = input.clone();
                    changed[place] ^= flipped;
                    run(&changed);
                }
            }
        }
        run(b"");
    }
}

#[test]
fn the_corpora_hold_everything_that_the_vectors_give() {
    for (target, inputs) in seeds() {
        let folder = folder().join(target);
        for (name, bytes) in inputs {
            let file = folder.join(&name);
            if std::env::var_os("WRITE_CORPUS").is_some() {
                fs::create_dir_all(&folder).unwrap();
                fs::write(&file, &bytes).unwrap();
            }
            assert!(
                fs::read(&file).is_ok_and(|there| there == bytes),
                "{target}/{name} is missing: see the head of this file"
            );
        }
    }
}

#[test]
fn every_folder_is_a_target_and_every_target_has_one() {
    let folders: BTreeSet<String> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folders, targets);
}

/// Whatever is sealed here is really opened: the corpora reach beyond the locks.
#[test]
fn some_inputs_open_every_lock() {
    let open = |target: &str, opens: &dyn Fn(&[u8]) -> bool| {
        assert!(corpus(target).iter().any(|(_, input)| opens(input)), "nothing opens {target}");
    };
    open("sealed_box", &|input| onionskin_core::crypto::open(&BOB, input).is_ok());
    open("incoming_message", &|input| onionskin_tests::fuzz::open(input).is_ok());
    open("config_stored", &|input| {
        let incoming = [Incoming { hash: "hash", data: input }];
        Document::new(CONFIG).merge(&ConfigKeys::account(&BOB), &incoming, NOON).refused.is_empty()
    });
    open("layer_xchacha", &|input| layer(Cipher::XChaCha20).decrypt(input).is_ok());
    open("layer_aes", &|input| layer(Cipher::AesGcm).decrypt(input).is_ok());
    open("swarm_stored", &|input| {
        let text = std::str::from_utf8(input).unwrap();
        onionskin_core::swarm::response::stored(text, &HASH, |_| true).is_ok_and(|found| found.accepted.len() == 1)
    });
}

/// At most 48 places of an input, spread evenly.
fn places(len: usize) -> impl Iterator<Item = usize> {
    (0..len).step_by((len / 48).max(1))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(folder().join(target)).into_iter().flatten().map(|entry| entry.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn layer(cipher: Cipher) -> LayerKey {
    LayerKey::client(cipher, &Ephemeral::from_secret([9; 32]), BOB.x25519_public()).unwrap()
}

/// Every input that the vectors and core's own writers give, by target.
fn seeds() -> Seeds {
    let mut seeds = Seeds::new();
    let mut add = |target: &'static str, name: &str, bytes: &[u8]| {
        assert!(TARGETS.iter().any(|(known, _)| *known == target), "{target}");
        seeds.entry(target).or_default().push((name.to_owned(), bytes.to_vec()));
    };
    from_messages(&vectors("messages.json"), &mut add);
    from_transport(&vectors("transport.json"), &mut add);
    from_configs(&vectors("configs.json"), &mut add);
    from_writers(&mut add);
    from_swarms(&mut add);
    seeds
}

fn vectors(file: &str) -> Value {
    // The committed vectors, whatever other folder the vector tests are pointed at: the corpora are committed too.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(file);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn from_messages(file: &Value, add: &mut dyn FnMut(&'static str, &str, &[u8])) {
    let hexed = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    for (number, account) in file["accounts"]["derived"].as_array().unwrap().iter().enumerate() {
        add("account_id", &format!("derived-{number}"), account["account_id"].as_str().unwrap().as_bytes());
        for name in ["session_recovery_password", "bip39_english_12"] {
            add("recovery_phrase", &format!("{name}-{number}"), account[name].as_str().unwrap().as_bytes());
        }
    }
    for list in ["phrases", "rejected", "import_disambiguation"] {
        for (number, item) in file["accounts"][list].as_array().unwrap().iter().enumerate() {
            add("recovery_phrase", &format!("{list}-{number}"), item["phrase"].as_str().unwrap().as_bytes());
        }
    }
    for (number, account) in file["recovery_password_25"]["accounts"].as_array().unwrap().iter().enumerate() {
        let words = account["recovery_password"].as_str().unwrap();
        add("recovery_phrase", &format!("recovery_password_25-{number}"), words.as_bytes());
    }
    for (name, sample) in file["content_samples"].as_object().unwrap() {
        add("content", name, &hexed(sample));
        add("sealed_content", name, &wire::padding::pad(&hexed(sample)));
        add("padding", name, &wire::padding::pad(&hexed(sample)));
    }
    let v1 = &file["v1"];
    for case in ["direct", "sync_copy"] {
        add("content", case, &hexed(&v1[case]["content_protobuf"]));
        add("sealed_box", case, &hexed(&v1[case]["sealed"]));
        add("envelope", case, &hexed(&v1[case]["swarm_payload"]));
        add("incoming_message", case, &hexed(&v1[case]["swarm_payload"]));
    }
    add("sealed_box", "wrong_recipient", &hexed(&v1["reject_wrong_recipient_binding"]["sealed"]));
    let bare = hexed(&v1["direct"]["envelope"]);
    add("envelope", "bare", &bare);
    add("incoming_message", "bare", &bare);
}

fn from_transport(file: &Value, add: &mut dyn FnMut(&'static str, &str, &[u8])) {
    let hexed = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    for (number, item) in file["v4_codec"]["items"].as_array().unwrap().iter().enumerate() {
        let target = if item["kind"] == "request" { "v4_request" } else { "v4_response" };
        add(target, &format!("codec-{number}"), item["encoded"].as_str().unwrap().as_bytes());
        add("bencode", &format!("codec-{number}"), item["encoded"].as_str().unwrap().as_bytes());
    }
    let nodes = hexed(&file["active_nodes_bin"]["blob_hex"]);
    add("active_nodes", "vector", &nodes);
    add("active_nodes_pool", "vector", &nodes);
    for (number, item) in file["onion_requests"]["items"].as_array().unwrap().iter().enumerate() {
        add("combined", &format!("request-{number}"), &hexed(&item["http_body"]));
        let reply = &item["response"];
        if let Some(text) = reply["http_body_text"].as_str() {
            add("node_reply_closed", &format!("request-{number}"), text.as_bytes());
        }
        if let Some(opened) = reply["decrypted"].as_str() {
            add("node_reply", &format!("request-{number}"), opened.as_bytes());
            if let Some(body) = serde_json::from_str::<Value>(opened).unwrap()["body"].as_str() {
                add("swarm_time", &format!("request-{number}"), body.as_bytes());
            }
        }
        if reply["decrypted_hex"].is_string() {
            add("v4_response", &format!("request-{number}"), &hexed(&reply["decrypted_hex"]));
            add("bencode", &format!("request-{number}"), &hexed(&reply["decrypted_hex"]));
        }
    }
    for (number, item) in file["message_hash"].as_array().unwrap().iter().enumerate() {
        add("swarm_hash", &format!("hash-{number}"), item["hash"].as_str().unwrap().as_bytes());
        add("swarm_hash", &format!("owner-{number}"), item["pubkey"].as_str().unwrap().as_bytes());
        let message = json!({ "hash": item["hash"], "timestamp": 1, "expiration": 2, "data": item["data_b64"] });
        let body = json!({ "messages": [message], "more": false, "t": NOON.as_millis(), "hf": [19, 4] }).to_string();
        add("swarm_retrieved", &format!("hash-{number}"), body.as_bytes());
    }
}

fn from_configs(file: &Value, add: &mut dyn FnMut(&'static str, &str, &[u8])) {
    let mut revisions: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, block) in file.as_object().unwrap() {
        for (field, value) in block.as_object().into_iter().flatten() {
            let Some(bytes) = value.as_str().and_then(|text| hex::decode(text).ok()) else { continue };
            match &bytes[..] {
                [b'd', b'1', b':', b'#', ..] => revisions.push((format!("{name}-{field}"), bytes)),
                [b'd', b'1', b':', b'!', ..] => add("config_dump", &format!("{name}-{field}"), &bytes),
                // Sealed with the vectors' own account; still a wrapping.
                [0x08, 0x01, ..] => add("config_stored", &format!("{name}-{field}"), &bytes),
                _ => {}
            }
        }
    }
    let keys = ConfigKeys::account(&BOB);
    for (name, text) in &revisions {
        let Ok(revision) = Revision::parse(text.clone(), None) else { continue };
        add("config_revision", name, text);
        add("config_payload", name, text);
        add("config_payload", &format!("{name}-z"), &config::compress::compress(text, 1).unwrap());
        add("config_tree", name, &config::text::write(&revision.message.data));
        let stored = config::seal::close(&keys, CONFIG, revision.message.seqno, text).unwrap();
        add("config_stored", &format!("{name}-own"), &stored[0]);
        let mut document = Document::new(CONFIG);
        document.merge(&keys, &[Incoming { hash: "hash", data: &stored[0] }], NOON);
        add("config_dump", name, &document.dump());
        document.edit(|data| data.put("n", "Bob"));
        add("config_dump", &format!("{name}-dirty"), &document.dump());
    }
    let list = |names: &[&str]| {
        let chosen = names.iter().map(|name| &revisions.iter().find(|(found, _)| found.ends_with(name)).unwrap().1[..]);
        wire::bencode::encode(&wire::bencode::Value::List(chosen.map(wire::bencode::Value::Bytes).collect()))
    };
    add("config_merge", "two", &list(&["base_seqno1", "update_a_seqno2", "update_b_seqno2"]));
    let chain = ["msg_123", "msg_124a", "msg_125a", "msg_125b", "msg_120b"];
    add("config_merge", "chain", &list(&chain));
    let part = [&b"ml32:"[..], &[1; 32], b"1:\x001:\x023:abce"].concat();
    add("config_payload", "part", &part);
}

fn from_writers(add: &mut dyn FnMut(&'static str, &str, &[u8])) {
    for (name, text) in [("plain", "Ana"), ("spaces", "  Ana  "), ("empty", ""), ("long", &"\u{1f600}".repeat(101))] {
        add("display_name", name, text.as_bytes());
    }
    let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
    for (name, text) in
        [("face", "\u{1f602}"), ("family", family), ("flag", "\u{1f1e9}\u{1f1ea}"), ("key", "1\u{fe0f}\u{20e3}")]
    {
        add("emoji", name, text.as_bytes());
    }
    from_authors(add);
    from_servers(add);
}

/// What the words of a message may hold.
fn from_authors(add: &mut dyn FnMut(&'static str, &str, &[u8])) {
    let id = OWNER.to_string();
    for (name, text) in [
        ("card", format!("Ana\n{id}")),
        ("emoji", format!("Ana \u{1f9c5}\n{}", id.to_uppercase())),
        ("turned", format!("\u{202e}anA\n{id}")),
        ("text", format!("Ana: {id}")),
    ] {
        add("contact_card", name, text.as_bytes());
    }
    let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
    for (name, text) in [
        ("words", "one two. Three\nfour\n\nfive "),
        ("no_blanks", "\u{4e00}\u{4e8c}\u{4e09}\u{3002}"),
        ("signs", &format!("{family}\u{1f1e9}\u{1f1ea}e\u{301} \u{301}\r\n")),
    ] {
        add("split_text", name, text.as_bytes());
    }
    for (name, bytes) in [
        ("text", &b"\x0a\x0a\x42\x08\x08\x05\x1a\x01x\x12\x01a"[..]),
        ("file", b"\x0a\x0c\x42\x0a\x08\x05\x22\x06\x12\x04a.md"),
        ("newer", b"\x0a\x02\x0a\x00\xc2\x02\x01x"),
    ] {
        add("quoted_words", name, bytes);
    }
    add("account_id", "upper", OWNER.to_string().to_uppercase().as_bytes());
    add("account_id", "group", format!("03{}", "ab".repeat(32)).as_bytes());
}

/// What servers and nodes answer.
fn from_servers(add: &mut dyn FnMut(&'static str, &str, &[u8])) {
    add("network_description", "mainnet", Network::mainnet().to_json().as_bytes());
    add("network_description", "testnet", Network::testnet().to_json().as_bytes());
    for (name, bytes) in [("number", &b"i-42e"[..]), ("nested", b"lli1eeld1:a0:ee"), ("dict", b"d1:ai1e1:bl2:hiee")] {
        add("bencode", name, bytes);
    }
    add("combined", "empty", &wire::combined::encode(b"", "{}"));
    add("v4_request", "body", &wire::onion_v4::encode_request("POST", "/file", &[], Some(b"bytes")));
    let reply = json!({ "status": 200, "body": "{\"t\":1774000000123}" }).to_string();
    add("node_reply", "status", reply.as_bytes());
    add("node_reply", "status_code", b"{\"status_code\":421,\"body\":{\"snodes\":[]}}");
    for (cipher, target, nonce) in [(Cipher::XChaCha20, "layer_xchacha", 24), (Cipher::AesGcm, "layer_aes", 12)] {
        let closed = layer(cipher).encrypt_with_nonce(&vec![7; nonce], reply.as_bytes()).unwrap();
        add(target, "reply", &closed);
        add("node_reply_closed", target, STANDARD.encode(&closed).as_bytes());
        let wrapped = json!({ "result": STANDARD.encode(&closed) }).to_string();
        add("node_reply_closed", &format!("{target}-wrapped"), wrapped.as_bytes());
    }
    let key = hex::encode(BOB.ed25519_public());
    let entry = json!({
        "public_ip": "10.0.0.1", "storage_port": 22021, "storage_lmq_port": 22020, "pubkey_ed25519": key,
        "pubkey_x25519": hex::encode(BOB.x25519_public()), "swarm": "7fffffffffffffff",
        "storage_server_version": [2, 11, 0], "requested_unlock_height": 0,
    });
    let list = json!({ "service_node_states": [entry], "height": 100 });
    add("node_list", "bare", list.to_string().as_bytes());
    add("node_list", "seed", json!({ "jsonrpc": "2.0", "id": 0, "result": list }).to_string().as_bytes());
    add("node_list", "node", json!({ "result": { "result": list }, "t": 1 }).to_string().as_bytes());
    let other_form =
        json!({ "service_node_states": [entry, { "public_ip": 7, "storage_server_version": "2.8.0" }, 7] });
    add("node_list", "odd", other_form.to_string().as_bytes());
    add("node_list_agreed", "two", format!("{list}\n{other_form}\n{{}}").as_bytes());
    let cache = json!({
        "network": "mainnet", "date": "2026-03-20", "fetched_at": NOON.as_millis(), "height": 100,
        "service_node_states": [entry], "vouched_by": "nodes",
        "strikes": [{ "pubkey_ed25519": key, "at": [NOON.as_millis(), NOON.as_millis(), 1, 2] }, { "at": 7 }, 7],
        "seeds": { "heard_at": NOON.as_millis(), "silent_for": 86_400_000, "silent_at": NOON.as_millis() },
    });
    add("cache_file", "whole", cache.to_string().as_bytes());
    add("node_reply", "twice", b"{\"status\":200,\"body\":{\"a\":[1.5]},\"body\":null,\"x\":{}}");
    let [_, middle, _] = ROUTE.hops;
    add("path_failure", "middle", format!("Next node not found: {middle}").as_bytes());
    add("path_failure", "nobody", b"Next node is currently unreachable: ");
    let guards = onionskin_core::onion::PathSnapshot::default();
    add("path_snapshot", "empty", serde_json::to_string(&guards).unwrap().as_bytes());
    let kept =
        json!({ "swarms": [{ "address": OWNER.to_string(), "members": [key], "learned_at": NOON.as_millis() }] });
    add("swarm_snapshot", "one", kept.to_string().as_bytes());
}

/// Answers of a swarm whose only member signs with Bob's key.
fn from_swarms(add: &mut dyn FnMut(&'static str, &str, &[u8])) {
    let (owner, hash, noon) = (OWNER.to_string(), HASH.as_str(), NOON.as_millis());
    let member = hex::encode(BOB.ed25519_public());
    let answer = |text: &str, mut fields: Value| {
        fields["signature"] = STANDARD.encode(BOB.sign(text.as_bytes())).into();
        json!({ "swarm": { &member: fields }, "t": noon, "hf": [19, 4] }).to_string()
    };
    let stored = answer(hash, json!({ "hash": hash, "expiry": noon + 1, "already": true }));
    let failed = json!({ "swarm": { &member: { "failed": true, "timeout": true } }, "t": noon }).to_string();
    let deleted = answer(&format!("{owner}{hash}{hash}"), json!({ "deleted": [hash] }));
    let groups = json!({ "0": [hash], "-21": [] });
    let deleted_all = answer(&format!("{owner}{noon}{hash}"), json!({ "deleted": groups }));
    let unchanged = json!({ hash: noon });
    let kept = json!({ "updated": [], "unchanged": unchanged, "expiry": noon });
    let expired = answer(&format!("{owner}{noon}{hash}{hash}{noon}"), kept);
    let each = json!({ "updated": [hash], "expiry": [noon] });
    let expired_each = answer(&format!("{owner}{noon}{hash}{hash}"), each);
    let expired_all = answer(&format!("{owner}{noon}{hash}"), json!({ "updated": { "0": [hash] } }));
    let revoked = answer(&format!("{owner}{noon}"), json!({ "count": 1 }));
    let swarm = json!({ "snodes": [{
        "ip": "10.0.0.1", "port": "22021", "port_https": 22021, "port_omq": 22020, "pubkey_ed25519": member,
    }], "swarm": "7fffffffffffffff", "t": noon, "hf": [19, 4] })
    .to_string();
    let data = STANDARD.encode(b"hello");
    let messages = json!({ "messages": [
        { "hash": hash, "timestamp": noon, "expiration": noon + 1, "data": data },
        { "hash": hash, "timestamp": "x", "expiration": -1, "data": "&" }, 7, {},
    ], "more": true, "t": noon, "hf": [19, 4] })
    .to_string();
    let batch = json!({ "results": [
        { "code": 200, "body": serde_json::from_str::<Value>(&messages).unwrap() }, { "code": 421, "body": "no" }, { "code": 200 },
    ]})
    .to_string();
    for (target, name, text) in [
        ("swarm_stored", "proof", &stored),
        ("swarm_stored", "failed", &failed),
        ("swarm_deleted", "proof", &deleted),
        ("swarm_deleted", "failed", &failed),
        ("swarm_deleted_all", "proof", &deleted_all),
        ("swarm_expired", "unchanged", &expired),
        ("swarm_expired", "each", &expired_each),
        ("swarm_expired_all", "proof", &expired_all),
        ("swarm_revoked", "proof", &revoked),
        ("swarm_members", "one", &swarm),
        ("swarm_retrieved", "messages", &messages),
        ("swarm_batch", "three", &batch),
        ("swarm_time", "batch", &batch),
        ("swarm_time", "stored", &stored),
    ] {
        add(target, name, text.as_bytes());
    }
    add("swarm_expiries", "one", json!({ "expiries": { hash: noon } }).to_string().as_bytes());
}
