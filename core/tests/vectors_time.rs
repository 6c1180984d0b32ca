//! What begins, ends and counts by time, against `messages.json`: disappearing messages.
//!
//! A leaf on which nothing depends beside what its row has there is marked idle by the same rules: a time that is not the one
//! that begins, half of a pair of which the other half says *off*.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

#[path = "vectors/harness.rs"]
mod harness;

use std::time::Duration;

use harness::{Block, Check, File, Leaf, ensure, ensure_eq};
use onionskin_core::clock::Timestamp;
use onionskin_core::message::expiry::{self, Room, marked};
use onionskin_core::message::profile::OwnProfile;
use onionskin_core::message::{request, text, timer, ttl};
use onionskin_core::store::{Disappearing, Left, ReadWhere, Role, Timed};
use onionskin_core::wire::content::{Content, ExpirationType, ReceiptMessage, TypingMessage};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Received {
    kind: Leaf<String>,
    direction: Leaf<String>,
    expiration_type: Option<Leaf<i32>>,
    expiration_timer: Option<Leaf<u32>>,
    sent_ms: Leaf<u64>,
    now_ms: Leaf<u64>,
    swarm_expiry_ms: Option<Leaf<u64>>,
    stored_ms: Option<Leaf<u64>>,
    seen_ms: Option<Leaf<u64>>,
    unsent: Option<Leaf<bool>>,
    read_elsewhere: Option<Leaf<bool>>,
    mode: Leaf<String>,
    start_ms: Option<Leaf<u64>>,
    expires_ms: Option<Leaf<u64>>,
    shorten_to_ms: Option<Leaf<u64>>,
}

impl Received {
    fn disappearing(&self) -> Result<Disappearing, String> {
        let content = Content {
            expiration_type: self.expiration_type.as_ref().map(|leaf| **leaf),
            expiration_timer: self.expiration_timer.as_ref().map(|leaf| **leaf),
            ..Content::default()
        };
        let known = content.expiration_type.is_none_or(|number| ExpirationType::try_from(number).is_ok());
        ensure("a type that is none", known)?;
        Ok(expiry::of(&content, room(&self.kind)?))
    }

    fn timed(&self) -> Result<Timed, String> {
        let ours = match self.direction.as_str() {
            "in" => false,
            "out" => true,
            other => return Err(format!("no direction: {other}")),
        };
        let left = match (&self.stored_ms, &self.unsent) {
            (Some(at), _) => Left::At(moment(at)),
            (None, Some(unsent)) if **unsent => Left::NotYet,
            (None, _) => Left::Elsewhere,
        };
        let read = match (&self.seen_ms, &self.read_elsewhere) {
            (Some(at), _) => ReadWhere::Here(moment(at)),
            (None, Some(elsewhere)) if **elsewhere => ReadWhere::Elsewhere,
            (None, _) => ReadWhere::Nowhere,
        };
        let swarm_end = self.swarm_expiry_ms.as_ref().map_or(Timestamp::ZERO, moment);
        Ok(Timed { ours, sent_at: moment(&self.sent_ms), left, read, swarm_end, now: moment(&self.now_ms) })
    }

    /// Marks what nothing depends on.
    fn mark_idle(&self, disappearing: Disappearing, begun: Option<Timestamp>) {
        let after = disappearing.after().unwrap_or_default();
        let by_swarm = self.swarm_expiry_ms.as_ref().is_some_and(|end| begun == Some(moment(end) - after));
        let others = [&self.stored_ms, &self.seen_ms];
        let by_other = others.iter().any(|leaf| leaf.as_ref().is_some_and(|leaf| begun == Some(moment(leaf))));
        for leaf in others.into_iter().flatten().filter(|leaf| begun != Some(moment(leaf))) {
            leaf.idle();
        }
        if by_swarm || by_other || begun != Some(moment(&self.sent_ms)) {
            self.sent_ms.idle();
        }
        if by_swarm || by_other || begun != Some(moment(&self.now_ms)) {
            self.now_ms.idle();
        }
        self.swarm_expiry_ms.iter().filter(|_| !by_swarm).for_each(Leaf::idle);
        if matches!(self.kind.as_str(), "group" | "note_to_self") {
            // Both types mean the same there.
            self.expiration_type.iter().for_each(Leaf::idle);
        }
        if begun.is_none() {
            self.expiration_timer.iter().for_each(Leaf::idle);
            self.expiration_type.iter().filter(|_| disappearing == Disappearing::Off).for_each(Leaf::idle);
        }
    }
}

