//! A client that nobody here wrote judges us: it exchanges text with core over the local network, both ways.
//!
//! It is the PyPI package `sessionpy-messenger`, pinned by hash, in a process of its own (`tests/judge/`). It opens our
//! sealed boxes and checks our signatures with its own code, and we open what it sealed. A missing venv is a failure.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::time::Duration;

use onionskin_core::{
    AccountId, Disappearing, Draft, Event, MessageKind, MessageRow, READ_RECEIPTS, Reach, TYPING_NOTICES, Timestamp,
};
use onionskin_tests::judge::{Judge, Judged, https_seeds};
use onionskin_tests::people::{Person, Story, Told, World};
use serde_json::json;

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

/// Alice and Judy wrote to each other: a letter of Alice's, and one of Judy's as Alice has it.
async fn friends(alice: &Person<'_>, judy: &mut Judge) -> Told<(MessageRow, MessageRow)> {
    let judys = AccountId::parse(judy.account_id())?;
    alice.writes_to_account(&judys, "hello").await?;
    from_alice(alice, judy).await?;
    judy.writes(&alice.id(), "hello yourself").await?;
    alice.polls().await?;
    let mut rows = alice.rows(&judys).await?.into_iter().filter(|row| row.kind == MessageKind::Text);
    let (ours, hers) = (rows.next().ok_or("nothing was sent")?, rows.next().ok_or("nothing came")?);
    Ok((ours, hers))
}

