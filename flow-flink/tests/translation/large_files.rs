//! A file of many blocks: it is one partition here, so it has to be read from its beginning to its end there.

use super::shapes::{Order, Place, both, orders};
use super::support::rows;
use flow::prelude::*;

#[derive(Clone, Debug, PartialEq, Record)]
struct Counted {
    region: String,
    start: Timestamp,
    orders: i64,
    total: i64,
}

/// More than one of Flink's blocks of local files, which are of 32 MiB; late records tell in which order they were read.
#[test]
fn a_large_file_is_read_in_its_order() {
    const ORDERS: i64 = 300_000;
    for (tasks, disorder) in [(1, 9000), (2, 4500)] {
        let place = Place::new(&orders(ORDERS, (0, disorder), 31), &[]);
        let size = std::fs::metadata(place.at("orders")).unwrap().len();
        assert!(size > 32 << 20, "{size}");
        let (here, there) = both(&place, |place, out| {
            pipeline! {
                name = "counted";
                portable;
                parallelism = tasks;
                source::<Order>(sources::files(place.at("orders")).json_lines())
                    -> watermark(|o| o.placed_at, delay = 5s)
                    -> key_by(|o| o.region)
                    -> window(tumbling(10s))
                    -> aggregate(|o| Counted { region: key, start: window.start, orders: count(), total: sum(o.amount) })
                    -> sink(sinks::files(out.join("out")).json_lines());
            }
        });
        let (here, there) = (rows::<Counted>(&here.join("out")), rows::<Counted>(&there.join("out")));
        assert!(here.len() > 10_000);
        assert!(here == there, "{tasks} tasks: {} rows here, {} there", here.len(), there.len());
    }
}
