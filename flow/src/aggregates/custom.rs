//! Aggregates of the user's own.

use super::describe::Described;
use super::of::Of;
use super::spec::AggregateSpec;
use crate::expr::Portable;
use crate::state::Data;
use crate::time::Timestamp;
use std::fmt;
use std::marker::PhantomData;

/// An aggregate of your own over values `V`; [`Of::custom`] takes it.
///
/// It runs in this process only: the IR has no form for it.
///
/// ```
/// use flow::Timestamp;
/// use flow::aggregates::{Aggregate, AggregateSpec, Of};
///
/// /// How far the values lie apart.
/// struct Range;
/// impl Aggregate<i64> for Range {
///     type Accumulator = Option<(i64, i64)>;
///     type Output = i64;
///     fn create(&self) -> Self::Accumulator { None }
///     fn add(&self, range: &mut Self::Accumulator, value: i64) {
///         let (low, high) = range.unwrap_or((value, value));
///         *range = Some((low.min(value), high.max(value)));
///     }
///     fn merge(&self, range: &mut Self::Accumulator, other: Self::Accumulator) {
///         if let Some((low, high)) = other { self.add(range, low); self.add(range, high); }
///     }
///     fn result(&self, range: &Self::Accumulator) -> i64 { range.map_or(0, |(low, high)| high - low) }
/// }
///
/// let spec = Of::<(&str, i64)>::new().custom(Range, |row| row.1);
/// assert_eq!(spec.of_all(&[(("a", 3), Timestamp::MIN), (("b", 10), Timestamp::MIN)]), Some(7));
/// ```
pub trait Aggregate<V>: Send + Sync + 'static {
    /// What is kept between values. It is written to snapshots.
    type Accumulator: Data + Clone;
    /// What it comes to.
    type Output;

    /// What is kept of no value.
    fn create(&self) -> Self::Accumulator;

    /// Adds a value.
    fn add(&self, accumulator: &mut Self::Accumulator, value: V);

    /// Adds what was kept of other values: parts of a sliding window, or sessions that grow together. The order must not
    /// matter.
    fn merge(&self, accumulator: &mut Self::Accumulator, other: Self::Accumulator);

    /// What it comes to.
    fn result(&self, accumulator: &Self::Accumulator) -> Self::Output;
}

/// An [`Aggregate`] of what a closure takes of a record. [`Of::custom`] makes it.
pub struct Custom<T, A, V, F> {
    aggregate: A,
    value: F,
    types: PhantomData<fn(&T) -> V>,
}

/// A [`Custom`] aggregate of the records that meet a condition.
pub struct FilteredCustom<T, A, V, F> {
    all: Custom<T, A, V, F>,
}

impl<T, A, V, F> fmt::Debug for Custom<T, A, V, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Custom")
    }
}

impl<T, A, V, F> fmt::Debug for FilteredCustom<T, A, V, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FilteredCustom")
    }
}

impl<T: 'static> Of<T> {
    /// An aggregate of your own; see [`Aggregate`]. What the closure gives is handed to it as it is, `None` too.
    pub fn custom<A, V, F>(self, aggregate: A, value: F) -> Custom<T, A, V, F>
    where
        A: Aggregate<V>,
        F: Fn(&T) -> V + Send + Sync + 'static,
    {
        Custom { aggregate, value, types: PhantomData }
    }
}

impl<T, A, V, F> Custom<T, A, V, F>
where
    T: 'static,
    V: 'static,
    F: Fn(&T) -> V + Send + Sync + 'static,
{
    /// Takes only records that meet a condition. It then comes to an `Option`: `None` when no record does.
    pub fn filter(
        self,
        condition: impl Fn(&T) -> bool + Send + Sync + 'static,
    ) -> FilteredCustom<T, A, V, impl Fn(&T) -> Option<V> + Send + Sync + 'static> {
        let Self { aggregate, value, .. } = self;
        let value = move |record: &T| condition(record).then(|| value(record));
        FilteredCustom { all: Custom { aggregate, value, types: PhantomData } }
    }

    /// [`filter`](Self::filter) with a closure that carries its expression, which has no use here: an aggregate of your own has
    /// no description for other engines.
    pub fn filter_expr<P: Fn(&T) -> bool + Send + Sync + 'static>(
        self,
        (condition, _): Portable<P>,
    ) -> FilteredCustom<T, A, V, impl Fn(&T) -> Option<V> + Send + Sync + 'static> {
        self.filter(condition)
    }
}

fn described() -> Vec<Described> {
    vec![Described::custom()]
}

impl<T, A, V, F> AggregateSpec<T> for Custom<T, A, V, F>
where
    T: 'static,
    V: 'static,
    A: Aggregate<V>,
    F: Fn(&T) -> V + Send + Sync + 'static,
{
    type Accumulator = A::Accumulator;
    type Output = A::Output;

    fn start(&self, record: &T, time: Timestamp) -> A::Accumulator {
        let mut accumulator = self.aggregate.create();
        self.add(&mut accumulator, record, time);
        accumulator
    }

    fn add(&self, accumulator: &mut A::Accumulator, record: &T, _: Timestamp) {
        self.aggregate.add(accumulator, (self.value)(record));
    }

    fn merge(&self, accumulator: &mut A::Accumulator, other: A::Accumulator) {
        self.aggregate.merge(accumulator, other);
    }

    fn result(&self, accumulator: &A::Accumulator) -> A::Output {
        self.aggregate.result(accumulator)
    }

    fn describe(&self) -> Vec<Described> {
        described()
    }
}

impl<T, A, V, F> AggregateSpec<T> for FilteredCustom<T, A, V, F>
where
    T: 'static,
    V: 'static,
    A: Aggregate<V>,
    F: Fn(&T) -> Option<V> + Send + Sync + 'static,
{
    type Accumulator = Option<A::Accumulator>;
    type Output = Option<A::Output>;

    fn start(&self, record: &T, time: Timestamp) -> Self::Accumulator {
        let mut accumulator = None;
        self.add(&mut accumulator, record, time);
        accumulator
    }

    fn add(&self, accumulator: &mut Self::Accumulator, record: &T, _: Timestamp) {
        let Custom { aggregate, value, .. } = &self.all;
        if let Some(value) = value(record) {
            aggregate.add(accumulator.get_or_insert_with(|| aggregate.create()), value);
        }
    }

    fn merge(&self, accumulator: &mut Self::Accumulator, other: Self::Accumulator) {
        match (accumulator.as_mut(), other) {
            (Some(accumulator), Some(other)) => self.all.aggregate.merge(accumulator, other),
            (None, other) => *accumulator = other,
            (Some(_), None) => {}
        }
    }

    fn result(&self, accumulator: &Self::Accumulator) -> Self::Output {
        accumulator.as_ref().map(|accumulator| self.all.aggregate.result(accumulator))
    }

    fn describe(&self) -> Vec<Described> {
        described()
    }
}
