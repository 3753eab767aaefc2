//! Waits until servers answer, and asks them what topics there are.

use crate::client::Voice;
use crate::failure;
use crate::options::Options;
use flow::connector::Blocking;
use flow::{Error, ErrorKind, Result};
use rdkafka::ClientConfig;
use rdkafka::client::Client;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::metadata::Metadata;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often a line says that servers are waited for.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// How often somebody who may not be asked yet is asked again.
const AGAIN: Duration = Duration::from_millis(200);
/// How long one question waits for its answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(10);

impl ConsumerContext for Voice {}

/// A client that asks, and reads nothing.
pub(crate) type Asking = BaseConsumer<Voice>;

/// Makes a client that asks.
pub(crate) fn asking(config: &ClientConfig, hidden: &crate::hidden::Hidden) -> Result<Arc<Asking>> {
    let made = Asking::from_config_and_context(config, Voice::new(hidden.clone(), None));
    made.map(Arc::new).map_err(|error| failure::config(&error, hidden))
}

/// Asks again and again until the servers answer; each time for so long.
///
/// # Errors
/// When patience is at its end; when the servers refuse; when `ask` says so.
pub(crate) async fn answer<T: Send + 'static>(
    options: &Options,
    blocking: &Blocking,
    ask: impl Fn(Duration) -> Result<Asked<T>> + Clone + Send + 'static,
) -> Result<T> {
    let start = Instant::now();
    let mut said = start;
    // A wrong password is known soon; a large cluster answers late.
    let mut longest = Duration::from_secs(1);
    loop {
        let left = options.patience.saturating_sub(start.elapsed());
        let until_line = LINE_EVERY.saturating_sub(said.elapsed());
        let (ask, timeout) = (ask.clone(), left.min(until_line).min(longest).max(AGAIN));
        longest = (longest * 2).min(LINE_EVERY);
        let asked = Instant::now();
        let why = match blocking.run(move || ask(timeout)).await?? {
            Asked::Answer(answer) => return Ok(answer),
            Asked::NotYet(why) => why,
        };
        let waited = start.elapsed();
        if waited >= options.patience {
            let message = format!("Kafka at {} did not answer within {}: {why}", options.servers, seconds(waited));
            return Err(Error::new(ErrorKind::Timeout, message)
                .help("start it, or correct `.servers(…)`; `.wait_for_servers(…)` says how long a start waits"));
        }
        if said.elapsed() >= LINE_EVERY {
            said = Instant::now();
            let (servers, patience) = (&options.servers, seconds(options.patience));
            tracing::warn!(target: "flow_kafka", "waiting for Kafka at {servers}: {} of {patience}, {why}", seconds(waited));
        }
        tokio::time::sleep(AGAIN.saturating_sub(asked.elapsed())).await;
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64().round())
}

/// What came of a question.
pub(crate) enum Asked<T> {
    Answer(T),
    /// Nobody answers yet, or not for sure: why.
    NotYet(String),
}

/// What a failed question comes to: some answers will not change.
pub(crate) fn not_yet<T>(doing: &str, error: &KafkaError, voice: &Voice) -> Result<Asked<T>> {
    match (error.rdkafka_error_code(), voice.last()) {
        (Some(code), _) if failure::is_refusal(code) => Err(failure::coded(doing, code)),
        (_, Some((code, reason))) if failure::is_stranger(code) => {
            let error = failure::coded(doing, code);
            let help = error.remedy().unwrap_or_default().to_owned();
            Err(Error::new(error.kind(), format!("{}: {reason}", error.message())).help(help))
        }
        (_, Some((_, reason))) => Ok(Asked::NotYet(reason)),
        (Some(code), None) => Ok(Asked::NotYet(code.to_string())),
        (None, None) => Ok(Asked::NotYet(error.to_string())),
    }
}

/// Lets a client say what went wrong: it stands in its queue, among its log lines.
pub(crate) fn hear(asking: &Asking) {
    let mut left = 100;
    while left > 0 && asking.poll(Duration::from_millis(20)).is_some() {
        left -= 1;
    }
}

/// Lists all topics, or one.
pub(crate) fn metadata(asking: &Asking, topic: Option<&str>, timeout: Duration) -> Result<Asked<Metadata>> {
    let answer = asking.client().fetch_metadata(topic, timeout);
    hear(asking);
    match answer {
        Ok(metadata) => Ok(Asked::Answer(metadata)),
        Err(error) => not_yet("listing topics", &error, asking.context()),
    }
}

/// How many partitions a topic has. `hear` lets the client say what went wrong.
pub(crate) fn partitions<C: rdkafka::ClientContext>(
    client: &Client<C>,
    voice: &Voice,
    hear: impl FnOnce(),
    topic: &str,
    timeout: Duration,
) -> Result<Asked<usize>> {
    let doing = || format!("topic `{topic}`");
    let metadata = match client.fetch_metadata(Some(topic), timeout) {
        Ok(metadata) => metadata,
        Err(error) => {
            hear();
            return not_yet(&doing(), &error, voice);
        }
    };
    let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
        return Err(failure::coded(&doing(), Code::UnknownTopicOrPartition));
    };
    match found.error().map(Code::from) {
        None => Ok(Asked::Answer(found.partitions().len())),
        // A topic that was just made has no leaders yet.
        Some(code @ (Code::LeaderNotAvailable | Code::NotLeaderForPartition)) => Ok(Asked::NotYet(code.to_string())),
        Some(code) => Err(failure::coded(&doing(), code)),
    }
}
