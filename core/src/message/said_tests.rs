//! The table of what is said, and that every kind of it is applied by somebody, whosever words they are.

use super::said::{Reading, Said, Whose, read};
use super::testing::{NOON, Person, at};
use super::*;
use crate::wire::content::{
    AttachmentPointer, CallMessage, Content, DataExtractionNotification, DataMessage, MessageRequestResponse, Reaction,
    ReceiptMessage, TypingMessage, UnsendRequest,
};
use crate::wire::group_update::{GroupUpdateInviteMessage, GroupUpdateMessage};

/// What becomes of a kind.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Shown(MessageKind),
    Applied,
    Refused(Refusal),
}

use Fate::{Applied, Refused, Shown};
use MessageKind::{GroupInvitation, NewerFormat, Text, TimerChanged};
use Refusal::{FromOurselves, NotSupportedYet};

/// One line for each kind of [`Said`]: its name, the files that apply it, and what becomes of it as theirs, as a copy of
/// ours and from ourselves. A kind without a line does not compile; a line that no letter shows is red.
macro_rules! kinds {
    ($($kind:pat => $name:literal, $files:literal, $fates:expr;)+) => {
        fn line(said: &Said<'_>) -> (&'static str, [Fate; 3]) {
            match said { $($kind => ($name, $fates)),+ }
        }
        const NAMES: &[&str] = &[$($name),+];
        const FILES: &[&str] = &[$($files),+];
    };
}

kinds! {
    Said::Text(_) => "text", "text sync", [Shown(Text), Shown(Text), Refused(FromOurselves)];
    Said::Parts(_) => "parts", "text sync", [Shown(NewerFormat), Shown(NewerFormat), Refused(FromOurselves)];
    Said::Reaction(_) => "reaction", "reaction",
        [Refused(Refusal::Nothing), Refused(Refusal::Nothing), Refused(FromOurselves)];
    Said::TimerUpdate => "timer", "timer", [Shown(TimerChanged), Shown(TimerChanged), Refused(FromOurselves)];
    Said::GroupUpdate => "group", "unsupported", [Refused(NotSupportedYet); 3];
    Said::Answer(_) => "answer", "request", [Applied, Refused(FromOurselves), Refused(FromOurselves)];
    Said::Unsend(_) => "unsend", "unsend",
        [Refused(Refusal::Nothing), Refused(FromOurselves), Refused(Refusal::Nothing)];
    Said::GroupInvitation(_) => "invitation", "invitation",
        [Shown(GroupInvitation), Refused(NotSupportedYet), Refused(NotSupportedYet)];
    Said::Call(Step { what: Some(CallType::Answer | CallType::EndCall), .. }) => "call taken", "call",
        [Applied, Refused(FromOurselves), Applied];
    Said::Call(_) => "call", "call", [Applied, Refused(FromOurselves), Refused(FromOurselves)];
    Said::Receipt(_) => "receipt", "receipt", [Applied, Refused(FromOurselves), Refused(FromOurselves)];
    Said::Typing(_) => "typing", "typing", [Applied, Refused(FromOurselves), Refused(FromOurselves)];
    Said::Extraction(_) => "extraction", "extraction",
        [Applied, Refused(FromOurselves), Refused(FromOurselves)];
    Said::NewerKind => "newer", "unsupported",
        [Shown(NewerFormat), Shown(NewerFormat), Refused(Refusal::NewerFormat)];
    Said::Nothing => "nothing", "", [Refused(Refusal::Nothing), Refused(Refusal::Nothing), Refused(FromOurselves)];
    Said::Flags => "flags", "", [Refused(Refusal::Flags), Refused(Refusal::Flags), Refused(FromOurselves)];
    Said::TooManyAttachments => "33 files", "",
        [Refused(Refusal::TooManyAttachments), Refused(Refusal::TooManyAttachments), Refused(FromOurselves)];
}

fn data(change: impl FnOnce(&mut DataMessage)) -> Content {
    let mut data = DataMessage::default();
    change(&mut data);
    Content { data_message: Some(data), ..Content::default() }
}

