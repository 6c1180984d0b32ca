//! What was seen when a conversation went: how far the device that deleted or hid it had come.
//!
//! Tombstones ([`super::tombstones`]) are of this ledger alone. Our other devices, those that were off and those that are yet to
//! come, hear of a deletion by the Contacts document, which also says what the deleting device had seen
//! ([`crate::config::partings`]); the rows here are what it said, and what this device says itself. A row outlives the
//! conversation and the contact, and is named by a hash, as in the document.

use std::time::Duration;

use rusqlite::{Row, ToSql};

use super::late::CLOCKS_DIFFER;
use super::profile::FROM_A_WRONG_CLOCK;
use super::{ConversationId, MessageId, ReadTx, WriteTx};
use crate::address::SwarmHash;
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

/// How far somebody had come who deleted or hid a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parting {
    /// When the newest message of the other was sent that they had seen (network time, by the sender's clock).
    pub theirs: Timestamp,
    /// When the newest of our own was sent that they had seen (network time).
    pub ours: Timestamp,
    /// The largest date of what was seen, where it lay ahead of the deletion: a sender may write any date into a letter. Zero
    /// where none did.
    pub ahead: Timestamp,
    /// When the device first asked the network (network time): what others of ours had before, it need not have seen.
    pub first_poll: Timestamp,
    /// When it was deleted (network time). A device that nobody told the time says the latest moment that it was sure of.
    pub at: Timestamp,
    /// When Note to Self was last deleted and not only hidden: as `at`, but later with each deletion. Zero for never.
    pub notes_deleted: Timestamp,
}

impl Parting {
    /// Until when what we wrote (`ours`), or what the other wrote, had been seen. What we wrote before their newest counts as
    /// seen too: a device that never got a copy of ours must not bring the whole conversation back.
    pub fn seen(&self, ours: bool) -> Timestamp {
        if ours { self.ours.max(self.theirs) } else { self.theirs }
    }

    /// Both together: of each the larger.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            theirs: self.theirs.max(other.theirs),
            ours: self.ours.max(other.ours),
            ahead: self.ahead.max(other.ahead),
            first_poll: self.first_poll.max(other.first_poll),
            at: self.at.max(other.at),
            notes_deleted: self.notes_deleted.max(other.notes_deleted),
        }
    }
}

/// A parting as this device knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parted {
    /// What was seen.
    pub parting: Parting,
    /// When the document that said so was stored (network time); zero while only this device has said it.
    pub said_at: Timestamp,
}

impl Parted {
    /// Whether this belongs to what the newest document says, stored at `applied_at` (network time): soon after a deletion the
    /// device that deleted may have pushed something else.
    pub fn is_word_of(&self, applied_at: Timestamp) -> bool {
        self.said_at > Timestamp::ZERO && self.said_at + SOON >= applied_at
    }

    /// What was seen of the notes that were deleted last: all of it, or what was there by then where they were hidden since.
    #[must_use]
    pub fn of_deleted_notes(self) -> Self {
        let Parting { theirs, ours, at, notes_deleted, .. } = self.parting;
        if notes_deleted >= at {
            return self;
        }
        let until = |seen: Timestamp| seen.min(notes_deleted);
        let (theirs, ours) = (until(theirs), until(ours));
        Self { parting: Parting { theirs, ours, ahead: Timestamp::ZERO, at: notes_deleted, ..self.parting }, ..self }
    }

    /// Until when our swarm got what can have been seen: the document may be of weeks after the deletion.
    pub fn word(&self) -> Timestamp {
        self.said_at.min(self.parting.at + CLOCKS_DIFFER)
    }
}

/// By what a person is named here and in the document.
pub type PersonHash = [u8; 16];

