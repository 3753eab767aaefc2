//! Sessions of the visitors of a site: clicks that lie less than half a minute apart belong together. A click that comes too
//! late for its session goes to a stream of its own.
//!
//! `cargo run --release --example clickstream_sessions`

use flow::prelude::*;

/// A visitor opened a page.
#[derive(Clone, Debug, Record)]
struct Click {
    visitor: String,
    page: String,
    at: Timestamp,
}

/// A visit, from its first click to half a minute after its last.
#[derive(Debug, Record)]
struct Visit {
    visitor: String,
    from: Timestamp,
    until: Timestamp,
    clicks: i64,
    pages: i64,
    entered: String,
    left: String,
}

fn main() -> flow::Result<()> {
    let (visits, visits_out) = sinks::collect();
    let (late, late_out) = sinks::collect();

    let pipeline = pipeline! {
        name = "clickstream-sessions";

        source(sources::vec(clicks()))
            -> watermark(|c| c.at, delay = 10s)
            -> key_by(|c| c.visitor)
            -> window(session(30s), late = late_clicks)
            -> aggregate(|c| Visit {
                visitor: key,
                from: window.start,
                until: window.end,
                clicks: count(),
                pages: count_distinct(c.page),
                entered: first(c.page),
                left: last(c.page),
            })
            -> sink(visits_out);

        late_clicks -> sink(late_out);
    };
    let report = pipeline.run_blocking()?;

    let mut visits = visits.take();
    visits.sort_by(|a, b| (a.from, &a.visitor).cmp(&(b.from, &b.visitor)));
    for Visit { visitor, from, until, clicks, pages, entered, left } in visits {
        println!("{visitor:<6} {from} .. {until}  {clicks} clicks on {pages} pages, from {entered} to {left}");
    }
    for click in late.take() {
        println!("too late: {} on {} at {}", click.visitor, click.page, click.at);
    }
    println!("\n{report}");
    Ok(())
}

/// Clicks, as they arrive: in milliseconds from a Monday morning, out of order by some seconds; the last one is late by minutes.
fn clicks() -> Vec<Click> {
    let clicks = [
        (0, "ada", "/"),
        (4_000, "bob", "/blog"),
        (12_000, "ada", "/docs"),
        (9_000, "ada", "/blog"),
        (38_000, "ada", "/docs"),
        (41_000, "bob", "/"),
        (95_000, "ada", "/"),
        (110_000, "ada", "/pricing"),
        (104_000, "bob", "/docs"),
        (240_000, "cleo", "/"),
        (2_000, "bob", "/missed"),
    ];
    let monday = 1_767_600_000_000;
    clicks
        .map(|(at, visitor, page)| Click {
            visitor: visitor.into(),
            page: page.into(),
            at: Timestamp::from_millis(monday + at),
        })
        .into()
}
