//! What can be done with a conversation and the person behind it, wherever it is offered: the list's menu, the person's
//! page.

use dioxus::prelude::*;
use onionskin_core::{ConversationId, Mute, Result};

use crate::basket::Paper;
use crate::components::Ask;
use crate::route::{Route, Screen};
use crate::state::{Account, State, UNDO_STAYS};
use crate::t;

/// Something that is done with a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Pin,
    Unpin,
    Archive,
    Unarchive,
    Ring,
    MarkUnread,
    MarkRead,
    Hide,
    Show,
    Block,
    Unblock,
    Clear,
    Delete,
    DeleteContact,
}

impl Act {
    /// Whether the conversation is left with it: what is open would be read again, or is gone.
    fn leaves(self) -> bool {
        matches!(self, Self::MarkUnread | Self::Archive | Self::Hide | Self::Clear | Self::Delete | Self::DeleteContact)
    }

    /// Whether letters go with it.
    fn takes_away(self) -> bool {
        matches!(self, Self::Hide | Self::Clear | Self::Delete | Self::DeleteContact | Self::Block)
    }

    /// What is said once it is done; where the screen shows it, nothing is said.
    fn said(self) -> Option<String> {
        match self {
            Self::MarkUnread => Some(t!("people-marked-unread")),
            Self::Archive => Some(t!("archive-done")),
            Self::Unarchive => Some(t!("archive-undone")),
            Self::Ring => Some(t!("mute-off-said")),
            Self::Hide => Some(t!("people-hidden")),
            Self::Clear => Some(t!("people-cleared")),
            Self::Delete => Some(t!("people-deleted")),
            Self::DeleteContact => Some(t!("people-contact-deleted")),
            Self::Block => Some(t!("people-blocked")),
            Self::Unblock => Some(t!("people-unblocked")),
            Self::Pin | Self::Unpin | Self::MarkRead | Self::Show => None,
        }
    }
}

/// Does it, and says what became of it. `true` when it was done. What was open of the conversation is left then.
pub async fn act(state: State, account: Account, id: &ConversationId, what: Act) -> bool {
    if let Err(error) = done(state, account, id, what).await {
        state.say_error(&error);
        return false;
    }
    if let Some(text) = what.said() {
        state.say(text);
    }
    // Last: the screen that waits for this may go with it.
    if what.leaves() && state.route.concerns(id) {
        state.route.reset(Screen::Home);
    }
    true
}

/// Declines a request once [`UNDO_STAYS`] is over, or at once when the program ends. Until then it can be taken back,
/// and what it holds is still here.
pub fn decline(state: State, account: Account, id: ConversationId) {
    let (mut declining, mut requests) = (account.declining, account.requests);
    declining.write().push(id.clone());
    let (client, paper) = (account.client(), Paper::Request(id.clone()));
    let basket = state.shell().basket().clone();
    basket.throw(client.clone(), paper.clone(), state.shell().clock().clone(), UNDO_STAYS);
    let (held, thrown, whose) = (basket.clone(), paper.clone(), client.clone());
    state.say_with_undo(t!("people-declined"), move || _ = held.take_out(&whose, &thrown));
    // The screen goes, and it is done all the same.
    dioxus::core::spawn_forever(async move {
        basket.is_rid_of(&client, &paper).await;
        let waits = client.requests().await.is_ok_and(|waiting| waiting.iter().any(|row| row.id == id));
        // Another account may be on the screen by now, and these signals gone with the one before.
        if !waits && let Ok(mut requests) = requests.try_write() {
            requests.retain(|row| row.id != id);
        }
        if let Ok(mut declining) = declining.try_write() {
            declining.retain(|other| *other != id);
        }
    });
}

