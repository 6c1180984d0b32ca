//! Letters: **one file per kind of message, both halves**, how it is composed and how it is applied.
//!
//! Nothing here knows the network. Composing writes rows (a message, what is to be sent), applying writes rows (a
//! message, a flag); `delivery` carries them. Opening ([`open()`]) is pure, and so is reading (`said`): what is said, and
//! whose words it is, is decided once. [`apply`] asks the ledger whether they are welcome; one match names the file that
//! applies them. A new kind is a new file and the lines that the compiler asks for.
//!
//! | kind | file | shown as |
//! |---|---|---|
//! | text | [`text`] | a message |
//! | reply | [`quote`], beside a text | what the message answers |
//! | contact card | [`card`], a text of that shape | somebody to write to |
//! | our own copies from another device | [`sync`] | a message of ours in the conversation that they name |
//! | reaction | [`reaction`] | an emoji on the message |
//! | answer to a message request | [`request`] | a line, once |
//! | unsend request | [`unsend`] | the line *deleted* in place of the message |
//! | name beside a message | [`profile`] | the contact's name |
//! | how a message disappears, in every one | [`expiry`] | the time that is left |
//! | the timer of disappearing messages was changed | [`timer`] | a line, the newest of each person |
//! | they read what we wrote | [`receipt`] | when, beside our message |
//! | they type | [`typing`] | for 15 seconds |
//! | media was saved | [`extraction`] | a line |
//! | a call that nobody took | [`call`] | a line, once for each |
//! | invitations to groups and communities | [`invitation`] | a placeholder, bytes kept |
//! | kinds of newer versions | [`unsupported`] | a placeholder, bytes kept |
//! | kinds that are not built here yet: groups | [`unsupported`] | not at all, bytes kept |

mod call;
mod card;
pub mod dating;
mod draft;
mod early;
pub mod emoji;
pub mod expiry;
mod extraction;
mod freshness;
#[cfg(test)]
mod hostile_tests;
mod invitation;
mod open;
mod post;
pub mod profile;
pub mod quote;
pub mod reaction;
pub mod receipt;
mod refusal;
pub mod replay;
pub mod request;
#[cfg(test)]
mod rules_tests;
mod said;
#[cfg(test)]
mod said_tests;
#[cfg(test)]
mod silence_tests;
mod split;
pub mod sync;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub mod timer;
pub mod ttl;
#[cfg(test)]
mod twins_tests;
pub mod typing;
pub mod unsend;
pub mod unsupported;

use crate::error::Result;
use crate::people;
use crate::store::{ConversationId, Errand, MessageId, MessageKind, WriteTx};
use crate::wire::content::{CallType, Content, decode_content};

pub use crate::people::Desk;
pub use card::ContactCard;
pub use draft::{Draft, MAX_TEXT_POINTS};
pub use open::{Incoming, open};
use post::Post;
pub use refusal::Refusal;
pub use unsend::Reach;

// What only vectors, fuzz, benchmarks and the tests of single rooms name.
use call::Step;
#[cfg(feature = "vectors-fuzz-benches")]
pub use post::MAX_CONTENT_BYTES;
use said::{Reading, Said, Whose};

/// Changes what an errand of ours says that was never sealed, where `change` finds what it changes.
fn reword(tx: &mut WriteTx<'_>, errand: &Errand, change: impl FnOnce(&mut Content) -> Option<()>) -> Result<()> {
    let Some(parcel) = errand.parcel().filter(|parcel| parcel.sealed.is_none()) else { return Ok(()) };
    let Ok(mut content) = decode_content(&parcel.content) else { return Ok(()) };
    match change(&mut content) {
        Some(()) => tx.reword_errand(errand.id, &content.to_bytes()),
        None => Ok(()),
    }
}

/// What became of a message that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stands in a conversation.
    Shown {
        /// Where.
        conversation: ConversationId,
        /// What.
        message: MessageId,
    },
    /// It changed something and is not itself a message.
    Applied,
    /// We have it already: our own copy of what this device sent.
    Known,
    /// It broke a rule, or waits for a newer version.
    Refused(Refusal),
}

