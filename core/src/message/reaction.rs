//! Reactions: an emoji on a message (messages.md 7.3).
//!
//! Out: a data message with nothing but the reaction, to the other person and as a copy to our own devices. It waits for the
//! message that it is about and for what was said about that before, so that it is in order wherever it is read. One emoji of
//! ours is put on a message once, and taken away by the same call. Not before both have accepted each other; and no more than
//! twenty a minute, as official clients have it.
//!
//! In: who may react to a message is who speaks in its conversation, and who wrote it is one of the two. The later word counts
//! ([`crate::store::Reactions`]). One that comes before its message waits for it, bounded; of strangers none is kept. What is
//! about a deleted message, or about one that cannot stand there, is recorded and changes nothing. A reaction is part of its
//! message's row and is told as a change of that.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::emoji::is_emoji;
use super::expiry::{self, marked};
use super::post::stamp;
use super::profile::{self, OwnProfile};
use super::{Desk, Incoming, Outcome, Post, Refusal, text};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Hint, Result};
use crate::people;
use crate::store::{
    ConversationId, Early, EarlyWord, ErrandId, MessageId, MessageName, MessageRow, ReactionWord, Role, Setting,
    WriteTx,
};
use crate::wire::content::{Content, DataMessage, Named, Reaction, ReactionAction};

/// What of our own reactions is remembered on this device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnReactions {
    /// The emoji that were used last, newest first.
    pub recent: Vec<String>,
    /// When the last ones were given or taken away (device ms).
    lately: Vec<u64>,
}

/// [`OwnReactions`] of this account.
pub const OWN_REACTIONS: Setting<OwnReactions> =
    Setting { key: "reactions.own", default: OwnReactions { recent: Vec::new(), lately: Vec::new() } };

/// The Content for the other person.
pub fn compose(sent_at: Timestamp, of: &MessageName, emoji: &str, given: bool, profile: &OwnProfile) -> Content {
    let data = data(of, emoji, given);
    text::content(sent_at, DataMessage { profile: Some(profile.to_wire()), profile_key: profile.picture_key(), ..data })
}

/// The Content for our own other devices.
pub fn compose_sync(sent_at: Timestamp, of: &MessageName, emoji: &str, given: bool, to: &AccountId) -> Content {
    text::content(sent_at, DataMessage { sync_target: Some(to.to_string()), ..data(of, emoji, given) })
}

/// Puts an emoji of ours on a message of `conversation`, or takes it away. Where it is so already, nothing happens.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for what is not one emoji; [`ErrorKind::NotFound`] when there is no such message in it, or
/// nothing is left of it; [`ErrorKind::NotAllowed`] while the conversation is a request, when the person is blocked, and with
/// [`Hint::RetryAfter`] after too many in a minute; those of the ledger.
pub fn write(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    conversation: &ConversationId,
    message: MessageId,
    emoji: &str,
    given: bool,
) -> Result<()> {
    if !is_emoji(emoji) {
        return Err(Error::new(ErrorKind::InvalidInput, "that is not one emoji").with_hint(Hint::Field("emoji")));
    }
    let row = tx.message(message)?.filter(|row| row.conversation == *conversation && row.kind.is_said());
    let row = row.ok_or_else(|| Error::new(ErrorKind::NotFound, "message does not exist here"))?;
    let to = *conversation.account().ok_or_else(|| Error::new(ErrorKind::NotAllowed, "nobody is there to read it"))?;
    check_may_react(tx, desk, &to)?;
    if tx.has_reaction(message, &desk.me, emoji)? == given {
        return Ok(());
    }
    remember(tx, desk, emoji, given)?;
    let sent_at = stamp(tx, desk)?;
    tx.set_reaction(message, &ReactionWord { by: &desk.me, emoji, given, said_at: sent_at })?;
    post(tx, desk, &to, &row, (emoji, given, sent_at))
}

/// Both accept each other, and nobody is blocked; alone with ourselves we are anyway.
fn check_may_react(tx: &WriteTx<'_>, desk: &Desk, to: &AccountId) -> Result<()> {
    let accepted = tx.contact(to)?.is_some_and(|row| row.approved && row.approved_me && !row.blocked);
    if accepted || *to == desk.me {
        return Ok(());
    }
    Err(Error::new(ErrorKind::NotAllowed, "conversation is a request, or the person is blocked"))
}

/// Counts a reaction of ours, and remembers the emoji that was given.
fn remember(tx: &mut WriteTx<'_>, desk: &Desk, emoji: &str, given: bool) -> Result<()> {
    let mut own = tx.setting(&OWN_REACTIONS)?;
    let (now, minute) = (desk.device_now.as_millis(), u64::try_from(MINUTE.as_millis()).unwrap_or(u64::MAX));
    // What a clock of before says of the future counts no more.
    own.lately.retain(|at| *at <= now && now - at < minute);
    if own.lately.len() >= MOST_IN_A_MINUTE {
        let first = own.lately.iter().min().copied().unwrap_or(now);
        let wait = Duration::from_millis((first + minute).saturating_sub(now));
        return Err(
            Error::new(ErrorKind::NotAllowed, "too many reactions in a minute").with_hint(Hint::RetryAfter(wait))
        );
    }
    own.lately.push(now);
    if given {
        own.recent.retain(|known| known != emoji);
        own.recent.insert(0, emoji.to_owned());
        own.recent.truncate(MOST_RECENT);
    }
    tx.set_setting(&OWN_REACTIONS, &own)
}

