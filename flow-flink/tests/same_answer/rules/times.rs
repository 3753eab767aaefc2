//! Event time.

use super::stream::stream;
use super::{Rule, failing, rule};
use serde_json::json;

const COUNT: &[&str] = &["c = COUNT"];
/// Where a window begins, and how many records it has.
const STARTS: &[&str] = &["start EPOCH_MILLIS = `window_start`", "c BIGINT = `c`"];

pub(super) fn rules() -> Vec<Rule> {
    vec![
        rule(
            "a_watermark_is_the_latest_time_less_the_delay_and_a_millisecond",
            "A watermark is the latest time less the delay and a millisecond: the window before 10 s with a delay of 5 s ends with the record of 15.000 s, not with that of 14.999 s.",
            stream(5000, "", json!([[1000], [14_998], [2000], [14_999], [3000], [15_000], [4000]]))
                .by(&[])
                .tumbling(10_000)
                .aggregate(COUNT, STARTS),
            json!([[0, 3], [10_000, 3]]),
        ),
        rule(
            "a_long_delay_is_kept_to_the_millisecond",
            "A delay may be of many days, and is kept to the millisecond.",
            stream(17_280_000_000, "", json!([[1000], [17_280_009_999_i64], [2000], [17_280_010_000_i64], [3000]]))
                .by(&[])
                .tumbling(10_000)
                .aggregate(COUNT, STARTS),
            json!([[0, 2], [17_280_000_000_i64, 1], [17_280_010_000_i64, 1]]),
        ),
        rule(
            "a_record_moves_the_watermark_behind_itself",
            "A record is late by the watermark of the records before it, wherever batches end.",
            stream(0, "", json!([[0], [9999], [1], [10_000], [2], [10_001], [10_000]]))
                .by(&[])
                .tumbling(10_000)
                .aggregate(COUNT, STARTS),
            json!([[0, 3], [10_000, 3]]),
        ),
        rule(
            "a_watermark_never_goes_back",
            "A watermark never goes back.",
            stream(0, "", json!([[30_000], [1000], [2000], [25_000], [29_000]]))
                .by(&[])
                .tumbling(10_000)
                .aggregate(COUNT, STARTS),
            json!([[30_000, 1]]),
        ),
        rule(
            "the_end_ends_every_window",
            "The end of the input ends every window, however long.",
            stream(86_400_000, "", json!([[1], [90_000_000]])).by(&[]).tumbling(86_400_000).aggregate(COUNT, STARTS),
            json!([[0, 1], [86_400_000, 1]]),
        ),
        rule(
            "a_filter_takes_nothing_from_the_watermark",
            "What a filter takes out has moved the watermark before.",
            stream(0, "", json!([[1000], [20_000], [2000], [21_000]]))
                .filter("`at` < FROM_MILLIS(20000)")
                .by(&[])
                .tumbling(10_000)
                .aggregate(COUNT, STARTS),
            json!([[0, 1]]),
        ),
        failing(
            "a_record_without_event_time_fails_the_job",
            "A record without event time fails the job.",
            {
                let at = json!([[0, 1000], [1, null]]);
                stream(0, "t EPOCH_MILLIS?", at).timed_by("t").by(&[]).tumbling(10_000).aggregate(COUNT, STARTS)
            },
            "RowTime field should not be null",
        ),
    ]
}
