//! One folding for letters, names and marks: what counts as the same when people look for it.
//!
//! A text becomes a row of [`Folded`] characters. Each remembers from where in the text it came, so that a hit can be shown.
//! - **Same letter.** Compatibility forms are taken apart (NFKD: full and half width, ligatures, ſ), marks are dropped, case
//!   is folded fully (ß is ss, ς is σ; I, i, ı and İ are one letter always), and letters with a stroke or of two letters, which
//!   Unicode does not take apart, are what people type for them ([`plain`]).
//! - **Marks** go where a word is often written without them: accents, Arabic and Hebrew points. They stay where they are
//!   letters of the word: vowels and tones of Indian and South East Asian scripts, Kana's voicing (composed again, NFC).
//! - **Signs.** Scripts without blanks between words (Han, Kana, Thai, Lao, Khmer, Myanmar and their kin) are cut into
//!   characters; so is Hangul, whose words grow endings. Tibetan is cut at its own dots, by the same rule as blanks.
//! - **Pictures.** Emoji and other symbols are words of their own, without the colour of skin and without the choice between
//!   picture and text; of a joined picture (a family, a profession) each part is one; a flag and a keycap are whole.
//! - What is invisible (joiners, direction marks, soft hyphens) is nothing; everything else stands between words.

use std::ops::Range;

use icu_properties::props::{DefaultIgnorableCodePoint, ExtendedPictographic, GeneralCategory, Script};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// What a folded character is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word between blanks.
    Word,
    /// A character of a script without blanks; each is a piece of its own.
    Sign,
    /// An emoji or another symbol.
    Picture,
}

/// One character of a folded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// The character.
    pub is: char,
    /// What it is part of.
    pub kind: Kind,
    /// It begins a piece: a word, a sign, a picture.
    pub begins: bool,
    /// Something that is neither stands between it and the one before (a blank, a comma), or nothing is before it.
    pub apart: bool,
    /// The bytes of the text that it came from; several characters may share them (ß).
    pub from: Range<usize>,
}

/// `text` folded.
pub fn fold(text: &str) -> Vec<Folded> {
    let mut folding = Folding { out: Vec::with_capacity(text.len()), apart: true };
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        if is_plain_sign(first) && rest.chars().nth(1).is_none_or(|next| next.is_ascii() || is_plain_sign(next)) {
            folding.push(first, Kind::Sign, &(at..at + first.len_utf8()));
            rest = rest.get(first.len_utf8()..).unwrap_or("");
            continue;
        }
        let taken = match picture(rest) {
            Some((picture, bytes)) => {
                folding.picture(&picture, at..at + bytes);
                bytes
            }
            None => {
                let bytes = first.len_utf8() + marks_after(first, rest);
                folding.letter(first, rest.get(..bytes).unwrap_or(rest), at..at + bytes);
                bytes
            }
        };
        rest = rest.get(taken..).unwrap_or("");
    }
    folding.out
}

/// The folded characters of a name in a row, for sorting: by letters first, whatever their case and marks.
pub fn sort_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for folded in fold(name) {
        if folded.apart && !key.is_empty() {
            key.push(' ');
        }
        key.push(folded.is);
    }
    key
}

struct Folding {
    out: Vec<Folded>,
    /// Nothing, or something that is no part of a piece, came last.
    apart: bool,
}

impl Folding {
    /// A character with the marks behind it.
    fn letter(&mut self, first: char, cluster: &str, from: Range<usize>) {
        if first.is_ascii() && cluster.len() == 1 {
            if first.is_ascii_alphanumeric() {
                self.push(first.to_ascii_lowercase(), Kind::Word, &from);
            } else {
                self.apart = true;
            }
            return;
        }
        for part in cluster.nfkd().filter(|part| !is_dropped(*part)).nfc() {
            match kind(part) {
                Some(Kind::Word) => {
                    let folded = part.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
                    for part in folded {
                        match plain(part) {
                            Some(letters) => letters.chars().for_each(|letter| self.push(letter, Kind::Word, &from)),
                            None => self.push(part, Kind::Word, &from),
                        }
                    }
                }
                Some(kind) => self.push(part, kind, &from),
                None => self.apart = true,
            }
        }
    }

    fn picture(&mut self, picture: &[char], from: Range<usize>) {
        for (place, part) in picture.iter().enumerate() {
            self.push(*part, Kind::Picture, &from);
            if place > 0
                && let Some(last) = self.out.last_mut()
            {
                last.begins = false;
            }
        }
    }

