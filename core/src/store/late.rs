//! What is read, and letters that come late.
//!
//! A letter stands in its conversation where it was sent, and may come long after letters that were sent later: the other
//! person had no network. Reading is noted as a place (*read until here*), and a late letter stands above it without anybody
//! having seen it. So a place counts for what its device can have had:
//!
//! - what this device marks itself is marked row by row; what comes later is unread, wherever it stands;
//! - what another device says is true for what our swarm had when it said so. When it said so is not known exactly: a document
//!   may have left again for another conversation. So what came long after the place it names is not read either.
//!
//! The place goes no further than to the first letter that is unread here: other devices would take it as read. Reading a late
//! letter moves the place on to where it came, or by the least there is, or other devices would not hear of it.

use std::time::Duration;

use super::{Change, ConversationId, MessageId, ReadTx, ReadWhere, Standing, WriteTx};
use crate::clock::Timestamp;
use crate::error::Result;

/// What tells whether a letter can have been read on another device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Where it stands ([`MessageRow::ordered_at`](super::MessageRow::ordered_at)).
    pub ordered_at: Timestamp,
    /// When our swarm got it.
    pub stored_at: Timestamp,
}

impl Standing {
    /// Whether another device of ours said that it read what stands here, at a time when it could have had it.
    pub fn was_read_elsewhere(&self, letter: Arrival) -> bool {
        letter.ordered_at <= self.read_elsewhere
            && letter.stored_at <= (self.read_elsewhere + LATE).min(self.read_elsewhere_at + CLOCKS_DIFFER)
    }
}

impl ReadTx<'_> {
    /// The unread message of a conversation that stands first; `None` when all is read.
    ///
    /// # Errors
    /// When the database fails.
    pub fn first_unread(&self, conversation: &ConversationId) -> Result<Option<MessageId>> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(None) };
        self.row(
            "SELECT id FROM messages WHERE conversation = ?1 AND outgoing = 0 AND read_at = 0
             ORDER BY ordered_at LIMIT 1",
            [number],
            |row| Ok(MessageId::from_i64(row.get(0)?)),
        )
    }
}

