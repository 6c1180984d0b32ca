//! People of communities whom we know only by a blinded id; part of Contacts.
//!
//! `b` has one dict for each server: its key under `#`, its people under `R`, each by the 64 hex digits of the blinded id
//! without prefix; `y` says that the prefix is `15`. Source: session-foundation/libsession-util `src/config/contacts.cpp`.

use std::fmt;

use super::fields::{self, Picture};
use super::ids::{BlindedId, RoomId};
use super::tree::Dict;

/// One person of a community, as the document has them.
#[derive(Clone, PartialEq, Eq)]
pub struct BlindedContact {
    /// The address of the server.
    pub server: String,
    /// The key of the server.
    pub server_key: [u8; 32],
    /// Who it is, there.
    pub id: BlindedId,
    /// The name they gave themselves; empty when unknown.
    pub name: String,
    /// Their picture.
    pub picture: Option<Picture>,
    /// How new name and picture are, in seconds since the epoch; 0 when nobody said.
    pub profile_updated: u64,
    /// Below zero hidden, zero unpinned, above zero pinned.
    pub priority: i32,
    /// When the entry was made, in seconds since the epoch.
    pub created: Option<u64>,
}

/// Names, pictures and communities stay out of logs.
impl fmt::Debug for BlindedContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlindedContact").field(&self.id).finish()
    }
}

/// Everybody, by server and id. Servers without a key and entries under other keys are passed over.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for communities"))]
pub fn all(dict: &Dict) -> impl Iterator<Item = BlindedContact> + use<'_> {
    dict.dict("b").into_iter().flat_map(Dict::iter).flat_map(move |(server, _)| people(dict, server))
}

fn people<'a>(dict: &'a Dict, server: &'a [u8]) -> impl Iterator<Item = BlindedContact> + use<'a> {
    let found = || {
        let server_dict = dict.dict("b")?.dict(server)?;
        let url = std::str::from_utf8(server).ok()?;
        Some((url, *server_dict.array("#")?, server_dict.dict("R")?))
    };
    found().into_iter().flat_map(|(url, key, people)| {
        people.iter().filter_map(move |(digits, _)| {
            let entry = people.dict(digits)?;
            Some(BlindedContact {
                server: url.to_owned(),
                server_key: key,
                id: BlindedId::from_hex_key(entry.flag("y"), digits)?,
                name: fields::name(entry, "n").to_owned(),
                picture: fields::picture(entry, "p", "q"),
                profile_updated: fields::stamp(entry),
                priority: fields::small(entry, "+"),
                created: fields::moment(entry, "j"),
            })
        })
    })
}

/// The entry of this person, made when absent. None for what is no address of a server.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for communities"))]
pub fn edit<'a>(
    dict: &'a mut Dict,
    server: &str,
    server_key: &[u8; 32],
    id: &BlindedId,
) -> Option<BlindedContactMut<'a>> {
    let digits = hex::encode(id.key());
    let room = RoomId::new(server, &digits)?;
    let server = dict.dict_mut("b").dict_mut(room.url());
    server.put("#", server_key.as_slice());
    let entry = server.dict_mut("R").dict_mut(&digits);
    fields::keep_alive(entry, "n");
    fields::set_flag(entry, "y", id.is_old_scheme());
    Some(BlindedContactMut(entry))
}

/// Takes a person out, and the server with the last of them; says whether they were there.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for communities"))]
pub fn remove(dict: &mut Dict, server: &str, id: &BlindedId) -> bool {
    let digits = hex::encode(id.key());
    let Some(room) = RoomId::new(server, &digits) else { return false };
    dict.inner_mut("b").is_some_and(|servers| fields::remove_from_server(servers, room.url(), &digits).is_some())
}

/// One person's entry, to be changed. Each setter writes its own field and leaves all others, known or not.
pub struct BlindedContactMut<'a>(&'a mut Dict);

impl fmt::Debug for BlindedContactMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindedContactMut(…)")
    }
}