    fn push(&mut self, is: char, kind: Kind, from: &Range<usize>) {
        let goes_on = kind == Kind::Word && !self.apart && self.out.last().is_some_and(|last| last.kind == Kind::Word);
        self.out.push(Folded { is, kind, begins: !goes_on, apart: self.apart, from: from.clone() });
        self.apart = false;
    }
}

/// How many bytes of `rest` behind its first character belong to that one: marks, what is invisible, parts of a syllable.
fn marks_after(first: char, rest: &str) -> usize {
    let mut behind = rest.char_indices().skip(1).peekable();
    // A letter of plain English with another one behind it: nearly every letter.
    if behind.peek().is_none_or(|(_, next)| next.is_ascii()) {
        return 0;
    }
    let syllable = is_hangul(first);
    let end = behind.find(|(_, next)| !(belongs_before(*next) || syllable && is_hangul_part(*next)));
    end.map_or(rest.len(), |(at, _)| at) - first.len_utf8()
}

/// A picture at the beginning of `text`, without what does not count in it, and how many bytes it takes.
fn picture(text: &str) -> Option<(Vec<char>, usize)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    let mut rest = chars.as_str();
    let next = |rest: &str| rest.chars().next();
    let taken = |rest: &str| text.len() - rest.len();
    if first.is_ascii() {
        if !(first.is_ascii_digit() || first == '#' || first == '*') {
            return None;
        }
        let rest = rest.strip_prefix(AS_PICTURE).unwrap_or(rest);
        // The digit comes second, or whoever types it would find the picture.
        return rest.strip_prefix(KEYCAP).map(|rest| (vec![KEYCAP, first], taken(rest)));
    }
    if REGIONAL.contains(&first) {
        return Some(match next(rest).filter(|second| REGIONAL.contains(second)) {
            Some(second) => (vec![first, second], first.len_utf8() + second.len_utf8()),
            None => (vec![first], first.len_utf8()),
        });
    }
    if !is_picture(first) && !SKIN.contains(&first) {
        return None;
    }
    let mut picture = vec![first];
    while let Some(part) = next(rest) {
        match part {
            AS_TEXT | AS_PICTURE => {}
            part if SKIN.contains(&part) => {}
            part if TAGS.contains(&part) => picture.push(part),
            // What is joined is a picture of its own; the joiner itself is nothing.
            JOINER if next(rest.get(JOINER.len_utf8()..).unwrap_or("")).is_some_and(is_picture) => {}
            _ => break,
        }
        rest = rest.get(part.len_utf8()..).unwrap_or("");
        if part == JOINER {
            break;
        }
    }
    Some((picture, taken(rest)))
}

fn is_picture(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

/// What a character is part of; `None` for what stands between.
fn kind(c: char) -> Option<Kind> {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric().then_some(Kind::Word);
    }
    // The apostrophe that counts as a letter stands in words where the common one does.
    if matches!(c, '\u{2bb}' | '\u{2bc}') {
        return None;
    }
    use GeneralCategory as Is;
    match CodePointMapData::<GeneralCategory>::new().get(c) {
        Is::UppercaseLetter
        | Is::LowercaseLetter
        | Is::TitlecaseLetter
        | Is::ModifierLetter
        | Is::OtherLetter
        | Is::NonspacingMark
        | Is::SpacingMark
        | Is::EnclosingMark
        | Is::DecimalNumber
        | Is::LetterNumber
        | Is::OtherNumber => Some(if is_sign(c) { Kind::Sign } else { Kind::Word }),
        Is::OtherSymbol | Is::MathSymbol | Is::CurrencySymbol | Is::PrivateUse => Some(Kind::Picture),
        _ => None,
    }
}

/// Whether words of its script have no blanks between them.
fn is_sign(c: char) -> bool {
    // Kana's long vowel and marks of repetition belong to no script.
    const OF_KANA_AND_HAN: [char; 11] = ['ー', '〆', '〼', '々', '〇', '〱', '〲', '〳', '〴', '〵', '\u{3099}'];
    let script = CodePointMapData::<Script>::new().get(c);
    OF_KANA_AND_HAN.contains(&c)
        || c == '\u{309a}'
        || [
            Script::Han,
            Script::Hiragana,
            Script::Katakana,
            Script::Bopomofo,
            Script::Hangul,
            Script::Thai,
            Script::Lao,
            Script::Khmer,
            Script::Myanmar,
            Script::Yi,
            Script::Tangut,
            Script::Nushu,
            Script::TaiLe,
            Script::NewTaiLue,
            Script::TaiTham,
            Script::TaiViet,
            Script::Javanese,
            Script::Balinese,
        ]
        .contains(&script)
}

