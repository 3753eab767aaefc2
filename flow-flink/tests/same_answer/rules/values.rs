//! What expressions and aggregations make of numbers, and of what is absent.

use super::stream::{Made, stream};
use super::{Rule, failing, rule};
use serde_json::{Value as Json, json};

const MIN: i64 = i64::MIN;
const MAX: i64 = i64::MAX;

/// Expressions of `v`: of each row its value, and what each makes of it.
pub(super) fn values(name: &'static str, says: &'static str, of: &str, expressions: &[&str], rows: Json) -> Rule {
    let rows = rows.as_array().expect("rows are a list");
    let given = rows.iter().map(|row| json!([0, row[0]])).collect();
    let answer =
        rows.iter().map(|row| row.as_array().into_iter().flatten().skip(1).cloned().collect::<Json>()).collect();
    let fields: Vec<String> =
        expressions.iter().enumerate().map(|(i, expression)| format!("x{i} {expression}")).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    rule(name, says, stream(0, &format!("v {of}"), given).untimed().map(&fields), answer)
}

/// One group and window of these values of `v`.
fn grouped(of: &str, given: &[Json], aggregations: &[&str], fields: &[&str]) -> Made {
    let rows = given.iter().map(|value| json!([0, value])).collect();
    stream(0, &format!("v {of}"), rows).by(&[]).tumbling(1000).aggregate(aggregations, fields)
}

pub(super) fn rules() -> Vec<Rule> {
    [integers(), casts(), floats(), absent(), aggregates()].into_iter().flatten().collect()
}

fn integers() -> Vec<Rule> {
    let wraps = |name, says, ty: &'static str, min: i64, max: i64| {
        let expressions =
            ["`v` + 1", "`v` - 1", "`v` * 2", "-`v`", "`v` / -1", "ABS(`v`)"].map(|e| format!("{ty} = {e}"));
        let expressions: Vec<&str> = expressions.iter().map(String::as_str).collect();
        let rows = json!([[min, min + 1, max, 0, min, min, min], [max, min, max - 1, -2, -max, -max, max]]);
        values(name, says, ty, &expressions, rows)
    };
    vec![
        wraps("bytes_wrap", "Integers keep their type and wrap: of 8 bits,", "TINYINT", -128, 127),
        wraps("short_integers_wrap", "of 16,", "SMALLINT", -32_768, 32_767),
        wraps("integers_wrap", "of 32,", "INT", i32::MIN.into(), i32::MAX.into()),
        wraps("long_integers_wrap", "and of 64; the least one divided by -1 is itself.", "BIGINT", MIN, MAX),
        values(
            "division_is_towards_zero",
            "Division of integers is towards zero, and a remainder has the sign of what is divided.",
            "INT",
            &["INT = `v` / 2", "INT = `v` % 3", "INT = `v` % -3"],
            json!([[7, 3, 1, 1], [-7, -3, -1, -1], [i32::MIN, -1_073_741_824, -2, -2]]),
        ),
        failing(
            "division_by_zero_fails_the_job",
            "Division of integers by zero fails the job,",
            stream(0, "v INT", json!([[0, 0]])).map(&["x INT = 1 / `v`"]),
            "/ by zero",
        ),
        failing(
            "a_remainder_by_zero_fails_the_job",
            "and so does a remainder.",
            stream(0, "v BIGINT", json!([[0, 0]])).map(&["x BIGINT = 1 % `v`"]),
            "/ by zero",
        ),
        values(
            "what_is_not_reached_does_not_fail",
            "What a condition excludes is not reckoned.",
            "INT",
            &["INT = CASE WHEN `v` = 0 THEN 0 ELSE 8 / `v` END", "BOOLEAN = `v` <> 0 AND 8 / `v` > 1"],
            json!([[0, 0, false], [2, 4, true]]),
        ),
        values(
            "a_literal_has_its_neighbours_type",
            "A literal has the type of its neighbour.",
            "SMALLINT",
            &["BOOLEAN = `v` + 1 > 0", "BIGINT = CAST(`v` * 2 AS BIGINT)"],
            json!([[32_767, false, -2], [-5, false, -10]]),
        ),
    ]
}

