//! Storage requests to the swarm of an account: deposit, read, delete, prolong.
//!
//! ```no_run
//! # async fn example(onion: onionskin_core::onion::Onion, clock: onionskin_core::clock::SharedClock,
//! #     keys: onionskin_core::crypto::AccountKeys) -> Result<(), onionskin_core::swarm::SwarmError> {
//! use onionskin_core::address::Namespace;
//! use onionskin_core::swarm::{RetrieveAsk, Swarms};
//! use std::time::Duration;
//!
//! let swarms = Swarms::new(onion, clock);
//! let me = keys.account_id();
//! let stored = swarms.store(&me, Namespace::DIRECT, b"sealed", Duration::from_secs(14 * 86_400), None).await?;
//! println!("{} nodes have it", stored.accepted.len());
//!
//! let node = swarms.member(&me).await?;
//! let ask = RetrieveAsk { namespace: Namespace::DIRECT, last_hash: None, max_size: -2 };
//! for part in swarms.retrieve(&node, &keys, &[ask]).await?.parts {
//!     println!("{} messages in {}", part.messages.len(), part.namespace);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | question | file |
//! |---|---|
//! | whose swarm, and which one | [`ring`], `directory` |
//! | what a namespace demands | [`namespace`] |
//! | what is signed, and by whom | [`auth`] |
//! | what goes out | [`request`], [`batch`] |
//! | what comes back, and what of it is believed | [`response`], [`proof`] |
//! | what happens when it does not work | `retry` |
//! | what time it is | [`time`] |
//!
//! Nothing a node says is taken on its word where it can be checked: members sign what they did, data give their hash,
//! three nodes are asked for the time. Nothing here knows the database: [`Swarms::snapshot`] and [`Swarms::restore`].

pub mod auth;
pub mod batch;
mod directory;
mod error;
mod loose;
pub mod namespace;
pub mod proof;
pub mod request;
pub mod response;
mod retry;
pub mod ring;
pub mod time;
mod upkeep;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use auth::{Auth, ExpireMode, Subaccount};
pub use batch::{Batched, Outcome};
pub use directory::SwarmSnapshot;
pub use error::SwarmError;
pub use namespace::{MAX_INBOX_TTL, MAX_PRIVATE_TTL, MIN_TTL, NamespaceClass, Namespaces};
pub use request::{After, Call, Expiry, MAX_BATCH_CALLS, MAX_DATA_BYTES, Retrieve, Store};
pub use response::{ExpiredBy, Members, RetrievedMessage, StoredBy, Unusable, UnusableReason};
pub use time::NetworkTime;
pub use upkeep::{Expiries, Upkept};

use batch::Form;
use directory::Directory;
use retry::{ClockGate, Effort, Errand};

use crate::address::{Address, Namespace, SwarmHash};
use crate::clock::{SharedClock, Timestamp};
use crate::onion::{NodeKey, Onion, Way};

/// Storage requests of one account. Cheap to clone; clones share what they learn.
#[derive(Clone)]
pub struct Swarms {
    inner: Arc<Inner>,
}

struct Inner {
    onion: Onion,
    clock: SharedClock,
    time: NetworkTime,
    directory: Mutex<Directory>,
    hard_fork: Mutex<[u64; 2]>,
    gate: ClockGate,
}

/// A deposit that at least one member proved.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The message's name in the swarm, computed here.
    pub hash: SwarmHash,
    /// Members that signed for it.
    pub accepted: Vec<NodeKey>,
    /// Members that did not; the swarm itself tries again to reach them.
    pub failed: Vec<NodeKey>,
    /// When the swarm forgets it.
    pub expires: Timestamp,
    /// Whether it was there before.
    pub already: bool,
    /// Network time of the deposit.
    pub stored_at: Timestamp,
    /// The way it took.
    pub way: Way,
}

/// What to read in one namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrieveAsk {
    /// Where.
    pub namespace: Namespace,
    /// The last message that *this node* gave; none begins at the beginning.
    pub last_hash: Option<SwarmHash>,
    /// Bytes when positive, the `n`th part of a whole answer (7,800,000 bytes) when `-n`.
    pub max_size: i64,
}

impl RetrieveAsk {
    /// What one poll of an account asks for, in this order: direct messages, then its configs.
    ///
    /// Source: session-desktop `ts/session/apis/snode_api/swarmPolling.ts`.
    pub fn own_account(last_hash: impl Fn(Namespace) -> Option<SwarmHash>) -> Vec<Self> {
        let ask = |namespace: Namespace| Self {
            namespace,
            last_hash: last_hash(namespace),
            max_size: namespace.poll_share(),
        };
        Namespace::OWN_ACCOUNT.into_iter().map(ask).collect()
    }
}

