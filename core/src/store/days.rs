//! From a date to the place in a conversation where it begins.
//!
//! Messages stand where they came in, which their own date may lie ahead of, so that days are counted by the place
//! ([`MessageRow::ordered_at`](super::MessageRow::ordered_at)), as a reader meets them. Each question is one step into
//! an index.

use super::{ConversationId, MessageId, ReadTx};
use crate::clock::Timestamp;
use crate::error::Result;

impl ReadTx<'_> {
    /// The first message of a conversation that stands at `from` (network time) or after it; `None` when none does.
    ///
    /// # Errors
    /// When the database fails.
    pub fn first_since(&self, conversation: &ConversationId, from: Timestamp) -> Result<Option<MessageId>> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(None) };
        self.row(FIRST_SINCE, (number, from.to_sql()), |row| Ok(MessageId::from_i64(row.get(0)?)))
    }

    /// Where the first message of a conversation stands (network time); `None` for an empty one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn oldest_place(&self, conversation: &ConversationId) -> Result<Option<Timestamp>> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(None) };
        let oldest = self.row(OLDEST, [number], |row| Ok(row.get::<_, Option<i64>>(0)?))?;
        Ok(oldest.flatten().map(Timestamp::from_sql))
    }
}

const FIRST_SINCE: &str = "SELECT id FROM messages WHERE conversation = ?1 AND ordered_at >= ?2
     ORDER BY ordered_at, sent_at, sender, id LIMIT 1";

const OLDEST: &str = "SELECT min(ordered_at) FROM messages WHERE conversation = ?1";

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[tokio::test]
    async fn a_date_leads_to_the_first_message_that_stands_there_or_later() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("days", |tx| {
            let with = chat(bob());
            assert_eq!((tx.first_since(&with, at(0))?, tx.oldest_place(&with)?), (None, None), "nothing was said yet");
            let ids: Vec<_> =
                [3_000, 1_000, 2_000].iter().map(|sent| text(tx, bob(), bob(), *sent, "hi").unwrap()).collect();
            text(tx, carol(), carol(), 500, "elsewhere");
            for (from, expected) in
                [(0, Some(1)), (1_000, Some(1)), (1_001, Some(2)), (2_000, Some(2)), (2_001, Some(0)), (3_001, None)]
            {
                assert_eq!(tx.first_since(&with, at(from))?, expected.map(|at: usize| ids[at]), "from {from}");
            }
            assert_eq!(tx.oldest_place(&with)?, Some(at(1_000)));
            assert_eq!(tx.first_since(&with, at(u64::MAX))?, None);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_date_of_the_future_stands_where_its_letter_came_in() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("days", |tx| {
            let ahead = text(tx, bob(), bob(), 1_000, "hi").unwrap();
            tx.run("UPDATE messages SET sent_at = 9000000, ordered_at = 61005 WHERE id = ?1", [ahead.as_i64()])?;
            assert_eq!(tx.first_since(&chat(bob()), at(61_006))?, None);
            assert_eq!(tx.first_since(&chat(bob()), at(61_005))?, Some(ahead));
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn both_questions_are_answered_by_an_index() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("plans", |tx| {
            for (sql, index) in [(FIRST_SINCE, "messages_in_order"), (OLDEST, "messages_")] {
                let sql = sql.replace("?1", "1").replace("?2", "1");
                let plan = tx.rows(&format!("EXPLAIN QUERY PLAN {sql}"), [], |row| Ok(row.get::<_, String>(3)?))?;
                let plan = plan.join("; ");
                assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{sql}: {plan}");
            }
            Ok(())
        });
        write.await.unwrap();
    }
}
