//! Finds an Account ID in what a person pasted: with spaces in it, inside a sentence, twice the same.

use onionskin_core::{AccountId, IdError};

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
    if text.trim().is_empty() {
        return Err(Problem::Empty);
    }
    // A person reads it out in groups; our own screen shows it so.
    let joined: String = text.split_whitespace().collect();
    let whole = match AccountId::parse(&joined) {
        Ok(account) => return Ok(account),
        Err(error) => error,
    };
    let words =
        text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| word.len() == AccountId::TEXT_LEN);
    let mut found: Vec<AccountId> = words.filter_map(|word| AccountId::parse(word).ok()).collect();
    found.sort();
    found.dedup();
    match (found.as_slice(), whole) {
        ([account], _) => Ok(*account),
        ([_, _, ..], _) => Err(Problem::Several),
        _ if text.contains("public_key=") => Err(Problem::Community),
        (_, IdError::Length { .. }) if is_prose(&text) => Err(Problem::None),
        (_, IdError::Length { found }) => Err(Problem::Length { found }),
        (_, IdError::Character { at }) => {
            Err(Problem::Character { letter: joined.chars().nth(at).unwrap_or('?'), place: at + 1 })
        }
        (_, IdError::OtherKind { prefix }) => Err(match prefix {
            0x03 => Problem::Group,
            0x15 | 0x25 => Problem::Blinded,
            0x00 => Problem::Community,
            _ => Problem::OtherKind,
        }),
        (_, IdError::NotAKey) => Err(Problem::NotAKey),
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
