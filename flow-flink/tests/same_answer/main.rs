//! The same answer in this process and on a real Flink: random pipelines over random records.

mod case;
mod expression;
mod flink;
mod json;
mod kafka;
mod kind;
mod mutations;
mod pipeline;
mod random;
mod rules;
mod schema;
mod shrink;
#[path = "../translation/support.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod support;
mod windowed;

use case::Answer;
use flow::record::Row;
use kind::{Kind, Level};
use pipeline::Case;
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
        let case = pipeline::case(level(seed), seed, 60);
        case.ir.validate().unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", case.ir.to_json()));
        let again = case::from_text(&case::to_text(&case));
        assert_eq!(again.ir.to_json(), case.ir.to_json());
        let answer = case::in_process(&case).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        rows += answer.values().map(Vec::len).sum::<usize>();
        assert_eq!(case::in_process(&again), Ok(answer), "seed {seed}");
    }
    assert!(rows > 5_000, "{rows}");
}

fn level(seed: u64) -> Level {
    if seed % 4 == 3 { Level::B } else { Level::A }
}

/// `FLOW_FLINK_CASES` pipelines from `FLOW_FLINK_SEED` on, over `FLOW_FLINK_ROWS` rows a source; a fourth of them over late records.
#[test]
fn random_pipelines_have_one_answer() {
    let (count, first) = (setting("FLOW_FLINK_CASES", 200) as usize, setting("FLOW_FLINK_SEED", 0));
    let rows = setting("FLOW_FLINK_ROWS", 500) as usize;
    let mut compared = Compared::default();
    // Of one kind each, for what a job runs on, and in how many tasks, is the same for all of it.
    let mut batches: BTreeMap<(Kind, bool), Vec<Case>> = BTreeMap::new();
    let mut taken = 0;
    for seed in first.. {
        if taken == count {
            break;
        }
        let case = pipeline::case(level(seed), seed, rows);
        let obstacles = flink::obstacles(&case);
        taken += usize::from(obstacles.is_empty());
        // Nor may a stage that goes wrong before 1970 be of one job with such times.
        let batch = batches.entry((case.kind(), flink::before_1970(&case))).or_default();
        if obstacles.is_empty() {
            batch.push(case);
        }
        obstacles.into_iter().for_each(|reason| *compared.refused.entry(reason).or_default() += 1);
        if batch.len() == TOGETHER {
            compared.batch(&std::mem::take(batch));
        }
    }
    batches.values().for_each(|batch| compared.batch(batch));
    eprintln!("refused: {:#?}", compared.refused);
    compared.covered();
    for case in compared.differing.iter().take(3) {
        let smallest = shrink::shrink(case);
        eprintln!(
            "seed {} comes down to this; kept in tests/differences it is a test:\n{}",
            case.seed,
            case::to_text(&smallest)
        );
        let there = flink::on_flink(std::slice::from_ref(&smallest));
        eprintln!("{}\n here {:?}\nthere {there:?}", flink::sql(&smallest), case::in_process(&smallest));
    }
    let seeds: Vec<_> = compared.differing.iter().map(|case| case.seed).collect();
    assert!(seeds.is_empty(), "{} of {} differ: {seeds:?}", seeds.len(), compared.cases);
}

/// How many cases are one job.
const TOGETHER: usize = 15;

/// What came of comparing.
#[derive(Default)]
struct Compared {
    cases: usize,
    rows: usize,
    differing: Vec<Case>,
    /// How often the translation refused something.
    refused: BTreeMap<String, usize>,
    /// How many cases there were of each kind, and with corrections.
    kinds: BTreeMap<Kind, usize>,
    upserts: usize,
    /// How many have a stage that takes the items of lists.
    lists: usize,
}

