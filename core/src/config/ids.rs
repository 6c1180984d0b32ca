//! Who and what a document's entries are about, beside people: groups, blinded ids, rooms of communities.
//!
//! Ids stand in the tree as their 33 raw bytes, prefix first; rooms under the address of their server and their name in
//! lower case. Source: session-foundation/libsession-util `src/config/internal.cpp`, `src/config/community.cpp`.

use std::fmt;

/// Names an id by its prefix bytes.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $($prefix:literal)|+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 33]);

        impl $name {
            /// From the 33 bytes of an id, prefix first. None for an id of another kind.
            pub fn from_bytes(bytes: [u8; 33]) -> Option<Self> {
                let [prefix, ..] = bytes;
                matches!(prefix, $($prefix)|+).then_some(Self(bytes))
            }

            /// From a key of the tree. None for one that is no such id.
            pub(super) fn from_key(key: &[u8]) -> Option<Self> {
                Self::from_bytes(key.try_into().ok()?)
            }

            /// All 33 bytes, prefix first.
            pub fn as_bytes(&self) -> &[u8; 33] {
                &self.0
            }

            /// The key behind the prefix.
            pub fn key(&self) -> &[u8; 32] {
                self.0.last_chunk().expect("33 bytes end in 32")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        /// Enough to tell two ids of one test apart.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let [prefix, a, b, ..] = self.0;
                write!(f, concat!(stringify!($name), "({:02x}{:02x}{:02x}…)"), prefix, a, b)
            }
        }
    };
}

id!(
    /// A group: `03` and its Ed25519 public key.
    GroupId,
    0x03
);

id!(
    /// Somebody as a community shows them: `15` (the older scheme) or `25`, and a key that no other server knows.
    BlindedId,
    0x15 | 0x25
);

impl BlindedId {
    /// Whether the id is of the older scheme, prefix `15`.
    pub fn is_old_scheme(&self) -> bool {
        self.0.first() == Some(&0x15)
    }

    /// From the scheme and 64 hex digits, as blinded contacts are kept.
    pub(super) fn from_hex_key(old_scheme: bool, digits: &[u8]) -> Option<Self> {
        let mut bytes = [if old_scheme { 0x15 } else { 0x25 }; 33];
        let [_, key @ ..] = &mut bytes;
        hex::decode_to_slice(digits, key).ok()?;
        Some(Self(bytes))
    }
}

/// A room of a community: the canonical address of its server and the room's name in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId {
    url: String,
    room: String,
}

impl RoomId {
    /// The longest address of a server, in bytes.
    pub const MAX_URL: usize = 267;

    /// The longest name of a room, in bytes.
    pub const MAX_ROOM: usize = 64;

    /// From an address and a room as people type them.
    ///
    /// The address is `http` or `https`, a host with a dot in it and perhaps a port; letters become lower case, a
    /// port that goes without saying and one slash at the end fall away. A room has letters, digits, `-` and `_`.
    /// None for anything else.
    pub fn new(url: &str, room: &str) -> Option<Self> {
        let url = canonical_url(url)?;
        let room = room.to_ascii_lowercase();
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        ((1..=Self::MAX_ROOM).contains(&room.len()) && room.bytes().all(fits)).then_some(Self { url, room })
    }

    /// From keys of the tree, which are canonical already. None for others: no client finds them by address.
    pub(super) fn from_keys(url: &[u8], room: &[u8]) -> Option<Self> {
        let (url, room) = (std::str::from_utf8(url).ok()?, std::str::from_utf8(room).ok()?);
        Self::new(url, room).filter(|id| id.url == url && id.room == room)
    }

    /// The address of the server, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The room's name in lower case.
    pub fn room(&self) -> &str {
        &self.room
    }
}

/// Which communities somebody visits is their own business.
impl fmt::Debug for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomId(…)")
    }
}

