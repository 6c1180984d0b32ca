//! Notifications for letters that nobody looks at.
//!
//! One task for each open account, started by the shell with the account and ended with it; screens come and go
//! meanwhile. What arrives together is told together: letters are gathered until nothing came for a moment, then
//! [`decide`] says what is shown. At most [`SINGLE`] notes, otherwise one that sums up; never for people who are
//! blocked, never for the conversation that somebody is looking at, and never more than the person allows to be shown.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use onionskin_core::{
    AccountId, Before, Client, ConversationId, ConversationRow, Event, Events, Kind, MessageKind, MessageRow,
    SharedClock, Timestamp,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::platform::{Note, Notify};
use crate::preferences::{NotificationContent, Preferences};
use crate::text::{Texts, plain};

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
    tasks: Mutex<BTreeMap<AccountId, JoinHandle<()>>>,
}

impl Notices {
    /// Shows notes by `notify`, as the preferences allow, in `language` where the command line named one.
    pub fn new(
        notify: Option<Arc<dyn Notify>>,
        preferences: watch::Receiver<Preferences>,
        language: Option<String>,
        clock: SharedClock,
    ) -> Self {
        let (looked, tasks) = (Mutex::default(), Mutex::default());
        Self { inner: Arc::new(Inner { notify, preferences, language, clock, looked, tasks }) }
    }

    /// Notes what a person looks at now.
    pub fn look(&self, looked: Option<Looked>) {
        *locked(&self.inner.looked) = looked;
    }

    /// Listens to this account until it is closed. Called again, it listens anew. Does nothing where the system shows
    /// no notifications. Must be called inside a runtime.
    pub fn listen(&self, client: &Client) {
        let Some(notify) = self.inner.notify.clone() else { return };
        let watcher = Watcher { notices: self.clone(), notify };
        // From now on, not from when the task first runs.
        let events = client.events();
        let task = tokio::spawn(watcher.follow(client.clone(), events));
        let mut tasks = locked(&self.inner.tasks);
        tasks.retain(|_, task| !task.is_finished());
        if let Some(before) = tasks.insert(client.account_id(), task) {
            before.abort();
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
        locked(&self.inner.tasks).values().filter(|task| !task.is_finished()).count() > 1
    }
}

/// A letter that came in and may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Where it stands.
    pub conversation: ConversationId,
    /// What the writer is called here.
    pub name: String,
    /// Its text; `None` when this version cannot show it.
    pub text: Option<String>,
    /// A stranger wrote it.
    pub request: bool,
}

/// What came in within a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// Letters, oldest first.
    pub letters: Vec<Letter>,
    /// Letters of which only the number is known, because there were too many to hear of each.
    pub uncounted: u32,
}

/// What is shown for it. `to` names the account when several are open. Pure.
pub fn decide(arrived: &Arrived, content: NotificationContent, to: Option<&str>, texts: &Texts) -> Vec<Note> {
    let count = u32::try_from(arrived.letters.len()).unwrap_or(u32::MAX).saturating_add(arrived.uncounted);
    if arrived.uncounted > 0 || arrived.letters.len() > SINGLE {
        let text = match content {
            NotificationContent::Nothing => texts.say_plainly("notice-something", &[]),
            _ => texts.say_plainly("notice-many", &[("count", count.into())]),
        };
        return vec![Note { title: addressed("Onionskin", content, to, texts), text }];
    }
    let mut told = Vec::new();
    let mut notes = Vec::new();
    for letter in &arrived.letters {
        // A stranger is announced once, and nothing of theirs is shown before somebody accepts them.
        if letter.request && told.contains(&&letter.conversation) {
            continue;
        }
        told.push(&letter.conversation);
        let note = match (content, letter.request) {
            (NotificationContent::Nothing, _) => Note {
                title: addressed("Onionskin", content, to, texts),
                text: texts.say_plainly("notice-something", &[]),
            },
            (_, true) => Note {
                title: addressed(&texts.say_plainly("notice-request", &[]), content, to, texts),
                text: texts.say_plainly("notice-request-text", &[]),
            },
            (content, false) => Note {
                title: addressed(&plain(&letter.name), content, to, texts),
                text: match (&letter.text, content) {
                    (Some(text), NotificationContent::NameAndText) => shortened(text),
                    _ => texts.say_plainly("notice-letter", &[]),
                },
            },
        };
        notes.push(note);
    }
    notes.dedup();
    notes
}

/// A title that says for whom, where that is not clear and may be shown.
fn addressed(title: &str, content: NotificationContent, to: Option<&str>, texts: &Texts) -> String {
    match to {
        Some(to) if content != NotificationContent::Nothing => {
            texts.say_plainly("notice-to", &[("title", title.into()), ("account", to.into())])
        }
        _ => title.to_owned(),
    }
}

