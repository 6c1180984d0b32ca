//! What the stories, the kill -9 test, the demo and the independent-client test share.
//!
//! The local network itself is `onionskin-network` (folder `network/`), which knows nothing of core; here stand the
//! clock that moves both, and the process of the independent client.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)] // test code may panic

// Release builds have no page to show.
#[cfg(debug_assertions)]
pub mod browser;
pub mod clock;
pub mod crash;
pub mod devices;
pub mod fuzz;
pub mod judge;
pub mod letters;
pub mod liars;
pub mod limits;
pub mod processes;
pub mod screen;
pub mod soak;
pub mod town;
/// How long a test waits for what has to come by itself, in real time. Only what never comes takes as long.
pub const WAIT_LIMIT: std::time::Duration = std::time::Duration::from_secs(120);

// Stands with the stories it is the language of; other test targets and the demo speak it too.
#[path = "../stories/people.rs"]
pub mod people;
