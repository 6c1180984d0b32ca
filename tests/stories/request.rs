//! Strangers: a first message is a request until it is answered, declined or blocked.

use super::people::{Story, World, befriend};

/// Bob does not know Alice: her words wait as a request, out of his conversations. His answer accepts it, and Alice
/// learns that.
#[tokio::test]
async fn a_strangers_message_is_a_request_and_an_answer_accepts_it() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    alice.writes(&bob, "we met on the train").await?;
    bob.polls().await?;
    assert_eq!(bob.requests().await?, [alice.id()]);
    assert_eq!(bob.conversations().await?, Vec::<String>::new());
    assert!(!alice.is_accepted_by(&bob).await?);

    bob.writes(&alice, "I remember").await?;
    assert_eq!(bob.requests().await?, Vec::<String>::new());
    assert_eq!(bob.conversations().await?, [alice.id()]);
    alice.polls().await?;
    assert!(alice.is_accepted_by(&bob).await?);
    // Who wrote first has accepted by that.
    assert_eq!(alice.requests().await?, Vec::<String>::new());
    Ok(())
}

/// Accepting without a word tells the other as well.
#[tokio::test]
async fn accepting_tells_the_other_without_a_message() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    alice.writes(&bob, "we met on the train").await?;
    bob.polls().await?;
    bob.with(&alice).accept().await?;
    bob.sends().await?;
    alice.polls().await?;
    assert!(alice.is_accepted_by(&bob).await?);
    assert_eq!(alice.sees(&bob).await?, ["we met on the train"]);
    assert_eq!(alice.name_of(&bob).await?, "Bob", "the answer carries the name");
    Ok(())
}

/// Declining hides the request and tells nobody; who writes again asks again.
#[tokio::test]
async fn a_declined_request_is_gone_and_the_sender_is_told_nothing() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    alice.writes(&bob, "buy my book").await?;
    bob.polls().await?;
    bob.with(&alice).decline().await?;
    assert_eq!(bob.requests().await?, Vec::<String>::new());
    bob.sends().await?;
    bob.polls().await?;
    assert_eq!(bob.requests().await?, Vec::<String>::new(), "what was declined does not come back by polling");
    alice.polls().await?;
    assert!(!alice.is_accepted_by(&bob).await?);
    alice.writes(&bob, "please").await?;
    bob.polls().await?;
    assert_eq!(bob.requests().await?, [alice.id()]);
    assert_eq!(bob.last(&alice).await?.body, "please");
    Ok(())
}

/// What a blocked person writes is recorded and never shown; after unblocking, new words arrive.
#[tokio::test]
async fn a_blocked_person_is_not_heard_until_unblocked() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let before = bob.sees(&alice).await?;
    bob.with(&alice).block().await?;
    alice.writes(&bob, "you cannot hear me").await?;
    bob.polls().await?;
    assert_eq!(bob.sees(&alice).await?, before);
    assert_eq!(bob.unreadable().await?, ["blocked"]);
    bob.with(&alice).unblock().await?;
    alice.writes(&bob, "and now?").await?;
    bob.polls().await?;
    assert_eq!(bob.sees(&alice).await?.last().map(String::as_str), Some("and now?"));
    Ok(())
}
