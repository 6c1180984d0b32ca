//! Whether a message that comes only now may still be shown: not when it was removed here, when it is so old that nobody can
//! say, or when it is older than the decision to be rid of its conversation (messages.md 3.2, step 12).
//!
//! What was removed left a tombstone ([`crate::store`]), which outlives the memory of the swarm's names and of the envelope.
//! Tombstones go after 45 days, so what is dated before that and was never seen is recorded and not shown. Both of our
//! clocks must say so: one that is wrong, or a liar's time, must not keep everything away that is new.
//!
//! A conversation that was deleted or hidden, here or on another device, must not come back because a swarm still holds
//! an old message of it. Two things tell:
//!
//! - what this device knows itself: until when everything went with the conversation;
//! - what another device wrote into the configs: it is missing there or hidden. Only configs of *other* devices count: ours
//!   says nothing about what it never saw, and a stranger who wrote while we were away must not be lost because we changed
//!   a setting meanwhile. And only a document that is known: before the rows follow it, everybody is missing.
//!
//! Both must be more than two minutes newer than the message, since no two clocks agree. A moment that has not come yet was
//! noted by a wrong clock and says nothing. A device of this program also says what it had seen ([`people::was_seen`]): that
//! stays away however young it is, and what it had not seen is news.
//!
//! What is left out so is recorded with its bytes.

use super::{Desk, Incoming, Refusal};
use crate::clock::Timestamp;
use crate::config::DocumentKind;
use crate::error::Result;
use crate::people::{self, LEAD};
use crate::store::{ConversationId, Parted, Standing, TOMBSTONES_KEPT_FOR, WriteTx};

/// Why a letter is not shown in the conversation `with` somebody; `None` when it may be, or stands there already.
///
/// # Errors
/// Those of the ledger.
pub(super) fn refusal(
    tx: &WriteTx<'_>,
    desk: &Desk,
    with: &ConversationId,
    incoming: &Incoming,
) -> Result<Option<Refusal>> {
    let name = incoming.name();
    let refusal = if tx.is_buried(with, &name)? {
        Refusal::Removed
    } else if is_too_old(desk, incoming.sent_at) {
        Refusal::TooOld
    } else if is_gone(tx, desk, with, incoming)? {
        return Ok(Some(Refusal::ConversationGone));
    } else {
        return Ok(None);
    };
    let is_here = tx.same_message(with, &name)?.is_some();
    Ok(Some(refusal).filter(|_| !is_here))
}

/// Whether a tombstone of what was sent then may be gone already.
fn is_too_old(desk: &Desk, sent_at: Timestamp) -> bool {
    sent_at < desk.network_now.min(desk.device_now) - TOMBSTONES_KEPT_FOR
}

/// Whether what was said in the conversation `with` somebody belongs to one that is gone since.
///
/// # Errors
/// Those of the ledger.
fn is_gone(tx: &WriteTx<'_>, desk: &Desk, with: &ConversationId, incoming: &Incoming) -> Result<bool> {
    let Incoming { sender, sent_at, stored_at, .. } = *incoming;
    let standing = tx.standing(with)?;
    let hidden = standing.is_some_and(|standing| standing.priority < 0);
    if let Some(standing) = standing
        && (hidden || standing.removed)
        && standing.gone_at <= desk.network_now
        && standing.gone_at > sent_at + LEAD
    {
        return Ok(true);
    }
    // So much was removed at once that not all of it left a tombstone.
    if standing.is_some_and(|standing| sent_at <= standing.cleared_until) {
        return Ok(true);
    }
    let Some(account) = with.account() else { return Ok(false) };
    let is_note = *account == desk.me;
    let document = if is_note { DocumentKind::UserProfile } else { DocumentKind::Contacts };
    let applied_at = tx.applied_at(document.place(desk.me))?;
    let parted = tx.parted(&people::parting_hash(desk, account))?;
    if let Some(parted) = parted.filter(|known| known.said_at > Timestamp::ZERO) {
        let away = standing.is_none_or(|standing| standing.priority < 0 || standing.removed);
        if people::was_seen(&parted, away, sender == desk.me, sent_at, stored_at) {
            return Ok(true);
        }
        // Whoever deleted it did not see this, and said so just now.
        if applied_at.is_none_or(|applied_at| parted.is_word_of(applied_at)) {
            return Ok(false);
        }
    }
    if applied_at.is_none_or(|applied_at| applied_at <= sent_at + LEAD) {
        return Ok(false);
    }
    if parted.is_some_and(|parted| is_news(&parted, standing, stored_at, applied_at)) {
        return Ok(false);
    }
    let known = tx.contact(account)?.is_some_and(|row| row.approved || row.approved_me || row.blocked);
    Ok(hidden || (!is_note && !known))
}

