//! Tombstones: what was removed here stays away, whatever envelope it comes back in.
//!
//! The row of a letter takes the memory of its sender and moment with it, and the swarm's name for it follows from the outer
//! bytes, which any node that kept the letter can change. So a removal leaves a hash of conversation, sender and moment
//! under a key of this ledger: who reads the table learns nothing, and who holds the letter up to it learns that it is gone.
//!
//! A tombstone stays for [`KEPT_FOR`] after the removal. Honest swarms keep letters for 14 days; what is older than
//! [`KEPT_FOR`] and was never seen is not shown anyway (`message::freshness`), so nothing comes back when the tombstone goes.
//! Everything that goes, by a person's hand, by its own time or by its sender's wish, goes through [`WriteTx::bury`].

use std::time::Duration;

use rusqlite::Row;

use super::profile::account_at;
use super::{ConversationId, MessageName, ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::crypto::{blake2b_keyed_128, random_bytes};
use crate::error::{Error, Result};

/// The key of this ledger's hashes.
struct Key([u8; 32]);

impl ReadTx<'_> {
    /// Whether the message of a conversation that bears this name was removed here, or one that it cannot be told from: of
    /// the same author and moment, without a msgId.
    ///
    /// # Errors
    /// When the database fails.
    pub fn is_buried(&self, conversation: &ConversationId, of: &MessageName) -> Result<bool> {
        let Some(key) = self.tombstone_key()? else { return Ok(false) };
        let (own, nameless) =
            (key.hash(conversation, of)?, key.hash(conversation, &MessageName { msg_id: None, ..*of })?);
        self.any("SELECT 1 FROM tombstones WHERE hash IN (?1, ?2)", [own.as_slice(), nameless.as_slice()])
    }

    fn tombstone_key(&self) -> Result<Option<Key>> {
        self.row("SELECT key FROM tombstone_key", [], |row| Ok(Key(row.get(0)?)))
    }
}

impl WriteTx<'_> {
    /// Leaves a tombstone for the message of a conversation that bears this name, removed at `now` (network time). It may
    /// never have been here: who withdraws a letter may be faster than the letter.
    ///
    /// # Errors
    /// When the database fails.
    pub fn bury(&mut self, conversation: &ConversationId, of: &MessageName, now: Timestamp) -> Result<()> {
        let key = self.tombstone_key_or_new()?;
        self.set_tombstone(&key, conversation, of, now)
    }

    /// [`Self::bury`] for several.
    pub(super) fn bury_all<'n>(
        &mut self,
        going: impl IntoIterator<Item = (&'n ConversationId, &'n MessageName)>,
        now: Timestamp,
    ) -> Result<()> {
        let key = self.tombstone_key_or_new()?;
        going.into_iter().try_for_each(|(conversation, of)| self.set_tombstone(&key, conversation, of, now))
    }

    /// [`Self::bury`] for everything that stands in a conversation. Only the newest [`MOST_AT_ONCE`] leave tombstones; of
    /// what was sent before these nothing is shown any more.
    pub(super) fn bury_conversation(
        &mut self,
        number: i64,
        conversation: &ConversationId,
        now: Timestamp,
    ) -> Result<()> {
        let mut named = self.rows(
            "SELECT s.account, m.sent_at, m.msg_id FROM messages m JOIN contacts s ON s.id = m.sender
             WHERE m.conversation = ?1 ORDER BY m.sent_at DESC LIMIT ?2",
            (number, i64::try_from(MOST_AT_ONCE + 1).unwrap_or(i64::MAX)),
            read_name,
        )?;
        if named.len() > MOST_AT_ONCE
            && let Some(newest_without) = named.pop()
        {
            // A date of the future would keep away what is still to be written.
            self.run(
                "UPDATE conversations SET cleared_until = max(cleared_until, ?2) WHERE id = ?1",
                (number, newest_without.sent_at.min(now).to_sql()),
            )?;
        }
        if named.is_empty() {
            return Ok(());
        }
        let key = self.tombstone_key_or_new()?;
        named.iter().try_for_each(|of| self.set_tombstone(&key, conversation, of, now))
    }

    /// Forgets tombstones whose time is over at `now` (network time), and the first to end of more than [`MOST_ROWS`].
    /// Gives how many went.
    ///
    /// # Errors
    /// When the database fails.
    pub fn purge_tombstones(&mut self, now: Timestamp) -> Result<usize> {
        let over = self.run("DELETE FROM tombstones WHERE forgotten_at <= ?1", [now.to_sql()])?;
        let surplus = self.run(
            "DELETE FROM tombstones WHERE hash IN (
                 SELECT hash FROM tombstones ORDER BY forgotten_at DESC LIMIT -1 OFFSET ?1)",
            [MOST_ROWS],
        )?;
        Ok(over + surplus)
    }

    fn set_tombstone(&self, key: &Key, conversation: &ConversationId, of: &MessageName, now: Timestamp) -> Result<()> {
        let hash = key.hash(conversation, of)?;
        self.run(
            "INSERT INTO tombstones (hash, forgotten_at) VALUES (?1, ?2)
             ON CONFLICT (hash) DO UPDATE SET forgotten_at = max(forgotten_at, excluded.forgotten_at)",
            (hash.as_slice(), forgotten_at(of.sent_at, now).to_sql()),
        )?;
        Ok(())
    }

    fn tombstone_key_or_new(&mut self) -> Result<Key> {
        if let Some(key) = self.tombstone_key()? {
            return Ok(key);
        }
        let key = Key(random_bytes());
        self.run("INSERT INTO tombstone_key (id, key) VALUES (1, ?1)", [key.0.as_slice()])?;
        Ok(key)
    }
}

