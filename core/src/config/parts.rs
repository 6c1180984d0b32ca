//! Messages that are too large for a swarm: cut into parts, and joined again in whatever order they come.
//!
//! A part is `m` and the bencoded list `[hash of the whole, index, count, chunk]`, index and count being one byte each; it is
//! sealed like a message and never wrapped. Bytes after the list do not count: the library leaves up to four zeros there
//! and so do we, byte for byte. Source: session-foundation/libsession-util `src/config/base.cpp`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::crypto::blake2b_256;
use crate::wire::bencode::{self, Value as Bencode};

use super::error::ConfigError;
use super::limits;
use super::message::Hash;
use super::seal::unpad;
use super::text::write_bytes;

/// Cuts a padded message into parts.
///
/// # Errors
/// [`ConfigError::TooLarge`] for more than [`limits::MAX_PARTS`] parts.
pub fn split(padded: &[u8]) -> Result<Vec<Vec<u8>>, ConfigError> {
    let hash = blake2b_256(&[padded]);
    let chunks = padded.chunks(limits::MAX_CHUNK_BYTES);
    let too_large = ConfigError::TooLarge { what: "config document" };
    let count = u8::try_from(chunks.len()).map_err(|_| too_large)?;
    let part = |(index, chunk): (u8, &[u8])| {
        let mut part = Vec::with_capacity(chunk.len() + PART_ROOM + crate::crypto::CONFIG_OVERHEAD);
        part.extend_from_slice(b"ml");
        write_bytes(&hash, &mut part);
        write_bytes(&[index], &mut part);
        write_bytes(&[count], &mut part);
        write_bytes(chunk, &mut part);
        part.push(b'e');
        part.resize(chunk.len() + PART_ROOM, 0);
        part
    };
    Ok((0..count).zip(chunks).map(part).collect())
}

/// What the list takes beside a chunk of five digits; the library takes as much for shorter ones.
const PART_ROOM: usize = 50;

/// The parts that came so far, and the sets that are complete.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    pub(super) pending: BTreeMap<Hash, Pending>,
    /// When the last part of a finished set came.
    pub(super) done: BTreeMap<Hash, Timestamp>,
}

/// An incomplete message.
#[derive(Clone)]
pub(super) struct Pending {
    pub(super) count: u8,
    /// When its last new part came.
    pub(super) seen: Timestamp,
    /// Storage hash and chunk, by index.
    pub(super) chunks: BTreeMap<u8, (String, Vec<u8>)>,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pending({} of {})", self.chunks.len(), self.count)
    }
}

impl Pending {
    fn bytes(&self) -> usize {
        self.chunks.values().map(|(_, chunk)| chunk.len()).sum()
    }
}

/// What a part leads to.
#[derive(Debug)]
pub(super) enum Collected {
    /// More parts are missing.
    Waiting,
    /// The set was complete before: a stray copy.
    Stray,
    /// All are here.
    Complete {
        /// The joined message, zeros taken off.
        payload: Vec<u8>,
        /// The storage hashes of its parts.
        hashes: Vec<String>,
        /// What [`Parts::finish`] remembers.
        whole: Hash,
    },
    /// All were here and were not what they promised; the set is gone.
    Broken {
        /// The storage hashes of the parts.
        hashes: Vec<String>,
        /// What is wrong.
        error: ConfigError,
    },
}

impl Parts {
    /// Takes one part in.
    ///
    /// # Errors
    /// [`ConfigError`] for a part that does not fit; the other parts of its set stay.
    pub(super) fn collect(&mut self, storage: &str, payload: &[u8], now: Timestamp) -> Result<Collected, ConfigError> {
        let (whole, index, count, chunk) = parse(payload)?;
        if let Some(seen) = self.done.get_mut(&whole) {
            *seen = now.max(*seen);
            return Ok(Collected::Stray);
        }
        let set = self.pending.entry(whole).or_insert(Pending { count, seen: now, chunks: BTreeMap::new() });
        if set.count != count {
            return Err(ConfigError::Part);
        }
        if set.bytes() + chunk.len() > limits::MAX_SET_BYTES {
            return Err(ConfigError::TooLarge { what: "config message in parts" });
        }
        if let Entry::Vacant(place) = set.chunks.entry(index) {
            place.insert((storage.to_owned(), chunk.to_vec()));
            // A part that comes again says nothing: it must not keep a message waiting that nobody ends.
            set.seen = now.max(set.seen);
        }
        if set.chunks.len() < usize::from(count) {
            self.make_room(&whole);
            return Ok(Collected::Waiting);
        }
        let set = self.pending.remove(&whole).ok_or(ConfigError::Part)?;
        let (hashes, chunks): (Vec<String>, Vec<Vec<u8>>) = set.chunks.into_values().unzip();
        let joined = chunks.concat();
        if blake2b_256(&[&joined]) != whole {
            return Ok(Collected::Broken { hashes, error: ConfigError::PartHash });
        }
        Ok(match unpad(joined) {
            Ok(payload) => Collected::Complete { payload, hashes, whole },
            Err(error) => Collected::Broken { hashes, error },
        })
    }

