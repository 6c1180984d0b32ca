//! Asking: one request over a path, with retries over fresh paths and one hedged duplicate.
//!
//! An attempt runs over the least busy path that does not contain the destination; a retry over one that was not tried
//! yet, built if there is none. Where a request may be sent twice, a duplicate leaves over another path once the first
//! takes longer than 95 of 100 requests of its kind, and the first answer counts. Who is blamed for a failure says
//! [`failure`](super::failure); a connection to a guard that cannot even be made is no attempt, for nothing was sent.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};

use crate::clock::{self, Timestamp};
use crate::crypto::Cipher;
use crate::kill;
use crate::wire::V4Response;
use crate::wire::onion_v4::decode_response;

use super::choice;
use super::draw::Order;
use super::error::OnionError;
use super::failure::{Blame, Decision, Failure, Next, Route, decide};
use super::layer::{self, Destination, NodeReply};
use super::lock::locked;
use super::node::{NodeKey, ServiceNode};
use super::path::{HOPS, Hop, Hops, PathId, Plan, Purpose, Struck, keys};
use super::transport::TransportError;
use super::Inner;

/// How patient a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Time limit of one attempt, on the [`Clock`](crate::clock::Clock).
    pub timeout: Duration,
    /// How many attempts, each over a fresh path where there is one; at least one is made.
    pub attempts: u32,
    /// Whether the request may be sent twice at the same time (only where doing it twice is harmless): a duplicate
    /// goes over another path once the first takes longer than 95 of 100 of its kind.
    pub hedge: bool,
}

impl Ask {
    /// For polling: one attempt (the next poll is the retry), hedged.
    pub const fn poll() -> Self {
        Self { timeout: Duration::from_secs(10), attempts: 1, hedge: true }
    }

    /// For what a person waits for: three attempts, not hedged.
    pub const fn send() -> Self {
        Self { timeout: Duration::from_secs(10), attempts: 3, hedge: false }
    }

    /// For files: three attempts of 30 s, not hedged.
    pub const fn file() -> Self {
        Self { timeout: Duration::from_secs(30), attempts: 3, hedge: false }
    }
}

/// What a destination node answered. Any status: judging it is the caller's matter.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status inside the encrypted reply.
    pub status: u16,
    /// Body inside the encrypted reply: JSON text of a result, plain text of an error.
    pub body: String,
    /// The way the request took.
    pub way: Way,
    /// From sending to receiving, of the attempt that succeeded.
    pub rtt: Duration,
    /// When the reply was there, by the local clock.
    pub received_at: Timestamp,
}

/// Nothing of the body: it holds ids and messages.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, {} bytes, {:?}, {:?})", self.status, self.body.len(), self.rtt, self.way)
    }
}

/// The way a request took, for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Guard first.
    pub hops: Vec<Hop>,
    /// The node that was asked; none when it was a server.
    pub destination: Option<NodeKey>,
    /// From sending to receiving, of the attempt that succeeded.
    pub latency: Duration,
    /// How many attempts it took, this one included.
    pub attempts: u32,
}

/// A request on its way through its attempts.
pub(super) struct Job<'a> {
    pub purpose: Purpose,
    /// Requests of one kind take about the same time: the method's name.
    pub kind: &'a str,
    pub destination: Destination,
    pub plain: Vec<u8>,
    pub ask: Ask,
}

impl Job<'_> {
    fn node(&self) -> Option<NodeKey> {
        match &self.destination {
            Destination::Node { key, .. } => Some(*key),
            Destination::Server(_) => None,
        }
    }
}

/// What came back, opened.
pub(super) enum Opened {
    Node(NodeReply),
    Server(V4Response),
}

/// What came back, when, and how fast.
pub(super) struct Received {
    pub opened: Opened,
    pub rtt: Duration,
    pub received_at: Timestamp,
}

/// An attempt without an answer.
pub(super) enum Broken {
    Guard,
    TimedOut,
    Unreadable,
    Path { status: u16, body: String },
}

impl Broken {
    pub(super) fn as_failure(&self) -> Failure<'_> {
        match self {
            Self::Guard => Failure::Guard,
            Self::TimedOut => Failure::TimedOut,
            Self::Unreadable => Failure::Unreadable,
            Self::Path { status, body } => Failure::Path { status: *status, body },
        }
    }
}

/// A path that a request has failed on. Its nodes are kept, for the path may be gone when the next one is built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tried {
    pub id: PathId,
    pub nodes: [NodeKey; 3],
}

