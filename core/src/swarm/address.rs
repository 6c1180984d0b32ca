//! Whose swarm: an id of 33 bytes, and its place on the ring of swarms.
//!
//! Accounts (05) and groups (03) both have swarms, and the prefix plays no part in finding them. This room therefore
//! speaks of an [`Address`]; an [`AccountId`] becomes one by itself. The ring and the choice of the nearest swarm follow
//! session-foundation/session-storage-server `oxenss/snode/swarm.cpp`.

use std::fmt;

use crate::crypto::AccountId;

/// An id that has a swarm: one prefix byte and 32 key bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; 33]);

impl Address {
    /// From prefix byte and key bytes. Any prefix is taken: a node that does not like it says so.
    pub const fn from_bytes(bytes: [u8; 33]) -> Self {
        Self(bytes)
    }

    /// From 66 hexadecimal digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 33];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// Prefix byte and key bytes.
    pub const fn as_bytes(&self) -> &[u8; 33] {
        &self.0
    }

    /// The kind of id: 0x05 for accounts, 0x03 for groups.
    pub const fn prefix(&self) -> u8 {
        self.0[0]
    }

    /// The place on the ring: the four big-endian words of the key, combined by exclusive or.
    pub fn position(&self) -> u64 {
        let (_, key) = self.0.split_at(1);
        key.iter().enumerate().fold(0, |position, (at, byte)| position ^ (u64::from(*byte) << (56 - 8 * (at % 8))))
    }
}

impl From<&AccountId> for Address {
    fn from(id: &AccountId) -> Self {
        Self(*id.as_bytes())
    }
}

impl From<AccountId> for Address {
    fn from(id: AccountId) -> Self {
        Self::from(&id)
    }
}

impl From<&Address> for Address {
    fn from(address: &Address) -> Self {
        *address
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Only the kind and the first digits, so that a log never holds a whole id.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}{:02x}..", self.0[0], self.0[1])
    }
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
        assert_eq!(account.position(), 0x0123_4567_89ab_cdef ^ 0xff);
        assert_eq!(account.position(), group.position());
        assert_eq!((account.prefix(), group.prefix()), (5, 3));
    }

    #[test]
    fn an_address_is_66_hex_digits_and_nothing_else() {
        assert!(Address::parse("").is_none());
        assert!(Address::parse(&"0".repeat(65)).is_none());
        assert!(Address::parse(&"g".repeat(66)).is_none());
        assert_eq!(Address::parse(&"0A".repeat(33)).unwrap().to_string(), "0a".repeat(33));
        assert_eq!(format!("{:?}", Address::parse(&"05".repeat(33)).unwrap()), "0505..");
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
