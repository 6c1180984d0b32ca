//! Every parser of foreign bytes, by name: what `make fuzz` runs and what `make test` replays.
//!
//! A target is one call of a public function of core with the bytes as they would arrive. It passes when it returns;
//! where a function promises more (a message is opened without a panic being caught) the target holds that. The fuzzer
//! (`tests/fuzz`) includes this very file, so that both run the same calls.

use std::sync::LazyLock;

use onionskin_core::address::{Address, Namespace, Place, SwarmHash};
use onionskin_core::clock::Timestamp;
use onionskin_core::config::merge::{Candidate, Outcome, resolve};
use onionskin_core::config::message::Revision;
use onionskin_core::config::{self, ConfigKeys, Document, DocumentKind, Incoming};
use onionskin_core::crypto::{self, AccountId, AccountKeys, AccountSeed, Cipher, ConfigBase, Ephemeral, LayerKey};
use onionskin_core::message::{self, Refusal};
use onionskin_core::network::Network;
use onionskin_core::onion::failure::{self, Failure, Route};
use onionskin_core::onion::layer::{NodeReply, ReplyKey};
use onionskin_core::onion::{CacheFile, NodeKey, NodeList, PathSnapshot, Pool, ServiceNode, agree};
use onionskin_core::swarm::{Expiry, Namespaces, SwarmSnapshot, response};
use onionskin_core::{ContactCard, Draft, wire};

/// One parser, fed with arbitrary bytes.
pub type Target = fn(&[u8]);

/// Name and parser. The name is also that of the corpus folder.
pub const TARGETS: &[(&str, Target)] = &[
    // What people type or paste.
    ("account_id", |data| text(data, |text| _ = AccountId::parse(text))),
    ("recovery_phrase", |data| text(data, |text| _ = crypto::parse_phrase(text))),
    ("display_name", |data| text(data, |text| _ = (crypto::display_name(text), crypto::cut_display_name(text)))),
    ("network_description", |data| text(data, |text| _ = Network::from_json(text))),
    ("split_text", |data| text(data, split)),
    // What comes with a message.
    ("emoji", |data| text(data, |text| _ = message::emoji::is_emoji(text))),
    ("contact_card", |data| text(data, card)),
    ("quoted_words", |data| {
        let kept = wire::without_quoted_words(data);
        assert_eq!(wire::without_quoted_words(&kept), kept, "once is enough");
    }),
    ("incoming_message", |data| assert_ne!(open(data).err(), Some(Refusal::Panicked))),
    ("sealed_content", |data| assert_ne!(open(&letter(data)).err(), Some(Refusal::Panicked))),
    ("sealed_box", |data| _ = crypto::open(&BOB, data)),
    ("envelope", |data| _ = (wire::envelope::unwrap(data), wire::envelope::is_newer_format(data))),
    ("content", |data| _ = (wire::decode_content(data), wire::has_newer_field(data))),
    ("padding", |data| assert!(wire::padding::unpad(data).len() <= data.len())),
    // What comes from our own other devices, or from somebody who holds their keys.
    ("config_tree", |data| {
        if let Ok(tree) = config::text::parse(data) {
            assert_eq!(config::text::write(&tree), data, "one tree has one spelling");
        }
    }),
    ("config_revision", |data| _ = Revision::parse(data.to_vec(), None)),
    ("config_stored", |data| _ = arrive(&[data])),
    ("config_payload", |data| _ = arrive(&[&closed_config(data)])),
    ("config_merge", |data| merge(data)),
    ("config_dump", |data| {
        if let Ok(mut document) = Document::restore(CONFIG, data) {
            let dump = document.dump();
            assert!(Document::restore(CONFIG, &dump).is_ok_and(|again| again.dump() == dump));
            _ = document.push(&CONFIG_KEYS);
        }
    }),
    // What comes over the road.
    ("bencode", |data| _ = wire::bencode::decode(data)),
    ("combined", |data| _ = wire::combined::decode(data)),
    ("v4_request", |data| _ = wire::onion_v4::decode_request(data)),
    ("v4_response", |data| _ = wire::onion_v4::decode_response(data)),
    ("active_nodes", |data| _ = wire::decode_active_nodes(data)),
    ("active_nodes_pool", |data| _ = ServiceNode::from_active_nodes_bin(data)),
    ("node_list", |data| _ = NodeList::parse(data)),
    ("node_list_agreed", |data| agreement(data)),
    ("cache_file", |data| text(data, |text| _ = CacheFile::parse(text, NOON))),
    ("layer_xchacha", |data| _ = XCHACHA.decrypt(data)),
    ("layer_aes", |data| _ = AES.decrypt(data)),
    ("node_reply_closed", |data| _ = REPLY.open_node(data)),
    ("node_reply", |data| _ = NodeReply::parse(data)),
    ("path_failure", |data| text(data, |text| _ = failure::decide(&Failure::Path { status: 502, body: text }, &ROUTE))),
    ("path_snapshot", |data| _ = serde_json::from_slice::<PathSnapshot>(data)),
    // What a swarm answers.
    ("swarm_retrieved", |data| text(data, |text| _ = response::retrieved(text, &OWNER, Namespace::DIRECT))),
    ("swarm_stored", |data| text(data, |text| _ = response::stored(text, &HASH, anybody))),
    ("swarm_deleted", |data| {
        text(data, |text| _ = response::deleted(text, &OWNER, std::slice::from_ref(&*HASH), anybody))
    }),
    ("swarm_deleted_all", |data| {
        text(data, |text| _ = response::deleted_all(text, &OWNER, Namespaces::All, NOON, anybody))
    }),
    ("swarm_expired", |data| {
        text(data, |text| {
            _ = response::expired(text, &OWNER, std::slice::from_ref(&*HASH), &Expiry::Same(NOON), anybody)
        })
    }),
    ("swarm_expired_all", |data| {
        text(data, |text| _ = response::expired_all(text, &OWNER, Namespaces::All, NOON, anybody))
    }),
    ("swarm_expiries", |data| text(data, |text| _ = response::expiries(text, std::slice::from_ref(&*HASH)))),
    ("swarm_revoked", |data| text(data, |text| _ = response::revoked(text, &OWNER, NOON, &[[3; 36]], anybody))),
    ("swarm_members", |data| text(data, |text| _ = response::swarm_members(text))),
    ("swarm_batch", |data| text(data, |text| _ = response::parts(text, 20, true))),
    ("swarm_time", |data| text(data, |text| _ = (response::beside(text), response::info_time(text)))),
    ("swarm_snapshot", |data| _ = serde_json::from_slice::<SwarmSnapshot>(data)),
    ("swarm_hash", |data| text(data, |text| _ = (SwarmHash::parse(text), Address::parse(text)))),
];

