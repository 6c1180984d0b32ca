//! Which nodes keep an account of this device: they are no guards.
//!
//! A member of our swarm learns our Account ID from each poll, without our address. A guard learns our address. One node
//! that is both, even over different paths, knows who lives where; so the accounts of a process tell each other which
//! nodes keep them, and none begins a path with one of those while there is another choice. Nothing of it is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::directory::Pool;
use super::lock::locked;
use super::node::NodeKey;

/// Finds the nodes that keep an account in a node list.
type Members = Arc<dyn Fn(&Pool) -> Vec<NodeKey> + Send + Sync>;

/// The swarms of all accounts of a process. Cheap to clone; clones are the same.
#[derive(Clone, Default)]
pub(super) struct OwnSwarms {
    accounts: Arc<Mutex<Accounts>>,
}

#[derive(Default)]
struct Accounts {
    last: u64,
    members: BTreeMap<u64, Members>,
}

impl OwnSwarms {
    /// Another account, and how its swarm is found; as long as the answer lives.
    pub(super) fn add(&self, members: impl Fn(&Pool) -> Vec<NodeKey> + Send + Sync + 'static) -> OwnSwarm {
        let mut accounts = locked(&self.accounts);
        accounts.last += 1;
        let id = accounts.last;
        accounts.members.insert(id, Arc::new(members));
        OwnSwarm { swarms: self.clone(), id }
    }

    /// The nodes of `pool` that keep an account of this device.
    pub(super) fn nodes(&self, pool: &Pool) -> BTreeSet<NodeKey> {
        // Asked outside the lock: the last handle of an account may go away with the question.
        let members: Vec<Members> = locked(&self.accounts).members.values().cloned().collect();
        members.iter().flat_map(|members| members(pool)).collect()
    }
}

/// An account's swarm, known as long as this lives.
pub(super) struct OwnSwarm {
    swarms: OwnSwarms,
    id: u64,
}

impl Drop for OwnSwarm {
    fn drop(&mut self) {
        // Let go of outside the lock, for the same reason.
        let members = locked(&self.swarms.accounts).members.remove(&self.id);
        drop(members);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onion::node::tests::node;

    #[test]
    fn the_swarms_of_all_accounts_are_known_as_long_as_the_accounts_are_open() {
        let own = OwnSwarms::default();
        let first = own.add(|_| vec![node(1).key, node(2).key]);
        let second = own.add(|_| vec![node(2).key, node(3).key]);
        let nodes = || own.nodes(&Pool::default()).into_iter().collect::<Vec<_>>();
        assert_eq!(nodes().len(), 3);
        drop(first);
        assert_eq!(nodes().len(), 2);
        drop(second);
        assert!(nodes().is_empty());
    }
}
