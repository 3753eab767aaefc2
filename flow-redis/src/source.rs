//! A Stream with a consumer group as a source.

use crate::arg::Command;
use crate::ask::{Asker, Trouble};
use crate::asking::{Place, Whence};
use crate::entry::{Entries, Field, Id, ReadEntry, text};
use crate::fault::Refused;
use crate::options::Redis;
use crate::passing;
use crate::reader::Reader;
use async_trait::async_trait;
use flow::connector::{Endpoint, Source, SourceContext, SourceReader, Split, SplitStart};
use flow::formats::{Decode, Json, Text};
use flow::{Error, ErrorKind, Result};
use redis::{Pipeline, Value};
use std::sync::Arc;
use std::time::Duration;

/// For how long nobody has to have asked about an entry before it is taken from its consumer.
const CLAIM_AFTER: Duration = Duration::from_secs(60);

/// Reads a Stream as a consumer of a group. [`Redis::stream`] makes it.
///
/// # Delivery
/// At least once. An entry is acknowledged (XACK) when all sinks have flushed what became of it: as the job goes, or, if a stage of the
/// pipeline holds state, when the job has ended or was drained. What a consumer has read and not acknowledged it reads again when it
/// comes back, by its name; what a consumer has left that does not come back, another one of the group takes over (XAUTOCLAIM) after
/// [`claim_after`](Self::claim_after).
///
/// # Errors
/// Of the job, when the server is away for longer than [`Redis::patience`], when the key holds no Stream, or when the group is removed.
#[derive(Clone, Debug)]
pub struct StreamSource<R = Entries> {
    redis: Redis,
    key: Arc<str>,
    group: Option<Arc<str>>,
    consumer: Option<Arc<str>>,
    reads: R,
    field: Option<Arc<str>>,
    claim_after: Duration,
    from_new: bool,
    until_end: bool,
}

/// # Sources
impl Redis {
    /// Reads a Stream as a consumer of a group, which is created if it is not there.
    ///
    /// Records are [entries](crate::Entry), unless [`json`](StreamSource::json) or another format is asked for.
    ///
    /// ```no_run
    /// use flow::prelude::*;
    /// use flow_redis::Redis;
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct Order { id: i64, amount: i64 }
    /// let redis = Redis::url("redis://localhost:6379");
    /// let large = pipeline! {
    ///     name = "large";
    ///     source::<Order>(redis.stream("orders").group("billing").consumer("a").json())
    ///         -> filter(|o| o.amount > 100)
    ///         -> sink(redis.incr(|_: Order| "large"));
    /// };
    /// large.run_blocking()?;
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[must_use]
    pub fn stream(&self, key: impl Into<Arc<str>>) -> StreamSource {
        StreamSource {
            redis: self.clone(),
            key: key.into(),
            group: None,
            consumer: None,
            reads: Entries,
            field: None,
            claim_after: CLAIM_AFTER,
            from_new: false,
            until_end: false,
        }
    }
}

impl<R: ReadEntry> StreamSource<R> {
    /// Reads as a member of this group: each entry goes to one of them. Needed.
    #[must_use]
    pub fn group(mut self, name: impl Into<Arc<str>>) -> Self {
        self.group = Some(name.into());
        self
    }

    /// The name of this member, which no other may have at the same time. A pipeline with windows or other state should be given one, and
    /// be the only member of its group: two would each work on a part of every window.
    ///
    /// Unless this is called, it is a new one in every run, `flow-run-` and a number, and is removed from the group when the job ends or is stopped
    /// and has acknowledged all that it was given. A job that is killed, fails, or stops with something left leaves its consumer behind:
    /// what that one had is taken over by the other members [after a while](Self::claim_after) (XAUTOCLAIM), and then they remove the
    /// empty consumer, if it has asked for nothing for as long (XGROUP DELCONSUMER, in a script that looks first). Consumers with names of their own stay.
    #[must_use]
    pub fn consumer(mut self, name: impl Into<Arc<str>>) -> Self {
        self.consumer = Some(name.into());
        self
    }

    /// A group that is created begins at the Stream's first entry. So it does unless [`from_new`](Self::from_new) is called.
    #[must_use]
    pub fn from_start(mut self) -> Self {
        self.from_new = false;
        self
    }

    /// A group that is created begins with what is added from then on.
    #[must_use]
    pub fn from_new(mut self) -> Self {
        self.from_new = true;
        self
    }

    /// Ends when the group has given out all that the Stream held when the job started. The job reads at least what of that no other
    /// consumer was given, what its own consumer was given before and has not acknowledged, and what others had left for longer than
    /// [`claim_after`](Self::claim_after). It may read more: entries that were added meanwhile and came in the same answer as the last
    /// ones. What other consumers still work on is not waited for.
    #[must_use]
    pub fn until_end(mut self) -> Self {
        self.until_end = true;
        self
    }

    /// Takes over what another consumer has read, and has not acknowledged for so long; a minute, unless this is called. It has to be
    /// longer than an entry ever takes through the pipeline, or it is worked on twice.
    #[must_use]
    pub fn claim_after(mut self, idle: Duration) -> Self {
        self.claim_after = idle;
        self
    }

    /// Which field holds the record, for [`json`](Self::json) and other formats; the only one, unless this is called.
    #[must_use]
    pub fn field(mut self, name: impl Into<Arc<str>>) -> Self {
        self.field = Some(name.into());
        self
    }

