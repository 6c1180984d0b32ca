//! A clock that a test moves: real time plus what was added. Moving it wakes every sleeper whose moment has come.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use onionskin_core::clock::{Clock, SharedClock, Sleep, Timestamp};
use tokio::sync::watch;

/// Cheap to clone; clones move together.
#[derive(Clone)]
pub struct MovedClock {
    start: Instant,
    moved: Arc<watch::Sender<Duration>>,
}

impl Default for MovedClock {
    fn default() -> Self {
        Self { start: Instant::now(), moved: Arc::new(watch::Sender::new(Duration::ZERO)) }
    }
}

impl MovedClock {
    /// Lets `duration` pass at once.
    pub fn forward(&self, duration: Duration) {
        self.moved.send_modify(|moved| *moved += duration);
    }

    /// In the shape the program takes.
    pub fn shared(&self) -> SharedClock {
        Arc::new(self.clone())
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::ZERO + SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + *self.moved.borrow()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed() + *self.moved.borrow()
    }

    fn sleep_until(&self, deadline: Duration) -> Sleep {
        let (clock, mut moved) = (self.clone(), self.moved.subscribe());
        Box::pin(async move {
            loop {
                moved.mark_unchanged();
                let Some(left) = deadline.checked_sub(clock.monotonic()).filter(|left| !left.is_zero()) else { return };
                let _ = tokio::time::timeout(left, moved.changed()).await;
            }
        })
    }
}
