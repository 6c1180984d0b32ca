//! Storage RPC over onions.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client::{Account, Client, Rpc, node_signed};
use super::network;
use crate::{Fault, LocalNetwork};

const HOUR: u64 = 3_600_000;

fn stored_data(answer: &Rpc) -> Vec<Vec<u8>> {
    let messages = answer.json()["messages"].as_array().unwrap().clone();
    messages.iter().map(|message| STANDARD.decode(message["data"].as_str().unwrap()).unwrap()).collect()
}

async fn read(network: &LocalNetwork, who: &Account, node: usize, namespace: i16) -> Vec<Vec<u8>> {
    let answer = Client::of(network).rpc(node, "retrieve", who.retrieve(namespace, network.clock().now_ms())).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    stored_data(&answer)
}

#[tokio::test]
async fn a_letter_reaches_every_member_of_the_swarm_and_each_signs_for_it() {
    let network = network().await;
    let (client, alice) = (Client::of(&network), Account::new());
    let members = network.swarm_of(&alice.id);
    assert_eq!(members.len(), 4);
    let now = network.clock().now_ms();
    let answer = client.rpc(members[0], "store", alice.letter(b"hello", now)).await.json();
    let swarm = answer["swarm"].as_object().unwrap();
    assert_eq!(swarm.len(), 4);
    for (key, result) in swarm {
        assert!(network.node_by_key(key).is_some_and(|node| members.contains(&node.number())));
        assert!(node_signed(key, result, result["hash"].as_str().unwrap()));
        assert_eq!(result["expiry"], now + 60_000);
        assert_eq!(result.get("already"), None);
    }
    assert!(answer["t"].is_u64() && answer["hf"].is_array());
    for member in members {
        assert_eq!(read(&network, &alice, member, 0).await, [b"hello"]);
    }
    // The same letter again: known everywhere.
    let again = client.rpc(network.swarm_of(&alice.id)[1], "store", alice.letter(b"hello", now)).await.json();
    assert!(again["swarm"].as_object().unwrap().values().all(|result| result["already"] == true));
}