/// The recipient of all letters here: the second account of the vectors, to whom they are sealed.
pub static BOB: LazyLock<AccountKeys> =
    LazyLock::new(|| AccountKeys::from_seed(&AccountSeed::from_bytes(std::array::from_fn(|at| at as u8 * 0x11))));

/// Everything about swarms is about Bob's.
pub static OWNER: LazyLock<Address> = LazyLock::new(|| Address::from(BOB.account_id()));

/// The hash of the message that answers are about.
pub static HASH: LazyLock<SwarmHash> = LazyLock::new(|| SwarmHash::of(&OWNER, Namespace::DIRECT, b"hello"));

/// The moment that answers are about.
pub const NOON: Timestamp = Timestamp::from_millis(1_774_000_000_123);

/// The way that failures are about.
pub const ROUTE: Route =
    Route { hops: [NodeKey([1; 32]), NodeKey([2; 32]), NodeKey([3; 32])], destination: Some(NodeKey([4; 32])) };

static ALICE: LazyLock<AccountKeys> = LazyLock::new(|| AccountKeys::from_seed(&AccountSeed::from_bytes([1; 16])));
static XCHACHA: LazyLock<LayerKey> = LazyLock::new(|| layer_key(Cipher::XChaCha20));
static AES: LazyLock<LayerKey> = LazyLock::new(|| layer_key(Cipher::AesGcm));
static REPLY: LazyLock<ReplyKey> = LazyLock::new(|| {
    ReplyKey::new(Cipher::XChaCha20, &Ephemeral::from_secret([9; 32]), BOB.x25519_public()).expect("a good key")
});

fn layer_key(cipher: Cipher) -> LayerKey {
    LayerKey::client(cipher, &Ephemeral::from_secret([9; 32]), BOB.x25519_public()).expect("a good key")
}

