//! Random scripts over all states and timers, against maps; wherever batches end and whenever the stage is rebuilt.

mod states;

use super::*;
use crate::operator::probe::{ALL_GROUPS, Probe, cases};
use crate::state::{ListState, MapState, OperatorState, ReducingState, Ttl, ValueState, group_of};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const TTL: i64 = 12;

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Op {
    Set(i8),
    Update(i8),
    Take,
    Push(i8),
    Retain,
    TakeList,
    Insert(u8, i8),
    UpdateEntry(u8, i8),
    Remove(u8),
    RetainEntries,
    Add(i8),
    ClearSum,
    Timer(i64),
    DeleteTimer(i64),
    ProcessingTimer(i64),
}

type Record = (u8, Vec<Op>);

#[derive(Clone)]
struct Script {
    value: ValueState<i8>,
    list: ListState<i8>,
    map: MapState<u8, i8>,
    sum: ReducingState<i8>,
}

fn script(ttl: bool) -> Script {
    let life = Ttl::event_time(Duration::from_millis(TTL as u64));
    let script = Script {
        value: ValueState::new("value"),
        list: ListState::new("list"),
        map: MapState::new("map"),
        sum: ReducingState::new("sum", i8::wrapping_add),
    };
    if !ttl {
        return script;
    }
    Script {
        value: script.value.ttl(life),
        list: script.list.ttl(life),
        map: script.map.ttl(life),
        sum: script.sum.ttl(life),
    }
}

type Cx<'a> = ProcessContext<'a, u8, (u8, String)>;

impl Script {
    fn show(&self, what: &str, cx: &mut Cx<'_>) {
        let list: Vec<_> = self.list.iter(cx).collect();
        let map: Vec<_> = self.map.iter(cx).collect();
        let text = format!("{what} {:?} {list:?} {map:?} {:?}", self.value.get(cx), self.sum.get(cx));
        assert_eq!((list.len(), map.is_empty()), (self.list.len(cx), self.map.is_empty(cx)));
        let key = *cx.key();
        cx.emit((key, text));
    }
}

impl Process<u8, Record> for Script {
    type Out = (u8, String);

    fn states(&mut self, states: &mut States<'_, u8>) {
        states.declare(&mut self.value).declare(&mut self.list).declare(&mut self.map).declare(&mut self.sum);
    }

    fn on_record(&mut self, (_, ops): Record, cx: &mut Cx<'_>) -> Result<()> {
        for op in ops {
            let at = |after: i64| cx.time().plus_millis(after);
            match op {
                Op::Set(v) => self.value.set(cx, v),
                Op::Update(v) => self.value.update(cx, |held| *held = held.wrapping_add(v)),
                Op::Take => _ = self.value.take(cx),
                Op::Push(v) => self.list.push(cx, v),
                Op::Retain => self.list.retain(cx, |v| v % 2 == 0),
                Op::TakeList => _ = self.list.take(cx),
                Op::Insert(k, v) => _ = self.map.insert(cx, k, v),
                Op::UpdateEntry(k, v) => self.map.update(cx, k, |held| *held = held.wrapping_add(v)),
                Op::Remove(k) => _ = self.map.remove(cx, &k),
                Op::RetainEntries => self.map.retain(cx, |k, v| (i64::from(*k) + i64::from(*v)) % 2 == 0),
                Op::Add(v) => self.sum.add(cx, v),
                Op::ClearSum => self.sum.clear(cx),
                Op::Timer(after) => cx.set_timer(at(after)),
                Op::DeleteTimer(after) => cx.delete_timer(at(after)),
                Op::ProcessingTimer(at) => cx.set_processing_timer(Timestamp::from_millis(at)),
            }
        }
        self.show("record", cx);
        Ok(())
    }

    fn on_timer(&mut self, at: Timestamp, cx: &mut Cx<'_>) -> Result<()> {
        self.show("timer", cx);
        if at.millis() % 2 == 0 {
            cx.set_timer(at.plus_millis(7));
        }
        Ok(())
    }

    fn on_processing_timer(&mut self, at: Timestamp, cx: &mut Cx<'_>) -> Result<()> {
        self.show(&format!("processing timer {}", at.millis()), cx);
        Ok(())
    }
}

