//! Each command does what `redis-cli` then says, and promises what it keeps.

use super::{address, cli, key, redis, write};
use flow::ErrorKind;
use flow::connector::Delivery;
use flow::prelude::*;
use flow_services::RedisTools;
use std::time::Duration;

/// Writes rows to a key with one sink; then the command, of this key, prints what is expected.
fn check<T: Clone + Send + 'static, S: Sink<Item = T>>(
    rows: &[T],
    sink: impl Fn(String) -> S,
    delivery: Delivery,
    command: &[&str],
    expected: &str,
) {
    let key = key("sinks");
    let sink = sink(key.clone());
    assert_eq!(sink.delivery(), delivery);
    let report = write(rows.to_vec(), sink).unwrap();
    assert!(report.is_balanced(), "{report}");
    let command: Vec<&str> = command.iter().map(|word| if *word == "KEY" { &*key } else { word }).collect();
    assert_eq!(cli(&command), expected, "{command:?}");
    cli(&["DEL", &key]);
}

const ROWS: &[(&str, i64)] = &[("a", 3), ("b", 5), ("a", 4)];
type Row = (&'static str, i64);

#[test]
fn each_command_does_what_it_says() {
    use Delivery::{AtLeastOnce, IdempotentByKey};
    let redis = redis();
    check(ROWS, |key| redis.incr(move |_: Row| key.clone()), AtLeastOnce, &["GET", "KEY"], "3");
    check(ROWS, |key| redis.incr_by(move |(_, n): Row| (key.clone(), n)), AtLeastOnce, &["GET", "KEY"], "12");
    check(ROWS, |key| redis.set(move |(_, n): Row| (key.clone(), n)), IdempotentByKey, &["GET", "KEY"], "4");
    let hset = |key: String| redis.hset(move |(name, n): Row| (key.clone(), name, n));
    check(ROWS, hset, IdempotentByKey, &["HMGET", "KEY", "a", "b"], "4\n5");
    let sadd = |key: String| redis.sadd(move |(name, _): Row| (key.clone(), name));
    check(ROWS, sadd, IdempotentByKey, &["SMISMEMBER", "KEY", "a", "b", "c"], "1\n1\n0");
    let zadd = |key: String| redis.zadd(move |(name, n): Row| (key.clone(), name, n as f64 / 2.0));
    check(ROWS, zadd, IdempotentByKey, &["ZRANGE", "KEY", "0", "-1", "WITHSCORES"], "a\n2\nb\n2.5");
    let lpush = |key: String| redis.lpush(move |(_, n): Row| (key.clone(), n));
    check(ROWS, lpush, AtLeastOnce, &["LRANGE", "KEY", "0", "-1"], "4\n5\n3");
    let xadd = |key: String| {
        redis.xadd(move |(name, n): Row| (key.clone(), [("name", name.to_owned()), ("n", n.to_string())]))
    };
    check(ROWS, xadd, AtLeastOnce, &["XLEN", "KEY"], "3");
    let add = "return redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[2])";
    let script =
        |key: String| redis.script(add, move |(name, n): Row| ([key.clone()], [name.to_owned(), n.to_string()]));
    check(ROWS, script, AtLeastOnce, &["HMGET", "KEY", "a", "b"], "7\n5");
    check(ROWS, |key| script(key).idempotent(), IdempotentByKey, &["HMGET", "KEY", "a", "b"], "7\n5");
}

#[test]
fn bytes_and_numbers_arrive_as_they_are() {
    let redis = redis();
    let rows: Vec<Vec<u8>> = vec![b"\r\n$3\r\n\0\xff".to_vec(), Vec::new(), vec![b'x'; 1_000_000]];
    for row in rows {
        let (at, value) = (key("bytes"), row.clone());
        write(
            vec![row],
            redis.set({
                let at = at.clone();
                move |value: Vec<u8>| (at.clone(), value)
            }),
        )
        .unwrap();
        assert_eq!(cli(&["STRLEN", &at]), value.len().to_string());
        let hex: String = value.iter().take(9).map(|byte| format!("{byte:02x}")).collect();
        let script = "return (redis.call('GETRANGE', KEYS[1], 0, 8):gsub('.', function (c) return string.format('%02x', c:byte()) end))";
        assert_eq!(cli(&["EVAL", script, "1", &at]), hex);
        cli(&["DEL", &at]);
    }
    for (n, shown) in [(i64::MIN, "-9223372036854775808"), (i64::MAX, "9223372036854775807")] {
        let at = key("numbers");
        write(
            vec![n],
            redis.incr_by({
                let at = at.clone();
                move |n: i64| (at.clone(), n)
            }),
        )
        .unwrap();
        assert_eq!(cli(&["GET", &at]), shown);
        cli(&["DEL", &at]);
    }
}

#[test]
fn keys_expire_and_streams_stay_short() {
    let redis = redis();
    let at = key("ttl");
    let set = {
        let at = at.clone();
        redis.set(move |n: i64| (at.clone(), n)).ttl(Duration::from_secs(100))
    };
    write(vec![1, 2], set).unwrap();
    let left: i64 = cli(&["PTTL", &at]).parse().unwrap();
    assert!((90_000..=100_000).contains(&left), "{left} ms");
    let ever = {
        let at = at.clone();
        redis.set(move |n: i64| (at.clone(), n)).ttl(Duration::MAX)
    };
    write(vec![3], ever).unwrap();
    assert_eq!(cli(&["GET", &at]), "3");
    cli(&["DEL", &at]);
    let at = key("short");
    let xadd = {
        let at = at.clone();
        redis.xadd(move |n: i64| (at.clone(), [("n", n)])).max_length(100)
    };
    write((0..10_000).collect(), xadd).unwrap();
    let left: i64 = cli(&["XLEN", &at]).parse().unwrap();
    assert!((100..1_000).contains(&left), "{left} entries");
    cli(&["DEL", &at]);
}

#[test]
fn subscribers_hear_what_is_published() {
    let (channel, redis) = (key("channel"), redis());
    let client = ::redis::Client::open(address()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let mut heard = connection.as_pubsub();
    heard.subscribe(&channel).unwrap();
    let publish = redis.publish({
        let channel = channel.clone();
        move |n: i64| (channel.clone(), n)
    });
    assert_eq!(publish.delivery(), Delivery::AtMostOnce);
    write(vec![1, 2, 3], publish).unwrap();
    let messages: Vec<i64> = (0..3).map(|_| heard.get_message().unwrap().get_payload().unwrap()).collect();
    assert_eq!(messages, [1, 2, 3]);
}

#[test]
fn batches_of_any_size_come_to_the_same() {
    for (batch, bytes, in_flight) in
        [(1, 1 << 20, 1), (7, 1 << 20, 3), (1_000, 64, 32), (1_000, 0, 2), (1_000_000, 1 << 30, 1)]
    {
        let at = key("sizes");
        let keys = at.clone();
        let set =
            redis().set(move |n: u64| (format!("{keys}:{}", n % 10), n)).batch(batch).bytes(bytes).in_flight(in_flight);
        let report = write((0..2_000).collect(), set).unwrap();
        let gauges: Vec<_> = report.stage("out").unwrap().gauges.iter().map(ToString::to_string).collect();
        assert_eq!(gauges, ["lost = 0", "pending = 0", "reconnects = 0", "repeated = 0"]);
        for n in 0..10 {
            let at = format!("{at}:{n}");
            assert_eq!(cli(&["GET", &at]), (1_990 + n).to_string());
            cli(&["DEL", &at]);
        }
    }
}

#[test]
fn what_is_refused_for_good_ends_the_job_with_command_key_and_remedy() {
    let (at, redis) = (key("wrong"), redis());
    cli(&["SADD", &at, "x"]);
    let incr = redis.incr({
        let at = at.clone();
        move |_: Row| at.clone()
    });
    let error = write(ROWS.to_vec(), incr).unwrap_err();
    let text = error.to_string();
    assert_eq!((error.kind(), &*error.stage().unwrap().name), (ErrorKind::Config, "out"));
    for part in ["INCRBY of `", &*at, "WRONGTYPE", "TYPE key"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    cli(&["DEL", &at]);
    cli(&["SET", &at, "words"]);
    let incr = redis.incr({
        let at = at.clone();
        move |_: Row| at.clone()
    });
    assert!(write(ROWS.to_vec(), incr).unwrap_err().to_string().contains("cannot be counted up"));
    let script = redis.script("this is no Lua", move |_: Row| ([at.clone()], ["x"]));
    let text = write(ROWS.to_vec(), script).unwrap_err().to_string();
    assert!(text.contains("the script cannot be compiled"), "{text}");
}

#[test]
fn a_script_that_the_server_has_forgotten_is_taught_again() {
    let at = key("script");
    let tools = RedisTools::at(&address());
    let keys = at.clone();
    let sink =
        redis().script("return redis.call('INCR', KEYS[1])", move |_: i64| ([keys.clone()], [0_i64; 0])).batch(1);
    let pipeline = Pipeline::new("forgetful");
    pipeline
        .source(sources::iter(0..10_i64))
        .inspect(move |n| {
            if n % 4 == 3 {
                tools.cli(&["SCRIPT", "FLUSH"]).unwrap();
            }
        })
        .sink(sink);
    pipeline.run_blocking().unwrap();
    assert_eq!(cli(&["GET", &at]), "10");
}

#[test]
fn the_ir_says_what_and_where_and_no_secret() {
    let redis = flow_redis::Redis::url("redis://me:hunter2@10.0.0.7:6380/3").password(flow::Secret::new("hunter2"));
    let sink = redis.set(|n: i64| (n, n)).ttl(Duration::from_secs(5));
    let described = format!("{:?} {sink:?}", sink.describe());
    assert!(described.contains("redis://10.0.0.7:6380/3") && described.contains("ttlMs"), "{described}");
    assert!(!described.contains("hunter2"), "{described}");
}
