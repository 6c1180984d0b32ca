//! Links that a person confirmed.

use std::sync::{Arc, Mutex, PoisonError};

/// Opens links outside of the program.
pub trait Links: Send + Sync {
    /// Opens this address in the system's browser. `false` when there is none.
    fn open(&self, address: &str) -> bool;
}

/// Notes what would be opened, for tests.
#[derive(Clone, Default)]
pub struct FakeLinks {
    opened: Arc<Mutex<Vec<String>>>,
}

impl FakeLinks {
    /// Everything that was opened.
    pub fn opened(&self) -> Vec<String> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Links for FakeLinks {
    fn open(&self, address: &str) -> bool {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).push(address.to_owned());
        true
    }
}

/// The browser of the system.
#[cfg(feature = "desktop")]
pub struct SystemBrowser;

#[cfg(feature = "desktop")]
impl Links for SystemBrowser {
    fn open(&self, address: &str) -> bool {
        webbrowser::open(address).is_ok()
    }
}
