//! The notice that says that its sender's messages disappear otherwise from now on.
//!
//! Each side's setting governs its own messages. Out: the setting is kept with the person, which the configs carry to our other
//! devices, and a notice leaves, copy included, that itself disappears as it says. In, from somebody else: a line, and nothing
//! of ours changes; who wants the same presses *follow*. In, from another device of ours: our setting, if it is news.
//!
//! Only the newest notice of each person stands in a conversation. A notice for somebody whom we never wrote to does not leave:
//! it would be a request without a word; the first letter says itself how it disappears. One of somebody with whom nothing was
//! ever said is not shown, for the same reason. In Note to Self the config alone decides: a notice that disagrees is dropped.

use super::expiry::{self, Room, marked};
use super::post::stamp;
use super::text::{self, Entry};
use super::{Desk, Incoming, Outcome, Post};
use crate::clock::Timestamp;
use crate::config::DocumentKind;
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Hint, Result};
use crate::people::{self, remove};
use crate::store::{ConversationId, Disappearing, MessageId, MessageKind, MessageState, NewMessage, Role, WriteTx};
use crate::wire::content::{Content, DataMessage, EXPIRATION_TIMER_UPDATE};

/// The Content of a notice; with `to` it is the copy for our own devices.
pub fn compose(sent_at: Timestamp, disappearing: Disappearing, to: Option<&AccountId>) -> Content {
    let data = DataMessage {
        flags: Some(EXPIRATION_TIMER_UPDATE),
        sync_target: to.map(ToString::to_string),
        ..DataMessage::default()
    };
    let content = Content { data_message: Some(data), sig_timestamp: Some(sent_at.as_millis()), ..Content::default() };
    marked(content, disappearing)
}

/// Lets what we write to `to` from now on disappear so, and tells them.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a timer of no time, and for notes to self that would disappear after reading; those of the
/// ledger.
pub fn set(tx: &mut WriteTx<'_>, desk: &Desk, to: &AccountId, wanted: Disappearing) -> Result<()> {
    let with = ConversationId::from(*to);
    let never = wanted.after().is_some_and(|after| after.as_secs() == 0 || u32::try_from(after.as_secs()).is_err());
    if never || expiry::in_room(wanted, Room::of(&with, desk)) != wanted {
        return Err(Error::new(ErrorKind::InvalidInput, "no such timer here").with_hint(Hint::Field("timer")));
    }
    tx.ensure_contact(to, desk.device_now)?;
    let contact = tx.contact(to)?.ok_or_else(|| Error::bug("a contact just written is not there"))?;
    if contact.disappearing == wanted {
        return Ok(());
    }
    let (mode, seconds) = wanted.to_config();
    tx.set_expiry(to, mode, seconds)?;
    tx.set_expiry_set_at(to, desk.network_now)?;
    if contact.blocked || !contact.approved {
        return Ok(());
    }
    tell(tx, desk, to, wanted)
}

/// Writes the notice, its line, and what is to be sent.
fn tell(tx: &mut WriteTx<'_>, desk: &Desk, to: &AccountId, wanted: Disappearing) -> Result<()> {
    let (with, sent_at) = (ConversationId::from(*to), stamp(tx, desk)?);
    people::show(tx, desk, &with)?;
    tx.set_expiry_set_at(to, sent_at)?;
    replace(tx, desk, &with, &desk.me, sent_at)?;
    let line = tx
        .insert_message(&NewMessage {
            conversation: &with,
            sender: &desk.me,
            outgoing: true,
            kind: MessageKind::TimerChanged,
            sent_at,
            received_at: desk.network_now,
            body: "",
            raw: &[],
            swarm_hash: "",
            read_at: desk.network_now,
            state: MessageState::Pending,
        })?
        .ok_or_else(|| Error::bug("a fresh timestamp was taken already"))?;
    tx.set_lifetime(line, wanted, None, Timestamp::ZERO)?;
    post(tx, desk, to, line, (sent_at, wanted))
}

fn post(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    to: &AccountId,
    line: MessageId,
    (sent_at, wanted): (Timestamp, Disappearing),
) -> Result<()> {
    let (role, message) = (Role::Message, Some(line));
    let copy = compose(sent_at, wanted, Some(to));
    let copy = Post { role, message, to: desk.me.into(), content: &copy, sent_at, after: Vec::new() };
    if *to == desk.me {
        return copy.write(tx, desk).map(|_| ());
    }
    let notice = compose(sent_at, wanted, None);
    let notice = Post { role, message, to: to.into(), content: &notice, sent_at, after: Vec::new() }.write(tx, desk)?;
    Post { role: Role::Copy, after: vec![notice], ..copy }.write(tx, desk).map(|_| ())
}

