//! Text: what people write to each other.
//!
//! Out: one Content for the recipient with our profile beside it, and one for our own devices (the sync copy) that
//! names the recipient and carries no profile. Both bear the same timestamp, which with the sender names the message
//! everywhere, and both say how it disappears ([`expiry`]). The copy waits for the recipient's own: what nobody else has yet, our other devices do not show as sent.
//! Note to Self is the copy alone, addressed to ourselves.
//!
//! In, parts that this version cannot show (attachments, previews, invitations) are kept with the row; without a
//! text beside them they are a placeholder. The text is cut at 10,000 code points (the longest a Pro sender may write) and stands in the sender's
//! conversation; from ourselves it stands in the conversation that the copy names. A second message with the sender and
//! the millisecond of one that stands there already is a replay, unless each bears a msgId of its own.

use std::borrow::Cow;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Result};
use crate::people;
use crate::store::{
    Arrival, ConversationId, Disappearing, MessageId, MessageKind, MessageName, MessageRow, MessageState, NewMessage,
    Role, WriteTx, ordered_at,
};
use crate::wire::content::{Content, DataMessage};
use crate::wire::without_quoted_words;

use super::expiry::{self, Lifetime, marked};
use super::post::stamp;
use super::profile::{self, OwnProfile};
use super::quote::{self, ReceivedQuote, quoting};
use super::said::Words;
use super::{Desk, Draft, Incoming, Outcome, Post, Refusal, early, request};

/// The Content for the recipient.
pub fn compose(body: &str, sent_at: Timestamp, profile: &OwnProfile) -> Content {
    content(sent_at, DataMessage { profile: Some(profile.to_wire()), profile_key: profile.picture_key(), ..data(body) })
}

/// The Content for our own other devices, about a message that went to `to` (ourselves for Note to Self).
pub fn compose_sync(body: &str, sent_at: Timestamp, to: &AccountId) -> Content {
    content(sent_at, DataMessage { sync_target: Some(to.to_string()), ..data(body) })
}

/// Writes a message to `to`: the message row and everything that is to be sent for it.
///
/// Writing first accepts the other person; answering a request also sends the answer to it, before the message.
///
/// # Errors
/// Those of [`Draft::check`]; [`ErrorKind::NotFound`] when what is answered does not stand here; [`ErrorKind::NotAllowed`] when
/// `to` is blocked; those of the ledger.
pub fn write(tx: &mut WriteTx<'_>, desk: &Desk, to: &AccountId, draft: &Draft) -> Result<MessageId> {
    draft.check()?;
    let conversation = ConversationId::from(*to);
    let answered = draft.answers().map(|message| quote::answered(tx, &conversation, message)).transpose()?;
    if people::is_blocked(tx, to)? {
        return Err(Error::new(ErrorKind::NotAllowed, "recipient is blocked"));
    }
    if *to != desk.me {
        request::accept(tx, desk, to)?;
    }
    let sent_at = stamp(tx, desk)?;
    people::show(tx, desk, &conversation)?;
    people::bring_back(tx, desk, &conversation, false)?;
    let disappearing = expiry::chosen(tx, desk, &conversation)?;
    let id = tx
        .insert_message(&NewMessage {
            conversation: &conversation,
            sender: &desk.me,
            outgoing: true,
            kind: MessageKind::Text,
            sent_at,
            received_at: desk.network_now,
            body: draft.body(),
            raw: &[],
            swarm_hash: "",
            read_at: desk.network_now,
            state: MessageState::Pending,
        })?
        .ok_or_else(|| Error::bug("a fresh timestamp was taken already"))?;
    // A clock that may be years behind must not put it out of sight.
    let latest = if desk.unsettled.is_some() { Timestamp::from_millis(u64::MAX) } else { desk.network_now };
    tx.stand_last(id, latest)?;
    tx.set_lifetime(id, disappearing, None, Timestamp::ZERO)?;
    if let Some(of) = &answered {
        quote::keep(tx, id, of)?;
    }
    post(tx, desk, to, id, (draft.body(), sent_at, disappearing))?;
    Ok(id)
}

