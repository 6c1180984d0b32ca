//! What core tells its listeners: settled rows, after the commit.
//!
//! A write returns the changes it made; [`Announcer::announce`] reads the changed rows once, as they are now, and sends
//! them to everybody who listens. Reading and telling is one step and nobody else's comes in between, so that of one row
//! the newest state is told last. Events are idempotent: applying one twice, or a newer one before an older one, ends
//! in the same picture, because each carries the whole row. A listener that falls behind gets [`Event::Resync`] and
//! reads again what it shows; nothing waits for a slow listener.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, broadcast};

use crate::clock::{SharedClock, Timestamp};
use crate::error::{Error, Result};
use crate::store::{
    Change, Changes, ConversationId, ConversationRow, MessageId, MessageRow, ReadTx, Setting, Store, SyncState,
};

/// Something that is now so.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A message appeared, received or written here.
    MessageAdded(Arc<MessageRow>),
    /// A message changed: its state, its text.
    MessageChanged(Arc<MessageRow>),
    /// A message is gone.
    MessageRemoved {
        /// Which; its number is never used again.
        message: MessageId,
        /// Where it stood.
        conversation: ConversationId,
    },
    /// A conversation appeared or changed: its name, unread count, newest line, approval.
    ConversationChanged(Arc<ConversationRow>),
    /// A conversation is gone.
    ConversationRemoved(ConversationId),
    /// Our own profile changed.
    ProfileChanged,
    /// The setting of this name changed.
    SettingChanged(&'static str),
    /// Whether the network can be reached.
    ConnectionChanged(Connection),
    /// How far this device and our swarm agree about the account's memory.
    SyncChanged(SyncState),
    /// How much of all messages a search finds by now, in percent: below 100 while the word index is made anew.
    SearchChanged(u8),
    /// Another device of this account showed itself, or that was acknowledged.
    OtherDevice(OtherDevice),
    /// Somebody types in their conversation with us, or does not any more.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Whether they type now. That they stopped is told too, at the latest after 15 seconds.
        typing: bool,
    },
    /// A path was built, left, repaired or measured, or building one began or failed: look again at
    /// the client's `path_summary`. Several changes in a row are told once.
    PathsChanged,
    /// This listener missed events: read again what is shown.
    Resync,
}

/// A sign that another device uses this account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherDevice {
    /// When it last changed something or sent a message (network time).
    pub seen_at: Timestamp,
    /// Nobody has said yet that this is expected.
    pub new: bool,
}

/// What is known of another device of this account. `None`: there was never a sign of one.
pub const OTHER_DEVICE: Setting<Option<OtherDevice>> = Setting { key: "device.other", default: None };

/// Whether people who accepted us are told that we read what they wrote, and we are told so of them. Off: neither.
pub const READ_RECEIPTS: Setting<bool> = Setting { key: "receipts.read", default: false };

/// Whether people who accepted us are told that we type, and we are told so of them. Off: neither.
pub const TYPING_NOTICES: Setting<bool> = Setting { key: "typing.notices", default: false };

/// Whether messages can leave and arrive right now, as far as the last attempt told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Connection {
    /// Nothing was tried yet, or a path is being built.
    #[default]
    Connecting,
    /// The last request came back.
    Online,
    /// The last request found no network. What is written waits here.
    Offline,
}

/// A listener's end of the events of one account.
#[derive(Debug)]
pub struct Events {
    receiver: broadcast::Receiver<Event>,
}

impl Events {
    /// The next event; `None` when the account was closed.
    pub async fn next(&mut self) -> Option<Event> {
        match self.receiver.recv().await {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Event::Resync),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    /// An event that is already there; `None` when there is none now.
    pub fn try_next(&mut self) -> Option<Event> {
        match self.receiver.try_recv() {
            Ok(event) => Some(event),
            Err(broadcast::error::TryRecvError::Lagged(_)) => Some(Event::Resync),
            Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed) => None,
        }
    }
}

/// Turns committed changes into events. Cheap to clone.
#[derive(Clone)]
pub struct Announcer {
    store: Store,
    /// By which rows are told as they are now; without it as they were written.
    clock: Option<SharedClock>,
    /// `None` once closed.
    sender: Arc<Mutex<Option<broadcast::Sender<Event>>>>,
    /// One reading and telling at a time.
    turn: Arc<Semaphore>,
}

