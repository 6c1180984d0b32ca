//! The clock of a world: real time plus an offset that a story moves.
//!
//! Core reads it through [`Clock`]; moving it wakes every sleeper whose moment has come, so that a story waits for
//! nothing. A person may have a wrong clock: [`WorldClock::wrong_by`] gives the same clock with a shifted wall reading
//! (the monotonic reading stays right, as on a real device whose date was set by hand).

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use onionskin_core::{Clock, SharedClock, Sleep, Timestamp};
use onionskin_network::LocalNetwork;
use tokio::sync::watch;

/// Real time plus what [`WorldClock::forward`] added. Cheap to clone; clones move together.
#[derive(Clone, Debug)]
pub struct WorldClock {
    start: Instant,
    moved: Arc<watch::Sender<Duration>>,
    wrong_by_millis: i64,
}

impl WorldClock {
    /// A clock that shows the real time.
    pub fn new() -> Self {
        Self { start: Instant::now(), moved: Arc::new(watch::Sender::new(Duration::ZERO)), wrong_by_millis: 0 }
    }

    /// Lets `duration` pass at once, for this clock and all its clones.
    pub fn forward(&self, duration: Duration) {
        self.moved.send_modify(|moved| *moved += duration);
    }

    /// How far the clock stands before real time.
    pub fn moved(&self) -> Duration {
        *self.moved.borrow()
    }

    /// The same clock on a device whose date is set wrong by so many milliseconds.
    #[must_use]
    pub fn wrong_by(&self, millis: i64) -> Self {
        Self { wrong_by_millis: millis, ..self.clone() }
    }

    /// In the shape core takes.
    pub fn shared(&self) -> SharedClock {
        Arc::new(self.clone())
    }
}

impl Default for WorldClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (Timestamp::ZERO + real + self.moved()).shifted(self.wrong_by_millis)
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed() + self.moved()
    }

    fn sleep_until(&self, deadline: Duration) -> Sleep {
        let clock = self.clone();
        let mut moves = self.moved.subscribe();
        Box::pin(async move {
            loop {
                let wait = deadline.saturating_sub(clock.monotonic());
                if wait.is_zero() {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    changed = moves.changed() => {
                        if changed.is_err() {
                            // Nobody can move this clock any more.
                            tokio::time::sleep(wait).await;
                        }
                    }
                }
            }
        })
    }
}

/// Runs `work`. While requests hang at the network and nothing else happens there, time passes: for core and for the
/// network alike and in small steps, so that whoever reacts to a time limit does so at its moment.
pub async fn patiently<T>(network: &LocalNetwork, clock: &WorldClock, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = network.stuck(QUIET) => {
                network.clock().forward(STEP);
                clock.forward(STEP);
            }
        }
    }
}

/// Runs `work`, in which people live by themselves. Time passes whenever nothing happens at the network, so that they
/// need not wait for their next poll; in small steps, for core and for the network alike.
pub async fn passing<T>(network: &LocalNetwork, clock: &WorldClock, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = network.still(QUIET) => {
                network.clock().forward(STRIDE);
                clock.forward(STRIDE);
            }
        }
    }
}

/// How long nothing may happen at the network before time passes, in real time: longer than a device thinks between
/// two requests.
const QUIET: Duration = Duration::from_millis(15);

/// So much passes at once: small against every time limit of nodes (5 s, 30 s) and of core.
const STEP: Duration = Duration::from_millis(500);

/// So much passes at once while people live by themselves: small against what is measured then.
const STRIDE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn moving_the_clock_wakes_whoever_waits_for_tomorrow() {
        let clock = WorldClock::new();
        let tomorrow = clock.monotonic() + Duration::from_secs(24 * 60 * 60);
        let sleeper = tokio::spawn(clock.sleep_until(tomorrow));
        clock.forward(Duration::from_secs(24 * 60 * 60 + 1));
        sleeper.await.unwrap();
        assert!(clock.monotonic() >= tomorrow);
    }

    #[test]
    fn a_wrong_clock_moves_with_the_world_and_stays_wrong() {
        let clock = WorldClock::new();
        let wrong = clock.wrong_by(-3_600_000);
        clock.forward(Duration::from_secs(60));
        let apart = clock.now().as_millis() - wrong.now().as_millis();
        assert!((3_599_000..=3_601_000).contains(&apart), "{apart} ms apart");
        assert!(wrong.moved() == Duration::from_secs(60));
    }
}
