//! What is deleted for everyone, or on all my devices, is gone on every device of both and from both swarms, whoever is
//! offline meanwhile; and nobody deletes what somebody else wrote.

use std::time::Duration;

use onionskin_core::{Clock as _, MessageKind, MessageRow, Reach};
use onionskin_tests::devices::settle;
use onionskin_tests::letters::{deposit, field, sealed, varint};

use super::people::{Person, Story, Told, World, befriend};

/// Two people who know each other, and have read what they said.
async fn acquainted(one: &Person<'_>, other: &Person<'_>) -> Story {
    befriend(one, other).await?;
    one.with(other).mark_read().await?;
    other.with(one).mark_read().await?;
    Ok(())
}

/// What stands in a conversation: texts, and lines that say that something was deleted.
async fn seen(who: &Person<'_>, with: &Person<'_>) -> Told<Vec<String>> {
    let show = |row: MessageRow| match row.kind {
        MessageKind::Text => Some(row.body),
        MessageKind::Deleted => Some("(deleted)".to_owned()),
        _ => None,
    };
    Ok(who.rows(&with.account_id()).await?.into_iter().filter_map(show).collect())
}

/// How many letters the swarm of somebody holds of those that were there before, at all members together.
fn kept(world: &World, person: &Person<'_>, hash: &str) -> usize {
    let members = world.network().stored(&person.id(), 0).into_iter();
    members.flat_map(|(_, messages)| messages).filter(|message| message.hash == hash).count()
}

const WORDS: [&str; 2] = ["hello", "hello yourself"];

fn after(more: &[&str]) -> Vec<String> {
    WORDS.iter().chain(more).map(|text| (*text).to_owned()).collect()
}

/// Both have a second device; one of Bob's reads before, the other hears of the message and of its end at once.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_is_deleted_for_everyone_is_gone_on_all_devices_and_from_both_swarms() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    acquainted(&alice, &bob).await?;
    let (tablet, laptop) = (alice.another_device("").await?, bob.another_device("").await?);
    settle(&[&alice, &tablet]).await?;
    settle(&[&bob, &laptop]).await?;
    let message = alice.writes(&bob, "the code is 4711").await?;
    tablet.polls().await?;
    bob.polls().await?;
    assert_eq!(bob.with(&alice).row().await?.map(|row| row.unread), Some(1));
    let (ours, theirs) = (alice.row(&bob, message).await?.swarm_hash, bob.last(&alice).await?.swarm_hash);
    assert!(kept(&world, &alice, &ours) > 0 && kept(&world, &bob, &theirs) > 0);

    alice.with(&bob).delete_everywhere(message, Reach::Everyone).await?;
    assert_eq!(seen(&alice, &bob).await?, after(&["(deleted)"]), "here at once");
    alice.sends().await?;
    for device in [&tablet, &bob, &laptop] {
        device.polls_until_empty().await?;
        device.sends().await?;
    }
    // The laptop looked when Bob's phone had deleted it from their swarm already: it never had anything.
    let line = ["(deleted)"].as_slice();
    for (who, with, more) in [(&alice, &bob, line), (&tablet, &bob, line), (&bob, &alice, line), (&laptop, &alice, &[])]
    {
        assert_eq!(seen(who, with).await?, after(more), "{}", who.name());
        assert!(who.client().search("4711", None, None, 10).await?.is_empty());
    }
    let chat = bob.with(&alice).row().await?.ok_or("the conversation is gone")?;
    assert_eq!((chat.unread, chat.newest.map(|newest| newest.text)), (0, Some(String::new())));
    assert_eq!((kept(&world, &alice, &ours), kept(&world, &bob, &theirs)), (0, 0));

    // A device that comes later never had it, and what is written next is read everywhere.
    let new = bob.another_device("").await?;
    settle(&[&bob, &laptop, &new]).await?;
    assert!(!seen(&new, &alice).await?.contains(&"the code is 4711".to_owned()));
    alice.writes(&bob, "never mind").await?;
    for device in [&bob, &laptop, &new] {
        device.polls_until_empty().await?;
        assert_eq!(device.last(&alice).await?.body, "never mind");
    }
    Ok(())
}

/// Alice deletes without a network: it is gone at once on her device, and everywhere once she is back. Bob was away too.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn who_deletes_without_a_network_strands_nobody() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    acquainted(&alice, &bob).await?;
    let tablet = alice.another_device("").await?;
    settle(&[&alice, &tablet]).await?;
    let message = alice.writes(&bob, "forget it").await?;
    tablet.polls().await?;
    world.goes_offline();
    alice.with(&bob).delete_everywhere(message, Reach::Everyone).await?;
    alice.sends().await?;
    assert_eq!(seen(&alice, &bob).await?, after(&["(deleted)"]));
    let alice = alice.restarts().await?;
    world.clock.forward(Duration::from_secs(3 * 24 * 3_600));
    world.comes_back();
    alice.sends_all().await?;
    for (device, with) in [(&bob, &alice), (&tablet, &bob)] {
        device.polls_until_empty().await?;
        assert_eq!(seen(device, with).await?, after(&["(deleted)"]), "{}", device.name());
    }
    assert_eq!(bob.with(&alice).row().await?.map(|row| row.unread), Some(0), "what he never saw is not unread");
    assert_eq!(bob.unreadable().await?, Vec::<String>::new());
    Ok(())
}

/// A letter that never left is taken back without a trace; Bob hears the next one.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_letter_that_never_left_is_heard_of_by_nobody() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    acquainted(&alice, &bob).await?;
    world.goes_offline();
    let message = alice.notes(&bob, "I quit").await?;
    alice.with(&bob).delete_everywhere(message, Reach::Everyone).await?;
    assert_eq!(seen(&alice, &bob).await?, after(&[]));
    world.comes_back();
    alice.sends_all().await?;
    alice.writes(&bob, "see you tomorrow").await?;
    bob.polls().await?;
    assert_eq!(seen(&bob, &alice).await?, after(&["see you tomorrow"]));
    Ok(())
}

