//! The first run without a renderer: names, recovery passwords and pictures that are right, and all that are not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{Device, Interface};
use onionskin::qr;
use onionskin::shell::Stage;
use onionskin_core::mnemonic::{bip39_phrase, recovery_password};
use onionskin_core::{AccountKeys, AccountSeed};

fn words() -> String {
    recovery_password(&AccountSeed::from_bytes([7; 16])).to_string()
}

/// 25 words, and the account they lead to.
fn long() -> (String, String) {
    let seed = AccountSeed::copy_of(&std::array::from_fn::<u8, 32, _>(|at| at as u8)).unwrap();
    (recovery_password(&seed).to_string(), AccountKeys::from_seed(&seed).account_id().to_string())
}

fn account() -> String {
    AccountKeys::from_seed(&AccountSeed::from_bytes([7; 16])).account_id().to_string()
}

async fn at_restore(device: &Device) -> Interface {
    let mut interface = device.start().await;
    interface.click("restore").await;
    interface.until_id("words").await;
    interface
}

/// Types words, asks where they lead, and gives what is wrong with them.
async fn refused(interface: &mut Interface, typed: &str) -> String {
    interface.input("words", typed).await;
    interface.submit("words").await;
    let wrong = interface.until_id("words-wrong").await;
    interface.page().text(wrong)
}

#[tokio::test]
async fn each_slip_in_a_recovery_password_is_told_in_its_own_words() {
    let device = Device::new();
    let mut interface = at_restore(&device).await;
    let thirteen = words();
    let list: Vec<&str> = thirteen.split(' ').collect();
    let (long, _) = long();
    let of_25: Vec<&str> = long.split(' ').collect();
    let mut swapped = list.clone();
    swapped.swap(0, 1);
    let swapped_differs = list[0] != list[1];
    for (typed, told) in [
        (String::new(), "Type the words first."),
        (list[..5].join(" "), "These are 5 words."),
        (list[0].to_owned(), "This is one word."),
        (format!("{thirteen} abbey"), "These are 14 words."),
        (list[..12].join(" "), "The last word is missing."),
        (format!("axbey {}", list[1..].join(" ")), "“axbey”, word 1, is not one of the words. Did you mean “abbey”?"),
        (format!("{} qqqqqqqq", list[..12].join(" ")), "“qqqqqqqq”, word 13, is not one of the words."),
        (list[..11].join(" "), "Some are missing."),
        (
            format!("{thirteen} {thirteen}"),
            "These are 26 words. A recovery password has 13 or 25, or 12 in its other form.",
        ),
        (of_25[..24].join(" "), "The last word is missing. This recovery password has 25;"),
        (of_25[..23].join(" "), "These are 23 words. A recovery password has 13 or 25, or 12 in its other form."),
        (format!("{} qqqqqqqq", of_25[..24].join(" ")), "“qqqqqqqq”, word 25, is not one of the words."),
        (format!("{} {}", of_25[..24].join(" "), of_25[0]), "they do not belong together"),
    ] {
        let said = refused(&mut interface, &typed).await;
        assert!(said.contains(told), "{told}: {said}");
    }
    if swapped_differs {
        let said = refused(&mut interface, &swapped.join(" ")).await;
        assert!(said.contains("they do not belong together"), "{said}");
    }
    assert!(interface.shell().client().is_none(), "nothing was opened");
}

#[tokio::test]
async fn a_restore_shows_the_account_before_it_opens_anything() {
    let twelve = bip39_phrase(&AccountSeed::from_bytes([7; 16])).unwrap().to_string();
    let (long, long_account) = long();
    for (phrase, account) in [(words(), account()), (twelve, account()), (long, long_account)] {
        let device = Device::new();
        let mut interface = at_restore(&device).await;
        interface.input("words", &phrase.to_uppercase()).await;
        interface.submit("words").await;
        let found = interface.until_id("found-account").await;
        assert_eq!(interface.page().text(found).replace(' ', ""), account);
        assert!(interface.shell().client().is_none(), "nothing is open yet");
        assert!(!interface.html().contains(&phrase), "the words left the page");

        assert!(interface.page().by_id("name").is_none(), "the account has its name already");
        interface.submit("restore-now").await;
        interface.until_id("settings").await;
        assert_eq!(interface.shell().client().unwrap().account_id().to_string(), account);
    }
}

