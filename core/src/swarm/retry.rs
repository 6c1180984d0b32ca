//! Carrying a request to a member that does it: which member, how often, and what to do about each failure.
//!
//! * 421: the account lives elsewhere. The answer names the members; only their keys are taken and only those in our own
//!   node list. One retry on a member of the new swarm.
//! * 406 (425 from servers): our clock. Three nodes are asked for the time, the request is signed again and sent once more.
//!   A member that still refuses has a wrong clock itself; another is asked.
//! * A member that does not answer, fails, or proves nothing: another member, three attempts in all for what a person waits
//!   for; none for polling, whose retry is the next poll.
//! * 413: another member, and final once a second one says the same.
//! * Everything else (400, 401, 403, 404) is final: sending it again would be refused again.
//!
//! Which status is what stands in one table, [`failure`](crate::onion::failure).
//!
//! Source: libsession-util `src/network/session_network.cpp`; session-desktop `ts/session/apis/snode_api/onions.ts`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::Semaphore;

use super::Swarms;
use super::auth::Auth;
use super::batch::{self, Form};
use super::error::SwarmError;
use super::request::{After, Call, batch_params, get_swarm_params};
use super::response::{self, BadAnswer, Beside, Part};
use super::time;
use crate::address::Address;
use crate::clock::Timestamp;
use crate::onion::failure::{self, Blame, Next};
use crate::onion::{Answer, Ask, NodeKey, OnionError, Way};

/// How much is done for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// A person waits: three attempts.
    Send,
    /// The next poll is the retry.
    Poll,
}

/// A request that is to be carried.
pub(super) struct Errand<'a> {
    pub(super) of: Address,
    pub(super) auth: Option<&'a dyn Auth>,
    pub(super) calls: &'a [Call],
    pub(super) form: Form,
    /// The member to ask first; none takes one by chance.
    pub(super) node: Option<NodeKey>,
    pub(super) effort: Effort,
}

/// A request that was done.
pub(super) struct Carried<T> {
    pub(super) value: T,
    pub(super) node: NodeKey,
    pub(super) way: Way,
    /// Network time at which the answer says it was given; ours where it does not.
    pub(super) answered_at: Timestamp,
}

/// An answer whose status is good, as [`Swarms::carry`] hands it to be read.
pub(super) struct Good<'a> {
    /// One part for each answered call; a single call's whole answer.
    pub(super) parts: Vec<Part<'a>>,
    /// The network time at which the calls were signed.
    pub(super) signed_at: Timestamp,
}

/// Lets one correction of the clock run at a time.
pub(super) struct ClockGate {
    turn: Semaphore,
    generation: AtomicU64,
    /// Monotonic milliseconds of the last correction, plus one; zero before the first.
    last: AtomicU64,
}

impl ClockGate {
    pub(super) fn new() -> Self {
        Self { turn: Semaphore::new(1), generation: AtomicU64::new(0), last: AtomicU64::new(0) }
    }
}

