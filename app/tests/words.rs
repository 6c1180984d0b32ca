//! What people say about what was said, without a renderer: reactions, replies, deleting, disappearing.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod common;

use std::time::Duration;

use common::{Device, Found, Interface, Page};
use dioxus::html::SerializedMouseData;
use onionskin::route::Screen;
use onionskin_core::ledger::NewMessage;
use onionskin_core::{AccountId, Client, ConversationId, Disappearing, MessageKind, MessageState, Timestamp};

fn bob() -> AccountId {
    AccountId::from_x25519([2; 32])
}

/// In the conversation with Bob, who wrote "coming?", and was answered "soon" from another device.
async fn with_bob(device: &Device) -> (Interface, Client) {
    let shell = device.shell().await;
    shell.create("Ana").await.unwrap();
    let client = shell.client().unwrap();
    let me = client.account_id();
    let write = move |tx: &mut onionskin_core::ledger::WriteTx<'_>| {
        let (person, id) = (bob(), ConversationId::from(bob()));
        let at = |seconds: u64| Timestamp::from_millis(1_700_000_000_000 + seconds * 1_000);
        tx.ensure_contact(&person, at(0))?;
        tx.set_approved_me(&person, true)?;
        tx.set_approved(&person, true)?;
        tx.ensure_conversation(&id, at(0))?;
        for (seconds, sender, body) in [(1, person, "coming?"), (2, me, "soon")] {
            let outgoing = sender == me;
            tx.insert_message(&NewMessage {
                conversation: &id,
                sender: &sender,
                outgoing,
                kind: MessageKind::Text,
                sent_at: at(seconds),
                received_at: at(seconds),
                body,
                raw: b"",
                swarm_hash: body,
                read_at: at(seconds),
                state: if outgoing { MessageState::Sent } else { MessageState::Received },
            })?;
        }
        Ok(())
    };
    client.store().write("letters", write).await.unwrap();
    shell.remember_stack(vec![Screen::Home, Screen::Conversation(bob().into())]);
    let mut interface = Interface::new(shell);
    interface.until_says("soon").await;
    (interface, client)
}

/// Opens the menu of a message, told by its place in the conversation.
async fn menu_of(interface: &mut Interface, place: usize) {
    let dots = |page: &Page| -> Vec<Found> {
        let of_message = |node: &Found| page.name(*node).starts_with("What can be done with the message");
        page.all_with_role("button").into_iter().filter(of_message).collect()
    };
    interface.until("both messages", |page| dots(page).len() == 2).await;
    let wanted = dots(interface.page())[place];
    interface.fire("click", wanted, Box::new(SerializedMouseData::default()));
    interface.until_id("menu-answer").await;
}

#[tokio::test]
async fn an_emoji_is_put_on_a_message_and_taken_away_again() {
    let device = Device::new();
    let (mut interface, client) = with_bob(&device).await;
    menu_of(&mut interface, 0).await;
    interface.click("react-0").await;
    interface.click_role("button", "face with tears of joy, 1").await;
    interface.until("it is gone", |page| page.by_role("button", "face with tears of joy, 1").is_none()).await;
    assert_eq!(client.recent_reactions().await.unwrap(), ["😂"]);
}

#[tokio::test]
async fn a_reply_shows_what_it_answers_and_leads_there() {
    let device = Device::new();
    let (mut interface, client) = with_bob(&device).await;
    menu_of(&mut interface, 0).await;
    interface.click("menu-answer").await;
    interface.until_id("answering").await;
    interface.input("draft", "in an hour").await;
    interface.submit("draft").await;
    interface.until("the answer with what it answers", |page| page.says().matches("coming?").count() > 1).await;
    assert!(interface.page().by_id("answering").is_none(), "the next letter answers nothing");
    let rows = client.conversation(&bob().into()).messages(onionskin_core::Before::Latest, 1).await.unwrap();
    assert_eq!(rows[0].quote.as_ref().and_then(|quote| quote.line.as_ref()).unwrap().text, "coming?");
}

/// The quoted line was lost with the screen, and the draft stayed.
#[tokio::test]
async fn a_draft_still_answers_its_message_after_a_reload_and_a_restart() {
    let device = Device::new();
    let (mut interface, client) = with_bob(&device).await;
    menu_of(&mut interface, 0).await;
    interface.click("menu-answer").await;
    interface.until_id("answering").await;
    interface.input("draft", "in a min").await;
    let written = client.conversation(&ConversationId::from(bob()));
    while written.row().await.unwrap().unwrap().draft_answers.is_none() {
        interface.turn().await;
    }
    let mut reloaded = Interface::new(interface.shell().clone());
    reloaded.until_id("answering").await;
    reloaded.close_accounts().await;
    drop((interface, reloaded));
    let mut again = device.start().await;
    again.until_says("Draft").await;
    again.shell().remember_stack(vec![Screen::Home, Screen::Conversation(bob().into())]);
    let mut again = Interface::new(again.shell().clone());
    again.until_id("answering").await;
    again.until_says("coming?").await;
}

#[tokio::test]
async fn a_message_is_deleted_for_everyone_when_its_time_to_be_taken_back_is_over() {
    let device = Device::new();
    let (mut interface, _) = with_bob(&device).await;
    menu_of(&mut interface, 1).await;
    interface.click("menu-delete").await;
    interface.click("delete-3").await;
    interface.click("delete-really").await;
    interface.until_says("The message goes, and everyone's devices are asked.").await;
    device.clock.forward(Duration::from_secs(10));
    interface.until_says("You deleted this message.").await;
}

#[tokio::test]
async fn when_letters_disappear_is_chosen_for_a_conversation_and_stands_under_its_name() {
    let device = Device::new();
    let (mut interface, client) = with_bob(&device).await;
    interface.click("who").await;
    interface.click("timer").await;
    interface.click("timer-read").await;
    interface.click("time-300").await;
    interface.click("set-timer").await;
    interface.until_says("5 minutes after reading").await;
    let contact = client.contact(&bob()).await.unwrap().unwrap();
    assert_eq!(contact.disappearing, Disappearing::AfterRead(Duration::from_secs(300)));
}
