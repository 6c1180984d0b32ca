//! The list of conversations, and the screens that lead to one: requests, search, a new one, our own Account ID.

mod account_id;
mod archive;
mod ids;
mod marked;
mod menu;
mod new_conversation;
mod notices;
mod requests;
mod row;
mod search;

use dioxus::prelude::*;
use onionskin_core::{Connection, PathSummary};

use crate::components::{Avatar, Icon, Tap, Wordmark};
use crate::route::Screen;
use crate::state::{use_account, use_state};
use crate::t;
use crate::views::trouble::ClosedLine;
use archive::ArchiveLine;
use notices::{NameWanted, OtherDevice, Progress, RestoringLine};
use row::Row;

pub use account_id::MyAccountId;
pub use archive::Archive;
pub use menu::{Menu, RowMenu};
pub use new_conversation::NewConversation;
pub use notices::{Restoring, acknowledge};
pub use requests::{Floods, Requests};
pub use search::Search;

/// The list, always there: under the screen in front, or beside it.
#[component]
pub fn Home() -> Element {
    let state = use_state();
    let account = use_account();
    RowMenu::provide_to_rows();
    let empty = use_memo(move || {
        let none = account.conversations.read().is_empty() && account.archived.read().is_empty();
        *account.ready.read() && none && account.waiting().is_empty()
    });
    // What has not come in yet is not nothing.
    let restoring = use_memo(move || account.is_restoring());
    rsx! {
        nav { class: "screen list", "aria-label": t!("home-title"),
            Top {}
            NoNetwork {}
            div { class: if empty() { "page list-page filled" } else { "page list-page" }, "data-arrows": "true",
                OtherDevice {}
                ClosedLine {}
                NameWanted {}
                if empty() && restoring() {
                    h2 { class: "section", {t!("restoring-title")} }
                    Progress {}
                } else if empty() {
                    Empty {}
                } else {
                    RestoringLine {}
                    RequestsBanner {}
                    List {}
                    ArchiveLine {}
                }
            }
            Tap { icon: "pen", id: "new", label: t!("home-new"), class: "fab",
                onclick: move |()| state.route.open(Screen::NewConversation)
            }
        }
    }
}

/// Our own picture with the state of the path, the name of the program, search.
#[component]
fn Top() -> Element {
    let state = use_state();
    let account = use_account();
    let path = use_memo(move || {
        account.network.read();
        match (account.client().path_summary(), *account.connection.read()) {
            (_, Connection::Offline) | (PathSummary::Broken { .. }, _) => "broken",
            (PathSummary::Live(_), Connection::Online) => "built",
            _ => "building",
        }
    });
    let name = match path() {
        "built" => t!("home-settings-built"),
        "broken" => t!("home-settings-broken"),
        _ => t!("home-settings-building"),
    };
    rsx! {
        header { class: "bar",
            button { class: "tap", r#type: "button", id: "settings", "aria-label": name,
                onclick: move |_| state.route.open(Screen::Settings),
                Avatar { account: account.client().account_id(), name: account.name.read().clone(), class: "small",
                    i { class: "dot", "data-path": path() }
                }
            }
            span { class: "grow mark", Wordmark {} }
            button { class: "tap find", r#type: "button", id: "search", title: t!("search"), "aria-label": t!("search"),
                onclick: move |_| state.route.open(Screen::Search),
                Icon { name: "search" }
                span { class: "words-of-button", "aria-hidden": "true", {t!("search")} }
            }
        }
    }
}

/// A quiet line while nothing can leave or arrive; the stripe says that a connection is sought.
#[component]
fn NoNetwork() -> Element {
    let account = use_account();
    let offline = use_memo(move || *account.connection.read() == Connection::Offline);
    rsx! {
        div { role: "status", "aria-live": "polite",
            if offline() {
                p { class: "quiet-line", id: "offline",
                    Icon { name: "offline", small: true }
                    span { {t!("home-offline")} }
                }
                div { class: "stripe moving", "aria-hidden": "true" }
            }
        }
    }
}

