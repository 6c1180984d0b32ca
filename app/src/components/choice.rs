//! One of a few: a group of radio lines that the arrow keys walk through.

use dioxus::prelude::*;

/// A line that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its id in the page.
    pub id: String,
    /// What it says.
    pub text: String,
    /// More about it.
    pub hint: Option<String>,
}

/// The group; `chosen` counts from 0.
#[component]
pub fn Choices(label: String, choices: Vec<Choice>, chosen: usize, onchoose: EventHandler<usize>) -> Element {
    let ids: Vec<String> = choices.iter().map(|choice| choice.id.clone()).collect();
    rsx! {
        div { class: "card flush", role: "radiogroup", "aria-label": label,
            onkeydown: move |event| walk(&event, chosen, &ids, onchoose),
            for (number, choice) in choices.into_iter().enumerate() {
                button { key: "{choice.id}", class: "item", r#type: "button", role: "radio", id: "{choice.id}",
                    "aria-checked": (number == chosen).to_string(),
                    tabindex: if number == chosen { "0" } else { "-1" },
                    onclick: move |_| onchoose.call(number),
                    span { class: "text",
                        "{choice.text}"
                        if let Some(hint) = choice.hint {
                            small { "{hint}" }
                        }
                    }
                    span { class: "radio", "aria-hidden": "true" }
                }
            }
        }
    }
}

/// The arrow keys choose the neighbour, in a circle, and take the focus along.
pub fn walk(event: &KeyboardEvent, chosen: usize, ids: &[String], onchoose: EventHandler<usize>) {
    let count = ids.len();
    let next = match event.key() {
        Key::ArrowDown | Key::ArrowRight => (chosen + 1).checked_rem(count),
        Key::ArrowUp | Key::ArrowLeft => (chosen + count).saturating_sub(1).checked_rem(count),
        _ => None,
    };
    if let Some(next) = next
        && let Some(id) = ids.get(next)
    {
        event.prevent_default();
        onchoose.call(next);
        document::eval(&format!("onionskin.focus({})", serde_json::Value::from(id.as_str())));
    }
}
