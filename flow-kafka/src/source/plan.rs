//! What there is to read, from where, and how far: asked once, when a job starts.

use super::topics::{Place, Start, Topics, Until, What};
use crate::failure;
use crate::hidden::Hidden;
use crate::options::Options;
use crate::servers::{self, ANSWER, Asking};
use flow::connector::{SourceContext, Split};
use flow::{Error, ErrorKind, Result};
use rdkafka::ClientConfig;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use regex::Regex;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What the readers of a job have to do.
pub(crate) struct Plan {
    pub(super) config: ClientConfig,
    pub(super) hidden: Hidden,
    pub(super) servers: String,
    pub(super) patience: Duration,
    pub(super) what: What,
    pub(super) pattern: Option<Regex>,
    /// Whether partitions are shared with others of the group.
    pub(super) subscribes: bool,
    /// Those that were there when the job started.
    pub(super) partitions: Vec<Partition>,
}

/// A partition, and what of it is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Partition {
    pub(super) topic: Arc<str>,
    pub(super) number: i32,
    /// None, if the group says where.
    pub(super) start: Option<i64>,
    /// The first offset that is not read any more.
    pub(super) end: Option<i64>,
    /// Whether the partition reached that far when the job started: then its end is not waited for. (The last offsets of a topic with
    /// transactions are no records.)
    pub(super) ends_there: bool,
}

impl Partition {
    pub(super) fn new(topic: Arc<str>, number: i32) -> Self {
        Self { topic, number, start: None, end: None, ends_there: false }
    }

    pub(super) fn names(&self, topic: &str, number: i32) -> bool {
        self.number == number && *self.topic == *topic
    }

    pub(super) fn split(&self) -> Split {
        Split::of_topic(Arc::clone(&self.topic), self.number.unsigned_abs())
    }
}

/// What to ask about offsets, as Kafka's protocol has it.
const EARLIEST: Offset = Offset::Beginning;
const LATEST: Offset = Offset::End;

/// Asks the servers.
pub(super) async fn make(options: &Options, what: &What, cx: &SourceContext) -> Result<Plan> {
    if matches!(&what.topics, Topics::Named(names) if names.is_empty()) {
        return Err(Error::new(ErrorKind::Config, "there is no topic to read").help("name one in `Kafka::topics([…])`"));
    }
    let subscribes = what.subscribes(cx.commits);
    let pattern = match &what.topics {
        Topics::Named(_) => None,
        Topics::Pattern(pattern) => Some(regex(pattern)?),
    };
    let (mut config, hidden) = options.config(&own(options, what))?;
    let asking = {
        let (config, hidden) = (config.clone(), hidden.clone());
        cx.blocking.run(move || servers::asking(&config, &hidden)).await??
    };
    let names = topics(options, what, pattern.as_ref(), &asking, cx).await?;
    let found: Vec<Partition> = names
        .iter()
        .flat_map(|(topic, count)| (0..*count).map(move |number| (Arc::clone(topic), number)))
        .map(|(topic, number)| Partition::new(topic, number))
        .collect();
    bound_memory(options, &mut config, found.len())?;
    let refresh = what.metadata_every.as_millis().clamp(10, 3_600_000);
    config.set("topic.metadata.refresh.interval.ms", refresh.to_string());
    let asks = (what.clone(), Arc::clone(&asking));
    let places = move || {
        let (what, asking) = &asks;
        begin_and_end(found, what, subscribes, asking)
    };
    let partitions = cx.blocking.run(places).await??;
    cx.blocking.run(move || drop(asking)).await?;
    let (servers, patience) = (options.servers.clone(), options.patience);
    Ok(Plan { config, hidden, servers, patience, what: what.clone(), pattern, subscribes, partitions })
}

fn regex(pattern: &str) -> Result<Regex> {
    let wrong = |why: String| Error::new(ErrorKind::Config, format!("the pattern of topics `{pattern}`: {why}"));
    if !pattern.starts_with('^') {
        return Err(wrong("it does not begin with `^`".into()).help(format!("write `^{pattern}`")));
    }
    Regex::new(pattern).map_err(|error| wrong(error.to_string()))
}