impl Swarms {
    /// Carries `errand` until `read` accepts an answer, within its effort.
    pub(super) async fn carry<T>(
        &self,
        errand: Errand<'_>,
        read: impl Fn(Good<'_>) -> Result<T, SwarmError> + Send,
    ) -> Result<Carried<T>, SwarmError> {
        let Errand { of, auth, form, effort, .. } = errand;
        batch::check(errand.calls, auth.is_some())?;
        let mut calls = std::borrow::Cow::Borrowed(errand.calls);
        let mut next = errand.node;
        let mut attempts = if effort == Effort::Send { Ask::send().attempts } else { 1 };
        let (mut moved, mut resynced) = (false, false);
        let mut tried = Vec::new();
        let mut too_large: Vec<NodeKey> = Vec::new();
        loop {
            let node = match next.take() {
                Some(node) => node,
                None => self.next_member(&of, &tried).await?,
            };
            self.clock_is_settled().await;
            let generation = self.inner.gate.generation.load(Ordering::Acquire);
            let signed_at = self.inner.time.now();
            let (method, params) = build(&calls, form, &of, auth, signed_at);
            let ask = match effort {
                Effort::Poll => Ask::poll(),
                // Two attempts over different paths, so that another member still gets the third.
                Effort::Send => {
                    let one = Ask::send();
                    Ask { attempts: attempts.min(2), timeout: form.patience(&calls, one.timeout), ..one }
                }
            };
            let failure = match self.inner.onion.ask(&node, method, params, ask).await {
                Err(error) => {
                    attempts = attempts.saturating_sub(self.unanswered(&node, &error, ask.attempts));
                    match error {
                        OnionError::UnknownNode
                        | OnionError::DestinationNotReady
                        | OnionError::TimedOut
                        | OnionError::PathBroken => SwarmError::Onion(error),
                        final_error => return Err(final_error.into()),
                    }
                }
                Ok(answer) => {
                    let (status, body) = effective(&answer, form, calls.len());
                    let decision = failure::of_node(status, body);
                    match decision.next {
                        Next::Deliver => {
                            let answered_at = self.hear(&answer, form, calls.len());
                            match good(&answer, form, calls.len(), signed_at).and_then(&read) {
                                Ok(value) => return Ok(Carried { value, node, way: answer.way, answered_at }),
                                Err(unproven) => {
                                    self.strike(&node);
                                    attempts -= 1;
                                    unproven
                                }
                            }
                        }
                        Next::CorrectClock if resynced => {
                            // Three nodes have just told the time: it is this one whose clock is wrong, unless the
                            // next one refuses as well.
                            self.strike(&node);
                            attempts -= 1;
                            SwarmError::ClockWrong
                        }
                        Next::CorrectClock => {
                            self.resync(generation).await?;
                            resynced = true;
                            next = Some(node);
                            continue;
                        }
                        Next::AskNewSwarm => {
                            self.moved(&of, &node, body).await;
                            if moved {
                                return Err(SwarmError::Moved);
                            }
                            moved = true;
                            tried.push(node);
                            // Another node does not share this node's order of messages.
                            from_the_beginning(calls.to_mut());
                            continue;
                        }
                        Next::GiveUp => return Err(SwarmError::Refused { status }),
                        Next::SecondOpinion => {
                            if !too_large.is_empty() && !too_large.contains(&node) {
                                return Err(SwarmError::Refused { status });
                            }
                            too_large.push(node);
                            attempts -= 1;
                            // One member's word is not the network's limit.
                            SwarmError::NobodyAccepted { failed: 1 }
                        }
                        Next::AskAnother | Next::Retry | Next::BackOff => {
                            self.strike(&node);
                            if decision.blame == Blame::DestinationGone {
                                self.drop_member(&of, &node);
                            }
                            attempts -= 1;
                            SwarmError::Refused { status }
                        }
                    }
                }
            };
            if attempts == 0 {
                return Err(failure);
            }
            tried.push(node);
        }
    }

    /// Asks three random nodes for the time and takes the median of those that agree. A correction that ran meanwhile is as good.
    pub(super) async fn resync(&self, seen: u64) -> Result<(), SwarmError> {
        let gate = &self.inner.gate;
        let Ok(_turn) = gate.turn.acquire().await else { return Err(SwarmError::ClockWrong) };
        if gate.generation.load(Ordering::Acquire) != seen {
            return Ok(());
        }
        let pool = self.inner.onion.roads().pool();
        let keys: Vec<_> = pool.nodes().iter().map(|node| node.key).collect();
        let candidates = self.locked(|directory, now| directory.shuffled(&keys, now));
        // One node alone is believed only where there is no other.
        let needed = candidates.len().min(CLOCKS_AGREEING);
        let mut offsets = Vec::new();
        let mut problem = SwarmError::ClockWrong;
        for round in candidates.chunks(CLOCKS_ASKED).take(CLOCK_ROUNDS) {
            for offset in join_all(round.iter().map(|node| self.offset_of(node))).await {
                match offset {
                    Ok(offset) => offsets.push(offset),
                    Err(error) => problem = error,
                }
            }
            if offsets.len() >= CLOCKS_ASKED && time::agreed(&offsets, needed).is_some() {
                break;
            }
        }
        let offset = time::agreed(&offsets, needed).ok_or(problem)?;
        self.inner.time.settle(offset);
        self.note_correction();
        gate.generation.fetch_add(1, Ordering::Release);
        tracing::debug!(offset_millis = offset, "network time settled");
        Ok(())
    }

    /// How often the clock was corrected; [`Swarms::resync`] does nothing when it has grown meanwhile.
    pub(super) fn clock_generation(&self) -> u64 {
        self.inner.gate.generation.load(Ordering::Acquire)
    }

    async fn offset_of(&self, node: &NodeKey) -> Result<i64, SwarmError> {
        let ask = Ask { attempts: 1, hedge: false, ..Ask::poll() };
        let answer = self.inner.onion.ask(node, "info", json!({}), ask).await?;
        if !response::is_success(answer.status) {
            return Err(SwarmError::Refused { status: answer.status });
        }
        let t = response::info_time(&answer.body)?;
        time::estimate(t, answer.received_at, answer.rtt).ok_or(SwarmError::BadAnswer(BadAnswer::NotUnderstood))
    }

    /// Waits for a running correction; starts one when a node's time disagreed, at most once a minute.
    async fn clock_is_settled(&self) {
        let gate = &self.inner.gate;
        drop(gate.turn.acquire().await);
        let last = gate.last.load(Ordering::Acquire).checked_sub(1);
        let due = !self.inner.time.is_known()
            || last.is_none_or(|last| self.monotonic_millis().saturating_sub(last) > DOUBTS_EVERY_MILLIS);
        if self.inner.time.is_doubtful() && due {
            // The next one waits its minute also when this fails: our own time may still be right.
            self.note_correction();
            if let Err(error) = self.resync(self.clock_generation()).await {
                tracing::debug!(%error, "network time could not be settled");
            }
        }
    }

    /// A member that was not tried yet; when all were, the first again.
    async fn next_member(&self, of: &Address, tried: &[NodeKey]) -> Result<NodeKey, SwarmError> {
        let members = self.members_of(of).await?;
        let order = self.locked(|directory, now| directory.shuffled(&members, now));
        let fresh = order.iter().find(|node| !tried.contains(node));
        fresh.or(order.first()).copied().ok_or(SwarmError::NoMembers)
    }

    /// The members of `of`'s swarm, asking nodes when too few are known.
    pub(super) async fn members_of(&self, of: &Address) -> Result<Vec<NodeKey>, SwarmError> {
        let roads = self.inner.onion.roads();
        if roads.pool().is_empty() {
            self.inner.onion.ready().await?;
        }
        let pool = roads.pool();
        if let Some(members) = self.locked(|directory, _| directory.members(of, &pool)) {
            return Ok(members);
        }
        let keys: Vec<_> = pool.nodes().iter().map(|node| node.key).collect();
        let order = self.locked(|directory, now| directory.shuffled(&keys, now));
        let mut problem = SwarmError::NoMembers;
        for node in order.iter().take(SWARM_ASKS) {
            match self.ask_for_swarm(of, node).await {
                Ok(members) if !members.is_empty() => {
                    // Asking may have brought a new list.
                    let pool = roads.pool();
                    self.locked(|directory, _| directory.learn(*of, members.clone(), self.inner.clock.now(), &pool));
                    return Ok(members);
                }
                Ok(_) => {}
                Err(SwarmError::Onion(OnionError::Offline)) => {
                    problem = OnionError::Offline.into();
                    break;
                }
                Err(error) => problem = error,
            }
        }
        // Better few members than none.
        let known = self.locked(|directory, _| directory.known(of, &pool));
        if known.is_empty() { Err(problem) } else { Ok(known) }
    }

    async fn ask_for_swarm(&self, of: &Address, node: &NodeKey) -> Result<Vec<NodeKey>, SwarmError> {
        let ask = Ask { attempts: 2, ..Ask::poll() };
        let answer = self.inner.onion.ask(node, "get_swarm", get_swarm_params(of), ask).await?;
        if !response::is_success(answer.status) {
            return Err(SwarmError::Refused { status: answer.status });
        }
        self.hear(&answer, Form::Single, 1);
        Ok(self.in_our_list(response::swarm_members(&answer.body)?).await)
    }

    /// Only nodes of our own list; when some are not in it, the list is fetched anew first.
    async fn in_our_list(&self, keys: Vec<NodeKey>) -> Vec<NodeKey> {
        let onion = &self.inner.onion;
        let pool = onion.roads().pool();
        if keys.iter().all(|key| pool.get(key).is_some()) {
            return keys;
        }
        // One node's word is no reason to fetch the list again and again.
        if onion.roads().tried_within(REFRESH_SPACING) {
            tracing::debug!("node list was fetched a moment ago; an unknown swarm member is left out");
        } else if let Err(error) = onion.refresh_pool().await {
            tracing::debug!(%error, "node list could not be fetched for an unknown swarm member");
        }
        let pool = onion.roads().pool();
        keys.into_iter().filter(|key| pool.get(key).is_some()).collect()
    }

    /// A 421 of `node` about `of`, the account that *we* asked about.
    async fn moved(&self, of: &Address, node: &NodeKey, body: &str) {
        self.strike(node);
        let mut keys = response::swarm_members(body).unwrap_or_default();
        keys.retain(|key| key != node);
        let members = self.in_our_list(keys).await;
        if members.is_empty() {
            self.drop_member(of, node);
        } else {
            let pool = self.inner.onion.roads().pool();
            self.locked(|directory, _| directory.learn(*of, members, self.inner.clock.now(), &pool));
        }
    }

    /// Notes who did not answer. Returns how many attempts that took.
    fn unanswered(&self, node: &NodeKey, error: &OnionError, asked: u32) -> u32 {
        match error {
            // A path says so, and one path may lie: the node leaves the list only when a second agrees.
            OnionError::UnknownNode | OnionError::DestinationNotReady => {
                self.locked(|directory, now| directory.strike(*node, now));
                1
            }
            OnionError::TimedOut | OnionError::PathBroken => {
                // The road or the member: another member comes first next time, without blame.
                self.locked(|directory, now| directory.strike(*node, now));
                asked
            }
            _ => asked,
        }
    }

    fn drop_member(&self, of: &Address, node: &NodeKey) {
        let pool = self.inner.onion.roads().pool();
        self.locked(|directory, _| directory.drop_member(*of, node, &pool, self.inner.clock.now()));
    }

    fn strike(&self, node: &NodeKey) {
        self.inner.onion.strike(node);
        self.locked(|directory, now| directory.strike(*node, now));
    }

    /// Takes time and version from an answer; of a batch the latest. Returns the network time at which it was given: the
    /// node's where it is near ours, ours otherwise.
    fn hear(&self, answer: &Answer, form: Form, calls: usize) -> Timestamp {
        let heard: Vec<Beside> = match form {
            Form::Single => vec![response::beside(&answer.body)],
            _ => response::parts(&answer.body, calls, true)
                .map(|parts| parts.iter().map(|part| response::beside(part.body)).collect())
                .unwrap_or_default(),
        };
        if let Some(hf) = heard.iter().filter_map(|beside| beside.hf).max() {
            self.raise_hard_fork(hf);
        }
        let told = heard.iter().filter_map(|beside| beside.t).max();
        if let Some(t) = told {
            self.inner.time.hear(t, answer.received_at, answer.rtt);
        }
        let ours = answer.received_at.shifted(self.inner.time.offset_millis());
        let near = |t: &Timestamp| t.as_millis().abs_diff(ours.as_millis()) <= SIGNED_TIME_MILLIS;
        told.filter(near).unwrap_or(ours)
    }

    fn note_correction(&self) {
        self.inner.gate.last.store(self.monotonic_millis().saturating_add(1), Ordering::Release);
    }

    fn monotonic_millis(&self) -> u64 {
        super::request::millis(self.inner.clock.monotonic())
    }
}

/// Method and parameters of `calls`, signed at `now` where a node demands it: elsewhere a signature would only tell who
/// asks.
fn build(
    calls: &[Call],
    form: Form,
    of: &Address,
    auth: Option<&dyn Auth>,
    now: Timestamp,
) -> (&'static str, serde_json::Value) {
    let signing = |call: &Call| auth.filter(|_| call.needs_signature());
    let mut parts = calls.iter().map(|call| (call.method(), call.params(of, signing(call), now)));
    match form {
        Form::Single => parts.next().unwrap_or(("info", json!({}))),
        Form::Batch => ("batch", batch_params(parts)),
        Form::Sequence => ("sequence", batch_params(parts)),
    }
}

/// The status that counts: the answer's own, or the one that all parts of a batch share.
fn effective(answer: &Answer, form: Form, calls: usize) -> (u16, &str) {
    if form != Form::Single && response::is_success(answer.status) {
        let parts = response::parts(&answer.body, calls, form == Form::Sequence).unwrap_or_default();
        if let Some(common) = batch::common_status(&parts) {
            return common;
        }
    }
    (answer.status, &answer.body)
}

fn good(answer: &Answer, form: Form, calls: usize, signed_at: Timestamp) -> Result<Good<'_>, SwarmError> {
    let parts = match form {
        Form::Single => vec![Part { status: answer.status, body: &answer.body }],
        _ => response::parts(&answer.body, calls, form == Form::Sequence)?,
    };
    Ok(Good { parts, signed_at })
}

