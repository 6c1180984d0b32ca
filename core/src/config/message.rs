//! One revision of a document, as the outer dict writes it: number, data, what changed, what changed before.
//!
//! | key | meaning |
//! |---|---|
//! | `#` | sequence number; the first key |
//! | `&` | the data |
//! | `<` | lagged diffs: `[number, hash, diff]` of the revisions that this one contains, at most five generations back |
//! | `=` | this revision's own diff |
//! | `~` | Ed25519 signature over all that stands before it; the last key, in signed documents only |
//!
//! Unknown keys between these are kept and written again in their place; a merge of several revisions has none. Source: session-foundation/libsession-util
//! `docs/config-merge-logic.md`, `src/config.cpp`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::crypto::{AccountKeys, blake2b_256, verify};
use crate::wire::bencode::{self, Value as Bencode};

use super::diff::Diff;
use super::error::ConfigError;
use super::limits;
use super::text::{dict, write_bytes, write_dict, write_int};
use super::tree::Dict;

/// Hash of a serialised message; has nothing to do with the storage hash.
pub type Hash = [u8; 32];

/// Diffs of earlier revisions by number and hash.
pub type Lags = BTreeMap<(i64, Hash), Arc<Diff>>;

/// What a revision says.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// The sequence number.
    pub seqno: i64,
    /// The data.
    pub data: Dict,
    /// Diffs of the revisions that this one contains.
    pub lags: Lags,
    /// This revision's own diff.
    pub diff: Arc<Diff>,
    /// Top-level keys of newer clients, with their bencoded values.
    pub unknown: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// A revision and its text, as read or as written once.
#[derive(Clone, Debug)]
pub struct Revision {
    /// What it says.
    pub message: Message,
    /// Its text, signature included.
    pub text: Vec<u8>,
    /// Hash of the text.
    pub hash: Hash,
}

impl Revision {
    /// The empty document that every first revision comes from.
    pub fn empty() -> Self {
        Message::default().finish(None)
    }

    /// Reads a text; `signer` is the key that must have signed it, where one must.
    ///
    /// # Errors
    /// [`ConfigError`], for the first rule that is broken.
    pub fn parse(text: Vec<u8>, signer: Option<&[u8; 32]>) -> Result<Self, ConfigError> {
        let revision = Self::parse_own(text, signer)?;
        if revision.message.seqno > limits::MAX_SEQNO { Err(ConfigError::Seqno) } else { Ok(revision) }
    }

    /// [`Self::parse`] for what this device wrote itself: also a revision that cannot go out because its number is too large.
    pub(super) fn parse_own(text: Vec<u8>, signer: Option<&[u8; 32]>) -> Result<Self, ConfigError> {
        let message = {
            let Bencode::Dict(pairs) = bencode::decode_within(&text, &limits::MESSAGE)? else {
                return Err(ConfigError::malformed("outer dict"));
            };
            check_signature(&text, &pairs, signer)?;
            Message::from_pairs(&pairs)?
        };
        let hash = blake2b_256(&[&text]);
        Ok(Self { message, text, hash })
    }

    /// The message that follows this one, to be changed.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests alone"))]
    pub fn next(&self) -> Message {
        let mut message = self.message.clone();
        message.advance(self.hash);
        message
    }
}

impl Message {
    /// Makes this message the one that follows it; `hash` is its own. The data stays.
    pub fn advance(&mut self, hash: Hash) {
        self.lags.insert((self.seqno, hash), std::mem::take(&mut self.diff));
        self.seqno = self.seqno.saturating_add(1);
        trim(&mut self.lags, self.seqno);
    }

    /// The text with the diff that stands in the message, signed where `signer` is given.
    pub fn write(&self, diff: &Diff, signer: Option<&AccountKeys>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut unknown = self.unknown.iter().peekable();
        let mut before = |end: &[u8], out: &mut Vec<u8>| {
            while let Some((key, value)) = unknown.next_if(|(key, _)| key.as_slice() < end) {
                write_bytes(key, out);
                out.extend_from_slice(value);
            }
            write_bytes(end, out);
        };
        out.extend_from_slice(b"d1:#");
        write_int(self.seqno, &mut out);
        before(b"&", &mut out);
        write_dict(&self.data, &mut out);
        before(b"<", &mut out);
        out.push(b'l');
        for ((seqno, hash), diff) in self.lags.iter().filter(|((seqno, _), _)| in_window(*seqno, self.seqno)) {
            out.push(b'l');
            write_int(*seqno, &mut out);
            write_bytes(hash, &mut out);
            diff.write(&mut out);
            out.push(b'e');
        }
        out.push(b'e');
        before(b"=", &mut out);
        diff.write(&mut out);
        for (key, value) in unknown {
            write_bytes(key, &mut out);
            out.extend_from_slice(value);
        }
        if let Some(signer) = signer {
            let signature = signer.sign(&out);
            write_bytes(b"~", &mut out);
            write_bytes(&signature, &mut out);
        }
        out.push(b'e');
        out
    }

