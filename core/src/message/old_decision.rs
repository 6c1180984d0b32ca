//! How it was decided what becomes of a message before [`said`](super::said) decided it: kept for this change only, so that
//! generated messages can be decided both ways and compared. To be deleted with the next kind of message that is built,
//! which changes what is decided.

use super::profile;
use super::{Desk, Incoming, Outcome, Refusal, freshness};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::{Error, Result};
use crate::people;
use crate::store::{ConversationId, MessageKind, MessageState, NewMessage, WriteTx};
use crate::wire::content::{Content, DataMessage, EXPIRATION_TIMER_UPDATE, MessageRequestResponse, has_newer_field};
use crate::wire::limits::{MAX_ATTACHMENTS, MAX_RECEIVED_BODY_CHARS, cut_chars};

// mod.rs

pub(super) fn apply(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming) -> Result<Outcome> {
    let content = &incoming.content;
    if incoming.sender == desk.me {
        return apply_ours(tx, desk, incoming);
    }
    if tx.contact(&incoming.sender)?.is_some_and(|contact| contact.blocked) {
        return Ok(Outcome::Refused(Refusal::Blocked));
    }
    if target_text(content).is_some() {
        return Ok(Outcome::Refused(Refusal::SyncFromStranger));
    }
    if freshness::is_gone(tx, desk, &incoming.sender.into(), incoming.sent_at)? {
        return Ok(Outcome::Refused(Refusal::ConversationGone));
    }
    if is_newer_kind(content, &incoming.plain) {
        return apply_unsupported(tx, desk, incoming, &incoming.sender);
    }
    if let Some(data) = &content.data_message {
        return apply_text(tx, desk, incoming, data);
    }
    if let Some(answer) = &content.message_request_response {
        return apply_answer(tx, desk, incoming, answer);
    }
    if has_known_body(content) {
        tx.set_approved_me(&incoming.sender, true)?;
        return Ok(Outcome::Refused(Refusal::NotSupportedYet));
    }
    Ok(Outcome::Refused(Refusal::Nothing))
}

// sync.rs

fn apply_ours(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming) -> Result<Outcome> {
    let content = &incoming.content;
    let target = target_text(content).and_then(|text| AccountId::parse(text).ok());
    if let Some(to) = &target
        && freshness::is_gone(tx, desk, &(*to).into(), incoming.sent_at)?
    {
        return Ok(Outcome::Refused(Refusal::ConversationGone));
    }
    if is_newer_kind(content, &incoming.plain) {
        return match target {
            Some(to) => apply_unsupported(tx, desk, incoming, &to),
            None => Ok(Outcome::Refused(Refusal::NewerFormat)),
        };
    }
    if let Some(data) = &content.data_message {
        return match (target, target_text(content)) {
            (Some(to), _) => apply_copy(tx, desk, incoming, data, &to),
            (None, Some(_)) => Ok(Outcome::Refused(Refusal::SyncTarget)),
            (None, None) if data.group_update_message.is_some() => Ok(Outcome::Refused(Refusal::NotSupportedYet)),
            (None, None) => Ok(Outcome::Refused(Refusal::FromOurselves)),
        };
    }
    Ok(Outcome::Refused(if may_come_from_ourselves(content) {
        Refusal::NotSupportedYet
    } else {
        Refusal::FromOurselves
    }))
}

fn target_text(content: &Content) -> Option<&str> {
    content.data_message.as_ref()?.sync_target.as_deref().filter(|target| !target.is_empty())
}

