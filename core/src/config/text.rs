//! Documents as text: the bencode of a [`Dict`].
//!
//! The strict reader of [`crate::wire::bencode`] does the spelling (sorted keys, no duplicates, no leading zeros, limits).
//! Here a list **is** a set: not empty, of scalars only, ascending, no duplicates. An empty dict exists at the top only.

use std::io::Write as _;

use crate::wire::bencode::{self, Value as Bencode};

use super::error::ConfigError;
use super::limits;
use super::tree::{Dict, Scalar, Set, Value};

/// Reads the text of a document's data.
///
/// # Errors
/// [`ConfigError`] for anything that [`write()`] would not have written, or that is over [`limits::MESSAGE`].
pub fn parse(text: &[u8]) -> Result<Dict, ConfigError> {
    match bencode::decode_within(text, &limits::MESSAGE)? {
        Bencode::Dict(pairs) => dict(&pairs),
        _ => Err(ConfigError::malformed("data")),
    }
}

/// The text of a document's data. Prune it first: a reader refuses what is empty inside.
pub fn write(data: &Dict) -> Vec<u8> {
    let mut out = Vec::new();
    write_dict(data, &mut out);
    out
}

pub(super) fn dict(pairs: &[(&[u8], Bencode<'_>)]) -> Result<Dict, ConfigError> {
    pairs.iter().map(|(key, value)| Ok((*key, self::value(value)?))).collect()
}

fn value(value: &Bencode<'_>) -> Result<Value, ConfigError> {
    match value {
        Bencode::Int(int) => Ok(Value::Int(*int)),
        Bencode::Bytes(bytes) => Ok(Value::Bytes(bytes.to_vec())),
        Bencode::List(list) if list.is_empty() => Err(ConfigError::malformed("empty set")),
        Bencode::List(list) => set(list).map(Value::Set),
        Bencode::Dict(pairs) if pairs.is_empty() => Err(ConfigError::malformed("empty dict")),
        Bencode::Dict(pairs) => dict(pairs).map(Value::Dict),
    }
}

/// A list of ascending scalars; may be empty.
pub(super) fn set(list: &[Bencode<'_>]) -> Result<Set, ConfigError> {
    if !list.is_sorted_by(|a, b| order(a) < order(b)) {
        return Err(ConfigError::malformed("order of a set"));
    }
    list.iter()
        .map(|member| match member {
            Bencode::Int(int) => Ok(Scalar::Int(*int)),
            Bencode::Bytes(bytes) => Ok(Scalar::Bytes(bytes.to_vec())),
            _ => Err(ConfigError::malformed("member of a set")),
        })
        .collect()
}

/// Integers come before byte strings, as the variants of [`Scalar`] do.
fn order<'a>(member: &Bencode<'a>) -> (u8, i64, &'a [u8]) {
    match member {
        Bencode::Int(int) => (0, *int, b""),
        other => (1, 0, other.as_bytes().unwrap_or_default()),
    }
}

pub(super) fn write_dict(dict: &Dict, out: &mut Vec<u8>) {
    out.push(b'd');
    for (key, value) in dict.iter() {
        write_bytes(key, out);
        match value {
            Value::Int(int) => write_int(*int, out),
            Value::Bytes(bytes) => write_bytes(bytes, out),
            Value::Set(set) => write_set(set, out),
            Value::Dict(dict) => write_dict(dict, out),
        }
    }
    out.push(b'e');
}

pub(super) fn write_set(set: &Set, out: &mut Vec<u8>) {
    out.push(b'l');
    for scalar in set.iter() {
        match scalar {
            Scalar::Int(int) => write_int(*int, out),
            Scalar::Bytes(bytes) => write_bytes(bytes, out),
        }
    }
    out.push(b'e');
}

pub(super) fn write_int(int: i64, out: &mut Vec<u8>) {
    write!(out, "i{int}e").expect("writing into memory");
}

pub(super) fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    write!(out, "{}:", bytes.len()).expect("writing into memory");
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_read_and_written_again() {
        let text = b"d1:ai-7e1:bd1:c0:e1:sli-1ei5e0:1:xee";
        let data = parse(text).unwrap();
        assert_eq!((data.int("a"), data.dict("b").unwrap().bytes("c")), (Some(-7), Some(&b""[..])));
        assert_eq!(data.set("s").unwrap().len(), 4);
        assert_eq!(write(&data), text);
        assert_eq!(write(&parse(b"de").unwrap()), b"de");
    }

    #[test]
    fn what_would_not_have_been_written_is_refused() {
        for text in [
            "le",
            "i1e",
            "d1:ade1:bi1ee",
            "d1:alee",
            "d1:al1:bi1eee",
            "d1:al1:b1:aee",
            "d1:ali1ei1eee",
            "d1:alleee",
            "d1:aldeee",
            "d1:b0:1:a0:e",
            "d1:a0:1:a0:e",
            "d1:ai01ee",
            "d1:ai-0ee",
            "d1:a01:xe",
            "d1:a0:ex",
            "d1:a0:",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        let nested = |depth: usize| ["d1:a".repeat(depth), "i1e".to_owned(), "e".repeat(depth)].concat();
        assert!(parse(nested(limits::MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(parse(nested(limits::MAX_DEPTH + 1).as_bytes()), Err(ConfigError::TooDeep));
        assert_eq!(parse(nested(1_000_000).as_bytes()), Err(ConfigError::TooDeep));
        let many = format!("d1:al{}ee", "0:".repeat(limits::MAX_VALUES));
        assert_eq!(parse(many.as_bytes()), Err(ConfigError::TooLarge { what: "config message" }));
    }
}
