//! Search: people by name, messages by their words. On this device only.

use std::sync::Arc;
use std::time::Duration;

use dioxus::prelude::*;
use onionskin_core::{ConversationId, ConversationRow, Kind, MessageId, MessageRow, Result, SearchWords, Timestamp};

use super::marked::{Piece, in_name, snippet};
use crate::components::{Avatar, Icon, Tap, Typed, conversation_name, empty};
use crate::letter::beginning;
use crate::shell::Place;
use crate::state::lists::Row;
use crate::state::{Account, State, use_account, use_state};
use crate::text::{Texts, short_id};
use crate::views::people;
use crate::{t, when};

/// What was found for a text.
#[derive(Clone, Default, PartialEq)]
struct Results {
    query: String,
    conversations: Vec<Row>,
    messages: Vec<Hit>,
    /// There are more messages than these.
    more: bool,
}

/// A message that holds the words.
#[derive(Clone, PartialEq)]
struct Hit {
    message: MessageId,
    conversation: ConversationId,
    name: String,
    own: bool,
    pieces: Vec<Piece>,
    time: String,
    outgoing: bool,
}

/// A field, and below it what is found while one types.
#[component]
pub fn Search() -> Element {
    let state = use_state();
    let account = use_account();
    // Back from a letter that was found, what was found is there again.
    let mut account = account;
    let query = use_signal(|| std::mem::take(&mut *account.searched.write()));
    let most = use_signal(|| PAGE);
    let mut results = use_signal(|| None::<Results>);
    // A letter that follows within a moment replaces this search before it begins.
    use_resource(move || {
        let (query, most) = (query(), most());
        // While the index is made anew there is more to find from time to time.
        let _more_to_find = (account.search)();
        async move {
            if SearchWords::of(&query).is_empty() {
                results.set(None);
                return;
            }
            tokio::time::sleep(PAUSE).await;
            match find(state, account, query, most).await {
                Ok(found) => results.set(Some(found)),
                Err(error) => state.say_error(&error),
            }
        }
    });
    rsx! {
        main { class: "screen",
            SearchBar { query, most }
            Filling {}
            match results() {
                None => rsx! {
                    div { class: "empty", p { {t!("search-explained")} } }
                },
                Some(found) if found.conversations.is_empty() && found.messages.is_empty() => rsx! {
                    NothingFound { query: found.query }
                },
                Some(found) => rsx! { Found { found, most, query } },
            }
        }
    }
}

/// Says that older letters are not found yet, while that is so.
#[component]
fn Filling() -> Element {
    let percent = use_account().search;
    rsx! {
        if percent() < 100 {
            p { class: "fine", id: "search-filling", {t!("search-filling", percent = u32::from(percent()))} }
        }
    }
}

/// The field, and the way out.
#[component]
fn SearchBar(mut query: Signal<String>, mut most: Signal<u32>) -> Element {
    let state = use_state();
    let typed = Typed::hook();
    let initial = use_hook(|| query.peek().clone());
    rsx! {
        header { class: "bar",
            Tap { icon: "back", flip: true, label: t!("back"), class: "leave",
                onclick: move |()| { state.route.back(); }
            }
            h1 { class: "sr", tabindex: "-1", {t!("search")} }
            // No label around it: the field would be called by the button that empties it as well.
            div { class: "search",
                Icon { name: "search", small: true }
                input { id: "search-text", "aria-label": t!("search"), r#type: "text", dir: "auto", autocomplete: "off",
                    spellcheck: "false", autofocus: true, placeholder: t!("search-hint"), initial_value: initial,
                    oninput: move |event: FormEvent| {
                        typed.note(event.value());
                        most.set(PAGE);
                        query.set(event.value());
                    },
                }
                if !query.read().is_empty() {
                    Tap { icon: "close", label: t!("search-clear"),
                        onclick: move |()| {
                            empty("search-text", "");
                            query.set(String::new());
                            document::eval("onionskin.focus('search-text')");
                        }
                    }
                }
            }
        }
    }
}

/// What was found: people, then messages.
#[component]
fn Found(found: Results, mut most: Signal<u32>, query: Signal<String>) -> Element {
    let account = use_account();
    // A click in it leads away; whoever comes back finds it again.
    let keep = move |_| {
        let mut searched = account.searched;
        searched.set(query.peek().clone());
    };
    rsx! {
        div { class: "page", "data-arrows": "true", onclick: keep,
            if !found.conversations.is_empty() {
                h2 { class: "section", {t!("search-people")} }
                ul { class: "rows", "aria-label": t!("search-people"),
                    for row in found.conversations {
                        Name { key: "{row.id}", query: found.query.clone(), row }
                    }
                }
            }
            if !found.messages.is_empty() {
                h2 { class: "section", {t!("search-messages")} }
                ul { class: "rows", "aria-label": t!("search-messages"),
                    for hit in found.messages {
                        Message { key: "{hit.message.as_i64()}", hit }
                    }
                }
            }
            if found.more {
                button { class: "btn plain wide", r#type: "button", id: "search-more",
                    onclick: move |_| { let now = most(); most.set(now + PAGE); },
                    {t!("search-more")}
                }
            } else {
                p { class: "fine", {t!("search-here-only")} }
            }
        }
    }
}

