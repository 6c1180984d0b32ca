//! What we call a person, which our own devices know, and what we note about them, which only this one does.

use dioxus::prelude::*;
use onionskin_core::{Client, ConversationId, ErrorKind, MAX_NOTE_POINTS, Result};

use super::person::{Known, use_known};
use crate::components::{Bar, Field, Typed};
use crate::state::{sentence, use_account, use_state};
use crate::t;
use crate::views::first_run::name_problem;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    Nickname,
    Note,
}

/// Asks for one of them.
#[component]
pub fn Names(id: ConversationId, what: Naming) -> Element {
    let known = use_known(&id);
    let title = match what {
        Naming::Nickname => t!("nickname-title"),
        Naming::Note => t!("note-title"),
    };
    rsx! {
        main { class: "screen", "aria-busy": known.read().is_none().then_some("true"),
            Bar { title }
            div { class: "page",
                if let Some(known) = known() {
                    Form { id, what, known }
                }
            }
        }
    }
}

#[component]
fn Form(id: ConversationId, what: Naming, known: Known) -> Element {
    let (state, account) = (use_state(), use_account());
    // The field begins with what is known, once; what is typed then is the person's.
    let known = use_hook(|| known);
    let typed = Typed::hook();
    let mut wrong = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    let save = use_callback(move |text: String| {
        if busy() {
            return;
        }
        busy.set(true);
        let id = id.clone();
        spawn(async move {
            match keep(&account.client(), &id, what, &text).await {
                Ok(()) => {
                    state.say(t!("names-saved"));
                    state.route.back();
                }
                Err(error) => {
                    let too_long = what == Naming::Note && error.kind() == ErrorKind::TooLarge;
                    wrong.set(Some(match (too_long, what) {
                        (true, _) => t!("note-too-long", found = text.chars().count(), most = MAX_NOTE_POINTS),
                        (false, Naming::Nickname) => name_problem(&error),
                        (false, Naming::Note) => sentence(&error),
                    }));
                    document::eval("onionskin.focus('names-text')");
                }
            }
            busy.set(false);
        });
    });
    let (label, hint, initial, lines) = match what {
        Naming::Nickname if known.own_name().is_empty() => {
            (t!("nickname-title"), t!("nickname-hint"), known.nickname().to_owned(), 1)
        }
        Naming::Nickname => {
            let hint = t!("nickname-hint-named", name = known.own_name());
            (t!("nickname-title"), hint, known.nickname().to_owned(), 1)
        }
        Naming::Note => (t!("note-title"), t!("note-hint"), known.note().to_owned(), 9),
    };
    let there = !initial.is_empty();
    rsx! {
        form { class: "fields",
            onsubmit: move |event| { event.prevent_default(); save.call(typed.text().to_string()); },
            Field { id: "names-text", label, typed, initial, hint, lines, wrong: wrong(), focus: true,
                oninput: move |()| if wrong.peek().is_some() { wrong.set(None) }
            }
            button { class: "btn main wide", r#type: "submit", id: "save-names", disabled: busy(),
                {t!("settings-save")}
            }
            if there {
                button { class: "btn line wide", r#type: "button", id: "remove-names", disabled: busy(),
                    onclick: move |_| save.call(String::new()),
                    if what == Naming::Nickname { {t!("nickname-remove")} } else { {t!("note-remove")} }
                }
            }
        }
    }
}

async fn keep(client: &Client, id: &ConversationId, what: Naming, text: &str) -> Result<()> {
    let conversation = client.conversation(id);
    match what {
        Naming::Nickname => conversation.set_nickname(text).await,
        Naming::Note => conversation.set_note(text).await,
    }
}
