//! What can be done with a conversation of the list: a sheet of tracing paper over it.

use dioxus::prelude::*;
use onionskin_core::{ConversationId, Kind};

use crate::components::{Avatar, Icon, conversation_name, copy};
use crate::route::Screen;
use crate::state::lists::Row;
use crate::state::{State, use_account, use_state};
use crate::t;
use crate::views::mute::MuteSheet;
use crate::views::people::{Act, Question, act};

/// Whose menu is open. `Copy`: rows of the list find it around them.
#[derive(Clone, Copy, PartialEq)]
pub struct RowMenu {
    chosen: Signal<Option<ConversationId>>,
    asked: Signal<Option<Act>>,
    /// How long it stays quiet is being chosen.
    mutes: Signal<bool>,
}

/// The menu, for whoever asks for it by name.
#[derive(Clone, Copy)]
struct Around(RowMenu);

impl RowMenu {
    /// Makes it, for the list and for the bar of a conversation. Once, around both.
    pub fn provide() {
        use_context_provider(|| Around(Self::new()));
    }

    fn new() -> Self {
        Self { chosen: Signal::new(None), asked: Signal::new(None), mutes: Signal::new(false) }
    }

    /// The menu of this account.
    pub fn hook() -> Self {
        use_context::<Around>().0
    }

    /// Makes it known to the rows below: other rows have their answers beside them.
    pub fn provide_to_rows() {
        let menu = Self::hook();
        use_context_provider(|| menu);
    }

    /// Opens the menu of this conversation.
    pub fn choose(mut self, id: ConversationId) {
        self.asked.set(None);
        self.mutes.set(false);
        self.chosen.set(Some(id));
    }

    fn close(mut self) {
        self.asked.set(None);
        self.mutes.set(false);
        self.chosen.set(None);
    }
}

/// The menu, while one is chosen; then the question, where there is one.
#[component]
pub fn Menu() -> Element {
    let (state, account, menu) = (use_state(), use_account(), RowMenu::hook());
    let done = use_callback(move |what: Act| {
        let Some(id) = menu.chosen.peek().clone() else { return };
        menu.close();
        spawn(async move {
            act(state, account, &id, what).await;
        });
    });
    let Some(id) = menu.chosen.read().clone() else { return rsx! {} };
    // Gone meanwhile, here or on another device.
    let Some(row) = account.listed(&id) else { return rsx! {} };
    let name = conversation_name(&row);
    let own = row.kind == Kind::NoteToSelf;
    if let Some(what) = *menu.asked.read() {
        return rsx! {
            Question { what, name, own, onyes: move |()| done.call(what), onno: move |()| menu.close() }
        };
    }
    if *menu.mutes.read() {
        return rsx! {
            MuteSheet { id, name, onclose: move |()| menu.close() }
        };
    }
    rsx! {
        Lines { row, name, own, menu, ondo: done }
    }
}

/// The lines of the menu.
#[component]
fn Lines(row: Row, name: String, own: bool, menu: RowMenu, ondo: Callback<Act>) -> Element {
    let state = use_state();
    let id = row.id.clone();
    let (mut asked, mut mutes) = (menu.asked, menu.mutes);
    let (muted, archived) = (row.is_muted(state.now()), row.archived);
    let (pinned, unread) = (row.priority > 0, row.marked_unread || row.unread > 0);
    let letter = if unread { "opened" } else { "mail" };
    let about = Screen::ConversationSettings(id.clone());
    let account_id = id.account().map(ToString::to_string);
    rsx! {
        div { class: "veil over", id: "row-veil", "data-escape": "true", onclick: move |_| menu.close(),
            div { class: "chosen", "aria-hidden": "true",
                if let Some(account) = id.account().copied() {
                    Avatar { account, name: if own { String::new() } else { row.name.clone() }, class: "small",
                        note: own
                    }
                }
                b { class: "one-line", dir: "auto", "{name}" }
            }
            div { class: "menu", role: "menu", "aria-label": t!("row-menu", name = name.as_str()),
                "data-arrows": "true",
                onclick: |event| event.stop_propagation(),
                Entry { id: "row-pin", icon: "pin", text: if pinned { t!("people-unpin") } else { t!("people-pin") },
                    onclick: move |()| ondo.call(if pinned { Act::Unpin } else { Act::Pin })
                }
                Entry { id: "row-mark", icon: letter,
                    text: if unread { t!("people-mark-read") } else { t!("people-mark-unread") },
                    onclick: move |()| ondo.call(if unread { Act::MarkRead } else { Act::MarkUnread })
                }
                if !own && muted {
                    Entry { id: "row-ring", icon: "bell", text: t!("mute-off"),
                        onclick: move |()| ondo.call(Act::Ring)
                    }
                } else if !own {
                    Entry { id: "row-mute", icon: "mute", text: t!("mute-item"), onclick: move |()| mutes.set(true) }
                }
                Entry { id: "row-archive", icon: "archive",
                    text: if archived { t!("archive-out") } else { t!("archive-in") },
                    onclick: move |()| ondo.call(if archived { Act::Unarchive } else { Act::Archive })
                }
                Entry { id: "row-about", icon: "info", text: t!("person-title"),
                    onclick: move |()| { menu.close(); go_to(state, about.clone()); }
                }
                if let Some(account) = account_id {
                    Entry { id: "row-copy", icon: "copy", text: t!("person-copy"),
                        onclick: move |()| { menu.close(); copy(state, &account); }
                    }
                }
                hr {}
                if !own && row.blocked {
                    Entry { id: "row-unblock", icon: "block", text: t!("unblock"),
                        onclick: move |()| ondo.call(Act::Unblock)
                    }
                } else if !own {
                    Entry { id: "row-block", icon: "block", text: t!("people-block"), danger: true,
                        onclick: move |()| asked.set(Some(Act::Block))
                    }
                }
                if own {
                    Entry { id: "row-hide", icon: "covered", text: t!("people-hide"),
                        onclick: move |()| ondo.call(Act::Hide)
                    }
                } else {
                    Entry { id: "row-delete", icon: "trash", text: t!("people-delete"), danger: true,
                        onclick: move |()| asked.set(Some(Act::Delete))
                    }
                }
            }
        }
    }
}

/// Shows what is known of a conversation: over it where it is open.
fn go_to(state: State, about: Screen) {
    let open = if let Screen::Conversation(open) = state.route.top() { Some(open) } else { None };
    if open.is_some() && about.conversation() == open.as_ref() {
        state.route.push(about);
    } else {
        state.route.open(about);
    }
}

/// One line of the menu.
#[component]
fn Entry(
    id: &'static str,
    icon: &'static str,
    text: String,
    #[props(default)] danger: bool,
    onclick: EventHandler<()>,
) -> Element {
    rsx! {
        button { class: if danger { "danger" } else { "" }, r#type: "button", role: "menuitem", id,
            onclick: move |_| onclick.call(()),
            Icon { name: icon }
            "{text}"
        }
    }
}
