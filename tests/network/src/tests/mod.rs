//! What the network does, seen over real loopback HTTP by a tiny client of its own.

mod client;
mod faults;
mod files;
mod hostile;
mod onions;
mod seeds;
mod storage;

use crate::{LocalNetwork, Options};

async fn network() -> LocalNetwork {
    LocalNetwork::start(Options::default()).await.unwrap()
}
