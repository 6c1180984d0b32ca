//! Kinds that this version cannot show.
//!
//! - **Of newer versions**: a placeholder, and the bytes stay in the message row. Dropping it would lose it for good, since
//!   a swarm forgets after 14 days; a later version can read what was kept.
//! - **Known and not built here yet**: recorded with their bytes as [`Refusal::NotSupportedYet`], and not shown, since a
//!   placeholder for every typing notice would be noise.

use crate::crypto::AccountId;
use crate::error::Result;
use crate::people;
use crate::store::{ConversationId, MessageKind, WriteTx};

use super::text::{self, Entry};
use super::{Desk, Incoming, Outcome, Refusal};

/// Puts the placeholder into a conversation: the sender's, or the one that a copy of ours names.
pub(super) fn apply(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming, with: &ConversationId) -> Result<Outcome> {
    let placeholder = Entry { kind: MessageKind::NewerFormat, body: "", raw: text::kept(incoming), quote: None };
    text::store(tx, desk, incoming, with, &placeholder)
}

/// Leaves what `from` sent to a later version. It says that they accept us, as everything that arrives does.
pub(super) fn wait(tx: &mut WriteTx<'_>, from: &AccountId) -> Result<Outcome> {
    // Touches only people we know: a typing notice of a stranger makes no contact.
    people::accepts_us(tx, from)?;
    Ok(Outcome::Refused(Refusal::NotSupportedYet))
}
