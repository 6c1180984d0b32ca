//! What begins, ends and counts by time, against `messages.json`: disappearing messages, receipts, typing.
//!
//! A leaf on which nothing depends beside what its row has there is marked idle by the same rules: a time that is not the one
//! that begins, half of a pair of which the other half says *off*.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

#[path = "vectors/harness.rs"]
mod harness;

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use harness::{Block, Check, File, HexLeaf, Leaf, Prose, ensure, ensure_eq};
use onionskin_core::READ_RECEIPTS;
use onionskin_core::address::{Namespace, Place};
use onionskin_core::clock::Timestamp;
use onionskin_core::crypto::{AccountId, AccountSeed, blake2b_256};
use onionskin_core::message::expiry::{self, Room, marked};
use onionskin_core::message::profile::OwnProfile;
use onionskin_core::message::{self, Desk, Incoming, receipt, request, text, timer, ttl, typing};
use onionskin_core::store::{
    ConversationId, DatabaseKey, Disappearing, Left, NewProfile, ReadWhere, Store, Timed, WriteTx,
};
use onionskin_core::wire::content::{Content, ExpirationType, ReceiptMessage, TypingMessage};
use onionskin_core::wire::decode_content;
use serde::Deserialize;
use tempfile::TempDir;

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
                (Content { receipt_message: Some(ReceiptMessage::default().into()), ..Content::default() }, false)
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
        let millis = |content: &Content| u64::try_from(ttl::of(content).as_millis()).unwrap();
        if let Some(expected) = &case.ttl_ms {
            ensure_eq("ttl_ms", millis(&content), **expected)?;
        }
        let mut copy = content.clone();
        copy.data_message.iter_mut().for_each(|data| data.sync_target = Some("somebody".to_owned()));
        ensure_eq("sync_ttl_ms", copied.then(|| millis(&copy)), case.sync_ttl_ms.as_ref().map(|leaf| **leaf))?;
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Receipts {
    #[serde(rename = "why")]
    _why: Prose,
    enabled: Leaf<bool>,
    events: Vec<Happened>,
    messages: Vec<Shown>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Happened {
    now_ms: Leaf<u64>,
    message: Option<Written>,
    receipt: Option<Read>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    to: Leaf<String>,
    sent_ms: Leaf<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    reader: Leaf<String>,
    read_ms: Vec<Leaf<u64>>,
    envelope_ms: Leaf<u64>,
    swarm_expiry_ms: Leaf<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    to: Leaf<String>,
    sent_ms: Leaf<u64>,
    read_at_ms: Option<Leaf<u64>>,
}

/// Somebody of this name, in a case of this number: cases share a ledger, and nobody of one is in another.
fn person(name: &str, case: u64) -> AccountId {
    AccountId::from_x25519(blake2b_256(&[name.as_bytes(), &case.to_le_bytes()]))
}

fn me() -> AccountId {
    AccountId::from_x25519([9; 32])
}

/// The ledger of all cases; whoever holds it looks at one of them.
static LEDGER: LazyLock<Mutex<(Store, TempDir, u64)>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let store = block_on(Store::create(&folder.path().join("db"), &DatabaseKey::from_bytes([1; 32]))).unwrap();
    let begin = |tx: &mut WriteTx<'_>| {
        let (seed, now) = (AccountSeed::from_bytes([1; 16]), Timestamp::from_millis(1_000));
        tx.create_profile(&NewProfile { account: me(), seed: &seed, display_name: "me", now })
    };
    block_on(store.write("begin", begin)).unwrap();
    Mutex::new((store, folder, 0))
});

/// Everybody of a case is a friend.
fn befriend(store: &Store, enabled: bool, friends: Vec<AccountId>) {
    let write = store.write("friends", move |tx| {
        for friend in friends {
            tx.ensure_contact(&friend, Timestamp::from_millis(1_000))?;
            tx.set_approved(&friend, true)?;
            tx.set_approved_me(&friend, true)?;
        }
        tx.set_setting(&READ_RECEIPTS, &enabled)
    });
    block_on(write).unwrap();
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());
    RUNTIME.block_on(work)
}

/// Something arrives: a copy of what another device of ours wrote, or a receipt.
fn arrives(store: &Store, sender: AccountId, content: Content, now: Timestamp, swarm_end: Timestamp) {
    let me = me();
    let place = Place { owner: me.into(), namespace: Namespace::DIRECT };
    let plain = content.to_bytes();
    let incoming = Incoming {
        place,
        hash: place.name(&plain),
        sender,
        sent_at: Timestamp::from_millis(content.sig_timestamp.unwrap()),
        stored_at: Timestamp::ZERO,
        swarm_end,
        content,
        plain,
    };
    let desk = Desk { me, network_now: now, device_now: now, unsettled: None };
    block_on(store.write("arrives", move |tx| message::apply(tx, &desk, &incoming))).unwrap();
}

