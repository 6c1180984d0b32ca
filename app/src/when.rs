//! Moments in words: the clock, the day, the short form of a list. In the time zone of the system.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};
use onionskin_core::Timestamp;

use crate::text::{Texts, Value};

/// A moment as a person here sees it; `None` for one that no calendar holds.
pub fn local(at: Timestamp) -> Option<Zoned> {
    local_in(at, TimeZone::system())
}

fn local_in(at: Timestamp, zone: TimeZone) -> Option<Zoned> {
    let at = jiff::Timestamp::from_millisecond(i64::try_from(at.as_millis()).ok()?).ok()?;
    Some(at.to_zoned(zone))
}

/// "9:41".
pub fn clock(at: Timestamp, texts: &Texts) -> String {
    local(at).map(|at| hour(&at, texts)).unwrap_or_default()
}

fn hour(at: &Zoned, texts: &Texts) -> String {
    texts.say_plainly(
        "when-clock",
        &[("hour", Value::from(at.hour().to_string())), ("minute", Value::from(format!("{:02}", at.minute())))],
    )
}

/// The short form of a list: the clock of today, the name of a day of this week, else the date.
pub fn short(at: Timestamp, now: Timestamp, texts: &Texts) -> String {
    let (Some(at), Some(now)) = (local(at), local(now)) else { return String::new() };
    let (day, today) = (at.date(), now.date());
    if day == today {
        hour(&at, texts)
    } else if day < today && today.saturating_sub(7.days()) < day {
        texts.say_plainly(&format!("when-short-{}", weekday(day)), &[])
    } else {
        date(day, today, "when-date-short", texts)
    }
}

/// The line above the first row of a day: "Today", "Friday, 20 November", with the year when it is another one.
pub fn day(at: Timestamp, now: Timestamp, texts: &Texts) -> String {
    let (Some(at), Some(now)) = (local(at), local(now)) else { return String::new() };
    let (day, today) = (at.date(), now.date());
    if day == today {
        texts.say_plainly("when-today", &[])
    } else if today.yesterday().is_ok_and(|yesterday| yesterday == day) {
        texts.say_plainly("when-yesterday", &[])
    } else {
        let date = date(day, today, "when-date", texts);
        texts.say_plainly(
            "when-day",
            &[
                ("weekday", Value::from(texts.say_plainly(&format!("when-{}", weekday(day)), &[]))),
                ("date", Value::from(date)),
            ],
        )
    }
}

/// The whole moment: "Friday, 20 November, 9:41".
pub fn moment(at: Timestamp, now: Timestamp, texts: &Texts) -> String {
    let day = day(at, now, texts);
    texts.say_plainly("when-moment", &[("day", Value::from(day)), ("clock", Value::from(clock(at, texts)))])
}

/// The whole moment, whatever day it is: "Friday, 20 November 2026, 9:41". Stays right as time goes by.
pub fn whole(at: Timestamp, texts: &Texts) -> String {
    let Some(day) = local(at).map(|at| at.date()) else { return String::new() };
    let date = date(day, Date::MIN, "when-date", texts);
    let weekday = Value::from(texts.say(&format!("when-{}", weekday(day)), &[]));
    let day = texts.say_plainly("when-day", &[("weekday", weekday), ("date", Value::from(date))]);
    texts.say_plainly("when-moment", &[("day", Value::from(day)), ("clock", Value::from(clock(at, texts)))])
}

/// Whether two moments lie on the same day here.
pub fn same_day(one: Timestamp, other: Timestamp) -> bool {
    local(one).map(|one| one.date()) == local(other).map(|other| other.date())
}

/// Noon of the day of `at` here: the same moment all day long.
pub fn midday(at: Timestamp) -> Timestamp {
    let noon = local(at).and_then(|at| at.date().at(12, 0, 0, 0).to_zoned(at.time_zone().clone()).ok());
    noon.and_then(|noon| u64::try_from(noon.timestamp().as_millisecond()).ok()).map_or(at, Timestamp::from_millis)
}

