//! Storing something in a swarm: a letter for its recipient, a copy for our own devices, the answer to a request.
//!
//! What bears a moment that was given out before the network's time was certain is dated first: never leaves with a date that
//! is not settled what never left. Sealed once, the sealed bytes are committed, and only then they go out: whatever happens afterwards, the same bytes go out
//! again, and a swarm that has them answers with the hash it gave before. *Sent* is what half of the swarm keeps, and two
//! members at least; what fewer keep is noted at the message and goes out again. A copy that fails does not touch the message it
//! copies; an answer to a request that fails waits until the person is accepted or written to again.

use crate::address::Place;
use crate::clock::Timestamp;
use crate::crypto::{AccountId, decoy_signature, seal};
use crate::error::{Error, ErrorKind, Hint, Result};
use crate::event::Connection;
use crate::message::ttl::MESSAGE_TTL;
use crate::store::{Errand, ErrandId, Failure, MessageKind, MessageState, Parcel, ReadTx, Role, Sending, WriteTx};
use crate::swarm::Stored;
use crate::wire::limits::MAX_STORED_BYTES;
use crate::wire::{envelope, padding};

use super::give_up;
use crate::address::LONGEST_TTL;
use crate::delivery::Hall;

/// Seals, if that was not done yet, and stores in the recipient's swarm. Never signed: anybody may write to an inbox, and a
/// signature would only mark who does.
pub(super) async fn attempt(hall: &Hall, errand: &Errand, parcel: &Parcel) -> Result<Option<Stored>> {
    if is_worthless(errand, parcel, hall.device_now()) {
        let id = errand.id;
        hall.write_quietly("too late", move |tx| give_up(tx, id)).await?;
        return Ok(None);
    }
    let Some(sealed) = sealed(hall, errand, parcel).await? else { return Ok(None) };
    if hall.is_silent() {
        return Ok(None);
    }
    let ttl = if parcel.ttl.is_zero() { MESSAGE_TTL } else { parcel.ttl };
    match hall.swarms().store(errand.address, parcel.namespace, &sealed, ttl, None).await.map_err(Error::from) {
        Ok(stored) => {
            hall.note_connection(Connection::Online).await?;
            Ok(Some(stored))
        }
        Err(error) if error.kind() == ErrorKind::SwarmRejected && is_taken(hall, errand).await? => {
            Err(Error::new(ErrorKind::PathBroken, "members that have it were not among those asked").with_source(error))
        }
        Err(error) => Err(error),
    }
}

/// Whether nobody wants to know any more: that somebody typed. Also under a clock that was set back since it was written.
fn is_worthless(errand: &Errand, parcel: &Parcel, now: Timestamp) -> bool {
    parcel.role == Role::Typing && !(errand.created_at..errand.deadline).contains(&now)
}

/// Whether a member of the swarm took the message before: then others that refuse do not make it fail.
async fn is_taken(hall: &Hall, errand: &Errand) -> Result<bool> {
    let Some(message) = errand.message else { return Ok(false) };
    let row = hall.read(move |tx| tx.message(message)).await?;
    Ok(row.and_then(|row| row.sending).is_some_and(|sending| sending.accepted > 0))
}

/// The bytes that go out; `None` when the errand was taken away meanwhile.
async fn sealed(hall: &Hall, errand: &Errand, parcel: &Parcel) -> Result<Option<Vec<u8>>> {
    if let Some(sealed) = &parcel.sealed {
        return Ok(Some(sealed.clone()));
    }
    let Some(dated) = dated(hall, errand.id).await? else { return Ok(None) };
    let Some(parcel) = dated.parcel() else { return Ok(None) };
    let sealed = seal_for(hall, &dated, parcel)?;
    let id = errand.id;
    hall.write_quietly("message sealed", move |tx| tx.seal_errand(id, &sealed)).await
}

/// The errand with its date for ever: read again, because another attempt may have dated everything meanwhile.
async fn dated(hall: &Hall, id: ErrandId) -> Result<Option<Errand>> {
    let look = move |tx: &ReadTx<'_>| {
        let errand = tx.errand(id)?;
        let unsettled = match errand.as_ref().and_then(Errand::parcel) {
            Some(parcel) => tx.is_unsettled(parcel.sent_at)?,
            None => false,
        };
        Ok((errand, unsettled))
    };
    let (errand, unsettled) = hall.read(look).await?;
    if !unsettled {
        return Ok(errand);
    }
    hall.settle_moments_before_leaving().await?;
    hall.read(move |tx| tx.errand(id)).await
}

/// Steps 2 to 6 of messages.md 3.1.
fn seal_for(hall: &Hall, errand: &Errand, parcel: &Parcel) -> Result<Vec<u8>> {
    let recipient = AccountId::parse(&errand.address.to_string())
        .map_err(|_| Error::new(ErrorKind::InvalidInput, "recipient of a letter is no account"))?;
    let sealed = seal::seal(hall.keys(), &recipient, &padding::pad(&parcel.content));
    let wrapped = envelope::wrap(&sealed, parcel.sent_at, decoy_signature());
    if wrapped.len() > MAX_STORED_BYTES {
        return Err(Error::new(ErrorKind::TooLarge, "message is over the wire limit")
            .with_hint(Hint::Length { found: wrapped.len(), expected: MAX_STORED_BYTES }));
    }
    Ok(wrapped)
}

