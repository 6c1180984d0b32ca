//! One conversation in a list: who, what was said last, when, and what waits.

use dioxus::prelude::*;
use onionskin_core::{ConversationRow, Kind, MessageKind, MessageState, Preview, Timestamp};

use super::menu::RowMenu;
use crate::components::{Avatar, Icon, conversation_name};
use crate::letter::before_cut;
use crate::route::Screen;
use crate::state::lists::Row as SharedRow;
use crate::state::use_state;
use crate::{t, when};

/// One row. Its properties are all it shows, so a change draws this row and no other.
#[component]
pub fn Row(row: SharedRow, #[props(default)] current: bool) -> Element {
    let state = use_state();
    let name = conversation_name(&row);
    let own = row.kind == Kind::NoteToSelf;
    let screen = Screen::Conversation(row.id.clone());
    let picture = row.id.account().copied();
    // A request has its answers below it instead.
    let menu = use_hook(try_consume_context::<RowMenu>);
    let id = row.id.clone();
    let choose = use_callback(move |()| {
        if let Some(menu) = menu {
            menu.choose(id.clone());
        }
    });
    rsx! {
        li {
            button { class: if row.unread > 0 || row.marked_unread { "row unread" } else { "row" }, r#type: "button",
                "data-conversation": "{row.id}",
                "aria-current": current.then_some("true"), "data-menu": menu.is_some().then_some("true"),
                onclick: move |_| state.route.open(screen.clone()),
                oncontextmenu: move |event: MouseEvent| {
                    event.prevent_default();
                    choose.call(());
                },
                if let Some(account) = picture {
                    Avatar { account, name: if own { String::new() } else { row.name.clone() }, note: own }
                }
                span { class: "text",
                    span { class: "top",
                        b { class: "one-line", dir: "auto", "{name}" }
                        if row.blocked {
                            Icon { name: "block", small: true, label: t!("row-blocked") }
                        }
                        if row.is_muted(state.now()) {
                            Icon { name: "mute", small: true, label: t!("row-muted") }
                        }
                        if row.priority > 0 {
                            Icon { name: "pin", small: true, label: t!("row-pinned") }
                        }
                        if row.active_at > Timestamp::ZERO {
                            time { {when::short(row.active_at, state.now(), &state.texts.read())} }
                        }
                    }
                    span { class: "under",
                        {under(&row, current)}
                        if row.unread > 0 {
                            span { class: "count", "aria-hidden": "true", {capped(row.unread)} }
                            span { class: "sr", {t!("row-unread", count = row.unread)} }
                        } else if row.marked_unread {
                            span { class: "count bare", "aria-hidden": "true" }
                            span { class: "sr", {t!("row-marked-unread")} }
                        }
                    }
                }
            }
            if menu.is_some() {
                // Apart from the arrows that go from row to row.
                button { class: "dots", r#type: "button", "data-arrows": "true", "aria-haspopup": "menu",
                    "aria-label": t!("row-menu", name = name),
                    onclick: move |_| choose.call(()),
                    Icon { name: "more", small: true }
                }
            }
        }
    }
}

/// The second line: what failed first, then what was typed, then what was said.
fn under(row: &ConversationRow, current: bool) -> Element {
    if row.failed {
        return rsx! {
            span { class: "line one-line bad", {t!("row-failed")} }
            Icon { name: "failed", small: true, class: "bad" }
        };
    }
    // The open conversation shows its draft itself.
    if !row.draft.trim().is_empty() && !current {
        return rsx! {
            span { class: "line one-line", dir: "auto",
                span { class: "draft", {t!("row-draft")} }
                " {row.draft}"
            }
        };
    }
    // Of a stranger the first letter stands here, however many follow; their number stands beside it.
    let newest = if row.is_request() { row.first.as_ref().or(row.newest.as_ref()) } else { row.newest.as_ref() };
    let Some(newest) = newest else {
        return rsx! {
            span { class: "line one-line hint", {t!("row-nothing")} }
        };
    };
    let mark = match newest.state {
        _ if !newest.outgoing || newest.kind != MessageKind::Text => None,
        MessageState::Pending | MessageState::Retrying { .. } => Some(("clock", t!("row-waiting"))),
        MessageState::Sent => Some(("check", t!("row-sent"))),
        MessageState::Failed(_) => Some(("failed", t!("row-not-sent"))),
        _ => None,
    };
    rsx! {
        span { class: "line one-line", dir: "auto", {preview(newest, row.kind == Kind::NoteToSelf)} }
        if let Some((icon, label)) = mark {
            Icon { name: icon, small: true, label }
        }
    }
}

/// What the newest message says, in one line.
fn preview(newest: &Preview, own: bool) -> String {
    match newest.kind {
        MessageKind::RequestAccepted if newest.outgoing => t!("row-accepted-mine"),
        MessageKind::RequestAccepted => t!("row-accepted-theirs"),
        MessageKind::Text if newest.outgoing && !own => t!("row-you", text = before_cut(&newest.text, CUT)),
        MessageKind::Text => before_cut(&newest.text, CUT).to_owned(),
        _ => t!("row-newer"),
    }
}

/// Where core cuts the text of a preview, in code points.
const CUT: usize = 200;

/// A number as the list shows it.
pub fn capped(count: u32) -> String {
    if count > MOST_SHOWN { format!("{MOST_SHOWN}+") } else { count.to_string() }
}

/// As the other Session apps do; a larger number says nothing more.
const MOST_SHOWN: u32 = 999;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_stops_at_999() {
        assert_eq!([0, 1, 999, 1_000, u32::MAX].map(capped), ["0", "1", "999", "999+", "999+"]);
    }
}
