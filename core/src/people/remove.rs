//! Taking back what was said, on this device only: one message, a whole conversation, or what disappears by itself. And one
//! message on all our devices.
//!
//! What was not accepted yet must not leave later: its rows of the outbox go in the same write. And what is gone must not
//! come back with the next poll, nor when a node puts it into another envelope: everything that is removed leaves a
//! tombstone in the ledger, which knows it by conversation, sender and moment. A copy of ours that is under way may have
//! reached our swarm without our knowing (the answer was lost, or is still to come). Its name there follows from its sealed
//! bytes, so it is marked as processed here, before it can be met there.
//!
//! A whole conversation, or a contact, goes until a moment: what was sent later is news. Somebody who deletes here means what
//! they could see: our other devices hear how far that was, and our swarm deletes it (`part`). Another device of ours says
//! itself until when ([`delete_conversation_until`], [`delete_contact_until`]).
//!
//! A message that goes everywhere ([`delete_everywhere`]) leaves a line that says so, and nothing of what was said: in Note to
//! Self, and where nobody ever got it, not even the line. `message::unsend` tells the others.

use super::Desk;
use super::HIDDEN;
use super::part;
use crate::address::{LONGEST_TTL, Place, SwarmHash};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ConversationId, Errand, MessageId, MessageRow, MessageState, Role, WriteTx};

/// What others may have of a message that is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It never left this device.
    Nothing,
    /// It came in, it left, or it may have.
    Something,
}

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
    match delete_messages(tx, desk, conversation, &[message])? {
        0 => Err(Error::new(ErrorKind::NotFound, "message does not exist here")),
        _ => Ok(()),
    }
}

/// Removes those of these messages that stand in `conversation` here; gives how many did.
///
/// # Errors
/// Those of the ledger.
pub fn delete_messages(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    conversation: &ConversationId,
    messages: &[MessageId],
) -> Result<usize> {
    let mut here = Vec::with_capacity(messages.len());
    for message in messages {
        if tx.conversation_of(*message)?.as_ref() == Some(conversation) {
            here.push(*message);
        }
    }
    never_meet_again(tx, desk, &tx.errands_of_messages(&here)?)?;
    tx.remove_messages(&here, desk.network_now)
}

/// Takes what was said in a message away here, with what of it still waits to be sent, and writes the intention to delete it
/// from our own swarm: what that has for certain, and a copy that is under way. It counts as read then. Gives what others may
/// have of it.
///
/// # Errors
/// Those of the ledger.
pub fn delete_everywhere(tx: &mut WriteTx<'_>, desk: &Desk, row: &MessageRow) -> Result<Left> {
    let mut names = Vec::new();
    let left = take_everywhere(tx, desk, row, &mut names)?;
    part::delete_names(tx, desk, &names)?;
    Ok(left)
}

/// [`delete_everywhere`] but for the intention to delete from our own swarm, for which it adds what that calls the message to
/// `names`: of several messages one errand is enough ([`delete_from_swarm`]).
///
/// # Errors
/// Those of the ledger.
pub fn take_everywhere(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    row: &MessageRow,
    names: &mut Vec<SwarmHash>,
) -> Result<Left> {
    let under_way = tx.errands_of_message(row.id)?;
    let left = if tx.left_before(row.id)? { Left::Something } else { what_left(row, &under_way) };
    never_meet_again(tx, desk, &under_way)?;
    names.extend(SwarmHash::parse(&row.swarm_hash));
    names.extend(names_of(desk, &under_way).into_iter().map(|(_, name)| name));
    if left == Left::Nothing || row.conversation == ConversationId::from(desk.me) {
        tx.remove_message(row.id, desk.network_now)?;
    } else {
        tx.erase_message(row.id, desk.network_now)?;
    }
    Ok(left)
}

/// Writes the intention to delete from our own swarm what it calls so.
///
/// # Errors
/// Those of the ledger.
pub fn delete_from_swarm(tx: &mut WriteTx<'_>, desk: &Desk, names: &[SwarmHash]) -> Result<()> {
    part::delete_names(tx, desk, names)
}

/// A letter leaves in the moment in which it is sealed: whatever came of that, its swarm may have it. One whose errand is lost
/// (a rescue) may have left as well.
fn what_left(row: &MessageRow, under_way: &[Errand]) -> Left {
    let mut letters = under_way.iter().filter(|errand| errand.role() == Some(Role::Message)).peekable();
    let waits = row.outgoing && row.state != MessageState::Sent && letters.peek().is_some();
    let sealed = letters.any(|errand| errand.parcel().is_some_and(|parcel| parcel.sealed.is_some()));
    if waits && !sealed { Left::Nothing } else { Left::Something }
}

/// Removes messages whose time is over, those that ended first first, and no more than `most`. Says whether there may be more.
///
/// # Errors
/// Those of the ledger.
pub fn remove_expired(tx: &mut WriteTx<'_>, desk: &Desk, most: usize) -> Result<bool> {
    let expired = tx.expired(desk.network_now, most)?;
    never_meet_again(tx, desk, &tx.errands_of_messages(&expired)?)?;
    tx.remove_messages(&expired, desk.network_now)?;
    Ok(expired.len() >= most)
}