impl Announcer {
    /// Announces the changes of `store`.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            clock: None,
            sender: Arc::new(Mutex::new(Some(broadcast::Sender::new(BACKLOG)))),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Tells rows as they are at the moment, by this clock.
    #[must_use]
    pub fn by(self, clock: SharedClock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// A new listener, from now on. After [`Self::close`] it hears the end at once.
    pub fn listen(&self) -> Events {
        let receiver = match &*self.sender() {
            Some(sender) => sender.subscribe(),
            None => broadcast::Sender::new(1).subscribe(),
        };
        Events { receiver }
    }

    /// Sends one event that is not about a row.
    pub fn tell(&self, event: Event) {
        if let Some(sender) = &*self.sender() {
            // No listener is no mistake.
            let _ = sender.send(event);
        }
    }

    /// Ends the events: every listener hears what is under way and then the end.
    pub fn close(&self) {
        self.sender().take();
    }

    fn sender(&self) -> MutexGuard<'_, Option<broadcast::Sender<Event>>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the rows that `changes` name, once each, and sends them in order. Call it after the commit.
    ///
    /// # Errors
    /// When the rows cannot be read; the listeners are told to read again themselves.
    pub async fn announce(&self, changes: Changes) -> Result<()> {
        let listeners = self.sender().as_ref().map_or(0, broadcast::Sender::receiver_count);
        if changes.is_empty() || listeners == 0 {
            return Ok(());
        }
        // What was read must be told before anybody reads again: otherwise an older row could be told after a newer one.
        let _turn = self.turn.acquire().await.map_err(|_| Error::bug("announcer's turn was closed"))?;
        let now = self.clock.as_ref().map(|clock| clock.now());
        let events = self.store.read(move |tx| settled(tx, &changes, now)).await;
        match events {
            Ok(events) => {
                for event in events {
                    self.tell(event);
                }
                Ok(())
            }
            Err(error) => {
                self.tell(Event::Resync);
                Err(error)
            }
        }
    }
}

/// The settled rows behind `changes`, in order. A row that is gone by now has a removal of its own further on.
fn settled(tx: &ReadTx<'_>, changes: &Changes, now: Option<Timestamp>) -> Result<Vec<Event>> {
    let chat = |row: ConversationRow| {
        Event::ConversationChanged(Arc::new(match now {
            Some(now) => row.at(now),
            None => row,
        }))
    };
    let mut events = Vec::with_capacity(changes.len());
    for change in changes {
        match change {
            Change::MessageAdded(id) => {
                events.extend(tx.message(*id)?.map(|row| Event::MessageAdded(Arc::new(row))));
            }
            Change::MessageChanged(id) => {
                events.extend(tx.message(*id)?.map(|row| Event::MessageChanged(Arc::new(row))));
            }
            Change::MessageRemoved { message, conversation } => {
                events.push(Event::MessageRemoved { message: *message, conversation: conversation.clone() });
            }
            Change::ConversationChanged(id) => {
                events.extend(tx.conversation(id)?.map(chat));
            }
            Change::ConversationRemoved(id) => {
                events.push(Event::ConversationRemoved(id.clone()));
                // It may be there again by now, and that may have been told already.
                events.extend(tx.conversation(id)?.map(chat));
            }
            Change::ProfileChanged => events.push(Event::ProfileChanged),
            Change::SettingChanged(key) if *key == OTHER_DEVICE.key => {
                events.extend(tx.setting(&OTHER_DEVICE)?.map(Event::OtherDevice));
            }
            Change::SettingChanged(key) => events.push(Event::SettingChanged(key)),
            Change::SyncChanged => events.push(Event::SyncChanged(tx.sync_state()?)),
            Change::SearchChanged => events.push(Event::SearchChanged(tx.search_percent()?)),
            // The sender hears of it by its bell; the message of the row has a change of its own.
            _ => (),
        }
    }
    Ok(events)
}

/// Events kept for a slow listener, then it is told to read again. A page of a long absence brings thousands at once.
const BACKLOG: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{AccountId, AccountSeed};
    use crate::store::{DatabaseKey, MessageKind, MessageState, NewMessage, NewProfile, WriteTx};

