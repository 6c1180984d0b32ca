//! The recovery password: under a sheet until somebody asks for it, and again when they look away.
//!
//! An account of 25 words has no other form: there is nothing to choose then.
//!
//! Covered, the words are not on the page at all: what shines through the sheet are strokes. Our copy of them is wiped
//! when they are covered and when the screen goes; what the renderer drew from it is out of our hands.

use std::time::Duration;

use dioxus::prelude::*;
use onionskin_core::Setting;
use onionskin_core::mnemonic::{BIP39_WORDS, LONG_RECOVERY_WORDS, RECOVERY_WORDS};
use zeroize::Zeroizing;

use super::Page;
use crate::components::Icon;
use crate::qr::Code;
use crate::state::{Account, State, use_account, use_state};
use crate::t;

/// The ways to write the same secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// 13 words that every Session app understands.
    Thirteen,
    /// 12 words by BIP-39, which other Session apps do not understand.
    Twelve,
    /// 25 words: the one form of an account that has no shorter one, which few Session apps understand.
    TwentyFive,
}

impl Form {
    fn first_of(account: Account) -> Self {
        if account.client().recovery_words() == LONG_RECOVERY_WORDS { Self::TwentyFive } else { Self::Thirteen }
    }

    fn words(self) -> usize {
        match self {
            Self::Thirteen => RECOVERY_WORDS,
            Self::Twelve => BIP39_WORDS,
            Self::TwentyFive => LONG_RECOVERY_WORDS,
        }
    }

    fn phrase(self, account: Account) -> Option<Zeroizing<String>> {
        match self {
            Self::Thirteen | Self::TwentyFive => Some(account.client().recovery_password()),
            Self::Twelve => account.client().bip39_phrase(),
        }
    }
}

