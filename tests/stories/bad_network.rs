//! Nodes that are slow, wrong, gone or lying; seeds that are gone; clocks that are wrong. The message arrives, once.

use std::collections::BTreeSet;
use std::time::Duration;

use onionskin_core::Clock as _;
use onionskin_network::{Fault, Lie, Options, Role, When};

use super::people::{Fate as _, Person, Story, World, befriend, days};

/// Enough nodes that losing some of them is bad luck and not the end of the network.
fn large() -> Options {
    Options { nodes: 24, ..Options::default() }
}

/// Writes a message while something is wrong and checks that Bob reads it exactly once; then all is well again.
async fn arrives_once(world: &World, alice: &Person<'_>, bob: &Person<'_>, text: &str) -> Story {
    alice.notes(bob, text).await?;
    alice.sends_all().await?;
    bob.polls_until(alice, |seen| seen.iter().any(|seen| seen == text)).await?;
    world.network().heal_all();
    bob.polls().await?;
    let count = bob.sees(alice).await?.iter().filter(|seen| *seen == text).count();
    if count == 1 { Ok(()) } else { Err(format!("{text} arrived {count} times").into()) }
}

/// The nodes that took part lately in this role, newest way first.
fn lately(world: &World, role: Role) -> Vec<usize> {
    let mut nodes = Vec::new();
    for seen in world.network().requests().iter().rev().filter(|seen| seen.role == role) {
        if !nodes.contains(&seen.node) {
            nodes.push(seen.node);
        }
    }
    nodes
}

/// What a node may do wrong on the way. Hanging and refusing have stories of their own.
fn faults_on_the_way() -> Vec<Fault> {
    vec![
        Fault::Slow(Duration::from_millis(300)),
        Fault::status(500, "Invalid response from snode"),
        Fault::status(502, "Next node not found: 00"),
        Fault::status(503, "Server busy, try again later"),
        Fault::status(504, "Request time out"),
        Fault::status(400, "Invalid ciphertext"),
        Fault::Truncated,
        Fault::Garbage,
        Fault::NextNotFound,
        Fault::NextUnreachable,
        Fault::NotReady,
        Fault::Hang,
        Fault::Refuse,
        Fault::Dead,
        Fault::RefuseTold,
        Fault::DeadTold,
    ]
}

/// Each fault of a guard, in turn: the guards that Alice uses do it until the message has arrived.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn whatever_the_guards_do_wrong_the_message_arrives_once() -> Story {
    each_fault_of(Role::Guard, faults_on_the_way()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn whatever_the_middle_nodes_do_wrong_the_message_arrives_once() -> Story {
    each_fault_of(Role::Middle, faults_on_the_way()).await
}

/// Each fault of the swarm member that is asked: another member serves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn whatever_a_swarm_member_does_wrong_the_message_arrives_once() -> Story {
    let mut faults = faults_on_the_way();
    faults.extend([
        Fault::clock_too_far(),
        Fault::misdirected_to_strangers(),
        Fault::status(421, "{}"),
        Fault::status(425, ""),
        Fault::status(200, "not json"),
        Fault::status(200, "{\"swarm\":{}}"),
        Fault::status(200, "{\"messages\":7}"),
        Fault::LoseMessages,
        Fault::NoCopies,
        Fault::Lag(Duration::from_secs(20)),
        Fault::Skew(3_600_000),
        Fault::Skew(-3_600_000),
    ]);
    each_fault_of(Role::Destination, faults).await
}

/// In a fresh world for each fault: the nodes last seen in `role` (one, or two of them for relays) have it while Alice
/// writes and Bob polls.
async fn each_fault_of(role: Role, faults: Vec<Fault>) -> Story {
    for (number, fault) in faults.into_iter().enumerate() {
        let Some(world) = World::local_with(large()).await? else { return Ok(()) };
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        befriend(&alice, &bob).await?;
        let limited = !(fault.is_away() || matches!(fault, Fault::Skew(_)));
        for node in lately(&world, role).into_iter().take(if role == Role::Destination { 1 } else { 2 }) {
            world
                .network()
                .node(node)
                .fault_when(fault.clone(), if limited { When::always().role(role) } else { When::always() });
        }
        let told = arrives_once(&world, &alice, &bob, &format!("letter {number}")).await;
        told.map_err(|trouble| format!("{role:?} with {fault:?}: {trouble}"))?;
    }
    Ok(())
}

