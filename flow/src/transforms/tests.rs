//! The stateless stages: a batch goes through each with everything that stands beside its records.

use super::filter::Filter;
use super::filter_map::FilterMap;
use super::flat_map::FlatMap;
use super::inspect::Inspect;
use super::map::Map;
use super::route::Routing;
use super::try_map::TryMap;
use crate::element::{Batch, Element, Item};
use crate::operator::probe::{Probe, cases};
use crate::operator::{ErrorPolicy, Operator};
use proptest::prelude::*;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

type Record = (i64, i64, i64);

/// Records in batches, located and timed or not; marks never go back.
fn batches() -> impl Strategy<Value = (Vec<Vec<Record>>, bool, bool)> {
    let records = proptest::collection::vec((-9i64..9, any::<i64>(), 0i64..3), 0..20);
    (proptest::collection::vec(records, 0..5), any::<bool>(), any::<bool>()).prop_map(
        |(mut batches, timed, located)| {
            let mut mark = 0;
            for record in batches.iter_mut().flatten() {
                mark += std::mem::replace(&mut record.2, mark);
            }
            (batches, timed, located)
        },
    )
}

/// Puts the batches through the operator: what is pushed, for comparing, and the probe.
fn drive<O: Operator<In = i64>>(
    operator: O,
    sides: usize,
    (batches, timed, located): &(Vec<Vec<Record>>, bool, bool),
) -> (Vec<Item<i64>>, Probe<O>) {
    let mut probe = Probe::new(operator, sides).policy(ErrorPolicy::DeadLetter);
    let (mut all, mut offset) = (Vec::new(), 0);
    for records in batches {
        let mut batch = Batch::new();
        batch.set_split(7);
        for &(value, time, mark) in records {
            offset += 1;
            let item = Item { value, time, mark, offset: located.then_some(offset) };
            batch.push_item(item, *timed);
            let beside = if *timed { (time, mark) } else { (i64::MIN, i64::MIN) };
            all.push(Item { time: beside.0, mark: beside.1, ..item });
        }
        if let (true, Some(last)) = (*timed, records.last()) {
            batch.set_after(last.2);
        }
        probe.push(Element::Batch(batch)).unwrap();
    }
    assert_eq!(probe.counts().held(), 0);
    (all, probe)
}

fn with<T, U>(item: &Item<T>, value: U) -> Item<U> {
    Item { value, time: item.time, mark: item.mark, offset: item.offset }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn filter_and_inspect(input in batches()) {
        let (all, mut probe) = drive(Filter::new(Arc::new(|x: &i64| *x > 0)), 0, &input);
        let expected: Vec<_> = all.iter().copied().filter(|item| item.value > 0).collect();
        prop_assert_eq!(probe.counts().filtered as usize, all.len() - expected.len());
        prop_assert_eq!(probe.rows(), expected);
        let sum = Arc::new(AtomicI64::new(0));
        let seen = Arc::clone(&sum);
        let look = Arc::new(move |x: &i64| { seen.fetch_add(*x, Ordering::Relaxed); });
        let (all, mut probe) = drive(Inspect::new(look), 0, &input);
        prop_assert_eq!(sum.load(Ordering::Relaxed), all.iter().map(|item| item.value).sum::<i64>());
        prop_assert_eq!(probe.rows(), all);
    }

    #[test]
    fn maps(input in batches()) {
        let (all, mut probe) = drive(Map::new(Arc::new(|x: i64| x.to_string())), 0, &input);
        prop_assert_eq!(probe.rows(), all.iter().map(|item| with(item, item.value.to_string())).collect::<Vec<_>>());
        let (all, mut probe) = drive(FilterMap::new(Arc::new(|x: i64| (x % 2 == 0).then_some(x as u8))), 0, &input);
        let even = all.iter().filter(|item| item.value % 2 == 0).map(|item| with(item, item.value as u8));
        prop_assert_eq!(probe.rows(), even.collect::<Vec<_>>());
        let (all, mut probe) = drive(FlatMap::new(Arc::new(|x: i64| (0..x).map(move |y| (x, y)))), 0, &input);
        let many = all.iter().flat_map(|item| (0..item.value).map(|y| with(item, (item.value, y))));
        prop_assert_eq!(probe.rows(), many.collect::<Vec<_>>());
        prop_assert_eq!(probe.counts().passed as usize, all.iter().filter(|item| item.value > 0).count());
    }

    #[test]
    fn try_map(input in batches()) {
        let make = |x: &i64| if *x > 0 { Ok(x * 2) } else { Err(format!("{x} is not positive")) };
        let (all, mut probe) = drive(TryMap::new(Arc::new(make)), 0, &input);
        let good: Vec<_> = all.iter().filter(|item| item.value > 0).map(|item| with(item, item.value * 2)).collect();
        prop_assert_eq!(probe.rows(), good);
        let rejected: Vec<_> = probe.rejected().into_iter()
            .map(|r| (String::from_utf8(r.original).unwrap(), r.offset, r.split, r.reason, r.attempts)).collect();
        let bad = all.iter().filter(|item| item.value <= 0);
        prop_assert_eq!(rejected, bad.map(|item| {
            (item.value.to_string(), item.offset, 7, format!("{} is not positive", item.value), 1)
        }).collect::<Vec<_>>());
    }

    #[test]
    fn route(input in batches()) {
        let conditions: [fn(&i64) -> bool; 2] = [|x| *x > 3, |x| x % 2 == 0];
        let operator = || Routing::new(conditions.iter().map(|holds| Arc::new(*holds) as _).collect());
        let (all, mut probe) = drive(operator(), 2, &input);
        let way = |x: i64| conditions.iter().position(|holds| holds(&x));
        let taken = |at| all.iter().copied().filter(|item| way(item.value) == at).collect::<Vec<_>>();
        prop_assert_eq!(probe.rows(), taken(None));
        prop_assert_eq!(probe.side(0), taken(Some(0)));
        prop_assert_eq!(probe.side(1), taken(Some(1)));
    }
}

#[test]
fn a_large_batch_is_cut_and_keeps_its_watermarks() {
    let mut probe = Probe::new(FlatMap::new(Arc::new(|n: i64| 0..n)), 0);
    probe.batch([(3000, 10, 1), (2, 20, 5)], 9).unwrap();
    let batches: Vec<_> = probe.elements().into_iter().filter_map(|e| e.control::<i64>().err()).collect();
    assert_eq!(batches.iter().map(|b| (b.len(), b.after())).collect::<Vec<_>>(), [(1024, 1), (1024, 1), (954, 9)]);
}

#[test]
fn with_the_policy_to_fail_an_error_ends_the_job() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let make = move |x: &i64| {
        log.lock().unwrap().push(*x);
        if *x == 2 { Err("two") } else { Ok(*x) }
    };
    let mut probe = Probe::new(TryMap::new(Arc::new(make)), 0);
    let error = probe.untimed([1, 2, 3]).unwrap_err();
    assert!(error.to_string().starts_with("stage failed in stage `probed`"), "{error}");
    assert_eq!((error.message(), &*seen.lock().unwrap()), ("two", &vec![1, 2]));
}
