//! The bar at the top of a screen, and the lines of a settings sheet.

use dioxus::prelude::*;

use super::Icon;
use crate::route::Route;
use crate::t;

/// A round button with an icon; `label` is its name, which the pointer shows too.
#[component]
pub fn Tap(
    icon: &'static str,
    label: String,
    onclick: EventHandler<()>,
    #[props(default)] flip: bool,
    pressed: Option<bool>,
    id: Option<&'static str>,
    #[props(default)] class: &'static str,
) -> Element {
    rsx! {
        button {
            class: "tap {class}",
            r#type: "button",
            id,
            title: label.clone(),
            "aria-label": label,
            "aria-pressed": pressed.map(|pressed| pressed.to_string()),
            onclick: move |_| onclick.call(()),
            Icon { name: icon, flip }
        }
    }
}

/// The bar of a screen: back, a title, and what else the screen puts there. Without a title the screen has its own
/// heading.
#[component]
pub fn Bar(title: String, children: Element) -> Element {
    let route = use_context::<Route>();
    rsx! {
        header { class: "bar",
            if route.depth() > 0 {
                Tap { icon: "back", flip: true, label: t!("back"), class: "leave", onclick: move |()| { route.back(); }
                }
            }
            if title.is_empty() {
                span { class: "grow" }
            } else {
                h1 { class: "grow one-line", tabindex: "-1", "{title}" }
            }
            {children}
        }
    }
}

/// A line of a settings sheet that leads somewhere or does something.
#[component]
pub fn Item(
    icon: Option<&'static str>,
    text: String,
    hint: Option<String>,
    value: Option<String>,
    #[props(default)] danger: bool,
    #[props(default = true)] leads: bool,
    id: Option<String>,
    onclick: EventHandler<()>,
    /// What stands at its end, where words are not enough.
    children: Element,
) -> Element {
    rsx! {
        button { class: if danger { "item danger" } else { "item" }, r#type: "button", id,
            onclick: move |_| onclick.call(()),
            if let Some(icon) = icon {
                Icon { name: icon }
            }
            span { class: "text",
                "{text}"
                if let Some(hint) = hint {
                    small { "{hint}" }
                }
            }
            if let Some(value) = value {
                span { class: "value", "{value}" }
            }
            {children}
            if leads {
                Icon { name: "next", flip: true, class: "next" }
            }
        }
    }
}

/// A line that says something and leads nowhere; it stands in a `dl` with the class `card`.
#[component]
pub fn Fact(name: String, value: String, id: Option<&'static str>, #[props(default)] mono: bool) -> Element {
    rsx! {
        div { class: "item fact",
            dt { class: "text", "{name}" }
            dd { class: if mono { "value mono" } else { "value" }, id, "{value}" }
        }
    }
}

/// A line with a switch.
#[component]
pub fn Switch(
    text: String,
    hint: Option<String>,
    on: bool,
    id: Option<String>,
    onchange: EventHandler<bool>,
) -> Element {
    rsx! {
        button { class: "item", r#type: "button", role: "switch", id, "aria-checked": on.to_string(),
            onclick: move |_| onchange.call(!on),
            span { class: "text",
                "{text}"
                if let Some(hint) = hint {
                    small { "{hint}" }
                }
            }
            span { class: "switch", "aria-hidden": "true" }
        }
    }
}
