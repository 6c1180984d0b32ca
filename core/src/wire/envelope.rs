//! What a swarm stores of a one-to-one message: an Envelope inside a request inside a WebSocketMessage.
//!
//! Two wrappers are left over from older transports; they are always written the same way, and of what is read only
//! the envelope's timestamp, content and signature length count. The type and the source of an envelope are not
//! believed: the namespace decides what a message is, the seal who wrote it.
//! Source: session-foundation/libsession-util `docs/messages-v1.md`, `proto/WebSocketResources.proto`.

use prost::Message;

use crate::clock::Timestamp;

use super::WireError;
use super::limits::MAX_STORED_BYTES;

/// What counts of a received envelope.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// When the sender says it was sent, ms since the epoch; 0 when absent.
    pub timestamp_ms: u64,
    /// The sealed content.
    pub content: Vec<u8>,
    /// The Session Pro signature or a decoy, if there is one.
    pub pro_sig: Option<[u8; 64]>,
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope").field("content_bytes", &self.content.len()).finish_non_exhaustive()
    }
}

/// The bytes to store for a sealed content (before base64).
pub fn wrap(content_ciphertext: &[u8], timestamp: Timestamp, pro_sig: [u8; 64]) -> Vec<u8> {
    in_request(encode_envelope(content_ciphertext, timestamp, pro_sig))
}

/// The bytes to store for a sealed config message: the same wrappers, a constant timestamp and no signature, so that all
/// devices of an account write the same bytes.
///
/// Source: session-foundation/libsession-util `src/config/protos.cpp`.
pub fn wrap_config(content_ciphertext: Vec<u8>) -> Vec<u8> {
    let envelope = EnvelopeProto {
        kind: Some(SESSION_MESSAGE),
        timestamp: Some(1),
        content: Some(content_ciphertext),
        ..Default::default()
    };
    in_request(envelope.encode_to_vec())
}

fn in_request(body: Vec<u8>) -> Vec<u8> {
    let message = WebSocketMessage {
        kind: Some(REQUEST),
        request: Some(WebSocketRequest {
            // Older readers insist on these three.
            verb: Some(String::new()),
            path: Some(String::new()),
            request_id: Some(0),
            body: Some(body),
        }),
    };
    message.encode_to_vec()
}

/// The inner Envelope alone.
pub fn encode_envelope(content_ciphertext: &[u8], timestamp: Timestamp, pro_sig: [u8; 64]) -> Vec<u8> {
    let envelope = EnvelopeProto {
        kind: Some(SESSION_MESSAGE),
        timestamp: Some(timestamp.as_millis()),
        source_device: Some(1),
        content: Some(content_ciphertext.to_vec()),
        pro_sig: Some(pro_sig.to_vec()),
    };
    envelope.encode_to_vec()
}

/// Reads stored bytes (after base64).
///
/// # Errors
/// [`WireError`] over [`MAX_STORED_BYTES`], for bytes that are no WebSocketMessage, without body or content, or with a
/// signature that has not 64 bytes.
pub fn unwrap(bytes: &[u8]) -> Result<Envelope, WireError> {
    WireError::check_size("stored message", bytes.len(), MAX_STORED_BYTES)?;
    let message = WebSocketMessage::decode(bytes).map_err(|_| WireError::Malformed { what: "stored message" })?;
    let body = message.request.and_then(|request| request.body).ok_or(WireError::Missing { what: "request body" })?;
    let envelope = EnvelopeProto::decode(body.as_slice()).map_err(|_| WireError::Malformed { what: "envelope" })?;
    let pro_sig = match envelope.pro_sig {
        Some(sig) => Some(sig.try_into().map_err(|_| WireError::Malformed { what: "envelope signature" })?),
        None => None,
    };
    Ok(Envelope {
        timestamp_ms: envelope.timestamp.unwrap_or(0),
        content: envelope.content.ok_or(WireError::Missing { what: "envelope content" })?,
        pro_sig,
    })
}

/// Whether stored bytes are of a newer wire format (protocol v2) that this version cannot open.
pub fn is_newer_format(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0)
}

