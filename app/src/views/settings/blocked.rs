//! The people whose letters are not taken.

use dioxus::prelude::*;
use onionskin_core::client::{ContactRow, ConversationId};

use super::Page;
use crate::components::{Avatar, Icon};
use crate::state::{use_account, use_state};
use crate::t;
use crate::text::short_id;

/// Lists them; each can be unblocked.
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
            div { class: "empty",
                Icon { name: "block" }
                p { {t!("blocked-none")} }
            }
        },
        Some(Ok(rows)) => rsx! {
            p { class: "lead-in", {t!("blocked-lead")} }
            ul { class: "card", "aria-label": t!("blocked-title"),
                for person in rows.clone() {
                    Person { key: "{person.account}", person: Row(person), onunblocked: move |()| people.restart() }
                }
            }
        },
    };
    rsx! {
        Page { title: t!("blocked-title"), {content} }
    }
}

/// A row as a property.
#[derive(Clone, PartialEq)]
struct Row(ContactRow);

/// One of them.
#[component]
fn Person(person: Row, onunblocked: EventHandler<()>) -> Element {
    let (state, account) = (use_state(), use_account());
    let person = person.0;
    let name = match person.shown_name() {
        "" => short_id(&person.account),
        name => name.to_owned(),
    };
    let id = ConversationId::from(person.account);
    let unblock = move |_| {
        let id = id.clone();
        spawn(async move {
            let unblocked = async { account.client().conversation(&id).await?.unblock().await };
            match unblocked.await {
                Ok(()) => onunblocked.call(()),
                Err(error) => state.say_error(&error),
            }
        });
    };
    rsx! {
        li { class: "item",
            Avatar { account: person.account, name: name.clone(), class: "small" }
            span { class: "text", "{name}" small { class: "mono", {short_id(&person.account)} } }
            button { class: "btn line small", r#type: "button", id: "unblock-{person.account}", "aria-label": t!("blocked-unblock-name", name = name), onclick: unblock,
                {t!("blocked-unblock")}
            }
        }
    }
}