impl Key {
    /// Fixed lengths first, and a zero in front of the msgId, so that no two things join to the same bytes.
    fn hash(&self, conversation: &ConversationId, of: &MessageName) -> Result<[u8; 16]> {
        let (moment, conversation) = (of.sent_at.as_millis().to_be_bytes(), conversation.to_string());
        let msg_id = of.msg_id.map_or_else(Vec::new, |msg_id| [&[0], msg_id.to_le_bytes().as_slice()].concat());
        blake2b_keyed_128(&self.0, &[of.author.as_bytes(), &moment, conversation.as_bytes(), &msg_id])
            .ok_or_else(|| Error::bug("key of tombstones has no length"))
    }
}

/// What names a message, from its three columns.
pub(super) fn read_name(row: &Row<'_>) -> Result<MessageName> {
    let msg_id = row.get::<_, Vec<u8>>(2)?.first_chunk().copied().map(u64::from_le_bytes);
    Ok(MessageName { author: account_at(row, 0)?, sent_at: Timestamp::from_sql(row.get(1)?), msg_id })
}

/// When a tombstone may go: whole days, so that it tells nobody the moment of anything. What is dated of the future never
/// becomes too old by itself, so its tombstone does not go either.
fn forgotten_at(sent_at: Timestamp, now: Timestamp) -> Timestamp {
    if sent_at > now + DAY {
        return NEVER;
    }
    let end = (sent_at.max(now) + KEPT_FOR).as_millis();
    let day = u64::try_from(DAY.as_millis()).unwrap_or(u64::MAX);
    Timestamp::from_millis(end.div_ceil(day).saturating_mul(day))
}

/// How long a tombstone stays after the removal, and how old a letter may be that was never seen. Three times what a swarm
/// keeps a letter for; less would tell late from brought back too soon.
pub const KEPT_FOR: Duration = Duration::from_secs(45 * 24 * 60 * 60);

/// Tombstones of one removal. More would hold up whoever clears a conversation of many years.
pub const MOST_AT_ONCE: usize = 5_000;

