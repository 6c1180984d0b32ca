//! How much of anything is written or read, each with its reason.

/// The longest message body a storage server keeps, in bytes before base64.
///
/// Larger stores are refused, so an honest message is never larger and a larger one is not read. Source:
/// session-foundation/session-storage-server `oxenss/rpc/client_rpc_endpoints.h`.
pub const MAX_STORED_BYTES: usize = 76_800;

/// [`MAX_STORED_BYTES`] as the base64 text that `store` and `retrieve` carry, in characters.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by vectors and fuzz alone"))]
pub const MAX_STORED_BASE64: usize = 102_400;

/// The longest Content that is read: what fits into a stored message.
pub const MAX_CONTENT_BYTES: usize = MAX_STORED_BYTES;

/// Code points of a text that we send. Session without Pro allows no more, official clients would cut it.
pub const MAX_BODY_CHARS: usize = 2_000;

/// Code points of a text that we keep of what we receive. Session Pro allows this many.
pub const MAX_RECEIVED_BODY_CHARS: usize = 10_000;

/// Attachments of one message; a message with more is refused. Source: session-foundation/session-desktop
/// `ts/receiver/dataMessage.ts`.
pub const MAX_ATTACHMENTS: usize = 32;

/// Items of any other repeated field of one message (link previews, receipts, call candidates).
///
/// A stored message has room for some twenty thousand empty items; nothing honest comes near a tenth of this. A
/// larger value lets one small message occupy megabytes.
pub const MAX_REPEATED: usize = 10_000;

/// The longest onion request or reply that is built or read, in bytes. A storage server refuses larger bodies (413).
///
/// Source: session-foundation/session-storage-server `oxenss/server/https.cpp`. A file of 10,000,000 bytes and its
/// layers fit.
pub const MAX_ONION_BYTES: usize = 10 * 1024 * 1024;

/// Nesting of bencoded values. Config messages use five levels; each level costs stack.
pub const MAX_BENCODE_DEPTH: usize = 16;

/// Values inside one bencoded text. A contact list of a thousand people has some twenty thousand.
pub const MAX_BENCODE_VALUES: usize = 200_000;

/// The JSON head of a v4 request or response, in bytes. Heads are a few hundred bytes.
pub const MAX_V4_HEAD_BYTES: usize = 64 * 1024;

/// Service nodes in one list. The real network has about two thousand.
pub const MAX_NODES: usize = 20_000;

/// `text` cut to `max_chars` code points.
pub fn cut_chars(text: &str, max_chars: usize) -> &str {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    #[test]
    fn a_full_stored_message_is_exactly_its_base64_limit() {
        let text = base64::engine::general_purpose::STANDARD.encode(vec![0; MAX_STORED_BYTES]);
        assert_eq!(text.len(), MAX_STORED_BASE64);
    }

    #[test]
    fn texts_are_cut_by_code_points_not_bytes() {
        assert_eq!(cut_chars("äöü", 2), "äö");
        assert_eq!(cut_chars("äöü", 3), "äöü");
        assert_eq!(cut_chars("", 0), "");
        assert_eq!(cut_chars("😀😀", 1), "😀");
    }
}