#[tokio::test]
async fn another_swarm_answers_421_and_names_the_right_one() {
    let network = network().await;
    let (client, alice) = (Client::of(&network), Account::new());
    let members = network.swarm_of(&alice.id);
    let stranger = (0..12).find(|node| !members.contains(node)).unwrap();
    let now = network.clock().now_ms();
    let answer = client.rpc(stranger, "store", alice.letter(b"hello", now)).await;
    assert_eq!(answer.status, 421);
    let named: Vec<usize> = answer.json()["snodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| network.node_by_key(node["pubkey_ed25519"].as_str().unwrap()).unwrap().number())
        .collect();
    assert_eq!(named, members);
    let swarm = client.rpc(stranger, "get_snodes_for_pubkey", json!({"pubkey": alice.id})).await.json();
    assert_eq!((&swarm["snodes"], &swarm["swarm"]), (&answer.json()["snodes"], &answer.json()["swarm"]));
    assert!(swarm["snodes"][0]["port"].is_string() && swarm["snodes"][0]["port_https"].is_u64());
    // Inside a batch the part has the code.
    let part = json!({"method": "retrieve", "params": alice.retrieve(0, now)});
    let batch = client.rpc(stranger, "batch", json!({"requests": [part]})).await;
    assert_eq!((batch.status, &batch.json()["results"][0]["code"]), (200, &json!(421)));
}

#[tokio::test]
async fn an_account_that_moved_is_found_at_its_new_swarm_with_all_its_messages() {
    let network = network().await;
    let alice = Account::new();
    let old = network.swarm_of(&alice.id)[0];
    network.deposit(&alice.id, 0, b"before the move");
    let swarm = network.move_account_away(&alice.id);
    let new = network.swarm_of(&alice.id);
    assert_eq!(network.node(new[0]).swarm(), Some(swarm));
    assert!(!new.contains(&old));
    let answer = Client::of(&network).rpc(old, "retrieve", alice.retrieve(0, network.clock().now_ms())).await;
    assert_eq!(answer.status, 421);
    assert_eq!(read(&network, &alice, new[0], 0).await, [b"before the move"]);

    // And a node that joins a swarm gets what the swarm keeps.
    network.node(old).set_swarm(Some(swarm));
    assert_eq!(read(&network, &alice, old, 0).await, [b"before the move"]);
    network.node(old).set_swarm(None);
    assert!(!network.swarm_of(&alice.id).contains(&old));
}

#[tokio::test]
async fn wrong_signatures_and_clocks_have_their_codes() {
    let network = network().await;
    let (client, alice, mallory) = (Client::of(&network), Account::new(), Account::new());
    let node = network.swarm_of(&alice.id)[0];
    let now = network.clock().now_ms();
    let ask = async |method: &str, params: Value| client.rpc(node, method, params).await;

    let mut forged = mallory.retrieve(0, now);
    forged["pubkey"] = alice.id.clone().into();
    let refused = (401, "retrieve signature verification failed");
    assert_eq!(ask("retrieve", forged.clone()).await.says(), refused, "the key is not the account's");
    assert_eq!(ask("retrieve", alice.signed("something else", json!({"timestamp": now}))).await.says(), refused);
    let unsigned = json!({"pubkey": alice.id});
    assert_eq!(ask("retrieve", unsigned).await.says(), (401, "retrieve: request signature required"));
    for moment in [now - 61_000, now + 70_000] {
        let says = ask("retrieve", alice.retrieve(0, moment)).await;
        assert_eq!(says.says(), (406, "retrieve timestamp too far from current time"));
    }
    assert_eq!(ask("retrieve", alice.retrieve(0, now - 50_000)).await.status, 200);
    let early = ask("store", alice.letter(b"x", now + 20_000)).await;
    assert_eq!(early.says(), (406, "Timestamp error: check your clock"));

    let future = now + 90_000;
    let before = alice.signed(&format!("delete_before{future}"), json!({"before": future}));
    assert_eq!(ask("delete_before", before).await.says(), (401, "delete_before timestamp too far in the future"));
    let past = now - 90_000;
    let hash = network.deposit(&alice.id, 0, b"x");
    let expire = alice.signed(&format!("expire{past}{hash}"), json!({"expiry": past, "messages": [hash]}));
    assert_eq!(ask("expire", expire).await.says(), (401, "expire: timestamp should be >= current time"));
    let all = alice.signed(&format!("expire_all{past}"), json!({"expiry": past}));
    assert_eq!(ask("expire_all", all).await.says(), (406, "expire_all timestamp should be >= current time"));
}

#[tokio::test]
async fn a_node_with_a_wrong_clock_refuses_what_others_accept() {
    let network = network().await;
    let (client, alice) = (Client::of(&network), Account::new());
    let members = network.swarm_of(&alice.id);
    let wrong = network.node(members[0]);
    wrong.fault(Fault::Skew(3_600_000));
    let now = network.clock().now_ms();
    assert_eq!(client.rpc(members[0], "retrieve", alice.retrieve(0, now)).await.status, 406);
    assert_eq!(client.rpc(members[1], "retrieve", alice.retrieve(0, now)).await.status, 200);
    let told = client.rpc(members[0], "info", json!({})).await.json()["timestamp"].as_u64().unwrap();
    assert!(told.abs_diff(now + 3_600_000) < 10_000);
    let store = client.rpc(members[1], "store", alice.store(2, b"config", now, HOUR)).await.json();
    assert_eq!(store["swarm"][wrong.key_hex()]["code"], "406");
    wrong.heal();
    assert_eq!(client.rpc(members[0], "retrieve", alice.retrieve(0, now)).await.status, 200);
}

#[tokio::test]
async fn times_to_live_have_their_limits() {
    let network = network().await;
    let (client, alice) = (Client::of(&network), Account::new());
    let node = network.swarm_of(&alice.id)[0];
    let now = network.clock().now_ms();
    for (ttl, status) in [(9_999, 403), (10_000, 200), (14 * 24 * HOUR, 200), (14 * 24 * HOUR + 1, 403)] {
        let mut letter = alice.letter(format!("{ttl}").as_bytes(), now);
        letter["ttl"] = ttl.into();
        assert_eq!(client.rpc(node, "store", letter).await.status, status, "{ttl}");
    }
    for (ttl, status) in [(30 * 24 * HOUR, 200), (30 * 24 * HOUR + 1, 403)] {
        assert_eq!(client.rpc(node, "store", alice.store(2, b"x", now, ttl)).await.status, status, "{ttl}");
    }
    let mut letter = alice.letter(&vec![0; 76_801], now);
    assert_eq!(client.rpc(node, "store", letter).await.status, 400);
    letter = alice.letter(&vec![0; 76_800], now);
    assert_eq!(client.rpc(node, "store", letter).await.status, 200);
}

#[tokio::test]
async fn messages_expire_on_the_clock_that_tests_move() {
    let network = network().await;
    let alice = Account::new();
    let node = network.swarm_of(&alice.id)[0];
    let now = network.clock().now_ms();
    Client::of(&network).rpc(node, "store", alice.letter(b"soon gone", now)).await;
    assert_eq!(network.stored(&alice.id, 0)[0].1.len(), 1);
    network.clock().forward(Duration::from_secs(61));
    assert_eq!(read(&network, &alice, node, 0).await.len(), 0);
    assert_eq!(network.stored(&alice.id, 0)[0].1.len(), 0);
}

#[tokio::test]
async fn namespaces_are_private_public_or_a_single_place() {
    let network = network().await;
    let (client, alice) = (Client::of(&network), Account::new());
    let node = network.swarm_of(&alice.id)[0];
    let now = network.clock().now_ms();
    let mut unsigned = alice.letter(b"x", now);
    unsigned["namespace"] = 2.into();
    let says = client.rpc(node, "store", unsigned).await;
    assert_eq!(says.says(), (401, "store: signature required to store to namespace 2"));
    for data in [&b"first key"[..], b"second key"] {
        assert_eq!(client.rpc(node, "store", alice.store(-21, data, now, HOUR)).await.status, 200);
    }
    let public = client.rpc(node, "retrieve", json!({"pubkey": alice.id, "namespace": -21})).await;
    assert_eq!(stored_data(&public), [b"second key"], "readable by all, and only the newest");
}

#[tokio::test]
async fn retrieving_goes_on_after_the_last_hash_and_says_when_there_is_more() {
    let network = network().await;
    let (client, alice) = (Client::of(&network), Account::new());
    let node = network.swarm_of(&alice.id)[0];
    for n in 0..5_u8 {
        network.deposit(&alice.id, 0, &[n; 1_000]);
    }
    let now = network.clock().now_ms();
    let mut asked = alice.retrieve(0, now);
    // 1476 for each message.
    asked["max_size"] = 3_000.into();
    let mut seen = Vec::new();
    loop {
        let answer = client.rpc(node, "retrieve", asked.clone()).await;
        seen.extend(stored_data(&answer).iter().map(|data| data[0]));
        let answer = answer.json();
        asked["last_hash"] = answer["messages"].as_array().unwrap().last().unwrap()["hash"].clone();
        assert!(answer["messages"][0]["expiration"].is_u64());
        if answer["more"] == false {
            break;
        }
    }
    assert_eq!(seen, [0, 1, 2, 3, 4]);
    asked["last_hash"] = "A".repeat(43).into();
    asked["max_size"] = (-1).into();
    assert_eq!(stored_data(&client.rpc(node, "retrieve", asked).await).len(), 5, "unknown: everything from the start");
}

#[tokio::test]
async fn messages_are_deleted_by_hash_by_time_and_altogether() {
    let network = network().await;
    let (client, alice) = (Client::of(&network), Account::new());
    let node = network.swarm_of(&alice.id)[0];
    let now = network.clock().now_ms();
    let deposit = |data: &[u8], at: u64| network.deposit_at(&alice.id, 0, data, at, now + HOUR);
    let (one, _two) = (deposit(b"1", now - 50), deposit(b"2", now - 40));
    let deleted = client.rpc(node, "delete", alice.signed(&format!("delete{one}"), json!({"messages": [one]}))).await;
    for (key, result) in deleted.json()["swarm"].as_object().unwrap() {
        assert_eq!(result["deleted"], json!([one]));
        assert!(node_signed(key, result, &format!("{}{one}{one}", alice.id)));
    }
    let again = alice.signed(&format!("delete{one}"), json!({"messages": [one], "required": true}));
    assert_eq!(client.rpc(node, "delete", again).await.status, 404);
    deposit(b"3", now - 10);
    let moment = now - 20;
    let before = alice.signed(&format!("delete_before{moment}"), json!({"before": moment}));
    client.rpc(node, "delete_before", before).await;
    assert_eq!(read(&network, &alice, node, 0).await, [b"3"]);
    network.deposit(&alice.id, 2, b"config");
    let all = alice.signed(&format!("delete_allall{now}"), json!({"namespace": "all", "timestamp": now}));
    let answer = client.rpc(node, "delete_all", all).await.json();
    let by_namespace = &answer["swarm"][network.node(node).key_hex()]["deleted"];
    assert_eq!(by_namespace.as_object().unwrap().keys().collect::<Vec<_>>(), ["0", "2"]);
    assert_eq!(read(&network, &alice, node, 2).await.len(), 0);
}

#[tokio::test]
async fn expiries_are_told_shortened_and_extended() {
    let network = network().await;
    let (client, alice) = (Client::of(&network), Account::new());
    let node = network.swarm_of(&alice.id)[0];
    let key = network.node(node).key_hex();
    let now = network.clock().now_ms();
    let hash = network.deposit_at(&alice.id, 0, b"1", now, now + HOUR);
    let expire = async |kind: &str, expiry: u64| {
        let mut params = json!({"expiry": expiry, "messages": [hash]});
        if !kind.is_empty() {
            params[kind] = true.into();
        }
        let answer = client.rpc(node, "expire", alice.signed(&format!("expire{kind}{expiry}{hash}"), params)).await;
        answer.json()["swarm"][&key].clone()
    };
    let shorter = expire("shorten", now + 2 * HOUR).await;
    assert_eq!((&shorter["updated"], &shorter["unchanged"][&hash]), (&json!([]), &json!(now + HOUR)));
    let longer = expire("extend", now + 2 * HOUR).await;
    assert_eq!((&longer["updated"], &longer["expiry"]), (&json!([hash]), &json!(now + 2 * HOUR)));
    let text = format!("{}{}{hash}{hash}", alice.id, now + 2 * HOUR);
    assert!(node_signed(&key, &longer, &text));
    let capped = expire("", now + 100 * 24 * HOUR).await["expiry"].as_u64().unwrap();
    assert!(capped.abs_diff(now + 30 * 24 * HOUR) < 10_000, "capped at 30 days");
    let ask = alice.signed(&format!("get_expiries{now}{hash}"), json!({"timestamp": now, "messages": [hash]}));
    let told = client.rpc(node, "get_expiries", ask).await.json();
    assert_eq!(told, json!({"expiries": {hash.clone(): capped}}), "no t, no hf");
    let moment = now + HOUR;
    let all = alice.signed(&format!("expire_all{moment}"), json!({"expiry": moment}));
    assert_eq!(client.rpc(node, "expire_all", all).await.json()["swarm"][&key]["updated"], json!([hash]));
}

#[tokio::test]
async fn batches_answer_in_order_and_sequences_stop_at_the_first_failure() {
    let network = network().await;
    let (client, alice) = (Client::of(&network), Account::new());
    let node = network.swarm_of(&alice.id)[0];
    let now = network.clock().now_ms();
    let good = json!({"method": "store", "params": alice.letter(b"1", now)});
    let bad = json!({"method": "retrieve", "params": alice.retrieve(0, now - 100_000)});
    let info = json!({"method": "info", "params": {}});
    let requests = json!({"requests": [good, bad, info]});
    let codes = |answer: Rpc| -> Vec<u64> {
        answer.json()["results"].as_array().unwrap().iter().map(|part| part["code"].as_u64().unwrap()).collect()
    };
    let batch = client.rpc(node, "batch", requests.clone()).await;
    assert_eq!(batch.json().as_object().unwrap().len(), 1, "no t at the top");
    assert_eq!(codes(batch), [200, 406, 200]);
    assert_eq!(codes(client.rpc(node, "sequence", requests).await), [200, 406]);
    let counted = network.stats().methods;
    assert_eq!((counted["batch"], counted["sequence"], counted["info"]), (1, 1, 2));
}

#[tokio::test]
async fn ifelse_chooses_by_version_and_height() {
    let network = network().await;
    let client = Client::of(&network);
    let info = json!({"method": "info", "params": {}});
    let choose = async |condition: Value| {
        let answer = client.rpc(5, "ifelse", json!({"if": condition, "then": info})).await.json();
        (answer["condition"].as_bool().unwrap(), answer.get("result").is_some())
    };
    assert_eq!(choose(json!({"hf_at_least": [19, 4], "v_at_least": [2]})).await, (true, true));
    assert_eq!(choose(json!({"v_before": [2, 11]})).await, (false, false));
    assert_eq!(choose(json!({"height_at_least": 99_999_999})).await, (false, false));
}

#[tokio::test]
async fn the_chain_daemon_is_asked_through_a_node() {
    let network = network().await;
    let client = Client::of(&network);
    let list = json!({"endpoint": "get_service_nodes", "params": {"fields": {"pubkey_ed25519": true}}});
    let answer = client.rpc(2, "oxend_request", list).await.json();
    assert_eq!(answer["result"]["service_node_states"].as_array().unwrap().len(), 12);
    assert!(answer["t"].is_u64());
    network.add_name(&[7; 32], "abcd", "00");
    for name in [STANDARD.encode([7; 32]), hex::encode([7; 32])] {
        let params = json!({"endpoint": "ons_resolve", "params": {"type": 0, "name_hash": name}});
        assert_eq!(client.rpc(2, "oxend_request", params).await.json()["result"]["encrypted_value"], "abcd");
    }
    let params = json!({"endpoint": "ons_resolve", "params": {"type": 0, "name_hash": hex::encode([8; 32])}});
    assert_eq!(client.rpc(2, "oxend_request", params).await.json()["result"], json!({}));
    let other = client.rpc(2, "oxend_request", json!({"endpoint": "stop_daemon"})).await;
    assert_eq!(other.says(), (400, "invalid request: Invalid oxend endpoint 'stop_daemon'"));
}

#[tokio::test]
async fn tests_can_put_look_and_drop() {
    let network = network().await;
    let alice = Account::new();
    let hash = network.deposit(&alice.id, 0, b"\xff not base64, not protobuf");
    let stored = network.stored(&alice.id, 0);
    assert_eq!(stored.len(), 4);
    assert!(stored.iter().all(|(_, messages)| messages.len() == 1 && messages[0].hash == hash));
    assert_eq!(network.drop_messages(&alice.id), 4);
    assert_eq!(read(&network, &alice, stored[0].0, 0).await.len(), 0);
}

/// The requests of the vectors, at the moment for which they are signed, sent over onions.
#[tokio::test]
async fn group_members_read_and_write_until_they_are_revoked() {
    let network = network().await;
    let vectors: Value = serde_json::from_str(include_str!("../../../vectors/transport.json")).unwrap();
    network.clock().set_now_ms(vectors["requests"]["timestamp_ms"].as_u64().unwrap());
    let group = vectors["keys"]["group"]["group_id"].as_str().unwrap();
    let node = network.swarm_of(group)[0];
    let items = vectors["requests"]["items"].as_array().unwrap();
    let find = |method: &str, namespace: Value, member: bool| {
        let fits = |params: &Value| {
            let space = params.get("namespace").cloned().unwrap_or_default();
            params["pubkey"] == group && space == namespace && params.get("subaccount").is_some() == member
        };
        items.iter().find(|item| item["method"] == method && fits(&item["params"])).unwrap()["params"].clone()
    };
    let client = Client::of(&network);
    let ask = async |method: &str, namespace: Value, member: bool| {
        client.rpc(node, method, find(method, namespace, member)).await.status
    };
    assert_eq!(ask("store", json!(11), true).await, 200, "a member writes");
    assert_eq!(ask("retrieve", json!(11), true).await, 200, "and reads");
    assert_eq!(ask("revoke_subaccount", Value::Null, false).await, 200);
    assert_eq!(ask("retrieve", json!(11), true).await, 401);
    assert_eq!(ask("store", json!(11), true).await, 401);
    assert_eq!(ask("retrieve", json!(-11), true).await, 200, "the notice why can still be read");
    assert_eq!(ask("retrieve", json!(11), false).await, 200, "the group itself is not affected");
    assert_eq!(ask("unrevoke_subaccount", Value::Null, false).await, 200);
    assert_eq!(ask("retrieve", json!(11), true).await, 200);
    assert_eq!(ask("delete_all", json!(11), false).await, 200);
    assert!(network.stored(group, 11).iter().all(|(_, messages)| messages.is_empty()));
}
