//! Two messages of one author and one millisecond, each with a msgId of its own, as a device of the newest library could
//! write them: they are two, and what is said about one is said about that one.

use super::testing::{NOON, Person, at};
use super::*;
use crate::store::{Before, MessageRow};
use crate::wire::content::{DataMessage, Quote, Reaction, ReactionAction};

const SENT: u64 = NOON + 100;

/// A letter of Bob's with a msgId.
fn named(bob: &Person, alice: &Person, body: &str, msg_id: u64) -> Vec<u8> {
    let data = DataMessage { body: Some(body.to_owned()), ..DataMessage::default() };
    let content = Content { data_message: Some(data), sig_timestamp: Some(SENT), ..Content::default() };
    // Field 18, 64 bits.
    let bytes = [content.to_bytes().as_slice(), &[0x91, 0x01], &msg_id.to_le_bytes()].concat();
    bob.seals(alice, &bytes, at(SENT))
}

/// Alice, who has both letters of Bob, whom she accepts.
async fn alice_has_both() -> (Person, Person) {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    alice.writes(&bob, "hello", NOON).await.unwrap();
    for letter in alice.hands_over(&bob).await {
        bob.gets(&letter, NOON).await;
    }
    alice.hands_over(&alice).await;
    for (body, msg_id) in [("one", 7), ("two", 8)] {
        let outcome = alice.gets(&named(&bob, &alice, body, msg_id), SENT + 10).await;
        assert!(matches!(outcome, Outcome::Shown { .. }), "{body}: {outcome:?}");
    }
    (alice, bob)
}

async fn twins(alice: &Person, bob: &Person) -> Vec<MessageRow> {
    let with = ConversationId::from(bob.id);
    let rows = alice.store.read(move |tx| tx.messages_before(&with, Before::Latest, 9)).await.unwrap();
    rows.into_iter().filter(|row| row.sent_at == at(SENT)).collect()
}

#[tokio::test]
async fn both_are_shown_and_each_once_whatever_envelope_it_comes_in() {
    let (alice, bob) = alice_has_both().await;
    for (body, msg_id) in [("one", 7), ("two", 8)] {
        let again = alice.gets(&named(&bob, &alice, body, msg_id), SENT + 20).await;
        assert_eq!(again, Outcome::Refused(Refusal::Duplicate));
    }
    let plain = text::compose(
        "one",
        at(SENT),
        &profile::OwnProfile { display_name: "Bob".to_owned(), updated_seconds: 1, picture: Default::default() },
    );
    let nameless = alice.gets(&bob.letter(&alice, &plain), SENT + 30).await;
    assert_eq!(nameless, Outcome::Refused(Refusal::Duplicate), "nobody can tell it from them");
    let texts: Vec<_> = twins(&alice, &bob).await.into_iter().map(|row| row.body).collect();
    assert_eq!(texts, ["one", "two"]);
}

#[tokio::test]
async fn a_reaction_and_an_answer_mean_the_one_that_they_name_or_the_first() {
    let (alice, bob) = alice_has_both().await;
    for (msg_id, emoji, said) in [(Some(8), "🥰", 200), (None, "😂", 210), (Some(9), "😮", 220)] {
        let reference = Reaction {
            id: Some(SENT),
            author: Some(bob.id.to_string()),
            emoji: Some(emoji.to_owned()),
            action: Some(ReactionAction::React.into()),
        };
        let reaction = Some(crate::wire::content::Named { reference, msg_id });
        let data = DataMessage { reaction, ..DataMessage::default() };
        let content = Content { data_message: Some(data), sig_timestamp: Some(NOON + said), ..Content::default() };
        assert_eq!(alice.gets(&bob.letter(&alice, &content), NOON + said).await, Outcome::Applied);

        let reference = Quote { id: Some(SENT), author: Some(bob.id.to_string()), ..Quote::default() };
        let quote = Some(crate::wire::content::Named { reference, msg_id });
        let data = DataMessage { body: Some("see".to_owned()), quote, ..DataMessage::default() };
        let content = Content { data_message: Some(data), sig_timestamp: Some(NOON + said + 1), ..Content::default() };
        alice.gets(&bob.letter(&alice, &content), NOON + said + 1).await;
        let quoted = alice.sees(&bob).await.pop().unwrap().quote.unwrap().line.map(|line| line.text);
        let meant = match msg_id {
            Some(8) => Some("two"),
            Some(_) => None,
            None => Some("one"),
        };
        assert_eq!(quoted.as_deref(), meant);
    }
    let emoji: Vec<Vec<String>> = twins(&alice, &bob)
        .await
        .into_iter()
        .map(|row| row.reactions.into_iter().map(|one| one.emoji).collect())
        .collect();
    assert_eq!(emoji, [vec!["😂"], vec!["🥰"]], "what names a third one waits for it");
}

#[tokio::test]
async fn who_withdraws_one_keeps_the_other_and_whoever_does_not_say_which_withdraws_none() {
    let (alice, bob) = alice_has_both().await;
    for (msg_id, outcome, left) in [
        (None, Outcome::Refused(Refusal::NoTarget), ["one", "two"]),
        (Some(7), Outcome::Applied, ["", "two"]),
        (Some(7), Outcome::Refused(Refusal::NoTarget), ["", "two"]),
    ] {
        let of = crate::store::MessageName { author: bob.id, sent_at: at(SENT), msg_id };
        let request = bob.letter(&alice, &unsend::compose(at(NOON + 300), &of));
        assert_eq!(alice.gets(&request, NOON + 300).await, outcome);
        let texts: Vec<_> = twins(&alice, &bob).await.into_iter().map(|row| row.body).collect();
        assert_eq!(texts, left);
    }
}

#[tokio::test]
async fn what_is_removed_here_stays_away_and_takes_nothing_along() {
    let (alice, bob) = alice_has_both().await;
    let first = twins(&alice, &bob).await[0].id;
    alice.does(move |tx| tx.remove_message(first, at(NOON + 300))).await;
    let texts = async || twins(&alice, &bob).await.into_iter().map(|row| row.body).collect::<Vec<_>>();
    assert_eq!(texts().await, ["two"]);
    let again = alice.gets(&named(&bob, &alice, "one", 7), NOON + 400).await;
    assert_eq!(again, Outcome::Refused(Refusal::Removed));
    let third = alice.gets(&named(&bob, &alice, "three", 9), NOON + 400).await;
    assert!(matches!(third, Outcome::Shown { .. }));
    assert_eq!(texts().await, ["two", "three"]);
}
