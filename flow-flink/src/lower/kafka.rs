//! Topics of Kafka.

use super::endpoints::{Options, option, text, with_format};
use super::program::Lowering;
use crate::script::placeholder;
use crate::support::Limit;
use crate::translate::Delivery;
use flow::ir::document::Endpoint;
use serde_json::Value as Json;

/// Options of librdkafka and what they are called in the client that Flink has, where they mean the same.
const PROPERTIES: &[(&str, &str)] = &[
    ("batch.size", "batch.size"),
    ("client.id", "client.id"),
    ("client.rack", "client.rack"),
    ("compression.codec", "compression.type"),
    ("compression.type", "compression.type"),
    ("fetch.max.bytes", "fetch.max.bytes"),
    ("fetch.message.max.bytes", "max.partition.fetch.bytes"),
    ("fetch.min.bytes", "fetch.min.bytes"),
    ("fetch.wait.max.ms", "fetch.max.wait.ms"),
    ("isolation.level", "isolation.level"),
    ("linger.ms", "linger.ms"),
    ("max.partition.fetch.bytes", "max.partition.fetch.bytes"),
    ("message.max.bytes", "max.request.size"),
    ("queue.buffering.max.ms", "linger.ms"),
    ("request.timeout.ms", "request.timeout.ms"),
    ("sasl.mechanism", "sasl.mechanism"),
    ("sasl.mechanisms", "sasl.mechanism"),
    ("security.protocol", "security.protocol"),
];
/// How long a transaction may stay open: what a broker permits unless it is told otherwise is 15 minutes.
const TRANSACTION_MS: &str = "600000";

