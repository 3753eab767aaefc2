//! `avg`.

use super::aggregation::{Aggregation, Aggregator};
use super::describe::{Described, opaque};
use super::number::Number;
use super::of::Of;
use super::operand::Operand;
use super::scalar::Stored;
use crate::expr::Portable;
use crate::ir::aggregation::AggregateFunction;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The mean, in the values' own type.
#[derive(Clone, Copy, Debug)]
pub struct Avg;

/// What a mean is calculated from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mean<V> {
    total: V,
    count: i64,
}

impl<V: Number> Aggregator<V> for Avg {
    type State = Mean<Stored<V::Total>>;
    type Output = V;

    #[inline]
    fn start(&self, value: V, _: Timestamp) -> Self::State {
        Mean { total: Stored(value.total()), count: 1 }
    }

    #[inline]
    fn add(&self, state: &mut Self::State, value: V, _: Timestamp) {
        state.total.0 = V::add_totals(state.total.0, value.total());
        state.count += 1;
    }

    fn merge(&self, state: &mut Self::State, other: Self::State) {
        state.total.0 = V::add_totals(state.total.0, other.total.0);
        state.count += other.count;
    }

    const RETRACTS: bool = V::EXACT;

    fn retract(&self, state: &mut Self::State, merged: &Self::State) {
        state.total.0 = state.total.0.minus(merged.total.0);
        state.count -= merged.count;
    }

    fn result(&self, state: &Self::State) -> V {
        V::mean(state.total.0, state.count)
    }
}

impl<T: 'static> Of<T> {
    /// The mean. That of integers is gathered in 64 bits, which wrap, and truncated toward zero into the values' type; that of
    /// floats is gathered in an `f64`. `None` is skipped; of nothing but `None` it is `None`.
    ///
    /// ```
    /// use flow::Timestamp;
    /// use flow::aggregates::{AggregateSpec, Of};
    /// let mean = Of::<i32>::new().avg(|n| *n);
    /// assert_eq!(mean.of_all(&[-1, -2].map(|n| (n, Timestamp::MIN))), Some(-1));
    /// ```
    pub fn avg<O, F>(self, value: F) -> Aggregation<T, Avg, O, F>
    where
        O: Operand<Value: Number>,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        Aggregation::new(Avg, value, Described::new(AggregateFunction::Avg, Some(opaque())))
    }

    /// [`avg`](Self::avg) with a closure that carries its expression.
    pub fn avg_expr<O, F>(self, value: Portable<F>) -> Aggregation<T, Avg, O, F>
    where
        O: Operand<Value: Number>,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        let (call, expr) = value;
        Aggregation::new(Avg, call, Described::new(AggregateFunction::Avg, Some(expr)))
    }
}
