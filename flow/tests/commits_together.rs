//! The last commit of a job with state: all positions or none, for a process may be killed between two commits. A1.

use async_trait::async_trait;
use flow::connector::{
    Endpoint, Position, ReadBuffer, ReadState, Source, SourceContext, SourceReader, Split, SplitStart,
};
use flow::prelude::*;
use flow::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Keeps positions by partition. The process is dead after the first commit: the others come to nothing.
#[derive(Clone, Default)]
struct Place(Arc<Mutex<(BTreeMap<String, u64>, usize)>>);

impl Place {
    fn keep(&self, positions: impl Iterator<Item = (String, u64)>) -> Result<()> {
        let (kept, commits) = &mut *self.0.lock().unwrap();
        *commits += 1;
        if *commits > 1 {
            return Err(Error::new(ErrorKind::Io, "killed"));
        }
        kept.extend(positions);
        Ok(())
    }
}

const ROWS: u64 = 50;

/// Two partitions of numbers, read to their ends.
#[derive(Clone)]
struct Halves {
    topic: &'static str,
    place: Place,
    /// What the place is called, if it takes all positions in one step.
    name: Option<&'static str>,
}

struct Reading {
    place: Place,
    partitions: Vec<(Split, u64)>,
}

#[async_trait]
impl Source for Halves {
    type Item = u64;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("halves", "a source that other engines can read")
    }

    fn bounded(&self) -> bool {
        true
    }

    fn keeps_positions(&self) -> bool {
        true
    }

    fn commits_together(&self) -> Option<String> {
        self.name.map(str::to_owned)
    }

    async fn splits(&mut self, _: &SourceContext) -> Result<Vec<Split>> {
        Ok((0..2).map(|number| Split::of_topic(self.topic, number)).collect())
    }

    async fn open(&mut self, splits: Vec<SplitStart>, _: &SourceContext) -> Result<Box<dyn SourceReader<u64>>> {
        let kept = self.place.0.lock().unwrap().0.clone();
        let start = |split: Split| (split.clone(), kept.get(&*split.name).copied().unwrap_or_default());
        let partitions = splits.into_iter().map(|start_of| start(start_of.split)).collect();
        Ok(Box::new(Reading { place: self.place.clone(), partitions }))
    }
}

#[async_trait]
impl SourceReader<u64> for Reading {
    async fn read(&mut self, into: &mut ReadBuffer<u64>) -> Result<ReadState> {
        for (at, (_, next)) in self.partitions.iter_mut().enumerate() {
            into.select(at);
            into.extend((*next..ROWS).collect());
            *next = ROWS;
        }
        Ok(ReadState::Finished)
    }

    fn position(&self, split: usize) -> Result<Position> {
        Position::of(&self.partitions[split].1)
    }

    async fn commit(&mut self, positions: &[(usize, Position)]) -> Result<()> {
        let named = |(at, position): &(usize, Position)| Ok((self.partitions[*at].0.name.to_string(), position.get()?));
        self.place.keep(positions.iter().map(named).collect::<Result<Vec<_>>>()?.into_iter())
    }

    async fn commit_all(&mut self, positions: &[(Split, Position)]) -> Result<()> {
        let named = |(split, position): &(Split, Position)| Ok((split.name.to_string(), position.get()?));
        self.place.keep(positions.iter().map(named).collect::<Result<Vec<_>>>()?.into_iter())
    }
}

/// How many records the window has, if there is any, in a run that is killed behind its first commit.
fn counted(sources: &[Halves], parallelism: usize) -> Vec<u64> {
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("halves");
    pipeline.parallelism(parallelism);
    let timed =
        |source: &Halves| pipeline.source(source.clone()).watermark(|_| Timestamp::from_millis(0), Duration::ZERO);
    let mut streams: Vec<_> = sources.iter().map(timed).collect();
    let counts = streams
        .remove(0)
        .union(streams)
        .key_by(|_| ())
        .window(tumbling(Duration::from_secs(1)))
        .fold(0_u64, |count, _| count + 1);
    counts.map(|row| row.value).sink(sink);
    if let Err(error) = pipeline.run_blocking() {
        assert!(error.to_string().contains("killed"), "{error}");
    }
    rows.take()
}

/// Runs until it is killed behind the first commit, and again.
fn check(sources: usize, names: [Option<&'static str>; 2], parallelism: usize, second: &[u64]) {
    let place = Place::default();
    let of = |(topic, name)| Halves { topic, place: place.clone(), name };
    let sources: Vec<_> = ["a", "b"].into_iter().zip(names).map(of).take(sources).collect();
    let shown = format!("{} sources, {names:?}, {parallelism} tasks", sources.len());
    let whole = sources.len() as u64 * 2 * ROWS;
    assert_eq!(counted(&sources, parallelism), [whole], "{shown}");
    place.0.lock().unwrap().1 = 0;
    let again = counted(&sources, parallelism);
    assert_eq!(again, second, "{shown}: the second run's windows");
}

#[test]
fn a_process_that_is_killed_between_commits_has_committed_all_or_nothing() {
    for parallelism in [1, 2, 3] {
        check(1, [Some("here"), None], parallelism, &[]);
        check(2, [Some("here"), Some("here")], parallelism, &[]);
    }
    // What the engine cannot help: a partition, or a source, is left behind.
    check(1, [None, None], 2, &[ROWS]);
    check(2, [Some("here"), Some("there")], 2, &[2 * ROWS]);
}
