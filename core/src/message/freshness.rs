//! Whether a message is older than the decision to be rid of its conversation (messages.md 3.2, step 12).
//!
//! A conversation that was deleted or hidden, here or on another device, must not come back because a swarm still holds
//! an old message of it. Two things tell:
//!
//! - what this device knows itself: the moment when the conversation went;
//! - what another device wrote into the configs: it is missing there or hidden, and the config is more than two minutes
//!   newer than the message. Only configs of *other* devices count: ours says nothing about what it never saw, and a
//!   stranger who wrote while we were away must not be lost because we changed a setting meanwhile.
//!
//! What is left out so is recorded with its bytes.

use std::time::Duration;

use super::Desk;
use crate::clock::Timestamp;
use crate::config::DocumentKind;
use crate::crypto::AccountId;
use crate::error::Result;
use crate::store::{ConversationId, WriteTx};

/// Whether what `with` and we said to each other at `sent_at` belongs to a conversation that is gone since.
///
/// # Errors
/// Those of the ledger.
pub(super) fn is_gone(tx: &WriteTx<'_>, desk: &Desk, with: &AccountId, sent_at: Timestamp) -> Result<bool> {
    let standing = tx.standing(&ConversationId::from(*with))?;
    let hidden = standing.is_some_and(|standing| standing.priority < 0);
    if let Some(standing) = standing
        && (hidden || standing.removed)
        && sent_at <= standing.gone_at
    {
        return Ok(true);
    }
    let is_note = *with == desk.me;
    let document = if is_note { DocumentKind::UserProfile } else { DocumentKind::Contacts };
    let Some(applied_at) = tx.applied_at(document.namespace())? else { return Ok(false) };
    if applied_at <= sent_at + CONFIG_LEAD {
        return Ok(false);
    }
    let known = tx.contact(with)?.is_some_and(|row| row.approved || row.approved_me || row.blocked);
    Ok(hidden || (!is_note && !known))
}

/// By how much a config must be newer than a message to know better. Source: session-foundation/session-desktop
/// `ts/receiver/contentMessage.ts`.
const CONFIG_LEAD: Duration = Duration::from_secs(2 * 60);

#[cfg(test)]
mod tests {
    use super::super::testing::{NOON, Person, at};
    use super::super::{Outcome, Refusal};
    use super::*;
    use crate::store::DumpRow;

    /// Alice's configs, written by another device at `millis`.
    async fn config_at(alice: &Person, millis: u64) {
        let save = move |tx: &mut WriteTx<'_>| {
            for document in [DocumentKind::UserProfile, DocumentKind::Contacts] {
                let row = DumpRow::empty(document.namespace());
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
            tx.set_gone_at(&hide, at(NOON + 10))
        };
        alice.does(hide).await;
        for (millis, shown) in [(NOON, false), (NOON + 20, true)] {
            bob.writes(&alice, "hello", millis).await.unwrap();
            for letter in bob.hands_over(&alice).await {
                alice.gets(&letter, NOON + 30).await;
            }
            let row = alice.chat(&bob).await.unwrap();
            assert_eq!(row.priority >= 0, shown, "{millis}");
        }
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
}
