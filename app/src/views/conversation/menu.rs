//! What can be done with one message: a sheet of tracing paper over the whole screen.

use dioxus::prelude::*;
use onionskin_core::{MessageKind, MessageRow, MessageState, Reach};

use super::Here;
use super::delete::Deleting;
use super::emoji::EmojiSheet;
use super::reactions::{Bar, may_react, react};
use crate::basket::Paper;
use crate::components::{Icon, copy};
use crate::route::Screen;
use crate::state::{UNDO_STAYS, use_account, use_state};
use crate::t;

/// The menu, while a message is chosen.
#[component]
pub fn Menu() -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let (mut deleting, mut picking) = (use_signal(|| false), use_signal(|| false));
    let lately = use_resource(move || async move { account.client().recent_reactions().await.unwrap_or_default() });
    let mut chosen = here.chosen;
    let Some(message) = *chosen.read() else { return rsx! {} };
    let Some(row) = here.thread.message(message) else { return rsx! {} };
    let mut close = move || {
        deleting.set(false);
        picking.set(false);
        chosen.set(None);
    };
    let said = matches!(row.kind, MessageKind::Text | MessageKind::NewerFormat);
    let own = here.id().account() == Some(&account.client().account_id());
    let (reacts, answers) = (said && may_react(here, own), said);
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
    let delete = move |reach: Option<Reach>| {
        close();
        let (basket, client) = (state.shell().basket().clone(), account.client());
        let paper = match reach {
            None => Paper::Message(here.id(), message),
            Some(reach) => Paper::Everywhere(here.id(), message, reach),
        };
        let done = match reach {
            None => t!("delete-done"),
            Some(Reach::OurDevices) => t!("delete-done-mine"),
            Some(Reach::Everyone) => t!("delete-done-everyone"),
        };
        basket.throw(client.clone(), paper.clone(), state.shell().clock().clone(), UNDO_STAYS);
        state.say_with_undo(done, move || _ = basket.take_out(&client, &paper));
    };
    if picking() {
        return rsx! {
            EmojiSheet { title: t!("react"), lately: lately.read().clone().unwrap_or_default(),
                onpick: move |emoji| { close(); react(state, account, here, message, emoji, true); },
                onclose: move |()| close() }
        };
    }
    if deleting() {
        return rsx! {
            div { class: "veil low over", id: "delete-veil", "data-escape": "true", onclick: move |_| close(),
                Deleting { row, ondelete: delete, onclose: move |()| close() }
            }
        };
    }
    rsx! {
        div { class: "veil over", id: "message-veil", "data-escape": "true",
            onclick: move |_| close(),
            if reacts {
                Bar { row: row.clone(),
                    onreact: move |(emoji, given)| { close(); react(state, account, here, message, emoji, given); },
                    onmore: move |()| picking.set(true) }
            }
            Shortened { text: row.body.clone(), known: row.kind == MessageKind::Text, outgoing }
            Acts { row, answers,
                onanswer: move |()| { close(); here.answer(message); },
                onresend: resend,
                oncopy: move |()| { copy(state, &text); close(); },
                ondetails: move |()| { close(); state.route.push(Screen::MessageDetails(message)); },
                ondelete: move |()| deleting.set(true),
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
    answers: bool,
    onanswer: EventHandler<()>,
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
            if answers {
                button { r#type: "button", role: "menuitem", id: "menu-answer", onclick: move |_| onanswer.call(()),
                    Icon { name: "reply", flip: true } {t!("menu-answer")} }
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
