//! The interface over a real account, without a renderer: what a person sees and does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod common;

use common::{Device, Interface};
use onionskin_core::{AccountId, ConversationId, Draft};

/// A device with one account, at home.
async fn at_home(device: &Device, name: &str) -> Interface {
    let mut interface = device.start().await;
    interface.click("create").await;
    interface.input("name", name).await;
    interface.submit("name").await;
    interface.until_id("settings").await;
    interface
}

fn somebody(number: u8) -> ConversationId {
    ConversationId::from(AccountId::from_x25519([number; 32]))
}

#[tokio::test]
async fn an_account_is_a_name_and_nothing_else() {
    let device = Device::new();
    let mut interface = device.start().await;
    interface.click("create").await;
    interface.input("name", "   ").await;
    interface.submit("name").await;
    interface.until("an empty name is refused in words", |page| !page.all_with_role("alert").is_empty()).await;
    assert!(interface.shell().client().is_none(), "nothing was made of an empty name");

    interface.input("name", "Ana Reis").await;
    interface.submit("name").await;
    interface.until_id("settings").await;
    let client = interface.shell().client().unwrap();
    assert_eq!(client.display_name().await.unwrap(), "Ana Reis");
    interface.until("the initials are on the account's picture", |page| page.says().contains("AR")).await;
}

#[tokio::test]
async fn the_list_follows_what_happens() {
    let device = Device::new();
    let mut interface = at_home(&device, "Ana").await;
    let client = interface.shell().client().unwrap();
    let before = rows(&interface);
    for number in 1..=3 {
        let chat = client.conversation(&somebody(number));
        chat.send(Draft::text(format!("letter {number}"))).await.unwrap();
        interface
            .until("a row for each conversation", |page| {
                page.all_with_role("list").iter().any(|list| count(page, *list) == before + usize::from(number))
            })
            .await;
    }
}

/// A slow interface is told to read again instead of being waited for; what it missed is on the screen all the same.
#[tokio::test]
async fn nothing_is_lost_when_events_overtake_the_interface() {
    let device = Device::new();
    let mut interface = at_home(&device, "Ana").await;
    let client = interface.shell().client().unwrap();
    let chat = client.conversation(&somebody(1));
    chat.send(Draft::text("hello")).await.unwrap();
    interface
        .until("the list is there", |page| page.all_with_role("list").iter().any(|list| count(page, *list) == 1))
        .await;
    // The oldest event, which the flood below pushes out of the queue.
    client.set_display_name("Zoe").await.unwrap();
    for number in 0..FLOOD {
        chat.set_draft(&format!("draft {number}"), None).await.unwrap();
    }
    interface.until("the new initial is shown", |page| page.says().split(' ').any(|word| word == "Z")).await;
}

/// A reload: another interface over the same shell shows the same screen.
#[tokio::test]
async fn another_interface_over_the_same_shell_shows_the_same_screen() {
    let device = Device::new();
    let mut interface = device.start().await;
    interface.click("create").await;
    interface.until_id("name").await;
    let mut again = Interface::new(interface.shell().clone());
    drop(interface);
    again.until_id("name").await;
    again.click_role("button", "Back").await;
    again.until_id("create").await;
}

fn rows(interface: &Interface) -> usize {
    interface.page().all_with_role("list").iter().map(|list| count(interface.page(), *list)).sum()
}

fn count(page: &common::Page, list: common::Found) -> usize {
    page.all().into_iter().filter(|node| page.tag(*node) == "li" && page.parent(*node) == Some(list)).count()
}

/// More events than core keeps for a listener that does not listen.
const FLOOD: usize = 4_200;