/// A path that carries a request; it counts as busy until this is dropped.
struct Lease {
    inner: Arc<Inner>,
    id: PathId,
    hops: Hops,
}

impl Drop for Lease {
    fn drop(&mut self) {
        locked(&self.inner.state).paths.finish(self.id);
    }
}

impl Inner {
    /// Leaves all paths when the device slept since the last request: the connections of its guards are gone.
    pub(super) fn notice_sleep(&self) {
        let clock = self.roads.clock();
        let now = (clock.monotonic(), clock.now());
        let mut state = locked(&self.state);
        if state.last_request.replace(now).is_some_and(|before| has_slept(before, now)) {
            tracing::debug!("the device slept or its clock was set: paths are left");
            state.paths.retire_all();
        }
    }

    /// Runs a request through its attempts.
    pub(super) async fn run(self: &Arc<Self>, job: &Job<'_>) -> Result<(Received, Way), OnionError> {
        let mut tried: Vec<Tried> = Vec::new();
        let mut accused: Vec<PathId> = Vec::new();
        let mut refused: Vec<PathId> = Vec::new();
        let (mut attempts, mut free) = (0, FREE_ATTEMPTS);
        loop {
            attempts += 1;
            let (answered, failed) = self.attempt(job, &tried).await?;
            if let Some((lease, received)) = answered {
                // Another path reached the server, so the one that said it cannot be reached is to blame.
                for path in accused.drain(..) {
                    self.strike_path(path);
                }
                for (lease, broken) in &failed {
                    self.judge(job, lease, broken);
                }
                let way = Way {
                    hops: lease.hops.iter().map(Hop::from).collect(),
                    destination: job.node(),
                    latency: received.rtt,
                    attempts,
                };
                return Ok((received, way));
            }
            let mut outcome = (Next::Retry, OnionError::PathBroken);
            for (lease, broken) in &failed {
                tried.push(Tried { id: lease.id, nodes: keys(&lease.hops) });
                let decision = self.judge(job, lease, broken);
                if decision.blame == Blame::PathUnlessOthersAgree && !accused.contains(&lease.id) {
                    accused.push(lease.id);
                    if accused.len() >= AGREEING_PATHS {
                        return Err(OnionError::ServerUnreachable);
                    }
                }
                if let (Next::SecondOpinion, Broken::Path { status, .. }) = (decision.next, broken)
                    && !refused.contains(&lease.id)
                {
                    refused.push(lease.id);
                    if refused.len() >= AGREEING_PATHS {
                        return Err(OnionError::Refused { status: *status });
                    }
                }
                if decision.blame == Blame::GuardAway && free > 0 {
                    free -= 1;
                    attempts -= 1;
                }
                outcome = (decision.next, error_of(broken, &decision));
            }
            let (next, error) = outcome;
            match next {
                Next::Retry | Next::SecondOpinion if attempts < job.ask.attempts.max(1) => {}
                Next::BackOff if attempts < job.ask.attempts.max(1) => {
                    clock::sleep(&**self.roads.clock(), BACK_OFF * attempts).await;
                }
                _ => return Err(error),
            }
        }
    }

    /// One attempt, and its hedged duplicate: what was answered, if anything was, and what failed.
    async fn attempt(
        self: &Arc<Self>,
        job: &Job<'_>,
        tried: &[Tried],
    ) -> Result<(Option<(Lease, Received)>, Vec<(Lease, Broken)>), OnionError> {
        let clock = self.roads.clock();
        let first = self.path_for(job, tried).await?;
        let first_id = first.id;
        let mut busy = vec![Tried { id: first.id, nodes: keys(&first.hops) }];
        busy.extend_from_slice(tried);
        let mut duplicate_at = job
            .ask
            .hedge
            .then(|| clock.monotonic().saturating_add(locked(&self.state).durations.percentile_95(job.kind)));
        let mut failed: Vec<(Lease, Broken)> = Vec::new();
        let mut running = FuturesUnordered::new();
        running.push(self.once(job, first));
        loop {
            let ended = match duplicate_at {
                Some(moment) => tokio::select! {
                    biased;
                    ended = running.next() => Some(ended),
                    () = clock.sleep_until(moment) => None,
                },
                None => Some(running.next().await),
            };
            match ended {
                None => {
                    duplicate_at = None;
                    if let Some(second) = self.free_path(job, &busy) {
                        running.push(self.once(job, second));
                    }
                }
                // The request itself cannot be built: no path is at fault.
                Some(Some((_, Err(error)))) => return Err(error),
                Some(Some((lease, Ok(Ok(received))))) => {
                    if lease.id != first_id && failed.iter().all(|(lease, _)| lease.id != first_id) {
                        locked(&self.state).paths.overtaken(first_id);
                    }
                    self.measured(job, &lease, received.rtt);
                    return Ok((Some((lease, received)), failed));
                }
                Some(Some((lease, Ok(Err(broken))))) => {
                    duplicate_at = None;
                    failed.push((lease, broken));
                }
                Some(None) => return Ok((None, failed)),
            }
        }
    }

