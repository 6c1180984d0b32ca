//! The first words between two people, and what a text may be.

use onionskin_core::{Draft, ErrorKind};

use super::people::{Fate as _, Story, World, befriend};

/// Alice writes, Bob answers, both read both.
#[tokio::test]
async fn a_first_message_goes_both_ways() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    alice.writes(&bob, "hello, is this you?").await?;
    bob.polls().await?;
    assert_eq!(bob.sees(&alice).await?, ["hello, is this you?"]);
    bob.writes(&alice, "it is").await?;
    alice.polls().await?;
    for (one, other) in [(&alice, &bob), (&bob, &alice)] {
        assert_eq!(one.sees(other).await?, ["hello, is this you?", "it is"]);
    }
    Ok(())
}

/// The sender learns that it was taken, by how many nodes, and which way it went.
#[tokio::test]
async fn the_sender_sees_how_many_nodes_took_the_message_and_which_way_it_went() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let hello = alice.writes(&bob, "hello").await?;
    let row = alice.row(&bob, hello).await?;
    let (accepted, of) = row.taken_by().expect("sent");
    assert!(accepted >= 1 && accepted <= of, "{accepted} of {of}");
    let way = row.sending.expect("the way is kept");
    assert_eq!(way.hops.len(), 3);
    Ok(())
}

/// Bob's list shows Alice by the name she gave herself, and the new one after she changed it.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_name_travels_with_the_message() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    assert_eq!(bob.name_of(&alice).await?, "Alice");
    // A profile counts as newer only by whole seconds.
    world.clock.forward(std::time::Duration::from_secs(2));
    alice.client().set_display_name("Alice Liddell").await?;
    alice.writes(&bob, "married").await?;
    bob.polls().await?;
    assert_eq!(bob.name_of(&alice).await?, "Alice Liddell");
    Ok(())
}

/// Every kind of writing arrives as it was written.
#[tokio::test]
async fn a_text_arrives_point_for_point() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let texts = ["🧅👩‍👩‍👧‍👦", "שלום, مرحبا", "a\u{0}b", "line\nline\r\n", "  edge  ", "e\u{301}"];
    for text in texts {
        alice.writes(&bob, text).await?;
    }
    bob.polls().await?;
    assert_eq!(bob.sees(&alice).await?, texts);
    Ok(())
}

/// 2000 points go through whole; one more is refused before anything is stored, and so is nothing at all.
#[tokio::test]
async fn the_longest_text_arrives_whole_and_a_longer_one_is_refused_at_once() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let longest = "ж".repeat(2_000);
    let chat = alice.with(&bob);
    for (text, kind) in [(format!("{longest}!"), ErrorKind::TooLarge), (" \n ".to_owned(), ErrorKind::InvalidInput)] {
        assert_eq!(chat.send(Draft::text(text)).await.unwrap_err().kind(), kind);
    }
    assert_eq!(alice.sees(&bob).await?, Vec::<String>::new());
    alice.writes(&bob, &longest).await?;
    bob.polls().await?;
    assert_eq!(bob.sees(&alice).await?, [longest]);
    Ok(())
}

/// Notes to oneself go to the own swarm once and come back to nobody else.
#[tokio::test]
async fn a_note_to_self_is_kept_once() -> Story {
    let world = World::start().await?;
    let [alice] = world.people(["Alice"]).await?;
    alice.writes(&alice, "buy onions").await?;
    alice.polls().await?;
    alice.polls().await?;
    assert_eq!(alice.sees(&alice).await?, ["buy onions"]);
    Ok(())
}

/// Two people write at the same moment; both end with the same two messages.
#[tokio::test]
async fn letters_that_cross_are_both_read() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let (a, b) = tokio::join!(alice.writes(&bob, "are you there?"), bob.writes(&alice, "are you there too?"));
    a?;
    b?;
    let (a, b) = tokio::join!(alice.polls(), bob.polls());
    a?;
    b?;
    let mut both = (alice.sees(&bob).await?, bob.sees(&alice).await?);
    both.0.sort();
    both.1.sort();
    assert_eq!(both.0, ["are you there too?", "are you there?"]);
    assert_eq!(both.0, both.1);
    Ok(())
}
