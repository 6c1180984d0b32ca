//! What the page in the window can reach: its own events, and nothing else.
//!
//! The window's library serves any file of the machine under its absolute path, opens links by itself and leaves the
//! inspector on. Nothing foreign ever runs in the page; should something, these doors are shut, each twice
//! (`doors.js` lies in `assets/page`):
//!
//! | door | shut by |
//! |---|---|
//! | files of the machine | the policy names one path; `doors.js` locks the ways of asking; handlers refuse |
//! | other pages | the navigation handler; clicks and drops end in `doors.js`; the library's opener is never asked |
//! | the inspector | switched off in the webview's settings; its menu keeps text entries alone |

use dioxus::prelude::*;
use dioxus_desktop::wry::http::Response;
use dioxus_desktop::{use_asset_handler, use_window};

use crate::page;

/// The library's own scripts are inline and its calls are evaluated; events go to one address of its scheme (with two
/// slashes, as it writes it), edits come over a web socket; everything else is shut.
pub(super) fn policy() -> String {
    let events = "dioxus://index.html//__events";
    format!("{}; script-src 'unsafe-inline' 'unsafe-eval'; connect-src {events} ws://127.0.0.1:*", page::POLICY)
}

/// Whether the webview may go to another address: never. A file dropped on the window would be one.
pub(super) fn may_go(_address: &str) -> bool {
    false
}

/// Shuts the doors of this window. Once, in the root component.
pub(super) fn use_shut_doors() {
    use_guarded_files();
    let window = use_window();
    use_hook(move || shut_inspector(&window));
}

/// A handler of our own for each folder at the root goes before the library's and refuses.
fn use_guarded_files() {
    let folders = use_hook(|| {
        let entries = std::fs::read_dir("/").into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.chain([String::new(), "assets".to_owned()]).collect::<std::collections::BTreeSet<_>>()
    });
    for folder in &folders {
        use_asset_handler(folder, |_, responder| {
            responder.respond(Response::builder().status(403).body(Vec::new()).expect("a status is a response"));
        });
    }
}

/// No inspector, whatever the library set; a development build keeps it for whoever asks by `ONIONSKIN_DEVTOOLS`.
#[cfg(target_os = "linux")]
fn shut_inspector(window: &dioxus_desktop::DesktopContext) {
    use dioxus_desktop::wry::WebViewExtUnix as _;
    use webkit2gtk::{ContextMenuExt as _, ContextMenuItemExt as _, SettingsExt as _, WebViewExt};
    if wants_inspector() {
        return;
    }
    let view = window.webview.webview();
    if let Some(settings) = WebViewExt::settings(&view) {
        settings.set_enable_developer_extras(false);
        settings.set_enable_back_forward_navigation_gestures(false);
    }
    view.connect_context_menu(|_, menu, _, _| {
        for item in menu.items() {
            if !is_for_text(item.stock_action()) {
                menu.remove(&item);
            }
        }
        // `true` shows no menu at all.
        menu.n_items() == 0
    });
}

#[cfg(not(target_os = "linux"))]
fn shut_inspector(_window: &dioxus_desktop::DesktopContext) {}

/// Whether the inspector stays reachable; never in a release.
pub fn wants_inspector() -> bool {
    cfg!(debug_assertions) && std::env::var_os("ONIONSKIN_DEVTOOLS").is_some()
}

/// Whether the inspector can be opened in this window; `None` where nobody can tell.
pub fn has_inspector(window: &dioxus_desktop::DesktopContext) -> Option<bool> {
    #[cfg(target_os = "linux")]
    {
        use dioxus_desktop::wry::WebViewExtUnix as _;
        use webkit2gtk::{SettingsExt as _, WebViewExt};
        WebViewExt::settings(&window.webview.webview()).map(|settings| settings.enables_developer_extras())
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// What the menu of a text keeps.
#[cfg(target_os = "linux")]
fn is_for_text(action: webkit2gtk::ContextMenuAction) -> bool {
    use webkit2gtk::ContextMenuAction as Action;
    matches!(
        action,
        Action::Copy
            | Action::Cut
            | Action::Paste
            | Action::PasteAsPlainText
            | Action::Delete
            | Action::SelectAll
            | Action::InputMethods
            | Action::Unicode
            | Action::InsertEmoji
            | Action::SpellingGuess
            | Action::NoGuessesFound
            | Action::IgnoreSpelling
            | Action::LearnSpelling
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_may_ask_for_its_events_alone() {
        let policy = policy();
        let asked = policy.split(';').find(|part| part.trim().starts_with("connect-src")).unwrap();
        assert_eq!(asked.trim(), "connect-src dioxus://index.html//__events ws://127.0.0.1:*");
        assert!(!policy.contains("'self'") && policy.contains("default-src 'none'"));
    }

    #[test]
    fn the_webview_goes_nowhere() {
        for address in ["file:///etc/passwd", "about:blank", "data:text/html,x", "blob:x", "ftp://example.org"] {
            assert!(!may_go(address), "{address}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_menu_of_the_window_is_for_text() {
        use webkit2gtk::ContextMenuAction as Action;
        assert!(is_for_text(Action::Copy) && is_for_text(Action::Paste));
        for action in [Action::InspectElement, Action::Reload, Action::OpenLink, Action::OpenLinkInNewWindow] {
            assert!(!is_for_text(action), "{action:?}");
        }
    }
}
