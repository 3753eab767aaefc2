//! One side of an interval join: the records that may still meet a partner.

use crate::error::Result;
use crate::state::{Data, Key, StateReader, StateWriter};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The records of one key, by time, each with whether it has met a partner.
type ByTime<T> = BTreeMap<i64, Vec<(T, bool)>>;

/// The records of one side that are kept.
pub(super) struct Half<K, T> {
    name: &'static str,
    /// A partner's time, less the record's own, is between these.
    low: i64,
    high: i64,
    keys: FxHashMap<K, ByTime<T>>,
    /// When which times of which keys are given up.
    until: BTreeMap<i64, Vec<(i64, K)>>,
}

impl<K: Key, T: Data> Half<K, T> {
    pub(super) fn new(name: &'static str, low: i64, high: i64) -> Self {
        Self { name, low, high, keys: FxHashMap::default(), until: BTreeMap::new() }
    }

    /// The first and the last time that a partner of a record can have. No partner comes any more when the watermark has
    /// reached the last.
    pub(super) fn partners(&self, time: i64) -> (i64, i64) {
        (time.saturating_add(self.low), time.saturating_add(self.high))
    }

    /// Shows every record of the key whose time is between these, and remembers that it has met a partner. False if there
    /// is none.
    pub(super) fn meet(&mut self, key: &K, (first, last): (i64, i64), mut show: impl FnMut(&T, i64)) -> bool {
        let Some(times) = self.keys.get_mut(key) else { return false };
        let mut any = false;
        for (time, records) in times.range_mut(first..=last) {
            for (record, met) in records {
                show(record, *time);
                *met = true;
                any = true;
            }
        }
        any
    }

    /// Keeps a record until no partner can come any more.
    pub(super) fn keep(&mut self, key: K, time: i64, record: T, met: bool) {
        let until = self.partners(time).1;
        let records = match self.keys.get_mut(&key) {
            Some(times) => times.entry(time).or_default(),
            None => self.keys.entry(key.clone()).or_default().entry(time).or_default(),
        };
        if records.is_empty() {
            self.until.entry(until).or_default().push((time, key));
        }
        records.push((record, met));
    }

    /// The watermark at which the next records are given up.
    pub(super) fn next(&self) -> Option<i64> {
        self.until.first_key_value().map(|(until, _)| *until)
    }

    /// Gives up the records that are kept until this watermark, and shows those that have met no partner.
    pub(super) fn give_up(&mut self, until: i64, mut show: impl FnMut(T, i64)) {
        for (time, key) in self.until.remove(&until).unwrap_or_default() {
            let Some(times) = self.keys.get_mut(&key) else { continue };
            for (record, met) in times.remove(&time).unwrap_or_default() {
                if !met {
                    show(record, time);
                }
            }
            if times.is_empty() {
                self.keys.remove(&key);
            }
        }
    }

    pub(super) fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        let mut entries = Vec::new();
        for (key, times) in &self.keys {
            let records = times.iter().flat_map(|(time, records)| records.iter().map(move |record| (time, record)));
            entries.extend(records.map(|record| (key, record)));
        }
        state.keyed(self.name, entries.iter().map(|(key, record)| (*key, record)))
    }

    pub(super) fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        for (key, (time, (record, met))) in state.keyed::<K, (i64, (T, bool))>(self.name)? {
            self.keep(key, time, record, met);
        }
        Ok(())
    }
}
