//! Every emoji, in Unicode's order, with the words that find it.
//!
//! `assets/emoji/emoji.txt` holds a line for each, made from CLDR's annotations (`tests/tools/emoji.mjs`): the sign,
//! whether it takes a skin tone, its name and the words that find it in English and in German. It is read once, when
//! somebody first chooses.

use std::sync::OnceLock;

use onionskin_core::sort_key;

/// One of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Emoji {
    /// As it is sent, without a skin tone.
    pub sign: &'static str,
    /// Whether it takes a skin tone.
    pub takes_tone: bool,
    english: Words,
    german: Words,
}

/// What it is called, and what finds it.
#[derive(Debug, PartialEq, Eq)]
struct Words {
    name: &'static str,
    /// The name and all others, as they are compared.
    keys: Vec<String>,
}

/// The five tones of skin, from light to dark. Source: Unicode Technical Standard 51, section 2.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "a tone is its name")]
pub enum Tone {
    Light,
    MediumLight,
    Medium,
    MediumDark,
    Dark,
}

impl Tone {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Light, Self::MediumLight, Self::Medium, Self::MediumDark, Self::Dark];

    /// The sign that stands behind a hand.
    const fn sign(self) -> char {
        match self {
            Self::Light => '\u{1f3fb}',
            Self::MediumLight => '\u{1f3fc}',
            Self::Medium => '\u{1f3fd}',
            Self::MediumDark => '\u{1f3fe}',
            Self::Dark => '\u{1f3ff}',
        }
    }

    /// Its name among the texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "tone-light",
            Self::MediumLight => "tone-medium-light",
            Self::Medium => "tone-medium",
            Self::MediumDark => "tone-medium-dark",
            Self::Dark => "tone-dark",
        }
    }
}

impl Emoji {
    /// What it is called in a language; English where there is no other.
    pub fn name(&self, language: &str) -> &'static str {
        if language.starts_with("de") { self.german.name } else { self.english.name }
    }

    /// As it is sent with a skin tone, where it takes one.
    pub fn toned(&self, tone: Option<Tone>) -> String {
        let Some(tone) = tone.filter(|_| self.takes_tone) else { return self.sign.to_owned() };
        let mut toned = String::with_capacity(self.sign.len() + 8);
        for point in self.sign.chars() {
            match point {
                // The mark for colour gives its place to the tone.
                COLOURED if toned.ends_with(tone.sign()) => (),
                _ => toned.push(point),
            }
            if is_skin(point) {
                toned.push(tone.sign());
            }
        }
        toned
    }

    /// How well one word of a question fits; less is better.
    fn rank(&self, word: &str) -> Option<u8> {
        let fits = |words: &Words| {
            let named = words.keys.first().is_some_and(|name| name.starts_with(word));
            let said = || words.keys.iter().skip(1).any(|key| key == word);
            let begun = || words.keys.iter().any(|key| key.split(' ').any(|part| part.starts_with(word)));
            if named {
                Some(0)
            } else if said() {
                Some(1)
            } else {
                begun().then_some(2)
            }
        };
        fits(&self.english).into_iter().chain(fits(&self.german)).min()
    }
}

/// All emoji in nine groups: faces, people, nature, food, places, occasions, things, signs, flags.
pub fn groups() -> &'static [Vec<Emoji>] {
    static ALL: OnceLock<Vec<Vec<Emoji>>> = OnceLock::new();
    ALL.get_or_init(|| read(include_str!("../../assets/emoji/emoji.txt")))
}

/// The one that is this sign, whatever its tone.
pub fn of(sign: &str) -> Option<&'static Emoji> {
    let tones = Tone::ALL.map(Tone::sign);
    let bare =
        |text: &str| -> String { text.chars().filter(|point| *point != COLOURED && !tones.contains(point)).collect() };
    let wanted = bare(sign);
    groups().iter().flatten().find(|emoji| bare(emoji.sign) == wanted)
}

/// At most so many that all words of a question find, in English or German: those that are called so first.
pub fn find(question: &str, most: usize) -> Vec<&'static Emoji> {
    let question = sort_key(question);
    let words: Vec<&str> = question.split_whitespace().collect();
    if words.is_empty() {
        return Vec::new();
    }
    let rank = |emoji: &Emoji| words.iter().try_fold(0_u8, |worst, word| Some(worst.max(emoji.rank(word)?)));
    let mut found: Vec<_> = groups().iter().flatten().filter_map(|emoji| Some((rank(emoji)?, emoji))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, emoji)| emoji).take(most).collect()
}

/// The word behind a colon at the end of a text, when it asks for an emoji: two letters at least, and nothing but space
/// before the colon, so that a time of day or an address is none.
pub fn asked_for(text: &str) -> Option<&str> {
    let (before, word) = text.rsplit_once(':')?;
    let asks = word.chars().count() >= LEAST_ASKED
        && word.chars().all(|sign| sign.is_alphanumeric() || sign == '_' || sign == '-')
        && word.starts_with(char::is_alphabetic)
        && before.chars().next_back().is_none_or(char::is_whitespace);
    asks.then_some(word)
}

fn read(lines: &'static str) -> Vec<Vec<Emoji>> {
    let mut groups: Vec<Vec<Emoji>> = Vec::new();
    for line in lines.lines() {
        if line.starts_with("# ") {
            groups.push(Vec::new());
        } else if let (Some(group), Some(emoji)) = (groups.last_mut(), one(line)) {
            group.push(emoji);
        }
    }
    groups
}

fn one(line: &'static str) -> Option<Emoji> {
    let mut fields = line.split('\t');
    let (sign, tones) = (fields.next()?, fields.next()?);
    let (english, german) = (words(fields.next()?), words(fields.next()?));
    Some(Emoji { sign, takes_tone: tones == "+", english, german })
}

