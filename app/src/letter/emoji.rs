//! Letters of a few emoji and nothing else: they are shown large.

use unicode_segmentation::UnicodeSegmentation as _;

/// Whether a text is one to five emoji and nothing else but space between them.
pub fn emoji_alone(text: &str) -> bool {
    let mut signs = text.graphemes(true).filter(|sign| !sign.trim().is_empty());
    let mut count = 0;
    let alone = signs.all(|sign| {
        count += 1;
        count <= MOST && is_emoji(sign)
    });
    alone && count > 0
}

/// Whether a user-perceived character is drawn as a picture: a flag, a key, a pictograph, or one that the sign for
/// pictures follows. Source: Unicode Technical Standard 51, section 1.4.
fn is_emoji(sign: &str) -> bool {
    let mut points = sign.chars();
    let Some(first) = points.next() else { return false };
    let pictured = sign.contains(PICTURED);
    match first {
        '0'..='9' | '#' | '*' => sign.ends_with(KEY),
        // A flag is two of these; one alone is a letter.
        '\u{1f1e6}'..='\u{1f1ff}' => points.next().is_some_and(|next| ('\u{1f1e6}'..='\u{1f1ff}').contains(&next)),
        '\u{1f000}'..='\u{1f0ff}' | '\u{1f18e}' | '\u{1f191}'..='\u{1f19a}' | '\u{1f200}'..='\u{1faff}' => true,
        _ => pictured && !first.is_alphanumeric() || PICTURES.contains(&first),
    }
}

/// Most emoji that are shown large; more of them are a text.
const MOST: usize = 5;
/// Makes a picture of the sign before it.
const PICTURED: char = '\u{fe0f}';
/// Draws a key around the sign before it.
const KEY: char = '\u{20e3}';
/// The signs of older blocks that are pictures by themselves. Source: Unicode 16, `emoji-data.txt`,
/// `Emoji_Presentation`.
const PICTURES: &[char] = &[
    '⌚', '⌛', '⏩', '⏪', '⏫', '⏬', '⏰', '⏳', '◽', '◾', '☔', '☕', '♈', '♉', '♊', '♋', '♌', '♍', '♎',
    '♏', '♐', '♑', '♒', '♓', '♿', '⚓', '⚡', '⚪', '⚫', '⚽', '⚾', '⛄', '⛅', '⛎', '⛔', '⛪', '⛲', '⛳',
    '⛵', '⛺', '⛽', '✅', '✊', '✋', '✨', '❌', '❎', '❓', '❔', '❕', '❗', '➕', '➖', '➗', '➰', '➿', '⬛',
    '⬜', '⭐', '⭕',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_emoji_alone_are_told_from_texts() {
        for text in ["👍", "❤️", "👨‍👩‍👧‍👦 🎉", "🇩🇪", "1️⃣", "☕", "👍🏽👍🏽👍🏽", " 😀\n😀 ", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"]
        {
            assert!(emoji_alone(text), "{text}");
        }
        for text in ["", "  ", "a", "1", "#", "👍 ok", "😀😀😀😀😀😀", "🇩", "©", "→", "あ", "☺ "]
        {
            assert!(!emoji_alone(text), "{text}");
        }
    }
}
