//! The suite that every source and sink passes.

use super::{address, key, redis};
use flow::connector::Sink;
use flow::testing::{SourceContract, check_sink};
use redis::Commands;

fn connection() -> redis::Connection {
    redis::Client::open(address()).unwrap().get_connection().unwrap()
}

/// Rows that come to the same however often they are written: each has a place of its own.
fn check<S: Sink<Item = u64>>(sink: impl Fn(String) -> S, read: impl Fn(&mut redis::Connection, &str) -> Vec<u64>) {
    let make = || {
        let (key, mut connection) = (key("contract"), connection());
        let sink = sink(key.clone());
        let read = &read;
        (sink, move || {
            let mut rows = read(&mut connection, &key);
            rows.sort_unstable();
            rows
        })
    };
    check_sink(make, (1..=50).collect(), (1..=50).collect()).unwrap();
}

#[test]
fn sinks_keep_what_they_promise() {
    let redis = redis();
    check(|key| redis.hset(move |n: u64| (key.clone(), n, n)).batch(7), |from, key| from.hvals(key).unwrap());
    check(|key| redis.sadd(move |n: u64| (key.clone(), n)).batch(1), |from, key| from.smembers(key).unwrap());
    check(|key| redis.zadd(move |n: u64| (key.clone(), n, 0.0)), |from, key| from.zrange(key, 0, -1).unwrap());
    check(|key| redis.lpush(move |n: u64| (key.clone(), n)).batch(7), |from, key| from.lrange(key, 0, -1).unwrap());
    let keys = |from: &mut redis::Connection, key: &str| {
        let values: Vec<Option<u64>> = (1..=50).map(|n| from.get(format!("{key}:{n}")).unwrap()).collect();
        values.into_iter().flatten().collect()
    };
    check(|key| redis.set(move |n: u64| (format!("{key}:{n}"), n)).in_flight(1), keys);
    check(|key| redis.incr_by(move |n: u64| (format!("{key}:{n}"), n as i64)).batch(7), keys);
}

#[test]
fn a_stream_keeps_what_sources_promise() {
    let stream = key("contract");
    let mut to = connection();
    for n in 0..60_u64 {
        let value = if n % 20 == 7 { "{".to_owned() } else { n.to_string() };
        redis::cmd("XADD").arg(&stream).arg("*").arg("data").arg(value).exec(&mut to).unwrap();
    }
    let source = |end: bool| {
        let source = redis().stream(&*stream).group(key("group")).consumer("a").json::<u64>();
        if end { source.until_end() } else { source }
    };
    let expected = || (0..60).filter(|n| n % 20 != 7);
    SourceContract::new(|| source(true)).expects(expected()).malformed(3).check().unwrap();
    SourceContract::new(|| source(false)).expects(expected()).malformed(3).check().unwrap();
}
