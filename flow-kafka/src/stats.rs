//! The client's own figures, as gauges.

use flow::connector::Gauges;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

/// A topic, its partition, and the offset that is fetched next: what stands before it is in the client's queues, or was taken from there.
pub(crate) type Fetched = (String, i32, i64);

/// Shows what a client reports of itself every few seconds.
pub(crate) struct Stats {
    gauges: Gauges,
    before: Mutex<Before>,
}

/// What the last report said: the counts of several clients are added up, and a partition that was given away is shown no more.
#[derive(Default)]
struct Before {
    counts: HashMap<(&'static str, String), i64>,
    partitions: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Report {
    msg_cnt: i64,
    msg_size: i64,
    brokers: HashMap<String, Broker>,
    topics: HashMap<String, Topic>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Broker {
    source: String,
    connects: i64,
    rxerrs: i64,
    txerrs: i64,
    req_timeouts: i64,
    outbuf_cnt: i64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Topic {
    partitions: HashMap<String, Partition>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Partition {
    partition: i64,
    fetch_state: String,
    fetchq_cnt: i64,
    fetchq_size: i64,
    next_offset: i64,
    app_offset: i64,
    hi_offset: i64,
    ls_offset: i64,
    msgq_cnt: i64,
    xmit_msgq_cnt: i64,
    txmsgs: i64,
    txbytes: i64,
    rxmsgs: i64,
    rxbytes: i64,
}

const LAG: &str = "lag";
const HIGH: &str = "high_watermark";
const QUEUED: &str = "queued";
const QUEUED_BYTES: &str = "queued_bytes";
const OF_PARTITION: [&str; 4] = [LAG, HIGH, QUEUED, QUEUED_BYTES];

impl Stats {
    pub(crate) fn new(gauges: Gauges) -> Self {
        Self { gauges, before: Mutex::new(Before::default()) }
    }

    /// The client had an error.
    pub(crate) fn failed(&self) {
        self.gauges.gauge("errors", "").add(1);
    }

    /// Shows a report, and says how far each partition was fetched.
    pub(crate) fn show(&self, json: &[u8]) -> Vec<Fetched> {
        let report: Report = match serde_json::from_slice(json) {
            Ok(report) => report,
            Err(error) => {
                tracing::debug!(target: "flow_kafka", "the client's figures cannot be read: {error}");
                return Vec::new();
            }
        };
        let mut fetched = Vec::new();
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, broker) in report.brokers.iter().filter(|(_, broker)| broker.source != "internal") {
            // The first connection is none that was lost.
            before.count(&self.gauges, "reconnects", name, (broker.connects - 1).max(0));
            before.count(&self.gauges, "broker_errors", name, broker.rxerrs + broker.txerrs + broker.req_timeouts);
            self.gauges.gauge("requests_waiting", name).set(broker.outbuf_cnt);
        }
        let mut shown = BTreeSet::new();
        for (topic, partitions) in &report.topics {
            for partition in partitions.partitions.values().filter(|partition| partition.partition >= 0) {
                let name = format!("{topic}/{}", partition.partition);
                if partition.fetch_state == "active" {
                    self.consumed(&name, partition, &mut before);
                    let number = i32::try_from(partition.partition).unwrap_or(i32::MAX);
                    fetched.push((topic.clone(), number, partition.next_offset));
                    shown.insert(name);
                } else if partition.txmsgs > 0 || partition.msgq_cnt > 0 {
                    self.gauges.gauge(QUEUED, &name).set(partition.msgq_cnt + partition.xmit_msgq_cnt);
                    before.count(&self.gauges, "rows_sent", &name, partition.txmsgs);
                    before.count(&self.gauges, "bytes_sent", &name, partition.txbytes);
                }
            }
        }
        self.gauges.gauge("rows_in_client", "").set(report.msg_cnt);
        self.gauges.gauge("bytes_in_client", "").set(report.msg_size);
        for gone in before.partitions.difference(&shown) {
            OF_PARTITION.iter().for_each(|gauge| self.gauges.remove(gauge, gone));
        }
        before.partitions = shown;
        fetched
    }

    fn consumed(&self, name: &str, partition: &Partition, before: &mut Before) {
        let end = if partition.ls_offset >= 0 { partition.ls_offset } else { partition.hi_offset };
        if partition.app_offset >= 0 && end >= 0 {
            self.gauges.gauge(LAG, name).set((end - partition.app_offset).max(0));
        }
        self.gauges.gauge(HIGH, name).set(partition.hi_offset.max(0));
        self.gauges.gauge(QUEUED, name).set(partition.fetchq_cnt);
        self.gauges.gauge(QUEUED_BYTES, name).set(partition.fetchq_size);
        before.count(&self.gauges, "rows_fetched", name, partition.rxmsgs);
        before.count(&self.gauges, "bytes_fetched", name, partition.rxbytes);
    }
}

impl Before {
    /// Adds what has come since the last report to a gauge that several clients share.
    fn count(&mut self, gauges: &Gauges, gauge: &'static str, of: &str, now: i64) {
        let last = self.counts.entry((gauge, of.to_owned())).or_default();
        gauges.gauge(gauge, of).add((now - *last).max(0));
        *last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_becomes_gauges_and_a_partition_that_is_gone_is_shown_no_more() {
        let gauges = Gauges::default();
        let stats = Stats::new(gauges.clone());
        let partition = r#"{"partition":3,"fetch_state":"active","fetchq_cnt":5,"fetchq_size":600,"app_offset":40,"hi_offset":52,"ls_offset":50,"rxmsgs":45,"rxbytes":4500}"#;
        let broker = r#""a:1":{"source":"learned","connects":3,"rxerrs":1,"outbuf_cnt":2},"":{"source":"internal","connects":9}"#;
        let report = |partition: &str| {
            format!(
                r#"{{"msg_cnt":7,"brokers":{{{broker}}},"topics":{{"orders":{{"partitions":{{"3":{partition}}}}}}}}}"#
            )
        };
        let shown = || gauges.read().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        stats.show(report(partition).as_bytes());
        stats.show(report(partition).as_bytes());
        let of_partition = "high_watermark of orders/3 = 52, lag of orders/3 = 10, queued of orders/3 = 5, queued_bytes of orders/3 = 600, ";
        let rest = |partition: &str| {
            format!(
                "broker_errors of a:1 = 1, bytes_fetched of orders/3 = 4500, bytes_in_client = 0, {partition}\
                 reconnects of a:1 = 2, requests_waiting of a:1 = 2, rows_fetched of orders/3 = 45, rows_in_client = 7"
            )
        };
        assert_eq!(shown(), rest(of_partition));
        stats.show(report(r#"{"partition":3,"fetch_state":"none"}"#).as_bytes());
        assert_eq!(shown(), rest(""));
    }
}
