//! An account whose files were damaged: it is named with its reason, and every way out is walked on the screens.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Device, Interface};
use onionskin::platform::FakeFiles;
use onionskin::route::Screen;
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
    shell.remember_stack(vec![Screen::Home, Screen::Accounts]);
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
    let shell = page.shell().clone();
    page.until("the account is open", |_| shell.client().is_some()).await;
    page.close_accounts().await;
    drop(page);

    damage(&device, Vec::clear);
    let mut page = closed(&device, "The letter box is empty").await;
    page.click("closed-words-0").await;
    page.input("words", &phrase).await;
    page.submit("words").await;
    page.submit("restore-now").await;
    let shell = page.shell().clone();
    page.until("the account is back", |_| shell.client().is_some_and(|client| client.account_id() == me)).await;
    let accounts = shell.accounts().unwrap();
    let told = page.meanwhile(accounts.troubled()).await.unwrap();
    assert!(told.len() == 1 && told[0].set_aside);
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

/// The account that the interface shows is damaged inside: a page of old letters does not open. Walks to where that is found,
/// and to what its rescue brought.
async fn damaged_inside(device: &Device, ledger: &Path, ana: AccountId) -> Interface {
    let shell = device.shell().await;
    shell.switch(&ana).await.unwrap();
    let notes = shell.client().unwrap().conversation(&ConversationId::Account(ana));
    for number in 0..100 {
        notes.send(Draft::text(format!("{number} {}", "old ".repeat(450)))).await.unwrap();
    }
    for _ in 0..40 {
        notes.send(Draft::text("new")).await.unwrap();
    }
    shell.accounts().unwrap().close().await.unwrap();
    let mut bytes = fs::read(ledger).unwrap();
    let place = bytes.len() / 2;
    bytes[place] ^= 1;
    fs::write(ledger, bytes).unwrap();
    let shell = device.shell().await;
    shell.switch(&ana).await.unwrap();
    let mut page = Interface::new(shell);
    page.click("settings").await;
    page.click("accounts").await;
    page.click("examine").await;
    page.click("rescue-inside").await;
    page.until_says("letters are back").await;
    page
}

/// Another account of the device, whose ledger lies elsewhere.
async fn and_bo(device: &Device) -> AccountId {
    let shell = device.shell().await;
    shell.create("Bo").await.unwrap();
    let bo = shell.client().unwrap().account_id();
    shell.accounts().unwrap().close().await.unwrap();
    bo
}

/// No other account could be reached meanwhile, and when it was done nothing was open.
#[tokio::test(flavor = "multi_thread")]
async fn while_an_account_is_rescued_the_others_stay_open_and_back_leads_to_the_list_of_accounts() {
    let (device, ana, _) = device_of_ana().await;
    let ledger = databases(&device.folder()).remove(0);
    let bo = and_bo(&device).await;
    let mut page = damaged_inside(&device, &ledger, ana).await;
    let shell = page.shell().clone();
    let shown = shell.client().unwrap();
    assert!(shown.account_id() == bo && !shown.is_closed(), "the other one came to the screen");
    page.press("back");
    page.until_id(&format!("switch-{bo}")).await;
    page.until_id(&format!("switch-{ana}")).await;
    page.until_says("What was rescued of Ana").await;
    page.click("rescue-see").await;
    page.click("rescue-open").await;
    page.until("Ana is on the screen", |_| shell.client().is_some_and(|client| client.account_id() == ana)).await;
    page.until_id("settings").await;
    assert!(!shown.is_closed() && shell.rescue().borrow().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_result_of_a_rescue_lies_over_the_account_that_came_back_and_says_what_is_missing() {
    let (device, ana, _) = device_of_ana().await;
    let ledger = databases(&device.folder()).remove(0);
    let mut page = damaged_inside(&device, &ledger, ana).await;
    let shell = page.shell().clone();
    assert!(shell.client().is_some_and(|client| client.account_id() == ana && !client.is_closed()));
    page.click("rescue-missing").await;
    page.until_says("Damaged pages").await;
    page.until_says("No line stands in their place").await;
    page.press("back");
    page.until_id(&format!("switch-{ana}")).await;
    page.press("back");
    page.press("back");
    page.until("the list is in front", |_| shell.remembered_stack() == [Screen::Home]).await;
    page.until_id("settings").await;
}

/// "What opens is open" was said whatever became of it.
#[tokio::test(flavor = "multi_thread")]
async fn who_tries_again_is_told_what_became_of_this_account() {
    let (device, ana, _) = device_of_ana().await;
    let whole = damage(&device, |_| ());
    damage(&device, Vec::clear);
    let shell = device.shell().await;
    shell.create("Bo").await.unwrap();
    let mut page = Interface::new(shell);
    page.until_says("Ana could not be opened").await;
    page.click("closed-line").await;
    page.click("closed-again-0").await;
    page.until_says("It still does not open. The letter box is empty").await;
    let ledger = databases(&device.folder()).into_iter().find(|path| fs::metadata(path).unwrap().len() == 0).unwrap();
    fs::write(ledger, whole).unwrap();
    page.click("closed-again-0").await;
    page.until_says("It opens again.").await;
    page.until_id(&format!("switch-{ana}")).await;
    page.until("nothing is said any more", |page| page.by_id("closed-line").is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sealed_files_are_kept_where_the_person_wants_them() {
    let (mut device, _, _) = device_of_ana().await;
    let damaged = damage(&device, |bytes| bytes[..64].fill(0x55));
    device.files = FakeFiles::of_nobody();
    let mut page = closed(&device, "The data is damaged.").await;
    page.click("closed-files-0").await;
    page.click("closed-files-0").await;
    assert_eq!(device.files.saved(), [], "they changed their mind");
    page.close_accounts().await;
    drop(page);

    device.files = FakeFiles::default();
    let mut page = closed(&device, "The data is damaged.").await;
    page.click("closed-files-0").await;
    page.until_says("The sealed files are kept as onionskin-").await;
    let (name, archive) = device.files.saved().remove(0);
    assert!(name.ends_with(".tar") && archive.windows(damaged.len()).any(|part| part == damaged));
}
