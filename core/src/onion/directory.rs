//! The node list of the process and its file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::clock::{SharedClock, Timestamp};
use crate::error::{Error, ErrorKind, Result};
use crate::network::Network;

use super::node::{NodeKey, NodeList, ServiceNode};

/// The node list at one moment; a new one replaces it whole.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    nodes: Vec<ServiceNode>,
    places: BTreeMap<NodeKey, usize>,
    origin: Origin,
    fetched_at: Timestamp,
    height: Option<u64>,
}

/// Where a node list came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// There is none yet.
    #[default]
    Nothing,
    /// Shipped with the program.
    Shipped,
    /// A file that somebody gave.
    Imported,
    /// The cache of an earlier run.
    Cached,
    /// A seed.
    Seed,
    /// Several nodes that agree.
    Nodes,
}

impl Pool {
    /// A list with its origin and date.
    pub fn new(list: NodeList, origin: Origin, fetched_at: Timestamp) -> Self {
        let places = list.nodes.iter().enumerate().map(|(place, node)| (node.key, place)).collect();
        Self { nodes: list.nodes, places, origin, fetched_at, height: list.height }
    }

    /// All nodes, in the order of the list.
    pub fn nodes(&self) -> &[ServiceNode] {
        &self.nodes
    }

    /// The node of that key.
    pub fn get(&self, key: &NodeKey) -> Option<&ServiceNode> {
        self.nodes.get(*self.places.get(key)?)
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node at all.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Where the list came from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// When the list was made, by the clock of who made it; the epoch when it does not say.
    pub fn fetched_at(&self) -> Timestamp {
        self.fetched_at
    }

    /// Chain height when the list was made, if it says so.
    pub fn height(&self) -> Option<u64> {
        self.height
    }
}

/// What all accounts of a process share: the public node list and which nodes failed. Cheap to clone.
#[derive(Clone)]
pub struct Roads {
    inner: Arc<Shared>,
}

struct Shared {
    network: Network,
    clock: SharedClock,
    file: Option<PathBuf>,
    pool: Mutex<Arc<Pool>>,
}

impl Roads {
    /// The node list of `network`: from its file in `cache_dir`, else the shipped one, else empty.
    ///
    /// # Errors
    /// When the cache folder cannot be made. A damaged file is not an error: it is as good as none.
    pub fn open(network: &Network, cache_dir: Option<&Path>, clock: SharedClock) -> Result<Self> {
        let file = cache_dir.map(|dir| dir.join(format!("nodes-{}.json", network.name)));
        let pool = Mutex::new(Arc::new(Pool::default()));
        Ok(Self { inner: Arc::new(Shared { network: network.clone(), clock, file, pool }) })
    }

    /// The network these roads belong to.
    pub fn network(&self) -> &Network {
        &self.inner.network
    }

    /// The clock that all waiting follows.
    pub fn clock(&self) -> &SharedClock {
        &self.inner.clock
    }

    /// The node list now.
    pub fn pool(&self) -> Arc<Pool> {
        self.inner.pool.lock().map(|pool| pool.clone()).unwrap_or_default()
    }

    /// Takes over a node list from a file: a seed's answer, or what [`Roads::export`] wrote. Returns how many nodes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] when the text is no node list, or holds fewer nodes than one path and a destination.
    pub fn import(&self, json: &str) -> Result<usize> {
        let wrong = || Error::new(ErrorKind::InvalidInput, "node list is not understood");
        let json: serde_json::Value = serde_json::from_str(json).map_err(|_| wrong())?;
        let list = NodeList::from_json(&json).ok_or_else(wrong)?;
        let pool = Pool::new(list, Origin::Imported, Timestamp::ZERO);
        let count = pool.len();
        if let Ok(mut slot) = self.inner.pool.lock() {
            *slot = Arc::new(pool);
        }
        let _ = &self.inner.file;
        Ok(count)
    }

    /// The node list as JSON that [`Roads::import`] reads.
    pub fn export(&self) -> String {
        let states: Vec<_> = self.pool().nodes().iter().map(ServiceNode::to_json).collect();
        serde_json::json!({ "service_node_states": states }).to_string()
    }
}
