//! The list of conversations, and what it counts.

use super::super::testing::*;
use super::*;

use crate::store::{Store, testing};

async fn list(store: &Store) -> Vec<ConversationRow> {
    store.read(|tx| tx.conversations()).await.unwrap()
}

#[tokio::test]
async fn the_list_has_preview_unread_count_and_red_mark_of_each_conversation() {
    let ledger = Ledger::new().await;
    let write = ledger.store.write("texts", |tx| {
        for contact in [bob(), carol()] {
            tx.ensure_contact(&contact, at(1))?;
            tx.set_approved(&contact, true)?;
        }
        text(tx, bob(), bob(), 10, "one");
        text(tx, bob(), bob(), 30, &"long ".repeat(100));
        text(tx, bob(), bob(), 20, "late");
        let failed = text(tx, carol(), alice(), 15, "not sent").unwrap();
        tx.set_message_state(failed, MessageState::Failed(Failure::Rejected))?;
        text(tx, alice(), alice(), 5, "note");
        tx.ensure_conversation(&chat(person(9)), at(1))
    });
    write.await.unwrap();
    let rows = list(&ledger.store).await;
    let order: Vec<_> = rows.iter().map(|row| row.id.clone()).collect();
    assert_eq!(order, [chat(bob()), chat(carol()), chat(alice()), chat(person(9))]);
    let [bobs, carols, note, empty] = rows.as_slice() else { panic!("four rows") };
    assert_eq!((bobs.unread, bobs.failed, bobs.active_at), (3, false, at(30)));
    let preview = bobs.newest.as_ref().unwrap();
    assert_eq!((preview.text.chars().count(), preview.sent_at, preview.outgoing), (200, at(30), false));
    assert_eq!((carols.unread, carols.failed), (0, true));
    assert_eq!(carols.newest.as_ref().unwrap().state, MessageState::Failed(Failure::Rejected));
    assert_eq!(note.kind, Kind::NoteToSelf);
    assert_eq!((empty.newest.as_ref(), empty.active_at), (None, Timestamp::ZERO));
}

#[tokio::test]
async fn unread_counts_follow_every_way_a_message_can_come_be_read_or_go() {
    let ledger = Ledger::new().await;
    let write = ledger.store.write("texts", |tx| {
        let unread = |tx: &WriteTx<'_>| tx.conversation(&chat(bob())).unwrap().unwrap().unread;
        let ids: Vec<_> = (1..=5).filter_map(|number| text(tx, bob(), bob(), number * 10, "hi")).collect();
        text(tx, bob(), alice(), 60, "ours");
        assert_eq!(unread(tx), 5);
        assert_eq!(text(tx, bob(), bob(), 10, "again"), None);
        assert_eq!(unread(tx), 5, "a double is not counted");
        assert_eq!(tx.mark_read(&chat(bob()), at(20), at(100))?, 2);
        assert_eq!(tx.mark_read(&chat(bob()), at(20), at(100))?, 0);
        assert_eq!(unread(tx), 3);
        tx.remove_message(ids[0], at(99))?;
        assert_eq!(unread(tx), 3, "a read one left");
        tx.remove_message(ids[4], at(99))?;
        assert_eq!(unread(tx), 2, "an unread one left");
        let counted = tx.row("SELECT count(*) FROM messages WHERE outgoing = 0 AND read_at = 0", [], |row| {
            Ok(row.get::<_, u32>(0)?)
        })?;
        assert_eq!(counted, Some(2));
        tx.remove_conversation(&chat(bob()), at(99))?;
        tx.ensure_conversation(&chat(bob()), at(1))?;
        assert_eq!(unread(tx), 0);
        Ok(())
    });
    write.await.unwrap();
}

#[tokio::test]
async fn a_stranger_is_a_request_until_we_accept_decline_or_block() {
    let ledger = Ledger::new().await;
    let requests = async |store: &Store| store.read(|tx| tx.requests()).await.unwrap().len();
    let write = ledger.store.write("stranger", |tx| {
        text(tx, bob(), bob(), 10, "hello, I am Bob");
        tx.set_approved_me(&bob(), true)
    });
    write.await.unwrap();
    assert_eq!((requests(&ledger.store).await, list(&ledger.store).await.len()), (1, 0));
    assert_eq!(ledger.store.read(|tx| tx.unread_total()).await.unwrap(), 0, "requests do not count on the icon");
    let row = ledger.store.read(|tx| tx.conversation(&chat(bob()))).await.unwrap().unwrap();
    assert!(row.is_request());

    ledger.store.write("decline", |tx| tx.set_priority(&chat(bob()), -1)).await.unwrap();
    assert_eq!((requests(&ledger.store).await, list(&ledger.store).await.len()), (0, 0));
    ledger.store.write("block", |tx| tx.set_priority(&chat(bob()), 0).and(tx.set_blocked(&bob(), true))).await.unwrap();
    assert_eq!((requests(&ledger.store).await, list(&ledger.store).await.len()), (0, 0), "blocking is not accepting");
    assert_eq!(ledger.store.read(|tx| tx.unread_total()).await.unwrap(), 0);
    assert_eq!(ledger.store.read(|tx| tx.blocked_contacts()).await.unwrap().len(), 1);
    ledger.store.write("accept", |tx| tx.set_blocked(&bob(), false).and(tx.set_approved(&bob(), true))).await.unwrap();
    assert_eq!((requests(&ledger.store).await, list(&ledger.store).await.len()), (0, 1));
    assert_eq!(ledger.store.read(|tx| tx.unread_total()).await.unwrap(), 1);
}

