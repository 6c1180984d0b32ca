//! What the list says above itself when something is under way or new: an account that comes back, a name that is
//! missing, another device that acted.

use dioxus::prelude::*;
use onionskin_core::{Connection, DocumentState, SyncState};

use crate::components::{Bar, Icon};
use crate::route::Screen;
use crate::state::{Account, State, use_account, use_state};
use crate::{t, when};

/// Another device of this account did something that nobody here said yes to.
#[component]
pub fn OtherDevice() -> Element {
    let (state, account) = (use_state(), use_account());
    let Some(other) = account.other_device.read().filter(|other| other.new) else { return rsx! {} };
    let at = when::moment(other.seen_at, state.now(), &state.texts.read());
    rsx! {
        section { class: "banner warn two", id: "other-device", "aria-label": t!("devices-new"),
            Icon { name: "device" }
            div { class: "grow", role: "status",
                b { {t!("devices-new")} }
                p { {t!("devices-new-text", moment = at)} }
            }
            div { class: "answers",
                button { class: "btn small main", r#type: "button", id: "that-was-me",
                    onclick: move |_| { spawn(acknowledge(state, account)); },
                    {t!("devices-me")}
                }
                button { class: "btn small line", r#type: "button", id: "not-me",
                    onclick: move |_| state.route.open(Screen::Devices),
                    {t!("devices-not-me")}
                }
            }
        }
    }
}

/// The person says that the other device is theirs.
pub async fn acknowledge(state: State, account: Account) {
    if let Err(error) = account.client().acknowledge_other_device().await {
        state.say_error(&error);
    }
}

/// The account came back and its name was not found in time.
#[component]
pub fn NameWanted() -> Element {
    let (state, account) = (use_state(), use_account());
    let wanted = use_memo(move || account.needs_name());
    let searching = use_memo(move || account.is_restoring());
    rsx! {
        div { role: "status",
            if wanted() {
                button { class: "banner", r#type: "button", id: "name-wanted",
                    onclick: move |_| state.route.open(Screen::ProfileName),
                    Icon { name: "edit" }
                    span { class: "grow",
                        b { {t!("restoring-name")} }
                        span { class: "line",
                            if searching() { {t!("restoring-name-waiting")} } else { {t!("restoring-name-none")} }
                        }
                    }
                    Icon { name: "next", flip: true, class: "next" }
                }
            }
        }
    }
}

/// One line over the list while the account comes back; it leads to the whole of it.
#[component]
pub fn RestoringLine() -> Element {
    let (state, account) = (use_state(), use_account());
    let Some(sync) = account.sync.read().filter(|sync| sync.restoring) else { return rsx! {} };
    let offline = *account.connection.read() == Connection::Offline;
    let icon = if offline { "offline" } else { "download" };
    rsx! {
        button { class: "banner", r#type: "button", id: "restoring",
            "aria-current": state.route.holds(&Screen::Restoring).then_some("true"),
            onclick: move |_| state.route.open(Screen::Restoring),
            Icon { name: icon }
            span { class: "grow",
                b { {t!("restoring-title")} }
                span { class: "line", role: "status",
                    if offline {
                        {t!("restoring-offline-short")}
                    } else {
                        {t!("restoring-count", here = settled(&sync), all = PARTS)}
                    }
                }
            }
            Icon { name: "next", flip: true, class: "next" }
        }
    }
}

/// How much of the account is here, part by part; in the place of an empty list, and as a screen.
#[component]
pub fn Progress() -> Element {
    let account = use_account();
    let Some(sync) = *account.sync.read() else { return rsx! {} };
    let connection = *account.connection.read();
    let sentence = match (sync.restoring, connection) {
        (false, _) => t!("restoring-done-text"),
        (true, Connection::Offline) => t!("restoring-offline"),
        (true, _) => t!("restoring-lead"),
    };
    let name = account.name.read().clone();
    let profile = if name.is_empty() { t!("restoring-profile") } else { t!("restoring-profile-named", name = name) };
    rsx! {
        div { class: "restoring", id: "progress",
            p { class: "lead-in", role: "status", "{sentence}" }
            if sync.restoring && connection != Connection::Offline {
                div { class: "stripe moving", "aria-hidden": "true" }
            }
            ul { class: "card", "aria-label": t!("restoring-parts"),
                Part { icon: "person", text: profile, part: sync.profile, id: "part-profile" }
                Part { icon: "people", text: t!("restoring-contacts"), part: sync.contacts, id: "part-contacts" }
                Part { icon: "community", text: t!("restoring-groups"), part: sync.groups, id: "part-groups" }
                Part { icon: "opened", text: t!("restoring-read"), part: sync.read_state, id: "part-read" }
            }
            p { class: "note", {t!("restoring-letters")} }
        }
    }
}

/// One part and what is known of it.
#[component]
fn Part(icon: &'static str, text: String, part: DocumentState, id: &'static str) -> Element {
    let (class, says) = match part {
        DocumentState::Here => ("value state ok", t!("restoring-here")),
        DocumentState::Absent => ("value state", t!("restoring-absent")),
        DocumentState::Partial => ("value state wait", t!("restoring-partial")),
        DocumentState::NotUnderstood => ("value state wait", t!("restoring-not-understood")),
        DocumentState::Waiting => ("value state wait", t!("restoring-waiting")),
    };
    rsx! {
        li { class: "item part", id,
            Icon { name: icon }
            span { class: "text", dir: "auto", "{text}" }
            span { class, "{says}" }
        }
    }
}

/// The same as a screen.
#[component]
pub fn Restoring() -> Element {
    let account = use_account();
    let restoring = use_memo(move || account.is_restoring());
    rsx! {
        main { class: "screen",
            Bar { title: if restoring() { t!("restoring-title") } else { t!("restoring-done") } }
            div { class: "page",
                NameWanted {}
                Progress {}
            }
        }
    }
}

/// How many parts wait for nothing any more.
fn settled(sync: &SyncState) -> usize {
    let parts = [sync.profile, sync.contacts, sync.groups, sync.read_state];
    parts.into_iter().filter(|part| part.is_settled()).count()
}

/// Profile, contacts, groups, read state.
const PARTS: usize = 4;
