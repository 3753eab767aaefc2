//! What aggregates come to, over every type of value; written to bytes, and merged, at every place.

use super::{AggregateSpec, Of};
use crate::time::Timestamp;
use bytes::Bytes;
use rust_decimal::Decimal;
use std::fmt::Debug;

/// The aggregate over these records is as expected: in one go, written to bytes and read back after each record, and merged
/// from two parts that are cut anywhere. Each record's time is its place.
fn check<T: Clone, S>(spec: &S, records: &[T], expected: &S::Output)
where
    S: AggregateSpec<T, Output: Debug + PartialEq>,
{
    let timed: Vec<(T, Timestamp)> =
        records.iter().enumerate().map(|(at, record)| (record.clone(), Timestamp::from_millis(at as i64))).collect();
    let gather = |records: &[(T, Timestamp)]| {
        let mut gathered: Option<S::Accumulator> = None;
        for (record, time) in records {
            match &mut gathered {
                Some(gathered) => spec.add(gathered, record, *time),
                None => gathered = Some(spec.start(record, *time)),
            }
            let bytes = postcard::to_stdvec(&gathered).expect("an accumulator can be written");
            gathered = postcard::from_bytes(&bytes).expect("it can be read back");
        }
        gathered
    };
    assert_eq!(spec.of_all(&timed).as_ref(), Some(expected));
    for cut in 0..=timed.len() {
        let (before, after) = timed.split_at(cut);
        let merged = match (gather(before), gather(after)) {
            (Some(mut before), Some(after)) => {
                spec.merge(&mut before, after);
                before
            }
            (one, other) => one.or(other).expect("there are records"),
        };
        assert_eq!(&spec.result(&merged), expected, "cut at {cut}");
    }
}

fn of<T>() -> Of<T> {
    Of::new()
}

#[test]
fn integers_wrap_and_truncate() {
    check(&of::<i8>().sum(|n| *n), &[127, 1], &-128);
    check(&of::<u8>().sum(|n| *n), &[255, 2], &1);
    check(&of::<i64>().sum(|n| *n), &[i64::MIN, -1], &i64::MAX);
    check(&of::<u128>().sum(|n| *n), &[u128::MAX, 2], &1);
    check(&of::<i8>().avg(|n| *n), &[127, 127, 127], &127);
    check(&of::<i32>().avg(|n| *n), &[-3, -4], &-3);
    check(&of::<i64>().avg(|n| *n), &[i64::MAX, 1], &(i64::MIN / 2));
    check(&of::<u64>().avg(|n| *n), &[u64::MAX - 1, 0], &(u64::MAX / 2));
    check(&of::<i128>().avg(|n| *n), &[-7, 2], &-2);
}

#[test]
fn floats_have_one_order() {
    let (nan, zero) = (f64::NAN, 0.0f64);
    check(&of::<f64>().min(|f| *f), &[nan, 2.5, -nan, 7.0], &2.5);
    check(&of::<f64>().max(|f| f.max(1.0)), &[2.5, 7.0], &7.0);
    check(&of::<f32>().max(|f| f.is_nan()), &[1.0, f32::NAN], &true);
    check(&of::<f64>().min(|f| f.to_string()), &[zero, -zero], &"-0".to_owned());
    check(&of::<f64>().count_distinct(|f| *f), &[nan, -nan, zero, -zero, 0.0], &3);
    check(&of::<f32>().avg(|f| *f), &[1.5, 2.5], &2.0);
    check(&of::<f64>().sum(|f| *f), &[1.5, f64::INFINITY], &f64::INFINITY);
    assert!(of::<f64>().max(|f| *f).of_all(&[(nan, Timestamp::MIN), (2.0, Timestamp::MIN)]).is_some_and(f64::is_nan));
}

#[test]
fn decimals_are_exact() {
    let decimals = ["0.10", "0.2", "-0.20", "0.1"].map(|text| text.parse::<Decimal>().expect("a decimal"));
    let decimal = |text: &str| text.parse::<Decimal>().expect("a decimal");
    check(&of::<Decimal>().sum(|d| *d), &decimals, &decimal("0.2"));
    check(&of::<Decimal>().avg(|d| *d), &decimals, &decimal("0.05"));
    check(&of::<Decimal>().min(|d| *d), &decimals, &decimal("-0.2"));
    check(&of::<Decimal>().count_distinct(|d| *d), &decimals, &3);
    check(&of::<Decimal>().last(|d| Some((*d, vec![*d]))), &decimals, &Some((decimal("0.1"), vec![decimal("0.1")])));
}

#[test]
#[should_panic(expected = "does not fit 96 bits")]
fn a_sum_of_decimals_that_is_too_large_panics() {
    check(&of::<Decimal>().sum(|d| *d), &[Decimal::MAX, Decimal::MAX], &Decimal::MAX);
}

#[test]
fn other_values() {
    let words = ["b", "a", "c", "a"];
    check(&of::<&str>().min(|word| word.to_string()), &words, &"a".to_owned());
    check(&of::<&str>().max(|word| Bytes::copy_from_slice(word.as_bytes())), &words, &Bytes::from_static(b"c"));
    check(&of::<&str>().max(|word| (word.len() as i64, word.to_string())), &words, &(1, "c".to_owned()));
    check(&of::<&str>().first(|word| word.chars().next().map(|c| (c, true))), &words, &Some(('b', true)));
    check(&of::<&str>().last(|word| Timestamp::from_millis(word.len() as i64)), &words, &Timestamp::from_millis(1));
    check(&of::<&str>().count_distinct(|word| (word.to_string(), word.len() as u8)), &words, &3);
}

#[test]
fn what_is_absent_is_skipped() {
    let some = [None, Some(3), None, Some(5)];
    let none = [None, None];
    let all = |of: Of<Option<i64>>| {
        (of.sum(|v| *v), of.avg(|v| *v), of.min(|v| *v), of.max(|v| *v), of.first(|v| *v), of.last(|v| *v))
    };
    check(&all(of()), &some, &(Some(8), Some(4), Some(3), Some(5), Some(3), Some(5)));
    check(&all(of()), &none, &(None, None, None, None, None, None));
    let counts = |of: Of<Option<i64>>| (of.count(), of.count_distinct(|v| *v), of.count().filter(|v| v.is_some()));
    check(&counts(of()), &some, &(4, 2, 2));
    check(&counts(of()), &none, &(2, 0, 0));
}

#[test]
fn filters_make_what_may_be_absent() {
    let odd = |n: &i64| n % 2 != 0;
    let numbers = [2, 4, 6];
    check(&(of::<i64>().sum(|n| *n).filter(odd), of().max(|n| Some(*n)).filter(odd)), &numbers, &(None, None));
    check(&of::<i64>().count().filter(odd).filter(|n| *n > 1), &[1, 2, 3, 5], &2);
    check(&of::<i64>().sum(|n| *n).filter(odd).filter(|n| *n > 1), &[1, 2, 3, 5], &Some(8));
    check(&of::<i64>().count_distinct(|n| *n).filter(odd), &[1, 1, 2, 3], &2);
}

#[test]
fn up_to_twelve_side_by_side() {
    let twelve = |of: Of<i64>| {
        let sum = || of.sum(|n: &i64| *n);
        (sum(), sum(), sum(), sum(), sum(), sum(), sum(), sum(), sum(), sum(), sum(), of.count())
    };
    check(&twelve(of()), &[1, 2], &(3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2));
    assert_eq!(twelve(of()).describe().len(), 12);
}
