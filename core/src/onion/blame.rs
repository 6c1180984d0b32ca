//! Carrying out whom [`failure`](super::failure) blames, and what asking a silent path found.
//!
//! | a path that was silent | follows |
//! |---|---|
//! | its guard is silent | the guard is set aside, its paths are left; it comes back by itself |
//! | a hop behind it is silent | the hop is set aside, the path is left for one with another hop behind the same guard, and the guard is accused: the third time within an hour it is given up, for it may drop what it likes |
//! | all its nodes answer | the destination is silent; three such in a row without an answer and the path is left |
//! | nobody knows | one strike for the path |

use super::exchange::Broken;
use super::failure::{Blame, Decision, Next, Route, decide};
use super::lease::Lease;
use super::lock::locked;
use super::node::NodeKey;
use super::path::{Hops, PathId, Struck, keys};
use super::probe::Finding;
use super::request::Job;
use super::traffic::Traffic;

impl Traffic {
    /// Decides about a failed exchange and carries out who is to blame; `finding` is what asking the path found
    /// meanwhile.
    pub(super) fn judge(&self, job: &Job<'_>, lease: &Lease, broken: &Broken, finding: Option<Finding>) -> Decision {
        let route = Route { hops: keys(&lease.hops), destination: job.node() };
        let decided = decide(&broken.as_failure(), &route);
        let decision = if *broken == Broken::TimedOut { after_silence(decided, finding, &route) } else { decided };
        tracing::debug!(blame = ?decision.blame, next = ?decision.next, ?finding, "onion request failed");
        if *broken == Broken::TimedOut && finding == Some(Finding::Whole) {
            locked(&self.state).paths.overtaken(lease.id);
        }
        if decision.next == Next::BackOff {
            self.guard_is_busy(lease);
        }
        self.blame(decision.blame, lease.id, &route);
        decision
    }

    fn blame(&self, blame: Blame, path: PathId, route: &Route) {
        let [guard, ..] = route.hops;
        match blame {
            Blame::Nobody | Blame::PathUnlessOthersAgree => {}
            Blame::GuardAway => self.guard_is_silent(guard),
            Blame::Guard => self.strike_guard(guard, path),
            Blame::Path => self.strike_path(path),
            Blame::Hop(node) => {
                // What is away now may be back in a minute.
                self.roads.set_aside(node);
                self.replace_hop(node, path);
            }
            Blame::HopNotReady(node) => {
                self.roads.strike(node);
                if self.roads.is_out(&node) {
                    self.replace_hop(node, path);
                }
            }
            Blame::Destination => route.destination.into_iter().for_each(|node| self.roads.strike_destination(node)),
            Blame::DestinationGone => route.destination.iter().for_each(|node| self.roads.drop_node(node)),
            Blame::DestinationAccused => {
                route.destination.into_iter().for_each(|node| self.roads.accuse(node, route.hops));
                self.strike_path(path);
            }
        }
    }

    /// Carries out what asking the prefixes of a path found.
    pub(super) fn act_on(&self, finding: Finding, path: PathId, hops: &Hops) {
        let [guard, ..] = keys(hops);
        match finding {
            Finding::Whole | Finding::Unclear => {}
            Finding::Silent(0) => self.guard_is_silent(guard),
            Finding::Silent(place) => {
                hops.get(place).iter().for_each(|hop| self.roads.set_aside(hop.key));
                locked(&self.state).paths.leave(path);
                self.accuse_guard(guard);
            }
        }
    }

    /// The guard cannot be reached, or it is we who are offline: set aside without blame, and its paths are left.
    fn guard_is_silent(&self, guard: NodeKey) {
        self.roads.set_aside(guard);
        locked(&self.state).paths.leave_behind(&guard);
    }

    /// A hop behind the guard was found silent. A guard that drops what it does not like could choose our nodes that way.
    pub(super) fn accuse_guard(&self, guard: NodeKey) {
        let now = self.roads.clock().monotonic();
        if locked(&self.state).accusations.accuse(guard, now) {
            self.give_up_guard(guard);
        }
    }

    /// The guard asks for fewer requests: this path rests, the others carry; at last the guard is set aside.
    fn guard_is_busy(&self, lease: &Lease) {
        let now = self.roads.clock().monotonic();
        if locked(&self.state).paths.busy(lease.id, now) {
            let [guard, ..] = keys(&lease.hops);
            self.guard_is_silent(guard);
        }
    }

    fn strike_guard(&self, guard: NodeKey, path: PathId) {
        self.roads.strike(guard);
        if self.roads.is_out(&guard) {
            self.give_up_guard(guard);
            locked(&self.state).paths.leave(path);
        }
    }

    /// Another guard is taken while there is one.
    fn give_up_guard(&self, guard: NodeKey) {
        tracing::debug!(?guard, "a guard is given up");
        let mut state = locked(&self.state);
        state.kept.give_up(&guard);
        state.paths.leave_behind(&guard);
    }

    /// Whoever names a hop as missing may lie, so the path pays too.
    fn replace_hop(&self, node: NodeKey, path: PathId) {
        self.repair(path, node);
        self.strike_path(path);
    }

    /// One failure of a path; the nodes of one that is dropped are under suspicion.
    pub(super) fn strike_path(&self, id: PathId) {
        let mut state = locked(&self.state);
        if let Struck::Dropped(nodes) = state.paths.strike(id) {
            let unpunished = nodes.into_iter().filter(|node| !self.roads.is_out(node));
            state.suspects.extend(unpunished);
        }
    }
}

/// What follows from silence once the path was asked: who is silent has been dealt with, and a whole path needs no other.
fn after_silence(decided: Decision, finding: Option<Finding>, route: &Route) -> Decision {
    match finding {
        Some(Finding::Silent(_)) => Decision { blame: Blame::Nobody, next: Next::Retry },
        // A server is the same behind every path, and another exit may reach it.
        Some(Finding::Whole) if route.destination.is_none() => Decision { blame: Blame::Nobody, next: Next::Retry },
        Some(Finding::Whole) => Decision { blame: Blame::Nobody, next: Next::AskAnother },
        Some(Finding::Unclear) | None => decided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onion::failure::Failure;

    #[test]
    fn silence_is_blamed_on_whom_was_found_silent_and_else_on_the_path() {
        let key = |byte| NodeKey([byte; 32]);
        let to_node = Route { hops: [key(1), key(2), key(3)], destination: Some(key(4)) };
        let to_server = Route { destination: None, ..to_node };
        for (route, finding, blame, next) in [
            (to_node, None, Blame::Path, Next::Retry),
            (to_node, Some(Finding::Unclear), Blame::Path, Next::Retry),
            (to_node, Some(Finding::Silent(0)), Blame::Nobody, Next::Retry),
            (to_node, Some(Finding::Silent(2)), Blame::Nobody, Next::Retry),
            (to_node, Some(Finding::Whole), Blame::Nobody, Next::AskAnother),
            (to_server, Some(Finding::Whole), Blame::Nobody, Next::Retry),
        ] {
            let decided = decide(&Failure::TimedOut, &route);
            assert_eq!(after_silence(decided, finding, &route), Decision { blame, next }, "{finding:?}");
        }
    }
}