/// Writes the errands of a message that stands here and has none any more. Its moment is the one that it had: who got it already
/// knows it by that.
///
/// # Errors
/// [`ErrorKind::NotAllowed`] when `to` is blocked; those of the ledger.
pub fn write_again(tx: &mut WriteTx<'_>, desk: &Desk, to: &AccountId, row: &MessageRow) -> Result<()> {
    if people::is_blocked(tx, to)? {
        return Err(Error::new(ErrorKind::NotAllowed, "recipient is blocked"));
    }
    post(tx, desk, to, row.id, (&row.body, row.sent_at, row.disappearing))
}

/// Writes the errands of a letter of ours that a swarm took, once more. It leaves with the moment that it had; by the copy our
/// other devices know that it went again.
///
/// # Errors
/// [`ErrorKind::NotAllowed`] for what is no text of ours that was sent and stays, for what bears more than this version sends or
/// would be refused for its age, in Note to Self, and when `to` is blocked or not accepted; those of the ledger.
pub fn store_again(tx: &mut WriteTx<'_>, desk: &Desk, to: &AccountId, row: &MessageRow) -> Result<()> {
    let is_letter = row.outgoing && row.kind == MessageKind::Text && row.state == MessageState::Sent;
    let stays = row.disappearing == Disappearing::Off && *to != desk.me;
    let in_time = people::in_time(row.sent_at, desk.network_now);
    // Its bytes could not be made again.
    let whole = tx.message_raw(row.id)?.is_none() && tx.msg_id(row.id)?.is_none();
    if !(is_letter && stays && in_time && whole && people::is_friend(tx, desk, to)?) {
        return Err(Error::new(ErrorKind::NotAllowed, "message is no letter that can be stored again"));
    }
    post(tx, desk, to, row.id, (&row.body, row.sent_at, row.disappearing))?;
    // Where our clock is not certain the answer of their swarm says when; that it had left before is noted all the same.
    tx.set_again_at(row.id, if desk.unsettled.is_some() { row.sent_at } else { desk.network_now })?;
    tx.set_message_state(row.id, MessageState::Pending).map(|_| ())
}

fn post(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    to: &AccountId,
    id: MessageId,
    said: (&str, Timestamp, Disappearing),
) -> Result<()> {
    let (role, message, (body, sent_at, disappearing)) = (Role::Message, Some(id), said);
    let answered = tx.quoted_name(id)?;
    let whole = |content| marked(quoting(content, answered.as_ref()), disappearing);
    let copy = whole(compose_sync(body, sent_at, to));
    let copy = Post { role, message, to: desk.me.into(), content: &copy, sent_at, after: Vec::new() };
    if *to == desk.me {
        copy.write(tx, desk)?;
    } else {
        let content = whole(compose(body, sent_at, &OwnProfile::of(tx)?));
        let letter = Post { role, message, to: to.into(), content: &content, sent_at, after: Vec::new() };
        let after = vec![letter.write(tx, desk)?];
        Post { role: Role::Copy, after, ..copy }.write(tx, desk)?;
    }
    Ok(())
}

/// Applies what somebody else wrote: a text, or a placeholder for parts that this version cannot show.
pub(super) fn apply(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    kind: MessageKind,
    words: &Words<'_>,
) -> Result<Outcome> {
    let from = &incoming.sender;
    let outcome = store(tx, desk, incoming, &ConversationId::from(*from), &Entry::of(kind, words, incoming))?;
    if matches!(outcome, Outcome::Shown { .. }) {
        profile::apply(tx, from, words.data.profile.as_ref(), words.data.profile_key.as_deref())?;
    }
    Ok(outcome)
}

/// What of a message is put into a conversation.
pub(super) struct Entry<'a> {
    pub kind: MessageKind,
    pub body: &'a str,
    /// The bytes to keep beside it, for a later version that can show more ([`kept`]); else empty.
    pub raw: Cow<'a, [u8]>,
    /// What it answers.
    pub quote: Option<ReceivedQuote>,
}

impl<'a> Entry<'a> {
    pub fn of(kind: MessageKind, words: &Words<'a>, incoming: &'a Incoming) -> Self {
        let raw = if words.later_parts { kept(incoming) } else { NOTHING };
        Self { kind, body: words.body, raw, quote: words.data.quote.as_ref().and_then(ReceivedQuote::read) }
    }
}

