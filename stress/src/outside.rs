//! What Kafka's own tools and `redis-cli` say.

use flow_services::{Error, KafkaTools, RedisTools, Result};

/// The offset of the next record of each partition, in their order.
pub(crate) fn end_offsets(kafka: &KafkaTools, topic: &str) -> Result<Vec<u64>> {
    let said = kafka.java("org.apache.kafka.tools.GetOffsetShell", &["--topic", topic])?;
    parse_offsets(&said, topic).ok_or_else(|| Error::new(format!("GetOffsetShell said: {said}")))
}

/// How many records of a topic a group has committed, in all partitions.
pub(crate) fn committed(kafka: &KafkaTools, group: &str, topic: &str) -> Result<u64> {
    let said = kafka.describe_group(group)?;
    parse_committed(&said, topic).ok_or_else(|| Error::new(format!("kafka-consumer-groups said: {said}")))
}

/// What a counter has come to.
pub(crate) fn counter(redis: &RedisTools, key: &str) -> Result<u64> {
    let said = redis.cli(&["GET", key])?;
    said.trim().parse().map_err(|_| Error::new(format!("redis-cli said: {}", said.trim())))
}

/// The lines as `topic:partition:offset`, among others that the tool logs.
fn parse_offsets(said: &str, topic: &str) -> Option<Vec<u64>> {
    let line = |line: &str| {
        let (partition, offset) = line.strip_prefix(topic)?.strip_prefix(':')?.trim().split_once(':')?;
        Some((partition.parse::<u32>().ok()?, offset.parse::<u64>().ok()?))
    };
    let mut offsets: Vec<_> = said.lines().filter_map(line).collect();
    offsets.sort_unstable();
    let whole = !offsets.is_empty() && offsets.iter().zip(0..).all(|((partition, _), at)| *partition == at);
    whole.then(|| offsets.into_iter().map(|(_, offset)| offset).collect())
}

/// The sum of the fourth column, of the lines about a topic: group, topic, partition, committed, end, lag.
fn parse_committed(said: &str, topic: &str) -> Option<u64> {
    let rows = said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let committed = rows.filter(|row| row.get(1) == Some(&topic)).map(|row| row.get(3)?.parse::<u64>().ok());
    committed.sum()
}

#[cfg(test)]
mod tests {
    use super::{parse_committed, parse_offsets};

    #[test]
    fn offsets_are_read() {
        assert_eq!(parse_offsets("12:00:01 INFO x\nt:1:20\nu:7:7\nt:0:10\n", "t"), Some(vec![10, 20]));
        assert_eq!(parse_offsets("t:0:10\nt:2:20\n", "t"), None, "a partition is missing");
        assert_eq!(parse_offsets("Error: no topic\n", "t"), None);
    }

    #[test]
    fn what_a_group_has_committed_is_read() {
        let table = "\nGROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST CLIENT-ID\n\
            g t 0 10 11 1 - - -\ng t 1 5 5 0 - - -\ng u 0 7 7 0 - - -\n";
        assert_eq!(parse_committed(table, "t"), Some(15));
        assert_eq!(parse_committed("g t 0 - 11 - - - -", "t"), None, "never committed");
    }
}
