//! The ring of swarms: where an address stands on it, and which swarm is nearest.
//!
//! Accounts (05) and groups (03) both have swarms, and the prefix plays no part in finding them. The ring and the choice of
//! the nearest swarm follow session-foundation/session-storage-server `oxenss/snode/swarm.cpp`.

use crate::address::Address;

/// The place of an address on the ring: the four big-endian words of its key, combined by exclusive or.
pub fn position(of: &Address) -> u64 {
    let (_, key) = of.as_bytes().split_at(1);
    key.iter().enumerate().fold(0, |position, (at, byte)| position ^ (u64::from(*byte) << (56 - 8 * (at % 8))))
}

/// The swarm number that means "in no swarm" (decommissioned, or the chain is not read yet).
pub const NO_SWARM: u64 = u64::MAX;

/// The swarm nearest to `position` on the ring of all u64 values; `None` when there is no swarm.
///
/// The distance wraps around zero, and a tie goes to the left neighbour. `swarms` may hold duplicates and
/// [`NO_SWARM`], in any order.
pub fn nearest_swarm(position: u64, swarms: impl IntoIterator<Item = u64>) -> Option<u64> {
    let ids: std::collections::BTreeSet<u64> = swarms.into_iter().filter(|id| *id != NO_SWARM).collect();
    let smallest = *ids.first()?;
    let largest = *ids.last()?;
    let right = ids.range(position..).next().copied().unwrap_or(smallest);
    let left = ids.range(..position).next_back().copied().unwrap_or(largest);
    let to_the_right = right.wrapping_sub(position);
    let to_the_left = position.wrapping_sub(left);
    Some(if to_the_right < to_the_left { right } else { left })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_prefix_plays_no_part_in_the_position() {
        let key = "0123456789abcdef0000000000000000000000000000000000000000000000ff";
        let account = Address::parse(&format!("05{key}")).unwrap();
        let group = Address::parse(&format!("03{key}")).unwrap();
        assert_eq!(position(&account), 0x0123_4567_89ab_cdef ^ 0xff);
        assert_eq!(position(&account), position(&group));
    }

    #[test]
    fn ties_go_left_and_the_ring_wraps_around_zero() {
        assert_eq!(nearest_swarm(150, [100, 200]), Some(100));
        assert_eq!(nearest_swarm(151, [200, 100, 200]), Some(200));
        assert_eq!(nearest_swarm(39, [100, u64::MAX - 19]), Some(u64::MAX - 19));
        assert_eq!(nearest_swarm(41, [100, u64::MAX - 19]), Some(100));
        assert_eq!(nearest_swarm(u64::MAX, [0, u64::MAX - 100]), Some(0));
    }

    #[test]
    fn nodes_without_a_swarm_do_not_make_one() {
        assert_eq!(nearest_swarm(7, []), None);
        assert_eq!(nearest_swarm(7, [NO_SWARM]), None);
        assert_eq!(nearest_swarm(u64::MAX, [NO_SWARM, 5]), Some(5));
    }

    proptest! {
        /// However many swarms there are, none is nearer than the chosen one.
        #[test]
        fn no_swarm_is_nearer_than_the_chosen_one(position: u64, ids in proptest::collection::vec(0..NO_SWARM, 1..20)) {
            let distance = |id: u64| id.wrapping_sub(position).min(position.wrapping_sub(id));
            let chosen = nearest_swarm(position, ids.iter().copied()).unwrap();
            prop_assert!(ids.iter().all(|id| distance(*id) >= distance(chosen)));
        }
    }
}
