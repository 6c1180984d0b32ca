//! Search at the size of years: 300,000 and 1,000,000 letters of six scripts, bare FTS5 with the same terms beside it; what
//! the index takes in the file; and how long it takes to make it anew, beside a person who writes.
//!
//! *Bare* is the same file asked by plain statements for the same rows on one connection, on a blocking thread as core's; of
//! a run of signs it looks for the text itself (`instr`) in what has all terms. For sizes it is the
//! index of before version 5 (`unicode61`, words between blanks). `ONIONSKIN_BENCH_LETTERS` names other sizes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a benchmark may panic

mod ratio;

use std::hint::black_box;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use onionskin_core::ledger::{NewMessage, WriteTx};
use onionskin_core::store::{DatabaseKey, NewProfile, Store};
use onionskin_core::{AccountId, AccountSeed, ConversationId, MessageKind, MessageState, Timestamp};
use rusqlite::Connection;
use tokio::runtime::Runtime;

const CONVERSATIONS: u64 = 200;
const WORDS: u64 = 8_000;
const KEY: [u8; 32] = [0x42; 32];
/// What was promised: our time against that of bare FTS5.
const RATIO: f64 = 2.0;

fn main() {
    let runtime = Runtime::new().unwrap();
    for script in SCRIPTS {
        sizes(&runtime, script, 20_000);
    }
    let sizes = std::env::var("ONIONSKIN_BENCH_LETTERS").unwrap_or_else(|_| "300000 1000000".to_owned());
    for letters in sizes.split_whitespace() {
        at_size(&runtime, letters.parse().unwrap());
    }
}

/// Bytes of a letter of one script in the file: all but the index, the index, and the one of before.
fn sizes(runtime: &Runtime, script: &'static Script, letters: u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("onionskin.db");
    runtime.block_on(fill(&path, letters, move |number| script.text(number))).unwrap();
    let bare = open_bare(&path);
    let of_index = bytes(&bare, "name LIKE 'message\\_words%' ESCAPE '\\'");
    let rest = bytes(&bare, "name NOT LIKE 'message\\_words%' ESCAPE '\\'");
    bare.execute_batch(
        "CREATE VIRTUAL TABLE old_words USING fts5 (body, content = 'messages', content_rowid = 'id',
             tokenize = 'unicode61 remove_diacritics 2');
         INSERT INTO old_words (old_words) VALUES ('rebuild');",
    )
    .unwrap();
    let before = bytes(&bare, "name LIKE 'old\\_words%' ESCAPE '\\'");
    let each = |bytes: u64| bytes as f64 / letters as f64;
    println!(
        "{}: {:.0} bytes a letter without an index, {:.0} more with it ({:+.0} %); before version 5 {:.0} ({:+.0} % since)",
        script.name,
        each(rest),
        each(of_index),
        100.0 * of_index as f64 / rest as f64,
        each(before),
        100.0 * ((rest + of_index) as f64 / (rest + before) as f64 - 1.0),
    );
}

fn bytes(connection: &Connection, which: &str) -> u64 {
    let sql = format!("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE {which}");
    connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap() as u64
}

fn at_size(runtime: &Runtime, letters: u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("onionskin.db");
    let start = Instant::now();
    let mixed = |number: u64| SCRIPTS[(number % SCRIPTS.len() as u64) as usize].text(number);
    let store = runtime.block_on(fill(&path, letters, mixed)).unwrap();
    println!("{letters} letters written in {:?}", start.elapsed());
    let bare = Bare { connection: Arc::new(Mutex::new(open_bare(&path))), runtime };
    let size =
        bare.run(|connection| (bytes(connection, "1"), bytes(connection, "name LIKE 'message\\_words%' ESCAPE '\\'")));
    println!("{letters} letters take {} MB, of which the index {} MB", size.0 / 1_000_000, size.1 / 1_000_000);
    searches(runtime, &store, &bare, letters);
    drop(bare);
    runtime.block_on(removed(&store, letters));
    runtime.block_on(made_anew(&path, store, letters));
}

