//! Every fault does what it says, and nothing else.

use std::time::Duration;

use serde_json::json;

use super::client::{Account, Client, Rpc, ask};
use super::network;
use crate::{Fault, Lie, LocalNetwork, Role, When};

const PATH: [usize; 3] = [0, 1, 2];

async fn info(network: &LocalNetwork) -> Result<Rpc, Box<dyn std::error::Error + Send + Sync>> {
    Client::of(network).rpc_by(&PATH, 3, "info", json!({})).await
}

async fn path_error(network: &LocalNetwork) -> (u16, String) {
    let answer = info(network).await.unwrap();
    assert!(answer.path, "{answer:?}");
    (answer.status, answer.text)
}

#[tokio::test]
async fn a_refusing_node_is_gone_at_once_and_back_at_once() {
    let network = network().await;
    let key = network.node(1).key_hex();
    for _ in 0..3 {
        network.node(0).fault(Fault::Refuse);
        assert!(info(&network).await.is_err());
        network.node(0).heal();
        assert_eq!(info(&network).await.unwrap().status, 200);
    }
    assert!(ask(network.node(1).address(), true, "GET", "/get_stats/v1", vec![]).await.is_ok());
    network.node(1).fault(Fault::RefuseTold);
    assert_eq!(path_error(&network).await, (504, "Request time out".to_owned()));
    network.node(1).heal();
    network.node(1).fault(Fault::DeadTold);
    assert_eq!(path_error(&network).await, (502, format!("Next node is currently unreachable: {key}")));
    assert!(ask(network.node(1).address(), true, "GET", "/get_stats/v1", vec![]).await.is_err());
    network.heal_all();
    assert_eq!(info(&network).await.unwrap().status, 200);
}

/// Moves the clock by `time` as soon as a request waits for this node.
async fn once_it_hangs(network: &LocalNetwork, node: usize, time: Duration) {
    network.wait_until(|stats| stats.nodes[node].hung > 0).await.unwrap();
    network.clock().forward(time);
}

