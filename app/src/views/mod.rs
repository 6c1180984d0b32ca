//! The screens, a file each, and what frames them.

mod conversation;
mod first_run;
mod home;
mod mute;
mod overlay;
mod passphrase;
mod people;
mod settings;
mod stages;
mod trouble;

use conversation::{Names, Naming};
use dioxus::prelude::*;
use onionskin_core::Client;
use serde::Deserialize;

use crate::notices::{Called, Looked};
use crate::preferences::Preferences;
use crate::route::{Frame, Screen};
use crate::shell::{Shell, Stage};
use crate::state::{Look, Over, State, Title, use_account_provider, use_state, use_state_provider};

/// The whole interface over `shell`. Every launcher mounts this.
#[component]
pub fn App(shell: Shell) -> Element {
    let state = use_state_provider(&shell);
    use_page_messages(state);
    use_called(state);
    let stage = state.stage.read().clone();
    let content = match stage {
        Stage::Opening => rsx! { stages::Opening {} },
        Stage::Locked => rsx! { stages::Unlock {} },
        Stage::Failed(error) => rsx! { stages::Trouble { kind: error.kind() } },
        Stage::Unprotected => rsx! { FirstRun {} },
        Stage::Open(open) => match open.client {
            Some(client) => rsx! { AccountFrame { key: "{client.opening()}", client: Handle(client) } },
            None if open.troubled => rsx! { ClosedAccounts {} },
            None => rsx! { FirstRun {} },
        },
    };
    rsx! {
        {content}
        overlay::Toasts {}
        overlay::Overlay {}
    }
}

/// A client as a property: two handles of the same opening are equal.
#[derive(Clone)]
pub struct Handle(pub Client);

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        self.0.opening() == other.0.opening()
    }
}

/// Before there is an account: the same stack of screens, over the landing page.
#[component]
fn FirstRun() -> Element {
    let state = use_state();
    let unprotected = *state.stage.read() == Stage::Unprotected;
    let screen = state.route.top();
    match screen.frame() {
        Frame::WayIn if unprotected => rsx! { first_run::Protection {} },
        Frame::WayIn => view(screen),
        Frame::Door | Frame::Accounts | Frame::Inside => view(Screen::Landing),
    }
}

/// There are accounts and none of them opens: what can be done about it, and what a first run offers.
#[component]
fn ClosedAccounts() -> Element {
    let state = use_state();
    let screen = state.route.top();
    match screen.frame() {
        Frame::WayIn | Frame::Accounts => view(screen),
        Frame::Door | Frame::Inside => rsx! { trouble::Closed {} },
    }
}

/// The account on the screen: the list, and the screen in front beside it or over it.
#[component]
fn AccountFrame(client: Handle) -> Element {
    let state = use_state();
    let account = use_account_provider(&client.0);
    home::RowMenu::provide();
    use_effect(move || {
        let look = *state.look.read();
        let conversation = if let Screen::Conversation(id) = state.route.top() { Some(id) } else { None };
        account.client().set_screen(look.visible, conversation.clone());
        let (account, focused) = (account.client().account_id(), look.visible && look.focused);
        state.shell().watch(Some(Looked { account, conversation, focused }));
    });
    use_drop(move || state.shell().watch(None));
    use_effect(move || {
        let unread = account.unread();
        let text = if unread == 0 { String::new() } else { format!("({unread})") };
        match try_consume_context::<Title>() {
            Some(title) => (title.0)(&text),
            None => {
                document::eval(&format!("document.title = '{text} Onionskin'.trim()"));
            }
        }
    });
    use_effect(move || {
        document::eval(&format!("onionskin.entries({})", state.route.depth()));
    });
    let top = state.route.top();
    let alone = top == Screen::Home;
    rsx! {
        div { class: "panes", "data-front": if alone { "list" } else { "screen" }, "data-depth": state.route.depth(),
            home::Home {}
            {view(top)}
            home::Menu {}
        }
    }
}

/// The view of a screen, keyed so that another screen is another component.
fn view(screen: Screen) -> Element {
    match screen {
        Screen::Landing => rsx! { first_run::Landing {} },
        Screen::CreateAccount => rsx! { first_run::CreateAccount {} },
        Screen::Restore => rsx! { first_run::Restore {} },
        Screen::Rescue => rsx! { trouble::Rescue {} },
        Screen::Home => rsx! { home::Nothing {} },
        Screen::Requests => rsx! { home::Requests {} },
        Screen::Floods => rsx! { home::Floods {} },
        Screen::Archive => rsx! { home::Archive {} },
        Screen::Search => rsx! { home::Search {} },
        Screen::NewConversation => rsx! { home::NewConversation {} },
        Screen::AccountId => rsx! { home::MyAccountId {} },
        Screen::Starred => rsx! { conversation::Starred {} },
        Screen::Restoring => rsx! { home::Restoring {} },
        Screen::Conversation(id) => rsx! { conversation::Conversation { key: "{id}", id } },
        Screen::ConversationSettings(id) => rsx! { conversation::Person { key: "{id}", id } },
        Screen::Nickname(id) => rsx! { Names { key: "nickname-{id}", id, what: Naming::Nickname } },
        Screen::PrivateNote(id) => rsx! { Names { key: "note-{id}", id, what: Naming::Note } },
        Screen::Disappearing(id) => rsx! { conversation::Disappears { key: "timer-{id}", id } },
        Screen::Quiet(id) => rsx! { conversation::Quiet { key: "quiet-{id}", id } },
        Screen::MessageDetails(message) => rsx! { conversation::Details { key: "{message.as_i64()}", message } },
        Screen::Settings => rsx! { settings::Settings {} },
        Screen::ProfileName => rsx! { settings::ProfileName {} },
        Screen::RecoveryPassword => rsx! { settings::RecoveryPassword {} },
        Screen::Appearance => rsx! { settings::Appearance {} },
        Screen::Notifications => rsx! { settings::Notifications {} },
        Screen::Privacy => rsx! { settings::Privacy {} },
        Screen::Blocked => rsx! { settings::Blocked {} },
        Screen::Path => rsx! { settings::Path {} },
        Screen::Network => rsx! { settings::Network {} },
        Screen::Accounts => rsx! { settings::Accounts {} },
        Screen::Devices => rsx! { settings::Devices {} },
        Screen::Lock => rsx! { settings::Lock {} },
        Screen::ClearData => rsx! { settings::ClearData {} },
        Screen::About => rsx! { settings::About {} },
    }
}

