//! What goes in comes out: values, keys, headers, times.

use crate::support::{Seen, Topic, collected, texts};
use flow::prelude::*;
use flow_kafka::{Headers, Raw};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: i64,
    region: String,
}

fn order(id: i64) -> Order {
    Order { id, region: ["north", "south"][id as usize % 2].to_owned() }
}

#[test]
fn rows_arrive_with_key_headers_and_time() {
    let topic = Topic::new("whole", 3);
    let sink = topic
        .sink()
        .json::<Order>()
        .key_by(|order| order.region.clone())
        .headers(|order, headers: &mut Headers| {
            headers.add("id", order.id);
            headers.add("twice", "a");
            headers.add("twice", "b");
        })
        .timestamp(|order| Timestamp::from_millis(1_700_000_000_000 + order.id));
    let pipeline = Pipeline::new("whole");
    pipeline.source(sources::iter((0..100).map(order))).sink(sink);
    pipeline.run_blocking().unwrap();
    let seen = topic.read();
    assert_eq!(seen.len(), 100);
    let mut ids = Vec::new();
    for message in &seen {
        let order: Order = serde_json::from_slice(message.value.as_ref().unwrap()).unwrap();
        assert_eq!(message.key.as_ref(), Some(&order.region));
        assert_eq!(message.time, Some(1_700_000_000_000 + order.id));
        assert_eq!(message.header("id").unwrap().as_bytes(), order.id.to_be_bytes());
        assert_eq!(message.headers[1..], [("twice".into(), "a".into()), ("twice".into(), "b".into())]);
        ids.push(order.id);
    }
    // One key, one partition, in order.
    for region in ["north", "south"] {
        let of: Vec<_> = seen.iter().filter(|message| message.key.as_deref() == Some(region)).collect();
        assert!(of.iter().all(|message| message.partition == of[0].partition));
    }
    ids.sort();
    assert_eq!(ids, Vec::from_iter(0..100));

    let read = collected(topic.source().until_end().json::<Order>().with_metadata());
    let mut of_reader: Vec<_> = read
        .iter()
        .map(|message| Seen {
            partition: message.metadata.partition as i32,
            offset: message.metadata.offset.unwrap() as i64,
            key: message.metadata.key.as_ref().map(|key| String::from_utf8(key.to_vec()).unwrap()),
            value: Some(serde_json::to_vec(&message.value).unwrap()),
            headers: message
                .metadata
                .headers
                .iter()
                .map(|(name, value)| {
                    (name.clone(), String::from_utf8_lossy(value.as_deref().unwrap_or_default()).into_owned())
                })
                .collect(),
            time: message.metadata.time.map(Timestamp::millis),
        })
        .collect();
    of_reader.sort_by_key(|seen| (seen.partition, seen.offset));
    assert_eq!(of_reader, seen);
}

#[test]
fn messages_keep_key_headers_and_time() {
    let (from, to) = (Topic::new("from", 2), Topic::new("to", 2));
    for id in 0..10 {
        from.produce_one(&Seen {
            partition: (id % 2) as i32,
            key: (id != 3).then(|| format!("key {id}")),
            value: Some(serde_json::to_vec(&order(id)).unwrap()),
            headers: vec![("h".into(), format!("{id}"))],
            time: Some(1_600_000_000_000 + id),
            ..Seen::default()
        });
    }
    let copy = pipeline! {
        name = "copy";
        source::<Message<Order>>(from.source().until_end().json().with_metadata())
            -> filter(|m| m.value.id != 5)
            -> sink(to.sink().json::<Order>().messages());
    };
    copy.run_blocking().unwrap();
    let by_value = |topic: &Topic| {
        let mut seen = topic.read();
        seen.sort_by_key(Seen::text);
        seen.iter_mut().for_each(|seen| (seen.partition, seen.offset) = (0, 0));
        seen
    };
    let mut wanted = by_value(&from);
    wanted.retain(|seen| seen.header("h") != Some("5"));
    assert_eq!(by_value(&to), wanted);
}

