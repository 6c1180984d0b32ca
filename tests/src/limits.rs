//! The limits of a story: so much time may pass by itself on the clock of its world, and so long may it take.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use onionskin_core::Clock as _;

use crate::clock::WorldClock;

/// Watches one story. A story whose waiting lets too much time pass fails; one that takes too long in real time ends
/// the whole program, for nobody else can end it. Both with its name.
pub struct Limits {
    story: String,
    left: Mutex<Duration>,
    /// Its end tells the watchdog that the story has ended.
    _alive: Sender<()>,
}

impl Limits {
    /// For the test that runs in this thread.
    pub fn of_this_story() -> Self {
        let story = std::thread::current().name().unwrap_or("main").to_owned();
        let (alive, ended) = mpsc::channel::<()>();
        // Programs that live in a world, and not for a test, may take as long as they like.
        if story != "main" {
            let watched = story.clone();
            std::thread::spawn(move || {
                if ended.recv_timeout(IN_REAL_TIME) == Err(RecvTimeoutError::Timeout) {
                    eprintln!("{watched}: still not over after {} s; this run ends here", IN_REAL_TIME.as_secs());
                    std::process::exit(1);
                }
            });
        }
        Self { story, left: Mutex::new(ON_THE_CLOCK), _alive: alive }
    }

    /// Waits for `work`, during which time passes by itself on `clock`.
    ///
    /// # Panics
    /// When the story has let too much pass.
    pub async fn within<T>(&self, clock: &WorldClock, work: impl Future<Output = T>) -> T {
        let (begun, left) = (clock.monotonic(), self.left());
        let done = tokio::select! {
            biased;
            done = work => Some(done),
            () = clock.sleep_until(begun + left) => None,
        };
        self.spends(clock.monotonic() - begun);
        done.unwrap_or_else(|| self.ends())
    }

    /// So much passes at once, because the story waits for something.
    ///
    /// # Panics
    /// When the story has let too much pass.
    pub fn spends(&self, time: Duration) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_sub(time);
        if left.is_zero() {
            drop(left);
            self.ends();
        }
    }

    fn left(&self) -> Duration {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends(&self) -> ! {
        panic!("{}: more than {} s passed on its clock while it waited", self.story, ON_THE_CLOCK.as_secs())
    }
}

/// What a story may let pass by waiting; what it moves the clock on purpose does not count. The slowest stories wait for
/// rows that are tried again after minutes.
const ON_THE_CLOCK: Duration = Duration::from_secs(60 * 60);

/// What a story may take in real time: a multiple of the slowest one on a machine that does other things.
const IN_REAL_TIME: Duration = Duration::from_secs(10 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[should_panic = "a_story_that_waits_for_ever_fails_with_its_name: more than 3600 s passed on its clock"]
    async fn a_story_that_waits_for_ever_fails_with_its_name() {
        let clock = WorldClock::new();
        let limits = Limits::of_this_story();
        let moves = async {
            loop {
                clock.forward(Duration::from_secs(60));
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(limits.within(&clock, std::future::pending::<()>()), moves);
    }

    #[tokio::test]
    async fn what_a_story_waits_for_is_taken_from_what_it_may_wait() {
        let clock = WorldClock::new();
        let limits = Limits::of_this_story();
        limits.within(&clock, async { clock.forward(Duration::from_secs(600)) }).await;
        limits.spends(Duration::from_secs(600));
        assert!(limits.left() <= ON_THE_CLOCK - Duration::from_secs(1_200));
        assert!(limits.left() > ON_THE_CLOCK - Duration::from_secs(1_210));
    }
}
