//! Paper, ink, text size and language; each change applies at once and is kept.

use std::sync::Arc;

use dioxus::prelude::*;

use super::Page;
use crate::components::{Choice, Choices, Icon, Item, Switch, walk};
use crate::platform::{AtLogin, Autostart};
use crate::preferences::{Accent, Mode, Preferences, Theme};
use crate::state::{Quit, State, use_state};
use crate::t;
use crate::text::LANGUAGES;

/// Changes the preferences, or says why it could not keep them.
fn change(state: State, change: impl FnOnce(&mut Preferences)) {
    if let Err(error) = state.shell().change_preferences(change) {
        state.say_error(&error);
    }
}

/// How the program looks.
#[component]
pub fn Appearance() -> Element {
    rsx! {
        Page { title: t!("appearance-title"),
            Preview {}
            Papers {}
            Inks {}
            TextSize {}
            Language {}
            Writing {}
            Window {}
        }
    }
}

/// Two letters that show every change.
#[component]
fn Preview() -> Element {
    rsx! {
        div { class: "card thread looks-preview", role: "img", "aria-label": t!("appearance-preview"),
            div { class: "msg last", "aria-hidden": "true",
                div { class: "bubble",
                    div { class: "body",
                        p { {t!("appearance-preview-question")} }
                        span { class: "meta", time { "9:40" } }
                    }
                }
            }
            div { class: "msg me last", "aria-hidden": "true",
                div { class: "bubble",
                    div { class: "body",
                        p { {t!("appearance-preview-answer")} }
                        span { class: "meta", time { "9:41" } Icon { name: "check" } }
                    }
                }
            }
        }
    }
}

/// Two papers, by day and by night, or as the system says.
#[component]
fn Papers() -> Element {
    let state = use_state();
    let preferences = state.preferences.read().clone();
    // What the system says now only the page knows; until it answers it is day.
    let mut by_system = use_signal(|| Mode::Light);
    use_future(move || async move {
        let asked = document::eval("return matchMedia('(prefers-color-scheme: dark)').matches").await;
        if asked.is_ok_and(|dark| dark == true) {
            by_system.set(Mode::Dark);
        }
    });
    let follows = preferences.mode == Mode::System;
    let shown = if follows { by_system() } else { preferences.mode };
    let cards: Vec<(Theme, Mode)> =
        Theme::ALL.iter().flat_map(|theme| [(*theme, Mode::Light), (*theme, Mode::Dark)]).collect();
    let chosen = cards.iter().position(|card| *card == (preferences.theme, shown)).unwrap_or_default();
    let ids: Vec<String> =
        cards.iter().map(|(theme, mode)| format!("paper-{}-{}", theme.name(), mode.name())).collect();
    let for_choosing = cards.clone();
    let choose = EventHandler::new(move |number: usize| {
        let Some((theme, mode)) = for_choosing.get(number).copied() else { return };
        change(state, |preferences| {
            preferences.theme = theme;
            // Who follows the system and takes the other paper at the same time of day goes on following.
            if preferences.mode != Mode::System || mode != by_system() {
                preferences.mode = mode;
            }
        });
    });
    let for_keys = ids.clone();
    rsx! {
        h2 { class: "section inset", {t!("appearance-paper")} }
        div { class: "card flush",
            div { class: "papers", role: "radiogroup", "aria-label": t!("appearance-paper"),
                onkeydown: move |event| walk(&event, chosen, &for_keys, choose),
                for (number, ((theme, mode), id)) in cards.into_iter().zip(ids).enumerate() {
                    button { key: "{id}", class: "paper-card", r#type: "button", role: "radio", id: "{id}",
                        "aria-checked": (number == chosen).to_string(),
                        tabindex: if number == chosen { "0" } else { "-1" },
                        onclick: move |_| choose.call(number),
                        span { class: "mini", "aria-hidden": "true", "data-theme": theme.name(),
                            "data-mode": mode.name(), "data-accent": preferences.accent.name(),
                            i {}
                            i { class: "out" }
                            i { class: "short" }
                        }
                        span { {t!(&format!("appearance-{}", theme.name()))} }
                        span { {t!(&format!("appearance-{}", mode.name()))} }
                    }
                }
            }
            Switch { text: t!("appearance-follow"), hint: t!("appearance-follow-hint"), on: follows,
                id: "follow-system",
                onchange: move |on| {
                    change(state, |preferences| preferences.mode = if on { Mode::System } else { shown })
                }
            }
        }
    }
}

