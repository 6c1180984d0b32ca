//! Who paints the window: the graphics processor where there is one, else the processor, without a detour.
//!
//! The webview paints with OpenGL. On a machine without a graphics processor that is imitated in software: every frame
//! of the whole window goes through it, which keeps two cores busy for a second when a conversation opens, and takes
//! 150 MB. The webview's own software paints the same in a third of the time (app/README.md has the figures).

/// Chooses, before anything starts a thread or a window. What a person chose by the variable holds.
pub fn choose() {
    #[cfg(target_os = "linux")]
    if !has_graphics_processor() {
        let _ = gtk::glib::setenv("WEBKIT_DISABLE_COMPOSITING_MODE", "1", false);
    }
}

/// Whether a graphics processor can be asked to paint: it is a node of the kernel that programs may open.
#[cfg(target_os = "linux")]
fn has_graphics_processor() -> bool {
    let nodes = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    nodes.into_iter().any(|node| node.file_name().to_string_lossy().starts_with("renderD"))
}
