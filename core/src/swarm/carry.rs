//! Carrying a request to a member that does it: asking, reading the answer, and doing what [`retry`](super::retry) says.

use std::borrow::Cow;

use serde_json::json;

use super::auth::Auth;
use super::batch::{self, Form};
use super::error::SwarmError;
use super::request::{After, Call, batch_params};
use super::response::{self, Part};
use super::retry::{Came, Effort, Next, Note, Retries};
use super::swarms::Swarms;
use crate::address::Address;
use crate::clock::Timestamp;
use crate::onion::failure::{self, Next as Verdict};
use crate::onion::{Answer, Ask, NodeKey, Way};

/// A request that is to be carried.
pub(super) struct Trip<'a> {
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

/// What an answer is worth.
enum Judged<T> {
    Good { value: T, answered_at: Timestamp },
    Bad(Came),
}

/// A request on its way from member to member.
struct Carriage<'a> {
    of: Address,
    auth: Option<&'a dyn Auth>,
    calls: Cow<'a, [Call]>,
    form: Form,
    retries: Retries,
    /// The member that is asked.
    node: NodeKey,
    /// Network time of the signatures, and which correction of the clock they follow.
    signed_at: Timestamp,
    clock: u64,
}

impl Swarms {
    /// Carries `trip` until `read` accepts an answer, within its effort.
    pub(super) async fn carry<T>(
        &self,
        trip: Trip<'_>,
        read: impl Fn(Good<'_>) -> Result<T, SwarmError> + Send,
    ) -> Result<Carried<T>, SwarmError> {
        let mut carriage = self.begin(trip).await?;
        loop {
            let came = match self.ask_member(&mut carriage).await {
                Err(silence) => silence,
                Ok(answer) => match self.judge(&carriage, &answer, &read) {
                    Judged::Bad(came) => came,
                    Judged::Good { value, answered_at } => {
                        return Ok(Carried { value, node: carriage.node, way: answer.way, answered_at });
                    }
                },
            };
            self.follow(&mut carriage, came).await?;
        }
    }

    async fn begin<'a>(&self, trip: Trip<'a>) -> Result<Carriage<'a>, SwarmError> {
        let Trip { of, auth, calls, form, node, effort } = trip;
        batch::check(calls, auth.is_some())?;
        let node = match node {
            Some(node) => node,
            None => self.next_member(&of, &[]).await?,
        };
        let (calls, retries) = (Cow::Borrowed(calls), Retries::new(effort));
        Ok(Carriage { of, auth, calls, form, retries, node, signed_at: Timestamp::ZERO, clock: 0 })
    }

    /// Asks the member; no answer is something that came, too.
    async fn ask_member(&self, carriage: &mut Carriage<'_>) -> Result<Answer, Came> {
        self.clock_is_settled().await;
        carriage.clock = self.clock_generation();
        carriage.signed_at = self.inner.time.now();
        let Carriage { of, auth, calls, form, node, signed_at, .. } = carriage;
        let (method, params) = build(calls, *form, of, *auth, *signed_at);
        let ask = carriage.retries.ask(form.patience(calls, Ask::send().timeout));
        let asked = self.inner.onion.ask(node, method, params, ask).await;
        asked.map_err(|error| Came::Unanswered { error, attempts: ask.attempts })
    }

    fn judge<T>(
        &self,
        carriage: &Carriage<'_>,
        answer: &Answer,
        read: impl Fn(Good<'_>) -> Result<T, SwarmError>,
    ) -> Judged<T> {
        let (form, calls) = (carriage.form, carriage.calls.len());
        let (status, body) = effective(answer, form, calls);
        let decision = failure::of_node(status, body);
        if decision.next != Verdict::Deliver {
            let moved = decision.next == Verdict::AskNewSwarm;
            let named = if moved { named(body, &carriage.node) } else { Vec::new() };
            return Judged::Bad(Came::Refused { status, decision, named });
        }
        let answered_at = self.hear(answer, form, calls);
        match good(answer, form, calls, carriage.signed_at).and_then(read) {
            Ok(value) => Judged::Good { value, answered_at },
            Err(unproven) => Judged::Bad(Came::Unproven(unproven)),
        }
    }

    /// Does what follows from what came, until a member is to be asked.
    async fn follow(&self, carriage: &mut Carriage<'_>, mut came: Came) -> Result<(), SwarmError> {
        loop {
            let step = carriage.retries.step(carriage.node, came);
            self.note(&carriage.of, &carriage.node, step.note);
            came = match step.next {
                Next::AskAgain => return Ok(()),
                Next::AskAnother => break,
                Next::AskNewSwarm => {
                    from_the_beginning(carriage.calls.to_mut());
                    break;
                }
                Next::CorrectClock => Came::Clock(self.resync(carriage.clock).await),
                Next::FindSwarm(named) => Came::Found(self.in_our_list(named).await),
                Next::GiveUp(error) => return Err(error),
            };
        }
        carriage.node = self.next_member(&carriage.of, carriage.retries.tried()).await?;
        Ok(())
    }

    fn note(&self, of: &Address, node: &NodeKey, note: Note) {
        match note {
            Note::Nothing => {}
            Note::Silent => self.put_last(node),
            Note::Failed => self.strike(node),
            Note::Gone => {
                self.strike(node);
                self.drop_member(of, node);
            }
            Note::NoMember => self.drop_member(of, node),
            Note::Elsewhere(members) => self.learn(of, members),
        }
    }
}

/// The members of the account's swarm that a 421 of `node` names.
fn named(body: &str, node: &NodeKey) -> Vec<NodeKey> {
    let mut named = response::swarm_members(body).unwrap_or_default();
    named.retain(|member| member != node);
    named
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
