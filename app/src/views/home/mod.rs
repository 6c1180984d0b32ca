//! The list of conversations.

use dioxus::prelude::*;
use onionskin_core::client::ConversationRow;

use crate::components::{Avatar, Icon, Tap, Wordmark};
use crate::route::Screen;
use crate::state::{use_account, use_state};
use crate::t;

/// The screens of this folder, but for the list itself.
pub fn view(screen: Screen) -> Element {
    let _ = screen;
    rsx! {}
}

/// The list, always there: under the screen in front, or beside it.
#[component]
pub fn Home() -> Element {
    let state = use_state();
    let account = use_account();
    let rows = account.conversations.read().clone();
    rsx! {
        nav { class: "screen list", "aria-label": t!("home-title"),
            header { class: "bar",
                button { class: "tap", r#type: "button", id: "settings", "aria-label": t!("settings"), onclick: move |_| state.route.open(Screen::Settings),
                    Avatar { account: account.client().account_id(), name: account.name.read().clone(), class: "small" }
                }
                span { class: "grow", Wordmark {} }
            }
            div { class: "page",
                ul { class: "rows", "aria-label": t!("home-title"),
                    for row in rows {
                        Row { key: "{row.id}", row }
                    }
                }
            }
            Tap { icon: "pen", label: t!("home-new"), class: "fab", onclick: move |()| state.route.open(Screen::NewConversation) }
        }
    }
}

/// One conversation.
#[component]
fn Row(row: ConversationRow) -> Element {
    let state = use_state();
    let screen = Screen::Conversation(row.id.clone());
    let open = screen.clone();
    rsx! {
        li {
            button { class: "row", r#type: "button", "aria-current": state.route.holds(&screen).then_some("true"),
                onclick: move |_| state.route.open(open.clone()),
                span { class: "text", b { class: "one-line", "{row.name}" } }
            }
        }
    }
}

/// Beside the list while no screen is open.
#[component]
pub fn Nothing() -> Element {
    rsx! {
        main { class: "screen aside",
            div { class: "empty",
                Icon { name: "mail" }
                p { {t!("home-nothing-open")} }
            }
        }
    }
}