    /// This message and its text, as it goes out.
    pub fn finish(self, signer: Option<&AccountKeys>) -> Revision {
        let text = self.write(&self.diff, signer);
        let hash = blake2b_256(&[&text]);
        Revision { message: self, text, hash }
    }

    fn from_pairs(pairs: &[(&[u8], Bencode<'_>)]) -> Result<Self, ConfigError> {
        let [(b"#", Bencode::Int(seqno)), pairs @ ..] = pairs else {
            return Err(ConfigError::malformed("sequence number"));
        };
        if *seqno < 0 {
            return Err(ConfigError::Seqno);
        }
        let mut message = Self { seqno: *seqno, ..Self::default() };
        let mut data = None;
        for (key, value) in pairs {
            match (*key, value) {
                (b"&", Bencode::Dict(pairs)) => data = Some(dict(pairs)?),
                (b"<", Bencode::List(list)) => message.lags = lags(list, *seqno)?,
                (b"=", Bencode::Dict(pairs)) => message.diff = Arc::new(Diff::parse(pairs)?),
                (b"&" | b"<" | b"=", _) => return Err(ConfigError::malformed("outer dict")),
                (b"~", _) => {}
                (key, value) if key < b"~".as_slice() => {
                    message.unknown.insert(key.to_vec(), bencode::encode(value));
                }
                _ => return Err(ConfigError::malformed("key after the signature")),
            }
        }
        message.data = data.ok_or(ConfigError::malformed("outer dict"))?;
        Ok(message)
    }
}

/// Lagged diffs of a message with this number; too old ones are left out.
fn lags(list: &[Bencode<'_>], own: i64) -> Result<Lags, ConfigError> {
    if list.len() > limits::MAX_LAGS {
        return Err(ConfigError::TooLarge { what: "lag list" });
    }
    let mut lags = Lags::new();
    for entry in list {
        let Some([Bencode::Int(seqno), rest @ ..]) = entry.as_list() else { return Err(LAG) };
        if *seqno >= own {
            return Err(LAG);
        }
        if !in_window(*seqno, own) {
            continue;
        }
        let [Bencode::Bytes(hash), Bencode::Dict(pairs)] = rest else { return Err(LAG) };
        let key = (*seqno, Hash::try_from(*hash).map_err(|_| LAG)?);
        if lags.last_key_value().is_some_and(|(last, _)| *last >= key) {
            return Err(LAG);
        }
        lags.insert(key, Arc::new(Diff::parse(pairs)?));
    }
    Ok(lags)
}

/// Whether a diff of revision `seqno` still counts in revision `own`.
fn in_window(seqno: i64, own: i64) -> bool {
    own.checked_sub(limits::LAG).is_none_or(|oldest| seqno > oldest) && seqno < own
}

/// Drops what no longer counts in revision `own`, and the oldest beyond what a reader takes.
pub(super) fn trim(lags: &mut Lags, own: i64) {
    lags.retain(|(seqno, _), _| in_window(*seqno, own));
    while lags.len() > limits::MAX_LAGS {
        lags.pop_first();
    }
}

fn check_signature(text: &[u8], pairs: &[(&[u8], Bencode<'_>)], signer: Option<&[u8; 32]>) -> Result<(), ConfigError> {
    let Some(at) = pairs.iter().position(|(key, _)| *key == b"~") else {
        return if signer.is_some() { Err(ConfigError::Unsigned) } else { Ok(()) };
    };
    if at + 1 != pairs.len() {
        return Err(ConfigError::malformed("key after the signature"));
    }
    let found = pairs.last().and_then(|(_, value)| value.as_bytes()).and_then(|bytes| bytes.try_into().ok());
    let signature: &[u8; 64] = found.ok_or(ConfigError::Signature)?;
    let signed = text.len().checked_sub(SIGNATURE_TAIL).and_then(|end| text.get(..end)).unwrap_or_default();
    match signer {
        Some(signer) if !verify(signer, signed, signature) => Err(ConfigError::Signature),
        _ => Ok(()),
    }
}

/// `1:~`, `64:`, the signature and the closing `e`.
const SIGNATURE_TAIL: usize = 3 + 3 + 64 + 1;

const LAG: ConfigError = ConfigError::Malformed { what: "lag list" };
