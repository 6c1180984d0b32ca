//! The devices of this account: how another one is added, and when one last acted.
//!
//! The network keeps no list of devices. Another one is seen only by what it changes, and whoever has the recovery
//! password has the account: this page says both.

use dioxus::prelude::*;

use super::Page;
use crate::components::{Fact, Icon, Item};
use crate::route::Screen;
use crate::state::{use_account, use_state};
use crate::views::home::acknowledge;
use crate::{t, when};

/// How to add one, when another one was seen, what to do when it is nobody's.
#[component]
pub fn Devices() -> Element {
    let (state, account) = (use_state(), use_account());
    let other = *account.other_device.read();
    let seen = other.map(|other| when::moment(other.seen_at, state.now(), &state.texts.read()));
    let unsent = account.sync.read().as_ref().is_some_and(|sync| sync.unsent);
    let new = other.is_some_and(|other| other.new);
    rsx! {
        Page { title: t!("devices-title"),
            if new {
                section { class: "banner warn two", id: "device-new", "aria-label": t!("devices-new"),
                    Icon { name: "device" }
                    div { class: "grow", role: "status",
                        b { {t!("devices-new")} }
                        p { {t!("devices-new-text", moment = seen.clone().unwrap_or_default())} }
                    }
                    div { class: "answers",
                        button { class: "btn small main", r#type: "button", id: "device-mine",
                            onclick: move |_| { spawn(acknowledge(state, account)); },
                            {t!("devices-me")}
                        }
                    }
                }
            }
            h2 { class: "section inset", {t!("devices-add")} }
            ol { class: "steps",
                li { {t!("devices-add-1")} }
                li { {t!("devices-add-2")} }
                li { {t!("devices-add-3")} }
            }
            div { class: "card",
                Item { icon: "key", text: t!("devices-show"), hint: t!("recovery-show-hint"), id: "show-recovery",
                    onclick: move |()| state.route.push(Screen::RecoveryPassword)
                }
            }
            p { class: "note", {t!("devices-add-note")} }
            h2 { class: "section inset", {t!("devices-seen")} }
            dl { class: "card flush",
                Fact { name: t!("devices-last"), id: "last-seen", value: seen.unwrap_or_else(|| t!("devices-never")) }
                Fact { name: t!("devices-this"), id: "unsent",
                    value: if unsent { t!("devices-unsent") } else { t!("devices-all-sent") }
                }
            }
            p { class: "note", {t!("devices-seen-note")} }
            h2 { class: "section inset", {t!("devices-stranger")} }
            p { class: "lead-in", id: "stranger", {t!("devices-stranger-lead")} }
            ol { class: "steps",
                li { {t!("devices-stranger-1")} }
                li { {t!("devices-stranger-2")} }
                li { {t!("devices-stranger-3")} }
            }
            div { class: "card",
                Item { icon: "plus", text: t!("accounts-create"), id: "new-account",
                    onclick: move |()| state.route.push(Screen::CreateAccount)
                }
                Item { icon: "trash", text: t!("settings-clear"), danger: true, id: "clear-this",
                    onclick: move |()| state.route.push(Screen::ClearData)
                }
            }
        }
    }
}
