//! What is shown for what came in, first as a decision, then with a ledger, events and a notification service that
//! notes.

use onionskin_core::ledger::{Announcer, NewMessage, WriteTx};
use onionskin_core::{Before, MessageState};

use super::*;
use crate::platform::{FakeNotify, Platform};
use crate::shell::tests::{Home, eventually};

fn friend(number: u8) -> AccountId {
    AccountId::from_x25519([number; 32])
}

fn letter(number: u8, text: &str) -> Letter {
    Letter {
        conversation: ConversationId::from(friend(number)),
        name: format!("Friend {number}"),
        text: Some(text.to_owned()),
        request: false,
    }
}

fn decided(letters: &[Letter], content: NotificationContent) -> Vec<(String, String)> {
    let arrived = Arrived { letters: letters.to_vec(), uncounted: 0 };
    let notes = decide(&arrived, content, None, &Texts::new("en"));
    notes.into_iter().map(|note| (note.title, note.text)).collect()
}

fn pair(title: &str, text: &str) -> (String, String) {
    (title.to_owned(), text.to_owned())
}

#[test]
fn a_note_shows_what_the_person_allows_and_no_more() {
    let one = [letter(1, "Meet at six?")];
    assert_eq!(decided(&one, NotificationContent::NameAndText), [pair("Friend 1", "Meet at six?")]);
    assert_eq!(decided(&one, NotificationContent::Name), [pair("Friend 1", "A letter has come.")]);
    assert_eq!(decided(&one, NotificationContent::Nothing), [pair("Onionskin", "Something has come.")]);
}

#[test]
fn a_stranger_is_announced_once_without_name_or_words() {
    let stranger = Letter { request: true, name: "Win money".to_owned(), ..letter(1, "click here") };
    let twice = [stranger.clone(), stranger];
    for content in [NotificationContent::NameAndText, NotificationContent::Name] {
        assert_eq!(decided(&twice, content), [pair("Message request", "Somebody new wrote to you.")]);
    }
    assert_eq!(decided(&twice, NotificationContent::Nothing), [pair("Onionskin", "Something has come.")]);
}

#[test]
fn three_letters_are_three_notes_and_a_fourth_makes_it_one() {
    let letters: Vec<_> = (1..=4).map(|number| letter(number, "hi")).collect();
    assert_eq!(decided(&letters[..3], NotificationContent::NameAndText).len(), 3);
    assert_eq!(decided(&letters, NotificationContent::NameAndText), [pair("Onionskin", "4 new letters")]);
    assert_eq!(decided(&letters, NotificationContent::Nothing), [pair("Onionskin", "Something has come.")]);
    let missed = Arrived { letters: Vec::new(), uncounted: 1 };
    let notes = decide(&missed, NotificationContent::Name, None, &Texts::new("en"));
    assert_eq!(notes, [Note { title: "Onionskin".to_owned(), text: "1 new letter".to_owned() }]);
}

#[test]
fn a_long_text_is_cut_at_a_whole_letter_and_several_accounts_are_named() {
    let long = "é".repeat(LONGEST_TEXT + 1);
    let [(_, text)] = &decided(&[letter(1, &long)], NotificationContent::NameAndText)[..] else { panic!("one note") };
    assert_eq!(*text, format!("{}…", "é".repeat(LONGEST_TEXT)));
    let arrived = Arrived { letters: vec![letter(1, "hi")], uncounted: 0 };
    let titles = |content| decide(&arrived, content, Some("Ana at work"), &Texts::new("en")).remove(0).title;
    assert_eq!(titles(NotificationContent::Name), "Friend 1 → Ana at work");
    assert_eq!(titles(NotificationContent::Nothing), "Onionskin");
}

#[test]
fn a_note_is_short_whatever_a_letter_is_made_of_and_turns_nothing_around() {
    let family = shortened(&"👩‍👩‍👧".repeat(LONGEST_TEXT));
    assert!(family.chars().count() <= MOST_POINTS + 1 && family.ends_with("👧…"), "whole letters: {family:?}");
    assert_eq!(shortened(&format!("a{}", "\u{0301}".repeat(9_999))).chars().count(), MOST_POINTS + 1);
    assert_eq!(shortened("one\ntwo\u{202e}\u{7}"), "one\ntwo");
    let turned = Letter { name: "\u{202e}drab".to_owned(), ..letter(1, "hi") };
    assert_eq!(decided(&[turned], NotificationContent::Name), [pair("drab", "A letter has come.")]);
}

/// Puts letters into the ledger as the poller does, and tells of them.
async fn arrives(client: &Client, from: u8, bodies: &[String], change: fn(&mut WriteTx<'_>, &AccountId)) {
    let (sender, bodies) = (friend(from), bodies.to_vec());
    let write = move |tx: &mut WriteTx<'_>| {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let conversation = ConversationId::from(sender);
        tx.ensure_contact(&sender, now)?;
        tx.ensure_conversation(&conversation, now)?;
        change(tx, &sender);
        let mut ids = Vec::new();
        for (number, body) in bodies.iter().enumerate() {
            ids.extend(tx.insert_message(&NewMessage {
                conversation: &conversation,
                sender: &sender,
                outgoing: false,
                kind: MessageKind::Text,
                sent_at: now + Duration::from_millis(u64::try_from(number).unwrap()),
                received_at: now,
                body,
                raw: &[],
                swarm_hash: "",
                read_at: Timestamp::ZERO,
                state: MessageState::Received,
            })?);
        }
        Ok(ids)
    };
    client.store().write("letters", write).await.unwrap();
}

