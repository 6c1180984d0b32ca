//! Where the words of a search stand in a text, and the part of it worth showing.

/// A piece of text, and whether it was searched for.
pub type Piece = (String, bool);

/// The words that were searched for, ready to be found in any letter case.
pub fn words(query: &str) -> Vec<String> {
    query.split_whitespace().map(|word| word.chars().map(fold).collect()).collect()
}

/// Whether every word stands somewhere in `text`.
pub fn holds_all(text: &str, words: &[String]) -> bool {
    let text: String = text.chars().map(fold).collect();
    !words.is_empty() && words.iter().all(|word| text.contains(word.as_str()))
}

/// `text` in one line from a little before the first hit, cut into marked and unmarked pieces; at most `most` characters.
pub fn snippet(text: &str, words: &[String], most: usize) -> Vec<Piece> {
    let text: Vec<char> = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    let marks = marks(&text, words);
    let first = marks.iter().position(|marked| *marked).unwrap_or(0);
    // Whole words before the hit, when there is more than fits.
    let start = first.saturating_sub(BEFORE);
    let start = match text.get(start..first).and_then(|before| before.iter().position(|letter| *letter == ' ')) {
        Some(gap) if start > 0 => start + gap + 1,
        _ => start,
    };
    let mut pieces: Vec<Piece> = Vec::new();
    let shown = text.iter().zip(&marks).skip(start).take(most);
    for (letter, marked) in shown {
        match pieces.last_mut() {
            Some((piece, same)) if same == marked => piece.push(*letter),
            _ => pieces.push((letter.to_string(), *marked)),
        }
    }
    if start > 0 {
        pieces.insert(0, ("… ".to_owned(), false));
    }
    if text.len() > start + most {
        pieces.push(("…".to_owned(), false));
    }
    pieces
}

/// For each character whether it belongs to a hit. Words count from their beginning, as the index finds them.
fn marks(text: &[char], words: &[String]) -> Vec<bool> {
    let folded: Vec<char> = text.iter().copied().map(fold).collect();
    let mut marks = vec![false; text.len()];
    for word in words {
        let word: Vec<char> = word.chars().collect();
        if word.is_empty() {
            continue;
        }
        for (at, window) in folded.windows(word.len()).enumerate() {
            let begins = at.checked_sub(1).and_then(|before| folded.get(before)).is_none_or(|c| !c.is_alphanumeric());
            if begins && window == word.as_slice() {
                marks.iter_mut().skip(at).take(word.len()).for_each(|mark| *mark = true);
            }
        }
    }
    marks
}

/// Lower case and without the accents of Latin letters, one character for one, so that places stay the same.
fn fold(letter: char) -> char {
    let lower = letter.to_lowercase().next().unwrap_or(letter);
    match lower {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

/// Characters shown before the first hit.
const BEFORE: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, query: &str, most: usize) -> String {
        let piece = |(text, marked): Piece| if marked { format!("[{text}]") } else { text };
        snippet(text, &words(query), most).into_iter().map(piece).collect()
    }

    #[test]
    fn hits_are_marked_in_any_case_and_with_any_accent() {
        assert_eq!(shown("is that the old HARBOUR?", "harbour old", 99), "is that the [old] [HARBOUR]?");
        assert_eq!(shown("Käse und Brot", "kase", 99), "[Käse] und Brot");
        assert_eq!(shown("reharbour", "harbour", 99), "reharbour");
        assert_eq!(shown("no hit", "harbour", 99), "no hit");
        assert_eq!(shown("<b>harbour</b>", "harbour", 99), "<b>[harbour]</b>");
    }

    #[test]
    fn a_long_text_begins_a_little_before_its_hit_at_a_whole_word() {
        let text = format!("{} lighthouse {}", "water ".repeat(100), "keeper ".repeat(100));
        let snippet = shown(&text, "lighthouse", 80);
        assert!(snippet.starts_with("… water water"), "{snippet}");
        assert!(snippet.contains("[lighthouse] keeper") && snippet.ends_with('…'), "{snippet}");
    }

    #[test]
    fn strange_letters_do_not_move_the_marks() {
        assert_eq!(shown("İİİ ẞ harbour 👩‍👩‍👧 harbour", "HARBOUR", 99), "İİİ ẞ [harbour] 👩‍👩‍👧 [harbour]");
        assert_eq!(shown("", "x", 9), "");
    }

    #[test]
    fn a_name_holds_all_words_or_is_no_hit() {
        assert!(holds_all("Ines Duarte", &words("DUA ines")));
        assert!(!holds_all("Ines Duarte", &words("ines ana")));
        assert!(!holds_all("Ines Duarte", &words("  ")));
    }
}
