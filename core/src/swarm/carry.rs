//! Carrying a request to a member that does it: asking, reading the answer, and doing what [`retry`](super::retry) says.
//!
//! What may be done twice is hedged: when a member takes longer than usual, the same goes to a second one at the same
//! time, and the first answer that is enough counts. Never more than two are asked at once so, and never more than
//! [`retry`](super::retry) allows in all: a storage server that waits for a dead member of its swarm is slow and does its
//! work. What hangs listens for signs of life ([`life`](super::life)) and then goes to the member that is back, as a
//! third at most.

use std::borrow::Cow;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::json;

use super::auth::Auth;
use super::batch::{self, Form};
use super::error::SwarmError;
use super::life::{Askings, LOOK_EVERY};
use super::request::{After, Call, batch_params};
use super::response::{self, BadAnswer, Part};
use super::retry::{Came, Effort, Next, Note, Retries};
use super::swarms::Swarms;
use crate::address::Address;
use crate::clock::{Clock, Timestamp};
use crate::onion::failure::{self, Next as Verdict};
use crate::onion::{Answer, Ask, NodeKey, OnionError, Way};

/// A request that is to be carried.
pub(super) struct Trip<'a> {
    pub(super) of: Address,
    pub(super) auth: Option<&'a dyn Auth>,
    pub(super) calls: &'a [Call],
    pub(super) form: Form,
    /// The member to ask first; none takes one by chance.
    pub(super) node: Option<NodeKey>,
    pub(super) effort: Effort,
    /// Whether a slow member is not waited for alone.
    pub(super) hedged: bool,
}

/// A request that was done.
pub(super) struct Carried<T> {
    pub(super) value: T,
    pub(super) node: NodeKey,
    pub(super) way: Way,
}

/// An answer whose status is good, as [`Swarms::carry`] hands it to be read.
pub(super) struct Good<'a> {
    /// One part for each answered call; a single call's whole answer.
    pub(super) parts: Vec<Part<'a>>,
    /// The member that answered, and the way there.
    pub(super) node: NodeKey,
    pub(super) way: &'a Way,
    /// The network time at which the calls were signed.
    pub(super) signed_at: Timestamp,
    /// Network time at which the answer says it was given; ours where it does not.
    pub(super) answered_at: Timestamp,
}

/// What reading a good answer gave.
pub(super) enum Reading<T> {
    /// The request is done.
    Done(T),
    /// Something was proved, by too few members so far.
    Short(SwarmError),
}

/// A request on its way from member to member.
struct Carriage<'a> {
    of: Address,
    auth: Option<&'a dyn Auth>,
    calls: Cow<'a, [Call]>,
    form: Form,
    hedged: bool,
    /// Whether it goes to a member that shows signs of life while it hangs.
    may_hang: bool,
    retries: Retries,
    /// Members that are being asked.
    waits_for: Vec<NodeKey>,
    /// Whom it asked, and when.
    askings: Askings,
    /// Why nobody is asked any more, once that is so.
    over: Option<SwarmError>,
}

/// A member that was asked, and its answer.
struct Asked {
    node: NodeKey,
    /// Network time of the signatures, and which correction of the clock they follow.
    signed_at: Timestamp,
    clock: u64,
    answer: Result<Answer, OnionError>,
}

/// Members that are being asked.
type Running<'s> = FuturesUnordered<BoxFuture<'s, Asked>>;

/// What happens while members are being asked.
enum Event {
    /// The one that is asked takes long.
    Slow,
    /// All that are asked hang.
    Hangs,
    /// One has answered, or will not.
    Ended(Box<Asked>),
    /// None is left.
    Over,
}

