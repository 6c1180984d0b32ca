//! Several messages at once: the bar that counts them, and what can be done with all of them.

use dioxus::prelude::*;
use onionskin_core::{Client, Event, MessageId, MessageKind, MessageRow};

use super::menu::may_have_star;
use super::{Here, Sheet};
use crate::components::{Icon, Tap, copy};
use crate::state::{Account, State, use_account, use_state};
use crate::text::{Texts, Value};
use crate::{t, when};

/// How many are picked, and the way out. Stands in the place of the bar.
#[component]
pub fn PickBar() -> Element {
    let (state, account) = (use_state(), use_account());
    let picked = state.picked;
    // What goes meanwhile is picked no more.
    use_future(move || async move {
        let mut events = account.client().events();
        while let Some(event) = events.next().await {
            if let Event::MessageRemoved { message, .. } = event {
                picked.forget(message);
            }
        }
    });
    let count = picked.all().len();
    rsx! {
        header { class: "bar ruled",
            Tap { icon: "close", id: "pick-end", label: t!("pick-end"), onclick: move |()| _ = picked.end() }
            h1 { class: "grow one-line", id: "pick-count", tabindex: "-1", "aria-live": "polite",
                {t!("pick-count", count = count)} }
        }
    }
}

/// What can be done with them. Stands in the place of the composer.
#[component]
pub fn PickActs() -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let picked = state.picked;
    let rows = use_resource(move || {
        let messages = picked.all();
        async move { read(&account.client(), &messages).await }
    });
    let rows = rows.read().clone().unwrap_or_default();
    let said: Vec<MessageRow> = rows.iter().filter(|row| row.kind == MessageKind::Text).cloned().collect();
    let (nothing, wordless) = (rows.is_empty(), said.is_empty());
    let keepable: Vec<MessageRow> = rows.iter().filter(|row| may_have_star(row)).cloned().collect();
    let for_copy = said.clone();
    rsx! {
        div { class: "acts-bar", role: "toolbar", "aria-label": t!("pick-acts"),
            button { r#type: "button", id: "pick-copy", disabled: wordless,
                onclick: move |_| {
                    let name = account.name.peek().clone();
                    let own = if name.is_empty() { t!("you") } else { name };
                    let text = in_words(&for_copy, &own, &here.name(), &state.texts.peek());
                    copy(state, &text);
                    picked.end();
                },
                Icon { name: "copy" } {t!("pick-copy")} }
            button { r#type: "button", id: "pick-forward", disabled: wordless,
                onclick: move |_| here.show(Sheet::Forward(said.clone())),
                Icon { name: "forward", flip: true } {t!("menu-forward")} }
            button { r#type: "button", id: "pick-star", disabled: keepable.is_empty(),
                onclick: move |_| { star(state, account, keepable.clone()); picked.end(); },
                Icon { name: "star" } {t!("menu-star")} }
            button { class: "danger", r#type: "button", id: "pick-delete", disabled: nothing,
                onclick: move |_| here.show(Sheet::Delete(rows.clone())),
                Icon { name: "trash" } {t!("menu-delete")} }
        }
    }
}

/// Puts a star on each. The bar that asked for it goes at once.
fn star(state: State, account: Account, rows: Vec<MessageRow>) {
    let client = account.client();
    dioxus::core::spawn_forever(async move {
        for row in rows {
            if let Err(error) = client.conversation(&row.conversation).set_starred(row.id, true).await {
                state.say_error(&error);
            }
        }
    });
}

/// Their rows as they are now, in the order of the conversation. What is gone is left out.
async fn read(client: &Client, messages: &[MessageId]) -> Vec<MessageRow> {
    let mut rows = Vec::with_capacity(messages.len());
    for message in messages {
        match client.message(*message).await {
            Ok(row) => rows.extend(row),
            Err(error) => tracing::warn!(?error, "a picked message could not be read"),
        }
    }
    rows.sort_by_key(|row| (row.ordered_at, row.sent_at, row.sender));
    rows
}

/// As text for elsewhere: one message as it is, several with who wrote them and when.
fn in_words(rows: &[MessageRow], own: &str, name: &str, texts: &Texts) -> String {
    if let [row] = rows {
        return row.body.clone();
    }
    let with_head = |row: &MessageRow| {
        let who = if row.outgoing { own } else { name };
        let values = [("name", Value::from(who)), ("clock", Value::from(when::whole(row.sent_at, texts)))];
        format!("{}\n{}", texts.say_plainly("bubble-theirs", &values), row.body)
    };
    rows.iter().map(with_head).collect::<Vec<_>>().join("\n\n")
}
