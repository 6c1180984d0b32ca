//! Writes the fixture database of the schema's present version: `cargo run -p onionskin-core --example store_fixture`.
//!
//! Run it once before a version is released, and again while that version is not released yet; a released fixture never
//! changes, because the databases out there do not either. `core/tests/store_versions.rs` opens every one of them.

use std::path::Path;
use std::time::Duration;

use onionskin_core::Result;
use onionskin_core::address::Namespace;
use onionskin_core::clock::Timestamp;
use onionskin_core::crypto::{AccountId, AccountSeed};
use onionskin_core::store::{
    ConversationId, DatabaseKey, MessageKind, MessageState, NewMessage, NewOutbox, NewProfile, OutboxKind,
    SCHEMA_VERSION, Store, WriteTx,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let path = folder.join(format!("store_v{SCHEMA_VERSION}.db"));
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    let store = Store::create(&path, &DatabaseKey::from_bytes([0x11; 32])).await?;
    store.write("fixture", fill).await?;
    store.close().await?;
    println!("wrote {}", path.display());
    Ok(())
}

/// Alice (keys of no real account), two texts with Bob, one of them waiting to be sent, and one row in every other table.
fn fill(tx: &mut WriteTx<'_>) -> Result<()> {
    let (alice, bob) = (AccountId::from_x25519([0xa1; 32]), AccountId::from_x25519([0xb0; 32]));
    let now = Timestamp::from_millis(1_750_000_000_000);
    tx.create_profile(&NewProfile {
        account: alice,
        seed: &AccountSeed::from_bytes([0x22; 16]),
        display_name: "Alice",
        now,
    })?;
    let conversation = ConversationId::Account(bob);
    tx.ensure_conversation(&conversation, now)?;
    tx.set_approved(&bob, true)?;
    tx.set_nickname(&bob, "Bobby")?;
    let incoming = NewMessage {
        conversation: &conversation,
        sender: &bob,
        outgoing: false,
        kind: MessageKind::Text,
        sent_at: now,
        received_at: now,
        body: "Meet me at the harbour",
        raw: &[],
        swarm_hash: "hash",
        read_at: Timestamp::ZERO,
        state: MessageState::Received,
    };
    tx.insert_message(&incoming)?;
    let sent_at = tx.next_sent_at(now + Duration::from_secs(1))?;
    let outgoing = NewMessage {
        sender: &alice,
        outgoing: true,
        sent_at,
        body: "At six",
        swarm_hash: "",
        read_at: sent_at,
        state: MessageState::Pending,
        ..incoming
    };
    let message = tx.insert_message(&outgoing)?;
    tx.insert_outbox(&NewOutbox {
        kind: OutboxKind::Message,
        message,
        recipient: &bob,
        namespace: Namespace::DIRECT,
        content: b"content",
        ttl: Duration::from_secs(14 * 24 * 60 * 60),
        sent_at,
        created_at: now,
        waits_for: None,
    })?;
    let epoch = tx.cursor_epoch()?;
    tx.advance_cursor(epoch, &alice, Namespace::DIRECT, &[0x33; 32], "hash", now + Duration::from_secs(1_000))?;
    tx.mark_seen(&alice, Namespace::DIRECT, "hash", now + Duration::from_secs(1_000))?;
    tx.insert_unreadable(Namespace::DIRECT, "other", "signature", b"bytes", now)?;
    tx.set_network_state("clock", b"0", now)
}
