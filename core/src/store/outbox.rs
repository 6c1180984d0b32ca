//! The out-tray: every intention to send is a row until the swarm has accepted it.
//!
//! **Order.** Rows of one recipient leave one after the other: a row is ready when no earlier row for the same recipient
//! waits. Between recipients nobody waits for anybody. Sync copies keep no order (their timestamps do) and hold up
//! nobody. **Dependence.** A row that waits for another becomes ready when that one leaves; when the other one fails, it
//! keeps waiting, because a resend may still bring it on its way. **Sealing.** The plaintext is sealed once and the sealed
//! bytes are kept, so that a retry after a crash stores the very same bytes and the swarm answers with the very same
//! hash. **Failing.** A failed row stays, out of everybody's way, for the person who presses *resend*.

use std::fmt;
use std::time::Duration;

use rusqlite::Row;

use super::failure::StoreFault;
use super::profile::{FROM_A_WRONG_CLOCK, account_at};
use super::{Change, ConversationId, MessageId, ReadTx, WriteTx};
use crate::address::Namespace;
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

/// Names a row of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxId(i64);

impl OutboxId {
    /// From a number that [`OutboxId::as_i64`] gave.
    pub const fn from_i64(number: i64) -> Self {
        Self(number)
    }

    /// The number; larger ones were written later.
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

/// What a row carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutboxKind {
    /// A message for its recipient (Note to Self included).
    Message,
    /// The copy of a message for our own swarm.
    SyncCopy,
    /// The answer to a message request.
    RequestResponse,
}

/// An intention to be written.
#[derive(Clone, Copy)]
pub struct NewOutbox<'a> {
    /// What it carries.
    pub kind: OutboxKind,
    /// The message it carries, if it carries one.
    pub message: Option<MessageId>,
    /// Whose swarm it goes to.
    pub recipient: &'a AccountId,
    /// Which namespace there.
    pub namespace: Namespace,
    /// The unpadded plaintext Content.
    pub content: &'a [u8],
    /// How long the swarm shall keep it.
    pub ttl: Duration,
    /// The timestamp inside (network).
    pub sent_at: Timestamp,
    /// Now (device).
    pub created_at: Timestamp,
    /// The row that must leave first.
    pub waits_for: Option<OutboxId>,
}

/// An intention as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number.
    pub id: OutboxId,
    /// What it carries.
    pub kind: OutboxKind,
    /// The message it carries, if it carries one.
    pub message: Option<MessageId>,
    /// Whose swarm it goes to.
    pub recipient: AccountId,
    /// Which namespace there.
    pub namespace: Namespace,
    /// The unpadded plaintext Content; empty once sealed.
    pub content: Vec<u8>,
    /// The sealed bytes, once sealed.
    pub sealed: Option<Vec<u8>>,
    /// How long the swarm shall keep it.
    pub ttl: Duration,
    /// The timestamp inside (network).
    pub sent_at: Timestamp,
    /// When the intention was written (device).
    pub created_at: Timestamp,
    /// The row that must leave first.
    pub waits_for: Option<OutboxId>,
    /// Refused attempts so far.
    pub attempts: u32,
    /// Not before this moment (device).
    pub retry_at: Timestamp,
    /// Failed; waits for a person.
    pub failed: bool,
}