fn from_the_beginning(calls: &mut [Call]) {
    for call in calls {
        if let Call::Retrieve(retrieve) = call {
            retrieve.after = After::Start;
        }
    }
}

/// How far a signed time may be from a node's own. Source: session-storage-server `oxenss/rpc/request_handler.h`.
const SIGNED_TIME_MILLIS: u64 = 60_000;

/// How many nodes are asked for the time: one liar does not move the median of three.
const CLOCKS_ASKED: usize = 3;

/// How many of them must agree before our clock follows.
const CLOCKS_AGREEING: usize = 2;

/// How many rounds of that are made until enough have answered.
const CLOCK_ROUNDS: usize = 2;

/// How long after a try to fetch the node list an unknown member is no reason for another.
const REFRESH_SPACING: Duration = Duration::from_secs(20);

/// How many nodes are asked who keeps an account's messages, one after the other, until one says.
const SWARM_ASKS: usize = 3;

/// A node whose time disagrees makes us ask three others, at most this often; a liar could otherwise make us ask always.
const DOUBTS_EVERY_MILLIS: u64 = Duration::from_secs(60).as_millis() as u64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Namespace;
    use crate::crypto::{AccountKeys, AccountSeed};
    use crate::swarm::Retrieve;

    #[test]
    fn a_public_outbox_is_read_without_telling_who_reads() {
        let keys = AccountKeys::from_seed(&AccountSeed::from_bytes([7; 16]));
        let read = |number| Retrieve { namespace: Namespace(number), after: After::Nothing, max_size: None };
        let calls = [Call::Retrieve(read(-21)), Call::Retrieve(read(2))];
        let of = Auth::address(&keys);
        let (method, params) = build(&calls, Form::Batch, &of, Some(&keys), Timestamp::from_millis(1));
        assert_eq!(method, "batch");
        assert_eq!(params["requests"][0]["params"], json!({ "pubkey": of.to_string(), "namespace": -21 }));
        assert!(params["requests"][1]["params"]["signature"].is_string());
    }

    #[test]
    fn a_batch_whose_parts_all_failed_alike_counts_as_that_failure() {
        let way = Way { hops: vec![], destination: None, latency: Duration::ZERO, attempts: 1 };
        let answer = |body: serde_json::Value| Answer {
            status: 200,
            body: body.to_string(),
            way: way.clone(),
            rtt: Duration::ZERO,
            received_at: Timestamp::ZERO,
        };
        let part = |code: u16| json!({ "code": code, "body": { "snodes": [] } });
        let moved = answer(json!({ "results": [part(421), part(421)] }));
        assert_eq!(effective(&moved, Form::Batch, 2), (421, "{\"snodes\":[]}"));
        let mixed = answer(json!({ "results": [part(200), part(421)] }));
        assert_eq!(effective(&mixed, Form::Batch, 2).0, 200);
        let stopped = answer(json!({ "results": [part(406)] }));
        assert_eq!(effective(&stopped, Form::Sequence, 2).0, 406, "a sequence that stopped at its first call");
        let single = answer(json!({ "results": [part(421)] }));
        assert_eq!(effective(&single, Form::Single, 1).0, 200);
    }
}
