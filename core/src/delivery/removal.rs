//! Taking back what was said, on this device only: one message, or a whole conversation.
//!
//! What was not accepted yet must not leave later: its rows of the outbox go in the same write. And what is gone must not
//! come back with the next poll. Whatever a poll brought is marked as processed already; but a copy of ours that is under
//! way may have reached our swarm without our knowing (the answer was lost, or is still to come). Its name there follows
//! from its sealed bytes, so it is marked as processed here, before it can be met there.

use crate::address::{Place, SwarmHash};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Result};
use crate::message::Desk;
use crate::message::request::HIDDEN;
use crate::message::ttl::LONGEST_TTL;
use crate::store::{ConversationId, Errand, MessageId, WriteTx};

/// Removes a message of `conversation` here.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is no such message in it; those of the ledger.
pub fn delete_message(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    conversation: &ConversationId,
    message: MessageId,
) -> Result<()> {
    if tx.message(message)?.is_none_or(|row| row.conversation != *conversation) {
        return Err(Error::new(ErrorKind::NotFound, "message does not exist here"));
    }
    let under_way = tx.errands_of_message(message)?;
    never_meet_again(tx, desk, &under_way)?;
    tx.remove_message(message).map(|_| ())
}

/// Removes a conversation with all its messages here. With a draft it stays in the list, with nothing but the draft.
///
/// # Errors
/// Those of the ledger.
pub fn clear(tx: &mut WriteTx<'_>, desk: &Desk, conversation: &ConversationId) -> Result<()> {
    let Some(row) = tx.conversation(conversation)? else { return Ok(()) };
    let under_way = tx.errands_of_conversation(conversation)?;
    never_meet_again(tx, desk, &under_way)?;
    tx.remove_conversation(conversation)?;
    if !row.draft.is_empty() {
        tx.ensure_conversation(conversation, desk.device_now)?;
        tx.set_priority(conversation, row.priority)?;
        tx.set_draft(conversation, &row.draft)?;
    }
    Ok(())
}

/// Until when what was sent stays away after somebody here deletes, declines or hides: until the newest of it that they
/// could see, by the sender's own clock. Not until now: our clock may be wrong, theirs may be slow, and what arrives later
/// is news to whoever deleted what was there. Never zero, which stands for a conversation that never went.
///
/// # Errors
/// Those of the ledger.
pub fn seen_until(tx: &WriteTx<'_>, desk: &Desk, conversation: &ConversationId) -> Result<Timestamp> {
    let notes = *conversation == ConversationId::from(desk.me);
    Ok(tx.newest_until_here(conversation, notes)?.max(Timestamp::from_millis(1)))
}

/// Removes a conversation here and from the list of all our devices. The person stays a contact. What was sent until `at`
/// (network time) stays away.
///
/// # Errors
/// Those of the ledger.
pub fn delete_conversation(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    conversation: &ConversationId,
    at: Timestamp,
) -> Result<()> {
    never_meet_again(tx, desk, &tx.errands_of_conversation(conversation)?)?;
    tx.ensure_conversation(conversation, desk.device_now)?;
    tx.remove_conversation(conversation)?;
    tx.set_gone_at(conversation, at)?;
    tx.set_priority(conversation, HIDDEN)?;
    Ok(())
}

/// Removes a person from the contacts, with the conversation: here and, through the configs, on all our devices. What was
/// sent until `at` (network time) stays away. They are not told that we had accepted them, if they were not yet.
///
/// # Errors
/// Those of the ledger.
pub fn delete_contact(tx: &mut WriteTx<'_>, desk: &Desk, person: &AccountId, at: Timestamp) -> Result<()> {
    let conversation = ConversationId::from(*person);
    delete_conversation(tx, desk, &conversation, at)?;
    tx.set_priority(&conversation, 0)?;
    tx.withdraw_answers(person)?;
    tx.forget_contact(person)
}