/// Whether every character of `text` is a sign that folds to itself, or plain English, or common punctuation between signs: then a
/// run of signs stands in it when its characters do.
pub fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii() || is_plain_sign(c) || "、。「」・！？，：\u{3000}".contains(c))
}

/// Nearly all signs: what folds to itself, and is no mark of the one before it. Only a faster way to the same.
pub fn is_plain_sign(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | 'ー' | '\u{ac00}'..='\u{d7a3}')
}

/// Whether a character of a text that was taken apart counts for nothing.
fn is_dropped(c: char) -> bool {
    match c {
        c if c.is_ascii() => false,
        // A line that only makes Arabic words longer.
        'ـ' => true,
        '\u{3099}' | '\u{309a}' => false,
        c if CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) => true,
        c => is_combining_mark(c) && MARKS_DROPPED.contains(&CodePointMapData::<Script>::new().get(c)),
    }
}

/// Whether a character belongs to the one before it.
fn belongs_before(c: char) -> bool {
    // Half-width Kana carry their voicing behind them as if it were a letter.
    const HALF_WIDTH_VOICING: [char; 2] = ['\u{ff9e}', '\u{ff9f}'];
    !c.is_ascii()
        && (is_combining_mark(c)
            || HALF_WIDTH_VOICING.contains(&c)
            || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c))
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{ac00}'..='\u{d7a3}')
}

/// Vowels and final letters, which follow in a syllable that is written letter by letter.
fn is_hangul_part(c: char) -> bool {
    matches!(c, '\u{1160}'..='\u{11ff}')
}

/// What people type for a letter that Unicode does not take apart.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        _ => return None,
    })
}

/// Scripts whose marks are often left out. `Inherited` holds the accents of all alphabets and the Arabic vowels.
const MARKS_DROPPED: [Script; 8] = [
    Script::Inherited,
    Script::Latin,
    Script::Greek,
    Script::Cyrillic,
    Script::Hebrew,
    Script::Arabic,
    Script::Syriac,
    Script::Coptic,
];

