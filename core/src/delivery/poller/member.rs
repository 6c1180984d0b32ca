//! Which member of a swarm is asked: the same one for a while, because cursors belong to a node, and then another, because
//! a single node may lag or withhold. Pure.

use std::time::Duration;

use crate::onion::NodeKey;

/// The member that is asked, and since when (monotonic).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Member {
    current: Option<(NodeKey, Duration)>,
}

impl Member {
    /// The member to go on with at `now`; none when another one is to be chosen.
    pub(super) fn fresh(&self, now: Duration) -> Option<NodeKey> {
        self.current.filter(|(_, since)| now.saturating_sub(*since) < STAY).map(|(node, _)| node)
    }

    /// This one is asked from `now` on.
    pub(super) fn choose(&mut self, node: NodeKey, now: Duration) {
        self.current = Some((node, now));
    }

    /// This one answered: it is asked again. Its time goes on when it is the one that was asked already.
    pub(super) fn stay_with(&mut self, node: NodeKey, now: Duration) {
        if self.current.is_none_or(|(known, _)| known != node) {
            self.choose(node, now);
        }
    }

    /// The next poll chooses anew.
    pub(super) fn forget(&mut self) {
        self.current = None;
    }
}

/// How long one member is asked. Shorter costs a full list each time (cursors belong to a node); longer lets a node that
/// withholds messages do so longer.
const STAY: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_asked_for_five_minutes_and_answers_do_not_lengthen_that() {
        let (first, second) = (NodeKey([1; 32]), NodeKey([2; 32]));
        let at = Duration::from_secs;
        let mut member = Member::default();
        assert_eq!(member.fresh(at(0)), None);
        member.choose(first, at(10));
        member.stay_with(first, at(200));
        assert_eq!((member.fresh(at(309)), member.fresh(at(310))), (Some(first), None));
        member.stay_with(second, at(311));
        assert_eq!(member.fresh(at(610)), Some(second), "the swarm moved, and a new member answered");
        member.forget();
        assert_eq!(member.fresh(at(611)), None);
    }
}
