//! Sources and sinks in running pipelines: whole or not at all, malformed records, stopping, restoring. A1, A9, A12.

use flow::prelude::*;
use flow::{ErrorKind, Result};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Order {
    id: i64,
    amount: i64,
}

/// A folder, a file of orders in it of which every tenth is malformed, and the place of an output that stands there already.
fn orders(count: i64) -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = Vec::new();
    for id in 1..=count {
        match id % 10 {
            0 => lines.extend(format!("bad {id} \u{1F980}\n").bytes()),
            5 => lines.extend(format!("{{\"id\":{id},\"amount\":{}}}\r\n", id * 3).bytes()),
            _ => lines.extend(format!("{{\"id\":{id},\"amount\":{}}}\n", id * 3).bytes()),
        }
    }
    let (input, output) = (folder.path().join("orders.jsonl"), folder.path().join("out.jsonl"));
    fs::write(&input, lines).unwrap();
    fs::write(&output, "before").unwrap();
    (folder, input, output)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn json(path: &Path) -> Vec<serde_json::Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn malformed_lines_become_dead_letters_with_number_bytes_and_reason() {
    let (folder, input, output) = orders(5000);
    let dead = folder.path().join("out.jsonl.dead");
    let pipeline = Pipeline::new("orders");
    pipeline.parallelism(2).on_error(OnError::dead_letter(sinks::files(&dead).json_lines()));
    pipeline.source(sources::files(&input).json_lines::<Order>()).sink(sinks::files(&output).json_lines());
    let report = pipeline.run_blocking().unwrap();
    assert_eq!((report.read(), report.written(), report.dead_lettered()), (5000, 4500, 500));
    assert_eq!(report.delivery, Delivery::Transactional);
    assert!(report.is_balanced(), "{report}");
    let ids: Vec<_> = json(&output).iter().map(|order| order["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, (1..=5000).filter(|id| id % 10 != 0).collect::<Vec<_>>());
    for (at, letter) in json(&dead).iter().enumerate() {
        let line = (at as u64 + 1) * 10;
        assert_eq!(letter["offset"], line);
        assert_eq!(letter["original"], format!("bad {line} \u{1F980}"));
        assert_eq!(letter["reason"], "expected value (column 1)");
        assert_eq!(letter["partition"], input.display().to_string());
    }
    assert_eq!(names(folder.path()), ["orders.jsonl", "out.jsonl", "out.jsonl.dead"]);
}

#[test]
fn a_record_that_a_stage_fails_on_has_its_place_in_its_dead_letter() {
    let ((rows, sink), (dead, dead_sink)) = (sinks::collect(), sinks::collect());
    let pipeline = Pipeline::new("halves");
    pipeline.batch_size(3).on_error(OnError::dead_letter(dead_sink));
    let halves = pipeline.source(sources::iter(100..110)).filter(|n| *n > 102);
    halves.try_map(|n| if n % 2 == 0 { Ok(n / 2) } else { Err("odd") }).sink(sink);
    pipeline.run_blocking().unwrap();
    assert_eq!(rows.take(), [52, 53, 54]);
    let places: Vec<_> = dead.take().into_iter().map(|d| (d.partition, d.offset, d.original)).collect();
    let place = |n: u64| (Some("iter".to_owned()), Some(n - 100), n.to_string().into());
    assert_eq!(places, [103, 105, 107, 109].map(place));
}

/// 100,000 hostile lines: each is a row or a dead letter, and none is both or neither.
#[test]
fn hostile_lines_are_all_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let (input, dead) = (folder.path().join("in"), folder.path().join("dead"));
    let (mut lines, mut good, mut seed) = (Vec::new(), 0, 1_u64);
    for _ in 0..100_000 {
        let mut line = br#"{"id":17,"amount":4}"#.to_vec();
        for _ in 0..3 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (at, byte) = ((seed >> 33) as usize % line.len(), (seed >> 56) as u8);
            if byte != b'\n' && seed >> 63 == 0 {
                line[at] = byte;
            }
        }
        let text = std::str::from_utf8(&line);
        good += u64::from(text.is_ok_and(|text| serde_json::from_str::<Order>(text).is_ok()));
        lines.extend(line);
        lines.push(b'\n');
    }
    fs::write(&input, lines).unwrap();
    let pipeline = Pipeline::new("hostile");
    pipeline.on_error(OnError::dead_letter(sinks::files(&dead).json_lines()));
    pipeline.source(sources::files(&input).json_lines::<Order>()).sink(sinks::null());
    let report = pipeline.run_blocking().unwrap();
    assert_eq!((report.read(), report.written(), report.dead_lettered()), (100_000, good, 100_000 - good));
    assert!(good > 1000 && good < 90_000, "{good}");
    assert_eq!(json(&dead).len() as u64, 100_000 - good);
}

