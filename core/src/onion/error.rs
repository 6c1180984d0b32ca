//! What can go wrong on the road, as facts.

use crate::error::{Error, ErrorKind, Hint};

/// Why an onion request has no answer. Retries inside [`Ask::attempts`](super::Ask) have already happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OnionError {
    /// Nothing at all could be reached: no guard, no seed. Nobody is blamed for it.
    #[error("nothing on the network could be reached")]
    Offline,
    /// No node list, and no seed or node gave a usable one.
    #[error("no usable node list")]
    NoNodes,
    /// Guards cannot be reached although something else can.
    #[error("guard node cannot be reached")]
    GuardUnreachable,
    /// A path was made but broke between us and the destination, in each attempt.
    #[error("onion path broke before the destination answered")]
    PathBroken,
    /// No answer within the time limit of the request.
    #[error("no answer within the time limit")]
    TimedOut,
    /// The destination is not in the node list, or a path says that it is not in theirs. Ask another one.
    #[error("destination node is not known")]
    UnknownNode,
    /// The destination is known and not ready or unreachable for the last node of the path. Ask another one.
    #[error("destination node is not ready")]
    DestinationNotReady,
    /// The exit nodes of several paths agree that the server cannot be reached.
    #[error("server cannot be reached by the exit nodes")]
    ServerUnreachable,
    /// Several paths refused the request as malformed or too large, with this status, in clear text.
    #[error("request was refused with status {status}")]
    Refused {
        /// The status, as HTTP has it.
        status: u16,
    },
    /// The request is longer than nodes take; nothing was sent.
    #[error("request is too large for a node")]
    TooLarge,
    /// The server refuses the time of the request. Ask the network for the time, sign again, once.
    #[error("server refuses our time")]
    ClockWrong,
    /// A guard asks us to slow down.
    #[error("guard node asks for fewer requests")]
    TooManyRequests,
    /// The request itself cannot be built: a bad key, a bad address, too many bytes.
    #[error("request cannot be built: {0}")]
    BadRequest(&'static str),
}

impl From<OnionError> for Error {
    fn from(error: OnionError) -> Self {
        let kind = match error {
            OnionError::Offline | OnionError::NoNodes => ErrorKind::Offline,
            OnionError::GuardUnreachable => ErrorKind::GuardUnreachable,
            // What a path says in clear text is no answer of the destination.
            OnionError::PathBroken
            | OnionError::TimedOut
            | OnionError::TooManyRequests
            | OnionError::UnknownNode
            | OnionError::DestinationNotReady
            | OnionError::Refused { .. } => ErrorKind::PathBroken,
            OnionError::ServerUnreachable => ErrorKind::ServerRejected,
            OnionError::TooLarge => ErrorKind::TooLarge,
            OnionError::ClockWrong => ErrorKind::ClockWrong,
            OnionError::BadRequest(_) => ErrorKind::InvalidInput,
        };
        let hint = match error {
            OnionError::Refused { status } => Some(Hint::Status(status)),
            OnionError::TooManyRequests => Some(Hint::Status(429)),
            _ => None,
        };
        let wrapped = Self::new(kind, "onion request failed").with_source(error);
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
    fn the_kind_tells_the_place_and_the_source_tells_the_fact() {
        let kind = |error: OnionError| Error::from(error).kind();
        assert_eq!(kind(OnionError::Offline), ErrorKind::Offline);
        assert_eq!(kind(OnionError::GuardUnreachable), ErrorKind::GuardUnreachable);
        assert_eq!(kind(OnionError::TimedOut), ErrorKind::PathBroken);
        assert_eq!(kind(OnionError::ServerUnreachable), ErrorKind::ServerRejected);
        assert_eq!(kind(OnionError::TooLarge), ErrorKind::TooLarge);
        for said_by_the_path in [
            OnionError::UnknownNode,
            OnionError::DestinationNotReady,
            OnionError::Refused { status: 413 },
            OnionError::Refused { status: 400 },
        ] {
            assert_eq!(kind(said_by_the_path), ErrorKind::PathBroken);
        }
        let error = Error::from(OnionError::Refused { status: 400 });
        assert_eq!(error.hint(), Some(&Hint::Status(400)));
        assert!(format!("{error:?}").contains("refused with status 400"));
    }
}
