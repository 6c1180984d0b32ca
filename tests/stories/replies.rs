//! Replies name what they answer on every device, whenever the original comes; and a quote tells nobody what stands elsewhere.

use onionskin_core::{Clock as _, Draft, ErrorKind, MessageId, MessageKind, Quoted, Reach};
use onionskin_tests::devices::settle;
use onionskin_tests::letters::{deposit, field, sealed, varint};

use super::people::{Person, Story, Told, World, befriend};

/// Answers a message, and lets the outbox work once.
async fn answers(from: &Person<'_>, to: &Person<'_>, message: MessageId, text: &str) -> Told<MessageId> {
    let id = from.with(to).send(Draft::text(text).answering(message)).await?;
    from.sends().await?;
    Ok(id)
}

/// What the newest message of a conversation answers.
async fn quoted(who: &Person<'_>, with: &Person<'_>) -> Told<Quoted> {
    who.last(with).await?.quote.ok_or_else(|| "it answers nothing".into())
}

/// The text that is answered, or why there is none.
fn text(quoted: &Quoted) -> String {
    match &quoted.line {
        Some(line) if line.kind == MessageKind::Deleted => "(deleted)".to_owned(),
        Some(line) => line.text.clone(),
        None => "(not found here)".to_owned(),
    }
}

/// The answer links to the original on both sides and on the second devices, of which one got the original late, and one never.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn an_answer_shows_what_it_answers_on_all_devices() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let (tablet, laptop) = (alice.another_device("").await?, bob.another_device("").await?);
    settle(&[&alice, &tablet]).await?;
    settle(&[&bob, &laptop]).await?;
    let question = alice.writes(&bob, "dinner at eight?").await?;
    alice.writes(&bob, "or is that too late").await?;
    bob.polls().await?;
    let rows = bob.rows(&alice.account_id()).await?;
    let asked = rows.iter().find(|row| row.body == "dinner at eight?").ok_or("no question")?.id;
    answers(&bob, &alice, asked, "eight is fine").await?;
    for (device, with, original) in
        [(&bob, &alice, Some(asked)), (&alice, &bob, Some(question)), (&tablet, &bob, None), (&laptop, &alice, None)]
    {
        device.polls_until_empty().await?;
        let quoted = quoted(device, with).await?;
        let line = quoted.line.as_ref().ok_or("not found")?;
        assert_eq!((text(&quoted).as_str(), quoted.author), ("dinner at eight?", Some(alice.account_id())));
        assert!(original.is_none_or(|original| original == line.message));
        assert_eq!(line.outgoing, device.account_id() == alice.account_id());
    }
    // The answer of an answer, by the other side and without a network in between.
    let answer = alice.last(&bob).await?.id;
    world.goes_offline();
    alice.with(&bob).send(Draft::text("see you").answering(answer)).await?;
    world.comes_back();
    alice.sends_all().await?;
    bob.polls_until(&alice, |texts| texts.last().is_some_and(|text| text == "see you")).await?;
    assert_eq!(text(&quoted(&bob, &alice).await?), "eight is fine");
    Ok(())
}

/// The original was deleted for everyone: the answer stays, and quotes nothing of it; who deleted it here alone finds nothing.
#[tokio::test]
async fn an_answer_to_what_is_deleted_says_so_and_holds_nothing_of_it() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let question = alice.writes(&bob, "the code is 4711").await?;
    bob.polls().await?;
    let asked = bob.last(&alice).await?.id;
    answers(&bob, &alice, asked, "thanks").await?;
    alice.polls().await?;
    alice.with(&bob).delete_everywhere(question, Reach::Everyone).await?;
    assert_eq!(text(&quoted(&alice, &bob).await?), "(deleted)");
    alice.sends().await?;
    bob.polls().await?;
    let quoted_at_bobs = quoted(&bob, &alice).await?;
    assert_eq!((text(&quoted_at_bobs).as_str(), quoted_at_bobs.fallback.as_str()), ("(deleted)", ""));
    bob.with(&alice).delete_message(asked).await?;
    assert_eq!(text(&quoted(&bob, &alice).await?), "(not found here)");
    // Nobody can answer what is not there any more.
    let error = bob.with(&alice).send(Draft::text("what?").answering(asked)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = alice.with(&bob).send(Draft::text("what?").answering(question)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    Ok(())
}

/// Mallory, whom Bob talks to, quotes what Alice wrote to Bob, and what Bob wrote to Alice: she does not learn whether it is
/// there, and neither does the screen; the message itself is read.
#[tokio::test]
async fn a_quote_of_another_conversation_tells_nothing() -> Story {
    let world = World::start().await?;
    let [alice, bob, mallory] = world.people(["Alice", "Bob", "Mallory"]).await?;
    befriend(&alice, &bob).await?;
    befriend(&mallory, &bob).await?;
    let seed = mallory.client().store().read(|tx| tx.seed()).await?.ok_or("no seed")?;
    let keys = onionskin_core::AccountKeys::from_seed(&seed);
    let swarms = world.swarms_of_a_stranger().await?;
    let mut letters = Vec::new();
    for (number, row) in bob.rows(&alice.account_id()).await?.iter().enumerate() {
        let at = world.clock.core().now() + std::time::Duration::from_millis(10 * (number as u64 + 1));
        let quote = [varint(1, row.sent_at.as_millis()), field(2, row.sender.to_string().as_bytes())].concat();
        let data = [field(1, b"so you said"), field(8, &quote)].concat();
        let content = [field(1, &data), varint(15, at.as_millis())].concat();
        letters.push(sealed(&keys, &bob.account_id(), &content, at));
    }
    let count = letters.len();
    deposit(&swarms, &bob.account_id(), letters).await?;
    bob.polls_until_empty().await?;
    let rows = bob.rows(&mallory.account_id()).await?;
    let quotes: Vec<_> = rows.iter().filter_map(|row| row.quote.as_ref()).map(text).collect();
    assert_eq!(quotes, vec!["(not found here)"; count]);
    // Nor does anybody answer there what stands here.
    let here = bob.last(&alice).await?.id;
    let error = bob.with(&mallory).send(Draft::text("look").answering(here)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    Ok(())
}
