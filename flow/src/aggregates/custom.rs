//! Aggregates of the user's own.

use super::describe::Described;
use super::of::Of;
use super::spec::AggregateSpec;
use crate::expr::Portable;
use crate::state::Data;
use crate::time::Timestamp;
use std::fmt;
use std::marker::PhantomData;

/// An aggregate of your own over values `V`; [`Of::custom`] takes it, or, over whole records, [`Of::custom_record`].
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
///     fn add(&self, range: &mut Self::Accumulator, value: &i64) {
///         let (low, high) = range.unwrap_or((*value, *value));
///         *range = Some((low.min(*value), high.max(*value)));
///     }
///     fn merge(&self, range: &mut Self::Accumulator, other: Self::Accumulator) {
///         if let Some((low, high)) = other { self.add(range, &low); self.add(range, &high); }
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
    fn add(&self, accumulator: &mut Self::Accumulator, value: &V);

    /// Adds what was kept of other values: parts of a sliding window, or sessions that grow together. The order must not
    /// matter.
    fn merge(&self, accumulator: &mut Self::Accumulator, other: Self::Accumulator);

    /// What it comes to.
    fn result(&self, accumulator: &Self::Accumulator) -> Self::Output;
}

/// An [`Aggregate`] of what a closure takes of a record, or of the record itself. [`Of::custom`] and [`Of::custom_record`] make it.
pub struct Custom<T, A, V> {
    aggregate: A,
    value: V,
    records: PhantomData<fn(&T)>,
}

/// A [`Custom`] aggregate of the records that meet a condition.
pub struct FilteredCustom<T, A, V, P> {
    all: Custom<T, A, V>,
    condition: P,
}

/// What a [`Custom`] aggregate is given of a record.
pub trait Taken<T>: Send + Sync + 'static {
    /// What that is.
    type Value;

    /// Hands it to `add`.
    fn take(&self, record: &T, add: impl FnOnce(&Self::Value));
}

/// What a closure gives.
pub struct Computed<F, V> {
    compute: F,
    values: PhantomData<fn() -> V>,
}

/// The record itself: nothing is copied that the aggregate does not keep.
#[derive(Debug)]
pub struct Whole;

impl<T, V: 'static, F: Fn(&T) -> V + Send + Sync + 'static> Taken<T> for Computed<F, V> {
    type Value = V;

    #[inline]
    fn take(&self, record: &T, add: impl FnOnce(&V)) {
        add(&(self.compute)(record));
    }
}

impl<T> Taken<T> for Whole {
    type Value = T;

    #[inline]
    fn take(&self, record: &T, add: impl FnOnce(&T)) {
        add(record);
    }
}

impl<T, A, V> fmt::Debug for Custom<T, A, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Custom")
    }
}

impl<T, A, V, P> fmt::Debug for FilteredCustom<T, A, V, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FilteredCustom")
    }
}

impl<F, V> fmt::Debug for Computed<F, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Computed")
    }
}

impl<T: 'static> Of<T> {
    /// An aggregate of your own; see [`Aggregate`]. What the closure gives is handed to it as it is, `None` too.
    pub fn custom<A, V, F>(self, aggregate: A, value: F) -> Custom<T, A, Computed<F, V>>
    where
        A: Aggregate<V>,
        V: 'static,
        F: Fn(&T) -> V + Send + Sync + 'static,
    {
        Custom { aggregate, value: Computed { compute: value, values: PhantomData }, records: PhantomData }
    }

    /// An aggregate of your own over the records themselves, of which it copies what it keeps and no more. In the language:
    /// `aggregate(|o| custom(Newest, o))`.
    ///
    /// ```
    /// use flow::Timestamp;
    /// use flow::aggregates::{Aggregate, AggregateSpec, Of};
    ///
    /// /// The dearest order.
    /// struct Dearest;
    /// impl Aggregate<(String, i64)> for Dearest {
    ///     type Accumulator = Option<(String, i64)>;
    ///     type Output = Option<(String, i64)>;
    ///     fn create(&self) -> Self::Accumulator { None }
    ///     fn add(&self, dearest: &mut Self::Accumulator, order: &(String, i64)) {
    ///         if dearest.as_ref().is_none_or(|before| order.1 > before.1) { *dearest = Some(order.clone()); }
    ///     }
    ///     fn merge(&self, dearest: &mut Self::Accumulator, other: Self::Accumulator) {
    ///         if let Some(order) = other { self.add(dearest, &order); }
    ///     }
    ///     fn result(&self, dearest: &Self::Accumulator) -> Self::Output { dearest.clone() }
    /// }
    ///
    /// let orders = [("a", 3), ("b", 10), ("c", 7)].map(|(id, amount)| ((id.to_owned(), amount), Timestamp::MIN));
    /// let dearest = Of::<(String, i64)>::new().custom_record(Dearest).of_all(&orders);
    /// assert_eq!(dearest, Some(Some(("b".to_owned(), 10))));
    /// ```
    pub fn custom_record<A: Aggregate<T>>(self, aggregate: A) -> Custom<T, A, Whole> {
        Custom { aggregate, value: Whole, records: PhantomData }
    }
}

impl<T, A, V> Custom<T, A, V> {
    /// Takes only records that meet a condition. It then comes to an `Option`: `None` when no record does.
    pub fn filter<P: Fn(&T) -> bool + Send + Sync + 'static>(self, condition: P) -> FilteredCustom<T, A, V, P> {
        FilteredCustom { all: self, condition }
    }

    /// [`filter`](Self::filter) with a closure that carries its expression, which has no use here: an aggregate of your own has
    /// no description for other engines.
    pub fn filter_expr<P: Fn(&T) -> bool + Send + Sync + 'static>(
        self,
        (condition, _): Portable<P>,
    ) -> FilteredCustom<T, A, V, P> {
        self.filter(condition)
    }
}

fn described() -> Vec<Described> {
    vec![Described::custom()]
}

impl<T, A, V> AggregateSpec<T> for Custom<T, A, V>
where
    T: 'static,
    V: Taken<T>,
    A: Aggregate<V::Value>,
{
    type Accumulator = A::Accumulator;
    type Output = A::Output;

    fn start(&self, record: &T, time: Timestamp) -> A::Accumulator {
        let mut accumulator = self.aggregate.create();
        self.add(&mut accumulator, record, time);
        accumulator
    }

    fn add(&self, accumulator: &mut A::Accumulator, record: &T, _: Timestamp) {
        self.value.take(record, |value| self.aggregate.add(accumulator, value));
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

impl<T, A, V, P> AggregateSpec<T> for FilteredCustom<T, A, V, P>
where
    T: 'static,
    V: Taken<T>,
    A: Aggregate<V::Value>,
    P: Fn(&T) -> bool + Send + Sync + 'static,
{
    type Accumulator = Option<A::Accumulator>;
    type Output = Option<A::Output>;

    fn start(&self, record: &T, time: Timestamp) -> Self::Accumulator {
        let mut accumulator = None;
        self.add(&mut accumulator, record, time);
        accumulator
    }

    fn add(&self, accumulator: &mut Self::Accumulator, record: &T, _: Timestamp) {
        if (self.condition)(record) {
            let aggregate = &self.all.aggregate;
            let accumulator = accumulator.get_or_insert_with(|| aggregate.create());
            self.all.value.take(record, |value| aggregate.add(accumulator, value));
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
