//! The counter: the one handle through which a screen, a bot or a test uses an account.
//!
//! ```no_run
//! # async fn example(client: onionskin_core::Client) -> onionskin_core::Result<()> {
//! use onionskin_core::{Before, ConversationId, Draft};
//!
//! client.start();
//! let chat = client.conversation(&ConversationId::parse("05…")?);
//! chat.send(Draft::text("Hello")).await?; // stored here; the outbox carries it
//! for message in chat.messages(Before::Latest, 50).await? {
//!     println!("{}: {:?}", message.body, message.state);
//! }
//! client.close().await?;
//! # Ok(()) }
//! ```
//!
//! **What *done* means.** A method that writes returns after the commit: what it says is in the ledger, whatever happens
//! next. *Stored here* ([`Pending`](crate::store::MessageState)) is not *accepted by the swarm*
//! ([`Sent`](crate::store::MessageState)), and neither is *read*. Network work happens in background tasks ([`Client::start`]) or, for tests and tools, by hand
//! ([`Client::poll_now`], [`Client::send_now`]); both may be mixed.
//!
//! **Events.** [`Client::events`] gives settled rows after each commit; see [`crate::event`].

mod choices;
#[cfg(test)]
mod choices_tests;
mod conversation;
mod devices;
mod network;
mod network_state;
mod requests;
mod silence;
mod tasks;
#[cfg(test)]
mod testing;

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use crate::clock::{SharedClock, Timestamp};
use crate::crypto::{AccountId, AccountKeys, bip39_phrase, display_name, recovery_password, recovery_words};
use crate::delivery::schedule::Arrivals;
use crate::delivery::{ConfigPusher, ConfigReport, Due, Hall, PollReport, Poller, SendReport, Sender};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Connection, Event, Events};
use crate::message::{reaction, replay};
use crate::onion::{Onion, PathState, Roads};
use crate::people::remove;
use crate::store::layout::FolderLock;
use crate::store::{
    ContactRow, ConversationId, ConversationRow, Found, MessageId, MessageRow, ReadTx, Setting, StarredRow, Store,
    UnreadableRow,
};
use crate::swarm::Swarms;

pub use crate::people::{BoundedRequests, MAX_NOTE_POINTS, REQUESTS_DROPPED, bounded};
pub use conversation::Conversation;
pub use network::{Erased, PathSummary, SwarmNode};
pub use silence::Unanswered;

/// One open account. Cheap to clone; all clones are the same account.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    opening: u64,
    hall: Hall,
    onion: Onion,
    sender: Sender,
    poller: Poller,
    pusher: ConfigPusher,
    screen: watch::Sender<Screen>,
    tasks: TaskTracker,
    stop: CancellationToken,
    started: Mutex<bool>,
    /// When something last arrived, for the pace of polling.
    arrivals: Mutex<Arrivals>,
    /// A poll has ended well: what is seen to after polls is due.
    polled: Notify,
    kept: network_state::Kept,
    /// By which offset of the network's time, in milliseconds, it was last seen that no time begins later than now.
    expiries_by: AtomicI64,
    /// The account belongs to this process until it is closed.
    lock: Mutex<Option<FolderLock>>,
}

/// Counts the openings of this process.
static OPENINGS: AtomicU64 = AtomicU64::new(0);

/// What a person looks at now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Screen {
    visible: bool,
    conversation: Option<ConversationId>,
}

