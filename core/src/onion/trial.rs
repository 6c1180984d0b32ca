//! How long building a path goes on: from what was found to the next draw, or to giving up. One pure step function.
//!
//! | found | then |
//! |---|---|
//! | nothing to draw, at first | there are too few nodes |
//! | nothing to draw, later | what the attempts before it found |
//! | the guard is silent | another draw at once; after six of them we are offline, or no path works |
//! | none of the candidates behind the guard works | others after 200 ms, doubling up to 5 s, with twice the time for an answer, up to four times; the second time in a row with one guard it is left |
//! | ten attempts have failed (two for a spare) | offline where all guards were silent, else no path works |

use std::time::Duration;

use super::error::OnionError;
use super::limit;
use super::node::NodeKey;

/// What was found about one draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There was no path to draw.
    NothingToDraw,
    /// The guard cannot be connected to, or is silent.
    GuardAway,
    /// The guard answers, and no path behind it works.
    Broken {
        /// The guard.
        guard: NodeKey,
    },
}

/// What follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// A guard behind which nothing works: it may be the one that lies about the others.
    pub leave: Option<NodeKey>,
    /// How long to wait before going on.
    pub wait: Duration,
    /// How it goes on.
    pub next: Next,
}

/// How building goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// With another draw.
    Draw,
    /// Not before the next request.
    GiveUp(OnionError),
}

/// What was tried to build one path.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    limit: u32,
    attempts: u32,
    guards_away: u32,
    // Whether any guard could be connected to.
    reached: bool,
    // The guard of the last path that did not work, and how many in a row it began.
    failing: Option<(NodeKey, u32)>,
    wait: Duration,
}

impl Trial {
    /// For a path that is needed, or a spare one, for which nobody waits.
    pub(super) fn new(needed: bool) -> Self {
        let limit = if needed { ATTEMPTS } else { ATTEMPTS_FOR_SPARE };
        Self { limit, attempts: 0, guards_away: 0, reached: false, failing: None, wait: FIRST_WAIT }
    }

    /// How long the next candidates may take where `usual` is what is expected: a network that is slower than ever
    /// before must not count as broken.
    pub(super) fn patience(&self, usual: Duration) -> Duration {
        let failures = self.failing.map_or(0, |(_, failures)| failures);
        (usual * (1 << failures.min(2))).min(limit::MOST)
    }

    /// Counts one attempt and says how it goes on.
    pub(super) fn step(&mut self, found: Found) -> Step {
        match found {
            Found::NothingToDraw if self.attempts == 0 => Step::give_up(OnionError::NoNodes),
            Found::NothingToDraw => Step::give_up(self.verdict()),
            Found::GuardAway => self.guard_away(),
            Found::Broken { guard } => self.broken(guard),
        }
    }

    fn guard_away(&mut self) -> Step {
        self.guards_away += 1;
        let next = self.next();
        if self.guards_away >= GUARDS_TRIED {
            return Step::give_up(self.verdict());
        }
        Step { leave: None, wait: Duration::ZERO, next }
    }

    fn broken(&mut self, guard: NodeKey) -> Step {
        self.reached = true;
        let before = self.failing.filter(|(failing, _)| *failing == guard).map_or(0, |(_, failures)| failures);
        let failures = before + 1;
        self.failing = Some((guard, failures));
        let wait = self.wait;
        self.wait = (wait * 2).min(LONGEST_WAIT);
        Step { leave: (failures >= FAILURES_PER_GUARD).then_some(guard), wait, next: self.next() }
    }

    fn next(&mut self) -> Next {
        self.attempts += 1;
        if self.attempts < self.limit { Next::Draw } else { Next::GiveUp(self.verdict()) }
    }

    /// What the attempts so far amount to. Nobody is to blame where nothing could be reached.
    fn verdict(&self) -> OnionError {
        if self.reached { OnionError::PathBroken } else { OnionError::Offline }
    }
}

impl Step {
    fn give_up(error: OnionError) -> Self {
        Self { leave: None, wait: Duration::ZERO, next: Next::GiveUp(error) }
    }
}

/// Attempts before building gives up. Source: session-foundation/libsession-util
/// `src/network/routing/onion_request_router.cpp`.
const ATTEMPTS: u32 = 10;

/// Attempts for a spare path before that is left for later: others wait for their turn to build.
const ATTEMPTS_FOR_SPARE: u32 = 2;

