//! From where messages are deleted: a sheet that says of each choice what stays.

use dioxus::prelude::*;
use onionskin_core::{MessageRow, MessageState, Reach};

use super::Here;
use crate::basket::Paper;
use crate::components::{Choice, Choices, Tap};
use crate::state::{UNDO_STAYS, use_account, use_state};
use crate::t;

/// The sheet, for one message or several.
#[component]
pub fn Deleting(rows: Vec<MessageRow>, onclose: EventHandler<()>) -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let own = here.id().account() == Some(&account.client().account_id());
    let (reaches, count) = (reaches(&rows, own), rows.len());
    let mut chosen = use_signal(|| 0_usize);
    let what = What { outgoing: rows.iter().all(|row| row.outgoing), own, name: here.name(), count };
    let choices = reaches.iter().map(|reach| what.choice(*reach)).collect();
    let reach = reaches.get(chosen()).copied().flatten();
    let label = match reach {
        None => t!("delete-here"),
        Some(Reach::OurDevices) => t!("delete-mine"),
        Some(Reach::Everyone) => t!("delete-everyone"),
    };
    let delete = move |_| {
        let messages = rows.iter().map(|row| row.id).collect();
        let (basket, client) = (state.shell().basket().clone(), account.client());
        let paper = Paper::Messages(here.id(), messages, reach);
        basket.throw(client.clone(), paper.clone(), state.shell().clock().clone(), UNDO_STAYS);
        state.picked.end();
        state.say_with_undo(done(reach, count), move || _ = basket.take_out(&client, &paper));
        onclose.call(());
    };
    rsx! {
        div { class: "veil low over", id: "delete-veil", "data-escape": "true", onclick: move |_| onclose.call(()),
            section { class: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "delete-title",
                onclick: |event| event.stop_propagation(),
                header {
                    h2 { id: "delete-title", {t!("delete-title", count = count)} }
                    Tap { icon: "close", id: "delete-close", label: t!("close"), onclick: move |()| onclose.call(()) }
                }
                div { class: "body",
                    Choices { label: t!("delete-where"), choices, chosen: chosen(), onchoose: move |at| chosen.set(at) }
                }
                div { class: "foot",
                    button { class: "btn danger wide", r#type: "button", id: "delete-really", onclick: delete,
                        "{label}" }
                }
            }
        }
    }
}

/// How far a deletion of all of them can go. What never left is here alone; an attempt that failed may have left it
/// with a node.
fn reaches(rows: &[MessageRow], own: bool) -> Vec<Option<Reach>> {
    let left = rows.iter().all(|row| !row.outgoing || row.state != MessageState::Pending);
    match (left, !own && rows.iter().all(|row| row.outgoing)) {
        (false, _) => vec![None],
        (true, true) => vec![None, Some(Reach::OurDevices), Some(Reach::Everyone)],
        (true, false) => vec![None, Some(Reach::OurDevices)],
    }
}

/// What is said once they are gone.
fn done(reach: Option<Reach>, count: usize) -> String {
    match reach {
        None => t!("delete-done", count = count),
        Some(Reach::OurDevices) => t!("delete-done-mine", count = count),
        Some(Reach::Everyone) => t!("delete-done-everyone", count = count),
    }
}

/// What is deleted.
struct What {
    /// All of it is ours.
    outgoing: bool,
    /// They are notes to ourselves.
    own: bool,
    /// The other person.
    name: String,
    count: usize,
}

impl What {
    fn choice(&self, reach: Option<Reach>) -> Choice {
        let (name, count) = (self.name.as_str(), self.count);
        let (id, text, hint) = match reach {
            None => ("delete-1", t!("delete-here-choice"), t!("delete-here-hint", count = count)),
            Some(Reach::OurDevices) => ("delete-2", t!("delete-mine-choice"), self.hint()),
            Some(Reach::Everyone) => {
                ("delete-3", t!("delete-everyone-choice"), t!("delete-everyone-hint", name = name, count = count))
            }
        };
        Choice { id: id.to_owned(), text, hint: Some(hint) }
    }

    /// What stays after a deletion on all our devices.
    fn hint(&self) -> String {
        match (self.own, self.outgoing) {
            (true, _) => t!("delete-notes-hint", count = self.count),
            (false, true) => t!("delete-mine-hint", name = self.name.as_str(), count = self.count),
            (false, false) => t!("delete-theirs-hint", count = self.count),
        }
    }
}
