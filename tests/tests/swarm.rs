//! Storage requests over real onions: what a swarm does, and what happens when its members fail, lie or move.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::time::Duration;

use futures_util::future::join_all;
use onionskin_core::address::{Address, Namespace, SwarmHash};
use onionskin_core::clock::{Clock as _, Timestamp};
use onionskin_core::crypto::{AccountId, AccountKeys, AccountSeed};
use onionskin_core::network::Network;
use onionskin_core::onion::{NodeKey, Onion, Roads};
use onionskin_core::swarm::{
    After, Call, ExpireMode, Expiry, Namespaces, Outcome, Retrieve, RetrieveAsk, Store, SwarmError, Swarms,
    UnusableReason,
};
use onionskin_network::{Fault, LocalNetwork, Options, When};
use onionskin_tests::clock::{WorldClock, patiently};
use serde_json::json;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const HOUR_MILLIS: i64 = 3_600_000;

/// A network, its clock, and people who ask it.
struct World {
    network: LocalNetwork,
    clock: WorldClock,
}

/// Somebody with keys and a way to the network.
struct Person {
    keys: AccountKeys,
    id: AccountId,
    swarms: Swarms,
    roads: Roads,
}

impl World {
    async fn start() -> Self {
        Self { network: LocalNetwork::start(Options::default()).await.unwrap(), clock: WorldClock::new() }
    }

    /// While requests hang at nodes, time passes.
    async fn patiently<T>(&self, work: impl Future<Output = T>) -> T {
        patiently(&self.network, &self.clock, work).await
    }

    async fn person(&self, number: u8) -> Person {
        self.person_with(number, self.clock.clone()).await
    }

    async fn person_with(&self, number: u8, clock: WorldClock) -> Person {
        let network = Network::from_json(&self.network.description_json()).unwrap();
        let roads = Roads::open(&network, None, clock.shared()).unwrap();
        let onion = Onion::new(roads.clone(), None);
        onion.ready().await.unwrap();
        let keys = AccountKeys::from_seed(&AccountSeed::from_bytes([number; 16]));
        Person { id: keys.account_id(), swarms: Swarms::new(onion, clock.shared()), roads, keys }
    }

    /// The members of a person's swarm: number and key.
    fn members(&self, id: &AccountId) -> Vec<(usize, NodeKey)> {
        self.network.swarm_of(&id.to_string()).into_iter().map(|number| (number, self.key(number))).collect()
    }

    fn key(&self, number: usize) -> NodeKey {
        NodeKey::parse(&self.network.node(number).key_hex()).unwrap()
    }

    /// Somebody whose node list names no swarms.
    async fn with_a_list_without_swarms(&self) -> Swarms {
        let mut description = self.network.description();
        description["seeds"] = json!([]);
        let network = Network::from_json(&description.to_string()).unwrap();
        let roads = Roads::open(&network, None, self.clock.shared()).unwrap();
        let mut list = self.network.node_list();
        for state in list["service_node_states"].as_array_mut().unwrap() {
            state.as_object_mut().unwrap().remove("swarm");
            state.as_object_mut().unwrap().remove("swarm_id");
        }
        roads.import(&list.to_string()).unwrap();
        Swarms::new(Onion::new(roads, None), self.clock.shared())
    }

    /// How many members hold the message.
    fn copies(&self, id: &AccountId, namespace: Namespace, hash: &SwarmHash) -> usize {
        let stored = self.network.stored(&id.to_string(), namespace.number());
        stored.iter().filter(|(_, messages)| messages.iter().any(|message| message.hash == hash.as_str())).count()
    }

    /// How often a method came to a destination.
    fn asked(&self, method: &str) -> usize {
        self.network.journeys().iter().filter(|journey| journey.methods.iter().any(|name| name == method)).count()
    }
}

impl Person {
    async fn writes(&self, to: &Person, text: &str) -> Result<onionskin_core::swarm::Stored, SwarmError> {
        self.swarms.store(&to.id, Namespace::DIRECT, text.as_bytes(), DAY, None).await
    }

    /// Failures that count against a node.
    fn strikes(&self, node: &NodeKey) -> usize {
        self.roads.strikes(node)
    }

    /// Everything in the inbox as `node` has it.
    async fn reads_at(&self, node: &NodeKey) -> Result<onionskin_core::swarm::Retrieved, SwarmError> {
        self.swarms.retrieve(node, &self.keys, &[ask(Namespace::DIRECT, None)]).await
    }

    async fn reads(&self) -> Vec<String> {
        let node = self.swarms.member(&self.id).await.unwrap();
        texts(&self.reads_at(&node).await.unwrap())
    }

    /// Stores a config of the person's own.
    async fn keeps(&self, namespace: Namespace, data: &[u8]) -> SwarmHash {
        self.swarms.store(&self.id, namespace, data, DAY, Some(&self.keys)).await.unwrap().hash
    }
}

fn ask(namespace: Namespace, last_hash: Option<SwarmHash>) -> RetrieveAsk {
    RetrieveAsk { namespace, last_hash, max_size: namespace.poll_share() }
}

