//! What a message says: the protobuf inside the seal.
//!
//! Every field is optional here; which ones a kind of message needs is decided where that kind lives. Numbers are
//! proto2: repeated integers are written one tag each and read packed too; unknown fields are skipped; an enum value
//! that this version does not know makes its field absent. Dead fields (configuration messages 7 and 11, the old
//! disappearing timestamp 14) are unknown on purpose. `Debug` of these types shows no content.
//!
//! Source: session-foundation/libsession-util `proto/SessionProtos.proto`; session-desktop `protos/SignalService.proto`.

use prost::{Enumeration, Message};

use super::WireError;
use super::limits::{MAX_CONTENT_BYTES, MAX_REPEATED};
use super::protobuf::{self, Raw};

pub use super::data_message::*;
pub use super::msg_id::{Named, NamedAll};

/// A message. Exactly one of the body fields is set by honest senders.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct Content {
    /// Body: text, attachments, reaction, invitation, group control, sync copy.
    #[prost(message, optional, tag = "1")]
    pub data_message: Option<DataMessage>,
    /// Body: call signalling.
    #[prost(message, optional, tag = "3")]
    pub call_message: Option<CallMessage>,
    /// Body: messages were read.
    #[prost(message, optional, tag = "5")]
    pub receipt_message: Option<NamedAll<ReceiptMessage, 3>>,
    /// Body: typing started or stopped.
    #[prost(message, optional, tag = "6")]
    pub typing_message: Option<TypingMessage>,
    /// Body: media was saved, a screenshot was taken.
    #[prost(message, optional, tag = "8")]
    pub data_extraction_notification: Option<DataExtractionNotification>,
    /// Body: a message is withdrawn.
    #[prost(message, optional, tag = "9")]
    pub unsend_request: Option<Named<UnsendRequest, 3>>,
    /// Body: a message request was accepted.
    #[prost(message, optional, tag = "10")]
    pub message_request_response: Option<MessageRequestResponse>,
    /// How this message disappears: an [`ExpirationType`].
    #[prost(enumeration = "ExpirationType", optional, tag = "12")]
    pub expiration_type: Option<i32>,
    /// After how many seconds; 0 is never.
    #[prost(uint32, optional, tag = "13")]
    pub expiration_timer: Option<u32>,
    /// When it was sent, ms; signed with the content and equal to the envelope's timestamp.
    #[prost(uint64, optional, tag = "15")]
    pub sig_timestamp: Option<u64>,
    /// Session Pro, kept as it came: we show nothing of it, and a malformed proof must not cost the message.
    #[prost(bytes = "vec", optional, tag = "16")]
    pub pro_message: Option<Vec<u8>>,
    /// Session Pro signature, in communities only.
    #[prost(bytes = "vec", optional, tag = "17")]
    pub pro_sig_for_community_message_only: Option<Vec<u8>>,
}

/// Messages were read.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct ReceiptMessage {
    /// A [`ReceiptType`].
    #[prost(enumeration = "ReceiptType", optional, tag = "1")]
    pub r#type: Option<i32>,
    /// Sent timestamps of the messages, ms.
    #[prost(uint64, repeated, packed = "false", tag = "2")]
    pub timestamp: Vec<u64>,
}

/// Typing started or stopped.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct TypingMessage {
    /// Equal to the envelope's timestamp, ms, or the message does not count.
    #[prost(uint64, optional, tag = "1")]
    pub timestamp: Option<u64>,
    /// A [`TypingAction`].
    #[prost(enumeration = "TypingAction", optional, tag = "2")]
    pub action: Option<i32>,
}

/// A message is withdrawn.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct UnsendRequest {
    /// Its sent timestamp, ms.
    #[prost(uint64, optional, tag = "1")]
    pub timestamp: Option<u64>,
    /// Who wrote it: an Account ID.
    #[prost(string, optional, tag = "2")]
    pub author: Option<String>,
}

