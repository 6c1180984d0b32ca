//! Accounts that do not open: each with its name, its reason and the ways out; and the rescue of one.

mod rescue;

use dioxus::prelude::*;
use onionskin_core::vault::FolderName;
use onionskin_core::{AccountId, ErrorKind, Result, TroubledFolder};

pub use rescue::Rescue;

use crate::archive;
use crate::components::{Ask, Bar, Icon, Item, copy};
use crate::platform::{Content, Kept};
use crate::route::Screen;
use crate::shell::Outcome;
use crate::state::{State, error_name, use_state};
use crate::t;
use crate::text::short_id;

/// None of the accounts opens: they are the whole screen.
#[component]
pub fn Closed() -> Element {
    let state = use_state();
    let over = use_signal(|| None::<TroubledFolder>);
    use_opening_at_last(state);
    rsx! {
        main { class: "screen",
            Bar { title: t!("accounts-title") }
            div { class: "page",
                Troubled { over }
                div { class: "card",
                    Item { icon: "plus", text: t!("accounts-create-first"), id: "create-account",
                        onclick: move |()| state.route.push(Screen::CreateAccount)
                    }
                    Item { icon: "key", text: t!("accounts-restore"), id: "restore-account",
                        onclick: move |()| state.route.push(Screen::Restore)
                    }
                }
            }
            Asking { over }
        }
    }
}

/// What was in the way may pass by itself, between two tries too: then nothing here says so any more, and the account
/// opens.
fn use_opening_at_last(state: State) {
    let found = use_found();
    let mut had = use_signal(|| false);
    use_effect(move || {
        let Some(closed) = found.read().as_ref().map(|all| all.iter().any(|folder| !folder.set_aside)) else { return };
        if closed {
            had.set(true);
        } else if *had.peek() {
            had.set(false);
            spawn(async move {
                if let Err(error) = state.shell().try_again().await {
                    state.say_error(&error);
                }
            });
        }
    });
}

/// The question before files go, over the screen that [`Troubled`] stands in.
#[component]
pub fn Asking(over: Signal<Option<TroubledFolder>>) -> Element {
    let state = use_state();
    let mut over = over;
    let Some(folder) = over() else { return rsx! {} };
    let remove = move |name| {
        spawn(async move {
            if let Err(error) = state.shell().remove_troubled(&name).await {
                state.say_error(&error);
            }
            over.set(None);
        });
    };
    let text = if folder.set_aside { t!("closed-remove-old-text") } else { t!("closed-remove-text") };
    rsx! {
        Ask { id: "remove-closed", title: t!("closed-remove-title"), text, yes: t!("closed-remove-yes"),
            no: t!("accounts-keep"), danger: true,
            onyes: move |()| remove(folder.name),
            onno: move |()| over.set(None),
        }
    }
}

/// Counts what happened to accounts that do not open: what shows them reads again when it moves.
pub fn use_troubles() -> Signal<u64> {
    let state = use_state();
    let mut troubles = use_signal(|| *state.shell().troubles().borrow());
    use_future(move || async move {
        let mut counted = state.shell().troubles();
        loop {
            // Also what happened before anybody listened.
            let now = *counted.borrow_and_update();
            if *troubles.peek() != now {
                troubles.set(now);
            }
            if counted.changed().await.is_err() {
                return;
            }
        }
    });
    troubles
}

/// The folders that do not open, as they are now.
fn use_found() -> Resource<Vec<TroubledFolder>> {
    let (state, troubles) = (use_state(), use_troubles());
    use_resource(move || async move {
        troubles.read();
        let Some(accounts) = state.shell().accounts() else { return Vec::new() };
        accounts.troubled().await.unwrap_or_else(|error| {
            state.say_error(&error);
            Vec::new()
        })
    })
}

/// A line over the list of conversations while another account of this device does not open: nobody would look for it
/// elsewhere.
#[component]
pub fn ClosedLine() -> Element {
    let state = use_state();
    let found = use_found();
    let found = found.read();
    let closed: Vec<_> = found.iter().flatten().filter(|folder| !folder.set_aside).collect();
    let text = match closed.as_slice() {
        [] => return rsx! {},
        [folder] if folder.display_name.is_empty() => t!("closed-one"),
        [folder] => t!("closed-section", name = called(folder)),
        _ => t!("closed-several", count = closed.len()),
    };
    rsx! {
        button { class: "banner warn", r#type: "button", id: "closed-line",
            onclick: move |_| state.route.open(Screen::Accounts),
            Icon { name: "lock" }
            span { class: "grow", role: "status",
                b { "{text}" }
                span { class: "line", {t!("closed-line")} }
            }
            Icon { name: "next", flip: true, class: "next" }
        }
    }
}

