//! What earlier versions kept unread is read once, after the update: quotes, reactions and requests to delete.
//!
//! Beside a message stand its bytes and its sender: what it answers is noted, what can be shown by now is shown, and
//! quoted words leave the bytes. Of a letter that was not shown only the bytes are left, and not who wrote them. So it
//! counts where they can have been written by few:
//!
//! | kept | whose it is |
//! |---|---|
//! | a reaction that names a conversation | a copy of ours: of others none is kept |
//! | another reaction | the peer's, in whose conversation its message stands: who else knows its moment? |
//! | a request to delete what the peer wrote | the author's or ours; both may |
//! | a request to delete what we wrote to ourselves | ours |
//! | a request to delete what we wrote to somebody | unknown: the peer knows its moment too, and may not. It stays |
//!
//! Each step is one bounded write that notes how far it came ([`Replayed`]), so that a crash repeats nothing.

use serde::{Deserialize, Serialize};

use super::quote::{self, ReceivedQuote};
use super::said::{self, Said};
use super::text;
use super::{Desk, Incoming, Outcome, Refusal, invitation, reaction, unsend};
use crate::address::{Namespace, Place, SwarmHash};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;
use crate::people::{self, remove::delete_everywhere};
use crate::store::{
    ConversationId, KeptBytes, KeptLetter, MessageKind, MessageName, MessageRow, ReactionWord, ReadTx, Setting, WriteTx,
};
use crate::wire::content::{Content, DataMessage, Named, Reaction, UnsendRequest, decode_content, message_name};

/// How far reading again has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// It began: the ends below are known.
    began: bool,
    /// The number of the last message that was looked at, and of the last there is to look at.
    messages: (i64, i64),
    /// The same of letters that were not shown.
    letters: (i64, i64),
    /// Nothing is left.
    done: bool,
}

/// [`Replayed`] of this account.
pub const REPLAYED: Setting<Replayed> = Setting {
    key: "replay.references",
    default: Replayed { began: false, messages: (0, 0), letters: (0, 0), done: false },
};

/// Whether anything is left to read. A new ledger has nothing, and nothing is written into it.
///
/// # Errors
/// Those of the ledger.
pub fn is_due(tx: &ReadTx<'_>) -> Result<bool> {
    Ok(!tx.setting(&REPLAYED)?.done && tx.newest_kept()? != (0, 0))
}

/// Reads a stretch of what was kept. Says whether there is more.
///
/// # Errors
/// Those of the ledger.
pub fn step(tx: &mut WriteTx<'_>, desk: &Desk) -> Result<bool> {
    let mut state = tx.setting(&REPLAYED)?;
    if state.done {
        return Ok(false);
    }
    if !state.began {
        let (messages, letters) = tx.newest_kept()?;
        state = Replayed { began: true, messages: (0, messages), letters: (0, letters), done: false };
    }
    if state.messages.0 < state.messages.1 {
        let until = state.messages.0.saturating_add(MESSAGES_AT_ONCE).min(state.messages.1);
        let kept = tx.kept_bytes(state.messages.0, until, KEPT_AT_ONCE)?;
        for one in &kept {
            read_message(tx, desk, one)?;
        }
        let full = kept.len() >= usize::try_from(KEPT_AT_ONCE).unwrap_or(usize::MAX);
        state.messages.0 = kept.last().filter(|_| full).map_or(until, |last| last.message.as_i64());
    } else {
        let code = Refusal::NotSupportedYet.code();
        let letters = tx.kept_letters(code, state.letters.0, state.letters.1, KEPT_AT_ONCE)?;
        for letter in &letters {
            if read_letter(tx, desk, letter)? {
                tx.forget_letter(letter)?;
            }
        }
        match letters.last() {
            Some(last) => state.letters.0 = last.number,
            None => state.done = true,
        }
    }
    tx.set_setting(&REPLAYED, &state)?;
    Ok(!state.done)
}