fn received(cases: &Vec<Received>, _file: &File) -> Check {
    for case in cases {
        let (disappearing, timed) = (case.disappearing()?, case.timed()?);
        let begun = disappearing.begins(&timed);
        let end = disappearing.ends(begun);
        let mode = match disappearing {
            Disappearing::Off => "off",
            Disappearing::AfterSend(_) => "after_send",
            Disappearing::AfterRead(_) => "after_read",
        };
        ensure_eq("mode", mode, case.mode.as_str())?;
        ensure_eq("start_ms", begun, case.start_ms.as_ref().map(moment))?;
        ensure_eq("expires_ms", Some(end).filter(|end| *end > Timestamp::ZERO), case.expires_ms.as_ref().map(moment))?;
        // The index messages_kept_too_long of the ledger.
        let waits = !timed.ours && matches!(disappearing, Disappearing::AfterRead(_)) && begun.is_some();
        let too_long = waits && (timed.swarm_end == Timestamp::ZERO || timed.swarm_end > end);
        ensure_eq("shorten_to_ms", too_long.then_some(end), case.shorten_to_ms.as_ref().map(moment))?;
        case.mark_idle(disappearing, begun);
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    what: Leaf<String>,
    kind: Leaf<String>,
    setting: Leaf<String>,
    timer_s: Leaf<u64>,
    expiration_type: Option<Leaf<i32>>,
    expiration_timer: Option<Leaf<u32>>,
    ttl_ms: Option<Leaf<u64>>,
    sync_ttl_ms: Option<Leaf<u64>>,
}

impl Sent {
    fn chosen(&self) -> Result<Disappearing, String> {
        let after = Duration::from_secs(*self.timer_s);
        match self.setting.as_str() {
            "off" => Ok(Disappearing::Off),
            "after_send" => Ok(Disappearing::AfterSend(after)),
            "after_read" => Ok(Disappearing::AfterRead(after)),
            other => Err(format!("no setting: {other}")),
        }
    }

    /// The content, and whether a copy for our own devices goes along; `None` for what is not sent by this version.
    fn content(&self) -> Result<Option<(Content, bool)>, String> {
        let (room, at) = (room(&self.kind)?, Timestamp::from_millis(1));
        let chosen = expiry::in_room(self.chosen()?, room);
        let me = OwnProfile { display_name: "me".to_owned(), updated_seconds: 1, picture: Default::default() };
        let private = room == Room::Private;
        let mut message = text::compose("hello", at, &me);
        let content = match self.what.as_str() {
            "message" => (marked(message, chosen), private),
            "reaction" => {
                message.data_message.as_mut().unwrap().reaction = Some(Default::default());
                (marked(message, chosen), private)
            }
            "timer_update" => (timer::compose(at, chosen, None), private),
            "typing" => (Content { typing_message: Some(TypingMessage::default()), ..Content::default() }, false),
            "read_receipt" => {
                (Content { receipt_message: Some(ReceiptMessage::default()), ..Content::default() }, false)
            }
            "request_response" => (request::compose(at, &me), false),
            "unsend" => (Content { unsend_request: Some(Default::default()), ..Content::default() }, true),
            "call" | "extraction_notice" => return Ok(None),
            group if group.starts_with("group_") => return Ok(None),
            other => return Err(format!("no kind of message: {other}")),
        };
        Ok(Some(content))
    }

    fn idle(&self) {
        [&self.what, &self.kind, &self.setting].into_iter().for_each(Leaf::idle);
        self.timer_s.idle();
        self.expiration_type.iter().for_each(Leaf::idle);
        self.expiration_timer.iter().for_each(Leaf::idle);
        self.ttl_ms.iter().for_each(Leaf::idle);
        self.sync_ttl_ms.iter().for_each(Leaf::idle);
    }
}

fn sent(cases: &Vec<Sent>, _file: &File) -> Check {
    for case in cases {
        let Some((content, copied)) = case.content()? else {
            case.idle();
            continue;
        };
        ensure_eq("expiration_type", content.expiration_type, case.expiration_type.as_ref().map(|leaf| **leaf))?;
        ensure_eq("expiration_timer", content.expiration_timer, case.expiration_timer.as_ref().map(|leaf| **leaf))?;
        let millis = |role| u64::try_from(ttl::of(&content, role).as_millis()).unwrap();
        if let Some(expected) = &case.ttl_ms {
            ensure_eq("ttl_ms", millis(Role::Message), **expected)?;
        }
        ensure_eq("sync_ttl_ms", copied.then(|| millis(Role::Copy)), case.sync_ttl_ms.as_ref().map(|leaf| **leaf))?;
        let says_nothing = content.expiration_timer.unwrap_or(0) == 0;
        if says_nothing {
            case.timer_s.idle();
            case.setting.idle();
        }
        if says_nothing || content.expiration_type.is_none() {
            case.kind.idle();
        }
        if case.what.as_str() == "message" && room(&case.kind)? == Room::Community {
            case.ttl_ms.iter().for_each(Leaf::idle);
        }
    }
    ensure("no cases", !cases.is_empty())
}

fn room(kind: &str) -> Result<Room, String> {
    match kind {
        "private" => Ok(Room::Private),
        "note_to_self" => Ok(Room::Notes),
        "group" => Ok(Room::Group),
        "community" => Ok(Room::Community),
        other => Err(format!("no kind of conversation: {other}")),
    }
}

fn moment(leaf: &Leaf<u64>) -> Timestamp {
    Timestamp::from_millis(**leaf)
}

fn blocks() -> Vec<Block> {
    vec![Block::new("disappearing.received", received), Block::new("disappearing.sent", sent)]
}

harness::vector_tests!("vectors_time", "messages.json", blocks());
