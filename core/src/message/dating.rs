//! What was written before the network's time was certain is dated when it leaves, and never again.
//!
//! A message bears its time for ever: with the sender it names the message, and it says where it stands at everybody who
//! gets it. So a device that starts with a wrong date, and has asked nobody for the time yet, stamps what is written with
//! what it believes and notes how to tell later when that was ([`Unsettled`]). Before the first of it is sealed, when the
//! time is certain, all of it gets its date in one write: the rows on the screen, the letters, their copies, answers.
//!
//! | written | dated |
//! |---|---|
//! | with the offset that is the right one now | as it is: nobody set the clock, however long the device slept |
//! | in this run of the program | so long ago as the monotonic reading says |
//! | in an earlier run | so long ago as the device's clock says, then and now |
//! | so long ago that nobody would show it any more | now: the clock was set meanwhile |
//!
//! While a device sleeps its clock goes on and its monotonic reading need not. A clock that is set in between looks the same;
//! only an offset that was known when it was written, and turns out right, says that it was the sleep. Without one the
//! monotonic reading counts: what is written on a device that sleeps then is dated too late, never before it was written.
//!
//! Never later than now, and never before what stood above it when it was written. What was sealed once keeps its date.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::store::{Errand, MessageId, NewDate, Reading, TOMBSTONES_KEPT_FOR, Unsettled, WriteTx, ordered_at};
use crate::wire::content::decode_content;

use super::{Desk, quote, reaction};

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
        if let Some(message) = tx.message(row)? {
            quote::redate(tx, desk, &message.conversation, given, at)?;
            reaction::redate(tx, row, at)?;
        }
        tx.redate_message(row, at, at.max(below))?;
    }
    tx.redate_reactions(&desk.me, given, at)?;
    for errand in errands {
        // When a person asked for it again is no matter of its date.
        let asked_again = errand.created_at != moment.device;
        let written = desk.device_now - desk.network_now.since(at);
        redate(tx, &errand, at, if asked_again { errand.created_at } else { written })?;
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
    if clock_went_on(moment, desk, reading) {
        return moment.sent_at;
    }
    desk.network_now - age(moment, desk.device_now, reading).unwrap_or_default()
}

/// Whether something was written with a right offset, and the device's clock was not set since.
fn clock_went_on(moment: &Unsettled, desk: &Desk, reading: Reading) -> bool {
    let offset = |network: Timestamp, device: Timestamp| network.to_sql().saturating_sub(device.to_sql());
    let (then, now) = (offset(moment.sent_at, moment.device), offset(desk.network_now, desk.device_now));
    let by_device = desk.device_now.since(moment.device);
    // A sleep makes this one shorter; longer it is only when the clock was set back.
    let same_run = moment.reading.run == reading.run;
    let awake = if same_run { reading.monotonic.saturating_sub(moment.reading.monotonic) } else { Duration::ZERO };
    moment.known
        && then.abs_diff(now) <= NEAR_MILLIS
        && moment.device <= desk.device_now
        && by_device <= LONGEST_AGE
        && awake <= by_device + Duration::from_millis(NEAR_MILLIS)
}

/// How long ago something was written; `None` when nobody can tell, because the device's clock was set meanwhile.
pub fn age(moment: &Unsettled, device_now: Timestamp, reading: Reading) -> Option<Duration> {
    if moment.reading.run == reading.run {
        return Some(reading.monotonic.saturating_sub(moment.reading.monotonic));
    }
    Some(device_now.since(moment.device)).filter(|age| *age <= LONGEST_AGE && moment.device <= device_now)
}

/// Official clients drop a second message with the same millisecond, and some count less exactly.
const APART: Duration = Duration::from_millis(2);

/// A date that is right to this is left as it is: nodes and devices are no more exact.
const NEAR_MILLIS: u64 = 10_000;

/// Dated earlier, others would not show it ([`super::freshness`]), and it would have failed long ago: no letter waits so long,
/// but clocks that start in another decade are set by such leaps.
const LONGEST_AGE: Duration = TOMBSTONES_KEPT_FOR;

