//! How long swarms keep what we store (messages.md 3.4).
//!
//! | message | kept |
//! |---|---|
//! | disappears after sending | as long as it is shown, both copies |
//! | disappears after reading | the recipient's 14 days, our own copy as long as it is shown |
//! | a step of a call | 5 minutes |
//! | typing | 20 seconds |
//! | everything else | 14 days |

use std::time::Duration;

pub use crate::address::LONGEST_TTL;
use crate::wire::content::{Content, ExpirationType};

/// How long a swarm shall keep a message. One that names a conversation is a copy for our own devices.
pub fn of(content: &Content) -> Duration {
    let is_copy = content.data_message.as_ref().is_some_and(|data| data.sync_target.is_some());
    let timer = Duration::from_secs(content.expiration_timer.unwrap_or(0).into());
    let how = content.expiration_type.and_then(|number| ExpirationType::try_from(number).ok());
    let shown = match how {
        _ if content.typing_message.is_some() => return TYPING_TTL,
        _ if content.call_message.is_some() => return CALL_TTL,
        Some(ExpirationType::DeleteAfterSend) => timer,
        Some(ExpirationType::DeleteAfterRead) if is_copy => timer,
        Some(ExpirationType::DeleteAfterRead | ExpirationType::Unknown) | None => MESSAGE_TTL,
    };
    if shown.is_zero() { MESSAGE_TTL } else { shown.clamp(SHORTEST_TTL, MESSAGE_TTL) }
}

/// How long a message may wait for a network before it counts as failed.
pub fn keep_trying(content: &Content) -> Duration {
    if content.typing_message.is_some() { TYPING_TTL } else { KEEP_TRYING }
}

/// How long a swarm keeps an ordinary message, an answer to a request or a sync copy.
///
/// 14 days, what official clients ask for. Shorter loses messages for people on holiday; storage servers refuse longer
/// where writing is public. Source: session-foundation/session-storage-server `oxenss/rpc/request_handler.h`.
pub const MESSAGE_TTL: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// How long anything but [`TYPING_TTL`] may wait for a network.
///
/// As long as a swarm would have kept it: whoever was that long without a network decides again.
pub const KEEP_TRYING: Duration = MESSAGE_TTL;

/// How long it is worth knowing that somebody types. Source: session-desktop `ts/session/constants.ts`.
pub const TYPING_TTL: Duration = Duration::from_secs(20);

/// How long a step of a call is worth anything. Same source.
pub const CALL_TTL: Duration = Duration::from_secs(5 * 60);

/// The least that storage servers take. Source as of [`MESSAGE_TTL`].
const SHORTEST_TTL: Duration = Duration::from_secs(10);