/// The accounts that do not open, and the files that were set aside. Nothing when there are none.
#[component]
pub fn Troubled(over: Signal<Option<TroubledFolder>>) -> Element {
    let rescue = use_rescue(use_state());
    let try_it = use_tries();
    let found = use_found();
    let found = found.read().clone().unwrap_or_default();
    let (aside, closed): (Vec<_>, Vec<_>) = found.into_iter().partition(|folder| folder.set_aside);
    rsx! {
        if let Some(rescue) = rescue() {
            UnderWay { rescue }
        }
        for (number, folder) in closed.into_iter().enumerate() {
            OneClosed { key: "{folder.name}", number, folder, over, try_it }
        }
        for (number, folder) in aside.into_iter().enumerate() {
            OneAside { key: "{folder.name}", number, folder, over, try_it }
        }
    }
}

/// A way to open an account after all.
#[derive(Clone, Copy, PartialEq)]
enum Try {
    /// Where it lies.
    Again(FolderName),
    /// From where it was set aside.
    PutBack(FolderName),
}

/// Tries, and says what became of it; here, because the line of an account goes as soon as the account opens.
fn use_tries() -> Callback<Try> {
    let state = use_state();
    let mut trying = use_signal(|| false);
    use_callback(move |what: Try| {
        if trying() {
            return;
        }
        trying.set(true);
        spawn(async move {
            let shell = state.shell();
            let (name, tried) = match what {
                Try::Again(name) => (name, shell.try_again().await),
                Try::PutBack(name) => (name, shell.put_back(&name).await),
            };
            tell(state, &name, tried).await;
            trying.set(false);
        });
    })
}

/// The way back to a rescue that runs or has ended.
#[component]
fn UnderWay(rescue: crate::shell::Rescue) -> Element {
    let state = use_state();
    let text = match rescue.outcome {
        None => t!("rescue-under-way", name = called(&rescue.folder)),
        Some(Outcome::Rescued(_)) => t!("rescue-has-ended", name = called(&rescue.folder)),
        Some(Outcome::Stopped | Outcome::Failed(_)) => t!("rescue-ended"),
    };
    rsx! {
        div { class: "card", role: "status",
            Item { icon: "mail", text, id: "rescue-see", onclick: move |()| state.route.push(Screen::Rescue) }
        }
    }
}

