//! Taking back: a message on this device, a whole conversation, and everything that the own swarm keeps.

use onionskin_core::{Client, Draft, ErrorKind, Event, Events, NetworkTask, PathSummary, Timestamp};
use onionskin_network::{Fault, When};
use onionskin_tests::WAIT_LIMIT;

use super::people::{Person, Story, Told, World, befriend};

/// Everything that was told until now.
fn told(events: &mut Events) -> Vec<Event> {
    std::iter::from_fn(|| events.try_next()).collect()
}

/// Polls begin at the beginning again, as with a node that was never asked.
async fn forgets_where_it_stood(person: &Person<'_>) -> Story {
    let me = person.account_id();
    person.client().store().write("cursors", move |tx| tx.clear_cursors(me, Timestamp::ZERO)).await?;
    Ok(())
}

/// Copies that the person's own swarm keeps, on all nodes together.
fn kept(world: &World, person: &Person<'_>) -> usize {
    world.network().stored(&person.id(), 0).iter().map(|(_, messages)| messages.len()).sum()
}

/// Bob deletes what Alice wrote. Another member of his swarm gives it again, and it stays deleted; Alice keeps hers.
#[tokio::test]
async fn a_message_deleted_for_me_does_not_come_back_and_the_other_keeps_it() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    alice.writes(&bob, "forget this").await?;
    bob.polls().await?;
    let message = bob.last(&alice).await?;
    let mut events = bob.client().events();
    bob.with(&alice).delete_message(message.id).await?;
    let told = told(&mut events);
    assert!(matches!(told[0], Event::MessageRemoved { message: gone, .. } if gone == message.id), "{told:?}");
    assert!(matches!(told[1], Event::ConversationChanged(_)), "{told:?}");
    // From the beginning again, as another node would give it.
    forgets_where_it_stood(&bob).await?;
    bob.polls_until_empty().await?;
    assert!(!bob.sees(&alice).await?.contains(&"forget this".to_owned()));
    assert!(alice.sees(&bob).await?.contains(&"forget this".to_owned()));
    assert_eq!(bob.with(&alice).delete_message(message.id).await.unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

/// Written in a tunnel and thought better of: it never leaves, and neither does its copy.
#[tokio::test]
async fn a_message_deleted_before_it_left_never_leaves() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let tablet = alice.second_device().await?;
    let message = alice.notes(&bob, "I did not mean it").await?;
    alice.with(&bob).delete_message(message).await?;
    alice.writes(&bob, "good morning").await?;
    bob.polls().await?;
    tablet.polls().await?;
    assert_eq!(bob.sees(&alice).await?.last().map(String::as_str), Some("good morning"));
    for person in [&bob, &tablet] {
        let other = if person.id() == bob.id() { &alice } else { &bob };
        assert!(!person.sees(other).await?.contains(&"I did not mean it".to_owned()));
    }
    Ok(())
}

/// The swarm took the copy and its answer was lost. Deleted meanwhile, the message does not come back with the copy.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_copy_whose_receipt_was_lost_does_not_bring_a_deleted_message_back() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice] = world.people(["Alice"]).await?;
    alice.client().poll_now().await?;
    for node in world.network().nodes() {
        node.fault_when(Fault::Truncated, When::as_destination().method("store"));
    }
    let note = alice.notes(&alice, "buy onions").await?;
    world.patiently(alice.client().send_now()).await?;
    world.network().heal_all();
    if kept(&world, &alice) == 0 {
        return Err("no node kept the copy, so the story proves nothing".into());
    }
    alice.with(&alice).delete_message(note).await?;
    alice.polls_until(&alice, |seen| seen.is_empty()).await?;
    alice.polls_until_empty().await?;
    assert_eq!(alice.sees(&alice).await?, Vec::<String>::new());
    Ok(())
}

/// Cleared: gone from the list, told as one removal, back with the next message, and Alice is still a contact.
#[tokio::test]
async fn a_cleared_conversation_comes_back_with_the_next_message_only() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let mut events = bob.client().events();
    bob.with(&alice).clear().await?;
    assert!(matches!(told(&mut events)[..], [Event::ConversationRemoved(_)]));
    forgets_where_it_stood(&bob).await?;
    bob.polls_until_empty().await?;
    assert_eq!(bob.conversations().await?, Vec::<String>::new());
    assert_eq!(bob.client().contacts().await?.len(), 1);
    alice.writes(&bob, "are you there?").await?;
    bob.polls().await?;
    assert_eq!(bob.sees(&alice).await?, ["are you there?"]);
    assert_eq!(bob.requests().await?, Vec::<String>::new(), "no request: they know each other");
    Ok(())
}

async fn refused(client: &Client) -> Told<[ErrorKind; 2]> {
    let [poll, send] = [client.poll_now().await.err(), client.send_now().await.err()];
    let kind = |error: Option<onionskin_core::Error>| error.map(|error| error.kind()).ok_or("it was not refused");
    Ok([kind(poll)?, kind(send)?])
}

