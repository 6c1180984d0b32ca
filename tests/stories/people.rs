//! The people of the stories and the world they live in.
//!
//! A [`World`] is a network and a clock. Each [`Person`] is one device: a data folder of its own, an account, a
//! [`Client`]. Nothing runs by itself: a story says when somebody sends and polls, and moves the clock instead of
//! waiting; while somebody sends or polls and requests hang, time passes by itself ([`World::patiently`]). A second device is a second person with the same Account ID; ids of different people cannot be mixed up,
//! because stories handle people, not ids.
//!
//! With `NETWORK_FILE` set (a network description, design.md section 11) the world is that network. Stories that need
//! faults, the network's own log or a moved clock ask for [`World::local`] and are marked
//! `#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]`; on a foreign network they count as
//! ignored (`tests/build.rs`; `tests/house.rs` finds unmarked ones).

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use onionskin_core::mnemonic::recovery_password;
use onionskin_core::onion::Onion;
use onionskin_core::swarm::Swarms;
use onionskin_core::vault::TestVault;
use onionskin_core::{
    AccountId, AccountSeed, Accounts, Before, Client, Config, Conversation, ConversationId, ConversationRow, Draft,
    Failure, MessageId, MessageKind, MessageRow, MessageState, Network, PollReport, Roads, SharedClock,
};
use onionskin_network::{Fault, LocalNetwork, Options};
use tempfile::TempDir;

use crate::clock::{WorldClock, passing, patiently};
use crate::limits::Limits;

/// What can go wrong in a story: anything.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;
/// A step of a story.
pub type Told<T> = Result<T, Trouble>;
/// What a story returns; any error fails it with its chain.
pub type Story = Told<()>;

/// So many days.
pub const fn days(count: u64) -> Duration {
    Duration::from_secs(count * 24 * 60 * 60)
}

/// A network, a clock, and a folder for everybody's devices.
pub struct World {
    /// Moves core's and the local network's time together.
    pub clock: Time,
    description: Network,
    local: Option<LocalNetwork>,
    folder: TempDir,
    devices: AtomicUsize,
    limits: Limits,
}

/// The time of a world: core's clock and the network's.
#[derive(Clone)]
pub struct Time {
    clock: WorldClock,
    network: Option<onionskin_network::Clock>,
}

impl Time {
    /// Lets `duration` pass at once, for everybody. Only on a local network.
    pub fn forward(&self, duration: Duration) {
        let network = self.network.as_ref().expect("only the time of a local network can be moved");
        network.forward(duration);
        self.clock.forward(duration);
    }

    /// Core's clock, as a device has it.
    pub fn core(&self) -> &WorldClock {
        &self.clock
    }
}

impl World {
    /// The network of `NETWORK_FILE`, else a local one with 12 nodes in 3 swarms.
    ///
    /// # Errors
    /// When the network does not start or the description is not understood.
    pub async fn start() -> Told<Self> {
        match std::env::var_os("NETWORK_FILE") {
            Some(path) => {
                let description = Network::from_json(&std::fs::read_to_string(path)?)?;
                Self::on(description, None)
            }
            None => Self::with(Options::default()).await,
        }
    }

    /// A local network, for stories that need faults, the network's log or a moved clock. `None` when the stories were
    /// compiled for a foreign network: there they are ignored, and who runs them all the same is told their names.
    ///
    /// # Errors
    /// When the network does not start, and when `NETWORK_FILE` is set and was not when the stories were compiled.
    pub async fn local() -> Told<Option<Self>> {
        Self::local_with(Options::default()).await
    }

    /// As [`World::local`], with a network of another shape.
    ///
    /// # Errors
    /// When the network does not start.
    pub async fn local_with(options: Options) -> Told<Option<Self>> {
        match (std::env::var_os("NETWORK_FILE").is_some(), cfg!(foreign_network)) {
            (false, _) => Self::with(options).await.map(Some),
            (true, true) => {
                let story = std::thread::current().name().unwrap_or("a story").to_owned();
                // Past the capture of the test harness: what was left out must be seen.
                writeln!(std::io::stderr(), "left out (needs faults, a log or a moved clock): {story}")?;
                Ok(None)
            }
            // Whatever has not run must not count as passed.
            (true, false) => {
                Err("left out, for it needs a local network: run `cargo test` with NETWORK_FILE set".into())
            }
        }
    }

