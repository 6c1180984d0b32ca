//! Config documents between the ledger and the pure engine: reading them from their dumps and keeping them.

use super::undone::Undone;
use crate::address::Address;
use crate::clock::Timestamp;
use crate::config::{Document, DocumentKind};
use crate::error::Result;
use crate::store::{DumpRow, ReadTx, WriteTx};

/// A document in a hand of the ledger.
pub(super) struct Paper {
    /// The document.
    pub document: Document,
    /// What the ledger knows of it.
    pub row: DumpRow,
    /// What was kept could not be read: the document begins again.
    pub damaged: bool,
    /// Whose deletion the last merge undid.
    pub undone: Vec<Undone>,
    was_unpushed: bool,
}

/// Reads a document of a mailbox; one that was never kept is empty and not fetched.
///
/// A dump that cannot be read (a damaged disk) is no reason to stop: the document begins again and is fetched anew.
///
/// # Errors
/// Those of the ledger.
pub(super) fn open(tx: &ReadTx<'_>, owner: Address, kind: DocumentKind) -> Result<Paper> {
    let place = kind.place(owner);
    let kept = tx.dump(place)?;
    let mut damaged = false;
    let (document, row) = match kept {
        None => (Document::new(kind), DumpRow::empty(place)),
        Some(row) if row.dump.is_empty() => (Document::new(kind), row),
        Some(row) => match Document::restore(kind, &row.dump) {
            Ok(document) => (document, row),
            Err(error) => {
                tracing::error!(?error, namespace = %place.namespace, "a config document is damaged, it is fetched anew");
                damaged = true;
                (Document::new(kind), DumpRow::empty(place))
            }
        },
    };
    let was_unpushed = document.needs_push();
    Ok(Paper { document, row, damaged, undone: Vec::new(), was_unpushed })
}

impl Paper {
    /// Keeps the document when anything about it changed; `row` may have been changed too.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn keep(mut self, tx: &mut WriteTx<'_>, now: Timestamp) -> Result<()> {
        let document = &mut self.document;
        self.row.seqno = document.seqno();
        self.row.partial = !document.part_hashes().is_empty();
        self.row.unpushed = document.needs_push();
        if document.is_dirty() {
            self.row.last_edit_at = now;
            if self.row.first_edit_at == Timestamp::ZERO {
                self.row.first_edit_at = now;
            }
        } else {
            (self.row.first_edit_at, self.row.last_edit_at) = (Timestamp::ZERO, Timestamp::ZERO);
        }
        if !self.row.unpushed || !self.was_unpushed {
            (self.row.attempts, self.row.retry_at) = (0, Timestamp::ZERO);
        }
        self.row.dump = document.dump();
        tx.save_dump(&self.row)
    }
}
