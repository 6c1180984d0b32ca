//! Small, stateless pieces of the screens.

mod ask;
mod avatar;
mod bar;
mod choice;
mod copy;
mod field;
mod icon;
mod person;
mod picture;

pub use ask::Ask;
pub use avatar::Avatar;
pub use bar::{Bar, Fact, Item, Switch, Tap};
pub use choice::{Choice, Choices, walk};
pub use copy::copy;
pub use field::{Field, Typed, empty};
pub use icon::{Icon, Wordmark};
pub use person::{AccountGroups, account_name, called, contact_name, conversation_name};
pub use picture::{PickPicture, Read};
