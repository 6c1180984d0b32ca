//! Lists of hashes in the answers of a swarm's members, in their shapes, kept only where they are what they should be.
//!
//! | shape | means |
//! |---|---|
//! | `["hash", …]` | messages of one namespace |
//! | `{"0": ["hash", …], …}` | messages of several |
//! | `{"hash": 1774000000123, …}` | messages and when their lifetimes end |
//!
//! One element that is no hash makes its list useless, so from there on nothing of it is kept: an answer never takes many
//! times its own size.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::loose::Loose;
use crate::address::SwarmHash;

/// Hashes of one namespace, or of several by namespace; also hashes with times.
pub(super) enum Listing {
    /// Hashes; none when an element was something else.
    List(Option<Vec<SwarmHash>>),
    /// What stands under each name; none when something of it was neither hashes nor a time.
    Grouped(Option<Vec<(String, Group)>>),
}

/// What stands under one name.
pub(super) enum Group {
    Hashes(Vec<SwarmHash>),
    Time(u64),
}

impl<'de> Deserialize<'de> for Listing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListingVisitor)
    }
}

struct ListingVisitor;

impl<'de> Visitor<'de> for ListingVisitor {
    type Value = Listing;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or an object of hashes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Listing, A::Error> {
        let read = hashes(list)?;
        if read.count > MAX_HASHES {
            return Err(A::Error::custom("list is too long"));
        }
        Ok(Listing::List(read.hashes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listing, A::Error> {
        let mut groups = Some(Vec::new());
        let mut count = 0;
        while let Some(name) = map.next_key::<String>()? {
            count += 1;
            if count > MAX_HASHES {
                return Err(A::Error::custom("object is too large"));
            }
            let Some(kept) = &mut groups else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            match map.next_value::<MaybeGroup>()?.0 {
                Some(group) => kept.push((name, group)),
                None => groups = None,
            }
        }
        Ok(Listing::Grouped(groups))
    }
}

/// A group, or anything else as nothing.
struct MaybeGroup(Option<Group>);

impl<'de> Deserialize<'de> for MaybeGroup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GroupVisitor)
    }
}

struct GroupVisitor;

impl<'de> Visitor<'de> for GroupVisitor {
    type Value = MaybeGroup;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<MaybeGroup, E> {
        Ok(MaybeGroup(None))
    }
    fn visit_i64<E>(self, time: i64) -> Result<MaybeGroup, E> {
        Ok(MaybeGroup(u64::try_from(time).ok().map(Group::Time)))
    }
    fn visit_u64<E>(self, time: u64) -> Result<MaybeGroup, E> {
        Ok(MaybeGroup(Some(Group::Time(time))))
    }
    fn visit_f64<E>(self, _: f64) -> Result<MaybeGroup, E> {
        Ok(MaybeGroup(None))
    }
    fn visit_str<E>(self, _: &str) -> Result<MaybeGroup, E> {
        Ok(MaybeGroup(None))
    }
    fn visit_unit<E>(self) -> Result<MaybeGroup, E> {
        Ok(MaybeGroup(None))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<MaybeGroup, A::Error> {
        let read = hashes(list)?;
        Ok(MaybeGroup(read.hashes.filter(|_| read.count <= MAX_HASHES).map(Group::Hashes)))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<MaybeGroup, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(MaybeGroup(None))
    }
}

/// A list as far as it was kept, and how many elements it had.
struct Hashes {
    hashes: Option<Vec<SwarmHash>>,
    count: usize,
}

fn hashes<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Hashes, A::Error> {
    let mut read = Hashes { hashes: Some(Vec::new()), count: 0 };
    while let Some(kept) = &mut read.hashes {
        let Some(item) = list.next_element::<Loose>()? else { return Ok(read) };
        read.count += 1;
        match item.text().and_then(SwarmHash::parse) {
            Some(hash) if read.count <= MAX_HASHES => kept.push(hash),
            _ => read.hashes = None,
        }
    }
    while list.next_element::<IgnoredAny>()?.is_some() {
        read.count += 1;
    }
    Ok(read)
}

/// Ends of lifetimes by hash; entries of another kind are left out.
pub(super) struct Ends(pub(super) Vec<(SwarmHash, u64)>);

impl<'de> Deserialize<'de> for Ends {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EndsVisitor)
    }
}

struct EndsVisitor;

impl<'de> Visitor<'de> for EndsVisitor {
    type Value = Ends;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of times")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ends, A::Error> {
        let mut ends = Vec::new();
        let mut count = 0;
        while let Some((name, end)) = map.next_entry::<String, Loose>()? {
            count += 1;
            if count > MAX_HASHES {
                return Err(A::Error::custom("object is too large"));
            }
            ends.extend(SwarmHash::parse(&name).zip(end.number()));
        }
        Ok(Ends(ends))
    }
}

