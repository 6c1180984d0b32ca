//! The person behind a conversation, and what can be done about it.

use dioxus::prelude::*;
use onionskin_core::client::ConversationId;

use super::menu::copy;
use super::name_of;
use crate::components::{Avatar, Bar, Item};
use crate::route::Screen;
use crate::state::{use_account, use_state};
use crate::t;

/// What a person is asked about before it happens.
#[derive(Clone, Copy, PartialEq)]
enum Ask {
    Clear,
    Block,
}

/// The page of one conversation.
#[component]
pub fn Settings(id: ConversationId) -> Element {
    let (state, account) = (use_state(), use_account());
    let mut ask = use_signal(|| None::<Ask>);
    let for_row = id.clone();
    let mut row = use_resource(move || {
        let (client, id) = (account.client(), for_row.clone());
        // The lists move with every change of a conversation.
        let _ = (account.conversations.read().len(), account.requests.read().len());
        async move { client.conversation(&id).await.ok()?.row().await.ok().flatten() }
    });
    let known = row.read().clone().flatten();
    let person = id.account().copied();
    let is_me = person == Some(account.client().account_id());
    let name = if is_me { t!("note-to-self") } else { name_of(&id, known.as_ref()) };
    let blocked = known.as_ref().is_some_and(|row| row.blocked);
    let (text, for_act) = (id.to_string(), id.clone());
    let act = move |what: Ask| {
        ask.set(None);
        let id = for_act.clone();
        spawn(async move {
            let Ok(conversation) = account.client().conversation(&id).await else { return };
            let done = match what {
                Ask::Clear => conversation.clear().await,
                Ask::Block if blocked => conversation.unblock().await,
                Ask::Block => conversation.block().await,
            };
            match done {
                Ok(()) if what == Ask::Clear => state.route.reset(Screen::Home),
                Ok(()) => row.restart(),
                Err(error) => state.say_error(&error),
            }
        });
    };
    let shown = text.clone();
    let (on_unblock, on_really) = (act.clone(), act);
    rsx! {
        main { class: "screen",
            Bar { title: t!("person-title") }
            div { class: "page",
                div { class: "head",
                    if let Some(account) = person {
                        Avatar { account, name: name.clone(), class: "big", note: is_me }
                    }
                    h2 { dir: "auto", "{name}" }
                    p { class: "id mono", "{shown}" }
                }
                div { class: "card",
                    Item { icon: "copy", text: t!("person-copy"), leads: false, id: "copy-id", onclick: move |()| copy(state, &text) }
                }
                div { class: "card",
                    if !is_me {
                        if blocked {
                            Item { icon: "block", text: t!("unblock"), leads: false, id: "unblock", onclick: { let mut act = on_unblock.clone(); move |()| act(Ask::Block) } }
                        } else {
                            Item { icon: "block", text: t!("block"), hint: t!("person-block-hint"), danger: true, leads: false, id: "block", onclick: move |()| ask.set(Some(Ask::Block)) }
                        }
                    }
                    Item { icon: "trash", text: t!("person-clear"), hint: t!("person-clear-hint"), danger: true, leads: false, id: "clear", onclick: move |()| ask.set(Some(Ask::Clear)) }
                }
            }
            if let Some(what) = ask() {
                div { class: "veil", "data-escape": "true", onclick: move |_| ask.set(None),                     div { class: "dialog", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "ask-title", onclick: |event| event.stop_propagation(),
                        h2 { id: "ask-title", if what == Ask::Clear { {t!("person-clear-ask")} } else { {t!("person-block-ask", name = name.clone())} } }
                        p { if what == Ask::Clear { {t!("person-clear-what")} } else { {t!("person-block-what")} } }
                        div { class: "btns",
                            button { class: "btn danger", r#type: "button", id: "really", onclick: { let mut act = on_really.clone(); move |_| act(what) },
                                if what == Ask::Clear { {t!("person-clear")} } else { {t!("block")} }
                            }
                            button { class: "btn line", r#type: "button", onclick: move |_| ask.set(None), {t!("cancel")} }
                        }
                    }
                }
            }
        }
    }
}
