//! Sources that keep their positions: when those are committed, and what has had its effects by then. A1, A12.

use async_trait::async_trait;
use flow::connector::{
    Commits, Endpoint, Position, ReadBuffer, ReadState, Sink, SinkContext, SinkWriter, Source, SourceContext,
    SourceReader, Split, SplitStart, WriteBatch,
};
use flow::prelude::*;
use flow::{Job, Result, testing};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// What the outside world has seen.
#[derive(Clone, Default)]
struct World(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// Records of each partition that were read; these are the partitions.
    read: Vec<u64>,
    /// How many records the sink took, and how many of them it had flushed.
    taken: u64,
    flushed: u64,
    /// Each commit: how many records of each partition, and how many were flushed then.
    commits: Vec<(Vec<u64>, u64)>,
    closed: bool,
    when: Option<Commits>,
}

impl World {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap()
    }

    /// How many records were committed, of all partitions.
    fn committed(&self) -> u64 {
        self.seen().commits.last().map_or(0, |(records, _)| records.iter().sum())
    }
}

/// Counts in partitions that can come while it runs, a record of each every 10 ms; a limit makes it bounded.
struct Counter {
    world: World,
    limit: Option<u64>,
    /// A second partition comes when the first has come so far, and then a commit is asked for.
    second_at: Option<u64>,
}

struct Counting(Counter);

#[async_trait]
impl Source for Counter {
    type Item = u64;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("counter", "a source that other engines can read")
    }

    fn bounded(&self) -> bool {
        self.limit.is_some()
    }

    fn keeps_positions(&self) -> bool {
        true
    }

    async fn splits(&mut self, cx: &SourceContext) -> Result<Vec<Split>> {
        self.world.seen().when = Some(cx.commits);
        Ok(vec![Split::of_topic("count", 0)])
    }

    async fn open(&mut self, _: Vec<SplitStart>, _: &SourceContext) -> Result<Box<dyn SourceReader<u64>>> {
        self.world.seen().read = vec![0];
        let Self { world, limit, second_at } = self;
        Ok(Box::new(Counting(Self { world: world.clone(), limit: *limit, second_at: second_at.take() })))
    }
}

#[async_trait]
impl SourceReader<u64> for Counting {
    async fn read(&mut self, into: &mut ReadBuffer<u64>) -> Result<ReadState> {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let mut seen = self.0.world.seen();
        if self.0.second_at.is_some_and(|at| seen.read[0] >= at) {
            self.0.second_at = None;
            into.add_split(Split::of_topic("count", 1));
            into.commit_soon();
            seen.read.push(0);
        }
        for (split, read) in seen.read.iter_mut().enumerate() {
            into.select(split);
            into.push_at(*read, *read);
            *read += 1;
        }
        let more = self.0.limit.is_none_or(|limit| seen.read[0] < limit);
        Ok(if more { ReadState::More } else { ReadState::Finished })
    }

    fn position(&self, split: usize) -> Result<Position> {
        Position::of(&self.0.world.seen().read[split])
    }

    async fn commit(&mut self, positions: &[(usize, Position)]) -> Result<()> {
        let records = positions.iter().map(|(_, position)| position.get()).collect::<Result<Vec<u64>>>()?;
        assert_eq!(Vec::from_iter(positions.iter().map(|(split, _)| *split)), Vec::from_iter(0..records.len()));
        let mut seen = self.0.world.seen();
        let flushed = seen.flushed;
        seen.commits.push((records, flushed));
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        self.0.world.seen().closed = true;
        Ok(())
    }
}

/// Flushes take it 100 ms.
struct Slow(World, Delivery);

#[async_trait]
impl Sink for Slow {
    type Item = u64;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("slow", "a sink that other engines can write")
    }

    fn delivery(&self) -> Delivery {
        self.1
    }

    async fn open(&mut self, _: &SinkContext) -> Result<Box<dyn SinkWriter<u64>>> {
        Ok(Box::new(Self(self.0.clone(), self.1)))
    }
}

#[async_trait]
impl SinkWriter<u64> for Slow {
    async fn write(&mut self, batch: &mut WriteBatch<u64>) -> Result<()> {
        self.0.seen().taken += batch.rows.len() as u64;
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        let taken = self.0.seen().taken;
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.0.seen().flushed = taken;
        Ok(())
    }
}

fn counter(world: &World, limit: Option<u64>) -> Counter {
    Counter { world: world.clone(), limit, second_at: None }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let builder = &mut tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap().block_on(work)
}

/// Lets a pipeline without an end run for so many virtual seconds, ends it, and waits.
fn run_for(seconds: u64, pipeline: Pipeline, end: fn(&Job)) {
    block_on(async {
        let job = pipeline.start().await.unwrap();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        end(&job);
        job.wait().await.unwrap();
    });
}