impl ReadTx<'_> {
    /// What was seen when the conversation with this person last went.
    ///
    /// # Errors
    /// When the database fails.
    pub fn parted(&self, person: &PersonHash) -> Result<Option<Parted>> {
        self.row(
            "SELECT theirs, ours, ahead, first_poll, deleted_at, said_at, notes_deleted_at FROM partings WHERE person = ?1",
            [person.as_slice()],
            parted,
        )
    }

    /// Whom partings of before `at` (network time) are of.
    ///
    /// # Errors
    /// When the database fails.
    pub fn partings_before(&self, at: Timestamp) -> Result<Vec<PersonHash>> {
        self.rows("SELECT person FROM partings WHERE deleted_at < ?1", [at.to_sql()], |row| Ok(row.get(0)?))
    }

    /// Until when something was seen in a conversation that is not there any more, of theirs and of ours: it was removed, alone
    /// or with everything else (network time; no later than `now`). Zero for nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub fn seen_beyond_messages(
        &self,
        conversation: &ConversationId,
        now: Timestamp,
    ) -> Result<(Timestamp, Timestamp)> {
        let beyond = self.row(
            "SELECT max(gone_at, cleared_until, removed_theirs), removed_ours FROM conversations WHERE address = ?1",
            [conversation.to_string()],
            |row| Ok((Timestamp::from_sql(row.get(0)?), Timestamp::from_sql(row.get(1)?))),
        )?;
        let (theirs, ours) = beyond.unwrap_or_default();
        Ok((theirs.min(now), ours.min(now)))
    }

    /// The newest date until `until` of what we wrote (`ours`) and what left, or of what came in, in a conversation; zero for
    /// none. What is still to leave has no date yet that says anything, and a line of ours is no message.
    ///
    /// # Errors
    /// When the database fails.
    pub fn newest_sent(&self, conversation: &ConversationId, ours: bool, until: Timestamp) -> Result<Timestamp> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(Timestamp::ZERO) };
        let newest = self.row(
            "SELECT coalesce(max(sent_at), 0) FROM messages
             WHERE conversation = ?1 AND outgoing = ?2 AND sent_at <= ?3
               AND (outgoing = 0 OR state IN (2, 4) OR again_at > 0)",
            (number, ours, until.to_sql()),
            |row| Ok(Timestamp::from_sql(row.get(0)?)),
        )?;
        Ok(newest.unwrap_or(Timestamp::ZERO))
    }

    /// The latest moment of which the letters here know (network time): when the newest of all came in, or what we sent in
    /// this conversation left. Zero for none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn latest_by_letters(&self, conversation: &ConversationId) -> Result<Timestamp> {
        let latest = self.row(
            "SELECT max(coalesce((SELECT received_at FROM messages WHERE outgoing = 0 ORDER BY id DESC LIMIT 1), 0),
                        coalesce((SELECT max(min(m.sent_at, m.received_at)) FROM messages m
                                  JOIN conversations c ON c.id = m.conversation
                                  WHERE c.address = ?1 AND m.outgoing = 1 AND (m.state = 2 OR m.again_at > 0)), 0))",
            [conversation.to_string()],
            |row| Ok(Timestamp::from_sql(row.get(0)?)),
        )?;
        Ok(latest.unwrap_or(Timestamp::ZERO))
    }

    /// What our own swarm calls the messages of a conversation that came here, or were written here, after `since` (network
    /// time): of the newest `most`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn swarm_hashes(&self, conversation: &ConversationId, since: Timestamp, most: u32) -> Result<Vec<SwarmHash>> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(Vec::new()) };
        let hashes = self.rows(
            "SELECT swarm_hash FROM messages WHERE conversation = ?1 AND swarm_hash <> '' AND received_at > ?2
             ORDER BY id DESC LIMIT ?3",
            (number, since.to_sql(), most),
            |row| Ok(row.get::<_, String>(0)?),
        )?;
        Ok(hashes.iter().filter_map(|hash| SwarmHash::parse(hash)).collect())
    }

    /// Whether anything stands in a conversation that a device which deleted it cannot have seen: it came here after that
    /// device first asked the network, it is newer than what that device had seen of the one who wrote it, and it is no
    /// line of ours and nothing that still is to leave. As with `has_messages_after`, what was here by then was not
    /// sent later, and a moment well after `now` says nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub fn has_unseen(&self, conversation: &ConversationId, parted: &Parted, now: Timestamp) -> Result<bool> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(false) };
        let (theirs, ours, ahead, first_poll, said_at) = bounds(parted);
        let latest = (now + FROM_A_WRONG_CLOCK).to_sql();
        self.any(
            &format!("SELECT 1 FROM messages WHERE conversation = ?1 AND {UNSEEN} AND min(sent_at, received_at) <= ?7"),
            (number, theirs, ours, first_poll, ahead, said_at, latest),
        )
    }
}

