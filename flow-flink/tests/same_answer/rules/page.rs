//! `docs/semantics.md`: each rule with what holds it.
//!
//! After a wanted change: `FLOW_UPDATE=1 cargo test -p flow-flink --test same_answer page`, and read the difference.

use super::rules;
use std::fmt::Write;
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const PAGE: &str = "docs/semantics.md";

const BEGINNING: &str = "\
<!-- Written by `FLOW_UPDATE=1 cargo test -p flow-flink --test same_answer page`; the rules stand in flow-flink/tests/same_answer/rules. -->

# By which rules both engines answer

Where this process and Flink could differ, these rules decide. Each has a pipeline, a few records and the rows that it has to give in
`flow-flink/tests/same_answer/rules`, where both engines are asked; by another rule the rows would be others. What the same answer is at all, and what it leaves
out, is in [portability.md](portability.md).
";

/// Rules that a pipeline over a few records does not show, and the tests that hold them.
const HELD: &[(&str, &str)] = &[
    (
        "The answer does not depend on where batches end, at any number of tasks.",
        "flow/tests/laws_windows.rs::windows_are_the_models_at_any_parallelism_and_batch_size",
    ),
    (
        "A field of JSON that is missing is `None` where it is an `Option`.",
        "flow-flink/tests/translation/json.rs::what_is_missing_is_none",
    ),
    (
        "What is missing where it is no `Option`, or is not of its type, fails the job where it is written.",
        "flow-flink/tests/translation/json.rs::what_is_no_record_fails_the_job",
    ),
    ("Empty lines are skipped.", "flow-flink/tests/translation/json.rs::empty_lines_are_skipped"),
    (
        "Every value of every type is written so that it is read as the same one: floats in their shortest form, NaN and the infinities as texts, times in the form of ISO 8601.",
        "flow-flink/tests/translation/types.rs::all_types_come_through",
    ),
    (
        "Random pipelines over edge values have one answer on both engines.",
        "flow-flink/tests/same_answer/main.rs::random_pipelines_have_one_answer",
    ),
    (
        "Every expression over edge values is on Flink what it is here.",
        "flow-flink/tests/translation/expressions.rs::expressions_give_what_eval_gives",
    ),
    (
        "Comparisons of NaN, -0.0 and the ends of floats hold wherever they stand.",
        "flow-flink/tests/translation/expressions.rs::comparisons_of_floats",
    ),
    ("A pattern finds the same.", "flow-flink/tests/translation/expressions.rs::patterns_find_what_ours_find"),
    ("Each letter has the same other case.", "flow-flink/tests/translation/strings.rs::case_of_every_character"),
    (
        "Windows with a lateness, a stream of late records, or a slide that does not divide their size are refused on Flink.",
        "flow-flink/tests/translation/limits.rs::each_row_is_reached_and_nothing_else_is_refused",
    ),
    (
        "Of a transaction of Kafka that was aborted nothing is read.",
        "flow-flink/tests/translation/kafka.rs::what_was_aborted_is_not_read",
    ),
    (
        "A key has the partition that Kafka's own client gives it, whichever engine writes it.",
        "flow-flink/tests/translation/kafka.rs::a_key_has_one_partition",
    ),
    (
        "A topic that is read for the first time is read from its beginning, or from where it is said.",
        "flow-flink/tests/translation/kafka_options.rs::each_place_to_begin",
    ),
    (
        "Where Flink would lose records from before 1970, the job fails there: a window over a topic,",
        "flow-flink/tests/translation/kafka.rs::a_window_before_1970_fails",
    ),
    ("a window behind a window,", "flow-flink/tests/translation/joins.rs::a_window_behind_a_window_before_1970_fails"),
    ("and a join by time.", "flow-flink/tests/translation/joins.rs::an_interval_join_before_1970_fails"),
];

/// The page, by what the tables say.
fn page() -> String {
    let mut page = BEGINNING.to_owned();
    for (heading, rules) in rules() {
        writeln!(page, "\n## {heading}\n\n| rule | its test |\n|---|---|").expect("it is text");
        for rule in rules {
            writeln!(page, "| {} | `{}` |", rule.says, rule.name).expect("it is text");
        }
    }
    writeln!(page, "\n## Further\n\n| rule | its test |\n|---|---|").expect("it is text");
    HELD.iter().for_each(|(says, test)| writeln!(page, "| {says} | `{test}` |").expect("it is text"));
    page
}

#[test]
fn the_page_says_what_is_held() {
    let (page, path) = (page(), Path::new(ROOT).join(PAGE));
    if std::env::var_os("FLOW_UPDATE").is_some() {
        std::fs::write(&path, &page).expect("it can be written");
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(there == page, "{PAGE} is not what the rules say: run this test with FLOW_UPDATE=1");
    let mut names: Vec<_> = rules().into_iter().flat_map(|(_, rules)| rules).map(|rule| rule.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "two rules have one name");
    for (_, test) in HELD {
        let (file, name) = test.split_once("::").expect("a file and a test");
        let text = std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap_or_default();
        assert!(text.contains(&format!("fn {name}(")), "{test} is no test");
    }
}
