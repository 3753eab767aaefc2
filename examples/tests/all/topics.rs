//! Topics of a test's own, written and read by clients that share no code with `flow`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use flow_services::{KafkaAdmin, KafkaTools, unique, until};

use crate::program::{example, text};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The topics of one test, and the job that is run over them.
#[derive(Debug)]
pub(crate) struct Topics {
    servers: String,
    pub(crate) input: String,
    pub(crate) output: String,
    pub(crate) group: String,
}

/// What kcat shows of a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen {
    pub(crate) partition: usize,
    pub(crate) offset: i64,
    pub(crate) key: String,
    pub(crate) headers: String,
    pub(crate) value: String,
}

impl Topics {
    /// An input of so many partitions, and an output of three, at the shared broker.
    pub(crate) fn new(partitions: i32) -> Self {
        Self::at(&flow_services::kafka().expect("a broker: `cargo xtask up kafka`, or FLOW_KAFKA"), partitions)
    }

    /// The same elsewhere.
    pub(crate) fn at(servers: &str, partitions: i32) -> Self {
        let topics = Self {
            servers: servers.to_owned(),
            input: unique("orders"),
            output: unique("out"),
            group: unique("group"),
        };
        topics.admin().create_topic(&topics.input, partitions).expect("a topic");
        topics.admin().create_topic(&topics.output, 3).expect("a topic");
        topics
    }

    pub(crate) fn admin(&self) -> KafkaAdmin {
        KafkaAdmin::at(&self.servers)
    }

    /// Writes lines of `key⇥value` to one partition of the input, with headers: one has no value.
    pub(crate) fn produce(&self, partition: usize, lines: &str) {
        let (partition, headers) = (partition.to_string(), ["-H", "source=kcat", "-H", "mark", "-H", "source=again"]);
        let options = [&["-p", &partition, "-K", "\t"][..], &headers].concat();
        KafkaTools::at(&self.servers).produce(&self.input, lines, &options).expect("kcat writes");
    }

    /// All records of a topic, by partition and offset.
    pub(crate) fn read(&self, topic: &str) -> Vec<Seen> {
        let lines = KafkaTools::at(&self.servers).consume(topic, "%p\t%o\t%k\t%h\t%s\n").expect("kcat reads");
        let mut seen: Vec<Seen> = lines.lines().map(seen).collect();
        seen.sort();
        seen
    }

    /// How many records there are in the output.
    pub(crate) fn written(&self) -> i64 {
        self.admin().end_offsets(&self.output).expect("the output's ends").into_iter().sum()
    }

    /// What Kafka's own tool says that the group has committed, by partition of the input; 0 where it has not.
    pub(crate) fn committed(&self) -> Vec<i64> {
        let partitions = self.admin().end_offsets(&self.input).expect("the input's ends").len();
        let mut committed = vec![0; partitions];
        let said = KafkaTools::at(&self.servers).describe_group(&self.group).expect("the tool answers");
        for line in said.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [_, topic, partition, offset, ..] = words[..]
                && topic == self.input
            {
                let partition: usize = partition.parse().expect("a partition's number");
                committed[partition] = offset.parse().unwrap_or(0);
            }
        }
        committed
    }

    /// The job over these topics.
    pub(crate) fn job(&self, arguments: &[&str]) -> Command {
        self.job_of("kafka_to_kafka", arguments)
    }

    /// The job of another example over these topics.
    pub(crate) fn job_of(&self, name: &str, arguments: &[&str]) -> Command {
        let mut job = example(name);
        job.args(["--servers", &self.servers, "--input-topic", &self.input, "--output-topic", &self.output]);
        job.args(arguments);
        job
    }

    /// Runs it to the end; it must end well.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let ended = self.job(arguments).output().expect("the job starts");
        assert!(ended.status.success(), "{arguments:?}: {}", text(&ended));
        ended
    }

    /// Starts it. What it says at its end is small enough for a pipe.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let child = self.job(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Running(Some(child.expect("the job starts")))
    }
}

fn seen(line: &str) -> Seen {
    let [partition, offset, key, headers, value] = line.splitn(5, '\t').collect::<Vec<_>>()[..] else {
        panic!("kcat shows five members: {line}")
    };
    Seen {
        partition: partition.parse().expect("a partition's number"),
        offset: offset.parse().expect("an offset"),
        key: key.to_owned(),
        headers: headers.to_owned(),
        value: value.to_owned(),
    }
}

/// A job that does not outlive its test.
pub(crate) struct Running(Option<Child>);

impl Running {
    /// Waits until something holds while the job runs. False if the job has ended before.
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn() -> bool) -> bool {
        let child = self.0.as_mut().expect("it runs");
        let look = || match child.try_wait() {
            Ok(None) if !holds() => Err("not yet".to_owned()),
            Ok(ended) => Ok(ended.is_none()),
            Err(error) => Err(error.to_string()),
        };
        until(what, PATIENCE, look).expect("in time")
    }

    /// The next line of what it says beside its output.
    pub(crate) fn line(&mut self) -> String {
        let said = self.0.as_mut().and_then(|child| child.stderr.as_mut()).expect("a pipe");
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line).expect("it says text");
        line
    }

    /// Kills it with -9; it has no time to write or say anything.
    pub(crate) fn kill(mut self) {
        let mut child = self.0.take().expect("it runs");
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
    }

    /// Asks it to end (SIGTERM), and gives what it said.
    pub(crate) fn terminate(mut self) -> Output {
        let mut child = self.0.take().expect("it runs");
        let id = child.id().to_string();
        assert!(Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status().expect("a shell").success());
        let look = || child.try_wait().map_err(|error| error.to_string())?.map(drop).ok_or("it runs on".to_owned());
        let ended = until("the end", PATIENCE, look);
        if ended.is_err() {
            child.kill().expect("it is ours");
        }
        let output = child.wait_with_output().expect("it is ours");
        assert!(ended.is_ok(), "it did not end when it was asked to: {}", text(&output));
        output
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // It may have ended already.
            child.kill().unwrap_or_default();
        }
    }
}
