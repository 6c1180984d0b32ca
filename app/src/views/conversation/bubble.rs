//! One row of a conversation.

use dioxus::prelude::*;
use onionskin_core::{AccountId, ContactCard, Disappearing, MessageKind, MessageRow, MessageState, Timestamp};

use super::expiry::{Notice, Ring};
use super::profile::{Card, WriteTo};
use super::quote::Quote;
use super::reactions::Given;
use super::standing::{State, failure_name, taken_by_few};
use super::{Here, Sheet};
use crate::components::Icon;
use crate::letter::{Piece, emoji_alone, fold, may_be_long, pieces};
use crate::state::{self, Over, use_state};
use crate::{t, when};

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
        MessageKind::TimerChanged => rsx! { Notice { row } },
        MessageKind::MediaSaved => rsx! { Told { icon: "download", row } },
        MessageKind::MissedCall => rsx! { Told { icon: "phone", row } },
        _ => rsx! { Letter { row, next, last } },
    }
}

/// A line that says what somebody did.
#[component]
fn Told(icon: &'static str, row: MessageRow) -> Element {
    let (state, here) = (use_state(), use_context::<Here>());
    let clock = when::clock(row.sent_at, &state.texts.read());
    rsx! {
        p { class: "control", "data-row": "{row.id.as_i64()}",
            Icon { name: icon, small: true }
            span {
                if row.kind == MessageKind::MissedCall {
                    {t!("control-call", name = here.name(), clock = clock)}
                } else {
                    {t!("control-saved", name = here.name())}
                }
            }
        }
    }
}

#[component]
fn Letter(row: MessageRow, next: bool, last: bool) -> Element {
    let (state, here) = (use_state(), use_context::<Here>());
    let (id, number) = (row.id, row.id.as_i64());
    let picked = use_memo(move || state.picked.holds(id));
    let picked = picked();
    let clock = when::clock(row.sent_at, &state.texts.read());
    let label = if row.outgoing {
        t!("bubble-mine", clock = clock.as_str())
    } else {
        t!("bubble-theirs", name = here.name(), clock = clock.as_str())
    };
    let choose = move || {
        if picked.is_none() {
            here.choose(id);
        }
    };
    rsx! {
        div { class: around(&row, picked, next, last), "data-row": "{number}", id: "m{number}",
            "data-answers": (picked.is_none() && may_answer(row.kind) && !(here.blocked)()).then_some("true"),
            onclick: move |_| state.picked.toggle(id),
            if picked.is_some() {
                span { class: "pick", "aria-hidden": "true", Icon { name: "check" } }
            }
            div { class: kind(&row), dir: "auto", tabindex: "-1",
                role: if picked.is_some() { "option" } else { "group" },
                "aria-label": label, "aria-selected": picked.map(|picked| picked.to_string()),
                "data-arrow": "true", "data-menu": picked.is_none().then_some("true"),
                oncontextmenu: move |event: MouseEvent| { event.prevent_default(); choose(); },
                onkeydown: move |event: KeyboardEvent| {
                    let presses = event.key() == Key::Enter || event.key().to_string() == " ";
                    if picked.is_some() && presses {
                        event.prevent_default();
                        state.picked.toggle(id);
                    } else if event.key() == Key::Enter || event.key() == Key::ContextMenu {
                        event.prevent_default();
                        choose();
                    }
                },
                {inside(state, here, &row)}
            }
            button { class: "dots", r#type: "button", tabindex: "-1",
                "aria-label": t!("bubble-menu", clock = clock), "aria-haspopup": "menu",
                onclick: move |_| here.choose(id),
                Icon { name: "more", small: true }
            }
            if !row.reactions.is_empty() {
                Given { message: id, reactions: row.reactions.clone() }
            }
            {under(here, &row)}
        }
    }
}

/// The class of the whole message.
fn around(row: &MessageRow, picked: Option<bool>, next: bool, last: bool) -> String {
    format!(
        "msg{}{}{}{}{}",
        if picked == Some(true) { " picked" } else { "" },
        if row.reactions.is_empty() { "" } else { " reacted" },
        if row.outgoing { " me" } else { "" },
        if next { " next" } else { "" },
        if last { " last" } else { "" }
    )
}

/// The class of its bubble.
fn kind(row: &MessageRow) -> &'static str {
    match row.kind {
        MessageKind::Deleted => "bubble gone",
        MessageKind::Text if emoji_alone(&row.body) => "bubble emoji-only",
        _ => "bubble",
    }
}

