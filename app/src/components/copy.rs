//! Copies a text: through the system where it can, else through the page.

use dioxus::prelude::*;

use crate::state::State;
use crate::t;

/// Puts `text` into the clipboard and says so. For what is no secret; a recovery password has its own way.
pub fn copy(state: State, text: &str) {
    let done = t!("copied");
    match &state.shell().platform().clipboard {
        Some(clipboard) => {
            if clipboard.copy(text) {
                state.say(done);
            } else {
                state.say(t!("copy-failed"));
            }
        }
        None => {
            let (text, failed) = (serde_json::Value::from(text), t!("copy-failed"));
            let copying = document::eval(&format!("return await onionskin.copy({text})"));
            // What asked for it may go at once: a menu, a sheet.
            dioxus::core::spawn_forever(async move {
                let copied = copying.await;
                state.say(if copied.is_ok_and(|copied| copied == true) { done } else { failed });
            });
        }
    }
}
