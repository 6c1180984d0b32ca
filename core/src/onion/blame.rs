//! Carrying out whom [`failure`](super::failure) blames.

use super::exchange::Broken;
use super::failure::{Blame, Decision, Route, decide};
use super::lease::Lease;
use super::lock::locked;
use super::path::{PathId, Struck, keys};
use super::request::Job;
use super::traffic::Traffic;

impl Traffic {
    /// Decides about a failed attempt and carries out who is to blame.
    pub(super) fn judge(&self, job: &Job<'_>, lease: &Lease, broken: &Broken) -> Decision {
        let route = Route { hops: keys(&lease.hops), destination: job.node() };
        let decision = decide(&broken.as_failure(), &route);
        let [guard, ..] = route.hops;
        tracing::debug!(blame = ?decision.blame, next = ?decision.next, "onion request failed");
        match decision.blame {
            Blame::Nobody | Blame::PathUnlessOthersAgree => {}
            Blame::GuardAway => {
                let mut state = locked(&self.state);
                state.away.push(guard);
                state.paths.retire(lease.id);
            }
            Blame::Guard => {
                self.roads.strike(guard);
                if self.roads.is_out(&guard) {
                    let mut state = locked(&self.state);
                    state.kept.forget(&guard);
                    state.paths.retire(lease.id);
                }
            }
            Blame::Path => self.strike_path(lease.id),
            Blame::Hop(node) => {
                self.roads.strike_out(node);
                self.repair(lease.id, node);
                self.strike_path(lease.id);
            }
            Blame::HopNotReady(node) => {
                self.roads.strike(node);
                if self.roads.is_out(&node) {
                    self.repair(lease.id, node);
                    self.strike_path(lease.id);
                }
            }
            Blame::Destination => {
                if let Some(node) = route.destination {
                    self.roads.strike(node);
                }
            }
            Blame::DestinationAccused => {
                if let Some(node) = route.destination {
                    self.roads.accuse(node, route.hops);
                }
                self.strike_path(lease.id);
            }
            Blame::DestinationGone => {
                if let Some(node) = route.destination {
                    self.roads.drop_node(&node);
                }
            }
        }
        decision
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
