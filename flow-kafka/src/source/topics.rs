//! What a program writes to read topics.

use super::formats::{Reads, Unread};
use super::plan::{self, Plan};
use super::reader::Reader;
use crate::options::{Options, option_methods};
use async_trait::async_trait;
use flow::connector::{Commits, Endpoint, Source, SourceContext, SourceReader, Split, SplitStart};
use flow::{Result, Timestamp};
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long a partition that the group takes away is kept. Well below `max.poll.interval.ms`, after which the group would go on without this
/// member.
const KEPT: Duration = Duration::from_secs(30);
/// How often partitions and topics are looked for that came since.
const METADATA_EVERY: Duration = Duration::from_secs(60);

/// Reads topics; made by [`Kafka::topic`](crate::Kafka::topic) and its like. It is a source when it is said how values are read:
/// [`json`](KafkaSource::json), [`string`](KafkaSource::string), [`decode`](KafkaSource::decode).
#[derive(Clone)]
#[must_use = "say how values are read: `.json()`, `.string()`, `.decode(…)`"]
pub struct KafkaSource<F = Unread> {
    pub(crate) options: Options,
    pub(super) what: What,
    pub(super) format: F,
    pub(super) plan: Option<Arc<Plan>>,
}

/// What is to be read.
#[derive(Clone, Debug)]
pub(crate) struct What {
    pub(super) topics: Topics,
    pub(super) group: Option<String>,
    pub(super) start: Start,
    pub(super) until: Until,
    pub(super) metadata_every: Duration,
    pub(super) kept: Duration,
}

#[derive(Clone, Debug)]
pub(crate) enum Topics {
    Named(Vec<String>),
    Pattern(String),
}

/// A topic, its partition and a place in it.
pub(super) type Place = (String, u32, u64);

/// Where reading begins.
#[derive(Clone, Debug)]
pub(super) enum Start {
    /// Where the group's last commit was; at the earliest record where there was none.
    Committed,
    Earliest,
    Latest,
    Timestamp(Timestamp),
    Offsets(Vec<Place>),
}

/// Where reading ends.
#[derive(Clone, Debug)]
pub(super) enum Until {
    Never,
    /// Where the partitions ended when the job started.
    End,
    Offsets(Vec<Place>),
}

impl KafkaSource {
    pub(crate) fn new(topics: Topics) -> Self {
        let (start, until) = (Start::Committed, Until::Never);
        let what = What { topics, group: None, start, until, metadata_every: METADATA_EVERY, kept: KEPT };
        Self { options: Options::default(), what, format: Unread, plan: None }
    }
}

impl<F> KafkaSource<F> {
    option_methods!();

    /// The consumer group: where offsets are committed, and who shares the partitions. Without one nothing is committed, and all
    /// partitions are read from the earliest record on, if nothing else is said.
    ///
    /// Where a group's offset is not in the log any more, for what stood there was deleted before it was read, reading goes on at the earliest
    /// record: a warning names topic, partition and both offsets.
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.what.group = Some(group.into());
        self
    }

    /// Begins at the earliest records that are there, wherever the group had come to.
    pub fn from_earliest(self) -> Self {
        self.from(Start::Earliest)
    }

    /// Begins behind the latest records that are there. A partition that is found later is read from its beginning.
    pub fn from_latest(self) -> Self {
        self.from(Start::Latest)
    }

    /// Begins at these offsets: topic, partition, offset. Other partitions begin where the group had come to, or at their earliest
    /// record. A partition that is not read, or an offset that its log does not have, is an error when the pipeline starts.
    pub fn from_offsets<S: Into<String>>(self, offsets: impl IntoIterator<Item = (S, u32, u64)>) -> Self {
        self.from(Start::Offsets(places(offsets)))
    }

    /// Begins at the first record of each partition that has this time or a later one.
    pub fn from_timestamp(self, time: Timestamp) -> Self {
        self.from(Start::Timestamp(time))
    }

    fn from(mut self, start: Start) -> Self {
        self.what.start = start;
        self
    }

    /// Ends where the partitions end when the job starts: not before everything up to there was read, whichever replica it is read from.
    pub fn until_end(mut self) -> Self {
        self.what.until = Until::End;
        self
    }

    /// Ends before these offsets: topic, partition, offset. Other partitions end where they end when the job starts. An offset that lies ahead is
    /// waited for, however long the records take to come: the log says so when the pipeline starts. A partition that is not read is an error.
    pub fn until_offsets<S: Into<String>>(mut self, offsets: impl IntoIterator<Item = (S, u32, u64)>) -> Self {
        self.what.until = Until::Offsets(places(offsets));
        self
    }

    /// How often partitions and topics are looked for that came since: each minute, if this is not called.
    pub fn metadata_every(mut self, every: Duration) -> Self {
        self.what.metadata_every = every;
        self
    }

    /// How long a partition that the group takes away is kept until what was read of it is out: 30 seconds, if this is not called. Then it is
    /// given away all the same, and its new member reads again what was not committed.
    pub fn give_away_within(mut self, limit: Duration) -> Self {
        self.what.kept = limit;
        self
    }

    pub(super) fn with<G>(self, format: G) -> KafkaSource<G> {
        KafkaSource { options: self.options, what: self.what, format, plan: None }
    }
}