#[tokio::test]
async fn pinned_conversations_stand_first_and_drafts_are_kept() {
    let ledger = Ledger::new().await;
    let write = ledger.store.write("texts", |tx| {
        for (number, contact) in [bob(), carol()].into_iter().enumerate() {
            tx.ensure_contact(&contact, at(1))?;
            tx.set_approved(&contact, true)?;
            text(tx, contact, contact, 10 + number as u64, "hi");
        }
        tx.set_draft(&chat(bob()), "not yet", None)?;
        assert!(!tx.set_priority(&chat(bob()), 0)?);
        tx.set_priority(&chat(bob()), 1)
    });
    let (_, changes) = write.await.unwrap();
    assert_eq!(changes.iter().filter(|change| **change == Change::ConversationChanged(chat(bob()))).count(), 1);
    let rows = list(&ledger.store).await;
    assert_eq!((rows[0].id.clone(), rows[0].draft.as_str()), (chat(bob()), "not yet"));
}

#[tokio::test]
async fn removing_a_conversation_takes_its_messages_words_and_intentions_but_not_the_person() {
    let ledger = Ledger::new().await;
    let write = ledger.store.write("texts", |tx| {
        let message = text(tx, bob(), alice(), 10, "marmalade").unwrap();
        tx.set_nickname(&bob(), "Bobby")?;
        let row = testing::intention(bob(), Some(message));
        tx.insert_errand(&row)
    });
    let (intention, _) = write.await.unwrap();
    let (removed, changes) =
        ledger.store.write("remove", |tx| tx.remove_conversation(&chat(bob()), at(99))).await.unwrap();
    assert!(removed);
    assert_eq!(
        changes.into_iter().collect::<Vec<_>>(),
        [Change::OutboxChanged(intention), Change::ConversationRemoved(chat(bob()))]
    );
    let left = ledger.store.read(|tx| {
        Ok((tx.search("marmalade", None, None, 10)?.len(), tx.errands()?.len(), tx.contact(&bob())?.unwrap().nickname))
    });
    assert_eq!(left.await.unwrap(), (0, 0, "Bobby".to_owned()));
    assert!(!ledger.store.write("remove", |tx| tx.remove_conversation(&chat(bob()), at(99))).await.unwrap().0);
}

/// So many that the word index is made anew instead.
#[tokio::test]
async fn removing_a_long_conversation_leaves_words_and_counts_of_the_others_right() {
    let ledger = Ledger::new().await;
    let long = |tx: &mut WriteTx<'_>| {
        for number in 0..(MANY as u64 + 10) {
            text(tx, bob(), bob(), 10 + number, "marmalade");
        }
        text(tx, carol(), carol(), 5, "marmalade toast");
        Ok(())
    };
    ledger.store.write("long", long).await.unwrap();
    ledger.store.write("remove", |tx| tx.remove_conversation(&chat(bob()), at(99))).await.unwrap();
    ledger.store.write("after", |tx| Ok(text(tx, carol(), carol(), 6, "marmalade again"))).await.unwrap();
    assert!(!ledger.store.write("search words", |tx| tx.index_some()).await.unwrap().0);
    let left = ledger.store.read(|tx| {
        let unread = tx.conversation(&chat(carol()))?.map(|row| row.unread);
        Ok((tx.search("marmalade", None, None, 100)?.len(), unread, tx.conversation(&chat(bob()))?))
    });
    assert_eq!(left.await.unwrap(), (2, Some(2), None), "and the triggers work again");
}

#[tokio::test]
async fn the_letters_of_a_request_are_counted_and_the_first_is_found_without_a_walk() {
    let ledger = Ledger::new().await;
    let write = ledger.store.write("stranger", |tx| {
        text(tx, bob(), bob(), 10, "hello");
        tx.set_approved_me(&bob(), true)?;
        for (person, expected) in [(bob(), true), (carol(), false), (alice(), false)] {
            assert_eq!(tx.has_request(&chat(person))?, expected);
        }
        assert!(tx.has_conversation(&chat(bob()))? && !tx.has_conversation(&chat(carol()))?);
        let plan = tx.rows(&format!("EXPLAIN QUERY PLAN {LIST}"), [], |row| Ok(row.get::<_, String>(3)?))?;
        let letters = plan.iter().filter(|step| step.contains("messages_letters")).count();
        assert_eq!(letters, 2, "{plan:?}");
        tx.set_approved(&bob(), true)?;
        assert!(!tx.has_request(&chat(bob()))?);
        Ok(())
    });
    write.await.unwrap();
}
