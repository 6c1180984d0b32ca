//! A rescue: how far it is, and what it brought.

use dioxus::prelude::*;
use onionskin_core::{Counted, Rescued, SalvageProgress, Salvaged, TroubledFolder};

use super::{called, file_size, use_rescue};
use crate::components::Bar;
use crate::route::Screen;
use crate::shell::Outcome;
use crate::state::{State, error_name, use_state};
use crate::t;

/// The rescue that runs or has ended.
#[component]
pub fn Rescue() -> Element {
    let state = use_state();
    let rescue = use_rescue(state);
    rsx! {
        main { class: "screen",
            Bar { title: t!("rescue-title") }
            match rescue() {
                None => rsx! { div { class: "page", p { class: "note", {t!("rescue-none")} } } },
                Some(rescue) => match rescue.outcome {
                    None => rsx! { Running { folder: rescue.folder.clone() } },
                    Some(Outcome::Rescued(rescued)) => rsx! { Done { rescued, folder: rescue.folder.clone() } },
                    Some(Outcome::Stopped) => rsx! { Ended { text: t!("rescue-stopped") } },
                    Some(Outcome::Failed(kind)) => rsx! { Ended { text: t!(&format!("error-{}", error_name(kind))) } },
                },
            }
        }
    }
}

/// Still reading.
#[component]
fn Running(folder: TroubledFolder) -> Element {
    let state = use_state();
    let progress = use_progress(state);
    let SalvageProgress { found, per_mille, seed_found, .. } = progress();
    let per_cent = per_mille / 10;
    let stop = move |_| {
        if let Some(rescue) = &*state.shell().rescue().borrow() {
            rescue.watch.stop();
        }
    };
    rsx! {
        div { class: "page rescue",
            div { class: "stripe moving" }
            p { class: "note", {t!("rescue-lead", name = called(&folder))} }
            div { class: "card flush",
                Line { text: t!("rescue-letters"), value: found.letters.read.to_string() }
                Line { text: t!("rescue-people"), value: found.people.read.to_string() }
                Line { text: t!("rescue-conversations"), value: found.conversations.read.to_string() }
                Line { text: t!("rescue-keys"), hint: t!("rescue-keys-hint"), good: seed_found,
                    value: if seed_found { t!("rescue-keys-found") } else { t!("rescue-keys-sought") } }
            }
            div { class: "progress-line",
                div { class: "progress", style: "--done:{per_cent}%", role: "progressbar",
                    "aria-valuenow": "{per_cent}", "aria-valuemin": "0", "aria-valuemax": "100",
                    "aria-label": t!("rescue-read")
                }
                p { class: "hint", {t!("rescue-far", percent = per_cent.to_string())} }
            }
        }
        div { class: "foot",
            div { class: "btns side",
                button { class: "btn line", r#type: "button", id: "rescue-stop", onclick: stop, {t!("rescue-stop")} }
            }
        }
    }
}

/// How far the rescue is.
fn use_progress(state: State) -> Signal<SalvageProgress> {
    let mut progress = use_signal(SalvageProgress::default);
    use_future(move || async move {
        let Some(watch) = state.shell().rescue().borrow().as_ref().map(|rescue| rescue.watch.clone()) else { return };
        let mut so_far = watch.progress();
        loop {
            progress.set(*so_far.borrow_and_update());
            if so_far.changed().await.is_err() {
                return;
            }
        }
    });
    progress
}

/// One kind of thing, and how many of it.
#[component]
fn Line(text: String, value: String, hint: Option<String>, #[props(default)] good: bool) -> Element {
    rsx! {
        div { class: "item",
            span { class: "text",
                "{text}"
                if let Some(hint) = hint {
                    small { "{hint}" }
                }
            }
            span { class: if good { "value good" } else { "value" }, "{value}" }
        }
    }
}

/// What it brought.
#[component]
fn Done(rescued: Rescued, folder: TroubledFolder) -> Element {
    let state = use_state();
    let Salvaged { letters, people, conversations, waiting, others, asks_again, .. } = rescued.found;
    let mut missing = use_signal(|| false);
    let open = move |_| {
        spawn(async move {
            match state.shell().show_rescued(&rescued).await {
                Ok(()) => state.route.reset(Screen::Home),
                Err(error) => state.say_error(&error),
            }
        });
    };
    rsx! {
        div { class: "page",
            div { class: "empty", role: "status",
                svg { class: "art", view_box: "0 0 120 90", fill: "none", stroke: "currentColor", stroke_width: "1.6",
                    stroke_linecap: "round", stroke_linejoin: "round", "aria-hidden": "true",
                    path { d: "M26 34h68v42H26z", fill: "var(--sheet)" }
                    path { d: "m26 34 34 24 34-24" }
                    path { d: "M40 30V12h40v18", fill: "var(--wash)" }
                    path { d: "M48 20h24M48 27h14" }
                    path { d: "M100 26c5-3 8-8 9-14M104 34c4-1 8-3 11-6", stroke: "var(--accent)" }
                }
                h2 { {t!("rescue-back", count = letters.read)} }
                p {
                    {lost(letters)}
                    " "
                    {t!("rescue-kept", size = file_size(folder.bytes))}
                }
                if asks_again {
                    p { {t!("rescue-asks-again")} }
                }
                div { class: "btns",
                    button { class: "btn main", r#type: "button", id: "rescue-open", onclick: open, {t!("rescue-open")}
                    }
                    if rescued.found.damaged_pages > 0 {
                        button { class: "btn line", r#type: "button", id: "rescue-missing",
                            "aria-expanded": missing().to_string(), "aria-controls": "missing",
                            onclick: move |_| missing.toggle(), {t!("rescue-missing")} }
                    }
                }
            }
            if missing() {
                Missing { found: rescued.found }
            }
            h2 { class: "section inset", {t!("rescue-what")} }
            div { class: "card",
                Line { text: t!("rescue-letters"), value: of(letters) }
                Line { text: t!("rescue-people"), value: of(people) }
                Line { text: t!("rescue-conversations"), value: of(conversations) }
                Line { text: t!("rescue-waiting"), value: of(waiting) }
                Line { text: t!("rescue-others"), value: of(others) }
            }
        }
    }
}

/// What is missing, as exactly as the damaged file tells.
#[component]
fn Missing(found: Salvaged) -> Element {
    let Salvaged { letters, people, conversations, waiting, others, pages, damaged_pages, .. } = found;
    rsx! {
        section { id: "missing", "aria-label": t!("rescue-missing-title"),
            h2 { class: "section inset", {t!("rescue-missing-title")} }
            div { class: "card",
                Line { text: t!("rescue-pages"), hint: t!("rescue-pages-hint"),
                    value: t!("rescue-of", read = damaged_pages.to_string(), all = pages.to_string())
                }
                Line { text: t!("rescue-letters"), hint: t!("rescue-letters-hint"), value: gone(letters) }
                Line { text: t!("rescue-people"), value: gone(people) }
                Line { text: t!("rescue-conversations"), value: gone(conversations) }
                Line { text: t!("rescue-waiting"), hint: t!("rescue-waiting-hint"), value: gone(waiting) }
                Line { text: t!("rescue-others"), value: gone(others) }
            }
        }
    }
}

/// How many of one kind are lost.
fn gone(counted: Counted) -> String {
    match counted {
        Counted { lost: 0, estimated: false, .. } => t!("rescue-gone-none"),
        Counted { lost: 0, estimated: true, .. } => t!("rescue-gone-unknown"),
        Counted { lost, estimated: true, .. } => t!("rescue-gone-at-most", count = lost.to_string()),
        Counted { lost, estimated: false, .. } => lost.to_string(),
    }
}

/// How many letters could not be read.
fn lost(letters: Counted) -> String {
    match letters {
        Counted { lost: 0, .. } => t!("rescue-none-lost"),
        Counted { lost, estimated: true, .. } => t!("rescue-lost-about", count = lost),
        Counted { lost, .. } => t!("rescue-lost", count = lost),
    }
}

/// How many of one kind were read, of how many.
fn of(counted: Counted) -> String {
    let Counted { read, lost, estimated } = counted;
    match (lost, estimated) {
        (0, _) => t!("rescue-all", read = read.to_string()),
        (_, true) => t!("rescue-of-about", read = read.to_string(), all = (read + lost).to_string()),
        _ => t!("rescue-of", read = read.to_string(), all = (read + lost).to_string()),
    }
}

/// Nothing came of it.
#[component]
fn Ended(text: String) -> Element {
    let state = use_state();
    use_drop(move || state.shell().end_rescue());
    rsx! {
        div { class: "page",
            div { class: "empty", role: "alert",
                h2 { {t!("rescue-ended")} }
                p { "{text}" }
                p { {t!("trouble-safe")} }
                div { class: "btns",
                    button { class: "btn main", r#type: "button", id: "rescue-back",
                        onclick: move |_| { state.route.back(); }, {t!("rescue-to-ways")}
                    }
                }
            }
        }
    }
}
