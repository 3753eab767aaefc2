//! Operators of closures that are portable by their shape, and perhaps not by their types: those of `flow::ops` where
//! these apply, and otherwise Rust's own.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use crate::ops::{self, Arith, Remainder};

/// Holds the operands that are asked about.
#[derive(Debug)]
pub struct Operands<'a, A, B>(pub &'a A, pub &'a B);

/// Operators of portable types.
#[derive(Clone, Copy, Debug)]
pub struct Wrapping;

/// Operators of other types.
#[derive(Clone, Copy, Debug)]
pub struct Native;

macro_rules! decisions {
    ($($bound:ident $method:ident $portable:ident $plain:ident;)*) => {$(
        /// The answer for portable types.
        pub trait $portable {
            /// Which operators to use.
            fn $method(&self) -> Wrapping;
        }

        impl<T: $bound> $portable for Operands<'_, T, T> {
            #[inline]
            fn $method(&self) -> Wrapping {
                Wrapping
            }
        }

        /// The answer for other types.
        pub trait $plain {
            /// Which operators to use.
            fn $method(&self) -> Native;
        }

        impl<A, B> $plain for &Operands<'_, A, B> {
            #[inline]
            fn $method(&self) -> Native {
                Native
            }
        }
    )*};
}

decisions! {
    Arith operators PortableOperands PlainOperands;
    // Of another name: where one operator stands in another, the traits of both are in scope.
    Remainder remainders PortableRemainders PlainRemainders;
}

macro_rules! operators {
    ($($name:ident $bound:ident $native:ident;)*) => {
        #[allow(missing_docs)]
        impl Wrapping {
            $(
                #[inline]
                #[track_caller]
                pub fn $name<T: $bound>(self, a: T, b: T) -> T {
                    ops::$name(a, b)
                }
            )*
            #[inline]
            pub fn neg<T: Arith>(self, a: T) -> T {
                ops::neg(a)
            }
        }

        #[allow(missing_docs)]
        impl Native {
            $(
                #[inline]
                #[track_caller]
                pub fn $name<A: $native<B>, B>(self, a: A, b: B) -> A::Output {
                    $native::$name(a, b)
                }
            )*
            #[inline]
            pub fn neg<A: Neg>(self, a: A) -> A::Output {
                Neg::neg(a)
            }
        }
    };
}

operators! {
    add Arith Add;
    sub Arith Sub;
    mul Arith Mul;
    div Arith Div;
    rem Remainder Rem;
}

/// The operator that two operands have in a closure that is portable by its shape.
#[doc(hidden)]
#[macro_export]
macro_rules! __operate {
    ($name:ident $method:ident $portable:ident $plain:ident $a:expr, $b:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{$plain as _, $portable as _};
        let (a, b) = ($a, $b);
        let operators = (&$crate::__private::Operands(&a, &b)).$method();
        operators.$name(a, b)
    }};
}

/// `a + b`.
#[doc(hidden)]
#[macro_export]
macro_rules! __add {
    ($a:expr, $b:expr) => { $crate::__operate!(add operators PortableOperands PlainOperands $a, $b) };
}

/// `a - b`.
#[doc(hidden)]
#[macro_export]
macro_rules! __sub {
    ($a:expr, $b:expr) => { $crate::__operate!(sub operators PortableOperands PlainOperands $a, $b) };
}

/// `a * b`.
#[doc(hidden)]
#[macro_export]
macro_rules! __mul {
    ($a:expr, $b:expr) => { $crate::__operate!(mul operators PortableOperands PlainOperands $a, $b) };
}

/// `a / b`.
#[doc(hidden)]
#[macro_export]
macro_rules! __div {
    ($a:expr, $b:expr) => { $crate::__operate!(div operators PortableOperands PlainOperands $a, $b) };
}

/// `a % b`.
#[doc(hidden)]
#[macro_export]
macro_rules! __rem {
    ($a:expr, $b:expr) => { $crate::__operate!(rem remainders PortableRemainders PlainRemainders $a, $b) };
}

/// `-a`.
#[doc(hidden)]
#[macro_export]
macro_rules! __neg {
    ($a:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{PlainOperands as _, PortableOperands as _};
        let a = $a;
        let operators = (&$crate::__private::Operands(&a, &a)).operators();
        operators.neg(a)
    }};
}
