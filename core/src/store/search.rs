//! Word search over message texts, newest first.
//!
//! What a person types is never a query language: it is folded and cut ([`crate::words`]) and becomes terms that must all
//! occur; the last word may be the beginning of one, so that results come while typing.
//!
//! The triggers of the schema write the words of a message by the SQL function that [`teach`] gives a connection. An index
//! by another folding, or one that would be slower to clean than to write, is emptied ([`begin_anew`]) and filled again from
//! the newest message down, a little in each write ([`WriteTx::index_some`]): what came since is found at once, and a crash
//! goes on where it was.

use std::ops::ControlFlow;

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::failure::StoreFault;
use super::messages::{SELECT, read};
use super::{Change, ConversationId, MessageId, MessageRow, ReadTx, WriteTx};
use crate::error::Result;
use crate::kill;
use crate::words::{FOLDING, SearchWords, indexed};

/// One result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The message.
    pub message: MessageRow,
}

/// What one look into the index gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchRound {
    /// The messages, those that came here last first.
    pub found: Vec<Found>,
    /// Before which message the next look begins, where this one ended before the page was full: it looked at enough texts.
    pub go_on: Option<MessageId>,
}

/// What the index is asked.
struct Asked<'a> {
    expression: &'a str,
    /// Only messages with smaller numbers.
    before: i64,
    /// Only those of this conversation.
    here: Option<i64>,
}

impl ReadTx<'_> {
    /// Messages in which all words of `text` stand: at most `limit`, those that came here last first; before `before` when
    /// it is given, for the next page; in one conversation when it is given. Nothing but blanks and punctuation finds nothing.
    ///
    /// # Errors
    /// When the database fails.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests and benches alone"))]
    pub fn search(
        &self,
        text: &str,
        conversation: Option<&ConversationId>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<Found>> {
        let (mut found, mut before) = (Vec::new(), before);
        loop {
            let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(limit));
            let round = self.search_some(text, conversation, before, left)?;
            found.extend(round.found);
            before = round.go_on;
            if before.is_none() {
                return Ok(found);
            }
        }
    }

    /// [`Self::search`], but for a short time: looks at some thousand texts at the most, and says where to go on.
    ///
    /// # Errors
    /// When the database fails.
    pub fn search_some(
        &self,
        text: &str,
        conversation: Option<&ConversationId>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<SearchRound> {
        let words = SearchWords::of(text);
        let Some(query) = words.query() else { return Ok(SearchRound::default()) };
        let before = before.map_or(i64::MAX, MessageId::as_i64);
        let here = conversation.map(|conversation| self.conversation_number(conversation)).transpose()?;
        let Some(here) = here.map_or(Some(None), |number| number.map(Some)) else { return Ok(SearchRound::default()) };
        let asked = Asked { expression: &query.expression, before, here };
        let (page, go_on) =
            if query.exact { (self.with_terms(&asked, limit)?, None) } else { self.with_words(&asked, &words, limit)? };
        Ok(SearchRound { found: page.into_iter().map(|message| Found { message }).collect(), go_on })
    }

    /// Messages that the index has under all terms. It gives its rows in falling order by itself, so this ends with the page.
    fn with_terms(&self, asked: &Asked<'_>, limit: u32) -> Result<Vec<MessageRow>> {
        match asked.here {
            None => self.rows(
                &format!(
                    "{SELECT} WHERE m.id IN (SELECT rowid FROM message_words WHERE message_words MATCH ?1 AND rowid < ?2
                                             ORDER BY rowid DESC LIMIT ?3)
                     ORDER BY m.id DESC"
                ),
                (asked.expression, asked.before, limit),
                read,
            ),
            Some(conversation) => self.rows(
                &format!(
                    "{SELECT} WHERE m.id IN (SELECT f.rowid FROM message_words f JOIN messages n ON n.id = f.rowid
                                             WHERE f.message_words MATCH ?1 AND f.rowid < ?2 AND n.conversation = ?4
                                             ORDER BY f.rowid DESC LIMIT ?3)
                     ORDER BY m.id DESC"
                ),
                (asked.expression, asked.before, limit, conversation),
                read,
            ),
        }
    }

    /// Messages that the index has under all terms and in which `words` stand as they were typed. Of the others only the text
    /// is read. Says where to go on when it looked at enough of them.
    fn with_words(
        &self,
        asked: &Asked<'_>,
        words: &SearchWords,
        limit: u32,
    ) -> Result<(Vec<MessageRow>, Option<MessageId>)> {
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut hits: Vec<i64> = Vec::new();
        let (mut looked_at, mut last) = (0, 0);
        self.each(
            "SELECT n.id, n.body FROM message_words f CROSS JOIN messages n ON n.id = f.rowid
             WHERE f.message_words MATCH ?1 AND f.rowid < ?2 AND (?3 IS NULL OR n.conversation = ?3)
             ORDER BY f.rowid DESC LIMIT ?4",
            (asked.expression, asked.before, asked.here, MOST_LOOKED_AT),
            |row| {
                (looked_at, last) = (looked_at + 1, row.get(0)?);
                if words.stand_in(row.get_ref(1)?.as_str().map_err(|_| StoreFault::Value("messages.body"))?) {
                    hits.push(last);
                }
                Ok(if hits.len() < wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            },
        )?;
        let go_on = (looked_at >= MOST_LOOKED_AT && hits.len() < wanted).then(|| MessageId::from_i64(last));
        let hits = format!("[{}]", hits.iter().map(i64::to_string).collect::<Vec<_>>().join(","));
        let sql = format!("{SELECT} WHERE m.id IN (SELECT value FROM json_each(?1)) ORDER BY m.id DESC");
        Ok((self.rows(&sql, [hits], read)?, go_on))
    }

    /// How much of all messages can be found by now, in percent: below 100 while the index is made anew.
    ///
    /// # Errors
    /// When the database fails.
    pub fn search_percent(&self) -> Result<u8> {
        let state = self.row("SELECT indexed_from, begun_at FROM search_state", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })?;
        Ok(state.map_or(100, |(from, begun_at)| percent(from, begun_at)))
    }
}

