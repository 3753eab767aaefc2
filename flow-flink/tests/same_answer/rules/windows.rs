//! Windows, and what is made of their records.

use super::stream::{Made, Stream, stream};
use super::{Rule, rule};
use serde_json::{Value as Json, json};

const COUNT: &[&str] = &["c = COUNT"];
const STARTS: &[&str] = &["start EPOCH_MILLIS = `window_start`", "c BIGINT = `c`"];
const BORDERS: &[&str] = &["start EPOCH_MILLIS = `window_start`", "end EPOCH_MILLIS = `window_end`", "c BIGINT = `c`"];

fn counted(stream: Stream, window: Json) -> Made {
    stream.by(&[]).window(window).aggregate(COUNT, BORDERS)
}

/// Long enough that nothing is late.
const LONG: i64 = 1_000_000;

pub(super) fn rules() -> Vec<Rule> {
    [cuts(), lengths(), sessions(), results()].into_iter().flatten().collect()
}

fn cuts() -> Vec<Rule> {
    vec![
        rule(
            "a_window_has_its_start_and_not_its_end",
            "A window has its start and not its end.",
            counted(
                stream(LONG, "", json!([[0], [9999], [10_000]])),
                json!({ "windowType": "TUMBLING", "size": 10_000 }),
            ),
            json!([[0, 10_000, 2], [10_000, 20_000, 1]]),
        ),
        rule(
            "windows_before_1970_begin_below_their_times",
            "Windows before 1970 begin at or below their times, as all others.",
            counted(
                stream(LONG, "", json!([[-1], [-10_000], [-10_001], [0]])),
                json!({ "windowType": "TUMBLING", "size": 10_000 }),
            ),
            json!([[-20_000, -10_000, 1], [-10_000, 0, 2], [0, 10_000, 1]]),
        ),
        rule(
            "an_offset_moves_the_borders",
            "An offset moves the borders, before 1970 too.",
            counted(
                stream(LONG, "", json!([[2999], [3000], [-1], [-4001]])),
                json!({ "windowType": "TUMBLING", "size": 7000, "offset": 3000 }),
            ),
            json!([[-11_000, -4000, 1], [-4000, 3000, 2], [3000, 10_000, 1]]),
        ),
        rule(
            "a_sliding_window_begins_at_every_slide",
            "A record is in each sliding window that begins at a multiple of the slide, at most its size before the record, which is not included.",
            counted(
                stream(LONG, "", json!([[10_000], [-1]])),
                json!({ "windowType": "SLIDING", "size": 10_000, "slide": 5000 }),
            ),
            json!([[5000, 15_000, 1], [10_000, 20_000, 1], [-10_000, 0, 1], [-5000, 5000, 1]]),
        ),
        rule(
            "a_record_is_left_out_of_those_windows_alone_that_have_ended",
            "A late record is left out of those of its windows alone that have ended.",
            counted(
                stream(0, "", json!([[9000], [12_000], [8000]])),
                json!({ "windowType": "SLIDING", "size": 10_000, "slide": 5000 }),
            ),
            json!([[0, 10_000, 1], [5000, 15_000, 3], [10_000, 20_000, 1]]),
        ),
    ]
}

fn lengths() -> Vec<Rule> {
    vec![
        rule(
            "days_are_those_of_utc",
            "Days begin at midnight in UTC.",
            counted(
                stream(0, "", json!([[1_767_225_599_999_i64], [1_767_225_600_000_i64]])),
                json!({ "windowType": "TUMBLING", "size": 86_400_000 }),
            ),
            json!([
                [1_767_139_200_000_i64, 1_767_225_600_000_i64, 1],
                [1_767_225_600_000_i64, 1_767_312_000_000_i64, 1]
            ]),
        ),
        rule(
            "a_window_may_be_years_long",
            "A window may be years long.",
            counted(
                stream(0, "", json!([[0], [172_799_999_999_i64], [172_800_000_000_i64]])),
                json!({ "windowType": "TUMBLING", "size": 172_800_000_000_i64 }),
            ),
            json!([[0, 172_800_000_000_i64, 2], [172_800_000_000_i64, 345_600_000_000_i64, 1]]),
        ),
        rule(
            "an_empty_window_has_no_row",
            "A window without records has no row.",
            counted(stream(0, "", json!([[0], [35_000]])), json!({ "windowType": "TUMBLING", "size": 10_000 })),
            json!([[0, 10_000, 1], [30_000, 40_000, 1]]),
        ),
    ]
}