    async fn once(
        self: &Arc<Self>,
        job: &Job<'_>,
        lease: Lease,
    ) -> (Lease, Result<Result<Received, Broken>, OnionError>) {
        kill::point("an onion request is about to leave");
        let received = self.exchange(&lease.hops, &job.destination, &job.plain, job.ask.timeout).await;
        kill::point("an onion request has ended");
        (lease, received)
    }

    /// Seals, sends, opens. Inside the result: what came back, or how it broke.
    pub(super) async fn exchange(
        &self,
        hops: &[ServiceNode],
        destination: &Destination,
        plain: &[u8],
        timeout: Duration,
    ) -> Result<Result<Received, Broken>, OnionError> {
        let clock = self.roads.clock();
        let sealed = layer::build(Cipher::XChaCha20, hops, destination, plain)?;
        let guard = hops.first().ok_or(OnionError::BadRequest("path has no nodes"))?;
        let sent_at = clock.monotonic();
        let carried = self.transport()?.carry(guard, sealed.body);
        let reply = match clock::with_timeout(&**clock, timeout, carried).await {
            Err(clock::TimedOut) => return Ok(Err(Broken::TimedOut)),
            Ok(Err(TransportError::Unreachable | TransportError::Broken)) => return Ok(Err(Broken::Guard)),
            Ok(Err(TransportError::TooLarge)) => return Ok(Err(Broken::Unreadable)),
            Ok(Ok(reply)) => reply,
        };
        let (rtt, received_at) = (clock.monotonic().saturating_sub(sent_at), clock.now());
        self.reached(&guard.key);
        if reply.status != 200 {
            let text = reply.body.get(..MAX_ERROR_TEXT).unwrap_or(&reply.body);
            let body = String::from_utf8_lossy(text).into_owned();
            return Ok(Err(Broken::Path { status: reply.status, body }));
        }
        let opened = match destination {
            Destination::Node { .. } => sealed.reply.open_node(&reply.body).ok().map(Opened::Node),
            Destination::Server(_) => {
                let plain = sealed.reply.open_raw(&reply.body).ok();
                plain.and_then(|plain| decode_response(&plain).ok()).map(Opened::Server)
            }
        };
        Ok(opened.map(|opened| Received { opened, rtt, received_at }).ok_or(Broken::Unreadable))
    }

    /// A path for the request, built if there is none.
    async fn path_for(self: &Arc<Self>, job: &Job<'_>, tried: &[Tried]) -> Result<Lease, OnionError> {
        if let Some(lease) = self.free_path(job, tried) {
            return Ok(lease);
        }
        let failures_before = locked(&self.state).failed_builds;
        // Whoever builds may be building something else for a long time.
        let turn = clock::with_timeout(&**self.roads.clock(), TURN, self.building.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(OnionError::PathBroken) };
        if let Some(lease) = self.free_path(job, tried) {
            return Ok(lease);
        }
        let failed_meanwhile = {
            let state = locked(&self.state);
            if state.failed_builds == failures_before { None } else { state.last_failure.clone() }
        };
        if let Some(error) = failed_meanwhile {
            return Err(error);
        }
        let built = match self.build(self.order_for(job, tried)).await {
            // No room for a path of its own: files go with the messages then.
            Err(OnionError::NoNodes) if job.purpose == Purpose::Files => {
                match self.free_path_of(&[Purpose::Messages, Purpose::Detour], job, tried) {
                    Some(lease) => return Ok(lease),
                    None => self.build(self.order(Purpose::Messages, job.node(), tried)).await,
                }
            }
            built => built,
        };
        if let Err(error) = built {
            let mut state = locked(&self.state);
            state.failed_builds += 1;
            state.last_failure = Some(error.clone());
            return Err(error);
        }
        self.free_path(job, tried)
            .or_else(|| self.free_path_of(&[Purpose::Messages, Purpose::Detour], job, tried))
            .ok_or(OnionError::PathBroken)
    }

