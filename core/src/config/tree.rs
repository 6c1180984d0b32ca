//! What a config document is made of: integers, byte strings, sets of both, and dicts of all of these.
//!
//! A typed document ([`super::contacts`] and its like) is a view of a [`Dict`]: it reads and writes the keys it knows and
//! leaves every other key where it is, so that what a newer client wrote survives a device that does not understand it.
//! Never rebuild a dict from known fields.
//!
//! Source: session-foundation/libsession-util `docs/config-merge-logic.md`, `include/session/config.hpp`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::key::Key;

/// One value of a document.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// A signed 64-bit integer.
    Int(i64),
    /// A byte string; text is UTF-8.
    Bytes(Vec<u8>),
    /// Unique integers and byte strings.
    Set(Set),
    /// Values under byte-string keys.
    Dict(Dict),
}

/// A member of a set. Integers sort before byte strings, ascending; byte strings by unsigned bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// An integer.
    Int(i64),
    /// A byte string.
    Bytes(Vec<u8>),
}

/// Unique scalars in their order. An empty set does not exist in a document: it is pruned.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Set(BTreeSet<Scalar>);

/// Values under byte-string keys, ascending. An empty dict does not exist inside a document: it is pruned.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Dict(BTreeMap<Key, Value>);

impl Set {
    /// Whether `scalar` is in it.
    pub fn contains(&self, scalar: &Scalar) -> bool {
        self.0.contains(scalar)
    }

    /// Puts `scalar` in; says whether that is new.
    pub fn insert(&mut self, scalar: Scalar) -> bool {
        self.0.insert(scalar)
    }

    /// Takes `scalar` out; says whether it was there.
    pub fn remove(&mut self, scalar: &Scalar) -> bool {
        self.0.remove(scalar)
    }

    /// The members in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Scalar> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Scalar> for Set {
    fn from_iter<I: IntoIterator<Item = Scalar>>(scalars: I) -> Self {
        Self(scalars.into_iter().collect())
    }
}

impl<K: AsRef<[u8]>> FromIterator<(K, Value)> for Dict {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.as_ref().into(), value)).collect())
    }
}

