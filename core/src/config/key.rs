//! A key of a dict: bytes in place when they are few.
//!
//! A document has thousands of keys of one letter. On the heap each would take 32 bytes and a visit to the allocator; an
//! open document with a thousand contacts then holds twelve times its text instead of nine.

use std::borrow::Borrow;
use std::cmp::Ordering;

/// Bytes that compare as bytes.
#[derive(Clone)]
pub(super) enum Key {
    Short { len: u8, bytes: [u8; SHORT] },
    Long(Box<[u8]>),
}

/// As many as fit beside the length without making the key larger than a `Vec`.
const SHORT: usize = 22;

impl Key {
    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Short { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

impl From<&[u8]> for Key {
    fn from(key: &[u8]) -> Self {
        let mut bytes = [0; SHORT];
        match (u8::try_from(key.len()), bytes.get_mut(..key.len())) {
            (Ok(len), Some(place)) => {
                place.copy_from_slice(key);
                Self::Short { len, bytes }
            }
            _ => Self::Long(key.into()),
        }
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.as_slice()
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_no_larger_than_a_vector() {
        assert!(size_of::<Key>() <= size_of::<Vec<u8>>());
    }

    #[test]
    fn keys_on_both_sides_of_the_limit_keep_their_bytes() {
        for len in [0, 1, SHORT - 1, SHORT, SHORT + 1, 33, 255, 256, 1_000] {
            let bytes = vec![7; len];
            let key = Key::from(&bytes[..]);
            assert_eq!(key.as_slice(), bytes);
            assert_eq!(matches!(key, Key::Short { .. }), len <= SHORT, "{len}");
        }
    }

    proptest! {
        #[test]
        fn keys_compare_as_their_bytes(a in proptest::collection::vec(0_u8..3, 0..30), b in proptest::collection::vec(0_u8..3, 0..30)) {
            let keys = [Key::from(&a[..]), Key::from(&b[..])];
            prop_assert_eq!(keys[0].cmp(&keys[1]), a.cmp(&b));
            prop_assert_eq!(keys[0] == keys[1], a == b);
        }
    }
}
