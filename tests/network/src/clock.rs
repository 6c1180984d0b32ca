//! The clock of a local network: real time plus an offset that tests move.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// The time that all nodes and servers of a network go by. Clones are the same clock.
///
/// Everything that depends on time uses it: expiry, the ±60 s rules, chain height, slow answers, timeouts between
/// nodes. A node can also be wrong by a constant ([`crate::Fault::Skew`]).
#[derive(Clone, Debug)]
pub struct Clock {
    offset_ms: Arc<watch::Sender<i64>>,
}

impl Clock {
    /// A clock that shows real time until it is moved.
    pub fn new() -> Self {
        Self { offset_ms: Arc::new(watch::Sender::new(0)) }
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> u64 {
        real_ms().saturating_add_signed(*self.offset_ms.borrow())
    }

    /// Moves the clock ahead. Whoever sleeps on it wakes when its moment has come.
    pub fn forward(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offset_ms.send_modify(|offset| *offset = offset.saturating_add(by));
    }

    /// Sets the distance to real time: positive is ahead. Replaces earlier moves.
    pub fn set_skew(&self, offset_ms: i64) {
        self.offset_ms.send_modify(|offset| *offset = offset_ms);
    }

    /// Makes it `now_ms` now.
    pub fn set_now_ms(&self, now_ms: u64) {
        let difference = i128::from(now_ms) - i128::from(real_ms());
        self.set_skew(i64::try_from(difference).unwrap_or(i64::MAX));
    }

    /// Ends when this clock has advanced by `duration`.
    pub async fn sleep(&self, duration: Duration) {
        let deadline = self.now_ms().saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
        let mut moved = self.offset_ms.subscribe();
        loop {
            let left = deadline.saturating_sub(self.now_ms());
            if left == 0 {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(left)) => {}
                _ = moved.changed() => {}
            }
        }
    }

    /// Runs `work` for at most `limit` on this clock; nothing when the limit passed first.
    pub(crate) async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.sleep(limit) => None,
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

fn real_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_sleeps_wakes_when_the_clock_is_moved() {
        let clock = Clock::new();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(3600)).await }
        });
        tokio::task::yield_now().await;
        clock.forward(Duration::from_secs(3600));
        sleeper.await.expect("woke");
    }

    #[test]
    fn the_clock_can_be_set() {
        let clock = Clock::new();
        clock.set_now_ms(1_774_000_000_123);
        assert!((1_774_000_000_123..1_774_000_005_000).contains(&clock.now_ms()));
        clock.set_skew(0);
        assert!(clock.now_ms().abs_diff(real_ms()) < 5_000);
    }
}
