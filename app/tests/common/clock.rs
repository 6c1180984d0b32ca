//! A clock that a test moves: real time plus what was added, or, where a test says so, what was added and nothing else.
//! Moving it wakes every sleeper whose moment has come.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use onionskin_core::{Clock, SharedClock, Sleep, Timestamp};
use tokio::sync::watch;

/// Cheap to clone; clones move together.
#[derive(Clone)]
pub struct MovedClock {
    /// When it began; `None` for one that stands still.
    start: Option<Instant>,
    began: Timestamp,
    moved: Arc<watch::Sender<Duration>>,
}

impl Default for MovedClock {
    fn default() -> Self {
        let began = Timestamp::ZERO + SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Self { start: Some(Instant::now()), began, moved: Arc::new(watch::Sender::new(Duration::ZERO)) }
    }
}

impl MovedClock {
    /// One that stands still until it is moved: for what must not be so before its moment, however slow the machine is.
    pub fn standing() -> Self {
        Self { start: None, ..Self::default() }
    }

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
        self.began + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        self.start.map_or(Duration::ZERO, |start| start.elapsed()) + *self.moved.borrow()
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
