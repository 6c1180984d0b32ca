//! The first page of the settings.

use dioxus::prelude::*;
use onionskin_core::PathSummary;
use onionskin_core::vault::VaultKind;

use super::path::use_path;
use super::recovery::RECOVERY_SEEN;
use crate::components::{Avatar, Bar, Icon, Item, Tap, account_name};
use crate::route::Screen;
use crate::shell::Stage;
use crate::state::{use_account, use_state};
use crate::t;
use crate::text::short_id;

/// Who this is, and the way to everything that can be set.
#[component]
pub fn Settings() -> Element {
    let state = use_state();
    let account = use_account();
    let id = account.client().account_id();
    let name = account.name.read().clone();
    let go = move |screen: Screen| move |()| state.route.push(screen.clone());
    let preferences = state.preferences.read();
    let locked = matches!(&*state.stage.read(), Stage::Open(open) if open.protection == VaultKind::Passphrase);
    // Until it was read nothing is asked for.
    let seen = use_resource(move || async move { account.client().setting(&RECOVERY_SEEN).await.unwrap_or(true) });
    let to_write_down = (seen.read().as_ref() == Some(&false)).then(|| t!("settings-recovery-hint"));
    let new_device = account.other_device.read().is_some_and(|other| other.new);
    let (path, path_text) = match use_path() {
        PathSummary::Live(_) => ("state ok", t!("settings-path-live")),
        PathSummary::Broken { .. } => ("state off", t!("settings-path-broken")),
        _ => ("state wait", t!("settings-path-building")),
    };
    rsx! {
        main { class: "screen",
            Bar { title: t!("settings"),
                Tap { icon: "qr", label: t!("settings-account-id"), id: "my-account-id", onclick: go(Screen::AccountId)
                }
            }
            div { class: "page",
                button { class: "item me", r#type: "button", id: "profile-name",
                    onclick: move |_| state.route.push(Screen::ProfileName),
                    Avatar { account: id, name: name.clone() }
                    span { class: "text",
                        b { dir: "auto", {account_name(&id, &name)} }
                        small { class: "mono", {short_id(&id)} }
                    }
                    Icon { name: "edit", label: t!("settings-change-name") }
                }
                div { class: "card",
                    Item { icon: "path", text: t!("path-title"), id: "path", onclick: go(Screen::Path),
                        span { class: "value", span { class: path, "{path_text}" } }
                    }
                    Item { icon: "shield", text: t!("privacy-title"), id: "privacy", onclick: go(Screen::Privacy) }
                    Item { icon: "bell", text: t!("notifications-title"), id: "notifications",
                        onclick: go(Screen::Notifications),
                        value: t!(&format!("notifications-{}", preferences.notifications.name()))
                    }
                    Item { icon: "palette", text: t!("appearance-title"), id: "appearance",
                        onclick: go(Screen::Appearance),
                        value: t!(&format!("appearance-{}", preferences.theme.name()))
                    }
                }
                div { class: "card",
                    Item { icon: "star", text: t!("starred-title"), id: "starred", onclick: go(Screen::Starred) }
                    Item { icon: "key", text: t!("recovery-title"), hint: to_write_down, id: "recovery-password",
                        onclick: go(Screen::RecoveryPassword)
                    }
                    Item { icon: "device", text: t!("devices-title"), id: "devices", onclick: go(Screen::Devices),
                        value: new_device.then(|| t!("settings-device-new"))
                    }
                    Item { icon: "people", text: t!("accounts-title"), id: "accounts", onclick: go(Screen::Accounts) }
                    Item { icon: "lock", text: t!("lock-title"), id: "lock", onclick: go(Screen::Lock),
                        value: if locked { t!("settings-on") } else { t!("settings-off") }
                    }
                    Item { icon: "storage", text: t!("network-title"), id: "network", onclick: go(Screen::Network),
                        value: state.shell().network().name.clone()
                    }
                }
                div { class: "card",
                    Item { icon: "info", text: t!("about-title"), id: "about", onclick: go(Screen::About) }
                    Item { icon: "trash", text: t!("settings-clear"), id: "clear-data", danger: true, leads: false,
                        onclick: go(Screen::ClearData)
                    }
                }
                p { class: "fine", {t!("settings-foot", version = env!("CARGO_PKG_VERSION"))} }
            }
        }
    }
}