/// Reads the bytes beside a message again.
fn read_message(tx: &mut WriteTx<'_>, desk: &Desk, kept: &KeptBytes) -> Result<()> {
    let (Some(row), Ok(content)) = (tx.message(kept.message)?, decode_content(&kept.raw)) else { return Ok(()) };
    if let (Some(msg_id), None) = (message_name(&kept.raw), tx.msg_id(row.id)?) {
        tx.set_msg_id(row.id, msg_id)?;
    }
    let quote = content.data_message.as_ref().and_then(|data| data.quote.as_ref()).and_then(ReceivedQuote::read);
    if let (Some(quote), None) = (&quote, &row.quote) {
        quote::keep_received(tx, &row.conversation, row.id, quote)?;
    }
    let incoming = as_it_came(&row, desk, content, &kept.raw);
    let raw = text::kept(&incoming);
    match said::read(&incoming, &desk.me).map(|reading| reading.said) {
        Ok(Said::Text(words)) => {
            let raw = if words.later_parts { raw } else { text::NOTHING };
            tx.reread_message(row.id, MessageKind::Text, words.body, &raw)
        }
        Ok(Said::Parts(words)) => tx.reread_message(row.id, invitation::kind_of(&words), words.body, &raw),
        Ok(Said::Reaction(word)) if row.kind == MessageKind::NewerFormat => {
            // It stood here as something that a newer version shows: on its message.
            if reaction::apply(tx, desk, &incoming, &row.conversation, word)? == Outcome::Applied {
                tx.remove_message(row.id, desk.network_now)?;
            }
            Ok(())
        }
        Ok(_) | Err(_) => tx.reread_message(row.id, row.kind, &row.body, &raw),
    }
}

/// A letter that stands here, as far as it is known how it came.
fn as_it_came(row: &MessageRow, desk: &Desk, content: Content, raw: &[u8]) -> Incoming {
    let place = Place { owner: desk.me.into(), namespace: Namespace::DIRECT };
    let hash = SwarmHash::parse(&row.swarm_hash).unwrap_or_else(|| place.name(raw));
    let (stored_at, swarm_end) = (Timestamp::ZERO, Timestamp::ZERO);
    Incoming {
        place,
        hash,
        sender: row.sender,
        sent_at: row.sent_at,
        stored_at,
        swarm_end,
        content,
        plain: raw.to_vec(),
    }
}

/// Reads a letter again that was not shown. Says whether it was applied.
fn read_letter(tx: &mut WriteTx<'_>, desk: &Desk, letter: &KeptLetter) -> Result<bool> {
    let Ok(content) = decode_content(&letter.raw) else { return Ok(false) };
    let said_at = content.sig_timestamp.map(Timestamp::from_millis).filter(|at| *at <= desk.network_now + people::LEAD);
    match (&content.data_message, &content.unsend_request, said_at) {
        (Some(DataMessage { reaction: Some(word), sync_target, .. }), _, Some(said_at)) => {
            react(tx, desk, word, sync_target.as_deref(), said_at)
        }
        (None, Some(request), _) => withdraw(tx, desk, request),
        _ => Ok(false),
    }
}

/// Puts a reaction on its message, if that stands here and it is clear whose it is.
fn react(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    word: &Named<Reaction, 5>,
    copy_to: Option<&str>,
    said_at: Timestamp,
) -> Result<bool> {
    let Some((of, emoji, given)) = reaction::read(word) else { return Ok(false) };
    let Some(row) = the_message(tx, &of)? else { return Ok(false) };
    let Some(peer) = row.conversation.account().copied() else { return Ok(false) };
    let by = match copy_to.filter(|target| !target.is_empty()).map(AccountId::parse) {
        Some(Ok(to)) if to == peer => desk.me,
        Some(_) => return Ok(false),
        None if peer != desk.me && people::is_friend(tx, desk, &peer)? => peer,
        None => return Ok(false),
    };
    tx.set_reaction(row.id, &ReactionWord { by: &by, emoji, given, said_at })?;
    Ok(true)
}

/// Deletes a message whose author asked for it, or another device of ours.
fn withdraw(tx: &mut WriteTx<'_>, desk: &Desk, request: &Named<UnsendRequest, 3>) -> Result<bool> {
    let Some(of) = unsend::name(request) else { return Ok(false) };
    let Some(row) = the_message(tx, &of)? else { return Ok(false) };
    let notes = row.conversation == ConversationId::from(desk.me);
    let by_author = of.author != desk.me && row.conversation == ConversationId::from(of.author);
    if !notes && !by_author {
        return Ok(false);
    }
    delete_everywhere(tx, desk, &row)?;
    Ok(true)
}

/// The one message of this name, wherever it stands; `None` when there is none, or more than one.
fn the_message(tx: &WriteTx<'_>, of: &MessageName) -> Result<Option<MessageRow>> {
    let mut found = None;
    for row in tx.messages_by_time(&of.author, of.sent_at)?.into_iter().filter(|row| row.kind.is_said()) {
        if of.msg_id.is_some() && tx.msg_id(row.id)? != of.msg_id {
            continue;
        }
        if found.replace(row).is_some() {
            return Ok(None);
        }
    }
    Ok(found)
}

/// Numbers of messages that one write walks over: few of them have bytes.
const MESSAGES_AT_ONCE: i64 = 2_000;

/// Messages, or letters, that one write reads again: with the largest bytes that there are 4 MB.
const KEPT_AT_ONCE: u32 = 50;

#[cfg(test)]
mod tests;
