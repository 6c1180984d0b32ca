//! Chance in time: waits of different accounts are never the same.
//!
//! Whoever runs nodes in the swarms of two accounts could otherwise see them ask in the same moments, again and again, and
//! know that one person has both. So every interval is drawn anew within a fifth of its length, and whoever begins without
//! being watched begins at a moment of its own. The draw comes from the operating system; what follows from it is pure.

use std::time::Duration;

use crate::crypto::random_bytes;

/// One draw. The default is the middle, which changes nothing: for tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chance(i16);

impl Chance {
    /// A new draw.
    pub fn draw() -> Self {
        Self(i16::from_le_bytes(random_bytes()))
    }

    /// `wait`, a fifth shorter or longer at most.
    pub fn spread(self, wait: Duration) -> Duration {
        wait.mul_f64(1.0 + SPREAD * f64::from(self.0) / -f64::from(i16::MIN))
    }

    /// A moment within `whole`.
    pub fn within(self, whole: Duration) -> Duration {
        whole.mul_f64((f64::from(self.0) - f64::from(i16::MIN)) / (f64::from(u16::MAX) + 1.0))
    }
}

/// The longest that [`Chance::spread`] makes of `wait`.
pub(super) fn longest(wait: Duration) -> Duration {
    wait.saturating_add(wait / 5)
}

const SPREAD: f64 = 0.2;

#[cfg(test)]
impl Chance {
    pub(super) const LEAST: Self = Self(i16::MIN);
    pub(super) const MOST: Self = Self(i16::MAX);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_becomes_a_fifth_shorter_or_longer_and_the_middle_changes_nothing() {
        let minute = Duration::from_secs(60);
        assert_eq!(Chance::default().spread(minute), minute);
        assert_eq!(Chance::LEAST.spread(minute), Duration::from_secs(48));
        let most = Chance::MOST.spread(minute);
        assert!(most > Duration::from_millis(71_990) && most <= longest(minute), "{most:?}");
    }

    #[test]
    fn a_moment_lies_within_the_whole() {
        let whole = Duration::from_secs(20);
        assert_eq!(Chance::LEAST.within(whole), Duration::ZERO);
        assert_eq!(Chance::default().within(whole), whole / 2);
        assert!(Chance::MOST.within(whole) < whole);
    }

    #[test]
    fn two_draws_differ() {
        let draws: std::collections::HashSet<i16> = (0..64).map(|_| Chance::draw().0).collect();
        assert!(draws.len() > 32, "{draws:?}");
    }
}
