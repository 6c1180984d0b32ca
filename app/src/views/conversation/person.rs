//! The person behind a conversation: who it is, what we call them, and what can be done.

use dioxus::prelude::*;
use onionskin_core::{AccountId, ContactCard, ContactRow, ConversationId, ConversationRow, Disappearing, Draft, Event};

use super::timer::in_words;
use crate::components::{AccountGroups, Ask, Avatar, Bar, Icon, Item, copy};
use crate::qr::Code;
use crate::route::Screen;
use crate::state::{use_account, use_state};
use crate::t;
use crate::text::person_name;
use crate::views::mute;
use crate::views::people::{Act, Question, act};

/// What is known of a conversation and its person.
#[derive(Clone, Default, PartialEq)]
pub struct Known {
    /// Its row in the list, also while it is hidden; `None` before anything was said.
    pub row: Option<ConversationRow>,
    /// The person, if we ever met.
    pub contact: Option<ContactRow>,
}

impl Known {
    /// The name that we gave them; empty for none.
    pub fn nickname(&self) -> &str {
        self.contact.as_ref().map_or("", |contact| contact.nickname.as_str())
    }

    /// The name that they gave themselves; empty while unknown.
    pub fn own_name(&self) -> &str {
        self.contact.as_ref().map_or("", |contact| contact.display_name.as_str())
    }

    /// What we noted about them; empty for nothing.
    pub fn note(&self) -> &str {
        self.contact.as_ref().map_or("", |contact| contact.note.as_str())
    }
}

/// What is known, followed as it changes; `None` until it was read.
pub fn use_known(id: &ConversationId) -> Signal<Option<Known>> {
    let account = use_account();
    let id = id.clone();
    let mut known = use_signal(|| None::<Known>);
    use_future(move || {
        let id = id.clone();
        async move {
            let client = account.client();
            let mut events = client.events();
            loop {
                let read = async {
                    let row = client.conversation(&id).row().await?;
                    let contact = match id.account() {
                        Some(account) => client.contact(account).await?,
                        None => None,
                    };
                    onionskin_core::Result::<_>::Ok(Known { row, contact })
                };
                match read.await {
                    Ok(now) => known.set(Some(now)),
                    Err(error) => tracing::warn!(?error, "a person could not be read"),
                }
                loop {
                    match events.next().await {
                        Some(Event::ConversationChanged(row)) if row.id == id => break,
                        Some(Event::ConversationRemoved(gone)) if gone == id => break,
                        Some(Event::Resync) => break,
                        Some(_) => (),
                        None => return,
                    }
                }
            }
        }
    });
    known
}

/// The page of one conversation.
#[component]
pub fn Person(id: ConversationId) -> Element {
    let (state, account) = (use_state(), use_account());
    let mut ask = use_signal(|| None::<Act>);
    let mut code = use_signal(|| false);
    let mut known = use_known(&id);
    let person = id.account().copied();
    let own = person == Some(account.client().account_id());
    let for_act = id.clone();
    let done = use_callback(move |what: Act| {
        ask.set(None);
        let id = for_act.clone();
        spawn(async move {
            if act(state, account, &id, what).await
                && matches!(what, Act::Block | Act::Unblock)
                && let Some(contact) = known.write().as_mut().and_then(|known| known.contact.as_mut())
            {
                // Somebody without a conversation has no row whose change is told.
                contact.blocked = what == Act::Block;
            }
        });
    });
    let Some(now) = known() else {
        return rsx! {
            main { class: "screen", "aria-busy": "true", Bar { title: t!("person-title") } }
        };
    };
    let name = shown_name(&now, person, own);
    let copied = id.to_string();
    rsx! {
        main { class: "screen",
            Bar { title: t!("person-title") }
            div { class: "page",
                Head { id: id.clone(), name: name.clone(), own, known: now.clone() }
                div { class: "quick",
                    Quick { row: now.row.clone(), ondo: done }
                    button { r#type: "button", id: "copy-id", onclick: move |_| copy(state, &copied),
                        Icon { name: "copy" }
                        {t!("person-copy")}
                    }
                    button { r#type: "button", id: "show-code", onclick: move |_| code.set(true),
                        Icon { name: "qr" }
                        {t!("person-code")}
                    }
                }
                if !own {
                    Naming { id: id.clone(), known: now.clone() }
                }
                Quietness { id: id.clone(), own, row: now.row.clone(), ondo: done }
                if may_hand_out(&now, own) {
                    HandOut { id: id.clone(), name: name.clone() }
                }
                Timer { id: id.clone(),
                    disappearing: now.contact.as_ref().map(|contact| contact.disappearing).unwrap_or_default() }
                Doing { known: now, own, ondo: done, onask: move |what| ask.set(Some(what)) }
                if !own {
                    p { class: "note", {t!("person-not-told")} }
                }
            }
            if let Some(account) = person.filter(|_| code()) {
                TheirCode { account, name: name.clone(), onclose: move |()| code.set(false) }
            }
            if let Some(what) = ask() {
                Question { what, name: name.clone(), own, onyes: move |()| done.call(what),
                    onno: move |()| ask.set(None)
                }
            }
        }
    }
}

