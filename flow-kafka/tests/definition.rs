//! What is known of a source and a sink without a broker: their IR, their `Debug`, and what is refused.

use flow::prelude::*;
use flow_kafka::{Kafka, KafkaSink, KafkaSource, Secret};
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Debug, Record)]
struct Order {
    id: i64,
    amount: i64,
}

fn pipeline(from: KafkaSource, to: KafkaSink) -> Pipeline {
    pipeline! {
        name = "large-orders";
        portable;
        source::<Order>(from.json()) -> filter(|o| o.amount > 100) -> sink(to.json());
    }
}

#[test]
fn the_ir_names_what_another_engine_needs() {
    let from = Kafka::topic("orders").servers("a:9092,b:9092").group("billing").option("fetch.min.bytes", "1");
    let ir = pipeline(from.secret("sasl.password", Secret::new("horse")), Kafka::to("large").servers("c:9092"))
        .to_ir()
        .unwrap();
    let text = ir.to_json();
    insta::assert_snapshot!(text);
    assert_eq!(flow::ir::Ir::from_json(&text).unwrap().to_json(), text);
}

#[test]
fn each_setting_has_its_place_in_the_ir() {
    let check = |source: KafkaSource, wanted: serde_json::Value| {
        let described = match source.string().describe() {
            flow::connector::Endpoint::Described { kind, format, mut options } => {
                options.remove("bootstrapServers");
                assert_eq!((kind.as_str(), format.as_deref()), ("kafka", Some("string")));
                serde_json::to_value(options).unwrap()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(described, wanted);
    };
    use serde_json::json;
    check(Kafka::topic("a"), json!({"topic": "a", "startingOffsets": "group"}));
    check(Kafka::topics(["a", "b"]).from_latest(), json!({"topics": ["a", "b"], "startingOffsets": "latest"}));
    check(
        Kafka::pattern("^a").from_earliest().until_end(),
        json!({"topicPattern": "^a", "startingOffsets": "earliest", "endingOffsets": "latest"}),
    );
    check(
        Kafka::topic("a").from_timestamp(Timestamp::from_millis(7)),
        json!({"topic": "a", "startingOffsets": "timestamp", "startingTimestampMs": 7}),
    );
    check(
        Kafka::topic("a").from_offsets([("a", 0, 42), ("a", 3, 1)]).until_offsets([("a", 0, 50)]),
        json!({"topic": "a", "startingOffsets": {"a": {"0": 42, "3": 1}}, "endingOffsets": {"a": {"0": 50}}}),
    );
}

/// What is logged while something runs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_secret_comes_out_by_no_door() {
    const SECRET: &str = "correct-horse-battery";
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    // The client speaks on threads of its own.
    tracing::subscriber::set_global_default(subscriber).expect("no other test listens");
    let mut said = Vec::new();
    // As a secret; as an option that nobody knows to be one; and where the client refuses it, and says why.
    let options: [(&str, &[(&str, &str)]); 4] = [
        (
            "sasl.password",
            &[("security.protocol", "sasl_plaintext"), ("sasl.mechanism", "PLAIN"), ("sasl.username", "ann")],
        ),
        ("ssl.key.password", &[]),
        ("sasl.kerberos.kinit.cmd", &[]),
        ("security.protocol", &[]),
    ];
    for (name, others) in options {
        for hidden in [true, false] {
            let wait = std::time::Duration::from_millis(300);
            let mut from = Kafka::topic("t").servers("127.0.0.1:9").wait_for_servers(wait).option("debug", "all");
            let mut to = Kafka::to("t").servers("127.0.0.1:9").wait_for_servers(wait).option("debug", "all");
            for (name, value) in others {
                (from, to) = (from.option(*name, *value), to.option(*name, *value));
            }
            (from, to) = if hidden {
                (from.secret(name, Secret::new(SECRET)), to.secret(name, Secret::new(SECRET)))
            } else if name == "security.protocol" {
                // It may be shown: what is no secret is none.
                continue;
            } else {
                (from.option(name, SECRET), to.option(name, SECRET))
            };
            said.push(format!("{from:?} {to:?} {from:#?} {to:#?}"));
            said.push(format!("{:?} {:?}", from.clone().string().describe(), to.clone().string::<i64>().describe()));
            let both = pipeline(from.clone(), to.clone());
            said.push(both.to_ir().unwrap().to_json());
            said.push(both.explain().to_string());
            let pipeline = Pipeline::new("from");
            pipeline.source(from.string()).sink(sinks::null());
            said.push(pipeline.run_blocking().expect_err("nobody is there").to_string());
            let pipeline = Pipeline::new("to");
            pipeline.source(sources::iter([1])).sink(to.string());
            said.push(format!("{:?}", pipeline.run_blocking().expect_err("nobody is there")));
        }
    }
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("127.0.0.1:9"), "the client was heard");
    for text in said.iter().chain([&logged]) {
        assert!(!text.contains(SECRET), "{text}");
    }
    assert!(said.iter().any(|text| text.contains("sasl.password")), "its name may be known");
}

#[test]
fn options_that_would_break_a_promise_are_refused() {
    let check = |name: &str, value: &str, why: &str| {
        let from = Pipeline::new("from");
        from.source(Kafka::topic("t").option(name, value).string()).sink(sinks::null());
        let to = Pipeline::new("to");
        to.source(sources::iter([1])).sink(Kafka::to("t").option(name, value).string());
        let secret = Pipeline::new("secret");
        secret.source(Kafka::topic("t").secret(name, Secret::new(value)).string()).sink(sinks::null());
        for pipeline in [from, to, secret] {
            let error = pipeline.run_blocking().expect_err(name).to_string();
            assert!(error.contains(&format!("`{name}`")) && error.contains(why), "{error}");
        }
    };
    check("enable.auto.commit", "true", "effects");
    check("enable.auto.offset.store", "true", "effects");
    check("enable.idempotence", "false", "stays `true`");
    check("acks", "1", "stays `all`");
    check("auto.offset.reset", "latest", "from_latest");
    check("group.id", "g", ".group(");
    check("bootstrap.servers", "a:1", ".servers(");
    check("no.such.option", "1", "No such configuration property");
    check("linger.ms", "soon", "Invalid value");
    let pattern = Pipeline::new("pattern");
    pattern.source(Kafka::pattern("orders-.*").string()).sink(sinks::null());
    assert!(pattern.run_blocking().unwrap_err().to_string().contains("`^orders-.*`"));
}