/// Applies an opened message to the ledger: steps 10 to 14 of messages.md 3.2.
///
/// # Errors
/// Only those of the ledger; whatever is wrong with the message is an [`Outcome::Refused`].
pub fn apply(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming) -> Result<Outcome> {
    let from = &incoming.sender;
    if from != &desk.me && people::is_blocked(tx, from)? {
        return Ok(Outcome::Refused(Refusal::Blocked));
    }
    let Reading { whose, said } = match said::read(incoming, &desk.me) {
        Ok(reading) => reading,
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    };
    let with = match &whose {
        Whose::Theirs => Some(ConversationId::from(*from)),
        Whose::Copy(to) => Some(to.clone()),
        Whose::Ours => None,
    };
    if let Some(with) = with
        && let Some(refusal) = freshness::refusal(tx, desk, &with, incoming)?
    {
        return Ok(Outcome::Refused(refusal));
    }
    let outcome = dispatch(tx, desk, incoming, said, &whose)?;
    if whose == Whose::Theirs {
        people::note_heard(tx, desk, from, incoming.stored_at)?;
    }
    Ok(outcome)
}

/// Who applies what: one line for what somebody says and whose words they are.
fn dispatch(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming, said: Said<'_>, whose: &Whose) -> Result<Outcome> {
    use Whose::{Copy, Ours, Theirs};
    let from = &incoming.sender;
    match (said, whose) {
        (Said::Text(words), Theirs) => text::apply(tx, desk, incoming, MessageKind::Text, &words),
        (Said::Text(words), Copy(to)) => sync::apply(tx, desk, incoming, to, MessageKind::Text, &words),
        (Said::Parts(words), Theirs) => text::apply(tx, desk, incoming, invitation::kind_of(&words), &words),
        (Said::Parts(words), Copy(to)) => sync::apply(tx, desk, incoming, to, invitation::kind_of(&words), &words),
        (Said::Reaction(reaction), Theirs) => {
            reaction::apply(tx, desk, incoming, &ConversationId::from(*from), reaction)
        }
        (Said::Reaction(reaction), Copy(to)) => reaction::apply(tx, desk, incoming, to, reaction),
        (Said::Answer(answer), Theirs) => request::apply(tx, desk, incoming, answer),
        (Said::Unsend(request), Theirs | Ours) => unsend::apply(tx, desk, incoming, request),
        (Said::NewerKind, Theirs) => unsupported::apply(tx, desk, incoming, &ConversationId::from(*from)),
        (Said::NewerKind, Copy(to)) => unsupported::apply(tx, desk, incoming, to),
        (Said::NewerKind, Ours) => Ok(Outcome::Refused(Refusal::NewerFormat)),
        (Said::TimerUpdate, Theirs) => timer::apply(tx, desk, incoming),
        (Said::TimerUpdate, Copy(to)) => timer::apply_copy(tx, desk, incoming, to),
        (Said::Receipt(receipt), Theirs) => receipt::apply(tx, desk, incoming, receipt),
        (Said::Typing(typing), Theirs) => typing::apply(tx, desk, incoming, typing),
        (Said::Extraction(notice), Theirs) => extraction::apply(tx, desk, incoming, notice),
        (Said::Call(step), Theirs) => call::apply(tx, desk, incoming, step),
        (Said::Call(step @ Step { what: Some(CallType::Answer | CallType::EndCall), .. }), Ours) => {
            call::taken(tx, desk, step)
        }
        (Said::GroupInvitation(data), Theirs) => invitation::apply(tx, desk, incoming, data),
        // Not built yet.
        (Said::GroupUpdate, Theirs) => unsupported::wait(tx, from),
        (Said::GroupUpdate | Said::GroupInvitation(_), Copy(_) | Ours) => {
            Ok(Outcome::Refused(Refusal::NotSupportedYet))
        }
        (Said::Nothing, Theirs | Copy(_)) => Ok(Outcome::Refused(Refusal::Nothing)),
        (Said::Flags, Theirs | Copy(_)) => Ok(Outcome::Refused(Refusal::Flags)),
        (Said::TooManyAttachments, Theirs | Copy(_)) => Ok(Outcome::Refused(Refusal::TooManyAttachments)),
        // No device of ours tells another of these; only a data message can be a copy.
        (Said::Text(_) | Said::Parts(_) | Said::Reaction(_) | Said::TimerUpdate, Ours)
        | (Said::Nothing | Said::Flags | Said::TooManyAttachments, Ours)
        | (
            Said::Answer(_) | Said::Receipt(_) | Said::Typing(_) | Said::Extraction(_) | Said::Call(_),
            Copy(_) | Ours,
        )
        | (Said::Unsend(_), Copy(_)) => Ok(Outcome::Refused(Refusal::FromOurselves)),
    }
}
