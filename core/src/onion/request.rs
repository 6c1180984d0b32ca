//! What is asked, how patiently, and what is answered.

use std::time::Duration;

use crate::clock::Timestamp;

use super::layer::Destination;
use super::node::NodeKey;
use super::path::{Hop, Purpose};

/// How patient a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Time limit of one attempt, on the [`Clock`](crate::clock::Clock). Long before it, when a request takes longer than
    /// is usual, the silent node of its path is looked for and another path is taken.
    pub timeout: Duration,
    /// How many attempts, each over a fresh path where there is one; at least one is made.
    pub attempts: u32,
    /// Whether the request may be sent twice at the same time (only where doing it twice is harmless): a duplicate
    /// goes over another path once the first takes longer than is usual for its kind, or a node of its path is found
    /// silent.
    pub hedge: bool,
    /// Whether a node that lives answers at once, without asking others first: then, when nothing of an answer is there
    /// after twice the usual time and all nodes of the path are, the node that is asked is silent, and waiting ends.
    pub prompt: bool,
}

impl Ask {
    /// For polling: one attempt (the next poll is the retry), hedged, prompt.
    pub const fn poll() -> Self {
        Self { timeout: Duration::from_secs(10), attempts: 1, hedge: true, prompt: true }
    }

    /// For what a person waits for: three attempts, not hedged.
    pub const fn send() -> Self {
        Self { timeout: Duration::from_secs(10), attempts: 3, hedge: false, prompt: false }
    }

    /// For files: three attempts of 30 s, not hedged.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for files"))]
    pub const fn file() -> Self {
        Self { timeout: Duration::from_secs(30), attempts: 3, hedge: false, prompt: false }
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
    /// The node that is asked; none when it is a server.
    pub(super) fn node(&self) -> Option<NodeKey> {
        match &self.destination {
            Destination::Node { key, .. } => Some(*key),
            Destination::Server(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_shows_no_body_to_logs() {
        let way = Way { hops: Vec::new(), destination: None, latency: Duration::ZERO, attempts: 1 };
        let body = "{\"secret\":1}".to_owned();
        let answer = Answer { status: 200, body, way, rtt: Duration::ZERO, received_at: Timestamp::ZERO };
        assert!(!format!("{answer:?}").contains("secret"));
    }
}