    /// Waits until a path for messages stands.
    pub(super) async fn stand(self: &Arc<Self>) -> Result<(), OnionError> {
        if locked(&self.state).paths.has(Purpose::Messages) {
            return Ok(());
        }
        let _turn = self.building.acquire().await.map_err(|_| OnionError::PathBroken)?;
        if !locked(&self.state).paths.has(Purpose::Messages) {
            self.build(self.order(Purpose::Messages, None, &[])).await?;
        }
        Ok(())
    }

    fn free_path(self: &Arc<Self>, job: &Job<'_>, tried: &[Tried]) -> Option<Lease> {
        let purposes: &[Purpose] = match job.purpose {
            Purpose::Files if self.plan().files => &[Purpose::Files, Purpose::Detour],
            _ => &[Purpose::Messages, Purpose::Detour],
        };
        self.free_path_of(purposes, job, tried)
    }

    fn free_path_of(self: &Arc<Self>, purposes: &[Purpose], job: &Job<'_>, tried: &[Tried]) -> Option<Lease> {
        let destination = job.node();
        let tried: Vec<PathId> = tried.iter().map(|tried| tried.id).collect();
        let mut state = locked(&self.state);
        let (id, hops) = purposes
            .iter()
            .find_map(|purpose| state.paths.begin(*purpose, destination.as_ref(), &tried, &mut choice::system))?;
        drop(state);
        Some(Lease { inner: self.clone(), id, hops })
    }

    /// How many paths the network carries.
    pub(super) fn plan(&self) -> Plan {
        Plan::of(self.roads.usable(), self.roads.network().path_count)
    }

    fn order_for(&self, job: &Job<'_>, tried: &[Tried]) -> Order {
        let plan = self.plan();
        let purpose = if job.purpose == Purpose::Files && plan.files { Purpose::Files } else { Purpose::Messages };
        let wanted = if purpose == Purpose::Files { 1 } else { plan.messages };
        let standing = locked(&self.state).paths.count(purpose);
        // Enough paths stand and none suits: the destination is on all of them, or all were tried.
        self.order(if standing < wanted { purpose } else { Purpose::Detour }, job.node(), tried)
    }

    pub(super) fn order(&self, purpose: Purpose, destination: Option<NodeKey>, tried: &[Tried]) -> Order {
        let state = locked(&self.state);
        let standing = tried.iter().filter_map(|tried| state.paths.hops(tried.id)).flatten().map(|node| node.key);
        let gone = tried.iter().flat_map(|tried| tried.nodes);
        let shun: BTreeSet<NodeKey> = standing.chain(gone).chain(state.suspects.iter().copied()).collect();
        let guard = (purpose == Purpose::Detour)
            .then(|| {
                state.paths.guards().map(|guard| guard.key).find(|key| !shun.contains(key) && Some(*key) != destination)
            })
            .flatten();
        let overlap = match purpose {
            Purpose::Detour => true,
            Purpose::Messages => !state.paths.has(Purpose::Messages),
            Purpose::Files => false,
        };
        Order { purpose, avoid: destination.into_iter().collect(), shun, guard, overlap }
    }

    /// Decides about a failed attempt and carries out who is to blame.
    fn judge(&self, job: &Job<'_>, lease: &Lease, broken: &Broken) -> Decision {
        let route = Route { hops: keys(&lease.hops), destination: job.node() };
        let decision = decide(&broken.as_failure(), &route);
        let [guard, ..] = route.hops;
        tracing::debug!(blame = ?decision.blame, next = ?decision.next, "onion request failed");
        match decision.blame {
            Blame::Nobody | Blame::PathUnlessOthersAgree => {}
            Blame::GuardAway => {
                let mut state = locked(&self.state);
                state.away.push(guard);
                state.paths.retire(lease.id);
            }
            Blame::Guard => {
                self.roads.strike(guard);
                if self.roads.is_out(&guard) {
                    let mut state = locked(&self.state);
                    state.kept.forget(&guard);
                    state.paths.retire(lease.id);
                }
            }
            Blame::Path => self.strike_path(lease.id),
            Blame::Hop(node) => {
                self.roads.strike_out(node);
                self.repair(lease.id, node);
                self.strike_path(lease.id);
            }
            Blame::HopNotReady(node) => {
                self.roads.strike(node);
                if self.roads.is_out(&node) {
                    self.repair(lease.id, node);
                    self.strike_path(lease.id);
                }
            }
            Blame::Destination => {
                if let Some(node) = route.destination {
                    self.roads.strike(node);
                }
            }
            Blame::DestinationAccused => {
                if let Some(node) = route.destination {
                    self.roads.accuse(node, route.hops);
                }
                self.strike_path(lease.id);
            }
            Blame::DestinationGone => {
                if let Some(node) = route.destination {
                    self.roads.drop_node(&node);
                }
            }
        }
        decision
    }