/// The same with maps: each value with its time of writing.
#[derive(Default)]
struct Model {
    ttl: bool,
    watermark: Option<i64>,
    value: BTreeMap<u8, (i64, i8)>,
    list: BTreeMap<u8, Vec<(i64, i8)>>,
    map: BTreeMap<(u8, u8), (i64, i8)>,
    sum: BTreeMap<u8, (i64, i8)>,
    timers: BTreeSet<(i64, u8)>,
    processing: BTreeSet<(i64, u8)>,
    rows: Vec<((u8, String), i64)>,
}

impl Model {
    fn expire(&mut self) {
        let (ttl, watermark) = (self.ttl, self.watermark.unwrap_or(i64::MIN));
        let lives = |at: i64| !ttl || i128::from(at) + i128::from(TTL) > i128::from(watermark);
        self.value.retain(|_, (at, _)| lives(*at));
        self.sum.retain(|_, (at, _)| lives(*at));
        self.map.retain(|_, (at, _)| lives(*at));
        self.list.values_mut().for_each(|list| list.retain(|(at, _)| lives(*at)));
    }

    fn show(&mut self, what: &str, key: u8, time: i64) {
        let list: Vec<_> = self.list.get(&key).into_iter().flatten().map(|(_, v)| v).collect();
        let map: Vec<_> = self.map.iter().filter(|((k, _), _)| *k == key).map(|((_, e), (_, v))| (e, v)).collect();
        let one = |of: &BTreeMap<u8, (i64, i8)>| of.get(&key).map(|held| held.1);
        let text = format!("{what} {:?} {list:?} {map:?} {:?}", one(&self.value), one(&self.sum));
        self.rows.push(((key, text), time));
    }

    fn fire(&mut self) {
        let watermark = self.watermark.unwrap_or(i64::MIN);
        while let Some(&(at, key)) = self.timers.first().filter(|timer| timer.0 <= watermark) {
            self.timers.remove(&(at, key));
            self.show("timer", key, at);
            if at % 2 == 0 && watermark < i64::MAX {
                self.timers.insert((at + 7, key));
            }
        }
    }

    fn advance(&mut self, watermark: i64) {
        if self.watermark.is_none_or(|current| watermark > current) {
            self.watermark = Some(watermark);
            self.expire();
            self.fire();
        }
    }

    fn record(&mut self, key: u8, ops: &[Op], time: i64) {
        for op in ops {
            let latest = |held: Option<&(i64, i8)>| held.map_or(time, |held| held.0.max(time));
            match *op {
                Op::Set(v) => _ = self.value.insert(key, (latest(self.value.get(&key)), v)),
                Op::Update(v) => {
                    let held = self.value.get(&key);
                    let new = (latest(held), held.map_or(0, |held| held.1).wrapping_add(v));
                    self.value.insert(key, new);
                }
                Op::Take => _ = self.value.remove(&key),
                Op::Push(v) => self.list.entry(key).or_default().push((time, v)),
                Op::Retain => self.list.entry(key).or_default().retain(|(_, v)| v % 2 == 0),
                Op::TakeList => _ = self.list.remove(&key),
                Op::Insert(e, v) => _ = self.map.insert((key, e), (time, v)),
                Op::UpdateEntry(e, v) => {
                    let held = self.map.get(&(key, e));
                    let new = (latest(held), held.map_or(0, |held| held.1).wrapping_add(v));
                    self.map.insert((key, e), new);
                }
                Op::Remove(e) => _ = self.map.remove(&(key, e)),
                Op::RetainEntries => {
                    self.map.retain(|(k, e), (_, v)| *k != key || (i64::from(*e) + i64::from(*v)) % 2 == 0);
                }
                Op::Add(v) => {
                    let held = self.sum.get(&key);
                    let new = (latest(held), held.map_or(v, |held| held.1.wrapping_add(v)));
                    self.sum.insert(key, new);
                }
                Op::ClearSum => _ = self.sum.remove(&key),
                Op::Timer(after) => _ = self.timers.insert((time + after, key)),
                Op::DeleteTimer(after) => _ = self.timers.remove(&(time + after, key)),
                Op::ProcessingTimer(at) => _ = self.processing.insert((at, key)),
            }
            // What was written with a time long gone is gone too.
            self.expire();
        }
        self.show("record", key, time);
        self.fire();
    }

