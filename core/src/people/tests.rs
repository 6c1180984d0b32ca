//! The rules alone, on a ledger that holds no letters. With letters they are told in `message` and `client`.

use std::time::Duration;

use super::remove::{delete_contact, delete_conversation};
use super::*;
use crate::clock::Timestamp;
use crate::crypto::{AccountId, AccountSeed};
use crate::error::{ErrorKind, Result};
use crate::store::{
    ContactRow, ConversationId, DatabaseKey, Disappearing, MessageId, MessageKind, MessageState, Mute, NewMessage,
    NewProfile, NoticeContent, Standing, Store, WriteTx,
};

/// Tries something in one write on Alice's new ledger.
async fn alice_tries(what: impl FnOnce(&mut WriteTx<'_>, &Desk) -> Result<()> + Send + 'static) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(&folder.path().join("test.db"), &DatabaseKey::from_bytes([7; 32])).await.unwrap();
    let write = store.write("test", move |tx| {
        let (seed, desk) = (
            AccountSeed::from_bytes([1; 16]),
            Desk { me: alice(), network_now: NOW, device_now: NOW, unsettled: None },
        );
        tx.create_profile(&NewProfile { account: desk.me, seed: &seed, display_name: "Alice", now: NOW })?;
        what(tx, &desk)
    });
    write.await.unwrap();
}

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn alice() -> AccountId {
    AccountId::from_x25519([1; 32])
}

fn bob() -> AccountId {
    AccountId::from_x25519([2; 32])
}

fn carol() -> AccountId {
    AccountId::from_x25519([3; 32])
}

fn with(person: AccountId) -> ConversationId {
    ConversationId::from(person)
}

fn kind<T>(tried: Result<T>) -> Option<ErrorKind> {
    tried.err().map(|error| error.kind())
}

#[tokio::test]
async fn the_table_of_when_an_answer_is_due() {
    for (approved, approved_me, expected, why) in [
        (false, true, Accepted::AnswerDue, "a request"),
        (true, true, Accepted::Quietly, "accepted before"),
        (false, false, Accepted::Quietly, "whoever writes first has nobody to answer"),
        (true, false, Accepted::Quietly, "and writes again"),
    ] {
        alice_tries(move |tx, desk| {
            tx.ensure_contact(&bob(), NOW)?;
            tx.set_approved(&bob(), approved)?;
            tx.set_approved_me(&bob(), approved_me)?;
            assert_eq!(accept(tx, desk, &bob())?, expected, "{why}");
            assert!(tx.contact(&bob())?.unwrap().approved, "{why}");
            assert_eq!(accept(tx, desk, &bob())?, Accepted::Quietly, "once: {why}");
            Ok(())
        })
        .await;
    }
}

