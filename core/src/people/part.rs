//! What is seen when a conversation goes: so much is taken, on all our devices, and from our swarm.
//!
//! Whoever deletes here means what they could see. Other devices may have more: what came after, by whatever clock. So it is
//! noted how far this device had come ([`note_seen`]), `delivery::mirror` tells the others with the deletion itself, and
//! they take away just that ([`was_seen`]). And what we are rid of is deleted from our own swarm ([`delete_from_swarm`]), so
//! that a device that was off, or does not exist yet, never gets it.

use std::time::Duration;

use super::Desk;
use crate::address::{LONGEST_TTL, SwarmHash};
use crate::clock::Timestamp;
use crate::config::{DocumentKind, partings};
use crate::crypto::AccountId;
use crate::error::Result;
use crate::store::{
    ConversationId, NewErrand, Parted, Parting, PersonHash, SLIGHTLY_AHEAD, Setting, Urgency, What, WriteTx,
};

/// When this device first asked the network for this account and was answered (network time).
pub const FIRST_POLL: Setting<Option<Timestamp>> = Setting { key: "poll.first_at", default: None };

/// By what somebody is named in partings; ourselves for Note to Self.
pub fn hash(desk: &Desk, person: &AccountId) -> PersonHash {
    partings::hash(&desk.me, person)
}

/// How a conversation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Going {
    /// Off the list, with what was said in it.
    Deleted,
    /// Off the list alone: only Note to Self can.
    Hidden,
}

/// Notes what of a conversation was seen here, now that it goes.
///
/// # Errors
/// Those of the ledger.
pub(super) fn note_seen(tx: &mut WriteTx<'_>, desk: &Desk, conversation: &ConversationId, going: Going) -> Result<()> {
    let Some(person) = conversation.account() else { return Ok(()) };
    let now = certainly(tx, desk, conversation)?;
    let (theirs_gone, ours_gone) = tx.seen_beyond_messages(conversation, now)?;
    let newest = |tx: &WriteTx<'_>, until| -> Result<(Timestamp, Timestamp)> {
        Ok((tx.newest_sent(conversation, false, until)?, tx.newest_sent(conversation, true, until)?))
    };
    let (theirs, ours) = newest(tx, now + SLIGHTLY_AHEAD)?;
    let (their_largest, our_largest) = newest(tx, NEVER)?;
    let ahead = their_largest.max(our_largest);
    let hash = hash(desk, person);
    let notes_deleted = if *person == desk.me && going == Going::Deleted {
        let before = tx.parted(&hash)?.map_or(Timestamp::ZERO, |known| known.parting.notes_deleted);
        now.max(before + Duration::from_millis(1))
    } else {
        Timestamp::ZERO
    };
    let parting = Parting {
        theirs: theirs.max(theirs_gone),
        ours: ours.max(ours_gone),
        ahead: if ahead > theirs.max(ours) { ahead } else { Timestamp::ZERO },
        first_poll: tx.setting(&FIRST_POLL)?.unwrap_or(Timestamp::ZERO),
        at: now,
        notes_deleted,
    };
    if desk.unsettled.is_none() {
        tx.purge_partings(now - PARTINGS_KEPT_FOR)?;
    }
    tx.set_parted(&hash, parting, None)?;
    tx.edit_parted(person)
}

/// Now by the network's clock. While nobody told the time, a clock that may be ten years ahead must say nothing: then the
/// latest moment that is known to have been. Nothing can have come since.
fn certainly(tx: &WriteTx<'_>, desk: &Desk, conversation: &ConversationId) -> Result<Timestamp> {
    if desk.unsettled.is_none() {
        return Ok(desk.network_now);
    }
    let first = tx.setting(&FIRST_POLL)?.unwrap_or(Timestamp::ZERO);
    let contacts = tx.applied_at(DocumentKind::Contacts.place(desk.me))?.unwrap_or(Timestamp::ZERO);
    Ok(tx.latest_by_letters(conversation)?.max(first).max(contacts))
}

