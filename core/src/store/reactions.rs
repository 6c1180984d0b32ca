//! Reactions: who put which emoji on a message, and who took it away again.
//!
//! A person may put several emoji on a message, each once. Words about one of them may come in any order, since members of a
//! swarm have letters in different orders: the later one counts, by its sender's clock. So what was taken away stays as a row that
//! shows nothing, and a word that comes late does not bring it back. Of one person on one message there are at most
//! [`MOST_OF_ONE`] rows, shown or not.

use rusqlite::Row;

use super::failure::StoreFault;
use super::{Change, MessageId, ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

/// One emoji on a message, and who put it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reactions {
    /// The emoji.
    pub emoji: String,
    /// Who: those that came first stand first.
    pub people: Vec<AccountId>,
    /// We are among them.
    pub ours: bool,
}

/// A word about a reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReactionWord<'a> {
    /// Whose.
    pub by: &'a AccountId,
    /// Which emoji.
    pub emoji: &'a str,
    /// It is put there, or taken away.
    pub given: bool,
    /// When that was said (network time, by the sender's clock).
    pub said_at: Timestamp,
}

impl ReadTx<'_> {
    /// Whether somebody has this emoji on a message.
    ///
    /// # Errors
    /// When the database fails.
    pub fn has_reaction(&self, message: MessageId, by: &AccountId, emoji: &str) -> Result<bool> {
        self.any(
            "SELECT 1 FROM reactions r JOIN contacts p ON p.id = r.contact
             WHERE r.message = ?1 AND p.account = ?2 AND r.emoji = ?3 AND r.removed = 0",
            (message.as_i64(), by.to_string(), emoji),
        )
    }
}

impl WriteTx<'_> {
    /// Follows a word about a reaction to a message, if none that is as late is known. Says whether another picture came of it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_reaction(&mut self, message: MessageId, word: &ReactionWord<'_>) -> Result<bool> {
        let contact = self.contact_number(word.by, word.said_at)?;
        let known = self.row(
            "SELECT said_at, removed FROM reactions WHERE message = ?1 AND contact = ?2 AND emoji = ?3",
            (message.as_i64(), contact, word.emoji),
            |row| Ok((Timestamp::from_sql(row.get(0)?), row.get::<_, bool>(1)?)),
        )?;
        if known.is_some_and(|(said_at, _)| said_at >= word.said_at)
            || (known.is_none() && !self.has_room(message, contact)?)
        {
            return Ok(false);
        }
        let shown = known.is_some_and(|(_, removed)| !removed);
        // One that is put there again while it stands there keeps its place.
        self.run(
            "INSERT INTO reactions (message, contact, emoji, said_at, removed, since) VALUES (?1, ?2, ?3, ?4, ?5, ?4)
             ON CONFLICT (message, contact, emoji) DO UPDATE SET said_at = excluded.said_at, removed = excluded.removed,
                 since = iif(removed = 0 AND excluded.removed = 0, since, excluded.since)",
            (message.as_i64(), contact, word.emoji, word.said_at.to_sql(), !word.given),
        )?;
        if shown != word.given {
            self.record(Change::MessageChanged(message));
        }
        Ok(shown != word.given)
    }

    /// What we said at `from`, before the network's time was certain, was said at `to`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn redate_reactions(&mut self, me: &AccountId, from: Timestamp, to: Timestamp) -> Result<()> {
        self.run(
            "UPDATE reactions SET said_at = ?3, since = iif(since = ?2, ?3, since)
             WHERE said_at = ?2 AND contact = (SELECT id FROM contacts WHERE account = ?1)",
            (me.to_string(), from.to_sql(), to.to_sql()),
        )?;
        Ok(())
    }

    /// Whether another emoji of somebody has room on a message. What they took away longest ago makes room.
    fn has_room(&self, message: MessageId, contact: i64) -> Result<bool> {
        self.run(
            "DELETE FROM reactions WHERE message = ?1 AND contact = ?2 AND removed = 1 AND emoji IN (
                 SELECT emoji FROM reactions WHERE message = ?1 AND contact = ?2
                 ORDER BY removed, said_at DESC LIMIT -1 OFFSET ?3)",
            (message.as_i64(), contact, MOST_OF_ONE - 1),
        )?;
        let count = self.row(
            "SELECT count(*) FROM reactions WHERE message = ?1 AND contact = ?2",
            (message.as_i64(), contact),
            |row| Ok(row.get::<_, u32>(0)?),
        )?;
        Ok(count.unwrap_or(0) < MOST_OF_ONE)
    }
}