impl Swarms {
    /// Carries `trip` until what `read` says of the answers is enough, within its effort.
    pub(super) async fn carry<T>(
        &self,
        trip: Trip<'_>,
        mut read: impl FnMut(Good<'_>) -> Result<Reading<T>, SwarmError> + Send,
    ) -> Result<Carried<T>, SwarmError> {
        let (mut carriage, first) = self.begin(trip).await?;
        let (mut running, mut knocks) = (Running::new(), FuturesUnordered::new());
        self.leave(&mut carriage, &mut running, first).await;
        loop {
            let (slow_at, hangs_at) = (self.slow_at(&carriage, running.len()), self.hangs_at(&carriage));
            let event = next_event(&mut running, &mut knocks, slow_at, hangs_at, &*self.inner.clock);
            let asked = match event.await {
                Event::Over => return Err(carriage.over.unwrap_or(SwarmError::NoMembers)),
                Event::Ended(asked) => {
                    carriage.waits_for.retain(|node| *node != asked.node);
                    asked
                }
                Event::Slow => {
                    match self.fresh_member(&carriage.of, carriage.retries.asked()).await {
                        Ok(Some(second)) => self.leave(&mut carriage, &mut running, second).await,
                        // There is no other.
                        _ => carriage.hedged = false,
                    }
                    continue;
                }
                Event::Hangs => {
                    match self.back_again(&carriage.of, &carriage.askings) {
                        Some(back) if running.len() < MOST_AT_ONCE => {
                            self.leave(&mut carriage, &mut running, back).await;
                        }
                        Some(_) => {}
                        None => knocks.push(self.knock(carriage.of, &carriage.askings)),
                    }
                    continue;
                }
            };
            let came = match &asked.answer {
                Err(error) => Came::Unanswered(error.clone()),
                Ok(answer) => match self.judge(&carriage, &asked, answer, &mut read) {
                    Err(came) => came,
                    Ok(value) => {
                        // Overtaken by one that was asked later.
                        carriage.waits_for.iter().for_each(|node| self.put_last(node));
                        return Ok(Carried { value, node: asked.node, way: answer.way.clone() });
                    }
                },
            };
            if let Some(next) = self.follow(&mut carriage, &asked, came, running.is_empty()).await {
                self.leave(&mut carriage, &mut running, next).await;
            }
        }
    }

    async fn begin<'a>(&self, trip: Trip<'a>) -> Result<(Carriage<'a>, NodeKey), SwarmError> {
        let Trip { of, auth, calls, form, node, effort, hedged } = trip;
        batch::check(calls, auth.is_some())?;
        let node = match node {
            Some(node) => node,
            None => self.next_member(&of, &[]).await?,
        };
        let (calls, retries) = (Cow::Borrowed(calls), Retries::new(effort));
        let (waits_for, askings) = (Vec::new(), Askings::default());
        let may_hang = hedged && effort == Effort::Send;
        Ok((Carriage { of, auth, calls, form, hedged, may_hang, retries, waits_for, askings, over: None }, node))
    }

