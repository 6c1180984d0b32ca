//! Faults: what a node, a seed or the file server does wrong, switched on and off by tests at run time.
//!
//! A fault can be limited with [`When`]: only in one role on the path, only for one method, only the next *n* requests.
//! `next` counts whole requests (a batch is one). What a fault does in which role stands at each variant of [`Fault`].

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::dice::Dice;

/// Something a node does wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// As if its process had been killed: the port refuses connections, running ones are cut, what it was doing for
    /// other nodes is lost. Other nodes hear nothing until their 30 s for a hop are over (504 `Request time out`), its
    /// swarm nothing until the 5 s for a member are (`failed`, `timeout`). When it is back it gets within seconds what
    /// it missed. Cannot be limited.
    Refuse,
    /// As [`Fault::Refuse`], but what it missed never reaches it. Cannot be limited.
    Dead,
    /// As [`Fault::Refuse`], where other nodes know at once (newer servers): 504 `Request time out` and a failed member
    /// without any waiting. Cannot be limited.
    RefuseTold,
    /// As [`Fault::Dead`], where other nodes know at once (newer servers): 502 `Next node is currently unreachable: …`,
    /// and its swarm does not even ask it. Cannot be limited.
    DeadTold,
    /// The request is read and never answered, until the fault is lifted; then it goes on as if nothing had been.
    Hang,
    /// As if its process had been halted: new connections are accepted and nobody speaks on them, requests are read and
    /// never answered, until the fault is lifted; then everything goes on. Cannot be limited.
    Frozen,
    /// The answer is begun only after this time on the network's clock.
    Slow(Duration),
    /// Answers with this status and body instead of doing its work. As a destination the answer is encrypted, and in a
    /// `batch` or `sequence` each matching part gets it (unless the fault is limited to the method `batch` or
    /// `sequence` itself); in other roles it is in clear text.
    Status {
        /// The status, for example 406, 421, 425, 429, 500 or 503.
        code: u16,
        /// Text or JSON of the answer.
        body: String,
    },
    /// As [`Fault::Status`], but always in clear text, as a relay before the destination would say it.
    PathStatus {
        /// The status.
        code: u16,
        /// Text of the answer.
        body: String,
    },
    /// Half of the answer. The guard breaks the connection in the middle; other roles shorten the ciphertext.
    Truncated,
    /// Random bytes (of the right length and encoding) instead of the answer.
    Garbage,
    /// As a relay: 502 `Next node not found: …` about whatever comes next.
    NextNotFound,
    /// As a relay: 502 `Next node is currently unreachable: …` about whatever comes next.
    NextUnreachable,
    /// 503: `Service node is not ready: …` as a guard, `Snode not ready: <key>` in other roles.
    NotReady,
    /// Says that a message was stored and keeps nothing, whether the message came from a client or from its swarm.
    LoseMessages,
    /// Takes messages from clients but gives no copies to its swarm.
    NoCopies,
    /// Copies from its swarm arrive this much later on the network's clock, or when the fault is lifted. Until then the
    /// swarm reports this member as timed out.
    Lag(Duration),
    /// As the node that answers: of every namespace but the inbox it gives nothing, and says that there is more.
    WithholdConfigs,
    /// Lies about the list of nodes (`get_service_nodes`, `active_nodes_bin`; on seeds `get_n_service_nodes`).
    LyingList(Lie),
    /// Its clock is wrong by so many milliseconds (positive is ahead). Cannot be limited.
    Skew(i64),
    /// As the node that answers and as a member of a swarm: lies in every way that a node can, at random; one answer in
    /// four is honest. Loses messages and deposits falsely, gives no copies, withholds, invents and doubles messages,
    /// forgets where a reader was, always says that there is more, sends others to wrong swarms, tells wrong times and
    /// wrong lists, answers with rubbish. The same seed and the same order of requests give the same lies.
    HostileMember {
        /// Chooses the lies.
        seed: u64,
    },
    /// As the first node of a path: drops requests (they are never answered) or delays them. What it could answer itself
    /// it answers.
    HostileGuard {
        /// Chooses what is dropped.
        seed: u64,
        /// By what it chooses.
        trick: Trick,
    },
}

