//! Message requests: a stranger's first message, accepting and declining it, and the answer that tells them.
//!
//! Two flags for each contact decide everything (messages.md 7.1): *approved*, we accept them, and *approved me*, they
//! accept us. Writing first approves; anything that arrives says that they approve us. A conversation with something in
//! it, approved by them and not by us, is a request and is listed apart.
//!
//! Accepting, by a button or by simply answering, approves, puts a line into the conversation and sends a
//! `MessageRequestResponse` with our profile. It is stamped before the message that follows it, because receivers drop
//! a second message with one timestamp. Declining tells nobody: the conversation is hidden, and a new message brings
//! the request back. Blocking drops what comes.
//!
//! The answer is not copied to our own devices; approval reaches them by config, or with the copy of a message of ours.

use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ConversationId, MessageKind, MessageState, NewMessage, Role, WriteTx};
use crate::wire::content::{Content, MessageRequestResponse};

use super::profile::{self, OwnProfile};
use super::{Desk, Incoming, Outcome, Post, Refusal, show_conversation};

/// The Content of an answer that accepts.
pub fn compose(sent_at: Timestamp, profile: &OwnProfile) -> Content {
    let answer = MessageRequestResponse {
        is_approved: Some(true),
        profile_key: profile.picture_key(),
        profile: Some(profile.to_wire()),
    };
    Content { message_request_response: Some(answer), sig_timestamp: Some(sent_at.as_millis()), ..Content::default() }
}

/// Accepts `from`, if that is new. When they have already accepted us, tells them and puts the line into the
/// conversation; whoever writes first has nobody to answer.
///
/// # Errors
/// [`ErrorKind::NotAllowed`] when `from` is blocked or ourselves; those of the ledger.
pub fn accept(tx: &mut WriteTx<'_>, desk: &Desk, from: &AccountId) -> Result<()> {
    tx.ensure_contact(from, desk.device_now)?;
    let contact = tx.contact(from)?.ok_or_else(|| Error::bug("a contact just written is not there"))?;
    if contact.blocked || *from == desk.me {
        return Err(Error::new(ErrorKind::NotAllowed, "contact is blocked, or ourselves"));
    }
    // An answer that failed would never reach them otherwise.
    let on_its_way = tx.revive_answers(from, desk.device_now)?;
    if !tx.set_approved(from, true)? || !contact.approved_me || on_its_way {
        return Ok(());
    }
    let sent_at = tx.next_sent_at(desk.network_now)?;
    let content = compose(sent_at, &OwnProfile::of(tx)?);
    Post { role: Role::Answer, message: None, to: from.into(), content: &content, sent_at, after: None }
        .write(tx, desk)?;
    add_line(tx, desk, from, &desk.me, sent_at, "")
}

/// Declines the request of `from`: hides the conversation and tells nobody. A new message brings it back. An acceptance that
/// did not leave yet is taken back.
///
/// # Errors
/// Those of the ledger.
pub fn decline(tx: &mut WriteTx<'_>, from: &AccountId) -> Result<()> {
    tx.withdraw_answers(from)?;
    tx.set_approved(from, false)?;
    tx.set_priority(&ConversationId::from(*from), HIDDEN)?;
    Ok(())
}

/// Applies an answer: they accept us.
pub(super) fn apply(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    answer: &MessageRequestResponse,
    hash: &str,
) -> Result<Outcome> {
    let from = &incoming.sender;
    if answer.is_approved != Some(true) {
        // Never sent by official clients, and nothing would follow from it.
        return Ok(Outcome::Refused(Refusal::Nothing));
    }
    tx.ensure_contact(from, desk.device_now)?;
    tx.set_approved_me(from, true)?;
    profile::apply(tx, from, answer.profile.as_ref(), answer.profile_key.as_deref())?;
    let id = ConversationId::from(*from);
    // A line in a conversation that does not exist would be a request without a message: an answer to a question that
    // this device never saw asked. The flag is enough.
    if tx.conversation(&id)?.is_some() && !tx.has_message_of_kind(&id, from, MessageKind::RequestAccepted)? {
        add_line(tx, desk, from, from, incoming.sent_at, hash)?;
    }
    Ok(Outcome::Applied)
}

fn add_line(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    with: &AccountId,
    who: &AccountId,
    sent_at: Timestamp,
    hash: &str,
) -> Result<()> {
    let conversation = show_conversation(tx, desk, with)?;
    // A message of theirs at the very same millisecond keeps its place; the line is not worth more.
    tx.insert_message(&NewMessage {
        conversation: &conversation,
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

/// The priority of a hidden conversation, as configs have it.
pub const HIDDEN: i32 = -1;

#[cfg(test)]
mod tests {
    use super::super::testing::{NOON, Person, at};
    use super::*;
    use crate::error::ErrorKind;

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
    }

    #[tokio::test]
    async fn a_declined_request_comes_back_with_the_next_message() {
        let (alice, bob) = alice_and_bob().await;
        let from = alice.id;
        for (millis, expected) in [(NOON, "one"), (NOON + 10, "two")] {
            alice.writes(&bob, expected, millis).await.unwrap();
            for letter in alice.hands_over(&bob).await {
                bob.gets(&letter, millis + 1).await;
            }
            assert_eq!(bob.requests().await, 1, "{expected}");
            bob.does(move |tx| decline(tx, &from)).await;
            assert_eq!(bob.requests().await, 0);
        }
        assert_eq!(bob.outbox().await, [], "nobody is told");
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
