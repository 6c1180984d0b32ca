//! What is said about other messages, and which message is meant, against `messages.json`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

#[path = "vectors/harness.rs"]
mod harness;

use harness::{Block, Check, File, HexArray, HexLeaf, Leaf, Prose, ensure, ensure_eq};
use onionskin_core::clock::Timestamp;
use onionskin_core::crypto::AccountId;
use onionskin_core::message::quote::ReceivedQuote;
use onionskin_core::message::unsend::{Stored, Target, target};
use onionskin_core::store::{ConversationId, MessageName};
use onionskin_core::wire::decode_content;
use serde::Deserialize;

/// The random name of a message, as it stands on the wire.
type Name = Leaf<HexArray<8>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unsend {
    #[serde(rename = "why")]
    _why: Prose,
    request: Request,
    stored: Vec<Kept>,
    result: Leaf<String>,
    message: Option<Leaf<usize>>,
    delete_from_own_swarm: Option<Leaf<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    arrived_in: Leaf<String>,
    sender: Leaf<String>,
    author: Leaf<String>,
    timestamp_ms: Leaf<u64>,
    msg_id: Option<Name>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    conversation: Leaf<String>,
    author: Leaf<String>,
    sent_ms: Leaf<u64>,
    state: Leaf<String>,
    own_hash: Option<Leaf<String>>,
    msg_id: Option<Name>,
}

/// The people of the file.
fn person(name: &str) -> Result<AccountId, String> {
    let number = match name {
        "us" => 1,
        "peer" => 2,
        "third" => 3,
        other => return Err(format!("nobody is called {other}")),
    };
    Ok(AccountId::from_x25519([number; 32]))
}

fn named(author: &str, millis: u64, msg_id: &Option<Name>) -> Result<MessageName, String> {
    let msg_id = msg_id.as_ref().map(|name| u64::from_le_bytes(***name));
    Ok(MessageName { author: person(author)?, sent_at: Timestamp::from_millis(millis), msg_id })
}

impl Kept {
    fn stored(&self) -> Result<Stored, String> {
        let deleted = match self.state.as_str() {
            "present" | "deleted_here" => false,
            "deleted_everywhere" => true,
            other => return Err(format!("no state of a message: {other}")),
        };
        let name = named(&self.author, *self.sent_ms, &self.msg_id)?;
        Ok(Stored { conversation: ConversationId::from(person(&self.conversation)?), name, deleted })
    }

    /// What a change of it cannot show, when it is not the message that is meant.
    fn idle(&self) {
        for leaf in [&self.conversation, &self.author, &self.state].into_iter().chain(&self.own_hash) {
            leaf.idle();
        }
        self.sent_ms.idle();
        self.msg_id.iter().for_each(Leaf::idle);
    }
}

fn unsend(cases: &Vec<Unsend>, _file: &File) -> Check {
    for case in cases {
        let Request { arrived_in, sender, author, timestamp_ms, msg_id } = &case.request;
        let (from, me) = (person(sender)?, person("us")?);
        let of = named(author, **timestamp_ms, msg_id)?;
        let stored = case.stored.iter().map(Kept::stored).collect::<Result<Vec<_>, _>>()?;
        let meant = match arrived_in.as_str() {
            "private" => target(&from, &me, &of, &stored),
            // Their mailbox comes with groups; nothing in it withdraws anything.
            "group" => Target::Unclear,
            other => return Err(format!("no place where a request arrives: {other}")),
        };
        let at = if let Target::Message(at) = meant { Some(at) } else { None };
        let result = match at.map(|at| stored[at].conversation == ConversationId::from(me)) {
            Some(true) => "removed",
            Some(false) => "line",
            None => "ignored",
        };
        ensure_eq("result", result, case.result.as_str())?;
        ensure_eq("message", at, case.message.as_ref().map(|at| **at))?;
        let hash = at.and_then(|at| case.stored[at].own_hash.as_ref()).map(|hash| hash.as_str());
        ensure_eq("delete_from_own_swarm", hash, case.delete_from_own_swarm.as_ref().map(|hash| hash.as_str()))?;
        for (number, kept) in case.stored.iter().enumerate() {
            kept.own_hash.iter().for_each(|hash| _ = hash.as_str());
            if Some(number) != at {
                kept.idle();
            }
        }
        if at.is_none() {
            timestamp_ms.idle();
            msg_id.iter().for_each(Leaf::idle);
        }
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quoting {
    #[serde(rename = "why")]
    _why: Prose,
    content: HexLeaf,
    body: Leaf<String>,
    target_ms: Option<Leaf<u64>>,
    author: Option<Leaf<String>>,
    fallback_text: Option<Leaf<String>>,
}

fn quotes_received(cases: &Vec<Quoting>, _file: &File) -> Check {
    for case in cases {
        let content = decode_content(&case.content).map_err(|error| error.to_string())?;
        let data = content.data_message.ok_or("no data message")?;
        ensure_eq("body", data.body.as_deref(), Some(case.body.as_str()))?;
        let quote = ReceivedQuote::read(&data.quote.ok_or("no quote")?);
        let of = quote.as_ref();
        ensure_eq("target_ms", of.map(|of| of.sent_at.as_millis()), case.target_ms.as_ref().map(|at| **at))?;
        ensure_eq("author", of.map(|of| of.author.as_str()), case.author.as_ref().map(|author| author.as_str()))?;
        let fallback = of.map(|of| of.fallback.as_str()).filter(|text| !text.is_empty());
        ensure_eq("fallback_text", fallback, case.fallback_text.as_ref().map(|text| text.as_str()))?;
    }
    ensure("no cases", !cases.is_empty())
}

fn blocks() -> Vec<Block> {
    vec![
        Block::new("unsend", unsend).prose(&["why"]),
        // The first tag: of what stands further in, the other leaves tell.
        Block::new("quotes.received", quotes_received).prose(&["why"]).changed_at("content", |_| vec![1]),
    ]
}

harness::vector_tests!("vectors_references", "messages.json", blocks());
