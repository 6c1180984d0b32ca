//! Disappearing messages: when the time of one begins and ends, which goes next, and what our swarm keeps for longer.
//!
//! Each message carries how it disappears ([`Disappearing`]), as whoever sent it chose: the setting of a conversation governs
//! what we send and nothing else. When its time begins is one table ([`Disappearing::begins`]), the same for a letter that
//! arrives, one that is read here or on another device, and one that leaves, so that all devices end within moments of each
//! other (messages.md 7.6).
//!
//! | | after sending | after reading |
//! |---|---|---|
//! | sent here | when the swarm had it | when the swarm had it |
//! | sent by another device of ours | end in our swarm less the timer, else when it was sent | when it was sent |
//! | came in | end in our swarm less the timer, else when it was sent | not before it is read |
//! | read here | | now |
//! | read on another device | | end in our swarm less the timer, where that is no later than now; else now |
//!
//! Never later than now. Of the end in our swarm we know one node's word: it begins no time long before the letter was sent,
//! or one member could make away with letters. What has no end does not go, so a letter that failed waits as long as it takes.

use std::time::Duration;

use super::{Change, ConversationId, Disappearing, MessageId, ReadTx, WriteTx};
use crate::address::SwarmHash;
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

/// What the time of a message depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed {
    /// Written by us, on whichever device.
    pub ours: bool,
    /// The sender's time (network).
    pub sent_at: Timestamp,
    /// How it left, if it left from here.
    pub left: Left,
    /// Whether it was read, of what came in.
    pub read: ReadWhere,
    /// When our own swarm forgets it, as far as a node said (network); zero when nobody did.
    pub swarm_end: Timestamp,
    /// Now (network).
    pub now: Timestamp,
}

/// Whether a message left from this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It came from elsewhere.
    Elsewhere,
    /// It is still here, or failed.
    NotYet,
    /// A swarm had it then (network).
    At(Timestamp),
}

/// Where a message was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadWhere {
    /// Nowhere, as far as is known.
    Nowhere,
    /// Here, then (network).
    Here(Timestamp),
    /// On another device of ours.
    Elsewhere,
}

impl Disappearing {
    /// When the time of a message begins; `None` when it has not, or when the message stays.
    pub fn begins(self, message: &Timed) -> Option<Timestamp> {
        let Timed { ours, sent_at, left, read, swarm_end, now } = *message;
        let after = self.after()?;
        match left {
            Left::NotYet => return None,
            Left::At(at) => return Some(at.min(now)),
            Left::Elsewhere => (),
        }
        let sent = sent_at.min(now);
        let earliest = if sent_at > now { Timestamp::ZERO } else { sent_at - CLOCKS_DIFFER };
        let by_swarm =
            Some((swarm_end - after).max(earliest)).filter(|begun| swarm_end > Timestamp::ZERO && *begun <= now);
        match (self, read) {
            (Self::Off, _) => None,
            (Self::AfterSend(_), _) => Some(by_swarm.unwrap_or(sent)),
            (Self::AfterRead(_), _) if ours => Some(sent),
            (Self::AfterRead(_), ReadWhere::Nowhere) => None,
            (Self::AfterRead(_), ReadWhere::Here(at)) => Some(at.min(now)),
            (Self::AfterRead(_), ReadWhere::Elsewhere) => Some(by_swarm.unwrap_or(now)),
        }
    }

    /// After how long; `None` for what stays.
    pub fn after(self) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::AfterSend(after) | Self::AfterRead(after) => Some(after),
        }
    }

    /// When a message is gone whose time began then; zero for what stays, or has not begun.
    pub fn ends(self, begun: Option<Timestamp>) -> Timestamp {
        begun.zip(self.after()).map_or(Timestamp::ZERO, |(begun, after)| begun + after)
    }
}

/// A letter that our swarm keeps for longer than it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptTooLong {
    /// The message.
    pub message: MessageId,
    /// What our swarm calls it; `None` for a name that is none.
    pub hash: Option<SwarmHash>,
    /// When it disappears (network).
    pub end: Timestamp,
}

