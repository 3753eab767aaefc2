//! The orders that the first example reads: 10,000 lines over two hours, out of order, some late, three malformed.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

/// How many lines the file has.
const LINES: usize = 10_000;
/// How long the orders last, in milliseconds.
const SPAN: u64 = 2 * 60 * 60 * 1000;
/// The seed. With the same one the same file comes out.
const SEED: u64 = 2026;

const REGIONS: [&str; 6] = ["north", "south", "east", "west", "centre", "islands"];

/// Lines that no reader may take: cut off, an amount that is text, no time. With the line they stand on, from 1.
const MALFORMED: [(usize, &str); 3] = [
    (1_873, r#"{"id":1872,"region":"north","amount":129"#),
    (4_096, r#"{"id":4095,"region":"west","amount":"2500","placed_at":"2026-01-01T00:49:08.801Z"}"#),
    (9_001, r#"{"id":9000,"region":"south","amount":7450}"#),
];

/// Writes the file.
pub(crate) fn run(root: &Path) -> ExitCode {
    let path = root.join("examples/data/orders.jsonl");
    match std::fs::write(&path, orders()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("could not write {}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}

/// The whole file.
fn orders() -> String {
    let mut random = Random(SEED);
    let mut lines = String::new();
    for id in 0..LINES as u64 {
        let line = id as usize + 1;
        let order = order(id, &mut random);
        match MALFORMED.iter().find(|(at, _)| *at == line) {
            Some((_, text)) => lines.push_str(text),
            None => lines.push_str(&order),
        }
        lines.push('\n');
    }
    lines
}

fn order(id: u64, random: &mut Random) -> String {
    let due = id * SPAN / LINES as u64;
    // Most come within four seconds of their time, one in a hundred up to three minutes after it.
    let delay = if random.below(100) == 0 { 10_000 + random.below(170_000) } else { random.below(4_000) };
    let at = due.saturating_sub(delay);
    let region = REGIONS[random.below(REGIONS.len() as u64) as usize];
    // Amounts in cents: many small ones, few large ones.
    let amount = 100 + random.below(100) * random.below(100) * random.below(20) / 10;
    let mut line = String::new();
    let (hours, minutes, seconds, millis) = (at / 3_600_000, at / 60_000 % 60, at / 1000 % 60, at % 1000);
    write!(
        line,
        r#"{{"id":{id},"region":"{region}","amount":{amount},"placed_at":"2026-01-01T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z"}}"#
    )
    .expect("a String takes what is written to it");
    line
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

#[cfg(test)]
mod tests {
    use super::{LINES, MALFORMED, orders};

    #[test]
    fn the_file_in_the_tree_is_what_the_generator_writes() {
        let kept = include_str!("../../examples/data/orders.jsonl");
        assert!(kept == orders(), "run `cargo xtask gen-orders`");
    }

    #[test]
    fn three_lines_and_no_more_are_malformed() {
        let text = orders();
        let bad: Vec<usize> = (1..)
            .zip(text.lines())
            .filter(|(_, line)| {
                let order: Option<serde_json::Value> = serde_json::from_str(line).ok();
                !order.is_some_and(|order| order["amount"].is_i64() && order["placed_at"].is_string())
            })
            .map(|(number, _)| number)
            .collect();
        assert_eq!(text.lines().count(), LINES);
        assert_eq!(bad, MALFORMED.map(|(line, _)| line));
    }
}
