//! What goes wrong outside: after each, every input is in the output or in the dead letters.

use crate::support::{Log, PATIENCE, Seen, Topic, client, texts, until};
use flow::connector::Message;
use flow::prelude::*;
use flow_kafka::{Kafka, KafkaSource, Secret};
use flow_services::{KafkaOptions, KafkaTools, OwnKafka, unique};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

#[derive(Debug, Serialize, Deserialize)]
struct Row {
    id: i64,
    text: String,
}

fn copy(from: flow_kafka::KafkaSource, to: flow_kafka::KafkaSink) -> Pipeline {
    let pipeline = Pipeline::new("copy");
    pipeline.source(from.string()).sink(to.string());
    pipeline
}

/// What a pipeline that fails says.
fn failure(pipeline: Pipeline) -> String {
    let start = Instant::now();
    let error = pipeline.run_blocking().expect_err("it fails").to_string();
    assert!(start.elapsed() < PATIENCE, "after {:?}: {error}", start.elapsed());
    error
}

fn check(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
}

#[test]
fn a_broker_that_comes_later_is_waited_for() {
    let broker = OwnKafka::start().unwrap();
    let (from, to) = (Topic::at(broker.address(), "from", 2), Topic::at(broker.address(), "to", 2));
    from.produce(texts(0..10));
    broker.stop().unwrap();
    let log = Log::listen();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| copy(from.source().until_end(), to.sink()).run_blocking());
        let waits =
            || log.has(&["WARN", "waiting for Kafka at", broker.address()]).then_some(()).ok_or_else(String::new);
        flow_services::until("a line that says what is waited for", PATIENCE, waits).unwrap();
        assert!(!running.is_finished());
        broker.start_again().unwrap();
        running.join().unwrap().unwrap();
    });
    assert_eq!(to.texts(), texts(0..10));
}

