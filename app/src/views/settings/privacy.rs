//! Who sees what, without flattery.

use dioxus::prelude::*;
use onionskin_core::{READ_RECEIPTS, Setting, TYPING_NOTICES};

use super::Page;
use crate::components::{Icon, Item, Switch};
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
            div { class: "card",
                Told { what: Telling::Receipts, id: "receipts", text: t!("privacy-receipts"),
                    hint: t!("privacy-receipts-hint") }
                Told { what: Telling::Typing, id: "typing", text: t!("privacy-typing"),
                    hint: t!("privacy-typing-hint") }
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

/// What others are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Telling {
    Receipts,
    Typing,
}

impl Telling {
    fn setting(self) -> &'static Setting<bool> {
        match self {
            Self::Receipts => &READ_RECEIPTS,
            Self::Typing => &TYPING_NOTICES,
        }
    }
}

/// Something that the people you write with are told, if you want it and they do.
#[component]
fn Told(what: Telling, id: String, text: String, hint: String) -> Element {
    let (state, account) = (use_state(), use_account());
    let mut on = use_signal(|| None::<bool>);
    use_future(move || async move { on.set(account.client().setting(what.setting()).await.ok()) });
    let change = move |wanted| {
        spawn(async move {
            match account.client().set_setting(what.setting(), wanted).await {
                Ok(()) => on.set(Some(wanted)),
                Err(error) => state.say_error(&error),
            }
        });
    };
    rsx! {
        if let Some(on) = on() {
            Switch { text, hint, on, id, onchange: change }
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
