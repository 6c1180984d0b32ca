//! ConvoInfoVolatile: up to where each conversation was read, on all devices.
//!
//! `r` is the time of the last message that was read, in *milliseconds*; `u` says that the user marked the conversation
//! unread. Entries about the distant past do not burden the document: one whose `r` is older than [`ARCHIVE_AFTER`],
//! without `u` and without proof of Session Pro that mattered in that time, lives in an archive on this device alone.
//! [`age`] moves such entries there; call it before each push and after each merge. The archive itself belongs to the
//! caller, who forgets an archived entry when the document has one for the same conversation again.
//!
//! Setting never goes backwards: a smaller `r` than the document's is not written (\[OURS\]).
//!
//! Source: session-foundation/libsession-util `src/config/convo_info_volatile.cpp`.

use std::fmt;
use std::time::Duration;

use super::fields;
use super::ids::{BlindedId, GroupId, RoomId};
use super::tree::Dict;
use crate::clock::Timestamp;
use crate::crypto::AccountId;

/// How old a read position is when it leaves the document.
pub const ARCHIVE_AFTER: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Which conversation an entry is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// With one person; our own id is Note to Self.
    OneToOne(AccountId),
    /// A group.
    Group(GroupId),
    /// A group of before 2025.
    LegacyGroup(AccountId),
    /// A room of a community.
    Community {
        /// Server and room.
        room: RoomId,
        /// The server's key. Not looked at in reading.
        server_key: [u8; 32],
    },
    /// With one person known by a blinded id.
    Blinded(BlindedId),
}

/// Whom somebody talks to stays out of logs, but for the kind.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneToOne(_) => "OneToOne(…)",
            Self::Group(_) => "Group(…)",
            Self::LegacyGroup(_) => "LegacyGroup(…)",
            Self::Community { .. } => "Community(…)",
            Self::Blinded(_) => "Blinded(…)",
        })
    }
}

/// How far a conversation was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadState {
    /// The time of the last message that was read, in milliseconds since the epoch; 0 for none.
    pub last_read_ms: u64,
    /// Marked unread by the user.
    pub unread: bool,
}

/// What left the document, to be kept on this device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// Which conversation.
    pub place: Place,
    /// The time of the last message that was read, in milliseconds since the epoch.
    pub last_read_ms: u64,
}

/// How far this conversation was read. None when the document says nothing of it.
pub fn read(dict: &Dict, place: &Place) -> Option<ReadState> {
    Some(state(entry(dict, place)?))
}

/// How far the conversation with this person was read.
pub fn one_to_one(dict: &Dict, id: &AccountId) -> Option<ReadState> {
    read(dict, &Place::OneToOne(*id))
}

/// All conversations. Entries under keys of another kind are passed over.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
pub fn all(dict: &Dict) -> Vec<(Place, ReadState)> {
    let mut found = Vec::new();
    walk(dict, |place, entry| found.push((place, state(entry))));
    found
}

/// Sets up to where a conversation was read. Smaller than what the document says changes nothing.
///
/// A value that is too old for the document (and not marked unread) takes the entry out of it and comes back, to be
/// archived.
pub fn set_last_read(dict: &mut Dict, place: &Place, last_read_ms: u64, now: Timestamp) -> Option<Archived> {
    let known = entry(dict, place);
    if known.is_some_and(|entry| state(entry).last_read_ms >= last_read_ms) {
        return None;
    }
    if last_read_ms < cutoff(now) && !known.is_some_and(|entry| keeps(entry, place, cutoff(now))) {
        remove(dict, place);
        return Some(Archived { place: place.clone(), last_read_ms });
    }
    entry_mut(dict, place).put_positive("r", last_read_ms);
    None
}

/// Marks a conversation unread, or takes the mark away.
///
/// A marked conversation stays in the document however old it is. Without the mark an old entry leaves it and comes back,
/// to be archived.
pub fn set_unread(dict: &mut Dict, place: &Place, unread: bool, now: Timestamp) -> Option<Archived> {
    if read(dict, place).unwrap_or_default().unread == unread {
        return None;
    }
    let entry = entry_mut(dict, place);
    fields::set_flag(entry, "u", unread);
    if !is_stale(entry, place, cutoff(now)) {
        return None;
    }
    let last_read_ms = state(entry).last_read_ms;
    remove(dict, place);
    Some(Archived { place: place.clone(), last_read_ms })
}

