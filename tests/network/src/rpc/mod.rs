//! Storage RPC: from the text of a request to the answer of one node.
//!
//! [`request`] reads, [`write`] is what each member of a swarm does with changes, [`swarm`] gives changes to all members,
//! this file does the rest: reading methods, batches, and faults of the executing node.
//! Source: session-foundation/session-storage-server `oxenss/rpc/request_handler.cpp`.

pub(crate) mod fields;
mod hostile;
pub(crate) mod identity;
pub(crate) mod request;
mod swarm;
pub(crate) mod write;

use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use crate::fault::{Active, Fault, has, hostile_member, lie};
use crate::lock;
use crate::net::Net;
use crate::roster::HARDFORK;
use identity::{Auth, Owner, READ, namespace};
use request::{Condition, Named, Refused, Request, Retrieve};
use write::{MINUTE, Refusal, check_clock};

/// An answer that is being worked on.
pub(crate) type Answering<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// Body of an answer; how it is encoded depends on the way it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Text(String),
    Json(Value),
    Bytes(Vec<u8>),
}

/// Status and body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content: Content,
}

impl Answer {
    fn text(status: u16, text: impl Into<String>) -> Self {
        Self { status, content: Content::Text(text.into()) }
    }

    pub(crate) fn json(status: u16, object: Map<String, Value>) -> Self {
        Self { status, content: Content::Json(object.into()) }
    }

    /// As a part of a batch.
    fn part(self) -> Value {
        let body = match self.content {
            Content::Text(text) => text.into(),
            Content::Json(value) => value,
            Content::Bytes(bytes) => STANDARD.encode(bytes).into(),
        };
        json!({"code": self.status, "body": body})
    }
}

impl From<Refusal> for Answer {
    fn from((status, text): Refusal) -> Self {
        Self::text(status, text)
    }
}

/// Reads `{"method":…,"params":{…}}`.
///
/// # Errors
/// The answer to a malformed request.
pub(crate) fn parse(body: &[u8]) -> Result<Named, Answer> {
    let Ok(json) = serde_json::from_slice::<Value>(body) else { return Err(Answer::text(400, "invalid json")) };
    let Some(method) = json.get("method").and_then(Value::as_str) else {
        return Err(Answer::text(400, "invalid json: no `method` field"));
    };
    let Some(params) = json.get("params").and_then(Value::as_object) else {
        return Err(Answer::text(400, "invalid json: no `params` field"));
    };
    request::parse(method, params).map_err(|refused| match refused {
        Refused::NoMethod => Answer::text(400, format!("no method {method}")),
        Refused::Malformed(why) => Answer::text(400, format!("invalid request: {why}")),
    })
}