/// The beginning of a text without marks that turn directions, whole user-perceived characters. One of them may be made
/// of thousands of code points, so these are counted too.
fn shortened(text: &str) -> String {
    use unicode_segmentation::UnicodeSegmentation as _;
    let text = plain(text);
    let (mut short, mut points) = (String::new(), 0);
    for (number, letter) in text.graphemes(true).enumerate() {
        points += letter.chars().count();
        if number >= LONGEST_TEXT || points > MOST_POINTS {
            if short.is_empty() {
                short.extend(letter.chars().take(MOST_POINTS));
            }
            short.push('…');
            break;
        }
        short.push_str(letter);
    }
    short
}

/// One account's listener.
struct Watcher {
    notices: Notices,
    notify: Arc<dyn Notify>,
}

/// What was heard and not told yet.
#[derive(Default)]
struct Heard {
    rows: Vec<Arc<MessageRow>>,
    missed: bool,
}

impl Heard {
    fn is_empty(&self) -> bool {
        self.rows.is_empty() && !self.missed
    }

    fn note(&mut self, event: Event, unread: &mut HashMap<ConversationId, u32>) {
        match event {
            Event::MessageAdded(row) if is_letter(&row) => self.rows.push(row),
            Event::ConversationChanged(row) => {
                unread.insert(row.id.clone(), row.unread);
            }
            Event::Resync => self.missed = true,
            _ => (),
        }
    }
}

impl Watcher {
    async fn follow(self, client: Client, mut events: Events) {
        let clock = &self.notices.inner.clock;
        let mut unread = HashMap::new();
        for row in client.conversations().await.unwrap_or_default() {
            unread.insert(row.id, row.unread);
        }
        loop {
            let mut heard = Heard::default();
            while heard.is_empty() {
                let Some(event) = events.next().await else { return };
                heard.note(event, &mut unread);
            }
            let latest = clock.monotonic() + GATHER_LONGEST;
            loop {
                let quiet = (clock.monotonic() + GATHER).min(latest);
                tokio::select! {
                    biased;
                    () = clock.sleep_until(quiet) => break,
                    event = events.next() => match event {
                        Some(event) => heard.note(event, &mut unread),
                        None => return,
                    },
                }
            }
            let several = self.notices.several_accounts();
            let to = if several { client.display_name().await.ok() } else { None };
            let arrived = self.arrived(&client, heard, &mut unread).await;
            let (content, texts) = self.notices.allowed();
            for note in decide(&arrived, content, to.as_deref(), &texts) {
                self.notify.show(note);
            }
        }
    }

    /// Looks up who wrote, and leaves out what is blocked, read already or in sight.
    async fn arrived(&self, client: &Client, heard: Heard, unread: &mut HashMap<ConversationId, u32>) -> Arrived {
        let seen = self.notices.seen(&client.account_id());
        let mut arrived = Arrived::default();
        if heard.missed {
            for row in client.conversations().await.unwrap_or_default() {
                let before = unread.insert(row.id.clone(), row.unread).unwrap_or_default();
                // A stranger who was announced already is not announced again.
                let known_stranger = !row.approved && before > 0;
                if !row.blocked && !known_stranger && Some(&row.id) != seen.as_ref() {
                    arrived.uncounted += row.unread.saturating_sub(before);
                }
            }
            return arrived;
        }
        let mut known: HashMap<ConversationId, Option<ConversationRow>> = HashMap::new();
        let mut wrote_before = HashMap::new();
        for message in &heard.rows {
            let id = &message.conversation;
            if !known.contains_key(id) {
                let row = client.conversation(id).row().await.ok().flatten();
                known.insert(id.clone(), row);
            }
            let Some(Some(row)) = known.get(id) else { continue };
            if Some(id) == seen.as_ref() || row.blocked || row.unread == 0 || row.kind != Kind::Private {
                continue;
            }
            if !row.approved {
                if !wrote_before.contains_key(id) {
                    let now = heard.rows.iter().filter(|heard| heard.conversation == *id).count();
                    wrote_before.insert(id.clone(), has_more_than(client, id, now).await);
                }
                if wrote_before.get(id) == Some(&true) {
                    continue;
                }
            }
            arrived.letters.push(Letter {
                conversation: id.clone(),
                name: crate::text::person_name(&message.sender, &row.name),
                text: (message.kind == MessageKind::Text).then(|| message.body.clone()),
                request: !row.approved,
            });
        }
        arrived
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

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// More letters than this within a moment become one note: a screen full of notes says less than a number.
const SINGLE: usize = 3;
/// So long nothing must come before what came is told. A poll brings its letters within milliseconds.
const GATHER: Duration = Duration::from_millis(250);
/// So long at most, however much comes.
const GATHER_LONGEST: Duration = Duration::from_secs(1);
/// Letters of a text in a note; the desktop shows a few lines.
const LONGEST_TEXT: usize = 240;
/// Code points of a text in a note. Letters of several (families, marks) are common, letters of thousands an attack.
const MOST_POINTS: usize = 900;

#[cfg(test)]
mod tests;
