//! What a message says and whose words they are, decided once, here, and pure: a Content becomes [`Said`] and [`Whose`].
//!
//! [`apply`](super::apply) then asks the ledger whether they are welcome, and one match over both names the file that
//! applies them. Kinds that are not built yet have names here too: building one is a file and a line of that match.
//!
//! | whose | where it belongs |
//! |---|---|
//! | theirs | the sender's conversation |
//! | a copy of ours | the conversation that it names (`syncTarget`, an Account ID; empty is the same as none) |
//! | ours | nowhere: what our devices tell each other beside copies |
//!
//! A copy that somebody else wrote is refused, and one of ours that names no account. An honest Content has one body; of
//! several the first counts, in the order of official desktop: data message, answer, the rest. The rule of official
//! clients for what is newer than this version (messages.md 2, forward compatibility): a top-level field above the last
//! known number **and** no known body that says anything.

use crate::crypto::AccountId;
use crate::store::{ConversationId, MessageName};
use crate::wire::content::{
    CallMessage, CallType, Content, DataExtractionNotification, DataMessage, EXPIRATION_TIMER_UPDATE,
    MessageRequestResponse, Named, NamedAll, Reaction, ReceiptMessage, TypingMessage, UnsendRequest, has_newer_field,
    message_name,
};
use crate::wire::limits::{MAX_ATTACHMENTS, MAX_RECEIVED_BODY_CHARS, cut_chars};

use super::call::Step;
use super::quote::ReceivedQuote;
use super::{Incoming, Refusal, invitation};

/// A message that was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading<'a> {
    /// Whose words, and where they belong.
    pub whose: Whose,
    /// What it says.
    pub said: Said<'a>,
}

/// Whose words they are, and where they belong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The sender's, who is somebody else.
    Theirs,
    /// Ours: a copy of what another device sent in this conversation.
    Copy(ConversationId),
    /// Ours, and no copy.
    Ours,
}

