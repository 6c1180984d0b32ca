//! The way that letters take, as it stands now, and what each stop on it can see.

use dioxus::prelude::*;
use onionskin_core::{Connection, ErrorKind, PathSummary};

use super::Page;
use crate::components::Icon;
use crate::state::{error_name, use_account, use_state};
use crate::t;

/// The path as the last request told; follows what happens on the network.
pub fn use_path() -> PathSummary {
    let account = use_account();
    account.network.read();
    let (summary, connection) = (account.client().path_summary(), *account.connection.read());
    as_seen(summary, connection)
}

/// A path that stood when the network went away is no path that stands.
fn as_seen(summary: PathSummary, connection: Connection) -> PathSummary {
    match (summary, connection) {
        (PathSummary::Live(_), Connection::Offline) => PathSummary::Broken { why: ErrorKind::Offline },
        (summary, _) => summary,
    }
}

/// You, three nodes, and where the letter waits.
#[component]
pub fn Path() -> Element {
    let (state, account) = (use_state(), use_account());
    let mut trying = use_signal(|| false);
    let summary = use_path();
    let retry = move |_| {
        if trying() {
            return;
        }
        trying.set(true);
        let stands = matches!(account.client().path_summary(), PathSummary::Live(_));
        spawn(async move {
            let client = account.client();
            let tried = if stands { client.build_new_path().await } else { client.retry_network().await };
            if let Err(error) = tried {
                state.say_error(&error);
            }
            trying.set(false);
        });
    };
    let (class, title, lead, hop_state) = match &summary {
        PathSummary::Live(_) => ("state ok", t!("path-live"), t!("path-live-lead"), "live"),
        PathSummary::Broken { why } => {
            ("state off", t!("path-broken"), t!(&format!("error-{}", error_name(*why))), "broken")
        }
        _ => ("state wait", t!("path-building"), t!("path-building-lead"), "building"),
    };
    let (hops, latency) = match &summary {
        PathSummary::Live(path) => (path.hops.clone(), path.latency),
        _ => (Vec::new(), None),
    };
    let millis = latency.map(|latency| u32::try_from(latency.as_millis()).unwrap_or(u32::MAX).max(1));
    let node = |number: usize| hops.get(number).map(|hop| hop.ip.to_string());
    let waits = if hop_state == "live" { None } else { Some(t!(&format!("path-hop-{hop_state}"))) };
    let knows = |text: String| waits.clone().unwrap_or(text);
    rsx! {
        Page { title: t!("path-title"),
            div { class: "path-state",
                p { class, role: "status", id: "path-state", "data-state": hop_state, "{title}" }
                p { class: "quiet", "{lead}" }
            }
            ol { class: "route", "aria-label": t!("path-route"),
                Hop { skins: 3, hop_state: "live", link: hop_state, name: t!("path-you"),
                    text: if hop_state == "live" { t!("path-you-live") } else { t!("path-you-waiting") }
                }
                Hop { skins: 2, hop_state, link: hop_state, name: t!("path-entry"), at: node(0),
                    text: knows(t!("path-entry-knows"))
                }
                Hop { skins: 1, hop_state, link: hop_state, name: t!("path-relay"), at: node(1),
                    text: knows(t!("path-relay-knows"))
                }
                Hop { skins: 0, hop_state, link: hop_state, name: t!("path-exit"), at: node(2),
                    text: knows(t!("path-exit-knows"))
                }
                Hop { skins: 0, tray: true, hop_state, link: hop_state, name: t!("path-destination"), millis,
                    text: if hop_state == "live" {
                        t!("path-destination-knows")
                    } else {
                        t!("path-destination-waiting")
                    }
                }
            }
            div { class: "path-foot",
                if hop_state == "live" {
                    button { class: "btn line wide", r#type: "button", id: "path-new", disabled: trying(),
                        onclick: retry,
                        Icon { name: "path" }
                        {t!("path-new")}
                    }
                } else if hop_state == "broken" || trying() {
                    button { class: "btn main wide", r#type: "button", id: "path-retry", disabled: trying(),
                        onclick: retry,
                        Icon { name: "retry" }
                        if trying() { {t!("path-trying")} } else { {t!("try-again")} }
                    }
                }
                p { class: "fine", {t!("path-foot")} }
            }
        }
    }
}

/// One stop: the sealed letter with the skins that are left around it.
#[component]
fn Hop(
    skins: u8,
    #[props(default)] tray: bool,
    hop_state: &'static str,
    link: &'static str,
    name: String,
    at: Option<String>,
    text: String,
    millis: Option<u32>,
) -> Element {
    let back = if tray { 17 } else { [13, 16, 21, 27].get(usize::from(skins)).copied().unwrap_or(27) };
    rsx! {
        li { class: "hop", "data-state": hop_state, "data-link": link,
            span { class: "skins",
                svg { view_box: "0 0 60 60", "aria-hidden": "true",
                    circle { class: "back", cx: "30", cy: "30", r: "{back}" }
                    for skin in 0..skins {
                        circle { key: "{skin}", class: "skin", cx: "30", cy: "30", r: "{14 + u32::from(skin) * 6}" }
                    }
                    if tray {
                        path { class: "skin", d: "M14 30v12h32V30" }
                    }
                    path { class: "letter-core", d: "M22.5 24.5h15v11h-15zM22.5 25l7.5 5.700 7.5-5.700" }
                }
            }
            div {
                b { "{name}" }
                if let Some(at) = at {
                    span { class: "where mono", dir: "ltr", "{at}" }
                }
                p { "{text}" }
            }
            if let Some(millis) = millis {
                span { class: if millis > SLOW_MILLIS { "ms slow" } else { "ms" },
                    {t!("path-millis", millis = millis)}
                }
            }
        }
    }
}

/// The round trip over three nodes from which on a person notices it.
const SLOW_MILLIS: u32 = 1_500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_stood_is_not_shown_as_standing_when_the_network_went_away() {
        let live = || {
            PathSummary::Live(onionskin_core::PathState {
                hops: Vec::new(),
                for_files: false,
                running: 0,
                strikes: 0,
                age: std::time::Duration::ZERO,
                latency: None,
            })
        };
        assert_eq!(as_seen(live(), Connection::Online), live());
        assert_eq!(as_seen(live(), Connection::Offline), PathSummary::Broken { why: ErrorKind::Offline });
        assert_eq!(as_seen(PathSummary::Building, Connection::Offline), PathSummary::Building);
    }
}
