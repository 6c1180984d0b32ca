//! The real window of the app, on a screen of its own (Xvfb), driven by real keys (xdotool) and read by the bus that screen
//! readers use (AT-SPI).
//!
//! What these tests need is installed by `make test`; without it they fail and say what is missing. The app's program is
//! the one beside this test's, as `cargo test --workspace` builds it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod doors;
mod files;
mod keys;
mod notices;
mod twice;