#[derive(Clone, PartialEq, Message)]
struct WebSocketMessage {
    #[prost(int32, optional, tag = "1")]
    kind: Option<i32>,
    #[prost(message, optional, tag = "2")]
    request: Option<WebSocketRequest>,
}

#[derive(Clone, PartialEq, Message)]
struct WebSocketRequest {
    #[prost(string, optional, tag = "1")]
    verb: Option<String>,
    #[prost(string, optional, tag = "2")]
    path: Option<String>,
    #[prost(bytes = "vec", optional, tag = "3")]
    body: Option<Vec<u8>>,
    #[prost(uint64, optional, tag = "4")]
    request_id: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
struct EnvelopeProto {
    #[prost(int32, optional, tag = "1")]
    kind: Option<i32>,
    #[prost(uint64, optional, tag = "5")]
    timestamp: Option<u64>,
    #[prost(uint32, optional, tag = "7")]
    source_device: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "8")]
    content: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "11")]
    pro_sig: Option<Vec<u8>>,
}

/// `WebSocketMessage.Type.REQUEST`.
const REQUEST: i32 = 1;

/// `Envelope.Type.SESSION_MESSAGE`.
const SESSION_MESSAGE: i32 = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stored(envelope: &EnvelopeProto) -> Vec<u8> {
        let request = WebSocketRequest { body: Some(envelope.encode_to_vec()), ..Default::default() };
        WebSocketMessage { kind: None, request: Some(request) }.encode_to_vec()
    }

    #[test]
    fn what_is_wrapped_is_unwrapped() {
        let bytes = wrap(b"sealed", Timestamp::from_millis(1_700_000_000_123), [9; 64]);
        let envelope = unwrap(&bytes).unwrap();
        assert_eq!(
            envelope,
            Envelope { timestamp_ms: 1_700_000_000_123, content: b"sealed".to_vec(), pro_sig: Some([9; 64]) }
        );
        assert!(!is_newer_format(&bytes));
    }

    #[test]
    fn type_source_and_missing_timestamp_do_not_matter() {
        let mut odd = EnvelopeProto { kind: Some(99), content: Some(b"x".to_vec()), ..Default::default() };
        assert_eq!(unwrap(&stored(&odd)).unwrap(), Envelope { timestamp_ms: 0, content: b"x".to_vec(), pro_sig: None });
        odd.pro_sig = Some(vec![0; 63]);
        assert_eq!(unwrap(&stored(&odd)), Err(WireError::Malformed { what: "envelope signature" }));
    }

    #[test]
    fn missing_parts_and_oversize_are_told_apart() {
        assert_eq!(unwrap(b""), Err(WireError::Missing { what: "request body" }));
        assert_eq!(unwrap(&stored(&EnvelopeProto::default())), Err(WireError::Missing { what: "envelope content" }));
        assert_eq!(unwrap(b"\x12\x09ab"), Err(WireError::Malformed { what: "stored message" }));
        assert!(matches!(unwrap(&vec![0; MAX_STORED_BYTES + 1]), Err(WireError::TooLarge { .. })));
    }

    #[test]
    fn a_first_byte_of_zero_is_a_newer_format() {
        assert!(is_newer_format(b"\0\x01"));
        assert!(!is_newer_format(b""));
        assert!(unwrap(b"\0\x01").is_err());
    }

    proptest! {
        #[test]
        fn any_content_comes_back(content in any::<Vec<u8>>(), millis in any::<u64>()) {
            let envelope = unwrap(&wrap(&content, Timestamp::from_millis(millis), [1; 64])).unwrap();
            prop_assert_eq!((envelope.content, envelope.timestamp_ms), (content, millis));
        }

        #[test]
        fn nothing_makes_the_reader_panic(bytes in any::<Vec<u8>>(), inner in any::<Vec<u8>>()) {
            let _ = unwrap(&bytes);
            let request = WebSocketRequest { body: Some(inner), ..Default::default() };
            let _ = unwrap(&WebSocketMessage { kind: None, request: Some(request) }.encode_to_vec());
        }
    }
}
