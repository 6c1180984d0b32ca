//! When somebody was last heard of, and the newest letter that they may not have got.

use super::{ConversationId, Failure, MessageId, MessageState, ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

/// The newest letter of ours in a conversation of which nothing was heard since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewestUnanswered {
    /// Which.
    pub message: MessageId,
    /// Its moment (network).
    pub sent_at: Timestamp,
    /// Where it stands on its way.
    pub state: MessageState,
    /// When a swarm took it (network); its moment, where another device sent it.
    pub stored_at: Timestamp,
    /// When it was last sent again (network); zero when never.
    pub again_at: Timestamp,
    /// When they read it (network); zero when no receipt came.
    pub seen_at: Timestamp,
    /// When anything last came from them (network); zero when nothing did.
    pub heard_at: Timestamp,
}

impl ReadTx<'_> {
    /// The newest letter of ours that stands behind everything that was heard of the other person: sent, or on its way. None
    /// that disappears, bears what this version cannot send, or a name that another app gave it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn newest_unanswered(&self, conversation: &ConversationId) -> Result<Option<NewestUnanswered>> {
        self.row(NEWEST, [conversation.to_string()], |row| {
            Ok(NewestUnanswered {
                message: MessageId::from_i64(row.get(0)?),
                sent_at: Timestamp::from_sql(row.get(1)?),
                state: MessageState::from_sql(row.get(2)?, row.get(3)?, || Ok(Failure::Other))?,
                stored_at: Timestamp::from_sql(row.get(4)?),
                again_at: Timestamp::from_sql(row.get(5)?),
                seen_at: Timestamp::from_sql(row.get(6)?),
                heard_at: Timestamp::from_sql(row.get(7)?),
            })
        })
    }
}

impl WriteTx<'_> {
    /// Notes that something came from a person that their swarm or ours got at `at` (network). Nobody is told.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_heard(&mut self, person: &AccountId, at: Timestamp) -> Result<()> {
        self.run(
            "UPDATE conversations SET heard_at = ?2 WHERE address = ?1 AND heard_at < ?2",
            (person.to_string(), at.to_sql()),
        )?;
        Ok(())
    }

    /// Notes that a message of ours is sent again at `now` (network).
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_again_at(&mut self, message: MessageId, now: Timestamp) -> Result<()> {
        self.run("UPDATE messages SET again_at = ?2 WHERE id = ?1", (message.as_i64(), now.to_sql()))?;
        Ok(())
    }
}

/// From the end of the conversation up to where something was heard: few steps into the index of its order.
const NEWEST: &str = "
    SELECT m.id, m.sent_at, m.state, m.retry_at, coalesce(s.finished_at, m.sent_at), m.again_at, m.seen_at, c.heard_at
    FROM conversations c JOIN messages m ON m.conversation = c.id AND m.ordered_at >= c.heard_at
    LEFT JOIN sendings s ON s.message = m.id
    WHERE c.address = ?1 AND m.outgoing = 1 AND m.kind = 1 AND m.expiry_mode = 0 AND m.state <> 4 AND m.raw = x''
      AND m.msg_id = x''
    ORDER BY m.ordered_at DESC, m.sent_at DESC, m.sender DESC LIMIT 1";

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[tokio::test]
    async fn only_what_stands_behind_everything_that_was_heard_is_looked_at_by_an_index() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("letters", |tx| {
            let newest = |tx: &WriteTx<'_>| tx.newest_unanswered(&chat(bob())).unwrap().map(|found| found.message);
            let first = text(tx, bob(), alice(), 1_000, "hello?");
            assert_eq!(newest(tx), first);
            tx.note_heard(&bob(), at(2_000))?;
            tx.note_heard(&bob(), at(1_500))?;
            assert_eq!(newest(tx), None);
            let second = text(tx, bob(), alice(), 3_000, "still there?").unwrap();
            let failed = text(tx, bob(), alice(), 4_000, "hm").unwrap();
            tx.set_message_state(failed, MessageState::Failed(Failure::Rejected))?;
            let found = tx.newest_unanswered(&chat(bob()))?.unwrap();
            assert_eq!((found.message, found.heard_at, found.stored_at), (second, at(2_000), at(3_000)));
            tx.set_again_at(second, at(9_000))?;
            assert_eq!(tx.newest_unanswered(&chat(bob()))?.unwrap().again_at, at(9_000));
            let plan = tx.rows(&format!("EXPLAIN QUERY PLAN {NEWEST}"), [""], |row| Ok(row.get::<_, String>(3)?))?;
            let plan = plan.join("; ");
            assert!(plan.contains("messages_in_order") && !plan.contains("TEMP B-TREE"), "{plan}");
            Ok(())
        });
        write.await.unwrap();
    }
}