const JOINER: char = '\u{200d}';
const AS_TEXT: char = '\u{fe0e}';
const AS_PICTURE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const REGIONAL: std::ops::RangeInclusive<char> = '\u{1f1e6}'..='\u{1f1ff}';
const SKIN: std::ops::RangeInclusive<char> = '\u{1f3fb}'..='\u{1f3ff}';
/// Name a flag of a part of a country behind a black flag.
const TAGS: std::ops::RangeInclusive<char> = '\u{e0020}'..='\u{e007f}';

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces with `|` between two, and blanks where something stood between.
    fn folded(text: &str) -> String {
        let mut out = String::new();
        for folded in fold(text) {
            match (folded.begins, folded.apart) {
                _ if out.is_empty() => {}
                (true, true) => out.push(' '),
                (true, false) => out.push('|'),
                _ => {}
            }
            out.push(folded.is);
        }
        out
    }

    #[test]
    fn case_and_accents_do_not_matter() {
        for (text, same) in [
            ("László Kovács, Éric, Jörg Müller", "laszlo kovacs eric jorg muller"),
            ("Petr Šilhavý; Anežka Černý", "petr silhavy anezka cerny"),
            ("Łukasz Żak ŁÓDŹ", "lukasz zak lodz"),
            ("Nguyễn Văn Ánh, Đặng, Ştefan, Őri", "nguyen van anh dang stefan ori"),
            ("Jo\u{308}rg JO\u{308}RG Jörg", "jorg jorg jorg"),
            ("Straße STRASSE STRAẞE ſtraſſe", "strasse strasse strasse strasse"),
            ("ΟΔΟΣ οδός ὁδὸς Ὀδυσσεύς", "οδοσ οδοσ οδοσ οδυσσευσ"),
            ("DİYARBAKIR Diyarbakır diyarbakir ISPARTA ısparta", "diyarbakir diyarbakir diyarbakir isparta isparta"),
            ("ﬁne oﬃce ǆ ŉ", "fine office dz n"),
            ("Ｆｕｌｌ ｗｉｄｔｈ １２", "full width 12"),
            ("Ærø Þór œuvre Ħal Ŋ", "aero thor oeuvre hal ŋ"),
            ("Ёлка ЙОД їжак", "елка иод іжак"),
            ("don't, well-known; 3.14", "don t well known 3 14"),
            ("ǅ Ⅷ m² ㎏ №5", "dz viii m2 kg no5"),
            ("so\u{ad}ft a\u{200b}b \u{202e}c\u{2066}d", "soft ab cd"),
        ] {
            assert_eq!(folded(text), same, "{text}");
        }
    }

    #[test]
    fn points_go_and_vowels_that_are_letters_stay() {
        for (text, same) in [
            ("שָׁלוֹם שלום", "שלום שלום"),
            ("مُحَمَّد محمد مـحـمـد", "محمد محمد محمد"),
            ("أحمد إسلام آدم", "احمد اسلام ادم"),
            ("ﻣﺤﻤﺪ می\u{200c}خواهم", "محمد میخواهم"),
            ("कि की क", "कि की क"),
            ("क\u{93c} \u{958}", "क\u{93c} क\u{93c}"),
            ("தமிழ் বাংলা", "தமிழ் বাংলা"),
            ("བཀྲ་ཤིས་བདེ་ལེགས", "བཀྲ ཤིས བདེ ལེགས"),
        ] {
            assert_eq!(folded(text), same, "{text}");
        }
    }

    #[test]
    fn scripts_without_blanks_are_cut_into_signs() {
        for (text, same) in [
            ("我喜歡，用", "我|喜|歡 用"),
            ("東京タワーで", "東|京|タ|ワ|ー|で"),
            ("ﾄｳｷｮｳ ｶﾞｷﾞ か\u{3099}", "ト|ウ|キ|ョ|ウ ガ|ギ が"),
            ("か゚ は", "か|゚ は"),
            ("한국어 \u{1112}\u{1161}\u{11ab}국", "한|국|어 한|국"),
            ("กินข้าว", "ก|ิ|น|ข|้|า|ว"),
            ("ພາສາລາວ", "ພ|າ|ສ|າ|ລ|າ|ວ"),
            ("ខ្មែរ", "ខ|្|ម|ែ|រ"),
            ("မြန်မာ", "မ|ြ|န|်|မ|ာ"),
            ("iPhone用2024年", "iphone|用|2024|年"),
            ("神\u{fe00}々", "神|々"),
        ] {
            assert_eq!(folded(text), same, "{text}");
        }
    }

    #[test]
    fn each_picture_is_a_word_without_the_colour_of_skin() {
        for (text, same) in [
            ("great 🎉 party", "great 🎉 party"),
            ("🐽🎵song", "🐽|🎵|song"),
            ("👍🏽 👍 ❤️ ❤", "👍 👍 ❤ ❤"),
            ("👩🏽‍💻 👨‍👩‍👧", "👩|💻 👨|👩|👧"),
            ("🇩🇪🇪🇸", "🇩🇪|🇪🇸"),
            ("1️⃣ #⃣ 12", "\u{20e3}1 \u{20e3}# 12"),
            ("🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴"),
            ("🈁㊙ 5€ a→b ♪", "🈁|㊙ 5|€ a|→|b ♪"),
            ("🏽", "🏽"),
            ("👩‍", "👩"),
        ] {
            assert_eq!(folded(text), same, "{text}");
        }
    }

    #[test]
    fn the_fast_way_leads_where_the_slow_one_does() {
        for c in ('\u{3041}'..='\u{9fff}').chain('\u{ac00}'..='\u{d7a3}').filter(|c| is_plain_sign(*c)) {
            // A mark that counts for nothing sends it the slow way.
            assert!(is_plain(&c.to_string()));
            let (fast, slow) = (fold(&c.to_string()), fold(&format!("{c}\u{fe00}")));
            assert_eq!((fast.len(), fast[0].is, fast[0].kind), (slow.len(), slow[0].is, slow[0].kind), "{c}");
        }
    }

    #[test]
    fn every_character_knows_where_it_came_from() {
        let text = "aß, 👍🏽é한";
        for folded in fold(text) {
            let from = text.get(folded.from.clone()).unwrap();
            assert!(!from.is_empty(), "{folded:?}");
        }
        assert_eq!(&text[fold(text)[2].from.clone()], "ß");
        assert!(fold("").is_empty() && fold("?! \u{301}\u{0}").is_empty());
    }

    #[test]
    fn names_sort_by_their_letters() {
        let mut names = ["Zoë", "Éric", "eric B", "Ärzte", "Łukasz", "Luk", "amber"];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(names, ["amber", "Ärzte", "Éric", "eric B", "Luk", "Łukasz", "Zoë"]);
    }
}
