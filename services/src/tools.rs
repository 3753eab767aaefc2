//! Clients that are not ours: what they say of a broker or a server is said by somebody else.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use crate::{Error, Result, kafka, maven};

/// How kcat reads a topic from its beginning to its end, and nothing of aborted transactions.
const WHOLE: &[&str] = &["-C", "-o", "beginning", "-e", "-q", "-X", "isolation.level=read_committed"];

/// kcat, and Kafka's own tools.
#[derive(Clone, Debug)]
pub struct KafkaTools {
    address: String,
}

impl KafkaTools {
    /// For the broker at this address.
    #[must_use]
    pub fn at(address: &str) -> Self {
        Self { address: address.to_owned() }
    }

    /// Writes each line as a record, by kcat. `options` are kcat's own, such as `["-K", ":"]` for `key:value` lines, or `["-p", "3"]`.
    ///
    /// # Errors
    /// With what kcat said.
    pub fn produce(&self, topic: &str, lines: &str, options: &[&str]) -> Result<()> {
        self.kcat(&[&["-P", "-t", topic], options].concat(), lines).map(|_| ())
    }

    /// Reads a topic from its beginning to its end, by kcat, as kcat's `format` says: `"%p %o %k %s\n"` is partition, offset, key, value.
    /// Of aborted transactions nothing is seen.
    ///
    /// # Errors
    /// With what kcat said.
    pub fn consume(&self, topic: &str, format: &str) -> Result<String> {
        self.kcat(&[WHOLE, &["-t", topic, "-f", format]].concat(), "")
    }

    /// The same for a topic that is too large to be held: `each` is shown each line as it comes.
    ///
    /// # Errors
    /// With what kcat said.
    pub fn consume_lines(&self, topic: &str, format: &str, mut each: impl FnMut(&str)) -> Result<()> {
        let mut command = Command::new("kcat");
        command.args(["-b", &self.address]).args(WHOLE).args(["-t", topic, "-f", format]);
        let said = |error: std::io::Error| Error::new(format!("kcat: {error}"));
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(said)?;
        let (stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
        let mut why = String::new();
        std::thread::scope(|scope| {
            // By a thread of its own: who says much of what went wrong waits for its reader.
            scope.spawn(|| stderr.as_mut().map(|stderr| stderr.read_to_string(&mut why)));
            let mut lines = stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).split(b'\n'));
            lines.try_for_each(|line| line.map(|line| each(&String::from_utf8_lossy(&line))))
        })
        .map_err(said)?;
        let status = child.wait().map_err(said)?;
        if status.success() { Ok(()) } else { Err(Error::new(format!("kcat: {status}: {why}"))) }
    }

    /// Any call of kcat, with what it reads.
    ///
    /// # Errors
    /// With what kcat said.
    pub fn kcat(&self, options: &[&str], input: &str) -> Result<String> {
        piped(Command::new("kcat").args(["-b", &self.address]).args(options), input)
    }

    /// What `kafka-consumer-groups.sh --describe` prints of a group: a line per partition with the committed offset and the lag.
    ///
    /// # Errors
    /// With what the tool said.
    pub fn describe_group(&self, group: &str) -> Result<String> {
        self.java("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", &["--describe", "--group", group])
    }

    /// Any of Kafka's tools that take `--bootstrap-server`, by its class: `kafka.admin.AclCommand`, `org.apache.kafka.tools.TopicCommand`. Takes
    /// a second or two.
    ///
    /// # Errors
    /// With what the tool said.
    pub fn java(&self, class: &str, arguments: &[&str]) -> Result<String> {
        let mut tool = kafka::java(&kafka::jars().get(&|_| {})?);
        maven::output(tool.arg(class).args(["--bootstrap-server", &self.address]).args(arguments))
    }
}

/// `redis-cli` and `redis-benchmark`.
#[derive(Clone, Debug)]
pub struct RedisTools {
    host: String,
    port: String,
}

impl RedisTools {
    /// For the server at this address, `redis://host:port`.
    #[must_use]
    pub fn at(address: &str) -> Self {
        let socket = address.trim_start_matches("redis://").trim_end_matches('/');
        let (host, port) = socket.rsplit_once(':').unwrap_or((socket, "6379"));
        Self { host: host.to_owned(), port: port.to_owned() }
    }

    /// What `redis-cli` prints for a command; a list is a line each.
    ///
    /// # Errors
    /// With what Redis said.
    pub fn cli(&self, command: &[&str]) -> Result<String> {
        // `-e`: what Redis refuses is an error of the program, too.
        maven::output(Command::new("redis-cli").args(["-e", "-h", &self.host, "-p", &self.port]).args(command))
    }

    /// What `redis-benchmark` prints.
    ///
    /// # Errors
    /// With what it said.
    pub fn benchmark(&self, options: &[&str]) -> Result<String> {
        maven::output(Command::new("redis-benchmark").args(["-h", &self.host, "-p", &self.port]).args(options))
    }
}

/// What a command prints that reads this.
fn piped(command: &mut Command, input: &str) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let said = |error: std::io::Error| Error::new(format!("{name}: {error}"));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(said)?;
    let mut stdin = child.stdin.take();
    // By a thread of its own: who writes all before it reads can wait for one who does the same.
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes())));
        child.wait_with_output()
    });
    let output = output.map_err(said)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Error::new(format!("{name}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr))))
}
