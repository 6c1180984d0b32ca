//! The written forms of an account: the recovery password (13 words, or 25) and the BIP-39 phrase (12 words).
//!
//! The recovery password is data words of Monero's English list and a checksum word; words are known by their first three
//! letters, so a typo after the third is harmless. Twelve data words spell a 16-byte seed, and every Session client
//! understands them; 24 spell the 32 bytes that the newest library can make an account of. We make only the short form, and
//! an account whose second half is zero is shown in it. The BIP-39 phrase is ours alone: the 16-byte seed is its entropy, no
//! PBKDF2, no passphrase; 32 bytes have none.
//!
//! [`parse_phrase`] tells them apart by count and never guesses: twelve words that are no valid BIP-39 phrase but
//! would read as a recovery password are *a recovery password without its last word*, because about every fifth valid
//! BIP-39 phrase would also read that way and one typo would open a wrong, empty account. So are 24 that all read.
//!
//! Source: session-foundation/libsession-util `tests/test_mnemonics.cpp`; messages.md 1.2 and 1.3.

use std::collections::HashMap;
use std::sync::LazyLock;

use bip39::{Language, Mnemonic};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Hint};
use crate::pasted;

use super::keys::AccountSeed;

/// Words of a recovery password, checksum word included.
pub const RECOVERY_WORDS: usize = 13;

/// Words of the recovery password of an account with 32 bytes, checksum word included.
pub const LONG_RECOVERY_WORDS: usize = 25;

/// Words of the BIP-39 form.
pub const BIP39_WORDS: usize = 12;

/// The word list, one word a line: Monero's English list (see `assets/words/README.md`).
pub const ENGLISH: &str = include_str!("../../../assets/words/english.txt");

/// A word is known by this many letters.
pub const PREFIX_LEN: usize = 3;

/// Why words are no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhraseError {
    /// Neither 13 words nor 25 nor 12.
    #[error("recovery password has the wrong number of words")]
    Count {
        /// How many words there are.
        found: usize,
    },
    /// A word is in no list that the others are in (0-based).
    #[error("recovery password has an unknown word")]
    UnknownWord {
        /// 0-based position of the word.
        at: usize,
    },
    /// All words are known, but three of them together stand for more than 32 bits; no account spells that.
    #[error("recovery password holds an impossible combination of words")]
    OutOfRange,
    /// All words are known, but the checksum does not fit: a wrong or misplaced word.
    #[error("recovery password has a wrong checksum")]
    Checksum,
    /// All words of a recovery password but one: the thirteenth, or the twenty-fifth, is missing.
    #[error("recovery password lacks its last word")]
    LastWordMissing,
}

impl From<PhraseError> for Error {
    fn from(error: PhraseError) -> Self {
        let hint = match error {
            PhraseError::Count { found } => Hint::Length { found, expected: RECOVERY_WORDS },
            PhraseError::UnknownWord { at } => Hint::UnknownWord { at },
            PhraseError::Checksum | PhraseError::OutOfRange => Hint::Checksum,
            PhraseError::LastWordMissing => Hint::LastWordMissing,
        };
        Self::new(ErrorKind::WrongRecoveryPassword, "recovery password is not accepted")
            .with_hint(hint)
            .with_source(error)
    }
}

/// How many words the recovery password of this account has.
pub fn recovery_words(seed: &AccountSeed) -> usize {
    if seed.half().is_some() { RECOVERY_WORDS } else { LONG_RECOVERY_WORDS }
}

/// The words that restore this account: 13, which every Session client understands, or 25 where there is no shorter form.
pub fn recovery_password(seed: &AccountSeed) -> Zeroizing<String> {
    let mut words: Vec<&'static str> = Vec::with_capacity(LONG_RECOVERY_WORDS);
    for group in seed.as_bytes().as_chunks::<4>().0 {
        let x = u64::from(u32::from_le_bytes(*group));
        let first = x % LIST_LEN;
        let second = (x / LIST_LEN + first) % LIST_LEN;
        let third = (x / (LIST_LEN * LIST_LEN) + second) % LIST_LEN;
        words.extend([first, second, third].map(word_at));
    }
    let checksum = checksum_index(words.iter().map(|word| prefix(word)));
    words.extend(words.get(checksum).copied());
    Zeroizing::new(words.join(" "))
}

