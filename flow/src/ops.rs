//! Arithmetic with one meaning: the same in debug, in release and on Flink.
//!
//! The macro turns the operators of a portable closure into calls of these functions. Integers wrap; `/` and `%` truncate
//! toward zero, and by zero they panic with "division by zero", which the engine reports as the stage's fatal error. Floats
//! follow IEEE 754.

/// A number that portable closures calculate with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no portable arithmetic",
    label = "not i8, i16, i32, i64, f32 or f64",
    note = "use i64 for unsigned integers; decimals have no portable arithmetic yet; an Option needs `unwrap_or` or `map` first"
)]
pub trait Arith: Sized {
    /// `a + b`.
    fn add(self, other: Self) -> Self;
    /// `a - b`.
    fn sub(self, other: Self) -> Self;
    /// `a * b`.
    fn mul(self, other: Self) -> Self;
    /// `a / b`.
    ///
    /// # Panics
    ///
    /// When an integer is divided by zero.
    fn div(self, other: Self) -> Self;
    /// `-a`.
    fn neg(self) -> Self;
    /// `a.abs()`; the smallest integer is its own.
    fn abs(self) -> Self;
}

/// An integer, for `%`.
#[diagnostic::on_unimplemented(
    message = "`%` of `{Self}` is not portable",
    label = "not i8, i16, i32 or i64",
    note = "the remainder of floats has no exact counterpart on Flink: cast to an integer first"
)]
pub trait Remainder: Arith {
    /// `a % b`, with the sign of `a`.
    ///
    /// # Panics
    ///
    /// When divided by zero.
    fn rem(self, other: Self) -> Self;
}

macro_rules! integers {
    ($($t:ty)*) => {$(
        impl Arith for $t {
            fn add(self, other: Self) -> Self { self.wrapping_add(other) }
            fn sub(self, other: Self) -> Self { self.wrapping_sub(other) }
            fn mul(self, other: Self) -> Self { self.wrapping_mul(other) }
            #[track_caller]
            fn div(self, other: Self) -> Self {
                if other == 0 { division_by_zero() }
                self.wrapping_div(other)
            }
            fn neg(self) -> Self { self.wrapping_neg() }
            fn abs(self) -> Self { self.wrapping_abs() }
        }
        impl Remainder for $t {
            #[track_caller]
            fn rem(self, other: Self) -> Self {
                if other == 0 { division_by_zero() }
                self.wrapping_rem(other)
            }
        }
    )*};
}

macro_rules! floats {
    ($($t:ty)*) => {$(
        impl Arith for $t {
            fn add(self, other: Self) -> Self { self + other }
            fn sub(self, other: Self) -> Self { self - other }
            fn mul(self, other: Self) -> Self { self * other }
            fn div(self, other: Self) -> Self { self / other }
            fn neg(self) -> Self { -self }
            fn abs(self) -> Self { <$t>::abs(self) }
        }
    )*};
}

integers!(i8 i16 i32 i64);
floats!(f32 f64);

#[cold]
#[track_caller]
fn division_by_zero() -> ! {
    panic!("division by zero")
}

/// `a + b`, wrapping.
///
/// ```
/// assert_eq!(flow::ops::add(i8::MAX, 1), i8::MIN);
/// ```
pub fn add<T: Arith>(a: T, b: T) -> T {
    a.add(b)
}

/// `a - b`, wrapping.
pub fn sub<T: Arith>(a: T, b: T) -> T {
    a.sub(b)
}

/// `a * b`, wrapping.
pub fn mul<T: Arith>(a: T, b: T) -> T {
    a.mul(b)
}

/// `a / b`: integers truncate toward zero and wrap (`MIN / -1` is `MIN`).
///
/// # Panics
///
/// When an integer is divided by zero.
///
/// ```
/// assert_eq!(flow::ops::div(-7, 2), -3);
/// assert_eq!(flow::ops::div(i64::MIN, -1), i64::MIN);
/// assert!(flow::ops::div(1.0, 0.0_f64).is_infinite());
/// ```
#[track_caller]
pub fn div<T: Arith>(a: T, b: T) -> T {
    a.div(b)
}

/// `a % b` of integers, with the sign of `a`.
///
/// # Panics
///
/// When divided by zero.
#[track_caller]
pub fn rem<T: Remainder>(a: T, b: T) -> T {
    a.rem(b)
}

/// `-a`, wrapping.
pub fn neg<T: Arith>(a: T) -> T {
    a.neg()
}

/// `a.abs()`; that of the smallest integer is itself.
pub fn abs<T: Arith>(a: T) -> T {
    a.abs()
}
