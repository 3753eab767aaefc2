//! The client's options, for the loops: those that `flow-kafka` gives it.

use flow_kafka::defaults;
use rdkafka::ClientConfig;

fn config(servers: &str, options: Vec<(&'static str, String)>) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers).set("client.id", "hand");
    for (name, value) in options {
        config.set(name, value);
    }
    config
}

/// As `flow-kafka`'s source has it, for so many partitions.
pub(super) fn consumer(servers: &str, group: &str, partitions: i32, bounded: bool) -> ClientConfig {
    let mut config = config(servers, defaults::source(partitions.unsigned_abs() as usize, bounded));
    config.set("group.id", group);
    config
}

/// As `flow-kafka`'s sink has it.
pub(super) fn producer(servers: &str) -> ClientConfig {
    config(servers, defaults::sink())
}