impl WriteTx<'_> {
    /// Brings a few more messages into an index that is made anew, the newest that are not in it. Says whether any are left.
    ///
    /// # Errors
    /// When the database fails.
    pub fn index_some(&mut self) -> Result<bool> {
        let state = self.row("SELECT indexed_from, begun_at FROM search_state", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })?;
        let Some((from, begun_at)) = state.filter(|(from, _)| *from > 0) else { return Ok(false) };
        let mut page = self.rows(
            "SELECT id, body FROM messages WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            (from, PAGE as i64),
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
        )?;
        let mut bytes = 0;
        let fits = page.iter().take_while(|(_, body)| {
            let fits = bytes < PAGE_BYTES;
            bytes += body.len();
            fits
        });
        let fits = fits.count();
        let last = fits == page.len() && fits < PAGE;
        page.truncate(fits);
        // In rising order the index writes them as one piece.
        for (id, body) in page.iter().rev().filter(|(_, body)| !body.is_empty()) {
            self.run("INSERT INTO message_words (rowid, words) VALUES (?1, ?2)", (id, indexed(body)))?;
        }
        let reached = page.last().filter(|_| !last).map_or(0, |(id, _)| *id);
        self.run("UPDATE search_state SET indexed_from = ?1", [reached])?;
        if percent(reached, begun_at) != percent(from, begun_at) {
            self.record(Change::SearchChanged);
        }
        Ok(reached > 0)
    }

    /// Empties the index; it is filled again by and by ([`Self::index_some`]).
    ///
    /// # Errors
    /// When the database fails.
    pub fn index_anew(&mut self) -> Result<()> {
        begin_anew(self.connection())?;
        self.record(Change::SearchChanged);
        Ok(())
    }
}

/// Gives a connection the function by which the triggers of the schema write words.
///
/// # Errors
/// When the database fails.
pub(super) fn teach(connection: &Connection) -> Result<()> {
    // Harmless wherever it is called, which a trigger has to be told of.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    let words = |context: &rusqlite::functions::Context<'_>| {
        let text = context.get_raw(0).as_str().map_err(|error| rusqlite::Error::UserFunctionError(error.into()))?;
        Ok(indexed(text))
    };
    Ok(connection.create_scalar_function("search_words", 1, flags, words)?)
}

