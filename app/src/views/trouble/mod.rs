//! Accounts that do not open: each with its name, its reason and the ways out; and the rescue of one.

mod rescue;

use dioxus::prelude::*;
use onionskin_core::{AccountId, ErrorKind, TroubledFolder};

pub use rescue::Rescue;

use crate::components::{Ask, Bar, Icon, Item, copy};
use crate::route::Screen;
use crate::state::{State, error_name, use_state};
use crate::t;
use crate::text::short_id;

/// None of the accounts opens: they are the whole screen.
#[component]
pub fn Closed() -> Element {
    let state = use_state();
    let over = use_signal(|| None::<Asked>);
    rsx! {
        main { class: "screen",
            Bar { title: t!("accounts-title") }
            div { class: "page",
                Troubled { over }
                div { class: "card",
                    Item { icon: "plus", text: t!("accounts-create-first"), id: "create-account", onclick: move |()| state.route.push(Screen::CreateAccount) }
                    Item { icon: "key", text: t!("accounts-restore"), id: "restore-account", onclick: move |()| state.route.push(Screen::Restore) }
                }
            }
            Asking { over }
        }
    }
}

/// What somebody is asked before files go.
#[derive(Clone, PartialEq)]
pub struct Asked {
    folder: TroubledFolder,
    /// What is looked up anew afterwards.
    changed: Signal<u32>,
}

/// The question, over the screen that [`Troubled`] stands in.
#[component]
pub fn Asking(over: Signal<Option<Asked>>) -> Element {
    let state = use_state();
    let mut over = over;
    let Some(Asked { folder, mut changed }) = over() else { return rsx! {} };
    let remove = move |name| {
        spawn(async move {
            let Some(accounts) = state.shell().accounts() else { return };
            if let Err(error) = accounts.remove_troubled(&name).await {
                state.say_error(&error);
            }
            changed += 1;
            over.set(None);
        });
    };
    let text = if folder.set_aside { t!("closed-remove-old-text") } else { t!("closed-remove-text") };
    rsx! {
        Ask { id: "remove-closed", title: t!("closed-remove-title"), text, yes: t!("closed-remove-yes"), no: t!("accounts-keep"), danger: true,
            onyes: move |()| remove(folder.name),
            onno: move |()| over.set(None),
        }
    }
}

/// The accounts that do not open, and the files that were set aside. Nothing when there are none.
#[component]
pub fn Troubled(over: Signal<Option<Asked>>) -> Element {
    let state = use_state();
    let changed = use_signal(|| 0_u32);
    let rescue = use_rescue(state);
    let found = use_resource(move || async move {
        changed.read();
        rescue.read();
        match state.shell().accounts() {
            Some(accounts) => accounts.troubled().await.unwrap_or_default(),
            None => Vec::new(),
        }
    });
    let found = found.read().clone().unwrap_or_default();
    let (aside, closed): (Vec<_>, Vec<_>) = found.into_iter().partition(|folder| folder.set_aside);
    rsx! {
        for (number, folder) in closed.into_iter().enumerate() {
            OneClosed { key: "{folder.name}", number, folder, changed, over }
        }
        for (number, folder) in aside.into_iter().enumerate() {
            OneAside { key: "{folder.name}", number, folder, changed, over }
        }
    }
}

/// The rescue that the shell runs.
fn use_rescue(state: State) -> Signal<Option<crate::shell::Rescue>> {
    let mut rescue = use_signal(|| state.shell().rescue().borrow().clone());
    use_future(move || async move {
        let mut running = state.shell().rescue();
        while running.changed().await.is_ok() {
            let now = running.borrow_and_update().clone();
            rescue.set(now);
        }
    });
    rescue
}

/// What an account is called that does not open.
fn called(folder: &TroubledFolder) -> String {
    if folder.display_name.is_empty() { t!("closed-unknown") } else { folder.display_name.clone() }
}

