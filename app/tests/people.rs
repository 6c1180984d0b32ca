//! What can be done with a conversation and its person, without a renderer: names, marks, pins, hiding, blocking, deleting.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod common;

use std::time::Instant;

use common::{Device, Interface, LONGEST, Page};
use dioxus::html::SerializedMouseData;
use onionskin::route::Screen;
use onionskin_core::{
    AccountId, Client, ContactRow, Conversation, ConversationId, ConversationRow, Draft, Mute, NoticeContent,
};

fn bob() -> AccountId {
    AccountId::from_x25519([2; 32])
}

/// A device with an account that wrote to Bob and to itself, at these screens above the list.
async fn at(device: &Device, screens: &[Screen]) -> (Interface, Client) {
    let shell = device.shell().await;
    shell.create("Ana").await.unwrap();
    let client = shell.client().unwrap();
    for id in [bob(), client.account_id()] {
        let conversation = client.conversation(&id.into());
        conversation.send(Draft::text("a letter")).await.unwrap();
    }
    shell.remember_stack([&[Screen::Home], screens].concat());
    let mut interface = Interface::new(shell);
    interface.until("the list is there", |page| row(page, &bob().into()).is_some()).await;
    (interface, client)
}

fn with(client: &Client, id: impl Into<ConversationId>) -> Conversation {
    client.conversation(&id.into())
}

/// The button of a conversation in the list.
fn row(page: &Page, id: &ConversationId) -> Option<common::Found> {
    let id = id.to_string();
    page.find(|page, node| page.attribute(node, "data-conversation") == Some(&id))
}

/// Waits until the ledger says so: what is on the screen may be there earlier.
async fn ledger(
    interface: &mut Interface,
    client: &Client,
    id: AccountId,
    is: impl Fn(Option<&ConversationRow>) -> bool,
) {
    let start = Instant::now();
    let conversation = with(client, id);
    while !is(conversation.row().await.unwrap().as_ref()) {
        assert!(start.elapsed() < LONGEST, "the ledger never said so: {}", interface.page().says());
        interface.turn().await;
    }
}

async fn contact(interface: &mut Interface, client: &Client, is: impl Fn(&ContactRow) -> bool) {
    let start = Instant::now();
    while !client.contact(&bob()).await.unwrap().is_some_and(|contact| is(&contact)) {
        assert!(start.elapsed() < LONGEST, "the ledger never said so: {}", interface.page().says());
        interface.turn().await;
    }
}

/// Opens the menu of a row, as a long press or the other button of a mouse does.
async fn menu_of(interface: &mut Interface, id: impl Into<ConversationId>) {
    let id = id.into();
    interface.until("the row is there", |page| row(page, &id).is_some()).await;
    let found = row(interface.page(), &id).unwrap();
    interface.fire("contextmenu", found, Box::new(SerializedMouseData::default()));
    interface.until_id("row-veil").await;
}

/// Eve, whom we do not know, wrote.
async fn a_stranger_writes(client: &Client) -> AccountId {
    stranger_writes(client, 5).await
}

async fn stranger_writes(client: &Client, number: u8) -> AccountId {
    let eve = AccountId::from_x25519([number; 32]);
    let wrote = client.store().write("request", move |tx| {
        let now = onionskin_core::Timestamp::from_millis(1_700_000_000_000);
        tx.ensure_contact(&eve, now)?;
        tx.set_approved_me(&eve, true)?;
        tx.ensure_conversation(&eve.into(), now)?;
        tx.insert_message(&onionskin_core::ledger::NewMessage {
            conversation: &eve.into(),
            sender: &eve,
            outgoing: false,
            kind: onionskin_core::MessageKind::Text,
            sent_at: now,
            received_at: now,
            body: "do we know each other?",
            raw: b"",
            swarm_hash: "hash",
            read_at: onionskin_core::Timestamp::ZERO,
            state: onionskin_core::MessageState::Received,
        })
        .map(|_| ())
    });
    wrote.await.unwrap();
    eve
}

fn person() -> Screen {
    Screen::ConversationSettings(bob().into())
}

