//! Carrying out whom [`failure`](super::failure) blames.

use super::exchange::Broken;
use super::failure::{Blame, Decision, Route, decide};
use super::lease::Lease;
use super::lock::locked;
use super::node::NodeKey;
use super::path::{PathId, Struck, keys};
use super::request::Job;
use super::traffic::Traffic;

impl Traffic {
    /// Decides about a failed exchange and carries out who is to blame.
    pub(super) fn judge(&self, job: &Job<'_>, lease: &Lease, broken: &Broken) -> Decision {
        let route = Route { hops: keys(&lease.hops), destination: job.node() };
        let decision = decide(&broken.as_failure(), &route);
        tracing::debug!(blame = ?decision.blame, next = ?decision.next, "onion request failed");
        self.blame(decision.blame, lease.id, &route);
        decision
    }

    fn blame(&self, blame: Blame, path: PathId, route: &Route) {
        let [guard, ..] = route.hops;
        match blame {
            Blame::Nobody | Blame::PathUnlessOthersAgree => {}
            Blame::GuardAway => self.guard_is_away(guard, path),
            Blame::Guard => self.strike_guard(guard, path),
            Blame::Path => self.strike_path(path),
            Blame::Hop(node) => {
                self.roads.strike_out(node);
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

    /// The path is left; its guard is struck once anything else is reached.
    fn guard_is_away(&self, guard: NodeKey, path: PathId) {
        let mut state = locked(&self.state);
        state.away.push(guard);
        state.paths.retire(path);
    }

    fn strike_guard(&self, guard: NodeKey, path: PathId) {
        self.roads.strike(guard);
        if self.roads.is_out(&guard) {
            let mut state = locked(&self.state);
            state.kept.forget(&guard);
            state.paths.retire(path);
        }
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