/// Typed as a person types, and the same asked of bare FTS5.
fn searches(runtime: &Runtime, store: &Store, bare: &Bare<'_>, letters: u64) {
    let [latin, han, kana, hangul, thai, _] = SCRIPTS;
    let pairs = |run: &str| {
        let signs: Vec<char> = run.chars().collect();
        signs.windows(2).map(|pair| format!("\"{}{}\"", pair[0], pair[1])).collect::<Vec<_>>().join(" ")
    };
    let run = |script: &Script, number: u64| {
        script.text(number).split(' ').next().unwrap().chars().take(5).collect::<String>()
    };
    let (of_han, of_kana, of_thai) = (run(han, 1_001), run(kana, 2_002), run(thai, 4_004));
    let of_hangul: String = hangul.word(7).chars().take(2).collect();
    let (rare, common) = (latin.word(WORDS - 3), latin.word(1));
    let typed = [
        ("a rare word", format!("{rare} "), format!("\"{rare}\"")),
        ("a common word", format!("{common} "), format!("\"{common}\"")),
        ("two words", format!("{common} {rare} "), format!("\"{common}\" \"{rare}\"")),
        ("three letters", "ded".to_owned(), "\"ded\"*".to_owned()),
        ("one letter", "d".to_owned(), "\"d\"*".to_owned()),
        ("one sign", of_han.chars().take(1).collect(), format!("\"{}\"*", of_han.chars().next().unwrap())),
        ("five signs of Han", of_han.clone(), pairs(&of_han)),
        ("five signs of Kana", of_kana.clone(), pairs(&of_kana)),
        ("five signs of Thai", of_thai.clone(), pairs(&of_thai)),
        ("two syllables", of_hangul.clone(), pairs(&of_hangul)),
        ("an emoji", "🎉".to_owned(), "\"🎉\"".to_owned()),
    ];
    for (name, typed, query) in &typed {
        let ours = || {
            let typed = typed.clone();
            black_box(runtime.block_on(store.read(move |tx| tx.search(&typed, None, None, 50))).unwrap());
        };
        let bare_search = || {
            // Of one word or one pair the terms say all.
            let run = if typed.chars().count() > 2 && !typed.is_ascii() { typed.clone() } else { String::new() };
            let query = query.clone();
            black_box(bare.run(move |connection| search_bare(connection, &query, &run)));
        };
        ratio::compare(&format!("{letters}: {name}"), 30, Some(RATIO), ours, bare_search);
    }
}

/// What it takes to take letters out of the index one by one, which is weighed against making it anew.
async fn removed(store: &Store, letters: u64) {
    let start = Instant::now();
    let remove = move |tx: &mut WriteTx<'_>| {
        for number in (0..letters).step_by((letters / 500) as usize) {
            let with = if number.is_multiple_of(3) { 0 } else { 1 + number % (CONVERSATIONS - 1) };
            let row = tx.message_by_time(&ConversationId::Account(person(with)), &person(with), at(number))?.unwrap();
            tx.remove_message(row.id, at(letters))?;
        }
        Ok(())
    };
    store.write("removed", remove).await.unwrap();
    println!("{letters}: a letter removed in {:?}", start.elapsed() / 500);
}

/// The index by another folding: what opening then takes, how long it is filled, and how long a person waits who writes.
async fn made_anew(path: &Path, store: Store, letters: u64) {
    store.close().await.unwrap();
    open_bare(path).execute_batch("UPDATE search_state SET folding = 0").unwrap();
    let start = Instant::now();
    let store = Store::open(path, &DatabaseKey::from_bytes(KEY)).await.unwrap();
    println!("{letters}: opened in {:?}, with the old index emptied", start.elapsed());
    let (start, filling) = (Instant::now(), store.clone());
    let filled =
        tokio::spawn(async move { while filling.write("search words", |tx| tx.index_some()).await.unwrap().0 {} });
    let mut waits = Vec::new();
    while !filled.is_finished() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let (number, begun) = (letters + waits.len() as u64, Instant::now());
        store.write("letter", move |tx| write(tx, number, "a letter meanwhile")).await.unwrap();
        waits.push(begun.elapsed());
    }
    let took = start.elapsed();
    waits.sort_unstable();
    let at = |part: usize| waits[(waits.len() - 1) * part / 1000];
    println!(
        "{letters}: made anew in {took:?}; {} letters written meanwhile: half of them in {:?}, 99 of 100 in {:?}, all in {:?}",
        waits.len(),
        at(500),
        at(990),
        at(1000)
    );
}

async fn fill(
    path: &Path,
    letters: u64,
    text: impl Fn(u64) -> String + Copy + Send + 'static,
) -> onionskin_core::Result<Store> {
    let store = Store::create(path, &DatabaseKey::from_bytes(KEY)).await?;
    let (account, seed) = (person(0xffff), AccountSeed::from_bytes([7; 16]));
    let profile = move |tx: &mut WriteTx<'_>| {
        tx.create_profile(&NewProfile { account, seed: &seed, display_name: "Alice", now: at(0) })
    };
    store.write("account", profile).await?;
    for batch in 0..letters.div_ceil(1_000) {
        let texts = move |tx: &mut WriteTx<'_>| {
            (batch * 1_000..letters.min((batch + 1) * 1_000)).try_for_each(|number| write(tx, number, &text(number)))
        };
        store.write("texts", texts).await?;
    }
    store.checkpoint().await?;
    Ok(store)
}

