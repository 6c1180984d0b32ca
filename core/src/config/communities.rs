//! The communities of UserGroups.
//!
//! `o` has one dict for each server: its key under `#`, its rooms under `R` by their names in lower case. A room's `n` is its
//! name as somebody typed it and always there. The last room takes its server along.
//!
//! Source: session-foundation/libsession-util `src/config/user_groups.cpp`.

use std::fmt;

use super::fields;
use super::ids::RoomId;
use super::tree::Dict;
use super::user_groups::{Common, CommonMut};

/// One room of a community.
#[derive(Clone, PartialEq, Eq)]
pub struct Community {
    /// Server and room.
    pub id: RoomId,
    /// The server's key.
    pub server_key: [u8; 32],
    /// The room's name as somebody typed it: the id's in any letter case.
    pub room: String,
    /// What all groups have.
    pub common: Common,
}

/// Which communities somebody visits stays out of logs.
impl fmt::Debug for Community {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Community(…)")
    }
}

/// This room.
pub fn community(dict: &Dict, id: &RoomId) -> Option<Community> {
    let server = dict.dict("o")?.dict(id.url())?;
    let entry = server.dict("R")?.dict(id.room())?;
    let typed = entry.text("n").filter(|name| name.eq_ignore_ascii_case(id.room()));
    Some(Community {
        id: id.clone(),
        server_key: *server.array("#")?,
        room: typed.unwrap_or(id.room()).to_owned(),
        common: Common::of(entry),
    })
}

/// All rooms, by server and name. Servers without a key are passed over.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for communities"))]
pub fn communities(dict: &Dict) -> impl Iterator<Item = Community> + use<'_> {
    dict.dict("o").into_iter().flat_map(Dict::dicts).flat_map(move |(url, server)| {
        let rooms = server.dict("R").into_iter().flat_map(Dict::dicts);
        rooms.filter_map(move |(room, _)| community(dict, &RoomId::from_keys(url, room)?))
    })
}

/// The entry of a room, made when absent; `typed` is its name as somebody typed it, and makes the id together with `url`.
/// None for what is no address or no room.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for communities"))]
pub fn edit_community<'a>(dict: &'a mut Dict, url: &str, typed: &str, server_key: &[u8; 32]) -> Option<CommonMut<'a>> {
    let id = RoomId::new(url, typed)?;
    let server = dict.dict_mut("o").dict_mut(id.url());
    server.put("#", server_key.as_slice());
    let entry = server.dict_mut("R").dict_mut(id.room());
    fields::set_kept_name(entry, "n", typed);
    Some(CommonMut(entry))
}

/// Takes a room out, and its server with the last one; says whether it was there.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for communities"))]
pub fn remove_community(dict: &mut Dict, id: &RoomId) -> bool {
    dict.inner_mut("o").is_some_and(|servers| fields::remove_from_server(servers, id.url(), id.room()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "https://example.org:5678";
    const KEY: [u8; 32] = [4; 32];

    fn id(room: &str) -> RoomId {
        RoomId::new(SERVER, room).unwrap()
    }

    #[test]
    fn a_room_is_kept_under_canonical_names_and_shown_as_typed() {
        let mut dict = Dict::default();
        edit_community(&mut dict, "https://Example.org:5678/", "SudokuRoom", &KEY)
            .unwrap()
            .set_priority(3)
            .set_joined(Some(1_700_000_001));
        let read = community(&dict, &id("sudokuroom")).unwrap();
        assert_eq!((read.room.as_str(), read.server_key), ("SudokuRoom", KEY));
        assert_eq!((read.common.priority, read.common.joined), (3, Some(1_700_000_001)));
        assert_eq!(communities(&dict).collect::<Vec<_>>(), [read]);
        assert!(dict.dict("o").unwrap().dict(SERVER).unwrap().dict("R").unwrap().dict("sudokuroom").is_some());
        assert!(edit_community(&mut dict, "nowhere", "room", &KEY).is_none());
        assert!(edit_community(&mut dict, SERVER, "two words", &KEY).is_none());
    }

    #[test]
    fn the_last_room_takes_its_server_along() {
        let mut dict = Dict::default();
        for room in ["a", "b"] {
            edit_community(&mut dict, SERVER, room, &KEY).unwrap();
        }
        assert!(remove_community(&mut dict, &id("a")) && !remove_community(&mut dict, &id("a")));
        assert_eq!(communities(&dict).count(), 1);
        assert!(remove_community(&mut dict, &id("b")));
        dict.prune();
        assert!(dict.is_empty());
    }

    #[test]
    fn a_name_that_is_not_the_rooms_is_not_shown() {
        let mut dict = Dict::default();
        edit_community(&mut dict, SERVER, "room", &KEY).unwrap();
        let rooms = dict.dict_mut("o").dict_mut(SERVER).dict_mut("R");
        rooms.dict_mut("room").put("n", "Other");
        assert_eq!(community(&dict, &id("room")).unwrap().room, "room");
    }

    #[test]
    fn what_is_not_understood_is_passed_over_and_kept() {
        let mut dict = Dict::default();
        edit_community(&mut dict, SERVER, "room", &KEY).unwrap();
        let servers = dict.dict_mut("o");
        servers.dict_mut("https://no-key.org").dict_mut("R").dict_mut("room").put("n", "room");
        servers.dict_mut("HTTPS://example.org").put("#", KEY.as_slice());
        servers.dict_mut("HTTPS://example.org").dict_mut("R").dict_mut("room").put("n", "room");
        servers.dict_mut(SERVER).dict_mut("R").put("other", 5);
        servers.dict_mut(SERVER).put("tomorrow", "kept");
        let before = dict.clone();
        assert_eq!(communities(&dict).count(), 1);
        edit_community(&mut dict, SERVER, "room", &KEY).unwrap().set_priority(0).set_invited(false);
        assert!(dict == before);
    }
}
