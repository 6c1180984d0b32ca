//! A text over the limit, split into parts that fit.
//!
//! A part ends where a reader would pause: at a paragraph, a line, a sentence, a word; of what has no blanks at
//! whatever Unicode calls a word, or between two graphemes. The better place counts, as long as the part is half full;
//! without one, the last blank there is. Only a grapheme that is itself over the limit is cut inside.
//!
//! Nothing is lost but the white space at a cut: up to its last line break, so that the next line keeps its
//! indentation, or all of it where there is none. A part of nothing but white space goes as well. The work grows with
//! the text and not faster.

use std::collections::HashSet;

use icu_properties::CodePointSetData;
use icu_properties::props::SentenceTerminal;
use unicode_segmentation::UnicodeSegmentation;

/// The parts of a text, each of at most `limit` code points. A text that fits is one part, as it is; white space alone
/// that does not fit is none.
pub(super) fn split(text: &str, limit: usize) -> Vec<String> {
    if points(text, limit).is_none() {
        return vec![text.to_owned()];
    }
    let limit = limit.max(1);
    let (mut parts, mut rest) = (Vec::new(), text);
    while points(rest, limit).is_some() {
        let cut = Window::new(rest, limit).cut();
        let (part, next) = (rest.get(..cut.end).unwrap_or_default(), rest.get(cut.next..).unwrap_or_default());
        keep(&mut parts, part);
        rest = next;
    }
    keep(&mut parts, rest);
    parts
}

fn keep(parts: &mut Vec<String>, part: &str) {
    if !part.trim().is_empty() {
        parts.push(part.to_owned());
    }
}

/// Where a text goes on after so many code points; `None` when it has no more.
fn points(text: &str, count: usize) -> Option<usize> {
    text.char_indices().nth(count).map(|(at, _)| at)
}

/// Where a part ends, and where the next begins (bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    end: usize,
    next: usize,
}

/// How good a place is; a better one stands higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pause {
    /// Between signs of a script that has no blanks.
    Sign,
    Word,
    Sentence,
    Line,
    Paragraph,
}

/// As much of a text as decides about its first part.
struct Window<'a> {
    /// What is left of the whole text.
    rest: &'a str,
    /// The beginning of it: twice as much as fits, for what Unicode looks at behind a place.
    seen: &'a str,
    limit: usize,
    /// Beginnings of words (bytes).
    words: HashSet<usize>,
}

impl<'a> Window<'a> {
    fn new(rest: &'a str, limit: usize) -> Self {
        let seen = points(rest, limit.saturating_mul(2)).and_then(|end| rest.get(..end)).unwrap_or(rest);
        let words = seen.split_word_bound_indices().map(|(at, _)| at).collect();
        Self { rest, seen, limit, words }
    }

    /// Where the first part ends: the best place of its second half, else the last blank, else where it is full.
    fn cut(&self) -> Cut {
        let (mut full, mut count, mut has_text) = (0, 0, false);
        let (mut best, mut last_blank): (Option<(Pause, Cut)>, Option<Cut>) = (None, None);
        let (mut blank_since, mut before) = (None, "");
        for (at, grapheme) in self.seen.grapheme_indices(true) {
            if is_blank(grapheme) {
                let begins = *blank_since.get_or_insert(at);
                if has_text && begins == at {
                    let (pause, cut) = self.blanks(at);
                    last_blank = Some(cut);
                    best = best.max_by_place((pause, cut), count * 2 >= self.limit);
                }
            } else {
                if blank_since.take().is_none()
                    && has_text
                    && let Some(pause) = self.between(at, before, grapheme)
                {
                    best = best.max_by_place((pause, Cut { end: at, next: at }), count * 2 >= self.limit);
                }
                has_text = true;
            }
            count += grapheme.chars().count();
            if count > self.limit {
                break;
            }
            (full, before) = (at + grapheme.len(), grapheme);
        }
        let best = best.map(|(_, cut)| cut).or(last_blank);
        best.unwrap_or_else(|| self.hard(full))
    }