    /// A field of each entry is a record in JSON.
    #[must_use]
    pub fn json<T>(self) -> StreamSource<Field<Json<T>>>
    where
        Json<T>: Decode<Item = T>,
    {
        self.decode(Json::new())
    }

    /// A field of each entry is a record as text.
    #[must_use]
    pub fn text(self) -> StreamSource<Field<Text>> {
        self.decode(Text::new())
    }

    /// A field of each entry is a record in some format.
    #[must_use]
    pub fn decode<D: Decode>(self, format: D) -> StreamSource<Field<D>> {
        let Self { redis, key, group, consumer, field, claim_after, from_new, until_end, .. } = self;
        let reads = Field { name: field.clone(), format };
        StreamSource { redis, key, group, consumer, reads, field, claim_after, from_new, until_end }
    }

    fn wanted_group(&self) -> Result<Arc<str>> {
        self.group.clone().ok_or_else(|| {
            Error::new(ErrorKind::Definition, format!("the Stream `{}` is read by no group", self.key))
                .help("say which, with `.group(…)`")
        })
    }

    /// Makes the group, if it is not there, from an id on.
    async fn make_group(&self, asker: &Asker, group: &str, from: &str) -> Result<()> {
        let create = Command::new("XGROUP").arg("CREATE").arg(&*self.key).arg(group).arg(from).arg("MKSTREAM");
        match ask(asker, create).await? {
            answer if Refused::of(&answer).is_some_and(|refused| refused.code == "BUSYGROUP") => Ok(()),
            answer => accepted("XGROUP CREATE", &self.key, &answer),
        }
    }

    /// The id of the last entry that was ever added.
    async fn last(&self, asker: &Asker) -> Result<Id> {
        let about = ask(asker, Command::new("XINFO").arg("STREAM").arg(&*self.key)).await?;
        accepted("XINFO STREAM", &self.key, &about)?;
        let Value::Array(about) = about else { return Ok(Id::default()) };
        let mut left = about.into_iter();
        while let (Some(name), Some(value)) = (left.next(), left.next()) {
            if text(name).is_ok_and(|name| name == "last-generated-id") {
                let id = text(value).and_then(|id| id.parse());
                return id.map_err(|why| Error::new(ErrorKind::Io, why));
            }
        }
        Ok(Id::default())
    }
}

/// The answer to one command, a refusal for good among them.
async fn ask(asker: &Asker, command: Command) -> Result<Value> {
    let mut batch = Pipeline::with_capacity(1);
    batch.add_command(command.cmd);
    let mut trouble = Trouble::default();
    loop {
        match asker.once(&batch).await? {
            Ok(answers) => return Ok(answers.into_iter().next().unwrap_or(Value::Nil)),
            Err(why) => asker.wait(&mut trouble, &why).await?,
        }
    }
}

fn accepted(command: &str, key: &str, answer: &Value) -> Result<()> {
    Refused::of(answer).map_or(Ok(()), |refused| Err(refused.error(&format!("{command} of `{key}`"))))
}

#[async_trait]
impl<R: ReadEntry> Source for StreamSource<R> {
    type Item = R::Item;

    fn describe(&self) -> Endpoint {
        let Some(format) = self.reads.format() else {
            return Endpoint::opaque("redis entries", "read a field of each entry, with `.json()`");
        };
        let endpoint = Endpoint::described("redis").format(format).option("server", self.redis.shown());
        let endpoint = endpoint.option("stream", &*self.key).option("group", self.group.as_deref().unwrap_or_default());
        match &self.field {
            Some(field) => endpoint.option("field", &**field),
            None => endpoint,
        }
    }

    fn bounded(&self) -> bool {
        self.until_end
    }

    fn keeps_positions(&self) -> bool {
        true
    }

    async fn splits(&mut self, _: &SourceContext) -> Result<Vec<Split>> {
        self.wanted_group()?;
        Ok(vec![Split::new(Arc::clone(&self.key))])
    }

    async fn open(&mut self, splits: Vec<SplitStart>, cx: &SourceContext) -> Result<Box<dyn SourceReader<R::Item>>> {
        let group = self.wanted_group()?;
        let asker = Asker::new(&self.redis, &cx.gauges);
        let position = splits.first().and_then(|start| start.position.as_ref());
        let place: Option<Place> = position.map(flow::connector::Position::get).transpose()?;
        // A group that is not there any more begins where the snapshot's reader was.
        let from = match (&place, self.from_new) {
            (Some(place), _) => place.last().to_string(),
            (None, true) => "$".to_owned(),
            (None, false) => "0".to_owned(),
        };
        self.make_group(&asker, &group, &from).await?;
        let end = if self.until_end { Some(self.last(&asker).await?) } else { None };
        let consumer = self.consumer.clone().unwrap_or_else(passing::name);
        let whence = Whence {
            key: Arc::clone(&self.key),
            group,
            taker: format!("{consumer}/taken").into(),
            consumer,
            passing: self.consumer.is_none(),
            claim_after: self.claim_after,
            wait: self.redis.answer_within() / 2,
            end,
        };
        let acknowledges = Asker::new(&self.redis, &cx.gauges);
        Ok(Box::new(Reader::new(self.reads.clone(), whence, place.unwrap_or_default(), (asker, acknowledges), cx)))
    }
}
