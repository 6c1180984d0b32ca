//! What a display name may be: trimmed, not empty, at most 100 bytes of UTF-8.
//!
//! A name that a person types is refused when it is longer; a longer name that arrives from elsewhere is cut at a
//! code point. The same limit holds for nicknames. Source: session-foundation/libsession-util
//! `include/session/config/contacts.hpp`.

use crate::error::{Error, ErrorKind, Hint};

/// The longest display name, in bytes of UTF-8.
///
/// Official clients cut longer names; a larger value here would show other people half of it.
pub const MAX_NAME_BYTES: usize = 100;

/// Why a text cannot be a display name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but white space.
    #[error("display name is empty")]
    Empty,
    /// Longer than [`MAX_NAME_BYTES`] after trimming.
    #[error("display name is too long")]
    TooLong {
        /// Length in bytes of UTF-8.
        found: usize,
    },
}

/// The name as it is kept: trimmed.
///
/// # Errors
/// [`NameError`] when nothing is left or too much is.
pub fn display_name(text: &str) -> Result<&str, NameError> {
    let name = text.trim();
    match name.len() {
        0 => Err(NameError::Empty),
        found if found > MAX_NAME_BYTES => Err(NameError::TooLong { found }),
        _ => Ok(name),
    }
}

/// A name that came from elsewhere, trimmed and cut to the limit at a code point. None when nothing is left.
pub fn cut_display_name(text: &str) -> Option<&str> {
    let name = text.trim();
    let end = (0..=MAX_NAME_BYTES.min(name.len())).rev().find(|end| name.is_char_boundary(*end))?;
    let cut = name.get(..end)?.trim_end();
    (!cut.is_empty()).then_some(cut)
}

impl From<NameError> for Error {
    fn from(error: NameError) -> Self {
        let (kind, found) = match error {
            NameError::Empty => (ErrorKind::InvalidInput, 0),
            NameError::TooLong { found } => (ErrorKind::TooLarge, found),
        };
        let hint = Hint::Length { found, expected: MAX_NAME_BYTES };
        Self::new(kind, "text cannot be a display name").with_hint(hint).with_source(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_trimmed_and_between_one_and_a_hundred_bytes() {
        assert_eq!(display_name(" Ana \n"), Ok("Ana"));
        assert_eq!(display_name(" \t "), Err(NameError::Empty));
        assert_eq!(display_name(&"a".repeat(100)), Ok("a".repeat(100).as_str()));
        assert_eq!(display_name(&"a".repeat(101)), Err(NameError::TooLong { found: 101 }));
        assert_eq!(display_name(&"ä".repeat(51)), Err(NameError::TooLong { found: 102 }));
    }

    #[test]
    fn a_foreign_name_is_cut_between_characters() {
        assert_eq!(cut_display_name(&format!("a{}", "ä".repeat(60))), Some(format!("a{}", "ä".repeat(49)).as_str()));
        assert_eq!(cut_display_name("  "), None);
        assert_eq!(cut_display_name(" Bo "), Some("Bo"));
    }

    #[test]
    fn the_error_says_how_long_it_was() {
        let error = Error::from(display_name(&"a".repeat(200)).unwrap_err());
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(error.hint(), Some(&Hint::Length { found: 200, expected: 100 }));
    }

    proptest! {
        #[test]
        fn what_was_cut_is_a_name(text in "\\PC{0,200}") {
            match cut_display_name(&text) {
                Some(name) => prop_assert_eq!(display_name(name), Ok(name)),
                None => prop_assert!(text.trim().is_empty()),
            }
        }
    }
}
