//! One row of a conversation.

use dioxus::prelude::*;
use linkify::{LinkFinder, LinkKind};
use onionskin_core::{Failure, MessageId, MessageKind, MessageRow, MessageState, Timestamp};

use super::menu::Chosen;
use super::thread::Rows;
use crate::components::Icon;
use crate::state::{Over, use_state};
use crate::{t, when};

/// What stands in the list.
#[derive(Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "almost every line is a row")]
pub enum Line {
    /// A new day begins with this row.
    Day(MessageId, Timestamp),
    /// What follows is new.
    Unread,
    /// A message; `next` when it goes on after its neighbour above, `last` when none goes on after it.
    Row { row: MessageRow, next: bool, last: bool },
}

impl Line {
    /// Names the line in the list: a row keeps its place in the page whatever is put around it.
    pub fn key(&self) -> String {
        match self {
            Self::Day(row, _) => format!("day-{}", row.as_i64()),
            Self::Unread => "unread".to_owned(),
            Self::Row { row, .. } => row.id.as_i64().to_string(),
        }
    }
}

/// Lines and letters of a message that are shown before "read more".
const FOLDED_LINES: usize = 25;
const FOLDED_LETTERS: usize = 2_000;

/// A message, or a line about one. Drawn again only when its own row changes.
#[component]
pub fn Bubble(row: MessageRow, next: bool, last: bool) -> Element {
    let number = row.id.as_i64();
    match row.kind {
        MessageKind::RequestAccepted => rsx! {
            p { class: "control", "data-row": "{number}",
                Icon { name: "check", small: true }
                span { if row.outgoing { {t!("control-accepted-by-me")} } else { {t!("control-accepted")} } }
            }
        },
        _ => rsx! { Letter { row, next, last } },
    }
}

