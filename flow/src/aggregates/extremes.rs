//! `min` and `max`.

use super::aggregation::{Aggregation, Aggregator};
use super::describe::{Described, opaque};
use super::of::Of;
use super::operand::Operand;
use super::order::Orderable;
use super::scalar::{Scalar, Stored};
use crate::expr::Portable;
use crate::ir::aggregation::AggregateFunction;
use crate::time::Timestamp;

/// The least value.
#[derive(Clone, Copy, Debug)]
pub struct Min;

/// The greatest value.
#[derive(Clone, Copy, Debug)]
pub struct Max;

macro_rules! extreme {
    ($name:ident, $better:ident) => {
        impl<V: Scalar + Orderable> Aggregator<V> for $name {
            type State = Stored<V>;
            type Output = V;

            #[inline]
            fn start(&self, value: V, _: Timestamp) -> Stored<V> {
                Stored(value)
            }

            #[inline]
            fn add(&self, state: &mut Stored<V>, value: V, _: Timestamp) {
                if value.order(&state.0).$better() {
                    state.0 = value;
                }
            }

            #[inline]
            fn merge(&self, state: &mut Stored<V>, other: Stored<V>) {
                if other.0.order(&state.0).$better() {
                    *state = other;
                }
            }

            #[inline]
            fn result(&self, state: &Stored<V>) -> V {
                state.0.clone()
            }
        }
    };
}

extreme!(Min, is_lt);
extreme!(Max, is_gt);

impl<T: 'static> Of<T> {
    /// The least value, by [`Orderable`]: a NaN is larger than every number. `None` is skipped; of nothing but `None` it is
    /// `None`.
    ///
    /// ```
    /// use flow::Timestamp;
    /// use flow::aggregates::{AggregateSpec, Of};
    /// let min = Of::<f64>::new().min(|n| *n);
    /// assert_eq!(min.of_all(&[f64::NAN, 2.5].map(|n| (n, Timestamp::MIN))), Some(2.5));
    /// ```
    pub fn min<O, F>(self, value: F) -> Aggregation<T, Min, O, F>
    where
        O: Operand<Value: Orderable>,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        Aggregation::new(Min, value, Described::new(AggregateFunction::Min, Some(opaque())))
    }

    /// [`min`](Self::min) with a closure that carries its expression.
    pub fn min_expr<O, F>(self, value: Portable<F>) -> Aggregation<T, Min, O, F>
    where
        O: Operand<Value: Orderable>,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        let (call, expr) = value;
        Aggregation::new(Min, call, Described::new(AggregateFunction::Min, Some(expr)))
    }

    /// The greatest value, by [`Orderable`]: a NaN is larger than every number. `None` is skipped; of nothing but `None` it is
    /// `None`.
    ///
    /// ```
    /// use flow::Timestamp;
    /// use flow::aggregates::{AggregateSpec, Of};
    /// let max = Of::<(&str, Option<i64>)>::new().max(|row| row.1);
    /// assert_eq!(max.of_all(&[(("a", None), Timestamp::MIN), (("b", Some(3)), Timestamp::MIN)]), Some(Some(3)));
    /// ```
    pub fn max<O, F>(self, value: F) -> Aggregation<T, Max, O, F>
    where
        O: Operand<Value: Orderable>,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        Aggregation::new(Max, value, Described::new(AggregateFunction::Max, Some(opaque())))
    }

    /// [`max`](Self::max) with a closure that carries its expression.
    pub fn max_expr<O, F>(self, value: Portable<F>) -> Aggregation<T, Max, O, F>
    where
        O: Operand<Value: Orderable>,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        let (call, expr) = value;
        Aggregation::new(Max, call, Described::new(AggregateFunction::Max, Some(expr)))
    }
}