fn call(kind: i32) -> Content {
    Content { call_message: Some(CallMessage { r#type: Some(kind), ..CallMessage::default() }), ..Content::default() }
}

fn answer(yes: bool) -> Content {
    let answer = MessageRequestResponse { is_approved: Some(yes), ..MessageRequestResponse::default() };
    Content { message_request_response: Some(answer), ..Content::default() }
}

fn from(person: &Person, content: &Content, beyond: &[u8]) -> Incoming {
    let plain = [content.to_bytes().as_slice(), beyond].concat();
    let place = person.inbox();
    let (hash, sender, content) = (place.name(&plain), person.id, content.clone());
    Incoming { place, hash, sender, sent_at: at(NOON), stored_at: at(0), swarm_end: at(0), content, plain }
}

/// A field of which only newer versions know.
const FIELD_40: &[u8] = &[0xc2, 0x02, 0x01, b'x'];

/// Content, and what it says.
fn table() -> Vec<(Content, &'static [u8], &'static str, &'static str)> {
    let text = || data(|data| data.body = Some("hi".to_owned()));
    let files = |count: usize| data(|data| data.attachments = vec![AttachmentPointer::default(); count]);
    let flags = |flags| data(|data| (data.flags, data.body) = (Some(flags), Some("hi".to_owned())));
    let stamped = Content { sig_timestamp: Some(7), ..Content::default() };
    vec![
        (text(), &[], "text", "text"),
        (text(), FIELD_40, "text", "a newer field beside a known body changes nothing"),
        (data(|data| data.body = Some(" \n".to_owned())), &[], "nothing", "blank"),
        (data(|_| ()), &[], "nothing", "empty"),
        (flags(0), &[], "text", "flags that are all off"),
        (flags(2), &[], "timer", "a new time to disappear, whatever its text"),
        (flags(1), &[], "flags", "end of session, of old clients"),
        (flags(6), &[], "flags", "two flags"),
        (files(1), &[], "parts", "a picture"),
        (files(32), &[], "parts", "as many pictures as anybody sends"),
        (files(33), &[], "33 files", "more"),
        (data(|data| data.reaction = Some(Reaction::default().into())), &[], "reaction", "reaction"),
        (data(|data| data.group_update_message = Some(GroupUpdateMessage::default())), &[], "group", "group"),
        (
            data(|data| {
                let invite_message = Some(GroupUpdateInviteMessage::default());
                data.group_update_message = Some(GroupUpdateMessage { invite_message, ..Default::default() });
            }),
            &[],
            "invitation",
            "an invitation to a group",
        ),
        (answer(true), &[], "answer", "yes"),
        (answer(false), &[], "nothing", "no"),
        (answer(false), FIELD_40, "nothing", "no, and known"),
        (
            Content { unsend_request: Some(UnsendRequest::default().into()), ..answer(true) },
            &[],
            "answer",
            "two bodies",
        ),
        (Content { unsend_request: Some(UnsendRequest::default().into()), ..call(1) }, &[], "unsend", "two others"),
        (call(1), &[], "call", "offered"),
        (call(2), &[], "call taken", "answered"),
        (call(5), &[], "call taken", "ended"),
        (call(9), &[], "call", "a step of a newer version"),
        (
            Content { receipt_message: Some(ReceiptMessage::default().into()), ..stamped.clone() },
            &[],
            "receipt",
            "read",
        ),
        (Content { typing_message: Some(TypingMessage::default()), ..stamped.clone() }, &[], "typing", "typing"),
        (
            Content { data_extraction_notification: Some(DataExtractionNotification::default()), ..stamped.clone() },
            &[],
            "extraction",
            "screenshot",
        ),
        (stamped.clone(), FIELD_40, "newer", "a newer field without a known body"),
        (data(|_| ()), FIELD_40, "newer", "and with a body that says nothing"),
        (stamped, &[], "nothing", "no body"),
    ]
}

#[tokio::test]
async fn the_table_of_what_is_said() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    for (content, beyond, expected, why) in table() {
        let incoming = from(&bob, &content, beyond);
        let Reading { whose, said } = read(&incoming, &alice.id).unwrap();
        assert_eq!((whose, line(&said).0), (Whose::Theirs, expected), "{why}");
    }
}

#[tokio::test]
async fn the_table_of_whose_words_they_are() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let to_bob = bob.id.to_string();
    let copy = |target: &str| data(|data| (data.body, data.sync_target) = (Some("hi".into()), Some(target.to_owned())));
    let newer = |target: &str| data(|data| data.sync_target = Some(target.to_owned()));
    let stranger = Err(Refusal::SyncFromStranger);
    for (sender, content, beyond, expected, why) in [
        (&bob, copy(""), [].as_slice(), Ok((Whose::Theirs, "text")), "an empty target is none"),
        (&bob, copy(&to_bob), &[], stranger.clone(), "theirs, as if it were ours"),
        (&bob, copy("nobody"), &[], stranger, "and to nobody"),
        (&alice, copy(&to_bob), &[], Ok((Whose::Copy(bob.id.into()), "text")), "a copy"),
        (&alice, copy(""), &[], Ok((Whose::Ours, "text")), "without a target"),
        (&alice, copy("03ab"), &[], Err(Refusal::SyncTarget), "a target that is no account"),
        (&alice, newer(&to_bob), FIELD_40, Ok((Whose::Copy(bob.id.into()), "newer")), "a copy of a newer kind"),
        (&alice, newer("03ab"), FIELD_40, Ok((Whose::Ours, "newer")), "whose target may be newer too"),
    ] {
        let incoming = from(sender, &content, beyond);
        let read = read(&incoming, &alice.id).map(|Reading { whose, said }| (whose, line(&said).0));
        assert_eq!(read, expected, "{why}");
    }
}

#[tokio::test]
async fn among_our_devices_what_counts_is_not_hidden_by_what_does_not() {
    let alice = Person::new(1, "Alice").await;
    let unsend = Content { unsend_request: Some(UnsendRequest::default().into()), ..answer(true) };
    let group = data(|data| (data.group_update_message, data.flags) = (Some(GroupUpdateMessage::default()), Some(1)));
    for (content, expected) in [(unsend, "unsend"), (group, "group")] {
        let incoming = from(&alice, &content, &[]);
        assert_eq!(line(&read(&incoming, &alice.id).unwrap().said).0, expected);
    }
}

#[test]
fn a_text_is_cut_at_ten_thousand_points_not_bytes_and_its_parts_are_told() {
    let body = |content: &Content| {
        let words = match Said::of_data(content.data_message.as_ref().unwrap()) {
            Said::Text(words) => words,
            other => panic!("{other:?}"),
        };
        (words.body.chars().count(), words.later_parts)
    };
    let mut content = data(|data| data.body = Some("é".repeat(10_001)));
    assert_eq!(body(&content), (10_000, false));
    content.data_message.as_mut().unwrap().attachments = vec![AttachmentPointer::default()];
    assert_eq!(body(&content), (10_000, true));
}

#[tokio::test]
async fn what_waits_for_a_later_version_keeps_its_bytes_and_typing_does_not() {
    let bob = Person::new(2, "Bob").await;
    let reaction = from(&bob, &data(|data| data.reaction = Some(Reaction::default().into())), &[]);
    assert_eq!(reaction.kept(NotSupportedYet), reaction.plain);
    assert_eq!(reaction.kept(Refusal::Blocked), b"");
    let typing = Content { typing_message: Some(TypingMessage::default()), ..Content::default() };
    assert_eq!(from(&bob, &typing, &[]).kept(NotSupportedYet), b"");
}

/// Every kind reaches its file, or the refusal that its line names, from everybody.
#[tokio::test]
async fn every_kind_is_applied_by_somebody() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let mut missing: Vec<&str> = NAMES.to_vec();
    let mut sent_at = NOON;
    for (content, beyond, _, why) in table() {
        for (column, whose) in [Whose::Theirs, Whose::Copy(bob.id.into()), Whose::Ours].into_iter().enumerate() {
            sent_at += 2;
            let sender = if whose == Whose::Theirs { &bob } else { &alice };
            let incoming = Incoming { sent_at: at(sent_at), ..from(sender, &content, beyond) };
            let theirs = Incoming { sender: bob.id, ..incoming.clone() };
            let (name, fates) = line(&read(&theirs, &alice.id).unwrap().said);
            missing.retain(|kind| *kind != name);
            let desk = alice.desk(sent_at + 1);
            let fate = alice.does(move |tx| {
                let said = read(&theirs, &desk.me).unwrap().said;
                Ok(match dispatch(tx, &desk, &incoming, said, &whose)? {
                    Outcome::Shown { message, .. } => Shown(tx.message(message)?.unwrap().kind),
                    Outcome::Applied => Applied,
                    Outcome::Refused(refusal) => Refused(refusal),
                    Outcome::Known => panic!("nothing is known here"),
                })
            });
            assert_eq!(fate.await, fates[column], "{why} in column {column}");
        }
    }
    assert_eq!(missing, [""; 0], "no letter says this");
}

#[test]
fn the_files_that_apply_a_kind_are_there() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/message");
    for file in FILES.iter().flat_map(|files| files.split_whitespace()) {
        assert!(folder.join(file).with_extension("rs").exists(), "{file}");
    }
}
