//! What the index holds of a text, what is asked of it, and where in a text a search hits: by one folding ([`crate::fold`]).
//!
//! A word is indexed whole; signs of scripts without blanks in pairs, and the last of a run singly, so that any part of a run is
//! found; pictures singly. What is typed is cut at blanks; each part must stand in the text as it was typed, the last one may be the beginning
//! of a word. The index answers by single terms; whether signs and words also stand in their order says the text itself.

use std::ops::Range;

use crate::fold::{Folded, Kind, fold, is_plain, is_plain_sign};

/// Which folding and which cut the words of an index were made by. Another number makes every index anew: otherwise words of
/// a letter that is deleted would be looked for under other names, and stay.
pub const FOLDING: i64 = RULES * 10_000 + UNICODE_OF_CASE * 100 + UNICODE_OF_FORMS;

/// Raise it whenever [`indexed`] gives anything else for any text, also for a new version of `icu_properties`.
const RULES: i64 = 1;
const UNICODE_OF_CASE: i64 = char::UNICODE_VERSION.0 as i64;
const UNICODE_OF_FORMS: i64 = unicode_normalization::UNICODE_VERSION.0 as i64;

/// The terms of `text` for the index, with a blank between two.
pub fn indexed(text: &str) -> String {
    let folded = fold(text);
    let mut words = String::with_capacity(text.len());
    for term in terms(&folded) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.extend(term.characters());
    }
    words
}

/// What somebody searches for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchWords {
    /// What was typed between blanks, folded.
    parts: Vec<Vec<Folded>>,
    /// The last part may go on: nothing ended it.
    open: bool,
    /// The parts as texts, when all are runs of signs that fold to themselves: for looking through plain texts fast.
    runs: Option<Vec<String>>,
}

/// What the index is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// In the language of FTS5.
    pub expression: String,
    /// Every text with these terms is a hit. Otherwise the text must be looked at ([`SearchWords::stand_in`]).
    pub exact: bool,
}

impl SearchWords {
    /// The words of what was typed; of a pasted novel the first [`MAX_PARTS`].
    pub fn of(typed: &str) -> Self {
        let cut = |part: &str| {
            let mut folded = fold(part);
            folded.truncate(MAX_PART);
            folded
        };
        let parts: Vec<_> = typed.split_whitespace().map(cut).filter(|part| !part.is_empty()).take(MAX_PARTS).collect();
        let runs = parts.iter().map(|part| run(part)).collect();
        Self { parts, open: !typed.ends_with(char::is_whitespace), runs }
    }

    /// Whether nothing is there to search for: blanks and punctuation alone.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether everything stands in `text`. Nothing stands nowhere.
    pub fn stand_in(&self, text: &str) -> bool {
        if let Some(runs) = &self.runs
            && is_plain(text)
        {
            return !self.is_empty() && runs.iter().all(|run| text.contains(run));
        }
        let text = fold(text);
        let stands = |place| self.places(&text, place, Rule::Letter).next().is_some();
        !self.is_empty() && (0..self.parts.len()).all(stands)
    }

    /// Whether everything stands in a name. There it may also be the middle of a word, as names are short and few.
    pub fn stand_in_name(&self, name: &str) -> bool {
        let name = fold(name);
        let stands = |place| self.places(&name, place, Rule::Name).next().is_some();
        !self.is_empty() && (0..self.parts.len()).all(stands)
    }

    /// The bytes of `text` that were searched for, in their order, none twice.
    pub fn hits(&self, text: &str) -> Vec<Range<usize>> {
        self.hits_by(text, Rule::Letter)
    }

    /// [`Self::hits`] in a name.
    pub fn hits_in_name(&self, name: &str) -> Vec<Range<usize>> {
        self.hits_by(name, Rule::Name)
    }

    fn hits_by(&self, text: &str, rule: Rule) -> Vec<Range<usize>> {
        let text = fold(text);
        let mut all: Vec<Range<usize>> = Vec::new();
        for place in 0..self.parts.len() {
            all.extend(self.places(&text, place, rule));
        }
        all.sort_by_key(|hit| (hit.start, hit.end));
        let mut hits: Vec<Range<usize>> = Vec::new();
        for hit in all {
            match hits.last_mut() {
                Some(last) if hit.start <= last.end => last.end = last.end.max(hit.end),
                _ => hits.push(hit),
            }
        }
        hits
    }

