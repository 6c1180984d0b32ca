//! Since when a member can have had what it gives. Pure.
//!
//! A node says when it got a message, but has that from whoever stored it, and some put the moment of writing there however late
//! it leaves. What a member did not give when it was asked to the end it had not: it got it later. Kept in memory only; without
//! it the word of the node counts.

use std::collections::HashMap;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::onion::NodeKey;

/// When each member was last asked until it had nothing more: the beginning of that (network time).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Complete(HashMap<NodeKey, Timestamp>);

impl Complete {
    /// A member was asked from `begun` on, until it had nothing more.
    pub(super) fn note(&mut self, node: NodeKey, begun: Timestamp) {
        self.0.insert(node, begun);
    }

    /// Before that a member had nothing of what is new now; zero when that is not known.
    pub(super) fn not_before(&self, node: &NodeKey) -> Timestamp {
        self.0.get(node).map_or(Timestamp::ZERO, |begun| *begun - MEMBERS_DIFFER)
    }
}

/// So much later than the first member another one has a message; and by how much clocks may differ.
const MEMBERS_DIFFER: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_member_did_not_have_it_got_later() {
        let (one, other, noon) = (NodeKey([1; 32]), NodeKey([2; 32]), Timestamp::from_millis(1_774_000_000_000));
        let mut complete = Complete::default();
        assert_eq!(complete.not_before(&one), Timestamp::ZERO);
        complete.note(one, noon);
        assert_eq!(complete.not_before(&one), noon - Duration::from_secs(60));
        assert_eq!(complete.not_before(&other), Timestamp::ZERO, "each for itself");
        complete.note(one, noon + Duration::from_secs(5));
        assert_eq!(complete.not_before(&one), noon - Duration::from_secs(55));
    }
}
