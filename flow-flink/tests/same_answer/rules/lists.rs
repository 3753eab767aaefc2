//! What becomes of lists.

use super::stream::{Stream, stream};
use super::{Rule, rule};
use serde_json::{Value as Json, json};

const LONG: i64 = 1_000_000;

/// The items of lists: of each record its time, and of each item its number, its own time and what may be absent.
fn items(delay: i64, rows: &[(i64, Json)]) -> Stream {
    let item = |item: &Json| json!({ "a": item[0], "at": item[1], "b": item[2] });
    let row = |(at, items): &(i64, Json)| {
        let items: Json = items.as_array().into_iter().flatten().map(item).collect();
        json!([at, items])
    };
    stream(delay, "l [a BIGINT; at EPOCH_MILLIS; b STRING?]", rows.iter().map(row).collect()).flat_map("`l`")
}

pub(super) fn rules() -> Vec<Rule> {
    let some = [(0, json!([[1, 5, "x"], [2, 6, null]])), (1, json!([])), (2, json!([[1, 5, "x"], [1, 5, "x"]]))];
    let late = [(0, json!([[1, 0, null]])), (20_000, json!([])), (9000, json!([[2, 0, null]]))];
    vec![
        rule(
            "a_list_gives_a_record_for_each_of_its_items",
            "`flat_map` gives a record for each item of a list, equal ones too, and of an empty list none. What is absent in an item stays so.",
            items(LONG, &some).map(&["a BIGINT? = `a`", "at EPOCH_MILLIS? = `at`", "b STRING? = `b`"]),
            json!([[1, 5, "x"], [2, 6, null], [1, 5, "x"], [1, 5, "x"]]),
        ),
        rule(
            "an_item_has_the_time_of_its_record",
            "Each has the event time of the record that held the list, whatever times it holds itself.",
            items(LONG, &[(9999, json!([[1, 50_000, null], [2, 60_000, null]])), (10_000, json!([[4, 0, null]]))])
                .by(&[])
                .tumbling(10_000)
                .aggregate(&["s = SUM `a`"], &["start EPOCH_MILLIS = `window_start`", "s BIGINT = `s`"]),
            json!([[0, 3], [10_000, 4]]),
        ),
        rule(
            "items_come_in_the_order_of_their_list",
            "They come in the list's order: of equal times, the first is the first of the list.",
            items(
                LONG,
                &[(5, json!([[3, 0, null], [1, 0, null], [2, 0, null]])), (5, json!([[9, 0, null], [8, 0, null]]))],
            )
            .by(&[])
            .tumbling(10_000)
            .aggregate(&["f = FIRST `a`", "l = LAST `a`"], &["f BIGINT = `f`", "l BIGINT = `l`"]),
            json!([[3, 8]]),
        ),
        rule(
            "an_empty_list_moves_the_watermark",
            "A record whose list is empty moves the watermark as others do.",
            items(0, &late).by(&[]).tumbling(10_000).aggregate(&["s = SUM `a`"], &["s BIGINT = `s`"]),
            json!([[1]]),
        ),
    ]
}
