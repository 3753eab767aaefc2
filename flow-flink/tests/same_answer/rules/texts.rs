//! What expressions make of texts and times.

use super::stream::stream;
use super::values::values;
use super::{Rule, rule};
use serde_json::json;

pub(super) fn rules() -> Vec<Rule> {
    [texts(), parts(), calendar()].into_iter().flatten().collect()
}

fn texts() -> Vec<Rule> {
    vec![
        values(
            "texts_are_counted_by_code_point",
            "The length and the parts of a text go by code point.",
            "STRING",
            &["BIGINT = CHAR_LENGTH(`v`)", "STRING = CHARS(`v`, 1, 2)", "STRING = CHARS(`v`, 0, 1)"],
            json!([["a😀bc", 4, "😀b", "a"], ["e\u{301}", 2, "\u{301}", "e"], ["", 0, "", ""]]),
        ),
        values(
            "texts_are_compared_by_their_bytes",
            "Texts are compared by their bytes in UTF-8.",
            "STRING",
            &["BOOLEAN = `v` < 'a'", "BOOLEAN = `v` > 'z'", "STRING = LEAST(`v`, 'a')", "STRING = GREATEST(`v`, 'z')"],
            json!([
                ["Z", true, false, "Z", "z"],
                ["é", false, true, "a", "é"],
                ["", true, false, "", "z"],
                ["aa", false, false, "a", "z"],
                ["￿", false, true, "a", "￿"]
            ]),
        ),
        values(
            "spaces_at_the_end_stay",
            "Spaces at the end of a text are part of it.",
            "STRING",
            &[
                "BOOLEAN = `v` = 'a'",
                "BIGINT = CHAR_LENGTH(`v`)",
                "STRING = CONCAT(`v`, '|')",
                "STRING = CASE WHEN `v` = 'a' THEN 'x ' ELSE 'long' END",
            ],
            json!([["a ", false, 2, "a |", "long"], ["a", true, 1, "a|", "x "]]),
        ),
        rule(
            "texts_with_spaces_are_groups_of_their_own",
            "Texts that differ in spaces or in case are groups of their own.",
            stream(0, "k STRING", json!([[0, "a"], [1, "a "], [2, "A"], [3, "a"]]))
                .by(&["k"])
                .tumbling(1000)
                .aggregate(&["c = COUNT"], &["k STRING = `k`", "c BIGINT = `c`"]),
            json!([["a", 2], ["a ", 1], ["A", 1]]),
        ),
    ]
}

fn parts() -> Vec<Rule> {
    vec![
        values(
            "a_part_of_a_text_is_no_pattern",
            "A text that is looked for stands for itself.",
            "STRING",
            &[
                "BOOLEAN = CONTAINS(`v`, '%')",
                "BOOLEAN = STARTSWITH(`v`, '_')",
                "BOOLEAN = ENDSWITH(`v`, '\\')",
                "BOOLEAN = CONTAINS(`v`, '')",
            ],
            json!([
                ["abc", false, false, false, true],
                ["_%\\", true, true, true, true],
                ["", false, false, false, true]
            ]),
        ),
        values(
            "digits_of_a_pattern_are_ascii",
            "The digits of a pattern are those of ASCII.",
            "STRING",
            &["BOOLEAN = REGEXP(`v`, '\\d')", "BOOLEAN = REGEXP(`v`, '^a$')"],
            json!([["٣", false, false], ["3", true, false], ["a", false, true], ["a\n", false, false]]),
        ),
        values(
            "letters_have_another_case",
            "Letters have their other case without a language.",
            "STRING",
            &["STRING = UPPER(`v`)", "STRING = LOWER(`v`)"],
            json!([["iß", "ISS", "iß"], ["IΣ", "IΣ", "iς"]]),
        ),
        values(
            "only_spaces_are_trimmed",
            "What is trimmed is spaces alone.",
            "STRING",
            &["STRING = TRIM(`v`)"],
            json!([["  a\t ", "a\t"], ["\u{a0}b", "\u{a0}b"]]),
        ),
    ]
}

fn calendar() -> Vec<Rule> {
    vec![
        values(
            "times_are_those_of_utc",
            "The parts of a time are those of UTC, before 1970 too.",
            "TIMESTAMP_LTZ(3)",
            &[
                "BIGINT = EXTRACT(YEAR FROM `v`)",
                "BIGINT = EXTRACT(DAY FROM `v`)",
                "BIGINT = EXTRACT(HOUR FROM `v`)",
                "BIGINT = MILLIS(`v`)",
            ],
            json!([
                ["1969-12-31T23:59:59.999Z", 1969, 31, 23, -1],
                ["2024-02-29T00:00:00.000Z", 2024, 29, 0, 1_709_164_800_000_i64]
            ]),
        ),
        values(
            "times_are_written_with_their_milliseconds",
            "A time is written in the form of ISO 8601, or as milliseconds where its field says so.",
            "EPOCH_MILLIS",
            &["TIMESTAMP_LTZ(3) = `v`", "EPOCH_MILLIS = PLUS_MILLIS(`v`, 1)", "STRING = FORMAT_DATE(`v`)"],
            json!([
                [-1, "1969-12-31T23:59:59.999Z", 0, "1969-12-31"],
                [0, "1970-01-01T00:00:00.000Z", 1, "1970-01-01"]
            ]),
        ),
    ]
}
