//! A stream whose records have keys.

use super::{Stream, name_node, parallelize_node};
use crate::error::Origin;
use crate::expr::PortableExpr;
use crate::state::{Key, KeyFn};

/// A stream whose records are grouped by a key. [`Stream::key_by`] makes it.
#[must_use = "a stream that no stage or sink follows makes its pipeline invalid"]
#[derive(Debug)]
pub struct KeyedStream<K, T> {
    pub(crate) stream: Stream<T>,
    pub(crate) key: KeyFn<K, T>,
    /// The key as an expression.
    pub(crate) expr: PortableExpr,
    /// What the user has said of the stage that will follow.
    pub(crate) about: About,
}

/// What the user has said of a stage before it is there: a key is a part of the stage that follows.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) name: Option<String>,
    pub(crate) parallelism: Option<(usize, Origin)>,
}

impl About {
    /// Says it of the stage, now that it is there.
    pub(crate) fn tell<T: Send + 'static>(self, stream: &Stream<T>) {
        if let Some(name) = self.name {
            name_node(stream.graph(), stream.node(), name);
        }
        if let Some((tasks, origin)) = self.parallelism {
            parallelize_node(stream.graph(), stream.node(), tasks, origin);
        }
    }
}

impl<K: Key, T: 'static> KeyedStream<K, T> {
    fn new(stream: Stream<T>, key: impl Fn(&T) -> K + Send + Sync + 'static, expr: PortableExpr) -> Self {
        Self { stream, key: KeyFn::new(key), expr, about: About::default() }
    }
}

/// What a stream's records can be grouped by: every [`Key`], and the compiler finds `How` by itself.
///
/// It stands between a key and the stream so that the compiler, when told to group by what is no key, says so and no more. For
/// that it must not know the grouped stream's type, or it goes on to say that this has no `window`; and it takes the type from
/// an implementation whose bounds do not hold as long as this is the only one. Hence a second, which nothing ever meets.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key",
    note = "a key is `Clone + Eq + Hash` and known to serde; a float is not: use an integer or a string"
)]
pub trait Grouping<How>: Sized {
    /// [`KeyedStream<Self, T>`](KeyedStream).
    type Keyed<T>;

    #[doc(hidden)]
    fn group<T: 'static>(
        stream: Stream<T>,
        key: impl Fn(&T) -> Self + Send + Sync + 'static,
        expr: PortableExpr,
    ) -> Self::Keyed<T>;
}

#[diagnostic::do_not_recommend]
impl<K: Key> Grouping<how::ByKey> for K {
    type Keyed<T> = KeyedStream<K, T>;

    fn group<T: 'static>(
        stream: Stream<T>,
        key: impl Fn(&T) -> K + Send + Sync + 'static,
        expr: PortableExpr,
    ) -> KeyedStream<K, T> {
        KeyedStream::new(stream, key, expr)
    }
}

#[diagnostic::do_not_recommend]
impl<K: how::Never> Grouping<how::Otherwise> for K {
    type Keyed<T> = KeyedStream<K, T>;

    fn group<T: 'static>(
        stream: Stream<T>,
        key: impl Fn(&T) -> K + Send + Sync + 'static,
        expr: PortableExpr,
    ) -> KeyedStream<K, T> {
        KeyedStream::new(stream, key, expr)
    }
}

/// Public to the compiler alone.
mod how {
    #[derive(Debug)]
    pub enum ByKey {}

    #[derive(Debug)]
    pub enum Otherwise {}

    /// Nothing has it.
    pub trait Never: super::Key {}
}
