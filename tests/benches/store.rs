//! The ledger at the size of years: 300,000 messages, and bare SQLCipher doing the same beside it.
//!
//! *Bare* is the same file (or, for inserts, the same tables, indexes and settings) driven by plain statements on one
//! connection: no typed rows, no recorded changes, no choice of connection. It runs on a blocking thread too: that hop is
//! the price of async and, on a busy machine, larger than all the rest.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a benchmark may panic

mod ratio;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use criterion::Criterion;
use onionskin_core::ledger::{NewMessage, WriteTx};
use onionskin_core::store::{DatabaseKey, NewProfile, Store};
use onionskin_core::{AccountId, AccountSeed, Before, ConversationId, MessageKind, MessageState, Timestamp};
use rusqlite::Connection;
use tokio::runtime::Runtime;

const MESSAGES: u64 = 300_000;
/// One long conversation and many short ones.
const CONVERSATIONS: u64 = 200;
const WORDS: u64 = 8_000;
const KEY: [u8; 32] = [0x42; 32];

fn main() {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("onionskin.db");
    let start = std::time::Instant::now();
    let store = runtime.block_on(fill(&path));
    println!("{MESSAGES} messages written in {:?}", start.elapsed());
    let ours = Ours { store, path, runtime: &runtime };
    compare_reading(&ours);
    let written = compare_writing(&ours);
    measure(&ours, written);
    runtime.block_on(ours.store.close()).unwrap();
}

/// Ours against bare: pages, searches, the list, opening.
fn compare_reading(ours: &Ours<'_>) {
    let bare = Bare::new(open_bare(&ours.path), ours.runtime);
    let bare_newest = || drop(black_box(bare.run(newest_bare)));
    ratio::compare("newest 50 of 100,000", 200, None, || ours.newest(), bare_newest);
    let (rare, common) = (word(WORDS - 3), word(1));
    let searches = [
        ("search for a rare word", format!("{rare} "), format!("\"{rare}\"")),
        ("search for a common word", format!("{common} "), format!("\"{common}\"")),
        ("search for three letters", "ded".to_owned(), "\"ded\"*".to_owned()),
        ("search for one letter", "d".to_owned(), "\"d\"*".to_owned()),
    ];
    for (name, typed, query) in &searches {
        let bare_search = || {
            let query = query.clone();
            black_box(bare.run(move |connection| search_bare(connection, &query)));
        };
        ratio::compare(name, 50, None, || ours.search(typed), bare_search);
    }
    let bare_list = || drop(black_box(bare.run(list_bare)));
    ratio::compare("list of 200 conversations", 100, None, || ours.list(), bare_list);
    let bare_open = || {
        let path = ours.path.clone();
        black_box(bare.run(move |_| newest_bare(&open_bare(&path))));
    };
    ratio::compare("open to first page", 30, None, || ours.open(), bare_open);
}

/// Ours against bare: inserting. Gives the number of the last message of ours.
fn compare_writing(ours: &Ours<'_>) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let bare = Bare::new(bare_tables(&folder.path().join("bare.db")), ours.runtime);
    let (mut ours_at, mut bare_at) = (MESSAGES, 1_000_000);
    let insert = || {
        ours_at += 1;
        ours.insert(ours_at);
    };
    let insert_bare = || {
        bare_at += 1;
        let at = bare_at;
        bare.run(move |connection| write_bare(connection, at));
    };
    ratio::compare("insert with search, one commit each", 200, None, insert, insert_bare);
    ours_at
}

/// Absolute figures.
fn measure(ours: &Ours<'_>, mut written: u64) {
    let mut criterion =
        Criterion::default().sample_size(20).measurement_time(Duration::from_secs(3)).configure_from_args();
    criterion.bench_function("calibration loop", |bencher| bencher.iter(ratio::calibration));
    criterion.bench_function("store/newest 50", |bencher| bencher.iter(|| ours.newest()));
    criterion.bench_function("store/conversation list", |bencher| bencher.iter(|| ours.list()));
    criterion.bench_function("store/open to first page", |bencher| bencher.iter(|| ours.open()));
    let rare = format!("{} ", word(WORDS - 3));
    criterion.bench_function("store/search rare word", |bencher| bencher.iter(|| ours.search(&rare)));
    criterion.bench_function("store/insert with search", |bencher| {
        bencher.iter(|| {
            written += 1;
            ours.insert(written);
        });
    });
    criterion.final_summary();
}

