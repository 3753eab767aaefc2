//! Wrong translations: each is applied to scripts that are right, and has to be found.

use super::case::in_process;
use super::flink::{obstacles, on_flink, on_flink_by, sql};
use super::pipeline::{Case, Level, case};
use flow_flink::Setting;
use regex::Regex;

/// A mistake: what stands in a right script, and what would stand there by mistake.
struct Mutation {
    name: &'static str,
    right: &'static str,
    wrong: &'static str,
    /// The rule that is asked first, so that it is found soon.
    rule: &'static str,
}

const fn mutation(name: &'static str, right: &'static str, wrong: &'static str, rule: &'static str) -> Mutation {
    Mutation { name, right, wrong, rule }
}

#[rustfmt::skip]
const MUTATIONS: &[Mutation] = &[
    mutation("a watermark without its last millisecond", r"(WATERMARK FOR .* - INTERVAL '\d+)\.001'", "$1'", "a_watermark_is_the_latest_time_less_the_delay_and_a_millisecond"),
    mutation("a watermark with a second too much", r"(WATERMARK FOR .* - INTERVAL ')(\d+)\.001'", "${1}9$2.001'", "a_watermark_is_the_latest_time_less_the_delay_and_a_millisecond"),
    mutation("less for at most", " <= ", " < ", "both_bounds_of_a_join_are_included"),
    mutation("more for at least", " >= ", " > ", "both_bounds_of_a_join_are_included"),
    mutation("no offset of a window", r"(TUMBLE\(.*INTERVAL '[\d.]+' \w+), INTERVAL '[\d.]+' \w+\)", "$1)", "an_offset_moves_the_borders"),
    mutation("a longer gap", r"(SESSION\(.*INTERVAL '\d+)\.(\d)", "$1.9$2", "a_session_ends_a_gap_behind_its_last_record"),
    mutation("a window's end for its start", r"CAST\(`window_start` AS", "CAST(`window_end` AS", "a_window_has_its_start_and_not_its_end"),
    mutation("an outer join for an inner one", "INNER JOIN ", "LEFT JOIN ", "a_window_join_pairs_what_is_in_one_window"),
    mutation("an inner join for an outer one", r"(LEFT|RIGHT|FULL) JOIN ", "INNER JOIN ", "a_left_join_keeps_its_left_side"),
    mutation("a union without one side", r"UNION ALL\n(SELECT\n(?:  .*\n)+FROM `[^`]+`)", "UNION ALL\n$1\nWHERE FALSE", "a_union_keeps_equal_records"),
    mutation("all counted, not the different ones", r"COUNT\(DISTINCT ", "COUNT(", "distinct_values_are_counted_once"),
    mutation("an aggregation without its filter", r" FILTER \(WHERE .*\) AS", " AS", "a_filtered_sum_of_nothing_is_absent"),
    mutation("the least for the greatest", r"\bMAX\(", "MIN(", "aggregations_leave_out_what_is_absent"),
    mutation("the first few from the other end", r" DESC\b", " ASC", "the_top_are_the_greatest_of_each_key"),
    mutation("one less of the first few", r"(`\$rank` <=) (\d)", "$1 0$2 - 1", "the_top_are_the_greatest_of_each_key"),
    mutation("absent made present", r" IS NOT NULL", " IS NULL", "a_condition_on_what_is_absent_is_false"),
    mutation("small letters for large ones", r"\bUPPER\(", "LOWER(", "letters_have_another_case"),
    mutation("and for or", " OR ", " AND ", "conditions_are_of_three_values"),
    mutation("the sum for the mean", r"\bAVG\(", "SUM(", "a_mean_is_towards_zero"),
    mutation("a watermark a millisecond behind", r"(WATERMARK FOR .* - INTERVAL '\d+)\.001'", "$1.002'", "a_watermark_is_the_latest_time_less_the_delay_and_a_millisecond"),
    mutation("a clock for the watermark", r"('pipeline.auto-watermark-interval' =) '0'", "$1 '200 ms'", "a_record_moves_the_watermark_behind_itself"),
    mutation("a time zone", r"('table.local-time-zone' =) 'UTC'", "$1 'Asia/Tokyo'", "days_are_those_of_utc"),
    mutation("only the first of the windows that slide", r"HOP\((.*DESCRIPTOR\(.*\)), INTERVAL '[^']+' [A-Z]+,", "TUMBLE($1,", "a_sliding_window_begins_at_every_slide"),
    mutation("a window with its end", r"CAST\(`window_end` AS", "CAST(`window_end` - INTERVAL '0.001' SECOND AS", "a_window_has_its_start_and_not_its_end"),
    mutation("the last for the first", r"ORDER BY `\$time` ASC", "ORDER BY `$$time` DESC", "first_and_last_go_by_event_time"),
    mutation("first and last without absent keys", r"COALESCE\((JSON_STRING\([^()]*\)), 'null'\)", "$1", "first_and_last_leave_out_what_is_absent"),
    mutation("the mean of doubles", r"\bAVG\((`[^`]+`)\)", "CAST(AVG(CAST($1 AS DOUBLE)) AS BIGINT)", "a_mean_of_long_integers_wraps"),
    mutation("the mean of a key", r"\bAVG\(IF\(RAND\(\) < 2e0, (`[^`]+`), CAST\(NULL AS \w+\)\)\)", "AVG($1)", "mean"),
    mutation("a sum of 64 bits", r"\bSUM\((`[^`]+`)\)", "SUM(CAST($1 AS BIGINT))", "a_sum_has_wrapped_before_it_is_cast"),
    mutation("all counted, not those that are there", r"\bCOUNT\(`[^`]+`\)", "COUNT(*)", "aggregations_leave_out_what_is_absent"),
    mutation("an integer of 32 bits", r"CAST\((-?\d+) AS (?:TINYINT|SMALLINT)\)", "$1", "a_literal_has_its_neighbours_type"),
    mutation("a float that wraps", r"GREATEST\(LEAST\((CAST\(.*? AS INT\)), 127\), -128\)", "$1", "a_cast_of_a_float_saturates"),
    mutation("what is not less is greater or equal", r"IF\((`[^`]+` < 1e0), TRUE, FALSE\)", "$1", "nan_is_equal_to_nothing"),
    mutation("a zero without its sign", r"'-(0\.0|0e0)'", "'$1'", "division_of_floats_never_fails"),
    mutation("spaces at the end cut off", r"(`[^`]+`) = '", "RTRIM($1) = '", "spaces_at_the_end_stay"),
    mutation("one character earlier", r"SUBSTRING\(([^,]*), 2,", "SUBSTRING($1, 1,", "texts_are_counted_by_code_point"),
    mutation("a pattern for a text", r"POSITION\(('[^']*') IN (`[^`]+`)\) > 0", "$2 LIKE CONCAT('%', $1, '%')", "a_part_of_a_text_is_no_pattern"),
    mutation("all that is white trimmed", r"\bTRIM\((`[^`]+`)\)", r"REGEXP_REPLACE($1, '^\s+|\s+$$', '')", "only_spaces_are_trimmed"),
    mutation("the end of a line for that of the text", r"\\z", "$$", "digits_of_a_pattern_are_ascii"),
    mutation("a row of an empty list", r"CROSS (JOIN UNNEST\(.*\) AS r \(.*\))", "LEFT $1 ON TRUE", "a_list_gives_a_record_for_each_of_its_items"),
    mutation("a filter that is not applied", r"\nWHERE (.*)$", "", "a_filter_takes_nothing_from_the_watermark"),
];