impl Dict {
    /// The value under `key`.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Value> {
        self.0.get(key.as_ref())
    }

    /// The integer under `key`; a value of another kind reads as absent.
    pub fn int(&self, key: impl AsRef<[u8]>) -> Option<i64> {
        if let Value::Int(int) = self.get(key)? { Some(*int) } else { None }
    }

    /// The integer under `key` when it is above zero.
    pub fn positive(&self, key: impl AsRef<[u8]>) -> Option<u64> {
        u64::try_from(self.int(key)?).ok().filter(|value| *value > 0)
    }

    /// Whether a flag is set: any integer but zero.
    pub fn flag(&self, key: impl AsRef<[u8]>) -> bool {
        self.int(key).is_some_and(|value| value != 0)
    }

    /// The byte string under `key`; a value of another kind reads as absent.
    pub fn bytes(&self, key: impl AsRef<[u8]>) -> Option<&[u8]> {
        if let Value::Bytes(bytes) = self.get(key)? { Some(bytes) } else { None }
    }

    /// The byte string under `key` when it has exactly this many bytes.
    pub fn array<const N: usize>(&self, key: impl AsRef<[u8]>) -> Option<&[u8; N]> {
        self.bytes(key)?.try_into().ok()
    }

    /// The text under `key`; anything that is not UTF-8 reads as absent.
    pub fn text(&self, key: impl AsRef<[u8]>) -> Option<&str> {
        std::str::from_utf8(self.bytes(key)?).ok()
    }

    /// The set under `key`; a value of another kind reads as absent.
    pub fn set(&self, key: impl AsRef<[u8]>) -> Option<&Set> {
        if let Value::Set(set) = self.get(key)? { Some(set) } else { None }
    }

    /// The dict under `key`; a value of another kind reads as absent.
    pub fn dict(&self, key: impl AsRef<[u8]>) -> Option<&Self> {
        if let Value::Dict(dict) = self.get(key)? { Some(dict) } else { None }
    }

    /// The dict under `key`, made when absent, and in place of a value of another kind.
    pub fn dict_mut(&mut self, key: impl AsRef<[u8]>) -> &mut Self {
        let value = self.0.entry(key.as_ref().into()).or_insert_with(|| Value::Dict(Self::default()));
        if !matches!(value, Value::Dict(_)) {
            *value = Value::Dict(Self::default());
        }
        match value {
            Value::Dict(dict) => dict,
            _ => unreachable!("a dict was just put there"),
        }
    }

    /// The dict under `key`, to be changed; a value of another kind reads as absent.
    pub fn inner_mut(&mut self, key: impl AsRef<[u8]>) -> Option<&mut Self> {
        if let Value::Dict(dict) = self.0.get_mut(key.as_ref())? { Some(dict) } else { None }
    }

    /// The set under `key`, made when absent, and in place of a value of another kind.
    pub fn set_mut(&mut self, key: impl AsRef<[u8]>) -> &mut Set {
        let value = self.0.entry(key.as_ref().into()).or_insert_with(|| Value::Set(Set::default()));
        if !matches!(value, Value::Set(_)) {
            *value = Value::Set(Set::default());
        }
        match value {
            Value::Set(set) => set,
            _ => unreachable!("a set was just put there"),
        }
    }

    /// Puts `value` under `key`.
    pub fn put(&mut self, key: impl AsRef<[u8]>, value: impl Into<Value>) {
        self.0.insert(key.as_ref().into(), value.into());
    }

    /// Puts `value` under `key`, or removes the key for `None`.
    pub fn put_or_remove(&mut self, key: impl AsRef<[u8]>, value: Option<impl Into<Value>>) {
        match value {
            Some(value) => self.put(key, value),
            None => {
                self.remove(key);
            }
        }
    }

    /// Puts 1 under `key` for a flag that is set; removes the key for one that is not.
    pub fn put_flag(&mut self, key: impl AsRef<[u8]>, on: bool) {
        self.put_or_remove(key, on.then_some(1_i64));
    }

    /// Puts an integer that is stored only when it is not zero.
    pub fn put_non_zero(&mut self, key: impl AsRef<[u8]>, value: i64) {
        self.put_or_remove(key, Some(value).filter(|value| *value != 0));
    }

    /// Puts an integer that is stored only when it is above zero.
    pub fn put_positive(&mut self, key: impl AsRef<[u8]>, value: u64) {
        self.put_or_remove(key, i64::try_from(value).ok().filter(|value| *value > 0));
    }

    /// Removes what is under `key`.
    pub fn remove(&mut self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.0.remove(key.as_ref())
    }

    /// Keys and values, keys ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&[u8], &Value)> {
        self.0.iter().map(|(key, value)| (key.as_slice(), value))
    }

    /// Keys and values of those that are dicts, keys ascending.
    pub fn dicts(&self) -> impl Iterator<Item = (&[u8], &Self)> {
        self.iter().filter_map(|(key, value)| if let Value::Dict(dict) = value { Some((key, dict)) } else { None })
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes empty sets and dicts, from the leaves upward.
    pub fn prune(&mut self) {
        self.0.retain(|_, value| match value {
            Value::Int(_) | Value::Bytes(_) => true,
            Value::Set(set) => !set.is_empty(),
            Value::Dict(dict) => {
                dict.prune();
                !dict.is_empty()
            }
        });
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Set> for Value {
    fn from(set: Set) -> Self {
        Self::Set(set)
    }
}

impl From<Dict> for Value {
    fn from(dict: Dict) -> Self {
        Self::Dict(dict)
    }
}

/// Names, texts and keys of people stand in here: only the shape is printed.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(_) => f.write_str("Int"),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Set(set) => set.fmt(f),
            Self::Dict(dict) => dict.fmt(f),
        }
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scalar(..)")
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Set({})", self.len())
    }
}

impl fmt::Debug for Dict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dict({})", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_another_kind_reads_as_absent_and_is_replaced_when_written_into() {
        let mut dict = Dict::default();
        dict.put("n", 5);
        assert_eq!((dict.text("n"), dict.int("n"), dict.dict("n").is_none()), (None, Some(5), true));
        dict.dict_mut("n").put("x", "y");
        assert_eq!(dict.dict("n").and_then(|inner| inner.text("x")), Some("y"));
        assert!(dict.set_mut("n").insert(Scalar::Int(1)));
        assert_eq!(dict.set("n").map(Set::len), Some(1));
    }

    #[test]
    fn what_is_empty_or_zero_is_not_there() {
        let mut dict = Dict::default();
        dict.dict_mut("a").dict_mut("b").set_mut("c");
        dict.put_flag("f", false);
        dict.put_non_zero("z", 0);
        dict.put_positive("p", 0);
        dict.put("s", "");
        dict.prune();
        assert_eq!(dict.iter().map(|(key, _)| key).collect::<Vec<_>>(), [b"s"]);
    }

    #[test]
    fn a_set_has_integers_first_and_bytes_unsigned() {
        let set: Set =
            [Scalar::Bytes(vec![0xff]), Scalar::Bytes(b"a".to_vec()), Scalar::Int(-3), Scalar::Bytes(b"ab".to_vec())]
                .into_iter()
                .collect();
        let order: Vec<_> = set.iter().map(|scalar| matches!(scalar, Scalar::Int(_))).collect();
        assert_eq!(order, [true, false, false, false]);
        assert_eq!(set.iter().next_back(), Some(&Scalar::Bytes(vec![0xff])));
    }
}
