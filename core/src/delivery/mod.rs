//! The sorting hall: how sealed things leave and arrive.
//!
//! - [`mailbox`]: storage that this account reads, as a value.
//! - [`outbox`]: the states of an errand, pure.
//! - [`errand`]: one file for each way out.
//! - [`sender`]: works the outbox off.
//! - [`schedule`]: when to poll, pure; [`chance`]: never in step with another account.
//! - [`poller`]: asks a mailbox's swarm what is new, page by page.
//! - [`mirror`]: writes what was edited here into the config documents, in the same transaction.
//! - [`config_push`]: carries the documents to our swarm.
//! - [`reconcile`]: merges what other devices wrote, and lets the rows follow.
//! - `typists`: who types now, held in memory alone.
//! - [`inbox`]: opens a page, applies it and stores it with its cursor in one transaction.
//!
//! Carriers share a [`Hall`]: the account's keys, ledger, swarm access and clocks. Between them there are only rows and
//! a wake-up call.

pub mod chance;
pub mod config_push;
#[cfg(test)]
mod config_tests;
mod deleted;
#[cfg(test)]
mod deletion_tests;
mod errand;
mod first_configs;
mod founding;
pub mod inbox;
pub mod mailbox;
pub mod mirror;
pub mod outbox;
mod papers;
pub mod poller;
pub mod reconcile;
#[cfg(test)]
mod restore_tests;
pub mod schedule;
pub mod sender;
mod share;
#[cfg(test)]
mod stranger_tests;
mod trouble;
mod typists;
mod undone;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::address::Address;
use crate::clock::{SharedClock, Timestamp};
use crate::crypto::{AccountId, AccountKeys, random_bytes};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Announcer, Connection, Event};
use crate::message::{Desk, dating};
use crate::store::{AnyValue, AnyWrite, ReadTx, Reading, Store, Uncertain, WriteTx, boxed, unboxed};
use crate::swarm::Swarms;

pub use config_push::{ConfigPusher, ConfigReport};
pub use founding::Founding;
pub use mailbox::Mailbox;
pub use poller::{PollReport, Poller};
pub use sender::{Due, SendReport, Sender};
pub use trouble::{NetworkError, NetworkTask};

/// What the carriers of one account share. Cheap to clone.
#[derive(Clone)]
pub struct Hall {
    shared: Arc<Shared>,
}

struct Shared {
    keys: AccountKeys,
    account: AccountId,
    mailbox: Mailbox,
    store: Store,
    announcer: Announcer,
    swarms: Swarms,
    clock: SharedClock,
    /// Drawn for this opening: monotonic readings of another say nothing.
    run: i64,
    outbox: Notify,
    configs: Notify,
    search: Notify,
    expiries: Notify,
    typing: Notify,
    typists: std::sync::Mutex<typists::Typists>,
    connection: std::sync::Mutex<Connection>,
    troubles: std::sync::Mutex<trouble::Troubles>,
    /// Nothing is sent or fetched any more.
    silent: AtomicBool,
    /// Somebody looks at the account.
    watched: AtomicBool,
    /// Something failed on the way since what waits was last hurried.
    stumbled: AtomicBool,
    /// When (monotonic) the network's time was last asked for in vain before something left, and why; whoever holds it asks.
    time_asked: tokio::sync::Mutex<Option<(Duration, ErrorKind)>>,
    /// When (monotonic) what waits was last hurried.
    hurried_at: std::sync::Mutex<Option<Duration>>,
    /// When the last poll succeeded (device time), unless the network went since.
    polled_at: std::sync::Mutex<Option<Timestamp>>,
}