/// How much room files take, as people say it.
fn file_size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => t!("size-kilobytes", count = (bytes.div_ceil(1_000)).to_string()),
        _ => t!("size-megabytes", count = (bytes / 1_000_000).to_string()),
    }
}

/// Why it does not open.
fn reason(folder: &TroubledFolder) -> String {
    match (folder.kind, folder.account) {
        (ErrorKind::NotAllowed, _) if folder.twice => t!("closed-twice"),
        // Its key opens, so it is not the key store that is locked.
        (ErrorKind::NotAllowed, Some(_)) => t!("closed-silent"),
        (ErrorKind::NotAllowed, None) => t!("trouble-taken"),
        // Below it stands that nothing was deleted.
        (ErrorKind::DatabaseDamaged, _) => t!("closed-damaged"),
        (kind, _) => t!(&format!("error-{}", error_name(kind))),
    }
}

/// Its name, its Account ID and a line about it.
#[component]
fn Head(folder: TroubledFolder, children: Element) -> Element {
    rsx! {
        div { class: "item closed",
            span { class: "av bad", Icon { name: "lock" } }
            span { class: "text",
                b { {called(&folder)} }
                if let Some(account) = folder.account {
                    small { class: "mono", {short_id(&account)} }
                } else {
                    small { class: "mono", "{folder.name}" }
                }
                {children}
            }
        }
    }
}

/// One that does not open.
#[component]
fn OneClosed(number: usize, folder: TroubledFolder, changed: Signal<u32>, over: Signal<Option<Asked>>) -> Element {
    let state = use_state();
    let (mut changed, mut over) = (changed, over);
    let mut trying = use_signal(|| false);
    let mut again = move || {
        if trying() {
            return;
        }
        trying.set(true);
        spawn(async move {
            match state.shell().try_again().await {
                Ok(()) => state.say(t!("closed-tried")),
                Err(error) => state.say_error(&error),
            }
            trying.set(false);
            changed += 1;
        });
    };
    let (name, asked, rescued) = (folder.name, folder.clone(), folder.clone());
    let aside = move || {
        spawn(async move {
            let Some(accounts) = state.shell().accounts() else { return };
            if let Err(error) = accounts.set_aside(&name).await {
                state.say_error(&error);
            }
            changed += 1;
        });
    };
    // Another moment may open it: nothing of it is replaced or removed.
    let gone = match folder.kind {
        ErrorKind::InUse | ErrorKind::ReadOnly | ErrorKind::WrongKey => true,
        ErrorKind::NotAllowed => !folder.twice,
        _ => false,
    };
    rsx! {
        section { class: "trouble", "aria-label": t!("closed-section", name = called(&folder)),
            div { class: "card", style: "--inset:80px",
                Head { folder: folder.clone(),
                    span { class: "why", role: "alert", {t!("closed-why", reason = reason(&folder))} }
                    small { {t!("closed-safe")} }
                }
            }
            h2 { class: "section inset", {t!("closed-ways")} }
            div { class: "card",
                if !gone {
                    Item { icon: "key", text: t!("closed-words"), hint: t!("closed-words-hint"), id: "closed-words-{number}", onclick: move |()| state.route.push(Screen::Restore) }
                }
                Item { icon: "retry", text: t!("closed-again"), hint: t!("closed-again-hint"), leads: false, id: "closed-again-{number}", onclick: move |()| again() }
                if folder.rescuable {
                    Item { icon: "mail", text: t!("closed-rescue"), hint: t!("closed-rescue-hint"), id: "closed-rescue-{number}", onclick: move |()| {
                        state.shell().begin_rescue(&rescued);
                        state.route.push(Screen::Rescue);
                    } }
                }
                Files { folder: folder.clone(), id: "closed-files-{number}" }
                if !gone {
                    Item { icon: "archive", text: t!("closed-aside"), hint: t!("closed-aside-hint"), leads: false, id: "closed-aside-{number}", onclick: move |()| aside() }
                    Item { icon: "trash", text: t!("closed-remove"), danger: true, leads: false, id: "closed-remove-{number}",
                        onclick: move |()| over.set(Some(Asked { folder: asked.clone(), changed })) }
                }
            }
        }
    }
}

