//! Seeds: where the first node list comes from, over pinned TLS, in the clear for nobody else.

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::{Value, json};

use crate::clock::{self, SharedClock};
use crate::network::Seed;

use super::error::OnionError;
use super::node::NodeList;
use super::tls;
use super::transport::{TransportError, http_client, read_limited};

/// Asks all seeds at once and takes the first list of at least `min_nodes`; up to `attempts` rounds.
///
/// The waits between rounds are 1 s, 2 s, 4 s.
pub(super) async fn fetch(
    seeds: &[Seed],
    min_nodes: usize,
    attempts: u32,
    clock: &SharedClock,
) -> Result<NodeList, OnionError> {
    if seeds.is_empty() {
        // Waiting would not make one appear: the network is described by its list alone.
        return Err(OnionError::Offline);
    }
    let mut reached = false;
    for attempt in 0..attempts.max(1) {
        if attempt > 0 {
            clock::sleep(&**clock, FIRST_WAIT * 2_u32.saturating_pow(attempt - 1)).await;
        }
        match ask_all(seeds, min_nodes, clock).await {
            Round::Took(list) => return Ok(list),
            Round::Reached => reached = true,
            Round::Silence => {}
        }
    }
    Err(if reached { OnionError::NoNodes } else { OnionError::Offline })
}

/// Asks all seeds and gives every list of at least `min_nodes`.
pub(super) async fn ask_each(seeds: &[Seed], min_nodes: usize, clock: &SharedClock) -> Vec<NodeList> {
    let answers = futures_util::future::join_all(seeds.iter().map(|seed| fetch_one(seed, clock))).await;
    answers.into_iter().flatten().filter(|list| list.nodes.len() >= min_nodes).collect()
}

/// What one round over all seeds brought.
enum Round {
    Took(NodeList),
    /// No list, yet somebody was there.
    Reached,
    Silence,
}

async fn ask_all(seeds: &[Seed], min_nodes: usize, clock: &SharedClock) -> Round {
    let mut answers: FuturesUnordered<_> = seeds.iter().map(|seed| fetch_one(seed, clock)).collect();
    let mut round = Round::Silence;
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(list) if list.nodes.len() >= min_nodes => return Round::Took(list),
            Ok(_) => {
                tracing::warn!("seed answered with a list that is too short");
                round = Round::Reached;
            }
            Err(TransportError::Unreachable) => {}
            Err(_) => round = Round::Reached,
        }
    }
    round
}

async fn fetch_one(seed: &Seed, clock: &SharedClock) -> Result<NodeList, TransportError> {
    let exchange = async {
        let client = tls::for_seed(seed).and_then(http_client).map_err(|_| TransportError::Unreachable)?;
        let url = format!("{}/json_rpc", seed.url.trim_end_matches('/'));
        let response =
            client.post(url).json(&request()).send().await.map_err(|error| super::transport::broken(&error))?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(TransportError::Broken);
        }
        let body = read_limited(response, MAX_LIST_BYTES).await?;
        off_the_async_threads(move || NodeList::parse(&body)).await.ok_or(TransportError::Broken)
    };
    clock::with_timeout(&**clock, TIMEOUT, exchange).await.unwrap_or(Err(TransportError::Unreachable))
}

/// Reads a list beside the requests: each of two thousand keys is checked, which takes a while.
pub(super) async fn off_the_async_threads(
    read: impl FnOnce() -> Option<NodeList> + Send + 'static,
) -> Option<NodeList> {
    tokio::task::spawn_blocking(read).await.ok().flatten()
}

/// The JSON-RPC request. No `limit`: a part of the list would look as if the other nodes had left.
fn request() -> Value {
    json!({ "jsonrpc": "2.0", "id": 0, "method": "get_n_service_nodes", "params": list_params() })
}

/// What is asked about each node; `swarm` lets us map accounts to swarms without asking anybody.
///
/// Source: session-foundation/oxen-core `src/rpc/core_rpc_server_commands_defs.h` (`GET_SERVICE_NODES`).
pub(super) fn list_params() -> Value {
    json!({
        "active_only": true,
        "fields": {
            "public_ip": true, "storage_port": true, "storage_lmq_port": true, "pubkey_ed25519": true,
            "pubkey_x25519": true, "swarm": true, "storage_server_version": true,
            "requested_unlock_height": true, "height": true,
        },
    })
}

/// Rounds over the seeds when there is nothing else, as the desktop client makes.
pub(super) const ATTEMPTS: u32 = 4;

/// Time limit of one seed's answer, as official clients have it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Wait before the second round; doubles from there.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest list that is read: 2,000 nodes take about 0.8 MB.
pub(super) const MAX_LIST_BYTES: usize = 8 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_asks_for_the_whole_list_with_the_fields_we_read() {
        let request = request();
        assert_eq!(request["method"], "get_n_service_nodes");
        assert!(request["params"].get("limit").is_none());
        assert_eq!(request["params"]["fields"].as_object().unwrap().len(), 9);
    }

    #[test]
    fn garbage_from_a_seed_is_no_list() {
        for garbage in ["", "[]", "{}", "{\"result\":{}}", "{\"result\":{\"service_node_states\":7}}", "\u{0}\u{1}"] {
            assert!(NodeList::parse(garbage.as_bytes()).is_none(), "{garbage}");
        }
        assert_eq!(NodeList::parse(b"{\"result\":{\"service_node_states\":[]}}").unwrap().nodes.len(), 0);
    }

    #[tokio::test]
    async fn seeds_that_cannot_be_reached_mean_offline() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let clock = crate::clock::SystemClock::shared();
        let seeds = [Seed { url, pin: None, other: std::collections::BTreeMap::new() }];
        assert_eq!(fetch(&seeds, 1, 1, &clock).await, Err(OnionError::Offline));
        assert_eq!(fetch(&[], 1, 1, &clock).await, Err(OnionError::Offline));
    }
}