    async fn ledger() -> (Store, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("db"), &DatabaseKey::from_bytes([1; 32])).await.unwrap();
        let seed = AccountSeed::from_bytes([1; 16]);
        let account = AccountId::from_x25519([1; 32]);
        let create = move |tx: &mut WriteTx<'_>| {
            tx.create_profile(&NewProfile { account, seed: &seed, display_name: "Ana", now: Timestamp::from_millis(1) })
        };
        store.write("account", create).await.unwrap();
        (store, folder)
    }

    fn says(number: u64) -> impl FnOnce(&mut WriteTx<'_>) -> Result<Option<MessageId>> + Send + 'static {
        move |tx| {
            let (now, sender) = (Timestamp::from_millis(number), AccountId::from_x25519([2; 32]));
            let conversation = ConversationId::from(sender);
            tx.ensure_conversation(&conversation, now)?;
            tx.insert_message(&NewMessage {
                conversation: &conversation,
                sender: &sender,
                outgoing: false,
                kind: MessageKind::Text,
                sent_at: now,
                received_at: now,
                body: "hi",
                raw: &[],
                swarm_hash: "",
                read_at: Timestamp::ZERO,
                state: MessageState::Received,
            })
        }
    }

    fn drain(events: &mut Events) -> Vec<&'static str> {
        std::iter::from_fn(|| events.try_next())
            .map(|event| match event {
                Event::MessageAdded(_) => "message",
                Event::ConversationChanged(_) => "conversation",
                Event::Resync => "resync",
                _ => "other",
            })
            .collect()
    }

    #[tokio::test]
    async fn a_write_tells_each_settled_row_once() {
        let (store, _folder) = ledger().await;
        let announcer = Announcer::new(store.clone());
        let mut events = announcer.listen();
        let two = |tx: &mut WriteTx<'_>| {
            says(1)(tx)?;
            says(2)(tx)
        };
        let (_, changes) = store.write("two messages", two).await.unwrap();
        announcer.announce(changes).await.unwrap();
        assert_eq!(drain(&mut events), ["conversation", "message", "message"]);
    }

    #[tokio::test]
    async fn a_row_that_is_gone_by_now_is_not_told() {
        let (store, _folder) = ledger().await;
        let announcer = Announcer::new(store.clone());
        let mut events = announcer.listen();
        let (message, changes) = store.write("a message", says(1)).await.unwrap();
        store.write("removed", move |tx| tx.remove_message(message.unwrap(), Timestamp::ZERO)).await.unwrap();
        announcer.announce(changes).await.unwrap();
        assert_eq!(drain(&mut events), ["conversation"]);
    }

    #[tokio::test]
    async fn an_older_row_is_never_told_after_a_newer_one() {
        let (store, _folder) = ledger().await;
        let announcer = Announcer::new(store.clone());
        let mut events = announcer.listen();
        let writes = (1..=60).map(|number| {
            let (store, announcer) = (store.clone(), announcer.clone());
            tokio::spawn(async move {
                let (_, changes) = store.write("a message", says(number)).await.unwrap();
                announcer.announce(changes).await.unwrap();
            })
        });
        for write in writes.collect::<Vec<_>>() {
            write.await.unwrap();
        }
        let unread: Vec<_> = std::iter::from_fn(|| events.try_next())
            .filter_map(|event| match event {
                Event::ConversationChanged(row) => Some(row.unread),
                _ => None,
            })
            .collect();
        assert!(unread.is_sorted() && unread.last() == Some(&60), "{unread:?}");
    }

    #[tokio::test]
    async fn who_falls_behind_is_told_to_read_again_and_then_hears_the_rest() {
        let (store, _folder) = ledger().await;
        let announcer = Announcer::new(store);
        let mut events = announcer.listen();
        for _ in 0..BACKLOG + 10 {
            announcer.tell(Event::ProfileChanged);
        }
        let heard = drain(&mut events);
        assert_eq!((heard[0], heard.len()), ("resync", BACKLOG + 1));
    }

    #[tokio::test]
    async fn closing_ends_the_events_after_what_was_told() {
        let (store, _folder) = ledger().await;
        let announcer = Announcer::new(store);
        let mut events = announcer.listen();
        announcer.tell(Event::ConnectionChanged(Connection::Online));
        announcer.close();
        assert!(matches!(events.next().await, Some(Event::ConnectionChanged(Connection::Online))));
        assert!(events.next().await.is_none());
        assert!(announcer.listen().next().await.is_none(), "who comes later hears the end at once");
    }
}