#[cfg(test)]
mod tests {
    use super::super::testing::{NOON, Person, at};
    use super::super::{Outcome, text};
    use super::*;
    use crate::message::Draft;
    use crate::store::{ConversationId, MessageKind, Uncertain};
    use crate::wire::content::Content;

    const MINUTE: u64 = 60_000;
    const TEN_YEARS: u64 = 10 * 365 * 24 * 60 * MINUTE;
    const WRONG: [i64; 4] = [-20 * MINUTE as i64, 20 * MINUTE as i64, -(TEN_YEARS as i64), TEN_YEARS as i64];
    /// Far enough from the epoch for a clock that is ten years behind.
    const NOW: u64 = NOON + 2 * TEN_YEARS;

    fn reading(run: i64, minutes: u64) -> Reading {
        Reading { run, monotonic: Duration::from_millis(minutes * MINUTE) }
    }

    /// The desk of somebody whose clock is wrong by `wrong` and who was told nothing, so many minutes after `NOW`.
    fn lost(person: &Person, wrong: i64, minutes: u64) -> Desk {
        let shown = at(NOW + minutes * MINUTE).shifted(wrong);
        let unsettled = Some(Uncertain { reading: reading(1, minutes), known: false });
        Desk { me: person.id, network_now: shown, device_now: shown, unsettled }
    }

    /// The same desk when the network told its time.
    fn told(person: &Person, wrong: i64, minutes: u64) -> Desk {
        let network_now = at(NOW + minutes * MINUTE);
        Desk { me: person.id, network_now, device_now: network_now.shifted(wrong), unsettled: None }
    }

    async fn writes(from: &Person, desk: Desk, to: &Person, body: &'static str) -> MessageId {
        let to = to.id;
        from.does(move |tx| text::write(tx, &desk, &to, &Draft::text(body))).await
    }

    async fn settles(person: &Person, desk: Desk, reading: Reading) {
        person.does(move |tx| settle(tx, &desk, reading)).await;
        assert!(!person.store.read(|tx| tx.has_unsettled()).await.unwrap());
    }

    fn minutes_of(sent_at: Timestamp) -> f64 {
        (sent_at.as_millis() as f64 - NOW as f64) / MINUTE as f64
    }

    async fn dates(person: &Person, with: &Person) -> Vec<(String, i64)> {
        let rows = person.sees(with).await;
        rows.into_iter().map(|row| (row.body, minutes_of(row.sent_at).round() as i64)).collect()
    }

    /// What each parcel says inside and outside, in whole minutes.
    async fn stamps(person: &Person) -> Vec<i64> {
        let mut stamps = Vec::new();
        for errand in person.outbox().await {
            let parcel = errand.parcel().unwrap();
            let content: Content = decode_content(&parcel.content).unwrap();
            assert_eq!(content.sig_timestamp, Some(parcel.sent_at.as_millis()), "the content says the same");
            stamps.push(minutes_of(parcel.sent_at).round() as i64);
        }
        stamps
    }

    #[tokio::test]
    async fn what_was_written_before_the_time_was_known_is_dated_by_how_long_ago_it_was() {
        for wrong in WRONG {
            let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
            writes(&alice, lost(&alice, wrong, 0), &bob, "one").await;
            writes(&alice, lost(&alice, wrong, 0), &bob, "two").await;
            writes(&alice, lost(&alice, wrong, 3), &alice, "a note").await;
            settles(&alice, told(&alice, wrong, 10), reading(1, 10)).await;
            assert_eq!(dates(&alice, &bob).await, [("one".to_owned(), 0), ("two".to_owned(), 0)], "{wrong}");
            assert_eq!(dates(&alice, &alice).await, [("a note".to_owned(), 3)], "{wrong}");
            assert_eq!(stamps(&alice).await, [0, 0, 0, 0, 3], "letters and copies: {wrong}");
            let row = alice.chat(&bob).await.unwrap();
            assert_eq!(minutes_of(row.active_at).round() as i64, 0, "{wrong}");
            let deadline = alice.outbox().await[0].deadline;
            assert_eq!(deadline.since(told(&alice, wrong, 0).device_now).as_secs() / 86_400, 14, "{wrong}");

            // And what comes next is not held by what was given out before.
            writes(&alice, told(&alice, wrong, 11), &bob, "three").await;
            let next = alice.sees(&bob).await;
            assert_eq!(next[2].sent_at, at(NOW + 11 * MINUTE), "{wrong}");
        }
    }

