//! Why a config message, a dump or a push is refused.

use crate::error::{Error, ErrorKind};
use crate::wire::WireError;

/// Why something is refused. Holds no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No key of ours opens it with this document's domain.
    #[error("config message opens with no key of this document")]
    NotForUs,
    /// Too short to hold anything.
    #[error("config message is too short")]
    TooShort,
    /// The wrapping was written by another key than the account's.
    #[error("config message was wrapped by somebody else")]
    Sender,
    /// The wrapping says another document than the namespace it lies in.
    #[error("config message belongs to another namespace")]
    Namespace,
    /// Nothing but padding inside.
    #[error("config message is empty")]
    Empty,
    /// The compressed form does not expand.
    #[error("config message does not expand")]
    Compression,
    /// More bytes, values or entries than are read, kept or written.
    #[error("{what} is too large")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
    },
    /// Nested deeper than is read.
    #[error("config message is nested too deeply")]
    TooDeep,
    /// Not the one right form.
    #[error("config message has a malformed {what}")]
    Malformed {
        /// The place.
        what: &'static str,
    },
    /// A sequence number below zero or above [`super::limits::MAX_SEQNO`].
    #[error("config message has an impossible sequence number")]
    Seqno,
    /// The document must be signed and this message is not.
    #[error("config message has no signature")]
    Unsigned,
    /// The signature does not hold.
    #[error("config message has a wrong signature")]
    Signature,
    /// A part that contradicts itself or its set.
    #[error("part of a config message does not fit")]
    Part,
    /// The joined parts are not what they promised to be.
    #[error("joined parts of a config message have another hash")]
    PartHash,
    /// This device has no key to sign the document with.
    #[error("this device cannot sign the document")]
    CannotSign,
    /// The saved state is damaged.
    #[error("saved state of a config document is damaged")]
    Dump,
}

impl ConfigError {
    /// The reason in a word or two, for the record of what could not be read.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotForUs => "no key opens it",
            Self::TooShort => "too short",
            Self::Sender => "sender",
            Self::Namespace => "config of another namespace",
            Self::Empty => "empty",
            Self::Compression => "compression",
            Self::TooLarge { .. } => "too large",
            Self::TooDeep => "too deep",
            Self::Malformed { .. } => "malformed",
            Self::Seqno => "seqno",
            Self::Unsigned => "no signature",
            Self::Signature => "signature",
            Self::Part => "part",
            Self::PartHash => "part hash",
            Self::CannotSign => "cannot sign",
            Self::Dump => "damaged dump",
        }
    }

    pub(super) fn malformed(what: &'static str) -> Self {
        Self::Malformed { what }
    }
}

impl From<WireError> for ConfigError {
    fn from(error: WireError) -> Self {
        match error {
            WireError::TooLarge { .. } => Self::TooLarge { what: "config message" },
            WireError::TooDeep { .. } => Self::TooDeep,
            _ => Self::Malformed { what: "bencode" },
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        let (kind, context) = match error {
            ConfigError::CannotSign => (ErrorKind::NotAllowed, "config document is read only here"),
            ConfigError::TooLarge { .. } => (ErrorKind::TooLarge, "config document is too large"),
            ConfigError::Dump => (ErrorKind::DatabaseDamaged, "config document cannot be loaded"),
            _ => (ErrorKind::UnreadableMessage, "config message is refused"),
        };
        Self::new(kind, context).with_source(error)
    }
}
