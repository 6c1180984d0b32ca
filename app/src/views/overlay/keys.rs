//! The sheet of keys.

use dioxus::prelude::*;

use crate::state::use_state;
use crate::t;

/// Every key that `assets/page/keys.js` and the fields know, and what it does.
const KEYS: &[(&[&str], &str)] = &[
    (&["Ctrl", "N"], "keys-new"),
    (&["Ctrl", "F"], "keys-search"),
    (&["Ctrl", "M"], "keys-write"),
    (&["Ctrl", "1…9"], "keys-open"),
    (&["Alt", "↓"], "keys-next"),
    (&["Alt", "↑"], "keys-previous"),
    (&["↑", "↓"], "keys-arrows"),
    (&["Enter"], "keys-enter"),
    (&["Shift", "Enter"], "keys-line"),
    (&["Esc"], "keys-back"),
    (&["Ctrl", ","], "keys-settings"),
    (&["Ctrl", "+"], "keys-larger"),
    (&["Ctrl", "-"], "keys-smaller"),
    (&["Ctrl", "0"], "keys-usual"),
    (&["Ctrl", "L"], "keys-lock"),
    (&["F1"], "keys-help"),
];

/// All keys, each with a sentence.
#[component]
pub fn KeysSheet() -> Element {
    let mut state = use_state();
    let mut close = move || state.over.set(None);
    let enter_sends = state.enter_sends();
    rsx! {
        div { class: "veil over", onclick: move |_| close(),
            div { class: "dialog keys", role: "dialog", "aria-modal": "true", "aria-labelledby": "keys-title",
                tabindex: "-1", "autofocus": "true", onclick: move |event| event.stop_propagation(),
                h2 { id: "keys-title", {t!("keys-title")} }
                dl {
                    for (keys, text) in KEYS.iter().copied() {
                        div {
                            dt {
                                for key in shown(keys, enter_sends).iter().copied() {
                                    kbd { {name(key)} }
                                }
                            }
                            dd { {t!(text)} }
                        }
                    }
                }
                div { class: "btns",
                    button { class: "btn main", r#type: "button", id: "keys-close", "data-escape": "true",
                        onclick: move |_| close(),
                        {t!("close")}
                    }
                }
            }
        }
    }
}

/// Enter sends or begins a line, as the person chose.
fn shown(keys: &'static [&'static str], enter_sends: bool) -> &'static [&'static str] {
    match (keys, enter_sends) {
        (["Enter"], false) => &["Ctrl", "Enter"],
        (["Shift", "Enter"], false) => &["Enter"],
        _ => keys,
    }
}

/// What stands on the key.
fn name(key: &str) -> String {
    match key {
        "Ctrl" => t!("key-control"),
        "Shift" => t!("key-shift"),
        "Enter" => t!("key-enter"),
        "Esc" => t!("key-escape"),
        other => other.to_owned(),
    }
}
