//! Databases of every released version open, keep what they hold, and end in the same shape as a new one.
//!
//! `core/examples/store_fixture.rs` made the fixtures.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::path::{Path, PathBuf};

use onionskin_core::address::Namespace;
use onionskin_core::clock::Timestamp;
use onionskin_core::crypto::AccountId;
use onionskin_core::store::{Before, ConversationId, DatabaseKey, SCHEMA_VERSION, Store};

const KEY: [u8; 32] = [0x11; 32];

#[tokio::test]
async fn a_database_of_every_version_opens_with_all_it_held() {
    for version in 1..=SCHEMA_VERSION {
        let folder = tempfile::tempdir().unwrap();
        let path = fixture(version, folder.path());
        let store = Store::open(&path, &DatabaseKey::from_bytes(KEY)).await.unwrap();
        let bob = AccountId::from_x25519([0xb0; 32]);
        let now = Timestamp::from_millis(1_750_000_000_000);
        let checked = store.read(move |tx| {
            let conversation = ConversationId::Account(bob);
            assert_eq!(tx.profile()?.unwrap().display_name, "Alice");
            let page = tx.messages_before(&conversation, Before::Latest, 50)?;
            assert_eq!(
                page.iter().map(|row| row.body.as_str()).collect::<Vec<_>>(),
                ["Meet me at the harbour", "At six"]
            );
            let row = tx.conversation(&conversation)?.unwrap();
            assert_eq!((row.name.as_str(), row.unread), ("Bobby", 1));
            assert_eq!(tx.search("harb", None, None, 10)?.len(), 1);
            assert_eq!(tx.outbox_ready(now, 10)?.len(), 1);
            assert_eq!(tx.cursor(&tx.own_account()?, Namespace::DIRECT, &[0x33; 32], now)?.as_deref(), Some("hash"));
            assert!(tx.is_seen(&tx.own_account()?, Namespace::DIRECT, "hash")?);
            assert_eq!(tx.unreadable_count()?, 1);
            Ok(())
        });
        checked.await.unwrap();
        let (sent_at, _) = store.write("timestamp", move |tx| tx.next_sent_at(now)).await.unwrap();
        assert_eq!(sent_at.as_millis(), 1_750_000_001_002);
        store.close().await.unwrap();
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

fn fixture(version: u32, folder: &Path) -> PathBuf {
    let name = format!("store_v{version}.db");
    let path = folder.join(&name);
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name), &path).unwrap();
    path
}

/// Every object of the schema without comments and spacing, which differ between a new table and an altered one.
fn shape(path: &Path) -> Vec<(String, String, String)> {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(&format!("PRAGMA key = \"x'{}'\"", hex::encode(KEY))).unwrap();
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
