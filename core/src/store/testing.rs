//! People and a database to try the store with.

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::address::{Namespace, Place, SwarmHash};
use crate::clock::Timestamp;
use crate::crypto::{AccountId, AccountSeed};

/// A new database of Alice's in a folder of its own.
pub(super) struct Ledger {
    pub(super) store: Store,
    pub(super) folder: tempfile::TempDir,
}

impl Ledger {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("onionskin.db"), &key()).await.unwrap();
        store.write("create account", create_alice).await.unwrap();
        Self { store, folder }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.store.path().to_owned()
    }
}

pub(super) fn create_alice(tx: &mut WriteTx<'_>) -> crate::Result<()> {
    let seed = AccountSeed::from_bytes([7; 16]);
    tx.create_profile(&NewProfile { account: alice(), seed: &seed, display_name: "Alice", now: at(1_000) })
}

pub(super) fn key() -> DatabaseKey {
    DatabaseKey::from_bytes([0x42; 32])
}

pub(super) fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(super) fn person(number: u8) -> AccountId {
    AccountId::from_x25519([number; 32])
}

pub(super) fn alice() -> AccountId {
    person(1)
}

pub(super) fn bob() -> AccountId {
    person(2)
}

pub(super) fn carol() -> AccountId {
    person(3)
}

/// A compartment of a person's storage.
pub(super) fn place(owner: AccountId, namespace: Namespace) -> Place {
    Place { owner: owner.into(), namespace }
}

/// A swarm's name for something called `what`.
pub(super) fn name(what: &str) -> SwarmHash {
    SwarmHash::parse(&format!("{what:A<43}")).unwrap()
}

pub(super) fn chat(with: AccountId) -> ConversationId {
    ConversationId::Account(with)
}

/// A text from `sender` in the conversation with `with`; unread and received, or pending when Alice wrote it.
pub(super) fn text(
    tx: &mut WriteTx<'_>,
    with: AccountId,
    sender: AccountId,
    sent_at: u64,
    body: &str,
) -> Option<MessageId> {
    let conversation = chat(with);
    let outgoing = sender == alice();
    tx.ensure_conversation(&conversation, at(sent_at)).unwrap();
    tx.insert_message(&NewMessage {
        conversation: &conversation,
        sender: &sender,
        outgoing,
        kind: MessageKind::Text,
        sent_at: at(sent_at),
        received_at: at(sent_at + 5),
        body,
        raw: &[],
        swarm_hash: "",
        read_at: if outgoing { at(sent_at) } else { Timestamp::ZERO },
        state: if outgoing { MessageState::Pending } else { MessageState::Received },
    })
    .unwrap()
}

/// [`text`] that bears a msgId.
pub(super) fn named_text(
    tx: &mut WriteTx<'_>,
    with: AccountId,
    sender: AccountId,
    sent_at: u64,
    msg_id: Option<u64>,
) -> Option<MessageId> {
    let (conversation, outgoing) = (chat(with), sender == alice());
    tx.ensure_conversation(&conversation, at(sent_at)).unwrap();
    let new = NewMessage {
        conversation: &conversation,
        sender: &sender,
        outgoing,
        kind: MessageKind::Text,
        sent_at: at(sent_at),
        received_at: at(sent_at + 5),
        body: "named",
        raw: &[],
        swarm_hash: "",
        read_at: Timestamp::ZERO,
        state: if outgoing { MessageState::Sent } else { MessageState::Received },
    };
    tx.insert_named_message(&new, msg_id).unwrap()
}

/// [`text`] as a whole write.
pub(super) fn says(
    with: AccountId,
    sender: AccountId,
    sent_at: u64,
    body: &'static str,
) -> impl FnOnce(&mut WriteTx<'_>) -> crate::Result<Option<MessageId>> {
    move |tx| Ok(text(tx, with, sender, sent_at, body))
}

/// A message for somebody's swarm.
pub(super) fn intention(to: AccountId, message: Option<MessageId>) -> NewErrand {
    const FORTNIGHT: Duration = Duration::from_secs(14 * 24 * 60 * 60);
    let parcel = Parcel {
        role: Role::Message,
        namespace: Namespace::DIRECT,
        content: b"content".to_vec(),
        sealed: None,
        ttl: FORTNIGHT,
        sent_at: at(1),
    };
    NewErrand {
        what: What::Store(parcel),
        message,
        address: to.into(),
        created_at: at(1),
        deadline: at(1) + FORTNIGHT,
        after: Vec::new(),
        lane: Some(Lane::to(to)),
        urgency: Urgency::Person,
    }
}

pub(super) fn bodies(rows: &[MessageRow]) -> Vec<&str> {
    rows.iter().map(|row| row.body.as_str()).collect()
}
