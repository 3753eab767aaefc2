//! The client's options, for the loops: those that `flow-kafka` gives it.

use rdkafka::ClientConfig;

/// As `flow-kafka`'s source has it, for so many partitions.
pub(super) fn consumer(servers: &str, group: &str, partitions: i32, bounded: bool) -> ClientConfig {
    let mut config = ClientConfig::new();
    let half = 64 * 1024 / partitions.max(1) / 2;
    for (name, value) in [
        ("bootstrap.servers", servers),
        ("client.id", "hand"),
        ("group.id", group),
        ("isolation.level", "read_committed"),
        ("auto.offset.reset", "earliest"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("allow.auto.create.topics", "false"),
        ("enable.partition.eof", if bounded { "true" } else { "false" }),
        ("fetch.wait.max.ms", if bounded { "50" } else { "500" }),
        ("reconnect.backoff.max.ms", "1000"),
        ("fetch.queue.backoff.ms", "10"),
        ("statistics.interval.ms", "5000"),
        ("max.poll.interval.ms", "300000"),
        ("partition.assignment.strategy", "cooperative-sticky"),
        ("session.timeout.ms", "30000"),
        ("heartbeat.interval.ms", "3000"),
        ("queued.max.messages.kbytes", &half.to_string()),
        ("fetch.message.max.bytes", &(half * 1024).clamp(16 * 1024, 1024 * 1024).to_string()),
    ] {
        config.set(name, value);
    }
    config
}

/// As `flow-kafka`'s sink has it.
pub(super) fn producer(servers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    for (name, value) in [
        ("bootstrap.servers", servers),
        ("client.id", "hand"),
        ("enable.idempotence", "true"),
        ("acks", "all"),
        ("partitioner", "murmur2_random"),
        ("linger.ms", "5"),
        ("batch.size", "1000000"),
        ("compression.type", "lz4"),
        ("queue.buffering.max.messages", "100000"),
        ("queue.buffering.max.kbytes", "65536"),
        ("reconnect.backoff.max.ms", "1000"),
        ("statistics.interval.ms", "5000"),
    ] {
        config.set(name, value);
    }
    config
}
