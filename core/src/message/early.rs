//! What was said about a message before it came: withdrawn, or reacted to.
//!
//! The kinds themselves decide who may say so, and keep what comes early ([`super::unsend`], [`super::reaction`]); here it meets its
//! message, in the write that stores that. A message that was withdrawn leaves nothing but its line.

use crate::error::Result;
use crate::people::remove::delete_everywhere;
use crate::store::{ConversationId, EarlyWord, MessageId, MessageName, ReactionWord, WriteTx};

use super::{Desk, unsend};

/// Applies what was said early to the message of this name, which just came into the conversation `with` somebody.
///
/// # Errors
/// Those of the ledger.
pub(super) fn meet(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    with: &ConversationId,
    of: &MessageName,
    message: MessageId,
) -> Result<()> {
    let early = tx.early(with, of)?;
    if early.is_empty() {
        return Ok(());
    }
    tx.forget_early(with, of)?;
    if early.iter().any(|kept| kept.word == EarlyWord::Unsend && unsend::may(&kept.by, &desk.me, of)) {
        return match tx.message(message)? {
            Some(row) => delete_everywhere(tx, desk, &row).map(|_| ()),
            None => Ok(()),
        };
    }
    for kept in &early {
        if let EarlyWord::Reaction { emoji, given, said_at } = &kept.word {
            tx.set_reaction(message, &ReactionWord { by: &kept.by, emoji, given: *given, said_at: *said_at })?;
        }
    }
    Ok(())
}