/// The day of `at` here as fields of the page write it: "2026-11-20". Empty for a moment that no calendar holds.
pub fn iso(at: Timestamp) -> String {
    local(at).map(|at| at.date().to_string()).unwrap_or_default()
}

/// When a day begins here that such a field holds; `None` for what is no day.
pub fn beginning(day: &str) -> Option<Timestamp> {
    let day: Date = day.trim().parse().ok()?;
    let begins = day.to_zoned(TimeZone::system()).ok()?;
    u64::try_from(begins.timestamp().as_millisecond()).ok().map(Timestamp::from_millis)
}

fn date(day: Date, today: Date, key: &str, texts: &Texts) -> String {
    let length = if key.ends_with("short") { "short-" } else { "" };
    let month = texts.say_plainly(&format!("when-month-{length}{}", day.month()), &[]);
    let key = if day.year() == today.year() { key.to_owned() } else { format!("{key}-year") };
    let values = [
        ("day", Value::from(day.day().to_string())),
        ("month", Value::from(month)),
        ("year", Value::from(day.year().to_string())),
    ];
    texts.say_plainly(&key, &values)
}

fn weekday(day: Date) -> &'static str {
    match day.weekday() {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    /// Noon of a day here, so that no time zone moves the tests to another day.
    fn noon(year: i16, month: i8, day: i8) -> Timestamp {
        let at = jiff::civil::date(year, month, day).at(12, 5, 0, 0).to_zoned(TimeZone::system()).unwrap();
        Timestamp::from_millis(u64::try_from(at.timestamp().as_millisecond()).unwrap())
    }

    #[test]
    fn a_moment_gets_shorter_the_nearer_it_is() {
        let texts = Texts::new("en");
        let now = noon(2026, 11, 20);
        for (at, expected) in [
            (now, "12:05"),
            (noon(2026, 11, 19), "Thu"),
            (noon(2026, 11, 14), "Sat"),
            (noon(2026, 11, 13), "13 Nov"),
            (noon(2025, 11, 20), "20 Nov 2025"),
            (Timestamp::from_millis(now.as_millis() + 48 * HOUR), "22 Nov"),
        ] {
            assert_eq!(short(at, now, &texts), expected);
        }
    }

    #[test]
    fn days_are_named_in_the_language_of_the_interface() {
        let now = noon(2026, 11, 20);
        let german = Texts::new("de");
        assert_eq!(day(now, now, &german), "Heute");
        assert_eq!(day(noon(2026, 11, 19), now, &german), "Gestern");
        assert_eq!(day(noon(2026, 11, 9), now, &german), "Montag, 9. November");
        assert_eq!(day(noon(2025, 3, 1), now, &Texts::new("en")), "Saturday, 1 March 2025");
        assert!(same_day(now, Timestamp::from_millis(now.as_millis() + HOUR)));
        assert_eq!(whole(noon(2026, 11, 20), &Texts::new("en")), "Friday, 20 November 2026, 12:05");
    }

    #[test]
    fn all_of_a_day_has_one_noon() {
        let now = noon(2026, 11, 20);
        assert_eq!(midday(now), midday(Timestamp::from_millis(now.as_millis() + 3 * HOUR)));
        assert_ne!(midday(now), midday(Timestamp::from_millis(now.as_millis() + 24 * HOUR)));
        assert!(same_day(now, midday(now)));
    }

    #[test]
    fn a_day_of_a_field_begins_at_midnight_here() {
        let at = noon(2026, 11, 20);
        assert_eq!(iso(at), "2026-11-20");
        let begins = beginning(" 2026-11-20").unwrap();
        assert!(same_day(begins, at) && !same_day(Timestamp::from_millis(begins.as_millis() - 1), at));
        for wrong in ["", "2026-13-01", "20.11.2026", "x"] {
            assert_eq!(beginning(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_moment_outside_of_every_calendar_is_left_out() {
        assert_eq!(clock(Timestamp::from_millis(u64::MAX), &Texts::new("en")), "");
    }
}