/// Whether what the parting does not know is news, however its sender's clock goes: the newest document was there before it,
/// or the conversation went with that parting and with nothing later, so that the age of the document says nothing.
fn is_news(parted: &Parted, standing: Option<Standing>, stored_at: Timestamp, applied_at: Option<Timestamp>) -> bool {
    let until = parted.parting.theirs.max(Timestamp::from_millis(1));
    applied_at.is_some_and(|applied_at| stored_at > applied_at)
        || standing.is_some_and(|standing| standing.gone_at > Timestamp::ZERO && standing.gone_at <= until)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOON, Person, at};
    use super::super::{Outcome, Refusal, apply, open};
    use super::*;
    use crate::store::{DumpRow, Parting};

    /// Alice's configs, written by another device at `millis`.
    async fn config_at(alice: &Person, millis: u64) {
        let me = alice.id;
        let save = move |tx: &mut WriteTx<'_>| {
            for document in [DocumentKind::UserProfile, DocumentKind::Contacts] {
                let row = DumpRow::empty(document.place(me));
                tx.save_dump(&DumpRow { fetched: true, applied_at: at(millis), ..row })?;
            }
            Ok(())
        };
        alice.does(save).await;
    }

    #[tokio::test]
    async fn an_old_message_of_somebody_whom_newer_configs_do_not_know_is_kept_apart() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        for (config, expected) in [(NOON + 120_001, true), (NOON + 120_000, false)] {
            config_at(&alice, config).await;
            bob.writes(&alice, "hello", NOON).await.unwrap();
            let letters = bob.hands_over(&alice).await;
            let outcome = alice.gets(&letters[0], NOON + 200_000).await;
            assert_eq!(outcome == Outcome::Refused(Refusal::ConversationGone), expected, "{config}");
        }
    }

    #[tokio::test]
    async fn contacts_that_are_not_known_yet_keep_no_message_away() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let me = alice.id;
        let save = move |tx: &mut WriteTx<'_>| {
            let row = DumpRow::empty(DocumentKind::Contacts.place(me));
            tx.save_dump(&DumpRow { applied_at: at(NOON + 900_000), ..row })
        };
        alice.does(save).await;
        bob.writes(&alice, "hello", NOON).await.unwrap();
        let letters = bob.hands_over(&alice).await;
        assert!(matches!(alice.gets(&letters[0], NOON + 900_000).await, Outcome::Shown { .. }));
    }

    #[tokio::test]
    async fn a_strangers_message_is_never_lost_to_a_config_of_our_own() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        config_at(&alice, 0).await;
        bob.writes(&alice, "hello", NOON).await.unwrap();
        let letters = bob.hands_over(&alice).await;
        assert!(matches!(alice.gets(&letters[0], NOON + 900_000).await, Outcome::Shown { .. }));
    }

    #[tokio::test]
    async fn what_was_hidden_here_comes_back_with_a_newer_message_only() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let with = ConversationId::from(bob.id);
        alice.writes(&bob, "hi", NOON - 1_000).await.unwrap();
        let hide = with.clone();
        let hide = move |tx: &mut WriteTx<'_>| {
            tx.set_priority(&hide, -1)?;
            tx.set_gone_at(&hide, at(NOON + 120_010))
        };
        alice.does(hide).await;
        for (millis, now, shown) in
            [(NOON, NOON + 200_000, false), (NOON + 2, NOON + 120_010, false), (NOON + 10, NOON + 200_000, true)]
        {
            bob.writes(&alice, "hello", millis).await.unwrap();
            for letter in bob.hands_over(&alice).await {
                alice.gets(&letter, now).await;
            }
            let row = alice.chat(&bob).await.unwrap();
            assert_eq!(row.priority >= 0, shown, "{millis}");
        }
    }

    #[tokio::test]
    async fn a_moment_that_has_not_come_yet_swallows_nothing() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let with = ConversationId::from(bob.id);
        alice.writes(&bob, "hi", NOON - 1_000).await.unwrap();
        let hide = move |tx: &mut WriteTx<'_>| {
            tx.set_priority(&with, -1)?;
            tx.set_gone_at(&with, at(NOON + 30 * 86_400_000))
        };
        alice.does(hide).await;
        bob.writes(&alice, "hello", NOON).await.unwrap();
        let letters = bob.hands_over(&alice).await;
        assert!(matches!(alice.gets(&letters[0], NOON + 1).await, Outcome::Shown { .. }));
    }

    #[tokio::test]
    async fn a_note_that_is_older_than_hiding_the_notes_stays_away() {
        let (phone, laptop) = (Person::new(1, "Alice").await, Person::new(1, "Alice").await);
        let own = ConversationId::from(laptop.id);
        config_at(&laptop, NOON + 200_000).await;
        let hide = move |tx: &mut WriteTx<'_>| {
            tx.ensure_conversation(&own, at(NOON))?;
            tx.set_priority(&own, -1)
        };
        laptop.does(hide).await;
        phone.writes(&phone, "milk", NOON).await.unwrap();
        let letters = phone.hands_over(&laptop).await;
        assert_eq!(laptop.gets(&letters[0], NOON + 300_000).await, Outcome::Refused(Refusal::ConversationGone));
    }

    const MINUTE: u64 = 60_000;

    /// A laptop on which Bob is hidden since the phone deleted the conversation 20 minutes after noon, by Bob's slow clock at
    /// noon, and which knows of something else that was pushed 25 minutes later. `gone_at` is until when everything went.
    async fn hidden(laptop: &Person, bob: &Person, gone_at: u64) {
        let (hash, with) = (people::parting_hash(&laptop.desk(NOON), &bob.id), ConversationId::from(bob.id));
        let (id, deleted) = (bob.id, NOON + 20 * MINUTE);
        let hide = move |tx: &mut WriteTx<'_>| {
            tx.ensure_conversation(&with, at(NOON))?;
            tx.set_approved(&id, true)?;
            tx.set_gone_at(&with, at(gone_at))?;
            tx.set_priority(&with, -1)?;
            let parting = Parting { theirs: at(NOON), at: at(deleted), ..Parting::default() };
            tx.set_parted(&hash, parting, Some(at(deleted)))
        };
        laptop.does(hide).await;
        config_at(laptop, NOON + 45 * MINUTE).await;
    }

    #[tokio::test]
    async fn a_slow_clock_is_heard_after_a_deletion_whatever_is_pushed_meanwhile() {
        for (gone_at, sent, stored, shown, why) in [
            (NOON, 30, 50, true, "after everything"),
            (NOON, 10, 30, true, "between the deletion and the other push"),
            (NOON, 0, 15, false, "it was seen"),
            (NOON + 45 * MINUTE, 10, 30, false, "hidden once more, by another program"),
            (NOON + 45 * MINUTE, 44, 60, true, "after that too"),
        ] {
            let (laptop, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
            hidden(&laptop, &bob, gone_at).await;
            bob.writes(&laptop, "hello", NOON + sent * MINUTE).await.unwrap();
            let letter = bob.hands_over(&laptop).await.remove(0);
            let mut incoming = open(&laptop.keys, laptop.inbox(), laptop.inbox().name(&letter), &letter).unwrap();
            incoming.stored_at = at(NOON + stored * MINUTE);
            let desk = laptop.desk(NOON + 120 * MINUTE);
            let outcome = laptop.does(move |tx| apply(tx, &desk, &incoming)).await;
            assert_eq!(matches!(outcome, Outcome::Shown { .. }), shown, "{why}: {outcome:?}");
        }
    }
}
