//! Silence since a letter of ours, and sending it again: between two people with ledgers and no network.

use super::testing::{NOON, Person, at};
use super::*;
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::ErrorKind;
use crate::people::Unanswered;
use crate::store::{Disappearing, Failure, MessageState, Role, Uncertain};
use crate::wire::content::{ReceiptMessage, TypingMessage};

const DAY: u64 = 24 * 60 * 60 * 1_000;

/// When Alice writes: a week later nobody has answered, and two weeks later the swarm forgets it.
const SENT: u64 = NOON;
const LATE: u64 = SENT + 13 * DAY + 1_000;

/// Alice's letter to Bob, which his swarm took.
async fn letter(alice: &Person, bob: &Person) -> MessageId {
    let letter = alice.writes(bob, "are you well?", SENT).await.unwrap();
    alice
        .does(move |tx| {
            for errand in tx.errands()? {
                tx.finish_errand(errand.id)?;
            }
            tx.set_message_state(letter, MessageState::Sent)
        })
        .await;
    letter
}

fn bobs_profile() -> profile::OwnProfile {
    profile::OwnProfile { display_name: "Bob".to_owned(), updated_seconds: 1, picture: Default::default() }
}

async fn silence(alice: &Person, with: AccountId, now: u64) -> Option<Unanswered> {
    let desk = alice.desk(now);
    alice.store.read(move |tx| people::unanswered(tx, &desk, &with.into())).await.unwrap()
}

async fn again(alice: &Person, bob: &Person, letter: MessageId, now: u64) -> crate::error::Result<()> {
    let (desk, to) = (alice.desk(now), bob.id);
    let write = alice.store.write("again", move |tx| {
        let row = tx.message(letter)?.unwrap();
        text::store_again(tx, &desk, &to, &row)
    });
    write.await.map(|((), _)| ())
}

#[tokio::test]
async fn a_letter_that_nobody_answered_is_said_a_day_before_its_end_and_not_earlier() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let letter = letter(&alice, &bob).await;
    assert_eq!(silence(&alice, bob.id, SENT + 13 * DAY - 1).await, None);
    let said = Unanswered { message: letter, sent_at: at(SENT), ends_at: at(SENT + 14 * DAY) };
    assert_eq!(silence(&alice, bob.id, LATE).await, Some(said));
    let uncertain = Uncertain { reading: crate::store::Reading::default(), known: false };
    let desk = Desk { unsettled: Some(uncertain), ..alice.desk(LATE) };
    let with = bob.id.into();
    let uncertain = alice.store.read(move |tx| people::unanswered(tx, &desk, &with)).await.unwrap();
    assert_eq!(uncertain, None, "a clock that may be years ahead says nothing");
}

