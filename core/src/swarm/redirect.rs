//! What follows from a 421: an account that is said to live elsewhere. Pure.
//!
//! | the answer names | the request goes on |
//! |---|---|
//! | members, three or more of them in our node list | with those |
//! | members, fewer of them in our list | with those, and the list is fetched anew |
//! | members, none of them in our list | after the list was fetched anew |
//! | nobody | with the other members we know; when there are none, nodes are asked for the swarm |
//!
//! A second 421 to the same request also fetches the list anew, and a third ends it. Only keys are taken, and only those of
//! nodes in our own list; which account is meant is ours to know, whatever the answer says of itself.
//!
//! That is what official clients do, and they take the one answer for true. Here it is a voice: nothing is stored or read
//! where one node sends us, and nothing is remembered, before another node, or a new list, says so as well
//! ([`agreement`]). Until then the request goes to another member that our list names, which may be that second voice or
//! simply do what is asked.
//!
//! Source: libsession-util `src/network/session_network.cpp` (1.9); session-desktop
//! `ts/session/apis/snode_api/onions.ts`.

use crate::onion::NodeKey;

/// Where a request goes on after a 421.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The account's swarm as this one answer has it, as far as our list knows it.
    pub swarm: Vec<NodeKey>,
    /// What becomes of the request.
    pub action: Action,
    /// Whether the node list is fetched anew first.
    pub refresh_pool: bool,
}

/// What becomes of a request after a 421.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It goes to another node.
    Retry,
    /// The same, once the list was fetched.
    RetryAfterRefresh,
    /// Nodes are asked who keeps the account.
    AskForSwarm,
    /// It is over.
    Fail,
}

/// What follows when `node`, one of `members`, answers 421 and names `named` as the account's swarm (empty: nobody), after
/// so many 421 to the same request.
pub fn after(
    members: &[NodeKey],
    node: &NodeKey,
    redirects_before: u32,
    named: &[NodeKey],
    is_known: impl Fn(&NodeKey) -> bool,
) -> Redirect {
    let again = redirects_before > 0;
    let (swarm, action, refresh_pool) = if named.is_empty() {
        let others: Vec<_> = members.iter().copied().filter(|member| member != node).collect();
        let action = if others.is_empty() { Action::AskForSwarm } else { Action::Retry };
        (others, action, again)
    } else {
        let known: Vec<_> = named.iter().copied().filter(is_known).collect();
        let action = if known.is_empty() { Action::RetryAfterRefresh } else { Action::Retry };
        let few = known.len() < ENOUGH_KNOWN;
        (known, action, few || again)
    };
    let action = if redirects_before < REDIRECTS_FOLLOWED { action } else { Action::Fail };
    Redirect { swarm, action, refresh_pool }
}

/// On which members two voices agree: those that both name, when these are at least half of what either says.
pub fn agreement(one: &[NodeKey], other: &[NodeKey]) -> Option<Vec<NodeKey>> {
    let both: Vec<NodeKey> = one.iter().copied().filter(|member| other.contains(member)).collect();
    let enough = !both.is_empty() && both.len() * 2 >= one.len().max(other.len());
    enough.then_some(both)
}

/// Fewer members of an account's swarm in our list than this, and the list is old.
pub const ENOUGH_KNOWN: usize = 3;

/// How many 421 one request survives.
pub const REDIRECTS_FOLLOWED: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(numbers: &[u8]) -> Vec<NodeKey> {
        numbers.iter().map(|number| NodeKey([*number; 32])).collect()
    }

    #[test]
    fn every_row_of_the_table() {
        use Action::{AskForSwarm, Fail, Retry, RetryAfterRefresh};
        // Our list has the nodes 1 to 9.
        let known = |node: &NodeKey| node.0[0] < 10;
        for (members, before, named, swarm, action, refresh_pool) in [
            (&[1, 2, 3][..], 0, &[4, 5, 6][..], &[4, 5, 6][..], Retry, false),
            (&[1, 2, 3], 0, &[4, 5, 6, 77], &[4, 5, 6], Retry, false),
            (&[1, 2, 3], 0, &[4, 77, 78], &[4], Retry, true),
            (&[1, 2, 3], 0, &[77, 78], &[], RetryAfterRefresh, true),
            (&[1, 2, 3], 0, &[], &[2, 3], Retry, false),
            (&[1], 0, &[], &[], AskForSwarm, false),
            (&[1, 2, 3], 1, &[4, 5, 6], &[4, 5, 6], Retry, true),
            (&[1, 2, 3], 2, &[4, 5, 6], &[4, 5, 6], Fail, true),
            (&[1, 2, 3], 2, &[77], &[], Fail, true),
            (&[1, 2, 3], 1, &[], &[2, 3], Retry, true),
        ] {
            let told = after(&keys(members), &NodeKey([1; 32]), before, &keys(named), known);
            let expected = Redirect { swarm: keys(swarm), action, refresh_pool };
            assert_eq!(told, expected, "{members:?} {before} {named:?}");
        }
    }

    #[test]
    fn two_voices_agree_on_what_both_say_when_that_is_half_of_either() {
        let agreed = |one: &[u8], other: &[u8]| agreement(&keys(one), &keys(other));
        assert_eq!(agreed(&[1, 2, 3], &[3, 2, 1]), Some(keys(&[1, 2, 3])));
        assert_eq!(agreed(&[1, 2, 3, 4], &[3, 4, 5]), Some(keys(&[3, 4])), "what one alone adds is left out");
        assert_eq!(agreed(&[1, 2, 3], &[4, 5, 6]), None);
        assert_eq!(agreed(&[1, 2, 3, 4, 5], &[5]), None, "one honest name among invented ones");
        assert_eq!(agreed(&[], &[]), None);
        assert_eq!(agreed(&[7], &[7]), Some(keys(&[7])));
    }
}
