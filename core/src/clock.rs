//! Time, as a value that tests can move.
//!
//! Core never asks the operating system for the time except through a [`Clock`]. Retries, polls, timers and expiry
//! all wait with [`Clock::sleep_until`]; intervals use the monotonic reading, dates the wall reading. A test holds that
//! `tokio::time` appears nowhere else in core.

use std::fmt;
use std::future::Future;
use std::ops::{Add, Sub};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The Unix epoch; also "never" where a protocol field uses zero for it.
    pub const ZERO: Self = Self(0);

    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Milliseconds as the signed integer that SQLite stores; saturates.
    pub fn to_sql(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// From a stored integer; negative values count as the epoch.
    pub fn from_sql(millis: i64) -> Self {
        Self(u64::try_from(millis).unwrap_or(0))
    }

    /// Time since `earlier`; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// This moment moved by a signed number of milliseconds; saturates at both ends.
    pub fn shifted(self, millis: i64) -> Self {
        Self(self.0.saturating_add_signed(millis))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A future that ends when a clock says so.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

/// Where core reads the time and waits.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock of this device. May be wrong and may jump; network time is this plus an offset (see `swarm`).
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment of this process; never goes back. For intervals.
    fn monotonic(&self) -> Duration;

    /// Ends when [`Clock::monotonic`] has reached `deadline`, at once when it already has.
    fn sleep_until(&self, deadline: Duration) -> Sleep;
}

/// A clock handed around: cheap to clone.
pub type SharedClock = Arc<dyn Clock>;

/// Waits for `duration` on `clock`.
pub async fn sleep(clock: &dyn Clock, duration: Duration) {
    clock.sleep_until(clock.monotonic().saturating_add(duration)).await;
}

/// The time limit of [`with_timeout`] passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("time limit passed")]
pub struct TimedOut;

/// Runs `future` for at most `limit` on `clock`.
///
/// # Errors
/// [`TimedOut`] when the limit passed first; the future is dropped.
pub async fn with_timeout<T>(
    clock: &dyn Clock,
    limit: Duration,
    future: impl Future<Output = T>,
) -> Result<T, TimedOut> {
    tokio::select! {
        biased;
        value = future => Ok(value),
        () = sleep(clock, limit) => Err(TimedOut),
    }
}

/// The device's own clock.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock that starts now.
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }

    /// A shared clock that starts now.
    pub fn shared() -> SharedClock {
        Arc::new(Self::new())
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::ZERO + since
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep_until(&self, deadline: Duration) -> Sleep {
        let wait = deadline.saturating_sub(self.start.elapsed());
        Box::pin(tokio::time::sleep(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_saturate_instead_of_wrapping() {
        assert_eq!(Timestamp::from_millis(5) - Duration::from_secs(1), Timestamp::ZERO);
        assert_eq!((Timestamp::from_millis(u64::MAX) + Duration::from_secs(1)).as_millis(), u64::MAX);
        assert_eq!(Timestamp::from_millis(10).shifted(-20), Timestamp::ZERO);
        assert_eq!(Timestamp::from_millis(3).since(Timestamp::from_millis(9)), Duration::ZERO);
        assert_eq!(Timestamp::from_sql(-4), Timestamp::ZERO);
        assert_eq!(Timestamp::from_millis(u64::MAX).to_sql(), i64::MAX);
    }

    #[tokio::test]
    async fn a_time_limit_ends_a_future_that_never_does() {
        let clock = SystemClock::new();
        assert_eq!(with_timeout(&clock, Duration::ZERO, std::future::pending::<()>()).await, Err(TimedOut));
        assert_eq!(with_timeout(&clock, Duration::from_secs(60), async { 7 }).await, Ok(7));
    }
}
