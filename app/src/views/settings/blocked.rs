//! The people whose letters are not taken.

use dioxus::prelude::*;
use onionskin_core::{ContactRow, ConversationId};

use super::Page;
use crate::components::{Avatar, Icon, contact_name};
use crate::route::Screen;
use crate::state::{use_account, use_state};
use crate::t;
use crate::text::short_id;

/// Lists them; each can be looked at and unblocked.
#[component]
pub fn Blocked() -> Element {
    let account = use_account();
    let mut people = use_resource(move || async move {
        // Blocking changes the conversation's row, and with it the lists.
        let _ = (account.conversations.read().len(), account.requests.read().len());
        account.client().blocked().await
    });
    let content = match &*people.read() {
        None => rsx! { div { class: "empty", "aria-busy": "true" } },
        Some(Err(error)) => rsx! { p { class: "note", role: "alert", {crate::state::sentence(error)} } },
        Some(Ok(people)) if people.is_empty() => rsx! {
            div { class: "empty", id: "nobody-blocked",
                Icon { name: "block" }
                h2 { {t!("blocked-none")} }
                p { {t!("blocked-none-text")} }
            }
        },
        Some(Ok(rows)) => rsx! {
            p { class: "lead-in", {t!("blocked-lead")} }
            ul { class: "card", "aria-label": t!("blocked-title"),
                for person in rows.clone() {
                    Person { key: "{person.account}", person, onunblocked: move |()| people.restart() }
                }
            }
            p { class: "note", {t!("blocked-note")} }
        },
    };
    rsx! {
        Page { title: t!("blocked-title"), {content} }
    }
}

/// One of them.
#[component]
fn Person(person: ContactRow, onunblocked: EventHandler<()>) -> Element {
    let (state, account) = (use_state(), use_account());
    let name = contact_name(&person);
    let id = ConversationId::from(person.account);
    let about = Screen::ConversationSettings(id.clone());
    let unblock = move |_| {
        let id = id.clone();
        spawn(async move {
            match account.client().conversation(&id).unblock().await {
                Ok(()) => onunblocked.call(()),
                Err(error) => state.say_error(&error),
            }
        });
    };
    rsx! {
        li { class: "item account",
            button { class: "account-switch", r#type: "button", id: "about-{person.account}",
                onclick: move |_| state.route.push(about.clone()),
                Avatar { account: person.account, name: name.clone(), class: "small" }
                span { class: "text", dir: "auto",
                    bdi { "{name}" }
                    small { class: "mono", dir: "ltr", {short_id(&person.account)} }
                }
            }
            button { class: "btn line small", r#type: "button", id: "unblock-{person.account}",
                "aria-label": t!("blocked-unblock-name", name = name), onclick: unblock,
                {t!("blocked-unblock")}
            }
        }
    }
}