    /// Remembers a set that was joined and understood.
    pub(super) fn finish(&mut self, whole: Hash, now: Timestamp) {
        self.done.insert(whole, now);
        while self.done.len() > limits::MAX_DONE_SETS {
            let Some(oldest) = self.done.iter().min_by_key(|(_, seen)| **seen).map(|(whole, _)| *whole) else { return };
            self.done.remove(&oldest);
        }
    }

    /// Forgets what waited too long. Says whether there was anything.
    pub(super) fn expire(&mut self, now: Timestamp) -> bool {
        let before = (self.pending.len(), self.done.len());
        self.pending.retain(|_, set| now.since(set.seen) <= limits::PENDING_FOR);
        self.done.retain(|_, seen| now.since(*seen) <= limits::DONE_FOR);
        before != (self.pending.len(), self.done.len())
    }

    /// Storage hashes of the parts of incomplete messages.
    pub(super) fn hashes(&self) -> impl Iterator<Item = &String> {
        self.pending.values().flat_map(|set| set.chunks.values().map(|(hash, _)| hash))
    }

    /// The same, of messages whose last new part came no longer than `age` ago.
    pub(super) fn fresh_hashes(&self, now: Timestamp, age: Duration) -> impl Iterator<Item = &String> {
        let fresh = self.pending.values().filter(move |set| now.since(set.seen) <= age);
        fresh.flat_map(|set| set.chunks.values().map(|(hash, _)| hash))
    }

    /// Drops the sets that wait longest while there are too many; `newest` stays.
    fn make_room(&mut self, newest: &Hash) {
        while self.pending.len() > limits::MAX_PENDING_SETS
            || self.pending.values().map(Pending::bytes).sum::<usize>() > limits::MAX_PENDING_BYTES
        {
            let others = self.pending.iter().filter(|(whole, _)| *whole != newest);
            let Some(oldest) = others.min_by_key(|(_, set)| set.seen).map(|(whole, _)| *whole) else { return };
            self.pending.remove(&oldest);
        }
    }
}

/// Hash of the whole, index, count and chunk of a part.
fn parse(payload: &[u8]) -> Result<(Hash, u8, u8, &[u8]), ConfigError> {
    let list = payload.strip_prefix(b"m").ok_or(ConfigError::Part)?;
    let (list, _) = bencode::decode_prefix(list, &PART)?;
    let Some([Bencode::Bytes(whole), Bencode::Bytes([index]), Bencode::Bytes([count]), Bencode::Bytes(chunk)]) =
        list.as_list()
    else {
        return Err(ConfigError::Part);
    };
    let whole = Hash::try_from(*whole).map_err(|_| ConfigError::Part)?;
    if *count < 2 || index >= count || chunk.is_empty() {
        return Err(ConfigError::Part);
    }
    Ok((whole, *index, *count, chunk))
}

const PART: bencode::Limits = bencode::Limits { bytes: limits::MAX_STORED_BYTES, depth: 1, values: 5 };

#[cfg(test)]
mod tests {
    use super::*;

    fn parts_of(seed: u8) -> Vec<Vec<u8>> {
        let padded: Vec<u8> = (0..2 * limits::MAX_CHUNK_BYTES).map(|at| (at % 251) as u8 ^ seed).collect();
        split(&padded).unwrap()
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn a_part_that_comes_again_keeps_no_message_waiting() {
        let mut parts = Parts::default();
        let (first, other) = (parts_of(1), parts_of(2));
        parts.collect("one", &first[0], at(0)).unwrap();
        for day in 1..=7 {
            let now = at(day * 24 * 3_600);
            assert!(matches!(parts.collect("again", &first[0], now).unwrap(), Collected::Waiting));
        }
        parts.collect("new", &other[0], at(7 * 24 * 3_600)).unwrap();
        let fresh: Vec<_> = parts.fresh_hashes(at(7 * 24 * 3_600 + 60), Duration::from_secs(60)).collect();
        assert_eq!(fresh, ["new"]);
        assert!(parts.expire(at(7 * 24 * 3_600 + 1)));
        assert_eq!(parts.hashes().collect::<Vec<_>>(), ["new"]);
        let ends = parts.collect("two", &other[1], at(7 * 24 * 3_600 + 1)).unwrap();
        assert!(matches!(ends, Collected::Complete { hashes, .. } if hashes == ["new", "two"]));
    }
}
