//! What the command line says.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Parser;
use flow::ErrorKind;
use flow::connector::DeadLetter;
use flow_kafka::{Kafka, KafkaSink, KafkaSource, Writes};

/// Revenue of large orders, per region and minute, from a Kafka topic to another.
///
/// Reads orders as JSON values, whoever wrote them: {"id":1,"region":"north","amount":2500,"placed_at":"2026-01-01T00:00:00.000Z"}, the amount
/// in cents. Writes a row of JSON for each region and minute, with the region as its key. With --stateless it copies the large orders: value,
/// key, headers and time stay as they are.
///
/// Without --until-end it runs until SIGTERM or Ctrl-C, writes what it has, commits, prints a report and exits with 0.
///
/// What comes out comes at least once. With --stateless, offsets are committed in the group about each second, and at the end: what was not
/// committed when the process was killed is copied again. Otherwise, open windows hold what was read: offsets are committed once, at the
/// end. Started again after kill -9 the job reads again from the group's last commit; rows may repeat, none is missing and
/// none is wrong. Started again after a complete run, with the same group, it finds nothing new.
///
/// On SIGTERM an endless windowed job drains: it writes its open windows as they are and commits all that it has read, so that the next run goes
/// on from there. (If it only stopped, nothing could be committed, and the next run would read everything again.) A minute that was cut
/// in two has a row of each run; their totals add up. With --until-end it stops instead: no row is cut, nothing is committed, and the next run reads it all again.
#[derive(Debug, Parser)]
#[command(name = "kafka_to_kafka", args_override_self = true)]
pub(crate) struct Options {
    /// The topic to read.
    #[arg(long, value_name = "TOPIC")]
    pub(crate) input_topic: String,

    /// The topic to write; made, with the broker's default of partitions, if it is not there and the broker makes topics.
    #[arg(long, value_name = "TOPIC")]
    pub(crate) output_topic: String,

    /// Where values that are no orders go, with the reason in their headers [default: OUTPUT_TOPIC-dead]
    #[arg(long, value_name = "TOPIC")]
    dead_letters: Option<String>,

    /// Where Kafka is [default: FLOW_KAFKA, or what `cargo xtask up` started, or localhost:9092]
    #[arg(long, value_name = "HOST:PORT,…")]
    servers: Option<String>,

    /// The consumer group in which offsets are committed. Without one, every run reads all there is.
    #[arg(long)]
    group: Option<String>,

    /// End where the partitions end now.
    #[arg(long)]
    pub(crate) until_end: bool,

    /// Copy the large orders as they are, instead of adding up revenue.
    #[arg(long)]
    pub(crate) stateless: bool,

    /// Only orders above this amount count.
    #[arg(long, value_name = "CENTS", default_value_t = 100, allow_negative_numbers = true)]
    pub(crate) min_amount: i64,

    /// How much later than younger ones of its partition an order may come: 250ms, 5s, 1min.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub(crate) delay: Duration,

    /// A partition that is quiet for so long holds back no window of the others; its next orders may then be late. Without
    /// it, windows wait for all partitions.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) idle: Option<Duration>,

    /// How many tasks share the work.
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) parallelism: NonZeroUsize,

    /// How long to wait for servers that do not answer.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    wait: Duration,
}

impl Options {
    /// The options with what follows from others, if they go together.
    pub(crate) fn checked(mut self) -> flow::Result<Self> {
        let servers = self.servers.take().or_else(|| flow_services::kafka().ok());
        self.servers = Some(servers.unwrap_or_else(|| "localhost:9092".to_owned()));
        let dead = self.dead_letters.take().unwrap_or_else(|| format!("{}-dead", self.output_topic));
        let (input, output) = (&self.input_topic, &self.output_topic);
        let twice = match () {
            () if input == output => Some(format!("{input} is both input and output")),
            () if *input == dead => Some(format!("{input} is both input and dead letters")),
            () if *output == dead => Some(format!("{output} is both output and dead letters")),
            () => None,
        };
        if let Some(twice) = twice {
            return Err(flow::Error::new(ErrorKind::Config, twice).help("write to another topic"));
        }
        self.dead_letters = Some(dead);
        Ok(self)
    }

    fn servers(&self) -> &str {
        self.servers.as_deref().unwrap_or_default()
    }

    pub(crate) fn source(&self) -> KafkaSource {
        let mut source = Kafka::topic(&self.input_topic).servers(self.servers()).wait_for_servers(self.wait);
        if let Some(group) = &self.group {
            source = source.group(group);
        }
        if self.until_end { source.until_end() } else { source }
    }

    pub(crate) fn sink(&self) -> KafkaSink {
        Kafka::to(&self.output_topic).servers(self.servers()).wait_for_servers(self.wait)
    }

    pub(crate) fn dead_letters(&self) -> KafkaSink<Writes<DeadLetter>> {
        let topic = self.dead_letters.as_deref().unwrap_or_default();
        Kafka::to(topic).servers(self.servers()).wait_for_servers(self.wait).dead_letters()
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration =
        text.parse().map_err(|_| "write a time with its unit, such as 5s".to_owned())?;
    Duration::try_from(duration).map_err(|_| "a time cannot be negative here".to_owned())
}
