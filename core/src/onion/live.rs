//! Which nodes the live paths of a process use.
//!
//! Each path of an account is noted here as long as it lives, so that another account neither builds one of the same
//! nodes nor takes the same guard while there is a choice. An owner is a number that means nothing outside this process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::lock::locked;
use super::node::NodeKey;

/// The live paths of all accounts of a process. Cheap to clone; clones are the same.
#[derive(Clone, Default)]
pub(super) struct LivePaths {
    live: Arc<Mutex<Live>>,
}

#[derive(Default)]
struct Live {
    last: u64,
    paths: BTreeMap<u64, (u64, [NodeKey; 3])>,
}

impl LivePaths {
    /// Reserves a path for `owner`; none when a live path of another owner consists of the same nodes.
    pub(super) fn reserve(&self, owner: u64, path: [NodeKey; 3]) -> Option<LivePath> {
        let mut sorted = path;
        sorted.sort_unstable();
        let mut live = locked(&self.live);
        let taken = live.paths.values().any(|(other, nodes)| {
            let mut nodes = *nodes;
            nodes.sort_unstable();
            *other != owner && nodes == sorted
        });
        if taken {
            return None;
        }
        live.last += 1;
        let id = live.last;
        live.paths.insert(id, (owner, path));
        Some(LivePath { live: Some(self.clone()), id })
    }

    /// Guards of live paths that belong to others than `owner`.
    pub(super) fn guards_elsewhere(&self, owner: u64) -> BTreeSet<NodeKey> {
        let live = locked(&self.live);
        live.paths.values().filter(|(other, _)| *other != owner).map(|(_, [guard, ..])| *guard).collect()
    }
}

/// A path that lives: as long as this exists, other accounts do not build the same one.
pub(super) struct LivePath {
    live: Option<LivePaths>,
    id: u64,
}

impl LivePath {
    /// One that nobody else sees.
    #[cfg(test)]
    pub(super) fn unseen() -> Self {
        Self { live: None, id: 0 }
    }
}

impl Drop for LivePath {
    fn drop(&mut self) {
        if let Some(live) = &self.live {
            locked(&live.live).paths.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onion::node::tests::node;

    #[test]
    fn two_accounts_cannot_hold_a_path_of_the_same_nodes_in_any_order() {
        let live = LivePaths::default();
        let path = [node(1).key, node(2).key, node(3).key];
        let turned = [node(3).key, node(1).key, node(2).key];
        let held = live.reserve(1, path).unwrap();
        assert!(live.reserve(2, turned).is_none());
        assert!(live.reserve(1, turned).is_some(), "one's own paths may");
        assert!(live.guards_elsewhere(2).contains(&node(1).key));
        assert!(live.guards_elsewhere(1).is_empty());
        drop(held);
        assert!(live.reserve(2, path).is_some());
    }
}
