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

impl Step {
    /// The step that a question is about.
    fn behind(self) -> Self {
        match self {
            Self::Anyway(before) => *before,
            now => now,
        }
    }
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
    let deeds = use_deeds();
    let name = use_account().name.read().clone();
    let now = deeds.step.read().clone();
    let over = question(now.clone(), name, deeds);
    rsx! {
        Page { title: t!("clear-title"), over,
            // Behind a question stays what it is about.
            match now.behind() {
                Step::Erasing => rsx! {
                    div { class: "stripe moving" }
                    p { class: "lead-in", role: "status", id: "erasing", {t!("clear-erasing")} }
                },
                Step::Left(erased) => rsx! { Left { erased, deeds } },
                Step::Failed(why) => rsx! { Failed { why, deeds } },
                Step::Choosing | Step::Asked(_) | Step::AskedAgain(_) | Step::Anyway(_) | Step::Removing => rsx! {
                    Ways { deeds }
                },
            }
        }
    }
}

/// How far somebody is, and what takes them further.
#[derive(Clone, Copy, PartialEq)]
struct Deeds {
    step: Signal<Step>,
    /// Removes the account from this device.
    remove: Callback<()>,
    /// Erases what the network keeps; when every node confirmed, removes.
    erase: Callback<()>,
}

impl Deeds {
    fn go(self, next: Step) {
        let mut step = self.step;
        step.set(next);
    }

    /// Asks whether to remove in spite of what is left.
    fn anyway(self) {
        let before = self.step.peek().clone();
        self.go(Step::Anyway(Box::new(before)));
    }
}

fn use_deeds() -> Deeds {
    let (state, account) = (use_state(), use_account());
    let start = if account.client().is_erased() { Step::Left(None) } else { Step::Choosing };
    let mut step = use_signal(|| start);
    let remove = use_callback(move |()| {
        step.set(Step::Removing);
        spawn(async move {
            let id = account.client().account_id();
            if let Err(error) = state.shell().remove(&id).await {
                state.say_error(&error);
                step.set(Step::Choosing);
            }
        });
    });
    let erase = use_callback(move |()| {
        step.set(Step::Erasing);
        spawn(async move {
            match after(account.client().erase_from_network().await) {
                Step::Removing => remove.call(()),
                next => step.set(next),
            }
        });
    });
    Deeds { step, remove, erase }
}

/// What lies over the screen: a question, or that the account is going.
fn question(now: Step, name: String, deeds: Deeds) -> Option<Element> {
    let by = |reach: Reach, device: String, network: String| if reach == Reach::Device { device } else { network };
    match now {
        Step::Asked(reach) => Some(rsx! {
            Ask { id: "clear", danger: true, yes: t!("clear-go-on"), no: t!("clear-keep"),
                title: by(reach, t!("clear-device-title"), t!("clear-network-title")),
                text: by(reach, t!("clear-device-text"), t!("clear-network-text")),
                onyes: move |()| deeds.go(Step::AskedAgain(reach)),
                onno: move |()| deeds.go(Step::Choosing),
            }
        }),
        Step::AskedAgain(reach) => Some(rsx! {
            Ask { id: "clear-again", danger: true, no: t!("clear-keep"),
                title: t!("clear-again-title", name = name),
                text: by(reach, t!("clear-device-again"), t!("clear-network-again")),
                yes: by(reach, t!("clear-device-yes"), t!("clear-network-yes")),
                onyes: move |()| if reach == Reach::Device { deeds.remove.call(()) } else { deeds.erase.call(()) },
                onno: move |()| deeds.go(Step::Choosing),
            }
        }),
        Step::Anyway(before) => Some(rsx! {
            Ask { id: "clear-anyway", danger: true, no: t!("clear-keep"),
                title: t!("clear-anyway-title"), text: t!("clear-anyway-text"), yes: t!("clear-anyway-yes"),
                onyes: move |()| deeds.remove.call(()),
                onno: move |()| deeds.go((*before).clone()),
            }
        }),
        Step::Removing => Some(rsx! {
            div { class: "veil", role: "status", "aria-busy": "true",
                div { class: "dialog", p { {t!("clear-removing")} } }
            }
        }),
        Step::Choosing | Step::Erasing | Step::Left(_) | Step::Failed(_) => None,
    }
}

/// The two ways to clear.
#[component]
fn Ways(deeds: Deeds) -> Element {
    rsx! {
        p { class: "lead-in", {t!("clear-lead")} }
        div { class: "card",
            Item { icon: "device", text: t!("clear-device"), hint: t!("clear-device-hint"), danger: true, leads: false,
                id: "clear-device",
                onclick: move |()| deeds.go(Step::Asked(Reach::Device))
            }
            Item { icon: "storage", text: t!("clear-network"), hint: t!("clear-network-hint"), danger: true,
                leads: false, id: "clear-network",
                onclick: move |()| deeds.go(Step::Asked(Reach::Network))
            }
        }
        p { class: "note", {t!("clear-note")} }
    }
}

/// No node confirmed.
#[component]
fn Failed(why: String, deeds: Deeds) -> Element {
    let state = use_state();
    // Nothing was erased then, and opening the account again lets it send and fetch as before.
    let go_on = move |_| {
        spawn(async move {
            if let Err(error) = state.shell().reopen().await {
                state.say_error(&error);
            }
        });
    };
    rsx! {
        div { class: "banner danger", role: "alert", id: "erase-failed",
            Icon { name: "warning" }
            div { class: "grow", b { {t!("clear-failed")} } p { "{why}" } p { {t!("clear-failed-safe")} } }
        }
        Again { deeds }
        div { class: "under",
            button { class: "btn plain wide", r#type: "button", id: "go-on-using", onclick: go_on,
                {t!("clear-go-on-using")}
            }
        }
        p { class: "note", {t!("clear-silent")} }
    }
}

/// Which nodes confirmed and which did not.
#[component]
fn Left(erased: Option<Erased>, deeds: Deeds) -> Element {
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
        Again { deeds }
    }
}

/// One node and what it said.
#[component]
fn Node(node: SwarmNode, confirmed: bool) -> Element {
    let key = short_key(&node.key);
    rsx! {
        li { class: "item",
            span { class: "text mono", dir: "ltr",
                {node.ip.map_or_else(|| key.clone(), |ip| ip.to_string())}
                small { "{key}" }
            }
            span { class: if confirmed { "value state ok" } else { "value state off" },
                if confirmed { {t!("clear-confirmed")} } else { {t!("clear-not-confirmed")} }
            }
        }
    }
}

/// What can be done then.
#[component]
fn Again(deeds: Deeds) -> Element {
    rsx! {
        div { class: "below",
            button { class: "btn main wide", r#type: "button", id: "erase-again",
                onclick: move |_| deeds.erase.call(()),
                Icon { name: "retry" }
                {t!("clear-retry")}
            }
            button { class: "btn danger-line wide", r#type: "button", id: "remove-anyway",
                onclick: move |_| deeds.anyway(),
                {t!("clear-anyway")}
            }
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
