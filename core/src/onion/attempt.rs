//! Asking: one request over a path, with retries over fresh paths and one hedged duplicate.
//!
//! An attempt runs over the least busy path that does not contain the destination; a retry over one that was not tried
//! yet, built if there is none; how many there are says `retry`. Where a request may be sent twice, a duplicate leaves over another path once the first
//! takes longer than 95 of 100 requests of its kind, and the first answer counts. Who is blamed for a failure says
//! [`failure`](super::failure); a connection to a guard that cannot even be made is no attempt, for nothing was sent.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, Stream, StreamExt as _};

use crate::clock::{self, Clock};
use crate::kill;

use super::error::OnionError;
use super::exchange::{Broken, Exchanged, Received};
use super::lease::{Lease, Tried};
use super::lock::locked;
use super::path::{HOPS, Hop, PathId};
use super::request::{Job, Way};
use super::retry::{Retries, Step};
use super::traffic::Traffic;

/// What came back, and the way it took.
pub(super) struct Fetched {
    pub received: Received,
    pub way: Way,
}

/// How one attempt ended, its duplicate included.
enum Attempted {
    Answered {
        lease: Lease,
        received: Received,
        /// What failed before the answer was there.
        failed: Vec<Failed>,
    },
    Failed(Vec<Failed>),
}

/// An exchange of an attempt that has failed.
struct Failed {
    lease: Lease,
    broken: Broken,
}

/// An exchange of an attempt that has ended, or an error because it could not even be built.
struct Ended {
    lease: Lease,
    exchanged: Result<Exchanged, OnionError>,
}

/// What happens while an attempt runs.
enum Event {
    /// It takes unusually long.
    Slow,
    /// One of its exchanges has ended.
    Ended(Ended),
    /// All have ended.
    Over,
}

impl Traffic {
    /// Runs a request through its attempts.
    pub(super) async fn run(self: &Arc<Self>, job: &Job<'_>) -> Result<Fetched, OnionError> {
        let mut tried: Vec<Tried> = Vec::new();
        let mut retries = Retries::new(job.ask.attempts);
        loop {
            retries.begin();
            let failed = match self.attempt(job, &tried).await? {
                Attempted::Answered { lease, received, failed } => {
                    self.settle_blame(job, &retries, &failed);
                    let way = way(job, &lease, received.rtt, retries.attempts());
                    return Ok(Fetched { received, way });
                }
                Attempted::Failed(failed) => failed,
            };
            for Failed { lease, broken } in &failed {
                tried.push(lease.tried());
                let decision = self.judge(job, lease, broken);
                retries.failed(lease.id, broken, decision)?;
            }
            match retries.step() {
                Step::Again => {}
                Step::AgainAfter(wait) => clock::sleep(&**self.roads.clock(), wait).await,
                Step::GiveUp(error) => return Err(error),
            }
        }
    }

    /// An answer is there: who failed before it is judged now.
    fn settle_blame(&self, job: &Job<'_>, retries: &Retries, failed: &[Failed]) {
        // Another path reached the server, so the one that said it cannot be reached is to blame.
        for path in retries.accusers() {
            self.strike_path(*path);
        }
        for Failed { lease, broken } in failed {
            self.judge(job, lease, broken);
        }
    }

    /// One attempt, and its hedged duplicate.
    ///
    /// # Errors
    /// When there is no path, or the request itself cannot be built.
    async fn attempt(self: &Arc<Self>, job: &Job<'_>, tried: &[Tried]) -> Result<Attempted, OnionError> {
        let clock = self.roads.clock();
        let first = self.path_for(job, tried).await?;
        let first_id = first.id;
        let busy = [&[first.tried()][..], tried].concat();
        let mut duplicate_at = job.ask.hedge.then(|| clock.monotonic().saturating_add(self.usual(job)));
        let mut failed = Vec::new();
        let mut running = FuturesUnordered::new();
        running.push(self.once(job, first));
        loop {
            let Ended { lease, exchanged } = match next_event(&mut running, duplicate_at, &**clock).await {
                Event::Ended(ended) => ended,
                Event::Over => return Ok(Attempted::Failed(failed)),
                Event::Slow => {
                    duplicate_at = None;
                    running.extend(self.free_path(job, &busy).map(|second| self.once(job, second)));
                    continue;
                }
            };
            match exchanged? {
                Exchanged::Answered(received) => {
                    self.note_answer(job, first_id, &lease, received.rtt, &failed);
                    return Ok(Attempted::Answered { lease, received, failed });
                }
                Exchanged::Broken(broken) => {
                    duplicate_at = None;
                    failed.push(Failed { lease, broken });
                }
            }
        }
    }

    async fn once(self: &Arc<Self>, job: &Job<'_>, lease: Lease) -> Ended {
        kill::point("an onion request is about to leave");
        let exchanged = self.exchange(&*lease.hops, &job.destination, &job.plain, job.ask.timeout).await;
        kill::point("an onion request has ended");
        Ended { lease, exchanged }
    }

    /// After this time only 5 of 100 requests of the kind are still running.
    fn usual(&self, job: &Job<'_>) -> Duration {
        locked(&self.state).durations.percentile_95(job.kind)
    }

    /// Measures an answer over `lease`; it may have overtaken the attempt's first exchange.
    fn note_answer(&self, job: &Job<'_>, first: PathId, lease: &Lease, rtt: Duration, failed: &[Failed]) {
        let [_, middle, exit] = &*lease.hops;
        let mut state = locked(&self.state);
        if lease.id != first && failed.iter().all(|failed| failed.lease.id != first) {
            state.paths.overtaken(first);
        }
        state.durations.measured(job.kind, rtt);
        state.paths.measured(lease.id, rtt);
        // A server's own time is not the nodes'.
        if let Some(node) = job.node() {
            state.latencies.measured([&middle.key, &exit.key, &node], rtt, HOPS + 1);
        }
    }
}

/// The end of an exchange, or that it is time for a duplicate.
async fn next_event(
    running: &mut (impl Stream<Item = Ended> + Unpin),
    duplicate_at: Option<Duration>,
    clock: &dyn Clock,
) -> Event {
    let over = |ended: Option<Ended>| ended.map_or(Event::Over, Event::Ended);
    match duplicate_at {
        Some(moment) => tokio::select! {
            biased;
            ended = running.next() => over(ended),
            () = clock.sleep_until(moment) => Event::Slow,
        },
        None => over(running.next().await),
    }
}

fn way(job: &Job<'_>, lease: &Lease, latency: Duration, attempts: u32) -> Way {
    Way { hops: lease.hops.iter().map(Hop::from).collect(), destination: job.node(), latency, attempts }
}
