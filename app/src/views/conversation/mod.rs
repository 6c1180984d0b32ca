//! A conversation: its rows, its composer, what is known of a message, what can be done with the person.

mod bubble;
mod composer;
mod day;
mod delete;
mod details;
mod emoji;
mod expiry;
mod foot;
mod forward;
mod menu;
mod names;
mod part;
mod person;
mod pick;
mod profile;
mod quiet;
mod quote;
mod reactions;
mod sheet;
mod standing;
mod starred;
mod thread;
mod timer;
mod unanswered;

use dioxus::prelude::*;
use onionskin_core::{AccountId, Connection, ConversationId, ConversationRow, MessageId};

use crate::components::{Avatar, Icon, Tap, conversation_name};
use crate::route::Screen;
use crate::state::thread::Thread;
use crate::state::{Account, State, use_account, use_state};
use crate::t;
use crate::text::short_id;
use crate::views::home::RowMenu;

pub use details::Details;
pub use names::{Names, Naming};
pub use person::Person;
pub use quiet::Quiet;
use sheet::Sheet;
pub use starred::Starred;
pub use timer::Disappears;

/// What a conversation's parts share. `Copy`.
#[derive(Clone, Copy)]
struct Here {
    thread: Thread,
    /// How it is called on the screen.
    name: Memo<String>,
    /// Nothing is written to a person who is blocked.
    blocked: Memo<bool>,
    /// Counts letters written here: each brings the reader to the end.
    written: Signal<u64>,
    /// The message whose menu is open.
    chosen: Signal<Option<MessageId>>,
    /// The message that is being answered.
    answering: Signal<Option<MessageId>>,
    /// The sheet that lies over it.
    sheet: Signal<Option<Sheet>>,
}

impl Here {
    fn new(state: State, account: Account, id: ConversationId) -> Self {
        let thread = Thread::new(state, account, id);
        let me = account.client().account_id();
        let name = Memo::new(move || name_of(&thread.id(), thread.row.read().as_ref(), &me));
        let blocked = Memo::new(move || thread.row.read().as_ref().is_some_and(|row| row.blocked));
        Self {
            thread,
            name,
            blocked,
            written: Signal::new(0),
            chosen: Signal::new(None),
            answering: Signal::new(None),
            sheet: Signal::new(None),
        }
    }

    fn id(&self) -> ConversationId {
        self.thread.id()
    }

    /// A letter was written.
    fn wrote(mut self) {
        *self.written.write() += 1;
    }

    /// Opens the menu of a message.
    fn choose(mut self, message: MessageId) {
        self.chosen.set(Some(message));
    }

    /// Lays a sheet over the conversation.
    fn show(mut self, sheet: Sheet) {
        self.sheet.set(Some(sheet));
    }

    /// Begins an answer to a message, where there is a composer for it.
    fn answer(mut self, message: MessageId) {
        if *self.blocked.peek() {
            return;
        }
        self.answering.set(Some(message));
        document::eval("onionskin.focus('draft')");
    }

    /// The person's name, ours for the note to self, else the ends of the Account ID.
    fn name(&self) -> String {
        self.name.read().clone()
    }
}

/// How a conversation is called on the screen, also before anything was said.
fn name_of(id: &ConversationId, row: Option<&ConversationRow>, me: &AccountId) -> String {
    match (row, id.account()) {
        (Some(row), _) => conversation_name(row),
        (None, Some(account)) if account == me => t!("note-to-self"),
        (None, Some(account)) => short_id(account),
        (None, None) => String::new(),
    }
}

/// One conversation, from the bar to the composer.
#[component]
pub fn Conversation(id: ConversationId) -> Element {
    let account = use_account();
    let state = use_state();
    let here = use_context_provider(|| Here::new(state, account, id.clone()));
    let me = account.client().account_id();
    let is_me = id.account() == Some(&me);
    let picks = use_memo(move || state.picked.is_on());
    use_drop(move || _ = state.picked.end());
    rsx! {
        main { class: "screen conversation", "aria-label": t!("conversation-with", name = here.name()),
            if picks() {
                pick::PickBar {}
            } else {
                Head { is_me }
            }
            thread::Thread {}
            if picks() {
                pick::PickActs {}
            } else {
                foot::Foot { is_me }
            }
        }
        menu::Menu {}
        sheet::Sheets {}
    }
}

/// When what we write disappears, in small letters under the name.
#[component]
fn Vanishes(id: ConversationId) -> Element {
    let known = person::use_known(&id);
    let words = known.read().as_ref().and_then(|known| timer::in_words(known.contact.as_ref()?.disappearing));
    rsx! {
        if let Some(words) = words {
            small { Icon { name: "timer", small: true } span { class: "one-line", "{words}" } }
        }
    }
}

/// Who it is with, and how the connection is when it is not well.
#[component]
fn Head(is_me: bool) -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let name = here.name();
    // Without a name of their own a picture of letters would show digits.
    let initials = here.thread.row.read().as_ref().map(|row| row.name.clone()).unwrap_or_default();
    let connection = *account.connection.read();
    let id = here.id();
    let person = id.account().copied();
    let menu = RowMenu::hook();
    // What is not in the list has no menu there; its page has everything.
    let choose = use_callback(move |()| {
        let id = here.id();
        if account.listed(&id).is_some() {
            menu.choose(id);
        } else {
            state.route.push(Screen::ConversationSettings(id));
        }
    });
    rsx! {
        header { class: "bar ruled",
            Tap { icon: "back", flip: true, label: t!("back"), class: "leave",
                onclick: move |()| { state.route.back(); }
            }
            button { class: "who", r#type: "button", id: "who",
                "aria-label": t!("conversation-open-settings", name = name.clone()),
                onclick: move |_| state.route.push(Screen::ConversationSettings(here.id())),
                if let Some(account) = person {
                    Avatar { account, name: initials, class: "small", note: is_me }
                }
                span { class: "grow",
                    b { class: "one-line", dir: "auto", role: "heading", "aria-level": "1", "{name}" }
                    match connection {
                        Connection::Online => rsx! { Vanishes { id: here.id() } },
                        Connection::Connecting => rsx! { small { class: "one-line", {t!("conversation-connecting")} } },
                        Connection::Offline => rsx! { small { class: "one-line", {t!("conversation-offline")} } },
                    }
                }
            }
            Tap { icon: "more", id: "head-menu", label: t!("conversation-menu"), onclick: move |()| choose.call(()) }
        }
        if connection != Connection::Online {
            div { class: if connection == Connection::Connecting { "stripe moving" } else { "stripe" },
                "aria-hidden": "true"
            }
        }
    }
}
