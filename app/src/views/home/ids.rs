//! Finds an Account ID in what a person pasted: in groups, inside a sentence, quoted, twice the same.

use onionskin_core::{AccountId, IdError, behind_label, cleaned};

/// Why there is no Account ID to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing was typed.
    Empty,
    /// A text in which no Account ID stands.
    None,
    /// Two or more different ones.
    Several,
    /// Not 66 characters.
    Length {
        /// How many there are.
        found: usize,
    },
    /// A character that does not belong there.
    Character {
        /// Which.
        letter: char,
        /// Its place, from 1.
        place: usize,
    },
    /// The id of a group.
    Group,
    /// The id of somebody in a community, which hides the Account ID.
    Blinded,
    /// The key or the address of a community.
    Community,
    /// An id of no kind that we know.
    OtherKind,
    /// 66 right characters that are no key of anybody.
    NotAKey,
}

/// The Account ID in `text`.
///
/// # Errors
/// [`Problem`], for a sentence.
pub fn find(text: &str) -> Result<AccountId, Problem> {
    let text: String = text.chars().take(MOST_LETTERS).collect();
    let text = cleaned(&text);
    if text.trim().is_empty() {
        return Err(Problem::Empty);
    }
    let mut found = ids_in(&text);
    found.sort();
    found.dedup();
    match found.as_slice() {
        [account] => Ok(*account),
        [_, _, ..] => Err(Problem::Several),
        [] => Err(problem(&text)),
    }
}

/// All that stand in a text: in one piece, or in groups, as a person reads them out and our own screen shows them, with
/// anything around or between them that is neither letter nor digit.
fn ids_in(text: &str) -> Vec<AccountId> {
    let runs: Vec<&str> = text.split(|letter: char| !letter.is_alphanumeric()).filter(|run| !run.is_empty()).collect();
    (0..runs.len()).filter_map(|from| id_of(runs.get(from..)?)).collect()
}

/// The one that begins with the first of these runs and ends with one of them.
fn id_of(runs: &[&str]) -> Option<AccountId> {
    let mut joined = String::new();
    for run in runs {
        if !run.bytes().all(|letter| letter.is_ascii_hexdigit()) || joined.len() >= AccountId::TEXT_LEN {
            break;
        }
        joined.push_str(run);
    }
    AccountId::parse(&joined).ok()
}

/// Why there is none.
fn problem(text: &str) -> Problem {
    let letters = |line: &str| line.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
    let bare: String = text.lines().map(|line| letters(behind_label(line.trim_start_matches(['>', ' '])))).collect();
    let joined = bare.trim_end_matches(['.', ',', ';']);
    let Err(whole) = AccountId::parse(joined) else { return Problem::None };
    match whole {
        _ if text.contains("public_key=") => Problem::Community,
        IdError::Length { .. } if is_prose(text) => Problem::None,
        IdError::Length { found } => Problem::Length { found },
        IdError::Character { at } => {
            Problem::Character { letter: joined.chars().nth(at).unwrap_or('?'), place: at + 1 }
        }
        IdError::OtherKind { prefix: 0x03 } => Problem::Group,
        IdError::OtherKind { prefix: 0x15 | 0x25 } => Problem::Blinded,
        IdError::OtherKind { prefix: 0x00 } => Problem::Community,
        IdError::OtherKind { .. } => Problem::OtherKind,
        IdError::NotAKey => Problem::NotAKey,
    }
}

/// Words, and not an id with a slip in it.
fn is_prose(text: &str) -> bool {
    let hex = text.chars().filter(char::is_ascii_hexdigit).count();
    let all = text.chars().filter(|letter| !letter.is_whitespace()).count();
    text.split_whitespace().count() > 1 && hex * 4 < all * 3
}

/// Nobody pastes more by intent.
const MOST_LETTERS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "05d871fc80ca007eed9b2f4df72853e2a2d5465a92fcb1889fb5c84aa2833b3b40";
    const OTHER: &str = "0588672ccb97f40bb57238989226cf429b575ba355443f47bc76c5ab144a96c65b";

    #[test]
    fn an_id_is_found_however_it_was_pasted() {
        let grouped: Vec<String> = ID.as_bytes().chunks(6).map(|six| String::from_utf8_lossy(six).into()).collect();
        for text in [
            ID.to_owned(),
            format!("\n\t {} ", ID.to_uppercase()),
            grouped.join(" "),
            format!("Write to me on Onionskin: {ID}. See you"),
            format!("{ID}\n{ID}"),
            format!("<{ID}>"),
            format!("session://{ID}"),
            format!("\u{feff}\u{2068}{ID}\u{2069}"),
            ID.replace('7', "\u{200b}7\u{2060}").replace('8', "8\u{ad}"),
            format!("Account ID: {}", grouped.join(" ")),
            format!("{}.", grouped.join("\u{a0}")),
            format!("Add me: {} , will you", grouped.join("\n")),
            format!("> {}\n> {}", grouped[..5].join(" "), grouped[5..].join(" ")),
        ] {
            assert_eq!(find(&text).map(|account| account.to_string()), Ok(ID.to_owned()), "{text}");
        }
    }

    #[test]
    fn each_way_of_being_wrong_has_its_own_name() {
        let prefixed = |prefix: &str| format!("{prefix}{}", &ID[2..]);
        for (text, problem) in [
            (" \n".to_owned(), Problem::Empty),
            ("hello, are you there?".to_owned(), Problem::None),
            (format!("{ID} or {OTHER}"), Problem::Several),
            (ID[..65].to_owned(), Problem::Length { found: 65 }),
            (format!("Account ID: {}.", &ID[..65]), Problem::Length { found: 65 }),
            (format!("> {}\n> {}", &ID[..30], &ID[30..60]), Problem::Length { found: 60 }),
            (format!("{ID}{ID}"), Problem::Length { found: 132 }),
            ("bob".to_owned(), Problem::Length { found: 3 }),
            (ID.replace("fc80", "fx80"), Problem::Character { letter: 'x', place: 8 }),
            (prefixed("03"), Problem::Group),
            (prefixed("15"), Problem::Blinded),
            (prefixed("25"), Problem::Blinded),
            (prefixed("00"), Problem::Community),
            (prefixed("99"), Problem::OtherKind),
            (format!("05{}", "0".repeat(64)), Problem::NotAKey),
            (format!("https://open.example/room?public_key={}", &ID[2..]), Problem::Community),
        ] {
            assert_eq!(find(&text), Err(problem), "{text}");
        }
    }

    #[test]
    fn a_pasted_book_is_no_trouble() {
        assert_eq!(find(&"no id here ".repeat(100_000)), Err(Problem::None));
        assert_eq!(find(&"é".repeat(66)), Err(Problem::Character { letter: 'é', place: 1 }));
    }
}