    /// The part has no place to end: it ends where it is full. White space in front of it goes first, and may make
    /// room.
    fn hard(&self, full: usize) -> Cut {
        let indented = self.rest.graphemes(true).take_while(|grapheme| is_blank(grapheme)).map(str::len).sum();
        if indented > 0 {
            return Cut { end: 0, next: indented };
        }
        let full = if full == 0 { points(self.rest, self.limit).unwrap_or(self.rest.len()) } else { full };
        Cut { end: full, next: full }
    }

    /// The pause that white space makes which begins at `at`, and what goes with it.
    fn blanks(&self, at: usize) -> (Pause, Cut) {
        let (mut breaks, mut next, mut end) = (0, at, at);
        for (place, grapheme) in self.rest.get(at..).unwrap_or_default().grapheme_indices(true) {
            if !is_blank(grapheme) {
                break;
            }
            end = at + place + grapheme.len();
            if grapheme.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
                (breaks, next) = (breaks + 1, end);
            }
        }
        let pause = match breaks {
            0 if ends_a_sentence(self.rest.get(..at).unwrap_or_default()) => Pause::Sentence,
            0 => Pause::Word,
            1 => Pause::Line,
            _ => Pause::Paragraph,
        };
        (pause, Cut { end: at, next: if breaks == 0 { end } else { next } })
    }

    /// The pause between two graphemes that stand beside each other.
    fn between(&self, at: usize, before: &str, after: &str) -> Option<Pause> {
        let of_signs = |grapheme: &str| grapheme.chars().next().is_some_and(|c| c.is_alphanumeric() && !c.is_ascii());
        let opens = after.chars().next().is_some_and(char::is_alphanumeric);
        if !before.is_ascii() && opens && ends_a_sentence(before) {
            Some(Pause::Sentence)
        } else if self.words.contains(&at) && opens && (of_signs(before) || of_signs(after)) {
            Some(Pause::Sign)
        } else {
            None
        }
    }
}

/// The better of two places, and of two that are as good the later.
trait Better {
    fn max_by_place(self, other: (Pause, Cut), counts: bool) -> Self;
}

impl Better for Option<(Pause, Cut)> {
    fn max_by_place(self, other: (Pause, Cut), counts: bool) -> Self {
        match self {
            _ if !counts => self,
            Some((pause, _)) if pause > other.0 => self,
            _ => Some(other),
        }
    }
}

/// Whether a sentence ends with a text: a mark that ends one, and what closes a quotation behind it.
fn ends_a_sentence(text: &str) -> bool {
    let mut back = text.chars().rev().take(MOST_CLOSING).skip_while(|c| CLOSING.contains(c));
    back.next().is_some_and(|c| CodePointSetData::new::<SentenceTerminal>().contains(c))
}

fn is_blank(grapheme: &str) -> bool {
    grapheme.chars().all(char::is_whitespace)
}

/// What may stand between the end of a sentence and the blank behind it.
const CLOSING: [char; 14] = [')', ']', '"', '\'', '”', '’', '“', '»', '›', '«', '）', '」', '』', '】'];