fn places<S: Into<String>>(places: impl IntoIterator<Item = (S, u32, u64)>) -> Vec<Place> {
    places.into_iter().map(|(topic, partition, offset)| (topic.into(), partition, offset)).collect()
}

impl<F> fmt::Debug for KafkaSource<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kafka").field("what", &self.what).field("options", &self.options).finish_non_exhaustive()
    }
}

impl What {
    pub(super) fn bounded(&self) -> bool {
        !matches!(self.until, Until::Never)
    }

    /// Whether partitions are shared with others of the group. What ends reads all of them itself, and so does what holds state.
    pub(super) fn subscribes(&self, commits: Commits) -> bool {
        commits == Commits::AsItGoes && self.group.is_some() && !self.bounded()
    }

    fn describe(&self, mut endpoint: Endpoint) -> Endpoint {
        endpoint = match &self.topics {
            Topics::Named(topics) if topics.len() == 1 => endpoint.option("topic", topics[0].as_str()),
            Topics::Named(topics) => endpoint.option("topics", topics.clone()),
            Topics::Pattern(pattern) => endpoint.option("topicPattern", pattern.as_str()),
        };
        if let Some(group) = &self.group {
            endpoint = endpoint.option("groupId", group.as_str());
        }
        endpoint = match &self.start {
            Start::Committed => endpoint.option("startingOffsets", "group"),
            Start::Earliest => endpoint.option("startingOffsets", "earliest"),
            Start::Latest => endpoint.option("startingOffsets", "latest"),
            Start::Timestamp(time) => {
                endpoint.option("startingOffsets", "timestamp").option("startingTimestampMs", time.millis())
            }
            Start::Offsets(offsets) => endpoint.option("startingOffsets", by_topic(offsets)),
        };
        match &self.until {
            Until::Never => endpoint,
            Until::End => endpoint.option("endingOffsets", "latest"),
            Until::Offsets(offsets) => endpoint.option("endingOffsets", by_topic(offsets)),
        }
    }
}

/// Offsets by topic and partition, as JSON.
fn by_topic(places: &[Place]) -> Value {
    let mut topics = Map::new();
    for (topic, partition, offset) in places {
        let partitions = topics.entry(topic.clone()).or_insert_with(|| Map::new().into());
        partitions[partition.to_string()] = (*offset).into();
    }
    topics.into()
}

#[async_trait]
impl<T: Send + 'static> Source for KafkaSource<Reads<T>> {
    type Item = T;

    fn describe(&self) -> Endpoint {
        match self.format.name {
            Some(name) => self.what.describe(self.options.describe(Endpoint::described("kafka").format(name))),
            None => Endpoint::opaque("kafka with a decoder of the program's own", "read values as JSON, or as strings"),
        }
    }

    fn bounded(&self) -> bool {
        self.what.bounded()
    }

    fn keeps_positions(&self) -> bool {
        self.what.group.is_some()
    }

    fn commits_together(&self) -> Option<String> {
        self.what.group.as_ref().map(|group| format!("group {group} of Kafka at {}", self.options.place()))
    }

    async fn splits(&mut self, cx: &SourceContext) -> Result<Vec<Split>> {
        let plan = plan::make(&self.options, &self.what, cx).await?;
        let splits = plan.partitions.iter().map(|partition| partition.split()).collect();
        self.plan = Some(Arc::new(plan));
        Ok(splits)
    }

    async fn open(&mut self, splits: Vec<SplitStart>, cx: &SourceContext) -> Result<Box<dyn SourceReader<T>>> {
        let plan = match &self.plan {
            Some(plan) => Arc::clone(plan),
            None => Arc::new(plan::make(&self.options, &self.what, cx).await?),
        };
        Ok(Box::new(Reader::open(plan, Arc::clone(&self.format.decode), splits, cx).await?))
    }
}
