//! The rules of a conversation: whom we accept and whom we do not hear, what stands on the list and what is gone.
//!
//! One idea a file, and each is a few rows of one transaction. Three kinds of callers bring what they decide: `client`, when
//! somebody decides on this device; `message`, when a letter says so; `delivery`, when another device of ours said so.
//! Nothing here knows letters or the network, and nothing tells the other devices: triggers of the schema note what was
//! edited, and `delivery::mirror` carries it into the configs in the same transaction.
//!
//! | file | rule |
//! |---|---|
//! | [`accept`](accept()) | message requests: accepting, declining, whether an answer is due |
//! | [`block`](block()) | dropping what somebody sends |
//! | [`bounded`](bounded()) | how much of the screen strangers get |
//! | `contact` | who belongs into the Contacts document; nickname and note |
//! | `list` | hidden, shown and pinned |
//! | `part` | what was seen when a conversation goes, for our other devices and our swarm |
//! | `quiet` | muted, laid aside, what notifications show |
//! | `read` | read, and marked as unread |
//! | [`remove`] | deleting a message, a conversation, a contact |
//! | `silence` | a letter of ours that nobody seems to have got |
//! | `star` | what somebody wants to find again, and what no star keeps |

mod accept;
mod block;
mod bounded;
mod contact;
mod desk;
mod list;
mod part;
mod quiet;
mod read;
pub mod remove;
mod silence;
mod star;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub use accept::MAX_REQUESTS;
pub use accept::{
    Accepted, REQUESTS_DROPPED, accept, accepts_us, decline, decline_and_block, decline_requests,
    make_room_for_request, we_accept,
};
pub use block::{block, is_blocked, unblock};
pub use bounded::{BoundedRequests, bounded, is_held_back};
pub use contact::{MAX_NOTE_POINTS, is_contact, is_friend, is_told, set_nickname, set_note};
pub use desk::Desk;
pub use list::{hide_notes, set_pinned, show};
pub use part::{FIRST_POLL, LEAD, PARTINGS_KEPT_FOR, hash as parting_hash, was_seen};
pub use quiet::{bring_back, set_archived, set_mute, set_notice_content};
pub use read::{mark_read_between, mark_unread};
pub use silence::{Unanswered, in_time, note_heard, unanswered};
pub use star::set_starred;

/// The priority of a hidden conversation, as configs have it.
pub const HIDDEN: i32 = -1;
