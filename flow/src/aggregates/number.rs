//! Numbers: what can be summed and averaged.

use super::scalar::Scalar;
use rust_decimal::Decimal;

/// A number: what `sum` and `avg` take.
///
/// Integers wrap, on both engines, as all integer arithmetic of a portable pipeline does. Floats follow IEEE 754.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number that can be summed or averaged",
    note = "integers, floats and `Decimal` can, and `Option`s of those"
)]
pub trait Number: Scalar + Copy {
    /// What an average gathers: 64 bits for integers and floats, at least.
    type Total: Number;

    /// Whether [`minus`](Self::minus) takes back what [`plus`](Self::plus) has added, whatever else has been added: so it is
    /// with integers, which wrap.
    const EXACT: bool;

    /// The difference of both.
    #[must_use]
    fn minus(self, other: Self) -> Self;

    /// The sum of both.
    ///
    /// # Panics
    /// When a decimal's 96 bits are not enough: that ends the job with an error that names the stage.
    #[must_use]
    fn plus(self, other: Self) -> Self;

    /// The number, as an average gathers it.
    fn total(self) -> Self::Total;

    /// The sum of two totals.
    ///
    /// # Panics
    /// As [`plus`](Self::plus).
    fn add_totals(a: Self::Total, b: Self::Total) -> Self::Total;

    /// A total by its count, which is at least 1, in the number's own type: integers truncate toward zero.
    fn mean(total: Self::Total, count: i64) -> Self;
}

macro_rules! integers {
    ($total:ty: $($t:ty)*) => {$(
        impl Number for $t {
            type Total = $total;
            const EXACT: bool = true;

            #[inline]
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            #[inline]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline]
            fn total(self) -> $total {
                self as $total
            }

            #[inline]
            fn add_totals(a: $total, b: $total) -> $total {
                a.wrapping_add(b)
            }

            #[inline]
            fn mean(total: $total, count: i64) -> Self {
                (total / count as $total) as Self
            }
        }
    )*};
}

integers!(i64: i8 i16 i32 i64 isize);
integers!(u64: u8 u16 u32 u64 usize);
integers!(i128: i128);
integers!(u128: u128);

macro_rules! floats {
    ($($t:ty)*) => {$(
        impl Number for $t {
            type Total = f64;
            const EXACT: bool = false;

            #[inline]
            fn minus(self, other: Self) -> Self {
                self - other
            }

            #[inline]
            fn plus(self, other: Self) -> Self {
                self + other
            }

            #[inline]
            fn total(self) -> f64 {
                f64::from(self)
            }

            #[inline]
            fn add_totals(a: f64, b: f64) -> f64 {
                a + b
            }

            #[inline]
            fn mean(total: f64, count: i64) -> Self {
                (total / count as f64) as Self
            }
        }
    )*};
}

floats!(f32 f64);

impl Number for Decimal {
    type Total = Decimal;
    const EXACT: bool = false;

    fn minus(self, other: Self) -> Self {
        self.plus(-other)
    }

    fn plus(self, other: Self) -> Self {
        match self.checked_add(other) {
            Some(sum) => sum,
            None => panic!("a sum of decimals does not fit 96 bits: {self} + {other}"),
        }
    }

    fn total(self) -> Decimal {
        self
    }

    fn add_totals(a: Decimal, b: Decimal) -> Decimal {
        a.plus(b)
    }

    fn mean(total: Decimal, count: i64) -> Self {
        total / Decimal::from(count)
    }
}