impl WriteTx<'_> {
    /// Notes what was seen, together with what is known. `said_at` is when the document that says so was stored (network time);
    /// `None` when this device says it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_parted(&mut self, person: &PersonHash, parting: Parting, said_at: Option<Timestamp>) -> Result<()> {
        let known = self.parted(person)?;
        let parting = known.map_or(parting, |known| known.parting.and(parting));
        let said_at = said_at.or(known.map(|known| known.said_at)).unwrap_or(Timestamp::ZERO);
        self.run(
            "INSERT INTO partings (person, theirs, ours, ahead, first_poll, deleted_at, said_at, notes_deleted_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (person) DO UPDATE SET theirs = excluded.theirs, ours = excluded.ours, ahead = excluded.ahead,
                 first_poll = excluded.first_poll, deleted_at = excluded.deleted_at, said_at = excluded.said_at,
                 notes_deleted_at = excluded.notes_deleted_at",
            (
                person.as_slice(),
                parting.theirs.to_sql(),
                parting.ours.to_sql(),
                parting.ahead.to_sql(),
                parting.first_poll.to_sql(),
                parting.at.to_sql(),
                said_at.to_sql(),
                parting.notes_deleted.to_sql(),
            ),
        )?;
        Ok(())
    }

    /// Notes that the document must say what this device saw of somebody when it deleted or hid the conversation.
    ///
    /// # Errors
    /// When the database fails.
    pub fn edit_parted(&mut self, account: &AccountId) -> Result<()> {
        self.run(
            "INSERT INTO config_edits (account, field) VALUES (?1, 'parted') ON CONFLICT DO NOTHING",
            [account.to_string()],
        )?;
        Ok(())
    }

    /// Removes at `now` (network time) what of a conversation was seen. What [`ReadTx::has_unseen`] counts stays, and what was
    /// written here that is still to leave, or was written later.
    ///
    /// # Errors
    /// When the database fails.
    pub fn remove_seen(&mut self, conversation: &ConversationId, parted: &Parted, now: Timestamp) -> Result<()> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(()) };
        let (theirs, ours, ahead, first_poll, said_at) = bounds(parted);
        let seen = self.rows(
            &format!("SELECT id FROM messages WHERE conversation = ?1 AND NOT ({UNSEEN}) AND NOT ({STILL_OURS})"),
            (number, theirs, ours, first_poll, ahead, said_at),
            |row| Ok(MessageId::from_i64(row.get(0)?)),
        )?;
        self.remove_messages(&seen, now).map(|_| ())
    }

    /// Notes until when something was seen of a conversation of which everything is about to go.
    pub(super) fn note_removal(&self, number: i64) -> Result<()> {
        self.note_removals(number, "conversation = ?1")
    }

    /// The same for messages (a JSON list of their numbers).
    pub(super) fn note_removals_of(&self, messages: &str) -> Result<()> {
        self.note_removals(messages, "id IN (SELECT value FROM json_each(?1))")
    }

    fn note_removals(&self, of: impl ToSql, which: &str) -> Result<()> {
        self.run(
            &format!(
                "UPDATE conversations SET removed_theirs = max(removed_theirs, gone.theirs),
                                          removed_ours = max(removed_ours, gone.ours)
                 FROM (SELECT conversation,
                              max(iif(outgoing = 0, min(sent_at, received_at + ?2), 0)) AS theirs,
                              max(iif(outgoing = 1 AND (state IN (2, 4) OR again_at > 0),
                                      min(sent_at, received_at + ?2), 0)) AS ours
                       FROM messages WHERE {which} GROUP BY conversation) AS gone
                 WHERE id = gone.conversation"
            ),
            (of, i64::try_from(SLIGHTLY_AHEAD.as_millis()).unwrap_or(i64::MAX)),
        )?;
        Ok(())
    }

    /// Forgets the parting of one person.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_parting(&mut self, person: &PersonHash) -> Result<()> {
        self.run("DELETE FROM partings WHERE person = ?1", [person.as_slice()]).map(|_| ())
    }

    /// Forgets partings of before `at` (network time). Gives how many went.
    ///
    /// # Errors
    /// When the database fails.
    pub fn purge_partings(&mut self, at: Timestamp) -> Result<usize> {
        self.run("DELETE FROM partings WHERE deleted_at < ?1", [at.to_sql()])
    }
}

