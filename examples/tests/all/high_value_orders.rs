//! The main job agrees with a reckoning that was written apart, on files of every kind.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::orders::{NEW_YEAR, orders, orders_each};
use crate::program::{example, stdout, text};
use crate::reckoning::{self, Reckoning, reckon};
use serde_json::Value;
use tempfile::tempdir;

/// Runs the job with `--input` and `--output`, and reads what it wrote.
fn run(lines: &[u8], min_amount: i64, delay: i64, parallelism: usize) -> Reckoning {
    let folder = tempdir().expect("a folder to write to");
    let (input, output) = (folder.path().join("orders.jsonl"), folder.path().join("revenue.jsonl"));
    fs::write(&input, lines).expect("a file to read");
    let ended = job(&input, &output)
        .arg(format!("--min-amount={min_amount}"))
        .arg(format!("--delay={delay}ms"))
        .arg(format!("--parallelism={parallelism}"))
        .output()
        .expect("the job starts");
    assert!(ended.status.success(), "{}", text(&ended));
    let dead = fs::read(folder.path().join("revenue.jsonl.dead")).expect("dead letters are written");
    Reckoning {
        revenue: revenue(&fs::read_to_string(&output).expect("revenue is written")),
        malformed: malformed(lines, &dead),
        late: late(&ended),
    }
}

fn job(input: &Path, output: &Path) -> std::process::Command {
    let mut job = example("high_value_orders");
    job.arg("--input").arg(input).arg("--output").arg(output);
    job
}

/// The rows, by window and region: each line has four members, and no window of a region comes twice.
pub(crate) fn revenue(lines: &str) -> std::collections::BTreeMap<(i64, String), (i64, i64)> {
    let mut revenue = std::collections::BTreeMap::new();
    for line in lines.lines() {
        let row: Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(row.as_object().map(serde_json::Map::len), Some(4), "{line}");
        let start = reckoning::millis(row["window_start"].as_str().expect("a time")).expect("a time in UTC");
        let region = row["region"].as_str().expect("a region").to_owned();
        let values = (row["total"].as_i64().expect("a total"), row["orders"].as_i64().expect("a number"));
        assert_eq!(revenue.insert((start, region), values), None, "twice: {line}");
    }
    revenue
}

/// The numbers of the lines in the dead letters, each with the bytes that stand there and a reason.
fn malformed(input: &[u8], dead: &[u8]) -> Vec<u64> {
    let lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
    let mut numbers: Vec<u64> = dead
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            let letter: Value = serde_json::from_slice(line).expect("a line of JSON");
            let number = letter["offset"].as_u64().expect("a line's number");
            let original = lines[number as usize - 1];
            match letter["original"].as_str() {
                Some(text) => assert_eq!(text.as_bytes(), original.trim_ascii_end(), "line {number}"),
                None => assert!(letter["original_base64"].is_string(), "line {number}"),
            }
            assert!(!letter["reason"].as_str().expect("a reason").is_empty());
            number
        })
        .collect();
    numbers.sort_unstable();
    numbers
}

