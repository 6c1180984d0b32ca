//! A window of rows over a conversation of any length: pages in, pages out, and never a row twice.
//!
//! Pure: it holds rows and is told what happened; whoever owns it reads the pages from core. At most [`WINDOW`] rows are on
//! the screen's list, however long the conversation is.

use onionskin_core::client::MessageRow;

/// Rows read at once.
pub const PAGE: u32 = 60;
/// Most rows kept.
pub const WINDOW: usize = 240;

/// The rows of one conversation that are on the list, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Window {
    rows: Vec<MessageRow>,
    /// Nothing older exists.
    pub at_oldest: bool,
    /// Nothing newer exists outside of the window.
    pub at_newest: bool,
    /// What came in since the reader left the end.
    pub new_below: u32,
}