/// By what a hostile guard chooses what it drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    /// Drops small requests (questions that bear no account) and lets large ones pass.
    Small,
    /// Drops whatever goes on to half of all nodes, always the same ones.
    NextHop,
    /// Drops one request in three.
    Random,
    /// Delays every other request by up to 8 s.
    Delay,
    /// Each of these in turn, at random.
    Mixed,
}

impl Trick {
    /// What is done to a request of this size to this next node; nothing when it passes at once.
    pub(crate) fn plays(self, seed: u64, bytes: usize, next: &[u8; 32], dice: &mut Dice) -> Option<Played> {
        let dropped = |drops: bool| drops.then_some(Played::Dropped);
        match self {
            Self::Small => dropped(bytes < SMALL_BYTES),
            Self::NextHop => dropped(Dice::of(seed, u64::from_le_bytes(*next.first_chunk()?)).below(2) == 0),
            Self::Random => dropped(dice.below(3) == 0),
            Self::Delay => match dice.below(2) {
                0 => Some(Played::Delayed(Duration::from_millis(dice.next() % 8_000))),
                _ => None,
            },
            Self::Mixed => {
                let tricks = [Self::Small, Self::NextHop, Self::Random, Self::Delay];
                tricks.get(dice.below(tricks.len()))?.plays(seed, bytes, next, dice)
            }
        }
    }
}

/// What a hostile guard does to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Played {
    Dropped,
    Delayed(Duration),
}

/// A question without an account is smaller over any number of hops, a letter or a poll is larger.
const SMALL_BYTES: usize = 1_200;

impl Fault {
    /// A plain status, for example `Fault::status(500, "request failed")`.
    pub fn status(code: u16, body: &str) -> Self {
        Self::Status { code, body: body.to_owned() }
    }

    /// What a node whose clock differs says to a signed request: 406.
    pub fn clock_too_far() -> Self {
        Self::status(406, "Timestamp error: check your clock")
    }

    /// 421 with a swarm of nodes that nobody knows.
    pub fn misdirected_to_strangers() -> Self {
        Self::status(421, &serde_json::Value::Object(Self::strangers()).to_string())
    }

    /// A swarm of nodes that nobody knows.
    pub(crate) fn strangers() -> serde_json::Map<String, serde_json::Value> {
        let strangers = (1..=3_u8).map(|n| {
            let key = hex::encode([n; 32]);
            serde_json::json!({"ip": "127.0.0.1", "port": "1", "port_https": 1, "port_omq": 1, "port_quic": 1,
                "pubkey_ed25519": key, "pubkey_x25519": key, "pubkey_legacy": key, "address": "stranger.snode"})
        });
        let fields = [("snodes".to_owned(), strangers.collect()), ("swarm".to_owned(), "1".into())];
        fields.into_iter().collect()
    }

    /// Whether a node with this fault is away altogether: nobody reaches it, in whatever role.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Refuse | Self::Dead | Self::RefuseTold | Self::DeadTold)
    }
}

/// How a list of nodes lies.
#[derive(Clone, Debug, PartialEq)]
pub enum Lie {
    /// So many nodes more, with keys of their own that nobody else knows.
    Extra(usize),
    /// So many nodes fewer: the first ones are left out.
    Fewer(usize),
    /// Only so many invented nodes.
    Invented(usize),
}

/// What a node is for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Took an onion request from a client and passes it on.
    Guard,
    /// Took an onion request from a node and passes it on to a node.
    Middle,
    /// Took an onion request from a node and passes it on to a server. A fault limited to [`Role::Middle`] covers
    /// this too.
    Exit,
    /// Opened the last layer and executes the request.
    Destination,
    /// Executes a request that came to `/storage_rpc/v1` without an onion.
    Direct,
    /// Takes a copy from another member of its swarm.
    Member,
    /// A seed or a server that answers.
    Server,
}

/// Limits of a fault; everything not said is unlimited.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct When {
    role: Option<Role>,
    method: Option<String>,
    next: Option<u32>,
}

impl When {
    /// No limits.
    pub fn always() -> Self {
        Self::default()
    }

    /// Only when the node has this role.
    pub fn role(self, role: Role) -> Self {
        Self { role: Some(role), ..self }
    }

    /// Only as the first node of a path.
    pub fn as_guard() -> Self {
        Self::always().role(Role::Guard)
    }

