//! What the system can do for us: a struct of small capabilities, each optional. Absent means that its control is not
//! drawn.
//!
//! A new capability is a new file here, with its trait, its implementations per system and its fake. This folder is the
//! only place with `cfg(target_os)`.

mod autostart;
mod clipboard;
mod files;
mod haptics;
mod key_store;
mod links;
mod notify;

use std::sync::Arc;

pub use autostart::{AtLogin, Autostart, FakeAutostart};
pub use clipboard::{Clipboard, FakeClipboard};
pub use files::{Content, FakeFiles, Files, Kept, Saving};
pub use haptics::{FakeHaptics, Haptics};
pub use key_store::{FakeKeyStore, KeyStore, Looking};
pub use links::{FakeLinks, Links};
pub use notify::{Answers, Deed, FakeNotify, Note, Notify, Tag};

/// The capabilities of this system. Cheap to clone.
#[derive(Clone, Default)]
pub struct Platform {
    /// Copies text.
    pub clipboard: Option<Arc<dyn Clipboard>>,
    /// Saves files where a person wants them.
    pub files: Option<Arc<dyn Files>>,
    /// Keeps the keys of databases where the system keeps passwords.
    pub key_store: Option<Arc<dyn KeyStore>>,
    /// Stirs under the finger.
    pub haptics: Option<Arc<dyn Haptics>>,
    /// Opens a link in the system's browser.
    pub links: Option<Arc<dyn Links>>,
    /// Shows notifications.
    pub notify: Option<Arc<dyn Notify>>,
    /// It is a telephone: its keys are on the screen, and the one for a new line has no other place.
    pub phone: bool,
    /// Starts the program at login.
    pub autostart: Option<Arc<dyn Autostart>>,
    /// There is a window that can be put away, and a way back to it.
    pub has_background: bool,
}

impl Platform {
    /// What a page can do by itself is its browser's affair; the accounts are protected as everywhere.
    pub fn of_a_page() -> Self {
        Self { key_store: key_store::of_the_system(), ..Self::default() }
    }

    /// What this desktop can do.
    #[cfg(feature = "desktop")]
    pub fn desktop() -> Self {
        Self {
            clipboard: clipboard::Desktop::new().map(|clipboard| Arc::new(clipboard) as Arc<dyn Clipboard>),
            files: files::of_the_desktop(),
            key_store: key_store::of_the_system(),
            links: Some(Arc::new(links::SystemBrowser)),
            notify: notify_of_the_desktop(),
            haptics: None,
            phone: cfg!(any(target_os = "android", target_os = "ios")),
            autostart: autostart::XdgAutostart::new().map(|autostart| Arc::new(autostart) as Arc<dyn Autostart>),
            has_background: cfg!(unix),
        }
    }
}

/// Notifications, where this desktop has a service for them that we know.
#[cfg(all(feature = "desktop", target_os = "linux"))]
fn notify_of_the_desktop() -> Option<Arc<dyn Notify>> {
    Some(Arc::new(notify::Bus::default()))
}

#[cfg(all(feature = "desktop", not(target_os = "linux")))]
fn notify_of_the_desktop() -> Option<Arc<dyn Notify>> {
    None
}
