//! Writing the intention to send: one errand for each Content that leaves.

use crate::address::{Address, Namespace};
use crate::clock::Timestamp;
use crate::error::{Error, ErrorKind, Hint, Result};
use crate::store::{ErrandId, Lane, MessageId, NewErrand, Parcel, Role, Uncertain, Unsettled, Urgency, What, WriteTx};
use crate::wire::content::Content;

use super::{Desk, ttl};

/// A timestamp for something new of ours. While the network's time is not certain it is to be dated once more
/// ([`super::dating`]).
///
/// # Errors
/// Those of the ledger.
pub(super) fn stamp(tx: &mut WriteTx<'_>, desk: &Desk) -> Result<Timestamp> {
    let sent_at = tx.next_sent_at(desk.network_now)?;
    if let Some(Uncertain { reading, known }) = desk.unsettled {
        tx.note_unsettled(&Unsettled { sent_at, reading, device: desk.device_now, known })?;
    }
    Ok(sent_at)
}

/// A Content on its way out.
pub(super) struct Post<'a> {
    /// What it is to us.
    pub(super) role: Role,
    /// The message it carries, if it carries one.
    pub(super) message: Option<MessageId>,
    /// Whose inbox it goes to.
    pub(super) to: Address,
    /// What it says.
    pub(super) content: &'a Content,
    /// The timestamp inside.
    pub(super) sent_at: Timestamp,
    /// The errands that must leave first.
    pub(super) after: Vec<ErrandId>,
}

impl Post<'_> {
    /// Writes the errand.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] over [`MAX_CONTENT_BYTES`]; those of the ledger.
    pub(super) fn write(self, tx: &mut WriteTx<'_>, desk: &Desk) -> Result<ErrandId> {
        let Self { role, message, to, content, sent_at, after } = self;
        let (ttl, keep_trying) = (ttl::of(content), ttl::keep_trying(content));
        let content = content.to_bytes();
        if content.len() > MAX_CONTENT_BYTES {
            return Err(Error::new(ErrorKind::TooLarge, "message is over the wire limit")
                .with_hint(Hint::Length { found: content.len(), expected: MAX_CONTENT_BYTES }));
        }
        // Copies bear their own time: on our other devices they need not come in order, and nobody waits for them.
        let for_us = to == desk.me.into();
        let (lane, urgency) = match role {
            Role::Message | Role::Answer => (Some(Lane::to(to)), Urgency::Person),
            Role::Unsend | Role::Reaction if !for_us => (Some(Lane::to(to)), Urgency::Person),
            Role::Typing => (None, Urgency::Person),
            Role::Copy | Role::Unsend | Role::Reaction | Role::Receipt => (None, Urgency::Background),
        };
        let namespace = Namespace::DIRECT;
        tx.insert_errand(&NewErrand {
            what: What::Store(Parcel { role, namespace, content, sealed: None, ttl, sent_at }),
            message,
            address: to,
            created_at: desk.device_now,
            deadline: desk.device_now + keep_trying,
            after,
            lane,
            urgency,
        })
    }
}

/// The longest Content, in bytes: padding, seal, envelope and its wrapping still fit into the 76,800 bytes that a
/// storage server takes (up to 160 + 144 + about 130 bytes).
pub const MAX_CONTENT_BYTES: usize = 76_000;
