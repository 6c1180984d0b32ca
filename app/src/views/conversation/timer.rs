//! When what we write in a conversation disappears: the page where it is chosen, and the words for it.
//!
//! Each side chooses for its own letters; the other person is told, and may follow.

use std::time::Duration;

use dioxus::prelude::*;
use onionskin_core::{
    ConversationId, Disappearing, OFFERED_AFTER_READING, OFFERED_AFTER_SENDING, USUAL_AFTER_READING,
    USUAL_AFTER_SENDING,
};

use super::person::use_known;
use crate::components::{Bar, Choice, Choices};
use crate::state::{use_account, use_state};
use crate::t;

/// The page.
#[component]
pub fn Disappears(id: ConversationId) -> Element {
    let own = id.account() == Some(&use_account().client().account_id());
    let known = use_known(&id);
    let now = known.read().as_ref().map(|known| known.contact.as_ref().map_or(Disappearing::Off, |it| it.disappearing));
    rsx! {
        main { class: "screen", "aria-busy": now.is_none().then_some("true"),
            Bar { title: t!("person-timer") }
            if let Some(now) = now {
                Form { id, own, now }
            }
        }
    }
}

#[component]
fn Form(id: ConversationId, own: bool, now: Disappearing) -> Element {
    let (state, account) = (use_state(), use_account());
    // The page begins with what holds, once; what is chosen then is the person's.
    let mut chosen = use_signal(|| now);
    let modes: Vec<Mode> = Mode::ALL.into_iter().filter(|mode| !own || *mode != Mode::Read).collect();
    let mode = Mode::of(chosen());
    let times = mode.times(chosen());
    let at = times.iter().position(|time| Some(*time) == chosen().after()).unwrap_or_default();
    let mode_at = modes.iter().position(|one| *one == mode).unwrap_or_default();
    let choices = modes.iter().map(|mode| mode.choice()).collect();
    let lines =
        times.iter().map(|time| Choice { id: format!("time-{}", time.as_secs()), text: span(*time), hint: None });
    let lines: Vec<Choice> = lines.collect();
    let set = move |_| {
        let id = id.clone();
        spawn(async move {
            match account.client().conversation(&id).set_disappearing(chosen()).await {
                Ok(()) => {
                    state.say(t!("names-saved"));
                    state.route.back();
                }
                Err(error) => state.say_error(&error),
            }
        });
    };
    rsx! {
        div { class: "page",
            p { class: "note above", if own { {t!("timer-lead-self")} } else { {t!("timer-lead")} } }
            h2 { class: "section inset", {t!("timer-when")} }
            Choices { label: t!("timer-when"), choices, chosen: mode_at,
                onchoose: move |number: usize| {
                    if let Some(mode) = modes.get(number) {
                        chosen.set(mode.usual(chosen()));
                    }
                }
            }
            if mode != Mode::Off {
                h2 { class: "section inset", {t!("timer-long")} }
                Choices { label: t!("timer-long"), choices: lines, chosen: at,
                    onchoose: move |number: usize| {
                        if let Some(time) = times.get(number) {
                            chosen.set(mode.after(*time));
                        }
                    }
                }
            }
        }
        div { class: "foot",
            button { class: "btn main wide", r#type: "button", id: "set-timer", disabled: chosen() == now, onclick: set,
                {t!("timer-set")}
            }
        }
    }
}

/// From when the time runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Off,
    Read,
    Sent,
}

impl Mode {
    const ALL: [Self; 3] = [Self::Off, Self::Read, Self::Sent];

    const fn of(disappearing: Disappearing) -> Self {
        match disappearing {
            Disappearing::Off => Self::Off,
            Disappearing::AfterRead(_) => Self::Read,
            Disappearing::AfterSend(_) => Self::Sent,
        }
    }

    const fn after(self, time: Duration) -> Disappearing {
        match self {
            Self::Off => Disappearing::Off,
            Self::Read => Disappearing::AfterRead(time),
            Self::Sent => Disappearing::AfterSend(time),
        }
    }