/// The 12 words of the BIP-39 form; none for an account of 25 words. Other Session clients do not understand them; say so
/// where they are shown.
pub fn bip39_phrase(seed: &AccountSeed) -> Option<Zeroizing<String>> {
    let mnemonic = Mnemonic::from_entropy_in(Language::English, seed.half()?).expect("16 bytes are BIP-39 entropy");
    Some(Zeroizing::new(mnemonic.to_string()))
}

/// The words in what was typed or pasted, with a blank between two; places in [`PhraseError`] count these.
pub fn words_of(text: &str) -> Zeroizing<String> {
    let whole = [BIP39_WORDS, RECOVERY_WORDS, ALL_BUT_LAST, LONG_RECOVERY_WORDS];
    pasted::words(text, |count| whole.contains(&count))
}

/// Reads any form, in any letter case, however the words were written down ([`words_of`]).
///
/// # Errors
/// [`PhraseError`], distinct for each way of being wrong.
pub fn parse_phrase(text: &str) -> Result<AccountSeed, PhraseError> {
    let text = Zeroizing::new(words_of(text).to_lowercase());
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.len() {
        RECOVERY_WORDS | LONG_RECOVERY_WORDS => parse_recovery_password(&words),
        BIP39_WORDS => parse_twelve(&words),
        ALL_BUT_LAST if words.iter().all(|word| index_of(word).is_some()) => Err(PhraseError::LastWordMissing),
        found => Err(PhraseError::Count { found }),
    }
}

/// The listed word that a mistyped one most likely was, for a phrase of this many words: a recovery password has its own
/// list, twelve words may be of either. `None` when nothing is near: at most two letters differ, are missing, too many or
/// swapped, and at least half of the word is right.
pub fn suggest(word: &str, words: usize) -> Option<&'static str> {
    let word = Zeroizing::new(word.to_lowercase());
    let letters: Vec<char> = word.chars().take(MAX_SUGGESTED_LETTERS).collect();
    let bip39 = Language::English.word_list().iter().filter(|_| words == BIP39_WORDS);
    let near = WORDS.iter().chain(bip39).map(|listed| (distance(&letters, listed), *listed));
    // Of equally near words the one with the same beginning: slips at the first letter are rare.
    let same_start = |listed: &str| listed.chars().next() == letters.first().copied();
    let (off, best) = near.min_by_key(|(off, listed)| (*off, !same_start(listed)))?;
    (off <= 2 && off * 2 <= letters.len()).then_some(best)
}

/// Letters that differ, are missing, too many, or swapped with their neighbour.
fn distance(letters: &[char], listed: &str) -> usize {
    let listed: Vec<char> = listed.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=listed.len()).collect();
    for (i, letter) in letters.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, other) in listed.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&row, j) + usize::from(letter != other)).min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = i > 0 && j > 0 && letters.get(i - 1) == Some(other) && listed.get(j - 1) == Some(letter);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(letters.len())
}

fn parse_recovery_password(words: &[&str]) -> Result<AccountSeed, PhraseError> {
    if let Some(at) = words.iter().position(|word| index_of(word).is_none()) {
        return Err(PhraseError::UnknownWord { at });
    }
    let (checksum_word, data) = words.split_last().ok_or(PhraseError::Count { found: 0 })?;
    // As many bytes as the longest form has; those that the short form does not spell are zero.
    let mut bytes = Zeroizing::new([0; 32]);
    for (to, group) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(data.as_chunks::<3>().0) {
        let [Some(first), Some(second), Some(third)] = group.map(index_of) else { return Err(PhraseError::Checksum) };
        let step = |from: u64, to: u64| (to + LIST_LEN - from) % LIST_LEN;
        let x = first + LIST_LEN * step(first, second) + LIST_LEN * LIST_LEN * step(second, third);
        *to = u32::try_from(x).map_err(|_| PhraseError::OutOfRange)?.to_le_bytes();
    }
    let expected = data.get(checksum_index(data.iter().map(|word| prefix(word)))).map(|word| prefix(word));
    if expected != Some(prefix(checksum_word)) {
        return Err(PhraseError::Checksum);
    }
    AccountSeed::copy_of(bytes.as_slice()).ok_or(PhraseError::Checksum)
}

