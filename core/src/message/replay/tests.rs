//! A ledger as an earlier version left it is read again.

use super::super::testing::{NOON, Person, at};
use super::*;
use crate::store::{MessageId, MessageState, NewMessage, Quota, UnreadableRow};
use crate::wire::content::{AttachmentPointer, Quote, ReactionAction};

/// Two who accepted each other, with a text of each that the other has: Alice's of noon, and Bob's, whose moment is
/// given.
async fn friends() -> (Person, Person, u64) {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    for (from, to, millis) in [(&alice, &bob, NOON), (&bob, &alice, NOON + 10)] {
        from.writes(to, "the code is 4711", millis).await.unwrap();
        for letter in from.hands_over(to).await {
            to.gets(&letter, millis).await;
        }
        from.hands_over(from).await;
    }
    let his = said(&alice, &bob).await.pop().unwrap().sent_at.as_millis();
    (alice, bob, his)
}

/// What somebody said in the conversation with Bob, and what is left of it.
async fn said(alice: &Person, bob: &Person) -> Vec<MessageRow> {
    let rows = alice.sees(bob).await.into_iter();
    rows.filter(|row| row.kind.is_said() || row.kind == MessageKind::Deleted).collect()
}

/// Lays a letter into Alice's ledger that an earlier version did not show.
async fn kept(alice: &Person, content: &Content, quota: Quota) {
    let (place, raw, hash) = (alice.inbox(), content.to_bytes(), alice.inbox().name(&content.to_bytes()));
    let code = Refusal::NotSupportedYet.code();
    alice.does(move |tx| tx.insert_unreadable(place, hash.as_str(), code, &raw, at(NOON), quota)).await;
}

/// Lays a message of Bob's with its bytes beside it into Alice's ledger.
async fn shown(alice: &Person, bob: &Person, kind: MessageKind, data: DataMessage, sent_at: u64) -> MessageId {
    let (sender, body) = (bob.id, data.body.clone().unwrap_or_default());
    let content = Content { data_message: Some(data), sig_timestamp: Some(sent_at), ..Content::default() };
    let message = move |tx: &mut WriteTx<'_>| {
        tx.insert_message(&NewMessage {
            conversation: &sender.into(),
            sender: &sender,
            outgoing: false,
            kind,
            sent_at: at(sent_at),
            received_at: at(sent_at),
            body: &body,
            raw: &content.to_bytes(),
            swarm_hash: "",
            read_at: Timestamp::ZERO,
            state: MessageState::Received,
        })
    };
    alice.does(message).await.unwrap()
}

/// Reads everything again; gives how many writes that took.
async fn replays(alice: &Person) -> usize {
    let desk = alice.desk(NOON + 1_000);
    let mut steps = 1;
    while alice.does(move |tx| step(tx, &desk)).await {
        steps += 1;
    }
    steps
}

async fn left(alice: &Person) -> usize {
    let rows: Vec<UnreadableRow> = alice.store.read(|tx| tx.unreadable(1_000)).await.unwrap();
    rows.len()
}

fn reaction_to(author: &Person, millis: u64, copy_to: Option<&Person>, said: u64) -> Content {
    let word = Reaction {
        id: Some(millis),
        author: Some(author.id.to_string()),
        emoji: Some("🥰".to_owned()),
        action: Some(ReactionAction::React.into()),
    };
    let sync_target = copy_to.map(|to| to.id.to_string());
    let data = DataMessage { reaction: Some(word.into()), sync_target, ..DataMessage::default() };
    Content { data_message: Some(data), sig_timestamp: Some(said), ..Content::default() }
}

fn request(author: &Person, millis: u64) -> Content {
    let of = MessageName { author: author.id, sent_at: at(millis), msg_id: None };
    unsend::compose(at(NOON + 50), &of)
}

fn quote_of(author: &Person, millis: u64) -> DataMessage {
    let (id, author, text) = (Some(millis), Some(author.id.to_string()), Some("the code is 4711".to_owned()));
    let quote = Quote { id, author, text, ..Quote::default() };
    DataMessage { quote: Some(quote.into()), ..DataMessage::default() }
}

#[tokio::test]
async fn what_a_message_answers_is_noted_and_its_bytes_repeat_nothing() {
    let (alice, bob, _) = friends().await;
    let with = |body: &str, files: usize| DataMessage {
        body: Some(body.to_owned()).filter(|body| !body.is_empty()),
        attachments: vec![AttachmentPointer::default(); files],
        ..quote_of(&alice, NOON)
    };
    let text = shown(&alice, &bob, MessageKind::Text, with("yes", 0), NOON + 20).await;
    let beside = shown(&alice, &bob, MessageKind::Text, with("see", 1), NOON + 22).await;
    let alone = shown(&alice, &bob, MessageKind::NewerFormat, with("", 0), NOON + 24).await;
    let picture = shown(&alice, &bob, MessageKind::NewerFormat, with("", 1), NOON + 26).await;
    replays(&alice).await;
    for (message, kind, keeps) in [
        (text, MessageKind::Text, false),
        (beside, MessageKind::Text, true),
        (alone, MessageKind::Text, false),
        (picture, MessageKind::Text, true),
    ] {
        let (row, raw) = alice.does(move |tx| Ok((tx.message(message)?.unwrap(), tx.message_raw(message)?))).await;
        let quote = row.quote.unwrap();
        assert_eq!((row.kind, quote.line.unwrap().text.as_str()), (kind, "the code is 4711"));
        assert_eq!(raw.is_some(), keeps);
        assert!(!raw.unwrap_or_default().windows(4).any(|part| part == b"4711"));
    }
}

