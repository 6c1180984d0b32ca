//! Onion requests: both ciphers, all ends, and every way in which they can be wrong.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client::{Account, Client, SenderKey, Spelling, ask, comb};
use super::network;

#[tokio::test]
async fn three_hops_reach_a_node_in_every_spelling_of_both_ciphers() {
    let network = network().await;
    let spellings = ["aes-gcm", "gcm", "xchacha20", "xchacha20-poly1305"].map(Spelling::Named);
    for spelling in spellings.into_iter().chain([Spelling::Default]) {
        let client = Client { spelling, ..Client::of(&network) };
        let info = client.rpc_by(&[0, 1, 2], 3, "info", json!({})).await.unwrap();
        assert_eq!(info.status, 200, "{spelling:?}: {}", info.text);
        assert_eq!(info.json()["version"], json!([2, 11, 0]));
        assert_eq!(info.json()["hf"], json!([21, 0]));
        assert_eq!(info.json()["t"], info.json()["timestamp"]);
    }
    let journey = network.journeys().pop().unwrap();
    assert_eq!((journey.nodes.clone(), journey.path()), (vec![0, 1, 2, 3], &[0, 1, 2][..]));
    assert_eq!((journey.methods, journey.status), (vec!["info".to_owned()], Some(200)));
}

#[tokio::test]
async fn the_flags_json_and_base64_change_the_form_of_the_answer() {
    let network = network().await;
    let client = Client::of(&network);
    let info = br#"{"method":"info","params":{}}"#;
    let (answer, key) = client.send(&[0, 1, 2], 3, info, json!({"json": true})).await.unwrap();
    let opened: Value = serde_json::from_slice(&key.open(&STANDARD.decode(&answer.body).unwrap()).unwrap()).unwrap();
    assert!(opened["body"]["t"].is_u64(), "embedded");
    let (answer, key) = client.send(&[0, 1, 2], 3, info, json!({"base64": false})).await.unwrap();
    let opened: Value = serde_json::from_slice(&key.open(&answer.body).unwrap()).unwrap();
    assert!(opened["body"].is_string(), "raw ciphertext, body as text");
    // Binary results are base64 inside.
    let (answer, key) =
        client.send(&[0, 1, 2], 3, br#"{"method":"active_nodes_bin","params":{}}"#, json!({})).await.unwrap();
    let opened: Value = serde_json::from_slice(&key.open(&STANDARD.decode(&answer.body).unwrap()).unwrap()).unwrap();
    assert_eq!(STANDARD.decode(opened["body"].as_str().unwrap()).unwrap().len(), 12 * 51);
}

#[tokio::test]
async fn any_number_of_hops_works_up_to_the_limit() {
    let network = network().await;
    let client = Client::of(&network);
    for hops in [0, 1, 2, 14] {
        let path: Vec<usize> = (0..hops).map(|hop| hop % 5).collect();
        assert_eq!(client.rpc_by(&path, 6, "info", json!({})).await.unwrap().status, 200, "{hops} relays");
    }
    let path: Vec<usize> = (0..15).map(|hop| hop % 5).collect();
    let answer = client.rpc_by(&path, 6, "info", json!({})).await.unwrap();
    assert_eq!((answer.path, answer.says()), (true, (400, "onion request max path length exceeded")));
}

#[tokio::test]
async fn path_errors_come_in_clear_text_with_the_words_of_nodes() {
    let network = network().await;
    let client = Client::of(&network);
    let key = SenderKey::new(Spelling::Default, &[9; 32]);
    let mut route = key.control.clone();
    route["destination"] = "ab".repeat(32).into();
    let lost = client.post(0, client.wrap(&[0, 1, 2], route, key.seal(b"x"))).await.unwrap();
    assert_eq!((lost.status, lost.text()), (502, &*format!("Next node not found: {}", "ab".repeat(32))));

    // Encrypted for somebody else than the node that gets it.
    let mut route = key.control.clone();
    route["destination"] = network.node(3).key_hex().into();
    let wrong = client.post(0, client.wrap(&[0, 1, 2], route, key.seal(b"x"))).await.unwrap();
    assert_eq!((wrong.status, wrong.text()), (400, "Invalid ciphertext"));

    let broken = client.post(0, b"nonsense".to_vec()).await.unwrap();
    assert_eq!(broken.status, 400);
    assert!(broken.text().starts_with("Error parsing onion request: "), "{}", broken.text());
}

#[tokio::test]
async fn a_layer_that_is_not_understood_is_answered_encrypted() {
    let network = network().await;
    let guard = hex::decode(network.node(0).x25519_hex()).unwrap().try_into().unwrap();
    for content in [b"????".to_vec(), comb(b"", &json!({})), comb(b"", &json!({"host": 5}))] {
        let key = SenderKey::new(Spelling::Named("xchacha20"), &guard);
        let answer = Client::of(&network).post(0, comb(&key.seal(&content), &key.control)).await.unwrap();
        assert_eq!(answer.status, 200);
        let opened: Value =
            serde_json::from_slice(&key.open(&STANDARD.decode(&answer.body).unwrap()).unwrap()).unwrap();
        assert_eq!(opened, json!({"status": 400, "body": "Invalid json"}));
    }
}

#[tokio::test]
async fn an_exit_posts_only_to_onion_paths_of_servers_it_can_find() {
    let network = network().await;
    let client = Client::of(&network);
    let to = |host: &str, target: &str, protocol: &str| {
        let key = SenderKey::new(Spelling::Default, &[9; 32]);
        let mut route = key.control.clone();
        for (name, value) in [("host", host), ("target", target), ("protocol", protocol)] {
            route[name] = value.into();
        }
        route["port"] = 1.into();
        client.wrap(&[0, 1, 2], route, key.seal(b"x"))
    };
    let unknown = client.post(0, to("files.example.org", "/oxen/v4/lsrpc", "http")).await.unwrap();
    assert_eq!((unknown.status, unknown.text()), (502, "Could not resolve host: files.example.org"));
    let closed = client.post(0, to("127.0.0.1", "/oxen/v4/lsrpc", "http")).await.unwrap();
    assert_eq!(closed.status, 502);
    assert!(closed.text().starts_with("Failed to connect"));
    // A wrong path is refused inside the exit's layer, so the guard answers 200.
    assert_eq!(client.post(0, to("127.0.0.1", "/file", "http")).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_exit_speaks_tls_to_loopback_servers_that_want_it() {
    let network = network().await;
    let client = Client::of(&network);
    // The second seed is an https server; it does not know the path, but it was reached.
    for (seed, protocol) in [(0, "http"), (1, "https")] {
        let key = SenderKey::new(Spelling::Default, &[9; 32]);
        let mut route = key.control.clone();
        route["host"] = "localhost".into();
        route["port"] = network.seed(seed).address().port().into();
        route["protocol"] = protocol.into();
        route["target"] = "/oxen/v4/lsrpc".into();
        let answer = client.post(0, client.wrap(&[0, 1, 2], route, key.seal(b"x"))).await.unwrap();
        assert_eq!((answer.status, answer.text()), (404, "Not Found"), "{protocol}");
    }
}

#[tokio::test]
async fn other_paths_and_too_large_bodies_are_refused() {
    let network = network().await;
    let address = network.node(0).address();
    assert_eq!(ask(address, true, "GET", "/onion_req/v2", vec![]).await.unwrap().status, 404);
    assert_eq!(ask(address, true, "POST", "/ping_test/v1", vec![]).await.unwrap().status, 200);
    assert_eq!(ask(address, true, "GET", "/get_stats/v1", vec![]).await.unwrap().status, 200);
    let large = ask(address, true, "POST", "/onion_req/v2", vec![0; 10 * 1024 * 1024 + 1]).await;
    // The node may hang up before everything was sent.
    if let Ok(large) = large {
        assert_eq!((large.status, large.text()), (413, "Request body too large"));
    }
}

#[tokio::test]
async fn storage_rpc_without_an_onion_works_for_development() {
    let network = network().await;
    let address = network.node(0).address();
    let direct = async |body: &str| ask(address, true, "POST", "/storage_rpc/v1", body.into()).await.unwrap();
    let info = direct(r#"{"method":"info","params":{}}"#).await;
    assert_eq!((info.status, info.content_type.as_str()), (200, "application/json"));
    let answers = [
        ("nonsense", "invalid json"),
        (r#"{"params":{}}"#, "invalid json: no `method` field"),
        (r#"{"method":"info"}"#, "invalid json: no `params` field"),
        (r#"{"method":"dance","params":{}}"#, "no method dance"),
        (
            r#"{"method":"get_swarm","params":{"pubkey":"05"}}"#,
            "invalid request: Pubkey must be 66 hex digits (33 bytes) long",
        ),
    ];
    for (request, text) in answers {
        let answer = direct(request).await;
        assert_eq!((answer.status, answer.text()), (400, text));
    }
}

#[tokio::test]
async fn the_log_tells_who_saw_what() {
    let network = network().await;
    let client = Client::of(&network);
    let alice = Account::new();
    let node = network.swarm_of(&alice.id)[0];
    let relays: Vec<usize> = (0..12).filter(|relay| *relay != node).take(3).collect();
    client.rpc_by(&relays, node, "store", alice.letter(b"hi", network.clock().now_ms())).await.unwrap();
    let journeys = network.journeys_of(&alice.id);
    assert_eq!(journeys.len(), 1);
    assert_eq!(journeys[0].path(), relays);
    let roles: Vec<_> = network.requests().iter().map(|seen| (seen.node, seen.role)).collect();
    use crate::Role::{Destination, Guard, Middle};
    assert_eq!(roles, [(relays[0], Guard), (relays[1], Middle), (relays[2], Middle), (node, Destination)]);
    assert!(!network.was_seen_outside(alice.id.as_bytes()));
    assert!(network.was_seen_outside(network.node(relays[1]).key_hex().as_bytes()), "routing is visible to relays");

    let address = network.node(node).address();
    let body = json!({"method": "get_swarm", "params": {"pubkey": alice.id}}).to_string();
    ask(address, true, "POST", "/storage_rpc/v1", body.into()).await.unwrap();
    assert!(network.was_seen_outside(alice.id.as_bytes()), "the direct request shows the account");
    network.clear_log();
    assert!(!network.was_seen_outside(alice.id.as_bytes()));
    assert_eq!(network.stats().onions, 1, "counters stay");
}
