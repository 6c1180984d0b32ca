//! A whole network on loopback, and the handles by which tests steer it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::cipher::{Keys, random};
use crate::clock::Clock;
use crate::door::{Door, Tasks};
use crate::fault::{Fault, FaultId, Faults, When};
use crate::file_server::{FileServer, Files};
use crate::http::NodeServer;
use crate::journal::{Journal, Journey, Seen, Stats, WaitedTooLong};
use crate::lock;
use crate::net::{Net, Node};
use crate::roster::{Entry, NO_SWARM, Roster};
use crate::rpc::identity::Owner;
use crate::seed::{Seed, SeedServer};
use crate::sodium;
use crate::storage::StoredMessage;
use crate::tls::Certificate;

/// How a network is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// Service nodes; they are dealt to the swarms in turn.
    pub nodes: usize,
    /// Swarms, with ids spread evenly over 64 bits.
    pub swarms: usize,
    /// Seeds that speak plain http.
    pub http_seeds: usize,
    /// Seeds that speak https with a pinned certificate.
    pub https_seeds: usize,
    /// The same 32 bytes give the same keys of nodes and servers every time; random when absent.
    pub keys: Option<[u8; 32]>,
    /// The clock that everything goes by.
    pub clock: Clock,
    /// Name in the description; keeps caches of different networks apart.
    pub name: String,
    /// `min_pool` of the description; the number of nodes, at most 12, when absent.
    pub min_pool: Option<usize>,
    /// `path_count` of the description.
    pub path_count: usize,
    /// Version that nodes report.
    pub version: [u8; 3],
    /// The file server gives out decimal ids, as old ones do.
    pub legacy_file_ids: bool,
    /// URL of the file server in the description instead of its loopback address; the host is entered into the host
    /// table.
    pub file_server_url: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            nodes: 12,
            swarms: 3,
            http_seeds: 1,
            https_seeds: 1,
            keys: None,
            clock: Clock::new(),
            name: "local".to_owned(),
            min_pool: None,
            path_count: 2,
            version: [2, 11, 0],
            legacy_file_ids: false,
            file_server_url: None,
        }
    }
}

/// A running network. Its tasks end when it is dropped.
///
/// Start it inside a tokio runtime; its servers run there. Any number of networks live side by side in one process.
pub struct LocalNetwork {
    net: Arc<Net>,
    seeds: Vec<Arc<Seed>>,
    files: Arc<FileServer>,
    options: Options,
    stopper: watch::Sender<bool>,
    ended: mpsc::Receiver<Infallible>,
}

impl std::fmt::Debug for LocalNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalNetwork").field("name", &self.options.name).field("nodes", &self.net.nodes.len()).finish()
    }
}

