//! Silence: nothing at all came from somebody since a letter of ours that their swarm is about to forget.
//!
//! A swarm keeps a letter for [`KEPT_FOR`]. Whoever was away for that long never sees it. A day before, and as long again
//! after, the conversation says so, once for its newest letter; it can be sent again, with the moment that it had, so that who
//! has it does not get it twice.
//!
//! | the newest letter of ours that a swarm took | is said |
//! |---|---|
//! | to somebody whom we accept and do not block, whether or not they accept us | a day before its end, and for 14 days |
//! | something came from them since: a letter, a receipt, that they type, anything | no |
//! | another letter is on its way | no |
//! | it disappears, or is in Note to Self | never |
//! | it was sent again | 13 days after that |
//!
//! What bears files or a name that another app gave it is left out: this version could not send the same again.

use std::time::Duration;

use super::Desk;
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;
use crate::store::{ConversationId, MessageId, MessageState, ReadTx, WriteTx};

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

/// The newest letter of ours in a conversation, and what was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Letter {
    message: MessageId,
    sent_at: Timestamp,
    /// When their swarm last got it.
    stored_at: Timestamp,
    /// When anything last came from them.
    heard_at: Timestamp,
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
    let Some(newest) = tx.newest_unanswered(conversation)? else { return Ok(None) };
    if newest.state != MessageState::Sent || newest.seen_at > Timestamp::ZERO {
        return Ok(None);
    }
    let letter = Letter {
        message: newest.message,
        sent_at: newest.sent_at,
        stored_at: newest.stored_at.max(newest.again_at),
        heard_at: newest.heard_at,
    };
    Ok(due(&letter, desk.network_now))
}

/// Notes that something came from `person` and opened, which a swarm got at `stored_at` (zero: nobody knows).
///
/// # Errors
/// Those of the ledger.
pub fn note_heard(tx: &mut WriteTx<'_>, desk: &Desk, person: &AccountId, stored_at: Timestamp) -> Result<()> {
    let at = if stored_at == Timestamp::ZERO { desk.network_now } else { stored_at.min(desk.network_now) };
    tx.note_heard(person, at)
}

/// Whether it is time to say so.
fn due(letter: &Letter, now: Timestamp) -> Option<Unanswered> {
    let Letter { message, sent_at, stored_at, heard_at } = *letter;
    let ends_at = stored_at + KEPT_FOR;
    let said = (ends_at - BEFORE..ends_at + KEPT_FOR).contains(&now);
    (heard_at <= sent_at && said).then_some(Unanswered { message, sent_at, ends_at })
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
        let letter =
            Letter { message: MessageId::from_i64(1), sent_at: at(DAY), stored_at: at(DAY), heard_at: at(DAY) };
        let again = Letter { stored_at: at(15 * DAY), ..letter };
        let heard = Letter { heard_at: at(DAY + 1), ..letter };
        for (letter, now, said, why) in [
            (letter, 14 * DAY - 1, false, "not yet"),
            (letter, 14 * DAY, true, "a day before its end"),
            (letter, 29 * DAY - 1, true, "and as long again"),
            (letter, 29 * DAY, false, "and then no more"),
            (heard, 14 * DAY, false, "they were there"),
            (again, 20 * DAY, false, "it was sent again"),
            (again, 28 * DAY, true, "in vain"),
        ] {
            let found = due(&letter, at(now));
            assert_eq!(found.is_some(), said, "{why}");
            assert!(found.is_none_or(|found| found.ends_at == letter.stored_at + KEPT_FOR));
        }
    }
}
