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
    interface.until_says("One letter holds 2000").await;
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
    let shown = |page: &Page| said(page).matches("letter ").count();
    for taken_back in [true, false] {
        let name = menu(interface.page()).unwrap();
        interface.click_role("button", &name).await;
        interface.click("menu-delete").await;
        interface.until_says("Delete this message?").await;
        interface.click("delete-really").await;
        interface.until("one letter is left", |page| shown(page) == 1).await;
        if taken_back {
            interface.click("undo").await;
            interface.until("both are here again", |page| shown(page) == 2).await;
        }
    }
    let kept = client.conversation(&bob().into());
    assert_eq!(kept.messages(Before::Latest, 10).await.unwrap().len(), 2, "it can still be taken back");
    interface.shell().settle().await;
    assert_eq!(kept.messages(Before::Latest, 10).await.unwrap().len(), 1, "whoever closes has deleted it");
}

fn run(interface: &Interface, part: &str) -> bool {
    interface.scripts.run().iter().any(|script| script.contains(part))
}

/// Opens another conversation, as a click in the list does.
fn switch(interface: Interface, id: ConversationId) -> Interface {
    let shell = interface.shell().clone();
    drop(interface);
    open(&Interface::new(shell), id)
}

/// Words typed just before looking at another conversation were lost while the ledger was busy, and an older draft came back.
#[tokio::test]
async fn what_is_typed_is_there_again_while_the_ledger_is_still_busy() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    bob_wrote(&client, 0..1, true).await;
    let id = ConversationId::from(bob());
    client.conversation(&id).set_draft("kept", None).await.unwrap();
    let mut interface = open(&interface, id.clone());
    while !run(&interface, "putBack('draft', \"kept\")") {
        interface.turn().await;
    }
    let (done, busy) = std::sync::mpsc::channel::<()>();
    let store = client.store().clone();
    let busy = tokio::spawn(async move { store.write("busy", move |_| Ok(busy.recv().is_ok())).await });
    interface.input("draft", "kept").await;
    interface.input("draft", "kept and new words").await;
    let mut interface = switch(interface, id.clone());
    let start = Instant::now();
    while !run(&interface, "putBack('draft', \"kept and new words\")") {
        assert!(start.elapsed() < LONGEST, "the new words are not there");
        interface.turn().await;
    }
    // What the field shows of the desk comes back as an input: it is none.
    interface.input("draft", "kept and new words").await;
    drop(done);
    busy.await.unwrap().unwrap();
    while client.conversation(&id).row().await.unwrap().unwrap().draft != "kept and new words" {
        assert!(start.elapsed() < LONGEST, "the new words are not kept");
        interface.turn().await;
    }
}

#[tokio::test]
async fn what_is_typed_is_kept_when_the_page_goes_and_when_everything_is_closed() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    let id = ConversationId::from(client.account_id());
    client.conversation(&id).send(Draft::text("first")).await.unwrap();
    let mut interface = open(&interface, id.clone());
    until_letter(&mut interface, "first").await;
    interface.input("draft", "half").await;
    interface.scripts.tell("onionskin.listen", json!({"kind": "leaving"}));
    let start = Instant::now();
    while client.conversation(&id).row().await.unwrap().unwrap().draft != "half" {
        assert!(start.elapsed() < LONGEST, "it is not kept");
        interface.turn().await;
    }
    interface.input("draft", "half a thought").await;
    let shell = interface.shell().clone();
    shell.close().await.unwrap();
    drop((interface, shell));
    let again = device.shell().await;
    let row = again.client().unwrap().conversation(&id).row().await.unwrap().unwrap();
    assert_eq!(row.draft, "half a thought");
}

#[tokio::test]
async fn a_letter_leaves_without_the_blanks_around_it() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    let id = ConversationId::from(client.account_id());
    let mut interface = open(&interface, id.clone());
    interface
        .until("our own notes are named before anything was said", |page| {
            page.by_role("heading", "Note to Self").is_some()
        })
        .await;
    interface.input("draft", " \n on the train\n\n").await;
    interface.submit("draft").await;
    until_letter(&mut interface, "on the train").await;
    let rows = client.conversation(&id).messages(Before::Latest, 9).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.body.as_str()).collect::<Vec<_>>(), ["on the train"]);
}

