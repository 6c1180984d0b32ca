//! Bencode, strictly: byte strings `3:abc`, integers `i-7e`, lists `l…e`, dictionaries `d…e`.
//!
//! One value has one spelling (no leading zeros, no `-0`, dictionary keys ascending and distinct, nothing after the
//! end), so that what is hashed or signed cannot be written in two ways. Values borrow from the input: reading a file
//! of ten megabytes copies nothing.

use super::WireError;
use super::limits::{MAX_BENCODE_DEPTH, MAX_BENCODE_VALUES, MAX_ONION_BYTES};

/// A bencoded value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A byte string.
    Bytes(&'a [u8]),
    /// An integer.
    Int(i64),
    /// A list.
    List(Vec<Value<'a>>),
    /// A dictionary, keys ascending.
    Dict(Vec<(&'a [u8], Value<'a>)>),
}

impl<'a> Value<'a> {
    /// The bytes of a byte string.
    pub fn as_bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// The number of an integer.
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(int) = self { Some(*int) } else { None }
    }

    /// The values of a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(values) = self { Some(values) } else { None }
    }

    /// The value of a dictionary under `key`.
    pub fn get(&self, key: &[u8]) -> Option<&Self> {
        let Self::Dict(pairs) = self else { return None };
        pairs.iter().find_map(|(found, value)| (*found == key).then_some(value))
    }
}

/// Reads one value that fills `bytes`.
///
/// # Errors
/// [`WireError`] for anything that is not the one spelling of a value, over [`MAX_ONION_BYTES`] long, over
/// [`MAX_BENCODE_DEPTH`] deep or of more than [`MAX_BENCODE_VALUES`] values.
pub fn decode(bytes: &[u8]) -> Result<Value<'_>, WireError> {
    decode_within(bytes, &Limits::default())
}

/// How much [`decode_within`] reads.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Length of the text, in bytes.
    pub bytes: usize,
    /// Nesting: a value inside so many lists and dictionaries is still read.
    pub depth: usize,
    /// Values of every kind, keys not counted. Each takes 32 bytes of memory, however short its text.
    pub values: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: MAX_ONION_BYTES, depth: MAX_BENCODE_DEPTH, values: MAX_BENCODE_VALUES }
    }
}

/// [`decode`] with other limits.
///
/// # Errors
/// [`WireError`] for anything that is not the one spelling of a value within `limits`.
pub fn decode_within<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, WireError> {
    match decode_prefix(bytes, limits)? {
        (value, []) => Ok(value),
        _ => Err(MALFORMED),
    }
}

/// Reads one value from the front of `bytes`; also gives what follows it.
///
/// # Errors
/// [`WireError`] for anything that does not begin with the one spelling of a value within `limits`.
pub fn decode_prefix<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(Value<'a>, &'a [u8]), WireError> {
    WireError::check_size(WHAT, bytes.len(), limits.bytes)?;
    let mut reader = Reader { rest: bytes, values: 0, limits };
    let value = reader.value(0)?;
    Ok((value, reader.rest))
}

/// Writes a value. Dictionaries are written in ascending order of their keys whatever order they have here.
pub fn encode(value: &Value<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

fn write(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Bytes(bytes) => write_bytes(bytes, out),
        Value::Int(int) => out.extend_from_slice(format!("i{int}e").as_bytes()),
        Value::List(values) => {
            out.push(b'l');
            values.iter().for_each(|value| write(value, out));
            out.push(b'e');
        }
        Value::Dict(pairs) => {
            let mut sorted: Vec<_> = pairs.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            out.push(b'd');
            for (key, value) in sorted {
                write_bytes(key, out);
                write(value, out);
            }
            out.push(b'e');
        }
    }
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{}:", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
}

struct Reader<'a, 'l> {
    rest: &'a [u8],
    values: usize,
    limits: &'l Limits,
}