/// An envelope on top of the list while somebody unknown waits for an answer.
#[component]
fn RequestsBanner() -> Element {
    let state = use_state();
    let account = use_account();
    let count = use_memo(move || account.waiting().len());
    rsx! {
        if count() > 0 {
            button { class: "banner", r#type: "button", id: "requests",
                "aria-current": state.route.holds(&Screen::Requests).then_some("true"),
                onclick: move |_| state.route.open(Screen::Requests),
                Icon { name: "requests" }
                span { class: "grow",
                    b { {t!("requests-title")} }
                    span { class: "line", {t!("requests-banner", count = count())} }
                }
                span { class: "count", "aria-hidden": "true",
                    {row::capped(u32::try_from(count()).unwrap_or(u32::MAX))}
                }
            }
        }
    }
}

/// Pinned conversations on their sheet, then all others.
#[component]
fn List() -> Element {
    let state = use_state();
    let account = use_account();
    let current = state.route.top().conversation().cloned();
    let rows = account.conversations.read();
    let (pinned, others): (Vec<_>, Vec<_>) = rows.iter().cloned().partition(|row| row.priority > 0);
    rsx! {
        if !pinned.is_empty() {
            ul { class: "rows pinned", "aria-label": t!("home-pinned"),
                for row in pinned {
                    Row { key: "{row.id}", current: current.as_ref() == Some(&row.id), row }
                }
            }
        }
        ul { class: "rows", id: "conversations", "aria-label": t!("home-title"),
            for row in others {
                Row { key: "{row.id}", current: current.as_ref() == Some(&row.id), row }
            }
        }
    }
}

/// Nobody wrote and nobody was written to yet.
#[component]
fn Empty() -> Element {
    let state = use_state();
    rsx! {
        div { class: "empty", id: "empty",
            svg { class: "art", view_box: "0 0 210 150", fill: "none", stroke: "currentColor", stroke_width: "1.8",
                stroke_linecap: "round", stroke_linejoin: "round", "aria-hidden": "true",
                g { stroke: "none",
                    path { d: "M34 40h118v84H34z", fill: "var(--sheet)", opacity: "0.8", transform: "rotate(-7 93 82)" }
                    path { d: "M46 36h118v84H46z", fill: "var(--accent-fill)", opacity: "0.14",
                        transform: "rotate(4 105 78)"
                    }
                }
                path { d: "M34 40h118v84H34z", transform: "rotate(-7 93 82)", opacity: "0.35" }
                g { transform: "rotate(4 105 78)",
                    path { d: "M164 58v62H46V36h118v10", fill: "var(--sheet)", fill_opacity: "0.75" }
                    path { d: "M47 38l58 46 58-46M47 118l40-48M163 118l-40-48", opacity: "0.8" }
                }
                g { transform: "translate(150 14) rotate(10)",
                    circle { r: "21", cx: "20", cy: "20", opacity: "0.55" }
                    circle { r: "14", cx: "20", cy: "20", opacity: "0.55" }
                    path { d: "M44 12c6-4 10-4 16 0M44 20c6-4 10-4 16 0M44 28c6-4 10-4 16 0", opacity: "0.55" }
                }
            }
            h2 { {t!("home-empty-title")} }
            p { {t!("home-empty-text")} }
            div { class: "btns",
                button { class: "btn main", r#type: "button", id: "show-id",
                    onclick: move |_| state.route.open(Screen::AccountId),
                    Icon { name: "qr" }
                    {t!("home-empty-show")}
                }
                button { class: "btn plain", r#type: "button", id: "enter-id",
                    onclick: move |_| state.route.open(Screen::NewConversation),
                    {t!("home-empty-enter")}
                }
            }
        }
    }
}

/// Beside the list while no screen is open.
#[component]
pub fn Nothing() -> Element {
    rsx! {
        main { class: "screen aside",
            div { class: "empty",
                Icon { name: "mail" }
                p { {t!("home-nothing-open")} }
            }
        }
    }
}
