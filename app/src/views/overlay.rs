//! What lies over every screen: the short notice at the foot, the sheet of keys, the question before a link opens.

use dioxus::prelude::*;

use crate::state::use_state;
use crate::t;

/// The short notice at the foot; goes away by itself.
#[component]
pub fn Toast() -> Element {
    let mut state = use_state();
    use_resource(move || {
        let shown = state.toast.read().is_some();
        async move {
            if shown {
                tokio::time::sleep(std::time::Duration::from_secs(6)).await;
                state.toast.set(None);
            }
        }
    });
    let toast = state.toast.read().clone();
    rsx! {
        div { class: "toasts", role: "status", "aria-live": "polite",
            if let Some((number, text)) = toast {
                div { class: "toast", key: "{number}",
                    span { "{text}" }
                    button { r#type: "button", onclick: move |_| state.toast.set(None), {t!("close")} }
                }
            }
        }
    }
}

/// The sheets that lie over everything.
#[component]
pub fn Overlay() -> Element {
    rsx! {}
}
