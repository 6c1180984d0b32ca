//! An account whose files were damaged: it is named with its reason, and every way out is walked on the screens.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Device, Interface};
use onionskin_core::{AccountId, ConversationId, Draft};

/// A device on which Ana wrote three notes, and what its first bytes were.
async fn device_of_ana() -> (Device, AccountId, String) {
    let device = Device::new();
    let shell = device.shell().await;
    shell.create("Ana").await.unwrap();
    let ana = shell.client().unwrap();
    let (me, phrase) = (ana.account_id(), ana.recovery_password());
    for text in ["one", "two", "three"] {
        ana.conversation(&ConversationId::Account(me)).send(Draft::text(text)).await.unwrap();
    }
    shell.accounts().unwrap().close().await.unwrap();
    (device, me, phrase.to_string())
}

/// The database of every account of the device.
fn databases(folder: &Path) -> Vec<PathBuf> {
    let accounts = fs::read_dir(folder.join("data/accounts")).unwrap().map(|entry| entry.unwrap().path());
    accounts.filter(|path| path.is_dir()).map(|path| path.join("onionskin.db")).collect()
}

fn damage(device: &Device, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let path = databases(&device.folder()).remove(0);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, &bytes).unwrap();
    bytes
}

async fn closed(device: &Device, reason: &str) -> Interface {
    let mut page = device.start().await;
    page.until_says("Ana").await;
    page.until_says(reason).await;
    page.until_says("Nothing was deleted.").await;
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_read_of_a_damaged_account_is_rescued_and_the_old_files_stay_until_they_are_erased() {
    let (device, me, _) = device_of_ana().await;
    let damaged = damage(&device, |bytes| bytes[..64].fill(0x55));
    let mut page = closed(&device, "The data is damaged.").await;
    page.click("closed-rescue-0").await;
    page.until_says("3 letters are back").await;
    page.until_says("None was lost.").await;
    page.click("rescue-open").await;
    let shell = page.shell().clone();
    page.until("the account is on the screen", |_| shell.client().is_some()).await;
    assert_eq!(shell.client().unwrap().account_id(), me);
    let both = databases(&device.folder());
    assert!(both.len() == 2 && both.iter().any(|path| fs::read(path).unwrap() == damaged));
    shell.remember_stack(vec![onionskin::route::Screen::Home, onionskin::route::Screen::Accounts]);
    let mut page = Interface::new(shell);
    page.until_says("Old files, put aside.").await;
    page.click("closed-remove-old-0").await;
    page.until_says("What is in the new letter box stays.").await;
    page.click("remove-closed-yes").await;
    page.until("the old files are gone", |_| databases(&device.folder()).len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passing_trouble_is_tried_again_and_words_always_help() {
    let (device, me, phrase) = device_of_ana().await;
    let whole = fs::read(&databases(&device.folder())[0]).unwrap();
    damage(&device, Vec::clear);
    let mut page = closed(&device, "The letter box is empty").await;
    page.click("closed-again-0").await;
    page.until_says("The letter box is empty").await;
    damage(&device, |bytes| *bytes = whole.clone());
    page.click("closed-again-0").await;
    page.until("the account is open", |_| page_is_open(&device)).await;
    page.shell().accounts().unwrap().close().await.unwrap();
    drop(page);

    damage(&device, Vec::clear);
    let mut page = closed(&device, "The letter box is empty").await;
    page.click("closed-words-0").await;
    page.input("words", &phrase).await;
    page.submit("words").await;
    page.submit("restore-now").await;
    let shell = page.shell().clone();
    page.until("the account is back", |_| shell.client().is_some_and(|client| client.account_id() == me)).await;
    let told = shell.accounts().unwrap().troubled().await.unwrap();
    assert!(told.len() == 1 && told[0].set_aside);
}

/// The account of the device is held by somebody.
fn page_is_open(device: &Device) -> bool {
    let lock = databases(&device.folder())[0].with_file_name("lock");
    fs::File::options().write(true).open(lock).is_ok_and(|file| file.try_lock().is_err())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_its_salt_says_that_nothing_can_be_read() {
    let (device, _, _) = device_of_ana().await;
    fs::remove_file(databases(&device.folder())[0].with_file_name("imprint")).unwrap();
    damage(&device, |bytes| bytes[..64].fill(0x55));
    let mut page = device.start().await;
    page.until_says("No name").await;
    page.click("closed-rescue-0").await;
    page.until_says("Nothing in it can be read any more.").await;
    page.click("rescue-back").await;
    page.until_id("closed-words-0").await;
}
