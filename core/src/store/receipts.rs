//! Receipts: when the other person read what we wrote.
//!
//! The first receipt counts. One that comes before its message is kept until the message appears: another device of ours sent
//! it. Anybody whom we accepted can write receipts for messages that never were, so what is kept has a bound for each person
//! and one for all; those go first that are forgotten first.

use std::collections::HashMap;

use super::{Change, ConversationId, MessageId, ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

/// What a receipt says of the messages that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// When they were read (network).
    pub read_at: Timestamp,
    /// When the receipt is worth nothing any more (network).
    pub forgotten_at: Timestamp,
}

impl ReadTx<'_> {
    /// The moments of unread letters of a conversation that stand between two places
    /// ([`MessageRow::ordered_at`](super::MessageRow::ordered_at)): lines that nobody wrote are none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn unread_between(
        &self,
        conversation: &ConversationId,
        from: Timestamp,
        up_to: Timestamp,
    ) -> Result<Vec<Timestamp>> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(Vec::new()) };
        self.rows(
            "SELECT sent_at FROM messages WHERE conversation = ?1 AND outgoing = 0 AND read_at = 0 AND kind IN (1, 3, 8)
               AND ordered_at BETWEEN ?2 AND ?3 ORDER BY ordered_at",
            (number, from.to_sql(), up_to.to_sql()),
            |row| Ok(Timestamp::from_sql(row.get(0)?)),
        )
    }
}

impl WriteTx<'_> {
    /// `reader` has read what we wrote to them at these moments, named by a msgId where the receipt bears it. What is
    /// not here is kept until it comes. A few statements, however many moments there are.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_receipts(
        &mut self,
        reader: &AccountId,
        names: &[(Timestamp, Option<u64>)],
        receipt: Receipt,
    ) -> Result<()> {
        let Some(person) = self
            .row("SELECT id FROM contacts WHERE account = ?1", [reader.to_string()], |row| Ok(row.get::<_, i64>(0)?))?
        else {
            return Ok(());
        };
        let here = self.written_at(reader, &list(names.iter().map(|(sent_at, _)| sent_at.to_sql())))?;
        let (mut seen, mut early) = (Vec::new(), Vec::new());
        for (sent_at, msg_id) in names {
            match here.get(sent_at).map(|all| all.iter().find(|one| one.is_meant(*msg_id))) {
                Some(meant) => seen.extend(meant.map(|one| one.message.as_i64())),
                None => early.push(sent_at.to_sql()),
            }
        }
        self.set_seen(&list(seen), receipt.read_at)?;
        if early.is_empty() {
            return Ok(());
        }
        // No more than may stay.
        early.sort_unstable();
        let waits = early.into_iter().rev().take(usize::try_from(MOST_OF_ONE).unwrap_or(usize::MAX));
        self.run(
            "INSERT INTO receipts (reader, sent_at, read_at, forgotten_at)
             SELECT ?1, value, ?3, ?4 FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING",
            (person, list(waits), receipt.read_at.to_sql(), receipt.forgotten_at.to_sql()),
        )?;
        self.cut_receipts(person)
    }

    /// A message of ours to `reader` appeared at `now` (network): the receipt that came before it, if any, is its own.
    ///
    /// # Errors
    /// When the database fails.
    pub fn take_receipt(
        &mut self,
        message: MessageId,
        reader: &AccountId,
        sent_at: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let waiting = self.rows(
            "DELETE FROM receipts WHERE reader = (SELECT id FROM contacts WHERE account = ?1) AND sent_at = ?2
             RETURNING read_at, forgotten_at",
            (reader.to_string(), sent_at.to_sql()),
            |row| Ok([row.get(0)?, row.get(1)?].map(Timestamp::from_sql)),
        )?;
        match waiting.as_slice() {
            [[read_at, forgotten_at]] if *forgotten_at > now => self.set_seen(&list([message.as_i64()]), *read_at),
            _ => Ok(()),
        }
    }

    /// Forgets receipts whose time is over at `now` (network).
    ///
    /// # Errors
    /// When the database fails.
    pub fn purge_receipts(&mut self, now: Timestamp) -> Result<usize> {
        self.run("DELETE FROM receipts WHERE forgotten_at <= ?1", [now.to_sql()])
    }

    /// What we wrote to somebody at one of these moments (a JSON list), by its moment; what came here first stands first.
    fn written_at(&self, to: &AccountId, moments: &str) -> Result<HashMap<Timestamp, Vec<Written>>> {
        let rows = self.rows(
            "SELECT m.id, m.sent_at, m.msg_id FROM conversations c CROSS JOIN json_each(?2) j
             CROSS JOIN messages m ON m.conversation = c.id AND m.sent_at = j.value
             WHERE c.address = ?1 AND m.outgoing = 1 AND m.sender = (
                 SELECT id FROM contacts WHERE account = (SELECT account FROM profile))
             ORDER BY m.id",
            (to.to_string(), moments),
            |row| {
                let msg_id = row.get::<_, Vec<u8>>(2)?.first_chunk().copied().map(u64::from_le_bytes);
                Ok((Timestamp::from_sql(row.get(1)?), Written { message: MessageId::from_i64(row.get(0)?), msg_id }))
            },
        )?;
        let mut here: HashMap<Timestamp, Vec<Written>> = HashMap::with_capacity(rows.len());
        rows.into_iter().for_each(|(sent_at, written)| here.entry(sent_at).or_default().push(written));
        Ok(here)
    }

    /// These messages (a JSON list of their numbers) were read.
    fn set_seen(&mut self, messages: &str, at: Timestamp) -> Result<()> {
        let seen = self.rows(
            "UPDATE messages SET seen_at = ?2 WHERE id IN (SELECT value FROM json_each(?1)) AND seen_at = 0 RETURNING id",
            (messages, at.to_sql()),
            |row| Ok(MessageId::from_i64(row.get(0)?)),
        )?;
        seen.into_iter().for_each(|message| self.record(Change::MessageChanged(message)));
        Ok(())
    }

    fn cut_receipts(&mut self, person: i64) -> Result<()> {
        self.run(
            "DELETE FROM receipts WHERE reader = ?1 AND sent_at IN (
                 SELECT sent_at FROM receipts WHERE reader = ?1 ORDER BY forgotten_at DESC, sent_at DESC LIMIT -1 OFFSET ?2)",
            (person, MOST_OF_ONE),
        )?;
        self.run(
            "DELETE FROM receipts WHERE (reader, sent_at) IN (
                 SELECT reader, sent_at FROM receipts ORDER BY forgotten_at DESC LIMIT -1 OFFSET ?1)",
            [MOST_ROWS],
        )?;
        Ok(())
    }
}

