//! A contact card: a text of exactly a name, one line feed and an Account ID, drawn as somebody to write to.
//!
//! The card says how whoever sent it calls the person, and nobody vouches for that. Anything before, between or after
//! the two makes it the text that it is, and so does a name that is no name: more than one line, more than 100 bytes,
//! or nothing that is seen ([`display_name`]).

use crate::crypto::name::MAX_NAME_BYTES;
use crate::crypto::{AccountId, cut_display_name, display_name};

/// Somebody, as a message names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactCard {
    /// How whoever sent the card calls them: one line without what acts on the text around it, at most 100 bytes.
    pub name: String,
    /// Who they are.
    pub account: AccountId,
}

impl ContactCard {
    /// The card that a message text is; `None` for everything else, which is text. The id is read in either case.
    ///
    /// ```
    /// use onionskin_core::ContactCard;
    /// let card = ContactCard::read(&format!("Ana\n05{}", "09".repeat(32))).unwrap();
    /// assert_eq!(card.name, "Ana");
    /// assert!(ContactCard::read(&format!("Call Ana: 05{}", "09".repeat(32))).is_none());
    /// ```
    pub fn read(body: &str) -> Option<Self> {
        if body.len() > MAX_NAME_BYTES + 1 + AccountId::TEXT_LEN {
            return None;
        }
        let (name, id) = body.split_once('\n')?;
        let is_id = id.len() == AccountId::TEXT_LEN && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_id || name.chars().any(breaks_a_line) {
            return None;
        }
        Some(Self { name: display_name(name).ok()?, account: AccountId::parse(id).ok()? })
    }

    /// The message text that says this. A name that is too long is cut, and where nothing of it is seen the id stands
    /// for it, so that what is sent is a card wherever it is read.
    pub fn body(&self) -> String {
        let one_line: String = self.name.chars().map(|c| if breaks_a_line(c) { ' ' } else { c }).collect();
        let id = self.account.to_string();
        format!("{}\n{id}", cut_display_name(&one_line).unwrap_or_else(|| id.clone()))
    }
}

/// Unicode Standard Annex 14, the mandatory breaks.
fn breaks_a_line(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ANA: &str = "05d2ad010eeb72d72e561d9de7bd7b6989af77dcabffa03a5111a6c859ae5c3a72";

    fn name(body: &str) -> Option<String> {
        ContactCard::read(body).map(|card| card.name)
    }

    #[test]
    fn a_name_a_line_feed_and_an_id_are_a_card_in_either_case() {
        let account = AccountId::parse(ANA).unwrap();
        for (written, shown) in [("Ana", "Ana"), ("Ana from work 🧅", "Ana from work 🧅"), ("  Ana ", "Ana")] {
            for id in [ANA.to_owned(), ANA.to_uppercase()] {
                let card = ContactCard { name: shown.to_owned(), account };
                assert_eq!(ContactCard::read(&format!("{written}\n{id}")), Some(card));
            }
        }
        assert_eq!(name(&format!("{}\n{ANA}", "a".repeat(100))), Some("a".repeat(100)));
    }

    #[test]
    fn everything_else_is_text() {
        let group = ANA.replacen("05", "03", 1);
        let low_order = format!("05{}", "00".repeat(32));
        for body in [
            String::new(),
            ANA.to_owned(),
            format!("Ana {ANA}"),
            format!("\n{ANA}"),
            format!("Ana\n\n{ANA}"),
            format!("Ana\r\n{ANA}"),
            format!("Ana\n {ANA}"),
            format!("Ana\n{ANA}\n"),
            format!("Ana\n{ANA} "),
            format!("Ana\n{ANA}\nsays hello"),
            format!("Ana\nof work\n{ANA}"),
            format!("Ana\u{2028}of work\n{ANA}"),
            format!("Ana\n{}", &ANA[..65]),
            format!("Ana\n{}g", &ANA[..65]),
            format!("Ana\n{}é", &ANA[..64]),
            format!("Ana\n{group}"),
            format!("Ana\n{low_order}"),
            format!("{}\n{ANA}", "a".repeat(101)),
            format!("{}\n{ANA}", "ä".repeat(51)),
            format!("{}\n{ANA}", "a".repeat(1_000_000)),
        ] {
            assert_eq!(ContactCard::read(&body), None, "{} bytes", body.len());
        }
    }

    #[test]
    fn a_name_of_which_nothing_is_seen_is_text_and_marks_that_turn_a_sentence_are_left_out() {
        for unseen in ["  ", "\u{200b}\u{200d}", "\u{202e}", "\u{2800}", "\u{3164}"] {
            assert_eq!(name(&format!("{unseen}\n{ANA}")), None, "{unseen:?}");
        }
        assert_eq!(name(&format!("\u{202e}anA\u{202c}\n{ANA}")).as_deref(), Some("anA"));
    }

    #[test]
    fn what_is_sent_is_a_card_whatever_the_name() {
        let account = AccountId::parse(ANA).unwrap();
        for (given, shown) in [("Ana", "Ana"), ("", ANA), ("\u{200b}", ANA), ("Ana\r\nof work", "Ana  of work")] {
            let body = ContactCard { name: given.to_owned(), account }.body();
            assert_eq!(name(&body).as_deref(), Some(shown), "{given:?}");
        }
    }

    proptest! {
        #[test]
        fn what_a_card_says_is_read_again(given in any::<String>(), key in any::<[u8; 32]>()) {
            let account = AccountId::from_x25519(key);
            prop_assume!(AccountId::parse(&account.to_string()).is_ok());
            let read = ContactCard::read(&ContactCard { name: given, account }.body()).unwrap();
            prop_assert_eq!(read.account, account);
            prop_assert_eq!(ContactCard::read(&read.body()), Some(read));
        }

        #[test]
        fn no_text_breaks_the_reading(body in any::<String>()) {
            if let Some(card) = ContactCard::read(&body) {
                prop_assert!(!card.name.is_empty() && card.name.len() <= 100);
            }
        }
    }
}