fn sessions() -> Vec<Rule> {
    let gap = || json!({ "windowType": "SESSION", "gap": 1000 });
    vec![
        rule(
            "a_session_ends_a_gap_behind_its_last_record",
            "A session goes on where less than the gap lies between two records, and ends a gap behind the last.",
            counted(stream(LONG, "", json!([[0], [999], [2000], [4000]])), gap()),
            json!([[0, 1999, 2], [2000, 3000, 1], [4000, 5000, 1]]),
        ),
        rule(
            "a_record_between_two_sessions_makes_them_one",
            "A record between two sessions makes them one.",
            counted(stream(LONG, "", json!([[0], [1500], [-800], [700]])), gap()),
            json!([[-800, 2500, 4]]),
        ),
        rule(
            "a_session_is_one_keys",
            "Each key has sessions of its own.",
            stream(LONG, "k STRING", json!([[0, "a"], [500, "b"], [1400, "a"]]))
                .by(&["k"])
                .window(gap())
                .aggregate(COUNT, STARTS),
            json!([[0, 1], [500, 1], [1400, 1]]),
        ),
        rule(
            "a_late_record_that_a_session_reaches_is_in_it",
            "Whether a record is late is asked of the session that it comes to be in.",
            counted(stream(0, "", json!([[10_000], [10_500], [11_000], [11_500], [10_400], [5000]])), gap()),
            json!([[10_000, 12_500, 5]]),
        ),
    ]
}

fn results() -> Vec<Rule> {
    vec![
        rule(
            "the_row_of_a_window_has_its_last_millisecond",
            "The row of a window has the time of its last millisecond, by which the next window takes it.",
            stream(0, "", json!([[0], [9999], [10_000]]))
                .by(&[])
                .tumbling(10_000)
                .aggregate_and(COUNT, &["c BIGINT = `c`"])
                .by(&[])
                .tumbling(10_000)
                .aggregate(&["c = SUM `c`"], STARTS),
            json!([[0, 2], [10_000, 1]]),
        ),
        rule(
            "first_and_last_go_by_event_time",
            "First and last go by event time, and of several of one time by arrival.",
            stream(LONG, "v STRING", json!([[2000, "a"], [1000, "b"], [1000, "c"], [2000, "d"]]))
                .by(&[])
                .tumbling(10_000)
                .aggregate(&["f = FIRST `v`", "l = LAST `v`"], &["f STRING = `f`", "l STRING = `l`"]),
            json!([["b", "d"]]),
        ),
        rule(
            "first_and_last_leave_out_what_is_absent",
            "First and last leave out what is absent, and have a group of absent keys.",
            stream(LONG, "k STRING?, v INT?", json!([[0, null, null], [1, null, 1], [2, null, 2], [3, "a", null]]))
                .by(&["k"])
                .tumbling(10_000)
                .aggregate(&["f = FIRST `v`", "l = LAST `v`"], &["k STRING? = `k`", "f INT? = `f`", "l INT? = `l`"]),
            json!([[null, 1, 2], ["a", null, null]]),
        ),
        rule(
            "the_top_are_the_greatest_of_each_key",
            "Those that come first are those with the greatest value of each key and window.",
            stream(
                LONG,
                "k STRING, v INT",
                json!([[0, "a", 1], [1, "a", 3], [2, "a", 2], [3, "b", -5], [10_000, "a", 0]]),
            )
            .by(&["k"])
            .tumbling(10_000)
            .top(2, "`v`", &["k STRING = `k`", "v INT = `v`"]),
            json!([["a", 3], ["a", 2], ["b", -5], ["a", 0]]),
        ),
        rule(
            "what_comes_twice_is_kept_once",
            "Of records that come twice, as their key says, the first of each window is kept by `first`.",
            stream(
                LONG,
                "k STRING, v STRING",
                json!([[1, "a", "again"], [0, "a", "x"], [5, "b", "y"], [10_000, "a", "x"], [10_000, "c", "z"]]),
            )
            .by(&["k"])
            .tumbling(10_000)
            .aggregate(&["v = FIRST `v`"], &["k STRING = `k`", "v STRING = `v`"]),
            json!([["a", "x"], ["b", "y"], ["a", "x"], ["c", "z"]]),
        ),
    ]
}