#[test]
fn a_broker_that_never_comes_is_named() {
    let broker = OwnKafka::reserve().unwrap();
    let wait = Duration::from_secs(3);
    let from = Kafka::topic("any").servers(broker.address()).wait_for_servers(wait);
    let (_, sink) = sinks::collect();
    let pipeline = Pipeline::new("never");
    pipeline.source(from.string()).sink(sink);
    check(&failure(pipeline), &[broker.address(), "did not answer within 3 s", "wait_for_servers"]);
    let pipeline = Pipeline::new("never");
    let to = Kafka::to("any").servers(broker.address()).wait_for_servers(wait);
    pipeline.source(sources::iter([1])).sink(to.string());
    check(&failure(pipeline), &[broker.address(), "did not answer within 3 s"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_and_comes_again_loses_nothing() {
    let broker = OwnKafka::start().unwrap();
    let servers = broker.address().to_owned();
    let (from, to) = (Topic::at(&servers, "from", 4), Topic::at(&servers, "to", 4));
    let group = unique("group");
    from.produce(texts(0..2000));
    let job = copy(from.source().group(&group), to.sink()).start().await.unwrap();
    let written = |count: u64| {
        let job = &job;
        move || job.metrics().stages.iter().any(|stage| stage.kind == "sink" && stage.counts.entered >= count)
    };
    until("rows are written", written(1)).await;
    broker.kill().unwrap();
    broker.start_again().unwrap();
    from.produce(texts(2000..4000));
    until("the rest is written", written(4000)).await;
    broker.kill().unwrap();
    broker.start_again().unwrap();
    from.produce(texts(4000..5000));
    until("the rest is written", written(5000)).await;
    job.stop();
    assert!(job.wait().await.unwrap().is_balanced());
    let seen: BTreeSet<_> = to.texts().into_iter().collect();
    assert_eq!(seen, texts(0..5000).into_iter().collect());
    assert_eq!(from.committed(&group), [1250; 4]);
}

#[test]
fn a_topic_that_is_not_there_is_named() {
    // Others make a topic that somebody asks for.
    let broker = OwnKafka::with(KafkaOptions::new().property("auto.create.topics.enable", "false")).unwrap();
    let topic = Topic::at(broker.address(), "there", 1);
    topic.produce(["1"]);
    let missing = unique("missing");
    let from = Kafka::topic(&missing).servers(&topic.servers);
    check(&failure(copy(from, topic.sink())), &["source", &missing, "Unknown topic", "create the topic"]);
    let to = Kafka::to(&missing).servers(&topic.servers);
    check(&failure(copy(topic.source(), to)), &["sink", &missing, "Unknown topic", "create the topic"]);
    // A topic that a row has chosen.
    let chosen = missing.clone();
    let pipeline = Pipeline::new("chosen");
    let to = topic.sink().option("message.timeout.ms", "5000").option("topic.metadata.propagation.max.ms", "1000");
    pipeline.source(sources::iter([1])).sink(to.string().topic_by(move |_| chosen.clone()));
    check(&failure(pipeline), &["sink", &missing, "Unknown topic"]);
}

#[test]
fn a_right_that_is_missing_is_named() {
    let broker = OwnKafka::with(KafkaOptions::new().user("ann", "correct horse").authorized()).unwrap();
    let topic = Topic::at(broker.address(), "guarded", 1);
    topic.produce(["1"]);
    let password = || Secret::new("correct horse");
    let from = |password| {
        Kafka::topic(&topic.name)
            .servers(broker.user_address())
            .option("security.protocol", "sasl_plaintext")
            .option("sasl.mechanism", "PLAIN")
            .option("sasl.username", "ann")
            .secret("sasl.password", password)
            .until_end()
    };
    let to = || {
        Kafka::to(&topic.name)
            .servers(broker.user_address())
            .option("security.protocol", "sasl_plaintext")
            .option("sasl.mechanism", "PLAIN")
            .option("sasl.username", "ann")
            .secret("sasl.password", password())
    };
    let check = |pipeline, parts: &[&str]| {
        let error = failure(pipeline);
        check(&error, parts);
        assert!(!error.contains("horse"), "{error}");
    };
    let other = Topic::new("other", 1);
    check(copy(from(Secret::new("wrong horse")), other.sink()), &["source", "uthentication"]);
    check(copy(from(password()), other.sink()), &["source", &topic.name, "authorization failed", "READ"]);
    check(copy(other.source(), to()), &["sink", &topic.name, "authorization failed", "WRITE"]);
    let allow = |what: &[&str]| {
        let who = ["--add", "--allow-principal", "User:ann"];
        KafkaTools::at(broker.address()).java("org.apache.kafka.tools.AclCommand", &[&who, what].concat()).unwrap();
    };
    allow(&["--operation", "Describe", "--operation", "Read", "--topic", &topic.name]);
    check(copy(from(password()).group("guarded"), other.sink()), &["source", "Group authorization failed", "group"]);
    check(copy(from(password()), to()), &["sink", "authorization failed", "WRITE"]);
    allow(&["--operation", "All", "--topic", &topic.name]);
    allow(&["--operation", "Read", "--group", "guarded"]);
    copy(from(password()).group("guarded"), other.sink()).run_blocking().unwrap();
    assert_eq!(other.texts(), ["1"]);
}

#[test]
fn a_row_that_is_too_large_ends_the_job() {
    let topic = Topic::new("small", 1);
    let write = |to: flow_kafka::KafkaSink| {
        let pipeline = Pipeline::new("large");
        pipeline.source(sources::iter(["x".repeat(2_000_000)])).sink(to.string());
        failure(pipeline)
    };
    let wanted = [&*topic.name, "2000000 bytes", "Message size too large", "message.max.bytes"];
    check(&write(topic.sink()), &wanted);
    // The client takes it, and the broker does not. What is not packed is as large as it is.
    let large = topic.sink().option("message.max.bytes", "10000000").option("compression.type", "none");
    check(&write(large), &wanted);
    assert_eq!(topic.texts(), Vec::<String>::new());
}

#[test]
fn bad_values_go_to_the_dead_letters() {
    let (from, to, dead) = (Topic::new("mixed", 3), Topic::new("good", 2), Topic::new("dead", 2));
    let whole = |id: i64| serde_json::to_vec(&Row { id, text: String::new() }).unwrap();
    let bad: [(Option<&[u8]>, &str); 5] = [
        (Some(b"{\"id\":"), "EOF while parsing"),
        (Some(b"{\"id\":1,\"text\":\"\xff\"}"), "not UTF-8"),
        (Some(b"{}"), "missing field"),
        (Some(b""), "nothing in the value"),
        (None, "tombstone"),
    ];
    for id in 0..20_i64 {
        let value = bad.get(id as usize / 2).filter(|_| id % 2 == 1 && id < 10);
        from.produce_one(&Seen {
            partition: (id % 3) as i32,
            key: Some(format!("key {id}")),
            value: value.map_or(Some(whole(id)), |(value, _)| value.map(<[u8]>::to_vec)),
            headers: vec![("key".into(), "a header".into()), ("h".into(), id.to_string())],
            ..Seen::default()
        });
    }
    let good = pipeline! {
        name = "good";
        on_error = dead_letter(dead.sink().dead_letters());
        source::<Row>(from.source().group(unique("group")).until_end().json())
            -> sink(to.sink().json());
    };
    let report = good.run_blocking().unwrap();
    assert_eq!((report.dead_lettered(), report.written(), report.is_balanced()), (5, 15, true), "{report}");
    let before = from.read();
    let letters = dead.read();
    assert_eq!((to.read().len(), letters.len()), (15, 5));
    for letter in letters {
        let place = (letter.header("flow-partition").unwrap(), letter.header("flow-offset").unwrap());
        let original = before.iter().find(|it| (&*it.partition.to_string(), &*it.offset.to_string()) == place).unwrap();
        assert_eq!((&letter.key, &letter.value), (&original.key, &original.value));
        assert_eq!(letter.headers[..2], original.headers);
        let (_, reason) = bad.iter().find(|(value, _)| *value == original.value.as_deref()).unwrap();
        check(letter.header("flow-reason").unwrap(), &[reason]);
        assert_eq!(letter.header("flow-topic"), Some(&*from.name));
        assert_eq!((letter.header("flow-stage"), letter.header("flow-attempts")), (Some("source"), Some("1")));
        assert!(letter.header("flow-time").unwrap().ends_with('Z'));
    }
}

#[test]
fn large_values_pass() {
    let (from, to) = (Topic::new("large", 2), Topic::new("copies", 2));
    let large = |id: i64| format!("{id:02}") + &"x".repeat(1_000_000);
    from.produce((0..20).map(large));
    // Less than one record, for both partitions.
    let source = from.source().until_end().option("queued.max.messages.kbytes", "500");
    copy(source, to.sink().option("message.max.bytes", "1048000")).run_blocking().unwrap();
    assert_eq!(to.texts(), Vec::from_iter((0..20).map(large)));
}

/// Many hostile payloads: no panic, and each is somewhere.
#[test]
fn hostile_messages_are_counted() {
    let topic = Topic::new("hostile", 4);
    let producer: BaseProducer = client(&topic.servers).create().unwrap();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut dice = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 33
    };
    for n in 0..5000_u64 {
        let length = dice() as usize % 50;
        let value: Vec<u8> = (0..length).map(|_| b"{}[]\":,0e-\\\xff\xc3n"[dice() as usize % 14]).collect();
        let record = BaseRecord::<[u8], [u8]>::to(&topic.name).partition((n % 4) as i32).payload(&value).key(&value);
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
    let pipeline = Pipeline::new("hostile");
    pipeline.on_error(OnError::Skip);
    let (rows, sink) = sinks::collect();
    let source = topic.source().until_end().json::<serde_json::Value>().with_metadata();
    pipeline.source(source).map(|message: Message<_>| message.metadata.offset).sink(sink);
    let report = pipeline.run_blocking().unwrap();
    assert!(report.is_balanced(), "{report}");
    assert_eq!(report.skipped() + rows.take().len() as u64, 5000);
}

#[test]
fn a_header_that_cannot_be_kept_is_not_lost_in_silence() {
    let topic = Topic::new("headers", 1);
    let mut name = b"\xffname=".to_vec();
    name.extend(b"precious");
    let mut kcat = Command::new("kcat");
    kcat.args(["-b", &topic.servers, "-P", "-t", &topic.name, "-H", "good=1", "-H"]).arg(OsStr::from_bytes(&name));
    let mut kcat = kcat.stdin(Stdio::piped()).spawn().unwrap();
    kcat.stdin.take().unwrap().write_all(b"7\n").unwrap();
    assert!(kcat.wait().unwrap().success());
    let reason = "a header's name is not UTF-8";
    let letters = |source: fn(KafkaSource, &Pipeline)| {
        let dead = Topic::new("dead", 1);
        let pipeline = Pipeline::new("headers");
        pipeline.on_error(OnError::dead_letter(dead.sink().dead_letters()));
        source(topic.source().until_end(), &pipeline);
        let report = pipeline.run_blocking().unwrap();
        assert!(report.is_balanced(), "{report}");
        dead.read()
    };
    // Who asks for no header misses none.
    assert!(letters(|source, pipeline| drop(pipeline.source(source.string()).sink(sinks::null()))).is_empty());
    let asked = [
        letters(|source, pipeline| drop(pipeline.source(source.string().with_metadata()).sink(sinks::null()))),
        letters(|source, pipeline| {
            let source = source.decode(|raw| Ok::<_, String>(raw.header("good").map(<[u8]>::to_vec)));
            drop(pipeline.source(source).sink(sinks::null()));
        }),
        letters(|source, pipeline| drop(pipeline.source(source.json::<Row>()).sink(sinks::null()))),
    ];
    for letters in asked {
        let [letter] = &letters[..] else { panic!("{letters:?}") };
        assert_eq!((letter.text(), letter.header("good")), ("7".into(), Some("1")));
        check(letter.header("flow-reason").unwrap(), &[reason]);
    }
    let pipeline = Pipeline::new("headers");
    pipeline.source(topic.source().until_end().string().with_metadata()).sink(sinks::null());
    check(&failure(pipeline), &[reason, &format!("{}/0 at 0", topic.name), "on_error"]);
}
