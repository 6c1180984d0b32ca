//! The name that others see.

use dioxus::prelude::*;
use onionskin_core::ErrorKind;

use super::Page;
use crate::components::{Field, Typed};
use crate::state::{sentence, use_account, use_state};
use crate::t;

/// Asks for another display name.
#[component]
pub fn ProfileName() -> Element {
    let state = use_state();
    let account = use_account();
    let typed = Typed::hook();
    let mut wrong = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    let save = move |event: FormEvent| {
        event.prevent_default();
        if busy() {
            return;
        }
        busy.set(true);
        spawn(async move {
            match account.client().set_display_name(&typed.text()).await {
                Ok(()) => {
                    state.say(t!("profile-saved"));
                    state.route.back();
                }
                Err(error) => wrong.set(Some(match error.kind() {
                    ErrorKind::InvalidInput => t!("profile-empty"),
                    ErrorKind::TooLarge => t!("profile-too-long"),
                    _ => sentence(&error),
                })),
            }
            busy.set(false);
        });
    };
    // The name is there when this screen opens, and what is typed must not be overwritten when it changes.
    let name = use_hook(|| account.name.peek().clone());
    rsx! {
        Page { title: t!("profile-title"),
            form { class: "fields", onsubmit: save,
                Field { id: "display-name", label: t!("profile-name"), typed, initial: name, hint: t!("profile-hint"),
                    wrong: wrong(), focus: true,
                    oninput: move |()| wrong.set(None)
                }
                button { class: "btn main wide", r#type: "submit", id: "save-name", disabled: busy(),
                    {t!("settings-save")}
                }
            }
        }
    }
}
