//! Quotes: which message a message answers.
//!
//! The quoted line is looked up whenever the answer is read, in the conversation of the answer and in no other: a late
//! original still links, one that was deleted says so, and who quotes something said elsewhere does not learn whether it is
//! here. When a quoted message comes, changes or goes, the answers to it are told as changed.

use rusqlite::Row;

use super::messages::MessageKind;
use super::names::name_bytes;
use super::{Change, ConversationId, MessageId, MessageName, ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

/// What a message answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// Who wrote it; `None` for somebody under another name, as communities have them.
    pub author: Option<AccountId>,
    /// The author's timestamp (network).
    pub sent_at: Timestamp,
    /// The message, when it stands in this conversation.
    pub line: Option<QuotedLine>,
    /// What the app of who answered says it said, for when it does not stand here; mostly empty.
    pub fallback: String,
}

/// A quoted message that stands here.
#[derive(Clone, PartialEq, Eq)]
pub struct QuotedLine {
    /// Its number: for jumping to it.
    pub message: MessageId,
    /// What it is; [`MessageKind::Deleted`] says that nothing is left of it.
    pub kind: MessageKind,
    /// Written by us.
    pub outgoing: bool,
    /// The beginning of its text, at most 200 characters.
    pub text: String,
}

/// A quote to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewQuote<'a> {
    /// Who wrote what is quoted: an id of 66 lower-case hex digits, of an account or blinded.
    pub author: &'a str,
    /// The author's timestamp (network).
    pub sent_at: Timestamp,
    /// Its msgId, where it bears one.
    pub msg_id: Option<u64>,
    /// What it said, as far as old clients tell; empty for nothing.
    pub fallback: &'a str,
}

impl ReadTx<'_> {
    /// The name of the message that a message answers, when an account wrote it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn quoted_name(&self, message: MessageId) -> Result<Option<MessageName>> {
        let quoted =
            self.row("SELECT author, sent_at, msg_id FROM quotes WHERE message = ?1", [message.as_i64()], |row| {
                let msg_id = row.get::<_, Vec<u8>>(2)?.first_chunk().copied().map(u64::from_le_bytes);
                Ok((row.get::<_, String>(0)?, Timestamp::from_sql(row.get(1)?), msg_id))
            })?;
        Ok(quoted.and_then(|(author, sent_at, msg_id)| {
            AccountId::parse(&author).ok().map(|author| MessageName { author, sent_at, msg_id })
        }))
    }

    /// The answers in a conversation to what `author` wrote at `sent_at`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn answers_to(
        &self,
        conversation: &ConversationId,
        author: &AccountId,
        sent_at: Timestamp,
    ) -> Result<Vec<MessageId>> {
        self.rows(
            "SELECT q.message FROM quotes q JOIN messages m ON m.id = q.message JOIN conversations c ON c.id = m.conversation
             WHERE q.sent_at = ?2 AND q.author = ?3 AND c.address = ?1 ORDER BY q.message",
            (conversation.to_string(), sent_at.to_sql(), author.to_string()),
            |row| Ok(MessageId::from_i64(row.get(0)?)),
        )
    }
}

impl WriteTx<'_> {
    /// Notes which message a message answers.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_quote(&mut self, message: MessageId, quote: &NewQuote<'_>) -> Result<()> {
        let msg_id = name_bytes(quote.msg_id);
        self.run(
            "INSERT INTO quotes (message, author, sent_at, msg_id, fallback) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (message) DO NOTHING",
            (message.as_i64(), quote.author, quote.sent_at.to_sql(), msg_id, quote.fallback),
        )?;
        Ok(())
    }

    /// What `author` wrote in a conversation at `from` bears another moment now: answers to it name that.
    ///
    /// # Errors
    /// When the database fails.
    pub fn redate_quotes(&mut self, answers: &[MessageId], sent_at: Timestamp) -> Result<()> {
        for answer in answers {
            self.run("UPDATE quotes SET sent_at = ?2 WHERE message = ?1", (answer.as_i64(), sent_at.to_sql()))?;
        }
        Ok(())
    }

    /// A message came, changed or goes: answers to it look otherwise now.
    pub(super) fn record_answers_changed(
        &mut self,
        conversation: &ConversationId,
        author: &AccountId,
        sent_at: Timestamp,
    ) -> Result<()> {
        for answer in self.answers_to(conversation, author, sent_at)? {
            self.record(Change::MessageChanged(answer));
        }
        Ok(())
    }

    /// Messages (a JSON list of their numbers) go, or what they said does: nothing that others quoted of them stays.
    pub(super) fn forget_in_answers(&mut self, messages: &str) -> Result<()> {
        let answers = self.rows(
            "SELECT q.message, a.conversation = m.conversation, q.fallback <> '' AND q.msg_id IN (x'', m.msg_id)
             FROM json_each(?1) j CROSS JOIN messages m ON m.id = j.value CROSS JOIN contacts s ON s.id = m.sender
             CROSS JOIN quotes q ON q.sent_at = m.sent_at AND q.author = s.account JOIN messages a ON a.id = q.message",
            [messages],
            |row| Ok((MessageId::from_i64(row.get(0)?), row.get::<_, bool>(1)?, row.get::<_, bool>(2)?)),
        )?;
        for (answer, here, tells) in answers {
            if tells {
                self.run("UPDATE quotes SET fallback = '' WHERE message = ?1", [answer.as_i64()])?;
            }
            if here {
                self.record(Change::MessageChanged(answer));
            }
        }
        Ok(())
    }
}

