//! A client that nobody here wrote judges us: it exchanges text with core over the local network, both ways.
//!
//! It is the PyPI package `sessionpy-messenger`, pinned by hash, in a process of its own (`tests/judge/`). It opens our
//! sealed boxes and checks our signatures with its own code, and we open what it sealed. A missing venv is a failure.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use onionskin_core::AccountId;
use onionskin_tests::judge::{Judge, https_seeds};
use onionskin_tests::people::{Story, Told, World};

const SEED: [u8; 16] = *b"judge for a day.";

/// Works out the same account from the same seed, and reads and writes on our network.
async fn judge(world: &World) -> Told<Judge> {
    Ok(Judge::start("Judy", SEED, &https_seeds(&world.network().description())).await?)
}

/// The first word is ours: he opens it, checks it, and answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_write_and_the_independent_client_reads_and_answers() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice] = world.people(["Alice"]).await?;
    let mut judy = judge(&world).await?;
    let judys = AccountId::parse(judy.account_id())?;

    let texts = ["hello, whoever made you", "жук 🐞 שלום", &"long ".repeat(399)];
    for text in texts {
        alice.writes_to_account(&judys, text).await?;
    }
    let read = judy.polls().await?;
    assert_eq!(read.iter().map(|message| message.text.as_str()).collect::<Vec<_>>(), texts);
    for message in &read {
        assert_eq!(message.kind, "message");
        assert_eq!(message.sender, alice.id(), "he worked the sender out from the signature");
        assert_eq!(message.name.as_deref(), Some("Alice"));
        assert_eq!(message.sync_target, None);
    }

    judy.writes(&alice.id(), "nobody you know").await?;
    alice.polls().await?;
    assert_eq!(alice.sees_from(&judys).await?[texts.len()..], ["nobody you know"]);
    assert_eq!(alice.unreadable().await?, Vec::<String>::new());
    judy.leaves().await?;
    Ok(())
}

/// The first word is his: it is a request here; our answer tells him that it was accepted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_independent_client_writes_first_and_is_accepted() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice] = world.people(["Alice"]).await?;
    let mut judy = judge(&world).await?;
    let judys = AccountId::parse(judy.account_id())?;

    judy.writes(&alice.id(), "may I?").await?;
    alice.polls().await?;
    assert_eq!(alice.requests().await?, [judys.to_string()]);
    assert_eq!(alice.sees_from(&judys).await?, ["may I?"]);

    alice.writes_to_account(&judys, "please").await?;
    assert_eq!(alice.requests().await?, Vec::<String>::new());
    let read = judy.polls().await?;
    let mut kinds: Vec<_> =
        read.iter().filter(|message| message.sender == alice.id()).map(|message| message.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["conversation_request_accepted", "message"]);
    judy.leaves().await?;
    Ok(())
}

/// One account on our software and on his: each sees what the other sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_on_both_programs_sees_what_each_sent() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [bob] = world.people(["Bob"]).await?;
    let mut judy = judge(&world).await?;
    let ours = world.person_with_seed("Judy", SEED).await?;
    assert_eq!(ours.id(), judy.account_id(), "the same seed is the same account");

    ours.writes(&bob, "from our program").await?;
    let copies = judy.polls().await?;
    assert_eq!(copies.len(), 1);
    assert_eq!((copies[0].text.as_str(), copies[0].sync_target.clone()), ("from our program", Some(bob.id())));
    assert_eq!(copies[0].sender, ours.id());

    judy.writes(&bob.id(), "from the other program").await?;
    ours.polls().await?;
    assert_eq!(ours.sees(&bob).await?, ["from our program", "from the other program"]);
    assert!(ours.last(&bob).await?.outgoing);
    judy.leaves().await?;
    Ok(())
}