    /// A local network of another shape, whatever `NETWORK_FILE` says.
    ///
    /// # Errors
    /// When the network does not start.
    pub async fn with(options: Options) -> Told<Self> {
        // `RUST_LOG=onionskin_core=debug make story NAME=...` shows what core thinks.
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init();
        let local = LocalNetwork::start(options).await?;
        let description = Network::from_json(&local.description_json())?;
        Self::on(description, Some(local))
    }

    fn on(description: Network, local: Option<LocalNetwork>) -> Told<Self> {
        let clock = Time { clock: WorldClock::new(), network: local.as_ref().map(|local| local.clock().clone()) };
        let (folder, limits) = (tempfile::tempdir()?, Limits::of_this_story());
        Ok(Self { clock, description, local, folder, devices: AtomicUsize::new(0), limits })
    }

    /// The local network.
    pub fn network(&self) -> &LocalNetwork {
        self.local.as_ref().expect("this story asked for a local network")
    }

    /// Whether this is a local network.
    pub fn is_local(&self) -> bool {
        self.local.is_some()
    }

    /// The description of the network.
    pub fn description(&self) -> &Network {
        &self.description
    }

    /// New people, each with a device and an account.
    ///
    /// # Errors
    /// When an account cannot be made.
    pub async fn people<const N: usize>(&self, names: [&str; N]) -> Told<[Person<'_>; N]> {
        let mut people = Vec::with_capacity(N);
        for name in names {
            people.push(self.person(name, self.clock.core().shared()).await?);
        }
        Ok(people.try_into().ok().expect("one person for each name"))
    }

    /// A person whose device shows a wrong time.
    ///
    /// # Errors
    /// When the account cannot be made.
    pub async fn person_with_clock_wrong_by(&self, name: &str, millis: i64) -> Told<Person<'_>> {
        self.person(name, self.clock.core().wrong_by(millis).shared()).await
    }

    /// A person with a known seed, for accounts that other programs hold too.
    ///
    /// # Errors
    /// When the account cannot be made.
    pub async fn person_with_seed(&self, name: &str, seed: [u8; 16]) -> Told<Person<'_>> {
        self.person_with_words(name, &recovery_password(&AccountSeed::from_bytes(seed))).await
    }

    /// A person who brings a recovery password from elsewhere.
    ///
    /// # Errors
    /// When the password is refused.
    pub async fn person_with_words(&self, name: &str, words: &str) -> Told<Person<'_>> {
        let device = self.new_device(self.clock.core().shared(), self.description.clone());
        let accounts = device.open().await?;
        let client = accounts.restore(words, name).await?;
        Ok(Person { world: self, name: name.to_owned(), device, accounts, client })
    }

    async fn person(&self, name: &str, clock: SharedClock) -> Told<Person<'_>> {
        let device = self.new_device(clock, self.description.clone());
        let accounts = device.open().await?;
        let client = accounts.create(name).await?;
        Ok(Person { world: self, name: name.to_owned(), device, accounts, client })
    }

    /// An empty device.
    pub fn new_device(&self, clock: SharedClock, network: Network) -> Device {
        let number = self.devices.fetch_add(1, Ordering::Relaxed);
        Device { folder: self.folder.path().join(format!("device-{number}")), clock, network }
    }

    /// The roads of somebody without an account here, for stories about strangers.
    ///
    /// # Errors
    /// When no path can be built.
    pub async fn swarms_of_a_stranger(&self) -> Told<Swarms> {
        let clock = self.clock.core().shared();
        let onion = Onion::new(Roads::open(&self.description, None, clock.clone())?, None);
        onion.ready().await?;
        Ok(Swarms::new(onion, clock))
    }

    /// Nothing can be reached any more: no seed, no node.
    pub fn goes_offline(&self) {
        for node in self.network().nodes() {
            node.fault(Fault::Refuse);
        }
        self.network().stop_seeds();
    }

    /// All faults end.
    pub fn comes_back(&self) {
        self.network().heal_all();
    }

    /// Runs `work`; while requests hang at the network and nothing else happens, time passes.
    pub fn patiently<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        // On the heap: a story holds many of these, and lies on the small stack of a test's thread.
        let (work, clock) = (Box::pin(work), self.clock.core());
        async move {
            match &self.local {
                Some(network) => self.limits.within(clock, patiently(network, clock, work)).await,
                None => self.limits.within(clock, work).await,
            }
        }
    }

    /// Runs `work`, in which people live by themselves; while nothing happens at a local network, time passes.
    pub fn passing<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        let (work, clock) = (Box::pin(work), self.clock.core());
        async move {
            match &self.local {
                Some(network) => self.limits.within(clock, passing(network, clock, work)).await,
                None => self.limits.within(clock, work).await,
            }
        }
    }

    /// On a local network so much passes, because somebody waits.
    fn waits(&self, time: Duration) {
        if self.is_local() {
            self.limits.spends(time);
            self.clock.forward(time);
        }
    }
}

