//! What is muted, laid aside and typed, and what comes of it when letters come and go.

use super::testing::{MINUTE, hall};
use super::{Client, Conversation};
use crate::error::ErrorKind;
use crate::event::Event;
use crate::message::testing::{Person, at};
use crate::message::{Draft, Reach};
use crate::people;
use crate::store::{ConversationId, ConversationRow, Listing, MessageId, Mute};

/// Alice and Bob, who know each other, Alice's handle to the conversation, and what the network's clock shows.
async fn friends() -> (Person, Person, Conversation, u64) {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let (hall, now) = hall(&alice, 0);
    let chat = Conversation::new(hall, bob.id.into());
    chat.send(Draft::text("hello")).await.unwrap();
    (alice, bob, chat, now)
}

/// Bob writes, and Alice gets it.
async fn comes(bob: &Person, alice: &Person, body: &str, now: u64) {
    bob.writes(alice, body, now).await.unwrap();
    for letter in bob.hands_over(alice).await {
        alice.gets(&letter, now).await;
    }
}

async fn row(chat: &Conversation) -> ConversationRow {
    chat.row().await.unwrap().unwrap()
}

async fn listed(alice: &Person) -> (usize, usize) {
    alice.store.read(|tx| Ok((tx.conversations()?.len(), tx.archived()?.len()))).await.unwrap()
}

#[tokio::test]
async fn what_is_laid_aside_comes_back_with_a_letter_and_keeps_its_pin() {
    let (alice, bob, chat, now) = friends().await;
    chat.set_pinned(true).await.unwrap();
    chat.set_archived(true).await.unwrap();
    assert_eq!((listed(&alice).await, row(&chat).await.listing()), ((0, 1), Some(Listing::Archive)));
    comes(&bob, &alice, "are you there?", now).await;
    let back = row(&chat).await;
    assert_eq!((listed(&alice).await, back.listing(), back.priority), ((1, 0), Some(Listing::Main), 1));
}

#[tokio::test]
async fn a_muted_conversation_stays_aside_until_its_time_is_over() {
    let (alice, bob, chat, now) = friends().await;
    chat.set_archived(true).await.unwrap();
    chat.set_mute(Mute::Until(at(now + MINUTE))).await.unwrap();
    comes(&bob, &alice, "one", now).await;
    assert!(row(&chat).await.archived, "muted");
    assert_eq!(alice.store.read(|tx| tx.unread_total()).await.unwrap(), 0, "nor does it count on the icon");
    comes(&bob, &alice, "two", now + 2 * MINUTE).await;
    assert!(!row(&chat).await.archived, "the time is over, and nobody wrote that");
    chat.set_archived(true).await.unwrap();
    chat.set_mute(Mute::Forever).await.unwrap();
    comes(&bob, &alice, "three", now + 900 * MINUTE).await;
    assert!(row(&chat).await.archived);
    chat.send(Draft::text("all right")).await.unwrap();
    assert!(!row(&chat).await.archived, "who writes there wants it on the list");
}

#[tokio::test]
async fn a_mute_whose_time_is_over_is_none_for_who_reads_and_for_who_listens() {
    let (_alice, _bob, chat, now) = friends().await;
    let mut events = chat.hall.announcer().listen();
    for (until, expected) in
        [(at(now - MINUTE), Mute::Off), (at(now + MINUTE), Mute::Until(at((now + MINUTE).div_ceil(1_000) * 1_000)))]
    {
        chat.set_mute(Mute::Until(until)).await.unwrap();
        assert_eq!(row(&chat).await.mute, expected);
        let told = std::iter::from_fn(|| events.try_next()).filter_map(|event| match event {
            Event::ConversationChanged(row) => Some(row.mute),
            _ => None,
        });
        assert_eq!(told.last(), Some(expected));
    }
}

#[tokio::test]
async fn what_another_device_has_read_and_what_only_changes_brings_nothing_back() {
    let (alice, bob, chat, now) = friends().await;
    chat.set_archived(true).await.unwrap();
    let with = ConversationId::from(bob.id);
    alice.does(move |tx| tx.mark_read_elsewhere(&with, at(now + 5), at(now + 6), at(now + 6)).map(|_| ())).await;
    comes(&bob, &alice, "an old one", now - MINUTE).await;
    assert!(row(&chat).await.archived, "it was read before it came here");
    chat.set_nickname("Bobby").await.unwrap();
    assert!(row(&chat).await.archived);
}

#[tokio::test]
async fn a_request_is_answered_and_not_laid_aside() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let (hall, now) = hall(&alice, 0);
    let chat = Conversation::new(hall.clone(), bob.id.into());
    assert_eq!(chat.set_archived(true).await.unwrap_err().kind(), ErrorKind::NotFound);
    comes(&bob, &alice, "hi", now).await;
    assert_eq!(chat.set_archived(true).await.unwrap_err().kind(), ErrorKind::NotAllowed);
    let own = Conversation::new(hall, alice.id.into());
    assert_eq!(own.set_mute(Mute::Forever).await.unwrap_err().kind(), ErrorKind::NotAllowed);
}

