//! The stage's randomness: one seed, the same numbers for ever.
//!
//! PCG-32 is a published algorithm, so an upgrade of the crate cannot change a
//! recorded game; `rand`'s own ranges may change between versions, so drawing
//! below a bound is done here.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng as _;

/// PCG's stream selector. Any odd-ish constant does; another gives other games.
const STREAM: u64 = 1957;

#[derive(Debug)]
pub(super) struct Dice(Pcg32);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Pcg32::new(seed, STREAM))
    }

    /// A number from `0..bound`, by the high half of a product (Lemire, 2019, without
    /// the rejection: the bias is below `bound / 2^32`). 0 for a bound of 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_seed_never_change() {
        let mut dice = Dice::new(42);
        let drawn: Vec<u32> = (0..8).map(|_| dice.below(100)).collect();
        // Written down once: a recording made today must play the same for ever.
        assert_eq!(drawn, [7, 73, 61, 16, 31, 46, 74, 44]);
    }

    #[test]
    fn every_face_comes_up() {
        let mut dice = Dice::new(7);
        let mut seen = [0_u32; 6];
        for _ in 0..6000 {
            seen[dice.below(6) as usize] += 1;
        }
        assert!(seen.iter().all(|&times| times > 850), "{seen:?}");
    }
}