/// The most hashes in one answer: empty messages cost a node 143 accounted bytes each, of 7.8 MB.
const MAX_HASHES: usize = 60_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn hash(letter: &str) -> SwarmHash {
        SwarmHash::parse(&letter.repeat(SwarmHash::LENGTH)).unwrap()
    }

    /// What is left of a listing, in one line.
    fn read(text: &str) -> String {
        match serde_json::from_str::<Listing>(text) {
            Err(_) => "refused".to_owned(),
            Ok(Listing::List(None)) => "a useless list".to_owned(),
            Ok(Listing::List(Some(hashes))) => format!("{} hashes", hashes.len()),
            Ok(Listing::Grouped(None)) => "useless groups".to_owned(),
            Ok(Listing::Grouped(Some(groups))) => {
                let said = groups.iter().map(|(name, group)| match group {
                    Group::Hashes(hashes) => format!("{} hashes under {name}", hashes.len()),
                    Group::Time(time) => format!("{name} until {time}"),
                });
                said.collect::<Vec<_>>().join(", ")
            }
        }
    }

    #[test]
    fn every_shape_is_read_and_one_wrong_element_makes_it_useless() {
        let (a, b) = (hash("a"), hash("b"));
        for (json, expected) in [
            (json!([]), "0 hashes"),
            (json!([a.as_str(), b.as_str()]), "2 hashes"),
            (json!([a.as_str(), 7, b.as_str()]), "a useless list"),
            (json!([[], {}, null]), "a useless list"),
            (json!({}), ""),
            (json!({ "-21": [], "0": [a.as_str()] }), "0 hashes under -21, 1 hashes under 0"),
            (json!({ "x": 18_446_744_073_709_551_615_u64 }), "x until 18446744073709551615"),
            (json!({ "0": [1] }), "useless groups"),
            (json!({ "0": [a.as_str()], "1": {} }), "useless groups"),
            (json!({ "0": -1, "1": 2 }), "useless groups"),
            (json!({ "0": 1.5 }), "useless groups"),
            (json!({ "0": null }), "useless groups"),
            (json!(7), "refused"),
            (json!("text"), "refused"),
            (json!(true), "refused"),
        ] {
            assert_eq!(read(&json.to_string()), expected, "{json}");
        }
    }

    /// How listings were read before: through a tree of values. Kept to compare with.
    mod tree {
        use super::super::super::loose::{Limited, Loose, Pairs};
        use super::*;

        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        pub(super) enum Listing {
            List(Limited<Loose, MAX_HASHES>),
            Grouped(Pairs<Value, MAX_HASHES>),
        }

        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        pub(super) enum Value {
            Hashes(Limited<Loose, MAX_HASHES>),
            Time(Loose),
        }

        fn hashes(list: &Limited<Loose, MAX_HASHES>) -> Option<usize> {
            let all = list.items.iter().map(|item| item.text().and_then(SwarmHash::parse));
            all.collect::<Option<Vec<_>>>().map(|hashes| hashes.len())
        }

        /// In the words of [`super::read`].
        pub(super) fn read(text: &str) -> String {
            match serde_json::from_str::<Listing>(text) {
                Err(_) => "refused".to_owned(),
                Ok(Listing::List(list)) => {
                    hashes(&list).map_or("a useless list".to_owned(), |count| format!("{count} hashes"))
                }
                Ok(Listing::Grouped(pairs)) => {
                    let said = pairs.items.iter().map(|(name, value)| match value {
                        Value::Hashes(list) => hashes(list).map(|count| format!("{count} hashes under {name}")),
                        Value::Time(time) => time.number().map(|time| format!("{name} until {time}")),
                    });
                    let said: Option<Vec<_>> = said.collect();
                    said.map_or("useless groups".to_owned(), |said| said.join(", "))
                }
            }
        }
    }

    proptest! {
        #[test]
        fn listings_of_every_shape_are_read_as_a_tree_of_values_reads_them(
            items in prop::collection::vec(prop::sample::select(ITEMS.to_vec()), 0..4),
            groups in prop::collection::vec(prop::sample::select(ITEMS.to_vec()), 0..4),
        ) {
            let list = format!("[{}]", items.join(","));
            let fields: Vec<_> = groups.iter().enumerate().map(|(at, item)| format!("\"{at}\":{item}")).collect();
            let object = format!("{{\"-21\":{list},{}}}", fields.join(","));
            let small = format!("{{{}}}", fields.join(","));
            for text in [list, object, small].iter().map(String::as_str).chain(groups) {
                prop_assert_eq!(read(text), tree::read(text), "{}", text);
            }
        }
    }

    const ITEMS: &[&str] = &[
        "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
        "\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\\u0062\"",
        "\"short\"",
        "7",
        "-7",
        "-0",
        "18446744073709551615",
        "18446744073709551616",
        "1.5",
        "null",
        "true",
        "[]",
        "{}",
        "{\"a\":[1,{}]}",
        "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]",
        "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",7,[{}]]",
        "01",
        "[",
    ];

    #[test]
    fn lists_and_objects_end_at_their_limit() {
        let list = |count: usize, item: &str| format!("[{}]", vec![item; count].join(","));
        let good = format!("\"{}\"", hash("a"));
        assert_eq!(read(&list(MAX_HASHES, &good)), "60000 hashes");
        assert_eq!(read(&list(MAX_HASHES + 1, &good)), "refused");
        assert_eq!(read(&list(MAX_HASHES + 1, "0")), "refused");
        assert_eq!(read(&format!("{{\"0\":{}}}", list(MAX_HASHES + 1, &good))), "useless groups");
        let object = |count: usize| format!("{{{}}}", vec!["\"x\":1"; count].join(","));
        assert_eq!(read(&object(MAX_HASHES + 1)), "refused");
        assert!(serde_json::from_str::<Ends>(&object(MAX_HASHES)).is_ok_and(|ends| ends.0.is_empty()));
        assert!(serde_json::from_str::<Ends>(&object(MAX_HASHES + 1)).is_err());
    }
}