/// What stands in the bubble.
fn inside(state: state::State, here: Here, row: &MessageRow) -> Element {
    let texts = state.texts.read().clone();
    let clock = when::clock(row.sent_at, &texts);
    let (text, gone) = (row.kind == MessageKind::Text, row.kind == MessageKind::Deleted);
    let card = if text { ContactCard::read(&row.body) } else { None };
    let drawn = card.is_some();
    rsx! {
        if let Some(quote) = row.quote.clone() {
            Quote { quote }
        }
        if let Some(card) = card.clone() {
            Card { card, sender: row.sender, by: (!row.outgoing).then(|| here.name()) }
        }
        div { class: "body",
            if text && !drawn {
                Said { text: row.body.clone() }
            } else if gone {
                p {
                    Icon { name: "trash", small: true }
                    span { if row.outgoing { {t!("bubble-deleted-by-me")} } else { {t!("bubble-deleted")} } }
                }
            } else if !drawn {
                p { class: "quiet", {t!(later(row.kind))} }
            }
            span { class: "meta",
                if row.starred {
                    Icon { name: "starred", label: t!("bubble-starred") }
                }
                if row.disappearing != Disappearing::Off {
                    Ring { disappearing: row.disappearing, ends: row.expires_at }
                }
                time { title: when::whole(row.sent_at, &texts), "{clock}" }
                State { state: row.state, outgoing: row.outgoing, seen: row.seen_at > Timestamp::ZERO }
            }
        }
        if let Some(card) = card {
            WriteTo { card }
        }
    }
}

/// What stands under the bubble of a letter that did not get through.
fn under(here: Here, row: &MessageRow) -> Element {
    let id = row.id;
    rsx! {
        if let Some((accepted, asked)) = taken_by_few(row) {
            p { class: "why few",
                span { {t!("state-accepted-by-few", accepted = accepted, asked = asked)} }
            }
        }
        if let MessageState::Failed(why) = row.state {
            p { class: "why",
                span { {t!(&format!("failure-{}", failure_name(why)))} }
                button { class: "link", r#type: "button", tabindex: "-1", onclick: move |_| here.choose(id),
                    {t!("bubble-what-now")} }
            }
        }
    }
}

/// Whether a message says something that can be answered.
pub fn may_answer(kind: MessageKind) -> bool {
    matches!(kind, MessageKind::Text | MessageKind::NewerFormat)
}

/// What is said of something that a later version shows.
fn later(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::GroupInvitation => "bubble-group",
        MessageKind::CommunityInvitation => "bubble-community",
        _ => "bubble-newer",
    }
}

/// A text with its links and its code; a long one is folded until somebody opens it.
#[component]
fn Said(text: String) -> Element {
    let mut open = use_signal(|| false);
    let long = may_be_long(&text);
    let (shown, cut) = if open() { (pieces(&text), false) } else { fold(pieces(&text)) };
    rsx! {
        // How many lines it has, only the page knows: it marks what is cut.
        p { "data-long": (long && !open()).then_some("true"),
            for piece in shown {
                match piece {
                    Piece::Text(text) => rsx! { "{text}" },
                    Piece::Code(text) => rsx! { code { "{text}" } },
                    Piece::Link(text, address) => rsx! { Link { text, address } },
                    Piece::Account(text, account) => rsx! { Somebody { text, account } },
                }
            }
        }
        if long {
            button { class: "link more", r#type: "button", tabindex: "-1",
                "data-wanted": (cut || open()).then_some("true"), "aria-expanded": open().to_string(),
                onclick: move |_| open.toggle(),
                onkeydown: |event: KeyboardEvent| event.stop_propagation(),
                if open() { {t!("bubble-less")} } else { {t!("bubble-more")} }
            }
        }
    }
}

/// A link stands in its line as words do; it opens nothing by itself.
#[component]
fn Link(text: String, address: String) -> Element {
    let mut over = use_state().over;
    rsx! { Leads { text, onopen: move |()| over.set(Some(Over::Link(address.clone()))) } }
}

/// An Account ID leads to whose it is.
#[component]
fn Somebody(text: String, account: AccountId) -> Element {
    let here = use_context::<Here>();
    rsx! { Leads { text, onopen: move |()| here.show(Sheet::Profile { account, claimed: String::new() }) } }
}

/// Words that lead somewhere.
#[component]
fn Leads(text: String, onopen: EventHandler<()>) -> Element {
    rsx! {
        span { class: "link", role: "link", tabindex: "-1",
            onclick: move |event| { event.stop_propagation(); onopen.call(()); },
            onkeydown: move |event: KeyboardEvent| {
                if event.key() == Key::Enter { event.prevent_default(); event.stop_propagation(); onopen.call(()); }
            },
            "{text}"
        }
    }
}
