//! The day that is named "today": one signal for everything that shows a day or a distance.
//!
//! It moves at midnight. A device that slept, or that was carried into another time zone, is noticed within a minute,
//! and at once when somebody looks.

use std::time::Duration;

use dioxus::prelude::*;
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::Offset;
use onionskin_core::{Timestamp, sleep};

use super::State;
use crate::when;

/// A day in the time zone of the system; `None` outside of every calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(Option<(Date, Offset)>);

impl Day {
    /// The day of a moment.
    pub fn of(at: Timestamp) -> Self {
        Self(when::local(at).map(|at| (at.date(), at.offset())))
    }
}

/// Keeps the day of `state`. Once, in the root component.
pub fn use_day(state: State) {
    use_future(move || async move {
        loop {
            let clock = state.shell().clock().clone();
            sleep(&*clock, until_next(clock.now())).await;
            look_again(state);
        }
    });
    use_effect(move || {
        state.look.read();
        look_again(state);
    });
}

fn look_again(mut state: State) {
    let day = Day::of(state.shell().clock().now());
    if *state.day.peek() != day {
        state.day.set(day);
    }
}

/// How long until it is worth looking again.
fn until_next(now: Timestamp) -> Duration {
    let midnight = when::local(now).and_then(|now| now.start_of_day().ok()?.checked_add(1.day()).ok());
    let midnight = midnight.and_then(|at| u64::try_from(at.timestamp().as_millisecond()).ok());
    let left = midnight.and_then(|midnight| midnight.checked_sub(now.as_millis())).map(Duration::from_millis);
    left.unwrap_or(LONGEST).clamp(SHORTEST, LONGEST)
}

/// A device that slept has a clock that jumped: so long "Today" may be wrong then.
const LONGEST: Duration = Duration::from_secs(60);
/// Midnight has to be over.
const SHORTEST: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_is_met_and_no_look_is_more_than_a_minute_away() {
        let noon = when::midday(Timestamp::from_millis(1_700_000_000_000));
        let at = |before_midnight: u64| Timestamp::from_millis(noon.as_millis() + 12 * 3_600_000 - before_midnight);
        assert_eq!(until_next(noon), LONGEST);
        assert_eq!(until_next(at(20_000)), Duration::from_secs(20));
        assert_eq!(until_next(at(1)), SHORTEST);
        assert_ne!(Day::of(at(1)), Day::of(at(0)));
        assert_eq!(Day::of(noon), Day::of(at(1)));
    }
}
