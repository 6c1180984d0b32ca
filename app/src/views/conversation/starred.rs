//! The letters that have a star, newest star first. Stars stay on this device, and keep nothing that disappears.

use dioxus::prelude::*;
use onionskin_core::{ContactCard, Event, StarredRow};

use crate::components::{Avatar, Bar, Icon, called};
use crate::letter::beginning;
use crate::route::Place;
use crate::state::{use_account, use_state};
use crate::views::people;
use crate::{t, when};

/// The list.
#[component]
pub fn Starred() -> Element {
    let (state, account) = (use_state(), use_account());
    let mut most = use_signal(|| PAGE);
    let mut changes = use_signal(|| 0_u64);
    let mut all = use_signal(|| None::<Vec<StarredRow>>);
    use_future(move || async move {
        let mut events = account.client().events();
        while let Some(event) = events.next().await {
            if concerns(&event) {
                *changes.write() += 1;
            }
        }
    });
    use_resource(move || {
        let (most, _again) = (most(), changes());
        async move {
            match account.client().starred(None, most + 1).await {
                Ok(found) => all.set(Some(found)),
                Err(error) => state.say_error(&error),
            }
        }
    });
    let (found, shown) = (all(), usize::try_from(most()).unwrap_or(usize::MAX));
    rsx! {
        main { class: "screen", "aria-busy": found.is_none().then_some("true"),
            Bar { title: t!("starred-title") }
            div { class: "page", "data-arrows": "true",
                if let Some(found) = &found {
                    if found.is_empty() {
                        div { class: "empty", Icon { name: "star" } h2 { {t!("starred-none")} }
                            p { {t!("starred-none-hint")} } }
                    } else {
                        ul { class: "rows", "aria-label": t!("starred-title"),
                            for row in found.iter().take(shown).cloned() {
                                Letter { key: "{row.message.id.as_i64()}", row }
                            }
                        }
                    }
                    if found.len() > shown {
                        button { class: "btn plain wide", r#type: "button", id: "starred-more",
                            onclick: move |_| most += PAGE, {t!("search-more")} }
                    } else {
                        p { class: "fine", {t!("starred-explained")} }
                    }
                }
            }
        }
    }
}

/// Whether a star may have come or gone with it.
fn concerns(event: &Event) -> bool {
    matches!(
        event,
        Event::MessageChanged(_) | Event::MessageRemoved { .. } | Event::ConversationRemoved(_) | Event::Resync
    )
}

/// One letter: in which conversation, and what it says. It leads to its place.
#[component]
fn Letter(row: StarredRow) -> Element {
    let (state, account) = (use_state(), use_account());
    let (id, message) = (row.conversation.clone(), row.message.id);
    let of = id.clone();
    let with = use_resource(move || {
        let of = of.clone();
        async move { account.client().conversation(&of).row().await.ok().flatten() }
    });
    let with = with.read().clone().flatten();
    let own = id.account() == Some(&account.client().account_id());
    let letters = with.map(|with| with.name).unwrap_or_default();
    let name = called(&id, &letters, own);
    let text = match ContactCard::read(&row.message.body) {
        Some(card) => card.name,
        None => beginning(&row.message.body, SNIPPET),
    };
    let time = when::short(row.message.sent_at, state.now(), &state.texts.read());
    let person = id.account().copied();
    let open = move |_| {
        state.shell().remember_place(&id, Some(Place { message, offset: PLACE_BELOW_EDGE }));
        people::open_over(state, account, id.clone());
        document::eval(&format!("onionskin.flash('{}')", message.as_i64()));
    };
    rsx! {
        li {
            button { class: "row", r#type: "button", "data-starred": "{message.as_i64()}", onclick: open,
                if let Some(account) = person {
                    Avatar { account, name: if own { String::new() } else { letters }, note: own }
                }
                span { class: "text",
                    span { class: "top",
                        b { class: "one-line", dir: "auto", "{name}" }
                        time { "{time}" }
                    }
                    span { class: "under",
                        span { class: "line two-lines", dir: "auto",
                            if row.message.outgoing && !own { {t!("search-you")} " " }
                            "{text}"
                        }
                    }
                }
            }
        }
    }
}

/// Letters shown at first, and more each time they are asked for.
const PAGE: u32 = 50;
/// Characters of a letter that are shown.
const SNIPPET: usize = 160;
/// Pixels between the upper edge and the letter that was opened.
const PLACE_BELOW_EDGE: f64 = 96.0;
