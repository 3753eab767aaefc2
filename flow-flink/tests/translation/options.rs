//! What is said of a topic, and of the job, as Flink's options.

use flow::ir::Ir;
use flow_flink::{Options, to_flink_sql};
use serde_json::{Value, json};

/// The script of a pipeline from a topic to another, of which this is said too.
fn script(source: &Value, metadata: &Value) -> String {
    let schema = json!([{ "name": "id", "type": "BIGINT" }, { "name": "at", "type": "EPOCH_MILLIS" }]);
    let topic = |name: &str| json!({ "type": "kafka", "name": name, "bootstrapServers": "k:9092", "format": "json", "schema": schema });
    let mut document = json!({
        "irVersion": "1",
        "metadata": { "jobName": "options", "parallelism": 3 },
        "source": topic("orders"),
        "operations": [],
        "sink": topic("out"),
    });
    document["sink"]["topic"] = json!("out");
    for (place, more) in [("source", source), ("metadata", metadata)] {
        document[place].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    }
    let ir = Ir::from_json(&document.to_string()).unwrap_or_else(|error| panic!("{error}"));
    to_flink_sql(&ir, &Options::default()).unwrap_or_else(|error| panic!("{error}")).to_string()
}

#[test]
fn each_setting_of_a_source_has_its_options() {
    let check = |source: Value, said: &[&str]| {
        let script = script(&source, &json!({}));
        let table = script.split("CREATE TEMPORARY TABLE `out`").next().unwrap();
        let options: Vec<&str> = table.lines().map(|line| line.trim().trim_end_matches(',')).collect();
        said.iter().for_each(|option| assert!(options.contains(option), "{option}: {table}"));
    };
    check(json!({ "topic": "a" }), &["'topic' = 'a'", "'scan.startup.mode' = 'earliest-offset'"]);
    check(
        json!({ "topic": "a", "groupId": "it's", "startingOffsets": "group" }),
        &[
            "'properties.group.id' = 'it''s'",
            "'scan.startup.mode' = 'group-offsets'",
            "'properties.auto.offset.reset' = 'earliest'",
        ],
    );
    check(
        json!({ "topics": ["a", "b"], "startingOffsets": "latest", "endingOffsets": "latest" }),
        &["'topic' = 'a;b'", "'scan.startup.mode' = 'latest-offset'", "'scan.bounded.mode' = 'latest-offset'"],
    );
    check(
        json!({ "topicPattern": "^a", "startingOffsets": "timestamp", "startingTimestampMs": 7 }),
        &["'topic-pattern' = '^a'", "'scan.startup.mode' = 'timestamp'", "'scan.startup.timestamp-millis' = '7'"],
    );
    check(
        json!({ "topic": "a", "startingOffsets": { "a": { "0": 42, "3": 1 } } }),
        &[
            "'scan.startup.mode' = 'specific-offsets'",
            "'scan.startup.specific-offsets' = 'partition:0,offset:42;partition:3,offset:1'",
            "'properties.commit.offsets.on.checkpoint' = 'false'",
        ],
    );
    // Flink asks for a group's offsets in the partitions that are not named, and fails without a group.
    check(
        json!({ "topic": "a", "startingOffsets": { "a": { "0": 42 } }, "groupId": "g" }),
        &["'properties.group.id' = 'g'", "'scan.startup.specific-offsets' = 'partition:0,offset:42'"],
    );
    check(
        json!({ "topic": "a", "properties": { "fetch.wait.max.ms": "5", "isolation.level": "read_uncommitted", "security.protocol": "sasl_ssl" } }),
        &[
            "'properties.fetch.max.wait.ms' = '5'",
            "'properties.isolation.level' = 'read_uncommitted'",
            "'properties.security.protocol' = 'SASL_SSL'",
        ],
    );
    check(
        json!({ "topic": "a", "watermark": { "field": "at", "delayMs": 0 } }),
        &["'scan.watermark.emit.strategy' = 'on-event'", "WATERMARK FOR `$time` AS `$time` - INTERVAL '0.001' SECOND"],
    );
    // The client puts it in, name and password.
    check(
        json!({ "topic": "a", "needs": ["sasl.username", "sasl.password"], "properties": { "sasl.mechanism": "PLAIN" } }),
        &[
            "'properties.sasl.jaas.config' = '${secret:orders:properties.sasl.jaas.config}'",
            "'properties.sasl.mechanism' = 'PLAIN'",
        ],
    );
}

/// A task without a partition would hold the time back for ever.
#[test]
fn what_does_not_end_is_read_by_one_task_unless_it_is_said() {
    let check = |source: Value, metadata: Value, tasks: Option<&str>| {
        let script = script(&source, &metadata);
        let said = script.lines().find_map(|line| line.trim().strip_prefix("'scan.parallelism' = "));
        assert_eq!(said.map(|tasks| tasks.trim_matches(['\'', ','])), tasks, "{script}");
    };
    let timed = |more: Value| {
        let mut source = json!({ "topic": "a", "watermark": { "field": "at", "delayMs": 0 } });
        source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        source
    };
    check(timed(json!({})), json!({}), Some("1"));
    check(timed(json!({ "parallelism": 2 })), json!({}), Some("2"));
    check(timed(json!({ "parallelism": 2 })), json!({ "idleTimeoutMs": 1000 }), Some("2"));
    check(timed(json!({})), json!({ "parallelism": 1 }), None);
    check(timed(json!({})), json!({ "idleTimeoutMs": 1000 }), None);
    check(timed(json!({ "endingOffsets": "latest" })), json!({}), None);
    check(json!({ "topic": "a" }), json!({}), None);
}

#[test]
fn what_is_said_of_the_job_is_set() {
    let metadata = json!({
        "idleTimeoutMs": 30_000,
        "properties": { "flink.execution.checkpointing.interval": "5 s", "flink.state.backend.type": "rocksdb", "team": "sales" }
    });
    let script = script(&json!({ "topic": "a" }), &metadata);
    for said in [
        "SET 'parallelism.default' = '3';",
        "SET 'table.exec.source.idle-timeout' = '30000 ms';",
        "SET 'execution.checkpointing.interval' = '5 s';",
        "SET 'state.backend.type' = 'rocksdb';",
    ] {
        assert!(script.contains(said), "{script}");
    }
    assert!(!script.contains("sales"));
}
