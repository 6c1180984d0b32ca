//! Stars: messages that somebody here wants to find again. They stay on this device.
//!
//! What disappears is never kept by a star, and what was deleted has none: whoever takes a message away, or what was
//! said in it, takes its star along, since it stands in the same row.

use super::messages::{SELECT, read};
use super::{ConversationId, MessageId, MessageRow, ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::error::Result;

/// A message with a star.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StarredRow {
    /// Where it stands.
    pub conversation: ConversationId,
    /// What it is.
    pub message: MessageRow,
    /// When the star was put on it (network): with the message's number the place in the list.
    pub starred_at: Timestamp,
}

impl ReadTx<'_> {
    /// At most `limit` messages with a star, the newest star first; those that stand behind `before` (a star's moment
    /// and its message) when it is given, for the next page.
    ///
    /// # Errors
    /// When the database fails.
    pub fn starred(&self, before: Option<(Timestamp, MessageId)>, limit: u32) -> Result<Vec<StarredRow>> {
        let (at, id) = before.map_or((i64::MAX, i64::MAX), |(at, id)| (at.to_sql(), id.as_i64()));
        let page = self.rows(STARRED, (at, id, limit), |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        let mut starred = Vec::with_capacity(page.len());
        for (id, at) in page {
            if let Some(message) = self.row(&format!("{SELECT} WHERE m.id = ?1"), [id], read)? {
                let conversation = message.conversation.clone();
                starred.push(StarredRow { conversation, message, starred_at: Timestamp::from_sql(at) });
            }
        }
        Ok(starred)
    }
}

impl WriteTx<'_> {
    /// Puts a star on a message at this moment (network), or takes it away. One that stands there keeps its moment.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_star(&mut self, id: MessageId, star: Option<Timestamp>) -> Result<()> {
        let at = star.map_or(0, |at| at.to_sql().max(1));
        let changed = self.run(
            "UPDATE messages SET starred_at = ?2 WHERE id = ?1 AND (starred_at > 0) <> (?2 > 0)",
            (id.as_i64(), at),
        )?;
        if changed > 0 {
            self.record_message_changed(id)?;
        }
        Ok(())
    }
}

const STARRED: &str = "SELECT id, starred_at FROM messages WHERE starred_at > 0 AND (starred_at, id) < (?1, ?2)
     ORDER BY starred_at DESC, id DESC LIMIT ?3";

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Change, Changes};
    use super::*;

    fn listed(tx: &ReadTx<'_>, before: Option<(Timestamp, MessageId)>, limit: u32) -> Vec<MessageId> {
        let page = tx.starred(before, limit).unwrap();
        assert!(page.iter().all(|row| row.message.starred && row.conversation == row.message.conversation));
        page.iter().map(|row| row.message.id).collect()
    }

    #[tokio::test]
    async fn the_newest_star_stands_first_page_by_page_whatever_the_conversation() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("stars", |tx| {
            let ids: Vec<_> = (0..5)
                .map(|number| {
                    let with = if number % 2 == 0 { bob() } else { carol() };
                    text(tx, with, with, 1_000 + number, "hi").unwrap()
                })
                .collect();
            for (at, star) in [(2, 50), (0, 60), (3, 60), (1, 70)] {
                tx.set_star(ids[at], Some(self::at(star)))?;
            }
            tx.set_star(ids[2], Some(at(99)))?;
            let order = [ids[1], ids[3], ids[0], ids[2]];
            assert_eq!(listed(tx, None, 9), order, "a second star changes nothing");
            let mut page = tx.starred(None, 2)?;
            for expected in [&order[..2], &order[2..]] {
                assert_eq!(page.iter().map(|row| row.message.id).collect::<Vec<_>>(), expected);
                let last = page.last().unwrap();
                page = tx.starred(Some((last.starred_at, last.message.id)), 2)?;
            }
            assert!(page.is_empty());
            tx.set_star(ids[3], None)?;
            assert_eq!(listed(tx, None, 9), [ids[1], ids[0], ids[2]]);
            assert!(!tx.message(ids[3])?.unwrap().starred);
            let plan =
                tx.rows(&format!("EXPLAIN QUERY PLAN {STARRED}"), (1, 1, 1), |row| Ok(row.get::<_, String>(3)?))?;
            let plan = plan.join("; ");
            assert!(plan.contains("messages_starred") && !plan.contains("TEMP B-TREE"), "{plan}");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn what_is_deleted_or_removed_has_no_star_any_more() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("stars", |tx| {
            for (number, how) in [0, 1, 2].into_iter().enumerate() {
                let id = text(tx, bob(), bob(), 1_000 + 10 * number as u64, "hi").unwrap();
                tx.set_star(id, Some(at(5)))?;
                match how {
                    0 => tx.erase_message(id, at(9_000))?,
                    1 => _ = tx.remove_message(id, at(9_000))?,
                    _ => _ = tx.remove_conversation(&chat(bob()), at(9_000))?,
                }
                assert_eq!(listed(tx, None, 9), []);
            }
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_star_is_told_as_a_change_of_its_message() {
        let ledger = Ledger::new().await;
        let id = ledger.store.write("text", says(bob(), bob(), 1_000, "hi")).await.unwrap().0.unwrap();
        let star = |on: bool| ledger.store.write("star", move |tx| tx.set_star(id, on.then(|| at(5))));
        let tells = |changes: Changes| changes.iter().any(|change| *change == Change::MessageChanged(id));
        assert!(tells(star(true).await.unwrap().1));
        assert!(!tells(star(true).await.unwrap().1), "nothing changed");
        assert!(tells(star(false).await.unwrap().1));
    }
}
