//! Asking: one request over a path, with retries over fresh paths and one hedged duplicate.
//!
//! An attempt runs over the least busy path that does not contain the destination; a retry over one that was not tried
//! yet, built if there is none. Where a request may be sent twice, a duplicate leaves over another path once the first
//! takes longer than 95 of 100 requests of its kind, and the first answer counts. Who is blamed for a failure says
//! [`failure`](super::failure); a connection to a guard that cannot even be made is no attempt, for nothing was sent.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};

use crate::clock;
use crate::kill;

use super::error::OnionError;
use super::exchange::{Broken, Received};
use super::failure::{Blame, Decision, Next};
use super::lease::{Lease, Tried};
use super::lock::locked;
use super::path::{HOPS, Hop, PathId, keys};
use super::request::{Job, Way};
use super::traffic::Traffic;

impl Traffic {
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

/// Connections to guards that fail without counting as an attempt: nothing was sent.
const FREE_ATTEMPTS: u32 = 3;

/// Paths that must agree before a server counts as unreachable.
const AGREEING_PATHS: usize = 2;

/// Wait after a guard asked for fewer requests; grows with each attempt.
const BACK_OFF: Duration = Duration::from_secs(1);
