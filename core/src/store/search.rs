//! Word search over message texts, newest first.
//!
//! What a person types is never a query language: it is cut into words at white space, each word is quoted, all must
//! occur, and the last one may be the beginning of a word, so that results come while typing.

use super::messages::{SELECT, read};
use super::{ConversationId, MessageId, MessageRow, ReadTx};
use crate::error::Result;

/// One result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The message.
    pub message: MessageRow,
}

impl ReadTx<'_> {
    /// Messages that contain all words of `text`: at most `limit`, those that came here last first; before `before` when
    /// it is given, for the next page; in one conversation when it is given. Nothing but white space finds nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub fn search(
        &self,
        text: &str,
        conversation: Option<&ConversationId>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<Found>> {
        let Some(query) = quoted(text) else { return Ok(Vec::new()) };
        let before = before.map_or(i64::MAX, MessageId::as_i64);
        let found = |row: &rusqlite::Row<'_>| Ok(Found { message: read(row)? });
        // The index gives its rows in falling order by itself, so the search ends with the page.
        match conversation {
            None => self.rows(
                &format!(
                    "{SELECT} WHERE m.id IN (SELECT rowid FROM message_words WHERE message_words MATCH ?1 AND rowid < ?2
                                             ORDER BY rowid DESC LIMIT ?3)
                     ORDER BY m.id DESC"
                ),
                (query, before, limit),
                found,
            ),
            Some(conversation) => self.rows(
                &format!(
                    "{SELECT} WHERE m.id IN (SELECT f.rowid FROM message_words f JOIN messages n ON n.id = f.rowid
                                             WHERE f.message_words MATCH ?1 AND f.rowid < ?2
                                               AND n.conversation = (SELECT id FROM conversations WHERE address = ?4)
                                             ORDER BY f.rowid DESC LIMIT ?3)
                     ORDER BY m.id DESC"
                ),
                (query, before, limit, conversation.to_string()),
                found,
            ),
        }
    }
}

/// The words of `text` as a query that means nothing but these words.
fn quoted(text: &str) -> Option<String> {
    let mut query = String::new();
    for word in text.split_whitespace().take(MAX_WORDS) {
        // A NUL would end the query early.
        let word: String = word.chars().filter(|c| *c != '\0').take(MAX_WORD_CHARS).collect();
        // A word of punctuation only has no tokens; as a phrase it would match nothing and take the rest with it.
        if !word.chars().any(char::is_alphanumeric) {
            continue;
        }
        if !query.is_empty() {
            query.push(' ');
        }
        query.push('"');
        query.push_str(&word.replace('"', "\"\""));
        query.push('"');
    }
    if query.is_empty() {
        return None;
    }
    if !text.ends_with(char::is_whitespace) {
        query.push('*');
    }
    Some(query)
}

/// More words than anybody types; a pasted novel must not become a query of a thousand phrases.
const MAX_WORDS: usize = 16;

/// The longest word that is looked for, in characters.
const MAX_WORD_CHARS: usize = 64;

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn found(tx: &ReadTx<'_>, text: &str) -> Vec<String> {
        tx.search(text, None, None, 50).unwrap().into_iter().map(|found| found.message.body).collect()
    }

    #[tokio::test]
    async fn words_are_found_newest_first_without_regard_to_case_and_accents() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("texts", |tx| {
            text(tx, bob(), bob(), 10, "Meet me in Zürich at six");
            text(tx, carol(), carol(), 20, "zurich is far; \"really\" far");
            text(tx, bob(), alice(), 30, "six o'clock, OR seven? 100%_sure");
            assert_eq!(found(tx, "zurich"), ["zurich is far; \"really\" far", "Meet me in Zürich at six"]);
            assert_eq!(found(tx, "ZÜRICH six"), ["Meet me in Zürich at six"]);
            assert_eq!(found(tx, "zur").len(), 2, "the last word may be a beginning");
            assert_eq!(found(tx, "zur ").len(), 0, "unless white space ended it");
            for odd in [
                "\"",
                "six\" OR \"far",
                "NOT six",
                "body:six",
                "*",
                "six*",
                "(",
                "NEAR(six far)",
                "100%",
                "--",
                "six -- OR",
            ] {
                let _ = found(tx, odd);
            }
            assert_eq!(found(tx, "seven? -- or"), ["six o'clock, OR seven? 100%_sure"]);
            let here = tx.search("zurich", Some(&chat(bob())), None, 50)?;
            assert_eq!(here.len(), 1);
            let page = tx.search("six", None, None, 1)?;
            let next = tx.search("six", None, Some(page[0].message.id), 1)?;
            assert_eq!((page[0].message.sent_at, next[0].message.sent_at), (at(30), at(10)));
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_removed_message_is_not_found_any_more() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("texts", |tx| {
            let id = text(tx, bob(), bob(), 10, "marmalade").unwrap();
            text(tx, bob(), bob(), 20, "marmalade too");
            tx.remove_message(id, at(99))?;
            assert_eq!(found(tx, "marmalade"), ["marmalade too"]);
            tx.run("INSERT INTO message_words (message_words, rank) VALUES ('integrity-check', 1)", [])?;
            Ok(())
        });
        write.await.unwrap();
    }

    #[test]
    fn what_is_typed_is_never_a_query_language() {
        assert_eq!(quoted("  "), None);
        assert_eq!(quoted("?! --"), None);
        assert_eq!(quoted("six"), Some("\"six\"*".to_owned()));
        assert_eq!(quoted("at six "), Some("\"at\" \"six\"".to_owned()));
        assert_eq!(quoted("body:a OR b*"), Some("\"body:a\" \"OR\" \"b*\"*".to_owned()));
        assert_eq!(quoted("say \"hi\" NEAR(a"), Some("\"say\" \"\"\"hi\"\"\" \"NEAR(a\"*".to_owned()));
        assert_eq!(quoted("a\0b"), Some("\"ab\"*".to_owned()));
        assert_eq!(quoted(&"w ".repeat(50)).map(|query| query.matches('w').count()), Some(16));
    }
}
