//! Before the accounts are open: waiting, the passphrase, trouble.

use dioxus::prelude::*;
use onionskin_core::ErrorKind;

use crate::components::{Field, Icon, Typed, Wordmark, empty};
use crate::state::{error_name, use_state};
use crate::t;

/// The files are being looked at: a moment.
#[component]
pub fn Opening() -> Element {
    rsx! {
        main { class: "screen", "aria-busy": "true",
            div { class: "empty",
                Wordmark { large: true }
                p { class: "sr", {t!("opening")} }
            }
        }
    }
}

/// Asks for the passphrase.
#[component]
pub fn Unlock() -> Element {
    let state = use_state();
    let typed = Typed::hook();
    let mut wrong = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    let unlock = move |event: FormEvent| {
        event.prevent_default();
        if busy() {
            return;
        }
        busy.set(true);
        spawn(async move {
            let passphrase = typed.text();
            if let Err(error) = state.shell().unlock(&passphrase).await {
                wrong.set(Some(crate::state::sentence(&error)));
                empty("passphrase", "");
            }
            busy.set(false);
        });
    };
    rsx! {
        main { class: "screen",
            div { class: "page",
                form { class: "first unlock", onsubmit: unlock,
                    Wordmark { large: true }
                    h1 { {t!("unlock-title")} }
                    p { class: "lead", {t!("unlock-lead")} }
                    Field { id: "passphrase", label: t!("passphrase"), typed, secret: true, focus: true, wrong: wrong() }
                    div { class: "btns end",
                        button { class: "btn main wide", r#type: "submit", disabled: busy(), id: "unlock",
                            if busy() { {t!("unlock-busy")} } else { {t!("unlock")} }
                        }
                    }
                }
            }
        }
    }
}

/// The accounts do not open. Nothing was changed.
#[component]
pub fn Trouble(kind: ErrorKind) -> Element {
    let state = use_state();
    rsx! {
        main { class: "screen",
            div { class: "empty", role: "alert",
                Icon { name: "warning" }
                h2 { {t!("trouble-title")} }
                p { {t!(&format!("error-{}", error_name(kind)))} }
                p { {t!("trouble-safe")} }
                div { class: "btns",
                    button { class: "btn main", r#type: "button", id: "again",
                        onclick: move |_| { spawn(async move { state.shell().open().await }); },
                        {t!("try-again")}
                    }
                }
            }
        }
    }
}
