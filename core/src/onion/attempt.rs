//! Asking: one request over a path, with retries over fresh paths and hedged duplicates.
//!
//! An attempt runs over the least busy path that does not contain the destination; a retry over one that was not tried
//! yet, built if there is none; how many there are says `retry`. Who is blamed for a failure says
//! [`failure`](super::failure); a connection to a guard that cannot even be made is no attempt, for nothing was sent.
//!
//! | while a request runs | a request that may be sent twice | another |
//! |---|---|---|
//! | it takes longer than is usual over its path | the nodes of the path are asked (`probe`) | the same |
//! | one of them is silent | it goes out over another path as well, built if there is none; the first answer counts | it fails here, and is tried over another path |
//! | all of them answer, and so would the destination at once | it fails here once that has taken twice the usual time | the same |
//! | it takes longer than is usual for its kind | it goes out over another path as well, where one stands | it waits |

use std::future::pending;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, Stream, StreamExt as _};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::clock::{self, Clock};
use crate::kill;

use super::error::OnionError;
use super::exchange::{Broken, Exchanged, Received};
use super::lease::{Lease, Tried};
use super::lock::locked;
use super::path::{HOPS, Hop, PathId};
use super::probe::Finding;
use super::request::{Job, Way};
use super::retry::{Retries, Step};
use super::traffic::Traffic;
use super::transport::Begun;

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
    /// What asking the nodes of the path found, if it was silent for long enough.
    finding: Option<Finding>,
}

/// An exchange of an attempt that has ended, or an error because it could not even be built.
struct Ended {
    lease: Lease,
    exchanged: Result<Exchanged, OnionError>,
    finding: Option<Finding>,
}

/// Over which path an exchange of an attempt goes.
enum Over {
    This(Lease),
    /// One that stands and was not tried, or none.
    Standing,
    /// One that was not tried, built if none stands.
    Any,
}

/// What the exchanges of an attempt share.
struct Course<'a> {
    job: &'a Job<'a>,
    // Paths that were tried or are being tried.
    tried: Mutex<Vec<Tried>>,
    // Told when a node of a path is found silent while its exchange runs.
    silent: UnboundedSender<()>,
}

