//! What can be done with one message: a sheet of tracing paper over the whole screen.

use dioxus::prelude::*;
use onionskin_core::{Disappearing, MessageKind, MessageRow, MessageState};

use super::bubble::may_answer;
use super::emoji::EmojiSheet;
use super::reactions::{Bar, may_react, react};
use super::{Here, Sheet};
use crate::components::{Icon, copy};
use crate::route::Screen;
use crate::state::{Account, State, use_account, use_state};
use crate::t;

/// What can be done with a message.
#[derive(Clone, Copy, PartialEq)]
enum Does {
    Resend,
    Answer,
    Copy,
    Part,
    Forward,
    Star,
    Pick,
    Details,
    Delete,
}

/// The menu, while a message is chosen.
#[component]
pub fn Menu() -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let mut picking = use_signal(|| false);
    let lately = use_resource(move || async move { account.client().recent_reactions().await.unwrap_or_default() });
    let mut chosen = here.chosen;
    // Done by the menu and not by its parts: those are gone as soon as it closes.
    let acts = use_callback(move |(row, does): (MessageRow, Does)| act(state, account, here, row, does));
    let Some(message) = *chosen.read() else { return rsx! {} };
    let Some(row) = here.thread.message(message) else { return rsx! {} };
    let mut close = move || {
        picking.set(false);
        chosen.set(None);
    };
    let said = may_answer(row.kind);
    let own = here.id().account() == Some(&account.client().account_id());
    let (reacts, answers) = (said && may_react(here, own), said && !(here.blocked)());
    if picking() {
        return rsx! {
            EmojiSheet { title: t!("react"), lately: lately.read().clone().unwrap_or_default(),
                onpick: move |emoji| { close(); react(state, account, here, message, emoji, true); },
                onclose: move |()| close() }
        };
    }
    let of = row.clone();
    rsx! {
        div { class: "veil over", id: "message-veil", "data-escape": "true",
            onclick: move |_| close(),
            if reacts {
                Bar { row: row.clone(),
                    onreact: move |(emoji, given)| { close(); react(state, account, here, message, emoji, given); },
                    onmore: move |()| picking.set(true) }
            }
            Shortened { text: row.body.clone(), known: row.kind == MessageKind::Text, outgoing: row.outgoing }
            Acts { row, answers, onact: move |does| { close(); acts.call((of.clone(), does)); } }
        }
    }
}

/// Does it; the menu is closed.
fn act(state: State, account: Account, here: Here, row: MessageRow, does: Does) {
    match does {
        Does::Resend => {
            spawn(async move {
                if let Err(error) = account.client().conversation(&here.id()).resend(row.id).await {
                    state.say_error(&error);
                }
            });
        }
        Does::Answer => here.answer(row.id),
        Does::Copy => copy(state, &row.body),
        Does::Part => here.show(Sheet::Part(row.id)),
        Does::Forward => here.show(Sheet::Forward(vec![row])),
        Does::Star => {
            spawn(async move {
                let conversation = account.client().conversation(&row.conversation);
                if let Err(error) = conversation.set_starred(row.id, !row.starred).await {
                    state.say_error(&error);
                }
            });
        }
        Does::Pick => state.picked.begin(row.id),
        Does::Details => state.route.push(Screen::MessageDetails(row.id)),
        Does::Delete => here.show(Sheet::Delete(vec![row])),
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

/// What disappears, and what nothing is left of, cannot be kept by a star.
pub fn may_have_star(row: &MessageRow) -> bool {
    row.disappearing == Disappearing::Off && row.kind != MessageKind::Deleted
}

/// The lines of the menu.
#[component]
fn Acts(row: MessageRow, answers: bool, onact: EventHandler<Does>) -> Element {
    let stuck = matches!(row.state, MessageState::Failed(_) | MessageState::Retrying { .. });
    let star = if row.starred { "starred" } else { "star" };
    rsx! {
        div { class: if row.outgoing { "menu me-side" } else { "menu" }, role: "menu", "aria-label": t!("menu-title"),
            "data-arrows": "true",
            onclick: |event| event.stop_propagation(),
            if stuck {
                Entry { id: "menu-resend", icon: "retry", text: t!("menu-resend"), does: Does::Resend, onact }
            }
            if answers {
                Entry { id: "menu-answer", icon: "reply", flip: true, text: t!("menu-answer"), does: Does::Answer,
                    onact }
            }
            if row.kind == MessageKind::Text {
                Entry { id: "menu-copy", icon: "copy", text: t!("menu-copy"), does: Does::Copy, onact }
                Entry { id: "menu-part", icon: "text", text: t!("menu-part"), does: Does::Part, onact }
                Entry { id: "menu-forward", icon: "forward", flip: true, text: t!("menu-forward"), does: Does::Forward,
                    onact }
            }
            if may_have_star(&row) {
                Entry { id: "menu-star", icon: star, does: Does::Star, onact,
                    text: if row.starred { t!("menu-unstar") } else { t!("menu-star") } }
            }
            Entry { id: "menu-pick", icon: "select", text: t!("menu-pick"), does: Does::Pick, onact }
            Entry { id: "menu-details", icon: "info", text: t!("menu-details"), does: Does::Details, onact }
            hr {}
            Entry { id: "menu-delete", icon: "trash", text: t!("menu-delete"), does: Does::Delete, danger: true, onact }
        }
    }
}

/// One line.
#[component]
fn Entry(
    id: &'static str,
    icon: &'static str,
    text: String,
    does: Does,
    #[props(default)] flip: bool,
    #[props(default)] danger: bool,
    onact: EventHandler<Does>,
) -> Element {
    rsx! {
        button { class: if danger { "danger" } else { "" }, r#type: "button", role: "menuitem", id,
            onclick: move |_| onact.call(does),
            Icon { name: icon, flip }
            "{text}"
        }
    }
}
