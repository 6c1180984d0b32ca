//! Listens to one account.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use onionskin_core::{
    Before, BoundedRequests, Client, ConversationId, ConversationRow, Event, Events, Kind, MessageKind, MessageRow,
    Timestamp, bounded,
};

use super::{Arrived, Letter, Notices, decide, locked};

/// One account's listener.
pub(super) struct Watcher {
    pub(super) notices: Notices,
}

/// What was heard and not told yet.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) rows: Vec<Arc<MessageRow>>,
    pub(super) missed: bool,
}

/// How many letters of each conversation are unread.
pub(super) type Unread = HashMap<ConversationId, u32>;

impl Heard {
    fn is_empty(&self) -> bool {
        self.rows.is_empty() && !self.missed
    }
}

impl Watcher {
    /// Tells what comes until the account is closed; then nothing of it stays on the desktop.
    pub(super) async fn follow(self, client: Client, mut events: Events) {
        let clock = &self.notices.inner.clock;
        let mut unread = HashMap::new();
        for row in client.conversations().await.unwrap_or_default() {
            unread.insert(row.id, row.unread);
        }
        let _withdrawn = Withdrawn { notices: &self.notices, client: &client };
        loop {
            let mut heard = Heard::default();
            while heard.is_empty() {
                let Some(event) = events.next().await else { return };
                self.note(&client, &mut heard, event, &mut unread);
            }
            let latest = clock.monotonic() + GATHER_LONGEST;
            loop {
                let quiet = (clock.monotonic() + GATHER).min(latest);
                tokio::select! {
                    biased;
                    () = clock.sleep_until(quiet) => break,
                    event = events.next() => match event {
                        Some(event) => self.note(&client, &mut heard, event, &mut unread),
                        None => return,
                    },
                }
            }
            let several = self.notices.several_accounts();
            let to = if several { client.display_name().await.ok() } else { None };
            let arrived = self.arrived(&client, heard, &mut unread).await;
            let (content, texts) = self.notices.allowed();
            for told in decide(&arrived, content, to.as_deref(), &texts) {
                self.notices.show(client.account_id(), told, &texts);
            }
        }
    }

    /// Takes one event in. What is read or gone is withdrawn at once.
    fn note(&self, client: &Client, heard: &mut Heard, event: Event, unread: &mut Unread) {
        let account = client.account_id();
        let gone = match event {
            Event::MessageAdded(row) => {
                if is_letter(&row) {
                    heard.rows.push(row);
                }
                return;
            }
            Event::ConversationChanged(row) => {
                unread.insert(row.id.clone(), row.unread);
                let mut standing = locked(&self.notices.inner.standing);
                let read = if row.unread == 0 || row.blocked { standing.take(&account, Some(&row.id)) } else { None };
                let all = if unread.values().all(|count| *count == 0) { standing.take(&account, None) } else { None };
                [read, all]
            }
            Event::ConversationRemoved(id) => {
                unread.remove(&id);
                [locked(&self.notices.inner.standing).take(&account, Some(&id)), None]
            }
            Event::MessageChanged(row) if row.kind == MessageKind::Deleted => {
                heard.rows.retain(|heard| heard.id != row.id);
                [locked(&self.notices.inner.standing).take_letter(&account, row.id), None]
            }
            Event::MessageRemoved { message, .. } => {
                heard.rows.retain(|heard| heard.id != message);
                [locked(&self.notices.inner.standing).take_letter(&account, message), None]
            }
            Event::Resync => {
                heard.missed = true;
                // Letters that notes show may be gone; what is unread is summed up anew.
                let all = locked(&self.notices.inner.standing).take_all(&account);
                self.notices.withdraw(all);
                return;
            }
            _ => return,
        };
        self.notices.withdraw(gone.into_iter().flatten());
    }

