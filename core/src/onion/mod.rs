//! Onion requests: how a request reaches a node or server that must not know who asks.
//!
//! ```text
//! us --HTTPS--> guard --> middle --> exit --> destination node, or server
//! ```
//! Each node opens one layer and learns only its neighbours. An account has an [`Onion`]: its paths, guards and
//! connections, shared with no other account. The accounts of a process share [`Roads`]: the public node list and which
//! nodes failed.
//!
//! | question | file |
//! |---|---|
//! | what is a node, which entries of a list are believed | `node`, `list_json` |
//! | the node list and its file | `directory`, `cache`, `roads`, `known` |
//! | where lists come from, whom to believe about them | `seed`, `refresh`; `agreement`, `seed_word` |
//! | JSON of strangers | `foreign` |
//! | which certificates are accepted | `tls` |
//! | how a blob reaches the guard | `transport` |
//! | the layers of a request, opening the reply | [`layer`] |
//! | which nodes form a path | `draw`, `choice`, `live` |
//! | how a path is built and tested, how long that goes on | `build`, `candidates`; `trial` |
//! | who is a guard, for how long, how many there may be, and who never is | `guard`, `own` |
//! | what one account has on the roads | `traffic` |
//! | which path carries a request, when one is dropped | `path`, `lease` |
//! | how long is too long, who is silent then | `limit`, `probe` |
//! | who is not used: for silence, for lies | `aside`, `strikes` |
//! | what is asked and answered | `request` |
//! | one exchange; attempts, time limits, duplicates | `exchange`; `attempt`, `retry` |
//! | who is blamed for a failure, what is retried | [`failure`], `blame` |
//! | servers behind an exit node | `server` |
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use onionskin_core::{Network, clock::SystemClock, onion::{Ask, Onion, Roads}};
//!
//! let roads = Roads::open(&Network::mainnet(), None, SystemClock::shared())?;
//! let onion = Onion::new(roads, None);
//! onion.ready().await?;
//! let node = onion.roads().pool().nodes().first().map(|node| node.key).ok_or("no nodes")?;
//! let answer = onion.ask(&node, "info", serde_json::json!({}), Ask::poll()).await?;
//! println!("{} over {} nodes", answer.status, answer.way.hops.len());
//! # Ok(())
//! # }
//! ```

mod agreement;
mod aside;
mod attempt;
mod blame;
mod build;
mod cache;
mod candidates;
mod choice;
mod directory;
mod draw;
mod error;
mod exchange;
pub mod failure;
mod foreign;
mod guard;
mod known;
pub mod layer;
mod lease;
mod limit;
mod list_json;
mod live;
mod lock;
mod node;
mod own;
mod path;
mod probe;
mod refresh;
mod request;
mod retry;
mod roads;
mod seed;
mod seed_word;
mod server;
mod strikes;
mod tls;
mod traffic;
mod transport;
mod trial;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::network::Server;

pub use crate::wire::V4Request;
pub use directory::{Origin, Pool};
pub use error::OnionError;
pub use guard::PathSnapshot;
pub use known::NodesKnown;
pub use node::NodeKey;
pub use path::PathState;
pub use request::{Answer, Ask, Way};
pub use roads::Roads;
pub use server::ServerAnswer;

// What only vectors, fuzz, benchmarks and the tests of single rooms name.
#[cfg(feature = "vectors-fuzz-benches")]
pub use agreement::agree;
#[cfg(feature = "vectors-fuzz-benches")]
pub use cache::CacheFile;
#[cfg(feature = "vectors-fuzz-benches")]
pub use guard::KeptGuard;
#[cfg(feature = "vectors-fuzz-benches")]
pub use node::{NodeList, NotANodeKey, ServiceNode};
#[cfg(feature = "vectors-fuzz-benches")]
pub use path::Hop;
#[cfg(feature = "vectors-fuzz-benches")]
pub use server::route as server_route;

use attempt::Fetched;
use exchange::Opened;
use layer::{Destination, rpc_payload};
use lock::locked;
use path::Purpose;
use request::Job;
use traffic::Traffic;

/// Onion requests of one account. Cheap to clone; two accounts never share one.
#[derive(Clone)]
pub struct Onion {
    traffic: Arc<Traffic>,
    // The work in passing ends when the last clone is dropped.
    _alive: Arc<DropGuard>,
}

impl Onion {
    /// The account's paths over the shared `roads`, with the guards it remembers.
    pub fn new(roads: Roads, restored: Option<PathSnapshot>) -> Self {
        let stop = CancellationToken::new();
        let alive = Arc::new(stop.clone().drop_guard());
        Self { traffic: Arc::new(Traffic::new(roads, restored, stop)), _alive: alive }
    }

    /// The shared roads.
    pub fn roads(&self) -> &Roads {
        &self.traffic.roads
    }

    /// What to remember of the paths for the next start.
    pub fn snapshot(&self) -> PathSnapshot {
        locked(&self.traffic.state).kept.clone()
    }

    /// Waits until the node list is good and a path works.
    ///
    /// # Errors
    /// What stood in the way; [`OnionError::Offline`] when nothing could be reached.
    pub async fn ready(&self) -> Result<(), OnionError> {
        self.traffic.check_pool().await?;
        self.traffic.stand().await?;
        self.traffic.tend();
        Ok(())
    }

