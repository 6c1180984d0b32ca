//! Throws that are the same for the same seed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// One request's worth of chance.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// For the request of this number at a node with this seed.
    pub(crate) fn of(seed: u64, throw: u64) -> Self {
        let mut dice = Self(seed ^ throw.wrapping_mul(0xd134_2543_de82_ef95));
        dice.next();
        dice
    }

    /// The next 64 bits (SplitMix64).
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `sides`.
    pub(crate) fn below(&mut self, sides: usize) -> usize {
        let sides = u64::try_from(sides.max(1)).unwrap_or(1);
        usize::try_from(self.next() % sides).unwrap_or(0)
    }

    /// So many bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    /// What looks like the hash of a message.
    pub(crate) fn hash(&mut self) -> String {
        STANDARD_NO_PAD.encode(self.bytes(32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_request_give_the_same_throws_and_others_give_others() {
        let throws = |seed, throw| Dice::of(seed, throw).bytes(16);
        assert_eq!(throws(7, 1), throws(7, 1));
        assert_ne!(throws(7, 1), throws(7, 2));
        assert_ne!(throws(7, 1), throws(8, 1));
        assert_eq!(Dice::of(1, 1).hash().len(), 43);
        let mut dice = Dice::of(3, 3);
        let seen: std::collections::BTreeSet<usize> = (0..100).map(|_| dice.below(6)).collect();
        assert_eq!(seen.len(), 6);
    }
}
