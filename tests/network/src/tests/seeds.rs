//! Seeds, the description, and networks side by side.

use serde_json::{Value, json};

use super::client::{Client, ask};
use super::network;
use crate::{Clock, Fault, Lie, LocalNetwork, Options, When};

const LIST: &str = r#"{"jsonrpc":"2.0","id":0,"method":"get_n_service_nodes","params":{"active_only":true,
    "fields":{"public_ip":true,"storage_port":true,"pubkey_ed25519":true,"pubkey_x25519":true,"swarm":true,"height":true}}}"#;

async fn list(network: &LocalNetwork, seed: usize) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
    let tls = network.description()["seeds"][seed].get("pin").is_some();
    Ok(ask(network.seed(seed).address(), tls, "POST", "/json_rpc", LIST.as_bytes().to_vec()).await?.json())
}

#[tokio::test]
async fn both_kinds_of_seeds_tell_all_nodes() {
    let network = network().await;
    let description = network.description();
    for (number, seed) in description["seeds"].as_array().unwrap().iter().enumerate() {
        let address = network.seed(number).address();
        let tls = seed.get("pin").is_some();
        let answer = ask(address, tls, "POST", "/json_rpc", LIST.as_bytes().to_vec()).await.unwrap();
        assert_eq!(answer.content_type, "application/json");
        assert_eq!(answer.pin.as_deref(), seed.get("pin").and_then(Value::as_str));
        let result = &answer.json()["result"];
        let states = result["service_node_states"].as_array().unwrap();
        assert_eq!(states.len(), 12);
        for (state, node) in states.iter().zip(network.nodes()) {
            assert_eq!(state["pubkey_ed25519"], node.key_hex());
            assert_eq!(state["pubkey_x25519"], node.x25519_hex());
            assert_eq!(state["public_ip"], "127.0.0.1");
            assert_eq!(state["storage_port"], node.address().port());
            assert_eq!(state["swarm"], format!("{:x}", node.swarm().unwrap()));
            assert_eq!(state.as_object().unwrap().len(), 5, "only what was asked for");
        }
        assert!(result["height"].as_u64().unwrap() > 0);
    }
    assert_eq!(network.stats().seeds, 2);
}

#[tokio::test]
async fn the_chain_grows_with_the_clock() {
    let network = network().await;
    let before = network.node_list()["height"].as_u64().unwrap();
    network.clock().forward(std::time::Duration::from_secs(1_200));
    assert_eq!(network.node_list()["height"].as_u64().unwrap(), before + 10);
}

#[tokio::test]
async fn a_stopped_seed_comes_back_on_its_port() {
    let network = network().await;
    for _ in 0..3 {
        network.stop_seeds();
        for seed in 0..2 {
            assert!(list(&network, seed).await.is_err());
        }
        network.restart_seeds();
        for seed in 0..2 {
            assert_eq!(
                list(&network, seed).await.unwrap()["result"]["service_node_states"].as_array().unwrap().len(),
                12
            );
        }
    }
}

#[tokio::test]
async fn a_seed_can_lie_and_fail() {
    let network = network().await;
    let count = |list: Value| list["result"]["service_node_states"].as_array().unwrap().len();
    network.seed(0).fault_when(Fault::LyingList(Lie::Extra(3)), When::always().next(1));
    assert_eq!(count(list(&network, 0).await.unwrap()), 15);
    network.seed(0).fault_when(Fault::LyingList(Lie::Invented(4)), When::always().next(1));
    assert_eq!(count(list(&network, 0).await.unwrap()), 4);
    network.seed(0).fault_when(Fault::Truncated, When::always().next(1));
    assert!(list(&network, 0).await.is_err());
    assert_eq!(count(list(&network, 0).await.unwrap()), 12);
    let answer = ask(network.seed(0).address(), false, "GET", "/", vec![]).await.unwrap();
    assert_eq!(answer.status, 404);
    let unknown = br#"{"jsonrpc":"2.0","id":7,"method":"dance"}"#.to_vec();
    let answer = ask(network.seed(0).address(), false, "POST", "/json_rpc", unknown).await.unwrap();
    assert_eq!(answer.json()["error"]["code"], -32601);
}

#[tokio::test]
async fn networks_of_several_sizes_live_side_by_side_and_leave_nothing_behind() {
    let mut networks = Vec::new();
    for (nodes, swarms) in [(12, 3), (15, 5), (30, 6)] {
        let options = Options { nodes, swarms, ..Options::default() };
        networks.push(LocalNetwork::start(options).await.unwrap());
    }
    let mut addresses = Vec::new();
    for network in &networks {
        assert_eq!(Client::of(network).rpc(4, "info", json!({})).await.status, 200);
        addresses.extend(network.nodes().map(|node| node.address()));
        assert!(network.nodes().all(|node| network.swarms().contains(&node.swarm().unwrap())));
    }
    let all = addresses.len();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), all, "every node has a port of its own");
    for network in networks {
        let address = network.node(0).address();
        network.stop().await;
        assert!(ask(address, true, "GET", "/get_stats/v1", vec![]).await.is_err());
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_keys() {
    let options = Options { keys: Some([7; 32]), clock: Clock::new(), ..Options::default() };
    let one = LocalNetwork::start(options.clone()).await.unwrap();
    let two = LocalNetwork::start(options).await.unwrap();
    let keys = |network: &LocalNetwork| network.nodes().map(|node| node.key_hex()).collect::<Vec<_>>();
    assert_eq!(keys(&one), keys(&two));
    assert_eq!(one.file_server_x25519(), two.file_server_x25519());
    assert_ne!(keys(&one), keys(&network().await));
}

#[tokio::test]
async fn the_description_has_the_fields_that_clients_read() {
    let network = network().await;
    let description: Value = serde_json::from_str(&network.description_json()).unwrap();
    let names: Vec<&str> = description.as_object().unwrap().keys().map(String::as_str).collect();
    let wanted = ["file_server", "min_pool", "name", "node_tls", "path_count", "seeds", "subnet_rule", "version"];
    assert_eq!(names, wanted);
    assert_eq!((&description["version"], &description["subnet_rule"]), (&json!(1), &json!(false)));
    assert_eq!(description["file_server"]["ed25519"].as_str().unwrap().len(), 64);
    assert!(description["seeds"][0]["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert!(description["seeds"][1]["url"].as_str().unwrap().starts_with("https://127.0.0.1:"));
}
