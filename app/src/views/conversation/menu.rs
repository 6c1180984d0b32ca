//! What can be done with one message: a sheet of tracing paper over the list.

use dioxus::prelude::*;
use onionskin_core::{MessageId, MessageKind, MessageState};

use super::Here;
use super::thread::Rows;
use crate::components::{Icon, copy};
use crate::route::Screen;
use crate::state::{use_account, use_state};
use crate::t;

/// The message whose menu is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Which.
    pub message: MessageId,
    /// Ours.
    pub outgoing: bool,
}

/// The menu, while a message is chosen.
#[component]
pub fn Menu(mut rows: Rows) -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let mut deleting = use_signal(|| false);
    let Some(chosen) = *rows.chosen.read() else { return rsx! {} };
    let Some(row) = rows.window.read().row(chosen.message).cloned() else { return rsx! {} };
    let mut close = move || {
        deleting.set(false);
        rows.chosen.set(None);
    };
    let stuck = matches!(row.state, MessageState::Failed(_) | MessageState::Retrying { .. });
    let text = row.body.clone();
    let known = row.kind == MessageKind::Text;
    let message = chosen.message;
    let resend = move |_| {
        close();
        spawn(async move {
            if let Err(error) = account.client().conversation(&here.id()).resend(message).await {
                state.say_error(&error);
            }
        });
    };
    let delete = move |_| {
        close();
        spawn(async move {
            if let Err(error) = account.client().conversation(&here.id()).delete_message(message).await {
                state.say_error(&error);
            }
        });
    };
    rsx! {
        div { class: "veil", id: "message-veil", "data-escape": "true",
            onclick: move |_| close(),
                        if deleting() {
                div { class: "dialog", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "delete-title", onclick: |event| event.stop_propagation(),
                    h2 { id: "delete-title", {t!("delete-title")} }
                    p { if chosen.outgoing { {t!("delete-mine")} } else { {t!("delete-theirs")} } }
                    div { class: "btns",
                        button { class: "btn danger", r#type: "button", id: "delete-really", onclick: delete, {t!("delete-really")} }
                        button { class: "btn line", r#type: "button", onclick: move |_| close(), {t!("cancel")} }
                    }
                }
            } else {
                div { class: if chosen.outgoing { "msg me last me-side" } else { "msg last" }, "aria-hidden": "true",
                    div { class: "bubble", dir: "auto", div { class: "body", p { class: "shortened", if known { "{text}" } else { {t!("bubble-newer")} } } } }
                }
                div { class: if chosen.outgoing { "menu me-side" } else { "menu" }, role: "menu", "aria-label": t!("menu-title"), "data-arrows": "true",
                    onclick: |event| event.stop_propagation(),
                    if stuck {
                        button { r#type: "button", role: "menuitem", id: "menu-resend", onclick: resend, Icon { name: "retry" } {t!("menu-resend")} }
                    }
                    if known {
                        button { r#type: "button", role: "menuitem", id: "menu-copy",
                            onclick: move |_| { copy(state, &text); close(); },
                            Icon { name: "copy" } {t!("menu-copy")}
                        }
                    }
                    button { r#type: "button", role: "menuitem", id: "menu-details",
                        onclick: move |_| { close(); state.route.push(Screen::MessageDetails(message)); },
                        Icon { name: "info" } {t!("menu-details")}
                    }
                    hr {}
                    button { class: "danger", r#type: "button", role: "menuitem", id: "menu-delete", onclick: move |_| deleting.set(true),
                        Icon { name: "trash" } {t!("menu-delete")}
                    }
                }
            }
        }
    }
}
