//! The answer to a message request: it tells somebody that we accept them.
//!
//! Who accepts whom is a rule of [`people`]. Where an answer is due (accepting, by a button or by simply answering), a
//! `MessageRequestResponse` with our profile leaves, and a line stands in the conversation. It is stamped before the message
//! that follows it, because receivers drop a second message with one timestamp.
//!
//! The answer is not copied to our own devices; approval reaches them by config, or with the copy of a message of ours.

use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;
use crate::people::{self, Accepted};
use crate::store::{ConversationId, MessageKind, MessageState, NewMessage, Role, WriteTx};
use crate::wire::content::{Content, MessageRequestResponse};

use super::post::stamp;
use super::profile::{self, OwnProfile};
use super::{Desk, Incoming, Outcome, Post};

/// The Content of an answer that accepts.
pub fn compose(sent_at: Timestamp, profile: &OwnProfile) -> Content {
    let answer = MessageRequestResponse {
        is_approved: Some(true),
        profile_key: profile.picture_key(),
        profile: Some(profile.to_wire()),
    };
    Content { message_request_response: Some(answer), sig_timestamp: Some(sent_at.as_millis()), ..Content::default() }
}

/// Accepts `from`, if that is new. When they wait for our answer, tells them and puts the line into the conversation.
///
/// # Errors
/// [`ErrorKind::NotAllowed`](crate::ErrorKind::NotAllowed) when `from` is blocked or ourselves; those of the ledger.
pub fn accept(tx: &mut WriteTx<'_>, desk: &Desk, from: &AccountId) -> Result<()> {
    match people::accept(tx, desk, from)? {
        Accepted::Quietly => Ok(()),
        Accepted::AnswerDue => answer(tx, desk, from),
    }
}

fn answer(tx: &mut WriteTx<'_>, desk: &Desk, from: &AccountId) -> Result<()> {
    let sent_at = stamp(tx, desk)?;
    let content = compose(sent_at, &OwnProfile::of(tx)?);
    Post { role: Role::Answer, message: None, to: from.into(), content: &content, sent_at, after: Vec::new() }
        .write(tx, desk)?;
    add_line(tx, desk, &ConversationId::from(*from), &desk.me, sent_at, "")
}

/// Applies an answer: they accept us.
pub(super) fn apply(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    answer: &MessageRequestResponse,
) -> Result<Outcome> {
    let from = &incoming.sender;
    // An answer to a question that this device never saw asked makes no row: strangers could make as many as they like. Was it
    // asked by another device, its document says that they accept us.
    if tx.contact(from)?.is_none() {
        return Ok(Outcome::Applied);
    }
    people::accepts_us(tx, from)?;
    profile::apply(tx, from, answer.profile.as_ref(), answer.profile_key.as_deref())?;
    let id = ConversationId::from(*from);
    // A line in a conversation that does not exist would be a request without a message. The flag is enough.
    if tx.has_conversation(&id)? && !tx.has_message_of_kind(&id, from, MessageKind::RequestAccepted)? {
        add_line(tx, desk, &id, from, incoming.sent_at, incoming.hash.as_str())?;
    }
    Ok(Outcome::Applied)
}

