//! The laws: each thing that can be gathered, with its meaning written as plain loops.

use super::harness::check;
use super::input::{Input, Rec, input, windows};
use crate::aggregates::{Aggregate, AggregateSpec, Of};
use crate::operator::probe::cases;
use crate::transforms::aggregate::Aggregates;
use crate::transforms::fold::{Fold, FoldSession};
use crate::transforms::reduce::Reduce;
use crate::transforms::top::Top;
use crate::windows::{TimeWindow, Window, WindowKind, Windowed};
use proptest::prelude::*;
use std::time::Duration;

/// The same input in one task, and as it comes only: rows then have one order.
fn alone(input: Input) -> Input {
    Input { tasks: 1, rebuilds: input.rebuilds.into_iter().map(|(at, _)| (at, 1)).collect(), ..input }
}

/// How far the values lie apart.
struct Range;

impl Aggregate<i32> for Range {
    type Accumulator = Option<(i32, i32)>;
    type Output = i64;

    fn create(&self) -> Self::Accumulator {
        None
    }

    fn add(&self, range: &mut Self::Accumulator, value: &i32) {
        let (low, high) = range.unwrap_or((*value, *value));
        *range = Some((low.min(*value), high.max(*value)));
    }

    fn merge(&self, range: &mut Self::Accumulator, other: Self::Accumulator) {
        for value in other.into_iter().flat_map(|(low, high)| [low, high]) {
            self.add(range, &value);
        }
    }

    fn result(&self, range: &Self::Accumulator) -> i64 {
        range.map_or(0, |(low, high)| i64::from(high) - i64::from(low))
    }
}

fn many(of: Of<Rec>) -> impl AggregateSpec<Rec, Output: std::fmt::Debug> {
    (
        (of.count(), of.count().filter(|r| r.value > 0)),
        (of.sum(|r| r.value), of.sum(|r| r.maybe), of.sum(|r| r.value).filter(|r| r.value > 0)),
        (of.avg(|r| r.value), of.avg(|r| r.maybe), of.avg(|r| r.value as i8)),
        (of.min(|r| r.value), of.max(|r| r.value), of.min(|r| r.maybe), of.max(|r| r.maybe)),
        (of.min(|r| r.float), of.max(|r| r.float)),
        (of.first(|r| r.id), of.last(|r| r.id), of.first(|r| r.maybe), of.last(|r| r.maybe)),
        (of.count_distinct(|r| r.value), of.count_distinct(|r| r.maybe), of.count_distinct(|r| r.float)),
        (of.count_distinct(|r| r.value).filter(|r| r.maybe.is_some()), of.max(|r| r.value).filter(|r| r.value < 0)),
        (of.custom(Range, |r| r.value), of.custom(Range, |r| r.value).filter(|r| r.value > 0)),
    )
}

/// The least and the greatest of floats: a NaN is larger than every number, -0.0 smaller than 0.0.
fn float_extremes(records: &[Rec]) -> (f64, f64) {
    let mut numbers: Vec<f64> = records.iter().map(|r| r.float).filter(|f| !f.is_nan()).collect();
    numbers.sort_by(f64::total_cmp);
    let nans = records.len() > numbers.len();
    let low = numbers.first().copied().unwrap_or(f64::NAN);
    (low, if nans { f64::NAN } else { *numbers.last().unwrap_or(&f64::NAN) })
}

fn average(values: &[i32]) -> Option<i32> {
    let total: i64 = values.iter().map(|&v| i64::from(v)).sum();
    (!values.is_empty()).then(|| (total / values.len() as i64) as i32)
}

fn total(values: &[i32]) -> Option<i32> {
    (!values.is_empty()).then(|| values.iter().fold(0, |sum: i32, v| sum.wrapping_add(*v)))
}

fn range(values: &[i32]) -> Option<i64> {
    Some(i64::from(*values.iter().max()?) - i64::from(*values.iter().min()?))
}

fn distinct<V: Eq + std::hash::Hash>(values: impl Iterator<Item = V>) -> usize {
    values.collect::<std::collections::HashSet<V>>().len()
}

