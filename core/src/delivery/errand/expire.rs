//! Shortening lifetimes in our own swarm: a letter that disappears so long after it was read is forgotten there when it goes.
//!
//! Nobody who starts the time of a letter has to think of it: before every commit [`write_due`] looks into an index of letters
//! that our swarm would keep for longer, which is nearly always empty, and writes the intention, one for all with the same
//! end. Half of the swarm must prove it.
//!
//! | the members say of a letter | then it disappears |
//! |---|---|
//! | it ends when we said | then |
//! | it ends earlier already | then: another device of ours read it first |
//! | they do not know it, though it would still be there | now: another device saw to its end |
//! | they do not know it, and it is so old that they forgot it | when we said |
//!
//! An intention that leaves only after its moment deletes: nodes refuse ends that are past. It is given up when the swarm has
//! forgotten everything by itself.

use crate::address::{LONGEST_TTL, SwarmHash};
use crate::clock::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Connection;
use crate::message::ttl::MESSAGE_TTL;
use crate::people::Desk;
use crate::store::{Errand, NewErrand, Urgency, What, WriteTx};
use crate::swarm::{ExpireMode, ExpiredBy, Expiry};

use crate::delivery::Hall;

/// When a letter ends in the swarm, as its members say; `None`: they do not know it.
pub(super) type End = (SwarmHash, Option<Timestamp>);

/// Writes the intention for every letter whose time began in this write, or before it.
///
/// # Errors
/// Those of the ledger.
pub(in crate::delivery) fn write_due(tx: &mut WriteTx<'_>, desk: &Desk) -> Result<()> {
    loop {
        let letters = tx.kept_too_long(MOST_IN_ERRAND)?;
        let Some(end) = letters.first().map(|first| first.end) else { return Ok(()) };
        let together: Vec<_> = letters.into_iter().take_while(|letter| letter.end == end).collect();
        for letter in &together {
            tx.note_swarm_end(letter.message, end)?;
        }
        write(tx, desk, together.into_iter().filter_map(|letter| letter.hash).collect(), end)?;
    }
}

fn write(tx: &mut WriteTx<'_>, desk: &Desk, hashes: Vec<SwarmHash>, end: Timestamp) -> Result<()> {
    if hashes.is_empty() {
        return Ok(());
    }
    tx.insert_errand(&NewErrand {
        what: What::Expire { hashes, end },
        message: None,
        address: desk.me.into(),
        created_at: desk.device_now,
        // As long as any swarm keeps anything.
        deadline: desk.device_now + LONGEST_TTL,
        after: Vec::new(),
        lane: None,
        urgency: Urgency::Background,
    })
    .map(|_| ())
}

/// Asks a member of the swarm. Gives what became of each letter.
pub(super) async fn attempt(hall: &Hall, errand: &Errand, hashes: &[SwarmHash], end: Timestamp) -> Result<Vec<End>> {
    let mailbox = hall
        .mailbox_of(errand.address)
        .ok_or_else(|| Error::new(ErrorKind::InvalidInput, "nothing of ours lies in that storage"))?;
    let ends = if end <= hall.desk().network_now {
        hall.swarms().delete(mailbox.auth(), hashes).await?;
        hashes.iter().map(|hash| (hash.clone(), None)).collect()
    } else {
        let shortened = hall.swarms().expire(mailbox.auth(), hashes, Expiry::Same(end), ExpireMode::Shorten).await?;
        let told: Vec<_> = shortened.members.accepted.into_iter().map(|(_, by)| by).collect();
        hashes.iter().map(|hash| (hash.clone(), end_of(hash, &told))).collect()
    };
    hall.note_connection(Connection::Online).await?;
    Ok(ends)
}

/// When a letter ends, of what the members say: the middle one, or a single one could make away with it.
fn end_of(hash: &SwarmHash, told: &[ExpiredBy]) -> Option<Timestamp> {
    let of =
        |by: &ExpiredBy| by.updated.iter().chain(&by.unchanged).find(|(named, _)| named == hash).map(|(_, end)| *end);
    let mut ends: Vec<_> = told.iter().filter_map(of).collect();
    ends.sort_unstable();
    ends.get(ends.len() / 2).copied()
}

