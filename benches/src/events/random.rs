//! Random numbers: SplitMix64, begun anew for every event, so that any event can be made without those before it.

/// A source of random numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of this seed's event.
    #[must_use]
    pub fn of(seed: u64, event: u64) -> Self {
        let mut random = Self(seed.wrapping_add(event.wrapping_mul(0xD134_2543_DE82_EF95)));
        // Neighbouring events are to have nothing in common.
        random.0 ^= random.next().rotate_left(17);
        random
    }

    /// The next number.
    #[allow(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed(self.0)
    }

    /// A number below this one.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product: no division, and no bias that matters here.
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from 0 to 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Spreads a number over all bits.
#[must_use]
pub const fn mixed(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