    /// The times that are offered; one that another app chose stands with them.
    fn times(self, chosen: Disappearing) -> Vec<Duration> {
        let mut times = match self {
            Self::Off => Vec::new(),
            Self::Read => OFFERED_AFTER_READING.to_vec(),
            Self::Sent => OFFERED_AFTER_SENDING.to_vec(),
        };
        times.extend(chosen.after().filter(|time| Self::of(chosen) == self && !times.contains(time)));
        times.sort_unstable();
        times
    }

    /// What is chosen with the mode: the time that was, where it is offered, else the usual one.
    fn usual(self, before: Disappearing) -> Disappearing {
        let usual = if self == Self::Read { USUAL_AFTER_READING } else { USUAL_AFTER_SENDING };
        let time = before.after().filter(|time| self.times(self.after(usual)).contains(time)).unwrap_or(usual);
        self.after(time)
    }

    fn choice(self) -> Choice {
        let (id, text, hint) = match self {
            Self::Off => ("timer-off", t!("timer-off"), None),
            Self::Read => ("timer-read", t!("timer-read"), Some(t!("timer-read-hint"))),
            Self::Sent => ("timer-sent", t!("timer-sent"), Some(t!("timer-sent-hint"))),
        };
        Choice { id: id.to_owned(), text, hint }
    }
}

/// A timer in words: *1 day after reading*; `None` while messages stay.
pub fn in_words(disappearing: Disappearing) -> Option<String> {
    match disappearing {
        Disappearing::Off => None,
        Disappearing::AfterSend(after) => Some(t!("person-timer-sent", time = span(after))),
        Disappearing::AfterRead(after) => Some(t!("person-timer-read", time = span(after))),
    }
}

/// A time as people say it: in the largest unit that fits without a rest.
pub fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    let whole = |unit: u64| seconds.is_multiple_of(unit).then_some(seconds / unit).filter(|count| *count > 0);
    if let Some(count) = whole(7 * 24 * HOUR) {
        t!("timer-weeks", count = count)
    } else if let Some(count) = whole(24 * HOUR) {
        t!("timer-days", count = count)
    } else if let Some(count) = whole(HOUR) {
        t!("timer-hours", count = count)
    } else if let Some(count) = whole(60) {
        t!("timer-minutes", count = count)
    } else {
        t!("timer-seconds", count = seconds)
    }
}

/// A time that is left, in the largest unit of which there is one.
pub fn about(time: Duration) -> String {
    let seconds = time.as_secs().max(1);
    let unit = [7 * 24 * HOUR, 24 * HOUR, HOUR, 60, 1].into_iter().find(|unit| seconds >= *unit).unwrap_or(1);
    span(Duration::from_secs(seconds / unit * unit))
}

/// Seconds.
const HOUR: u64 = 3_600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_what_official_apps_offer_and_a_foreign_time_stands_with_it() {
        let seconds = |mode: Mode, chosen| mode.times(chosen).iter().map(Duration::as_secs).collect::<Vec<_>>();
        assert_eq!(seconds(Mode::Sent, Disappearing::Off), [43_200, 86_400, 604_800, 1_209_600]);
        let odd = Disappearing::AfterRead(Duration::from_secs(30));
        assert_eq!(seconds(Mode::Read, odd), [30, 300, 3_600, 43_200, 86_400, 604_800, 1_209_600]);
        assert_eq!(seconds(Mode::Sent, odd), [43_200, 86_400, 604_800, 1_209_600], "of the other mode");
    }

    #[test]
    fn a_mode_begins_with_its_usual_time_or_with_the_time_that_was() {
        let (hours, week) = (|hours| Duration::from_secs(hours * HOUR), Duration::from_secs(7 * 24 * HOUR));
        assert_eq!(Mode::Read.usual(Disappearing::Off), Disappearing::AfterRead(hours(12)));
        assert_eq!(Mode::Sent.usual(Disappearing::Off), Disappearing::AfterSend(hours(24)));
        assert_eq!(Mode::Sent.usual(Disappearing::AfterRead(week)), Disappearing::AfterSend(week));
        assert_eq!(Mode::Sent.usual(Disappearing::AfterRead(hours(1))), Disappearing::AfterSend(hours(24)));
        assert_eq!(Mode::Off.usual(Disappearing::AfterRead(week)), Disappearing::Off);
    }
}
