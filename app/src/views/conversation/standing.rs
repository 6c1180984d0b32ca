//! Where a message of ours stands, as its bubble and its details show it.

use dioxus::prelude::*;
use onionskin_core::{Failure, MessageRow, MessageState};

use crate::components::Icon;
use crate::t;

/// Where a message of ours stands.
#[component]
pub fn State(state: MessageState, outgoing: bool, seen: bool) -> Element {
    match state {
        MessageState::Sent if outgoing && seen => rsx! { Icon { name: "opened", label: t!("state-read") } },
        MessageState::Pending | MessageState::Retrying { .. } => {
            rsx! { Icon { name: "clock", label: t!("state-waiting") } }
        }
        MessageState::Sent if outgoing => rsx! { Icon { name: "check", label: t!("state-sent") } },
        MessageState::Failed(_) => rsx! { Icon { name: "failed", class: "failed", label: t!("state-failed") } },
        _ => rsx! {},
    }
}

/// By how many nodes of how many a message was accepted that is tried again because these are too few.
pub fn taken_by_few(row: &MessageRow) -> Option<(u32, u32)> {
    let sending = row.sending.as_ref().filter(|_| matches!(row.state, MessageState::Retrying { .. }))?;
    (sending.accepted > 0).then_some((sending.accepted, sending.asked))
}

/// The name of a failure in the translations.
pub fn failure_name(why: Failure) -> &'static str {
    match why {
        Failure::Rejected => "rejected",
        Failure::Expired => "expired",
        Failure::TooLarge => "too-large",
        Failure::NotAllowed => "not-allowed",
        Failure::ClockWrong => "clock",
        _ => "other",
    }
}
