//! How often a request is tried: from failed exchanges to the next attempt, or to giving up. Pure.
//!
//! | an attempt failed so | then |
//! |---|---|
//! | its guard could not be connected to, or asks for fewer requests | again over another path, and three times for a request it counts as no attempt: nothing was done |
//! | its path broke, was silent or answered nonsense | again over another path |
//! | its path was silent, and all its nodes answer when they are asked | over: it is the destination that is silent |
//! | its path says that the server cannot be reached | the same; once a second path says so it is the server |
//! | its path refuses the request as malformed or too large | the same; once a second path does, it is refused |
//! | its path says that the destination is missing or not ready | over: asking another node is the caller's matter |
//! | attempts are used up | over, with what the last failure says |

use super::error::OnionError;
use super::exchange::Broken;
use super::failure::{Blame, Decision, Next};
use super::path::PathId;

/// How far a request has come, and which path said what.
#[derive(Clone, Debug)]
pub(super) struct Retries {
    limit: u32,
    attempts: u32,
    // Guards that may still be away or busy without costing an attempt.
    free: u32,
    // Paths that said that the server cannot be reached.
    accusers: Vec<PathId>,
    // Paths that refused the request.
    refusers: Vec<PathId>,
    // What the last failure says.
    next: Next,
    error: OnionError,
}

/// What follows after an attempt without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Another attempt at once.
    Again,
    /// No further attempt.
    GiveUp(OnionError),
}

impl Retries {
    /// For a request with so many attempts; at least one is made.
    pub(super) fn new(limit: u32) -> Self {
        Self {
            limit: limit.max(1),
            attempts: 0,
            free: FREE_ATTEMPTS,
            accusers: Vec::new(),
            refusers: Vec::new(),
            next: Next::Retry,
            error: OnionError::PathBroken,
        }
    }

    /// An attempt begins.
    pub(super) fn begin(&mut self) {
        self.attempts += 1;
        (self.next, self.error) = (Next::Retry, OnionError::PathBroken);
    }

    /// Attempts so far, the running one included.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The server was reached after all: the paths that said it cannot be, and are to blame for it.
    pub(super) fn accusers(&self) -> &[PathId] {
        &self.accusers
    }

    /// An exchange of the running attempt, over `path`, has failed; this was decided about it.
    ///
    /// # Errors
    /// When a second path has said the same, which makes it final.
    pub(super) fn failed(&mut self, path: PathId, broken: &Broken, decision: Decision) -> Result<(), OnionError> {
        if decision.blame == Blame::PathUnlessOthersAgree && agreed(&mut self.accusers, path) {
            return Err(OnionError::ServerUnreachable);
        }
        if let (Next::SecondOpinion, Broken::Path { status, .. }) = (decision.next, broken)
            && agreed(&mut self.refusers, path)
        {
            return Err(OnionError::Refused { status: *status });
        }
        let not_done = decision.blame == Blame::GuardAway || decision.next == Next::BackOff;
        if not_done && self.free > 0 {
            self.free -= 1;
            // An attempt and its duplicate may both have found their guards away.
            self.attempts = self.attempts.saturating_sub(1);
        }
        (self.next, self.error) = (decision.next, error_of(broken, decision));
        Ok(())
    }

    /// All exchanges of the running attempt have failed.
    pub(super) fn step(&self) -> Step {
        match self.next {
            Next::Retry | Next::SecondOpinion | Next::BackOff if self.attempts < self.limit => Step::Again,
            _ => Step::GiveUp(self.error.clone()),
        }
    }
}

/// Whether `path` is the last that was needed to say this. A path counts once.
fn agreed(said: &mut Vec<PathId>, path: PathId) -> bool {
    if said.contains(&path) {
        return false;
    }
    said.push(path);
    said.len() >= AGREEING_PATHS
}

/// The fact that the caller learns when there is no further attempt.
fn error_of(broken: &Broken, decision: Decision) -> OnionError {
    match (decision.next, broken) {
        (Next::AskAnother, _) if decision.blame == Blame::DestinationAccused => OnionError::UnknownNode,
        (Next::AskAnother, _) => OnionError::DestinationNotReady,
        (Next::BackOff, _) => OnionError::TooManyRequests,
        (Next::GiveUp, Broken::Path { status, .. }) => OnionError::Refused { status: *status },
        (_, Broken::Guard) => OnionError::GuardUnreachable,
        (_, Broken::TimedOut) => OnionError::TimedOut,
        _ if decision.blame == Blame::PathUnlessOthersAgree => OnionError::ServerUnreachable,
        _ => OnionError::PathBroken,
    }
}

/// Guards that are away or busy without that counting as an attempt: nothing was done.
const FREE_ATTEMPTS: u32 = 3;

/// Paths that must agree before a server counts as unreachable, or a request as refused.
const AGREEING_PATHS: usize = 2;

#[cfg(test)]
mod tests {
    use super::super::failure::{Route, decide};
    use super::super::node::NodeKey;
    use super::*;