    /// Asks `node` beside those that are being asked.
    async fn leave<'s>(&'s self, carriage: &mut Carriage<'_>, running: &mut Running<'s>, node: NodeKey) {
        self.clock_is_settled().await;
        let (clock, signed_at) = (self.clock_generation(), self.inner.time.now());
        let Carriage { of, auth, calls, form, retries, waits_for, askings, .. } = carriage;
        waits_for.push(node);
        askings.note(node, self.inner.clock.monotonic());
        let (method, params) = build(calls, *form, of, *auth, signed_at);
        let ask = retries.begin(node, form.patience(calls, Ask::send().timeout));
        running.push(Box::pin(async move {
            Asked { node, signed_at, clock, answer: self.inner.onion.ask(&node, method, params, ask).await }
        }));
    }

    /// When (monotonic) a member that is asked alone has taken so long that another one is asked as well.
    fn slow_at(&self, carriage: &Carriage<'_>, running: usize) -> Option<Duration> {
        let hedged = carriage.hedged && running == 1 && carriage.over.is_none() && carriage.retries.may_ask();
        let kind = carriage.calls.first().map_or("store", Call::method);
        let asked_at = carriage.askings.last().filter(|_| hedged)?;
        Some(asked_at.saturating_add(self.inner.onion.patience(kind)))
    }

    /// When (monotonic) it is worth a look whether a member is back.
    fn hangs_at(&self, carriage: &Carriage<'_>) -> Option<Duration> {
        let now = self.inner.clock.monotonic();
        // Given up because nobody answered: who answers after all is asked while the others still hang.
        let unanswered = matches!(carriage.over, None | Some(SwarmError::Onion(_) | SwarmError::TooFew { .. }));
        let hangs_at = carriage.askings.hangs_at().filter(|_| carriage.may_hang && unanswered)?;
        Some(hangs_at.max(now.saturating_add(LOOK_EVERY)))
    }

    fn judge<T>(
        &self,
        carriage: &Carriage<'_>,
        asked: &Asked,
        answer: &Answer,
        read: &mut impl FnMut(Good<'_>) -> Result<Reading<T>, SwarmError>,
    ) -> Result<T, Came> {
        let (form, calls) = (carriage.form, carriage.calls.len());
        let (status, body) = effective(answer, form, calls);
        let decision = failure::of_node(status, body);
        if decision.next != Verdict::Deliver {
            let moved = decision.next == Verdict::AskNewSwarm;
            let named = if moved { response::swarm_members(body).unwrap_or_default() } else { Vec::new() };
            return Err(Came::Refused { status, decision, named });
        }
        let answered_at = self.hear(answer, form, calls);
        self.inner.life.hear(asked.node, self.inner.clock.monotonic());
        let parts = parts(answer, form, calls).map_err(|bad| Came::Unproven(bad.into()))?;
        let Asked { node, signed_at, .. } = *asked;
        match read(Good { parts, node, way: &answer.way, signed_at, answered_at }) {
            Ok(Reading::Done(value)) => Ok(value),
            Ok(Reading::Short(error)) => Err(Came::Short(error)),
            Err(unproven) => Err(Came::Unproven(unproven)),
        }
    }

    /// Does what follows from what came of asking a member; the one to ask next, if that is not to be left to those that
    /// are being asked (`alone`: there are none).
    async fn follow(&self, carriage: &mut Carriage<'_>, asked: &Asked, came: Came, alone: bool) -> Option<NodeKey> {
        let next = match self.next_step(carriage, asked, came).await {
            Next::AskAgain => return Some(asked.node),
            Next::AskAnother if alone => self.next_member(&carriage.of, carriage.retries.asked()).await,
            Next::AskElsewhere => {
                from_the_beginning(carriage.calls.to_mut());
                if !alone {
                    return None;
                }
                self.member_elsewhere(&carriage.of, carriage.retries.asked()).await
            }
            Next::GiveUp(error) => Err(error),
            _ => return None,
        };
        next.inspect_err(|error| carriage.over = Some(error.clone())).ok()
    }

    /// Notes what came, and does what must be done before anybody is asked again.
    async fn next_step(&self, carriage: &mut Carriage<'_>, asked: &Asked, mut came: Came) -> Next {
        loop {
            let step = carriage.retries.step(asked.node, came);
            self.note(&carriage.of, &asked.node, &step.note);
            came = match step.next {
                Next::CorrectClock => Came::Clock(self.resync(asked.clock).await),
                Next::LookInto { named, before } => {
                    Came::Found(self.look_into(&carriage.of, asked.node, &named, before).await)
                }
                next => return next,
            };
        }
    }

    fn note(&self, of: &Address, node: &NodeKey, note: &Note) {
        match note {
            Note::Nothing => {}
            Note::Silent => self.put_last(node),
            Note::Failed => self.strike(node),
            Note::Gone => {
                self.strike(node);
                self.drop_member(of, node);
            }
            Note::NoMember => self.drop_member(of, node),
        }
    }
}

/// Members that one request waits for at the same time, with one that is back. More and a letter on a slow line would slow
/// itself.
const MOST_AT_ONCE: usize = 3;

/// The next end of an asking, or that the one that is left takes long, or that it is time for a look.
async fn next_event(
    running: &mut Running<'_>,
    knocks: &mut FuturesUnordered<impl Future<Output = ()>>,
    slow_at: Option<Duration>,
    hangs_at: Option<Duration>,
    clock: &dyn Clock,
) -> Event {
    if running.is_empty() {
        return Event::Over;
    }
    loop {
        return tokio::select! {
            biased;
            Some(asked) = running.next() => Event::Ended(Box::new(asked)),
            Some(()) = knocks.next() => continue,
            () = moment(clock, slow_at) => Event::Slow,
            () = moment(clock, hangs_at) => Event::Hangs,
            else => Event::Over,
        };
    }
}

/// A moment (monotonic), or never.
async fn moment(clock: &dyn Clock, at: Option<Duration>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
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

/// One part for each answered call.
fn parts(answer: &Answer, form: Form, calls: usize) -> Result<Vec<Part<'_>>, BadAnswer> {
    match form {
        Form::Single => Ok(vec![Part { status: answer.status, body: &answer.body }]),
        _ => response::parts(&answer.body, calls, form == Form::Sequence),
    }
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