impl LocalNetwork {
    /// Starts all servers on ephemeral ports of 127.0.0.1; they answer when this returns.
    ///
    /// # Errors
    /// No free ports, or OpenSSL could not make certificates.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn start(options: Options) -> io::Result<Self> {
        let root = options.keys.unwrap_or_else(random);
        let seed_for = |label: &str, number: usize| -> [u8; 32] {
            sodium::blake2b(&[&root, label.as_bytes(), number.to_string().as_bytes()])
        };
        let mut nodes = Vec::new();
        let mut acceptors = Vec::new();
        let mut entries = Vec::new();
        for number in 0..options.nodes {
            let keys = Keys::from_seed(&seed_for("node", number))?;
            let door = Door::new()?;
            entries.push(Entry {
                ed25519: keys.ed25519,
                x25519: keys.x25519,
                port: door.address.port(),
                swarm: swarm_id(number, options.swarms),
            });
            acceptors.push(Certificate::new("service node")?.acceptor);
            let (storage, late) = (Mutex::default(), Mutex::default());
            nodes.push(Node { keys, door, faults: Faults::new(), storage, late });
        }
        let net = Arc::new(Net {
            started_ms: options.clock.now_ms(),
            clock: options.clock.clone(),
            version: options.version,
            roster: Mutex::new(Roster::new(entries, options.version)),
            journal: Journal::new(nodes.len()),
            nodes,
            hosts: Mutex::new(HashMap::new()),
            names: Mutex::new(HashMap::new()),
        });
        let (tasks, stopper, ended) = Tasks::new();
        for (node, (here, acceptor)) in net.nodes.iter().zip(acceptors).enumerate() {
            here.door.serve(&tasks, Some(acceptor), Arc::new(NodeServer { net: net.clone(), node }));
        }
        let mut seeds = Vec::new();
        for number in 0..options.http_seeds + options.https_seeds {
            let certificate = (number >= options.http_seeds).then(|| Certificate::new("127.0.0.1")).transpose()?;
            let (acceptor, pin) = certificate.map(|made| (made.acceptor, made.pin)).unzip();
            let seed = Arc::new(Seed { door: Door::new()?, pin, faults: Faults::new() });
            seed.door.serve(&tasks, acceptor, Arc::new(SeedServer { net: net.clone(), seed: seed.clone() }));
            seeds.push(seed);
        }
        let files = Arc::new(FileServer {
            net: net.clone(),
            keys: Keys::from_seed(&seed_for("file server", 0))?,
            door: Door::new()?,
            faults: Faults::new(),
            files: Mutex::new(Files::new(options.legacy_file_ids)),
        });
        files.door.serve(&tasks, None, files.clone());
        let network = Self { net, seeds, files, options, stopper, ended };
        if let Some(url) = &network.options.file_server_url {
            let host = url.split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next()).unwrap_or_default();
            network.add_host(host, network.files.door.address);
        }
        Ok(network)
    }

    /// Ends all tasks and waits for that.
    pub async fn stop(mut self) {
        self.stopper.send_replace(true);
        while self.ended.recv().await.is_some() {}
    }

    // --- what clients need -------------------------------------------------------------------------------------------

    /// The network description that clients read (version 1).
    pub fn description(&self) -> Value {
        let seeds: Vec<Value> = self
            .seeds
            .iter()
            .map(|seed| match &seed.pin {
                Some(pin) => json!({"url": seed.url(), "pin": pin}),
                None => json!({"url": seed.url()}),
            })
            .collect();
        json!({
            "version": 1,
            "name": self.options.name,
            "seeds": seeds,
            "file_server": {"url": self.file_server_url(), "ed25519": self.files.keys.hex()},
            "min_pool": self.options.min_pool.unwrap_or(self.net.nodes.len().min(12)),
            "subnet_rule": false,
            "path_count": self.options.path_count,
            "node_tls": "any",
        })
    }

    /// [`Self::description`] as text.
    pub fn description_json(&self) -> String {
        format!("{:#}", self.description())
    }

    /// The list of service nodes with all its fields and `height`, as a seed's `result`, for clients without seeds.
    pub fn node_list(&self) -> Value {
        lock(&self.net.roster).service_nodes(&json!({}), self.net.height(), None)
    }

    /// URL of the file server as exit nodes know it.
    pub fn file_server_url(&self) -> String {
        self.options.file_server_url.clone().unwrap_or_else(|| format!("http://{}", self.files.door.address))
    }

    /// X25519 key (hex) of the file server, for clients that do not convert the Ed25519 key themselves.
    pub fn file_server_x25519(&self) -> String {
        hex::encode(self.files.keys.x25519)
    }

    /// The network's clock.
    pub fn clock(&self) -> &Clock {
        &self.net.clock
    }

    // --- parts -------------------------------------------------------------------------------------------------------

    /// A node by its number, counting from 0.
    ///
    /// # Panics
    /// When there is no such node.
    pub fn node(&self, number: usize) -> NodeHandle<'_> {
        assert!(number < self.net.nodes.len(), "there are only {} nodes", self.net.nodes.len());
        NodeHandle { network: self, number }
    }

    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = NodeHandle<'_>> {
        (0..self.net.nodes.len()).map(|number| self.node(number))
    }

    /// The node with this Ed25519 key (hex).
    pub fn node_by_key(&self, hex: &str) -> Option<NodeHandle<'_>> {
        self.nodes().find(|node| node.key_hex().eq_ignore_ascii_case(hex))
    }

    /// A seed by its number: first those with http, then those with https.
    ///
    /// # Panics
    /// When there is no such seed.
    pub fn seed(&self, number: usize) -> ServerHandle<'_> {
        let seed = self.seeds.get(number).expect("the number of a seed of this network");
        ServerHandle { door: &seed.door, faults: &seed.faults }
    }

    /// All seeds.
    pub fn seeds(&self) -> impl Iterator<Item = ServerHandle<'_>> {
        (0..self.seeds.len()).map(|number| self.seed(number))
    }

    /// Stops all seeds; they keep their ports.
    pub fn stop_seeds(&self) {
        self.seeds().for_each(|seed| seed.stop());
    }

    /// Starts all stopped seeds again, on the same ports.
    pub fn restart_seeds(&self) {
        self.seeds().for_each(|seed| seed.restart());
    }

    /// The file server.
    pub fn file_server(&self) -> ServerHandle<'_> {
        ServerHandle { door: &self.files.door, faults: &self.files.faults }
    }

    /// The bytes of an uploaded file, as the server has them.
    pub fn file(&self, id: &str) -> Option<Vec<u8>> {
        lock(&self.files.files).by_id.get(id).map(|file| file.data.clone())
    }

    /// Exit nodes find `host` (or `host:port`) at this address from now on, in plain http whatever they are asked.
    pub fn add_host(&self, host: &str, address: SocketAddr) {
        lock(&self.net.hosts).insert(host.to_owned(), address);
    }

    /// Where the file server listens, for [`Self::add_host`].
    pub fn file_server_address(&self) -> SocketAddr {
        self.files.door.address
    }

    /// Registers a name for `ons_resolve`.
    pub fn add_name(&self, name_hash: &[u8], encrypted_value_hex: &str, nonce_hex: &str) {
        let value = json!({"encrypted_value": encrypted_value_hex, "nonce": nonce_hex});
        lock(&self.net.names).insert(name_hash.to_vec(), value);
    }

    /// Lifts every fault of every node, seed and server.
    pub fn heal_all(&self) {
        self.nodes().for_each(|node| node.heal());
        self.seeds().for_each(|seed| seed.heal());
        self.file_server().heal();
    }

    // --- swarms and messages -----------------------------------------------------------------------------------------

    /// Numbers of the nodes that keep an account.
    ///
    /// # Panics
    /// When `account` is not 66 hex digits; so do all methods that take an account.
    pub fn swarm_of(&self, account: &str) -> Vec<usize> {
        self.net.members(&owner(account))
    }

    /// Puts arbitrary bytes into an account's swarm, past all checks, with the time of now and 14 days to live; the
    /// message hash.
    pub fn deposit(&self, account: &str, namespace: i16, data: &[u8]) -> String {
        let now = self.net.clock.now_ms();
        let expiry = now + u64::try_from(TWO_WEEKS.as_millis()).unwrap_or(u64::MAX);
        self.deposit_at(account, namespace, data, now, expiry)
    }

    /// As [`Self::deposit`] with times of choice, ms since the epoch.
    pub fn deposit_at(&self, account: &str, namespace: i16, data: &[u8], timestamp: u64, expiry: u64) -> String {
        self.net.deposit(&owner(account), namespace, data, timestamp, expiry)
    }

    /// What the nodes hold of an account in a namespace: node number and messages, for each member of the swarm.
    pub fn stored(&self, account: &str, namespace: i16) -> Vec<(usize, Vec<StoredMessage>)> {
        let owner = owner(account);
        let members = self.net.members(&owner);
        let peek = |node: usize| {
            self.net.settle(node);
            let now = self.net.now(node);
            let mut messages = self.net.storage(node).peek(&owner, namespace);
            messages.retain(|message| message.expiry > now);
            (node, messages)
        };
        members.into_iter().map(peek).collect()
    }

    /// Removes everything of an account from all nodes; how many copies there were.
    pub fn drop_messages(&self, account: &str) -> usize {
        let owner = owner(account);
        (0..self.net.nodes.len()).map(|node| self.net.storage(node).forget(&owner)).sum()
    }

    /// Ids of the swarms, ascending.
    pub fn swarms(&self) -> Vec<u64> {
        lock(&self.net.roster).swarms().into_iter().collect()
    }

    /// From now on another swarm keeps this account, whatever the list says: its old nodes answer 421. The new members
    /// get copies of its messages.
    pub fn move_account(&self, account: &str, swarm: u64) {
        let owner = owner(account);
        lock(&self.net.roster).move_account(&owner, swarm);
        self.net.migrate();
        let members = self.net.members(&owner);
        for node in (0..self.net.nodes.len()).filter(|node| !members.contains(node)) {
            self.net.storage(node).forget(&owner);
        }
    }

    /// Moves an account to the swarm after its own; the new swarm's id.
    pub fn move_account_away(&self, account: &str) -> u64 {
        let swarms = self.swarms();
        let now = lock(&self.net.roster).swarm_of(&owner(account));
        let next = swarms.iter().copied().find(|swarm| Some(*swarm) > now).or(swarms.first().copied());
        let next = next.unwrap_or(NO_SWARM);
        self.move_account(account, next);
        next
    }

    // --- observation -------------------------------------------------------------------------------------------------

    /// Counters.
    pub fn stats(&self) -> Stats {
        self.net.journal.stats()
    }

    /// Waits until `condition` holds; it is looked at after every event in the network.
    ///
    /// # Errors
    /// After [`crate::WAIT_LIMIT`] of real time.
    pub async fn wait_until(&self, condition: impl FnMut(&Stats) -> bool) -> Result<(), WaitedTooLong> {
        self.net.journal.wait_until(condition).await
    }

    /// Ends when requests hang and nothing else has happened in the network for so long, in real time.
    pub async fn stuck(&self, quiet: Duration) {
        self.net.journal.still(quiet, true).await;
    }

    /// Ends when nothing has happened in the network for so long, in real time.
    pub async fn still(&self, quiet: Duration) {
        self.net.journal.still(quiet, false).await;
    }

    /// Every request at every node, oldest first.
    pub fn requests(&self) -> Vec<Seen> {
        self.net.journal.all_seen()
    }

    /// Every onion request on its whole way, oldest first.
    pub fn journeys(&self) -> Vec<Journey> {
        self.net.journal.journeys()
    }

    /// The journeys whose end was about this account.
    pub fn journeys_of(&self, account: &str) -> Vec<Journey> {
        let account = owner(account).text();
        self.journeys().into_iter().filter(|journey| journey.accounts.contains(&account)).collect()
    }

    /// Whether these bytes were visible to anybody but the end of an onion: in heads, plain bodies, routing data.
    pub fn was_seen_outside(&self, needle: &[u8]) -> bool {
        self.net.journal.was_seen_outside(needle)
    }

    /// Forgets requests, journeys and what was visible; counters stay.
    pub fn clear_log(&self) {
        self.net.journal.clear();
    }
}

