//! One emoji: what may stand as a reaction.
//!
//! A reaction comes from somebody else and is drawn beside a message, so that a text, a run of signs or a mark that turns
//! directions around must not pass for one. Whatever Unicode will call an emoji in later years passes: its room is set apart
//! already (*Extended_Pictographic*).
//!
//! An emoji is a sign with what changes its look (a colour of skin, tags, the mark of colour), two letters that make a flag,
//! or a key; or several signs that a joiner makes one. Source: Unicode Technical Standard 51, section 1.4.9.

use std::iter::Peekable;
use std::str::Chars;

use icu_properties::CodePointSetData;
use icu_properties::props::{Emoji, ExtendedPictographic};

/// Whether a text is exactly one emoji.
pub fn is_emoji(text: &str) -> bool {
    if text.len() > MAX_BYTES {
        return false;
    }
    let mut signs = text.chars().peekable();
    loop {
        if !element(&mut signs) {
            return false;
        }
        match signs.next() {
            None => return true,
            Some(JOINER) => (),
            Some(_) => return false,
        }
    }
}

/// Takes one element of a sequence. Says whether there was one.
fn element(signs: &mut Peekable<Chars<'_>>) -> bool {
    match signs.next() {
        Some('0'..='9' | '#' | '*') => {
            signs.next_if_eq(&IN_COLOUR);
            signs.next_if_eq(&KEY).is_some()
        }
        Some(letter) if is_flag_letter(letter) => signs.next_if(|next| is_flag_letter(*next)).is_some(),
        Some(base) if is_sign(base) => {
            signs.next_if_eq(&IN_COLOUR);
            signs.next_if(|next| is_skin(*next));
            tags(signs)
        }
        _ => false,
    }
}

/// Takes the tags of a flag of a region, if there are any: they must end.
fn tags(signs: &mut Peekable<Chars<'_>>) -> bool {
    let mut open = false;
    while signs.next_if(|next| ('\u{e0020}'..='\u{e007e}').contains(next)).is_some() {
        open = true;
    }
    !open || signs.next_if_eq(&END_OF_TAGS).is_some()
}

fn is_sign(sign: char) -> bool {
    let is = CodePointSetData::new::<Emoji>().contains(sign)
        || CodePointSetData::new::<ExtendedPictographic>().contains(sign);
    is && !sign.is_ascii() && !is_flag_letter(sign)
}

fn is_flag_letter(sign: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&sign)
}

fn is_skin(sign: char) -> bool {
    ('\u{1f3fb}'..='\u{1f3ff}').contains(&sign)
}

/// Joins several signs to one.
const JOINER: char = '\u{200d}';
/// Asks for the look of an emoji, not of a letter.
const IN_COLOUR: char = '\u{fe0f}';
/// Makes a key of what stands before it.
const KEY: char = '\u{20e3}';
const END_OF_TAGS: char = '\u{e007f}';

/// The longest emoji that Unicode knows has 35 bytes; there is room for longer ones.
const MAX_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn emoji_of_every_make_are_one() {
        for emoji in ["😂", "❤", "❤️", "🏳️‍🌈", "👩🏽‍❤️‍💋‍👨🏿", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "#⃣", "👍🏿", "🤷🏽‍♂️", "👨‍👩‍👧‍👦", "©️", "🧑‍🧑‍🧒", "\u{1fadf}"]
        {
            assert!(is_emoji(emoji), "{emoji}");
        }
    }

    #[test]
    fn what_is_no_emoji_or_more_than_one_is_none() {
        for text in [
            "",
            " ",
            "a",
            "1",
            "lol",
            "😂😂",
            "😂 ",
            " 😂",
            "\u{202e}😂",
            "😂\u{200d}",
            "\u{200d}😂",
            "🇩",
            "🇩🇪🇫",
            "\u{fe0f}",
            "😂a",
            "🏴\u{e0067}",
            "1\u{fe0f}",
            "❤\u{fe0e}",
            "\u{20e3}",
            "😂\u{200d}a",
            "\u{1f3fb}😂",
        ] {
            assert!(!is_emoji(text), "{text:?}");
        }
        assert!(!is_emoji(&["👨"; 30].join("\u{200d}")), "too long");
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic_and_no_blank_or_turn_of_direction_is_in_one(text in any::<String>()) {
            let turns = |sign| ('\u{202a}'..='\u{202e}').contains(&sign) || ('\u{2066}'..='\u{2069}').contains(&sign);
            if is_emoji(&text) {
                prop_assert!(text.len() <= MAX_BYTES);
                prop_assert!(!text.chars().any(|sign| sign.is_whitespace() || sign.is_control() || turns(sign)));
            }
        }
    }
}