/// What they are called here.
pub fn shown_name(known: &Known, person: Option<AccountId>, own: bool) -> String {
    match (own, person) {
        (true, _) => t!("note-to-self"),
        (false, Some(account)) => person_name(&account, known.contact.as_ref().map_or("", ContactRow::shown_name)),
        (false, None) => String::new(),
    }
}

/// Face, names and id.
#[component]
fn Head(id: ConversationId, name: String, own: bool, known: Known) -> Element {
    let own_name = known.own_name().to_owned();
    rsx! {
        div { class: "head",
            if let Some(account) = id.account().copied() {
                Avatar { account, name: name.clone(), class: "big", note: own }
            }
            h2 { dir: "auto", id: "person-name", "{name}" }
            if !own && !known.nickname().is_empty() && !own_name.is_empty() {
                p { class: "quiet", dir: "auto", id: "own-name", {t!("person-own-name", name = own_name)} }
            }
            if let Some(account) = id.account().copied() {
                p { class: "account-id", dir: "ltr", role: "group",
                    "aria-label": t!("account-id-label", id = account.to_string()),
                    AccountGroups { account }
                }
            }
        }
    }
}

/// Their Account ID as a code, to show it to somebody who wants to write to them too.
#[component]
fn TheirCode(account: AccountId, name: String, onclose: EventHandler<()>) -> Element {
    let id = account.to_string();
    rsx! {
        div { class: "veil",
            div { class: "dialog", role: "dialog", "aria-modal": "true", "aria-labelledby": "code-title",
                tabindex: "-1",
                h2 { id: "code-title", dir: "auto", "{name}" }
                div { class: "recovery-code", Code { text: id.clone(), label: t!("person-code-label", name = name) } }
                p { class: "account-id", dir: "ltr", role: "group", "aria-label": t!("account-id-label", id = id),
                    AccountGroups { account }
                }
                div { class: "btns",
                    button { class: "btn line", r#type: "button", id: "close-code", "data-escape": "true",
                        onclick: move |_| onclose.call(()),
                        {t!("close")}
                    }
                }
            }
        }
    }
}

/// What is done most: pin, mark. Nothing for a request, or before anything was said.
#[component]
fn Quick(row: Option<ConversationRow>, ondo: Callback<Act>) -> Element {
    let Some(row) = row.filter(|row| !row.is_request() && row.priority >= 0) else { return rsx! {} };
    let pinned = row.priority > 0;
    let unread = row.marked_unread || row.unread > 0;
    let letter = if unread { "opened" } else { "mail" };
    rsx! {
        button { r#type: "button", id: "pin", onclick: move |_| ondo.call(if pinned { Act::Unpin } else { Act::Pin }),
            Icon { name: "pin" }
            if pinned { {t!("people-unpin")} } else { {t!("people-pin")} }
        }
        button { r#type: "button", id: "mark",
            onclick: move |_| ondo.call(if unread { Act::MarkRead } else { Act::MarkUnread }),
            Icon { name: letter }
            if unread { {t!("people-mark-read")} } else { {t!("people-mark-unread")} }
        }
    }
}

/// What we call them, and what we noted.
#[component]
fn Naming(id: ConversationId, known: Known) -> Element {
    let state = use_state();
    let or = |text: &str, other: String| if text.is_empty() { other } else { text.to_owned() };
    let (nickname, note) = (Screen::Nickname(id.clone()), Screen::PrivateNote(id));
    rsx! {
        div { class: "card",
            Item { icon: "edit", text: t!("nickname-title"), hint: or(known.nickname(), t!("person-no-nickname")),
                id: "nickname-item",
                onclick: move |()| state.route.push(nickname.clone())
            }
            Item { icon: "note", text: t!("note-title"),
                hint: or(shortened(known.note()).as_str(), t!("person-no-note")), id: "note-item",
                onclick: move |()| state.route.push(note.clone())
            }
        }
    }
}

/// Whether it rings, what its notifications show, and whether it lies in the archive. Nothing for a request, or before
/// anything was said.
#[component]
fn Quietness(id: ConversationId, own: bool, row: Option<ConversationRow>, ondo: Callback<Act>) -> Element {
    let state = use_state();
    let Some(row) = row.filter(|row| !row.is_request() && row.priority >= 0) else { return rsx! {} };
    let hint = mute::in_words(row.mute, state.now(), &state.texts.read()).unwrap_or_else(|| t!("quiet-rings"));
    let icon = if row.is_muted(state.now()) { "mute" } else { "bell" };
    let archived = row.archived;
    rsx! {
        div { class: "card",
            if !own {
                Item { icon, text: t!("quiet-title"), hint, id: "quiet",
                    onclick: move |()| state.route.push(Screen::Quiet(id.clone()))
                }
            }
            Item { icon: "archive", text: if archived { t!("archive-out") } else { t!("archive-in") },
                hint: t!("archive-note"), leads: false, id: "archive-it",
                onclick: move |()| ondo.call(if archived { Act::Unarchive } else { Act::Archive })
            }
        }
    }
}