/// Applies a notice of somebody else.
pub(super) fn apply(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming) -> Result<Outcome> {
    let (from, with) = (&incoming.sender, ConversationId::from(incoming.sender));
    people::accepts_us(tx, from)?;
    if !tx.has_conversation(&with)? {
        return Ok(Outcome::Applied);
    }
    line(tx, desk, incoming, &with)
}

/// Applies a notice that another device of ours sent to `to`.
pub(super) fn apply_copy(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    with: &ConversationId,
) -> Result<Outcome> {
    let Some(to) = with.account() else { return Ok(Outcome::Applied) };
    let said = expiry::of(&incoming.content, Room::of(with, desk));
    if *to == desk.me {
        let agrees = expiry::chosen(tx, desk, with)? == said;
        return if agrees { line(tx, desk, incoming, with) } else { Ok(Outcome::Applied) };
    }
    if is_news(tx, desk, to, incoming.sent_at)? {
        tx.ensure_contact(to, desk.device_now)?;
        let (mode, seconds) = said.to_config();
        tx.set_expiry(to, mode, seconds)?;
        tx.set_expiry_set_at(to, incoming.sent_at)?;
    }
    line(tx, desk, incoming, with)
}

/// Whether a notice of ours is newer than all that is known of the setting: the last notice, and the config of another device,
/// which says what was chosen after it.
fn is_news(tx: &WriteTx<'_>, desk: &Desk, to: &AccountId, sent_at: Timestamp) -> Result<bool> {
    let config = tx.applied_at(DocumentKind::Contacts.place(desk.me))?.unwrap_or(Timestamp::ZERO);
    Ok(sent_at > config && sent_at > tx.expiry_set_at(to)?)
}

/// The line of a notice that arrived, if it is the newest of its sender.
fn line(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming, with: &ConversationId) -> Result<Outcome> {
    if !replace(tx, desk, with, &incoming.sender, incoming.sent_at)? {
        return Ok(Outcome::Applied);
    }
    text::store(
        tx,
        desk,
        incoming,
        with,
        &Entry { kind: MessageKind::TimerChanged, body: "", raw: text::NOTHING, quote: None },
    )
}

