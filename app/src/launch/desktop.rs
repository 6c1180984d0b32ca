//! The interface in a window of the desktop, with the system's webview.

use std::process::ExitCode;
use std::time::Duration;

use dioxus::prelude::*;
use dioxus_desktop::tao::dpi::LogicalPosition;
use dioxus_desktop::tao::event::Event as WindowEvent;
use dioxus_desktop::wry::http::Response;
use dioxus_desktop::{Config, LogicalSize, WindowBuilder, use_asset_handler, use_window};

use crate::options::Options;
use crate::page;
use crate::platform::Platform;
use crate::shell::Shell;
use crate::state::Title;
use crate::views::App;

/// Opens the window and runs until it is closed. Ends with [`NO_DISPLAY`] when there is nowhere to open it.
pub(super) fn run(runtime: &tokio::runtime::Runtime, options: Options) -> ExitCode {
    if !has_display() {
        eprintln!("onionskin: no display to open a window on");
        return ExitCode::from(NO_DISPLAY);
    }
    let shell = match Shell::new(options, Platform::desktop()) {
        Ok(shell) => shell,
        Err(error) => {
            eprintln!("onionskin: {error}");
            return ExitCode::FAILURE;
        }
    };
    let opening = shell.clone();
    runtime.spawn(async move { opening.open().await });
    let ending = shell.clone();
    runtime.spawn(async move {
        super::asked_to_end().await;
        close(&ending).await;
        std::process::exit(0);
    });
    let dom = VirtualDom::new_with_props(Root, RootProps { shell: shell.clone() });
    dioxus_desktop::launch::launch_virtual_dom(dom, config(&shell, runtime.handle().clone()))
}

/// The window: its size, its page and what happens when it is closed.
pub fn config(shell: &Shell, runtime: tokio::runtime::Handle) -> Config {
    let preferences = shell.preferences().borrow().clone();
    let page = page::page(&preferences, shell.texts().tag(), &policy(), None);
    let geometry = shell.options().geometry;
    let (width, height) = geometry.map_or(SIZE, |geometry| geometry.size);
    let mut window = WindowBuilder::new()
        .with_title(title(shell, ""))
        .with_inner_size(LogicalSize::new(width, height))
        .with_min_inner_size(LogicalSize::new(340.0, 480.0))
        // The library keeps windows of debug builds above all others.
        .with_always_on_top(false);
    if let Some((left, upper)) = geometry.and_then(|geometry| geometry.place) {
        window = window.with_position(LogicalPosition::new(left, upper));
    }
    let closing = shell.clone();
    Config::new()
        .with_window(window)
        .with_menu(None)
        .with_custom_index(page)
        // Dragging text in and out is the page's own affair.
        .with_disable_drag_drop_handler(true)
        .with_custom_event_handler(move |event, _| {
            if let WindowEvent::LoopDestroyed = event {
                runtime.block_on(close(&closing));
            }
        })
}

/// Closes what is open. What is known of the network is kept; letters are in the ledger already, so nothing hangs on it.
async fn close(shell: &Shell) {
    let Some(accounts) = shell.accounts() else { return };
    if !matches!(tokio::time::timeout(LONGEST_GOODBYE, accounts.close()).await, Ok(Ok(()))) {
        tracing::warn!("accounts did not close in time");
    }
}

/// Whether a display opens. X goes first, because the webview library wants it where there is a choice.
fn has_display() -> bool {
    #[cfg(target_os = "linux")]
    {
        gtk::gdk::set_allowed_backends("x11,*");
        gtk::init().is_ok()
    }
    #[cfg(not(target_os = "linux"))]
    true
}

/// The library's own scripts are inline and its calls are evaluated; everything else is shut.
fn policy() -> String {
    format!("{}; script-src 'unsafe-inline' 'unsafe-eval'; connect-src 'self' ws://127.0.0.1:*", page::POLICY)
}

fn title(shell: &Shell, text: &str) -> String {
    let name = shell.options().title.as_deref().unwrap_or("Onionskin");
    if text.is_empty() { name.to_owned() } else { format!("{text} {name}") }
}

/// The interface, with what only a window has.
#[component]
fn Root(shell: Shell) -> Element {
    use_guarded_files();
    let window = use_window();
    let for_title = shell.clone();
    use_context_provider(|| Title(std::rc::Rc::new(move |text: &str| window.set_title(&title(&for_title, text)))));
    rsx! {
        App { shell }
    }
}

/// The library serves any file of the machine under its absolute path. A handler of our own for each folder at the root goes
/// first and refuses; `assets/page/page.js` shuts the ways of asking as well.
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

/// What the program ends with when no display opens.
const NO_DISPLAY: u8 = 3;

/// The size of the window at the first start.
const SIZE: (u32, u32) = (1080, 760);

/// How long closing may take.
const LONGEST_GOODBYE: Duration = Duration::from_secs(2);
