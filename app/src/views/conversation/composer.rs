//! Where letters are written. The page owns the text; nothing typed is ever lost: the draft is kept as it grows, and what
//! could not be stored comes back into the field.

use std::time::Duration;

use dioxus::prelude::*;
use onionskin_core::client::{Conversation, Draft};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::Here;
use crate::components::{Icon, Typed, empty};
use crate::state::{sentence, use_account, use_state};
use crate::t;

const FIELD: &str = "draft";
/// A pause in typing after which the draft is kept.
const PAUSE: Duration = Duration::from_millis(250);

/// The field and its button.
#[component]
pub fn Composer() -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let typed = Typed::hook();
    let mut wrong = use_signal(|| None::<String>);
    let mut changes = use_hook(|| CopyValue::new(0_u64));
    // One after the other, so that letters keep the order in which they were written; goes on when the screen is left.
    let outbox = use_hook(|| {
        let (sender, mut letters) = mpsc::unbounded_channel::<Zeroizing<String>>();
        let (failed, failures) = mpsc::unbounded_channel();
        let (client, id) = (account.client(), here.id());
        tokio::spawn(async move {
            let Ok(conversation) = client.conversation(&id).await else { return };
            while let Some(text) = letters.recv().await {
                match conversation.send(Draft::text(text.as_str())).await {
                    Ok(_) => {}
                    Err(error) => {
                        let _ = failed.send((text, error));
                    }
                }
            }
        });
        (CopyValue::new(sender), CopyValue::new(Some(failures)))
    });
    use_future(move || async move {
        let (_, mut failures) = outbox;
        let Some(mut failures) = failures.write().take() else { return };
        while let Some((text, error)) = failures.recv().await {
            wrong.set(Some(sentence(&error)));
            // In front of what was typed since.
            let text = serde_json::Value::from(text.as_str());
            document::eval(&format!("onionskin.putBack('{FIELD}', {text})"));
        }
    });
    // What was typed before comes back once, when the conversation is shown.
    use_future(move || async move {
        let client = account.client();
        let Ok(conversation) = client.conversation(&here.id()).await else { return };
        if let Ok(Some(row)) = conversation.row().await
            && !row.draft.is_empty()
        {
            typed.note(row.draft.clone());
            let text = serde_json::Value::from(row.draft);
            document::eval(&format!("onionskin.fill('{FIELD}', {text})"));
        }
    });
    let keep = move |text: Zeroizing<String>| {
        let (client, id) = (account.client(), here.id());
        async move {
            if let Ok(conversation) = client.conversation(&id).await {
                keep_draft(&conversation, &text).await;
            }
        }
    };
    use_drop(move || {
        let text = typed.text();
        if *changes.peek() > 0 {
            tokio::spawn(keep(text));
        }
    });
    let send = move |event: FormEvent| {
        event.prevent_default();
        let text = typed.take();
        if text.trim().is_empty() {
            typed.note(text.to_string());
            return;
        }
        wrong.set(None);
        empty(FIELD, "");
        let _ = outbox.0.peek().send(text);
        *changes.write() += 1;
        tokio::spawn(keep(Zeroizing::default()));
    };
    let note = move |event: FormEvent| {
        typed.note(event.value());
        *changes.write() += 1;
        let now = *changes.peek();
        spawn(async move {
            tokio::time::sleep(PAUSE).await;
            if *changes.peek() == now {
                keep(typed.text()).await;
            }
        });
    };
    let enter = if state.preferences.read().enter_sends { "sends" } else { "lines" };
    rsx! {
        if let Some(wrong) = wrong() {
            p { class: "wrong composer-wrong", role: "alert", Icon { name: "warning", small: true } span { "{wrong}" } }
        }
        form { class: "composer", onsubmit: send,
            div { class: "field",
                div { class: "line",
                    textarea {
                        id: FIELD, rows: "1", dir: "auto", "aria-label": t!("composer-label"), placeholder: t!("composer-label"),
                        autocomplete: "off", "data-enter": enter, oninput: note,
                    }
                }
            }
            button { class: "round", r#type: "submit", id: "send", "aria-label": t!("composer-send"), Icon { name: "send", flip: true } }
        }
    }
}

async fn keep_draft(conversation: &Conversation, text: &str) {
    if let Err(error) = conversation.set_draft(text).await {
        tracing::warn!(?error, "draft could not be kept");
    }
}