    /// Only between the guard and the destination or server.
    pub fn as_middle() -> Self {
        Self::always().role(Role::Middle)
    }

    /// Only as the node that executes the request.
    pub fn as_destination() -> Self {
        Self::always().role(Role::Destination)
    }

    /// Only for this storage method, alone or inside a batch; for servers `"POST /file"`.
    pub fn method(self, method: &str) -> Self {
        Self { method: Some(method.to_owned()), ..self }
    }

    /// Only for the next `count` requests that match; then the fault lifts itself.
    pub fn next(self, count: u32) -> Self {
        Self { next: Some(count), ..self }
    }

    pub(crate) fn method_is(&self, name: &str) -> bool {
        self.method.as_deref() == Some(name)
    }

    /// Whether a part of a batch with this method is meant.
    pub(crate) fn covers(&self, name: &str) -> bool {
        self.method.as_deref().is_none_or(|method| method == name)
    }

    fn matches(&self, role: Role, methods: &[String]) -> bool {
        let role_fits = self.role.is_none_or(|wanted| wanted == role || (wanted == Role::Middle && role == Role::Exit));
        role_fits && self.method.as_ref().is_none_or(|wanted| methods.contains(wanted))
    }
}

/// Names one switched-on fault, to lift it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultId(u64);

/// A fault that applies to the request at hand.
#[derive(Clone, Debug)]
pub(crate) struct Active {
    pub(crate) id: FaultId,
    pub(crate) fault: Fault,
    pub(crate) when: When,
}

/// How a node that is away looks to other nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Away {
    /// They know it at once and need not wait.
    pub(crate) told: bool,
    /// What it misses never reaches it.
    pub(crate) for_good: bool,
}

