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

use std::sync::atomic::Ordering;

use serde_json::json;

use super::auth::Auth;
use super::batch::{self, Form};
use super::error::SwarmError;
use super::request::{After, Call, batch_params};
use super::response::{self, Part};
use super::swarms::Swarms;
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
