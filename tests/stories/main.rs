//! Stories between people, told over a network: by default the local service-node network, which shares no code with
//! core; with `NETWORK_FILE` any network, for the stories that need neither faults nor a moved clock.
//!
//! One file for each theme; `people.rs` holds the language they are told in. `make story NAME=request` runs some.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod apart;
mod background;
mod bad_network;
mod believed;
mod deletions;
mod disappearing;
mod farewell;
mod files;
mod first_message;
mod hostile;
mod hostile_configs;
mod late_configs;
mod liars;
mod many;
mod memory;
mod moments;
mod offline;
mod privacy;
mod prompt;
mod reactions;
mod replies;
mod request;
mod restoring;
mod rooms;
mod search;
mod signs;
mod silence;
mod two_devices;
mod unsend;

use onionskin_tests::people;