/// One reading of several namespaces.
#[derive(Clone, Debug)]
pub struct Retrieved {
    /// Namespaces that were read, in the order in which they were asked for.
    pub parts: Vec<RetrievedPart>,
    /// Namespaces that the node refused or answered badly.
    pub refused: Vec<(Namespace, SwarmError)>,
    /// The node that answered: the one that was asked, or a member of the new swarm when the account moved. Cursors
    /// belong to it.
    pub node: NodeKey,
    /// The way of the request.
    pub way: Way,
}

/// What one node has in one namespace.
#[derive(Clone, Debug)]
pub struct RetrievedPart {
    /// Where.
    pub namespace: Namespace,
    /// Messages in the order of arrival at the node. Every one gives its hash.
    pub messages: Vec<RetrievedMessage>,
    /// Items that are no messages of this account and namespace. Record them; never mark their hashes as seen.
    pub unusable: Vec<Unusable>,
    /// The `last_hash` for the next reading at this node, and when the node will have forgotten it.
    pub last: Option<(SwarmHash, Timestamp)>,
    /// Whether to read again at once.
    pub more: bool,
}

impl Swarms {
    /// Storage requests over `onion`.
    pub fn new(onion: Onion, clock: SharedClock) -> Self {
        let inner = Inner {
            time: NetworkTime::new(clock.clone()),
            onion,
            clock,
            directory: Mutex::default(),
            hard_fork: Mutex::default(),
            gate: ClockGate::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The network's time, for signatures and sent times.
    pub fn time(&self) -> &NetworkTime {
        &self.inner.time
    }

    /// The newest hard fork and revision that a node named; zeros before the first answer. Compare with `>=` only.
    pub fn hard_fork(&self) -> [u64; 2] {
        *self.inner.hard_fork.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks three random nodes for the time. For the start and every hour; a refusal for the clock does it by itself.
    ///
    /// # Errors
    /// When no node could be asked; the old offset stays.
    pub async fn sync_time(&self) -> Result<(), SwarmError> {
        self.inner.onion.ready().await?;
        self.resync(self.clock_generation()).await
    }

    /// What nodes said about swarms, for the next start.
    pub fn snapshot(&self) -> SwarmSnapshot {
        self.locked(|directory, _| directory.snapshot())
    }

    /// Takes what an earlier run knew; anything newer that is known stays.
    pub fn restore(&self, snapshot: SwarmSnapshot) {
        self.locked(|directory, _| directory.restore(snapshot));
    }

    /// The nodes that keep `of`'s messages.
    ///
    /// # Errors
    /// When the node list does not tell and no node could be asked.
    pub async fn members(&self, of: impl Into<Address>) -> Result<Vec<NodeKey>, SwarmError> {
        self.members_of(&of.into()).await
    }

    /// One of them by chance; those that failed lately last.
    ///
    /// # Errors
    /// As [`Swarms::members`], and [`SwarmError::NoMembers`].
    pub async fn member(&self, of: impl Into<Address>) -> Result<NodeKey, SwarmError> {
        let members = self.members_of(&of.into()).await?;
        let order = self.locked(|directory, now| directory.shuffled(&members, now));
        order.first().copied().ok_or(SwarmError::NoMembers)
    }

    /// Deposits `data` for `to`. One member that proves it is enough; the swarm copies it to the others.
    ///
    /// `auth` is needed, and used, only where the namespace demands a signature.
    ///
    /// # Errors
    /// [`SwarmError::TooLarge`] and [`SwarmError::WrongLifetime`] before anything is sent; otherwise what the last of
    /// three attempts found.
    pub async fn store(
        &self,
        to: impl Into<Address>,
        namespace: Namespace,
        data: &[u8],
        ttl: Duration,
        auth: Option<&dyn Auth>,
    ) -> Result<Stored, SwarmError> {
        if data.len() > MAX_DATA_BYTES {
            return Err(SwarmError::TooLarge { found: data.len(), limit: MAX_DATA_BYTES });
        }
        let of = to.into();
        let hash = SwarmHash::of(&of, namespace, data);
        let calls = [Call::Store(Store { namespace, data: data.to_vec(), ttl, timestamp: None })];
        let auth = auth.filter(|_| namespace.store_needs_signature());
        let errand = Errand { of, auth, calls: &calls, form: Form::Single, node: None, effort: Effort::Send };
        let carried = self
            .carry(errand, |good| {
                let body = good.parts.first().map_or("", |part| part.body);
                let members = response::stored(body, &hash, |key| self.knows(key))?;
                if members.accepted.is_empty() {
                    return Err(SwarmError::NobodyAccepted { failed: members.failed.len() });
                }
                Ok((members, good.signed_at))
            })
            .await?;
        let (members, timestamp) = carried.value;
        // Ends are not signed. A repeated deposit only lengthens, and nothing is kept longer than the namespace allows.
        let told = members.accepted.iter().filter_map(|(_, stored)| stored.expires).max();
        let (shortest, longest) = (timestamp + ttl, timestamp + namespace.max_ttl());
        Ok(Stored {
            hash: hash.clone(),
            already: members.accepted.iter().all(|(_, stored)| stored.already),
            accepted: members.accepted.into_iter().map(|(node, _)| node).collect(),
            failed: members.failed,
            expires: told.unwrap_or(shortest).clamp(shortest, longest),
            stored_at: carried.answered_at,
            way: carried.way,
        })
    }

    /// Reads several namespaces of `keys`' account from `node`, in one request.
    ///
    /// When the account moved to another swarm, one member of that is asked instead, from the beginning; see
    /// [`Retrieved::node`]. There is no other retry: the next poll is the retry.
    ///
    /// # Errors
    /// When there is no answer, or every namespace was refused alike.
    pub async fn retrieve(
        &self,
        node: &NodeKey,
        keys: &dyn Auth,
        asks: &[RetrieveAsk],
    ) -> Result<Retrieved, SwarmError> {
        let call = |ask: &RetrieveAsk| {
            let after = After::from(ask.last_hash.clone());
            Call::Retrieve(Retrieve { namespace: ask.namespace, after, max_size: Some(ask.max_size) })
        };
        let calls: Vec<_> = asks.iter().map(call).collect();
        let of = keys.address();
        let errand =
            Errand { of, auth: Some(keys), calls: &calls, form: Form::Batch, node: Some(*node), effort: Effort::Poll };
        let carried = self
            .carry(errand, |good| {
                let (mut parts, mut refused) = (Vec::new(), Vec::new());
                for (ask, part) in asks.iter().zip(&good.parts) {
                    let namespace = ask.namespace;
                    if !response::is_success(part.status) {
                        refused.push((namespace, SwarmError::Refused { status: part.status }));
                        continue;
                    }
                    match response::retrieved(part.body, &of, namespace) {
                        Ok(response::Messages { messages, unusable, last, more }) => {
                            parts.push(RetrievedPart { namespace, messages, unusable, last, more });
                        }
                        Err(error) => refused.push((namespace, error.into())),
                    }
                }
                match refused.first() {
                    Some((_, error)) if parts.is_empty() => Err(error.clone()),
                    _ => Ok((parts, refused)),
                }
            })
            .await?;
        let (parts, refused) = carried.value;
        Ok(Retrieved { parts, refused, node: carried.node, way: carried.way })
    }

    /// Runs up to twenty calls on `keys`' own storage in one request, in any order.
    ///
    /// # Errors
    /// When there is no answer, or all calls were refused alike.
    pub async fn batch(&self, keys: &dyn Auth, calls: &[Call]) -> Result<Batched, SwarmError> {
        self.several(keys, calls, Form::Batch).await
    }

    /// Runs up to twenty calls on `keys`' own storage in one request, in order, until one fails.
    ///
    /// # Errors
    /// When there is no answer, or the first call was refused.
    pub async fn sequence(&self, keys: &dyn Auth, calls: &[Call]) -> Result<Batched, SwarmError> {
        self.several(keys, calls, Form::Sequence).await
    }

    async fn several(&self, keys: &dyn Auth, calls: &[Call], form: Form) -> Result<Batched, SwarmError> {
        let of = keys.address();
        let errand = Errand { of, auth: Some(keys), calls, form, node: None, effort: Effort::Send };
        let carried = self
            .carry(errand, |good| {
                let read = |(call, part): (&Call, &response::Part<'_>)| {
                    if !response::is_success(part.status) {
                        return Err(SwarmError::Refused { status: part.status });
                    }
                    batch::outcome(call, &of, good.signed_at, part.body, |key| self.knows(key))
                };
                Ok(calls.iter().zip(&good.parts).map(read).collect())
            })
            .await?;
        Ok(Batched { results: carried.value, node: carried.node, way: carried.way })
    }

    /// Runs `work` on the directory with the monotonic time. Never across an await.
    fn locked<T>(&self, work: impl FnOnce(&mut Directory, Duration) -> T) -> T {
        let now = self.inner.clock.monotonic();
        work(&mut self.inner.directory.lock().unwrap_or_else(PoisonError::into_inner), now)
    }

    /// Whether a key belongs to a node of our list: anybody could sign with a key of their own.
    fn knows(&self, key: &NodeKey) -> bool {
        self.inner.onion.roads().pool().get(key).is_some()
    }

    fn raise_hard_fork(&self, heard: [u64; 2]) {
        let mut known = self.inner.hard_fork.lock().unwrap_or_else(PoisonError::into_inner);
        *known = heard.max(*known);
    }
}

impl fmt::Debug for Swarms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Swarms")
    }
}