#[tokio::test]
async fn who_is_blocked_is_accepted_by_nobody_and_nobody_is_their_own_contact() {
    alice_tries(|tx, desk| {
        block(tx, desk, &bob())?;
        assert!(is_blocked(tx, &bob())?);
        assert_eq!(kind(accept(tx, desk, &bob())), Some(ErrorKind::NotAllowed));
        unblock(tx, desk, &bob())?;
        assert_eq!(kind(accept(tx, desk, &bob())), None);
        assert_eq!(kind(accept(tx, desk, &desk.me)), Some(ErrorKind::NotAllowed));
        assert_eq!(kind(block(tx, desk, &desk.me)), Some(ErrorKind::NotAllowed));
        assert_eq!(kind(delete_contact(tx, desk, &desk.me)), Some(ErrorKind::NotAllowed));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_is_declined_or_deleted_is_hidden_and_until_when_is_never_zero() {
    alice_tries(|tx, desk| {
        let ways: [fn(&mut WriteTx<'_>, &Desk) -> Result<()>; 2] =
            [|tx, desk| decline(tx, desk, &bob()), |tx, desk| delete_conversation(tx, desk, &with(bob()))];
        for put_away in ways {
            request(tx, desk, bob())?;
            put_away(tx, desk)?;
            let standing = tx.standing(&with(bob()))?.unwrap();
            assert_eq!((standing.priority, standing.gone_at), (HIDDEN, Timestamp::from_millis(1)));
        }
        request(tx, desk, bob())?;
        accept(tx, desk, &bob())?;
        delete_conversation(tx, desk, &with(bob()))?;
        assert!(tx.contact(&bob())?.unwrap().approved, "who deletes a conversation still accepts");
        show(tx, desk, &with(bob()))?;
        assert_eq!(tx.standing(&with(bob()))?.unwrap().priority, 0);
        Ok(())
    })
    .await;
}

/// Somebody's message request.
fn request(tx: &mut WriteTx<'_>, desk: &Desk, from: AccountId) -> Result<()> {
    show(tx, desk, &with(from))?;
    accepts_us(tx, &from)?;
    tx.set_first_activity(&with(from), NOW)
}

#[tokio::test]
async fn who_was_accepted_meanwhile_is_declined_by_nobody_and_blocked_without_losing_what_was_said() {
    alice_tries(|tx, desk| {
        request(tx, desk, bob())?;
        accept(tx, desk, &bob())?;
        assert_eq!(kind(decline(tx, desk, &bob())), Some(ErrorKind::NotAllowed));
        request(tx, desk, carol())?;
        decline(tx, desk, &carol())?;
        assert_eq!(kind(decline(tx, desk, &carol())), None, "what is declined stays so");
        decline_and_block(tx, desk, &bob())?;
        let contact = tx.contact(&bob())?.unwrap();
        assert!(contact.approved && contact.blocked && tx.standing(&with(bob()))?.unwrap().priority == 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_was_chosen_of_notifications_goes_with_a_conversation() {
    alice_tries(|tx, desk| {
        for way in 0..2 {
            request(tx, desk, bob())?;
            set_mute(tx, desk, &bob(), Mute::Forever)?;
            set_notice_content(tx, &with(bob()), Some(NoticeContent::Nothing))?;
            if way == 0 {
                delete_conversation(tx, desk, &with(bob()))?
            } else {
                decline(tx, desk, &bob())?
            }
            assert_eq!(tx.contact(&bob())?.unwrap().mute == Mute::Off, way == 1, "{way}");
            show(tx, desk, &with(bob()))?;
            assert_eq!(tx.conversation(&with(bob()))?.unwrap().notice_content, None, "{way}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn only_notes_to_self_are_hidden() {
    alice_tries(|tx, desk| {
        show(tx, desk, &with(bob()))?;
        assert_eq!(kind(hide_notes(tx, desk, &with(bob()))), Some(ErrorKind::NotAllowed));
        hide_notes(tx, desk, &with(desk.me))?;
        assert_eq!(tx.standing(&with(desk.me))?.unwrap().priority, HIDDEN);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_is_pinned_later_stands_before_what_was_pinned_earlier() {
    alice_tries(|tx, desk| {
        assert_eq!(kind(set_pinned(tx, &with(bob()), true)), Some(ErrorKind::NotFound));
        for person in [bob(), alice()] {
            show(tx, desk, &with(person))?;
            set_pinned(tx, &with(person), true)?;
        }
        let priority = |tx: &WriteTx<'_>, person| tx.standing(&with(person)).unwrap().unwrap().priority;
        assert_eq!((priority(tx, bob()), priority(tx, alice())), (1, 2));
        set_pinned(tx, &with(bob()), true)?;
        assert_eq!(priority(tx, bob()), 1, "pinned already");
        set_pinned(tx, &with(bob()), false)?;
        assert_eq!(priority(tx, bob()), 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn reading_takes_the_mark_away() {
    alice_tries(|tx, desk| {
        assert_eq!(kind(mark_unread(tx, &with(bob()))), Some(ErrorKind::NotFound));
        show(tx, desk, &with(bob()))?;
        mark_unread(tx, &with(bob()))?;
        assert!(tx.standing(&with(bob()))?.unwrap().marked_unread);
        mark_read_between(tx, desk, &with(bob()), Timestamp::ZERO, NOW)?;
        assert!(!tx.standing(&with(bob()))?.unwrap().marked_unread);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn names_and_notes_have_limits_and_white_space_takes_them_away() {
    alice_tries(|tx, desk| {
        let called = |tx: &WriteTx<'_>| tx.contact(&bob()).unwrap().map(|row| (row.nickname, row.note));
        assert_eq!(kind(set_nickname(tx, desk, &bob(), &"x".repeat(101))), Some(ErrorKind::TooLarge));
        assert_eq!(kind(set_note(tx, desk, &bob(), &"é".repeat(MAX_NOTE_POINTS + 1))), Some(ErrorKind::TooLarge));
        assert_eq!(called(tx), None, "what is refused leaves nothing behind");
        set_nickname(tx, desk, &bob(), "Bobby")?;
        set_note(tx, desk, &bob(), " plays chess \n")?;
        assert_eq!(called(tx), Some(("Bobby".to_owned(), "plays chess".to_owned())));
        set_nickname(tx, desk, &bob(), "  ")?;
        set_note(tx, desk, &bob(), "")?;
        assert_eq!(called(tx), Some((String::new(), String::new())));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_table_of_who_is_a_contact() {
    alice_tries(|tx, _| {
        tx.ensure_conversation(&with(bob()), NOW)?;
        let (row, standing) = (tx.contact(&bob())?.unwrap(), tx.standing(&with(bob()))?);
        let table: [(ContactRow, Option<&Standing>, bool); 5] = [
            (row.clone(), standing.as_ref(), false),
            (ContactRow { approved: true, ..row.clone() }, None, true),
            (ContactRow { blocked: true, ..row.clone() }, None, true),
            (ContactRow { approved_me: true, ..row.clone() }, None, false),
            (ContactRow { approved_me: true, ..row }, standing.as_ref(), true),
        ];
        for (number, (row, standing, expected)) in table.into_iter().enumerate() {
            assert_eq!(is_contact(&row, standing), expected, "row {number}");
        }
        Ok(())
    })
    .await;
}

/// A text of ours to Bob.
fn text(tx: &mut WriteTx<'_>, desk: &Desk, number: u64) -> MessageId {
    let (conversation, sent_at) = (with(bob()), NOW + Duration::from_millis(number));
    tx.ensure_conversation(&conversation, NOW).unwrap();
    let new = NewMessage {
        conversation: &conversation,
        sender: &desk.me,
        outgoing: true,
        kind: MessageKind::Text,
        sent_at,
        received_at: sent_at,
        body: "hi",
        raw: &[],
        swarm_hash: "",
        read_at: sent_at,
        state: MessageState::Sent,
    };
    tx.insert_message(&new).unwrap().unwrap()
}

#[tokio::test]
async fn a_star_is_for_what_stays_and_can_always_be_taken_away() {
    alice_tries(|tx, desk| {
        let chat = with(bob());
        let [stays, goes, deleted] = [0, 10, 20].map(|number| text(tx, desk, number));
        let timer = Disappearing::AfterSend(Duration::from_secs(60));
        tx.set_lifetime(goes, timer, None, Timestamp::ZERO)?;
        tx.erase_message(deleted, NOW)?;
        set_starred(tx, desk, &chat, stays, true)?;
        for message in [goes, deleted] {
            let error = set_starred(tx, desk, &chat, message, true).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotAllowed);
            set_starred(tx, desk, &chat, message, false)?;
        }
        let elsewhere = with(desk.me);
        for (place, message) in [(&elsewhere, stays), (&chat, MessageId::from_i64(4_711))] {
            let error = set_starred(tx, desk, place, message, true).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
        }
        let starred = tx.starred(None, 9)?;
        assert_eq!(starred.iter().map(|row| row.message.id).collect::<Vec<_>>(), [stays]);
        assert_eq!(starred[0].starred_at, desk.network_now);
        Ok(())
    })
    .await;
}
