//! The one error type that leaves core.
//!
//! [`Error`] is opaque: a [`ErrorKind`] (where it happened and what one can do), an optional [`Hint`] (a fact the
//! screen may turn into a sentence), a fixed English context for logs, and a chain of sources. Inside a module errors
//! are small enums with facts; they become an [`Error`] once, at the module's edge. Nothing here ever holds user data:
//! no ids, no names, no texts, no keys.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// What went wrong, split by place and by what one can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No network at all: nothing could be reached. Wait; intentions stay in the outbox.
    Offline,
    /// The first node of our path cannot be reached although others can.
    GuardUnreachable,
    /// An onion path failed between us and the destination. A fresh path is tried by itself.
    PathBroken,
    /// The swarm answered and refused.
    SwarmRejected,
    /// A server (files, communities, push) answered and refused, or cannot be reached by the exit node.
    ServerRejected,
    /// Our clock differs too much from the network's, also after asking the network for the time.
    ClockWrong,
    /// A text, file or message is over its limit.
    TooLarge,
    /// The asked-for thing does not exist (any more).
    NotFound,
    /// The action is not allowed: blocked, locked, wrong role.
    NotAllowed,
    /// What a person or a caller gave is malformed; the [`Hint`] says how.
    InvalidInput,
    /// The recovery password is wrong; the [`Hint`] says in which way.
    WrongRecoveryPassword,
    /// Something foreign could not be opened or parsed.
    UnreadableMessage,
    /// The disk is full.
    StorageFull,
    /// The database, or the record of its key, is damaged. What can be read of it may be rescued.
    DatabaseDamaged,
    /// The file of the database is empty, as a power failure leaves it. A backup, or the recovery password, helps.
    DatabaseEmpty,
    /// The file of the database is not in its place, perhaps for a moment. Put it back.
    DatabaseMissing,
    /// The file in the place of the database is of another program, or another database. Put the right one there.
    DatabaseForeign,
    /// The record of the database's key is not in its place. Put it back, or restore with the recovery password.
    KeyMissing,
    /// Another process has it open. Close that one.
    InUse,
    /// The folder, or a file in it, may be read and not written. Change its permissions.
    ReadOnly,
    /// The path is longer than the system, or the database, takes. Keep the data in another folder.
    PathTooLong,
    /// Nothing of a damaged database can be read: its salt is gone, or every page is damaged.
    NothingReadable,
    /// The seed of the account cannot be read in a damaged database: the recovery password is needed.
    SeedUnreadable,
    /// The passphrase or key does not open what it should: ask again.
    WrongKey,
    /// Data was written by a newer version of this program.
    NewerVersionNeeded,
    /// A broken promise inside this program.
    Bug,
}

/// A fact beside the kind, for the sentence on the screen. Carries no user data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// A value has the wrong length: characters (or words, see context) found and expected.
    Length {
        /// How many there are.
        found: usize,
        /// How many there should be (the maximum where it is a limit).
        expected: usize,
    },
    /// The character at this place (0-based, in characters) does not belong there.
    Character {
        /// 0-based position in characters.
        at: usize,
    },
    /// The word at this place (0-based) is in no word list.
    UnknownWord {
        /// 0-based position of the word.
        at: usize,
    },
    /// All words are known but the checksum word does not fit.
    Checksum,
    /// All words of a recovery password but the last: twelve of thirteen, or 24 of 25.
    LastWordMissing,
    /// The id has a prefix of another kind of account (group, blinded, community).
    OtherKindOfId {
        /// The prefix byte that was found.
        prefix: u8,
    },
    /// The bytes are not a valid public key.
    NotAKey,
    /// Try again after this time.
    RetryAfter(Duration),
    /// A status code that a node or server answered.
    Status(u16),
    /// The named part of the input is wrong.
    Field(&'static str),
}

/// The error of every public method of core.
pub struct Error {
    kind: ErrorKind,
    hint: Option<Hint>,
    context: &'static str,
    source: Option<Box<dyn StdError + Send + Sync + 'static>>,
}

/// `Result` with core's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with a fixed English context for logs (lower case, actor first, no user data).
    pub fn new(kind: ErrorKind, context: &'static str) -> Self {
        Self { kind, hint: None, context, source: None }
    }

    /// Adds the fact the screen needs.
    #[must_use]
    pub fn with_hint(mut self, hint: Hint) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Adds the cause. The cause's text must not carry user data either.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync + 'static>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Where it happened and what one can do.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The fact beside the kind, if there is one.
    pub fn hint(&self) -> Option<&Hint> {
        self.hint.as_ref()
    }

    /// A broken promise inside this program.
    pub fn bug(context: &'static str) -> Self {
        Self::new(ErrorKind::Bug, context)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.context)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.context)?;
        if let Some(hint) = &self.hint {
            write!(f, " ({hint:?})")?;
        }
        let mut source = self.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_its_chain_to_logs_and_only_its_context_to_display() {
        let inner = std::io::Error::other("disk on fire");
        let error =
            Error::new(ErrorKind::StorageFull, "store could not commit").with_source(inner).with_hint(Hint::Status(7));
        assert_eq!(error.to_string(), "store could not commit");
        assert_eq!(format!("{error:?}"), "StorageFull: store could not commit (Status(7)): disk on fire");
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}