/// What a device is made of: a folder, a clock, and the network it was told of.
#[derive(Clone)]
pub struct Device {
    folder: PathBuf,
    clock: SharedClock,
    network: Network,
}

impl Device {
    /// Starts the program on this device.
    ///
    /// # Errors
    /// When its folder cannot be used.
    pub async fn open(&self) -> Told<Accounts> {
        let config = Config {
            data_dir: self.folder.join("data"),
            cache_dir: self.folder.join("cache"),
            key_vault: Arc::new(TestVault::new([7; 32])),
            network: self.network.clone(),
            clock: self.clock.clone(),
        };
        Ok(Accounts::open(config).await?)
    }
}

/// One device of a person.
pub struct Person<'w> {
    world: &'w World,
    name: String,
    device: Device,
    accounts: Accounts,
    client: Client,
}

impl<'w> Person<'w> {
    /// The handle that an interface would hold.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// All accounts on the device.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// What the device is made of.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The Account ID as text.
    pub fn id(&self) -> String {
        self.client.account_id().to_string()
    }

    /// The Account ID.
    pub fn account_id(&self) -> AccountId {
        self.client.account_id()
    }

    /// The conversation with `other`.
    pub fn with(&self, other: &Person<'_>) -> Conversation {
        self.with_account(&other.account_id())
    }

    /// The name the person goes by in the story.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The conversation with an account that need not be a person of the story.
    pub fn with_account(&self, other: &AccountId) -> Conversation {
        self.client.conversation(&ConversationId::from(*other))
    }

    /// Writes and lets the outbox work once. Being offline is no error: the message waits.
    ///
    /// # Errors
    /// When the message cannot be stored.
    pub async fn writes(&self, to: &Person<'_>, text: &str) -> Told<MessageId> {
        let id = self.notes(to, text).await?;
        self.sends().await?;
        Ok(id)
    }

    /// Writes to an account that is no person of the story.
    ///
    /// # Errors
    /// When the message cannot be stored.
    pub async fn writes_to_account(&self, to: &AccountId, text: &str) -> Told<MessageId> {
        let id = self.with_account(to).send(Draft::text(text)).await?;
        self.sends().await?;
        Ok(id)
    }

    /// Writes a message that stays in the outbox.
    ///
    /// # Errors
    /// When the message cannot be stored.
    pub async fn notes(&self, to: &Person<'_>, text: &str) -> Told<MessageId> {
        Ok(self.with(to).send(Draft::text(text)).await?)
    }

    /// Lets the outbox work off what is ready now.
    ///
    /// # Errors
    /// When the ledger fails; a failing network only makes rows wait.
    pub async fn sends(&self) -> Told<()> {
        self.world.patiently(self.client.send_now()).await?;
        Ok(())
    }

    /// Lets the outbox work until nothing waits; on a local network with a minute between the rounds.
    ///
    /// # Errors
    /// When something still waits after many rounds.
    pub async fn sends_all(&self) -> Told<()> {
        for _ in 0..ROUNDS {
            let report = self.world.patiently(self.client.send_now()).await?;
            if report.retrying == 0 && !report.offline {
                return Ok(());
            }
            self.world.waits(Duration::from_secs(61));
        }
        Err(format!("{} still has something to send after {ROUNDS} rounds", self.name).into())
    }