#[tokio::test]
async fn a_pinned_conversation_stands_first_with_its_mark() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[]).await;
    let pinned = |page: &Page| page.by_role("list", "Pinned conversations").map(|list| page.text(list));
    assert_eq!(pinned(interface.page()), None);
    menu_of(&mut interface, bob()).await;
    interface.click("row-pin").await;
    interface.until("it is pinned", |page| pinned(page).is_some_and(|text| text.contains("a letter"))).await;
    assert!(interface.page().by_role("img", "Pinned").is_some());
    assert!(interface.page().by_id("row-veil").is_none(), "the menu is closed");
    menu_of(&mut interface, bob()).await;
    interface.until_says("Unpin").await;
    interface.click("row-pin").await;
    interface.until("it is not", |page| pinned(page).is_none()).await;
    ledger(&mut interface, &client, bob(), |row| row.unwrap().priority == 0).await;
}

#[tokio::test]
async fn a_mark_has_no_number_and_goes_when_the_conversation_is_opened() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[]).await;
    interface.click_role("button", &format!("What can be done with {}", onionskin::text::short_id(&bob()))).await;
    interface.click("row-mark").await;
    interface.until_says("marked as unread").await;
    let marked = row(interface.page(), &bob().into()).unwrap();
    assert!(!interface.page().text(marked).contains("one unread"), "no number");
    assert_eq!(interface.page().attribute(marked, "class"), Some("row unread"));
    interface.fire("click", marked, Box::new(SerializedMouseData::default()));
    ledger(&mut interface, &client, bob(), |row| !row.unwrap().marked_unread).await;
    interface
        .until("the mark is gone", |page| page.attribute(row(page, &bob().into()).unwrap(), "class") == Some("row"))
        .await;
}

#[tokio::test]
async fn marking_the_open_conversation_leaves_it() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[Screen::Conversation(bob().into()), person()]).await;
    interface.click("mark").await;
    interface.until_says("Marked as unread.").await;
    assert_eq!(interface.shell().remembered_stack(), [Screen::Home]);
    ledger(&mut interface, &client, bob(), |row| row.unwrap().marked_unread).await;
}

#[tokio::test]
async fn a_nickname_stands_beside_the_own_name_and_can_be_taken_away() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[person()]).await;
    let id = bob();
    let named = client.store().write("name", move |tx| {
        let profile = onionskin_core::ledger::ReceivedProfile {
            display_name: "Robert",
            picture_url: "",
            picture_key: b"",
            updated_seconds: 9,
        };
        tx.apply_profile(&id, &profile).map(|_| ())
    });
    named.await.unwrap();
    interface.click("nickname-item").await;
    interface.input("names-text", &"ä".repeat(51)).await;
    interface.submit("names-text").await;
    interface.until_says("too long by 2 bytes").await;
    interface.input("names-text", "Bobby").await;
    interface.submit("names-text").await;
    interface
        .until("both names", |page| {
            let says = |id| page.by_id(id).map(|node| page.text(node));
            says("person-name").as_deref() == Some("Bobby")
                && says("own-name").as_deref() == Some("Calls themselves Robert")
        })
        .await;
    interface.click("nickname-item").await;
    interface.click("remove-names").await;
    interface
        .until("the own name is back", |page| page.by_id("person-name").is_some_and(|node| page.text(node) == "Robert"))
        .await;
    assert!(interface.page().by_id("own-name").is_none());
    contact(&mut interface, &client, |contact| contact.nickname.is_empty()).await;
}

#[tokio::test]
async fn a_note_is_kept_here_and_says_so() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[person()]).await;
    interface.click("note-item").await;
    interface.until_says("Only on this device. It is not sent anywhere").await;
    interface.input("names-text", &"x".repeat(2_001)).await;
    interface.submit("names-text").await;
    interface.until_says("2001 characters. A note holds 2000").await;
    interface.input("names-text", "likes <b>harbours</b>").await;
    interface.submit("names-text").await;
    interface
        .until("the page shows it", |page| {
            page.by_id("note-item").is_some_and(|item| page.text(item).contains("likes <b>harbours</b>"))
        })
        .await;
    assert!(!interface.html().contains("<b>harbours"), "foreign marks stay letters");
    contact(&mut interface, &client, |contact| contact.note == "likes <b>harbours</b>").await;
}