/// Takes a conversation out; says whether it was there.
pub fn remove(dict: &mut Dict, place: &Place) -> bool {
    let (kind, key) = keys(place);
    let Some(entries) = dict.inner_mut(kind) else { return false };
    match place {
        Place::Community { room, .. } => fields::remove_from_server(entries, room.url(), room.room()).is_some(),
        _ => entries.remove(key).is_some(),
    }
}

/// Takes out what is too old for the document. Each entry that comes back belongs into the archive.
pub fn age(dict: &mut Dict, now: Timestamp) -> Vec<Archived> {
    let cutoff = cutoff(now);
    let mut stale = Vec::new();
    walk(dict, |place, entry| {
        if is_stale(entry, &place, cutoff) {
            stale.push(Archived { last_read_ms: state(entry).last_read_ms, place });
        }
    });
    for archived in &stale {
        remove(dict, &archived.place);
    }
    stale
}

/// The oldest moment that the document is about.
fn cutoff(now: Timestamp) -> u64 {
    (now - ARCHIVE_AFTER).as_millis()
}

fn is_stale(entry: &Dict, place: &Place, cutoff: u64) -> bool {
    state(entry).last_read_ms < cutoff && !keeps(entry, place, cutoff)
}

/// Whether an entry stays however old its `r` is: marked unread, or a proof of Session Pro that ran out after the cutoff.
///
/// The library compares with the cutoff too, not with now.
fn keeps(entry: &Dict, place: &Place, cutoff: u64) -> bool {
    let may_have_pro = matches!(place, Place::OneToOne(_) | Place::Blinded(_));
    let until = || fields::moment(entry, "e").filter(|_| entry.array::<32>("g").is_some());
    entry.flag("u") || may_have_pro && until().is_some_and(|seconds| seconds >= cutoff / 1_000)
}

fn state(entry: &Dict) -> ReadState {
    ReadState { last_read_ms: entry.positive("r").unwrap_or(0), unread: entry.flag("u") }
}

/// Under which key the conversations of this kind stand, and under which among them this one (for a room: the server).
fn keys(place: &Place) -> (&'static str, &[u8]) {
    match place {
        Place::OneToOne(id) => ("1", id.as_bytes()),
        Place::Group(id) => ("g", id.as_bytes()),
        Place::LegacyGroup(id) => ("C", id.as_bytes()),
        Place::Community { room, .. } => ("o", room.url().as_bytes()),
        Place::Blinded(id) => ("b", id.as_bytes()),
    }
}

fn entry<'a>(dict: &'a Dict, place: &Place) -> Option<&'a Dict> {
    let (kind, key) = keys(place);
    let found = dict.dict(kind)?.dict(key)?;
    match place {
        Place::Community { room, .. } => found.dict("R")?.dict(room.room()),
        _ => Some(found),
    }
}

fn entry_mut<'a>(dict: &'a mut Dict, place: &Place) -> &'a mut Dict {
    let (kind, key) = keys(place);
    let found = dict.dict_mut(kind).dict_mut(key);
    match place {
        Place::Community { room, server_key } => {
            found.put("#", server_key.as_slice());
            found.dict_mut("R").dict_mut(room.room())
        }
        Place::Blinded(id) => {
            fields::set_flag(found, "y", id.is_old_scheme());
            found
        }
        _ => found,
    }
}

