//! Moments that were stamped before the network's time was certain: what is needed to date them once more, before anything
//! that bears one leaves.
//!
//! A moment of ours is borne by everything that was written with it: the message or the line, the letter, its copy, the
//! answer to a request. So it is kept once here, under the millisecond that was given out, and not at each of them.

use std::time::Duration;

use super::outbox::{ErrandId, NewDate};
use super::{MessageId, ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::error::Result;

/// Where the monotonic reading stands, and of which run of the program: readings of two runs cannot be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// A number drawn when the account was opened.
    pub run: i64,
    /// The monotonic reading.
    pub monotonic: Duration,
}

/// A moment that was given out before the network's time was certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsettled {
    /// The timestamp as it was given out (network, as far as it was known).
    pub sent_at: Timestamp,
    /// The monotonic reading then.
    pub reading: Reading,
    /// What the device's clock showed then.
    pub device: Timestamp,
    /// Whether an offset of the network's time was known then, of this run or an earlier one.
    pub known: bool,
}

/// What is needed of a moment whose time is not certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uncertain {
    /// Where the monotonic reading stands.
    pub reading: Reading,
    /// Whether an offset of the network's time is known.
    pub known: bool,
}

impl ReadTx<'_> {
    /// All moments that wait for their date, in the order in which they were given out.
    ///
    /// # Errors
    /// When the database fails.
    pub fn unsettled(&self) -> Result<Vec<Unsettled>> {
        self.rows("SELECT sent_at, run, monotonic_ms, written_at, known FROM unsettled ORDER BY id", [], |row| {
            Ok(Unsettled {
                sent_at: Timestamp::from_sql(row.get(0)?),
                reading: Reading {
                    run: row.get(1)?,
                    monotonic: Duration::from_millis(u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0)),
                },
                device: Timestamp::from_sql(row.get(3)?),
                known: row.get(4)?,
            })
        })
    }

    /// Whether a moment waits for its date.
    ///
    /// # Errors
    /// When the database fails.
    pub fn is_unsettled(&self, sent_at: Timestamp) -> Result<bool> {
        self.any("SELECT 1 FROM unsettled WHERE sent_at = ?1", [sent_at.to_sql()])
    }

    /// What is noted of a moment that waits for its date; `None` when it does not.
    ///
    /// # Errors
    /// When the database fails.
    pub fn unsettled_at(&self, sent_at: Timestamp) -> Result<Option<Unsettled>> {
        let found = self.unsettled()?.into_iter().find(|moment| moment.sent_at == sent_at);
        Ok(found)
    }

    /// Whether any moment waits for its date.
    ///
    /// # Errors
    /// When the database fails.
    pub fn has_unsettled(&self) -> Result<bool> {
        self.any("SELECT 1 FROM unsettled", [])
    }

    /// What we wrote here under this moment, in any conversation, and what no swarm has yet.
    ///
    /// # Errors
    /// When the database fails.
    pub fn written_under(&self, sent_at: Timestamp) -> Result<Vec<MessageId>> {
        // One step into the index of each conversation. What another device sent has a hash.
        self.rows(
            "SELECT m.id FROM conversations c JOIN messages m ON m.conversation = c.id AND m.sent_at = ?1
             WHERE m.outgoing = 1 AND m.swarm_hash = '' AND m.state <> 2 ORDER BY m.id",
            [sent_at.to_sql()],
            |row| Ok(MessageId::from_i64(row.get(0)?)),
        )
    }

    /// The lowest place of what stood in the conversation of a message before it was written, and no further ahead than
    /// `latest`; zero for none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn place_above(&self, message: MessageId, latest: Timestamp) -> Result<Timestamp> {
        let above = self.row(
            "SELECT coalesce(max(o.ordered_at), 0) FROM messages m JOIN messages o ON o.conversation = m.conversation
             WHERE m.id = ?1 AND o.id < ?1 AND o.ordered_at <= ?2",
            (message.as_i64(), latest.to_sql()),
            |row| Ok(Timestamp::from_sql(row.get(0)?)),
        )?;
        Ok(above.unwrap_or(Timestamp::ZERO))
    }
}

