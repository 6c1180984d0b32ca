//! What a conversation shows of disappearing: the ring beside a time, and the line that says that somebody changed it.

use std::time::Duration;

use dioxus::prelude::*;
use onionskin_core::{Disappearing, MessageRow, Timestamp, sleep};

use super::Here;
use super::person::use_known;
use super::timer::{about, in_words};
use crate::components::Icon;
use crate::state::{use_account, use_state};
use crate::t;

/// How much is left of a message: a ring that empties. Full while its time does not run yet.
#[component]
pub fn Ring(disappearing: Disappearing, ends: Timestamp) -> Element {
    let state = use_state();
    let whole = disappearing.after().unwrap_or_default();
    let runs = ends > Timestamp::ZERO;
    let left = use_callback(move |()| ends.since(state.shell().clock().now()).min(whole));
    let mut now = use_signal(|| left.call(()));
    use_future(move || async move {
        while runs && !now.peek().is_zero() {
            sleep(&**state.shell().clock(), (whole / STEPS).max(SHORTEST)).await;
            now.set(left.call(()));
        }
    });
    let label = if runs { t!("ring-left", time = about(now())) } else { in_words(disappearing).unwrap_or_default() };
    let part = if runs { 100.0 * now().as_secs_f64() / whole.as_secs_f64().max(1.0) } else { 100.0 };
    rsx! {
        svg { class: "ring", view_box: "0 0 16 16", role: "img", "aria-label": label,
            circle { class: "all", cx: "8", cy: "8", r: "6.2" }
            circle { class: "left", cx: "8", cy: "8", r: "6.2", path_length: "100", stroke_dasharray: "{part:.0} 100" }
        }
    }
}

/// Somebody changed when their messages disappear. The other person's change can be followed.
#[component]
pub fn Notice(row: MessageRow) -> Element {
    let here = use_context::<Here>();
    let mut asks = use_signal(|| false);
    let number = row.id.as_i64();
    let words = in_words(row.disappearing);
    let said = match (row.outgoing, words.clone()) {
        (true, Some(time)) => t!("control-timer-by-me", time = time),
        (true, None) => t!("control-timer-off-by-me"),
        (false, Some(time)) => t!("control-timer", name = here.name(), time = time),
        (false, None) => t!("control-timer-off", name = here.name()),
    };
    rsx! {
        div { class: "control asks", "data-row": "{number}",
            p {
                Icon { name: "timer", small: true }
                span { "{said}" }
            }
            if !row.outgoing {
                Offer { row: row.clone(), onask: move |()| asks.set(true) }
            }
        }
        if asks() {
            Follow { row, onclose: move |()| asks.set(false) }
        }
    }
}

/// The button, while ours is another.
#[component]
fn Offer(row: MessageRow, onask: EventHandler<()>) -> Element {
    let here = use_context::<Here>();
    let known = use_known(&here.id());
    let ours = known.read().as_ref().and_then(|known| known.contact.as_ref().map(|contact| contact.disappearing));
    if ours.is_none_or(|ours| ours == row.disappearing) {
        return rsx! {};
    }
    rsx! {
        button { class: "btn line small", r#type: "button", id: "follow", onclick: move |_| onask.call(()),
            {t!("follow")}
        }
    }
}

/// The question before.
#[component]
fn Follow(row: MessageRow, onclose: EventHandler<()>) -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let text = match in_words(row.disappearing) {
        Some(time) => t!("follow-text", name = here.name(), time = time),
        None => t!("follow-text-off", name = here.name()),
    };
    let follow = move |_| {
        onclose.call(());
        let (message, id) = (row.id, here.id());
        // The question goes with its line when that is replaced.
        dioxus::core::spawn_forever(async move {
            if let Err(error) = account.client().conversation(&id).follow(message).await {
                state.say_error(&error);
            }
        });
    };
    rsx! {
        div { class: "veil over", "data-escape": "true", onclick: move |_| onclose.call(()),
            div { class: "dialog", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "follow-title",
                onclick: |event| event.stop_propagation(),
                h2 { id: "follow-title", {t!("follow-title", name = here.name())} }
                p { "{text}" }
                div { class: "btns",
                    button { class: "btn main", r#type: "button", id: "follow-really", onclick: follow, {t!("follow")} }
                    button { class: "btn line", r#type: "button", onclick: move |_| onclose.call(()),
                        {t!("follow-not")} }
                }
            }
        }
    }
}

/// So often a ring is drawn until it is empty.
const STEPS: u32 = 24;
/// A ring of seconds is not drawn more often.
const SHORTEST: Duration = Duration::from_secs(1);
