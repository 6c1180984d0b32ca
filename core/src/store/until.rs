//! What was in a conversation until a moment: what another device of ours deletes, or did not know yet.

use super::profile::FROM_A_WRONG_CLOCK;
use super::{ConversationId, MessageId, ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::error::Result;

impl ReadTx<'_> {
    /// Whether anything in a conversation was both sent and received after `at` (network time): a sender may write any time
    /// into a message, but what is here already was not sent later. A moment well after `now` is that of a wrong clock of
    /// our own and says nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub fn has_messages_after(&self, conversation: &ConversationId, at: Timestamp, now: Timestamp) -> Result<bool> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(false) };
        self.any(
            "SELECT 1 FROM messages
             WHERE conversation = ?1 AND sent_at > ?2 AND received_at > ?2 AND min(sent_at, received_at) <= ?3",
            (number, at.to_sql(), (now + FROM_A_WRONG_CLOCK).to_sql()),
        )
    }

    /// When the newest message of a conversation was sent that came in, or for `ours` that we wrote, and no later than it
    /// came here (network time); zero for none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn newest_until_here(&self, conversation: &ConversationId, ours: bool) -> Result<Timestamp> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(Timestamp::ZERO) };
        let newest = self.row(
            "SELECT coalesce(max(min(sent_at, received_at)), 0) FROM messages WHERE conversation = ?1 AND outgoing = ?2",
            (number, ours),
            |row| Ok(Timestamp::from_sql(row.get(0)?)),
        )?;
        Ok(newest.unwrap_or(Timestamp::ZERO))
    }
}

impl WriteTx<'_> {
    /// Removes at `now` (network time) what was sent in a conversation until `at`, or was here by then.
    ///
    /// # Errors
    /// When the database fails.
    pub fn remove_messages_until(
        &mut self,
        conversation: &ConversationId,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(()) };
        let gone = self.rows(
            "SELECT id FROM messages WHERE conversation = ?1 AND (sent_at <= ?2 OR received_at <= ?2)",
            (number, at.to_sql()),
            |row| Ok(MessageId::from_i64(row.get(0)?)),
        )?;
        self.remove_messages(&gone, now).map(|_| ())
    }
}
