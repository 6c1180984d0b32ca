//! Hostile nodes lie in every way, and the same way again for the same seed.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Account, Client};
use super::network;
use crate::{Fault, LocalNetwork, Role, Trick, When};

const PATH: [usize; 3] = [0, 1, 2];

/// Polls and deposits at a hostile member, and what it answers: status and body of each.
async fn answers(network: &LocalNetwork, seed: u64, count: usize) -> Vec<(u16, Value)> {
    let (client, bob) = (Client::of(network), Account::new());
    for letter in 0..3_u8 {
        network.deposit(&bob.id, 0, &[letter; 50]);
    }
    let member = network.swarm_of(&bob.id)[0];
    network.node(member).fault_when(Fault::HostileMember { seed }, When::as_destination());
    let mut answers = Vec::new();
    for number in 0..count {
        let now = network.clock().now_ms();
        let (method, params) = match number % 3 {
            0 => ("store", bob.letter(&number.to_le_bytes(), now)),
            _ => ("retrieve", bob.retrieve(0, now)),
        };
        let answer = client.rpc(member, method, params).await;
        answers.push((answer.status, serde_json::from_str(&answer.text).unwrap_or(Value::Null)));
    }
    network.heal_all();
    answers
}

#[tokio::test]
async fn the_same_seed_tells_the_same_lies() {
    let shape = |answers: Vec<(u16, Value)>| -> Vec<(u16, usize, bool)> {
        let of = |body: &Value| (body["messages"].as_array().map_or(0, Vec::len), body["more"] == true);
        answers.iter().map(|(status, body)| (*status, of(body).0, of(body).1)).collect()
    };
    // Nodes count their lies, so each round needs nodes that have told none.
    let [first, again, other] = [7, 7, 8].map(async |seed| {
        let fresh = network().await;
        shape(answers(&fresh, seed, 90).await)
    });
    let (first, again, other) = tokio::join!(first, again, other);
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[tokio::test]
async fn a_hostile_member_tells_every_lie_that_a_node_can_tell() {
    let network = network().await;
    let answers = answers(&network, 1, 600).await;
    let now = network.clock().now_ms();
    let told = |lie: &dyn Fn(u16, &Value) -> bool| answers.iter().filter(|(status, body)| lie(*status, body)).count();
    let page = |body: &Value| body["messages"].as_array().map_or(0, Vec::len);
    assert!(told(&|status, _| status == 421) > 20);
    assert!(told(&|status, _| status >= 500) > 3);
    assert!(told(&|status, body| status == 200 && body.is_null()) > 3, "not JSON");
    assert!(told(&|_, body| body["messages"] == 7) > 3);
    assert!(told(&|_, body| body["more"] == true) > 20);
    assert!(told(&|status, body| status == 200 && body["messages"].is_array() && page(body) == 0) > 5, "withheld");
    assert!(told(&|_, body| page(body) > 30) > 5, "rubbish");
    let far = |body: &Value| body["t"].as_u64().is_some_and(|t| t.abs_diff(now) > 3_600_000);
    assert!(told(&|_, body| far(body)) > 10, "wrong times");
    assert!(told(&|_, body| body["swarm"].as_object().is_some_and(|swarm| swarm.len() == 4)) > 50, "deposits");
    let held = network.stored(&network.journeys()[0].accounts[0], 0);
    let counts: BTreeSet<usize> = held.iter().map(|(_, messages)| messages.len()).collect();
    assert!(counts.len() > 1, "the others have not what it claims that they have: {counts:?}");
}

#[tokio::test]
async fn a_hostile_member_takes_some_copies_and_claims_or_refuses_others() {
    let network = network().await;
    let (client, bob) = (Client::of(&network), Account::new());
    let members = network.swarm_of(&bob.id);
    network.node(members[1]).fault_when(Fault::HostileMember { seed: 4 }, When::always().role(Role::Member));
    let (mut claimed, mut failed, mut timed_out) = (0, 0, 0);
    for number in 0..40_u8 {
        let store = client.rpc(members[0], "store", bob.letter(&[number], network.clock().now_ms()));
        tokio::pin!(store);
        let answer = loop {
            tokio::select! {
                answer = &mut store => break answer,
                () = network.stuck(Duration::from_millis(5)) => network.clock().forward(Duration::from_secs(5)),
            }
        };
        match &answer.json()["swarm"][network.node(members[1]).key_hex()] {
            said if said["timeout"] == true => timed_out += 1,
            said if said["failed"] == true => failed += 1,
            _ => claimed += 1,
        }
    }
    let held = network.stored(&bob.id, 0)[1].1.len();
    assert!(failed > 1 && timed_out > 1 && held > 5 && held < claimed, "{failed} {timed_out} {held} of {claimed}");
}

/// Whether a request arrives, or is dropped.
async fn arrives(network: &LocalNetwork, path: &[usize], method: &str, params: Value) -> bool {
    // Who was dropped before has left.
    network.wait_until(|stats| stats.hung == 0).await.unwrap();
    let client = Client::of(network);
    let asked = client.rpc_by(path, 3, method, params);
    tokio::select! {
        answer = asked => answer.is_ok_and(|answer| answer.status == 200),
        hung = network.wait_until(|stats| stats.hung > 0) => hung.is_err(),
    }
}

fn poll(network: &LocalNetwork, bob: &Account) -> Value {
    let now = network.clock().now_ms();
    let part = |namespace: i16| json!({"method": "retrieve", "params": bob.retrieve(namespace, now)});
    let parts = [0, 2, 3, 5, 4].map(part);
    json!({"requests": parts})
}

#[tokio::test]
async fn a_hostile_guard_drops_small_questions_and_lets_polls_and_letters_pass() {
    let network = network().await;
    let bob = Account::new();
    network.node(0).fault(Fault::HostileGuard { seed: 1, trick: Trick::Small });
    assert!(!arrives(&network, &PATH, "info", json!({})).await);
    assert!(!arrives(&network, &PATH[..1], "info", json!({})).await, "over any number of hops");
    assert!(arrives(&network, &PATH, "batch", poll(&network, &bob)).await);
    assert!(arrives(&network, &[1, 0, 2], "info", json!({})).await, "as a guard alone");
    let own = Client::of(&network).rpc_by(&[], 0, "info", json!({})).await.unwrap();
    assert_eq!(own.status, 200, "and what it can answer itself it answers");
}

#[tokio::test]
async fn a_hostile_guard_drops_always_the_same_next_nodes() {
    let network = network().await;
    network.node(0).fault(Fault::HostileGuard { seed: 5, trick: Trick::NextHop });
    let mut fate = Vec::new();
    for _ in 0..2 {
        for next in (1..12).filter(|next| *next != 3) {
            fate.push(arrives(&network, &[0, next], "info", json!({})).await);
        }
    }
    assert_eq!(fate[..10], fate[10..]);
    let passed = fate[..10].iter().filter(|passed| **passed).count();
    assert!((1..10).contains(&passed), "{passed} of 10 pass");
}

#[tokio::test]
async fn a_hostile_guard_delays_on_the_clock_of_the_network() {
    let network = network().await;
    network.node(0).fault(Fault::HostileGuard { seed: 2, trick: Trick::Delay });
    let begun = network.clock().now_ms();
    for _ in 0..10 {
        let client = Client::of(&network);
        let asked = client.rpc_by(&PATH, 3, "info", json!({}));
        tokio::pin!(asked);
        loop {
            tokio::select! {
                answer = &mut asked => break assert_eq!(answer.unwrap().status, 200),
                () = network.stuck(Duration::from_millis(5)) => network.clock().forward(Duration::from_millis(500)),
            }
        }
    }
    assert!(network.clock().now_ms() - begun > 5_000, "nothing was delayed");
}
