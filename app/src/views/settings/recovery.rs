//! The recovery password: under a sheet until somebody asks for it, and again when they look away.
//!
//! Covered, the words are not on the page at all: what shines through the sheet are strokes. Our copy of them is wiped when
//! they are covered and when the screen goes; what the renderer drew from it is out of our hands.

use std::time::Duration;

use dioxus::prelude::*;
use zeroize::Zeroizing;

use super::Page;
use crate::components::Icon;
use crate::qr::Code;
use crate::state::{use_account, use_state};
use crate::t;

/// The two ways to write the same secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// 13 words that every Session app understands.
    Thirteen,
    /// 12 words by BIP-39, which other Session apps do not understand.
    Twelve,
}

impl Form {
    fn words(self) -> usize {
        match self {
            Self::Thirteen => 13,
            Self::Twelve => 12,
        }
    }
}

/// The words, a copy of them for a minute, and what they are for.
#[component]
pub fn RecoveryPassword() -> Element {
    let state = use_state();
    let account = use_account();
    let mut form = use_signal(|| Form::Thirteen);
    let mut shown = use_signal(|| None::<Zeroizing<String>>);
    let mut as_code = use_signal(|| false);
    use_effect(move || {
        let look = *state.look.read();
        if !(look.visible && look.focused) && shown.peek().is_some() {
            shown.set(None);
        }
    });
    let phrase = move |form: Form| match form {
        Form::Thirteen => account.client().recovery_password(),
        Form::Twelve => account.client().bip39_phrase(),
    };
    let mut choose = move |chosen: Form| {
        form.set(chosen);
        if shown.peek().is_some() {
            shown.set(Some(phrase(chosen)));
        }
    };
    let covered = shown.read().is_none();
    let words: Vec<Zeroizing<String>> = match &*shown.read() {
        Some(phrase) => phrase.split_whitespace().map(|word| Zeroizing::new(word.to_owned())).collect(),
        None => (0..form().words()).map(|number| Zeroizing::new("–".repeat(4 + number * 7 % 5))).collect(),
    };
    let code = match &*shown.read() {
        Some(phrase) if as_code() => crate::qr::recovery_text(phrase),
        _ => None,
    };
    let can_copy = state.shell().platform().clipboard.is_some();
    let (lead, tab_note) = match form() {
        Form::Thirteen => (t!("recovery-lead", count = 13), t!("recovery-form-13-note")),
        Form::Twelve => (t!("recovery-lead", count = 12), t!("recovery-form-12-note")),
    };
    // The code says neither words: it is the secret itself, as all apps read it.
    let tab_note = if code.is_some() { t!("recovery-code-note") } else { tab_note };
    let warns = form() == Form::Twelve && code.is_none();
    rsx! {
        Page { title: t!("recovery-title"),
            p { class: "lead-in", "{lead}" }
            div { class: "tabs recovery-tabs", role: "tablist", "aria-label": t!("recovery-forms"),
                for (tab, id, text) in [(Form::Thirteen, "form-13", t!("recovery-form-13")), (Form::Twelve, "form-12", t!("recovery-form-12"))] {
                    button { key: "{id}", r#type: "button", role: "tab", id, "aria-selected": (form() == tab).to_string(), "aria-controls": "words",
                        onclick: move |_| choose(tab),
                        "{text}"
                    }
                }
            }
            p { class: if warns { "note warn" } else { "note" }, id: "form-note", "{tab_note}" }
            div { class: "words", id: "words", role: "tabpanel", "data-covered": covered.then_some("true"),
                if let Some(code) = code {
                    div { class: "recovery-code", Code { text: code.as_str(), label: t!("recovery-code-label") } }
                } else {
                    ol { "aria-label": t!("recovery-title"), "aria-hidden": covered.then_some("true"), translate: "no",
                        for (number, word) in words.iter().enumerate() {
                            li { key: "{number}", "{word.as_str()}" }
                        }
                    }
                }
                if covered {
                    button { class: "cover", r#type: "button", id: "show-words", onclick: move |_| shown.set(Some(phrase(form()))),
                        Icon { name: "covered" }
                        b { {t!("recovery-show")} }
                        span { class: "hint", {t!("recovery-show-hint")} }
                    }
                }
            }
            div { class: "btns side words-actions",
                if can_copy {
                    button { class: "btn line", r#type: "button", id: "copy-words", disabled: covered,
                        onclick: move |_| {
                            let copied = shown.peek().as_ref().is_some_and(|phrase| state.shell().copy_secret(phrase));
                            if !copied {
                                state.say(t!("recovery-copy-failed"));
                            }
                        },
                        Icon { name: "copy" }
                        {t!("recovery-copy")}
                    }
                }
                button { class: "btn line", r#type: "button", id: "code-words", disabled: covered, "aria-pressed": as_code().to_string(), onclick: move |_| as_code.toggle(),
                    Icon { name: "qr" }
                    if as_code() { {t!("recovery-as-words")} } else { {t!("recovery-as-code")} }
                }
                button { class: "btn line", r#type: "button", id: "cover-words", disabled: covered, onclick: move |_| shown.set(None),
                    Icon { name: "covered" }
                    {t!("recovery-cover")}
                }
            }
            Countdown {}
            div { class: "banner warn",
                Icon { name: "warning" }
                div { class: "grow",
                    b { {t!("recovery-no-reset")} }
                    p { {t!("recovery-no-reset-text")} }
                }
            }
        }
    }
}

/// How long the words stay on the clipboard.
#[component]
fn Countdown() -> Element {
    let state = use_state();
    let mut left = use_signal(|| None::<u32>);
    use_future(move || async move {
        let shell = state.shell();
        let mut copied = shell.secret_copied();
        loop {
            let until = *copied.borrow_and_update();
            let now = shell.clock().monotonic();
            let seconds = until.map(|until| u32::try_from(until.saturating_sub(now).as_secs()).unwrap_or_default() + 1);
            left.set(seconds);
            let changed = match until {
                Some(_) => tokio::select! {
                    changed = copied.changed() => changed.is_ok(),
                    () = shell.clock().sleep_until(now + Duration::from_secs(1)) => true,
                },
                None => copied.changed().await.is_ok(),
            };
            if !changed {
                break;
            }
        }
    });
    rsx! {
        p { class: "note", id: "clipboard-note",
            // Said once, not each second.
            span { class: "sr", role: "status", if left().is_some() { {t!("recovery-copied")} } }
            if let Some(seconds) = left() {
                span { "aria-hidden": "true", {t!("recovery-copied-for", seconds = seconds.min(60))} }
            }
        }
    }
}
