//! What comes before the message that it is about.
//!
//! Members of a swarm have letters in different orders, and our devices see them at different times: that a message is
//! withdrawn may be known before the message is. Such a word waits for its message, as long as any swarm could still bring it.
//!
//! Whoever may write to us could say this of messages that never existed, so that only the newest rows stay: of one person
//! ([`MOST_OF_ONE`]), of strangers together ([`MOST_OF_STRANGERS`]) and in all ([`MOST_ROWS`]). They are cut before the commit,
//! once, however many came.

use std::collections::HashSet;

use super::failure::StoreFault;
use super::names::name_bytes;
use super::profile::account_at;
use super::{ConversationId, ReadTx, WriteTx};
use crate::address::LONGEST_TTL;
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

/// What names a message on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageName {
    /// Who wrote it.
    pub author: AccountId,
    /// The author's timestamp (network).
    pub sent_at: Timestamp,
    /// Its msgId, where it bears one.
    pub msg_id: Option<u64>,
}

/// What is said about a message that is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyWord<E> {
    /// It is withdrawn.
    Unsend,
    /// An emoji is put on it, or taken away.
    Reaction {
        /// Which.
        emoji: E,
        /// It is put there.
        given: bool,
        /// When that was said (network time, by the sender's clock).
        said_at: Timestamp,
    },
}

/// A word about a message that is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Early<'a> {
    /// Whose word.
    pub by: &'a AccountId,
    /// We accepted them, or they are ourselves.
    pub friend: bool,
    /// The conversation in which the message counts; `None` for any.
    pub conversation: Option<&'a ConversationId>,
    /// The message.
    pub of: MessageName,
    /// What is said about it.
    pub word: EarlyWord<&'a str>,
}

/// A word that was kept until its message came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEarly {
    /// Whose.
    pub by: AccountId,
    /// What was said.
    pub word: EarlyWord<String>,
}

impl ReadTx<'_> {
    /// What was said about a message of a conversation before it came.
    ///
    /// # Errors
    /// When the database fails.
    pub fn early(&self, conversation: &ConversationId, of: &MessageName) -> Result<Vec<KeptEarly>> {
        self.rows(
            "SELECT p.account, e.kind, e.emoji, e.said_at FROM early e JOIN contacts p ON p.id = e.contact
             WHERE e.sent_at = ?1 AND e.author = ?2 AND e.conversation IN (?3, '') AND e.msg_id IN (?4, x'') ORDER BY e.id",
            (of.sent_at.to_sql(), of.author.to_string(), conversation.to_string(), name_bytes(of.msg_id)),
            |row| {
                let reaction = |given| -> Result<EarlyWord<String>> {
                    Ok(EarlyWord::Reaction { emoji: row.get(2)?, given, said_at: Timestamp::from_sql(row.get(3)?) })
                };
                let word = match row.get::<_, i64>(1)? {
                    1 => EarlyWord::Unsend,
                    2 => reaction(true)?,
                    3 => reaction(false)?,
                    _ => return Err(StoreFault::Value("early.kind").into()),
                };
                Ok(KeptEarly { by: account_at(row, 0)?, word })
            },
        )
    }

    /// How many words wait, for tests.
    ///
    /// # Errors
    /// When the database fails.
    #[cfg(test)]
    pub fn count_early(&self) -> Result<u32> {
        Ok(self.row("SELECT count(*) FROM early", [], |row| Ok(row.get(0)?))?.unwrap_or(0))
    }
}

impl WriteTx<'_> {
    /// Keeps a word about a message that is not here, from `now` (network time) on.
    ///
    /// # Errors
    /// When the database fails.
    pub fn keep_early(&mut self, early: &Early<'_>, now: Timestamp) -> Result<()> {
        let contact = self.contact_number(early.by, now)?;
        let (kind, emoji, said_at) = match early.word {
            EarlyWord::Unsend => (1, "", Timestamp::ZERO),
            EarlyWord::Reaction { emoji, given, said_at } => (if given { 2 } else { 3 }, emoji, said_at),
        };
        let kept = self.run(
            "INSERT INTO early (contact, conversation, author, sent_at, msg_id, forgotten_at, stranger, kind, emoji, said_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (sent_at, author, conversation, contact, msg_id, emoji) DO UPDATE
                 SET kind = excluded.kind, said_at = excluded.said_at WHERE excluded.said_at > said_at",
            (
                contact,
                early.conversation.map_or_else(String::new, ToString::to_string),
                early.of.author.to_string(),
                early.of.sent_at.to_sql(),
                name_bytes(early.of.msg_id),
                (now + LONGEST_TTL).to_sql(),
                !early.friend,
                kind,
                emoji,
                said_at.to_sql(),
            ),
        )?;
        if kept > 0 {
            self.record_early(contact);
        }
        Ok(())
    }

    /// The message came: nothing waits for it any more.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_early(&mut self, conversation: &ConversationId, of: &MessageName) -> Result<()> {
        self.run(
            "DELETE FROM early WHERE sent_at = ?1 AND author = ?2 AND conversation IN (?3, '') AND msg_id IN (?4, x'')",
            (of.sent_at.to_sql(), of.author.to_string(), conversation.to_string(), name_bytes(of.msg_id)),
        )?;
        Ok(())
    }

    /// Forgets what no message can come for any more at `now` (network time).
    ///
    /// # Errors
    /// When the database fails.
    pub fn purge_early(&mut self, now: Timestamp) -> Result<()> {
        self.run("DELETE FROM early WHERE forgotten_at <= ?1", [now.to_sql()])?;
        Ok(())
    }

    /// Keeps the bounds after these people (rows of contacts) said something.
    pub(super) fn cut_early(&mut self, contacts: HashSet<i64>) -> Result<()> {
        for contact in contacts {
            self.run(
                "DELETE FROM early WHERE contact = ?1 AND id <= (
                     SELECT id FROM early WHERE contact = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                (contact, MOST_OF_ONE),
            )?;
        }
        self.run(
            "DELETE FROM early WHERE stranger = 1 AND id <= (
                 SELECT id FROM early WHERE stranger = 1 ORDER BY id DESC LIMIT 1 OFFSET ?1)",
            [MOST_OF_STRANGERS],
        )?;
        self.run(
            "DELETE FROM early WHERE id <= (SELECT id FROM early ORDER BY id DESC LIMIT 1 OFFSET ?1)",
            [MOST_ROWS],
        )?;
        Ok(())
    }
}

