//! What is known of one message: times, how far it got, the way it took.

use dioxus::prelude::*;
use onionskin_core::{Event, MessageId, MessageRow, MessageState, Sending};

use super::standing::{failure_name, taken_by_few};
use crate::components::{Bar, Fact};
use crate::state::{use_account, use_state};
use crate::{t, when};

/// The sheet of one message; live while it is open.
#[component]
pub fn Details(message: MessageId) -> Element {
    let (state, account) = (use_state(), use_account());
    let (row, gone) = use_message(message);
    let resend = move |_| {
        spawn(async move {
            let known = row.peek().clone();
            if let Some(known) = known
                && let Err(error) = account.client().conversation(&known.conversation).resend(message).await
            {
                state.say_error(&error);
            }
        });
    };
    rsx! {
        main { class: "screen",
            Bar { title: t!("details-title") }
            div { class: "page",
                if gone() {
                    p { class: "note", {t!("error-not-found")} }
                } else if let Some(row) = row() {
                    Facts { row: row.clone() }
                    if let Some(sending) = row.sending.clone() {
                        h2 { class: "section", {t!("details-way")} }
                        dl { class: "card flush",
                            Way { sending }
                        }
                        p { class: "note", {t!("details-way-note")} }
                    }
                    if matches!(row.state, MessageState::Failed(_) | MessageState::Retrying { .. }) {
                        div { class: "btns pad",
                            button { class: "btn main", r#type: "button", id: "resend", onclick: resend,
                                {t!("menu-resend")} }
                        }
                    }
                }
            }
        }
    }
}

/// A message, followed as it changes; and whether it is gone.
fn use_message(message: MessageId) -> (Signal<Option<MessageRow>>, Signal<bool>) {
    let account = use_account();
    let mut row = use_signal(|| None::<MessageRow>);
    let mut gone = use_signal(|| false);
    use_future(move || async move {
        let client = account.client();
        let mut events = client.events();
        loop {
            match client.message(message).await {
                Ok(Some(now)) => row.set(Some(now)),
                Ok(None) => gone.set(true),
                Err(error) => tracing::warn!(?error, "message could not be read"),
            }
            loop {
                match events.next().await {
                    Some(Event::MessageChanged(changed)) if changed.id == message => break,
                    Some(Event::MessageRemoved { message: removed, .. }) if removed == message => break,
                    Some(Event::Resync) => break,
                    Some(_) => (),
                    None => return,
                }
            }
        }
    });
    (row, gone)
}

/// When, and how far it got or from whom it came.
#[component]
fn Facts(row: MessageRow) -> Element {
    let state = use_state();
    let texts = state.texts.read().clone();
    let now = state.now();
    rsx! {
        dl { class: "card flush",
            Fact { name: t!("details-sent"), value: when::moment(row.sent_at, now, &texts) }
            Fact { name: if row.outgoing { t!("details-stored") } else { t!("details-arrived") },
                value: when::moment(row.received_at, now, &texts) }
            if row.outgoing {
                Fact { name: t!("details-state"), value: stage(&row, &texts) }
            } else {
                Fact { name: t!("details-from"), value: row.sender.to_string(), mono: true }
            }
        }
    }
}

#[component]
fn Way(sending: Sending) -> Element {
    let millis = u64::try_from(sending.latency.as_millis()).unwrap_or(u64::MAX);
    let names = ["details-entry", "details-relay", "details-exit"];
    let destination = sending.destination.get(..12).unwrap_or(&sending.destination).to_owned();
    rsx! {
        if sending.asked > 0 {
            Fact { name: t!("details-accepted"),
                value: t!("details-accepted-of", accepted = sending.accepted, asked = sending.asked) }
        }
        for (hop, name) in sending.hops.iter().zip(names) {
            Fact { key: "{name}", name: t!(name), value: hop.ip.to_string(), mono: true }
        }
        if !destination.is_empty() {
            Fact { name: t!("details-destination"), value: "{destination}…", mono: true }
        }
        Fact { name: t!("details-latency"), value: t!("milliseconds", count = millis) }
        if sending.attempts > 1 {
            Fact { name: t!("details-attempts"), value: sending.attempts.to_string() }
        }
    }
}

/// Where a message of ours stands, in words.
fn stage(row: &MessageRow, texts: &crate::text::Texts) -> String {
    match row.state {
        MessageState::Pending => t!("stage-stored"),
        MessageState::Retrying { at } => {
            let clock = when::clock(at, texts);
            match taken_by_few(row) {
                Some((accepted, asked)) => {
                    t!("stage-retrying-accepted", accepted = accepted, asked = asked, clock = clock)
                }
                None => t!("stage-retrying", clock = clock),
            }
        }
        MessageState::Failed(why) => t!(&format!("failure-{}", failure_name(why))),
        _ => t!("stage-sent"),
    }
}
