//! Recovery passwords of 25 words against `messages.json`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

#[path = "vectors/harness.rs"]
mod harness;

use harness::{Block, Check, File, Key, Leaf, Prose, ensure, ensure_eq, first_of_each_word};
use onionskin_core::crypto::mnemonic::ENGLISH;
use onionskin_core::crypto::{
    AccountKeys, AccountSeed, PhraseError, bip39_phrase, parse_phrase, recovery_password, recovery_words,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    #[serde(rename = "note")]
    _note: Option<Prose>,
    accounts: Vec<Account>,
    read: Vec<Read>,
    rejected: Vec<Rejected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    seed32: Key,
    recovery_password: Leaf<String>,
    ed25519_pub: Key,
    x25519_secret: Key,
    account_id: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    phrase: Leaf<String>,
    seed32: Key,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rejected {
    phrase: Leaf<String>,
    error: Leaf<String>,
}

fn recovery_password_25(block: &Words, _file: &File) -> Check {
    block.accounts.iter().try_for_each(account)?;
    block
        .read
        .iter()
        .try_for_each(|case| ensure_eq("seed32", parse_phrase(&case.phrase), Ok(seed_of(&case.seed32)?)))?;
    block.rejected.iter().try_for_each(rejected)
}

fn seed_of(bytes: &Key) -> Result<AccountSeed, String> {
    AccountSeed::copy_of(&***bytes).ok_or_else(|| "seed of the wrong length".to_owned())
}

fn account(account: &Account) -> Check {
    let seed = seed_of(&account.seed32)?;
    let keys = AccountKeys::from_seed(&seed);
    ensure_eq("seed", keys.seed().as_bytes(), **account.seed32)?;
    ensure_eq("recovery_password", recovery_password(&seed).as_str(), &**account.recovery_password)?;
    ensure_eq("words", recovery_words(&seed), account.recovery_password.split(' ').count())?;
    ensure_eq("another form", bip39_phrase(&seed), None)?;
    ensure_eq("recovery_password read back", parse_phrase(&account.recovery_password), Ok(seed))?;
    ensure_eq("ed25519_pub", keys.ed25519_public(), **account.ed25519_pub)?;
    ensure_eq("x25519_secret", *keys.x25519_secret(), **account.x25519_secret)?;
    ensure_eq("account_id", &keys.account_id().to_string(), &*account.account_id)
}

fn rejected(case: &Rejected) -> Check {
    let found = parse_phrase(&case.phrase).err().ok_or("a phrase that should be rejected was accepted")?;
    let words: Vec<&str> = case.phrase.split_whitespace().collect();
    let stranger = words.iter().position(|word| !is_listed(word));
    // Apart from an unknown word they are words as the list spells them, so that the phrase fails for one reason.
    let strangers = words.iter().filter(|word| !is_listed(word)).count();
    ensure_eq("words outside the list", strangers, usize::from(*case.error == "unknown word"))?;
    let expected = match (case.error.as_str(), stranger) {
        ("count", _) => PhraseError::Count { found: words.len() },
        ("unknown word", Some(at)) => PhraseError::UnknownWord { at },
        ("group value exceeds 2^32-1", _) => PhraseError::OutOfRange,
        ("checksum", _) => PhraseError::Checksum,
        ("last word missing", _) => PhraseError::LastWordMissing,
        (other, _) => return ensure(&format!("{other} is no error that is told apart"), false),
    };
    ensure_eq("error", found, expected)
}

fn is_listed(word: &str) -> bool {
    ENGLISH.lines().any(|listed| listed == word)
}

/// The first letter of each word that is in the list; another unknown word is as unknown as the first.
fn listed_words(text: &str) -> Vec<usize> {
    let known = |at: &usize| {
        let word = text[*at..].split_whitespace().next().unwrap_or_default().to_lowercase();
        ENGLISH.lines().any(|listed| listed[..3] == word[..3])
    };
    first_of_each_word(text).into_iter().filter(known).collect()
}

fn blocks() -> Vec<Block> {
    vec![
        Block::new("recovery_password_25", recovery_password_25)
            .prose(&["note"])
            .changed_at("phrase", listed_words)
            .changed_at("recovery_password", first_of_each_word),
    ]
}

harness::vector_tests!("vectors_words", "messages.json", blocks());