/// Marks what our own swarm has, or may get yet, of these rows as processed.
fn never_meet_again(tx: &mut WriteTx<'_>, desk: &Desk, errands: &[Errand]) -> Result<()> {
    for errand in errands.iter().filter(|errand| errand.address == desk.me.into()) {
        let Some(parcel) = errand.parcel() else { continue };
        if let Some(sealed) = &parcel.sealed {
            let hash = SwarmHash::of(&errand.address, parcel.namespace, sealed);
            let place = Place { owner: errand.address, namespace: parcel.namespace };
            tx.mark_seen(place, &hash, desk.network_now + LONGEST_TTL)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::message::request;
    use crate::message::testing::{NOON, Person};
    use crate::store::Role;

    async fn alice_and_bob() -> (Person, Person) {
        (Person::new(1, "Alice").await, Person::new(2, "Bob").await)
    }

    #[tokio::test]
    async fn a_deleted_message_goes_with_its_letter_its_copy_and_its_words() {
        let (alice, bob) = alice_and_bob().await;
        let kept = alice.writes(&bob, "marmalade one", NOON).await.unwrap();
        let gone = alice.writes(&bob, "marmalade two", NOON).await.unwrap();
        let (desk, chat) = (alice.desk(NOON), ConversationId::from(bob.id));
        alice.does(move |tx| delete_message(tx, &desk, &chat, gone)).await;
        assert_eq!(alice.reads(&bob).await, ["marmalade one"]);
        let rows = alice.outbox().await;
        assert_eq!(rows.len(), 2, "letter and copy of the other one");
        assert!(rows.iter().all(|row| row.message == Some(kept)));
        let found = alice.store.read(|tx| tx.search("marmalade", None, None, 10)).await.unwrap();
        assert_eq!(found.len(), 1);
    }

    #[tokio::test]
    async fn a_copy_that_may_be_in_our_swarm_already_is_not_met_again() {
        let (alice, bob) = alice_and_bob().await;
        let message = alice.writes(&bob, "hello", NOON).await.unwrap();
        let copy = alice.outbox().await.into_iter().find(|row| row.role() == Some(Role::Copy)).unwrap();
        let parcel = copy.parcel().unwrap();
        let sealed = alice.seals(&alice, &parcel.content, parcel.sent_at);
        let place = Place { owner: Address::from(alice.id), namespace: parcel.namespace };
        let hash = SwarmHash::of(&place.owner, place.namespace, &sealed);
        let (desk, chat) = (alice.desk(NOON), ConversationId::from(bob.id));
        alice
            .does(move |tx| {
                tx.seal_errand(copy.id, &sealed)?;
                delete_message(tx, &desk, &chat, message)
            })
            .await;
        assert!(alice.store.read(move |tx| tx.is_seen(place, &hash)).await.unwrap());
    }

    #[tokio::test]
    async fn a_message_of_another_conversation_is_left_alone() {
        let (alice, bob) = alice_and_bob().await;
        let carol = Person::new(3, "Carol").await;
        let message = alice.writes(&bob, "hello", NOON).await.unwrap();
        let (desk, chat) = (alice.desk(NOON), ConversationId::from(carol.id));
        let tried = alice.store.write("delete", move |tx| delete_message(tx, &desk, &chat, message)).await;
        assert_eq!(tried.err().map(|error| error.kind()), Some(ErrorKind::NotFound));
        assert_eq!(alice.reads(&bob).await, ["hello"]);
    }

    #[tokio::test]
    async fn a_cleared_conversation_is_gone_until_somebody_writes_and_its_person_stays() {
        let (alice, bob) = alice_and_bob().await;
        alice.writes(&bob, "hello", NOON).await.unwrap();
        let (desk, chat) = (alice.desk(NOON), ConversationId::from(bob.id));
        alice.does(move |tx| clear(tx, &desk, &chat)).await;
        assert!(alice.chat(&bob).await.is_none());
        assert_eq!(alice.outbox().await, []);
        let person = bob.id;
        assert!(alice.store.read(move |tx| tx.contact(&person)).await.unwrap().unwrap().approved);
        bob.writes(&alice, "still there?", NOON + 10).await.unwrap();
        for letter in bob.hands_over(&alice).await {
            alice.gets(&letter, NOON + 20).await;
        }
        assert_eq!(alice.reads(&bob).await, ["still there?"]);
    }

    #[tokio::test]
    async fn a_cleared_conversation_keeps_its_draft_and_its_pin() {
        let (alice, bob) = alice_and_bob().await;
        alice.writes(&bob, "hello", NOON).await.unwrap();
        let (desk, chat) = (alice.desk(NOON), ConversationId::from(bob.id));
        alice
            .does(move |tx| {
                tx.set_draft(&chat, "not yet")?;
                tx.set_priority(&chat, 1)?;
                clear(tx, &desk, &chat)
            })
            .await;
        let row = alice.chat(&bob).await.unwrap();
        assert_eq!((row.draft.as_str(), row.priority, row.newest), ("not yet", 1, None));
    }

    /// Mallory's request, accepted without a network.
    async fn accepted_offline() -> (Person, Person) {
        let (alice, mallory) = (Person::new(1, "Alice").await, Person::new(4, "Mallory").await);
        mallory.writes(&alice, "do you remember me?", NOON).await.unwrap();
        for letter in mallory.hands_over(&alice).await {
            alice.gets(&letter, NOON + 1).await;
        }
        let (desk, from) = (alice.desk(NOON + 2), mallory.id);
        alice.does(move |tx| request::accept(tx, &desk, &from)).await;
        assert_eq!(alice.outbox().await.iter().map(|row| row.role()).collect::<Vec<_>>(), [Some(Role::Answer)]);
        (alice, mallory)
    }

    #[tokio::test]
    async fn who_deletes_the_contact_or_declines_takes_the_acceptance_back_that_did_not_leave() {
        for declines in [true, false] {
            let (alice, mallory) = accepted_offline().await;
            let bob = Person::new(2, "Bob").await;
            alice.writes(&bob, "hello", NOON + 3).await.unwrap();
            let (desk, from) = (alice.desk(NOON + 4), mallory.id);
            let thinks_better = move |tx: &mut WriteTx<'_>| {
                if declines { request::decline(tx, &from) } else { delete_contact(tx, &desk, &from, desk.network_now) }
            };
            alice.does(thinks_better).await;
            let left: Vec<_> = alice.outbox().await.iter().map(|row| row.role().unwrap()).collect();
            assert_eq!(left, [Role::Message, Role::Copy], "only what is for others");
        }
    }

    #[tokio::test]
    async fn who_deletes_the_conversation_alone_still_accepts() {
        let (alice, mallory) = accepted_offline().await;
        let (desk, chat) = (alice.desk(NOON + 3), ConversationId::from(mallory.id));
        alice.does(move |tx| delete_conversation(tx, &desk, &chat, desk.network_now)).await;
        assert_eq!(alice.outbox().await.len(), 1);
    }
}