/// A message request was accepted.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct MessageRequestResponse {
    /// Always true; false is never sent and does not count.
    #[prost(bool, optional, tag = "1")]
    pub is_approved: Option<bool>,
    /// Key of the sender's profile picture, 32 bytes.
    #[prost(bytes = "vec", optional, tag = "2")]
    pub profile_key: Option<Vec<u8>>,
    /// The sender's name and picture.
    #[prost(message, optional, tag = "3")]
    pub profile: Option<LokiProfile>,
}

/// Media was saved or a screenshot was taken.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct DataExtractionNotification {
    /// An [`ExtractionType`].
    #[prost(enumeration = "ExtractionType", optional, tag = "1")]
    pub r#type: Option<i32>,
    /// Sent timestamp of the message with the media, ms.
    #[prost(uint64, optional, tag = "2")]
    pub timestamp: Option<u64>,
}

/// Call signalling.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct CallMessage {
    /// A [`CallType`].
    #[prost(enumeration = "CallType", optional, tag = "1")]
    pub r#type: Option<i32>,
    /// Session descriptions or candidates.
    #[prost(string, repeated, tag = "2")]
    pub sdps: Vec<String>,
    /// Beside each candidate: its media line.
    #[prost(uint32, repeated, packed = "false", tag = "3")]
    pub sdp_m_line_indexes: Vec<u32>,
    /// Beside each candidate: its media id.
    #[prost(string, repeated, tag = "4")]
    pub sdp_mids: Vec<String>,
    /// Names the call.
    #[prost(string, optional, tag = "5")]
    pub uuid: Option<String>,
}

/// How a message disappears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum ExpirationType {
    /// Not at all, or not said.
    Unknown = 0,
    /// Some time after it was read.
    DeleteAfterRead = 1,
    /// Some time after it was sent.
    DeleteAfterSend = 2,
}

/// What a receipt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum ReceiptType {
    /// Unused.
    Delivery = 0,
    /// The messages were read.
    Read = 1,
}

/// Whether typing started or stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum TypingAction {
    /// Started.
    Started = 0,
    /// Stopped.
    Stopped = 1,
}

/// What was taken out of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum ExtractionType {
    /// A picture of the screen.
    Screenshot = 1,
    /// An attachment was saved.
    MediaSaved = 2,
}

/// A step of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum CallType {
    /// The caller's description.
    Offer = 1,
    /// The callee's description.
    Answer = 2,
    /// Unused.
    ProvisionalAnswer = 3,
    /// Addresses to try.
    IceCandidates = 4,
    /// Over or refused.
    EndCall = 5,
    /// A call is coming: ring.
    PreOffer = 6,
}

/// Reads a content (after the padding was taken off).
///
/// # Errors
/// [`WireError`] over [`MAX_CONTENT_BYTES`], for bytes that are no such protobuf, for more than [`MAX_ATTACHMENTS`](super::limits::MAX_ATTACHMENTS)
/// attachments or [`MAX_REPEATED`] of anything else.
pub fn decode_content(bytes: &[u8]) -> Result<Content, WireError> {
    WireError::check_size("content", bytes.len(), MAX_CONTENT_BYTES)?;
    let mut content = Content::decode(bytes).map_err(|_| WireError::Malformed { what: "content" })?;
    content.check_counts()?;
    content.drop_unknown_enums();
    Ok(content)
}

/// Whether a content has a top-level field that only a newer version knows.
///
/// Together with [`Content::has_body`] being false this is a message kind of the future: keep it and say so instead
/// of dropping it. Source: session-foundation/session-android `UnsupportedMessageDetection.kt`.
pub fn has_newer_field(bytes: &[u8]) -> bool {
    protobuf::fields(bytes).any(|(number, _)| number > LAST_KNOWN_FIELD)
}