/// What happens while an attempt runs.
enum Event {
    /// It takes unusually long for its kind.
    Slow,
    /// A node of the path it takes is silent.
    Silent,
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
                    tracing::debug!(kind = job.kind, rtt = ?received.rtt, way.attempts, "onion request answered");
                    return Ok(Fetched { received, way });
                }
                Attempted::Failed(failed) => failed,
            };
            for Failed { lease, broken, finding } in &failed {
                tried.push(lease.tried());
                let decision = self.judge(job, lease, broken, *finding);
                retries.failed(lease.id, broken, decision)?;
            }
            match retries.step() {
                Step::Again => {}
                Step::GiveUp(error) => {
                    tracing::debug!(kind = job.kind, %error, "onion request given up");
                    return Err(error);
                }
            }
        }
    }

    /// An answer is there: who failed before it is judged now.
    fn settle_blame(&self, job: &Job<'_>, retries: &Retries, failed: &[Failed]) {
        // Another path reached the server, so the one that said it cannot be reached is to blame.
        for path in retries.accusers() {
            self.strike_path(*path);
        }
        for Failed { lease, broken, finding } in failed {
            self.judge(job, lease, broken, *finding);
        }
    }

    /// One attempt, and its hedged duplicates.
    ///
    /// # Errors
    /// When there is no path, or the request itself cannot be built.
    async fn attempt(self: &Arc<Self>, job: &Job<'_>, tried: &[Tried]) -> Result<Attempted, OnionError> {
        let clock = self.roads.clock();
        let first = self.path_for(job, tried).await?;
        let first_id = first.id;
        let mut duplicate_at = job.ask.hedge.then(|| clock.monotonic().saturating_add(self.usual(job)));
        let mut duplicates_left = if job.ask.hedge { DUPLICATES } else { 0 };
        let (silent, mut silences) = mpsc::unbounded_channel();
        let course = Course { job, tried: Mutex::new(tried.to_vec()), silent };
        let mut failed = Vec::new();
        let mut running = FuturesUnordered::new();
        running.push(self.go(&course, Over::This(first)));
        loop {
            let over = match next_event(&mut running, &mut silences, duplicate_at, &**clock).await {
                Event::Ended(Ended { lease, exchanged, finding }) => match exchanged? {
                    Exchanged::Answered(received) => {
                        self.note_answer(job, first_id, &lease, received.rtt, &failed);
                        return Ok(Attempted::Answered { lease, received, failed });
                    }
                    Exchanged::Broken(broken) => {
                        duplicate_at = None;
                        failed.push(Failed { lease, broken, finding });
                        continue;
                    }
                },
                Event::Over => return Ok(Attempted::Failed(failed)),
                Event::Slow => Over::Standing,
                Event::Silent => Over::Any,
            };
            duplicate_at = None;
            if duplicates_left > 0 {
                duplicates_left -= 1;
                running.push(self.go(&course, over));
            }
        }
    }

    /// One exchange of an attempt; none when there is no path for it.
    async fn go(self: &Arc<Self>, course: &Course<'_>, over: Over) -> Option<Ended> {
        let tried = locked(&course.tried).clone();
        let lease = match over {
            Over::This(lease) => lease,
            Over::Standing => self.free_path(course.job, &tried)?,
            Over::Any => self.path_for(course.job, &tried).await.ok()?,
        };
        locked(&course.tried).push(lease.tried());
        kill::point("an onion request is about to leave");
        let (exchanged, finding) = self.exchange_and_watch(course, &lease).await;
        kill::point("an onion request has ended");
        Some(Ended { lease, exchanged, finding })
    }

    /// Asks over a path, and looks for a silent node of it when that takes unusually long.
    async fn exchange_and_watch(
        self: &Arc<Self>,
        course: &Course<'_>,
        lease: &Lease,
    ) -> (Result<Exchanged, OnionError>, Option<Finding>) {
        let Job { ask, destination, plain, .. } = course.job;
        let begun = Begun::default();
        let [guard, ..] = &*lease.hops;
        let asked = self.exchange_behind(guard, &*lease.hops, destination, plain, ask.timeout, begun.clone());
        let mut exchange = pin!(asked);
        let finding = tokio::select! {
            biased;
            exchanged = &mut exchange => return (exchanged, None),
            finding = self.silence_of(lease, &begun) => finding,
        };
        let silent = matches!(finding, Some(Finding::Silent(_)));
        if silent && ask.hedge {
            // Ends with the attempt, and then nobody needs to know.
            let _ = course.silent.send(());
        }
        if silent && !ask.hedge {
            return (Ok(Exchanged::Broken(Broken::TimedOut)), finding);
        }
        if finding != Some(Finding::Whole) || !ask.prompt {
            return (exchange.await, finding);
        }
        let exchanged = tokio::select! {
            biased;
            exchanged = &mut exchange => exchanged,
            () = self.given_up(course.job, lease, &begun) => Ok(Exchanged::Broken(Broken::TimedOut)),
        };
        (exchanged, finding)
    }

    /// Which node of a path is silent, once a request over it has taken longer than is usual for it and no reply has begun.
    async fn silence_of(self: &Arc<Self>, lease: &Lease, begun: &Begun) -> Option<Finding> {
        let clock = self.roads.clock();
        let sent_at = clock.monotonic();
        let limit = locked(&self.state).paths.limit(lease.id);
        clock::sleep(&**clock, limit).await;
        if begun.load(Ordering::Acquire) {
            return pending().await;
        }
        if locked(&self.state).paths.is_heard_since(lease.id, sent_at) {
            return Some(Finding::Whole);
        }
        let mut found = self.look_for_silence(lease.id, &lease.hops);
        let finding = found.wait_for(Option::is_some).await;
        finding.ok().and_then(|finding| *finding)
    }

    /// Ends when a destination that answers at once where it lives has been given as much time again as is usual, and no
    /// reply has begun.
    async fn given_up(&self, job: &Job<'_>, lease: &Lease, begun: &Begun) {
        let usual = {
            let state = locked(&self.state);
            let kind = state.durations.limit(job.kind).unwrap_or_default();
            state.paths.limit(lease.id).max(kind)
        };
        clock::sleep(&**self.roads.clock(), usual).await;
        if begun.load(Ordering::Acquire) {
            pending().await
        }
    }

    /// What takes longer than this is slow for a request of this kind.
    fn usual(&self, job: &Job<'_>) -> Duration {
        locked(&self.state).patience(job.kind)
    }

    /// Measures an answer over `lease`; it may have overtaken the attempt's first exchange, whose path is then asked.
    fn note_answer(self: &Arc<Self>, job: &Job<'_>, first: PathId, lease: &Lease, rtt: Duration, failed: &[Failed]) {
        let [_, middle, exit] = &*lease.hops;
        let overtook = lease.id != first && failed.iter().all(|failed| failed.lease.id != first);
        let slow = locked(&self.state).paths.hops(first).filter(|_| overtook);
        if let Some(hops) = slow {
            drop(self.look_for_silence(first, &hops));
        }
        let mut state = locked(&self.state);
        if overtook {
            state.paths.overtaken(first);
        }
        state.durations.measured(job.kind, rtt);
        state.paths.measured(lease.id, rtt, job.ask.prompt);
        state.paths.heard(lease.id, self.roads.clock().monotonic());
        // A server's own time is not the nodes', nor is that of a node that asks others first.
        if let Some(node) = job.node().filter(|_| job.ask.prompt) {
            state.note_answering(node);
            state.trips.measured(rtt);
            state.latencies.measured([&middle.key, &exit.key, &node], rtt, HOPS + 1);
        }
    }
}

/// The end of an exchange, or that it is time for a duplicate.
async fn next_event(
    running: &mut (impl Stream<Item = Option<Ended>> + Unpin),
    silences: &mut UnboundedReceiver<()>,
    duplicate_at: Option<Duration>,
    clock: &dyn Clock,
) -> Event {
    let slow = async {
        match duplicate_at {
            Some(moment) => clock.sleep_until(moment).await,
            None => pending().await,
        }
    };
    let mut slow = pin!(slow);
    loop {
        tokio::select! {
            biased;
            ended = running.next() => match ended {
                Some(Some(ended)) => return Event::Ended(ended),
                // A duplicate for which there was no path.
                Some(None) => {}
                None => return Event::Over,
            },
            Some(()) = silences.recv() => return Event::Silent,
            () = &mut slow => return Event::Slow,
        }
    }
}

fn way(job: &Job<'_>, lease: &Lease, latency: Duration, attempts: u32) -> Way {
    Way { hops: lease.hops.iter().map(Hop::from).collect(), destination: job.node(), latency, attempts }
}

/// Duplicates of one attempt: two paths may be silent at once. More and a destination that is dead is asked by all.
const DUPLICATES: u32 = 2;