impl ReadTx<'_> {
    /// When the next message disappears (network); `None` while none will. One step into an index.
    ///
    /// # Errors
    /// When the database fails.
    pub fn next_expiry(&self) -> Result<Option<Timestamp>> {
        let next = self.row("SELECT min(expires_at) FROM messages WHERE expires_at > 0", [], |row| {
            Ok(row.get::<_, Option<i64>>(0)?)
        })?;
        Ok(next.flatten().map(Timestamp::from_sql))
    }

    /// Messages whose time is over at `now` (network), those that ended first first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn expired(&self, now: Timestamp, limit: usize) -> Result<Vec<MessageId>> {
        self.rows(
            "SELECT id FROM messages WHERE expires_at > 0 AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
            (now.to_sql(), i64::try_from(limit).unwrap_or(i64::MAX)),
            |row| Ok(MessageId::from_i64(row.get(0)?)),
        )
    }

    /// Letters that were read and that our swarm keeps for longer than they are shown, in the order of their ends.
    ///
    /// # Errors
    /// When the database fails.
    pub fn kept_too_long(&self, limit: usize) -> Result<Vec<KeptTooLong>> {
        self.rows(
            "SELECT id, swarm_hash, expires_at FROM messages
             WHERE outgoing = 0 AND expiry_mode = 2 AND expires_at > 0 AND swarm_hash <> ''
               AND (swarm_expires_at = 0 OR swarm_expires_at > expires_at)
             ORDER BY expires_at LIMIT ?1",
            [i64::try_from(limit).unwrap_or(i64::MAX)],
            |row| {
                let hash: String = row.get(1)?;
                Ok(KeptTooLong {
                    message: MessageId::from_i64(row.get(0)?),
                    hash: SwarmHash::parse(&hash),
                    end: Timestamp::from_sql(row.get(2)?),
                })
            },
        )
    }

    /// The notices of a person in a conversation that say that a timer was changed, with their moments.
    ///
    /// # Errors
    /// When the database fails.
    pub fn timer_notices(
        &self,
        conversation: &ConversationId,
        sender: &AccountId,
    ) -> Result<Vec<(MessageId, Timestamp)>> {
        self.rows(
            "SELECT m.id, m.sent_at FROM messages m JOIN conversations c ON c.id = m.conversation
             JOIN contacts s ON s.id = m.sender
             WHERE c.address = ?1 AND s.account = ?2 AND m.kind = 4 ORDER BY m.sent_at",
            (conversation.to_string(), sender.to_string()),
            |row| Ok((MessageId::from_i64(row.get(0)?), Timestamp::from_sql(row.get(1)?))),
        )
    }
}

