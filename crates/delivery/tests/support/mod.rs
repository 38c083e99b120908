//! What the tests of this crate share.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test crate uses its own part of this module"
)]

/// A small, fast source of random numbers that any seed starts: SplitMix64, by Sebastiano Vigna.
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// Uniform over all of `u64`.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform below `bound`, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True this many times in a thousand.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }
}
