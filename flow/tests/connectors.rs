//! Every source and sink keeps its promises; and the check finds those that do not. A1, A9, A12, A18.

use flow::connector::Metadata;
use flow::prelude::*;
use flow::testing::{SinkContract, SourceContract, check_sink, check_source};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Order {
    id: i64,
    region: String,
}

fn orders(count: i64) -> Vec<Order> {
    (0..count).map(|id| Order { id, region: format!("region {}", id % 3) }).collect()
}

#[test]
fn sources_in_memory() {
    check_source(|| sources::iter(0..100), 0..100).unwrap();
    check_source(|| sources::iter(0..), 0..100).unwrap();
    check_source(|| sources::vec(orders(50)), orders(50)).unwrap();
    check_source(|| sources::vec(Vec::<i64>::new()), []).unwrap();
    check_source(|| sources::batches((0..10).map(|n| vec![n; n])), (0..10).flat_map(|n| vec![n; n])).unwrap();
    check_source(|| sources::stream(futures::stream::iter(0..100)), 0..100).unwrap();
    let channel = || {
        let (handle, source) = sources::channel(100);
        (0..100).for_each(|n| handle.try_send(n).unwrap());
        source
    };
    check_source(channel, 0..100).unwrap();
}

#[test]
fn sources_that_wait() {
    SourceContract::new(|| sources::generator(10, |n| n).limit(50)).expects(0..50).virtual_time().check().unwrap();
    SourceContract::new(|| sources::generator_unlimited(|n| n)).expects(0..50).check().unwrap();
    let polled = || {
        let mut calls = 0;
        sources::poll(Duration::from_secs(60), move || {
            calls += 1;
            async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                if calls % 2 == 0 { Ok(vec![calls / 2; 3]) } else { Err("it is not there yet") }
            }
        })
        .times(5)
    };
    SourceContract::new(polled)
        .expects((1..=5).flat_map(|n| [n; 3]))
        .virtual_time()
        .patience(Duration::from_secs(600))
        .check()
        .unwrap();
    let ticking = || {
        sources::stream(futures::stream::unfold(0, |n| async move {
            tokio::time::sleep(Duration::from_millis(n % 3)).await;
            (n < 30).then_some((n, n + 1))
        }))
    };
    SourceContract::new(ticking).expects(0..30).virtual_time().check().unwrap();
}

#[test]
fn file_sources() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    for order in orders(60) {
        lines += &serde_json::to_string(&order).unwrap();
        lines += if order.id % 10 == 0 { "\nnot json\n\r\n" } else { "\n" };
    }
    for part in 0..3 {
        fs::write(folder.path().join(format!("{part}.jsonl")), &lines).unwrap();
    }
    let pattern = folder.path().join("*.jsonl");
    let expected = || [orders(60), orders(60), orders(60)].concat();
    let json = || sources::files(&pattern).json_lines::<Order>();
    SourceContract::new(json).expects(expected()).malformed(18).check().unwrap();
    let one = folder.path().join("0.jsonl");
    check_source(|| sources::files(&one).lines(), lines.lines().map(str::to_owned)).unwrap();
    SourceContract::new(|| sources::files(&one).json_lines::<Order>().longest_record(28))
        .expects(orders(10))
        .malformed(56)
        .check()
        .unwrap();
}

#[test]
fn sources_with_metadata() {
    fn message<T>(topic: &str, offset: u64, value: T) -> Message<T> {
        let metadata = Metadata { topic: topic.into(), offset: Some(offset), ..Metadata::default() };
        Message { value, metadata }
    }
    check_source(|| sources::iter(0..100).with_metadata(), (0..100).map(|n| message("iter", n, n))).unwrap();
    check_source(
        || sources::batches((0..10).map(|n| vec![n; n])).with_metadata(),
        (0..10).flat_map(|n| vec![n; n]).zip(0..).map(|(n, at)| message("batches", at, n)),
    )
    .unwrap();
    check_source(
        || sources::stream(futures::stream::iter(0..100)).with_metadata(),
        (0..100).map(|n| message("stream", n, n)),
    )
    .unwrap();
    let channel = || {
        let (handle, source) = sources::channel(100);
        (0..100).for_each(|n| handle.try_send(n).unwrap());
        source.with_metadata()
    };
    check_source(channel, (0..100).map(|n| message("channel", n, n))).unwrap();
    let generator = || sources::generator(10, |n| n * 2).limit(50).with_metadata();
    let made = (0..50).map(|n| message("generator", n, n * 2));
    SourceContract::new(generator).expects(made).virtual_time().check().unwrap();
    let polled = || sources::poll(Duration::from_secs(60), || async { Ok::<_, String>(vec![7; 3]) }).times(4);
    let rows = (0..12).map(|n| message("poll", n, 7));
    let polled = SourceContract::new(|| polled().with_metadata()).expects(rows).virtual_time();
    polled.patience(Duration::from_secs(600)).check().unwrap();

    let folder = tempfile::tempdir().unwrap();
    for part in 0..3 {
        let lines =
            (0..40).map(|line| if line % 7 == 3 { "\n".to_owned() } else { format!("{}\n", part * 100 + line) });
        fs::write(folder.path().join(format!("{part}.jsonl")), lines.collect::<String>()).unwrap();
    }
    let path = |part| folder.path().join(format!("{part}.jsonl")).display().to_string();
    let files = || sources::files(folder.path().join("*.jsonl")).json_lines::<u64>().with_metadata();
    let lines = (0..3).flat_map(|part| (0..40).filter(|line| line % 7 != 3).map(move |line| (part, line)));
    check_source(files, lines.map(|(part, line)| message(&path(part), line + 1, part * 100 + line))).unwrap();
}

