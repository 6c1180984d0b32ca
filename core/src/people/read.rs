//! Reading: up to where, and the mark that says *not yet*.

use super::Desk;
use super::list::not_there;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::store::{ConversationId, WriteTx};

/// Marks what came in and stands no further up than `from` and no further down than `up_to`
/// ([`crate::store::MessageRow::ordered_at`]) as read, and takes the mark away; gives how many messages were unread. What came
/// late and was not in sight stays unread.
///
/// # Errors
/// Those of the ledger.
pub fn mark_read_between(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    conversation: &ConversationId,
    from: Timestamp,
    up_to: Timestamp,
) -> Result<usize> {
    tx.set_marked_unread(conversation, false)?;
    tx.mark_read_between(conversation, from, up_to, desk.network_now)
}

/// Marks a conversation as unread. Reading anything in it takes the mark away.
///
/// # Errors
/// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such conversation on this device; those of the ledger.
pub fn mark_unread(tx: &mut WriteTx<'_>, conversation: &ConversationId) -> Result<()> {
    tx.conversation(conversation)?.ok_or_else(not_there)?;
    tx.set_marked_unread(conversation, true).map(|_| ())
}
