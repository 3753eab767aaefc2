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
    let counts = |from: &mut redis::Connection, key: &str| {
        let mut count = |n| from.get::<_, Option<usize>>(format!("{key}:{n}")).unwrap().unwrap_or_default();
        (1..=50_u64).flat_map(|n| std::iter::repeat_n(n, count(n))).collect()
    };
    check(|key| redis.incr(move |n: u64| format!("{key}:{n}")).batch(7), counts);
    check(
        |key| redis.xadd(move |n: u64| (key.clone(), [("n", n)])).batch(7),
        |from, key| {
            let entries: Vec<(String, Vec<(String, u64)>)> =
                redis::cmd("XRANGE").arg(key).arg("-").arg("+").query(from).unwrap();
            entries.into_iter().flat_map(|(_, fields)| fields).map(|(_, n)| n).collect()
        },
    );
    let push = "return redis.call('RPUSH', KEYS[1], ARGV[1])";
    check(
        |key| redis.script(push, move |n: u64| ([key.clone()], [n])).batch(7),
        |from, key| from.lrange(key, 0, -1).unwrap(),
    );
    let put = "return redis.call('HSET', KEYS[1], ARGV[1], ARGV[1])";
    check(
        |key| redis.script(put, move |n: u64| ([key.clone()], [n])).batch(7).idempotent(),
        |from, key| from.hvals(key).unwrap(),
    );
    check(|key| redis.incr_by(move |n: u64| (format!("{key}:{n}"), n as i64)).batch(7), keys);
}

/// Hears what is published on a channel, from when it is made.
struct Heard {
    channel: String,
    connection: redis::Connection,
    messages: Vec<u64>,
}

impl Heard {
    fn on(channel: String) -> Self {
        let mut connection = connection();
        connection.send_packed_command(&redis::cmd("SUBSCRIBE").arg(&channel).get_packed_command()).unwrap();
        connection.recv_response().unwrap();
        Self { channel, connection, messages: Vec::new() }
    }

    /// All that was published before this is called: behind it comes a message of its own.
    fn all(&mut self) -> Vec<u64> {
        connection().publish::<_, _, ()>(&self.channel, "all").unwrap();
        loop {
            let (_, _, message): (String, String, String) =
                redis::from_owned_redis_value(self.connection.recv_response().unwrap()).unwrap();
            match message.parse() {
                Ok(number) => self.messages.push(number),
                Err(_) => return self.messages.clone(),
            }
        }
    }
}

#[test]
fn who_listens_hears_what_is_published_and_nothing_twice() {
    let make = || {
        let channel = key("channel");
        let mut heard = Heard::on(channel.clone());
        (redis().publish(move |n: u64| (channel.clone(), n)).batch(7), move || heard.all())
    };
    check_sink(make, (1..=50).collect(), (1..=50).collect()).unwrap();
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
