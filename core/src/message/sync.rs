//! What our own devices tell each other: copies of messages that another device of this account sent.
//!
//! A copy names the conversation it belongs to (`syncTarget`). It appears as ours, already sent, with the hash our own
//! swarm gave it; it opens the conversation on this device and approves the person, since writing first or answering
//! did the same on the device that wrote. Its profile, if any, is ignored: ours travels by config.
//!
//! From ourselves nothing else is believed (messages.md 3.2, step 11) except kinds of later issues that are recorded as
//! not supported yet: unsend requests, and calls that another device of ours answered or ended. A copy that a stranger
//! wrote is refused before it comes here.

use crate::crypto::AccountId;
use crate::error::Result;
use crate::store::WriteTx;
use crate::wire::content::Content;

use super::{Desk, Incoming, Outcome, Refusal, text, unsupported};

/// Applies what another device of ours sent.
pub(super) fn apply(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming, hash: &str) -> Result<Outcome> {
    let content = &incoming.content;
    let target = target_text(content).and_then(|text| AccountId::parse(text).ok());
    if unsupported::is_newer_kind(content, &incoming.plain) {
        return match target {
            Some(to) => unsupported::apply(tx, desk, incoming, &to, hash),
            None => Ok(Outcome::Refused(Refusal::NewerFormat)),
        };
    }
    if let Some(data) = &content.data_message {
        return match (target, target_text(content)) {
            (Some(to), _) => text::apply_copy(tx, desk, incoming, data, &to, hash),
            (None, Some(_)) => Ok(Outcome::Refused(Refusal::SyncTarget)),
            (None, None) if data.group_update_message.is_some() => Ok(Outcome::Refused(Refusal::NotSupportedYet)),
            (None, None) => Ok(Outcome::Refused(Refusal::FromOurselves)),
        };
    }
    Ok(Outcome::Refused(if may_come_from_ourselves(content) {
        Refusal::NotSupportedYet
    } else {
        Refusal::FromOurselves
    }))
}

/// The conversation that a copy names; absent and empty are the same.
pub(super) fn target_text(content: &Content) -> Option<&str> {
    content.data_message.as_ref()?.sync_target.as_deref().filter(|target| !target.is_empty())
}

fn may_come_from_ourselves(content: &Content) -> bool {
    const ANSWER: i32 = 2;
    const END_CALL: i32 = 5;
    content.unsend_request.is_some()
        || content.call_message.as_ref().is_some_and(|call| matches!(call.r#type, Some(ANSWER | END_CALL)))
}
