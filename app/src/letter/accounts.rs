//! Account IDs in what people write: 66 digits in one piece, with nothing that belongs to a word around them.

use onionskin_core::AccountId;

/// A stretch between two Account IDs, or one of them.
pub enum Stretch<'t> {
    /// Other words.
    Words(&'t str),
    /// An Account ID, as it was written.
    Account(&'t str, AccountId),
}

/// The stretches of a text, in their order.
pub fn stretches(text: &str) -> Vec<Stretch<'_>> {
    let (mut found, mut from, mut at) = (Vec::new(), 0, 0);
    for run in text.split_inclusive(|letter: char| !letter.is_alphanumeric()) {
        let bare = run.trim_end_matches(|letter: char| !letter.is_alphanumeric());
        // Cheap first: most words are none.
        if bare.len() == AccountId::TEXT_LEN
            && let Ok(account) = AccountId::parse(bare)
        {
            found.extend(text.get(from..at).filter(|words| !words.is_empty()).map(Stretch::Words));
            found.push(Stretch::Account(bare, account));
            from = at + bare.len();
        }
        at += run.len();
    }
    found.extend(text.get(from..).filter(|words| !words.is_empty()).map(Stretch::Words));
    found
}