async fn done(state: State, account: Account, id: &ConversationId, what: Act) -> Result<()> {
    let conversation = account.client().conversation(id);
    // What is written is kept before it goes: it may not come back after it.
    if what.takes_away() {
        state.shell().settle().await;
    }
    match what {
        Act::Pin => conversation.set_pinned(true).await,
        Act::Unpin => conversation.set_pinned(false).await,
        Act::Archive => conversation.set_archived(true).await,
        Act::Unarchive => conversation.set_archived(false).await,
        Act::Ring => conversation.set_mute(Mute::Off).await,
        Act::MarkUnread => conversation.mark_unread().await,
        Act::MarkRead => conversation.mark_read().await.map(|_| ()),
        Act::Hide => conversation.hide().await,
        Act::Show => conversation.show().await,
        Act::Block => conversation.block().await,
        Act::Unblock => conversation.unblock().await,
        Act::Clear => conversation.clear().await,
        Act::Delete => conversation.delete().await,
        Act::DeleteContact => conversation.delete_contact().await,
    }
}

/// The same for every request there is.
pub fn decline_all(state: State, account: Account) {
    spawn(async move {
        match account.client().decline_all_requests().await {
            Ok(_) => state.say(t!("requests-cleared")),
            Err(error) => state.say_error(&error),
        }
    });
}

/// Opens a conversation. Our own notes come back to the list when they were hidden.
pub fn open(state: State, account: Account, id: ConversationId) {
    open_by(state, account, id, Route::open);
}

/// The same, over the screen in front: *back* returns to it.
pub fn open_over(state: State, account: Account, id: ConversationId) {
    open_by(state, account, id, Route::push);
}

fn open_by(state: State, account: Account, id: ConversationId, how: fn(Route, Screen)) {
    if id.account() != Some(&account.client().account_id()) {
        how(state.route, Screen::Conversation(id));
        return;
    }
    spawn(async move {
        if let Err(error) = show_notes(account, &id).await {
            state.say_error(&error);
        }
        how(state.route, Screen::Conversation(id));
    });
}

async fn show_notes(account: Account, id: &ConversationId) -> Result<()> {
    let notes = account.client().conversation(id);
    match notes.row().await? {
        Some(row) if row.priority < 0 => notes.show().await,
        _ => Ok(()),
    }
}

/// The question before what cannot be taken back: what goes here, on other devices, and what the other person notices.
#[component]
pub fn Question(what: Act, name: String, own: bool, onyes: EventHandler<()>, onno: EventHandler<()>) -> Element {
    let here = |text: String| (t!("people-here"), text);
    let devices = |text: String| (t!("people-devices"), text);
    let (title, mut places, yes) = match what {
        Act::Block => (
            t!("people-block-ask", name = name.as_str()),
            vec![here(t!("people-block-here")), devices(t!("people-same")), (name, t!("people-block-them"))],
            t!("block"),
        ),
        Act::Delete => (
            t!("people-delete-ask", name = name.as_str()),
            vec![here(t!("people-delete-here")), devices(t!("people-same")), (name, t!("people-delete-them"))],
            t!("people-delete-yes"),
        ),
        Act::DeleteContact => (
            t!("people-contact-ask", name = name.as_str()),
            vec![here(t!("people-contact-here")), devices(t!("people-same")), (name, t!("people-contact-them"))],
            t!("people-contact-yes"),
        ),
        Act::Clear
        | Act::Pin
        | Act::Unpin
        | Act::Archive
        | Act::Unarchive
        | Act::Ring
        | Act::MarkUnread
        | Act::MarkRead
        | Act::Hide
        | Act::Show
        | Act::Unblock => (
            t!("people-clear-ask"),
            vec![here(t!("people-clear-here")), devices(t!("people-clear-devices")), (name, t!("people-clear-them"))],
            t!("people-clear-yes"),
        ),
    };
    if own {
        places.truncate(2);
    }
    let text = if what == Act::Block { t!("people-can-undo") } else { t!("people-cannot-undo") };
    rsx! {
        Ask { id: "ask", danger: true, title, places, text, yes, onyes, onno }
    }
}
