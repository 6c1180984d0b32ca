//! Byte layouts, pure.
//!
//! | layout | file |
//! |---|---|
//! | what a message says (protobuf) | [`content`], [`data_message`], [`group_update`] |
//! | what a swarm stores (protobuf) | [`envelope`] |
//! | hiding the length of a text | [`padding`] |
//! | onion layers: data beside JSON | [`combined`] |
//! | requests to servers inside the onion | [`onion_v4`], over [`bencode`] |
//! | the short list of service nodes | [`active_nodes`] |
//! | references to messages that may bear a msgId | `msg_id` |
//! | what is kept of a message, without what its quote repeats | `quoted` |
//! | how much of anything is read | [`limits`] |
//!
//! Every reader of foreign bytes is one public function, has a size and a depth limit, and refuses with a
//! [`WireError`] instead of panicking.

pub mod active_nodes;
pub mod bencode;
pub mod combined;
pub mod content;
pub mod data_message;
pub mod envelope;
pub mod group_update;
pub mod limits;
mod msg_id;
pub mod onion_v4;
pub mod padding;
mod protobuf;
mod quoted;

pub use onion_v4::{V4Request, V4Response};
pub use quoted::without_quoted_words;

// What only vectors, fuzz, benchmarks and the tests of single rooms name.
#[cfg(feature = "vectors-fuzz-benches")]
pub use active_nodes::{ActiveNode, decode_active_nodes};
#[cfg(feature = "vectors-fuzz-benches")]
pub use content::{Content, decode_content, has_newer_field};
#[cfg(feature = "vectors-fuzz-benches")]
pub use envelope::Envelope;

use crate::error::{Error, ErrorKind, Hint};

/// Why foreign bytes are refused. Holds no part of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// More than is read of this.
    #[error("{what} is too large")]
    TooLarge {
        /// What was being read.
        what: &'static str,
        /// Bytes (or items) there are.
        found: usize,
        /// Bytes (or items) that are read.
        limit: usize,
    },
    /// Nested deeper than anything honest.
    #[error("{what} is nested too deeply")]
    TooDeep {
        /// What was being read.
        what: &'static str,
    },
    /// The bytes end before the value does.
    #[error("{what} ends early")]
    EndsEarly {
        /// What was being read.
        what: &'static str,
    },
    /// The bytes do not have this form.
    #[error("{what} is malformed")]
    Malformed {
        /// What was being read.
        what: &'static str,
    },
    /// A part that must be there is absent.
    #[error("{what} is missing")]
    Missing {
        /// The missing part.
        what: &'static str,
    },
}

impl WireError {
    /// Refuses more than `limit` bytes (or items) of `what`.
    pub(crate) fn check_size(what: &'static str, found: usize, limit: usize) -> Result<(), Self> {
        if found > limit { Err(Self::TooLarge { what, found, limit }) } else { Ok(()) }
    }
}

impl From<WireError> for Error {
    fn from(error: WireError) -> Self {
        let this = Self::new(ErrorKind::UnreadableMessage, "foreign bytes are not understood");
        match error {
            WireError::TooLarge { found, limit, .. } => this.with_hint(Hint::Length { found, expected: limit }),
            WireError::Missing { what } => this.with_hint(Hint::Field(what)),
            _ => this,
        }
        .with_source(error)
    }
}
