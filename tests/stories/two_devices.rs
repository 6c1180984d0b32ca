//! One account on two devices.

use onionskin_core::mnemonic::recovery_password;
use onionskin_core::{AccountKeys, AccountSeed};
use onionskin_tests::devices::{agree, settle};

use super::people::{Story, World, befriend};

/// What the first device sends appears on the second, as sent by ourselves, in the right conversation.
#[tokio::test]
async fn the_second_device_sees_what_the_first_one_sent() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let tablet = alice.second_device().await?;
    assert_eq!(tablet.id(), alice.id());
    alice.writes(&bob, "from my phone").await?;
    tablet.polls().await?;
    assert_eq!(tablet.sees(&bob).await?, ["from my phone"]);
    assert!(tablet.last(&bob).await?.outgoing);
    // A copy is no message to ourselves, and no request.
    assert_eq!(tablet.requests().await?, Vec::<String>::new());
    assert_eq!(tablet.sees(&alice).await?, Vec::<String>::new());
    Ok(())
}

/// An answer reaches both devices; writing on with the other device makes one conversation on all three.
#[tokio::test]
async fn two_devices_carry_one_conversation() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let tablet = alice.second_device().await?;
    alice.writes(&bob, "one").await?;
    bob.polls().await?;
    bob.writes(&alice, "two").await?;
    tablet.polls().await?;
    tablet.writes(&bob, "three").await?;
    alice.polls().await?;
    bob.polls().await?;
    for person in [&alice, &tablet] {
        assert_eq!(person.sees(&bob).await?, ["one", "two", "three"]);
    }
    assert_eq!(bob.sees(&alice).await?, ["one", "two", "three"]);
    Ok(())
}

/// The device that sent does not read its own copy as a second message, however often it polls.
#[tokio::test]
async fn the_sender_does_not_see_the_own_copy_twice() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    alice.writes(&bob, "once").await?;
    for _ in 0..3 {
        alice.polls().await?;
    }
    assert_eq!(alice.sees(&bob).await?.iter().filter(|text| *text == "once").count(), 1);
    Ok(())
}

/// A note on one device is a note on the other.
#[tokio::test]
async fn a_note_to_self_reaches_the_other_device() -> Story {
    let world = World::start().await?;
    let [alice] = world.people(["Alice"]).await?;
    let tablet = alice.second_device().await?;
    alice.writes(&alice, "buy onions").await?;
    tablet.polls().await?;
    assert_eq!(tablet.sees(&alice).await?, ["buy onions"]);
    Ok(())
}

/// Everything is lost but the thirteen words: the same account, and what still waits in the swarm comes back.
#[tokio::test]
async fn the_recovery_password_brings_the_account_back() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    bob.writes(&alice, "are you all right?").await?;
    let found = alice.second_device().await?;
    drop(alice);
    found.polls().await?;
    assert!(found.sees(&bob).await?.contains(&"are you all right?".to_owned()));
    found.writes(&bob, "I am, only my phone is not").await?;
    bob.polls().await?;
    assert_eq!(bob.last(&found).await?.body, "I am, only my phone is not");
    Ok(())
}

/// An account of 25 words, made by another program: two devices restore it, write, read, and share what they know.
#[tokio::test]
async fn an_account_of_25_words_lives_on_two_devices() -> Story {
    let world = World::start().await?;
    let [bob] = world.people(["Bob"]).await?;
    let seed = AccountSeed::copy_of(&onionskin_core::crypto::random_bytes::<32>()).ok_or("a seed has 32 bytes")?;
    let words = recovery_password(&seed);
    assert_eq!(words.split(' ').count(), 25);
    let phone = world.person_with_words("Alice", &words).await?;
    assert_eq!(phone.id(), AccountKeys::from_seed(&seed).account_id().to_string());
    settle(&[&phone]).await?;
    befriend(&phone, &bob).await?;
    phone.with(&bob).set_nickname("Bobby").await?;
    settle(&[&phone]).await?;

    // It is asked for its words like any other; they lead the second device to the same account.
    assert_eq!(phone.client().recovery_password(), words);
    assert_eq!(phone.client().bip39_phrase(), None);
    let tablet = phone.another_device("").await?;
    assert_eq!(tablet.id(), phone.id());
    tablet.polls().await?;
    assert_eq!(tablet.client().display_name().await?, "Alice", "the name came with the profile document");
    assert_eq!(tablet.name_of(&bob).await?, "Bobby");
    settle(&[&phone, &tablet]).await?;
    agree(&[&phone, &tablet]).await?;
    tablet.writes(&bob, "from my tablet").await?;
    phone.polls().await?;
    bob.polls().await?;
    assert_eq!(phone.last(&bob).await?.body, "from my tablet");
    assert_eq!(bob.last(&phone).await?.body, "from my tablet");

    // After the program starts again the ledger gives the whole seed back.
    let phone = phone.restarts().await?;
    assert_eq!(phone.client().recovery_password(), words);
    bob.writes(&phone, "read you").await?;
    phone.polls().await?;
    tablet.polls().await?;
    assert_eq!((phone.last(&bob).await?.body, tablet.last(&bob).await?.body), ("read you".into(), "read you".into()));
    Ok(())
}