    const DESTINATION: NodeKey = NodeKey([9; 32]);
    const TO_NODE: Route =
        Route { hops: [NodeKey([1; 32]), NodeKey([2; 32]), NodeKey([3; 32])], destination: Some(DESTINATION) };
    const TO_SERVER: Route = Route { destination: None, ..TO_NODE };

    fn says(status: u16, body: &str) -> Broken {
        Broken::Path { status, body: body.to_owned() }
    }

    /// Attempts over the paths 0, 1, 2 and so on that fail one after the other; what follows after the last.
    fn after(route: &Route, limit: u32, broken: &[Broken]) -> Step {
        let mut retries = Retries::new(limit);
        for (path, broken) in (0..).zip(broken) {
            retries.begin();
            if let Err(error) = retries.failed(path, broken, decide(&broken.as_failure(), route)) {
                return Step::GiveUp(error);
            }
        }
        retries.step()
    }

    #[test]
    fn every_row_of_the_table() {
        use OnionError::{GuardUnreachable, PathBroken, ServerUnreachable, TimedOut, TooManyRequests, UnknownNode};
        let missing = format!("Next node not found: {DESTINATION}");
        let away = || Broken::Guard;
        let busy = || says(429, "");
        let refused = || says(400, "Error parsing onion request: no key");
        let down = || says(502, "Couldn't connect to server");
        let refusal = OnionError::Refused { status: 400 };
        for (route, limit, broken, step) in [
            (TO_NODE, 1, vec![away()], Step::Again),
            (TO_NODE, 1, vec![away(), away(), away()], Step::Again),
            (TO_NODE, 1, vec![away(), away(), away(), away()], Step::GiveUp(GuardUnreachable)),
            (TO_NODE, 2, vec![away(), away(), away(), away()], Step::Again),
            (TO_NODE, 3, vec![Broken::TimedOut], Step::Again),
            (TO_NODE, 2, vec![Broken::Unreadable, Broken::TimedOut], Step::GiveUp(TimedOut)),
            (TO_NODE, 2, vec![Broken::TimedOut, Broken::Unreadable], Step::GiveUp(PathBroken)),
            (TO_NODE, 0, vec![Broken::TimedOut], Step::GiveUp(TimedOut)),
            (TO_SERVER, 3, vec![down()], Step::Again),
            (TO_SERVER, 3, vec![down(), down()], Step::GiveUp(ServerUnreachable)),
            (TO_SERVER, 1, vec![down()], Step::GiveUp(ServerUnreachable)),
            (TO_SERVER, 3, vec![down(), Broken::TimedOut], Step::Again),
            (TO_NODE, 3, vec![refused()], Step::Again),
            (TO_NODE, 3, vec![refused(), refused()], Step::GiveUp(refusal)),
            (TO_NODE, 1, vec![refused()], Step::GiveUp(PathBroken)),
            (TO_NODE, 1, vec![busy()], Step::Again),
            (TO_NODE, 1, vec![busy(), busy(), busy()], Step::Again),
            (TO_NODE, 1, vec![busy(), away(), busy(), busy()], Step::GiveUp(TooManyRequests)),
            (TO_NODE, 3, vec![says(502, &missing)], Step::GiveUp(UnknownNode)),
        ] {
            assert_eq!(after(&route, limit, &broken), step, "{limit}: {broken:?}");
        }
    }

    #[test]
    fn a_destination_that_is_silent_behind_a_whole_path_is_not_asked_again() {
        let mut retries = Retries::new(3);
        retries.begin();
        let silent = Decision { blame: Blame::Nobody, next: Next::AskAnother };
        retries.failed(1, &Broken::TimedOut, silent).unwrap();
        assert_eq!(retries.step(), Step::GiveUp(OnionError::DestinationNotReady));
    }

    #[test]
    fn one_path_that_says_the_same_twice_is_no_second_opinion() {
        let mut retries = Retries::new(3);
        let down = says(502, "down");
        for _ in 0..2 {
            retries.begin();
            retries.failed(7, &down, decide(&down.as_failure(), &TO_SERVER)).unwrap();
        }
        assert_eq!((retries.step(), retries.accusers()), (Step::Again, [7].as_slice()));
    }

    #[test]
    fn of_an_attempt_and_its_duplicate_the_later_failure_decides() {
        let mut retries = Retries::new(3);
        retries.begin();
        for (path, broken) in [(1, says(429, "")), (2, Broken::TimedOut)] {
            retries.failed(path, &broken, decide(&broken.as_failure(), &TO_NODE)).unwrap();
        }
        assert_eq!(retries.step(), Step::Again);
    }

    #[test]
    fn when_both_guards_of_a_doubled_attempt_are_away_it_was_none() {
        let mut retries = Retries::new(1);
        retries.begin();
        for path in [1, 2] {
            retries.failed(path, &Broken::Guard, decide(&Broken::Guard.as_failure(), &TO_NODE)).unwrap();
        }
        assert_eq!((retries.step(), retries.attempts()), (Step::Again, 0));
    }
}