/// The random name of a message (field 18), if it carries one.
///
/// Its wire type is not settled between versions of the library, so both are read; our own messages carry none yet.
pub fn message_name(bytes: &[u8]) -> Option<u64> {
    protobuf::fields(bytes).filter(|(number, _)| *number == LAST_KNOWN_FIELD).find_map(|(_, raw)| match raw {
        Raw::Varint(name) | Raw::Fixed64(name) => Some(name),
        Raw::Other => None,
    })
}

impl Content {
    /// Whether any body that this version knows is there.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests alone"))]
    pub fn has_body(&self) -> bool {
        self.data_message.is_some()
            || self.call_message.is_some()
            || self.receipt_message.is_some()
            || self.typing_message.is_some()
            || self.data_extraction_notification.is_some()
            || self.unsend_request.is_some()
            || self.message_request_response.is_some()
    }

    /// The bytes to pad and seal.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    fn check_counts(&self) -> Result<(), WireError> {
        self.data_message.as_ref().map_or(Ok(()), DataMessage::check_counts)?;
        if let Some(receipt) = &self.receipt_message {
            WireError::check_size(
                "list of receipts",
                receipt.timestamp.len().max(receipt.msg_ids.len()),
                MAX_REPEATED,
            )?;
        }
        if let Some(call) = &self.call_message {
            let longest = call.sdps.len().max(call.sdp_m_line_indexes.len()).max(call.sdp_mids.len());
            WireError::check_size("list of call candidates", longest, MAX_REPEATED)?;
        }
        Ok(())
    }

    fn drop_unknown_enums(&mut self) {
        known::<ExpirationType>(&mut self.expiration_type);
        if let Some(data) = &mut self.data_message {
            data.drop_unknown_enums();
        }
        if let Some(receipt) = &mut self.receipt_message {
            known::<ReceiptType>(&mut receipt.r#type);
        }
        if let Some(typing) = &mut self.typing_message {
            known::<TypingAction>(&mut typing.action);
        }
        if let Some(notice) = &mut self.data_extraction_notification {
            known::<ExtractionType>(&mut notice.r#type);
        }
        if let Some(call) = &mut self.call_message {
            known::<CallType>(&mut call.r#type);
        }
    }
}

/// Empties an enum field whose value this version does not know.
pub(super) fn known<E: TryFrom<i32>>(field: &mut Option<i32>) {
    field.take_if(|value| E::try_from(*value).is_err());
}

/// `Debug` that names the type and shows nothing of what people wrote.
macro_rules! quiet_debug {
    ($($name:ident),+ $(,)?) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}
pub(super) use quiet_debug;

quiet_debug!(
    Content,
    ReceiptMessage,
    TypingMessage,
    UnsendRequest,
    MessageRequestResponse,
    DataExtractionNotification,
    CallMessage,
);

/// The highest top-level field number of this version's schema: the message's random name.
const LAST_KNOWN_FIELD: u64 = 18;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(body: &str) -> Content {
        let data = DataMessage { body: Some(body.to_owned()), ..Default::default() };
        Content { data_message: Some(data), sig_timestamp: Some(1_700_000_000_123), ..Default::default() }
    }

    #[test]
    fn a_text_is_written_and_read() {
        let content = text("meet at six");
        assert_eq!(decode_content(&content.to_bytes()), Ok(content));
    }

    #[test]
    fn an_unknown_enum_value_makes_its_field_absent() {
        let mut content = Content { expiration_type: Some(7), expiration_timer: Some(60), ..Default::default() };
        content.typing_message = Some(TypingMessage { timestamp: Some(1), action: Some(5) });
        let read = decode_content(&content.to_bytes()).unwrap();
        assert_eq!((read.expiration_type, read.expiration_timer), (None, Some(60)));
        assert_eq!(read.typing_message, Some(TypingMessage { timestamp: Some(1), action: None }));
    }

    #[test]
    fn repeated_integers_are_written_one_tag_each_and_read_packed_too() {
        let receipt = ReceiptMessage { r#type: Some(1), timestamp: vec![5, 300] };
        let content = Content { receipt_message: Some(receipt.into()), ..Default::default() };
        assert_eq!(content.to_bytes(), b"\x2a\x07\x08\x01\x10\x05\x10\xac\x02");
        assert_eq!(decode_content(b"\x2a\x07\x08\x01\x12\x03\x05\xac\x02"), Ok(content));
    }

    #[test]
    fn unknown_and_dead_fields_are_skipped() {
        // 7: configuration message; 11: shared config; 14: old disappearing timestamp; 99: the future.
        let strange = b"\x3a\x02\x08\x01\x5a\x02\x08\x01\x70\x05\x9a\x06\x01x";
        let read = decode_content(&[strange, text("hi").to_bytes().as_slice()].concat()).unwrap();
        assert_eq!(read, text("hi"));
    }

    #[test]
    fn a_message_of_the_future_is_recognised() {
        assert!(has_newer_field(b"\x9a\x01\x02\x08\x01"), "field 19");
        assert!(!has_newer_field(b"\x90\x01\x05"), "field 18 is known");
        assert!(!has_newer_field(&text("hi").to_bytes()));
        assert!(!has_newer_field(b"\xff"));
        assert!(!decode_content(b"\x9a\x01\x02\x08\x01").unwrap().has_body());
        assert!(text("hi").has_body());
    }

    #[test]
    fn the_name_of_a_message_is_read_in_either_wire_type() {
        assert_eq!(message_name(b"\x90\x01\x05"), Some(5));
        assert_eq!(message_name(b"\x91\x01\x05\0\0\0\0\0\0\0"), Some(5));
        assert_eq!(message_name(b"\x92\x01\x01\x05"), None);
        assert_eq!(message_name(&text("hi").to_bytes()), None);
        for bytes in [&b"\x90\x01\x05"[..], b"\x91\x01\x05\0\0\0\0\0\0\0"] {
            assert!(decode_content(bytes).is_ok());
        }
    }

    #[test]
    fn a_malformed_pro_proof_does_not_cost_the_message() {
        let mut content = text("hi");
        content.pro_message = Some(vec![0xff; 5]);
        assert_eq!(decode_content(&content.to_bytes()), Ok(content));
    }

    #[test]
    fn too_much_of_anything_is_refused() {
        let receipt = ReceiptMessage { r#type: None, timestamp: vec![1; MAX_REPEATED + 1] };
        let content = Content { receipt_message: Some(receipt.into()), ..Default::default() };
        assert!(matches!(decode_content(&content.to_bytes()), Err(WireError::TooLarge { .. })));
        assert!(matches!(decode_content(&vec![0; MAX_CONTENT_BYTES + 1]), Err(WireError::TooLarge { .. })));
        assert!(decode_content(b"\x0a\x05hi").is_err());
        assert!(decode_content(&[0x0b; 5_000]).is_err(), "groups nested without end");
    }

    #[test]
    fn logs_see_nothing_of_a_message() {
        assert_eq!(format!("{:?}", text("secret words")), "Content { .. }");
    }

    proptest! {
        #[test]
        fn nothing_makes_the_reader_panic(bytes in any::<Vec<u8>>()) {
            let _ = (decode_content(&bytes), has_newer_field(&bytes), message_name(&bytes));
        }

        #[test]
        fn a_content_changed_anywhere_is_read_or_refused(at in 0_usize..64, byte in any::<u8>()) {
            let mut bytes = text("a text of some length, so that there is something to change").to_bytes();
            if let Some(here) = bytes.get_mut(at) {
                *here = byte;
            }
            let _ = decode_content(&bytes);
        }

        #[test]
        fn what_was_read_once_is_read_again_the_same(bytes in any::<Vec<u8>>()) {
            if let Ok(content) = decode_content(&bytes) {
                prop_assert_eq!(decode_content(&content.to_bytes()), Ok(content));
            }
        }
    }
}