fn casts() -> Vec<Rule> {
    vec![
        values(
            "a_cast_to_fewer_bits_wraps",
            "A cast to fewer bits wraps.",
            "BIGINT",
            &["INT = CAST(`v` AS INT)", "SMALLINT = CAST(`v` AS SMALLINT)", "TINYINT = CAST(`v` AS TINYINT)"],
            json!([[4_294_967_297_i64, 1, 1, 1], [2_147_483_648_i64, i32::MIN, 0, 0], [200, 200, 200, -56]]),
        ),
        values(
            "a_cast_of_a_float_saturates",
            "A cast of a float to an integer truncates and saturates, and NaN is 0.",
            "DOUBLE",
            &["BIGINT = CAST(`v` AS BIGINT)", "INT = CAST(`v` AS INT)", "TINYINT = CAST(`v` AS TINYINT)"],
            json!([
                [1e30, MAX, i32::MAX, 127],
                ["-Infinity", MIN, i32::MIN, -128],
                ["NaN", 0, 0, 0],
                [-1.9, -1, -1, -1],
                [200.0, 200, 200, 127]
            ]),
        ),
        values(
            "a_cast_to_a_float_is_the_nearest",
            "A cast of an integer to a float is the nearest one.",
            "BIGINT",
            &["DOUBLE = CAST(`v` AS DOUBLE)", "FLOAT = CAST(`v` AS FLOAT)"],
            json!([
                [9_007_199_254_740_993_i64, 9_007_199_254_740_992.0, 9_007_199_254_740_992.0],
                [16_777_217, 16_777_217.0, 16_777_216.0]
            ]),
        ),
    ]
}

fn floats() -> Vec<Rule> {
    vec![
        values(
            "division_of_floats_never_fails",
            "Division of floats by zero gives an infinity or NaN.",
            "DOUBLE",
            &["DOUBLE = `v` / 0.0", "DOUBLE = `v` / -0.0", "DOUBLE = 1.0 / `v`"],
            json!([
                [1.0, "Infinity", "-Infinity", 1.0],
                [0.0, "NaN", "NaN", "Infinity"],
                [-0.0, "NaN", "NaN", "-Infinity"]
            ]),
        ),
        values(
            "nan_is_equal_to_nothing",
            "NaN is equal to nothing, itself included, and neither less nor greater; -0.0 is equal to 0.0.",
            "DOUBLE",
            &[
                "BOOLEAN = `v` = `v`",
                "BOOLEAN = `v` <> `v`",
                "BOOLEAN = `v` < 1.0",
                "BOOLEAN = NOT `v` < 1.0",
                "BOOLEAN = `v` = 0.0",
            ],
            json!([
                ["NaN", false, true, false, true, false],
                [-0.0, true, false, true, false, true],
                [2.5, true, false, false, true, false]
            ]),
        ),
        values(
            "the_sign_of_zero_stays",
            "The sign of zero stays.",
            "DOUBLE",
            &["DOUBLE = `v` * 1.0", "DOUBLE = -`v`", "DOUBLE = `v` + 0.0", "DOUBLE = 1.0 / -`v`"],
            json!([[-0.0, -0.0, 0.0, 0.0, "Infinity"], [0.0, 0.0, -0.0, 0.0, "-Infinity"]]),
        ),
        values(
            "floats_are_binary",
            "Numbers with a point are binary floats, not decimals.",
            "DOUBLE",
            &["DOUBLE = `v` + 0.2", "DOUBLE = `v` * 3.0", "BOOLEAN = `v` + 0.2 = 0.3"],
            json!([[0.1, 0.300_000_000_000_000_04, 0.300_000_000_000_000_04, false]]),
        ),
        values(
            "short_floats_stay_short",
            "Floats of 32 bits are reckoned with in 32 bits.",
            "FLOAT",
            &["FLOAT = `v` + 0.2", "FLOAT = `v` * 16777217.0"],
            json!([[0.1, 0.3, 1_677_721.6], [1.0, 1.2, 16_777_216.0]]),
        ),
    ]
}

