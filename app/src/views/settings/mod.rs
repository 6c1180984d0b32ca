//! Everything that can be set and looked up, a file for each screen.

mod about;
mod accounts;
mod appearance;
mod blocked;
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

pub use about::About;
pub use accounts::Accounts;
pub use appearance::Appearance;
pub use blocked::Blocked;
pub use clear::ClearData;
pub use devices::Devices;
pub use lock::Lock;
pub use network::Network;
pub use notifications::Notifications;
pub use path::Path;
pub use privacy::Privacy;
pub use profile::ProfileName;
pub use recovery::RecoveryPassword;
pub use root::Settings;

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
