//! How long swarms keep what we store (messages.md 3.4).

use std::time::Duration;

pub use crate::address::LONGEST_TTL;

/// How long a swarm keeps an ordinary message, an answer to a request or a sync copy.
///
/// 14 days, what official clients ask for. Shorter loses messages for people on holiday; storage servers refuse longer
/// where writing is public. Source: session-foundation/session-storage-server `oxenss/rpc/request_handler.h`.
pub const MESSAGE_TTL: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// How long a message may wait for a network before it counts as failed.
///
/// As long as a swarm would have kept it: whoever was that long without a network decides again.
pub const KEEP_TRYING: Duration = MESSAGE_TTL;