/// Reads the columns of a quote from `column` on ([`super::messages::SELECT`]).
pub(super) fn read(row: &Row<'_>, column: usize) -> Result<Option<Quoted>> {
    let Some(author) = row.get::<_, Option<String>>(column)? else { return Ok(None) };
    let line = match row.get::<_, Option<i64>>(column + 3)? {
        None => None,
        Some(message) => Some(QuotedLine {
            message: MessageId::from_i64(message),
            kind: MessageKind::from_sql(row.get(column + 4)?)?,
            outgoing: row.get(column + 5)?,
            text: row.get(column + 6)?,
        }),
    };
    let sent_at = Timestamp::from_sql(row.get(column + 1)?);
    Ok(Some(Quoted { author: AccountId::parse(&author).ok(), sent_at, line, fallback: row.get(column + 2)? }))
}

/// What people quote does not belong in logs.
impl std::fmt::Debug for QuotedLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QuotedLine").field("message", &self.message).field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn quotes(tx: &mut WriteTx<'_>, answer: MessageId, author: AccountId, millis: u64, msg_id: Option<u64>) {
        let author = author.to_string();
        tx.set_quote(answer, &NewQuote { author: &author, sent_at: at(millis), msg_id, fallback: "told" }).unwrap();
    }

    fn line(tx: &ReadTx<'_>, answer: MessageId) -> Option<(MessageKind, String)> {
        let quoted = tx.message(answer).unwrap().unwrap().quote.unwrap();
        quoted.line.map(|line| (line.kind, line.text))
    }

    #[tokio::test]
    async fn a_quote_is_looked_up_when_it_is_read_and_a_late_original_links() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("quotes", |tx| {
            let answer = text(tx, bob(), alice(), 2_000, "yes").unwrap();
            quotes(tx, answer, bob(), 1_000, None);
            assert_eq!(line(tx, answer), None, "not found here");
            let original = text(tx, bob(), bob(), 1_000, &"coming? ".repeat(60)).unwrap();
            assert_eq!(line(tx, answer).unwrap().1.chars().count(), 200);
            assert_eq!(
                tx.messages_before(&chat(bob()), super::super::Before::Latest, 9)?[1].quote,
                tx.message(answer)?.unwrap().quote
            );
            tx.erase_message(original, at(3_000))?;
            assert_eq!(line(tx, answer), Some((MessageKind::Deleted, String::new())));
            assert_eq!(tx.message(answer)?.unwrap().quote.unwrap().fallback, "", "nothing of what was said is left");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn what_stands_in_another_conversation_is_not_found() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("quotes", |tx| {
            text(tx, carol(), carol(), 1_000, "a secret").unwrap();
            text(tx, carol(), alice(), 1_002, "another").unwrap();
            for (millis, author) in [(1_000, carol()), (1_002, alice())] {
                let answer = text(tx, bob(), bob(), millis + 5_000, "so you said").unwrap();
                quotes(tx, answer, author, millis, None);
                assert_eq!(line(tx, answer), None);
            }
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_quote_that_names_a_msg_id_means_that_message_alone() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("quotes", |tx| {
            let original = text(tx, bob(), bob(), 1_000, "hi").unwrap();
            let answers: Vec<_> =
                (0..2).map(|number| text(tx, bob(), alice(), 2_000 + 2 * number, "yes").unwrap()).collect();
            quotes(tx, answers[0], bob(), 1_000, Some(7));
            quotes(tx, answers[1], bob(), 1_000, None);
            assert_eq!((line(tx, answers[0]).is_some(), line(tx, answers[1]).is_some()), (false, true));
            tx.set_msg_id(original, 7)?;
            assert_eq!((line(tx, answers[0]).is_some(), line(tx, answers[1]).is_some()), (true, true));
            assert_eq!(tx.quoted_name(answers[0])?.unwrap().msg_id, Some(7));
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn answers_are_told_when_their_original_comes_or_goes() {
        let ledger = Ledger::new().await;
        let answered = ledger.store.write("answer", |tx| {
            let answer = text(tx, bob(), alice(), 2_000, "yes").unwrap();
            quotes(tx, answer, bob(), 1_000, None);
            Ok(answer)
        });
        let answer = answered.await.unwrap().0;
        let tells =
            |changes: super::super::Changes| changes.iter().any(|change| *change == Change::MessageChanged(answer));
        let (original, changes) = ledger.store.write("came", says(bob(), bob(), 1_000, "coming?")).await.unwrap();
        assert!(tells(changes));
        let erase = ledger.store.write("erased", move |tx| tx.erase_message(original.unwrap(), at(3_000)));
        assert!(tells(erase.await.unwrap().1));
        let remove = ledger.store.write("removed", move |tx| tx.remove_message(original.unwrap(), at(3_000)));
        assert!(tells(remove.await.unwrap().1));
    }
}
