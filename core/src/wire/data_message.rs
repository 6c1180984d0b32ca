//! The most common body of a message: text and everything that travels like text.
//!
//! Attachments, quotes, link previews, reactions, invitations, the sender's profile, and the mark of a copy to our own
//! devices. Conventions as in [`content`](super::content), which re-exports all of this.

use prost::{Enumeration, Message};

use super::WireError;
use super::content::{known, quiet_debug};
use super::group_update::GroupUpdateMessage;
use super::limits::{MAX_ATTACHMENTS, MAX_REPEATED};
use super::msg_id::Named;

/// Text and everything that travels like text.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct DataMessage {
    /// The text.
    #[prost(string, optional, tag = "1")]
    pub body: Option<String>,
    /// Files beside the text.
    #[prost(message, repeated, tag = "2")]
    pub attachments: Vec<AttachmentPointer>,
    /// Bits; only [`EXPIRATION_TIMER_UPDATE`] exists.
    #[prost(uint32, optional, tag = "4")]
    pub flags: Option<u32>,
    /// Key of the sender's profile picture, 32 bytes.
    #[prost(bytes = "vec", optional, tag = "6")]
    pub profile_key: Option<Vec<u8>>,
    /// Dead; read only so that a copy stays a copy.
    #[prost(uint64, optional, tag = "7")]
    pub timestamp: Option<u64>,
    /// The message this one answers.
    #[prost(message, optional, tag = "8")]
    pub quote: Option<Named<Quote, 5>>,
    /// Link previews.
    #[prost(message, repeated, tag = "10")]
    pub preview: Vec<Preview>,
    /// A reaction to another message.
    #[prost(message, optional, tag = "11")]
    pub reaction: Option<Named<Reaction, 5>>,
    /// The sender's name and picture.
    #[prost(message, optional, tag = "101")]
    pub profile: Option<LokiProfile>,
    /// An invitation to a community.
    #[prost(message, optional, tag = "102")]
    pub open_group_invitation: Option<OpenGroupInvitation>,
    /// On copies to our own devices: the Account ID of the conversation.
    #[prost(string, optional, tag = "105")]
    pub sync_target: Option<String>,
    /// The sender takes no message requests from communities.
    #[prost(bool, optional, tag = "106")]
    pub blocks_community_message_requests: Option<bool>,
    /// Group control.
    #[prost(message, optional, tag = "120")]
    pub group_update_message: Option<GroupUpdateMessage>,
}

/// [`DataMessage::flags`]: only the disappearing setting changes, body and attachments do not count.
pub const EXPIRATION_TIMER_UPDATE: u32 = 2;

/// A reference to the message that is answered.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct Quote {
    /// Sent timestamp of the quoted message, ms.
    #[prost(uint64, optional, tag = "1")]
    pub id: Option<u64>,
    /// Who wrote it: an Account ID.
    #[prost(string, optional, tag = "2")]
    pub author: Option<String>,
    /// Its text, from old clients.
    #[prost(string, optional, tag = "3")]
    pub text: Option<String>,
    /// Its attachments, from old clients.
    #[prost(message, repeated, tag = "4")]
    pub attachments: Vec<QuotedAttachment>,
}

/// An attachment of a quoted message.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct QuotedAttachment {
    /// Media type.
    #[prost(string, optional, tag = "1")]
    pub content_type: Option<String>,
    /// Name of the file.
    #[prost(string, optional, tag = "2")]
    pub file_name: Option<String>,
    /// A small picture of it.
    #[prost(message, optional, tag = "3")]
    pub thumbnail: Option<AttachmentPointer>,
    /// Bits as in [`AttachmentPointer::flags`].
    #[prost(uint32, optional, tag = "4")]
    pub flags: Option<u32>,
}

/// A preview of a link in the text.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct Preview {
    /// The link.
    #[prost(string, optional, tag = "1")]
    pub url: Option<String>,
    /// The page's title.
    #[prost(string, optional, tag = "2")]
    pub title: Option<String>,
    /// The page's picture.
    #[prost(message, optional, tag = "3")]
    pub image: Option<AttachmentPointer>,
}

/// A reaction to a message.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct Reaction {
    /// Sent timestamp of the message, ms; in communities its id on the server.
    #[prost(uint64, optional, tag = "1")]
    pub id: Option<u64>,
    /// Who wrote that message: an Account ID.
    #[prost(string, optional, tag = "2")]
    pub author: Option<String>,
    /// The emoji.
    #[prost(string, optional, tag = "3")]
    pub emoji: Option<String>,
    /// Whether it is added or removed: a [`ReactionAction`].
    #[prost(enumeration = "ReactionAction", optional, tag = "4")]
    pub action: Option<i32>,
}

/// An invitation to a community.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct OpenGroupInvitation {
    /// The room's address with `?public_key=`.
    #[prost(string, optional, tag = "1")]
    pub url: Option<String>,
    /// The room's name.
    #[prost(string, optional, tag = "3")]
    pub name: Option<String>,
}

/// Name and picture of the sender.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct LokiProfile {
    /// Display name.
    #[prost(string, optional, tag = "1")]
    pub display_name: Option<String>,
    /// Address of the encrypted picture; its key stands beside the profile.
    #[prost(string, optional, tag = "2")]
    pub profile_picture: Option<String>,
    /// When the profile was last changed, **seconds**; older ones are not applied.
    #[prost(uint64, optional, tag = "3")]
    pub last_update_seconds: Option<u64>,
}