/// A batch, a store or a retrieve that fails once is tried again; nothing is doubled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn one_failing_answer_of_every_node_delays_and_loses_nothing() -> Story {
    let Some(world) = World::local_with(large()).await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let faults = [Fault::status(500, "request failed"), Fault::Truncated, Fault::Garbage, Fault::clock_too_far()];
    for (number, fault) in faults.into_iter().enumerate() {
        for node in world.network().nodes() {
            node.fault_when(fault.clone(), When::as_destination().next(1));
        }
        arrives_once(&world, &alice, &bob, &format!("letter {number}")).await.map_err(|t| format!("{fault:?}: {t}"))?;
    }
    Ok(())
}

/// Guards that ask for fewer requests get fewer: nobody is blamed, and the message goes later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn guards_that_ask_for_fewer_requests_get_fewer() -> Story {
    let Some(world) = World::local_with(large()).await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    for node in world.network().nodes() {
        node.fault_when(Fault::status(429, ""), When::as_guard().next(2));
    }
    arrives_once(&world, &alice, &bob, "no hurry").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn with_a_third_of_the_nodes_dead_messages_still_go_both_ways() -> Story {
    let Some(world) = World::local_with(large()).await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    // 8 of 24: more than 30 %, spread over all swarms.
    for node in world.network().nodes().filter(|node| node.number() % 3 == node.number() / 3 % 3) {
        node.fault(Fault::Dead);
    }
    for (from, to, text) in [(&alice, &bob, "are you still there?"), (&bob, &alice, "barely")] {
        from.notes(to, text).await?;
        from.sends_all().await?;
        to.polls_until(from, |seen| seen.iter().any(|seen| seen == text)).await?;
    }
    // Somebody new finds a way too.
    let [carol] = world.people(["Carol"]).await?;
    carol.notes(&bob, "is this thing on?").await?;
    carol.sends_all().await?;
    bob.polls_until(&carol, |seen| seen == ["is this thing on?"]).await
}

/// Every guard that was ever used goes down: others take over. All come back: nothing is doubled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn all_guards_go_down_and_come_back() -> Story {
    let Some(world) = World::local_with(large()).await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    for guard in lately(&world, Role::Guard) {
        world.network().node(guard).fault(Fault::Refuse);
    }
    arrives_once(&world, &alice, &bob, "around them").await?;
    arrives_once(&world, &alice, &bob, "and with them again").await?;
    assert_eq!(bob.sees(&alice).await?[2..], ["around them", "and with them again"]);
    Ok(())
}

/// The seeds are gone for good. Who has been here before has a list; who has not can be given one.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn without_seeds_a_cached_list_and_a_shipped_list_are_enough() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let shipped = alice.accounts().roads().export();
    world.network().stop_seeds();

    let alice = alice.restarts().await?;
    alice.writes(&bob, "with the cached list").await?;
    bob.polls().await?;
    assert_eq!(bob.last(&alice).await?.body, "with the cached list");

    // A device that has never seen a list.
    let [carol] = world.people(["Carol"]).await?;
    let stuck = carol.writes(&bob, "with the shipped list").await?;
    assert!(carol.row(&bob, stuck).await?.is_waiting(), "no seed, no list: nothing to go by");
    assert_eq!(carol.accounts().roads().import(&shipped)?, world.network().nodes().count());
    world.clock.forward(Duration::from_secs(61));
    carol.sends_all().await?;
    bob.polls().await?;
    assert_eq!(bob.sees(&carol).await?, ["with the shipped list"]);
    Ok(())
}

