//! Where the words of a search stand in a text, and the part of it worth showing. What is a hit, core says.

use std::collections::BTreeMap;
use std::ops::Range;

use onionskin_core::{SearchWords, sort_key};

/// A piece of text, and whether it was searched for.
pub type Piece = (String, bool);

/// A text of a letter in one line from a little before the first hit, cut into marked and unmarked pieces; at most
/// `most` characters.
pub fn snippet(text: &str, words: &SearchWords, most: usize) -> Vec<Piece> {
    let line = one_line(text);
    let hits = words.hits(&line);
    pieces(&line, &hits, most)
}

/// The same of a name, where the middle of a word counts too.
pub fn in_name(name: &str, words: &SearchWords, most: usize) -> Vec<Piece> {
    let line = one_line(name);
    let hits = words.hits_in_name(&line);
    pieces(&line, &hits, most)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn pieces(line: &str, ranges: &[Range<usize>], most: usize) -> Vec<Piece> {
    // Hits are in their order, and so are the characters.
    let mut hits = ranges.iter().peekable();
    let marked = |at: usize| {
        while hits.next_if(|hit| hit.end <= at).is_some() {}
        hits.peek().is_some_and(|hit| hit.contains(&at))
    };
    let (places, text): (Vec<usize>, Vec<char>) = line.char_indices().unzip();
    let marks: Vec<bool> = places.into_iter().map(marked).collect();
    let start = start_of(&text, first_shown(line, ranges, &text, most));
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

/// Where what is shown begins, so that the hit at `first` stands in it: at a whole word a little before.
fn start_of(text: &[char], first: usize) -> usize {
    let start = first.saturating_sub(BEFORE);
    match text.get(start..first).and_then(|before| before.iter().position(|letter| *letter == ' ')) {
        Some(gap) if start > 0 => start + gap + 1,
        _ => start,
    }
}

/// The hit that is shown: the first, or that of the rarest word where not all words fit into `most` characters. Of
/// "line 39" it is the number that tells which letter was meant.
fn first_shown(line: &str, ranges: &[Range<usize>], text: &[char], most: usize) -> usize {
    let place = |range: &Range<usize>| line.get(..range.start).unwrap_or_default().chars().count();
    let word = |range: &Range<usize>| sort_key(line.get(range.clone()).unwrap_or_default());
    let mut words: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for range in ranges {
        words.entry(word(range)).or_insert_with(|| (0, place(range))).0 += 1;
    }
    let Some(first) = words.values().map(|(_, place)| *place).min() else { return 0 };
    let end = start_of(text, first) + most;
    if words.values().all(|(_, place)| *place < end) {
        return first;
    }
    words.values().min().map_or(first, |(_, place)| *place)
}

/// Characters shown before the hit.
const BEFORE: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(pieces: Vec<Piece>) -> String {
        let piece = |(text, marked): Piece| if marked { format!("[{text}]") } else { text };
        pieces.into_iter().map(piece).collect()
    }

    fn shown(text: &str, query: &str, most: usize) -> String {
        plain(snippet(text, &SearchWords::of(query), most))
    }

    #[test]
    fn hits_are_marked_in_any_case_and_with_any_accent() {
        assert_eq!(shown("is that the old HARBOUR?", "harbour old", 99), "is that the [old] [HARBOUR]?");
        assert_eq!(shown("Käse und\n Brot", "kase", 99), "[Käse] und Brot");
        assert_eq!(shown("Petr Šilhavý", "silh", 99), "Petr [Šilh]avý");
        assert_eq!(shown("明日は東京タワーで", "東京", 99), "明日は[東京]タワーで");
        assert_eq!(shown("great 🎉 party", "🎉", 99), "great [🎉] party");
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
    fn of_several_words_the_rarest_is_shown() {
        let text: String = (1..99).map(|number| format!("line {number} of a long letter, ")).collect();
        let snippet = shown(&text, "line 39", 80);
        assert!(snippet.contains("[line] [39] of a"), "{snippet}");
        assert_eq!(shown("line 1, line 39", "line 39", 80), "[line] 1, [line] [39]", "all of it fits");
    }

    #[test]
    fn strange_letters_do_not_move_the_marks() {
        assert_eq!(shown("İİİ ẞ harbour 👩‍👩‍👧 harbour", "HARBOUR", 99), "İİİ ẞ [harbour] 👩‍👩‍👧 [harbour]");
        assert_eq!(shown("", "x", 9), "");
    }

    #[test]
    fn a_name_is_marked_wherever_it_was_hit() {
        assert_eq!(plain(in_name("Łukasz Żak", &SearchWords::of("ukas zak"), 99)), "Ł[ukas]z [Żak]");
    }
}
