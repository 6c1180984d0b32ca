//! Letters that a node or a stranger brings with an intention: back from the dead, in another envelope, from another century.
//! Whoever holds the sealed bytes of a letter can do all of this.

use super::testing::{NOON, Person, at};
use super::*;
use crate::address::{Namespace, Place};
use crate::crypto::{AccountId, decoy_signature};
use crate::people::remove;
use crate::wire::envelope;

const DAY: u64 = 86_400_000;

/// Long enough after the beginning of the epoch that everything has a yesterday.
const TODAY: u64 = NOON + 1_000 * DAY;

/// The same sealed letter in another envelope, whose ciphertext is untouched.
fn rewrapped(letter: &[u8], sent_at: u64) -> Vec<u8> {
    let sealed = envelope::unwrap(letter).unwrap().content;
    envelope::wrap(&sealed, at(sent_at), decoy_signature())
}

/// Bob has a letter of Alice's, dated and come in at [`TODAY`]. Gives it.
async fn bob_has_a_letter(alice: &Person, bob: &Person) -> Vec<u8> {
    alice.writes(bob, "burn after reading", TODAY).await.unwrap();
    let letter = alice.hands_over(bob).await.remove(0);
    bob.gets(&letter, TODAY).await;
    assert_eq!(bob.reads(alice).await.last().map(String::as_str), Some("burn after reading"));
    letter
}

async fn deletes_the_newest(who: &Person, with: &Person, now: u64) {
    let (message, with, desk) = (who.sees(with).await.pop().unwrap().id, ConversationId::from(with.id), who.desk(now));
    who.does(move |tx| remove::delete_message(tx, &desk, &with, message)).await;
}

#[tokio::test]
async fn a_deleted_letter_stays_deleted_whatever_envelope_a_node_puts_around_it() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let letter = bob_has_a_letter(&alice, &bob).await;
    deletes_the_newest(&bob, &alice, TODAY + 1).await;
    let outcome = bob.gets(&rewrapped(&letter, TODAY), TODAY + 60_000).await;
    assert_eq!(outcome, Outcome::Refused(Refusal::Removed));
    assert_eq!(bob.reads(&alice).await, [""; 0]);
}

#[tokio::test]
async fn the_same_bytes_stay_away_when_their_name_is_long_forgotten() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let letter = bob_has_a_letter(&alice, &bob).await;
    deletes_the_newest(&bob, &alice, TODAY + 1).await;
    for (days, refusal) in [(31, Refusal::Removed), (44, Refusal::Removed), (60, Refusal::TooOld)] {
        let now = TODAY + days * DAY;
        bob.does(move |tx| {
            tx.purge_expired_hashes(at(now))?;
            tx.purge_tombstones(at(now))
        })
        .await;
        assert_eq!(bob.gets(&letter, now).await, Outcome::Refused(refusal), "after {days} days");
    }
    assert_eq!(bob.reads(&alice).await, [""; 0]);
}

#[tokio::test]
async fn a_deleted_letter_stays_deleted_wherever_else_it_lies() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let letter = bob_has_a_letter(&alice, &bob).await;
    deletes_the_newest(&bob, &alice, TODAY + 1).await;
    let elsewhere = Place { owner: bob.id.into(), namespace: Namespace::CONTACTS };
    let incoming = open(&bob.keys, elsewhere, elsewhere.name(&letter), &letter).unwrap();
    let desk = bob.desk(TODAY + 60_000);
    let outcome = bob.does(move |tx| apply(tx, &desk, &incoming)).await;
    assert_eq!(outcome, Outcome::Refused(Refusal::Removed));
}

#[tokio::test]
async fn what_i_wrote_and_deleted_stays_deleted_too() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    alice.writes(&bob, "I never said that", TODAY).await.unwrap();
    let copy = alice.hands_over(&alice).await.remove(0);
    deletes_the_newest(&alice, &bob, TODAY + 1).await;
    assert_eq!(alice.gets(&rewrapped(&copy, TODAY), TODAY + 60_000).await, Outcome::Refused(Refusal::Removed));
    assert_eq!(alice.reads(&bob).await, [""; 0]);
}

#[tokio::test]
async fn a_note_to_self_that_was_deleted_stays_deleted() {
    let alice = Person::new(1, "Alice").await;
    alice.writes(&alice, "the safe is behind the picture", TODAY).await.unwrap();
    let note = alice.hands_over(&alice).await.remove(0);
    deletes_the_newest(&alice, &alice, TODAY + 1).await;
    assert_eq!(alice.gets(&rewrapped(&note, TODAY), TODAY + 60_000).await, Outcome::Refused(Refusal::Removed));
}

