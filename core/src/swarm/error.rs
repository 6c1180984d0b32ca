//! What can go wrong with a swarm, as facts.

use super::response::BadAnswer;
use crate::error::{Error, ErrorKind, Hint};
use crate::onion::OnionError;

/// Why a storage request has no result. Retries (other members, a new swarm, a corrected clock) have already happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SwarmError {
    /// The request did not reach a member, or its answer did not reach us.
    #[error("no answer from the swarm")]
    Onion(#[from] OnionError),
    /// Nobody knows which nodes keep the account's messages.
    #[error("no member of the swarm is known")]
    NoMembers,
    /// A member refused with this status.
    #[error("swarm refused with status {status}")]
    Refused {
        /// The status, as HTTP has it.
        status: u16,
    },
    /// The members refuse our time although the network was just asked for it.
    #[error("swarm refuses our time")]
    ClockWrong,
    /// One member after the other says that the account belongs to another swarm.
    #[error("swarm moved and moved again")]
    Moved,
    /// A member answered something else than its method promises.
    #[error("swarm answered badly")]
    BadAnswer(#[from] BadAnswer),
    /// No member proved that it did what was asked.
    #[error("no member of the swarm proved its work, {failed} failed")]
    NobodyAccepted {
        /// How many members were named without proof.
        failed: usize,
    },
    /// Members proved that they did what was asked, and too few of those that our list names.
    #[error("{accepted} of {named} members of the swarm proved their work, which is not enough")]
    TooFew {
        /// Members that proved it.
        accepted: usize,
        /// Members that our list names.
        named: usize,
    },
    /// A message over the limit of the network.
    #[error("message has {found} bytes, {limit} are allowed")]
    TooLarge {
        /// Its bytes.
        found: usize,
        /// The most bytes that nodes take.
        limit: usize,
    },
    /// A lifetime that nodes refuse for the namespace.
    #[error("lifetime is outside of what nodes accept")]
    WrongLifetime,
    /// More calls than one batch holds, none at all, or an `expire` with another number of ends than messages.
    #[error("batch is empty, too long or uneven")]
    WrongBatch,
    /// A namespace that demands a signature, and no keys.
    #[error("namespace demands a signature")]
    NeedsSignature,
}

impl From<SwarmError> for Error {
    fn from(error: SwarmError) -> Self {
        let (kind, hint) = match &error {
            SwarmError::Onion(onion) => return Self::from(onion.clone()),
            SwarmError::Refused { status: 413 } => (ErrorKind::TooLarge, None),
            SwarmError::Refused { status } => (ErrorKind::SwarmRejected, Some(Hint::Status(*status))),
            // Nobody of the swarm has said anything.
            SwarmError::NoMembers => (ErrorKind::PathBroken, None),
            SwarmError::Moved
            | SwarmError::BadAnswer(_)
            | SwarmError::NobodyAccepted { .. }
            | SwarmError::TooFew { .. } => (ErrorKind::SwarmRejected, None),
            SwarmError::ClockWrong => (ErrorKind::ClockWrong, None),
            SwarmError::TooLarge { found, limit } => {
                (ErrorKind::TooLarge, Some(Hint::Length { found: *found, expected: *limit }))
            }
            SwarmError::WrongLifetime => (ErrorKind::InvalidInput, Some(Hint::Field("ttl"))),
            SwarmError::WrongBatch | SwarmError::NeedsSignature => (ErrorKind::Bug, None),
        };
        let wrapped = Self::new(kind, "storage request failed").with_source(error);
        match hint {
            Some(hint) => wrapped.with_hint(hint),
            None => wrapped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_says_what_one_can_do() {
        let kind = |error: SwarmError| Error::from(error).kind();
        assert_eq!(kind(OnionError::Offline.into()), ErrorKind::Offline);
        assert_eq!(kind(SwarmError::ClockWrong), ErrorKind::ClockWrong);
        assert_eq!(kind(SwarmError::NoMembers), ErrorKind::PathBroken);
        assert_eq!(kind(SwarmError::NobodyAccepted { failed: 3 }), ErrorKind::SwarmRejected);
        assert_eq!(kind(SwarmError::TooFew { accepted: 1, named: 4 }), ErrorKind::SwarmRejected);
        assert_eq!(kind(SwarmError::Refused { status: 413 }), ErrorKind::TooLarge);
        assert_eq!(kind(SwarmError::NeedsSignature), ErrorKind::Bug);
        let refused = Error::from(SwarmError::Refused { status: 401 });
        assert_eq!((refused.kind(), refused.hint()), (ErrorKind::SwarmRejected, Some(&Hint::Status(401))));
        let large = Error::from(SwarmError::TooLarge { found: 9, limit: 7 });
        assert_eq!(large.hint(), Some(&Hint::Length { found: 9, expected: 7 }));
    }
}
