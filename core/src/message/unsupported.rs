//! A message of a kind that only newer versions know: shown as a placeholder, its bytes kept.
//!
//! Dropping it would lose it for good, since a swarm forgets after 14 days; so the bytes stay in the message row and a
//! later version can read them. The rule of official clients (messages.md 2, forward compatibility): a Content with a
//! top-level field above the last known number **and** without a known body. Kinds that are known and merely not built
//! here yet are no placeholders: they are recorded as [`Refusal::NotSupportedYet`](super::Refusal) with their bytes.

use crate::crypto::AccountId;
use crate::error::Result;
use crate::store::{MessageKind, WriteTx};
use crate::wire::content::{Content, has_newer_field};

use super::{Desk, Incoming, Outcome, text};

/// Puts the placeholder into `conversation` (the sender's, or the one a copy of ours names).
pub(super) fn apply(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    conversation: &AccountId,
    hash: &str,
) -> Result<Outcome> {
    text::store(tx, desk, incoming, conversation, MessageKind::NewerFormat, "", &incoming.plain, hash)
}

/// Whether `plain` is a Content of a newer kind.
pub fn is_newer_kind(content: &Content, plain: &[u8]) -> bool {
    !has_known_body(content) && has_newer_field(plain)
}

/// Whether any body that this protocol version names is present and says something. A data message that only names a
/// conversation (`syncTarget`) says nothing: a copy of a newer kind looks like that.
pub fn has_known_body(content: &Content) -> bool {
    match &content.data_message {
        Some(data) if text::says_something(data) => true,
        Some(_) => Content { data_message: None, ..content.clone() }.has_body(),
        None => content.has_body(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::content::DataMessage;

    const FIELD_40: &[u8] = &[0xc2, 0x02, 0x03, b'n', b'e', b'w'];

    fn bytes_with_newer_field(content: &Content) -> Vec<u8> {
        let mut bytes = content.to_bytes();
        bytes.extend_from_slice(FIELD_40);
        bytes
    }

    #[test]
    fn a_newer_field_without_a_known_body_is_a_newer_kind() {
        let content = Content { sig_timestamp: Some(7), ..Content::default() };
        assert!(is_newer_kind(&content, &bytes_with_newer_field(&content)));
        assert!(!is_newer_kind(&content, &content.to_bytes()), "nothing new in it");
    }

    #[test]
    fn a_newer_field_beside_a_known_body_changes_nothing() {
        let data = DataMessage { body: Some("hi".to_owned()), ..DataMessage::default() };
        let content = Content { data_message: Some(data), ..Content::default() };
        assert!(!is_newer_kind(&content, &bytes_with_newer_field(&content)));
    }

    #[test]
    fn a_copy_that_only_names_a_conversation_is_still_of_a_newer_kind() {
        let data = DataMessage { sync_target: Some(format!("05{}", "11".repeat(32))), ..DataMessage::default() };
        let content = Content { data_message: Some(data), ..Content::default() };
        assert!(is_newer_kind(&content, &bytes_with_newer_field(&content)));
    }
}