/// Reads the column of reactions ([`super::messages::SELECT`]): those that came first stand first.
pub(super) fn read(row: &Row<'_>, column: usize) -> Result<Vec<Reactions>> {
    let Some(text) = row.get::<_, Option<String>>(column)? else { return Ok(Vec::new()) };
    let mut all: Vec<(i64, &str, &str, bool)> = Vec::new();
    for line in text.lines() {
        let mut parts = line.split(' ');
        let (Some(since), Some(ours), Some(account), Some(emoji)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(StoreFault::Value("reactions").into());
        };
        all.push((since.parse().map_err(|_| StoreFault::Value("reactions.since"))?, emoji, account, ours == "1"));
    }
    all.sort_unstable();
    let mut reactions: Vec<Reactions> = Vec::new();
    for (_, emoji, account, ours) in all {
        let account = AccountId::parse(account).map_err(|_| StoreFault::Value("contacts.account"))?;
        match reactions.iter_mut().find(|known| known.emoji == emoji) {
            Some(known) => {
                known.people.push(account);
                known.ours |= ours;
            }
            None => reactions.push(Reactions { emoji: emoji.to_owned(), people: vec![account], ours }),
        }
    }
    Ok(reactions)
}

/// Emoji of one person on one message, shown or taken away. Nobody honest comes near.
pub const MOST_OF_ONE: u32 = 20;

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn says(tx: &mut WriteTx<'_>, message: MessageId, by: AccountId, emoji: &str, given: bool, said: u64) -> bool {
        tx.set_reaction(message, &ReactionWord { by: &by, emoji, given, said_at: at(said) }).unwrap()
    }

    fn shown(tx: &ReadTx<'_>, message: MessageId) -> Vec<(String, usize, bool)> {
        let row = tx.message(message).unwrap().unwrap();
        row.reactions.into_iter().map(|one| (one.emoji, one.people.len(), one.ours)).collect()
    }

    #[tokio::test]
    async fn the_same_twice_counts_once_and_what_is_taken_away_twice_is_gone_once() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("reactions", |tx| {
            let message = text(tx, bob(), bob(), 1_000, "hi").unwrap();
            assert!(says(tx, message, bob(), "😂", true, 10));
            assert!(!says(tx, message, bob(), "😂", true, 11));
            assert!(says(tx, message, alice(), "😂", true, 12));
            assert!(says(tx, message, alice(), "👍", true, 13));
            assert_eq!(shown(tx, message), [("😂".to_owned(), 2, true), ("👍".to_owned(), 1, true)]);
            assert!(says(tx, message, alice(), "😂", false, 14));
            assert!(!says(tx, message, alice(), "😂", false, 15));
            assert_eq!(shown(tx, message), [("😂".to_owned(), 1, false), ("👍".to_owned(), 1, true)]);
            assert!(tx.has_reaction(message, &bob(), "😂")? && !tx.has_reaction(message, &alice(), "😂")?);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn the_later_word_counts_in_whatever_order_they_come() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("reactions", |tx| {
            let message = text(tx, bob(), bob(), 1_000, "hi").unwrap();
            assert!(!says(tx, message, bob(), "😂", false, 20));
            assert!(!says(tx, message, bob(), "😂", true, 10), "it was taken away since");
            assert_eq!(shown(tx, message), []);
            assert!(says(tx, message, bob(), "😂", true, 30));
            assert!(!says(tx, message, bob(), "😂", false, 25));
            assert_eq!(shown(tx, message).len(), 1);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn nobody_fills_a_message_and_what_was_taken_away_makes_room() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("reactions", |tx| {
            let message = text(tx, bob(), bob(), 1_000, "hi").unwrap();
            let emoji = |number: u32| char::from_u32(0x1f600 + number).unwrap().to_string();
            for number in 0..60 {
                says(tx, message, bob(), &emoji(number), true, 10);
            }
            assert_eq!(shown(tx, message).len(), MOST_OF_ONE as usize);
            assert!(says(tx, message, bob(), &emoji(0), false, 20));
            assert!(says(tx, message, bob(), "👍", true, 30), "there is room again");
            assert!(!says(tx, message, bob(), "🧅", true, 31));
            assert!(says(tx, message, alice(), "🧅", true, 31), "for others all the time");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn reactions_go_with_their_message_and_are_told_as_a_change_of_it() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("reactions", |tx| {
            let message = text(tx, bob(), bob(), 1_000, "hi").unwrap();
            says(tx, message, bob(), "😂", true, 10);
            tx.erase_message(message, at(2_000))?;
            assert_eq!(shown(tx, message), []);
            let other = text(tx, bob(), bob(), 1_002, "hi").unwrap();
            says(tx, other, bob(), "😂", true, 10);
            tx.remove_message(other, at(2_000))?;
            assert!(!tx.any("SELECT 1 FROM reactions", [])?);
            text(tx, bob(), bob(), 1_004, "hi");
            Ok(other)
        });
        write.await.unwrap();
        let write = ledger.store.write("reaction", |tx| {
            let message = tx.message_by_time(&chat(bob()), &bob(), at(1_004))?.unwrap().id;
            says(tx, message, bob(), "😂", true, 10);
            says(tx, message, bob(), "😂", true, 11);
            Ok(message)
        });
        let (message, changes) = write.await.unwrap();
        assert_eq!(changes.iter().collect::<Vec<_>>(), [&Change::MessageChanged(message)]);
    }
}
