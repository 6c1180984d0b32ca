//! Receipts and typing: signs between people who accepted each other and both want them, and between nobody else.

use std::time::Duration;

use onionskin_core::{ConversationId, Event, READ_RECEIPTS, TYPING_NOTICES, Timestamp};
use onionskin_tests::devices::settle;

use super::people::{Person, Story, Told, World, befriend};

async fn wants(who: &Person<'_>, receipts: bool, typing: bool) -> Story {
    who.client().set_setting(&READ_RECEIPTS, receipts).await?;
    who.client().set_setting(&TYPING_NOTICES, typing).await?;
    Ok(())
}

fn looks(who: &Person<'_>, at: Option<&Person<'_>>) {
    let conversation = at.map(|other| ConversationId::from(other.account_id()));
    who.client().set_screen(conversation.is_some(), conversation);
}

/// When the letters of ours to somebody were read, as far as we were told.
async fn seen(who: &Person<'_>, by: &Person<'_>) -> Told<Vec<Timestamp>> {
    let rows = who.rows(&by.account_id()).await?.into_iter().filter(|row| row.outgoing && !row.body.is_empty());
    Ok(rows.map(|row| row.seen_at).collect())
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn who_reads_tells_so_when_both_want_it_and_somebody_looks() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    for (alice_wants, bob_wants, bob_looks) in
        [(true, true, true), (true, false, true), (false, true, true), (true, true, false)]
    {
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        befriend(&alice, &bob).await?;
        let tablet = alice.second_device().await?;
        settle(&[&alice, &tablet]).await?;
        wants(&alice, alice_wants, false).await?;
        wants(&tablet, alice_wants, false).await?;
        wants(&bob, bob_wants, false).await?;
        looks(&bob, Some(&alice).filter(|_| bob_looks));
        for text in ["one", "two", "three"] {
            alice.writes(&bob, text).await?;
        }
        bob.polls().await?;
        bob.with(&alice).mark_read().await?;
        // The receipt reaches the tablet before the copies of what was read, and the phone had no network meanwhile.
        bob.sends().await?;
        alice.polls().await?;
        tablet.polls().await?;
        let told = alice_wants && bob_wants && bob_looks;
        for device in [&alice, &tablet] {
            let seen = seen(device, &bob).await?;
            assert_eq!(seen.len(), 4, "{}", device.name());
            assert!(
                seen[1..].iter().all(|at| (*at > Timestamp::ZERO) == told),
                "{alice_wants} {bob_wants} {bob_looks}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_stranger_learns_neither_that_they_were_read_nor_that_we_type() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, mallory] = world.people(["Alice", "Mallory"]).await?;
    for person in [&alice, &mallory] {
        wants(person, true, true).await?;
    }
    mallory.writes(&alice, "are you there?").await?;
    alice.polls().await?;
    looks(&alice, Some(&mallory));
    alice.with(&mallory).mark_read().await?;
    alice.with(&mallory).typed().await?;
    alice.sends().await?;
    assert_eq!(mallory.polls().await?.messages, 0);
    assert_eq!(seen(&mallory, &alice).await?, [Timestamp::ZERO]);
    assert!(!mallory.is_accepted_by(&alice).await?);
    Ok(())
}

/// The next that is heard of somebody typing.
fn typing(events: &mut onionskin_core::Events) -> Vec<bool> {
    std::iter::from_fn(|| events.try_next())
        .filter_map(|event| match event {
            Event::Typing { typing, .. } => Some(typing),
            _ => None,
        })
        .collect()
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn typing_is_seen_until_it_stops_or_a_message_comes_or_nothing_more_is_heard() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    for person in [&alice, &bob] {
        wants(person, false, true).await?;
    }
    looks(&bob, Some(&alice));
    let mut heard = alice.client().events();
    let types = async || -> Story {
        bob.with(&alice).typed().await?;
        bob.sends().await?;
        alice.polls().await?;
        Ok(())
    };
    types().await?;
    assert_eq!(typing(&mut heard), [true]);
    world.clock.forward(Duration::from_secs(4));
    bob.client().see_to_typing_now().await?;
    bob.sends().await?;
    alice.polls().await?;
    assert_eq!(typing(&mut heard), [false], "three seconds without a key");
    types().await?;
    bob.writes(&alice, "there it is").await?;
    alice.polls().await?;
    assert_eq!(typing(&mut heard), [true, false], "the message came");
    types().await?;
    world.clock.forward(Duration::from_secs(16));
    alice.client().see_to_typing_now().await?;
    assert_eq!(typing(&mut heard), [true, false], "nothing more was heard");
    Ok(())
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_typing_notice_that_found_no_network_for_twenty_seconds_never_leaves() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    for person in [&alice, &bob] {
        wants(person, false, true).await?;
    }
    looks(&bob, Some(&alice));
    let mut heard = alice.client().events();
    world.goes_offline();
    bob.with(&alice).typed().await?;
    bob.sends().await?;
    world.clock.forward(Duration::from_secs(21));
    let bob = bob.restarts().await?;
    world.comes_back();
    bob.sends_all().await?;
    assert_eq!(bob.client().store().read(|tx| tx.errands()).await?.len(), 0, "it is given up");
    alice.polls().await?;
    assert_eq!(typing(&mut heard), [false; 0]);
    assert_eq!(alice.unreadable().await?, [""; 0]);
    Ok(())
}