/// A third of all letters stands in the first conversation.
fn write(tx: &mut WriteTx<'_>, number: u64, body: &str) -> onionskin_core::Result<()> {
    let with = if number.is_multiple_of(3) { 0 } else { 1 + number % (CONVERSATIONS - 1) };
    let (conversation, sender) = (ConversationId::Account(person(with)), person(with));
    if tx.ensure_conversation(&conversation, at(number))? {
        tx.set_approved(&sender, true)?;
    }
    tx.insert_message(&NewMessage {
        conversation: &conversation,
        sender: &sender,
        outgoing: false,
        kind: MessageKind::Text,
        sent_at: at(number),
        received_at: at(number),
        body,
        raw: &[],
        // As long as the swarm's.
        swarm_hash: &format!("{number:A<43}"),
        read_at: at(number + 1),
        state: MessageState::Received,
    })?;
    Ok(())
}

fn open_bare(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    let key =
        format!("PRAGMA key = \"x'{}'\"; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", hex::encode(KEY));
    connection.execute_batch(&key).unwrap();
    connection
}

/// A plain connection on a blocking thread.
struct Bare<'a> {
    connection: Arc<Mutex<Connection>>,
    runtime: &'a Runtime,
}

impl Bare<'_> {
    fn run<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> T + Send + 'static) -> T {
        let connection = Arc::clone(&self.connection);
        let task = self.runtime.spawn_blocking(move || work(&connection.lock().unwrap()));
        self.runtime.block_on(task).unwrap()
    }
}

/// What a row of results shows and needs.
type BareRow = (i64, String, String, i64, i64, i64, String, String, i64, i64);

fn search_bare(connection: &Connection, query: &str, run: &str) -> Vec<BareRow> {
    const ROW: &str = "SELECT m.id, c.address, s.account, m.kind, m.sent_at, m.received_at, m.body, m.swarm_hash, m.read_at,
               m.state FROM messages m JOIN conversations c ON c.id = m.conversation JOIN contacts s ON s.id = m.sender";
    let sql = if run.is_empty() {
        format!(
            "{ROW} WHERE m.id IN (SELECT rowid FROM message_words WHERE message_words MATCH ?1 AND ?2 = ''
                 ORDER BY rowid DESC LIMIT 50) ORDER BY m.id DESC"
        )
    } else {
        format!("{ROW} WHERE m.id IN (SELECT n.id FROM message_words f CROSS JOIN messages n ON n.id = f.rowid
                 WHERE f.message_words MATCH ?1 AND instr(n.body, ?2) ORDER BY f.rowid DESC LIMIT 50) ORDER BY m.id DESC")
    };
    let mut statement = connection.prepare_cached(&sql).unwrap();
    let rows = statement.query_map([query, run], |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
            row.get(7)?,
            row.get(8)?,
            row.get(9)?,
        ))
    });
    rows.unwrap().map(|row| row.unwrap()).collect()
}

/// How letters of a script are made: twelve words each, of a language of eight thousand.
struct Script {
    name: &'static str,
    /// The first of its signs, and how many of them are used.
    signs: (u32, u64),
    /// Signs of a word.
    length: u64,
    /// What stands between two words.
    between: &'static str,
    /// What stands at the end.
    end: &'static str,
}

static SCRIPTS: [&Script; 6] = [
    &Script { name: "Latin", signs: (0, 0), length: 4, between: " ", end: "" },
    &Script { name: "Han", signs: (0x4e00, 2_500), length: 2, between: "", end: "" },
    &Script { name: "Kana", signs: (0x3041, 80), length: 4, between: "", end: "" },
    &Script { name: "Hangul", signs: (0xac00, 1_200), length: 3, between: " ", end: "" },
    &Script { name: "Thai", signs: (0x0e01, 44), length: 5, between: "", end: "" },
    &Script { name: "Latin with emoji", signs: (0, 0), length: 4, between: " ", end: " 🎉👍🏽" },
];

impl Script {
    /// Small numbers are common, as in every language.
    fn text(&self, number: u64) -> String {
        let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let words: Vec<String> = (0..12)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let (a, b) = (state % WORDS, (state >> 32) % WORDS);
                self.word(a * b / WORDS)
            })
            .collect();
        words.join(self.between) + self.end
    }

    /// The word of a number; of common words the signs are common too.
    fn word(&self, number: u64) -> String {
        const SYLLABLES: [&str; 16] =
            ["ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "za"];
        let (first, count) = self.signs;
        let sign = |place: u64| match count {
            0 => SYLLABLES[(number >> (place * 4)) as usize % 16].to_owned(),
            _ => {
                let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17 * place as u32);
                let (a, b) = (mixed % count, (mixed >> 32) % count);
                char::from_u32(first + (a * b / count) as u32).unwrap().to_string()
            }
        };
        (0..self.length).map(sign).collect()
    }
}

fn person(number: u64) -> AccountId {
    let mut bytes = [9; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    AccountId::from_x25519(bytes)
}

fn at(number: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + number * 1_000)
}
