//! People with a ledger and no network: letters go from hand to hand.

use std::time::Duration;

use super::*;
use crate::address::{Namespace, Place};
use crate::clock::Timestamp;
use crate::crypto::{AccountId, AccountKeys, AccountSeed, decoy_signature, seal};
use crate::store::{Before, ConversationRow, DatabaseKey, Errand, MessageRow, NewProfile, Store};
use crate::wire::content::Content;
use crate::wire::{envelope, padding};

/// Somebody with a ledger.
pub(crate) struct Person {
    pub(crate) keys: AccountKeys,
    pub(crate) id: AccountId,
    pub(crate) store: Store,
    _folder: tempfile::TempDir,
}

impl Person {
    pub(crate) async fn new(seed: u8, name: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let seed = AccountSeed::from_bytes([seed; 16]);
        let keys = AccountKeys::from_seed(&seed);
        let id = keys.account_id();
        let store = Store::create(&folder.path().join("test.db"), &DatabaseKey::from_bytes([7; 32])).await.unwrap();
        let new = move |tx: &mut WriteTx<'_>| {
            tx.create_profile(&NewProfile { account: id, seed: &seed, display_name: name, now: at(1_000_000) })
        };
        store.write("account", new).await.unwrap();
        Self { keys, id, store, _folder: folder }
    }

    pub(crate) fn desk(&self, now: u64) -> Desk {
        Desk { me: self.id, network_now: at(now), device_now: at(now), unsettled: None }
    }

    /// Where letters to them are left.
    pub(crate) fn inbox(&self) -> Place {
        Place { owner: self.id.into(), namespace: Namespace::DIRECT }
    }

    /// Writes to `to` at `now`.
    pub(crate) async fn writes(&self, to: &Person, body: &str, now: u64) -> Result<MessageId> {
        let (desk, to, draft) = (self.desk(now), to.id, Draft::text(body));
        self.store.write("write", move |tx| text::write(tx, &desk, &to, &draft)).await.map(|(id, _)| id)
    }

    /// Does something in one write.
    pub(crate) async fn does<T: Send + 'static>(
        &self,
        what: impl FnOnce(&mut WriteTx<'_>) -> Result<T> + Send + 'static,
    ) -> T {
        self.store.write("test", what).await.unwrap().0
    }

    /// What waits to be sent.
    pub(crate) async fn outbox(&self) -> Vec<Errand> {
        self.store.read(|tx| tx.errands()).await.unwrap()
    }

    /// Takes everything out of the outbox that is for `to`, sealed as it would leave.
    pub(crate) async fn hands_over(&self, to: &Person) -> Vec<Vec<u8>> {
        let mut letters = Vec::new();
        for row in self.outbox().await.into_iter().filter(|row| row.address == to.id.into()) {
            let Some(parcel) = row.parcel() else { continue };
            letters.push(self.seals(to, &parcel.content, parcel.sent_at));
            self.does(move |tx| tx.finish_errand(row.id)).await;
        }
        letters
    }

    /// Bytes as a swarm would keep them.
    pub(crate) fn seals(&self, to: &Person, content: &[u8], sent_at: Timestamp) -> Vec<u8> {
        envelope::wrap(&seal::seal(&self.keys, &to.id, &padding::pad(content)), sent_at, decoy_signature())
    }

    /// A letter of this content, stamped as its content says.
    pub(crate) fn letter(&self, to: &Person, content: &Content) -> Vec<u8> {
        self.seals(to, &content.to_bytes(), at(content.sig_timestamp.unwrap_or(0)))
    }

    /// Opens and applies a letter at `now`.
    pub(crate) async fn gets(&self, letter: &[u8], now: u64) -> Outcome {
        let incoming = match open(&self.keys, self.inbox(), self.inbox().name(letter), letter) {
            Ok(incoming) => incoming,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        let desk = self.desk(now);
        self.does(move |tx| apply(tx, &desk, &incoming)).await
    }

    /// What stands in the conversation with `with`.
    pub(crate) async fn sees(&self, with: &Person) -> Vec<MessageRow> {
        let id = ConversationId::from(with.id);
        self.store.read(move |tx| tx.messages_before(&id, Before::Latest, 100)).await.unwrap()
    }

    /// The texts in the conversation with `with`.
    pub(crate) async fn reads(&self, with: &Person) -> Vec<String> {
        self.sees(with).await.into_iter().filter(|row| !row.body.is_empty()).map(|row| row.body).collect()
    }

    pub(crate) async fn chat(&self, with: &Person) -> Option<ConversationRow> {
        let id = ConversationId::from(with.id);
        self.store.read(move |tx| tx.conversation(&id)).await.unwrap()
    }

    pub(crate) async fn requests(&self) -> usize {
        self.store.read(|tx| tx.requests()).await.unwrap().len()
    }
}

pub(crate) fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A day after the accounts were made.
pub(crate) const NOON: u64 = 1_000_000 + Duration::from_secs(86_400).as_millis() as u64;
