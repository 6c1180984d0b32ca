//! When seeds last gave their word, and for how long none did.
//!
//! Nodes of our own list renew it, so seeds may be silent for ever and all goes on. Only a list that is mostly new needs
//! them ([`agreement`](super::agreement)), and what replaces their word is a silence of a day. That day must have been
//! lived through: each failed try counts the time since the one before, by the clock that nobody sets, and at most
//! [`GAP`] of it; over a restart, where only dates are left, the same. Whoever sets our date forward gains a quarter of
//! a day for each restart, not a month. A try counts only while nodes answer: whoever is offline hears no seed either.
//!
//! Kept in the file of the node list, where it says nothing about an account.

use std::time::Duration;

use serde::de::MapAccess;
use serde_json::{Value, json};

use crate::clock::Timestamp;

use super::foreign::{Fields, Scalar, skip};

/// What is remembered of seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SeedWord {
    /// When the list was last compared with a seed's, or came from one or from a person.
    heard_at: Option<Timestamp>,
    /// Renewals by nodes alone since then. Not kept.
    renewals: u32,
    silence: Option<Silence>,
    /// When nodes were last asked in the place of the seeds. Not kept.
    voted: Option<Duration>,
}

/// A row of failed tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Silence {
    lasted: Duration,
    last: Timestamp,
    /// The same moment by the monotonic clock; none after a restart.
    last_monotonic: Option<Duration>,
}

impl SeedWord {
    /// A seed gave its word.
    pub(super) fn heard(&mut self, now: Timestamp) {
        self.answered();
        self.settled(now);
    }

    /// A seed is there, whatever it said.
    pub(super) fn answered(&mut self) {
        self.silence = None;
    }

    /// Somebody put a list in the place of a seed's: it is not compared at once.
    pub(super) fn settled(&mut self, now: Timestamp) {
        (self.heard_at, self.renewals) = (Some(now), 0);
    }

    /// The list was renewed by nodes alone.
    pub(super) fn renewed(&mut self) {
        self.renewals = self.renewals.saturating_add(1);
    }

    /// No seed gave its word although nodes answer. Whether that is worth writing down now.
    pub(super) fn silent(&mut self, now: Timestamp, monotonic: Duration) -> bool {
        let before = self.silence;
        let passed = before.map_or(Duration::ZERO, |before| match before.last_monotonic {
            Some(last) => monotonic.saturating_sub(last),
            None => now.since(before.last),
        });
        let counted = before.map_or(Duration::ZERO, |before| before.lasted);
        let lasted = counted.saturating_add(passed.min(GAP)).min(ENOUGH);
        self.silence = Some(Silence { lasted, last: now, last_monotonic: Some(monotonic) });
        before.is_none() || before.is_some_and(|before| step(before.lasted) != step(lasted))
    }

    /// Whether the list is to be compared with the seeds' this time.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        // A date ahead of us comes from a clock that was wrong: what it says about today is nothing.
        let recent = |at: Timestamp| at <= now && now.since(at) < COMPARED_WITHIN;
        self.renewals >= COMPARED_AFTER || !self.heard_at.is_some_and(recent)
    }

    /// Whether five nodes may speak in the place of the seeds now; if so, not again for a while.
    pub(super) fn may_vote(&mut self, monotonic: Duration) -> bool {
        let silent = self.silence.is_some_and(|silence| silence.lasted >= ENOUGH);
        let rested = self.voted.is_none_or(|last| monotonic.saturating_sub(last) >= VOTE_SPACING);
        if silent && rested {
            self.voted = Some(monotonic);
        }
        silent && rested
    }

    /// For the file of the node list.
    pub(super) fn to_json(&self) -> Value {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let mut file = serde_json::Map::new();
        if let Some(at) = self.heard_at {
            file.insert("heard_at".to_owned(), at.as_millis().into());
        }
        if let Some(silence) = self.silence {
            file.insert("silent_for".to_owned(), millis(silence.lasted).into());
            file.insert("silent_at".to_owned(), silence.last.as_millis().into());
        }
        json!(file)
    }
}

/// [`SeedWord`] as the file has it.
#[derive(Debug, Default)]
pub(super) struct SeedWordFile {
    heard_at: Option<u64>,
    silent_for: Option<u64>,
    silent_at: Option<u64>,
}

impl<'de> Fields<'de> for SeedWordFile {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let field = match name {
            "heard_at" => &mut self.heard_at,
            "silent_for" => &mut self.silent_for,
            "silent_at" => &mut self.silent_at,
            _ => return skip(map),
        };
        *field = map.next_value::<Scalar<'de>>()?.whole();
        Ok(())
    }
}

impl From<SeedWordFile> for SeedWord {
    fn from(file: SeedWordFile) -> Self {
        let silence = file.silent_for.zip(file.silent_at).map(|(lasted, last)| Silence {
            lasted: Duration::from_millis(lasted).min(ENOUGH),
            last: Timestamp::from_millis(last),
            last_monotonic: None,
        });
        Self { heard_at: file.heard_at.map(Timestamp::from_millis), silence, ..Self::default() }
    }
}