/// Removes a conversation with all its messages here. With a draft it stays in the list, with nothing but the draft.
///
/// # Errors
/// Those of the ledger.
pub fn clear(tx: &mut WriteTx<'_>, desk: &Desk, conversation: &ConversationId) -> Result<()> {
    let Some(row) = tx.conversation(conversation)? else { return Ok(()) };
    let under_way = tx.errands_of_conversation(conversation)?;
    never_meet_again(tx, desk, &under_way)?;
    let seen = seen_until(tx, desk, conversation)?;
    tx.remove_conversation(conversation, desk.network_now)?;
    tx.set_gone_at(conversation, seen)?;
    if !row.draft.is_empty() {
        tx.ensure_conversation(conversation, desk.device_now)?;
        tx.set_priority(conversation, row.priority)?;
        tx.set_draft(conversation, &row.draft, None)?;
    }
    Ok(())
}

/// Removes a conversation here and from the list of all our devices, with everything that could be seen in it. The person
/// stays a contact.
///
/// # Errors
/// Those of the ledger.
pub fn delete_conversation(tx: &mut WriteTx<'_>, desk: &Desk, conversation: &ConversationId) -> Result<()> {
    let seen = take_from_all(tx, desk, conversation)?;
    delete_conversation_until(tx, desk, conversation, seen)
}

/// Removes a person from the contacts, with the conversation: here and, through the configs, on all our devices. They are
/// not told, also not that we had accepted them, if they were not yet.
///
/// # Errors
/// [`ErrorKind::NotAllowed`] for ourselves; those of the ledger.
pub fn delete_contact(tx: &mut WriteTx<'_>, desk: &Desk, person: &AccountId) -> Result<()> {
    if *person == desk.me {
        return Err(Error::new(ErrorKind::NotAllowed, "nobody is their own contact"));
    }
    let seen = take_from_all(tx, desk, &ConversationId::from(*person))?;
    delete_contact_until(tx, desk, person, seen)
}

/// Says to our other devices, and to our swarm, that what can be seen here of a conversation goes. Gives until when that is.
fn take_from_all(tx: &mut WriteTx<'_>, desk: &Desk, conversation: &ConversationId) -> Result<Timestamp> {
    part::note_seen(tx, desk, conversation, part::Going::Deleted)?;
    let under_way = names_of(desk, &tx.errands_of_conversation(conversation)?);
    part::delete_from_swarm(tx, desk, conversation, under_way.into_iter().map(|(_, name)| name).collect())?;
    seen_until(tx, desk, conversation)
}

/// [`delete_conversation`], where what was sent until `at` (network time) stays away.
///
/// # Errors
/// Those of the ledger.
pub fn delete_conversation_until(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    conversation: &ConversationId,
    at: Timestamp,
) -> Result<()> {
    never_meet_again(tx, desk, &tx.errands_of_conversation(conversation)?)?;
    tx.ensure_conversation(conversation, desk.device_now)?;
    tx.remove_conversation(conversation, desk.network_now)?;
    tx.set_gone_at(conversation, at)?;
    tx.set_priority(conversation, HIDDEN)?;
    Ok(())
}

/// [`delete_contact`], where what was sent until `at` (network time) stays away.
///
/// # Errors
/// Those of the ledger.
pub fn delete_contact_until(tx: &mut WriteTx<'_>, desk: &Desk, person: &AccountId, at: Timestamp) -> Result<()> {
    let conversation = ConversationId::from(*person);
    delete_conversation_until(tx, desk, &conversation, at)?;
    tx.set_priority(&conversation, 0)?;
    tx.withdraw_answers(person)?;
    tx.forget_contact(person)
}

/// Until when what was sent stays away after somebody here deletes, declines or hides: until the newest of it that they
/// could see, by the sender's own clock. Not until now: our clock may be wrong, theirs may be slow, and what arrives later
/// is news to whoever deleted what was there. Never zero, which stands for a conversation that never went.
///
/// # Errors
/// Those of the ledger.
pub(super) fn seen_until(tx: &WriteTx<'_>, desk: &Desk, conversation: &ConversationId) -> Result<Timestamp> {
    let notes = *conversation == ConversationId::from(desk.me);
    Ok(tx.newest_until_here(conversation, notes)?.max(Timestamp::from_millis(1)))
}

/// Marks what our own swarm has, or may get yet, of these rows as processed.
fn never_meet_again(tx: &mut WriteTx<'_>, desk: &Desk, errands: &[Errand]) -> Result<()> {
    for (place, name) in names_of(desk, errands) {
        tx.mark_seen(place, &name, desk.network_now + LONGEST_TTL)?;
    }
    Ok(())
}

/// What our own swarm calls, or would call, what these rows store there.
fn names_of(desk: &Desk, errands: &[Errand]) -> Vec<(Place, SwarmHash)> {
    let ours = errands.iter().filter(|errand| errand.address == desk.me.into());
    let sealed = ours.filter_map(|errand| {
        let parcel = errand.parcel()?;
        let place = Place { owner: errand.address, namespace: parcel.namespace };
        Some((place, place.name(parcel.sealed.as_ref()?)))
    });
    sealed.collect()
}