/// "Today" stood over yesterday's letters until something new came.
#[tokio::test]
async fn a_day_that_ends_is_no_longer_today() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    let id = ConversationId::from(client.account_id());
    client.conversation(&id).send(Draft::text("first")).await.unwrap();
    let mut interface = open(&interface, id);
    interface.until("it is today", |page| said(page).contains("Today")).await;
    device.clock.forward(std::time::Duration::from_secs(24 * 60 * 60));
    interface.until("it is yesterday", |page| said(page).contains("Yesterday") && !said(page).contains("Today")).await;
    let list = |page: &Page| page.by_id("conversations").map(|list| page.text(list)).unwrap_or_default();
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    interface.until("the list names the day", |page| days.iter().any(|day| list(page).contains(day))).await;
}

#[tokio::test]
async fn the_list_is_one_stop_and_a_message_says_who_wrote_it() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    bob_wrote(&client, 0..3, true).await;
    let mut interface = open(&interface, ConversationId::from(bob()));
    until_letter(&mut interface, "letter 2.").await;
    let page = interface.page();
    let inside = |found| {
        std::iter::successors(Some(found), |found| page.parent(*found)).any(|at| page.by_id("thread") == Some(at))
    };
    let stops = page.all().into_iter().filter(|found| inside(*found)).filter(|found| {
        let index = page.attribute(*found, "tabindex");
        index == Some("0") || (index.is_none() && ["button", "a", "textarea"].contains(&page.tag(*found)))
    });
    assert_eq!(stops.count(), 1, "the list itself and nothing in it");
    let groups: Vec<_> = page.all_with_role("group").into_iter().map(|found| page.name(found)).collect();
    assert!(groups.iter().any(|name| name.starts_with("0502") && name.contains(", ")), "{groups:?}");
}

#[tokio::test]
async fn emoji_alone_are_large_and_a_long_letter_can_be_folded_again() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    let id = ConversationId::from(client.account_id());
    let long = format!("{}the end", "line\n".repeat(30));
    for text in ["👍 🎉", "👍 ok", long.as_str()] {
        client.conversation(&id).send(Draft::text(text)).await.unwrap();
    }
    let mut interface = open(&interface, id);
    until_letter(&mut interface, "Read more").await;
    assert_eq!(interface.html().matches("bubble emoji-only").count(), 1);
    assert!(!thread(&interface).contains("the end"));
    interface.click_role("button", "Read more").await;
    until_letter(&mut interface, "the end").await;
    interface.click_role("button", "Read less").await;
    interface.until("it is folded again", |page| !said(page).contains("the end")).await;
}

#[tokio::test]
async fn what_still_fits_is_counted_near_the_end() {
    let device = Device::new();
    let (interface, client) = ana(&device).await;
    let mut interface = open(&interface, ConversationId::from(client.account_id()));
    interface.input("draft", &"x".repeat(1_799)).await;
    interface.input("draft", &"x".repeat(1_900)).await;
    interface.until_says("100 characters left").await;
    interface.input("draft", &format!("{}  \n", "x".repeat(2_000))).await;
    interface.until_says("0 characters left").await;
    interface.input("draft", "x").await;
    interface.until("nothing is counted", |page| page.by_id("composer-left").is_none()).await;
}

#[tokio::test]
async fn on_a_telephone_enter_begins_a_line_and_a_held_finger_is_felt() {
    let mut device = Device::new();
    device.phone = true;
    let (interface, client) = ana(&device).await;
    let mut interface = open(&interface, ConversationId::from(client.account_id()));
    let field = interface.until_id("draft").await;
    let hint = |name| interface.page().attribute(field, name).map(str::to_owned);
    assert_eq!((hint("data-enter").as_deref(), hint("enterkeyhint").as_deref()), (Some("lines"), Some("enter")));
    interface.shell().change_preferences(|preferences| preferences.enter_sends = Some(true)).unwrap();
    let sends = |page: &Page| page.attribute(page.by_id("draft").unwrap(), "enterkeyhint") == Some("send");
    interface.until("a choice counts there too", sends).await;
    interface.scripts.tell("onionskin.listen", json!({"kind": "held"}));
    let start = Instant::now();
    while device.haptics.count() != 1 {
        assert!(start.elapsed() < LONGEST, "nothing was felt");
        interface.turn().await;
    }
}
