//! Foreign text in a field of known shape: an id, recovery words, a file of nodes. It is cleaned here, in one place, before its
//! shape is looked for.
//!
//! What people paste carries what others put into it: a web page its marks for breaking lines, a mail program the arrow of a
//! quotation, a note the number of each word. None of it can belong to the shape, so nothing is lost. A passphrase has no shape:
//! it is taken as it was typed.

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

/// The text without what cannot be seen: controls, byte order marks, spaces without width, soft hyphens, marks of direction.
/// White space of every kind stays.
pub fn cleaned(text: &str) -> Zeroizing<String> {
    let mut clean = Zeroizing::new(String::with_capacity(text.len()));
    clean.extend(text.chars().filter(|c| c.is_whitespace() || !is_hidden(*c)));
    clean
}

/// The words in a text, with a blank between two: without numbers of a list, bullets, quotation marks, commas and full stops
/// around them. A label before a colon goes where as many words are left as `is_whole` wants.
pub fn words(text: &str, is_whole: impl Fn(usize) -> bool) -> Zeroizing<String> {
    let text = cleaned(text);
    let all: Vec<&str> = text.lines().flat_map(bare_words).collect();
    let behind_labels: Vec<&str> = text.lines().flat_map(|line| bare_words(behind_label(line))).collect();
    Zeroizing::new(if is_whole(behind_labels.len()) { behind_labels } else { all }.join(" "))
}

/// What a line says behind its label, "Recovery password: amaze buffet"; all of it where it has none.
pub fn behind_label(line: &str) -> &str {
    line.rsplit_once([':', '：']).map_or(line, |(_, behind)| behind)
}

/// Runs of letters and digits, without the digits around them. A digit inside stays: it is a slip somebody can be told about.
fn bare_words(line: &str) -> impl Iterator<Item = &str> {
    let runs = line.split(|c: char| !(c.is_alphanumeric() || is_combining_mark(c)));
    runs.map(|run| run.trim_matches(char::is_numeric)).filter(|word| !word.is_empty())
}

/// Whether a character leaves nothing on a screen and takes no room there.
pub fn is_hidden(c: char) -> bool {
    !c.is_ascii_graphic() && (c.is_control() || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_goes_and_white_space_stays() {
        let hidden = "\u{feff}a\u{200b}m\u{2060}a\u{ad}z\u{202e}e\u{2069}\u{7}\u{200d} \u{a0}b\t\n";
        assert_eq!(cleaned(hidden).as_str(), "amaze \u{a0}b\t\n");
        assert_eq!(cleaned("{\"é\": \"名\"}").as_str(), "{\"é\": \"名\"}");
    }

    #[test]
    fn words_are_found_however_they_were_written_down() {
        let three = |count| count == 3;
        for text in [
            "amaze buffet cake",
            "1. amaze\n2. buffet\n3. cake",
            "1 amaze 2 buffet 3 cake",
            "1.amaze\r\n2)buffet\n(3) cake",
            "- amaze\n* buffet\n• cake.",
            "“amaze”, “buffet” „cake“",
            "> amaze buffet\n> cake",
            "My words: amaze, buffet, cake",
            "word 1: amaze\nword 2: buffet\nword 3: cake",
            "\u{feff}amaze\u{2068} bu\u{200b}ffet ca\u{ad}ke\u{2069}",
        ] {
            assert_eq!(words(text, three).as_str(), "amaze buffet cake", "{text:?}");
        }
        assert_eq!(words("Seed: amaze buffet", three).as_str(), "Seed amaze buffet", "a label that is missed says so");
        assert_eq!(words("am4ze bu\u{301}ffet", three).as_str(), "am4ze bu\u{301}ffet", "a slip stays one");
    }
}