impl ReadTx<'_> {
    /// One row.
    ///
    /// # Errors
    /// When the database fails.
    pub fn outbox_row(&self, id: OutboxId) -> Result<Option<OutboxRow>> {
        self.row(&format!("SELECT {COLUMNS} FROM outbox o WHERE o.id = ?1"), [id.0], read)
    }

    /// Rows that may leave now (device time), at most one for each recipient plus sync copies; people's messages first,
    /// then in the order in which they were written.
    ///
    /// # Errors
    /// When the database fails.
    pub fn outbox_ready(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxRow>> {
        self.rows(
            &format!(
                "SELECT {COLUMNS} FROM outbox o
                 WHERE o.state = 0 AND o.waits_for IS NULL AND o.retry_at <= ?1 AND {FIRST_IN_LANE}
                 ORDER BY o.priority, o.id LIMIT ?2"
            ),
            (now.to_sql(), limit),
            read,
        )
    }

    /// When the next row becomes ready by time (device); `None` when none waits for time. May lie in the past.
    ///
    /// # Errors
    /// When the database fails.
    pub fn outbox_next_retry(&self) -> Result<Option<Timestamp>> {
        let next = self.row(
            &format!(
                "SELECT min(o.retry_at) FROM outbox o WHERE o.state = 0 AND o.waits_for IS NULL AND {FIRST_IN_LANE}"
            ),
            [],
            |row| Ok(row.get::<_, Option<i64>>(0)?),
        )?;
        Ok(next.flatten().map(Timestamp::from_sql))
    }

    /// The rows that carry a message.
    ///
    /// # Errors
    /// When the database fails.
    pub fn outbox_of_message(&self, message: MessageId) -> Result<Vec<OutboxRow>> {
        self.rows(
            &format!("SELECT {COLUMNS} FROM outbox o WHERE o.message = ?1 ORDER BY o.id"),
            [message.as_i64()],
            read,
        )
    }

    /// The rows that carry messages of a conversation. Costs the outbox, whatever the conversation's length.
    ///
    /// # Errors
    /// When the database fails.
    pub fn outbox_of_conversation(&self, conversation: &ConversationId) -> Result<Vec<OutboxRow>> {
        self.rows(
            &format!(
                "SELECT {COLUMNS} FROM outbox o
                 WHERE (SELECT c.address FROM messages m JOIN conversations c ON c.id = m.conversation
                        WHERE m.id = o.message) = ?1 ORDER BY o.id"
            ),
            [conversation.to_string()],
            read,
        )
    }

    /// Whether something of a conversation waits to be sent that nobody who deleted it at `gone_at` can have known: it
    /// still leaves by itself, or it was written later (all network time; a moment well after `now` is that of a wrong
    /// clock and says nothing). What failed before then does not count, and neither does its copy, which waits for it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn has_unsent(&self, conversation: &ConversationId, gone_at: Timestamp, now: Timestamp) -> Result<bool> {
        self.any(
            "SELECT 1 FROM outbox o JOIN messages m ON m.id = o.message JOIN conversations c ON c.id = m.conversation
             WHERE c.address = ?1
               AND ((o.sent_at > ?2 AND o.sent_at <= ?3)
                    OR (o.state = 0 AND NOT EXISTS (SELECT 1 FROM outbox f WHERE f.id = o.waits_for AND f.state = 1)))",
            (conversation.to_string(), gone_at.to_sql(), (now + FROM_A_WRONG_CLOCK).to_sql()),
        )
    }

    /// All rows in the order in which they were written, for comparing and for tests.
    ///
    /// # Errors
    /// When the database fails.
    pub fn outbox(&self) -> Result<Vec<OutboxRow>> {
        self.rows(&format!("SELECT {COLUMNS} FROM outbox o ORDER BY o.id"), [], read)
    }
}