/// Words of one person that wait. Honest ones overtake their message by minutes and are a handful.
pub const MOST_OF_ONE: u32 = 300;

/// Words of all whom we did not accept: anybody can be many people.
pub const MOST_OF_STRANGERS: u32 = 1_000;

/// Words in all: about 3 MB.
pub const MOST_ROWS: u32 = 20_000;

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn named(author: AccountId, millis: u64) -> MessageName {
        MessageName { author, sent_at: at(millis), msg_id: None }
    }

    fn keep(tx: &mut WriteTx<'_>, by: AccountId, friend: bool, millis: u64) {
        let (conversation, of) = (chat(by), named(by, millis));
        tx.keep_early(
            &Early { by: &by, friend, conversation: Some(&conversation), of, word: EarlyWord::Unsend },
            at(1),
        )
        .unwrap();
    }

    fn count(tx: &ReadTx<'_>) -> u32 {
        tx.count_early().unwrap()
    }

    fn whose(tx: &ReadTx<'_>, with: &ConversationId, of: &MessageName) -> Vec<AccountId> {
        tx.early(with, of).unwrap().into_iter().map(|kept| kept.by).collect()
    }

    #[tokio::test]
    async fn a_word_waits_for_its_message_in_its_conversation_and_for_no_other() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("early", |tx| {
            keep(tx, bob(), true, 10);
            keep(tx, bob(), true, 10);
            assert_eq!(count(tx), 1);
            let found = |with, author, millis| whose(tx, &chat(with), &named(author, millis));
            assert_eq!(found(bob(), bob(), 10), [bob()]);
            assert_eq!(
                (found(carol(), bob(), 10), found(bob(), alice(), 10), found(bob(), bob(), 11)),
                Default::default()
            );
            let anywhere = Early {
                by: &alice(),
                friend: true,
                conversation: None,
                of: named(alice(), 20),
                word: EarlyWord::Unsend,
            };
            tx.keep_early(&anywhere, at(1))?;
            assert_eq!(whose(tx, &chat(carol()), &named(alice(), 20)), [alice()]);
            tx.forget_early(&chat(carol()), &named(alice(), 20))?;
            assert_eq!(count(tx), 1);
            tx.purge_early(at(1) + LONGEST_TTL)?;
            assert_eq!(count(tx), 0);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_word_about_a_named_message_waits_for_that_name() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("early", |tx| {
            let (with, of) = (chat(bob()), MessageName { msg_id: Some(7), ..named(bob(), 10) });
            tx.keep_early(
                &Early { by: &bob(), friend: true, conversation: Some(&with), of, word: EarlyWord::Unsend },
                at(1),
            )?;
            for (msg_id, found) in [(Some(7), 1), (Some(8), 0), (None, 0)] {
                assert_eq!(whose(tx, &with, &MessageName { msg_id, ..of }).len(), found, "{msg_id:?}");
            }
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn of_two_words_about_one_reaction_the_later_waits() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("early", |tx| {
            let (with, of) = (chat(bob()), named(alice(), 10));
            for (given, said) in [(false, 30), (true, 20), (false, 10)] {
                let word = EarlyWord::Reaction { emoji: "😂", given, said_at: at(said) };
                tx.keep_early(&Early { by: &bob(), friend: true, conversation: Some(&with), of, word }, at(1))?;
            }
            let word = EarlyWord::Reaction { emoji: "😂".to_owned(), given: false, said_at: at(30) };
            assert_eq!(tx.early(&with, &of)?, [KeptEarly { by: bob(), word }]);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_hundred_thousand_words_of_one_person_and_of_many_leave_few() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("flood", |tx| {
            keep(tx, carol(), true, 5);
            for millis in 0..100_000 {
                keep(tx, bob(), true, millis);
            }
            Ok(())
        });
        write.await.unwrap();
        let write = ledger.store.write("strangers", |tx| {
            assert_eq!(count(tx), MOST_OF_ONE + 1);
            for number in 0..u64::from(MOST_OF_STRANGERS) + 500 {
                let [high, low] = u16::try_from(number).unwrap().to_be_bytes();
                let mut key = [9; 32];
                (key[0], key[1]) = (high, low);
                keep(tx, AccountId::from_x25519(key), false, number);
            }
            Ok(())
        });
        write.await.unwrap();
        let counted = ledger.store.read(|tx| {
            assert_eq!(whose(tx, &chat(carol()), &named(carol(), 5)), [carol()], "nobody pushes out others");
            assert_eq!(whose(tx, &chat(bob()), &named(bob(), 99_999)), [bob()], "the newest stay");
            Ok(count(tx))
        });
        assert_eq!(counted.await.unwrap(), MOST_OF_ONE + 1 + MOST_OF_STRANGERS);
    }
}
