//! A local Session service-node network for development, demo and tests.
//!
//! ```
//! # use onionskin_network::{Fault, LocalNetwork, Options, When};
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
//! let network = LocalNetwork::start(Options::default()).await?;
//! println!("{}", network.description_json()); // what a client reads
//! let alice = format!("05{}", "ab".repeat(32));
//! network.deposit(&alice, 0, b"anything"); // a message nobody could open
//! network.node(3).fault_when(Fault::status(500, "request failed"), When::as_destination().next(1));
//! network.stop().await;
//! # Ok(()) }
//! ```
//!
//! Seeds, service nodes and a file server, on 127.0.0.1 with ephemeral ports, real TLS and real onion layers. It uses
//! nothing of the messenger's core, and other libraries for its cryptography, so that a mistake made in one place
//! cannot be mirrored in the other and pass. See `README.md` beside this package.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice))] // a test may panic

mod cipher;
mod clock;
mod dice;
mod door;
mod exit;
mod fault;
mod file_server;
mod http;
mod journal;
mod net;
mod network;
mod onion;
mod relay;
mod roster;
mod rpc;
mod seed;
mod sodium;
mod storage;
mod tls;
mod v4;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

pub use clock::Clock;
pub use fault::{Fault, FaultId, Lie, Role, Trick, When};
pub use journal::{Journey, NodeStats, Seen, Stats, Traffic, WAIT_LIMIT, WaitedTooLong};
pub use network::{LocalNetwork, NodeHandle, Options, ServerHandle};
pub use storage::StoredMessage;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; a panic in a test must not take the rest of the network with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