    #[tokio::test]
    async fn after_a_restart_the_devices_clock_tells_how_long_ago_it_was() {
        for wrong in WRONG {
            let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
            writes(&alice, lost(&alice, wrong, 0), &bob, "one").await;
            settles(&alice, told(&alice, wrong, 30), reading(2, 1)).await;
            assert_eq!(dates(&alice, &bob).await, [("one".to_owned(), 0)], "{wrong}");
        }
    }

    /// The date was set right while the program was closed: how long ago it was nobody can tell any more.
    #[tokio::test]
    async fn when_the_clock_was_set_meanwhile_the_date_is_neither_in_the_future_nor_before_what_stood_above() {
        for (wrong, expected) in [(-20, -5), (20, 20), (-5_256_000, 30), (5_256_000, 30)] {
            let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
            for (minute, body) in [(-60_i64, "are you there?"), (-5, "hello?")] {
                let sent = NOW.saturating_add_signed(minute * MINUTE as i64);
                bob.writes(&alice, body, sent).await.unwrap();
                for letter in bob.hands_over(&alice).await {
                    assert!(matches!(alice.gets(&letter, sent).await, Outcome::Shown { .. }));
                }
            }
            writes(&alice, lost(&alice, wrong * MINUTE as i64, 0), &bob, "one").await;
            settles(&alice, told(&alice, 0, 30), reading(2, 1)).await;
            let rows: Vec<_> = dates(&alice, &bob).await.into_iter().filter(|(body, _)| !body.is_empty()).collect();
            let order: Vec<_> = rows.iter().map(|(body, _)| body.as_str()).collect();
            assert_eq!(order, ["are you there?", "hello?", "one"], "{wrong}");
            assert_eq!(rows[2].1, expected, "{wrong}");
        }
    }

    /// The desk of somebody whose clock is wrong by `wrong`, which an earlier answer told, so many minutes after `NOW`.
    fn slept(person: &Person, wrong: i64, minutes: u64) -> Desk {
        Desk { unsettled: Some(Uncertain { reading: reading(1, 0), known: true }), ..told(person, wrong, minutes) }
    }

