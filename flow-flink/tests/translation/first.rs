//! The README's main job.

use super::support::{rows, run};
use flow::prelude::*;
use flow_flink::ToFlinkSql;
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Record)]
struct Order {
    id: i64,
    region: String,
    amount: i64,
    #[record(epoch_millis, rename = "placedAt")]
    placed_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Revenue {
    region: String,
    window_start: Timestamp,
    total: i64,
    orders: i64,
}

fn definition(from: &Path, to: &Path) -> Pipeline {
    let min_amount = 100;
    pipeline! {
        /// Revenue of large orders, per region and minute.
        name = "high-value-orders";
        portable;
        orders = source::<Order>(sources::files(from).json_lines())
            -> watermark(|o| o.placed_at, delay = 5s)
            -> filter(|o| o.amount > min_amount);
        orders
            -> key_by(|o| o.region)
            -> window(tumbling(1min))
            -> aggregate(|o| Revenue { region: key, window_start: window.start, total: sum(o.amount), orders: count() })
            -> sink(sinks::files(to).json_lines());
    }
}

#[test]
fn the_main_job_gives_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let (from, here, there) = (folder.path().join("orders"), folder.path().join("here"), folder.path().join("there"));
    let mut text = String::new();
    let mut seed = 7_u64;
    for id in 0..2000_i64 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let disorder = (seed >> 33) as i64 % 9000;
        let (region, amount) = (["eu", "us", "ß"][(seed >> 40) as usize % 3], (seed >> 45) as i64 % 300);
        let at = id * 200 - disorder;
        text += &format!("{{\"id\":{id},\"region\":\"{region}\",\"amount\":{amount},\"placedAt\":{at}}}\n");
    }
    std::fs::write(&from, text).unwrap();
    definition(&from, &here).run_blocking().unwrap();
    let script = definition(&from, &there).to_flink_sql().unwrap_or_else(|error| panic!("{error}"));
    run(&script).unwrap_or_else(|error| panic!("{error}\n{script}"));
    assert_eq!(rows::<Revenue>(&there), rows::<Revenue>(&here));
    assert!(rows::<Revenue>(&here).len() > 20);
}