impl WriteTx<'_> {
    /// Notes how a message disappears, when its time began, if it did, and when our swarm forgets it (zero: unknown).
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_lifetime(
        &mut self,
        id: MessageId,
        disappearing: Disappearing,
        begun: Option<Timestamp>,
        swarm_end: Timestamp,
    ) -> Result<()> {
        let (mode, seconds) = disappearing.to_config();
        self.run(
            "UPDATE messages SET expiry_mode = ?2, expiry_seconds = ?3, expires_at = ?4, swarm_expires_at = ?5 WHERE id = ?1",
            (
                id.as_i64(),
                mode,
                i64::try_from(seconds).unwrap_or(i64::MAX),
                disappearing.ends(begun).to_sql(),
                swarm_end.to_sql(),
            ),
        )?;
        self.record(Change::ExpiryChanged);
        Ok(())
    }

    /// A message left from here: a swarm had it at `stored_at`, and it is `now` (network). Its time begins, if it has one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn begin_as_sent(&mut self, id: MessageId, stored_at: Timestamp, now: Timestamp) -> Result<()> {
        self.begin(id, |row| Timed { left: Left::At(stored_at), now, ..row })
    }

    /// A message that came in was read, here or elsewhere, at `now` (network). Its time begins, if it waited for that.
    pub(super) fn begin_as_read(&mut self, id: MessageId, read: ReadWhere, now: Timestamp) -> Result<()> {
        self.begin(id, |row| Timed { read, now, ..row })
    }

    fn begin(&mut self, id: MessageId, happened: impl FnOnce(Timed) -> Timed) -> Result<()> {
        let waiting = self.row(
            "SELECT outgoing, sent_at, swarm_expires_at, expiry_mode, expiry_seconds FROM messages
             WHERE id = ?1 AND expiry_mode > 0 AND expires_at = 0",
            [id.as_i64()],
            |row| {
                let message = Timed {
                    ours: row.get(0)?,
                    sent_at: Timestamp::from_sql(row.get(1)?),
                    left: Left::Elsewhere,
                    read: ReadWhere::Nowhere,
                    swarm_end: Timestamp::from_sql(row.get(2)?),
                    now: Timestamp::ZERO,
                };
                Ok((message, Disappearing::from_sql(row.get(3)?, row.get(4)?)?))
            },
        )?;
        let Some((message, disappearing)) = waiting else { return Ok(()) };
        let end = disappearing.ends(disappearing.begins(&happened(message)));
        self.run("UPDATE messages SET expires_at = ?2 WHERE id = ?1", (id.as_i64(), end.to_sql()))?;
        self.record_message_changed(id)?;
        self.record(Change::ExpiryChanged);
        Ok(())
    }

    /// The network's time is known better, and it is `now`: no time can have begun later. What began under a clock that was
    /// ahead begins now.
    ///
    /// # Errors
    /// When the database fails.
    pub fn begin_no_later(&mut self, now: Timestamp) -> Result<()> {
        let ahead = self.rows(
            "UPDATE messages SET expires_at = ?1 + expiry_seconds * 1000
             WHERE expires_at > ?1 AND expires_at > ?1 + expiry_seconds * 1000 RETURNING id",
            [now.to_sql()],
            |row| Ok(MessageId::from_i64(row.get(0)?)),
        )?;
        for id in ahead {
            self.record_message_changed(id)?;
            self.record(Change::ExpiryChanged);
        }
        Ok(())
    }

    /// Our swarm is asked to forget a letter when it disappears.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_swarm_end(&mut self, id: MessageId, end: Timestamp) -> Result<()> {
        self.run("UPDATE messages SET swarm_expires_at = ?2 WHERE id = ?1", (id.as_i64(), end.to_sql())).map(|_| ())
    }

    /// Our swarm says when it forgets a letter whose time has begun: the letter disappears no later.
    ///
    /// # Errors
    /// When the database fails.
    pub fn confirm_swarm_end(&mut self, hash: &SwarmHash, end: Timestamp) -> Result<()> {
        let earlier = self.rows(
            "UPDATE messages SET swarm_expires_at = min(expires_at, ?2), expires_at = min(expires_at, ?2)
             WHERE swarm_hash = ?1 AND swarm_hash <> '' AND outgoing = 0 AND expiry_mode = 2 AND expires_at > ?2 RETURNING id",
            (hash.as_str(), end.to_sql().max(1)),
            |row| Ok(MessageId::from_i64(row.get(0)?)),
        )?;
        for id in earlier {
            self.record_message_changed(id)?;
            self.record(Change::ExpiryChanged);
        }
        Ok(())
    }

    /// Our swarm does not know a letter any more, at `now` (network), although it would not have forgotten it by itself what
    /// came there after `since`: another device of ours saw to its end, which is now.
    ///
    /// # Errors
    /// When the database fails.
    pub fn is_unknown_to_swarm(&mut self, hash: &SwarmHash, since: Timestamp, now: Timestamp) -> Result<()> {
        let kept = self.any(
            "SELECT 1 FROM messages WHERE swarm_hash = ?1 AND swarm_hash <> '' AND iif(stored_at > 0, stored_at, received_at) > ?2",
            (hash.as_str(), since.to_sql()),
        )?;
        if kept { self.confirm_swarm_end(hash, now) } else { Ok(()) }
    }

    /// Notes when the timer with a person was last chosen, as a notice of ours says (network).
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_expiry_set_at(&mut self, account: &AccountId, at: Timestamp) -> Result<()> {
        self.run(
            "UPDATE contacts SET expiry_set_at = max(expiry_set_at, ?2) WHERE account = ?1",
            (account.to_string(), at.to_sql()),
        )
        .map(|_| ())
    }

    /// When the timer with a person was last chosen, as a notice of ours said (network); zero when none did.
    ///
    /// # Errors
    /// When the database fails.
    pub fn expiry_set_at(&self, account: &AccountId) -> Result<Timestamp> {
        let at = self.row("SELECT expiry_set_at FROM contacts WHERE account = ?1", [account.to_string()], |row| {
            Ok(Timestamp::from_sql(row.get(0)?))
        })?;
        Ok(at.unwrap_or(Timestamp::ZERO))
    }
}

