//! `count`.

use super::describe::{Described, opaque};
use super::of::Of;
use super::spec::AggregateSpec;
use crate::expr::Portable;
use crate::ir::aggregation::AggregateFunction;
use crate::time::Timestamp;
use std::fmt;
use std::marker::PhantomData;

/// How many records there are. [`Of::count`] makes it.
pub struct Count<T, P> {
    condition: P,
    described: Described,
    records: PhantomData<fn(&T)>,
}

impl<T, P> fmt::Debug for Count<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Count")
    }
}

impl<T: 'static> Of<T> {
    /// How many records there are, as an `i64`.
    ///
    /// ```
    /// use flow::Timestamp;
    /// use flow::aggregates::{AggregateSpec, Of};
    /// let counts = (Of::<i64>::new().count(), Of::new().count().filter(|n| *n > 9));
    /// assert_eq!(counts.of_all(&[1, 2].map(|n| (n, Timestamp::MIN))), Some((2, 0)));
    /// ```
    pub fn count(self) -> Count<T, impl Fn(&T) -> bool + Send + Sync + 'static> {
        Count {
            condition: |_: &T| true,
            described: Described::new(AggregateFunction::Count, None),
            records: PhantomData,
        }
    }
}

impl<T: 'static, P: Fn(&T) -> bool + Send + Sync + 'static> Count<T, P> {
    /// Counts only records that meet a condition: 0, when none does.
    pub fn filter(
        self,
        condition: impl Fn(&T) -> bool + Send + Sync + 'static,
    ) -> Count<T, impl Fn(&T) -> bool + Send + Sync + 'static> {
        let Self { condition: before, described, .. } = self;
        let both = move |record: &T| before(record) && condition(record);
        Count { condition: both, described: described.narrowed(opaque()), records: PhantomData }
    }

    /// [`filter`](Self::filter) with a closure that carries its expression.
    pub fn filter_expr<F>(self, condition: Portable<F>) -> Count<T, impl Fn(&T) -> bool + Send + Sync + 'static>
    where
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        let (call, expr) = condition;
        let Self { condition: before, described, .. } = self;
        let both = move |record: &T| before(record) && call(record);
        Count { condition: both, described: described.narrowed(expr), records: PhantomData }
    }
}

impl<T: 'static, P: Fn(&T) -> bool + Send + Sync + 'static> AggregateSpec<T> for Count<T, P> {
    type Accumulator = i64;
    type Output = i64;

    #[inline]
    fn start(&self, record: &T, _: Timestamp) -> i64 {
        i64::from((self.condition)(record))
    }

    #[inline]
    fn add(&self, count: &mut i64, record: &T, _: Timestamp) {
        *count += i64::from((self.condition)(record));
    }

    #[inline]
    fn merge(&self, count: &mut i64, other: i64) {
        *count += other;
    }

    const RETRACTS: bool = true;

    #[inline]
    fn retract(&self, count: &mut i64, merged: &i64) {
        *count -= merged;
    }

    #[inline]
    fn result(&self, count: &i64) -> i64 {
        *count
    }

    fn describe(&self) -> Vec<Described> {
        vec![self.described.clone()]
    }
}
