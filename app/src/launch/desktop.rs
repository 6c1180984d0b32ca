//! The interface in a window of the desktop, with the system's webview.

use std::process::ExitCode;
use std::time::Duration;

use dioxus::prelude::*;
use dioxus_desktop::tao::dpi::{LogicalPosition, PhysicalSize, Size};
use dioxus_desktop::tao::event::{Event, WindowEvent};
use dioxus_desktop::{Config, LogicalSize, WindowBuilder, use_window};

use super::single::{self, Bell};
use super::{background, reach};
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
    let bell = Bell::default();
    if !single::claim(&options.data_dir, &bell) {
        println!("onionskin is open already; its window is in front now");
        return ExitCode::SUCCESS;
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
    let dom = VirtualDom::new_with_props(Root, RootProps { shell: shell.clone(), bell });
    show(dom, &shell, runtime.handle().clone())
}

/// Shows `dom` in the window until it is closed. Its root is a [`Window`].
pub fn show(dom: VirtualDom, shell: &Shell, runtime: tokio::runtime::Handle) -> ! {
    dioxus_desktop::launch::launch_virtual_dom(dom, config(shell, runtime))
}

/// Whether the inspector can be opened in this window; `None` where nobody can tell.
pub fn has_inspector() -> Option<bool> {
    reach::has_inspector(&dioxus_desktop::window())
}

/// The window: its size, its page and what happens when it is closed.
fn config(shell: &Shell, runtime: tokio::runtime::Handle) -> Config {
    let preferences = shell.preferences().borrow().clone();
    let page = page::page(&preferences, shell.texts().tag(), &reach::policy(), None);
    let geometry = shell.options().geometry;
    let size: Size = match (geometry.map(|geometry| geometry.size), preferences.window) {
        (Some((width, height)), _) => LogicalSize::new(width, height).into(),
        (None, Some((width, height))) => PhysicalSize::new(width, height).into(),
        (None, None) => SIZE.into(),
    };
    let mut window = WindowBuilder::new()
        .with_title(title(shell, ""))
        .with_visible(!background::starts_hidden(shell))
        .with_inner_size(size)
        .with_min_inner_size(LogicalSize::new(340.0, 480.0))
        // The library keeps windows of debug builds above all others.
        .with_always_on_top(false);
    if let Some((left, upper)) = geometry.and_then(|geometry| geometry.place) {
        window = window.with_position(LogicalPosition::new(left, upper));
    }
    let closing = shell.clone();
    let mut last_size = None;
    Config::new()
        .with_window(window)
        .with_menu(None)
        .with_custom_index(page)
        .with_navigation_handler(reach::may_go)
        // The library's script against menus; `doors.js` lets text have one.
        .with_disable_context_menu(true)
        // Dragging text in and out is the page's own affair.
        .with_disable_drag_drop_handler(true)
        .with_custom_event_handler(move |event, _| match event {
            Event::WindowEvent { event: WindowEvent::Resized(size), .. } => last_size = Some((size.width, size.height)),
            Event::LoopDestroyed => {
                if geometry.is_none() && last_size.is_some() && last_size != preferences.window {
                    let _ = closing.change_preferences(|preferences| preferences.window = last_size);
                }
                runtime.block_on(close(&closing));
            }
            _ => {}
        })
}

/// Closes what is open. What is known of the network is kept; letters are in the ledger already, so nothing hangs on
/// it.
async fn close(shell: &Shell) {
    if !matches!(tokio::time::timeout(LONGEST_GOODBYE, shell.close()).await, Ok(Ok(()))) {
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

fn title(shell: &Shell, text: &str) -> String {
    let name = shell.options().title.as_deref().unwrap_or("Onionskin");
    if text.is_empty() { name.to_owned() } else { format!("{text} {name}") }
}

/// The interface, with what only a window has.
#[component]
fn Root(shell: Shell, bell: Bell) -> Element {
    background::use_background(&shell, &bell);
    rsx! {
        Window { shell: shell.clone(),
            App { shell }
        }
    }
}

/// What only a window has: shut doors and a title.
#[component]
pub fn Window(shell: Shell, children: Element) -> Element {
    reach::use_shut_doors();
    let window = use_window();
    use_context_provider(|| Title(std::rc::Rc::new(move |text: &str| window.set_title(&title(&shell, text)))));
    children
}

/// What the program ends with when no display opens.
const NO_DISPLAY: u8 = 3;

/// The size of the window at the first start.
const SIZE: LogicalSize<u32> = LogicalSize::new(1080, 760);

/// How long closing may take.
const LONGEST_GOODBYE: Duration = Duration::from_secs(2);