fn texts(retrieved: &onionskin_core::swarm::Retrieved) -> Vec<String> {
    let messages = retrieved.parts.iter().flat_map(|part| &part.messages);
    messages.map(|message| String::from_utf8(message.data.clone()).unwrap()).collect()
}

fn sorted<T: Ord + Clone>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

#[tokio::test]
async fn a_message_is_kept_by_every_member_and_read_by_its_owner() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    let stored = alice.writes(&bob, "hello").await.unwrap();
    let members = sorted(world.members(&bob.id).into_iter().map(|(_, key)| key));
    assert_eq!(sorted(stored.accepted.clone()), members);
    assert_eq!((stored.failed.len(), stored.already), (0, false));
    assert_eq!(stored.way.hops.len(), 3);
    assert!(members.contains(&stored.way.destination.unwrap()));
    assert!(stored.stored_at.as_millis().abs_diff(world.clock.now().as_millis()) < 5_000);
    assert!(stored.expires.since(stored.stored_at) > DAY - Duration::from_secs(5));
    assert_eq!(world.copies(&bob.id, Namespace::DIRECT, &stored.hash), members.len());
    assert_eq!(bob.reads().await, ["hello"]);
    assert_eq!(sorted(bob.swarms.members(&bob.id).await.unwrap()), members);

    let again = alice.writes(&bob, "hello").await.unwrap();
    assert!(again.already && again.hash == stored.hash);
    assert_eq!(bob.reads().await.len(), 1);
    assert!(!world.network.was_seen_outside(bob.id.to_string().as_bytes()), "nobody outside sees who is written to");
}

#[tokio::test]
async fn a_poll_continues_after_the_last_message_of_that_node() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    for text in ["one", "two", "three"] {
        alice.writes(&bob, text).await.unwrap();
    }
    let node = bob.swarms.member(&bob.id).await.unwrap();
    let first = bob.reads_at(&node).await.unwrap();
    assert_eq!(texts(&first), ["one", "two", "three"]);
    let (last, expires) = first.parts[0].last.clone().unwrap();
    assert_eq!(last, first.parts[0].messages[2].hash);
    assert!(expires > world.clock.now());
    alice.writes(&bob, "four").await.unwrap();
    let second = bob.swarms.retrieve(&node, &bob.keys, &[ask(Namespace::DIRECT, Some(last))]).await.unwrap();
    assert_eq!(texts(&second), ["four"]);
    let small = RetrieveAsk { max_size: 1, ..ask(Namespace::DIRECT, None) };
    let part = &bob.swarms.retrieve(&node, &bob.keys, &[small]).await.unwrap().parts[0];
    assert!(part.more && part.messages.len() == 1, "at least one, and the node says that there is more");
}

#[tokio::test]
async fn one_poll_reads_all_namespaces_of_an_account() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    alice.writes(&bob, "hello").await.unwrap();
    bob.keeps(Namespace::USER_PROFILE, b"profile").await;
    bob.keeps(Namespace::CONTACTS, b"contacts").await;
    world.network.clear_log();
    let node = bob.swarms.member(&bob.id).await.unwrap();
    let own = onionskin_core::delivery::Mailbox::own(&bob.keys);
    let asks: Vec<_> = own.namespaces().iter().map(|namespace| ask(*namespace, None)).collect();
    let read = bob.swarms.retrieve(&node, &bob.keys, &asks).await.unwrap();
    let counts: Vec<_> = read.parts.iter().map(|part| (part.namespace.number(), part.messages.len())).collect();
    assert_eq!(counts, [(0, 1), (2, 1), (3, 1), (5, 0), (4, 0)]);
    assert!(read.refused.is_empty() && read.node == node);
    assert_eq!(world.asked("batch"), 1);
    assert!(bob.swarms.hard_fork()[0] > 0);
}

#[tokio::test]
async fn nobody_reads_or_writes_where_only_the_owner_may() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    bob.keeps(Namespace::CONTACTS, b"contacts").await;
    let unsigned = bob.swarms.store(&bob.id, Namespace::CONTACTS, b"x", DAY, None).await;
    assert_eq!(unsigned.unwrap_err(), SwarmError::NeedsSignature);
    // Alice signs for a foreign account.
    let foreign = alice.swarms.store(&bob.id, Namespace::CONTACTS, b"x", DAY, Some(&alice.keys)).await;
    assert!(matches!(foreign.unwrap_err(), SwarmError::Refused { status: 400 | 401 }));
    let stores = world.network.stats().stores;
    let long = DAY * 15;
    assert_eq!(
        alice.swarms.store(&bob.id, Namespace::DIRECT, b"x", long, None).await.unwrap_err(),
        SwarmError::WrongLifetime
    );
    let large = vec![0; 76_801];
    let refused = alice.swarms.store(&bob.id, Namespace::DIRECT, &large, DAY, None).await.unwrap_err();
    assert_eq!(refused, SwarmError::TooLarge { found: 76_801, limit: 76_800 });
    assert_eq!(world.network.stats().stores, stores, "refused before anything was sent");
    let largest = vec![7; 76_800];
    alice.swarms.store(&bob.id, Namespace::DIRECT, &largest, DAY, None).await.unwrap();
}

