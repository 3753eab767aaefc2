//! An aggregate over what a closure takes of each record: everything but counts and the user's own.

use super::describe::{Described, opaque};
use super::operand::Operand;
use super::spec::AggregateSpec;
use crate::expr::{Portable, PortableExpr};
use crate::state::Data;
use crate::time::Timestamp;
use std::fmt;
use std::marker::PhantomData;

/// How one aggregate works on values that are there.
pub trait Aggregator<V>: Clone + Send + Sync + 'static {
    /// What is kept between values.
    type State: Data + Clone;
    /// What it comes to.
    type Output;

    /// What is kept of the first value.
    fn start(&self, value: V, time: Timestamp) -> Self::State;

    /// Adds a value.
    fn add(&self, state: &mut Self::State, value: V, time: Timestamp);

    /// Adds what was kept of other values.
    fn merge(&self, state: &mut Self::State, other: Self::State);

    /// Whether what was merged can be taken out again, exactly.
    const RETRACTS: bool = false;

    /// Takes out what was merged before, and is not all that there is. Called only if [`RETRACTS`](Self::RETRACTS).
    fn retract(&self, state: &mut Self::State, merged: &Self::State) {
        let _ = (state, merged);
    }

    /// What it comes to.
    fn result(&self, state: &Self::State) -> Self::Output;
}

/// An aggregate `A` of what the closure `F` takes of a record `T`. The methods of [`Of`](super::Of) make it.
pub struct Aggregation<T, A, O, F> {
    aggregator: A,
    value: F,
    described: Described,
    types: PhantomData<fn(&T) -> O>,
}

impl<T, A: fmt::Debug, O, F> fmt::Debug for Aggregation<T, A, O, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Aggregation").field(&self.aggregator).finish()
    }
}

#[allow(clippy::type_complexity, reason = "a closure's type has no shorter name")]
impl<T, A, O, F> Aggregation<T, A, O, F>
where
    T: 'static,
    O: Operand,
    F: Fn(&T) -> O + Send + Sync + 'static,
{
    pub(super) fn new(aggregator: A, value: F, described: Described) -> Self {
        Self { aggregator, value, described, types: PhantomData }
    }

    /// Takes only records that meet a condition. It then comes to an `Option`: `None` when no record does.
    ///
    /// ```
    /// use flow::Timestamp;
    /// use flow::aggregates::{AggregateSpec, Of};
    /// let even = Of::<i64>::new().sum(|n| *n).filter(|n| n % 2 == 0);
    /// assert_eq!(even.of_all(&[1, 2, 4].map(|n| (n, Timestamp::MIN))), Some(Some(6)));
    /// assert_eq!(even.of_all(&[1, 3].map(|n| (n, Timestamp::MIN))), Some(None));
    /// ```
    pub fn filter(
        self,
        condition: impl Fn(&T) -> bool + Send + Sync + 'static,
    ) -> Aggregation<T, A, Option<O::Value>, impl Fn(&T) -> Option<O::Value> + Send + Sync + 'static> {
        self.narrow(condition, opaque())
    }

    /// [`filter`](Self::filter) with a closure that carries its expression.
    pub fn filter_expr<P>(
        self,
        condition: Portable<P>,
    ) -> Aggregation<T, A, Option<O::Value>, impl Fn(&T) -> Option<O::Value> + Send + Sync + 'static>
    where
        P: Fn(&T) -> bool + Send + Sync + 'static,
    {
        let (call, expr) = condition;
        self.narrow(call, expr)
    }

    fn narrow(
        self,
        condition: impl Fn(&T) -> bool + Send + Sync + 'static,
        expr: PortableExpr,
    ) -> Aggregation<T, A, Option<O::Value>, impl Fn(&T) -> Option<O::Value> + Send + Sync + 'static> {
        let Self { aggregator, value, described, .. } = self;
        let narrowed = move |record: &T| if condition(record) { value(record).present() } else { None };
        Aggregation::new(aggregator, narrowed, described.narrowed(expr))
    }
}

impl<T, A, O, F> AggregateSpec<T> for Aggregation<T, A, O, F>
where
    T: 'static,
    O: Operand,
    A: Aggregator<O::Value>,
    F: Fn(&T) -> O + Send + Sync + 'static,
{
    type Accumulator = O::Kept<A::State>;
    type Output = O::Out<A::Output>;

    #[inline]
    fn start(&self, record: &T, time: Timestamp) -> Self::Accumulator {
        (self.value)(record).start(|value| self.aggregator.start(value, time))
    }

    #[inline]
    fn add(&self, accumulator: &mut Self::Accumulator, record: &T, time: Timestamp) {
        let aggregator = &self.aggregator;
        let value = (self.value)(record);
        value.add(accumulator, |value| aggregator.start(value, time), |kept, value| aggregator.add(kept, value, time));
    }

    fn merge(&self, accumulator: &mut Self::Accumulator, other: Self::Accumulator) {
        O::merge(accumulator, other, |kept, other| self.aggregator.merge(kept, other));
    }

    const RETRACTS: bool = O::ALWAYS && A::RETRACTS;

    fn retract(&self, accumulator: &mut Self::Accumulator, merged: &Self::Accumulator) {
        O::both(accumulator, merged, |kept, merged| self.aggregator.retract(kept, merged));
    }

    fn result(&self, accumulator: &Self::Accumulator) -> Self::Output {
        O::result(accumulator, |kept| self.aggregator.result(kept))
    }

    fn describe(&self) -> Vec<Described> {
        vec![self.described.clone()]
    }
}