    /// Fetches what waits in the own swarm.
    ///
    /// # Errors
    /// When nothing could be fetched.
    pub async fn polls(&self) -> Told<PollReport> {
        Ok(self.world.patiently(self.client.poll_now()).await?)
    }

    /// Polls until a poll brings nothing more.
    ///
    /// # Errors
    /// When a poll fails.
    pub async fn polls_until_empty(&self) -> Told<()> {
        while self.polls().await?.more {}
        Ok(())
    }

    /// Polls, also in vain, until `other`'s conversation satisfies `enough`.
    ///
    /// # Errors
    /// When it does not come true after many polls.
    pub async fn polls_until(&self, other: &Person<'_>, enough: impl Fn(&[String]) -> bool) -> Told<()> {
        let mut last = None;
        for _ in 0..ROUNDS {
            last = self.world.patiently(self.client.poll_now()).await.err();
            if enough(&self.sees(other).await?) {
                return Ok(());
            }
            self.world.waits(Duration::from_secs(3));
        }
        Err(format!(
            "{} waits in vain; the last poll said {last:?}, seen so far {:?}",
            self.name,
            self.sees(other).await?
        )
        .into())
    }

    /// The texts of the conversation with `other`, oldest first.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn sees(&self, other: &Person<'_>) -> Told<Vec<String>> {
        self.sees_from(&other.account_id()).await
    }

    /// The texts of the conversation with an account, oldest first.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn sees_from(&self, other: &AccountId) -> Told<Vec<String>> {
        let rows = self.rows(other).await?;
        Ok(rows.into_iter().filter(|row| row.kind == MessageKind::Text).map(|row| row.body).collect())
    }

    /// Every row of the conversation with an account, oldest first.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn rows(&self, other: &AccountId) -> Told<Vec<MessageRow>> {
        let chat = self.with_account(other);
        let (mut pages, mut before) = (Vec::new(), Before::Latest);
        loop {
            let page = chat.messages(before, 100).await?;
            let Some(oldest) = page.first() else { break };
            before = Before::Message(oldest.id);
            pages.push(page);
        }
        Ok(pages.into_iter().rev().flatten().collect())
    }

    /// One message of the conversation with `other`.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn row(&self, other: &Person<'_>, id: MessageId) -> Told<MessageRow> {
        let rows = self.rows(&other.account_id()).await?;
        rows.into_iter().find(|row| row.id == id).ok_or_else(|| "the message is gone".into())
    }

    /// The newest row of the conversation with `other`.
    ///
    /// # Errors
    /// When there is none.
    pub async fn last(&self, other: &Person<'_>) -> Told<MessageRow> {
        self.last_from(&other.account_id()).await
    }

    /// The newest row of the conversation with an account.
    ///
    /// # Errors
    /// When there is none.
    pub async fn last_from(&self, other: &AccountId) -> Told<MessageRow> {
        self.rows(other).await?.pop().ok_or_else(|| "nothing was said".into())
    }

    /// The accounts whose requests wait for an answer.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn requests(&self) -> Told<Vec<String>> {
        Ok(self.client.requests().await?.iter().map(|row| row.id.to_string()).collect())
    }

    /// The accounts in the list of conversations.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn conversations(&self) -> Told<Vec<String>> {
        Ok(self.client.conversations().await?.iter().map(|row| row.id.to_string()).collect())
    }

    /// Whether `other` has accepted us, as far as we know.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn is_accepted_by(&self, other: &Person<'_>) -> Told<bool> {
        self.is_accepted_by_account(&other.account_id()).await
    }

    /// As [`Person::is_accepted_by`], for an account that is no person of the story.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn is_accepted_by_account(&self, other: &AccountId) -> Told<bool> {
        Ok(self.known(other).await?.is_some_and(|row| row.approved_me))
    }

    /// The name under which `other` stands in our list.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn name_of(&self, other: &Person<'_>) -> Told<String> {
        self.known(&other.account_id()).await?.map(|row| row.name).ok_or_else(|| "nothing was said yet".into())
    }

    async fn known(&self, other: &AccountId) -> Told<Option<ConversationRow>> {
        Ok(self.with_account(other).row().await?)
    }

    /// The reasons of everything that arrived and could not be shown, oldest first.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn unreadable(&self) -> Told<Vec<String>> {
        let newest_first = self.client.unreadable(1_000).await?;
        Ok(newest_first.into_iter().rev().map(|row| row.reason).collect())
    }

    /// Another device of the same person, restored from the recovery password.
    ///
    /// # Errors
    /// When the password is refused.
    pub async fn second_device(&self) -> Told<Person<'w>> {
        self.another_device(&self.name).await
    }

    /// [`Self::second_device`], with the display name that is typed while restoring; empty for none.
    ///
    /// # Errors
    /// When the password or the name is refused.
    pub async fn another_device(&self, display_name: &str) -> Told<Person<'w>> {
        let device = self.world.new_device(self.device.clock.clone(), self.device.network.clone());
        let accounts = device.open().await?;
        let client = accounts.restore(&self.client.recovery_password(), display_name).await?;
        Ok(Person { world: self.world, name: self.name.clone(), device, accounts, client })
    }

    /// [`Self::second_device`], which shows a time that is wrong by so many milliseconds.
    ///
    /// # Errors
    /// When the password is refused.
    pub async fn second_device_with_clock_wrong_by(&self, millis: i64) -> Told<Person<'w>> {
        let clock = self.world.clock.core().wrong_by(millis).shared();
        let device = self.world.new_device(clock, self.device.network.clone());
        let accounts = device.open().await?;
        let client = accounts.restore(&self.client.recovery_password(), &self.name).await?;
        Ok(Person { world: self.world, name: self.name.clone(), device, accounts, client })
    }

    /// Another account on the same device, of the same person.
    ///
    /// # Errors
    /// When the account cannot be made.
    pub async fn second_account(&self, name: &str) -> Told<Person<'w>> {
        let client = self.accounts.create(name).await?;
        let (device, accounts) = (self.device.clone(), self.accounts.clone());
        Ok(Person { world: self.world, name: name.to_owned(), device, accounts, client })
    }

    /// The program ends, somebody sets the device's date so that it is wrong by so many milliseconds, and it starts again.
    ///
    /// # Errors
    /// When it does not come up with the same account.
    pub async fn restarts_with_clock_wrong_by(mut self, millis: i64) -> Told<Person<'w>> {
        self.device.clock = self.world.clock.core().wrong_by(millis).shared();
        self.restarts().await
    }

    /// The program ends and starts again.
    ///
    /// # Errors
    /// When it does not come up with the same account.
    pub async fn restarts(self) -> Told<Person<'w>> {
        let id = self.account_id();
        self.client.close().await?;
        drop((self.client, self.accounts));
        let accounts = self.device.open().await?;
        let client = accounts.open_account(&id).await?;
        Ok(Person { world: self.world, name: self.name, device: self.device, accounts, client })
    }
}