/// The consumer's settings that the source's promises rest on, and those that make it fast.
fn own<'a>(options: &Options, what: &'a What) -> Vec<(&'a str, &'a str)> {
    let mut own = vec![
        ("group.id", what.group.as_deref().unwrap_or("flow")),
        ("isolation.level", "read_committed"),
        ("auto.offset.reset", "earliest"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("allow.auto.create.topics", "false"),
        ("enable.partition.eof", if what.bounded() { "true" } else { "false" }),
        // The end of a partition is said with the answer to a fetch.
        ("fetch.wait.max.ms", if what.bounded() { "50" } else { "500" }),
        ("reconnect.backoff.max.ms", "1000"),
        // A partition that was read empty is asked for again at once, not after a second.
        ("fetch.queue.backoff.ms", "10"),
        ("statistics.interval.ms", "5000"),
        ("max.poll.interval.ms", "300000"),
    ];
    // In the newer protocol the broker says these.
    if options.given("group.protocol") != Some("consumer") {
        own.extend([
            ("partition.assignment.strategy", "cooperative-sticky"),
            ("session.timeout.ms", "30000"),
            ("heartbeat.interval.ms", "3000"),
        ]);
    }
    own
}

/// Each partition has a queue of its own, which the client's limit is for: the source as a whole is to stay below what it was given.
/// A queue may be one fetch over its limit, so that half of a partition's part is for the fetch.
fn bound_memory(options: &Options, config: &mut ClientConfig, partitions: usize) -> Result<()> {
    let total = options.number(&["queued.max.messages.kbytes"])?.unwrap_or(64 * 1024);
    let half = (total / partitions.max(1) as u64 / 2).max(1);
    config.set("queued.max.messages.kbytes", half.to_string());
    let fetch = options.number(&["fetch.message.max.bytes", "max.partition.fetch.bytes"])?;
    let fetch = fetch.unwrap_or_else(|| (half * 1024).clamp(16 * 1024, 1024 * 1024));
    config.remove("max.partition.fetch.bytes").set("fetch.message.max.bytes", fetch.to_string());
    Ok(())
}

/// The topics, with the number of partitions that each has.
async fn topics(
    options: &Options,
    what: &What,
    pattern: Option<&Regex>,
    asking: &Arc<Asking>,
    cx: &SourceContext,
) -> Result<Vec<(Arc<str>, i32)>> {
    let count = |partitions: usize| i32::try_from(partitions).unwrap_or(i32::MAX);
    let mut found = Vec::new();
    match (&what.topics, pattern) {
        (Topics::Named(names), _) => {
            for name in names {
                let (asking, topic) = (Arc::clone(asking), name.clone());
                let ask = move |timeout| {
                    let hear = || servers::hear(&asking);
                    servers::partitions(asking.client(), asking.context(), hear, &topic, timeout)
                };
                let partitions = servers::answer(options, &cx.blocking, ask).await?;
                found.push((name.as_str().into(), count(partitions)));
            }
        }
        (Topics::Pattern(_), pattern) => {
            let asking = Arc::clone(asking);
            let ask = move |timeout| servers::metadata(&asking, None, timeout);
            let metadata = servers::answer(options, &cx.blocking, ask).await?;
            let matching = metadata.topics().iter().filter(|topic| pattern.is_some_and(|it| it.is_match(topic.name())));
            found.extend(matching.map(|topic| (Arc::from(topic.name()), count(topic.partitions().len()))));
            found.sort();
        }
    }
    Ok(found)
}

/// Where the partitions begin and end.
fn begin_and_end(
    mut partitions: Vec<Partition>,
    what: &What,
    subscribes: bool,
    asking: &Asking,
) -> Result<Vec<Partition>> {
    if partitions.is_empty() {
        return Ok(partitions);
    }
    if what.bounded() {
        let ends = offsets(&partitions, LATEST, asking)?;
        for (partition, end) in partitions.iter_mut().zip(ends) {
            let until = match &what.until {
                Until::Offsets(places) => place(places, partition).unwrap_or(end),
                _ => end,
            };
            (partition.end, partition.ends_there) = (Some(until), until <= end);
        }
    }
    if subscribes && matches!(what.start, Start::Committed) {
        return Ok(partitions);
    }
    let starts = starts(&partitions, what, asking)?;
    for (partition, start) in partitions.iter_mut().zip(starts) {
        partition.start = Some(start);
    }
    if subscribes {
        set_group_back(&mut partitions, asking)?;
    }
    Ok(partitions)
}

fn place(places: &[Place], partition: &Partition) -> Option<i64> {
    let (_, _, offset) = places
        .iter()
        .find(|(topic, number, _)| **topic == *partition.topic && i64::from(*number) == i64::from(partition.number))?;
    Some(i64::try_from(*offset).unwrap_or(i64::MAX))
}

fn starts(partitions: &[Partition], what: &What, asking: &Asking) -> Result<Vec<i64>> {
    match &what.start {
        Start::Earliest => offsets(partitions, EARLIEST, asking),
        Start::Latest => offsets(partitions, LATEST, asking),
        Start::Timestamp(time) => {
            let ends = offsets(partitions, LATEST, asking)?;
            let found = offsets(partitions, Offset::Offset(time.millis().max(0)), asking)?;
            // A partition without such a record begins at its end.
            Ok(found.into_iter().zip(ends).map(|(found, end)| if found < 0 { end } else { found }).collect())
        }
        Start::Committed => committed(partitions, what, asking),
        Start::Offsets(places) => {
            let committed = committed(partitions, what, asking)?;
            let chosen = partitions.iter().zip(committed);
            Ok(chosen.map(|(partition, committed)| place(places, partition).unwrap_or(committed)).collect())
        }
    }
}

/// Where the group had come to; the earliest record where it was never.
fn committed(partitions: &[Partition], what: &What, asking: &Asking) -> Result<Vec<i64>> {
    let earliest = offsets(partitions, EARLIEST, asking)?;
    if what.group.is_none() {
        return Ok(earliest);
    }
    let found = of_group(partitions, asking)?.to_topic_map();
    let of = |partition: &Partition, earliest: i64| match found.get(&(partition.topic.to_string(), partition.number)) {
        Some(Offset::Offset(committed)) => (*committed).max(earliest),
        _ => earliest,
    };
    Ok(partitions.iter().zip(earliest).map(|(partition, earliest)| of(partition, earliest)).collect())
}

/// The group's offsets.
fn of_group(partitions: &[Partition], asking: &Asking) -> Result<TopicPartitionList> {
    let list = list(partitions, Offset::Invalid)?;
    patiently("asking for the group's offsets", asking, || asking.committed_offsets(list.clone(), ANSWER / 5))
}

/// The offsets of all partitions for a time, or for `EARLIEST` or `LATEST`; -1 where there is none.
fn offsets(partitions: &[Partition], time: Offset, asking: &Asking) -> Result<Vec<i64>> {
    let list = list(partitions, time)?;
    patiently("asking for offsets", asking, || {
        let found = asking.offsets_for_times(list.clone(), ANSWER / 5)?;
        let of = |partition: &Partition| {
            let Some(element) = found.find_partition(&partition.topic, partition.number) else { return Ok(-1) };
            element.error()?;
            Ok(match element.offset() {
                Offset::Offset(offset) => offset,
                _ => -1,
            })
        };
        partitions.iter().map(of).collect()
    })
}

/// Asks again and again while servers begin or change places: one that has never had a group must make a place for it first. Whether
/// the client may ask at all is said beside, and not in the answer.
fn patiently<T>(doing: &str, asking: &Asking, ask: impl Fn() -> KafkaResult<T>) -> Result<T> {
    let start = Instant::now();
    loop {
        let error = match ask() {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        servers::hear(asking);
        match asking.context().refused().or(error.rdkafka_error_code()) {
            Some(code) if failure::is_passing(code) && start.elapsed() < ANSWER * 3 => {
                asking.poll(Duration::from_millis(100));
            }
            Some(code) => return Err(failure::coded(doing, code)),
            None => return Err(failure::of(doing, &error)),
        }
    }
}

pub(super) fn list(partitions: &[Partition], offset: Offset) -> Result<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for partition in partitions {
        list.add_partition_offset(&partition.topic, partition.number, offset)
            .map_err(|error| failure::of("naming a partition", &error))?;
    }
    Ok(list)
}

/// Sets the group to where the program says that reading begins, for members of a group begin where it is. That cannot be done while
/// others are at work in the group: then this job joins them.
fn set_group_back(partitions: &mut [Partition], asking: &Asking) -> Result<()> {
    let mut offsets = TopicPartitionList::with_capacity(partitions.len());
    for partition in partitions.iter_mut() {
        let start = Offset::Offset(partition.start.take().unwrap_or_default());
        offsets
            .add_partition_offset(&partition.topic, partition.number, start)
            .map_err(|error| failure::of("naming a partition", &error))?;
    }
    let joins = |error: &KafkaError| error.rdkafka_error_code().is_some_and(failure::is_not_member);
    patiently("setting the group's offsets", asking, || match asking.commit(&offsets, CommitMode::Sync) {
        Err(error) if joins(&error) => {
            tracing::warn!(
                target: "flow_kafka",
                "other members are at work in the group: this job joins them, and reads from where the group is"
            );
            Ok(())
        }
        done => done,
    })
}