fn add_line(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    with: &ConversationId,
    who: &AccountId,
    sent_at: Timestamp,
    hash: &str,
) -> Result<()> {
    people::show(tx, desk, with)?;
    // A message of theirs at the very same millisecond keeps its place; the line is not worth more.
    tx.insert_message(&NewMessage {
        conversation: with,
        sender: who,
        outgoing: *who == desk.me,
        kind: MessageKind::RequestAccepted,
        sent_at,
        received_at: desk.network_now,
        body: "",
        raw: &[],
        swarm_hash: hash,
        read_at: desk.network_now,
        state: MessageState::Received,
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Refusal;
    use super::super::testing::{NOON, Person, at};
    use super::*;
    use crate::error::ErrorKind;
    use crate::store::What;

    async fn alice_and_bob() -> (Person, Person) {
        (Person::new(1, "Alice").await, Person::new(2, "Bob").await)
    }

    fn lines(rows: &[crate::store::MessageRow]) -> usize {
        rows.iter().filter(|row| row.kind == MessageKind::RequestAccepted).count()
    }

    #[tokio::test]
    async fn a_strangers_message_is_a_request_until_it_is_answered() {
        let (alice, bob) = alice_and_bob().await;
        alice.writes(&bob, "hello", NOON).await.unwrap();
        for letter in alice.hands_over(&bob).await {
            assert!(matches!(bob.gets(&letter, NOON + 50).await, Outcome::Shown { .. }));
        }
        assert_eq!(bob.requests().await, 1);
        assert_eq!(bob.chat(&alice).await.unwrap().name, "Alice");

        bob.writes(&alice, "who are you?", NOON + 100).await.unwrap();
        assert_eq!(bob.requests().await, 0);
        let rows = bob.outbox().await;
        let kinds: Vec<_> = rows.iter().map(|row| (row.role().unwrap(), row.address == alice.id.into())).collect();
        assert_eq!(
            kinds,
            [(Role::Answer, true), (Role::Message, true), (Role::Copy, false)],
            "the answer leaves before the message"
        );
        assert!(
            rows[1].parcel().unwrap().sent_at.since(rows[0].parcel().unwrap().sent_at).as_millis() >= 2,
            "with a timestamp of its own"
        );
        assert_eq!(lines(&bob.sees(&alice).await), 1);

        let letters = bob.hands_over(&alice).await;
        assert_eq!(alice.gets(&letters[0], NOON + 200).await, Outcome::Applied);
        assert!(alice.chat(&bob).await.unwrap().approved_me);
        assert_eq!(lines(&alice.sees(&bob).await), 1);
        assert_eq!(alice.chat(&bob).await.unwrap().name, "Bob");
        alice.gets(&letters[1], NOON + 201).await;
        assert_eq!(alice.reads(&bob).await, ["hello", "who are you?"]);
    }

    #[tokio::test]
    async fn the_line_stands_once_however_often_the_answer_comes() {
        let (alice, bob) = alice_and_bob().await;
        alice.writes(&bob, "hello", NOON).await.unwrap();
        let profile = OwnProfile { display_name: "Bob".to_owned(), updated_seconds: 1, picture: Default::default() };
        for millis in [NOON + 10, NOON + 20] {
            let answer = bob.letter(&alice, &compose(at(millis), &profile));
            assert_eq!(alice.gets(&answer, NOON + 30).await, Outcome::Applied);
        }
        assert_eq!(lines(&alice.sees(&bob).await), 1);
    }

    #[tokio::test]
    async fn the_line_comes_also_when_the_message_was_faster_than_the_answer() {
        let (alice, bob) = alice_and_bob().await;
        alice.writes(&bob, "hello", NOON).await.unwrap();
        for letter in alice.hands_over(&bob).await {
            bob.gets(&letter, NOON + 1).await;
        }
        bob.writes(&alice, "hi", NOON + 2).await.unwrap();
        for letter in bob.hands_over(&alice).await.iter().rev() {
            alice.gets(letter, NOON + 3).await;
        }
        assert_eq!(lines(&alice.sees(&bob).await), 1);
    }

    #[tokio::test]
    async fn an_answer_to_nothing_makes_no_request() {
        let (alice, bob) = alice_and_bob().await;
        let profile = OwnProfile { display_name: "Bob".to_owned(), updated_seconds: 1, picture: Default::default() };
        let answer = bob.letter(&alice, &compose(at(NOON), &profile));
        assert_eq!(alice.gets(&answer, NOON).await, Outcome::Applied);
        assert_eq!((alice.requests().await, alice.chat(&bob).await), (0, None));
        let from = bob.id;
        assert_eq!(alice.store.read(move |tx| tx.contact(&from)).await.unwrap(), None, "and no row of anybody");
    }

    #[tokio::test]
    async fn a_declined_request_comes_back_with_the_next_message() {
        let (alice, bob) = alice_and_bob().await;
        let (from, mut hashes) = (alice.id, Vec::new());
        for (millis, expected) in [(NOON, "one"), (NOON + 10, "two")] {
            alice.writes(&bob, expected, millis).await.unwrap();
            for letter in alice.hands_over(&bob).await {
                bob.gets(&letter, millis + 1).await;
                hashes.push(What::Delete(vec![bob.inbox().name(&letter)]));
            }
            assert_eq!(bob.requests().await, 1, "{expected}");
            assert_eq!(bob.reads(&alice).await, [expected], "what was declined is gone");
            let desk = bob.desk(millis + 2);
            bob.does(move |tx| people::decline(tx, &desk, &from)).await;
            assert_eq!(bob.requests().await, 0);
        }
        assert!(bob.outbox().await.iter().all(|row| row.parcel().is_none()), "nobody is told");
        let deleted = bob.outbox().await.into_iter().map(|row| row.what);
        assert!(deleted.eq(hashes), "and our swarm forgets what was seen");
    }

    #[tokio::test]
    async fn what_a_blocked_person_sends_is_dropped_and_nobody_writes_to_them() {
        let (alice, bob) = alice_and_bob().await;
        let from = alice.id;
        bob.does(move |tx| {
            tx.ensure_contact(&from, at(NOON))?;
            tx.set_blocked(&from, true)
        })
        .await;
        alice.writes(&bob, "hello", NOON).await.unwrap();
        for letter in alice.hands_over(&bob).await {
            assert_eq!(bob.gets(&letter, NOON).await, Outcome::Refused(Refusal::Blocked));
        }
        let refused = bob.writes(&alice, "hello", NOON).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotAllowed);
        assert_eq!(bob.sees(&alice).await, []);
    }
}