/// The date was set wrong by hand. The network's time corrects it: others see the right time, and expiry is right.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_device_whose_clock_is_wrong_by_an_hour_writes_and_reads() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    for wrong in [3_600_000, -3_600_000] {
        let alice = world.person_with_clock_wrong_by("Alice", wrong).await?;
        let [bob] = world.people(["Bob"]).await?;
        // A program polls when it starts; from then on it knows the network's time.
        alice.polls().await?;
        befriend(&alice, &bob).await?;
        let now = world.clock.core().now();
        for row in [bob.rows(&alice.account_id()).await?, alice.rows(&bob.account_id()).await?].concat() {
            let apart = now.as_millis().abs_diff(row.sent_at.as_millis());
            assert!(apart < 60_000, "{wrong}: a message is dated {apart} ms away");
        }
    }
    Ok(())
}

/// One node's clock is wrong by an hour; asking it for the time must not spoil ours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_node_whose_clock_is_wrong_by_an_hour_spoils_nothing() -> Story {
    let Some(world) = World::local_with(large()).await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let asked = lately(&world, Role::Destination);
    world.network().node(asked[0]).fault(Fault::Skew(-3_600_000));
    for number in 0..4 {
        let text = format!("letter {number}");
        alice.notes(&bob, &text).await?;
        alice.sends_all().await?;
        bob.polls_until(&alice, |seen| seen.contains(&text)).await?;
    }
    let now = world.clock.core().now();
    let dates: Vec<_> = bob
        .rows(&alice.account_id())
        .await?
        .iter()
        .map(|row| now.as_millis().abs_diff(row.sent_at.as_millis()))
        .collect();
    assert!(dates.iter().all(|apart| *apart < 45 * 60_000), "a wrong node moved our time: {dates:?}");
    Ok(())
}

/// Bob's account moves to another swarm between two messages, and between writing and sending.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_swarm_that_changes_in_flight_loses_nothing() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    for number in 0..3 {
        let text = format!("letter {number}");
        alice.notes(&bob, &text).await?;
        world.network().move_account_away(&bob.id());
        alice.sends_all().await?;
        bob.polls_until(&alice, |seen| seen.contains(&text)).await?;
    }
    assert_eq!(bob.sees(&alice).await?[2..], ["letter 0", "letter 1", "letter 2"]);
    Ok(())
}

/// A node that lies about the list is outvoted: nobody walks into its invented nodes, and nobody forgets real ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_lying_node_is_outvoted() -> Story {
    for lie in [Lie::Extra(20), Lie::Fewer(20), Lie::Invented(30)] {
        let Some(world) = World::local_with(large()).await? else { return Ok(()) };
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        befriend(&alice, &bob).await?;
        // One in three is asked; with one liar among 24 at most one of the three lies.
        world.network().node(5).fault(Fault::LyingList(lie.clone()));
        world.network().stop_seeds();
        let honest: BTreeSet<String> = world.network().nodes().map(|node| node.key_hex()).collect();
        for _ in 0..6 {
            world.clock.forward(Duration::from_secs(3 * 60 * 60));
            alice.writes(&bob, "still here").await?;
            let known: BTreeSet<String> =
                alice.accounts().roads().pool().nodes().iter().map(|node| node.key.to_string()).collect();
            assert_eq!(known, honest, "{lie:?}");
        }
    }
    Ok(())
}

/// A seed that lies is believed by nobody who has a list of nodes that agree.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_lying_seed_does_not_take_over_a_known_network() -> Story {
    let Some(world) = World::local_with(large()).await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    for seed in world.network().seeds() {
        seed.fault(Fault::LyingList(Lie::Invented(30)));
    }
    world.clock.forward(days(1));
    alice.notes(&bob, "still the same network").await?;
    alice.sends_all().await?;
    bob.polls_until(&alice, |seen| seen.iter().any(|text| text == "still the same network")).await
}
