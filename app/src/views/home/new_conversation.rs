//! Begins a conversation: an Account ID that is typed, pasted or read from a picture, somebody we know, or ourselves.
//!
//! Opening one sends nothing; the first message does.

use dioxus::prelude::*;
use onionskin_core::AccountId;

use super::ids::{Problem, find};
use crate::components::{Avatar, Bar, Field, Icon, Item, PickPicture, Read, Typed, contact_name};
use crate::route::Screen;
use crate::state::{use_account, use_state};
use crate::t;
use crate::views::first_run::picture_problem;
use crate::views::people;

/// Asks whom to write to.
#[component]
pub fn NewConversation() -> Element {
    let state = use_state();
    let account = use_account();
    let own = account.client().account_id();
    rsx! {
        main { class: "screen",
            Bar { title: t!("new-title") }
            div { class: "page", "data-arrows": "true",
                Whom {}
                div { class: "card",
                    Item { icon: "note", id: "note-to-self", text: t!("note-to-self"), hint: t!("new-note-hint"),
                        onclick: move |()| people::open(state, account, own.into())
                    }
                    Item { icon: "qr", id: "my-id", text: t!("new-show-mine"),
                        onclick: move |()| state.route.push(Screen::AccountId)
                    }
                }
                Contacts {}
            }
        }
    }
}

/// An Account ID, typed or from a picture.
#[component]
fn Whom() -> Element {
    let (state, account) = (use_state(), use_account());
    let typed = Typed::hook();
    let mut wrong = use_signal(|| None::<String>);
    let mut wrong_picture = use_signal(|| None::<String>);
    let open = move |who: AccountId| {
        if who == account.client().account_id() {
            state.say(t!("new-own"));
        }
        people::open(state, account, who.into());
    };
    let next = move |event: FormEvent| {
        event.prevent_default();
        match find(&typed.text()) {
            Ok(who) => open(who),
            Err(problem) => {
                wrong.set(Some(say(&problem)));
                document::eval("onionskin.focus('account')");
            }
        }
    };
    let read = move |read: Read| match read.map(|text| find(&text)) {
        Ok(Ok(who)) => open(who),
        Ok(Err(problem @ (Problem::Group | Problem::Blinded | Problem::Community))) => {
            wrong_picture.set(Some(say(&problem)));
        }
        Ok(Err(_)) => wrong_picture.set(Some(t!("new-picture-other"))),
        Err(error) => wrong_picture.set(Some(picture_problem(error))),
    };
    rsx! {
        form { class: "ask-id", onsubmit: next,
            Field { id: "account", label: t!("new-account"), typed, lines: 3, mono: true, focus: true,
                enter_sends: true, hint: t!("new-hint"), wrong: wrong(),
                oninput: move |()| if wrong.peek().is_some() { wrong.set(None) } }
            button { class: "btn main wide", r#type: "submit", id: "next", {t!("new-next")} }
            PickPicture { id: "account-picture", label: t!("new-picture"),
                onpick: move |()| wrong_picture.set(None), onread: read }
            if let Some(wrong) = wrong_picture() {
                p { class: "wrong", role: "alert", id: "account-picture-wrong",
                    Icon { name: "warning", small: true }
                    span { "{wrong}" }
                }
            }
        }
    }
}

/// Everybody we know.
#[component]
fn Contacts() -> Element {
    let account = use_account();
    let own = account.client().account_id();
    let contacts = use_resource(move || {
        // A name that changes shows in the list first.
        account.conversations.read();
        async move { account.client().contacts().await.unwrap_or_default() }
    });
    rsx! {
        if let Some(known) = contacts.read().as_ref().filter(|known| !known.is_empty()) {
            h2 { class: "section", {t!("new-contacts")} }
            ul { class: "rows", "aria-label": t!("new-contacts"),
                for contact in known.iter().filter(|contact| contact.account != own) {
                    Known { key: "{contact.account}", account: contact.account, name: contact_name(contact) }
                }
            }
        }
    }
}

/// Somebody we know.
#[component]
fn Known(account: AccountId, name: String) -> Element {
    let state = use_state();
    rsx! {
        li {
            button { class: "row low", r#type: "button",
                onclick: move |_| state.route.open(Screen::Conversation(account.into())),
                Avatar { account, name: name.clone(), class: "small" }
                span { class: "text", dir: "auto", "{name}" }
            }
        }
    }
}

/// What is wrong, and what to do.
fn say(problem: &Problem) -> String {
    match problem {
        Problem::Empty => t!("new-wrong-empty"),
        Problem::None => t!("new-wrong-none"),
        Problem::Several => t!("new-wrong-several"),
        Problem::Length { found } => t!("new-wrong-length", found = *found, all = AccountId::TEXT_LEN),
        Problem::Character { letter, place } => {
            t!("new-wrong-character", letter = letter.to_string(), place = *place)
        }
        Problem::Group => t!("new-wrong-group"),
        Problem::Blinded => t!("new-wrong-blinded"),
        Problem::Community => t!("new-wrong-community"),
        Problem::OtherKind => t!("new-wrong-kind"),
        Problem::NotAKey => t!("new-wrong-key"),
    }
}
