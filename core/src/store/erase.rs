//! What a message leaves when it is deleted everywhere: its line, which says so, and nothing of what was said.
//!
//! The line keeps its place, its sender and its moment, by which the message is known when a node brings it back: whatever
//! envelope it comes in, it stands here already. It counts as read, since nobody can read it any more; that never makes
//! anything unread.

use super::{Change, ErrandId, MessageId, MessageRow, ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

use super::messages::{SELECT, read};
use super::removal::list;

impl ReadTx<'_> {
    /// What `sender` wrote at `sent_at`, in whatever conversations.
    ///
    /// # Errors
    /// When the database fails.
    pub fn messages_by_time(&self, sender: &AccountId, sent_at: Timestamp) -> Result<Vec<MessageRow>> {
        self.rows(
            &format!("{SELECT} WHERE m.id IN ({BY_MOMENT}) ORDER BY m.id"),
            (sent_at.to_sql(), sender.to_string()),
            read,
        )
    }

    /// The msgId that a message bears, as the number that its bytes are in little-endian order.
    ///
    /// # Errors
    /// When the database fails.
    pub fn msg_id(&self, message: MessageId) -> Result<Option<u64>> {
        let bytes = self.row("SELECT msg_id FROM messages WHERE id = ?1", [message.as_i64()], |row| {
            Ok(row.get::<_, Vec<u8>>(0)?)
        })?;
        Ok(bytes.and_then(|bytes| bytes.first_chunk().copied()).map(u64::from_le_bytes))
    }
}

impl WriteTx<'_> {
    /// Keeps the msgId that a message bears, unless another of its author and moment bears it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_msg_id(&mut self, message: MessageId, msg_id: u64) -> Result<()> {
        let bytes = msg_id.to_le_bytes();
        self.run("UPDATE OR IGNORE messages SET msg_id = ?2 WHERE id = ?1", (message.as_i64(), bytes.as_slice()))?;
        Ok(())
    }

    /// Takes everything that was said out of a message at `now` (network time), with its intentions to send, and leaves its line.
    ///
    /// # Errors
    /// When the database fails.
    pub fn erase_message(&mut self, id: MessageId, now: Timestamp) -> Result<()> {
        let intentions = self.rows("DELETE FROM outbox WHERE message = ?1 RETURNING id", [id.as_i64()], |row| {
            Ok(ErrandId::from_i64(row.get(0)?))
        })?;
        for intention in intentions {
            self.record(Change::OutboxChanged(intention));
        }
        self.run("DELETE FROM sendings WHERE message = ?1", [id.as_i64()])?;
        // State 2 is sent, 0 received; a reading at zero would be none.
        self.run(
            "UPDATE messages SET kind = 10, body = '', raw = x'', swarm_hash = '', state = iif(outgoing = 1, 2, 0), retry_at = 0,
                    failure = '', read_at = iif(read_at = 0, max(?2, 1), read_at), starred_at = 0
             WHERE id = ?1",
            (id.as_i64(), now.to_sql()),
        )?;
        self.forget_in_answers(&list([id]))?;
        self.run("UPDATE conversations SET draft_answers = NULL WHERE draft_answers = ?1", [id.as_i64()])?;
        for table in ["quotes", "reactions"] {
            self.run(&format!("DELETE FROM {table} WHERE message = ?1"), [id.as_i64()])?;
        }
        self.record_deletion();
        self.record_message_changed(id)
    }
}

/// One step into the index of each conversation, of which there are few; of messages of one sender there are many.
const BY_MOMENT: &str = "SELECT x.id FROM conversations k CROSS JOIN messages x ON x.conversation = k.id
     WHERE x.sent_at = ?1 AND x.sender = (SELECT id FROM contacts WHERE account = ?2)";

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{MessageKind, MessageState};
    use super::*;

    #[tokio::test]
    async fn what_is_erased_leaves_its_line_counts_as_read_and_is_found_by_nobody() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("erased", |tx| {
            let letter = text(tx, bob(), bob(), 1_000, "the code is 4711").unwrap();
            text(tx, bob(), bob(), 2_000, "hello");
            let row = |tx: &WriteTx<'_>| tx.conversation(&chat(bob())).unwrap().unwrap();
            assert_eq!(row(tx).unread, 2);
            tx.erase_message(letter, at(3_000))?;
            let line = tx.message(letter)?.unwrap();
            assert_eq!((line.kind, line.body.as_str(), line.state), (MessageKind::Deleted, "", MessageState::Received));
            assert_eq!((line.sent_at, line.sender, line.read_at), (at(1_000), bob(), at(3_000)));
            assert_eq!(row(tx).unread, 1, "nobody can read it any more");
            assert!(tx.search("4711", None, None, 10)?.is_empty());
            tx.erase_message(letter, at(9_000))?;
            assert_eq!((tx.message(letter)?.unwrap().read_at, row(tx).unread), (at(3_000), 1), "once is enough");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn what_was_not_sent_yet_does_not_leave_once_it_is_erased() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("erased", |tx| {
            let letter = text(tx, bob(), alice(), 1_000, "I quit").unwrap();
            tx.insert_errand(&intention(bob(), Some(letter)))?;
            tx.set_message_state(letter, MessageState::Retrying { at: at(9_000) })?;
            tx.erase_message(letter, at(2_000))?;
            assert_eq!((tx.errands()?.len(), tx.message(letter)?.unwrap().state), (0, MessageState::Sent));
            Ok(())
        });
        let ((), changes) = write.await.unwrap();
        assert!(changes.touches_outbox());
    }

    #[tokio::test]
    async fn a_message_is_found_by_its_moment_in_whatever_conversation_by_an_index() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("moments", |tx| {
            let one = text(tx, bob(), alice(), 1_000, "hi").unwrap();
            text(tx, carol(), alice(), 1_002, "hi");
            let found = tx.messages_by_time(&alice(), at(1_000))?;
            assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [one]);
            assert!(tx.messages_by_time(&bob(), at(1_000))?.is_empty());
            assert_eq!(tx.msg_id(one)?, None);
            tx.set_msg_id(one, 0x0102)?;
            assert_eq!(tx.msg_id(one)?, Some(0x0102));
            let sql = format!("EXPLAIN QUERY PLAN {BY_MOMENT}");
            let plan = tx.rows(&sql, (1, ""), |row| Ok(row.get::<_, String>(3)?))?.join("; ");
            assert!(plan.contains("messages_by_moment"), "{plan}");
            Ok(())
        });
        write.await.unwrap();
    }
}
