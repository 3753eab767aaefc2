//! What there is to read, from where, and how far: asked once, when a job starts.

use super::offsets::begin_and_end;
use super::topics::{Topics, What};
use crate::defaults;
use crate::hidden::Hidden;
use crate::options::Options;
use crate::servers::{self, Asking};
use flow::connector::{SourceContext, Split};
use flow::{Error, ErrorKind, Result};
use rdkafka::ClientConfig;
use rdkafka::consumer::Consumer;
use regex::Regex;
use std::sync::Arc;
use std::time::Duration;

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
    /// Its first offset, and the one behind its last, when the job started; none, if it was found later.
    pub(super) log: Option<(i64, i64)>,
}

impl Partition {
    pub(super) fn new(topic: Arc<str>, number: i32) -> Self {
        Self { topic, number, start: None, end: None, log: None }
    }

    pub(super) fn names(&self, topic: &str, number: i32) -> bool {
        self.number == number && *self.topic == *topic
    }

    pub(super) fn split(&self) -> Split {
        Split::of_topic(Arc::clone(&self.topic), self.number.unsigned_abs())
    }
}

/// Asks the servers.
pub(super) async fn make(options: &Options, what: &What, cx: &SourceContext) -> Result<Plan> {
    if matches!(&what.topics, Topics::Named(names) if names.is_empty()) {
        return Err(Error::new(ErrorKind::Config, "there is no topic to read").help("name one in `Kafka::topics([…])`"));
    }
    let subscribes = what.subscribes(cx.commits);
    let pattern = match &what.topics {
        Topics::Named(_) => None,
        Topics::Pattern(pattern) => {
            let compiled = regex(pattern)?;
            if subscribes {
                extended(pattern)?;
            }
            Some(compiled)
        }
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
    if what.bounded() && options.given("statistics.interval.ms") == Some("0") {
        config.set("statistics.interval.ms", defaults::FIGURES);
    }
    let (all, secret, asks) = (config.clone(), hidden.clone(), (what.clone(), Arc::clone(&asking)));
    let places = move || {
        let (what, asking) = &asks;
        let uncommitted = || servers::asking(all.clone().set("isolation.level", "read_uncommitted"), &secret);
        begin_and_end(found, what, subscribes, asking, &uncommitted)
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

/// A group's members match names by the client's own expressions, the extended ones of POSIX: what those do not have, or read otherwise, is
/// refused, for a pattern is to mean one thing.
fn extended(pattern: &str) -> Result<()> {
    let (mut other, mut before, mut escaped) = (None, None, false);
    for letter in pattern.chars() {
        let lazy = letter == '?' && matches!(before, Some('(' | '*' | '+' | '?' | '}'));
        if let Some(before) = before.filter(|_| (escaped && letter.is_alphanumeric()) || (!escaped && lazy)) {
            other.get_or_insert_with(|| format!("{before}{letter}"));
        }
        before = (!escaped).then_some(letter);
        escaped = letter == '\\' && !escaped;
    }
    let Some(other) = other else { return Ok(()) };
    let message = format!("the pattern of topics `{pattern}`: `{other}` is not known to a group's members");
    Err(Error::new(ErrorKind::Config, message).help("write it with `[0-9]`, `(…)`, `*`, `+`, `?` and `|`"))
}

/// The consumer's settings that are not the program's own.
fn own<'a>(options: &Options, what: &'a What) -> Vec<(&'a str, &'a str)> {
    let mut own = vec![("group.id", what.group.as_deref().unwrap_or("flow"))];
    own.extend(defaults::reading(what.bounded()));
    if options.given("group.protocol") != Some("consumer") {
        own.extend(defaults::GROUP);
    }
    own
}

/// Each partition has a queue of its own, which the client's limit is for: the source as a whole is to stay below what it was given.
fn bound_memory(options: &Options, config: &mut ClientConfig, partitions: usize) -> Result<()> {
    let total = options.number(&["queued.max.messages.kbytes"])?.unwrap_or(defaults::HELD);
    let (queue, fetch) = defaults::memory(total, partitions);
    let given = options.number(&["fetch.message.max.bytes", "max.partition.fetch.bytes"])?;
    config.set("queued.max.messages.kbytes", queue.to_string());
    let fetch = given.unwrap_or(fetch).to_string();
    config.remove("max.partition.fetch.bytes").set("fetch.message.max.bytes", fetch);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_s_pattern_means_the_same_to_its_members() {
        let check = |pattern: &str, other: Option<&str>| {
            let refused = extended(pattern).err().map(|error| error.to_string());
            let named = other.is_none_or(|other| refused.as_ref().is_some_and(|text| text.contains(other)));
            assert!(refused.is_some() == other.is_some() && named, "{pattern}: {refused:?}");
        };
        check("^orders-[0-9]+$", None);
        check(r"^a\.b(c|d)?x?$", None);
        check(r"^a\\d$", None);
        check(r"^orders-\d+$", Some(r"`\d`"));
        check("^(?i)orders", Some("`(?`"));
        check("^a.*?b", Some("`*?`"));
        check("^a{2}?b", Some("`}?`"));
        check("^é+?", Some("`+?`"));
        check(r"^é?\(?x", None);
    }
}
