//! The main job from one definition: in this process and on a real Flink, against the reckoning, over topics that kcat writes and reads.

use flow_services::unique;

use crate::high_value_orders::revenue;
use crate::kafka_to_kafka::{deal, values};
use crate::orders::orders;
use crate::program::{example, stdout, text};
use crate::reckoning::reckon;
use crate::topics::Topics;

const NAME: &str = "high_value_orders_on_flink";

/// Both engines leave the reckoning's rows in topics of their own, which kcat reads as committed.
#[track_caller]
fn check(partitions: i32, disorder: u64, flink: &[&str]) {
    let mut topics = Topics::new(partitions);
    let lines = orders(5_000, 5, disorder, partitions as u64);
    deal(&topics, partitions as usize, &lines, 11);
    let expected = reckon(lines.as_bytes(), 150, 5_000);
    assert_eq!(expected.late > 0, disorder > 5_000, "the case is what it says");
    for (engine, more, says) in [("flink", flink, ["is running", "is finished"]), ("local", &[], ["5000 read", "late"])]
    {
        topics.output = unique("revenue");
        topics.admin().create_topic(&topics.output, 3).expect("a topic");
        let job = [&["--engine", engine, "--until-end", "--min-amount=150", "--parallelism=3"][..], more].concat();
        let ended = topics.job_of(NAME, &job).output().expect("the job starts");
        let said = text(&ended);
        assert!(ended.status.success() && says.iter().all(|says| said.contains(says)), "{said}");
        let promised = if more.contains(&"--exactly-once") { "exactly once" } else { "at least once" };
        assert!(said.contains(&format!("rows are delivered {promised}")), "{said}");
        let rows = topics.read(&topics.output);
        assert_eq!(revenue(&values(&rows).join("\n")), expected.revenue, "{engine}");
    }
}

#[test]
fn both_engines_agree_on_four_partitions_that_are_disordered_within_the_bound() {
    check(4, 5_000, &[]);
}

#[test]
fn both_engines_agree_on_one_partition_with_late_orders() {
    check(1, 90_000, &["--exactly-once"]);
}

#[test]
fn without_topics_both_engines_run_over_the_orders_of_the_examples() {
    let said = stdout(NAME);
    assert!(said.contains("9997 orders of ") && said.trim_end().ends_with("the same 720 rows"), "{said}");
}

#[test]
fn a_value_that_is_no_order_fails_the_job() {
    let topics = Topics::new(1);
    deal(&topics, 1, &format!("{}not json\n", orders(10, 1, 0, 1)), 1);
    for (engine, why) in [("--engine=flink", "not json"), ("--engine=local", "expected ident")] {
        let ended = topics.job_of(NAME, &[engine, "--until-end"]).output().expect("the job starts");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(1), "{engine}: {}", text(&ended));
        assert!(said.trim_end().lines().count() == 1 && said.contains(why), "{engine}: {said}");
    }
}

#[test]
fn what_cannot_work_gets_one_line_and_exit_code_2() {
    let topics = Topics::new(1);
    let absent = unique("absent");
    let check = |arguments: &[&str], says: &[&str]| {
        let ended = topics.job_of(NAME, &["--until-end"]).args(arguments).output().expect("the job starts");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{arguments:?}: {said}");
        says.iter().for_each(|says| assert!(said.contains(says), "{arguments:?}: {said}"));
    };
    for engine in ["--engine=flink", "--engine=local"] {
        check(&[engine, "--input-topic", &absent], &[&absent, "no such topic"]);
        check(&[engine, "--output-topic", &topics.input], &[&topics.input, "both input and output"]);
        check(&[engine, "--servers=127.0.0.1:1"], &["127.0.0.1:1", "refused"]);
    }
    // Whoever asks does not make it.
    topics.admin().partitions(&absent).expect_err("it is not there still");
    check(&["--rest=http://127.0.0.1:1", "--wait=1s"], &["127.0.0.1:1", "cannot be reached"]);
    check(&["--gateway=http://127.0.0.1:1", "--wait=1s"], &["127.0.0.1:1", "cannot be reached"]);
    check(&["--rest=nowhere"], &["nowhere", "http://"]);
    check(&["--engine=local", "--exactly-once"], &["at least once", "--engine flink"]);
}

#[test]
fn a_wrong_argument_gets_exit_code_2() {
    let given = ["--input-topic=a", "--output-topic=b"];
    for wrong in ["--engine=spark", "--delay=5", "--delay=-5s", "--parallelism=0", "--min-amount=many", "--wait=soon"] {
        let ended = example(NAME).args(given).arg(wrong).output().expect("the job starts");
        assert_eq!(ended.status.code(), Some(2), "{wrong}: {}", text(&ended));
    }
    for alone in given {
        let ended = example(NAME).arg(alone).output().expect("the job starts");
        assert_eq!(ended.status.code(), Some(2), "{alone} alone: {}", text(&ended));
    }
}
