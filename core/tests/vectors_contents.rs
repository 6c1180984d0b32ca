//! Kinds of messages, written from their fields and read back, against `messages.json`.
//!
//! Who sends these and what they do to a conversation comes with each kind; here stands what a Content of it looks like.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

#[path = "vectors/contents.rs"]
mod contents;
#[path = "vectors/harness.rs"]
mod harness;

use contents::{disappearing, first_and_last, profiled, reads, same};
use harness::{Block, Check, File, HexArray, HexLeaf, Key, Leaf, Prose, ensure, ensure_eq};
use onionskin_core::clock::Timestamp;
use onionskin_core::message::profile::OwnProfile;
use onionskin_core::message::text;
use onionskin_core::wire::content::{
    Content, DataExtractionNotification, DataMessage, ExtractionType, Named, Quote, Reaction, ReactionAction,
    ReceiptMessage, ReceiptType, TypingAction, TypingMessage, message_name,
};
use serde::Deserialize;

/// The random name of a message, as it stands on the wire.
type Name = Leaf<HexArray<8>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    #[serde(rename = "note")]
    _note: Option<Prose>,
    cases: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    body: Leaf<String>,
    expiration_type: Leaf<i32>,
    expiration_timer: Leaf<u32>,
    timestamp_ms: Leaf<u64>,
    msg_id_on_the_wire: Name,
    display_name: Option<Leaf<String>>,
    profile_picture: Option<Leaf<String>>,
    profile_updated_s: Option<Leaf<u64>>,
    profile_key: Option<Key>,
    sync_target: Option<Leaf<String>>,
    content: HexLeaf,
    content_with_varint: HexLeaf,
}