async fn shown_for(client: &Client, home: &Home, notify: &FakeNotify, from: u8) -> (Watcher, Vec<Arc<MessageRow>>) {
    let conversation = client.conversation(&ConversationId::from(friend(from)));
    let rows = conversation.messages(Before::Latest, 50).await.unwrap().into_iter().map(Arc::new).collect();
    let notify: Arc<dyn Notify> = Arc::new(notify.clone());
    let clock = home.shell.clock().clone();
    let notices = Notices::new(Some(notify.clone()), home.shell.preferences(), None, clock);
    let watcher = Watcher { notices, notify };
    (watcher, rows)
}

fn approve(tx: &mut WriteTx<'_>, who: &AccountId) {
    tx.set_approved(who, true).unwrap();
}

fn block(tx: &mut WriteTx<'_>, who: &AccountId) {
    tx.set_approved(who, true).unwrap();
    tx.set_blocked(who, true).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_people_and_the_conversation_in_sight_make_no_note() {
    let (home, notify) = (Home::with(Platform::default()).await, FakeNotify::default());
    let client = home.account("Ana").await;
    arrives(&client, 1, &["hi".to_owned()], approve).await;
    arrives(&client, 2, &["hi".to_owned()], block).await;
    arrives(&client, 3, &["hi".to_owned()], |_, _| ()).await;
    let mut unread = HashMap::new();
    for (from, expected) in [(1, Some(false)), (2, None), (3, Some(true))] {
        let (watcher, rows) = shown_for(&client, &home, &notify, from).await;
        let heard = || Heard { rows: rows.clone(), missed: false };
        let arrived = watcher.arrived(&client, heard(), &mut unread).await;
        assert_eq!(arrived.letters.first().map(|letter| letter.request), expected, "{from}");
        let (account, conversation) = (client.account_id(), Some(ConversationId::from(friend(from))));
        watcher.notices.look(Some(Looked { account, conversation: conversation.clone(), focused: true }));
        assert_eq!(watcher.arrived(&client, heard(), &mut unread).await, Arrived::default(), "in sight");
        watcher.notices.look(Some(Looked { account, conversation, focused: false }));
        let again = watcher.arrived(&client, heard(), &mut unread).await;
        assert_eq!(again.letters.len(), arrived.letters.len(), "another window is in front");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_rings_once_however_often_they_write() {
    let (home, notify) = (Home::with(Platform::default()).await, FakeNotify::default());
    let client = home.account("Ana").await;
    let (mut unread, mut told) = (HashMap::new(), 0);
    for number in 0..5 {
        // Each comes with a poll of its own.
        let bodies: Vec<_> = (0..=number).map(|number: u32| number.to_string()).collect();
        arrives(&client, 3, &bodies, |_, _| ()).await;
        let (watcher, rows) = shown_for(&client, &home, &notify, 3).await;
        let newest = Heard { rows: rows.last().cloned().into_iter().collect(), missed: false };
        let arrived = watcher.arrived(&client, newest, &mut unread).await;
        told += decide(&arrived, NotificationContent::Name, None, &Texts::new("en")).len();
    }
    assert_eq!(told, 1);
    let (watcher, _) = shown_for(&client, &home, &notify, 3).await;
    let mut unread = HashMap::from([(ConversationId::from(friend(3)), 2)]);
    let missed = Heard { rows: Vec::new(), missed: true };
    assert_eq!(watcher.arrived(&client, missed, &mut unread).await.uncounted, 0, "nor when events were missed");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_missed_events_counts_what_is_new_since() {
    let (home, notify) = (Home::with(Platform::default()).await, FakeNotify::default());
    let client = home.account("Ana").await;
    let bodies: Vec<_> = (0..7).map(|number| number.to_string()).collect();
    arrives(&client, 1, &bodies, approve).await;
    let (watcher, _) = shown_for(&client, &home, &notify, 1).await;
    let mut unread = HashMap::from([(ConversationId::from(friend(1)), 2)]);
    let heard = || Heard { rows: Vec::new(), missed: true };
    assert_eq!(watcher.arrived(&client, heard(), &mut unread).await.uncounted, 5);
    assert_eq!(watcher.arrived(&client, heard(), &mut unread).await.uncounted, 0, "told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_core_tells_is_shown_and_the_task_ends_with_the_events() {
    let (home, notify) = (Home::with(Platform::default()).await, FakeNotify::default());
    let client = home.account("Ana").await;
    arrives(&client, 1, &["hi".to_owned()], approve).await;
    let (watcher, rows) = shown_for(&client, &home, &notify, 1).await;
    let announcer = Announcer::new(client.store().clone());
    let task = tokio::spawn(watcher.follow(client.clone(), announcer.listen()));
    for row in rows {
        announcer.tell(Event::ProfileChanged);
        announcer.tell(Event::MessageAdded(row));
    }
    eventually("a note is shown", || !notify.shown().is_empty()).await;
    assert_eq!(notify.shown().remove(0).text, "hi");
    announcer.close();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shell_listens_to_an_account_until_it_is_closed() {
    let platform = Platform { notify: Some(Arc::new(FakeNotify::default())), ..Platform::default() };
    let home = Home::with(platform).await;
    let client = home.account("Ana").await;
    let running = || locked(&home.shell.notices().inner.tasks).values().filter(|task| !task.is_finished()).count();
    assert_eq!(running(), 1);
    client.close().await.unwrap();
    eventually("the task ends", || running() == 0).await;
}
