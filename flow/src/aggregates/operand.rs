//! What a user's closure gives to an aggregate: a value, or an `Option` of one.

use super::scalar::Scalar;
use crate::state::Data;

/// What a user's closure gives to an aggregate: a [`Scalar`], or an `Option` of one, whose `None` is skipped.
#[diagnostic::on_unimplemented(
    message = "an aggregate cannot take a `{Self}`",
    note = "it takes numbers, strings, times and the like, and `Option`s of those",
    note = "for a type of your own that is known to serde, write `impl flow::aggregates::Scalar for {Self} {{}}`"
)]
pub trait Operand: Sized + 'static {
    /// The value when it is there.
    type Value: Scalar;
    /// What is kept: `S` for a value, `Option<S>` for one that may be absent.
    type Kept<S: Data + Clone>: Data + Clone;
    /// What comes out: `R`, or `Option<R>`.
    type Out<R>;

    /// Whether the value is always there.
    const ALWAYS: bool;

    /// The value, if it is there.
    fn present(self) -> Option<Self::Value>;

    /// What is kept of a first value.
    fn start<S: Data + Clone>(self, start: impl FnOnce(Self::Value) -> S) -> Self::Kept<S>;

    /// Adds a value.
    fn add<S: Data + Clone>(
        self,
        kept: &mut Self::Kept<S>,
        start: impl FnOnce(Self::Value) -> S,
        add: impl FnOnce(&mut S, Self::Value),
    );

    /// Adds what was kept of others.
    fn merge<S: Data + Clone>(kept: &mut Self::Kept<S>, other: Self::Kept<S>, merge: impl FnOnce(&mut S, S));

    /// Changes what is kept by what was kept of others, if there is something on both sides.
    fn both<S: Data + Clone>(kept: &mut Self::Kept<S>, other: &Self::Kept<S>, change: impl FnOnce(&mut S, &S));

    /// What comes out.
    fn result<S: Data + Clone, R>(kept: &Self::Kept<S>, result: impl FnOnce(&S) -> R) -> Self::Out<R>;
}

#[diagnostic::do_not_recommend]
impl<V: Scalar> Operand for V {
    type Value = V;
    type Kept<S: Data + Clone> = S;
    type Out<R> = R;
    const ALWAYS: bool = true;

    #[inline]
    fn present(self) -> Option<V> {
        Some(self)
    }

    #[inline]
    fn start<S: Data + Clone>(self, start: impl FnOnce(V) -> S) -> S {
        start(self)
    }

    #[inline]
    fn add<S: Data + Clone>(self, kept: &mut S, _: impl FnOnce(V) -> S, add: impl FnOnce(&mut S, V)) {
        add(kept, self);
    }

    #[inline]
    fn merge<S: Data + Clone>(kept: &mut S, other: S, merge: impl FnOnce(&mut S, S)) {
        merge(kept, other);
    }

    #[inline]
    fn both<S: Data + Clone>(kept: &mut S, other: &S, change: impl FnOnce(&mut S, &S)) {
        change(kept, other);
    }

    #[inline]
    fn result<S: Data + Clone, R>(kept: &S, result: impl FnOnce(&S) -> R) -> R {
        result(kept)
    }
}

#[diagnostic::do_not_recommend]
impl<V: Scalar> Operand for Option<V> {
    type Value = V;
    type Kept<S: Data + Clone> = Option<S>;
    type Out<R> = Option<R>;
    const ALWAYS: bool = false;

    #[inline]
    fn present(self) -> Option<V> {
        self
    }

    #[inline]
    fn start<S: Data + Clone>(self, start: impl FnOnce(V) -> S) -> Option<S> {
        self.map(start)
    }

    #[inline]
    fn add<S: Data + Clone>(self, kept: &mut Option<S>, start: impl FnOnce(V) -> S, add: impl FnOnce(&mut S, V)) {
        let Some(value) = self else { return };
        match kept {
            Some(kept) => add(kept, value),
            None => *kept = Some(start(value)),
        }
    }

    #[inline]
    fn merge<S: Data + Clone>(kept: &mut Option<S>, other: Option<S>, merge: impl FnOnce(&mut S, S)) {
        match (kept.as_mut(), other) {
            (Some(kept), Some(other)) => merge(kept, other),
            (None, other) => *kept = other,
            (Some(_), None) => {}
        }
    }

    #[inline]
    fn both<S: Data + Clone>(kept: &mut Option<S>, other: &Option<S>, change: impl FnOnce(&mut S, &S)) {
        if let (Some(kept), Some(other)) = (kept, other) {
            change(kept, other);
        }
    }

    #[inline]
    fn result<S: Data + Clone, R>(kept: &Option<S>, result: impl FnOnce(&S) -> R) -> Option<R> {
        kept.as_ref().map(result)
    }
}