impl WriteTx<'_> {
    /// Writes an intention.
    ///
    /// # Errors
    /// When the database fails.
    pub fn insert_outbox(&mut self, new: &NewOutbox<'_>) -> Result<OutboxId> {
        let priority = i64::from(new.kind == OutboxKind::SyncCopy);
        let id = OutboxId(self.insert(
            "INSERT INTO outbox (kind, message, recipient, namespace, content, ttl_ms, sent_at, created_at, waits_for, priority)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            (
                new.kind.to_sql(),
                new.message.map(MessageId::as_i64),
                new.recipient.to_string(),
                new.namespace,
                new.content,
                i64::try_from(new.ttl.as_millis()).unwrap_or(i64::MAX),
                new.sent_at.to_sql(),
                new.created_at.to_sql(),
                new.waits_for.map(OutboxId::as_i64),
                priority,
            ),
        )?);
        self.record(Change::OutboxChanged(id));
        Ok(id)
    }

    /// Keeps the sealed bytes and drops the plaintext. The first sealing counts: when there is one already, nothing
    /// changes. Gives the bytes that count, or `None` when the row is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub fn seal_outbox(&mut self, id: OutboxId, sealed: &[u8]) -> Result<Option<Vec<u8>>> {
        self.run("UPDATE outbox SET sealed = ?2, content = x'' WHERE id = ?1 AND sealed = x''", (id.0, sealed))?;
        self.row("SELECT sealed FROM outbox WHERE id = ?1", [id.0], |row| Ok(row.get(0)?))
    }

    /// The swarm accepted it: the row leaves, and what waited for it becomes ready. Says whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub fn finish_outbox(&mut self, id: OutboxId) -> Result<bool> {
        let touched = self.run("DELETE FROM outbox WHERE id = ?1", [id.0])?;
        if touched > 0 {
            self.record(Change::OutboxChanged(id));
        }
        Ok(touched > 0)
    }

    /// Tries again at `retry_at` (device). `refused` counts the attempt; being offline does not.
    ///
    /// # Errors
    /// When the database fails.
    pub fn postpone_outbox(&mut self, id: OutboxId, retry_at: Timestamp, refused: bool) -> Result<()> {
        self.run(
            "UPDATE outbox SET retry_at = ?2, attempts = attempts + ?3 WHERE id = ?1",
            (id.0, retry_at.to_sql(), i64::from(refused)),
        )?;
        self.record(Change::OutboxChanged(id));
        Ok(())
    }

    /// Gives up until a person says otherwise.
    ///
    /// # Errors
    /// When the database fails.
    pub fn fail_outbox(&mut self, id: OutboxId) -> Result<()> {
        self.run("UPDATE outbox SET state = 1 WHERE id = ?1", [id.0])?;
        self.record(Change::OutboxChanged(id));
        Ok(())
    }

    /// *Resend*: the rows of a message start again at once, their fourteen days too. Says whether there were any.
    ///
    /// # Errors
    /// When the database fails.
    pub fn revive_outbox(&mut self, message: MessageId, now: Timestamp) -> Result<bool> {
        let rows =
            self.rows("SELECT id FROM outbox WHERE message = ?1", [message.as_i64()], |row| Ok(OutboxId(row.get(0)?)))?;
        for id in &rows {
            self.run(
                "UPDATE outbox SET state = 0, attempts = 0, retry_at = 0, created_at = ?2 WHERE id = ?1",
                (id.0, now.to_sql()),
            )?;
            self.record(Change::OutboxChanged(*id));
        }
        Ok(!rows.is_empty())
    }

    /// Answers to the request of `recipient` that failed start again at once. Says whether there were any.
    ///
    /// # Errors
    /// When the database fails.
    pub fn revive_answers(&mut self, recipient: &AccountId, now: Timestamp) -> Result<bool> {
        let rows = self.rows(
            "UPDATE outbox SET state = 0, attempts = 0, retry_at = 0, created_at = ?2
             WHERE recipient = ?1 AND kind = 3 AND state = 1 RETURNING id",
            (recipient.to_string(), now.to_sql()),
            |row| Ok(OutboxId(row.get(0)?)),
        )?;
        for id in &rows {
            self.record(Change::OutboxChanged(*id));
        }
        Ok(!rows.is_empty())
    }

    /// Takes back answers to the request of `recipient` that did not leave yet: whoever accepted thinks better of it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn withdraw_answers(&mut self, recipient: &AccountId) -> Result<()> {
        let rows = self.rows(
            "DELETE FROM outbox WHERE recipient = ?1 AND kind = 3 RETURNING id",
            [recipient.to_string()],
            |row| Ok(OutboxId(row.get(0)?)),
        )?;
        for id in rows {
            self.record(Change::OutboxChanged(id));
        }
        Ok(())
    }

    /// The network is back: every row that waits for time becomes ready now, except after a refusal: a swarm that is in
    /// trouble gets its time. Gives how many did.
    ///
    /// # Errors
    /// When the database fails.
    pub fn hurry_outbox(&mut self) -> Result<usize> {
        let rows = self.rows(
            "UPDATE outbox SET retry_at = 0 WHERE state = 0 AND retry_at > 0 AND attempts = 0 RETURNING id",
            [],
            |row| Ok(OutboxId(row.get(0)?)),
        )?;
        for id in &rows {
            self.record(Change::OutboxChanged(*id));
        }
        Ok(rows.len())
    }
}