fn parted(row: &Row<'_>) -> Result<Parted> {
    Ok(Parted {
        parting: Parting {
            theirs: Timestamp::from_sql(row.get(0)?),
            ours: Timestamp::from_sql(row.get(1)?),
            ahead: Timestamp::from_sql(row.get(2)?),
            first_poll: Timestamp::from_sql(row.get(3)?),
            at: Timestamp::from_sql(row.get(4)?),
            notes_deleted: Timestamp::from_sql(row.get(6)?),
        },
        said_at: Timestamp::from_sql(row.get(5)?),
    })
}

/// Of a parting: until when their messages were seen, until when ours, the largest date, the first poll, and the word of it.
fn bounds(parted: &Parted) -> (i64, i64, i64, i64, i64) {
    let (theirs, ours) = (parted.parting.seen(false), parted.parting.seen(true));
    let Parting { ahead, first_poll, .. } = parted.parting;
    (theirs.to_sql(), ours.to_sql(), ahead.to_sql(), first_poll.to_sql(), parted.word().to_sql())
}

/// What we wrote here that did not leave yet, or later than ?3. What goes out again had left.
const STILL_OURS: &str = "outgoing = 1 AND state <> 2 AND again_at = 0 AND (state IN (1, 3) OR sent_at > ?3)";

/// Within this time after its deletion a device cannot have heard of everything that came.
const SOON: Duration = Duration::from_secs(2 * 60);

/// So far ahead of ours a clock may be without counting as wrong.
pub const SLIGHTLY_AHEAD: Duration = Duration::from_secs(60);

