//! The pipeline of the stress run: a topic, a number from Redis for each message, and a topic of as many partitions, in which the
//! messages stand as in the first. What comes out is checked by a program that shares no code with this one.

use std::process::ExitCode;

use clap::Parser;
use flow::prelude::*;
use flow_kafka::Kafka;
use flow_redis::{Redis, RedisStages};
use serde::{Deserialize, Serialize};

/// Numbers the messages of a topic, by a counter in Redis.
#[derive(Debug, Parser)]
struct Options {
    /// Kafka, as host:port.
    #[arg(long)]
    servers: String,
    /// Redis, as redis://host:port.
    #[arg(long)]
    redis: String,
    /// The topic that is read to its end.
    #[arg(long)]
    input: String,
    /// The topic that is written.
    #[arg(long)]
    output: String,
    /// The consumer group.
    #[arg(long)]
    group: String,
    /// The counter's key.
    #[arg(long)]
    counter: String,
    /// How many consumers share the partitions.
    #[arg(long)]
    consumers: usize,
}

/// What stands in a message.
#[derive(Deserialize, Serialize)]
struct Entry {
    id: u64,
    text: String,
}

/// What is written of it.
#[derive(Serialize)]
struct Numbered {
    id: u64,
    number: u64,
    text: String,
}

/// The job.
fn numbered(options: &Options) -> Pipeline {
    let entries_in = Kafka::topic(&options.input).servers(&options.servers).group(&options.group).until_end();
    let counter = Redis::url(&*options.redis).sequence(&*options.counter);
    // A consumer's messages go by one counter task and one writer, so those of a partition keep their order.
    let entries_out = Kafka::to(&options.output)
        .servers(&options.servers)
        .json::<Numbered>()
        .messages()
        .partition_by(|entry| entry.metadata.partition)
        .headers(|entry, headers| {
            headers.add("topic", &*entry.metadata.topic);
            headers.add("partition", entry.metadata.partition.to_string());
            headers.add("correlation-id", &entry.metadata.key);
        });
    pipeline! {
        /// Each message with a number of its own.
        name = "stress";
        parallelism = options.consumers;

        source::<Message<Entry>>(entries_in.json().with_metadata())
            -> apply(|entries| entries.number(counter, number))
            -> sink(entries_out);
    }
}

fn number(entry: Message<Entry>, number: u64) -> Message<Numbered> {
    let Message { value: Entry { id, text }, metadata } = entry;
    Message { value: Numbered { id, number, text }, metadata }
}

fn main() -> ExitCode {
    match numbered(&Options::parse()).run_blocking() {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