/// Tombstones in all: about 4 MB.
const MOST_ROWS: u32 = 100_000;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const NEVER: Timestamp = Timestamp::from_millis(i64::MAX as u64);

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::crypto::AccountId;

    const TODAY: u64 = 1_750_000_000_000;

    fn wrote(author: AccountId, sent_at: Timestamp) -> MessageName {
        MessageName { author, sent_at, msg_id: None }
    }

    fn count(tx: &WriteTx<'_>) -> i64 {
        tx.row("SELECT count(*) FROM tombstones", [], |row| Ok(row.get(0)?)).unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_tombstone_is_of_one_conversation_one_sender_and_one_moment() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("burial", |tx| {
            assert!(!tx.is_buried(&chat(bob()), &wrote(bob(), at(TODAY)))?, "no key yet");
            tx.bury(&chat(bob()), &wrote(bob(), at(TODAY)), at(TODAY))?;
            tx.bury(&chat(bob()), &wrote(bob(), at(TODAY)), at(TODAY))?;
            assert_eq!(count(tx), 1);
            let buried = |with, sender, millis| tx.is_buried(&chat(with), &wrote(sender, at(millis))).unwrap();
            assert!(buried(bob(), bob(), TODAY));
            assert!(
                !buried(bob(), bob(), TODAY + 1) && !buried(bob(), alice(), TODAY) && !buried(carol(), bob(), TODAY)
            );
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn another_ledger_has_other_hashes_for_the_same_letter_and_none_says_when_it_was_sent() {
        let mut rows = Vec::new();
        for _ in 0..2 {
            let ledger = Ledger::new().await;
            let write = ledger.store.write("burial", |tx| {
                tx.bury(&chat(bob()), &wrote(bob(), at(TODAY - 5)), at(TODAY))?;
                tx.bury(&chat(bob()), &wrote(bob(), at(TODAY - 77_777)), at(TODAY))?;
                let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?));
                tx.rows("SELECT hash, forgotten_at FROM tombstones", [], read)
            });
            rows.push(write.await.unwrap().0);
        }
        assert!(rows[0].iter().all(|(hash, _)| hash.len() == 16 && rows[1].iter().all(|(other, _)| hash != other)));
        assert!(rows.iter().flatten().all(|(_, end)| *end == rows[0][0].1), "whole days: {rows:?}");
    }

    #[tokio::test]
    async fn tombstones_go_after_45_days_and_those_of_the_future_never() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("burial", |tx| {
            let (now, future) = (at(TODAY), at(TODAY) + 3 * DAY);
            tx.bury(&chat(bob()), &wrote(bob(), at(TODAY - 9)), now)?;
            tx.bury(&chat(bob()), &wrote(bob(), future), now)?;
            assert_eq!(tx.purge_tombstones(now + KEPT_FOR - DAY / 24)?, 0);
            assert!(tx.is_buried(&chat(bob()), &wrote(bob(), at(TODAY - 9)))?);
            assert_eq!(tx.purge_tombstones(now + KEPT_FOR + DAY)?, 1);
            assert!(tx.is_buried(&chat(bob()), &wrote(bob(), future))?, "it would not be too old");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn clearing_many_years_leaves_tombstones_of_the_newest_and_one_moment_for_the_rest() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("long", |tx| {
            let letters = MOST_AT_ONCE as u64 + 10;
            for number in 1..=letters {
                text(tx, bob(), bob(), number, "hi");
            }
            tx.remove_conversation(&chat(bob()), at(TODAY))?;
            assert_eq!(count(tx), MOST_AT_ONCE as i64);
            assert!(
                tx.is_buried(&chat(bob()), &wrote(bob(), at(letters)))?
                    && tx.is_buried(&chat(bob()), &wrote(bob(), at(11)))?
            );
            assert!(!tx.is_buried(&chat(bob()), &wrote(bob(), at(10)))?);
            assert_eq!(tx.standing(&chat(bob()))?.unwrap().cleared_until, at(10));
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn every_way_in_which_a_message_goes_leaves_a_tombstone() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("removals", |tx| {
            let one = text(tx, bob(), bob(), 10, "one").unwrap();
            text(tx, bob(), alice(), 20, "two");
            text(tx, bob(), bob(), 3_000, "three");
            tx.remove_message(one, at(TODAY))?;
            tx.remove_messages_until(&chat(bob()), at(100), at(TODAY))?;
            tx.remove_conversation(&chat(bob()), at(TODAY))?;
            for (sender, millis) in [(bob(), 10), (alice(), 20), (bob(), 3_000)] {
                assert!(tx.is_buried(&chat(bob()), &wrote(sender, at(millis)))?, "{millis}");
            }
            Ok(())
        });
        write.await.unwrap();
    }
}
