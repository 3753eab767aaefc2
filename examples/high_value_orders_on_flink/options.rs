//! What the command line says.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use flow::ErrorKind;
use flow_flink::{Connect, Delivery, FlinkCluster};
use flow_kafka::{Kafka, KafkaSink, KafkaSource};
use flow_services::KafkaAdmin;

/// Revenue of large orders, per region and minute, from a Kafka topic to another: in this process, or on Apache Flink. The definition is
/// the same, and so are the rows.
///
/// Reads orders as JSON values, whoever wrote them: {"id":1,"region":"north","amount":2500,"placed_at":"2026-01-01T00:00:00.000Z"}, the amount
/// in cents. Writes a row of JSON for each region and minute. A value that is no order ends the job, on both engines.
///
/// Without topics it makes some of its own, writes the well-formed orders of `examples/data/orders.jsonl` to one, runs both engines, and
/// compares what they have written.
///
/// Both engines give the same rows when no order comes later than --delay says, after younger ones of its partition. Orders that come later
/// are left out, the same ones if the topic has one partition.
///
/// Without --until-end it runs until Ctrl-C or SIGTERM, which end the job on the cluster, too; windows that are open then are not written.
#[derive(Debug, Parser)]
#[command(name = "high_value_orders_on_flink", args_override_self = true)]
pub(crate) struct Options {
    /// Who runs the job.
    #[arg(long, value_enum, default_value_t = Engine::Flink)]
    pub(crate) engine: Engine,

    /// The topic to read.
    #[arg(long, value_name = "TOPIC", requires = "output_topic")]
    input_topic: Option<String>,

    /// The topic to write; made, with the broker's default of partitions, if it is not there and the broker makes topics.
    #[arg(long, value_name = "TOPIC", requires = "input_topic")]
    output_topic: Option<String>,

    /// End where the partitions end now.
    #[arg(long)]
    until_end: bool,

    /// Only orders above this amount count.
    #[arg(long, value_name = "CENTS", default_value_t = 100, allow_negative_numbers = true)]
    pub(crate) min_amount: i64,

    /// How much later than younger ones of its partition an order may come: 250ms, 5s, 1min.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub(crate) delay: Duration,

    /// How many tasks share the work; not more than the input has partitions.
    #[arg(long, value_name = "N", default_value = "1")]
    parallelism: NonZeroUsize,

    /// Let Flink write in transactions: a reader of what is committed sees each row once, even after a failure. Otherwise, and in this
    /// process, rows may come again after one.
    #[arg(long)]
    exactly_once: bool,

    /// Print the pipeline's IR, for the program `flow-flink`, and do nothing else.
    #[arg(long, requires = "input_topic")]
    pub(crate) ir: bool,

    /// Where Kafka is [default: FLOW_KAFKA, or what `cargo xtask up` started, or localhost:9092]
    #[arg(long, value_name = "HOST:PORT,…")]
    servers: Option<String>,

    /// Where Flink's SQL Gateway is [default: FLOW_FLINK_GATEWAY, or what `cargo xtask up` started, or http://localhost:8083]
    #[arg(long, value_name = "URL")]
    gateway: Option<String>,

    /// Where Flink's REST API is [default: FLOW_FLINK_REST, or what `cargo xtask up` started, or http://localhost:8081]
    #[arg(long, value_name = "URL")]
    rest: Option<String>,

    /// How long to wait for servers that do not answer.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    wait: Duration,
}

/// Who runs the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// A Flink cluster.
    Flink,
    /// This process.
    Local,
}

/// One run of the job.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) engine: Engine,
    pub(crate) input: String,
    pub(crate) output: String,
    pub(crate) parallelism: usize,
}

impl Options {
    /// The options with what follows from others, if they go together.
    pub(crate) fn checked(mut self) -> flow::Result<Self> {
        let or = |said: Option<String>, up: flow_services::Result<String>, usual: &str| {
            Some(said.or(up.ok()).unwrap_or_else(|| usual.to_owned()))
        };
        self.servers = or(self.servers, flow_services::kafka(), "localhost:9092");
        let flink = || flow_services::flink();
        self.gateway = or(self.gateway, flink().map(|at| at.gateway), "http://localhost:8083");
        self.rest = or(self.rest, flink().map(|at| at.rest), "http://localhost:8081");
        // What it makes itself has an end.
        self.until_end |= self.input_topic.is_none();
        if self.input_topic.is_some() && self.input_topic == self.output_topic {
            let twice = format!("{} is both input and output", self.input_topic.unwrap_or_default());
            return Err(flow::Error::new(ErrorKind::Config, twice).help("write to another topic"));
        }
        if self.exactly_once && self.engine == Engine::Local {
            let no = "in this process rows are delivered at least once";
            return Err(
                flow::Error::new(ErrorKind::Config, no).help("leave out --exactly-once, or take --engine flink")
            );
        }
        Ok(self)
    }

    /// The run that is asked for, if there are topics.
    pub(crate) fn run(&self) -> flow::Result<Option<Run>> {
        let (Some(input), Some(output)) = (&self.input_topic, &self.output_topic) else { return Ok(None) };
        Ok(Some(self.of(self.engine, input, output)?))
    }

    /// A run over these topics. A task without a partition would know nothing of the others' time while it starts.
    pub(crate) fn of(&self, engine: Engine, input: &str, output: &str) -> flow::Result<Run> {
        let partitions = match self.ir {
            true => usize::MAX,
            false => self.kafka(input, |admin, topic| admin.partitions(topic))?,
        };
        let (input, output) = (input.to_owned(), output.to_owned());
        Ok(Run { engine, input, output, parallelism: self.parallelism.get().min(partitions) })
    }

    /// Asks Kafka about a topic.
    pub(crate) fn kafka<T>(
        &self,
        topic: &str,
        ask: fn(&KafkaAdmin, &str) -> flow_services::Result<T>,
    ) -> flow::Result<T> {
        let first = self.servers().split(',').next().unwrap_or_default();
        let asked = tokio::task::block_in_place(|| ask(&KafkaAdmin::at(first), topic));
        asked.map_err(|error| flow::Error::new(ErrorKind::Io, error.to_string()))
    }

    pub(crate) fn cluster(&self) -> Connect {
        let of = |address: &Option<String>| address.clone().unwrap_or_default();
        FlinkCluster::connect(of(&self.gateway), of(&self.rest)).retries(3, self.wait)
    }

    /// Where the cluster's pages are.
    pub(crate) fn rest(&self) -> &str {
        self.rest.as_deref().unwrap_or_default()
    }

    pub(crate) fn delivery(&self) -> Delivery {
        if self.exactly_once { Delivery::ExactlyOnce } else { Delivery::AtLeastOnce }
    }

    fn servers(&self) -> &str {
        self.servers.as_deref().unwrap_or_default()
    }

    pub(crate) fn source(&self, topic: &str) -> KafkaSource {
        let source = Kafka::topic(topic).servers(self.servers()).wait_for_servers(self.wait).from_earliest();
        if self.until_end { source.until_end() } else { source }
    }

    pub(crate) fn sink(&self, topic: &str) -> KafkaSink {
        Kafka::to(topic).servers(self.servers()).wait_for_servers(self.wait)
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration =
        text.parse().map_err(|_| "write a time with its unit, such as 5s".to_owned())?;
    Duration::try_from(duration).map_err(|_| "a time cannot be negative here".to_owned())
}
