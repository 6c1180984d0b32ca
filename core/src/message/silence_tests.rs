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
    let roles: Vec<_> = errands.iter().map(|errand| errand.role().unwrap()).collect();
    assert_eq!(roles, [Role::Message, Role::Copy], "our other devices hear of it");
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

/// Letters of Alice's to Bob, on these days after [`SENT`], which his swarm took.
async fn letters(alice: &Person, bob: &Person, days: &[u64]) -> Vec<MessageId> {
    let mut letters = Vec::new();
    for day in days {
        let letter = alice.writes(bob, "are you well?", SENT + day * DAY).await.unwrap();
        alice
            .does(move |tx| {
                for errand in tx.errands()? {
                    tx.finish_errand(errand.id)?;
                }
                tx.set_message_state(letter, MessageState::Sent)
            })
            .await;
        letters.push(letter);
    }
    letters
}

#[tokio::test]
async fn of_several_letters_that_nobody_answered_the_oldest_is_said_first() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let letters = letters(&alice, &bob, &[0, 3, 6, 9, 12]).await;
    let said = async |now| silence(&alice, bob.id, now).await.map(|found| found.message);
    assert_eq!(said(LATE).await, Some(letters[0]), "on day 13");
    assert_eq!(said(LATE + 3 * DAY).await, Some(letters[0]), "and until it is sent again");
    alice.writes(&bob, "hello?", LATE + 2_000).await.unwrap();
    assert_eq!(said(LATE + 3_000).await, Some(letters[0]), "another letter on its way saves none");
    again(&alice, &bob, letters[0], LATE + 4_000).await.unwrap();
    assert_eq!(said(LATE + 5_000).await, None, "the next has days");
    assert_eq!(said(LATE + 3 * DAY).await, Some(letters[1]));
}

#[tokio::test]
async fn what_they_would_refuse_for_its_age_is_neither_offered_nor_sent_again() {
    for (days, expected) in [(30, true), (32, false)] {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let letter = letter(&alice, &bob).await;
        again(&alice, &bob, letter, SENT + 14 * DAY).await.unwrap();
        alice
            .does(move |tx| {
                for errand in tx.errands()? {
                    tx.finish_errand(errand.id)?;
                }
                tx.set_message_state(letter, MessageState::Sent)
            })
            .await;
        let now = SENT + days * DAY;
        assert_eq!(silence(&alice, bob.id, now).await.is_some(), expected, "offered on day {days}");
        let tried = again(&alice, &bob, letter, now).await.map_err(|error| error.kind());
        assert_eq!(tried, if expected { Ok(()) } else { Err(ErrorKind::NotAllowed) }, "day {days}");
    }
}

#[tokio::test]
async fn a_letter_that_is_deleted_while_it_goes_out_again_is_deleted_for_everyone() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let letter = letter(&alice, &bob).await;
    again(&alice, &bob, letter, LATE).await.unwrap();
    let (desk, with) = (alice.desk(LATE + 1_000), ConversationId::from(bob.id));
    alice.does(move |tx| unsend::write(tx, &desk, &with, letter, unsend::Reach::Everyone)).await;
    let asked: Vec<_> = alice.outbox().await.iter().map(|errand| (errand.role(), errand.address)).collect();
    assert_eq!(asked, [(Some(Role::Unsend), bob.id.into()), (Some(Role::Unsend), alice.id.into())]);
}

#[tokio::test]
async fn our_other_devices_hear_that_a_letter_was_sent_again() {
    let (phone, laptop) = (Person::new(1, "Alice").await, Person::new(1, "Alice").await);
    let bob = Person::new(2, "Bob").await;
    phone.writes(&bob, "are you well?", SENT).await.unwrap();
    for copy in phone.hands_over(&laptop).await {
        laptop.gets(&copy, SENT + 5).await;
    }
    phone.hands_over(&bob).await;
    let letter = phone.sees(&bob).await[0].id;
    phone.does(move |tx| tx.set_message_state(letter, MessageState::Sent)).await;
    assert!(silence(&laptop, bob.id, LATE).await.is_some());
    again(&phone, &bob, letter, LATE).await.unwrap();
    let copies = phone.hands_over(&laptop).await;
    assert_eq!(copies.len(), 1);
    assert_eq!(laptop.gets(&copies[0], LATE + 5).await, Outcome::Known);
    assert_eq!(silence(&laptop, bob.id, LATE + 6).await, None);
    let said = silence(&laptop, bob.id, LATE + 13 * DAY + 5).await.map(|found| found.ends_at);
    assert_eq!(said, Some(at(LATE + 5 + 14 * DAY)), "until its new end comes near");
    let copy = laptop.sees(&bob).await[0].swarm_hash.clone();
    assert_eq!(copy, laptop.inbox().name(&copies[0]).as_str(), "what our swarm will have longest");
    let new = Person::new(1, "Alice").await;
    new.gets(&copies[0], LATE + 5).await;
    assert_eq!(new.sees(&bob).await.len(), 1);
    assert_eq!(silence(&new, bob.id, LATE + 6).await, None, "nor does a new device say that it ends");
}

#[tokio::test]
async fn nobody_is_heard_at_a_moment_that_nobody_knows() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    letter(&alice, &bob).await;
    let uncertain = Uncertain { reading: crate::store::Reading::default(), known: false };
    let (desk, person) = (Desk { unsettled: Some(uncertain), ..alice.desk(SENT + 300 * DAY) }, bob.id);
    alice.does(move |tx| people::note_heard(tx, &desk, &person, Timestamp::ZERO)).await;
    assert!(silence(&alice, bob.id, LATE).await.is_some());
    alice.does(move |tx| people::note_heard(tx, &desk, &person, at(SENT + 5))).await;
    assert_eq!(silence(&alice, bob.id, LATE).await, None, "a swarm said when");
}

#[tokio::test]
async fn what_another_device_writes_brings_the_conversation_back_though_it_was_read() {
    let (phone, laptop) = (Person::new(1, "Alice").await, Person::new(1, "Alice").await);
    let bob = Person::new(2, "Bob").await;
    bob.writes(&laptop, "hi", SENT - 1_000).await.unwrap();
    for letter in bob.hands_over(&laptop).await {
        laptop.gets(&letter, SENT - 900).await;
    }
    let (with, person) = (ConversationId::from(bob.id), bob.id);
    laptop
        .does(move |tx| {
            tx.set_approved(&person, true)?;
            tx.mark_read_elsewhere(&with, at(SENT + 50), at(SENT + 60), at(SENT + 60))?;
            people::set_archived(tx, &with, true)
        })
        .await;
    phone.writes(&bob, "hello", SENT).await.unwrap();
    for copy in phone.hands_over(&laptop).await {
        laptop.gets(&copy, SENT + 70).await;
    }
    assert!(!laptop.chat(&bob).await.unwrap().archived);
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