#[component]
fn Letter(row: MessageRow, next: bool, last: bool) -> Element {
    let state = use_state();
    let mut rows = use_context::<Rows>();
    let texts = state.texts.read().clone();
    let number = row.id.as_i64();
    let class = format!(
        "msg{}{}{}",
        if row.outgoing { " me" } else { "" },
        if next { " next" } else { "" },
        if last { " last" } else { "" }
    );
    let clock = when::clock(row.sent_at, &texts);
    let (id, outgoing) = (row.id, row.outgoing);
    let menu = move || rows.chosen.set(Some(Chosen { message: id, outgoing }));
    rsx! {
        div { class, "data-row": "{number}", id: "m{number}",
            div {
                class: "bubble", dir: "auto", tabindex: "0", role: "group", "data-arrow": "true",
                "aria-label": if row.outgoing { t!("bubble-mine", clock = clock.clone()) } else { t!("bubble-theirs", clock = clock.clone()) },
                oncontextmenu: { let mut menu = menu; move |event: MouseEvent| { event.prevent_default(); menu(); } },
                onkeydown: { let mut menu = menu; move |event: KeyboardEvent| {
                    if event.key() == Key::Enter || event.key() == Key::ContextMenu { event.prevent_default(); menu(); }
                } },
                div { class: "body",
                    if row.kind == MessageKind::Text {
                        Said { text: row.body.clone() }
                    } else {
                        p { class: "quiet", {t!("bubble-newer")} }
                    }
                    span { class: "meta",
                        time { "{clock}" }
                        State { state: row.state, outgoing: row.outgoing }
                    }
                }
            }
            button { class: "dots", r#type: "button", "aria-label": t!("bubble-menu", clock = clock.clone()), "aria-haspopup": "menu",
                onclick: { let mut menu = menu; move |_| menu() },
                Icon { name: "more", small: true }
            }
            if let Some((accepted, asked)) = taken_by_few(&row) {
                p { class: "why few",
                    span { {t!("state-accepted-by-few", accepted = accepted, asked = asked)} }
                }
            }
            if let MessageState::Failed(why) = row.state {
                p { class: "why",
                    span { {t!(&format!("failure-{}", failure_name(why)))} }
                    button { class: "link", r#type: "button", onclick: { let mut menu = menu; move |_| menu() }, {t!("bubble-what-now")} }
                }
            }
        }
    }
}

/// A text with its links; a long one is folded until somebody opens it.
#[component]
fn Said(text: String) -> Element {
    let state = use_state();
    let mut open = use_signal(|| false);
    let (shown, folded) = if open() { (text.as_str(), false) } else { fold(&text) };
    rsx! {
        p { for piece in pieces(shown) {
            match piece {
                Piece::Text(text) => rsx! { "{text}" },
                Piece::Link(text, address) => rsx! {
                    button { class: "link", r#type: "button",
                        onclick: move |event| { event.stop_propagation(); let mut over = state.over; over.set(Some(Over::Link(address.clone()))); },
                        "{text}"
                    }
                },
            }
        } }
        if folded {
            button { class: "link more", r#type: "button", onclick: move |_| open.set(true), {t!("bubble-more")} }
        }
    }
}

/// Where a message of ours stands.
#[component]
pub fn State(state: MessageState, outgoing: bool) -> Element {
    match state {
        MessageState::Pending | MessageState::Retrying { .. } => {
            rsx! { Icon { name: "clock", label: t!("state-waiting") } }
        }
        MessageState::Sent if outgoing => rsx! { Icon { name: "check", label: t!("state-sent") } },
        MessageState::Failed(_) => rsx! { Icon { name: "failed", class: "failed", label: t!("state-failed") } },
        _ => rsx! {},
    }
}

/// By how many nodes of how many a message was accepted that is tried again because these are too few.
pub fn taken_by_few(row: &MessageRow) -> Option<(u32, u32)> {
    let sending = row.sending.as_ref().filter(|_| matches!(row.state, MessageState::Retrying { .. }))?;
    (sending.accepted > 0).then_some((sending.accepted, sending.asked))
}

/// The name of a failure in the translations.
pub fn failure_name(why: Failure) -> &'static str {
    match why {
        Failure::Rejected => "rejected",
        Failure::Expired => "expired",
        Failure::TooLarge => "too-large",
        Failure::NotAllowed => "not-allowed",
        Failure::ClockWrong => "clock",
        _ => "other",
    }
}

/// The beginning of a long text.
fn fold(text: &str) -> (&str, bool) {
    let by_lines = text.match_indices('\n').nth(FOLDED_LINES - 1).map(|(at, _)| at);
    let by_letters = text.char_indices().nth(FOLDED_LETTERS).map(|(at, _)| at);
    match [by_lines, by_letters].into_iter().flatten().min() {
        Some(end) => (text.get(..end).unwrap_or(text), true),
        None => (text, false),
    }
}

/// A stretch of text.
#[derive(Debug, PartialEq)]
enum Piece {
    Text(String),
    /// What is shown, and the address.
    Link(String, String),
}

/// Finds links. Only addresses of the web with their scheme written out: a guess could lead elsewhere than it reads.
fn pieces(text: &str) -> Vec<Piece> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    finder
        .spans(text)
        .map(|span| {
            let shown = span.as_str().to_owned();
            let web = ["https://", "http://"].iter().any(|scheme| shown.to_ascii_lowercase().starts_with(scheme));
            if span.kind().is_some() && web { Piece::Link(shown.clone(), shown) } else { Piece::Text(shown) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_folded_at_whole_letters() {
        assert_eq!(fold("short"), ("short", false));
        let tall = "line\n".repeat(40);
        let (shown, folded) = fold(&tall);
        assert_eq!((shown.lines().count(), folded), (FOLDED_LINES, true));
        let wide = "ä".repeat(3_000);
        assert_eq!(fold(&wide).0.chars().count(), FOLDED_LETTERS);
    }

    #[test]
    fn links_are_found_and_nothing_else_becomes_one() {
        let found =
            pieces("see https://example.org/a?b=1, or <http://x.test> not javascript:alert(1) ftp://y.test www.z.test");
        let links: Vec<_> = found
            .iter()
            .filter_map(|piece| match piece {
                Piece::Link(_, address) => Some(address.as_str()),
                Piece::Text(_) => None,
            })
            .collect();
        assert_eq!(links, ["https://example.org/a?b=1", "http://x.test"]);
        let whole: String = found
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Link(text, _) => text.as_str(),
            })
            .collect();
        assert!(whole.starts_with("see https") && whole.ends_with("www.z.test"), "nothing of the text is lost");
    }
}
