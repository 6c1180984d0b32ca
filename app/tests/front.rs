//! The list and the screens around it without a renderer.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{Device, Interface, Page};
use onionskin::qr;
use onionskin::route::Screen;
use onionskin_core::ledger::NewMessage;
use onionskin_core::{AccountId, Client, ConversationId, Draft, MessageKind, MessageState, Timestamp};

const SOMEBODY: &str = "05d871fc80ca007eed9b2f4df72853e2a2d5465a92fcb1889fb5c84aa2833b3b40";

/// A device with one account, at this screen.
async fn at(device: &Device, screen: Option<Screen>) -> Interface {
    let shell = device.shell().await;
    shell.create("Ana Reis").await.unwrap();
    if let Some(screen) = screen {
        shell.remember_stack(vec![Screen::Home, screen]);
    }
    let mut interface = Interface::new(shell);
    interface.until_id("settings").await;
    interface
}

fn somebody() -> ConversationId {
    ConversationId::parse(SOMEBODY).unwrap()
}

#[tokio::test]
async fn an_id_that_is_none_is_told_why() {
    let device = Device::new();
    let mut interface = at(&device, Some(Screen::NewConversation)).await;
    let prefixed = |prefix: &str| format!("{prefix}{}", &SOMEBODY[2..]);
    for (typed, told) in [
        (String::new(), "Paste an Account ID first."),
        ("see you at the harbour".to_owned(), "There is no Account ID in this text."),
        (SOMEBODY[..60].to_owned(), "An Account ID has 66 characters. These are 60."),
        (SOMEBODY.replace("fc80", "fx80"), "Character 8 is “x”."),
        (prefixed("03"), "the ID of a group"),
        (prefixed("15"), "somebody in a community"),
        (prefixed("00"), "the address of a community"),
        (format!("05{}", "0".repeat(64)), "Nobody can have this Account ID."),
    ] {
        interface.input("account", &typed).await;
        interface.submit("account").await;
        interface
            .until(told, |page| page.by_id("account-wrong").is_some_and(|wrong| page.text(wrong).contains(told)))
            .await;
    }
}

#[tokio::test]
async fn opening_somebody_sends_nothing() {
    let device = Device::new();
    let mut interface = at(&device, Some(Screen::NewConversation)).await;
    interface.input("account", &format!("  write to {} please", SOMEBODY.to_uppercase())).await;
    interface.submit("account").await;
    let shell = interface.shell().clone();
    interface
        .until("the conversation is open", |_| shell.remembered_stack().contains(&Screen::Conversation(somebody())))
        .await;
    let client = shell.client().unwrap();
    let rows = client.conversations().await.unwrap();
    assert!(rows.iter().all(|row| row.newest.is_none()), "nothing was written");
    let contact = client.contact(somebody().account().unwrap()).await.unwrap();
    assert!(contact.is_none_or(|contact| !contact.approved), "nobody was accepted");
}

#[tokio::test]
async fn a_picture_of_an_account_id_opens_the_conversation() {
    let device = Device::new();
    let mut interface = at(&device, Some(Screen::NewConversation)).await;
    let message = |text: &str| serde_json::json!({"kind": "file", "data": STANDARD.encode(qr::png(text).unwrap())});
    let scripts = interface.scripts.clone();
    let asked = "onionskin.pictures('account-picture'";
    interface.until("a picture can be given", |_| scripts.run().iter().any(|script| script.contains(asked))).await;
    interface.scripts.tell(asked, message("https://example.org"));
    interface
        .until("another code is refused", |page| {
            page.by_id("account-picture-wrong").is_some_and(|wrong| page.text(wrong).contains("no Account ID"))
        })
        .await;
    interface.scripts.tell(asked, message(SOMEBODY));
    let shell = interface.shell().clone();
    interface
        .until("the conversation is open", |_| shell.remembered_stack().contains(&Screen::Conversation(somebody())))
        .await;
}

