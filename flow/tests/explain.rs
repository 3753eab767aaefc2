//! What `explain()` prints: tasks, the stages that share one, exchanges, parallelism, and whether sources end.

use flow::prelude::*;
use futures::stream;
use std::time::Duration;

fn pipeline() -> Pipeline {
    let pipeline = Pipeline::new("explained");
    pipeline.parallelism(4);
    let endless = pipeline
        .source(sources::stream(stream::repeat(1_i64)))
        .named("endless")
        .watermark(|n| Timestamp::from_millis(*n), Duration::from_secs(1));
    let counted = pipeline.source(sources::iter(0_i64..10)).watermark(|n| Timestamp::from_millis(*n), Duration::ZERO);
    endless
        .filter(|n| *n > 3)
        .union([counted])
        .key_by(|n| n % 7)
        .window(tumbling(Duration::from_secs(10)))
        .aggregate(|of| of.count(), |key, _, count| (*key, count))
        .named("how many")
        .sink(sinks::null());
    pipeline
}

#[test]
fn tasks_chains_and_exchanges() {
    let expected = "\
pipeline `explained`
  1. endless (×up to 4, reads without end)
  2. watermark > filter (×4)  <- forward from 1
  3. source (×up to 4, reads to the end)
  4. watermark-2 (×4)  <- forward from 3
  5. union (×4)  <- forward from 2, forward from 4
  6. how many (×4)  <- hash from 5
  7. sink (×4)  <- forward from 6
";
    assert_eq!(pipeline().explain().to_string(), expected);
}

#[test]
fn as_mermaid() {
    let expected = r#"flowchart LR
    t0["endless<br/>×up to 4, reads without end"]
    t1["watermark<br/>filter<br/>×4"]
    t2["source<br/>×up to 4, reads to the end"]
    t3["watermark-2<br/>×4"]
    t5["union<br/>×4"]
    t6["how many<br/>×4"]
    t7["sink<br/>×4"]
    t0 -->|forward| t1
    t2 -->|forward| t3
    t1 -->|forward| t5
    t3 -->|forward| t5
    t5 -->|hash| t6
    t6 -->|forward| t7
"#;
    assert_eq!(pipeline().explain().to_mermaid(), expected);
}
