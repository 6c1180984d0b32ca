//! Receipts: when the other person read what we wrote.
//!
//! The first receipt counts. One that comes before its message is kept until the message appears: another device of ours sent
//! it. Anybody whom we accepted can write receipts for messages that never were, so what is kept has a bound for each person
//! and one for all; those go first that are forgotten first.

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
    /// `reader` has read what we wrote to them at these moments. What is not here is kept until it comes.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_receipts(&mut self, reader: &AccountId, moments: &[Timestamp], receipt: Receipt) -> Result<()> {
        let Some(person) = self
            .row("SELECT id FROM contacts WHERE account = ?1", [reader.to_string()], |row| Ok(row.get::<_, i64>(0)?))?
        else {
            return Ok(());
        };
        let me = self.own_account()?;
        let mut kept = false;
        for sent_at in moments {
            if let Some(message) = self.written_at(reader, &me, *sent_at)? {
                self.set_seen(message, receipt.read_at)?;
                continue;
            }
            kept = true;
            self.run(
                "INSERT INTO receipts (reader, sent_at, read_at, forgotten_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                (person, sent_at.to_sql(), receipt.read_at.to_sql(), receipt.forgotten_at.to_sql()),
            )?;
        }
        if kept { self.cut_receipts(person) } else { Ok(()) }
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
            [[read_at, forgotten_at]] if *forgotten_at > now => self.set_seen(message, *read_at),
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

    fn written_at(&self, to: &AccountId, me: &AccountId, sent_at: Timestamp) -> Result<Option<MessageId>> {
        self.row(
            "SELECT m.id FROM conversations c JOIN messages m ON m.conversation = c.id AND m.sent_at = ?2
             JOIN contacts s ON s.id = m.sender
             WHERE c.address = ?1 AND s.account = ?3 AND m.outgoing = 1",
            (to.to_string(), sent_at.to_sql(), me.to_string()),
            |row| Ok(MessageId::from_i64(row.get(0)?)),
        )
    }

    fn set_seen(&mut self, message: MessageId, at: Timestamp) -> Result<()> {
        let touched = self
            .run("UPDATE messages SET seen_at = ?2 WHERE id = ?1 AND seen_at = 0", (message.as_i64(), at.to_sql()))?;
        if touched > 0 {
            self.record(Change::MessageChanged(message));
        }
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

/// Receipts of one person that wait for their message: more than another device of ours sends while this one is away.
pub const MOST_OF_ONE: u32 = 500;

/// Receipts of all together: about 200 kB.
pub const MOST_ROWS: u32 = 5_000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::testing::*;
    use super::*;

    fn receipt(read_at: u64) -> Receipt {
        Receipt { read_at: at(read_at), forgotten_at: at(read_at) + Duration::from_secs(1_000) }
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
            tx.note_receipts(&bob(), &[at(10), at(20)], receipt(100))?;
            tx.note_receipts(&bob(), &[at(10), at(20)], receipt(200))?;
            tx.note_receipts(&carol(), &[at(10)], receipt(50))?;
            assert_eq!((seen(tx, first), count(tx)), (100, 1), "nobody speaks for another, nor for strangers");
            let later = text(tx, bob(), alice(), 20, "two").unwrap();
            tx.take_receipt(later, &bob(), at(20), at(300))?;
            assert_eq!((seen(tx, later), count(tx)), (100, 0));
            tx.note_receipts(&bob(), &[at(30)], receipt(100))?;
            let late = text(tx, bob(), alice(), 30, "three").unwrap();
            tx.take_receipt(late, &bob(), at(30), at(1_000_100))?;
            assert_eq!((seen(tx, late), count(tx)), (0, 0), "the swarm has forgotten it");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_hundred_thousand_receipts_for_messages_that_never_were_are_bounded() {
        let ledger = Ledger::new().await;
        let began = std::time::Instant::now();
        let write = ledger.store.write("flood", |tx| {
            for person_number in 2..22 {
                let who = person(person_number);
                tx.ensure_contact(&who, at(1))?;
                let moments: Vec<_> = (0..5_000).map(|moment| at(1_000 + moment)).collect();
                tx.note_receipts(&who, &moments, receipt(9_000_000))?;
            }
            let rows = count(tx);
            assert_eq!(rows, i64::from(MOST_ROWS));
            let plan = tx.rows(
                "EXPLAIN QUERY PLAN SELECT reader, sent_at FROM receipts ORDER BY forgotten_at DESC LIMIT -1 OFFSET 9",
                [],
                |row| Ok(row.get::<_, String>(3)?),
            )?;
            assert!(plan.join(" ").contains("receipts_by_end"), "{plan:?}");
            assert_eq!(tx.purge_receipts(at(u64::MAX))?, usize::try_from(rows).unwrap());
            Ok(())
        });
        write.await.unwrap();
        println!("{:?} for 100,000 receipts", began.elapsed());
        assert!(began.elapsed() < Duration::from_secs(60));
    }
}
