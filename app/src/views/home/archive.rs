//! Conversations that were put into the archive of this device.

use dioxus::prelude::*;

use super::menu::RowMenu;
use super::row::Row;
use crate::components::{Bar, Icon};
use crate::route::Screen;
use crate::state::{use_account, use_state};
use crate::t;

/// The line at the end of the list that leads to them; nothing while there are none.
#[component]
pub fn ArchiveLine() -> Element {
    let (state, account) = (use_state(), use_account());
    let count = use_memo(move || account.archived.read().len());
    let unread = use_memo(move || account.archived.read().iter().any(|row| row.unread > 0));
    rsx! {
        if count() > 0 {
            button { class: "banner quiet", r#type: "button", id: "archive",
                "aria-current": state.route.holds(&Screen::Archive).then_some("true"),
                onclick: move |_| state.route.open(Screen::Archive),
                Icon { name: "archive" }
                span { class: "grow",
                    b { {t!("archive-title")} }
                    span { class: "line",
                        if unread() {
                            {t!("archive-unread", count = count())}
                        } else {
                            {t!("archive-count", count = count())}
                        }
                    }
                }
                Icon { name: "next", flip: true, class: "next" }
            }
        }
    }
}

/// The screen.
#[component]
pub fn Archive() -> Element {
    let (state, account) = (use_state(), use_account());
    RowMenu::provide_to_rows();
    let current = state.route.top().conversation().cloned();
    let rows = account.archived.read().clone();
    rsx! {
        main { class: "screen",
            Bar { title: t!("archive-title") }
            if rows.is_empty() {
                div { class: "empty",
                    Icon { name: "archive" }
                    h2 { {t!("archive-empty")} }
                    p { {t!("archive-note")} }
                }
            } else {
                div { class: "page", "data-arrows": "true",
                    p { class: "note first-note", {t!("archive-note")} }
                    ul { class: "rows", "aria-label": t!("archive-title"),
                        for row in rows {
                            Row { key: "{row.id}", current: current.as_ref() == Some(&row.id), row }
                        }
                    }
                }
            }
        }
    }
}