#[tokio::test]
async fn our_own_id_leads_to_our_notes() {
    let device = Device::new();
    let mut interface = at(&device, Some(Screen::NewConversation)).await;
    let own = interface.shell().client().unwrap().account_id();
    interface.input("account", &own.to_string()).await;
    interface.submit("account").await;
    interface.until_says("That is your own Account ID.").await;
    let shell = interface.shell().clone();
    interface
        .until("the notes are open", |_| shell.remembered_stack().contains(&Screen::Conversation(own.into())))
        .await;
}

#[tokio::test]
async fn a_row_says_who_what_and_in_which_state() {
    let device = Device::new();
    let mut interface = at(&device, None).await;
    interface.until_says("No letters yet").await;
    let client = interface.shell().client().unwrap();
    let chat = client.conversation(&somebody());
    chat.send(Draft::text("meet\nat six")).await.unwrap();
    interface.until_says("You: meet").await;
    interface
        .until("without a name the id is shown, by its ends", |page| page.says().contains("05d8 71fc … 3b40"))
        .await;
    interface
        .until("it waits", |page| {
            page.find(|page, node| page.attribute(node, "aria-label") == Some("Waiting to be sent")).is_some()
        })
        .await;
    chat.set_draft("and bring", None).await.unwrap();
    interface.until_says("Draft").await;
    chat.set_draft("", None).await.unwrap();
    interface.until_says("You: meet").await;
}

#[tokio::test]
async fn search_finds_names_and_words_and_marks_them() {
    let device = Device::new();
    let mut interface = at(&device, Some(Screen::Search)).await;
    let client = interface.shell().client().unwrap();
    let chat = client.conversation(&somebody());
    chat.set_nickname("Harbour master").await.unwrap();
    chat.send(Draft::text("is that <b>the old harbour</b>?")).await.unwrap();
    interface.until_says("Harbour master").await;
    interface.input("search-text", "HARBOUR").await;
    interface
        .until("name and letter are marked", |page| {
            page.all().into_iter().filter(|node| page.tag(*node) == "mark").count() == 2
        })
        .await;
    assert!(!interface.html().contains("<b>the old"), "foreign text is no markup");
    interface.input("search-text", "lighthouse keeper").await;
    interface.until_says("Nothing says “lighthouse keeper”").await;
    interface.input("search-text", "  ").await;
    interface.until("nothing is searched for", |page| page.by_id("nothing-found").is_none()).await;
}

#[tokio::test]
async fn back_from_a_letter_that_was_found_the_results_are_there_again() {
    let device = Device::new();
    let mut interface = at(&device, Some(Screen::Search)).await;
    let client = interface.shell().client().unwrap();
    client.conversation(&somebody()).send(Draft::text("the old harbour")).await.unwrap();
    interface.until_says("the old harbour").await;
    interface.input("search-text", "harbour").await;
    let found = |page: &common::Page| page.find(|page, node| page.tag(node) == "mark");
    interface.until("it is found", |page| found(page).is_some()).await;
    let hit = found(interface.page()).unwrap();
    interface.fire("click", hit, Box::new(dioxus::html::SerializedMouseData::default()));
    let shell = interface.shell().clone();
    let stack = [Screen::Home, Screen::Search, Screen::Conversation(somebody())];
    interface.until("the conversation lies over it", |_| shell.remembered_stack() == stack).await;
    assert!(
        interface.scripts.run().iter().any(|script| script.contains("onionskin.flash(")),
        "and the letter is marked"
    );
    interface.press("back");
    interface.until("it is found again", |page| found(page).is_some()).await;
}

#[tokio::test]
async fn my_account_id_can_be_copied_and_saved_as_a_picture_that_reads_back() {
    let device = Device::new();
    let mut interface = at(&device, Some(Screen::AccountId)).await;
    let own = interface.shell().client().unwrap().account_id().to_string();
    let shown = interface.until_id("account-id").await;
    assert_eq!(interface.page().text(shown).replace(' ', ""), own);
    let is_group = |node: &common::Found| interface.page().attribute(*node, "class") == Some("group");
    let groups = interface.page().all().into_iter().filter(is_group);
    let groups: Vec<String> = groups.map(|node| interface.page().text(node)).collect();
    assert_eq!(groups.concat(), own, "nothing stands between the groups");
    interface.click("copy-id").await;
    interface.until_says("Copied.").await;
    assert_eq!(device.clipboard.text(), own);
    interface.click("save-id").await;
    interface.until_says("Saved as").await;
    let saved = device.files.saved();
    assert_eq!(qr::read(&saved[0].1).unwrap().as_str(), own);
}

