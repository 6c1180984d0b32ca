//! Leaves that know whether somebody looked at them.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};

/// A string, number or bool of a vector file. Looking at it (`*leaf`) is noted.
pub struct Leaf<T> {
    value: T,
    mark: Rc<Mark>,
}

/// What became of a leaf.
#[derive(Default)]
pub struct Mark {
    /// Somebody looked at it.
    pub read: Cell<bool>,
    /// By what stands beside it, nothing depends on it.
    pub idle: Cell<bool>,
}

impl<T> Leaf<T> {
    /// Says that in *this* file nothing is made of the leaf, as the rules will have it for what stands beside it (half a
    /// pair, a time of no mode): then its change cannot be noticed.
    pub fn idle(&self) {
        self.mark.read.set(true);
        self.mark.idle.set(true);
    }
}

impl<T> Deref for Leaf<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.mark.read.set(true);
        &self.value
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Leaf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = T::deserialize(deserializer)?;
        Ok(Self { value, mark: notice(false) })
    }
}

/// A text for people: nothing is computed from it.
pub struct Prose;

impl<'de> Deserialize<'de> for Prose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer)?;
        notice(true);
        Ok(Self)
    }
}

/// Bytes written as hex digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

/// A known number of bytes, written as hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HexArray<const N: usize>(pub [u8; N]);

/// Bytes in hex.
pub type HexLeaf = Leaf<Hex>;

/// A key of 32 bytes in hex.
pub type Key = Leaf<HexArray<32>>;

impl Deref for Hex {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> Deref for HexArray<N> {
    type Target = [u8; N];
    fn deref(&self) -> &[u8; N] {
        &self.0
    }
}

impl fmt::Debug for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl<const N: usize> fmt::Debug for HexArray<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        hex::decode(text).map(Self).map_err(D::Error::custom)
    }
}

impl<'de, const N: usize> Deserialize<'de> for HexArray<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Hex(bytes) = Hex::deserialize(deserializer)?;
        let found = bytes.len();
        bytes.try_into().map(Self).map_err(|_| D::Error::custom(format!("{found} bytes instead of {N}")))
    }
}

thread_local! {
    static TALLY: RefCell<Option<Vec<Rc<Mark>>>> = const { RefCell::new(None) };
}

/// Reads with leaves noted; one mark for each, in the order of the file.
pub fn noticed<T>(read: impl FnOnce() -> T) -> (T, Vec<Rc<Mark>>) {
    TALLY.replace(Some(vec![]));
    let value = read();
    (value, TALLY.take().unwrap_or_default())
}

/// Reads without leaves being noted.
pub fn unnoticed<T>(read: impl FnOnce() -> T) -> T {
    let kept = TALLY.take();
    let value = read();
    TALLY.replace(kept);
    value
}

fn notice(read: bool) -> Rc<Mark> {
    let mark = Rc::new(Mark { read: Cell::new(read), ..Mark::default() });
    TALLY.with_borrow_mut(|tally| {
        if let Some(tally) = tally {
            tally.push(mark.clone());
        }
    });
    mark
}