impl Drop for LocalNetwork {
    fn drop(&mut self) {
        self.stopper.send_replace(true);
    }
}

/// One service node of a running network.
#[derive(Clone, Copy, Debug)]
pub struct NodeHandle<'a> {
    network: &'a LocalNetwork,
    number: usize,
}

impl NodeHandle<'_> {
    fn inner(&self) -> &Node {
        self.network.net.nodes.get(self.number).expect("handles are made for nodes that exist")
    }

    /// Its number.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Its Ed25519 key, 64 hex digits.
    pub fn key_hex(&self) -> String {
        self.inner().keys.hex()
    }

    /// Its X25519 key, 64 hex digits.
    pub fn x25519_hex(&self) -> String {
        hex::encode(self.inner().keys.x25519)
    }

    /// Where its HTTPS server listens.
    pub fn address(&self) -> SocketAddr {
        self.inner().door.address
    }

    /// Its swarm; `None` when it is in none.
    pub fn swarm(&self) -> Option<u64> {
        let swarm = lock(&self.network.net.roster).swarm(self.number);
        (swarm != NO_SWARM).then_some(swarm)
    }

    /// Moves it to another swarm, or out of all. Lists show it at once; new members get copies of what they keep now.
    pub fn set_swarm(&self, swarm: Option<u64>) {
        lock(&self.network.net.roster).set_swarm(self.number, swarm.unwrap_or(NO_SWARM));
        self.network.net.migrate();
    }

    /// Switches a fault on.
    pub fn fault(&self, fault: Fault) -> FaultId {
        self.fault_when(fault, When::always())
    }

    /// Switches a fault on within limits.
    pub fn fault_when(&self, fault: Fault, when: When) -> FaultId {
        let id = self.inner().faults.add(fault, when);
        self.follow_door();
        id
    }

    /// Switches one fault off.
    pub fn lift(&self, id: FaultId) {
        self.inner().faults.lift(id);
        self.follow_door();
    }

    /// Switches all faults off.
    pub fn heal(&self) {
        self.inner().faults.clear();
        self.follow_door();
    }

    fn follow_door(&self) {
        follow(&self.inner().door, &self.inner().faults);
        self.network.net.settle(self.number);
    }
}