/// Takes the notices of `sender` away that are older than `sent_at`. Says whether none is newer.
fn replace(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    with: &ConversationId,
    sender: &AccountId,
    sent_at: Timestamp,
) -> Result<bool> {
    let mut newest = true;
    for (id, at) in tx.timer_notices(with, sender)? {
        if at < sent_at {
            remove::delete_message(tx, desk, with, id)?;
        }
        newest &= at <= sent_at;
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::testing::{NOON, Person, at};
    use super::super::{Refusal, open};
    use super::*;
    use crate::error::ErrorKind;

    const HOUR: u64 = 60 * 60 * 1_000;

    fn read(seconds: u64) -> Disappearing {
        Disappearing::AfterRead(Duration::from_secs(seconds))
    }

    fn send(seconds: u64) -> Disappearing {
        Disappearing::AfterSend(Duration::from_secs(seconds))
    }

    impl Person {
        async fn chooses(&self, with: &Person, wanted: Disappearing, now: u64) -> Result<()> {
            let (desk, with) = (self.desk(now), with.id);
            self.store.write("timer", move |tx| set(tx, &desk, &with, wanted)).await.map(|_| ())
        }

        async fn choice(&self, with: &Person) -> Disappearing {
            let with = with.id;
            let row = self.store.read(move |tx| tx.contact(&with)).await.unwrap();
            row.map_or(Disappearing::Off, |row| row.disappearing)
        }

        /// What the notices in the conversation say, with who says it.
        async fn notices(&self, with: &Person) -> Vec<(bool, Disappearing)> {
            let rows = self.sees(with).await.into_iter().filter(|row| row.kind == MessageKind::TimerChanged);
            rows.map(|row| (row.outgoing, row.disappearing)).collect()
        }

        async fn gets_all(&self, letters: Vec<Vec<u8>>, now: u64) {
            for letter in letters {
                self.gets(&letter, now).await;
            }
        }

        /// Gets a letter that its swarm says it forgets at `end`.
        async fn gets_until(&self, letter: &[u8], end: u64, now: u64) -> Outcome {
            let mut incoming = open(&self.keys, self.inbox(), self.inbox().name(letter), letter).unwrap();
            incoming.swarm_end = at(end);
            let desk = self.desk(now);
            self.does(move |tx| super::super::apply(tx, &desk, &incoming)).await
        }
    }

    /// Alice and Bob, who wrote to each other.
    async fn friends() -> (Person, Person) {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        alice.writes(&bob, "hello", NOON).await.unwrap();
        bob.gets_all(alice.hands_over(&bob).await, NOON).await;
        bob.writes(&alice, "hello yourself", NOON + 10).await.unwrap();
        alice.gets_all(bob.hands_over(&alice).await, NOON + 10).await;
        alice.hands_over(&alice).await;
        bob.hands_over(&bob).await;
        (alice, bob)
    }

    #[tokio::test]
    async fn a_setting_governs_what_its_owner_writes_and_nothing_else() {
        let (alice, bob) = friends().await;
        alice.chooses(&bob, read(300), NOON + 100).await.unwrap();
        bob.gets_all(alice.hands_over(&bob).await, NOON + 101).await;
        assert_eq!((alice.choice(&bob).await, bob.choice(&alice).await), (read(300), Disappearing::Off));
        assert_eq!(alice.notices(&bob).await, [(true, read(300))]);
        assert_eq!(bob.notices(&alice).await, [(false, read(300))], "the notice itself disappears as it says");
        for (who, to, body) in [(&alice, &bob, "mine goes"), (&bob, &alice, "mine stays")] {
            who.writes(to, body, NOON + 200).await.unwrap();
            to.gets_all(who.hands_over(to).await, NOON + 201).await;
        }
        for (who, with) in [(&alice, &bob), (&bob, &alice)] {
            let rows = who.sees(with).await;
            let last: Vec<_> = rows.iter().rev().take(2).map(|row| (row.body.as_str(), row.disappearing)).collect();
            assert!(last.contains(&("mine goes", read(300))) && last.contains(&("mine stays", Disappearing::Off)));
        }
    }

    #[tokio::test]
    async fn only_the_newest_notice_of_each_person_stands_there_whatever_came_first() {
        let (alice, bob) = friends().await;
        for (number, wanted) in [send(300), read(300), Disappearing::Off].into_iter().enumerate() {
            alice.chooses(&bob, wanted, NOON + 100 * (number as u64 + 1)).await.unwrap();
        }
        assert_eq!(alice.notices(&bob).await, [(true, Disappearing::Off)]);
        assert_eq!(alice.outbox().await.len(), 2, "what was not sent yet of the older ones does not leave");
        bob.gets_all(alice.hands_over(&bob).await, NOON + 400).await;
        let old = alice.letter(&bob, &compose(at(NOON + 150), send(7), None));
        assert_eq!(bob.gets(&old, NOON + 500).await, Outcome::Applied);
        assert_eq!(bob.notices(&alice).await, [(false, Disappearing::Off)]);
    }

    #[tokio::test]
    async fn a_stranger_changes_nothing_of_ours_and_makes_no_request_with_a_timer() {
        let (mallory, bob) = (Person::new(3, "Mallory").await, Person::new(2, "Bob").await);
        let notice = |millis| mallory.letter(&bob, &compose(at(millis), read(5), None));
        assert_eq!(bob.gets(&notice(NOON), NOON).await, Outcome::Applied);
        assert_eq!((bob.requests().await, bob.chat(&mallory).await), (0, None));
        mallory.writes(&bob, "buy", NOON + 5).await.unwrap();
        bob.gets_all(mallory.hands_over(&bob).await, NOON + 6).await;
        for millis in 10..200 {
            bob.gets(&notice(NOON + millis), NOON + 200).await;
        }
        assert_eq!(bob.notices(&mallory).await, [(false, read(5))], "however many come, one stands there");
        assert_eq!(bob.choice(&mallory).await, Disappearing::Off);
        bob.chooses(&mallory, send(300), NOON + 300).await.unwrap();
        assert!(bob.outbox().await.is_empty(), "who chooses in a request has not accepted it");
    }

    #[tokio::test]
    async fn what_was_chosen_before_the_first_letter_holds_for_it() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        alice.chooses(&bob, send(43_200), NOON).await.unwrap();
        assert!(alice.outbox().await.is_empty() && alice.chat(&bob).await.is_none(), "nothing leaves before it");
        alice.writes(&bob, "hello", NOON + 5).await.unwrap();
        let ttl = alice.outbox().await[0].parcel().unwrap().ttl;
        assert_eq!((alice.sees(&bob).await[0].disappearing, ttl), (send(43_200), Duration::from_secs(43_200)));
        bob.gets_all(alice.hands_over(&bob).await, NOON + 6).await;
        assert_eq!(bob.sees(&alice).await[0].expires_at, at(NOON + 5 + 12 * HOUR));
    }

    #[tokio::test]
    async fn another_device_of_ours_follows_our_notice_and_no_old_one() {
        let ((phone, bob), laptop) = (friends().await, Person::new(1, "Alice").await);
        phone.chooses(&bob, read(300), NOON + 100).await.unwrap();
        laptop.gets_all(phone.hands_over(&laptop).await, NOON + 101).await;
        assert_eq!((laptop.choice(&bob).await, laptop.notices(&bob).await), (read(300), vec![(true, read(300))]));
        let old = phone.letter(&laptop, &compose(at(NOON + 50), send(9), Some(&bob.id)));
        laptop.gets(&old, NOON + 200).await;
        assert_eq!(laptop.choice(&bob).await, read(300), "a notice that comes late");
        let me = laptop.id;
        laptop
            .does(move |tx| {
                let row = crate::store::DumpRow::empty(DocumentKind::Contacts.place(me));
                tx.save_dump(&crate::store::DumpRow { fetched: true, applied_at: at(NOON + 400), ..row })
            })
            .await;
        let before = phone.letter(&laptop, &compose(at(NOON + 350), send(9), Some(&bob.id)));
        laptop.gets(&before, NOON + 500).await;
        assert_eq!(laptop.choice(&bob).await, read(300), "the config is newer");
    }

    #[tokio::test]
    async fn notes_to_self_disappear_after_sending_and_the_config_alone_decides() {
        let (phone, laptop) = (Person::new(1, "Alice").await, Person::new(1, "Alice").await);
        assert_eq!(phone.chooses(&phone, read(300), NOON).await.unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(phone.chooses(&phone, send(0), NOON).await.unwrap_err().kind(), ErrorKind::InvalidInput);
        phone.chooses(&phone, send(86_400), NOON).await.unwrap();
        let notice = phone.hands_over(&laptop).await;
        laptop.gets_all(notice.clone(), NOON + 1).await;
        assert_eq!((laptop.choice(&laptop).await, laptop.sees(&laptop).await), (Disappearing::Off, vec![]));
        let me = laptop.id;
        laptop.does(move |tx| tx.set_expiry(&me, 1, 86_400)).await;
        laptop.gets_all(notice, NOON + 2).await;
        assert_eq!(laptop.notices(&laptop).await, [(true, send(86_400))]);
        phone.writes(&phone, "milk", NOON + 10).await.unwrap();
        laptop.gets_all(phone.hands_over(&laptop).await, NOON + 11).await;
        assert_eq!(laptop.sees(&laptop).await[1].expires_at, at(NOON + 10 + 24 * HOUR));
    }

    #[tokio::test]
    async fn what_is_over_when_it_comes_is_never_shown_and_does_not_come_back() {
        let (alice, bob) = friends().await;
        alice.chooses(&bob, send(300), NOON + 100).await.unwrap();
        alice.writes(&bob, "gone by now", NOON + 200).await.unwrap();
        let content =
            alice.outbox().await.iter().find(|row| row.address == bob.id.into() && row.id.as_i64() > 0).cloned();
        let letters = alice.hands_over(&bob).await;
        assert!(content.is_some() && letters.len() == 2);
        for letter in &letters {
            assert_eq!(bob.gets(letter, NOON + HOUR).await, Outcome::Refused(Refusal::Disappeared));
        }
        assert_eq!(bob.reads(&alice).await, ["hello", "hello yourself"]);
        // A node puts it into another envelope and says that it ends later.
        let again = bob.gets_until(&letters[1], NOON + HOUR + 299_000, NOON + HOUR).await;
        assert_eq!(again, Outcome::Refused(Refusal::Removed));
    }

    #[tokio::test]
    async fn one_member_cannot_make_away_with_a_letter_by_lying_about_its_end() {
        let (alice, bob) = friends().await;
        alice.chooses(&bob, send(3_600), NOON + 100).await.unwrap();
        alice.writes(&bob, "read me", NOON + 200).await.unwrap();
        let letter = alice.hands_over(&bob).await.pop().unwrap();
        assert!(matches!(bob.gets_until(&letter, 1_000, NOON + 300).await, Outcome::Shown { .. }));
    }
}