#[test]
fn a_job_that_fails_leaves_the_output_as_it_was() {
    let (folder, input, output) = orders(5000);
    let untouched = || {
        assert_eq!(fs::read_to_string(&output).unwrap(), "before");
        assert_eq!(names(folder.path()), ["orders.jsonl", "out.jsonl"]);
    };
    let run = |write: &dyn Fn(Stream<Order>) -> Stream<Order>| {
        let pipeline = Pipeline::new("orders");
        let orders = pipeline.source(sources::files(&input).json_lines::<Order>());
        write(orders).sink(sinks::files(&output).json_lines());
        pipeline.run_blocking().unwrap_err()
    };
    let error = run(&|orders| orders);
    assert_eq!(error.kind(), ErrorKind::BadRecord);
    let place = format!("{} at 10: expected value (column 1)", input.display());
    assert!(error.to_string().contains(&place), "{error}");
    untouched();

    let pipeline = Pipeline::new("orders");
    pipeline.on_error(OnError::Skip);
    let orders = pipeline.source(sources::files(&input).json_lines::<Order>());
    let failing = orders.map(|order| if order.id < 4900 { order } else { panic!("order {} is too much", order.id) });
    failing.sink(sinks::files(&output).json_lines());
    let error = pipeline.run_blocking().unwrap_err();
    assert!(error.kind() == ErrorKind::Panic && error.to_string().contains("order 4901 is too much"), "{error}");
    untouched();

    // Of two outputs none appears when one cannot be written.
    let pipeline = Pipeline::new("orders");
    pipeline.on_error(OnError::Skip);
    let orders = pipeline.source(sources::files(&input).json_lines::<Order>());
    orders
        .tee()
        .sink(sinks::for_each(|order: Order| async move { if order.id < 4900 { Ok(()) } else { Err("full") } }));
    orders.sink(sinks::files(&output).json_lines());
    let error = pipeline.run_blocking().unwrap_err();
    assert!(error.to_string().contains("full"), "{error}");
    untouched();
}

#[test]
fn a_job_that_is_cancelled_or_dropped_leaves_the_output_as_it_was() {
    for cancel in [true, false] {
        let (folder, _, output) = orders(0);
        block_on(async {
            let pipeline = Pipeline::new("endless");
            pipeline.source(sources::generator_unlimited(|n| n)).sink(sinks::files(&output).json_lines());
            let job = pipeline.start().await.unwrap();
            while job.metrics().stages.iter().all(|stage| stage.counts.passed < 100_000) {
                tokio::task::yield_now().await;
            }
            assert_eq!(names(folder.path()).len(), 3, "the hidden file is there");
            if cancel {
                job.cancel();
                assert_eq!(job.wait().await.unwrap_err().kind(), ErrorKind::Cancelled);
            }
        });
        assert_eq!(names(folder.path()), ["orders.jsonl", "out.jsonl"]);
        assert_eq!(fs::read_to_string(&output).unwrap(), "before");
    }
}

#[test]
fn a_job_that_is_stopped_publishes_what_it_has_read() {
    let (folder, _, output) = orders(0);
    let report = block_on(async {
        let pipeline = Pipeline::new("endless");
        pipeline.source(sources::generator_unlimited(|n| n)).sink(sinks::files(&output).json_lines());
        let job = pipeline.start().await.unwrap();
        while job.metrics().stages.iter().all(|stage| stage.counts.passed < 10_000) {
            tokio::task::yield_now().await;
        }
        job.stop();
        job.wait().await.unwrap()
    });
    let numbers: Vec<_> = json(&output).iter().map(|n| n.as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..report.written()).collect::<Vec<_>>());
    assert!(report.written() >= 10_000);
    assert_eq!(names(folder.path()), ["orders.jsonl", "out.jsonl"]);
}

