//! Notifications for letters that nobody looks at.
//!
//! One task for each open account, started by the shell with the account and ended with it; screens come and go
//! meanwhile. What arrives together is told together: letters are gathered until nothing came for a moment, then
//! [`decide`] says what is shown: one note for each conversation, or one that sums up; never for people who are blocked
//! or muted, never for the conversation that somebody is looking at, and never more than the person allows to be shown.
//!
//! A note goes when its letters are read, here or on another device, when one of them is deleted, and when the account
//! is locked. What a person does with one ([`Deed`]) is done here, but for opening it: that is the interface's
//! ([`Notices::called`]).

mod decide;
mod standing;
mod watcher;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use onionskin_core::{AccountId, Client, Conversation, ConversationId, Draft, SharedClock};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

pub use decide::{Arrived, Letter, Told, decide};
use standing::{About, Standing};
use watcher::Watcher;

use crate::platform::{Answers, Deed, Note, Notify};
use crate::preferences::{NotificationContent, Preferences};
use crate::text::Texts;

/// What a person looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The account on the screen.
    pub account: AccountId,
    /// The conversation in front, if one is.
    pub conversation: Option<ConversationId>,
    /// The interface is seen and has the keyboard.
    pub focused: bool,
}

/// What a person wants to see who opened a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Of this account.
    pub account: AccountId,
    /// This conversation; `None` for the list.
    pub conversation: Option<ConversationId>,
}

/// The tasks of all open accounts. Cheap to clone.
#[derive(Clone)]
pub struct Notices {
    inner: Arc<Inner>,
}

struct Inner {
    /// `None` where the system shows no notifications.
    notify: Option<Arc<dyn Notify>>,
    preferences: watch::Receiver<Preferences>,
    /// The command line's.
    language: Option<String>,
    clock: SharedClock,
    looked: Mutex<Option<Looked>>,
    standing: Mutex<Standing>,
    tasks: Mutex<BTreeMap<AccountId, (Client, JoinHandle<()>)>>,
    called: watch::Sender<Option<Called>>,
    /// Deeds are heard from the first account on.
    hears: Once,
}

impl Notices {
    /// Shows notes by `notify`, as the preferences allow, in `language` where the command line named one.
    pub fn new(
        notify: Option<Arc<dyn Notify>>,
        preferences: watch::Receiver<Preferences>,
        language: Option<String>,
        clock: SharedClock,
    ) -> Self {
        let inner = Inner {
            notify,
            preferences,
            language,
            clock,
            looked: Mutex::default(),
            standing: Mutex::default(),
            tasks: Mutex::default(),
            called: watch::Sender::new(None),
            hears: Once::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Notes what a person looks at now.
    pub fn look(&self, looked: Option<Looked>) {
        *locked(&self.inner.looked) = looked;
    }

    /// What a person wants to see who opened a notification, from now on.
    pub fn called(&self) -> watch::Receiver<Option<Called>> {
        self.inner.called.subscribe()
    }

    /// Listens to this account until it is closed. Called again, nothing changes. Does nothing where the system shows
    /// no notifications. Must be called inside a runtime.
    pub fn listen(&self, client: &Client) {
        let Some(notify) = self.inner.notify.clone() else { return };
        self.inner.hears.call_once(|| self.hear(&*notify));
        // What runs goes on: its notes stand, and what it gathered is told.
        let runs =
            |(other, task): &(Client, JoinHandle<()>)| other.opening() == client.opening() && !task.is_finished();
        if locked(&self.inner.tasks).get(&client.account_id()).is_some_and(runs) {
            return;
        }
        let watcher = Watcher { notices: self.clone() };
        // From now on, not from when the task first runs.
        let events = client.events();
        let task = tokio::spawn(watcher.follow(client.clone(), events));
        let mut tasks = locked(&self.inner.tasks);
        tasks.retain(|_, (_, task)| !task.is_finished());
        if let Some((_, before)) = tasks.insert(client.account_id(), (client.clone(), task)) {
            before.abort();
        }
    }

    /// Does what people do with notes, for as long as the program runs.
    fn hear(&self, notify: &dyn Notify) {
        let (tell, mut told) = mpsc::unbounded_channel();
        notify.listen(tell);
        // The program ends with the shell, which holds this.
        let inner = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            while let Some(deed) = told.recv().await {
                let Some(inner) = inner.upgrade() else { return };
                Self { inner }.does(deed).await;
            }
        });
    }

