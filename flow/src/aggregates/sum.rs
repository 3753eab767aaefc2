//! `sum`.

use super::aggregation::{Aggregation, Aggregator};
use super::describe::{Described, opaque};
use super::number::Number;
use super::of::Of;
use super::operand::Operand;
use super::scalar::Stored;
use crate::expr::Portable;
use crate::ir::aggregation::AggregateFunction;
use crate::time::Timestamp;

/// The sum, in the values' own type: integers wrap.
#[derive(Clone, Copy, Debug)]
pub struct Sum;

impl<V: Number> Aggregator<V> for Sum {
    type State = Stored<V>;
    type Output = V;

    #[inline]
    fn start(&self, value: V, _: Timestamp) -> Stored<V> {
        Stored(value)
    }

    #[inline]
    fn add(&self, state: &mut Stored<V>, value: V, _: Timestamp) {
        state.0 = state.0.plus(value);
    }

    #[inline]
    fn merge(&self, state: &mut Stored<V>, other: Stored<V>) {
        state.0 = state.0.plus(other.0);
    }

    const RETRACTS: bool = V::EXACT;

    #[inline]
    fn retract(&self, state: &mut Stored<V>, merged: &Stored<V>) {
        state.0 = state.0.minus(merged.0);
    }

    #[inline]
    fn result(&self, state: &Stored<V>) -> V {
        state.0
    }
}

impl<T: 'static> Of<T> {
    /// The sum, in the values' own type: integers wrap. `None` is skipped; of nothing but `None` it is `None`.
    ///
    /// ```
    /// use flow::Timestamp;
    /// use flow::aggregates::{AggregateSpec, Of};
    /// let sum = Of::<i8>::new().sum(|n| *n);
    /// assert_eq!(sum.of_all(&[100, 100].map(|n| (n, Timestamp::MIN))), Some(-56));
    /// ```
    pub fn sum<O, F>(self, value: F) -> Aggregation<T, Sum, O, F>
    where
        O: Operand<Value: Number>,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        Aggregation::new(Sum, value, Described::new(AggregateFunction::Sum, Some(opaque())))
    }

    /// [`sum`](Self::sum) with a closure that carries its expression.
    pub fn sum_expr<O, F>(self, value: Portable<F>) -> Aggregation<T, Sum, O, F>
    where
        O: Operand<Value: Number>,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        let (call, expr) = value;
        Aggregation::new(Sum, call, Described::new(AggregateFunction::Sum, Some(expr)))
    }
}
