//! Before the accounts are open: waiting, the passphrase, trouble.

use dioxus::prelude::*;
use onionskin_core::ErrorKind;

use crate::components::{Field, Typed, Wordmark, empty};
use crate::state::{error_name, sentence, use_state};
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
        let passphrase = typed.text();
        if passphrase.is_empty() {
            wrong.set(Some(t!("unlock-empty")));
            return;
        }
        busy.set(true);
        spawn(async move {
            if let Err(error) = state.shell().unlock(&passphrase).await {
                wrong.set(Some(sentence(&error)));
                // Typed again from the start, without reaching for the mouse.
                empty("passphrase", "");
                document::eval("onionskin.focus('passphrase')");
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
                    Field { id: "passphrase", label: t!("passphrase"), typed, secret: true, focus: true, wrong: wrong()
                    }
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
                svg { class: "art", view_box: "0 0 210 140", fill: "none", stroke: "currentColor", stroke_width: "1.8",
                    stroke_linecap: "round", stroke_linejoin: "round", "aria-hidden": "true",
                    path { d: "M78 26 150 12l9 46-72 14z", fill: "var(--accent-fill)", fill_opacity: "0.14" }
                    path { d: "m78 26 41 21 31-35", opacity: "0.6" }
                    path { d: "M56 124V62a14 14 0 0 1 14-14h70a14 14 0 0 1 14 14v62z", fill: "var(--sheet)",
                        fill_opacity: "0.86"
                    }
                    path { d: "M72 66h66", stroke_width: "5", stroke: "var(--danger)", opacity: "0.85" }
                    path { d: "M92 90h26v18H92zM105 96v6" }
                    path { d: "M34 124h142M70 124v10M140 124v10", opacity: "0.45" }
                }
                h1 { {t!("trouble-title")} }
                p {
                    if kind == ErrorKind::NotAllowed || kind == ErrorKind::InUse {
                        {t!("trouble-taken")}
                    } else {
                        {t!(&format!("error-{}", error_name(kind)))}
                    }
                }
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