/// The ledger, asked as core asks it.
struct Ours<'a> {
    store: Store,
    path: PathBuf,
    runtime: &'a Runtime,
}

impl Ours<'_> {
    fn newest(&self) {
        let id = chat(0);
        black_box(
            self.runtime.block_on(self.store.read(move |tx| tx.messages_before(&id, Before::Latest, 50))).unwrap(),
        );
    }

    fn search(&self, text: &str) {
        let text = text.to_owned();
        black_box(self.runtime.block_on(self.store.read(move |tx| tx.search(&text, None, None, 50))).unwrap());
    }

    fn list(&self) {
        black_box(self.runtime.block_on(self.store.read(|tx| tx.conversations())).unwrap());
    }

    fn open(&self) {
        let id = chat(0);
        let page = self.runtime.block_on(async {
            let store = Store::open(&self.path, &DatabaseKey::from_bytes(KEY)).await.unwrap();
            store.read(move |tx| tx.messages_before(&id, Before::Latest, 50)).await.unwrap()
        });
        assert_eq!(page.len(), 50);
    }

    fn insert(&self, number: u64) {
        self.runtime.block_on(self.store.write("bench", move |tx| write(tx, number))).unwrap();
    }
}

async fn fill(path: &Path) -> Store {
    let store = Store::create(path, &DatabaseKey::from_bytes(KEY)).await.unwrap();
    let (account, seed) = (person(0xffff), AccountSeed::from_bytes([7; 16]));
    let profile = move |tx: &mut WriteTx<'_>| {
        tx.create_profile(&NewProfile { account, seed: &seed, display_name: "Alice", now: at(0) })
    };
    store.write("account", profile).await.unwrap();
    for batch in 0..MESSAGES / 5_000 {
        let texts =
            move |tx: &mut WriteTx<'_>| (batch * 5_000..(batch + 1) * 5_000).try_for_each(|number| write(tx, number));
        store.write("texts", texts).await.unwrap();
    }
    store.checkpoint().await.unwrap();
    store
}

/// A third of all messages stands in the first conversation.
fn write(tx: &mut WriteTx<'_>, number: u64) -> onionskin_core::Result<()> {
    let with = if number.is_multiple_of(3) { 0 } else { 1 + number % (CONVERSATIONS - 1) };
    let (conversation, sender) = (chat(with), person(with));
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
        body: &text(number),
        raw: &[],
        swarm_hash: "",
        read_at: at(number + 1),
        state: MessageState::Received,
    })?;
    Ok(())
}

fn open_bare(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA key = \"x'{}'\"; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
            hex::encode(KEY)
        ))
        .unwrap();
    connection
}

/// A plain connection on a blocking thread.
struct Bare<'a> {
    connection: Arc<Mutex<Connection>>,
    runtime: &'a Runtime,
}

impl<'a> Bare<'a> {
    fn new(connection: Connection, runtime: &'a Runtime) -> Self {
        Self { connection: Arc::new(Mutex::new(connection)), runtime }
    }

    fn run<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> T + Send + 'static) -> T {
        let connection = Arc::clone(&self.connection);
        let task = self.runtime.spawn_blocking(move || work(&connection.lock().unwrap()));
        self.runtime.block_on(task).unwrap()
    }
}

fn list_bare(connection: &Connection) -> Vec<(String, i64, String)> {
    let sql = "SELECT c.address, c.unread_count, (SELECT body FROM messages m WHERE m.conversation = c.id
               ORDER BY m.sent_at DESC, m.sender DESC LIMIT 1) FROM conversations c ORDER BY c.active_at DESC";
    let mut statement = connection.prepare_cached(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    rows.unwrap().map(|row| row.unwrap()).collect()
}

type BareRow = (i64, String, i64, i64, i64, i64, String);

fn newest_bare(connection: &Connection) -> Vec<BareRow> {
    let sql = "SELECT m.id, s.account, m.outgoing, m.kind, m.sent_at, m.received_at, m.body FROM messages m
               JOIN contacts s ON s.id = m.sender WHERE m.conversation = (SELECT id FROM conversations WHERE address = ?1)
               ORDER BY m.sent_at DESC, m.sender DESC LIMIT 50";
    rows_bare(connection, sql, &chat(0).to_string())
}

