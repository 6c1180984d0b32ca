//! A ledger of an older version, killed at every point of its migration: the next start goes on, with all it held.
//!
//! The process that dies is this test itself, started again for the one test that opens a ledger.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use onionskin_core::store::{SCHEMA_VERSION, Store};
use onionskin_core::vault::DatabaseKey;

const KEY: [u8; 32] = [0x11; 32];

/// Names the ledger for the process that dies.
const LEDGER: &str = "ONIONSKIN_TEST_LEDGER";

#[tokio::test]
async fn a_ledger_that_is_killed_half_migrated_goes_on() {
    for version in 1..SCHEMA_VERSION {
        let mut killed = 0;
        for point in 1.. {
            let folder = tempfile::tempdir().unwrap();
            let path = ledger(version, folder.path());
            let ended = dies_at(point, &path);
            if ended.success() {
                break;
            }
            assert_eq!(ended.signal(), Some(9), "version {version}, point {point}");
            killed += 1;
            let reached: u32 = raw(&path).query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
            assert!(reached == version || reached == SCHEMA_VERSION, "half a version: {reached}");
            holds_everything(version, &path).await;
        }
        // After each step, and around the commit.
        assert!(killed > SCHEMA_VERSION - version + 1, "version {version}: only {killed} points");
    }
}

/// What the process that dies does; by itself nothing.
#[tokio::test]
async fn a_process_opens_the_ledger_that_it_is_told() {
    let Some(path) = std::env::var_os(LEDGER) else { return };
    Store::open(Path::new(&path), &DatabaseKey::from_bytes(KEY)).await.unwrap();
}

async fn holds_everything(version: u32, path: &Path) {
    let store = Store::open(path, &DatabaseKey::from_bytes(KEY)).await.unwrap();
    let held = store.read(|tx| {
        let errands = tx.errands()?;
        let waits = tx.awaited_by(errands[1].id)? == [errands[0].id];
        Ok((tx.profile()?.unwrap().display_name, errands.len(), waits, tx.unreadable(10)?.len()))
    });
    // Version 3 knows deletions, and its fixture has one.
    let errands = if version < 3 { 2 } else { 3 };
    assert_eq!(held.await.unwrap(), ("Alice".to_owned(), errands, true, 1));
    store.close().await.unwrap();
}

fn dies_at(point: u64, ledger: &Path) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "a_process_opens_the_ledger_that_it_is_told"]);
    command.env(LEDGER, ledger).env("ONIONSKIN_KILL_AT", point.to_string()).env_remove("ONIONSKIN_KILL_LOG");
    command.output().unwrap().status
}

/// A copy of a released fixture, with what it lacks.
fn ledger(version: u32, folder: &Path) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/fixtures");
    let path = folder.join("ledger.db");
    std::fs::copy(fixtures.join(format!("store_v{version}.db")), &path).unwrap();
    // The newest lack nothing.
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
