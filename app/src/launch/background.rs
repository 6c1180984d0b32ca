//! The window in the background: it is put away instead of closed where a person chose that, and comes back when it is
//! asked for.

use std::rc::Rc;

use dioxus::prelude::*;
use dioxus_desktop::{DesktopContext, WindowCloseBehaviour, use_window};

use super::single::Bell;
use crate::shell::Shell;
use crate::state::Quit;

/// Does it, for as long as the window lives. Once, in the root component.
pub(super) fn use_background(shell: &Shell, bell: &Bell) {
    let window = use_window();
    let (at_first, minimised) = (window.clone(), shell.options().minimised && !starts_hidden(shell));
    use_hook(move || {
        if minimised {
            at_first.set_minimized(true);
        }
    });
    let (asked, bell_of_window) = (window.clone(), bell.clone());
    use_future(move || {
        let (window, bell) = (asked.clone(), bell_of_window.clone());
        async move {
            loop {
                bell.rung().await;
                bring(&window);
            }
        }
    });
    let (opened, called) = (window.clone(), shell.clone());
    use_future(move || {
        let (window, mut called) = (opened.clone(), called.called());
        async move {
            while called.changed().await.is_ok() {
                bring(&window);
            }
        }
    });
    let (closed, shell, bell) = (window.clone(), shell.clone(), bell.clone());
    use_future(move || follow(closed.clone(), shell.clone(), bell.clone()));
    use_context_provider(move || Quit(Rc::new(move || quit(&window))));
}

/// Whether the window is not shown at first: nobody asked for it, and it is no stranger to the background.
pub(super) fn starts_hidden(shell: &Shell) -> bool {
    shell.options().minimised && shell.preferences().borrow().keeps_running
}

/// What closing does follows what is chosen; while the program goes on without a window there is an icon in the panel.
async fn follow(window: DesktopContext, shell: Shell, bell: Bell) {
    let mut preferences = shell.preferences();
    let mut icon = None;
    loop {
        let keeps = preferences.borrow_and_update().keeps_running;
        let behaviour = if keeps { WindowCloseBehaviour::WindowHides } else { WindowCloseBehaviour::WindowCloses };
        window.set_close_behavior(behaviour);
        icon = match (keeps, icon) {
            (false, _) => None,
            (true, Some(icon)) => Some(icon),
            (true, None) => icon_of(&bell).await,
        };
        if preferences.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(target_os = "linux")]
async fn icon_of(bell: &Bell) -> Option<zbus::Connection> {
    super::tray::show(bell.clone()).await
}

#[cfg(not(target_os = "linux"))]
async fn icon_of(_bell: &Bell) -> Option<()> {
    None
}

fn bring(window: &DesktopContext) {
    window.set_visible(true);
    window.set_minimized(false);
    window.set_focus();
}

fn quit(window: &DesktopContext) {
    window.set_close_behavior(WindowCloseBehaviour::WindowCloses);
    window.close();
}
