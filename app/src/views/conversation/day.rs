//! Jump to a date: the system's own field for a day, and the way to the first message of that day or after.

use dioxus::prelude::*;
use onionskin_core::Timestamp;

use crate::components::{Tap, Typed};
use crate::state::use_state;
use crate::{t, when};

/// The sheet. It begins with the day of `at`; `oldest` is the first day that there is.
#[component]
pub fn Day(
    at: Timestamp,
    oldest: Option<Timestamp>,
    ongo: EventHandler<Timestamp>,
    onclose: EventHandler<()>,
) -> Element {
    let state = use_state();
    let typed = Typed::hook();
    let first = when::iso(at);
    let start = first.clone();
    use_hook(move || typed.note(start));
    let mut wrong = use_signal(|| false);
    let go = move |event: FormEvent| {
        event.prevent_default();
        match when::beginning(&typed.text()) {
            Some(day) => {
                onclose.call(());
                ongo.call(day);
            }
            None => wrong.set(true),
        }
    };
    rsx! {
        div { class: "veil low over", id: "day-veil", "data-escape": "true", onclick: move |_| onclose.call(()),
            section { class: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "day-title",
                onclick: |event| event.stop_propagation(),
                header {
                    h2 { id: "day-title", {t!("day-jump")} }
                    Tap { icon: "close", id: "day-close", label: t!("close"), onclick: move |()| onclose.call(()) }
                }
                form { class: "body fields", onsubmit: go,
                    div { class: "form",
                        label { r#for: "day", {t!("day-label")} }
                        input { class: "input", id: "day", r#type: "date", autofocus: true, initial_value: first,
                            min: oldest.map(when::iso), max: when::iso(state.now()),
                            "aria-invalid": wrong().then_some("true"),
                            oninput: move |event: FormEvent| { wrong.set(false); typed.note(event.value()); } }
                        if wrong() {
                            p { class: "wrong", role: "alert", {t!("day-wrong")} }
                        }
                    }
                    button { class: "btn main wide", r#type: "submit", id: "day-go", {t!("day-go")} }
                }
            }
        }
    }
}
