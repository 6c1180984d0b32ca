//! Settling the network's time, and hearing what nodes say beside their answers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::json;

use super::batch::Form;
use super::error::SwarmError;
use super::request;
use super::response::{self, BadAnswer, Beside};
use super::swarms::Swarms;
use super::time;
use crate::clock::{self, Timestamp};
use crate::onion::{Answer, Ask, NodeKey};

impl Swarms {
    /// Asks three random nodes for the time. For the start and every hour; a refusal for the clock does it by itself.
    ///
    /// # Errors
    /// When no node could be asked; the old offset stays.
    pub async fn sync_time(&self) -> Result<(), SwarmError> {
        self.inner.onion.ready().await?;
        self.resync(self.clock_generation()).await
    }

    /// Asks three random nodes for the time and takes the median of those that agree. A correction that ran meanwhile is as good.
    pub(super) async fn resync(&self, seen: u64) -> Result<(), SwarmError> {
        let gate = &self.inner.gate;
        let Ok(_turn) = gate.turn.acquire().await else { return Err(SwarmError::ClockWrong) };
        if gate.generation.load(Ordering::Acquire) != seen {
            return Ok(());
        }
        let offset = self.ask_the_time().await?;
        self.inner.time.settle(offset);
        self.note_correction();
        gate.generation.fetch_add(1, Ordering::Release);
        tracing::debug!(offset_millis = offset, "network time settled");
        Ok(())
    }

    /// The offset on which random nodes agree. When the first three are slow the next are asked as well, and two that agree
    /// are enough: everything that is signed waits for this.
    async fn ask_the_time(&self) -> Result<i64, SwarmError> {
        let pool = self.inner.onion.roads().pool();
        let keys: Vec<_> = pool.nodes().iter().map(|node| node.key).collect();
        let candidates = self.locked(|directory, now| directory.shuffled(&keys, now));
        // One node alone is believed only where there is no other.
        let needed = candidates.len().min(CLOCKS_AGREEING);
        let (mut offsets, mut problem) = (Vec::new(), SwarmError::ClockWrong);
        let mut rounds = candidates.chunks(CLOCKS_ASKED).take(CLOCK_ROUNDS).peekable();
        let (mut running, mut slow_at, mut rounds_asked) = (FuturesUnordered::new(), Duration::ZERO, 0);
        while time::agreed(&offsets, needed).is_none() || (offsets.len() < CLOCKS_ASKED && rounds_asked < 2) {
            let more = rounds.peek().is_some();
            let answered = tokio::select! {
                biased;
                answered = running.next() => answered,
                () = self.inner.clock.sleep_until(slow_at), if more && !running.is_empty() => None,
            };
            match (answered, rounds.peek().is_some()) {
                (Some(Ok(offset)), _) => offsets.push(offset),
                (Some(Err(error)), _) => problem = error,
                (None, true) => {
                    rounds_asked += 1;
                    running.extend(rounds.next().into_iter().flatten().map(|node| self.offset_of(node)));
                    slow_at = self.inner.clock.monotonic().saturating_add(self.inner.onion.patience("info"));
                }
                (None, false) => break,
            }
        }
        time::agreed(&offsets, needed).ok_or(problem)
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

    /// Waits for a running correction where the time is not known or in doubt, and not for long, because the nodes that it asks
    /// may hang: whoever leaves with a wrong time is refused, and then waits for a correction of their own. Starts one when a
    /// node's time disagreed, at most once a minute.
    pub(super) async fn clock_is_settled(&self) {
        let (gate, time) = (&self.inner.gate, &self.inner.time);
        if !time.is_known() || time.is_doubtful() {
            drop(clock::with_timeout(&*self.inner.clock, CORRECTION_WAIT, gate.turn.acquire()).await);
        }
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

    /// Takes time and version from an answer; of a batch the latest. Returns the network time at which it was given: the
    /// node's where it is near ours, ours otherwise.
    pub(super) fn hear(&self, answer: &Answer, form: Form, calls: usize) -> Timestamp {
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
        request::millis(self.inner.clock.monotonic())
    }
}

/// How far a signed time may be from a node's own. Source: session-storage-server `oxenss/rpc/request_handler.h`.
const SIGNED_TIME_MILLIS: u64 = 60_000;

/// How many nodes are asked for the time: one liar does not move the median of three.
const CLOCKS_ASKED: usize = 3;

/// How many of them must agree before our clock follows.
const CLOCKS_AGREEING: usize = 2;

/// How many rounds of that are made until enough have answered. Half of all nodes may be away.
const CLOCK_ROUNDS: usize = 4;

/// How long a request waits for a correction that is running.
const CORRECTION_WAIT: Duration = Duration::from_secs(2);

/// A node whose time disagrees makes us ask three others, at most this often; a liar could otherwise make us ask always.
const DOUBTS_EVERY_MILLIS: u64 = Duration::from_secs(60).as_millis() as u64;