    /// Where a part stands in a folded text.
    fn places<'a>(
        &'a self,
        text: &'a [Folded],
        place: usize,
        rule: Rule,
    ) -> impl Iterator<Item = Range<usize>> + use<'a> {
        let part: &[Folded] = self.parts.get(place).map_or(&[], Vec::as_slice);
        let open = rule == Rule::Name || self.is_open(place);
        text.windows(part.len().max(1)).enumerate().filter_map(move |(at, window)| {
            let (first, last) = (window.first()?, window.last()?);
            let ends = || text.get(at + window.len()).is_none_or(|next| next.begins);
            let begins = first.begins || rule == Rule::Name && first.kind == Kind::Word;
            let hit = begins && stands(part, window) && (open || ends());
            hit.then_some(first.from.start..last.from.end)
        })
    }

    /// Whether the word at the end of a part may go on in the text.
    fn is_open(&self, place: usize) -> bool {
        let part = self.parts.get(place);
        let word = part.and_then(|part| part.last()).is_some_and(|last| last.kind == Kind::Word);
        // What was cut off must not count as something else.
        word && (part.is_some_and(|part| part.len() >= MAX_PART) || self.open && place + 1 == self.parts.len())
    }

    /// What to ask the index for; `None` when there is nothing to search for.
    pub(crate) fn query(&self) -> Option<Query> {
        let mut asked: Vec<String> = Vec::new();
        let mut exact = true;
        for (place, part) in self.parts.iter().enumerate() {
            let mut terms = terms(part).peekable();
            let pieces = part.iter().filter(|folded| folded.begins).count();
            let mut after_pair = false;
            while let Some(term) = terms.next() {
                let text: String = term.characters().collect();
                let last = terms.peek().is_none();
                let (goes_on, whole) = match term.kind {
                    Term::Word { cut } => (self.is_open(place) && last && !cut, pieces == 1 && !cut),
                    Term::Picture => (false, pieces == 1),
                    // Any pair that it begins says it too.
                    Term::Sign => (true, pieces == 1 || after_pair && pieces == 2),
                    Term::Pair => (false, pieces == 2),
                };
                exact &= whole;
                // The pair before it says it.
                if !(term.kind == Term::Sign && after_pair) {
                    asked.push(format!("\"{text}\"{}", if goes_on { "*" } else { "" }));
                }
                after_pair = term.kind == Term::Pair;
            }
        }
        asked.sort();
        asked.dedup();
        if asked.len() > MAX_TERMS {
            exact = false;
            asked.truncate(MAX_TERMS);
        }
        (!asked.is_empty()).then(|| Query { expression: asked.join(" "), exact })
    }
}

/// A part as a text, when it is one run of signs that fold to themselves.
fn run(part: &[Folded]) -> Option<String> {
    let plain = |(place, folded): (usize, &Folded)| {
        (is_plain_sign(folded.is) && (place == 0 || !folded.apart)).then_some(folded.is)
    };
    part.iter().enumerate().map(plain).collect()
}

/// How strictly a part must stand where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Words from their beginning; whole, but for the last.
    Letter,
    /// Anywhere.
    Name,
}

/// Whether `part` is what stands in `window`, of the same length.
fn stands(part: &[Folded], window: &[Folded]) -> bool {
    !part.is_empty()
        && part.iter().zip(window).enumerate().all(|(place, (typed, there))| {
            let same = typed.is == there.is && typed.kind == there.kind;
            // Between two words anything may stand that is no word; what was typed in one stands in one.
            same && (place == 0 || typed.begins == there.begins && (typed.apart || !there.apart))
        })
}

/// What a term of the index is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Term {
    /// A word, or the beginning of one that is too long.
    Word { cut: bool },
    /// An emoji or another symbol.
    Picture,
    /// The last sign of a run.
    Sign,
    /// A sign and the one behind it.
    Pair,
}

