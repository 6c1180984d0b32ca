//! The foot of a conversation: the composer, or what has to be decided first.

use dioxus::prelude::*;

use super::Here;
use super::composer::Composer;
use super::unanswered::Unanswered;
use crate::state::{use_account, use_state};
use crate::t;
use crate::views::people::{Act, Question, act, decline};

/// What a person can answer to a stranger.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Accept,
    Decline,
    Block,
    Unblock,
}

/// The composer, a request's buttons above it, or the way out of a block.
#[component]
pub fn Foot(is_me: bool) -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let row = here.thread.row.read().clone();
    let name = here.name();
    let mut asked = use_signal(|| false);
    let answer = move |answer: Answer| {
        let id = here.id();
        spawn(async move {
            match answer {
                Answer::Accept => {
                    if let Err(error) = account.client().conversation(&id).accept().await {
                        state.say_error(&error);
                    }
                }
                Answer::Decline => {
                    decline(state, account, id);
                    state.route.back();
                }
                Answer::Block => {
                    if act(state, account, &id, Act::Block).await {
                        state.route.back();
                    }
                }
                Answer::Unblock => {
                    act(state, account, &id, Act::Unblock).await;
                }
            }
        });
    };
    let blocked = row.as_ref().is_some_and(|row| row.blocked);
    let request = row.as_ref().is_some_and(|row| row.is_request());
    let waiting = row.as_ref().is_some_and(|row| row.approved && !row.approved_me && row.newest.is_some()) && !is_me;
    if blocked {
        return rsx! {
            div { class: "foot",
                p { {t!("foot-blocked", name = name)} }
                button { class: "btn line", r#type: "button", id: "unblock", onclick: move |_| answer(Answer::Unblock),
                    {t!("unblock")}
                }
            }
        };
    }
    rsx! {
        if request {
            div { class: "foot", role: "group", "aria-label": t!("foot-request-label"),
                p { {t!("foot-request", name = name.as_str())} }
                div { class: "btns side",
                    button { class: "btn main", r#type: "button", id: "accept",
                        onclick: move |_| answer(Answer::Accept),
                        {t!("accept")}
                    }
                    button { class: "btn line", r#type: "button", id: "decline",
                        onclick: move |_| answer(Answer::Decline),
                        {t!("decline")}
                    }
                    button { class: "btn plain danger-text", r#type: "button", id: "block",
                        onclick: move |_| asked.set(true),
                        {t!("block")}
                    }
                }
            }
            if asked() {
                Question { what: Act::Block, name, own: false, onno: move |()| asked.set(false),
                    onyes: move |()| { asked.set(false); answer(Answer::Block); }
                }
            }
        } else if waiting {
            p { class: "hint waiting", {t!("foot-waiting", name = name)} }
        }
        if !is_me && !request {
            Unanswered {}
        }
        Composer {}
    }
}
