//! How one conversation makes itself heard: muted or not, and what its notifications show.

use dioxus::prelude::*;
use onionskin_core::{ConversationId, ConversationRow, Mute, NoticeContent};

use super::person::{Known, shown_name, use_known};
use crate::components::{Bar, Choice, Choices, Item};
use crate::state::{use_account, use_state};
use crate::t;
use crate::views::mute::{self, MuteSheet};

/// The page.
#[component]
pub fn Quiet(id: ConversationId) -> Element {
    let known = use_known(&id);
    let now = known();
    let busy = now.is_none();
    rsx! {
        main { class: "screen", "aria-busy": busy.then_some("true"),
            Bar { title: t!("quiet-title") }
            if let Some(Known { row: Some(row), contact }) = now {
                Form { name: shown_name(&Known { row: Some(row.clone()), contact }, id.account().copied(), false), row }
            }
        }
    }
}

#[component]
fn Form(row: ConversationRow, name: String) -> Element {
    let (state, account) = (use_state(), use_account());
    let mut asks = use_signal(|| false);
    let muted = mute::in_words(row.mute, state.now(), &state.texts.read());
    let choices = CONTENTS.iter().map(|(name, _)| Choice {
        id: format!("quiet-{name}"),
        text: if *name == "usual" { t!("quiet-usual") } else { t!(&format!("notifications-{name}")) },
        hint: Some(match *name {
            "usual" => t!("quiet-usual-hint", usual = t!(&format!("notifications-{}", usual(state)))),
            name => t!(&format!("notifications-{name}-hint")),
        }),
    });
    let chosen = CONTENTS.iter().position(|(_, content)| *content == row.notice_content).unwrap_or_default();
    let (id, for_sheet, for_ringing) = (row.id.clone(), row.id.clone(), row.id.clone());
    let choose = move |number: usize| {
        let Some((_, content)) = CONTENTS.get(number).copied() else { return };
        let id = id.clone();
        spawn(async move {
            if let Err(error) = account.client().conversation(&id).set_notice_content(content).await {
                state.say_error(&error);
            }
        });
    };
    rsx! {
        div { class: "page",
            div { class: "card",
                if let Some(until) = muted {
                    Item { icon: "bell", text: t!("mute-off"), hint: until, leads: false, id: "unmute",
                        onclick: move |()| mute::set(state, account, for_ringing.clone(), Mute::Off)
                    }
                }
                Item { icon: "mute", text: t!("mute-item"), hint: t!("mute-item-hint"), leads: false, id: "mute",
                    onclick: move |()| asks.set(true)
                }
            }
            h2 { class: "section inset", {t!("notifications-content")} }
            Choices { label: t!("notifications-content"), choices: choices.collect::<Vec<_>>(), chosen,
                onchoose: choose
            }
            p { class: "note", {t!("quiet-here")} }
        }
        if asks() {
            MuteSheet { id: for_sheet, name, onclose: move |()| asks.set(false) }
        }
    }
}

/// What is usual, by its name.
fn usual(state: crate::state::State) -> &'static str {
    state.preferences.read().notifications.name()
}

/// What can be chosen for one conversation, by the names of the settings.
const CONTENTS: [(&str, Option<NoticeContent>); 4] = [
    ("usual", None),
    ("name-and-text", Some(NoticeContent::NameAndText)),
    ("name", Some(NoticeContent::NameOnly)),
    ("nothing", Some(NoticeContent::Nothing)),
];