/// Characters of a folded text that the index holds under one term.
struct Piece<'a> {
    kind: Term,
    folded: &'a [Folded],
}

impl Piece<'_> {
    fn characters(&self) -> impl Iterator<Item = char> {
        self.folded.iter().map(|folded| folded.is)
    }
}

/// The terms of a folded text. A pair stands for the sign that it begins, too: who looks for one sign looks for what begins
/// with it, and the index holds one term for each sign and not two.
fn terms(folded: &[Folded]) -> impl Iterator<Item = Piece<'_>> {
    let starts = folded.iter().enumerate().filter(|(_, folded)| folded.begins);
    starts.map(move |(at, first)| {
        let rest = folded.get(at..).unwrap_or(&[]);
        let whole = 1 + rest.iter().skip(1).take_while(|folded| !folded.begins).count();
        let (kind, length) = match first.kind {
            Kind::Word => (Term::Word { cut: whole >= LONGEST_WORD }, whole.min(LONGEST_WORD)),
            Kind::Picture => (Term::Picture, whole.min(LONGEST_WORD)),
            Kind::Sign => match rest {
                [_, next, ..] if next.kind == Kind::Sign && !next.apart => (Term::Pair, 2),
                _ => (Term::Sign, 1),
            },
        };
        Piece { kind, folded: rest.get(..length).unwrap_or(rest) }
    })
}

/// More words than anybody types.
const MAX_PARTS: usize = 16;

/// The longest part that is looked for, in characters.
const MAX_PART: usize = 64;

/// Of a longer word (a key, an address in base64) the index holds the beginning, in characters.
const LONGEST_WORD: usize = 32;