/// Opens what was found in Bob's inbox.
///
/// # Errors
/// The rule that it breaks.
pub fn open(data: &[u8]) -> Result<message::Incoming, Refusal> {
    let place = Place { owner: *OWNER, namespace: Namespace::DIRECT };
    message::open(&BOB, place, place.name(data), data)
}

/// A letter to Bob whose padded content is `data`: beyond the seal, where random bytes never come.
fn letter(data: &[u8]) -> Vec<u8> {
    wire::envelope::wrap(&crypto::seal(&ALICE, &BOB.account_id(), data), NOON, [0; 64])
}

/// The document that configs are about.
pub const CONFIG: DocumentKind = DocumentKind::Contacts;

static CONFIG_KEYS: LazyLock<ConfigKeys> = LazyLock::new(|| ConfigKeys::account(&BOB));

/// What a swarm keeps of a payload that Bob's keys closed: beyond the lock, where random bytes never come.
fn closed_config(payload: &[u8]) -> Vec<u8> {
    ConfigBase::account(&BOB).seal(CONFIG.domain(), config::seal::pad(payload))
}

/// A document into which these came, with a change of its own, as it goes on after that.
fn arrive(stored: &[&[u8]]) -> Document {
    let mut document = Document::new(CONFIG);
    document.edit(|data| data.put("n", "own"));
    let incoming: Vec<Incoming<'_>> = stored.iter().map(|data| Incoming { hash: "hash", data }).collect();
    document.merge(&CONFIG_KEYS, &incoming, NOON);
    assert!(Document::restore(CONFIG, &document.dump()).is_ok_and(|again| again.data() == document.data()));
    _ = document.push(&CONFIG_KEYS);
    document
}

/// A bencoded list of revisions: merged in two orders they are the same, and what comes out can be read.
fn merge(data: &[u8]) {
    let Ok(list) = wire::bencode::decode(data) else { return };
    let texts = list.as_list().unwrap_or_default().iter().filter_map(wire::bencode::Value::as_bytes).take(20);
    let revisions: Vec<Revision> = texts.filter_map(|text| Revision::parse(text.to_vec(), None).ok()).collect();
    let mut candidates: Vec<Candidate<'_>> =
        revisions.iter().map(|revision| Candidate { message: &revision.message, hash: revision.hash }).collect();
    let outcome = |candidates: &[Candidate<'_>]| match resolve(candidates, true)?.outcome {
        Outcome::One(at) => candidates.get(at).map(|candidate| (candidate.message.seqno, candidate.hash)),
        Outcome::Combined(message) => {
            let merged = message.finish(None);
            assert!(Revision::parse(merged.text, None).is_ok(), "what is merged can be read");
            Some((merged.message.seqno, merged.hash))
        }
    };
    let one = outcome(&candidates);
    candidates.reverse();
    assert_eq!(one, outcome(&candidates), "the order does not matter");
}

/// The lists of several nodes, one a line: nobody is known by the word of one.
fn agreement(data: &[u8]) {
    let lists: Vec<NodeList> = data.split(|byte| *byte == b'\n').take(5).filter_map(NodeList::parse).collect();
    let agreed = agree(&lists, 1, &Pool::default()).map(|list| list.nodes).unwrap_or_default();
    for node in agreed {
        let voices = lists.iter().filter(|list| list.nodes.iter().any(|named| named.key == node.key)).count();
        assert!(voices >= 2, "one list is one voice");
    }
}

/// What is a card is one again when it is sent on.
fn card(text: &str) {
    if let Some(card) = ContactCard::read(text) {
        assert_eq!(ContactCard::read(&card.body()), Some(card));
    }
}

/// Every part can be sent, and only white space is lost.
fn split(text: &str) {
    // A short text as a long one: random bytes are never that long.
    let text = text.repeat((2 * Draft::limit()).div_ceil(Draft::length(text).max(1)));
    let parts = Draft::split(&text);
    assert!(
        parts.iter().all(|part| Draft::text(part.as_str()).check().is_ok() || Draft::length(&text) <= Draft::limit())
    );
    let signs = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    assert_eq!(parts.iter().map(|part| signs(part)).sum::<usize>(), signs(&text));
}

fn anybody(_: &NodeKey) -> bool {
    true
}

fn text(data: &[u8], parse: impl FnOnce(&str)) {
    std::str::from_utf8(data).map(parse).unwrap_or_default();
}