/// The answer that a fault puts in place of any other. What holds requests in it is meant by its own name alone.
fn fault_status(named: &Named, faults: &[Active]) -> Option<Answer> {
    let meta = named.is_meta();
    let (code, body) = faults.iter().find_map(|active| match &active.fault {
        Fault::Status { code, body } => {
            let meant = if meta { active.when.method_is(&named.method) } else { active.when.covers(&named.method) };
            meant.then_some((*code, body))
        }
        _ => None,
    })?;
    let content = match serde_json::from_str::<Map<String, Value>>(body) {
        Ok(object) => Content::Json(object.into()),
        Err(_) => Content::Text(body.clone()),
    };
    Some(Answer { status: code, content })
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl Net {
    /// Executes a request at a node, with the faults that apply to it.
    pub(crate) fn execute<'a>(&'a self, node: usize, named: &'a Named, faults: &'a [Active]) -> Answering<'a> {
        Box::pin(async move {
            if let Some(answer) = fault_status(named, faults) {
                return answer;
            }
            self.settle(node);
            match hostile_member(faults) {
                // Of what holds requests in it, each part is lied about for itself.
                Some(seed) if !named.is_meta() => self.lies(node, named, faults, seed).await,
                _ => self.honest(node, named, faults).await,
            }
        })
    }

    fn honest<'a>(&'a self, node: usize, named: &'a Named, faults: &'a [Active]) -> Answering<'a> {
        Box::pin(async move {
            match &named.request {
                Request::Write(write) => self.write(node, &named.method, write, faults).await,
                Request::Batch(parts) => self.batch(node, parts, faults).await,
                Request::Sequence(parts) => self.sequence(node, parts, faults).await,
                Request::IfElse { condition, yes, no } => {
                    let holds = self.holds(condition);
                    let branch = if holds { yes } else { no };
                    self.branch(node, holds, branch.as_deref(), faults).await
                }
                _ => self.read(node, named, faults),
            }
        })
    }

    /// Executes a method that changes nothing.
    fn read(&self, node: usize, named: &Named, faults: &[Active]) -> Answer {
        match &named.request {
            Request::Retrieve(retrieve) if retrieve.namespace != 0 && has(faults, &Fault::WithholdConfigs) => {
                Answer::json(200, self.dated(node, object([("messages", json!([])), ("more", true.into())])))
            }
            Request::Retrieve(retrieve) => self.retrieve(node, retrieve).unwrap_or_else(Answer::from),
            Request::GetExpiries { auth, messages, signed_at } => {
                self.expiries(node, auth, messages, *signed_at).unwrap_or_else(|refused| refused)
            }
            Request::Revoked { auth, signed_at } => {
                self.revoked(node, auth, *signed_at).unwrap_or_else(|refused| refused)
            }
            Request::Info => {
                let now = self.now(node).into();
                Answer::json(200, self.dated(node, object([("version", json!(self.version)), ("timestamp", now)])))
            }
            Request::GetSwarm(owner) => {
                let swarm = lock(&self.roster).swarm_object(owner);
                Answer::json(200, self.dated(node, swarm))
            }
            Request::ActiveNodes => {
                Answer { status: 200, content: Content::Bytes(lock(&self.roster).binary(lie(faults))) }
            }
            Request::Oxend { endpoint, params } => {
                let result = match endpoint.as_str() {
                    "get_service_nodes" => lock(&self.roster).service_nodes(params, self.height(), lie(faults)),
                    _ => self.resolve_name(params),
                };
                Answer::json(200, self.dated(node, object([("result", result)])))
            }
            Request::Write(_) | Request::Batch(_) | Request::Sequence(_) | Request::IfElse { .. } => {
                Answer::text(500, "request failed")
            }
        }
    }

    /// All parts at the same time.
    async fn batch(&self, node: usize, parts: &[Named], faults: &[Active]) -> Answer {
        let answers = join_all(parts.iter().map(|part| self.execute(node, part, faults))).await;
        let results: Vec<Value> = answers.into_iter().map(Answer::part).collect();
        Answer { status: 200, content: Content::Json(json!({"results": results})) }
    }

    /// One part after the other, until one fails.
    async fn sequence(&self, node: usize, parts: &[Named], faults: &[Active]) -> Answer {
        let mut results = Vec::new();
        for part in parts {
            let answer = self.execute(node, part, faults).await;
            let good = (200..300).contains(&answer.status);
            results.push(answer.part());
            if !good {
                break;
            }
        }
        Answer { status: 200, content: Content::Json(json!({"results": results})) }
    }

    /// What is done where a condition holds, or does not.
    async fn branch(&self, node: usize, holds: bool, branch: Option<&Named>, faults: &[Active]) -> Answer {
        let mut result = json!({"hf": HARDFORK, "v": self.version, "height": self.height(), "condition": holds});
        if let Some(branch) = branch {
            let part = self.execute(node, branch, faults).await.part();
            if let Some(result) = result.as_object_mut() {
                result.insert("result".to_owned(), part);
            }
        }
        Answer { status: 200, content: Content::Json(result) }
    }

    fn expiries(&self, node: usize, auth: &Auth, messages: &[String], signed_at: u64) -> Result<Answer, Answer> {
        let text = ["get_expiries", &signed_at.to_string(), &messages.concat()].concat();
        self.check_reader(node, auth, "get_expiries", signed_at, false, &text)?;
        let (now, mut storage) = (self.now(node), self.storage(node));
        let content = Content::Json(json!({"expiries": storage.expiries(&auth.owner, messages, now)}));
        Ok(Answer { status: 200, content })
    }

    fn revoked(&self, node: usize, auth: &Auth, signed_at: u64) -> Result<Answer, Answer> {
        let text = ["revoked_subaccounts", &signed_at.to_string()].concat();
        self.check_reader(node, auth, "revoked_subaccounts", signed_at, true, &text)?;
        let storage = self.storage(node);
        let tokens = storage.revoked(&auth.owner).iter().map(|token| Value::from(STANDARD.encode(token.0)));
        Ok(Answer::json(200, self.dated(node, object([("revoked_subaccounts", tokens.collect())]))))
    }

    /// 421 with the right swarm, unless the node keeps the account.
    pub(crate) fn check_swarm(&self, node: usize, owner: &Owner) -> Result<(), Answer> {
        let roster = lock(&self.roster);
        if roster.keeps(node, owner) {
            return Ok(());
        }
        if roster.swarm_of(owner).is_none() {
            return Err(Answer::text(500, "No swarms known!"));
        }
        let swarm = roster.swarm_object(owner);
        drop(roster);
        Err(Answer::json(421, self.dated(node, swarm)))
    }

    fn check_reader(
        &self,
        node: usize,
        auth: &Auth,
        method: &str,
        signed_at: u64,
        owner_only: bool,
        text: &str,
    ) -> Result<(), Answer> {
        self.check_swarm(node, &auth.owner)?;
        check_clock(method, signed_at, self.now(node), MINUTE)?;
        let access = if owner_only { 0 } else { READ };
        let storage = self.storage(node);
        if auth.verify(access, storage.revoked(&auth.owner), text.as_bytes()) {
            return Ok(());
        }
        Err(Answer::text(401, format!("{method} signature verification failed")))
    }

    fn retrieve(&self, node: usize, asked: &Retrieve) -> Result<Answer, Refusal> {
        if let Err(elsewhere) = self.check_swarm(node, &asked.auth.owner) {
            return Ok(elsewhere);
        }
        let now = self.now(node);
        let mut storage = self.storage(node);
        match asked.signed_at {
            None if namespace::is_readable_by_all(asked.namespace) => {}
            None => return Err((401, "retrieve: request signature required".to_owned())),
            Some(signed_at) => {
                check_clock("retrieve", signed_at, now, MINUTE)?;
                let text = ["retrieve", &namespace::signed(asked.namespace), &signed_at.to_string()].concat();
                let all = storage.revoked(&asked.auth.owner);
                let revoked = if namespace::ignores_revocation(asked.namespace) { &[] } else { all };
                if !asked.auth.verify(READ, revoked, text.as_bytes()) {
                    return Err((401, "retrieve signature verification failed".to_owned()));
                }
            }
        }
        let max_count = asked.max_count.filter(|count| *count > 0).and_then(|count| usize::try_from(count).ok());
        let max_size = match (asked.max_size.unwrap_or(0), max_count) {
            (0, None) => RETRIEVE_BYTES / 5,
            (0, Some(_)) => RETRIEVE_BYTES,
            (bytes @ 1.., _) => bytes.min(RETRIEVE_BYTES),
            (fraction, _) => RETRIEVE_BYTES / fraction.saturating_neg(),
        };
        let max_size = usize::try_from(max_size).unwrap_or(0);
        let owner = &asked.auth.owner;
        let (found, more) = storage.retrieve(owner, asked.namespace, &asked.last_hash, max_count, max_size, now);
        drop(storage);
        let messages: Vec<Value> = found
            .into_iter()
            .map(|message| {
                json!({"hash": message.hash, "timestamp": message.timestamp, "expiration": message.expiry,
                    "data": STANDARD.encode(message.data)})
            })
            .collect();
        let mut result = Map::new();
        result.insert("messages".to_owned(), messages.into());
        result.insert("more".to_owned(), more.into());
        Ok(Answer::json(200, self.dated(node, result)))
    }

    /// Adds time and hard fork.
    pub(crate) fn dated(&self, node: usize, mut object: Map<String, Value>) -> Map<String, Value> {
        object.insert("t".to_owned(), self.now(node).into());
        object.insert("hf".to_owned(), json!(HARDFORK));
        object
    }

    fn resolve_name(&self, params: &Value) -> Value {
        let hash = params.get("name_hash").and_then(Value::as_str).unwrap_or_default();
        let hash = hex::decode(hash).ok().or_else(|| fields::decode_base64(hash));
        let found = hash.and_then(|hash| lock(&self.names).get(&hash).cloned());
        found.unwrap_or_else(|| json!({}))
    }

    fn holds(&self, condition: &Condition) -> bool {
        let hardfork: Vec<i64> = HARDFORK.iter().map(|part| i64::from(*part)).collect();
        let version: Vec<i64> = self.version.iter().map(|part| i64::from(*part)).collect();
        let height = i64::try_from(self.height()).unwrap_or(i64::MAX);
        let padded = |wanted: &[i64], parts: usize| {
            let mut wanted = wanted.to_vec();
            wanted.resize(parts, 0);
            wanted
        };
        let fits = |mine: &Vec<i64>, [at_least, before]: &[Option<Vec<i64>>; 2]| {
            at_least.as_ref().is_none_or(|wanted| *mine >= padded(wanted, mine.len()))
                && before.as_ref().is_none_or(|wanted| *mine < padded(wanted, mine.len()))
        };
        let [at_least, before] = condition.height;
        fits(&hardfork, &condition.hardfork)
            && fits(&version, &condition.version)
            && at_least.is_none_or(|wanted| height >= wanted)
            && before.is_none_or(|wanted| height < wanted)
    }
}

/// What one `retrieve` may return at most, in accounted bytes.
const RETRIEVE_BYTES: i64 = 7_800_000;