#[tokio::test]
async fn blocking_says_what_happens_and_can_be_taken_back() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[person()]).await;
    interface.click("block").await;
    interface.until_says("What they send from now on is dropped. What was said stays.").await;
    interface.click("ask-no").await;
    assert!(!client.contact(&bob()).await.unwrap().unwrap().blocked, "nothing happened yet");
    interface.click("block").await;
    interface.click("ask-yes").await;
    interface.click("unblock").await;
    interface.until("it can be blocked again", |page| page.by_id("block").is_some()).await;
    contact(&mut interface, &client, |contact| !contact.blocked).await;
}

#[tokio::test]
async fn a_deleted_conversation_leaves_the_list_and_the_person_stays() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[Screen::Conversation(bob().into())]).await;
    menu_of(&mut interface, bob()).await;
    interface.click("row-delete").await;
    interface.until_says("the conversation leaves the list. They stay a contact").await;
    interface.click("ask-yes").await;
    interface.until("it left the list", |page| row(page, &bob().into()).is_none()).await;
    interface.until_says("The conversation is deleted.").await;
    assert_eq!(interface.shell().remembered_stack(), [Screen::Home], "what was open is left");
    assert!(client.contacts().await.unwrap().iter().any(|contact| contact.account == bob()));
}

#[tokio::test]
async fn a_deleted_contact_is_nobody_we_know() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[person()]).await;
    interface.click("delete-contact").await;
    interface.until_says("Their next letter is a message request.").await;
    interface.click("ask-yes").await;
    interface.until_says("The contact is deleted.").await;
    interface.until("it left the list", |page| row(page, &bob().into()).is_none()).await;
    assert!(client.contacts().await.unwrap().is_empty());
}

#[tokio::test]
async fn hidden_notes_are_found_again_in_two_ways() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[]).await;
    let own = client.account_id();
    for way in ["new", "search"] {
        menu_of(&mut interface, own).await;
        interface.click("row-hide").await;
        interface.until("they left the list", |page| row(page, &own.into()).is_none()).await;
        interface.click(way).await;
        if way == "new" {
            interface.click("note-to-self").await;
        } else {
            interface.input("search-text", "note to").await;
            interface.click_role("button", "Note to Self").await;
        }
        interface.until("they are back", |page| row(page, &own.into()).is_some()).await;
        assert_eq!(interface.shell().remembered_stack().last(), Some(&Screen::Conversation(own.into())));
        ledger(&mut interface, &client, own, |row| row.unwrap().newest.is_some()).await;
    }
}

#[tokio::test]
async fn our_own_notes_offer_nothing_that_is_for_people() {
    let device = Device::new();
    let own = Screen::ConversationSettings;
    let (interface, client) = at(&device, &[]).await;
    interface.shell().remember_stack(vec![Screen::Home, own(client.account_id().into())]);
    let mut interface = Interface::new(interface.shell().clone());
    interface.until_id("hide").await;
    for absent in ["block", "delete", "delete-contact", "nickname-item", "note-item"] {
        assert!(interface.page().by_id(absent).is_none(), "{absent}");
    }
    interface.click("clear").await;
    interface.until_says("Your other devices").await;
    let question = interface.until_id("ask-text").await;
    assert!(!interface.page().text(question).contains("Keeps what arrived"), "there is no other person");
}

