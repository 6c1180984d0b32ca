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
//! println!("{} nodes have it, is that enough? {}", stored.accepted.len(), stored.is_enough());
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
//! | how many members must have proved a change | `quorum`, `gather` |
//! | one request: depositing, reading, everything else | `deposit`, `retrieve`, `upkeep` |
//! | how it is carried, which member is asked | `carry`, `members` |
//! | what happens when it does not work, or hangs | `retry`, `life` |
//! | what a node is worth that names another swarm | [`redirect`], `directory` |
//! | what time it is, and who is asked for it | [`time`], `settle` |
//! | what the requests of an account share | `swarms` |
//!
//! Nothing a node says is taken on its word where it can be checked: members sign what they did, and half of those that our
//! list names must have; data give their hash; two nodes must agree where an account lives, three are asked for the time.
//! Nothing here knows the database: [`Swarms::snapshot`] and [`Swarms::restore`].

pub mod auth;
pub mod batch;
mod carry;
mod deposit;
mod directory;
mod error;
mod gather;
mod life;
mod listing;
mod loose;
mod members;
pub mod namespace;
pub mod proof;
mod quorum;
pub mod redirect;
pub mod request;
pub mod response;
mod retrieve;
mod retry;
pub mod ring;
mod settle;
mod swarms;
pub mod time;
mod upkeep;

pub use auth::{Auth, ExpireMode};
pub use batch::Outcome;
pub use deposit::Stored;
pub use directory::SwarmSnapshot;
pub use error::SwarmError;
pub use namespace::Namespaces;
pub use quorum::Quorum;
pub use request::{Call, Expiry, MAX_BATCH_CALLS, Store};
pub use response::{ExpiredBy, Members, RetrievedMessage, Unusable, UnusableReason};
pub use retrieve::{RetrieveAsk, Retrieved, RetrievedPart};
pub use swarms::Swarms;

// What only vectors, fuzz, benchmarks and the tests of single rooms name.
#[cfg(feature = "vectors-fuzz-benches")]
pub use auth::Subaccount;
#[cfg(feature = "vectors-fuzz-benches")]
pub use batch::Batched;
#[cfg(feature = "vectors-fuzz-benches")]
pub use namespace::{MAX_INBOX_TTL, MAX_PRIVATE_TTL, MIN_TTL, NamespaceClass};
#[cfg(feature = "vectors-fuzz-benches")]
pub use request::{After, MAX_DATA_BYTES, Retrieve};
#[cfg(feature = "vectors-fuzz-benches")]
pub use response::StoredBy;
#[cfg(feature = "vectors-fuzz-benches")]
pub use time::NetworkTime;
#[cfg(feature = "vectors-fuzz-benches")]
pub use upkeep::{Expiries, Upkept};
