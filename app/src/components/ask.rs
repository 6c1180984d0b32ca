//! A question over a screen: what will happen, where, and two ways out.

use dioxus::prelude::*;

use crate::t;

/// A question with two ways out. Escape is the way out: the page presses what is marked with `data-escape`.
#[component]
pub fn Ask(
    /// Begins the ids of its buttons: `{id}-yes`, `{id}-no`.
    id: &'static str,
    title: String,
    /// What will happen, in one piece; empty where `places` say it.
    #[props(default)]
    text: String,
    /// What will happen, place by place: here, on other devices, with the other person.
    #[props(default)]
    places: Vec<(String, String)>,
    yes: String,
    no: Option<String>,
    #[props(default)] danger: bool,
    #[props(default)] busy: bool,
    onyes: EventHandler<()>,
    onno: EventHandler<()>,
) -> Element {
    rsx! {
        div { class: "veil",
            div { class: "dialog", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "{id}-title",
                "aria-describedby": "{id}-text", tabindex: "-1",
                h2 { id: "{id}-title", dir: "auto", "{title}" }
                div { class: "what", id: "{id}-text",
                    if !places.is_empty() {
                        dl { class: "places",
                            for (place, happens) in places {
                                div {
                                    dt { dir: "auto", "{place}" }
                                    dd { "{happens}" }
                                }
                            }
                        }
                    }
                    if !text.is_empty() {
                        p { "{text}" }
                    }
                }
                div { class: "btns",
                    button { class: if danger { "btn danger" } else { "btn main" }, r#type: "button", id: "{id}-yes",
                        disabled: busy,
                        onclick: move |_| onyes.call(()),
                        "{yes}"
                    }
                    button { class: "btn line", r#type: "button", id: "{id}-no", "data-escape": "true",
                        onclick: move |_| onno.call(()),
                        {no.unwrap_or_else(|| t!("settings-cancel"))}
                    }
                }
            }
        }
    }
}
