//! What is wrong with a recovery password, in words a person can act on.

use onionskin_core::mnemonic::{BIP39_WORDS, LONG_RECOVERY_WORDS, RECOVERY_WORDS, suggest, words_of};
use onionskin_core::{Error, ErrorKind, Hint};
use zeroize::Zeroizing;

use crate::qr::QrError;
use crate::state::sentence;
use crate::t;

/// Why `phrase` was refused. The word that is not in the list is shown as it was typed; it is nobody's secret.
pub fn problem(phrase: &str, error: &Error) -> String {
    let phrase = words_of(phrase);
    let words: Vec<&str> = phrase.split(' ').filter(|word| !word.is_empty()).collect();
    let count = words.len();
    match error.hint() {
        Some(Hint::UnknownWord { at }) => {
            let word = words.get(*at).copied().unwrap_or_default();
            let (shown, place) = (short(word), at + 1);
            match suggest(word, count) {
                Some(meant) => t!("restore-unknown-meant", word = shown.as_str(), place = place, meant = meant),
                None => t!("restore-unknown", word = shown.as_str(), place = place),
            }
        }
        Some(Hint::Length { found: 0, .. }) => t!("restore-empty"),
        Some(Hint::Length { found, .. }) => wrong_count(*found),
        Some(Hint::LastWordMissing) => t!("restore-last-missing", all = count + 1),
        Some(Hint::Checksum) => t!("restore-checksum"),
        _ => sentence(error),
    }
}

/// Too few for any form, too many for all, or between the short ones and the long one.
fn wrong_count(found: usize) -> String {
    let (all, long, short) = (RECOVERY_WORDS, LONG_RECOVERY_WORDS, BIP39_WORDS);
    match found {
        _ if found < short => t!("restore-too-few", found = found, all = all, long = long, short = short),
        _ if found > long => t!("restore-too-many", found = found, all = all, long = long, short = short),
        _ => t!("restore-between", found = found, all = all, long = long, short = short),
    }
}

/// Why a picture led to nothing.
pub fn picture_problem(error: QrError) -> String {
    match error {
        QrError::TooLarge => t!("picture-too-large"),
        QrError::Unreadable => t!("picture-unreadable"),
        QrError::NoCode => t!("picture-no-code"),
    }
}

/// Why a name cannot be used; the limit is one of bytes, so its sentence says how letters count.
pub fn name_problem(error: &Error) -> String {
    match (error.kind(), error.hint()) {
        (ErrorKind::InvalidInput, Some(Hint::Length { found: 0, .. })) => t!("name-empty"),
        (ErrorKind::TooLarge, Some(Hint::Length { found, expected })) => {
            t!("name-too-long", over = found.saturating_sub(*expected), found = *found, most = *expected)
        }
        _ => sentence(error),
    }
}

/// A word for a sentence: nobody wants a pasted page there.
fn short(word: &str) -> Zeroizing<String> {
    let mut shown: String = word.chars().take(24).collect();
    if word.chars().nth(24).is_some() {
        shown.push('…');
    }
    Zeroizing::new(shown)
}
