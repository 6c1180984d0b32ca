//! Databases of every released version open, keep what they hold, and end in the same shape as a new one.
//!
//! `core/examples/store_fixture.rs` made the fixtures. A fixture that was released never changes, so what an older one lacks
//! (`fixtures/fill_v*.sql`, in that version's own columns) is added to a copy before it is opened: rows in every table.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::path::{Path, PathBuf};
use std::time::Duration;

use onionskin_core::address::{Address, Namespace, Place, SwarmHash};
use onionskin_core::clock::Timestamp;
use onionskin_core::crypto::AccountId;
use onionskin_core::store::{
    Before, ConversationId, DatabaseKey, ErrandKind, Lane, MessageName, ReadTx, Role, SCHEMA_VERSION, Store,
};

const KEY: [u8; 32] = [0x11; 32];

/// When the fixtures were written, by their own account.
const NOW: Timestamp = Timestamp::from_millis(1_750_000_000_000);

#[tokio::test]
async fn a_database_of_every_version_opens_with_all_it_held() {
    for version in 1..=SCHEMA_VERSION {
        let folder = tempfile::tempdir().unwrap();
        let path = fixture(version, folder.path());
        assert_eq!(empty_tables(&path), [""; 0], "version {version} has rows in every table");
        let store = Store::open(&path, &DatabaseKey::from_bytes(KEY)).await.unwrap();
        while store.write("search words", |tx| tx.index_some()).await.unwrap().0 {}
        let checked = store.read(move |tx| {
            people_and_messages(tx);
            errands(tx, version);
            mailbox(tx, version);
            letters_of_the_future(tx, version);
            Ok(())
        });
        checked.await.unwrap();
        let (sent_at, _) = store.write("timestamp", move |tx| tx.next_sent_at(NOW)).await.unwrap();
        assert_eq!(sent_at.as_millis(), 1_750_000_001_002);
        store.close().await.unwrap();
        let before_6: &[&str] = match version {
            1 => &["dumps", "config_obsolete", "tombstones", "tombstone_key", "unsettled", "partings"],
            2 | 3 => &["tombstones", "tombstone_key", "unsettled", "partings"],
            4 => &["unsettled", "partings"],
            _ => &[],
        };
        let since_7: &[&str] = if version < 7 { &["early", "quotes", "reactions", "receipts", "calls"] } else { &[] };
        let unknown_before = [before_6, since_7].concat();
        assert_eq!(empty_tables(&path), unknown_before, "no table lost its rows");
    }
}

fn people_and_messages(tx: &ReadTx<'_>) {
    let conversation = ConversationId::Account(bob());
    assert_eq!(tx.profile().unwrap().unwrap().display_name, "Alice");
    assert_eq!(tx.seed().unwrap().unwrap().as_bytes(), [0x22; 16], "the words stay what they were");
    let page = tx.messages_before(&conversation, Before::Latest, 50).unwrap();
    let texts: Vec<_> = page.iter().map(|row| row.body.as_str()).collect();
    assert_eq!(texts, ["Meet me at the harbour", "At six"]);
    assert_eq!(page[1].sending.as_ref().map(|sending| (sending.accepted, sending.asked)), Some((1, 2)));
    let row = tx.conversation(&conversation).unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.unread), ("Bobby", 1));
    assert_eq!(tx.search("harb", None, None, 10).unwrap().len(), 1);
}

/// A letter stands where it came in, whatever its sender wrote into it; and what was removed stays so.
fn letters_of_the_future(tx: &ReadTx<'_>, version: u32) {
    let page = tx.messages_before(&ConversationId::Account(bob()), Before::Latest, 50).unwrap();
    assert!(page.iter().all(|row| row.ordered_at == row.sent_at), "honest dates keep their place");
    if version == 3 {
        let carol = ConversationId::Account(AccountId::from_x25519([0xc0; 32]));
        let expected = Timestamp::from_millis(1_749_999_060_000);
        let row = tx.messages_before(&carol, Before::Latest, 50).unwrap().remove(0);
        assert_eq!((row.ordered_at, row.sent_at.as_millis()), (expected, 253_402_300_000_000));
        assert_eq!(tx.conversation(&carol).unwrap().unwrap().active_at, expected);
    }
    if version >= 4 {
        let removed = MessageName { author: bob(), sent_at: NOW - Duration::from_secs(1), msg_id: None };
        assert!(tx.is_buried(&ConversationId::Account(bob()), &removed).unwrap());
    }
}

/// The letter keeps its lane and its time, and its copy still waits for it, whatever they were called before.
fn errands(tx: &ReadTx<'_>, version: u32) {
    const FORTNIGHT: Duration = Duration::from_secs(14 * 24 * 60 * 60);
    let rows = tx.errands().unwrap();
    let [letter, copy] = [&rows[0], &rows[1]];
    assert_eq!((letter.role(), letter.address), (Some(Role::Message), Address::from(bob())));
    assert_eq!(letter.deadline.since(letter.created_at), FORTNIGHT);
    assert!(letter.lane == Some(Lane::to(bob())) && !letter.waits && letter.message.is_some());
    let parcel = letter.parcel().unwrap();
    assert_eq!(
        (parcel.content.as_slice(), parcel.namespace, parcel.ttl),
        (&b"content"[..], Namespace::DIRECT, FORTNIGHT)
    );
    assert_eq!(
        (copy.role(), copy.address, copy.lane.is_none()),
        (Some(Role::Copy), tx.own_account().unwrap().into(), true)
    );
    assert_eq!(tx.awaited_by(copy.id).unwrap(), [letter.id]);
    let ready: Vec<_> = tx.errands_ready().unwrap().into_iter().map(|row| row.id).collect();
    let expected = if version < 3 { vec![letter.id] } else { vec![letter.id, rows[2].id] };
    assert_eq!(ready, expected);
    if version >= 3 {
        assert_eq!(rows[2].kind(), ErrandKind::Delete);
    }
}

