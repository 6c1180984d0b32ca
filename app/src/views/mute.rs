//! How long a conversation stays quiet: the sheet where it is chosen, and the words for it.

use std::time::Duration;

use dioxus::prelude::*;
use onionskin_core::{ConversationId, Mute, Timestamp};

use crate::components::{Choice, Choices, Tap};
use crate::state::{Account, State, use_account, use_state};
use crate::text::Texts;
use crate::{t, when};

/// The sheet: letters still come, and nobody is told.
#[component]
pub fn MuteSheet(id: ConversationId, name: String, onclose: EventHandler<()>) -> Element {
    let (state, account) = (use_state(), use_account());
    let mut chosen = use_signal(|| USUAL);
    let now = state.now();
    let until = |time: Option<Duration>| match time {
        Some(time) => t!("mute-until", moment = moment(now + time, now, &state.texts.read())),
        None => t!("mute-until-changed"),
    };
    let choices = TIMES.iter().map(|(name, time)| Choice {
        id: format!("mute-{name}"),
        text: t!(&format!("mute-for-{name}")),
        hint: Some(until(*time)),
    });
    let yes = match TIMES.get(chosen()).and_then(|(_, time)| *time) {
        Some(time) => t!("mute-yes", moment = moment(now + time, now, &state.texts.read())),
        None => t!("mute-yes-forever"),
    };
    let done = move |_| {
        let Some((_, time)) = TIMES.get(chosen()) else { return };
        let wanted = time.map_or(Mute::Forever, |time| Mute::Until(state.now() + time));
        set(state, account, id.clone(), wanted);
        onclose.call(());
    };
    rsx! {
        div { class: "veil low over", "data-escape": "true", onclick: move |_| onclose.call(()),
            section { class: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "mute-title",
                onclick: |event| event.stop_propagation(),
                header {
                    h2 { id: "mute-title", dir: "auto", {t!("mute-title", name = name)} }
                    Tap { icon: "close", id: "mute-close", label: t!("close"), onclick: move |()| onclose.call(()) }
                }
                div { class: "body inset-body",
                    Choices { label: t!("mute-long"), choices: choices.collect::<Vec<_>>(), chosen: chosen(),
                        onchoose: move |number| chosen.set(number)
                    }
                    p { class: "note", {t!("mute-lead")} }
                }
                div { class: "foot",
                    button { class: "btn main wide", r#type: "button", id: "mute-yes", onclick: done, "{yes}" }
                }
            }
        }
    }
}

/// Mutes a conversation, or lets it ring again.
pub fn set(state: State, account: Account, id: ConversationId, wanted: Mute) {
    let said = if wanted == Mute::Off { t!("mute-off-said") } else { t!("mute-said") };
    // The sheet that asked goes at once.
    dioxus::core::spawn_forever(async move {
        match account.client().conversation(&id).set_mute(wanted).await {
            Ok(()) => state.say(said),
            Err(error) => state.say_error(&error),
        }
    });
}

/// Until when it stays quiet; `None` when it rings.
pub fn in_words(mute: Mute, now: Timestamp, texts: &Texts) -> Option<String> {
    match mute {
        Mute::Until(until) if until > now => Some(t!("mute-state-until", moment = moment(until, now, texts))),
        Mute::Off | Mute::Until(_) => None,
        Mute::Forever => Some(t!("mute-state-forever")),
    }
}

/// The clock of today, else the whole moment.
fn moment(at: Timestamp, now: Timestamp, texts: &Texts) -> String {
    if when::same_day(at, now) { when::clock(at, texts) } else { when::moment(at, now, texts) }
}

const HOUR: Duration = Duration::from_secs(60 * 60);
/// What is offered; `None` is for ever.
const TIMES: [(&str, Option<Duration>); 5] = [
    ("1h", Some(HOUR)),
    ("2h", Some(HOUR.saturating_mul(2))),
    ("1d", Some(HOUR.saturating_mul(24))),
    ("1w", Some(HOUR.saturating_mul(24 * 7))),
    ("forever", None),
];
/// A day is chosen at first.
const USUAL: usize = 2;
