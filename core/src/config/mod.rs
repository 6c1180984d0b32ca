//! Config messages: the account's memory, which all its devices merge, pure.
//!
//! | question | file |
//! |---|---|
//! | what a document is made of | [`tree`]: integers, byte strings, sets, dicts |
//! | how it is spelled | [`text`]: strict bencode |
//! | what changed | [`diff`] |
//! | what one revision says | [`message`]: number, data, diffs, signature |
//! | which revisions win | [`merge`] |
//! | how it becomes what a swarm stores | [`mod@seal`], [`compress`], [`parts`], [`wrap`] |
//! | what a client does with it | [`document`]: edit, push, confirm, merge; [`dump`] |
//! | how much of anything is read | [`limits`]; why it is refused: [`error`] |
//! | our own name and picture, Note to Self | [`user_profile`] |
//! | whom we know | [`contacts`]; only by a blinded id: [`blinded`] |
//! | what was read | [`conversations`] |
//! | what was seen of what was deleted | [`partings`] |
//! | groups and communities | [`user_groups`], [`communities`] |
//! | settings of one device | [`local`] |
//! | fields and ids that several documents have | [`fields`], [`ids`] |

pub mod blinded;
pub mod communities;
pub mod compress;
pub mod contacts;
pub mod conversations;
pub mod diff;
pub mod document;
pub mod dump;
pub mod error;
pub mod fields;
pub mod ids;
mod key;
pub mod limits;
pub mod local;
pub mod merge;
pub mod message;
pub mod partings;
pub mod parts;
pub mod seal;
pub mod text;
pub mod tree;
pub mod user_groups;
pub mod user_profile;
pub mod wrap;

pub use document::{Document, DocumentKind, Incoming, Merged, Push};
pub use error::ConfigError;
pub use seal::ConfigKeys;
pub use tree::Dict;

// What only vectors, fuzz, benchmarks and the tests of single rooms name.
#[cfg(feature = "vectors-fuzz-benches")]
pub use fields::{Expiry, ExpiryMode, Notify, Picture};
#[cfg(feature = "vectors-fuzz-benches")]
pub use ids::{BlindedId, GroupId, RoomId};
#[cfg(feature = "vectors-fuzz-benches")]
pub use tree::{Scalar, Set, Value};
