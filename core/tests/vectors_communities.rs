//! What core knows of communities already, against `communities.json`: accounts, posts, padding, requests in a frame.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

#[path = "vectors/contents.rs"]
mod contents;
#[path = "vectors/harness.rs"]
mod harness;

use contents::{disappearing, profiled, same};
use harness::{Block, Check, File, HexArray, HexLeaf, Key, Leaf, ensure, ensure_eq};
use onionskin_core::crypto::{AccountId, AccountKeys, ed25519_to_x25519};
use onionskin_core::wire::content::DataMessage;
use onionskin_core::wire::decode_content;
use onionskin_core::wire::onion_v4::decode_request;
use onionskin_core::wire::padding::{pad, unpad};
use serde::Deserialize;

/// A person of the file.
fn keys_of(file: &File, person: &str) -> AccountKeys {
    AccountKeys::from_ed25519_seed(&file.other::<HexArray<32>>(&format!("{person}.seed")))
}

fn seed(seed: &Key, file: &File, person: &str) -> Check {
    let id: String = file.other(&format!("{person}.session_id"));
    ensure_eq("session_id", AccountKeys::from_ed25519_seed(seed).account_id().to_string(), id)
}

fn public_key(public: &Key, file: &File, person: &str) -> Check {
    let keys = keys_of(file, person);
    ensure_eq("ed25519_pk", keys.ed25519_public(), ***public)?;
    ensure_eq("x25519 of ed25519_pk", ed25519_to_x25519(public), Some(*keys.x25519_public()))
}

/// Blinded ids of the older scheme lose the sign: whose key has one bears two ids.
fn sign_bit(bit: &Leaf<u8>, file: &File, person: &str) -> Check {
    ensure_eq("ed25519_pk_sign_bit", keys_of(file, person).ed25519_public()[31] >> 7, **bit)
}

fn session_id(id: &Leaf<String>, file: &File, person: &str) -> Check {
    let keys = keys_of(file, person);
    ensure_eq("session_id", &keys.account_id().to_string(), &**id)?;
    ensure_eq("session_id, parsed", AccountId::parse(id), Ok(keys.account_id()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Padding {
    len: Leaf<usize>,
    padded_len: Leaf<usize>,
}

fn padding(cases: &Vec<Padding>, _file: &File) -> Check {
    for case in cases {
        let text = vec![b'x'; *case.len];
        ensure_eq("padded_len", pad(&text).len(), *case.padded_len)?;
        ensure_eq("unpadded", unpad(&pad(&text)), &text[..])?;
    }
    ensure("no cases", !cases.is_empty())
}

fn posted(content: &HexLeaf, file: &File) -> Check {
    let read = decode_content(content).map_err(|error| error.to_string())?;
    ensure("a post without a text", read.data_message.as_ref().is_some_and(|data| data.body.is_some()))?;
    ensure_eq("content encoded again", &read.to_bytes()[..], &***content)?;
    let padded: HexLeaf = file.other("message_post.padded");
    ensure_eq("padded", &pad(content)[..], &**padded)
}

fn posted_padded(padded: &HexLeaf, file: &File) -> Check {
    let content: HexLeaf = file.other("message_post.content");
    ensure_eq("padded", &pad(&content)[..], &***padded)?;
    ensure_eq("unpadded", unpad(padded), &**content)
}

fn posted_padded_len(len: &Leaf<usize>, file: &File) -> Check {
    let content: HexLeaf = file.other("message_post.content");
    ensure_eq("padded_len", pad(&content).len(), **len)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Post {
    body: Leaf<String>,
    display_name: Option<Leaf<String>>,
    profile_picture: Option<Leaf<String>>,
    profile_updated_s: Option<Leaf<u64>>,
    profile_key: Option<Key>,
    blocks_requests: Leaf<bool>,
    timestamp_ms: Leaf<u64>,
    content: HexLeaf,
    padded: HexLeaf,
}

/// What is posted never disappears, and says whether its author takes message requests.
fn community_posts(cases: &Vec<Post>, _file: &File) -> Check {
    for case in cases {
        let data = DataMessage {
            body: Some(case.body.clone()),
            blocks_community_message_requests: Some(*case.blocks_requests),
            ..DataMessage::default()
        };
        same("content", &disappearing(profiled!(case, data), 0, 0, *case.timestamp_ms), &case.content)?;
        ensure_eq("padded", &pad(&case.content)[..], &**case.padded)?;
        ensure_eq("unpadded", unpad(&case.padded), &**case.content)?;
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Framing {
    get: Leaf<String>,
    post_with_body: Leaf<String>,
}

fn onion_v4_framing(block: &Framing, _file: &File) -> Check {
    for (framed, has_body) in [(&block.get, false), (&block.post_with_body, true)] {
        let request = decode_request(framed.as_bytes()).map_err(|error| error.to_string())?;
        ensure_eq("a body", request.body.is_some(), has_body)?;
        ensure_eq("framed", &request.encode()[..], framed.as_bytes())?;
    }
    Ok(())
}

/// What frames a request: the list, how long its head is, its end. Another letter inside is another request.
fn frame(text: &str) -> Vec<usize> {
    let digits = text.char_indices().skip(1).take_while(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at);
    [0].into_iter().chain(digits).chain([text.len() - 1]).collect()
}

fn blocks() -> Vec<Block> {
    vec![
        Block::new("user_a.seed", |key, file| seed(key, file, "user_a")),
        Block::new("user_a.ed25519_pk", |key, file| public_key(key, file, "user_a")),
        Block::new("user_a.ed25519_pk_sign_bit", |bit, file| sign_bit(bit, file, "user_a")),
        Block::new("user_a.session_id", |id, file| session_id(id, file, "user_a")),
        Block::new("user_b.seed", |key, file| seed(key, file, "user_b")),
        Block::new("user_b.ed25519_pk", |key, file| public_key(key, file, "user_b")),
        Block::new("user_b.ed25519_pk_sign_bit", |bit, file| sign_bit(bit, file, "user_b")),
        Block::new("user_b.session_id", |id, file| session_id(id, file, "user_b")),
        Block::new("message_post.content", posted),
        Block::new("message_post.padded", posted_padded),
        Block::new("message_post.padded_len", posted_padded_len),
        Block::new("padding", padding).free("len", "several lengths give one padded length"),
        Block::new("community_posts", community_posts),
        Block::new("onion_v4_framing", onion_v4_framing).changed_at("get", frame).changed_at("post_with_body", frame),
    ]
}

harness::vector_tests!("vectors_communities", "communities.json", blocks());