/// Looks among the names that are on the screen, and in the ledger for at most so many messages.
async fn find(state: State, account: Account, query: String, most: u32) -> Result<Results> {
    let wanted = SearchWords::of(&query);
    let (rows, requests) = (account.conversations.peek().clone(), account.requests.peek().clone());
    // Our own notes are found also while they are hidden: nothing else would bring them back.
    let notes = own_notes(account).await.filter(|notes| rows.iter().all(|row| row.id != notes.id));
    let all: Vec<Row> = rows.into_iter().chain(requests).chain(notes.map(Arc::new)).collect();
    let messages = account.client().search(&query, None, None, most.saturating_add(1)).await?;
    let shown = usize::try_from(most).unwrap_or(usize::MAX);
    let more = messages.len() > shown;
    let texts = state.texts.peek().clone();
    let hit = |message: MessageRow| {
        let row = all.iter().map(Arc::as_ref).find(|row| row.id == message.conversation);
        hit(message, row, &wanted, state.now(), &texts)
    };
    let messages = messages.into_iter().take(shown).map(|found| hit(found.message)).collect();
    let named = |row: &&Row| wanted.stand_in_name(&conversation_name(row));
    let conversations = all.iter().filter(named).take(MOST_NAMES).cloned().collect();
    Ok(Results { query, conversations, messages, more })
}

async fn own_notes(account: Account) -> Option<ConversationRow> {
    let client = account.client();
    client.conversation(&client.account_id().into()).row().await.ok().flatten()
}

fn hit(message: MessageRow, row: Option<&ConversationRow>, wanted: &SearchWords, now: Timestamp, texts: &Texts) -> Hit {
    let name = match (row, message.conversation.account()) {
        (Some(row), _) => conversation_name(row),
        (None, Some(account)) => short_id(account),
        (None, None) => String::new(),
    };
    Hit {
        message: message.id,
        own: row.is_some_and(|row| row.kind == Kind::NoteToSelf),
        pieces: snippet(&message.body, wanted, SNIPPET),
        time: when::short(message.sent_at, now, texts),
        outgoing: message.outgoing,
        conversation: message.conversation,
        name,
    }
}

/// A conversation whose name holds the words.
#[component]
fn Name(row: Row, query: String) -> Element {
    let (state, account) = (use_state(), use_account());
    let name = conversation_name(&row);
    let pieces = in_name(&name, &SearchWords::of(&query), SNIPPET);
    let own = row.kind == Kind::NoteToSelf;
    let id = row.id.clone();
    rsx! {
        li {
            button { class: "row low", r#type: "button",
                onclick: move |_| people::open_over(state, account, id.clone()),
                if let Some(account) = row.id.account().copied() {
                    Avatar { account, name: if own { String::new() } else { row.name.clone() }, note: own }
                }
                span { class: "text",
                    span { class: "top", b { class: "one-line", dir: "auto", Pieces { pieces } } }
                }
            }
        }
    }
}

/// A message; opening it shows the conversation where the message stands.
#[component]
fn Message(hit: Hit) -> Element {
    let (state, account) = (use_state(), use_account());
    let (id, message) = (hit.conversation.clone(), hit.message);
    let open = move |_| {
        state.shell().remember_place(&id, Some(Place { message, offset: PLACE_BELOW_EDGE }));
        people::open_over(state, account, id.clone());
        document::eval(&format!("onionskin.flash('{}')", message.as_i64()));
    };
    rsx! {
        li {
            button { class: "row", r#type: "button", onclick: open,
                if let Some(account) = hit.conversation.account().copied() {
                    Avatar { account, name: if hit.own { String::new() } else { hit.name.clone() }, note: hit.own }
                }
                span { class: "text",
                    span { class: "top",
                        b { class: "one-line", dir: "auto", "{hit.name}" }
                        time { "{hit.time}" }
                    }
                    span { class: "under",
                        span { class: "line two-lines", dir: "auto",
                            if hit.outgoing && !hit.own {
                                {t!("search-you")}
                                " "
                            }
                            Pieces { pieces: hit.pieces }
                        }
                    }
                }
            }
        }
    }
}

/// Text in pieces; what was searched for is marked.
#[component]
fn Pieces(pieces: Vec<Piece>) -> Element {
    rsx! {
        for (text, marked) in pieces {
            if marked {
                mark { "{text}" }
            } else {
                span { "{text}" }
            }
        }
    }
}

#[component]
fn NothingFound(query: String) -> Element {
    let filling = (use_account().search)() < 100;
    let shown = beginning(query.trim(), LONGEST_SHOWN);
    rsx! {
        div { class: "empty", role: "status", id: "nothing-found",
            svg { class: "art", view_box: "0 0 210 120", fill: "none", stroke: "currentColor", stroke_width: "1.8",
                stroke_linecap: "round", stroke_linejoin: "round", "aria-hidden": "true",
                path { d: "M40 30h96v70H40z", fill: "var(--sheet)", stroke_opacity: "0.35",
                    transform: "rotate(-5 88 65)"
                }
                path { d: "M52 24h96v72H52z", fill: "var(--sheet)", fill_opacity: "0.7" }
                path { d: "M66 44h52M66 56h66M66 68h36", opacity: "0.3" }
                path { d: "M156 62a20 20 0 1 0 3 6M160 88l20 20", stroke_width: "2.4" }
            }
            h2 { {t!("search-nothing", text = shown)} }
            p { if filling { {t!("search-nothing-yet")} } else { {t!("search-nothing-hint")} } }
        }
    }
}

/// Long enough that a word being typed is one search, short enough to feel immediate.
const PAUSE: Duration = Duration::from_millis(150);
/// Messages shown at first, and more each time they are asked for.
const PAGE: u32 = 50;
/// Conversations shown by name.
const MOST_NAMES: usize = 20;
/// Characters of a message that are shown.
const SNIPPET: usize = 160;
/// Characters of the searched text in the sentence that nothing was found.
const LONGEST_SHOWN: usize = 40;
/// Pixels between the upper edge and the message that was searched for.
const PLACE_BELOW_EDGE: f64 = 96.0;