/// At opening: an index by another folding is emptied, to be filled again.
///
/// # Errors
/// When the database fails.
pub(super) fn check_folding(connection: &mut Connection) -> Result<()> {
    let folding: i64 = connection.query_row("SELECT folding FROM search_state", [], |row| row.get(0))?;
    if folding == FOLDING {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    begin_anew(&transaction)?;
    kill::commit_point("before", "search begins anew");
    transaction.commit()?;
    kill::commit_point("after", "search begins anew");
    Ok(())
}

fn begin_anew(connection: &Connection) -> Result<()> {
    connection.execute("INSERT INTO message_words (message_words) VALUES ('delete-all')", [])?;
    connection.execute(
        "UPDATE search_state SET folding = ?1, (indexed_from, begun_at) =
             (SELECT coalesce(max(id) + 1, 0), coalesce(max(id) + 1, 0) FROM messages)",
        [FOLDING],
    )?;
    Ok(())
}

fn percent(from: i64, begun_at: i64) -> u8 {
    let done = begun_at.saturating_sub(from).max(0).saturating_mul(100).checked_div(begun_at).unwrap_or(100);
    match (from, u8::try_from(done)) {
        (0, _) => 100,
        (_, Ok(done)) => done.min(99),
        (_, Err(_)) => 99,
    }
}

/// Messages with all terms whose texts are looked at in one round, at the most: some milliseconds. Only texts made for it need
/// more rounds.
const MOST_LOOKED_AT: u32 = 4_000;

/// Messages that one write brings into the index, and bytes of text after which it takes no more: what a person writes
/// meanwhile waits for one such write.
const PAGE: usize = 250;
const PAGE_BYTES: usize = 128 * 1024;

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Before, Store};
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
                "#",
                "a\0b",
                "#️⃣ *️⃣",
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
    async fn any_part_of_a_text_without_blanks_and_any_emoji_is_found() {
        let ledger = Ledger::new().await;
        let letters: &[(&str, &[&str], &[&str])] = &[
            ("我喜歡用這個程式", &["我", "喜歡", "用", "用這個程", "程式"], &["歡喜", "喜用", "式程"]),
            (
                "明日は東京タワーで会いましょう",
                &["東京", "東京タワー", "タワー", "ー", "ﾀﾜｰ", "ましょ"],
                &["京東", "ワータ"],
            ),
            ("ｶﾞｷﾞ か\u{3099}く", &["ガギ", "がく", "か\u{3099}"], &["カキ", "かく"]),
            ("서울대학교에서 만나요", &["대학교", "서울", "\u{1106}\u{1161}\u{11ab}나"], &["학대"]),
            ("กินข้าวหรือยัง", &["ข้าว", "หรือ", "ก"], &["วข้"]),
            ("ພາສາລາວ", &["ສາລາວ", "ລາວ"], &["ວາລ"]),
            ("ខ្ញុំរៀនភាសាខ្មែរ", &["ភាសា", "ខ្មែរ"], &["សាភា"]),
            ("မြန်မာစကား", &["စကား", "မာစ"], &["ကားစ"]),
            ("བཀྲ་ཤིས་བདེ་ལེགས", &["བཀྲ་ཤིས", "བདེ", "ལེ"], &["ཤིས་བཀྲ", "ལེ "]),
            ("🎵", &["🎵"], &[]),
            ("🐽🎵 song", &["🎵 🐽", "🎵", "song 🎵"], &["🎵🐽"]),
            ("great 🎉 party", &["🎉", "great 🎉"], &["🎉 poor"]),
            ("well 👍🏽 done", &["👍", "👍🏿", "👍🏽"], &["🏿"]),
            ("the 👨‍👩‍👧 and the 👩🏽‍💻", &["👧", "👨‍👩‍👧", "👩‍💻"], &["👨‍👧"]),
            ("flags 🇩🇪🇪🇸 5️⃣", &["🇪🇸", "🇩🇪", "5️⃣"], &["🇪🇪", "5"]),
            ("Straße nach Łódź", &["strasse", "STRASSE", "lodz"], &["strase"]),
            ("ΟΔΟΣ Ομήρου", &["οδός", "οδοσ ομηρ"], &[]),
            ("Iğdır'da IŞIK", &["igdir", "ısık", "IŞIK", "işik"], &[]),
            ("مُحَمَّد شالوم שָׁלוֹם", &["محمد", "שלום"], &[]),
            ("Ｈｅｌｌｏ ﬁne", &["hello fine"], &[]),
            ("मैं हिन्दी में", &["हिन्दी", "हि"], &["हन"]),
        ];
        let texts: Vec<&str> = letters.iter().map(|(text, ..)| *text).collect();
        let write = ledger.store.write("texts", move |tx| {
            (1..).zip(texts).for_each(|(at, body)| _ = text(tx, bob(), bob(), at, body));
            Ok(())
        });
        write.await.unwrap();
        let read = ledger.store.read(move |tx| {
            for (text, finding, missing) in letters {
                for query in *finding {
                    assert!(found(tx, query).contains(&(*text).to_owned()), "{query} in {text}");
                }
                for query in *missing {
                    assert!(!found(tx, query).contains(&(*text).to_owned()), "{query} not in {text}");
                }
            }
            Ok(())
        });
        read.await.unwrap();
    }

    #[tokio::test]
    async fn texts_that_hold_all_terms_in_another_order_take_no_place_on_a_page() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("texts", |tx| {
            for number in 0..300 {
                let right = number % 100 == 7;
                text(tx, bob(), bob(), 10 + number, if right { "好東京タワー" } else { "タワ 京タ 東京 ワー" });
            }
            let page = tx.search("東京タワー", None, None, 2)?;
            assert_eq!(page.iter().map(|found| found.message.sent_at).collect::<Vec<_>>(), [at(217), at(117)]);
            let decoys = 2 * u64::from(MOST_LOOKED_AT) + 100;
            for number in 0..decoys {
                text(tx, bob(), bob(), 1_000 + number, "タワ 京タ 東京 ワー");
            }
            let round = tx.search_some("東京タワー", None, None, 2)?;
            assert_eq!((round.found.len(), round.go_on.is_some()), (0, true), "a read is short");
            assert_eq!(tx.search("東京タワー", None, None, 2)?, page, "and nothing is left out");
            let next = tx.search("東京タワー", None, Some(page[1].message.id), 2)?;
            assert_eq!(next.iter().map(|found| found.message.sent_at).collect::<Vec<_>>(), [at(17)]);
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
            holds_what_the_texts_say(tx);
            Ok(())
        });
        write.await.unwrap();
    }

    /// The words of the index are those of the messages that are in it, and nothing else.
    fn holds_what_the_texts_say(tx: &WriteTx<'_>) {
        tx.run("INSERT INTO message_words (message_words) VALUES ('integrity-check')", []).unwrap();
        tx.run("CREATE VIRTUAL TABLE IF NOT EXISTS temp.held USING fts5vocab (main, message_words, instance)", [])
            .unwrap();
        let mut held = tx
            .rows("SELECT doc, term FROM held", [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
            .unwrap();
        let texts = tx
            .rows("SELECT id, body FROM messages WHERE id >= (SELECT indexed_from FROM search_state)", [], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            })
            .unwrap();
        let mut said: Vec<_> = texts
            .iter()
            .flat_map(|(id, body)| {
                let words = indexed(body);
                words.split(' ').filter(|word| !word.is_empty()).map(|word| (*id, word.to_owned())).collect::<Vec<_>>()
            })
            .collect();
        held.sort();
        said.sort();
        said.dedup();
        assert!(held == said, "{} terms held, {} said", held.len(), said.len());
    }

    /// A text of a few words of several scripts that others have too, and one that nobody else has.
    fn mixed(number: u64) -> String {
        let words = ["harbour", "meet", "Zürich", "東京タワー", "用這個程式", "ข้าวหรือ", "학교에서", "🎉", "👍🏽"];
        let word = |by: u64| words[(number.wrapping_mul(by) >> 3) as usize % words.len()];
        format!("{} {} {} own{number}", word(0x9e37_79b9), word(0x85eb_ca6b), word(0xc2b2_ae35))
    }

    async fn with_letters(ledger: &Ledger, count: u64) {
        let write = ledger.store.write("texts", move |tx| {
            (0..count)
                .for_each(|number| _ = text(tx, person(2 + (number % 5) as u8), bob(), 10 + number, &mixed(number)));
            Ok(())
        });
        write.await.unwrap();
    }

    async fn index_all(store: &Store) -> usize {
        let mut writes = 1;
        while store.write("search words", |tx| tx.index_some()).await.unwrap().0 {
            writes += 1;
        }
        writes
    }

    #[tokio::test]
    async fn an_index_by_another_folding_is_made_anew_newest_first_and_found_in_meanwhile() {
        let ledger = Ledger::new().await;
        with_letters(&ledger, 600).await;
        ledger.store.write("older", |tx| tx.run("UPDATE search_state SET folding = 0", [])).await.unwrap();
        let path = ledger.path();
        ledger.store.close().await.unwrap();
        let store = Store::open(&path, &key()).await.unwrap();
        assert_eq!(store.read(|tx| Ok((tx.search_percent()?, found(tx, "own599")))).await.unwrap(), (0, Vec::new()));
        let new = store.write("text", says(bob(), bob(), 5_000, "harbour of the newest")).await.unwrap().0;
        assert_eq!(store.read(|tx| Ok(found(tx, "newest"))).await.unwrap().len(), 1, "what comes now is found at once");
        let (left, changes) = store.write("search words", |tx| tx.index_some()).await.unwrap();
        assert!(left && changes.iter().any(|change| *change == Change::SearchChanged));
        let (percent, newest, oldest) =
            store.read(|tx| Ok((tx.search_percent()?, found(tx, "own599"), found(tx, "own3 ")))).await.unwrap();
        assert!((40..45).contains(&percent) && newest.len() == 1 && oldest.is_empty(), "{percent}");
        store.write("remove", move |tx| tx.remove_message(new.unwrap(), at(9_000))).await.unwrap();
        store
            .write("remove", |tx| {
                // One that is in it and one that is not.
                for sent_at in [608, 13] {
                    let chat = chat(person(2 + ((sent_at - 10) % 5) as u8));
                    let row = tx.message_by_time(&chat, &bob(), at(sent_at))?.unwrap();
                    assert!(tx.remove_message(row.id, at(9_000))?);
                }
                holds_what_the_texts_say(tx);
                Ok(())
            })
            .await
            .unwrap();
        store.close().await.unwrap();
        let store = Store::open(&path, &key()).await.unwrap();
        assert_eq!(store.read(|tx| tx.search_percent()).await.unwrap(), percent, "opening again goes on");
        assert_eq!(index_all(&store).await, 2);
        let all = store.read(|tx| Ok((tx.search_percent()?, found(tx, "own0 "), found(tx, "own599"))));
        let (percent, oldest, newest) = all.await.unwrap();
        assert_eq!((percent, oldest.len(), newest.len()), (100, 1, 1));
        store
            .write("check", |tx| {
                holds_what_the_texts_say(tx);
                Ok(())
            })
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn whatever_goes_and_changes_the_index_holds_what_the_texts_say() {
        let ledger = Ledger::new().await;
        with_letters(&ledger, 3_000).await;
        for round in 0_u64..6 {
            let write = ledger.store.write("remove and write", move |tx| {
                let page = tx.messages_before(&chat(person(2 + (round % 5) as u8)), Before::Latest, 400)?;
                for row in page.iter().filter(|row| row.sent_at.as_millis() * 7919 % 11 < 5) {
                    tx.remove_message(row.id, at(9_000))?;
                }
                for row in page.iter().filter(|row| row.sent_at.as_millis() * 7919 % 11 == 9) {
                    tx.run("UPDATE messages SET body = body || ' 変更 edited' WHERE id = ?1", [row.id.as_i64()])?;
                }
                if round == 3 {
                    tx.index_anew()?;
                }
                if round == 4 {
                    tx.index_some()?;
                }
                (0..50).for_each(|more| _ = text(tx, carol(), carol(), 6_000 + round * 50 + more, &mixed(more * 31)));
                holds_what_the_texts_say(tx);
                Ok(())
            });
            write.await.unwrap();
        }
        index_all(&ledger.store).await;
        ledger
            .store
            .write("check", |tx| {
                holds_what_the_texts_say(tx);
                Ok(())
            })
            .await
            .unwrap();
    }

    #[test]
    fn progress_ends_only_when_everything_is_in() {
        assert_eq!((percent(0, 0), percent(0, 500), percent(1_001, 1_001)), (100, 100, 0));
        assert_eq!((percent(1, 1_001), percent(501, 1_001), percent(2_000, 1_001)), (99, 49, 0));
    }
}
