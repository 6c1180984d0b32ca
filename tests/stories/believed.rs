//! What one node says of itself, of others or of where an account lives is not believed alone: messages go where people
//! look, polls see what lies there, and *sent* means that half of the swarm proved it.

use std::collections::BTreeSet;
use std::time::Duration;

use onionskin_core::{MessageState, NetworkTask};
use onionskin_network::{Fault, Options, Role, When};
use serde_json::json;

use super::people::{Fate as _, Person, Story, Told, World, befriend};

fn letters(seen: &[String]) -> BTreeSet<String> {
    seen.iter().filter(|text| text.starts_with("letter")).cloned().collect()
}

/// The texts that Alice sees as sent.
async fn sent(alice: &Person<'_>, bob: &Person<'_>) -> Told<BTreeSet<String>> {
    let rows = alice.rows(&bob.account_id()).await?;
    let sent: Vec<_> = rows.iter().filter(|row| row.taken_by().is_some()).map(|row| row.body.clone()).collect();
    Ok(letters(&sent))
}

/// Bob polls so long that every member of his swarm is asked.
async fn asks_every_member(world: &World, bob: &Person<'_>) -> Story {
    for _ in 0..8 {
        bob.polls_until_empty().await?;
        world.clock.forward(Duration::from_secs(301));
    }
    Ok(())
}

/// One of the four nodes that keep Bob's messages says "stored" and throws them away.
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_message_that_is_called_sent_is_lost_to_one_lying_member() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let liar = world.network().node(world.network().swarm_of(&bob.id())[0]);
    liar.fault(Fault::LoseMessages);
    liar.fault(Fault::NoCopies);
    for number in 0..24 {
        alice.writes(&bob, &format!("letter {number}")).await?;
    }
    let sent = sent(&alice, &bob).await?;
    let rows = alice.rows(&bob.account_id()).await?;
    let taken: Vec<_> = rows.iter().filter_map(|row| row.taken_by()).collect();
    assert_eq!(sent.len(), 24, "a liar holds nothing up");
    assert!(taken.iter().all(|(accepted, asked)| *accepted >= 2 && *asked == 4), "{taken:?}");
    liar.heal();
    asks_every_member(&world, &bob).await?;
    let seen = letters(&bob.sees(&alice).await?);
    let lost: Vec<_> = sent.difference(&seen).collect();
    assert!(
        lost.is_empty(),
        "{} of {} that Alice sees as sent: {lost:?}; accepted by {taken:?}",
        lost.len(),
        sent.len()
    );
    Ok(())
}

/// All members but one are away: the message says how many have it, and is sent once they are back.
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_member_alone_took_says_so_and_is_sent_when_the_others_are_back() -> Story {
    let Some(world) = World::local_with(Options { nodes: 24, ..Options::default() }).await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let swarm = world.network().swarm_of(&bob.id());
    for node in &swarm[1..] {
        world.network().node(*node).fault_when(Fault::status(500, "busy"), When::always().method("store"));
    }
    let letter = alice.notes(&bob, "letter 0").await?;
    let taken = loop {
        alice.sends().await?;
        let row = alice.row(&bob, letter).await?;
        assert!(matches!(row.state, MessageState::Retrying { .. }), "too few members are no failure: {:?}", row.state);
        if let Some(sending) = row.sending {
            break (sending.accepted, sending.asked);
        }
        world.clock.forward(Duration::from_secs(61));
    };
    assert_eq!(taken, (1, u32::try_from(swarm.len())?));
    for _ in 0..4 {
        world.clock.forward(Duration::from_secs(61));
        alice.sends().await?;
        let row = alice.row(&bob, letter).await?;
        assert!(row.is_waiting() && row.sending.is_some(), "however often it is tried: {:?}", row.state);
    }
    world.comes_back();
    alice.sends_all().await?;
    let taken = alice.row(&bob, letter).await?.taken_by().ok_or("it was not sent")?;
    assert_eq!(taken, (u32::try_from(swarm.len())?, u32::try_from(swarm.len())?));
    asks_every_member(&world, &bob).await?;
    let seen: Vec<_> = bob.sees(&alice).await?.into_iter().filter(|text| text == "letter 0").collect();
    assert_eq!(seen.len(), 1, "shown once");
    Ok(())
}

/// The swarm of a 421, as nodes write it.
fn snodes(keys: &[String]) -> String {
    let nodes: Vec<_> = keys.iter().map(|key| json!({ "pubkey_ed25519": key, "ip": "127.0.0.1" })).collect();
    json!({ "snodes": nodes, "swarm": "1" }).to_string()
}

/// Keys of nodes that keep nothing of this person.
fn elsewhere(world: &World, person: &Person<'_>) -> Vec<String> {
    let swarm = world.network().swarm_of(&person.id());
    world.network().nodes().filter(|node| !swarm.contains(&node.number())).map(|node| node.key_hex()).take(4).collect()
}

