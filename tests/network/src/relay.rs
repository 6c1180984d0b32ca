//! Onion requests at a node: opening a layer, passing on, executing, answering.
//!
//! Passing on to another node of the network is a call in the process, not a connection; but it is the same function
//! for every hop, counts hops, and has the time limits, texts and statuses of the real thing.
//! Source: session-foundation/session-storage-server `oxenss/rpc/request_handler.cpp`, `oxenss/server/omq.cpp`.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::cipher::{Layer, random_vec};
use crate::exit;
use crate::fault::{Active, Fault, Played, Role, clear_status, has, hostile_guard};
use crate::journal::Seen;
use crate::lock;
use crate::net::Net;
use crate::onion::{self, Inside, MAX_HOPS, Sealed, Unreadable};
use crate::rpc::{self, Answer, Content};

/// What goes back towards the client.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    /// The guard must break the connection in the middle of the body.
    pub(crate) cut: bool,
}

impl Reply {
    pub(crate) fn text(status: u16, text: impl Into<String>) -> Self {
        Self { status, body: Bytes::from(text.into()), cut: false }
    }
}

/// Where a layer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Client,
    Node,
}

/// Where a layer is on its way.
#[derive(Clone, Copy)]
struct Way<'a> {
    node: usize,
    journey: u64,
    from: From,
    faults: &'a [Active],
}

type Replying = Pin<Box<dyn Future<Output = Reply> + Send>>;

impl Net {
    /// What a node does with an onion layer.
    pub(crate) fn onion(self: &Arc<Self>, node: usize, sealed: Sealed, journey: u64, from: From) -> Replying {
        let net = self.clone();
        Box::pin(async move { net.handle(node, sealed, journey, from).await })
    }

    async fn handle(self: &Arc<Self>, node: usize, sealed: Sealed, journey: u64, from: From) -> Reply {
        let Some(here) = self.nodes.get(node) else { return Reply::text(500, "request failed") };
        if sealed.hop > MAX_HOPS {
            return Reply::text(400, "onion request max path length exceeded");
        }
        self.journal.journey(journey, |journey| journey.nodes.push(node));
        let opened = onion::open(&here.keys, &sealed);
        let role = role(&opened, from);
        let request = match &opened {
            Ok((Inside::Final { body, .. }, _)) => Some(rpc::parse(body)),
            _ => None,
        };
        let methods = match &request {
            Some(Ok(named)) => named.methods(),
            _ => Vec::new(),
        };
        if let Some(Ok(named)) = &request {
            self.journal.named(journey, &methods, named.accounts());
        }
        let faults = here.faults.take(role, &methods);
        let (at_ms, bytes) = (self.clock.now_ms(), sealed.ciphertext.len());
        self.journal.seen(Seen { at_ms, node, role, methods, bytes, journey: Some(journey) });
        self.delay(Some(node), &here.faults, &faults).await;
        if has(&faults, &Fault::NotReady) {
            return match from {
                From::Client => Reply::text(503, "Service node is not ready: not yet in a swarm"),
                From::Node => Reply::text(503, format!("Snode not ready: {}", here.keys.hex())),
            };
        }
        if let Some((code, body)) = clear_status(&faults, role) {
            return Reply::text(code, body);
        }
        let reply = match opened {
            Err(Unreadable::Ciphertext) => Reply::text(400, "Invalid ciphertext"),
            Err(Unreadable::Json(layer)) => refused(&layer, "Invalid json"),
            Ok((Inside::Final { embed_json, base64, .. }, layer)) => {
                let answer = match request {
                    Some(Ok(named)) => self.execute(node, &named, &faults).await,
                    Some(Err(refused)) => refused,
                    None => Answer { status: 500, content: Content::Text("request failed".to_owned()) },
                };
                encrypted(&layer, answer, embed_json, base64)
            }
            Ok((Inside::Server { payload, host, port, protocol, target }, layer)) => {
                let server = exit::Destination { host, port, protocol, target };
                self.leave(server, payload, &layer, journey).await
            }
            Ok((Inside::Node { key, sealed }, _)) => {
                self.pass_on(key, sealed, Way { node, journey, from, faults: &faults }).await
            }
        };
        spoil(reply, &faults, from)
    }

    /// Asks a server outside of the network.
    async fn leave(&self, server: exit::Destination, payload: Vec<u8>, layer: &Layer, journey: u64) -> Reply {
        if !onion::target_allowed(&server.protocol, &server.target) {
            return refused(layer, "Invalid url");
        }
        let place = format!("{}:{}", server.host, server.port);
        self.journal.journey(journey, |journey| journey.server = Some(place));
        self.post(server, payload).await
    }