fn receipts(cases: &Vec<Receipts>, _file: &File) -> Check {
    for case in cases {
        let names = case.events.iter().flat_map(|event| {
            let to = event.message.iter().map(|message| message.to.clone());
            to.chain(event.receipt.iter().map(|receipt| receipt.reader.clone())).collect::<Vec<_>>()
        });
        let mut ledger = LEDGER.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.2 += 1;
        let (store, number) = (ledger.0.clone(), ledger.2);
        let person = |name: &str| person(name, number);
        befriend(&store, *case.enabled, names.map(|name| person(&name)).collect());
        for event in &case.events {
            let now = moment(&event.now_ms);
            if let Some(message) = &event.message {
                let copy = text::compose_sync("hello", moment(&message.sent_ms), &person(&message.to));
                arrives(&store, me(), copy, now, Timestamp::ZERO);
            }
            if let Some(read) = &event.receipt {
                let moments: Vec<_> = read.read_ms.iter().map(moment).collect();
                let receipt = receipt::compose(moment(&read.envelope_ms), &moments);
                arrives(&store, person(&read.reader), receipt, now, moment(&read.swarm_expiry_ms));
            }
        }
        for shown in &case.messages {
            let (with, sent_at) = (ConversationId::from(person(&shown.to)), moment(&shown.sent_ms));
            let row = store.read(move |tx| tx.message_by_time(&with, &me(), sent_at));
            let seen_at = block_on(row).unwrap().ok_or("the message is not there")?.seen_at;
            let expected = shown.read_at_ms.as_ref().map_or(Timestamp::ZERO, moment);
            ensure_eq("read_at_ms", seen_at, expected)?;
        }
        case.mark_idle();
    }
    ensure("no cases", !cases.is_empty())
}

impl Receipts {
    /// Marks what nothing depends on: of moments only those that stand at a message, and that end a receipt before it.
    fn mark_idle(&self) {
        let stands =
            |at: Timestamp| self.messages.iter().any(|shown| shown.read_at_ms.as_ref().map(moment) == Some(at));
        let nothing = self.messages.iter().all(|shown| shown.read_at_ms.is_none());
        for event in &self.events {
            if !stands(moment(&event.now_ms)) {
                event.now_ms.idle();
            }
            let Some(read) = &event.receipt else { continue };
            read.swarm_expiry_ms.idle();
            if !stands(moment(&read.envelope_ms)) {
                read.envelope_ms.idle();
            }
            if nothing {
                read.reader.idle();
                read.read_ms.iter().for_each(Leaf::idle);
            }
        }
        if nothing {
            self.enabled.idle();
        }
        // The second of two receipts for one message.
        let mut named = std::collections::BTreeSet::new();
        for read in self.events.iter().filter_map(|event| event.receipt.as_ref()) {
            if read.read_ms.iter().all(|at| !named.insert(**at)) {
                read.reader.idle();
                read.read_ms.iter().for_each(Leaf::idle);
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    content: HexLeaf,
    envelope_ms: Leaf<u64>,
    accepted: Leaf<bool>,
}

fn typing_received(cases: &Vec<Typed>, _file: &File) -> Check {
    for case in cases {
        let content = decode_content(&case.content).map_err(|error| error.to_string())?;
        let typing = content.typing_message.ok_or("no typing message")?;
        let envelope = moment(&case.envelope_ms);
        let agrees =
            content.sig_timestamp == Some(envelope.as_millis()) && typing::is_of_its_envelope(&typing, envelope);
        ensure_eq("accepted", agrees, *case.accepted)?;
        if !agrees {
            case.envelope_ms.idle();
            case.content.idle();
        }
    }
    ensure("no cases", !cases.is_empty())
}

/// The last digits of both moments inside.
fn moments_inside(text: &str) -> Vec<usize> {
    vec![7, text.len() - 1]
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
    vec![
        Block::new("disappearing.received", received),
        Block::new("disappearing.sent", sent),
        Block::new("receipts", receipts).prose(&["why"]),
        Block::new("typing.received", typing_received).changed_at("content", moments_inside),
    ]
}

harness::vector_tests!("vectors_time", "messages.json", blocks());
