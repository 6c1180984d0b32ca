//! A word index that is made anew, killed at every point of it: the next start goes on, nothing is missing in it or twice.
//!
//! Beside the filling, letters come and go, in the part that is done and in the one that waits. The process that dies is this
//! test itself, started again for the one test that works.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use onionskin_core::store::{NewProfile, Store};
use onionskin_core::vault::DatabaseKey;
use onionskin_core::{AccountId, AccountSeed, Before, ConversationId, Result, Timestamp};
use onionskin_tests::letters::lay;

const KEY: [u8; 32] = [0x11; 32];

/// Names the ledger for the process that dies.
const LEDGER: &str = "ONIONSKIN_TEST_LEDGER";

/// More than two writes of the filling take.
const LETTERS: u64 = 550;

#[tokio::test]
async fn an_index_that_is_killed_half_filled_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.db");
    fill(&whole).await;
    let mut killed = 0;
    for point in 1.. {
        let path = folder.path().join(format!("killed{point}.db"));
        std::fs::copy(&whole, &path).unwrap();
        let ended = dies_at(point, &path);
        if ended.success() {
            break;
        }
        assert_eq!(ended.signal(), Some(9), "point {point}");
        killed += 1;
        finds_what_is_there(point, &path).await;
    }
    assert!(killed >= 14, "only {killed} points");
}

/// What the process that dies does; by itself nothing.
#[tokio::test]
async fn a_process_fills_the_index_that_it_is_told() {
    let Some(path) = std::env::var_os(LEDGER) else { return };
    let store = Store::open(Path::new(&path), &DatabaseKey::from_bytes(KEY)).await.unwrap();
    for step in 0.. {
        let left = store.write("search words", |tx| tx.index_some()).await.unwrap().0;
        store.write("letter", move |tx| lay(tx, &bob(), at(5_000 + step), &text(5_000 + step))).await.unwrap();
        // Letters that are in, and letters that are not.
        store
            .write("removed", move |tx| {
                for sent_at in [LETTERS - 1 - step, step] {
                    let row = tx.message_by_time(&ConversationId::from(bob()), &bob(), at(sent_at))?.unwrap();
                    assert!(tx.remove_message(row.id, at(9_000))?);
                }
                Ok(())
            })
            .await
            .unwrap();
        if !left {
            break;
        }
    }
}

async fn fill(path: &Path) {
    let store = Store::create(path, &DatabaseKey::from_bytes(KEY)).await.unwrap();
    store
        .write("letters", |tx| {
            let seed = AccountSeed::from_bytes([7; 16]);
            let account = AccountId::from_x25519([1; 32]);
            tx.create_profile(&NewProfile { account, seed: &seed, display_name: "Alice", now: at(0) })?;
            (0..LETTERS).try_for_each(|number| lay(tx, &bob(), at(number), &text(number)))
        })
        .await
        .unwrap();
    store.close().await.unwrap();
    // As if another folding had made it.
    raw(path).execute_batch("UPDATE search_state SET folding = 0").unwrap();
}

async fn finds_what_is_there(point: u64, path: &Path) {
    let store = Store::open(path, &DatabaseKey::from_bytes(KEY)).await.unwrap();
    while store.write("search words", |tx| tx.index_some()).await.unwrap().0 {}
    let looked: Result<_> = store
        .read(|tx| {
            let there = tx.messages_before(&ConversationId::from(bob()), Before::Latest, 5_000)?;
            let found = tx.search("everybody", None, None, 5_000)?;
            let signs = tx.search("東京タワー", None, None, 5_000)?;
            let own = tx.search("own7 ", None, None, 10)?.len();
            Ok((there.len(), found.len(), signs.len(), own, tx.search_percent()?))
        })
        .await;
    let (there, found, signs, own, percent) = looked.unwrap();
    assert_eq!((found, signs, own, percent), (there, there, 1, 100), "point {point}");
    store.close().await.unwrap();
    raw(path).execute_batch("INSERT INTO message_words (message_words) VALUES ('integrity-check')").unwrap();
    let held: i64 = raw(path)
        .query_row("SELECT count(*) FROM message_words WHERE message_words MATCH 'everybody'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(held, there as i64, "point {point}: letters that are gone are in the index");
}

fn text(number: u64) -> String {
    format!("everybody meets own{number} 東京タワー🎉")
}

fn bob() -> AccountId {
    AccountId::from_x25519([2; 32])
}

fn at(number: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + number)
}

fn dies_at(point: u64, ledger: &PathBuf) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "a_process_fills_the_index_that_it_is_told"]);
    command.env(LEDGER, ledger).env("ONIONSKIN_KILL_AT", point.to_string()).env_remove("ONIONSKIN_KILL_LOG");
    command.output().unwrap().status
}

/// The file as SQLCipher sees it, past the store.
fn raw(path: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(&format!("PRAGMA key = \"x'{}'\"", hex::encode(KEY))).unwrap();
    connection
}