/// A message of ours, by what it may be named.
struct Written {
    message: MessageId,
    msg_id: Option<u64>,
}

impl Written {
    /// Whether a receipt means it: without a msgId the moment alone says so.
    fn is_meant(&self, by: Option<u64>) -> bool {
        by.is_none() || self.msg_id.is_none() || self.msg_id == by
    }
}

/// Numbers as a JSON list, for statements about many rows.
fn list(numbers: impl IntoIterator<Item = i64>) -> String {
    let numbers: Vec<_> = numbers.into_iter().map(|number| number.to_string()).collect();
    format!("[{}]", numbers.join(","))
}

/// Receipts of one person that wait for their message: more than another device of ours sends while this one is away.
pub const MOST_OF_ONE: u32 = 500;

/// Receipts of all together: about 200 kB.
pub const MOST_ROWS: u32 = 5_000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::statements;
    use super::super::testing::*;
    use super::*;

    fn receipt(read_at: u64) -> Receipt {
        Receipt { read_at: at(read_at), forgotten_at: at(read_at) + Duration::from_secs(1_000) }
    }

    fn moments(all: impl IntoIterator<Item = Timestamp>) -> Vec<(Timestamp, Option<u64>)> {
        all.into_iter().map(|moment| (moment, None)).collect()
    }

    fn seen(tx: &WriteTx<'_>, id: MessageId) -> u64 {
        tx.message(id).unwrap().unwrap().seen_at.as_millis()
    }

    fn count(tx: &WriteTx<'_>) -> i64 {
        tx.row("SELECT count(*) FROM receipts", [], |row| Ok(row.get(0)?)).unwrap().unwrap()
    }

    #[tokio::test]
    async fn the_first_receipt_counts_whether_it_comes_before_its_message_or_after() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("receipts", |tx| {
            let first = text(tx, bob(), alice(), 10, "one").unwrap();
            tx.note_receipts(&bob(), &moments([at(10), at(20)]), receipt(100))?;
            tx.note_receipts(&bob(), &moments([at(10), at(20)]), receipt(200))?;
            tx.note_receipts(&carol(), &moments([at(10)]), receipt(50))?;
            assert_eq!((seen(tx, first), count(tx)), (100, 1), "nobody speaks for another, nor for strangers");
            let later = text(tx, bob(), alice(), 20, "two").unwrap();
            tx.take_receipt(later, &bob(), at(20), at(300))?;
            assert_eq!((seen(tx, later), count(tx)), (100, 0));
            tx.note_receipts(&bob(), &moments([at(30)]), receipt(100))?;
            let late = text(tx, bob(), alice(), 30, "three").unwrap();
            tx.take_receipt(late, &bob(), at(30), at(1_000_100))?;
            assert_eq!((seen(tx, late), count(tx)), (0, 0), "the swarm has forgotten it");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_hundred_thousand_receipts_for_messages_that_never_were_are_bounded_in_rows_and_in_work() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("flood", |tx| {
            for person_number in 2..22 {
                let who = person(person_number);
                tx.ensure_contact(&who, at(1))?;
                let many = moments((0..5_000).map(|moment| at(1_000 + moment)));
                let (statements, touched) = (statements(), changes(tx));
                tx.note_receipts(&who, &many, receipt(9_000_000))?;
                assert!(self::statements() - statements <= 8, "one letter, however many it names");
                assert!(changes(tx) - touched <= i64::from(2 * MOST_OF_ONE), "no more is written than may stay");
            }
            let rows = count(tx);
            assert_eq!(rows, i64::from(MOST_ROWS));
            for sql in [
                "SELECT reader, sent_at FROM receipts ORDER BY forgotten_at DESC LIMIT -1 OFFSET 9",
                "SELECT m.id, m.sent_at FROM conversations c CROSS JOIN json_each('[1]') j
                 CROSS JOIN messages m ON m.conversation = c.id AND m.sent_at = j.value WHERE c.address = 'x'",
            ] {
                let plan = tx.rows(&format!("EXPLAIN QUERY PLAN {sql}"), [], |row| Ok(row.get::<_, String>(3)?))?;
                let plan = plan.join("; ");
                assert!(plan.contains("receipts_by_end") || plan.contains("messages_by_moment"), "{plan}");
            }
            assert_eq!(tx.purge_receipts(at(u64::MAX))?, usize::try_from(rows).unwrap());
            Ok(())
        });
        write.await.unwrap();
    }

    /// Rows that were written so far.
    fn changes(tx: &WriteTx<'_>) -> i64 {
        tx.row("SELECT total_changes()", [], |row| Ok(row.get(0)?)).unwrap().unwrap()
    }

    #[tokio::test]
    async fn of_too_many_receipts_in_one_letter_the_newest_wait_and_all_that_are_here_count() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("many", |tx| {
            let ours: Vec<_> = (0..600).map(|n| text(tx, bob(), alice(), 10 + 2 * n, "one").unwrap()).collect();
            let many = moments((0..3_000).map(|n| at(10 + n)));
            tx.note_receipts(&bob(), &many, receipt(9_000))?;
            assert!(ours.iter().all(|message| seen(tx, *message) == 9_000));
            assert_eq!(count(tx), i64::from(MOST_OF_ONE));
            let newest = tx.row("SELECT min(sent_at) FROM receipts", [], |row| Ok(row.get::<_, i64>(0)?))?;
            assert_eq!(newest, Some(3_009 - i64::from(MOST_OF_ONE) + 1));
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn of_two_messages_of_one_moment_a_receipt_means_the_one_that_it_names_or_the_first() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("twins", |tx| {
            let [first, second] = [7, 8].map(|msg_id| named_text(tx, bob(), alice(), 10, Some(msg_id)).unwrap());
            tx.note_receipts(&bob(), &[(at(10), Some(8))], receipt(100))?;
            assert_eq!((seen(tx, first), seen(tx, second)), (0, 100));
            tx.note_receipts(&bob(), &[(at(10), Some(9))], receipt(200))?;
            assert_eq!((seen(tx, first), count(tx)), (0, 0), "another one, which is not here");
            tx.note_receipts(&bob(), &[(at(10), None)], receipt(300))?;
            assert_eq!((seen(tx, first), seen(tx, second)), (300, 100));
            Ok(())
        });
        write.await.unwrap();
    }
}
