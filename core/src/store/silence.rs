//! When somebody was last heard of, and the oldest letter that they may not have got.

use super::{Change, ConversationId, MessageId, ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

/// A letter of ours since which nothing was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LetterUnanswered {
    /// Which.
    pub message: MessageId,
    /// Its moment (network).
    pub sent_at: Timestamp,
    /// When a swarm last took it (network), as far as is known; its moment, where another device sent it.
    pub stored_at: Timestamp,
}

/// Which letters are looked for (network time).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LettersBetween {
    /// Sent no earlier.
    pub sent_since: Timestamp,
    /// A swarm last took it later than this.
    pub stored_after: Timestamp,
    /// And no later than this.
    pub stored_until: Timestamp,
}

impl ReadTx<'_> {
    /// The oldest letter of ours, of these, that was sent after everything that was heard of the other person, and that no
    /// receipt speaks of. None that is on its way, disappears, bears what this version cannot send, or a name that another app
    /// gave it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn oldest_unanswered(
        &self,
        conversation: &ConversationId,
        of: LettersBetween,
    ) -> Result<Option<LetterUnanswered>> {
        let between = (of.sent_since.to_sql(), of.stored_after.to_sql(), of.stored_until.to_sql());
        self.row(OLDEST, (conversation.to_string(), between.0, between.1, between.2), |row| {
            Ok(LetterUnanswered {
                message: MessageId::from_i64(row.get(0)?),
                sent_at: Timestamp::from_sql(row.get(1)?),
                stored_at: Timestamp::from_sql(row.get(2)?),
            })
        })
    }

    /// Whether a message of ours has left already, as far as is known, whatever of it is on its way now: it was sent again, our
    /// own swarm has its copy, or a swarm took it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn left_before(&self, message: MessageId) -> Result<bool> {
        self.any(
            "SELECT 1 FROM messages m WHERE m.id = ?1 AND m.outgoing = 1
               AND (m.again_at > 0 OR m.swarm_hash <> '' OR EXISTS (SELECT 1 FROM sendings s WHERE s.message = m.id))",
            [message.as_i64()],
        )
    }

    /// When a message of ours was last sent again (network time); zero when it never was.
    ///
    /// # Errors
    /// When the database fails.
    pub fn again_at(&self, message: MessageId) -> Result<Timestamp> {
        let at = self.row("SELECT again_at FROM messages WHERE id = ?1", [message.as_i64()], |row| Ok(row.get(0)?))?;
        Ok(Timestamp::from_sql(at.unwrap_or(0)))
    }
}

impl WriteTx<'_> {
    /// Notes that something came from a person that their swarm or ours got at `at` (network). That the conversation changed is
    /// told where a letter of ours waited for it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_heard(&mut self, person: &AccountId, at: Timestamp) -> Result<()> {
        let waited = self.any(
            "SELECT 1 FROM conversations c JOIN messages m ON m.conversation = c.id
             WHERE c.address = ?1 AND m.ordered_at >= c.heard_at AND m.ordered_at < ?2 AND m.outgoing = 1",
            (person.to_string(), at.to_sql()),
        )?;
        let touched = self.run(
            "UPDATE conversations SET heard_at = ?2 WHERE address = ?1 AND heard_at < ?2",
            (person.to_string(), at.to_sql()),
        )?;
        if waited && touched > 0 {
            self.record(Change::ConversationChanged(ConversationId::from(*person)));
        }
        Ok(())
    }

    /// Notes when a message of ours was last sent again (network); zero takes it back.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_again_at(&mut self, message: MessageId, at: Timestamp) -> Result<()> {
        self.run("UPDATE messages SET again_at = ?2 WHERE id = ?1", (message.as_i64(), at.to_sql()))?;
        self.record_message_changed(message)
    }
}

/// From where something was heard, or a month ago, on: steps into the index of the order of the conversation.
const OLDEST: &str = "
    SELECT m.id, m.sent_at, max(coalesce(s.finished_at, m.sent_at), m.again_at) AS taken_at
    FROM conversations c JOIN messages m ON m.conversation = c.id AND m.ordered_at >= max(c.heard_at, ?2)
    LEFT JOIN sendings s ON s.message = m.id
    WHERE c.address = ?1 AND m.sent_at >= max(c.heard_at, ?2) AND m.outgoing = 1 AND m.kind = 1 AND m.expiry_mode = 0
      AND m.state = 2 AND m.seen_at = 0 AND m.raw = x'' AND m.msg_id = x'' AND taken_at > ?3 AND taken_at <= ?4
    ORDER BY m.ordered_at, m.sent_at, m.sender LIMIT 1";

#[cfg(test)]
mod tests {
    use super::super::MessageState;
    use super::super::testing::*;
    use super::*;

    #[tokio::test]
    async fn who_was_silent_and_is_heard_again_is_told_and_only_then() {
        let ledger = Ledger::new().await;
        let wrote = ledger.store.write("letter", |tx| {
            text(tx, bob(), bob(), 500, "hi");
            Ok(text(tx, bob(), alice(), 1_000, "hello?"))
        });
        wrote.await.unwrap();
        for (heard, told) in [(900, false), (1_500, true), (2_000, false)] {
            let (_, changes) = ledger.store.write("heard", move |tx| tx.note_heard(&bob(), at(heard))).await.unwrap();
            let expected = Change::ConversationChanged(chat(bob()));
            assert_eq!(changes.iter().any(|change| *change == expected), told, "{heard}");
        }
    }

    #[tokio::test]
    async fn only_what_stands_behind_everything_that_was_heard_is_looked_at_by_an_index() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("letters", |tx| {
            let of =
                |since, until| LettersBetween { sent_since: at(since), stored_after: at(0), stored_until: at(until) };
            let oldest = |tx: &WriteTx<'_>| {
                let found = tx.oldest_unanswered(&chat(bob()), of(0, 8_000)).unwrap();
                found.map(|found| (found.message, found.stored_at))
            };
            let sent = |tx: &mut WriteTx<'_>, sent_at| {
                let letter = text(tx, bob(), alice(), sent_at, "hello?").unwrap();
                tx.set_message_state(letter, MessageState::Sent).map(|_| letter)
            };
            let first = sent(tx, 1_000)?;
            assert_eq!(oldest(tx), Some((first, at(1_000))));
            tx.note_heard(&bob(), at(2_000))?;
            tx.note_heard(&bob(), at(1_500))?;
            assert_eq!(oldest(tx), None);
            let (second, third) = (sent(tx, 3_000)?, sent(tx, 3_500)?);
            text(tx, bob(), alice(), 4_000, "on its way").unwrap();
            assert_eq!(oldest(tx), Some((second, at(3_000))));
            assert_eq!(tx.oldest_unanswered(&chat(bob()), of(3_001, 8_000))?.map(|found| found.message), Some(third));
            tx.set_again_at(second, at(9_000))?;
            assert_eq!(oldest(tx), Some((third, at(3_500))));
            let plan = format!("EXPLAIN QUERY PLAN {OLDEST}");
            let plan = tx.rows(&plan, ("", 0, 0, 0), |row| Ok(row.get::<_, String>(3)?))?;
            let plan = plan.join("; ");
            assert!(plan.contains("messages_in_order") && !plan.contains("TEMP B-TREE"), "{plan}");
            Ok(())
        });
        write.await.unwrap();
    }
}
