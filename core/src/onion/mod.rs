//! Onion requests: nodes, paths, layers.

mod directory;
mod error;
mod guard;
mod node;
mod path;
mod request;
mod server;

use std::sync::Arc;

use crate::network::Server;

pub use directory::{Origin, Pool, Roads};
pub use error::OnionError;
pub use guard::{KeptGuard, PathSnapshot};
pub use node::{NodeKey, NodeList, NotANodeKey, ServiceNode};
pub use path::PathState;
pub use request::{Answer, Ask, Hop, Way};
pub use server::{ServerAnswer, V4Request};

/// Onion requests of one account. Cheap to clone; two accounts never share one.
#[derive(Clone)]
pub struct Onion {
    roads: Roads,
    kept: Arc<PathSnapshot>,
}

impl Onion {
    /// The account's paths over the shared `roads`, with the guards it remembers.
    pub fn new(roads: Roads, restored: Option<PathSnapshot>) -> Self {
        Self { roads, kept: Arc::new(restored.unwrap_or_default()) }
    }

    /// The shared roads.
    pub fn roads(&self) -> &Roads {
        &self.roads
    }

    /// What to remember of the paths for the next start.
    pub fn snapshot(&self) -> PathSnapshot {
        (*self.kept).clone()
    }

    /// Waits until the node list is good and a path works.
    ///
    /// # Errors
    /// What stood in the way; [`OnionError::Offline`] when nothing could be reached.
    pub async fn ready(&self) -> Result<(), OnionError> {
        Err(OnionError::Offline)
    }

    /// Asks a node for `method` with `params`.
    ///
    /// # Errors
    /// When no answer of the node came back. An answer with a bad status is an [`Answer`].
    pub async fn ask(
        &self,
        _node: &NodeKey,
        _method: &str,
        _params: serde_json::Value,
        _ask: Ask,
    ) -> Result<Answer, OnionError> {
        Err(OnionError::Offline)
    }

    /// Sends a request to a server.
    ///
    /// # Errors
    /// When no answer of the server came back. An answer with a bad code is a [`ServerAnswer`].
    pub async fn server(&self, _server: &Server, _request: V4Request, _ask: Ask) -> Result<ServerAnswer, OnionError> {
        Err(OnionError::Offline)
    }

    /// The standing paths.
    pub fn paths(&self) -> Vec<PathState> {
        Vec::new()
    }

    /// Counts a failure against a destination; at three it is not used for 48 hours.
    pub fn strike(&self, _node: &NodeKey) {}

    /// Takes a node out of the list until a refresh brings it back.
    pub fn drop_node(&self, _node: &NodeKey) {}

    /// Fetches the node list anew.
    ///
    /// # Errors
    /// When no source gave a usable list; the old one stays.
    pub async fn refresh_pool(&self) -> Result<(), OnionError> {
        Err(OnionError::Offline)
    }
}