#[tokio::test]
async fn a_request_offers_answers_and_no_pin() {
    let device = Device::new();
    let (interface, client) = at(&device, &[]).await;
    let eve = a_stranger_writes(&client).await;
    interface.shell().remember_stack(vec![Screen::Home, Screen::ConversationSettings(eve.into())]);
    let mut interface = Interface::new(interface.shell().clone());
    interface.until_id("block").await;
    for absent in ["pin", "mark", "delete", "delete-contact"] {
        assert!(interface.page().by_id(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn a_timer_that_another_device_set_is_shown_for_what_it_is() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[person()]).await;
    interface.until_id("person-name").await;
    let timer = interface.until_id("timer").await;
    assert!(interface.page().text(timer).contains("Off"));
    client.store().write("timer", |tx| tx.set_expiry(&bob(), 2, 2 * 24 * 3_600)).await.unwrap();
    // Something that is told makes the page read again.
    with(&client, bob()).set_nickname("Bobby").await.unwrap();
    interface.until_says("2 days after reading").await;
}

#[tokio::test]
async fn declining_can_be_taken_back_and_is_done_when_it_was_not() {
    let device = Device::new().with_a_standing_clock();
    let (interface, client) = at(&device, &[]).await;
    let eve = a_stranger_writes(&client).await;
    interface.shell().remember_stack(vec![Screen::Home, Screen::Requests]);
    let mut interface = Interface::new(interface.shell().clone());
    let waits = |page: &Page| row(page, &eve.into()).is_some();
    interface.until("she waits", waits).await;
    interface.click_role("button", "Decline").await;
    interface.until_says("The request is declined.").await;
    interface.until("she waits no more", |page| !waits(page) && page.by_id("requests").is_none()).await;
    assert_eq!(client.requests().await.unwrap().len(), 1, "nothing of hers is gone yet");
    interface.click("undo").await;
    interface.until("she waits again", waits).await;
    settled(&mut interface).await;
    device.clock.forward(UNDO);
    interface.turn().await;
    interface.click_role("button", "Decline").await;
    interface.until_id("undo").await;
    settled(&mut interface).await;
    device.clock.forward(UNDO);
    let start = Instant::now();
    while !client.requests().await.unwrap().is_empty() {
        assert!(start.elapsed() < LONGEST, "she was never declined");
        interface.turn().await;
    }
    interface.until_says("Nobody waits").await;
}

#[tokio::test]
async fn who_is_blocked_is_marked_in_the_list_and_freed_from_its_menu() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[]).await;
    menu_of(&mut interface, bob()).await;
    interface.click("row-block").await;
    interface.until_says("What they send from now on is dropped.").await;
    interface.click("ask-yes").await;
    interface.until_says("Blocked. Nothing they send comes in.").await;
    interface.until("the row is marked", |page| page.by_role("img", "Blocked").is_some()).await;
    contact(&mut interface, &client, |contact| contact.blocked).await;
    menu_of(&mut interface, bob()).await;
    interface.click("row-unblock").await;
    interface.until_says("No longer blocked.").await;
    interface.until("the mark is gone", |page| page.by_role("img", "Blocked").is_none()).await;
}

#[tokio::test]
async fn the_account_id_is_copied_from_the_menu_of_the_row_and_shown_as_a_code() {
    let device = Device::new();
    let (mut interface, _) = at(&device, &[person()]).await;
    menu_of(&mut interface, bob()).await;
    interface.click("row-copy").await;
    interface.until_says("Copied.").await;
    assert_eq!(device.clipboard.text(), bob().to_string());
    interface.click("show-code").await;
    interface.until("the code is there", |page| page.by_role("img", &code_name()).is_some()).await;
    interface.click("close-code").await;
    interface.until("it is put away", |page| page.by_role("img", &code_name()).is_none()).await;
}

fn code_name() -> String {
    format!("Code of the Account ID of {}", onionskin::text::short_id(&bob()))
}

#[tokio::test]
async fn a_notice_is_short_and_ends_with_its_screen() {
    let device = Device::new().with_a_standing_clock();
    let (mut interface, _) = at(&device, &[person()]).await;
    let said = |page: &Page| page.says().contains("Copied.");
    interface.click("copy-id").await;
    interface.until("it is said", said).await;
    settled(&mut interface).await;
    device.clock.forward(std::time::Duration::from_secs(3));
    interface.until("it went by itself", |page| !said(page)).await;
    interface.click("copy-id").await;
    interface.until("it is said", said).await;
    settled(&mut interface).await;
    interface.click("nickname-item").await;
    interface.until("it went with its screen", |page| !said(page)).await;
}

#[tokio::test]
async fn a_stranger_who_is_called_like_our_notes_is_marked_and_our_own_notes_have_their_name() {
    let device = Device::new();
    let own = Screen::Conversation;
    let (interface, client) = at(&device, &[]).await;
    with(&client, bob()).set_nickname("Note to Self").await.unwrap();
    let marked = format!("Note to Self ({})", onionskin::text::short_id(&bob()));
    let empty = Device::new();
    for (mut interface, id, name) in [(interface, ConversationId::from(bob()), marked.as_str()), {
        let shell = empty.shell().await;
        shell.create("Ana").await.unwrap();
        let me = shell.client().unwrap().account_id();
        (Interface::new(shell), me.into(), "Note to Self")
    }] {
        interface.shell().remember_stack(vec![Screen::Home, own(id)]);
        interface = Interface::new(interface.shell().clone());
        let headed = |page: &Page| page.by_role("heading", name).is_some();
        interface.until(name, headed).await;
        let head = interface.until_id("who").await;
        assert_eq!(interface.page().name(head), format!("{name}, about this conversation"));
    }
}