fn search_bare(connection: &Connection, text: &str) -> Vec<BareRow> {
    let sql = "SELECT m.id, s.account, m.outgoing, m.kind, m.sent_at, m.received_at, m.body FROM messages m
               JOIN contacts s ON s.id = m.sender WHERE m.id IN
               (SELECT rowid FROM message_words WHERE message_words MATCH ?1 ORDER BY rowid DESC LIMIT 50) ORDER BY m.id DESC";
    rows_bare(connection, sql, text)
}

fn rows_bare(connection: &Connection, sql: &str, parameter: &str) -> Vec<BareRow> {
    let mut statement = connection.prepare_cached(sql).unwrap();
    let rows = statement.query_map([parameter], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
    });
    rows.unwrap().map(|row| row.unwrap()).collect()
}

/// The tables an insert touches, with their indexes, filled to the same size.
fn bare_tables(path: &Path) -> Connection {
    let mut connection = open_bare(path);
    connection
        .execute_batch(
            "PRAGMA secure_delete = ON;
             CREATE TABLE conversations (id INTEGER PRIMARY KEY, address TEXT UNIQUE, active_at INTEGER) STRICT;
             CREATE INDEX by_activity ON conversations (active_at DESC, id DESC);
             CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, conversation INTEGER, sender INTEGER, outgoing INTEGER,
                 kind INTEGER, sent_at INTEGER, received_at INTEGER, body TEXT, read_at INTEGER, state INTEGER) STRICT;
             CREATE UNIQUE INDEX in_order ON messages (conversation, sent_at, sender);
             CREATE INDEX by_sender ON messages (sender);
             CREATE VIRTUAL TABLE message_words USING fts5
                 (words, content = '', detail = none, columnsize = 0, tokenize = 'ascii tokenchars ''#*''');
             INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);",
        )
        .unwrap();
    let transaction = connection.transaction().unwrap();
    for number in 0..CONVERSATIONS as i64 {
        transaction
            .execute(
                "INSERT INTO conversations (id, address, active_at) VALUES (?1, ?2, 0)",
                (number, number.to_string()),
            )
            .unwrap();
    }
    (0..MESSAGES).for_each(|number| insert_bare(&transaction, number));
    transaction.commit().unwrap();
    connection
}

fn write_bare(connection: &Connection, number: u64) {
    let transaction = connection.unchecked_transaction().unwrap();
    insert_bare(&transaction, number);
    transaction.commit().unwrap();
}

fn insert_bare(connection: &Connection, number: u64) {
    let with = if number.is_multiple_of(3) { 0 } else { 1 + number % (CONVERSATIONS - 1) };
    let (body, with, number) = (text(number), with as i64, number as i64);
    let mut insert = connection
        .prepare_cached(
            "INSERT INTO messages (conversation, sender, outgoing, kind, sent_at, received_at, body, read_at, state)
             VALUES (?1, ?2, 0, 1, ?3, ?3, ?4, ?3, 0)",
        )
        .unwrap();
    let id = insert.insert((with, with, number, &body)).unwrap();
    connection
        // These texts are their own words: plain letters, with a blank between two words.
        .prepare_cached("INSERT INTO message_words (rowid, words) VALUES (?1, ?2)")
        .unwrap()
        .execute((id, &body))
        .unwrap();
    connection
        .prepare_cached("UPDATE conversations SET active_at = ?2 WHERE id = ?1")
        .unwrap()
        .execute((with, number))
        .unwrap();
}

/// Twelve words; small numbers are common, as in every language.
fn text(number: u64) -> String {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let words: Vec<String> = (0..12)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let (a, b) = (state % WORDS, (state >> 32) % WORDS);
            word(a * b / WORDS)
        })
        .collect();
    words.join(" ")
}

/// A pronounceable word for a number.
fn word(number: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "za"];
    (0..4).map(|place| SYLLABLES[(number >> (place * 4)) as usize % 16]).collect()
}

fn chat(number: u64) -> ConversationId {
    ConversationId::Account(person(number))
}

fn person(number: u64) -> AccountId {
    let mut bytes = [9; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    AccountId::from_x25519(bytes)
}

fn at(number: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + number * 1_000)
}
