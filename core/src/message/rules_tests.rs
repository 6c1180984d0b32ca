//! Rules of a conversation, told with people who write to each other: `people` itself knows no letters.

use std::time::Duration;

use super::testing::{NOON, Person, at};
use super::*;
use crate::error::ErrorKind;
use crate::people::remove::{
    clear, delete_contact_until, delete_conversation, delete_conversation_until, delete_message,
};
use crate::store::{Parting, Reading, Role, Uncertain, What};

async fn alice_and_bob() -> (Person, Person) {
    (Person::new(1, "Alice").await, Person::new(2, "Bob").await)
}

#[tokio::test]
async fn a_deleted_message_goes_with_its_letter_its_copy_and_its_words() {
    let (alice, bob) = alice_and_bob().await;
    let kept = alice.writes(&bob, "marmalade one", NOON).await.unwrap();
    let gone = alice.writes(&bob, "marmalade two", NOON).await.unwrap();
    let (desk, chat) = (alice.desk(NOON), ConversationId::from(bob.id));
    alice.does(move |tx| delete_message(tx, &desk, &chat, gone)).await;
    assert_eq!(alice.reads(&bob).await, ["marmalade one"]);
    let rows = alice.outbox().await;
    assert_eq!(rows.len(), 2, "letter and copy of the other one");
    assert!(rows.iter().all(|row| row.message == Some(kept)));
    let found = alice.store.read(|tx| tx.search("marmalade", None, None, 10)).await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_copy_that_may_be_in_our_swarm_already_is_not_met_again() {
    let (alice, bob) = alice_and_bob().await;
    let message = alice.writes(&bob, "hello", NOON).await.unwrap();
    let copy = alice.outbox().await.into_iter().find(|row| row.role() == Some(Role::Copy)).unwrap();
    let parcel = copy.parcel().unwrap();
    let sealed = alice.seals(&alice, &parcel.content, parcel.sent_at);
    let (place, hash) = (alice.inbox(), alice.inbox().name(&sealed));
    let (desk, chat) = (alice.desk(NOON), ConversationId::from(bob.id));
    alice
        .does(move |tx| {
            tx.seal_errand(copy.id, &sealed)?;
            delete_message(tx, &desk, &chat, message)
        })
        .await;
    assert!(alice.store.read(move |tx| tx.is_seen(place, &hash)).await.unwrap());
}

#[tokio::test]
async fn a_message_of_another_conversation_is_left_alone() {
    let (alice, bob) = alice_and_bob().await;
    let carol = Person::new(3, "Carol").await;
    let message = alice.writes(&bob, "hello", NOON).await.unwrap();
    let (desk, chat) = (alice.desk(NOON), ConversationId::from(carol.id));
    let tried = alice.store.write("delete", move |tx| delete_message(tx, &desk, &chat, message)).await;
    assert_eq!(tried.err().map(|error| error.kind()), Some(ErrorKind::NotFound));
    assert_eq!(alice.reads(&bob).await, ["hello"]);
}

#[tokio::test]
async fn a_cleared_conversation_is_gone_until_somebody_writes_and_its_person_stays() {
    let (alice, bob) = alice_and_bob().await;
    alice.writes(&bob, "hello", NOON).await.unwrap();
    let (desk, chat) = (alice.desk(NOON), ConversationId::from(bob.id));
    alice.does(move |tx| clear(tx, &desk, &chat)).await;
    assert!(alice.chat(&bob).await.is_none());
    assert_eq!(alice.outbox().await, []);
    let person = bob.id;
    assert!(alice.store.read(move |tx| tx.contact(&person)).await.unwrap().unwrap().approved);
    bob.writes(&alice, "still there?", NOON + 10).await.unwrap();
    for letter in bob.hands_over(&alice).await {
        alice.gets(&letter, NOON + 20).await;
    }
    assert_eq!(alice.reads(&bob).await, ["still there?"]);
}

#[tokio::test]
async fn a_cleared_conversation_keeps_its_draft_and_its_pin() {
    let (alice, bob) = alice_and_bob().await;
    alice.writes(&bob, "hello", NOON).await.unwrap();
    let (desk, chat) = (alice.desk(NOON), ConversationId::from(bob.id));
    alice
        .does(move |tx| {
            tx.set_draft(&chat, "not yet", None)?;
            tx.set_priority(&chat, 1)?;
            clear(tx, &desk, &chat)
        })
        .await;
    let row = alice.chat(&bob).await.unwrap();
    assert_eq!((row.draft.as_str(), row.priority, row.newest), ("not yet", 1, None));
}

/// Mallory's request, accepted without a network.
async fn accepted_offline() -> (Person, Person) {
    let (alice, mallory) = (Person::new(1, "Alice").await, Person::new(4, "Mallory").await);
    mallory.writes(&alice, "do you remember me?", NOON).await.unwrap();
    for letter in mallory.hands_over(&alice).await {
        alice.gets(&letter, NOON + 1).await;
    }
    let (desk, from) = (alice.desk(NOON + 2), mallory.id);
    alice.does(move |tx| request::accept(tx, &desk, &from)).await;
    assert_eq!(alice.outbox().await.iter().map(|row| row.role()).collect::<Vec<_>>(), [Some(Role::Answer)]);
    (alice, mallory)
}

#[tokio::test]
async fn who_deletes_the_contact_or_blocks_takes_the_acceptance_back_that_did_not_leave() {
    for blocks in [true, false] {
        let (alice, mallory) = accepted_offline().await;
        let bob = Person::new(2, "Bob").await;
        alice.writes(&bob, "hello", NOON + 3).await.unwrap();
        let (desk, from) = (alice.desk(NOON + 4), mallory.id);
        let thinks_better = move |tx: &mut WriteTx<'_>| {
            if blocks {
                people::decline_and_block(tx, &desk, &from)
            } else {
                delete_contact_until(tx, &desk, &from, desk.network_now)
            }
        };
        alice.does(thinks_better).await;
        let left: Vec<_> = alice.outbox().await.iter().filter_map(|row| row.role()).collect();
        assert_eq!(left, [Role::Message, Role::Copy], "only what is for others");
    }
}