fn words(field: &'static str) -> Words {
    Words { name: field.split('|').next().unwrap_or_default(), keys: field.split('|').map(sort_key).collect() }
}

/// Whether a sign is a person or a part of one. Source: Unicode 15.1, `emoji-data.txt`, `Emoji_Modifier_Base`.
fn is_skin(point: char) -> bool {
    let at = SKIN.partition_point(|(first, _)| *first <= point);
    at.checked_sub(1).and_then(|at| SKIN.get(at)).is_some_and(|(_, last)| point <= *last)
}

/// Fewer letters find too much.
const LEAST_ASKED: usize = 2;

/// Makes a picture of the sign before it.
const COLOURED: char = '\u{fe0f}';

/// First and last of each run of them.
#[rustfmt::skip]
const SKIN: &[(char, char)] = &[
    ('\u{261d}', '\u{261d}'), ('\u{26f9}', '\u{26f9}'), ('\u{270a}', '\u{270d}'), ('\u{1f385}', '\u{1f385}'),
    ('\u{1f3c2}', '\u{1f3c4}'), ('\u{1f3c7}', '\u{1f3c7}'), ('\u{1f3ca}', '\u{1f3cc}'), ('\u{1f442}', '\u{1f443}'),
    ('\u{1f446}', '\u{1f450}'), ('\u{1f466}', '\u{1f478}'), ('\u{1f47c}', '\u{1f47c}'), ('\u{1f481}', '\u{1f483}'),
    ('\u{1f485}', '\u{1f487}'), ('\u{1f48f}', '\u{1f48f}'), ('\u{1f491}', '\u{1f491}'), ('\u{1f4aa}', '\u{1f4aa}'),
    ('\u{1f574}', '\u{1f575}'), ('\u{1f57a}', '\u{1f57a}'), ('\u{1f590}', '\u{1f590}'), ('\u{1f595}', '\u{1f596}'),
    ('\u{1f645}', '\u{1f647}'), ('\u{1f64b}', '\u{1f64f}'), ('\u{1f6a3}', '\u{1f6a3}'), ('\u{1f6b4}', '\u{1f6b6}'),
    ('\u{1f6c0}', '\u{1f6c0}'), ('\u{1f6cc}', '\u{1f6cc}'), ('\u{1f90c}', '\u{1f90c}'), ('\u{1f90f}', '\u{1f90f}'),
    ('\u{1f918}', '\u{1f91f}'), ('\u{1f926}', '\u{1f926}'), ('\u{1f930}', '\u{1f939}'), ('\u{1f93c}', '\u{1f93e}'),
    ('\u{1f977}', '\u{1f977}'), ('\u{1f9b5}', '\u{1f9b6}'), ('\u{1f9b8}', '\u{1f9b9}'), ('\u{1f9bb}', '\u{1f9bb}'),
    ('\u{1f9cd}', '\u{1f9cf}'), ('\u{1f9d1}', '\u{1f9dd}'), ('\u{1fac3}', '\u{1fac5}'), ('\u{1faf0}', '\u{1faf8}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(found: &[&Emoji]) -> Vec<&'static str> {
        found.iter().map(|emoji| emoji.sign).collect()
    }

    #[test]
    fn every_emoji_has_a_name_in_both_languages_and_stands_once() {
        let all: Vec<_> = groups().iter().flatten().collect();
        assert_eq!((groups().len(), all.len()), (9, 1_898));
        assert!(all.iter().all(|emoji| !emoji.english.name.is_empty() && !emoji.german.name.is_empty()));
        let once: std::collections::HashSet<_> = all.iter().map(|emoji| emoji.sign).collect();
        assert_eq!(once.len(), all.len());
    }

    #[test]
    fn words_of_both_languages_find_one_whatever_their_case_and_marks() {
        assert_eq!(find("red heart", 3).first().map(|emoji| emoji.sign), Some("❤️"));
        assert_eq!(find("ROTES herz", 3).first().map(|emoji| emoji.sign), Some("❤️"));
        assert!(signs(&find("umarm", 9)).contains(&"🤗"), "{:?}", signs(&find("umarm", 9)));
        assert_eq!(signs(&find("flagge portugal", 9)), ["🇵🇹"]);
        assert_eq!(find("affe", 1).len(), 1);
        assert!(find("  ", 9).is_empty() && find("xyzzy", 9).is_empty());
    }

    #[test]
    fn a_word_behind_a_colon_asks_for_one_and_a_time_or_an_address_does_not() {
        assert_eq!(asked_for("so :thu"), Some("thu"));
        assert_eq!(asked_for(":Größe"), Some("Größe"));
        for none in ["10:30", "https://x", ":D", "so: thu", "a:bc", ":12", "thu", ":thu ", ":"] {
            assert_eq!(asked_for(none), None, "{none}");
        }
    }

    #[test]
    fn a_tone_stands_behind_every_hand_and_in_the_place_of_the_mark_for_colour() {
        let toned = |sign: &str| of(sign).unwrap().toned(Some(Tone::Medium));
        assert_eq!(toned("👋"), "👋🏽");
        assert_eq!(toned("✌️"), "✌🏽");
        assert_eq!(toned("👩‍🚀"), "👩🏽‍🚀");
        assert_eq!(toned("🧑‍🤝‍🧑"), "🧑‍🤝‍🧑", "two people and a handshake follow another rule, and take none here");
        assert_eq!(toned("❤️"), "❤️", "a heart has no skin");
        assert_eq!(of("👋🏿").map(|emoji| emoji.sign), Some("👋"));
        assert_eq!(of("❤").map(|emoji| emoji.sign), Some("❤️"), "also without the mark for colour");
        assert_eq!(of("a"), None);
    }
}