    /// Waits until all is done that is usually done in passing: a fresh list, all wanted paths, old ones rotated.
    ///
    /// # Errors
    /// Those of [`Onion::ready`].
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests alone"))]
    pub async fn settle(&self) -> Result<(), OnionError> {
        self.traffic.check_pool().await?;
        self.traffic.stand().await?;
        self.traffic.maintain().await;
        Ok(())
    }

    /// Asks a node for `method` with `params`.
    ///
    /// # Errors
    /// When no answer of the node came back. An answer with a bad status is an [`Answer`].
    pub async fn ask(
        &self,
        node: &NodeKey,
        method: &str,
        params: serde_json::Value,
        ask: Ask,
    ) -> Result<Answer, OnionError> {
        self.traffic.notice_sleep();
        self.traffic.check_pool().await?;
        let destination = self.roads().pool().get(node).map(Destination::from).ok_or(OnionError::UnknownNode)?;
        let plain = rpc_payload(method, &params);
        let job = Job { purpose: Purpose::Messages, kind: method, destination, plain, ask };
        let asked = self.traffic.run(&job).await;
        self.traffic.tend();
        let Fetched { received, way } = asked?;
        match received.opened {
            Opened::Node(reply) => Ok(Answer {
                status: reply.status,
                body: reply.body,
                way,
                rtt: received.rtt,
                received_at: received.received_at,
            }),
            Opened::Server(_) => Err(OnionError::PathBroken),
        }
    }

    /// Sends a request to a server, over the path for files where the network is large enough for one.
    ///
    /// # Errors
    /// When no answer of the server came back, and [`OnionError::ClockWrong`] when the server refuses our time (406,
    /// 425). An answer with any other bad code is a [`ServerAnswer`].
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for files"))]
    pub async fn server(&self, server: &Server, request: V4Request, ask: Ask) -> Result<ServerAnswer, OnionError> {
        let destination = Destination::Server(server::route(server)?);
        self.traffic.notice_sleep();
        self.traffic.check_pool().await?;
        let job = Job { purpose: Purpose::Files, kind: "server", destination, plain: request.encode(), ask };
        let asked = self.traffic.run(&job).await;
        self.traffic.tend();
        let Fetched { received, way } = asked?;
        match received.opened {
            Opened::Server(response) => match failure::of_server(response.code) {
                failure::Next::CorrectClock => Err(OnionError::ClockWrong),
                _ => Ok(ServerAnswer::new(response, way)),
            },
            Opened::Node(_) => Err(OnionError::PathBroken),
        }
    }

    /// How long a request of this kind (its method's name) usually takes at most: what takes longer is slow, and where
    /// doing it twice is harmless somebody else is asked as well. From the last requests of the kind, before there was one
    /// from our paths; no more than 2.5 s (also before anything was measured) or what our paths take; never above 10 s.
    pub fn patience(&self, kind: &str) -> Duration {
        locked(&self.traffic.state).patience(kind)
    }

    /// Tells all accounts over the same roads how the nodes that keep this account are found in a node list: none of
    /// them begins a new path with one of those while there is another choice. Until the last clone of this onion is gone;
    /// a second call replaces the first.
    pub fn not_as_guards(&self, members: impl Fn(&Pool) -> Vec<NodeKey> + Send + Sync + 'static) {
        let own = self.roads().own_swarms().add(members);
        let before = locked(&self.traffic.state).own_swarm.replace(own);
        drop(before);
    }

    /// The standing paths.
    pub fn paths(&self) -> Vec<PathState> {
        locked(&self.traffic.state).paths.states(self.roads().clock().monotonic())
    }

    /// Why no path for messages stands: what the last attempt to build one found. None while one stands, is being built,
    /// or was never wanted.
    pub fn trouble(&self) -> Option<OnionError> {
        locked(&self.traffic.state).trouble.clone()
    }

    /// Grows whenever a path is built, left, repaired or measured, and when building one begins or fails. Ends with the
    /// last clone of this onion.
    pub fn changes(&self) -> watch::Receiver<u64> {
        locked(&self.traffic.state).paths.changes()
    }

    /// Leaves all paths, for instance after the device has changed networks; the next request builds new ones over the
    /// same guards. Running requests finish.
    pub fn leave_paths(&self) {
        locked(&self.traffic.state).paths.retire_all();
    }

    /// Counts a failure against a destination; at three it is not used for 48 hours.
    pub fn strike(&self, node: &NodeKey) {
        self.roads().strike_destination(*node);
    }

    /// Takes a node out of the list until a refresh brings it back.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests alone"))]
    pub fn drop_node(&self, node: &NodeKey) {
        self.roads().drop_node(node);
    }

    /// Ends the work in passing for all clones, at once and for good. Requests still run.
    pub fn close(&self) {
        self.traffic.stop.cancel();
    }

    /// Fetches the node list anew.
    ///
    /// # Errors
    /// When no source gave a usable list; the old one stays.
    pub async fn refresh_pool(&self) -> Result<(), OnionError> {
        self.traffic.refresh().await
    }
}