/// A seed or the file server of a running network.
#[derive(Clone, Copy)]
pub struct ServerHandle<'a> {
    door: &'a Door,
    faults: &'a Faults,
}

impl ServerHandle<'_> {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.door.address
    }

    /// Switches a fault on. A seed knows `Refuse` (the other kinds of being away are the same here), `Hang`, `Slow`, `Status`, `Truncated`, `Garbage` and `LyingList`;
    /// the file server `Refuse`, `Hang`, `Slow`, `Status` (encrypted), `PathStatus`, `Truncated`, `Garbage` and
    /// `LoseMessages`.
    pub fn fault(&self, fault: Fault) -> FaultId {
        self.fault_when(fault, When::always())
    }

    /// Switches a fault on within limits. Methods are JSON-RPC names at seeds, `"POST /file"`, `"GET /file/*"` at the
    /// file server.
    pub fn fault_when(&self, fault: Fault, when: When) -> FaultId {
        let id = self.faults.add(fault, when);
        follow(self.door, self.faults);
        id
    }

    /// Switches one fault off.
    pub fn lift(&self, id: FaultId) {
        self.faults.lift(id);
        follow(self.door, self.faults);
    }

    /// Switches all faults off.
    pub fn heal(&self) {
        self.faults.clear();
        follow(self.door, self.faults);
    }

    /// Refuses connections; the port stays reserved.
    pub fn stop(&self) {
        self.fault(Fault::Refuse);
    }

    /// Takes connections again, on the same port.
    pub fn restart(&self) {
        self.heal();
    }
}

fn follow(door: &Door, faults: &Faults) {
    if faults.refuses() {
        door.shut();
    } else {
        door.open().expect("a socket that listened once listens again");
    }
}

fn owner(account: &str) -> Owner {
    Owner::parse(account).expect("an account is 66 hex digits")
}

fn swarm_id(node: usize, swarms: usize) -> u64 {
    let swarms = swarms.max(1) as u128;
    let step = (1_u128 << 64) / swarms;
    u64::try_from(step * (node as u128 % swarms)).unwrap_or(0)
}

/// What official clients ask for messages.
const TWO_WEEKS: Duration = Duration::from_secs(14 * 24 * 60 * 60);
