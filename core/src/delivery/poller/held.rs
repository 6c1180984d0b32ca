//! For how long letters of a restored account stay in the swarm: until its contacts are known, and not for ever. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::store::Setting;

/// For how long letters were left in the swarm, since the account came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    /// The first poll that did (network time).
    pub(super) since: Timestamp,
    /// How many times a member was asked meanwhile.
    pub(super) polls: u32,
}

impl Held {
    /// Whether it is too early to do without the contacts. Both bounds must be reached: a device that was off in between
    /// has asked nobody. A clock that was set back ends the wait.
    pub(super) fn goes_on(self, now: Timestamp) -> bool {
        now >= self.since && (self.polls < LETTERS_WAIT_POLLS || now.since(self.since) < LETTERS_WAIT)
    }
}

/// How long letters are held by now.
pub(super) const LETTERS_HELD: Setting<Option<Held>> = Setting { key: "poll.letters_held", default: None };

/// How long letters of a restored account wait for its contacts: longer than the wait for missing parts of a document.
/// Without the contacts blocked people would be shown; with an endless wait somebody who withholds a document, or wrote one
/// that this version does not understand, would keep all letters away until they expire.
const LETTERS_WAIT: Duration = Duration::from_secs(10 * 60);

/// And so often a member was asked.
const LETTERS_WAIT_POLLS: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_wait_for_contacts_a_while_and_never_for_ever() {
        let at = Timestamp::from_millis;
        let (since, minutes) = (at(1_000_000), |count: u64| at(1_000_000 + count * 60_000));
        for (polls, now, expected) in [
            (1, minutes(1), true),
            (500, minutes(9), true),
            (3, minutes(10_000), true),
            (10, minutes(10), false),
            (1, at(999_999), false),
        ] {
            assert_eq!(Held { since, polls }.goes_on(now), expected, "{polls} polls until {now}");
        }
    }
}
