//! A quiet line for the conversation when nothing came back since a letter that the network soon drops.

use dioxus::prelude::*;
use onionskin_core::{Event, Unanswered as Waiting};

use super::Here;
use crate::components::Icon;
use crate::state::{use_account, use_state};
use crate::{t, when};

/// The line, with the way to send the letter once more; nothing most of the time.
#[component]
pub fn Unanswered() -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let mut waiting = use_signal(|| None::<Waiting>);
    let mut busy = use_signal(|| false);
    // Another day may begin meanwhile.
    let day = use_memo(move || when::midday(state.now()));
    use_resource(move || async move {
        day.read();
        let client = account.client();
        let (id, mut events) = (here.id(), client.events());
        loop {
            match client.conversation(&id).unanswered().await {
                Ok(found) => waiting.set(found),
                Err(error) => tracing::warn!(?error, "whether a letter was answered could not be read"),
            }
            loop {
                match events.next().await {
                    Some(Event::MessageAdded(row) | Event::MessageChanged(row)) if row.conversation == id => break,
                    Some(Event::ConversationChanged(row)) if row.id == id => break,
                    Some(Event::Resync) => break,
                    Some(_) => (),
                    None => return,
                }
            }
        }
    });
    let again = move |_| {
        let Some(found) = waiting() else { return };
        busy.set(true);
        spawn(async move {
            match account.client().conversation(&here.id()).send_again(found.message).await {
                // The line of the next one that ends soon may stand there by now.
                Ok(()) => state.say(t!("unanswered-sent")),
                Err(error) => state.say_error(&error),
            }
            busy.set(false);
        });
    };
    let Some(found) = waiting() else { return rsx! {} };
    let now = state.now();
    let until = when::moment(found.ends_at, now, &state.texts.read());
    rsx! {
        div { class: "hint unanswered", role: "status", id: "unanswered",
            Icon { name: "clock", small: true }
            span { class: "grow",
                if found.ends_at > now {
                    {t!("unanswered-soon", name = here.name(), moment = until)}
                } else {
                    {t!("unanswered-over", name = here.name(), moment = until)}
                }
            }
            button { class: "btn small line", r#type: "button", id: "send-again", disabled: busy(), onclick: again,
                {t!("unanswered-again")}
            }
        }
    }
}
