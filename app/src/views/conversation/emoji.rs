//! The sheet to choose an emoji from: what was used lately, all groups, a search, and a hold for the tones of skin.

use dioxus::prelude::*;

use crate::components::{Icon, Tap, empty};
use crate::emoji::{self, Emoji, Tone};
use crate::state::{State, use_state};
use crate::t;

const SEARCH: &str = "emoji-search";
/// Of a search as many are shown as anybody looks at.
const MOST_FOUND: usize = 120;

/// The sheet. `title` says what the emoji is for, `lately` what stands first.
#[component]
pub fn EmojiSheet(
    title: String,
    lately: Vec<String>,
    onpick: EventHandler<String>,
    onclose: EventHandler<()>,
) -> Element {
    let mut question = use_signal(String::new);
    let group = use_signal(|| if lately.is_empty() { Some(0) } else { None::<usize> });
    let mut toning = use_signal(|| None::<&'static Emoji>);
    let found = use_memo(move || emoji::find(&question.read(), MOST_FOUND));
    let searches = !question.read().trim().is_empty();
    let hold = move |emoji| toning.set(Some(emoji));
    rsx! {
        div { class: "veil low over", id: "emoji-veil", "data-escape": "true", onclick: move |_| onclose.call(()),
            section { class: "sheet tall", role: "dialog", "aria-modal": "true", "aria-labelledby": "emoji-title",
                onclick: |event| event.stop_propagation(),
                header {
                    h2 { id: "emoji-title", "{title}" }
                    Tap { icon: "close", id: "emoji-close", label: t!("close"), onclick: move |()| onclose.call(()) }
                }
                div { class: "search-line",
                    div { class: "search",
                        Icon { name: "search", small: true }
                        input { id: SEARCH, r#type: "text", dir: "auto", autocomplete: "off", spellcheck: "false",
                            autofocus: true, "aria-label": t!("emoji-search"), placeholder: t!("emoji-search"),
                            oninput: move |event| { question.set(event.value()); toning.set(None); },
                        }
                        if searches {
                            Tap { icon: "close", id: "emoji-clear", label: t!("search-clear"),
                                onclick: move |()| { empty(SEARCH, ""); question.set(String::new()); } }
                        }
                    }
                }
                if !searches {
                    Groups { group, has_lately: !lately.is_empty() }
                }
                div { class: "body",
                    if let Some(emoji) = toning() {
                        Tones { emoji, onpick }
                    } else if searches {
                        p { class: "sr", role: "status", {t!("emoji-found", count = found.read().len())} }
                        if found.read().is_empty() {
                            p { class: "hint", {t!("emoji-none")} }
                        }
                        Grid { label: t!("emoji-found", count = found.read().len()), emoji: found(), onpick,
                            onhold: hold }
                    } else if let Some(number) = group() {
                        Grid { label: t!(GROUPS.get(number).map_or("emoji-search", |group| group.1)),
                            emoji: emoji::groups().get(number).map(|all| all.iter().collect()).unwrap_or_default(),
                            onpick, onhold: hold }
                    } else {
                        Lately { lately, onpick }
                    }
                }
            }
        }
    }
}

/// The groups, as tabs; the first of them is what was used lately.
#[component]
fn Groups(group: Signal<Option<usize>>, has_lately: bool) -> Element {
    let mut group = group;
    rsx! {
        div { class: "emoji-cats", role: "tablist", "aria-label": t!("emoji-groups"), "data-arrows": "grid",
            if has_lately {
                button { r#type: "button", role: "tab", "aria-selected": group().is_none().to_string(),
                    "aria-label": t!("emoji-lately"), title: t!("emoji-lately"),
                    onclick: move |_| group.set(None),
                    Icon { name: "clock" }
                }
            }
            for (number, (sign, name)) in GROUPS.iter().copied().enumerate() {
                button { key: "{number}", r#type: "button", role: "tab",
                    "aria-selected": (group() == Some(number)).to_string(),
                    "aria-label": t!(name), title: t!(name),
                    onclick: move |_| group.set(Some(number)),
                    span { "aria-hidden": "true", "{sign}" }
                }
            }
        }
    }
}

/// Emoji beside each other; the tone that was chosen last is on those that take one.
#[component]
fn Grid(
    label: String,
    emoji: Vec<&'static Emoji>,
    onpick: EventHandler<String>,
    onhold: EventHandler<&'static Emoji>,
) -> Element {
    let state = use_state();
    let (tone, language) = (state.preferences.read().skin_tone, state.texts.read().tag().to_owned());
    rsx! {
        div { class: "emoji-grid", role: "group", "aria-label": label, "data-arrows": "grid",
            for one in emoji {
                button { key: "{one.sign}", r#type: "button", class: one.takes_tone.then_some("has-tones"),
                    "aria-label": one.name(&language), title: one.name(&language),
                    "data-menu": one.takes_tone.then_some("true"),
                    onclick: move |_| onpick.call(one.toned(tone)),
                    oncontextmenu: move |event: MouseEvent| {
                        event.prevent_default();
                        if one.takes_tone {
                            onhold.call(one);
                        }
                    },
                    {one.toned(tone)}
                }
            }
        }
    }
}

/// What was used lately, as it was used.
#[component]
fn Lately(lately: Vec<String>, onpick: EventHandler<String>) -> Element {
    let language = use_state().texts.read().tag().to_owned();
    rsx! {
        div { class: "emoji-grid", role: "group", "aria-label": t!("emoji-lately"), "data-arrows": "grid",
            for sign in lately {
                button { key: "{sign}", r#type: "button",
                    "aria-label": emoji::of(&sign).map(|emoji| emoji.name(&language)),
                    onclick: { let sign = sign.clone(); move |_| onpick.call(sign.clone()) },
                    "{sign}"
                }
            }
        }
    }
}

/// One emoji in every tone; the choice holds from then on.
#[component]
fn Tones(emoji: &'static Emoji, onpick: EventHandler<String>) -> Element {
    let state = use_state();
    let chosen = state.preferences.read().skin_tone;
    let tones: Vec<Option<Tone>> = std::iter::once(None).chain(Tone::ALL.map(Some)).collect();
    rsx! {
        p { class: "hint", {t!("emoji-tone-kept")} }
        div { class: "tones", role: "radiogroup", "aria-label": t!("emoji-tone"), "data-arrows": "grid",
            for tone in tones {
                button { r#type: "button", role: "radio", "aria-checked": (tone == chosen).to_string(),
                    "aria-label": t!(tone.map_or("tone-none", Tone::name)),
                    onclick: move |_| { keep(state, tone); onpick.call(emoji.toned(tone)); },
                    {emoji.toned(tone)}
                }
            }
        }
    }
}

fn keep(state: State, tone: Option<Tone>) {
    if let Err(error) = state.shell().change_preferences(|preferences| preferences.skin_tone = tone) {
        state.say_error(&error);
    }
}

/// A sign and a name for each of [`emoji::groups`].
const GROUPS: &[(&str, &str)] = &[
    ("😀", "emoji-faces"),
    ("👋", "emoji-people"),
    ("🐻", "emoji-nature"),
    ("🍎", "emoji-food"),
    ("🚗", "emoji-places"),
    ("🎉", "emoji-occasions"),
    ("💡", "emoji-things"),
    ("🔣", "emoji-signs"),
    ("🏁", "emoji-flags"),
];
