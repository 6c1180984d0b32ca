//! Stars: what somebody wants to find again, on this device alone.
//!
//! A star keeps nothing: what disappears goes when its time is over, whoever would like to keep it, and so it gets
//! none.

use super::Desk;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ConversationId, Disappearing, MessageId, WriteTx};

/// Puts a star on a message of `conversation`, or takes it away.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is no such message in it; [`ErrorKind::NotAllowed`] for a star on one that
/// disappears, and on a line that nobody wrote or of which nothing is left; those of the ledger.
pub fn set_starred(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    conversation: &ConversationId,
    message: MessageId,
    starred: bool,
) -> Result<()> {
    let row = tx.message(message)?.filter(|row| row.conversation == *conversation);
    let row = row.ok_or_else(|| Error::new(ErrorKind::NotFound, "message does not exist here"))?;
    if starred && row.disappearing != Disappearing::Off {
        return Err(Error::new(ErrorKind::NotAllowed, "what disappears is not kept by a star"));
    }
    if starred && !row.kind.is_said() {
        return Err(Error::new(ErrorKind::NotAllowed, "nobody wrote this line"));
    }
    tx.set_star(message, starred.then_some(desk.network_now))
}