/// A message that was not seen: of theirs after ?2, of ours (sent, and no line) after ?3, come after ?4. Where dates ahead were
/// seen, until ?5, our swarm also got it after the word of it, ?6.
const UNSEEN: &str = "received_at > ?4
    AND NOT (sent_at <= ?5 AND iif(stored_at > 0, min(stored_at, received_at), received_at) <= ?6) AND (
    (outgoing = 0 AND min(sent_at, received_at) > ?2)
    OR (outgoing = 1 AND kind <> 2 AND (state = 2 OR again_at > 0) AND min(sent_at, received_at) > ?3))";

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Before, MessageState};
    use super::*;

    #[tokio::test]
    async fn what_was_seen_only_grows_and_what_this_device_says_keeps_who_said_it_before() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("partings", |tx| {
            let person = [7; 16];
            assert_eq!(tx.parted(&person)?, None);
            let one = Parting {
                theirs: at(10),
                ours: at(5),
                first_poll: at(1),
                at: at(3),
                notes_deleted: at(2),
                ..Parting::default()
            };
            tx.set_parted(&person, one, Some(at(50)))?;
            tx.set_parted(&person, Parting { theirs: at(4), ours: at(9), ..Parting::default() }, None)?;
            let both = Parting { ours: at(9), ..one };
            assert_eq!(tx.parted(&person)?, Some(Parted { parting: both, said_at: at(50) }));
            assert_eq!((tx.purge_partings(at(3))?, tx.purge_partings(at(4))?), (0, 1));
            tx.set_parted(&person, one, None)?;
            assert_eq!(tx.parted(&person)?.map(|known| known.said_at), Some(Timestamp::ZERO));
            Ok(())
        });
        write.await.unwrap();
    }

    #[test]
    fn of_notes_that_were_hidden_after_a_deletion_only_what_was_there_at_the_deletion_goes() {
        let parting =
            Parting { ours: at(500), ahead: at(9_000), at: at(600), notes_deleted: at(600), ..Parting::default() };
        let parted = Parted { parting, said_at: at(700) };
        assert_eq!(parted.of_deleted_notes(), parted);
        let hidden = Parted { parting: Parting { ours: at(800), at: at(900), ..parting }, ..parted };
        let expected = Parting { ours: at(600), ahead: at(0), at: at(600), ..parting };
        assert_eq!(hidden.of_deleted_notes().parting, expected);
    }

    #[tokio::test]
    async fn what_was_removed_was_seen_and_when_it_came_is_no_date_of_theirs() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("partings", |tx| {
            let beyond = |tx: &WriteTx<'_>| tx.seen_beyond_messages(&chat(bob()), at(5_000_000)).unwrap();
            assert_eq!(beyond(tx), (at(0), at(0)));
            text(tx, bob(), bob(), 1_000_000, "his clock is slow");
            // It came 20 minutes later, by every other clock.
            let late = text(tx, bob(), bob(), 1_000_100, "and slower").unwrap();
            tx.note_stored_at(late, at(2_200_100))?;
            assert_eq!(beyond(tx), (at(0), at(0)), "the messages say it all");
            tx.remove_message(late, at(2_300_000))?;
            assert_eq!(beyond(tx), (at(1_000_100), at(0)));
            let pending = text(tx, bob(), alice(), 3_000_000, "from a wrong clock").unwrap();
            tx.remove_message(pending, at(2_300_000))?;
            assert_eq!(beyond(tx), (at(1_000_100), at(0)), "it never left");
            let sent = text(tx, bob(), alice(), 2_000_000, "ours").unwrap();
            assert_eq!(tx.newest_sent(&chat(bob()), true, at(9_000_000))?, at(0), "not yet");
            tx.set_message_state(sent, MessageState::Sent)?;
            assert_eq!(tx.newest_sent(&chat(bob()), true, at(9_000_000))?, at(2_000_000));
            tx.set_again_at(sent, at(2_200_000))?;
            tx.set_message_state(sent, MessageState::Pending)?;
            assert_eq!(tx.newest_sent(&chat(bob()), true, at(9_000_000))?, at(2_000_000), "it had left");
            tx.remove_conversation(&chat(bob()), at(2_300_000))?;
            assert_eq!(beyond(tx), (at(1_000_100), at(2_000_000)));
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn what_was_seen_goes_and_what_was_not_or_is_still_to_leave_stays() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("partings", |tx| {
            for millis in [100, 200, 300] {
                text(tx, bob(), bob(), millis, "his");
            }
            let sent = [text(tx, bob(), alice(), 150, "ours"), text(tx, bob(), alice(), 250, "ours, later")];
            for id in sent {
                tx.set_message_state(id.unwrap(), MessageState::Sent)?;
            }
            text(tx, bob(), alice(), 160, "still to leave");
            let left = |tx: &WriteTx<'_>| -> Result<Vec<u64>> {
                let rows = tx.messages_before(&chat(bob()), Before::Latest, 10)?;
                Ok(rows.iter().map(|row| row.sent_at.as_millis()).collect())
            };
            let seen = |theirs, first_poll| Parted {
                parting: Parting { theirs: at(theirs), first_poll: at(first_poll), ..Parting::default() },
                said_at: at(900),
            };
            for (theirs, first_poll, expected) in [(300, 0, false), (200, 0, true), (0, 305, false), (0, 304, true)] {
                assert_eq!(tx.has_unseen(&chat(bob()), &seen(theirs, first_poll), at(1_000))?, expected, "{theirs}");
            }
            let liar = Parted { parting: Parting { ahead: at(5_000), ..Parting::default() }, said_at: at(304) };
            assert!(tx.has_unseen(&chat(bob()), &liar, at(1_000))?, "it came after the word");
            assert!(!tx.has_unseen(&chat(bob()), &Parted { said_at: at(305), ..liar }, at(1_000))?);
            let weeks = Parted { said_at: at(2_000_000_000), ..liar };
            assert_eq!(weeks.word(), at(10_000), "the deletion counts, and not when the document was pushed again");
            tx.remove_seen(&chat(bob()), &seen(200, 0), at(1_000))?;
            assert_eq!(left(tx)?, [160, 250, 300]);
            assert!(
                tx.is_buried(
                    &chat(bob()),
                    &super::super::MessageName { author: bob(), sent_at: at(200), msg_id: None }
                )?,
                "with a tombstone"
            );
            Ok(())
        });
        write.await.unwrap();
    }
}
