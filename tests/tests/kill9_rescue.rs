//! A rescue that is killed at every point: the damaged account is there and can be rescued, or the rescued one is; never both,
//! and the damaged file never changes.
//!
//! The process that dies is this test itself, started again for the one test that rescues an account.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;

use onionskin_core::vault::TestVault;
use onionskin_core::{AccountId, Accounts, Before, Config, ConversationId, Draft, ErrorKind, Network, SystemClock};

/// Names the folder for the process that dies.
const FOLDER: &str = "ONIONSKIN_TEST_FOLDER";

#[tokio::test]
async fn a_rescue_that_is_killed_leaves_one_account_and_the_damaged_file() {
    let whole = tempfile::tempdir().unwrap();
    let ana = damaged(whole.path()).await;
    let (mut killed, mut done) = (0, 0);
    for point in 1.. {
        let folder = tempfile::tempdir().unwrap();
        copy(whole.path(), folder.path());
        let before = std::fs::read(database(folder.path())).unwrap();
        let ended = dies_at(point, folder.path());
        if ended.success() {
            break;
        }
        assert_eq!(ended.signal(), Some(9), "point {point}");
        killed += 1;
        let here = accounts(folder.path()).await;
        let found = here.list().await;
        done += usize::from(found.is_ok());
        if let Err(error) = found {
            assert_eq!(error.kind(), ErrorKind::DatabaseDamaged, "point {point}");
            let told = here.troubled().await.unwrap();
            assert_eq!(told.len(), 1, "point {point}: nothing of the rescue is left");
            here.salvage(&told[0].name, Arc::default()).await.unwrap();
        }
        assert_eq!(here.list().await.unwrap().len(), 1, "point {point}");
        let told = here.troubled().await.unwrap();
        assert!(told.len() == 1 && told[0].set_aside, "point {point}");
        assert_eq!(std::fs::read(told[0].path.join("onionskin.db")).unwrap(), before, "point {point}");
        let client = here.open_account(&ana).await.unwrap();
        let notes = client.conversation(&ConversationId::Account(ana)).messages(Before::Latest, 100).await.unwrap();
        assert_eq!(notes.len(), NOTES, "point {point}");
        client.close().await.unwrap();
    }
    // After each table, around the commit, each note and the imprint.
    assert!(killed > 20, "only {killed} points");
    assert!(done > 0 && done < killed, "{done} of {killed} came to the end");
}

/// What the process that dies does; by itself nothing.
#[tokio::test]
async fn a_process_rescues_the_account_that_it_is_told() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let here = accounts(Path::new(&folder)).await;
    let told = here.troubled().await.unwrap();
    here.salvage(&told[0].name, Arc::default()).await.unwrap();
}

/// Ana, with notes and a ledger whose first bytes are gone.
async fn damaged(folder: &Path) -> AccountId {
    let here = accounts(folder).await;
    let client = here.create("Ana").await.unwrap();
    let ana = client.account_id();
    for number in 0..NOTES {
        client.conversation(&ConversationId::Account(ana)).send(Draft::text(format!("note {number}"))).await.unwrap();
    }
    here.close().await.unwrap();
    let path = database(folder);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[..64].fill(0x55);
    std::fs::write(path, bytes).unwrap();
    ana
}

async fn accounts(folder: &Path) -> Accounts {
    let config = Config {
        data_dir: folder.join("data"),
        cache_dir: folder.join("cache"),
        key_vault: Arc::new(TestVault::new([7; 32])),
        network: Network::testnet(),
        clock: SystemClock::shared(),
    };
    Accounts::open(config).await.unwrap()
}

fn dies_at(point: u64, folder: &Path) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "a_process_rescues_the_account_that_it_is_told"]);
    command.env(FOLDER, folder).env("ONIONSKIN_KILL_AT", point.to_string()).env_remove("ONIONSKIN_KILL_LOG");
    command.output().unwrap().status
}

/// The one database in the folder.
fn database(folder: &Path) -> PathBuf {
    let mut found = std::fs::read_dir(folder.join("data/accounts")).unwrap().map(|entry| entry.unwrap().path());
    found.find(|path| path.is_dir()).unwrap().join("onionskin.db")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

const NOTES: usize = 30;
