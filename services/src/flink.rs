//! Flink: a JobManager, a TaskManager, and the SQL Gateway.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::maven::{self, Jars};
use crate::service::Addresses;
use crate::{Error, Result, http, ports};

/// The version that is started.
pub const VERSION: &str = "2.3.0";
/// The version of its Kafka connector; the latter half is the oldest Flink that it is for.
pub const KAFKA_CONNECTOR: &str = "5.0.0-2.2";
/// How many tasks run at once.
const SLOTS: u64 = 8;
/// What every cluster here has, and compose.yaml's too.
pub const PROPERTIES: &str = "\
jobmanager.memory.process.size: 1024m
taskmanager.memory.process.size: 1728m
taskmanager.numberOfTaskSlots: 8
metrics.fetcher.update-interval: 1000
";

/// The variable that says where the REST API and the pages are, as `http://host:port`.
pub const REST: &str = "FLOW_FLINK_REST";
/// The variable that says where the SQL Gateway is, as `http://host:port`.
pub const GATEWAY: &str = "FLOW_FLINK_GATEWAY";

/// Where a cluster is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlinkAddress {
    /// The SQL Gateway, as `http://host:port`.
    pub gateway: String,
    /// The REST API and the pages, as `http://host:port`.
    pub rest: String,
}

/// What Flink's own scripts open of the JVM, each in `java.base`.
const OPENS: &[&str] = &[
    "java.lang",
    "java.net",
    "java.io",
    "java.nio",
    "sun.nio.ch",
    "java.lang.reflect",
    "java.text",
    "java.time",
    "java.util",
    "java.util.concurrent",
    "java.util.concurrent.atomic",
    "java.util.concurrent.locks",
];

const LOGGING: &str = "\
rootLogger.level=info
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %m (%c)%n
";

pub(crate) fn jars() -> Jars {
    let parts = "clients runtime-web table-api-java-uber table-planner-loader table-runtime sql-gateway csv json \
                 connector-files statebackend-rocksdb";
    let mut artifacts: Vec<String> =
        parts.split_whitespace().map(|part| format!("org.apache.flink:flink-{part}:{VERSION}")).collect();
    artifacts.push(format!("org.apache.flink:flink-sql-connector-kafka:{KAFKA_CONNECTOR}"));
    for part in ["slf4j-impl", "core"] {
        artifacts.push(format!("org.apache.logging.log4j:log4j-{part}:2.24.3"));
    }
    Jars { name: "flink", version: VERSION, artifacts, also: |_| Ok(()) }
}

/// Writes the configuration of a cluster that was never started.
pub(crate) fn prepare(folder: &Path) -> Result<Addresses> {
    let [rest, rpc, gateway] = ports::free::<3>()?;
    let conf = folder.join("conf");
    for made in [&conf, &folder.join("tmp")] {
        fs::create_dir_all(made).map_err(Error::at(made))?;
    }
    let at = folder.display();
    // Two heartbeats that nobody takes, and a TaskManager that was killed does not count any more.
    let config = format!(
        "jobmanager.rpc.address: 127.0.0.1\njobmanager.rpc.port: {rpc}\njobmanager.bind-host: 127.0.0.1\n\
         taskmanager.bind-host: 127.0.0.1\ntaskmanager.host: 127.0.0.1\n\
         rest.address: 127.0.0.1\nrest.bind-address: 127.0.0.1\nrest.port: {rest}\n\
         sql-gateway.endpoint.rest.address: 127.0.0.1\nsql-gateway.endpoint.rest.port: {gateway}\n\
         {PROPERTIES}heartbeat.interval: 2s\nio.tmp.dirs: {at}/tmp\n\
         execution.checkpointing.dir: file://{at}/checkpoints\n"
    );
    for (name, text) in [("config.yaml", config.as_str()), ("log4j2.properties", LOGGING)] {
        let path = conf.join(name);
        fs::write(&path, text).map_err(Error::at(&path))?;
    }
    let page = |port: u16| format!("http://127.0.0.1:{port}");
    Ok(Addresses::from([(REST.to_owned(), page(rest)), (GATEWAY.to_owned(), page(gateway))]))
}

/// One of its processes.
pub(crate) fn command(part: &str, jars: &Path, folder: &Path) -> Result<Command> {
    let conf = folder.join("conf");
    let mut command = java(part, jars, folder);
    match part {
        "jobmanager" => {
            let class = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
            command.arg("-Xmx448m").arg(class).arg("-c").arg(&conf);
        }
        "taskmanager" => {
            let (jvm, settings) = memory(jars, folder)?;
            command.args(jvm.split_whitespace());
            command.arg("org.apache.flink.runtime.taskexecutor.TaskManagerRunner").arg("--configDir").arg(&conf);
            command.args(settings.split_whitespace());
        }
        _ => {
            command.arg("-Xmx512m").arg("org.apache.flink.table.gateway.SqlGateway");
            command.arg("-Dsql-gateway.endpoint.rest.address=127.0.0.1");
            command.env("FLINK_CONF_DIR", &conf).env("FLINK_LIB_DIR", jars.join("libs"));
        }
    }
    Ok(command)
}

/// The TaskManager's JVM options, and its settings, as Flink reckons them from its configuration.
fn memory(jars: &Path, folder: &Path) -> Result<(String, String)> {
    let mut tool = java("taskmanager-memory", jars, folder);
    tool.arg("org.apache.flink.runtime.util.bash.BashJavaUtils").args(["GET_TM_RESOURCE_PARAMS", "-c"]);
    let said = maven::output(tool.arg(folder.join("conf")))?;
    let mut lines =
        said.lines().filter_map(|line| line.split_once("BASH_JAVA_UTILS_EXEC_RESULT:")).map(|(_, found)| found);
    match (lines.next(), lines.next()) {
        (Some(jvm), Some(settings)) => Ok((jvm.to_owned(), settings.to_owned())),
        _ => Err(Error::new(format!("Flink did not say how its TaskManager is to be started:\n{said}"))),
    }
}

fn java(part: &str, jars: &Path, folder: &Path) -> Command {
    let mut command = Command::new("java");
    for export in ["java.base/sun.net.util", "java.rmi/sun.rmi.registry"] {
        command.arg(format!("--add-exports={export}=ALL-UNNAMED"));
    }
    command.args(OPENS.iter().map(|open| format!("--add-opens=java.base/{open}=ALL-UNNAMED")));
    command.arg(format!("-Dlog4j2.configurationFile={}", folder.join("conf/log4j2.properties").display()));
    // Flink's pages show this file.
    command.arg(format!("-Dlog.file={}", folder.join(part).with_extension("log").display()));
    command.arg("-cp").arg(jars.join("libs").join("*")).current_dir(folder);
    command
}

/// Whether a part does its work: the REST API answers, all slots are there, the gateway answers.
pub(crate) fn ready(part: &str, addresses: &Addresses) -> std::result::Result<(), String> {
    let address = |name: &str| addresses.get(name).map_or("", String::as_str);
    match part {
        "jobmanager" => http::get(address(REST), "/overview").map(|_| ()),
        "taskmanager" => {
            let slots = http::get(address(REST), "/overview")?["slots-total"].as_u64();
            if slots == Some(SLOTS) {
                Ok(())
            } else {
                Err(format!("{} of {SLOTS} slots are there", slots.unwrap_or(0)))
            }
        }
        _ => http::get(address(GATEWAY), "/v1/info").map(|_| ()),
    }
}
