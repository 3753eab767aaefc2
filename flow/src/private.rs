//! What the macros' output names; not part of the public API.
//!
//! `captured!` and `described!` find out whether a type implements a trait by method lookup: the implementation for
//! `Probe` is found before that for `&Probe`, and applies only where the trait does.

pub use serde;

pub use crate::{
    __add as add, __captured as captured, __described as described, __div as div, __mul as mul, __neg as neg,
    __rem as rem, __sub as sub,
};

#[path = "private/arithmetic.rs"]
mod arithmetic;

pub use arithmetic::{
    Native, Operands, PlainOperands, PlainRemainders, PortableOperands, PortableRemainders, Wrapping,
};

use crate::connector::Source;
use crate::expr::{Expr, Literal};
use crate::record::Record;
use crate::stream::{Stream, UpsertStream};

/// Holds what is asked about.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// The answer for a captured variable with a literal form.
pub trait WithLiteral {
    /// Its literal.
    ///
    /// # Errors
    ///
    /// Never.
    fn literal(&self, name: &str) -> Result<Expr, String>;
}

impl<T: Literal + ?Sized> WithLiteral for Probe<'_, T> {
    fn literal(&self, _: &str) -> Result<Expr, String> {
        Ok(Expr::literal(self.0))
    }
}

/// The answer for any other.
pub trait WithoutLiteral {
    /// The reason why the closure is opaque.
    ///
    /// # Errors
    ///
    /// Always.
    fn literal(&self, name: &str) -> Result<Expr, String>;
}

impl<T: ?Sized> WithoutLiteral for &Probe<'_, T> {
    fn literal(&self, name: &str) -> Result<Expr, String> {
        Err(format!("the captured value `{name}` is of a type without a literal form"))
    }
}

/// The expression of a captured variable, if its type has one.
#[doc(hidden)]
#[macro_export]
macro_rules! __captured {
    ($name:literal, $value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{WithLiteral as _, WithoutLiteral as _};
        (&$crate::__private::Probe(&$value)).literal($name)
    }};
}

/// The answer for a stream of records with a schema.
pub trait WithSchema {
    /// How it is described.
    fn how(&self) -> ByRecord;
}

impl<S: Describable> WithSchema for Probe<'_, S> {
    fn how(&self) -> ByRecord {
        ByRecord
    }
}

/// The answer for any other.
pub trait WithoutSchema {
    /// How it is described.
    fn how(&self) -> NotAtAll;
}

impl<S> WithoutSchema for &Probe<'_, S> {
    fn how(&self) -> NotAtAll {
        NotAtAll
    }
}

/// Its records' type says what they are.
#[derive(Clone, Copy, Debug)]
pub struct ByRecord;

impl ByRecord {
    /// The stream, described.
    pub fn describe<S: Describable>(self, stream: S) -> S {
        stream.describe()
    }
}

/// A stream whose rows have a schema.
pub trait Describable {
    /// The stream, described.
    #[must_use]
    fn describe(self) -> Self;
}

impl<T: Record> Describable for Stream<T> {
    fn describe(self) -> Self {
        self.described()
    }
}

impl<K: Send + 'static, V: Record> Describable for UpsertStream<K, V> {
    fn describe(self) -> Self {
        self.described()
    }
}

/// Nothing says what its records are.
#[derive(Clone, Copy, Debug)]
pub struct NotAtAll;

impl NotAtAll {
    /// The stream as it is.
    pub fn describe<S>(self, stream: S) -> S {
        stream
    }
}

/// The stream, with its schema where its records have one.
#[doc(hidden)]
#[macro_export]
macro_rules! __described {
    ($stream:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{WithSchema as _, WithoutSchema as _};
        let how = (&$crate::__private::Probe(&$stream)).how();
        how.describe($stream)
    }};
}

/// The source, which gives records of the type that the user wrote.
pub fn source_of<T, S: Source<Item = T>>(source: S) -> S {
    source
}