fn text_with_msg_id(block: &Texts, _file: &File) -> Check {
    for case in &block.cases {
        let data = DataMessage {
            body: Some(case.body.clone()),
            sync_target: case.sync_target.as_ref().map(|target| (**target).clone()),
            ..DataMessage::default()
        };
        let data = profiled!(case, data);
        let content = disappearing(data, *case.expiration_type, *case.expiration_timer, *case.timestamp_ms);
        let name = u64::from_le_bytes(**case.msg_id_on_the_wire);
        for bytes in [&case.content, &case.content_with_varint] {
            // The name is the last field and the only one that is not written yet.
            let ours = content.to_bytes();
            ensure_eq("content before the name", bytes.get(..ours.len()), Some(&ours[..]))?;
            ensure_eq("msg_id_on_the_wire", message_name(bytes), Some(name))?;
            ensure_eq("name alone", message_name(&bytes[ours.len()..]), Some(name))?;
            reads("content", bytes, &content)?;
        }
    }
    ensure("no cases", !block.cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Receipts {
    #[serde(rename = "note")]
    _note: Option<Prose>,
    cases: Vec<Receipt>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Receipt {
    read_ms: Vec<Leaf<u64>>,
    timestamp_ms: Leaf<u64>,
    content: HexLeaf,
    content_packed: HexLeaf,
}

fn read_receipts(block: &Receipts, _file: &File) -> Check {
    for case in &block.cases {
        let receipt = ReceiptMessage {
            r#type: Some(ReceiptType::Read.into()),
            timestamp: case.read_ms.iter().map(|moment| **moment).collect(),
        };
        let content = Content {
            receipt_message: Some(receipt.into()),
            sig_timestamp: Some(*case.timestamp_ms),
            ..Content::default()
        };
        same("content", &content, &case.content)?;
        reads("content_packed", &case.content_packed, &content)?;
    }
    ensure("no cases", !block.cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typing {
    action: Leaf<String>,
    timestamp_ms: Leaf<u64>,
    content: HexLeaf,
}

fn typing(cases: &Vec<Typing>, _file: &File) -> Check {
    for case in cases {
        let action = match case.action.as_str() {
            "started" => TypingAction::Started,
            "stopped" => TypingAction::Stopped,
            other => return Err(format!("no action of typing: {other}")),
        };
        let sent_at = Some(*case.timestamp_ms);
        let typing = TypingMessage { timestamp: sent_at, action: Some(action.into()) };
        let content = Content { typing_message: Some(typing), sig_timestamp: sent_at, ..Content::default() };
        same("content", &content, &case.content)?;
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reacting {
    action: Leaf<String>,
    emoji: Leaf<String>,
    target_ms: Leaf<u64>,
    author: Leaf<String>,
    target_msg_id: Option<Name>,
    expiration_type: Leaf<i32>,
    expiration_timer: Leaf<u32>,
    timestamp_ms: Leaf<u64>,
    display_name: Option<Leaf<String>>,
    profile_picture: Option<Leaf<String>>,
    profile_updated_s: Option<Leaf<u64>>,
    profile_key: Option<Key>,
    sync_target: Option<Leaf<String>>,
    content: HexLeaf,
}

fn reactions(cases: &Vec<Reacting>, _file: &File) -> Check {
    for case in cases {
        let action = match case.action.as_str() {
            "add" => ReactionAction::React,
            "remove" => ReactionAction::Remove,
            other => return Err(format!("no action of a reaction: {other}")),
        };
        let reference = Reaction {
            id: Some(*case.target_ms),
            author: Some(case.author.clone()),
            emoji: Some(case.emoji.clone()),
            action: Some(action.into()),
        };
        let data = DataMessage {
            reaction: Some(Named { reference, msg_id: pattern(&case.target_msg_id) }),
            sync_target: case.sync_target.as_ref().map(|target| (**target).clone()),
            ..DataMessage::default()
        };
        let data = profiled!(case, data);
        let content = disappearing(data, *case.expiration_type, *case.expiration_timer, *case.timestamp_ms);
        same("content", &content, &case.content)?;
    }
    ensure("no cases", !cases.is_empty())
}

/// A msgId as the number that its bytes are in little-endian order.
fn pattern(name: &Option<Name>) -> Option<u64> {
    name.as_ref().map(|name| u64::from_le_bytes(***name))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quoting {
    body: Leaf<String>,
    target_ms: Leaf<u64>,
    author: Leaf<String>,
    target_msg_id: Option<Name>,
    display_name: Option<Leaf<String>>,
    profile_picture: Option<Leaf<String>>,
    profile_updated_s: Option<Leaf<u64>>,
    profile_key: Option<Key>,
    timestamp_ms: Leaf<u64>,
    content: HexLeaf,
}

fn quotes(cases: &Vec<Quoting>, _file: &File) -> Check {
    for case in cases {
        let reference = Quote { id: Some(*case.target_ms), author: Some(case.author.clone()), ..Quote::default() };
        let quote = Some(Named { reference, msg_id: pattern(&case.target_msg_id) });
        let data = DataMessage { body: Some(case.body.clone()), quote, ..DataMessage::default() };
        let data = profiled!(case, data);
        same("content", &disappearing(data, 0, 0, *case.timestamp_ms), &case.content)?;
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    message_ms: Leaf<u64>,
    attachment_index: Leaf<i32>,
    expiration_type: Leaf<i32>,
    expiration_timer: Leaf<u32>,
    timestamp_ms: Leaf<u64>,
    message_msg_id: Option<Name>,
    content: HexLeaf,
}

/// Of a notice only the kind and the message's moment are read; which attachment, and what names the message, is passed over.
fn extraction_notices(cases: &Vec<Notice>, _file: &File) -> Check {
    for case in cases {
        case.attachment_index.idle();
        case.message_msg_id.iter().for_each(Leaf::idle);
        let notice = DataExtractionNotification {
            r#type: Some(ExtractionType::MediaSaved.into()),
            timestamp: Some(*case.message_ms),
        };
        let content = Content {
            data_extraction_notification: Some(notice),
            expiration_type: Some(*case.expiration_type),
            expiration_timer: Some(*case.expiration_timer),
            sig_timestamp: Some(*case.timestamp_ms),
            ..Content::default()
        };
        reads("content", &case.content, &content)?;
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profiled {
    body: Leaf<String>,
    display_name: Leaf<String>,
    profile_picture: Leaf<String>,
    profile_updated_s: Leaf<u64>,
    profile_key: Option<Key>,
    timestamp_ms: Leaf<u64>,
    content: HexLeaf,
}

/// A letter of ours, as it leaves.
fn profiles_written(cases: &Vec<Profiled>, _file: &File) -> Check {
    for case in cases {
        let key = case.profile_key.as_ref().map(|key| key.to_vec()).unwrap_or_default();
        let me = OwnProfile {
            display_name: case.display_name.clone(),
            updated_seconds: *case.profile_updated_s,
            picture: (case.profile_picture.clone(), key),
        };
        let letter = text::compose(&case.body, Timestamp::from_millis(*case.timestamp_ms), &me);
        same("content", &letter, &case.content)?;
    }
    ensure("no cases", !cases.is_empty())
}

fn blocks() -> Vec<Block> {
    vec![
        Block::new("text_with_msg_id", text_with_msg_id).prose(&["note"]),
        Block::new("profiles.written", profiles_written),
        Block::new("read_receipts", read_receipts).prose(&["note"]),
        Block::new("typing.written", typing),
        Block::new("reactions", reactions),
        Block::new("quotes.written", quotes),
        Block::new("extraction_notices", extraction_notices).changed_at("content", first_and_last),
    ]
}

harness::vector_tests!("vectors_contents", "messages.json", blocks());
