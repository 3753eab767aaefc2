//! What Kafka's client is set to where a program says nothing: for who wants the same client without a pipeline, as to compare the two.

/// How much the client of a source holds, in kilobytes.
pub(crate) const HELD: u64 = 64 * 1024;
/// How often the client of a source that ends says how far it has fetched.
pub(crate) const FIGURES: &str = "1000";

/// The options of a source's consumer, for so many partitions: of one that ends, or of one that goes on.
///
/// ```
/// let options = flow_kafka::defaults::source(3, false);
/// assert!(options.contains(&("isolation.level", "read_committed".to_owned())));
/// ```
#[must_use]
pub fn source(partitions: usize, ends: bool) -> Vec<(&'static str, String)> {
    let (queue, fetch) = memory(HELD, partitions);
    let memory = [("queued.max.messages.kbytes", queue), ("fetch.message.max.bytes", fetch)];
    let memory = memory.map(|(name, value)| (name, value.to_string()));
    let set = reading(ends).into_iter().chain(GROUP).map(|(name, value)| (name, value.to_owned()));
    set.chain(memory).collect()
}

/// The options of a sink's producer.
///
/// ```
/// assert!(flow_kafka::defaults::sink().contains(&("acks", "all".to_owned())));
/// ```
#[must_use]
pub fn sink() -> Vec<(&'static str, String)> {
    WRITING.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// What a source's promises rest on, and what makes it fast.
pub(crate) fn reading(ends: bool) -> [(&'static str, &'static str); 11] {
    [
        ("isolation.level", "read_committed"),
        ("auto.offset.reset", "earliest"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("allow.auto.create.topics", "false"),
        ("enable.partition.eof", if ends { "true" } else { "false" }),
        // The end of a partition is said with the answer to a fetch.
        ("fetch.wait.max.ms", if ends { "50" } else { "500" }),
        ("reconnect.backoff.max.ms", "1000"),
        // A partition that was read empty is asked for again at once, not after a second.
        ("fetch.queue.backoff.ms", "10"),
        ("statistics.interval.ms", if ends { FIGURES } else { "5000" }),
        ("max.poll.interval.ms", "300000"),
    ]
}

/// What a member says in the older protocol of groups; in the newer one the broker says it.
pub(crate) const GROUP: [(&str, &str); 3] = [
    ("partition.assignment.strategy", "cooperative-sticky"),
    ("session.timeout.ms", "30000"),
    ("heartbeat.interval.ms", "3000"),
];

/// What a sink's promises rest on, and what makes it fast.
pub(crate) const WRITING: &[(&str, &str)] = &[
    ("enable.idempotence", "true"),
    ("acks", "all"),
    // As Kafka's Java client chooses.
    ("partitioner", "murmur2_random"),
    ("linger.ms", "5"),
    ("batch.size", "1000000"),
    ("compression.type", "lz4"),
    ("queue.buffering.max.messages", "100000"),
    ("queue.buffering.max.kbytes", "65536"),
    ("reconnect.backoff.max.ms", "1000"),
    ("statistics.interval.ms", "5000"),
];

/// How many kilobytes the queue of each of so many partitions takes, and how many bytes a fetch, so that all together stay below `total` kilobytes. A
/// queue may be one fetch over its limit, so that half of a partition's part is for the fetch.
pub(crate) fn memory(total: u64, partitions: usize) -> (u64, u64) {
    let half = (total / partitions.max(1) as u64 / 2).max(1);
    (half, (half * 1024).clamp(16 * 1024, 1024 * 1024))
}
