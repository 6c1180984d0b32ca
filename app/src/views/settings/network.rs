//! The network: which one, what is known of it, what went wrong, and the files that describe it.

use dioxus::prelude::*;
use onionskin_core::{Error, ErrorKind, Hint, NetworkTask, NodesKnown, Origin, Roads, SwarmNode};

use super::file::{FileButton, Given};
use super::{Page, moment};
use crate::components::{Fact, Icon};
use crate::platform::{Content, Kept};
use crate::shell::NetworkOrigin;
use crate::state::{State, error_name, sentence, use_account, use_state};
use crate::t;

/// What is known of the network, and files in and out.
#[component]
pub fn Network() -> Element {
    rsx! {
        Page { title: t!("network-title"),
            Description {}
            NodeList {}
            Swarm {}
            Troubles {}
        }
    }
}

/// What came of a file: good news or bad.
#[derive(Clone, PartialEq)]
struct Outcome {
    good: bool,
    text: String,
}

#[component]
fn Told(outcome: Signal<Option<Outcome>>, id: &'static str) -> Element {
    let good = outcome.read().as_ref().is_some_and(|outcome| outcome.good);
    let icon = if good { "check" } else { "warning" };
    rsx! {
        div { role: "status", "aria-live": "polite",
            if let Some(outcome) = &*outcome.read() {
                p { class: if good { "told" } else { "told bad" }, id,
                    Icon { name: icon, small: true }
                    span { "{outcome.text}" }
                }
            }
        }
    }
}

/// Which network, and where its description comes from.
#[component]
fn Description() -> Element {
    let state = use_state();
    let shell = state.shell();
    let mut outcome = use_signal(|| None::<Outcome>);
    let mut chosen = use_signal(|| state.shell().chosen_network().map(|network| network.name));
    let origin = shell.network_origin();
    let mut choose = move |description: Option<String>| {
        let told = match state.shell().choose_network(description.as_deref()) {
            Ok(Some(network)) => Outcome { good: true, text: t!("network-chosen", name = network.name) },
            Ok(None) => Outcome { good: true, text: t!("network-built-in-chosen") },
            Err(error) => Outcome { good: false, text: description_error(&error) },
        };
        chosen.set(state.shell().chosen_network().map(|network| network.name));
        outcome.set(Some(told));
    };
    rsx! {
        dl { class: "card flush",
            Fact { name: t!("network-name"), value: shell.network().name.clone(), id: "network-name" }
            Fact { name: t!("network-from"), id: "network-from",
                value: match origin {
                    NetworkOrigin::CommandLine => t!("network-from-command-line"),
                    NetworkOrigin::Chosen => t!("network-from-file"),
                    NetworkOrigin::BuiltIn => t!("network-from-program"),
                }
            }
        }
        if origin == NetworkOrigin::CommandLine {
            p { class: "note", id: "command-line-note", {t!("network-command-line-note")} }
        }
        div { class: "below",
            FileButton { id: "network-file", label: t!("network-choose"), accept: ".json,application/json",
                limit: DESCRIPTION_BYTES,
                ongiven: move |given| match given {
                    Given::Text(text) => choose(Some(text)),
                    Given::Large => outcome.set(Some(Outcome { good: false, text: t!("network-file-large") })),
                    Given::Unreadable => outcome.set(Some(Outcome { good: false, text: t!("network-file-unreadable")
                    })),
                }
            }
            if chosen.read().is_some() {
                button { class: "btn plain wide", r#type: "button", id: "built-in", onclick: move |_| choose(None),
                    {t!("network-back")}
                }
            }
            Told { outcome, id: "network-told" }
        }
        p { class: "note", {t!("network-choose-note")} }
    }
}

/// What is wrong with a description of a network.
fn description_error(error: &Error) -> String {
    match (error.kind(), error.hint()) {
        (ErrorKind::InvalidInput, Some(Hint::Field(field))) => t!("network-wrong-field", field = (*field).to_owned()),
        (ErrorKind::InvalidInput, _) => t!("network-wrong"),
        _ => sentence(error),
    }
}

/// The public list of nodes.
#[component]
fn NodeList() -> Element {
    let (state, account) = (use_state(), use_account());
    let mut outcome = use_signal(|| None::<Outcome>);
    let mut imported = use_signal(|| 0_u32);
    account.network.read();
    imported.read();
    let Some(roads) = roads(state) else { return rsx! {} };
    let known = roads.nodes();
    let import = move |text: String| {
        let roads = roads.clone();
        spawn(async move {
            outcome.set(Some(import(roads, text).await));
            imported += 1;
        });
    };
    rsx! {
        h2 { class: "section inset", {t!("network-nodes")} }
        Nodes { known }
        div { class: "below",
            FileButton { id: "node-list-file", label: t!("network-import"), accept: ".json,application/json",
                limit: LIST_BYTES,
                ongiven: move |given| match given {
                    Given::Text(text) => import(text),
                    Given::Large => outcome.set(Some(Outcome { good: false, text: t!("network-file-large") })),
                    Given::Unreadable => outcome.set(Some(Outcome { good: false, text: t!("network-file-unreadable")
                    })),
                }
            }
            SaveList { none: known.count == 0, outcome }
            Told { outcome, id: "list-told" }
        }
        p { class: "note", {t!("network-list-note")} }
    }
}

fn roads(state: State) -> Option<Roads> {
    state.shell().accounts().map(|accounts| accounts.roads().clone())
}

