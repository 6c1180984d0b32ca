//! Everything that can be set and looked up, a file for each screen.

mod about;
mod accounts;
mod appearance;
mod blocked;
mod choice;
mod clear;
mod devices;
mod file;
mod lock;
mod network;
mod notifications;
mod path;
mod privacy;
mod profile;
mod recovery;
mod root;

use dioxus::prelude::*;
use onionskin_core::Timestamp;

use crate::components::Bar;
use crate::route::Screen;

/// The screens of this folder.
pub fn view(screen: Screen) -> Element {
    match screen {
        Screen::Settings => rsx! { root::Settings {} },
        Screen::ProfileName => rsx! { profile::ProfileName {} },
        Screen::RecoveryPassword => rsx! { recovery::RecoveryPassword {} },
        Screen::Appearance => rsx! { appearance::Appearance {} },
        Screen::Notifications => rsx! { notifications::Notifications {} },
        Screen::Privacy => rsx! { privacy::Privacy {} },
        Screen::Blocked => rsx! { blocked::Blocked {} },
        Screen::Path => rsx! { path::Path {} },
        Screen::Network => rsx! { network::Network {} },
        Screen::Accounts => rsx! { accounts::Accounts {} },
        Screen::Devices => rsx! { devices::Devices {} },
        Screen::Lock => rsx! { lock::Lock {} },
        Screen::ClearData => rsx! { clear::ClearData {} },
        Screen::About => rsx! { about::About {} },
        _ => rsx! {},
    }
}

/// A screen with its bar. What lies over it (`over`) covers this screen only.
#[component]
fn Page(title: String, over: Option<Element>, children: Element) -> Element {
    rsx! {
        main { class: "screen",
            Bar { title }
            div { class: "page", {children} }
            {over}
        }
    }
}

/// A moment as everybody reads it, in the time zone of the system.
fn moment(at: Timestamp) -> String {
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    let Ok(at) = jiff::Timestamp::from_millisecond(millis) else { return String::new() };
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}
