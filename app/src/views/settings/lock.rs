//! The passphrase: set it, change it, remove it, lock now.

use dioxus::prelude::*;
use onionskin_core::vault::VaultKind;
use zeroize::Zeroizing;

use super::Page;
use crate::components::{Ask, Icon, Item};
use crate::shell::Stage;
use crate::state::{State, sentence, use_state};
use crate::t;
use crate::views::passphrase::{Twice, TypedTwice};

/// What protects the letters on this device.
#[component]
pub fn Lock() -> Element {
    let state = use_state();
    let protection = match &*state.stage.read() {
        Stage::Open(open) => open.protection,
        _ => VaultKind::File,
    };
    let has_one = protection == VaultKind::Passphrase;
    let change = use_change(has_one);
    let Change { mut changing, mut removing, busy, failed, .. } = change;
    let mut renewing = use_signal(|| false);
    let renew = move |()| {
        renewing.set(false);
        let done = t!("lock-renew-done");
        // This screen goes with the accounts that close.
        dioxus::core::spawn_forever(async move {
            match state.shell().renew_keys().await {
                Ok(()) => state.say(done),
                Err(error) => state.say_error(&error),
            }
        });
    };
    let over = if renewing() {
        Some(rsx! {
            Ask { id: "renew-keys-ask", title: t!("lock-renew-title"), text: t!("lock-renew-text"),
                yes: t!("lock-renew-yes"),
                onyes: renew,
                onno: move |()| renewing.set(false),
            }
        })
    } else {
        removing().then(|| rsx! {
        Ask { id: "remove-passphrase", title: t!("lock-remove-title"), text: t!("lock-remove-text"), danger: true,
            busy: busy(),
            yes: if busy() { t!("lock-busy") } else { t!("lock-remove-yes") },
            onyes: move |()| change.remove(),
            onno: move |()| removing.set(false),
        }
    })
    };
    let lock = move |()| {
        spawn(async move {
            if let Err(error) = state.shell().lock().await {
                state.say_error(&error);
            }
        });
    };
    rsx! {
        Page { title: t!("lock-title"), over,
            Protected { protection }
            if has_one {
                div { class: "card",
                    Item { icon: "lock", text: t!("lock-now"), hint: t!("lock-now-hint"), id: "lock-now", leads: false,
                        onclick: lock
                    }
                    Item { icon: "edit", text: t!("lock-change"), id: "change-passphrase", leads: false,
                        onclick: move |()| changing.toggle()
                    }
                    Item { icon: "trash", text: t!("lock-remove"), id: "remove-passphrase", danger: true, leads: false,
                        onclick: move |()| removing.set(true)
                    }
                }
            }
            if !has_one || changing() {
                // Set here and not in the form: the form is gone as soon as the passphrase holds.
                NewPassphrase { changes: has_one, busy: busy(), failed: failed(),
                    onset: move |passphrase| change.set(passphrase)
                }
            }
            p { class: "note", {t!("lock-protects")} }
            p { class: "note", id: "lock-copies", {t!("lock-copies")} }
            div { class: "card",
                Item { icon: "shield", text: t!("lock-renew"), hint: t!("lock-renew-hint"), id: "renew-keys",
                    leads: false, onclick: move |()| renewing.set(true)
                }
            }
            p { class: "note", {t!("lock-protects-not")} }
        }
    }
}

/// A passphrase that is being set, changed or removed.
#[derive(Clone, Copy)]
struct Change {
    state: State,
    /// There is one to change.
    has_one: bool,
    /// The form stands open.
    changing: Signal<bool>,
    /// The question stands over the screen.
    removing: Signal<bool>,
    busy: Signal<bool>,
    failed: Signal<Option<String>>,
}

fn use_change(has_one: bool) -> Change {
    Change {
        state: use_state(),
        has_one,
        changing: use_signal(|| false),
        removing: use_signal(|| false),
        busy: use_signal(|| false),
        failed: use_signal(|| None::<String>),
    }
}

impl Change {
    fn set(mut self, passphrase: Zeroizing<String>) {
        if (self.busy)() {
            return;
        }
        self.busy.set(true);
        self.failed.set(None);
        spawn(async move {
            match self.state.shell().set_passphrase(Some(&passphrase)).await {
                Ok(()) => {
                    self.state.say(if self.has_one { t!("lock-changed") } else { t!("lock-set-done") });
                    self.changing.set(false);
                }
                Err(error) => self.failed.set(Some(sentence(&error))),
            }
            self.busy.set(false);
        });
    }

    fn remove(mut self) {
        if (self.busy)() {
            return;
        }
        self.busy.set(true);
        spawn(async move {
            match self.state.shell().set_passphrase(None).await {
                Ok(()) => self.state.say(t!("lock-removed")),
                Err(error) => self.state.say_error(&error),
            }
            self.busy.set(false);
            self.removing.set(false);
        });
    }
}

/// What protects the keys now.
#[component]
fn Protected(protection: VaultKind) -> Element {
    let has_one = protection == VaultKind::Passphrase;
    let icon = if has_one { "lock" } else { "shield" };
    rsx! {
        div { class: "banner",
            Icon { name: icon }
            div { class: "grow", id: "protection",
                b { if has_one { {t!("lock-is-on")} } else { {t!("lock-is-off")} } }
                p {
                    {match protection {
                        VaultKind::Passphrase => t!("lock-by-passphrase"),
                        VaultKind::SecretService => t!("lock-by-system"),
                        VaultKind::File => t!("lock-by-files"),
                        _ => t!("lock-by-given-key"),
                    }}
                }
            }
        }
    }
}

/// Asks for a new passphrase, twice.
#[component]
fn NewPassphrase(changes: bool, busy: bool, failed: Option<String>, onset: EventHandler<Zeroizing<String>>) -> Element {
    let twice = Twice::hook();
    let set = move |event: FormEvent| {
        event.prevent_default();
        if let Some(passphrase) = twice.checked() {
            onset.call(passphrase);
        }
    };
    rsx! {
        form { class: "fields", onsubmit: set,
            h2 { if changes { {t!("lock-change")} } else { {t!("lock-set-title")} } }
            TypedTwice { twice, failed }
            button { class: "btn main wide", r#type: "submit", id: "set-passphrase", disabled: busy,
                if busy { {t!("lock-busy")} } else if changes { {t!("lock-change-yes")} } else { {t!("lock-set")} }
            }
        }
    }
}