/// Guards that are away before we call ourselves offline. With three of ten nodes dead the chance that this is wrong is
/// below one in a thousand, and then the next request tries again.
const GUARDS_TRIED: u32 = 6;

/// Failures behind one guard, with other nodes each time, before another is taken. One is not enough: a middle node
/// could drive us from guard to guard until it likes the one we have.
const FAILURES_PER_GUARD: u32 = 2;

/// Wait after the first failure beyond the guard; doubles. Same source.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// The longest wait between two attempts. Same source.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: NodeKey = NodeKey([1; 32]);
    const BERT: NodeKey = NodeKey([2; 32]);

    /// The last step after all of `found`.
    fn after(found: &[Found]) -> Step {
        let mut trial = Trial::new(true);
        found.iter().map(|found| trial.step(*found)).last().unwrap()
    }

    fn broken(guard: NodeKey) -> Found {
        Found::Broken { guard }
    }

    #[test]
    fn every_row_of_the_table() {
        use Found::{GuardAway, NothingToDraw};
        let draw = |wait: u64| Step { leave: None, wait: Duration::from_millis(wait), next: Next::Draw };
        let leave = |guard, wait| Step { leave: Some(guard), ..draw(wait) };
        for (found, step) in [
            (vec![NothingToDraw], Step::give_up(OnionError::NoNodes)),
            (vec![GuardAway, NothingToDraw], Step::give_up(OnionError::Offline)),
            (vec![broken(ANNA), NothingToDraw], Step::give_up(OnionError::PathBroken)),
            (vec![GuardAway], draw(0)),
            (vec![GuardAway; 5], draw(0)),
            (vec![GuardAway; 6], Step::give_up(OnionError::Offline)),
            ([vec![broken(ANNA)], vec![GuardAway; 6]].concat(), Step::give_up(OnionError::PathBroken)),
            (vec![broken(ANNA)], draw(200)),
            (vec![broken(ANNA), broken(ANNA)], leave(ANNA, 400)),
            (vec![broken(ANNA), broken(BERT)], draw(400)),
            (vec![broken(ANNA), broken(BERT), broken(ANNA)], draw(800)),
            (vec![broken(ANNA), GuardAway, broken(ANNA)], leave(ANNA, 400)),
            (vec![broken(ANNA), broken(ANNA), broken(ANNA)], leave(ANNA, 800)),
        ] {
            assert_eq!(after(&found), step, "{found:?}");
        }
    }

    #[test]
    fn ten_attempts_and_no_more_with_waits_that_double_up_to_five_seconds() {
        let mut trial = Trial::new(true);
        let steps: Vec<Step> = (1..=10).map(|guard| trial.step(broken(NodeKey([guard; 32])))).collect();
        let waits: Vec<u128> = steps.iter().map(|step| step.wait.as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 5_000, 5_000]);
        assert!(steps[..9].iter().all(|step| step.next == Next::Draw));
        assert_eq!(steps[9].next, Next::GiveUp(OnionError::PathBroken));
    }

    #[test]
    fn candidates_get_more_time_after_each_failure_behind_a_guard() {
        let mut trial = Trial::new(true);
        let patience = |trial: &Trial| trial.patience(Duration::from_millis(2_500)).as_millis();
        assert_eq!(patience(&trial), 2_500);
        for expected in [5_000, 10_000, 10_000] {
            trial.step(broken(ANNA));
            assert_eq!(patience(&trial), expected);
        }
        trial.step(broken(BERT));
        assert_eq!(trial.patience(Duration::from_secs(1)), Duration::from_secs(2), "another guard");
    }

    #[test]
    fn a_spare_path_is_tried_twice() {
        let mut trial = Trial::new(false);
        assert_eq!(trial.step(broken(ANNA)).next, Next::Draw);
        assert_eq!(trial.step(broken(BERT)).next, Next::GiveUp(OnionError::PathBroken));
    }

    #[test]
    fn guards_that_are_away_count_among_the_ten() {
        let mut found = [vec![Found::GuardAway; 5], vec![broken(ANNA); 4]].concat();
        assert_eq!(after(&found).next, Next::Draw);
        found.push(broken(BERT));
        assert_eq!(after(&found).next, Next::GiveUp(OnionError::PathBroken));
    }
}
