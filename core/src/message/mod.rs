//! Letters: **one file per kind of message, both halves**, how it is composed and how it is applied.
//!
//! Nothing here knows the network. Composing writes rows (a message, what is to be sent), applying writes rows (a
//! message, a flag); `delivery` carries them. Opening ([`open()`]) is pure. A new kind is a new file and one line in
//! [`apply`].
//!
//! | kind | file | shown as |
//! |---|---|---|
//! | text | [`text`] | a message |
//! | our own copies from another device | [`sync`] | a message of ours in the conversation that they name |
//! | answer to a message request | [`request`] | a line, once |
//! | name beside a message | [`profile`] | the contact's name |
//! | kinds of newer versions | [`unsupported`] | a placeholder, bytes kept |
//!
//! Kinds that exist and are not built here yet (reactions, receipts, typing, unsend, calls, groups) are recorded as [`Refusal::NotSupportedYet`] with their bytes and are not shown: a placeholder for every typing
//! notice would be noise, and a later version can still read what was kept.

mod draft;
mod freshness;
mod open;
mod post;
pub mod profile;
mod refusal;
pub mod request;
pub mod sync;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub mod ttl;
pub mod unsupported;

use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;
use crate::store::{ConversationId, MessageId, WriteTx};

pub use draft::{Draft, MAX_TEXT_POINTS};
pub use open::{Incoming, open};
pub use post::MAX_CONTENT_BYTES;
use post::Post;
pub use refusal::Refusal;

/// Who writes, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Desk {
    /// Ourselves.
    pub me: AccountId,
    /// Now, by the network's clock: what messages are stamped with.
    pub network_now: Timestamp,
    /// Now, by this device's clock: waits and deadlines of our own.
    pub device_now: Timestamp,
}

/// What became of a message that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stands in a conversation.
    Shown {
        /// Where.
        conversation: ConversationId,
        /// What.
        message: MessageId,
    },
    /// It changed something and is not itself a message.
    Applied,
    /// We have it already: our own copy of what this device sent.
    Known,
    /// It broke a rule, or waits for a newer version.
    Refused(Refusal),
}

/// Applies an opened message to the ledger: steps 10 to 14 of messages.md 3.2. `hash` is what our swarm calls it.
///
/// # Errors
/// Only those of the ledger; whatever is wrong with the message is an [`Outcome::Refused`].
pub fn apply(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming, hash: &str) -> Result<Outcome> {
    let content = &incoming.content;
    if incoming.sender == desk.me {
        return sync::apply(tx, desk, incoming, hash);
    }
    if tx.contact(&incoming.sender)?.is_some_and(|contact| contact.blocked) {
        return Ok(Outcome::Refused(Refusal::Blocked));
    }
    if sync::target_text(content).is_some() {
        return Ok(Outcome::Refused(Refusal::SyncFromStranger));
    }
    if freshness::is_gone(tx, desk, &incoming.sender, incoming.sent_at)? {
        return Ok(Outcome::Refused(Refusal::ConversationGone));
    }
    if unsupported::is_newer_kind(content, &incoming.plain) {
        return unsupported::apply(tx, desk, incoming, &incoming.sender, hash);
    }
    // The order in which official desktop looks for a body; each Content has one.
    if let Some(data) = &content.data_message {
        return text::apply(tx, desk, incoming, data, hash);
    }
    if let Some(answer) = &content.message_request_response {
        return request::apply(tx, desk, incoming, answer, hash);
    }
    if unsupported::has_known_body(content) {
        // Touches only people we know: a typing notice of a stranger makes no contact.
        tx.set_approved_me(&incoming.sender, true)?;
        return Ok(Outcome::Refused(Refusal::NotSupportedYet));
    }
    Ok(Outcome::Refused(Refusal::Nothing))
}

/// Makes sure that the conversation with `with` exists and is not hidden: something is about to stand in it.
fn show_conversation(tx: &mut WriteTx<'_>, desk: &Desk, with: &AccountId) -> Result<ConversationId> {
    let id = ConversationId::from(*with);
    tx.ensure_conversation(&id, desk.device_now)?;
    if tx.standing(&id)?.is_some_and(|standing| standing.priority < 0) {
        tx.set_priority(&id, 0)?;
    }
    Ok(id)
}
