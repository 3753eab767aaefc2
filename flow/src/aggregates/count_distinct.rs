//! `count_distinct`.

use super::describe::{Described, opaque};
use super::of::Of;
use super::operand::Operand;
use super::scalar::Scalar;
use super::spec::AggregateSpec;
use crate::expr::{Portable, PortableExpr};
use crate::ir::aggregation::AggregateFunction;
use crate::state::Key;
use crate::time::Timestamp;
use bytes::Bytes;
use hashbrown::HashSet;
use rust_decimal::Decimal;
use rustc_hash::FxBuildHasher;
use std::fmt;
use std::marker::PhantomData;

/// A value that can be told apart from others.
///
/// Floats are told apart by their bits, as grouping does: `-0.0` is not `0.0`, and all NaNs are one value. For a type of yours:
///
/// ```
/// #[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
/// enum Status { Open, Paid }
/// impl flow::aggregates::Scalar for Status {}
/// impl flow::aggregates::Distinct for Status {
///     type Form = Self;
///     fn form(self) -> Self { self }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` cannot be told apart",
    note = "numbers, strings and times can, and tuples of those; implement `flow::aggregates::Distinct` for a type of your own"
)]
pub trait Distinct: Scalar {
    /// What is remembered of a value: equal for equal values, and for no others.
    type Form: Key;

    /// What is remembered of this value.
    fn form(self) -> Self::Form;
}

macro_rules! as_they_are {
    ($($t:ty)*) => {$(
        impl Distinct for $t {
            type Form = Self;
            #[inline]
            fn form(self) -> Self {
                self
            }
        }
    )*};
}

as_they_are!(bool char i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize String Bytes Timestamp);

impl Distinct for f32 {
    type Form = u32;
    fn form(self) -> u32 {
        if self.is_nan() { f32::NAN.to_bits() } else { self.to_bits() }
    }
}

impl Distinct for f64 {
    type Form = u64;
    fn form(self) -> u64 {
        if self.is_nan() { f64::NAN.to_bits() } else { self.to_bits() }
    }
}

impl Distinct for Decimal {
    type Form = [u8; 16];
    fn form(self) -> [u8; 16] {
        self.normalize().serialize()
    }
}

macro_rules! tuples {
    ($($name:ident $at:tt),*) => {
        impl<$($name: Distinct),*> Distinct for ($($name,)*) {
            type Form = ($($name::Form,)*);
            fn form(self) -> Self::Form {
                ($(self.$at.form(),)*)
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);

/// How many different values there are. [`Of::count_distinct`] makes it.
pub struct CountDistinct<T, O, F> {
    value: F,
    described: Described,
    types: PhantomData<fn(&T) -> O>,
}

impl<T, O, F> fmt::Debug for CountDistinct<T, O, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CountDistinct")
    }
}

impl<T: 'static> Of<T> {
    /// How many different values there are, as an `i64`. `None` is skipped.
    ///
    /// Every different value is kept for as long as the window is open.
    ///
    /// ```
    /// use flow::Timestamp;
    /// use flow::aggregates::{AggregateSpec, Of};
    /// let visitors = Of::<(Option<i64>,)>::new().count_distinct(|row| row.0);
    /// assert_eq!(visitors.of_all(&[Some(7), None, Some(7), Some(8)].map(|n| ((n,), Timestamp::MIN))), Some(2));
    /// ```
    pub fn count_distinct<O, F>(self, value: F) -> CountDistinct<T, O, F>
    where
        O: Operand<Value: Distinct>,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        let described = Described::new(AggregateFunction::CountDistinct, Some(opaque()));
        CountDistinct { value, described, types: PhantomData }
    }

    /// [`count_distinct`](Self::count_distinct) with a closure that carries its expression.
    pub fn count_distinct_expr<O, F>(self, value: Portable<F>) -> CountDistinct<T, O, F>
    where
        O: Operand<Value: Distinct>,
        F: Fn(&T) -> O + Send + Sync + 'static,
    {
        let (value, expr) = value;
        let described = Described::new(AggregateFunction::CountDistinct, Some(expr));
        CountDistinct { value, described, types: PhantomData }
    }
}

#[allow(clippy::type_complexity, reason = "a closure's type has no shorter name")]
impl<T, O, F> CountDistinct<T, O, F>
where
    T: 'static,
    O: Operand<Value: Distinct>,
    F: Fn(&T) -> O + Send + Sync + 'static,
{
    /// Takes only records that meet a condition: 0, when none does.
    pub fn filter(
        self,
        condition: impl Fn(&T) -> bool + Send + Sync + 'static,
    ) -> CountDistinct<T, Option<O::Value>, impl Fn(&T) -> Option<O::Value> + Send + Sync + 'static> {
        self.narrow(condition, opaque())
    }

    /// [`filter`](Self::filter) with a closure that carries its expression.
    pub fn filter_expr<P>(
        self,
        condition: Portable<P>,
    ) -> CountDistinct<T, Option<O::Value>, impl Fn(&T) -> Option<O::Value> + Send + Sync + 'static>
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
    ) -> CountDistinct<T, Option<O::Value>, impl Fn(&T) -> Option<O::Value> + Send + Sync + 'static> {
        let Self { value, described, .. } = self;
        let narrowed = move |record: &T| if condition(record) { value(record).present() } else { None };
        CountDistinct { value: narrowed, described: described.narrowed(expr), types: PhantomData }
    }
}

impl<T, O, F> AggregateSpec<T> for CountDistinct<T, O, F>
where
    T: 'static,
    O: Operand<Value: Distinct>,
    F: Fn(&T) -> O + Send + Sync + 'static,
{
    type Accumulator = HashSet<<O::Value as Distinct>::Form, FxBuildHasher>;
    type Output = i64;

    fn start(&self, record: &T, time: Timestamp) -> Self::Accumulator {
        let mut values = HashSet::default();
        self.add(&mut values, record, time);
        values
    }

    fn add(&self, values: &mut Self::Accumulator, record: &T, _: Timestamp) {
        values.extend((self.value)(record).present().map(Distinct::form));
    }

    fn merge(&self, values: &mut Self::Accumulator, mut other: Self::Accumulator) {
        if other.len() > values.len() {
            std::mem::swap(values, &mut other);
        }
        values.extend(other);
    }

    fn result(&self, values: &Self::Accumulator) -> i64 {
        values.len() as i64
    }

    fn describe(&self) -> Vec<Described> {
        vec![self.described.clone()]
    }
}