fn canonical_url(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match rest.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (rest, None),
    };
    let host = host.to_ascii_lowercase();
    let labels_fit = host.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    });
    if host.len() < 4 || !host.contains('.') || !labels_fit {
        return None;
    }
    let port = match port {
        None => None,
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some(digits.parse::<u16>().ok()?).filter(|port| *port != default_port && *port != 0)
        }
        Some(_) => return None,
    };
    let url = match port {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    };
    (url.len() <= RoomId::MAX_URL).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_is_known_by_its_prefix() {
        assert!(GroupId::from_bytes([3; 33]).is_some());
        assert_eq!(GroupId::from_bytes([5; 33]), None);
        assert_eq!(GroupId::from_key(&[3; 32]), None);
        assert!(BlindedId::from_bytes([0x15; 33]).unwrap().is_old_scheme());
        assert!(!BlindedId::from_bytes([0x25; 33]).unwrap().is_old_scheme());
        assert_eq!(BlindedId::from_bytes([5; 33]), None);
        assert_eq!(BlindedId::from_hex_key(true, "15".repeat(32).as_bytes()), BlindedId::from_bytes([0x15; 33]));
        assert_eq!(BlindedId::from_hex_key(false, b"2525"), None);
        assert_eq!(GroupId::from_bytes([3; 33]).unwrap().to_string(), "03".repeat(33));
    }

    #[test]
    fn logs_see_only_the_beginning_of_an_id_and_no_room() {
        assert_eq!(format!("{:?}", GroupId::from_bytes([3; 33]).unwrap()), "GroupId(030303…)");
        assert_eq!(format!("{:?}", RoomId::new("https://example.org", "room").unwrap()), "RoomId(…)");
    }

    #[test]
    fn an_address_has_one_way_to_be_written() {
        let same =
            ["https://example.org", "HTTPS://Example.ORG/", "https://example.org:443", "https://example.org:443/"];
        for url in same {
            assert_eq!(RoomId::new(url, "Room_1-a").unwrap(), RoomId::new("https://example.org", "room_1-a").unwrap());
        }
        assert_eq!(RoomId::new("https://Example.org:5678", "SudokuRoom").unwrap().url(), "https://example.org:5678");
        assert_eq!(RoomId::new("http://example.org:443", "a").unwrap().url(), "http://example.org:443");
    }

    #[test]
    fn what_is_no_address_or_no_room_is_refused() {
        for url in [
            "example.org",
            "ftp://example.org",
            "https://localhost",
            "https://a.b",
            "https://.example.org",
            "https://example..org",
            "https://example.org.",
            "https://example.org/path",
            "https://example.org:70000",
            "https://example.org:",
            "https://example.org:+1",
            "https://exämple.org",
            "https://",
            "",
        ] {
            assert_eq!(RoomId::new(url, "room"), None, "{url}");
        }
        assert_eq!(RoomId::new(&format!("https://{}.org", "a".repeat(260)), "room"), None);
        for room in ["", "two words", "ärger", &"a".repeat(65)] {
            assert_eq!(RoomId::new("https://example.org", room), None, "{room}");
        }
    }

    #[test]
    fn only_canonical_keys_of_the_tree_are_read() {
        assert!(RoomId::from_keys(b"https://example.org", b"room").is_some());
        assert_eq!(RoomId::from_keys(b"https://Example.org", b"room"), None);
        assert_eq!(RoomId::from_keys(b"https://example.org", b"Room"), None);
        assert_eq!(RoomId::from_keys(b"https://example.org", &[0xff]), None);
    }

    proptest! {
        #[test]
        fn what_was_made_canonical_stays_as_it_is(url in "https?://[a-zA-Z0-9.:/-]{1,30}", room in "[a-zA-Z0-9_-]{1,64}") {
            if let Some(id) = RoomId::new(&url, &room) {
                prop_assert_eq!(RoomId::from_keys(id.url().as_bytes(), id.room().as_bytes()), Some(id));
            }
        }
    }
}