/// Lets what waits for the clock begin to wait.
async fn settled(interface: &mut Interface) {
    for _ in 0..5 {
        interface.turn().await;
    }
}

/// As long as something can be taken back.
const UNDO: std::time::Duration = onionskin::state::UNDO_STAYS;

#[tokio::test]
async fn a_conversation_is_muted_for_a_while_says_so_and_rings_again() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[]).await;
    menu_of(&mut interface, bob()).await;
    interface.click("row-mute").await;
    interface.until_says("Your devices stay quiet, and nobody is told.").await;
    interface.click("mute-2h").await;
    interface.click("mute-yes").await;
    let until = |row: Option<&ConversationRow>| matches!(row.unwrap().mute, Mute::Until(_));
    ledger(&mut interface, &client, bob(), until).await;
    interface.until("the row has its mark", |page| page.by_role("img", "Muted").is_some()).await;
    menu_of(&mut interface, bob()).await;
    assert!(interface.page().by_id("row-mute").is_none(), "it is muted already");
    interface.click("row-ring").await;
    ledger(&mut interface, &client, bob(), |row| row.unwrap().mute == Mute::Off).await;
    interface.until("the mark is gone", |page| page.by_role("img", "Muted").is_none()).await;
}

#[tokio::test]
async fn what_a_conversation_shows_in_notifications_is_chosen_on_its_page() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[Screen::Conversation(bob().into()), person()]).await;
    interface.click("quiet").await;
    interface.until_says("This choice is on this device only.").await;
    interface.click("quiet-nothing").await;
    let nothing = |row: Option<&ConversationRow>| row.unwrap().notice_content == Some(NoticeContent::Nothing);
    ledger(&mut interface, &client, bob(), nothing).await;
    interface.click("mute").await;
    interface.click("mute-forever").await;
    interface.click("mute-yes").await;
    ledger(&mut interface, &client, bob(), |row| row.unwrap().mute == Mute::Forever).await;
    interface.until_says("Muted for ever").await;
    interface.click("unmute").await;
    ledger(&mut interface, &client, bob(), |row| row.unwrap().mute == Mute::Off).await;
    interface.click("quiet-usual").await;
    ledger(&mut interface, &client, bob(), |row| row.unwrap().notice_content.is_none()).await;
}

#[tokio::test]
async fn an_archived_conversation_leaves_the_list_and_comes_back() {
    let device = Device::new();
    let (mut interface, client) = at(&device, &[]).await;
    menu_of(&mut interface, bob()).await;
    interface.click("row-archive").await;
    ledger(&mut interface, &client, bob(), |row| row.unwrap().archived).await;
    interface.until("it left the list", |page| row(page, &bob().into()).is_none()).await;
    interface.until_says("One conversation").await;
    interface.click("archive").await;
    interface.until_says("The archive is on this device only.").await;
    menu_of(&mut interface, bob()).await;
    interface.until_says("Take out of the archive").await;
    interface.click("row-archive").await;
    interface.until_says("The archive is empty").await;
    interface.until("it is on the list", |page| row(page, &bob().into()).is_some()).await;
    assert!(interface.page().by_id("archive").is_none());
}

#[tokio::test]
async fn a_flood_of_strangers_stands_under_one_line_and_all_are_declined_at_once() {
    let device = Device::new();
    let (interface, client) = at(&device, &[]).await;
    for number in 10..35 {
        stranger_writes(&client, number).await;
    }
    let shell = interface.shell().clone();
    shell.remember_stack(vec![Screen::Home, Screen::Requests]);
    let mut interface = Interface::new(shell);
    interface.until_says("5 more within an hour").await;
    interface.click("requests-more").await;
    interface.until_says("More requests").await;
    let flooded = interface.page().all().into_iter();
    let flooded = flooded.filter(|node| interface.page().attribute(*node, "data-conversation").is_some()).count();
    assert!(flooded >= 5, "{flooded}");
    interface.press("back");
    interface.click("requests-clear").await;
    interface.until_says("Decline all requests?").await;
    interface.click("ask-yes").await;
    interface.until_says("All requests declined").await;
    assert_eq!(client.requests().await.unwrap().len(), 0);
    interface.until_says("Nobody waits").await;
}
