//! Lookups give what a map of the same content gives, whatever the batches; what is missing or late goes as it was said.

use super::proxy::Proxy;
use super::{address, cli, key, redis};
use flow::prelude::*;
use flow_redis::{Asks, Lookup, Otherwise, Redis, RedisStages};
use flow_services::{OwnRedis, until};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

/// Values of keys `{base}:{n}`, for every `n` that no third is; and of fields `n` of the hash `base`.
fn values(base: &str) -> HashMap<u64, String> {
    let client = ::redis::Client::open(address()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let values: HashMap<u64, String> = (0..300).filter(|n| n % 3 != 0).map(|n| (n, format!("value {n}"))).collect();
    let mut pipeline = ::redis::pipe();
    for (n, value) in &values {
        pipeline.set_ex(format!("{base}:{n}"), value, 1_000).hset(base, n, value);
    }
    pipeline.expire(base, 1_000).exec(&mut connection).unwrap();
    values
}

/// Records that look the same things up again and again.
fn records() -> Vec<u64> {
    (0..2_000_u64).map(|n| n * n % 311).collect()
}

struct Ran<U> {
    report: flow::Result<Report>,
    rows: Vec<U>,
}

impl<U> Ran<U> {
    fn gauge(&self, name: &str) -> i64 {
        let report = self.report.as_ref().unwrap();
        let gauges = report.metrics.stages.iter().flat_map(|stage| &stage.gauges);
        gauges.filter(|gauge| gauge.name == name).map(|gauge| gauge.value).sum()
    }
}

fn run<C, Q, A>(lookup: Lookup<C>, on_error: OnError, ask: impl Fn(&u64) -> Q + Send + Sync + 'static) -> Ran<(u64, A)>
where
    C: Asks<Q, A>,
    Q: 'static,
    A: Send + 'static,
{
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("lookups");
    pipeline.batch_size(37).on_error(on_error);
    pipeline.source(sources::iter(records())).lookup(lookup, ask, |n, found| (n, found)).sink(sink);
    let report = pipeline.run_blocking();
    Ran { report, rows: rows.take() }
}

#[test]
fn a_lookup_gives_what_a_map_gives() {
    let base = key("values");
    let values = values(&base);
    let expected: Vec<(u64, Option<String>)> = records().into_iter().map(|n| (n, values.get(&n).cloned())).collect();
    let cached = |lookup: Lookup<_>, cache| if cache { lookup.cache(1_000, Duration::from_secs(100)) } else { lookup };
    for (cache, ordered, in_flight) in
        [(false, true, 1), (false, true, 8), (true, true, 4), (true, false, 4), (false, false, 8)]
    {
        let lookup = cached(redis().get().in_flight(in_flight), cache);
        let lookup = if ordered { lookup } else { lookup.unordered() };
        let keys = base.clone();
        let mut ran = run(lookup, OnError::Fail, move |n| format!("{keys}:{n}"));
        if !ordered {
            ran.rows.sort();
        }
        let mut expected = expected.clone();
        if !ordered {
            expected.sort();
        }
        assert_eq!(ran.rows, expected, "cache {cache}, ordered {ordered}");
        let missing = expected.iter().filter(|(_, found)| found.is_none()).count();
        assert_eq!(ran.gauge("misses"), missing as i64);
        assert_eq!(ran.gauge("cache hits") > 0, cache);
    }
    let hash = base.clone();
    let ran = run(redis().hget(), OnError::Fail, move |n| (hash.clone(), *n));
    assert_eq!(ran.rows, expected);
}

#[test]
fn several_keys_are_asked_about_together() {
    let base = key("several");
    let values = values(&base);
    let ran = run(redis().mget(), OnError::Fail, {
        let base = base.clone();
        move |n| (0..*n % 4).map(|more| format!("{base}:{}", n + more)).collect::<Vec<_>>()
    });
    let found = |n: u64| (0..n % 4).map(|more| values.get(&(n + more)).cloned()).collect::<Vec<_>>();
    assert_eq!(ran.rows, records().into_iter().map(|n| (n, found(n))).collect::<Vec<_>>());
}

#[test]
fn each_key_is_asked_about_once_while_the_cache_knows_it() {
    let base = key("once");
    values(&base);
    let keys = base.clone();
    let lookup = redis().get().cache(1_000, Duration::from_secs(100)).in_flight(1);
    let ran = run::<_, _, Option<Vec<u8>>>(lookup, OnError::Fail, move |n| format!("{keys}:{n}"));
    let different = records().into_iter().collect::<std::collections::HashSet<_>>().len();
    assert_eq!(ran.gauge("asked"), different as i64);
    // A cache of one entry that is forgotten at once is none.
    let lookup = redis().get().cache(1, Duration::ZERO).in_flight(1);
    let ran = run::<_, _, Option<Vec<u8>>>(lookup, OnError::Fail, move |n| format!("{base}:{n}"));
    assert!(ran.gauge("asked") > 1_000);
}

#[test]
fn what_is_missing_goes_as_it_was_said() {
    let base = key("missing");
    let values = values(&base);
    let look = |otherwise, on_error| {
        let keys = base.clone();
        run::<_, _, Option<String>>(redis().get().on_miss(otherwise), on_error, move |n| format!("{keys}:{n}"))
    };
    let there: Vec<_> =
        records().into_iter().filter(|n| values.contains_key(n)).map(|n| (n, values.get(&n).cloned())).collect();
    let ran = look(Otherwise::Skip, OnError::Fail);
    assert_eq!(ran.rows, there);
    let report = ran.report.unwrap();
    assert!(report.is_balanced(), "{report}");
    assert_eq!(report.stage("filter_map").unwrap().counts.filtered as usize, records().len() - there.len());
    let (dead, sink) = sinks::collect();
    let ran = look(Otherwise::Refuse, OnError::dead_letter(sink));
    assert!(ran.report.unwrap().is_balanced());
    assert_eq!(ran.rows, there);
    let letters = dead.take();
    let mut lost: Vec<u64> = letters
        .iter()
        .map(|letter: &DeadLetter| std::str::from_utf8(&letter.original).unwrap().parse().unwrap())
        .collect();
    let mut missing: Vec<u64> = records().into_iter().filter(|n| !values.contains_key(n)).collect();
    // Letters are written when an answer is there: several batches are asked about at a time.
    lost.sort_unstable();
    missing.sort_unstable();
    assert_eq!(lost, missing);
    assert!(letters.iter().all(|letter| letter.reason == "no value was found"));
    assert!(look(Otherwise::Refuse, OnError::Fail).report.unwrap_err().to_string().contains("no value was found"));
}

#[test]
fn an_empty_value_is_a_value() {
    let base = key("empty");
    cli(&["SET", &base, ""]);
    cli(&["HSET", &format!("{base}:hash"), "field", ""]);
    let found = |rows: Vec<(u64, Option<String>)>| {
        assert_eq!(rows.len(), records().len());
        assert!(rows.iter().all(|(_, value)| value.as_deref() == Some("")));
    };
    for cache in [0, 10] {
        let (key, hash) = (base.clone(), format!("{base}:hash"));
        let lookup = redis().get().on_miss(Otherwise::Skip).cache(cache, Duration::from_secs(100));
        let ran = run(lookup, OnError::Fail, move |_| key.clone());
        assert_eq!(ran.gauge("misses"), 0);
        found(ran.rows);
        let lookup = redis().hget().on_miss(Otherwise::Skip).cache(cache, Duration::from_secs(100));
        found(run(lookup, OnError::Fail, move |_| (hash.clone(), "field")).rows);
    }
}

#[test]
fn a_value_of_another_kind_is_refused_record_by_record() {
    let base = key("kinds");
    cli(&["SET", &format!("{base}:0"), "words"]);
    cli(&["SET", &format!("{base}:1"), "17"]);
    let (dead, sink) = sinks::collect();
    let keys = base.clone();
    let ran = run::<_, _, Option<i64>>(redis().get(), OnError::dead_letter(sink), move |n| format!("{keys}:{}", n % 2));
    assert!(!ran.rows.is_empty() && ran.rows.iter().all(|row| *row == (row.0, Some(17)) && row.0 % 2 == 1));
    let dead = dead.take();
    assert!(dead.iter().all(|letter: &DeadLetter| letter.reason.contains("`words` is no `i64`")));
    assert_eq!(dead.len() + ran.rows.len(), records().len());
    // A key that is no hash refuses the question itself.
    let ran = run::<_, _, Option<i64>>(redis().hget(), OnError::Fail, move |_| (format!("{base}:0"), "field"));
    let text = ran.report.unwrap_err().to_string();
    assert!(text.contains("HMGET of `") && text.contains("WRONGTYPE"), "{text}");
}

#[test]
fn what_is_late_goes_as_it_was_said() {
    let server = OwnRedis::start().unwrap();
    server.pause().unwrap();
    let redis = Redis::url(server.address());
    let look = |otherwise, on_error| {
        let (rows, sink) = sinks::collect();
        let pipeline = Pipeline::new("late");
        pipeline.on_error(on_error);
        let lookup = redis.get().timeout(Duration::from_millis(200)).on_timeout(otherwise);
        pipeline
            .source(sources::iter(0..3))
            .lookup(lookup, |n: &u64| *n, |n, found: Option<String>| (n, found))
            .sink(sink);
        (pipeline.run_blocking(), rows.take())
    };
    let (report, rows) = look(Otherwise::Pass, OnError::Fail);
    assert_eq!(rows, [(0, None), (1, None), (2, None)]);
    assert_eq!(
        report.unwrap().stage("enrich").unwrap().gauges.iter().find(|gauge| gauge.name == "timeouts").unwrap().value,
        3
    );
    assert_eq!(look(Otherwise::Skip, OnError::Fail).1, []);
    let text = look(Otherwise::Refuse, OnError::Fail).0.unwrap_err().to_string();
    assert!(text.contains("no answer within 200ms"), "{text}");
    server.resume().unwrap();
    assert_eq!(look(Otherwise::Refuse, OnError::Fail).1, [(0, None), (1, None), (2, None)]);
}

/// Looks the same key up again and again, with answers that may take a tenth of a second, through a network: until there is one, and,
/// after harm was done, none and then one.
fn recovers(through: impl Fn(&AtomicU64) + Send + Sync + 'static, harm: Option<fn(&Proxy)>) {
    let at = key("recovers");
    cli(&["SET", &at, "there"]);
    let (late, found) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let proxy = Proxy::before(&address(), {
        let late = Arc::clone(&late);
        move || through(&late)
    });
    let redis = Redis::url(proxy.address()).timeout(Duration::from_millis(500));
    let lookup = redis.get().timeout(Duration::from_millis(100)).on_timeout(Otherwise::Pass).in_flight(1);
    let pipeline = Pipeline::new("recovers");
    let rows = pipeline.batch_size(1).source(sources::stream(futures::stream::repeat(())));
    let counted = rows.lookup(lookup, move |()| at.clone(), {
        let (late, found) = (Arc::clone(&late), Arc::clone(&found));
        move |(), value: Option<String>| value.map_or(&late, |_| &found).fetch_add(1, SeqCst)
    });
    counted.sink(sinks::null());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let job = runtime.block_on(pipeline.start()).unwrap();
    more(&found);
    if let Some(harm) = harm {
        harm(&proxy);
        more(&late);
        more(&found);
    }
    job.cancel();
    assert!(runtime.block_on(job.wait()).is_err());
}

/// Waits until this has been counted some more.
fn more(count: &AtomicU64) {
    let from = count.load(SeqCst);
    let came = || (count.load(SeqCst) > from + 2).then_some(()).ok_or_else(|| format!("{from}"));
    until("more", Duration::from_secs(20), came).unwrap();
}

#[test]
fn a_connection_that_takes_longer_than_answers_may_is_made_all_the_same() {
    recovers(more, None);
}

#[test]
fn a_connection_that_says_nothing_is_given_up_although_nobody_waits_so_long() {
    recovers(|_| {}, Some(Proxy::lose));
}