/// Terms that the index is asked for at once; for the rest the text is looked at.
const MAX_TERMS: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(typed: &str) -> String {
        let query = SearchWords::of(typed).query();
        query.map_or(String::new(), |query| format!("{}{}", query.expression, if query.exact { "" } else { " ?" }))
    }

    fn marked(text: &str, typed: &str) -> String {
        show(text, &SearchWords::of(typed).hits(text))
    }

    fn show(text: &str, hits: &[Range<usize>]) -> String {
        let mut out = String::new();
        let mut done = 0;
        for hit in hits {
            out.push_str(&format!("{}[{}]", &text[done..hit.start], &text[hit.clone()]));
            done = hit.end;
        }
        out + &text[done..]
    }

    #[test]
    fn signs_are_indexed_in_pairs_and_words_whole() {
        assert_eq!(indexed("Meet me, at Zürich!"), "meet me at zurich");
        assert_eq!(indexed("我喜歡，用 iPhone用"), "我喜 喜歡 歡 用 iphone 用");
        assert_eq!(indexed("🐽🎵 1️⃣ 👍🏽"), "🐽 🎵 \u{20e3}1 👍");
        assert_eq!(indexed(&"x".repeat(500)), "x".repeat(LONGEST_WORD));
        assert_eq!(indexed(" ?! "), "");
    }

    #[test]
    fn what_is_typed_is_never_a_query_language() {
        for (typed, expected) in [
            ("  ", ""),
            ("?! --", ""),
            ("six", "\"six\"*"),
            ("at six ", "\"at\" \"six\""),
            ("body:a OR b*", "\"a\" \"b\"* \"body\" \"or\" ?"),
            ("say \"hi\" NEAR(a", "\"a\"* \"hi\" \"near\" \"say\" ?"),
            ("a\0b", "\"a\" \"b\"* ?"),
            ("用", "\"用\"*"),
            ("喜歡", "\"喜歡\""),
            ("東京タワー", "\"タワ\" \"ワー\" \"京タ\" \"東京\" ?"),
            ("🎵", "\"🎵\""),
            ("用iph", "\"iph\"* \"用\"* ?"),
            ("#️⃣", "\"\u{20e3}#\""),
        ] {
            assert_eq!(asked(typed), expected, "{typed}");
        }
        assert_eq!(asked(&"w".repeat(500)), format!("\"{}\" ?", "w".repeat(LONGEST_WORD)));
        let novel: String = ('\u{4e00}'..).take(2_000).collect();
        assert_eq!(asked(&novel).matches('"').count(), 2 * MAX_TERMS);
    }

    #[test]
    fn a_text_holds_what_was_typed_in_its_order() {
        for (text, typed, holds) in [
            ("we met at six", "six met", true),
            ("we met at six", "me", true),
            ("we met at six", "me ", false),
            ("we met at six", "me six", false),
            ("reharbour", "harbour", false),
            ("明日は東京タワーで会いましょう", "東京タワー", true),
            ("明日は東京タワーで会いましょう", "タワー", true),
            ("タワ 京タ 東京 ワー", "東京タワー", false),
            ("don’t go", "don't", true),
            ("don’t go", "dont", false),
            ("a well known, place", "well-known", true),
            ("known well", "well-known", false),
            ("great 🎉 party", "🎉", true),
            ("👍🏿", "👍", true),
            ("👍", "👍🏿", true),
            ("👩‍👩‍👧 and 🇩🇪", "👧 🇩🇪", true),
            ("🇩🇪🇪🇸", "🇪🇪", false),
            ("Straße", "strasse", true),
            ("anything", "?!", false),
            ("ab", "a\u{301}b", true),
        ] {
            assert_eq!(SearchWords::of(typed).stand_in(text), holds, "{typed} in {text}");
        }
        let long = "k".repeat(80);
        assert!(SearchWords::of(&long).stand_in(&long) && !SearchWords::of(&long).stand_in(&long[..60]));
    }

    #[test]
    fn plain_texts_are_looked_through_as_all_others_are() {
        for text in ["我喜歡，用這個！", "東京タワーで", "東京 タワー", "東、京", "한국어 공부", "iPhone用 1️⃣"]
        {
            for typed in ["喜歡", "東京タワー", "京 東", "東、京", "國", "어 국", "タワ 京", "用1"] {
                let words = SearchWords::of(typed);
                let slow = SearchWords { runs: None, ..words.clone() };
                assert_eq!(words.stand_in(text), slow.stand_in(text), "{typed} in {text}");
            }
        }
    }

    #[test]
    fn names_are_found_by_any_part_of_theirs() {
        for (name, typed) in [
            ("László Kovács", "laszlo ovac"),
            ("Petr Šilhavý", "silh"),
            ("Łukasz Żak", "zak luk"),
            ("Nguyễn Văn Ánh", "nguyen"),
            ("Jo\u{308}rg", "jörg"),
            ("Jörg", "jo\u{308}rg"),
            ("小林さくら", "林さ"),
            ("İpek Işık", "ipek isik"),
            ("Ana 🐽", "🐽"),
        ] {
            assert!(SearchWords::of(typed).stand_in_name(name), "{typed} in {name}");
        }
        assert!(!SearchWords::of("ines ana").stand_in_name("Ines Duarte"));
        assert!(!SearchWords::of("  ").stand_in_name("Ines Duarte"));
        assert_eq!(show("Ines Duarte", &SearchWords::of("ART nes").hits_in_name("Ines Duarte")), "I[nes] Du[art]e");
    }

    #[test]
    fn hits_are_shown_where_they_stand() {
        for (text, typed, expected) in [
            ("is that the old HARBOUR?", "harbour old", "is that the [old] [HARBOUR]?"),
            ("Käse und Brot", "kas", "[Käs]e und Brot"),
            ("Große Straße", "stras", "Große [Straß]e"),
            ("İİİ ẞ harbour 👩‍👩‍👧 harbour", "HARBOUR", "İİİ ẞ [harbour] 👩‍👩‍👧 [harbour]"),
            ("明日は東京タワーで", "京タ", "明日は東[京タ]ワーで"),
            ("👍🏽👍 ok", "👍", "[👍🏽👍] ok"),
            ("Jo\u{308}rg", "jorg", "[Jo\u{308}rg]"),
            ("well - known", "well-known", "[well - known]"),
            ("no hit", "harbour", "no hit"),
            ("", "x", ""),
        ] {
            assert_eq!(marked(text, typed), expected, "{typed} in {text}");
        }
    }
}
