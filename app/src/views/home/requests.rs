//! Message requests: people we did not accept yet.

use dioxus::prelude::*;
use onionskin_core::{BoundedRequests, ConversationId, bounded};

use super::row::Row;
use crate::components::{Ask, Bar, Icon, conversation_name};
use crate::route::Screen;
use crate::state::lists::Row as SharedRow;
use crate::state::{use_account, use_state};
use crate::t;
use crate::views::people::{Act, Question, act, decline, decline_all};

/// All that wait, each with what can be done. Opening one answers nothing.
#[component]
pub fn Requests() -> Element {
    let (state, account) = (use_state(), use_account());
    let all = account.waiting();
    let BoundedRequests { shown, held_back } = bounded(&all);
    let more = held_back.len();
    rsx! {
        List { rows: shown, title: t!("requests-title"), clears: !all.is_empty(),
            if more > 0 {
                button { class: "banner", r#type: "button", id: "requests-more",
                    onclick: move |_| state.route.push(Screen::Floods),
                    Icon { name: "requests" }
                    span { class: "grow",
                        b { {t!("requests-more", count = more)} }
                        span { class: "line", {t!("requests-more-hint")} }
                    }
                    Icon { name: "next", flip: true, class: "next" }
                }
            }
        }
    }
}

/// Those that came too many at once: none of them rang, and none is lost.
#[component]
pub fn Floods() -> Element {
    let account = use_account();
    let rows = bounded(&account.waiting()).held_back;
    rsx! {
        List { rows, title: t!("requests-flood"), clears: false }
    }
}

/// Requests, each with what can be done; below them what else there is.
#[component]
fn List(rows: Vec<SharedRow>, title: String, clears: bool, children: Element) -> Element {
    let (state, account) = (use_state(), use_account());
    let mut clearing = use_signal(|| false);
    let mut asked = use_signal(|| None::<SharedRow>);
    let block = use_callback(move |()| {
        let Some(row) = asked.take() else { return };
        spawn(async move {
            act(state, account, &row.id, Act::Block).await;
        });
    });
    rsx! {
        main { class: "screen",
            Bar { title: title.clone(),
                if clears {
                    button { class: "btn plain small", r#type: "button", id: "requests-clear",
                        onclick: move |_| clearing.set(true),
                        {t!("requests-clear")}
                    }
                }
            }
            if rows.is_empty() && !clears {
                div { class: "empty",
                    Icon { name: "requests" }
                    h2 { {t!("requests-empty-title")} }
                    p { {t!("requests-empty-text")} }
                }
            } else {
                div { class: "page", "data-arrows": "true",
                    p { class: "note first-note", {t!("requests-explained")} }
                    ul { class: "rows requests", "aria-label": title,
                        for row in rows {
                            Request { key: "{row.id}", row, onblock: move |row| asked.set(Some(row)) }
                        }
                    }
                    {children}
                }
            }
            if clearing() {
                Ask { id: "ask", danger: true, title: t!("requests-clear-ask"),
                    places: vec![
                        (t!("people-here"), t!("requests-clear-here")), (t!("people-devices"), t!("people-same")),
                        (t!("requests-clear-who"), t!("people-delete-them")),
                    ],
                    text: t!("people-cannot-undo"), yes: t!("requests-clear-yes"),
                    onyes: move |()| { clearing.set(false); decline_all(state, account); },
                    onno: move |()| clearing.set(false)
                }
            }
            if let Some(row) = asked() {
                Question { what: Act::Block, name: conversation_name(&row), own: false, onyes: move |()| block.call(()),
                    onno: move |()| asked.set(None)
                }
            }
        }
    }
}

/// One person who waits.
#[component]
fn Request(row: SharedRow, onblock: EventHandler<SharedRow>) -> Element {
    let state = use_state();
    let account = use_account();
    let mut busy = use_signal(|| false);
    let accept = use_callback(move |id: ConversationId| {
        if busy() {
            return;
        }
        busy.set(true);
        spawn(async move {
            if let Err(error) = account.client().conversation(&id).accept().await {
                state.say_error(&error);
            }
            busy.set(false);
        });
    });
    let name = conversation_name(&row);
    let (accepted, declined, blocked) = (row.id.clone(), row.id.clone(), row.clone());
    rsx! {
        Row { row: row.clone() }
        li { class: "answers", role: "group", "aria-label": t!("requests-answer", name = name.as_str()),
            button { class: "btn small main", r#type: "button", disabled: busy(),
                onclick: move |_| accept.call(accepted.clone()),
                {t!("requests-accept")}
            }
            button { class: "btn small line", r#type: "button", disabled: busy(),
                onclick: move |_| decline(state, account, declined.clone()),
                {t!("requests-decline")}
            }
            button { class: "btn small danger-line", r#type: "button", disabled: busy(),
                onclick: move |_| onblock.call(blocked.clone()),
                {t!("requests-block")}
            }
        }
    }
}