/// Characters that are looked at for the end of a sentence.
const MOST_CLOSING: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAIN: usize = 20;

    fn parts(text: &str) -> Vec<String> {
        split(text, PLAIN)
    }

    #[test]
    fn what_fits_is_one_part_as_it_is() {
        for text in ["", "  ", " hi \n", &"🧅".repeat(PLAIN)] {
            assert_eq!(parts(text), [text]);
        }
    }

    #[test]
    fn a_part_ends_at_the_best_place_of_its_second_half() {
        for (text, expected, why) in [
            ("one two three\n\nfour. Five\nsix", ["one two three", "four. Five\nsix"], "a paragraph"),
            ("one two. Three\nfour. Five six", ["one two. Three", "four. Five six"], "a line"),
            ("one two three. Four five six", ["one two three.", "Four five six"], "a sentence"),
            ("one \"two!\") four five six", ["one \"two!\")", "four five six"], "a quoted sentence"),
            ("one two three four five six", ["one two three four", "five six"], "a word"),
            ("a\n\none two three four five", ["a\n\none two three", "four five"], "no part of one sign"),
            (
                "一二三四五六七八九十。一二三四五六七八九十。一",
                ["一二三四五六七八九十。", "一二三四五六七八九十。一"],
                "no blanks",
            ),
            ("see https://onion.example/skin", ["see", "https://onion.example/skin"], "a link is not cut"),
        ] {
            let limit = if why == "a link is not cut" { 27 } else { PLAIN };
            assert_eq!(split(text, limit), expected, "{why}");
        }
    }

    #[test]
    fn white_space_goes_at_a_cut_alone_and_the_next_line_keeps_its_indentation() {
        assert_eq!(parts("fn onion() {   \n\n    peel();\n}"), ["fn onion() {", "    peel();\n}"]);
        assert_eq!(parts("one two three four    five  six"), ["one two three four", "five  six"]);
        assert_eq!(parts(&format!("{}one{}two", " ".repeat(50), " ".repeat(50))), ["one", "two"]);
        assert_eq!(parts(&" ".repeat(50)), [""; 0]);
        assert_eq!(parts(&format!("one\n{}two", " ".repeat(50))), ["one", "two"]);
    }

    #[test]
    fn a_word_over_the_limit_is_cut_between_graphemes_and_a_grapheme_over_it_inside() {
        assert_eq!(parts(&"a".repeat(45)).iter().map(String::len).collect::<Vec<_>>(), [20, 20, 5]);
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(parts(&family.repeat(4)), [family.repeat(2), family.repeat(2)]);
        let flags = parts(&"🇩🇪".repeat(21));
        assert_eq!(flags, ["🇩🇪".repeat(10), "🇩🇪".repeat(10), "🇩🇪".to_owned()]);
        assert_eq!(parts(&"\r\n".repeat(30)), [""; 0]);
        assert_eq!(parts(&format!("a{}\r\nb", "x".repeat(18))), ["axxxxxxxxxxxxxxxxxx", "b"]);
        let towers = parts(&format!("a{}b", "\u{301}".repeat(50)));
        assert_eq!(towers.iter().map(|part| part.chars().count()).collect::<Vec<_>>(), [20, 20, 12]);
    }

    #[test]
    fn a_hundred_thousand_signs_of_any_kind_are_split_in_little_more_than_their_number() {
        for piece in ["a", " ", "\u{301}", "🇩", ".)", "a ", "a\n\n", "\u{1100}", "\u{200d}", "क्", " \u{301}", "中"]
        {
            let text = piece.repeat(100_000 / piece.chars().count());
            let parts = split(&text, 2_000);
            assert!(parts.len() <= 100, "{piece:?}");
            assert!(parts.iter().all(|part| part.chars().count() <= 2_000), "{piece:?}");
        }
    }

    fn any_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[a-z]{1,9}",
            "[ \n\t]{1,4}",
            "[.!?,]",
            Just("\r\n".to_owned()),
            Just("👨‍👩‍👧".to_owned()),
            Just("e\u{301}\u{302}".to_owned()),
            Just("🇩🇪".to_owned()),
            Just(" \u{301}".to_owned()),
            "[一-三。]{1,30}",
            any::<String>(),
        ];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn nothing_is_lost_but_white_space_at_a_cut(text in any_text(), limit in 1_usize..60) {
            let parts = split(&text, limit);
            let (mut rest, many) = (text.as_str(), points(&text, limit).is_some());
            for part in &parts {
                prop_assert!(part.chars().count() <= limit);
                prop_assert!(!many || !part.trim().is_empty());
                let at = rest.find(part.as_str()).unwrap();
                prop_assert!(rest[..at].chars().all(char::is_whitespace), "{:?} is lost", &rest[..at]);
                rest = &rest[at + part.len()..];
            }
            prop_assert!(rest.chars().all(char::is_whitespace), "{rest:?} is lost");
        }

        #[test]
        fn no_grapheme_that_fits_is_cut(text in any_text(), limit in 8_usize..60) {
            prop_assume!(text.graphemes(true).all(|grapheme| grapheme.chars().count() <= 8));
            let ends: HashSet<usize> = text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect();
            let mut from = 0;
            for part in split(&text, limit) {
                let at = from + text[from..].find(&part).unwrap();
                from = at + part.len();
                prop_assert!(ends.contains(&at) && ends.contains(&from));
            }
        }
    }
}
