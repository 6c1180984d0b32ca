//! Removing messages, one or many at a time.
//!
//! Whatever a message leaves elsewhere goes, or is written, in the same write: its intentions to send, its words in the search
//! (by a trigger), what others quoted of it, its tombstone. What is asked of the tables is asked once for all of them, since a
//! thousand may disappear in one moment.

use std::collections::HashSet;

use super::messages::conversation_at;
use super::tombstones::read_name;
use super::{Change, ConversationId, ErrandId, MessageId, MessageName, WriteTx};
use crate::clock::Timestamp;
use crate::error::Result;

impl WriteTx<'_> {
    /// Removes a message here at `now` (network time), with its intentions to send, and leaves its tombstone. Says whether
    /// there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn remove_message(&mut self, id: MessageId, now: Timestamp) -> Result<bool> {
        Ok(self.remove_messages(&[id], now)? > 0)
    }

    /// [`Self::remove_message`] for several; gives how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub fn remove_messages(&mut self, ids: &[MessageId], now: Timestamp) -> Result<usize> {
        let going = self.named(ids)?;
        if going.is_empty() {
            return Ok(0);
        }
        let list = list(going.iter().map(|(id, ..)| *id));
        self.bury_all(going.iter().map(|(_, conversation, of)| (conversation, of)), now)?;
        self.note_removals_of(&list)?;
        self.forget_in_answers(&list)?;
        let intentions = self.rows(
            "SELECT o.id FROM json_each(?1) j CROSS JOIN outbox o ON o.message = j.value ORDER BY o.id",
            [&list],
            |row| Ok(ErrandId::from_i64(row.get(0)?)),
        )?;
        self.run("DELETE FROM messages WHERE id IN (SELECT value FROM json_each(?1))", [&list])?;
        intentions.into_iter().for_each(|intention| self.record(Change::OutboxChanged(intention)));
        self.record_deletion();
        let count = going.len();
        for (message, conversation, _) in going {
            self.record(Change::MessageRemoved { message, conversation: conversation.clone() });
            self.record(Change::ConversationChanged(conversation));
        }
        Ok(count)
    }

    /// Those of these messages that stand here, each once, with where they stand and what names them.
    fn named(&self, ids: &[MessageId]) -> Result<Vec<(MessageId, ConversationId, MessageName)>> {
        let mut once = HashSet::with_capacity(ids.len());
        self.rows(
            "SELECT s.account, m.sent_at, m.msg_id, m.id, c.address FROM json_each(?1) j CROSS JOIN messages m ON m.id = j.value
             JOIN conversations c ON c.id = m.conversation JOIN contacts s ON s.id = m.sender",
            [list(ids.iter().copied().filter(|id| once.insert(*id)))],
            |row| Ok((MessageId::from_i64(row.get(3)?), conversation_at(row, 4)?, read_name(row)?)),
        )
    }
}

/// Numbers of messages as a JSON list, for statements about many rows.
pub(super) fn list(ids: impl IntoIterator<Item = MessageId>) -> String {
    let numbers: Vec<_> = ids.into_iter().map(|id| id.as_i64().to_string()).collect();
    format!("[{}]", numbers.join(","))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{NewQuote, statements};
    use super::*;

    #[tokio::test]
    async fn many_go_as_one_does_and_each_is_told_once() {
        let ledger = Ledger::new().await;
        let filled = ledger.store.write("filled", |tx| {
            let ids: Vec<_> = (0..4)
                .map(|number| {
                    let with = if number < 3 { bob() } else { carol() };
                    text(tx, with, with, 1_000 + number, "the code is 4711").unwrap()
                })
                .collect();
            let answer = text(tx, bob(), alice(), 2_000, "yes").unwrap();
            let author = bob().to_string();
            tx.set_quote(answer, &NewQuote { author: &author, sent_at: at(1_000), msg_id: None, fallback: "4711" })?;
            tx.insert_errand(&intention(bob(), Some(ids[1])))?;
            Ok((ids, answer))
        });
        let (ids, answer) = filled.await.unwrap().0;
        let going = [ids[0], ids[1], ids[3], ids[0], MessageId::from_i64(4_711)];
        let gone = ledger.store.write("removed", move |tx| tx.remove_messages(&going, at(9_000))).await.unwrap();
        assert_eq!(gone.0, 3);
        for id in [ids[0], ids[1], ids[3]] {
            let told = |change: &&Change| matches!(change, Change::MessageRemoved { message, .. } if *message == id);
            assert_eq!(gone.1.iter().filter(told).count(), 1);
        }
        assert!(gone.1.touches_outbox() && gone.1.iter().any(|change| *change == Change::MessageChanged(answer)));
        let checked = ledger.store.read(move |tx| {
            let left = tx.search("4711", None, None, 10)?;
            assert_eq!(left.iter().map(|found| found.message.id).collect::<Vec<_>>(), [ids[2]]);
            assert_eq!(tx.message(answer)?.unwrap().quote.unwrap().fallback, "");
            for (with, sent_at, buried) in [(bob(), 1_000, true), (carol(), 1_003, true), (bob(), 1_002, false)] {
                let of = MessageName { author: with, sent_at: at(sent_at), msg_id: None };
                assert_eq!(tx.is_buried(&chat(with), &of)?, buried);
            }
            assert_eq!(tx.conversation(&chat(bob()))?.unwrap().unread, 1);
            Ok(())
        });
        checked.await.unwrap();
    }

    #[tokio::test]
    async fn a_thousand_cost_little_more_than_their_tombstones() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("many", |tx| {
            let ids: Vec<_> = (0..1_000).map(|number| text(tx, bob(), bob(), 1_000 + number, "hi").unwrap()).collect();
            let before = statements();
            assert_eq!(tx.remove_messages(&ids, at(9_000))?, 1_000);
            assert!(statements() - before <= 1_000 + 10, "{}", statements() - before);
            Ok(())
        });
        write.await.unwrap();
    }
}