impl OutboxKind {
    fn to_sql(self) -> i64 {
        match self {
            Self::Message => 1,
            Self::SyncCopy => 2,
            Self::RequestResponse => 3,
        }
    }

    fn from_sql(number: i64) -> Result<Self> {
        match number {
            1 => Ok(Self::Message),
            2 => Ok(Self::SyncCopy),
            3 => Ok(Self::RequestResponse),
            _ => Err(StoreFault::Value("outbox.kind").into()),
        }
    }
}

fn read(row: &Row<'_>) -> Result<OutboxRow> {
    let sealed: Vec<u8> = row.get(6)?;
    Ok(OutboxRow {
        id: OutboxId(row.get(0)?),
        kind: OutboxKind::from_sql(row.get(1)?)?,
        message: row.get::<_, Option<i64>>(2)?.map(MessageId::from_i64),
        recipient: account_at(row, 3)?,
        namespace: row.get(4)?,
        content: row.get(5)?,
        sealed: (!sealed.is_empty()).then_some(sealed),
        ttl: Duration::from_millis(u64::try_from(row.get::<_, i64>(7)?).unwrap_or(0)),
        sent_at: Timestamp::from_sql(row.get(8)?),
        created_at: Timestamp::from_sql(row.get(9)?),
        waits_for: row.get::<_, Option<i64>>(10)?.map(OutboxId),
        attempts: row.get(11)?,
        retry_at: Timestamp::from_sql(row.get(12)?),
        failed: row.get(13)?,
    })
}

impl fmt::Debug for OutboxRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxRow").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

const COLUMNS: &str =
    "o.id, o.kind, o.message, o.recipient, o.namespace, o.content, o.sealed, o.ttl_ms, o.sent_at, o.created_at,
     o.waits_for, o.attempts, o.retry_at, o.state";