/// What of a message is kept for a later version: its bytes, without what somebody else said.
pub(super) fn kept(incoming: &Incoming) -> Cow<'_, [u8]> {
    without_quoted_words(&incoming.plain)
}

/// Nothing is kept of a message.
pub(super) const NOTHING: Cow<'static, [u8]> = Cow::Borrowed(&[]);

/// Puts a message that arrived into the conversation `with` somebody, and notes who accepts whom by it.
pub(super) fn store(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    with: &ConversationId,
    entry: &Entry<'_>,
) -> Result<Outcome> {
    let ours = incoming.sender == desk.me;
    let name = incoming.name();
    if let Some(known) = known(tx, desk, incoming, with, &name)? {
        return Ok(known);
    }
    let arrival =
        Arrival { ordered_at: ordered_at(incoming.sent_at, desk.network_now), stored_at: stored_at(incoming, desk) };
    // What this device marked itself cannot have included a letter that it did not have.
    let already_read = tx.standing(with)?.is_some_and(|standing| standing.was_read_elsewhere(arrival));
    let lifetime = Lifetime::of(incoming, desk, with, already_read);
    if lifetime.is_over(desk.network_now) {
        people::accepts_us(tx, &incoming.sender)?;
        expiry::bury(tx, desk, incoming, with)?;
        return Ok(Outcome::Refused(Refusal::Disappeared));
    }
    open_conversation(tx, desk, incoming, with)?;
    let new = NewMessage {
        conversation: with,
        sender: &incoming.sender,
        outgoing: ours,
        kind: entry.kind,
        sent_at: incoming.sent_at,
        received_at: desk.network_now,
        body: entry.body,
        raw: &entry.raw,
        swarm_hash: incoming.hash.as_str(),
        read_at: if ours || already_read { desk.network_now } else { Timestamp::ZERO },
        state: if ours { MessageState::Sent } else { MessageState::Received },
    };
    let message = tx.insert_named_message(&new, name.msg_id)?;
    let message = message.ok_or_else(|| Error::bug("a timestamp that was free is taken"))?;
    if !ours {
        tx.note_stored_at(message, arrival.stored_at)?;
        // Whoever writes does not type any more.
        tx.tell_typing(with, None);
    } else if let Some(reader) = with.account() {
        tx.take_receipt(message, reader, incoming.sent_at, desk.network_now)?;
        if is_dated(incoming, desk) && arrival.stored_at > incoming.sent_at + SENT_AGAIN {
            tx.set_again_at(message, arrival.stored_at)?;
        }
    }
    tx.set_lifetime(message, lifetime.disappearing, lifetime.begun, incoming.swarm_end)?;
    if let Some(quote) = &entry.quote {
        quote::keep_received(tx, with, message, quote)?;
    }
    if (entry.kind.is_said() && (ours || !already_read)) || entry.kind == MessageKind::MissedCall {
        people::bring_back(tx, desk, with, !ours)?;
    }
    if entry.kind.is_said() {
        early::meet(tx, desk, with, &name, message)?;
    }
    Ok(Outcome::Shown { conversation: with.clone(), message })
}

/// What becomes of a message that stands here already; `None` when it does not.
fn known(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    with: &ConversationId,
    name: &MessageName,
) -> Result<Option<Outcome>> {
    let Some(known) = tx.same_message(with, name)? else { return Ok(None) };
    if !known.outgoing {
        return Ok(Some(Outcome::Refused(Refusal::Duplicate)));
    }
    if known.swarm_hash.is_empty() {
        tx.set_swarm_hash(known.id, incoming.hash.as_str())?;
    } else if known.swarm_hash != incoming.hash.as_str() && is_dated(incoming, desk) {
        note_sent_again(tx, desk, incoming, known.id)?;
    }
    Ok(Some(Outcome::Known))
}

/// Another copy of a letter of ours: another device sent it again then.
fn note_sent_again(tx: &mut WriteTx<'_>, desk: &Desk, copy: &Incoming, letter: MessageId) -> Result<()> {
    let at = stored_at(copy, desk);
    if at <= tx.again_at(letter)?.max(copy.sent_at) {
        return Ok(());
    }
    tx.set_swarm_hash(letter, copy.hash.as_str())?;
    tx.set_again_at(letter, at)
}