/// What stands beside a record can be looked at by any stage, be a key, and be kept in state; it is no part of an IR.
#[test]
fn metadata_in_a_pipeline() {
    let folder = tempfile::tempdir().unwrap();
    for part in 0..3 {
        let lines: String =
            orders(10 + part).iter().map(|order| serde_json::to_string(order).unwrap() + "\n\n").collect();
        fs::write(folder.path().join(format!("{part}.jsonl")), lines).unwrap();
    }
    let write = |sink| {
        let orders_in = sources::files(folder.path().join("*.jsonl")).json_lines::<Order>();
        pipeline! {
            name = "last-of-each-file";
            parallelism = 2;
            source::<Message<Order>>(orders_in.with_metadata())
                -> filter(|m| m.value.id % 2 == 0)
                -> key_by(|m| m.metadata.topic)
                -> reduce(|a, b| if a.metadata.offset > b.metadata.offset { a } else { b })
                -> sink(sink);
        }
    };
    let (last, sink) = sinks::table();
    write(sink).run_blocking().unwrap();
    for (part, id) in [(0, 8), (1, 10), (2, 10)] {
        let path = folder.path().join(format!("{part}.jsonl"));
        let found = last.get(&*path.display().to_string()).unwrap();
        assert_eq!((found.value.id, found.metadata.offset, found.metadata.partition), (id, Some(2 * id as u64 + 1), 0));
    }
    let refused = write(sinks::table().1).to_ir().unwrap_err().to_string();
    assert!(refused.contains("`file with metadata` lives in this process only"), "{refused}");
}

#[cfg(all(feature = "csv", feature = "gzip"))]
#[test]
fn packed_csv_sources_and_sinks() {
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.csv.gz");
        let sink = sinks::files(&path).csv::<Order>();
        let read = move || {
            let _keep = &folder;
            if !path.exists() {
                return Vec::new();
            }
            let (rows, sink) = sinks::collect();
            let pipeline = Pipeline::new("read");
            pipeline.source(sources::files(&path).csv::<Order>()).sink(sink);
            pipeline.run_blocking().unwrap();
            rows.take()
        };
        (sink, read)
    };
    check_sink(make, orders(100), orders(100)).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.csv.gz");
    let pipeline = Pipeline::new("write");
    pipeline.source(sources::vec(orders(100))).sink(sinks::files(&path).csv());
    pipeline.run_blocking().unwrap();
    check_source(|| sources::files(&path).csv::<Order>(), orders(100)).unwrap();
}

#[test]
fn sinks_in_memory() {
    let collect = || {
        let (rows, sink) = sinks::collect();
        (sink, move || rows.rows())
    };
    check_sink(collect, orders(50), orders(50)).unwrap();
    check_sink(|| (sinks::null(), Vec::<i64>::new), vec![1, 2, 3], vec![]).unwrap();
    let channel = || {
        let (mut receive, sink) = sinks::channel(1000);
        let mut taken = Vec::new();
        (sink, move || {
            taken.extend(std::iter::from_fn(|| receive.try_recv()));
            taken.clone()
        })
    };
    check_sink(channel, orders(50), orders(50)).unwrap();
    let each = || {
        let rows = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&rows);
        let sink = sinks::for_each(move |row: Order| {
            let rows = Arc::clone(&rows);
            async move {
                tokio::task::yield_now().await;
                rows.lock().unwrap().push(row);
                Ok::<_, std::io::Error>(())
            }
        });
        (sink, move || seen.lock().unwrap().clone())
    };
    check_sink(each, orders(50), orders(50)).unwrap();
    let futures_sink = || {
        let (send, mut receive) = futures::channel::mpsc::channel(1000);
        let mut taken = Vec::new();
        (sinks::from_sink(send), move || {
            while let Ok(row) = receive.try_recv() {
                taken.push(row);
            }
            taken.clone()
        })
    };
    check_sink(futures_sink, orders(50), orders(50)).unwrap();
}

#[test]
fn a_table_of_upserts() {
    let make = || {
        let (table, sink) = sinks::table();
        (sink, move || table.rows().into_iter().collect::<BTreeMap<i64, i64>>().into_iter().collect())
    };
    let put = |key, value| Upsert::Put { key, value };
    let rows = vec![put(1, 1), put(2, 2), put(1, 3), Upsert::Delete { key: 2 }, put(3, 4), Upsert::Delete { key: 9 }];
    check_sink(make, rows, vec![(1, 3), (3, 4)]).unwrap();
}

#[test]
fn file_sinks() {
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        let sink = sinks::files(&path).json_lines();
        let read = move || {
            let _keep = &folder;
            let text = fs::read_to_string(&path).unwrap_or_default();
            text.lines().map(|line| serde_json::from_str::<Order>(line).unwrap()).collect()
        };
        (sink, read)
    };
    // More than the writer gathers, so that writes go on in the background.
    let large: Vec<_> = orders(20_000);
    SinkContract::new(make, large.clone()).expects(large).check().unwrap();
    check_sink(make, orders(0), orders(0)).unwrap();
}