/// Looks for damage in the account on the screen, and says what can be done about it.
#[component]
pub fn Examine(account: AccountId) -> Element {
    let state = use_state();
    let mut damaged = use_signal(|| None::<TroubledFolder>);
    let mut busy = use_signal(|| false);
    let mut examine = move || {
        if busy() {
            return;
        }
        busy.set(true);
        spawn(async move {
            if let Some(accounts) = state.shell().accounts() {
                match accounts.examine(&account).await {
                    Ok(None) => state.say(t!("accounts-examine-whole")),
                    Ok(found) => damaged.set(found),
                    Err(error) => state.say_error(&error),
                }
            }
            busy.set(false);
        });
    };
    rsx! {
        div { class: "card",
            Item { icon: "search", text: t!("accounts-examine"), hint: t!("accounts-examine-hint"), leads: false, id: "examine", onclick: move |()| examine() }
        }
        if let Some(folder) = damaged() {
            Damaged { folder }
        }
    }
}

/// The account on the screen, which opens and is damaged inside.
#[component]
fn Damaged(folder: TroubledFolder) -> Element {
    let state = use_state();
    let rescued = folder.clone();
    let rescue = move || {
        let folder = rescued.clone();
        // This screen goes with the account; what was begun goes on.
        spawn(async move {
            state.route.push(Screen::Rescue);
            if let Err(error) = state.shell().close_and_rescue(&folder).await {
                state.say_error(&error);
            }
        });
    };
    rsx! {
        section { class: "trouble", "aria-label": t!("closed-inside", name = called(&folder)),
            div { class: "card",
                Head { folder: folder.clone(),
                    span { class: "why", role: "alert", {t!("closed-inside-why")} }
                    small { {t!("closed-safe")} }
                }
                Item { icon: "mail", text: t!("closed-rescue"), hint: t!("closed-rescue-hint"), id: "rescue-inside", onclick: move |()| rescue() }
                Files { folder: folder.clone() }
            }
        }
    }
}

/// Old files that were set aside.
#[component]
fn OneAside(number: usize, folder: TroubledFolder, changed: Signal<u32>, over: Signal<Option<Asked>>) -> Element {
    let state = use_state();
    let (mut changed, mut over) = (changed, over);
    let (name, asked) = (folder.name, folder.clone());
    let back = move || {
        spawn(async move {
            if let Err(error) = state.shell().put_back(&name).await {
                state.say_error(&error);
            }
            changed += 1;
        });
    };
    rsx! {
        section { class: "trouble", "aria-label": t!("closed-old-section", name = called(&folder)),
            div { class: "card",
                Head { folder: folder.clone(),
                    small { {t!("closed-old", size = file_size(folder.bytes))} }
                }
                Files { folder: folder.clone(), id: "aside-files-{number}" }
                Item { icon: "retry", text: t!("closed-back"), hint: t!("closed-back-hint"), leads: false, id: "closed-back-{number}", onclick: move |()| back() }
                Item { icon: "trash", text: t!("closed-remove-old"), danger: true, leads: false, id: "closed-remove-old-{number}",
                    onclick: move |()| over.set(Some(Asked { folder: asked.clone(), changed })) }
            }
        }
    }
}

/// Where the files lie, to keep them elsewhere.
#[component]
fn Files(folder: TroubledFolder, #[props(default)] id: Option<String>) -> Element {
    let state = use_state();
    let path = folder.path.to_string_lossy().into_owned();
    rsx! {
        Item { icon: "folder", text: t!("closed-files"), hint: t!("closed-files-hint", path = path.clone()), leads: false, id,
            onclick: move |()| copy(state, &path) }
    }
}
