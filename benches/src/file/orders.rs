//! The orders, one a line: 1,000 a second of event time, out of order, some late.

use std::io::{BufWriter, Write};

/// The first order's time is the start of 2026-01-01, in milliseconds.
const START: i64 = 1_767_225_600_000;
const REGIONS: [&str; 6] = ["north", "south", "east", "west", "centre", "islands"];

/// Writes so many lines; the same ones every time.
pub(super) fn write(lines: u64, to: impl Write) -> std::io::Result<()> {
    let mut to = BufWriter::new(to);
    let mut random = Random(2026);
    for id in 0..lines {
        // Most come within four seconds of their time, one in a hundred up to three minutes after it.
        let delay = if random.below(100) == 0 { 10_000 + random.below(170_000) } else { random.below(4_000) };
        let at = id.saturating_sub(delay) as i64;
        let region = REGIONS[random.below(6) as usize];
        // In cents: many small ones, few large ones.
        let amount = 60 + random.below(100) * random.below(100) * random.below(20) / 10;
        let (days, of_day) = (at / 86_400_000, at % 86_400_000);
        let (hour, minute, second, millis) =
            (of_day / 3_600_000, of_day / 60_000 % 60, of_day / 1000 % 60, of_day % 1000);
        let date = jiff::Timestamp::from_millisecond(START + days * 86_400_000).expect("a day that has a date");
        let date = date.strftime("%Y-%m-%d");
        writeln!(
            to,
            r#"{{"id":{id},"region":"{region}","amount":{amount},"placed_at":"{date}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"}}"#
        )?;
    }
    to.flush()
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}
