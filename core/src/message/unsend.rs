//! Deleting what was said: for everyone, or on all our devices (messages.md 7.5).
//!
//! Here it goes at once, in one write: the words, what of them still waits to be sent, and their place in the search. A line
//! stays that says so; in Note to Self, and where nobody ever got the message, not even that. Everything else is an errand and
//! waits for no other, so that being offline strands nobody: the deletion from our own swarm, the request to the other person,
//! the request to our own devices.
//!
//! | | here | our swarm | our devices | the other person |
//! |---|---|---|---|---|
//! | for everyone (what we wrote) | line | deleted | asked | asked |
//! | on all our devices | line | deleted | asked | keeps it |
//! | Note to Self, either way | nothing | deleted | asked | |
//! | what never left | nothing | | | |
//!
//! A request counts when its sender is the author, or ourselves; a peer's looks only in the conversation with that peer
//! ([`target`]). One that comes before its message waits for it, bounded ([`crate::store::Early`]). Being deleted twice changes
//! nothing, and a deletion is never undone: the line holds the place of the message, and what was removed has a tombstone.

use std::collections::HashSet;

use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Result};
use crate::people::{
    self,
    remove::{Left, delete_everywhere, delete_from_swarm, take_everywhere},
};
use crate::store::{
    ConversationId, Early, EarlyWord, MessageId, MessageKind, MessageName, MessageRow, ReadTx, Role, WriteTx,
};
use crate::wire::content::{Content, Named, UnsendRequest};

use super::post::stamp;
use super::{Desk, Incoming, Outcome, Post, Refusal};

/// From where a message is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// From our devices and our swarm; the other person keeps it.
    OurDevices,
    /// From there, and the other person is asked to do the same. Only what we wrote.
    Everyone,
}

/// The Content of a request.
pub fn compose(sent_at: Timestamp, of: &MessageName) -> Content {
    let reference = UnsendRequest { timestamp: Some(of.sent_at.as_millis()), author: Some(of.author.to_string()) };
    let request = Named { reference, msg_id: of.msg_id };
    Content { unsend_request: Some(request), sig_timestamp: Some(sent_at.as_millis()), ..Content::default() }
}

/// Deletes a message of `conversation` as far as `reach` goes. What is deleted everywhere already stays as it is.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is no such message in it; [`ErrorKind::NotAllowed`] for a line that nobody wrote, and for
/// everyone where somebody else wrote it; those of the ledger.
pub fn write(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    conversation: &ConversationId,
    message: MessageId,
    reach: Reach,
) -> Result<()> {
    match write_all(tx, desk, conversation, &[message], reach)? {
        0 => Err(Error::new(ErrorKind::NotFound, "message does not exist here")),
        _ => Ok(()),
    }
}

/// Deletes those of these messages that stand in `conversation` as far as `reach` goes, or none of them; gives how many stood
/// there. Our own swarm is asked once for all.
///
/// # Errors
/// [`ErrorKind::NotAllowed`] when that is so for one of them, as for [`write()`]; those of the ledger.
pub fn write_all(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    conversation: &ConversationId,
    messages: &[MessageId],
    reach: Reach,
) -> Result<usize> {
    let rows = check_all(tx, conversation, messages, reach)?;
    let mut names = Vec::new();
    for row in rows.iter().filter(|row| row.kind != MessageKind::Deleted) {
        let of = MessageName { author: row.sender, sent_at: row.sent_at, msg_id: tx.msg_id(row.id)? };
        if take_everywhere(tx, desk, row, &mut names)? == Left::Something {
            ask(tx, desk, conversation, &of, reach)?;
        }
    }
    delete_from_swarm(tx, desk, &names)?;
    Ok(rows.len())
}