/// Something is about to stand in a conversation: it is on the list, and its people accept each other as far as that says.
fn open_conversation(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming, with: &ConversationId) -> Result<()> {
    let friend = people::is_friend(tx, desk, &incoming.sender)?;
    if tx.standing(with)?.is_none() && !friend {
        people::make_room_for_request(tx, desk)?;
    }
    let begins = !friend && !tx.has_request(with)?;
    people::show(tx, desk, with)?;
    if begins {
        tx.set_came_at(with, desk.device_now)?;
    }
    if incoming.sender != desk.me {
        people::accepts_us(tx, &incoming.sender)
    } else if let Some(to) = with.account() {
        people::we_accept(tx, desk, to)
    } else {
        Ok(())
    }
}

/// Whether [`stored_at`] means something: our swarm says it, or our clock is certain.
fn is_dated(incoming: &Incoming, desk: &Desk) -> bool {
    incoming.stored_at > Timestamp::ZERO || desk.unsettled.is_none()
}

/// A copy of ours that our swarm got so long after its moment left late or again, and so did its letter.
const SENT_AGAIN: Duration = Duration::from_secs(24 * 60 * 60);

/// When our swarm got a letter: as far as it says, and no later than now.
fn stored_at(incoming: &Incoming, desk: &Desk) -> Timestamp {
    if incoming.stored_at == Timestamp::ZERO { desk.network_now } else { incoming.stored_at.min(desk.network_now) }
}

fn data(body: &str) -> DataMessage {
    DataMessage { body: Some(body.to_owned()), ..DataMessage::default() }
}

