//! What an account shows of the network, and how it leaves it.

use std::fmt;
use std::net::Ipv4Addr;

use super::Client;
use crate::delivery::{NetworkError, NetworkTask};
use crate::error::{ErrorKind, Result};
use crate::onion::{NodeKey, PathState};
use crate::store::Setting;
use crate::swarm::Namespaces;

/// A service node, for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwarmNode {
    /// Its Ed25519 key, 64 hex digits.
    pub key: String,
    /// Its address; none when the node list does not have it.
    pub ip: Option<Ipv4Addr>,
}

/// What became of everything that our swarm kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Nodes that proved by signature that they deleted it.
    pub confirmed: Vec<SwarmNode>,
    /// All others of which our swarm consists: they may still keep it until it expires. Calling again asks them again.
    pub failed: Vec<SwarmNode>,
}

/// The path that messages take, in one word and its details.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathSummary {
    /// None stands yet; one is being built, or will be with the next request.
    Building,
    /// This one stands (of several, the first), as far as the last request over it told: a network that went away shows
    /// in [`Client::connection`] first. Its latency is that of its last request.
    Live(PathState),
    /// None stands, and building one failed; the next request tries again.
    Broken {
        /// Why.
        why: ErrorKind,
    },
}

impl Client {
    /// The nodes that keep our messages. From what is known; asks the network only when too little is.
    ///
    /// # Errors
    /// [`ErrorKind::Offline`], [`ErrorKind::GuardUnreachable`] or [`ErrorKind::PathBroken`] when it had to be asked and
    /// could not.
    pub async fn swarm(&self) -> Result<Vec<SwarmNode>> {
        let members = self.inner.hall.swarms().members(self.account_id()).await?;
        Ok(self.nodes(&members))
    }

    /// The last 50 failures of polls and sendings since the account was opened, oldest first. No ids, nothing of anybody's
    /// messages; gone when the account is closed.
    pub fn network_log(&self) -> Vec<NetworkError> {
        self.inner.hall.troubles()
    }

    /// The path that messages take. [`Event::PathsChanged`](super::Event::PathsChanged) tells when to look again; all
    /// paths, also the one for files: [`Client::paths`].
    pub fn path_summary(&self) -> PathSummary {
        let live = self.inner.onion.paths().into_iter().find(|path| !path.for_files);
        match (live, self.inner.onion.trouble()) {
            (Some(path), _) => PathSummary::Live(path),
            (None, None) => PathSummary::Building,
            (None, Some(error)) => PathSummary::Broken { why: crate::Error::from(error).kind() },
        }
    }

    /// *Try again*: leaves all paths, sends everything that waits, and polls.
    ///
    /// # Errors
    /// As [`Client::poll_now`]; what could not be sent stands in the rows.
    pub async fn retry_network(&self) -> Result<()> {
        if self.connection() != crate::event::Connection::Online {
            self.inner.onion.leave_paths();
        }
        let polled = self.poll_now().await;
        self.send_now().await?;
        polled.map(|_| ())
    }

    /// *Build a new path*: leaves all paths, also those that work, and polls over a new one. What is under way on the old ones
    /// ends by itself.
    ///
    /// # Errors
    /// As [`Client::poll_now`].
    pub async fn build_new_path(&self) -> Result<()> {
        self.inner.onion.leave_paths();
        self.poll_now().await.map(|_| ())
    }

    /// Deletes everything that our swarm keeps for us, in all namespaces: messages that another device did not fetch yet
    /// are lost with it. For the moment before an account is removed for good.
    ///
    /// **Sending and polling end first, and for good**: what is under way is waited for, nothing begins any more, so that
    /// no copy of a message reaches the swarm after the deletion. [`Client::is_erased`] is true from then on; writing,
    /// sending and polling are refused with [`ErrorKind::NotAllowed`]. What was written here can still be read. An account
    /// that was erased stays so when it is opened again. When no node confirmed, opening it again goes on as before.
    ///
    /// Call it again for nodes that failed. A request that was given up may still be on its way somewhere in the network
    /// and arrive later; calling again a minute later deletes what it brought.
    ///
    /// # Errors
    /// When no node confirmed: [`ErrorKind::Offline`] and its like, [`ErrorKind::ClockWrong`],
    /// [`ErrorKind::SwarmRejected`]; those of the ledger.
    pub async fn erase_from_network(&self) -> Result<Erased> {
        let hall = &self.inner.hall;
        hall.fall_silent();
        self.inner.sender.rest().await;
        self.inner.poller.rest().await;
        self.inner.pusher.rest().await;
        // Before the first request: after a crash in the middle nothing must be sent either.
        hall.write("account erased", |tx| tx.set_setting(&ERASED, &true)).await?;
        self.know_the_time().await;
        match hall.swarms().delete_all(hall.keys(), Namespaces::All).await {
            Ok(done) => {
                let confirmed: Vec<NodeKey> = done.members.accepted.iter().map(|(node, _)| *node).collect();
                Ok(Erased { confirmed: self.nodes(&confirmed), failed: self.nodes(&done.members.failed) })
            }
            Err(error) => {
                let error = crate::Error::from(error);
                hall.note_trouble(NetworkTask::Erasing, error.kind());
                hall.write("account not erased", |tx| tx.set_setting(&ERASED, &false)).await?;
                Err(error)
            }
        }
    }

    /// Whether [`Client::erase_from_network`] was called: then nothing is sent or fetched any more.
    pub fn is_erased(&self) -> bool {
        self.inner.hall.is_silent()
    }

    fn nodes(&self, keys: &[NodeKey]) -> Vec<SwarmNode> {
        let pool = self.inner.onion.roads().pool();
        let node = |key: &NodeKey| SwarmNode { key: key.to_string(), ip: pool.get(key).map(|node| node.ip) };
        keys.iter().map(node).collect()
    }
}

impl fmt::Display for SwarmNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)
    }
}

/// Whether what the swarm keeps was deleted, or is being deleted.
pub(super) const ERASED: Setting<bool> = Setting { key: "erased from the network", default: false };
