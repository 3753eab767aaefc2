//! Without topics: both engines over the orders that come with the examples.

use flow::ErrorKind;
use flow::prelude::*;
use flow_services::unique;

use crate::Failure;
use crate::engines;
use crate::job::{Order, Revenue};
use crate::options::{Engine, Options};
use crate::show;
use crate::signals::Signals;

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/orders.jsonl");
/// More differences than this help nobody.
const SHOWN: usize = 10;

/// Makes the topics, runs both engines, the one that is asked for first, and compares their rows.
pub(crate) async fn run(options: &Options, signals: &mut Signals) -> Result<(), Failure> {
    let input = unique("orders");
    // Some orders are late: against which others is told by their order in one partition.
    options.kafka(&input, |admin, topic| admin.create_topic(topic, 1))?;
    let written = write(options, &input).await?;
    show::line(format_args!("{written} orders of {ORDERS} are in topic {input}"))?;
    let engines = match options.engine {
        Engine::Flink => [Engine::Flink, Engine::Local],
        Engine::Local => [Engine::Local, Engine::Flink],
    };
    let mut rows = Vec::new();
    for engine in engines {
        let output = unique(if engine == Engine::Flink { "revenue-flink" } else { "revenue-local" });
        options.kafka(&output, |admin, topic| admin.create_topic(topic, 1))?;
        let run = options.of(engine, &input, &output)?;
        engines::run(options, &run, signals).await?;
        let read = read(options, &output).await?;
        show::line(format_args!("{} rows are in topic {output}\n", read.len()))?;
        rows.push(read);
    }
    compare(&rows[0], &rows[1]).map_err(Failure::ended)
}

/// The orders of the file, those lines that are some, in their order.
async fn write(options: &Options, topic: &str) -> flow::Result<u64> {
    let pipeline = Pipeline::new("orders");
    pipeline.on_error(OnError::Skip);
    pipeline.source(sources::files(ORDERS).json_lines::<Order>()).sink(options.sink(topic).json());
    Ok(pipeline.run().await?.written())
}

/// What has been written to a topic, and committed.
async fn read(options: &Options, topic: &str) -> flow::Result<Vec<Revenue>> {
    let (rows, collect) = sinks::collect();
    let pipeline = Pipeline::new("rows");
    pipeline.source(options.source(topic).json::<Revenue>()).sink(collect);
    pipeline.run().await?;
    let mut rows = rows.take();
    rows.sort();
    Ok(rows)
}

/// Whether the rows are the same, each as often.
fn compare(one: &[Revenue], other: &[Revenue]) -> flow::Result<()> {
    if one == other {
        return show::line(format_args!("the same {} rows", one.len()));
    }
    let missing = |from: &[Revenue], row: &&Revenue| from.binary_search(row).is_err();
    let only = one.iter().filter(|row| missing(other, row)).chain(other.iter().filter(|row| missing(one, row)));
    for row in only.take(SHOWN) {
        show::line(format_args!("only one engine has {row:?}"))?;
    }
    Err(flow::Error::new(ErrorKind::User, format!("the engines differ: {} rows and {}", one.len(), other.len())))
}
