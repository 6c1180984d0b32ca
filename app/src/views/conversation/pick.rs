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

/// What can be done with them.
#[derive(Clone, Copy, PartialEq)]
enum Does {
    Copy,
    Forward,
    Star,
    Delete,
}

/// The buttons for it. Stand in the place of the composer.
#[component]
pub fn PickActs() -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let picked = state.picked;
    let rows = use_resource(move || {
        let messages = picked.all();
        async move { read(&account.client(), &messages).await }
    });
    let rows = rows.read().clone().unwrap_or_default();
    let wordless = !rows.iter().any(is_text);
    // With what is picked by then: the buttons may lag behind a quick finger.
    let act = use_callback(move |does: Does| {
        spawn(async move {
            let rows = read(&account.client(), &picked.all()).await;
            act(state, account, here, does, rows);
        });
    });
    rsx! {
        div { class: "acts-bar", role: "toolbar", "aria-label": t!("pick-acts"),
            button { r#type: "button", id: "pick-copy", disabled: wordless, onclick: move |_| act.call(Does::Copy),
                Icon { name: "copy" } {t!("pick-copy")} }
            button { r#type: "button", id: "pick-forward", disabled: wordless,
                onclick: move |_| act.call(Does::Forward),
                Icon { name: "forward", flip: true } {t!("menu-forward")} }
            button { r#type: "button", id: "pick-star", disabled: !rows.iter().any(may_have_star),
                onclick: move |_| act.call(Does::Star),
                Icon { name: "star" } {t!("menu-star")} }
            button { class: "danger", r#type: "button", id: "pick-delete", disabled: rows.is_empty(),
                onclick: move |_| act.call(Does::Delete),
                Icon { name: "trash" } {t!("menu-delete")} }
        }
    }
}

/// Does it with these.
fn act(state: State, account: Account, here: Here, does: Does, mut rows: Vec<MessageRow>) {
    if does != Does::Delete && does != Does::Star {
        rows.retain(is_text);
    }
    if rows.is_empty() {
        return;
    }
    match does {
        Does::Copy => {
            let name = account.name.peek().clone();
            let own = if name.is_empty() { t!("you") } else { name };
            copy(state, &in_words(&rows, &own, &here.name(), &state.texts.peek()));
            state.picked.end();
        }
        Does::Forward => here.show(Sheet::Forward(rows)),
        Does::Star => {
            star(state, account, rows);
            state.picked.end();
        }
        Does::Delete => here.show(Sheet::Delete(rows)),
    }
}

fn is_text(row: &MessageRow) -> bool {
    row.kind == MessageKind::Text
}

/// Puts a star on each that may have one. The bar that asked for it goes at once.
fn star(state: State, account: Account, rows: Vec<MessageRow>) {
    let client = account.client();
    dioxus::core::spawn_forever(async move {
        for row in rows.iter().filter(|row| may_have_star(row)) {
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
