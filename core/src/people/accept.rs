//! Message requests: who accepts whom.
//!
//! Two flags for each contact decide everything (messages.md 7.1): *approved*, we accept them, and *approved me*, they
//! accept us. Writing first approves; anything that arrives says that they approve us. A conversation with something in
//! it, approved by them and not by us, is a request and is listed apart.
//!
//! Whoever waits for our answer is told, once: [`accept`] says whether an answer is due, and `message::request` composes
//! it. Declining tells nobody: the conversation goes and leaves the Contacts document, and a new message is a new
//! request.

use std::collections::HashSet;

use super::Desk;
use super::block::block;
use super::bounded::held_back;
use super::remove::delete_conversation;
use crate::config::DocumentKind;
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ConversationId, Mute, Setting, Stranger, WriteTx};

/// What accepting somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// They have accepted us and wait: an answer is due.
    AnswerDue,
    /// Nobody has to be told: it is nothing new, they have not written yet, or the answer is on its way.
    Quietly,
}

/// Accepts `from`, if that is new. An answer that failed to leave goes out again.
///
/// # Errors
/// [`ErrorKind::NotAllowed`] when `from` is blocked or ourselves; those of the ledger.
pub fn accept(tx: &mut WriteTx<'_>, desk: &Desk, from: &AccountId) -> Result<Accepted> {
    tx.ensure_contact(from, desk.device_now)?;
    let contact = tx.contact(from)?.ok_or_else(|| Error::bug("a contact just written is not there"))?;
    if contact.blocked || *from == desk.me {
        return Err(Error::new(ErrorKind::NotAllowed, "contact is blocked, or ourselves"));
    }
    // An answer that failed would never reach them otherwise.
    let on_its_way = tx.revive_answers(from, desk.device_now)?;
    let is_new = tx.set_approved(from, true)?;
    Ok(if is_new && contact.approved_me && !on_its_way { Accepted::AnswerDue } else { Accepted::Quietly })
}

/// Declines the request of `from`: takes what was seen of it away, as deleting does, and tells nobody. A new message is a new
/// request, and makes itself heard.
///
/// # Errors
/// [`ErrorKind::NotAllowed`] when somebody accepted it meanwhile, on this device or another; those of the ledger. What is
/// declined already stays so.
pub fn decline(tx: &mut WriteTx<'_>, desk: &Desk, from: &AccountId) -> Result<()> {
    if waits(tx, from)? {
        take_away(tx, desk, from)
    } else if tx.contact(from)?.is_some_and(|row| row.approved) {
        Err(Error::new(ErrorKind::NotAllowed, "request was accepted"))
    } else {
        Ok(())
    }
}

/// Whether a request of `from` waits for an answer.
fn waits(tx: &WriteTx<'_>, from: &AccountId) -> Result<bool> {
    tx.has_request(&ConversationId::from(*from))
}

fn take_away(tx: &mut WriteTx<'_>, desk: &Desk, from: &AccountId) -> Result<()> {
    tx.withdraw_answers(from)?;
    tx.set_mute(from, Mute::Off)?;
    delete_conversation(tx, desk, &ConversationId::from(*from))
}

/// Declines the request of `from`, if one waits, and drops from now on what they send.
///
/// # Errors
/// [`ErrorKind::NotAllowed`] for ourselves; those of the ledger.
pub fn decline_and_block(tx: &mut WriteTx<'_>, desk: &Desk, from: &AccountId) -> Result<()> {
    let waits = waits(tx, from)?;
    block(tx, desk, from)?;
    if waits { take_away(tx, desk, from) } else { Ok(()) }
}

/// Declines those of these conversations that are requests; gives how many were.
///
/// # Errors
/// Those of the ledger.
pub fn decline_requests(tx: &mut WriteTx<'_>, desk: &Desk, conversations: &[ConversationId]) -> Result<usize> {
    let mut declined = 0;
    for id in conversations {
        // Somebody may have accepted it meanwhile, on this device or another.
        if let Some(from) = id.account()
            && waits(tx, from)?
        {
            take_away(tx, desk, from)?;
            declined += 1;
        }
    }
    Ok(declined)
}

/// Makes room for the request of a stranger who writes for the first time, with more than [`MAX_REQUESTS`]: what was declined
/// goes first, then what is held back, from the one that came last, and what is shown only when nothing else is left, from the
/// one that came first. Otherwise whoever makes many accounts would fill our disk, or push out whom we have not answered yet.
/// Those that waited and went are counted ([`REQUESTS_DROPPED`]). Nobody goes while the Contacts document is awaited: a friend
/// looks like a stranger until then.
///
/// # Errors
/// Those of the ledger.
pub fn make_room_for_request(tx: &mut WriteTx<'_>, desk: &Desk) -> Result<()> {
    if !tx.is_fetched(DocumentKind::Contacts.place(desk.me))? {
        return Ok(());
    }
    let strangers = tx.strangers()?;
    let mut excess = strangers.len().saturating_sub(MAX_REQUESTS as usize - 1);
    if excess == 0 {
        return Ok(());
    }
    let mut dropped = 0;
    for stranger in in_order_of_going(strangers, &held_back(tx)?) {
        // What we said somewhere is ours, whoever else spoke there.
        if excess > 0 && !tx.has_outgoing(&stranger.id)? {
            dropped += u64::from(stranger.waits);
            tx.drop_stranger(&stranger.id)?;
            excess -= 1;
        }
    }
    if dropped > 0 {
        let before = tx.setting(&REQUESTS_DROPPED)?;
        tx.set_setting(&REQUESTS_DROPPED, &before.saturating_add(dropped))?;
    }
    Ok(())
}

/// Those who go first stand first. Whoever is not told apart by when they came is by what happened last.
fn in_order_of_going(strangers: Vec<Stranger>, held_back: &HashSet<ConversationId>) -> Vec<Stranger> {
    let mut keyed: Vec<_> = (0_u64..)
        .zip(strangers)
        .map(|(number, stranger)| {
            let came_at = stranger.came_at.as_millis();
            let key = match (stranger.waits, held_back.contains(&stranger.id)) {
                (false, _) => (0, came_at, number),
                (true, true) => (1, u64::MAX - came_at, u64::MAX - number),
                (true, false) => (2, came_at, number),
            };
            (key, stranger)
        })
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, stranger)| stranger).collect()
}

/// How many message requests that waited here had to make room for newer ones, as far as this device knows.
pub const REQUESTS_DROPPED: Setting<u64> = Setting { key: "requests.dropped", default: 0 };

/// Conversations with strangers in the ledger. More than anybody answers.
pub const MAX_REQUESTS: u32 = 500;

/// Notes that something arrived from `from`: they accept us. Touches only people who have a row.
///
/// # Errors
/// Those of the ledger.
pub fn accepts_us(tx: &mut WriteTx<'_>, from: &AccountId) -> Result<()> {
    tx.set_approved_me(from, true).map(|_| ())
}

/// Notes that another device of ours wrote to `to`: we accept them. Writing to ourselves accepts nobody.
///
/// # Errors
/// Those of the ledger.
pub fn we_accept(tx: &mut WriteTx<'_>, desk: &Desk, to: &AccountId) -> Result<()> {
    if *to != desk.me {
        tx.set_approved(to, true)?;
    }
    Ok(())
}