/// Writes the intention to delete from our own swarm what it keeps of a conversation: letters, and the copies of our own,
/// also those that `under_way` may be there without our knowing.
///
/// # Errors
/// Those of the ledger.
pub(super) fn delete_from_swarm(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    conversation: &ConversationId,
    under_way: Vec<SwarmHash>,
) -> Result<()> {
    // A clock of ours that is ahead must not make everything look forgotten.
    let since = certainly(tx, desk, conversation)?.min(desk.device_now) - LONGEST_TTL;
    let mut hashes = tx.swarm_hashes(conversation, since, MOST_DELETED)?;
    hashes.extend(under_way);
    delete_names(tx, desk, &hashes)
}

/// Writes the intention to delete from our own swarm what it calls so.
///
/// # Errors
/// Those of the ledger.
pub(super) fn delete_names(tx: &mut WriteTx<'_>, desk: &Desk, hashes: &[SwarmHash]) -> Result<()> {
    for some in hashes.chunks(MOST_IN_ERRAND) {
        tx.insert_errand(&NewErrand {
            what: What::Delete(some.to_vec()),
            message: None,
            address: desk.me.into(),
            created_at: desk.device_now,
            // As long as any swarm keeps anything.
            deadline: desk.device_now + LONGEST_TTL,
            after: Vec::new(),
            lane: None,
            urgency: Urgency::Background,
        })?;
    }
    Ok(())
}

/// Whether whoever deleted the conversation had seen what was sent at `sent_at`, by us (`ours`) or by the other. `stored_at` is
/// when our swarm got it (network time), zero when nobody knows.
///
/// Nobody can have seen what came after they said so, but a member of the swarm may give any moment for that: where the
/// conversation is still `away`, only somebody whose clock is behind by less than [`LEAD`] is heard by it. Where it is back,
/// everybody is, as on the device that deleted.
pub fn was_seen(parted: &Parted, away: bool, ours: bool, sent_at: Timestamp, stored_at: Timestamp) -> bool {
    let (seen, ahead) = (parted.parting.seen(ours), parted.parting.ahead);
    let came_before = stored_at <= parted.word();
    (sent_at <= seen && (came_before || (away && sent_at + LEAD < seen))) || (sent_at <= ahead && came_before)
}

/// How long a parting stays here: no document says it for longer.
pub const PARTINGS_KEPT_FOR: Duration = partings::KEPT_FOR.saturating_mul(2);

/// By how much clocks may differ. Source: session-foundation/session-desktop `ts/receiver/contentMessage.ts`.
pub const LEAD: Duration = Duration::from_secs(2 * 60);

const NEVER: Timestamp = Timestamp::from_millis(u64::MAX);

/// Letters of one conversation that are deleted from our swarm: the newest. As many leave tombstones.
const MOST_DELETED: u32 = 5_000;

/// Names in one errand: about 4 kB.
const MOST_IN_ERRAND: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_what_was_seen() {
        let at = Timestamp::from_millis;
        let parting = Parting { theirs: at(600_000), ours: at(500_000), at: at(690_000), ..Parting::default() };
        let parted = Parted { parting, said_at: at(700_000) };
        for (ours, sent_at, stored_at, expected, why) in [
            (false, 600_000, 650_000, true, "the newest that was seen"),
            (false, 600_000, 0, true, "nobody knows when it was stored"),
            (false, 600_001, 650_000, false, "sent later"),
            (false, 600_000, 700_001, false, "stored later, by a clock that is a little behind"),
            (false, 479_999, 700_001, true, "no clock is so far behind"),
            (true, 500_000, 650_000, true, "ours"),
            (true, 600_000, 650_000, true, "ours, from before their newest"),
            (true, 600_001, 650_000, false, "ours, from another device"),
        ] {
            assert_eq!(was_seen(&parted, true, ours, at(sent_at), at(stored_at)), expected, "{why}");
        }
        assert!(!was_seen(&parted, false, false, at(479_999), at(700_001)), "who is back is heard");
        // One date of next year was seen, and the contacts were pushed again weeks later.
        let ahead = Parting { ahead: at(30_000_000_000), ..parting };
        let parted = Parted { parting: ahead, said_at: at(2_000_000_000) };
        assert!(was_seen(&parted, true, false, at(30_000_000_000), at(690_000)), "the date itself");
        assert!(!was_seen(&parted, true, false, at(800_000), at(800_000)), "what came after the deletion");
    }
}
