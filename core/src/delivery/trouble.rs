//! The last failures of sending and polling, for the network page and for reports: what went wrong and when, never for
//! whom. In memory only.

use std::collections::VecDeque;

use crate::clock::Timestamp;
use crate::error::ErrorKind;

/// One failure on the way to or from the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkError {
    /// When (device time).
    pub at: Timestamp,
    /// What went wrong.
    pub kind: ErrorKind,
    /// What was being done.
    pub during: NetworkTask,
}

/// What an account does on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NetworkTask {
    /// Asking our swarm what is new.
    Polling,
    /// Storing something in a swarm.
    Sending,
    /// Deleting what our swarm keeps.
    Erasing,
}

/// The last failures, oldest first.
#[derive(Default)]
pub(crate) struct Troubles(VecDeque<NetworkError>);

impl Troubles {
    pub(crate) fn note(&mut self, error: NetworkError) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(error);
    }

    pub(crate) fn list(&self) -> Vec<NetworkError> {
        self.0.iter().copied().collect()
    }
}

/// Enough to see a pattern, few enough to read.
const KEPT: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_fifty_failures_are_kept_oldest_first() {
        let mut troubles = Troubles::default();
        for number in 1..=60 {
            let at = Timestamp::from_millis(number);
            troubles.note(NetworkError { at, kind: ErrorKind::Offline, during: NetworkTask::Polling });
        }
        let kept: Vec<_> = troubles.list().iter().map(|error| error.at.as_millis()).collect();
        assert_eq!(kept, (11..=60).collect::<Vec<_>>());
    }
}
