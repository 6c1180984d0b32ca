//! Silence: nothing at all came from somebody since a letter of ours that their swarm is about to forget.
//!
//! A swarm keeps a letter for [`KEPT_FOR`]. Whoever was away for that long never sees it. A day before, and as long again
//! after, the conversation says so of the oldest letter of which that is true; it can be sent again, with the moment that it had,
//! so that who has it does not get it twice. Then the next comes up.
//!
//! | a letter of ours that a swarm took | is said |
//! |---|---|
//! | to somebody whom we accept and do not block, whether or not they accept us | a day before its end, and for 14 days |
//! | something came from them since: a letter, a receipt, that they type, anything | no |
//! | it is on its way again | no |
//! | it disappears, or is in Note to Self | never |
//! | it was sent again | 13 days after that |
//! | it would lie in their swarm until they refuse it for its age | no more ([`in_time`]) |
//!
//! What bears files or a name that another app gave it is left out: this version could not send the same again.

use std::time::Duration;

use super::Desk;
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;
use crate::store::{ConversationId, LettersBetween, MessageId, ReadTx, TOMBSTONES_KEPT_FOR, WriteTx};

/// A letter of ours that nobody seems to have got, and that is about to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// Which.
    pub message: MessageId,
    /// When it was sent (network time).
    pub sent_at: Timestamp,
    /// When their swarm forgets it (network time); may have passed.
    pub ends_at: Timestamp,
}

/// What the conversation has to say of silence now; nothing while the network's time is not certain.
///
/// # Errors
/// Those of the ledger.
pub fn unanswered(tx: &ReadTx<'_>, desk: &Desk, conversation: &ConversationId) -> Result<Option<Unanswered>> {
    let Some(person) = conversation.account().filter(|person| **person != desk.me) else { return Ok(None) };
    if desk.unsettled.is_some() || !tx.contact(person)?.is_some_and(|row| row.approved && !row.blocked) {
        return Ok(None);
    }
    let oldest = tx.oldest_unanswered(conversation, due(desk.network_now))?;
    Ok(oldest.map(|letter| Unanswered {
        message: letter.message,
        sent_at: letter.sent_at,
        ends_at: letter.stored_at + KEPT_FOR,
    }))
}

/// Whether a letter of then can be sent again now: while it lies in their swarm it is not too old for any device to show, of
/// which each refuses what is older than a tombstone may be.
pub fn in_time(sent_at: Timestamp, now: Timestamp) -> bool {
    sent_at >= now + KEPT_FOR - TOMBSTONES_KEPT_FOR
}

/// Notes that something came from `person` and opened, which a swarm got at `stored_at` (zero: nobody knows). Nothing, where our
/// clock is all there is and not certain.
///
/// # Errors
/// Those of the ledger.
pub fn note_heard(tx: &mut WriteTx<'_>, desk: &Desk, person: &AccountId, stored_at: Timestamp) -> Result<()> {
    match (stored_at, desk.unsettled) {
        (Timestamp::ZERO, Some(_)) => Ok(()),
        (Timestamp::ZERO, None) => tx.note_heard(person, desk.network_now),
        (at, Some(_)) => tx.note_heard(person, at),
        (at, None) => tx.note_heard(person, at.min(desk.network_now)),
    }
}

/// Of which letters it is time to say so.
fn due(now: Timestamp) -> LettersBetween {
    LettersBetween {
        sent_since: now + KEPT_FOR - TOMBSTONES_KEPT_FOR,
        stored_after: now - KEPT_FOR - KEPT_FOR,
        stored_until: now + BEFORE - KEPT_FOR,
    }
}

/// How long a swarm keeps a letter. Source: session-foundation/session-android `SnodeMessage.kt`.
const KEPT_FOR: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// So long before its end it is said. Longer would worry about people on a journey; shorter might come too late.
const BEFORE: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1_000;

    #[test]
    fn the_table_of_when_silence_is_said() {
        let at = Timestamp::from_millis;
        let stored_at = at(100 * DAY);
        for (now, said, why) in [
            (113 * DAY - 1, false, "not yet"),
            (113 * DAY, true, "a day before its end"),
            (128 * DAY - 1, true, "and as long again"),
            (128 * DAY, false, "and then no more"),
        ] {
            let due = due(at(now));
            assert_eq!(stored_at > due.stored_after && stored_at <= due.stored_until, said, "{why}");
        }
        for (now, expected) in [(131 * DAY, true), (131 * DAY + 1, false)] {
            assert_eq!((in_time(stored_at, at(now)), stored_at >= due(at(now)).sent_since), (expected, expected));
        }
    }
}