fn absent() -> Vec<Rule> {
    vec![
        values(
            "a_condition_on_what_is_absent_is_false",
            "A condition on a value that is absent is not true, and its opposite neither.",
            "INT?",
            &[
                "BOOLEAN = `v` IS NULL",
                "BOOLEAN = `v` IS NOT NULL",
                "INT = COALESCE(`v`, -1)",
                "INT? = CASE WHEN `v` IS NULL THEN CAST(3 AS INT) ELSE NULL END",
            ],
            json!([[null, true, false, -1, 3], [0, false, true, 0, null]]),
        ),
        values(
            "conditions_are_of_three_values",
            "And, or and not are as in Rust, for a condition is never absent.",
            "INT?",
            &[
                "BOOLEAN = COALESCE(`v`, 0) > 1 OR `v` IS NULL",
                "BOOLEAN = COALESCE(`v`, 0) > 1 AND `v` IS NOT NULL",
                "BOOLEAN = NOT (COALESCE(`v`, 0) > 1 OR `v` IS NULL)",
            ],
            json!([[null, true, false, false], [1, false, false, true], [2, true, true, false]]),
        ),
        rule(
            "absent_keys_are_one_group",
            "Records whose key is absent are one group.",
            stream(0, "k STRING?", json!([[0, null], [1, "a"], [2, null], [3, ""]]))
                .by(&["k"])
                .tumbling(1000)
                .aggregate(&["c = COUNT"], &["k STRING? = `k`", "c BIGINT = `c`"]),
            json!([[null, 2], ["a", 1], ["", 1]]),
        ),
        rule(
            "aggregations_leave_out_what_is_absent",
            "Aggregations leave out what is absent.",
            grouped("INT?", &[json!(null), json!(4), json!(7)], &ALL, &RESULTS),
            json!([[11, 5, 4, 7, 2, 2, 3]]),
        ),
        rule(
            "aggregations_of_nothing_are_absent",
            "Where all is absent a sum, a mean, the least and the greatest are absent, and a count is 0.",
            grouped("INT?", &[json!(null), json!(null)], &ALL, &RESULTS),
            json!([[null, null, null, null, 0, 0, 2]]),
        ),
        rule(
            "a_filtered_sum_of_nothing_is_absent",
            "Where a filter passes nothing a sum is absent, and a count is 0.",
            grouped(
                "INT",
                &[json!(1), json!(2)],
                &["s = SUM `v` WHERE `v` > 5", "c = COUNT WHERE `v` > 5", "t = SUM `v` WHERE `v` > 1"],
                &["s INT? = `s`", "c BIGINT = `c`", "t INT? = `t`"],
            ),
            json!([[null, 0, 2]]),
        ),
    ]
}

const ALL: [&str; 7] = [
    "s = SUM `v`",
    "a = AVG `v`",
    "l = MIN `v`",
    "g = MAX `v`",
    "c = COUNT `v`",
    "d = COUNT_DISTINCT `v`",
    "r = COUNT",
];
const RESULTS: [&str; 7] = [
    "s INT? = `s`",
    "a INT? = `a`",
    "l INT? = `l`",
    "g INT? = `g`",
    "c BIGINT = `c`",
    "d BIGINT = `d`",
    "r BIGINT = `r`",
];

fn aggregates() -> Vec<Rule> {
    let both = |name, says, ty: &str, given: [i64; 3], (sum, mean): (i64, i64)| {
        let fields = [format!("s {ty} = `s`"), format!("a {ty} = `a`")];
        let pipeline = grouped(
            ty,
            &given.map(Json::from),
            &["s = SUM `v`", "a = AVG `v`"],
            &fields.each_ref().map(String::as_str),
        );
        rule(name, says, pipeline, json!([[sum, mean]]))
    };
    vec![
        rule(
            "a_sum_has_wrapped_before_it_is_cast",
            "A sum has wrapped before it is cast.",
            grouped("TINYINT", &[100, 100].map(Json::from), &["s = SUM `v`"], &["s BIGINT = CAST(`s` AS BIGINT)"]),
            json!([[-56]]),
        ),
        both(
            "a_sum_of_bytes_wraps_and_their_mean_does_not",
            "A sum has the type of what is added, and wraps; a mean has it too, but is reckoned in 64 bits: of 8 bits,",
            "TINYINT",
            [100, 100, 100],
            (44, 100),
        ),
        both("a_sum_of_integers_wraps", "of 32,", "INT", [i32::MAX.into(), i32::MAX.into(), 1], (-1, 1_431_655_765)),
        both(
            "a_mean_of_long_integers_wraps",
            "and of 64, where the mean wraps with the sum.",
            "BIGINT",
            [MAX, MAX, 1],
            (-1, 0),
        ),
        both("a_mean_is_towards_zero", "A mean of integers is towards zero.", "INT", [-1, -2, -2], (-5, -1)),
        rule(
            "distinct_values_are_counted_once",
            "Distinct values are counted once.",
            grouped(
                "STRING",
                &["a", "a ", "A", "a", ""].map(Json::from),
                &["d = COUNT_DISTINCT `v`", "c = COUNT"],
                &["d BIGINT = `d`", "c BIGINT = `c`"],
            ),
            json!([[4, 5]]),
        ),
    ]
}