/// What belongs to a mailbox belongs to our own.
fn mailbox(tx: &ReadTx<'_>, version: u32) {
    let own = |namespace| Place { owner: tx.own_account().unwrap().into(), namespace };
    // The first fixtures hold a hash that no swarm gives; whoever reads it asks for everything.
    let hash = (version >= 3).then(|| SwarmHash::of(&Address::from_bytes([5; 33]), Namespace::DIRECT, b"hash"));
    assert_eq!(tx.cursor(own(Namespace::DIRECT), &[0x33; 32], NOW).unwrap(), hash);
    let rows = tx.unreadable(10).unwrap();
    assert_eq!((rows.len(), rows[0].place, rows[0].raw.as_slice()), (1, own(Namespace::DIRECT), b"bytes".as_slice()));
    if version >= 2 {
        let row = tx.dump(own(Namespace::CONTACTS)).unwrap().unwrap();
        assert_eq!((row.dump.as_slice(), row.seqno, row.fetched, row.applied_at), (b"dump".as_slice(), 3, true, NOW));
        assert_eq!(tx.obsolete_configs(own(Namespace::CONTACTS).owner, 10).unwrap().len(), 1);
    }
    assert!(tx.has_config_edits().unwrap(), "what was never pushed is an edit");
}

#[tokio::test]
async fn nobody_was_heard_of_later_than_their_letter_came() {
    let folder = tempfile::tempdir().unwrap();
    let path = fixture(7, folder.path());
    raw(&path).execute_batch("UPDATE messages SET ordered_at = 253402300000000 WHERE outgoing = 0").unwrap();
    Store::open(&path, &DatabaseKey::from_bytes(KEY)).await.unwrap().close().await.unwrap();
    let sql = "SELECT count(*), coalesce(sum(c.heard_at = m.received_at), 0) FROM messages m
               JOIN conversations c ON c.id = m.conversation WHERE m.outgoing = 0";
    let (letters, right): (u32, u32) = raw(&path).query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert!(letters > 0 && letters == right, "{right} of {letters}");
}

#[tokio::test]
async fn numbers_of_rows_that_are_long_gone_are_not_used_again() {
    for version in 1..SCHEMA_VERSION {
        let folder = tempfile::tempdir().unwrap();
        let path = fixture(version, folder.path());
        let connection = raw(&path);
        connection
            .execute_batch("UPDATE sqlite_sequence SET seq = 4711 WHERE name IN ('outbox', 'unreadable')")
            .unwrap();
        drop(connection);
        Store::open(&path, &DatabaseKey::from_bytes(KEY)).await.unwrap().close().await.unwrap();
        for table in ["outbox", "unreadable"] {
            let sql = format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'");
            let newest: i64 = raw(&path).query_row(&sql, [], |row| row.get(0)).unwrap();
            assert_eq!(newest, 4711, "{table} of version {version}");
        }
    }
}

#[tokio::test]
async fn a_migrated_database_and_a_new_one_have_the_same_shape() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = folder.path().join("fresh.db");
    Store::create(&fresh, &DatabaseKey::from_bytes(KEY)).await.unwrap().close().await.unwrap();
    let expected = shape(&fresh);
    assert!(expected.len() > 30, "tables, indexes and triggers are seen");
    for version in 1..=SCHEMA_VERSION {
        let path = fixture(version, folder.path());
        Store::open(&path, &DatabaseKey::from_bytes(KEY)).await.unwrap().close().await.unwrap();
        assert_eq!(
            shape(&path),
            expected,
            "version {version}: a step is missing in migrate.rs, or schema.sql changed before the release and the fixture \
             wants to be written again (cargo run -p onionskin-core --example store_fixture)"
        );
    }
}

fn bob() -> AccountId {
    AccountId::from_x25519([0xb0; 32])
}

/// A copy of a fixture with rows in every table.
fn fixture(version: u32, folder: &Path) -> PathBuf {
    let name = format!("store_v{version}.db");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let path = folder.join(&name);
    std::fs::copy(fixtures.join(name), &path).unwrap();
    if let Ok(sql) = std::fs::read_to_string(fixtures.join(format!("fill_v{version}.sql"))) {
        raw(&path).execute_batch(&sql).unwrap();
    }
    path
}

/// The file as SQLCipher sees it, past the store.
fn raw(path: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(&format!("PRAGMA key = \"x'{}'\"", hex::encode(KEY))).unwrap();
    connection
}

/// Tables of ours without a row.
fn empty_tables(path: &Path) -> Vec<String> {
    let connection = raw(path);
    let sql =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%_words%'";
    let mut statement = connection.prepare(sql).unwrap();
    let names: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect();
    let is_empty = |name: &String| {
        let sql = format!("SELECT NOT EXISTS (SELECT 1 FROM {name})");
        connection.query_row(&sql, [], |row| row.get::<_, bool>(0)).unwrap()
    };
    names.into_iter().filter(is_empty).collect()
}

/// Every object of the schema without comments and spacing, which differ between a new table and an altered one.
fn shape(path: &Path) -> Vec<(String, String, String)> {
    let connection = raw(path);
    let mut statement =
        connection.prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?))).unwrap();
    rows.map(|row| row.unwrap())
        .map(|(kind, name, sql)| {
            let lines: Vec<&str> = sql.lines().map(|line| line.split("--").next().unwrap_or("")).collect();
            let words = lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
            (kind, name, words.replace("( ", "(").replace(" )", ")").replace(" ,", ","))
        })
        .collect()
}
