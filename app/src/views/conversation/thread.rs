//! The rows of a conversation, as they are drawn, and what the list in the page tells.

use dioxus::prelude::*;
use onionskin_core::{MessageId, Timestamp};
use serde::Deserialize;

use super::bubble::{Bubble, may_answer};
use super::{Here, Sheet};
use crate::components::{Avatar, Icon};
use crate::state::lines::{Line, lines};
use crate::state::thread::InSight;
use crate::state::{use_account, use_state};
use crate::{t, when};

/// What the list in the page tells.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum ListMessage {
    /// The reader comes near the first row.
    Older,
    /// The reader comes near the last row.
    Newer,
    /// The reader reached or left the end.
    End { end: bool },
    /// The list stands still: what is in sight.
    Settled { end: bool, last: Option<String>, first: Option<String>, offset: f64 },
    /// A finger drew a message aside: it is to be answered.
    Answer { id: String },
}

/// The list.
#[component]
pub fn Thread() -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let thread = here.thread;
    use_future(move || thread.follow());
    use_future(move || thread.follow_basket());
    use_future(move || hear_list(here));
    // Who writes wants to see it.
    use_effect(move || {
        if *here.written.read() > 0 {
            spawn(go_to_end(here));
        }
    });
    // Looking again at what was in sight all the time reads it.
    use_effect(move || {
        let look = *state.look.read();
        if look.visible && look.focused {
            spawn(thread.mark_seen());
        }
    });
    let (window, unread_from) = (thread.window.read(), *thread.unread_from.read());
    let thrown = thread.thrown.read();
    let lines = lines(window.rows().iter().filter(|row| !thrown.contains(&row.id)), unread_from);
    let (oldest, newest, new_below) = (window.at_oldest, window.at_newest, window.new_below);
    let empty = thread.ready.read().then(|| window.rows().is_empty()).unwrap_or(false);
    let unread = *thread.unread.read();
    let name = here.name();
    // The days are named anew when a day ends, not with every drawing.
    let today = when::midday(state.now());
    let person = here.id().account().copied();
    let is_me = person == Some(account.client().account_id());
    let picks = state.picked.is_on();
    drop(window);
    rsx! {
        div { class: "middle",
            div {
                class: if picks { "messages picking" } else { "messages" }, id: "thread",
                role: if picks { "listbox" } else { "log" }, "aria-multiselectable": picks.then_some("true"),
                tabindex: "0", "data-arrows": "rows",
                "aria-label": t!("conversation-with", name = name.clone()),
                "data-loaded": thread.ready.read().to_string(), "data-oldest": oldest.to_string(),
                "data-newest": newest.to_string(),
                div { class: "thread",
                    if empty {
                        div { class: "empty",
                            if let Some(account) = person {
                                Avatar { account, name: name.clone(), class: "big", note: is_me }
                            }
                            h2 { dir: "auto", "{name}" }
                            p { if is_me { {t!("conversation-empty-self")} } else { {t!("conversation-empty")} } }
                        }
                    }
                    for line in lines {
                        Shown { key: "{line.key()}", line, unread, today }
                    }
                    if (thread.typing)() && newest {
                        div { class: "msg last", id: "typing-now",
                            div { class: "bubble",
                                span { class: "typing", role: "img", "aria-label": t!("typing", name = name.clone()),
                                    i {} i {} i {} }
                            }
                        }
                    }
                }
            }
            // The page writes the day of the first row in sight into it while somebody scrolls.
            div { class: "day-on-top", "aria-hidden": "true" }
            FurtherUp {}
            Newest { new_below }
        }
    }
}

/// One line of the list. A component of its own, so that it is drawn again only when it is different.
#[component]
fn Shown(line: Line, unread: u32, today: Timestamp) -> Element {
    match line {
        Line::Day(_, at) => {
            rsx! { DayLine { at, today } }
        }
        Line::Unread => rsx! {
            div { class: "unread-line", "data-row": "unread", role: "separator",
                span { {t!("conversation-new", count = unread)} } }
        },
        Line::Row { row, next, last } => rsx! { Bubble { row, next, last } },
    }
}

