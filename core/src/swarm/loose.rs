//! JSON values of the wrong kind, read without failing and without allocating.
//!
//! A hostile or odd value in one field must not make a whole answer unreadable. [`Loose`] takes what it can use and
//! walks over everything else; [`Limited`] and [`Pairs`] are lists and objects with a bound.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A text, a whole number, a truth value or a short list of whole numbers; anything else counts as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Loose {
    #[default]
    Absent,
    Text(String),
    Number(u64),
    Truth(bool),
    Numbers(Vec<u64>),
}

impl Loose {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number that is not negative.
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A list of whole numbers.
    pub(super) fn numbers(&self) -> Option<&[u64]> {
        match self {
            Self::Numbers(numbers) => Some(numbers),
            _ => None,
        }
    }

    pub(super) fn is_true(&self) -> bool {
        *self == Self::Truth(true)
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Loose, E> {
        Ok(Loose::Truth(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Loose, E> {
        Ok(u64::try_from(value).map_or(Loose::Absent, Loose::Number))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Loose, E> {
        Ok(Loose::Number(value))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Loose, E> {
        Ok(Loose::Absent)
    }
    fn visit_str<E>(self, value: &str) -> Result<Loose, E> {
        Ok(Loose::Text(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Loose, E> {
        Ok(Loose::Text(value))
    }
    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose, A::Error> {
        let mut numbers = Vec::new();
        let mut usable = true;
        loop {
            if usable {
                match list.next_element::<Number>()? {
                    None => break,
                    Some(Number(Some(number))) if numbers.len() < MAX_NUMBERS => numbers.push(number),
                    Some(_) => usable = false,
                }
            } else if list.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
        }
        Ok(if usable { Loose::Numbers(numbers) } else { Loose::Absent })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Loose::Absent)
    }
}

/// A whole number, or anything else as `None`.
struct Number(Option<u64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<Number, E> {
        Ok(Number(None))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
        Ok(Number(u64::try_from(value).ok()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
        Ok(Number(Some(value)))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Number, E> {
        Ok(Number(None))
    }
    fn visit_str<E>(self, _: &str) -> Result<Number, E> {
        Ok(Number(None))
    }
    fn visit_unit<E>(self) -> Result<Number, E> {
        Ok(Number(None))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Number, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Number(None))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Number, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Number(None))
    }
}

/// A list of at most `MOST` items; longer lists are refused.
#[derive(Clone, Debug)]
pub(super) struct Limited<T, const MOST: usize> {
    pub(super) items: Vec<T>,
}

impl<T, const MOST: usize> Default for Limited<T, MOST> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Limited<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(LimitedVisitor(PhantomData))
    }
}

struct LimitedVisitor<T, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for LimitedVisitor<T, MOST> {
    type Value = Limited<T, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MOST} items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            if items.len() == MOST {
                return Err(A::Error::custom("list is too long"));
            }
            items.push(item);
        }
        Ok(Limited { items })
    }
}

/// The entries of an object of at most `MOST`, in order, names that stand twice included; larger objects are refused.
#[derive(Clone, Debug)]
pub(super) struct Pairs<T, const MOST: usize> {
    pub(super) items: Vec<(String, T)>,
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Pairs<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor(PhantomData))
    }
}

struct PairsVisitor<T, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for PairsVisitor<T, MOST> {
    type Value = Pairs<T, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object of at most {MOST} entries")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(entry) = map.next_entry()? {
            if items.len() == MOST {
                return Err(A::Error::custom("object is too large"));
            }
            items.push(entry);
        }
        Ok(Pairs { items })
    }
}

/// The longest list of numbers that is kept: one end of a lifetime per message of one `expire`.
const MAX_NUMBERS: usize = 60_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn loose(json: &str) -> Loose {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_value_of_the_wrong_kind_counts_as_absent() {
        assert_eq!(loose("\"a\\u0062\""), Loose::Text("ab".into()));
        assert_eq!(loose("7"), Loose::Number(7));
        assert_eq!(loose("true"), Loose::Truth(true));
        assert_eq!(loose("[1,2]"), Loose::Numbers(vec![1, 2]));
        for odd in ["null", "-7", "1.5", "1e99", "{\"a\":[{}]}", "[1,\"x\",{},[]]", "[[1]]", "[-1]", "[true,null,1.5]"]
        {
            assert_eq!(loose(odd), Loose::Absent, "{odd}");
        }
    }

    #[test]
    fn lists_end_at_their_limit() {
        assert_eq!(serde_json::from_str::<Limited<u8, 2>>("[1,2]").unwrap().items, [1, 2]);
        assert!(serde_json::from_str::<Limited<u8, 2>>("[1,2,3]").is_err());
        assert!(serde_json::from_str::<Limited<u8, 2>>("{}").is_err());
        assert_eq!(serde_json::from_str::<Pairs<u8, 2>>("{\"a\":1,\"a\":2}").unwrap().items.len(), 2);
        assert!(serde_json::from_str::<Pairs<u8, 2>>("{\"a\":1,\"b\":2,\"c\":3}").is_err());
    }
}
