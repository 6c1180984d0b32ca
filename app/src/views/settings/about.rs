//! Version, licence, and whose work is in it.

use dioxus::prelude::*;

use super::Page;
use crate::components::{Icon, Wordmark};
use crate::t;

/// Free software, and what that means for whoever has it.
#[component]
pub fn About() -> Element {
    let mut open = use_signal(|| false);
    rsx! {
        Page { title: t!("about-title"),
            div { class: "head",
                Wordmark { large: true }
                p { class: "id", id: "version", {t!("about-version", version = env!("CARGO_PKG_VERSION"))} }
            }
            p { class: "lead-in", {t!("about-lead")} }
            div { class: "card flush about",
                div { class: "item",
                    div { class: "text", b { {t!("about-licence")} } small { {t!("about-licence-text")} } }
                }
                div { class: "item",
                    div { class: "text", b { {t!("about-source")} } small { {t!("about-source-text")} } }
                }
                div { class: "item",
                    div { class: "text", b { {t!("about-others")} } small { {t!("about-others-text")} } }
                }
            }
            div { class: "below",
                button { class: "btn line wide", r#type: "button", id: "show-licence",
                    "aria-expanded": open().to_string(), "aria-controls": "licence",
                    onclick: move |_| open.toggle(),
                    Icon { name: "file" }
                    if open() { {t!("about-licence-close")} } else { {t!("about-licence-open")} }
                }
            }
            if open() {
                pre { class: "licence", id: "licence", lang: "en", dir: "ltr", tabindex: "0", {LICENCE} }
            }
        }
    }
}

/// The whole text, so that it is there without a network.
const LICENCE: &str = include_str!("../../../../LICENSE");