#[tokio::test]
async fn deleted_messages_are_gone_from_every_member() {
    let world = World::start().await;
    let bob = world.person(2).await;
    let all = world.members(&bob.id).len();
    let first = bob.keeps(Namespace::USER_PROFILE, b"first").await;
    let second = bob.keeps(Namespace::USER_PROFILE, b"second").await;
    let contacts = bob.keeps(Namespace::CONTACTS, b"contacts").await;
    let elsewhere = SwarmHash::of(&Address::from(&bob.id), Namespace::CONTACTS, b"never stored");

    let deleted = bob.swarms.delete(&bob.keys, &[first.clone(), elsewhere]).await.unwrap();
    assert_eq!(deleted.members.accepted.len(), all);
    assert!(deleted.members.accepted.iter().all(|(_, hashes)| *hashes == [first.clone()]));
    assert_eq!(world.copies(&bob.id, Namespace::USER_PROFILE, &first), 0);

    let before = bob.swarms.time().now();
    let deleted = bob.swarms.delete_before(&bob.keys, Namespace::USER_PROFILE, before).await.unwrap();
    assert_eq!(deleted.members.accepted[0].1, [second]);
    let third = bob.keeps(Namespace::CONVO_INFO, b"third").await;
    let deleted = bob.swarms.delete_all(&bob.keys, Namespace::CONVO_INFO).await.unwrap();
    assert_eq!(deleted.members.accepted[0].1, [third]);
    let fourth = bob.keeps(Namespace::CONVO_INFO, b"fourth").await;
    let deleted = bob.swarms.delete_all(&bob.keys, Namespaces::All).await.unwrap();
    assert_eq!(deleted.members.accepted.len(), all);
    assert_eq!(deleted.members.accepted[0].1, sorted([contacts, fourth]));
    let nothing = bob.swarms.delete_all(&bob.keys, Namespaces::All).await.unwrap();
    assert_eq!(nothing.members.accepted.len(), all, "nothing left to delete is no failure");
}

#[tokio::test]
async fn lifetimes_are_shortened_extended_and_told() {
    let world = World::start().await;
    let bob = world.person(2).await;
    let a = bob.keeps(Namespace::USER_PROFILE, b"a").await;
    let b = bob.keeps(Namespace::CONTACTS, b"b").await;
    let both = [a.clone(), b.clone()];
    let now = bob.swarms.time().now();
    let (early, late) = (now + DAY / 2, now + DAY * 2);

    let changed = bob.swarms.expire(&bob.keys, &both, Expiry::Same(early), ExpireMode::Extend).await.unwrap();
    let first = &changed.members.accepted[0].1;
    assert_eq!((first.updated.len(), first.unchanged.len()), (0, 2), "it would have become shorter");
    let changed = bob.swarms.expire(&bob.keys, &both, Expiry::Same(late), ExpireMode::Extend).await.unwrap();
    assert_eq!(changed.members.accepted[0].1.updated, sorted([(a.clone(), late), (b.clone(), late)]));
    let one = std::slice::from_ref(&a);
    let changed = bob.swarms.expire(&bob.keys, one, Expiry::Each(vec![early]), ExpireMode::Shorten).await.unwrap();
    assert_eq!(changed.members.accepted[0].1.updated, [(a.clone(), early)]);
    let each = Expiry::Each(vec![late, early]);
    let changed = bob.swarms.expire(&bob.keys, &both, each, ExpireMode::Set).await.unwrap();
    assert_eq!(changed.members.accepted.len(), world.members(&bob.id).len());
    let ends = bob.swarms.get_expiries(&bob.keys, &both).await.unwrap().ends;
    assert_eq!(sorted(ends), sorted([(a.clone(), late), (b.clone(), early)]));

    let soon = now + Duration::from_secs(60);
    let changed = bob.swarms.expire_all(&bob.keys, Namespaces::All, soon).await.unwrap();
    assert_eq!(changed.members.accepted[0].1, sorted(both.to_vec()));
    world.network.clock().forward(Duration::from_secs(61));
    assert_eq!(world.copies(&bob.id, Namespace::CONTACTS, &b), 0, "expired");
}

#[tokio::test]
async fn a_sequence_stops_at_its_first_failure_and_a_batch_does_not() {
    let world = World::start().await;
    let bob = world.person(2).await;
    let old = bob.keeps(Namespace::CONTACTS, b"old").await;
    let store = |data: &[u8]| {
        Call::Store(Store { namespace: Namespace::CONTACTS, data: data.to_vec(), ttl: DAY, timestamp: None })
    };
    let nothing = SwarmHash::of(&Address::from(&bob.id), Namespace::CONTACTS, b"never stored");
    let delete = |hash: &SwarmHash| Call::Delete { hashes: vec![hash.clone()], required: true };
    let read = Call::Retrieve(Retrieve { namespace: Namespace::CONTACTS, after: After::Start, max_size: None });

    let done = bob.swarms.sequence(&bob.keys, &[store(b"new"), delete(&old), read.clone()]).await.unwrap();
    assert_eq!(done.results.len(), 3);
    assert!(matches!(done.results[0], Ok(Outcome::Stored(_))));
    assert!(matches!(&done.results[1], Ok(Outcome::Deleted(members)) if members.accepted[0].1 == [old]));
    assert!(matches!(&done.results[2], Ok(Outcome::Retrieved(found)) if found.messages.len() == 1));

    let calls = [store(b"newer"), delete(&nothing), store(b"newest")];
    let stopped = bob.swarms.sequence(&bob.keys, &calls).await.unwrap();
    assert_eq!(stopped.results.len(), 2);
    assert_eq!(stopped.results[1], Err(SwarmError::Refused { status: 404 }));
    let all = bob.swarms.batch(&bob.keys, &calls).await.unwrap();
    assert_eq!(all.results.len(), 3);
    assert!(all.results[0].is_ok() && all.results[1].is_err() && all.results[2].is_ok());
}

