//! From where a message is deleted: a sheet that says of each choice what stays.

use dioxus::prelude::*;
use onionskin_core::{MessageRow, MessageState, Reach};

use super::Here;
use crate::components::{Choice, Choices, Tap};
use crate::state::use_account;
use crate::t;

/// The sheet. `ondelete` is told how far the deletion goes; `None` is this device alone.
#[component]
pub fn Deleting(row: MessageRow, ondelete: EventHandler<Option<Reach>>, onclose: EventHandler<()>) -> Element {
    let (account, here) = (use_account(), use_context::<Here>());
    let own = here.id().account() == Some(&account.client().account_id());
    let reaches = reaches(&row, own);
    let mut chosen = use_signal(|| 0_usize);
    let name = here.name();
    let choices = reaches.iter().map(|reach| choice(*reach, row.outgoing, own, &name)).collect();
    let reach = reaches.get(chosen()).copied().flatten();
    let label = match reach {
        None => t!("delete-here"),
        Some(Reach::OurDevices) => t!("delete-mine"),
        Some(Reach::Everyone) => t!("delete-everyone"),
    };
    rsx! {
        section { class: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "delete-title",
            onclick: |event| event.stop_propagation(),
            header {
                h2 { id: "delete-title", {t!("delete-title")} }
                Tap { icon: "close", id: "delete-close", label: t!("close"), onclick: move |()| onclose.call(()) }
            }
            div { class: "body",
                Choices { label: t!("delete-where"), choices, chosen: chosen(), onchoose: move |at| chosen.set(at) }
            }
            div { class: "foot",
                button { class: "btn danger wide", r#type: "button", id: "delete-really",
                    onclick: move |_| ondelete.call(reach), "{label}" }
            }
        }
    }
}

/// How far a deletion of this message can go. What never left is here alone; an attempt that
/// failed may have left it with a node.
fn reaches(row: &MessageRow, own: bool) -> Vec<Option<Reach>> {
    let left = !row.outgoing || row.state != MessageState::Pending;
    match (left, row.outgoing && !own) {
        (false, _) => vec![None],
        (true, true) => vec![None, Some(Reach::OurDevices), Some(Reach::Everyone)],
        (true, false) => vec![None, Some(Reach::OurDevices)],
    }
}

fn choice(reach: Option<Reach>, outgoing: bool, own: bool, name: &str) -> Choice {
    let (id, text, hint) = match reach {
        None => ("delete-1", t!("delete-here-choice"), t!("delete-here-hint")),
        Some(Reach::OurDevices) if own => ("delete-2", t!("delete-mine-choice"), t!("delete-notes-hint")),
        Some(Reach::OurDevices) if outgoing => {
            ("delete-2", t!("delete-mine-choice"), t!("delete-mine-hint", name = name))
        }
        Some(Reach::OurDevices) => ("delete-2", t!("delete-mine-choice"), t!("delete-theirs-hint")),
        Some(Reach::Everyone) => ("delete-3", t!("delete-everyone-choice"), t!("delete-everyone-hint", name = name)),
    };
    Choice { id: id.to_owned(), text, hint: Some(hint) }
}
