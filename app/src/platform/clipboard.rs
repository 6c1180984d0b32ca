//! The clipboard.

use std::sync::{Arc, Mutex, PoisonError};

/// Holds what was copied last.
pub trait Clipboard: Send + Sync {
    /// Puts text there. `false` when the system refused.
    fn copy(&self, text: &str) -> bool;

    /// Empties it if it still holds `text`; what somebody copied since stays.
    fn clear_if(&self, text: &str);
}

/// A clipboard in memory, for tests.
#[derive(Clone, Default)]
pub struct FakeClipboard {
    held: Arc<Mutex<String>>,
}

impl FakeClipboard {
    /// What it holds.
    pub fn text(&self) -> String {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Clipboard for FakeClipboard {
    fn copy(&self, text: &str) -> bool {
        text.clone_into(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner));
        true
    }

    fn clear_if(&self, text: &str) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if *held == text {
            held.clear();
        }
    }
}

/// The clipboard of the desktop. The handle is kept: on X11 whoever copied serves the text.
#[cfg(feature = "desktop")]
pub struct Desktop {
    clipboard: Mutex<arboard::Clipboard>,
}

#[cfg(feature = "desktop")]
impl Desktop {
    /// `None` when there is no clipboard.
    pub fn new() -> Option<Self> {
        Some(Self { clipboard: Mutex::new(arboard::Clipboard::new().ok()?) })
    }
}

#[cfg(feature = "desktop")]
impl Clipboard for Desktop {
    fn copy(&self, text: &str) -> bool {
        self.clipboard.lock().unwrap_or_else(PoisonError::into_inner).set_text(text).is_ok()
    }

    fn clear_if(&self, text: &str) {
        let mut clipboard = self.clipboard.lock().unwrap_or_else(PoisonError::into_inner);
        if clipboard.get_text().is_ok_and(|held| held == text) {
            let _ = clipboard.clear();
        }
    }
}
