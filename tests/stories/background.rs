//! Nobody presses a button: background tasks send and poll, at the pace of the screen, and end when the account closes.

use std::time::Duration;

use onionskin_core::{Client, Connection, Draft, Event, Events, MessageState};
use onionskin_tests::WAIT_LIMIT;

use super::people::{Story, Told, World, befriend};

/// The next event that `wanted` picks; the end of the events is trouble, and so is that it never comes.
async fn hears<T>(events: &mut Events, wanted: impl Fn(&Event) -> Option<T>) -> Told<T> {
    let heard = async {
        loop {
            let event = events.next().await.ok_or("the events ended")?;
            if let Some(found) = wanted(&event) {
                return Ok(found);
            }
        }
    };
    tokio::time::timeout(WAIT_LIMIT, heard).await.map_err(|_| "what was waited for was never told")?
}

fn incoming(event: &Event) -> Option<String> {
    match event {
        Event::MessageAdded(row) if !row.outgoing => Some(row.body.clone()),
        _ => None,
    }
}

fn sent(event: &Event) -> Option<()> {
    matches!(event, Event::MessageChanged(row) if row.state == MessageState::Sent).then_some(())
}

/// A background task polls in a moment of its own; the story waits until it has, by what it tells.
async fn online(client: &Client, events: &mut Events) -> Story {
    if client.connection() != Connection::Online {
        hears(events, |event| matches!(event, Event::ConnectionChanged(Connection::Online)).then_some(())).await?;
    }
    Ok(())
}

/// Alice writes; seconds later Bob reads, and neither did anything else.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_message_arrives_without_anybody_pressing_a_button() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let (mut alice_hears, mut bob_hears) = (alice.client().events(), bob.client().events());
    bob.client().set_screen(true, None);
    for person in [&alice, &bob] {
        person.client().start();
        person.client().start();
    }
    for text in ["one", "two"] {
        alice.with(&bob).send(Draft::text(text)).await?;
        hears(&mut alice_hears, sent).await?;
        world.clock.forward(Duration::from_secs(3));
        assert_eq!(hears(&mut bob_hears, incoming).await?, text);
    }
    Ok(())
}

/// Written in a tunnel: it goes by itself when the network is back, after seconds, not after the next key press.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_was_written_offline_goes_by_itself_when_the_network_is_back() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let mut alice_hears = alice.client().events();
    alice.client().set_screen(true, None);
    alice.client().start();
    online(alice.client(), &mut alice_hears).await?;
    world.goes_offline();
    alice.with(&bob).send(Draft::text("late")).await?;
    let retrying = |event: &Event| {
        matches!(event, Event::MessageChanged(row) if matches!(row.state, MessageState::Retrying { .. })).then_some(())
    };
    world.patiently(hears(&mut alice_hears, retrying)).await?;
    assert_eq!(alice.client().connection(), Connection::Offline);
    world.comes_back();
    world.patiently(hears(&mut alice_hears, sent)).await?;
    bob.polls_until(&alice, |seen| seen.iter().any(|text| text == "late")).await?;
    assert_eq!(bob.sees(&alice).await?.iter().filter(|text| *text == "late").count(), 1);
    Ok(())
}

/// Nobody looks: the account asks once a minute, and again at once when somebody does.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_hidden_account_polls_slowly_until_somebody_looks() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let mut bob_hears = bob.client().events();
    let polls = world.network().stats().retrieves;
    bob.client().start();
    // It begins at a moment of its own.
    world.clock.forward(Duration::from_secs(20));
    world.network().wait_until(|stats| stats.retrieves > polls).await?;
    bob.client().poll_now().await?;
    alice.writes(&bob, "are you there?").await?;
    world.clock.forward(Duration::from_secs(10));
    assert_eq!(bob_hears.try_next().as_ref().and_then(incoming), None, "ten seconds are less than a minute");
    bob.client().set_screen(true, None);
    assert_eq!(hears(&mut bob_hears, incoming).await?, "are you there?");
    Ok(())
}

/// Closing in the middle of everything ends the tasks and the events, and loses nothing.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn closing_in_the_middle_ends_everything_and_loses_nothing() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let mut alice_hears = alice.client().events();
    alice.client().set_screen(true, None);
    alice.client().start();
    let chat = alice.with(&bob);
    for number in 0..10 {
        chat.send(Draft::text(number.to_string())).await?;
    }
    alice.client().close().await?;
    alice.client().close().await?;
    let end = async { while alice_hears.next().await.is_some() {} };
    tokio::time::timeout(WAIT_LIMIT, end).await.map_err(|_| "the events never ended")?;
    assert!(chat.send(Draft::text("too late")).await.is_err());
    let alice = alice.restarts().await?;
    alice.sends_all().await?;
    bob.polls_until_empty().await?;
    let numbers: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    let seen = bob.sees(&alice).await?;
    assert_eq!(seen[seen.len() - 10..], numbers[..], "in order, once each");
    Ok(())
}