impl Compared {
    fn batch(&mut self, cases: &[Case]) {
        let Some(kind) = cases.first().map(Case::kind) else { return };
        let others = flink::others(cases);
        for (number, case) in cases.iter().enumerate() {
            let here = case::in_process(case);
            self.rows += here.as_ref().map_or(0, |answer| answer.values().map(Vec::len).sum());
            self.upserts += usize::from(case.ir.ends.iter().any(|end| end.sink.upsert));
            self.lists += usize::from(case.ir.to_json().contains("\"flatMap\""));
            if let Some((who, other)) =
                others.iter().map(|(who, answers)| (who, &answers[number])).find(|(_, other)| **other != here)
            {
                eprintln!("seed {} differs: {who}: {}", case.seed, difference(&here, other));
                if let Ok(folder) = std::env::var("FLOW_FLINK_KEEP") {
                    std::fs::write(format!("{folder}/{}.json", case.seed), case::to_text(case))
                        .expect("the folder is there");
                }
                self.differing.push(case.clone());
            }
        }
        self.cases += cases.len();
        *self.kinds.entry(kind).or_default() += cases.len();
        eprintln!("{} compared, {} differ, {} rows; {kind}", self.cases, self.differing.len(), self.rows);
    }

    /// Says what was compared; a run that is long enough has something of each kind.
    fn covered(&self) {
        let kinds: Vec<String> = self.kinds.iter().map(|(kind, cases)| format!("{cases} {kind}")).collect();
        eprintln!("{}; {} with corrections of rows, {} with items", kinds.join(", "), self.upserts, self.lists);
        let fixed = std::env::var("FLOW_FLINK_PARALLELISM").is_ok();
        if self.cases >= 100 && !fixed {
            assert_eq!(self.kinds.len(), 8, "files and topics, each in 1 to 4 tasks");
            assert!(self.upserts >= 5, "{} with corrections of rows", self.upserts);
            assert!(self.lists >= 5, "{} with the items of lists", self.lists);
        }
    }
}

/// The cases that are kept in `tests/differences`, by their names.
fn kept() -> Vec<(String, Case)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differences");
    let files = std::fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<_> = files.map(|entry| entry.expect("it can be read").path()).collect();
    files.sort();
    let read = |file: &std::path::PathBuf| std::fs::read_to_string(file).expect("it is text");
    files.iter().map(|file| (file.display().to_string(), case::from_text(&read(file)))).collect()
}

/// Each difference that was ever found, as it was shrunk, and rules that nothing random meets: a file of its own each.
#[test]
fn what_once_differed_is_the_same() {
    let mut kinds: BTreeMap<Kind, Vec<(String, Case)>> = BTreeMap::new();
    kept().into_iter().for_each(|(name, case)| kinds.entry(case.kind()).or_default().push((name, case)));
    for kept in kinds.values().flat_map(|kept| kept.chunks(20)) {
        let (names, cases): (Vec<_>, Vec<_>) = kept.iter().cloned().unzip();
        for (name, case) in kept {
            assert_eq!(flink::obstacles(case), [""; 0], "{name}");
        }
        let differ =
            names.iter().zip(shrink::differences(&cases)).filter_map(|(name, differs)| differs.then_some(name));
        assert_eq!(differ.collect::<Vec<_>>(), [""; 0]);
    }
}

/// What only one of both has, a few rows of each sink.
fn difference(here: &Result<Answer, String>, there: &Result<Answer, String>) -> String {
    let (here, there) = match (here, there) {
        (Ok(here), Ok(there)) => (here, there),
        (here, there) => {
            let error = |of: &Result<Answer, String>| {
                of.as_ref().err().map_or("rows".to_owned(), |e| e.chars().take(2_000).collect())
            };
            return format!("here {}, there {}", error(here), error(there));
        }
    };
    let mut text = String::new();
    for (name, here) in here {
        let mut there = there[name].clone();
        let mut only_here = Vec::new();
        here.iter().for_each(|row| match there.iter().position(|other| other == row) {
            Some(at) => drop(there.remove(at)),
            None => only_here.push(row),
        });
        let few = |rows: Vec<&Row>| format!("{} rows, {:?}", rows.len(), &rows[..rows.len().min(4)]);
        text += &format!("\n{name}: only here {}\nonly there {}", few(only_here), few(there.iter().collect()));
    }
    text
}