/// Seven inks.
#[component]
fn Inks() -> Element {
    let state = use_state();
    let accent = state.preferences.read().accent;
    let chosen = Accent::ALL.iter().position(|ink| *ink == accent).unwrap_or_default();
    let ids: Vec<String> = Accent::ALL.iter().map(|ink| format!("ink-{}", ink.name())).collect();
    let choose = EventHandler::new(move |number: usize| {
        if let Some(ink) = Accent::ALL.get(number).copied() {
            change(state, |preferences| preferences.accent = ink);
        }
    });
    rsx! {
        h2 { class: "section inset",
            {t!("appearance-ink")}
            span { class: "hint end", {t!(&format!("appearance-ink-{}", accent.name()))} }
        }
        div { class: "card",
            div { class: "inks", role: "radiogroup", "aria-label": t!("appearance-ink"),
                onkeydown: move |event| walk(&event, chosen, &ids, choose),
                for (number, ink) in Accent::ALL.iter().copied().enumerate() {
                    button { key: "{ink.name()}", class: "ink-drop", r#type: "button", role: "radio",
                        id: "ink-{ink.name()}",
                        "aria-checked": (number == chosen).to_string(),
                        "aria-label": t!(&format!("appearance-ink-{}", ink.name())),
                        tabindex: if number == chosen { "0" } else { "-1" },
                        onclick: move |_| choose.call(number),
                        i { class: "drop-{ink.name()}",
                            if number == chosen {
                                Icon { name: "check", small: true }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// From 85 to 200 per cent; the keyboard moves it too.
#[component]
fn TextSize() -> Element {
    let state = use_state();
    let percent = state.preferences.read().text_percent;
    let (least, most) = (*Preferences::TEXT_PERCENT.start(), *Preferences::TEXT_PERCENT.end());
    let at = u32::from(percent.saturating_sub(least)) * 100 / u32::from(most - least);
    // The page owns the position of the slider, as it owns typed text.
    let start = use_hook(|| percent.to_string());
    rsx! {
        h2 { class: "section inset",
            label { r#for: "text-size", {t!("appearance-text-size")} }
            span { class: "hint end", {t!("appearance-percent", percent = u32::from(percent))} }
        }
        div { class: "card",
            div { class: "item slides",
                span { class: "small-a", "aria-hidden": "true", "A" }
                span { class: "slider", style: "--at: {at}%",
                    input { r#type: "range", id: "text-size", min: "{least}", max: "{most}", step: "5",
                        initial_value: start,
                        "aria-valuetext": t!("appearance-percent", percent = u32::from(percent)),
                        oninput: move |event| {
                            if let Ok(percent) = event.value().parse::<u16>() {
                                change(state, |preferences| preferences.text_percent = percent.clamp(least, most));
                            }
                        }
                    }
                }
                span { class: "large-a", "aria-hidden": "true", "A" }
            }
        }
    }
}

/// The system's language, or one of ours.
#[component]
fn Language() -> Element {
    let state = use_state();
    let language = state.preferences.read().language.clone();
    let given = state.shell().options().language.is_some();
    let mut choices =
        vec![Choice { id: "language-system".to_owned(), text: t!("appearance-language-system"), hint: None }];
    choices.extend(LANGUAGES.iter().map(|(tag, name, _)| Choice {
        id: format!("language-{tag}"),
        text: (*name).to_owned(),
        hint: None,
    }));
    let chosen =
        LANGUAGES.iter().position(|(tag, ..)| language.as_deref() == Some(*tag)).map_or(0, |number| number + 1);
    rsx! {
        h2 { class: "section inset", {t!("appearance-language")} }
        Choices { label: t!("appearance-language"), choices, chosen,
            onchoose: move |number: usize| {
                let language = number.checked_sub(1).and_then(|number| LANGUAGES.get(number));
                let tag = language.map(|(tag, ..)| (*tag).to_owned());
                change(state, |preferences| preferences.language = tag);
            }
        }
        if given {
            p { class: "note", {t!("appearance-language-given")} }
        }
    }
}

/// What the Enter key does.
#[component]
fn Writing() -> Element {
    let state = use_state();
    let sends = state.enter_sends();
    rsx! {
        h2 { class: "section inset", {t!("appearance-writing")} }
        div { class: "card",
            Switch { text: t!("appearance-enter"), id: "enter-sends", on: sends,
                hint: if sends { t!("appearance-enter-on") } else { t!("appearance-enter-off") },
                onchange: move |on| change(state, |preferences| preferences.enter_sends = Some(on))
            }
        }
    }
}

/// What becomes of the window when it is closed, and at login. Only what the system can do.
#[component]
fn Window() -> Element {
    let state = use_state();
    let (keeps, platform) = (state.preferences.read().keeps_running, state.shell().platform().clone());
    if !platform.has_background && platform.autostart.is_none() {
        return rsx! {};
    }
    let quit = try_consume_context::<Quit>().filter(|_| keeps);
    rsx! {
        h2 { class: "section inset", {t!("window-title")} }
        div { class: "card flush",
            if platform.has_background {
                Switch { text: t!("window-keeps"), hint: t!("window-keeps-hint"), on: keeps, id: "keeps-running",
                    onchange: move |on| change(state, |preferences| preferences.keeps_running = on)
                }
            }
            if let Some(autostart) = platform.autostart {
                Login { autostart: Shared(autostart) }
            }
            if let Some(quit) = quit {
                Item { text: t!("window-quit"), hint: t!("window-quit-hint"), leads: false, id: "quit",
                    onclick: move |()| (quit.0)()
                }
            }
        }
    }
}

/// A capability as a property: it is the same for as long as the program runs.
#[derive(Clone)]
struct Shared(Arc<dyn Autostart>);

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Whether the system starts the program at login, and how.
#[component]
fn Login(autostart: Shared) -> Element {
    let state = use_state();
    let mut now = use_signal(|| autostart.0.now());
    let set = use_callback(move |how: AtLogin| {
        if let Err(error) = autostart.0.set(how) {
            tracing::warn!(%error, "the choice for login is not kept");
            state.say(t!("window-login-failed"));
        }
        now.set(autostart.0.now());
    });
    rsx! {
        Switch { text: t!("window-login"), on: now() != AtLogin::No, id: "at-login",
            onchange: move |on| set.call(if on { AtLogin::Shown } else { AtLogin::No })
        }
        if now() != AtLogin::No {
            Switch { text: t!("window-minimised"), hint: t!("window-minimised-hint"), on: now() == AtLogin::Minimised,
                id: "minimised",
                onchange: move |on| set.call(if on { AtLogin::Minimised } else { AtLogin::Shown })
            }
        }
    }
}
