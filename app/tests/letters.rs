//! What can be done with letters that were said, without a renderer: several at once, elsewhere, in part.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod common;

use std::time::{Duration, Instant};

use common::{Device, Found, Interface, LONGEST, Page};
use dioxus::html::SerializedMouseData;
use onionskin::route::Screen;
use onionskin_core::ledger::NewMessage;
use onionskin_core::{
    AccountId, Before, Client, ConversationId, Disappearing, Draft, MessageKind, MessageState, Timestamp,
};

fn bob() -> AccountId {
    AccountId::from_x25519([2; 32])
}

fn cleo() -> AccountId {
    AccountId::from_x25519([3; 32])
}

/// Letters of a person lie in the ledger, as if they had come in, a second apart from a moment in 2023 on.
async fn wrote(client: &Client, person: AccountId, bodies: &[&str]) {
    let bodies: Vec<String> = bodies.iter().map(|body| (*body).to_owned()).collect();
    client
        .store()
        .write("letters", move |tx| {
            let id = ConversationId::from(person);
            let at = |seconds: usize| Timestamp::from_millis(1_700_000_000_000 + seconds as u64 * 1_000);
            tx.ensure_contact(&person, at(0))?;
            tx.set_approved_me(&person, true)?;
            tx.set_approved(&person, true)?;
            tx.ensure_conversation(&id, at(0))?;
            for (place, body) in bodies.iter().enumerate() {
                tx.insert_message(&NewMessage {
                    conversation: &id,
                    sender: &person,
                    outgoing: false,
                    kind: MessageKind::Text,
                    sent_at: at(place),
                    received_at: at(place),
                    body,
                    raw: b"",
                    swarm_hash: body,
                    read_at: at(place),
                    state: MessageState::Received,
                })?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

/// In the conversation with Bob, who wrote these.
async fn with_bob(device: &Device, bodies: &[&str]) -> (Interface, Client) {
    let shell = device.shell().await;
    shell.create("Ana").await.unwrap();
    let client = shell.client().unwrap();
    wrote(&client, bob(), bodies).await;
    shell.remember_stack(vec![Screen::Home, Screen::Conversation(bob().into())]);
    let mut interface = Interface::new(shell);
    interface.until("all of them", |page| bubbles(page).len() == bodies.len()).await;
    (interface, client)
}

/// The bubbles of the conversation, in their order.
fn bubbles(page: &Page) -> Vec<Found> {
    let is_bubble = |node: &Found| page.attribute(*node, "class").is_some_and(|class| class.starts_with("bubble"));
    page.all().into_iter().filter(is_bubble).collect()
}

fn click(interface: &mut Interface, at: Found) {
    interface.fire("click", at, Box::new(SerializedMouseData::default()));
}

/// Clicks a button as soon as it can be used.
async fn click_usable(interface: &mut Interface, id: &str) {
    interface.until(id, |page| page.by_id(id).is_some_and(|at| !page.is_disabled(at))).await;
    interface.click(id).await;
}

/// Opens the menu of a message, told by its place in the conversation.
async fn menu_of(interface: &mut Interface, place: usize) {
    interface.until("the message", |page| bubbles(page).len() > place).await;
    let bubble = bubbles(interface.page())[place];
    interface.fire("contextmenu", bubble, Box::new(SerializedMouseData::default()));
    interface.until_id("menu-delete").await;
}

async fn bodies(client: &Client, person: AccountId) -> Vec<String> {
    let page = client.conversation(&person.into()).messages(Before::Latest, 50).await.unwrap();
    page.into_iter().map(|row| row.body).collect()
}

/// Waits until a conversation says so in the ledger.
async fn until_said(interface: &mut Interface, client: &Client, person: AccountId, expected: &[&str]) {
    let start = Instant::now();
    while bodies(client, person).await != expected {
        assert!(start.elapsed() < LONGEST, "{:?}", bodies(client, person).await);
        interface.turn().await;
    }
}

#[tokio::test]
async fn several_messages_are_picked_copied_with_names_and_left_by_back() {
    let device = Device::new();
    let (mut interface, _) = with_bob(&device, &["one", "two", "three"]).await;
    menu_of(&mut interface, 2).await;
    interface.click("menu-pick").await;
    interface.until_says("1 selected").await;
    assert!(interface.page().by_id("draft").is_none(), "nothing is written meanwhile");
    let first = bubbles(interface.page())[0];
    click(&mut interface, first);
    interface.until_says("2 selected").await;
    let options = interface.page().all_with_role("option");
    let picked: Vec<_> = options.iter().map(|at| interface.page().attribute(*at, "aria-selected").unwrap()).collect();
    assert_eq!(picked, ["true", "false", "true"]);
    click_usable(&mut interface, "pick-copy").await;
    interface.until_says("Copied.").await;
    let copied = device.clipboard.text();
    let lines: Vec<&str> = copied.lines().collect();
    assert!(
        matches!(lines[..], [a, "one", "", b, "three"] if a.contains("2023") && a.starts_with("0502") && b == a),
        "{copied}"
    );
    interface.until_id("draft").await;

    menu_of(&mut interface, 1).await;
    interface.click("menu-pick").await;
    interface.until_id("pick-count").await;
    interface.press("back");
    interface.until("the composer is back", |page| page.by_id("draft").is_some()).await;
    assert!(interface.page().by_id("thread").is_some(), "the conversation was not left");
}

#[tokio::test]
async fn several_messages_are_deleted_together_and_taken_back_together() {
    let device = Device::new();
    let (mut interface, client) = with_bob(&device, &["one", "two", "three"]).await;
    for taken_back in [true, false] {
        menu_of(&mut interface, 0).await;
        interface.click("menu-pick").await;
        interface.until_id("pick-delete").await;
        let last = bubbles(interface.page())[2];
        click(&mut interface, last);
        interface.until_says("2 selected").await;
        click_usable(&mut interface, "pick-delete").await;
        interface.until_says("Delete 2 messages?").await;
        interface.click("delete-really").await;
        interface.until("one is left", |page| bubbles(page).len() == 1).await;
        assert!(interface.page().by_id("pick-count").is_none(), "nothing is being picked any more");
        if taken_back {
            interface.click("undo").await;
            interface.until("all are here again", |page| bubbles(page).len() == 3).await;
        }
    }
    interface.shell().settle().await;
    assert_eq!(bodies(&client, bob()).await, ["two"]);
}

#[tokio::test]
async fn a_message_goes_on_to_several_people_without_what_it_answered() {
    let device = Device::new();
    let (mut interface, client) = with_bob(&device, &["one", "two"]).await;
    wrote(&client, cleo(), &["hello"]).await;
    let blocked = AccountId::from_x25519([4; 32]);
    wrote(&client, blocked, &["hm"]).await;
    client.conversation(&blocked.into()).block().await.unwrap();
    menu_of(&mut interface, 1).await;
    interface.click("menu-forward").await;
    interface.until("everybody who can be written to", |page| page.all_with_role("checkbox").len() == 3).await;
    let names: Vec<_> =
        interface.page().all_with_role("checkbox").into_iter().map(|at| interface.page().text(at)).collect();
    assert_eq!(names[0], "Note to Self");
    assert!(!names.iter().any(|name| name.starts_with("0504")), "{names:?}");
    interface.input("forward-search", "self").await;
    interface.until("the search narrows it", |page| page.all_with_role("checkbox").len() == 1).await;
    interface.click_role("checkbox", "Note to Self").await;
    interface.input("forward-search", "").await;
    interface.until("all are back", |page| page.all_with_role("checkbox").len() == 3).await;
    let other = interface.page().find(|page, at| page.attribute(at, "data-to") == Some(&cleo().to_string())).unwrap();
    click(&mut interface, other);
    interface.until_says("Send to 2").await;
    click_usable(&mut interface, "forward-send").await;
    interface.until_says("Forwarded to 2.").await;
    until_said(&mut interface, &client, client.account_id(), &["two"]).await;
    until_said(&mut interface, &client, cleo(), &["hello", "two"]).await;
}

#[tokio::test]
async fn a_letter_that_disappears_goes_on_only_after_a_question() {
    let device = Device::new();
    let (mut interface, client) = with_bob(&device, &["one"]).await;
    let chat = client.conversation(&bob().into());
    chat.set_disappearing(Disappearing::AfterSend(Duration::from_secs(86_400))).await.unwrap();
    chat.send(Draft::text("gone tomorrow")).await.unwrap();
    interface.until("the letter", |page| bubbles(page).len() == 2).await;
    menu_of(&mut interface, 1).await;
    interface.click("menu-forward").await;
    interface.until_says("Forward a letter that disappears?").await;
    assert!(interface.page().by_id("forward-send").is_none());
    interface.click("forward-ask-no").await;
    interface.until("it was let go", |page| page.by_id("forward-ask-title").is_none()).await;
    menu_of(&mut interface, 1).await;
    interface.click("menu-forward").await;
    interface.click("forward-ask-yes").await;
    interface.until_id("forward-send").await;
}

#[tokio::test]
async fn a_part_of_a_text_can_be_marked_and_all_of_it_copied() {
    let device = Device::new();
    let (mut interface, _) = with_bob(&device, &["the words"]).await;
    menu_of(&mut interface, 0).await;
    interface.click("menu-part").await;
    let field = interface.until_id("part").await;
    assert_eq!(interface.page().attribute(field, "initial_value"), Some("the words"));
    assert_eq!(interface.page().attribute(field, "readonly"), Some("true"));
    interface.click("part-copy").await;
    interface.until_says("Copied.").await;
    assert_eq!(device.clipboard.text(), "the words");
}

#[tokio::test]
async fn a_card_says_who_calls_them_so_and_leads_to_a_conversation_after_the_whole_id_was_seen() {
    let device = Device::new();
    let card = format!("Cleo\n{}", cleo());
    let (mut interface, client) = with_bob(&device, &["look", &card, "bye"]).await;
    interface.until_says("0202 calls them so").await;
    interface.click_role("button", "Write to Cleo").await;
    interface.until_says("Compare the Account ID").await;
    let grouped = |page: &Page| page.by_role("group", &format!("Account ID {}", cleo())).is_some();
    interface.until("the whole id", grouped).await;
    assert!(client.conversation(&cleo().into()).row().await.unwrap().is_none(), "looking says nothing to anybody");
    interface.click("profile-write").await;
    interface
        .until("a conversation with her", |page| page.by_id("thread").is_some_and(|at| !page.text(at).contains("look")))
        .await;
}

#[tokio::test]
async fn our_account_id_is_sent_as_a_card_after_a_question() {
    let device = Device::new();
    let (mut interface, client) = with_bob(&device, &["who are you?"]).await;
    interface.click("who").await;
    interface.click("hand-out").await;
    interface.until_says("They can hand it on").await;
    assert_eq!(bodies(&client, bob()).await.len(), 1, "nothing left before the answer");
    interface.click("hand-out-yes").await;
    interface.until_says("Your own Account ID").await;
    assert_eq!(bodies(&client, bob()).await[1], format!("Ana\n{}", client.account_id()));
}

#[tokio::test]
async fn an_account_id_in_a_text_shows_whose_it_is() {
    let device = Device::new();
    let text = format!("ask {}!", cleo());
    let (mut interface, client) = with_bob(&device, &["hi", &text]).await;
    wrote(&client, cleo(), &["hello"]).await;
    client.conversation(&cleo().into()).set_nickname("Cleo from work").await.unwrap();
    interface.click_role("link", &cleo().to_string()).await;
    interface.click("profile-copy").await;
    interface
        .until("the name that we gave her", |page| {
            page.by_id("profile-title").is_some_and(|at| page.text(at) == "Cleo from work")
        })
        .await;
    assert_eq!(device.clipboard.text(), cleo().to_string());
    interface.click("profile-write").await;
    interface
        .until("her conversation", |page| page.by_id("thread").is_some_and(|at| page.text(at).contains("hello")))
        .await;
}

#[tokio::test]
async fn a_text_over_the_limit_stays_until_it_is_sent_in_parts_in_their_order() {
    let device = Device::new();
    let (mut interface, client) = with_bob(&device, &["and then?"]).await;
    let text = format!("{}\n\n{}", "first. ".repeat(250).trim(), "second. ".repeat(200).trim());
    interface.input("draft", &text).await;
    interface.submit("draft").await;
    interface.until_says("2 parts").await;
    interface.click("split-no").await;
    interface.until("the question is gone", |page| page.by_id("split-yes").is_none()).await;
    assert_eq!(bodies(&client, bob()).await.len(), 1, "nothing left");
    interface.submit("draft").await;
    interface.click("split-yes").await;
    let parts = Draft::split(&text);
    until_said(&mut interface, &client, bob(), &["and then?", &parts[0], &parts[1]]).await;
    assert!(interface.scripts.run().iter().any(|script| script.contains("onionskin.empty(\"draft\"")));
    interface.until("nothing is wrong any more", |page| page.by_id("composer-wrong").is_none()).await;
}

#[tokio::test]
async fn a_day_line_leads_to_another_day() {
    let device = Device::new();
    let (mut interface, client) = with_bob(&device, &["old", "older news"]).await;
    client.conversation(&bob().into()).send(Draft::text("today")).await.unwrap();
    interface.until("all three", |page| bubbles(page).len() == 3).await;
    let line = |page: &Page| page.find(|page, at| page.name(at).ends_with(", jump to another day"));
    let first = line(interface.page()).unwrap();
    click(&mut interface, first);
    let field = interface.until_id("day").await;
    let page = interface.page();
    let (kind, value, most) = ("type", "initial_value", "max");
    let of = |name| page.attribute(field, name).map(str::to_owned);
    assert_eq!(of(kind).as_deref(), Some("date"));
    assert!(
        of(value).is_some_and(|day| day.starts_with("2023-11-1")) && of("min") == of(value) && of(most) > of(value)
    );
    interface.input("day", "2023-12-24").await;
    interface.submit("day").await;
    let newest = client.conversation(&bob().into()).messages(Before::Latest, 1).await.unwrap()[0].id;
    let start = Instant::now();
    let jumped = format!("jump('thread', '{}')", newest.as_i64());
    while !interface.scripts.run().iter().any(|script| script.contains(&jumped)) {
        assert!(start.elapsed() < LONGEST, "nothing jumped");
        interface.turn().await;
    }
    let first = line(interface.page()).unwrap();
    click(&mut interface, first);
    interface.input("day", "2199-01-01").await;
    interface.submit("day").await;
    interface.until_says("Nothing was said on that day").await;
}

#[tokio::test]
async fn a_message_that_a_finger_drew_aside_is_answered() {
    let device = Device::new();
    let (mut interface, client) = with_bob(&device, &["one", "two"]).await;
    let first = client.conversation(&bob().into()).messages(Before::Latest, 9).await.unwrap()[0].id;
    assert_eq!(interface.html().matches("data-answers").count(), 2);
    interface.scripts.tell("onionskin.keep", serde_json::json!({"kind": "answer", "id": first.as_i64().to_string()}));
    let answered = interface.until_id("answering").await;
    assert!(interface.page().text(answered).contains("one"));
    menu_of(&mut interface, 1).await;
    interface.click("menu-pick").await;
    interface
        .until("nothing can be drawn now", |page| {
            page.find(|page, at| page.attribute(at, "data-answers").is_some()).is_none()
        })
        .await;
}

#[tokio::test]
async fn a_letter_with_a_star_is_found_again_in_its_place() {
    let device = Device::new();
    let (mut interface, client) = with_bob(&device, &["keep this", "and not this"]).await;
    menu_of(&mut interface, 0).await;
    interface.click("menu-star").await;
    interface.until("it has a star", |page| page.by_role("img", "Starred").is_some()).await;
    let shell = interface.shell().clone();
    drop(interface);
    shell.remember_stack(vec![Screen::Home, Screen::Settings, Screen::Starred]);
    let mut interface = Interface::new(shell);
    let row = |page: &Page| page.find(|page, at| page.attribute(at, "data-starred").is_some());
    interface.until("its row", |page| row(page).is_some_and(|at| page.text(at).contains("keep this"))).await;
    assert!(!interface.page().text(row(interface.page()).unwrap()).contains("and not"));
    let found = row(interface.page()).unwrap();
    click(&mut interface, found);
    interface.until("the conversation", |page| bubbles(page).len() == 2).await;
    let first = client.conversation(&bob().into()).messages(Before::Latest, 9).await.unwrap()[0].id;
    assert_eq!(interface.shell().place(&bob().into()).map(|place| place.message), Some(first));
    menu_of(&mut interface, 0).await;
    assert!(interface.page().text(interface.page().by_id("menu-star").unwrap()).contains("Take the star away"));
    interface.click("menu-star").await;
    interface.until("it has none", |page| page.by_role("img", "Starred").is_none()).await;
    assert!(client.starred(None, 9).await.unwrap().is_empty());
}