#[test]
fn what_cannot_be_opened_ends_the_job_before_anything_is_read() {
    let (folder, input, output) = orders(10);
    let read = Arc::new(AtomicBool::new(false));
    let run = |input: &Path, output: &Path| {
        let pipeline = Pipeline::new("orders");
        let read = Arc::clone(&read);
        let orders = pipeline.source(sources::files(input).lines());
        orders.inspect(move |_| read.store(true, Ordering::Relaxed)).sink(sinks::files(output).lines());
        pipeline.run_blocking().unwrap_err()
    };
    let none = folder.path().join("none");
    for (error, wanted) in [
        (run(&none, &output), format!("no such file: `{}`", none.display())),
        (run(folder.path(), &output), format!("`{}` is a directory", folder.path().display())),
        (run(&input, folder.path()), format!("`{}` is a directory", folder.path().display())),
        (run(&input, &none.join("out")), format!("no such folder: `{}`", none.display())),
    ] {
        assert_eq!((error.kind(), error.message()), (ErrorKind::Config, wanted.as_str()));
        assert_eq!(error.to_string().lines().count(), 1);
    }
    assert!(!read.load(Ordering::Relaxed));
    assert_eq!(names(folder.path()), ["orders.jsonl", "out.jsonl"]);
    assert_eq!(fs::read_to_string(&output).unwrap(), "before");
}

/// A file may be replaced by what was made of it.
#[test]
fn the_output_may_be_the_input() {
    let (_folder, input, _) = orders(1000);
    for times in [3, 9] {
        let pipeline = Pipeline::new("double");
        pipeline.on_error(OnError::Skip);
        let orders = pipeline.source(sources::files(&input).json_lines::<Order>());
        orders.map(|order| Order { amount: order.amount * 3, ..order }).sink(sinks::files(&input).json_lines());
        pipeline.run_blocking().unwrap();
        assert!(
            json(&input).iter().all(|order| order["amount"].as_i64() == order["id"].as_i64().map(|id| id * 3 * times))
        );
    }
}

/// What is counted and summed, by way of the records' digits.
type Sums = (i64, i64);

/// Sums the numbers of a pipeline by their last digit; with a snapshot, from there on. Takes a snapshot when so many were read.
async fn sums(
    numbers: impl Fn(&Pipeline) -> Stream<i64>,
    parallelism: usize,
    from: Option<flow::state::Snapshot>,
    snapshot_at: Option<u64>,
) -> Result<(Vec<(i64, Sums)>, Option<flow::state::Snapshot>)> {
    let (table, sink) = sinks::table();
    let pipeline = Pipeline::new("sums");
    pipeline.parallelism(parallelism).batch_size(16).channel_capacity(16);
    let keyed = numbers(&pipeline).key_by(|n| n % 10);
    keyed.fold((0, 0), |(count, sum): Sums, n| (count + 1, sum + n)).sink(sink);
    let job = match from {
        Some(snapshot) => pipeline.restore(snapshot).await?,
        None => pipeline.start().await?,
    };
    let mut snapshot = None;
    if let Some(at) = snapshot_at {
        while !job.is_finished() && job.metrics().stages.iter().all(|stage| stage.counts.entered < at) {
            tokio::task::yield_now().await;
        }
        // A job that has ended has none to give.
        snapshot = job.snapshot().await.ok();
    }
    job.wait().await?;
    let mut rows: Vec<_> = table.rows().into_iter().collect();
    rows.sort_unstable();
    Ok((rows, snapshot))
}

fn files_of_numbers(files: usize, count: i64) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for file in 0..files {
        let lines: String = (0..count).map(|n| format!("{}\n", n * 7 + file as i64)).collect();
        fs::write(folder.path().join(format!("{file}.txt")), lines).unwrap();
    }
    let pattern = folder.path().join("*.txt");
    (folder, pattern)
}

