//! Numbers that look random and are the same at every run, for scripts longer than anybody writes.

/// Source: xorshift64*, Sebastiano Vigna, "An experimental exploration of Marsaglia's xorshift generators,
/// scrambled", 2016.
pub(crate) struct Chance(u64);

impl Chance {
    /// `seed` must not be 0.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform below `bound`, nearly.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % bound
    }

    /// A share of 2^64 that a JavaScript number holds exactly.
    pub(crate) fn share(&mut self) -> u64 {
        self.below(1 << 20) << 44
    }
}
