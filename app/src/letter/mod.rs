//! What the text of a letter is made of: words, links, Account IDs, code; how the beginning of a long one is cut;
//! whether it is emoji alone.
//!
//! Everything is found in the whole text and cut afterwards, between user-perceived characters and never inside a link:
//! what is shown of a folded letter leads where the whole letter leads.

mod accounts;
mod emoji;
mod links;

use onionskin_core::AccountId;
use unicode_segmentation::UnicodeSegmentation as _;

use accounts::{Stretch, stretches};

pub use emoji::emoji_alone;
pub use links::{Link, links};

/// A stretch of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words.
    Text(String),
    /// What is shown, and the address.
    Link(String, String),
    /// An Account ID as it was written, and whose it is.
    Account(String, AccountId),
    /// Between two back quotes: names and commands, letter for letter.
    Code(String),
}

impl Piece {
    /// What a person reads of it.
    pub fn shown(&self) -> &str {
        match self {
            Self::Text(text) | Self::Link(text, _) | Self::Account(text, _) | Self::Code(text) => text,
        }
    }
}

/// The pieces of a letter, in their order. The quotes around code are left out; nothing else is.
pub fn pieces(text: &str) -> Vec<Piece> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, code, after)) = next_code(rest) {
        linked(before, &mut pieces);
        pieces.push(Piece::Code(code.to_owned()));
        rest = after;
    }
    linked(rest, &mut pieces);
    pieces
}

/// The first code in a text, what stands before it and what after: three quotes around lines, or one around words of a
/// line.
fn next_code(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find('`').map(|at| from + at) {
        let (before, quoted) = text.split_at(at);
        for quotes in [LINES, WORDS] {
            let Some((code, after)) = quoted.strip_prefix(quotes).and_then(|inside| inside.split_once(quotes)) else {
                continue;
            };
            let code = if quotes == LINES { code.trim_matches('\n') } else { code };
            if !code.trim().is_empty() && (quotes == LINES || !code.contains('\n')) {
                return Some((before, code, after));
            }
        }
        from = at + WORDS.len();
    }
    None
}

fn linked(text: &str, pieces: &mut Vec<Piece>) {
    let mut from = 0;
    let words = |to: usize, from: usize, pieces: &mut Vec<Piece>| {
        if let Some(words) = text.get(from..to).filter(|words| !words.is_empty()) {
            pieces.extend(stretches(words).into_iter().map(|stretch| match stretch {
                Stretch::Words(words) => Piece::Text(words.to_owned()),
                Stretch::Account(shown, account) => Piece::Account(shown.to_owned(), account),
            }));
        }
    };
    for link in links(text) {
        words(link.range.start, from, pieces);
        let shown = text.get(link.range.clone()).unwrap_or_default().to_owned();
        pieces.push(Piece::Link(shown, link.address));
        from = link.range.end;
    }
    words(text.len(), from, pieces);
}

/// The beginning of a long letter, and whether something was left out. A link or an Account ID at the cut is whole.
pub fn fold(pieces: Vec<Piece>) -> (Vec<Piece>, bool) {
    let (mut shown, mut room) =
        (Vec::new(), Room { lines: FOLDED_LINES, letters: FOLDED_LETTERS, points: FOLDED_POINTS });
    for piece in pieces {
        let fits = room.take(piece.shown());
        if fits == piece.shown().len() {
            shown.push(piece);
            continue;
        }
        let begun = |text: &str| text.get(..fits).unwrap_or_default().to_owned();
        match piece {
            Piece::Link(..) | Piece::Account(..) if fits > 0 => shown.push(piece),
            Piece::Text(text) if fits > 0 => shown.push(Piece::Text(begun(&text))),
            Piece::Code(text) if fits > 0 => shown.push(Piece::Code(begun(&text))),
            Piece::Link(..) | Piece::Account(..) | Piece::Text(_) | Piece::Code(_) => (),
        }
        return (shown, true);
    }
    (shown, false)
}

/// What is left of the room of a folded letter.
struct Room {
    lines: usize,
    letters: usize,
    points: usize,
}

impl Room {
    /// How many bytes of `text` fit, in whole user-perceived characters; the room shrinks by them.
    fn take(&mut self, text: &str) -> usize {
        for (at, letter) in text.grapheme_indices(true) {
            let (breaks, points) = (usize::from(letter.contains('\n')), letter.chars().count());
            if self.letters == 0 || self.points < points || (breaks > 0 && self.lines == 1) {
                return at;
            }
            self.lines -= breaks;
            self.letters -= 1;
            self.points -= points;
        }
        text.len()
    }
}

/// Whether a letter may need more than [`FOLDED_LINES`] lines on a small telephone with large text: the page looks
/// then.
pub fn may_be_long(text: &str) -> bool {
    text.split('\n').map(|line| 1 + line.chars().count() / NARROWEST).sum::<usize>() > FOLDED_LINES
}

/// The first so many user-perceived characters of a text, with a sign that there are more.
pub fn beginning(text: &str, most: usize) -> String {
    match text.grapheme_indices(true).nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A text that may have been cut after so many code points, without the user-perceived character that the cut may have
/// hurt.
pub fn before_cut(text: &str, points: usize) -> &str {
    match text.grapheme_indices(true).next_back() {
        Some((at, _)) if text.chars().count() >= points => text.get(..at).unwrap_or_default(),
        _ => text,
    }
}

/// Quotes around code of several lines, and around words.
const LINES: &str = "```";
const WORDS: &str = "`";

/// Lines of a letter that are shown before "read more"; other Session apps fold there too.
const FOLDED_LINES: usize = 25;
/// User-perceived characters shown before it: as many as a letter of this app may have, so that only what others write
/// longer is kept out of the page.
const FOLDED_LETTERS: usize = 2_000;
/// Code points shown before it: one user-perceived character may be made of thousands.
const FOLDED_POINTS: usize = 8_000;
/// Characters in a line of the narrowest screen with text twice as large.
const NARROWEST: usize = 16;

#[cfg(test)]
mod tests;