#[tokio::test]
async fn who_deletes_the_conversation_alone_still_accepts() {
    let (alice, mallory) = accepted_offline().await;
    let (desk, chat) = (alice.desk(NOON + 3), ConversationId::from(mallory.id));
    alice.does(move |tx| delete_conversation_until(tx, &desk, &chat, desk.network_now)).await;
    assert_eq!(alice.outbox().await.len(), 1);
}

#[tokio::test]
async fn a_clock_that_is_ten_years_ahead_says_nothing_of_what_was_seen() {
    let (alice, bob) = alice_and_bob().await;
    bob.writes(&alice, "hello", NOON).await.unwrap();
    let letter = bob.hands_over(&alice).await.remove(0);
    alice.gets(&letter, NOON + 5).await;
    let later = at(NOON + 10 * 365 * 86_400_000);
    let reading = Reading { run: 1, monotonic: Duration::ZERO };
    let desk = Desk {
        me: alice.id,
        network_now: later,
        device_now: later,
        unsettled: Some(Uncertain { reading, known: false }),
    };
    let (bobs, name) = (bob.id, alice.inbox().name(&letter));
    let looks = move |tx: &mut WriteTx<'_>| {
        let other = Parting { at: at(NOON), ..Parting::default() };
        tx.set_parted(&[9; 16], other, Some(at(NOON)))?;
        text::write(tx, &desk, &bobs, &Draft::text("never left"))?;
        delete_conversation(tx, &desk, &ConversationId::from(bobs))?;
        assert!(tx.parted(&[9; 16])?.is_some(), "nothing is too old");
        let deleted = tx.errands()?.into_iter().any(|row| match row.what {
            What::Delete(names) => names.contains(&name),
            _ => false,
        });
        assert!(deleted, "and the swarm is rid of what it has");
        tx.parted(&people::parting_hash(&desk, &bobs))
    };
    let parting = alice.does(looks).await.unwrap().parting;
    let expected = Parting { theirs: at(NOON), at: at(NOON + 5), ..Parting::default() };
    assert_eq!(parting, expected);
}