impl WriteTx<'_> {
    /// Notes when our swarm got a letter that is stored here (network time). One that is unread and came long after what was
    /// sent later brings its conversation up the list.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_stored_at(&mut self, id: MessageId, stored_at: Timestamp) -> Result<()> {
        self.run("UPDATE messages SET stored_at = ?2 WHERE id = ?1", (id.as_i64(), stored_at.to_sql()))?;
        self.run(
            "UPDATE conversations SET active_at = ?2
             WHERE id = (SELECT conversation FROM messages WHERE id = ?1 AND read_at = 0) AND active_at < ?2 - ?3
               AND active_at > (SELECT ordered_at FROM messages WHERE id = ?1)",
            (id.as_i64(), stored_at.to_sql(), i64::try_from(LATE.as_millis()).unwrap_or(i64::MAX)),
        )?;
        Ok(())
    }

    /// Marks what came in and stands no further down than `up_to` ([`MessageRow::ordered_at`](super::MessageRow::ordered_at)) as
    /// read at `now`; gives how many were unread.
    ///
    /// # Errors
    /// When the database fails.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests alone"))]
    pub fn mark_read(&mut self, conversation: &ConversationId, up_to: Timestamp, now: Timestamp) -> Result<usize> {
        self.mark_read_between(conversation, Timestamp::ZERO, up_to, now)
    }

    /// [`Self::mark_read`] of what stands no further up than `from`: what stands above came late and was not in sight.
    ///
    /// # Errors
    /// When the database fails.
    pub fn mark_read_between(
        &mut self,
        conversation: &ConversationId,
        from: Timestamp,
        up_to: Timestamp,
        now: Timestamp,
    ) -> Result<usize> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(0) };
        // Of the partial index, which every unread letter is in.
        let unread = self.rows(
            "SELECT id, ordered_at, stored_at FROM messages WHERE conversation = ?1 AND outgoing = 0 AND read_at = 0
               AND ordered_at BETWEEN ?3 AND ?2 ORDER BY ordered_at",
            (number, up_to.to_sql(), from.to_sql()),
            |row| Ok((MessageId::from_i64(row.get(0)?), [row.get(1)?, row.get(2)?].map(Timestamp::from_sql))),
        )?;
        let before = self.standing(conversation)?.map_or(Timestamp::ZERO, |standing| standing.read_up_to);
        let late = unread.iter().any(|(_, [ordered_at, _])| *ordered_at <= before);
        let came = unread.iter().map(|(_, [_, stored_at])| *stored_at).max().unwrap_or(Timestamp::ZERO);
        let unread: Vec<_> = unread.into_iter().map(|(id, _)| id).collect();
        let read = self.set_read(conversation, &unread, ReadWhere::Here(now), now)?;
        let held = self.row(
            "SELECT min(ordered_at) FROM messages WHERE conversation = ?1 AND outgoing = 0 AND read_at = 0",
            [number],
            |row| Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp::from_sql)),
        )?;
        let held = held.flatten().unwrap_or(Timestamp::from_millis(u64::MAX));
        // The pointer stands on a message, not on the moment: what is sent later is unread on every device. And one from somebody
        // whose clock is ahead must not make everything read that comes until then; our own clock may be behind, but not
        // behind what came. Nor does it pass what is unread: what was read below is told when that is read too.
        let newest = self.row(
            "SELECT ordered_at, received_at FROM messages WHERE conversation = ?1 AND outgoing = 0 AND ordered_at < ?2
               AND ordered_at <= ?3
             ORDER BY ordered_at DESC, sent_at DESC, sender DESC LIMIT 1",
            (number, held.to_sql(), up_to.max(now).to_sql()),
            |row| Ok((Timestamp::from_sql(row.get(0)?), Timestamp::from_sql(row.get(1)?))),
        )?;
        let on_a_message =
            newest.map_or(Timestamp::ZERO, |(ordered_at, received_at)| ordered_at.min(now.max(received_at)));
        self.set_read_up_to(conversation, on_a_message)?;
        let little = before + Duration::from_millis(1);
        if late && held > little {
            self.set_read_up_to(conversation, little)?;
        }
        // Others take it as read only if the place says that it was there.
        if came > before.max(on_a_message) + LATE && held > came.min(now) {
            self.set_read_up_to(conversation, came.min(now))?;
        }
        Ok(read)
    }

    /// Another device of ours said at `at` that it has read until `up_to` (both network time), and this is news: marks what it
    /// can have had; gives how many were unread. What comes yet and was in the swarm by then is born read.
    ///
    /// # Errors
    /// When the database fails.
    pub fn mark_read_elsewhere(
        &mut self,
        conversation: &ConversationId,
        up_to: Timestamp,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<usize> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(0) };
        self.set_read_up_to(conversation, up_to)?;
        self.run(
            "UPDATE conversations SET read_elsewhere = max(read_elsewhere, ?2), read_elsewhere_at = max(read_elsewhere_at, ?3)
             WHERE id = ?1",
            (number, up_to.to_sql(), at.to_sql()),
        )?;
        let unread = self.rows(
            "SELECT id FROM messages WHERE conversation = ?1 AND outgoing = 0 AND read_at = 0 AND ordered_at <= ?2
               AND stored_at <= ?3 ORDER BY ordered_at",
            (number, up_to.to_sql(), (up_to + LATE).min(at + CLOCKS_DIFFER).to_sql()),
            |row| Ok(MessageId::from_i64(row.get(0)?)),
        )?;
        self.set_read(conversation, &unread, ReadWhere::Elsewhere, now)
    }

    fn set_read(
        &mut self,
        conversation: &ConversationId,
        unread: &[MessageId],
        read: ReadWhere,
        now: Timestamp,
    ) -> Result<usize> {
        // Zero would mean unread.
        let read_at = now.to_sql().max(1);
        for id in unread {
            self.run("UPDATE messages SET read_at = ?2 WHERE id = ?1", (id.as_i64(), read_at))?;
            self.begin_as_read(*id, read, now)?;
            self.record(Change::MessageChanged(*id));
        }
        if !unread.is_empty() {
            self.record(Change::ConversationChanged(conversation.clone()));
        }
        Ok(unread.len())
    }
}

