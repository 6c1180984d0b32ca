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
pub mod screen;
pub mod town;
// Stands with the stories it is the language of; other test targets and the demo speak it too.
#[path = "../stories/people.rs"]
pub mod people;
