//! The first minute: a name, and that is all; or the way back into an account.

mod restore;
mod words;

use dioxus::prelude::*;

pub use restore::Restore;
pub use words::{name_problem, picture_problem};

use crate::components::{Bar, Field, Icon, Typed, Wordmark};
use crate::route::Screen;
use crate::shell::Protection as Chosen;
use crate::state::{sentence, use_state};
use crate::t;
use crate::views::passphrase::{Twice, TypedTwice};

/// The first screen.
#[component]
pub fn Landing() -> Element {
    let state = use_state();
    let go = move |screen: Screen| state.route.push(screen);
    rsx! {
        main { class: "screen",
            div { class: "page",
                div { class: "first landing",
                    Wordmark { large: true }
                    Sample {}
                    div { class: "words-of-welcome",
                        h1 { {t!("landing-title")} }
                        p { class: "lead", {t!("landing-lead")} }
                    }
                    div { class: "btns end",
                        button { class: "btn main wide", r#type: "button", id: "create",
                            onclick: move |_| go(Screen::CreateAccount),
                            {t!("landing-create")}
                        }
                        button { class: "btn line wide", r#type: "button", id: "restore",
                            onclick: move |_| go(Screen::Restore),
                            {t!("landing-restore")}
                        }
                    }
                }
            }
        }
    }
}

/// Two people on a sheet of paper, with two more shining through: what this is about, in four sentences.
#[component]
fn Sample() -> Element {
    let lines = [
        (false, "9:40", t!("landing-sample-phone")),
        (true, "9:41", t!("landing-sample-key")),
        (false, "9:41", t!("landing-sample-who")),
        (true, "9:41", t!("landing-sample-sealed")),
    ];
    rsx! {
        div { class: "stack",
            div { class: "under left" }
            div { class: "under right" }
            div { class: "letter", role: "img", "aria-label": t!("landing-sample"),
                div { class: "stripe", "aria-hidden": "true" }
                div { class: "thread", "aria-hidden": "true",
                    for (me, time, text) in lines {
                        div { class: if me { "msg me last" } else { "msg last" },
                            div { class: "bubble", dir: "auto",
                                div { class: "body",
                                    p { "{text}" }
                                    span { class: "meta",
                                        time { "{time}" }
                                        if me {
                                            Icon { name: "check" }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What protects the accounts on this device: asked once, before the first account, where the system has no key store.
#[component]
pub fn Protection() -> Element {
    let state = use_state();
    let twice = Twice::hook();
    let mut failed = use_signal(|| None::<String>);
    let protect = move |chosen: Chosen| {
        spawn(async move {
            // Where it is done, the screen that was asked for is in front now.
            if let Err(error) = state.shell().protect(chosen).await {
                failed.set(Some(sentence(&error)));
            }
        });
    };
    let set = move |event: FormEvent| {
        event.prevent_default();
        if let Some(passphrase) = twice.checked() {
            protect(Chosen::Passphrase(passphrase));
        }
    };
    rsx! {
        main { class: "screen",
            Bar { title: "" }
            div { class: "page",
                form { class: "first", onsubmit: set,
                    h1 { {t!("protection-title")} }
                    p { class: "lead", {t!("protection-lead")} }
                    TypedTwice { twice, failed: failed() }
                    p { class: "hint", {t!("protection-hint")} }
                    div { class: "btns end",
                        button { class: "btn main wide", r#type: "submit", id: "protect",
                            {t!("protection-passphrase")}
                        }
                        button { class: "btn line wide", r#type: "button", id: "protect-files",
                            onclick: move |_| protect(Chosen::FilePermissions),
                            {t!("protection-files")}
                        }
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
            let (shell, name) = (state.shell(), typed.text());
            match shell.create(&name).await {
                Ok(()) => state.route.reset(Screen::Home),
                Err(error) => {
                    wrong.set(Some(name_problem(&error)));
                    document::eval("onionskin.focus('name')");
                }
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
                    Field { id: "name", label: t!("create-name"), typed, hint: t!("create-hint"), focus: true,
                        wrong: wrong(),
                        oninput: move |()| if wrong.peek().is_some() { wrong.set(None) } }
                    div { class: "btns end",
                        button { class: "btn main wide", r#type: "submit", id: "continue", disabled: busy(),
                            if busy() { {t!("create-busy")} } else { {t!("continue")} }
                        }
                    }
                }
            }
        }
    }
}