    fn clock(&mut self, now: i64) {
        while let Some(&(at, key)) = self.processing.first().filter(|timer| timer.0 <= now) {
            self.processing.remove(&(at, key));
            self.show(&format!("processing timer {at}"), key, self.watermark.unwrap_or(i64::MIN).saturating_add(1));
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// A record: its key and what it does, its time, and how far the watermark has moved before it.
    Record(u8, Vec<Op>, i64, i64),
    Cut,
    Rebuild,
    Clock(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let op = prop_oneof![
        any::<i8>().prop_map(Op::Set),
        any::<i8>().prop_map(Op::Update),
        Just(Op::Take),
        any::<i8>().prop_map(Op::Push),
        Just(Op::Retain),
        Just(Op::TakeList),
        (0u8..3, any::<i8>()).prop_map(|(k, v)| Op::Insert(k, v)),
        (0u8..3, any::<i8>()).prop_map(|(k, v)| Op::UpdateEntry(k, v)),
        (0u8..3).prop_map(Op::Remove),
        Just(Op::RetainEntries),
        any::<i8>().prop_map(Op::Add),
        Just(Op::ClearSum),
        (-20i64..20).prop_map(Op::Timer),
        (-20i64..20).prop_map(Op::DeleteTimer),
        // Far from the time that the test itself takes.
        (1i64..9).prop_map(|hours| Op::ProcessingTimer(hours * 3_600_000)),
    ];
    let ops = proptest::collection::vec(op, 0..4);
    let step = prop_oneof![
        8 => (0u8..3, ops, -5i64..15, 0i64..6).prop_map(|(key, ops, ahead, by)| Step::Record(key, ops, ahead, by)),
        3 => Just(Step::Cut),
        1 => Just(Step::Rebuild),
        1 => (1i64..9).prop_map(|hours| Step::Clock(hours * 3_600_000)),
    ];
    proptest::collection::vec(step, 0..40)
}

type Probed = Probe<Processing<u8, Record, Script>>;

fn stage(ttl: bool) -> Processing<u8, Record, Script> {
    Processing::new(script(ttl), KeyFn::new(|record: &Record| record.0))
}

/// Per key, what came out in its order.
fn per_key(rows: Vec<((u8, String), i64)>) -> BTreeMap<u8, Vec<(String, i64)>> {
    let mut keys = BTreeMap::<u8, Vec<_>>::new();
    for ((key, text), time) in rows {
        keys.entry(key).or_default().push((text, time));
    }
    keys
}

fn flush(probe: &mut Probed, gathered: &mut Vec<(Record, i64, i64)>, after: i64) {
    probe.batch(std::mem::take(gathered), after).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn a_script_does_what_it_does_to_maps(steps in steps(), ttl: bool, every_record: bool) {
        let mut model = Model { ttl, ..Model::default() };
        let mut probe = Probe::new(stage(ttl), 0);
        let (mut mark, mut gathered, mut rows) = (0, Vec::new(), Vec::new());
        // So that a timer of the clock finds the stream timed.
        flush(&mut probe, &mut vec![((9, vec![]), 0, 0)], 0);
        model.advance(0);
        model.record(9, &[], 0);
        for step in steps {
            match step {
                Step::Record(key, ops, ahead, by) => {
                    mark += by;
                    model.advance(mark);
                    model.record(key, &ops, mark + ahead);
                    gathered.push(((key, ops), mark + ahead, mark));
                    if every_record {
                        flush(&mut probe, &mut gathered, mark);
                    }
                }
                Step::Cut => flush(&mut probe, &mut gathered, mark),
                Step::Rebuild => {
                    flush(&mut probe, &mut gathered, mark);
                    let state = probe.snapshot().unwrap();
                    rows.extend(probe.rows());
                    probe = Probe::restored(stage(ttl), 0, &state, ALL_GROUPS).unwrap();
                }
                Step::Clock(now) => {
                    flush(&mut probe, &mut gathered, mark);
                    model.clock(now);
                    probe.timer(Timestamp::from_millis(now)).unwrap();
                    prop_assert_eq!(probe.next_timer().map(Timestamp::millis), model.processing.first().map(|t| t.0));
                }
            }
        }
        flush(&mut probe, &mut gathered, mark);
        probe.watermark(i64::MAX).unwrap();
        model.advance(i64::MAX);
        probe.end().unwrap();
        rows.extend(probe.rows());
        let rows: Vec<_> = rows.into_iter().map(|item| (item.value, item.time)).collect();
        prop_assert_eq!(per_key(rows), per_key(model.rows));
        prop_assert_eq!(probe.counts().held(), 0);
    }
}