/// Goes where somebody wants to be who opened a notification.
fn use_called(state: State) {
    use_future(move || async move {
        let mut called = state.shell().called();
        while called.changed().await.is_ok() {
            let wanted = called.borrow_and_update().clone();
            let Some(Called { account, conversation }) = wanted else { continue };
            let screen = conversation.map_or(Screen::Home, Screen::Conversation);
            let shell = state.shell();
            let here = shell.client().is_some_and(|client| client.account_id() == account);
            if here {
                state.route.open(screen);
            } else if let Err(error) = shell.switch_to(&account, Some(screen.path())).await {
                state.say_error(&error);
            }
        }
    });
}

/// What the page tells.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum PageMessage {
    /// A key that means something everywhere.
    Key { name: String },
    /// Whether somebody looks.
    Seen { visible: bool, focused: bool },
    /// A finger was held until something opened, or drew something far enough.
    Held,
    /// The page goes.
    Leaving,
}

/// Hears what the page tells, for as long as the interface lives.
fn use_page_messages(mut state: State) {
    use_future(move || async move {
        let mut page =
            document::eval("onionskin.listen((message) => dioxus.send(message)); await new Promise(() => {});");
        while let Ok(message) = page.recv::<PageMessage>().await {
            match message {
                PageMessage::Seen { visible, focused } => {
                    state.look.set(Look { visible, focused });
                    if !visible {
                        let desks = state.shell().desks().clone();
                        tokio::spawn(async move { desks.keep().await });
                    }
                }
                PageMessage::Held => {
                    if let Some(haptics) = &state.shell().platform().haptics {
                        haptics.held();
                    }
                }
                PageMessage::Leaving => settle_soon(state),
                PageMessage::Key { name } => key(state, &name).await,
            }
        }
    });
}

/// Nothing may follow: what is written is kept now.
fn settle_soon(state: State) {
    let shell = state.shell();
    tokio::spawn(async move { shell.settle().await });
}

/// Does what a key asks for.
async fn key(mut state: State, name: &str) {
    let inside = matches!(&*state.stage.peek(), Stage::Open(open) if open.client.is_some());
    if name == "back" {
        if state.over.peek().is_some() {
            state.over.set(None);
        } else if !state.picked.end() {
            state.route.back();
        }
        return;
    }
    match name {
        "help" => state.over.set(Some(Over::Keys)),
        "new" if inside => state.route.open(Screen::NewConversation),
        "search" if inside => state.route.open(Screen::Search),
        "settings" if inside => state.route.open(Screen::Settings),
        "next" if inside => go(state, Step::By(1)).await,
        "previous" if inside => go(state, Step::By(-1)).await,
        name if inside && name.starts_with("open-") => {
            if let Some(place) = name.strip_prefix("open-").and_then(|place| place.parse::<usize>().ok()) {
                go(state, Step::To(place.saturating_sub(1))).await;
            }
        }
        "larger" | "smaller" | "usual" => {
            let percent = state.preferences.peek().text_percent;
            let wanted = match name {
                "larger" => percent.saturating_add(10),
                "smaller" => percent.saturating_sub(10),
                _ => 100,
            };
            let (least, most) = Preferences::TEXT_PERCENT.into_inner();
            let change = |preferences: &mut Preferences| preferences.text_percent = wanted.clamp(least, most);
            if let Err(error) = state.shell().change_preferences(change) {
                state.say_error(&error);
            }
        }
        "lock" => {
            spawn(async move {
                let _ = state.shell().lock().await;
            });
        }
        _ => (),
    }
}

/// Which conversation a key asks for.
#[derive(Clone, Copy)]
enum Step {
    /// So many places down the list from the open one; without an open one, the first or the last.
    By(isize),
    /// The one at this place, from 0.
    To(usize),
}

/// Opens another conversation of the list, in the order of the screen.
async fn go(state: State, step: Step) {
    let Some(client) = state.shell().client() else { return };
    let Ok(rows) = client.conversations().await else { return };
    let top = state.route.top();
    let open = top.conversation().and_then(|id| rows.iter().position(|row| row.id == *id));
    let place = match (step, open) {
        (Step::To(place), _) => Some(place),
        (Step::By(by), Some(open)) => open.checked_add_signed(by),
        (Step::By(by), None) if by > 0 => Some(0),
        (Step::By(_), None) => rows.len().checked_sub(1),
    };
    if let Some(row) = place.and_then(|place| rows.get(place)) {
        state.route.open(Screen::Conversation(row.id.clone()));
    }
}