/// Cases that are right, of every shape.
fn right() -> Vec<Case> {
    let seeds = 0..120;
    let cases = seeds.map(|seed| case(super::level(seed), seed, 120));
    let mut cases: Vec<_> = cases.filter(|case| obstacles(case).is_empty()).collect();
    cases.extend(super::kept().into_iter().map(|(_, case)| case));
    cases.extend(super::rules::cases());
    assert!(cases.iter().any(|case| super::level(case.seed) == Level::B));
    cases
}

#[test]
fn each_wrong_translation_is_found() {
    let cases: Vec<_> = right().into_iter().map(|case| (sql(&case), case)).collect();
    let mut unfound = Vec::new();
    for Mutation { name, right, wrong, rule } in MUTATIONS {
        let pattern = Regex::new(&format!("(?m){right}")).expect("it is a pattern");
        let mut changed: Vec<&Case> =
            cases.iter().rev().filter(|(sql, _)| pattern.is_match(sql)).map(|(_, case)| case).collect();
        // A few that it changes are enough, the one first that was made for it.
        changed.sort_by_key(|case| case.ir.metadata.job_name != *rule);
        changed.truncate(40);
        let found = changed.iter().any(|case| {
            let (one, here) = (std::slice::from_ref(*case), in_process(case));
            let wrong = on_flink_by(one, |script| {
                for statement in &mut script.statements {
                    statement.text = pattern.replace_all(&statement.text, *wrong).into_owned();
                }
                for Setting { key, value } in &mut script.settings {
                    let line = format!("'{key}' = '{value}'");
                    if let Some(other) = pattern.replace(&line, *wrong).rsplit('\'').nth(1) {
                        *value = other.to_owned();
                    }
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
