//! How a message disappears, as it stands in it: two fields beside its body, and how long swarms keep it for that.
//!
//! | kind of conversation | type 1 | type 2 |
//! |---|---|---|
//! | with one person | after reading | after sending |
//! | group, Note to Self | after sending | after sending |
//! | community | not | not |
//!
//! No type, one that this version does not know, or no timer: it stays, whatever the other field says. Both fields are written
//! beside every data message, also as zeros: iOS takes a message without them for one of an outdated app (messages.md 2, 7.6).
//! When the time of a message begins is a table of the ledger ([`Disappearing::begins`]).
//!
//! Accounts that asked nobody for a timer choose among [`OFFERED_AFTER_READING`] and [`OFFERED_AFTER_SENDING`]; any is read.

use std::time::Duration;

use super::{Desk, Incoming};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::people;
use crate::store::{ConversationId, Disappearing, Left, ReadTx, ReadWhere, Timed};
use crate::wire::content::{Content, ExpirationType};

/// What kind of conversation a message belongs to, as far as disappearing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// With one other person.
    Private,
    /// With ourselves.
    Notes,
    /// A group.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    Group,
    /// A community.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for communities"))]
    Community,
}

impl Room {
    /// That of a conversation of ours.
    pub(super) fn of(with: &ConversationId, desk: &Desk) -> Self {
        if *with == ConversationId::from(desk.me) { Self::Notes } else { Self::Private }
    }
}

/// How a message disappears.
pub fn of(content: &Content, room: Room) -> Disappearing {
    let after = Duration::from_secs(content.expiration_timer.unwrap_or(0).into());
    let how = content.expiration_type.and_then(|number| ExpirationType::try_from(number).ok());
    match (how, room) {
        _ if after.is_zero() => Disappearing::Off,
        (None | Some(ExpirationType::Unknown), _) | (_, Room::Community) => Disappearing::Off,
        (Some(ExpirationType::DeleteAfterRead), Room::Private) => Disappearing::AfterRead(after),
        (Some(ExpirationType::DeleteAfterSend), Room::Private) | (_, Room::Notes | Room::Group) => {
            Disappearing::AfterSend(after)
        }
    }
}

/// A message that disappears so, or that says that it does not.
pub fn marked(content: Content, disappearing: Disappearing) -> Content {
    let how = match disappearing {
        Disappearing::Off => ExpirationType::Unknown,
        Disappearing::AfterSend(_) => ExpirationType::DeleteAfterSend,
        Disappearing::AfterRead(_) => ExpirationType::DeleteAfterRead,
    };
    let seconds = disappearing.after().map_or(0, |after| u32::try_from(after.as_secs()).unwrap_or(u32::MAX));
    Content { expiration_type: Some(how.into()), expiration_timer: Some(seconds), ..content }
}

/// How what we write in a conversation disappears.
pub(super) fn chosen(tx: &ReadTx<'_>, desk: &Desk, with: &ConversationId) -> Result<Disappearing> {
    let Some(account) = with.account() else { return Ok(Disappearing::Off) };
    let chosen = tx.contact(account)?.map_or(Disappearing::Off, |row| row.disappearing);
    Ok(in_room(chosen, Room::of(with, desk)))
}

/// What a setting means in a conversation.
pub fn in_room(chosen: Disappearing, room: Room) -> Disappearing {
    match (chosen, room) {
        (Disappearing::Off, _) | (_, Room::Community) => Disappearing::Off,
        (Disappearing::AfterRead(after), Room::Notes | Room::Group) => Disappearing::AfterSend(after),
        (Disappearing::AfterRead(_) | Disappearing::AfterSend(_), _) => chosen,
    }
}

/// The time of a message that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetime {
    /// How it disappears.
    pub disappearing: Disappearing,
    /// When its time began, if it has.
    pub begun: Option<Timestamp>,
}

impl Lifetime {
    /// Of a message that arrived in the conversation `with` somebody, and was perhaps read elsewhere already.
    pub(super) fn of(incoming: &Incoming, desk: &Desk, with: &ConversationId, already_read: bool) -> Self {
        let disappearing = of(&incoming.content, Room::of(with, desk));
        let timed = Timed {
            ours: incoming.sender == desk.me,
            sent_at: incoming.sent_at,
            left: Left::Elsewhere,
            read: if already_read { ReadWhere::Elsewhere } else { ReadWhere::Nowhere },
            swarm_end: incoming.swarm_end,
            now: desk.network_now,
        };
        Self { disappearing, begun: disappearing.begins(&timed) }
    }

    /// Whether it is gone by now, and must not be shown any more.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        let end = self.disappearing.ends(self.begun);
        end > Timestamp::ZERO && end <= now
    }
}

/// Leaves what would keep a message away that came when its time was over: somebody may bring it back with a younger date. Not
/// for strangers, who would push out what others left.
pub(super) fn bury(
    tx: &mut crate::store::WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    with: &ConversationId,
) -> Result<()> {
    if people::is_friend(tx, desk, &incoming.sender)? {
        tx.bury(with, &incoming.name(), desk.network_now)?;
    }
    Ok(())
}

/// Timers that are offered for disappearing after reading. Source: session-desktop
/// `ts/session/disappearing_messages/timerOptions.ts`.
pub const OFFERED_AFTER_READING: [Duration; 6] =
    [MINUTES_5, HOUR, TWELVE_HOURS, DAY, WEEK, Duration::from_secs(14 * 24 * 60 * 60)];

/// Timers that are offered for disappearing after sending. Same source.
pub const OFFERED_AFTER_SENDING: [Duration; 4] = [TWELVE_HOURS, DAY, WEEK, Duration::from_secs(14 * 24 * 60 * 60)];

/// What is chosen for disappearing after reading while nothing was. Same source.
pub const USUAL_AFTER_READING: Duration = TWELVE_HOURS;

/// What is chosen for disappearing after sending while nothing was. Same source.
pub const USUAL_AFTER_SENDING: Duration = DAY;

const MINUTES_5: Duration = Duration::from_secs(5 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const TWELVE_HOURS: Duration = Duration::from_secs(12 * 60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