#[tokio::test]
async fn a_public_outbox_keeps_one_message_and_everybody_reads_it() {
    let world = World::start().await;
    let bob = world.person(2).await;
    bob.keeps(Namespace(-21), b"old keys").await;
    bob.keeps(Namespace(-21), b"new keys").await;
    let node = bob.swarms.member(&bob.id).await.unwrap();
    let read = bob.swarms.retrieve(&node, &bob.keys, &[ask(Namespace(-21), None)]).await.unwrap();
    assert_eq!(texts(&read), ["new keys"]);
}

#[tokio::test]
async fn an_account_that_moved_is_found_again_in_the_same_request() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    alice.writes(&bob, "before").await.unwrap();
    let old = bob.swarms.member(&bob.id).await.unwrap();
    world.network.move_account_away(&bob.id.to_string());
    let new = sorted(world.members(&bob.id).into_iter().map(|(_, key)| key));
    assert!(!new.contains(&old));

    let stored = alice.writes(&bob, "after").await.unwrap();
    assert_eq!(sorted(stored.accepted), new);
    let read = bob.reads_at(&old).await.unwrap();
    assert!(new.contains(&read.node), "a member of the new swarm answered");
    assert_eq!(sorted(texts(&read)), ["after", "before"]);
    assert_eq!(sorted(bob.swarms.members(&bob.id).await.unwrap()), new);

    // What was learned survives a restart: nobody is asked in vain.
    let kept = serde_json::to_string(&bob.swarms.snapshot()).unwrap();
    let restarted = world.person(2).await;
    restarted.swarms.restore(serde_json::from_str(&kept).unwrap());
    world.network.clear_log();
    if restarted.swarms.members(&bob.id).await.is_ok_and(|members| sorted(members) == new) {
        restarted.reads().await;
        assert_eq!(world.asked("retrieve"), 1);
    }
}

#[tokio::test]
async fn a_reading_in_a_new_swarm_begins_at_the_beginning() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    alice.writes(&bob, "before").await.unwrap();
    let old = bob.swarms.member(&bob.id).await.unwrap();
    let (last, _) = bob.reads_at(&old).await.unwrap().parts[0].last.clone().unwrap();
    world.network.move_account_away(&bob.id.to_string());
    let read = bob.swarms.retrieve(&old, &bob.keys, &[ask(Namespace::DIRECT, Some(last))]).await.unwrap();
    assert_eq!(texts(&read), ["before"], "the old node's place means nothing here");
}

#[tokio::test]
async fn a_swarm_of_strangers_is_not_believed() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    let (first, key) = world.members(&bob.id)[0];
    world.network.node(first).fault_when(Fault::misdirected_to_strangers(), When::as_destination());
    for number in 0..6 {
        alice.writes(&bob, &format!("message {number}")).await.unwrap();
    }
    let stranger = NodeKey([1; 32]);
    assert!(!alice.swarms.members(&bob.id).await.unwrap().contains(&stranger));
    let read = bob.reads_at(&key).await.unwrap();
    assert_ne!(read.node, key, "another member of the same swarm answered");
    assert_eq!(read.parts[0].messages.len(), 6);
}

#[tokio::test]
async fn a_clock_that_is_an_hour_wrong_is_corrected_by_asking_three_nodes() {
    for wrong in [HOUR_MILLIS, -HOUR_MILLIS] {
        let world = World::start().await;
        let alice = world.person(1).await;
        let bob = world.person_with(2, world.clock.wrong_by(wrong)).await;
        alice.writes(&bob, "hello").await.unwrap();
        assert_eq!(bob.reads().await, ["hello"]);
        assert!(bob.swarms.time().offset_millis().abs_diff(-wrong) < 5_000, "{:?}", bob.swarms.time());
        let stored = bob.writes(&alice, "on time").await.unwrap();
        assert!(stored.stored_at.as_millis().abs_diff(world.network.clock().now_ms()) < 5_000);
    }
}

#[tokio::test]
async fn many_requests_with_a_wrong_clock_cause_one_correction() {
    let world = World::start().await;
    let bob = world.person_with(2, world.clock.wrong_by(HOUR_MILLIS)).await;
    let node = bob.swarms.member(&bob.id).await.unwrap();
    world.network.clear_log();
    let reads = join_all((0..8).map(|_| bob.reads_at(&node))).await;
    assert!(reads.iter().all(Result::is_ok));
    assert!(world.asked("info") < 9, "{} nodes were asked for the time", world.asked("info"));
}

