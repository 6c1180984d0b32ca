//! What happened, for stories that must prove something: every request at every node, every way through the network,
//! and everything that was visible outside an onion.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;

use crate::fault::Role;

/// One request as one node saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Network time, ms since the epoch.
    pub at_ms: u64,
    /// Number of the node, see [`crate::LocalNetwork::node`].
    pub node: usize,
    /// What the node was for this request.
    pub role: Role,
    /// For destinations: the method; for a batch, `batch` and then the methods inside.
    pub methods: Vec<String>,
    /// Size of what the node received, in bytes.
    pub bytes: usize,
    /// The journey it was part of; `None` for requests without an onion.
    pub journey: Option<u64>,
}

/// One onion request on its whole way.
#[derive(Clone, Debug)]
pub struct Journey {
    /// Number, counting from 1.
    pub id: u64,
    /// Network time of its start, ms since the epoch.
    pub at_ms: u64,
    /// The TCP connection it came by.
    pub connection: u64,
    /// The client's end of that connection.
    pub peer: SocketAddr,
    /// Nodes in the order in which they opened a layer. With a node as destination the last one is the destination.
    pub nodes: Vec<usize>,
    /// `host:port` when it left the network for a server.
    pub server: Option<String>,
    /// Storage methods executed at its end.
    pub methods: Vec<String>,
    /// Accounts (hex) that those methods were about.
    pub accounts: Vec<String>,
    /// Size of the body that the client sent, in bytes.
    pub bytes: usize,
    /// Size of the body that the client got, in bytes; 0 while it runs or when the client left.
    pub answer_bytes: usize,
    /// Status that the client got from the guard; `None` while it runs or when the client left.
    pub status: Option<u16>,
}

impl Journey {
    /// The relays: all nodes, without the destination when that is a node.
    pub fn path(&self) -> &[usize] {
        let relays = if self.server.is_some() { self.nodes.len() } else { self.nodes.len().saturating_sub(1) };
        self.nodes.get(..relays).unwrap_or_default()
    }
}

/// Counters of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeStats {
    /// Requests in any role.
    pub requests: u64,
    /// Requests that hang now because of a fault.
    pub hung: usize,
    /// As the first node of a path.
    pub as_guard: u64,
    /// Between guard and end.
    pub as_middle: u64,
    /// As the node that executes.
    pub as_destination: u64,
}

/// Onion requests and what they weigh on the line of the client, bodies as the guard has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Onion requests.
    pub requests: u64,
    /// Bytes from the client.
    pub sent: u64,
    /// Bytes to the client.
    pub received: u64,
}

impl Traffic {
    /// Bytes in both directions.
    pub fn bytes(&self) -> u64 {
        self.sent + self.received
    }
}

/// Counters of a whole network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// For each node.
    pub nodes: Vec<NodeStats>,
    /// Onion requests that reached a guard.
    pub onions: u64,
    /// Onion requests that were answered (with any status).
    pub answered: u64,
    /// Requests at seeds.
    pub seeds: u64,
    /// Requests that the file server opened.
    pub file_server: u64,
    /// Requests that hang now because of a fault, anywhere: also those that wait for a node that is away.
    pub hung: usize,
    /// `store` requests executed by entry nodes.
    pub stores: u64,
    /// `retrieve` requests executed.
    pub retrieves: u64,
    /// Requests executed by method, those inside batches too.
    pub methods: BTreeMap<String, u64>,
    /// What all clients sent and received in onion requests.
    pub traffic: Traffic,
    /// The part of it that was about an account (hex): its polls, and what others wrote to it. A request about several
    /// accounts counts for each.
    pub accounts: BTreeMap<String, Traffic>,
}

/// The condition did not come true within [`WAIT_LIMIT`] of real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitedTooLong;

impl std::fmt::Display for WaitedTooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the network did not reach the awaited state within {} s", WAIT_LIMIT.as_secs())
    }
}

impl std::error::Error for WaitedTooLong {}

#[derive(Default)]
struct Inner {
    stats: Stats,
    seen: VecDeque<Seen>,
    journeys: VecDeque<Journey>,
    last_journey: u64,
    outside: VecDeque<Vec<u8>>,
}

