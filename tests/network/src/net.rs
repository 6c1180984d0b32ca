//! The inside of a network: everything its nodes share, and what one node has.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard};

use serde_json::Value;

use crate::cipher::Keys;
use crate::clock::Clock;
use crate::door::Door;
use crate::fault::Faults;
use crate::journal::Journal;
use crate::lock;
use crate::roster::Roster;
use crate::rpc::identity::Owner;
use crate::rpc::request::Write;
use crate::rpc::write::message_hash;
use crate::storage::{Storage, StoredMessage};

/// Shared by all tasks of a network.
pub(crate) struct Net {
    pub(crate) clock: Clock,
    pub(crate) started_ms: u64,
    pub(crate) version: [u8; 3],
    pub(crate) roster: Mutex<Roster>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) journal: Journal,
    /// Where exit nodes find servers: `host` or `host:port` to a real address.
    pub(crate) hosts: Mutex<HashMap<String, SocketAddr>>,
    /// Registered names: hash to `{"encrypted_value","nonce"}`.
    pub(crate) names: Mutex<HashMap<Vec<u8>, Value>>,
}

/// One service node.
pub(crate) struct Node {
    pub(crate) keys: Keys,
    pub(crate) door: Door,
    pub(crate) faults: Faults,
    pub(crate) storage: Mutex<Storage>,
    /// Copies that have not arrived yet.
    pub(crate) late: Mutex<Vec<Late>>,
}

/// A copy on its way to a member of a swarm.
#[derive(Clone)]
pub(crate) struct Late {
    pub(crate) why: Delay,
    /// When it was sent, on the member's clock.
    pub(crate) sent: u64,
    pub(crate) write: Write,
}

/// Why a copy is late. Moments are on the member's clock, ms since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delay {
    /// The member lags, until then or until it lags no more.
    Lag { due: u64 },
    /// The member was away or did not answer; the others try again soon after it is back.
    Missed { back: Option<u64>, number: u64 },
}

impl Net {
    /// Time on a node's clock, ms since the epoch.
    pub(crate) fn now(&self, node: usize) -> u64 {
        let skew = self.nodes.get(node).map_or(0, |node| node.faults.skew_ms());
        self.clock.now_ms().saturating_add_signed(skew)
    }

    /// Height of the chain: a block every two minutes.
    pub(crate) fn height(&self) -> u64 {
        FIRST_HEIGHT + self.clock.now_ms().saturating_sub(self.started_ms) / 120_000
    }

    pub(crate) fn key_hex(&self, node: usize) -> String {
        self.nodes.get(node).map(|node| node.keys.hex()).unwrap_or_default()
    }

    pub(crate) fn storage(&self, node: usize) -> MutexGuard<'_, Storage> {
        // Numbers of nodes come from the list itself; a wrong one would be a mistake in this package.
        lock(&self.nodes.get(node).expect("the number of a node of this network").storage)
    }

    /// Members of the swarm that keeps an account now.
    pub(crate) fn members(&self, owner: &Owner) -> Vec<usize> {
        let roster = lock(&self.roster);
        roster.swarm_of(owner).map(|swarm| roster.members(swarm)).unwrap_or_default()
    }

    /// Puts a message into a whole swarm, past all checks.
    pub(crate) fn deposit(&self, owner: &Owner, namespace: i16, data: &[u8], timestamp: u64, expiry: u64) -> String {
        let hash = message_hash(owner, namespace, data);
        for node in self.members(owner) {
            let message = StoredMessage { hash: hash.clone(), namespace, timestamp, expiry, data: data.to_vec() };
            let now = self.now(node);
            self.storage(node).store(owner, message, false, now);
        }
        hash
    }

    /// Gives every account to all nodes that keep it now, from those that had it before.
    pub(crate) fn migrate(&self) {
        let mut owners: Vec<Owner> = self.nodes.iter().flat_map(|node| lock(&node.storage).owners()).collect();
        owners.sort();
        owners.dedup();
        for owner in owners {
            let copies: Vec<_> = (0..self.nodes.len()).map(|node| self.storage(node).everything(&owner)).collect();
            for node in self.members(&owner) {
                let now = self.now(node);
                let mut storage = self.storage(node);
                for (messages, revoked) in &copies {
                    storage.adopt(&owner, messages.clone(), revoked, now);
                }
            }
        }
    }
}

/// Where the chain stands when a network starts; any plausible number will do.
const FIRST_HEIGHT: u64 = 1_700_000;