#[tokio::test]
async fn an_offset_of_yesterday_is_dropped_when_the_network_disagrees() {
    let world = World::start().await;
    let bob = world.person(2).await;
    // Yesterday the device was an hour behind; since then somebody has set it right.
    bob.swarms.time().restore(-HOUR_MILLIS);
    bob.writes(&bob, "a node tells its time").await.unwrap();
    world.network.clear_log();
    bob.keeps(Namespace::CONTACTS, b"signed").await;
    assert!(bob.swarms.time().offset_millis().abs() < 5_000);
    assert_eq!(world.asked("store"), 1, "the doubt was settled before a node had to refuse");
}

#[tokio::test]
async fn one_node_with_a_wrong_clock_does_not_move_ours() {
    let world = World::start().await;
    let bob = world.person(2).await;
    bob.swarms.sync_time().await.unwrap();
    let members = world.members(&bob.id);
    let (number, skewed) = members[0];
    world.network.node(number).fault(Fault::Skew(HOUR_MILLIS));
    assert_eq!(bob.reads_at(&skewed).await.unwrap_err(), SwarmError::ClockWrong);
    assert!(bob.swarms.time().offset_millis().abs() < 5_000);
    assert!(bob.reads_at(&members[1].1).await.is_ok());
    // Deposits go to somebody else when that node refuses their time, or believes it.
    for number in 0..8 {
        let fresh = world.person(2).await;
        fresh.writes(&bob, &format!("{number}")).await.unwrap();
        fresh.reads_at(&members[1].1).await.unwrap();
        assert!(fresh.swarms.time().offset_millis().abs() < 5_000);
    }
}

#[tokio::test]
async fn a_dead_member_costs_nothing_but_its_copy() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    let (dead, key) = world.members(&bob.id)[0];
    for fault in [Fault::Dead, Fault::DeadTold] {
        world.network.node(dead).fault(fault.clone());
        for number in 0..4 {
            let text = format!("message {number} with {fault:?}");
            let stored = world.patiently(alice.writes(&bob, &text)).await.unwrap();
            assert!(!stored.accepted.contains(&key));
            assert_eq!(stored.accepted.len(), world.members(&bob.id).len() - 1);
        }
        world.network.heal_all();
    }
}

#[tokio::test]
async fn a_failing_member_is_left_for_another() {
    for fault in [
        Fault::status(500, "request failed"),
        Fault::status(502, "oxend returned unparsable data"),
        Fault::NotReady,
        Fault::status(200, "{"),
        Fault::status(200, "{\"swarm\":{}}"),
    ] {
        let world = World::start().await;
        let (alice, bob) = (world.person(1).await, world.person(2).await);
        // All members but one fail as destinations: three attempts find two of them at most in vain.
        for (number, _) in world.members(&bob.id).into_iter().skip(2) {
            world.network.node(number).fault_when(fault.clone(), When::as_destination().method("store"));
        }
        for number in 0..3 {
            let sent = alice.writes(&bob, &format!("message {number}")).await;
            assert!(sent.is_ok(), "{fault:?}: {sent:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_is_final_once_two_members_refuse() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    for (number, _) in world.members(&bob.id) {
        world.network.node(number).fault_when(Fault::status(403, "no"), When::as_destination().method("store"));
    }
    world.network.clear_log();
    assert_eq!(alice.writes(&bob, "hello").await.unwrap_err(), SwarmError::Refused { status: 403 });
    assert_eq!(world.asked("store"), 2, "one member's word is not enough");
}

#[tokio::test]
async fn one_member_that_refuses_everything_fails_no_message() {
    for status in [400, 401, 403, 404, 413] {
        let world = World::start().await;
        let (alice, bob) = (world.person(1).await, world.person(2).await);
        let (liar, _) = world.members(&bob.id)[0];
        world.network.node(liar).fault_when(Fault::status(status, "no"), When::as_destination().method("store"));
        for number in 0..8 {
            let stored = alice.writes(&bob, &format!("message {number}")).await.unwrap();
            assert!(stored.is_enough(), "{status}");
        }
    }
}

#[tokio::test]
async fn a_poll_is_not_repeated_by_itself() {
    let world = World::start().await;
    let bob = world.person(2).await;
    let (number, node) = world.members(&bob.id)[0];
    world.network.node(number).fault_when(Fault::status(500, "request failed"), When::as_destination());
    world.network.clear_log();
    assert_eq!(bob.reads_at(&node).await.unwrap_err(), SwarmError::Refused { status: 500 });
    assert_eq!(world.asked("retrieve"), 1);
    // The next poll comes to somebody else.
    for _ in 0..10 {
        assert_ne!(bob.swarms.member(&bob.id).await.unwrap(), node);
    }
}

#[tokio::test]
async fn a_hanging_member_is_left_for_another_when_its_time_is_over() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    let members = world.members(&bob.id);
    let faults: Vec<_> = members
        .iter()
        .map(|(number, _)| world.network.node(*number).fault_when(Fault::Hang, When::as_destination().next(1)))
        .collect();
    assert_eq!(faults.len(), members.len());
    let sending = alice.writes(&bob, "hello");
    let moving = async {
        world.network.wait_until(|stats| stats.hung > 0).await.unwrap();
        // Only the first member asked goes on hanging.
        for (number, _) in &members {
            if world.network.stats().nodes[*number].hung == 0 {
                world.network.node(*number).heal();
            }
        }
        world.clock.forward(Duration::from_secs(11));
    };
    let (sent, ()) = tokio::join!(sending, moving);
    assert!(sent.is_ok(), "{sent:?}");
}

#[tokio::test]
async fn a_liar_that_signs_another_message_is_caught() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    let members = world.members(&bob.id);
    // The lie: a proof that is good for another message.
    let other = alice.writes(&bob, "another message").await.unwrap().hash;
    let proof = json!({ "hash": other.as_str(), "signature": "A".repeat(88) });
    let body = json!({ "swarm": { members[0].1.to_string(): proof }, "t": world.clock.now().as_millis() });
    for (number, _) in members.iter().take(2) {
        let lie = Fault::status(200, &body.to_string());
        world.network.node(*number).fault_when(lie, When::as_destination().method("store"));
    }
    for number in 0..4 {
        let stored = alice.writes(&bob, &format!("message {number}")).await.unwrap();
        assert!(world.copies(&bob.id, Namespace::DIRECT, &stored.hash) >= 1);
    }
}