/// What stories ask of a message.
pub trait Fate {
    /// How many nodes of how many took it; `None` while it was not sent.
    fn taken_by(&self) -> Option<(u32, u32)>;
    /// Whether it waits to be sent (again).
    fn is_waiting(&self) -> bool;
    /// Why it failed, if it did.
    fn failure(&self) -> Option<Failure>;
}

impl Fate for MessageRow {
    fn taken_by(&self) -> Option<(u32, u32)> {
        let sending = self.sending.as_ref().filter(|_| self.state == MessageState::Sent)?;
        Some((sending.accepted, sending.asked))
    }

    fn is_waiting(&self) -> bool {
        matches!(self.state, MessageState::Pending | MessageState::Retrying { .. })
    }

    fn failure(&self) -> Option<Failure> {
        if let MessageState::Failed(failure) = self.state { Some(failure) } else { None }
    }
}

/// Makes two people known to each other: one writes, the other answers, both have read it.
///
/// # Errors
/// When a message does not arrive.
pub async fn befriend(one: &Person<'_>, other: &Person<'_>) -> Story {
    one.writes(other, "hello").await?;
    other.polls().await?;
    other.writes(one, "hello yourself").await?;
    one.polls().await?;
    if one.is_accepted_by(other).await? && other.sees(one).await? == ["hello", "hello yourself"] {
        return Ok(());
    }
    Err(format!("{} and {} did not get to know each other", one.name, other.name).into())
}

/// Rounds of sending or polling before a story gives up: more than core's own retries need.
const ROUNDS: usize = 40;
