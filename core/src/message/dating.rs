//! What was written before the network's time was certain is dated when it leaves, and never again.
//!
//! A message bears its time for ever: with the sender it names the message, and it says where it stands at everybody who
//! gets it. So a device that starts with a wrong date, and has asked nobody for the time yet, stamps what is written with
//! what it believes and notes how to tell later when that was ([`Unsettled`]). Before the first of it is sealed, when the
//! time is certain, all of it gets its date in one write: the rows on the screen, the letters, their copies, answers.
//!
//! | written | dated |
//! |---|---|
//! | in this run of the program | so long ago as the monotonic reading says |
//! | in an earlier run | so long ago as the device's clock says, then and now |
//! | so long ago that nobody would show it any more | now: the clock was set meanwhile |
//!
//! Never later than now, and never before what stood above it when it was written. What was sealed once keeps its date.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::store::{Errand, MessageId, NewDate, Reading, TOMBSTONES_KEPT_FOR, Unsettled, WriteTx, ordered_at};
use crate::wire::content::decode_content;

use super::Desk;

/// Dates everything that waits for it. `desk` and `reading` are of now, with a network's time that counts as certain.
///
/// # Errors
/// Those of the ledger.
pub fn settle(tx: &mut WriteTx<'_>, desk: &Desk, reading: Reading) -> Result<()> {
    let moments = tx.unsettled()?;
    let (mut newest, mut left) = (Timestamp::ZERO, moments.len());
    for moment in moments {
        left -= 1;
        tx.forget_unsettled(moment.sent_at)?;
        // Those that follow need their place until now.
        let latest = desk.network_now - APART * u32::try_from(left).unwrap_or(u32::MAX);
        let earliest = newest + APART;
        if let Some(at) = settle_one(tx, desk, &moment, written_at(&moment, desk, reading).min(latest), earliest)? {
            newest = at;
        }
    }
    if newest > Timestamp::ZERO {
        tx.note_sent_at(newest, desk.network_now)?;
    }
    Ok(())
}

/// Dates one moment. Gives the date; none when nothing bears it any more, or something that left.
fn settle_one(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    moment: &Unsettled,
    at: Timestamp,
    earliest: Timestamp,
) -> Result<Option<Timestamp>> {
    let (rows, errands) = (tx.written_under(moment.sent_at)?, tx.errands_stamped(moment.sent_at)?);
    let sealed = |errand: &Errand| errand.parcel().is_some_and(|parcel| parcel.sealed.is_some());
    if (rows.is_empty() && errands.is_empty()) || errands.iter().any(sealed) {
        return Ok(None);
    }
    let mut above = Timestamp::ZERO;
    for row in &rows {
        above = above.max(place_above(tx, desk, *row)?);
    }
    // A sender whose clock is a little ahead of ours does not make us write in the future.
    let after_above = (above + Duration::from_millis(1)).min(desk.network_now);
    let earliest = earliest.max(after_above);
    let given = moment.sent_at;
    if given.as_millis().abs_diff(at.as_millis()) <= NEAR_MILLIS && given >= earliest && given <= desk.network_now {
        return Ok(Some(given));
    }
    let at = tx.free_moment(at.max(earliest))?;
    for row in rows {
        let below = place_above(tx, desk, row)? + Duration::from_millis(1);
        tx.redate_message(row, at, at.max(below))?;
    }
    let created_at = desk.device_now - desk.network_now.since(at);
    for errand in errands {
        redate(tx, &errand, at, created_at)?;
    }
    Ok(Some(at))
}

/// Where the lowest row stands that was there when a message was written. What a wrong clock put far ahead is passed by.
fn place_above(tx: &WriteTx<'_>, desk: &Desk, row: MessageId) -> Result<Timestamp> {
    tx.place_above(row, ordered_at(Timestamp::from_millis(u64::MAX), desk.network_now))
}

/// Gives an errand its date. One whose content is not ours to read, which would be a bug, keeps what it has.
fn redate(tx: &mut WriteTx<'_>, errand: &Errand, sent_at: Timestamp, created_at: Timestamp) -> Result<()> {
    let Some(parcel) = errand.parcel() else { return Ok(()) };
    let Ok(mut content) = decode_content(&parcel.content) else {
        tracing::error!("content of an errand cannot be dated");
        return Ok(());
    };
    content.sig_timestamp = Some(sent_at.as_millis());
    tx.redate_errand(errand.id, &NewDate { sent_at, content: &content.to_bytes(), created_at })
}

/// When something was written (network time), as far as can be told now.
fn written_at(moment: &Unsettled, desk: &Desk, reading: Reading) -> Timestamp {
    let age = if moment.reading.run == reading.run {
        reading.monotonic.saturating_sub(moment.reading.monotonic)
    } else {
        desk.device_now.since(moment.device)
    };
    if age > LONGEST_AGE { desk.network_now } else { desk.network_now - age }
}

/// Official clients drop a second message with the same millisecond, and some count less exactly.
const APART: Duration = Duration::from_millis(2);

/// A date that is right to this is left as it is: nodes and devices are no more exact.
const NEAR_MILLIS: u64 = 10_000;

/// Dated earlier, others would not show it ([`super::freshness`]), and it would have failed long ago: no letter waits so long,
/// but clocks that start in another decade are set by such leaps.
const LONGEST_AGE: Duration = TOMBSTONES_KEPT_FOR;