    async fn does(&self, deed: Deed) {
        let tag = match &deed {
            Deed::Opened(tag) | Deed::Read(tag) | Deed::Answered(tag, _) => *tag,
        };
        let Some(About { account, conversation, .. }) = locked(&self.inner.standing).about(tag).cloned() else {
            return;
        };
        if matches!(deed, Deed::Opened(_)) {
            self.inner.called.send_replace(Some(Called { account, conversation }));
            return;
        }
        if matches!(&deed, Deed::Answered(_, text) if text.trim().is_empty()) {
            return;
        }
        let client = locked(&self.inner.tasks).get(&account).map(|(client, _)| client.clone());
        let (Some(client), Some(id)) = (client, conversation) else { return };
        let conversation = client.conversation(&id);
        let done = match deed {
            Deed::Answered(_, text) => match conversation.send(Draft::text(text.as_str())).await {
                Ok(_) => conversation.mark_read().await.map(|_| ()),
                Err(error) => {
                    keep(&conversation, &text).await;
                    Err(error)
                }
            },
            Deed::Opened(_) | Deed::Read(_) => conversation.mark_read().await.map(|_| ()),
        };
        match done {
            Ok(()) => self.withdraw(locked(&self.inner.standing).take(&account, Some(&id))),
            // It stays, and what was written is in the composer.
            Err(error) => {
                tracing::warn!(?error, "what was done with a notification failed");
                self.inner.called.send_replace(Some(Called { account, conversation: Some(id) }));
            }
        }
    }

    /// Shows what was decided.
    fn show(&self, account: AccountId, told: Told, texts: &Texts) {
        let Some(notify) = &self.inner.notify else { return };
        let Told { conversation, letters, title, text, answerable } = told;
        let tag = locked(&self.inner.standing).tag(About { account, conversation, letters });
        let say = |key| texts.say_plainly(key, &[]);
        let answers = answerable.then(|| Answers { answer: say("notice-answer"), read: say("people-mark-read") });
        notify.show(Note { tag, title, text, answers });
    }

    fn withdraw(&self, tags: impl IntoIterator<Item = u64>) {
        let Some(notify) = &self.inner.notify else { return };
        for tag in tags {
            notify.withdraw(tag);
        }
    }

    /// The conversation of this account that somebody looks at.
    fn seen(&self, account: &AccountId) -> Option<ConversationId> {
        let looked = locked(&self.inner.looked);
        let looked = looked.as_ref().filter(|looked| looked.focused && looked.account == *account)?;
        looked.conversation.clone()
    }

    /// What may be shown now, and in which language.
    fn allowed(&self) -> (NotificationContent, Texts) {
        let preferences = self.inner.preferences.borrow();
        (preferences.notifications, Texts::chosen(self.inner.language.as_deref(), &preferences))
    }

    fn several_accounts(&self) -> bool {
        locked(&self.inner.tasks).values().filter(|(_, task)| !task.is_finished()).count() > 1
    }
}

/// What could not be sent stands in the composer, in front of what was typed there.
async fn keep(conversation: &Conversation, text: &str) {
    let row = conversation.row().await.ok().flatten();
    let (draft, answers) = row.map(|row| (row.draft, row.draft_answers)).unwrap_or_default();
    let all = if draft.is_empty() { text.to_owned() } else { format!("{text}\n{draft}") };
    if let Err(error) = conversation.set_draft(&all, answers).await {
        tracing::warn!(?error, "an answer could not be kept");
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