/// The rescue that the shell runs.
fn use_rescue(state: State) -> Signal<Option<crate::shell::Rescue>> {
    let mut rescue = use_signal(|| state.shell().rescue().borrow().clone());
    use_future(move || async move {
        let mut running = state.shell().rescue();
        loop {
            // It may have ended before anybody listened: an account that came back draws everything anew.
            let now = running.borrow_and_update().clone();
            rescue.set(now);
            if running.changed().await.is_err() {
                return;
            }
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
fn OneClosed(
    number: usize,
    folder: TroubledFolder,
    over: Signal<Option<TroubledFolder>>,
    try_it: Callback<Try>,
) -> Element {
    let state = use_state();
    let mut over = over;
    let name = folder.name;
    let (asked, rescued) = (folder.clone(), folder.clone());
    let aside = move || {
        spawn(async move {
            if let Err(error) = state.shell().set_aside(&name).await {
                state.say_error(&error);
            }
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
                    Item { icon: "key", text: t!("closed-words"), hint: t!("closed-words-hint"),
                        id: "closed-words-{number}", onclick: move |()| state.route.push(Screen::Restore)
                    }
                }
                Item { icon: "retry", text: t!("closed-again"), hint: t!("closed-again-hint"), leads: false,
                    id: "closed-again-{number}", onclick: move |()| try_it.call(Try::Again(name))
                }
                if folder.rescuable {
                    Item { icon: "mail", text: t!("closed-rescue"), hint: t!("closed-rescue-hint"),
                        id: "closed-rescue-{number}", onclick: move |()| {
                        state.shell().begin_rescue(&rescued);
                        state.route.push(Screen::Rescue);
                    } }
                }
                Files { folder: folder.clone(), id: "closed-files-{number}" }
                if !gone {
                    Item { icon: "archive", text: t!("closed-aside"), hint: t!("closed-aside-hint"), leads: false,
                        id: "closed-aside-{number}", onclick: move |()| aside()
                    }
                    Item { icon: "trash", text: t!("closed-remove"), danger: true, leads: false,
                        id: "closed-remove-{number}",
                        onclick: move |()| over.set(Some(asked.clone())) }
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
            Item { icon: "search", text: t!("accounts-examine"), hint: t!("accounts-examine-hint"), leads: false,
                id: "examine", onclick: move |()| examine()
            }
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
        // This screen goes with the account; what was begun goes on, and is in front then.
        spawn(async move {
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
                Item { icon: "mail", text: t!("closed-rescue"), hint: t!("closed-rescue-hint"), id: "rescue-inside",
                    onclick: move |()| rescue()
                }
                Files { folder: folder.clone() }
            }
        }
    }
}

/// Old files that were set aside.
#[component]
fn OneAside(
    number: usize,
    folder: TroubledFolder,
    over: Signal<Option<TroubledFolder>>,
    try_it: Callback<Try>,
) -> Element {
    let mut over = over;
    let (name, asked) = (folder.name, folder.clone());
    rsx! {
        section { class: "trouble", "aria-label": t!("closed-old-section", name = called(&folder)),
            div { class: "card",
                Head { folder: folder.clone(),
                    small { {t!("closed-old", size = file_size(folder.bytes))} }
                }
                Files { folder: folder.clone(), id: "aside-files-{number}" }
                Item { icon: "retry", text: t!("closed-back"), hint: t!("closed-back-hint"), leads: false,
                    id: "closed-back-{number}", onclick: move |()| try_it.call(Try::PutBack(name))
                }
                Item { icon: "trash", text: t!("closed-remove-old"), danger: true, leads: false,
                    id: "closed-remove-old-{number}",
                    onclick: move |()| over.set(Some(asked.clone())) }
            }
        }
    }
}

/// Says what became of trying to open this one: that another account opens is no answer.
async fn tell(state: State, name: &FolderName, tried: Result<()>) {
    let Some(accounts) = state.shell().accounts() else { return };
    let closed = accounts.troubled().await.unwrap_or_default().into_iter().find(|folder| folder.name == *name);
    match (closed, tried) {
        (Some(folder), Ok(())) => state.say(t!("closed-still", reason = reason(&folder))),
        (Some(folder), Err(error)) if folder.kind == error.kind() => {
            state.say(t!("closed-still", reason = reason(&folder)));
        }
        (_, Err(error)) => state.say_error(&error),
        (None, Ok(())) => state.say(t!("closed-opened")),
    }
}

/// Keeps the files elsewhere: as one file where the person wants it, or by the path of their folder.
#[component]
fn Files(folder: TroubledFolder, #[props(default)] id: Option<String>) -> Element {
    let state = use_state();
    let path = folder.path.to_string_lossy().into_owned();
    let Some(files) = state.shell().platform().files.clone() else {
        return rsx! {
            Item { icon: "folder", text: t!("closed-files"), hint: t!("closed-files-hint", path = path.clone()),
                leads: false, id,
                onclick: move |()| copy(state, &path) }
        };
    };
    let mut busy = use_signal(|| false);
    let size = file_size(folder.bytes);
    let mut save = move || {
        if busy() {
            return;
        }
        busy.set(true);
        let (files, folder) = (files.clone(), folder.path.clone());
        let name = format!("onionskin-{}.tar", folder.file_name().unwrap_or_default().to_string_lossy());
        spawn(async move {
            let archive = Content::written_by(move |out| archive::write_folder(&folder, out));
            match files.save(&name, archive).await {
                Ok(Some(Kept(place))) => state.say(t!("closed-kept", place = place)),
                // They changed their mind.
                Ok(None) => (),
                Err(error) => {
                    tracing::warn!(%error, "the files of an account were not saved");
                    state.say(t!("closed-not-kept"));
                }
            }
            busy.set(false);
        });
    };
    rsx! {
        Item { icon: "folder", text: t!("closed-files"), hint: t!("closed-keep-hint", size = size), leads: false, id,
            onclick: move |()| save() }
    }
}
