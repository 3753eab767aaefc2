//! `first` and `last`.

use super::aggregation::{Aggregation, Aggregator};
use super::describe::{Described, opaque};
use super::of::Of;
use super::operand::Operand;
use super::scalar::{Scalar, Stored};
use crate::expr::Portable;
use crate::ir::aggregation::AggregateFunction;
use crate::time::Timestamp;

/// The first value by event time.
#[derive(Clone, Copy, Debug)]
pub struct First;

/// The last value by event time.
#[derive(Clone, Copy, Debug)]
pub struct Last;

impl<V: Scalar> Aggregator<V> for First {
    type State = (Timestamp, Stored<V>);
    type Output = V;

    #[inline]
    fn start(&self, value: V, time: Timestamp) -> Self::State {
        (time, Stored(value))
    }

    #[inline]
    fn add(&self, state: &mut Self::State, value: V, time: Timestamp) {
        if time < state.0 {
            *state = (time, Stored(value));
        }
    }

    fn merge(&self, state: &mut Self::State, other: Self::State) {
        if other.0 < state.0 {
            *state = other;
        }
    }

    fn result(&self, state: &Self::State) -> V {
        state.1.0.clone()
    }
}

impl<V: Scalar> Aggregator<V> for Last {
    type State = (Timestamp, Stored<V>);
    type Output = V;

    #[inline]
    fn start(&self, value: V, time: Timestamp) -> Self::State {
        (time, Stored(value))
    }

    #[inline]
    fn add(&self, state: &mut Self::State, value: V, time: Timestamp) {
        if time >= state.0 {
            *state = (time, Stored(value));
        }
    }

    fn merge(&self, state: &mut Self::State, other: Self::State) {
        if other.0 >= state.0 {
            *state = other;
        }
    }

    fn result(&self, state: &Self::State) -> V {
        state.1.0.clone()
    }
}

impl<T: 'static> Of<T> {
    /// The first value by event time; of several with that time, the one that came first. `None` is skipped.
    ///
    /// ```
    /// use flow::Timestamp;
    /// use flow::aggregates::{AggregateSpec, Of};
    /// let first = Of::<&str>::new().first(|word| word.to_string());
    /// let words = [("b", 2), ("a", 1), ("c", 1)].map(|(word, at)| (word, Timestamp::from_millis(at)));
    /// assert_eq!(first.of_all(&words), Some("a".to_owned()));
    /// ```
    pub fn first<O, F>(self, value: F) -> Aggregation<T, First, O, F>
    where
        O: Operand,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        Aggregation::new(First, value, Described::new(AggregateFunction::First, Some(opaque())))
    }

    /// [`first`](Self::first) with a closure that carries its expression.
    pub fn first_expr<O, F>(self, value: Portable<F>) -> Aggregation<T, First, O, F>
    where
        O: Operand,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        let (call, expr) = value;
        Aggregation::new(First, call, Described::new(AggregateFunction::First, Some(expr)))
    }

    /// The last value by event time; of several with that time, the one that came last. `None` is skipped.
    ///
    /// ```
    /// use flow::Timestamp;
    /// use flow::aggregates::{AggregateSpec, Of};
    /// let last = Of::<&str>::new().last(|word| word.to_string());
    /// let words = [("b", 2), ("a", 1), ("c", 2)].map(|(word, at)| (word, Timestamp::from_millis(at)));
    /// assert_eq!(last.of_all(&words), Some("c".to_owned()));
    /// ```
    pub fn last<O, F>(self, value: F) -> Aggregation<T, Last, O, F>
    where
        O: Operand,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        Aggregation::new(Last, value, Described::new(AggregateFunction::Last, Some(opaque())))
    }

    /// [`last`](Self::last) with a closure that carries its expression.
    pub fn last_expr<O, F>(self, value: Portable<F>) -> Aggregation<T, Last, O, F>
    where
        O: Operand,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        let (call, expr) = value;
        Aggregation::new(Last, call, Described::new(AggregateFunction::Last, Some(expr)))
    }
}
