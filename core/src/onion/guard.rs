//! Guards: the first nodes of our paths, kept for days.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

use super::node::NodeKey;

/// What an account remembers of its paths: the guards. Belongs to one account and is never shared with another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathSnapshot {
    /// Guards in the order they were chosen.
    #[serde(default)]
    pub guards: Vec<KeptGuard>,
}

/// A guard and since when it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptGuard {
    /// The node.
    pub key: NodeKey,
    /// First use, in milliseconds since the Unix epoch by the local clock.
    pub since_millis: u64,
}

impl KeptGuard {
    /// First use.
    pub fn since(&self) -> Timestamp {
        Timestamp::from_millis(self.since_millis)
    }
}
