//! Small, stateless pieces of the screens.

mod avatar;
mod bar;
mod field;
mod icon;

pub use avatar::Avatar;
pub use bar::{Bar, Item, Switch, Tap};
pub use field::{Field, Typed, empty};
pub use icon::{Icon, Wordmark};
