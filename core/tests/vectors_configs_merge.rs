//! Merged and signed config messages against `configs.json`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

#[path = "vectors/configs.rs"]
mod configs;
#[path = "vectors/harness.rs"]
mod harness;

use std::collections::BTreeSet;

use configs::{NOON, comes_back, encrypted, keys_of, parsed, pushed, received, sealed, take_in};
use harness::{Block, Check, File, HexArray, HexLeaf, Key, Leaf, Prose, ensure, ensure_eq};
use onionskin_core::config::diff::Diff;
use onionskin_core::config::merge::{Candidate, Outcome, resolve};
use onionskin_core::config::message::{Message, Revision};
use onionskin_core::config::{ConfigError, Dict, Document, DocumentKind, Incoming, Scalar, Value};
use onionskin_core::crypto::{AccountKeys, blake2b_256};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MergeTwo {
    base_seqno1: HexLeaf,
    update_a_seqno2: HexLeaf,
    update_a_hash: Key,
    update_b_seqno2: HexLeaf,
    update_b_hash: Key,
    merged_seqno: Leaf<i64>,
    merged: HexLeaf,
    merged_hash: Key,
    winner_name: Leaf<String>,
    merged_encrypted: HexLeaf,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

fn merge_two_conflicting(block: &MergeTwo, file: &File) -> Check {
    let (keys, kind) = (keys_of(file), DocumentKind::UserProfile);
    let (a, b) = (&block.update_a_seqno2, &block.update_b_seqno2);
    ensure_eq("update_a_hash", parsed(a)?.hash, **block.update_a_hash)?;
    ensure_eq("update_b_hash", parsed(b)?.hash, **block.update_b_hash)?;
    // Both updates are made from the base by a device that changes what their diffs say.
    for (own, other) in [(a, b), (b, a)] {
        let base = received(kind, &keys, &block.base_seqno1)?;
        ensure_eq("base_seqno1", base.revision().map(|(text, _)| text), Some(&**block.base_seqno1))?;
        let update = parsed(own)?;
        // A dirty device: it made the one update itself and has not pushed it when the other one comes.
        let mut dirty = base.clone();
        dirty.edit(|data| data.clone_from(&update.message.data));
        ensure("the update is a change", dirty.is_dirty())?;
        let mut copy = dirty.clone();
        let (_, text, hash) = pushed(&mut copy, &keys)?;
        ensure_eq("the update as it goes out", (&text[..], hash), (&***own, update.hash))?;
        take_in(&mut dirty, &keys, other, "other")?;
        ensure("a merge is pushed", dirty.is_dirty())?;
        let (push, text, hash) = pushed(&mut dirty, &keys)?;
        ensure_eq("merged_seqno", push.seqno, *block.merged_seqno)?;
        ensure_eq("merged", &text[..], &**block.merged)?;
        ensure_eq("merged_hash", hash, **block.merged_hash)?;
        ensure_eq("winner_name", dirty.data().text("n"), Some(block.winner_name.as_str()))?;
        ensure_eq("merged_encrypted", &encrypted(file, kind, &text)[..], &**block.merged_encrypted)?;
        comes_back(&dirty, &keys, &block.merged_encrypted)?;
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MergeClean {
    pushed: HexLeaf,
    pushed_hash: Key,
    pushed_protobuf_wrapped: HexLeaf,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

fn merge_pushed_by_clean_client(block: &MergeClean, file: &File) -> Check {
    let (keys, kind) = (keys_of(file), DocumentKind::UserProfile);
    let [base, a, b]: [HexLeaf; 3] = ["base_seqno1", "update_a_seqno2", "update_b_seqno2"]
        .map(|name| file.other(&format!("merge_two_conflicting.{name}")));
    let stored = |text: &HexLeaf| sealed(kind, &keys, text).map(|messages| messages[0].clone());
    let [base, a, b] = [stored(&base)?, stored(&a)?, stored(&b)?];
    let at_once: [&[&Vec<u8>]; 4] = [&[&a, &b], &[&b, &a], &[&base, &b, &a], &[&a, &b, &a, &base]];
    for order in at_once {
        let mut document = Document::new(kind);
        let names: Vec<String> = order.iter().map(|data| hex::encode(blake2b_256(&[data]))).collect();
        let incoming: Vec<_> = order.iter().zip(&names).map(|(data, hash)| Incoming { hash, data }).collect();
        let merged = document.merge(&keys, &incoming, NOON);
        ensure_eq("refused", merged.refused, vec![])?;
        let (push, text, hash) = pushed(&mut document, &keys)?;
        ensure_eq("pushed", &text[..], &**block.pushed)?;
        ensure_eq("pushed_hash", hash, **block.pushed_hash)?;
        ensure_eq("pushed_protobuf_wrapped", &push.messages[0][..], &**block.pushed_protobuf_wrapped)?;
        let obsolete: BTreeSet<String> = push.obsolete.into_iter().collect();
        ensure_eq("obsolete", obsolete, names.into_iter().collect::<BTreeSet<_>>())?;
        comes_back(&document, &keys, &block.pushed_protobuf_wrapped)?;
    }
    // One after the other: the first is the document, then the second conflicts with it.
    let mut document = Document::new(kind);
    for data in [&a, &b] {
        document.merge(&keys, &[Incoming { hash: &hex::encode(blake2b_256(&[data])), data }], NOON);
    }
    ensure_eq("pushed", &pushed(&mut document, &keys)?.1[..], &**block.pushed)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chain {
    msg_123: HexLeaf,
    hash_119_to_122: Vec<Key>,
    hash_123: Key,
    hash_124b: Key,
    msg_125a: HexLeaf,
    hash_125a: Key,
    msg_125b: HexLeaf,
    hash_125b: Key,
    msg_126a: HexLeaf,
    hash_126a: Key,
    msg_124a: HexLeaf,
    msg_120b: HexLeaf,
    msg_126b: HexLeaf,
    hash_126b: Key,
    msg_127_after_adding_789: HexLeaf,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

/// The story of the library's documentation. Revisions that the file does not spell out are made from those it does.
fn merge_chain_from_documentation(block: &Chain, _file: &File) -> Check {
    let m123 = parsed(&block.msg_123)?;
    ensure_eq("hash_123", m123.hash, **block.hash_123)?;
    let lags: Vec<_> = m123.message.lags.keys().map(|(_, hash)| *hash).collect();
    let hashes: Vec<[u8; 32]> = block.hash_119_to_122.iter().map(|hash| ***hash).collect();
    ensure_eq("hash_119_to_122", lags, hashes.clone())?;

    // 125a and 125b come from 124b, which comes from 123.
    let (a125, b125) = (parsed(&block.msg_125a)?, parsed(&block.msg_125b)?);
    ensure_eq("hash_125a", a125.hash, **block.hash_125a)?;
    ensure_eq("hash_125b", b125.hash, **block.hash_125b)?;
    for later in [&a125, &b125] {
        ensure("123 is in the lag list", later.message.lags.contains_key(&(123, **block.hash_123)))?;
        ensure("124b is in the lag list", later.message.lags.contains_key(&(124, **block.hash_124b)))?;
    }
    let b124 = between(&m123, &a125.message, &b125.message);
    ensure_eq("hash_124b", b124.hash, **block.hash_124b)?;
    ensure_eq("125a after 124b", &successor(&b124, &a125.message.data)[..], &**block.msg_125a)?;
    ensure_eq("125b after 124b", &successor(&b124, &b125.message.data)[..], &**block.msg_125b)?;

    let a126 = combined(&[&m123, &b124, &a125, &b125])?;
    ensure_eq("msg_126a", &a126.text[..], &**block.msg_126a)?;
    ensure_eq("hash_126a", a126.hash, **block.hash_126a)?;
    // 124a conflicts with 124b, and 120b comes too late.
    let (a124, b120) = (parsed(&block.msg_124a)?, parsed(&block.msg_120b)?);
    ensure_eq("124a after 123", &successor(&m123, &a124.message.data)[..], &**block.msg_124a)?;
    let b126 = combined(&[&m123, &b124, &a125, &b125, &a124, &b120])?;
    ensure_eq("msg_126b", &b126.text[..], &**block.msg_126b)?;
    ensure_eq("hash_126b", b126.hash, **block.hash_126b)?;
    let without = combined(&[&m123, &b124, &a125, &b125, &a124])?;
    ensure_eq("126b without the late one", without.text, b126.text.clone())?;
    // 120b comes from two empty revisions.
    let oldest = Message { seqno: b120.message.seqno - 2, ..Message::default() }.finish(None);
    let b119 = oldest.next().finish(None);
    ensure_eq("msg_120b", &successor(&b119, &b120.message.data)[..], &**block.msg_120b)?;

    let m127 = combined(&[&a126, &b126])?;
    let mut message = m127.message;
    // 789 comes into the set that has it in the file.
    let added = add(&mut message.data, &parsed(&block.msg_127_after_adding_789)?.message.data, &Scalar::Int(789));
    ensure_eq("sets that 789 comes into", added, 1)?;
    let diff = Diff::between(&parsed(&m127.text)?.message.data, &message.data);
    ensure_eq("msg_127", &message.write(&diff, None)[..], &**block.msg_127_after_adding_789)
}

/// Puts `scalar` into each set that has it in `model`. Gives the number of sets that did not have it.
fn add(data: &mut Dict, model: &Dict, scalar: &Scalar) -> usize {
    let mut added = 0;
    for (key, value) in model.iter() {
        added += match value {
            Value::Set(set) if set.contains(scalar) => usize::from(data.set_mut(key).insert(scalar.clone())),
            Value::Dict(model) => data.inner_mut(key).map_or(0, |inner| add(inner, model, scalar)),
            _ => 0,
        };
    }
    added
}

/// The revision between `base` and two that come from it: what `b` changed is as in `a`, which did not change it.
fn between(base: &Revision, a: &Message, b: &Message) -> Revision {
    let mut data = b.data.clone();
    b.diff.apply(&mut data, &a.data);
    data.prune();
    parsed(&successor(base, &data)).expect("our own text")
}

/// The text of the revision after `base` that says `data`.
fn successor(base: &Revision, data: &Dict) -> Vec<u8> {
    let mut message = base.next();
    message.data = data.clone();
    message.write(&Diff::between(&base.message.data, data), None)
}

/// What these come to, in any order.
fn combined(revisions: &[&Revision]) -> Result<Revision, String> {
    let mut candidates: Vec<Candidate<'_>> =
        revisions.iter().map(|revision| Candidate { message: &revision.message, hash: revision.hash }).collect();
    let mut result: Option<Revision> = None;
    for _ in 0..candidates.len() {
        candidates.rotate_left(1);
        let resolution = resolve(&candidates, true).ok_or("nothing to resolve")?;
        let Outcome::Combined(message) = resolution.outcome else { return Err("nothing was merged".to_owned()) };
        let revision = message.finish(None);
        if let Some(before) = &result {
            ensure_eq("merged in another order", &revision.text, &before.text)?;
        }
        result = Some(revision);
    }
    result.ok_or_else(|| "no revisions".to_owned())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    ed25519_secret_64: Leaf<HexArray<64>>,
    signed_part: HexLeaf,
    full: HexLeaf,
    hash_of_full: Key,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

fn signed_config(block: &Signed, _file: &File) -> Check {
    let (seed, public) = block.ed25519_secret_64.split_first_chunk::<32>().ok_or("64 bytes")?;
    let keys = AccountKeys::from_ed25519_seed(seed);
    ensure_eq("public half", &keys.ed25519_public()[..], public)?;
    let revision =
        Revision::parse(block.full.to_vec(), Some(&keys.ed25519_public())).map_err(|error| error.to_string())?;
    let message = &revision.message;
    let unsigned = message.write(&message.diff, None);
    ensure_eq("signed_part", unsigned.strip_suffix(b"e"), Some(&**block.signed_part))?;
    ensure_eq("full", &message.write(&message.diff, Some(&keys))[..], &**block.full)?;
    ensure_eq("hash_of_full", revision.hash, **block.hash_of_full)?;
    // The diff of this message leads from nothing to its data.
    ensure_eq("diff", &*message.diff, &Diff::between(&Dict::default(), &message.data))?;
    let stranger = AccountKeys::from_ed25519_seed(&[1; 32]).ed25519_public();
    let refused = |text: Vec<u8>, key: &[u8; 32]| Revision::parse(text, Some(key)).err();
    ensure_eq("signed by somebody else", refused(block.full.to_vec(), &stranger), Some(ConfigError::Signature))?;
    ensure_eq("not signed", refused(unsigned, &keys.ed25519_public()), Some(ConfigError::Unsigned))
}

fn blocks() -> Vec<Block> {
    let prose = &["assurance", "note"];
    let blocks = vec![
        Block::new("merge_two_conflicting", merge_two_conflicting).prose(prose),
        Block::new("merge_pushed_by_clean_client", merge_pushed_by_clean_client).prose(prose),
        Block::new("merge_chain_from_documentation", merge_chain_from_documentation).prose(prose),
        Block::new("signed_config", signed_config).prose(prose),
    ];
    blocks.into_iter().map(Block::null_is_absent).collect()
}

harness::vector_tests!("vectors_configs_merge", "configs.json", blocks());
