//! The account on the screen: its lists, its name, its connection.

use std::time::Duration;

use dioxus::prelude::*;
use onionskin_core::{Client, Connection, ConversationId, DocumentState, Event, OtherDevice, SyncState, sleep};

use super::lists::{Lists, Row, Taken};
use super::use_state;

/// One account's signals. `Copy`: hand it around.
#[derive(Clone, Copy)]
pub struct Account {
    client: CopyValue<Client>,
    /// Its display name.
    pub name: Signal<String>,
    /// The main list, in the order of the screen.
    pub conversations: Signal<Vec<Row>>,
    /// Those that were archived here, in the same order.
    pub archived: Signal<Vec<Row>>,
    /// Message requests, newest first.
    pub requests: Signal<Vec<Row>>,
    /// Those that are being declined and can still be taken back.
    pub declining: Signal<Vec<ConversationId>>,
    /// What was searched for when a letter that was found was opened.
    pub searched: Signal<String>,
    /// Whether messages can leave and arrive.
    pub connection: Signal<Connection>,
    /// Counts what happened to paths and requests; screens that show them read again when it moves.
    pub network: Signal<u64>,
    /// How much of what the account remembers is here; `None` until that was read.
    pub sync: Signal<Option<SyncState>>,
    /// How much of all letters a search finds, in percent: below 100 while its index is made anew.
    pub search: Signal<u8>,
    /// The newest sign of another device of this account.
    pub other_device: Signal<Option<OtherDevice>>,
    /// The name of an account that came back had its time to be found.
    waited: Signal<bool>,
    /// The first snapshot was read.
    pub ready: Signal<bool>,
}

impl Account {
    /// Core's handle.
    pub fn client(&self) -> Client {
        self.client.peek().clone()
    }

    /// Unread messages of the main list.
    pub fn unread(&self) -> u32 {
        self.conversations.read().iter().map(|row| row.unread).sum()
    }

    /// The row of a conversation on the list or in the archive.
    pub fn listed(&self, id: &ConversationId) -> Option<Row> {
        let find = |rows: &[Row]| rows.iter().find(|row| row.id == *id).cloned();
        find(&self.conversations.read()).or_else(|| find(&self.archived.read()))
    }

    /// Message requests that wait for an answer.
    pub fn waiting(&self) -> Vec<Row> {
        let declining = self.declining.read();
        self.requests.read().iter().filter(|row| !declining.contains(&row.id)).cloned().collect()
    }

    /// Whether what the account remembers is still coming in.
    pub fn is_restoring(&self) -> bool {
        self.sync.read().as_ref().is_some_and(|sync| sync.restoring)
    }

    /// Whether the person has to say what to be called: no name is here, and the one they had was not found in time. A
    /// name that comes in later is taken all the same.
    pub fn needs_name(&self) -> bool {
        let Some(sync) = *self.sync.read() else { return false };
        let looked_for = *self.waited.read() || !sync.restoring || sync.profile == DocumentState::Absent;
        self.name.read().is_empty() && looked_for
    }
}

/// Makes the account's signals and keeps them in step with core. Once, in the component that is keyed by the account.
pub fn use_account_provider(client: &Client) -> Account {
    let account = use_context_provider(|| Account {
        client: CopyValue::new(client.clone()),
        name: Signal::new(String::new()),
        conversations: Signal::new(Vec::new()),
        archived: Signal::new(Vec::new()),
        requests: Signal::new(Vec::new()),
        declining: Signal::new(Vec::new()),
        searched: Signal::new(String::new()),
        connection: Signal::new(client.connection()),
        network: Signal::new(0),
        sync: Signal::new(None),
        search: Signal::new(100),
        other_device: Signal::new(None),
        waited: Signal::new(false),
        ready: Signal::new(false),
    });
    let state = use_state();
    use_future(move || follow(account));
    use_future(move || async move {
        let (shell, mut waited) = (state.shell(), account.waited);
        sleep(&**shell.clock(), NAME_WAIT).await;
        waited.set(true);
    });
    account
}

/// What a batch of events changed or asks to be read again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stale {
    lists: Taken,
    name: bool,
    network: bool,
    memory: bool,
    search: bool,
}

impl Stale {
    const ALL: Self = Self { lists: Taken::Stale, name: true, network: true, memory: true, search: true };

    fn note(&mut self, event: &Event, lists: &mut Lists) {
        self.lists = self.lists.and(lists.apply(event));
        match event {
            Event::ProfileChanged => self.name = true,
            Event::ConnectionChanged(_) | Event::PathsChanged => self.network = true,
            Event::SyncChanged(_) | Event::OtherDevice(_) => self.memory = true,
            Event::SearchChanged(_) => self.search = true,
            Event::Resync => *self = Self::ALL,
            _ => (),
        }
    }
}

/// Listens first, reads then: nothing falls between. A burst is one change of what is shown.
async fn follow(account: Account) {
    let client = account.client();
    let mut events = client.events();
    let (mut stale, mut lists) = (Stale::ALL, Lists::default());
    loop {
        refresh(account, stale, &mut lists).await;
        stale = Stale::default();
        let Some(event) = events.next().await else { break };
        stale.note(&event, &mut lists);
        // What belongs together comes together: a frame's worth of events is drawn once.
        tokio::time::sleep(BATCH).await;
        while let Some(event) = events.try_next() {
            stale.note(&event, &mut lists);
        }
    }
}

/// Shows the lists as they are now; reads them first when events did not say enough.
async fn show(mut account: Account, taken: Taken, lists: &mut Lists) {
    if taken == Taken::Nothing {
        return;
    }
    if taken == Taken::Stale {
        let client = account.client();
        let read = async {
            let (main, requests) = (client.conversations().await?, client.requests().await?);
            onionskin_core::Result::<_>::Ok(Lists::new(main, client.archived().await?, requests))
        };
        *lists = match read.await {
            Ok(lists) => lists,
            Err(error) => {
                tracing::warn!(?error, "lists could not be read");
                return;
            }
        };
        set(&mut account.ready, true);
    }
    set(&mut account.conversations, lists.conversations().to_vec());
    set(&mut account.archived, lists.archived().to_vec());
    set(&mut account.requests, lists.requests().to_vec());
}

async fn refresh(mut account: Account, stale: Stale, lists: &mut Lists) {
    let client = account.client();
    // What stands above the lists comes before them: nothing is pushed away under a hand.
    if stale.memory {
        match (client.sync_state().await, client.other_device().await) {
            (Ok(sync), Ok(other)) => {
                set(&mut account.sync, Some(sync));
                set(&mut account.other_device, other);
            }
            (Err(error), _) | (_, Err(error)) => tracing::warn!(?error, "the account's memory could not be read"),
        }
    }
    show(account, stale.lists, lists).await;
    if stale.name
        && let Ok(name) = client.display_name().await
    {
        set(&mut account.name, name);
    }
    if stale.search
        && let Ok(percent) = client.search_percent().await
    {
        set(&mut account.search, percent);
    }
    if stale.network {
        set(&mut account.connection, client.connection());
        *account.network.write() += 1;
    }
}

/// Sets a signal only when something is different, so that nothing is drawn for nothing.
fn set<T: PartialEq + 'static>(signal: &mut Signal<T>, value: T) {
    if *signal.peek() != value {
        signal.set(value);
    }
}

/// How long the name of an account that comes back is waited for before the person is asked; other Session apps give it
/// as long.
const NAME_WAIT: Duration = Duration::from_secs(15);
const BATCH: Duration = Duration::from_millis(16);
