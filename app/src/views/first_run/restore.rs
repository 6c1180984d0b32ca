//! Brings an account back from its recovery password: typed words, or a picture of its code.
//!
//! Nothing is opened before the person saw which account the words lead to. The words live in one place that is wiped
//! when the screen goes, are in no message of an error and in no log.

use dioxus::prelude::*;
use onionskin_core::{AccountId, ErrorKind};
use zeroize::Zeroizing;

use super::words::{picture_problem, problem};
use crate::components::{AccountGroups, Avatar, Bar, Field, Icon, PickPicture, Read, Typed};
use crate::qr;
use crate::route::Screen;
use crate::state::{sentence, use_state};
use crate::t;

/// Where the words lead.
#[derive(Clone, Copy, PartialEq)]
struct Found {
    account: AccountId,
    /// It is on this device already.
    here: bool,
}

/// Asks for the words, shows where they lead, restores.
#[component]
pub fn Restore() -> Element {
    let words = Typed::hook();
    let found = use_signal(|| None::<Found>);
    rsx! {
        main { class: "screen",
            Bar { title: t!("restore-title") }
            div { class: "page",
                match found() {
                    None => rsx! { Ask { words, found } },
                    Some(found_here) => rsx! {
                        Confirm { words, found, account: found_here.account, here: found_here.here }
                    },
                }
            }
        }
    }
}

/// The words, or a picture.
#[component]
fn Ask(words: Typed, found: Signal<Option<Found>>) -> Element {
    let state = use_state();
    let mut wrong = use_signal(|| None::<String>);
    let mut wrong_picture = use_signal(|| None::<String>);
    let look = move |phrase: Zeroizing<String>, from_picture: bool| async move {
        let Some(accounts) = state.shell().accounts() else { return };
        let account = match accounts.preview(&phrase) {
            Ok(account) => account,
            Err(_) if from_picture => {
                wrong_picture.set(Some(t!("restore-not-a-code")));
                return;
            }
            Err(error) => {
                wrong.set(Some(problem(&phrase, &error)));
                document::eval("onionskin.focus('words')");
                return;
            }
        };
        // Accounts that do not open now are found out by restoring itself.
        let here = accounts.list().await.unwrap_or_default().iter().any(|row| row.account == account);
        words.note(phrase.to_string());
        let mut found = found;
        found.set(Some(Found { account, here }));
    };
    let check = move |event: FormEvent| {
        event.prevent_default();
        spawn(look(words.text(), false));
    };
    let read = move |read: Read| match read.map(|text| qr::recovery_words(&text)) {
        Ok(Ok(phrase)) => {
            spawn(look(phrase, true));
        }
        Ok(Err(_)) => wrong_picture.set(Some(t!("restore-not-a-code"))),
        Err(error) => wrong_picture.set(Some(picture_problem(error))),
    };
    rsx! {
        form { class: "first", onsubmit: check,
            p { class: "lead", {t!("restore-lead")} }
            Field { id: "words", label: t!("restore-words"), typed: words, lines: 4, mono: true, focus: true,
                hint: t!("restore-hint"),
                wrong: wrong(), oninput: move |()| if wrong.peek().is_some() { wrong.set(None) } }
            div { class: "or",
                PickPicture { id: "restore-picture", label: t!("restore-picture"),
                    onpick: move |()| wrong_picture.set(None), onread: read }
                if let Some(wrong) = wrong_picture() {
                    p { class: "wrong", role: "alert", id: "restore-picture-wrong",
                        Icon { name: "warning", small: true }
                        span { "{wrong}" }
                    }
                } else {
                    p { class: "hint", {t!("picture-hint")} }
                }
            }
            div { class: "btns end",
                button { class: "btn main wide", r#type: "submit", id: "look", {t!("restore-look")} }
            }
        }
    }
}

/// The account the words lead to, before anything is opened.
#[component]
fn Confirm(words: Typed, found: Signal<Option<Found>>, account: AccountId, here: bool) -> Element {
    let state = use_state();
    let mut wrong = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    // What changed is said first, not the field below it.
    use_effect(|| {
        document::eval("onionskin.focus('found-title')");
    });
    let again = move || {
        let _ = words.take();
        let mut found = found;
        found.set(None);
    };
    let restore = move |event: FormEvent| {
        event.prevent_default();
        if busy() {
            return;
        }
        busy.set(true);
        spawn(async move {
            // The account remembers its name itself; who has none is asked later, in the list.
            let (shell, phrase) = (state.shell(), words.text());
            match shell.restore(&phrase, "").await {
                Ok(()) => {
                    let _ = words.take();
                    state.route.reset(Screen::Home);
                }
                Err(error) => wrong.set(Some(match error.kind() {
                    ErrorKind::NotAllowed | ErrorKind::InUse => t!("restore-taken"),
                    _ => sentence(&error),
                })),
            }
            busy.set(false);
        });
    };
    rsx! {
        form { class: "first", onsubmit: restore,
            IsItYou { account, here }
            if let Some(wrong) = wrong() {
                p { class: "wrong", role: "alert", id: "restore-wrong",
                    Icon { name: "warning", small: true }
                    span { "{wrong}" }
                }
            }
            div { class: "btns end",
                if here {
                    if state.shell().client().is_none() {
                        button { class: "btn main wide", r#type: "button", id: "open-here",
                            onclick: move |_| {
                                spawn(async move {
                                    if let Err(error) = state.shell().switch(&account).await {
                                        wrong.set(Some(sentence(&error)))
                                    }
                                });
                            },
                            {t!("restore-open-here")}
                        }
                    }
                } else {
                    button { class: "btn main wide", r#type: "submit", id: "restore-now", disabled: busy(),
                        if busy() { {t!("restore-busy")} } else { {t!("restore-now")} }
                    }
                }
                button { class: "btn line wide", r#type: "button", id: "other-words", disabled: busy(),
                    onclick: move |_| again(),
                    {t!("restore-other")}
                }
            }
        }
    }
}

/// Whose account it is, and whether it is on this device already.
#[component]
fn IsItYou(account: AccountId, here: bool) -> Element {
    rsx! {
        h2 { class: "ask", id: "found-title", tabindex: "-1", {t!("restore-is-it-you")} }
        div { class: "letter found",
            Avatar { account, name: "", class: "big" }
            p { class: "account-id", id: "found-account",
                "aria-label": t!("account-id-label", id = account.to_string()),
                AccountGroups { account }
            }
        }
        if here {
            p { class: "wrong", role: "alert", id: "already-here",
                Icon { name: "info", small: true }
                span { {t!("restore-here")} }
            }
        } else {
            p { class: "lead", {t!("restore-is-it-you-lead")} }
            p { class: "hint", {t!("restore-comes-back")} }
        }
    }
}