/// A letter that is under way when it is deleted (a swarm took it, and its answer was lost) is withdrawn, not forgotten.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_letter_that_may_have_left_is_withdrawn() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    acquainted(&alice, &bob).await?;
    let message = alice.notes(&bob, "I quit").await?;
    // Sealed and tried, and nobody answers any more.
    world.goes_offline();
    alice.sends().await?;
    alice.with(&bob).delete_everywhere(message, Reach::Everyone).await?;
    assert_eq!(seen(&alice, &bob).await?, after(&["(deleted)"]));
    world.comes_back();
    alice.sends_all().await?;
    bob.polls().await?;
    assert_eq!(seen(&bob, &alice).await?, after(&[]), "it had not left after all");
    alice.writes(&bob, "good morning").await?;
    bob.polls().await?;
    assert_eq!(seen(&bob, &alice).await?, after(&["good morning"]));
    Ok(())
}

/// On all my devices: the letter of somebody else goes from mine and from my swarm; the other keeps it.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_i_delete_on_all_my_devices_the_other_person_keeps() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    acquainted(&alice, &bob).await?;
    let (off, on) = (bob.another_device("").await?, bob.another_device("").await?);
    settle(&[&bob, &off, &on]).await?;
    alice.writes(&bob, "burn after reading").await?;
    bob.polls().await?;
    on.polls().await?;
    let letter = bob.last(&alice).await?;
    bob.with(&alice).delete_everywhere(letter.id, Reach::OurDevices).await?;
    bob.sends().await?;
    assert_eq!(kept(&world, &bob, &letter.swarm_hash), 0);
    for device in [&on, &off] {
        device.polls_until_empty().await?;
        assert!(!seen(device, &alice).await?.contains(&"burn after reading".to_owned()));
        assert_eq!(device.with(&alice).row().await?.map(|row| row.unread), Some(0));
    }
    assert_eq!(seen(&bob, &alice).await?, after(&["(deleted)"]));
    alice.polls().await?;
    assert_eq!(seen(&alice, &bob).await?, after(&["burn after reading"]));
    Ok(())
}

/// A note to self goes from both devices, with its line.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_note_to_self_goes_from_all_my_devices() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice] = world.people(["Alice"]).await?;
    let tablet = alice.another_device("").await?;
    settle(&[&alice, &tablet]).await?;
    let note = alice.writes(&alice, "the safe is behind the picture").await?;
    tablet.polls().await?;
    assert_eq!(tablet.sees(&alice).await?, ["the safe is behind the picture"]);
    let hash = alice.row(&alice, note).await?.swarm_hash;
    alice.with(&alice).delete_everywhere(note, Reach::OurDevices).await?;
    alice.sends().await?;
    tablet.polls().await?;
    for device in [&alice, &tablet] {
        assert_eq!(seen(device, &alice).await?, Vec::<String>::new());
    }
    assert_eq!(kept(&world, &alice, &hash), 0);
    Ok(())
}

/// A node deletes nothing while it is told to: the deletion is tried again, and the next polls bring nothing back and move on.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn after_a_deletion_the_next_polls_bring_what_is_new_and_nothing_old() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    acquainted(&alice, &bob).await?;
    for text in ["one", "two", "three"] {
        alice.writes(&bob, text).await?;
        bob.polls().await?;
    }
    // The cursor stands on the last one, which goes.
    let message = alice.last(&bob).await?.id;
    alice.with(&bob).delete_everywhere(message, Reach::Everyone).await?;
    alice.sends().await?;
    bob.polls().await?;
    bob.sends().await?;
    for _ in 0..3 {
        bob.polls_until_empty().await?;
        assert_eq!(seen(&bob, &alice).await?, after(&["one", "two", "(deleted)"]));
    }
    alice.writes(&bob, "four").await?;
    bob.polls().await?;
    assert_eq!(seen(&bob, &alice).await?, after(&["one", "two", "(deleted)", "four"]));
    Ok(())
}

/// Mallory, whom Bob talks to, asks Bob's device to delete what Alice wrote, and what Bob wrote.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn nobody_deletes_what_somebody_else_wrote() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, mallory] = world.people(["Alice", "Bob", "Mallory"]).await?;
    acquainted(&alice, &bob).await?;
    befriend(&mallory, &bob).await?;
    let keys =
        onionskin_core::AccountKeys::from_seed(mallory.client().store().read(|tx| tx.seed()).await?.as_ref().unwrap());
    let swarms = world.swarms_of_a_stranger().await?;
    let mut requests = Vec::new();
    for (number, row) in
        bob.rows(&alice.account_id()).await?.iter().chain(&bob.rows(&mallory.account_id()).await?).enumerate()
    {
        if row.sender == mallory.account_id() {
            continue;
        }
        let at = world.clock.core().now() + Duration::from_millis(10 * number as u64);
        let author = row.sender.to_string();
        let request = [varint(1, row.sent_at.as_millis()), field(2, author.as_bytes())].concat();
        let content = [field(9, &request), varint(15, at.as_millis())].concat();
        requests.push(sealed(&keys, &bob.account_id(), &content, at));
    }
    let count = requests.len();
    deposit(&swarms, &bob.account_id(), requests).await?;
    bob.polls_until_empty().await?;
    assert_eq!(bob.unreadable().await?, vec!["not theirs"; count]);
    for other in [&alice, &mallory] {
        assert_eq!(seen(&bob, other).await?, after(&[]));
    }
    Ok(())
}
