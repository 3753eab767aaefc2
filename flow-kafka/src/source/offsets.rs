//! Where partitions begin and end, for a source.

use super::ask::{EARLIEST, LATEST, of_group, offsets, set_group_back};
use super::plan::Partition;
use super::topics::{Place, Start, Until, What};
use crate::servers::Asking;
use flow::{Error, ErrorKind, Result};
use rdkafka::topic_partition_list::Offset;
use std::sync::Arc;

/// Makes another client that asks, of what transactions have not committed, too.
pub(super) type Uncommitted<'a> = &'a dyn Fn() -> Result<Arc<Asking>>;

/// Where the partitions begin and end.
pub(super) fn begin_and_end(
    mut partitions: Vec<Partition>,
    what: &What,
    subscribes: bool,
    asking: &Asking,
    uncommitted: Uncommitted<'_>,
) -> Result<Vec<Partition>> {
    all_are_there(&partitions, what)?;
    if partitions.is_empty() {
        return Ok(partitions);
    }
    let (first, ends) = (offsets(&partitions, EARLIEST, asking)?, offsets(&partitions, LATEST, asking)?);
    for (partition, log) in partitions.iter_mut().zip(first.into_iter().zip(ends)) {
        partition.log = Some(log);
    }
    for partition in partitions.iter_mut().filter(|_| what.bounded()) {
        let end = partition.log.map_or(0, |(_, end)| end);
        partition.end = Some(match &what.until {
            Until::Offsets(places) => place(places, partition).unwrap_or(end),
            _ => end,
        });
        if partition.end > Some(end) {
            let Partition { topic, number, end: until, .. } = &*partition;
            tracing::warn!(
                target: "flow_kafka",
                "{topic}/{number} ends at offset {end}: that it comes to {}, as `until_offsets` says, is waited for",
                until.unwrap_or_default()
            );
        }
    }
    let starts = starts(&mut partitions, what, asking, uncommitted)?;
    // A member begins where its group is, without being told.
    if subscribes && matches!(what.start, Start::Committed) {
        return Ok(partitions);
    }
    for (partition, start) in partitions.iter_mut().zip(starts) {
        partition.start = Some(start);
    }
    if subscribes {
        set_group_back(&mut partitions, asking)?;
    }
    Ok(partitions)
}

/// That what the program names is read at all.
fn all_are_there(partitions: &[Partition], what: &What) -> Result<()> {
    let from: &[Place] = if let Start::Offsets(places) = &what.start { places } else { &[] };
    let until: &[Place] = if let Until::Offsets(places) = &what.until { places } else { &[] };
    let named = from.iter().map(|it| ("from_offsets", it)).chain(until.iter().map(|it| ("until_offsets", it)));
    for (method, (topic, number, _)) in named {
        if partitions.iter().any(|it| **topic == *it.topic && u32::try_from(it.number) == Ok(*number)) {
            continue;
        }
        let count = partitions.iter().filter(|it| **topic == *it.topic).count();
        let why = match count {
            0 => format!("this source does not read `{topic}`"),
            count => format!("`{topic}` has {count} partitions, from 0 on"),
        };
        return Err(Error::new(ErrorKind::Config, format!("`{method}` names {topic}/{number}, and {why}"))
            .help(format!("correct the topic or the number in `.{method}(…)`")));
    }
    Ok(())
}

fn place(places: &[Place], partition: &Partition) -> Option<i64> {
    let (_, _, offset) = places
        .iter()
        .find(|(topic, number, _)| **topic == *partition.topic && i64::from(*number) == i64::from(partition.number))?;
    Some(i64::try_from(*offset).unwrap_or(i64::MAX))
}

fn starts(
    partitions: &mut [Partition],
    what: &What,
    asking: &Asking,
    uncommitted: Uncommitted<'_>,
) -> Result<Vec<i64>> {
    let first = |it: &Partition| it.log.map_or(0, |(first, _)| first);
    let end = |it: &Partition| it.log.map_or(0, |(_, end)| end);
    match &what.start {
        Start::Earliest => Ok(partitions.iter().map(first).collect()),
        Start::Latest => Ok(partitions.iter().map(end).collect()),
        Start::Timestamp(time) => {
            let found = offsets(partitions, Offset::Offset(time.millis().max(0)), asking)?;
            // A partition without such a record begins at its end.
            let of = |(found, partition): (i64, &Partition)| if found < 0 { end(partition) } else { found };
            Ok(found.into_iter().zip(&*partitions).map(of).collect())
        }
        Start::Committed | Start::Offsets(_) => {
            let given: Vec<Option<i64>> = match &what.start {
                Start::Offsets(places) => partitions.iter().map(|it| place(places, it)).collect(),
                _ => vec![None; partitions.len()],
            };
            let committed = match &what.group {
                Some(_) => of_group(partitions, asking)?,
                None => vec![None; partitions.len()],
            };
            let chosen: Vec<_> = given.into_iter().zip(committed).collect();
            let beyond = |(it, (given, committed)): (&Partition, &(Option<i64>, Option<i64>))| {
                given.or(*committed).is_some_and(|offset| offset > end(it))
            };
            if partitions.iter().zip(&chosen).any(beyond) {
                // Behind what a reader of transactions sees there may be more.
                let ends = offsets(partitions, LATEST, &*uncommitted()?)?;
                for (partition, end) in partitions.iter_mut().zip(ends) {
                    partition.log = partition.log.map(|(first, last)| (first, end.max(last)));
                }
            }
            let chosen = partitions.iter().zip(chosen);
            chosen.map(|(partition, (given, committed))| begins(partition, given, committed)).collect()
        }
    }
}

/// Where one partition begins: where the program says, else where the group was, else at its first record.
fn begins(partition: &Partition, given: Option<i64>, committed: Option<i64>) -> Result<i64> {
    let Partition { topic, number, log, .. } = partition;
    let (first, end) = log.unwrap_or_default();
    match (given, committed) {
        (Some(given), _) if given < first || given > end => Err(Error::new(
            ErrorKind::Config,
            format!("`from_offsets` begins {topic}/{number} at {given}, and it has the offsets {first} to {end}"),
        )
        .help("begin within these; `.from_earliest()` begins at what is there")),
        (Some(given), _) => Ok(given),
        (None, Some(committed)) => Ok(partition.there(committed, "the group's offset")),
        (None, None) => Ok(first),
    }
}

impl Partition {
    /// Where reading goes on that came to this offset before: what the log does not have any more is said, and not only left out.
    pub(super) fn there(&self, offset: i64, whose: &str) -> i64 {
        let Self { topic, number, log, .. } = self;
        let Some((first, end)) = *log else { return offset };
        if (first..=end).contains(&offset) {
            return offset;
        }
        let why =
            if offset < first { "the records between were deleted" } else { "the log was cut off, or is another" };
        tracing::warn!(
            target: "flow_kafka",
            "{whose} in {topic}/{number} is {offset}, and it has the offsets {first} to {end} ({why}): reading goes on at {first}"
        );
        first
    }
}
