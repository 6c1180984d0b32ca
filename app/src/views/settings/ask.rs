//! A question before something is done.

use dioxus::prelude::*;

use crate::t;

/// A dialog with one thing to do and a way out. Escape is the way out: the page presses what is marked with `data-escape`.
#[component]
pub fn Ask(
    /// Begins the ids of its buttons: `{id}-yes`, `{id}-no`.
    id: &'static str,
    title: String,
    text: String,
    yes: String,
    no: Option<String>,
    #[props(default)] danger: bool,
    #[props(default)] busy: bool,
    onyes: EventHandler<()>,
    onno: EventHandler<()>,
) -> Element {
    rsx! {
        div { class: "veil",
            div { class: "dialog", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "{id}-title", "aria-describedby": "{id}-text", tabindex: "-1",
                h2 { id: "{id}-title", "{title}" }
                p { id: "{id}-text", "{text}" }
                div { class: "btns",
                    button { class: if danger { "btn danger" } else { "btn main" }, r#type: "button", id: "{id}-yes", disabled: busy,
                        onclick: move |_| onyes.call(()),
                        "{yes}"
                    }
                    button { class: "btn line", r#type: "button", id: "{id}-no", "data-escape": "true", onclick: move |_| onno.call(()),
                        {no.unwrap_or_else(|| t!("settings-cancel"))}
                    }
                }
            }
        }
    }
}