/// No earlier row of the same recipient waits; sync copies neither wait nor hold up. Answered by the index `outbox_lanes`.
const FIRST_IN_LANE: &str = "(o.kind = 2 OR NOT EXISTS (
    SELECT 1 FROM outbox e WHERE e.recipient = o.recipient AND e.state = 0 AND e.kind <> 2 AND e.id < o.id))";

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn ready(tx: &ReadTx<'_>, now: u64) -> Vec<i64> {
        tx.outbox_ready(at(now), 100).unwrap().iter().map(|row| row.id.0).collect()
    }

    #[tokio::test]
    async fn rows_of_one_recipient_leave_in_order_and_nobody_waits_for_somebody_elses() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("outbox", |tx| {
            let first = tx.insert_outbox(&intention(bob(), None))?;
            let second = tx.insert_outbox(&intention(bob(), None))?;
            let other = tx.insert_outbox(&intention(carol(), None))?;
            assert_eq!(ready(tx, 0), [first.0, other.0]);
            tx.postpone_outbox(first, at(500), true)?;
            assert_eq!(ready(tx, 499), [other.0], "the second does not overtake the first");
            assert_eq!(tx.outbox_next_retry()?, Some(Timestamp::ZERO));
            assert_eq!(ready(tx, 500), [first.0, other.0]);
            assert!(tx.finish_outbox(other)?);
            assert_eq!(tx.outbox_next_retry()?, Some(at(500)));
            tx.fail_outbox(first)?;
            assert_eq!(ready(tx, 0), [second.0], "what failed is out of the way");
            tx.finish_outbox(second)?;
            assert_eq!((ready(tx, 1_000), tx.outbox_next_retry()?), (vec![], None));
            assert!(!tx.finish_outbox(second)?);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_sync_copy_waits_for_its_message_and_holds_up_nobody() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("outbox", |tx| {
            let copy = |waits_for| NewOutbox {
                kind: OutboxKind::SyncCopy,
                waits_for: Some(waits_for),
                ..intention(alice(), None)
            };
            let to_bob = tx.insert_outbox(&intention(bob(), None))?;
            let copy_of_bobs = tx.insert_outbox(&copy(to_bob))?;
            let to_carol = tx.insert_outbox(&intention(carol(), None))?;
            let copy_of_carols = tx.insert_outbox(&copy(to_carol))?;
            let note = tx.insert_outbox(&intention(alice(), None))?;
            assert_eq!(ready(tx, 0), [to_bob.0, to_carol.0, note.0]);
            tx.postpone_outbox(to_bob, at(500), false)?;
            tx.finish_outbox(to_carol)?;
            assert_eq!(ready(tx, 0), [note.0, copy_of_carols.0], "people first, then copies");
            tx.fail_outbox(to_bob)?;
            assert!(tx.outbox_row(copy_of_bobs)?.unwrap().waits_for.is_some(), "a copy of what never left stays");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn the_first_sealing_counts_and_the_plaintext_leaves() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("outbox", |tx| {
            let id = tx.insert_outbox(&intention(bob(), None))?;
            assert_eq!(tx.outbox_row(id)?.unwrap().sealed, None);
            assert_eq!(tx.seal_outbox(id, b"sealed")?, Some(b"sealed".to_vec()));
            assert_eq!(tx.seal_outbox(id, b"sealed again")?, Some(b"sealed".to_vec()));
            let row = tx.outbox_row(id)?.unwrap();
            assert_eq!((row.content.as_slice(), row.sealed.as_deref()), (b"".as_slice(), Some(b"sealed".as_slice())));
            tx.finish_outbox(id)?;
            assert_eq!(tx.seal_outbox(id, b"too late")?, None);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn resend_starts_a_failed_message_again_and_the_network_coming_back_hurries_all() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("outbox", |tx| {
            let message = text(tx, bob(), alice(), 10, "hi").unwrap();
            let id = tx.insert_outbox(&intention(bob(), Some(message)))?;
            tx.postpone_outbox(id, at(900), false)?;
            assert_eq!(tx.outbox_row(id)?.unwrap().attempts, 0, "being offline is no attempt");
            assert_eq!((tx.hurry_outbox()?, tx.hurry_outbox()?), (1, 0));
            assert_eq!(ready(tx, 0), [id.0]);
            tx.postpone_outbox(id, at(500), true)?;
            assert_eq!((tx.hurry_outbox()?, ready(tx, 0)), (0, vec![]), "a swarm that refused gets its time");
            tx.fail_outbox(id)?;
            assert!(tx.outbox_row(id)?.unwrap().failed);
            assert!(tx.revive_outbox(message, at(2_000))?);
            let row = tx.outbox_row(id)?.unwrap();
            assert_eq!((row.attempts, row.failed, row.created_at), (0, false, at(2_000)));
            tx.remove_message(message)?;
            assert_eq!(tx.outbox()?, [], "a removed message takes its intention along");
            assert!(!tx.revive_outbox(message, at(2_000))?);
            Ok(())
        });
        let ((), changes) = write.await.unwrap();
        assert!(changes.touches_outbox());
    }

    #[tokio::test]
    async fn a_thousand_rows_for_one_recipient_are_answered_by_an_index() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("outbox", |tx| {
            for _ in 0..1_000 {
                tx.insert_outbox(&intention(bob(), None))?;
            }
            assert_eq!(ready(tx, 0).len(), 1);
            let sql = format!("EXPLAIN QUERY PLAN SELECT o.id FROM outbox o WHERE o.state = 0 AND {FIRST_IN_LANE} ORDER BY o.priority, o.id");
            let plan = tx.rows(&sql, [], |row| Ok(row.get::<_, String>(3)?))?.join("; ");
            assert!(plan.contains("outbox_lanes") && plan.contains("outbox_in_order") && !plan.contains("TEMP"), "{plan}");
            Ok(())
        });
        write.await.unwrap();
    }
}