    async fn pass_on(self: &Arc<Self>, key: [u8; 32], sealed: Sealed, on: Way<'_>) -> Reply {
        let Way { node, journey, from, faults } = on;
        let shown = hex::encode(key);
        let visible = json!({"destination": shown, "ephemeral_key": hex::encode(sealed.ephemeral)});
        self.journal.outside(visible.to_string().as_bytes());
        if let Some((seed, trick)) = hostile_guard(faults).filter(|_| from == From::Client) {
            let mut dice = self.dice(node, seed);
            match trick.plays(seed, sealed.ciphertext.len(), &key, &mut dice) {
                Some(Played::Dropped) => return self.silence(node).await,
                Some(Played::Delayed(time)) => {
                    let _hanging = self.journal.hang(Some(node));
                    self.clock.sleep(time).await;
                }
                None => {}
            }
        }
        let next = lock(&self.roster).find(&key);
        let Some(next) = next.filter(|_| !has(faults, &Fault::NextNotFound)) else {
            return Reply::text(502, format!("Next node not found: {shown}"));
        };
        let Some(there) = self.nodes.get(next) else { return Reply::text(500, "request failed") };
        let away = there.faults.away().filter(|away| away.told);
        if has(faults, &Fault::NextUnreachable) || away.is_some_and(|away| away.for_good) {
            return Reply::text(502, format!("Next node is currently unreachable: {shown}"));
        }
        if away.is_some() {
            return Reply::text(504, "Request time out");
        }
        let reply = async {
            tokio::select! {
                biased;
                // Whatever a node was doing ends with it.
                () = there.door.until_shut() => self.silence(next).await,
                reply = self.onion(next, sealed, journey, From::Node) => reply,
            }
        };
        match self.clock.within(HOP_TIMEOUT, reply).await {
            Some(reply) => Reply { status: onion::relayed(reply.status), ..reply },
            None => Reply::text(504, "Request time out"),
        }
    }

    /// What another node hears from one that is away: nothing.
    async fn silence<T>(&self, node: usize) -> T {
        let _hanging = self.journal.hang(Some(node));
        std::future::pending().await
    }

    /// Waits as the faults at hand want it.
    pub(crate) async fn delay(&self, node: Option<usize>, all: &crate::fault::Faults, faults: &[Active]) {
        for active in faults {
            match active.fault {
                Fault::Hang | Fault::Frozen => {
                    let _hanging = self.journal.hang(node);
                    all.lifted(active.id).await;
                }
                Fault::Slow(time) => self.clock.sleep(time).await,
                _ => {}
            }
        }
    }
}

/// What a node is on the way of a layer.
fn role(opened: &Result<(Inside, Layer), Unreadable>, from: From) -> Role {
    match (opened, from) {
        (Ok((Inside::Final { .. }, _)), _) => Role::Destination,
        (_, From::Client) => Role::Guard,
        (Ok((Inside::Server { .. }, _)), From::Node) => Role::Exit,
        (_, From::Node) => Role::Middle,
    }
}

fn refused(layer: &Layer, why: &str) -> Reply {
    encrypted(layer, Answer { status: 400, content: Content::Text(why.to_owned()) }, false, true)
}

/// The answer of a destination, encrypted for the client.
fn encrypted(layer: &Layer, answer: Answer, embed_json: bool, base64: bool) -> Reply {
    let body = match answer.content {
        Content::Text(text) => text.into(),
        Content::Json(value) if embed_json => value,
        Content::Json(value) => Value::from(value.to_string()),
        Content::Bytes(bytes) => STANDARD.encode(bytes).into(),
    };
    let sealed = layer.seal(json!({"status": answer.status, "body": body}).to_string().as_bytes());
    let body = if base64 { Bytes::from(STANDARD.encode(sealed)) } else { Bytes::from(sealed) };
    Reply { status: 200, body, cut: false }
}

/// Garbage and truncation.
pub(crate) fn spoil(mut reply: Reply, faults: &[Active], from: From) -> Reply {
    if has(faults, &Fault::Garbage) {
        let random = random_vec(reply.body.len());
        reply.body = match STANDARD.decode(&reply.body) {
            Ok(decoded) => Bytes::from(STANDARD.encode(random.get(..decoded.len()).unwrap_or(&random))),
            Err(_) => Bytes::from(random),
        };
    }
    if has(faults, &Fault::Truncated) {
        match from {
            From::Client => reply.cut = true,
            From::Node => reply.body.truncate(reply.body.len() / 2),
        }
    }
    reply
}

/// How long a node waits for the next one.
const HOP_TIMEOUT: Duration = Duration::from_secs(30);
