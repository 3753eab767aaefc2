//! JSON as both engines read it.

use super::shapes::{Place, both};
use super::support::{lines, rows, run};
use flow::prelude::*;
use flow_flink::ToFlinkSql;
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Record)]
struct Given {
    n: i64,
    text: String,
    maybe: Option<i64>,
    inner: Option<Inner>,
    #[record(epoch_millis)]
    at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Inner {
    x: i64,
    y: Option<String>,
}

fn copied(place: &Place, out: &Path) -> Pipeline {
    pipeline! {
        name = "copied";
        portable;
        source::<Given>(sources::files(place.at("given")).json_lines())
            -> sink(sinks::files(out.join("out")).json_lines());
    }
}

fn given(text: &str) -> Place {
    let place = Place::new(&[], &[]);
    std::fs::write(place.at("given"), text).unwrap();
    place
}

#[test]
fn what_is_missing_is_none() {
    let place = given(concat!(
        "{\"n\":1,\"at\":1,\"text\":\"a\"}\n",
        "{\"n\":2,\"at\":1,\"text\":\"\",\"maybe\":null,\"inner\":null}\n",
        "{\"at\":1,\"text\":\"c\",\"inner\":{\"x\":7},\"n\":3,\"unknown\":[{}]}\n",
        "{\"n\":4,\"at\":1,\"text\":\" \\u00e9\\ud83d\\ude00\",\"maybe\":5,\"inner\":{\"x\":-1,\"y\":\"\"}}\n",
    ));
    let (here, there) = both(&place, copied);
    let inner = |x, y: Option<&str>| Some(Inner { x, y: y.map(str::to_owned) });
    let row = |n, text: &str, maybe, inner| {
        flow::record::Row::of(&Given { n, text: text.into(), maybe, inner, at: Timestamp::from_millis(1) })
    };
    let expected = [
        row(1, "a", None, None),
        row(2, "", None, None),
        row(3, "c", None, inner(7, None)),
        row(4, " é😀", Some(5), inner(-1, Some(""))),
    ];
    assert_eq!(rows::<Given>(&here.join("out")), expected);
    assert_eq!(rows::<Given>(&there.join("out")), expected);
}

#[test]
fn empty_lines_are_skipped() {
    let place = given(
        "\n{\"n\":1,\"at\":1,\"text\":\"a\"}\n\n\n{\"n\":2,\"at\":1,\"text\":\"b\"}\n\n{\"n\":3,\"at\":1,\"text\":\"c\"}",
    );
    let (here, there) = both(&place, copied);
    let here = rows::<Given>(&here.join("out"));
    assert_eq!(rows::<Given>(&there.join("out")), here);
    assert_eq!(here.len(), 3);
}

/// What is not of its schema fails the job on both engines, where it is written. A condition on a field that is missing leaves the record out on Flink,
/// which the page of what is promised says.
#[test]
fn what_is_no_record_fails_the_job() {
    for line in [
        r#"{"text":"a","at":1}"#,
        r#"{"n":1,"at":1}"#,
        r#"{"n":null,"text":"a","at":1}"#,
        r#"{"n":1,"text":"a"}"#,
        r#"{"n":"one","text":"a","at":1}"#,
        r#"{"n":1,"text":"a","at":1"#,
        "[1]",
        "1",
        "nothing",
    ] {
        let place = given(&format!("{{\"n\":0,\"text\":\"first\",\"at\":1}}\n{line}\n"));
        copied(&place, &place.at("here")).run_blocking().expect_err(line);
        let there = run(&copied(&place, &place.at("there")).to_flink_sql().unwrap());
        assert!(there.is_err(), "{line}: {:?}", lines(&place.at("there")));
    }
}
