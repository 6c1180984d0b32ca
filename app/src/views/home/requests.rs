//! Message requests: people we did not accept yet.

use dioxus::prelude::*;
use onionskin_core::ConversationId;

use super::row::Row;
use crate::components::{Bar, Icon, conversation_name};
use crate::state::lists::Row as SharedRow;
use crate::state::{use_account, use_state};
use crate::t;
use crate::views::people::{Act, Question, act, decline};

/// All that wait, each with what can be done. Opening one answers nothing.
#[component]
pub fn Requests() -> Element {
    let (state, account) = (use_state(), use_account());
    let rows = account.waiting();
    let mut asked = use_signal(|| None::<SharedRow>);
    let block = use_callback(move |()| {
        let Some(row) = asked.take() else { return };
        spawn(async move {
            act(state, account, &row.id, Act::Block).await;
        });
    });
    rsx! {
        main { class: "screen",
            Bar { title: t!("requests-title") }
            if rows.is_empty() {
                div { class: "empty",
                    Icon { name: "requests" }
                    h2 { {t!("requests-empty-title")} }
                    p { {t!("requests-empty-text")} }
                }
            } else {
                div { class: "page", "data-arrows": "true",
                    p { class: "note first-note", {t!("requests-explained")} }
                    ul { class: "rows requests", "aria-label": t!("requests-title"),
                        for row in rows {
                            Request { key: "{row.id}", row, onblock: move |row| asked.set(Some(row)) }
                        }
                    }
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