fn parse_twelve(words: &[&str]) -> Result<AccountSeed, PhraseError> {
    let joined = Zeroizing::new(words.join(" "));
    if let Ok(mnemonic) = Mnemonic::parse_in_normalized(Language::English, &joined) {
        let entropy = Zeroizing::new(mnemonic.to_entropy());
        return AccountSeed::copy_of(&entropy).ok_or(PhraseError::Checksum);
    }
    let session = |word: &&str| index_of(word).is_some();
    let bip39 = |word: &&str| Language::English.find_word(word).is_some();
    if words.iter().all(session) {
        return Err(PhraseError::LastWordMissing);
    }
    if words.iter().all(bip39) {
        return Err(PhraseError::Checksum);
    }
    // Point at the word that is foreign in the list to which most of them belong.
    let most_in_session =
        words.iter().filter(|word| session(word)).count() > words.iter().filter(|word| bip39(word)).count();
    let stranger = words.iter().position(|word| if most_in_session { !session(word) } else { !bip39(word) });
    Err(PhraseError::UnknownWord { at: stranger.unwrap_or(0) })
}

/// The place of a word in the list, by its first three letters.
fn index_of(word: &str) -> Option<u64> {
    BY_PREFIX.get(prefix(word)).copied()
}

fn prefix(word: &str) -> &str {
    word.char_indices().nth(PREFIX_LEN).and_then(|(end, _)| word.get(..end)).unwrap_or(word)
}

/// Which data word is repeated at the end: CRC-32 over all prefixes, modulo their number.
fn checksum_index<'a>(prefixes: impl ExactSizeIterator<Item = &'a str>) -> usize {
    let (mut crc, count) = (crc32fast::Hasher::new(), prefixes.len());
    prefixes.for_each(|prefix| crc.update(prefix.as_bytes()));
    (crc.finalize() as usize).checked_rem(count).unwrap_or(0)
}

fn word_at(index: u64) -> &'static str {
    usize::try_from(index)
        .ok()
        .and_then(|at| WORDS.get(at))
        .copied()
        .expect("the index was taken modulo the list's length")
}

/// Words of a long recovery password without its checksum word.
const ALL_BUT_LAST: usize = LONG_RECOVERY_WORDS - 1;

/// Letters of a mistyped word that are looked at; no listed word is as long.
const MAX_SUGGESTED_LETTERS: usize = 20;

/// Words in the list (a test counts them).
const LIST_LEN: u64 = 1626;

static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| ENGLISH.lines().collect());