impl WriteTx<'_> {
    /// Notes that a moment that was given out just now is to be dated later.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_unsettled(&mut self, moment: &Unsettled) -> Result<()> {
        // Under a clock that was set back a millisecond may come again, of something that is long deleted.
        self.forget_unsettled(moment.sent_at)?;
        let monotonic = i64::try_from(moment.reading.monotonic.as_millis()).unwrap_or(i64::MAX);
        self.insert(
            "INSERT INTO unsettled (sent_at, run, monotonic_ms, written_at, known) VALUES (?1, ?2, ?3, ?4, ?5)",
            (moment.sent_at.to_sql(), moment.reading.run, monotonic, moment.device.to_sql(), moment.known),
        )?;
        Ok(())
    }

    /// A moment waits for nothing any more.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_unsettled(&mut self, sent_at: Timestamp) -> Result<()> {
        self.run("DELETE FROM unsettled WHERE sent_at = ?1", [sent_at.to_sql()])?;
        Ok(())
    }

    /// Gives a message of ours that no swarm has another date and place (network time).
    ///
    /// # Errors
    /// When the database fails.
    pub fn redate_message(&mut self, id: MessageId, sent_at: Timestamp, ordered_at: Timestamp) -> Result<()> {
        let before = self.row("SELECT conversation, ordered_at FROM messages WHERE id = ?1", [id.as_i64()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })?;
        let Some((conversation, before)) = before else { return Ok(()) };
        self.run(
            "UPDATE messages SET sent_at = ?2, received_at = ?2, read_at = ?2, ordered_at = ?3 WHERE id = ?1",
            (id.as_i64(), sent_at.to_sql(), ordered_at.to_sql()),
        )?;
        // Was it the last that happened there, the conversation goes where it stands now.
        self.run(
            "UPDATE conversations
             SET active_at = iif(active_at = ?2, (SELECT max(ordered_at) FROM messages WHERE conversation = ?1),
                                 max(active_at, ?3))
             WHERE id = ?1",
            (conversation, before, ordered_at.to_sql()),
        )?;
        self.record_message_changed(id)
    }

    /// Gives an errand that was never sealed another content.
    ///
    /// # Errors
    /// When the database fails.
    pub fn reword_errand(&mut self, id: ErrandId, content: &[u8]) -> Result<()> {
        self.run("UPDATE outbox SET content = ?2 WHERE id = ?1 AND sealed = x''", (id.as_i64(), content)).map(|_| ())
    }

    /// Gives an errand that was never sealed another date, with the content that says so. Its time to try begins anew.
    ///
    /// # Errors
    /// When the database fails.
    pub fn redate_errand(&mut self, id: ErrandId, new: &NewDate<'_>) -> Result<()> {
        self.run(
            "UPDATE outbox SET sent_at = ?2, content = ?3, deadline = ?4 + (deadline - created_at), created_at = ?4
             WHERE id = ?1 AND sealed = x''",
            (id.as_i64(), new.sent_at.to_sql(), new.content, new.created_at.to_sql()),
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn moment(sent_at: u64, run: i64) -> Unsettled {
        let reading = Reading { run, monotonic: Duration::from_millis(7) };
        Unsettled { sent_at: at(sent_at), reading, device: at(sent_at + 1), known: run > 1 }
    }

    #[tokio::test]
    async fn moments_wait_in_the_order_in_which_they_were_given_out() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("moments", |tx| {
            assert!(!tx.has_unsettled()?);
            for moment in [moment(500, 1), moment(400, 1), moment(500, 2)] {
                tx.note_unsettled(&moment)?;
            }
            assert_eq!(tx.unsettled()?, [moment(400, 1), moment(500, 2)], "one that comes again is the later one");
            assert!(tx.is_unsettled(at(400))? && !tx.is_unsettled(at(401))?);
            tx.forget_unsettled(at(400))?;
            assert_eq!(tx.unsettled()?.len(), 1);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_message_that_is_dated_anew_takes_its_conversation_along() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("moments", |tx| {
            text(tx, bob(), bob(), 10, "hi");
            let ours = text(tx, bob(), alice(), 9_000, "written by a clock that is ahead").unwrap();
            text(tx, bob(), bob(), 30, "later");
            assert_eq!(tx.written_under(at(9_000))?, [ours]);
            assert_eq!(tx.place_above(ours, at(1_000))?, at(10), "what came later is not above it");
            tx.redate_message(ours, at(20), at(21))?;
            let row = tx.message(ours)?.unwrap();
            assert_eq!((row.sent_at, row.received_at, row.ordered_at), (at(20), at(20), at(21)));
            assert_eq!(tx.conversation(&chat(bob()))?.unwrap().active_at, at(30));
            Ok(())
        });
        write.await.unwrap();
    }
}