/// Takes a list from a file, and says what came of it.
async fn import(roads: Roads, text: String) -> Outcome {
    // A long list takes a moment to read and to write.
    let read = tokio::task::spawn_blocking(move || roads.import(&text)).await;
    match read.unwrap_or_else(|_| Err(Error::bug("reading a node list ended"))) {
        Ok(count) => Outcome { good: true, text: t!("network-imported", count = count) },
        Err(error) => Outcome {
            good: false,
            text: match error.kind() {
                ErrorKind::InvalidInput => t!("network-import-wrong"),
                ErrorKind::TooLarge => t!("network-file-large"),
                _ => sentence(&error),
            },
        },
    }
}

/// The list in numbers.
#[component]
fn Nodes(known: NodesKnown) -> Element {
    rsx! {
        dl { class: "card flush",
            Fact { name: t!("network-count"), value: t!("network-count-of", usable = known.usable, count = known.count),
                id: "network-count"
            }
            Fact { name: t!("network-origin"), id: "network-origin",
                value: match known.origin {
                    Origin::Nothing => t!("network-origin-nothing"),
                    Origin::Shipped => t!("network-origin-shipped"),
                    Origin::Imported => t!("network-origin-imported"),
                    Origin::Cached => t!("network-origin-cached"),
                    Origin::Seed => t!("network-origin-seed"),
                    Origin::Nodes => t!("network-origin-nodes"),
                    Origin::WithoutSeeds => t!("network-origin-without-seeds"),
                }
            }
            if let Some(at) = known.fetched_at {
                Fact { name: t!("network-date"), value: moment(at), id: "network-date" }
            }
        }
    }
}

/// Saves the list into a file, where the system has a place for it.
#[component]
fn SaveList(none: bool, mut outcome: Signal<Option<Outcome>>) -> Element {
    let state = use_state();
    let Some((files, roads)) = state.shell().platform().files.clone().zip(roads(state)) else { return rsx! {} };
    let save = move |_| {
        let (files, roads) = (files.clone(), roads.clone());
        spawn(async move {
            let name = format!("onionskin-nodes-{}.json", roads.network().name);
            let list = Content::written_by(move |out| out.write_all(roads.export().as_bytes()));
            match files.save(&name, list).await {
                Ok(Some(Kept(path))) => {
                    outcome.set(Some(Outcome { good: true, text: t!("network-saved", path = path) }))
                }
                // They changed their mind.
                Ok(None) => (),
                Err(error) => {
                    tracing::warn!(%error, "the list of nodes was not saved");
                    outcome.set(Some(Outcome { good: false, text: t!("network-not-saved") }));
                }
            }
        });
    };
    rsx! {
        button { class: "btn line wide", r#type: "button", id: "save-list", disabled: none, onclick: save,
            Icon { name: "download" }
            {t!("network-save")}
        }
    }
}

/// The nodes that keep letters for this account; asked for only when somebody wants to know.
#[component]
fn Swarm() -> Element {
    let account = use_account();
    let mut asked = use_signal(|| None::<Result<Vec<SwarmNode>, String>>);
    let mut busy = use_signal(|| false);
    let ask = move |_| {
        if busy() {
            return;
        }
        busy.set(true);
        spawn(async move {
            let members = account.client().swarm().await;
            asked.set(Some(members.map_err(|error| sentence(&error))));
            busy.set(false);
        });
    };
    rsx! {
        h2 { class: "section inset", {t!("network-swarm")} }
        match &*asked.read() {
            Some(Ok(members)) => rsx! {
                ul { class: "card flush", id: "swarm", "aria-label": t!("network-swarm"),
                    for member in members {
                        li { key: "{member.key}", class: "item",
                            span { class: "text mono", dir: "ltr",
                                {member.ip.map_or_else(|| t!("network-no-address"), |ip| ip.to_string())}
                            }
                            span { class: "value mono", dir: "ltr", {short_key(&member.key)} }
                        }
                    }
                }
            },
            Some(Err(wrong)) => rsx! { p { class: "note bad", role: "alert", "{wrong}" } },
            None => rsx! {},
        }
        div { class: "below",
            button { class: "btn line wide", r#type: "button", id: "ask-swarm", disabled: busy(), onclick: ask,
                if busy() { {t!("network-swarm-asking")} } else { {t!("network-swarm-ask")} }
            }
        }
        p { class: "note", {t!("network-swarm-note")} }
    }
}

/// What went wrong lately.
#[component]
fn Troubles() -> Element {
    let account = use_account();
    account.network.read();
    let troubles = account.client().network_log();
    rsx! {
        h2 { class: "section inset", {t!("network-troubles")} }
        if troubles.is_empty() {
            p { class: "note", id: "no-troubles", {t!("network-no-troubles")} }
        } else {
            ul { class: "card flush", id: "troubles", "aria-label": t!("network-troubles"),
                for (number, trouble) in troubles.iter().rev().take(TROUBLES_SHOWN).enumerate() {
                    li { key: "{number}", class: "item",
                        span { class: "text",
                            {t!(&format!("error-{}", error_name(trouble.kind)))}
                            small {
                                {moment(trouble.at)}
                                " · "
                                {match trouble.during {
                                    NetworkTask::Sending => t!("network-during-sending"),
                                    NetworkTask::Erasing => t!("network-during-erasing"),
                                    _ => t!("network-during-polling"),
                                }}
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The ends of a key.
pub fn short_key(key: &str) -> String {
    let (start, end) = (key.get(..6).unwrap_or(key), key.get(key.len().saturating_sub(4)..).unwrap_or_default());
    format!("{start}…{end}")
}

/// The largest file that core reads as a description of a network.
const DESCRIPTION_BYTES: usize = 64 * 1024;
/// The largest file that core reads as a list of nodes.
const LIST_BYTES: usize = 16 * 1024 * 1024;
/// Newest first; more than a screen of them says nothing more.
const TROUBLES_SHOWN: usize = 20;
