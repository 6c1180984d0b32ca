//! Config messages against `configs.json`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

#[path = "vectors/harness.rs"]
mod harness;

#[path = "vectors/configs.rs"]
mod configs;

#[path = "vectors/typed.rs"]
mod typed;

use configs::{NOON, account_of, comes_back, edited, encrypted, keys_of, parsed, pushed};
use harness::{Block, Check, File, HexArray, HexLeaf, Key, Leaf, Prose, ensure, ensure_eq};
use onionskin_core::config::compress::{LEVEL, compress, expand, shorter};
use onionskin_core::config::diff::Diff;
use onionskin_core::config::fields::Picture;
use onionskin_core::config::message::Message;
use onionskin_core::config::seal::{pad, padded_len};
use onionskin_core::config::{ConfigError, Dict, Document, DocumentKind, Incoming, contacts, parts, user_profile};
use onionskin_core::crypto::config_seal::nonce;
use onionskin_core::crypto::{AccountKeys, CONFIG_OVERHEAD, ConfigBase, blake2b_256, ed25519_to_x25519};
use onionskin_core::wire::bencode;
use serde::Deserialize;
use typed::{ContactFields, GroupInputs, kept_places, write_contact, write_groups};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    seed: Key,
    ed25519_pk: Key,
    x25519_pk: Key,
    session_id: Leaf<String>,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

