//! An emoji on a message is there on every device of both, once, until it is taken away, whoever is offline meanwhile.

use std::time::Duration;

use onionskin_core::{Clock as _, ErrorKind, Event, Hint, MessageId, MessageRow};
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

/// A message by its text.
async fn named(who: &Person<'_>, with: &Person<'_>, text: &str) -> Told<MessageRow> {
    let rows = who.rows(&with.account_id()).await?;
    rows.into_iter().find(|row| row.body == text).ok_or_else(|| format!("{}: no {text}", who.name()).into())
}

/// The emoji on a message, each with how many people put it there, and whether we are one.
async fn shown(who: &Person<'_>, with: &Person<'_>, text: &str) -> Told<Vec<(String, usize, bool)>> {
    let row = named(who, with, text).await?;
    Ok(row.reactions.into_iter().map(|one| (one.emoji, one.people.len(), one.ours)).collect())
}

async fn reacts(who: &Person<'_>, with: &Person<'_>, message: MessageId, emoji: &str, given: bool) -> Story {
    who.with(with).react(message, emoji, given).await?;
    who.sends().await
}

#[tokio::test]
async fn a_reaction_is_on_the_message_on_all_devices_until_it_is_taken_away() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    acquainted(&alice, &bob).await?;
    let (tablet, laptop) = (alice.another_device("").await?, bob.another_device("").await?);
    settle(&[&alice, &tablet]).await?;
    settle(&[&bob, &laptop]).await?;
    let hers = alice.writes(&bob, "dinner?").await?;
    bob.polls().await?;
    let his = named(&bob, &alice, "dinner?").await?.id;
    let mut events = alice.client().events();
    reacts(&bob, &alice, his, "😂", true).await?;
    reacts(&bob, &alice, his, "👍", true).await?;
    reacts(&alice, &bob, hers, "👍", true).await?;
    for device in [&alice, &tablet, &bob, &laptop] {
        device.polls_until_empty().await?;
    }
    for (device, with) in [(&alice, &bob), (&tablet, &bob), (&bob, &alice), (&laptop, &alice)] {
        let mut all = shown(device, with, "dinner?").await?;
        all.sort();
        let is_bob = device.account_id() == bob.account_id();
        let expected = [("👍".to_owned(), 2, true), ("😂".to_owned(), 1, is_bob)];
        assert_eq!(
            all,
            {
                let mut list = expected.to_vec();
                list.sort();
                list
            },
            "{}",
            device.name()
        );
    }
    let told = std::iter::from_fn(|| events.try_next());
    let last = told.filter_map(|event| if let Event::MessageChanged(row) = event { Some(row) } else { None }).last();
    assert_eq!(last.map(|row| (row.id, row.reactions.len())), Some((hers, 2)), "it comes with the row of its message");
    assert_eq!(bob.with(&alice).row().await?.map(|row| row.unread), Some(1), "a reaction is nothing unread");

    // Taken away on another device than it was given on, while the first is off.
    let on_laptop = named(&laptop, &alice, "dinner?").await?.id;
    reacts(&laptop, &alice, on_laptop, "😂", false).await?;
    for device in [&alice, &tablet, &bob] {
        device.polls_until_empty().await?;
    }
    for (device, with) in [(&alice, &bob), (&tablet, &bob), (&bob, &alice), (&laptop, &alice)] {
        assert_eq!(shown(device, with, "dinner?").await?, [("👍".to_owned(), 2, true)], "{}", device.name());
    }
    assert_eq!(laptop.client().reaction_bar().await?.len(), 6);
    assert_eq!(bob.client().reaction_bar().await?[..2], ["👍", "😂"]);
    Ok(())
}