#[tokio::test]
async fn a_swapped_message_is_named_and_everything_else_is_read() {
    let world = World::start().await;
    let bob = world.person(2).await;
    let (number, node) = world.members(&bob.id)[0];
    bob.keeps(Namespace::CONTACTS, b"contacts").await;
    let real = SwarmHash::of(&Address::from(&bob.id), Namespace::DIRECT, b"the real one");
    let good = SwarmHash::of(&Address::from(&bob.id), Namespace::DIRECT, b"good");
    let body = json!({ "more": false, "messages": [
        { "hash": real.as_str(), "timestamp": 1, "expiration": 2, "data": "c3dhcHBlZA==" },
        { "hash": good.as_str(), "timestamp": 1, "expiration": 2, "data": "Z29vZA==" },
    ]});
    let lie = Fault::status(200, &body.to_string());
    world.network.node(number).fault_when(lie, When::as_destination().method("retrieve"));
    let asks = [ask(Namespace::DIRECT, None), ask(Namespace::CONTACTS, None)];
    let read = bob.swarms.retrieve(&node, &bob.keys, &asks).await.unwrap();
    assert_eq!(texts(&read), ["good"]);
    assert_eq!(read.parts[0].unusable.len(), 1);
    assert_eq!(read.parts[0].unusable[0].reason, UnusableReason::WrongHash);
    assert_eq!(read.parts[1].messages.len(), 0, "messages of another namespace are not taken for configs");
    assert!(bob.reads_at(&world.members(&bob.id)[1].1).await.is_ok());
}

#[tokio::test]
async fn copies_that_do_not_arrive_are_reported() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    let members = world.members(&bob.id);
    let (late, key) = members[0];
    world.network.node(late).fault(Fault::Lag(Duration::from_secs(30)));
    // Another member is the one that is asked; this one would answer first, since it waits for nobody.
    let refusal = Fault::Status { code: 500, body: "not now".to_owned() };
    world.network.node(late).fault_when(refusal, When::as_destination().method("store"));
    let lagging = world.patiently(alice.writes(&bob, "a message that one member gets late")).await.unwrap();
    assert_ne!(lagging.way.destination, Some(key));
    assert_eq!(lagging.failed, [key]);
    assert_eq!(lagging.accepted.len(), members.len() - 1);
    world.network.node(late).heal();
    assert_eq!(world.copies(&bob.id, Namespace::DIRECT, &lagging.hash), members.len(), "it arrived later");
    for (number, _) in &members {
        world.network.node(*number).fault(Fault::NoCopies);
    }
    let together = alice.writes(&bob, "no copies").await.unwrap();
    assert_eq!(
        (together.accepted.len(), together.is_enough()),
        (2, true),
        "one after the other, until two have proved it"
    );
    assert_eq!(together.accepted.len() + together.failed.len(), members.len(), "of as many as our list names");
}

/// One of the four takes a message, says so, gives no copies and may even throw it away.
#[tokio::test]
async fn what_one_member_alone_proved_goes_to_another() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    let (liar, key) = world.members(&bob.id)[0];
    world.network.node(liar).fault(Fault::LoseMessages);
    world.network.node(liar).fault(Fault::NoCopies);
    for number in 0..12 {
        let stored = alice.writes(&bob, &format!("message {number}")).await.unwrap();
        assert!(stored.is_enough() && stored.accepted.iter().any(|node| *node != key), "{:?}", stored.accepted);
        assert!(world.copies(&bob.id, Namespace::DIRECT, &stored.hash) >= 3);
    }
}