/// The errands: each after what was said about the same message before, and after the message itself.
fn post(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    to: &AccountId,
    row: &MessageRow,
    (emoji, given, sent_at): (&str, bool, Timestamp),
) -> Result<()> {
    let of = MessageName { author: row.sender, sent_at: row.sent_at, msg_id: tx.msg_id(row.id)? };
    let under_way = tx.errands_of_message(row.id)?;
    let before = |address: &AccountId| -> Vec<ErrandId> {
        under_way.iter().filter(|errand| errand.address == address.into()).map(|errand| errand.id).collect()
    };
    let (message, disappearing) = (Some(row.id), expiry::chosen(tx, desk, &row.conversation)?);
    let mut after = before(&desk.me);
    if *to != desk.me {
        let content = marked(compose(sent_at, &of, emoji, given, &OwnProfile::of(tx)?), disappearing);
        let letter =
            Post { role: Role::Reaction, message, to: to.into(), content: &content, sent_at, after: before(to) };
        after.push(letter.write(tx, desk)?);
    }
    let copy = marked(compose_sync(sent_at, &of, emoji, given, to), disappearing);
    Post { role: Role::Reaction, message, to: desk.me.into(), content: &copy, sent_at, after }
        .write(tx, desk)
        .map(|_| ())
}

/// Applies a reaction in the conversation `with` somebody: theirs, or a copy of ours.
pub(super) fn apply(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    with: &ConversationId,
    reaction: &Named<Reaction, 5>,
) -> Result<Outcome> {
    let (from, ours) = (&incoming.sender, incoming.sender == desk.me);
    if !ours {
        people::accepts_us(tx, from)?;
    }
    let Some((of, emoji, given)) = read(reaction) else { return Ok(Outcome::Refused(Refusal::Nothing)) };
    if !ours {
        if !people::is_friend(tx, desk, from)? {
            return Ok(Outcome::Refused(Refusal::NotAccepted));
        }
        let data = incoming.content.data_message.as_ref();
        let key = data.and_then(|data| data.profile_key.as_deref());
        profile::apply(tx, from, data.and_then(|data| data.profile.as_ref()), key)?;
    }
    let word = ReactionWord { by: from, emoji, given, said_at: incoming.sent_at };
    let stored = tx.message_named(with, &of)?;
    let may_come = of.author == desk.me || with.account() == Some(&of.author);
    match stored {
        Some(row) if row.kind.is_said() => {
            tx.set_reaction(row.id, &word)?;
            Ok(Outcome::Applied)
        }
        None if may_come && !tx.is_buried(with, &of)? => {
            let word = EarlyWord::Reaction { emoji, given, said_at: incoming.sent_at };
            tx.keep_early(&Early { by: from, friend: true, conversation: Some(with), of, word }, desk.network_now)?;
            Ok(Outcome::Applied)
        }
        _ => Ok(Outcome::Refused(Refusal::NoTarget)),
    }
}

/// The message, the emoji, and whether it is given; `None` for what is no reaction.
pub(super) fn read(reaction: &Named<Reaction, 5>) -> Option<(MessageName, &str, bool)> {
    let author = AccountId::parse(reaction.author.as_deref()?).ok()?;
    let of = MessageName { author, sent_at: Timestamp::from_millis(reaction.id?), msg_id: reaction.msg_id };
    let emoji = reaction.emoji.as_deref().filter(|emoji| is_emoji(emoji))?;
    let given = match ReactionAction::try_from(reaction.action?).ok()? {
        ReactionAction::React => true,
        ReactionAction::Remove => false,
    };
    Some((of, emoji, given))
}

/// What we wrote and what did not leave yet bears another moment now: so do our reactions to it that did not leave either.
///
/// # Errors
/// Those of the ledger.
pub(super) fn redate(tx: &mut WriteTx<'_>, message: MessageId, to: Timestamp) -> Result<()> {
    for errand in tx.errands_of_message(message)? {
        super::reword(tx, &errand, |content| {
            let reaction = content.data_message.as_mut().and_then(|data| data.reaction.as_mut());
            reaction.map(|reaction| reaction.reference.id = Some(to.as_millis()))
        })?;
    }
    Ok(())
}

fn data(of: &MessageName, emoji: &str, given: bool) -> DataMessage {
    let action = if given { ReactionAction::React } else { ReactionAction::Remove };
    let reference = Reaction {
        id: Some(of.sent_at.as_millis()),
        author: Some(of.author.to_string()),
        emoji: Some(emoji.to_owned()),
        action: Some(action.into()),
    };
    DataMessage { reaction: Some(Named { reference, msg_id: of.msg_id }), ..DataMessage::default() }
}

/// The six that a bar shows: those used last, then what official apps begin with.
pub fn bar(recent: &[String]) -> Vec<String> {
    let mut bar: Vec<String> = Vec::with_capacity(BAR);
    for emoji in recent.iter().map(String::as_str).chain(DEFAULTS) {
        if bar.len() < BAR && !bar.iter().any(|known| known == emoji) {
            bar.push(emoji.to_owned());
        }
    }
    bar
}

/// Source of both: session-desktop `ts/util/reactions.ts`, `ts/util/storage.ts`.
const MOST_IN_A_MINUTE: usize = 20;
const DEFAULTS: [&str; BAR] = ["😂", "🥰", "😢", "😡", "😮", "😈"];

const MINUTE: Duration = Duration::from_secs(60);

/// Emoji in a bar.
const BAR: usize = 6;

/// Emoji that are remembered: a full panel shows them in a row or two.
const MOST_RECENT: usize = 24;

#[cfg(test)]
mod tests;