/// What [`many`] means.
fn many_plainly(records: &[Rec]) -> String {
    let mut records = records.to_vec();
    records.sort_by_key(|r| r.id);
    let values: Vec<i32> = records.iter().map(|r| r.value).collect();
    let maybes: Vec<i32> = records.iter().filter_map(|r| r.maybe).collect();
    let positive: Vec<i32> = values.iter().copied().filter(|v| *v > 0).collect();
    let small: i64 = values.iter().map(|v| i64::from(*v as i8)).sum::<i64>() / values.len() as i64;
    let some: Vec<i32> = records.iter().filter(|r| r.maybe.is_some()).map(|r| r.value).collect();
    let mut by_time = records.clone();
    by_time.sort_by_key(|r| (r.time, r.id));
    let some_by_time: Vec<&Rec> = by_time.iter().filter(|r| r.maybe.is_some()).collect();
    let floats = records.iter().map(|r| if r.float.is_nan() { "NaN".to_owned() } else { format!("{:?}", r.float) });
    format!(
        "{:?}",
        (
            (values.len(), positive.len()),
            (total(&values).unwrap_or(0), total(&maybes), total(&positive)),
            (average(&values).unwrap_or(0), average(&maybes), small as i8),
            (
                values.iter().min().unwrap_or(&0),
                values.iter().max().unwrap_or(&0),
                maybes.iter().min(),
                maybes.iter().max()
            ),
            float_extremes(&records),
            (
                by_time[0].id,
                by_time[by_time.len() - 1].id,
                some_by_time.first().and_then(|r| r.maybe),
                some_by_time.last().and_then(|r| r.maybe),
            ),
            (distinct(values.iter()), distinct(maybes.iter()), distinct(floats)),
            (distinct(some.iter()), values.iter().filter(|v| **v < 0).max()),
            (range(&values).unwrap_or(0), range(&positive)),
        )
    )
}

fn in_window(key: u8, window: TimeWindow, what: &str) -> String {
    format!("{key} {}..{} {what}", window.start.millis(), window.end.millis())
}

fn folded(row: &Windowed<u8, Vec<u32>>) -> String {
    in_window(row.key, row.window, &format!("{:?}", row.value))
}

fn ids(key: u8, window: TimeWindow, records: &[Rec]) -> Vec<String> {
    vec![in_window(key, window, &format!("{:?}", records.iter().map(|r| r.id).collect::<Vec<_>>()))]
}

fn aggregates_law(window: (Window, Duration), input: &Input, ordered: bool) -> Result<(), TestCaseError> {
    let spec = std::sync::Arc::new(many(Of::new()));
    let finish = |key: &u8, window, results| in_window(*key, window, &format!("{results:?}"));
    let gather = || Aggregates::new(spec.clone(), std::sync::Arc::new(finish));
    let show = |key, window, records: &[Rec]| vec![in_window(key, window, &many_plainly(records))];
    check(window, input, ordered, gather, String::clone, &show)
}

fn fold_law(window: (Window, Duration), input: &Input, ordered: bool) -> Result<(), TestCaseError> {
    let append = |mut ids: Vec<u32>, record: Rec| {
        ids.push(record.id);
        ids
    };
    let fold = || Fold::new(Vec::new(), std::sync::Arc::new(append));
    if matches!(window.0.kind(), WindowKind::Session { .. }) {
        check(window, input, ordered, || FoldSession(fold()), folded, &ids)
    } else {
        check(window, input, ordered, fold, folded, &ids)
    }
}

fn reduce_law(window: (Window, Duration), input: &Input, ordered: bool) -> Result<(), TestCaseError> {
    let join = |mut a: Rec, b: Rec| {
        a.trail.extend(b.trail);
        a
    };
    let gather = || Reduce::new(std::sync::Arc::new(join));
    let shown = |row: &Windowed<u8, Rec>| in_window(row.key, row.window, &format!("{:?}", row.value.trail));
    check(window, input, ordered, gather, shown, &ids)
}

fn top_law(window: (Window, Duration), input: &Input, ordered: bool) -> Result<(), TestCaseError> {
    let gather = || Top::new(3, std::sync::Arc::new(|record: &Rec| record.maybe));
    let show = |_, _, records: &[Rec]| {
        let mut best = records.to_vec();
        // Stable: of equally good ones those that came first stay first.
        best.sort_by_key(|record| std::cmp::Reverse(record.maybe));
        best.truncate(3);
        best.iter().map(|record| format!("{record:?}")).collect()
    };
    check(window, input, ordered, gather, |record| format!("{record:?}"), &show)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn aggregates_are_what_the_model_says(window in windows(), input in input(6)) {
        aggregates_law(window, &input, false)?;
    }

    #[test]
    fn aggregates_of_one_key_come_in_order(window in windows(), input in input(1)) {
        aggregates_law(window, &alone(input), true)?;
    }

    #[test]
    fn folds_are_what_the_model_says(window in windows(), input in input(4)) {
        fold_law(window, &input, false)?;
    }

    #[test]
    fn reductions_are_what_the_model_says(window in windows(), input in input(4)) {
        reduce_law(window, &input, false)?;
    }

    #[test]
    fn the_top_is_what_the_model_says(window in windows(), input in input(3)) {
        top_law(window, &input, false)?;
    }

    #[test]
    fn the_top_of_one_key_comes_in_order(window in windows(), input in input(1)) {
        top_law(window, &alone(input), true)?;
    }
}
