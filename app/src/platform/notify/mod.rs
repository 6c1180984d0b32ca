//! Notifications, and what a person does with one.

#[cfg(all(feature = "desktop", target_os = "linux"))]
mod bus;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;

#[cfg(all(feature = "desktop", target_os = "linux"))]
pub use bus::Bus;

/// Names a notification. One that is shown under the tag of another takes its place.
pub type Tag = u64;

/// What a notification says; already cut down to what the person allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its name.
    pub tag: Tag,
    /// The first line.
    pub title: String,
    /// The rest; may be empty.
    pub text: String,
    /// It can be answered and marked as read where it stands.
    pub answers: Option<Answers>,
}

/// What the buttons of a notification say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The one that answers in place, where the system can.
    pub answer: String,
    /// The one that marks as read.
    pub read: String,
}

/// What a person did with a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Wants to see what it is about.
    Opened(Tag),
    /// Has read it.
    Read(Tag),
    /// Answered it with this text.
    Answered(Tag, String),
}

/// Shows notifications.
pub trait Notify: Send + Sync {
    /// Shows one. Never waits for the person or for the system.
    fn show(&self, note: Note);

    /// Takes one away; nothing where it is gone already.
    fn withdraw(&self, tag: Tag);

    /// From now on what people do with notifications is told here.
    fn listen(&self, told: UnboundedSender<Deed>);
}

/// Keeps notifications in memory, for tests.
#[derive(Clone, Default)]
pub struct FakeNotify {
    inner: Arc<Mutex<Fake>>,
}

#[derive(Default)]
struct Fake {
    shown: Vec<Note>,
    standing: Vec<Note>,
    told: Option<UnboundedSender<Deed>>,
}

impl FakeNotify {
    /// Everything that was ever shown.
    pub fn shown(&self) -> Vec<Note> {
        self.with(|fake| fake.shown.clone())
    }

    /// What can be seen now.
    pub fn standing(&self) -> Vec<Note> {
        self.with(|fake| fake.standing.clone())
    }

    /// A person does something.
    pub fn tell(&self, deed: Deed) {
        self.with(|fake| fake.told.as_ref().is_some_and(|told| told.send(deed).is_ok()));
    }

    fn with<T>(&self, work: impl FnOnce(&mut Fake) -> T) -> T {
        work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Notify for FakeNotify {
    fn show(&self, note: Note) {
        self.with(|fake| {
            fake.standing.retain(|other| other.tag != note.tag);
            fake.standing.push(note.clone());
            fake.shown.push(note);
        });
    }

    fn withdraw(&self, tag: Tag) {
        self.with(|fake| fake.standing.retain(|other| other.tag != tag));
    }

    fn listen(&self, told: UnboundedSender<Deed>) {
        self.with(|fake| fake.told = Some(told));
    }
}
