//! Onionskin's core: a private messenger for the Session network, without a screen.
//!
//! What follows is `core/README.md`, the front page of the architecture.
#![doc = ""]
#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice))] // tests may panic

pub mod address;
pub mod clock;
pub mod error;
pub mod kill;
pub mod network;

pub mod config;
pub mod crypto;
pub mod wire;

pub mod onion;
pub mod swarm;

pub mod event;
pub mod store;

pub mod client;
pub mod delivery;
pub mod message;

mod accounts;

pub use accounts::{AccountRow, Accounts, Config};
pub use error::{Error, ErrorKind, Hint, Result};
pub use network::Network;