/// The faults of one node, seed or server.
pub(crate) struct Faults {
    list: Mutex<Vec<Active>>,
    counter: watch::Sender<u64>,
    throws: AtomicU64,
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self { list: Mutex::new(Vec::new()), counter: watch::Sender::new(0), throws: AtomicU64::new(0) }
    }

    /// Counts a throw of a hostile node's dice.
    pub(crate) fn throw(&self) -> u64 {
        self.throws.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn add(&self, fault: Fault, when: When) -> FaultId {
        let mut list = crate::lock(&self.list);
        let mut id = FaultId(0);
        self.counter.send_modify(|counter| {
            *counter += 1;
            id = FaultId(*counter);
        });
        list.push(Active { id, fault, when });
        id
    }

    pub(crate) fn lift(&self, id: FaultId) {
        crate::lock(&self.list).retain(|active| active.id != id);
        self.counter.send_modify(|counter| *counter += 1);
    }

    pub(crate) fn clear(&self) {
        crate::lock(&self.list).clear();
        self.counter.send_modify(|counter| *counter += 1);
    }

    /// The fault because of which not even a connection is greeted.
    pub(crate) fn frozen(&self) -> Option<FaultId> {
        let list = crate::lock(&self.list);
        list.iter().find(|active| active.fault == Fault::Frozen).map(|active| active.id)
    }

    /// The faults that apply to a request; counts it against those limited by [`When::next`].
    pub(crate) fn take(&self, role: Role, methods: &[String]) -> Vec<Active> {
        let mut list = crate::lock(&self.list);
        let mut found = Vec::new();
        list.retain_mut(|active| {
            if !active.when.matches(role, methods) {
                return true;
            }
            found.push(active.clone());
            match &mut active.when.next {
                None => true,
                Some(left) => {
                    *left = left.saturating_sub(1);
                    // A hanging request looks for its fault in the list, so the last one stays, with nothing left.
                    *left > 0 || active.fault == Fault::Hang
                }
            }
        });
        found.retain(|active| active.when.next != Some(0));
        found
    }

    pub(crate) fn refuses(&self) -> bool {
        crate::lock(&self.list).iter().any(|active| active.fault.is_away())
    }

    /// How a node that is away looks to other nodes; nothing when it is there.
    pub(crate) fn away(&self) -> Option<Away> {
        let list = crate::lock(&self.list);
        list.iter().find(|active| active.fault.is_away()).map(|active| Away {
            told: matches!(active.fault, Fault::RefuseTold | Fault::DeadTold),
            for_good: matches!(active.fault, Fault::Dead | Fault::DeadTold),
        })
    }

    /// Whether copies from its swarm get no answer at all.
    pub(crate) fn hangs_as_member(&self) -> bool {
        let list = crate::lock(&self.list);
        list.iter().any(|active| match active.fault {
            Fault::Frozen => true,
            Fault::Hang => active.when.role.is_none_or(|role| role == Role::Member),
            _ => false,
        })
    }

    pub(crate) fn skew_ms(&self) -> i64 {
        let skews = crate::lock(&self.list);
        skews.iter().map(|active| if let Fault::Skew(ms) = active.fault { ms } else { 0 }).sum()
    }

    pub(crate) fn lags(&self) -> bool {
        crate::lock(&self.list).iter().any(|active| matches!(active.fault, Fault::Lag(_)))
    }

    /// Ends when the fault has been lifted.
    pub(crate) async fn lifted(&self, id: FaultId) {
        let mut changed = self.counter.subscribe();
        while crate::lock(&self.list).iter().any(|active| active.id == id) {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }
}

/// The status that the faults at hand answer with in clear text, if any.
pub(crate) fn clear_status(active: &[Active], role: Role) -> Option<(u16, String)> {
    active.iter().find_map(|active| match &active.fault {
        Fault::PathStatus { code, body } => Some((*code, body.clone())),
        Fault::Status { code, body } if !matches!(role, Role::Destination | Role::Direct) => {
            Some((*code, body.clone()))
        }
        _ => None,
    })
}

/// Whether one of the faults at hand is `wanted`.
pub(crate) fn has(active: &[Active], wanted: &Fault) -> bool {
    active.iter().any(|active| active.fault == *wanted)
}

/// The seed of a hostile member, if it is one.
pub(crate) fn hostile_member(active: &[Active]) -> Option<u64> {
    active.iter().find_map(|active| if let Fault::HostileMember { seed } = active.fault { Some(seed) } else { None })
}

/// Seed and trick of a hostile guard, if it is one.
pub(crate) fn hostile_guard(active: &[Active]) -> Option<(u64, Trick)> {
    active.iter().find_map(|active| match active.fault {
        Fault::HostileGuard { seed, trick } => Some((seed, trick)),
        _ => None,
    })
}

/// The lie about the node list, if any.
pub(crate) fn lie(active: &[Active]) -> Option<&Lie> {
    active.iter().find_map(|active| if let Fault::LyingList(lie) = &active.fault { Some(lie) } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_for_the_next_two_stores_leaves_everything_else_alone() {
        let faults = Faults::new();
        faults.add(Fault::NotReady, When::as_destination().method("store").next(2));
        let (store, other) = (["batch".to_owned(), "store".to_owned()], ["retrieve".to_owned()]);
        assert_eq!(faults.take(Role::Guard, &store).len(), 0);
        assert_eq!(faults.take(Role::Destination, &other).len(), 0);
        assert_eq!(faults.take(Role::Destination, &store).len(), 1);
        assert_eq!(faults.take(Role::Destination, &store).len(), 1);
        assert_eq!(faults.take(Role::Destination, &store).len(), 0);
    }

    #[test]
    fn an_exit_counts_as_a_middle_node() {
        let faults = Faults::new();
        faults.add(Fault::Hang, When::as_middle());
        assert_eq!(faults.take(Role::Exit, &[]).len(), 1);
        assert_eq!(faults.take(Role::Guard, &[]).len(), 0);
    }

    #[test]
    fn wrong_clocks_add_up_and_go_away() {
        let faults = Faults::new();
        let id = faults.add(Fault::Skew(5), When::always());
        faults.add(Fault::Skew(-2), When::always());
        assert_eq!(faults.skew_ms(), 3);
        faults.lift(id);
        assert_eq!(faults.skew_ms(), -2);
    }

    #[tokio::test]
    async fn a_limited_hang_lasts_until_it_is_lifted() {
        let faults = Faults::new();
        let id = faults.add(Fault::Hang, When::always().next(1));
        assert_eq!(faults.take(Role::Guard, &[]).len(), 1);
        assert_eq!(faults.take(Role::Guard, &[]).len(), 0, "only the next one");
        assert!(crate::lock(&faults.list).iter().any(|active| active.id == id), "the hanging request still hangs");
        faults.clear();
        faults.lifted(id).await;
    }
}