/// The report's figure for late orders.
pub(crate) fn late(ended: &Output) -> u64 {
    let report = String::from_utf8_lossy(&ended.stdout);
    let line = report.lines().find(|line| line.ends_with(" late")).expect("the report counts late orders");
    line.split_whitespace().rev().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// What the job must make of a file, at every parallelism.
#[track_caller]
fn check(lines: &[u8], min_amount: i64, delay: i64) -> Reckoning {
    let expected = reckon(lines, min_amount, delay);
    for parallelism in 1..=4 {
        let found = run(lines, min_amount, delay, parallelism);
        assert!(found == expected, "parallelism {parallelism}: {found:?}\nis not\n{expected:?}");
    }
    expected
}

#[test]
fn the_calendar_goes_both_ways() {
    assert_eq!(reckoning::millis("2026-01-01T00:00:00.000Z"), Some(NEW_YEAR));
    for millis in (-9_000_000_000_000..9_000_000_000_000_i64).step_by(1_234_567_890_123) {
        assert_eq!(reckoning::millis(&reckoning::timestamp(millis)), Some(millis));
    }
}

#[test]
fn orders_disordered_within_the_bound_all_count() {
    let expected = check(orders(5_000, 5, 5_000, 1).as_bytes(), 100, 5_000);
    assert_eq!(expected.late, 0);
}

#[test]
fn orders_beyond_the_bound_are_late_by_those_before_them() {
    let expected = check(orders(5_000, 5, 90_000, 2).as_bytes(), 100, 5_000);
    assert!(expected.late > 100, "{}", expected.late);
}

#[test]
fn without_a_delay_each_order_is_late_against_the_one_before() {
    assert!(check(orders(2_000, 3, 70_000, 3).as_bytes(), -1, 0).late > 100);
}

#[test]
fn malformed_lines_go_to_the_dead_letters() {
    let mut lines = orders(300, 3, 3_000, 4).into_bytes();
    let bad: [&[u8]; 9] = [
        b"{\"id\":1,\"region\":\"r1\",\"amount\":1",
        b"not json",
        b"[]",
        b"null",
        b"{\"id\":1,\"region\":\"r1\",\"amount\":\"250\",\"placed_at\":\"2026-01-01T00:00:00.000Z\"}",
        b"{\"id\":1.5,\"region\":\"r1\",\"amount\":250,\"placed_at\":\"2026-01-01T00:00:00.000Z\"}",
        b"{\"id\":1,\"region\":null,\"amount\":250,\"placed_at\":\"2026-01-01T00:00:00.000Z\"}",
        b"{\"id\":1,\"region\":\"r1\",\"amount\":250,\"placed_at\":\"yesterday\"}",
        b"\xff\xfe not text",
    ];
    for line in bad {
        lines.extend_from_slice(line);
        lines.push(b'\n');
        lines.extend_from_slice(b"\n  \n");
        lines.extend_from_slice(orders(3, 3, 0, 5).as_bytes());
    }
    assert_eq!(check(&lines, 100, 5_000).malformed.len(), bad.len());
}

#[test]
fn an_empty_file_gives_an_empty_file() {
    assert_eq!(check(b"", 100, 5_000), Reckoning::default());
    assert_eq!(check(b"\n\n", 100, 5_000), Reckoning::default());
}

#[test]
fn one_order_with_and_without_an_end_of_line() {
    let line = orders(1, 1, 0, 6);
    assert_eq!(check(line.as_bytes(), -1, 5_000).revenue.len(), 1);
    assert_eq!(check(line.trim_end().as_bytes(), -1, 5_000).revenue.len(), 1);
    assert_eq!(check(line.replace('\n', "\r\n").as_bytes(), -1, 5_000).revenue.len(), 1);
}

#[test]
fn many_keys() {
    assert!(check(orders(20_000, 1_000_000, 5_000, 7).as_bytes(), 100, 5_000).revenue.len() > 10_000);
}

/// As many keys as orders, all of them at once: 25 seconds of them, each in a region of its own.
#[test]
fn half_a_million_keys() {
    let lines = orders_each(50, 500_000, 5_000, 9, |id, _| id * 7_919 % 500_000);
    let expected = reckon(lines.as_bytes(), -1, 5_000);
    assert_eq!(expected.revenue.len(), 500_000);
    for parallelism in [1, 3] {
        let found = run(lines.as_bytes(), -1, 5_000, parallelism);
        assert!(found == expected, "parallelism {parallelism}");
    }
}

/// The job's memory goes by what its open windows hold, and not by how long it runs.
#[cfg(target_os = "linux")]
#[test]
fn ten_times_the_orders_take_no_more_memory() {
    let folder = tempdir().expect("a folder to write to");
    let peak = |count: u64| {
        let (input, output) = (folder.path().join("orders.jsonl"), folder.path().join("revenue.jsonl"));
        fs::write(&input, orders(count, 1_000, 5_000, 10)).expect("a file to read");
        let mut job = job(&input, &output);
        crate::program::peak_memory(job.arg("--parallelism=2").stdout(std::process::Stdio::null()))
    };
    let (few, many) = (peak(100_000), peak(1_000_000));
    assert!(many < few + few / 2, "{few} kB, and ten times the orders take {many} kB");
    assert!(many < 100_000, "{many} kB");
}

#[test]
fn totals_wrap_as_on_flink() {
    let line =
        format!(r#"{{"id":1,"region":"r","amount":{},"placed_at":"2026-01-01T00:00:00.000Z"}}{}"#, i64::MAX, '\n');
    let expected = check(line.repeat(2).as_bytes(), 100, 5_000);
    assert_eq!(expected.revenue.into_values().collect::<Vec<_>>(), [(-2, 2)]);
}

#[test]
fn the_file_that_comes_with_the_example() {
    let expected = check(include_bytes!("../../data/orders.jsonl"), 100, 5_000);
    assert_eq!(expected.malformed, [1_873, 4_096, 9_001]);
    assert!(expected.late > 0);
}

#[test]
fn without_arguments_there_is_a_table_and_the_report() {
    let shown = stdout("high_value_orders");
    let expected = reckon(include_bytes!("../../data/orders.jsonl"), 100, 5_000);
    for ((start, region), (total, orders)) in expected.revenue {
        let start = reckoning::timestamp(start);
        let row = |line: &&str| {
            [&start, &region, &total.to_string(), &orders.to_string()].iter().all(|cell| line.contains(*cell))
        };
        assert!(shown.lines().any(|line| row(&line)), "{start} {region} {total} {orders}\n{shown}");
    }
    assert!(shown.contains("10000 read"), "{shown}");
}

#[test]
fn what_cannot_work_gets_one_line_and_exit_code_2() {
    let folder = tempdir().expect("a folder to write to");
    let good = folder.path().join("orders.jsonl");
    fs::write(&good, orders(10, 1, 0, 8)).expect("a file to read");
    let out = folder.path().join("out.jsonl");
    let check = |input: &Path, output: &Path, names: &Path| {
        let ended = job(input, output).output().expect("the job starts");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
        assert!(said.contains(&*names.to_string_lossy()), "{said}");
    };
    let missing = folder.path().join("missing.jsonl");
    check(&missing, &out, &missing);
    check(folder.path(), &out, folder.path());
    check(&good, folder.path(), folder.path());
    let nowhere = folder.path().join("no/such/folder/out.jsonl");
    check(&good, &nowhere, &folder.path().join("no/such/folder"));
    assert!(!out.exists(), "nothing is left behind");
    check(&good, &good, &good);
}

#[test]
fn a_wrong_argument_gets_exit_code_2() {
    for wrong in ["--delay=5", "--delay=-5s", "--parallelism=0", "--min-amount=many", "--nonsense"] {
        let ended = example("high_value_orders").arg(wrong).output().expect("the job starts");
        assert_eq!(ended.status.code(), Some(2), "{wrong}: {}", text(&ended));
    }
}

#[test]
fn explain_prints_and_exits() {
    let explain = example("high_value_orders").args(["--explain", "--parallelism=4"]).output().expect("the job starts");
    assert!(explain.status.success(), "{}", text(&explain));
    let explain = String::from_utf8_lossy(&explain.stdout).into_owned();
    assert!(explain.contains("hash") && explain.contains("×4"), "{explain}");
    assert!(!explain.contains("10000 read"), "it runs nothing: {explain}");
}

#[test]
fn ir_prints_and_exits() {
    let ir = example("high_value_orders").arg("--ir").output().expect("the job starts");
    assert!(ir.status.success(), "{}", text(&ir));
    let ir: Value = serde_json::from_slice(&ir.stdout).expect("JSON");
    assert_eq!(ir["metadata"]["jobName"], "high-value-orders");
    let kinds: Vec<&str> =
        ir["operations"].as_array().expect("a list").iter().filter_map(|op| op["type"].as_str()).collect();
    assert_eq!(kinds, ["filter", "groupBy", "window", "aggregate"]);
}
