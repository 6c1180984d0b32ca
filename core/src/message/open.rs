//! From the bytes of a swarm to a message that may be believed: steps 2 to 9 of messages.md 3.2, pure.
//!
//! Nothing here knows who is blocked or what was said before; that is asked inside the transaction that stores the
//! result (`delivery::inbox`). What comes out has a sender proven by signature, bound to us as the recipient, and one
//! timestamp. Each message is opened in isolation: a panic in a parser is caught and becomes [`Refusal::Panicked`].

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::address::{Place, SwarmHash};
use crate::clock::Timestamp;
use crate::crypto::{AccountId, AccountKeys, seal};
use crate::wire::content::{Content, decode_content};
use crate::wire::limits::MAX_STORED_BYTES;
use crate::wire::{envelope, padding};

use super::Refusal;

/// A message that was opened and checked.
#[derive(Clone, PartialEq)]
pub struct Incoming {
    /// Where it was found.
    pub place: Place,
    /// What the swarm there calls it.
    pub hash: SwarmHash,
    /// Who signed it. The only sender that is trusted.
    pub sender: AccountId,
    /// When the sender says it was sent (network ms).
    pub sent_at: Timestamp,
    /// When the swarm got it, as the member says who gave it (network ms); zero when nobody said.
    pub stored_at: Timestamp,
    /// When the swarm forgets it, as that member says (network ms); zero when nobody said.
    pub swarm_end: Timestamp,
    /// What it says.
    pub content: Content,
    /// The opened bytes of `content`, without padding: kept for what this version cannot show.
    pub plain: Vec<u8>,
}

/// Opens one message that was found at `place`, the inbox of the account with these keys. Never panics.
///
/// # Errors
/// The [`Refusal`] of the first rule that it breaks.
pub fn open(keys: &AccountKeys, place: Place, hash: SwarmHash, data: &[u8]) -> Result<Incoming, Refusal> {
    // A parser that panics must cost one message, not the mailbox. Nothing shared is touched inside.
    catch_unwind(AssertUnwindSafe(|| open_unguarded(keys, place, hash, data))).unwrap_or(Err(Refusal::Panicked))
}

fn open_unguarded(keys: &AccountKeys, place: Place, hash: SwarmHash, data: &[u8]) -> Result<Incoming, Refusal> {
    if envelope::is_newer_format(data) {
        return Err(Refusal::NewerWireFormat);
    }
    if data.len() > MAX_STORED_BYTES {
        return Err(Refusal::TooLarge);
    }
    let envelope = envelope::unwrap(data).map_err(|_| Refusal::Envelope)?;
    let opened = seal::open(keys, &envelope.content).map_err(|error| match error {
        seal::SealError::BadSignature | seal::SealError::BadSender => Refusal::Signature,
        _ => Refusal::Seal,
    })?;
    let plain = padding::unpad(&opened.padded);
    let content = decode_content(plain).map_err(|_| Refusal::Content)?;
    let sent_at = agreed_timestamp(content.sig_timestamp.unwrap_or(0), envelope.timestamp_ms)?;
    let (sender, stored_at, swarm_end) = (opened.sender, Timestamp::ZERO, Timestamp::ZERO);
    Ok(Incoming { place, hash, sender, sent_at, stored_at, swarm_end, content, plain: plain.to_vec() })
}

/// Step 9: the signed time and the envelope's must be equal where both exist; old clients sign none.
fn agreed_timestamp(signed: u64, envelope: u64) -> Result<Timestamp, Refusal> {
    let agreed = match (signed, envelope) {
        (0, 0) => return Err(Refusal::Timestamp),
        (0, one) | (one, 0) => one,
        (signed, envelope) if signed == envelope => signed,
        _ => return Err(Refusal::Timestamp),
    };
    if agreed > LATEST_MILLIS { Err(Refusal::Timestamp) } else { Ok(Timestamp::from_millis(agreed)) }
}

/// The end of the year 9999. Later moments fit neither a calendar nor, much later, a database integer.
const LATEST_MILLIS: u64 = 253_402_300_799_999;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_table_of_what_does_not_open() {
        use crate::crypto::{decoy_signature, seal};
        use crate::message::testing::{NOON, Person, at};
        use crate::wire::padding;

        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let content = Content { sig_timestamp: Some(NOON), ..Content::default() }.to_bytes();
        let open = |data: &[u8]| open(&bob.keys, bob.inbox(), bob.inbox().name(data), data);
        let good = alice.seals(&bob, &content, at(NOON));
        assert_eq!(open(&good).map(|incoming| incoming.sender), Ok(alice.id));

        let mut broken = good.clone();
        let middle = broken.len() / 2;
        broken[middle] ^= 1;
        let sealed = seal::seal(&alice.keys, &bob.id, &padding::pad(&content));
        let short = envelope::wrap(&sealed[..100], at(NOON), decoy_signature());
        for (data, refusal, why) in [
            (vec![0, 1, 2], Refusal::NewerWireFormat, "protocol v2"),
            (vec![8; 80_000], Refusal::TooLarge, "over the limit"),
            (vec![0xff; 40], Refusal::Envelope, "garbage"),
            (Vec::new(), Refusal::Envelope, "nothing"),
            (broken, Refusal::Seal, "one bit changed"),
            (short, Refusal::Seal, "cut"),
            (alice.seals(&alice, &content, at(NOON)), Refusal::Seal, "for somebody else"),
            (alice.seals(&bob, &[0xff; 30], at(NOON)), Refusal::Content, "no content"),
            (alice.seals(&bob, &content, at(NOON + 1)), Refusal::Timestamp, "another time outside"),
        ] {
            assert_eq!(open(&data).err(), Some(refusal), "{why}");
        }
    }

    #[test]
    fn two_times_must_agree_and_one_is_enough() {
        let agreed = |signed, envelope| agreed_timestamp(signed, envelope).map(Timestamp::as_millis);
        assert_eq!(agreed(5, 5), Ok(5));
        assert_eq!(agreed(0, 5), Ok(5));
        assert_eq!(agreed(5, 0), Ok(5));
        assert_eq!(agreed(5, 6), Err(Refusal::Timestamp));
        assert_eq!(agreed(0, 0), Err(Refusal::Timestamp));
        assert_eq!(agreed(u64::MAX, u64::MAX), Err(Refusal::Timestamp));
    }
}
