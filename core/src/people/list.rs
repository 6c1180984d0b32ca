//! The list of conversations: what stands on it, and at its top.
//!
//! One number for each conversation, the same on all devices: below zero it is hidden, above zero pinned.

use super::Desk;
use super::HIDDEN;
use super::part;
use super::remove::seen_until;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ConversationId, WriteTx};

/// Makes sure that a conversation exists and stands on the list: somebody looks for it, or something is about to stand in
/// it.
///
/// # Errors
/// Those of the ledger.
pub fn show(tx: &mut WriteTx<'_>, desk: &Desk, conversation: &ConversationId) -> Result<()> {
    tx.ensure_conversation(conversation, desk.device_now)?;
    if tx.standing(conversation)?.is_some_and(|standing| standing.priority < 0) {
        tx.set_priority(conversation, 0)?;
    }
    Ok(())
}

/// Takes Note to Self off the list. Nothing in it is deleted, but what was written before stays away. Other apps delete the
/// messages of what is hidden, so that a conversation with somebody is deleted, never hidden.
///
/// # Errors
/// [`ErrorKind::NotAllowed`] for a conversation with somebody; those of the ledger.
pub fn hide_notes(tx: &mut WriteTx<'_>, desk: &Desk, conversation: &ConversationId) -> Result<()> {
    if *conversation != ConversationId::from(desk.me) {
        return Err(Error::new(ErrorKind::NotAllowed, "only notes to self can be hidden"));
    }
    tx.ensure_conversation(conversation, desk.device_now)?;
    let seen = seen_until(tx, desk, conversation)?;
    tx.set_gone_at(conversation, seen)?;
    part::note_seen(tx, desk, conversation, part::Going::Hidden)?;
    tx.set_priority(conversation, HIDDEN).map(|_| ())
}

/// Pins a conversation to the top of the list, before what was pinned earlier, or unpins it.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is no such conversation on this device; those of the ledger.
pub fn set_pinned(tx: &mut WriteTx<'_>, conversation: &ConversationId, pinned: bool) -> Result<()> {
    let row = tx.conversation(conversation)?.ok_or_else(not_there)?;
    let priority = match (pinned, row.priority) {
        (true, priority) if priority > 0 => priority,
        (true, _) => tx.largest_priority()?.saturating_add(1),
        (false, _) => 0,
    };
    tx.set_priority(conversation, priority).map(|_| ())
}

pub(super) fn not_there() -> Error {
    Error::new(ErrorKind::NotFound, "conversation does not exist")
}
