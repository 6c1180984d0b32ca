//! What was seen of a conversation that was deleted or hidden: a word of this program to itself, beside the contacts.
//!
//! That somebody is hidden or missing in the Contacts document says that their conversation went, and not what of it whoever
//! deleted it knew. Clocks disagree, a change is pushed later than it was made, and a letter may come in between. So the
//! deleting device says how far it had come: other devices of this program take just that away, and show what came later.
//!
//! Official clients know nothing of this: they keep what they do not know at the top of a document where it is, as every
//! client must (configs.md 7), and read on in `c`. The key is a word, since the library's own keys are single letters:
//!
//! ```text
//! "onionskin": { "gone": { <16 bytes of BLAKE2b, keyed with our own Account ID, over theirs>:
//!     { "a": largest date ahead ms, "d": deleted ms, "f": first poll ms, "n": notes deleted ms, "o": newest of ours ms,
//!       "t": newest of theirs ms } } }
//! ```
//!
//! The hash names nobody to whom the list is shown. An entry that is older than [`KEPT_FOR`] goes with the next one that comes,
//! and of more than [`MOST`] the oldest go. \[OURS\]

use std::time::Duration;

use super::tree::Dict;
use crate::clock::Timestamp;
use crate::crypto::{AccountId, blake2b_keyed_128};

/// How far a device had come that deleted or hid a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// When the newest message of the other that it had seen was sent (network time, by the sender's clock).
    pub theirs: Timestamp,
    /// When the newest of our own that it had seen was sent (network time).
    pub ours: Timestamp,
    /// The largest date of what it had seen, where it lay ahead of the deletion: a sender may write any date. Zero for none.
    pub ahead: Timestamp,
    /// When it first asked the network (network time).
    pub first_poll: Timestamp,
    /// When it deleted (network time). One that nobody told the time says the latest moment that it was sure of.
    pub at: Timestamp,
    /// When Note to Self was last deleted and not only hidden (as `at`; each deletion says more than the one before). Zero for
    /// never, and for everybody else.
    pub notes_deleted: Timestamp,
}

/// By what a person is named; our own id for Note to Self.
pub fn hash(own: &AccountId, person: &AccountId) -> [u8; 16] {
    // The key has a length, so that there always is a hash.
    blake2b_keyed_128(own.as_bytes(), &[person.as_bytes()]).unwrap_or_default()
}

/// What the document says of a person.
pub fn read(dict: &Dict, person: &[u8; 16]) -> Option<Seen> {
    Some(seen(entries(dict)?.dict(person)?))
}

/// Everybody of whom it says something. Entries under keys of another kind are passed over.
pub fn all(dict: &Dict) -> impl Iterator<Item = ([u8; 16], Seen)> + use<'_> {
    let entries = entries(dict).into_iter().flat_map(Dict::dicts);
    entries.filter_map(|(key, entry)| Some((key.try_into().ok()?, seen(entry))))
}

/// Says what was seen of a person, together with what is said already, and takes out what is old by then. Who knew that
/// much says nothing new, and changes nothing of that entry.
pub fn add(dict: &mut Dict, person: &[u8; 16], new: Seen) {
    let known = read(dict, person).unwrap_or_default();
    let entry = dict.dict_mut(NAME).dict_mut(GONE).dict_mut(person);
    entry.put_positive("a", new.ahead.max(known.ahead).as_millis());
    entry.put_positive("d", new.at.max(known.at).as_millis());
    entry.put_positive("f", new.first_poll.max(known.first_poll).as_millis());
    entry.put_positive("n", new.notes_deleted.max(known.notes_deleted).as_millis());
    entry.put_positive("o", new.ours.max(known.ours).as_millis());
    entry.put_positive("t", new.theirs.max(known.theirs).as_millis());
    let mut others: Vec<_> = all(dict).map(|(hash, seen)| (seen.at, hash)).filter(|(_, hash)| hash != person).collect();
    others.sort_unstable();
    let surplus = (others.len() + 1).saturating_sub(MOST);
    let oldest = new.at - KEPT_FOR;
    let gone = others.into_iter().enumerate().filter(|(place, (at, _))| *place < surplus || *at < oldest);
    let gone: Vec<_> = gone.map(|(_, (_, hash))| hash).collect();
    let Some(entries) = dict.inner_mut(NAME).and_then(|ours| ours.inner_mut(GONE)) else { return };
    for hash in gone {
        entries.remove(hash);
    }
}

fn entries(dict: &Dict) -> Option<&Dict> {
    dict.dict(NAME)?.dict(GONE)
}

fn seen(entry: &Dict) -> Seen {
    let moment = |key: &str| Timestamp::from_millis(entry.positive(key).unwrap_or(0));
    Seen {
        theirs: moment("t"),
        ours: moment("o"),
        ahead: moment("a"),
        first_poll: moment("f"),
        at: moment("d"),
        notes_deleted: moment("n"),
    }
}

const NAME: &str = "onionskin";
const GONE: &str = "gone";

/// How long an entry stays. Swarms keep letters for 14 days, so that nothing can come of which it would have to tell.
pub const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Entries at most: about 7 kB of the document.
pub const MOST: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn what_was_seen_is_read_as_it_was_written_and_grows() {
        let mut dict = Dict::default();
        let (own, other) = (AccountId::from_x25519([1; 32]), AccountId::from_x25519([2; 32]));
        let person = hash(&own, &other);
        assert_ne!(person, hash(&other, &own));
        assert_eq!(read(&dict, &person), None);
        let seen = Seen {
            theirs: at(1_000),
            ours: at(500),
            first_poll: at(7),
            at: at(2_000),
            notes_deleted: at(3),
            ..Seen::default()
        };
        add(&mut dict, &person, seen);
        assert_eq!(read(&dict, &person), Some(seen));
        add(&mut dict, &person, Seen { theirs: at(10), ours: at(600), ..Seen::default() });
        assert_eq!(all(&dict).collect::<Vec<_>>(), [(person, Seen { ours: at(600), ..seen })]);
    }

    #[test]
    fn what_is_old_goes_and_of_too_many_the_oldest() {
        let mut dict = Dict::default();
        let day = |day: u64| at(day * 86_400_000);
        for number in 0..u8::try_from(MOST).unwrap() + 10 {
            add(&mut dict, &[number; 16], Seen { at: day(20_000 + u64::from(number / 10)), ..Seen::default() });
        }
        assert_eq!(all(&dict).count(), MOST);
        assert!(read(&dict, &[9; 16]).is_none() && read(&dict, &[10; 16]).is_some());
        add(&mut dict, &[200; 16], Seen { at: day(20_009) + KEPT_FOR, ..Seen::default() });
        assert_eq!(all(&dict).count(), 21, "two days of ten and the new one");
    }
}