/// A new day. It leads to another one.
#[component]
fn DayLine(at: Timestamp, today: Timestamp) -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let day = when::day(at, today, &state.texts.read());
    let ask = move |_| {
        spawn(async move {
            let oldest = account.client().conversation(&here.id()).oldest().await.ok().flatten();
            here.show(Sheet::Day { at, oldest });
        });
    };
    rsx! {
        div { class: "day",
            button { r#type: "button", tabindex: "-1", "data-arrow": "true", "aria-haspopup": "dialog",
                "aria-label": t!("day-line", day = day.as_str()), title: t!("day-jump"), onclick: ask,
                time { "{day}" } }
        }
    }
}

/// Back to the end, with the number of what came in meanwhile.
#[component]
fn Newest(new_below: u32) -> Element {
    let here = use_context::<Here>();
    if *here.thread.at_end.read() {
        return rsx! {};
    }
    let label =
        if new_below > 0 { t!("conversation-newest-count", count = new_below) } else { t!("conversation-newest") };
    rsx! {
        button { class: "newest", r#type: "button", id: "newest", "aria-label": label,
            onclick: move |_| {
                spawn(go_to_end(here));
            },
            if new_below > 0 {
                span { class: "count", "{new_below.min(999)}" }
            }
            Icon { name: "down", small: true }
        }
    }
}

/// Up to what came late, with its number.
#[component]
fn FurtherUp() -> Element {
    let here = use_context::<Here>();
    let count = here.thread.late.read().count();
    if count == 0 {
        return rsx! {};
    }
    rsx! {
        button { class: "newest further-up", r#type: "button", id: "late",
            onclick: move |_| {
                spawn(go_to_late(here));
            },
            {t!("conversation-late", count = count)}
        }
    }
}

/// Shows the first letter that came late; the line of what is new stands above it.
async fn go_to_late(here: Here) {
    if let Some(message) = here.thread.to_late().await {
        jump(&format!("'{}'", message.as_i64()));
    }
}

/// Shows a message of this conversation, wherever it stands, and marks it for a moment.
pub async fn go_to(here: Here, message: MessageId) {
    if here.thread.to(message).await {
        jump(&format!("'{}'", message.as_i64()));
        document::eval(&format!("onionskin.flash('{}')", message.as_i64()));
    }
}

/// Shows the newest rows and stays with them.
async fn go_to_end(here: Here) {
    here.thread.to_end().await;
    jump("null");
}

/// Scrolls the list to a row, once what was read is drawn.
fn jump(row: &str) {
    document::eval(&format!(
        "requestAnimationFrame(() => requestAnimationFrame(() => onionskin.jump('thread', {row})))"
    ));
}

/// Hears the list in the page for as long as the conversation is shown.
async fn hear_list(here: Here) {
    let thread = here.thread;
    let place = match thread.place() {
        Some(place) => serde_json::json!({ "id": place.message.as_i64().to_string(), "offset": place.offset }),
        None => serde_json::Value::Null,
    };
    let mut page = document::eval(&format!(
        "const start = () => {{
            const list = document.getElementById('thread');
            if (!list || list.dataset.loaded !== 'true') return requestAnimationFrame(start);
            const unread = list.querySelector('[data-row=\"unread\"]');
            const where = {place} || (unread ? {{ id: 'unread', offset: 72 }} : null);
            onionskin.keep(list, where, (message) => dioxus.send(message));
        }};
        start();
        await new Promise(() => {{}});"
    ));
    while let Ok(message) = page.recv::<ListMessage>().await {
        match message {
            ListMessage::Older => thread.older().await,
            ListMessage::Newer => thread.newer().await,
            ListMessage::End { end } => thread.note_end(end),
            ListMessage::Answer { id } => {
                let row = number(Some(id)).and_then(|message| thread.message(message));
                if let Some(row) = row.filter(|row| may_answer(row.kind)) {
                    here.answer(row.id);
                }
            }
            ListMessage::Settled { end, last, first, offset } => {
                thread.settled(InSight { end, first: number(first), last: number(last), offset }).await;
            }
        }
    }
}

fn number(text: Option<String>) -> Option<MessageId> {
    text?.parse().ok().map(MessageId::from_i64)
}