fn account(block: &Account, _file: &File) -> Check {
    let keys = AccountKeys::from_ed25519_seed(&block.seed);
    ensure_eq("ed25519_pk", keys.ed25519_public(), **block.ed25519_pk)?;
    ensure_eq("x25519_pk", *keys.x25519_public(), **block.x25519_pk)?;
    ensure_eq("x25519_pk of ed25519_pk", ed25519_to_x25519(&block.ed25519_pk), Some(**block.x25519_pk))?;
    ensure_eq("session_id", &keys.account_id().to_string(), &*block.session_id)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Encryption {
    key_base: Key,
    domain: Leaf<String>,
    plaintext: HexLeaf,
    derived_key: Key,
    nonce: Leaf<HexArray<24>>,
    output: HexLeaf,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

fn encryption(cases: &Vec<Encryption>, _file: &File) -> Check {
    for case in cases {
        let (base, text) = (ConfigBase::from_bytes(**case.key_base), &case.plaintext[..]);
        ensure_eq("derived_key", *base.derived_key(text.len(), &case.domain), **case.derived_key)?;
        ensure_eq("nonce", nonce(&case.domain, text), Some(**case.nonce))?;
        ensure_eq("output", &base.seal(&case.domain, text.to_vec())[..], &**case.output)?;
        ensure_eq("opened", base.open(&case.domain, &case.output).as_deref(), Some(text))?;
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Padding {
    unpadded_len: Leaf<usize>,
    overhead: Leaf<usize>,
    padded_len: Leaf<usize>,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

fn padding(cases: &Vec<Padding>, _file: &File) -> Check {
    for case in cases {
        ensure_eq("padded_len", padded_len(*case.unpadded_len, *case.overhead), *case.padded_len)?;
        if *case.overhead == CONFIG_OVERHEAD {
            ensure_eq("padded", pad(&vec![7; *case.unpadded_len]).len(), *case.padded_len)?;
        }
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Compression {
    input: HexLeaf,
    level: Leaf<i32>,
    output_with_z_prefix: HexLeaf,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

fn compression(cases: &Vec<Compression>, _file: &File) -> Check {
    for case in cases {
        let compressed = compress(&case.input, *case.level).ok_or("the encoder refused")?;
        ensure_eq("output_with_z_prefix", &compressed[..], &**case.output_with_z_prefix)?;
        // A document begins with `d`, which these inputs do not: then the frame was expanded and looked into.
        let expanded = expand(case.output_with_z_prefix.to_vec());
        match case.input.first() {
            Some(b'd') => ensure_eq("expanded", expanded.as_deref(), Ok(&**case.input))?,
            _ => ensure_eq("expanded", expanded, Err(ConfigError::Malformed { what: "first byte" }))?,
        }
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {
    serialized_ascii: Leaf<String>,
    hash: Key,
    padded_len: Leaf<usize>,
    encrypted: HexLeaf,
    protobuf_wrapped: HexLeaf,
    wrapped_len: Leaf<usize>,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

fn user_profile_empty_seqno0(block: &Empty, file: &File) -> Check {
    let (keys, kind) = (keys_of(file), DocumentKind::UserProfile);
    let mut document = Document::new(kind);
    let (push, text, hash) = pushed(&mut document, &keys)?;
    ensure_eq("seqno", push.seqno, 0)?;
    ensure_eq("serialized_ascii", &text[..], block.serialized_ascii.as_bytes())?;
    ensure_eq("hash", hash, **block.hash)?;
    ensure_eq("padded_len", pad(&text).len(), *block.padded_len)?;
    ensure_eq("encrypted", &encrypted(file, kind, &text)[..], &**block.encrypted)?;
    ensure_eq("protobuf_wrapped", &push.messages[0][..], &**block.protobuf_wrapped)?;
    ensure_eq("wrapped_len", push.messages[0].len(), *block.wrapped_len)?;
    comes_back(&document, &keys, &block.protobuf_wrapped)?;
    comes_back(&document, &keys, &block.encrypted)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    fields: ProfileFields,
    serialized: HexLeaf,
    hash: Key,
    compressed: Leaf<bool>,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    encrypted: HexLeaf,
    protobuf_wrapped: HexLeaf,
    dump_before_confirm: HexLeaf,
    dump_after_confirm_fakehash1: HexLeaf,
    #[serde(rename = "dump_note")]
    _dump_note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFields {
    n: Option<Leaf<String>>,
    p: Option<Leaf<String>>,
    q_ascii: Option<Leaf<String>>,
    #[serde(rename = "+")]
    priority: Option<Leaf<i64>>,
    #[serde(rename = "P")]
    again: Option<Leaf<String>>,
    #[serde(rename = "Q_ascii")]
    again_key: Option<Leaf<String>>,
    t: Option<Leaf<i64>>,
    #[serde(rename = "T")]
    again_at: Option<Leaf<i64>>,
    e: Option<Leaf<i64>>,
    #[serde(rename = "M")]
    requests: Option<Leaf<i64>>,
}

fn user_profile_seqno1(block: &Profile, file: &File) -> Check {
    let (keys, kind, fields) = (keys_of(file), DocumentKind::UserProfile, &block.fields);
    let mut document = edited(kind, |data| {
        let pictures = [("p", &fields.p), ("q", &fields.q_ascii), ("P", &fields.again), ("Q", &fields.again_key)];
        for (key, text) in [("n", &fields.n)].into_iter().chain(pictures) {
            data.put_or_remove(key, text.as_ref().map(|text| text.as_str()).filter(|text| !text.is_empty()));
        }
        for (key, number) in [("+", &fields.priority), ("t", &fields.t), ("T", &fields.again_at), ("e", &fields.e)] {
            data.put_non_zero(key, number.as_ref().map_or(0, |number| **number));
        }
        data.put_or_remove("M", fields.requests.as_ref().map(|allowed| **allowed));
    });
    let (push, text, hash) = pushed(&mut document, &keys)?;
    ensure_eq("seqno", push.seqno, 1)?;
    ensure_eq("serialized", &text[..], &**block.serialized)?;
    ensure_eq("hash", hash, **block.hash)?;
    ensure_eq("compressed", shorter(&text).len() < text.len(), *block.compressed)?;
    ensure_eq("encrypted", &encrypted(file, kind, &text)[..], &**block.encrypted)?;
    ensure_eq("protobuf_wrapped", &push.messages[0][..], &**block.protobuf_wrapped)?;
    comes_back(&document, &keys, &block.protobuf_wrapped)?;
    comes_back(&document, &keys, &block.encrypted)?;
    ensure_eq("dump_before_confirm", &library_dump(2, &text, "")[..], &**block.dump_before_confirm)?;
    let mut loaded = loaded(kind, &block.dump_before_confirm)?;
    ensure("a pushed document waits", loaded.needs_push() && !loaded.is_dirty())?;
    ensure_eq("text of a loaded document", loaded.revision(), document.revision())?;
    ensure("confirmed", loaded.confirm(1, vec!["fakehash1".to_owned()]))?;
    let confirmed = self::loaded(kind, &block.dump_after_confirm_fakehash1)?;
    ensure_eq("dump_after_confirm", &library_dump(0, &text, "fakehash1")[..], &**block.dump_after_confirm_fakehash1)?;
    ensure_eq("text of a confirmed document", confirmed.revision(), loaded.revision())?;
    ensure_eq("hashes", confirmed.current_hashes(), loaded.current_hashes())?;
    ensure_eq("waiting", (confirmed.needs_push(), loaded.needs_push()), (false, false))
}

/// A dump as the library wrote it until 2024.
fn library_dump(state: i64, text: &[u8], hash: &str) -> Vec<u8> {
    use bencode::Value::{Bytes, Dict, Int, List};
    bencode::encode(&Dict(vec![
        (b"!", Int(state)),
        (b"$", Bytes(text)),
        (b"(", Bytes(hash.as_bytes())),
        (b")", List(vec![])),
        (b"+", Dict(vec![])),
    ]))
}

fn loaded(kind: DocumentKind, dump: &[u8]) -> Result<Document, String> {
    Document::restore(kind, dump).map_err(|error| error.to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contacts {
    contacts: Vec<ContactFields>,
    serialized: HexLeaf,
    hash: Key,
    compressed_len_with_z: Leaf<usize>,
    encrypted: HexLeaf,
    protobuf_wrapped: HexLeaf,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

fn contacts_seqno1(block: &Contacts, file: &File) -> Check {
    let (keys, kind, own) = (keys_of(file), DocumentKind::Contacts, account_of(file).account_id());
    let mut document = Document::new(kind);
    block.contacts.iter().try_for_each(|person| document.edit(|data| write_contact(data, &own, person)))?;
    ensure_eq("people", contacts::all(document.data(), &own).count(), block.contacts.len())?;
    let (push, text, hash) = pushed(&mut document, &keys)?;
    ensure_eq("serialized", &text[..], &**block.serialized)?;
    ensure_eq("hash", hash, **block.hash)?;
    let compressed = compress(&text, LEVEL).ok_or("the encoder refused")?;
    ensure_eq("compressed_len_with_z", compressed.len(), *block.compressed_len_with_z)?;
    ensure_eq("encrypted", &encrypted(file, kind, &text)[..], &**block.encrypted)?;
    ensure_eq("protobuf_wrapped", &push.messages[0][..], &**block.protobuf_wrapped)?;
    comes_back(&document, &keys, &block.protobuf_wrapped)?;
    comes_back(&document, &keys, &block.encrypted)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Groups {
    inputs: GroupInputs,
    serialized: HexLeaf,
    hash: Key,
    protobuf_wrapped: HexLeaf,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

fn user_groups_seqno1(block: &Groups, file: &File) -> Check {
    let (keys, kind) = (keys_of(file), DocumentKind::UserGroups);
    let mut document = Document::new(kind);
    document.edit(|data| write_groups(data, &block.inputs))?;
    let (push, text, hash) = pushed(&mut document, &keys)?;
    ensure_eq("serialized", &text[..], &**block.serialized)?;
    ensure_eq("hash", hash, **block.hash)?;
    ensure_eq("protobuf_wrapped", &push.messages[0][..], &**block.protobuf_wrapped)?;
    comes_back(&document, &keys, &block.protobuf_wrapped)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Multipart {
    how_built: Leaf<String>,
    padded_len: Leaf<usize>,
    final_hash: Key,
    parts: Vec<Part>,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    len: Leaf<usize>,
    prefix_64: HexLeaf,
    suffix_16: HexLeaf,
    blake2b32: Key,
    encrypted_len: Leaf<usize>,
}

/// How the value of a multipart document is made: under which key, how long, and its bytes `(i*a+b)%c`. Each with its place.
struct HowBuilt<'a> {
    key: (usize, &'a str),
    numbers: [(usize, usize); 4],
}

impl<'a> HowBuilt<'a> {
    /// Reads it out of a sentence; whatever else the sentence says is for people.
    fn read(text: &'a str) -> Option<Self> {
        let key_at = text.find("data key ")? + "data key ".len();
        let key = text[key_at..].split_whitespace().next()?;
        let (bytes_at, formula_at) = (text.find(" bytes")?, text.find("(i*")?);
        let len = numbers(text).into_iter().rfind(|(at, _)| *at < bytes_at)?;
        let mut formula = numbers(text).into_iter().filter(|(at, _)| *at > formula_at);
        Some(Self { key: (key_at, key), numbers: [len, formula.next()?, formula.next()?, formula.next()?] })
    }
}

/// The numbers in a text, and where each stands.
fn numbers(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut digits = String::new();
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_ascii_digit() {
            digits.push(c);
        } else if !digits.is_empty() {
            found.push((at - digits.len(), digits.parse().unwrap_or(0)));
            digits.clear();
        }
    }
    found
}

fn multipart(block: &Multipart, file: &File) -> Check {
    let built = HowBuilt::read(&block.how_built).ok_or("how_built does not say how")?;
    let [len, a, b, c] = built.numbers.map(|(_, number)| number);
    let value: Vec<u8> = (0..len).map(|i| ((i * a + b) % c) as u8).collect();
    let mut message = Message { seqno: 1, ..Message::default() };
    message.data.put(built.key.1, value);
    let text = message.write(&Diff::between(&Dict::default(), &message.data), None);
    let padded = pad(&text);
    ensure_eq("padded_len", padded.len(), *block.padded_len)?;
    ensure_eq("final_hash", blake2b_256(&[&padded]), **block.final_hash)?;
    let parts = parts::split(&padded).map_err(|error| error.to_string())?;
    ensure_eq("number of parts", parts.len(), block.parts.len())?;
    let (base, kind, keys) = (ConfigBase::account(&account_of(file)), DocumentKind::UserProfile, keys_of(file));
    let mut stored = Vec::new();
    for (part, expected) in parts.into_iter().zip(&block.parts) {
        ensure_eq("len", part.len(), *expected.len)?;
        ensure_eq("prefix_64", part.get(..64), Some(&**expected.prefix_64))?;
        ensure_eq("suffix_16", part.get(part.len() - 16..), Some(&**expected.suffix_16))?;
        ensure_eq("blake2b32", blake2b_256(&[&part]), **expected.blake2b32)?;
        let sealed = base.seal(kind.domain(), part);
        ensure_eq("encrypted_len", sealed.len(), *expected.encrypted_len)?;
        stored.push(sealed);
    }
    // The last part first, over several merges.
    let mut document = Document::new(kind);
    for (number, data) in stored.iter().enumerate().rev() {
        let merged = document.merge(&keys, &[Incoming { hash: &number.to_string(), data }], NOON);
        ensure_eq("accepted", merged.accepted, vec![number.to_string()])?;
        ensure_eq("complete", merged.changed, number == 0)?;
    }
    ensure_eq("joined", document.revision().map(|(text, _)| text), Some(&text[..]))?;
    ensure_eq("hashes of all parts", document.current_hashes().len(), stored.len())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile2026 {
    serialized: HexLeaf,
    hash: Key,
    pro_credential_value_of_s: HexLeaf,
    rotating_pubkey: Key,
    #[serde(rename = "note")]
    _note: Option<Prose>,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

fn user_profile_2026_keys(block: &Profile2026, file: &File) -> Check {
    let (keys, kind) = (keys_of(file), DocumentKind::UserProfile);
    let revision = parsed(&block.serialized)?;
    let data = &revision.message.data;
    let pro = user_profile::pro(data, 0);
    ensure_eq("s", pro.credential.map(|credential| credential.0), Some(&**block.pro_credential_value_of_s))?;
    // The picture in force is the one uploaded again only when that was later than the user chose one.
    let [chosen_at, again_at] = ["t", "T"].map(|key| data.positive(key).unwrap_or(0));
    let in_force = data.text(if chosen_at >= again_at { "p" } else { "P" });
    ensure_eq("picture", user_profile::picture(data).as_ref().map(Picture::url), in_force)?;
    let updated = if data.get("t").is_some() { chosen_at.max(again_at) } else { 0 };
    ensure_eq("updated", user_profile::updated(data), updated)?;
    let credential = bencode::decode(&block.pro_credential_value_of_s).map_err(|error| error.to_string())?;
    let seed = credential.get(b"r").and_then(|seed| seed.as_bytes()?.try_into().ok()).ok_or("no rotating seed")?;
    ensure_eq("rotating_pubkey", AccountKeys::from_ed25519_seed(seed).ed25519_public(), **block.rotating_pubkey)?;
    // Written by us, key by key, it is the same message.
    let mut document = Document::new(kind);
    for (key, value) in data.iter() {
        document.edit(|own| own.put(key, value.clone()));
    }
    let (_, text, hash) = pushed(&mut document, &keys)?;
    ensure_eq("serialized", &text[..], &**block.serialized)?;
    ensure_eq("hash", hash, **block.hash)?;
    // A change of the name leaves all of it where it is.
    document.edit(|own| user_profile::set_name(own, "somebody else", 1));
    let others = |data: &Dict| {
        data.iter()
            .filter(|(key, _)| !matches!(*key, b"n" | b"t" | b"T"))
            .map(|(key, value)| (key.to_vec(), value.clone()))
            .collect::<Vec<_>>()
    };
    ensure_eq("keys that were not touched", others(document.data()), others(data))
}

fn blocks() -> Vec<Block> {
    let prose = &["assurance", "note"];
    let blocks = vec![
        Block::new("account", account).prose(prose),
        Block::new("encryption", encryption).prose(prose),
        Block::new("padding", padding).prose(prose).free("unpadded_len", "several lengths give one padded length"),
        Block::new("compression", compression)
            .prose(prose)
            .free("level", "neighbouring levels write so short a frame alike"),
        Block::new("user_profile_empty_seqno0", user_profile_empty_seqno0).prose(prose),
        Block::new("user_profile_seqno1", user_profile_seqno1).prose(prose).prose(&["dump_note"]),
        Block::new("contacts_seqno1", contacts_seqno1)
            .prose(prose)
            .changed_at("name", kept_places)
            .changed_at("nickname", kept_places),
        Block::new("user_groups_seqno1", user_groups_seqno1).prose(prose).changed_at("name", kept_places),
        Block::new("multipart", multipart).prose(prose).changed_at("how_built", |text| {
            let built = HowBuilt::read(text).expect("says how");
            [built.key.0].into_iter().chain(built.numbers.map(|(at, _)| at)).collect()
        }),
        Block::new("user_profile_2026_keys", user_profile_2026_keys).prose(prose),
    ];
    blocks.into_iter().map(Block::null_is_absent).collect()
}

harness::vector_tests!("vectors_configs", "configs.json", blocks());
