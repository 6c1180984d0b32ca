//! Clearing: this device, or this device and what the network keeps.
//!
//! Nothing goes from this device before the network confirmed, or the person said that it may.

use dioxus::prelude::*;
use onionskin_core::{Erased, SwarmNode};

use super::Page;
use super::network::short_key;
use crate::components::{Ask, Icon, Item};
use crate::state::{sentence, use_account, use_state};
use crate::t;

/// What is cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Device,
    Network,
}

/// How far somebody is.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// Nothing was asked yet.
    Choosing,
    /// The first question.
    Asked(Reach),
    /// The second one.
    AskedAgain(Reach),
    /// The nodes are being asked.
    Erasing,
    /// Some nodes did not confirm; `None` when that was found out before this screen was opened.
    Left(Option<Erased>),
    /// No node confirmed, and why.
    Failed(String),
    /// "Remove anyway": what some nodes keep stays there until it expires. With the step before.
    Anyway(Box<Step>),
    /// The account is being removed from this device.
    Removing,
}

/// What follows on an attempt to erase what the network keeps.
fn after(erased: onionskin_core::Result<Erased>) -> Step {
    match erased {
        Ok(done) if done.failed.is_empty() => Step::Removing,
        Ok(done) => Step::Left(Some(done)),
        Err(error) => Step::Failed(sentence(&error)),
    }
}

