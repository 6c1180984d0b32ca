//! A mailbox: storage in a swarm that this account reads, as a value.
//!
//! Whose it is, who signs for it, which namespaces are read in which order, which of them are config documents, and how what
//! lies in the others is opened. Poller, inbox, reconcile and config push take one and know nothing else about whose it is;
//! the ledger keeps cursors, processed hashes, documents and what was unreadable under its address. Our own account is one
//! ([`Mailbox::own`]); every other kind is another constructor, beside the room that it belongs to.

use std::fmt;
use std::sync::Arc;

use crate::address::{Address, Namespace, Place, SwarmHash};
use crate::config::{ConfigKeys, DocumentKind};
use crate::crypto::AccountKeys;
use crate::message::{self, Incoming, Refusal};
use crate::swarm::Auth;

/// Storage that this account reads. Cheap to clone.
#[derive(Clone)]
pub struct Mailbox {
    shared: Arc<Shared>,
}

struct Shared {
    address: Address,
    auth: Box<dyn Auth>,
    namespaces: Vec<Namespace>,
    documents: Vec<DocumentKind>,
    document_keys: ConfigKeys,
    reader: AccountKeys,
    comes_back: bool,
}

impl Mailbox {
    /// The mailbox of an account: direct messages, then its documents.
    ///
    /// Source of the order: session-desktop `ts/session/apis/snode_api/swarmPolling.ts`.
    pub fn own(keys: &AccountKeys) -> Self {
        let documents = DocumentKind::SYNCED.to_vec();
        let shared = Shared {
            address: Address::from(keys.account_id()),
            auth: Box::new(keys.clone()),
            namespaces: std::iter::once(Namespace::DIRECT)
                .chain(documents.iter().map(|kind| kind.namespace()))
                .collect(),
            documents,
            document_keys: ConfigKeys::account(keys),
            reader: keys.clone(),
            comes_back: true,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Whose storage: under this the ledger keeps what belongs to the mailbox.
    pub fn address(&self) -> Address {
        self.shared.address
    }

    /// Who signs requests.
    pub fn auth(&self) -> &dyn Auth {
        &*self.shared.auth
    }

    /// What is read, in the order of one request.
    pub fn namespaces(&self) -> &[Namespace] {
        &self.shared.namespaces
    }

    /// The documents among it.
    pub fn documents(&self) -> &[DocumentKind] {
        &self.shared.documents
    }

    /// The namespaces in which messages lie, and no documents.
    pub fn letters(&self) -> impl Iterator<Item = Namespace> {
        self.shared.namespaces.iter().copied().filter(|namespace| self.document(*namespace).is_none())
    }

    /// The document of a namespace; `None` where messages lie.
    pub fn document(&self, namespace: Namespace) -> Option<DocumentKind> {
        self.shared.documents.iter().copied().find(|kind| kind.namespace() == namespace)
    }

    /// What seals and opens the documents.
    pub fn document_keys(&self) -> &ConfigKeys {
        &self.shared.document_keys
    }

    /// Whether the documents may have to be found first: an account that is restored knows nobody until they are here.
    pub fn comes_back(&self) -> bool {
        self.shared.comes_back
    }

    /// Opens one message that lay in `place` under `hash`. Never panics.
    ///
    /// # Errors
    /// The [`Refusal`] of the first rule that it breaks.
    pub fn open(&self, place: Place, hash: SwarmHash, data: &[u8]) -> Result<Incoming, Refusal> {
        message::open(&self.shared.reader, place, hash, data)
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailbox").field(&self.shared.address).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::AccountSeed;

    #[test]
    fn an_account_reads_its_messages_first_and_then_its_documents() {
        let mailbox = Mailbox::own(&AccountKeys::from_seed(&AccountSeed::from_bytes([7; 16])));
        let numbers: Vec<i16> = mailbox.namespaces().iter().map(|namespace| namespace.number()).collect();
        assert_eq!(numbers, [0, 2, 3, 5, 4]);
        assert_eq!(mailbox.document(Namespace::DIRECT), None);
        assert_eq!(mailbox.document(Namespace::CONTACTS), Some(DocumentKind::Contacts));
        assert_eq!(mailbox.auth().address(), mailbox.address());
    }
}
