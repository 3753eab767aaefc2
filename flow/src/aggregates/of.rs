//! The typed proxy through which a stage names its aggregates.

use std::fmt;
use std::marker::PhantomData;

/// Stands for the records of a stage: `|of| (of.sum(|o| o.amount), of.count())`. It is a proxy so that the compiler knows the
/// type of `o`.
pub struct Of<T>(PhantomData<fn(&T)>);

impl<T> Of<T> {
    /// A proxy for records of this type.
    #[must_use]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for Of<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Of<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Of<T> {}

impl<T> fmt::Debug for Of<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Of")
    }
}
