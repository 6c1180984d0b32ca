//! Who sees what, without flattery.

use dioxus::prelude::*;

use super::Page;
use crate::components::{Icon, Item};
use crate::route::Screen;
use crate::state::{use_account, use_state};
use crate::t;

/// Everybody who sees something of you, and the people you do not want to hear from.
#[component]
pub fn Privacy() -> Element {
    let state = use_state();
    let account = use_account();
    let blocked =
        use_resource(
            move || async move { account.client().blocked().await.map(|people| people.len()).unwrap_or_default() },
        );
    rsx! {
        Page { title: t!("privacy-title"),
            div { class: "card",
                Item { icon: "block", text: t!("blocked-title"), id: "blocked",
                    onclick: move |()| state.route.push(Screen::Blocked),
                    value: blocked.read().as_ref().map(ToString::to_string)
                }
            }
            h2 { class: "section inset", {t!("privacy-who")} }
            p { class: "lead-in", {t!("privacy-lead")} }
            dl { class: "card sees",
                Sees { icon: "device", who: t!("privacy-device"), what: t!("privacy-device-sees") }
                Sees { icon: "mail", who: t!("privacy-recipient"), what: t!("privacy-recipient-sees") }
                Sees { icon: "path", who: t!("privacy-entry"), what: t!("privacy-entry-sees") }
                Sees { icon: "path", who: t!("privacy-relay"), what: t!("privacy-relay-sees") }
                Sees { icon: "path", who: t!("privacy-exit"), what: t!("privacy-exit-sees") }
                Sees { icon: "requests", who: t!("privacy-swarm"), what: t!("privacy-swarm-sees") }
                Sees { icon: "storage", who: t!("privacy-seed"), what: t!("privacy-seed-sees") }
                Sees { icon: "file", who: t!("privacy-server"), what: t!("privacy-server-sees") }
                Sees { icon: "bell", who: t!("privacy-system"), what: t!("privacy-system-sees") }
                Sees { icon: "eye", who: t!("privacy-line"), what: t!("privacy-line-sees") }
            }
            if state.shell().network().name != "mainnet" {
                p { class: "note", id: "other-network",
                    {t!("privacy-other-network", name = state.shell().network().name.clone())}
                }
            }
            p { class: "note", {t!("privacy-limits")} }
        }
    }
}

/// One of them.
#[component]
fn Sees(icon: &'static str, who: String, what: String) -> Element {
    rsx! {
        div { class: "item",
            Icon { name: icon }
            div { class: "text",
                dt { "{who}" }
                dd { "{what}" }
            }
        }
    }
}