pub(super) fn content(sent_at: Timestamp, data: DataMessage) -> Content {
    let content = Content { data_message: Some(data), sig_timestamp: Some(sent_at.as_millis()), ..Content::default() };
    marked(content, Disappearing::Off)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOON, Person, at};
    use super::*;

    #[test]
    fn the_recipients_letter_has_our_name_and_the_copy_has_the_recipient() {
        let me = OwnProfile { display_name: "Ana".to_owned(), updated_seconds: 7, picture: Default::default() };
        let letter = compose("hi", Timestamp::from_millis(5), &me);
        let copy = compose_sync("hi", Timestamp::from_millis(5), &AccountId::from_x25519([9; 32]));
        let (letter_data, copy_data) = (letter.data_message.unwrap(), copy.data_message.unwrap());
        assert_eq!(letter_data.profile.unwrap().display_name.as_deref(), Some("Ana"));
        assert_eq!(letter_data.sync_target, None);
        assert_eq!(copy_data.profile, None);
        assert_eq!(copy_data.sync_target.as_deref(), Some(format!("05{}", "09".repeat(32)).as_str()));
        assert_eq!((letter.sig_timestamp, copy.sig_timestamp), (Some(5), Some(5)));
        assert_eq!((letter_data.body, copy_data.body), (Some("hi".to_owned()), Some("hi".to_owned())));
    }

    #[tokio::test]
    async fn a_message_goes_out_once_and_its_copy_waits_for_it() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let message = alice.writes(&bob, "hello", NOON).await.unwrap();
        let rows = alice.outbox().await;
        let shape: Vec<_> = rows.iter().map(|row| (row.role().unwrap(), row.address, row.message)).collect();
        let (to_bob, to_us) = (bob.id.into(), alice.id.into());
        assert_eq!(shape, [(Role::Message, to_bob, Some(message)), (Role::Copy, to_us, Some(message))]);
        let (letter, copy) = (rows[0].id, rows[1].id);
        assert_eq!(alice.store.read(move |tx| tx.awaited_by(copy)).await.unwrap(), [letter]);
        assert_eq!(alice.sees(&bob).await[0].state, MessageState::Pending);
        assert!(alice.chat(&bob).await.unwrap().approved, "writing first accepts");
    }

    #[tokio::test]
    async fn no_two_messages_bear_one_millisecond_even_when_the_clock_is_set_back() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        for now in [NOON, NOON, NOON + 1, NOON - 3_600_000, NOON] {
            alice.writes(&bob, "tick", now).await.unwrap();
        }
        let sent: Vec<_> = alice.sees(&bob).await.iter().map(|row| row.sent_at).collect();
        assert!(sent.windows(2).all(|pair| pair[1].since(pair[0]).as_millis() >= 2), "{sent:?}");
    }

    #[tokio::test]
    async fn a_replay_in_another_envelope_is_not_shown_twice() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        alice.writes(&bob, "hello", NOON).await.unwrap();
        let content = alice.outbox().await[0].parcel().unwrap().content.clone();
        let (first, again) = (alice.seals(&bob, &content, at(NOON)), alice.seals(&bob, &content, at(NOON)));
        assert!(matches!(bob.gets(&first, NOON).await, Outcome::Shown { .. }));
        assert_eq!(bob.gets(&again, NOON).await, Outcome::Refused(Refusal::Duplicate));
        assert_eq!((bob.reads(&alice).await.len(), bob.chat(&alice).await.unwrap().unread), (1, 1));
    }

    #[tokio::test]
    async fn an_old_message_brings_no_old_name_back() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        for (millis, name, seconds, shown) in [
            (NOON, "Alice", 10, "Alice"),
            (NOON + 2, "Ally", 11, "Ally"),
            (NOON + 4, "Alice", 10, "Ally"),
            (NOON + 6, "Mallory", 11, "Ally"),
            (NOON + 8, "  ", 12, "Ally"),
            (NOON + 10, "Al", 13, "Al"),
        ] {
            let profile =
                OwnProfile { display_name: name.to_owned(), updated_seconds: seconds, picture: Default::default() };
            bob.gets(&alice.letter(&bob, &compose("hi", at(millis), &profile)), millis).await;
            assert_eq!(bob.chat(&alice).await.unwrap().name, shown, "after {name} at {seconds}");
        }
    }

    #[tokio::test]
    async fn a_name_from_a_stranger_turns_no_sentence_around() {
        let (mallory, bob) = (Person::new(3, "Mallory").await, Person::new(2, "Bob").await);
        let name = "\u{202e}\u{2066}A\nB\u{0007}\u{200b}".to_owned();
        let profile = OwnProfile { display_name: name, updated_seconds: 5, picture: Default::default() };
        bob.gets(&mallory.letter(&bob, &compose("hi", at(NOON), &profile)), NOON).await;
        assert_eq!(bob.chat(&mallory).await.unwrap().name, "A B");
    }

    #[tokio::test]
    async fn a_draft_that_is_refused_leaves_nothing_behind() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        for (body, kind) in [(String::new(), ErrorKind::InvalidInput), ("x".repeat(2_001), ErrorKind::TooLarge)] {
            assert_eq!(alice.writes(&bob, &body, NOON).await.unwrap_err().kind(), kind);
        }
        assert_eq!((alice.outbox().await, alice.chat(&bob).await), (vec![], None));
    }

    #[tokio::test]
    async fn a_picture_is_kept_for_a_later_version_with_its_text_or_as_a_placeholder() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let pointer = crate::wire::content::AttachmentPointer::default();
        for (millis, body) in [(NOON, "look"), (NOON + 2, "")] {
            let picture = content(at(millis), DataMessage { attachments: vec![pointer.clone()], ..data(body) });
            let gets = bob.gets(&alice.letter(&bob, &picture), millis).await;
            let Outcome::Shown { message, .. } = gets else { panic!("{gets:?}") };
            let kept = bob.store.read(move |tx| tx.message_raw(message)).await.unwrap();
            assert_eq!(kept, Some(picture.to_bytes()), "{body}");
        }
        let kinds: Vec<_> = bob.sees(&alice).await.iter().map(|row| (row.kind, row.body.clone())).collect();
        assert_eq!(kinds, [(MessageKind::Text, "look".to_owned()), (MessageKind::NewerFormat, String::new())]);
        let chat = bob.chat(&alice).await.unwrap();
        assert!(chat.approved_me && chat.unread == 2);
    }

    #[tokio::test]
    async fn a_reaction_says_that_somebody_we_know_accepts_us() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        bob.writes(&alice, "hello", NOON).await.unwrap();
        let reaction = Some(crate::wire::content::Reaction::default().into());
        let letter = alice.letter(&bob, &content(at(NOON + 5), DataMessage { reaction, ..DataMessage::default() }));
        assert_eq!(bob.gets(&letter, NOON + 6).await, Outcome::Refused(Refusal::Nothing));
        assert!(bob.chat(&alice).await.unwrap().approved_me);
    }
}