/// Everything goes from every node; what still waited here never reaches the swarm afterwards, also after a restart.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn an_erased_account_leaves_nothing_in_its_swarm_and_sends_nothing_afterwards() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    assert!(kept(&world, &alice) > 0);
    alice.notes(&bob, "waits here").await?;
    alice.client().start();
    let erased = alice.client().erase_from_network().await?;
    let members: Vec<_> = alice.client().swarm().await?.into_iter().map(|node| node.key).collect();
    let mut confirmed: Vec<_> = erased.confirmed.iter().map(|node| node.key.clone()).collect();
    confirmed.sort();
    let mut members_sorted = members.clone();
    members_sorted.sort();
    assert_eq!((confirmed, erased.failed), (members_sorted, vec![]));
    assert!(erased.confirmed.iter().all(|node| node.ip.is_some()));
    assert_eq!(kept(&world, &alice), 0);
    assert_eq!(refused(alice.client()).await?, [ErrorKind::NotAllowed; 2]);
    let too_late = alice.with(&bob).send(Draft::text("too late")).await.unwrap_err();
    assert_eq!(too_late.kind(), ErrorKind::NotAllowed);

    let alice = alice.restarts().await?;
    assert!(alice.client().is_erased());
    alice.client().start();
    assert_eq!(refused(alice.client()).await?, [ErrorKind::NotAllowed; 2]);
    assert!(alice.sees(&bob).await?.contains(&"hello".to_owned()), "reading goes on");
    assert_eq!(kept(&world, &alice), 0);
    Ok(())
}

/// A node that cannot be reached is named, and asked again by calling again.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_node_that_did_not_delete_is_named_and_can_be_asked_again() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let away = world.network().swarm_of(&alice.id())[0];
    world.network().node(away).fault(Fault::Dead);
    let erased = world.patiently(alice.client().erase_from_network()).await?;
    let key = world.network().node(away).key_hex();
    assert_eq!(erased.failed.iter().map(|node| node.key.as_str()).collect::<Vec<_>>(), [key.as_str()]);
    assert!(!erased.confirmed.is_empty() && kept(&world, &alice) > 0);
    world.comes_back();
    let again = world.patiently(alice.client().erase_from_network()).await?;
    assert_eq!((again.failed, kept(&world, &alice)), (vec![], 0));
    Ok(())
}

/// Nobody confirmed, so nothing is final: after opening the account again everything goes on.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn erasing_without_a_network_is_not_final() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    world.goes_offline();
    let failed = world.patiently(alice.client().erase_from_network()).await.unwrap_err();
    assert!(matches!(failed.kind(), ErrorKind::Offline | ErrorKind::GuardUnreachable), "{failed:?}");
    world.comes_back();
    let alice = alice.restarts().await?;
    alice.writes(&bob, "I stay").await?;
    bob.polls_until(&alice, |seen| seen.iter().any(|text| text == "I stay")).await?;
    Ok(())
}

/// The network page: what went wrong and when, and the path as it comes and goes, told without being asked.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn the_network_page_shows_failures_and_the_path_as_it_changes() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice] = world.people(["Alice"]).await?;
    assert_eq!(alice.client().path_summary(), PathSummary::Building);
    assert_eq!(alice.client().network_log(), []);
    let mut events = alice.client().events();
    alice.polls().await?;
    hears_of_paths(&mut events).await?;
    let PathSummary::Live(path) = alice.client().path_summary() else { return Err("no path stands".into()) };
    assert!(path.hops.len() == 3 && path.latency.is_some());
    assert_eq!(alice.client().swarm().await?.len(), world.network().swarm_of(&alice.id()).len());

    world.goes_offline();
    told(&mut events);
    // A path that no request was sent over yet stands until one is.
    while matches!(alice.client().path_summary(), PathSummary::Live(_)) {
        let failed = world.patiently(alice.client().poll_now()).await.unwrap_err();
        let log = alice.client().network_log();
        assert_eq!(log.last().map(|error| (error.kind, error.during)), Some((failed.kind(), NetworkTask::Polling)));
    }
    hears_of_paths(&mut events).await?;
    assert_eq!(alice.client().path_summary(), PathSummary::Broken { why: ErrorKind::Offline });

    world.comes_back();
    world.patiently(alice.client().retry_network()).await?;
    assert!(matches!(alice.client().path_summary(), PathSummary::Live(_)));
    Ok(())
}

async fn hears_of_paths(events: &mut Events) -> Story {
    let heard = async {
        while !matches!(events.next().await.ok_or("the events ended")?, Event::PathsChanged) {}
        Ok(())
    };
    tokio::time::timeout(WAIT_LIMIT, heard).await.map_err(|_| "nothing was told of paths")?
}