#[tokio::test]
async fn going_back_from_a_started_restore_leaves_nothing() {
    let device = Device::new();
    let mut interface = at_restore(&device).await;
    interface.input("words", &words()).await;
    interface.submit("words").await;
    interface.until_id("found-account").await;
    interface.click("other-words").await;
    interface.submit("words").await;
    let wrong = interface.until_id("words-wrong").await;
    assert_eq!(interface.page().text(wrong), "Type the words first.", "they were wiped");
    interface.click_role("button", "Back").await;
    interface.until_id("create").await;
    let accounts = interface.shell().accounts().unwrap();
    assert!(interface.meanwhile(accounts.list()).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_account_that_is_here_already_is_not_made_twice() {
    let device = Device::new();
    let shell = device.shell().await;
    shell.restore(&words(), "Ana").await.unwrap();
    let mut interface = Interface::new(shell.clone());
    interface.until_id("settings").await;
    shell.remember_stack(vec![onionskin::route::Screen::Home, onionskin::route::Screen::Restore]);
    let mut interface = Interface::new(shell);
    interface.input("words", &words()).await;
    interface.submit("words").await;
    let told = interface.until_id("already-here").await;
    assert!(interface.page().text(told).contains("on this device already"));
    assert!(interface.page().by_id("restore-now").is_none());
}

/// A chosen picture, as the page hands it over.
fn picture(bytes: &[u8]) -> serde_json::Value {
    serde_json::json!({"kind": "file", "data": STANDARD.encode(bytes)})
}

#[tokio::test]
async fn a_picture_is_read_or_refused_in_words() {
    let device = Device::new();
    let mut interface = at_restore(&device).await;
    let blank = {
        let mut file = std::io::Cursor::new(Vec::new());
        image::GrayImage::from_pixel(50, 50, image::Luma([200])).write_to(&mut file, image::ImageFormat::Png).unwrap();
        file.into_inner()
    };
    for (message, told) in [
        (serde_json::json!({"kind": "large"}), "too large"),
        (serde_json::json!({"kind": "unreadable"}), "cannot be read"),
        (picture(b"no picture at all"), "cannot be read"),
        (picture(&blank), "no code in this picture"),
        (picture(&qr::png(&account()).unwrap()), "no recovery password"),
        (picture(&qr::png("hello").unwrap()), "no recovery password"),
    ] {
        interface.scripts.tell("onionskin.pictures('restore-picture'", message);
        interface
            .until(told, |page| {
                page.by_id("restore-picture-wrong").is_some_and(|wrong| page.text(wrong).contains(told))
            })
            .await;
    }
    // What the official apps draw: the seed in hex.
    let code = qr::png(&qr::recovery_text(&words()).unwrap()).unwrap();
    interface.scripts.tell("onionskin.pictures('restore-picture'", picture(&code));
    let found = interface.until_id("found-account").await;
    assert_eq!(interface.page().text(found).replace(' ', ""), account());
}

#[tokio::test]
async fn a_name_over_the_limit_is_told_by_how_much() {
    let device = Device::new();
    let mut interface = device.start().await;
    interface.click("create").await;
    interface.input("name", &"ä".repeat(51)).await;
    interface.submit("name").await;
    let wrong = interface.until_id("name-wrong").await;
    let said = interface.page().text(wrong);
    assert!(said.contains("2 bytes") && said.contains("102 of 100"), "{said}");
    interface.input("name", &"ä".repeat(50)).await;
    interface.until("the sentence goes when the name changes", |page| page.by_id("name-wrong").is_none()).await;
    interface.submit("name").await;
    interface.until_id("settings").await;
}

#[tokio::test]
async fn a_wrong_passphrase_is_told_and_can_be_typed_again() {
    let device = Device::new();
    let shell = device.shell().await;
    shell.create("Ana").await.unwrap();
    shell.set_passphrase(Some("blue folder")).await.unwrap();
    shell.lock().await.unwrap();
    let mut interface = Interface::new(shell);
    interface.submit("passphrase").await;
    interface.until_says("Type the passphrase.").await;
    interface.input("passphrase", "red folder").await;
    interface.submit("passphrase").await;
    interface.until_says("That is not the right passphrase.").await;
    let scripts = interface.scripts.run();
    assert!(scripts.iter().any(|script| script.contains("focus('passphrase')")), "the keyboard stays in the field");
    interface.input("passphrase", "blue folder").await;
    interface.submit("passphrase").await;
    interface.until_id("settings").await;
}

/// Where the system has no key store, what protects the account is asked before its name, and only once.
#[tokio::test]
async fn without_a_key_store_a_person_says_what_protects_the_account() {
    let device = Device::new().without_key();
    let mut interface = device.start().await;
    if *interface.shell().stage().borrow() != Stage::Unprotected {
        return; // a key store runs here, so nobody is asked
    }
    interface.click("create").await;
    interface.until_id("new-passphrase").await;
    assert!(interface.page().by_id("name").is_none(), "no name without protection");
    interface.click("protect-files").await;
    interface.input("name", "Ana").await;
    interface.submit("name").await;
    interface.until_id("settings").await;
    let accounts = interface.shell().accounts().unwrap();
    assert_eq!(interface.meanwhile(accounts.list()).await.unwrap().len(), 1);
    interface.close_accounts().await;
    let mut again = device.start().await;
    again.until_id("settings").await;
}

#[tokio::test]
async fn a_passphrase_that_was_chosen_first_is_asked_for_at_the_next_start() {
    let device = Device::new().without_key();
    let mut interface = device.start().await;
    if *interface.shell().stage().borrow() != Stage::Unprotected {
        return; // a key store runs here, so nobody is asked
    }
    interface.click("create").await;
    // Typed once, wrongly or too short, it would lock the person out.
    interface.input("new-passphrase", "abc").await;
    interface.submit("new-passphrase").await;
    interface.until_says("At least 6 characters, please.").await;
    interface.input("new-passphrase", "four plain paper boats").await;
    interface.input("passphrase-again", "four plain paper bots").await;
    interface.submit("new-passphrase").await;
    interface.until_says("The two are not the same.").await;
    interface.click("show-passphrase-again").await;
    let shown = |page: &common::Page| page.attribute(page.by_id("passphrase-again").unwrap(), "type") == Some("text");
    interface.until("what was typed is shown", shown).await;
    interface.input("passphrase-again", "four plain paper boats").await;
    interface.submit("new-passphrase").await;
    interface.input("name", "Ana").await;
    interface.submit("name").await;
    interface.until_id("settings").await;
    interface.close_accounts().await;
    let mut again = device.start().await;
    again.input("passphrase", "four plain paper goats").await;
    again.submit("passphrase").await;
    again.until("a wrong one is refused in words", |page| !page.all_with_role("alert").is_empty()).await;
    again.input("passphrase", "four plain paper boats").await;
    again.submit("passphrase").await;
    again.until_id("settings").await;
}