/// A file on a file server.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct AttachmentPointer {
    /// Deprecated number of the file, or 0; older readers insist on it.
    #[prost(fixed64, optional, tag = "1")]
    pub id: Option<u64>,
    /// Media type.
    #[prost(string, optional, tag = "2")]
    pub content_type: Option<String>,
    /// Key of the encrypted file.
    #[prost(bytes = "vec", optional, tag = "3")]
    pub key: Option<Vec<u8>>,
    /// Size before encryption, in bytes.
    #[prost(uint32, optional, tag = "4")]
    pub size: Option<u32>,
    /// SHA-256 of the encrypted file.
    #[prost(bytes = "vec", optional, tag = "6")]
    pub digest: Option<Vec<u8>>,
    /// Name of the file.
    #[prost(string, optional, tag = "7")]
    pub file_name: Option<String>,
    /// Bits; only [`VOICE_MESSAGE`] exists.
    #[prost(uint32, optional, tag = "8")]
    pub flags: Option<u32>,
    /// Width of a picture, in pixels.
    #[prost(uint32, optional, tag = "9")]
    pub width: Option<u32>,
    /// Height of a picture, in pixels.
    #[prost(uint32, optional, tag = "10")]
    pub height: Option<u32>,
    /// A text beside the file.
    #[prost(string, optional, tag = "11")]
    pub caption: Option<String>,
    /// Where it lies.
    #[prost(string, optional, tag = "101")]
    pub url: Option<String>,
}

/// [`AttachmentPointer::flags`]: a recorded voice.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for voice messages"))]
pub const VOICE_MESSAGE: u32 = 1;

/// Whether a reaction is added or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum ReactionAction {
    /// Added.
    React = 0,
    /// Removed.
    Remove = 1,
}

impl DataMessage {
    pub(super) fn check_counts(&self) -> Result<(), WireError> {
        WireError::check_size("list of attachments", self.attachments.len(), MAX_ATTACHMENTS)?;
        WireError::check_size("list of previews", self.preview.len(), MAX_REPEATED)?;
        let quoted = self.quote.as_ref().map_or(0, |quote| quote.attachments.len());
        WireError::check_size("list of quoted attachments", quoted, MAX_REPEATED)
    }

    pub(super) fn drop_unknown_enums(&mut self) {
        if let Some(reaction) = &mut self.reaction {
            known::<ReactionAction>(&mut reaction.action);
        }
        if let Some(update) = &mut self.group_update_message {
            update.drop_unknown_enums();
        }
    }
}

quiet_debug!(
    DataMessage,
    Quote,
    QuotedAttachment,
    Preview,
    Reaction,
    OpenGroupInvitation,
    LokiProfile,
    AttachmentPointer,
);

#[cfg(test)]
mod tests {
    use super::super::content::{Content, decode_content};
    use super::*;

    fn content(data: DataMessage) -> Vec<u8> {
        Content { data_message: Some(data), ..Default::default() }.to_bytes()
    }

    #[test]
    fn thirty_two_attachments_are_read_and_one_more_is_refused() {
        let with = |count| DataMessage { attachments: vec![AttachmentPointer::default(); count], ..Default::default() };
        assert_eq!(decode_content(&content(with(32))).unwrap().data_message, Some(with(32)));
        assert!(matches!(decode_content(&content(with(33))), Err(WireError::TooLarge { found: 33, limit: 32, .. })));
    }

    #[test]
    fn too_many_previews_and_quoted_attachments_are_refused() {
        let previews = DataMessage { preview: vec![Preview::default(); MAX_REPEATED + 1], ..Default::default() };
        let quote = Quote { attachments: vec![QuotedAttachment::default(); MAX_REPEATED + 1], ..Default::default() };
        let quoting = DataMessage { quote: Some(quote.into()), ..Default::default() };
        for data in [previews, quoting] {
            assert!(matches!(decode_content(&content(data)), Err(WireError::TooLarge { limit: MAX_REPEATED, .. })));
        }
    }

    #[test]
    fn a_reaction_of_an_unknown_kind_counts_as_absent() {
        let reaction = |action| DataMessage {
            reaction: Some(Reaction { id: Some(1), action, ..Default::default() }.into()),
            ..Default::default()
        };
        let read = |action| decode_content(&content(reaction(action))).unwrap().data_message;
        assert_eq!(read(Some(7)), Some(reaction(None)));
        assert_eq!(read(Some(1)), Some(reaction(Some(1))));
    }

    #[test]
    fn an_attachment_has_a_fixed_number_first_as_older_readers_insist() {
        let attachment = AttachmentPointer { id: Some(5), flags: Some(VOICE_MESSAGE), ..Default::default() };
        assert_eq!(attachment.encode_to_vec(), b"\x09\x05\0\0\0\0\0\0\0\x40\x01");
    }

    #[test]
    fn keys_and_texts_are_not_printed() {
        let attachment = AttachmentPointer { key: Some(vec![0xab; 32]), ..Default::default() };
        assert_eq!(format!("{attachment:?}"), "AttachmentPointer { .. }");
    }
}
