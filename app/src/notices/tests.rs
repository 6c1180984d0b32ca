//! What is shown for what came in, first as a decision, then with a ledger, events and a notification service that
//! notes.

use std::collections::HashMap;
use std::time::Duration;

use onionskin_core::ledger::{Announcer, NewMessage, WriteTx};
use onionskin_core::{Before, Event, MessageId, MessageKind, MessageRow, MessageState, Mute, NoticeContent, Timestamp};

use super::decide::{LONGEST_TEXT, MOST_POINTS, shortened};
use super::watcher::Heard;
use super::*;
use crate::platform::{FakeNotify, Platform};
use crate::shell::tests::{Home, eventually};

fn friend(number: u8) -> AccountId {
    AccountId::from_x25519([number; 32])
}

fn letter(number: u8, text: &str) -> Letter {
    Letter {
        message: MessageId::from_i64(number.into()),
        conversation: ConversationId::from(friend(number)),
        name: format!("Friend {number}"),
        text: Some(text.to_owned()),
        request: false,
        content: None,
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
fn one_conversation_is_one_note_and_shows_what_was_chosen_for_it() {
    let all: Vec<_> = ["one", "two", "three", "four"].into_iter().map(|text| letter(1, text)).collect();
    assert_eq!(decided(&all, NotificationContent::NameAndText), [pair("Friend 1", "two\nthree\nfour")]);
    assert_eq!(decided(&all, NotificationContent::Name), [pair("Friend 1", "4 new letters")]);
    let quiet = Letter { content: Some(NoticeContent::Nothing), ..letter(1, "hi") };
    let open = Letter { content: Some(NoticeContent::NameAndText), ..letter(2, "hi") };
    let both = [quiet, open];
    let told = decided(&both, NotificationContent::Name);
    assert_eq!(told, [pair("Onionskin", "Something has come."), pair("Friend 2", "hi")]);
    let arrived = Arrived { letters: both.to_vec(), uncounted: 0 };
    let told = decide(&arrived, NotificationContent::Name, None, &Texts::new("en"));
    assert_eq!(told.iter().map(|told| told.answerable).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn three_letters_are_three_notes_and_a_fourth_makes_it_one() {
    let letters: Vec<_> = (1..=4).map(|number| letter(number, "hi")).collect();
    assert_eq!(decided(&letters[..3], NotificationContent::NameAndText).len(), 3);
    assert_eq!(decided(&letters, NotificationContent::NameAndText), [pair("Onionskin", "4 new letters")]);
    assert_eq!(decided(&letters, NotificationContent::Nothing), [pair("Onionskin", "Something has come.")]);
    let missed = Arrived { letters: Vec::new(), uncounted: 1 };
    let notes = decide(&missed, NotificationContent::Name, None, &Texts::new("en"));
    assert_eq!(notes.len(), 1);
    assert_eq!((notes[0].title.as_str(), notes[0].text.as_str()), ("Onionskin", "1 new letter"));
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
    let notices = Notices::new(Some(notify), home.shell.preferences(), None, clock);
    (Watcher { notices }, rows)
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
    let running = || locked(&home.shell.notices().inner.tasks).values().filter(|(_, task)| !task.is_finished()).count();
    assert_eq!(running(), 1);
    client.close().await.unwrap();
    eventually("the task ends", || running() == 0).await;
}

/// An account to which friend 1 wrote, listened to, with the note on the desktop.
async fn with_a_note(home: &Home, notify: &FakeNotify) -> (Client, Announcer, JoinHandle<()>, Notices) {
    let client = home.account("Ana").await;
    arrives(&client, 1, &["hi".to_owned()], approve).await;
    let (watcher, rows) = shown_for(&client, home, notify, 1).await;
    let announcer = Announcer::new(client.store().clone());
    let notices = watcher.notices.clone();
    notices.hear(notify);
    let task = tokio::spawn(watcher.follow(client.clone(), announcer.listen()));
    let busy = tokio::spawn(std::future::pending());
    locked(&notices.inner.tasks).insert(client.account_id(), (client.clone(), busy));
    for row in rows {
        announcer.tell(Event::MessageAdded(row));
    }
    eventually("a note is shown", || notify.standing().len() == 1).await;
    (client, announcer, task, notices)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_goes_when_its_letter_is_read_or_deleted_and_when_nobody_listens_any_more() {
    let (home, notify) = (Home::with(Platform::default()).await, FakeNotify::default());
    let (client, announcer, task, _notices) = with_a_note(&home, &notify).await;
    let conversation = client.conversation(&ConversationId::from(friend(1)));
    conversation.mark_read().await.unwrap();
    let row = Arc::new(conversation.row().await.unwrap().unwrap());
    announcer.tell(Event::ConversationChanged(row));
    eventually("it was read elsewhere", || notify.standing().is_empty()).await;
    for from in [2, 3] {
        arrives(&client, from, &["hi".to_owned()], approve).await;
        let conversation = client.conversation(&ConversationId::from(friend(from)));
        let newest = Arc::new(conversation.messages(Before::Latest, 1).await.unwrap().remove(0));
        announcer.tell(Event::MessageAdded(newest.clone()));
        eventually("another note", || notify.standing().len() == 1).await;
        if from == 2 {
            let (message, conversation) = (newest.id, newest.conversation.clone());
            announcer.tell(Event::MessageRemoved { message, conversation });
            eventually("it was deleted", || notify.standing().is_empty()).await;
        }
    }
    announcer.close();
    task.await.unwrap();
    assert!(notify.standing().is_empty(), "nothing of a closed account stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_answered_read_and_opened_where_it_stands() {
    let (home, notify) = (Home::with(Platform::default()).await, FakeNotify::default());
    let (client, _announcer, _task, notices) = with_a_note(&home, &notify).await;
    let note = notify.standing().remove(0);
    let labels = note.answers.expect("a friend can be answered");
    assert_eq!((labels.answer.as_str(), labels.read.as_str()), ("Answer", "Mark read"));
    let mut called = notices.called();
    notify.tell(Deed::Opened(note.tag));
    called.changed().await.unwrap();
    let id = ConversationId::from(friend(1));
    let wanted = Called { account: client.account_id(), conversation: Some(id.clone()) };
    assert_eq!(called.borrow_and_update().clone(), Some(wanted));
    notify.tell(Deed::Answered(note.tag, "   ".to_owned()));
    notify.tell(Deed::Answered(note.tag, "on my way".to_owned()));
    eventually("it goes when it was answered", || notify.standing().is_empty()).await;
    let rows = client.conversation(&id).messages(Before::Latest, 50).await.unwrap();
    let ours: Vec<_> = rows.iter().filter(|row| row.outgoing).map(|row| row.body.as_str()).collect();
    assert_eq!(ours, ["on my way"], "an empty answer is none");
    assert_eq!(client.conversation(&id).row().await.unwrap().unwrap().unread, 0);
    notify.tell(Deed::Read(99));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_muted_conversation_makes_no_note_until_its_time_is_over() {
    let (home, notify) = (Home::with(Platform::default()).await, FakeNotify::default());
    let client = home.account("Ana").await;
    arrives(&client, 1, &["hi".to_owned()], approve).await;
    let conversation = client.conversation(&ConversationId::from(friend(1)));
    let now = home.shell.clock().now();
    let cases = [
        (Mute::Forever, 0),
        (Mute::Until(now + Duration::from_secs(3600)), 0),
        (Mute::Until(Timestamp::from_millis(now.as_millis() - 60_000)), 1),
        (Mute::Off, 1),
    ];
    for (mute, letters) in cases {
        conversation.set_mute(mute).await.unwrap();
        let (watcher, rows) = shown_for(&client, &home, &notify, 1).await;
        let heard = Heard { rows, missed: false };
        assert_eq!(watcher.arrived(&client, heard, &mut HashMap::new()).await.letters.len(), letters, "{mute:?}");
        let (watcher, _) = shown_for(&client, &home, &notify, 1).await;
        let missed = Heard { rows: Vec::new(), missed: true };
        let uncounted = watcher.arrived(&client, missed, &mut HashMap::new()).await.uncounted;
        assert_eq!(uncounted, u32::try_from(letters).unwrap(), "{mute:?}");
    }
}