impl Client {
    /// Opens the account whose ledger this is, over roads that all accounts share; paths and guards are its own.
    pub(crate) async fn open(store: Store, roads: Roads, clock: SharedClock, lock: FolderLock) -> Result<Self> {
        let ours = store.read(|tx| Ok(tx.profile()?.zip(tx.seed()?)));
        let (profile, seed) =
            ours.await?.ok_or_else(|| Error::new(ErrorKind::DatabaseDamaged, "ledger holds no account"))?;
        let keys = AccountKeys::from_seed(&seed);
        if keys.account_id() != profile.account {
            return Err(Error::new(ErrorKind::DatabaseDamaged, "ledger's account does not follow from its seed"));
        }
        let state = network_state::load(&store).await?;
        let onion = Onion::new(roads, state.paths.clone());
        let swarms = Swarms::new(onion.clone(), clock.clone());
        state.give_to(&swarms);
        swarms.is_ours(profile.account);
        let erased = store.read(|tx| tx.setting(&network::ERASED)).await?;
        let hall = Hall::new(keys, store, swarms, clock);
        if erased {
            hall.fall_silent();
        }
        let inner = Inner {
            opening: OPENINGS.fetch_add(1, Ordering::Relaxed),
            onion,
            sender: Sender::new(hall.clone()),
            poller: Poller::new(hall.clone(), hall.mailbox().clone()),
            pusher: ConfigPusher::new(hall.clone(), hall.mailbox().clone()),
            screen: watch::Sender::new(Screen::default()),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            started: Mutex::new(false),
            arrivals: Mutex::default(),
            polled: Notify::new(),
            kept: network_state::Kept::new(state),
            expiries_by: AtomicI64::new(i64::MIN),
            lock: Mutex::new(Some(lock)),
            hall,
        };
        // Holds no client, so that one that is dropped without being closed still ends.
        let (mut changes, announcer, stop) =
            (inner.onion.changes(), inner.hall.announcer().clone(), inner.stop.clone());
        inner.tasks.spawn(async move {
            while let Some(Ok(())) = stop.run_until_cancelled(changes.changed()).await {
                announcer.tell(Event::PathsChanged);
            }
        });
        let client = Self { inner: Arc::new(inner) };
        // What disappeared while the program was closed is never seen again.
        if let Err(error) = client.expire_now().await {
            tracing::warn!(?error, "what disappeared could not be taken away");
        }
        Ok(client)
    }