#[tokio::test]
async fn a_dead_next_node_is_silence_until_the_time_for_a_hop_is_over() {
    let network = network().await;
    for (node, fault) in [(1, Fault::Refuse), (2, Fault::Dead), (3, Fault::Refuse)] {
        network.node(node).fault(fault);
        let begun = network.clock().now_ms();
        let early = once_it_hangs(&network, node, Duration::from_secs(29));
        let asked = info(&network);
        tokio::pin!(asked);
        tokio::select! {
            answer = &mut asked => panic!("{answer:?} after {} ms", network.clock().now_ms() - begun),
            () = early => {}
        }
        let (answer, ()) = tokio::join!(asked, once_it_hangs(&network, node, Duration::from_secs(1)));
        assert_eq!(answer.unwrap().says(), (504, "Request time out"));
        network.heal_all();
    }
    assert_eq!(info(&network).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_frozen_node_takes_connections_and_says_nothing_until_it_thaws() {
    let network = network().await;
    for node in [0, 1, 3] {
        network.node(node).fault(Fault::Frozen);
        let thaws = async {
            network.wait_until(|stats| stats.nodes[node].hung == 1).await.unwrap();
            network.clock().forward(Duration::from_secs(20));
            network.node(node).heal();
        };
        let (answer, ()) = tokio::join!(info(&network), thaws);
        assert_eq!(answer.unwrap().status, 200);
    }
    let letters = Letters::over(&network);
    let one = letters.members[1];
    network.node(one).fault(Fault::Frozen);
    letters.store_in_vain(&[one]).await;
    network.node(one).heal();
    network.clock().forward(Duration::from_secs(4));
    assert_eq!(letters.held_by(one), 1, "and catches up");
}

#[tokio::test]
async fn what_a_node_was_doing_ends_with_it() {
    let network = network().await;
    network.node(3).fault(Fault::Hang);
    let dies = async {
        network.wait_until(|stats| stats.nodes[3].hung == 1).await.unwrap();
        network.node(1).fault(Fault::Refuse);
        network.node(3).heal();
        once_it_hangs(&network, 1, Duration::from_secs(30)).await;
    };
    let (answer, ()) = tokio::join!(info(&network), dies);
    assert_eq!(answer.unwrap().says(), (504, "Request time out"));
}

#[tokio::test]
async fn refusing_cuts_running_connections() {
    let network = network().await;
    network.node(3).fault(Fault::Hang);
    let request = info(&network);
    let later = async {
        network.wait_until(|stats| stats.nodes[3].hung == 1).await.unwrap();
        network.node(0).fault(Fault::Refuse);
    };
    let (answer, ()) = tokio::join!(request, later);
    assert!(answer.is_err());
    network.wait_until(|stats| stats.hung == 0).await.unwrap();
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_hanging_request_along() {
    let network = network().await;
    network.node(3).fault(Fault::Hang);
    tokio::select! {
        _ = info(&network) => panic!("it hangs"),
        hung = network.wait_until(|stats| stats.nodes[3].hung == 1) => hung.unwrap(),
    }
    network.wait_until(|stats| stats.hung == 0).await.unwrap();
    assert_eq!(network.journeys()[0].status, None);
}

#[tokio::test]
async fn a_hanging_hop_is_given_up_after_30_seconds_and_a_lifted_one_goes_on() {
    let network = network().await;
    network.node(2).fault(Fault::Hang);
    let later = async {
        network.wait_until(|stats| stats.nodes[2].hung == 1).await.unwrap();
        network.clock().forward(Duration::from_secs(30));
    };
    let (answer, ()) = tokio::join!(info(&network), later);
    assert_eq!(answer.unwrap().says(), (504, "Request time out"));
    let later = async {
        network.wait_until(|stats| stats.nodes[2].hung == 1).await.unwrap();
        network.node(2).heal();
    };
    let (answer, ()) = tokio::join!(info(&network), later);
    assert_eq!(answer.unwrap().status, 200);
}

#[tokio::test]
async fn a_slow_node_answers_when_the_clock_has_moved() {
    let network = network().await;
    network.node(3).fault_when(Fault::Slow(Duration::from_secs(20)), When::as_destination());
    let later = async {
        network.wait_until(|stats| stats.nodes[3].requests == 1).await.unwrap();
        network.clock().forward(Duration::from_secs(20));
    };
    let (answer, ()) = tokio::join!(info(&network), later);
    assert_eq!(answer.unwrap().status, 200);
}

#[tokio::test]
async fn statuses_come_encrypted_from_destinations_and_in_clear_from_relays() {
    let network = network().await;
    for (code, text) in
        [(406, "Timestamp error: check your clock"), (421, "{}"), (425, ""), (429, ""), (503, "Snode not ready")]
    {
        let fault = network.node(3).fault(Fault::status(code, text));
        let answer = info(&network).await.unwrap();
        assert_eq!((answer.path, answer.says()), (false, (code, text)));
        network.node(3).lift(fault);
    }
    network.node(1).fault_when(Fault::status(500, "broken"), When::as_middle().next(1));
    assert_eq!(path_error(&network).await, (500, "broken".to_owned()));
    assert_eq!(info(&network).await.unwrap().status, 200, "only the next one");
    network.node(3).fault_when(Fault::PathStatus { code: 502, body: "x".to_owned() }, When::as_destination().next(1));
    assert_eq!(path_error(&network).await, (502, "x".to_owned()));
    network.node(0).fault_when(Fault::status(429, ""), When::as_guard().next(1));
    assert_eq!(path_error(&network).await, (429, String::new()));
}

#[tokio::test]
async fn limits_by_role_leave_other_roles_alone() {
    let network = network().await;
    network.node(0).fault_when(Fault::status(500, ""), When::as_middle());
    network.node(3).fault_when(Fault::status(500, ""), When::as_guard());
    assert_eq!(info(&network).await.unwrap().status, 200);
    let client = Client::of(&network);
    assert_eq!(client.rpc_by(&[1, 0, 2], 4, "info", json!({})).await.unwrap().status, 500);
}

#[tokio::test]
async fn a_status_for_one_method_hits_only_its_part_of_a_batch() {
    let network = network().await;
    let (client, alice) = (Client::of(&network), Account::new());
    let node = network.swarm_of(&alice.id)[0];
    let requests = json!({"requests": [{"method": "info", "params": {}},
        {"method": "retrieve", "params": alice.retrieve(0, network.clock().now_ms())}]});
    network.node(node).fault_when(Fault::clock_too_far(), When::as_destination().method("retrieve").next(1));
    let answer = client.rpc(node, "batch", requests.clone()).await.json();
    assert_eq!((&answer["results"][0]["code"], &answer["results"][1]["code"]), (&json!(200), &json!(406)));
    network.node(node).fault_when(Fault::status(500, "x"), When::always().method("batch").next(1));
    assert_eq!(client.rpc(node, "batch", requests.clone()).await.says(), (500, "x"));
    network.node(node).fault_when(Fault::misdirected_to_strangers(), When::always().next(1));
    let answer = client.rpc(node, "batch", requests.clone()).await.json();
    let stranger = answer["results"][1]["body"]["snodes"][0]["pubkey_ed25519"].as_str().unwrap().to_owned();
    assert!(network.node_by_key(&stranger).is_none());
    let answer = client.rpc(node, "batch", requests).await.json();
    assert_eq!(answer["results"][1]["code"], 200);
}

#[tokio::test]
async fn answers_can_be_cut_or_garbage() {
    let network = network().await;
    network.node(0).fault_when(Fault::Truncated, When::as_guard().next(1));
    assert!(info(&network).await.is_err(), "the connection breaks in the middle");
    for node in [0, 2, 3] {
        network.node(node).fault_when(Fault::Garbage, When::always().next(1));
        assert!(info(&network).await.unwrap_err().to_string().contains("does not open"));
    }
    network.node(3).fault_when(Fault::Truncated, When::always().next(1));
    assert!(info(&network).await.is_err());
    assert_eq!(info(&network).await.unwrap().status, 200);
}

#[tokio::test]
async fn relays_can_claim_not_to_know_the_next_node() {
    let network = network().await;
    let next = network.node(3).key_hex();
    network.node(2).fault_when(Fault::NextNotFound, When::always().next(1));
    assert_eq!(path_error(&network).await, (502, format!("Next node not found: {next}")));
    network.node(2).fault_when(Fault::NextUnreachable, When::always().next(1));
    assert_eq!(path_error(&network).await, (502, format!("Next node is currently unreachable: {next}")));
    network.node(1).fault_when(Fault::NotReady, When::always().next(1));
    assert_eq!(path_error(&network).await, (503, format!("Snode not ready: {}", network.node(1).key_hex())));
    network.node(0).fault_when(Fault::NotReady, When::always().next(1));
    assert!(path_error(&network).await.1.starts_with("Service node is not ready: "));
}

/// Bob's swarm, and letters to him through its first member.
struct Letters<'a> {
    network: &'a LocalNetwork,
    client: Client<'a>,
    bob: Account,
    members: Vec<usize>,
    path: Vec<usize>,
    written: std::cell::Cell<u8>,
}

impl<'a> Letters<'a> {
    fn over(network: &'a LocalNetwork) -> Self {
        let bob = Account::new();
        let members = network.swarm_of(&bob.id);
        let path = (0..12).filter(|node| !members.contains(node)).take(3).collect();
        Self { network, client: Client::of(network), bob, members, path, written: std::cell::Cell::new(0) }
    }

    fn next(&self) -> serde_json::Value {
        self.written.set(self.written.get() + 1);
        self.bob.letter(&[self.written.get()], self.network.clock().now_ms())
    }

    /// What the members say about one letter more.
    async fn store(&self) -> serde_json::Value {
        let answer = self.client.rpc_by(&self.path, self.members[0], "store", self.next()).await.unwrap();
        assert_eq!(answer.status, 200);
        answer.json()["swarm"].clone()
    }

    /// The same, while the members that do not answer take their 5 s; and how long it took on the network's clock.
    async fn store_in_vain(&self, missing: &[usize]) -> (serde_json::Value, u64) {
        let begun = self.network.clock().now_ms();
        let passes = async {
            self.network.wait_until(|stats| missing.iter().all(|node| stats.nodes[*node].hung == 1)).await.unwrap();
            self.network.clock().forward(Duration::from_secs(5));
        };
        let (swarm, ()) = tokio::join!(self.store(), passes);
        (swarm, self.network.clock().now_ms() - begun)
    }

    fn held_by(&self, member: usize) -> usize {
        self.network.stored(&self.bob.id, 0).iter().find(|(node, _)| *node == member).unwrap().1.len()
    }
}

#[tokio::test]
async fn members_lose_lag_and_fail() {
    let network = network().await;
    let letters = Letters::over(&network);
    let one = letters.members[1];
    let (member, key) = (network.node(one), network.node(one).key_hex());

    let lose = member.fault(Fault::LoseMessages);
    assert!(letters.store().await[&key]["hash"].is_string(), "says that it stored");
    assert_eq!(letters.held_by(one), 0);
    member.lift(lose);

    let lag = member.fault(Fault::Lag(Duration::from_secs(20)));
    assert_eq!(letters.store_in_vain(&[one]).await.0[&key], json!({"failed": true, "timeout": true}));
    assert_eq!(letters.held_by(one), 0);
    network.clock().forward(Duration::from_secs(15));
    assert_eq!(letters.held_by(one), 1);
    letters.store_in_vain(&[one]).await;
    assert_eq!(letters.held_by(one), 1);
    member.lift(lag);
    assert_eq!(letters.held_by(one), 2, "lifted: everything arrives");

    member.fault_when(Fault::status(500, "disk full"), When::always().next(1));
    assert_eq!(letters.store().await[&key], json!({"failed": true, "code": "500", "reason": "disk full"}));
    member.fault(Fault::DeadTold);
    assert_eq!(letters.store().await.get(&key), None, "not even asked");
    member.heal();
    member.fault(Fault::RefuseTold);
    assert_eq!(letters.store().await[&key], json!({"failed": true, "timeout": true}));
    member.heal();

    network.node(letters.members[0]).fault(Fault::NoCopies);
    assert_eq!(letters.store().await.as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn a_store_waits_five_seconds_once_for_all_members_that_are_away_and_they_catch_up() {
    let network = network().await;
    let letters = Letters::over(&network);
    let [_, one, other, third] = letters.members[..] else { panic!("four members") };
    network.node(one).fault(Fault::Refuse);
    network.node(other).fault_when(Fault::Hang, When::always().role(Role::Member));
    network.node(third).fault(Fault::Dead);
    let (swarm, took) = letters.store_in_vain(&[one, other, third]).await;
    for node in [one, other, third] {
        assert_eq!(swarm[network.node(node).key_hex()], json!({"failed": true, "timeout": true}));
        assert_eq!(letters.held_by(node), 0);
    }
    assert!((5_000..9_000).contains(&took), "{took} ms");
    network.heal_all();
    assert_eq!([one, other].map(|node| letters.held_by(node)), [0, 0], "the others try again after a moment");
    network.clock().forward(Duration::from_secs(4));
    assert_eq!([one, other, third].map(|node| letters.held_by(node)), [1, 1, 0], "but what is dead missed it for good");
}

#[tokio::test]
async fn members_that_hear_of_each_other_again_first_make_up_what_was_missed() {
    let network = network().await;
    let letters = Letters::over(&network);
    let one = letters.members[1];
    network.node(one).fault(Fault::Refuse);
    letters.store_in_vain(&[one]).await;
    network.heal_all();
    letters.store().await;
    let held = network.stored(&letters.bob.id, 0).into_iter().find(|(node, _)| *node == one).unwrap().1;
    assert_eq!(held.iter().map(|message| message.data.clone()).collect::<Vec<_>>(), [vec![1], vec![2]]);
}

#[tokio::test]
async fn the_parts_of_a_batch_wait_together_and_those_of_a_sequence_one_after_the_other() {
    let network = network().await;
    let letters = Letters::over(&network);
    let one = letters.members[1];
    network.node(one).fault(Fault::Refuse);
    for (method, rounds) in [("batch", 1), ("sequence", 2)] {
        let parts = [letters.next(), letters.next()].map(|letter| json!({"method": "store", "params": letter}));
        let begun = network.clock().now_ms();
        let asked = letters.client.rpc_by(&letters.path, letters.members[0], method, json!({"requests": parts}));
        let (entry, before, at_once) = (letters.members[0], letters.held_by(letters.members[0]), 2 / rounds);
        let passes = async {
            for round in 1..=rounds {
                let stored = before + round * at_once;
                let waits = |hung: usize| hung == at_once && letters.held_by(entry) == stored;
                network.wait_until(|stats| waits(stats.nodes[one].hung)).await.unwrap();
                network.clock().forward(Duration::from_secs(5));
            }
        };
        let (answer, ()) = tokio::join!(asked, passes);
        for part in answer.unwrap().json()["results"].as_array().unwrap() {
            assert_eq!(part["body"]["swarm"][network.node(one).key_hex()]["timeout"], true);
        }
        let took = network.clock().now_ms() - begun;
        let least = 5_000 * u64::try_from(rounds).unwrap();
        assert!((least..least + 4_000).contains(&took), "{method}: {took} ms");
    }
}

#[tokio::test]
async fn bytes_are_counted_for_everybody_and_for_each_account() {
    let network = network().await;
    let letters = Letters::over(&network);
    letters.store().await;
    info(&network).await.unwrap();
    let stats = network.stats();
    let [store, info] = &network.journeys()[..] else { panic!("two journeys") };
    let (sent, received) = (stats.accounts[&letters.bob.id].sent, stats.accounts[&letters.bob.id].received);
    assert_eq!((sent, received), (store.bytes as u64, store.answer_bytes as u64));
    assert!(sent > 500 && received > 500);
    assert_eq!(stats.traffic.requests, 2);
    assert_eq!(stats.traffic.bytes(), sent + received + (info.bytes + info.answer_bytes) as u64);
}

#[tokio::test]
async fn nodes_can_lie_about_the_list() {
    let network = network().await;
    let client = Client::of(&network);
    let count = async |lie: Option<Lie>| {
        network.node(3).heal();
        lie.map(|lie| network.node(3).fault(Fault::LyingList(lie)));
        let params = json!({"endpoint": "get_service_nodes", "params": {}});
        let states = client.rpc(3, "oxend_request", params).await.json()["result"]["service_node_states"].clone();
        let blob = client.rpc(3, "active_nodes_bin", json!({})).await.text;
        (states.as_array().unwrap().len(), crate::rpc::fields::decode_base64(&blob).unwrap().len() / 51)
    };
    assert_eq!(count(None).await, (12, 12));
    assert_eq!(count(Some(Lie::Extra(2))).await, (14, 14));
    assert_eq!(count(Some(Lie::Fewer(5))).await, (7, 7));
    assert_eq!(count(Some(Lie::Invented(3))).await, (3, 3));
}
