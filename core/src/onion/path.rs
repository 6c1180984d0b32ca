//! Paths of three nodes.

use std::time::Duration;

use super::request::Hop;

/// A standing path, for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathState {
    /// Guard first.
    pub hops: Vec<Hop>,
    /// Whether it carries files rather than messages.
    pub for_files: bool,
    /// Requests running over it now.
    pub running: usize,
    /// Failures counted against it; it is dropped at three.
    pub strikes: u32,
    /// How old it is.
    pub age: Duration,
    /// Round trip of its test or its last request.
    pub latency: Option<Duration>,
}