    #[tokio::test]
    async fn a_device_that_slept_since_keeps_the_date_that_a_right_offset_gave() {
        for wrong in [0].into_iter().chain(WRONG) {
            let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
            writes(&alice, slept(&alice, wrong, 0), &bob, "one").await;
            // Five hours and a half by the date, a minute by the monotonic reading.
            settles(&alice, told(&alice, wrong, 330), reading(1, 1)).await;
            assert_eq!(alice.sees(&bob).await[0].sent_at, at(NOW), "{wrong}");
            assert_eq!(stamps(&alice).await, [0, 0], "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_known_offset_that_was_wrong_or_a_clock_that_was_set_back_keeps_no_date() {
        // The offset of an earlier run; the date was set before this one.
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let known = Some(Uncertain { reading: reading(1, 0), known: true });
        let shown = Desk { unsettled: known, ..lost(&alice, 20 * MINUTE as i64, 0) };
        writes(&alice, shown, &bob, "one").await;
        settles(&alice, told(&alice, 20 * MINUTE as i64, 30), reading(1, 30)).await;
        assert_eq!(dates(&alice, &bob).await, [("one".to_owned(), 0)]);

        // Set back to the right date meanwhile.
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        writes(&alice, Desk { me: alice.id, ..shown }, &bob, "one").await;
        settles(&alice, told(&alice, 0, 30), reading(1, 30)).await;
        assert_eq!(dates(&alice, &bob).await, [("one".to_owned(), 0)]);
    }

    #[tokio::test]
    async fn nothing_is_dated_before_what_stood_above_it_nor_later_than_now() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        // Bob's clock is half a minute ahead.
        bob.writes(&alice, "hello", NOW + 10 * MINUTE + 30_000).await.unwrap();
        for letter in bob.hands_over(&alice).await {
            alice.gets(&letter, NOW + 10 * MINUTE).await;
        }
        for body in ["one", "two", "three"] {
            writes(&alice, lost(&alice, 20 * MINUTE as i64, 10), &bob, body).await;
        }
        let desk = told(&alice, 20 * MINUTE as i64, 10);
        settles(&alice, desk, reading(1, 10)).await;
        let rows = alice.sees(&bob).await;
        let order: Vec<_> = rows.iter().filter(|row| !row.body.is_empty()).map(|row| row.body.as_str()).collect();
        assert_eq!(order, ["hello", "one", "two", "three"]);
        let ours: Vec<_> = rows.iter().filter(|row| row.outgoing).map(|row| row.sent_at).collect();
        assert!(ours.windows(2).all(|pair| pair[1].since(pair[0]).as_millis() >= 2), "{ours:?}");
        let over = ours[3].since(desk.network_now);
        assert!(over.as_millis() <= 8, "no later than four stamps need: {over:?}");
    }

    #[tokio::test]
    async fn an_acceptance_and_its_line_are_dated_with_the_letter_that_answers() {
        for wrong in WRONG {
            let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
            bob.writes(&alice, "hello", NOW - MINUTE).await.unwrap();
            for letter in bob.hands_over(&alice).await {
                alice.gets(&letter, NOW - MINUTE).await;
            }
            writes(&alice, lost(&alice, wrong, 0), &bob, "hi").await;
            settles(&alice, told(&alice, wrong, 5), reading(1, 5)).await;
            assert_eq!(stamps(&alice).await, [0, 0, 0], "answer, letter, copy: {wrong}");
            let rows = alice.sees(&bob).await;
            assert_eq!(
                rows.iter().map(|row| row.kind).collect::<Vec<_>>(),
                [MessageKind::Text, MessageKind::RequestAccepted, MessageKind::Text],
                "{wrong}"
            );
            assert!(rows[1].sent_at < rows[2].sent_at);
        }
    }

    #[tokio::test]
    async fn what_is_on_its_way_or_gone_keeps_its_date() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let wrong = 20 * MINUTE as i64;
        writes(&alice, lost(&alice, wrong, 0), &bob, "sealed").await;
        let gone = writes(&alice, lost(&alice, wrong, 0), &bob, "deleted").await;
        let letter = alice.outbox().await[0].id;
        let desk = lost(&alice, wrong, 1);
        let conversation = ConversationId::from(bob.id);
        alice
            .does(move |tx| {
                tx.seal_errand(letter, b"sealed")?;
                crate::people::remove::delete_message(tx, &desk, &conversation, gone)
            })
            .await;
        settles(&alice, told(&alice, wrong, 5), reading(1, 5)).await;
        assert_eq!(dates(&alice, &bob).await, [("sealed".to_owned(), 20)]);
    }

    #[tokio::test]
    async fn a_date_that_is_right_stays_and_nobody_is_told() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let message = writes(&alice, lost(&alice, -3_000, 0), &bob, "hello").await;
        let (before, desk) = (alice.sees(&bob).await, told(&alice, -3_000, 1));
        let ((), changes) = alice.store.write("settle", move |tx| settle(tx, &desk, reading(1, 1))).await.unwrap();
        assert!(changes.is_empty());
        assert!(alice.sees(&bob).await == before && before[0].id == message);
    }
}
