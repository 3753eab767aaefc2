//! The same answer in this process and on a real Flink: random pipelines over random records.

mod case;
mod expression;
mod flink;
mod json;
mod pipeline;
mod random;
mod schema;
mod shrink;
#[path = "../translation/support.rs"]
mod support;
mod windowed;

use std::collections::BTreeMap;

/// A number that an environment variable may say otherwise.
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Every case is a document that holds, runs here, and is the same after it was written down.
#[test]
fn cases_run_here() {
    let mut rows = 0;
    for seed in 0..500 {
        let case = pipeline::case(seed, 60);
        case.ir.validate().unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", case.ir.to_json()));
        let again = case::from_text(&case::to_text(&case));
        assert_eq!(again.ir.to_json(), case.ir.to_json());
        let answer = case::in_process(&case).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        rows += answer.values().map(Vec::len).sum::<usize>();
        assert_eq!(case::in_process(&again), Ok(answer), "seed {seed}");
    }
    assert!(rows > 5_000, "{rows}");
}

/// `FLOW_FLINK_CASES` pipelines from `FLOW_FLINK_SEED` on, over `FLOW_FLINK_ROWS` rows a source.
#[test]
fn random_pipelines_have_one_answer() {
    let (count, first) = (setting("FLOW_FLINK_CASES", 200) as usize, setting("FLOW_FLINK_SEED", 0));
    let rows = setting("FLOW_FLINK_ROWS", 500) as usize;
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let (mut differing, mut compared, mut rows_seen, mut seed) = (Vec::new(), 0, 0, first);
    while compared < count {
        let mut batch = Vec::new();
        while batch.len() < 20.min(count - compared) {
            let case = pipeline::case(seed, rows);
            seed += 1;
            let obstacles = flink::obstacles(&case);
            if obstacles.is_empty() {
                batch.push(case);
            }
            obstacles.into_iter().for_each(|reason| *refused.entry(reason).or_default() += 1);
        }
        let answers = flink::each(&batch);
        for (case, there) in batch.iter().zip(answers) {
            let here = case::in_process(case);
            rows_seen += here.as_ref().map_or(0, |answer| answer.values().map(Vec::len).sum());
            if here != there {
                eprintln!("seed {}:\n here {}\nthere {}", case.seed, short(&here), short(&there));
                differing.push(case.seed);
            }
        }
        compared += batch.len();
        eprintln!("{compared} of {count} compared, {} differ, {rows_seen} rows", differing.len());
    }
    eprintln!("refused: {refused:#?}");
    for seed in differing.iter().take(3) {
        let smallest = shrink::shrink(&pipeline::case(*seed, rows));
        eprintln!("seed {seed} comes down to this; kept in tests/differences it is a test:\n{}", case::to_text(&smallest));
        eprintln!("{}\n here {:?}\nthere {:?}", flink::sql(&smallest), case::in_process(&smallest), flink::on_flink(std::slice::from_ref(&smallest)));
    }
    assert!(differing.is_empty(), "{} of {compared} differ: {differing:?}", differing.len());
}

/// Each difference that was ever found, as it was shrunk: a file of its own in `tests/differences`.
#[test]
fn what_once_differed_is_the_same() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differences");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let cases: Vec<_> = files.iter().map(|file| case::from_text(&std::fs::read_to_string(file).unwrap())).collect();
    for (files, cases) in files.chunks(20).zip(cases.chunks(20)) {
        for (file, case) in files.iter().zip(cases) {
            assert_eq!(flink::obstacles(case), [""; 0], "{}", file.display());
        }
        let differ = files.iter().zip(shrink::differences(cases)).filter_map(|(file, differs)| differs.then_some(file));
        assert_eq!(differ.collect::<Vec<_>>(), [""; 0]);
    }
}

fn short(answer: &Result<case::Answer, String>) -> String {
    match answer {
        Ok(answer) => answer.iter().map(|(name, rows)| format!("{name}: {} rows; ", rows.len())).collect(),
        Err(error) => error.chars().take(1500).collect(),
    }
}
