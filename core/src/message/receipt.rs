//! Read receipts: the other person is told when we read what they wrote, and we when they read what we wrote.
//!
//! Off until somebody chooses otherwise, and symmetric: who tells nothing is told nothing (messages.md 7.2). Only between
//! people who accepted each other. Out: one letter for everything that was read at once, and only while somebody looks at the
//! account: what is marked as read from a notification, or behind a lock, tells nobody. Lines that nobody wrote are not
//! receipted. In: the first receipt of a message counts, at the moment when it was sent, and no later than now; one that comes
//! before its message waits for it until its swarm forgets the receipt.

use super::post::stamp;
use super::ttl::MESSAGE_TTL;
use super::{Desk, Incoming, Outcome, Post};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;
use crate::event::READ_RECEIPTS;
use crate::people;
use crate::store::{ConversationId, ReadTx, Receipt, Role, WriteTx};
use crate::wire::content::{Content, NamedAll, ReceiptMessage, ReceiptType};

/// The Content of a receipt for what was sent at these moments.
pub fn compose(sent_at: Timestamp, read: &[Timestamp]) -> Content {
    let receipt = ReceiptMessage {
        r#type: Some(ReceiptType::Read.into()),
        timestamp: read.iter().map(|moment| moment.as_millis()).collect(),
    };
    Content { receipt_message: Some(receipt.into()), sig_timestamp: Some(sent_at.as_millis()), ..Content::default() }
}

/// What is to be receipted of the unread letters between two places of a conversation: nothing, unless both want it so. Ask
/// before they are marked as read, and [`write()`] afterwards.
///
/// # Errors
/// Those of the ledger.
pub fn due(
    tx: &ReadTx<'_>,
    desk: &Desk,
    with: &ConversationId,
    from: Timestamp,
    up_to: Timestamp,
) -> Result<Vec<Timestamp>> {
    let Some(person) = with.account() else { return Ok(Vec::new()) };
    if !tx.setting(&READ_RECEIPTS)? || !people::is_told(tx, desk, person)? {
        return Ok(Vec::new());
    }
    tx.unread_between(with, from, up_to)
}

/// Tells `to` that what they sent at these moments was read.
///
/// # Errors
/// Those of the ledger.
pub fn write(tx: &mut WriteTx<'_>, desk: &Desk, to: &AccountId, read: &[Timestamp]) -> Result<()> {
    for some in read.chunks(MOST_IN_LETTER) {
        let sent_at = stamp(tx, desk)?;
        let content = compose(sent_at, some);
        Post { role: Role::Receipt, message: None, to: to.into(), content: &content, sent_at, after: Vec::new() }
            .write(tx, desk)?;
    }
    Ok(())
}

/// Applies the receipt of somebody else.
pub(super) fn apply(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    receipt: &NamedAll<ReceiptMessage, 3>,
) -> Result<Outcome> {
    let from = &incoming.sender;
    people::accepts_us(tx, from)?;
    let is_read = receipt.r#type == Some(ReceiptType::Read.into());
    if !is_read || !tx.setting(&READ_RECEIPTS)? || !people::is_told(tx, desk, from)? {
        return Ok(Outcome::Applied);
    }
    let now = desk.network_now;
    // What nobody shows any more, or cannot have been sent yet, has no message.
    let names = receipt.timestamp.iter().enumerate().map(|(at, moment)| {
        // A list of other length names nobody knows whom.
        let msg_id = receipt.msg_ids.get(at).filter(|_| receipt.msg_ids.len() == receipt.timestamp.len());
        (Timestamp::from_millis(*moment), msg_id.copied())
    });
    let names: Vec<_> =
        names.filter(|(moment, _)| *moment <= now + people::LEAD && *moment > Timestamp::ZERO).collect();
    let swarm_end = if incoming.swarm_end == Timestamp::ZERO { now + MESSAGE_TTL } else { incoming.swarm_end };
    let receipt = Receipt { read_at: incoming.sent_at.min(now), forgotten_at: swarm_end.min(now + MESSAGE_TTL) };
    tx.note_receipts(from, &names, receipt)?;
    Ok(Outcome::Applied)
}

