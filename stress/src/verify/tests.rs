//! The verifier must be able to fail: each thing that can go wrong is given to it as data, and is found, and nothing else is.

use super::{Side, Tally};
use crate::scheme::Scheme;

const SCHEME: Scheme = Scheme { messages: 1_000, partitions: 10, seed: 7 };

/// What kcat would print of a right topic, partition after partition.
fn right(side: &Side) -> Vec<String> {
    let mut lines = Vec::new();
    for partition in 0..SCHEME.partitions {
        for (offset, id) in SCHEME.ids(partition).enumerate() {
            let message = SCHEME.message(id);
            let (key, text) = (&message.correlation, &message.text);
            lines.push(match side {
                Side::Input => format!("{partition}\t{offset}\t{key}\t{}\t", message.value()),
                Side::Output { input } => {
                    let number = lines.len() + 1;
                    let value = format!(r#"{{"id":{id},"number":{number},"text":"{text}"}}"#);
                    let headers = format!("topic={input},partition={partition},correlation-id={key}");
                    format!("{partition}\t{offset}\t{key}\t{value}\t{headers}")
                }
            });
        }
    }
    lines
}

/// Breaks a right topic, and compares the names of the checks that do not hold, each but for its side.
fn check(side: &Side, what: &str, broken: impl FnOnce(&mut Vec<String>), expected: &[&str]) {
    let mut lines = right(side);
    broken(&mut lines);
    let mut tally = Tally::new(SCHEME, side.clone());
    lines.iter().for_each(|line| tally.add(line));
    let checks = tally.checks();
    let failed: Vec<&str> =
        checks.iter().filter(|check| !check.holds).map(|check| check.name.split_once(": ").unwrap().1).collect();
    assert_eq!(failed, expected, "{side:?}: {what}");
}

fn change(line: &mut String, from: &str, to: &str) {
    let changed = line.replacen(from, to, 1);
    assert_ne!(*line, changed, "{from} is not there");
    *line = changed;
}

const LOST: &[&str] = &["messages", "lost"];
const NO_NUMBER: &str = "numbers of 1 to 1000 that no message has";
const ENDS: &str = "right in order, id and content, of the first and last 100";
const HEADERS: &str = "with another topic, partition or correlation id in the headers";

#[test]
fn what_is_right_is_found_right() {
    for side in [Side::Input, Side::Output { input: "in".to_owned() }] {
        check(&side, "nothing", |_| {}, &[]);
    }
}

#[test]
fn what_is_wrong_in_the_input_is_found() {
    let side = Side::Input;
    // In the middle of partition 3, so that what is shown of the ends is right, but for what follows the place of a lost one.
    check(&side, "lost", |lines| drop(lines.remove(350)), &["messages", "lost", ENDS]);
    check(&side, "twice", |lines| lines.push(lines[999].clone()), &["messages", "twice", ENDS]);
    check(&side, "swapped", |lines| lines.swap(350, 351), &["behind a later one of their partition"]);
    check(&side, "headers", |lines| lines[350].push_str("a=b"), &["with headers or a number"]);
    check(&side, "unreadable", |lines| lines[399] = "?".to_owned(), &["lost", "unreadable", ENDS]);
    let empty = &["messages", "lost", "messages a partition", "empty partitions", ENDS];
    check(&side, "empty", |lines| drop(lines.drain(300..400)), empty);
}

#[test]
fn what_is_wrong_in_the_output_is_found() {
    let side = Side::Output { input: "in".to_owned() };
    check(&side, "lost", |lines| drop(lines.remove(350)), &[LOST, &[ENDS, NO_NUMBER]].concat());
    let last_lost = |lines: &mut Vec<String>| drop(lines.pop());
    check(&side, "the last is lost", last_lost, &[LOST, &[ENDS, NO_NUMBER]].concat());
    let doubled = &["messages", "twice", ENDS, "numbers that several have"];
    let lower = "with a lower number than one before in their partition";
    check(&side, "twice", |lines| lines.push(lines[999].clone()), &[&doubled[..], &[lower]].concat());
    let swapped = &["behind a later one of their partition", lower];
    check(&side, "swapped", |lines| lines.swap(350, 351), swapped);
    let ends_swapped = &["behind a later one of their partition", ENDS, lower];
    check(&side, "the first swapped", |lines| lines.swap(0, 1), ends_swapped);
    let number =
        |from: &'static str, to: &'static str| move |lines: &mut Vec<String>| change(&mut lines[350], from, to);
    let two = number(r#""number":351,"#, r#""number":352,"#);
    check(&side, "a number twice", two, &[NO_NUMBER, "numbers that several have", lower]);
    let none = number(r#""number":351,"#, "");
    check(&side, "no number", none, &[NO_NUMBER, "without a number, or with another"]);
    let gap = |lines: &mut Vec<String>| change(&mut lines[999], r#""number":1000,"#, r#""number":1001,"#);
    check(&side, "a gap", gap, &[NO_NUMBER, "without a number, or with another"]);
    for (from, to) in [("topic=in,", "topic=on,"), ("partition=3", "partition=4"), ("correlation-id=", "id=")] {
        check(&side, from, |lines| change(&mut lines[350], from, to), &[HEADERS]);
    }
    let text = |lines: &mut Vec<String>| change(&mut lines[350], r#""text":""#, r#""text":"x"#);
    check(&side, "content", text, &["with another content or correlation id"]);
    let moved = |lines: &mut Vec<String>| {
        change(&mut lines[399], "3\t", "4\t");
        change(&mut lines[399], "partition=3", "partition=4");
    };
    let elsewhere = &["in another partition", "behind a later one of their partition", ENDS];
    check(&side, "another partition", moved, elsewhere);
}
