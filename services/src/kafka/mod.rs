//! Kafka, one node that is broker and controller.

pub(crate) mod admin;
mod wire;

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::maven::{self, Jars};
use crate::{Error, Result, ports, unique};

/// The version that is started.
pub const VERSION: &str = "4.1.1";

/// What all brokers here have, and compose.yaml's too; most is what one node needs. Records of tests have times of their own, so none is
/// too old to keep.
pub const PROPERTIES: &str = "\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.ms=-1
";

const LOGGING: &str = "\
rootLogger.level=info
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %m (%c)%n
";

/// What an own broker has that others have not.
#[derive(Clone, Default)]
pub struct KafkaOptions {
    properties: String,
    user: Option<(String, String)>,
}

impl KafkaOptions {
    /// As the shared broker.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more line of `server.properties`; it wins over what stands there.
    #[must_use]
    pub fn property(mut self, key: &str, value: &str) -> Self {
        self.properties.push_str(&format!("{key}={value}\n"));
        self
    }

    /// One more listener, SASL_PLAINTEXT with mechanism PLAIN, for this user; its address is `sasl_address`.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.user = Some((name.to_owned(), password.to_owned()));
        self
    }

    /// Who has no ACL for something may not do it. The plain listener's clients may do everything, so that a test can set things up.
    #[must_use]
    pub fn authorized(self) -> Self {
        self.property("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
            .property("super.users", "User:ANONYMOUS")
    }
}

impl KafkaOptions {
    /// The same after other lines.
    pub(crate) fn after(self, properties: &str) -> Self {
        Self { properties: format!("{properties}{}", self.properties), ..self }
    }
}

/// The jars, and beside them a formatted data folder: to format takes a JVM, and to copy what was formatted takes none.
pub(crate) fn jars() -> Jars {
    let artifacts = vec![
        format!("org.apache.kafka:kafka_2.13:{VERSION}"),
        format!("org.apache.kafka:kafka-tools:{VERSION}"),
        "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3".to_owned(),
    ];
    Jars { name: "kafka", version: VERSION, artifacts, also: format_data }
}

fn format_data(folder: &Path) -> Result<()> {
    let properties = folder.join("server.properties");
    write(&folder.join("log4j2.properties"), LOGGING)?;
    write(&properties, &server_properties(&folder.join("formatted"), [1, 2, 3], &KafkaOptions::new()))?;
    let mut tool = java(folder);
    tool.args(["kafka.tools.StorageTool", "format", "-t", &cluster_id(), "-c"]).arg(&properties);
    maven::output(&mut tool).map(|_| ())
}

/// Writes the configuration and the data folder of a broker that was never started. Gives its address, and that for its user.
pub(crate) fn prepare(jars: &Path, folder: &Path, options: &KafkaOptions) -> Result<(String, String)> {
    let ports = ports::free::<3>()?;
    let data = folder.join("data");
    write(&folder.join("server.properties"), &server_properties(&data, ports, options))?;
    fs::create_dir_all(&data).map_err(Error::at(&data))?;
    let formatted = jars.join("formatted");
    for entry in fs::read_dir(&formatted).map_err(Error::at(&formatted))? {
        let from = entry.map_err(Error::at(&formatted))?.path();
        let to = data.join(from.file_name().unwrap_or_default());
        fs::copy(&from, &to).map_err(Error::at(&from))?;
    }
    // A cluster of its own: no client can take it for another.
    let meta = data.join("meta.properties");
    let text = fs::read_to_string(&meta).map_err(Error::at(&meta))?;
    let own = text.lines().map(|line| match line.starts_with("cluster.id=") {
        true => format!("cluster.id={}\n", cluster_id()),
        false => format!("{line}\n"),
    });
    write(&meta, &own.collect::<String>())?;
    Ok((format!("127.0.0.1:{}", ports[0]), format!("127.0.0.1:{}", ports[2])))
}

/// The broker of a prepared folder.
pub(crate) fn command(jars: &Path, folder: &Path, options: &[&str]) -> Command {
    let mut command = java_with(jars, options);
    command.arg("kafka.Kafka").arg(folder.join("server.properties")).current_dir(folder);
    command
}

/// A JVM with Kafka's classes, for its tools; the class and its arguments follow.
pub(crate) fn java(jars: &Path) -> Command {
    java_with(jars, &["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"])
}

fn java_with(jars: &Path, options: &[&str]) -> Command {
    let mut command = Command::new("java");
    let logging = jars.join("log4j2.properties");
    command.args(options).arg(format!("-Dlog4j2.configurationFile={}", logging.display()));
    command.arg("-cp").arg(jars.join("libs").join("*"));
    command
}

fn server_properties(data: &Path, [plain, controller, sasl]: [u16; 3], options: &KafkaOptions) -> String {
    let mut text = format!(
        "{PROPERTIES}log.dirs={}\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,USER:SASL_PLAINTEXT\n\
         listeners=PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller}",
        data.display()
    );
    if let Some((name, password)) = &options.user {
        text.push_str(&format!(
            ",USER://127.0.0.1:{sasl}\nlistener.name.user.sasl.enabled.mechanisms=PLAIN\n\
             listener.name.user.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
             required user_{name}=\"{password}\";"
        ));
    }
    text.push('\n');
    text.push_str(&options.properties);
    text
}

/// Sixteen bytes in base 64, as Kafka wants them: 22 characters, of which the last has two bits.
fn cluster_id() -> String {
    let unique: String = unique::unique("").chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{unique:0>21.21}A")
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(Error::at(path))
}
