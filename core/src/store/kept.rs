//! What earlier versions kept because they could not show it, for the one time that this version reads it again.
//!
//! Bytes beside a message ([`super::NewMessage::raw`]), and bytes of letters that were not shown at all
//! ([`super::UnreadableRow`]). Both are walked by their numbers, a bounded stretch at a time, so that a ledger of many
//! years holds up nobody.

use super::failure::StoreFault;
use super::{MessageId, MessageKind, ReadTx, WriteTx};
use crate::error::Result;

/// The bytes that were kept beside a message.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptBytes {
    /// The message.
    pub message: MessageId,
    /// The opened bytes of its Content.
    pub raw: Vec<u8>,
}

/// A letter that was not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptLetter {
    /// Its row.
    pub number: i64,
    /// The opened bytes of its Content. Who wrote them was not kept.
    pub raw: Vec<u8>,
}

impl ReadTx<'_> {
    /// The bytes beside messages with numbers above `after` and up to `until`: at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn kept_bytes(&self, after: i64, until: i64, limit: u32) -> Result<Vec<KeptBytes>> {
        self.rows(
            "SELECT id, raw FROM messages WHERE id > ?1 AND id <= ?2 AND raw <> x'' ORDER BY id LIMIT ?3",
            (after, until, limit),
            |row| Ok(KeptBytes { message: MessageId::from_i64(row.get(0)?), raw: row.get(1)? }),
        )
    }

    /// Letters of people whom we accepted, or of our own devices, that were not shown for this reason: at most `limit`,
    /// with numbers above `after` and up to `until`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn kept_letters(&self, reason: &'static str, after: i64, until: i64, limit: u32) -> Result<Vec<KeptLetter>> {
        self.rows(
            "SELECT id, raw FROM unreadable WHERE id > ?2 AND id <= ?3 AND reason = ?1 AND quota = 2 AND raw <> x''
             ORDER BY id LIMIT ?4",
            (reason, after, until, limit),
            |row| Ok(KeptLetter { number: row.get(0)?, raw: row.get(1)? }),
        )
    }

    /// The largest numbers of messages and of letters that were not shown; zero for none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn newest_kept(&self) -> Result<(i64, i64)> {
        let newest = self.row(
            "SELECT coalesce((SELECT max(id) FROM messages), 0), coalesce((SELECT max(id) FROM unreadable), 0)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        newest.ok_or_else(|| StoreFault::Value("messages.id").into())
    }
}

impl WriteTx<'_> {
    /// A message is shown otherwise than before: as this kind, with this text, and with these bytes left for later
    /// versions.
    ///
    /// # Errors
    /// When the database fails.
    pub fn reread_message(&mut self, id: MessageId, kind: MessageKind, body: &str, raw: &[u8]) -> Result<()> {
        let number = id.as_i64();
        let changed = self.run(
            "UPDATE messages SET kind = ?2, body = ?3, raw = ?4 WHERE id = ?1 AND (kind <> ?2 OR body <> ?3 OR raw <> ?4)",
            (number, kind.to_sql(), body, raw),
        )?;
        if changed > 0 {
            // What left the bytes must leave the file.
            self.record_deletion();
        }
        self.record_message_changed(id)
    }

    /// A letter that was not shown has been applied after all.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_letter(&mut self, letter: &KeptLetter) -> Result<()> {
        self.run("DELETE FROM unreadable WHERE id = ?1", [letter.number])?;
        self.record_deletion();
        Ok(())
    }
}