impl Lowering<'_> {
    pub(super) fn kafka_source(&mut self, endpoint: &Endpoint, timed: bool, format: &Options) -> Options {
        let known =
            ["topic", "topics", "topicPattern", "groupId", "startingOffsets", "startingTimestampMs", "endingOffsets"];
        self.only(endpoint, &[&known[..], &COMMON].concat());
        let mut options = vec![option("connector", "kafka")];
        match (endpoint.options.get("topics"), endpoint.options.get("topicPattern")) {
            (Some(Json::Array(topics)), _) => {
                let names: Vec<&str> = topics.iter().filter_map(Json::as_str).collect();
                options.push(option("topic", names.join(";")));
            }
            (_, Some(pattern)) => options.push(option("topic-pattern", pattern.as_str().unwrap_or_default())),
            _ => options.push(option("topic", text(endpoint, "topic"))),
        }
        if endpoint.options.contains_key("groupId") {
            options.push(option("properties.group.id", text(endpoint, "groupId")));
        }
        options.push(option("properties.isolation.level", "read_committed"));
        options.push(option("properties.auto.offset.reset", "earliest"));
        self.properties(endpoint, &mut options);
        self.starting(endpoint, &mut options);
        match endpoint.options.get("endingOffsets") {
            None => {}
            Some(Json::String(end)) if end == "latest" => options.push(option("scan.bounded.mode", "latest-offset")),
            // Flink reads the partitions that are not named for ever.
            Some(_) => self.refuse(Limit::EndpointOption, "`endingOffsets` by partition"),
        }
        if timed {
            options.push(option("scan.watermark.emit.strategy", "on-event"));
        }
        if let Some(tasks) = self.reading_tasks(endpoint, timed) {
            options.push(option("scan.parallelism", tasks.to_string()));
        }
        with_format(&mut options, "format", format);
        options.push(option("json.fail-on-missing-field", "false"));
        options.push(option("json.ignore-parse-errors", "false"));
        options
    }

    /// In how many tasks a source reads, where it is not as many as the job has. A task that has no partition tells those behind it no time
    /// until it ends or is idle, so what neither ends nor has an idle timeout is read by one task: a topic has at least one partition, and
    /// how many more is not known here.
    fn reading_tasks(&self, endpoint: &Endpoint, timed: bool) -> Option<usize> {
        let metadata = &self.program.metadata;
        let waits = timed && !endpoint.options.contains_key("endingOffsets") && metadata.idle_timeout_ms.is_none();
        endpoint.parallelism.or((waits && metadata.parallelism > 1).then_some(1))
    }

    fn starting(&mut self, endpoint: &Endpoint, options: &mut Options) {
        let mode = |mode: &str| option("scan.startup.mode", mode);
        match endpoint.options.get("startingOffsets") {
            Some(Json::String(start)) if start == "latest" => options.push(mode("latest-offset")),
            Some(Json::String(start)) if start == "earliest" => options.push(mode("earliest-offset")),
            Some(Json::String(start)) if start == "timestamp" => {
                let at = endpoint.options.get("startingTimestampMs").and_then(Json::as_i64).unwrap_or_default();
                options.extend([mode("timestamp"), option("scan.startup.timestamp-millis", at.to_string())]);
            }
            Some(Json::Object(topics)) => match topics.iter().next() {
                Some((topic, Json::Object(partitions))) if topics.len() == 1 && *topic == text(endpoint, "topic") => {
                    let place =
                        |(partition, offset): (&String, &Json)| format!("partition:{partition},offset:{offset}");
                    let places: Vec<String> = partitions.iter().map(place).collect();
                    options
                        .extend([mode("specific-offsets"), option("scan.startup.specific-offsets", places.join(";"))]);
                    if !endpoint.options.contains_key("groupId") {
                        // Flink asks where a group has come to with the other partitions, and fails when it knows of none.
                        let metadata = &self.program.metadata;
                        let nobody = format!("{}-{}-{}", metadata.job_name, self.part.stage, metadata.job_id);
                        options.push(option("properties.group.id", nobody));
                        options.push(option("properties.commit.offsets.on.checkpoint", "false"));
                    }
                }
                _ => self.refuse(Limit::EndpointOption, "`startingOffsets` of several topics"),
            },
            // Without a group there is no place that it had come to.
            _ if endpoint.options.contains_key("groupId") => options.push(mode("group-offsets")),
            _ => options.push(mode("earliest-offset")),
        }
    }

    pub(super) fn kafka_sink(&mut self, endpoint: &Endpoint, format: &Options, upsert: bool) -> Options {
        self.only(endpoint, &[&["topic"][..], &COMMON].concat());
        let connector = if upsert { "upsert-kafka" } else { "kafka" };
        let mut options = vec![option("connector", connector), option("topic", text(endpoint, "topic"))];
        self.properties(endpoint, &mut options);
        match self.options.delivery {
            Delivery::AtLeastOnce => options.push(option("sink.delivery-guarantee", "at-least-once")),
            Delivery::ExactlyOnce => {
                let metadata = &self.program.metadata;
                let prefix = format!("{}-{}-{}", metadata.job_name, self.part.stage, metadata.job_id);
                options.push(option("sink.delivery-guarantee", "exactly-once"));
                options.push(option("sink.transactional-id-prefix", prefix));
                options.push(option("properties.transaction.timeout.ms", TRANSACTION_MS));
            }
        }
        if let Some(tasks) = endpoint.parallelism {
            options.push(option("sink.parallelism", tasks.to_string()));
        }
        if upsert {
            options.push(option("key.format", "raw"));
            options.push(option("value.fields-include", "EXCEPT_KEY"));
            with_format(&mut options, "value.format", format);
            options.push(option("value.json.encode.decimal-as-plain-number", "true"));
        } else {
            options.push(option("sink.partitioner", "default"));
            with_format(&mut options, "format", format);
            options.push(option("json.encode.decimal-as-plain-number", "true"));
        }
        options
    }

    /// What is said of the client. What a program gives comes over what is set here.
    fn properties(&mut self, endpoint: &Endpoint, options: &mut Options) {
        options.insert(2, option("properties.bootstrap.servers", text(endpoint, "bootstrapServers")));
        let given = endpoint.options.get("properties").and_then(Json::as_object);
        for (name, value) in given.into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            match PROPERTIES.iter().find(|(theirs, _)| theirs == name) {
                Some((_, java)) => {
                    let value = if name == "security.protocol" { value.to_uppercase() } else { value.to_owned() };
                    let key = format!("properties.{java}");
                    options.retain(|(known, _)| *known != key);
                    options.push((key, value));
                }
                None if name == "sasl.username" => {}
                None => self.refuse(Limit::EndpointOption, name),
            }
        }
        let needs = endpoint.options.get("needs").and_then(Json::as_array);
        for name in needs.into_iter().flatten().filter_map(Json::as_str) {
            match name {
                // The password stands in it, and the name beside it.
                "sasl.password" => {
                    let key = "properties.sasl.jaas.config";
                    options.push(option(key, placeholder(&self.part.stage, key)));
                }
                // It is no secret, but may be shown nowhere either.
                "sasl.username" => {}
                other => self.refuse(Limit::Secret, other),
            }
        }
    }
}

/// What sources and sinks have alike.
const COMMON: [&str; 3] = ["bootstrapServers", "properties", "needs"];
