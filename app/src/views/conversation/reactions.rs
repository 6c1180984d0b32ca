//! Emoji on a message: those that are there, those that can be put there, and who did.

use dioxus::prelude::*;
use onionskin_core::{Hint, MessageId, MessageRow, Reactions};

use super::Here;
use crate::components::{Avatar, Icon, Tap};
use crate::emoji;
use crate::state::{Account, State, use_account, use_state};
use crate::t;

/// Under a bubble, those that came first first. A tap gives or takes away one's own; a hold says who.
#[component]
pub fn Given(message: MessageId, reactions: Vec<Reactions>) -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let mut who = use_signal(|| false);
    let language = state.texts.read().tag().to_owned();
    let rest = reactions.len().saturating_sub(SHOWN);
    rsx! {
        div { class: "reactions",
            for reaction in reactions.iter().take(SHOWN).cloned() {
                button { key: "{reaction.emoji}", r#type: "button", tabindex: "-1", "data-menu": "true",
                    "aria-pressed": reaction.ours.to_string(),
                    "aria-label": t!("reaction-label", name = called(&reaction.emoji, &language),
                        count = reaction.people.len()),
                    onclick: {
                        let (emoji, given) = (reaction.emoji.clone(), !reaction.ours);
                        move |_| react(state, account, here, message, emoji.clone(), given)
                    },
                    oncontextmenu: move |event: MouseEvent| { event.prevent_default(); who.set(true); },
                    "{reaction.emoji}"
                    span { "{reaction.people.len()}" }
                }
            }
            if rest > 0 {
                button { class: "rest", r#type: "button", tabindex: "-1", "aria-label": t!("reaction-who"),
                    onclick: move |_| who.set(true), "+{rest}" }
            }
        }
        if who() {
            Who { message, reactions, onclose: move |()| who.set(false) }
        }
    }
}

/// Six to choose from, above the menu of a message, and the way to all others.
#[component]
pub fn Bar(row: MessageRow, onreact: EventHandler<(String, bool)>, onmore: EventHandler<()>) -> Element {
    let account = use_account();
    let language = use_state().texts.read().tag().to_owned();
    let six = use_resource(move || async move { account.client().reaction_bar().await.unwrap_or_default() });
    let six = six.read().clone().unwrap_or_default();
    let ours = |emoji: &str| row.reactions.iter().any(|reaction| reaction.ours && reaction.emoji == emoji);
    rsx! {
        div { class: if row.outgoing { "react-bar me-side" } else { "react-bar" }, role: "group",
            "aria-label": t!("react"),
            onclick: |event| event.stop_propagation(),
            for (place, emoji) in six.into_iter().enumerate() {
                button { key: "{emoji}", r#type: "button", id: "react-{place}", "aria-label": called(&emoji, &language),
                    "aria-pressed": ours(&emoji).to_string(),
                    onclick: {
                        let (emoji, given) = (emoji.clone(), !ours(&emoji));
                        move |_| onreact.call((emoji.clone(), given))
                    },
                    "{emoji}"
                }
            }
            button { class: "more", r#type: "button", id: "react-more", "aria-label": t!("react-more"),
                onclick: move |_| onmore.call(()), Icon { name: "plus" } }
        }
    }
}

/// Puts an emoji of ours there, or takes it away.
pub fn react(state: State, account: Account, here: Here, message: MessageId, emoji: String, given: bool) {
    let (id, too_many) = (here.id(), t!("react-too-many"));
    // The menu that asked for it goes at once.
    dioxus::core::spawn_forever(async move {
        if let Err(error) = account.client().conversation(&id).react(message, &emoji, given).await {
            match error.hint() {
                Some(Hint::RetryAfter(_)) => state.say(too_many),
                _ => state.say_error(&error),
            }
        }
    });
}

/// Whether both sides may put emoji on each other's messages: not in a request.
pub fn may_react(here: Here, own: bool) -> bool {
    own || here.thread.row.read().as_ref().is_some_and(|row| row.approved && row.approved_me && !row.blocked)
}

/// Who reacted: everybody with their emoji. One's own goes with a tap.
#[component]
fn Who(message: MessageId, reactions: Vec<Reactions>, onclose: EventHandler<()>) -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let me = account.client().account_id();
    let rows: Vec<_> = reactions
        .iter()
        .flat_map(|reaction| reaction.people.iter().map(|person| (*person, reaction.emoji.clone())))
        .collect();
    rsx! {
        div { class: "veil low over", "data-escape": "true", onclick: move |_| onclose.call(()),
            section { class: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "who-title",
                onclick: |event| event.stop_propagation(),
                header {
                    h2 { id: "who-title", {t!("reaction-who")} }
                    Tap { icon: "close", id: "who-close", label: t!("close"), onclick: move |()| onclose.call(()) }
                }
                div { class: "body",
                    ul { class: "rows", "data-arrows": "true",
                        for (person, emoji) in rows {
                            li { key: "{person}{emoji}",
                                if person == me {
                                    button { class: "row", r#type: "button",
                                        onclick: {
                                            let emoji = emoji.clone();
                                            move |_| {
                                                onclose.call(());
                                                react(state, account, here, message, emoji.clone(), false);
                                            }
                                        },
                                        Avatar { account: person, name: account.name.read().clone() }
                                        span { class: "text",
                                            span { class: "top", b { {t!("you")} } }
                                            span { class: "under", span { class: "line", {t!("reaction-take-away")} } }
                                        }
                                        span { class: "big-emoji", "{emoji}" }
                                    }
                                } else {
                                    div { class: "row",
                                        Avatar { account: person, name: here.name() }
                                        span { class: "text",
                                            span { class: "top", b { class: "one-line", dir: "auto", {here.name()} } }
                                        }
                                        span { class: "big-emoji", "{emoji}" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What an emoji is called.
fn called(sign: &str, language: &str) -> String {
    emoji::of(sign).map_or(sign, |emoji| emoji.name(language)).to_owned()
}

/// So many stand under a bubble; the sheet has the others.
const SHOWN: usize = 6;
