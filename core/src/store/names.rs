//! How the wire names messages: by author and moment, and by a msgId where the message bears one.
//!
//! Two messages of one author and one millisecond are two where each bears a msgId of its own. Where one of them bears
//! none, nobody can tell it from the other, and they count as one: of what earlier versions stored the msgId is not
//! known. A reference that bears a msgId means that message alone; one without means the first that came here
//! (messages.md 3.2, 7.4).

use super::messages::{SELECT, read};
use super::{ConversationId, MessageName, MessageRow, ReadTx};
use crate::error::Result;

impl ReadTx<'_> {
    /// The message of a conversation that a reference means.
    ///
    /// # Errors
    /// When the database fails.
    pub fn message_named(&self, conversation: &ConversationId, of: &MessageName) -> Result<Option<MessageRow>> {
        self.row(
            &format!(
                "{SELECT} WHERE c.address = ?1 AND m.sent_at = ?2 AND s.account = ?3 AND ?4 IN (x'', m.msg_id)
                 ORDER BY m.id LIMIT 1"
            ),
            (conversation.to_string(), of.sent_at.to_sql(), of.author.to_string(), name_bytes(of.msg_id)),
            read,
        )
    }

    /// The message of a conversation that a message of this name would double.
    ///
    /// # Errors
    /// When the database fails.
    pub fn same_message(&self, conversation: &ConversationId, name: &MessageName) -> Result<Option<MessageRow>> {
        self.row(
            &format!(
                "{SELECT} WHERE c.address = ?1 AND m.sent_at = ?2 AND s.account = ?3
                     AND (m.msg_id = ?4 OR m.msg_id = x'' OR ?4 = x'')
                 ORDER BY m.msg_id <> ?4, m.id LIMIT 1"
            ),
            (conversation.to_string(), name.sent_at.to_sql(), name.author.to_string(), name_bytes(name.msg_id)),
            read,
        )
    }
}

/// A msgId as its eight bytes; none is empty.
pub(super) fn name_bytes(msg_id: Option<u64>) -> Vec<u8> {
    msg_id.map_or_else(Vec::new, |msg_id| msg_id.to_le_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Before, MessageId, NewQuote};
    use super::*;

    fn name(msg_id: Option<u64>) -> MessageName {
        MessageName { author: bob(), sent_at: at(10), msg_id }
    }

    #[tokio::test]
    async fn two_messages_of_one_moment_are_two_when_each_bears_a_msg_id() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("twins", |tx| {
            let with = chat(bob());
            let [first, second] = [7, 8].map(|msg_id| named_text(tx, bob(), bob(), 10, Some(msg_id)).unwrap());
            assert_eq!(named_text(tx, bob(), bob(), 10, Some(8)), None, "the same once more");
            let meant = |msg_id| tx.message_named(&with, &name(msg_id)).unwrap().map(|row| row.id);
            assert_eq!([Some(7), Some(8), Some(9), None].map(meant), [Some(first), Some(second), None, Some(first)]);
            let same = |msg_id| tx.same_message(&with, &name(msg_id)).unwrap().map(|row| row.id);
            assert_eq!([Some(7), Some(8), Some(9), None].map(same), [Some(first), Some(second), None, Some(first)]);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn one_without_a_msg_id_is_not_told_from_the_other() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("nameless", |tx| {
            let only = text(tx, bob(), bob(), 10, "hi").unwrap();
            let same = |msg_id| tx.same_message(&chat(bob()), &name(msg_id)).unwrap().map(|row| row.id);
            assert_eq!([Some(7), None].map(same), [Some(only), Some(only)]);
            assert_eq!(tx.message_named(&chat(bob()), &name(Some(7)))?, None, "a reference by msgId means another");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn no_page_leaves_out_one_of_two_that_stand_at_one_moment() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("pages", |tx| {
            let ids: Vec<_> = (1..=5).map(|msg_id| named_text(tx, bob(), bob(), 10, Some(msg_id)).unwrap()).collect();
            let mut back: Vec<MessageId> = Vec::new();
            let mut before = Before::Latest;
            while let Some(row) = tx.messages_before(&chat(bob()), before, 1)?.first() {
                back.insert(0, row.id);
                before = Before::Message(row.id);
            }
            assert_eq!(back, ids);
            let on: Vec<_> = tx.messages_after(&chat(bob()), ids[0], 9)?.iter().map(|row| row.id).collect();
            assert_eq!(on, ids[1..]);
            assert_eq!(tx.first_since(&chat(bob()), at(10))?, Some(ids[0]));
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn an_answer_shows_the_one_that_it_names_or_the_first_and_stands_there_once() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("answers", |tx| {
            let twins = [7, 8].map(|msg_id| named_text(tx, bob(), bob(), 10, Some(msg_id)).unwrap());
            for (at, (msg_id, meant)) in
                [(Some(8), Some(twins[1])), (None, Some(twins[0])), (Some(9), None)].into_iter().enumerate()
            {
                let answer = text(tx, bob(), alice(), 20 + 2 * at as u64, "yes").unwrap();
                let author = bob().to_string();
                tx.set_quote(answer, &NewQuote { author: &author, sent_at: self::at(10), msg_id, fallback: "told" })?;
                let rows = tx.messages_before(&chat(bob()), Before::Latest, 9)?;
                assert_eq!(rows.iter().filter(|row| row.id == answer).count(), 1);
                let quote = tx.message(answer)?.unwrap().quote.unwrap();
                assert_eq!(quote.line.map(|line| line.message), meant);
            }
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_tombstone_keeps_its_own_message_away_and_not_the_other() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("buried", |tx| {
            let with = chat(bob());
            let twin = named_text(tx, bob(), bob(), 10, Some(7)).unwrap();
            tx.remove_message(twin, at(50))?;
            let buried =
                |tx: &ReadTx<'_>| [Some(7), Some(8), None].map(|msg_id| tx.is_buried(&with, &name(msg_id)).unwrap());
            assert_eq!(buried(tx), [true, false, false]);
            tx.bury(&with, &name(None), at(50))?;
            assert_eq!(buried(tx), [true, true, true], "what had no msgId, or none that is known");
            Ok(())
        });
        write.await.unwrap();
    }
}