impl Hall {
    /// A hall over an open ledger and a way to the swarms.
    pub fn new(keys: AccountKeys, store: Store, swarms: Swarms, clock: SharedClock) -> Self {
        let (account, mailbox) = (keys.account_id(), Mailbox::own(&keys));
        let announcer = Announcer::new(store.clone()).by(clock.clone());
        let connection = std::sync::Mutex::new(Connection::default());
        let shared = Shared {
            keys,
            account,
            mailbox,
            store,
            announcer,
            swarms,
            clock,
            run: i64::from_le_bytes(random_bytes()),
            outbox: Notify::new(),
            configs: Notify::new(),
            search: Notify::new(),
            expiries: Notify::new(),
            typing: Notify::new(),
            typists: std::sync::Mutex::default(),
            connection,
            troubles: std::sync::Mutex::default(),
            silent: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            stumbled: AtomicBool::new(false),
            time_asked: tokio::sync::Mutex::default(),
            hurried_at: std::sync::Mutex::default(),
            polled_at: std::sync::Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Our keys.
    pub fn keys(&self) -> &AccountKeys {
        &self.shared.keys
    }

    /// Ourselves.
    pub fn account(&self) -> &AccountId {
        &self.shared.account
    }

    /// Our own mailbox.
    pub fn mailbox(&self) -> &Mailbox {
        &self.shared.mailbox
    }

    /// The mailbox of an address, if we have one there.
    pub(crate) fn mailbox_of(&self, address: Address) -> Option<&Mailbox> {
        Some(&self.shared.mailbox).filter(|mailbox| mailbox.address() == address)
    }

    /// The ledger.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Where events leave.
    pub fn announcer(&self) -> &Announcer {
        &self.shared.announcer
    }

    /// The way to the swarms.
    pub fn swarms(&self) -> &Swarms {
        &self.shared.swarms
    }

    /// The device's clock.
    pub fn clock(&self) -> &SharedClock {
        &self.shared.clock
    }

    /// Rings when the outbox changed.
    pub(crate) fn outbox_bell(&self) -> &Notify {
        &self.shared.outbox
    }

    /// Rings when a config document changed.
    pub(crate) fn config_bell(&self) -> &Notify {
        &self.shared.configs
    }

    /// Rings when the word index may have to be filled.
    pub(crate) fn search_bell(&self) -> &Notify {
        &self.shared.search
    }

    /// Rings when another message may be the next that disappears, or the time is better known.
    pub(crate) fn expiry_bell(&self) -> &Notify {
        &self.shared.expiries
    }

    /// Rings when somebody began to type.
    pub(crate) fn typing_bell(&self) -> &Notify {
        &self.shared.typing
    }

    /// Who writes, and when: what composing and applying messages needs to know besides the ledger.
    pub fn desk(&self) -> Desk {
        let time = self.shared.swarms.time();
        Desk {
            me: self.shared.account,
            network_now: time.now(),
            device_now: self.device_now(),
            unsettled: (!time.is_certain()).then(|| Uncertain { reading: self.reading(), known: time.is_known() }),
        }
    }

    /// Where the monotonic reading stands in this opening.
    fn reading(&self) -> Reading {
        Reading { run: self.shared.run, monotonic: self.shared.clock.monotonic() }
    }

    /// Now by the device's clock: for waits and deadlines of our own.
    pub fn device_now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Looks into the ledger.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub async fn read<T, F>(&self, closure: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    {
        self.shared.store.read(closure).await
    }

    /// Writes, and after the commit tells listeners and wakes the carriers. What other devices of ours must hear of goes
    /// into the config documents before the commit. Runs to its end in a task of its own: a caller
    /// that goes away in the middle (a closed screen, a cancelled request) costs no event.
    ///
    /// # Errors
    /// Those of [`Store::write`].
    pub async fn write<T, F>(&self, label: &'static str, closure: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut WriteTx<'_>) -> Result<T> + Send + 'static,
    {
        self.write_and(true, label, closure).await
    }

    /// [`Self::write`] for the sender itself, which looks at the outbox again anyway and must not wake itself for ever.
    pub(crate) async fn write_quietly<T, F>(&self, label: &'static str, closure: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut WriteTx<'_>) -> Result<T> + Send + 'static,
    {
        self.write_and(false, label, closure).await
    }

    async fn write_and<T, F>(&self, ring: bool, label: &'static str, closure: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut WriteTx<'_>) -> Result<T> + Send + 'static,
    {
        unboxed(self.write_any(ring, label, Box::new(move |tx| Ok(boxed(closure(tx)?)))).await?)
    }

    async fn write_any(&self, ring: bool, label: &'static str, closure: AnyWrite) -> Result<AnyValue> {
        let hall = self.clone();
        let task = tokio::spawn(async move {
            let desk = hall.desk();
            let work: AnyWrite = Box::new(move |tx| {
                let value = closure(tx)?;
                errand::expire::write_due(tx, &desk)?;
                mirror::mirror(tx, &desk)?;
                Ok(value)
            });
            let (value, changes) = hall.shared.store.write_any(label, work).await?;
            if changes.touches_configs() {
                hall.shared.configs.notify_one();
            }
            if changes.touches_search() {
                hall.shared.search.notify_one();
            }
            if changes.touches_expiry() {
                hall.shared.expiries.notify_one();
            }
            if ring && changes.touches_outbox() {
                hall.shared.outbox.notify_one();
            }
            let typing = hall.hear_typing(&changes);
            if let Err(error) = hall.shared.announcer.announce(changes).await {
                // The write stands; listeners were told to read again.
                tracing::warn!(?error, "client could not read back what it wrote");
            }
            typing.into_iter().for_each(|event| hall.shared.announcer.tell(event));
            Ok(value)
        });
        task.await.unwrap_or_else(|_| Err(Error::bug("a task that writes ended early")))
    }

    /// Dates what was written before the network's time was certain, if it is certain now.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(crate) async fn settle_moments(&self) -> Result<()> {
        if !self.shared.swarms.time().is_certain() || !self.read(|tx| tx.has_unsettled()).await? {
            return Ok(());
        }
        self.date_moments().await
    }

    /// Dates what was written before the network's time was certain; asks for the time first. Where nodes are there and do not
    /// agree, an offset of an earlier run is good enough.
    ///
    /// # Errors
    /// When the network's time cannot be had; those of the ledger.
    pub(crate) async fn settle_moments_before_leaving(&self) -> Result<()> {
        let time = self.shared.swarms.time();
        // One asks for all that leave together, also when it asks in vain.
        let mut asked = self.shared.time_asked.lock().await;
        let lately = asked.filter(|(at, _)| self.shared.clock.monotonic().saturating_sub(*at) < ASKING_SPACING);
        if !time.is_certain() {
            let failed = match lately {
                Some((_, kind)) => Some(Error::new(kind, "network's time was asked for in vain a moment ago")),
                None => self.shared.swarms.sync_time().await.err().map(Error::from),
            };
            if let Some(error) = failed {
                *asked = lately.or(Some((self.shared.clock.monotonic(), error.kind())));
                let offline = outbox::Attempt::from_error(&error) == outbox::Attempt::NoNetwork;
                if offline || !time.is_known() {
                    // Nobody refused anything.
                    let kind = if offline { error.kind() } else { ErrorKind::PathBroken };
                    return Err(Error::new(kind, "network's time is not known yet").with_source(error));
                }
            }
        }
        self.date_moments().await
    }

    async fn date_moments(&self) -> Result<()> {
        let (desk, reading) = (self.desk(), self.reading());
        self.write_quietly("moments dated", move |tx| dating::settle(tx, &desk, reading)).await
    }

    /// Notes what the last request said about the network, and tells listeners when that is new. When the network came
    /// back, or works after something failed on the way, what waits for its next attempt goes at once.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(crate) async fn note_connection(&self, connection: Connection) -> Result<()> {
        let before = {
            let mut known = self.shared.connection.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *known, connection)
        };
        if connection == Connection::Offline {
            *self.polled_at() = None;
        }
        if before != connection {
            self.shared.announcer.tell(Event::ConnectionChanged(connection));
        }
        match (before, connection) {
            (Connection::Offline, Connection::Online) => self.hurry().await,
            (_, Connection::Online) => self.hurry_after_stumble().await,
            _ => Ok(()),
        }
    }