#[tokio::test]
async fn a_cleared_conversation_stays_cleared() {
    type Way = fn(&mut WriteTx<'_>, &Desk, &AccountId) -> Result<()>;
    let ways: [Way; 3] = [
        |tx, desk, who| remove::clear(tx, desk, &ConversationId::from(*who)),
        |tx, desk, who| remove::delete_conversation(tx, desk, &ConversationId::from(*who)),
        |tx, desk, who| remove::delete_contact(tx, desk, who),
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let letter = bob_has_a_letter(&alice, &bob).await;
        let (with, desk) = (alice.id, bob.desk(TODAY + 600_000));
        bob.does(move |tx| way(tx, &desk, &with)).await;
        bob.gets(&rewrapped(&letter, TODAY), TODAY + 900_000).await;
        assert_eq!(bob.reads(&alice).await, [""; 0], "way {number}");
        // A new letter brings the conversation back, and nothing of before with it.
        alice.writes(&bob, "news", TODAY + 1_000_000).await.unwrap();
        let news = alice.hands_over(&bob).await.remove(0);
        bob.gets(&news, TODAY + 1_000_000).await;
        bob.gets(&rewrapped(&letter, TODAY), TODAY + 1_100_000).await;
        assert_eq!(bob.reads(&alice).await, ["news"], "way {number}");
    }
}

#[tokio::test]
async fn a_letter_of_the_future_that_was_deleted_stays_deleted_for_years() {
    let (mallory, bob) = (Person::new(3, "Mallory").await, Person::new(2, "Bob").await);
    mallory.writes(&bob, "pinned", TODAY + 9_000 * DAY).await.unwrap();
    let letter = mallory.hands_over(&bob).await.remove(0);
    bob.gets(&letter, TODAY).await;
    let (with, desk) = (ConversationId::from(mallory.id), bob.desk(TODAY + 1));
    bob.does(move |tx| remove::clear(tx, &desk, &with)).await;
    let now = TODAY + 500 * DAY;
    bob.does(move |tx| tx.purge_tombstones(at(now))).await;
    assert_eq!(bob.gets(&rewrapped(&letter, TODAY + 9_000 * DAY), now).await, Outcome::Refused(Refusal::Removed));
}

#[tokio::test]
async fn a_letter_that_is_older_than_every_tombstone_is_recorded_unless_it_stands_here() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    for (days, shown) in [(44, true), (46, false)] {
        let sent_at = TODAY - days * DAY;
        alice.writes(&bob, "late", sent_at).await.unwrap();
        let letter = alice.hands_over(&bob).await.remove(0);
        let outcome = bob.gets(&letter, TODAY).await;
        assert_eq!(matches!(outcome, Outcome::Shown { .. }), shown, "{days} days old");
        assert!(shown || outcome == Outcome::Refused(Refusal::TooOld));
    }
    let letter = bob_has_a_letter(&alice, &bob).await;
    let again = bob.gets(&rewrapped(&letter, TODAY), TODAY + 90 * DAY).await;
    assert_eq!(again, Outcome::Refused(Refusal::Duplicate), "it stands here all the time");
}

#[tokio::test]
async fn one_clock_that_is_years_ahead_keeps_no_letter_away() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    for (ahead, behind) in [(0, 900 * DAY), (900 * DAY, 0)] {
        alice.writes(&bob, "hello", TODAY - behind / 100).await.unwrap();
        let letter = alice.hands_over(&bob).await.remove(0);
        let incoming = open(&bob.keys, bob.inbox(), bob.inbox().name(&letter), &letter).unwrap();
        let desk = Desk { network_now: at(TODAY + ahead), device_now: at(TODAY + behind), ..bob.desk(0) };
        assert!(matches!(bob.does(move |tx| apply(tx, &desk, &incoming)).await, Outcome::Shown { .. }));
    }
}

#[tokio::test]
async fn a_letter_from_the_year_9999_does_not_stay_the_newest_for_ever() {
    let (mallory, bob, carol) =
        (Person::new(3, "Mallory").await, Person::new(2, "Bob").await, Person::new(4, "Carol").await);
    const YEAR_9999: u64 = 253_402_300_000_000;
    mallory.writes(&bob, "pinned", YEAR_9999).await.unwrap();
    for letter in mallory.hands_over(&bob).await {
        bob.gets(&letter, NOON).await;
    }
    // A day later somebody else asks, and Bob answers.
    carol.writes(&bob, "hello", NOON + DAY).await.unwrap();
    for letter in carol.hands_over(&bob).await {
        bob.gets(&letter, NOON + DAY).await;
    }
    let requests = bob.store.read(|tx| tx.requests()).await.unwrap();
    assert_eq!(requests.first().map(|row| row.id.clone()), Some(carol.id.into()), "who wrote last stands first");
    bob.writes(&mallory, "who are you?", NOON + DAY + 100_000).await.unwrap();
    assert_eq!(bob.reads(&mallory).await, ["pinned", "who are you?"]);
    assert_eq!(bob.sees(&mallory).await[0].sent_at, at(YEAR_9999), "its own date is shown");
    let row = bob.chat(&mallory).await.unwrap();
    assert_eq!(row.newest.map(|newest| newest.text).as_deref(), Some("who are you?"));
    assert!(row.active_at < at(NOON + DAY + 200_000), "and the conversation as active as that");
}

#[tokio::test]
async fn an_answer_within_the_minute_stands_below_a_letter_of_the_future_and_so_does_a_copy_of_ours() {
    let (mallory, bob) = (Person::new(3, "Mallory").await, Person::new(2, "Bob").await);
    mallory.writes(&bob, "pinned", TODAY + 900 * DAY).await.unwrap();
    let letter = mallory.hands_over(&bob).await.remove(0);
    bob.gets(&letter, TODAY).await;
    bob.writes(&mallory, "at once", TODAY + 1_000).await.unwrap();
    assert_eq!(bob.reads(&mallory).await, ["pinned", "at once"]);

    // Another device of Bob's has a clock that is years ahead.
    let phone = Person::new(2, "Bob").await;
    phone.writes(&mallory, "from the phone", TODAY + 9_000 * DAY).await.unwrap();
    let copy = phone.hands_over(&bob).await.remove(0);
    bob.gets(&copy, TODAY + 200_000).await;
    bob.writes(&mallory, "from here", TODAY + 300_000).await.unwrap();
    assert_eq!(bob.reads(&mallory).await, ["pinned", "at once", "from the phone", "from here"]);
}
