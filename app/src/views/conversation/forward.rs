//! Texts go on to other conversations, as letters of our own: where they came from is not said, and what they answered
//! is not taken along. What disappears goes on only after a question.

use std::collections::HashSet;

use dioxus::prelude::*;
use onionskin_core::{
    AccountId, Client, ContactRow, ConversationId, Disappearing, Draft, Error, ErrorKind, Kind, MessageKind,
    MessageRow, Result, SearchWords,
};

use crate::components::{Ask, Avatar, Icon, Tap, contact_name, conversation_name, empty};
use crate::state::{Account, State, use_account, use_state};
use crate::t;

const SEARCH: &str = "forward-search";

/// The question where one is due, then the sheet to choose to whom.
#[component]
pub fn Forward(rows: Vec<MessageRow>, onclose: EventHandler<()>) -> Element {
    let mut allowed = use_signal(|| rows.iter().all(|row| row.disappearing == Disappearing::Off));
    if !allowed() {
        return rsx! {
            Ask { id: "forward-ask", title: t!("forward-ask", count = rows.len()), text: t!("forward-ask-text"),
                yes: t!("menu-forward"), onyes: move |()| allowed.set(true), onno: move |()| onclose.call(()) }
        };
    }
    rsx! { Choosing { rows, onclose } }
}

/// Somebody to whom something can be forwarded.
#[derive(Clone, PartialEq)]
struct Target {
    account: AccountId,
    name: String,
    /// What the picture gets its letters from.
    letters: String,
    own: bool,
}

/// Who, with a search, and the button that says how many.
#[component]
fn Choosing(rows: Vec<MessageRow>, onclose: EventHandler<()>) -> Element {
    let (state, account) = (use_state(), use_account());
    let mut query = use_signal(String::new);
    let mut chosen = use_signal(Vec::<AccountId>::new);
    let contacts = use_resource(move || async move { account.client().contacts().await.unwrap_or_default() });
    let all = targets(account, contacts.read().as_deref().unwrap_or_default());
    let words = SearchWords::of(&query.read());
    let found: Vec<Target> =
        all.into_iter().filter(|target| words.is_empty() || words.stand_in_name(&target.name)).collect();
    let count = chosen.read().len();
    let texts = rows.len();
    let toggle = move |who: AccountId| {
        let mut chosen = chosen.write();
        match chosen.iter().position(|other| *other == who) {
            Some(at) => _ = chosen.remove(at),
            None => chosen.push(who),
        }
    };
    let send = move |_| {
        let (rows, to) = (rows.clone(), std::mem::take(&mut *chosen.write()));
        state.picked.end();
        onclose.call(());
        // The sheet that asked for it goes at once.
        dioxus::core::spawn_forever(forward(state, account.client(), rows, to));
    };
    rsx! {
        div { class: "veil low over", id: "forward-veil", "data-escape": "true", onclick: move |_| onclose.call(()),
            section { class: "sheet tall", role: "dialog", "aria-modal": "true", "aria-labelledby": "forward-title",
                onclick: |event| event.stop_propagation(),
                header {
                    h2 { id: "forward-title", {t!("menu-forward")} small { {t!("forward-what", count = texts)} } }
                    Tap { icon: "close", id: "forward-close", label: t!("close"), onclick: move |()| onclose.call(()) }
                }
                div { class: "search-line",
                    div { class: "search",
                        Icon { name: "search", small: true }
                        input { id: SEARCH, r#type: "text", dir: "auto", autocomplete: "off", spellcheck: "false",
                            autofocus: true, "aria-label": t!("forward-search"), placeholder: t!("forward-search"),
                            oninput: move |event| query.set(event.value()),
                        }
                        if !query.read().is_empty() {
                            Tap { icon: "close", id: "forward-clear", label: t!("search-clear"),
                                onclick: move |()| { empty(SEARCH, ""); query.set(String::new()); } }
                        }
                    }
                }
                Targets { found, chosen: chosen(), ontoggle: toggle }
                div { class: "foot",
                    p { {t!("forward-explained")} }
                    button { class: "btn main wide", r#type: "button", id: "forward-send", disabled: count == 0,
                        onclick: send, {t!("forward-send", count = count)} }
                }
            }
        }
    }
}

/// The list, with checks.
#[component]
fn Targets(found: Vec<Target>, chosen: Vec<AccountId>, ontoggle: EventHandler<AccountId>) -> Element {
    rsx! {
        div { class: "body grow",
            if found.is_empty() {
                p { class: "hint", role: "status", {t!("forward-nobody")} }
            }
            ul { class: "rows", "aria-label": t!("forward-to"), "data-arrows": "true",
                for Target { account, name, letters, own } in found {
                    li { key: "{account}",
                        button { class: "row low", r#type: "button", role: "checkbox",
                            "aria-checked": chosen.contains(&account).to_string(),
                            "data-to": "{account}",
                            onclick: move |_| ontoggle.call(account),
                            Avatar { account, name: letters, class: "small", note: own }
                            span { class: "text one-line", dir: "auto", "{name}" }
                            span { class: "pick", Icon { name: "check" } }
                        }
                    }
                }
            }
        }
    }
}

/// Ourselves, then the list as it stands, then everybody else whom we know. Who is blocked, or asks us, is none.
fn targets(account: Account, contacts: &[ContactRow]) -> Vec<Target> {
    let own = account.client().account_id();
    let notes = Target { account: own, name: t!("note-to-self"), letters: String::new(), own: true };
    let mut all = vec![notes];
    for row in account.conversations.read().iter().filter(|row| row.kind != Kind::NoteToSelf && !row.blocked) {
        if let Some(person) = row.id.account() {
            let name = conversation_name(row);
            all.push(Target { account: *person, name, letters: row.name.clone(), own: false });
        }
    }
    let there: HashSet<AccountId> = all.iter().map(|target| target.account).collect();
    let others = contacts.iter().filter(|contact| contact.approved && !contact.blocked);
    all.extend(others.filter(|contact| !there.contains(&contact.account)).map(|contact| Target {
        account: contact.account,
        name: contact_name(contact),
        letters: contact.shown_name().to_owned(),
        own: false,
    }));
    all
}

/// Writes all of them to each, in their order, and says what became of it.
async fn forward(state: State, client: Client, rows: Vec<MessageRow>, to: Vec<AccountId>) {
    let texts = match texts(&client, &rows).await {
        Ok(texts) => texts,
        Err(error) => return state.say_error(&error),
    };
    let mut wrong = None;
    for person in &to {
        // One who cannot be written to holds up nobody else.
        if let Err(error) = write(&client, *person, &texts).await {
            wrong = Some(error);
        }
    }
    match wrong {
        None => state.say(t!("forward-done", count = to.len())),
        Some(error) => state.say_error(&error),
    }
}

/// What they say now: one may have disappeared while somebody chose. What others wrote longer goes on in parts.
async fn texts(client: &Client, rows: &[MessageRow]) -> Result<Vec<String>> {
    let mut texts = Vec::with_capacity(rows.len());
    for row in rows {
        let now = client.message(row.id).await?.filter(|now| now.kind == MessageKind::Text);
        let now = now.ok_or_else(|| Error::new(ErrorKind::NotFound, "message is gone"))?;
        texts.extend(Draft::split(&now.body));
    }
    Ok(texts)
}

async fn write(client: &Client, person: AccountId, texts: &[String]) -> Result<()> {
    let conversation = client.conversation(&ConversationId::from(person));
    for text in texts {
        conversation.send(Draft::text(text.as_str())).await?;
    }
    Ok(())
}