    /// Something failed on the way: when the next request gets through, what waits is worth another try.
    pub(crate) fn note_stumble(&self) {
        self.shared.stumbled.store(true, Ordering::SeqCst);
    }

    /// The way works, or is another one: what waits for its next attempt because something failed on the way goes at once.
    /// Not again and again, because of a single swarm that fails.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(crate) async fn hurry_after_stumble(&self) -> Result<()> {
        let now = self.shared.clock.monotonic();
        let lately = self.hurried_at().is_some_and(|at| now.saturating_sub(at) < HURRY_SPACING);
        if lately || !self.shared.stumbled.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.hurry().await
    }

    /// What waits for its next attempt goes at once, but for what a swarm refused.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(crate) async fn hurry(&self) -> Result<()> {
        *self.hurried_at() = Some(self.shared.clock.monotonic());
        self.shared.stumbled.store(false, Ordering::SeqCst);
        self.write("outbox hurried", |tx| {
            tx.hurry_configs()?;
            tx.hurry_errands()
        })
        .await
        .map(|_| ())
    }

    fn hurried_at(&self) -> std::sync::MutexGuard<'_, Option<Duration>> {
        self.shared.hurried_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody looks at the account, or no longer.
    pub(crate) fn set_watched(&self, watched: bool) {
        self.shared.watched.store(watched, Ordering::SeqCst);
    }

    /// Whether somebody looks at the account.
    pub(crate) fn is_watched(&self) -> bool {
        self.shared.watched.load(Ordering::SeqCst)
    }

    /// A poll succeeded: what other devices changed is known.
    pub(crate) fn note_polled(&self) {
        let known = self.polled_lately();
        *self.polled_at() = Some(self.device_now());
        if !known {
            self.shared.configs.notify_one();
        }
    }

    /// Whether what other devices changed was asked for a short while ago. Pushing without knowing it would put our
    /// changes on top of a document that others have long replaced, and lose them.
    pub(crate) fn polled_lately(&self) -> bool {
        let now = self.device_now();
        self.polled_at().is_some_and(|at| at <= now && now.since(at) <= POLL_HOLDS)
    }

    fn polled_at(&self) -> std::sync::MutexGuard<'_, Option<Timestamp>> {
        self.shared.polled_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a failure on the way, for [`Self::troubles`].
    pub(crate) fn note_trouble(&self, during: NetworkTask, kind: ErrorKind) {
        let error = NetworkError { at: self.device_now(), kind, during };
        self.shared.troubles.lock().unwrap_or_else(PoisonError::into_inner).note(error);
    }

    /// The last failures on the way, oldest first.
    pub(crate) fn troubles(&self) -> Vec<NetworkError> {
        self.shared.troubles.lock().unwrap_or_else(PoisonError::into_inner).list()
    }

    /// Nothing is sent or fetched from now on; what is under way ends by itself.
    pub(crate) fn fall_silent(&self) {
        self.shared.silent.store(true, Ordering::SeqCst);
        self.shared.outbox.notify_one();
    }

    /// Whether nothing is sent or fetched any more.
    pub(crate) fn is_silent(&self) -> bool {
        self.shared.silent.load(Ordering::SeqCst)
    }

    /// [`ErrorKind::NotAllowed`] once nothing is sent or fetched any more.
    pub(crate) fn check_not_silent(&self) -> Result<()> {
        if self.is_silent() {
            return Err(Error::new(ErrorKind::NotAllowed, "account was erased from the network"));
        }
        Ok(())
    }

    /// What the last request said about the network.
    pub fn connection(&self) -> Connection {
        *self.shared.connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// How long a poll counts as recent: several polls of an account that nobody looks at, and shorter than a sleep of the
/// device that matters.
const POLL_HOLDS: Duration = Duration::from_secs(5 * 60);

/// What leaves together asks for the network's time once. Shorter than the first wait before another attempt.
const ASKING_SPACING: Duration = Duration::from_millis(500);

/// At least this long between two times that what waits is hurried because the way works after all.
const HURRY_SPACING: Duration = Duration::from_secs(3);