    /// Looks up who wrote, and leaves out what is blocked, muted, read already, in sight, or one request too many.
    pub(super) async fn arrived(&self, client: &Client, heard: Heard, unread: &mut Unread) -> Arrived {
        let seen = self.notices.seen(&client.account_id());
        let now = self.notices.inner.clock.now();
        let mut arrived = Arrived::default();
        if heard.missed {
            for row in client.conversations().await.unwrap_or_default() {
                let before = unread.insert(row.id.clone(), row.unread).unwrap_or_default();
                // A stranger who was announced already is not announced again.
                let known_stranger = !row.approved && before > 0;
                let quiet = row.blocked || row.is_muted(now);
                if !quiet && !known_stranger && Some(&row.id) != seen.as_ref() {
                    arrived.uncounted += row.unread.saturating_sub(before);
                }
            }
            return arrived;
        }
        let mut known: HashMap<ConversationId, Option<ConversationRow>> = HashMap::new();
        let mut announced = Strangers::default();
        for message in &heard.rows {
            let id = &message.conversation;
            if !known.contains_key(id) {
                let row = client.conversation(id).row().await.ok().flatten();
                known.insert(id.clone(), row);
            }
            let Some(Some(row)) = known.get(id) else { continue };
            let quiet = row.blocked || row.is_muted(now) || row.unread == 0 || row.kind != Kind::Private;
            if quiet || Some(id) == seen.as_ref() {
                continue;
            }
            if !row.approved && !announced.is_new(client, id, &heard).await {
                continue;
            }
            arrived.letters.push(Letter {
                message: message.id,
                conversation: id.clone(),
                name: crate::text::person_name(&message.sender, &row.name),
                text: (message.kind == MessageKind::Text).then(|| message.body.clone()),
                request: !row.approved,
                content: row.notice_content,
            });
        }
        arrived
    }
}

/// Strangers whose letters are told: each once, and no more of them than stand on the list of requests at once.
#[derive(Default)]
struct Strangers {
    asked: HashMap<ConversationId, bool>,
    held_back: Option<BoundedRequests>,
}

impl Strangers {
    async fn is_new(&mut self, client: &Client, id: &ConversationId, heard: &Heard) -> bool {
        if let Some(new) = self.asked.get(id) {
            return *new;
        }
        let now = heard.rows.iter().filter(|heard| heard.conversation == *id).count();
        let new = !has_more_than(client, id, now).await && self.is_shown(client, id).await;
        self.asked.insert(id.clone(), new);
        new
    }

    async fn is_shown(&mut self, client: &Client, id: &ConversationId) -> bool {
        if self.held_back.is_none() {
            let requests: Vec<_> = client.requests().await.unwrap_or_default().into_iter().map(Arc::new).collect();
            self.held_back = Some(bounded(&requests));
        }
        self.held_back.as_ref().is_some_and(|requests| !requests.holds_back(id))
    }
}

/// Takes all notes of an account away when nobody listens to it any more.
struct Withdrawn<'a> {
    notices: &'a Notices,
    client: &'a Client,
}

impl Drop for Withdrawn<'_> {
    fn drop(&mut self) {
        let account = self.client.account_id();
        let tags = locked(&self.notices.inner.standing).take_all(&account);
        self.notices.withdraw(tags);
        // The keys leave memory with the last handle.
        let mut tasks = locked(&self.notices.inner.tasks);
        if tasks.get(&account).is_some_and(|(client, _)| client.opening() == self.client.opening()) {
            tasks.remove(&account);
        }
    }
}

/// Somebody else wrote it, and it was not read on another device already.
fn is_letter(row: &MessageRow) -> bool {
    !row.outgoing && row.read_at == Timestamp::ZERO && matches!(row.kind, MessageKind::Text | MessageKind::NewerFormat)
}

/// Whether more letters stand in this conversation: then whoever wrote was announced before.
async fn has_more_than(client: &Client, id: &ConversationId, letters: usize) -> bool {
    let one_more = u32::try_from(letters).unwrap_or(u32::MAX).saturating_add(1);
    let rows = client.conversation(id).messages(Before::Latest, one_more).await.unwrap_or_default();
    rows.iter().filter(|row| !row.outgoing).count() > letters
}

/// So long nothing must come before what came is told. A poll brings its letters within milliseconds.
const GATHER: Duration = Duration::from_millis(250);
/// So long at most, however much comes.
const GATHER_LONGEST: Duration = Duration::from_secs(1);