impl BlindedContactMut<'_> {
    /// The name they gave themselves, cut at 100 bytes; stays there when empty.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for communities"))]
    pub fn set_name(&mut self, name: &str) -> &mut Self {
        fields::set_kept_name(self.0, "n", name);
        self
    }

    /// Their picture.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for communities"))]
    pub fn set_picture(&mut self, picture: Option<&Picture>) -> &mut Self {
        fields::set_picture(self.0, "p", "q", picture);
        self
    }

    /// How new name and picture are, in seconds since the epoch; 0 for nobody knows.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for communities"))]
    pub fn set_profile_updated(&mut self, seconds: u64) -> &mut Self {
        fields::set_stamp(self.0, seconds);
        self
    }

    /// Below zero hidden, zero unpinned, above zero pinned.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for communities"))]
    pub fn set_priority(&mut self, priority: i32) -> &mut Self {
        fields::set_small(self.0, "+", priority);
        self
    }

    /// When the entry was made, in seconds since the epoch.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for communities"))]
    pub fn set_created(&mut self, seconds: Option<u64>) -> &mut Self {
        fields::set_moment(self.0, "j", seconds);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "https://example.org";

    fn id(prefix: u8, byte: u8) -> BlindedId {
        let mut bytes = [byte; 33];
        bytes[0] = prefix;
        BlindedId::from_bytes(bytes).unwrap()
    }

    #[test]
    fn both_schemes_are_kept_by_server_and_read_back() {
        let mut dict = Dict::default();
        let picture = Picture::new("http://a", &[9; 32]);
        edit(&mut dict, "https://Example.org/", &[4; 32], &id(0x15, 0xab))
            .unwrap()
            .set_name("Bo")
            .set_picture(picture.as_ref())
            .set_profile_updated(5)
            .set_priority(2)
            .set_created(Some(6));
        edit(&mut dict, SERVER, &[4; 32], &id(0x25, 0xcd)).unwrap();
        let read: Vec<_> = all(&dict).collect();
        let bo = BlindedContact {
            server: SERVER.into(),
            server_key: [4; 32],
            id: id(0x15, 0xab),
            name: "Bo".into(),
            picture,
            profile_updated: 5,
            priority: 2,
            created: Some(6),
        };
        assert_eq!((read.len(), &read[0], read[1].id), (2, &bo, id(0x25, 0xcd)));
        let people = dict.dict("b").unwrap().dict(SERVER).unwrap().dict("R").unwrap();
        assert_eq!(people.dict("ab".repeat(32)).unwrap().int("y"), Some(1));
        assert_eq!(people.dict("cd".repeat(32)).unwrap().int("y"), None);
    }

    #[test]
    fn the_last_person_takes_the_server_along() {
        let mut dict = Dict::default();
        for byte in [1, 2] {
            edit(&mut dict, SERVER, &[4; 32], &id(0x25, byte)).unwrap();
        }
        assert!(remove(&mut dict, SERVER, &id(0x25, 1)));
        assert!(!remove(&mut dict, SERVER, &id(0x25, 1)));
        assert_eq!(all(&dict).count(), 1);
        assert!(remove(&mut dict, SERVER, &id(0x25, 2)));
        dict.prune();
        assert!(dict.is_empty());
    }

    #[test]
    fn what_is_not_understood_is_passed_over_and_kept() {
        let mut dict = Dict::default();
        edit(&mut dict, SERVER, &[4; 32], &id(0x25, 1)).unwrap();
        let servers = dict.dict_mut("b");
        servers.dict_mut("https://no-key.org").dict_mut("R").dict_mut("ab".repeat(32)).put("n", "");
        servers.dict_mut(SERVER).dict_mut("R").dict_mut("short").put("n", "");
        servers.put("https://no-dict.org", 1);
        let before = dict.clone();
        assert_eq!(all(&dict).count(), 1);
        assert!(edit(&mut dict, "nowhere", &[4; 32], &id(0x25, 1)).is_none());
        assert!(!remove(&mut dict, "nowhere", &id(0x25, 1)));
        assert!(dict == before);
    }
}