proptest! {
    #![proptest_config(crate::cases())]

    /// A run that is snapshotted anywhere and restored from there, at another parallelism, gives what an undisturbed run gives:
    /// nothing is read twice and nothing is left out.
    #[test]
    fn a_restored_job_reads_exactly_the_rest(
        files in 1_usize..5, count in 0_i64..400, at in 0_u64..1500, before in 1_usize..4, after in 1_usize..4, kind in 0..3,
    ) {
        let (_folder, pattern) = files_of_numbers(files, count);
        let numbers = |pipeline: &Pipeline| match kind {
            0 => pipeline.source(sources::files(&pattern).lines()).map(|line| line.parse().unwrap()),
            1 => pipeline.source(sources::files(&pattern).json_lines::<i64>()),
            _ => pipeline.source(sources::iter(0..count * 3)),
        };
        block_on(async {
            let (whole, snapshot) = sums(numbers, before, None, Some(at)).await.unwrap();
            if let Some(snapshot) = snapshot {
                let (rest, _) = sums(numbers, after, Some(snapshot), None).await.unwrap();
                // Keys that had no record after the snapshot are not said again.
                for row in &rest {
                    prop_assert!(whole.contains(row), "{row:?} of {whole:?}");
                }
                let (again, _) = sums(numbers, after, None, None).await.unwrap();
                prop_assert_eq!(again, whole);
            }
            Ok(())
        })?;
    }
}

/// A job that is held back by its receiver, snapshotted in the middle, cancelled and restored.
#[test]
fn a_job_restored_in_the_middle_goes_on_there() {
    let (_folder, pattern) = files_of_numbers(1, 2000);
    let all: Vec<String> = (0..2000).map(|n| (n * 7).to_string()).collect();
    let write = |sink: sinks::ChannelSink<String>| {
        let pipeline = Pipeline::new("copy");
        pipeline.batch_size(8).channel_capacity(8);
        pipeline.source(sources::files(&pattern).lines()).sink(sink);
        pipeline
    };
    block_on(async {
        let (mut receive, sink) = sinks::channel(8);
        let job = write(sink).start().await.unwrap();
        let mut taken = Vec::new();
        while taken.len() < 500 {
            taken.extend(receive.recv().await);
        }
        let mut snapshot = Box::pin(job.snapshot());
        let snapshot = loop {
            tokio::select! {
                biased;
                snapshot = &mut snapshot => break snapshot.unwrap(),
                row = receive.recv() => taken.extend(row),
            }
        };
        let (mut rest, sink) = sinks::channel(2000);
        write(sink).restore(snapshot).await.unwrap().wait().await.unwrap();
        let rest: Vec<_> = std::iter::from_fn(|| rest.try_recv()).collect();
        let before = all.len() - rest.len();
        assert_eq!(rest, all[before..]);
        assert!((500..700).contains(&before), "{before} before the barrier, {} taken", taken.len());
        assert_eq!(taken, all[..taken.len()]);
    });
}

#[test]
fn a_slow_receiver_holds_the_source_back() {
    block_on(async {
        let (mut receive, sink) = sinks::channel(10);
        let pipeline = Pipeline::new("slow");
        pipeline.batch_size(8).channel_capacity(8);
        pipeline.source(sources::generator_unlimited(|n| n)).sink(sink);
        let job = pipeline.start().await.unwrap();
        for row in 0..1000 {
            assert_eq!(receive.recv().await, Some(row));
            let read = job.metrics().stages.iter().map(|stage| stage.counts.entered).max().unwrap();
            assert!(read <= row + 100, "{read} read when {row} were taken");
        }
        job.cancel();
        assert_eq!(job.wait().await.unwrap_err().kind(), ErrorKind::Cancelled);
    });
}

#[test]
fn a_channel_feeds_a_pipeline_until_its_handle_is_dropped() {
    block_on(async {
        let (handle, source) = sources::channel(4);
        let (rows, sink) = sinks::collect();
        let pipeline = Pipeline::new("fed");
        pipeline.source(source).map(|n: i64| n * 2).sink(sink);
        let job = pipeline.start().await.unwrap();
        for n in 0..100 {
            handle.send(n).await.unwrap();
        }
        drop(handle);
        job.wait().await.unwrap();
        assert_eq!(rows.take(), (0..100).map(|n| n * 2).collect::<Vec<_>>());
    });
}