impl Inner {
    fn find(&mut self, id: u64) -> Option<&mut Journey> {
        self.journeys.iter_mut().rev().find(|journey| journey.id == id)
    }
}

fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// Collects everything; shared by all parts of a network.
pub(crate) struct Journal {
    inner: Mutex<Inner>,
    changed: watch::Sender<()>,
}

impl Journal {
    pub(crate) fn new(nodes: usize) -> Self {
        let stats = Stats { nodes: vec![NodeStats::default(); nodes], ..Stats::default() };
        Self { inner: Mutex::new(Inner { stats, ..Inner::default() }), changed: watch::Sender::new(()) }
    }

    fn update<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let result = change(&mut crate::lock(&self.inner));
        self.changed.send_replace(());
        result
    }

    /// A client's onion request has arrived.
    pub(crate) fn depart(&self, at_ms: u64, connection: u64, peer: SocketAddr, bytes: usize) -> u64 {
        self.update(|inner| {
            inner.last_journey += 1;
            inner.stats.onions += 1;
            inner.stats.traffic.requests += 1;
            inner.stats.traffic.sent += size(bytes);
            let journey = Journey {
                id: inner.last_journey,
                at_ms,
                connection,
                peer,
                nodes: Vec::new(),
                server: None,
                methods: Vec::new(),
                accounts: Vec::new(),
                bytes,
                answer_bytes: 0,
                status: None,
            };
            keep(&mut inner.journeys, journey);
            inner.last_journey
        })
    }

    /// Something more is known about a journey.
    pub(crate) fn journey(&self, id: u64, change: impl FnOnce(&mut Journey)) {
        self.update(|inner| {
            if let Some(journey) = inner.find(id) {
                change(journey);
            }
        });
    }

    /// The end of a journey knows what it was for.
    pub(crate) fn named(&self, id: u64, methods: &[String], accounts: Vec<String>) {
        self.update(|inner| {
            let Some(journey) = inner.find(id) else { return };
            journey.methods = methods.to_vec();
            journey.accounts.clone_from(&accounts);
            let bytes = size(journey.bytes);
            for account in accounts {
                let traffic = inner.stats.accounts.entry(account).or_default();
                traffic.requests += 1;
                traffic.sent += bytes;
            }
        });
    }

    /// The client gets an answer of so many bytes.
    pub(crate) fn arrived(&self, id: u64, status: u16, bytes: usize) {
        self.update(|inner| {
            inner.stats.answered += 1;
            inner.stats.traffic.received += size(bytes);
            let Some(journey) = inner.find(id) else { return };
            (journey.status, journey.answer_bytes) = (Some(status), bytes);
            for account in journey.accounts.clone() {
                inner.stats.accounts.entry(account).or_default().received += size(bytes);
            }
        });
    }

    pub(crate) fn seen(&self, seen: Seen) {
        self.update(|inner| {
            if let Some(node) = inner.stats.nodes.get_mut(seen.node) {
                node.requests += 1;
                match seen.role {
                    Role::Guard => node.as_guard += 1,
                    Role::Middle | Role::Exit => node.as_middle += 1,
                    Role::Destination | Role::Direct => node.as_destination += 1,
                    Role::Member | Role::Server => {}
                }
            }
            if matches!(seen.role, Role::Destination | Role::Direct) {
                for method in &seen.methods {
                    *inner.stats.methods.entry(method.clone()).or_default() += 1;
                    match method.as_str() {
                        "store" => inner.stats.stores += 1,
                        "retrieve" => inner.stats.retrieves += 1,
                        _ => {}
                    }
                }
            }
            keep(&mut inner.seen, seen);
        });
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Stats)) {
        self.update(|inner| change(&mut inner.stats));
    }

    /// Counts a hanging request until the guard is dropped.
    pub(crate) fn hang(&self, node: Option<usize>) -> Hanging<'_> {
        self.update(|inner| add_hung(&mut inner.stats, node, true));
        Hanging { journal: self, node }
    }

    /// Bytes that anybody between client and node, or a node that only relays, could read.
    pub(crate) fn outside(&self, bytes: &[u8]) {
        let bytes = bytes.get(..OUTSIDE_BYTES).unwrap_or(bytes).to_vec();
        self.update(|inner| keep(&mut inner.outside, bytes));
    }

    pub(crate) fn was_seen_outside(&self, needle: &[u8]) -> bool {
        let inner = crate::lock(&self.inner);
        !needle.is_empty() && inner.outside.iter().any(|bytes| bytes.windows(needle.len()).any(|part| part == needle))
    }

    pub(crate) fn stats(&self) -> Stats {
        crate::lock(&self.inner).stats.clone()
    }

    pub(crate) fn all_seen(&self) -> Vec<Seen> {
        crate::lock(&self.inner).seen.iter().cloned().collect()
    }

    pub(crate) fn journeys(&self) -> Vec<Journey> {
        crate::lock(&self.inner).journeys.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.update(|inner| {
            inner.seen.clear();
            inner.journeys.clear();
            inner.outside.clear();
        });
    }

    pub(crate) async fn wait_until(&self, mut condition: impl FnMut(&Stats) -> bool) -> Result<(), WaitedTooLong> {
        let mut changed = self.changed.subscribe();
        let waiting = async {
            loop {
                changed.mark_unchanged();
                if condition(&crate::lock(&self.inner).stats) {
                    return;
                }
                if changed.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::time::timeout(WAIT_LIMIT, waiting).await.map_err(|_| WaitedTooLong)
    }

    /// Ends when nothing has happened for so long, and requests hang if that is asked.
    pub(crate) async fn still(&self, quiet: Duration, hanging: bool) {
        let mut changed = self.changed.subscribe();
        loop {
            changed.mark_unchanged();
            if hanging && crate::lock(&self.inner).stats.hung == 0 {
                let _ = changed.changed().await;
            } else if tokio::time::timeout(quiet, changed.changed()).await.is_err() {
                return;
            }
        }
    }
}

/// A request that hangs; see [`Journal::hang`].
pub(crate) struct Hanging<'a> {
    journal: &'a Journal,
    node: Option<usize>,
}

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        self.journal.update(|inner| add_hung(&mut inner.stats, self.node, false));
    }
}