    fn strike_path(&self, id: PathId) {
        let mut state = locked(&self.state);
        if let Struck::Dropped(nodes) = state.paths.strike(id) {
            let unpunished = nodes.into_iter().filter(|node| !self.roads.is_out(node));
            state.suspects.extend(unpunished);
        }
    }

    fn measured(&self, job: &Job<'_>, lease: &Lease, rtt: Duration) {
        let [_, middle, exit] = &lease.hops;
        let mut state = locked(&self.state);
        state.durations.measured(job.kind, rtt);
        state.paths.measured(lease.id, rtt);
        // A server's own time is not the nodes'.
        if let Some(node) = job.node() {
            state.latencies.measured([&middle.key, &exit.key, &node], rtt, HOPS + 1);
        }
    }
}

/// Whether the wall clock has moved otherwise than the monotonic one, which stands still while a device sleeps.
fn has_slept(before: (Duration, Timestamp), now: (Duration, Timestamp)) -> bool {
    let passed = i128::try_from(now.0.saturating_sub(before.0).as_millis()).unwrap_or(i128::MAX);
    let shown = i128::from(now.1.as_millis()) - i128::from(before.1.as_millis());
    shown.abs_diff(passed) > SLEPT.as_millis()
}

/// The fact that the caller learns when there is no further attempt.
fn error_of(broken: &Broken, decision: &Decision) -> OnionError {
    match (decision.next, broken) {
        (Next::AskAnother, _) if decision.blame == Blame::DestinationAccused => OnionError::UnknownNode,
        (Next::AskAnother, _) => OnionError::DestinationNotReady,
        (Next::BackOff, _) => OnionError::TooManyRequests,
        (Next::GiveUp, Broken::Path { status, .. }) => OnionError::Refused { status: *status },
        (_, Broken::Guard) => OnionError::GuardUnreachable,
        (_, Broken::TimedOut) => OnionError::TimedOut,
        _ if decision.blame == Blame::PathUnlessOthersAgree => OnionError::ServerUnreachable,
        _ => OnionError::PathBroken,
    }
}

/// How far wall clock and monotonic clock may drift apart between two requests before it is a sleep.
const SLEPT: Duration = Duration::from_secs(30);

/// How long a request waits for its turn to build a path, on the [`Clock`](crate::clock::Clock).
const TURN: Duration = Duration::from_secs(30);

/// Connections to guards that fail without counting as an attempt: nothing was sent.
const FREE_ATTEMPTS: u32 = 3;

/// Paths that must agree before a server counts as unreachable.
const AGREEING_PATHS: usize = 2;

/// Wait after a guard asked for fewer requests; grows with each attempt.
const BACK_OFF: Duration = Duration::from_secs(1);

/// As much of a path's error text as is read; the texts of the table have under 100 bytes.
const MAX_ERROR_TEXT: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_slept_when_its_clocks_drift_apart() {
        let at = |monotonic: u64, wall: u64| {
            (Duration::from_secs(monotonic), Timestamp::from_millis(1_774_000_000_000 + wall * 1_000))
        };
        assert!(!has_slept(at(0, 0), at(600, 600)), "both moved together");
        assert!(!has_slept(at(0, 0), at(600, 620)), "a clock is adjusted a little");
        assert!(has_slept(at(0, 0), at(5, 3_600)), "an hour of sleep");
        assert!(has_slept(at(0, 3_600), at(5, 0)), "or a clock that was set back");
    }

    #[test]
    fn an_answer_shows_no_body_to_logs() {
        let way = Way { hops: Vec::new(), destination: None, latency: Duration::ZERO, attempts: 1 };
        let body = "{\"secret\":1}".to_owned();
        let answer = Answer { status: 200, body, way, rtt: Duration::ZERO, received_at: Timestamp::ZERO };
        assert!(!format!("{answer:?}").contains("secret"));
    }
}
