//! When a change to a swarm counts: how many of its members must have proved it by their signature. Pure.
//!
//! | members that our own list names | proofs that are enough |
//! |---|---|
//! | one, or none at all | 1 |
//! | 2, 3, 4 | 2 |
//! | more | half of them, rounded up |
//!
//! Only members that our list names count, and a member counts once, whoever handed in its proof. One member's word is
//! worth nothing: it may say *stored* and throw away, or keep a message and give no copies. More than half is not asked
//! for: a swarm must go on working while half of it is away.

/// How many of how many members proved something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// Members with a good proof.
    pub accepted: usize,
    /// Members that our list names.
    pub named: usize,
}

impl Quorum {
    /// Whether that is enough.
    #[must_use]
    pub const fn is_met(self) -> bool {
        self.accepted >= Self::needed(self.named)
    }

    /// How many proofs are enough in a swarm of so many members.
    #[must_use]
    pub const fn needed(named: usize) -> usize {
        let half = named.div_ceil(2);
        match named {
            0 | 1 => 1,
            _ if half < LEAST => LEAST,
            _ => half,
        }
    }
}

/// Wherever there is a second member, one alone is not believed.
const LEAST: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_members_and_at_least_two_are_enough_and_one_where_there_is_one() {
        let needed: Vec<_> = (0..=11).map(Quorum::needed).collect();
        assert_eq!(needed, [1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
        for (accepted, named, enough) in [
            (0, 1, false),
            (1, 1, true),
            (1, 2, false),
            (2, 2, true),
            (1, 4, false),
            (2, 4, true),
            (2, 5, false),
            (3, 5, true),
            (5, 10, true),
            (4, 10, false),
            (0, 0, false),
        ] {
            assert_eq!(Quorum { accepted, named }.is_met(), enough, "{accepted} of {named}");
        }
    }
}