fn may_come_from_ourselves(content: &Content) -> bool {
    const ANSWER: i32 = 2;
    const END_CALL: i32 = 5;
    content.unsend_request.is_some()
        || content.call_message.as_ref().is_some_and(|call| matches!(call.r#type, Some(ANSWER | END_CALL)))
}

// text.rs

fn apply_text(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming, data: &DataMessage) -> Result<Outcome> {
    let kind = match judge(data) {
        Ok(kind) => kind,
        Err(refusal) => {
            if refusal == Refusal::NotSupportedYet {
                tx.set_approved_me(&incoming.sender, true)?;
            }
            return Ok(Outcome::Refused(refusal));
        }
    };
    let raw = later_bytes(data, incoming);
    let outcome = store(tx, desk, incoming, &incoming.sender, kind, body(data), raw)?;
    if matches!(outcome, Outcome::Shown { .. }) {
        profile::apply(tx, &incoming.sender, data.profile.as_ref(), data.profile_key.as_deref())?;
    }
    Ok(outcome)
}

fn apply_copy(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    data: &DataMessage,
    to: &AccountId,
) -> Result<Outcome> {
    match judge(data) {
        Err(refusal) => Ok(Outcome::Refused(refusal)),
        Ok(kind) => store(tx, desk, incoming, to, kind, body(data), later_bytes(data, incoming)),
    }
}

fn store(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    with: &AccountId,
    kind: MessageKind,
    body: &str,
    raw: &[u8],
) -> Result<Outcome> {
    let hash = incoming.hash.as_str();
    let ours = incoming.sender == desk.me;
    let id = ConversationId::from(*with);
    if let Some(known) = tx.message_by_time(&id, &incoming.sender, incoming.sent_at)? {
        if !ours {
            return Ok(Outcome::Refused(Refusal::Duplicate));
        }
        if known.swarm_hash.is_empty() {
            tx.set_swarm_hash(known.id, hash)?;
        }
        return Ok(Outcome::Known);
    }
    let conversation = ConversationId::from(*with);
    people::show(tx, desk, &conversation)?;
    if !ours {
        tx.set_approved_me(with, true)?;
    } else if *with != desk.me {
        tx.set_approved(with, true)?;
    }
    let already_read = tx.standing(&conversation)?.is_some_and(|standing| incoming.sent_at <= standing.read_up_to);
    let message = tx.insert_message(&NewMessage {
        conversation: &conversation,
        sender: &incoming.sender,
        outgoing: ours,
        kind,
        sent_at: incoming.sent_at,
        received_at: desk.network_now,
        body,
        raw,
        swarm_hash: hash,
        read_at: if ours || already_read { desk.network_now } else { Timestamp::ZERO },
        state: if ours { MessageState::Sent } else { MessageState::Received },
    })?;
    let message = message.ok_or_else(|| Error::bug("a timestamp that was free is taken"))?;
    Ok(Outcome::Shown { conversation, message })
}

fn says_something(data: &DataMessage) -> bool {
    has_text(data) || has_later_parts(data) || data.flags.unwrap_or(0) != 0
}

fn judge(data: &DataMessage) -> Result<MessageKind, Refusal> {
    let flags = data.flags.unwrap_or(0);
    if flags & !EXPIRATION_TIMER_UPDATE != 0 {
        return Err(Refusal::Flags);
    }
    if data.attachments.len() > MAX_ATTACHMENTS {
        return Err(Refusal::TooManyAttachments);
    }
    if flags == EXPIRATION_TIMER_UPDATE || data.reaction.is_some() || data.group_update_message.is_some() {
        return Err(Refusal::NotSupportedYet);
    }
    match (has_text(data), has_later_parts(data)) {
        (true, _) => Ok(MessageKind::Text),
        (false, true) => Ok(MessageKind::NewerFormat),
        (false, false) => Err(Refusal::Nothing),
    }
}

fn later_bytes<'a>(data: &DataMessage, incoming: &'a Incoming) -> &'a [u8] {
    if has_later_parts(data) { &incoming.plain } else { &[] }
}

fn has_text(data: &DataMessage) -> bool {
    data.body.as_deref().is_some_and(|body| !body.trim().is_empty())
}

fn has_later_parts(data: &DataMessage) -> bool {
    !data.attachments.is_empty()
        || data.quote.is_some()
        || !data.preview.is_empty()
        || data.reaction.is_some()
        || data.open_group_invitation.is_some()
        || data.group_update_message.is_some()
}

fn body(data: &DataMessage) -> &str {
    cut_chars(data.body.as_deref().unwrap_or(""), MAX_RECEIVED_BODY_CHARS)
}

// unsupported.rs

fn apply_unsupported(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    conversation: &AccountId,
) -> Result<Outcome> {
    store(tx, desk, incoming, conversation, MessageKind::NewerFormat, "", &incoming.plain)
}

fn is_newer_kind(content: &Content, plain: &[u8]) -> bool {
    !has_known_body(content) && has_newer_field(plain)
}

fn has_known_body(content: &Content) -> bool {
    match &content.data_message {
        Some(data) if says_something(data) => true,
        Some(_) => Content { data_message: None, ..content.clone() }.has_body(),
        None => content.has_body(),
    }
}

// request.rs

fn apply_answer(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    answer: &MessageRequestResponse,
) -> Result<Outcome> {
    let from = &incoming.sender;
    if answer.is_approved != Some(true) {
        return Ok(Outcome::Refused(Refusal::Nothing));
    }
    tx.ensure_contact(from, desk.device_now)?;
    tx.set_approved_me(from, true)?;
    profile::apply(tx, from, answer.profile.as_ref(), answer.profile_key.as_deref())?;
    let id = ConversationId::from(*from);
    if tx.conversation(&id)?.is_some() && !tx.has_message_of_kind(&id, from, MessageKind::RequestAccepted)? {
        add_line(tx, desk, from, from, incoming.sent_at, incoming.hash.as_str())?;
    }
    Ok(Outcome::Applied)
}

fn add_line(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    with: &AccountId,
    who: &AccountId,
    sent_at: Timestamp,
    hash: &str,
) -> Result<()> {
    let conversation = ConversationId::from(*with);
    people::show(tx, desk, &conversation)?;
    tx.insert_message(&NewMessage {
        conversation: &conversation,
        sender: who,
        outgoing: *who == desk.me,
        kind: MessageKind::RequestAccepted,
        sent_at,
        received_at: desk.network_now,
        body: "",
        raw: &[],
        swarm_hash: hash,
        read_at: desk.network_now,
        state: MessageState::Received,
    })?;
    Ok(())
}

// delivery/inbox.rs, record

pub(super) fn kept(incoming: &Incoming, refusal: Refusal) -> &[u8] {
    match refusal.keeps_bytes() {
        false => &[],
        true if incoming.content.typing_message.is_some() => &[],
        true => incoming.plain.as_slice(),
    }
}
