//! The text of one message, to mark a part of it: on a touch screen a hold on a bubble opens its menu, here it marks.

use dioxus::prelude::*;

use crate::components::{Tap, copy};
use crate::state::use_state;
use crate::t;

/// The sheet. The field takes no keys; it is one so that a part can be marked with the keyboard too.
#[component]
pub fn Part(text: String, onclose: EventHandler<()>) -> Element {
    let state = use_state();
    let all = text.clone();
    rsx! {
        div { class: "veil low over", id: "part-veil", "data-escape": "true", onclick: move |_| onclose.call(()),
            section { class: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "part-title",
                onclick: |event| event.stop_propagation(),
                header {
                    h2 { id: "part-title", {t!("menu-part")} }
                    Tap { icon: "close", id: "part-close", label: t!("close"), onclick: move |()| onclose.call(()) }
                }
                div { class: "body",
                    textarea { class: "part", id: "part", readonly: true, dir: "auto", rows: "9", autofocus: true,
                        "aria-label": t!("part-label"), initial_value: text }
                }
                div { class: "foot",
                    button { class: "btn line wide", r#type: "button", id: "part-copy",
                        onclick: move |_| { copy(state, &all); onclose.call(()); },
                        {t!("part-copy")} }
                }
            }
        }
    }
}
