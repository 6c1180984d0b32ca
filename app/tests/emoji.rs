//! Choosing an emoji, without a renderer: by a word, by a group, by what was used lately, in a tone of skin.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod common;

use common::{Device, Interface};
use dioxus::html::SerializedMouseData;
use onionskin::route::Screen;
use onionskin_core::Event;

/// In the notes to self.
async fn at_notes(device: &Device) -> Interface {
    let shell = device.shell().await;
    shell.create("Ana").await.unwrap();
    let me = shell.client().unwrap().account_id();
    shell.remember_stack(vec![Screen::Home, Screen::Conversation(me.into())]);
    let mut interface = Interface::new(shell);
    interface.until_id("draft").await;
    interface
}

/// Waits until the page was asked for `call` with a sign.
async fn asked(interface: &mut Interface, call: &str, sign: &str) {
    let wanted = format!("onionskin.{call}('draft', \"{sign}\")");
    while !interface.scripts.run().contains(&wanted) {
        interface.turn().await;
    }
}

#[tokio::test]
async fn a_word_behind_a_colon_offers_emoji_and_one_takes_its_place() {
    let device = Device::new();
    let mut interface = at_notes(&device).await;
    interface.input("draft", "well done :thumbs").await;
    interface.click_role("option", "thumbs up").await;
    asked(&mut interface, "complete", "👍").await;
    interface.until("nothing is offered any more", |page| page.by_id("offer").is_none()).await;
    interface.input("draft", "at 10:30").await;
    interface.turn().await;
    assert!(interface.page().by_id("offer").is_none());
}

#[tokio::test]
async fn what_was_used_lately_stands_first_and_is_there_after_a_start() {
    let device = Device::new();
    let mut interface = at_notes(&device).await;
    interface.click("emoji").await;
    interface.input("emoji-search", "lighthouse dragon").await;
    interface.until_says("No emoji is called so.").await;
    interface.input("emoji-search", "dragon face").await;
    let mut events = interface.shell().client().unwrap().events();
    interface.click_role("button", "dragon face").await;
    asked(&mut interface, "insert", "🐲").await;
    while !matches!(events.next().await, Some(Event::SettingChanged("app.emoji_lately"))) {}
    interface.until("the sheet is closed", |page| page.by_id("emoji-veil").is_none()).await;
    let mut interface = Interface::new(interface.shell().clone());
    interface.click("emoji").await;
    interface.click_role("tab", "Used lately").await;
    interface.click_role("button", "dragon face").await;
    asked(&mut interface, "insert", "🐲").await;
}

#[tokio::test]
async fn a_hold_shows_the_tones_of_skin_and_the_choice_stays() {
    let device = Device::new();
    let mut interface = at_notes(&device).await;
    interface.click("emoji").await;
    interface.click_role("tab", "People").await;
    interface.until("hands", |page| page.by_role("button", "waving hand").is_some()).await;
    let hand = interface.page().by_role("button", "waving hand").unwrap();
    interface.fire("contextmenu", hand, Box::new(SerializedMouseData::default()));
    interface.click_role("radio", "Medium").await;
    asked(&mut interface, "insert", "👋🏽").await;
    interface.click("emoji").await;
    interface.click_role("tab", "People").await;
    interface.click_role("button", "raised hand").await;
    asked(&mut interface, "insert", "✋🏽").await;
}
