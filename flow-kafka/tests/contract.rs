//! What every source and sink promises.

use crate::support::{Seen, Topic};
use flow::Timestamp;
use flow::connector::DeadLetter;
use flow::element::Upsert;
use flow::testing::{SinkContract, SourceContract};
use flow_services::unique;
use std::collections::BTreeMap;

/// A topic of fifteen messages, of which one is no text, and the texts of the others.
fn fifteen(partitions: i32) -> (Topic, Vec<String>) {
    let topic = Topic::new("contract", partitions);
    for n in 0..15_i64 {
        let value = if n == 7 { b"\xff".to_vec() } else { n.to_string().into_bytes() };
        topic.produce_one(&Seen {
            partition: n as i32 % partitions,
            key: Some(format!("key {n}")),
            value: Some(value),
            headers: vec![("h".into(), n.to_string())],
            ..Seen::default()
        });
    }
    (topic, (0..15).filter(|n| *n != 7).map(|n| n.to_string()).collect())
}

#[test]
fn the_source_keeps_its_promises() {
    for partitions in [1, 3] {
        let (topic, rows) = fifteen(partitions);
        let make = || topic.source().until_end().string();
        SourceContract::new(make).expects(rows).malformed(1).check().unwrap();
    }
}

#[test]
fn the_source_of_a_group_keeps_its_promises() {
    let (topic, rows) = fifteen(3);
    // What one run commits the next would leave out: each is its group's first.
    let make = || topic.source().group(unique("contract")).until_end().string();
    SourceContract::new(make).expects(rows.clone()).malformed(1).check().unwrap();
    let group = unique("contract");
    let make = || topic.source().group(&group).from_earliest().until_end().string();
    SourceContract::new(make).expects(rows).malformed(1).check().unwrap();
    assert_eq!(topic.committed(&group), [5, 5, 5]);
}

#[test]
fn the_dead_letters_keep_their_promises() {
    let make = || {
        let topic = Topic::new("contract", 2);
        let sink = topic.sink().dead_letters();
        let read = move || {
            let mut letters = topic.read();
            letters.sort_by_key(Seen::text);
            let shown = |letter: &Seen| (letter.text(), letter.header("flow-reason").map(str::to_owned));
            letters.iter().map(shown).collect::<Vec<_>>()
        };
        (sink, read)
    };
    let letter = |n: usize| DeadLetter {
        stage: "source".into(),
        reason: format!("reason {n}"),
        original: format!("{n:02}").into(),
        partition: Some("orders/3".into()),
        offset: Some(n as u64),
        time: Timestamp::from_millis(0),
        attempts: 1,
        attributes: Vec::new(),
    };
    let wanted = |n: usize| (format!("{n:02}"), Some(format!("reason {n}")));
    let letters = (0..20).map(letter).collect();
    SinkContract::new(make, letters).expects((0..20).map(wanted).collect()).check().unwrap();
}

#[test]
fn the_sink_keeps_its_promises() {
    let make = || {
        let topic = Topic::new("contract", 1);
        (topic.sink().string(), move || topic.read().iter().map(Seen::text).collect())
    };
    SinkContract::new(make, Vec::from_iter(0..20_i64))
        .expects((0..20).map(|n| n.to_string()).collect())
        .check()
        .unwrap();
}

#[test]
fn the_sink_of_corrections_keeps_its_promises() {
    let make = || {
        let topic = Topic::new("contract", 2);
        let sink = topic.sink().upserts::<i64, i64>();
        let read = move || {
            let mut table = BTreeMap::new();
            for message in topic.read() {
                match &message.value {
                    Some(_) => table.insert(message.key.clone(), message.text()),
                    None => table.remove(&message.key),
                };
            }
            Vec::from_iter(table)
        };
        (sink, read)
    };
    let put = |n| Upsert::Put { key: n % 5, value: n };
    let mut rows: Vec<_> = (0..20).map(put).collect();
    rows.push(Upsert::Delete { key: 2 });
    let last = [0, 1, 3, 4].map(|key: i64| (Some(key.to_string()), (15 + key).to_string()));
    SinkContract::new(make, rows).expects(last.to_vec()).check().unwrap();
}
