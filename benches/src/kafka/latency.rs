//! How long a message takes from produce to consume, with a copy from topic to topic between: by the pipeline, or by the loop.
//!
//! As in [`crate::latency`] each message has a time at which it is due, and its latency counts from there, whatever happens to those
//! before it. Whoever copies keeps its place in a group, and commits each second.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use flow_services::unique;
use hdrhistogram::Histogram;
use rdkafka::consumer::BaseConsumer;
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde::Serialize;

use super::topic::{PATIENCE, Topic};
use super::{hand, job, settings};
use crate::file::{Engine, Result};
use crate::latency::offer::Schedule;
use crate::latency::{WARM_UP, histogram, micros};

/// How long a message is; it begins with the time at which it was due.
const LENGTH: usize = 100;
/// The time of a message that does not count.
const UNTIMED: u64 = 0;

/// What was measured at one rate, in microseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    /// Messages offered a second.
    pub rate: u64,
    /// For how many seconds.
    pub seconds: u64,
    /// Who copies.
    pub engine: Engine,
    /// Messages that were timed.
    pub messages: u64,
    /// Half of them took at most this.
    pub p50_us: f64,
    /// 99 of 100.
    pub p99_us: f64,
    /// 999 of 1,000.
    pub p999_us: f64,
    /// The slowest.
    pub max_us: f64,
    /// How late the producer itself was, 99 times of 100: this is in the figures above.
    pub offered_p99_us: f64,
}

/// What is shown of a reading.
pub const COLUMNS: &[&str] = &["rate", "engine", "messages", "p50_us", "p99_us", "p999_us", "max_us", "offered_p99_us"];

/// Offers `rate` messages a second for so many seconds, after a warm-up, to each engine.
///
/// # Errors
/// When the broker or an engine fails.
pub fn measure(servers: &str, rate: u64, seconds: u64) -> Result<Vec<Reading>> {
    [Engine::Flow, Engine::Hand].into_iter().map(|engine| one(servers, rate, seconds, engine)).collect()
}

fn one(servers: &str, rate: u64, seconds: u64, engine: Engine) -> Result<Reading> {
    let (from, to) = (Topic::new(servers, "latency-in", 1)?, Topic::new(servers, "latency-out", 1)?);
    let group = unique("latency");
    let (late, times) = match engine {
        Engine::Flow => {
            let job = job::copying(&from, &to, &group)?;
            let measured = offer_and_time(&from, &to, rate, seconds);
            job.stop();
            job.wait()?;
            measured?
        }
        Engine::Hand => {
            let stop = AtomicBool::new(false);
            thread::scope(|scope| {
                let copying = scope.spawn(|| hand::copy_until(&stop, &from, &to, &group));
                let measured = offer_and_time(&from, &to, rate, seconds);
                stop.store(true, Relaxed);
                copying.join().map_err(|_| "the loop has panicked")??;
                measured
            })?
        }
    };
    let at = |times: &Histogram<u64>, quantile| micros(times.value_at_quantile(quantile));
    Ok(Reading {
        rate,
        seconds,
        engine,
        messages: times.len(),
        p50_us: at(&times, 0.5),
        p99_us: at(&times, 0.99),
        p999_us: at(&times, 0.999),
        max_us: micros(times.max()),
        offered_p99_us: at(&late, 0.99),
    })
}

/// How late each message was offered, and how long each took.
fn offer_and_time(from: &Topic, to: &Topic, rate: u64, seconds: u64) -> Result<(Histogram<u64>, Histogram<u64>)> {
    let schedule = Schedule::new(rate, WARM_UP + Duration::from_secs(seconds));
    let (zero, (first, came)) = (Instant::now(), sync_channel(1));
    thread::scope(|scope| {
        // The first message shows that the way is open, and is one more.
        let timing = scope.spawn(move || time(to, zero, schedule_length(rate, seconds) + 1, &first));
        let mut config = settings::producer(&from.servers);
        let producer: BaseProducer = config.set("linger.ms", "0").create()?;
        send(&producer, from, UNTIMED)?;
        producer.flush(PATIENCE)?;
        came.recv_timeout(PATIENCE).map_err(|_| "the first message did not come")?;
        let late = offer(schedule, from, zero, &producer)?;
        producer.flush(PATIENCE)?;
        Ok((late, timing.join().map_err(|_| "the consumer has panicked")??))
    })
}

fn schedule_length(rate: u64, seconds: u64) -> u64 {
    rate * (WARM_UP.as_secs() + seconds)
}

/// Sends each message when it is due.
fn offer(mut schedule: Schedule, from: &Topic, zero: Instant, producer: &BaseProducer) -> Result<Histogram<u64>> {
    let (mut late, start) = (histogram(), Instant::now());
    let before = (start - zero).as_nanos() as u64;
    let now = || start.elapsed().as_nanos() as u64;
    while let Some(due) = schedule.next_due() {
        producer.poll(Duration::ZERO);
        let early = Duration::from_nanos(due.saturating_sub(now()));
        if !early.is_zero() {
            thread::sleep(early);
        }
        let ticks = schedule.release(now());
        late.saturating_record(now().saturating_sub(due).max(1));
        for tick in ticks {
            let counts = tick.due >= WARM_UP.as_nanos() as i64;
            send(producer, from, if counts { before + tick.due as u64 } else { UNTIMED })?;
        }
    }
    Ok(late)
}

fn send(producer: &BaseProducer, to: &Topic, due: u64) -> Result<()> {
    let mut value = [b'.'; LENGTH];
    value[..8].copy_from_slice(&due.to_be_bytes());
    hand::send(producer, BaseRecord::to(&to.name).payload(&value))
}

/// Reads so many messages, and takes the time of each that counts; says when the first one came.
fn time(to: &Topic, zero: Instant, count: u64, first: &SyncSender<()>) -> Result<Histogram<u64>> {
    let consumer: BaseConsumer = settings::consumer(&to.servers, "latency-time", 1, false).create()?;
    to.assign(&consumer)?;
    let mut times = histogram();
    for number in 0..count {
        let message = consumer.poll(PATIENCE).ok_or("a message did not come")??;
        let now = zero.elapsed().as_nanos() as u64;
        let due = message.payload().and_then(|value| value.first_chunk()).ok_or("a message without its time")?;
        let due = u64::from_be_bytes(*due);
        if due != UNTIMED {
            times.saturating_record(now.saturating_sub(due).max(1));
        }
        if number == 0 {
            // Nobody waits any more if the producer has failed.
            let _heard = first.send(());
        }
    }
    Ok(times)
}