    /// Starts sending and polling in the background. Starting twice changes nothing. Must be called inside a runtime.
    pub fn start(&self) {
        let mut started = self.inner.started.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *started, true) || self.inner.stop.is_cancelled() {
            return;
        }
        self.inner.tasks.spawn(tasks::send(self.clone()));
        self.inner.tasks.spawn(tasks::poll(self.clone()));
        self.inner.tasks.spawn(tasks::push_configs(self.clone()));
        self.inner.tasks.spawn(tasks::keep_configs(self.clone()));
        self.inner.tasks.spawn(tasks::follow_paths(self.clone()));
        self.inner.tasks.spawn(tasks::fill_search(self.clone()));
        self.inner.tasks.spawn(tasks::expire(self.clone()));
        self.inner.tasks.spawn(tasks::typing(self.clone()));
        self.inner.tasks.spawn(tasks::replay(self.clone()));
    }

    /// Tells what a person looks at. **Needed for the pace of the foreground**: until it is called with `visible`, and
    /// again after it was called without, an account polls about once a minute, and begins at a moment of its own within
    /// twenty seconds. While somebody looks it polls every few seconds, fastest when something just arrived in the
    /// conversation on the screen.
    pub fn set_screen(&self, visible: bool, conversation: Option<ConversationId>) {
        self.inner.hall.set_watched(visible);
        let screen = Screen { visible, conversation };
        self.inner.screen.send_if_modified(|known| {
            let changed = *known != screen;
            *known = screen;
            changed
        });
    }

    /// Polls now, whether or not background tasks run. While another poll runs, waits for its end first.
    ///
    /// # Errors
    /// [`ErrorKind::Offline`], [`ErrorKind::GuardUnreachable`] or [`ErrorKind::PathBroken`] when the network cannot be
    /// reached; [`ErrorKind::SwarmRejected`] when our swarm refuses; those of the ledger.
    pub async fn poll_now(&self) -> Result<PollReport> {
        let result = self.poll_once().await;
        if result.is_ok() {
            self.inner.pusher.keep_alive().await?;
        }
        result
    }

    /// A poll without what follows from it, which may take longer.
    async fn poll_once(&self) -> Result<PollReport> {
        self.inner.hall.check_not_silent()?;
        self.know_the_time().await;
        let result = self.inner.poller.poll().await;
        if let Ok(report) = &result {
            self.inner.hall.settle_moments().await?;
            let now = self.inner.hall.clock().monotonic();
            self.inner.arrivals.lock().unwrap_or_else(PoisonError::into_inner).note(&report.conversations, now);
        }
        self.try_to_keep_network_state().await;
        result
    }

    /// Pushes every config document that has something new, without waiting for a quiet moment, then returns. Polls first
    /// when that was not done for a while, so that nothing is pushed over what other devices changed.
    ///
    /// # Errors
    /// Only those of the ledger: what goes wrong on the way stands in the report, and is tried again.
    pub async fn push_configs_now(&self) -> Result<ConfigReport> {
        self.inner.hall.check_not_silent()?;
        // What others changed is merged first.
        if !self.inner.hall.polled_lately()
            && let Err(error) = self.poll_now().await
        {
            tracing::debug!(?error, "configs wait for a poll");
            return Ok(ConfigReport { waits_for_poll: true, ..ConfigReport::default() });
        }
        let result = self.inner.pusher.work(Due::Everything).await;
        self.try_to_keep_network_state().await;
        result
    }

    /// Works off everything in the outbox once, also what waits for its next attempt, then returns.
    ///
    /// # Errors
    /// Only those of the ledger: what goes wrong on the way stands in the report and in the rows.
    pub async fn send_now(&self) -> Result<SendReport> {
        let result = self.inner.sender.work(Due::Everything).await;
        self.try_to_keep_network_state().await;
        result
    }

    /// How many pages of the ledger do not open. Reads all of it.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub(crate) async fn damaged_pages(&self) -> Result<u64> {
        self.inner.hall.read(|tx| tx.damaged_pages()).await
    }

    /// Ends the background tasks, keeps what is known of the network and closes the ledger. Later calls on any clone are
    /// refused with [`ErrorKind::NotAllowed`]; listeners hear the end. Closing twice is harmless.
    ///
    /// # Errors
    /// Those of the ledger; the client is closed all the same.
    pub async fn close(&self) -> Result<()> {
        let inner = &self.inner;
        inner.stop.cancel();
        inner.onion.close();
        inner.tasks.close();
        inner.tasks.wait().await;
        let kept = match self.keep_network_state().await {
            Err(error) if error.kind() == ErrorKind::NotAllowed => Ok(()),
            other => other,
        };
        inner.hall.announcer().close();
        let closed = inner.hall.store().close().await;
        inner.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
        closed.and(kept)
    }

    /// Whether [`Self::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.inner.stop.is_cancelled()
    }

    /// A number that all handles of one opening share, and no other opening in this process has: an account that was closed
    /// and opened again is told from what it was by it.
    pub fn opening(&self) -> u64 {
        self.inner.opening
    }

    /// Our Account ID.
    pub fn account_id(&self) -> AccountId {
        *self.inner.hall.account()
    }

    /// How many words the recovery password of this account has: 13, or 25.
    pub fn recovery_words(&self) -> usize {
        recovery_words(self.inner.hall.keys().seed())
    }

    /// The recovery password: 13 words that every Session app understands, or the 25 of an account that has no shorter form.
    pub fn recovery_password(&self) -> Zeroizing<String> {
        recovery_password(self.inner.hall.keys().seed())
    }

    /// The same secret as a BIP-39 phrase of 12 words; none for an account of 25 words. Other Session apps do not understand it.
    pub fn bip39_phrase(&self) -> Option<Zeroizing<String>> {
        bip39_phrase(self.inner.hall.keys().seed())
    }

    /// Our display name.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn display_name(&self) -> Result<String> {
        let profile = self.inner.hall.read(|tx| tx.profile()).await?;
        Ok(profile.map(|profile| profile.display_name).unwrap_or_default())
    }

    /// Gives us another display name; others see it with our next message. While a restored account still looks for the
    /// name that it has, that one is newer than any given here.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for an empty name, [`ErrorKind::TooLarge`] over 100 bytes; those of the ledger.
    pub async fn set_display_name(&self, name: &str) -> Result<()> {
        let name = display_name(name)?;
        let now = self.inner.hall.desk().network_now;
        self.inner
            .hall
            .write("display name", move |tx| {
                let sync = tx.sync_state()?;
                let looks = sync.restoring && !sync.profile.is_settled();
                tx.set_display_name(&name, if looks { Timestamp::ZERO } else { now })
            })
            .await
    }

    /// The conversation of this name, whether or not anything was said in it yet: a handle, which asks nobody. What can no
    /// longer be done in it is refused when it is tried.
    pub fn conversation(&self, id: &ConversationId) -> Conversation {
        Conversation::new(self.inner.hall.clone(), id.clone())
    }

    /// The main list: neither hidden, nor requests, nor laid aside ([`Self::archived`]); pinned first, then newest first.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn conversations(&self) -> Result<Vec<ConversationRow>> {
        self.rows(|tx| tx.conversations()).await
    }

    /// Message requests that wait for an answer, newest first.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn requests(&self) -> Result<Vec<ConversationRow>> {
        self.rows(|tx| tx.requests()).await
    }

    /// Rows as they are now.
    async fn rows(
        &self,
        look: impl FnOnce(&ReadTx<'_>) -> Result<Vec<ConversationRow>> + Send + 'static,
    ) -> Result<Vec<ConversationRow>> {
        let now = self.inner.hall.device_now();
        let rows = self.inner.hall.read(look).await?;
        Ok(rows.into_iter().map(|row| row.at(now)).collect())
    }

    /// Unread messages of the main list: the number on the icon.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn unread_total(&self) -> Result<u32> {
        self.inner.hall.read(|tx| tx.unread_total()).await
    }

    /// A person, if we ever met.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn contact(&self, account: &AccountId) -> Result<Option<ContactRow>> {
        let account = *account;
        self.inner.hall.read(move |tx| tx.contact(&account)).await
    }

    /// Everyone we accepted and did not block, ourselves not included, by shown name.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn contacts(&self) -> Result<Vec<ContactRow>> {
        self.inner.hall.read(|tx| tx.contacts()).await
    }

    /// Everyone we block.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn blocked(&self) -> Result<Vec<ContactRow>> {
        self.inner.hall.read(|tx| tx.blocked_contacts()).await
    }

    /// One message.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn message(&self, id: MessageId) -> Result<Option<MessageRow>> {
        self.inner.hall.read(move |tx| tx.message(id)).await
    }

    /// At most `limit` messages with a star, of all conversations, the newest star first. For the next page pass the moment and
    /// the message of the last row: `before = Some((row.starred_at, row.message.id))`.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn starred(&self, before: Option<(Timestamp, MessageId)>, limit: u32) -> Result<Vec<StarredRow>> {
        self.inner.hall.read(move |tx| tx.starred(before, limit)).await
    }

    /// Messages in which all words of `text` stand ([`SearchWords`](crate::SearchWords) says how), newest first; in all
    /// conversations or in one. While the word index is made anew ([`Self::search_percent`]), the newest of them.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn search(
        &self,
        text: &str,
        conversation: Option<&ConversationId>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<Found>> {
        let (mut found, mut before) = (Vec::new(), before);
        // In short reads: others want to read meanwhile.
        loop {
            let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(limit));
            let (text, conversation) = (text.to_owned(), conversation.cloned());
            let round =
                self.inner.hall.read(move |tx| tx.search_some(&text, conversation.as_ref(), before, left)).await?;
            found.extend(round.found);
            before = round.go_on;
            if before.is_none() {
                return Ok(found);
            }
        }
    }

    /// How much of all messages a search finds by now, in percent: below 100 while the word index is made anew, after an
    /// update that searches otherwise or a very long deletion. Changes are told ([`Event::SearchChanged`]).
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn search_percent(&self) -> Result<u8> {
        self.inner.hall.read(|tx| tx.search_percent()).await
    }

    /// Fills the word index now, whether or not background tasks run, then returns.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn fill_search_now(&self) -> Result<()> {
        while self.inner.hall.write("search words", |tx| tx.index_some()).await? {}
        Ok(())
    }

    /// Reads once more what earlier versions kept because they could not show it (quotes, reactions, requests to delete), whether
    /// or not background tasks run, then returns. In small writes; what came of it is told as for any other change.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn replay_now(&self) -> Result<()> {
        let hall = &self.inner.hall;
        if !hall.read(replay::is_due).await? {
            return Ok(());
        }
        loop {
            let desk = hall.desk();
            if !hall.write("kept read again", move |tx| replay::step(tx, &desk)).await? {
                return Ok(());
            }
        }
    }

    /// Removes the messages whose time is over, whether or not background tasks run, then returns. By the network's time, as far
    /// as it is known.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn expire_now(&self) -> Result<()> {
        self.correct_expiries().await?;
        loop {
            let desk = self.inner.hall.desk();
            if self.inner.hall.read(|tx| tx.next_expiry()).await?.is_none_or(|next| next > desk.network_now) {
                return Ok(());
            }
            self.inner.hall.write("expired", move |tx| remove::remove_expired(tx, &desk, EXPIRED_AT_ONCE)).await?;
        }
    }

    /// Once the network's time is certain, or another one than before: no time can have begun later than now.
    async fn correct_expiries(&self) -> Result<()> {
        let time = self.inner.hall.swarms().time();
        let offset = time.offset_millis();
        if !time.is_certain() || self.inner.expiries_by.load(Ordering::Relaxed) == offset {
            return Ok(());
        }
        let now = self.inner.hall.desk().network_now;
        if self.inner.hall.read(|tx| tx.next_expiry()).await?.is_some() {
            self.inner.hall.write("time corrected", move |tx| tx.begin_no_later(now)).await?;
        }
        self.inner.expiries_by.store(offset, Ordering::Relaxed);
        Ok(())
    }

    /// The six emoji that a bar of reactions shows: those that were used last on this device first.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn reaction_bar(&self) -> Result<Vec<String>> {
        self.inner.hall.read(|tx| Ok(reaction::bar(&tx.setting(&reaction::OWN_REACTIONS)?.recent))).await
    }

    /// The emoji that were used as reactions on this device, newest first, and no more than fit into two rows.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn recent_reactions(&self) -> Result<Vec<String>> {
        self.inner.hall.read(|tx| Ok(tx.setting(&reaction::OWN_REACTIONS)?.recent)).await
    }

    /// Sees to who stopped typing, others and ourselves, whether or not background tasks run, then returns.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn see_to_typing_now(&self) -> Result<()> {
        self.inner.hall.see_to_typing().await.map(|_| ())
    }

    /// What arrived and could not be used, with its reason, newest first.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn unreadable(&self, limit: u32) -> Result<Vec<UnreadableRow>> {
        self.inner.hall.read(move |tx| tx.unreadable(limit)).await
    }

    /// A new listener, from now on.
    pub fn events(&self) -> Events {
        self.inner.hall.announcer().listen()
    }

    /// What the last request said about the network.
    pub fn connection(&self) -> Connection {
        self.inner.hall.connection()
    }

    /// The paths that stand now, for people to look at.
    pub fn paths(&self) -> Vec<PathState> {
        self.inner.onion.paths()
    }

    /// What was chosen, or the setting's default.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn setting<T>(&self, setting: &'static Setting<T>) -> Result<T>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.inner.hall.read(move |tx| tx.setting(setting)).await
    }

    /// Chooses a value; it stays on this device.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn set_setting<T>(&self, setting: &'static Setting<T>, value: T) -> Result<()>
    where
        T: Serialize + Send + Sync + 'static,
    {
        self.inner.hall.write("setting", move |tx| tx.set_setting(setting, &value)).await
    }

    /// The account's ledger, for tools that compare or measure. What is written there is told to nobody; programs have no
    /// such door.
    #[cfg(feature = "vectors-fuzz-benches")]
    pub fn store(&self) -> &Store {
        self.inner.hall.store()
    }
}

/// Messages that one write takes away. More would hold up whoever writes meanwhile.
const EXPIRED_AT_ONCE: usize = 100;

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.account_id()).finish()
    }
}