/// What he reads now that Alice sent.
async fn from_alice(alice: &Person<'_>, judy: &mut Judge) -> Told<Vec<Judged>> {
    Ok(judy.polls().await?.into_iter().filter(|message| message.sender == alice.id()).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reactions_and_replies_are_understood_both_ways() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice] = world.people(["Alice"]).await?;
    let mut judy = judge(&world).await?;
    let judys = AccountId::parse(judy.account_id())?;
    let (ours, hers) = friends(&alice, &mut judy).await?;
    let (our_time, her_time) = (ours.sent_at.as_millis(), hers.sent_at.as_millis());

    for remove in [false, true] {
        let reaction = json!({"do": "react", "to": alice.id(), "timestamp": our_time, "emoji": "😂", "remove": remove});
        judy.does(reaction).await?;
        alice.polls().await?;
        let reactions = alice.rows(&judys).await?.remove(0).reactions;
        assert_eq!(reactions.iter().map(|one| one.emoji.as_str()).collect::<Vec<_>>(), ["😂"][usize::from(remove)..]);
    }
    for given in [true, false] {
        alice.with_account(&judys).react(hers.id, "🥰", given).await?;
        alice.sends().await?;
        let read = from_alice(&alice, &mut judy).await?;
        assert_eq!((read.len(), read[0].kind.as_str()), (1, "reaction"));
        let said = &read[0].details["reaction"];
        assert_eq!((said["timestamp"].as_u64(), said["author"].as_str()), (Some(her_time), Some(judy.account_id())));
        assert_eq!((said["emoji"].as_str(), said["remove"].as_bool()), (Some("🥰"), Some(!given)));
    }

    let reply_to = json!({"timestamp": our_time, "author": alice.id(), "text": "hello"});
    judy.does(json!({"do": "send", "to": alice.id(), "text": "a reply", "reply_to": reply_to})).await?;
    alice.polls().await?;
    let quote = alice.last_from(&judys).await?.quote.ok_or("no quote")?;
    assert_eq!(quote.line.map(|line| line.message), Some(ours.id));
    alice.with_account(&judys).send(Draft::text("another").answering(hers.id)).await?;
    alice.sends().await?;
    let read = from_alice(&alice, &mut judy).await?;
    let said = &read[0].details["reply_to"];
    assert_eq!((said["timestamp"].as_u64(), said["author"].as_str()), (Some(her_time), Some(judy.account_id())));
    assert_eq!(said["text"].as_str(), Some(""), "no words are repeated");
    judy.leaves().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_and_typing_are_understood_both_ways() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice] = world.people(["Alice"]).await?;
    let mut judy = judge(&world).await?;
    let judys = AccountId::parse(judy.account_id())?;
    alice.client().set_setting(&READ_RECEIPTS, true).await?;
    alice.client().set_setting(&TYPING_NOTICES, true).await?;
    alice.client().set_screen(true, Some(judys.into()));
    let (ours, hers) = friends(&alice, &mut judy).await?;

    alice.with_account(&judys).mark_read().await?;
    alice.with_account(&judys).typed().await?;
    alice.sends().await?;
    let read = from_alice(&alice, &mut judy).await?;
    let of_kind = |kind: &str| read.iter().find(|message| message.kind == kind).map(|message| &message.details);
    assert_eq!(of_kind("read_receipt").ok_or("no receipt")?["read"], json!([hers.sent_at.as_millis()]));
    assert_eq!(of_kind("typing").ok_or("no typing")?["typing"], json!(true));

    let mut events = alice.client().events();
    judy.does(json!({"do": "read", "to": alice.id(), "timestamps": [ours.sent_at.as_millis()]})).await?;
    judy.does(json!({"do": "type", "to": alice.id(), "started": true})).await?;
    alice.polls().await?;
    assert!(alice.rows(&judys).await?[0].seen_at > Timestamp::ZERO);
    assert!(std::iter::from_fn(|| events.try_next()).any(|event| matches!(event, Event::Typing { typing: true, .. })));
    judy.leaves().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_withdrawn_goes_on_the_other_side() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice] = world.people(["Alice"]).await?;
    let mut judy = judge(&world).await?;
    let judys = AccountId::parse(judy.account_id())?;
    let (ours, hers) = friends(&alice, &mut judy).await?;

    judy.does(json!({"do": "unsend", "to": alice.id(), "timestamp": hers.sent_at.as_millis()})).await?;
    alice.polls().await?;
    alice.with_account(&judys).delete_everywhere(ours.id, Reach::Everyone).await?;
    alice.sends().await?;
    let rows = alice.rows(&judys).await?;
    let lines: Vec<_> = rows.iter().filter(|row| row.kind == MessageKind::Deleted).map(|row| row.id).collect();
    assert_eq!(lines, [ours.id, hers.id]);
    let read = from_alice(&alice, &mut judy).await?;
    let deleted: Vec<_> = read.iter().filter(|message| message.kind == "message_deleted").collect();
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].details["deleted"], json!(ours.sent_at.as_millis()));
    judy.leaves().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timers_and_names_are_understood_both_ways() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice] = world.people(["Alice"]).await?;
    let mut judy = judge(&world).await?;
    let judys = AccountId::parse(judy.account_id())?;
    friends(&alice, &mut judy).await?;
    let row = alice.with_account(&judys).row().await?.ok_or("nothing was said")?;
    assert_eq!(row.name, "Judy");

    let hour = Disappearing::AfterRead(Duration::from_secs(3_600));
    judy.does(json!({"do": "timer", "to": alice.id(), "seconds": 3_600, "after_read": true})).await?;
    alice.polls().await?;
    let notice = alice.last_from(&judys).await?;
    assert_eq!((notice.kind, notice.disappearing), (MessageKind::TimerChanged, hour));
    let letter = json!({"do": "send", "to": alice.id(), "text": "soon gone", "expire_seconds": 3_600,
                        "expire_after_read": true});
    judy.does(letter).await?;
    alice.polls().await?;
    assert_eq!(alice.last_from(&judys).await?.disappearing, hour);

    alice.with_account(&judys).set_disappearing(Disappearing::AfterSend(Duration::from_secs(43_200))).await?;
    alice.writes_to_account(&judys, "gone by tomorrow").await?;
    let read = from_alice(&alice, &mut judy).await?;
    // They leave together; which of the two the swarm takes first is its affair.
    let mut kinds: Vec<_> = read.iter().map(|message| message.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["message", "timer_update"]);
    for message in &read {
        assert_eq!(message.name.as_deref().unwrap_or("Alice"), "Alice");
        assert_eq!(message.details["expire_seconds"], json!(43_200));
        assert_eq!(message.details["expire_after_read"], json!(false));
    }
    judy.leaves().await?;
    Ok(())
}
