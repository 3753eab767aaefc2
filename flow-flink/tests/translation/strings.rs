//! Strings: by code point, whatever they are made of.

use super::shapes::{Numbers, Place, both, file};
use super::support::rows;
use flow::ir::value::Value;
use flow::prelude::*;

#[derive(Clone, Debug, PartialEq, Record)]
struct Text {
    s: String,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Made {
    s: String,
    lower: String,
    upper: String,
}

#[test]
fn case_of_every_character() {
    let place = Place::new(&[], &[]);
    let all: Vec<Text> = ('\u{0}'..='\u{1FFFF}').map(|c| Text { s: format!("a{c}") }).collect();
    file(&place.at("all"), &all);
    let (here, there) = both(&place, |place, out| {
        pipeline! {
            name = "case";
            portable;
            source::<Text>(sources::files(place.at("all")).json_lines())
                -> map(|t| Made { s: t.s.clone(), lower: t.s.to_lowercase(), upper: t.s.to_uppercase() })
                -> sink(sinks::files(out.join("out")).json_lines());
        }
    });
    let (here, there) = (rows::<Made>(&here.join("out")), rows::<Made>(&there.join("out")));
    assert_eq!((here.len(), there.len()), (all.len(), all.len()));
    let differ: Vec<String> = here.iter().zip(&there).filter(|(a, b)| a != b).map(|(a, _)| text(&a.0[0])).collect();
    let unknown: Vec<&String> = differ.iter().filter(|s| !s.chars().any(is_new)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

fn text(value: &Value) -> String {
    let Value::Str(text) = value else { panic!("{value:?}") };
    text.clone()
}

/// Letters that came into Unicode after version 13, which Java 17 knows: their other case is not known there.
fn is_new(c: char) -> bool {
    matches!(c, '\u{19B}' | '\u{264}' | '\u{1C89}' | '\u{1C8A}' | '\u{2C2F}' | '\u{2C5F}' | '\u{A7C0}' | '\u{A7C1}')
        || matches!(c, '\u{A7CB}'..='\u{A7DC}' | '\u{10570}'..='\u{105BC}' | '\u{10D50}'..='\u{10D85}')
        || matches!(c, '\u{16EA0}'..='\u{16ED3}')
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Pair {
    a: String,
    b: String,
    c: String,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Cut {
    a: String,
    b: String,
    c: String,
    length: i64,
    part: String,
    first: String,
    rest: String,
    none: String,
    trimmed: String,
    replaced: String,
    between: String,
    lower: String,
    upper: String,
    joined: String,
    is: bool,
    least: String,
    most: String,
    starts: bool,
    ends: bool,
    holds: bool,
}

/// Strings of characters that engines have taken for others.
fn pairs() -> Vec<Pair> {
    let chars = [
        "", "a", "A", " ", "\u{a0}", "\t", "Σ", "σ", "ς", "İ", "ı", "ß", "😀", "\u{301}", "ǅ", "$1", "\\", "\n", "aa",
        ".",
    ];
    let mut numbers = Numbers(5);
    let mut some = |most: i64| {
        let count = numbers.below(most + 1);
        (0..count).map(|_| chars[numbers.below(chars.len() as i64) as usize]).collect::<String>()
    };
    let texts: Vec<[String; 3]> = (0..600).map(|_| [some(6), some(1), some(2)]).collect();
    texts.into_iter().map(|[a, b, c]| Pair { a, b, c }).collect()
}

#[test]
fn functions_of_strings() {
    let place = Place::new(&[], &[]);
    file(&place.at("all"), &pairs());
    let (here, there) = both(&place, |place, out| {
        pipeline! {
            name = "strings";
            portable;
            source::<Pair>(sources::files(place.at("all")).json_lines())
                -> map(|p| Cut {
                       a: p.a.clone(),
                       b: p.b.clone(),
                       c: p.c.clone(),
                       length: p.a.chars().count() as i64,
                       part: p.a.chars().skip(1).take(2).collect::<String>(),
                       first: p.a.chars().skip(0).take(1).collect::<String>(),
                       rest: p.a.chars().skip(2).take(1000).collect::<String>(),
                       none: p.a.chars().skip(1).take(0).collect::<String>(),
                       trimmed: p.a.trim_matches(' ').to_string(),
                       replaced: p.a.replace(&p.b, &p.c),
                       between: p.a.replace("", &p.c),
                       lower: p.a.to_lowercase(),
                       upper: p.a.to_uppercase(),
                       joined: p.a.clone() + &p.b + "!" + &p.c,
                       is: p.a == p.b || p.a == "a" || p.b == " ",
                       least: p.b.clone().min(p.c.clone()),
                       most: p.b.clone().max(p.c.clone()),
                       starts: p.a.starts_with(&p.b),
                       ends: p.a.ends_with(&p.b),
                       holds: p.a.contains(&p.b),
                   })
                -> sink(sinks::files(out.join("out")).json_lines());
        }
    });
    let here = rows::<Cut>(&here.join("out"));
    let there = rows::<Cut>(&there.join("out"));
    let differ: Vec<_> = here.iter().zip(&there).filter(|(a, b)| a != b).take(5).collect();
    assert!(differ.is_empty(), "{differ:#?}");
    assert_eq!((here.len(), there.len()), (600, 600));
}
