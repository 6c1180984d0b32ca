//! What disappeared is nowhere on disk, also for somebody who has the key: every page of the file and of its log is decrypted
//! and looked through, pages in use and free ones.
//!
//! A control run deletes the same rows with secure deletion off. There the search must find what is left, or it would find
//! nothing anywhere.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aes_gcm::aes::Aes256;
use aes_gcm::aes::cipher::{BlockDecrypt as _, KeyInit as _};
use onionskin_core::clock::{Clock as _, SystemClock, Timestamp};
use onionskin_core::store::{DatabaseKey, Folders, MessageKind, MessageState, NewMessage, WriteTx};
use onionskin_core::vault::TestVault;
use onionskin_core::{AccountId, Accounts, Before, Client, Config, ConversationId, Disappearing, Draft, Network};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

/// Parts of what is written: a sentence and a word of it, kept bytes, and the beginning of what waits to be sent.
const SECRETS: [&str; 4] =
    ["marmalade behind the clock", "marmalade", "kept bytes of a newer kind", "unsent marmalade"];

#[tokio::test]
async fn what_disappeared_is_on_no_page_of_the_ledger_and_a_careless_deletion_leaves_it_there() {
    let folder = tempfile::tempdir().unwrap();
    let client = alice(folder.path()).await;
    fill(&client).await;
    let (path, key) = ledger(folder.path()).await;
    let before = pages(&path, &key);
    for secret in SECRETS {
        assert!(holds(&before, secret), "it was written: {secret}");
    }
    let careless = folder.path().join("careless.db");
    client.store().checkpoint().await.unwrap();
    std::fs::copy(&path, &careless).unwrap();

    client.expire_now().await.unwrap();
    let left = client.conversation(&bob()).messages(Before::Latest, 100).await.unwrap();
    assert_eq!(left.iter().map(|row| row.body.as_str()).collect::<Vec<_>>(), ["it stays"]);
    assert!(client.search("marmalade", None, None, 5).await.unwrap().is_empty());
    let after = pages(&path, &key);
    for secret in SECRETS {
        assert!(!holds(&after, secret), "on a page of the file or of its log: {secret}");
    }
    assert!(holds(&after, "it stays"), "the pages were decrypted");
    client.close().await.unwrap();
    for secret in SECRETS {
        assert!(!holds(&pages(&path, &key), secret), "after closing: {secret}");
    }

    delete_carelessly(&careless, &key);
    let control = pages(&careless, &key);
    for secret in [SECRETS[0], SECRETS[2]] {
        assert!(holds(&control, secret), "the search finds what secure deletion would have overwritten: {secret}");
    }
}

async fn alice(folder: &Path) -> Client {
    let accounts = Accounts::open(Config {
        data_dir: folder.join("data"),
        cache_dir: folder.join("cache"),
        key_vault: Arc::new(TestVault::new([7; 32])),
        network: Network::testnet(),
        clock: SystemClock::shared(),
    });
    accounts.await.unwrap().create("Alice").await.unwrap()
}

fn bob() -> ConversationId {
    // The base point: an id that somebody could have.
    let mut key = [0; 32];
    key[0] = 9;
    AccountId::from_x25519(key).into()
}

/// Letters whose time is over, among one that stays; and one that never left.
async fn fill(client: &Client) {
    let chat = client.conversation(&bob());
    chat.set_disappearing(Disappearing::AfterSend(Duration::from_secs(300))).await.unwrap();
    let unsent = chat.send(Draft::text("unsent marmalade")).await.unwrap();
    let now = SystemClock::new().now();
    let write = move |tx: &mut WriteTx<'_>| {
        for number in 0..60_u64 {
            let stays = number == 30;
            let sent_at = now - Duration::from_secs(3_600) + Duration::from_millis(number);
            let body = if stays { "it stays".to_owned() } else { format!("the marmalade behind the clock {number}") };
            let raw = if stays { String::new() } else { format!("kept bytes of a newer kind {}", "x".repeat(5_000)) };
            let id = tx.insert_message(&NewMessage {
                conversation: &bob(),
                sender: bob().account().unwrap(),
                outgoing: false,
                kind: MessageKind::Text,
                sent_at,
                received_at: sent_at,
                body: &body,
                raw: raw.as_bytes(),
                swarm_hash: "",
                read_at: sent_at,
                state: MessageState::Received,
            })?;
            let how = Disappearing::AfterRead(Duration::from_secs(300));
            if !stays {
                tx.set_lifetime(id.unwrap(), how, Some(sent_at), Timestamp::ZERO)?;
            }
        }
        tx.begin_as_sent(unsent, now - Duration::from_secs(400), now)
    };
    client.store().write("letters", write).await.unwrap();
}

async fn ledger(folder: &Path) -> (PathBuf, DatabaseKey) {
    let account = Folders::new(&folder.join("data")).unwrap().list().unwrap().remove(0);
    let key = account.unwrap_key(&TestVault::new([7; 32])).await.unwrap();
    (account.database_path(), key)
}

/// Every page of the file and of its log, decrypted: AES-256-CBC, whose initialisation vector stands behind the content and
/// before 64 bytes of authentication. Source: SQLCipher's documentation of its design.
fn pages(path: &Path, key: &DatabaseKey) -> Vec<u8> {
    let mut found = Vec::new();
    let file = std::fs::read(path).unwrap();
    for (number, page) in file.chunks_exact(PAGE).enumerate() {
        // The salt stands in front of the first page.
        found.extend(decrypted(&page[if number == 0 { 16 } else { 0 }..], key));
    }
    let log = std::fs::read(format!("{}-wal", path.display())).unwrap_or_default();
    for frame in log.get(32..).unwrap_or_default().chunks_exact(24 + PAGE) {
        for skipped in [0, 16] {
            found.extend(decrypted(&frame[24 + skipped..], key));
        }
    }
    found
}

fn decrypted(page: &[u8], key: &DatabaseKey) -> Vec<u8> {
    let cipher = Aes256::new(key.as_bytes().into());
    let (content, behind) = page.split_at(page.len() - RESERVED);
    let mut before: [u8; 16] = behind[..16].try_into().unwrap();
    let mut plain = Vec::with_capacity(content.len());
    for block in content.chunks_exact(16) {
        let mut clear = *aes_gcm::aes::Block::from_slice(block);
        cipher.decrypt_block(&mut clear);
        plain.extend(clear.iter().zip(before).map(|(byte, mask)| byte ^ mask));
        before = block.try_into().unwrap();
    }
    plain
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|part| part == secret.as_bytes())
}

/// The same rows go, as SQLite deletes when nobody tells it otherwise.
fn delete_carelessly(path: &Path, key: &DatabaseKey) {
    let connection = Connection::open(path).unwrap();
    let digits: String = key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    connection.execute_batch(&format!("PRAGMA key = \"x'{digits}'\"; PRAGMA secure_delete = OFF;")).unwrap();
    // Triggers call a function of the program.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
    let gone = connection.execute("DELETE FROM messages WHERE body <> 'it stays'", []).unwrap();
    assert_eq!(gone, 60);
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

const PAGE: usize = 4_096;
const RESERVED: usize = 80;
