//! What people wait for and what it holds in memory: from *send* to *visible* at the other person over the local network,
//! and a headless client with 300,000 messages.
//!
//! *Bare* for a letter on its way is as many plain requests over the same paths; for memory, the same program with an
//! empty account. The target for memory is 60 MB resident.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a benchmark may panic

mod ratio;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use onionskin_core::onion::{Ask, Onion};
use onionskin_core::vault::TestVault;
use onionskin_core::{
    AccountId, AccountKeys, AccountSeed, Accounts, Before, Client, Config, ConversationId, Draft, Network, SystemClock,
    Timestamp,
};
use onionskin_network::{LocalNetwork, Options};
use onionskin_tests::letters;
use tokio::runtime::Runtime;

const MESSAGES: u64 = 300_000;
const CHILD: &str = "ONIONSKIN_BENCH_CHILD";

fn main() {
    if let Ok(folder) = std::env::var(CHILD) {
        return measure_memory(Path::new(&folder));
    }
    let runtime = Runtime::new().unwrap();
    let network = runtime.block_on(LocalNetwork::start(Options::default())).unwrap();
    letter_on_its_way(&runtime, &network);
    let description = network.description_json().to_string();
    let empty = memory_of(&runtime, &description, 0);
    let full = memory_of(&runtime, &description, MESSAGES);
    println!(
        "resident memory with {MESSAGES} messages: {:.1} MB (target 60), empty account {:.1} MB, ratio {:.2}",
        full as f64 / 1024.0,
        empty as f64 / 1024.0,
        full as f64 / empty as f64
    );
}

fn letter_on_its_way(runtime: &Runtime, network: &LocalNetwork) {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let description = network.description_json().to_string();
    let (ana, bo, onion, others_pool) = runtime.block_on(async {
        let ana = accounts(folders[0].path(), &description).await.create("Ana").await.unwrap();
        let others = accounts(folders[1].path(), &description).await;
        let bo = others.create("Bo").await.unwrap();
        let onion = Onion::new(others.roads().clone(), None);
        onion.ready().await.unwrap();
        let pool = others.roads().pool();
        (ana, bo, onion, pool)
    });
    let to_bo = ana.conversation(&ConversationId::from(bo.account_id()));
    let from_ana = bo.conversation(&ConversationId::from(ana.account_id()));
    let mut number = 0;
    let ours = || {
        number += 1;
        let text = format!("letter {number}");
        runtime.block_on(async {
            to_bo.send(Draft::text(text.clone())).await.unwrap();
            ana.send_now().await.unwrap();
            bo.poll_now().await.unwrap();
            let newest = from_ana.messages(Before::Latest, 1).await.unwrap();
            assert_eq!(newest.first().map(|row| row.body.as_str()), Some(text.as_str()));
        });
    };
    let nodes: Vec<_> = others_pool.nodes().iter().map(|node| node.key).collect();
    // Recipient's copy, sync copy, poll: three requests.
    let bare = || {
        for node in nodes.iter().take(3) {
            runtime.block_on(onion.ask(node, "info", serde_json::json!({}), Ask::poll())).unwrap();
        }
    };
    ratio::compare("from send to visible, three requests", 50, None, ours, bare);
}

/// Kilobytes that a process of its own holds with so many messages.
fn memory_of(runtime: &Runtime, description: &str, messages: u64) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("network.json"), description).unwrap();
    runtime.block_on(async {
        let accounts = accounts(folder.path(), description).await;
        let client = accounts.create("Ana").await.unwrap();
        fill(&client, messages).await;
        accounts.close().await.unwrap();
    });
    let child = Command::new(std::env::current_exe().unwrap()).env(CHILD, folder.path()).output().unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    String::from_utf8(child.stdout).unwrap().trim().parse().unwrap()
}

/// The child: opens the account, shows the first page, searches a word, polls, and says what it holds.
fn measure_memory(folder: &Path) {
    let runtime = Runtime::new().unwrap();
    let description = std::fs::read_to_string(folder.join("network.json")).unwrap();
    runtime.block_on(async {
        let accounts = accounts(folder, &description).await;
        let row = accounts.list().await.unwrap().remove(0);
        let client = accounts.open_account(&row.account).await.unwrap();
        client.start();
        for conversation in client.conversations().await.unwrap().iter().take(5) {
            let chat = client.conversation(&conversation.id);
            chat.messages(Before::Latest, 50).await.unwrap();
        }
        client.search("word7", None, None, 50).await.unwrap();
        client.poll_now().await.unwrap();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        println!("{}", resident.trim().trim_end_matches("kB").trim());
        client.close().await.unwrap();
    });
}

async fn fill(client: &Client, messages: u64) {
    for batch in 0..messages / 5_000 {
        client
            .store()
            .write("texts", move |tx| {
                for number in batch * 5_000..(batch + 1) * 5_000 {
                    let sender = person(number % 100);
                    let at = Timestamp::from_millis(1_700_000_000_000 + number * 1_000);
                    let body = format!("word{} in letter number {number}, as long as a usual one is", number % 5_000);
                    letters::lay(tx, &sender, at, &body)?;
                }
                Ok(())
            })
            .await
            .unwrap();
    }
}

fn person(number: u64) -> AccountId {
    let mut seed = [0; 16];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    AccountKeys::from_seed(&AccountSeed::from_bytes(seed)).account_id()
}

async fn accounts(folder: &Path, description: &str) -> Accounts {
    Accounts::open(Config {
        data_dir: folder.join("data"),
        cache_dir: folder.join("cache"),
        key_vault: Arc::new(TestVault::new([7; 32])),
        network: Network::from_json(description).unwrap(),
        clock: SystemClock::shared(),
    })
    .await
    .unwrap()
}