/// By how much the clock of whoever wrote a letter may be ahead of that of the node that stored it: more than any two honest
/// ones differ.
const CLOCKS_DIFFER: Duration = Duration::from_secs(2 * 60);

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    const NOW: u64 = 10_000_000;
    const SOON: Duration = Duration::from_secs(300);

    /// Bob's letter of this moment that disappears so, with what our swarm calls it and when it forgets it.
    fn letter(tx: &mut WriteTx<'_>, sent: u64, how: Disappearing, hash: &str, swarm_end: u64) -> MessageId {
        let id = text(tx, bob(), bob(), sent, "read and gone").unwrap();
        tx.set_swarm_hash(id, name(hash).as_str()).unwrap();
        tx.set_lifetime(id, how, None, at(swarm_end)).unwrap();
        id
    }

    fn end(tx: &WriteTx<'_>, id: MessageId) -> u64 {
        tx.message(id).unwrap().unwrap().expires_at.as_millis()
    }

    #[tokio::test]
    async fn the_time_of_a_letter_begins_when_it_is_read_here_and_our_swarm_is_told_once() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("read", |tx| {
            let far = NOW + 1_000_000_000;
            let id = letter(tx, NOW, Disappearing::AfterRead(SOON), "a", far);
            let stays = letter(tx, NOW + 2, Disappearing::Off, "b", far);
            assert_eq!((end(tx, id), tx.next_expiry()?, tx.kept_too_long(9)?), (0, None, vec![]));
            tx.mark_read(&chat(bob()), at(u64::MAX), at(NOW + 50))?;
            assert_eq!((end(tx, id), end(tx, stays)), (NOW + 50 + 300_000, 0));
            assert_eq!(tx.next_expiry()?, Some(at(NOW + 300_050)));
            let waits = KeptTooLong { message: id, hash: Some(name("a")), end: at(NOW + 300_050) };
            assert_eq!(tx.kept_too_long(9)?, [waits]);
            tx.note_swarm_end(id, at(NOW + 300_050))?;
            assert_eq!(tx.kept_too_long(9)?, []);
            tx.mark_read(&chat(bob()), at(u64::MAX), at(NOW + 90))?;
            assert_eq!(end(tx, id), NOW + 300_050, "reading again begins nothing again");
            assert_eq!((tx.expired(at(NOW + 300_049), 9)?, tx.expired(at(NOW + 300_050), 9)?), (vec![], vec![id]));
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn what_was_read_elsewhere_ends_as_our_swarm_says_and_never_later_than_if_it_were_read_now() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("read elsewhere", |tx| {
            for (number, swarm_end, expected, why) in [
                (0, NOW + 200_000, NOW + 200_000, "shortened by the device that read it"),
                (1, NOW + 900_000_000, NOW + 100_000 + 300_000, "not shortened yet"),
                (2, 0, NOW + 100_000 + 300_000, "nobody knows"),
            ] {
                let id = letter(tx, NOW + number, Disappearing::AfterRead(SOON), "a", swarm_end);
                tx.mark_read_elsewhere(&chat(bob()), at(NOW + 10), at(NOW + 50_000), at(NOW + 100_000))?;
                assert_eq!(end(tx, id), expected, "{why}");
                tx.remove_message(id, at(NOW))?;
                tx.run("UPDATE conversations SET read_elsewhere = 0, read_up_to = 0", [])?;
            }
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn what_the_swarm_says_makes_a_life_shorter_and_never_longer() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("confirmed", |tx| {
            let id = letter(tx, NOW, Disappearing::AfterRead(SOON), "a", NOW + 900_000_000);
            tx.confirm_swarm_end(&name("a"), at(NOW + 1))?;
            assert_eq!(end(tx, id), 0, "what was not read has no end");
            tx.mark_read(&chat(bob()), at(u64::MAX), at(NOW))?;
            tx.confirm_swarm_end(&name("a"), at(NOW + 900_000))?;
            assert_eq!(end(tx, id), NOW + 300_000);
            tx.confirm_swarm_end(&name("a"), at(NOW + 200_000))?;
            assert_eq!(end(tx, id), NOW + 200_000, "another device read it first");
            tx.is_unknown_to_swarm(&name("a"), at(NOW + 50), at(NOW + 100))?;
            assert_eq!(end(tx, id), NOW + 200_000, "so old that the swarm forgot it by itself");
            tx.is_unknown_to_swarm(&name("a"), at(NOW - 50), at(NOW + 100))?;
            assert_eq!(end(tx, id), NOW + 100, "another device saw to its end");
            let ours = text(tx, bob(), alice(), NOW + 5, "ours").unwrap();
            tx.set_swarm_hash(ours, name("b").as_str())?;
            tx.set_lifetime(ours, Disappearing::AfterRead(SOON), Some(at(NOW)), at(NOW + 900_000))?;
            assert_eq!(tx.kept_too_long(9)?, [], "what we sent is never shortened");
            tx.confirm_swarm_end(&name("b"), at(1))?;
            assert_eq!(end(tx, ours), NOW + 300_000);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn what_was_read_under_a_clock_that_is_a_day_ahead_does_not_stay_a_day_longer() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("ahead", |tx| {
            let id = letter(tx, NOW, Disappearing::AfterRead(SOON), "a", NOW + 900_000_000);
            tx.mark_read(&chat(bob()), at(u64::MAX), at(NOW + 86_400_000))?;
            tx.note_swarm_end(id, at(end(tx, id)))?;
            assert_eq!(end(tx, id), NOW + 86_400_000 + 300_000);
            tx.begin_no_later(at(NOW + 60_000))?;
            assert_eq!(end(tx, id), NOW + 60_000 + 300_000);
            assert_eq!(tx.kept_too_long(9)?.len(), 1, "and our swarm hears of it");
            tx.begin_no_later(at(NOW + 90_000))?;
            assert_eq!(end(tx, id), NOW + 60_000 + 300_000);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn what_is_asked_of_a_long_ledger_is_answered_by_an_index() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("plans", |tx| {
            for (sql, index) in [
                ("SELECT min(expires_at) FROM messages WHERE expires_at > 0", "messages_by_end"),
                (
                    "SELECT id FROM messages WHERE expires_at > 0 AND expires_at <= 5 ORDER BY expires_at LIMIT 9",
                    "messages_by_end",
                ),
                (
                    "SELECT id, swarm_hash, expires_at FROM messages
                     WHERE outgoing = 0 AND expiry_mode = 2 AND expires_at > 0 AND swarm_hash <> ''
                       AND (swarm_expires_at = 0 OR swarm_expires_at > expires_at) ORDER BY expires_at LIMIT 9",
                    "messages_kept_too_long",
                ),
                (
                    "SELECT m.id, m.sent_at FROM messages m JOIN conversations c ON c.id = m.conversation
                     JOIN contacts s ON s.id = m.sender
                     WHERE c.address = 'x' AND s.account = 'y' AND m.kind = 4 ORDER BY m.sent_at",
                    "messages_timer_notices",
                ),
            ] {
                let plan = tx.rows(&format!("EXPLAIN QUERY PLAN {sql}"), [], |row| Ok(row.get::<_, String>(3)?))?;
                let plan = plan.join("; ");
                assert!(plan.contains(index) && !plan.contains("SCAN m"), "{sql}: {plan}");
            }
            Ok(())
        });
        write.await.unwrap();
    }
}