/// Moments in one letter: about 7 kB.
const MOST_IN_LETTER: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::super::testing::{NOON, Person, at};
    use super::*;

    async fn friends(receipts: bool) -> (Person, Person) {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        alice.writes(&bob, "hello", NOON).await.unwrap();
        for letter in alice.hands_over(&bob).await {
            bob.gets(&letter, NOON).await;
        }
        bob.writes(&alice, "hello yourself", NOON + 10).await.unwrap();
        for letter in bob.hands_over(&alice).await {
            alice.gets(&letter, NOON + 10).await;
        }
        for person in [&alice, &bob] {
            person.does(move |tx| tx.set_setting(&READ_RECEIPTS, &receipts)).await;
            person.hands_over(person).await;
        }
        (alice, bob)
    }

    impl Person {
        /// Reads everything in the conversation with somebody; gives what leaves for them.
        async fn reads_all(&self, with: &Person, now: u64) -> Vec<Vec<u8>> {
            let (desk, id, to) = (self.desk(now), ConversationId::from(with.id), with.id);
            self.does(move |tx| {
                let (from, up_to) = (Timestamp::ZERO, at(u64::MAX));
                let read = due(tx, &desk, &id, from, up_to)?;
                people::mark_read_between(tx, &desk, &id, from, up_to)?;
                write(tx, &desk, &to, &read)
            })
            .await;
            self.hands_over(with).await
        }

        async fn seen(&self, with: &Person) -> Vec<u64> {
            let rows = self.sees(with).await.into_iter().filter(|row| row.outgoing && !row.body.is_empty());
            rows.map(|row| row.seen_at.as_millis()).collect()
        }
    }

    #[tokio::test]
    async fn what_is_read_at_once_is_receipted_in_one_letter_and_only_where_both_want_it() {
        for wanted in [true, false] {
            let (alice, bob) = friends(wanted).await;
            for millis in [20, 30, 40] {
                alice.writes(&bob, "one of many", NOON + millis).await.unwrap();
            }
            for letter in alice.hands_over(&bob).await {
                bob.gets(&letter, NOON + 50).await;
            }
            let receipts = bob.reads_all(&alice, NOON + 100).await;
            assert_eq!(receipts.len(), usize::from(wanted));
            for receipt in &receipts {
                assert_eq!(alice.gets(receipt, NOON + 200).await, Outcome::Applied);
            }
            let at = if wanted { NOON + 100 } else { 0 };
            assert_eq!(alice.seen(&bob).await[1..], [at, at, at]);
            assert!(bob.reads_all(&alice, NOON + 300).await.is_empty(), "once");
        }
    }

    #[tokio::test]
    async fn a_receipt_of_somebody_who_is_not_accepted_counts_nothing_and_leaves_nothing() {
        let (alice, mallory) = (Person::new(1, "Alice").await, Person::new(3, "Mallory").await);
        alice.does(|tx| tx.set_setting(&READ_RECEIPTS, &true)).await;
        mallory.writes(&alice, "buy", NOON).await.unwrap();
        for letter in mallory.hands_over(&alice).await {
            alice.gets(&letter, NOON).await;
        }
        assert!(alice.reads_all(&mallory, NOON + 10).await.is_empty(), "who asks is told nothing");
        for first in 0..10 {
            let many: Vec<_> = (0..10_000).map(|moment| at(NOON - 1_000_000 + 10_000 * first + moment)).collect();
            let receipt = mallory.letter(&alice, &compose(at(NOON + 20 + first), &many));
            assert_eq!(alice.gets(&receipt, NOON + 50).await, Outcome::Applied);
        }
        assert_eq!(alice.does(|tx| tx.purge_receipts(at(u64::MAX))).await, 0);
    }

    #[tokio::test]
    async fn a_hundred_thousand_receipts_of_a_friend_for_nothing_are_bounded() {
        let (alice, bob) = friends(true).await;
        for first in 0..10 {
            let many: Vec<_> = (0..10_000).map(|moment| at(NOON - 1_000_000 + 10_000 * first + moment)).collect();
            let receipt = bob.letter(&alice, &compose(at(NOON + 20 + first), &many));
            assert_eq!(alice.gets(&receipt, NOON + 50).await, Outcome::Applied);
        }
        let left = alice.does(|tx| tx.purge_receipts(at(u64::MAX))).await;
        assert_eq!(left, crate::store::MOST_OF_ONE as usize);
    }
}
