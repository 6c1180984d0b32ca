//! The first minute: a name, and that is all.

use dioxus::prelude::*;
use zeroize::Zeroizing;

use crate::components::{Bar, Field, Icon, Typed, Wordmark};
use crate::route::Screen;
use crate::shell::{Protection as Chosen, Stage};
use crate::state::{sentence, use_state};
use crate::t;

/// The screens of this file.
pub fn view(screen: Screen) -> Element {
    match screen {
        Screen::Protection => rsx! { Protection {} },
        Screen::CreateAccount => rsx! { CreateAccount {} },
        _ => rsx! { Landing {} },
    }
}

/// The first screen.
#[component]
pub fn Landing() -> Element {
    let state = use_state();
    let go = move |screen: Screen| {
        // Without a key store of the system a person says once what protects the accounts.
        if *state.stage.peek() == Stage::Unprotected {
            state.route.push(Screen::Protection);
        }
        state.route.push(screen);
    };
    rsx! {
        main { class: "screen",
            div { class: "page",
                div { class: "first",
                    Wordmark { large: true }
                    div { class: "grow",
                        h1 { {t!("landing-title")} }
                        p { class: "lead", {t!("landing-lead")} }
                    }
                    div { class: "btns end",
                        button { class: "btn main wide", r#type: "button", id: "create", onclick: move |_| go(Screen::CreateAccount), {t!("landing-create")} }
                        button { class: "btn line wide", r#type: "button", id: "restore", onclick: move |_| go(Screen::Restore), {t!("landing-restore")} }
                    }
                }
            }
        }
    }
}

/// What protects the accounts on this device.
#[component]
pub fn Protection() -> Element {
    let state = use_state();
    let typed = Typed::hook();
    let mut wrong = use_signal(|| None::<String>);
    let protect = move |chosen: Chosen| {
        spawn(async move {
            match state.shell().protect(chosen).await {
                Ok(()) => {
                    state.route.back();
                }
                Err(error) => wrong.set(Some(sentence(&error))),
            }
        });
    };
    rsx! {
        main { class: "screen",
            Bar { title: "" }
            div { class: "page",
                form { class: "first",
                    onsubmit: move |event| { event.prevent_default(); protect(Chosen::Passphrase(typed.text())); },
                    h1 { {t!("protection-title")} }
                    p { class: "lead", {t!("protection-lead")} }
                    Field { id: "new-passphrase", label: t!("passphrase"), typed, secret: true, hint: t!("protection-hint"), wrong: wrong() }
                    div { class: "btns end",
                        button { class: "btn main wide", r#type: "submit", id: "protect", {t!("protection-passphrase")} }
                        button { class: "btn line wide", r#type: "button", id: "protect-files", onclick: move |_| protect(Chosen::FilePermissions), {t!("protection-files")} }
                    }
                }
            }
        }
    }
}

/// Asks for a display name.
#[component]
pub fn CreateAccount() -> Element {
    let state = use_state();
    let typed = Typed::hook();
    let mut wrong = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    let create = move |event: FormEvent| {
        event.prevent_default();
        if busy() {
            return;
        }
        busy.set(true);
        spawn(async move {
            let name: Zeroizing<String> = typed.text();
            match state.shell().create(&name).await {
                Ok(()) => state.route.reset(Screen::Home),
                Err(error) => wrong.set(Some(sentence(&error))),
            }
            busy.set(false);
        });
    };
    rsx! {
        main { class: "screen",
            Bar { title: "" }
            div { class: "page",
                form { class: "first", onsubmit: create,
                    h1 { {t!("create-title")} }
                    p { class: "lead", {t!("create-lead")} }
                    Field { id: "name", label: t!("create-name"), typed, hint: t!("create-hint"), focus: true, wrong: wrong() }
                    div { class: "btns end",
                        button { class: "btn main wide", r#type: "submit", id: "continue", disabled: busy(),
                            Icon { name: "check", small: true }
                            {t!("continue")}
                        }
                    }
                }
            }
        }
    }
}
