//! A document as this device keeps it: everything, so that nothing is lost when the program ends at any moment.
//!
//! Nobody else reads it. The form is the library's where the library has one: `!` stage, `$` the message, `(` its storage
//! hashes, `)` the obsolete ones, `*` incomplete parts, `+` what else. A dump of the library loads too; a dirty one then
//! costs a number, because it does not say what its own diff starts from. Keys are not in it. The document itself is:
//! a dump belongs into the encrypted ledger only.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::Timestamp;
use crate::wire::bencode::{self, Value as Bencode};

use super::diff::Diff;
use super::document::{Document, DocumentKind, Flag, Stage};
use super::error::ConfigError;
use super::limits;
use super::message::{Hash, Revision};
use super::parts::{Parts, Pending};
use super::text;
use super::tree::Dict;

impl Document {
    /// Everything: the state, the message with its signature, hashes, obsolete hashes, incomplete and finished parts.
    pub fn dump(&self) -> Vec<u8> {
        let diff = self.own_diff();
        let written = match &self.written {
            Some((text, _)) => text.clone(),
            None => self.message.write(&diff, None),
        };
        // What the own diff starts from is told by what leads back there: a few changes instead of a second document.
        let back = Diff::between(&self.message.data, &self.origin);
        let undo = (self.stage == Stage::Dirty).then(|| (diff_text(&back), text::write(&back.needed_of(&self.origin))));
        let local = diff_text(&self.local);
        let done: Vec<Bencode<'_>> = self
            .parts
            .done
            .iter()
            .map(|(whole, seen)| Bencode::List(vec![Bencode::Bytes(whole), moment(*seen)]))
            .collect();
        let pending = self.parts.pending.iter().map(|(whole, set)| {
            let chunks = set.chunks.iter().map(|(index, (hash, chunk))| {
                Bencode::List(vec![
                    Bencode::Int((*index).into()),
                    Bencode::Bytes(hash.as_bytes()),
                    Bencode::Bytes(chunk),
                ])
            });
            Bencode::List(vec![
                Bencode::Bytes(whole),
                Bencode::Int(set.count.into()),
                moment(set.seen),
                Bencode::List(chunks.collect()),
            ])
        });
        let mut extra = vec![(&b"d"[..], Bencode::List(done)), (&b"l"[..], Bencode::Bytes(&local))];
        if let Some((back, needed)) = &undo {
            extra.push((b"u", Bencode::List(vec![Bencode::Bytes(back), Bencode::Bytes(needed)])));
        }
        let stage = match self.stage {
            Stage::Clean => 0,
            Stage::Dirty => 1,
            Stage::Waiting => 2,
        };
        let dump = bencode::encode(&Bencode::Dict(vec![
            (b"!", Bencode::Int(stage)),
            (b"$", Bencode::Bytes(&written)),
            (b"(", strings(&self.current)),
            (b")", strings(&self.obsolete)),
            (b"*", Bencode::List(pending.collect())),
            (b"+", Bencode::Dict(extra)),
        ]));
        self.unsaved.clear();
        dump
    }

    /// Loads a [`Self::dump`].
    ///
    /// # Errors
    /// [`ConfigError::Dump`] for what is damaged.
    pub fn restore(kind: DocumentKind, dump: &[u8]) -> Result<Self, ConfigError> {
        let dump = bencode::decode_within(dump, &limits::DUMP).map_err(|_| ConfigError::Dump)?;
        load(kind, &dump).ok_or(ConfigError::Dump)
    }
}