static BY_PREFIX: LazyLock<HashMap<&'static str, u64>> =
    LazyLock::new(|| WORDS.iter().map(|word| prefix(word)).zip(0..).collect());

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SEED: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    const THIRTEEN: &str = "amaze buffet cake entrance symptoms tiger lamb maze nestle python dusted faxed";

    fn seed_of(text: &str) -> Result<[u8; 16], PhraseError> {
        parse_phrase(text).map(|seed| *seed.half().unwrap())
    }

    fn long(bytes: [u8; 32]) -> AccountSeed {
        AccountSeed::copy_of(&bytes).unwrap()
    }

    /// Words and the checksum word that belongs to them.
    fn whole(data: &str) -> String {
        let words: Vec<&str> = data.split_whitespace().collect();
        format!("{} {}", words.join(" "), words[checksum_index(words.iter().map(|word| prefix(word)))])
    }

    #[test]
    fn words_open_the_account_however_they_were_written_down() {
        let thirteen = whole(THIRTEEN);
        let twelve = bip39_phrase(&AccountSeed::copy_of(&SEED).unwrap()).unwrap();
        for words in [thirteen.as_str(), twelve.as_str()] {
            let each: Vec<&str> = words.split(' ').collect();
            let listed = |before: fn(usize) -> String, between: &str| {
                let lines: Vec<_> =
                    each.iter().enumerate().map(|(at, word)| format!("{}{word}", before(at + 1))).collect();
                lines.join(between)
            };
            for text in [
                each.join(", "),
                format!("{words}."),
                format!("\u{feff}{}", words.replace('a', "\u{200b}a\u{2068}")),
                listed(|at| format!("{at}. "), "\n"),
                listed(|at| format!("{at} "), " "),
                listed(|at| format!("{at}."), "\r\n"),
                listed(|_| "- ".to_owned(), "\n"),
                format!("“{}”", each.join("” “")),
                format!("Recovery password:\n> {}", words.to_uppercase()),
            ] {
                assert_eq!(seed_of(&text), seed_of(words), "{text:?}");
                assert_eq!(words_of(&text).to_lowercase(), words, "{text:?}");
            }
        }
    }

    #[test]
    fn the_list_is_complete_and_its_words_differ_in_three_letters() {
        assert_eq!(WORDS.len() as u64, LIST_LEN);
        assert_eq!(BY_PREFIX.len(), WORDS.len());
        assert!(WORDS.iter().all(|word| word.len() > PREFIX_LEN && word.bytes().all(|byte| byte.is_ascii_lowercase())));
    }

    #[test]
    fn both_forms_lead_back_to_the_seed() {
        let seed = AccountSeed::from_bytes(SEED);
        let (password, phrase) = (recovery_password(&seed), bip39_phrase(&seed).unwrap());
        assert!(password.starts_with(THIRTEEN));
        assert_eq!(password.split(' ').count(), RECOVERY_WORDS);
        assert_eq!(phrase.split(' ').count(), BIP39_WORDS);
        assert_eq!(seed_of(&password), Ok(SEED));
        assert_eq!(seed_of(&phrase), Ok(SEED));
    }

    #[test]
    fn case_white_space_and_typos_after_the_third_letter_are_harmless() {
        let password = recovery_password(&AccountSeed::from_bytes(SEED)).to_string();
        assert_eq!(seed_of(&format!("\t{}\n", password.to_uppercase().replace(' ', " \u{a0}\n"))), Ok(SEED));
        assert_eq!(seed_of(&password.replace("buffet", "bufett").replace("cake", "cak")), Ok(SEED));
    }

    #[test]
    fn a_wrong_count_is_told_with_the_count() {
        for count in [0, 1, 11, 14, 23, 26] {
            assert_eq!(seed_of(&"abbey ".repeat(count)), Err(PhraseError::Count { found: count }));
        }
    }

    #[test]
    fn a_seed_of_32_bytes_has_25_words_and_no_other_form() {
        let seed = long(std::array::from_fn(|at| at as u8));
        let password = recovery_password(&seed);
        assert!(password.starts_with(THIRTEEN));
        assert_eq!((password.split(' ').count(), recovery_words(&seed)), (LONG_RECOVERY_WORDS, LONG_RECOVERY_WORDS));
        assert_eq!(bip39_phrase(&seed), None);
        assert_eq!(parse_phrase(&password.to_uppercase().replace(' ', "\n")), Ok(seed));
    }

    /// Whoever wrote it down in the long form has the account that everybody else knows by the short one.
    #[test]
    fn an_account_whose_second_half_is_zero_is_shown_in_the_short_form() {
        let seed = AccountSeed::from_bytes(SEED);
        let short = recovery_password(&seed);
        let twelve = short.rsplit_once(' ').unwrap().0;
        let found = parse_phrase(&whole(&format!("{twelve} {}", "abbey ".repeat(12)))).unwrap();
        assert_eq!((recovery_password(&found), recovery_words(&found)), (short, RECOVERY_WORDS));
        assert_eq!(found, seed);
    }

    #[test]
    fn of_25_words_each_slip_is_told_in_its_own_way() {
        let bytes: [u8; 32] = std::array::from_fn(|at| at as u8);
        let password = recovery_password(&long(bytes)).to_string();
        let data = password.rsplit_once(' ').unwrap().0;
        let error = |text: &str| parse_phrase(text).unwrap_err();
        assert_eq!(error(data), PhraseError::LastWordMissing);
        assert_eq!(error(&data.replace("vague", "zzzzz")), PhraseError::Count { found: 24 });
        assert_eq!(error(&password.replace("vague", "zzzzz")), PhraseError::UnknownWord { at: 13 });
        assert_eq!(error(&format!("{data} zzzzz")), PhraseError::UnknownWord { at: 24 });
        assert_eq!(error(&format!("{data} abbey")), PhraseError::Checksum);
        assert_eq!(error(&whole(&"abbey abbey zoom ".repeat(8))), PhraseError::OutOfRange);
    }

    #[test]
    fn an_unknown_word_is_told_with_its_place() {
        let password = recovery_password(&AccountSeed::from_bytes(SEED)).to_string();
        assert_eq!(seed_of(&password.replace("tiger", "zzzzz")), Err(PhraseError::UnknownWord { at: 5 }));
        assert_eq!(seed_of(&password.replace("tiger", "ti")), Err(PhraseError::UnknownWord { at: 5 }));
        assert_eq!(seed_of(&format!("{THIRTEEN} zzzzz")), Err(PhraseError::UnknownWord { at: 12 }));
        assert_eq!(seed_of(&password.replace("tiger", "ßé漢")), Err(PhraseError::UnknownWord { at: 5 }));
    }

    #[test]
    fn a_mistyped_word_leads_to_the_one_that_was_meant() {
        for (typed, words, meant) in [
            ("baffet", 13, Some("buffet")),
            ("dutsed", 13, Some("dusted")),
            ("yython", 13, Some("python")),
            ("Entrence", 13, Some("entrance")),
            ("abanbon", 12, Some("abandon")),
            ("abanbon", 13, None),
            ("q", 13, None),
            ("", 13, None),
            ("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", 12, None),
            ("漢字漢字", 13, None),
        ] {
            assert_eq!(suggest(typed, words), meant, "{typed}");
        }
    }

    #[test]
    fn a_misplaced_word_breaks_the_checksum() {
        let password = recovery_password(&AccountSeed::from_bytes(SEED)).to_string();
        assert_eq!(seed_of(&password.replacen("amaze buffet", "buffet amaze", 1)), Err(PhraseError::Checksum));
    }

    #[test]
    fn words_that_stand_for_too_much_are_refused_although_the_checksum_fits() {
        let twelve = "abbey abbey zoom ".repeat(4);
        assert_eq!(seed_of(&whole(&twelve)), Err(PhraseError::OutOfRange));
        // What no account spells is told before a checksum that may be wrong because of it.
        assert_eq!(seed_of(&format!("{twelve} maze")), Err(PhraseError::OutOfRange));
    }

    #[test]
    fn a_missing_last_word_is_asked_for_and_never_guessed() {
        assert_eq!(seed_of(THIRTEEN), Err(PhraseError::LastWordMissing));
    }

    #[test]
    fn a_bip39_phrase_needs_its_exact_words_and_its_checksum() {
        let phrase = "abandon amount liar amount expire adjust cage candy arch gather drum buyer";
        assert_eq!(seed_of(phrase), Ok(SEED));
        assert_eq!(seed_of(&phrase.to_uppercase()), Ok(SEED));
        // "liar" is in no way a Session word, so the phrase can only be BIP-39 with a slip.
        assert_eq!(seed_of(&phrase.replace("buyer", "buzz")), Err(PhraseError::Checksum));
        assert_eq!(seed_of(&phrase.replace("expire", "expi")), Err(PhraseError::UnknownWord { at: 4 }));
    }

    #[test]
    fn among_twelve_session_words_the_stranger_is_pointed_at() {
        assert_eq!(seed_of(&THIRTEEN.replace("nestle", "xxxxx")), Err(PhraseError::UnknownWord { at: 8 }));
    }

    #[test]
    fn an_error_that_leaves_core_names_its_way_of_being_wrong() {
        let hint = |error: PhraseError| Error::from(error).hint().cloned();
        assert_eq!(hint(PhraseError::Count { found: 7 }), Some(Hint::Length { found: 7, expected: 13 }));
        assert_eq!(hint(PhraseError::UnknownWord { at: 3 }), Some(Hint::UnknownWord { at: 3 }));
        assert_eq!(hint(PhraseError::Checksum), Some(Hint::Checksum));
        assert_eq!(hint(PhraseError::LastWordMissing), Some(Hint::LastWordMissing));
        assert_eq!(Error::from(PhraseError::Checksum).kind(), ErrorKind::WrongRecoveryPassword);
    }

    proptest! {
        #[test]
        fn every_seed_survives_both_forms(bytes in any::<[u8; 16]>()) {
            let seed = AccountSeed::from_bytes(bytes);
            prop_assert_eq!(seed_of(&recovery_password(&seed)), Ok(bytes));
            prop_assert_eq!(seed_of(&bip39_phrase(&seed).unwrap()), Ok(bytes));
        }

        #[test]
        fn every_long_seed_survives_its_words(bytes in any::<[u8; 32]>()) {
            let seed = long(bytes);
            prop_assert_eq!(parse_phrase(&recovery_password(&seed)), Ok(seed));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,120}", words in proptest::collection::vec("[a-z]{1,5}", 11..27)) {
            let _ = parse_phrase(&text);
            let _ = parse_phrase(&words.join(" "));
        }

        #[test]
        fn no_valid_bip39_phrase_is_taken_for_anything_else(bytes in any::<[u8; 16]>()) {
            let phrase = bip39_phrase(&AccountSeed::from_bytes(bytes)).unwrap();
            prop_assert_eq!(seed_of(&phrase), Ok(bytes));
        }
    }
}
