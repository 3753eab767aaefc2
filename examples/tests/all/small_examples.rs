//! The smaller examples print what they promise.

use crate::program::stdout;

/// Runs an example and looks for lines that it must print, in this order.
#[track_caller]
fn check(name: &str, lines: &[&str]) -> String {
    let shown = stdout(name);
    let mut rest = shown.lines();
    for line in lines {
        assert!(rest.any(|found| found.trim_end() == *line), "no `{line}` where it should be:\n{shown}");
    }
    shown
}

#[test]
fn clickstream_sessions() {
    check(
        "clickstream_sessions",
        &[
            "ada    2026-01-05T08:00:00.000Z .. 2026-01-05T08:01:08.000Z  4 clicks on 3 pages, from / to /docs",
            "bob    2026-01-05T08:00:04.000Z .. 2026-01-05T08:00:34.000Z  1 clicks on 1 pages, from /blog to /blog",
            "bob    2026-01-05T08:00:41.000Z .. 2026-01-05T08:01:11.000Z  1 clicks on 1 pages, from / to /",
            "ada    2026-01-05T08:01:35.000Z .. 2026-01-05T08:02:20.000Z  2 clicks on 2 pages, from / to /pricing",
            "bob    2026-01-05T08:01:44.000Z .. 2026-01-05T08:02:14.000Z  1 clicks on 1 pages, from /docs to /docs",
            "cleo   2026-01-05T08:04:00.000Z .. 2026-01-05T08:04:30.000Z  1 clicks on 1 pages, from / to /",
            "too late: bob on /missed at 2026-01-05T08:00:02.000Z",
        ],
    );
}

#[test]
fn fraud_detection() {
    let shown = check(
        "fraud_detection",
        &[
            "2026-01-05T08:00:30.000Z  card 2222: 90 and then 80000",
            "2026-01-05T08:03:29.000Z  card 5555: 1 and then 50000",
        ],
    );
    assert_eq!(shown.matches(" and then ").count(), 2, "{shown}");
}

#[test]
fn enrich_async() {
    let shown = check("enrich_async", &["0: Chile", "1: Ghana", "2: Italy", "3: Japan", "500 rows, in order"]);
    assert!(shown.contains("at most 16 at a time"), "{shown}");
}

#[test]
fn join_streams() {
    check(
        "join_streams",
        &[
            "order 1: paid",
            "order 2: paid 700 of 750",
            "order 3: not paid in time",
            "order 4: paid 40 of 90",
            "order 4: paid 50 of 90",
            "order 5: not paid in time",
        ],
    );
}