fn load(kind: DocumentKind, dump: &Bencode<'_>) -> Option<Document> {
    let stage = match dump.get(b"!")?.as_int()? {
        0 => Stage::Clean,
        1 => Stage::Dirty,
        2 => Stage::Waiting,
        _ => return None,
    };
    // What was accepted once is not checked again: the keys are not here.
    let revision = Revision::parse_own(dump.get(b"$")?.as_bytes()?.to_vec(), None).ok()?;
    let extra = dump.get(b"+");
    let mut document = Document {
        kind,
        stage,
        message: revision.message,
        written: Some((revision.text, revision.hash)),
        origin: Dict::default(),
        local: Diff::default(),
        current: dump.get(b"(").map_or(Some(BTreeSet::new()), read_strings)?,
        obsolete: dump.get(b")").map_or(Some(BTreeSet::new()), read_strings)?,
        parts: Parts { pending: pending(dump.get(b"*"))?, done: done(extra.and_then(|extra| extra.get(b"d")))? },
        unsaved: Flag::new(false),
    };
    if let Some(local) = extra.and_then(|extra| extra.get(b"l")) {
        document.local = read_diff(local.as_bytes()?)?;
    }
    if stage != Stage::Dirty {
        return Some(document);
    }
    match extra.and_then(|extra| extra.get(b"u")).map(Bencode::as_list) {
        Some(Some([Bencode::Bytes(back), Bencode::Bytes(needed)])) => {
            document.origin = document.message.data.clone();
            read_diff(back)?.apply(&mut document.origin, &text::parse(needed).ok()?);
            document.origin.prune();
            document.written = None;
        }
        Some(_) => return None,
        None => {
            let (_, hash) = document.written.take()?;
            document.local = (*document.message.diff).clone();
            document.message.advance(hash);
            document.origin = document.message.data.clone();
        }
    }
    Some(document)
}

fn pending(list: Option<&Bencode<'_>>) -> Option<BTreeMap<Hash, Pending>> {
    // The library's parts are a dict of its own form; they come again.
    let Some(Bencode::List(list)) = list else { return Some(BTreeMap::new()) };
    let set = |entry: &Bencode<'_>| {
        let [Bencode::Bytes(whole), Bencode::Int(count), Bencode::Int(seen), Bencode::List(chunks)] =
            entry.as_list()?
        else {
            return None;
        };
        let chunk = |entry: &Bencode<'_>| match entry.as_list()? {
            [Bencode::Int(index), Bencode::Bytes(hash), Bencode::Bytes(chunk)] => {
                Some((u8::try_from(*index).ok()?, (string(hash)?, chunk.to_vec())))
            }
            _ => None,
        };
        let chunks = chunks.iter().map(chunk).collect::<Option<_>>()?;
        let set = Pending { count: u8::try_from(*count).ok()?, seen: Timestamp::from_sql(*seen), chunks };
        Some((Hash::try_from(*whole).ok()?, set))
    };
    list.iter().map(set).collect()
}

fn done(list: Option<&Bencode<'_>>) -> Option<BTreeMap<Hash, Timestamp>> {
    let Some(list) = list else { return Some(BTreeMap::new()) };
    let entry = |entry: &Bencode<'_>| match entry.as_list()? {
        [Bencode::Bytes(whole), Bencode::Int(seen)] => Some((Hash::try_from(*whole).ok()?, Timestamp::from_sql(*seen))),
        _ => None,
    };
    list.as_list()?.iter().map(entry).collect()
}

fn diff_text(diff: &Diff) -> Vec<u8> {
    let mut out = Vec::new();
    diff.write(&mut out);
    out
}

fn read_diff(text: &[u8]) -> Option<Diff> {
    match bencode::decode_within(text, &limits::MESSAGE).ok()? {
        Bencode::Dict(pairs) => Diff::parse(&pairs).ok(),
        _ => None,
    }
}

fn moment(at: Timestamp) -> Bencode<'static> {
    Bencode::Int(at.to_sql())
}

fn strings(strings: &BTreeSet<String>) -> Bencode<'_> {
    Bencode::List(strings.iter().map(|string| Bencode::Bytes(string.as_bytes())).collect())
}

/// A list of hashes, or one: the library had a single string until 2024, empty for none.
fn read_strings(value: &Bencode<'_>) -> Option<BTreeSet<String>> {
    match value {
        Bencode::List(list) => list.iter().map(|value| string(value.as_bytes()?)).collect(),
        Bencode::Bytes(b"") => Some(BTreeSet::new()),
        Bencode::Bytes(bytes) => Some(BTreeSet::from([string(bytes)?])),
        _ => None,
    }
}

fn string(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}
