//! What a notification shows.

use dioxus::prelude::*;
use onionskin_core::MessageId;

use super::Page;
use crate::components::{Choice, Choices, Icon};
use crate::notices::{Arrived, Letter, decide};
use crate::platform::Note;
use crate::preferences::NotificationContent;
use crate::state::{Account, State, use_account, use_state};
use crate::t;

/// The three policies, and how a notification looks under the one that is chosen.
#[component]
pub fn Notifications() -> Element {
    let state = use_state();
    let account = use_account();
    let chosen = state.preferences.read().notifications;
    let choices = NotificationContent::ALL
        .iter()
        .map(|content| Choice {
            id: format!("content-{}", content.name()),
            text: t!(&format!("notifications-{}", content.name())),
            hint: Some(t!(&format!("notifications-{}-hint", content.name()))),
        })
        .collect();
    let note = sample(state, account);
    let notify = state.shell().platform().notify.clone();
    let shows = notify.is_some();
    rsx! {
        Page { title: t!("notifications-title"),
            div { class: "note-sample", role: "img", "aria-label": "{note.title}: {note.text}",
                Icon { name: "mail" }
                div {
                    b { "{note.title}" }
                    p { "{note.text}" }
                }
            }
            h2 { class: "section inset", {t!("notifications-content")} }
            Choices { label: t!("notifications-content"), choices,
                chosen: NotificationContent::ALL.iter().position(|content| *content == chosen).unwrap_or_default(),
                onchoose: move |number: usize| {
                    let Some(content) = NotificationContent::ALL.get(number).copied() else { return };
                    if let Err(error) = state.shell().change_preferences(|now| now.notifications = content) {
                        state.say_error(&error);
                    }
                }
            }
            p { class: "note", {t!("notifications-system")} }
            if shows {
                div { class: "below",
                    button { class: "btn line wide", r#type: "button", id: "show-note",
                        onclick: move |_| {
                            if let Some(notify) = &notify {
                                notify.show(sample(state, account));
                            }
                        },
                        Icon { name: "bell" }
                        {t!("notifications-show")}
                    }
                }
            } else {
                p { class: "note", {t!("notifications-absent")} }
            }
        }
    }
}

/// How a letter would be told now.
fn sample(state: State, account: Account) -> Note {
    let letter = Letter {
        message: MessageId::from_i64(0),
        conversation: account.client().account_id().into(),
        name: t!("notifications-sample-name"),
        text: Some(t!("notifications-sample-text")),
        request: false,
        content: None,
    };
    let content = state.preferences.read().notifications;
    let arrived = Arrived { letters: vec![letter], uncounted: 0 };
    let told = decide(&arrived, content, None, &state.texts.read()).into_iter().next();
    let (title, text) = told.map(|told| (told.title, told.text)).unwrap_or_default();
    Note { tag: 0, title, text, answers: None }
}