/// Whether our Account ID can be sent there: to ourselves it would say nothing, a request would be accepted by it.
fn may_hand_out(known: &Known, own: bool) -> bool {
    let blocked = known.contact.as_ref().is_some_and(|contact| contact.blocked);
    !own && !blocked && !known.row.as_ref().is_some_and(ConversationRow::is_request)
}

/// Sends our own Account ID as a card, after a question: whoever has it can hand it on.
#[component]
fn HandOut(id: ConversationId, name: String) -> Element {
    let (state, account) = (use_state(), use_account());
    let mut asked = use_signal(|| false);
    let send = move |()| {
        asked.set(false);
        let (client, id) = (account.client(), id.clone());
        spawn(async move {
            let sent = async {
                // The name as it is kept: the screen may not know it yet.
                let card = ContactCard { name: client.display_name().await?, account: client.account_id() };
                client.conversation(&id).send(Draft::text(card.body())).await
            };
            match sent.await {
                Ok(_) => {
                    state.route.back();
                    state.say(t!("hand-out-done"));
                }
                Err(error) => state.say_error(&error),
            }
        });
    };
    rsx! {
        div { class: "card",
            Item { icon: "share", text: t!("hand-out"), id: "hand-out", leads: false,
                onclick: move |()| asked.set(true)
            }
        }
        if asked() {
            Ask { id: "hand-out", title: t!("hand-out-ask", name = name), text: t!("hand-out-text"),
                yes: t!("composer-send"), onyes: send, onno: move |()| asked.set(false) }
        }
    }
}

/// When what we write disappears, and the way to choose it.
#[component]
fn Timer(id: ConversationId, disappearing: Disappearing) -> Element {
    let state = use_state();
    rsx! {
        div { class: "card",
            Item { icon: "timer", text: t!("person-timer"), id: "timer",
                hint: in_words(disappearing).unwrap_or_else(|| t!("timer-off")),
                onclick: move |()| state.route.push(Screen::Disappearing(id.clone()))
            }
        }
    }
}

/// What cannot be done with one finger: hiding, deleting, blocking.
#[component]
fn Doing(known: Known, own: bool, ondo: Callback<Act>, onask: EventHandler<Act>) -> Element {
    let row = known.row.as_ref();
    let hidden = row.is_some_and(|row| row.priority < 0);
    let request = row.is_some_and(ConversationRow::is_request);
    let blocked = known.contact.as_ref().is_some_and(|contact| contact.blocked);
    let is_contact = known.contact.as_ref().is_some_and(|contact| contact.approved);
    let said = row.is_some_and(|row| row.newest.is_some());
    if own && row.is_none() {
        return rsx! {};
    }
    rsx! {
        div { class: "card acts",
            if own && row.is_some() {
                if hidden {
                    Item { icon: "eye", text: t!("people-show"), leads: false, id: "show",
                        onclick: move |()| ondo.call(Act::Show)
                    }
                } else {
                    Item { icon: "covered", text: t!("people-hide"), hint: t!("people-hide-hint"), leads: false,
                        id: "hide", onclick: move |()| ondo.call(Act::Hide)
                    }
                }
            }
            if said {
                Item { icon: "trash", text: t!("people-clear"), hint: t!("people-clear-hint"), danger: true,
                    leads: false, id: "clear", onclick: move |()| onask.call(Act::Clear)
                }
            }
            if !own {
                if blocked {
                    Item { icon: "block", text: t!("unblock"), hint: t!("people-unblock-hint"), leads: false,
                        id: "unblock", onclick: move |()| ondo.call(Act::Unblock)
                    }
                } else {
                    Item { icon: "block", text: t!("people-block"), hint: t!("people-block-hint"), danger: true,
                        leads: false, id: "block", onclick: move |()| onask.call(Act::Block)
                    }
                }
                if row.is_some() && !hidden && !request {
                    Item { icon: "mail", text: t!("people-delete"), hint: t!("people-delete-hint"), danger: true,
                        leads: false, id: "delete", onclick: move |()| onask.call(Act::Delete)
                    }
                }
                if is_contact {
                    Item { icon: "person", text: t!("people-contact"), hint: t!("people-contact-hint"), danger: true,
                        leads: false, id: "delete-contact", onclick: move |()| onask.call(Act::DeleteContact)
                    }
                }
            }
        }
    }
}

/// The beginning of a note: its page shows all of it.
fn shortened(note: &str) -> String {
    let mut shown: String = note.trim().chars().take(SHOWN).collect();
    if note.trim().chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Characters of a note that the person's page shows.
const SHOWN: usize = 140;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_note_is_cut_between_letters() {
        assert_eq!(shortened("  short "), "short");
        let long = shortened(&"ä".repeat(200));
        assert_eq!(long.chars().count(), SHOWN + 1);
        assert!(long.ends_with('…'));
    }
}
