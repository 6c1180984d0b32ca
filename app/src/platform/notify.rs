//! Notifications.

use std::sync::{Arc, Mutex, PoisonError};

/// What a notification says; already cut down to what the person allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The first line.
    pub title: String,
    /// The rest; may be empty.
    pub text: String,
}

/// Shows notifications.
pub trait Notify: Send + Sync {
    /// Shows one. Never waits for the person or for the system.
    fn show(&self, note: Note);
}

/// Keeps notifications in memory, for tests.
#[derive(Clone, Default)]
pub struct FakeNotify {
    shown: Arc<Mutex<Vec<Note>>>,
}

impl FakeNotify {
    /// Everything that was shown.
    pub fn shown(&self) -> Vec<Note> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Notify for FakeNotify {
    fn show(&self, note: Note) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }
}

/// The desktop's notifications, over D-Bus.
#[cfg(feature = "desktop")]
pub struct Bus;

#[cfg(feature = "desktop")]
impl Notify for Bus {
    fn show(&self, note: Note) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            // Servers read the body as markup; foreign text must not become any.
            let text = note.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let mut notification = notify_rust::Notification::new();
            notification.appname("Onionskin").summary(&note.title).body(&text).icon("onionskin");
            if let Err(error) = notification.show_async().await {
                tracing::debug!(%error, "notification was not shown");
            }
        });
    }
}
