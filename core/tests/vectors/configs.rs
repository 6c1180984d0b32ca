//! What the targets over `configs.json` share: documents made, pushed and read with the file's account.
#![allow(dead_code, unused_imports)] // each target uses its part

use onionskin_core::clock::Timestamp;
use onionskin_core::config::compress::shorter;
use onionskin_core::config::message::Revision;
use onionskin_core::config::seal::pad;
use onionskin_core::config::{ConfigKeys, Dict, Document, DocumentKind, Incoming, Push};
use onionskin_core::crypto::{AccountKeys, ConfigBase};

use crate::harness::{Check, File, Key, ensure_eq};

pub const NOON: Timestamp = Timestamp::from_millis(1_774_000_000_000);

/// The account that all documents belong to.
pub fn account_of(file: &File) -> AccountKeys {
    let seed: Key = file.other("account.seed");
    AccountKeys::from_ed25519_seed(&seed)
}

pub fn keys_of(file: &File) -> ConfigKeys {
    ConfigKeys::account(&account_of(file))
}

/// A document after one change.
pub fn edited(kind: DocumentKind, change: impl FnOnce(&mut Dict)) -> Document {
    let mut document = Document::new(kind);
    document.edit(change);
    document
}

/// The document that holds `serialized`, as another device of the account pushed it.
pub fn received(kind: DocumentKind, keys: &ConfigKeys, serialized: &[u8]) -> Result<Document, String> {
    let mut document = Document::new(kind);
    take_in(&mut document, keys, serialized, "received")?;
    Ok(document)
}

pub fn take_in(document: &mut Document, keys: &ConfigKeys, serialized: &[u8], hash: &str) -> Check {
    let stored = sealed(document.kind(), keys, serialized)?;
    let incoming: Vec<Incoming<'_>> = stored.iter().map(|data| Incoming { hash, data }).collect();
    let merged = document.merge(keys, &incoming, NOON);
    ensure_eq("refused", merged.refused, vec![])
}

/// What a swarm stores of a text.
pub fn sealed(kind: DocumentKind, keys: &ConfigKeys, serialized: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let seqno = parsed(serialized)?.message.seqno;
    onionskin_core::config::seal::close(keys, kind, seqno, serialized).map_err(|error| error.to_string())
}

pub fn parsed(serialized: &[u8]) -> Result<Revision, String> {
    Revision::parse(serialized.to_vec(), None).map_err(|error| error.to_string())
}

/// The bare ciphertext of a text.
pub fn encrypted(file: &File, kind: DocumentKind, serialized: &[u8]) -> Vec<u8> {
    ConfigBase::account(&account_of(file)).seal(kind.domain(), pad(&shorter(serialized)))
}

/// Pushes and gives text, hash and the one message.
pub fn pushed(document: &mut Document, keys: &ConfigKeys) -> Result<(Push, Vec<u8>, [u8; 32]), String> {
    let push = document.push(keys).map_err(|error| error.to_string())?;
    ensure_eq("messages of a push", push.messages.len(), 1)?;
    let (text, hash) = document.revision().ok_or("a pushed document has a text")?;
    let (text, hash) = (text.to_vec(), hash);
    Ok((push, text, hash))
}

/// The pushed bytes open again, on another device, to the same document.
pub fn comes_back(document: &Document, keys: &ConfigKeys, stored: &[u8]) -> Check {
    let mut other = Document::new(document.kind());
    let merged = other.merge(keys, &[Incoming { hash: "stored", data: stored }], NOON);
    ensure_eq("accepted", merged.accepted, vec!["stored".to_owned()])?;
    ensure_eq("what another device reads", other.revision(), document.revision())
}