/// Two ways to clear, two questions each.
#[component]
pub fn ClearData() -> Element {
    let (state, account) = (use_state(), use_account());
    let start = if account.client().is_erased() { Step::Left(None) } else { Step::Choosing };
    let mut step = use_signal(|| start);
    let mut remove = move || {
        step.set(Step::Removing);
        spawn(async move {
            let id = account.client().account_id();
            if let Err(error) = state.shell().remove(&id).await {
                state.say_error(&error);
                step.set(Step::Choosing);
            }
        });
    };
    let mut erase = move || {
        step.set(Step::Erasing);
        spawn(async move {
            match after(account.client().erase_from_network().await) {
                Step::Removing => remove(),
                next => step.set(next),
            }
        });
    };
    // When no node confirmed nothing was erased, and opening the account again lets it send and fetch as before.
    let go_on = move || {
        spawn(async move {
            if let Err(error) = state.shell().reopen().await {
                state.say_error(&error);
            }
        });
    };
    let name = account.name.read().clone();
    let now = step.read().clone();
    let over = match now.clone() {
        Step::Asked(reach) => Some(rsx! {
            Ask { id: "clear", danger: true, yes: t!("clear-go-on"), no: t!("clear-keep"),
                title: if reach == Reach::Device { t!("clear-device-title") } else { t!("clear-network-title") },
                text: if reach == Reach::Device { t!("clear-device-text") } else { t!("clear-network-text") },
                onyes: move |()| step.set(Step::AskedAgain(reach)),
                onno: move |()| step.set(Step::Choosing),
            }
        }),
        Step::AskedAgain(reach) => Some(rsx! {
            Ask { id: "clear-again", danger: true, no: t!("clear-keep"),
                title: t!("clear-again-title", name = name),
                text: if reach == Reach::Device { t!("clear-device-again") } else { t!("clear-network-again") },
                yes: if reach == Reach::Device { t!("clear-device-yes") } else { t!("clear-network-yes") },
                onyes: move |()| if reach == Reach::Device { remove() } else { erase() },
                onno: move |()| step.set(Step::Choosing),
            }
        }),
        Step::Anyway(before) => Some(rsx! {
            Ask { id: "clear-anyway", danger: true, no: t!("clear-keep"),
                title: t!("clear-anyway-title"), text: t!("clear-anyway-text"), yes: t!("clear-anyway-yes"),
                onyes: move |()| remove(),
                onno: move |()| step.set((*before).clone()),
            }
        }),
        Step::Removing => Some(rsx! {
            div { class: "veil", role: "status", "aria-busy": "true",
                div { class: "dialog", p { {t!("clear-removing")} } }
            }
        }),
        _ => None,
    };
    // Behind the question stays what it is about.
    let now = match now {
        Step::Anyway(before) => *before,
        now => now,
    };
    let anyway = EventHandler::new(move |()| {
        let before = step.peek().clone();
        step.set(Step::Anyway(Box::new(before)));
    });
    let result = match now {
        Step::Erasing => Some(rsx! {
            div { class: "stripe moving" }
            p { class: "lead-in", role: "status", id: "erasing", {t!("clear-erasing")} }
        }),
        Step::Left(erased) => Some(rsx! { Left { erased, onretry: move |()| erase(), onanyway: anyway } }),
        Step::Failed(why) => Some(rsx! {
            div { class: "banner danger", role: "alert", id: "erase-failed",
                Icon { name: "warning" }
                div { class: "grow", b { {t!("clear-failed")} } p { "{why}" } p { {t!("clear-failed-safe")} } }
            }
            Again { onretry: move |()| erase(), onanyway: anyway }
            div { class: "under",
                button { class: "btn plain wide", r#type: "button", id: "go-on-using", onclick: move |_| go_on(), {t!("clear-go-on-using")} }
            }
            p { class: "note", {t!("clear-silent")} }
        }),
        _ => None,
    };
    rsx! {
        Page { title: t!("clear-title"), over,
            if let Some(result) = result {
                {result}
            } else {
                p { class: "lead-in", {t!("clear-lead")} }
                div { class: "card",
                    Item { icon: "device", text: t!("clear-device"), hint: t!("clear-device-hint"), danger: true, leads: false, id: "clear-device",
                        onclick: move |()| step.set(Step::Asked(Reach::Device))
                    }
                    Item { icon: "storage", text: t!("clear-network"), hint: t!("clear-network-hint"), danger: true, leads: false, id: "clear-network",
                        onclick: move |()| step.set(Step::Asked(Reach::Network))
                    }
                }
                p { class: "note", {t!("clear-note")} }
            }
        }
    }
}

/// Which nodes confirmed and which did not.
#[component]
fn Left(erased: Option<Erased>, onretry: EventHandler<()>, onanyway: EventHandler<()>) -> Element {
    rsx! {
        div { class: "banner warn", role: "alert", id: "erase-left",
            Icon { name: "warning" }
            div { class: "grow",
                b { {t!("clear-left")} }
                p { {t!("clear-left-text")} }
            }
        }
        if let Some(erased) = erased {
            ul { class: "card flush", "aria-label": t!("clear-nodes"),
                for node in erased.confirmed {
                    Node { key: "{node.key}", node, confirmed: true }
                }
                for node in erased.failed {
                    Node { key: "{node.key}", node, confirmed: false }
                }
            }
        }
        Again { onretry, onanyway }
    }
}

/// One node and what it said.
#[component]
fn Node(node: SwarmNode, confirmed: bool) -> Element {
    let key = short_key(&node.key);
    rsx! {
        li { class: "item",
            span { class: "text mono", dir: "ltr", {node.ip.map_or_else(|| key.clone(), |ip| ip.to_string())} small { "{key}" } }
            span { class: if confirmed { "value state ok" } else { "value state off" },
                if confirmed { {t!("clear-confirmed")} } else { {t!("clear-not-confirmed")} }
            }
        }
    }
}

/// What can be done then.
#[component]
fn Again(onretry: EventHandler<()>, onanyway: EventHandler<()>) -> Element {
    rsx! {
        div { class: "below",
            button { class: "btn main wide", r#type: "button", id: "erase-again", onclick: move |_| onretry.call(()),
                Icon { name: "retry" }
                {t!("clear-retry")}
            }
            button { class: "btn danger-line wide", r#type: "button", id: "remove-anyway", onclick: move |_| onanyway.call(()), {t!("clear-anyway")} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(number: u8) -> SwarmNode {
        SwarmNode { key: format!("{number:064x}"), ip: None }
    }

    #[test]
    fn the_device_is_cleared_only_when_every_node_confirmed() {
        let all = Erased { confirmed: vec![node(1), node(2)], failed: Vec::new() };
        assert_eq!(after(Ok(all)), Step::Removing);
        let some = Erased { confirmed: vec![node(1)], failed: vec![node(2)] };
        assert_eq!(after(Ok(some.clone())), Step::Left(Some(some)));
    }
}