#[tokio::test]
async fn a_key_opens_the_sheet_of_keys_and_conversations_by_their_place() {
    let device = Device::new();
    let mut interface = at(&device, None).await;
    let client = interface.shell().client().unwrap();
    for number in 1..=3 {
        let id = ConversationId::from(AccountId::from_x25519([number; 32]));
        client.conversation(&id).send(Draft::text(format!("letter {number}"))).await.unwrap();
    }
    interface.until_says("letter 3").await;
    interface.press("help");
    interface.until_id("keys-close").await;
    interface.press("back");
    interface.until("the sheet is closed first", |page| page.by_id("keys-close").is_none()).await;

    let order: Vec<ConversationId> = client.conversations().await.unwrap().into_iter().map(|row| row.id).collect();
    for (key, place) in [("open-2", 1), ("next", 2), ("next", 2), ("previous", 1), ("open-1", 0), ("open-9", 0)] {
        interface.press(key);
        let (shell, expected) = (interface.shell().clone(), Screen::Conversation(order[place].clone()));
        interface.until(key, |_| shell.remembered_stack().last() == Some(&expected)).await;
    }
}

/// The friend of that number.
fn friend(number: u16) -> AccountId {
    let mut bytes = [1; 32];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    AccountId::from_x25519(bytes)
}

/// A letter of each of them lies in the ledger; nobody is told.
async fn lay(client: &Client, friends: std::ops::Range<u16>, body: &'static str, at: u64) {
    let write = move |tx: &mut onionskin_core::ledger::WriteTx<'_>| {
        for number in friends {
            let (sender, at) = (friend(number), Timestamp::from_millis(at + u64::from(number)));
            tx.ensure_contact(&sender, at)?;
            tx.set_approved(&sender, true)?;
            tx.ensure_conversation(&sender.into(), at)?;
            tx.insert_message(&NewMessage {
                conversation: &sender.into(),
                sender: &sender,
                outgoing: false,
                kind: MessageKind::Text,
                sent_at: at,
                received_at: at,
                body,
                raw: b"",
                swarm_hash: "",
                read_at: Timestamp::ZERO,
                state: MessageState::Received,
            })?;
        }
        Ok(())
    };
    client.store().write("letters", write).await.unwrap();
}

/// All of them were read again, copied and compared with every batch of events.
#[tokio::test]
async fn one_letter_among_500_conversations_draws_one_row_and_reads_no_list() {
    let device = Device::new();
    let shell = device.shell().await;
    shell.create("Ana Reis").await.unwrap();
    let client = shell.client().unwrap();
    lay(&client, 0..500, "hello", 1_700_000_000_000).await;
    let mut interface = Interface::new(shell);
    let rows =
        |page: &Page| page.all().into_iter().filter(|it| page.attribute(*it, "data-conversation").is_some()).count();
    interface.until("500 rows", |page| rows(page) == 500).await;
    while client.search_percent().await.unwrap() < 100 {
        interface.turn().await;
    }
    // What nobody was told of would come to the screen with a list that is read again.
    lay(&client, 7..8, "a letter that nobody was told of", 1_700_000_900_000).await;
    let before = interface.page().edits();
    client.conversation(&friend(3).into()).send(Draft::text("hello yourself")).await.unwrap();
    interface.until_says("You: hello yourself").await;
    let edits = interface.page().edits() - before;
    assert!(edits < 40, "{edits} edits for one row");
    assert!(!interface.page().says().contains("nobody was told of"), "the lists were read again");
    interface.press("open-1");
    let shell = interface.shell().clone();
    let first = Screen::Conversation(friend(3).into());
    interface.until("it stands first", |_| shell.remembered_stack().last() == Some(&first)).await;
}
