//! What can be done with one message: a sheet of tracing paper over the whole screen.

use dioxus::prelude::*;
use onionskin_core::{MessageKind, MessageRow, MessageState};

use super::Here;
use crate::basket::Paper;
use crate::components::{Icon, copy};
use crate::route::Screen;
use crate::state::{UNDO_STAYS, use_account, use_state};
use crate::t;

/// The menu, while a message is chosen.
#[component]
pub fn Menu() -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let mut deleting = use_signal(|| false);
    let mut chosen = here.chosen;
    let Some(message) = *chosen.read() else { return rsx! {} };
    let Some(row) = here.thread.message(message) else { return rsx! {} };
    let mut close = move || {
        deleting.set(false);
        chosen.set(None);
    };
    // Done by the menu and not by its parts: those are gone as soon as it closes.
    let text = row.body.clone();
    let outgoing = row.outgoing;
    let resend = move |()| {
        close();
        spawn(async move {
            if let Err(error) = account.client().conversation(&here.id()).resend(message).await {
                state.say_error(&error);
            }
        });
    };
    let delete = move |()| {
        close();
        let (basket, client) = (state.shell().basket().clone(), account.client());
        let paper = Paper::Message(here.id(), message);
        basket.throw(client.clone(), paper.clone(), state.shell().clock().clone(), UNDO_STAYS);
        state.say_with_undo(t!("delete-done"), move || _ = basket.take_out(&client, &paper));
    };
    rsx! {
        div { class: "veil over", id: "message-veil", "data-escape": "true",
            onclick: move |_| close(),
            if deleting() {
                Really { outgoing, onyes: delete, onno: move |()| close() }
            } else {
                Shortened { text: row.body.clone(), known: row.kind == MessageKind::Text, outgoing }
                Acts { row,
                    onresend: resend,
                    oncopy: move |()| { copy(state, &text); close(); },
                    ondetails: move |()| { close(); state.route.push(Screen::MessageDetails(message)); },
                    ondelete: move |()| deleting.set(true),
                }
            }
        }
    }
}

/// The question before a message goes.
#[component]
fn Really(outgoing: bool, onyes: EventHandler<()>, onno: EventHandler<()>) -> Element {
    rsx! {
        div { class: "dialog", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "delete-title",
            onclick: |event| event.stop_propagation(),
            h2 { id: "delete-title", {t!("delete-title")} }
            p { if outgoing { {t!("delete-mine")} } else { {t!("delete-theirs")} } }
            div { class: "btns",
                button { class: "btn danger", r#type: "button", id: "delete-really", onclick: move |_| onyes.call(()),
                    {t!("delete-really")} }
                button { class: "btn line", r#type: "button", onclick: move |_| onno.call(()), {t!("cancel")} }
            }
        }
    }
}

/// The message that it is about.
#[component]
fn Shortened(text: String, known: bool, outgoing: bool) -> Element {
    rsx! {
        div { class: if outgoing { "msg me last me-side" } else { "msg last" }, "aria-hidden": "true",
            div { class: "bubble", dir: "auto",
                div { class: "body", p { class: "shortened", if known { "{text}" } else { {t!("bubble-newer")} } } } }
        }
    }
}

/// What can be done with it.
#[component]
fn Acts(
    row: MessageRow,
    onresend: EventHandler<()>,
    oncopy: EventHandler<()>,
    ondetails: EventHandler<()>,
    ondelete: EventHandler<()>,
) -> Element {
    let stuck = matches!(row.state, MessageState::Failed(_) | MessageState::Retrying { .. });
    rsx! {
        div { class: if row.outgoing { "menu me-side" } else { "menu" }, role: "menu", "aria-label": t!("menu-title"),
            "data-arrows": "true",
            onclick: |event| event.stop_propagation(),
            if stuck {
                button { r#type: "button", role: "menuitem", id: "menu-resend", onclick: move |_| onresend.call(()),
                    Icon { name: "retry" } {t!("menu-resend")} }
            }
            if row.kind == MessageKind::Text {
                button { r#type: "button", role: "menuitem", id: "menu-copy", onclick: move |_| oncopy.call(()),
                    Icon { name: "copy" } {t!("menu-copy")} }
            }
            button { r#type: "button", role: "menuitem", id: "menu-details", onclick: move |_| ondetails.call(()),
                Icon { name: "info" } {t!("menu-details")}
            }
            hr {}
            button { class: "danger", r#type: "button", role: "menuitem", id: "menu-delete",
                onclick: move |_| ondelete.call(()),
                Icon { name: "trash" } {t!("menu-delete")}
            }
        }
    }
}
