//! What a message answers: above its text, and above the field while the answer is written.

use dioxus::prelude::*;
use onionskin_core::{MessageId, MessageKind, Quoted};

use super::Here;
use super::thread::go_to;
use crate::components::{Icon, Tap};
use crate::state::use_account;
use crate::t;

/// The quote above a text. It leads to what it quotes, where that stands here.
#[component]
pub fn Quote(quote: Quoted) -> Element {
    let (account, here) = (use_account(), use_context::<Here>());
    let ours = quote.author == Some(account.client().account_id());
    match quote.line {
        Some(line) => {
            let message = line.message;
            let who = if line.outgoing { t!("you") } else { here.name() };
            let gone = line.kind == MessageKind::Deleted;
            rsx! {
                button { class: "quote", r#type: "button", tabindex: "-1",
                    "aria-label": t!("quote-go", name = who.clone()),
                    onclick: move |event| {
                        event.stop_propagation();
                        spawn(go_to(here, message));
                    },
                    b { dir: "auto", "{who}" }
                    p { dir: "auto", if gone { {t!("bubble-deleted")} } else { "{line.text}" } }
                }
            }
        }
        None if !quote.fallback.is_empty() => rsx! {
            div { class: "quote",
                b { dir: "auto", if ours { {t!("you")} } else { {here.name()} } }
                p { dir: "auto", "{quote.fallback}" }
            }
        },
        None => rsx! {
            div { class: "quote lost",
                p { Icon { name: "mail", small: true } span { {t!("quote-lost")} } }
            }
        },
    }
}

/// Above the field: what is being answered, and the way to let it go.
#[component]
pub fn Answering(message: MessageId) -> Element {
    let here = use_context::<Here>();
    let mut answering = here.answering;
    let Some(row) = here.thread.message(message) else { return rsx! {} };
    let who = if row.outgoing { t!("you") } else { here.name() };
    rsx! {
        div { class: "quote", id: "answering",
            b { dir: "auto", "{who}" }
            p { dir: "auto", "{row.body}" }
            Tap { icon: "close", id: "answer-nothing", label: t!("quote-let-go"),
                onclick: move |()| answering.set(None) }
        }
    }
}
