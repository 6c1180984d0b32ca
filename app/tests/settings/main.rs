//! The screens of the settings, pressed and read without a renderer.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod page;

use std::sync::Arc;

use onionskin::notices::Looked;
use onionskin::platform::{AtLogin, Autostart as _, FakeAutostart, FakeClipboard, FakeFiles, FakeNotify, Platform};
use onionskin::preferences::{Accent, Mode, NotificationContent, Theme};
use onionskin::route::Screen;
use onionskin::shell::Stage;
use onionskin_core::mnemonic::recovery_password;
use onionskin_core::vault::VaultKind;
use onionskin_core::{AccountId, AccountSeed, ConversationId, Setting};
use page::Home;

async fn ana() -> Home {
    Home::of("Ana Reis", Platform::default()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_says_who_this_is_and_leads_everywhere() {
    let home = ana().await;
    for (id, screen) in [
        ("profile-name", "id=\"display-name\""),
        ("path", "id=\"path-state\""),
        ("privacy", "Who sees what"),
        ("notifications", "What a notification shows"),
        ("appearance", "id=\"text-size\""),
        ("recovery-password", "id=\"show-words\""),
        ("accounts", "id=\"add-account\""),
        ("lock", "id=\"set-passphrase\""),
        ("network", "id=\"network-name\""),
        ("about", "id=\"show-licence\""),
        ("clear-data", "id=\"clear-network\""),
    ] {
        let mut page = home.opens(Screen::Settings).await;
        let html = page.shows("Ana Reis").await;
        assert!(html.contains(&onionskin::text::short_id(&home.shell.client().unwrap().account_id())));
        page.presses(id).await;
        page.shows(screen).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_changed_and_an_empty_one_is_explained() {
    let home = ana().await;
    let mut page = home.opens(Screen::ProfileName).await;
    page.types("display-name", "  ").await;
    page.submits("fields").await;
    page.shows("A name needs at least one letter.").await;
    page.types("display-name", &"x".repeat(101)).await;
    page.submits("fields").await;
    page.shows("That is too long for a name.").await;
    page.types("display-name", "Ana Maria").await;
    page.submits("fields").await;
    page.shows("Your name is changed.").await;
    assert_eq!(home.shell.client().unwrap().display_name().await.unwrap(), "Ana Maria");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_are_on_the_page_only_while_they_are_shown() {
    let clipboard = FakeClipboard::default();
    let platform = Platform { clipboard: Some(Arc::new(clipboard.clone())), ..Platform::default() };
    let home = Home::of("Ana", platform).await;
    let client = home.shell.client().unwrap();
    let (thirteen, twelve) = (client.recovery_password(), client.bip39_phrase().unwrap());
    let items = |phrase: &str| phrase.split(' ').map(|word| format!(">{word}</li>")).collect::<Vec<_>>();
    let shown = |html: &str, phrase: &str| items(phrase).iter().all(|item| html.contains(item));
    let hidden = |html: &str, phrase: &str| !items(phrase).iter().any(|item| html.contains(item));

    let mut page = home.opens(Screen::RecoveryPassword).await;
    assert!(hidden(&page.html(), &thirteen) && hidden(&page.html(), &twelve), "covered");
    page.presses("copy-words").await;
    assert_eq!(clipboard.text(), "", "what is covered is not copied");
    page.presses("show-words").await;
    assert!(shown(&page.html(), &thirteen));
    page.presses("form-12").await;
    let html = page.shows("other Session apps do not").await;
    assert!(shown(&html, &twelve));
    page.presses("copy-words").await;
    page.shows("The clipboard is cleared in").await;
    assert_eq!(clipboard.text(), *twelve);
    page.presses("code-words").await;
    let html = page.shows("QR code of the recovery password").await;
    assert!(hidden(&html, &twelve));
    page.presses("code-words").await;
    page.presses("cover-words").await;
    let html = page.shows("id=\"show-words\"").await;
    assert!(hidden(&html, &thirteen) && hidden(&html, &twelve), "covered again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_25_words_is_shown_them_and_no_other_form() {
    let words = recovery_password(&AccountSeed::copy_of(&[7; 32]).unwrap());
    let home = ana().await;
    home.shell.restore(&words, "Ana").await.unwrap();
    let mut page = home.opens(Screen::RecoveryPassword).await;
    let html = page.shows("These 25 words open your account").await;
    assert!(html.contains("This account has 25 words and no shorter form."), "{html}");
    assert!(!html.contains("role=\"tab\"") && !html.contains("role=\"tabpanel\"") && !html.contains("12 words"));
    let lines = |html: &str| {
        html.split("id=\"words\"")
            .nth(1)
            .and_then(|rest| rest.split("</ol>").next())
            .map(|list| list.matches("</li>").count())
    };
    assert_eq!(lines(&html), Some(25), "strokes under the sheet");
    page.presses("show-words").await;
    let html = page.shows(&format!(">{}</li>", words.split(' ').next().unwrap())).await;
    assert!(words.split(' ').all(|word| html.contains(&format!(">{word}</li>"))));
    assert_eq!(lines(&html), Some(25));
    page.presses("code-words").await;
    page.shows("Onionskin understands this code; other Session apps do not.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_change_at_once_and_are_kept() {
    let home = ana().await;
    let mut page = home.opens(Screen::Appearance).await;
    page.presses("paper-ocean-dark").await;
    page.presses("ink-pink").await;
    page.types("text-size", "150").await;
    page.shows("150 %").await;
    page.presses("enter-sends").await;
    let now = home.shell.preferences().borrow().clone();
    assert_eq!((now.theme, now.mode, now.accent), (Theme::Ocean, Mode::Dark, Accent::Pink));
    assert_eq!((now.text_percent, now.enter_sends), (150, Some(false)));
    page.presses("follow-system").await;
    assert_eq!(home.shell.preferences().borrow().mode, Mode::System);
    page.presses("language-de").await;
    page.shows("Schriftgröße").await;
    let kept = onionskin::preferences::Preferences::read(&home.shell.options().data_dir);
    assert_eq!((kept.accent, kept.language.as_deref()), (Accent::Pink, Some("de")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_can_be_seen_as_it_will_be() {
    let notify = FakeNotify::default();
    let platform = Platform { notify: Some(Arc::new(notify.clone())), ..Platform::default() };
    let home = Home::of("Ana", platform).await;
    let mut page = home.opens(Screen::Notifications).await;
    page.presses("show-note").await;
    page.presses("content-name").await;
    page.presses("show-note").await;
    page.presses("content-nothing").await;
    page.presses("show-note").await;
    let notes: Vec<_> = notify.shown().into_iter().map(|note| format!("{}: {}", note.title, note.text)).collect();
    let expected =
        ["Ines Duarte: How does this look?", "Ines Duarte: A letter has come.", "Onionskin: Something has come."];
    assert_eq!(notes, expected);
    assert_eq!(home.shell.preferences().borrow().notifications, NotificationContent::Nothing);
    let without = ana().await.opens(Screen::Notifications).await.html();
    assert!(!without.contains("show-note") && without.contains("cannot show notifications"));
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_people_are_listed_and_let_go() {
    let home = ana().await;
    let friend = AccountId::from_x25519([3; 32]);
    let conversation = home.shell.client().unwrap().conversation(&ConversationId::from(friend));
    conversation.block().await.unwrap();
    let mut page = home.opens(Screen::Blocked).await;
    page.shows(&format!("unblock-{friend}")).await;
    page.presses(&format!("unblock-{friend}")).await;
    page.shows("You block nobody.").await;
    assert!(home.shell.client().unwrap().blocked().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_cannot_be_built_says_so_and_can_be_tried_again() {
    let home = ana().await;
    let mut page = home.opens(Screen::Path).await;
    page.shows("data-state=\"broken\"").await;
    page.shows("Your letters wait here. Nothing is lost.").await;
    page.presses("path-retry").await;
    page.shows("id=\"path-retry\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_network_page_says_what_is_known_and_what_went_wrong() {
    let files = FakeFiles::default();
    let platform = Platform { files: Some(Arc::new(files.clone())), ..Platform::default() };
    let home = Home::of("Ana", platform).await;
    let mut page = home.opens(Screen::Network).await;
    let html = page.shows("the command line").await;
    assert!(html.contains("nowhere") && html.contains("0 known, 0 usable now") && html.contains("command-line-note"));
    page.presses("ask-swarm").await;
    page.shows("role=\"alert\"").await;
    page.shows("while fetching").await;
    assert!(files.saved().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_removed_only_after_two_questions() {
    let home = ana().await;
    home.shell.create("Ben").await.unwrap();
    let ben = home.shell.client().unwrap();
    let mut page = home.opens(Screen::Accounts).await;
    page.shows("Ana Reis").await;
    page.presses(&format!("remove-{}", ben.account_id())).await;
    page.shows("Remove Ben from this device?").await;
    page.presses("remove-no").await;
    page.shows_no("Remove Ben from this device?").await;
    page.presses(&format!("remove-{}", ben.account_id())).await;
    page.presses("remove-yes").await;
    page.shows("Without the recovery password nobody can open this account again").await;
    assert!(!ben.is_closed(), "two questions");
    page.presses("remove-again-yes").await;
    // Her picture is in the list of accounts all the time; the list of conversations is hers when that page has gone.
    let in_front = |html: &str| html.contains("data-front=\"list\"") && html.contains(">AR</text>");
    page.until("Ana is in front", in_front).await;
    assert_eq!(home.shell.client().unwrap().display_name().await.unwrap(), "Ana Reis");
    assert!(ben.is_closed());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_comes_to_the_front() {
    let home = ana().await;
    let ana = home.shell.client().unwrap().account_id();
    home.shell.create("Ben").await.unwrap();
    let mut page = home.opens(Screen::Accounts).await;
    page.shows("Ana Reis").await;
    page.presses(&format!("switch-{ana}")).await;
    page.until("the list of the other account is shown", |html| !html.contains("switch-")).await;
    assert_eq!(home.shell.client().unwrap().account_id(), ana);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_encrypted_anew_when_somebody_asks_for_it() {
    let home = ana().await;
    let before = home.shell.client().unwrap();
    let mut page = home.opens(Screen::Lock).await;
    page.shows("id=\"lock-copies\"").await;
    page.presses("renew-keys").await;
    page.presses("renew-keys-ask-no").await;
    assert!(!before.is_closed());
    page.presses("renew-keys").await;
    page.presses("renew-keys-ask-yes").await;
    page.shows("Everything is encrypted with a new key.").await;
    assert!(before.is_closed());
    assert_eq!(home.shell.client().unwrap().account_id(), before.account_id());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_can_stay_in_the_background_and_start_at_login_where_the_system_can() {
    let autostart = FakeAutostart::default();
    let platform =
        Platform { autostart: Some(Arc::new(autostart.clone())), has_background: true, ..Platform::default() };
    let home = Home::of("Ana", platform).await;
    let mut page = home.opens(Screen::Appearance).await;
    page.presses("keeps-running").await;
    page.until("it is kept", |_| home.shell.preferences().borrow().keeps_running).await;
    page.presses("at-login").await;
    page.presses("minimised").await;
    page.until("it starts without its window", |_| autostart.now() == AtLogin::Minimised).await;
    page.presses("at-login").await;
    page.until("it does not start", |_| autostart.now() == AtLogin::No).await;
    let home = Home::of("Ana", Platform::default()).await;
    let html = home.opens(Screen::Appearance).await.html();
    assert!(!html.contains("keeps-running") && !html.contains("at-login"), "what the system cannot do is not drawn");
}

static RECOVERY_SEEN: Setting<bool> = Setting { key: "app.recovery_seen", default: false };

#[tokio::test(flavor = "multi_thread")]
async fn who_has_seen_the_recovery_words_is_not_told_to_write_them_down() {
    let home = Home::of("Ana", Platform::default()).await;
    home.opens(Screen::Settings).await.shows("Write it down once").await;
    let mut page = home.opens(Screen::RecoveryPassword).await;
    page.presses("show-words").await;
    let client = home.shell.client().unwrap();
    while !client.setting(&RECOVERY_SEEN).await.unwrap() {
        page.settles().await;
    }
    home.opens(Screen::Settings).await.shows_no("Write it down once").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_is_set_and_locking_leaves_nothing_of_the_account_on_the_page() {
    let home = ana().await;
    let mut page = home.opens(Screen::Lock).await;
    page.types("new-passphrase", "lamp").await;
    page.submits("fields").await;
    page.shows("At least 6 characters").await;
    page.types("new-passphrase", "four quiet lamps").await;
    page.types("passphrase-again", "four quiet lambs").await;
    page.submits("fields").await;
    page.shows("The two are not the same.").await;
    page.types("passphrase-again", "four quiet lamps").await;
    page.submits("fields").await;
    page.shows("The passphrase is set.").await;
    page.shows("id=\"lock-now\"").await;
    home.shell.watch(Some(Looked {
        account: home.shell.client().unwrap().account_id(),
        conversation: None,
        focused: true,
    }));
    let id = home.shell.client().unwrap().account_id().to_string();
    page.presses("lock-now").await;
    let html = page.shows("id=\"unlock\"").await;
    assert!(!html.contains("Ana") && !html.contains(&id[..8]), "{html}");
    home.shell.unlock("four quiet lamps").await.unwrap();
    page.shows(">AR</text>").await;

    let mut page = home.opens(Screen::Lock).await;
    page.presses("remove-passphrase").await;
    page.presses("remove-passphrase-yes").await;
    page.shows("No passphrase is set").await;
    assert!(
        matches!(&*home.shell.stage().borrow(), Stage::Open(open) if open.protection == VaultKind::Test),
        "what protected it before does again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn this_device_is_cleared_after_two_questions() {
    let home = ana().await;
    let mut page = home.opens(Screen::ClearData).await;
    page.presses("clear-device").await;
    page.presses("clear-no").await;
    page.presses("clear-device").await;
    page.presses("clear-yes").await;
    page.shows("Erase Ana Reis for good?").await;
    assert!(home.shell.client().is_some());
    page.presses("clear-again-yes").await;
    page.shows("id=\"create\"").await;
    assert!(home.shell.client().is_none());
    page.settles().await;
    assert_eq!(home.shell.accounts().unwrap().list().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_from_this_device_when_the_network_cannot_be_asked() {
    let home = ana().await;
    let mut page = home.opens(Screen::ClearData).await;
    page.presses("clear-network").await;
    page.presses("clear-yes").await;
    page.presses("clear-again-yes").await;
    page.shows("No node confirmed").await;
    assert!(home.shell.client().is_some(), "still here");
    page.presses("erase-again").await;
    page.shows("No node confirmed").await;
    page.presses("remove-anyway").await;
    page.shows("Clear this device anyway?").await;
    page.presses("clear-anyway-no").await;
    page.shows("No node confirmed").await;
    let silent = home.shell.client().unwrap();
    assert!(silent.is_erased(), "nothing is sent while the question is open");
    page.presses("go-on-using").await;
    page.shows("data-front=\"list\"").await;
    assert!(silent.is_closed() && !home.shell.client().unwrap().is_erased());

    let mut page = home.opens(Screen::ClearData).await;
    page.presses("clear-network").await;
    page.presses("clear-yes").await;
    page.presses("clear-again-yes").await;
    page.shows("No node confirmed").await;
    page.presses("remove-anyway").await;
    page.presses("clear-anyway-yes").await;
    page.shows("id=\"create\"").await;
    assert!(home.shell.client().is_none());
}

/// The interface is not drawn while the account is closed and opened: it hears of both at once, and shows the one that is open.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_opened_again_is_the_one_on_the_screen() {
    let home = ana().await;
    let mut page = home.opens(Screen::Accounts).await;
    page.shows("id=\"add-account\"").await;
    let before = home.shell.client().unwrap();
    home.shell.reopen().await.unwrap();
    assert!(before.is_closed() && !home.shell.client().unwrap().is_closed());
    page.shows("data-front=\"list\"").await;
    page.presses("settings").await;
    page.presses("profile-name").await;
    page.types("display-name", "Ana Maria").await;
    page.submits("fields").await;
    page.shows("Your name is changed.").await;
    assert_eq!(home.shell.client().unwrap().display_name().await.unwrap(), "Ana Maria");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_licence_can_be_read() {
    let home = ana().await;
    let mut page = home.opens(Screen::About).await;
    assert!(!page.html().contains("TERMS AND CONDITIONS"));
    page.presses("show-licence").await;
    page.shows("END OF TERMS AND CONDITIONS").await;
}
