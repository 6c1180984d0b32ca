//! A conversation: its rows, its composer, what is known of a message, what can be done with the person.

mod bubble;
mod composer;
mod details;
mod foot;
mod menu;
mod names;
mod person;
mod thread;

use dioxus::prelude::*;
use onionskin_core::{Connection, ConversationId, ConversationRow, Kind};

use crate::components::{Avatar, Tap};
use crate::route::Screen;
use crate::state::{use_account, use_state};
use crate::t;

pub use details::Details;
pub use names::{Names, Naming};
pub use person::Person;

/// What a conversation's parts share. `Copy`.
#[derive(Clone, Copy)]
struct Here {
    id: CopyValue<ConversationId>,
    /// The row of the list, also while it is hidden there; `None` before anything was said.
    row: Signal<Option<ConversationRow>>,
    /// Counts letters written here: each brings the reader to the end.
    written: Signal<u64>,
}

impl Here {
    fn id(&self) -> ConversationId {
        self.id.peek().clone()
    }

    /// A letter was written.
    fn wrote(mut self) {
        *self.written.write() += 1;
    }

    /// The person's name, ours for the note to self, else the beginning of the Account ID.
    fn name(&self) -> String {
        name_of(&self.id(), self.row.read().as_ref())
    }
}

/// How a conversation is called on the screen.
fn name_of(id: &ConversationId, row: Option<&ConversationRow>) -> String {
    match row {
        Some(row) if row.kind == Kind::NoteToSelf => t!("note-to-self"),
        Some(row) if !row.name.is_empty() => row.name.clone(),
        _ => short_id(id),
    }
}

/// The beginning and the end of an id: enough to tell two people apart, not enough to trust.
fn short_id(id: &ConversationId) -> String {
    let text = id.to_string();
    let (start, end) = (text.get(..8), text.get(text.len().saturating_sub(4)..));
    start.zip(end).map(|(start, end)| format!("{start}…{end}")).unwrap_or(text)
}

/// One conversation, from the bar to the composer.
#[component]
pub fn Conversation(id: ConversationId) -> Element {
    let account = use_account();
    let here = use_context_provider(|| Here {
        id: CopyValue::new(id.clone()),
        row: Signal::new(None),
        written: Signal::new(0),
    });
    let me = account.client().account_id();
    let is_me = id.account() == Some(&me);
    rsx! {
        main { class: "screen conversation", "aria-label": t!("conversation-with", name = here.name()),
            Head { is_me }
            thread::Thread {}
            foot::Foot { is_me }
        }
    }
}

/// Who it is with, and how the connection is when it is not well.
#[component]
fn Head(is_me: bool) -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let name = if is_me { t!("note-to-self") } else { here.name() };
    let connection = *account.connection.read();
    let id = here.id();
    let person = id.account().copied();
    rsx! {
        header { class: "bar ruled",
            Tap { icon: "back", flip: true, label: t!("back"), class: "leave", onclick: move |()| { state.route.back(); } }
            button { class: "who", r#type: "button", id: "who", "aria-label": t!("conversation-open-settings", name = name.clone()),
                onclick: move |_| state.route.push(Screen::ConversationSettings(here.id())),
                if let Some(account) = person {
                    Avatar { account, name: name.clone(), class: "small", note: is_me }
                }
                span { class: "grow",
                    b { class: "one-line", dir: "auto", role: "heading", "aria-level": "1", "{name}" }
                    match connection {
                        Connection::Online => rsx! {},
                        Connection::Connecting => rsx! { small { class: "one-line", {t!("conversation-connecting")} } },
                        Connection::Offline => rsx! { small { class: "one-line", {t!("conversation-offline")} } },
                    }
                }
            }
        }
        if connection != Connection::Online {
            div { class: if connection == Connection::Connecting { "stripe moving" } else { "stripe" }, "aria-hidden": "true" }
        }
    }
}