/// What of a silence is worth a writing: its quarters of an hour.
fn step(lasted: Duration) -> u64 {
    lasted.as_secs() / (15 * 60)
}

/// How long no seed must have given its word before nodes may speak in their place.
const ENOUGH: Duration = Duration::from_secs(24 * 60 * 60);

/// The most that counts between two failed tries. More would let one try before and one after a month be a month; less and
/// somebody who looks in twice a day waits for ever.
const GAP: Duration = Duration::from_secs(6 * 60 * 60);

/// Between two votes. Five nodes are drawn anew for each, so every vote is a chance for liars to be all five.
const VOTE_SPACING: Duration = Duration::from_secs(60 * 60);

/// After so many renewals by nodes alone the list is compared with a seed's.
const COMPARED_AFTER: u32 = 10;

/// And once a day, however often it was renewed.
const COMPARED_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onion::foreign::object;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn wall(hours: u64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + hours * 3_600_000)
    }

    fn kept(word: &SeedWord) -> SeedWord {
        object::<SeedWordFile>(&word.to_json().to_string()).unwrap().into()
    }

    /// Tries `every` so many hours, by both clocks; whether a vote may be held after them.
    fn silent_for(word: &mut SeedWord, from: u64, to: u64, every: u64) -> bool {
        for hour in (from..=to).step_by(usize::try_from(every).unwrap()) {
            word.silent(wall(hour), HOUR * u32::try_from(hour).unwrap());
        }
        word.may_vote(HOUR * u32::try_from(to).unwrap())
    }

    #[test]
    fn a_day_of_silence_lets_nodes_speak_and_a_word_ends_it() {
        assert!(!SeedWord::default().may_vote(HOUR * 1_000));
        assert!(!silent_for(&mut SeedWord::default(), 0, 23, 1));
        let mut word = SeedWord::default();
        assert!(silent_for(&mut word, 0, 24, 2));
        word.heard(wall(25));
        assert!(!silent_for(&mut word, 25, 48, 1));
        assert!(silent_for(&mut word, 49, 50, 1));
    }

    #[test]
    fn a_vote_is_held_once_an_hour_at_most() {
        let mut word = SeedWord::default();
        assert!(silent_for(&mut word, 0, 30, 1));
        assert!(!word.may_vote(HOUR * 30 + HOUR / 2));
        assert!(word.may_vote(HOUR * 31));
    }

    #[test]
    fn a_date_that_jumps_is_no_silence() {
        let mut word = SeedWord::default();
        word.silent(wall(0), HOUR);
        word.silent(wall(10_000), HOUR + Duration::from_secs(60));
        assert!(!word.may_vote(HOUR * 2), "the device's date was set forward while it ran");
        for restart in 1..=3 {
            word = kept(&word);
            word.silent(wall(10_000 + restart * 10_000), Duration::ZERO);
        }
        assert!(!word.may_vote(HOUR * 2), "or while it did not");
        word = kept(&word);
        word.silent(wall(0), Duration::ZERO);
        assert!(!word.may_vote(HOUR * 2), "back to the past is nothing at all");
    }

    #[test]
    fn a_silence_goes_on_after_a_restart() {
        let mut word = SeedWord::default();
        assert!(!silent_for(&mut word, 0, 12, 1));
        let mut word = kept(&word);
        word.silent(wall(14), Duration::ZERO);
        let mut word = kept(&word);
        assert!(!silent_for(&mut word, 15, 23, 1));
        assert!(silent_for(&mut word, 24, 24, 1), "twelve hours, two between, one between, nine");
    }

    #[test]
    fn it_is_written_down_when_it_begins_and_every_quarter_of_an_hour() {
        let mut word = SeedWord::default();
        let minutes = |minutes: u32| Duration::from_secs(60) * minutes;
        let written: Vec<u32> = (0..=40).filter(|minute| word.silent(wall(0), minutes(*minute))).collect();
        assert_eq!(written, [0, 15, 30]);
    }

    #[test]
    fn a_comparison_is_due_every_tenth_renewal_and_once_a_day() {
        let mut word = SeedWord::default();
        assert!(word.is_due(wall(0)), "never heard of");
        word.heard(wall(0));
        assert!(!word.is_due(wall(23)));
        assert!(word.is_due(wall(24)));
        for _ in 0..9 {
            word.renewed();
        }
        assert!(!word.is_due(wall(1)));
        word.renewed();
        assert!(word.is_due(wall(1)));
        word.heard(wall(500));
        assert!(word.is_due(wall(1)), "a date ahead of us");
    }

    #[test]
    fn what_stands_in_a_file_is_taken_with_care() {
        for odd in [r#"{"silent_for":"x","silent_at":1}"#, r#"{"silent_for":86400000}"#, r#"{"silent_at":-1}"#, "{}"] {
            let mut word: SeedWord = object::<SeedWordFile>(odd).unwrap().into();
            word.silent(wall(0), Duration::ZERO);
            assert!(!word.may_vote(Duration::ZERO), "{odd}");
        }
        let word: SeedWord = object::<SeedWordFile>(r#"{"heard_at":1790000000000}"#).unwrap().into();
        assert!(!word.is_due(wall(1)));
        assert_eq!(kept(&word), word);
    }
}
