//! The main job over real topics, written by kcat and read by kcat, against the reckoning; and what is left when it is killed or asked
//! to end.

use std::collections::BTreeSet;
use std::fmt::Write;

use flow_services::{KafkaOptions, OwnKafka, unique};
use serde_json::Value;

use crate::high_value_orders::{late, revenue};
use crate::orders::{orders, random};
use crate::program::{example, text};
use crate::reckoning::reckon;
use crate::topics::{Seen, Topics};

const MALFORMED: [&str; 4] = ["not json", "[]", r#"{"id":1,"region":"r1","amount":"250"}"#, r#"{"id":1"#];

/// Deals lines to partitions at random, and writes them with keys.
pub(crate) fn deal(topics: &Topics, partitions: usize, lines: &str, seed: u64) {
    let mut random = random(seed);
    let mut dealt = vec![String::new(); partitions];
    for line in lines.lines() {
        let (partition, key) = (random() as usize % partitions, random() % 1000);
        writeln!(dealt[partition], "k{key}\t{line}").expect("a String");
    }
    dealt.iter().enumerate().for_each(|(partition, lines)| topics.produce(partition, lines));
}

/// The orders with lines among them that are none.
fn with_malformed(orders: &str) -> String {
    let each = orders.lines().count() / MALFORMED.len();
    orders.lines().enumerate().fold(String::new(), |mut lines, (at, line)| {
        if at % each == each / 2 {
            writeln!(lines, "{}", MALFORMED[at / each % MALFORMED.len()]).expect("a String");
        }
        writeln!(lines, "{line}").expect("a String");
        lines
    })
}

pub(crate) fn values(seen: &[Seen]) -> Vec<&str> {
    let mut values: Vec<&str> = seen.iter().map(|seen| seen.value.as_str()).collect();
    values.sort_unstable();
    values
}

fn amount(value: &str) -> Option<i64> {
    serde_json::from_str::<Value>(value).ok()?["amount"].as_i64()
}

/// The rows in the output are those of the reckoning, and each has its region as its key. With `repeated`, rows may come more than once.
fn check_rows(topics: &Topics, lines: &str, repeated: bool) {
    let rows = topics.read(&topics.output);
    for row in &rows {
        let value: Value = serde_json::from_str(&row.value).expect("a row of JSON");
        assert_eq!(value["region"], *row.key, "{row:?}");
    }
    let mut values = values(&rows);
    if repeated {
        values.dedup();
    }
    assert_eq!(revenue(&values.join("\n")), reckon(lines.as_bytes(), 100, 5_000).revenue);
}

#[track_caller]
fn check_revenue(partitions: i32, disorder: u64, parallelism: &str) {
    let topics = Topics::new(partitions);
    let lines = with_malformed(&orders(5_000, 5, disorder, partitions as u64));
    deal(&topics, partitions as usize, &lines, 1);
    let ended = topics.run(&["--until-end", "--parallelism", parallelism]);
    check_rows(&topics, &lines, false);
    let expected = reckon(lines.as_bytes(), 100, 5_000);
    assert_eq!((late(&ended), expected.malformed.len()), (expected.late, MALFORMED.len()));
    assert_eq!(expected.late > 0, disorder > 5_000, "the case is what it says");

    let input = topics.read(&topics.input);
    let dead = topics.read(&format!("{}-dead", topics.output));
    let mut malformed = MALFORMED;
    malformed.sort_unstable();
    assert_eq!(values(&dead), malformed);
    for letter in dead {
        let of = input.iter().find(|seen| seen.value == letter.value).expect("it was written");
        let place = format!("flow-partition={},flow-offset={},", of.partition, of.offset);
        assert!(letter.headers.starts_with(&of.headers) && letter.headers.contains(&place), "{letter:?}");
        assert!(letter.headers.contains("flow-reason=") && letter.key == of.key, "{letter:?}");
    }
}

#[test]
fn revenue_of_one_partition_with_late_orders() {
    check_revenue(1, 90_000, "1");
}

#[test]
fn revenue_of_four_partitions_that_are_disordered_within_the_bound() {
    check_revenue(4, 5_000, "1");
    check_revenue(4, 5_000, "3");
}

#[test]
fn copies_keep_value_key_and_headers() {
    let topics = Topics::new(4);
    // Not as our own JSON would be.
    let lines = orders(2_000, 5, 5_000, 3).replace("\"amount\":", "\"note\" : null, \"amount\" :  ");
    deal(&topics, 4, &lines, 2);
    topics.run(&["--until-end", "--stateless", "--min-amount=250", "--parallelism=2"]);
    let parts = |seen: Vec<Seen>| -> BTreeSet<(String, String, String)> {
        seen.into_iter().map(|seen| (seen.value, seen.key, seen.headers)).collect()
    };
    let mut expected = topics.read(&topics.input);
    expected.retain(|seen| amount(&seen.value) > Some(250));
    let output = topics.read(&topics.output);
    assert_eq!(output.len(), expected.len());
    assert_eq!(parts(output), parts(expected));
}

/// So many that a job has committed, if it does so as it goes, before it has read them all.
const MANY: u64 = 200_000;

/// Kills the job when so many rows more are in the output, for each number; then lets it end. Gives how often it was killed at work.
fn kill_and_finish(topics: &Topics, arguments: &[&str], rows: impl IntoIterator<Item = i64>) -> usize {
    let killed = rows.into_iter().filter(|rows| {
        let before = topics.written();
        let mut job = topics.start(arguments);
        let at_work = job.until("rows", || topics.written() >= before + rows);
        job.kill();
        at_work
    });
    let killed = killed.count();
    topics.run(arguments);
    killed
}

#[test]
fn killed_and_started_again_revenue_is_right() {
    let topics = Topics::new(4);
    let lines = orders(MANY, 10, 5_000, 4);
    deal(&topics, 4, &lines, 3);
    let rows = reckon(lines.as_bytes(), 100, 5_000).revenue.len() as u64;
    let mut random = random(5);
    let points: Vec<i64> = (0..4).map(|_| (random() % (rows * 9 / 10)) as i64).collect();
    let job = ["--until-end", "--group", &topics.group];
    assert!(kill_and_finish(&topics, &job, points) > 0, "it was never at work when it was killed");
    assert!(topics.written() > rows as i64, "rows of the killed runs are there, too");
    check_rows(&topics, &lines, true);
    // After a complete run there is nothing new.
    let before = topics.written();
    topics.run(&job);
    assert_eq!(topics.written(), before);
}

#[test]
fn killed_and_started_again_every_large_order_is_copied() {
    let topics = Topics::new(4);
    let lines = orders(MANY, 10, 5_000, 6);
    deal(&topics, 4, &lines, 4);
    let expected: BTreeSet<&str> = lines.lines().filter(|line| amount(line) > Some(100)).collect();
    let mut random = random(7);
    let points: Vec<i64> = (0..4).map(|_| (random() % (expected.len() as u64 / 3)) as i64).collect();
    let job = ["--until-end", "--stateless", "--group", &topics.group];
    assert!(kill_and_finish(&topics, &job, points) > 0, "it was never at work when it was killed");
    let output = topics.read(&topics.output);
    assert_eq!(values(&output).into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(topics.committed().iter().sum::<i64>(), MANY as i64);
}

#[test]
fn sigterm_commits_what_is_out_and_the_next_run_goes_on() {
    let topics = Topics::new(4);
    let job = ["--stateless", "--group", &topics.group];
    for (seed, stop_at) in [(8, 5_000), (9, i64::MAX)] {
        deal(&topics, 4, &orders(40_000, 10, 5_000, seed), seed);
        let input = topics.read(&topics.input);
        let large = |seen: &&Seen| amount(&seen.value) > Some(100);
        let all = input.iter().filter(large).count() as i64;
        let mut running = topics.start(&job);
        assert!(running.until("copies", || topics.written() >= stop_at.min(all)), "it ended by itself");
        let ended = running.terminate();
        assert!(ended.status.success(), "{}", text(&ended));
        // What is committed is what is out: no more and no less.
        let committed = topics.committed();
        let mut expected: Vec<Seen> = input.iter().filter(large).cloned().collect();
        expected.retain(|seen| seen.offset < committed[seen.partition]);
        let output = topics.read(&topics.output);
        assert!(values(&output) == values(&expected), "{} copies of {}", output.len(), expected.len());
        assert!(output.len() as i64 >= stop_at.min(all), "{}", output.len());
    }
}

/// Open windows come out when the job is asked to end, and what they held is committed.
#[test]
fn sigterm_drains_windows() {
    let topics = Topics::new(4);
    let lines = orders(10_000, 10, 5_000, 10);
    deal(&topics, 4, &lines, 5);
    let mut running = topics.start(&["--group", &topics.group]);
    let closed = reckon(lines.as_bytes(), 100, 5_000).revenue.len() as i64 - 20;
    assert!(running.until("all windows but the last", || topics.written() >= closed), "it ended by itself");
    let ended = running.terminate();
    assert!(ended.status.success(), "{}", text(&ended));
    assert!(text(&ended).contains("10000 read"), "{}", text(&ended));
    check_rows(&topics, &lines, false);
    assert_eq!(topics.committed().iter().sum::<i64>(), 10_000);
}

/// It says every five seconds what it waits for; asked to end meanwhile, it does.
#[test]
fn sigterm_while_servers_are_waited_for() {
    let topics = Topics::new(1);
    let mut running = topics.start(&["--servers=127.0.0.1:1"]);
    let line = running.line();
    assert!(line.contains("waiting for Kafka at 127.0.0.1:1: 5 s of 60 s"), "{line}");
    let ended = running.terminate();
    assert!(ended.status.success(), "{}", text(&ended));
}

#[test]
fn what_cannot_work_gets_one_line_and_exit_code_2() {
    let topics = Topics::new(1);
    let absent = unique("absent");
    let check = |arguments: &[&str], says: &[&str]| {
        let ended = topics.job(&["--until-end"]).args(arguments).output().expect("the job starts");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{arguments:?}: {said}");
        says.iter().for_each(|says| assert!(said.contains(says), "{arguments:?}: {said}"));
    };
    check(&["--input-topic", &absent], &[&absent, "create the topic"]);
    check(&["--input-topic", "no topic"], &["no topic"]);
    check(&["--output-topic", "no topic"], &["no topic"]);
    check(&["--output-topic", &topics.input], &[&topics.input, "both input and output"]);
    check(&["--dead-letters", &topics.output], &[&topics.output, "both output and dead letters"]);
    check(&["--servers=127.0.0.1:1", "--wait=1s"], &["127.0.0.1:1", "did not answer"]);
    check(&["--servers=nowhere.invalid:9092", "--wait=1s"], &["nowhere.invalid:9092", "did not answer"]);
}

#[test]
fn a_wrong_argument_gets_exit_code_2() {
    let given = ["--input-topic=a", "--output-topic=b"];
    for wrong in ["--delay=5", "--delay=-5s", "--parallelism=0", "--min-amount=many", "--nonsense", "--wait=soon"] {
        let ended = example("kafka_to_kafka").args(given).arg(wrong).output().expect("the job starts");
        assert_eq!(ended.status.code(), Some(2), "{wrong}: {}", text(&ended));
    }
    for missing in given {
        let ended = example("kafka_to_kafka").arg(missing).output().expect("the job starts");
        assert_eq!(ended.status.code(), Some(2), "{missing} alone: {}", text(&ended));
    }
}

#[test]
fn where_the_broker_makes_no_topics_a_missing_output_is_an_error() {
    let broker = OwnKafka::with(KafkaOptions::new().property("auto.create.topics.enable", "false")).expect("a broker");
    let topics = Topics::at(broker.address(), 1);
    let dead = format!("{}-dead", topics.output);
    let absent = unique("absent");
    for (arguments, says) in [(&["--output-topic", &*absent][..], &absent), (&[], &dead)] {
        let ended = topics.job(&["--until-end"]).args(arguments).output().expect("the job starts");
        assert_eq!(ended.status.code(), Some(2), "{}", text(&ended));
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(said.lines().count() == 1 && said.contains(says) && said.contains("create the topic"), "{said}");
    }
    broker.admin().create_topic(&dead, 1).expect("a topic");
    topics.run(&["--until-end"]);
}