/// By how much the clock of whoever stored a letter may be ahead of that of our device that read it: nodes and devices agree
/// about the network's time to this.
pub(super) const CLOCKS_DIFFER: Duration = Duration::from_secs(10);

/// So much later than what stands at the end a letter came that is *late*: shorter, and letters that overtake each other on
/// the way would count. The list's query has the same number.
pub(super) const LATE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    const NOW: u64 = 10_000_000;

    /// Bob's letter of this moment, which our swarm got at `stored`.
    fn letter(tx: &mut WriteTx<'_>, sent: u64, stored: u64, body: &str) -> MessageId {
        let id = text(tx, bob(), bob(), sent, body).unwrap();
        tx.note_stored_at(id, at(stored)).unwrap();
        id
    }

    fn pointer(tx: &WriteTx<'_>) -> Timestamp {
        tx.standing(&chat(bob())).unwrap().unwrap().read_up_to
    }

    #[tokio::test]
    async fn reading_a_late_letter_moves_the_pointer_on_so_that_other_devices_hear_of_it() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("late", |tx| {
            letter(tx, NOW, NOW, "the train is late");
            assert_eq!(tx.mark_read(&chat(bob()), at(u64::MAX), at(NOW + 9))?, 1);
            assert_eq!(pointer(tx), at(NOW));
            let late = letter(tx, NOW - 1_000, NOW + 50, "call me");
            assert_eq!(tx.first_unread(&chat(bob()))?, Some(late));
            let between = tx.mark_read_between(&chat(bob()), at(NOW - 999), at(u64::MAX), at(NOW + 60))?;
            assert_eq!((between, pointer(tx)), (0, at(NOW)), "it was not in sight");
            assert_eq!(tx.mark_read(&chat(bob()), at(NOW - 1_000), at(NOW + 60))?, 1);
            assert_eq!((pointer(tx), tx.first_unread(&chat(bob()))?), (at(NOW + 1), None));
            assert_eq!(tx.mark_read(&chat(bob()), at(u64::MAX), at(NOW + 70))?, 0);
            assert_eq!(pointer(tx), at(NOW + 1), "and only once");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn reading_below_a_late_letter_tells_other_devices_nothing_until_it_is_read_too() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("late", |tx| {
            letter(tx, NOW, NOW, "the train is late");
            let late = letter(tx, NOW - 1_000, NOW + 50, "call me");
            letter(tx, NOW + 2_000, NOW + 2_000, "and the next one too");
            assert_eq!(tx.mark_read_between(&chat(bob()), at(NOW), at(NOW + 2_000), at(NOW + 3_000))?, 2);
            assert_eq!((pointer(tx), tx.first_unread(&chat(bob()))?), (at(0), Some(late)));
            assert_eq!(tx.mark_read(&chat(bob()), at(NOW - 1_000), at(NOW + 4_000))?, 1);
            assert_eq!(pointer(tx), at(NOW + 2_000), "all of it is read");

            // Two late ones above the pointer: the least step waits for both.
            letter(tx, NOW - 3_000, NOW + 5_000, "first");
            letter(tx, NOW - 2_000, NOW + 5_000, "second");
            assert_eq!(tx.mark_read_between(&chat(bob()), at(NOW - 2_500), at(NOW), at(NOW + 6_000))?, 1);
            assert_eq!(pointer(tx), at(NOW + 2_000));
            assert_eq!(tx.mark_read(&chat(bob()), at(NOW - 2_500), at(NOW + 6_000))?, 1);
            assert_eq!(pointer(tx), at(NOW + 2_001));
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn reading_what_came_long_after_it_was_sent_moves_the_pointer_to_where_it_came() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("late", |tx| {
            letter(tx, NOW, NOW, "the train is late");
            letter(tx, NOW - 1_000, NOW + 600_000, "call me");
            let future = letter(tx, NOW + 300_000, NOW + 600_000, "not in sight");
            assert_eq!(tx.mark_read(&chat(bob()), at(NOW), at(NOW + 700_000))?, 2);
            assert_eq!(pointer(tx), at(NOW), "something unread stands between");
            tx.remove_message(future, at(NOW + 700_000))?;
            letter(tx, NOW - 900, NOW + 700_000, "please");
            assert_eq!(tx.mark_read(&chat(bob()), at(u64::MAX), at(NOW + 690_000))?, 1);
            assert_eq!(pointer(tx), at(NOW + 690_000), "never ahead of now");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn another_device_has_read_what_it_can_have_had() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("late", |tx| {
            letter(tx, NOW, NOW, "the train is late");
            letter(tx, NOW - 1_000, NOW + 60_000, "call me");
            assert_eq!(tx.mark_read_elsewhere(&chat(bob()), at(NOW), at(NOW + 5_000), at(NOW + 70_000))?, 1);
            let standing = tx.standing(&chat(bob()))?.unwrap();
            let read = |ordered, stored| {
                standing.was_read_elsewhere(Arrival { ordered_at: at(ordered), stored_at: at(stored) })
            };
            assert!(read(NOW, NOW + 5_000) && read(NOW, NOW + 15_000), "clocks differ a little");
            assert!(!read(NOW, NOW + 15_001) && !read(NOW + 1, NOW));
            // The same document left once more, for another conversation.
            tx.mark_read_elsewhere(&chat(bob()), at(NOW), at(NOW + 900_000), at(NOW + 900_000))?;
            let standing = tx.standing(&chat(bob()))?.unwrap();
            let read = |stored| standing.was_read_elsewhere(Arrival { ordered_at: at(NOW), stored_at: at(stored) });
            assert!(read(NOW + 60_000) && !read(NOW + 60_001));
            letter(tx, NOW - 500, NOW + 70_000, "are you there?");
            assert_eq!(tx.mark_read_elsewhere(&chat(bob()), at(NOW + 1), at(NOW + 980_000), at(NOW + 990_000))?, 0);
            assert_eq!(
                tx.mark_read_elsewhere(&chat(bob()), at(NOW + 70_000), at(NOW + 980_000), at(NOW + 990_000))?,
                1
            );
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_clock_that_is_behind_does_not_hold_the_pointer_back() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("late", |tx| {
            letter(tx, NOW, NOW, "hi");
            tx.mark_read(&chat(bob()), at(u64::MAX), at(NOW - 1_200_000))?;
            assert_eq!(pointer(tx), at(NOW));
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_late_letter_is_what_the_list_shows_and_brings_its_conversation_up() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("late", |tx| {
            letter(tx, NOW, NOW + 500, "the train is late");
            tx.mark_read(&chat(bob()), at(u64::MAX), at(NOW + 900))?;
            let row = |tx: &WriteTx<'_>| {
                let row = tx.conversation(&chat(bob())).unwrap().unwrap();
                (row.active_at, row.newest.unwrap().text, row.unread)
            };
            let overtaken = letter(tx, NOW - 1_000, NOW + 2_000, "overtaken");
            assert_eq!(
                row(tx),
                (at(NOW), "the train is late".to_owned(), 1),
                "letters overtake each other all the time"
            );
            tx.remove_message(overtaken, at(NOW + 2_000))?;
            letter(tx, NOW - 2_000, NOW + 100_000, "call me");
            assert_eq!(row(tx), (at(NOW + 100_000), "call me".to_owned(), 1));
            tx.mark_read(&chat(bob()), at(u64::MAX), at(NOW + 200_000))?;
            assert_eq!(row(tx), (at(NOW + 100_000), "the train is late".to_owned(), 0));
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn what_is_unread_is_found_by_an_index_however_long_a_conversation_is() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("plan", |tx| {
            for (order, index) in
                [("stored_at DESC", "messages_unread_by_arrival"), ("ordered_at", "INDEX messages_unread (")]
            {
                let sql = format!(
                    "EXPLAIN QUERY PLAN SELECT id FROM messages
                     WHERE conversation = 1 AND outgoing = 0 AND read_at = 0 ORDER BY {order} LIMIT 1"
                );
                let plan = tx.rows(&sql, [], |row| Ok(row.get::<_, String>(3)?))?.join("; ");
                assert!(plan.contains(index) && !plan.contains("TEMP"), "{order}: {plan}");
            }
            Ok(())
        });
        write.await.unwrap();
    }
}