fn walk(dict: &Dict, mut visit: impl FnMut(Place, &Dict)) {
    let mut flat = |kind: &str, place: &dyn Fn(&[u8]) -> Option<Place>| {
        for (key, entry) in dict.dict(kind).into_iter().flat_map(Dict::dicts) {
            if let Some(place) = place(key) {
                visit(place, entry);
            }
        }
    };
    let account = |key: &[u8]| AccountId::from_bytes(key.try_into().ok()?).ok();
    flat("1", &|key| account(key).map(Place::OneToOne));
    flat("C", &|key| account(key).map(Place::LegacyGroup));
    flat("b", &|key| BlindedId::from_key(key).map(Place::Blinded));
    flat("g", &|key| GroupId::from_key(key).map(Place::Group));
    for (url, server) in dict.dict("o").into_iter().flat_map(Dict::dicts) {
        let Some(server_key) = server.array("#") else { continue };
        for (room, entry) in server.dict("R").into_iter().flat_map(Dict::dicts) {
            if let Some(room) = RoomId::from_keys(url, room) {
                visit(Place::Community { room, server_key: *server_key }, entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_767_000_000_000);
    const DAY: u64 = 24 * 3_600 * 1_000;

    fn days_ago(days: u64) -> u64 {
        NOW.as_millis() - days * DAY
    }

    fn ana() -> Place {
        Place::OneToOne(AccountId::from_x25519([0x11; 32]))
    }

    fn room() -> Place {
        Place::Community { room: RoomId::new("https://Example.org", "Lobby").unwrap(), server_key: [4; 32] }
    }

    fn places() -> Vec<Place> {
        let blinded = |prefix| {
            let mut id = [9; 33];
            id[0] = prefix;
            Place::Blinded(BlindedId::from_bytes(id).unwrap())
        };
        vec![
            ana(),
            Place::LegacyGroup(AccountId::from_x25519([0x12; 32])),
            blinded(0x15),
            blinded(0x25),
            Place::Group(GroupId::from_bytes([3; 33]).unwrap()),
            room(),
        ]
    }

    /// All kinds, read so many days ago.
    fn document(days: u64) -> Dict {
        let mut dict = Dict::default();
        for place in places() {
            entry_mut(&mut dict, &place).put("r", days_ago(days) as i64);
        }
        dict
    }

    #[test]
    fn every_kind_of_conversation_is_written_and_read() {
        let mut dict = Dict::default();
        for (number, place) in places().iter().enumerate() {
            let number = number as u64;
            assert_eq!(read(&dict, place), None);
            assert_eq!(set_last_read(&mut dict, place, days_ago(1) + number, NOW), None);
            assert_eq!(set_unread(&mut dict, place, number % 2 == 1, NOW), None);
            let state = ReadState { last_read_ms: days_ago(1) + number, unread: number % 2 == 1 };
            assert_eq!(read(&dict, place), Some(state));
        }
        assert_eq!(all(&dict).into_iter().map(|(place, _)| place).collect::<Vec<_>>(), places());
        assert_eq!(dict.dict("o").unwrap().dict("https://example.org").unwrap().array("#"), Some(&[4; 32]));
        assert_eq!(dict.dict("b").unwrap().iter().filter(|(key, _)| key[0] == 0x15).count(), 1);
    }

    #[test]
    fn the_older_scheme_of_blinding_is_said_in_the_entry() {
        let dict = document(1);
        let old = |key: &[u8]| dict.dict("b").unwrap().dict(key).unwrap().flag("y");
        for (key, _) in dict.dict("b").unwrap().iter() {
            assert_eq!(old(key), key[0] == 0x15);
        }
    }

    #[test]
    fn reading_never_goes_backwards() {
        let mut dict = document(3);
        let before = dict.clone();
        assert_eq!(set_last_read(&mut dict, &ana(), days_ago(4), NOW), None);
        assert_eq!(set_last_read(&mut dict, &ana(), days_ago(40), NOW), None);
        assert_eq!(set_last_read(&mut dict, &ana(), days_ago(3), NOW), None);
        assert!(dict == before);
        set_last_read(&mut dict, &ana(), days_ago(2), NOW);
        assert_eq!(read(&dict, &ana()).unwrap().last_read_ms, days_ago(2));
    }

    #[test]
    fn a_value_that_is_too_old_does_not_enter_the_document() {
        let mut dict = Dict::default();
        for place in places() {
            let archived = Archived { place: place.clone(), last_read_ms: days_ago(31) };
            assert_eq!(set_last_read(&mut dict, &place, days_ago(31), NOW), Some(archived));
            assert_eq!(set_last_read(&mut dict, &place, days_ago(30), NOW), None);
        }
        assert_eq!(all(&dict).len(), places().len());
        // What is there and older still leaves together with it.
        let mut dict = document(50);
        assert!(set_last_read(&mut dict, &ana(), days_ago(45), NOW).is_some());
        assert_eq!(read(&dict, &ana()), None);
    }

    #[test]
    fn what_is_older_than_thirty_days_is_archived_of_every_kind() {
        assert_eq!(age(&mut document(30), NOW), []);
        let mut dict = document(31);
        let archived = age(&mut dict, NOW);
        assert_eq!(archived.iter().map(|entry| entry.place.clone()).collect::<Vec<_>>(), places());
        assert!(archived.iter().all(|entry| entry.last_read_ms == days_ago(31)));
        dict.prune();
        assert!(dict.is_empty(), "and the community's server with its last room");
        assert_eq!(age(&mut dict, NOW), []);
    }

    #[test]
    fn an_entry_without_anything_is_archived_as_never_read() {
        let mut dict = Dict::default();
        entry_mut(&mut dict, &ana()).put("tomorrow", 1);
        assert_eq!(age(&mut dict, NOW), [Archived { place: ana(), last_read_ms: 0 }]);
    }

    #[test]
    fn a_mark_keeps_an_old_conversation_in_the_document_until_it_is_taken_away() {
        let mut dict = Dict::default();
        assert_eq!(set_unread(&mut dict, &ana(), true, NOW), None);
        assert_eq!(set_last_read(&mut dict, &ana(), days_ago(100), NOW), None, "its place goes along");
        assert_eq!(age(&mut dict, NOW), []);
        assert_eq!(read(&dict, &ana()), Some(ReadState { last_read_ms: days_ago(100), unread: true }));
        let archived = Archived { place: ana(), last_read_ms: days_ago(100) };
        assert_eq!(set_unread(&mut dict, &ana(), false, NOW), Some(archived));
        assert_eq!(read(&dict, &ana()), None);
    }

    #[test]
    fn a_proof_of_session_pro_keeps_an_entry_with_a_person_in_seconds_and_in_milliseconds() {
        for (until, stays) in
            [(days_ago(29) / 1_000, true), (days_ago(31) / 1_000, false), (days_ago(29), true), (days_ago(31), false)]
        {
            let mut dict = document(60);
            for place in places() {
                let entry = entry_mut(&mut dict, &place);
                entry.put("e", until as i64);
                entry.put("g", vec![1; 32]);
            }
            age(&mut dict, NOW);
            let left: Vec<_> = all(&dict).into_iter().map(|(place, _)| place).collect();
            let people = places().into_iter().filter(|place| matches!(place, Place::OneToOne(_) | Place::Blinded(_)));
            assert_eq!(left, if stays { people.collect() } else { vec![] }, "{until}");
            let entry = entry(&dict, &ana());
            assert!(!stays || entry.is_some_and(|entry| entry.len() == 3), "nothing of it is touched");
        }
        // Without its tag the time says nothing.
        let mut dict = document(60);
        entry_mut(&mut dict, &ana()).put("e", NOW.as_millis() as i64);
        assert_eq!(age(&mut dict, NOW).len(), places().len());
    }

    #[test]
    fn a_setter_leaves_every_other_field_known_or_not() {
        let mut dict = document(1);
        for place in places() {
            let entry = entry_mut(&mut dict, &place);
            entry.put("e", 5);
            entry.put("tomorrow", "kept");
        }
        let mut expected = dict.clone();
        for place in places() {
            entry_mut(&mut expected, &place).put("r", days_ago(0) as i64);
            entry_mut(&mut expected, &place).put("u", 1);
            set_last_read(&mut dict, &place, days_ago(0), NOW);
            set_unread(&mut dict, &place, true, NOW);
        }
        assert!(dict == expected);
    }

    #[test]
    fn setting_what_is_there_already_changes_nothing() {
        let mut dict = document(1);
        entry_mut(&mut dict, &ana()).put("u", 2);
        let before = dict.clone();
        set_unread(&mut dict, &ana(), true, NOW);
        set_unread(&mut dict, &room(), false, NOW);
        set_last_read(&mut dict, &room(), days_ago(1), NOW);
        assert!(dict == before);
        let mut empty = Dict::default();
        assert_eq!(set_unread(&mut empty, &ana(), false, NOW), None);
        assert!(empty.is_empty());
    }

    #[test]
    fn what_is_not_understood_is_passed_over_and_never_archived() {
        let mut dict = Dict::default();
        dict.dict_mut("1").dict_mut("short").put("r", 1);
        dict.dict_mut("1").dict_mut([3; 33]).put("r", 1);
        dict.dict_mut("1").put([5; 33], 7);
        dict.dict_mut("o").dict_mut("https://no-key.org").dict_mut("R").dict_mut("room").put("r", 1);
        dict.dict_mut("z").dict_mut([5; 33]).put("r", 1);
        dict.put("g", "another kind");
        let before = dict.clone();
        assert_eq!((all(&dict), age(&mut dict, NOW)), (vec![], vec![]));
        assert!(!remove(&mut dict, &room()));
        assert!(dict == before);
    }

    #[test]
    fn removing_takes_the_last_room_of_a_server_with_the_server() {
        let mut dict = document(1);
        let other =
            Place::Community { room: RoomId::new("https://example.org", "other").unwrap(), server_key: [4; 32] };
        set_last_read(&mut dict, &other, days_ago(1), NOW);
        assert!(remove(&mut dict, &room()));
        assert!(!remove(&mut dict, &room()));
        assert!(read(&dict, &other).is_some());
        assert!(remove(&mut dict, &other));
        assert!(dict.dict("o").is_none_or(Dict::is_empty));
    }
}