/// The filter lets every record pass, so that what was committed can be held against what was flushed.
fn stateless(world: &World, source: Counter, delivery: Delivery) -> Pipeline {
    let pipeline = Pipeline::new("stateless");
    pipeline.source(source).filter(|_| true).sink(Slow(world.clone(), delivery));
    pipeline
}

#[test]
fn what_is_committed_while_a_job_runs_was_flushed() {
    let world = World::default();
    run_for(10, stateless(&world, counter(&world, None), Delivery::AtLeastOnce), Job::stop);
    let seen = world.seen();
    assert_eq!(seen.when, Some(Commits::AsItGoes));
    assert!(seen.commits.len() >= 5, "a commit for most seconds: {:?}", seen.commits);
    for (records, flushed) in &seen.commits {
        assert!(records.iter().sum::<u64>() <= *flushed, "committed before it was flushed: {:?}", seen.commits);
    }
    assert!(seen.commits.is_sorted(), "{:?}", seen.commits);
    assert_eq!(seen.commits.last(), Some(&(seen.read.clone(), seen.flushed)), "the last ones, after stop");
    assert!(seen.closed);
}

#[test]
fn a_partition_that_comes_is_committed_and_a_commit_can_be_asked_for() {
    let world = World::default();
    let source = Counter { second_at: Some(20), ..counter(&world, Some(40)) };
    testing::run(stateless(&world, source, Delivery::AtLeastOnce)).unwrap();
    let seen = world.seen();
    assert_eq!(seen.read, [40, 20]);
    // All of it takes less than the second after which there would be one anyway.
    assert_eq!(seen.commits.len(), 2, "{:?}", seen.commits);
    assert_eq!(seen.commits[0].0.len(), 2, "the new partition's place is there: {:?}", seen.commits);
    assert_eq!(seen.commits[1], (vec![40, 20], 60));
}

#[test]
fn rows_that_show_only_at_the_end_are_committed_there() {
    for (delivery, end) in [
        (Delivery::Transactional, Job::stop as fn(&Job)),
        (Delivery::Transactional, Job::drain),
        (Delivery::MarkerAtomic, Job::drain),
    ] {
        let world = World::default();
        run_for(5, stateless(&world, counter(&world, None), delivery), end);
        let seen = world.seen();
        assert_eq!(seen.when, Some(Commits::AtEnd));
        assert_eq!(seen.commits, [(seen.read.clone(), seen.flushed)]);
    }
}

#[test]
fn a_pipeline_with_state_commits_only_what_it_no_longer_holds() {
    let run = |limit, end: Option<fn(&Job)>| {
        let world = World::default();
        let pipeline = Pipeline::new("stateful");
        let timed = pipeline
            .source(counter(&world, limit))
            .watermark(|n: &u64| Timestamp::from_millis(i64::try_from(*n).unwrap()), Duration::ZERO);
        let counts = timed.key_by(|n| n % 2).window(tumbling(Duration::from_secs(3600))).fold(0, |count, _| count + 1);
        counts.map(|row| row.value).sink(Slow(world.clone(), Delivery::AtLeastOnce));
        match end {
            Some(end) => run_for(5, pipeline, end),
            None => drop(testing::run(pipeline).unwrap()),
        }
        let seen = world.seen();
        assert_eq!(seen.when, Some(Commits::AtEnd));
        assert!(seen.closed);
        (seen.read.clone(), seen.commits.clone())
    };
    let (read, commits) = run(Some(50), None);
    assert_eq!(commits, [(read, 2)], "both counts were flushed");
    let (read, commits) = run(None, Some(Job::drain));
    assert_eq!(commits, [(read, 2)], "drained");
    let (_, commits) = run(None, Some(Job::stop));
    assert_eq!(commits, [], "the window was left open");
    let stopped_first = |job: &Job| {
        job.stop();
        job.drain();
    };
    let (_, commits) = run(None, Some(stopped_first));
    assert_eq!(commits, [], "what has stopped is not drained");
}

#[test]
fn a_job_that_fails_commits_nothing_behind_its_last_flush() {
    let world = World::default();
    let pipeline = Pipeline::new("failing");
    let numbers = pipeline.source(counter(&world, None));
    numbers
        .try_map(|n| if *n < 350 { Ok(*n) } else { Err("the 350th") })
        .sink(Slow(world.clone(), Delivery::AtLeastOnce));
    let error = testing::run(pipeline).unwrap_err();
    assert!(error.to_string().contains("the 350th"), "{error}");
    assert!((1..350).contains(&world.committed()), "{}", world.committed());
    assert!(world.committed() <= world.seen().flushed);
}
