//! Joins and unions.

use super::stream::{Made, other, stream};
use super::{Rule, rule};
use serde_json::{Value as Json, json};

const LONG: i64 = 1_000_000;

fn window() -> (&'static str, Json) {
    ("window", json!({ "windowType": "TUMBLING", "size": 10_000, "timeUnit": "MILLISECONDS" }))
}

fn between(lower: i64, upper: i64) -> (&'static str, Json) {
    ("between", json!({ "lowerMs": lower, "upperMs": upper }))
}

/// The numbers of the records of both sides: those of the left one from 0 on, of the right one with 100 more.
fn pairs(kind: &str, left: Json, right: Json, bounds: (&str, Json)) -> Made {
    let sides = match kind {
        "inner" => ["a BIGINT = `f0`.`n`", "b BIGINT = 100 + `f1`.`n`"],
        "left" => ["a BIGINT = `f0`.`n`", "b BIGINT = CASE WHEN `f1` IS NULL THEN -1 ELSE 100 END"],
        "right" => ["a BIGINT = CASE WHEN `f0` IS NULL THEN -1 ELSE 0 END", "b BIGINT = 100 + `f1`.`n`"],
        _ => [
            "a BIGINT = CASE WHEN `f0` IS NULL THEN -1 ELSE 0 END",
            "b BIGINT = CASE WHEN `f1` IS NULL THEN -1 ELSE 100 END",
        ],
    };
    stream(LONG, "k STRING", left).join(kind, other(LONG, "k STRING", right), bounds).map(&sides)
}

pub(super) fn rules() -> Vec<Rule> {
    [in_windows(), by_time(), unions()].into_iter().flatten().collect()
}

fn in_windows() -> Vec<Rule> {
    let sides = || (json!([[1000, "x"], [10_000, "x"], [2000, "y"]]), json!([[9999, "x"], [10_000, "x"], [3000, "z"]]));
    let windowed = |kind| pairs(kind, sides().0, sides().1, window());
    vec![
        rule(
            "a_window_join_pairs_what_is_in_one_window",
            "A join in a window pairs the records of one key and window.",
            windowed("inner"),
            json!([[0, 100], [1, 101]]),
        ),
        rule(
            "a_left_join_keeps_its_left_side",
            "An outer join has a row of each record of its outer side that has no partner: the left one,",
            windowed("left"),
            json!([[0, 100], [1, 100], [2, -1]]),
        ),
        rule(
            "a_right_join_keeps_its_right_side",
            "the right one,",
            windowed("right"),
            json!([[0, 100], [0, 101], [-1, 102]]),
        ),
        rule(
            "a_full_join_keeps_both_sides",
            "or both.",
            windowed("full"),
            json!([[0, 100], [0, 100], [0, -1], [-1, 100]]),
        ),
        rule(
            "a_pair_of_a_window_has_its_last_millisecond",
            "A pair of a window has the time of its last millisecond.",
            stream(0, "k STRING", json!([[0, "x"]]))
                .join("inner", other(0, "k STRING", json!([[1, "x"]])), window())
                .map_and(&["k STRING = `f0`.`k`"])
                .by(&[])
                .tumbling(10_000)
                .aggregate(&["c = COUNT"], &["start EPOCH_MILLIS = `window_start`", "c BIGINT = `c`"]),
            json!([[0, 1]]),
        ),
    ]
}

fn by_time() -> Vec<Rule> {
    let near =
        || (json!([[10_000, "x"], [50_000, "x"]]), json!([[8999, "x"], [9000, "x"], [11_000, "x"], [11_001, "x"]]));
    let timed = |kind| pairs(kind, near().0, near().1, between(-1000, 1000));
    vec![
        rule(
            "both_bounds_of_a_join_are_included",
            "Both bounds of a join by time are included.",
            timed("inner"),
            json!([[0, 101], [0, 102]]),
        ),
        rule(
            "a_join_by_time_keeps_its_left_side",
            "A join by time keeps what has no partner, too: of the left side,",
            timed("left"),
            json!([[0, 100], [0, 100], [1, -1]]),
        ),
        rule(
            "a_join_by_time_keeps_its_right_side",
            "or the right one.",
            timed("right"),
            json!([[-1, 100], [0, 101], [0, 102], [-1, 103]]),
        ),
        rule(
            "bounds_may_be_far_apart",
            "Bounds may be far apart.",
            pairs(
                "inner",
                json!([[200_000_000, "x"]]),
                json!([[27_199_998, "x"], [27_199_999, "x"], [700_000_000, "x"], [700_000_001, "x"]]),
                between(-172_800_001, 500_000_000),
            ),
            json!([[0, 101], [0, 102]]),
        ),
    ]
}

fn unions() -> Vec<Rule> {
    vec![
        rule(
            "a_union_waits_for_its_slowest_input",
            "The watermark behind a union is that of the input that is furthest behind: nothing of it is late.",
            {
                let behind: Json = (0..50).map(|n| json!([n * 100])).collect();
                let ahead: Json = (0..50).map(|n| json!([1_000_000 + n * 100])).collect();
                stream(0, "", behind)
                    .union(other(0, "", ahead))
                    .by(&[])
                    .tumbling(1000)
                    .aggregate(&["c = COUNT"], &["c BIGINT = `c`"])
            },
            (0..10).map(|_| json!([10])).collect(),
        ),
        rule(
            "a_union_keeps_equal_records",
            "A union keeps records that are equal.",
            stream(0, "", json!([[1], [1]])).union(other(0, "", json!([[1], [1]]))).map(&["n BIGINT = `n`"]),
            json!([[0], [1], [0], [1]]),
        ),
    ]
}
