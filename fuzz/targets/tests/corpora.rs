//! Every corpus is replayed, each seed as it is and with small damages.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use flow_fuzz_targets::TARGETS;

/// How many damaged copies of a seed are tried.
const COPIES: u64 = 64;

#[test]
fn the_corpora_hold() {
    let corpora = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")).expect("corpora");
    let mut found: Vec<_> = corpora.map(|entry| entry.expect("a corpus").file_name()).collect();
    found.sort();
    let mut named: Vec<_> = TARGETS.iter().map(|(name, _)| OsString::from(name)).collect();
    named.sort();
    assert_eq!(found, named, "every corpus has its target");
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(name);
        let seeds: Vec<_> =
            fs::read_dir(&folder).expect("a corpus").map(|entry| entry.expect("a seed").path()).collect();
        assert!(!seeds.is_empty(), "{name} has no seed");
        for path in seeds {
            let seed = fs::read(&path).expect("a seed can be read");
            target(&seed);
            for number in 0..COPIES {
                target(&damaged(&seed, number));
            }
        }
    }
}

/// A copy that is cut, or has a byte changed, taken out, or doubled.
fn damaged(seed: &[u8], number: u64) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    if bytes.is_empty() {
        return vec![number as u8];
    }
    let random = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let at = (random >> 17) as usize % bytes.len();
    match number % 4 {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << ((random >> 8) % 8),
        2 => drop(bytes.remove(at)),
        _ => bytes.insert(at, bytes[at]),
    }
    bytes
}
