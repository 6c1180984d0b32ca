//! Calls, of which this version takes none: one line for each that was missed, once, from people we accepted.
//!
//! | step | from | then |
//! |---|---|---|
//! | a call comes, or is offered | somebody we accepted, within five minutes | the line, unless it stands there |
//! | the same | anybody else, or later | nothing |
//! | answered, or ended | another device of ours | it was not missed: no line, and one that stands there goes |
//! | anything else | anybody | nothing |
//!
//! A call is known by the name that its caller drew for it, also when its connection is renewed hours later (messages.md 8).

use super::text::{self, Entry};
use super::ttl::CALL_TTL;
use super::{Desk, Incoming, Outcome};
use crate::error::Result;
use crate::people::{self, remove};
use crate::store::{ConversationId, MessageKind, WriteTx};
use crate::wire::content::CallType;

/// A step of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step<'a> {
    /// Which; `None` for one that this version does not know.
    pub what: Option<CallType>,
    /// What its caller named the call; empty for no name.
    pub uuid: &'a str,
}

/// Applies a step of somebody else.
pub(super) fn apply(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming, step: Step<'_>) -> Result<Outcome> {
    let from = &incoming.sender;
    people::accepts_us(tx, from)?;
    let rings = matches!(step.what, Some(CallType::PreOffer | CallType::Offer)) && !step.uuid.is_empty();
    let too_late = incoming.sent_at + CALL_TTL < desk.network_now;
    if !rings || too_late || !people::is_friend(tx, desk, from)? || !tx.hear_of_call(step.uuid, desk.network_now)? {
        return Ok(Outcome::Applied);
    }
    let with = ConversationId::from(*from);
    let outcome = text::store(
        tx,
        desk,
        incoming,
        &with,
        &Entry { kind: MessageKind::MissedCall, body: "", raw: text::NOTHING, quote: None },
    )?;
    if let Outcome::Shown { message, .. } = outcome {
        tx.set_call_line(step.uuid, message)?;
    }
    Ok(outcome)
}

/// Another device of ours took a call, or ended it.
pub(super) fn taken(tx: &mut WriteTx<'_>, desk: &Desk, step: Step<'_>) -> Result<Outcome> {
    if step.uuid.is_empty() || tx.hear_of_call(step.uuid, desk.network_now)? {
        return Ok(Outcome::Applied);
    }
    let line = tx.call_line(step.uuid)?;
    if let Some(row) = line.map(|line| tx.message(line)).transpose()?.flatten() {
        remove::delete_message(tx, desk, &row.conversation, row.id)?;
    }
    Ok(Outcome::Applied)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOON, Person, at};
    use super::*;
    use crate::store::MessageRow;
    use crate::wire::content::{CallMessage, Content};

    fn call(what: CallType, uuid: &str, millis: u64) -> Content {
        let call = CallMessage { r#type: Some(what.into()), uuid: Some(uuid.to_owned()), ..CallMessage::default() };
        Content { call_message: Some(call), sig_timestamp: Some(millis), ..Content::default() }
    }

    async fn bob_who_accepts(alice: &Person) -> Person {
        let (bob, from) = (Person::new(2, "Bob").await, alice.id);
        bob.does(move |tx| {
            tx.ensure_contact(&from, at(NOON))?;
            tx.set_approved(&from, true).map(|_| ())
        })
        .await;
        bob
    }

    fn missed(rows: &[MessageRow]) -> usize {
        rows.iter().filter(|row| row.kind == MessageKind::MissedCall).count()
    }

    #[tokio::test]
    async fn one_call_is_one_line_whatever_it_takes_to_ring_and_two_calls_are_two() {
        let alice = Person::new(1, "Alice").await;
        let bob = bob_who_accepts(&alice).await;
        for (what, uuid, millis) in [
            (CallType::PreOffer, "one", 1),
            (CallType::Offer, "one", 2),
            (CallType::IceCandidates, "one", 3),
            (CallType::EndCall, "one", 4),
            (CallType::Offer, "two", 5),
            (CallType::Offer, "", 6),
        ] {
            let letter = alice.letter(&bob, &call(what, uuid, NOON + millis));
            bob.gets(&letter, NOON + 10).await;
        }
        let rows = bob.sees(&alice).await;
        assert_eq!((missed(&rows), rows.len(), bob.chat(&alice).await.unwrap().unread), (2, 2, 2));
        let late = alice.letter(&bob, &call(CallType::Offer, "three", NOON));
        assert_eq!(bob.gets(&late, NOON + 6 * 60 * 1_000).await, Outcome::Applied);
        let (desk, id, with) = (bob.desk(NOON + 20), rows[0].id, ConversationId::from(alice.id));
        bob.does(move |tx| remove::delete_message(tx, &desk, &with, id)).await;
        let again = alice.letter(&bob, &call(CallType::Offer, "one", NOON + 30));
        assert_eq!(bob.gets(&again, NOON + 31).await, Outcome::Applied, "what was deleted does not ring again");
        assert_eq!(missed(&bob.sees(&alice).await), 1);
    }

    #[tokio::test]
    async fn a_call_that_another_device_of_ours_took_was_not_missed() {
        let alice = Person::new(1, "Alice").await;
        let bob = bob_who_accepts(&alice).await;
        bob.gets(&alice.letter(&bob, &call(CallType::PreOffer, "one", NOON)), NOON + 1).await;
        assert_eq!(missed(&bob.sees(&alice).await), 1);
        bob.gets(&bob.letter(&bob, &call(CallType::Answer, "one", NOON + 2)), NOON + 3).await;
        bob.gets(&bob.letter(&bob, &call(CallType::EndCall, "two", NOON + 4)), NOON + 5).await;
        bob.gets(&alice.letter(&bob, &call(CallType::Offer, "one", NOON + 6)), NOON + 7).await;
        bob.gets(&alice.letter(&bob, &call(CallType::Offer, "two", NOON + 8)), NOON + 9).await;
        assert_eq!(missed(&bob.sees(&alice).await), 0);
    }

    #[tokio::test]
    async fn a_stranger_who_calls_is_not_heard() {
        let (mallory, bob) = (Person::new(3, "Mallory").await, Person::new(2, "Bob").await);
        let letter = mallory.letter(&bob, &call(CallType::PreOffer, "one", NOON));
        assert_eq!(bob.gets(&letter, NOON + 1).await, Outcome::Applied);
        assert_eq!((bob.requests().await, bob.chat(&mallory).await), (0, None));
    }
}
