//! Writes the fixture database of the schema's present version: `cargo run -p onionskin-core --example store_fixture`.
//!
//! Run it once before a version is released, and again while that version is not released yet; a released fixture never
//! changes, because the databases out there do not either. `core/tests/store_versions.rs` opens every one of them.

use std::path::Path;
use std::time::Duration;

use onionskin_core::Result;
use onionskin_core::address::{Address, Namespace, Place, SwarmHash};
use onionskin_core::clock::Timestamp;
use onionskin_core::crypto::{AccountId, AccountSeed};
use onionskin_core::store::{
    ConversationId, DatabaseKey, DumpRow, Early, EarlyWord, Hop, Lane, MessageId, MessageKind, MessageName,
    MessageState, Mute, NewErrand, NewMessage, NewProfile, NewQuote, NoticeContent, Parcel, Parting, Quota,
    ReactionWord, Reading, Receipt, Role, SCHEMA_VERSION, Sending, Setting, Store, Unsettled, Urgency, What, WriteTx,
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
    // One that was withdrawn before it came.
    let of = MessageName { author: bob, sent_at: now - Duration::from_secs(2), msg_id: Some(7) };
    let word = EarlyWord::Unsend;
    tx.keep_early(&Early { by: &bob, friend: true, conversation: Some(&conversation), of, word }, now)?;
    if let Some(message) = message {
        let author = bob.to_string();
        tx.set_quote(message, &NewQuote { author: &author, sent_at: now, msg_id: None, fallback: "Meet me" })?;
        tx.set_reaction(message, &ReactionWord { by: &bob, emoji: "👍", given: true, said_at: now })?;
        choose(tx, &bob, message, now)?;
    }
    // One that was removed leaves its tombstone.
    let removed = MessageName { author: bob, sent_at: now - Duration::from_secs(1), msg_id: None };
    tx.bury(&conversation, &removed, now)?;
    let parting =
        Parting { theirs: now - Duration::from_secs(9), at: now - Duration::from_secs(8), ..Parting::default() };
    tx.set_parted(&[0x44; 16], parting, Some(now))?;
    let reading = Reading { run: 7, monotonic: Duration::from_secs(60) };
    tx.note_unsettled(&Unsettled { sent_at: now - Duration::from_secs(5), reading, device: now, known: true })?;
    let receipt = Receipt { read_at: now, forgotten_at: now + FORTNIGHT };
    tx.note_receipts(&bob, &[(now - Duration::from_secs(20), None)], receipt)?;
    tx.hear_of_call("5c2f8f2e-7b8d-4a52-9f0a-0d1a3c6c9b11", now)?;
    write_outbox(tx, message, alice, bob, sent_at)?;
    write_network(tx, alice, now)?;
    write_documents(tx, alice, now)
}

/// What is chosen for a conversation, and known of its person.
fn choose(tx: &mut WriteTx<'_>, bob: &AccountId, message: MessageId, now: Timestamp) -> Result<()> {
    let conversation = ConversationId::Account(*bob);
    tx.set_draft(&conversation, "", Some(message))?;
    tx.set_mute(bob, Mute::Until(now + FORTNIGHT))?;
    tx.set_notice_content(&conversation, Some(NoticeContent::NameOnly))?;
    tx.note_heard(bob, now)?;
    tx.set_star(message, Some(now))?;
    tx.set_came_at(&conversation, now)
}

/// A letter, its copy that waits for it, and a deletion.
fn write_outbox(
    tx: &mut WriteTx<'_>,
    message: Option<MessageId>,
    alice: AccountId,
    bob: AccountId,
    sent_at: Timestamp,
) -> Result<()> {
    let parcel = Parcel {
        role: Role::Message,
        namespace: Namespace::DIRECT,
        content: b"content".to_vec(),
        sealed: None,
        ttl: FORTNIGHT,
        sent_at,
    };
    let letter = NewErrand {
        what: What::Store(parcel.clone()),
        message,
        address: bob.into(),
        created_at: sent_at,
        deadline: sent_at + FORTNIGHT,
        after: Vec::new(),
        lane: Some(Lane::to(bob)),
        urgency: Urgency::Person,
    };
    let after = vec![tx.insert_errand(&letter)?];
    let (address, lane, urgency) = (Address::from(alice), None, Urgency::Background);
    let copy = What::Store(Parcel { role: Role::Copy, ..parcel });
    let copy = NewErrand { what: copy, address, after, lane: lane.clone(), urgency, ..letter.clone() };
    tx.insert_errand(&copy)?;
    let deletion = What::Delete(vec![hash(b"replaced")]);
    tx.insert_errand(&NewErrand { what: deletion, message: None, address, lane, urgency, ..letter })?;
    let Some(message) = message else { return Ok(()) };
    let hop = Hop { key: "33".repeat(32), ip: std::net::Ipv4Addr::LOCALHOST };
    tx.set_sending(
        message,
        &Sending {
            accepted: 1,
            asked: 2,
            nodes: vec!["33".repeat(32)],
            hops: vec![hop],
            destination: "33".repeat(32),
            latency: Duration::from_millis(80),
            attempts: 1,
            finished_at: sent_at,
        },
    )
}

/// What is known of a swarm, and what came from it.
fn write_network(tx: &mut WriteTx<'_>, alice: AccountId, now: Timestamp) -> Result<()> {
    let place = Place { owner: alice.into(), namespace: Namespace::DIRECT };
    let epoch = tx.cursor_epoch()?;
    tx.advance_cursor(epoch, place, &[0x33; 32], &hash(b"hash"), now + Duration::from_secs(1_000))?;
    tx.mark_seen(place, &hash(b"hash"), now + Duration::from_secs(1_000))?;
    tx.insert_unreadable(place, "other", "signature", b"bytes", now, Quota::Unopened)?;
    tx.set_setting(&Setting { key: "fixture", default: false }, &true)?;
    tx.set_network_state("clock", b"0", now)
}

/// A document that was never read, and a message that it replaced. The rows above left edits.
fn write_documents(tx: &mut WriteTx<'_>, alice: AccountId, now: Timestamp) -> Result<()> {
    let place = Place { owner: alice.into(), namespace: Namespace::CONTACTS };
    tx.save_dump(&DumpRow {
        dump: b"dump".to_vec(),
        seqno: 3,
        fetched: true,
        applied_at: now,
        ..DumpRow::empty(place)
    })?;
    tx.add_obsolete_config(place, &hash(b"obsolete"))
}

/// The name that something has in a swarm.
fn hash(of: &[u8]) -> SwarmHash {
    SwarmHash::of(&Address::from_bytes([5; 33]), Namespace::DIRECT, of)
}

const FORTNIGHT: Duration = Duration::from_secs(14 * 24 * 60 * 60);