#[test]
fn formats_read_what_they_write() {
    fn check<T: Clone + PartialEq + std::fmt::Debug + Send + Sync + 'static>(
        rows: Vec<T>,
        sink: impl FnOnce(&Topic, Vec<T>),
        read: impl FnOnce(&Topic) -> Vec<T>,
    ) {
        let topic = Topic::new("format", 1);
        sink(&topic, rows.clone());
        assert_eq!(read(&topic), rows);
    }
    fn write<T: Clone + Send + Sync + 'static>(rows: Vec<T>, sink: impl Sink<Item = T>) {
        let pipeline = Pipeline::new("write");
        pipeline.source(sources::vec(rows)).sink(sink);
        pipeline.run_blocking().unwrap();
    }
    check(
        vec!["ä".to_owned(), String::new()],
        |topic, rows| write(rows, topic.sink().string()),
        |topic| collected(topic.source().until_end().string()),
    );
    check(
        vec![bytes::Bytes::from_static(b"\xff\0"), bytes::Bytes::new()],
        |topic, rows| write(rows, topic.sink().bytes()),
        |topic| collected(topic.source().until_end().bytes()),
    );
    check(
        vec![0, -1, i64::MAX],
        |topic, rows| write(rows, topic.sink().int64()),
        |topic| collected(topic.source().until_end().int64()),
    );
    check(
        vec![1_u64, u64::MAX],
        |topic, rows| {
            let own = |id: &u64, value: &mut Vec<u8>| {
                value.extend_from_slice(&id.to_le_bytes());
                Ok::<_, String>(())
            };
            write(rows, topic.sink().encode(own));
        },
        |topic| {
            let own = |raw: &Raw<'_>| {
                let bytes = raw.value().ok_or("no value")?.try_into().map_err(|_| "not 8 bytes")?;
                Ok::<_, &str>(u64::from_le_bytes(bytes))
            };
            collected(topic.source().until_end().decode(own))
        },
    );
}

#[test]
fn rows_choose_their_topics() {
    let (even, odd) = (Topic::new("even", 1), Topic::new("odd", 1));
    let names = [even.name.clone(), odd.name.clone()];
    let pipeline = Pipeline::new("routes");
    let sink = even.sink().string().topic_by(move |n: &i64| names[(*n % 2) as usize].clone());
    pipeline.source(sources::iter(0..10)).sink(sink);
    pipeline.run_blocking().unwrap();
    assert_eq!(even.texts(), texts((0..10).step_by(2)));
    assert_eq!(odd.texts(), texts((1..10).step_by(2)));
}

#[test]
fn rows_choose_their_partitions() {
    let topic = Topic::new("partitions", 3);
    let write = |by: fn(&i64) -> u32| {
        let pipeline = Pipeline::new("partitions");
        let sink = topic.sink().string().key_by(|_| "the same for all").partition_by(by);
        pipeline.source(sources::iter(0..30_i64)).sink(sink);
        pipeline.run_blocking()
    };
    write(|n| (*n % 3) as u32).unwrap();
    let seen: Vec<_> = topic.read().iter().map(|seen| (seen.partition, seen.text())).collect();
    let wanted: Vec<_> =
        (0..3).flat_map(|at| (at..30).step_by(3).map(move |n: i64| (at as i32, n.to_string()))).collect();
    assert_eq!(seen, wanted);
    for nowhere in [|_: &i64| 3, |_: &i64| u32::MAX] {
        let error = write(nowhere).unwrap_err().to_string();
        assert!(error.to_lowercase().contains("partition"), "{error}");
    }
}

#[test]
fn corrections_are_a_compacted_topic_s_messages() {
    let topic = Topic::new("totals", 2);
    let pipeline = Pipeline::new("totals");
    let sales = pipeline.source(sources::iter([("north", 2), ("south", 5), ("north", 3)]));
    let totals = sales.map(|(region, amount)| (region.to_owned(), amount)).key_by(|s| s.0.clone());
    totals.fold(0, |sum, s| sum + s.1).sink(topic.sink().upserts());
    pipeline.run_blocking().unwrap();
    let last = |key: &str| {
        let seen = topic.read();
        seen.iter().rfind(|message| message.key.as_deref() == Some(key)).map(Seen::text)
    };
    assert_eq!(last(r#""north""#).as_deref(), Some("5"));
    assert_eq!(last(r#""south""#).as_deref(), Some("5"));
}

#[test]
fn a_full_queue_makes_the_sink_wait() {
    let topic = Topic::new("full", 3);
    let pipeline = Pipeline::new("full");
    pipeline.parallelism(2);
    let sink = topic.sink().option("queue.buffering.max.messages", "10").option("linger.ms", "0").string();
    pipeline.source(sources::iter(0..5000)).sink(sink).with_parallelism(2);
    let report = pipeline.run_blocking().unwrap();
    assert!(report.is_balanced(), "{report}");
    assert_eq!(topic.texts(), texts(0..5000));
}