fn add_hung(stats: &mut Stats, node: Option<usize>, more: bool) {
    let change = |count: &mut usize| *count = if more { *count + 1 } else { count.saturating_sub(1) };
    change(&mut stats.hung);
    if let Some(node) = node.and_then(|node| stats.nodes.get_mut(node)) {
        change(&mut node.hung);
    }
}

fn keep<T>(list: &mut VecDeque<T>, item: T) {
    if list.len() == KEPT_ENTRIES {
        list.pop_front();
    }
    list.push_back(item);
}

/// How long [`crate::LocalNetwork::wait_until`] waits at most, in real time: long enough for a loaded machine, short
/// enough that a test that waits for nothing ends.
pub const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// Entries of each list that are kept; the oldest go first. A story with 1,000 messages makes about 10,000.
const KEPT_ENTRIES: usize = 100_000;

/// How much of one visible request is kept, in bytes: heads and plain bodies are far below, ciphertexts need not fit.
const OUTSIDE_BYTES: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_ends_when_a_request_starts_to_hang() {
        let journal = std::sync::Arc::new(Journal::new(1));
        let waiting = tokio::spawn({
            let journal = journal.clone();
            async move { journal.wait_until(|stats| stats.nodes[0].hung == 1).await }
        });
        tokio::task::yield_now().await;
        let hanging = journal.hang(Some(0));
        waiting.await.unwrap().unwrap();
        drop(hanging);
        assert_eq!(journal.stats().hung, 0);
    }

    #[test]
    fn what_was_visible_can_be_searched() {
        let journal = Journal::new(0);
        journal.outside(b"POST /onion_req/v2");
        assert!(journal.was_seen_outside(b"onion_req"));
        assert!(!journal.was_seen_outside(b"05abc"));
        assert!(!journal.was_seen_outside(b""));
    }
}
