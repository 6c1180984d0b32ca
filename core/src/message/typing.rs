//! Typing: the other person sees that we write, and we that they do.
//!
//! Off until somebody chooses otherwise, and symmetric, as receipts are (messages.md 7.2). Only between people who accepted
//! each other. Nothing of it is a row but the notice on its way out, which is worth nothing after 20 seconds: it asks for its
//! deadline before it leaves, and a newer one takes its place.
//!
//! | what happens | what leaves |
//! |---|---|
//! | the first key | *started* |
//! | keys for ten seconds since the last *started* | *started* again |
//! | no key for three seconds | *stopped* |
//! | the message is sent | nothing: it says so itself |
//!
//! Who said *started* types until they say *stopped*, or write, or for 15 seconds.

use std::time::Duration;

use super::post::stamp;
use super::{Desk, Incoming, Outcome, Post};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;
use crate::event::TYPING_NOTICES;
use crate::people;
use crate::store::{ConversationId, Role, WriteTx};
use crate::wire::content::{Content, TypingAction, TypingMessage};

/// What we told somebody about our typing. Moments are monotonic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Typist {
    /// When *started* last left; `None` while they think that nobody types.
    started: Option<Duration>,
    last_key: Duration,
}

impl Typist {
    /// A key was pressed. Says what leaves.
    pub fn key(&mut self, now: Duration) -> Option<TypingAction> {
        self.last_key = now;
        if self.started.is_some_and(|started| now.saturating_sub(started) < REPEATED_EVERY) {
            return None;
        }
        self.started = Some(now);
        Some(TypingAction::Started)
    }

    /// When it is worth a look whether there was silence.
    pub fn look_at(&self) -> Option<Duration> {
        self.started.map(|_| self.last_key.saturating_add(SILENCE))
    }

    /// Looks whether there was silence. Says what leaves.
    pub fn look(&mut self, now: Duration) -> Option<TypingAction> {
        self.look_at().filter(|at| *at <= now)?;
        self.started = None;
        Some(TypingAction::Stopped)
    }

    /// The message was sent: the next key begins anew.
    pub fn sent(&mut self) {
        self.started = None;
    }

    /// Whether they think that nobody types.
    pub fn is_idle(&self) -> bool {
        self.started.is_none()
    }
}

/// The Content of a notice.
pub fn compose(sent_at: Timestamp, action: TypingAction) -> Content {
    let typing = TypingMessage { timestamp: Some(sent_at.as_millis()), action: Some(action.into()) };
    Content { typing_message: Some(typing), sig_timestamp: Some(sent_at.as_millis()), ..Content::default() }
}

/// Tells `to` that we type, or stopped: nothing, unless both want it so.
///
/// # Errors
/// Those of the ledger.
pub fn write(tx: &mut WriteTx<'_>, desk: &Desk, to: &AccountId, action: TypingAction) -> Result<()> {
    if !tx.setting(&TYPING_NOTICES)? || !people::is_told(tx, desk, to)? {
        return Ok(());
    }
    tx.withdraw_typing(to)?;
    let sent_at = stamp(tx, desk)?;
    let content = compose(sent_at, action);
    Post { role: Role::Typing, message: None, to: to.into(), content: &content, sent_at, after: Vec::new() }
        .write(tx, desk)
        .map(|_| ())
}

/// Applies the notice of somebody else.
pub(super) fn apply(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming, typing: &TypingMessage) -> Result<Outcome> {
    let from = &incoming.sender;
    people::accepts_us(tx, from)?;
    let is_told = tx.setting(&TYPING_NOTICES)? && people::is_told(tx, desk, from)?;
    if !is_told || !is_of_its_envelope(typing, incoming.sent_at) {
        return Ok(Outcome::Applied);
    }
    let with = ConversationId::from(*from);
    match typing.action.and_then(|number| TypingAction::try_from(number).ok()) {
        Some(TypingAction::Started) => tx.tell_typing(&with, Some(incoming.sent_at.min(desk.network_now))),
        Some(TypingAction::Stopped) => tx.tell_typing(&with, None),
        None => (),
    }
    Ok(Outcome::Applied)
}

/// Whether the moment inside is that of the envelope, or the notice does not count.
pub fn is_of_its_envelope(typing: &TypingMessage, envelope: Timestamp) -> bool {
    typing.timestamp == Some(envelope.as_millis())
}

/// How long after the last *started* somebody types. Source: session-android `TypingStatusRepository.java`.
pub const TYPES_FOR: Duration = Duration::from_secs(15);

/// How often *started* leaves while keys are pressed. Source: session-android `TypingStatusSender.java`.
const REPEATED_EVERY: Duration = Duration::from_secs(10);

/// After so long without a key *stopped* leaves. Same source.
const SILENCE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::super::testing::{NOON, Person, at};
    use super::*;

    #[test]
    fn the_table_of_what_leaves_while_somebody_types() {
        use TypingAction::{Started, Stopped};
        let second = Duration::from_secs;
        let mut typist = Typist::default();
        assert_eq!((typist.key(second(100)), typist.key(second(102))), (Some(Started), None));
        assert_eq!((typist.look(second(104)), typist.look_at()), (None, Some(second(105))));
        for at in 103..110 {
            assert_eq!((typist.key(second(at)), typist.look(second(at))), (None, None));
        }
        assert_eq!(typist.key(second(110)), Some(Started), "ten seconds");
        assert_eq!(typist.look(second(113)), Some(Stopped), "three seconds of silence");
        assert_eq!((typist.look(second(119)), typist.is_idle()), (None, true), "once");
        assert_eq!(typist.key(second(120)), Some(Started));
        typist.sent();
        assert_eq!(
            (typist.look(second(130)), typist.key(second(131))),
            (None, Some(Started)),
            "a message says so itself"
        );
    }

    #[tokio::test]
    async fn a_notice_leaves_for_friends_who_want_it_lives_for_twenty_seconds_and_the_newest_alone() {
        let (alice, bob, carol) =
            (Person::new(1, "Alice").await, Person::new(2, "Bob").await, Person::new(3, "Carol").await);
        let friend = bob.id;
        alice
            .does(move |tx| {
                tx.ensure_contact(&friend, at(NOON))?;
                tx.set_approved(&friend, true)?;
                tx.set_approved_me(&friend, true).map(|_| ())
            })
            .await;
        let types = |to: AccountId, action| {
            let desk = alice.desk(NOON);
            alice.does(move |tx| write(tx, &desk, &to, action))
        };
        types(bob.id, TypingAction::Started).await;
        assert!(alice.outbox().await.is_empty(), "off until it is chosen");
        alice.does(|tx| tx.set_setting(&TYPING_NOTICES, &true)).await;
        types(carol.id, TypingAction::Started).await;
        assert!(alice.outbox().await.is_empty(), "nobody tells strangers");
        types(bob.id, TypingAction::Started).await;
        types(bob.id, TypingAction::Stopped).await;
        let rows = alice.outbox().await;
        let [row] = rows.as_slice() else { panic!("{} wait", rows.len()) };
        let lives = Duration::from_secs(20);
        assert_eq!(
            (row.parcel().unwrap().ttl, row.deadline, row.role()),
            (lives, at(NOON) + lives, Some(Role::Typing))
        );
    }
}
