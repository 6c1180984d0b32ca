//! Account IDs: `05` and an X25519 public key, written as 66 lower-case hex characters.
//!
//! [`AccountId::parse`] accepts either letter case and surrounding white space, and says exactly what is wrong with
//! anything else: wrong length, a character that is no hex digit and where, an id of another kind (group, blinded), or
//! bytes that cannot be a key. Logs see only a short prefix of an id.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Hint};

use super::keys::is_low_order_x25519;

/// Who somebody is: the public name of an account.
///
/// Source: session-foundation/session-desktop `ts/util/accountManager.ts`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId([u8; 33]);

/// Why a text is not an Account ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not 66 characters after trimming.
    #[error("account id has the wrong length")]
    Length {
        /// How many characters there are.
        found: usize,
    },
    /// A character that is no hex digit, at this place (0-based, in characters, after trimming).
    #[error("account id has a character that is no hex digit")]
    Character {
        /// 0-based position.
        at: usize,
    },
    /// An id of another kind: `03` group, `15` and `25` blinded, `00` old community key, or something unknown.
    #[error("id is of another kind than an account")]
    OtherKind {
        /// The prefix byte.
        prefix: u8,
    },
    /// The bytes are no usable X25519 public key: everybody would share a secret with it.
    #[error("account id is not a usable public key")]
    NotAKey,
}

impl AccountId {
    /// The first byte of every Account ID.
    pub const PREFIX: u8 = 0x05;

    /// Length of the written form, in characters.
    pub const TEXT_LEN: usize = 66;

    /// Reads the written form: 66 hex characters in either case, white space around them allowed.
    ///
    /// # Errors
    /// [`IdError`], the first of: length, character, kind, key.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let text = text.trim();
        let found = text.chars().count();
        if found != Self::TEXT_LEN {
            return Err(IdError::Length { found });
        }
        if let Some(at) = text.chars().position(|c| !c.is_ascii_hexdigit()) {
            return Err(IdError::Character { at });
        }
        let mut bytes = [0; 33];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| IdError::Length { found })?;
        Self::from_bytes(bytes)
    }

    /// From the 33 bytes of an id, prefix included.
    ///
    /// # Errors
    /// [`IdError::OtherKind`] for another prefix, [`IdError::NotAKey`] for a key of small order.
    pub fn from_bytes(bytes: [u8; 33]) -> Result<Self, IdError> {
        let [prefix, key @ ..] = bytes;
        if prefix != Self::PREFIX {
            return Err(IdError::OtherKind { prefix });
        }
        if is_low_order_x25519(&key) {
            return Err(IdError::NotAKey);
        }
        Ok(Self(bytes))
    }

    /// From an X25519 public key that is known to be one.
    pub fn from_x25519(key: [u8; 32]) -> Self {
        let mut bytes = [Self::PREFIX; 33];
        for (to, from) in bytes.iter_mut().skip(1).zip(key) {
            *to = from;
        }
        Self(bytes)
    }

    /// The X25519 public key behind the prefix.
    pub fn x25519(&self) -> &[u8; 32] {
        self.0.last_chunk().expect("33 bytes end in 32")
    }

    /// All 33 bytes, prefix first.
    pub fn as_bytes(&self) -> &[u8; 33] {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Enough to tell two ids of one test apart, too little to find a person.
impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [prefix, a, b, ..] = self.0;
        write!(f, "AccountId({prefix:02x}{a:02x}{b:02x}…)")
    }
}

impl FromStr for AccountId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text)
    }
}

impl From<IdError> for Error {
    fn from(error: IdError) -> Self {
        let hint = match error {
            IdError::Length { found } => Hint::Length { found, expected: AccountId::TEXT_LEN },
            IdError::Character { at } => Hint::Character { at },
            IdError::OtherKind { prefix } => Hint::OtherKindOfId { prefix },
            IdError::NotAKey => Hint::NotAKey,
        };
        Self::new(ErrorKind::InvalidInput, "text is not an account id").with_hint(hint).with_source(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ANA: &str = "05d2ad010eeb72d72e561d9de7bd7b6989af77dcabffa03a5111a6c859ae5c3a72";

    #[test]
    fn an_id_is_read_in_either_case_and_written_in_lower_case() {
        let id = AccountId::parse(&format!("\n {} \t", ANA.to_uppercase())).unwrap();
        assert_eq!(id.to_string(), ANA);
        assert_eq!(id, ANA.parse().unwrap());
        assert_eq!(AccountId::from_x25519(*id.x25519()), id);
        assert_eq!(hex::encode(id.as_bytes()), ANA);
    }

    #[test]
    fn every_wrong_text_is_told_apart() {
        assert_eq!(AccountId::parse(""), Err(IdError::Length { found: 0 }));
        assert_eq!(AccountId::parse(&ANA[1..]), Err(IdError::Length { found: 65 }));
        assert_eq!(AccountId::parse(&format!("{ANA}0")), Err(IdError::Length { found: 67 }));
        assert_eq!(AccountId::parse(&ANA.replace("d2ad", "d2ag")), Err(IdError::Character { at: 5 }));
        // Two bytes in UTF-8, one character to a person.
        assert_eq!(AccountId::parse(&ANA.replace("d2ad", "d2aé")), Err(IdError::Character { at: 5 }));
        for (prefix, byte) in [("03", 0x03), ("15", 0x15), ("25", 0x25), ("00", 0x00)] {
            assert_eq!(AccountId::parse(&format!("{prefix}{}", &ANA[2..])), Err(IdError::OtherKind { prefix: byte }));
        }
        assert_eq!(AccountId::parse(&format!("05{}", "00".repeat(32))), Err(IdError::NotAKey));
    }

    #[test]
    fn an_error_that_leaves_core_carries_its_fact_and_not_the_id() {
        let error = Error::from(AccountId::parse(&ANA.replace("d2ad", "d2ag")).unwrap_err());
        assert_eq!((error.kind(), error.hint()), (ErrorKind::InvalidInput, Some(&Hint::Character { at: 5 })));
        assert!(!format!("{error:?}").contains("010eeb72"));
    }

    #[test]
    fn logs_see_only_the_beginning_of_an_id() {
        assert_eq!(format!("{:?}", AccountId::parse(ANA).unwrap()), "AccountId(05d2ad…)");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,80}") {
            let _ = AccountId::parse(&text);
        }

        #[test]
        fn what_is_written_is_read_back(key in any::<[u8; 32]>()) {
            let id = AccountId::from_x25519(key);
            prop_assume!(!is_low_order_x25519(&key));
            prop_assert_eq!(AccountId::parse(&id.to_string()), Ok(id));
        }
    }
}
