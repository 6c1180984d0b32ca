//! The interface of Onionskin: screens over [`onionskin_core`], and the launchers that show them.
//!
//! | module | what |
//! |---|---|
//! | [`launch`] | a window, or a page on 127.0.0.1; the only place with renderer-specific calls |
//! | [`shell`] | what outlives a screen: accounts, lock, preferences, where a person was |
//! | [`state`] | small signals fed by core's events |
//! | [`route`] | our own stack of screens |
//! | [`views`] | a file per screen |
//! | [`components`] | small, stateless pieces |
//! | [`platform`] | what the system can do for us; an absent capability draws no control |
//! | [`qr`] | QR codes: drawn, written, read |
//! | [`notices`] | notifications for letters that nobody looks at |
//! | [`desk`], [`basket`] | what is written and not sent yet; what was deleted and can be taken back |
//! | [`letter`] | what the text of a letter is made of |
//! | [`emoji`] | every emoji, and the words that find it |
//! | [`text`], [`when`] | translations, moments in words |
//!
//! The interface can leave and join again at any moment (a page reloads, an activity dies): [`shell::Shell`] stays, and
//! every screen reads what it shows from core when it appears.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice))] // tests may panic

pub mod archive;
pub mod basket;
pub mod components;
pub mod desk;
pub mod emoji;
pub mod launch;
pub mod letter;
pub mod notices;
pub mod options;
pub mod page;
pub mod platform;
pub mod preferences;
pub mod qr;
pub mod route;
pub mod shell;
pub mod state;
pub mod text;
pub mod views;
pub mod when;
