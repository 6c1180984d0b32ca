//! How loud a conversation is, and where it stands while nothing happens in it: muted, shown less of, laid aside.
//!
//! Muting is said to our other devices, by the Contacts config; what notifications show, and what is laid aside, stays here.
//! What is laid aside comes back when something new comes, unless it is muted, and when we write in it.

use super::Desk;
use super::list::not_there;
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ConversationId, Mute, NoticeContent, WriteTx};

/// Sets whether the conversation with `person` makes itself heard, on all our devices.
///
/// # Errors
/// [`ErrorKind::NotAllowed`] for ourselves; those of the ledger.
pub fn set_mute(tx: &mut WriteTx<'_>, desk: &Desk, person: &AccountId, mute: Mute) -> Result<()> {
    if *person == desk.me {
        return Err(Error::new(ErrorKind::NotAllowed, "notes to self are never heard"));
    }
    tx.ensure_contact(person, desk.device_now)?;
    tx.set_mute(person, mute).map(|_| ())
}

/// Sets what the notifications of a conversation show here; `None`: as those of all others.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is no such conversation on this device; those of the ledger.
pub fn set_notice_content(
    tx: &mut WriteTx<'_>,
    conversation: &ConversationId,
    content: Option<NoticeContent>,
) -> Result<()> {
    tx.conversation(conversation)?.ok_or_else(not_there)?;
    tx.set_notice_content(conversation, content)
}

/// Lays a conversation aside, or puts it back on the list. Whether it is pinned stays as it is.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is no such conversation on this device; [`ErrorKind::NotAllowed`] for a message request,
/// which is answered or declined; those of the ledger.
pub fn set_archived(tx: &mut WriteTx<'_>, conversation: &ConversationId, archived: bool) -> Result<()> {
    let row = tx.conversation(conversation)?.ok_or_else(not_there)?;
    if archived && row.is_request() {
        return Err(Error::new(ErrorKind::NotAllowed, "a request waits for an answer"));
    }
    tx.set_archived(conversation, archived).map(|_| ())
}

/// Something new stands in a conversation: what was laid aside comes back, unless `they` wrote and it is muted.
///
/// # Errors
/// Those of the ledger.
pub fn bring_back(tx: &mut WriteTx<'_>, desk: &Desk, conversation: &ConversationId, they: bool) -> Result<()> {
    let muted = match conversation.account() {
        Some(person) if they => tx.contact(person)?.is_some_and(|row| row.mute.is_on(desk.device_now)),
        _ => false,
    };
    if !muted {
        tx.set_archived(conversation, false)?;
    }
    Ok(())
}