/// Those of these messages that stand in `conversation`, if somebody here may delete them all so.
///
/// # Errors
/// As [`write_all`].
pub fn check_all(
    tx: &ReadTx<'_>,
    conversation: &ConversationId,
    messages: &[MessageId],
    reach: Reach,
) -> Result<Vec<MessageRow>> {
    let (mut rows, mut named) = (Vec::with_capacity(messages.len()), HashSet::new());
    for message in messages.iter().filter(|message| named.insert(**message)) {
        if let Some(row) = tx.message(*message)?.filter(|row| row.conversation == *conversation) {
            check(&row, reach)?;
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Whether somebody here may delete a message so.
fn check(row: &MessageRow, reach: Reach) -> Result<()> {
    if row.kind == MessageKind::Deleted {
        return Ok(());
    }
    if !row.kind.is_said() {
        return Err(Error::new(ErrorKind::NotAllowed, "nobody wrote this line"));
    }
    if reach == Reach::Everyone && !row.outgoing {
        return Err(Error::new(ErrorKind::NotAllowed, "only who wrote a message deletes it for everyone"));
    }
    Ok(())
}

/// Asks our other devices to delete a message, and the other person where `reach` goes so far.
fn ask(tx: &mut WriteTx<'_>, desk: &Desk, conversation: &ConversationId, of: &MessageName, reach: Reach) -> Result<()> {
    let peer = conversation.account().filter(|peer| reach == Reach::Everyone && **peer != desk.me);
    let sent_at = stamp(tx, desk)?;
    let content = compose(sent_at, of);
    for to in peer.into_iter().chain([&desk.me]) {
        Post { role: Role::Unsend, message: None, to: to.into(), content: &content, sent_at, after: Vec::new() }
            .write(tx, desk)?;
    }
    Ok(())
}

/// Applies a request.
pub(super) fn apply(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    request: &Named<UnsendRequest, 3>,
) -> Result<Outcome> {
    let from = &incoming.sender;
    if *from != desk.me {
        people::accepts_us(tx, from)?;
    }
    let Some(of) = name(request) else { return Ok(Outcome::Refused(Refusal::Nothing)) };
    if !may(from, &desk.me, &of) {
        return Ok(Outcome::Refused(Refusal::NotTheirs));
    }
    let mut rows = tx.messages_by_time(&of.author, of.sent_at)?;
    rows.retain(|row| row.kind.is_said() || row.kind == MessageKind::Deleted);
    let mut stored = Vec::with_capacity(rows.len());
    for row in &rows {
        stored.push(Stored::of(tx, row)?);
    }
    match target(from, &desk.me, &of, &stored) {
        Target::Message(at) => {
            if let Some(row) = rows.get(at) {
                delete_everywhere(tx, desk, row)?;
            }
            Ok(Outcome::Applied)
        }
        Target::Unclear => Ok(Outcome::Refused(Refusal::NoTarget)),
        Target::NotHere => wait(tx, desk, from, of),
    }
}

/// A message that a request may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where it stands.
    pub conversation: ConversationId,
    /// What names it.
    pub name: MessageName,
    /// It was deleted everywhere already.
    pub deleted: bool,
}

/// Which message a request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This one of those that are stored.
    Message(usize),
    /// None that is stored.
    NotHere,
    /// Several, another one by its msgId, or one that is deleted already: nothing is done.
    Unclear,
}

/// Which of the `stored` messages somebody may delete who names one so. `from` is who asks.
pub fn target(from: &AccountId, me: &AccountId, of: &MessageName, stored: &[Stored]) -> Target {
    let within = |one: &Stored| from == me || one.conversation == ConversationId::from(*from);
    let named = |one: &Stored| one.name.author == of.author && one.name.sent_at == of.sent_at;
    let mut near = stored.iter().enumerate().filter(|(_, one)| within(one) && named(one)).peekable();
    if !may(from, me, of) {
        return Target::Unclear;
    }
    if near.peek().is_none() {
        return Target::NotHere;
    }
    let mut meant = near.filter(|(_, one)| of.msg_id.is_none() || one.name.msg_id == of.msg_id);
    match (meant.next(), meant.next()) {
        (Some((at, one)), None) if !one.deleted => Target::Message(at),
        _ => Target::Unclear,
    }
}

/// Only the author, or another device of ours. The author *being* ourselves is nobody else's leave.
pub(super) fn may(from: &AccountId, me: &AccountId, of: &MessageName) -> bool {
    *from == of.author || from == me
}

/// The message that a request names.
pub(super) fn name(request: &Named<UnsendRequest, 3>) -> Option<MessageName> {
    let author = AccountId::parse(request.author.as_deref()?).ok()?;
    let sent_at = Timestamp::from_millis(request.timestamp?);
    Some(MessageName { author, sent_at, msg_id: request.msg_id })
}

/// Keeps a request for a message that is not here. A stranger's first word makes no row.
fn wait(tx: &mut WriteTx<'_>, desk: &Desk, from: &AccountId, of: MessageName) -> Result<Outcome> {
    let conversation = (*from != desk.me).then(|| ConversationId::from(*from));
    if let Some(with) = &conversation {
        if tx.standing(with)?.is_none() {
            return Ok(Outcome::Refused(Refusal::NoTarget));
        }
        // Removed here before: nothing is left to be deleted.
        if tx.is_buried(with, &of)? {
            return Ok(Outcome::Applied);
        }
    }
    let friend = people::is_friend(tx, desk, from)?;
    tx.keep_early(
        &Early { by: from, friend, conversation: conversation.as_ref(), of, word: EarlyWord::Unsend },
        desk.network_now,
    )?;
    Ok(Outcome::Applied)
}

impl Stored {
    fn of(tx: &WriteTx<'_>, row: &MessageRow) -> Result<Self> {
        let name = MessageName { author: row.sender, sent_at: row.sent_at, msg_id: tx.msg_id(row.id)? };
        Ok(Self { conversation: row.conversation.clone(), name, deleted: row.kind == MessageKind::Deleted })
    }
}

#[cfg(test)]
mod tests;