#[tokio::test]
async fn whatever_comes_from_somebody_ends_their_silence() {
    let stamped = |millis| Content { sig_timestamp: Some(millis), ..Content::default() };
    for kind in 0..4 {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        letter(&alice, &bob).await;
        let content = match kind {
            0 => text::compose("yes", at(SENT + DAY), &bobs_profile()),
            1 => Content {
                receipt_message: Some(ReceiptMessage { r#type: Some(1), timestamp: vec![4711] }.into()),
                ..stamped(SENT + DAY)
            },
            2 => Content { typing_message: Some(TypingMessage::default()), ..stamped(SENT + DAY) },
            _ => Content { pro_message: Some(vec![1]), ..stamped(SENT + DAY) },
        };
        alice.gets(&bob.letter(&alice, &content), SENT + DAY + 5).await;
        assert_eq!(silence(&alice, bob.id, LATE).await, None, "kind {kind}");
    }
}

#[tokio::test]
async fn what_came_before_the_letter_or_from_somebody_else_ends_no_silence() {
    let (alice, bob, carol) =
        (Person::new(1, "Alice").await, Person::new(2, "Bob").await, Person::new(3, "Carol").await);
    bob.writes(&alice, "hi", SENT - DAY).await.unwrap();
    for letter in bob.hands_over(&alice).await {
        alice.gets(&letter, SENT - DAY).await;
    }
    letter(&alice, &bob).await;
    carol.writes(&alice, "hi", SENT + DAY).await.unwrap();
    for letter in carol.hands_over(&alice).await {
        alice.gets(&letter, SENT + DAY).await;
    }
    assert!(silence(&alice, bob.id, LATE).await.is_some());
}

#[tokio::test]
async fn nothing_is_said_of_notes_of_who_is_blocked_and_of_what_disappears_or_failed() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let letter = letter(&alice, &bob).await;
    let person = bob.id;
    let to_self = alice.writes(&alice, "milk", SENT).await.unwrap();
    alice.does(move |tx| tx.set_message_state(to_self, MessageState::Sent)).await;
    assert_eq!(silence(&alice, alice.id, LATE).await, None);
    alice.does(move |tx| tx.set_blocked(&person, true)).await;
    assert_eq!(silence(&alice, bob.id, LATE).await, None, "blocked");
    alice.does(move |tx| tx.set_blocked(&person, false)).await;
    assert!(silence(&alice, bob.id, LATE).await.is_some());
    alice.does(move |tx| tx.set_message_state(letter, MessageState::Failed(Failure::Rejected))).await;
    assert_eq!(silence(&alice, bob.id, LATE).await, None, "failed");
    let after = Disappearing::AfterRead(std::time::Duration::from_secs(86_400));
    alice
        .does(move |tx| {
            tx.set_message_state(letter, MessageState::Sent)?;
            tx.set_lifetime(letter, after, None, Timestamp::ZERO)
        })
        .await;
    assert_eq!(silence(&alice, bob.id, LATE).await, None, "it disappears");
}

#[tokio::test]
async fn a_letter_that_is_sent_again_is_the_same_for_who_has_it_and_quiet_for_13_days() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let letter = letter(&alice, &bob).await;
    let profile = alice.does(|tx| profile::OwnProfile::of(tx)).await;
    let first = alice.letter(&bob, &text::compose("are you well?", at(SENT), &profile));
    bob.gets(&first, SENT).await;

    again(&alice, &bob, letter, LATE).await.unwrap();
    let errands = alice.outbox().await;
    assert_eq!(errands.iter().map(|errand| errand.role()).collect::<Vec<_>>(), [Some(Role::Message)], "no copy");
    let parcel = errands[0].parcel().unwrap();
    assert_eq!((parcel.sent_at, parcel.ttl.as_secs()), (at(SENT), 14 * 86_400));
    assert_eq!(silence(&alice, bob.id, LATE).await, None, "it is on its way");
    assert_eq!(again(&alice, &bob, letter, LATE).await.unwrap_err().kind(), ErrorKind::NotAllowed);
    for letter in alice.hands_over(&bob).await {
        assert_eq!(bob.gets(&letter, LATE).await, Outcome::Refused(Refusal::Duplicate), "nobody sees it twice");
    }
    alice.does(move |tx| tx.set_message_state(letter, MessageState::Sent)).await;
    assert_eq!(silence(&alice, bob.id, LATE + 13 * DAY - 1).await, None);
    let said = silence(&alice, bob.id, LATE + 13 * DAY).await.unwrap();
    assert_eq!((said.message, said.ends_at), (letter, at(LATE + 14 * DAY)));
}

#[tokio::test]
async fn only_a_text_of_ours_that_was_sent_and_stays_is_sent_again() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let letter = letter(&alice, &bob).await;
    let refused = async |why: &str| {
        let kind = again(&alice, &bob, letter, LATE).await.unwrap_err().kind();
        assert_eq!(kind, ErrorKind::NotAllowed, "{why}");
        assert!(alice.outbox().await.is_empty());
    };
    let person = bob.id;
    alice.does(move |tx| tx.set_approved(&person, false)).await;
    refused("who is not accepted").await;
    alice.does(move |tx| tx.set_approved(&person, true)).await;
    alice.does(move |tx| tx.set_msg_id(letter, 7)).await;
    refused("another app gave it a name").await;
    bob.writes(&alice, "hi", SENT + 5).await.unwrap();
    for letter in bob.hands_over(&alice).await {
        alice.gets(&letter, SENT + 6).await;
    }
    let theirs = alice.sees(&bob).await.into_iter().find(|row| !row.outgoing).unwrap().id;
    assert_eq!(again(&alice, &bob, theirs, LATE).await.unwrap_err().kind(), ErrorKind::NotAllowed);
}