/// One member sends everybody away: to strangers, to a swarm of real nodes, or nowhere. Letters go where Bob looks, and
/// Bob sees them; after a restart nobody remembers the lie.
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_member_that_sends_everybody_away_is_not_believed() -> Story {
    for lie in ["strangers", "real nodes", "nobody"] {
        let Some(world) = World::local().await? else { return Ok(()) };
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        befriend(&alice, &bob).await?;
        let liar = world.network().node(world.network().swarm_of(&bob.id())[0]);
        let fault = match lie {
            "strangers" => Fault::misdirected_to_strangers(),
            "real nodes" => Fault::status(421, &snodes(&elsewhere(&world, &bob))),
            _ => Fault::status(421, "{}"),
        };
        liar.fault_when(fault, When::always().role(Role::Destination));
        let (alice, bob) = (alice.restarts().await?, bob.restarts().await?);
        for number in 0..6 {
            let text = format!("letter {number}");
            alice.writes(&bob, &text).await?;
            bob.polls_until(&alice, |seen| seen.contains(&text)).await.map_err(|why| format!("{lie}: {why}"))?;
        }
        assert_eq!(sent(&alice, &bob).await?.len(), 6, "{lie}");
        let alice = alice.restarts().await?;
        alice.writes(&bob, "letter 6").await?;
        liar.heal();
        asks_every_member(&world, &bob).await?;
        assert_eq!(letters(&bob.sees(&alice).await?).len(), 7, "{lie}");
        let swarm: BTreeSet<String> = bob.client().swarm().await?.into_iter().map(|node| node.key).collect();
        let real = world.network().swarm_of(&bob.id()).into_iter().map(|node| world.network().node(node).key_hex());
        assert_eq!(swarm, real.collect(), "{lie}");
    }
    Ok(())
}

/// The account really moved, and the list does not know it yet: two members say so, and it is found in the same request.
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_really_moved_is_found_by_two_voices() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    // Long enough ago for the list to be fetched again.
    world.clock.forward(Duration::from_secs(61));
    world.network().move_account_away(&bob.id());
    alice.writes(&bob, "letter 0").await?;
    assert_eq!(sent(&alice, &bob).await?.len(), 1, "in one attempt");
    bob.polls_until(&alice, |seen| seen.iter().any(|text| text == "letter 0")).await?;
    // What two said is kept over a restart: the next letter goes there at once.
    let alice = alice.restarts().await?;
    world.network().clear_log();
    alice.writes(&bob, "letter 1").await?;
    let new: BTreeSet<usize> = world.network().swarm_of(&bob.id()).into_iter().collect();
    let asked = world.network().journeys_of(&bob.id());
    assert!(asked.iter().all(|journey| journey.nodes.last().is_some_and(|node| new.contains(node))), "{asked:?}");
    Ok(())
}

/// One member of our own swarm says "stored", keeps nothing and gives no copies: the other devices get what was changed.
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_that_one_member_alone_keeps_goes_to_the_others() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    alice.client().push_configs_now().await?;
    let liar = world.network().node(world.network().swarm_of(&alice.id())[0]);
    liar.fault(Fault::NoCopies);
    liar.fault(Fault::LoseMessages);
    for name in ["Bobby", "Robert", "Bert"] {
        alice.with(&bob).set_nickname(name).await?;
        alice.polls().await?;
        assert_eq!(alice.client().push_configs_now().await?.confirmed, 1, "{name}");
        assert!(!alice.client().sync_state().await?.unsent, "{name}");
    }
    liar.heal();
    let tablet = alice.another_device("").await?;
    tablet.polls_until_empty().await?;
    assert_eq!(tablet.name_of(&bob).await?, "Bert");
    Ok(())
}

/// A person who erases what they had reads which nodes proved it and which did not, also when these are most of them.
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erasing_tells_of_each_node_whether_it_proved_it() -> Story {
    let Some(world) = World::local_with(Options { nodes: 24, ..Options::default() }).await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let swarm = world.network().swarm_of(&alice.id());
    for node in &swarm[1..] {
        world.network().node(*node).fault_when(Fault::status(500, "busy"), When::always().method("delete_all"));
    }
    let erased = loop {
        match alice.client().erase_from_network().await {
            Ok(erased) => break erased,
            Err(_) => world.clock.forward(Duration::from_secs(61)),
        }
    };
    let honest = world.network().node(swarm[0]).key_hex();
    assert_eq!(erased.confirmed.iter().map(|node| node.key.clone()).collect::<Vec<_>>(), [honest]);
    assert_eq!(erased.failed.len(), swarm.len() - 1);
    assert!(alice.client().is_erased());
    assert!(alice.client().network_log().iter().all(|error| error.during == NetworkTask::Erasing));
    world.comes_back();
    assert_eq!(alice.client().erase_from_network().await?.failed, []);
    Ok(())
}