#[tokio::test]
async fn what_too_few_members_keep_is_told_as_such_and_counts_later() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    let members = world.members(&bob.id);
    for (number, _) in &members[1..] {
        world.network.node(*number).fault_when(Fault::status(500, "busy"), When::always().method("store"));
    }
    // Until the member that works is among the three that are asked.
    let few = loop {
        if let Ok(stored) = alice.writes(&bob, "hello").await {
            break stored;
        }
    };
    assert_eq!((few.accepted.as_slice(), few.failed.len(), few.is_enough()), ([members[0].1].as_slice(), 3, false));
    world.network.heal_all();
    let again = alice.writes(&bob, "hello").await.unwrap();
    assert!(again.is_enough() && again.hash == few.hash);
    assert_eq!(bob.reads().await, ["hello"]);
}

#[tokio::test]
async fn half_of_a_swarm_is_enough_while_the_other_half_is_dead() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    let members = world.members(&bob.id);
    let kept = bob.keeps(Namespace::CONTACTS, b"contacts").await;
    for (number, _) in &members[..members.len() / 2] {
        world.network.node(*number).fault(Fault::DeadTold);
    }
    for number in 0..6 {
        let text = format!("message {number}");
        let stored = persistently(async || alice.writes(&bob, &text).await).await;
        assert!(stored.is_enough() && stored.accepted.len() == members.len() / 2, "{stored:?}");
    }
    let deleted = persistently(async || bob.swarms.delete(&bob.keys, std::slice::from_ref(&kept)).await).await;
    assert!(deleted.members.quorum().is_met());
}

/// What `attempt` gives at last: paths may run over dead nodes, and then the outbox tries again too.
async fn persistently<T>(attempt: impl AsyncFn() -> Result<T, SwarmError>) -> T {
    for _ in 0..5 {
        if let Ok(done) = attempt().await {
            return done;
        }
    }
    panic!("it did not work in five attempts");
}

#[tokio::test]
async fn one_member_that_deletes_alone_has_deleted_nothing_for_the_others() {
    let world = World::start().await;
    let bob = world.person(2).await;
    let kept = bob.keeps(Namespace::CONTACTS, b"contacts").await;
    let (liar, key) = world.members(&bob.id)[0];
    world.network.node(liar).fault(Fault::NoCopies);
    for _ in 0..6 {
        let deleted = bob.swarms.delete(&bob.keys, std::slice::from_ref(&kept)).await.unwrap();
        assert!(deleted.members.accepted.iter().any(|(node, _)| *node != key));
    }
    assert_eq!(world.copies(&bob.id, Namespace::CONTACTS, &kept), 0);
    for (number, _) in &world.members(&bob.id)[1..] {
        world.network.node(*number).fault_when(Fault::status(500, "busy"), When::always().method("delete"));
    }
    let few = loop {
        let error = bob.swarms.delete(&bob.keys, std::slice::from_ref(&kept)).await.unwrap_err();
        if matches!(error, SwarmError::TooFew { .. }) {
            break error;
        }
    };
    assert_eq!(few, SwarmError::TooFew { accepted: 1, named: 4 });
}

/// A swarm of one: what that one proves is enough, for there is nobody else.
#[tokio::test]
async fn in_a_swarm_of_one_member_its_word_is_enough() {
    let network = LocalNetwork::start(Options { nodes: 12, swarms: 12, ..Options::default() }).await.unwrap();
    let world = World { network, clock: WorldClock::new() };
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    let stored = alice.writes(&bob, "hello").await.unwrap();
    assert_eq!((stored.accepted.len(), stored.failed.len(), stored.is_enough()), (1, 0, true));
    assert_eq!(bob.reads().await, ["hello"]);
    world.network.clear_log();
    for number in 0..4 {
        alice.writes(&bob, &format!("message {number}")).await.unwrap();
    }
    assert_eq!(world.asked("get_swarm"), 0, "it was asked for once");
}

/// The body of a 421 that names these nodes.
fn names(nodes: &[NodeKey]) -> String {
    let snodes: Vec<_> =
        nodes.iter().map(|key| json!({ "pubkey_ed25519": key.to_string(), "ip": "127.0.0.1" })).collect();
    json!({ "snodes": snodes, "swarm": "1" }).to_string()
}

/// Nodes of another swarm than the account's.
fn elsewhere(world: &World, id: &AccountId) -> Vec<NodeKey> {
    let members = world.network.swarm_of(&id.to_string());
    world
        .network
        .nodes()
        .map(|node| node.number())
        .filter(|node| !members.contains(node))
        .map(|node| world.key(node))
        .collect()
}

#[tokio::test]
async fn one_member_that_sends_us_to_another_swarm_moves_nobody() {
    for body in
        [|world: &World, id: &AccountId| names(&elsewhere(world, id)[..4]), |_: &World, _: &AccountId| names(&[])]
    {
        let world = World::start().await;
        let (alice, bob) = (world.person(1).await, world.person(2).await);
        let members = world.members(&bob.id);
        let (liar, key) = members[0];
        let lie = Fault::status(421, &body(&world, &bob.id));
        world.network.node(liar).fault_when(lie, When::as_destination());
        for number in 0..8 {
            let stored = alice.writes(&bob, &format!("message {number}")).await.unwrap();
            assert!(world.copies(&bob.id, Namespace::DIRECT, &stored.hash) >= 3, "it lies where Bob looks");
        }
        let read = bob.reads_at(&key).await.unwrap();
        assert_eq!(read.parts[0].messages.len(), 8, "another member of the same swarm answered");
        assert!(bob.strikes(&key) > 0);
        let all = sorted(members.iter().map(|(_, key)| *key));
        for person in [&alice, &bob] {
            assert_eq!(sorted(person.swarms.members(&bob.id).await.unwrap()), all, "half of four is half of four");
        }
        assert_eq!(format!("{:?}", bob.swarms.snapshot()), "SwarmSnapshot(0 swarms)", "nothing of it is kept");
    }
}