#[tokio::test]
async fn a_reaction_counts_once_whose_it_is_follows_from_its_place_and_a_strangers_stays() {
    let (alice, bob, his) = friends().await;
    kept(&alice, &reaction_to(&alice, NOON, None, NOON + 30), Quota::Friend).await;
    kept(&alice, &reaction_to(&bob, his, Some(&bob), NOON + 32), Quota::Friend).await;
    kept(&alice, &reaction_to(&alice, NOON, None, NOON + 34), Quota::Stranger).await;
    kept(&alice, &reaction_to(&alice, NOON + 4, None, NOON + 36), Quota::Friend).await;
    replays(&alice).await;
    let rows = said(&alice, &bob).await;
    let of = |at: usize| rows[at].reactions.iter().map(|one| one.people.clone()).collect::<Vec<_>>();
    assert_eq!((of(0), of(1)), (vec![vec![bob.id]], vec![vec![alice.id]]));
    assert_eq!(left(&alice).await, 2, "a stranger's, and one whose message is not here");
    let more = reaction_to(&bob, his, None, NOON + 38);
    kept(&alice, &more, Quota::Friend).await;
    assert_eq!((replays(&alice).await, left(&alice).await), (1, 3), "once is enough");
}

#[tokio::test]
async fn a_request_to_delete_counts_only_where_whoever_can_have_asked_may() {
    let (alice, bob, his) = friends().await;
    alice.writes(&alice, "a note", NOON + 40).await.unwrap();
    let note = alice.sees(&alice).await[0].sent_at.as_millis();
    for content in [request(&alice, NOON), request(&bob, his), request(&alice, note)] {
        kept(&alice, &content, Quota::Friend).await;
    }
    replays(&alice).await;
    let kinds: Vec<_> = said(&alice, &bob).await.iter().map(|row| row.kind).collect();
    assert_eq!(kinds, [MessageKind::Text, MessageKind::Deleted], "Bob may not delete what Alice wrote");
    assert!(alice.sees(&alice).await.is_empty(), "only we know our notes");
    assert_eq!(left(&alice).await, 1);
}

#[tokio::test]
async fn a_placeholder_that_is_a_reaction_becomes_one() {
    let (alice, bob, _) = friends().await;
    let data = reaction_to(&alice, NOON, None, 0).data_message.unwrap();
    shown(&alice, &bob, MessageKind::NewerFormat, data, NOON + 20).await;
    replays(&alice).await;
    let rows = said(&alice, &bob).await;
    assert_eq!((rows.len(), rows[0].reactions.len()), (2, 1));
}

#[tokio::test]
async fn every_write_is_bounded_and_what_came_meanwhile_is_left_alone() {
    let (alice, bob, his) = friends().await;
    for number in 0..u64::from(KEPT_AT_ONCE) * 2 + 1 {
        kept(&alice, &reaction_to(&bob, his, Some(&bob), NOON + 30 + number), Quota::Friend).await;
    }
    let desk = alice.desk(NOON + 1_000);
    assert!(alice.does(move |tx| step(tx, &desk)).await, "messages first");
    kept(&alice, &reaction_to(&alice, NOON, None, NOON + 900), Quota::Friend).await;
    assert!(alice.does(move |tx| step(tx, &desk)).await);
    assert_eq!(left(&alice).await, KEPT_AT_ONCE as usize + 2, "as many as one write takes");
    assert_eq!(replays(&alice).await, 3);
    assert_eq!(left(&alice).await, 1, "it came after reading again had begun");
}

#[tokio::test]
async fn many_messages_with_bytes_take_several_writes_and_none_is_left_out() {
    let (alice, bob, _) = friends().await;
    for number in 0..u64::from(KEPT_AT_ONCE) + 5 {
        let data = DataMessage { body: Some("yes".to_owned()), ..quote_of(&alice, NOON) };
        shown(&alice, &bob, MessageKind::Text, data, NOON + 100 + number).await;
    }
    assert_eq!(replays(&alice).await, 3, "two for messages, one that finds no letters");
    let rows = said(&alice, &bob).await;
    assert!(rows.iter().filter(|row| row.body == "yes").all(|row| row.quote.is_some()));
}

#[tokio::test]
async fn a_ledger_in_which_nothing_was_kept_is_left_as_it_is_and_one_that_was_read_is_not_read_again() {
    let alice = Person::new(1, "Alice").await;
    assert!(!alice.does(|tx| is_due(tx)).await);
    let (alice, ..) = friends().await;
    assert!(alice.does(|tx| is_due(tx)).await);
    replays(&alice).await;
    assert!(!alice.does(|tx| is_due(tx)).await);
}
