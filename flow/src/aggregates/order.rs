//! The order that `min`, `max` and `top` go by.

use crate::time::Timestamp;
use bytes::Bytes;
use rust_decimal::Decimal;
use std::cmp::{Ordering, Reverse};

/// A value with a total order: what `min`, `max` and `top` go by.
///
/// Floats have one too: `-0.0` is smaller than `0.0`, and a NaN is larger than every number, so that the order in which values
/// come does not matter. Strings go by their UTF-8 bytes, tuples by their first part that differs, and among `Option`s `None`
/// is the smallest. For a type of yours:
///
/// ```
/// use flow::aggregates::Orderable;
/// use std::cmp::Ordering;
/// #[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
/// enum Level { Low, High }
/// impl Orderable for Level {
///     fn order(&self, other: &Self) -> Ordering { self.cmp(other) }
/// }
/// assert_eq!(f64::NAN.order(&1.0), Ordering::Greater);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no order to find the least or the greatest by",
    note = "numbers, strings and times have one, and tuples of those; implement `flow::aggregates::Orderable` for a type of your own"
)]
pub trait Orderable {
    /// How this value stands to the other.
    fn order(&self, other: &Self) -> Ordering;
}

macro_rules! ordered {
    ($($t:ty)*) => {$(
        impl Orderable for $t {
            #[inline]
            fn order(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }
        }
    )*};
}

ordered!(bool char i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize String &str Bytes Timestamp Decimal);

macro_rules! floats {
    ($($t:ty)*) => {$(
        impl Orderable for $t {
            #[inline]
            fn order(&self, other: &Self) -> Ordering {
                match (self.is_nan(), other.is_nan()) {
                    (false, false) => self.total_cmp(other),
                    (mine, theirs) => mine.cmp(&theirs),
                }
            }
        }
    )*};
}

floats!(f32 f64);

impl<V: Orderable> Orderable for Reverse<V> {
    fn order(&self, other: &Self) -> Ordering {
        other.0.order(&self.0)
    }
}

impl<V: Orderable> Orderable for Option<V> {
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Some(mine), Some(theirs)) => mine.order(theirs),
            _ => self.is_some().cmp(&other.is_some()),
        }
    }
}

macro_rules! tuples {
    ($($name:ident $at:tt),*) => {
        impl<$($name: Orderable),*> Orderable for ($($name,)*) {
            fn order(&self, other: &Self) -> Ordering {
                Ordering::Equal$(.then_with(|| self.$at.order(&other.$at)))*
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
