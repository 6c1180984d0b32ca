//! Messages: doubles, pages, states, and the indexes that answer.

use super::*;
use crate::store::testing::*;

#[tokio::test]
async fn a_sender_has_one_message_at_one_millisecond_in_one_conversation() {
    let ledger = Ledger::new().await;
    let write = ledger.store.write("texts", |tx| {
        assert!(text(tx, bob(), bob(), 10, "first").is_some());
        assert!(text(tx, bob(), bob(), 10, "double").is_none());
        assert!(text(tx, bob(), alice(), 10, "another sender").is_some());
        assert!(text(tx, carol(), carol(), 10, "another conversation").is_some());
        assert!(text(tx, bob(), bob(), 11, "another millisecond").is_some());
        let found = tx.message_by_time(&chat(bob()), &bob(), at(10))?.unwrap();
        assert_eq!(found.body, "first");
        assert_eq!(tx.message_by_time(&chat(carol()), &bob(), at(10))?, None);
        Ok(())
    });
    let ((), changes) = write.await.unwrap();
    assert_eq!(changes.iter().filter(|change| matches!(change, Change::MessageAdded(_))).count(), 4);
}

#[tokio::test]
async fn a_message_needs_its_conversation() {
    let ledger = Ledger::new().await;
    let write = ledger.store.write("text", |tx| {
        let (conversation, sender) = (chat(bob()), bob());
        tx.insert_message(&NewMessage {
            conversation: &conversation,
            sender: &sender,
            outgoing: false,
            kind: MessageKind::Text,
            sent_at: at(1),
            received_at: at(1),
            body: "",
            raw: &[],
            swarm_hash: "",
            read_at: Timestamp::ZERO,
            state: MessageState::Received,
        })
    });
    assert_eq!(write.await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(ledger.store.read(|tx| tx.contact(&bob())).await.unwrap().is_none(), "nothing of the write stayed");
}

#[tokio::test]
async fn pages_meet_without_gap_or_overlap_in_the_order_of_sending() {
    let ledger = Ledger::new().await;
    let write = ledger.store.write("texts", |tx| {
        // Arriving in a wild order, with two senders at the same millisecond.
        for number in 0..10_000_u64 {
            let sent_at = 1 + (number * 7_919) % 10_000;
            text(tx, bob(), if number % 2 == 0 { bob() } else { alice() }, sent_at / 2, "x");
        }
        Ok(())
    });
    write.await.unwrap();
    let walk = ledger.store.read(|tx| {
        let conversation = chat(bob());
        let mut page = tx.messages_before(&conversation, Before::Latest, 50)?;
        let mut all: Vec<MessageRow> = Vec::new();
        while let Some(first) = page.first() {
            let before = Before::Message(first.id);
            page.append(&mut all);
            all = std::mem::take(&mut page);
            page = tx.messages_before(&conversation, before, 50)?;
        }
        let mut forward = Vec::new();
        let mut last = all[0].id;
        loop {
            let page = tx.messages_after(&conversation, last, 333)?;
            let Some(newest) = page.last() else { break };
            last = newest.id;
            forward.extend(page);
        }
        assert_eq!(all[1..], forward);
        Ok(all)
    });
    let all = walk.await.unwrap();
    let counted = ledger.store.read(|tx| tx.rows("SELECT id FROM messages", [], |_| Ok(()))).await.unwrap().len();
    assert_eq!(all.len(), counted);
    assert!(all.is_sorted_by_key(|message| message.sent_at));
    let ids: std::collections::HashSet<_> = all.iter().map(|message| message.id).collect();
    assert_eq!(ids.len(), all.len());
}

#[tokio::test]
async fn a_page_before_a_message_that_is_gone_or_stands_elsewhere_is_empty() {
    let ledger = Ledger::new().await;
    let write = ledger.store.write("texts", |tx| {
        text(tx, bob(), bob(), 10, "one");
        let gone = text(tx, bob(), bob(), 20, "two").unwrap();
        let elsewhere = text(tx, carol(), carol(), 30, "three").unwrap();
        tx.remove_message(gone, at(99))?;
        for id in [gone, elsewhere] {
            assert_eq!(tx.messages_before(&chat(bob()), Before::Message(id), 50)?, []);
            assert_eq!(tx.messages_after(&chat(bob()), id, 50)?, []);
        }
        assert_eq!(tx.messages_before(&chat(person(77)), Before::Latest, 50)?, []);
        Ok(())
    });
    write.await.unwrap();
}

#[tokio::test]
async fn pages_and_the_conversation_list_are_answered_by_indexes() {
    let ledger = Ledger::new().await;
    let plans = ledger.store.read(|tx| {
        let plan = |sql: &str| {
            tx.rows(&format!("EXPLAIN QUERY PLAN {sql}"), [], |row| Ok(row.get::<_, String>(3)?)).map(|lines| lines.join("; "))
        };
        Ok([
            plan(&format!("{SELECT} WHERE m.conversation = 1 ORDER BY {NEWEST_FIRST} LIMIT 50"))?,
            plan(&format!(
                "{SELECT} WHERE m.conversation = 1 AND (m.ordered_at, m.sent_at, m.sender) <
                 (SELECT ordered_at, sent_at, sender FROM messages WHERE id = 5 AND conversation = 1)
                 ORDER BY {NEWEST_FIRST} LIMIT 50"
            ))?,
            plan("SELECT n.id FROM messages n WHERE n.conversation = 1 ORDER BY n.ordered_at DESC, n.sent_at DESC, n.sender DESC LIMIT 1")?,
            plan("SELECT id FROM messages WHERE conversation = 1 AND outgoing = 0 AND read_at = 0 AND ordered_at <= 9 ORDER BY ordered_at")?,
            plan("SELECT max(ordered_at) FROM messages WHERE conversation = 1 AND outgoing = 0 AND ordered_at <= 9")?,
            plan("SELECT 1 FROM messages f WHERE f.conversation = 1 AND f.state = 4")?,
        ])
    });
    for plan in plans.await.unwrap() {
        assert!(!plan.contains("SCAN m") && !plan.contains("SCAN n") && !plan.contains("SCAN f"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[tokio::test]
async fn every_state_and_its_sending_is_read_as_it_was_written() {
    let ledger = Ledger::new().await;
    let write = ledger.store.write("states", |tx| {
        let id = text(tx, bob(), alice(), 10, "hi").unwrap();
        let failures = [
            Failure::Rejected,
            Failure::Expired,
            Failure::TooLarge,
            Failure::NotAllowed,
            Failure::ClockWrong,
            Failure::Other,
        ];
        let states = [MessageState::Received, MessageState::Retrying { at: at(77) }, MessageState::Sent]
            .into_iter()
            .chain(failures.map(MessageState::Failed));
        for state in states {
            assert!(tx.set_message_state(id, state)?);
            assert!(!tx.set_message_state(id, state)?);
            assert_eq!(tx.message(id)?.unwrap().state, state);
        }
        let sending = Sending {
            accepted: 5,
            asked: 6,
            nodes: vec!["aa".repeat(32), "bb".repeat(32)],
            hops: vec![crate::store::Hop { key: "cc".repeat(32), ip: std::net::Ipv4Addr::LOCALHOST }],
            destination: "dd".repeat(32),
            latency: std::time::Duration::from_millis(321),
            attempts: 2,
            finished_at: at(99),
        };
        tx.set_sending(id, &sending)?;
        tx.set_sending(id, &sending)?;
        tx.set_swarm_hash(id, "hash")?;
        let row = tx.message_by_hash("hash")?.unwrap();
        assert_eq!((row.id, row.sending), (id, Some(sending)));
        assert_eq!(tx.message_by_hash("")?, None);
        Ok(())
    });
    write.await.unwrap();
}

#[tokio::test]
async fn the_bytes_of_a_newer_format_are_kept_and_lines_are_born_read() {
    let ledger = Ledger::new().await;
    let write = ledger.store.write("kinds", |tx| {
        let (conversation, sender) = (chat(bob()), bob());
        tx.ensure_conversation(&conversation, at(1))?;
        let new = NewMessage {
            conversation: &conversation,
            sender: &sender,
            outgoing: false,
            kind: MessageKind::NewerFormat,
            sent_at: at(10),
            received_at: at(11),
            body: "",
            raw: &[1, 2, 3],
            swarm_hash: "h",
            read_at: Timestamp::ZERO,
            state: MessageState::Received,
        };
        let newer = tx.insert_message(&new)?.unwrap();
        let line = NewMessage { kind: MessageKind::RequestAccepted, sent_at: at(12), raw: &[], read_at: at(12), ..new };
        let line = tx.insert_message(&line)?.unwrap();
        assert_eq!(tx.message_raw(newer)?, Some(vec![1, 2, 3]));
        assert_eq!(tx.message_raw(line)?, None);
        assert_eq!(tx.message(line)?.unwrap().kind, MessageKind::RequestAccepted);
        assert_eq!(tx.conversation(&conversation)?.unwrap().unread, 1);
        assert!(tx.has_incoming(&conversation)?);
        let mut seen = Vec::new();
        tx.each_message(|message| {
            seen.push(message.id);
            Ok(ControlFlow::Continue(()))
        })?;
        assert_eq!(seen, [newer, line]);
        Ok(())
    });
    write.await.unwrap();
}

/// A letter of `sender` that came in at `received_at`.
fn came(tx: &mut WriteTx<'_>, sender: AccountId, sent_at: u64, received_at: u64, body: &str) -> MessageId {
    let conversation = chat(sender);
    tx.ensure_conversation(&conversation, at(received_at)).unwrap();
    let new = NewMessage {
        conversation: &conversation,
        sender: &sender,
        outgoing: false,
        kind: MessageKind::Text,
        sent_at: at(sent_at),
        received_at: at(received_at),
        body,
        raw: &[],
        swarm_hash: "hash",
        read_at: Timestamp::ZERO,
        state: MessageState::Received,
    };
    tx.insert_message(&new).unwrap().unwrap()
}

#[tokio::test]
async fn letters_of_the_future_stand_where_they_came_in_and_say_their_own_date() {
    const FUTURE: u64 = 253_402_300_000_000;
    const NOW: u64 = 1_000_000_000;
    let ledger = Ledger::new().await;
    let write = ledger.store.write("future", |tx| {
        came(tx, bob(), NOW - 5, NOW, "before");
        // Two of them at once keep the order in which they were written.
        came(tx, bob(), FUTURE + 1, NOW, "second of the future");
        came(tx, bob(), FUTURE, NOW, "first of the future");
        came(tx, bob(), NOW + 30_000, NOW, "a clock half a minute ahead");
        came(tx, bob(), NOW + 90_000, NOW + 90_000, "later");
        let page = tx.messages_before(&chat(bob()), Before::Latest, 50)?;
        let expected =
            ["before", "a clock half a minute ahead", "first of the future", "second of the future", "later"];
        assert_eq!(bodies(&page), expected);
        assert_eq!((page[2].sent_at, page[2].ordered_at), (at(FUTURE), at(NOW + 60_000)));
        let first = tx.messages_after(&chat(bob()), page[1].id, 50)?;
        assert_eq!(bodies(&first), expected[2..]);
        assert_eq!(bodies(&tx.messages_before(&chat(bob()), Before::Message(page[3].id), 2)?), expected[1..3]);
        let row = tx.conversation(&chat(bob()))?.unwrap();
        assert_eq!((row.active_at, row.newest.unwrap().text.as_str()), (at(NOW + 90_000), "later"));

        came(tx, carol(), NOW + 100_000, NOW + 100_000, "somebody else");
        tx.set_approved(&bob(), true)?;
        tx.set_approved(&carol(), true)?;
        let order: Vec<_> = tx.conversations()?.into_iter().map(|row| row.id).collect();
        assert_eq!(order, [chat(carol()), chat(bob())]);
        Ok(())
    });
    write.await.unwrap();
}

#[tokio::test]
async fn reading_down_to_a_letter_reads_what_stands_above_it_however_it_is_dated() {
    const NOW: u64 = 1_000_000_000;
    let ledger = Ledger::new().await;
    let write = ledger.store.write("reading", |tx| {
        let future = came(tx, bob(), 9_000_000_000, NOW, "of the future");
        let later = came(tx, bob(), NOW + 90_000, NOW + 90_000, "later");
        came(tx, bob(), NOW + 95_000, NOW + 95_000, "not seen yet");
        let ordered = |tx: &WriteTx<'_>, id| tx.message(id).unwrap().unwrap().ordered_at;
        let up_to = ordered(tx, future);
        assert_eq!(tx.mark_read(&chat(bob()), up_to, at(NOW + 96_000))?, 1, "the one of the future alone");
        let up_to = ordered(tx, later);
        assert_eq!(tx.mark_read(&chat(bob()), up_to, at(NOW + 96_000))?, 1);
        assert_eq!(tx.standing(&chat(bob()))?.unwrap().read_up_to, at(NOW + 90_000), "what other devices hear");
        assert_eq!(tx.conversation(&chat(bob()))?.unwrap().unread, 1);
        Ok(())
    });
    write.await.unwrap();
}

#[tokio::test]
async fn what_a_person_writes_stands_last_unless_a_wrong_clock_put_something_further_ahead() {
    const NOW: u64 = 1_000_000_000;
    let ledger = Ledger::new().await;
    let write = ledger.store.write("last", |tx| {
        came(tx, bob(), NOW + 50_000, NOW, "from a clock that is ahead");
        let answer = text(tx, bob(), alice(), NOW + 10, "answer").unwrap();
        tx.stand_last(answer, at(NOW + 10))?;
        let page = tx.messages_before(&chat(bob()), Before::Latest, 50)?;
        assert_eq!(bodies(&page), ["from a clock that is ahead", "answer"]);
        assert_eq!(page[1].sent_at, at(NOW + 10), "its date is its own");
        let ahead = text(tx, bob(), alice(), 9 * NOW, "under a wrong clock").unwrap();
        tx.stand_last(ahead, at(9 * NOW))?;
        let next = text(tx, bob(), alice(), NOW + 20, "and after").unwrap();
        tx.stand_last(next, at(NOW + 20))?;
        let page = tx.messages_before(&chat(bob()), Before::Latest, 50)?;
        assert_eq!(bodies(&page), ["from a clock that is ahead", "answer", "and after", "under a wrong clock"]);
        Ok(())
    });
    write.await.unwrap();
}
