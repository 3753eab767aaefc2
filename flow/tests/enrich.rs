//! `enrich` in the engine, in virtual time: the same answer as asking about each record alone, whatever the batches.

use flow::ErrorKind;
use flow::prelude::*;
use flow::testing::{Harness, run};
use proptest::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Answers with the square; refuses every 13th; takes the longer the fewer records there are.
fn squares(numbers: &[u64]) -> impl Future<Output = Result<Vec<Result<u64, String>>, String>> + Send + use<> {
    let wait = ms(2_000 / (numbers.len() as u64 + 1));
    let answers = numbers.iter().map(|n| if n % 13 == 5 { Err(format!("no {n}")) } else { Ok(n * n) }).collect();
    async move {
        sleep(wait).await;
        Ok(answers)
    }
}

proptest! {
    #![proptest_config(super::cases())]

    /// What comes out is what a loop over the records makes, in their order if that is asked for; no record is late, and each is in the
    /// ledger.
    #[test]
    fn the_answers_are_those_of_a_loop(
        sizes in proptest::collection::vec(1usize..40, 0..12),
        batch_size in 1usize..50,
        concurrency in 1usize..6,
        ordered: bool,
        parallelism in 1usize..4,
    ) {
        let count = sizes.iter().sum::<usize>() as u64;
        let (rows, sink) = sinks::collect();
        let how = if ordered { MapAsync::ordered(concurrency) } else { MapAsync::unordered(concurrency) };
        let pipeline = Pipeline::new("squares");
        pipeline.batch_size(batch_size).on_error(OnError::Skip);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let peak = Arc::clone(&most);
        pipeline
            .source(sources::iter(0..count))
            .enrich(
                how,
                move |numbers| {
                    assert!(!numbers.is_empty() && numbers.len() <= batch_size);
                    let (running, peak, asked) = (Arc::clone(&running), Arc::clone(&peak), squares(numbers));
                    async move {
                        peak.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                        let answered = asked.await;
                        running.fetch_sub(1, SeqCst);
                        answered
                    }
                },
                |n, square| (n, square),
            )
            .with_parallelism(parallelism)
            .sink(sink);
        let report = run(pipeline).unwrap();
        let mut rows = rows.take();
        if !ordered || parallelism > 1 {
            rows.sort_unstable();
        }
        let naive: Vec<_> = (0..count).filter(|n| n % 13 != 5).map(|n| (n, n * n)).collect();
        prop_assert_eq!(&rows, &naive);
        let counts = report.stage("enrich").unwrap().counts;
        prop_assert_eq!((counts.passed, counts.passed + counts.skipped), (naive.len() as u64, count));
        prop_assert!(report.is_balanced(), "{}", report);
        prop_assert!(most.load(SeqCst) <= concurrency * parallelism);
    }
}

/// A request's records as often as it is made, and the job's end.
fn asked(how: MapAsync, on_error: OnError, fails: usize) -> (flow::Result<Report>, Vec<u64>, Vec<usize>) {
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("fails");
    pipeline.on_error(on_error);
    let made = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&made);
    pipeline
        .source(sources::iter(0..3_u64))
        .enrich(
            how,
            move |numbers| {
                let mut requests = requests.lock().unwrap();
                requests.push(numbers.len());
                let (failed, asked) = (requests.len() <= fails, squares(numbers));
                async move { if failed { Err(String::from("away")) } else { asked.await } }
            },
            |_, square| square,
        )
        .sink(sink);
    let report = run(pipeline);
    let made = made.lock().unwrap().clone();
    (report, rows.take(), made)
}

#[test]
fn a_request_that_fails_is_made_again_and_then_all_its_records_go_by_the_policy() {
    let (report, rows, made) = asked(MapAsync::ordered(1).retries(2), OnError::Fail, 2);
    assert_eq!((rows, made), (vec![0, 1, 4], vec![3, 3, 3]));
    assert!(report.unwrap().elapsed >= ms(100 + 200));
    let (report, _, _) = asked(MapAsync::ordered(1).retries(1), OnError::Fail, 2);
    let error = report.unwrap_err();
    assert_eq!((error.kind(), error.message(), &*error.stage().unwrap().name), (ErrorKind::User, "away", "enrich"));
    let (dead, sink) = sinks::collect();
    let (report, rows, _) = asked(MapAsync::unordered(1).retries(1), OnError::dead_letter(sink), 2);
    assert!(report.unwrap().is_balanced() && rows.is_empty());
    let dead: Vec<_> = dead.take().into_iter().map(|d: DeadLetter| (d.original, d.reason, d.attempts)).collect();
    assert_eq!(dead, ["0", "1", "2"].map(|original| (original.into(), "away".to_owned(), 2)));
    let how = MapAsync::ordered(1).timeout(ms(10));
    let error = asked(how, OnError::Fail, 0).0.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Timeout, "no answer within 10ms"));
}

#[test]
fn every_record_has_an_answer() {
    for given in [0, 2, 4] {
        let pipeline = Pipeline::new("counts");
        let asked = pipeline.source(sources::iter(0..3_u64)).enrich(
            MapAsync::ordered(1),
            move |_| std::future::ready(Ok::<_, String>((0..given).map(Ok).collect())),
            |n, answer: i32| (n, answer),
        );
        asked.sink(sinks::null());
        let error = run(pipeline).unwrap_err();
        assert_eq!(error.message(), format!("a request about 3 records gave {given} answers"));
    }
}

#[test]
fn a_barrier_waits_for_what_is_in_flight_and_a_watermark_for_the_oldest() {
    let mut test = Harness::new(|numbers: Stream<u64>| {
        let ask = |numbers: &[u64]| {
            let slow = numbers.contains(&1);
            let asked = squares(numbers);
            async move {
                sleep(ms(if slow { 50_000 } else { 0 })).await;
                asked.await
            }
        };
        numbers
            .enrich(MapAsync::unordered(4), ask, |n, _| n)
            .key_all()
            .window(tumbling(ms(10)))
            .aggregate(|of| of.count(), |(), window, count| (window.start.millis(), count))
    })
    .unwrap();
    for n in [1, 2, 15, 30] {
        test.push(n, Timestamp::from_millis(n as i64)).unwrap();
        test.watermark(Timestamp::from_millis(n as i64)).unwrap();
    }
    test.advance(ms(10_000)).unwrap();
    assert_eq!(test.rows(), [], "the watermark waits for the first");
    test.rebuild(1).unwrap();
    assert_eq!(test.rows(), [(0, 2), (10, 1)]);
    assert!(test.finish().unwrap().is_balanced());
    assert_eq!(test.rows(), [(30, 1)]);
}

#[test]
fn it_is_a_stage_of_the_language() {
    let (rows, sink) = sinks::collect();
    let pipeline = pipeline! {
        name = "language";
        source(sources::iter(0..3_u64))
            -> enrich(squares, |n, square| (n, square), concurrency = 2, timeout = 5s, retries = 1, unordered)
            -> sink(sink);
    };
    run(pipeline).unwrap();
    assert_eq!(rows.take(), [(0, 0), (1, 1), (2, 4)]);
}