impl<'a> Reader<'a, '_> {
    fn value(&mut self, depth: usize) -> Result<Value<'a>, WireError> {
        if depth > self.limits.depth {
            return Err(WireError::TooDeep { what: WHAT });
        }
        self.values += 1;
        WireError::check_size(WHAT, self.values, self.limits.values)?;
        match self.rest {
            [b'0'..=b'9', ..] => self.bytes().map(Value::Bytes),
            [b'i', rest @ ..] => {
                self.rest = rest;
                self.int().map(Value::Int)
            }
            [b'l', rest @ ..] => {
                self.rest = rest;
                let mut values = Vec::new();
                while !self.at_end()? {
                    values.push(self.value(depth + 1)?);
                }
                Ok(Value::List(values))
            }
            [b'd', rest @ ..] => {
                self.rest = rest;
                let mut pairs: Vec<(&[u8], Value<'_>)> = Vec::new();
                while !self.at_end()? {
                    let key = self.bytes()?;
                    if pairs.last().is_some_and(|(last, _)| *last >= key) {
                        return Err(MALFORMED);
                    }
                    pairs.push((key, self.value(depth + 1)?));
                }
                Ok(Value::Dict(pairs))
            }
            [] => Err(ENDS_EARLY),
            _ => Err(MALFORMED),
        }
    }

    /// Whether the list or dictionary ends here; takes its `e`.
    fn at_end(&mut self) -> Result<bool, WireError> {
        match self.rest {
            [] => Err(ENDS_EARLY),
            [b'e', rest @ ..] => {
                self.rest = rest;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn bytes(&mut self) -> Result<&'a [u8], WireError> {
        let digits = self.until(b':')?;
        let len = canonical_digits(digits).and_then(|digits| digits.parse::<usize>().ok()).ok_or(MALFORMED)?;
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(ENDS_EARLY)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn int(&mut self) -> Result<i64, WireError> {
        let text = self.until(b'e')?;
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        if canonical_digits(digits).is_none() || text == b"-0" {
            return Err(MALFORMED);
        }
        std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(MALFORMED)
    }

    /// What stands before `end` (at most twenty characters, no number is longer); takes the end too.
    fn until(&mut self, end: u8) -> Result<&'a [u8], WireError> {
        let window = self.rest.get(..21).unwrap_or(self.rest);
        let missing = if window.len() < 21 { ENDS_EARLY } else { MALFORMED };
        let at = window.iter().position(|byte| *byte == end).ok_or(missing)?;
        let (before, rest) = self.rest.split_at_checked(at).ok_or(ENDS_EARLY)?;
        self.rest = rest.get(1..).unwrap_or_default();
        Ok(before)
    }
}

/// Decimal digits without a leading zero.
fn canonical_digits(digits: &[u8]) -> Option<&str> {
    let canonical = match digits {
        [] => false,
        [b'0', _, ..] => false,
        _ => digits.iter().all(u8::is_ascii_digit),
    };
    canonical.then(|| std::str::from_utf8(digits).ok()).flatten()
}

const WHAT: &str = "bencoded value";
const MALFORMED: WireError = WireError::Malformed { what: WHAT };
const ENDS_EARLY: WireError = WireError::EndsEarly { what: WHAT };

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_kind_of_value_is_read_and_written() {
        let text = b"d1:ai-7e1:bl0:3:abci0ee2:cddee";
        let value = decode(text).unwrap();
        assert_eq!(value.get(b"a").unwrap().as_int(), Some(-7));
        assert_eq!(value.get(b"b").unwrap().as_list().unwrap()[1].as_bytes(), Some(&b"abc"[..]));
        assert_eq!(value.get(b"x"), None);
        assert_eq!(encode(&value), b"d1:ai-7e1:bl0:3:abci0ee2:cddee");
    }

    #[test]
    fn a_second_spelling_of_a_value_is_refused() {
        for text in [
            "01:a",
            "i01e",
            "i-0e",
            "i-01e",
            "ie",
            "i-e",
            "i+1e",
            "i e",
            "1:ab",
            "le0:",
            "d1:b0:1:a0:e",
            "d1:a0:1:a0:e",
            "di1e0:e",
            "x",
            "-1:a",
            "i9223372036854775808e",
            "l1:a",
            "5:ab",
            "99999999999999999999:a",
            "i111111111111111111111111e",
        ] {
            assert!(decode(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(decode(b"i-9223372036854775808e"), Ok(Value::Int(i64::MIN)));
        assert_eq!(decode(b""), Err(ENDS_EARLY));
    }

    #[test]
    fn depth_and_number_of_values_are_limited() {
        let nested = |depth: usize| ["l".repeat(depth), "e".repeat(depth)].concat();
        assert!(decode(nested(MAX_BENCODE_DEPTH + 1).as_bytes()).is_ok());
        assert_eq!(decode(nested(MAX_BENCODE_DEPTH + 2).as_bytes()), Err(WireError::TooDeep { what: WHAT }));
        assert_eq!(decode(nested(1_000_000).as_bytes()), Err(WireError::TooDeep { what: WHAT }));
        let many = format!("l{}e", "0:".repeat(MAX_BENCODE_VALUES));
        assert!(matches!(decode(many.as_bytes()), Err(WireError::TooLarge { .. })));
    }

    #[test]
    fn what_follows_a_value_is_given_back_and_limits_can_be_narrower() {
        let limits = Limits { bytes: 9, depth: 1, values: 3 };
        assert_eq!(decode_prefix(b"i5exyz", &limits), Ok((Value::Int(5), &b"xyz"[..])));
        assert_eq!(decode_within(b"i5exyz", &limits), Err(MALFORMED));
        assert!(decode_within(b"l1:a1:be", &limits).is_ok());
        assert!(matches!(decode_within(b"l1:a1:bi0ee", &limits), Err(WireError::TooLarge { .. })));
        assert!(matches!(decode_within(b"l0:0:0:e", &limits), Err(WireError::TooLarge { .. })));
        assert!(matches!(decode_within(b"ll0:ee", &limits), Err(WireError::TooDeep { .. })));
    }

    #[test]
    fn a_dictionary_is_written_in_order() {
        let value = Value::Dict(vec![(b"b", Value::Int(1)), (b"a", Value::Bytes(b""))]);
        assert_eq!(encode(&value), b"d1:a0:1:bi1ee");
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_again_byte_for_byte(text in "[dlie0-9:a-]{0,24}") {
            if let Ok(value) = decode(text.as_bytes()) {
                prop_assert_eq!(encode(&value), text.as_bytes());
            }
        }

        #[test]
        fn nothing_makes_the_reader_panic(bytes in any::<Vec<u8>>()) {
            let _ = decode(&bytes);
        }

        #[test]
        fn lists_of_anything_come_back(parts in any::<Vec<Vec<u8>>>(), ints in any::<Vec<i64>>()) {
            let mut values: Vec<_> = parts.iter().map(|part| Value::Bytes(part)).collect();
            values.extend(ints.into_iter().map(Value::Int));
            let list = Value::List(values);
            let text = encode(&list);
            prop_assert_eq!(decode(&text), Ok(list.clone()));
        }
    }
}