/// Without a network: given, taken away and given again; one is there afterwards, however late the other looks.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_was_decided_last_without_a_network_counts() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    acquainted(&alice, &bob).await?;
    alice.writes(&bob, "dinner?").await?;
    bob.polls().await?;
    let his = named(&bob, &alice, "dinner?").await?.id;
    world.goes_offline();
    for given in [true, false, true] {
        reacts(&bob, &alice, his, "😂", given).await?;
    }
    reacts(&bob, &alice, his, "👍", true).await?;
    reacts(&bob, &alice, his, "👍", false).await?;
    assert_eq!(shown(&bob, &alice, "dinner?").await?, [("😂".to_owned(), 1, true)], "here at once");
    let bob = bob.restarts().await?;
    world.clock.forward(Duration::from_secs(2 * 24 * 3_600));
    world.comes_back();
    bob.sends_all().await?;
    world.clock.forward(Duration::from_secs(5 * 24 * 3_600));
    let tablet = bob.another_device("").await?;
    for (device, with) in [(&alice, &bob), (&tablet, &alice)] {
        device.polls_until_empty().await?;
        let ours = device.account_id() == bob.account_id();
        assert_eq!(shown(device, with, "dinner?").await?, [("😂".to_owned(), 1, ours)], "{}", device.name());
    }
    Ok(())
}

/// A request takes no reactions; after it was accepted it does. And twenty in a minute are enough.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_request_takes_no_reactions_and_a_minute_no_more_than_twenty() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    bob.writes(&alice, "hello").await?;
    alice.polls().await?;
    let request = named(&alice, &bob, "hello").await?.id;
    let error = alice.with(&bob).react(request, "👍", true).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed);
    alice.with(&bob).accept().await?;
    for number in 0..20 {
        alice.with(&bob).react(request, "👍", number % 2 == 0).await?;
    }
    let error = alice.with(&bob).react(request, "👍", true).await.unwrap_err();
    assert!(matches!(error.hint(), Some(Hint::RetryAfter(wait)) if *wait <= Duration::from_secs(60)), "{error:?}");
    world.clock.forward(Duration::from_secs(61));
    alice.with(&bob).react(request, "👍", true).await?;
    alice.sends_all().await?;
    bob.polls_until_empty().await?;
    assert_eq!(shown(&bob, &alice, "hello").await?, [("👍".to_owned(), 1, false)]);
    Ok(())
}

/// Mallory, a friend, reacts a thousand times to what never was, to what stands elsewhere, and with what is no emoji.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_friend_who_means_no_good_changes_nothing_that_is_not_theirs() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, mallory] = world.people(["Alice", "Bob", "Mallory"]).await?;
    acquainted(&alice, &bob).await?;
    befriend(&mallory, &bob).await?;
    let seed = mallory.client().store().read(|tx| tx.seed()).await?.ok_or("no seed")?;
    let keys = onionskin_core::AccountKeys::from_seed(&seed);
    let swarms = world.swarms_of_a_stranger().await?;
    let elsewhere = named(&bob, &alice, "hello").await?;
    let hers = named(&bob, &mallory, "hello").await?;
    let mut letters = Vec::new();
    for number in 0..300_u64 {
        let at = world.clock.core().now() + Duration::from_millis(2 * (number + 1));
        let (of, author, emoji) = match number % 3 {
            0 => (elsewhere.sent_at.as_millis(), elsewhere.sender, "😂"),
            1 => (hers.sent_at.as_millis() + 7 * number, hers.sender, "😂"),
            _ => (hers.sent_at.as_millis(), hers.sender, "lol"),
        };
        let author = author.to_string();
        let reaction = [varint(1, of), field(2, author.as_bytes()), field(3, emoji.as_bytes()), varint(4, 0)].concat();
        let content = [field(1, &field(11, &reaction)), varint(15, at.as_millis())].concat();
        letters.push(sealed(&keys, &bob.account_id(), &content, at));
    }
    deposit(&swarms, &bob.account_id(), letters).await?;
    bob.polls_until_empty().await?;
    for other in [&alice, &mallory] {
        for row in bob.rows(&other.account_id()).await? {
            assert!(row.reactions.is_empty(), "{}", other.name());
        }
    }
    // And what she means is heard.
    mallory.polls().await?;
    let hello = named(&mallory, &bob, "hello").await?.id;
    reacts(&mallory, &bob, hello, "👍", true).await?;
    bob.polls_until_empty().await?;
    assert_eq!(shown(&bob, &mallory, "hello").await?, [("👍".to_owned(), 1, false)]);
    Ok(())
}
