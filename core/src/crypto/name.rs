//! What a display name may be: trimmed, not empty, at most 100 bytes of UTF-8, and nothing that acts on what stands around it.
//!
//! A name that a person types is refused when it is longer; a longer name that arrives from elsewhere is cut at a
//! code point. The same limit holds for nicknames. Control characters and marks that turn the direction of text are left out
//! of every name ([`clean_name`]): a name stands inside our sentences, and must not turn or break them. One of which nothing is
//! seen is none. Source: session-foundation/libsession-util
//! `include/session/config/contacts.hpp`.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind, Hint};
use crate::pasted::is_hidden;

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

/// The name as it is kept: cleaned and trimmed.
///
/// # Errors
/// [`NameError`] when nothing is left or too much is.
pub fn display_name(text: &str) -> Result<String, NameError> {
    let cleaned = clean_name(text);
    let name = cleaned.trim();
    match name.len() {
        0 => Err(NameError::Empty),
        found if found > MAX_NAME_BYTES => Err(NameError::TooLong { found }),
        _ => Ok(name.to_owned()),
    }
}

/// A name that came from elsewhere, cleaned, trimmed and cut to the limit at a code point. None when nothing is left.
pub fn cut_display_name(text: &str) -> Option<String> {
    let cleaned = clean_name(text);
    let name = cleaned.trim();
    let end = (0..=MAX_NAME_BYTES.min(name.len())).rev().find(|end| name.is_char_boundary(*end))?;
    let cut = name.get(..end)?.trim_end();
    cut.chars().any(is_seen).then(|| cut.to_owned())
}

/// A text without what acts on the text around it: line breaks and tabs become blanks; other control characters, marks that
/// turn the direction of text, and spaces without width go. Joiners stay: names in Persian and families of emoji need them.
/// A text of which nothing is seen becomes empty.
pub fn clean_name(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_seen) {
        return Cow::Borrowed("");
    }
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let kept = |c: char| match c {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
        c if acts(c) => None,
        c => Some(c),
    };
    Cow::Owned(text.chars().filter_map(kept).collect())
}

/// Whether a character leaves something on a screen: no blank, no control, nothing that is ignorable (a filler, a joiner, a tag),
/// and not the empty pattern of Braille.
fn is_seen(c: char) -> bool {
    !(c.is_whitespace() || c == '\u{2800}' || is_hidden(c))
}

/// Controls, explicit directions (Unicode Standard Annex 9, section 2), spaces and operators without width.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
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
        assert_eq!(display_name(" Ana \n"), Ok("Ana".to_owned()));
        assert_eq!(display_name(" \t "), Err(NameError::Empty));
        assert_eq!(display_name(&"a".repeat(100)), Ok("a".repeat(100)));
        assert_eq!(display_name(&"a".repeat(101)), Err(NameError::TooLong { found: 101 }));
        assert_eq!(display_name(&"ä".repeat(51)), Err(NameError::TooLong { found: 102 }));
    }

    #[test]
    fn a_foreign_name_is_cut_between_characters() {
        assert_eq!(cut_display_name(&format!("a{}", "ä".repeat(60))), Some(format!("a{}", "ä".repeat(49))));
        assert_eq!(cut_display_name("  "), None);
        assert_eq!(cut_display_name(" Bo "), Some("Bo".to_owned()));
    }

    #[test]
    fn a_name_keeps_nothing_that_turns_or_breaks_the_text_around_it() {
        assert_eq!(cut_display_name("\u{202e}\u{2066}A\nB\u{7}\u{200b}").as_deref(), Some("A B"));
        assert_eq!(display_name("\u{202e}drab\u{feff}").as_deref(), Ok("drab"));
        assert_eq!(display_name("\u{200f}\u{2069}\n"), Err(NameError::Empty));
        assert_eq!(cut_display_name("\u{2066}\u{2069}"), None);
        for whole in ["👩\u{200d}👩\u{200d}👧", "می\u{200c}خواهم", "Zoë O’Neil", "אבגד", "O\u{301}"]
        {
            assert_eq!(cut_display_name(whole).as_deref(), Some(whole));
        }
    }

    #[test]
    fn a_name_of_which_nothing_is_seen_is_none() {
        for nothing in [
            "\u{3164}",
            "\u{200b}",
            "\u{2800}",
            "\u{2060}",
            "\u{feff}",
            "\u{ad}",
            "\u{202e}",
            "\u{200d}",
            "\u{fe0f}",
            "\u{e0041}",
            "\u{ffa0}",
            "\u{115f} \u{1160}",
            "\u{34f}\u{180e}",
            "",
        ] {
            assert_eq!(display_name(nothing), Err(NameError::Empty), "{nothing:?}");
            assert_eq!(cut_display_name(nothing), None, "{nothing:?}");
            assert_eq!(clean_name(nothing), "", "{nothing:?}");
            let seen = format!("{nothing}❤\u{fe0f}");
            assert!(cut_display_name(&seen).is_some_and(|name| name.ends_with("❤\u{fe0f}")), "{nothing:?}");
        }
        assert_eq!(cut_display_name(&format!("{}Ana", "\u{3164}".repeat(40))), None, "nothing is seen of what is kept");
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
                Some(name) => prop_assert_eq!(display_name(&name), Ok(name)),
                None => prop_assert!(clean_name(&text).trim().is_empty()),
            }
        }
    }
}