/// What is said: every kind of message that this version can tell from another, built or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Said<'a> {
    /// A text, or an answer without one.
    Text(Words<'a>),
    /// No text, but parts that a later version shows: files, a preview, an invitation.
    Parts(Words<'a>),
    /// A reaction to a message.
    Reaction(&'a Named<Reaction, 5>),
    /// The time after which messages disappear was changed.
    TimerUpdate,
    /// Control of a group.
    GroupUpdate,
    /// An invitation to a group, or to be an admin of it.
    GroupInvitation(&'a DataMessage),
    /// Our message request was accepted.
    Answer(&'a MessageRequestResponse),
    /// A message is withdrawn.
    Unsend(&'a Named<UnsendRequest, 3>),
    /// A step of a call.
    Call(Step<'a>),
    /// Messages were read.
    Receipt(&'a NamedAll<ReceiptMessage, 3>),
    /// Typing started or stopped.
    Typing(&'a TypingMessage),
    /// Media was saved, or a screenshot taken.
    Extraction(&'a DataExtractionNotification),
    /// Something of which only newer versions know.
    NewerKind,
    /// Nothing that any version shows.
    Nothing,
    /// A data message with flags that no client sends.
    Flags,
    /// A data message with more attachments than any client sends.
    TooManyAttachments,
}

/// A data message that is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Words<'a> {
    /// The text, cut at what Pro users may send, as official desktop does (messages.md 3.5).
    pub body: &'a str,
    /// Parts stand beside it that only a later version shows: its bytes are kept.
    pub later_parts: bool,
    /// All of it.
    pub data: &'a DataMessage,
}

/// Reads a message that came to `me`.
///
/// # Errors
/// [`Refusal::SyncFromStranger`] and [`Refusal::SyncTarget`]: a copy that is none.
pub(super) fn read<'a>(incoming: &'a Incoming, me: &AccountId) -> Result<Reading<'a>, Refusal> {
    let content = &incoming.content;
    let newer = is_newer_kind(content, &incoming.plain);
    let whose = match (incoming.sender == *me, Target::of(content)) {
        (false, Target::None) => Whose::Theirs,
        (false, Target::Conversation(_) | Target::Unreadable) => return Err(Refusal::SyncFromStranger),
        (true, Target::Conversation(to)) => Whose::Copy(to),
        (true, Target::Unreadable) if !newer => return Err(Refusal::SyncTarget),
        (true, Target::None | Target::Unreadable) => Whose::Ours,
    };
    let said = if newer { Said::NewerKind } else { Said::of(content, &whose) };
    Ok(Reading { whose, said })
}

/// The conversation that a copy names.
enum Target {
    /// It is no copy.
    None,
    /// This one.
    Conversation(ConversationId),
    /// Something that is no Account ID.
    Unreadable,
}

impl Target {
    fn of(content: &Content) -> Self {
        let target = content.data_message.as_ref().and_then(|data| data.sync_target.as_deref());
        match target.filter(|text| !text.is_empty()).map(AccountId::parse) {
            None => Self::None,
            Some(Ok(to)) => Self::Conversation(to.into()),
            Some(Err(_)) => Self::Unreadable,
        }
    }
}

impl<'a> Said<'a> {
    fn of(content: &'a Content, whose: &Whose) -> Self {
        let ours = *whose == Whose::Ours;
        match content {
            // Between our devices nothing else of a data message counts.
            Content { data_message: Some(data), .. } if ours && data.group_update_message.is_some() => {
                Self::GroupUpdate
            }
            Content { data_message: Some(data), .. } => Self::of_data(data),
            // An answer tells our own devices nothing, and hides nothing that does.
            Content { message_request_response: Some(answer), .. } if !ours => Self::of_answer(answer),
            Content { unsend_request: Some(request), .. } => Self::Unsend(request),
            Content { call_message: Some(call), .. } => Self::Call(step(call)),
            Content { receipt_message: Some(receipt), .. } => Self::Receipt(receipt),
            Content { typing_message: Some(typing), .. } => Self::Typing(typing),
            Content { data_extraction_notification: Some(notice), .. } => Self::Extraction(notice),
            Content { message_request_response: Some(answer), .. } => Self::of_answer(answer),
            _ => Self::Nothing,
        }
    }

    /// Step 14 of messages.md 3.2 for data messages. A picture without a text is shown, since somebody said something.
    pub(super) fn of_data(data: &'a DataMessage) -> Self {
        let flags = data.flags.unwrap_or(0);
        let body = data.body.as_deref().unwrap_or("");
        let later_parts = has_later_parts(data);
        let words = Words { body: cut_chars(body, MAX_RECEIVED_BODY_CHARS), later_parts, data };
        if flags & !EXPIRATION_TIMER_UPDATE != 0 {
            Self::Flags
        } else if data.attachments.len() > MAX_ATTACHMENTS {
            Self::TooManyAttachments
        } else if flags == EXPIRATION_TIMER_UPDATE {
            Self::TimerUpdate
        } else if let Some(reaction) = &data.reaction {
            Self::Reaction(reaction)
        } else if invitation::is_to_group(data) {
            Self::GroupInvitation(data)
        } else if data.group_update_message.is_some() {
            Self::GroupUpdate
        } else if has_text(data) || is_answer(data) {
            Self::Text(words)
        } else if later_parts {
            Self::Parts(words)
        } else {
            Self::Nothing
        }
    }

    /// Only *yes* is an answer: official clients never send a no, and nothing would follow from it.
    fn of_answer(answer: &'a MessageRequestResponse) -> Self {
        if answer.is_approved == Some(true) { Self::Answer(answer) } else { Self::Nothing }
    }
}

fn step(call: &CallMessage) -> Step<'_> {
    let what = call.r#type.and_then(|number| CallType::try_from(number).ok());
    Step { what, uuid: call.uuid.as_deref().unwrap_or_default() }
}

/// Whether `plain` is a Content of a newer kind. A data message that only names a conversation says nothing: a copy of a
/// newer kind looks like that.
fn is_newer_kind(content: &Content, plain: &[u8]) -> bool {
    let known = content.data_message.as_ref().is_some_and(says_something)
        || content.call_message.is_some()
        || content.receipt_message.is_some()
        || content.typing_message.is_some()
        || content.data_extraction_notification.is_some()
        || content.unsend_request.is_some()
        || content.message_request_response.is_some();
    !known && has_newer_field(plain)
}

fn says_something(data: &DataMessage) -> bool {
    has_text(data) || is_answer(data) || has_later_parts(data) || data.flags.unwrap_or(0) != 0
}

/// It answers a message that it names: then somebody said something, whatever stands beside that.
fn is_answer(data: &DataMessage) -> bool {
    data.quote.as_ref().is_some_and(|quote| ReceivedQuote::read(quote).is_some())
}

fn has_text(data: &DataMessage) -> bool {
    data.body.as_deref().is_some_and(|body| !body.trim().is_empty())
}

/// Parts that a later version shows: alone they make a message, beside a text the text is shown without them.
fn has_later_parts(data: &DataMessage) -> bool {
    !data.attachments.is_empty()
        || !data.preview.is_empty()
        || data.reaction.is_some()
        || data.open_group_invitation.is_some()
        || data.group_update_message.is_some()
}

impl Incoming {
    /// What names it.
    pub(super) fn name(&self) -> MessageName {
        MessageName { author: self.sender, sent_at: self.sent_at, msg_id: message_name(&self.plain) }
    }

    /// The bytes to keep of a message that was refused, for a version that can read it; empty for none.
    pub fn kept(&self, refusal: Refusal) -> &[u8] {
        // Nobody will ever want to know that somebody was typing.
        let passing = self.content.typing_message.is_some();
        if refusal.keeps_bytes() && !passing { &self.plain } else { &[] }
    }
}
