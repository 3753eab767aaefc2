//! The rules by which both engines answer: each with the rows that it has to give, here and on Flink.

mod joins;
mod lists;
mod page;
mod stream;
mod texts;
mod times;
mod values;
mod windows;

use super::case::{in_process, ordered, sources};
use super::pipeline::Case;
use super::{flink, json};
use flow::record::Row;
use serde_json::Value as Json;
use stream::Made;

/// What a rule says, and a pipeline that would answer otherwise by another one.
pub(crate) struct Rule {
    /// Its name, which the page shows.
    name: &'static str,
    /// In words.
    says: &'static str,
    case: Case,
    answer: Answer,
}

enum Answer {
    /// These rows, in no order.
    Rows(Vec<Row>),
    /// The job fails; with these words on Flink.
    Fails(&'static str),
}

fn rule(name: &'static str, says: &'static str, pipeline: Made, rows: Json) -> Rule {
    let (mut case, rows) = pipeline.case(name, &rows);
    let schema = case.ir.ends[0].sink.endpoint.schema.clone();
    assert_eq!(sources(&mut case.ir).len(), case.inputs.len(), "{name}");
    let rows = rows.iter().map(|line| json::row(line, &schema).unwrap_or_else(|error| panic!("{name}: {error}")));
    let rows = ordered(rows.collect());
    Rule { name, says, case, answer: Answer::Rows(rows) }
}

fn failing(name: &'static str, says: &'static str, pipeline: Made, there: &'static str) -> Rule {
    let (case, _) = pipeline.case(name, &Json::Null);
    Rule { name, says, case, answer: Answer::Fails(there) }
}

/// All rules, in the order of the page, by their headings.
fn rules() -> [(&'static str, Vec<Rule>); 6] {
    [
        ("Watermarks", times::rules()),
        ("Windows", windows::rules()),
        ("Joins and unions", joins::rules()),
        ("Lists", lists::rules()),
        ("Numbers, and what is absent", values::rules()),
        ("Texts and times", texts::rules()),
    ]
}

/// The pipelines of all rules that have an answer.
pub(crate) fn cases() -> Vec<Case> {
    let rules = rules().into_iter().flat_map(|(_, rules)| rules);
    rules.filter(|rule| matches!(rule.answer, Answer::Rows(_))).map(|rule| rule.case).collect()
}

#[test]
fn each_rule_holds_on_both_engines() {
    let all: Vec<Rule> = rules().into_iter().flat_map(|(_, rules)| rules).collect();
    let mut wrong = Vec::new();
    let (mut cases, mut expected) = (Vec::new(), Vec::new());
    for Rule { name, case, answer, .. } in &all {
        let here = in_process(case);
        match answer {
            Answer::Rows(rows) => {
                if here.as_ref().map(|here| &here["out0"]) != Ok(rows) {
                    wrong.push(format!("{name}: here {here:?}, not {rows:?}"));
                }
                cases.push(case.clone());
                expected.push((name, rows));
            }
            Answer::Fails(words) => {
                let there = flink::on_flink(std::slice::from_ref(case));
                if here.is_ok() || !there.as_ref().is_err_and(|error| error.contains(words)) {
                    wrong.push(format!("{name}: here {here:?}, there {there:?}"));
                }
            }
        }
    }
    for (cases, expected) in cases.chunks(20).zip(expected.chunks(20)) {
        for (there, (name, rows)) in flink::each(cases, flink::on_flink).into_iter().zip(expected) {
            if there.as_ref().map(|there| &there["out0"]) != Ok(rows) {
                wrong.push(format!("{name}: on Flink {there:?}, not {rows:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
