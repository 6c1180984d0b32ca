//! A conversation without a renderer: writing, drafts, requests, pages of a long one, what can be done with a message.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod common;

use std::time::Instant;

use common::{Device, Interface, LONGEST, Page};
use onionskin_core::ledger::NewMessage;
use onionskin_core::{AccountId, Before, Client, ConversationId, Draft, MessageKind, MessageState, Timestamp};
use serde_json::json;

/// A device with one account.
async fn ana(device: &Device) -> (Interface, Client) {
    let shell = device.shell().await;
    shell.create("Ana").await.unwrap();
    let client = shell.client().unwrap();
    (Interface::new(shell), client)
}

fn bob() -> AccountId {
    AccountId::from_x25519([2; 32])
}

/// Letters of Bob lie in the ledger, as if they had come in.
async fn bob_wrote(client: &Client, letters: std::ops::Range<u64>, accepted: bool) {
    client
        .store()
        .write("letters", move |tx| {
            let (person, id) = (bob(), ConversationId::from(bob()));
            let now = Timestamp::from_millis(1_700_000_000_000);
            tx.ensure_contact(&person, now)?;
            tx.set_approved_me(&person, true)?;
            tx.set_approved(&person, accepted)?;
            tx.ensure_conversation(&id, now)?;
            for number in letters {
                let at = Timestamp::from_millis(now.as_millis() + number * 1_000);
                tx.insert_message(&NewMessage {
                    conversation: &id,
                    sender: &person,
                    outgoing: false,
                    kind: MessageKind::Text,
                    sent_at: at,
                    received_at: at,
                    body: &format!("letter {number}."),
                    raw: b"",
                    swarm_hash: &format!("hash{number}"),
                    read_at: Timestamp::ZERO,
                    state: MessageState::Received,
                })?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

/// Opens the conversation as a person does who wrote down where it is.
fn open(interface: &Interface, id: ConversationId) -> Interface {
    use onionskin::route::Screen;
    interface.shell().remember_stack(vec![Screen::Home, Screen::Conversation(id)]);
    Interface::new(interface.shell().clone())
}

/// What the conversation says; the list beside it shows the newest letter too.
fn said(page: &Page) -> String {
    page.text(page.by_id("thread").unwrap())
}

/// Waits for words in the conversation; the list beside it may say them earlier.
async fn until_letter(interface: &mut Interface, words: &str) {
    interface.until(words, |page| page.by_id("thread").is_some_and(|thread| page.text(thread).contains(words))).await;
}

fn thread(interface: &Interface) -> String {
    said(interface.page())
}

#[tokio::test]
async fn what_is_written_is_on_the_screen_before_any_network_took_it() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    let mut interface = open(&interface, ConversationId::from(bob()));
    interface.input("draft", "  meet at six\nby the <b>bridge</b> ").await;
    interface.submit("draft").await;
    until_letter(&mut interface, "by the <b>bridge</b>").await;
    assert!(!interface.html().contains("<b>bridge"), "foreign marks stay letters");
    interface.until("it says where the letter is", |page| page.by_role("img", "Waits here").is_some()).await;
    assert!(interface.scripts.run().iter().any(|script| script.contains("onionskin.empty(\"draft\"")));
    assert_eq!(client.conversations().await.unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_is_sent_without_a_letter_and_nothing_typed_is_lost() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    let id = ConversationId::from(client.account_id());
    client.conversation(&id).send(Draft::text("first")).await.unwrap();
    let mut interface = open(&interface, id.clone());
    interface.input("draft", " \n ").await;
    interface.submit("draft").await;
    interface.input("draft", "half a sent").await;
    until_letter(&mut interface, "first").await;
    // The interface goes away in the middle of a word.
    let shell = interface.shell().clone();
    drop(interface);
    let conversation = client.conversation(&id);
    let start = Instant::now();
    while conversation.row().await.unwrap().unwrap().draft != "half a sent" {
        assert!(start.elapsed() < LONGEST, "the draft was not kept");
        tokio::task::yield_now().await;
    }
    assert_eq!(conversation.messages(Before::Latest, 9).await.unwrap().len(), 1);
    let mut again = Interface::new(shell);
    while !again.scripts.run().iter().any(|script| script.contains("half a sent")) {
        assert!(start.elapsed() < LONGEST, "the field was not filled");
        again.turn().await;
    }
}

#[tokio::test]
async fn a_stranger_is_answered_where_the_letter_is_read() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    bob_wrote(&client, 0..1, false).await;
    let mut interface = open(&interface, ConversationId::from(bob()));
    interface.until_says("If you accept or answer, they learn that you did").await;
    interface.click("accept").await;
    interface.until("the buttons are gone", |page| page.by_id("accept").is_none()).await;
    assert_eq!(client.conversations().await.unwrap().len(), 1);
    assert!(client.requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_long_conversation_comes_in_pages_and_goes_out_again() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    bob_wrote(&client, 0..2_000, true).await;
    client.conversation(&ConversationId::from(bob())).mark_read().await.unwrap();
    let mut interface = open(&interface, ConversationId::from(bob()));
    until_letter(&mut interface, "letter 1999.").await;
    let rows = |interface: &Interface| interface.html().matches("data-row=").count();
    assert_eq!(rows(&interface), 60);
    for page in 1..=10_u64 {
        interface.scripts.tell("onionskin.keep", json!({"kind": "end", "end": false}));
        interface.scripts.tell("onionskin.keep", json!({"kind": "older"}));
        until_letter(&mut interface, &format!("letter {}.", 1_940 - page * 60)).await;
        assert!(rows(&interface) <= 240, "{}", rows(&interface));
    }
    assert!(!thread(&interface).contains("letter 1999."), "the end has gone out");
    interface.click("newest").await;
    interface.until("the end is back", |page| said(page).contains("letter 1999.")).await;
    assert!(rows(&interface) <= 240);
}

#[tokio::test]
async fn a_page_above_leaves_the_rows_that_are_there_alone() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    bob_wrote(&client, 0..200, true).await;
    let conversation = client.conversation(&ConversationId::from(bob()));
    conversation.mark_read().await.unwrap();
    let newest = conversation.messages(Before::Latest, 1).await.unwrap()[0].id;
    let mut interface = open(&interface, ConversationId::from(bob()));
    interface.until_id(&format!("m{}", newest.as_i64())).await;
    let bubble = |interface: &Interface| interface.page().by_id(&format!("m{}", newest.as_i64())).unwrap();
    let before = bubble(&interface);
    interface.scripts.tell("onionskin.keep", json!({"kind": "older"}));
    until_letter(&mut interface, "letter 100.").await;
    assert!(bubble(&interface) == before, "a row in sight is the same piece of the page, whatever comes above it");
}

#[tokio::test]
async fn a_text_that_is_too_long_stays_and_says_why() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    let id = ConversationId::from(client.account_id());
    let mut interface = open(&interface, id.clone());
    interface.input("draft", &"x".repeat(2_001)).await;
    interface.until_says("2001 characters").await;
    interface.submit("draft").await;
    interface.until_says("One message holds 2000").await;
    interface.input("draft", "short").await;
    interface.until("the complaint is gone", |page| page.by_id("composer-wrong").is_none()).await;
    assert!(client.conversation(&id).messages(Before::Latest, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_in_sight_is_read_and_nothing_else() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    bob_wrote(&client, 0..10, true).await;
    let conversation = client.conversation(&ConversationId::from(bob()));
    let page = conversation.messages(Before::Latest, 10).await.unwrap();
    let mut interface = open(&interface, ConversationId::from(bob()));
    until_letter(&mut interface, "letter 9.").await;
    assert_eq!(conversation.row().await.unwrap().unwrap().unread, 10, "opening alone reads nothing");
    let seen = page[3].id.as_i64().to_string();
    interface
        .scripts
        .tell("onionskin.keep", json!({"kind": "settled", "end": false, "last": seen, "first": seen, "offset": 4.5}));
    let start = Instant::now();
    while conversation.row().await.unwrap().unwrap().unread != 6 {
        assert!(start.elapsed() < LONGEST, "four were in sight");
        interface.turn().await;
    }
    let place = interface.shell().place(&ConversationId::from(bob())).unwrap();
    assert_eq!((place.message, place.offset), (page[3].id, 4.5));
}

/// The ledger is busy for as long as it likes; the reader leaves and comes back to where they were.
#[tokio::test]
async fn who_leaves_while_the_ledger_is_written_comes_back_to_the_same_place() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    bob_wrote(&client, 0..10, true).await;
    let id = ConversationId::from(bob());
    let conversation = client.conversation(&id);
    let page = conversation.messages(Before::Latest, 10).await.unwrap();
    let mut interface = open(&interface, id.clone());
    until_letter(&mut interface, "letter 9.").await;
    let (done, busy) = std::sync::mpsc::channel::<()>();
    let store = client.store().clone();
    let busy = tokio::spawn(async move { store.write("busy", move |_| Ok(busy.recv().is_ok())).await });
    let seen = page[3].id.as_i64().to_string();
    interface
        .scripts
        .tell("onionskin.keep", json!({"kind": "settled", "end": false, "last": seen, "first": seen, "offset": 4.5}));
    let start = Instant::now();
    while interface.shell().place(&id).is_none() {
        assert!(start.elapsed() < LONGEST, "the place waits for the ledger");
        interface.turn().await;
    }
    let shell = interface.shell().clone();
    drop(interface);
    drop(done);
    assert!(!busy.await.unwrap().unwrap().0, "the ledger was busy all the time");
    assert_eq!(shell.place(&id).map(|place| (place.message, place.offset)), Some((page[3].id, 4.5)));
}

#[tokio::test]
async fn a_message_can_be_deleted_here_after_a_question() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    bob_wrote(&client, 0..2, true).await;
    let mut interface = open(&interface, ConversationId::from(bob()));
    until_letter(&mut interface, "letter 1.").await;
    let menu = |page: &Page| {
        let names = page.all_with_role("button").into_iter().map(|found| page.name(found));
        names.into_iter().find(|name| name.starts_with("What can be done with the message"))
    };
    interface.until("a message has a menu", |page| menu(page).is_some()).await;
    let name = menu(interface.page()).unwrap();
    interface.click_role("button", &name).await;
    interface.click("menu-delete").await;
    interface.until_says("Delete this message here?").await;
    interface.click("delete-really").await;
    interface.until("one letter is left", |page| said(page).matches("letter ").count() == 1).await;
}
