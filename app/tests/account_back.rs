//! An account that comes back to another device, and what one device says about another, without a renderer.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod common;

use std::time::Duration;

use common::{Device, Interface, Page};
use onionskin::route::Screen;
use onionskin_core::ledger::{DocumentKind, DumpRow, OTHER_DEVICE, Quota};
use onionskin_core::mnemonic::recovery_password;
use onionskin_core::{AccountSeed, Client, OtherDevice, Timestamp};

fn words() -> String {
    recovery_password(&AccountSeed::from_bytes([7; 16])).to_string()
}

/// A device on which the account was restored a moment ago. It has no network.
async fn restored(device: &Device) -> (Interface, Client) {
    let mut interface = device.start().await;
    interface.click("restore").await;
    interface.input("words", &words()).await;
    interface.submit("words").await;
    interface.submit("restore-now").await;
    interface.until_id("progress").await;
    let client = interface.shell().client().unwrap();
    (interface, client)
}

fn part(page: &Page, id: &str) -> String {
    page.by_id(id).map(|part| page.text(part)).unwrap_or_default()
}

#[tokio::test]
async fn without_a_network_every_part_waits_and_nothing_is_in_the_way() {
    let device = Device::new();
    let (mut interface, _) = restored(&device).await;
    interface.until_says("It will continue by itself when you are back.").await;
    for id in ["part-profile", "part-contacts", "part-groups", "part-read"] {
        assert!(part(interface.page(), id).ends_with("waiting"), "{}", part(interface.page(), id));
    }
    assert!(interface.page().by_id("empty").is_none(), "what has not come in yet is not nothing");
    interface.click("new").await;
    interface.click("note-to-self").await;
    interface.input("draft", "written before anything came back").await;
    interface.submit("draft").await;
    // The list is not empty any more; one line of it says how far the account is.
    interface.click("restoring").await;
    interface.until_id("part-contacts").await;
}

#[tokio::test]
async fn a_name_is_asked_for_only_after_it_had_its_time_to_be_found() {
    let device = Device::new().with_a_standing_clock();
    let (mut interface, client) = restored(&device).await;
    interface.until_says("waiting").await;
    assert!(interface.page().by_id("name-wanted").is_none(), "not yet");
    device.clock.forward(Duration::from_secs(14));
    for _ in 0..5 {
        interface.turn().await;
    }
    assert!(interface.page().by_id("name-wanted").is_none(), "not yet");
    device.clock.forward(Duration::from_secs(1));
    interface.until_says("Your name has not come in yet. If it still does, it is taken.").await;
    interface.click("name-wanted").await;
    interface.input("display-name", "Ana").await;
    interface.submit("display-name").await;
    interface.until("nobody asks any more", |page| page.by_id("name-wanted").is_none()).await;
    interface.until_says("Name and profile: Ana").await;
    assert_eq!(client.display_name().await.unwrap(), "Ana");
}

#[tokio::test]
async fn a_name_that_is_found_is_not_asked_for() {
    let device = Device::new();
    let (mut interface, client) = restored(&device).await;
    client.set_display_name("Ana Reis").await.unwrap();
    interface.until_says("Name and profile: Ana Reis").await;
    device.clock.forward(Duration::from_secs(60));
    for _ in 0..5 {
        interface.turn().await;
    }
    assert!(interface.page().by_id("name-wanted").is_none());
}

#[tokio::test]
async fn here_partly_here_absent_and_not_understood_are_told_apart() {
    let device = Device::new();
    let (mut interface, client) = restored(&device).await;
    let me = client.account_id();
    let came = client.store().write("documents", move |tx| {
        let row = |kind: DocumentKind| DumpRow::empty(kind.place(me));
        tx.save_dump(&DumpRow { seqno: 3, fetched: true, ..row(DocumentKind::UserProfile) })?;
        tx.save_dump(&DumpRow { partial: true, ..row(DocumentKind::Contacts) })?;
        let read = DocumentKind::ConvoInfoVolatile.place(me);
        tx.insert_unreadable(read, "hash", "malformed", &[], Timestamp::from_millis(1), Quota::Document)?;
        tx.save_dump(&DumpRow { fetched: true, ..row(DocumentKind::UserGroups) })
    });
    came.await.unwrap();
    let mut interface_again = Interface::new(interface.shell().clone());
    interface.turn().await;
    interface_again
        .until("each part says where it is", |page| {
            [
                ("part-profile", "here"),
                ("part-contacts", "partly here"),
                ("part-groups", "nothing kept"),
                ("part-read", "this version cannot read it"),
            ]
            .iter()
            .all(|(id, says)| part(page, id).ends_with(says))
        })
        .await;
}

#[tokio::test]
async fn another_device_is_told_until_somebody_says_that_it_was_them() {
    let device = Device::new();
    let shell = device.shell().await;
    shell.create("Ana").await.unwrap();
    let client = shell.client().unwrap();
    let seen_at = Timestamp::from_millis(1_700_000_000_000);
    let seen = client
        .store()
        .write("seen", move |tx| tx.set_setting(&OTHER_DEVICE, &Some(OtherDevice { seen_at, new: true })));
    seen.await.unwrap();
    let mut interface = Interface::new(shell.clone());
    interface.until_id("other-device").await;
    interface.click("not-me").await;
    interface.until_says("Then somebody has your recovery password.").await;
    interface.click("device-mine").await;
    interface
        .until("both notices are gone", |page| {
            page.by_id("other-device").is_none() && page.by_id("device-new").is_none()
        })
        .await;
    interface.until("when it was stays", |page| !["", "never seen"].contains(&part(page, "last-seen").as_str())).await;
    assert_eq!(client.other_device().await.unwrap(), Some(OtherDevice { seen_at, new: false }));
}

#[tokio::test]
async fn a_new_account_does_not_come_back() {
    let device = Device::new();
    let shell = device.shell().await;
    shell.create("Ana").await.unwrap();
    let mut interface = Interface::new(shell);
    interface.until_id("empty").await;
    assert!(interface.page().by_id("progress").is_none() && interface.page().by_id("restoring").is_none());
}

#[tokio::test]
async fn the_page_of_devices_says_how_to_add_one_and_what_the_network_knows() {
    let device = Device::new();
    let shell = device.shell().await;
    shell.create("Ana").await.unwrap();
    shell.remember_stack(vec![Screen::Home, Screen::Settings, Screen::Devices]);
    let mut interface = Interface::new(shell.clone());
    interface.until_says("Choose “I have an account” there.").await;
    interface.until_says("The network keeps no list of devices.").await;
    interface.until("nobody was seen", |page| part(page, "last-seen") == "never seen").await;
    interface.until_says("It cannot be changed, and no device can be shut out.").await;
    interface.click("show-recovery").await;
    interface.until_id("show-words").await;
    assert_eq!(shell.remembered_stack().last(), Some(&Screen::RecoveryPassword));
}
