//! What another device deleted, seen from here: what of it was seen there, and what is here that it cannot have known.
//!
//! A device of this program says how far it had come ([`partings`]). Another program says nothing but that the conversation is
//! gone: then it goes until its document was stored.

use std::collections::BTreeMap;

use super::papers::Paper;
use crate::clock::Timestamp;
use crate::config::partings;
use crate::crypto::AccountId;
use crate::error::Result;
use crate::people::{self, Desk};
use crate::store::{ConversationId, Parted, Parting, PersonHash, WriteTx};

/// What another device said that it had seen, and this one did not know yet.
pub(super) struct NewlyParted {
    /// What it says.
    pub(super) parted: Parted,
    /// It is Note to Self, deleted once more.
    pub(super) deletes_notes: bool,
}

/// Takes in what other devices say that they had seen of what they deleted, and forgets what nobody needs to know any more.
/// Gives what of it is new.
pub(super) fn follow_partings(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    paper: &Paper,
) -> Result<BTreeMap<PersonHash, NewlyParted>> {
    let mut new = BTreeMap::new();
    let said: BTreeMap<_, _> = partings::all(paper.document.data()).collect();
    // A clock that nobody set makes nothing old, and an entry stays in the document until another one comes.
    if desk.unsettled.is_none() {
        for person in tx.partings_before(desk.network_now - people::PARTINGS_KEPT_FOR)? {
            if !said.contains_key(&person) {
                tx.forget_parting(&person)?;
            }
        }
    }
    for (person, seen) in said {
        let partings::Seen { theirs, ours, ahead, first_poll, at, notes_deleted } = seen;
        let parting = Parting { theirs, ours, ahead, first_poll, at, notes_deleted };
        let known = tx.parted(&person)?;
        if known.is_none_or(|known| known.parting.and(parting) != known.parting) {
            tx.set_parted(&person, parting, Some(paper.row.applied_at))?;
            let deleted_before = known.map_or(Timestamp::ZERO, |known| known.parting.notes_deleted);
            let parted = Parted { parting, said_at: paper.row.applied_at };
            new.insert(person, NewlyParted { parted, deletes_notes: notes_deleted > deleted_before });
        }
    }
    Ok(new)
}

/// What a conversation holds that the device which deleted it cannot have known.
pub(super) enum Newer {
    /// Nothing: it goes.
    Nothing,
    /// Messages that were sent later.
    Received,
    /// Something that was written here and is still to leave, or was written later: nothing of it may be lost.
    Unsent,
}

/// A deletion on another device.
pub(super) struct Deleted {
    /// When the document that says so was stored (network time).
    pub(super) said_at: Timestamp,
    /// What that device had seen; `None` when it did not say, as other programs do not.
    pub(super) seen: Option<Parted>,
}

impl Deleted {
    /// The deletion that a document says of somebody.
    pub(super) fn by(tx: &WriteTx<'_>, desk: &Desk, paper: &Paper, person: &AccountId) -> Result<Self> {
        let said_at = paper.row.applied_at;
        // An old word says nothing about a deletion that came without one.
        let parted = tx.parted(&people::parting_hash(desk, person))?.filter(|known| known.is_word_of(said_at));
        Ok(Self { said_at, seen: parted })
    }

    /// Until when everything went that was sent. Only their own dates say so of what they send: our newest may be of half an
    /// hour after theirs, and what they wrote before it may still be under way.
    pub(super) fn gone_at(&self) -> Timestamp {
        let seen = self.seen.map(|seen| seen.parting.theirs.max(Timestamp::from_millis(1)));
        seen.map_or(self.said_at, |seen| seen.min(self.said_at))
    }

    /// Takes the messages that went.
    pub(super) fn take(&self, tx: &mut WriteTx<'_>, desk: &Desk, id: &ConversationId) -> Result<()> {
        match self.seen {
            Some(_) => self.take_seen(tx, desk, id),
            None => tx.remove_messages_until(id, self.said_at, desk.network_now),
        }
    }

    /// Takes the messages of which it is known that they were seen.
    pub(super) fn take_seen(&self, tx: &mut WriteTx<'_>, desk: &Desk, id: &ConversationId) -> Result<()> {
        self.seen.map_or(Ok(()), |seen| tx.remove_seen(id, &seen, desk.network_now))
    }
}

pub(super) fn what_is_newer(tx: &WriteTx<'_>, desk: &Desk, id: &ConversationId, than: &Deleted) -> Result<Newer> {
    let received = match &than.seen {
        Some(seen) => tx.has_unseen(id, seen, desk.network_now)?,
        None => tx.has_messages_after(id, than.said_at, desk.network_now)?,
    };
    Ok(if tx.has_unsent(id, than.said_at, desk.network_now)? {
        Newer::Unsent
    } else if received {
        Newer::Received
    } else {
        Newer::Nothing
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use super::super::papers;
    use crate::config::DocumentKind;
    use crate::message::testing::{NOON, Person, at};
    use crate::store::{Parting, Reading, Uncertain};

    #[tokio::test]
    async fn what_no_document_says_any_more_is_forgotten_with_the_next_one() {
        let person = Person::new(1, "Alice").await;
        let now = NOON + u64::try_from(people::PARTINGS_KEPT_FOR.as_millis()).unwrap();
        let (settled, reading) = (person.desk(now), Reading { run: 1, monotonic: Duration::ZERO });
        let follow = move |tx: &mut WriteTx<'_>| {
            let mut paper = papers::open(tx, settled.me.into(), DocumentKind::Contacts)?;
            let said = partings::Seen { at: at(NOON - 1), ..Default::default() };
            paper.document.edit(|data| partings::add(data, &[1; 16], said));
            for (number, millis) in [(2, NOON - 1), (3, NOON)] {
                tx.set_parted(&[number; 16], Parting { at: at(millis), ..Parting::default() }, None)?;
            }
            let known = |tx: &WriteTx<'_>| [1, 2, 3].map(|number| tx.parted(&[number; 16]).unwrap().is_some());
            let first =
                follow_partings(tx, &Desk { unsettled: Some(Uncertain { reading, known: false }), ..settled }, &paper)?;
            assert_eq!((first.len(), known(tx)), (1, [true, true, true]), "nobody knows what day it is");
            let second = follow_partings(tx, &settled, &paper)?;
            assert_eq!((second.len(), known(tx)), (0, [true, false, true]), "the document says the first");
            Ok(())
        };
        person.does(follow).await;
    }

    #[test]
    fn what_was_sent_is_gone_until_the_newest_of_theirs_whatever_we_wrote() {
        for (theirs, ours, expected) in [(300, 500, 300), (500, 300, 500), (0, 500, 1), (900, 0, 700)] {
            let parting = Parting { theirs: at(theirs), ours: at(ours), ..Parting::default() };
            let deleted = Deleted { said_at: at(700), seen: Some(Parted { parting, said_at: at(700) }) };
            assert_eq!(deleted.gone_at(), at(expected), "{theirs}, {ours}");
        }
        assert_eq!(Deleted { said_at: at(700), seen: None }.gone_at(), at(700), "another program says no more");
    }
}