/// The swarm has it.
pub(super) fn done(tx: &mut WriteTx<'_>, errand: &Errand, parcel: &Parcel, stored: &Stored) -> Result<()> {
    if errand.address == tx.own_account()?.into() {
        // What our own swarm calls it; and when the poller meets it there, it is nothing new.
        let place = Place { owner: errand.address, namespace: parcel.namespace };
        tx.mark_seen(place, &stored.hash, stored.stored_at + LONGEST_TTL)?;
        if let (Some(message), Role::Message | Role::Copy) = (errand.message, parcel.role) {
            tx.set_swarm_hash(message, stored.hash.as_str())?;
        }
    }
    if let (Some(message), Role::Message) = (errand.message, parcel.role) {
        tx.set_message_state(message, MessageState::Sent)?;
        tx.set_sending(message, &sending(stored))?;
        tx.begin_as_sent(message, stored.stored_at, stored.stored_at)?;
    }
    tx.finish_errand(errand.id)?;
    Ok(())
}

/// It is tried again; `taken` is how far it came, where some members took it.
pub(super) fn retries(
    tx: &mut WriteTx<'_>,
    errand: &Errand,
    parcel: &Parcel,
    at: Timestamp,
    taken: Option<&Stored>,
) -> Result<()> {
    if let (Some(message), Role::Message) = (errand.message, parcel.role) {
        if let Some(stored) = taken {
            tx.set_sending(message, &sending(stored))?;
        }
        tx.set_message_state(message, MessageState::Retrying { at })?;
    }
    Ok(())
}

/// It has failed for good. A letter that had left before stays sent.
pub(super) fn failed(tx: &mut WriteTx<'_>, errand: &Errand, parcel: &Parcel, failure: Failure) -> Result<()> {
    match (errand.message, parcel.role) {
        (Some(message), Role::Message) if tx.again_at(message)? > Timestamp::ZERO => {
            tx.set_message_state(message, MessageState::Sent)?;
            tx.set_again_at(message, Timestamp::ZERO)?;
            // The copy would say that it went.
            for copy in tx.errands_of_message(message)? {
                if copy.role() == Some(Role::Copy) && copy.waits {
                    give_up(tx, copy.id)?;
                }
            }
            give_up(tx, errand.id)
        }
        (Some(message), Role::Message) => {
            tx.set_message_state(message, MessageState::Failed(failure))?;
            tx.fail_errand(errand.id)
        }
        // The other person would wait for it for ever: it goes again when we accept them again or write to them.
        (_, Role::Answer) => tx.fail_errand(errand.id),
        // Nobody can ask to resend what is not a message, and a copy is not worth a failure.
        (None, Role::Message) | (_, Role::Copy | Role::Unsend | Role::Reaction | Role::Receipt | Role::Typing) => {
            give_up(tx, errand.id)
        }
    }
}

/// The swarm has it, and it was taken away meanwhile. Of what was withdrawn our own swarm shall keep nothing.
pub(super) fn done_in_vain(tx: &mut WriteTx<'_>, errand: &Errand, stored: &Stored) -> Result<()> {
    let Some(message) = errand.message else { return Ok(()) };
    let is_withdrawn = tx.message(message)?.is_some_and(|row| row.kind == MessageKind::Deleted);
    if !is_withdrawn || errand.address != tx.own_account()?.into() {
        return Ok(());
    }
    super::delete::write(tx, errand.address, vec![stored.hash.clone()], errand.created_at)
}

fn sending(stored: &Stored) -> Sending {
    let count = |nodes: usize| u32::try_from(nodes).unwrap_or(u32::MAX);
    let way = &stored.way;
    Sending {
        accepted: count(stored.accepted.len()),
        asked: count(stored.accepted.len() + stored.failed.len()),
        nodes: stored.accepted.iter().map(ToString::to_string).collect(),
        hops: way.hops.iter().map(|hop| crate::store::Hop { key: hop.key.to_string(), ip: hop.ip }).collect(),
        destination: way.destination.map(|node| node.to_string()).unwrap_or_default(),
        latency: way.latency,
        attempts: way.attempts,
        finished_at: stored.stored_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::testing::{NOON, Person, at};
    use crate::message::text;

    #[tokio::test]
    async fn a_letter_that_was_sent_stays_so_though_sending_it_again_fails() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let letter = alice.writes(&bob, "hello", NOON).await.unwrap();
        alice.hands_over(&bob).await;
        alice.hands_over(&alice).await;
        let (desk, to) = (alice.desk(NOON + 13 * 86_400_000), bob.id);
        let again = move |tx: &mut WriteTx<'_>| {
            tx.set_message_state(letter, MessageState::Sent)?;
            let row = tx.message(letter)?.unwrap();
            text::store_again(tx, &desk, &to, &row)?;
            let errands = tx.errands_of_message(letter)?;
            let errand = errands.iter().find(|errand| errand.role() == Some(Role::Message)).unwrap();
            failed(tx, errand, errand.parcel().unwrap(), Failure::Rejected)?;
            Ok((tx.message(letter)?.unwrap().state, tx.errands_of_message(letter)?.len()))
        };
        assert_eq!(alice.does(again).await, (MessageState::Sent, 0), "and no copy says that it went");
        let with = bob.id.into();
        let said = alice.store.read(move |tx| crate::people::unanswered(tx, &desk, &with)).await.unwrap();
        assert_eq!(said.map(|said| said.ends_at), Some(at(NOON + 14 * 86_400_000)), "it ends when it did");
    }
}
