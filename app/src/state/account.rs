//! The account on the screen: its lists, its name, its connection.

use std::time::Duration;

use dioxus::prelude::*;
use onionskin_core::client::{Client, ConversationRow, Event};
use onionskin_core::event::Connection;

/// One account's signals. `Copy`: hand it around.
#[derive(Clone, Copy)]
pub struct Account {
    client: CopyValue<Client>,
    /// Its display name.
    pub name: Signal<String>,
    /// The main list, in the order of the screen.
    pub conversations: Signal<Vec<ConversationRow>>,
    /// Message requests, newest first.
    pub requests: Signal<Vec<ConversationRow>>,
    /// Whether messages can leave and arrive.
    pub connection: Signal<Connection>,
    /// Counts what happened to paths and requests; screens that show them read again when it moves.
    pub network: Signal<u64>,
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
}

/// Makes the account's signals and keeps them in step with core. Once, in the component that is keyed by the account.
pub fn use_account_provider(client: &Client) -> Account {
    let account = use_context_provider(|| Account {
        client: CopyValue::new(client.clone()),
        name: Signal::new(String::new()),
        conversations: Signal::new(Vec::new()),
        requests: Signal::new(Vec::new()),
        connection: Signal::new(client.connection()),
        network: Signal::new(0),
        ready: Signal::new(false),
    });
    use_future(move || follow(account));
    account
}

/// What a batch of events asks to be read again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stale {
    lists: bool,
    name: bool,
    network: bool,
}

impl Stale {
    const ALL: Self = Self { lists: true, name: true, network: true };

    fn note(&mut self, event: &Event) {
        match event {
            Event::ConversationChanged(_) | Event::ConversationRemoved(_) => self.lists = true,
            Event::ProfileChanged => self.name = true,
            Event::ConnectionChanged(_) | Event::PathsChanged => self.network = true,
            Event::Resync => *self = Self::ALL,
            _ => (),
        }
    }
}

/// Listens first, reads then: nothing falls between. A burst is one reading.
async fn follow(account: Account) {
    let client = account.client();
    let mut events = client.events();
    let mut stale = Stale::ALL;
    loop {
        refresh(account, stale).await;
        stale = Stale::default();
        let Some(event) = events.next().await else { break };
        stale.note(&event);
        // What belongs together comes together: a frame's worth of events is read once.
        tokio::time::sleep(BATCH).await;
        while let Some(event) = events.try_next() {
            stale.note(&event);
        }
    }
}

async fn refresh(mut account: Account, stale: Stale) {
    let client = account.client();
    if stale.lists {
        match (client.conversations().await, client.requests().await) {
            (Ok(conversations), Ok(requests)) => {
                set(&mut account.conversations, conversations);
                set(&mut account.requests, requests);
                set(&mut account.ready, true);
            }
            (Err(error), _) | (_, Err(error)) => tracing::warn!(?error, "lists could not be read"),
        }
    }
    if stale.name
        && let Ok(name) = client.display_name().await
    {
        set(&mut account.name, name);
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

const BATCH: Duration = Duration::from_millis(16);
