//! A short stir under the finger.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the device can make a hand feel.
pub trait Haptics: Send + Sync {
    /// A finger was held still until something opened, or drew something as far as it had to.
    fn held(&self);
}

/// One that counts, for tests.
#[derive(Clone, Default)]
pub struct FakeHaptics {
    held: Arc<AtomicUsize>,
}

impl FakeHaptics {
    /// How often a finger was held.
    pub fn count(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }
}

impl Haptics for FakeHaptics {
    fn held(&self) {
        self.held.fetch_add(1, Ordering::SeqCst);
    }
}
