//! The accounts of this device.

use dioxus::prelude::*;
use onionskin_core::{AccountRow, TroubledFolder};

use super::Page;
use crate::components::{Ask, Avatar, Icon, Item, account_name};
use crate::route::Screen;
use crate::state::{use_account, use_state};
use crate::t;
use crate::text::short_id;
use crate::views::trouble::{Asking, Examine, Troubled, use_troubles};

/// How far somebody is with removing one.
#[derive(Clone, PartialEq)]
enum Removing {
    /// The first question.
    Asked(AccountRow),
    /// The second one, which says what is lost.
    AskedAgain(AccountRow),
    /// On its way.
    Now(AccountRow),
}

/// Lists them; add, switch, remove.
#[component]
pub fn Accounts() -> Element {
    let (state, account) = (use_state(), use_account());
    let mut removing = use_signal(|| None::<Removing>);
    // Some that did not open may open now.
    let troubles = use_troubles();
    let mut rows = use_resource(move || async move {
        account.name.read();
        troubles.read();
        match state.shell().accounts() {
            Some(accounts) => accounts.list().await.unwrap_or_default(),
            None => Vec::new(),
        }
    });
    let shown = account.client().account_id();
    let mut remove = move |row: AccountRow| {
        removing.set(Some(Removing::Now(row.clone())));
        spawn(async move {
            if let Err(error) = state.shell().remove(&row.account).await {
                state.say_error(&error);
            }
            removing.set(None);
            rows.restart();
        });
    };
    let asked = use_signal(|| None::<TroubledFolder>);
    let over = match removing.read().clone() {
        None => Some(rsx! { Asking { over: asked } }),
        Some(Removing::Asked(row)) => Some(rsx! {
            Ask { id: "remove", title: t!("accounts-remove-title", name = name_of(&row)),
                text: t!("accounts-remove-text"),
                yes: t!("accounts-remove-go-on"), danger: true,
                onyes: move |()| removing.set(Some(Removing::AskedAgain(row.clone()))),
                onno: move |()| removing.set(None),
            }
        }),
        Some(Removing::AskedAgain(row)) => Some(rsx! {
            Ask { id: "remove-again", title: t!("accounts-remove-again-title"),
                text: t!("accounts-remove-again-text", name = name_of(&row)),
                yes: t!("accounts-remove-yes"), no: t!("accounts-keep"), danger: true,
                onyes: move |()| remove(row.clone()),
                onno: move |()| removing.set(None),
            }
        }),
        Some(Removing::Now(row)) => Some(rsx! {
            div { class: "veil", role: "status", "aria-busy": "true",
                div { class: "dialog", p { {t!("accounts-removing", name = name_of(&row))} } }
            }
        }),
    };
    rsx! {
        Page { title: t!("accounts-title"), over,
            ul { class: "card", "aria-label": t!("accounts-title"),
                for row in rows.read().clone().unwrap_or_default() {
                    Account { key: "{row.account}", current: row.account == shown, row,
                        onremove: move |row| removing.set(Some(Removing::Asked(row)))
                    }
                }
            }
            div { class: "card",
                Item { icon: "plus", text: t!("accounts-create"), id: "add-account",
                    onclick: move |()| state.route.push(Screen::CreateAccount)
                }
                Item { icon: "key", text: t!("accounts-restore"), id: "restore-account",
                    onclick: move |()| state.route.push(Screen::Restore)
                }
            }
            p { class: "note", {t!("accounts-note")} }
            Examine { account: shown }
            Troubled { over: asked }
        }
    }
}

fn name_of(row: &AccountRow) -> String {
    account_name(&row.account, &row.display_name)
}

/// One of them.
#[component]
fn Account(row: AccountRow, current: bool, onremove: EventHandler<AccountRow>) -> Element {
    let state = use_state();
    let (id, name) = (row.account, name_of(&row));
    let switch = move |_| {
        if current {
            return;
        }
        spawn(async move {
            if let Err(error) = state.shell().switch(&id).await {
                state.say_error(&error);
            }
        });
    };
    rsx! {
        li { class: "item account",
            button { class: "account-switch", r#type: "button", id: "switch-{id}",
                "aria-current": current.then_some("true"), onclick: switch,
                Avatar { account: id, name: name.clone(), class: "small" }
                span { class: "text",
                    bdi { "{name}" }
                    small { class: "mono", {short_id(&id)} }
                }
                if current {
                    span { class: "value current",
                        Icon { name: "check", small: true }
                        {t!("accounts-current")}
                    }
                }
            }
            button { class: "tap remove", r#type: "button", id: "remove-{id}",
                "aria-label": t!("accounts-remove", name = name), onclick: move |_| onremove.call(row.clone()),
                Icon { name: "trash" }
            }
        }
    }
}
