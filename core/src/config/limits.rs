//! How much of a config message is read, kept and written, each with its reason.

use std::time::Duration;

use crate::wire::bencode::Limits;

/// The longest serialised document, in bytes: what is expanded and parsed. Some thirty thousand contacts.
pub const MAX_DOCUMENT_BYTES: usize = 10 * 1024 * 1024;

/// The longest message that is pushed, in bytes, compressed and padded, before it is cut into parts. The library refuses to
/// push more: an official device that merged a longer document could never write it again. Reading takes more.
/// Source: session-foundation/libsession-util `include/session/config.hpp`.
pub const MAX_PUSHED_BYTES: usize = 5_000_000;

/// Nesting of one message. Communities nest deepest, six levels, and eight as a diff; each level costs stack.
pub const MAX_DEPTH: usize = 32;

/// Values in one message, data and diffs together. A contact has about ten, and ten more in a diff.
pub const MAX_VALUES: usize = 1_000_000;

/// The limits of a message's bencode.
pub const MESSAGE: Limits = Limits { bytes: MAX_DOCUMENT_BYTES, depth: MAX_DEPTH, values: MAX_VALUES };

/// How many generations back a diff still counts, and a message is still merged. The protocol's number.
pub const LAG: i64 = 5;

/// Lagged diffs in one message. A conflict of a hundred devices makes a hundred.
pub const MAX_LAGS: usize = 10_000;

/// The largest sequence number that is read or pushed.
///
/// A document that people edit reaches some thousands. One message of a broken device with a number near the end of
/// the range would leave no greater number for anybody, for ever, so it is refused; this is also the last number that
/// desktop clients, which count in floating point, can count up from.
pub const MAX_SEQNO: i64 = (1 << 53) - 1;

/// The largest stored message, in bytes (see [`crate::wire::limits::MAX_STORED_BYTES`]).
pub const MAX_STORED_BYTES: usize = crate::wire::limits::MAX_STORED_BYTES;

/// Bytes of a padded message that one part carries.
pub const MAX_CHUNK_BYTES: usize = 76_710;

/// Parts of one message: index and count are one byte each.
pub const MAX_PARTS: usize = 255;

/// Bytes of the parts of one incomplete message: a document that does not compress, and its padding.
pub const MAX_SET_BYTES: usize = MAX_DOCUMENT_BYTES + 8 * 1024;

/// Bytes of all incomplete messages of one document; the one that waits longest goes when there are more.
pub const MAX_PENDING_BYTES: usize = 2 * MAX_SET_BYTES;

/// Incomplete messages of one document.
pub const MAX_PENDING_SETS: usize = 64;

/// How long an incomplete message waits after its last part.
pub const PENDING_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long a message that came in parts is remembered: longer than a swarm keeps a stray part.
pub const DONE_FOR: Duration = Duration::from_secs(60 * 24 * 3600);

/// How many messages that came in parts are remembered.
pub const MAX_DONE_SETS: usize = 512;

/// Storage hashes that one document counts as its own: all parts, a few times over.
pub const MAX_CURRENT_HASHES: usize = 1024;

/// Storage hashes that wait for their deletion.
pub const MAX_OBSOLETE_HASHES: usize = 10_000;

/// A dump: the message, what undoes its changes, all incomplete parts.
pub const DUMP: Limits = Limits {
    bytes: 3 * MAX_DOCUMENT_BYTES + 2 * MAX_PENDING_BYTES,
    depth: 8,
    values: 8 * MAX_PENDING_SETS * MAX_PARTS,
};