/// The words, a copy of them for a minute, and what they are for.
#[component]
pub fn RecoveryPassword() -> Element {
    let sheet = use_sheet();
    rsx! {
        Page { title: t!("recovery-title"),
            Forms { sheet }
            Words { sheet }
            Actions { sheet }
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

/// What lies on the page: words of one form, as words or as a code, or covered.
#[derive(Clone, Copy, PartialEq)]
struct Sheet {
    form: Signal<Form>,
    /// `None` while it is covered.
    shown: Signal<Option<Zeroizing<String>>>,
    as_code: Signal<bool>,
}

fn use_sheet() -> Sheet {
    let (state, account) = (use_state(), use_account());
    let sheet = Sheet {
        form: use_signal(|| Form::first_of(account)),
        shown: use_signal(|| None::<Zeroizing<String>>),
        as_code: use_signal(|| false),
    };
    use_effect(move || {
        let look = *state.look.read();
        if !(look.visible && look.focused) && sheet.shown.peek().is_some() {
            sheet.cover();
        }
    });
    sheet
}

impl Sheet {
    fn covered(self) -> bool {
        self.shown.read().is_none()
    }

    fn cover(mut self) {
        self.shown.set(None);
    }

    fn show(mut self, account: Account) {
        let form = *self.form.peek();
        self.shown.set(form.phrase(account));
        spawn(async move {
            if let Err(error) = account.client().set_setting(&RECOVERY_SEEN, true).await {
                tracing::warn!(?error, "that the words were shown is not kept");
            }
        });
    }

    fn choose(mut self, chosen: Form, account: Account) {
        self.form.set(chosen);
        if self.shown.peek().is_some() {
            self.show(account);
        }
    }

    /// The secret as a code, where it is shown as one.
    fn code(self) -> Option<Zeroizing<String>> {
        match &*self.shown.read() {
            Some(phrase) if (self.as_code)() => crate::qr::recovery_text(phrase),
            _ => None,
        }
    }
}

/// The choice between two forms, and what to know about the one that is chosen.
#[component]
fn Forms(sheet: Sheet) -> Element {
    let account = use_account();
    let (form, as_code) = ((sheet.form)(), sheet.code().is_some());
    // The code says no words: it is the secret itself. All apps read it while it is a short one.
    let note = match form {
        Form::TwentyFive if as_code => t!("recovery-code-25-note"),
        _ if as_code => t!("recovery-code-note"),
        Form::Thirteen => t!("recovery-form-13-note"),
        Form::Twelve => t!("recovery-form-12-note"),
        Form::TwentyFive => t!("recovery-form-25-note"),
    };
    let warns = form == Form::TwentyFive || form == Form::Twelve && !as_code;
    rsx! {
        p { class: "lead-in", {t!("recovery-lead", count = form.words())} }
        if form != Form::TwentyFive {
            div { class: "tabs recovery-tabs", role: "tablist", "aria-label": t!("recovery-forms"),
                for (tab, id, text) in [
                    (Form::Thirteen, "form-13", t!("recovery-form-13")),
                    (Form::Twelve, "form-12", t!("recovery-form-12")),
                ] {
                    button { key: "{id}", r#type: "button", role: "tab", id, "aria-selected": (form == tab).to_string(),
                        "aria-controls": "words",
                        onclick: move |_| sheet.choose(tab, account),
                        "{text}"
                    }
                }
            }
        }
        p { class: if warns { "note warn" } else { "note" }, id: "form-note", "{note}" }
    }
}

/// The secret, or strokes under a cover.
#[component]
fn Words(sheet: Sheet) -> Element {
    let account = use_account();
    let covered = sheet.covered();
    let words: Vec<Zeroizing<String>> = match &*sheet.shown.read() {
        Some(phrase) => phrase.split_whitespace().map(|word| Zeroizing::new(word.to_owned())).collect(),
        None => (0..(sheet.form)().words()).map(|number| Zeroizing::new("–".repeat(4 + number * 7 % 5))).collect(),
    };
    rsx! {
        div { class: "words", id: "words", role: ((sheet.form)() != Form::TwentyFive).then_some("tabpanel"),
            "data-covered": covered.then_some("true"),
            if let Some(code) = sheet.code() {
                div { class: "recovery-code", Code { text: code.as_str(), label: t!("recovery-code-label") } }
            } else {
                ol { "aria-label": t!("recovery-title"), "aria-hidden": covered.then_some("true"), translate: "no",
                    for (number, word) in words.iter().enumerate() {
                        li { key: "{number}", "{word.as_str()}" }
                    }
                }
            }
            if covered {
                button { class: "cover", r#type: "button", id: "show-words", onclick: move |_| sheet.show(account),
                    Icon { name: "covered" }
                    b { {t!("recovery-show")} }
                    span { class: "hint", {t!("recovery-show-hint")} }
                }
            }
        }
    }
}

/// What can be done with words that lie open.
#[component]
fn Actions(sheet: Sheet) -> Element {
    let state = use_state();
    let (covered, mut as_code) = (sheet.covered(), sheet.as_code);
    let copy = move |_| {
        let Some(phrase) = sheet.shown.peek().clone() else { return };
        if state.shell().platform().clipboard.is_none() {
            copy_in_page(state, phrase);
        } else if !state.shell().copy_secret(&phrase) {
            state.say(t!("recovery-copy-failed"));
        }
    };
    rsx! {
        div { class: "btns side words-actions",
            button { class: "btn line", r#type: "button", id: "copy-words", disabled: covered, onclick: copy,
                Icon { name: "copy" }
                {t!("recovery-copy")}
            }
            button { class: "btn line", r#type: "button", id: "code-words", disabled: covered,
                "aria-pressed": as_code().to_string(), onclick: move |_| as_code.toggle(),
                Icon { name: "qr" }
                if as_code() { {t!("recovery-as-words")} } else { {t!("recovery-as-code")} }
            }
            button { class: "btn line", r#type: "button", id: "cover-words", disabled: covered,
                onclick: move |_| sheet.cover(),
                Icon { name: "covered" }
                {t!("recovery-cover")}
            }
        }
    }
}

/// Copies through the page, where the system's clipboard is out of reach: then nobody but the person can empty it.
fn copy_in_page(state: State, phrase: Zeroizing<String>) {
    let (copied, failed) = (t!("recovery-copied-page"), t!("recovery-copy-failed"));
    spawn(async move {
        let script =
            Zeroizing::new(format!("return await onionskin.copy({})", serde_json::Value::from(phrase.as_str())));
        let done = document::eval(&script).await;
        state.say(if done.is_ok_and(|done| done == true) { copied } else { failed });
    });
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

/// Whether the words of this account were shown here: then nobody has to be told to write them down.
pub(super) const RECOVERY_SEEN: Setting<bool> = Setting { key: "app.recovery_seen", default: false };