/// One node's word that an earlier version kept is not believed after the next start.
#[tokio::test]
async fn a_kept_lie_of_one_node_is_dropped() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    let strangers: Vec<_> = elsewhere(&world, &bob.id).iter().take(4).map(ToString::to_string).collect();
    let later = world.clock.now().as_millis() + 1_000;
    let kept = json!({ "swarms": [{ "address": bob.id.to_string(), "members": strangers, "learned_at": later }] });
    let Ok(snapshot) = serde_json::from_value(kept) else { panic!("the form of earlier versions is not read") };
    alice.swarms.restore(snapshot);
    alice.writes(&bob, "hello").await.unwrap();
    assert_eq!(bob.reads().await, ["hello"]);
}

#[tokio::test]
async fn one_node_that_invents_a_swarm_is_outvoted_where_our_list_names_none() {
    let world = World::start().await;
    let bob = world.person(2).await;
    let expected = sorted(world.members(&bob.id).into_iter().map(|(_, key)| key));
    let liar = world.network.node(0);
    let lie = Fault::status(200, &names(&elsewhere(&world, &bob.id)[..4]));
    liar.fault_when(lie, When::as_destination().method("get_swarm"));
    for _ in 0..12 {
        let swarms = world.with_a_list_without_swarms().await;
        assert_eq!(sorted(swarms.members(&bob.id).await.unwrap()), expected);
    }
}

/// The first member hangs: the same message is with another one long before its time is over.
#[tokio::test]
async fn a_slow_member_is_not_waited_for_alone() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    for node in world.network.nodes() {
        node.fault_when(Fault::Hang, When::as_destination().method("store").next(1));
    }
    let members = world.members(&bob.id);
    let healing = async {
        world.network.wait_until(|stats| stats.hung > 0).await.unwrap();
        for (number, _) in &members {
            if world.network.stats().nodes[*number].hung == 0 {
                world.network.node(*number).heal();
            }
        }
        world.clock.forward(Duration::from_secs(4));
    };
    let began = world.clock.monotonic();
    let (stored, ()) = tokio::join!(alice.writes(&bob, "hello"), healing);
    assert!(stored.unwrap().is_enough());
    assert!(world.clock.monotonic().saturating_sub(began) < Duration::from_secs(9), "nobody waited for the time limit");
    assert!(world.network.stats().stores <= 2);
}

/// A swarm that is slow for a dead member's sake is asked twice at most, and does not answer with a storm.
#[tokio::test]
async fn a_slow_swarm_is_asked_by_two_requests_at_most() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    for node in world.network.nodes() {
        node.fault_when(Fault::Hang, When::as_destination().method("store"));
    }
    let passing = async {
        world.network.wait_until(|stats| stats.hung == 1).await.unwrap();
        world.clock.forward(Duration::from_secs(4));
        world.network.wait_until(|stats| stats.hung == 2).await.unwrap();
        world.clock.forward(Duration::from_secs(4));
        world.network.heal_all();
    };
    let (stored, ()) = tokio::join!(alice.writes(&bob, "hello"), passing);
    assert!(stored.unwrap().is_enough());
    assert!(world.network.stats().stores <= 2);
}

#[tokio::test]
async fn a_node_list_without_swarms_makes_us_ask_a_node() {
    let world = World::start().await;
    let bob = world.person(2).await;
    let swarms = world.with_a_list_without_swarms().await;
    let expected = sorted(world.members(&bob.id).into_iter().map(|(_, key)| key));
    assert_eq!(sorted(swarms.members(&bob.id).await.unwrap()), expected);
    let stored = swarms.store(&bob.id, Namespace::DIRECT, b"hello", DAY, None).await.unwrap();
    assert_eq!(sorted(stored.accepted), expected);
}

#[tokio::test]
async fn a_network_that_is_gone_is_offline_and_not_a_failure_of_the_swarm() {
    let world = World::start().await;
    let (alice, bob) = (world.person(1).await, world.person(2).await);
    for node in world.network.nodes() {
        node.fault(Fault::Refuse);
    }
    world.network.stop_seeds();
    let error = onionskin_core::Error::from(alice.writes(&bob, "hello").await.unwrap_err());
    assert_eq!(error.kind(), onionskin_core::ErrorKind::Offline);
    assert_ne!(Timestamp::ZERO, bob.swarms.time().now());
    world.network.heal_all();
    world.network.restart_seeds();
    alice.writes(&bob, "hello").await.unwrap();
    assert_eq!(bob.reads().await, ["hello"]);
}
