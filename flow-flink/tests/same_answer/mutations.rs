//! Wrong translations: each is applied to scripts that are right, and has to be found.

use super::case::in_process;
use super::flink::{obstacles, on_flink, on_flink_by, sql};
use super::pipeline::{Case, Level, case};
use regex::Regex;

/// A mistake: what stands in a right script, and what would stand there by mistake.
struct Mutation {
    name: &'static str,
    right: &'static str,
    wrong: &'static str,
}

const fn mutation(name: &'static str, right: &'static str, wrong: &'static str) -> Mutation {
    Mutation { name, right, wrong }
}

const MUTATIONS: &[Mutation] = &[
    mutation("a watermark without its last millisecond", r"(WATERMARK FOR .* - INTERVAL '\d+)\.001'", "$1'"),
    mutation("a watermark with a second too much", r"(WATERMARK FOR .* - INTERVAL ')(\d+)\.001'", "${1}9$2.001'"),
    mutation("less for at most", " <= ", " < "),
    mutation("more for at least", " >= ", " > "),
    mutation("no offset of a window", r"(TUMBLE\(.*INTERVAL '[\d.]+' \w+), INTERVAL '[\d.]+' \w+\)", "$1)"),
    mutation("a longer gap", r"(SESSION\(.*INTERVAL '\d+)\.(\d)", "$1.9$2"),
    mutation("a window's end for its start", r"CAST\(`window_start` AS", "CAST(`window_end` AS"),
    mutation("an outer join for an inner one", "INNER JOIN ", "LEFT JOIN "),
    mutation("an inner join for an outer one", r"(LEFT|RIGHT|FULL) JOIN ", "INNER JOIN "),
    mutation("a union without one side", r"UNION ALL\n(SELECT\n(?:  .*\n)+FROM `[^`]+`)", "UNION ALL\n$1\nWHERE FALSE"),
    mutation("all counted, not the different ones", r"COUNT\(DISTINCT ", "COUNT("),
    mutation("an aggregation without its filter", r" FILTER \(WHERE .*\) AS", " AS"),
    mutation("the least for the greatest", r"\bMAX\(", "MIN("),
    mutation("the first few from the other end", r" DESC\b", " ASC"),
    mutation("one less of the first few", r"(`\$rank` <=) (\d)", "$1 0$2 - 1"),
    mutation("absent made present", r" IS NOT NULL", " IS NULL"),
    mutation("small letters for large ones", r"\bUPPER\(", "LOWER("),
    mutation("and for or", " OR ", " AND "),
    mutation("the sum for the mean", r"\bAVG\(", "SUM("),
    mutation("a filter that is not applied", r"\nWHERE (.*)$", ""),
];

/// Cases that are right, of every shape.
fn right() -> Vec<Case> {
    let seeds = 0..120;
    let cases = seeds.map(|seed| case(super::level(seed), seed, 120));
    let mut cases: Vec<_> = cases.filter(|case| obstacles(case).is_empty()).collect();
    cases.extend(super::kept().into_iter().map(|(_, case)| case));
    assert!(cases.iter().any(|case| super::level(case.seed) == Level::B));
    cases
}

#[test]
fn each_wrong_translation_is_found() {
    let cases: Vec<_> = right().into_iter().map(|case| (sql(&case), case)).collect();
    let mut unfound = Vec::new();
    for Mutation { name, right, wrong } in MUTATIONS {
        let pattern = Regex::new(&format!("(?m){right}")).expect("it is a pattern");
        // A few that it changes are enough, those first that were made for it.
        let changed: Vec<&Case> =
            cases.iter().rev().filter(|(sql, _)| pattern.is_match(sql)).map(|(_, case)| case).take(40).collect();
        let found = changed.iter().any(|case| {
            let (one, here) = (std::slice::from_ref(*case), in_process(case));
            let wrong = on_flink_by(one, |script| {
                for statement in &mut script.statements {
                    statement.text = pattern.replace_all(&statement.text, *wrong).into_owned();
                }
            });
            // A script that Flink refuses is found, too, but proves nothing.
            wrong.is_ok_and(|wrong| {
                Ok(&wrong[0]) != here.as_ref() && on_flink(one).is_ok_and(|right| Ok(&right[0]) == here.as_ref())
            })
        });
        eprintln!("{name}: {} scripts, {}", changed.len(), if found { "found" } else { "NOT FOUND" });
        if !found {
            unfound.push(*name);
        }
    }
    assert_eq!(unfound, [""; 0]);
}