/// Keeps a draft that answers Bob's letter; gives which that is.
async fn answering(chat: &Conversation) -> MessageId {
    let letters = chat.messages(crate::store::Before::Latest, 10).await.unwrap();
    let letter = letters.iter().find(|row| !row.outgoing).unwrap().id;
    chat.set_draft("well", Some(letter)).await.unwrap();
    assert_eq!(row(chat).await.draft_answers, Some(letter));
    letter
}

#[tokio::test]
async fn a_draft_keeps_what_it_answers_until_that_goes() {
    for way in 0..3 {
        let (alice, bob, chat, now) = friends().await;
        comes(&bob, &alice, "the code is 4711", now).await;
        let letter = answering(&chat).await;
        match way {
            0 => chat.delete_message(letter).await,
            1 => chat.delete_everywhere(letter, Reach::OurDevices).await,
            _ => chat.clear().await,
        }
        .unwrap();
        let left = row(&chat).await;
        assert_eq!((left.draft.as_str(), left.draft_answers), ("well", None), "way {way}");
    }
}

#[tokio::test]
async fn a_draft_answers_nothing_of_another_conversation_and_nothing_that_is_gone() {
    let (alice, bob, chat, now) = friends().await;
    comes(&bob, &alice, "hi", now).await;
    let letter = answering(&chat).await;
    let other = Conversation::new(chat.hall.clone(), alice.id.into());
    other.send(Draft::text("a note")).await.unwrap();
    other.set_draft("well", Some(letter)).await.unwrap();
    assert_eq!(row(&other).await.draft_answers, None);
    chat.delete_everywhere(letter, Reach::OurDevices).await.unwrap();
    chat.set_draft("well", Some(letter)).await.unwrap();
    assert_eq!(row(&chat).await.draft_answers, None);
    chat.set_draft("well", Some(MessageId::from_i64(4711))).await.unwrap();
    assert_eq!(row(&chat).await.draft_answers, None);
}

#[tokio::test]
async fn a_request_shows_its_first_letter_and_how_many_there_are() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let (hall, now) = hall(&alice, 0);
    let chat = Conversation::new(hall, bob.id.into());
    for (number, body) in ["it is me", "hello?", "HELLO"].into_iter().enumerate() {
        comes(&bob, &alice, body, now + 10 * number as u64).await;
    }
    let request = row(&chat).await;
    assert_eq!((request.letters, request.came_at), (3, at(now)), "it came with its first letter");
    assert_eq!(request.first.map(|first| first.text), Some("it is me".to_owned()));
    assert_eq!(request.newest.map(|newest| newest.text), Some("HELLO".to_owned()));
    chat.decline().await.unwrap();
    comes(&bob, &alice, "and again", now + 500).await;
    let again = row(&chat).await;
    assert_eq!((again.letters, again.came_at), (1, at(now + 500)), "a new request");
    chat.accept().await.unwrap();
    let friend = row(&chat).await;
    assert_eq!((friend.letters, friend.first), (0, None));
}

#[tokio::test]
async fn all_requests_are_declined_and_those_for_good_are_blocked() {
    let alice = Person::new(1, "Alice").await;
    let (hall, now) = hall(&alice, 0);
    let (alice_s, mut strangers) = (ConversationId::from(alice.id), Vec::new());
    for number in 0..45_u8 {
        let stranger = Person::new(100 + number, "Stranger").await;
        comes(&stranger, &alice, "buy now", now + u64::from(number)).await;
        strangers.push(stranger);
    }
    let for_good = Conversation::new(hall.clone(), strangers[0].id.into());
    for_good.decline_and_block().await.unwrap();
    comes(&strangers[0], &alice, "again", now + 500).await;
    assert!(for_good.messages(crate::store::Before::Latest, 5).await.unwrap().is_empty());
    let blocked = strangers[0].id;
    assert!(alice.store.read(move |tx| tx.contact(&blocked)).await.unwrap().unwrap().blocked);
    assert_eq!(alice.requests().await, 44);
    let (first, last) = (strangers[1].id.into(), strangers[44].id.into());
    let held_back = alice.store.read(move |tx| {
        Ok([people::is_held_back(tx, &first)?, people::is_held_back(tx, &last)?, people::is_held_back(tx, &alice_s)?])
    });
    assert_eq!(held_back.await.unwrap(), [false, true, false]);
    assert_eq!(Client::decline_all(&hall).await.unwrap(), 44);
    assert_eq!((alice.requests().await, Client::decline_all(&hall).await.unwrap()), (0, 0));
}