/// The swarm has done it, at `now` (network).
pub(super) fn done(tx: &mut WriteTx<'_>, errand: &Errand, ends: &[End], now: Timestamp) -> Result<()> {
    for (hash, end) in ends {
        if let Some(end) = end {
            tx.confirm_swarm_end(hash, *end)?;
            tx.shorten_cursor(hash, *end)?;
        } else {
            tx.is_unknown_to_swarm(hash, now - MESSAGE_TTL, now)?;
            tx.forget_cursor(hash)?;
        }
    }
    tx.finish_errand(errand.id).map(|_| ())
}

/// Names in one errand: about 4 kB.
const MOST_IN_ERRAND: usize = 100;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::delivery::config_tests::{Device, befriend, bob, chat};
    use crate::store::{Disappearing, MessageKind, MessageState, NewMessage};

    /// Three letters of Bob's of which two disappear an hour after they were read, and one after a day.
    fn letters(now: Timestamp) -> impl FnOnce(&mut WriteTx<'_>) -> Result<()> + Send {
        move |tx| {
            for (number, hours) in [1, 1, 24].into_iter().enumerate() {
                let id = tx.insert_message(&NewMessage {
                    conversation: &chat(),
                    sender: &bob(),
                    outgoing: false,
                    kind: MessageKind::Text,
                    sent_at: now - Duration::from_secs(60) + Duration::from_millis(number as u64),
                    received_at: now,
                    body: "read and gone",
                    raw: &[],
                    swarm_hash: &number.to_string().repeat(43),
                    read_at: Timestamp::ZERO,
                    state: MessageState::Received,
                })?;
                let how = Disappearing::AfterRead(Duration::from_secs(hours * 60 * 60));
                tx.set_lifetime(id.unwrap(), how, None, now + LONGEST_TTL)?;
            }
            Ok(())
        }
    }

    #[tokio::test]
    async fn who_reads_writes_one_intention_for_all_that_end_together_and_writes_it_once() {
        let phone = Device::new(true).await;
        phone.does(befriend).await;
        let now = phone.hall.desk().network_now;
        phone.does(letters(now)).await;
        let intentions = async || {
            let errands = phone.hall.read(|tx| tx.errands()).await.unwrap();
            let expire = |errand: Errand| match errand.what {
                What::Expire { hashes, end } => Some((hashes.len(), end)),
                What::Store(_) | What::Delete(_) => None,
            };
            errands.into_iter().filter_map(expire).collect::<Vec<_>>()
        };
        assert_eq!(intentions().await, [], "nobody has read them");
        for _ in 0..2 {
            phone.does(move |tx| tx.mark_read(&chat(), at(u64::MAX), now)).await;
            let hour = Duration::from_secs(60 * 60);
            assert_eq!(intentions().await, [(2, now + hour), (1, now + 24 * hour)]);
        }
        let errand = phone.hall.read(|tx| tx.errands()).await.unwrap().remove(0);
        let hash = SwarmHash::parse(&"0".repeat(43)).unwrap();
        let earlier = now + Duration::from_secs(600);
        phone.does(move |tx| done(tx, &errand, &[(hash, Some(earlier))], now)).await;
        assert_eq!(phone.hall.read(|tx| tx.next_expiry()).await.unwrap(), Some(earlier), "it was read elsewhere first");
        assert_eq!(intentions().await.len(), 1);
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn one_member_cannot_make_away_with_a_letter_and_the_end_that_most_have_counts() {
        let hash = SwarmHash::parse(&"A".repeat(43)).unwrap();
        let updated = |end| ExpiredBy { updated: vec![(hash.clone(), at(end))], unchanged: vec![] };
        let unchanged = |end| ExpiredBy { updated: vec![], unchanged: vec![(hash.clone(), at(end))] };
        let none = ExpiredBy { updated: vec![], unchanged: vec![] };
        for (told, expected, why) in [
            (vec![updated(900), updated(900), updated(900)], Some(900), "as we said"),
            (vec![unchanged(1), updated(900), updated(900)], Some(900), "a liar"),
            (vec![unchanged(500), unchanged(500), updated(900)], Some(500), "read elsewhere before"),
            (vec![none.clone(), updated(900)], Some(900), "one has lost it"),
            (vec![none.clone(), none.clone()], None, "nobody has it"),
        ] {
            assert_eq!(end_of(&hash, &told), expected.map(at), "{why}");
        }
    }
}
