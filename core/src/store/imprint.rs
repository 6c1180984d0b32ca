//! What is kept beside a wrapped key about its database, so that a database that does not open can be named and read.
//!
//! The salt of a database stands in the first 16 bytes of its file and nowhere else, and without it no page opens; where its
//! tables begin stands in its first pages. Both are kept here again, in plain sight as they are in the file's first bytes,
//! or no secret. Whose account it is stands here too, under a key that only the database's own key gives.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::DatabaseKey;
use crate::crypto::vault::{unwrap_bytes, wrap_bytes};
use crate::crypto::{AccountId, sha256};

/// The salt, the shape and the sealed name of one database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imprint {
    /// Of this record: 1.
    version: u8,
    /// The first 16 bytes of the file.
    #[serde(with = "as_hex")]
    salt: [u8; 16],
    /// Whose it is, sealed ([`Self::who`]).
    #[serde(with = "as_hex")]
    who: Vec<u8>,
    /// Where everything begins.
    shape: Shape,
}

/// What a database is made of, as its schema table says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shape {
    /// `user_version`.
    pub(super) version: u32,
    /// `application_id`.
    pub(super) application: u32,
    /// In the order in which they were made.
    pub(super) objects: Vec<Object>,
}

/// One row of `sqlite_schema`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Object {
    /// `table`, `index`, `trigger`.
    pub(super) kind: String,
    /// Its name.
    pub(super) name: String,
    /// The table it belongs to.
    pub(super) table: String,
    /// The page where it begins; 0 for what has none.
    pub(super) root: i64,
    /// The statement that made it; `None` for what SQLite made by itself.
    pub(super) sql: Option<String>,
}

impl Imprint {
    /// The record of a database that is open.
    pub(super) fn new(key: &DatabaseKey, salt: [u8; 16], shape: Shape, account: &AccountId, name: &str) -> Self {
        // Of one length, whatever the name is.
        let mut plain = Zeroizing::new(vec![0; WHO_BYTES]);
        let text = Zeroizing::new(format!("{account}{}", cut(name)));
        if let Some(room) = plain.get_mut(..text.len()) {
            room.copy_from_slice(text.as_bytes());
        }
        let who = wrap_bytes(&name_key(key), &plain, &bound(&salt, &shape));
        Self { version: 1, salt, who, shape }
    }

    /// Reads a record; `None` for what is none, or is of a newer version.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(bytes).ok().filter(|imprint| imprint.version == 1)
    }

    /// The record as it lies in its file.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Whose account the database holds, and the name that it had when it was last opened; `None` also when something else in
    /// the record is not what it was sealed with.
    pub fn who(&self, key: &DatabaseKey) -> Option<(AccountId, String)> {
        let plain = unwrap_bytes(&name_key(key), &self.who, &bound(&self.salt, &self.shape)).ok()?;
        let text = std::str::from_utf8(&plain).ok()?.trim_end_matches('\0');
        let (account, name) = text.split_at_checked(ACCOUNT_BYTES)?;
        Some((account.parse().ok()?, name.to_owned()))
    }

    /// Whether it says the same as another one; each is sealed anew, so their bytes differ.
    pub fn says_the_same(&self, other: &Self, key: &DatabaseKey) -> bool {
        self.salt == other.salt && self.shape == other.shape && self.who(key) == other.who(key)
    }

    /// The first bytes of the database's file.
    pub fn salt(&self) -> &[u8; 16] {
        &self.salt
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }
}

/// Bytes as hex digits.
mod as_hex {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &impl AsRef<[u8]>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'d, T: TryFrom<Vec<u8>>, D: Deserializer<'d>>(from: D) -> Result<T, D::Error> {
        let bytes = hex::decode(String::deserialize(from)?).map_err(|_| D::Error::custom("not hex"))?;
        T::try_from(bytes).map_err(|_| D::Error::custom("wrong length"))
    }
}

/// The most bytes that a record takes; a file that is larger is none.
pub const MAX_IMPRINT_BYTES: u64 = 1024 * 1024;

fn name_key(key: &DatabaseKey) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(sha256(&[b"onionskin imprint", key.as_bytes()]))
}

/// What the sealed name vouches for: the rest of the record.
fn bound(salt: &[u8; 16], shape: &Shape) -> [u8; 32] {
    sha256(&[b"onionskin imprint", salt, &serde_json::to_vec(shape).unwrap_or_default()])
}

/// As much of a name as there is room for.
fn cut(name: &str) -> &str {
    let mut end = name.len().min(WHO_BYTES - ACCOUNT_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}

/// An Account ID in hex.
const ACCOUNT_BYTES: usize = 66;
/// It and a name.
const WHO_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn imprint(key: &DatabaseKey, name: &str) -> Imprint {
        let shape = Shape { version: 5, application: 7, objects: Vec::new() };
        Imprint::new(key, [3; 16], shape, &AccountId::from_x25519([1; 32]), name)
    }

    #[test]
    fn a_record_names_the_account_to_who_has_the_key_and_to_nobody_else() {
        let (key, other) = (DatabaseKey::random(), DatabaseKey::random());
        for name in ["", "Ana", &"é".repeat(200)] {
            let record = imprint(&key, name);
            let again = Imprint::parse(&record.to_bytes()).unwrap();
            let (account, found) = again.who(&key).unwrap();
            assert_eq!(account, AccountId::from_x25519([1; 32]));
            assert!(name.starts_with(&found) && found.len() >= name.len().min(188));
            assert_eq!(again.who(&other), None);
            assert_eq!(record.who.len(), imprint(&key, "Bo").who.len(), "a name shows in no length");
            assert!(again.says_the_same(&imprint(&key, name), &key));
            assert!(!again.says_the_same(&imprint(&key, "Bo"), &key));
        }
        let record = String::from_utf8(imprint(&key, "Ana").to_bytes()).unwrap();
        let changed = record.replace("\"application\":7", "\"application\":8");
        assert_ne!(changed, record);
        assert_eq!(Imprint::parse(changed.as_bytes()).unwrap().who(&key), None, "nobody else says what it is made of");
        assert_eq!(Imprint::parse(b"{}"), None);
        assert_eq!(Imprint::parse(b"\xff"), None);
    }
}
