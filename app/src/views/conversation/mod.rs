//! A conversation: its rows, its composer, its details.

use dioxus::prelude::*;

use crate::route::Screen;

/// The screens of this folder.
pub fn view(screen: Screen) -> Element {
    let _ = screen;
    rsx! {}
}
