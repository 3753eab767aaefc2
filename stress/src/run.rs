//! The run: fill, let the pipeline work, read both topics again.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use flow_services::{KafkaAdmin, KafkaTools, RedisTools, Result, unique};

use crate::check::Check;
use crate::measured::{self, Measured};
use crate::scheme::Scheme;
use crate::verify::{FORMAT, Side, Tally};
use crate::{fill, outside};

/// Memory that the pipeline may take, for each million that was begun.
const MEMORY: u64 = 2_000_000_000;

/// What came of a run.
pub(crate) struct Outcome {
    pub(crate) scheme: Scheme,
    pub(crate) consumers: u32,
    pub(crate) checks: Vec<Check>,
    /// Each way, and the seconds that all messages took on it.
    pub(crate) ways: Vec<(String, f64)>,
    pub(crate) pipeline: Measured,
    pub(crate) output: Tally,
}

/// The services, and what of them is this run's own.
struct Run {
    scheme: Scheme,
    consumers: u32,
    servers: String,
    redis: String,
    input: String,
    output: String,
    group: String,
    counter: String,
    ways: Vec<(String, f64)>,
    checks: Vec<Check>,
}

/// Runs, and removes the topics and the counter.
///
/// # Errors
/// When a service or a tool fails. What does not hold is no error, but a check that says so.
pub(crate) fn run(scheme: Scheme, consumers: u32, program: &Path, limit: Duration) -> Result<Outcome> {
    let mut run = Run {
        scheme,
        consumers,
        servers: flow_services::kafka()?,
        redis: flow_services::redis()?,
        input: unique("stress-in"),
        output: unique("stress-out"),
        group: unique("stress"),
        counter: unique("stress-counter"),
        ways: Vec::new(),
        checks: Vec::new(),
    };
    let done = run.all(program, limit);
    let removed = run.remove();
    let (pipeline, output) = done?;
    removed?;
    Ok(Outcome { scheme, consumers, checks: run.checks, ways: run.ways, pipeline, output })
}

impl Run {
    fn all(&mut self, program: &Path, limit: Duration) -> Result<(Measured, Tally)> {
        let admin = KafkaAdmin::at(&self.servers);
        for topic in [&self.input, &self.output] {
            admin.create_topic(topic, i32::try_from(self.scheme.partitions).unwrap_or(i32::MAX))?;
        }
        let start = Instant::now();
        fill::fill(&self.kafka(), &self.input, &self.scheme)?;
        self.took("kcat → Kafka", start.elapsed().as_secs_f64());
        let pipeline = measured::run(&mut self.command(program), limit)?;
        self.took("Kafka → Redis → Kafka", pipeline.seconds);
        self.look_at(&pipeline);
        self.read(&self.input.clone(), Side::Input)?;
        let output = self.read(&self.output.clone(), Side::Output { input: self.input.clone() })?;
        Ok((pipeline, output))
    }

    fn kafka(&self) -> KafkaTools {
        KafkaTools::at(&self.servers)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.args(["--servers", &self.servers, "--redis", &self.redis]);
        command.args(["--input", &self.input, "--output", &self.output]);
        command.args(["--group", &self.group, "--counter", &self.counter]);
        command.args(["--consumers", &self.consumers.to_string()]);
        command
    }

    /// Says how long a way took.
    fn took(&mut self, way: &str, seconds: f64) {
        println!("{way}: {seconds:.1} s");
        self.ways.push((way.to_owned(), seconds));
    }

    /// What others say of the pipeline when it has ended.
    fn look_at(&mut self, pipeline: &Measured) {
        let messages = self.scheme.messages;
        let ended = pipeline.trouble.as_deref().unwrap_or("well");
        let (counter, committed) = (
            outside::counter(&RedisTools::at(&self.redis), &self.counter),
            outside::committed(&self.kafka(), &self.group, &self.input),
        );
        self.checks.extend([
            Check::same("pipeline: ends", "well", ended),
            memory(messages, pipeline.peak_bytes),
            Check::asked("redis-cli: the counter", messages, counter),
            Check::asked("kafka-consumer-groups: messages that the group has committed", messages, committed),
        ]);
    }

    /// Reads a topic by kcat, and asks Kafka's own tool how much is in it.
    fn read(&mut self, topic: &str, side: Side) -> Result<Tally> {
        let name = side.name();
        let mut tally = Tally::new(self.scheme, side);
        let start = Instant::now();
        self.kafka().consume_lines(topic, FORMAT, |line| tally.add(line))?;
        self.took(&format!("Kafka → kcat, the {name}"), start.elapsed().as_secs_f64());
        self.checks.extend(tally.checks());
        let offsets = outside::end_offsets(&self.kafka(), topic);
        let others = offsets.map(|offsets| offsets.iter().zip(tally.counts()).filter(|(a, b)| **a != *b).count());
        self.checks.push(Check::asked(format!("kafka-get-offsets: {name}: partitions with another count"), 0, others));
        Ok(tally)
    }

    /// Leaves nothing on the disk.
    fn remove(&self) -> Result<()> {
        let admin = KafkaAdmin::at(&self.servers);
        [&self.input, &self.output].into_iter().try_for_each(|topic| admin.delete_topic(topic))?;
        RedisTools::at(&self.redis).cli(&["DEL", &self.counter]).map(|_| ())
    }
}

/// Whether so many messages took little enough.
fn memory(messages: u64, peak: u64) -> Check {
    let limit = MEMORY * messages.div_ceil(1_000_000);
    let megabytes = |bytes: u64| format!("{:.0} MB", bytes as f64 / 1e6);
    let wanted = format!("below {}", megabytes(limit));
    Check::new("pipeline: its most memory", wanted, megabytes(peak), 0 < peak && peak < limit)
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_gigabytes_for_a_million_are_too_many() {
        let holds = |messages, peak| super::memory(messages, peak).holds;
        assert!(holds(1_000_000, 1_999_999_999) && !holds(1_000_000, 2_000_000_000));
        assert!(holds(1_000_001, 2_000_000_000) && !holds(1, 2_000_000_000) && !holds(1, 0), "what was not measured");
    }
}
