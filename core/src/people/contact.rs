//! Contacts: who counts as one, and what we call and note them.

use super::Desk;
use crate::crypto::{AccountId, display_name};
use crate::error::{Error, ErrorKind, Hint, Result};
use crate::store::{ContactRow, ReadTx, Standing, WriteTx};

/// Whether a person's row belongs into the Contacts document: we accept or block them, or they accept us and there is a
/// conversation that nobody declined or deleted.
pub fn is_contact(row: &ContactRow, standing: Option<&Standing>) -> bool {
    row.approved || row.blocked || (row.approved_me && standing.is_some_and(|standing| standing.priority >= 0))
}

/// Whether what `person` sends has a claim to our disk: we accept them and do not block them, or they are ourselves.
///
/// # Errors
/// Those of the ledger.
pub fn is_friend(tx: &ReadTx<'_>, desk: &Desk, person: &AccountId) -> Result<bool> {
    Ok(*person == desk.me || tx.contact(person)?.is_some_and(|row| row.approved && !row.blocked))
}

/// Whether `person` may be told what we do, that we read or type, and is heard about it: we accept them, they accept us, nobody
/// is blocked, and they are somebody else.
///
/// # Errors
/// Those of the ledger.
pub fn is_told(tx: &ReadTx<'_>, desk: &Desk, person: &AccountId) -> Result<bool> {
    Ok(*person != desk.me && tx.contact(person)?.is_some_and(|row| row.approved && row.approved_me && !row.blocked))
}

/// Gives `person` a name that only our own devices know; an empty one takes it away.
///
/// # Errors
/// [`ErrorKind::TooLarge`] over 100 bytes; those of the ledger.
pub fn set_nickname(tx: &mut WriteTx<'_>, desk: &Desk, person: &AccountId, nickname: &str) -> Result<()> {
    let nickname = if nickname.trim().is_empty() { String::new() } else { display_name(nickname)? };
    tx.ensure_contact(person, desk.device_now)?;
    tx.set_nickname(person, &nickname)
}

/// Keeps a note about `person` on this device only; an empty one takes it away.
///
/// # Errors
/// [`ErrorKind::TooLarge`] over [`MAX_NOTE_POINTS`] code points; those of the ledger.
pub fn set_note(tx: &mut WriteTx<'_>, desk: &Desk, person: &AccountId, note: &str) -> Result<()> {
    let points = note.chars().count();
    if points > MAX_NOTE_POINTS {
        return Err(Error::new(ErrorKind::TooLarge, "note is over its limit")
            .with_hint(Hint::Length { found: points, expected: MAX_NOTE_POINTS }));
    }
    tx.ensure_contact(person, desk.device_now)?;
    tx.set_note(person, note.trim())
}

/// Code points of a note about a person. A page of text; more would be a file.
pub const MAX_NOTE_POINTS: usize = 2_000;
