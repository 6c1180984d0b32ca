//! The notice that somebody saved a file of ours: a line, from people we accepted.
//!
//! Which file it was is not read: apps disagree about the field that says so (messages.md 7.7). Notices of pictures of the screen
//! are dead and pass unnoticed, as does everything of strangers. We send none: this version saves no files.

use super::text::{self, Entry};
use super::{Desk, Incoming, Outcome};
use crate::error::Result;
use crate::people;
use crate::store::{ConversationId, MessageKind, WriteTx};
use crate::wire::content::{DataExtractionNotification, ExtractionType};

/// Applies a notice of somebody else.
pub(super) fn apply(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    notice: &DataExtractionNotification,
) -> Result<Outcome> {
    let (from, with) = (&incoming.sender, ConversationId::from(incoming.sender));
    people::accepts_us(tx, from)?;
    let is_saved = notice.r#type == Some(ExtractionType::MediaSaved.into());
    if !is_saved || !people::is_friend(tx, desk, from)? || !tx.has_conversation(&with)? {
        return Ok(Outcome::Applied);
    }
    text::store(
        tx,
        desk,
        incoming,
        &with,
        &Entry { kind: MessageKind::MediaSaved, body: "", raw: text::NOTHING, quote: None },
    )
}
