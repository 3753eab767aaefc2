//! Orders to read, the same everywhere.

use std::fmt::Write;

use crate::reckoning;

/// 2026-01-01.
pub(crate) const NEW_YEAR: i64 = 1_767_225_600_000;

/// Numbers that look random (SplitMix64).
pub(crate) fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// Orders that come up to `disorder` after their time.
pub(crate) fn orders(count: u64, regions: u64, disorder: u64, seed: u64) -> String {
    orders_each(100_000, count, disorder, seed, |_, random| random % regions)
}

/// The same, one in so many microseconds; `region` says by an order's number and a random one where it was placed.
pub(crate) fn orders_each(
    micros: i64,
    count: u64,
    disorder: u64,
    seed: u64,
    region: impl Fn(u64, u64) -> u64,
) -> String {
    let mut random = random(seed);
    let mut lines = String::new();
    for id in 0..count {
        let at = NEW_YEAR + id as i64 * micros / 1000 - (random() % (disorder + 1)) as i64;
        let (region, amount, at) = (region(id, random()), random() % 400, reckoning::timestamp(at));
        writeln!(lines, r#"{{"id":{id},"region":"r{region}","amount":{amount},"placed_at":"{at}"}}"#)
            .expect("a String");
    }
    lines
}
